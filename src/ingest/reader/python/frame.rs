//! Columns of data frames: what a method does to a frame is said in SQL about the query that gives its rows.
//!
//! `df.select("a", F.sum("b").alias("c"))` of the rows of `q` becomes `SELECT r.a, sum(r.b) AS c FROM (q) r`, so that one analysis follows
//! the columns of both. An expression counts for the columns that it names and is shown as the script has it. What is not understood
//! leaves a frame whose tables are known and whose columns are not.

mod query;

use super::Script;
use super::call::{Arguments, Chain};
use super::tokens::{Token, written};
use super::value::Value;
use crate::lineage::{Name, is_built_in};
use std::collections::BTreeSet;
use std::rc::Rc;

/// An expression of columns: whose frame they are is known where it is used.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Columns that it is made of.
    pub names: BTreeSet<String>,
    /// It is more than the copy of one column.
    pub made: bool,
    /// It makes one value of several rows.
    pub aggregate: bool,
    /// The name that it is given.
    alias: Option<String>,
    /// It is an expression of SQL.
    sql: Option<String>,
    /// As the script has it.
    pub text: String,
}

impl Columns {
    /// One column.
    pub fn copy(name: &str) -> Columns {
        Columns { names: BTreeSet::from([name.to_owned()]), text: name.to_owned(), ..Columns::default() }
    }

    /// What is made of both.
    pub fn with(&self, other: &Columns) -> Columns {
        let names = self.names.union(&other.names).take(MAX_NAMES).cloned().collect();
        Columns { names, made: true, aggregate: self.aggregate || other.aggregate, ..Columns::default() }
    }
}

/// Columns that one expression names: more are written by programs, not by people.
const MAX_NAMES: usize = 256;

/// What the rows of a frame go by in the query about them.
pub const ROWS: &str = "headwater_rows";

/// Functions and methods of columns that make one value of several rows.
const AGGREGATES: [&str; 22] = [
    "sum",
    "avg",
    "mean",
    "max",
    "min",
    "count",
    "countDistinct",
    "count_distinct",
    "sumDistinct",
    "approx_count_distinct",
    "collect_list",
    "collect_set",
    "first",
    "last",
    "stddev",
    "std",
    "variance",
    "var",
    "median",
    "n_unique",
    "nunique",
    "quantile",
];
/// Modules of functions whose strings are columns.
pub(super) const MODULES: [&str; 2] = ["pyspark.sql.functions", "snowflake.snowpark.functions"];

/// Names under which scripts import those of Spark, and functions of which all are.
const FUNCTIONS: [&str; 7] = ["F", "f", "fn", "sf", "psf", "functions", "Window"];
const VARIADIC: [&str; 8] = ["coalesce", "concat", "greatest", "least", "array", "struct", "partitionBy", "orderBy"];
/// Functions of Spark that take a word first and columns then.
const WORD_FIRST: [&str; 3] = ["concat_ws", "date_trunc", "format_string"];
/// Attributes of a frame that are no columns.
const ATTRIBUTES: [&str; 22] = [
    "write",
    "writeStream",
    "read",
    "rdd",
    "na",
    "stat",
    "columns",
    "schema",
    "dtypes",
    "index",
    "values",
    "shape",
    "size",
    "loc",
    "iloc",
    "str",
    "dt",
    "plot",
    "T",
    "sparkSession",
    "lazyframe",
    "style",
];

