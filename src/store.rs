//! The truth, in SQLite: projects, repositories, links, files with their bytes and facts, runs, chat sessions, settings.
//!
//! One thread owns the only write connection ([`Store::write`]): jobs queue up, those waiting together share one transaction, each
//! in a savepoint of its own, and each is answered only after the commit that holds it is durable (`synchronous=FULL`). Reads use a
//! small pool of read-only connections on blocking threads ([`Store::read`]).
//!
//! SQL lives in the files below, one per subject; each is plain functions over a [`Connection`].

pub mod chats;
pub mod check;
mod condition;
pub mod copy;
pub mod files;
pub mod links;
mod mount;
mod place;
mod pool;
pub mod projects;
pub mod runs;
pub mod schema;
pub mod settings;
pub mod vectors;
mod writer;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The database's name in its folder.
pub const FILE: &str = "headwater.db";
/// The file whose lock says that a process uses the folder.
pub const LOCK_FILE: &str = "headwater.lock";
/// The file that is made anew beside it whenever a copy was taken: its time is that copy's.
const COPIED_FILE: &str = "headwater.copied";
/// The folder of saved graphs beside it.
pub const GRAPHS_FOLDER: &str = "graphs";
/// The folder of uploads that wait beside it.
pub const SPOOL_FOLDER: &str = "spool";

/// How long SQLite waits for a lock that another program holds (a backup, an operator with sqlite3).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Prepared statements kept by each connection: more than there are distinct hot ones.
const STATEMENTS_CACHED: usize = 64;
/// The WAL is cut back to this after a checkpoint, so that one large upload does not keep its size on disk for ever.
const WAL_BYTES: i64 = 16 << 20;
/// Pages of the WAL from which on the writer copies them into the database after a commit: the same number of bytes. A large upload writes
/// the same pages of indexes again and again, and each is copied once.
const WAL_PAGES: i64 = WAL_BYTES >> 12;

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
    /// Another process uses this folder.
    InUse(PathBuf),
    /// The store was made by a newer version: its schema version, and ours.
    Newer(i64, i64),
    /// Anything else SQLite says.
    Sqlite(rusqlite::Error),
    /// A row holds what this program cannot have written; which, and why.
    Corrupt(String),
    /// A job panicked; what it said. What it wrote was rolled back.
    Panicked(String),
    /// The store is closing; no more work is taken.
    Closed,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::NotFound(what, id) => write!(f, "{what} '{id}' not found"),
            Error::Conflict(m) | Error::Invalid(m) => f.write_str(m),
            Error::Full => f.write_str("the disk is full"),
            Error::Unwritable(m) => write!(f, "the store cannot be written: {m}"),
            Error::InUse(dir) => {
                write!(f, "another headwater uses the folder {}: stop it, or choose another with STORAGE_PATH", dir.display())
            }
            Error::Newer(theirs, ours) => {
                write!(f, "the store has schema version {theirs}, this program knows {ours}: run the newer headwater again")
            }
            Error::Sqlite(e) => write!(f, "store: {e}"),
            Error::Corrupt(m) => write!(f, "the store is damaged: {m}"),
            Error::Panicked(m) => write!(f, "a job of the store failed: {m}"),
            Error::Closed => f.write_str("the store is closing"),
        }
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Error::Full,
            _ => Error::Unwritable(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        // What connections share beside the store could not be made larger, which is what else fails on a full disk.
        if error.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
            return Error::Full;
        }
        // A column of ours that holds what it cannot.
        if let rusqlite::Error::Utf8Error(..)
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..) = error
        {
            return Error::Corrupt(error.to_string());
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Error::Full,
            Some(
                ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked,
            ) => Error::Unwritable(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt) => Error::Corrupt(error.to_string()),
            Some(ErrorCode::TooBig) => Error::Invalid("the value is larger than the store can hold: send less at once".into()),
            _ => Error::Sqlite(error),
        }
    }
}

/// Notes in `dir` that a copy of the store there was taken now, for its server to tell.
pub fn note_copied(dir: &Path) -> std::io::Result<()> {
    let path = dir.join(COPIED_FILE);
    // Another user may have taken the last one.
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => File::create(path).map(drop),
    }
}

/// The store's result.
pub type Result<T> = std::result::Result<T, Error>;

/// Handle to the store; cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

/// What [`Store::open`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Schema version of what was there, before any migration; 0 for nothing.
    pub version: i64,
    /// Bytes of a WAL that was left: a process that closes its store leaves none.
    pub wal_bytes: u64,
    /// How many of them were whole, and are part of the store. Behind them may be what earlier commits left, the commit that a crash cut
    /// off, or damage: nobody can tell which.
    pub wal_read: u64,
    /// Runs that were not at their end, and never will be.
    pub interrupted: usize,
}

