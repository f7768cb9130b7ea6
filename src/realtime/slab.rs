//! A lock-free table of fixed capacity: insert, look up by id, remove and iterate, all at once from any thread.
//!
//! # What holds
//!
//! * An id (`generation << 32 | index`) names one stay of one value in one slot, for ever. No id is 0. A slot whose 2³² - 1 generations
//!   are used up takes no more values: the table is then smaller by one.
//! * A value is reachable only through a [`Guard`], which pins its slot. It is dropped exactly once, by whoever makes the pins of a
//!   removed slot zero: by `remove` itself when nobody looks, else by the last guard. A closed socket's descriptor goes at once;
//!   there are no epochs to wait for.
//! * A slot is refilled only after its value was taken out of it.
//! * An iteration sees every value once that was there from its beginning to its end. What comes or goes meanwhile may be seen or not.
//! * Nothing ever waits: no operation's progress depends on a thread that was put to sleep, and a full table refuses. Nothing is
//!   allocated after [`Slab::new`].
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
//! Free indices form a Treiber stack; its head carries a tag that every pop raises, so that a pop does not mistake an index that went
//! away and came back (ABA) for the one whose link it read: unless exactly 2³² pops fit between its load and its exchange. A push need
//! not care: linking to the index on top is right, wherever that has been meanwhile.
//!
//! # Why each ordering
//!
//! * `insert` stores the word with `Release`, and `get` pins with `Acquire`: the value's writes come before its reads. Pins, unpins and
//!   the mark in between are read-modify-writes, so they continue the release sequence of that store.
//! * Unpinning is `Release`, and the thread that frees first loads the word with `Acquire`. It reads its own unpin or mark, which
//!   continues the release sequences of the insert and of all unpins before it: filling the slot and all reads come before the drop.
//! * Freeing pushes the index with `Release` and popping loads the head with `Acquire`: the old value's removal, the raised generation
//!   and the link of the stack come before the next insert. The head changes by read-modify-writes alone, so this holds for indices
//!   deeper in the stack as well. The exchange of a pop needs no ordering of its own: the tag makes sure that it replaces the very
//!   head that was loaded.
//! * Everything else is `Relaxed`, the high-water mark too: whoever was told that an insert returned (by a lock, a channel, a join)
//!   sees the mark that it raised, and whoever was not may miss the value. Nobody is led to a slot's value by the mark, only by its
//!   word.
//!
//! # What shows it
//!
//! `tests/slab_models` goes through every interleaving of small cases, and through every way in which an ordering, an exchange, a store
//! or a [`rule`] of this file could be weaker: each makes a case fail. `tests/slab.rs` compares long random histories with a plain
//! model, and `.ci/sanitize` runs real threads under ThreadSanitizer and AddressSanitizer.
#![allow(unsafe_code)]

use crate::sync::{AtomicU32, AtomicU64, UnsafeCell, rule};
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
    /// The free list: `tag << 32 | index` of its top.
    free: AtomicU64,
    /// One more than the highest index ever filled.
    high_water: AtomicU32,
}

// SAFETY: guards on several threads share `&T` (needs `T: Sync`), and a value inserted by one thread is dropped by another (needs
// `T: Send`). All access to the cells is ordered by the slots' words, as the module explains.
unsafe impl<T: Send + Sync> Sync for Slab<T> {}

impl<T> Slab<T> {
    /// An empty table for `capacity` values (at least one, fewer than 2³² - 1).
    pub fn new(capacity: usize) -> Slab<T> {
        // From 1, so that no id is 0.
        Slab::from_generation(capacity, 1)
    }

    /// An empty table whose slots have lived through all generations before `first`.
    pub(crate) fn from_generation(capacity: usize, first: u32) -> Slab<T> {
        let capacity = u32::try_from(capacity).unwrap_or(NONE - 1).clamp(1, NONE - 1);
        let slot = |index: u32| Slot {
            word: AtomicU64::new(pair(first, 0) | FREE),
            next: AtomicU32::new(if index + 1 < capacity { index + 1 } else { NONE }),
            value: UnsafeCell::new(None),
        };
        Slab { slots: (0..capacity).map(slot).collect(), free: AtomicU64::new(0), high_water: AtomicU32::new(0) }
    }

