//! Expressions: the columns that take part in them, and what their functions say.

use super::name::object_name;
use super::relation::{Hit, Level, Relation, Seen, all_of, candidate, derived, given, hit, merge, named_by, values, whole, whole_rows};
use super::{MAX_SOURCES, Resolver, line_of};
use crate::lineage::expr::{Part, accessed, argument, is_aggregate, is_built_in, parts, window};
use crate::lineage::{ColumnSource, Flow, Name, Output, Span, Subtype, place};
use sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectNamePart,
    OneOrManyWithParens, Spanned, Value, ValueWithSpan, WindowType,
};

impl Resolver<'_> {
    /// Notes the call of a function that is not a method of a value.
    pub(crate) fn call(&mut self, name: &Name, line: u32) {
        let known = |list: &[(Name, u32)]| list.iter().any(|(n, _)| n == name);
        if self.is_method(name) {
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

    /// Whether it is a method of a value or of the system, which is nobody's routine.
    pub(crate) fn is_method(&self, name: &Name) -> bool {
        let last = name.last();
        is_one_of(&METHODS, last) || last.is_empty() || is_one_of(&["sys", "pg_catalog"], &name.0[0])
    }

    /// The columns that take part in `expr`, which itself takes part as `role`: those of one that decides are noted as such.
    pub(crate) fn expr(&mut self, expr: &Expr, role: Subtype) -> Vec<ColumnSource> {
        self.walk(vec![(Part::Expr(expr), role)], role)
    }

    /// Walks with a list of its own: a chain of ten thousand `AND` must not become ten thousand stack frames.
    pub(crate) fn walk(&mut self, mut list: Vec<(Part<'_>, Subtype)>, role: Subtype) -> Vec<ColumnSource> {
        list.reverse();
        let value = role.flow() == Flow::Direct;
        let mut sources = Vec::new();
        let mut seen = Seen::default();
        let mut add = |mut found: Vec<ColumnSource>, role: Subtype, sources: &mut Vec<ColumnSource>| {
            found.iter_mut().for_each(|source| source.subtype = role.of(source.subtype));
            // Most expressions are one column: no room is made for others, which would stay with the facts.
            if sources.is_empty() && found.len() == 1 {
                *sources = found;
                return;
            }
            for source in found {
                if sources.len() < MAX_SOURCES && seen.lacks(sources, &source, source.subtype) {
                    sources.push(source);
                }
            }
        };
        while let Some((part, role)) = list.pop() {
            match part {
                Part::Query(query) | Part::Exists(query) => {
                    let before = self.found.indirect.len();
                    for output in self.query(query).into_iter().flatten() {
                        match output {
                            Output::Column { sources: found, .. } => add(found, role, &mut sources),
                            Output::Star(star) if matches!(part, Part::Query(_)) => {
                                add(vec![ColumnSource::row(star.table, &star.except)], role, &mut sources)
                            }
                            Output::Star(star) => add(vec![all_of(star.table)], role, &mut sources),
                        }
                    }
                    // Whether there are rows is what decides on them.
                    if value && matches!(part, Part::Exists(_)) && self.copy(self.found.indirect.len() - before) {
                        let decides = self.found.indirect[before..].iter();
                        add(decides.map(|s| ColumnSource { subtype: Subtype::Identity, ..s.clone() }).collect(), role, &mut sources);
                    }
                }
                Part::Expr(Expr::Identifier(ident)) => add(self.column(std::slice::from_ref(ident)), role, &mut sources),
                Part::Expr(Expr::CompoundIdentifier(idents)) => add(self.column(idents), role, &mut sources),
                // Snowflake: a column by its number.
                Part::Expr(Expr::Value(ValueWithSpan { value: Value::Placeholder(name), .. })) if self.is_number(name) => {
                    add(self.column(&[Ident::new(name)]), role, &mut sources);
                }
                Part::Expr(Expr::MatchAgainst { columns, .. }) => {
                    for column in columns {
                        let idents: Vec<Ident> = column.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
                        add(self.column(&idents), role.of(Subtype::Transformation), &mut sources);
                    }
                }
                // DuckDB: what has a path of JSON behind its arrow is no lambda.
                Part::Expr(Expr::Lambda(lambda))
                    if let (true, OneOrManyWithParens::One(value)) = (is_path(&lambda.body), &lambda.params)
                        && self.grammar.is(&["duckdb"]) =>
                {
                    list.push((Part::Expr(&lambda.body), role));
                    add(self.column(std::slice::from_ref(&value.name)), role.of(Subtype::Transformation), &mut sources);
                }
                Part::Expr(Expr::Lambda(lambda)) => {
                    let parameters = match &lambda.params {
                        OneOrManyWithParens::One(one) => vec![one.name.value.clone()],
                        OneOrManyWithParens::Many(many) => many.iter().map(|p| p.name.value.clone()).collect(),
                    };
                    add(self.lambda(parameters, &lambda.body), role, &mut sources);
                }
                // Where the parser knows no lambdas it takes them for an operator of JSON, whose right side is a path.
                Part::Expr(Expr::BinaryOp { left, op: BinaryOperator::Arrow, right })
                    if !matches!(**right, Expr::Value(_)) && !self.grammar.is(&["postgres", "redshift", "mysql", "sqlite"]) =>
                {
                    let parameters: Option<Vec<String>> = match &**left {
                        Expr::Tuple(list) => list.iter().map(parameter).collect(),
                        Expr::Nested(one) => parameter(one).map(|p| vec![p]),
                        one => parameter(one).map(|p| vec![p]),
                    };
                    match parameters {
                        Some(parameters) => add(self.lambda(parameters, right), role, &mut sources),
                        None => list.extend([
                            (Part::Expr(right), role.of(Subtype::Transformation)),
                            (Part::Expr(left), role.of(Subtype::Transformation)),
                        ]),
                    }
                }
                Part::Expr(Expr::CompoundFieldAccess { root, access_chain })
                    if let Some(found) = self.field_of_element(root, access_chain) =>
                {
                    add(found, role, &mut sources);
                }
                Part::Expr(Expr::CompoundFieldAccess { root, access_chain }) if let Some(name) = self.field_of_row(root, access_chain) => {
                    add(self.column(&name), role, &mut sources);
                }
                Part::Expr(Expr::CompoundFieldAccess { root, access_chain })
                    if let Some(found) = self.field_of_result(root, access_chain) =>
                {
                    add(found, role, &mut sources);
                }
                Part::Expr(expr) if let Some(found) = self.member_made(expr) => {
                    add(found, role.of(Subtype::Transformation), &mut sources);
                }
                Part::Expr(expr) => {
                    if let Some(name) = accessed(expr) {
                        add(self.column(&name), role.of(Subtype::Transformation), &mut sources);
                    }
                    let from = list.len();
                    let row = if let Expr::Function(function) = expr { self.row_given(function) } else { None };
                    let given = row.as_ref().map(|(name, _)| *name);
                    let mut push = |part, inner| match (&part, given) {
                        (Part::Expr(Expr::Identifier(name)), Some(given)) if std::ptr::eq(name, given) => {}
                        _ => list.push((part, role.of(inner))),
                    };
                    if let Some((_, row)) = row {
                        add(row, role.of(Subtype::Transformation), &mut sources);
                    }
                    if let Expr::Function(function) = expr {
                        add(self.function(function), role, &mut sources);
                        match &function.over {
                            Some(WindowType::WindowSpec(spec)) => {
                                window(spec, &mut push);
                                add(self.named_window(spec.window_name.as_ref()), role, &mut sources);
                            }
                            Some(WindowType::NamedWindow(name)) => add(self.named_window(Some(name)), role, &mut sources),
                            None => {}
                        }
                    }
                    parts(expr, self.grammar, &mut push);
                    list[from..].reverse();
                }
            }
        }
        if role.flow() == Flow::Indirect {
            sources.iter().for_each(|s| self.found.decides(s, s.subtype));
        }
        sources
    }

    /// The columns in the body of a lambda: what is named like a parameter is none.
    fn lambda(&mut self, parameters: Vec<String>, body: &Expr) -> Vec<ColumnSource> {
        let relations = vec![Relation::made(Vec::new(), parameters, Vec::new())];
        self.levels.push(Level { relations, ..Level::default() });
        let found = self.expr(body, Subtype::Transformation);
        self.levels.pop();
        found
    }

    fn named_window(&mut self, name: Option<&Ident>) -> Vec<ColumnSource> {
        let windows = self.levels.last().map(|l| &l.windows).filter(|_| self.follows());
        let sources = windows.zip(name).and_then(|(w, name)| w.get(&name.value.to_lowercase())).cloned().unwrap_or_default();
        self.copy(sources.len());
        sources
    }

    /// What the name of a function says: a call, a method of a column, or `count(*)`.
    pub(crate) fn function(&mut self, function: &Function) -> Vec<ColumnSource> {
        let name = object_name(&function.name, self.grammar);
        let line = line_of(function.name.span().start.line);
        let mut sources = Vec::new();
        if name.0.len() > 1 && is_one_of(&METHODS, name.last()) {
            let idents: Vec<Ident> = name.0[..name.0.len() - 1].iter().map(Ident::new).collect();
            let mut sources = self.column(&idents);
            sources.iter_mut().for_each(|s| s.subtype = Subtype::Transformation.of(s.subtype));
            return sources;
        }
        // The element of a collection looks like a call.
        if !self.variables.is_empty()
            && let Some(collection) = self.variables.get(&name.key()).filter(|v| v.holds() && self.follows())
        {
            self.found.copied += collection.sources.len();
            return collection.sources.clone();
        }
        if let (FunctionArguments::List(list), [only]) = (&function.args, &*name.0)
            && let Some(found) = self.dictionary(only, &list.args, line)
        {
            return found;
        }
        if let (FunctionArguments::List(list), true) = (&function.args, is_one_of(&NUMBERS, name.last()))
            && let Some(sequence) = list.args.first().and_then(argument).and_then(sequence)
        {
            self.found.number(sequence, line);
            return sources;
        }
        // SQL Server's own functions alone go without a schema, and aggregates nobody defines anew.
        if name.0.len() > 1 || !self.grammar.is_tsql() && !is_aggregate(&name.last().to_lowercase()) {
            self.call(&name, line);
            if !self.is_method(&name) && !is_built_in(&name) && self.follows() {
                // Its value is the one column of what the function gives back, if the project has it.
                let value = ColumnSource::of(name.rows(), place(0, None));
                sources.push(ColumnSource { subtype: Subtype::Transformation, ..value });
            }
        }
        if let FunctionArguments::List(list) = &function.args {
            for arg in &list.args {
                let (FunctionArg::Unnamed(arg) | FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. }) = arg;
                let of: Option<Vec<Ident>> = match arg {
                    FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => None,
                    FunctionArgExpr::QualifiedWildcard(name) => Some(name.0.iter().filter_map(|p| p.as_ident().cloned()).collect()),
                    FunctionArgExpr::Expr(_) => continue,
                };
                if !self.follows() || sources.len() >= MAX_SOURCES {
                    break;
                }
                // Who counts rows takes no column of theirs.
                let rows = !is_one_of(&["count", "count_big"], name.last());
                let part = if is_aggregate(&name.last().to_lowercase()) { Subtype::Aggregation } else { Subtype::Transformation };
                let relations = self.levels.last().map(|level| level.relations.as_slice()).unwrap_or_default();
                let named = |r: &&Relation| of.as_ref().is_none_or(|of| named_by(r, values(of)));
                let mut found = Vec::new();
                relations.iter().filter(named).for_each(|relation| merge(&mut found, whole(relation, rows)));
                if let FunctionArgExpr::WildcardWithOptions(options) = arg {
                    let mut outputs = Vec::new();
                    self.wildcard(None, options, Span::default(), &mut outputs);
                    found = whole_rows(&vec![outputs], rows);
                } else if let (Some(of), true) = (&of, found.is_empty()) {
                    found = whole_rows(&vec![self.fields(of, Span::default())], rows);
                }
                self.found.copied += found.len();
                merge(&mut sources, found.into_iter().map(|s| ColumnSource { subtype: part.of(s.subtype), ..s }).collect());
            }
        }
        sources
    }

    /// What `collection(i).field` is made of, when the rows of the collection tell.
    fn field_of_element(&mut self, root: &Expr, access: &[AccessExpr]) -> Option<Vec<ColumnSource>> {
        let (Expr::Function(element), [AccessExpr::Dot(Expr::Identifier(field))]) = (root, access) else { return None };
        let rows = &self.variables.get(&object_name(&element.name, self.grammar).key())?.rows;
        let found = match derived(rows, &field.value) {
            Hit::Sure(sources) => sources.into_owned(),
            Hit::Maybe(tables) => candidate(&*tables, &field.value).into_iter().collect(),
            Hit::Arms(sources) => sources,
            Hit::Last(_) | Hit::Given(..) | Hit::No => return None,
        };
        let found = if self.follows() { found } else { Vec::new() };
        self.copy(found.len());
        Some(found)
    }

    /// The name that `(t).field` is, where `t` is a relation or a record.
    fn field_of_row(&self, root: &Expr, access: &[AccessExpr]) -> Option<Vec<Ident>> {
        let ([AccessExpr::Dot(Expr::Identifier(field))], Expr::Nested(inner)) = (access, root) else { return None };
        let Expr::Identifier(row) = &**inner else { return None };
        let named = |level: &Level| level.relations.iter().any(|r| named_by(r, [row.value.as_str()]));
        let record = || self.variables.get(&row.value.to_lowercase()).is_some_and(|v| !v.rows.is_empty());
        (self.levels.iter().any(named) || record()).then(|| vec![row.clone(), field.clone()])
    }

    /// What `(f(arguments)).field` is made of: that column of what the function gives back.
    fn field_of_result(&mut self, root: &Expr, access: &[AccessExpr]) -> Option<Vec<ColumnSource>> {
        let ([AccessExpr::Dot(Expr::Identifier(field))], Expr::Nested(inner)) = (access, root) else { return None };
        let Expr::Function(function) = &**inner else { return None };
        let FunctionArguments::List(list) = &function.args else { return None };
        let name = object_name(&function.name, self.grammar);
        if self.grammar.is_tsql() || self.is_method(&name) || is_built_in(&name) || !self.follows() {
            return None;
        }
        self.call(&name, line_of(function.name.span().start.line));
        let arguments = self.arguments(&list.args);
        self.found.copied += arguments.len();
        Some(given(&name.rows(), &field.value, &arguments))
    }

    /// ClickHouse's `dictGet('d', 'column', key)` and its like: the dictionary's columns, which are then read.
    fn dictionary(&mut self, function: &str, list: &[FunctionArg], line: u32) -> Option<Vec<ColumnSource>> {
        let prefix = function.get(..4).filter(|p| p.eq_ignore_ascii_case("dict") && self.grammar.is(&["clickhouse"]));
        let text = |expr: &Expr| if let Expr::Value(v) = expr { v.value.clone().into_string() } else { None };
        let name = text(list.first().filter(|_| prefix.is_some()).and_then(argument)?)?;
        let name = Name::new(name.split('.'));
        self.found.read(&name, line);
        let columns = match list.get(1).and_then(argument) {
            Some(Expr::Tuple(columns)) => columns.iter().filter_map(text).collect(),
            column => column.and_then(text).into_iter().collect::<Vec<_>>(),
        };
        let sources: Vec<ColumnSource> = columns.iter().filter_map(|column| candidate([&name], column)).collect();
        sources.iter().for_each(|s| self.found.touch(s));
        Some(sources.into_iter().map(|s| ColumnSource { subtype: Subtype::Transformation, ..s }).collect())
    }

    /// The row that a function of rows is given by a relation's name, `to_jsonb(t)`: what it is made of.
    fn row_given<'e>(&mut self, function: &'e Function) -> Option<(&'e Ident, Vec<ColumnSource>)> {
        let FunctionArguments::List(list) = &function.args else { return None };
        let Expr::Identifier(name) = argument(list.args.first()?)? else { return None };
        let takes_rows = matches!(function.name.0.as_slice(), [ObjectNamePart::Identifier(i)] if is_one_of(&ROW_FUNCTIONS, &i.value));
        if !takes_rows || !self.has_rows() || !self.follows() {
            return None;
        }
        let row = self.levels.iter().rev().find_map(|l| l.relations.iter().find(|r| named_by(r, [name.value.as_str()])))?;
        if matches!(hit(self.schema, row, &name.value), Hit::Sure(_)) {
            return None;
        }
        let sources = whole(row, true);
        self.copy(sources.len());
        sources.iter().for_each(|s| self.found.touch(s));
        Some((name, sources))
    }
}