/// Whether it can stand behind a dot in SQL without quotes.
fn is_name(name: &str) -> bool {
    name.len() <= 128 && name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The column of a frame that an attribute is.
pub fn attribute(frame: &Value, rest: &str) -> Option<Value> {
    let name = rest.strip_prefix('.')?;
    let column = frame.query.is_some() && frame.columns.is_none() && is_name(name) && !ATTRIBUTES.contains(&name);
    column.then(|| Value { columns: Some(Rc::new(Columns::copy(name))), tables: frame.tables.clone(), ..Value::default() })
}

impl Script<'_> {
    /// What an expression in an argument or behind an assignment is made of, with its text.
    pub(super) fn told(&mut self, value: &mut Value, tokens: &[Token]) {
        let length = |token: &Token| if let Token::Text(text) = token { text.text.len() } else { 8 };
        if let Some(columns) = value.columns.as_mut().filter(|c| c.made && c.sql.is_none())
            && value.query.is_none()
        {
            // The name that it is given is no part of it.
            let named = matches!(tokens, [.., Token::Name(name, _), Token::Punct('('), Token::Text(_), Token::Punct(')')]
                if columns.alias.is_some() && [".alias", ".name", ".label"].contains(&name.as_str()));
            let tokens = if named { &tokens[..tokens.len() - 4] } else { tokens };
            let text = if self.left > tokens.iter().map(length).sum() { written(tokens) } else { String::new() };
            self.left = self.left.saturating_sub(text.len());
            Rc::make_mut(columns).text = text;
        }
    }

    /// What the call of a function or method gives that takes or makes expressions of columns.
    pub(super) fn expression_of(&self, function: &str, chain: &Chain, on: &Value, arguments: &Arguments) -> Option<Columns> {
        if let (true, Some(name)) = (matches!(function, "col" | "column") && on.columns.is_none(), arguments.text(0, &[])) {
            return self.column(name).map(|name| Columns::copy(&name));
        }
        if function == "expr" && on.columns.is_none() {
            return Some(Columns { sql: Some(self.unaliased(arguments.text(0, &[])?)), made: true, ..Columns::default() });
        }
        if function == "lit" && on.columns.is_none() {
            return Some(Columns { made: true, ..Columns::default() });
        }
        if let (Some(own), "alias" | "name" | "label") = (&on.columns, function) {
            return Some(Columns { alias: arguments.text(0, &[]).map(str::to_owned), ..Columns::clone(own) });
        }
        let mut all = on.columns.as_deref().cloned();
        let mut join =
            |columns: &Columns| all = Some(all.as_ref().map_or_else(|| Columns { made: true, ..columns.clone() }, |a| a.with(columns)));
        let window = chain.begins(&["Window"]);
        let known = AGGREGATES.contains(&function) || is_built_in(&Name::new([function]));
        let imported = self.imported.contains(function) || known && self.imported.contains("*");
        let functions = chain.begins(&FUNCTIONS) || imported && chain.begins(&[function]);
        let strings = (window || on.columns.is_none() && functions) && !matches!(function, "rowsBetween" | "rangeBetween");
        let named = |place: usize| (place == 0) != WORD_FIRST.contains(&function) || place > 0 && VARIADIC.contains(&function);
        for (place, (key, value)) in arguments.0.iter().enumerate() {
            match (&value.columns, &value.text) {
                (Some(columns), _) if value.query.is_none() => join(columns),
                (None, Some(text)) if strings && named(place) && key != "format" => {
                    self.column(&text.text).iter().for_each(|name| join(&Columns::copy(name)));
                }
                // Of what is not known it may be made as well.
                (None, None) if !value.tables.is_empty() => return None,
                _ => {}
            }
        }
        if all.is_none() && strings {
            all = Some(Columns::default());
        }
        let all = all?;
        let aggregate = all.aggregate || AGGREGATES.contains(&function);
        Some(Columns { made: true, aggregate, sql: None, alias: None, ..all })
    }

    /// The column that a string names, which may be a field of one, or begin with what a frame is called.
    fn column(&self, written: &str) -> Option<String> {
        let known = |(alias, rest): (&str, &'_ str)| self.aliases.contains(alias).then(|| rest.to_owned());
        let name = written.split_once('.').and_then(known).unwrap_or_else(|| written.to_owned());
        name.split('.').all(is_name).then_some(name)
    }

    /// SQL in which columns begin with what frames are called, without that.
    fn unaliased(&self, sql: &str) -> String {
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        let mut out = String::with_capacity(sql.len());
        let mut rest = sql;
        while let Some(start) = rest.find(inside).filter(|_| !self.aliases.is_empty()) {
            let end = rest[start..].find(|c| !inside(c)).map_or(rest.len(), |length| start + length);
            let qualifies = rest[end..].starts_with('.') && self.aliases.contains(&rest[start..end]) && !rest[..start].ends_with('.');
            out.push_str(&rest[..if qualifies { start } else { end }]);
            rest = &rest[end + usize::from(qualifies)..];
        }
        out + rest
    }

    /// The columns that a value names.
    fn keys(&self, on: &Value, value: &Value) -> Option<Vec<String>> {
        if let Some(columns) = value.columns.as_ref().filter(|c| !c.made && value.tables.is_subset(&on.tables)) {
            return Some(columns.names.iter().cloned().collect());
        }
        if value.text.is_none() && value.items.is_empty() {
            return None;
        }
        let names: Vec<String> = match &value.text {
            Some(text) => vec![text.text.clone()],
            None => value.items.iter().map(|(_, item)| self.keys(on, item)).collect::<Option<Vec<_>>>()?.concat(),
        };
        names.iter().all(|name| is_name(name)).then_some(names)
    }

    /// Values as items of a select list.
    fn items(&mut self, on: &Value, values: &mut dyn Iterator<Item = &Value>) -> Option<Vec<String>> {
        let mut list = Vec::new();
        for value in values {
            if value.text.is_none() && value.columns.is_none() && !value.items.is_empty() {
                list.extend(self.items(on, &mut value.items.iter().map(|(_, item)| item))?);
            } else {
                list.push(self.item(on, value, None)?);
            }
        }
        if list.len() > MAX_NAMES {
            let line = values_line(on);
            self.give_up(line, "more columns are listed than are followed");
        }
        (!list.is_empty() && list.len() <= MAX_NAMES).then_some(list)
    }

    fn item(&mut self, on: &Value, value: &Value, name: Option<&str>) -> Option<String> {
        if let Some(text) = &value.text {
            return match text.text.as_str() {
                "*" => Some(format!("{ROWS}.*")),
                column => Some(format!("{ROWS}.{}{}", self.column(column)?, named(name)?)),
            };
        }
        let columns = value.columns.clone().filter(|_| value.query.is_none() && value.tables.is_subset(&on.tables))?;
        let name = name.or(columns.alias.as_deref());
        // What it is called without a name depends on the library.
        (name.is_some() || !columns.made).then_some(())?;
        Some(self.sql_of(&columns) + &named(name)?)
    }

    /// An expression in SQL.
    fn sql_of(&mut self, columns: &Columns) -> String {
        if let Some(sql) = &columns.sql {
            return sql.clone();
        }
        let list = columns.names.iter().map(|name| format!("{ROWS}.{name}")).collect::<Vec<_>>().join(", ");
        match (columns.made, columns.aggregate) {
            (false, _) => list,
            (true, false) => format!("{}({list})", self.session.made(&columns.text)),
            (true, true) => format!("sum({}({list}))", self.session.made(&columns.text)),
        }
    }
}

/// Where the query of a frame stands.
fn values_line(frame: &Value) -> u32 {
    frame.query.as_ref().map_or(1, |query| query.lines.last().copied().unwrap_or(1))
}

fn named(name: Option<&str>) -> Option<String> {
    match name {
        None => Some(String::new()),
        Some(name) => is_name(name).then(|| format!(" AS {name}")),
    }
}
