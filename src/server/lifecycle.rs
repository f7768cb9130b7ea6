//! Where the server is in its life: loading, ready, draining.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Where the server is in its life; cheap to clone.
#[derive(Clone)]
pub struct Lifecycle(Arc<Inner>);

struct Inner {
    started: Instant,
    loaded: AtomicBool,
    stop: watch::Sender<Option<Stop>>,
}

/// Why the server is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A signal, or the supervisor.
    Shutdown,
    /// `POST /admin/restart`.
    Restart,
}

impl Stop {
    /// `shutdown` or `restart`, for events and the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Stop::Shutdown => "shutdown",
            Stop::Restart => "restart",
        }
    }
}

impl Lifecycle {
    /// Not ready yet.
    pub fn new() -> Lifecycle {
        Lifecycle(Arc::new(Inner { started: Instant::now(), loaded: AtomicBool::new(false), stop: watch::Sender::new(None) }))
    }

    /// Loaded: `/health/ready` answers 200 from now on.
    pub fn set_ready(&self) {
        self.0.loaded.store(true, Ordering::Release);
    }

    /// What the store holds has been loaded: answers are complete. Stays true while draining.
    pub fn is_loaded(&self) -> bool {
        self.0.loaded.load(Ordering::Acquire)
    }

    /// Someone asked for a stop.
    pub fn is_draining(&self) -> bool {
        self.0.stop.borrow().is_some()
    }

    /// Loaded and not draining.
    pub fn is_ready(&self) -> bool {
        self.is_loaded() && !self.is_draining()
    }

    /// Asks the server to stop; the first call decides why, except that a shutdown overrules a restart under way.
    pub fn stop(&self, why: Stop) {
        self.0.stop.send_if_modified(|asked| {
            let news = asked.is_none() || (*asked == Some(Stop::Restart) && why == Stop::Shutdown);
            if news {
                *asked = Some(why);
            }
            news
        });
    }

    /// Waits until someone asked.
    pub async fn stopping(&self) -> Stop {
        let mut asked = self.0.stop.subscribe();
        loop {
            if let Some(why) = *asked.borrow_and_update() {
                return why;
            }
            // The sender lives in `self`, so this only ends when something changed.
            if asked.changed().await.is_err() {
                return Stop::Shutdown;
            }
        }
    }

    /// Since the server was built.
    pub fn uptime(&self) -> Duration {
        self.0.started.elapsed()
    }
}

impl Default for Lifecycle {
    fn default() -> Lifecycle {
        Lifecycle::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_means_loaded_and_not_draining() {
        let life = Lifecycle::new();
        assert!(!life.is_ready());
        life.set_ready();
        assert!(life.is_ready());
        life.stop(Stop::Restart);
        assert!(!life.is_ready() && life.is_loaded() && life.is_draining());
    }

    #[tokio::test]
    async fn early_and_late_listeners_hear_of_a_stop_and_a_shutdown_overrules_a_restart() {
        for (first, second, expect) in [
            (Stop::Restart, Stop::Shutdown, Stop::Shutdown),
            (Stop::Shutdown, Stop::Restart, Stop::Shutdown),
            (Stop::Restart, Stop::Restart, Stop::Restart),
        ] {
            let life = Lifecycle::new();
            let early = tokio::spawn({
                let life = life.clone();
                async move { life.stopping().await }
            });
            tokio::task::yield_now().await;
            life.stop(first);
            assert_eq!(early.await.unwrap(), first);
            life.stop(second);
            assert_eq!(life.stopping().await, expect, "{first:?} {second:?}");
        }
    }
}
