//! What the slab is made of, behind a seam: `tests/slab_models` compiles the slab with loom's atomics and cells in place of these.

pub use std::sync::atomic::{AtomicU32, AtomicU64};

/// A condition that the slab's soundness hangs on. The models try what happens when it is taken for granted.
#[inline(always)]
pub const fn rule(holds: bool) -> bool {
    holds
}

/// std's cell behind loom's interface: access happens in a closure, so that loom can see when it begins and ends.
#[derive(Debug)]
pub struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// A cell holding `value`.
    pub const fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    /// Shared access. Dereferencing the pointer is up to the caller.
    pub fn with<R>(&self, access: impl FnOnce(*const T) -> R) -> R {
        access(self.0.get())
    }

    /// Exclusive access. Dereferencing the pointer is up to the caller.
    pub fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
        access(self.0.get())
    }
}
