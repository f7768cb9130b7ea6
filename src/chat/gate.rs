//! How many questions the model works on at once, how many may wait, and in which order: clients take turns, whoever asks how many.

use super::Cancel;
use std::collections::{BTreeMap, HashMap};
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

/// Who asks: an address.
type Client = String;

#[derive(Default)]
struct Inner {
    running: Vec<Client>,
    /// By number, which rises.
    waiting: BTreeMap<u64, Client>,
    /// Rounds served so far: each gives every client that waits one turn.
    round: u64,
    /// The round in which a client's next turn comes, of those that had one in this round or wait.
    next_in: HashMap<Client, u64>,
    number: u64,
}

impl Inner {
    /// Whose turn it is: of the clients that wait, the one in the earliest round, and of its questions the first.
    fn next(&self) -> Option<u64> {
        self.waiting.iter().min_by_key(|(number, client)| (self.turn(client), **number)).map(|(number, _)| *number)
    }

    /// Who comes new is of the round that is served, and so neither before nor behind all who wait.
    fn turn(&self, client: &str) -> u64 {
        self.next_in.get(client).copied().unwrap_or_default().max(self.round)
    }

    fn begin(&mut self, client: &str) {
        self.running.push(client.to_owned());
        self.round = self.turn(client);
        self.next_in.insert(client.to_owned(), self.round + 1);
        // Whose turn is no later than anybody's is as good as new.
        let round = self.round;
        self.next_in.retain(|_, turn| *turn > round);
    }
}

struct Shared {
    slots: usize,
    inner: Mutex<Inner>,
    changed: Condvar,
}

/// A counted gate with a bounded queue in which clients take turns. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Shared>);

/// A place at the model; dropping it lets the next one in.
pub struct Place(Arc<Shared>, Client);

impl Gate {
    /// A gate for `slots` at once (at least one).
    pub fn new(slots: usize) -> Gate {
        Gate(Arc::new(Shared { slots: slots.max(1), inner: Mutex::default(), changed: Condvar::new() }))
    }

