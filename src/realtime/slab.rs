//! A lock-free table of fixed capacity: insert, look up by id, remove and iterate, all at once from any thread.
//!
//! # What holds
//!
//! * An id (`generation << 32 | index`) names one stay of one value in one slot. Once removed it is never found again, until the slot
//!   has been reused 2³² times.
//! * A value is reachable only through a [`Guard`], which pins its slot. It is dropped exactly once, by whoever makes the pins of a
//!   removed slot zero: by `remove` itself when nobody looks, else by the last guard. A closed socket's descriptor goes at once;
//!   there are no epochs to wait for.
//! * A slot is refilled only after its value was dropped from it.
//! * An iteration sees every value that was there from its beginning to its end, once. What comes or goes meanwhile may be seen or not.
//! * Nothing ever waits: no operation's progress depends on a thread that was put to sleep, and a full table refuses.
//!
//! A guard is neither `Send` nor cheap to keep: holding one delays its value's end. The compiler refuses one held across an `.await`
//! of a spawned task.
//!
//! # How
//!
//! Each slot has one word: `generation (32) | lifecycle (2) | pins (30)`. Transitions:
//!
//! ```text
//! (g, free, 0)  ──insert──>  (g, present, 0)  ──get──>  (g, present, n)      n pins
//! (g, present, n > 0)  ──remove──>  (g, marked, n)  ──guards drop──>  (g, marked, 0)
//! (g, present, 0)  ──remove──>  (g, marked, 0)
//! (g, marked, 0)  ──whoever made it so──>  (g + 1, free, 0), index pushed on the free list
//! ```
//!
//! Exactly one thread makes a word `(g, marked, 0)`, since pins cannot rise once it is marked; that thread owns the slot until it has
//! pushed it. The popper of a free index owns it until it stores `present`.
//!
//! Free indices form a Treiber stack; its head carries a tag that every push and pop raises, so a head that went away and came back
//! (ABA) is not mistaken for the same.
//!
//! # Why each ordering
//!
//! * `insert` stores the word with `Release`, and `get` pins with `Acquire`: the value's writes come before its reads. Pins and unpins
//!   of others in between are read-modify-writes, so they continue the release sequence of that store.
//! * Unpinning is `Release`, and the thread that frees issues an `Acquire` fence (or, in `remove`, an `Acquire` exchange): all reads
//!   of the value come before its drop.
//! * Freeing pushes the index with `Release` and popping loads the head with `Acquire`: the old value's drop, the raised generation
//!   and the link of the stack come before the next insert. The exchange of a pop needs no ordering of its own: the tag makes sure
//!   that it replaces the very head that was loaded.
//! * The high-water mark is raised with `Release` after the slot is filled and loaded with `Acquire`: who sees the mark sees the slot.
#![allow(unsafe_code)]

use crate::sync::{AtomicU32, AtomicU64, AtomicUsize, UnsafeCell, fence};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const PIN: u64 = 1;
const PINS: u64 = (1 << 30) - 1;
const LIFECYCLE: u64 = 0b11 << 30;
const FREE: u64 = 0b00 << 30;
const PRESENT: u64 = 0b01 << 30;
const MARKED: u64 = 0b10 << 30;
/// The index that ends the free list.
const NONE: u32 = u32::MAX;

struct Slot<T> {
    word: AtomicU64,
    /// The next free index while this slot is on the free list.
    next: AtomicU32,
    value: UnsafeCell<Option<T>>,
}

/// The table. See the [module](self).
pub struct Slab<T> {
    slots: Box<[Slot<T>]>,
    /// `tag << 32 | index` of the top of the free list.
    free: AtomicU64,
    /// One more than the highest index ever filled.
    high_water: AtomicUsize,
}

// SAFETY: guards on several threads share `&T` (needs `T: Sync`), and a value inserted by one thread is dropped by another (needs
// `T: Send`). All access to the cells is ordered by the slots' words, as the module explains.
unsafe impl<T: Send + Sync> Sync for Slab<T> {}

