//! What stands in FROM: relations and everything that makes rows.

use super::name::{is_lent, is_temp, temp_key};
use super::relation::{Relation, Source, first_table, merge, named_by, rename};
use super::{Resolver, line_of, size};
use crate::lineage::{Name, Output, Span, Star, Subtype, place};
use sqlparser::ast::{Ident, JsonTableColumn, Query, RowsPerMatch, Spanned, TableAlias, TableFactor};
use std::rc::Rc;

mod function;

pub(crate) use function::{function_target, is_hint};

/// What holds the rows of the last query among variables, which have no blank in their names.
pub(crate) const LAST_QUERY: &str = "last query";

impl Resolver<'_> {
    pub(crate) fn factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table { name, alias, args, .. } => {
                let line = line_of(name.span().start.line);
                if let Some(args) = args {
                    return self.called(name, &args.args, alias.as_ref(), line);
                }
                let full = match name.0.as_slice() {
                    // DuckDB and others: a file's name in quotes.
                    [sqlparser::ast::ObjectNamePart::Identifier(i)] if i.quote_style == Some('\'') => {
                        Name::new([format!("path:{}", i.value)])
                    }
                    _ => self.name(name),
                };
                // `FROM t AS a, a.items AS i`, `FROM d.t, t.items`: the elements of a column.
                let first = full.0[0].to_lowercase();
                // A schema may be called like a CTE, which has no such column.
                let has = |o: &Output| match o {
                    Output::Star(_) => true,
                    Output::Column { name, .. } => full.0.get(1).is_some_and(|column| name.eq_ignore_ascii_case(column)),
                };
                let within = |r: &Relation| match &r.source {
                    Source::Derived(rows) if rows.first().is_some_and(|row| !row.iter().any(has)) => false,
                    _ if self.grammar.is(&["redshift", "bigquery"]) => named_by(r, [first.as_str()]),
                    // Where nothing says which dialect it is, an alias at least is no schema.
                    Source::Table(t) if self.grammar.generic => r.names == [first.as_str()] && !t.last().eq_ignore_ascii_case(&first),
                    _ => false,
                };
                if full.0.len() > 1 && self.levels.iter().any(|l| l.relations.iter().any(within)) {
                    let idents: Vec<Ident> = name.0.iter().filter_map(|p| p.as_ident().cloned()).collect();
                    let mut sources = self.column(&idents);
                    sources.iter_mut().for_each(|s| s.subtype = Subtype::Transformation.of(s.subtype));
                    return self.aliased(Relation::made(vec![full.last().to_lowercase()], Vec::new(), sources), alias.as_ref());
                }
                let relation = self.named(full, line);
                self.aliased(relation, alias.as_ref());
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                // DuckDB sees for itself what needs LATERAL.
                self.subquery(subquery, alias.as_ref(), *lateral || self.grammar.is(&["duckdb"]));
            }
            // Snowflake: TABLE('schema.table').
            TableFactor::TableFunction { expr: sqlparser::ast::Expr::Value(text), alias } => {
                let text_at = text.span.start.line;
                if let Some(text) = text.value.clone().into_string() {
                    let relation = self.named(Name::new(text.split('.')), line_of(text_at));
                    self.aliased(relation, alias.as_ref());
                }
            }
            // Snowflake: the rows of the query before this statement.
            TableFactor::TableFunction { expr, alias }
                if let Some(last) = self.variables.get(LAST_QUERY)
                    && expr.to_string().eq_ignore_ascii_case("RESULT_SCAN(LAST_QUERY_ID())") =>
            {
                self.aliased(Relation::derived(Rc::new(last.rows.clone())), alias.as_ref());
            }
            TableFactor::TableFunction { expr, alias } => {
                let mut sources = self.expr(expr, Subtype::Transformation);
                let relation = match expr {
                    sqlparser::ast::Expr::Function(f) => {
                        let name = self.name(&f.name);
                        // A column that no row names may be the value of rows of one column, not of several.
                        let rows = name.rows();
                        let value = sources.iter_mut().filter(|s| s.tables.first() == Some(&rows));
                        value.for_each(|s| s.column = place(0, Some(1)));
                        self.given(&name, Vec::new(), sources, line_of(f.name.span().start.line))
                    }
                    _ => Relation::made(Vec::new(), Vec::new(), sources),
                };
                self.aliased(relation, alias.as_ref());
            }
            TableFactor::Function { name, args, alias, .. } => {
                let full = self.name(name);
                let sources = self.arguments(args);
                self.function_table(&full, sources, alias.as_ref(), line_of(name.span().start.line));
            }
            // Arrays side by side, each with a column of its own.
            TableFactor::UNNEST { alias: Some(alias), array_exprs, with_offset: false, .. }
                if array_exprs.len() > 1 && alias.columns.len() >= array_exprs.len() =>
            {
                let mut outputs = declared(&alias.columns.iter().map(|c| c.name.value.clone()).collect::<Vec<_>>());
                for (output, e) in outputs.iter_mut().zip(array_exprs) {
                    if let Output::Column { sources, .. } = output {
                        *sources = self.expr(e, Subtype::Transformation);
                    }
                }
                self.aliased(Relation::derived(Rc::new(vec![outputs])), Some(alias));
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset_alias, .. } => {
                let mut sources = Vec::new();
                for e in array_exprs {
                    merge(&mut sources, self.expr(e, Subtype::Transformation));
                }
                let mut columns: Vec<String> = with_offset_alias.iter().map(|i| i.value.clone()).collect();
                // BigQuery: the alias names the element itself, whose fields need no name before them.
                if let (Some(a), true) = (alias, self.grammar.is(&["bigquery"])) {
                    columns.push(a.name.value.clone());
                    self.push(Relation::made(Vec::new(), Vec::new(), sources.clone()));
                }
                self.aliased(Relation::made(Vec::new(), columns, sources), alias.as_ref());
            }
            TableFactor::JsonTable { json_expr, columns, alias, .. } => {
                let sources = self.expr(json_expr, Subtype::Transformation);
                self.aliased(Relation::made(Vec::new(), json_columns(columns), sources), alias.as_ref());
            }
            TableFactor::OpenJsonTable { json_expr, columns, alias, .. } => {
                let sources = self.expr(json_expr, Subtype::Transformation);
                let listed: Vec<String> = columns.iter().map(|c| c.name.value.clone()).collect();
                let columns = if listed.is_empty() { ["key", "value", "type"].map(str::to_owned).to_vec() } else { listed };
                self.aliased(Relation::made(Vec::new(), columns, sources), alias.as_ref());
            }
            TableFactor::XmlTable { row_expression, passing, columns, alias, .. } => {
                let mut sources = self.expr(row_expression, Subtype::Transformation);
                for argument in &passing.arguments {
                    merge(&mut sources, self.expr(&argument.expr, Subtype::Transformation));
                }
                let columns = columns.iter().map(|c| c.name.value.clone()).collect();
                self.aliased(Relation::made(Vec::new(), columns, sources), alias.as_ref());
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
                self.pivot(before, aggregate_functions, value_column, value_source, alias.as_ref());
            }
            TableFactor::Unpivot { table, value, name, columns, alias, .. } => {
                let before = self.levels.last().map_or(0, |l| l.relations.len());
                self.factor(table);
                self.unpivot(before, value, name, columns.iter().map(|c| &c.expr), alias.as_ref());
            }
            TableFactor::MatchRecognize { table, partition_by, order_by, measures, rows_per_match, symbols, pattern, alias, .. } => {
                let before = self.levels.last().map_or(0, |l| l.relations.len());
                self.factor(table);
                let all = matches!(rows_per_match, Some(RowsPerMatch::AllRows(_)));
                self.matched(before, (partition_by, order_by), (measures, all), (pattern, symbols), alias.as_ref());
            }
            TableFactor::SemanticView { name, alias, .. } => {
                let full = self.name(name);
                let relation = self.named(full, line_of(name.span().start.line));
                self.aliased(relation, alias.as_ref());
            }
            TableFactor::UnpivotExpr { expression, value_alias, attribute_alias, .. } => {
                let sources = self.expr(expression, Subtype::Transformation);
                let columns = std::iter::once(value_alias).chain(attribute_alias).map(|i| i.value.clone()).collect();
                self.push(Relation::made(Vec::new(), columns, sources));
            }
        }
    }

    /// A query in FROM; whether it sees the relations to its left.
    pub(super) fn subquery(&mut self, query: &Query, alias: Option<&TableAlias>, lateral: bool) {
        let beside = self.levels.last_mut().filter(|_| !lateral).map(std::mem::take);
        let shape = Rc::new(self.query(query));
        if let (Some(beside), Some(level)) = (beside, self.levels.last_mut()) {
            *level = beside;
        }
        // T-SQL changes rows through it.
        let origin = self.through.take().or_else(|| first_table(&shape));
        self.aliased(Relation { origin, ..Relation::derived(shape) }, alias);
    }

    pub(crate) fn aliased(&mut self, mut relation: Relation, alias: Option<&TableAlias>) {
        if let Some(alias) = alias {
            relation.names = vec![alias.name.value.to_lowercase()];
            // `FROM t a (NOLOCK)` only looks like names for columns.
            let hints = self.grammar.is_tsql() && alias.columns.iter().all(|c| is_hint(&c.name.value));
            if !alias.columns.is_empty() && !hints {
                let columns: Vec<&Ident> = alias.columns.iter().map(|c| &c.name).collect();
                match &mut relation.source {
                    Source::Derived(shape) => rename(Rc::make_mut(shape), &columns),
                    Source::Made { columns: known, .. } | Source::Given { names: known, .. } => {
                        *known = columns.iter().map(|i| i.value.clone()).collect()
                    }
                    Source::Table(_) => {}
                }
            }
        }
        self.push(relation);
        // Redshift: the positions of the elements.
        if let Some(at) = alias.and_then(|a| a.at.as_ref()) {
            self.push(Relation::made(Vec::new(), vec![at.value.clone()], Vec::new()));
        }
    }

    /// The relation that a name means here: a CTE, a temporary, a trigger's rows, or a stored relation, which is then read.
    pub(crate) fn named(&mut self, name: Name, line: u32) -> Relation {
        let names: Vec<String> = name.0.iter().map(|p| p.to_lowercase()).collect();
        if let [only] = names.as_slice() {
            if let Some((_, shape, origin)) = self.cte_places.get(only).and_then(|places| self.ctes.get(*places.last()?)) {
                return Relation { names, source: Source::Derived(Rc::clone(shape)), origin: origin.clone() };
            }
            if let (Some(table), true) = (self.trigger_table.clone(), is_pseudo(only)) {
                self.found.read(&table, line);
                return Relation { names, source: Source::Table(table.clone()), origin: Some(table) };
            }
        }
        if !self.temps.is_empty()
            && let Some(temp) = self.temps.get(&temp_key(&name))
        {
            if !self.copy(temp.reads.len() + temp.decided.len() + temp.rows.iter().map(|row| size(row)).sum::<usize>()) {
                return Relation { names, source: Source::Made { columns: Vec::new(), sources: Vec::new() }, origin: Some(name) };
            }
            for read in &temp.reads {
                self.found.read(read, line);
            }
            temp.decided.iter().for_each(|s| self.found.decides(s, s.subtype));
            let shape = if temp.rows.is_empty() { vec![declared(&temp.columns)] } else { temp.rows.clone() };
            return Relation { names, source: Source::Derived(Rc::new(shape)), origin: Some(name) };
        }
        // The caller's, which says what is in it.
        if let Some(borrower) = self.borrower.filter(|_| is_temp(&name)) {
            let key = temp_key(&name);
            if is_lent(&key) {
                let lent = borrower.passed(&key);
                self.found.read(&lent, line);
                let rows = vec![vec![Output::Star(Star::of(lent, line))]];
                return Relation { names, source: Source::Derived(Rc::new(rows)), origin: Some(name) };
            }
        }
        // Snowflake: the files of a stage.
        if self.grammar.is(&["snowflake"]) && name.0[0].starts_with('@') {
            let path = Name::new([format!("path:{name}")]);
            return self.stored(names, path, line);
        }
        // The one row of nothing that Oracle and others select expressions from.
        let dual = name.0.len() == 1 && name.last().eq_ignore_ascii_case("dual");
        if is_temp(&name) || dual && (self.grammar.generic || self.grammar.is(&["oracle", "mysql", "snowflake", "teradata"])) {
            return Relation { names, source: Source::Made { columns: Vec::new(), sources: Vec::new() }, origin: Some(name) };
        }
        self.stored(names, name, line)
    }

    fn stored(&mut self, names: Vec<String>, name: Name, line: u32) -> Relation {
        self.found.read(&name, line);
        Relation { names, source: Source::Table(name.clone()), origin: Some(name) }
    }
}

pub(crate) fn is_pseudo(name: &str) -> bool {
    matches!(name, "inserted" | "deleted" | "new" | "old" | ":new" | ":old")
}

/// Outputs of a temporary that nothing was written to.
pub(crate) fn declared(columns: &[String]) -> Vec<Output> {
    columns
        .iter()
        .map(|c| Output::Column { name: c.clone(), sources: Vec::new(), expression: String::new(), span: Span::default() })
        .collect()
}

/// The columns of JSON_TABLE, nested ones included.
fn json_columns(columns: &[JsonTableColumn]) -> Vec<String> {
    columns
        .iter()
        .flat_map(|column| match column {
            JsonTableColumn::Named(named) => vec![named.name.value.clone()],
            JsonTableColumn::ForOrdinality(name) => vec![name.value.clone()],
            JsonTableColumn::Nested(nested) => json_columns(&nested.columns),
        })
        .collect()
}
