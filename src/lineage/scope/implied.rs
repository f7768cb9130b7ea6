//! The names that a database gives to what a query makes and does not name, where other queries may rely on them.

use super::name::last;
use crate::lineage::Output;
use crate::lineage::dialect::Grammar;
use foldhash::{HashMap, HashMapExt};
use sqlparser::ast::{AccessExpr, Expr, SelectItem, SetExpr};

/// The name of what `expr` makes: PostgreSQL and Redshift call a cast as its value, a call as its function; Spark only the cast of a
/// column. `None` where the text itself is the name, or there is none.
pub(super) fn implied(expr: &Expr, grammar: Grammar) -> Option<String> {
    if grammar.generic {
        return None;
    }
    if grammar.is(&["spark", "databricks"]) {
        return if let Expr::Cast { expr, .. } = expr { column(expr) } else { None };
    }
    if grammar.is(&["postgres", "redshift"]) { figured(expr) } else { None }
}

/// What is called like a column because it is one and no more.
pub(super) fn column(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|part| part.value.clone()),
        _ => None,
    }
}

fn figured(expr: &Expr) -> Option<String> {
    let name = match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => return column(expr),
        Expr::Cast { expr, .. } | Expr::Nested(expr) | Expr::Collate { expr, .. } => return figured(expr),
        Expr::Function(call) => return Some(last(&call.name).to_lowercase()),
        Expr::CompoundFieldAccess { root, access_chain } if matches!(access_chain.last(), Some(AccessExpr::Subscript(_))) => {
            return figured(root);
        }
        Expr::Subquery(query) => match query.body.as_ref() {
            SetExpr::Select(select) => match select.projection.as_slice() {
                [SelectItem::ExprWithAlias { alias, .. }] => return Some(alias.value.clone()),
                [SelectItem::UnnamedExpr(only)] => return figured(only),
                _ => return None,
            },
            _ => return None,
        },
        Expr::Case { .. } => "case",
        Expr::Extract { .. } => "extract",
        Expr::Ceil { .. } => "ceil",
        Expr::Floor { .. } => "floor",
        Expr::Substring { .. } => "substring",
        Expr::Trim { .. } => "btrim",
        Expr::Position { .. } => "position",
        Expr::Overlay { .. } => "overlay",
        Expr::Exists { .. } => "exists",
        Expr::Array(_) => "array",
        Expr::AtTimeZone { .. } => "timezone",
        _ => return None,
    };
    Some(name.to_owned())
}

/// Gives the outputs at these places their implied names, but for those that two would have.
pub(super) fn give_names(outputs: &mut [Output], names: Vec<(usize, String)>) {
    if names.is_empty() {
        return;
    }
    let mut taken: HashMap<String, usize> = HashMap::new();
    let explicit = outputs.iter().enumerate().filter_map(|(at, output)| match output {
        Output::Column { name, .. } if names.binary_search_by_key(&at, |(place, _)| *place).is_err() => Some(name),
        _ => None,
    });
    for name in explicit.chain(names.iter().map(|(_, name)| name)) {
        *taken.entry(name.to_lowercase()).or_default() += 1;
    }
    for (at, new) in names {
        if let (Some(1), Some(Output::Column { name, .. })) = (taken.get(&new.to_lowercase()), outputs.get_mut(at)) {
            *name = new;
        }
    }
}
