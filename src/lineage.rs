//! SQL text to lineage facts. Pure: no I/O, no clock, no knowledge of projects or of other files.
//!
//! [`analyze`] never fails: it returns what it understood and says, as [`Diagnostic`]s with lines, what it did not. What it
//! returns are *facts as this one file states them*, by name: names are not resolved against other files and `*` is not expanded
//! with other files' columns. That is [`crate::graph::link`]'s work, so that the order in which files arrive never matters and
//! taking a file away takes away exactly what it said.
//!
//! Direction: an [`Edge`] points from the consumer (`from`) to what it consumes (`to`). A view `DERIVES` from the table it reads.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What an asset is. The lower-case name ([`Kind::as_str`]) is the `type` of a node on the wire and part of its URN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A base table.
    Table,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A column of a table-like asset; its name is the asset's plus one part.
    Column,
    /// A stored procedure.
    Procedure,
    /// A function.
    Function,
    /// A trigger.
    Trigger,
    /// A sequence.
    Sequence,
    /// A synonym or alias of another object.
    Synonym,
    /// An uploaded file (code, document, data).
    File,
    /// A table-like name that something mentions and nothing defines.
    External,
}

impl Kind {
    /// Every kind, in display order.
    pub const ALL: [Kind; 11] = [
        Kind::Table,
        Kind::View,
        Kind::MaterializedView,
        Kind::Column,
        Kind::Procedure,
        Kind::Function,
        Kind::Trigger,
        Kind::Sequence,
        Kind::Synonym,
        Kind::File,
        Kind::External,
    ];

    /// `table`, `view`, `materialized_view`, …
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Table => "table",
            Kind::View => "view",
            Kind::MaterializedView => "materialized_view",
            Kind::Column => "column",
            Kind::Procedure => "procedure",
            Kind::Function => "function",
            Kind::Trigger => "trigger",
            Kind::Sequence => "sequence",
            Kind::Synonym => "synonym",
            Kind::File => "file",
            Kind::External => "external",
        }
    }

    /// The kind that [`Kind::as_str`] names, in any case.
    pub fn parse(text: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether rows can be read from it: tables, views, materialised views, synonyms and externals.
    pub fn is_relation(self) -> bool {
        matches!(self, Kind::Table | Kind::View | Kind::MaterializedView | Kind::Synonym | Kind::External)
    }

    /// Whether it is code with a body: procedures, functions, triggers.
    pub fn is_routine(self) -> bool {
        matches!(self, Kind::Procedure | Kind::Function | Kind::Trigger)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A qualified name as written, quotes removed, parts in order (`[db, schema, object]`, or fewer). Never empty.
///
/// Identity is case-insensitive ([`Name::key`]); spelling is kept for display. Shared, because one name stands with every column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(pub Arc<[String]>);

impl Name {
    /// A name of the given parts.
    pub fn new<S: Into<String>>(parts: impl IntoIterator<Item = S>) -> Name {
        Name(parts.into_iter().map(Into::into).collect())
    }

    /// The parts joined by dots, each folded to lower case.
    pub fn key(&self) -> String {
        self.0.join(".").to_lowercase()
    }

    /// The last part, as written.
    pub fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// What stands for the rows that the routine of this name gives back: `dbo.f()` for `dbo.f`. Nothing stores them; linking looks
    /// through them to what they are made of.
    #[must_use]
    pub fn rows(&self) -> Name {
        let mut parts = self.0.to_vec();
        if let Some(last) = parts.last_mut() {
            last.push_str(ROWS);
        }
        Name::new(parts)
    }

    /// As [`Name::rows`], for what comes in another way: the values of its parameters ([`PARAMETERS`]), what it puts into a temporary
    /// table of its caller's, by the lower-case name of that, or the rows that its triggers give it ([`FIRED`]).
    pub(crate) fn returned(&self, by: &str) -> Name {
        let mut parts = self.0.to_vec();
        if let Some(last) = parts.last_mut() {
            last.push(BY);
            last.push_str(by);
            last.push_str(ROWS);
        }
        Name::new(parts)
    }

    /// The way in which what it stands for comes back ([`Name::returned`]); empty for rows, and for what stands for no such thing.
    pub(crate) fn returned_by(&self) -> &str {
        let way = self.last().strip_suffix(ROWS).and_then(|last| last.split_once(BY));
        way.map_or("", |(_, by)| by)
    }

    /// Whether it stands for what a routine gives back ([`Name::rows`], `Name::returned`).
    pub fn is_rows(&self) -> bool {
        self.last().ends_with(ROWS)
    }
}

/// What the last part of [`Name::rows`] ends with.
pub(crate) const ROWS: &str = "()";

/// What stands before the way in [`Name::returned`]: no text gives a name this character.
pub(crate) const BY: char = '\u{1e}';

/// The way of [`Name::returned`] for values of parameters: a column for each, in order.
pub(crate) const PARAMETERS: &str = "parameters";

/// The way of [`Name::returned`] for the rows that a trigger function sees: the files of its triggers say which, not its own.
pub(crate) const FIRED: &str = "fired";

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// A place in the analysed text: 1-based lines, 0-based byte offsets into the UTF-8 text given to [`analyze`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First line.
    pub line: u32,
    /// Last line.
    pub line_end: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

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

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is lost.
    Info,
    /// Something was understood only in part.
    Warning,
    /// A statement was not understood at all.
    Error,
}

/// What a [`Diagnostic`] comes of, where somebody decides by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// What the text says; also of what was stored before causes were told.
    #[default]
    Text,
    /// SQL that is put together at run time and is not followed: what it touches is not in the facts.
    Dynamic,
}