impl<T> Slab<T> {
    /// An empty table for `capacity` values (at least one, fewer than 2³² - 1).
    pub fn new(capacity: usize) -> Slab<T> {
        let capacity = u32::try_from(capacity).unwrap_or(NONE - 1).clamp(1, NONE - 1);
        let slot = |index: u32| Slot {
            // Generations begin at 1, so no id is 0.
            word: AtomicU64::new(1 << 32 | FREE),
            next: AtomicU32::new(if index + 1 < capacity { index + 1 } else { NONE }),
            value: UnsafeCell::new(None),
        };
        Slab { slots: (0..capacity).map(slot).collect(), free: AtomicU64::new(0), high_water: AtomicUsize::new(0) }
    }

    /// Puts `value` in a free slot and returns its id; gives `value` back when there is none.
    pub fn insert(&self, value: T) -> Result<u64, T> {
        let Some(index) = self.pop() else { return Err(value) };
        let slot = &self.slots[index as usize];
        // SAFETY: popping made us the only owner of this free slot: no guard exists for it and none can be made until it is present.
        slot.value.with_mut(|cell| unsafe { *cell = Some(value) });
        let generation = slot.word.load(Relaxed) >> 32;
        slot.word.store(generation << 32 | PRESENT, Release);
        self.high_water.fetch_max(index as usize + 1, Release);
        Ok(generation << 32 | u64::from(index))
    }

