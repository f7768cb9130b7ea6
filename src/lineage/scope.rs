//! What a query reads and what its outputs are made of: names resolved against the relations in scope.

use super::dialect::Grammar;
use super::expr::window;
use super::{ColumnSource, Flow, Name, Output};
use sqlparser::ast::{
    Cte, Expr, GroupByExpr, GroupByWithModifier, Ident, NamedWindowExpr, ObjectName, OrderBy, OrderByKind, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, Spanned, WildcardAdditionalOptions,
};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

mod column;
mod from;
mod name;
mod relation;

pub(crate) use name::{from_parts, is_temp, temp_key};
pub(crate) use relation::merge;

use name::{idents, last, lower, object_name};
use relation::{Hit, Level, Relation, Source, flatten, hit, named_by, rename};

/// Outputs of one query kept: databases allow 1,600 to 4,096 columns; nested self joins of `*` would double without end.
pub(crate) const MAX_OUTPUTS: usize = 4096;
/// Columns that one output may be made of; beyond that nobody reads them.
pub(crate) const MAX_SOURCES: usize = 512;
/// Relations that an unclear column may be of: joins of more without a qualifier are not written by people.
const MAX_CANDIDATES: usize = 64;
/// Longest expression text kept with a column.
const MAX_EXPRESSION: usize = 500;

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
    /// What was written into it.
    pub(crate) rows: Vec<Vec<Output>>,
    /// Relations that what it holds comes from.
    pub(crate) reads: Vec<Name>,
}

/// The temporaries alive, by lower-case name.
pub(crate) type Temps = HashMap<String, Temp>;

/// What a query gives: one list of outputs for each arm of its set operation.
pub(crate) type Shape = Vec<Vec<Output>>;

/// What was found in a statement.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Relations read, with how often they are mentioned and the line of the first mention.
    pub(crate) reads: Vec<(Name, u32, u32)>,
    read_at: HashMap<Name, usize>,
    /// Functions called that cannot be built in, with lines.
    pub(crate) calls: Vec<(Name, u32)>,
    /// Unqualified functions called, with lines: calls when the file defines them.
    pub(crate) maybe_calls: Vec<(Name, u32)>,
    /// Columns that decide on rows.
    pub(crate) indirect: Vec<ColumnSource>,
    indirect_seen: HashSet<(Vec<Name>, String)>,
    /// Columns touched.
    pub(crate) columns_read: Vec<ColumnSource>,
    columns_seen: HashSet<(Vec<Name>, String)>,
    /// Data-changing statements inside `WITH`, as text, with lines.
    pub(crate) nested: Vec<(String, u32)>,
    /// The target of `SELECT … INTO`.
    pub(crate) into: Option<Name>,
    /// Alias (or last name) and relation of everything in the outermost FROM.
    pub(crate) aliases: Vec<(String, Name)>,
    /// A limit was reached.
    pub(crate) cut: bool,
}

impl Found {
    /// Notes that `name` is read.
    pub(crate) fn read(&mut self, name: &Name, line: u32) {
        match self.read_at.get(name) {
            Some(at) => self.reads[*at].1 += 1,
            None => {
                self.read_at.insert(name.clone(), self.reads.len());
                self.reads.push((name.clone(), 1, line));
            }
        }
    }

    fn touch(&mut self, source: &ColumnSource) {
        if self.columns_seen.insert((source.tables.clone(), source.column.to_lowercase())) {
            self.columns_read.push(source.clone());
        }
    }

    fn decides(&mut self, sources: Vec<ColumnSource>) {
        for mut source in sources {
            if self.indirect_seen.insert((source.tables.clone(), source.column.to_lowercase())) {
                source.flow = Flow::Indirect;
                self.indirect.push(source);
            }
        }
    }
}

/// Resolves the names of one statement.
pub(crate) struct Resolver<'a> {
    pub(crate) grammar: Grammar,
    pub(crate) schema: &'a Schema,
    pub(crate) temps: &'a Temps,
    /// Names that are variables or parameters here, lower case.
    pub(crate) variables: &'a HashSet<String>,
    /// The table whose trigger this is: `inserted`, `deleted`, `NEW`, `OLD` mean it.
    pub(crate) trigger_table: Option<&'a Name>,
    pub(crate) found: Found,
    ctes: Vec<(String, Rc<Shape>)>,
    levels: Vec<Level>,
}