impl Cause {
    fn is_text(&self) -> bool {
        *self == Cause::Text
    }
}

/// What could not be read, and where. Costs one statement at most, never the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Diagnostic {
    /// 1-based line in the file.
    pub line: u32,
    /// One sentence for the person who wrote the SQL.
    pub message: String,
    /// How much was lost.
    pub severity: Severity,
    /// What it comes of; left out when that is the text.
    #[serde(default, skip_serializing_if = "Cause::is_text")]
    pub cause: Cause,
}

impl Diagnostic {
    /// Of what the text says.
    pub fn new(line: u32, severity: Severity, message: impl Into<String>) -> Diagnostic {
        Diagnostic { line, message: message.into(), severity, cause: Cause::Text }
    }
}

/// One column of a table-like asset, as its definition says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Column {
    /// As written, quotes removed.
    pub name: String,
    /// The declared type, upper-case as the parser prints it; empty when unknown (a view's column).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub data_type: String,
    /// `Some(false)` for NOT NULL or primary keys; `None` when the text does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nullable: Option<bool>,
    /// Part of the primary key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub primary_key: bool,
    /// Declared unique on its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// The database makes its value (an identity, a computed column), and an INSERT that lists no columns passes it over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub generated: bool,
    /// The DEFAULT expression, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// COMMENT on the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// 1-based line.
    pub line: u32,
}

/// A foreign key of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Columns of this table.
    pub columns: Vec<String>,
    /// The table referred to.
    pub references: Name,
    /// Columns there; empty when the text leaves them to the primary key.
    pub referenced_columns: Vec<String>,
    /// 1-based line.
    pub line: u32,
}

/// Something that a file defines (never what it merely mentions: mentions are ends of edges).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// Table, view, procedure, …; never [`Kind::Column`], [`Kind::File`] or [`Kind::External`].
    pub kind: Kind,
    /// As defined.
    pub name: Name,
    /// The defining statement.
    pub span: Span,
    /// Columns in order, for tables, and for views when they are known. A view over `*` has its columns completed by linking.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
    /// Foreign keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// A routine's parameters and result, or a trigger's events, verbatim and short.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signature: String,
    /// COMMENT on the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What a relation between two assets means. `from` consumes `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Relation {
    /// Data of `from` is made from data of `to`: view from table, INSERT target from its sources, column from column.
    Derives,
    /// The routine or file `from` reads the relation `to`.
    Reads,
    /// The relation `from` is written (INSERT, UPDATE, MERGE, DELETE, TRUNCATE) by the routine or file `to`.
    WrittenBy,
    /// The routine, file or view `from` calls the routine `to`.
    Calls,
    /// The trigger `from` fires on the relation `to`.
    FiresOn,
    /// The table `from` has a foreign key to `to`.
    References,
    /// The column `from` belongs to the relation `to`.
    ColumnOf,
    /// The asset `from` is defined in the file `to`.
    DefinedIn,
    /// The document or file `from` mentions `to` by name.
    Mentions,
}

