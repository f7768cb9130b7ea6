//! Read connections: a few, opened when first needed, lent one read at a time.

use super::place::Place;
use super::{Error, Result};
use rusqlite::{Connection, OpenFlags};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Read connections at most. Reads are short (answers come from memory) and a small box has two cores: beside a long one, both are busy.
/// Each costs up to half a megabyte: its pages, its statements, and what it knows of the schema.
pub(super) const READERS: usize = 3;

pub(super) struct Pool {
    place: Place,
    state: Mutex<State>,
    returned: Condvar,
    /// Turns of async readers, so that those who wait for a connection do not hold a blocking thread each.
    pub(super) turns: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    lent: usize,
    /// Since when all are lent; `None` while one is free.
    all_lent: Option<Instant>,
    closed: bool,
}

impl Pool {
    pub(super) fn new(place: Place) -> Pool {
        Pool { place, state: Mutex::default(), returned: Condvar::new(), turns: Arc::new(Semaphore::new(READERS)) }
    }

    /// Runs `f` in a read transaction: everything it sees is of one commit.
    pub(super) fn read<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let lease = self.lend()?;
        let conn = lease.conn.as_ref().ok_or(Error::Closed)?;
        let transaction = conn.unchecked_transaction()?;
        f(&transaction)
    }

    /// Lends no more, and waits until those lent are back and closed.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.idle.clear();
        while state.lent > 0 {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// How long no connection has been free, nor any come back.
    pub(super) fn all_lent(&self) -> Option<Duration> {
        self.lock().all_lent.map(|since| since.elapsed())
    }

    fn lend(&self) -> Result<Lease<'_>> {
        let mut state = self.lock();
        while !state.closed && state.lent == READERS {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return Err(Error::Closed);
        }
        state.lent += 1;
        if state.lent == READERS {
            state.all_lent = Some(Instant::now());
        }
        let idle = state.idle.pop();
        drop(state);
        let mut lease = Lease { pool: self, conn: idle };
        if lease.conn.is_none() {
            lease.conn = Some(open(&self.place)?);
        }
        Ok(lease)
    }

    // A panicking holder leaves the state whole: it is only ever changed by single assignments.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Lease<'a> {
    pool: &'a Pool,
    conn: Option<Connection>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.lent -= 1;
        state.all_lent = None;
        if !state.closed {
            state.idle.extend(self.conn.take());
        }
        drop(self.conn.take());
        self.pool.returned.notify_all();
    }
}

/// Pages that a reader keeps, beside the kernel's own copy of them: answers come from memory, and what is read here is read seldom.
const READER_CACHE_KIB: i64 = 128;

fn open(place: &Place) -> Result<Connection> {
    // What is there under its name may be another store by now.
    if let Some(why) = place.lost() {
        return Err(Error::Unwritable(why));
    }
    // Not read-only at the file level: a WAL reader takes part in its shared index. `query_only` refuses writes.
    let conn = Connection::open_with_flags(&place.path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    super::set_up(&conn)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(conn)
}
