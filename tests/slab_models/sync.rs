//! loom's atomics and cells in place of `src/sync.rs`, which can be told to be wrong in one place.
//!
//! Nobody keeps a list of mutants: every place in the slab that asks for more than `Relaxed`, stores, exchanges or states a rule
//! offers the ways in which it could be weaker, by the line and column where it stands.

pub use loom::cell::UnsafeCell;

use std::collections::BTreeSet;
use std::fmt;
use std::panic::Location;
use std::str::FromStr;
use std::sync::atomic::Ordering::{self, Relaxed};
use std::sync::{LazyLock, Mutex};

/// The environment variable that names the mutant to be.
pub const MUTANT: &str = "SLAB_MUTANT";

/// What can be wrong at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The ordering is `Relaxed`; of a `fetch_update`, that of its exchange.
    Relaxed,
    /// The ordering of the load of a `fetch_update` is `Relaxed`.
    LoadRelaxed,
    /// The store does not happen.
    NotStored,
    /// What reads, modifies and writes at once is a load and a store.
    NotAtomic,
    /// The exchange is of the lower half of the word only: no generation or tag is compared.
    HalfCompared,
    /// The condition is taken for granted.
    Granted,
}

const FAULTS: [Fault; 6] = [Fault::Relaxed, Fault::LoadRelaxed, Fault::NotStored, Fault::NotAtomic, Fault::HalfCompared, Fault::Granted];

/// One fault at one place of `slab.rs`. Written `line:column:Fault`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mutant {
    pub line: u32,
    pub column: u32,
    pub fault: Fault,
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{:?}", self.line, self.column, self.fault)
    }
}

impl FromStr for Mutant {
    type Err = String;

    fn from_str(text: &str) -> Result<Mutant, String> {
        let parse = || {
            let mut parts = text.split(':');
            let (line, column, fault) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
            let fault = FAULTS.into_iter().find(|known| format!("{known:?}") == fault)?;
            Some(Mutant { line, column, fault })
        };
        parse().ok_or_else(|| format!("{MUTANT}={text}: a mutant is line:column:fault, with one of {FAULTS:?}"))
    }
}

/// The mutants of the places met so far.
pub static OFFERED: Mutex<BTreeSet<Mutant>> = Mutex::new(BTreeSet::new());

static CHOSEN: LazyLock<Option<Mutant>> = LazyLock::new(|| std::env::var(MUTANT).ok().map(|text| text.parse().unwrap()));

/// Offers a mutant of the place that called; `true` when this process is to be it.
#[track_caller]
fn is(fault: Fault) -> bool {
    let place = Location::caller();
    let mutant = Mutant { line: place.line(), column: place.column(), fault };
    if CHOSEN.is_none() {
        OFFERED.lock().unwrap().insert(mutant);
    }
    *CHOSEN == Some(mutant)
}

/// `order`, unless the mutant weakens it.
#[track_caller]
fn unless(fault: Fault, order: Ordering) -> Ordering {
    if order != Relaxed && is(fault) { Relaxed } else { order }
}

#[track_caller]
pub fn rule(holds: bool) -> bool {
    is(Fault::Granted) || holds
}

macro_rules! atomics {
    ($($name:ident: $int:ty),*) => {$(
        /// loom tries both orders of two accesses only where the later one follows the earlier one directly, and takes two loads to
        /// commute. So the load with which an update begins would hide an earlier load of another thread from the exchange that
        /// follows, and an order that matters would never be tried. The `turn` taken before each load makes loads worth ordering;
        /// being `Relaxed` and of another atomic, it orders nothing else.
        pub struct $name {
            value: loom::sync::atomic::$name,
            turn: loom::sync::atomic::AtomicU32,
        }

        #[allow(dead_code, reason = "not every width needs every operation")]
        impl $name {
            pub fn new(value: $int) -> $name {
                $name { value: loom::sync::atomic::$name::new(value), turn: loom::sync::atomic::AtomicU32::new(0) }
            }

            #[track_caller]
            pub fn load(&self, order: Ordering) -> $int {
                let order = unless(Fault::Relaxed, order);
                self.turn.fetch_add(1, Relaxed);
                self.value.load(order)
            }

            #[track_caller]
            pub fn store(&self, value: $int, order: Ordering) {
                let order = unless(Fault::Relaxed, order);
                if !is(Fault::NotStored) {
                    self.value.store(value, order);
                }
            }

            #[track_caller]
            pub fn fetch_sub(&self, value: $int, order: Ordering) -> $int {
                let order = unless(Fault::Relaxed, order);
                if is(Fault::NotAtomic) {
                    let before = self.load(Relaxed);
                    self.value.store(before - value, order);
                    return before;
                }
                self.value.fetch_sub(value, order)
            }

            #[track_caller]
            pub fn fetch_max(&self, value: $int, order: Ordering) -> $int {
                let order = unless(Fault::Relaxed, order);
                if is(Fault::NotAtomic) {
                    let before = self.load(Relaxed);
                    self.value.store(before.max(value), order);
                    return before;
                }
                self.value.fetch_max(value, order)
            }

            #[track_caller]
            pub fn fetch_update(
                &self,
                exchange: Ordering,
                load: Ordering,
                update: impl Fn($int) -> Option<$int>,
            ) -> Result<$int, $int> {
                let (exchange, load) = (unless(Fault::Relaxed, exchange), unless(Fault::LoadRelaxed, load));
                let (not_atomic, half_compared) = (is(Fault::NotAtomic), is(Fault::HalfCompared));
                let low = <$int>::MAX >> (<$int>::BITS / 2);
                self.turn.fetch_add(1, Relaxed);
                let mut before = self.value.load(load);
                loop {
                    let after = update(before).ok_or(before)?;
                    if not_atomic {
                        self.value.store(after, exchange);
                        return Ok(before);
                    }
                    let (mut expected, mut wanted) = (before, after);
                    before = loop {
                        match self.value.compare_exchange(expected, wanted, exchange, load) {
                            Ok(_) => return Ok(before),
                            Err(now) if half_compared && now & low == before & low => {
                                (expected, wanted) = (now, now & !low | after & low);
                            }
                            Err(now) => break now,
                        }
                    };
                }
            }
        }
    )*};
}

atomics!(AtomicU32: u32, AtomicU64: u64);