impl Relation {
    /// Every relation.
    pub const ALL: [Relation; 9] = [
        Relation::Derives,
        Relation::Reads,
        Relation::WrittenBy,
        Relation::Calls,
        Relation::FiresOn,
        Relation::References,
        Relation::ColumnOf,
        Relation::DefinedIn,
        Relation::Mentions,
    ];

    /// `DERIVES`, `READS`, `WRITTEN_BY`, … as on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Relation::Derives => "DERIVES",
            Relation::Reads => "READS",
            Relation::WrittenBy => "WRITTEN_BY",
            Relation::Calls => "CALLS",
            Relation::FiresOn => "FIRES_ON",
            Relation::References => "REFERENCES",
            Relation::ColumnOf => "COLUMN_OF",
            Relation::DefinedIn => "DEFINED_IN",
            Relation::Mentions => "MENTIONS",
        }
    }

    /// The relation that [`Relation::as_str`] names, in any case.
    pub fn parse(text: &str) -> Option<Relation> {
        Relation::ALL.into_iter().find(|r| r.as_str().eq_ignore_ascii_case(text))
    }
}

/// One column that feeds an output. When the text alone cannot tell whose it is, `tables` holds every candidate in scope and
/// linking picks those that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSource {
    /// Candidate relations, never empty; one when the text is clear.
    pub tables: Vec<Name>,
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
            tables: vec![table],
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

    /// Whether both are the same columns, whatever part they take.
    pub(crate) fn meets(&self, other: &ColumnSource) -> bool {
        self.column.eq_ignore_ascii_case(&other.column) && self.tables == other.tables && self.unless == other.unless
    }
}

/// The column of [`ColumnSource::argument`]: no text gives a column this name.
pub(crate) const ARGUMENT: &str = "$";

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

/// A relation at asset level that a statement states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// What it means.
    pub relation: Relation,
    /// The consumer. `None`: the file itself (a script that reads a table outside any routine).
    pub from: Option<Name>,
    /// What is consumed. `None`: the file itself (`WRITTEN_BY` this script).
    pub to: Option<Name>,
    /// 1-based line of the mention.
    pub line: u32,
    /// 1.0 parsed; ≤ 0.5 salvaged from tokens of a statement that did not parse.
    pub confidence: f32,
}

/// One statement of the file, in order, bodies of routines included (their statements carry `owner`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// `SELECT`, `INSERT`, `CREATE VIEW`, `MERGE`, …, upper-case.
    pub kind: String,
    /// Where it stands.
    pub span: Span,
    /// The routine or trigger whose body holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Name>,
    /// Relations read (CTEs and temporaries looked through), in order of mention, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Name>,
    /// Relations written or defined, each once. Temporaries are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<Name>,
    /// Routines called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Name>,
    /// Column-level flow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub projections: Vec<Projection>,
    /// Every column touched, `*` where no schema lets it be expanded (for `read_columns`); and those that decide on rows once more as that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns_read: Vec<ColumnSource>,
    /// 1.0 parsed; ≤ 0.5 salvaged by token scan; 0 not understood (a diagnostic says so).
    pub confidence: f32,
}

/// Everything one file says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The dialect used, an id of [`dialect::DIALECTS`]; empty for files that are not SQL.
    pub dialect: String,
    /// Definitions, in order.
    pub assets: Vec<Asset>,
    /// Statements, in order.
    pub statements: Vec<Statement>,
    /// Relations at asset level, in order; the same relation may be stated more than once.
    pub edges: Vec<Edge>,
    /// What was not understood.
    pub diagnostics: Vec<Diagnostic>,
    /// Share of the tokens (comments apart) that stand inside statements understood, 0 to 1; 1 for an empty file.
    pub coverage: f32,
    /// Relations that are not what is defined under a shorter name: those of dbt's `source`, after which models are often called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<Name>,
}

impl Facts {
    /// How many statements were not understood at all (confidence 0).
    pub fn statements_failed(&self) -> usize {
        self.statements.iter().filter(|s| s.confidence == 0.0).count()
    }
}

