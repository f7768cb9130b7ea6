//! How many questions the model works on at once, and how many may wait.

use super::Cancel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Questions that may wait for each one that runs: with more, the last would wait longer than a reader does.
pub const WAITING_PER_RUNNING: usize = 4;

/// Why there is no place.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// The queue is full.
    Full,
    /// The deadline passed while waiting.
    TooLate,
    /// The client went away while waiting.
    Cancelled,
}

struct Inner {
    running: usize,
    waiting: usize,
}

struct Shared {
    slots: usize,
    inner: Mutex<Inner>,
    freed: Condvar,
}

/// A counted gate with a bounded queue. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Shared>);

/// A place at the model; dropping it lets the next one in.
pub struct Place(Arc<Shared>);

impl Gate {
    /// A gate for `slots` at once (at least one).
    pub fn new(slots: usize) -> Gate {
        Gate(Arc::new(Shared { slots: slots.max(1), inner: Mutex::new(Inner { running: 0, waiting: 0 }), freed: Condvar::new() }))
    }

    /// Takes a place, waiting in the bounded queue until `deadline` if need be.
    pub fn enter(&self, deadline: Instant, cancel: &Cancel) -> Result<Place, Refused> {
        let mut inner = lock(&self.0);
        if inner.running >= self.0.slots {
            if inner.waiting >= self.0.slots * WAITING_PER_RUNNING {
                return Err(Refused::Full);
            }
            inner.waiting += 1;
            let woken = Arc::downgrade(&self.0);
            drop(inner);
            // Hung up without the lock: a switch already thrown runs it at once, and it takes the lock.
            cancel.on_cancel(move || {
                if let Some(shared) = woken.upgrade() {
                    let _order = lock(&shared);
                    shared.freed.notify_all();
                }
            });
            inner = lock(&self.0);
            while inner.running >= self.0.slots {
                let left = deadline.saturating_duration_since(Instant::now());
                let refusal = if cancel.is_cancelled() {
                    Some(Refused::Cancelled)
                } else if left.is_zero() {
                    Some(Refused::TooLate)
                } else {
                    None
                };
                if let Some(refusal) = refusal {
                    inner.waiting -= 1;
                    return Err(refusal);
                }
                inner = self.0.freed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            inner.waiting -= 1;
        }
        inner.running += 1;
        Ok(Place(self.0.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.0).running -= 1;
        self.0.freed.notify_one();
    }
}

// Counters change by single steps under the lock, so a panicking holder leaves them whole.
fn lock(shared: &Shared) -> MutexGuard<'_, Inner> {
    shared.inner.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Cancel, Gate, Refused, WAITING_PER_RUNNING, lock};
    use std::time::{Duration, Instant};

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn a_full_queue_refuses_and_a_freed_place_lets_the_next_in() {
        let gate = Gate::new(1);
        let place = gate.enter(later(), &Cancel::default()).ok().unwrap();
        let waiting: Vec<_> = (0..WAITING_PER_RUNNING)
            .map(|_| {
                let gate = gate.clone();
                std::thread::spawn(move || gate.enter(later(), &Cancel::default()).map(drop))
            })
            .collect();
        while lock(&gate.0).waiting < WAITING_PER_RUNNING {
            std::thread::yield_now();
        }
        assert_eq!(gate.enter(later(), &Cancel::default()).err(), Some(Refused::Full));
        drop(place);
        for thread in waiting {
            assert_eq!(thread.join().unwrap(), Ok(()));
        }
        assert!(gate.enter(later(), &Cancel::default()).is_ok());
    }

    #[test]
    fn one_who_goes_away_or_waits_too_long_leaves_the_queue() {
        let gate = Gate::new(1);
        let _place = gate.enter(later(), &Cancel::default()).ok().unwrap();
        assert_eq!(gate.enter(Instant::now(), &Cancel::default()).err(), Some(Refused::TooLate));
        let cancel = Cancel::default();
        let waiter = {
            let (gate, cancel) = (gate.clone(), cancel.clone());
            std::thread::spawn(move || gate.enter(later(), &cancel).map(drop))
        };
        while lock(&gate.0).waiting == 0 {
            std::thread::yield_now();
        }
        cancel.cancel();
        assert_eq!(waiter.join().unwrap(), Err(Refused::Cancelled));
        assert_eq!(lock(&gate.0).waiting, 0);
    }
}
