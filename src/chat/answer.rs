//! The use case: a question in, pieces out as they come, the whole answer at the end.

use super::Models;
use crate::ingest::Knowledge;
use serde::Serialize;

/// The four modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The model alone.
    Text,
    /// Top five passages.
    Semantic,
    /// Entities and paths.
    Graph,
    /// Both, several hops.
    Deep,
}

impl Mode {
    /// `text`, `semantic`, `graph`, `deep`.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Text => "text",
            Mode::Semantic => "semantic",
            Mode::Graph => "graph",
            Mode::Deep => "deep",
        }
    }

    /// The mode that [`Mode::as_str`] names.
    pub fn parse(text: &str) -> Option<Mode> {
        [Mode::Text, Mode::Semantic, Mode::Graph, Mode::Deep].into_iter().find(|m| m.as_str() == text)
    }
}

/// A question, checked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which mode.
    pub mode: Mode,
    /// Not blank.
    pub query: String,
    /// `context.project_id`; all projects when absent.
    pub project_id: Option<String>,
    /// `context.repository_id`.
    pub repository_id: Option<String>,
    /// Earlier turns, oldest first: (is the user's, text).
    pub history: Vec<(bool, String)>,
    /// Passages wanted; the mode's own number when absent.
    pub top_k: Option<usize>,
    /// A model asked for by name.
    pub model: Option<String>,
}

/// What a stream carries before the end.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Begun, with the name of who answers.
    Start {
        /// Model or `headwater-builtin`.
        model: String,
    },
    /// More text.
    Delta(String),
}

/// One source of an answer, as contract §2.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Source {
    /// `graph`, `chunk` or `doc`.
    pub r#type: String,
    /// URN.
    pub id: String,
    /// Why it is here, in words.
    pub note: String,
    /// File.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_path: Option<String>,
    /// First line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_start: Option<u32>,
    /// Last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_end: Option<u32>,
    /// Score, for passages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// More.
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// The whole answer, session and message ids apart (the HTTP layer keeps the session).
#[derive(Clone, Debug)]
pub struct Answer {
    /// Markdown.
    pub response: String,
    /// Evidence.
    pub sources: Vec<Source>,
    /// Who answered.
    pub model: String,
    /// The part of the graph it is about: project and nodes and edges in its snapshot; `None` when it is about none.
    pub graph: Option<(std::sync::Arc<crate::ingest::Snapshot>, Vec<crate::graph::NodeIx>, Vec<crate::graph::EdgeIx>)>,
    /// Two or three next questions.
    pub next_actions: Vec<String>,
    /// What the reader should know: no model was used, the answer was cut, dynamic SQL.
    pub warnings: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Error {
    /// The model asked for is unknown: its name, and the ones there are.
    UnknownModel(String, Vec<String>),
    /// Too many questions at once; seconds to wait.
    Busy(u32),
    /// The client went away.
    Cancelled,
}

/// The chat service; cheap to clone.
#[derive(Clone)]
pub struct Chat {
    /// Graph and passages.
    pub knowledge: Knowledge,
    /// The language model, if any.
    pub models: Models,
}

impl Chat {
    /// Answers. `emit` gets pieces as they come and returns `false` when nobody listens any more, which stops the model. Blocking.
    pub fn answer(&self, question: &Question, emit: &mut dyn FnMut(Piece) -> bool) -> Result<Answer, Error> {
        let _ = (question, emit);
        todo!()
    }

    /// Questions being answered now, for stats.
    pub fn active(&self) -> usize {
        todo!()
    }
}