    /// Puts `value` in a free slot and returns its id; gives `value` back when there is none.
    pub fn insert(&self, value: T) -> Result<u64, T> {
        let Some(index) = self.pop() else { return Err(value) };
        let slot = &self.slots[index as usize];
        // SAFETY: popping made us the only owner of this free slot: no guard exists for it and none can be made until it is present.
        slot.value.with_mut(|cell| unsafe { *cell = Some(value) });
        let generation = high(slot.word.load(Relaxed));
        slot.word.store(pair(generation, 0) | PRESENT, Release);
        self.high_water.fetch_max(index + 1, Relaxed);
        Ok(pair(generation, index))
    }

    /// The value of `id`, pinned, if it is still there.
    pub fn get(&self, id: u64) -> Option<Guard<'_, T>> {
        self.pin(id as u32, |word| rule(high(word) == high(id)))
    }

    /// Whatever value is in slot `index` now, pinned: a step of an iteration up to [`Slab::high_water`] that may pause in between.
    pub fn at(&self, index: usize) -> Option<Guard<'_, T>> {
        self.pin(u32::try_from(index).ok()?, |_| true)
    }

    /// One more than the highest index that was ever in use.
    pub fn high_water(&self) -> usize {
        self.high_water.load(Relaxed) as usize
    }

    /// Every value, each pinned only while the iterator's item lives.
    pub fn iter(&self) -> impl Iterator<Item = Guard<'_, T>> {
        (0..self.high_water()).filter_map(|index| self.at(index))
    }

    /// Takes `id` out of the table: it is not found from now on, and its value is dropped as soon as nobody looks at it. `false` if it
    /// was not there (any more): of many who remove the same id, one gets `true`.
    pub fn remove(&self, id: u64) -> bool {
        let Some(slot) = self.slots.get(id as u32 as usize) else { return false };
        let mark = |word: u64| {
            let there = rule(high(word) == high(id)) && rule(word & LIFECYCLE == PRESENT);
            there.then_some(word & !LIFECYCLE | MARKED)
        };
        let Ok(before) = slot.word.fetch_update(Relaxed, Relaxed, mark) else { return false };
        if rule(before & PINS == 0) {
            self.release(id as u32);
        }
        true
    }

    fn pin(&self, index: u32, fits: impl Fn(u64) -> bool) -> Option<Guard<'_, T>> {
        let slot = self.slots.get(index as usize)?;
        let pinned = |word: u64| {
            // A billion guards at once cannot be; a leak of guards in a loop must not spill into the lifecycle.
            assert!(word & PINS != PINS, "too many guards of one slab slot");
            (rule(word & LIFECYCLE == PRESENT) && fits(word)).then_some(word + PIN)
        };
        let before = slot.word.fetch_update(Acquire, Relaxed, pinned).ok()?;
        Some(Guard { slab: self, index, generation: high(before), local: PhantomData })
    }

    fn unpin(&self, index: u32) {
        let before = self.slots[index as usize].word.fetch_sub(PIN, Release);
        if rule(before & LIFECYCLE == MARKED) && rule(before & PINS == PIN) {
            self.release(index);
        }
    }

    /// Ends the stay in a slot whose word we made `(g, marked, 0)`.
    fn release(&self, index: u32) {
        let slot = &self.slots[index as usize];
        let generation = high(slot.word.load(Acquire));
        // SAFETY: marked with no pins, and we are the one thread that made it so: nobody can pin it, remove it or refill it.
        let value = slot.value.with_mut(|cell| unsafe { (*cell).take() });
        if let Some(next) = generation.checked_add(1) {
            slot.word.store(pair(next, 0) | FREE, Relaxed);
            self.push(index);
        }
        // Last, so that a panic in it leaves the table whole.
        drop(value);
    }

    fn push(&self, index: u32) {
        let link = |head: u64| {
            self.slots[index as usize].next.store(head as u32, Relaxed);
            Some(pair(high(head), index))
        };
        let _always = self.free.fetch_update(Release, Relaxed, link);
    }

    fn pop(&self) -> Option<u32> {
        let unlink = |head: u64| {
            let slot = self.slots.get(head as u32 as usize)?;
            Some(pair(high(head).wrapping_add(1), slot.next.load(Relaxed)))
        };
        self.free.fetch_update(Relaxed, Acquire, unlink).ok().map(|head| head as u32)
    }
}

/// A generation or a tag, and an index.
fn pair(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

fn high(pair: u64) -> u32 {
    (pair >> 32) as u32
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
        pair(self.generation, self.index)
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
