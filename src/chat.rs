//! From a question to an answer with evidence: intent, facts from the graph, passages from the search index, and, when there is a
//! language model, its phrasing of that same evidence. Without one the built-in answerer replies, and says so.
//!
//! ```text
//! question -> intent (rules, names resolved in the graph) -> builtin (facts as Markdown + sources) -> [model over that evidence] -> answer
//! ```

pub mod answer;
pub mod builtin;
pub mod cancel;
pub mod claim;
pub mod embedding;
pub mod evidence;
pub mod gate;
pub mod intent;
pub mod mention;
pub mod model;
pub mod ollama;
pub mod openai;
pub mod prompt;
pub mod thought;
pub mod transport;

pub use answer::{Answer, Chat, GraphPart, Mode, Piece, Question, Source, Warning};
pub use cancel::Cancel;
pub use embedding::Embeddings;
pub use model::{ModelInfo, Models};
