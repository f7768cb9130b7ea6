//! What a query reads and what its outputs are made of: names resolved against the relations in scope.

use super::dialect::Grammar;
use super::expr::{Part, parts, window};
use super::token::Tok;
use super::variable::Variables;
use super::{ColumnSource, Name, Output, Span, Subtype};
use foldhash::HashMap;
use sqlparser::ast::{
    ConnectByKind, Cte, Distinct, Expr, GroupByExpr, GroupByWithModifier, Ident, LimitClause, NamedWindowDefinition, NamedWindowExpr,
    ObjectName, OrderBy, OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetQuantifier, Spanned,
    TopQuantity,
};
use std::rc::Rc;

mod column;
mod expression;
mod from;
mod implied;
mod item;
mod join;
mod name;
mod pipe;
mod record;
mod relation;
mod reshape;
mod returning;
mod stack;
mod text;

pub(crate) use from::{LAST_QUERY, declared, function_target, is_hint};
pub(crate) use name::{from_parts, is_lent, is_temp, temp_key};
pub(crate) use relation::{candidate, flatten, given, merge, whole_rows};
pub(crate) use returning::{is_rest, row_put};
pub(crate) use text::Text;

use name::{lower, object_name};
use relation::{Level, Relation, Seen, all_of, first_table, named_by, rename, values};

/// Outputs of one query kept: databases allow 1,600 to 4,096 columns; nested self joins of `*` would double without end.
pub(crate) const MAX_OUTPUTS: usize = 4096;
/// Columns that one output may be made of; beyond that nobody reads them.
pub(crate) const MAX_SOURCES: usize = 512;
/// Relations of one FROM in which columns are looked for; the widest joins that databases allow are of 61 to 256.
const MAX_RELATIONS: usize = 1000;
/// Columns copied from query to query while one file is read, in any case and for each of its bytes: of a chain of relations each
/// may hold all that those before it do, and facts would grow by the square of the text.
const COPIES_ANY: usize = 1 << 18;
const COPIES_A_BYTE: usize = 2;
/// Relations that an unclear column may be of: joins of more without a qualifier are not written by people.
const MAX_CANDIDATES: usize = 64;

/// Columns of relations known from outside the query, by [`Name::key`].
#[derive(Debug, Default)]
pub(crate) struct Schema {
    full: HashMap<String, Vec<String>>,
    /// Last part of the name, to the key when only one relation has it.
    last: HashMap<String, Option<String>>,
}

impl Schema {
    /// Makes the columns of `name` known; the first to come wins.
    pub(crate) fn add(&mut self, name: &str, columns: Vec<String>) {
        let key = name.to_lowercase();
        let last = key.rsplit('.').next().unwrap_or(&key).to_owned();
        if !self.full.contains_key(&key) {
            self.last.entry(last).and_modify(|k| *k = None).or_insert_with(|| Some(key.clone()));
            self.full.insert(key, columns);
        }
    }

    /// The columns of `name`; an unqualified name may mean the only relation of that last part.
    pub(crate) fn columns(&self, name: &Name) -> Option<&Vec<String>> {
        if self.full.is_empty() {
            return None;
        }
        let key = name.key();
        self.full.get(&key).or_else(|| match name.0.len() {
            1 => self.last.get(&key)?.as_ref().and_then(|k| self.full.get(k)),
            _ => self.full.get(&name.last().to_lowercase()),
        })
    }
}

/// A temporary table or table variable: looked through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Temp {
    /// Declared columns, or those of the statement that made it.
    pub(crate) columns: Vec<String>,
    /// Those of them whose values are made: an INSERT that lists no columns passes them over.
    pub(crate) generated: Vec<String>,
    /// For each column, in lower case, the places of those that are computed of it.
    pub(crate) computed: HashMap<String, Vec<usize>>,
    /// What was written into it.
    pub(crate) rows: Vec<Vec<Output>>,
    /// Relations that what it holds comes from.
    pub(crate) reads: Vec<Name>,
    /// Columns that decided on its rows.
    pub(crate) decided: Vec<ColumnSource>,
    /// The branches that it was made in, outermost first: number and alternative.
    pub(crate) way: Vec<(usize, usize)>,
    /// Nothing here made it: in a procedure it is its caller's. Whether what was put into it first named its columns.
    pub(crate) lent: Option<bool>,
}

