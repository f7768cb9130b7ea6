//! Records made in sight: `STRUCT(a AS x, b AS y) AS s`, of which `s.x` is made of `a` alone.

use super::implied::column;
use super::relation::{Hit, Relation, Source, hit, named_by, values};
use super::{Resolver, Subtype};
use crate::lineage::expr::argument;
use crate::lineage::{ColumnSource, Output, Span};
use sqlparser::ast::{BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArguments, Ident, JsonPath, JsonPathElem, Value};

/// Functions that take the names of fields and what they hold in turn.
const OF_PAIRS: [&str; 6] =
    ["named_struct", "object_construct", "object_construct_keep_null", "json_object", "json_build_object", "jsonb_build_object"];

/// The names of a record's fields with the columns that each is made of.
pub(super) type Fields = Vec<(String, Vec<ColumnSource>)>;

impl Resolver<'_> {
    /// Notes what the fields of the record are made of that `expr`, standing at `span`, makes.
    pub(super) fn note_record(&mut self, expr: &Expr, span: Span) {
        let Some(list) = fields(expr).filter(|list| span != Span::default() && !list.iter().any(|(_, value)| self.asks(value))) else {
            return;
        };
        let made = list.into_iter().map(|(name, value)| (name, self.expr(value, Subtype::Identity))).collect();
        self.records.push((span, made));
    }

    /// What `name` is made of where it is that of a field (`s.x`, `t.s.x`) of a record made in sight.
    pub(super) fn field_made(&mut self, name: &[Ident]) -> Option<Vec<ColumnSource>> {
        if self.records.is_empty() {
            return None;
        }
        // What a relation is called goes before the columns of others.
        let of_relation = self.levels.iter().any(|l| l.relations.iter().any(|r| named_by(r, values(&name[..1]))));
        let fields = (1 + usize::from(of_relation)..name.len()).find_map(|at| self.record(&name[..at]).map(|fields| (at, fields)));
        let (at, fields) = fields?;
        let (_, sources) = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(&name[at].value))?;
        let found = sources.clone();
        self.copy(found.len()).then_some(found)
    }

    /// As [`Resolver::field_made`], of `s:x` and `s ->> 'x'`.
    pub(super) fn member_made(&mut self, expr: &Expr) -> Option<Vec<ColumnSource>> {
        if self.records.is_empty() {
            return None;
        }
        let (record, field) = match expr {
            Expr::JsonAccess { value, path: JsonPath { path } } => (
                value,
                match path.first()? {
                    JsonPathElem::Dot { key, .. } => Ident::new(key),
                    JsonPathElem::Bracket { key } | JsonPathElem::ColonBracket { key } => Ident::new(text(key)?),
                },
            ),
            Expr::BinaryOp { left, right, op: BinaryOperator::Arrow | BinaryOperator::LongArrow } => (left, Ident::new(text(right)?)),
            _ => return None,
        };
        let mut name = match &**record {
            Expr::Identifier(column) => vec![column.clone()],
            Expr::CompoundIdentifier(parts) => parts.clone(),
            _ => return None,
        };
        name.push(field);
        self.field_made(&name)
    }

    /// The fields of the record that a column of a query in FROM is.
    fn record(&self, column: &[Ident]) -> Option<&Fields> {
        let (column, qualifier) = column.split_last()?;
        let fits = |source: &Source| match source {
            Source::Derived(shape) if let [only] = shape.as_slice() => only.iter().find_map(|output| match output {
                Output::Column { name, span, .. } if name.eq_ignore_ascii_case(&column.value) => Some(*span),
                _ => None,
            }),
            _ => None,
        };
        let named = |r: &&Relation| qualifier.is_empty() || named_by(r, values(qualifier));
        // A relation further in that has the column, or may have it, hides those further out.
        let has = |r: &Relation| !matches!(hit(self.schema, r, &column.value), Hit::No);
        let level = self.levels.iter().rev().find(|level| level.relations.iter().filter(named).any(has))?;
        let span = level.relations.iter().filter(named).find_map(|relation| fits(&relation.source))?;
        self.records.iter().find(|(at, _)| *at == span).map(|(_, fields)| fields)
    }
}

/// The fields of the record that `expr` makes, if it makes one whose fields have names.
fn fields<'e>(expr: &'e Expr) -> Option<Vec<(String, &'e Expr)>> {
    let list: Vec<(String, &'e Expr)> = match expr {
        Expr::Struct { values, fields } => {
            let declared = |at: usize| fields.get(at).and_then(|field| field.field_name.as_ref());
            let named = |(at, value): (usize, &'e Expr)| match value {
                Expr::Named { expr, name } => Some((name.value.clone(), &**expr)),
                _ => Some((declared(at).map(|name| name.value.clone()).or_else(|| column(value))?, value)),
            };
            values.iter().enumerate().filter_map(named).collect()
        }
        Expr::Dictionary(list) => list.iter().map(|field| (field.key.value.clone(), &*field.value)).collect(),
        // ROW(a, b) by the names that a cast gives its fields.
        Expr::Cast { expr, data_type: DataType::Struct(declared, _), .. } => {
            let values = arguments(expr, &["row", "struct"])?.iter().filter_map(argument);
            declared.iter().zip(values).filter_map(|(field, value)| Some((field.field_name.as_ref()?.value.clone(), value))).collect()
        }
        Expr::Function(_) if let Some(list) = arguments(expr, &OF_PAIRS) => {
            let mut list = list.iter();
            let mut pairs = Vec::new();
            while let Some(arg) = list.next() {
                let (name, value) = match arg {
                    FunctionArg::Named { name, .. } => (Some(name.value.clone()), argument(arg)),
                    FunctionArg::ExprNamed { name, .. } => (text(name), argument(arg)),
                    FunctionArg::Unnamed(_) => (argument(arg).and_then(text), list.next().and_then(argument)),
                };
                pairs.extend(name.zip(value));
            }
            pairs
        }
        _ => {
            let list = arguments(expr, &["struct", "struct_pack"])?;
            let named = |arg: &'e FunctionArg| match arg {
                FunctionArg::Named { name, .. } => Some((name.value.clone(), argument(arg)?)),
                _ => match argument(arg)? {
                    Expr::Named { expr, name } => Some((name.value.clone(), &**expr)),
                    value => Some((column(value)?, value)),
                },
            };
            list.iter().filter_map(named).collect()
        }
    };
    (!list.is_empty()).then_some(list)
}

/// The arguments of `expr` when it calls one of these functions.
fn arguments<'e>(expr: &'e Expr, functions: &[&str]) -> Option<&'e [FunctionArg]> {
    let Expr::Function(Function { name, args: FunctionArguments::List(list), .. }) = expr else { return None };
    let [only] = name.0.as_slice() else { return None };
    let name = &only.as_ident()?.value;
    functions.iter().any(|f| f.eq_ignore_ascii_case(name)).then_some(&list.args)
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_) | Value::DoubleQuotedString(_)) => {
            value.value.clone().into_string()
        }
        _ => None,
    }
}
