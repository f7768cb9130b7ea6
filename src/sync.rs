//! Atomics and cells of the slab: std's, or loom's when its models run (`--cfg headwater_loom`).
//!
//! The cfg is not the customary `loom`, because tokio obeys that one as well and then has no sockets.

#[cfg(headwater_loom)]
pub use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, fence},
};
#[cfg(not(headwater_loom))]
pub use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, fence};

/// std's cell behind loom's interface: access happens in a closure, so that loom can see when it begins and ends.
#[cfg(not(headwater_loom))]
#[derive(Debug)]
pub struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(headwater_loom))]
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
