//! Small cases of everything that can happen at once.

use crate::slab::Slab;
use loom::cell::UnsafeCell;
use loom::thread::{self, JoinHandle};
use std::cell::Cell;
use std::rc::Rc;

thread_local! {
    /// Tenants that were made and not dropped. loom runs the threads of a model as coroutines of one, so this is theirs together.
    static ALIVE: Cell<i32> = const { Cell::new(0) };
}

/// A value that knows its number and lets loom see every look at it and its end.
struct Tenant {
    number: u32,
    looked_at: UnsafeCell<()>,
}

impl Tenant {
    fn number(&self) -> u32 {
        self.looked_at.with(|_| self.number)
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        self.looked_at.with_mut(|_| ());
        ALIVE.set(ALIVE.get() - 1);
    }
}

/// The first id of a slab.
const FIRST: u64 = 1 << 32;

type Tenants = Slab<Tenant>;

fn insert(slab: &Tenants, number: u32) -> Option<u64> {
    ALIVE.set(ALIVE.get() + 1);
    slab.insert(Tenant { number, looked_at: UnsafeCell::new(()) }).ok()
}

fn number(slab: &Tenants, id: u64) -> Option<u32> {
    slab.get(id).map(|tenant| tenant.number())
}

fn spawn<R: 'static>(slab: &Rc<Tenants>, run: impl FnOnce(&Tenants) -> R + 'static) -> JoinHandle<R> {
    let slab = slab.clone();
    thread::spawn(move || run(&slab))
}

/// Tries every interleaving of `check` over a slab of `capacity`, and every value that each load may see. With more than two threads
/// that is too much: then a limit on the `switches` forced upon a thread that could go on.
fn model_within(switches: Option<usize>, capacity: usize, check: impl Fn(&Rc<Tenants>) + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = switches;
    builder.check(move || {
        let slab = Rc::new(Slab::new(capacity));
        check(&slab);
        drop(slab);
        assert_eq!(ALIVE.get(), 0, "a value was dropped twice or never");
    });
}

fn model(capacity: usize, check: impl Fn(&Rc<Tenants>) + Send + Sync + 'static) {
    model_within(None, capacity, check);
}

#[test]
fn a_value_is_whole_or_absent_while_another_thread_removes_it() {
    model(1, |slab| {
        let id = insert(slab, 7).unwrap();
        let remover = spawn(slab, move |slab| assert!(slab.remove(id)));
        assert!(matches!(number(slab, id), Some(7) | None));
        remover.join().unwrap();
        assert!(slab.get(id).is_none() && ALIVE.get() == 0);
    });
}

#[test]
fn who_guesses_an_id_while_it_is_given_finds_nothing_or_a_whole_value() {
    model(1, |slab| {
        let inserter = spawn(slab, |slab| insert(slab, 7).unwrap());
        assert!(matches!(number(slab, FIRST), Some(7) | None));
        assert_eq!(inserter.join().unwrap(), FIRST);
    });
}

#[test]
fn a_stale_id_never_finds_the_next_tenant() {
    model(1, |slab| {
        let old = insert(slab, 1).unwrap();
        let churn = spawn(slab, move |slab| {
            slab.remove(old);
            insert(slab, 2)
        });
        assert!(matches!(number(slab, old), Some(1) | None));
        if let Some(new) = churn.join().unwrap() {
            assert!(slab.get(old).is_none());
            assert_eq!(number(slab, new), Some(2));
        }
    });
}

#[test]
fn a_stale_id_never_removes_the_next_tenant() {
    model(1, |slab| {
        let old = insert(slab, 1).unwrap();
        let churn = spawn(slab, move |slab| (slab.remove(old), insert(slab, 2)));
        let mine = slab.remove(old);
        let (theirs, new) = churn.join().unwrap();
        assert!(mine ^ theirs);
        if let Some(new) = new {
            assert!(!slab.remove(old));
            assert_eq!(number(slab, new), Some(2));
        }
    });
}

#[test]
fn of_two_removers_one_wins_and_the_slot_is_freed_once() {
    model(2, |slab| {
        let id = insert(slab, 1).unwrap();
        let other = spawn(slab, move |slab| slab.remove(id));
        assert!(slab.remove(id) ^ other.join().unwrap());
        assert_eq!([2, 3, 4].map(|n| insert(slab, n).is_some()), [true, true, false]);
    });
}

