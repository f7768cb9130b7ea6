//! The activity log: every request becomes one line of `activity.jsonl` through a bounded queue and one writer, and the numbers of
//! `/api/v1/metrics/*` and `/metrics` are counted from the same events. Recording never blocks and never fails a request.

use std::path::Path;
use std::sync::Arc;

/// One event, as contract §5.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Event {
    /// RFC 3339.
    pub timestamp: String,
    /// `ingestion`, `query`, `error`, `request`, `health_check` or `admin`.
    pub r#type: String,
    /// Finer than the type: `chat_graph`, `file_upload`, …: the route's name.
    pub event_type: String,
    /// Unique.
    pub event_id: String,
    /// The route's template (`/api/v1/projects/{id}`), or the raw path when no route fits.
    pub endpoint: String,
    /// HTTP method.
    pub method: String,
    /// `success` or `error`.
    pub status: String,
    /// HTTP status.
    pub status_code: u16,
    /// Milliseconds from the request's head to the response's head.
    pub latency_ms: f64,
    /// `X-Request-ID`.
    pub request_id: String,
    /// Client's address.
    pub client: String,
    /// What a handler adds: project, files, model, …
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// Handle to the log; cheap to clone.
#[derive(Clone)]
pub struct Activity(Arc<Inner>);

struct Inner;

impl Activity {
    /// Starts the writer over `dir/activity.jsonl`. An unwritable folder is logged, not an error.
    pub fn start(dir: &Path) -> Activity {
        let _ = dir;
        Activity(Arc::new(Inner))
    }

    /// Records `event`: counts it, queues it for the disk. Drops (and counts the drop) when the queue is full.
    pub fn record(&self, event: Event) {
        let _ = (&self.0, event);
        todo!()
    }

    /// The newest events, newest first (a ring of 1,000 in memory, filled from the log's tail at start).
    pub fn recent(&self, limit: usize) -> Vec<Event> {
        let _ = limit;
        todo!()
    }

    /// Writes what is queued and stops the writer. Blocking, bounded to a second.
    pub fn close(&self) {
        todo!()
    }
}