/// The temporaries alive, by lower-case name.
pub(crate) type Temps = HashMap<String, Temp>;

/// What a query gives: one list of outputs for each arm of its set operation.
pub(crate) type Shape = Vec<Vec<Output>>;

/// What copying outputs counts for.
pub(crate) fn size(outputs: &[Output]) -> usize {
    let sources = |o: &Output| if let Output::Column { sources, .. } = o { sources.len() } else { 0 };
    outputs.iter().map(|o| 1 + sources(o)).sum()
}

/// Copies allowed while a file of so many bytes is read.
pub(crate) fn copies(bytes: usize) -> usize {
    bytes * COPIES_A_BYTE + COPIES_ANY
}

/// What was found in a statement.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Relations read, with how often they are mentioned and the line of the first mention; rows of routines are in `rows`.
    pub(crate) reads: Vec<(Name, u32, u32)>,
    /// What routines give back ([`Name::rows`]) that is read, with lines.
    pub(crate) rows: Vec<(Name, u32)>,
    read_at: HashMap<Name, usize>,
    /// Functions called that cannot be built in, with lines.
    pub(crate) calls: Vec<(Name, u32)>,
    /// Unqualified functions called, with lines: calls when the file defines them.
    pub(crate) maybe_calls: Vec<(Name, u32)>,
    /// Sequences that numbers are taken from, with lines.
    pub(crate) sequences: Vec<(Name, u32)>,
    /// Columns that decide on rows.
    pub(crate) indirect: Vec<ColumnSource>,
    indirect_seen: Seen,
    /// Columns touched.
    pub(crate) columns_read: Vec<ColumnSource>,
    columns_seen: Seen,
    /// Data-changing statements inside `WITH`, each with the CTEs before it.
    pub(crate) nested: Vec<Vec<Tok>>,
    /// The target of `SELECT … INTO`.
    pub(crate) into: Option<Name>,
    /// It is gone with the session.
    pub(crate) into_temporary: bool,
    /// Alias (or last name) and relation of everything in the outermost FROM.
    pub(crate) aliases: Vec<(String, Name)>,
    /// Pairs of columns that conditions hold against each other, when the resolver tells them.
    pub(crate) joins: Vec<(ColumnSource, ColumnSource)>,
    /// A limit was reached.
    pub(crate) cut: bool,
    /// Stars of several arms of a set operation go by the names of their columns.
    pub(crate) by_name: bool,
    /// Columns copied.
    pub(crate) copied: usize,
}

impl Found {
    /// Notes that `name` is read.
    pub(crate) fn read(&mut self, name: &Name, line: u32) {
        if name.is_rows() {
            if self.rows.len() < MAX_SOURCES && !self.rows.iter().any(|(n, _)| n == name) {
                self.rows.push((name.clone(), line));
            }
            return;
        }
        match self.read_at.get(name) {
            Some(at) => self.reads[*at].1 += 1,
            None => {
                self.read_at.insert(name.clone(), self.reads.len());
                self.reads.push((name.clone(), 1, line));
            }
        }
    }

    /// Notes that a number of the sequence `name` is taken.
    fn number(&mut self, name: Name, line: u32) {
        if self.sequences.len() < MAX_SOURCES {
            self.sequences.push((name, line));
        }
    }

    fn touch(&mut self, source: &ColumnSource) {
        if source.is_row() {
            return source.tables.iter().for_each(|table| self.touch(&all_of(table.clone())));
        }
        if !source.is_argument() && !source.is_passed() && self.columns_seen.lacks(&self.columns_read, source, Subtype::Identity) {
            self.columns_read.push(ColumnSource { subtype: Subtype::Identity, ..source.clone() });
        }
    }

    fn decides(&mut self, source: &ColumnSource, role: Subtype) {
        if source.is_row() {
            return source.tables.iter().for_each(|table| self.decides(&all_of(table.clone()), role));
        }
        // Of what a routine is called with only values are followed: who asks for rows by it is no source of them.
        if source.is_passed() {
            return;
        }
        if self.indirect_seen.lacks(&self.indirect, source, role) {
            let decides = ColumnSource { subtype: role, ..source.clone() };
            // What a temporary was made by is not touched here.
            if !self.columns_seen.lacks(&self.columns_read, source, Subtype::Identity)
                && self.columns_seen.lacks(&self.columns_read, source, role)
            {
                self.columns_read.push(decides.clone());
            }
            self.indirect.push(decides);
        }
    }
}

