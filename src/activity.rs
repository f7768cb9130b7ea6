//! The activity log: every request becomes one line of `activity.jsonl` through a bounded queue and one writer, and the numbers of
//! `/api/v1/metrics/*` and `/metrics` are counted from the same events. Recording never blocks and never fails a request.

mod disk;
mod numbers;

pub use numbers::{LATENCY_BOUNDS, Numbers, RouteNumbers, UNMATCHED};

use disk::Disk;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Events that wait for the writer: seconds of a busy server, some megabytes at most.
const QUEUE_DEPTH: usize = 8192;
/// Newest events kept in memory.
const RECENT: usize = 1000;
/// Events written at once at most: bounds the memory of a batch, and one `write` for many lines is what keeps up under load.
const BATCH: usize = 512;
/// How long the writer gathers after the first event of a batch: one wake-up and one write for all of them.
const GATHER: Duration = Duration::from_millis(25);
/// Pause between attempts while the disk refuses.
const RETRY: Duration = Duration::from_millis(500);
/// Longest that closing waits for the writer.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// One event, as contract §5.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[schemars(rename = "ActivityEvent")]
pub struct Event {
    /// RFC 3339.
    pub timestamp: String,
    /// `ingestion`, `query`, `error`, `request`, `health_check` or `admin`.
    pub r#type: String,
    /// Finer than the type: `chat_graph`, `file_upload`, …: the route's name; [`UNMATCHED`] when no route fits.
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

struct Inner {
    queue: SyncSender<Message>,
    state: Mutex<State>,
    shared: Arc<Shared>,
    finished: Mutex<Receiver<()>>,
}

/// What the handle and the writer both see.
#[derive(Default)]
struct Shared {
    queued: AtomicUsize,
    dropped: AtomicU64,
    failing: AtomicBool,
}

struct State {
    recent: VecDeque<Arc<Event>>,
    numbers: Numbers,
}

enum Message {
    Event(Arc<Event>),
    Close,
}

/// How the log is doing, for `/metrics` and `/health`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Events waiting for the disk.
    pub queued: usize,
    /// Events since start that never reached the disk.
    pub dropped: u64,
    /// The disk refuses just now.
    pub failing: bool,
}

impl Activity {
    /// Starts the writer over `dir/activity.jsonl`. An unwritable folder is logged, not an error.
    pub fn start(dir: &Path) -> Activity {
        let mut disk = Disk::new(dir);
        let recent = disk.tail(RECENT).into_iter().map(Arc::new).collect();
        let (queue, messages) = sync_channel(QUEUE_DEPTH);
        let (finish, finished) = sync_channel(0);
        let shared = Arc::new(Shared::default());
        let writer = std::thread::Builder::new().name("activity".into()).spawn({
            let shared = shared.clone();
            move || {
                write(&messages, &mut disk, &shared);
                // Who records from here on is refused; dropping `finish` is what `close` waits for.
                drop(messages);
                drop(finish);
            }
        });
        if let Err(e) = writer {
            log::error!("the activity log has no writer, events are counted and not kept: {e}");
        }
        let state = Mutex::new(State { recent, numbers: Numbers::new() });
        Activity(Arc::new(Inner { queue, state, shared, finished: Mutex::new(finished) }))
    }

