//! The one writer: a thread, its queue, and commits shared by the jobs that wait together.

use super::place::Place;
use super::{Error, Result, WAL_PAGES, panic_message};
use rusqlite::Connection;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait. Each may hold a file's bytes, so the queue stays short; whoever comes later waits for room.
const QUEUE: usize = 64;
/// Jobs that share one commit: enough to spread the cost of a sync, few enough that the first does not wait long for the last.
const GROUP: usize = 32;

/// A job is given the connection inside a savepoint, or the reason why there is none. It gives back how to answer its asker once the
/// commit is known; nothing when it failed, and has answered already.
pub(super) type Job = Box<dyn FnOnce(Result<&Connection>) -> Option<Answer> + Send>;
pub(super) type Answer = Box<dyn FnOnce(Result<()>)>;

pub(super) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    begun: Begun,
}

/// When the commit that is being made was begun; `None` while there is nothing to do.
type Begun = Arc<Mutex<Option<Instant>>>;

impl Writer {
    /// Starts the thread. It owns the connection, and `lock` until the connection is closed. Nothing is written while the file is not in
    /// its `place`.
    pub(super) fn start(conn: Connection, lock: File, place: Place) -> Result<Writer> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let begun = Begun::default();
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn({
                let begun = begun.clone();
                move || {
                    run(conn, jobs, &begun, &place);
                    drop(lock);
                }
            })
            .map_err(|e| Error::Unwritable(format!("cannot start its writer: {e}")))?;
        Ok(Writer { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)), begun })
    }

    pub(super) async fn write<T: Send + 'static>(&self, f: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let (job, answer) = job(f);
        self.queue()?.send(job).await.map_err(|_| Error::Closed)?;
        answer.await.unwrap_or(Err(Error::Closed))
    }

    pub(super) fn write_beside<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
        meanwhile: impl FnOnce(),
    ) -> Result<T> {
        let (job, answer) = job(f);
        self.queue()?.blocking_send(job).map_err(|_| Error::Closed)?;
        meanwhile();
        answer.blocking_recv().unwrap_or(Err(Error::Closed))
    }

    pub(super) fn depth(&self) -> usize {
        self.queue().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }

    /// How long it has been at one commit; `None` while it has nothing to do.
    pub(super) fn at_it(&self) -> Option<Duration> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).map(|since| since.elapsed())
    }

    /// Takes no more jobs, waits until those queued are done and the connection is closed.
    pub(super) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()
            && thread.join().is_err()
        {
            log::error!("the store's writer had panicked");
        }
    }

    pub(super) fn queue(&self) -> Result<mpsc::Sender<Job>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(Error::Closed)
    }
}

pub(super) fn job<T: Send + 'static>(f: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> (Job, oneshot::Receiver<Result<T>>) {
    let (tell, answer) = oneshot::channel();
    let job: Job = Box::new(move |conn| {
        let outcome = conn.and_then(|conn| {
            catch_unwind(AssertUnwindSafe(|| f(conn))).unwrap_or_else(|panic| Err(Error::Panicked(panic_message(&*panic))))
        });
        // Telling fails when the asker went away meanwhile, which changes nothing about what was written.
        match outcome {
            Ok(value) => Some(Box::new(move |committed: Result<()>| drop(tell.send(committed.map(|()| value)))) as Answer),
            Err(error) => {
                drop(tell.send(Err(error)));
                None
            }
        }
    });
    (job, answer)
}

fn run(conn: Connection, mut jobs: mpsc::Receiver<Job>, begun: &Begun, place: &Place) {
    let note = |now| *begun.lock().unwrap_or_else(PoisonError::into_inner) = now;
    let mut group = Vec::with_capacity(GROUP);
    // What a migration or an end without warning has left.
    copy_wal(&conn);
    while jobs.blocking_recv_many(&mut group, GROUP) > 0 {
        note(Some(Instant::now()));
        match place.lost() {
            None => {
                commit_together(&conn, group.drain(..));
                copy_wal(&conn);
            }
            Some(why) => group.drain(..).for_each(|job| drop(job(Err(Error::Unwritable(why.clone()))))),
        }
        note(None);
        if jobs.is_empty() {
            give_back(&conn);
        }
    }
    // A full disk takes no statistics, and the WAL can be emptied all the same.
    let optimized = conn.execute_batch("PRAGMA optimize");
    if let Err(error) = conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").and(optimized) {
        log::warn!("the store could not be tidied at close, the next start will do it: {error}");
    }
    if let Err((_, error)) = conn.close() {
        log::warn!("the store did not close cleanly, the next start will recover it: {error}");
    }
}

