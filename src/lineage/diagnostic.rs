//! What could not be read of a file, and how much that is.

use serde::{Deserialize, Serialize};

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
    /// The last line of a statement that was not understood, or in part; left out where that is [`Diagnostic::line`], or it is of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_end: Option<u32>,
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
        Diagnostic { line, line_end: None, message: message.into(), severity, cause: Cause::Text }
    }

    /// The same of a statement that ends on this line.
    #[must_use]
    pub fn through(self, line_end: u32) -> Diagnostic {
        Diagnostic { line_end: (line_end > self.line).then_some(line_end), ..self }
    }
}
