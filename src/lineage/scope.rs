//! What a query reads and what its outputs are made of: names resolved against the relations in scope.

use super::dialect::Grammar;
use super::expr::{Part, argument, parts, window};
use super::{ColumnSource, Flow, Name, Output};
use sqlparser::ast::{
    Cte, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, GroupByWithModifier, Ident, Join, JoinConstraint,
    JoinOperator, NamedWindowExpr, ObjectName, ObjectNamePart, OrderBy, OrderByKind, PipeOperator, PivotValueSource, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Spanned, TableAlias, TableFactor, TableWithJoins, WildcardAdditionalOptions,
};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Outputs of one query kept: databases allow 1,600 to 4,096 columns; nested self joins of `*` would double without end.
pub(crate) const MAX_OUTPUTS: usize = 4096;
/// Columns that one output may be made of, and candidates for one unclear column; beyond that nobody reads them.
pub(crate) const MAX_SOURCES: usize = 512;
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

/// What stands in a FROM clause.
struct Relation {
    /// The alias, or the parts of the name, lower case.
    names: Vec<String>,
    source: Source,
    /// The stored relation or temporary it is, or selects from.
    origin: Option<Name>,
}

impl Relation {
    fn derived(shape: Rc<Shape>) -> Relation {
        Relation { names: Vec::new(), source: Source::Derived(shape), origin: None }
    }

    fn made(names: Vec<String>, columns: Vec<String>, sources: Vec<ColumnSource>) -> Relation {
        Relation { names, source: Source::Made { columns, sources }, origin: None }
    }
}

enum Source {
    Table(Name),
    Derived(Rc<Shape>),
    /// A table function: its columns are made of its arguments. No columns: any.
    Made {
        columns: Vec<String>,
        sources: Vec<ColumnSource>,
    },
}

#[derive(Default)]
struct Level {
    relations: Vec<Relation>,
    /// Columns merged by USING or NATURAL joins, lower case.
    merged: HashSet<String>,
    /// Aliases of select items to the left.
    aliases: HashMap<String, Vec<ColumnSource>>,
}