impl<'a> Resolver<'a> {
    /// A resolver with nothing in scope.
    pub(crate) fn new(
        grammar: Grammar,
        schema: &'a Schema,
        temps: &'a Temps,
        variables: &'a HashSet<String>,
        trigger_table: Option<&'a Name>,
    ) -> Self {
        Resolver { grammar, schema, temps, variables, trigger_table, found: Found::default(), ctes: Vec::new(), levels: Vec::new() }
    }

    /// The outputs of `query`; everything it touches goes to [`Resolver::found`].
    pub(crate) fn query(&mut self, query: &Query) -> Shape {
        let ctes = self.ctes.len();
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                self.cte(cte, with.recursive);
            }
        }
        let mut shape = self.body(&query.body, query.order_by.as_ref());
        for pipe in &query.pipe_operators {
            self.pipe(pipe, &mut shape);
        }
        self.ctes.truncate(ctes);
        shape
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
                let mut shape = self.body(arms[0], None);
                rename(&mut shape, &columns);
                self.ctes.push((key.clone(), Rc::new(shape.clone())));
                for arm in &arms[1..] {
                    shape.extend(self.body(arm, None));
                }
                shape
            }
            _ => self.query(&cte.query),
        };
        self.ctes.truncate(marker);
        rename(&mut shape, &columns);
        self.ctes.push((key, Rc::new(shape)));
    }

    fn body(&mut self, body: &SetExpr, order_by: Option<&OrderBy>) -> Shape {
        let mut shape = Shape::new();
        for arm in arms(body) {
            match arm {
                SetExpr::Select(select) => shape.push(self.select(select, order_by)),
                SetExpr::Query(query) => shape.extend(self.query(query)),
                SetExpr::Values(values) => {
                    let mut outputs: Vec<Output> = Vec::new();
                    self.levels.push(Level::default());
                    for row in &values.rows {
                        for (at, expr) in row.iter().enumerate().take(MAX_OUTPUTS) {
                            let sources = self.expr(expr, Flow::Direct);
                            match outputs.get_mut(at) {
                                Some(Output::Column { sources: known, .. }) => merge(known, sources),
                                _ => outputs.push(Output::Column {
                                    name: format!("column{}", at + 1),
                                    sources,
                                    expression: String::new(),
                                    line: line_of(expr.span().start.line),
                                }),
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
                    let star = self.star(&relation, &[], 0);
                    shape.push(star);
                }
                SetExpr::Insert(s) | SetExpr::Update(s) | SetExpr::Delete(s) | SetExpr::Merge(s) => {
                    self.found.nested.push((s.to_string(), line_of(s.span().start.line)));
                    shape.push(Vec::new());
                }
                SetExpr::SetOperation { .. } => {}
            }
        }
        shape
    }

    fn select(&mut self, select: &Select, order_by: Option<&OrderBy>) -> Vec<Output> {
        self.levels.push(Level::default());
        for table in &select.from {
            self.joined(table);
        }
        for view in &select.lateral_views {
            let sources = self.expr(&view.lateral_view, Flow::Direct);
            let names = vec![lower(&view.lateral_view_name)];
            let columns = view.lateral_col_alias.iter().map(|i| i.value.clone()).collect();
            self.push(Relation::made(names, columns, sources));
        }
        if self.levels.len() == 1 {
            let relations = self.levels[0].relations.iter();
            self.found.aliases = relations.filter_map(|r| Some((r.names.last()?.clone(), r.origin.clone()?))).collect();
        }
        for condition in select.prewhere.iter().chain(&select.selection) {
            self.expr(condition, Flow::Indirect);
        }
        for clause in &select.connect_by {
            match clause {
                sqlparser::ast::ConnectByKind::ConnectBy { relationships, .. } => {
                    relationships.iter().for_each(|e| drop(self.expr(e, Flow::Indirect)));
                }
                sqlparser::ast::ConnectByKind::StartWith { condition, .. } => drop(self.expr(condition, Flow::Indirect)),
            }
        }
        let mut outputs = Vec::new();
        for item in &select.projection {
            if outputs.len() >= MAX_OUTPUTS {
                self.found.cut = true;
                break;
            }
            self.item(item, &mut outputs);
        }
        outputs.truncate(MAX_OUTPUTS);
        if let Some(into) = &select.into {
            self.found.into = into.targets.first().and_then(|target| match target {
                Expr::Identifier(i) => Some(Name::new([i.value.as_str()])),
                Expr::CompoundIdentifier(list) => Some(Name::new(list.iter().filter(|i| !i.value.is_empty()).map(|i| i.value.as_str()))),
                _ => None,
            });
        }
        if let GroupByExpr::Expressions(list, modifiers) = &select.group_by {
            list.iter().for_each(|e| drop(self.expr(e, Flow::Indirect)));
            for modifier in modifiers {
                if let GroupByWithModifier::GroupingSets(e) = modifier {
                    self.expr(e, Flow::Indirect);
                }
            }
        }
        for e in select.cluster_by.iter().chain(&select.distribute_by).chain(&select.having).chain(&select.qualify) {
            self.expr(e, Flow::Indirect);
        }
        for e in &select.sort_by {
            self.expr(&e.expr, Flow::Indirect);
        }
        for named in &select.named_window {
            if let NamedWindowExpr::WindowSpec(spec) = &named.1 {
                let mut list = Vec::new();
                window(spec, &mut |part| list.push(part));
                self.walk(list, Flow::Indirect);
            }
        }
        if let Some(OrderBy { kind: OrderByKind::Expressions(list), .. }) = order_by {
            list.iter().for_each(|e| drop(self.expr(&e.expr, Flow::Indirect)));
        }
        self.levels.pop();
        outputs
    }

    fn item(&mut self, item: &SelectItem, outputs: &mut Vec<Output>) {
        let column = |this: &mut Self, expr: &Expr, name: String| {
            let sources = this.expr(expr, Flow::Direct);
            let copy = matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
            let expression = if copy { String::new() } else { shortened(expr) };
            Output::Column { name, sources, expression, line: line_of(expr.span().start.line) }
        };
        let output = match item {
            SelectItem::UnnamedExpr(expr) => {
                let name = match expr {
                    Expr::Identifier(i) => i.value.clone(),
                    Expr::CompoundIdentifier(list) => list.last().map_or_else(String::new, |i| i.value.clone()),
                    other => shortened(other),
                };
                column(self, expr, name)
            }
            SelectItem::ExprWithAlias { expr, alias } => column(self, expr, alias.value.clone()),
            SelectItem::ExprWithAliases { expr, aliases } => {
                for alias in aliases {
                    let output = column(self, expr, alias.value.clone());
                    outputs.push(output);
                }
                return;
            }
            SelectItem::Wildcard(options) => return self.wildcard(None, options, outputs),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                return self.wildcard(Some(name), options, outputs);
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => column(self, expr, "*".into()),
        };
        if let (Output::Column { name, sources, expression, .. }, Some(level)) = (&output, self.levels.last_mut())
            && !expression.is_empty()
        {
            level.aliases.insert(name.to_lowercase(), sources.clone());
        }
        outputs.push(output);
    }

    fn wildcard(&mut self, of: Option<&ObjectName>, options: &WildcardAdditionalOptions, outputs: &mut Vec<Output>) {
        let line = line_of(options.wildcard_token.0.span.start.line);
        let mut except: Vec<String> = Vec::new();
        if let Some(e) = &options.opt_except {
            except.extend(std::iter::once(&e.first_element).chain(&e.additional_elements).map(|i| i.value.clone()));
        }
        match &options.opt_exclude {
            Some(sqlparser::ast::ExcludeSelectItem::Single(name)) => except.push(last(name)),
            Some(sqlparser::ast::ExcludeSelectItem::Multiple(names)) => except.extend(names.iter().map(last)),
            None => {}
        }
        let replaced: Vec<_> = options.opt_replace.iter().flat_map(|r| &r.items).collect();
        except.extend(replaced.iter().map(|r| r.column_name.value.clone()));
        let qualifier: Option<Vec<String>> = of.map(|name| idents(name).iter().map(|i| i.to_lowercase()).collect());
        let Some(level) = self.levels.pop() else { return };
        let mut merged = level.merged.clone();
        for relation in &level.relations {
            if qualifier.as_ref().is_none_or(|q| named_by(relation, q)) {
                let mut without = except.clone();
                if qualifier.is_none() {
                    // A merged column stands once, where its first relation stands.
                    let shown: Vec<String> = level.merged.difference(&merged).cloned().collect();
                    without.extend(shown);
                }
                let star = self.star(relation, &without, line);
                if qualifier.is_none() {
                    merged.retain(|name| !matches!(hit(self.schema, relation, name), Hit::Sure(_) | Hit::Maybe(_)));
                }
                outputs.extend(star);
                if outputs.len() > MAX_OUTPUTS {
                    self.found.cut = true;
                    outputs.truncate(MAX_OUTPUTS);
                    break;
                }
            }
        }
        self.levels.push(level);
        for item in replaced {
            let sources = self.expr(&item.expr, Flow::Direct);
            outputs.push(Output::Column { name: item.column_name.value.clone(), sources, expression: shortened(&item.expr), line });
        }
        let renames: Vec<_> = match &options.opt_rename {
            Some(sqlparser::ast::RenameSelectItem::Single(one)) => vec![one],
            Some(sqlparser::ast::RenameSelectItem::Multiple(many)) => many.iter().collect(),
            None => Vec::new(),
        };
        for rename in renames {
            for output in outputs.iter_mut() {
                if let Output::Column { name, .. } = output
                    && name.eq_ignore_ascii_case(&rename.ident.value)
                {
                    name.clone_from(&rename.alias.value);
                }
            }
        }
    }

    /// All columns of a relation as outputs.
    fn star(&mut self, relation: &Relation, except: &[String], line: u32) -> Vec<Output> {
        let kept = |name: &str| !except.iter().any(|e| e.eq_ignore_ascii_case(name));
        match &relation.source {
            Source::Table(table) => match self.schema.columns(table) {
                Some(columns) => columns
                    .iter()
                    .filter(|c| kept(c))
                    .map(|column| {
                        let source = ColumnSource { tables: vec![table.clone()], column: column.clone(), flow: Flow::Direct };
                        self.found.touch(&source);
                        Output::Column { name: column.clone(), sources: vec![source], expression: String::new(), line }
                    })
                    .collect(),
                None => {
                    self.found.touch(&ColumnSource { tables: vec![table.clone()], column: "*".into(), flow: Flow::Direct });
                    vec![Output::Star { table: table.clone(), except: except.to_vec(), line }]
                }
            },
            Source::Derived(shape) => flatten(shape)
                .into_iter()
                .filter_map(|output| match output {
                    Output::Column { name, sources, .. } => {
                        kept(&name).then_some(Output::Column { name, sources, expression: String::new(), line })
                    }
                    Output::Star { table, except: mut less, .. } => {
                        less.extend(except.iter().cloned());
                        Some(Output::Star { table, except: less, line })
                    }
                })
                .collect(),
            Source::Made { columns, sources } => columns
                .iter()
                .filter(|c| kept(c))
                .map(|c| Output::Column { name: c.clone(), sources: sources.clone(), expression: String::new(), line })
                .collect(),
        }
    }

    fn push(&mut self, relation: Relation) {
        if let Some(level) = self.levels.last_mut() {
            level.relations.push(relation);
        }
    }

    /// A name as written, quotes removed.
    fn name(&self, name: &ObjectName) -> Name {
        object_name(name, self.grammar)
    }
}

/// The arms of a set operation, left to right, without recursion on its left-deep chain.
fn arms(body: &SetExpr) -> Vec<&SetExpr> {
    let mut list = Vec::new();
    let mut open = vec![body];
    while let Some(next) = open.pop() {
        match next {
            SetExpr::SetOperation { left, right, .. } => {
                open.push(right);
                open.push(left);
            }
            other => list.push(other),
        }
    }
    list
}

fn line_of(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

fn shortened(expr: &Expr) -> String {
    let mut text = expr.to_string();
    if text.len() > MAX_EXPRESSION {
        let cut = (0..=MAX_EXPRESSION).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        text.truncate(cut);
        text.push('…');
    }
    text
}