/// Resolves the names of one statement.
pub(crate) struct Resolver<'a> {
    pub(crate) grammar: Grammar,
    pub(crate) schema: &'a Schema,
    pub(crate) temps: &'a Temps,
    /// What is read; see [`for_parser`](crate::lineage::token::for_parser) for how the parser's spans lead back to it.
    pub(crate) text: Text<'a>,
    /// Variables and parameters here.
    pub(crate) variables: &'a Variables,
    /// The table whose trigger this is: `inserted`, `deleted`, `NEW`, `OLD` mean it.
    pub(crate) trigger_table: Option<Name>,
    pub(crate) found: Found,
    /// Whether [`Found::joins`] are wanted: few ask, and it takes conditions apart once more.
    pub(crate) tells_joins: bool,
    /// The procedure whose callers' `#temporaries` it may read.
    pub(crate) borrower: Option<&'a Name>,
    /// Columns that may be copied; none is followed beyond.
    copies: usize,
    /// CTEs in scope, the innermost last, with what is written through them; and for each name its places there.
    ctes: Vec<(String, Rc<Shape>, Option<Name>)>,
    cte_places: HashMap<String, Vec<usize>>,
    levels: Vec<Level>,
    /// What the fields of records are made of, by where these are made.
    records: Vec<(Span, record::Fields)>,
    /// The column that an UPDATE sets, when the query finds the rows of one.
    pub(crate) set: Option<&'a str>,
    /// T-SQL: what is changed through the query read last, where it or its first item tells.
    through: Option<Name>,
    /// An unqualified name may be that of an output of the innermost query.
    names_outputs: bool,
}

impl<'a> Resolver<'a> {
    /// A resolver with nothing in scope.
    pub(crate) fn new(
        grammar: Grammar,
        schema: &'a Schema,
        temps: &'a Temps,
        variables: &'a Variables,
        trigger_table: Option<Name>,
        text: Text<'a>,
        copies: usize,
    ) -> Self {
        let (found, ctes, cte_places, levels) = (Found::default(), Vec::new(), HashMap::default(), Vec::new());
        Resolver {
            grammar,
            schema,
            temps,
            text,
            variables,
            trigger_table,
            found,
            tells_joins: false,
            borrower: None,
            copies,
            ctes,
            cte_places,
            levels,
            records: Vec::new(),
            set: None,
            through: None,
            names_outputs: false,
        }
    }

    /// Counts columns that are to be copied; `false` when they are too many.
    fn copy(&mut self, count: usize) -> bool {
        self.found.copied = self.found.copied.saturating_add(count);
        self.follows()
    }

    /// Whether columns are still followed.
    fn follows(&self) -> bool {
        self.found.copied < self.copies
    }

