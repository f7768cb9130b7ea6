//! What one file states: what it defines, its statements, and the relations between what it names.

use super::{ColumnSource, Diagnostic, Name, Output, Projection};
use serde::{Deserialize, Serialize};
use std::fmt;

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

impl AsRef<str> for Kind {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place in the analysed text: 1-based lines, 0-based byte offsets into the UTF-8 text given to [`analyze`](super::analyze).
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
    /// For its database it is another than what is called the same in another case: so are names in quotes, of dialects that fold those
    /// without, and names of dialects that fold none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exact: bool,
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
    /// The dialect used, an id of [`dialect::DIALECTS`](super::dialect::DIALECTS); empty for files that are not SQL.
    pub dialect: String,
    /// Definitions, in order.
    pub assets: Vec<Asset>,
    /// What it says of relations and columns that it does not define (COMMENT ON, ADD PRIMARY KEY, ALTER COLUMN): only what is said is
    /// filled in, and holds over what the definition says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alters: Vec<Asset>,
    /// Statements, in order.
    pub statements: Vec<Statement>,
    /// Relations at asset level, in order; the same relation may be stated more than once.
    pub edges: Vec<Edge>,
    /// What was not understood.
    pub diagnostics: Vec<Diagnostic>,
    /// Share of the tokens (comments apart) that stand inside statements understood, 0 to 1; 1 for an empty file.
    pub coverage: f32,
    /// How many tokens of SQL that is a share of; 0 also of what was read before they were counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tokens: u32,
    /// Relations that are not what is defined under a shorter name: those of dbt's `source`, after which models are often called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<Name>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Facts {
    /// Gives back the room that the long lists have beyond what they hold: while these are made that is a third of all, and then they are kept.
    pub fn shrink_to_fit(&mut self) {
        for asset in self.assets.iter_mut().chain(&mut self.alters) {
            asset.columns.shrink_to_fit();
        }
        for statement in &mut self.statements {
            [&mut statement.reads, &mut statement.writes, &mut statement.calls].into_iter().for_each(Vec::shrink_to_fit);
            statement.columns_read.shrink_to_fit();
            statement.projections.shrink_to_fit();
            for projection in &mut statement.projections {
                projection.columns.iter_mut().for_each(Vec::shrink_to_fit);
                projection.indirect.shrink_to_fit();
                projection.branches.shrink_to_fit();
                for branch in &mut projection.branches {
                    branch.shrink_to_fit();
                    for output in branch {
                        if let Output::Column { sources, .. } = output {
                            sources.shrink_to_fit();
                        }
                    }
                }
            }
        }
        self.assets.shrink_to_fit();
        self.statements.shrink_to_fit();
        self.edges.shrink_to_fit();
    }

    /// How many statements were not understood at all (confidence 0).
    pub fn statements_failed(&self) -> usize {
        self.statements.iter().filter(|s| s.confidence == 0.0).count()
    }
}