mod define;
pub mod dialect;
mod draft;
mod engine;
mod expr;
mod few;
mod flow;
pub mod highlight;
mod home;
mod parse;
mod rewrite;
mod routine;
mod salvage;
mod scope;
pub mod script;
mod source;
mod split;
mod statement;
mod token;
mod unit;
mod variable;

pub use few::Few;
pub use flow::{Flow, Subtype, Subtypes};

/// Reads `text` as SQL in `dialect` (an id or alias of [`dialect::DIALECTS`], or `auto`).
///
/// Never fails, never panics; time is linear in the text, nesting deeper than [`MAX_NESTING`] costs the statement (a diagnostic).
pub fn analyze(text: &str, dialect: &str) -> Facts {
    analyze_with(text, dialect, &scope::Schema::default()).0
}

/// Two columns that a condition holds against each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The one.
    pub left: ColumnSource,
    /// The other.
    pub right: ColumnSource,
    /// 1-based line of the text on which the query begins.
    pub line: u32,
}

/// The pairs of columns by which the statements of `text` join relations: those that ON, USING and NATURAL hold against each other, and
/// those that WHERE holds to be equal. Through subqueries and CTEs, as [`analyze`] reads them.
pub fn joins(text: &str, dialect: &str) -> Vec<Join> {
    let schema = scope::Schema::default();
    let mut engine = engine_of(text, dialect, &schema);
    engine.joins = Some(std::cell::RefCell::default());
    read(&mut engine, text);
    engine.joins.take().map(std::cell::RefCell::into_inner).unwrap_or_default()
}

/// The work that [`analyze`] does on `text`, in tokens read, parsed and looked at: what holds it to linear time in tests, which
/// cannot ask a clock.
pub fn steps(text: &str, dialect: &str) -> usize {
    engine_for(text, dialect, &scope::Schema::default()).steps()
}

/// Deepest nesting of one statement that is parsed: measured, 400 takes 40-deep subqueries and 60-deep CASE; stacks are sized for it.
pub const MAX_NESTING: usize = 400;

/// Longest text analysed: offsets are 32 bits wide.
const MAX_TEXT: usize = u32::MAX as usize / 2;

/// [`analyze`] with columns known from elsewhere, and what happened in order.
fn analyze_with(text: &str, dialect: &str, schema: &scope::Schema) -> (Facts, Vec<draft::Event>) {
    engine_for(text, dialect, schema).close()
}

/// An engine that has read `text`.
fn engine_for<'a>(text: &'a str, dialect: &str, schema: &'a scope::Schema) -> engine::Engine<'a> {
    let mut engine = engine_of(text, dialect, schema);
    read(&mut engine, text);
    engine
}

/// An engine that is to read `text`.
fn engine_of<'a>(text: &'a str, dialect: &str, schema: &'a scope::Schema) -> engine::Engine<'a> {
    let (grammar, complaint) = dialect::Grammar::choose(dialect, text);
    let mut engine = engine::Engine::new(text, grammar, schema);
    if let Some(message) = complaint {
        engine.diagnose(1, Severity::Warning, message);
    }
    engine
}

fn read(engine: &mut engine::Engine<'_>, text: &str) {
    let grammar = engine.grammar;
    if text.len() > MAX_TEXT {
        engine.diagnose(1, Severity::Error, format!("The text is longer than {MAX_TEXT} bytes: split it."));
        return;
    }
    let source = source::prepare(text, grammar);
    let parameters = grammar.is(&["clickhouse"]) && text.contains(":Identifier}");
    engine.templates = source::is_template(text) || !source.holes.is_empty() || parameters;
    let mut tokens = token::Tokens::read(&source.text, grammar, 0, 1);
    tokens.fill(&source.holes, &source.text, grammar, 0);
    for (line, message) in &tokens.errors {
        engine.diagnose(*line, Severity::Warning, format!("Not closed or not SQL here: {message}"));
    }
    engine.tokens += tokens.list.len() + tokens.dropped;
    engine.lost += tokens.dropped;
    engine.look_for_catalogs(&tokens);
    let mut from = 0;
    for cut in source.cuts.iter().copied().chain([usize::MAX]) {
        let to = from + tokens.list[from..].partition_point(|t| (t.start as usize) < cut);
        engine.script(&tokens, from, to, &mut draft::Context::default());
        from = to;
    }
    engine.count(tokens.list.len() + tokens.looked_at());
}

#[cfg(test)]
mod tests;
