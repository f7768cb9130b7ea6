//! The slab on real threads, with nothing around it: neither the rest of the crate nor any other. So `rustc` alone can build this
//! file, and `.ci/sanitize` does, with ThreadSanitizer and AddressSanitizer.

#![allow(unsafe_code, reason = "counting allocations takes an allocator")]
#![allow(dead_code, reason = "not all of the slab is used here")]

#[path = "../src/realtime/slab.rs"]
mod slab;
#[path = "../src/sync.rs"]
mod sync;

use slab::Slab;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;

#[cfg(not(test))]
fn main() {
    threads_that_insert_look_and_remove_lose_and_leak_nothing();
    nothing_is_allocated_after_the_slab_is_made();
}

/// A value that knows whether it is whole, and is counted.
///
/// The count, like everything the threads of a test share beside the slab, is `Relaxed`: an ordering here would hide that one is
/// missing there.
struct Tenant {
    twins: Box<[u64; 2]>,
    alive: Arc<AtomicUsize>,
}

impl Tenant {
    fn new(number: u64, alive: &Arc<AtomicUsize>) -> Tenant {
        alive.fetch_add(1, Relaxed);
        Tenant { twins: Box::new([number; 2]), alive: alive.clone() }
    }

    fn is_whole(&self) -> bool {
        self.twins[0] == self.twins[1]
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        assert!(self.is_whole());
        *self.twins = [0, 1];
        self.alive.fetch_sub(1, Relaxed);
    }
}

#[cfg_attr(test, test)]
fn threads_that_insert_look_and_remove_lose_and_leak_nothing() {
    const THREADS: u64 = 4;
    const ROUNDS: u64 = 20_000;
    const CAPACITY: usize = 8;
    let alive = Arc::new(AtomicUsize::new(0));
    let slab = Arc::new(Slab::new(CAPACITY));
    // Ids that anybody may look up or remove; some are long gone.
    let board: Arc<[AtomicU64]> = (0..CAPACITY).map(|_| AtomicU64::new(0)).collect();
    let start = Arc::new(Barrier::new(THREADS as usize));
    let workers: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (slab, alive, board, start) = (slab.clone(), alive.clone(), board.clone(), start.clone());
            thread::spawn(move || {
                start.wait();
                let (mut inserted, mut removed, mut random) = (0, 0, thread + 1);
                for round in 0..ROUNDS {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    let posted = &board[random as usize % CAPACITY];
                    match random >> 32 & 0b11 {
                        0 => {
                            if let Ok(id) = slab.insert(Tenant::new(round, &alive)) {
                                inserted += 1;
                                removed += usize::from(slab.remove(posted.swap(id, Relaxed)));
                            }
                        }
                        1 => removed += usize::from(slab.remove(posted.load(Relaxed))),
                        2 => {
                            let id = posted.load(Relaxed);
                            assert!(slab.get(id).is_none_or(|tenant| tenant.id() == id && tenant.is_whole()));
                        }
                        _ => assert!(slab.iter().all(|tenant| tenant.is_whole())),
                    }
                }
                (inserted, removed)
            })
        })
        .collect();
    let counts: Vec<(usize, usize)> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
    let (inserted, removed) = counts.iter().fold((0, 0), |sums, count| (sums.0 + count.0, sums.1 + count.1));
    assert_eq!([slab.iter().count(), alive.load(Relaxed)], [inserted - removed; 2]);
    let ids: Vec<u64> = slab.iter().map(|tenant| tenant.id()).collect();
    assert!(ids.iter().all(|id| slab.remove(*id)));
    assert_eq!(alive.load(Relaxed), 0);
    let refilled = (0..10).filter(|n| slab.insert(Tenant::new(*n, &alive)).is_ok()).count();
    assert_eq!(refilled, CAPACITY, "every slot is free again");
}

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: it is the system's allocator; counting touches only a thread-local that needs neither allocation nor destruction.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[cfg_attr(test, test)]
fn nothing_is_allocated_after_the_slab_is_made() {
    const CAPACITY: usize = 64;
    let slab = Slab::new(CAPACITY);
    let before = ALLOCATIONS.get();
    assert_ne!(before, 0);
    let mut ids = [0; CAPACITY];
    for round in 0..10 {
        ids = ids.map(|old| {
            assert_eq!(slab.remove(old), round > 0);
            slab.insert(round).unwrap()
        });
        assert!(slab.insert(round).is_err());
        assert_eq!(slab.iter().map(|value| *value).sum::<usize>(), round * CAPACITY);
        assert!(ids.iter().all(|id| slab.get(*id).is_some()));
    }
    assert_eq!(ALLOCATIONS.get(), before);
}
