//! What an ingestion tells while it runs: to dashboards (throttled), to the client that started it (everything), to its log.

use super::pipeline::{FileReport, Report, Request};
use crate::event::{Event, Topic};
use crate::id;
use crate::realtime::Hub;
use crate::store::runs::{Event as LogLine, Status};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Least time between two broadcasts of progress: ten a second is as fast as a page can show.
const BROADCAST_EVERY: Duration = Duration::from_millis(100);

/// Most errors that the end of an ingestion names: every dashboard gets it, and its queue is bounded. The log and the client's own report
/// have all.
const MAX_ERRORS: usize = 50;
/// Most bytes of these: paths and what is said of them may be long, and with the rest it is to stay below half of what may wait for one
/// dashboard, 64 KiB.
const MAX_ERROR_BYTES: usize = 24 << 10;

/// Tells what happens. [`Progress::take_log`] gives what is to be written to the log since it was last asked.
pub struct Progress<'a> {
    hub: &'a Hub,
    connection: Option<&'a str>,
    ingestion_id: &'a str,
    total: usize,
    processed: usize,
    broadcast: Option<Instant>,
    log: Vec<LogLine>,
}

impl<'a> Progress<'a> {
    /// Says `ingestion_started`.
    pub fn start(hub: &'a Hub, request: &'a Request, ingestion_id: &'a str, run_id: &str) -> Progress<'a> {
        let connection = request.connection_id.as_deref();
        let mut progress =
            Progress { hub, connection, ingestion_id, total: request.files.len(), processed: 0, broadcast: None, log: Vec::new() };
        let data = json!({
            "ingestion_id": ingestion_id,
            "source": request.source,
            "project_id": request.to.project_id,
            "repository_id": request.to.repository_id,
            "run_id": run_id,
            "total_files": request.files.len(),
        });
        hub.publish(Event::new(Topic::IngestionStarted, &data));
        progress.note(Topic::IngestionStarted, "info", data);
        progress
    }

    /// A file is being read: a thread has taken it.
    pub fn reading(&mut self, path: &str) {
        self.file(path, "processing", 0, None);
    }

    /// A file is done: stored, refused or skipped. `nodes` is how many things it defines, as far as it alone can tell.
    pub fn done(&mut self, report: &FileReport, nodes: usize) {
        self.processed += 1;
        self.file(&report.relative_path, &report.status, nodes, report.error.as_deref());
    }

    fn file(&mut self, path: &str, status: &str, nodes: usize, error: Option<&str>) {
        let percentage = (self.processed * 1000).checked_div(self.total).unwrap_or(1000) as f64 / 10.0;
        let data = json!({
            "ingestion_id": self.ingestion_id,
            "current_file": path,
            "status": status,
            "files_processed": self.processed,
            "total_files": self.total,
            "percentage": percentage,
            "nodes_created": nodes,
            "error": error,
        });
        let topic = Topic::IngestionProgress;
        let last = self.processed == self.total && status != "processing";
        let broadcast = last || self.broadcast.is_none_or(|at| at.elapsed() >= BROADCAST_EVERY);
        if broadcast {
            self.hub.publish(Event::new(topic, &data));
            self.broadcast = Some(Instant::now());
        }
        // Every event reaches it once: those that are broadcast reach it that way, unless it asked for other events. One that does not
        // keep up is spared all but the last: closing it for what it did not ask for one by one would cost it the end as well.
        if let Some(connection) = self.connection
            && !(broadcast && self.hub.is_subscribed(connection, topic))
            && (last || !self.hub.is_blocked(connection))
        {
            self.hub.send_to(connection, Event::new(topic, &data));
        }
        if status != "processing" {
            self.note(Topic::IngestionProgress, if error.is_some() { "error" } else { "info" }, data);
        }
    }

    /// `ingestion_complete`, to be told once the run is closed ([`Progress::tell`]), and the last lines of the log.
    pub fn complete(&mut self, report: &Report, status: Status, elapsed: Duration, failure: Option<&str>) -> (Event, Vec<LogLine>) {
        let failed = report.results.iter().filter_map(|r| Some((Some(&r.relative_path), r.error.as_deref()?)));
        let all: Vec<_> = failure.map(|error| (None, error)).into_iter().chain(failed).collect();
        let named = all.iter().take(MAX_ERRORS).map(|(file, error)| json!({ "file": file, "error": error }));
        let within = named.scan(0, |bytes, error| {
            *bytes += error.to_string().len();
            (*bytes <= MAX_ERROR_BYTES).then_some(error)
        });
        let errors: Vec<Value> = within.collect();
        let omitted = all.len() - errors.len();
        let mut data = json!({
            "ingestion_id": report.ingestion_id,
            "run_id": report.run_id,
            "project_id": report.project_id,
            "repository_id": report.repository_id,
            "status": status.as_str(),
            "files_processed": report.files_processed,
            "files_failed": report.files_failed,
            "total_nodes": report.total_nodes_created,
            "total_edges": report.total_edges_created,
            "duration_ms": elapsed.as_millis() as u64,
            "errors": errors,
        });
        if omitted > 0 {
            data["errors_omitted"] = omitted.into();
        }
        let event = Event::new(Topic::IngestionComplete, &data);
        self.note(Topic::IngestionComplete, if status == Status::Completed { "info" } else { "error" }, data);
        (event, self.take_log())
    }

    /// Tells every dashboard.
    pub fn tell(&self, event: Event) {
        self.hub.publish(event);
    }

    /// Lines that were not yet taken.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.log)
    }

    fn note(&mut self, topic: Topic, level: &str, payload: Value) {
        self.log.push(LogLine { timestamp: id::now(), r#type: topic.as_str().into(), level: level.into(), payload });
    }
}
