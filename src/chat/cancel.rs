//! Stopping a question from outside: the client went away.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Hook = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    cancelled: bool,
    hooks: Vec<Hook>,
}

/// A switch that is thrown once. Cheap to clone.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Mutex<State>>);

impl Cancel {
    /// Throws the switch: runs what waits for it, on this thread. A second time does nothing.
    pub fn cancel(&self) {
        let hooks = {
            let mut state = self.state();
            state.cancelled = true;
            std::mem::take(&mut state.hooks)
        };
        for hook in hooks {
            hook();
        }
    }

    /// Whether it was thrown.
    pub fn is_cancelled(&self) -> bool {
        self.state().cancelled
    }

    /// Runs `hook` when the switch is thrown; at once when it was.
    pub fn on_cancel(&self, hook: impl FnOnce() + Send + 'static) {
        let mut state = self.state();
        if state.cancelled {
            drop(state);
            hook();
        } else {
            state.hooks.push(Box::new(hook));
        }
    }

    /// A guard that throws the switch when it is dropped: a handler's future that hyper drops takes its question along.
    pub fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }

    // Every change under the lock is one assignment, so a panicking holder leaves it whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Cancel::on_drop`].
pub struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::Cancel;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn hooks_run_once_whether_hung_up_before_or_after() {
        let (cancel, ran) = (Cancel::default(), Arc::new(AtomicUsize::new(0)));
        let hook = |ran: &Arc<AtomicUsize>| {
            let ran = ran.clone();
            move || {
                ran.fetch_add(1, Ordering::SeqCst);
            }
        };
        cancel.on_cancel(hook(&ran));
        drop(cancel.on_drop());
        cancel.cancel();
        assert_eq!(ran.load(Ordering::SeqCst), 1);
        cancel.on_cancel(hook(&ran));
        assert_eq!(ran.load(Ordering::SeqCst), 2);
        assert!(cancel.is_cancelled());
    }
}