    /// The outputs of `query`; everything it touches goes to [`Resolver::found`].
    pub(crate) fn query(&mut self, query: &Query) -> Shape {
        let ctes = self.ctes.len();
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                let changes = matches!(&*cte.query.body, SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_));
                if changes {
                    let before = with.cte_tables.iter().take_while(|c| !std::ptr::eq(*c, cte));
                    let nested = self.nested_statement(cte, before);
                    self.found.nested.extend(nested);
                }
                self.cte(cte, with.recursive);
            }
        }
        let mut shape = self.body(&query.body, query.order_by.as_ref());
        if !query.pipe_operators.is_empty() {
            shape = self.pipes(query, shape);
        }
        self.limits(query);
        self.forget_ctes(ctes);
        shape
    }

    /// What the number of rows is asked of.
    fn limits(&mut self, query: &Query) {
        let (limit, offset) = match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => (limit.as_ref(), offset.as_ref().map(|offset| &offset.value)),
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
            None => (None, None),
        };
        let fetch = query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref());
        let mut numbers: Vec<&Expr> = [limit, offset, fetch].into_iter().flatten().collect();
        let mut arms = vec![&*query.body];
        while let Some(arm) = arms.pop() {
            match arm {
                SetExpr::SetOperation { left, right, .. } => arms.extend([&**right, &**left]),
                SetExpr::Select(select) => {
                    let top = select.top.as_ref().and_then(|top| top.quantity.as_ref());
                    numbers.extend(if let Some(TopQuantity::Expr(top)) = top { Some(top) } else { None });
                }
                _ => {}
            }
        }
        for asked in numbers {
            if self.asks(asked) {
                self.expr(asked, Subtype::Filter);
            }
        }
    }

    /// Whether an expression holds a query.
    fn asks(&self, expr: &Expr) -> bool {
        let mut open = vec![expr];
        let mut found = matches!(expr, Expr::Subquery(_));
        while let Some(expr) = open.pop().filter(|_| !found) {
            parts(expr, self.grammar, &mut |part, _| match part {
                Part::Expr(e) => open.push(e),
                Part::Query(_) | Part::Exists(_) => found = true,
            });
        }
        found
    }

    /// From here on `key` is the name of a CTE.
    fn name_cte(&mut self, key: String, shape: Shape) {
        let origin = self.through.take().or_else(|| first_table(&shape));
        self.cte_places.entry(key.clone()).or_default().push(self.ctes.len());
        self.ctes.push((key, Rc::new(shape), origin));
    }

    /// Those after the first `count` are out of scope.
    fn forget_ctes(&mut self, count: usize) {
        for (key, ..) in self.ctes.drain(count..) {
            self.cte_places.get_mut(&key).and_then(Vec::pop);
        }
    }

    fn cte(&mut self, cte: &Cte, recursive: bool) {
        let key = cte.alias.name.value.to_lowercase();
        let columns: Vec<&Ident> = cte.alias.columns.iter().map(|c| &c.name).collect();
        let marker = self.ctes.len();
        let recursive = recursive || self.grammar.generic || self.grammar.is(&["tsql", "fabric", "oracle", "teradata", "clickhouse"]);
        let mut shape = match &*cte.query.body {
            // The arms after the first may name the CTE itself, whose columns are then those of the first.
            SetExpr::SetOperation { .. } if recursive && cte.query.with.is_none() => {
                let arms = arms(&cte.query.body);
                let mut shape = self.body(arms[0].0, None);
                rename(&mut shape, &columns);
                self.name_cte(key.clone(), shape.clone());
                for (arm, _) in &arms[1..] {
                    shape.extend(self.body(arm, None));
                }
                shape
            }
            _ => self.query(&cte.query),
        };
        self.forget_ctes(marker);
        rename(&mut shape, &columns);
        self.name_cte(key, shape);
    }

    fn body(&mut self, body: &SetExpr, order_by: Option<&OrderBy>) -> Shape {
        let mut shape = Shape::new();
        let arms = arms(body);
        let one = arms.len() == 1;
        for (arm, by_name) in &arms {
            let before = shape.len();
            match arm {
                SetExpr::Select(select) => shape.extend(self.select(select, order_by.filter(|_| one))),
                SetExpr::Query(query) => shape.extend(self.query(query)),
                SetExpr::Values(values) => {
                    let mut outputs: Vec<Output> = Vec::new();
                    self.levels.push(Level::default());
                    for row in &values.rows {
                        for (at, expr) in row.iter().enumerate().take(MAX_OUTPUTS) {
                            // The fields of a record.
                            if let Expr::QualifiedWildcard(record, _) = expr {
                                let record: Vec<Ident> = record.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
                                outputs.extend(self.fields(&record, self.text.span(expr.span())));
                                continue;
                            }
                            let sources = self.expr(expr, Subtype::Identity);
                            match outputs.get_mut(at) {
                                Some(Output::Column { sources: known, .. }) => merge(known, sources),
                                _ => {
                                    let name = format!("column{}", at + 1);
                                    let plain = sources.is_empty() || matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
                                    let (expression, span) = match plain {
                                        true => (String::new(), self.text.span(expr.span())),
                                        false => self.text.expression(expr, None),
                                    };
                                    outputs.push(Output::Column { name, sources, expression, span });
                                }
                            }
                        }
                    }
                    self.levels.pop();
                    shape.push(outputs);
                }
                SetExpr::Table(table) => {
                    let parts = table.schema_name.iter().chain(&table.table_name);
                    let name = Name::new(parts.map(String::as_str));
                    let relation = self.named(name, 0);
                    let star = self.star(&relation, &[], Span::default());
                    shape.push(star);
                }
                SetExpr::Insert(s) | SetExpr::Update(s) | SetExpr::Delete(s) | SetExpr::Merge(s) => shape.push(self.returned(s)),
                SetExpr::SetOperation { .. } => {}
            }
            if *by_name {
                self.found.by_name |= shape.iter().flatten().any(|o| matches!(o, Output::Star(_)));
                let (first, rest) = shape.split_at_mut(before);
                for outputs in rest {
                    if !self.copy(first.first().map_or(0, Vec::len)) {
                        break;
                    }
                    place_by_name(first, outputs);
                }
            }
        }
        if let (false, Some(OrderBy { kind: OrderByKind::Expressions(list), .. })) = (one, order_by) {
            self.sorted(list.iter().map(|o| &o.expr), &shape);
        }
        shape
    }

    /// What a set operation is ordered by: outputs, by the names of the first arm or by number.
    fn sorted<'e>(&mut self, keys: impl Iterator<Item = &'e Expr>, shape: &Shape) {
        for key in keys {
            let named =
                |o: &Output| matches!((o, key), (Output::Column { name, .. }, Expr::Identifier(i)) if name.eq_ignore_ascii_case(&i.value));
            let first = shape.first().map(Vec::as_slice).unwrap_or_default();
            let Some(at) = number(key).or_else(|| first.iter().position(named)) else { continue };
            for output in shape.iter().filter_map(|outputs| outputs.get(at)) {
                self.decided(output, Subtype::Sort);
            }
        }
    }

    fn decided(&mut self, output: &Output, role: Subtype) {
        if let Output::Column { sources, .. } = output
            && self.copy(sources.len())
        {
            sources.iter().for_each(|s| self.found.decides(s, role));
        }
    }

    fn filters(&mut self, select: &Select) {
        for condition in select.prewhere.iter().chain(&select.selection) {
            self.expr(condition, Subtype::Filter);
            self.compared(condition, false);
        }
    }

    fn select(&mut self, select: &Select, order_by: Option<&OrderBy>) -> Shape {
        self.levels.push(Level::default());
        for table in &select.from {
            self.joined(table);
        }
        for view in &select.lateral_views {
            let sources = self.expr(&view.lateral_view, Subtype::Transformation);
            let names = vec![lower(&view.lateral_view_name)];
            if let Some(rows) = self.stacked_rows(&view.lateral_view, names.clone(), &view.lateral_col_alias) {
                self.push(rows);
                continue;
            }
            let columns = match (&view.lateral_view, view.lateral_col_alias.as_slice()) {
                (Expr::Function(f), []) => self.function_columns(&self.name(&f.name)),
                (_, aliases) => aliases.iter().map(|i| i.value.clone()).collect(),
            };
            self.push(Relation::made(names, columns, sources));
        }
        if self.levels.len() == 1 {
            let relations = self.levels[0].relations.iter();
            self.found.aliases = relations.filter_map(|r| Some((r.names.last()?.clone(), r.origin.clone()?))).collect();
        }
        if !self.grammar.alias_first() {
            self.filters(select);
        }
        for clause in &select.connect_by {
            match clause {
                ConnectByKind::ConnectBy { relationships, .. } => {
                    relationships.iter().for_each(|e| drop(self.expr(e, Subtype::Join)));
                }
                ConnectByKind::StartWith { condition, .. } => drop(self.expr(condition, Subtype::Filter)),
            }
        }
        for NamedWindowDefinition(name, definition) in &select.named_window {
            let sources = match definition {
                NamedWindowExpr::NamedWindow(other) => {
                    self.levels.last().and_then(|l| l.windows.get(&other.value.to_lowercase())).cloned().unwrap_or_default()
                }
                NamedWindowExpr::WindowSpec(spec) => {
                    let mut list = Vec::new();
                    window(spec, &mut |part, role| list.push((part, role)));
                    self.walk(list, Subtype::Identity)
                }
            };
            if let Some(level) = self.levels.last_mut() {
                level.windows.insert(name.value.to_lowercase(), sources);
            }
        }
        // Spark: the windows that rows are grouped by are a column.
        if let (GroupByExpr::Expressions(keys, _), true) = (&select.group_by, self.grammar.is(&["spark", "databricks"])) {
            for key in keys {
                let Expr::Function(function) = key else { continue };
                let name = lower(&function.name);
                if ["window", "session_window"].contains(&name.as_str()) {
                    let sources = self.expr(key, Subtype::Transformation);
                    self.push(Relation::made(vec![name], vec!["start".into(), "end".into()], sources));
                }
            }
        }
        let shape = self.items(select);
        let outputs = shape.first().map(Vec::as_slice).unwrap_or_default();
        if self.grammar.alias_first() {
            self.filters(select);
        }
        if let Some(Distinct::On(list)) = &select.distinct {
            self.keys(list.iter(), outputs, Subtype::GroupBy);
        }
        if let Some(into) = &select.into {
            self.found.into_temporary = into.temporary;
            self.found.into = into.targets.first().and_then(|target| match target {
                Expr::Identifier(i) => Some(Name::new([i.value.as_str()])),
                Expr::CompoundIdentifier(list) => Some(Name::new(list.iter().filter(|i| !i.value.is_empty()).map(|i| i.value.as_str()))),
                _ => None,
            });
        }
        if let GroupByExpr::Expressions(list, modifiers) = &select.group_by {
            self.keys(list.iter(), outputs, Subtype::GroupBy);
            for modifier in modifiers {
                if let GroupByWithModifier::GroupingSets(e) = modifier {
                    self.expr(e, Subtype::GroupBy);
                }
            }
        }
        self.names_outputs = !self.grammar.is_tsql() && !self.grammar.is(&["oracle", "postgres"]);
        for e in select.having.iter().chain(&select.qualify) {
            self.expr(e, Subtype::Filter);
        }
        self.names_outputs = false;
        for e in select.cluster_by.iter().chain(&select.distribute_by).chain(select.sort_by.iter().map(|o| &o.expr)) {
            self.expr(e, Subtype::Sort);
        }
        if let Some(OrderBy { kind: OrderByKind::Expressions(list), .. }) = order_by {
            self.keys(list.iter().map(|o| &o.expr), outputs, Subtype::Sort);
        }
        self.through = self.changed(select);
        self.levels.pop();
        shape
    }

    /// T-SQL: what is changed through `select`: the relation of the column that is set, else the temporary that the first item is of.
    fn changed(&self, select: &Select) -> Option<Name> {
        let relations = self.levels.last().filter(|_| self.grammar.is_tsql())?.relations.as_slice();
        let qualified = |parts: &[Ident]| relations.iter().find(|r| named_by(r, values(&parts[..parts.len() - 1])));
        if let (Some(set), [_, _, ..]) = (self.set, relations) {
            let is = |name: &Ident| name.value.eq_ignore_ascii_case(set);
            let item = select.projection.iter().find_map(|item| match item {
                SelectItem::UnnamedExpr(expr @ Expr::Identifier(name)) if is(name) => Some(expr),
                SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(parts)) if parts.last().is_some_and(is) => Some(expr),
                SelectItem::ExprWithAlias { expr, alias } if is(alias) => Some(expr),
                _ => None,
            });
            let relation = match item {
                Some(Expr::CompoundIdentifier(parts)) => qualified(parts),
                Some(Expr::Identifier(column)) => self.only_with(relations.iter(), &column.value),
                Some(_) => None,
                None => {
                    let listed = |relation: &&Relation| {
                        select.projection.iter().any(|item| match item {
                            SelectItem::Wildcard(_) => true,
                            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                                named_by(relation, [lower(name).as_str()])
                            }
                            _ => false,
                        })
                    };
                    self.only_with(relations.iter().filter(listed), set)
                }
            };
            return relation?.origin.clone();
        }
        let first = match select.projection.first()? {
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts))
            | SelectItem::ExprWithAlias { expr: Expr::CompoundIdentifier(parts), .. } => qualified(parts),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                relations.iter().find(|r| named_by(r, [lower(name).as_str()]))
            }
            _ => relations.first(),
        };
        first?.origin.clone().filter(is_temp)
    }

    /// The only one of `relations` that has the column, or that may have it where none surely has.
    fn only_with<'r>(&self, relations: impl Iterator<Item = &'r Relation>, column: &str) -> Option<&'r Relation> {
        let (mut sure, mut maybe) = (Vec::new(), Vec::new());
        for relation in relations {
            match relation::hit(self.schema, relation, column) {
                relation::Hit::Sure(_) => sure.push(relation),
                relation::Hit::No => {}
                _ => maybe.push(relation),
            }
        }
        let found = if sure.is_empty() { maybe } else { sure };
        if let [only] = found.as_slice() { Some(only) } else { None }
    }

    /// Keys of rows. A number stands for the output at that place, and so may the name of an output.
    fn keys<'e>(&mut self, list: impl Iterator<Item = &'e Expr>, outputs: &[Output], role: Subtype) {
        let starred = outputs.iter().any(|o| matches!(o, Output::Star(_)));
        for key in list {
            let output = match key {
                Expr::Identifier(i) if role == Subtype::Sort || self.groups_by_output(&i.value) => {
                    outputs.iter().find(|o| matches!(o, Output::Column { name, .. } if name.eq_ignore_ascii_case(&i.value)))
                }
                _ => number(key).filter(|_| !starred).and_then(|at| outputs.get(at)),
            };
            match output {
                Some(output) => self.decided(output, role),
                None => drop(self.expr(key, role)),
            }
        }
    }

    /// Whether GROUP BY `name` may mean an output: the columns of the relations come first where they are known.
    fn groups_by_output(&self, name: &str) -> bool {
        let has = |r: &Relation| matches!(relation::hit(self.schema, r, name), relation::Hit::Sure(_));
        !self.grammar.is_tsql() && !self.grammar.is(&["oracle"]) && !self.levels.last().is_some_and(|l| l.relations.iter().any(has))
    }

    fn push(&mut self, relation: Relation) {
        self.insert(self.levels.last().map_or(0, |l| l.relations.len()), relation);
    }

    fn insert(&mut self, at: usize, relation: Relation) {
        if let Some(level) = self.levels.last_mut() {
            if level.relations.len() < MAX_RELATIONS {
                level.relations.insert(at, relation);
            } else {
                self.found.cut = true;
            }
        }
    }

    /// A name as written, quotes removed.
    fn name(&self, name: &ObjectName) -> Name {
        object_name(name, self.grammar)
    }
}

