//! What stands in FROM: relations, joins and everything that makes rows.

use super::name::{is_temp, last, temp_key};
use super::relation::{Hit, Relation, Seen, Source, candidate, first_table, hit, merge, named_by, rename};
use super::{MAX_CANDIDATES, Resolver, line_of, size};
use crate::lineage::expr::{Part, argument};
use crate::lineage::{ColumnSource, Flow, Name, Output, Span, Star, Subtype};
use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, Ident, Join, JoinConstraint, JoinOperator, JsonTableColumn, ObjectName, Query, RowsPerMatch,
    Spanned, TableAlias, TableFactor, TableWithJoins,
};
use std::collections::HashSet;
use std::rc::Rc;

/// Pairs of columns told of one statement: joins of hundreds of relations, which databases do not allow.
const MAX_PAIRS: usize = 10_000;

impl Resolver<'_> {
    pub(crate) fn joined(&mut self, table: &TableWithJoins) {
        self.factor(&table.relation);
        for join in &table.joins {
            self.join(join);
        }
    }

    pub(crate) fn join(&mut self, join: &Join) {
        let before = self.levels.last().map_or(0, |l| l.relations.len());
        if let JoinOperator::ArrayJoin | JoinOperator::LeftArrayJoin | JoinOperator::InnerArrayJoin = join.join_operator {
            return self.array_join(&join.relation);
        }
        match (&join.join_operator, &join.relation) {
            (JoinOperator::CrossApply | JoinOperator::OuterApply, TableFactor::Derived { subquery, alias, .. }) => {
                self.subquery(subquery, alias.as_ref(), true);
            }
            _ => self.factor(&join.relation),
        }
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
                self.expr(match_condition, Subtype::Join);
                self.compared(match_condition, true);
                constraint
            }
            _ => return,
        };
        if let (JoinConstraint::Using(columns), Some(level)) = (constraint, self.levels.last_mut()) {
            for column in columns.iter().map(|c| last(c).to_lowercase()) {
                match join.join_operator {
                    JoinOperator::FullOuter(_) => drop(level.coalesced.entry(column).or_default()),
                    JoinOperator::Right(_) | JoinOperator::RightOuter(_) => drop(level.coalesced.insert(column, before)),
                    _ => {}
                }
            }
        }
        match constraint {
            JoinConstraint::On(expr) => {
                self.expr(expr, Subtype::Join);
                self.compared(expr, true);
            }
            JoinConstraint::Using(columns) => columns.iter().for_each(|c| self.merge_column(&last(c))),
            JoinConstraint::Natural => {
                for column in self.common_columns(before) {
                    self.merge_column(&column);
                }
            }
            JoinConstraint::None => {}
        }
        // What only decides whether a row stays is not seen behind it, but for ClickHouse, where a row that fits is there.
        let decides = matches!(
            join.join_operator,
            JoinOperator::Semi(_) | JoinOperator::LeftSemi(_) | JoinOperator::Anti(_) | JoinOperator::LeftAnti(_)
        );
        if let (true, Some(level)) = (decides && !self.grammar.is(&["clickhouse"]), self.levels.last_mut()) {
            level.relations.truncate(before);
        }
    }

    /// ClickHouse: the elements of an array, under its own name or another.
    fn array_join(&mut self, array: &TableFactor) {
        let (name, alias) = match array {
            TableFactor::Table { name, alias, .. } => (name, alias),
            TableFactor::Derived { subquery, alias, .. } => return self.subquery(subquery, alias.as_ref(), true),
            other => return self.factor(other),
        };
        let idents: Vec<Ident> = name.0.iter().filter_map(|p| p.as_ident().cloned()).collect();
        let mut sources = self.column(&idents);
        sources.iter_mut().for_each(|s| s.subtype = Subtype::Transformation.of(s.subtype));
        let column = alias.as_ref().map_or_else(|| last(name), |a| a.name.value.clone());
        // Before the table's own column of that name.
        self.insert(0, Relation::made(Vec::new(), vec![column], sources));
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
                        Output::Star(_) => None,
                    })),
                    Source::Made { columns, .. } | Source::Given { names: columns, .. } => {
                        names.extend(columns.iter().map(|c| c.to_lowercase()));
                    }
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
        let mut seen = Seen::default();
        for relation in level.relations.iter().filter(|_| self.follows()) {
            let found = match hit(self.schema, relation, column) {
                Hit::Sure(found) => found.into_owned(),
                Hit::Maybe(tables) => tables.iter().filter_map(|t| candidate([t], column)).collect(),
                _ => continue,
            };
            for source in found {
                if sources.len() < MAX_CANDIDATES && seen.lacks(&sources, &source, source.subtype) {
                    sources.push(source);
                }
            }
        }
        self.copy(sources.len());
        for source in &sources {
            self.found.touch(source);
            self.found.decides(source, Subtype::Join);
        }
        for (at, left) in sources.iter().enumerate().filter(|_| self.tells_joins) {
            self.found.joins.extend(sources[at + 1..].iter().map(|right| (left.clone(), right.clone())));
        }
        if let Some(level) = self.levels.last_mut() {
            level.merged.insert(column.to_lowercase());
        }
    }

    /// Notes the pairs of columns that `condition` holds against each other, where that is asked for: as equals, or in any order. What AND
    /// and OR tie are conditions, each.
    pub(super) fn compared(&mut self, condition: &Expr, in_any_order: bool) {
        let mut open = if self.tells_joins { vec![condition] } else { Vec::new() };
        while let Some(next) = open.pop() {
            match next {
                Expr::Nested(inner) => open.push(inner),
                Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => open.extend([&**right, &**left]),
                Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::Spaceship, right }
                | Expr::IsNotDistinctFrom(left, right) => {
                    self.pair(left, right);
                }
                Expr::BinaryOp {
                    left,
                    op: BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq,
                    right,
                } if in_any_order => {
                    self.pair(left, right);
                }
                Expr::Between { expr, low, high, .. } if in_any_order => {
                    self.pair(expr, low);
                    self.pair(expr, high);
                }
                _ => {}
            }
        }
    }

    fn pair(&mut self, left: &Expr, right: &Expr) {
        let [left, right] = [left, right].map(|side| {
            let mut sources = self.expr(side, Subtype::Identity);
            sources.retain(|s| s.subtype.flow() == Flow::Direct && !s.is_argument());
            sources
        });
        for one in &left {
            for other in right.iter().take(MAX_PAIRS.saturating_sub(self.found.joins.len())) {
                self.found.joins.push((one.clone(), other.clone()));
            }
        }
    }

    pub(crate) fn factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table { name, alias, args, .. } => {
                let line = line_of(name.span().start.line);
                if let Some(args) = args {
                    let full = self.name(name);
                    // Databricks: a table read as a stream.
                    if full.0.len() == 1
                        && full.last().eq_ignore_ascii_case("stream")
                        && let [FunctionArg::Unnamed(sqlparser::ast::FunctionArgExpr::Expr(streamed))] = args.args.as_slice()
                    {
                        let parts: &[Ident] = match streamed {
                            sqlparser::ast::Expr::Identifier(i) => std::slice::from_ref(i),
                            sqlparser::ast::Expr::CompoundIdentifier(list) => list,
                            _ => &[],
                        };
                        if !parts.is_empty() {
                            let relation = self.named(self.name(&ObjectName::from(parts.to_vec())), line);
                            return self.aliased(relation, alias.as_ref());
                        }
                    }
                    // Databricks: the changes of a table.
                    let changes = full.last().eq_ignore_ascii_case("table_changes") && self.grammar.is(&["databricks", "spark"]);
                    if let (true, Some(text)) = (changes || full.last().eq_ignore_ascii_case("identifier"), literal(&args.args)) {
                        let relation = self.named(Name::new(text.split('.')), line);
                        return self.aliased(relation, alias.as_ref());
                    }
                    if self.grammar.is(&["snowflake"]) && full.0[0].starts_with('@') {
                        let relation = self.named(full, line);
                        return self.aliased(relation, alias.as_ref());
                    }
                    if self.grammar.is(&["clickhouse"]) && full.0.len() == 1 {
                        let texts: Vec<String> = args.args.iter().map(|a| a.to_string().trim_matches('\'').to_owned()).collect();
                        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                        if let Some(name) = function_target(full.last(), &texts) {
                            let relation = self.stored(vec![full.last().to_lowercase()], name, line);
                            return self.aliased(relation, alias.as_ref());
                        }
                    }
                    let files = files_read(&full, &args.args);
                    if let [path] = files.as_slice() {
                        let relation = self.stored(vec![full.last().to_lowercase()], path.clone(), line);
                        return self.aliased(relation, alias.as_ref());
                    }
                    if !files.is_empty() {
                        files.iter().for_each(|path| self.found.read(path, line));
                        self.found.cut |= files.len() > MAX_FILES;
                        let rows = files.into_iter().take(MAX_FILES).map(|path| vec![Output::Star(Star::of(path, line))]).collect();
                        let names = vec![full.last().to_lowercase()];
                        return self.aliased(Relation { names, ..Relation::derived(Rc::new(rows)) }, alias.as_ref());
                    }
                    let mut sources = self.arguments(&args.args);
                    // T-SQL: the nodes of an XML column.
                    if let ([column @ .., nodes], true) = (name.0.as_slice(), self.grammar.is_tsql())
                        && nodes.as_ident().is_some_and(|i| i.value.eq_ignore_ascii_case("nodes"))
                    {
                        let idents: Vec<Ident> = column.iter().filter_map(|p| p.as_ident().cloned()).collect();
                        merge(&mut sources, self.column(&idents));
                    }
                    // `FROM t(NOLOCK)`: an old way to write a table hint.
                    let hint = self.grammar.is_tsql() && args.args.len() == 1 && is_hint(&args.args[0].to_string());
                    if hint {
                        let relation = self.named(full, line);
                        return self.aliased(relation, alias.as_ref());
                    }
                    return self.function_table(&full, sources, alias.as_ref(), line);
                }
                let full = match name.0.as_slice() {
                    // PostgreSQL: `FROM ONLY t` looks like a table with an alias.
                    [sqlparser::ast::ObjectNamePart::Identifier(only)]
                        if self.grammar.is(&["postgres"]) && only.quote_style.is_none() && only.value.eq_ignore_ascii_case("only") =>
                    {
                        if let Some(table) = alias {
                            let relation = self.named(Name::new([table.name.value.clone()]), line);
                            return self.push(relation);
                        }
                        self.name(name)
                    }
                    // DuckDB and others: a file's name in quotes.
                    [sqlparser::ast::ObjectNamePart::Identifier(i)] if i.quote_style == Some('\'') => {
                        Name::new([format!("path:{}", i.value)])
                    }
                    _ => self.name(name),
                };
                // `FROM t AS a, a.items AS i`, `FROM d.t, t.items`: the elements of a column.
                let within = full.0.len() > 1 && self.grammar.is(&["redshift", "bigquery"]);
                let first = full.0[0].to_lowercase();
                if within && self.levels.iter().any(|l| l.relations.iter().any(|r| named_by(r, [first.as_str()]))) {
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
            TableFactor::TableFunction { expr, alias } => {
                let sources = self.expr(expr, Subtype::Transformation);
                let relation = match expr {
                    sqlparser::ast::Expr::Function(f) => {
                        let name = self.name(&f.name);
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
                // BigQuery: the alias names the element itself.
                if let (Some(a), true) = (alias, self.grammar.is(&["bigquery"])) {
                    columns.push(a.name.value.clone());
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
    fn subquery(&mut self, query: &Query, alias: Option<&TableAlias>, lateral: bool) {
        let beside = self.levels.last_mut().filter(|_| !lateral).map(std::mem::take);
        let shape = Rc::new(self.query(query));
        if let (Some(beside), Some(level)) = (beside, self.levels.last_mut()) {
            *level = beside;
        }
        // T-SQL changes rows through it.
        let origin = first_table(&shape);
        self.aliased(Relation { origin, ..Relation::derived(shape) }, alias);
    }

    pub(crate) fn arguments(&mut self, args: &[FunctionArg]) -> Vec<ColumnSource> {
        let list = args.iter().filter_map(argument).map(|e| (Part::Expr(e), Subtype::Transformation)).collect();
        self.walk(list, Subtype::Identity)
    }

    pub(crate) fn function_table(&mut self, name: &Name, sources: Vec<ColumnSource>, alias: Option<&TableAlias>, line: u32) {
        self.call(name, line);
        let relation = self.given(name, vec![name.last().to_lowercase()], sources, line);
        self.aliased(relation, alias);
    }

    /// The rows of a table function, of whose name the project may have one.
    fn given(&mut self, name: &Name, names: Vec<String>, arguments: Vec<ColumnSource>, line: u32) -> Relation {
        let columns = self.function_columns(name);
        if !columns.is_empty() || self.is_method(name) {
            return Relation::made(names, columns, arguments);
        }
        let rows = name.rows();
        self.found.read(&rows, line);
        let source = Source::Given { rows, names: Vec::new(), arguments };
        Relation { names, source, origin: None }
    }

    /// The columns that a built-in table function always has; empty when they are not known.
    pub(crate) fn function_columns(&self, name: &Name) -> Vec<String> {
        let columns: &[&str] = match name.last().to_lowercase().as_str() {
            "flatten" => &["seq", "key", "path", "index", "value", "this"],
            "split_to_table" => &["seq", "index", "value"],
            "string_split" => &["value", "ordinal"],
            "json_each" | "json_tree" if self.grammar.is(&["sqlite", "duckdb"]) => {
                &["key", "value", "type", "atom", "id", "parent", "fullkey", "path"]
            }
            "json_each" | "jsonb_each" | "json_each_text" | "jsonb_each_text" => &["key", "value"],
            "json_array_elements" | "jsonb_array_elements" | "json_array_elements_text" | "jsonb_array_elements_text" => &["value"],
            "explode" | "explode_outer" => &["col", "key", "value"],
            "posexplode" | "posexplode_outer" => &["pos", "col", "key", "value"],
            _ => &[],
        };
        let one = matches!(*name.0, [_]);
        columns.iter().filter(|_| one).map(|c| (*c).to_owned()).collect()
    }

    pub(crate) fn aliased(&mut self, mut relation: Relation, alias: Option<&TableAlias>) {
        if let Some(alias) = alias {
            relation.names = vec![alias.name.value.to_lowercase()];
            if !alias.columns.is_empty() {
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
            if let Some((_, shape)) = self.cte_places.get(only).and_then(|places| self.ctes.get(*places.last()?)) {
                let origin = first_table(shape);
                return Relation { names, source: Source::Derived(Rc::clone(shape)), origin };
            }
            if let (Some(table), true) = (self.trigger_table, is_pseudo(only)) {
                let table = table.clone();
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
        // Snowflake: the files of a stage.
        if self.grammar.is(&["snowflake"]) && name.0[0].starts_with('@') {
            let path = Name::new([format!("path:{name}")]);
            return self.stored(names, path, line);
        }
        // The one row of nothing that Oracle and others select expressions from.
        let dual = name.0.len() == 1 && name.last().eq_ignore_ascii_case("dual");
        if is_temp(&name) || dual && self.grammar.is(&["oracle", "mysql", "snowflake", "teradata"]) {
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

pub(crate) fn is_hint(text: &str) -> bool {
    matches!(
        text.to_uppercase().as_str(),
        "NOLOCK" | "READPAST" | "UPDLOCK" | "ROWLOCK" | "TABLOCK" | "TABLOCKX" | "HOLDLOCK" | "READUNCOMMITTED"
    )
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

/// ClickHouse: the table or file that a table function stands for, by its arguments.
pub(crate) fn function_target(function: &str, args: &[&str]) -> Option<Name> {
    match function.to_lowercase().as_str() {
        // remote('host', 'db.t'), cluster('name', db, t)
        "remote" | "remotesecure" | "cluster" | "clusterallreplicas" => {
            let parts = args.get(1..3.min(args.len()))?;
            match parts {
                [both] | [both, _] if both.contains('.') => Some(Name::new(both.split('.'))),
                [database, table] => Some(Name::new([*database, *table])),
                _ => None,
            }
        }
        "s3" | "url" | "file" | "hdfs" | "gcs" | "azureblobstorage" | "s3cluster" => {
            let path = args.iter().find(|a| a.contains(['/', '.'])).or(args.first())?;
            Some(Name::new([format!("path:{path}")]))
        }
        _ => None,
    }
}

/// Files of one list that columns are followed to: what is longer was written by no one, and takes a pattern.
const MAX_FILES: usize = 64;

/// The files that a table function reads: `read_csv('path')`, `read_parquet(['a', 'b'])`.
fn files_read(name: &Name, args: &[FunctionArg]) -> Vec<Name> {
    const READERS: [&str; 13] = [
        "read_csv",
        "read_csv_auto",
        "read_parquet",
        "parquet_scan",
        "read_json",
        "read_json_auto",
        "read_ndjson",
        "read_text",
        "delta_scan",
        "iceberg_scan",
        "read_files",
        "cloud_files",
        "s3",
    ];
    if name.0.len() != 1 || !READERS.contains(&name.last().to_lowercase().as_str()) {
        return Vec::new();
    }
    let paths = match args.iter().find_map(argument) {
        Some(sqlparser::ast::Expr::Array(list)) => list.elem.iter().filter_map(text).collect(),
        first => first.and_then(text).into_iter().collect::<Vec<_>>(),
    };
    paths.into_iter().map(|path| Name::new([format!("path:{path}")])).collect()
}

/// The text that is the first argument.
fn literal(args: &[FunctionArg]) -> Option<String> {
    text(args.iter().find_map(argument)?)
}

fn text(expr: &sqlparser::ast::Expr) -> Option<String> {
    match expr {
        sqlparser::ast::Expr::Value(v) => v.value.clone().into_string(),
        _ => None,
    }
}