enum Hit {
    Sure(Vec<ColumnSource>),
    Maybe(Vec<Name>),
    /// Only when nothing else fits.
    Last(Vec<ColumnSource>),
    No,
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

/// Functions of a value rather than of a schema: `column.method(…)` in T-SQL (XML, hierarchyid, geography).
const METHODS: [&str; 22] = [
    "value",
    "query",
    "nodes",
    "exist",
    "modify",
    "getancestor",
    "getdescendant",
    "getlevel",
    "getreparentedvalue",
    "isdescendantof",
    "tostring",
    "parse",
    "stdistance",
    "stastext",
    "stintersects",
    "stcontains",
    "stwithin",
    "stbuffer",
    "starea",
    "stlength",
    "write",
    "lat",
];

/// Words that stand where a column could and are none.
const VALUES: [&str; 22] = [
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "current_role",
    "current_schema",
    "current_catalog",
    "session_user",
    "system_user",
    "localtime",
    "localtimestamp",
    "sysdate",
    "systimestamp",
    "rownum",
    "sqlcode",
    "sqlerrm",
    "default",
    "sqlstate",
    "getdate",
    "sysdatetime",
    "utc_timestamp",
    "utc_date",
];

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
        if self.levels.len() == 1 && self.found.aliases.is_empty() {
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

    fn joined(&mut self, table: &TableWithJoins) {
        self.factor(&table.relation);
        for join in &table.joins {
            self.join(join);
        }
    }

    fn join(&mut self, join: &Join) {
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
    fn common_columns(&self, split: usize) -> Vec<String> {
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

    fn merge_column(&mut self, column: &str) {
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

    fn factor(&mut self, factor: &TableFactor) {
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
    fn reshaped(&mut self, before: usize, columns: Vec<String>, sources: Vec<ColumnSource>, alias: Option<&TableAlias>) {
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

    fn arguments(&mut self, args: &[FunctionArg]) -> Vec<ColumnSource> {
        let mut list = Vec::new();
        args.iter().for_each(|a| argument(a, &mut |part| list.push(part)));
        self.walk(list, Flow::Direct)
    }

    fn function_table(&mut self, name: &Name, sources: Vec<ColumnSource>, alias: Option<&TableAlias>, line: u32) {
        self.call(name, line);
        let names = vec![name.last().to_lowercase()];
        self.aliased(Relation::made(names, Vec::new(), sources), alias);
    }

    /// Notes the call of a function that is not a method of a value.
    fn call(&mut self, name: &Name, line: u32) {
        let last = name.last().to_lowercase();
        let known = |list: &[(Name, u32)]| list.iter().any(|(n, _)| n == name);
        if METHODS.contains(&last.as_str()) || last.is_empty() || name.0[0].eq_ignore_ascii_case("sys") {
            return;
        }
        if name.0.len() > 1 {
            if !known(&self.found.calls) && self.found.calls.len() < MAX_SOURCES {
                self.found.calls.push((name.clone(), line));
            }
        } else if !known(&self.found.maybe_calls) && self.found.maybe_calls.len() < MAX_SOURCES {
            self.found.maybe_calls.push((name.clone(), line));
        }
    }

    fn aliased(&mut self, mut relation: Relation, alias: Option<&TableAlias>) {
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
    fn named(&mut self, name: Name, line: u32) -> Relation {
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
        if is_temp(&name) {
            return Relation { names, source: Source::Made { columns: Vec::new(), sources: Vec::new() }, origin: Some(name) };
        }
        self.found.read(&name, line);
        Relation { names, source: Source::Table(name.clone()), origin: Some(name) }
    }

    /// A name as written, quotes removed.
    fn name(&self, name: &ObjectName) -> Name {
        object_name(name, self.grammar)
    }

    /// The columns that `expr` is made of; those that only decide go to [`Found::indirect`] as well when `flow` is indirect.
    pub(crate) fn expr(&mut self, expr: &Expr, flow: Flow) -> Vec<ColumnSource> {
        self.walk(vec![Part::Expr(expr)], flow)
    }

    /// Walks with a list of its own: a chain of ten thousand `AND` must not become ten thousand stack frames.
    fn walk(&mut self, mut list: Vec<Part<'_>>, flow: Flow) -> Vec<ColumnSource> {
        list.reverse();
        let mut sources = Vec::new();
        let mut seen = HashSet::new();
        let mut add = |found: Vec<ColumnSource>, sources: &mut Vec<ColumnSource>| {
            for source in found {
                if sources.len() < MAX_SOURCES && seen.insert((source.tables.clone(), source.column.to_lowercase())) {
                    sources.push(source);
                }
            }
        };
        while let Some(part) = list.pop() {
            match part {
                Part::Query(query) => {
                    for output in self.query(query).into_iter().flatten() {
                        match output {
                            Output::Column { sources: found, .. } => add(found, &mut sources),
                            Output::Star { table, .. } => {
                                add(vec![ColumnSource { tables: vec![table], column: "*".into(), flow: Flow::Direct }], &mut sources);
                            }
                        }
                    }
                }
                Part::Expr(Expr::Identifier(ident)) => add(self.column(std::slice::from_ref(ident)), &mut sources),
                Part::Expr(Expr::CompoundIdentifier(idents)) => add(self.column(idents), &mut sources),
                Part::Expr(expr) => {
                    if let Expr::Function(function) = expr {
                        add(self.function(function), &mut sources);
                    }
                    let from = list.len();
                    parts(expr, &mut |part| list.push(part));
                    list[from..].reverse();
                }
            }
        }
        if flow == Flow::Indirect {
            self.found.decides(sources.clone());
        }
        sources
    }

    /// What the name of a function says: a call, a method of a column, or `count(*)`.
    fn function(&mut self, function: &Function) -> Vec<ColumnSource> {
        let name = object_name(&function.name, self.grammar);
        let line = line_of(function.name.span().start.line);
        let mut sources = Vec::new();
        if name.0.len() > 1 && METHODS.contains(&name.last().to_lowercase().as_str()) {
            let idents: Vec<Ident> = name.0[..name.0.len() - 1].iter().map(Ident::new).collect();
            return self.column(&idents);
        }
        self.call(&name, line);
        if let FunctionArguments::List(list) = &function.args {
            for arg in &list.args {
                let (FunctionArg::Unnamed(arg) | FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. }) = arg;
                let qualifier = match arg {
                    FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => None,
                    FunctionArgExpr::QualifiedWildcard(name) => Some(idents(name).iter().map(|i| i.to_lowercase()).collect::<Vec<_>>()),
                    FunctionArgExpr::Expr(_) => continue,
                };
                let Some(level) = self.levels.last() else { continue };
                for relation in level.relations.iter().filter(|r| qualifier.as_ref().is_none_or(|q| named_by(r, q))) {
                    match &relation.source {
                        Source::Table(t) => sources.push(ColumnSource { tables: vec![t.clone()], column: "*".into(), flow: Flow::Direct }),
                        Source::Derived(shape) => {
                            for output in shape.iter().flatten() {
                                match output {
                                    Output::Column { sources: found, .. } => merge(&mut sources, found.clone()),
                                    Output::Star { table, .. } => merge(
                                        &mut sources,
                                        vec![ColumnSource { tables: vec![table.clone()], column: "*".into(), flow: Flow::Direct }],
                                    ),
                                }
                            }
                        }
                        Source::Made { sources: found, .. } => merge(&mut sources, found.clone()),
                    }
                }
            }
        }
        sources
    }

    /// The columns that a possibly qualified name means.
    fn column(&mut self, idents: &[Ident]) -> Vec<ColumnSource> {
        let idents: Vec<&Ident> = idents.iter().filter(|i| !i.value.is_empty()).collect();
        let found = match idents.as_slice() {
            [] => Vec::new(),
            [only] => {
                let lower = only.value.to_lowercase();
                let value = only.quote_style.is_none() && VALUES.contains(&lower.as_str());
                if value || lower.starts_with(['@', '$', ':']) { Vec::new() } else { self.unqualified(&only.value) }
            }
            [qualifier @ .., column] => self.qualified(qualifier, column),
        };
        // An alias of `count(*)` touches no column.
        for source in found.iter().filter(|s| s.column != "*") {
            self.found.touch(source);
        }
        found
    }

    fn qualified(&mut self, qualifier: &[&Ident], column: &Ident) -> Vec<ColumnSource> {
        let lower: Vec<String> = qualifier.iter().map(|i| i.value.to_lowercase()).collect();
        for level in self.levels.iter().rev() {
            for take in (1..=lower.len()).rev() {
                let mut fits = level.relations.iter().filter(|r| named_by(r, &lower[..take])).peekable();
                if fits.peek().is_none() {
                    continue;
                }
                // `t.column.field`: what follows the relation's name is the column, the rest fields of it.
                let wanted = qualifier.get(take).map_or(&column.value, |i| &i.value);
                let mut maybe = Vec::new();
                for relation in fits {
                    match hit(self.schema, relation, wanted) {
                        Hit::Sure(sources) => return sources,
                        Hit::Maybe(tables) => maybe.extend(candidate(tables, wanted)),
                        Hit::Last(sources) => maybe.extend(sources),
                        // The schema does not list it: the text still says whose it is.
                        Hit::No => {
                            if let Source::Table(table) = &relation.source {
                                maybe.extend(candidate(vec![table.clone()], wanted));
                            }
                        }
                    }
                }
                return maybe;
            }
        }
        if let ([only], Some(table)) = (lower.as_slice(), self.trigger_table)
            && is_pseudo(only)
        {
            return candidate(vec![table.clone()], &column.value).into_iter().collect();
        }
        // `column.field` of a structured column.
        if self.grammar.generic || self.grammar.is(&["bigquery", "spark", "databricks", "hive", "duckdb", "snowflake", "trino", "presto"]) {
            return self.unqualified(&qualifier[0].value);
        }
        Vec::new()
    }

    fn unqualified(&mut self, column: &str) -> Vec<ColumnSource> {
        let lower = column.to_lowercase();
        let variable = self.variables.contains(&lower);
        for (depth, level) in self.levels.iter().rev().enumerate() {
            let mut sure: Vec<ColumnSource> = Vec::new();
            let mut maybe = Vec::new();
            let mut last = Vec::new();
            for relation in &level.relations {
                match hit(self.schema, relation, column) {
                    Hit::Sure(found) => {
                        if sure.is_empty() || !level.merged.contains(&lower) {
                            merge(&mut sure, found);
                        }
                    }
                    Hit::Maybe(tables) if maybe.len() < MAX_SOURCES => {
                        if maybe.is_empty() || !level.merged.contains(&lower) {
                            maybe.extend(tables);
                        }
                    }
                    Hit::Last(found) => merge(&mut last, found),
                    Hit::Maybe(_) | Hit::No => {}
                }
            }
            if !sure.is_empty() || level.relations.iter().any(|r| has_constant(r, column)) {
                return sure;
            }
            if variable {
                continue;
            }
            let alias = level.aliases.get(&lower).filter(|_| depth == 0 && (self.grammar.lateral_alias() || maybe.is_empty()));
            if let Some(sources) = alias {
                return sources.clone();
            }
            if let Some(source) = candidate(maybe, column) {
                return vec![source];
            }
            if !last.is_empty() {
                return last;
            }
        }
        Vec::new()
    }
}

/// The first stored relation that something is made of.
fn first_table(shape: &Shape) -> Option<Name> {
    shape.iter().flatten().find_map(|output| match output {
        Output::Star { table, .. } => Some(table.clone()),
        Output::Column { sources, .. } => sources.first().and_then(|s| s.tables.first()).cloned(),
    })
}

/// Whether a derived relation has this column made of nothing (a constant): found, with no sources.
fn has_constant(relation: &Relation, column: &str) -> bool {
    match &relation.source {
        Source::Derived(shape) => shape
            .first()
            .is_some_and(|outputs| outputs.iter().any(|o| matches!(o, Output::Column { name, .. } if name.eq_ignore_ascii_case(column)))),
        Source::Made { columns, .. } => columns.iter().any(|c| c.eq_ignore_ascii_case(column)),
        Source::Table(_) => false,
    }
}

fn candidate(mut tables: Vec<Name>, column: &str) -> Option<ColumnSource> {
    let mut seen = HashSet::new();
    tables.retain(|t| seen.insert(t.clone()));
    tables.truncate(MAX_SOURCES);
    (!tables.is_empty()).then(|| ColumnSource { tables, column: column.to_owned(), flow: Flow::Direct })
}

/// What a relation says about a column name.
fn hit(schema: &Schema, relation: &Relation, column: &str) -> Hit {
    match &relation.source {
        Source::Table(table) => match schema.columns(table) {
            Some(columns) => match columns.iter().find(|c| c.eq_ignore_ascii_case(column)) {
                Some(known) => Hit::Sure(vec![ColumnSource { tables: vec![table.clone()], column: known.clone(), flow: Flow::Direct }]),
                None => Hit::No,
            },
            None => Hit::Maybe(vec![table.clone()]),
        },
        Source::Derived(shape) => derived(shape, column),
        Source::Made { columns, sources } => {
            if columns.is_empty() {
                Hit::Last(sources.clone())
            } else if columns.iter().any(|c| c.eq_ignore_ascii_case(column)) {
                Hit::Sure(sources.clone())
            } else {
                Hit::No
            }
        }
    }
}

/// A column of a derived relation: found by name in the first arm, by position in the others.
fn derived(shape: &Shape, column: &str) -> Hit {
    let Some(first) = shape.first() else { return Hit::No };
    let is_star = |o: &Output| matches!(o, Output::Star { .. });
    let named =
        |outputs: &[Output]| outputs.iter().position(|o| matches!(o, Output::Column { name, .. } if name.eq_ignore_ascii_case(column)));
    let stars = |outputs: &[Output]| -> Vec<Name> {
        outputs
            .iter()
            .filter_map(|o| match o {
                Output::Star { table, except, .. } if !except.iter().any(|e| e.eq_ignore_ascii_case(column)) => Some(table.clone()),
                _ => None,
            })
            .collect()
    };
    match named(first) {
        Some(position) => {
            let mut sources = Vec::new();
            let fixed = !first[..position].iter().any(is_star);
            for (arm, outputs) in shape.iter().enumerate() {
                let at = if arm == 0 || fixed && !outputs.iter().take(position + 1).any(is_star) { Some(position) } else { named(outputs) };
                match at.and_then(|at| outputs.get(at)) {
                    Some(Output::Column { sources: found, .. }) => merge(&mut sources, found.clone()),
                    _ => merge(&mut sources, candidate(stars(outputs), column).into_iter().collect()),
                }
            }
            Hit::Sure(sources)
        }
        None => {
            // Arms are alternatives, not candidates: but a candidate list is all that can be said before linking.
            let tables: Vec<Name> = shape.iter().flat_map(|outputs| stars(outputs)).collect();
            if tables.is_empty() { Hit::No } else { Hit::Maybe(tables) }
        }
    }
}

/// One list of outputs for several arms: merged by position as far as no `*` hides the positions, by name after that.
fn flatten(shape: &Shape) -> Vec<Output> {
    let Some((first, rest)) = shape.split_first() else { return Vec::new() };
    let mut outputs = first.clone();
    let fixed = !shape.iter().flatten().any(|o| matches!(o, Output::Star { .. }));
    for arm in rest {
        for (at, output) in arm.iter().enumerate() {
            let place = match output {
                Output::Column { .. } if fixed => Some(at),
                Output::Column { name, .. } => {
                    outputs.iter().position(|o| matches!(o, Output::Column { name: n, .. } if n.eq_ignore_ascii_case(name)))
                }
                Output::Star { .. } => outputs.iter().position(|o| o == output),
            };
            match (place.filter(|p| *p < outputs.len()), output) {
                (Some(place), Output::Column { sources: more, .. }) => {
                    if let Output::Column { sources, .. } = &mut outputs[place] {
                        merge(sources, more.clone());
                    }
                }
                (None, _) if outputs.len() < MAX_OUTPUTS => outputs.push(output.clone()),
                _ => {}
            }
        }
    }
    outputs
}

/// Adds `more` to `sources`, each once.
pub(crate) fn merge(sources: &mut Vec<ColumnSource>, more: Vec<ColumnSource>) {
    for source in more {
        if sources.len() < MAX_SOURCES
            && !sources.iter().any(|s| s.tables == source.tables && s.column.eq_ignore_ascii_case(&source.column))
        {
            sources.push(source);
        }
    }
}

/// Gives the outputs of every arm the names of a column list.
fn rename(shape: &mut Shape, columns: &[&Ident]) {
    for outputs in shape {
        if outputs.iter().any(|o| matches!(o, Output::Star { .. })) {
            continue;
        }
        for (output, column) in outputs.iter_mut().zip(columns) {
            if let Output::Column { name, .. } = output {
                name.clone_from(&column.value);
            }
        }
    }
}

/// Outputs of a temporary that nothing was written to.
fn declared(columns: &[String]) -> Vec<Output> {
    columns.iter().map(|c| Output::Column { name: c.clone(), sources: Vec::new(), expression: String::new(), line: 0 }).collect()
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

fn named_by(relation: &Relation, qualifier: &[String]) -> bool {
    !qualifier.is_empty() && relation.names.ends_with(qualifier)
}

fn is_pseudo(name: &str) -> bool {
    matches!(name, "inserted" | "deleted" | "new" | "old" | ":new" | ":old")
}

fn is_hint(text: &str) -> bool {
    matches!(
        text.to_uppercase().as_str(),
        "NOLOCK" | "READPAST" | "UPDLOCK" | "ROWLOCK" | "TABLOCK" | "TABLOCKX" | "HOLDLOCK" | "READUNCOMMITTED"
    )
}

/// Temporaries by their very name: `#t`, `@t`.
pub(crate) fn is_temp(name: &Name) -> bool {
    name.last().starts_with(['#', '@'])
}

/// The key of a temporary in [`Temps`]: its last part, since tempdb..#t is #t.
pub(crate) fn temp_key(name: &Name) -> String {
    if is_temp(name) { name.last().to_lowercase() } else { name.key() }
}

/// Formats that stand for a schema when files are queried in place: ``parquet.`path/` ``.
const FILE_FORMATS: [&str; 8] = ["parquet", "json", "csv", "orc", "avro", "delta", "text", "binaryfile"];

/// A name as written, quotes removed, empty parts (`db..t`) left out; a file queried in place is `path:…`.
pub(crate) fn object_name(name: &ObjectName, grammar: Grammar) -> Name {
    let idents: Vec<&Ident> = name
        .0
        .iter()
        .filter_map(|part| match part {
            ObjectNamePart::Identifier(i) if !i.value.is_empty() => Some(i),
            _ => None,
        })
        .collect();
    from_parts(&idents.iter().map(|i| (i.value.as_str(), i.quote_style.is_some())).collect::<Vec<_>>(), grammar)
}

/// A name of parts, each with whether it was quoted. Never empty.
pub(crate) fn from_parts(parts: &[(&str, bool)], grammar: Grammar) -> Name {
    if let [(format, false), (path, true)] = parts
        && FILE_FORMATS.contains(&format.to_lowercase().as_str())
        && path.contains('/')
    {
        return Name::new([format!("path:{path}")]);
    }
    // BigQuery quotes a whole path at once.
    let split = grammar.is(&["bigquery"]);
    let list: Vec<&str> = parts
        .iter()
        .flat_map(|(p, quoted)| if split && *quoted { p.split('.').collect() } else { vec![*p] })
        .filter(|p| !p.is_empty())
        .collect();
    if list.is_empty() { Name::new(["?"]) } else { Name::new(list) }
}

fn idents(name: &ObjectName) -> Vec<String> {
    name.0.iter().map(|p| p.as_ident().map_or_else(|| p.to_string(), |i| i.value.clone())).filter(|p| !p.is_empty()).collect()
}

fn last(name: &ObjectName) -> String {
    idents(name).pop().unwrap_or_default()
}

fn lower(name: &ObjectName) -> String {
    last(name).to_lowercase()
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

impl Resolver<'_> {
    fn pipe(&mut self, pipe: &PipeOperator, shape: &mut Shape) {
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
