//! From a question to an answer with evidence: intent, facts from the graph, passages from the search index, and, when there is a
//! language model, its phrasing of that same evidence. Without one the built-in answerer replies, and says so.

pub mod answer;
pub mod builtin;
pub mod evidence;
pub mod intent;
pub mod model;
pub mod ollama;
pub mod openai;
pub mod prompt;

pub use answer::{Answer, Chat, Mode, Piece, Question};
pub use model::{ModelInfo, Models};
