//! Names of columns: whose they are.

use super::from::is_pseudo;
use super::relation::{
    Hit, Level, MAX_TOLD_APART, Relation, Source, candidate, derived, given, hit, merge, named_by, values, whole, whole_rows,
};
use super::{MAX_CANDIDATES, Resolver, line_of};
use crate::lineage::variable::Variable;
use crate::lineage::{ColumnSource, Name, Output, Subtype};
use sqlparser::ast::Ident;

impl Resolver<'_> {
    /// Whether it is `$1` or its like, where that is a column.
    pub(super) fn is_number(&self, name: &str) -> bool {
        let number = name.strip_prefix('$').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        number && self.grammar.is(&["snowflake"])
    }

    /// Whether a word in lower case is a value of the system where it could be a column.
    fn is_value(&self, word: &str) -> bool {
        if word.starts_with(|c: char| c.is_ascii_digit()) && self.grammar.is(&["hive", "spark", "databricks"]) {
            // 100L, 1.5BD
            let suffix = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            return matches!(suffix, "l" | "s" | "y" | "d" | "f" | "bd");
        }
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
        if let Some(filled) = without_empty(idents) {
            return self.column(&filled);
        }
        let found = match idents {
            [] => Vec::new(),
            [only] => {
                let lower = only.value.to_lowercase();
                if only.quote_style.is_none() && self.is_value(&lower) || lower.starts_with(['@', '$', ':']) && !self.is_number(&lower) {
                    // What a variable holds was read where it was set.
                    let name = lower.trim_start_matches(':');
                    let held = self.variables.get(name).or_else(|| self.variables.get(name.strip_prefix('$')?));
                    return held.map(|v| v.sources.clone()).unwrap_or_default();
                }
                self.unqualified(&only.value)
            }
            [qualifier @ .., column] => {
                let made = self.field_made(idents);
                let mut found = made.unwrap_or_else(|| self.qualified(qualifier, column));
                if !found.is_empty() && self.is_field(idents) {
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
    pub(crate) fn is_field(&self, idents: &[Ident]) -> bool {
        if let Some(filled) = without_empty(idents) {
            return self.is_field(&filled);
        }
        let Some((column, qualifier)) = idents.split_last().filter(|(_, q)| !q.is_empty()) else { return false };
        let relation = |name| self.levels.iter().any(|l| l.relations.iter().any(|r| named_by(r, values(name))));
        let record = |name: &str| is_pseudo(name) || self.variables.contains_key(name);
        !relation(qualifier)
            && ((1..qualifier.len()).any(|n| relation(&qualifier[..n]))
                || (self.has_structs() || self.is_property(qualifier, column))
                    && !record(&qualifier[0].value.trim_start_matches(':').to_lowercase()))
    }

    /// Whether it may be T-SQL's `column.property` of a place.
    fn is_property(&self, qualifier: &[Ident], property: &Ident) -> bool {
        const PROPERTIES: [&str; 9] = ["Lat", "Long", "M", "Z", "HasM", "HasZ", "STX", "STY", "STSrid"];
        // Such names keep their case.
        self.grammar.is_tsql() && qualifier.len() == 1 && PROPERTIES.contains(&property.value.as_str())
    }

    /// Whether `column.field` may stand without the name of the relation.
    pub(super) fn has_structs(&self) -> bool {
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

    pub(crate) fn qualified(&mut self, qualifier: &[Ident], column: &Ident) -> Vec<ColumnSource> {
        for level in self.levels.iter().rev() {
            for take in (1..=qualifier.len()).rev() {
                let mut fits = level.relations.iter().filter(|r| named_by(r, values(&qualifier[..take]))).peekable();
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
                        Hit::Arms(sources) => maybe.extend(sources),
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
        let lower: Vec<String> = values(qualifier).map(|part| part.trim_start_matches(':').to_lowercase()).collect();
        if let Some(sources) = self.field(&lower, &column.value) {
            return sources;
        }
        if let ([only], Some(table)) = (lower.as_slice(), &self.trigger_table)
            && is_pseudo(only)
        {
            return candidate([table], &column.value).into_iter().collect();
        }
        // The next number of a sequence.
        if ["nextval", "currval"].iter().any(|word| column.value.eq_ignore_ascii_case(word)) {
            self.found.number(Name::new(values(qualifier)), line_of(column.span.start.line));
            return Vec::new();
        }
        // Teradata joins what is named and stands in no FROM.
        if self.grammar.is(&["teradata"]) && !self.levels.is_empty() {
            let relation = self.named(Name::new(values(qualifier)), line_of(column.span.start.line));
            self.push(relation);
            let found = self.levels.last().is_some_and(|level| level.relations.iter().any(|r| named_by(r, values(qualifier))));
            return if found { self.qualified(qualifier, column) } else { Vec::new() };
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
            Hit::Arms(sources) => Some(sources),
            Hit::Last(_) | Hit::Given(..) | Hit::No => Some(Vec::new()),
        }
    }

    /// Whether the name of a relation may stand for its row.
    pub(super) fn has_rows(&self) -> bool {
        self.grammar.is(&["postgres", "redshift", "bigquery", "duckdb"])
    }

    /// `SELECT g FROM generate_series(1, 9) AS g`, `to_json(t)`: the name of a relation that has no column of that name stands for its
    /// row.
    fn row_of(&self, level: &Level, name: &str) -> Option<Vec<ColumnSource>> {
        let relation = level.relations.iter().find(|r| r.names.last().is_some_and(|last| last == name))?;
        let rows = self.has_rows();
        let clear = match &relation.source {
            Source::Made { .. } | Source::Given { .. } => true,
            Source::Derived(shape) => rows && matches!(derived(shape, name), Hit::No),
            // A table may have a column of its own name, which linking finds out; one of an alias's name it hardly has.
            Source::Table(table) => {
                let alias = relation.names.len() == 1 && (table.0.len() > 1 || !table.last().eq_ignore_ascii_case(name));
                rows && (alias || self.schema.columns(table).is_some())
            }
        };
        clear.then(|| whole(relation, true))
    }

    pub(crate) fn unqualified(&mut self, column: &str) -> Vec<ColumnSource> {
        let lower = column.to_lowercase();
        let variable = self.variables.get(&lower);
        // In MySQL what a routine declares goes before columns.
        if let Some(held) = variable.filter(|v| v.rows.is_empty() && !v.prepared && self.grammar.is(&["mysql"])) {
            return held.sources.clone();
        }
        let mut inner: Vec<ColumnSource> = Vec::new();
        for (depth, level) in self.levels.iter().rev().enumerate() {
            if depth == 0
                && self.grammar.alias_first()
                && let Some(sources) = level.aliases.get(&lower).or_else(|| level.renamed.get(&lower))
            {
                return sources.clone();
            }
            let mut sure: Vec<ColumnSource> = Vec::new();
            let mut maybe: Vec<Name> = Vec::new();
            // What it is made of if it is of the only relation that may have it.
            let mut arms = Vec::new();
            let (mut last, mut givers) = (Vec::new(), Vec::new());
            let coalesced = level.coalesced.get(&lower).copied();
            for relation in level.relations.iter().skip(coalesced.unwrap_or_default()) {
                // What is around gives no more candidates than are kept.
                if !inner.is_empty() && sure.len() >= MAX_CANDIDATES {
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
                    Hit::Arms(sources) if coalesced.is_some() => merge(&mut sure, sources),
                    Hit::Maybe(tables) if maybe.len() < MAX_CANDIDATES => {
                        if maybe.is_empty() || !level.merged.contains(&lower) {
                            arms.clear();
                            maybe.extend_from_slice(&tables);
                        }
                    }
                    Hit::Arms(sources) if maybe.len() < MAX_CANDIDATES => {
                        if maybe.is_empty() || !level.merged.contains(&lower) {
                            let only = maybe.is_empty();
                            let so_called = sources.iter().filter(|s| s.column.eq_ignore_ascii_case(column));
                            maybe.extend(so_called.flat_map(|s| &s.tables).cloned());
                            arms = if only { sources } else { Vec::new() };
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
                    Hit::Maybe(_) | Hit::Arms(_) | Hit::No => {}
                }
            }
            if !inner.is_empty() {
                // The column is an inner relation's as long as one can have it.
                let of_tables = sure.iter().filter(|s| s.column.eq_ignore_ascii_case(column)).flat_map(|s| &s.tables).cloned();
                let around: Vec<Name> = of_tables.chain(maybe).take(MAX_CANDIDATES).collect();
                for source in &mut inner {
                    let left = MAX_CANDIDATES.saturating_sub(source.outer.len());
                    source.outer.extend(around.iter().take(left).cloned());
                }
                if sure.is_empty() {
                    continue;
                }
                break;
            }
            if !sure.is_empty() || level.relations.iter().any(|r| has_constant(r, column)) {
                return sure;
            }
            // Snowflake's variables have a colon where a column could stand, but for the parameters of a function.
            let colon = self.grammar.is(&["snowflake"]) && !level.relations.is_empty();
            if variable.is_some_and(|v| !colon || v.sources.iter().any(ColumnSource::is_argument)) {
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
                maybe.extend(givers.iter().copied().cloned());
            }
            inner = if givers.is_empty() && !arms.is_empty() { arms } else { candidate(&maybe, column).into_iter().collect() };
            if !inner.is_empty() {
                continue;
            }
            if !last.is_empty() {
                return last;
            }
        }
        if inner.is_empty() { variable.map(held).unwrap_or_default() } else { inner }
    }
}

/// What the value of a variable is made of: of a record all its fields.
fn held(variable: &Variable) -> Vec<ColumnSource> {
    let record = variable.sources.is_empty() || variable.rows.iter().any(|row| row.len() > 1);
    if record && !variable.rows.is_empty() { whole_rows(&variable.rows, true) } else { variable.sources.clone() }
}

/// A name without its empty parts (`db..t.c`), when it has any.
fn without_empty(name: &[Ident]) -> Option<Vec<Ident>> {
    let empty = |part: &Ident| part.value.is_empty();
    name.iter().any(empty).then(|| name.iter().filter(|part| !empty(part)).cloned().collect())
}

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