/// Copies a WAL that has grown long into the database, as far as no reader is in the way.
fn copy_wal(conn: &Connection) {
    let pages = |pragma| conn.query_row(pragma, [], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)));
    let copied = pages("PRAGMA wal_checkpoint(NOOP)").and_then(|(all, copied)| {
        if all < WAL_PAGES || copied == all { Ok((all, copied)) } else { pages("PRAGMA wal_checkpoint(PASSIVE)") }
    });
    if let Err(error) = copied {
        log::warn!("the WAL cannot be copied into the database, and grows; the next commit tries again: {error}");
    }
}

/// Gives back the pages that a burst of writes has used: two megabytes otherwise stay for good, of what the kernel keeps as well.
fn give_back(conn: &Connection) {
    if let Err(error) = conn.release_memory() {
        log::debug!("the store's writer keeps its pages: {error}");
    }
}

/// Runs `jobs` in one transaction and answers each after the commit. When SQLite gives the transaction up halfway (disk full, I/O
/// error), those before the break are answered with its reason, and those after it get a transaction of their own.
fn commit_together(conn: &Connection, jobs: impl Iterator<Item = Job>) {
    let mut waiting: Vec<Answer> = Vec::new();
    for job in jobs {
        if conn.is_autocommit()
            && let Err(error) = conn.execute_batch("BEGIN IMMEDIATE")
        {
            job(Err(error.into()));
            continue;
        }
        match in_savepoint(conn, job) {
            Ok(answer) => waiting.extend(answer),
            Err(error) => refuse(conn, &mut waiting, &error),
        }
        if conn.is_autocommit() {
            refuse(conn, &mut waiting, &aborted());
        }
    }
    if conn.is_autocommit() {
        return;
    }
    match conn.execute_batch("COMMIT") {
        Ok(()) => waiting.into_iter().for_each(|answer| answer(Ok(()))),
        Err(error) => refuse(conn, &mut waiting, &error),
    }
}

/// Runs one job; what it wrote stays exactly when it succeeded. An error means that the transaction cannot go on.
fn in_savepoint(conn: &Connection, job: Job) -> rusqlite::Result<Option<Answer>> {
    if let Err(error) = conn.execute_batch("SAVEPOINT job") {
        job(Err(same(&error).into()));
        return Err(error);
    }
    let answer = job(Ok(conn));
    if conn.is_autocommit() {
        // The transaction is gone, and with it what this job wrote.
        if let Some(answer) = answer {
            answer(Err(aborted().into()));
        }
        return Ok(None);
    }
    match (conn.execute_batch(if answer.is_some() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" }), answer) {
        (Ok(()), answer) => Ok(answer),
        (Err(error), None) => Err(error),
        (Err(error), Some(answer)) => {
            answer(Err(same(&error).into()));
            Err(error)
        }
    }
}

/// Rolls the transaction back, if there still is one, and tells everyone who waits for its commit.
fn refuse(conn: &Connection, waiting: &mut Vec<Answer>, error: &rusqlite::Error) {
    if !conn.is_autocommit()
        && let Err(error) = conn.execute_batch("ROLLBACK")
    {
        log::error!("the store could not roll back: {error}");
    }
    waiting.drain(..).for_each(|answer| answer(Err(same(error).into())));
}

/// An error again, for another asker: rusqlite's are not `Clone`.
fn same(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => rusqlite::Error::SqliteFailure(*code, message.clone()),
        other => rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR), Some(other.to_string())),
    }
}

fn aborted() -> rusqlite::Error {
    let reason = "another write of the same transaction failed and took it down (disk full or I/O error)";
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR), Some(reason.into()))
}
