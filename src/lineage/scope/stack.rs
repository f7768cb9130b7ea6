//! Spark's and Hive's `stack(n, a, b, …)`: its arguments as `n` rows, so that each column is made of those in its place.

use super::Resolver;
use super::name::lower;
use super::relation::{Relation, merge};
use crate::lineage::expr::argument;
use crate::lineage::{ColumnSource, Output, Span, Subtype};
use sqlparser::ast::{Expr, FunctionArguments, Ident, Value};
use std::rc::Rc;

impl Resolver<'_> {
    /// What each column of a call of `stack` is made of; `None` for any other expression.
    pub(super) fn stacked(&mut self, expr: &Expr) -> Option<Vec<Vec<ColumnSource>>> {
        let Expr::Function(function) = expr else { return None };
        if lower(&function.name) != "stack" || !self.grammar.is(&["spark", "databricks", "hive"]) {
            return None;
        }
        let FunctionArguments::List(list) = &function.args else { return None };
        let (rows, values) = list.args.split_first()?;
        let Some(Expr::Value(rows)) = argument(rows) else { return None };
        let Value::Number(rows, _) = &rows.value else { return None };
        let width = values.len().div_ceil(rows.to_string().parse::<usize>().ok().filter(|n| *n > 0)?);
        let mut columns = vec![Vec::new(); width];
        for (at, value) in values.iter().enumerate() {
            if let Some(value) = argument(value) {
                let sources = self.expr(value, Subtype::Identity);
                merge(&mut columns[at % width], sources);
            }
        }
        Some(columns)
    }

    /// Its rows in FROM, under these names; without any they are called `col0`, `col1`, ….
    pub(super) fn stacked_rows(&mut self, expr: &Expr, names: Vec<String>, aliases: &[Ident]) -> Option<Relation> {
        let columns = self.stacked(expr)?;
        let called = |at: usize| aliases.get(at).map_or_else(|| format!("col{at}"), |alias| alias.value.clone());
        let output = |(at, sources): (usize, Vec<ColumnSource>)| {
            let (expression, span) = (String::new(), Span::default());
            Output::Column { name: called(at), sources, expression, span }
        };
        let row = columns.into_iter().enumerate().map(output).collect();
        Some(Relation { names, ..Relation::derived(Rc::new(vec![row])) })
    }
}
