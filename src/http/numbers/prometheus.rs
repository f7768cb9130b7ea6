//! `/metrics` in Prometheus' text format. Routes are labelled by template: a label never holds what a client made up.

use super::process::Process;
use crate::activity::LATENCY_BOUNDS;
use crate::http::App;
use std::fmt::{Display, Write};
use std::sync::atomic::Ordering;
use std::time::UNIX_EPOCH;

/// Everything there is to measure, as text. Blocking: reads `/proc` and file sizes.
pub(super) fn render(app: &App) -> String {
    let mut page = Page(String::with_capacity(16 << 10));
    requests(&mut page, app);
    page.gauge("headwater_http_requests_in_flight", "Requests being answered.", app.limits.in_flight.load(Ordering::Relaxed));
    page.head("headwater_held_bytes", "gauge", "Large bodies and answers in memory, beyond the first 64 KiB of each.");
    for (what, room) in [("bodies", &app.limits.bodies), ("answers", &app.limits.answers)] {
        page.sample("headwater_held_bytes", &[("what", what)], room.taken());
    }
    page.head("headwater_http_requests_refused_total", "counter", "Requests turned away before their handler, by what was wrong.");
    for (reason, refused) in app.limits.refused.counts() {
        page.sample("headwater_http_requests_refused_total", &[("reason", reason)], refused);
    }
    let hub = app.hub.totals();
    page.gauge("headwater_websockets", "Dashboards connected now.", app.hub.count());
    page.counter("headwater_websockets_connected_total", "Dashboards ever accepted.", hub.connected);
    page.head("headwater_websockets_refused_total", "counter", "Dashboards refused before the upgrade.");
    for (reason, refused) in
        [("origin", hub.refused_origin), ("token", hub.refused_token), ("address_limit", hub.refused_address), ("full", hub.refused_full)]
    {
        page.sample("headwater_websockets_refused_total", &[("reason", reason)], refused);
    }
    page.counter("headwater_websockets_closed_slow_total", "Dashboards closed because they did not read.", hub.closed_slow);
    page.counter("headwater_events_published_total", "Events numbered for all dashboards.", hub.published);
    page.counter("headwater_events_delivered_total", "Event frames handed to sockets or their queues.", hub.delivered);

    let log = app.activity.condition();
    page.gauge("headwater_activity_queue_depth", "Activity events waiting for the disk.", log.queued);
    page.counter("headwater_activity_dropped_total", "Activity events that never reached the disk.", log.dropped);
    page.gauge("headwater_activity_failing", "1 while the disk refuses the activity log.", u8::from(log.failing));
    page.counter("headwater_log_lines_lost_total", "Lines of the log that nobody read in time.", crate::logging::lost());

    let (nodes, edges) = app.knowledge.totals();
    page.gauge("headwater_graph_nodes", "Nodes of all projects.", nodes);
    page.gauge("headwater_graph_edges", "Edges of all projects.", edges);
    page.gauge("headwater_store_bytes", "The store's file and its log on disk.", app.store.size_bytes());
    let refusing = u8::from(app.store.refusal().is_some());
    page.gauge(
        "headwater_store_refusing",
        "1 while the disk refuses what is written to the store, or does not give what is in it.",
        refusing,
    );
    let copied = app.store.copied().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map_or(0, |at| at.as_secs());
    let what = "Unix time at which `headwater backup` last took a copy of the store, 0 for never.";
    page.gauge("headwater_store_copied_timestamp_seconds", what, copied);
    page.gauge("headwater_store_write_queue_depth", "Writes waiting for the writer.", app.store.queue_depth());
    page.gauge("headwater_uploads_active", "Uploads that come, wait or are read now.", app.ingest.forms_taken());
    page.gauge("headwater_ingestions_active", "Ingestions running now.", app.ingest.active());
    page.head("headwater_files_total", "counter", "Files that came, by what became of them.");
    let taken = app.ingest.taken();
    for (outcome, files) in [("processed", &taken.processed), ("failed", &taken.failed), ("duplicate", &taken.duplicates)] {
        page.sample("headwater_files_total", &[("outcome", outcome)], files.load(Ordering::Relaxed));
    }
    page.head(
        "headwater_answers_total",
        "counter",
        "Questions by who answered: `instead` is without the model, which gave no whole answer.",
    );
    let told = app.chat.told();
    for (by, answers) in [("model", &told.by_model), ("builtin", &told.builtin), ("instead", &told.instead), ("nobody", &told.failed)] {
        page.sample("headwater_answers_total", &[("by", by)], answers.load(Ordering::Relaxed));
    }
    page.gauge("headwater_questions_active", "Questions being answered now.", app.chat.active());
    let (hits, misses) = app.models.cache_counts();
    page.counter("headwater_model_cache_hits_total", "Look-ups of the model server's state answered from memory.", hits);
    page.counter("headwater_model_cache_misses_total", "Look-ups of the model server's state that asked it.", misses);

    page.gauge("headwater_ready", "1 when loaded and not draining.", u8::from(app.lifecycle.is_ready()));
    page.gauge("headwater_uptime_seconds", "Seconds since start.", app.lifecycle.uptime().as_secs_f64());
    page.head("headwater_build_info", "gauge", "This program.");
    page.sample("headwater_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    process(&mut page, &Process::read());
    page.0
}

fn requests(page: &mut Page, app: &App) {
    let numbers = app.activity.numbers();
    page.head("headwater_http_requests_total", "counter", "Requests answered; status 499 is a client that went away.");
    for ((method, route), of) in &numbers.routes {
        for (status, n) in &of.statuses {
            let status = status.to_string();
            page.sample("headwater_http_requests_total", &[("method", method), ("route", route), ("status", &status)], n);
        }
    }
    page.head("headwater_http_request_duration_seconds", "histogram", "From a request's head to its answer's head.");
    let bounds = LATENCY_BOUNDS.map(|bound| bound.to_string());
    for ((method, route), of) in &numbers.routes {
        let labels = [("method", method.as_str()), ("route", route.as_str())];
        let mut below = 0;
        for (bound, n) in bounds.iter().zip(of.buckets) {
            below += n;
            page.sample("headwater_http_request_duration_seconds_bucket", &[labels[0], labels[1], ("le", bound)], below);
        }
        page.sample("headwater_http_request_duration_seconds_bucket", &[labels[0], labels[1], ("le", "+Inf")], of.total());
        page.sample("headwater_http_request_duration_seconds_sum", &labels, of.seconds);
        page.sample("headwater_http_request_duration_seconds_count", &labels, of.total());
    }
}

fn process(page: &mut Page, process: &Process) {
    if let Some(bytes) = process.resident_bytes {
        page.gauge("headwater_process_resident_memory_bytes", "Resident memory.", bytes);
    }
    if let Some(n) = process.open_fds {
        page.gauge("headwater_process_open_fds", "Open descriptors.", n);
    }
    if let Some(n) = process.threads {
        page.gauge("headwater_process_threads", "Threads.", n);
    }
    if let Some(seconds) = process.cpu_seconds {
        page.counter("headwater_process_cpu_seconds_total", "Processor time in user and kernel mode.", seconds);
    }
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "gauge", help);
        self.sample(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "counter", help);
        self.sample(name, &[], value);
    }

    /// Straight into the page: there are some thousand of them.
    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (at, (label, value)) in labels.iter().enumerate() {
            self.0.push_str(if at == 0 { "{" } else { "," });
            self.0.push_str(label);
            self.0.push_str("=\"");
            self.escaped(value);
            self.0.push('"');
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        self.line(format_args!(" {value}"));
    }

    fn escaped(&mut self, label: &str) {
        for sign in label.chars() {
            match sign {
                '\\' => self.0.push_str("\\\\"),
                '"' => self.0.push_str("\\\""),
                '\n' => self.0.push_str("\\n"),
                _ => self.0.push(sign),
            }
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("a String takes everything");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_written_as_prometheus_reads_them() {
        let mut page = Page(String::new());
        page.gauge("a", "What it is.", 1.5);
        page.sample("b_total", &[("route", "/x/{id}"), ("odd", "\"\\\n")], 2);
        assert_eq!(page.0, "# HELP a What it is.\n# TYPE a gauge\na 1.5\nb_total{route=\"/x/{id}\",odd=\"\\\"\\\\\\n\"} 2\n");
    }
}