/// Whether a literal, or the first of several behind arrows, is what an expression is: `'a'`, `'a' ->> 'b'`.
fn is_path(expr: &Expr) -> bool {
    let mut first = expr;
    while let Expr::BinaryOp { left, op: BinaryOperator::Arrow | BinaryOperator::LongArrow, .. } = first {
        first = left;
    }
    matches!(first, Expr::Value(_))
}

/// Whether a word, in any case, is in a list of words in lower case.
pub(super) fn is_one_of(list: &[&str], word: &str) -> bool {
    list.iter().any(|w| w.eq_ignore_ascii_case(word))
}

/// The sequence that PostgreSQL's functions are given: `'s'`, `'public.s'::regclass`.
fn sequence(expr: &Expr) -> Option<Name> {
    match expr {
        Expr::Cast { expr, .. } => sequence(expr),
        Expr::Value(value) => {
            let text = value.value.clone().into_string()?;
            Some(Name::new(text.split('.').map(|part| part.trim_matches('"'))))
        }
        _ => None,
    }
}

fn parameter(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(i) => Some(i.value.clone()),
        _ => None,
    }
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

/// Functions that take numbers from a sequence, or set where it goes on.
const NUMBERS: [&str; 3] = ["nextval", "currval", "setval"];

/// Functions that make one value of a whole row.
const ROW_FUNCTIONS: [&str; 7] = ["to_json", "to_jsonb", "row_to_json", "json_agg", "jsonb_agg", "to_json_string", "hstore"];