struct Inner {
    dir: PathBuf,
    found: Found,
    writer: writer::Writer,
    pool: pool::Pool,
    condition: Arc<condition::Condition>,
}

impl Store {
    /// Opens (or creates) `dir/headwater.db`, migrates it, makes the `default` project. Blocking.
    ///
    /// One process at a time: [`Error::InUse`] while another has the folder. A store of an older version is copied first, beside it; one of
    /// a newer is [`Error::Newer`] and stays as it is. Runs that a crash left unfinished are marked so, unless the disk is full: then by
    /// the next run of their project.
    pub fn open(dir: &Path) -> Result<Store> {
        let lock = lock(dir)?;
        if let Some(kind) = mount::remote(dir) {
            log::warn!(
                "the store is on {kind}, which keeps no locks that SQLite can rely on: put {} on a disk of this machine",
                dir.display()
            );
        }
        let path = dir.join(FILE);
        if !path.exists() && dir.join(GRAPHS_FOLDER).exists() {
            log::warn!(
                "a new store is made beside what another left: was {} moved or removed? It, or a backup, can be put back",
                path.display()
            );
        }
        let wal_bytes = size(dir, &format!("{FILE}-wal"));
        let mut conn = Connection::open(&path)?;
        set_up(&conn)?;
        // Before anything is written.
        let version = schema::version(&conn)?;
        let wal_read = wal_read(&conn)?;
        if version > 0 && version < schema::VERSION {
            let kept = copy::before_migrating(&conn, dir, version)?;
            log::info!("the store is migrated schema={version} to={} copy={}", schema::VERSION, kept.display());
        }
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
        // The writer does it when those who wait have their answers.
        conn.pragma_update(None, "wal_autocheckpoint", 0)?;
        conn.pragma_update(None, "foreign_keys", true)?;
        schema::migrate(&mut conn)?;
        let (interrupted, refusal) = match runs::interrupt_unfinished(&conn, None) {
            Err(error @ Error::Full) => (0, Some(error)),
            marked => (marked?, None),
        };
        let place = place::Place::of(dir)?;
        let store = Store(Arc::new(Inner {
            dir: dir.into(),
            found: Found { version, wal_bytes, wal_read, interrupted },
            writer: writer::Writer::start(conn, lock, place.clone())?,
            pool: pool::Pool::new(place.clone()),
            condition: Arc::new(condition::Condition::of(place)),
        }));
        if let Some(error) = refusal {
            store.refused(&error.to_string());
        }
        Ok(store)
    }

    /// What was there when it was opened.
    pub fn found(&self) -> Found {
        self.0.found
    }