/// The arms of a set operation, left to right, without recursion on its left-deep chain; whether each maps by name.
fn arms(body: &SetExpr) -> Vec<(&SetExpr, bool)> {
    use SetQuantifier::{AllByName, ByName, DistinctByName};
    let mut list = Vec::new();
    let mut open = vec![(body, false)];
    while let Some((next, by_name)) = open.pop() {
        match next {
            SetExpr::SetOperation { left, right, set_quantifier, .. } => {
                open.push((right, matches!(set_quantifier, ByName | AllByName | DistinctByName)));
                open.push((left, by_name));
            }
            other => list.push((other, by_name)),
        }
    }
    list
}

/// Brings the outputs of an arm into the places of the first arm's; the first gets those that it lacks as constants.
fn place_by_name(first: &mut [Vec<Output>], outputs: &mut Vec<Output>) {
    let Some(first) = first.first_mut() else { return };
    if first.iter().chain(outputs.iter()).any(|o| matches!(o, Output::Star(_))) {
        return;
    }
    let name_of = |o: &Output| match o {
        Output::Column { name, .. } => name.to_lowercase(),
        Output::Star(_) => String::new(),
    };
    let constant = |o: &Output| match o {
        Output::Column { name, span, .. } => {
            Output::Column { name: name.clone(), sources: Vec::new(), expression: String::new(), span: *span }
        }
        star => star.clone(),
    };
    let mut places: HashMap<String, usize> = HashMap::default();
    for (at, output) in outputs.iter().enumerate() {
        places.entry(name_of(output)).or_insert(at);
    }
    let mut given: Vec<Option<Output>> = outputs.drain(..).map(Some).collect();
    for output in first.iter() {
        let same = places.get(&name_of(output)).and_then(|at| given[*at].take());
        outputs.push(same.unwrap_or_else(|| constant(output)));
    }
    for output in given.into_iter().flatten() {
        first.push(constant(&output));
        outputs.push(output);
    }
}

/// The place of an output that a key gives by number.
fn number(key: &Expr) -> Option<usize> {
    match key {
        Expr::Value(v) => v.value.to_string().parse::<usize>().ok()?.checked_sub(1),
        _ => None,
    }
}

fn line_of(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
