//! Columns in expressions: whose they are.

use super::from::is_pseudo;
use super::name::{idents, object_name};
use super::relation::{Hit, Level, MAX_TOLD_APART, Relation, Seen, Source, all_of, candidate, derived, given, hit, merge, named_by, whole};
use super::{MAX_CANDIDATES, MAX_SOURCES, Resolver, line_of};
use crate::lineage::expr::{Part, accessed, argument, is_aggregate, is_built_in, parts, window};
use crate::lineage::{ColumnSource, Flow, Name, Output, Subtype, place};
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
                Part::Query(query) => {
                    for output in self.query(query).into_iter().flatten() {
                        match output {
                            Output::Column { sources: found, .. } => add(found, role, &mut sources),
                            Output::Star(star) => add(vec![all_of(star.table)], role, &mut sources),
                        }
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
        if let Some(collection) = self.variables.get(&name.key()).filter(|v| v.holds() && self.follows()) {
            self.found.copied += collection.sources.len();
            return collection.sources.clone();
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
                let qualifier = match arg {
                    FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => None,
                    FunctionArgExpr::QualifiedWildcard(name) => Some(idents(name).iter().map(|i| i.to_lowercase()).collect::<Vec<_>>()),
                    FunctionArgExpr::Expr(_) => continue,
                };
                let Some(level) = self.levels.last() else { continue };
                for relation in level.relations.iter().filter(|r| qualifier.as_ref().is_none_or(|q| named_by(r, q))) {
                    let counted = |s: ColumnSource| ColumnSource { subtype: Subtype::Aggregation.of(s.subtype), ..s };
                    if !self.follows() || sources.len() >= MAX_SOURCES {
                        break;
                    }
                    let found = whole(relation);
                    self.found.copied += found.len();
                    merge(&mut sources, found.into_iter().map(counted).collect());
                }
            }
        }
        sources
    }

    /// Whether it is `$1` or its like, where that is a column.
    fn is_number(&self, name: &str) -> bool {
        let number = name.strip_prefix('$').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        number && self.grammar.is(&["snowflake"])
    }

    /// Whether a word in lower case is a value of the system where it could be a column.
    fn is_value(&self, word: &str) -> bool {
        let ids: &[&str] = match word {
            "level" | "rowid" | "uid" | "connect_by_isleaf" | "connect_by_iscycle" | "dbtimezone" | "sessiontimezone" => &["oracle"],
            "input__file__name" | "block__offset__inside__file" | "grouping__id" => &["hive", "spark", "databricks"],
            "user" => &["oracle", "tsql", "fabric", "postgres", "redshift", "teradata"],
            "date" | "time" | "session" | "account" | "database" => &["teradata"],
            _ => return VALUES.contains(&word),
        };
        self.grammar.is(ids)
    }

    /// The columns that a possibly qualified name means.
    pub(crate) fn column(&mut self, idents: &[Ident]) -> Vec<ColumnSource> {
        if !self.follows() {
            return Vec::new();
        }
        let idents: Vec<&Ident> = idents.iter().filter(|i| !i.value.is_empty()).collect();
        let found = match idents.as_slice() {
            [] => Vec::new(),
            [only] => {
                let lower = only.value.to_lowercase();
                if only.quote_style.is_none() && self.is_value(&lower) || lower.starts_with(['@', '$', ':']) && !self.is_number(&lower) {
                    // What a variable holds was read where it was set.
                    return self.variables.get(&lower).map(|v| v.sources.clone()).unwrap_or_default();
                }
                self.unqualified(&only.value)
            }
            [qualifier @ .., column] => {
                let mut found = self.qualified(qualifier, column);
                if !found.is_empty() && self.is_field(&idents) {
                    found.iter_mut().for_each(|s| s.subtype = Subtype::Transformation.of(s.subtype));
                }
                found
            }
        };
        self.copy(found.len());
        // An alias of `count(*)` touches no column.
        for source in found.iter().filter(|s| s.column != "*") {
            self.found.touch(source);
        }
        found
    }

    /// Whether a name of several parts is that of a field within a column: what stands before the last part is no relation.
    pub(crate) fn is_field(&self, idents: &[impl std::borrow::Borrow<Ident>]) -> bool {
        let parts: Vec<&str> = idents.iter().map(|i| i.borrow().value.as_str()).filter(|p| !p.is_empty()).collect();
        let Some((_, qualifier)) = parts.split_last().filter(|(_, q)| !q.is_empty()) else { return false };
        let relation = |name: &[&str]| self.levels.iter().any(|l| l.relations.iter().any(|r| named_by(r, name)));
        let record = |name: &str| is_pseudo(name) || self.variables.contains_key(name);
        !relation(qualifier)
            && ((1..qualifier.len()).any(|n| relation(&qualifier[..n]))
                || (self.has_structs() || self.is_property(qualifier, idents[idents.len() - 1].borrow()))
                    && !record(&qualifier[0].to_lowercase()))
    }

    /// Whether it may be T-SQL's `column.property` of a place.
    fn is_property<Q>(&self, qualifier: &[Q], property: &Ident) -> bool {
        const PROPERTIES: [&str; 9] = ["Lat", "Long", "M", "Z", "HasM", "HasZ", "STX", "STY", "STSrid"];
        // Such names keep their case.
        self.grammar.is_tsql() && qualifier.len() == 1 && PROPERTIES.contains(&property.value.as_str())
    }

    /// Whether `column.field` may stand without the name of the relation.
    fn has_structs(&self) -> bool {
        self.grammar.generic
            || self.grammar.is(&[
                "bigquery",
                "spark",
                "databricks",
                "hive",
                "duckdb",
                "snowflake",
                "trino",
                "presto",
                "athena",
                "redshift",
                "clickhouse",
            ])
    }

    pub(crate) fn qualified(&mut self, qualifier: &[&Ident], column: &Ident) -> Vec<ColumnSource> {
        let written: Vec<&str> = qualifier.iter().map(|i| i.value.as_str()).collect();
        for level in self.levels.iter().rev() {
            for take in (1..=written.len()).rev() {
                let mut fits = level.relations.iter().filter(|r| named_by(r, &written[..take])).peekable();
                if fits.peek().is_none() {
                    continue;
                }
                // `t.column.field`: what follows the relation's name is the column, the rest fields of it.
                let wanted = qualifier.get(take).map_or(&column.value, |i| &i.value);
                let mut maybe = Vec::with_capacity(1);
                for relation in fits {
                    match hit(self.schema, relation, wanted) {
                        Hit::Sure(sources) => return sources.into_owned(),
                        Hit::Maybe(tables) => maybe.extend(candidate(&*tables, wanted)),
                        Hit::Last(sources) => maybe.extend_from_slice(sources),
                        Hit::Given(rows, arguments) => maybe.extend(given(rows, wanted, arguments)),
                        // The schema does not list it: the text still says whose it is.
                        Hit::No => match &relation.source {
                            Source::Table(table) => maybe.extend(candidate([table], wanted)),
                            // A field of what a table function makes.
                            Source::Made { sources, .. } => maybe.extend(sources.clone()),
                            Source::Derived(_) | Source::Given { .. } => {}
                        },
                    }
                }
                return maybe;
            }
        }
        let lower: Vec<String> = written.iter().map(|part| part.to_lowercase()).collect();
        if let Some(sources) = self.field(&lower, &column.value) {
            return sources;
        }
        if let ([only], Some(table)) = (lower.as_slice(), self.trigger_table)
            && is_pseudo(only)
        {
            return candidate([table], &column.value).into_iter().collect();
        }
        // The next number of a sequence.
        if ["nextval", "currval"].iter().any(|word| column.value.eq_ignore_ascii_case(word)) {
            return Vec::new();
        }
        // `column.field` of a structured column.
        if self.has_structs() || self.is_property(qualifier, column) {
            return self.unqualified(&qualifier[0].value);
        }
        Vec::new()
    }

    /// What the field of a record holds.
    fn field(&self, record: &[String], column: &str) -> Option<Vec<ColumnSource>> {
        let [record] = record else { return None };
        if let Some(assigned) = self.variables.get(&format!("{record}.{}", column.to_lowercase())) {
            return Some(assigned.sources.clone());
        }
        match derived(&self.variables.get(record)?.rows, column) {
            Hit::Sure(sources) => Some(sources.into_owned()),
            Hit::Maybe(tables) => Some(candidate(&*tables, column).into_iter().collect()),
            Hit::Last(_) | Hit::Given(..) | Hit::No => Some(Vec::new()),
        }
    }

    /// What `collection(i).field` is made of, when the rows of the collection tell.
    fn field_of_element(&mut self, root: &Expr, access: &[AccessExpr]) -> Option<Vec<ColumnSource>> {
        let (Expr::Function(element), [AccessExpr::Dot(Expr::Identifier(field))]) = (root, access) else { return None };
        let rows = &self.variables.get(&object_name(&element.name, self.grammar).key())?.rows;
        let found = match derived(rows, &field.value) {
            Hit::Sure(sources) => sources.into_owned(),
            Hit::Maybe(tables) => candidate(&*tables, &field.value).into_iter().collect(),
            Hit::Last(_) | Hit::Given(..) | Hit::No => return None,
        };
        let found = if self.follows() { found } else { Vec::new() };
        self.copy(found.len());
        Some(found)
    }

    /// The row that a function of rows is given by a relation's name, `to_jsonb(t)`: what it is made of.
    fn row_given<'e>(&mut self, function: &'e Function) -> Option<(&'e Ident, Vec<ColumnSource>)> {
        let FunctionArguments::List(list) = &function.args else { return None };
        let Expr::Identifier(name) = argument(list.args.first()?)? else { return None };
        let takes_rows = matches!(function.name.0.as_slice(), [ObjectNamePart::Identifier(i)] if is_one_of(&ROW_FUNCTIONS, &i.value));
        if !takes_rows || !self.grammar.is(&["postgres", "redshift", "bigquery", "duckdb"]) || !self.follows() {
            return None;
        }
        let row = self.levels.iter().rev().find_map(|l| l.relations.iter().find(|r| named_by(r, &[&name.value])))?;
        if matches!(hit(self.schema, row, &name.value), Hit::Sure(_)) {
            return None;
        }
        let sources = whole(row);
        self.copy(sources.len());
        sources.iter().for_each(|s| self.found.touch(s));
        Some((name, sources))
    }

    /// `SELECT g FROM generate_series(1, 9) AS g`, `to_json(t)`: the name of a relation that has no column of that name stands for its
    /// row.
    fn row_of(&self, level: &Level, name: &str) -> Option<Vec<ColumnSource>> {
        let relation = level.relations.iter().find(|r| matches!(r.names.as_slice(), [only] if only == name))?;
        let rows = self.grammar.is(&["postgres", "redshift", "bigquery", "duckdb"]);
        let clear = match &relation.source {
            Source::Made { .. } | Source::Given { .. } => true,
            Source::Derived(shape) => rows && matches!(derived(shape, name), Hit::No),
            // A table may have a column of its own name; one of an alias's name it hardly has, and `d.t` has no other single name.
            Source::Table(table) => rows && (table.0.len() > 1 || !table.last().eq_ignore_ascii_case(name)),
        };
        clear.then(|| whole(relation))
    }

    pub(crate) fn unqualified(&mut self, column: &str) -> Vec<ColumnSource> {
        let lower = column.to_lowercase();
        let variable = self.variables.get(&lower);
        let mut inner: Option<ColumnSource> = None;
        for (depth, level) in self.levels.iter().rev().enumerate() {
            if depth == 0
                && self.grammar.alias_first()
                && let Some(sources) = level.aliases.get(&lower).or_else(|| level.renamed.get(&lower))
            {
                return sources.clone();
            }
            let mut sure: Vec<ColumnSource> = Vec::new();
            let mut maybe: Vec<Name> = Vec::new();
            let (mut last, mut givers) = (Vec::new(), Vec::new());
            let coalesced = level.coalesced.get(&lower).copied();
            for relation in level.relations.iter().skip(coalesced.unwrap_or_default()) {
                // What is around gives no more candidates than are kept.
                if inner.is_some() && sure.len() >= MAX_CANDIDATES {
                    break;
                }
                match hit(self.schema, relation, column) {
                    Hit::Sure(found) => {
                        if sure.is_empty() || !level.merged.contains(&lower) || coalesced.is_some() {
                            merge(&mut sure, found.into_owned());
                        }
                    }
                    // Of both sides, not of one of them.
                    Hit::Maybe(tables) if coalesced.is_some() => {
                        merge(&mut sure, candidate(&*tables, column).into_iter().collect());
                    }
                    Hit::Maybe(tables) if maybe.len() < MAX_CANDIDATES => {
                        if maybe.is_empty() || !level.merged.contains(&lower) {
                            maybe.extend_from_slice(&tables);
                        }
                    }
                    Hit::Last(found) => merge(&mut last, found.to_vec()),
                    Hit::Given(rows, arguments) => {
                        let arguments = if givers.len() < MAX_TOLD_APART { arguments } else { &[] };
                        if givers.len() < MAX_CANDIDATES {
                            merge(&mut last, given(rows, column, arguments));
                            givers.push(rows);
                        }
                    }
                    Hit::Maybe(_) | Hit::No => {}
                }
            }
            if let Some(inner) = &mut inner {
                // The column is an inner relation's as long as one can have it.
                let of_tables = sure.iter().filter(|s| s.column.eq_ignore_ascii_case(column)).flat_map(|s| &s.tables).cloned();
                let left = MAX_CANDIDATES.saturating_sub(inner.outer.len());
                inner.outer.extend(of_tables.chain(maybe).take(left));
                if sure.is_empty() {
                    continue;
                }
                break;
            }
            if !sure.is_empty() || level.relations.iter().any(|r| has_constant(r, column)) {
                return sure;
            }
            if variable.is_some() {
                continue;
            }
            if let Some(row) = self.row_of(level, &lower) {
                return row;
            }
            let alias = level
                .aliases
                .get(&lower)
                .filter(|_| depth == 0 && (self.names_outputs || self.grammar.lateral_alias() || maybe.is_empty()))
                .or_else(|| level.renamed.get(&lower).filter(|_| depth == 0 && self.grammar.lateral_alias() && !level.plain));
            if let Some(sources) = alias {
                return sources.clone();
            }
            if !maybe.is_empty() {
                maybe.extend(givers.into_iter().cloned());
            }
            if let Some(source) = candidate(&maybe, column) {
                inner = Some(source);
                continue;
            }
            if !last.is_empty() {
                return last;
            }
        }
        match inner {
            Some(inner) => vec![inner],
            None => variable.map(|v| v.sources.clone()).unwrap_or_default(),
        }
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
fn is_one_of(list: &[&str], word: &str) -> bool {
    list.iter().any(|w| w.eq_ignore_ascii_case(word))
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

/// Functions that make one value of a whole row.
const ROW_FUNCTIONS: [&str; 7] = ["to_json", "to_jsonb", "row_to_json", "json_agg", "jsonb_agg", "to_json_string", "hstore"];

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

/// Whether a derived relation has this column made of nothing (a constant): found, with no sources.
pub(crate) fn has_constant(relation: &Relation, column: &str) -> bool {
    match &relation.source {
        Source::Derived(shape) => shape
            .first()
            .is_some_and(|outputs| outputs.iter().any(|o| matches!(o, Output::Column { name, .. } if name.eq_ignore_ascii_case(column)))),
        Source::Made { columns, .. } => columns.iter().any(|c| c.eq_ignore_ascii_case(column)),
        Source::Table(_) | Source::Given { .. } => false,
    }
}
