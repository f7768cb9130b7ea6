//! How the store is: whether its disk takes what is written and gives what is in it, and whether that is what was stored. It is found out by
//! those who read and write, and by nobody else.

use super::place::{Place, Unread};
use super::{Error, Result};
use rusqlite::ErrorCode;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long a refusal of the disk counts although something was written since: on a full disk small writes still fit now and then. And how
/// long a part that it did not give is not asked for again: a disk that fails takes its time.
const REFUSAL_COUNTS: Duration = Duration::from_secs(10);

/// The condition of an open store.
pub(super) struct Condition {
    pub(super) place: Place,
    /// When the disk refused last, and what it said.
    pub(super) refusal: Mutex<Option<(Instant, String)>>,
    /// The first damage that was found.
    damage: OnceLock<String>,
    /// What the disk did not give.
    pub(super) unread: Mutex<Option<Unread>>,
    /// Held by the one who reads all of the store to tell damage from a disk that fails.
    pub(super) looking: Arc<tokio::sync::Mutex<()>>,
}

impl Condition {
    pub(super) fn of(place: Place) -> Condition {
        Condition { place, refusal: Mutex::default(), damage: OnceLock::new(), unread: Mutex::default(), looking: Arc::default() }
    }

    /// See [`Store::refusal`](super::Store::refusal).
    pub(super) fn refusal(&self) -> Option<String> {
        let refused = || locked(&self.refusal).as_ref().map(|(_, reason)| reason.clone());
        self.place.lost().or_else(refused).or_else(|| self.failing())
    }

    /// See [`Store::refused`](super::Store::refused).
    pub(super) fn refused(&self, reason: &str) {
        let before = locked(&self.refusal).replace((Instant::now(), reason.into()));
        if before.is_none() {
            log::warn!("the store's disk refuses writes, /health says so until it takes them again: {reason}");
        }
    }

    /// Takes note of what became of a write.
    pub(super) fn wrote<T>(&self, outcome: &Result<T>) {
        match outcome {
            Ok(_) => {
                let mut refusal = locked(&self.refusal);
                if refusal.as_ref().is_some_and(|(at, _)| at.elapsed() > REFUSAL_COUNTS) {
                    *refusal = None;
                    log::warn!("the store's disk takes writes again");
                }
            }
            Err(error @ (Error::Full | Error::Unwritable(_))) => self.refused(&error.to_string()),
            Err(_) => {}
        }
    }

    /// Takes note of damage that was met; the outcome, or that the disk does not give the store. Who waits for another's look holds neither
    /// a thread nor a reader's turn.
    pub(super) async fn read<T>(self: &Arc<Condition>, outcome: Result<T>) -> Result<T> {
        let Some(what) = damage_in(&outcome) else { return outcome };
        let (one, condition) = (self.looking.clone().lock_owned().await, self.clone());
        let look = move || {
            let _one = one;
            condition.looked_at(&what)
        };
        match tokio::task::spawn_blocking(look).await {
            Ok(failing @ Error::Unwritable(_)) => Err(failing),
            _ => outcome,
        }
    }

    /// As [`Condition::read`], blocking this thread.
    pub(super) fn read_blocking<T>(&self, outcome: Result<T>) -> Result<T> {
        match damage_in(&outcome).map(|what| self.damaged(&what)) {
            Some(failing @ Error::Unwritable(_)) => Err(failing),
            _ => outcome,
        }
    }

    /// See [`Store::damage`](super::Store::damage).
    pub(super) fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    /// See [`Store::damaged`](super::Store::damaged).
    pub(super) fn damaged(&self, what: &str) -> Error {
        let _one = self.looking.blocking_lock();
        self.looked_at(what)
    }

    // One at a time. All of it is read until it is known to be damaged, which it stays whatever else the disk does, or a part is known
    // that the disk does not give: then that part only.
    fn looked_at(&self, what: &str) -> Error {
        if self.damage().is_none() {
            if let Some(failing) = self.failing() {
                return Error::Unwritable(failing);
            }
            let found = self.place.unread();
            if let Some(unread) = &found {
                log::warn!("the store's disk does not give all of it, /health says so until it does: {}", unread.said);
            }
            *locked(&self.unread) = found;
            if let Some(failing) = self.failing() {
                return Error::Unwritable(failing);
            }
        }
        if self.damage.set(what.into()).is_ok() {
            log::error!("the store is damaged: {what}; `headwater check` says what is left of it");
        }
        Error::Corrupt(what.into())
    }

    /// What its disk says that does not give a part that it did not give before. No word of what is written: that may go elsewhere.
    pub(super) fn failing(&self) -> Option<String> {
        let mut unread = locked(&self.unread);
        if unread.as_ref()?.seen.elapsed() > REFUSAL_COUNTS {
            *unread = unread.as_ref()?.again();
            if unread.is_none() {
                log::warn!("the store's disk gives again what it did not");
            }
        }
        Some(format!("its disk fails: {}", unread.as_ref()?.said))
    }
}

/// What an outcome says is damaged.
fn damage_in<T>(outcome: &Result<T>) -> Option<String> {
    match outcome {
        Err(Error::Corrupt(what)) => Some(what.clone()),
        // It was one when it was opened.
        Err(Error::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => Some(error.to_string()),
        _ => None,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
