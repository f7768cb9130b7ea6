//! The process's log on stderr: one line a record, as text, as JSON, or with journal priorities under systemd.
//!
//! Lines are written by a thread of their own, so that who reads them and stops holds up nothing else: what does not fit into the queue
//! meanwhile is lost, counted and told.

use crate::config::Config;
use crate::text::is_invisible;
use log::{Level, LevelFilter, Log, Metadata, Record};
use serde_json::{Map, Value};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Lines that wait to be written: seconds of a busy server, and a few megabytes.
const QUEUE: usize = 8_192;
/// Bytes written at once, but for a line that is longer.
const BATCH: usize = 64 << 10;
/// How long the end of the process waits for its last lines to be read.
const LAST_LINES: Duration = Duration::from_secs(1);

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// `2026-01-31T09:05:00.000120Z INFO target message`.
    Text,
    /// An object a line.
    Json,
    /// `<6>target message`: the journal keeps time and priority itself.
    Journal,
}

struct Logger {
    format: Format,
    // Replaced as a whole when the level is reloaded.
    filter: RwLock<env_logger::Logger>,
    queue: SyncSender<Piece>,
}

/// What the writing thread gets.
enum Piece {
    Line(String),
    /// Says so when all before it is written.
    Flush(SyncSender<()>),
}

/// Lines that found the queue full.
static LOST: AtomicU64 = AtomicU64::new(0);

static LOGGER: OnceLock<Logger> = OnceLock::new();

/// Starts logging as `config` says; `RUST_LOG` wins over `LOG_LEVEL`. Only the first call in a process counts. Panics are logged
/// from then on.
pub fn start(config: &Config) {
    let format = match (config.log_json, stderr_is_journal()) {
        (true, _) => Format::Json,
        (false, true) => Format::Journal,
        (false, false) => Format::Text,
    };
    let filter = filter(config.log_level);
    let max = filter.filter();
    let logger = LOGGER.get_or_init(|| {
        let (queue, pieces) = sync_channel(QUEUE);
        // Without a thread the queue has no other end, and lines are written where they are made.
        let _ = std::thread::Builder::new().name("log".into()).spawn(move || write(format, &pieces));
        Logger { format, filter: RwLock::new(filter), queue }
    });
    if log::set_logger(logger).is_ok() {
        log::set_max_level(max);
        std::panic::set_hook(Box::new(|info| log::error!(target: "panic", "{info}")));
    }
}

/// Lines that were lost so far because nobody read the log.
pub fn lost() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// Writes what comes until the process ends.
fn write(format: Format, pieces: &Receiver<Piece>) {
    let (mut batch, mut told) = (String::new(), 0);
    let mut flushed = Vec::new();
    while let Ok(piece) = pieces.recv() {
        let mut next = Some(piece);
        while let Some(piece) = next {
            match piece {
                Piece::Line(line) => batch.push_str(&line),
                Piece::Flush(done) => flushed.push(done),
            }
            next = if batch.len() < BATCH { pieces.try_recv().ok() } else { None };
        }
        put(&batch);
        batch.clear();
        let lost = lost();
        if lost > told {
            let message = format_args!("the log was not read: {} lines of it were lost", lost - told).to_string();
            let args = format_args!("{message}");
            let record = Record::builder().level(Level::Warn).target(module_path!()).args(args).build();
            put(&line(format, &crate::id::now(), &record));
            told = lost;
        }
        for done in flushed.drain(..) {
            let _ = done.try_send(());
        }
    }
}

