//! The process's log on stderr: one line a record, as text, as JSON, or with journal priorities under systemd.

use crate::config::Config;
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::sync::{OnceLock, PoisonError, RwLock};

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
}

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
    let logger = LOGGER.get_or_init(|| Logger { format, filter: RwLock::new(filter) });
    if log::set_logger(logger).is_ok() {
        log::set_max_level(max);
        std::panic::set_hook(Box::new(|info| log::error!(target: "panic", "{info}")));
    }
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
            let line = line(self.format, &crate::id::now(), record);
            // One write a line, so that lines of two threads never mix. A log that cannot be written must not stop the server.
            let _ = std::io::stderr().lock().write_all(line.as_bytes());
        }
    }

    fn flush(&self) {}
}

fn line(format: Format, time: &str, record: &Record<'_>) -> String {
    let (level, target, message) = (record.level(), record.target(), record.args().to_string());
    match format {
        Format::Text => format!("{time} {level} {target} {}\n", one_line(&message)),
        Format::Journal => format!("<{}>{target} {}\n", priority(level), one_line(&message)),
        Format::Json => {
            let object = serde_json::json!({"timestamp": time, "level": level.as_str(), "target": target, "message": message});
            format!("{object}\n")
        }
    }
}

/// Names come from clients: control characters are escaped, so that nobody writes log lines of their own.
fn one_line(message: &str) -> std::borrow::Cow<'_, str> {
    if !message.contains(char::is_control) {
        return message.into();
    }
    message.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect::<String>().into()
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
    fn a_record_is_one_line_in_every_format_whatever_its_message() {
        for (format, expect) in [
            (Format::Text, "T WARN a::b x=1 y=\\n<3>\n"),
            (Format::Journal, "<4>a::b x=1 y=\\n<3>\n"),
            (Format::Json, "{\"level\":\"WARN\",\"message\":\"x=1 y=\\n<3>\",\"target\":\"a::b\",\"timestamp\":\"T\"}\n"),
        ] {
            let args = format_args!("x=1 y={}<3>", "\n");
            let record = Record::builder().level(Level::Warn).target("a::b").args(args).build();
            assert_eq!(line(format, "T", &record), expect);
        }
    }
}