    /// Runs `f` on a read connection, on a blocking thread. All that `f` sees is of one commit.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let turn = self.0.pool.turns.clone().acquire_owned().await.map_err(|_| Error::Closed)?;
        let store = self.clone();
        let work = move || {
            let _turn = turn;
            store.0.pool.read(f)
        };
        let done = tokio::task::spawn_blocking(work).await;
        let done = done.unwrap_or_else(|e| Err(e.try_into_panic().map_or(Error::Closed, |panic| Error::Panicked(panic_message(&*panic)))));
        self.0.condition.read(done).await
    }

    /// Runs `f` on a read connection, on this thread. All that `f` sees is of one commit.
    pub fn read_blocking<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.0.condition.read_blocking(self.0.pool.read(f))
    }

    /// Queues `f` for the writer and waits until what it wrote is durable. An error or a panic rolls back what `f` did and nothing
    /// else. `f` runs in a savepoint of a transaction: it must neither begin nor commit one. Once queued it
    /// runs even if the caller goes away; one who goes away while waiting for room in the queue takes it along.
    pub async fn write<T: Send + 'static>(&self, f: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let outcome = self.0.writer.write(f).await;
        self.0.condition.wrote(&outcome);
        self.0.condition.read(outcome).await
    }

    /// As [`Store::write`], blocking this thread.
    ///
    /// # Panics
    /// On a thread that drives async tasks: there, use [`Store::write`].
    pub fn write_blocking<T: Send + 'static>(&self, f: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        self.write_beside(f, || ())
    }

    /// As [`Store::write_blocking`]; once `f` is queued this thread does something else before it waits.
    ///
    /// # Panics
    /// As [`Store::write_blocking`].
    pub fn write_beside<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
        meanwhile: impl FnOnce(),
    ) -> Result<T> {
        let outcome = self.0.writer.write_beside(f, meanwhile);
        self.0.condition.wrote(&outcome);
        self.0.condition.read_blocking(outcome)
    }

    /// Why what is written would be lost, or the disk refused lately, or what of the store it does not give; `None` when nothing of this is
    /// so, or any more. Blocking: asks the disk.
    pub fn refusal(&self) -> Option<String> {
        self.0.condition.refusal()
    }

    /// The disk refused something that belongs to the store, such as the file that an upload waits in.
    pub fn refused(&self, reason: &str) {
        self.0.condition.refused(reason);
    }

    /// What of it was found damaged since it was opened: the first that was. It stays so until a whole copy is put in its place, for
    /// which the process must end.
    pub fn damage(&self) -> Option<&str> {
        self.0.condition.damage()
    }

    /// Something of it was found damaged: gives back [`Error::Corrupt`], or, when the disk does not give the store at all,
    /// [`Error::Unwritable`]. Blocking: the first time, and whenever a disk has recovered, all of the store is read.
    ///
    /// # Panics
    /// On a thread that drives async tasks.
    pub fn damaged(&self, what: &str) -> Error {
        self.0.condition.damaged(what)
    }

    /// Writes something that changes nothing, to see whether the disk takes writes again.
    pub async fn try_disk(&self) -> Result<()> {
        self.write(|conn| Ok(projects::touch(conn)?)).await
    }

    /// Finishes queued writes and reads, checkpoints the WAL, closes, and frees the folder for another process. Later reads and writes
    /// answer [`Error::Closed`]. Blocking.
    pub fn close(&self) {
        self.0.pool.close();
        self.0.writer.close();
    }

    /// The folder that it is in.
    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// Bytes of the database file and its WAL on disk.
    pub fn size_bytes(&self) -> u64 {
        size(&self.0.dir, FILE) + size(&self.0.dir, &format!("{FILE}-wal"))
    }

    /// When [`note_copied`] was last called of it; `None` for never.
    pub fn copied(&self) -> Option<SystemTime> {
        self.0.dir.join(COPIED_FILE).metadata().ok()?.modified().ok()
    }

    /// How long no reader has been free, nor any come back; `None` while one is free.
    pub fn readers_taken(&self) -> Option<Duration> {
        self.0.pool.all_lent()
    }

    /// How long the writer has been at one commit; `None` while it has nothing to do.
    pub fn committing(&self) -> Option<Duration> {
        self.0.writer.at_it()
    }

    /// Writes waiting for the writer, for `/metrics`.
    pub fn queue_depth(&self) -> usize {
        self.0.writer.depth()
    }
}

/// Bytes of a file in `dir`; 0 when there is none.
fn size(dir: &Path, name: &str) -> u64 {
    std::fs::metadata(dir.join(name)).map_or(0, |meta| meta.len())
}

/// Bytes of the WAL that are part of the store.
fn wal_read(conn: &Connection) -> Result<u64> {
    const HEADER: i64 = 32;
    const FRAME_HEADER: i64 = 24;
    let page: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
    // Which says how much there is, and copies none of it.
    let frames: i64 = conn.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1))?;
    Ok(if frames > 0 { (HEADER + frames * (FRAME_HEADER + page)).unsigned_abs() } else { 0 })
}

/// Takes the folder, which is made if it is not there, for this process until the file is dropped.
fn lock(dir: &Path) -> Result<File> {
    let said = |e: std::io::Error| Error::Unwritable(format!("{}: {e}", dir.display()));
    std::fs::create_dir_all(dir).map_err(said)?;
    let lock = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK_FILE)).map_err(said)?;
    lock.try_lock().map_err(|e| match e {
        TryLockError::WouldBlock => Error::InUse(dir.into()),
        TryLockError::Error(e) => said(e),
    })?;
    Ok(lock)
}

/// What a caught panic said.
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "no message".into())
}

/// What holds for every connection.
fn set_up(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    // Otherwise a statement whose plan could depend on what is bound is planned anew at each execution, which costs more than most
    // executions; ours are written for one plan.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // What is beside the store stays there when the last one closes: making it anew needs room, and a full disk has none at the next
    // start. The writer empties the WAL itself; one who only looks at a store leaves it as it is.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// JSON as the store keeps it. The values are ours: string keys, no serializer that fails.
fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::Invalid(format!("the value cannot be stored: {e}")))
}

/// A value back from [`to_json`]; `what` names the row for the error.
fn from_json<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::Corrupt(format!("{what}: {e}")))
}

/// A LIKE pattern (with `ESCAPE '\\'`) for what contains `text`.
fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// [`Error::NotFound`] when a statement changed no row.
fn found(changed: usize, what: &'static str, id: &str) -> Result<()> {
    if changed == 0 { Err(Error::NotFound(what, id.into())) } else { Ok(()) }
}

#[cfg(test)]
pub(crate) mod scratch;
#[cfg(test)]
mod tests;
