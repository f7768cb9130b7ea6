//! The server: everything built from the settings, the accept loop with its limits, and the drain.

use std::sync::Arc;

/// Where the server is in its life; cheap to clone.
#[derive(Clone)]
pub struct Lifecycle(Arc<Inner>);

struct Inner;

/// Why the server is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A signal, or the supervisor.
    Shutdown,
    /// `POST /admin/restart`.
    Restart,
}

impl Lifecycle {
    /// Not ready yet.
    pub fn new() -> Lifecycle {
        Lifecycle(Arc::new(Inner))
    }

    /// Loaded: `/health/ready` answers 200 from now on.
    pub fn set_ready(&self) {
        let _ = &self.0;
        todo!()
    }

    /// Loaded and not draining.
    pub fn is_ready(&self) -> bool {
        todo!()
    }

    /// Asks the server to stop; the first call decides why.
    pub fn stop(&self, why: Stop) {
        let _ = why;
        todo!()
    }

    /// Waits until someone asked.
    pub async fn stopping(&self) -> Stop {
        todo!()
    }

    /// When the process's server was built.
    pub fn uptime(&self) -> std::time::Duration {
        todo!()
    }
}

impl Default for Lifecycle {
    fn default() -> Lifecycle {
        Lifecycle::new()
    }
}
