//! The parts of an expression, one level down.

use sqlparser::ast::{
    AccessExpr, Expr, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, JsonPathElem, OrderByExpr, Query, Subscript,
    WindowSpec, WindowType,
};

/// A part of an expression.
pub(crate) enum Part<'a> {
    Expr(&'a Expr),
    /// A nested query; `true` when only the existence of rows matters.
    Query(&'a Query),
}

/// Calls `push` for every direct part of `expr`. Identifiers have none: they are the caller's.
pub(crate) fn parts<'a>(expr: &'a Expr, push: &mut impl FnMut(Part<'a>)) {
    let mut all = |list: &mut dyn Iterator<Item = &'a Expr>| list.for_each(|e| push(Part::Expr(e)));
    match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Value(_)
        | Expr::TypedString(_)
        | Expr::MatchAgainst { .. }
        | Expr::Wildcard(_)
        | Expr::QualifiedWildcard(..) => {}
        Expr::CompoundFieldAccess { root, access_chain } => {
            all(&mut std::iter::once(&**root));
            for access in access_chain {
                match access {
                    // A field is not a column; a method's arguments may hold some.
                    AccessExpr::Dot(Expr::Identifier(_)) => {}
                    AccessExpr::Dot(Expr::Function(f)) => arguments(&f.args, push),
                    AccessExpr::Dot(e) | AccessExpr::Subscript(Subscript::Index { index: e }) => push(Part::Expr(e)),
                    AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                        [lower_bound, upper_bound, stride].into_iter().flatten().for_each(|e| push(Part::Expr(e)));
                    }
                }
            }
        }
        Expr::JsonAccess { value, path } => {
            all(&mut std::iter::once(&**value));
            for element in &path.path {
                if let JsonPathElem::Bracket { key } = element {
                    push(Part::Expr(key));
                }
            }
        }
        Expr::IsFalse(e)
        | Expr::IsNotFalse(e)
        | Expr::IsTrue(e)
        | Expr::IsNotTrue(e)
        | Expr::IsNull(e)
        | Expr::IsNotNull(e)
        | Expr::IsUnknown(e)
        | Expr::IsNotUnknown(e)
        | Expr::Nested(e)
        | Expr::OuterJoin(e)
        | Expr::Prior(e)
        | Expr::IsJson { expr: e, .. }
        | Expr::IsNormalized { expr: e, .. }
        | Expr::UnaryOp { expr: e, .. }
        | Expr::Cast { expr: e, .. }
        | Expr::Extract { expr: e, .. }
        | Expr::Ceil { expr: e, .. }
        | Expr::Floor { expr: e, .. }
        | Expr::Collate { expr: e, .. }
        | Expr::Prefixed { value: e, .. }
        | Expr::Named { expr: e, .. } => push(Part::Expr(e)),
        Expr::Interval(i) => push(Part::Expr(&i.value)),
        Expr::Lambda(l) => push(Part::Expr(&l.body)),
        Expr::IsDistinctFrom(a, b)
        | Expr::IsNotDistinctFrom(a, b)
        | Expr::BinaryOp { left: a, right: b, .. }
        | Expr::AnyOp { left: a, right: b, .. }
        | Expr::AllOp { left: a, right: b, .. }
        | Expr::InUnnest { expr: a, array_expr: b, .. }
        | Expr::AtTimeZone { timestamp: a, time_zone: b }
        | Expr::Position { expr: a, r#in: b }
        | Expr::RLike { expr: a, pattern: b, .. } => all(&mut [&**a, &**b].into_iter()),
        Expr::Between { expr, low, high, .. } => all(&mut [&**expr, &**low, &**high].into_iter()),
        Expr::Like { expr, pattern, escape_char, .. }
        | Expr::ILike { expr, pattern, escape_char, .. }
        | Expr::SimilarTo { expr, pattern, escape_char, .. } => {
            all(&mut [&**expr, &**pattern].into_iter().chain(escape_char.as_deref()));
        }
        Expr::InList { expr, list, .. } => all(&mut std::iter::once(&**expr).chain(list)),
        Expr::InSubquery { expr, subquery, .. } => {
            push(Part::Expr(expr));
            push(Part::Query(subquery));
        }
        Expr::Convert { expr, styles, .. } => all(&mut std::iter::once(&**expr).chain(styles)),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            all(&mut std::iter::once(&**expr).chain(substring_from.as_deref()).chain(substring_for.as_deref()));
        }
        Expr::Trim { expr, trim_what, trim_characters, .. } => {
            all(&mut std::iter::once(&**expr).chain(trim_what.as_deref()).chain(trim_characters.iter().flatten()));
        }
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            all(&mut [&**expr, &**overlay_what, &**overlay_from].into_iter().chain(overlay_for.as_deref()));
        }
        Expr::Function(f) => {
            arguments(&f.parameters, push);
            arguments(&f.args, push);
            orders(&f.within_group, push);
            f.filter.iter().for_each(|e| push(Part::Expr(e)));
            if let Some(WindowType::WindowSpec(spec)) = &f.over {
                window(spec, push);
            }
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            let whens = conditions.iter().flat_map(|w| [&w.condition, &w.result]);
            all(&mut operand.as_deref().into_iter().chain(whens).chain(else_result.as_deref()));
        }
        Expr::Exists { subquery, .. } | Expr::Subquery(subquery) => push(Part::Query(subquery)),
        Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => all(&mut sets.iter().flatten()),
        Expr::Tuple(list) | Expr::Struct { values: list, .. } => all(&mut list.iter()),
        Expr::Array(array) => all(&mut array.elem.iter()),
        Expr::Dictionary(fields) => all(&mut fields.iter().map(|f| &*f.value)),
        Expr::Map(map) => all(&mut map.entries.iter().flat_map(|e| [&*e.key, &*e.value])),
        Expr::MemberOf(m) => all(&mut [&*m.value, &*m.array].into_iter()),
    }
}

fn arguments<'a>(args: &'a FunctionArguments, push: &mut impl FnMut(Part<'a>)) {
    match args {
        FunctionArguments::None => {}
        FunctionArguments::Subquery(query) => push(Part::Query(query)),
        FunctionArguments::List(list) => {
            list.args.iter().for_each(|a| argument(a, push));
            for clause in &list.clauses {
                match clause {
                    FunctionArgumentClause::Where(e) | FunctionArgumentClause::Limit(e) => push(Part::Expr(e)),
                    FunctionArgumentClause::Having(bound) => push(Part::Expr(&bound.1)),
                    FunctionArgumentClause::OrderBy(list) => orders(list, push),
                    _ => {}
                }
            }
        }
    }
}

/// The expression of one argument, when it has one.
pub(crate) fn argument<'a>(arg: &'a FunctionArg, push: &mut impl FnMut(Part<'a>)) {
    let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) = arg;
    if let FunctionArgExpr::Expr(e) = arg {
        push(Part::Expr(e));
    }
}

fn orders<'a>(list: &'a [OrderByExpr], push: &mut impl FnMut(Part<'a>)) {
    list.iter().for_each(|o| push(Part::Expr(&o.expr)));
}

/// The expressions of a window.
pub(crate) fn window<'a>(spec: &'a WindowSpec, push: &mut impl FnMut(Part<'a>)) {
    spec.partition_by.iter().for_each(|e| push(Part::Expr(e)));
    orders(&spec.order_by, push);
}
