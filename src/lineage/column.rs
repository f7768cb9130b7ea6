//! What columns are made of, by the names that one file has for them.

use super::{BY, Few, Name, Single, Span, Subtype};
use serde::{Deserialize, Serialize};

/// Earlier stores hold the line alone.
fn span_or_line<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Place {
        Span(Span),
        Line(u32),
    }
    Ok(match Place::deserialize(deserializer)? {
        Place::Span(span) => span,
        Place::Line(line) => Span { line, line_end: line, ..Span::default() },
    })
}

/// One column that feeds an output. When the text alone cannot tell whose it is, `tables` holds every candidate in scope and
/// linking picks those that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSource {
    /// Candidate relations, never empty; one when the text is clear.
    pub tables: Single<Name>,
    /// For a column of a subquery: relations of the queries around it, whose column it is when no candidate can have it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub outer: Few<Name>,
    /// The column, or `*` for all (`COUNT(*)`, a star that only linking can expand). Of what a routine gives back also a place, as `placed` reads
    /// them.
    pub column: String,
    /// It is an argument of table functions: it takes part only as far as nothing says what these columns of theirs are made of.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unless: Few<(Name, String)>,
    /// How it takes part.
    #[serde(alias = "flow")]
    pub subtype: Subtype,
}

fn is_none<T>(list: &Few<T>) -> bool {
    list.is_empty()
}

impl ColumnSource {
    /// A column of one relation, copied.
    pub(crate) fn of(table: Name, column: impl Into<String>) -> ColumnSource {
        ColumnSource {
            tables: Single::One(table),
            outer: Few::default(),
            column: column.into(),
            unless: Few::default(),
            subtype: Subtype::Identity,
        }
    }

    /// In a function's body: what the function is called with, which only its callers know.
    pub(crate) fn argument(rows: &Name) -> ColumnSource {
        ColumnSource::of(rows.clone(), ARGUMENT)
    }

    /// Whether it is what the function is called with in whose body it stands.
    pub(crate) fn is_argument(&self) -> bool {
        self.column == ARGUMENT
    }

    /// In a routine's body: what it is called with for a parameter, as its callers say.
    pub(crate) fn passed(routine: &Name, which: &str) -> ColumnSource {
        ColumnSource::of(routine.passed(which), place(0, None))
    }

    /// Whether it is what a routine is called with for one of its parameters.
    pub(crate) fn is_passed(&self) -> bool {
        self.tables.first().is_some_and(Name::is_passed)
    }

    /// A row of a table as one value: all columns that it has, but for some.
    pub(crate) fn row(table: Name, except: &[String]) -> ColumnSource {
        let mut column = ROW.to_owned();
        for name in except {
            column.push(BY);
            column.push_str(name);
        }
        ColumnSource { subtype: Subtype::Transformation, ..ColumnSource::of(table, column) }
    }

    /// Whether it is a whole row.
    pub(crate) fn is_row(&self) -> bool {
        self.column.starts_with(ROW)
    }

    /// Whether a whole row has this column of its table.
    pub(crate) fn has(&self, column: &str) -> bool {
        !self.column.split(BY).skip(1).any(|gone| same(gone, column))
    }

    /// The relation that its name alone may mean: `t` for a row of the table `t`, which then has no column so called.
    pub(crate) fn called_like(&self) -> Option<&Name> {
        self.tables.iter().find(|table| same(table.last(), &self.column))
    }

    /// Whether both are the same columns, whatever part they take.
    pub(crate) fn meets(&self, other: &ColumnSource) -> bool {
        self.column.eq_ignore_ascii_case(&other.column) && self.tables == other.tables && self.unless == other.unless
    }
}

/// The column of [`ColumnSource::argument`]: no text gives a column this name.
pub(crate) const ARGUMENT: &str = "$";

/// What the column of [`ColumnSource::row`] begins with. Not `*`, which takes no column of rows that are counted, or one of those that nobody knows.
const ROW: &str = "$*";

/// The column at a place (from 0) in what a routine gives back, for whoever gives it a name of his own: `$2`, or `$2/3` where only
/// results of three columns are taken.
pub(crate) fn place(at: usize, of: Option<usize>) -> String {
    of.map_or_else(|| format!("${}", at + 1), |of| format!("${}/{of}", at + 1))
}

/// The place and the number of columns that [`place`] wrote.
pub(crate) fn placed(column: &str) -> Option<(usize, Option<usize>)> {
    let text = column.strip_prefix('$')?;
    let (at, of) = text.split_once('/').map_or((text, None), |(at, of)| (at, Some(of)));
    Some((at.parse::<usize>().ok()?.checked_sub(1)?, of.map(str::parse).transpose().ok()?))
}

/// One output of a query, in SELECT-list order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// A column with a name and what it is made of.
    Column {
        /// Alias, column name, or the expression's own text.
        name: String,
        /// The columns it is made of; empty for constants.
        sources: Vec<ColumnSource>,
        /// The expression verbatim; empty for a plain copy of a stored column. A copy of what a CTE, subquery or temporary makes has
        /// the expression there.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        expression: String,
        /// Where the expression stands.
        #[serde(alias = "line", deserialize_with = "span_or_line")]
        span: Span,
    },
    /// `*` or `t.*` over a relation whose columns are not known here.
    Star(Star),
}

/// One output for each column of a relation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Star {
    /// The relation whose columns stand here.
    pub table: Name,
    /// Columns left out (`EXCEPT`, `EXCLUDE`, a `USING` column already shown).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// Columns that stand under another name: the relation's first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rename: Vec<(String, String)>,
    /// Outputs that stand in the places of the columns of their names (`REPLACE`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replace: Vec<Output>,
    /// 1-based line.
    pub line: u32,
}

impl Star {
    /// All columns of `table`.
    pub fn of(table: Name, line: u32) -> Star {
        Star { table, line, ..Star::default() }
    }

    /// Whether the column `name` of the relation does not stand here.
    pub fn leaves_out(&self, name: &str) -> bool {
        self.except.iter().any(|e| same(e, name))
    }

    /// The name under which the relation's column `name` stands here.
    pub fn shown<'a>(&'a self, name: &'a str) -> &'a str {
        self.rename.iter().find(|(old, _)| same(old, name)).map_or(name, |(_, new)| new)
    }

    /// What stands here in the place of the column `name`.
    pub fn replaced(&self, name: &str) -> Option<&Output> {
        self.replace.iter().find(|o| matches!(o, Output::Column { name: n, .. } if same(n, name)))
    }
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || !(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase()
}

/// Column-level flow of one statement into one relation: by position into `columns` when given, else by position into the
/// target's own columns when these are known, else by output name. Several branches are the arms of a set operation, each mapped
/// by position onto the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Projection {
    /// The relation written or defined.
    pub target: Name,
    /// An explicit column list (`INSERT INTO t (a, b)`, `CREATE VIEW v (a, b)`); UPDATE and MERGE give one each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Outputs go to the columns of their names whatever their places (`INSERT … BY NAME`, `INSERT *` of a MERGE).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_name: bool,
    /// One list of outputs for each arm; never empty.
    pub branches: Vec<Vec<Output>>,
    /// Columns that filter, join, group or order the whole (indirect, for every output).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indirect: Vec<ColumnSource>,
}