    /// The value of `id`, pinned, if it is still there.
    pub fn get(&self, id: u64) -> Option<Guard<'_, T>> {
        self.pin(id as u32, |word| word >> 32 == id >> 32)
    }

    /// Whatever value is in slot `index` now, pinned: a step of an iteration up to [`Slab::high_water`] that may pause in between.
    pub fn at(&self, index: usize) -> Option<Guard<'_, T>> {
        self.pin(u32::try_from(index).ok()?, |_| true)
    }

    /// One more than the highest index that was ever in use.
    pub fn high_water(&self) -> usize {
        self.high_water.load(Acquire)
    }

    /// Every value, each pinned only while the iterator's item lives.
    pub fn iter(&self) -> impl Iterator<Item = Guard<'_, T>> {
        (0..self.high_water()).filter_map(|index| self.at(index))
    }

    /// Takes `id` out of the table: it is not found from now on, and its value is dropped as soon as nobody looks at it. `false` if it
    /// was not there (any more): of many who remove the same id, one gets `true`.
    pub fn remove(&self, id: u64) -> bool {
        let Some(slot) = self.slots.get(id as u32 as usize) else { return false };
        let mut word = slot.word.load(Relaxed);
        loop {
            if word >> 32 != id >> 32 || word & LIFECYCLE != PRESENT {
                return false;
            }
            match slot.word.compare_exchange_weak(word, word & !LIFECYCLE | MARKED, Acquire, Relaxed) {
                Ok(_) if word & PINS == 0 => {
                    self.release(id as u32);
                    return true;
                }
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
    }

    fn pin(&self, index: u32, fits: impl Fn(u64) -> bool) -> Option<Guard<'_, T>> {
        let slot = self.slots.get(index as usize)?;
        let mut word = slot.word.load(Relaxed);
        loop {
            if word & LIFECYCLE != PRESENT || !fits(word) {
                return None;
            }
            // A billion guards at once cannot be; a leak of guards in a loop must not spill into the lifecycle.
            assert!(word & PINS != PINS, "too many guards of one slab slot");
            match slot.word.compare_exchange_weak(word, word + PIN, Acquire, Relaxed) {
                Ok(_) => return Some(Guard { slab: self, index, generation: (word >> 32) as u32, local: PhantomData }),
                Err(now) => word = now,
            }
        }
    }

    fn unpin(&self, index: u32) {
        let before = self.slots[index as usize].word.fetch_sub(PIN, Release);
        if before & (LIFECYCLE | PINS) == MARKED | PIN {
            fence(Acquire);
            self.release(index);
        }
    }

    /// Ends the stay in a slot whose word we made `(g, marked, 0)`.
    fn release(&self, index: u32) {
        let slot = &self.slots[index as usize];
        // SAFETY: marked with no pins, and we are the one thread that made it so: nobody can pin it, remove it or refill it.
        let value = slot.value.with_mut(|cell| unsafe { (*cell).take() });
        let generation = (slot.word.load(Relaxed) >> 32) as u32;
        slot.word.store(u64::from(generation.wrapping_add(1)) << 32 | FREE, Relaxed);
        self.push(index);
        // Last, so that a panic in it leaves the table whole.
        drop(value);
    }

    fn push(&self, index: u32) {
        let mut head = self.free.load(Relaxed);
        loop {
            self.slots[index as usize].next.store(head as u32, Relaxed);
            match self.free.compare_exchange_weak(head, retag(head, index), Release, Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    fn pop(&self) -> Option<u32> {
        let mut head = self.free.load(Acquire);
        loop {
            let index = head as u32;
            if index == NONE {
                return None;
            }
            let next = self.slots[index as usize].next.load(Relaxed);
            match self.free.compare_exchange_weak(head, retag(head, next), Relaxed, Acquire) {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }
}

fn retag(head: u64, index: u32) -> u64 {
    u64::from(((head >> 32) as u32).wrapping_add(1)) << 32 | u64::from(index)
}

/// A value that stays while this lives, even if it is removed meanwhile.
pub struct Guard<'a, T> {
    slab: &'a Slab<T>,
    index: u32,
    generation: u32,
    /// Neither `Send` nor `Sync`: see the [module](self).
    local: PhantomData<*const ()>,
}

impl<T> Guard<'_, T> {
    /// The id that `insert` gave it.
    pub fn id(&self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: our pin keeps the slot from being released, so nobody writes the cell while `self` lives, and the reference lives no
        // longer than `self`.
        let value = self.slab.slots[self.index as usize].value.with(|cell| unsafe { &*cell });
        value.as_ref().expect("a present slot holds a value: insert fills it first")
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.slab.unpin(self.index);
    }
}

#[cfg(all(test, headwater_loom))]
mod models {
    use super::Slab;
    use loom::sync::Arc;
    use loom::thread;

    /// Explores all interleavings with at most three forced switches: enough to find every bug ever seeded here, in seconds.
    fn model(check: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(check);
    }

    #[test]
    fn a_value_is_whole_or_absent_while_another_thread_removes_it() {
        model(|| {
            let slab = Arc::new(Slab::new(1));
            let id = slab.insert(Arc::new(7)).unwrap();
            let remover = thread::spawn({
                let slab = slab.clone();
                move || assert!(slab.remove(id))
            });
            if let Some(value) = slab.get(id) {
                assert_eq!(**value, 7);
            }
            remover.join().unwrap();
            assert!(slab.get(id).is_none());
        });
    }

    #[test]
    fn a_stale_id_never_finds_the_next_tenant() {
        model(|| {
            let slab = Arc::new(Slab::new(1));
            let old = slab.insert(1).unwrap();
            let churn = thread::spawn({
                let slab = slab.clone();
                move || {
                    slab.remove(old);
                    slab.insert(2).ok()
                }
            });
            if let Some(value) = slab.get(old) {
                assert_eq!(*value, 1);
            }
            if let Some(new) = churn.join().unwrap() {
                assert!(slab.get(old).is_none() && !slab.remove(old));
                assert_eq!(*slab.get(new).unwrap(), 2);
            }
        });
    }

    #[test]
    fn an_iteration_during_churn_sees_what_stays_once() {
        model(|| {
            let slab = Arc::new(Slab::new(2));
            let going = slab.insert(1).unwrap();
            slab.insert(2).unwrap();
            let churn = thread::spawn({
                let slab = slab.clone();
                move || {
                    slab.remove(going);
                    let _ = slab.insert(3);
                }
            });
            let seen: Vec<i32> = slab.iter().map(|value| *value).collect();
            assert_eq!(seen.iter().filter(|v| **v == 2).count(), 1, "{seen:?}");
            churn.join().unwrap();
        });
    }

    #[test]
    fn of_two_removers_one_wins_and_the_slot_is_freed_once() {
        model(|| {
            let slab = Arc::new(Slab::new(2));
            let id = slab.insert(1).unwrap();
            let other = thread::spawn({
                let slab = slab.clone();
                move || slab.remove(id)
            });
            let mine = slab.remove(id);
            assert!(mine ^ other.join().unwrap());
            assert!(slab.insert(2).is_ok() && slab.insert(3).is_ok() && slab.insert(4).is_err());
        });
    }

    #[test]
    fn the_last_of_two_pins_frees_a_removed_value() {
        model(|| {
            let slab = Arc::new(Slab::new(1));
            let value = Arc::new(());
            let id = slab.insert(value.clone()).unwrap();
            let readers = [0, 1].map(|_| {
                let slab = slab.clone();
                thread::spawn(move || slab.get(id).map(|value| Arc::strong_count(&value)))
            });
            slab.remove(id);
            for reader in readers {
                reader.join().unwrap();
            }
            assert_eq!(Arc::strong_count(&value), 1);
            assert!(slab.insert(value).is_ok());
        });
    }

    #[test]
    fn a_freed_slot_is_empty_before_another_thread_fills_it() {
        model(|| {
            let slab = Arc::new(Slab::new(1));
            let first = slab.insert(1).unwrap();
            let remover = thread::spawn({
                let slab = slab.clone();
                move || slab.remove(first)
            });
            if let Ok(second) = slab.insert(2) {
                assert!(second != first && *slab.get(second).unwrap() == 2);
            }
            assert!(remover.join().unwrap());
        });
    }

    #[test]
    fn two_inserts_never_share_a_slot() {
        model(|| {
            let slab = Arc::new(Slab::new(2));
            let first = slab.insert(0).unwrap();
            let other = thread::spawn({
                let slab = slab.clone();
                move || {
                    slab.remove(first);
                    slab.insert(1).ok()
                }
            });
            let mine = slab.insert(2).unwrap();
            let theirs = other.join().unwrap();
            assert_eq!(*slab.get(mine).unwrap(), 2);
            assert_eq!(*slab.get(theirs.unwrap()).unwrap(), 1);
        });
    }
}

#[cfg(all(test, not(headwater_loom)))]
mod tests {
    use super::Slab;
    use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
    use std::collections::HashMap;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

    #[test]
    fn a_full_slab_refuses_and_gives_the_value_back() {
        let slab = Slab::new(2);
        let first = slab.insert("a").unwrap();
        slab.insert("b").unwrap();
        assert_eq!(slab.insert("c"), Err("c"));
        assert!(slab.remove(first) && !slab.remove(first));
        let again = slab.insert("c").unwrap();
        assert_ne!(again, first);
        assert_eq!((again as u32, slab.get(first).is_none()), (first as u32, true));
    }

    #[test]
    fn ids_from_nowhere_find_nothing() {
        let slab = Slab::new(1);
        slab.insert(()).unwrap();
        for id in [0, 1, 2 << 32, u64::MAX, 1 << 32 | 1] {
            assert!(slab.get(id).is_none() && !slab.remove(id), "{id}");
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert,
        Get(usize),
        Remove(usize),
        Hold(usize),
        LetGo(usize),
        Iterate,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            Just(Step::Insert),
            any::<usize>().prop_map(Step::Get),
            any::<usize>().prop_map(Step::Remove),
            any::<usize>().prop_map(Step::Hold),
            any::<usize>().prop_map(Step::LetGo),
            Just(Step::Iterate),
        ]
    }

    proptest! {
        #[test]
        fn it_behaves_as_a_map_whose_removed_values_live_while_looked_at(steps in proptest::collection::vec(step(), 1..200)) {
            const CAPACITY: usize = 4;
            let slab = Slab::new(CAPACITY);
            let mut model: HashMap<u64, Arc<usize>> = HashMap::new();
            let mut ids = Vec::new();
            let mut held = Vec::new();
            for (at, step) in steps.into_iter().enumerate() {
                let pick = |n: usize| ids.get(n % ids.len().max(1)).copied().unwrap_or(0);
                match step {
                    Step::Insert => {
                        let mut occupied: Vec<u32> = model.keys().map(|id| *id as u32).collect();
                        occupied.extend(held.iter().map(|(id, _): &(u64, _)| *id as u32));
                        occupied.sort_unstable();
                        occupied.dedup();
                        let value = Arc::new(at);
                        match slab.insert(value.clone()) {
                            Ok(id) => {
                                assert!(!ids.contains(&id) && !occupied.contains(&(id as u32)));
                                ids.push(id);
                                model.insert(id, value);
                            }
                            Err(_) => assert_eq!(occupied.len(), CAPACITY),
                        }
                    }
                    Step::Get(n) => assert_eq!(slab.get(pick(n)).map(|v| **v), model.get(&pick(n)).map(|v| **v)),
                    Step::Remove(n) => {
                        let id = pick(n);
                        let expected = model.remove(&id);
                        assert_eq!(slab.remove(id), expected.is_some());
                        if let Some(value) = expected {
                            let looked_at = held.iter().any(|(other, _)| *other == id);
                            assert_eq!(Arc::strong_count(&value), 1 + usize::from(looked_at));
                        }
                    }
                    Step::Hold(n) => held.extend(slab.get(pick(n)).map(|guard| (pick(n), guard))),
                    Step::LetGo(n) if !held.is_empty() => drop(held.swap_remove(n % held.len())),
                    Step::LetGo(_) => {}
                    Step::Iterate => {
                        let mut seen: Vec<(u64, usize)> = slab.iter().map(|v| (v.id(), **v)).collect();
                        let mut expected: Vec<(u64, usize)> = model.iter().map(|(id, v)| (*id, **v)).collect();
                        seen.sort_unstable();
                        expected.sort_unstable();
                        assert_eq!(seen, expected);
                    }
                }
            }
        }
    }

    /// Counts itself, and knows which id it was given.
    struct Tenant<'a>(&'a AtomicUsize, usize);

    impl Drop for Tenant<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, SeqCst);
        }
    }

    #[test]
    fn threads_that_insert_look_and_remove_lose_and_leak_nothing() {
        const THREADS: usize = 4;
        const ROUNDS: usize = 20_000;
        let alive = AtomicUsize::new(0);
        let slab = Slab::new(8);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let (slab, alive) = (&slab, &alive);
                    scope.spawn(move || {
                        let mut stale = 0;
                        for round in 0..ROUNDS {
                            alive.fetch_add(1, SeqCst);
                            let mark = thread * ROUNDS + round;
                            let Ok(id) = slab.insert(Tenant(alive, mark)) else { continue };
                            assert_eq!(slab.get(id).map(|t| t.1), Some(mark));
                            assert!(slab.get(stale).is_none(), "a removed id came back");
                            assert!(slab.remove(id));
                            stale = id;
                        }
                    })
                })
                .collect();
            scope.spawn(|| {
                while !done.load(SeqCst) {
                    for tenant in slab.iter() {
                        assert!(tenant.1 < THREADS * ROUNDS);
                    }
                }
            });
            for worker in workers {
                worker.join().unwrap();
            }
            done.store(true, SeqCst);
        });
        assert_eq!(alive.load(SeqCst), 0);
        alive.store(9, SeqCst);
        assert_eq!((0..9).filter(|n| slab.insert(Tenant(&alive, *n)).is_ok()).count(), 8, "every slot is free again");
    }
}