    /// Takes a place for `client`, waiting in the bounded queue until `deadline` if need be. A part of the queue is for clients that have
    /// nothing in it yet, so that none can fill it.
    pub fn enter(&self, client: &str, deadline: Instant, cancel: &Cancel) -> Result<Place, Refused> {
        let mut inner = lock(&self.0);
        if inner.running.len() >= self.0.slots || !inner.waiting.is_empty() {
            let kept = if inner.waiting.values().any(|one| one == client) { self.0.slots } else { 0 };
            if inner.waiting.len() + kept >= self.0.slots * WAITING_PER_RUNNING {
                return Err(Refused::Full);
            }
            inner.number += 1;
            let number = inner.number;
            inner.waiting.insert(number, client.to_owned());
            let woken = Arc::downgrade(&self.0);
            drop(inner);
            // Hung up without the lock: a switch already thrown runs it at once, and it takes the lock.
            cancel.on_cancel(move || {
                if let Some(shared) = woken.upgrade() {
                    let _order = lock(&shared);
                    shared.changed.notify_all();
                }
            });
            inner = lock(&self.0);
            while inner.running.len() >= self.0.slots || inner.next() != Some(number) {
                let left = deadline.saturating_duration_since(Instant::now());
                let refusal = if cancel.is_cancelled() {
                    Some(Refused::Cancelled)
                } else if left.is_zero() {
                    Some(Refused::TooLate)
                } else {
                    None
                };
                if let Some(refusal) = refusal {
                    inner.waiting.remove(&number);
                    // It may have been this one's turn.
                    self.0.changed.notify_all();
                    return Err(refusal);
                }
                inner = self.0.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            inner.waiting.remove(&number);
            // There may be a place for one more.
            self.0.changed.notify_all();
        }
        inner.begin(client);
        Ok(Place(self.0.clone(), client.to_owned()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inner = lock(&self.0);
        if let Some(at) = inner.running.iter().position(|one| *one == self.1) {
            inner.running.swap_remove(at);
        }
        if inner.running.is_empty() && inner.waiting.is_empty() {
            inner.next_in.clear();
        }
        self.0.changed.notify_all();
    }
}

// Each change under the lock leaves lists that fit each other, so a panicking holder leaves them whole.
fn lock(shared: &Shared) -> MutexGuard<'_, Inner> {
    shared.inner.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Cancel, Gate, Inner, Refused, WAITING_PER_RUNNING, lock};
    use std::sync::mpsc;
    use std::thread::{JoinHandle, spawn, yield_now};
    use std::time::{Duration, Instant};

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    /// One who asks, and tells of its place before it gives it back.
    fn asks(gate: &Gate, client: &'static str, told: &mpsc::Sender<&'static str>) -> JoinHandle<Result<(), Refused>> {
        let before = lock(&gate.0).waiting.len();
        let (other, told) = (gate.clone(), told.clone());
        let thread = spawn(move || {
            let place = other.enter(client, later(), &Cancel::default())?;
            told.send(client).unwrap();
            drop(place);
            Ok(())
        });
        while lock(&gate.0).waiting.len() == before {
            yield_now();
        }
        thread
    }

    #[test]
    fn a_full_queue_refuses_and_a_freed_place_lets_the_next_in() {
        let gate = Gate::new(1);
        let place = gate.enter("a", later(), &Cancel::default()).ok().unwrap();
        let (tell, _told) = mpsc::channel();
        let waiting: Vec<_> = ["a", "b", "c", "d"].into_iter().map(|client| asks(&gate, client, &tell)).collect();
        assert_eq!(waiting.len(), WAITING_PER_RUNNING);
        assert_eq!(gate.enter("e", later(), &Cancel::default()).err(), Some(Refused::Full));
        drop(place);
        for thread in waiting {
            assert_eq!(thread.join().unwrap(), Ok(()));
        }
        assert!(gate.enter("e", later(), &Cancel::default()).is_ok());
        assert!(lock(&gate.0).next_in.is_empty() && lock(&gate.0).running.is_empty(), "who is gone is forgotten");
    }

    #[test]
    fn one_who_asks_many_at_once_neither_fills_the_queue_nor_goes_before_others_each_time() {
        let gate = Gate::new(1);
        let place = gate.enter("many", later(), &Cancel::default()).ok().unwrap();
        let (tell, told) = mpsc::channel();
        let mut waiting: Vec<_> = (0..3).map(|_| asks(&gate, "many", &tell)).collect();
        assert_eq!(gate.enter("many", later(), &Cancel::default()).err(), Some(Refused::Full), "the last place is for others");
        waiting.push(asks(&gate, "one", &tell));
        assert_eq!(gate.enter("other", later(), &Cancel::default()).err(), Some(Refused::Full));
        drop(place);
        for thread in waiting {
            assert_eq!(thread.join().unwrap(), Ok(()));
        }
        drop(tell);
        assert_eq!(told.iter().collect::<Vec<_>>(), ["one", "many", "many", "many"]);
    }

    #[test]
    fn one_who_goes_away_or_waits_too_long_leaves_the_queue() {
        let gate = Gate::new(1);
        let _place = gate.enter("a", later(), &Cancel::default()).ok().unwrap();
        assert_eq!(gate.enter("a", Instant::now(), &Cancel::default()).err(), Some(Refused::TooLate));
        let cancel = Cancel::default();
        let waiter = {
            let (gate, cancel) = (gate.clone(), cancel.clone());
            spawn(move || gate.enter("b", later(), &cancel).map(drop))
        };
        while lock(&gate.0).waiting.is_empty() {
            yield_now();
        }
        cancel.cancel();
        assert_eq!(waiter.join().unwrap(), Err(Refused::Cancelled));
        assert!(lock(&gate.0).waiting.is_empty());
    }

    #[test]
    fn whoever_waits_with_a_second_question_is_served_among_those_who_ask_one_after_the_other() {
        let mut inner = Inner::default();
        let ask = |inner: &mut Inner, client: &str| {
            inner.number += 1;
            inner.waiting.insert(inner.number, client.to_owned());
        };
        let serve = |inner: &mut Inner| {
            let next = inner.next().unwrap();
            let client = inner.waiting.remove(&next).unwrap();
            inner.begin(&client);
            inner.running.clear();
            client
        };
        ["a", "a", "b", "c"].into_iter().for_each(|client| ask(&mut inner, client));
        let mut order = String::new();
        for _ in 0..8 {
            let client = serve(&mut inner);
            if client != "a" {
                ask(&mut inner, &client);
            }
            order.push_str(&client);
        }
        assert_eq!(order, "abcabcbc");
    }
}
