//! What is kept of a request once it is answered: one log line, one activity event, and for failures one `error` event to dashboards.

use super::App;
use super::access::Caller;
use super::body::Room;
use super::rate::{Standing, Throttle};
use super::route::{Access, Endpoint, Route, Work};
use super::spent::{self, Spent, Writing};
use crate::event::{Event, Topic};
use hyper::Method;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Longest raw path that a log line or an event carries.
const MAX_PATH: usize = 512;
/// nginx's status for a client that went away before its answer; never sent, only recorded.
const CLIENT_GONE: u16 = 499;

/// What a handler adds to the activity event (project, files, model, …), and where it spent its time; handles share both.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    entries: Arc<Mutex<Map<String, Value>>>,
    /// Where the time went.
    pub spent: Spent,
}

impl Metadata {
    /// Adds or replaces one entry.
    pub fn insert(&self, key: impl Into<String>, value: impl Into<Value>) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).insert(key.into(), value.into());
    }

    fn take(&self) -> Map<String, Value> {
        std::mem::take(&mut *self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One request being answered. When it is dropped unfinished, the client went away; that is recorded too.
pub struct Exchange {
    app: Arc<App>,
    /// `X-Request-ID`.
    pub id: String,
    /// Who asks.
    pub caller: Caller,
    /// The route, once found.
    pub route: Option<&'static Route>,
    /// The handler's additions.
    pub metadata: Metadata,
    /// The first parameter, which names the mode of a chat.
    pub mode: Option<String>,
    /// How it stands to its limit on requests, where there is one: every answer says so, whatever it is.
    pub standing: Option<Standing>,
    method: Method,
    path: String,
    /// Bytes of its body that were read.
    received: Arc<AtomicU64>,
    started: Instant,
    finished: bool,
}

impl Exchange {
    /// Starts the clock.
    pub fn begin(app: Arc<App>, id: String, caller: Caller, method: &Method, path: &str, received: Arc<AtomicU64>) -> Exchange {
        app.limits.in_flight.fetch_add(1, Ordering::Relaxed);
        let mut end = path.len().min(MAX_PATH);
        while !path.is_char_boundary(end) {
            end -= 1;
        }
        Exchange {
            app,
            id,
            caller,
            route: None,
            metadata: Metadata::default(),
            mode: None,
            standing: None,
            method: method.clone(),
            path: path[..end].to_owned(),
            received,
            started: Instant::now(),
            finished: false,
        }
    }

    /// Watches the writing of the answer.
    pub fn writing(&self) -> Writing {
        Writing::new(&self.id, &self.path)
    }

    /// Records the answer: its status, its bytes when it is whole, and what was wrong when something was.
    pub fn finish(mut self, status: u16, bytes: Option<usize>, problem: Option<String>) {
        self.record(status, bytes, problem);
    }

    fn record(&mut self, status: u16, bytes: Option<usize>, problem: Option<String>) {
        self.finished = true;
        let took = self.started.elapsed();
        let ms = took.as_micros() as f64 / 1000.0;
        let bytes = bytes.map_or_else(|| "-".to_owned(), |b| b.to_string());
        let slow = took >= spent::slow(self.route.map(|route| route.endpoint));
        let where_it_went = if slow { format!(" slow {}", self.metadata.spent.of(took)) } else { String::new() };
        // What the server could not do is looked for at night, but for probes that are answered so by design.
        let level = if slow || status >= 500 && !self.is_probe() { log::Level::Warn } else { log::Level::Info };
        log::log!(
            level,
            "method={} path={} route={} status={status} ms={ms:.3} received={} bytes={bytes} client={} request_id={}{where_it_went}",
            self.method,
            self.path,
            self.route.map_or("-", |route| route.path),
            self.received.load(Ordering::Relaxed),
            self.caller.address,
            self.id
        );
        if status != CLIENT_GONE {
            self.tell(status, problem);
        }
        self.app.activity.record(crate::activity::Event {
            timestamp: crate::id::now(),
            r#type: if status >= 400 { "error" } else { self.route.map_or("request", kind) }.into(),
            event_type: self.event_type(),
            event_id: crate::id::random(),
            endpoint: self.endpoint().to_owned(),
            method: self.method.to_string(),
            status: if status >= 400 { "error" } else { "success" }.into(),
            status_code: status,
            latency_ms: ms,
            request_id: self.id.clone(),
            client: self.caller.address.to_string(),
            metadata: self.metadata.take(),
        });
    }

    fn is_probe(&self) -> bool {
        self.route.is_some_and(|route| route.tag == "Health")
    }

    fn endpoint(&self) -> &str {
        self.route.map_or(&self.path, |route| route.path)
    }

    /// The route's name; chats are named by their mode.
    fn event_type(&self) -> String {
        match (self.route.map(|route| route.endpoint), &self.mode) {
            (None, _) => "unmatched".into(),
            (Some(Endpoint::ChatAsk), Some(mode)) if is_mode(mode) => format!("chat_{mode}"),
            (Some(Endpoint::ChatStream), Some(mode)) if is_mode(mode) => format!("chat_{mode}_stream"),
            (Some(endpoint), _) => endpoint.name(),
        }
    }

    /// Tells dashboards about a failure. A probe of health that fails is its answer, not a failure.
    fn tell(&self, status: u16, problem: Option<String>) {
        if status < 400 || status == 404 || self.is_probe() {
            return;
        }
        let Some(suppressed) = self.app.limits.errors.pass(Instant::now()) else { return };
        let reason = || hyper::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Error").to_owned();
        let data = Failure {
            error_type: error_type(status),
            message: problem.unwrap_or_else(reason),
            endpoint: self.endpoint(),
            status,
            severity: if status >= 500 { "error" } else { "warning" },
            timestamp: crate::id::now(),
            suppressed,
        };
        self.app.hub.publish(Event::new(Topic::Error, &data));
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.finished {
            self.record(CLIENT_GONE, None, None);
        }
        self.app.limits.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counters of requests that outlive each of them.
#[derive(Debug)]
pub struct Limits {
    /// Requests a minute and address.
    pub requests: super::rate::RateLimits,
    /// `error` events a second.
    pub errors: Throttle,
    /// Who was turned away.
    pub refused: super::access::Refusals,
    /// Room for bodies.
    pub bodies: Room,
    /// Room for answers.
    pub answers: Room,
    /// Requests that are being answered: the head of the answer is not ready yet.
    pub in_flight: AtomicUsize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            requests: Default::default(),
            errors: Default::default(),
            refused: Default::default(),
            bodies: Room::for_bodies(),
            answers: Room::for_answers(),
            in_flight: AtomicUsize::new(0),
        }
    }
}

/// Data of an `error` event.
#[derive(Serialize, schemars::JsonSchema)]
struct Failure<'a> {
    error_type: &'static str,
    message: String,
    endpoint: &'a str,
    status: u16,
    severity: &'static str,
    timestamp: String,
    /// Failures since the last event that were not told, past ten a second.
    suppressed: u64,
}

fn error_type(status: u16) -> &'static str {
    match status {
        401 | 403 => "access_denied",
        422 => "validation_error",
        429 => "rate_limited",
        500.. => "server_error",
        _ => "http_error",
    }
}

fn is_mode(text: &str) -> bool {
    crate::chat::Mode::parse(text).is_some()
}

/// The type of a successful request's activity event.
fn kind(route: &Route) -> &'static str {
    match (route.endpoint.work(), route.endpoint) {
        (Some(Work::Ingests), _) => "ingestion",
        (Some(Work::Answers), _) => "query",
        (_, Endpoint::Health | Endpoint::Ready) => "health_check",
        _ if route.access == Access::Admin => "admin",
        _ => "request",
    }
}
