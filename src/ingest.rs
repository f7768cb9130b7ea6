//! From bytes to knowledge: a file is read, its facts are found, stored whole or not at all, and the indexes follow.
//!
//! ```text
//! bytes -> reader (by file type) -> Facts + chunks -> one savepoint in the store -> commit -> relink the project -> swap -> events
//! ```
//!
//! [`Knowledge`] is everything derived: an immutable [`Snapshot`] per project, swapped whole; readers see the old or the new.

pub mod changes;
pub mod chunk;
pub mod detect;
pub mod folder;
mod gather;
pub mod knowledge;
pub mod memo;
mod mend;
pub mod path;
pub mod pipeline;
pub mod progress;
pub mod reader;
pub mod relink;
mod run;
pub mod sample;
pub mod saved;
pub mod spool;
pub mod turns;
mod unready;

pub use knowledge::{Knowledge, Snapshot};
pub use pipeline::{Content, FileReport, Ingest, Limits, Placed, Report, Request, Target, Upload};

/// What to do about an empty store, for whoever asked it something: by the command and by the API.
pub const HOW_TO_BEGIN: &str = "Upload SQL files (`headwater upload .` or `POST /api/v1/files/upload`) or load the sample \
                                (`headwater serve --sample` or `POST /api/v1/sample`).";

#[cfg(test)]
mod tests;
