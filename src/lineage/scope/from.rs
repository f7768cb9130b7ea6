//! What stands in FROM: relations, joins and everything that makes rows.

use super::name::{is_temp, last, temp_key};
use super::relation::{Hit, Level, Relation, Source, first_table, hit, merge, rename};
use super::{MAX_OUTPUTS, Resolver, Shape, line_of, shortened};
use crate::lineage::expr::argument;
use crate::lineage::{ColumnSource, Flow, Name, Output};
use sqlparser::ast::{
    Expr, FunctionArg, Ident, Join, JoinConstraint, JoinOperator, PipeOperator, PivotValueSource, Spanned, TableAlias, TableFactor,
    TableWithJoins,
};
use std::collections::HashSet;
use std::rc::Rc;

impl Resolver<'_> {
    pub(crate) fn joined(&mut self, table: &TableWithJoins) {
        self.factor(&table.relation);
        for join in &table.joins {
            self.join(join);
        }
    }

    pub(crate) fn join(&mut self, join: &Join) {
        let before = self.levels.last().map_or(0, |l| l.relations.len());
        self.factor(&join.relation);
        let constraint = match &join.join_operator {
            JoinOperator::Join(c)
            | JoinOperator::Inner(c)
            | JoinOperator::Left(c)
            | JoinOperator::LeftOuter(c)
            | JoinOperator::Right(c)
            | JoinOperator::RightOuter(c)
            | JoinOperator::FullOuter(c)
            | JoinOperator::CrossJoin(c)
            | JoinOperator::Semi(c)
            | JoinOperator::LeftSemi(c)
            | JoinOperator::RightSemi(c)
            | JoinOperator::Anti(c)
            | JoinOperator::LeftAnti(c)
            | JoinOperator::RightAnti(c)
            | JoinOperator::StraightJoin(c) => c,
            JoinOperator::AsOf { match_condition, constraint } => {
                self.expr(match_condition, Flow::Indirect);
                constraint
            }
            _ => return,
        };
        match constraint {
            JoinConstraint::On(expr) => drop(self.expr(expr, Flow::Indirect)),
            JoinConstraint::Using(columns) => columns.iter().for_each(|c| self.merge_column(&last(c))),
            JoinConstraint::Natural => {
                for column in self.common_columns(before) {
                    self.merge_column(&column);
                }
            }
            JoinConstraint::None => {}
        }
    }

    /// Columns that the relations before and from `split` are both known to have.
    pub(crate) fn common_columns(&self, split: usize) -> Vec<String> {
        let Some(level) = self.levels.last() else { return Vec::new() };
        let (left, right) = level.relations.split_at(split.min(level.relations.len()));
        let known = |list: &[Relation]| -> HashSet<String> {
            let mut names = HashSet::new();
            for relation in list {
                match &relation.source {
                    Source::Table(t) => names.extend(self.schema.columns(t).into_iter().flatten().map(|c| c.to_lowercase())),
                    Source::Derived(shape) => names.extend(shape.first().into_iter().flatten().filter_map(|o| match o {
                        Output::Column { name, .. } => Some(name.to_lowercase()),
                        Output::Star { .. } => None,
                    })),
                    Source::Made { columns, .. } => names.extend(columns.iter().map(|c| c.to_lowercase())),
                }
            }
            names
        };
        let right = known(right);
        let mut common: Vec<String> = known(left).into_iter().filter(|c| right.contains(c)).collect();
        common.sort();
        common
    }

    pub(crate) fn merge_column(&mut self, column: &str) {
        let Some(level) = self.levels.last() else { return };
        let mut sources = Vec::new();
        for relation in &level.relations {
            match hit(self.schema, relation, column) {
                Hit::Sure(found) => merge(&mut sources, found),
                Hit::Maybe(tables) => merge(
                    &mut sources,
                    tables.into_iter().map(|t| ColumnSource { tables: vec![t], column: column.to_owned(), flow: Flow::Indirect }).collect(),
                ),
                _ => {}
            }
        }
        for source in &sources {
            self.found.touch(source);
        }
        self.found.decides(sources);
        if let Some(level) = self.levels.last_mut() {
            level.merged.insert(column.to_lowercase());
        }
    }

    pub(crate) fn factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table { name, alias, args, .. } => {
                let line = line_of(name.span().start.line);
                if let Some(args) = args {
                    let full = self.name(name);
                    let sources = self.arguments(&args.args);
                    // `FROM t(NOLOCK)`: an old way to write a table hint.
                    let hint = self.grammar.is_tsql() && args.args.len() == 1 && is_hint(&args.args[0].to_string());
                    if hint {
                        let relation = self.named(full, line);
                        return self.aliased(relation, alias.as_ref());
                    }
                    return self.function_table(&full, sources, alias.as_ref(), line);
                }
                let full = self.name(name);
                let relation = self.named(full, line);
                self.aliased(relation, alias.as_ref());
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let shape = Rc::new(self.query(subquery));
                self.aliased(Relation::derived(shape), alias.as_ref());
            }
            TableFactor::TableFunction { expr, alias } => {
                let sources = self.expr(expr, Flow::Direct);
                self.aliased(Relation::made(Vec::new(), Vec::new(), sources), alias.as_ref());
            }
            TableFactor::Function { name, args, alias, .. } => {
                let full = self.name(name);
                let sources = self.arguments(args);
                self.function_table(&full, sources, alias.as_ref(), line_of(name.span().start.line));
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset_alias, .. } => {
                let mut sources = Vec::new();
                for e in array_exprs {
                    merge(&mut sources, self.expr(e, Flow::Direct));
                }
                let mut columns: Vec<String> = with_offset_alias.iter().map(|i| i.value.clone()).collect();
                // BigQuery: the alias names the element itself.
                if let (Some(a), true) = (alias, self.grammar.is(&["bigquery"])) {
                    columns.push(a.name.value.clone());
                }
                self.aliased(Relation::made(Vec::new(), columns, sources), alias.as_ref());
            }
            TableFactor::JsonTable { json_expr, alias, .. } | TableFactor::OpenJsonTable { json_expr, alias, .. } => {
                let sources = self.expr(json_expr, Flow::Direct);
                self.aliased(Relation::made(Vec::new(), Vec::new(), sources), alias.as_ref());
            }
            TableFactor::XmlTable { row_expression, passing, alias, .. } => {
                let mut sources = self.expr(row_expression, Flow::Direct);
                for argument in &passing.arguments {
                    merge(&mut sources, self.expr(&argument.expr, Flow::Direct));
                }
                self.aliased(Relation::made(Vec::new(), Vec::new(), sources), alias.as_ref());
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let before = self.levels.last().map_or(0, |l| l.relations.len());
                self.joined(table_with_joins);
                if let (Some(alias), Some(level)) = (alias, self.levels.last_mut()) {
                    for relation in &mut level.relations[before..] {
                        relation.names = vec![alias.name.value.to_lowercase()];
                    }
                }
            }
            TableFactor::Pivot { table, aggregate_functions, value_column, value_source, alias, .. } => {
                let before = self.levels.last().map_or(0, |l| l.relations.len());
                self.factor(table);
                let mut sources = Vec::new();
                for f in aggregate_functions {
                    merge(&mut sources, self.expr(&f.expr, Flow::Direct));
                }
                value_column.iter().for_each(|e| merge(&mut sources, self.expr(e, Flow::Direct)));
                let columns = match value_source {
                    PivotValueSource::List(list) => list
                        .iter()
                        .map(|e| match (&e.alias, &e.expr) {
                            (Some(alias), _) => alias.value.clone(),
                            (None, Expr::Identifier(i)) => i.value.clone(),
                            (None, e) => e.to_string().trim_matches('\'').to_owned(),
                        })
                        .collect(),
                    PivotValueSource::Subquery(query) => {
                        self.query(query);
                        Vec::new()
                    }
                    PivotValueSource::Any(_) => Vec::new(),
                };
                self.reshaped(before, columns, sources, alias.as_ref());
            }
            TableFactor::Unpivot { table, value, name, columns, alias, .. } => {
                let before = self.levels.last().map_or(0, |l| l.relations.len());
                self.factor(table);
                let mut sources = Vec::new();
                for c in columns {
                    merge(&mut sources, self.expr(&c.expr, Flow::Direct));
                }
                let made = vec![value.to_string().trim_matches(['"', '[', ']', '`']).to_owned(), name.value.clone()];
                self.reshaped(before, made, sources, alias.as_ref());
            }
            TableFactor::MatchRecognize { table, alias, .. } => {
                let before = self.levels.last().map_or(0, |l| l.relations.len());
                self.factor(table);
                self.reshaped(before, Vec::new(), Vec::new(), alias.as_ref());
            }
            TableFactor::SemanticView { name, alias, .. } => {
                let full = self.name(name);
                let relation = self.named(full, line_of(name.span().start.line));
                self.aliased(relation, alias.as_ref());
            }
            TableFactor::UnpivotExpr { expression, value_alias, attribute_alias, .. } => {
                let sources = self.expr(expression, Flow::Direct);
                let columns = std::iter::once(value_alias).chain(attribute_alias).map(|i| i.value.clone()).collect();
                self.push(Relation::made(Vec::new(), columns, sources));
            }
        }
    }

    /// After PIVOT or UNPIVOT: the relations from `before` under the new alias, and the columns made.
    pub(crate) fn reshaped(&mut self, before: usize, columns: Vec<String>, sources: Vec<ColumnSource>, alias: Option<&TableAlias>) {
        let names: Vec<String> = alias.iter().map(|a| a.name.value.to_lowercase()).collect();
        if let Some(level) = self.levels.last_mut() {
            if !names.is_empty() {
                level.relations[before..].iter_mut().for_each(|r| r.names.clone_from(&names));
            }
            if !columns.is_empty() {
                level.relations.push(Relation::made(names, columns, sources));
            }
        }
    }

    pub(crate) fn arguments(&mut self, args: &[FunctionArg]) -> Vec<ColumnSource> {
        let mut list = Vec::new();
        args.iter().for_each(|a| argument(a, &mut |part| list.push(part)));
        self.walk(list, Flow::Direct)
    }

    pub(crate) fn function_table(&mut self, name: &Name, sources: Vec<ColumnSource>, alias: Option<&TableAlias>, line: u32) {
        self.call(name, line);
        let names = vec![name.last().to_lowercase()];
        self.aliased(Relation::made(names, Vec::new(), sources), alias);
    }

    pub(crate) fn aliased(&mut self, mut relation: Relation, alias: Option<&TableAlias>) {
        if let Some(alias) = alias {
            relation.names = vec![alias.name.value.to_lowercase()];
            if !alias.columns.is_empty() {
                let columns: Vec<&Ident> = alias.columns.iter().map(|c| &c.name).collect();
                match &mut relation.source {
                    Source::Derived(shape) => rename(Rc::make_mut(shape), &columns),
                    Source::Made { columns: known, .. } => *known = columns.iter().map(|i| i.value.clone()).collect(),
                    Source::Table(_) => {}
                }
            }
        }
        self.push(relation);
    }

    /// The relation that a name means here: a CTE, a temporary, a trigger's rows, or a stored relation, which is then read.
    pub(crate) fn named(&mut self, name: Name, line: u32) -> Relation {
        let names: Vec<String> = name.0.iter().map(|p| p.to_lowercase()).collect();
        if let [only] = names.as_slice() {
            if let Some((_, shape)) = self.ctes.iter().rev().find(|(key, _)| key == only) {
                let origin = first_table(shape);
                return Relation { names, source: Source::Derived(Rc::clone(shape)), origin };
            }
            if let (Some(table), true) = (self.trigger_table, is_pseudo(only)) {
                let table = table.clone();
                self.found.read(&table, line);
                return Relation { names, source: Source::Table(table.clone()), origin: Some(table) };
            }
        }
        if let Some(temp) = self.temps.get(&temp_key(&name)) {
            for read in temp.reads.clone() {
                self.found.read(&read, line);
            }
            let shape = if temp.rows.is_empty() { vec![declared(&temp.columns)] } else { temp.rows.clone() };
            return Relation { names, source: Source::Derived(Rc::new(shape)), origin: Some(name) };
        }
        // The one row of nothing that Oracle and others select expressions from.
        let dual = name.0.len() == 1 && name.last().eq_ignore_ascii_case("dual");
        if is_temp(&name) || dual && self.grammar.is(&["oracle", "mysql", "snowflake", "teradata"]) {
            return Relation { names, source: Source::Made { columns: Vec::new(), sources: Vec::new() }, origin: Some(name) };
        }
        self.found.read(&name, line);
        Relation { names, source: Source::Table(name.clone()), origin: Some(name) }
    }

    pub(crate) fn pipe(&mut self, pipe: &PipeOperator, shape: &mut Shape) {
        let mut level = Level::default();
        level.relations.push(Relation::derived(Rc::new(std::mem::take(shape))));
        self.levels.push(level);
        let mut outputs = Vec::new();
        let mut keep = true;
        match pipe {
            PipeOperator::Where { expr } => drop(self.expr(expr, Flow::Indirect)),
            PipeOperator::OrderBy { exprs } => exprs.iter().for_each(|e| drop(self.expr(&e.expr, Flow::Indirect))),
            PipeOperator::Select { exprs } => {
                keep = false;
                exprs.iter().for_each(|item| self.item(item, &mut outputs));
            }
            PipeOperator::Extend { exprs } => exprs.iter().for_each(|item| self.item(item, &mut outputs)),
            PipeOperator::Aggregate { full_table_exprs, group_by_expr } => {
                keep = false;
                for e in group_by_expr.iter().chain(full_table_exprs) {
                    let name = e.expr.alias.as_ref().map_or_else(|| shortened(&e.expr.expr), |a| a.value.clone());
                    let sources = self.expr(&e.expr.expr, Flow::Direct);
                    outputs.push(Output::Column { name, sources, expression: shortened(&e.expr.expr), line: 0 });
                }
            }
            PipeOperator::Union { queries, .. } | PipeOperator::Intersect { queries, .. } | PipeOperator::Except { queries, .. } => {
                for query in queries {
                    outputs.extend(self.query(query).into_iter().flatten());
                }
                outputs.clear();
            }
            PipeOperator::Join(join) => self.join(join),
            _ => {}
        }
        let Some(level) = self.levels.pop() else { return };
        let mut all = Vec::new();
        if keep {
            for relation in &level.relations {
                all.extend(self.star(relation, &[], 0));
            }
        }
        all.extend(outputs);
        all.truncate(MAX_OUTPUTS);
        *shape = vec![all];
    }
}

pub(crate) fn is_pseudo(name: &str) -> bool {
    matches!(name, "inserted" | "deleted" | "new" | "old" | ":new" | ":old")
}

pub(crate) fn is_hint(text: &str) -> bool {
    matches!(
        text.to_uppercase().as_str(),
        "NOLOCK" | "READPAST" | "UPDLOCK" | "ROWLOCK" | "TABLOCK" | "TABLOCKX" | "HOLDLOCK" | "READUNCOMMITTED"
    )
}

/// Outputs of a temporary that nothing was written to.
pub(crate) fn declared(columns: &[String]) -> Vec<Output> {
    columns.iter().map(|c| Output::Column { name: c.clone(), sources: Vec::new(), expression: String::new(), line: 0 }).collect()
}
