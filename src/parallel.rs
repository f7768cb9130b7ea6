//! Two pieces of work at once.

use std::panic::resume_unwind;
use std::thread;

/// What `aside` and `here` give: `aside` on a thread of its own, or after `here` when there is none to be had. A panic of either goes
/// on in the caller.
pub fn join<A: Send, B>(aside: impl Fn() -> A + Sync, here: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("aside".into()).spawn_scoped(scope, &aside);
        let here = here();
        let aside = match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => aside(),
        };
        (aside, here)
    })
}