/// A log that cannot be written must not stop the server.
fn put(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Changes the level of the running log; `RUST_LOG` still wins.
pub fn set_level(level: LevelFilter) {
    if let Some(logger) = LOGGER.get() {
        let filter = filter(level);
        log::set_max_level(filter.filter());
        *logger.filter.write().unwrap_or_else(PoisonError::into_inner) = filter;
    }
}

fn filter(level: LevelFilter) -> env_logger::Logger {
    env_logger::Builder::new().filter_level(level).parse_env("RUST_LOG").build()
}

/// Says on standard error why a command ends, as an error where the journal reads it.
pub fn complain(text: &str) {
    let mark = if stderr_is_journal() { format!("<{}>", priority(Level::Error)) } else { String::new() };
    // Who closed it, as the end of a pipe does, is not told.
    let _ = writeln!(std::io::stderr(), "{mark}{text}");
}

/// systemd says which device and inode the journal's pipe has; a redirected stderr is not it.
fn stderr_is_journal() -> bool {
    let Some((device, inode)) = std::env::var("JOURNAL_STREAM").ok().and_then(|v| {
        let (device, inode) = v.split_once(':')?;
        Some((device.parse::<u64>().ok()?, inode.parse::<u64>().ok()?))
    }) else {
        return false;
    };
    std::fs::metadata("/proc/self/fd/2").is_ok_and(|m| m.dev() == device && m.ino() == inode)
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.filter.read().unwrap_or_else(PoisonError::into_inner).enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.filter.read().unwrap_or_else(PoisonError::into_inner).matches(record) {
            match self.queue.try_send(Piece::Line(line(self.format, &crate::id::now(), record))) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => drop(LOST.fetch_add(1, Ordering::Relaxed)),
                Err(TrySendError::Disconnected(Piece::Line(line))) => put(&line),
                Err(TrySendError::Disconnected(Piece::Flush(_))) => {}
            }
        }
    }

    /// Waits until what was logged is written, for a second at most.
    fn flush(&self) {
        let until = Instant::now() + LAST_LINES;
        let (done, written) = sync_channel(1);
        while let Err(TrySendError::Full(_)) = self.queue.try_send(Piece::Flush(done.clone())) {
            if Instant::now() >= until {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(done);
        let _ = written.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

fn line(format: Format, time: &str, record: &Record<'_>) -> String {
    let (level, target, message) = (record.level(), record.target(), record.args().to_string());
    match format {
        Format::Text => format!("{time} {level} {target} {}\n", one_line(&message)),
        Format::Journal => format!("<{}>{target} {}\n", priority(level), one_line(&message)),
        Format::Json => {
            let mut object = serde_json::json!({"timestamp": time, "level": level.as_str(), "target": target, "message": message});
            let fields = fields(&message);
            if !fields.is_empty() {
                object["fields"] = fields.into();
            }
            format!("{object}\n")
        }
    }
}

/// What a message that begins with `key=value` says so, as far as it does, for collectors that ask for one; numbers where they always are.
/// The first of several holds. One that begins with words may go on with a name that a client chose.
fn fields(message: &str) -> Map<String, Value> {
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let pair = |word: &'_ str| word.split_once('=').filter(|(key, _)| is_key(key)).map(|(key, value)| (key.to_owned(), value.to_owned()));
    let mut fields = Map::new();
    if message.split(' ').next().and_then(pair).is_none() {
        return fields;
    }
    for (key, value) in message.split(' ').filter_map(pair) {
        let number = || value.parse::<u64>().map(Value::from).or_else(|_| value.parse::<f64>().map(Value::from)).ok();
        let value = match key.as_str() {
            // "-" where there is none.
            "status" | "received" | "bytes" | "ms" => number(),
            key if key.ends_with("_ms") => number(),
            _ => Some(value.into()),
        };
        if let Some(value) = value.filter(|_| !fields.contains_key(&key)) {
            fields.insert(key, value);
        }
    }
    fields
}

/// Names come from clients: what is not shown is escaped, so that nobody writes log lines of their own.
fn one_line(message: &str) -> std::borrow::Cow<'_, str> {
    if !message.contains(is_invisible) {
        return message.into();
    }
    message.chars().map(|c| if is_invisible(c) { c.escape_default().to_string() } else { c.to_string() }).collect::<String>().into()
}

/// syslog's numbers.
fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_request_is_fields_too() {
        let message =
            "method=GET path=/x?status=200 status=404 ms=1.250 bytes=- client=::1 request_id=007 status=200 slow waiting_ms=3 A=1 =2";
        let said = serde_json::json!({"method": "GET", "path": "/x?status=200", "status": 404, "ms": 1.25, "client": "::1", "request_id": "007", "waiting_ms": 3});
        assert_eq!(Value::from(fields(message)), said);
        assert!(fields("store opened bytes=1").is_empty());
        assert!(fields("ingest: file a status=200.sql: not read").is_empty());
    }

    #[test]
    fn a_record_is_one_line_in_every_format_whatever_its_message() {
        for (format, expect) in [
            (Format::Text, "T WARN a::b x=1 y=\\n<3>\n"),
            (Format::Journal, "<4>a::b x=1 y=\\n<3>\n"),
            (
                Format::Json,
                "{\"fields\":{\"x\":\"1\",\"y\":\"\\n<3>\"},\"level\":\"WARN\",\"message\":\"x=1 y=\\n<3>\",\"target\":\"a::b\",\"timestamp\":\"T\"}\n",
            ),
        ] {
            let args = format_args!("x=1 y={}<3>", "\n");
            let record = Record::builder().level(Level::Warn).target("a::b").args(args).build();
            assert_eq!(line(format, "T", &record), expect);
        }
    }
}
