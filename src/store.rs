//! The truth, in SQLite: projects, repositories, links, files with their bytes and facts, runs, chat sessions, settings.
//!
//! One thread owns the only write connection ([`Store::write`]): jobs queue up, those waiting together share one transaction, each
//! in a savepoint of its own, and each is answered only after the commit that holds it is durable (`synchronous=FULL`). Reads use a
//! small pool of read-only connections on blocking threads ([`Store::read`]).
//!
//! SQL lives in the files below, one per subject; each is plain functions over a [`Connection`].

pub mod chats;
pub mod files;
pub mod links;
pub mod projects;
pub mod runs;
pub mod schema;
pub mod settings;

use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

/// What can go wrong in the store. Knows no HTTP.
#[derive(Debug)]
pub enum Error {
    /// Nothing has this id; what it was, and the id.
    NotFound(&'static str, String),
    /// The id or name is taken; a sentence.
    Conflict(String),
    /// The request contradicts the store (a repository of another project); a sentence.
    Invalid(String),
    /// The disk is full.
    Full,
    /// The store cannot be written (read-only, I/O error); what SQLite said.
    Unwritable(String),
    /// The store was made by a newer version: its schema version, and ours.
    Newer(i64, i64),
    /// Anything else SQLite says.
    Sqlite(rusqlite::Error),
    /// The store is closing; no more writes are taken.
    Closed,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::NotFound(what, id) => write!(f, "{what} '{id}' not found"),
            Error::Conflict(m) | Error::Invalid(m) => f.write_str(m),
            Error::Full => f.write_str("the disk is full"),
            Error::Unwritable(m) => write!(f, "the store cannot be written: {m}"),
            Error::Newer(theirs, ours) => {
                write!(f, "the store has schema version {theirs}, this program knows {ours}: run the newer headwater again")
            }
            Error::Sqlite(e) => write!(f, "store: {e}"),
            Error::Closed => f.write_str("the store is closing"),
        }
    }
}

impl std::error::Error for Error {}

/// The store's result.
pub type Result<T> = std::result::Result<T, Error>;

/// Handle to the store; cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner;

impl Store {
    /// Opens (or creates) `dir/headwater.db`, migrates it, makes the `default` project. Blocking.
    pub fn open(dir: &Path) -> Result<Store> {
        let _ = dir;
        let _ = Store(Arc::new(Inner)).0;
        todo!()
    }

    /// Runs `f` on a read connection, on a blocking thread.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        self.read_blocking(f)
    }

    /// Runs `f` on a read connection, on this thread.
    pub fn read_blocking<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let _ = f;
        todo!()
    }

    /// Queues `f` for the writer and waits until what it wrote is durable. An error rolls back what `f` did and nothing else.
    pub async fn write<T: Send + 'static>(&self, f: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        self.write_blocking(f)
    }

    /// As [`Store::write`], blocking this thread.
    pub fn write_blocking<T: Send + 'static>(&self, f: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let _ = f;
        todo!()
    }

    /// Finishes queued writes, checkpoints the WAL, closes. Later writes answer [`Error::Closed`]. Blocking.
    pub fn close(&self) {
        todo!()
    }

    /// Bytes of the database file and its WAL on disk.
    pub fn size_bytes(&self) -> u64 {
        todo!()
    }

    /// Writes waiting for the writer, for `/metrics`.
    pub fn queue_depth(&self) -> usize {
        todo!()
    }
}