#[test]
fn the_last_of_two_pins_frees_a_removed_value() {
    model(1, |slab| {
        let id = insert(slab, 7).unwrap();
        let mine = slab.get(id).unwrap();
        let reader = spawn(slab, move |slab| assert!(matches!(number(slab, id), Some(7) | None)));
        assert!(slab.remove(id));
        assert_eq!((mine.number(), ALIVE.get()), (7, 1));
        drop(mine);
        reader.join().unwrap();
        assert_eq!(ALIVE.get(), 0);
        assert!(insert(slab, 8).is_some());
    });
}

#[test]
fn readers_and_a_remover_on_three_threads_free_a_value_once() {
    model_within(Some(2), 1, |slab| {
        let id = insert(slab, 7).unwrap();
        let readers = [0, 1].map(|_| spawn(slab, move |slab| assert!(matches!(number(slab, id), Some(7) | None))));
        assert!(slab.remove(id));
        for reader in readers {
            reader.join().unwrap();
        }
        assert_eq!(ALIVE.get(), 0);
        assert!(insert(slab, 8).is_some());
    });
}

#[test]
fn an_iteration_during_churn_sees_what_stays_once() {
    model(2, |slab| {
        let going = insert(slab, 1).unwrap();
        insert(slab, 2).unwrap();
        let churn = spawn(slab, move |slab| {
            slab.remove(going);
            insert(slab, 3);
        });
        let seen: Vec<u32> = slab.iter().map(|tenant| tenant.number()).collect();
        assert!(matches!(seen[..], [2] | [1, 2] | [3, 2]), "{seen:?}");
        churn.join().unwrap();
    });
}

#[test]
fn an_iteration_sees_all_inserts_that_were_waited_for() {
    model(2, |slab| {
        let other = spawn(slab, |slab| insert(slab, 1).unwrap());
        let mut ids = [insert(slab, 2).unwrap(), other.join().unwrap()];
        ids.sort_unstable();
        assert_eq!(slab.iter().map(|tenant| tenant.id()).collect::<Vec<u64>>(), ids);
    });
}

#[test]
fn a_freed_slot_is_empty_before_another_thread_fills_it() {
    model(1, |slab| {
        let first = insert(slab, 1).unwrap();
        let remover = spawn(slab, move |slab| assert!(slab.remove(first)));
        if let Some(second) = insert(slab, 2) {
            assert!(second != first && number(slab, second) == Some(2));
        }
        remover.join().unwrap();
    });
}

#[test]
fn two_inserts_never_share_a_slot() {
    model(2, |slab| {
        let first = insert(slab, 0).unwrap();
        let other = spawn(slab, move |slab| {
            slab.remove(first);
            insert(slab, 1).unwrap()
        });
        let mine = insert(slab, 2).unwrap();
        let theirs = other.join().unwrap();
        assert_eq!([number(slab, mine), number(slab, theirs)], [Some(2), Some(1)]);
    });
}

#[test]
fn two_slots_freed_at_once_are_both_free_again() {
    model(2, |slab| {
        let ids = [1, 2].map(|n| insert(slab, n).unwrap());
        let other = spawn(slab, move |slab| assert!(slab.remove(ids[0])));
        assert!(slab.remove(ids[1]));
        other.join().unwrap();
        assert_eq!([3, 4, 5].map(|n| insert(slab, n).is_some()), [true, true, false]);
    });
}

#[test]
fn a_free_slot_that_went_and_came_back_is_not_mistaken_for_the_same() {
    model(2, |slab| {
        let churn = spawn(slab, |slab| {
            let (going, staying) = (insert(slab, 1), insert(slab, 2));
            going.map(|id| slab.remove(id));
            staying
        });
        let mine = insert(slab, 3);
        let theirs = churn.join().unwrap();
        for (id, value) in [(mine, 3), (theirs, 2)] {
            assert!(id.is_none_or(|id| number(slab, id) == Some(value)));
        }
        let taken = mine.iter().chain(&theirs).count();
        assert_eq!((4..7).filter(|n| insert(slab, *n).is_some()).count(), 2 - taken);
    });
}

#[test]
fn a_slot_whose_generations_are_used_up_takes_no_more_values() {
    loom::model(|| {
        let slab = Slab::from_generation(1, u32::MAX - 1);
        let ids = [1, 2].map(|n| {
            let id = slab.insert(n).unwrap();
            assert!(slab.remove(id));
            id
        });
        assert!(ids[0] < ids[1] && slab.insert(3) == Err(3));
        assert!(ids.iter().chain(&[0, 1 << 32]).all(|id| slab.get(*id).is_none()));
    });
}