    /// Records `event`: counts it, queues it for the disk. Drops (and counts the drop) when the queue is full.
    pub fn record(&self, event: Event) {
        let event = Arc::new(event);
        {
            let mut state = self.state();
            state.numbers.count(&event);
            if state.recent.len() == RECENT {
                state.recent.pop_front();
            }
            state.recent.push_back(event.clone());
        }
        let shared = &self.0.shared;
        shared.queued.fetch_add(1, Ordering::Relaxed);
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.0.queue.try_send(Message::Event(event)) {
            shared.queued.fetch_sub(1, Ordering::Relaxed);
            shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The newest events, newest first (a ring of 1,000 in memory, filled from the log's tail at start).
    pub fn recent(&self, limit: usize) -> Vec<Arc<Event>> {
        self.state().recent.iter().rev().take(limit).cloned().collect()
    }

    /// Events in the ring.
    pub fn kept(&self) -> usize {
        self.state().recent.len()
    }

    /// What was counted since the process started.
    pub fn numbers(&self) -> Numbers {
        self.state().numbers.clone()
    }

    /// How the log is doing.
    pub fn condition(&self) -> Condition {
        let shared = &self.0.shared;
        Condition {
            queued: shared.queued.load(Ordering::Relaxed),
            dropped: shared.dropped.load(Ordering::Relaxed),
            failing: shared.failing.load(Ordering::Relaxed),
        }
    }

    /// Writes what is queued and stops the writer. Blocking, bounded to a second. Later events are counted as dropped.
    pub fn close(&self) {
        let deadline = Instant::now() + CLOSE_TIMEOUT;
        while let Err(TrySendError::Full(_)) = self.0.queue.try_send(Message::Close) {
            if Instant::now() > deadline {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let finished = self.0.finished.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(RecvTimeoutError::Timeout) = finished.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            log::warn!("the activity log did not close in {CLOSE_TIMEOUT:?}: {} events are lost", self.condition().queued);
        }
    }

    // Counters and ring are whole between any two statements that could panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer: batches what is queued, retries while the disk refuses, ends at [`Message::Close`] or with the last handle.
fn write(messages: &Receiver<Message>, disk: &mut Disk, shared: &Shared) {
    // Trouble shows at start, not at the first request.
    if let Err(e) = disk.open() {
        refused(disk, &e);
        shared.failing.store(true, Ordering::Relaxed);
    }
    let (mut open, mut gathered) = (true, false);
    while open {
        let first =
            if disk.is_behind() { messages.recv_timeout(RETRY) } else { messages.recv().map_err(|_| RecvTimeoutError::Disconnected) };
        if !gathered && matches!(first, Ok(Message::Event(_))) {
            std::thread::sleep(GATHER);
        }
        let mut batch = 0;
        let mut next = first;
        loop {
            match next {
                Ok(Message::Event(event)) => {
                    disk.push(&event);
                    batch += 1;
                }
                Err(RecvTimeoutError::Timeout) => break,
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => {
                    open = false;
                    break;
                }
            }
            if batch == BATCH {
                break;
            }
            next = match messages.try_recv() {
                Ok(message) => Ok(message),
                Err(_) => break,
            };
        }
        // A full batch means that more is waiting: no need to gather.
        gathered = batch == BATCH;
        shared.queued.fetch_sub(batch, Ordering::Relaxed);
        if !disk.is_behind() {
            continue;
        }
        let was_failing = shared.failing.load(Ordering::Relaxed);
        match disk.flush() {
            Ok(()) if was_failing => log::info!("activity log: writing again, {} events lost so far", disk.lost()),
            Ok(()) => {}
            Err(e) if !was_failing => refused(disk, &e),
            Err(_) => {}
        }
        shared.failing.store(disk.is_behind(), Ordering::Relaxed);
        shared.dropped.fetch_add(disk.take_lost(), Ordering::Relaxed);
    }
    shared.dropped.fetch_add(disk.abandon(), Ordering::Relaxed);
}

fn refused(disk: &Disk, error: &std::io::Error) {
    log::warn!("activity log: {} cannot be written, trying again: {error}", disk.path().display());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    pub(super) fn event(id: usize) -> Event {
        Event {
            timestamp: crate::id::now(),
            r#type: "request".into(),
            event_type: "list_projects".into(),
            event_id: id.to_string(),
            endpoint: "/api/v1/projects".into(),
            method: "GET".into(),
            status: "success".into(),
            status_code: 200,
            latency_ms: 1.5,
            request_id: "r".into(),
            client: "127.0.0.1".into(),
            metadata: serde_json::Map::new(),
        }
    }

    pub(super) fn folder() -> PathBuf {
        std::env::temp_dir().join(format!("headwater-activity-{}", crate::id::random()))
    }

    fn lines(dir: &Path) -> Vec<Event> {
        let text = std::fs::read_to_string(dir.join("activity.jsonl")).unwrap();
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    #[test]
    fn closing_leaves_every_event_on_disk_in_order_and_a_new_start_remembers_them() {
        let dir = folder();
        let log = Activity::start(&dir);
        for i in 0..1500 {
            log.record(event(i));
        }
        log.close();
        let ids: Vec<String> = lines(&dir).into_iter().map(|e| e.event_id).collect();
        assert_eq!(ids, (0..1500).map(|i| i.to_string()).collect::<Vec<_>>());
        assert_eq!(log.condition(), Condition { queued: 0, dropped: 0, failing: false });
        let again = Activity::start(&dir);
        let recent = again.recent(2000);
        assert_eq!((recent.len(), recent[0].event_id.as_str(), recent[999].event_id.as_str()), (1000, "1499", "500"));
        assert_eq!(again.numbers().total, 0, "numbers are of this process");
        again.close();
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn after_closing_events_are_counted_as_dropped() {
        let dir = folder();
        let log = Activity::start(&dir);
        log.close();
        log.record(event(1));
        assert_eq!((log.condition().dropped, log.numbers().total), (1, 1));
        log.close();
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_fails_nothing_and_is_tried_again() {
        let dir = folder();
        // A file is in the way, which stops root too.
        std::fs::write(&dir, "").unwrap();
        let log = Activity::start(&dir);
        log.record(event(1));
        let begun = Instant::now();
        while !log.condition().failing {
            assert!(begun.elapsed() < Duration::from_secs(20));
            std::thread::yield_now();
        }
        std::fs::remove_file(&dir).unwrap();
        log.record(event(2));
        log.close();
        assert_eq!(lines(&dir).len(), 2);
        assert_eq!(log.condition().dropped, 0);
        std::fs::remove_dir_all(dir).unwrap();
    }
}
