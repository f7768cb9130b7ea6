//! One streamed request to a model server: lines as they come, every wait bounded, stopped at once from outside.

use super::Cancel;
use crate::surrogate;
use serde::de::DeserializeOwned;
use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use ureq::Agent;

/// A model server is on this box or on its network: one that does not accept within this is down.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// A probe that takes longer would hold up answers that need no model.
pub const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest line taken: one token and its counts are below 1 KiB; whole answers in one line fit.
const MAX_LINE_BYTES: u64 = 1 << 20;
/// Most bytes of an error body that are read.
const MAX_ERROR_BYTES: u64 = 8 << 10;
/// Largest answer read whole: a thousand models fit, and so do 32 vectors of 4,096 dimensions.
const MAX_WHOLE_BYTES: u64 = 4 << 20;
/// Lines between the reader and the answer; a full channel makes the model wait.
const LINES_AHEAD: usize = 64;

/// Why a model gave no answer, or no whole one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing answers there; what the system said.
    Unreachable(String),
    /// The server refused: status and its words.
    Refused(u16, String),
    /// The server has too much to do and says how long it wants to be left alone (`Retry-After`); and its words.
    Resting(Duration, String),
    /// The server does not have the model (any more).
    ModelMissing,
    /// Too long without the first token, between two, or in all.
    Timeout(&'static str, Duration),
    /// It said so in the stream.
    Reported(String),
    /// What came is not the protocol.
    Garbage(String),
    /// The stream ended before the answer did.
    Truncated,
    /// It finished and said nothing.
    Empty,
    /// Everyone who asked before is still being answered.
    Overloaded,
    /// The client went away.
    Cancelled,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Unreachable(why) => write!(f, "the model server does not answer ({why})"),
            Failure::Refused(status, why) if why.is_empty() => write!(f, "the model server refused with status {status}"),
            Failure::Refused(status, why) => write!(f, "the model server refused with status {status}: {why}"),
            Failure::Resting(rest, why) => write!(f, "the model server asks to be left alone for {} s: {why}", rest.as_secs()),
            Failure::ModelMissing => f.write_str("the model server does not have it"),
            Failure::Timeout(what, limit) => {
                write!(f, "{what} took longer than {} s, all that CHAT_TIMEOUT_SECONDS allows it", limit.as_secs_f32())
            }
            Failure::Reported(why) => write!(f, "the model server reported: {why}"),
            Failure::Garbage(why) => write!(f, "the model server sent what is not its protocol ({why})"),
            Failure::Truncated => f.write_str("the stream ended before the answer did"),
            Failure::Empty => f.write_str("it answered with nothing"),
            Failure::Overloaded => f.write_str("no place at the model became free in time"),
            Failure::Cancelled => f.write_str("the client went away"),
        }
    }
}

/// The waits of one request.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Until the first token: loading a model may take long, reading its answer should not.
    pub first_token: Duration,
    /// Between two tokens.
    pub idle: Duration,
    /// In all.
    pub total: Duration,
}

impl Timeouts {
    /// Longest silence between two tokens: slower is not being read any more.
    const MAX_IDLE: Duration = Duration::from_secs(30);

    /// The waits within `total`: half of it for the first token, so that the other half is left to read in.
    pub fn within(total: Duration) -> Timeouts {
        Timeouts { first_token: total / 2, idle: (total / 2).min(Timeouts::MAX_IDLE), total }
    }
}

/// What a line meant for the one who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing of the answer (a comment, an empty line).
    Nothing,
    /// Part of the answer.
    Token,
    /// The answer is whole, or no more of it is wanted.
    Done,
}

enum Event {
    Line(Vec<u8>),
    Failed(Failure),
    End,
}

/// Posts `body` as JSON and gives each line of the answer to `on_line`, until that says [`Step::Done`]. The connection is closed when
/// this returns, whatever the reason. Blocking.
pub fn stream(
    url: &str,
    key: Option<&str>,
    body: &serde_json::Value,
    timeouts: Timeouts,
    started: Instant,
    cancel: &Cancel,
    on_line: &mut dyn FnMut(&[u8]) -> Result<Step, Failure>,
) -> Result<(), Failure> {
    // Waits are ended below, where it is known which one it was; the agent's own only ends a reader that was left behind.
    let agent = agent(url, CONNECT_TIMEOUT, timeouts.total * 2);
    let _closed = Closed(agent.clone());
    cancel.on_cancel({
        let agent = agent.clone();
        move || agent.shutdown()
    });
    let (sender, lines) = sync_channel(LINES_AHEAD);
    let mut request = agent.post(url).header("Content-Type", "application/json");
    if let Some(key) = key {
        request = request.header("Authorization", format!("Bearer {key}"));
    }
    let body = body.to_string();
    std::thread::Builder::new()
        .name("model-reader".into())
        .spawn(move || {
            let last = match request.send(body) {
                Ok(response) => read_lines(response, &sender),
                Err(e) => Event::Failed(Failure::Unreachable(e.to_string())),
            };
            // Nobody waits for it any more when this fails, which is as it should be.
            let _ = sender.send(last);
        })
        .map_err(|e| Failure::Unreachable(e.to_string()))?;
    let end = started + timeouts.total;
    let mut quiet_since = Instant::now();
    let mut limit = ("the first token", timeouts.first_token);
    loop {
        let late = if quiet_since + limit.1 < end { limit } else { ("the answer", timeouts.total) };
        let event = lines.recv_timeout((quiet_since + limit.1).min(end).saturating_duration_since(Instant::now()));
        if cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        match event {
            Ok(Event::Line(line)) => match on_line(&line)? {
                Step::Done => return Ok(()),
                Step::Token => {
                    quiet_since = Instant::now();
                    limit = ("the next token", timeouts.idle);
                }
                Step::Nothing => {}
            },
            Ok(Event::Failed(failure)) => return Err(failure),
            Ok(Event::End) | Err(RecvTimeoutError::Disconnected) => return Err(Failure::Truncated),
            Err(RecvTimeoutError::Timeout) => return Err(Failure::Timeout(late.0, late.1)),
        }
        // Lines that never let the channel run dry must not outlive the total either.
        if Instant::now() >= end {
            return Err(Failure::Timeout("the answer", timeouts.total));
        }
        // Comments that keep a silent model's connection open do not count as tokens.
        if quiet_since.elapsed() >= limit.1 {
            return Err(Failure::Timeout(limit.0, limit.1));
        }
    }
}

/// Gets JSON, for probes. Blocking, within [`PROBE_TIMEOUT`].
pub fn get_json(url: &str, key: Option<&str>) -> Result<serde_json::Value, Failure> {
    let mut request = agent(url, PROBE_TIMEOUT, PROBE_TIMEOUT).get(url);
    if let Some(key) = key {
        request = request.header("Authorization", format!("Bearer {key}"));
    }
    whole(request.call())
}

/// Posts `body` as JSON and reads the answer as JSON. Blocking, within `limit`.
pub fn post_json<T: DeserializeOwned>(url: &str, key: Option<&str>, body: &serde_json::Value, limit: Duration) -> Result<T, Failure> {
    let mut request = agent(url, CONNECT_TIMEOUT.min(limit), limit).post(url).header("Content-Type", "application/json");
    if let Some(key) = key {
        request = request.header("Authorization", format!("Bearer {key}"));
    }
    whole(request.send(body.to_string()))
}

fn whole<T: DeserializeOwned>(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<T, Failure> {
    let mut response = answer.map_err(|e| Failure::Unreachable(e.to_string()))?;
    let (status, rest) = (response.status().as_u16(), rest(&response));
    let mut text = Vec::new();
    response.body_mut().as_reader().take(MAX_WHOLE_BYTES).read_to_end(&mut text).map_err(|e| Failure::Unreachable(e.to_string()))?;
    if status != 200 {
        return Err(refusal(status, rest, message(&text)));
    }
    serde_json::from_slice(&text).map_err(|e| Failure::Garbage(e.to_string()))
}

fn agent(url: &str, connect: Duration, total: Duration) -> Agent {
    let mut config = Agent::config_builder()
        .timeout_connect(Some(connect))
        .timeout_resolve(Some(connect))
        .timeout_global(Some(total))
        .http_status_as_error(false)
        .max_redirects(0);
    // Plain HTTP is this box or its own network: a proxy of the environment is for the outside.
    if url.starts_with("http://") {
        config = config.proxy(None);
    }
    Agent::new_with_config(config.build())
}

struct Closed(Agent);

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.clone().shutdown();
    }
}

fn refusal(status: u16, rest: Option<Duration>, why: String) -> Failure {
    match (status, rest) {
        (404, _) if why.to_lowercase().contains("model") => Failure::ModelMissing,
        (429 | 503, Some(rest)) => Failure::Resting(rest, why),
        _ => Failure::Refused(status, why),
    }
}

/// `Retry-After`.
fn rest(response: &ureq::http::Response<ureq::Body>) -> Option<Duration> {
    rest_of(response.headers().get("retry-after")?.to_str().ok()?.trim(), jiff::Timestamp::now())
}

/// What is left at `now` of a number of seconds, or until a date; nothing of a date that has passed.
fn rest_of(text: &str, now: jiff::Timestamp) -> Option<Duration> {
    let seconds = text.parse().ok().map(Duration::from_secs);
    seconds.or_else(|| {
        let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
    })
}

fn read_lines(response: ureq::http::Response<ureq::Body>, sender: &SyncSender<Event>) -> Event {
    let (status, rest) = (response.status().as_u16(), rest(&response));
    let reader = response.into_body().into_reader();
    if status != 200 {
        let mut text = Vec::new();
        let why = match reader.take(MAX_ERROR_BYTES).read_to_end(&mut text) {
            Ok(_) => message(&text),
            Err(e) => e.to_string(),
        };
        return Event::Failed(refusal(status, rest, why));
    }
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) => return Event::End,
            Ok(n) if n as u64 == MAX_LINE_BYTES => return Event::Failed(Failure::Garbage("a line without end".into())),
            Ok(_) if sender.send(Event::Line(line)).is_err() => return Event::End,
            Ok(_) => {}
            Err(_) => return Event::Failed(Failure::Truncated),
        }
    }
}

/// What one line of a stream says, with halves of characters marked: their other halves may come with the next.
pub fn line_of(line: &[u8]) -> Result<serde_json::Value, Failure> {
    let text = std::str::from_utf8(line).map_err(|e| Failure::Garbage(e.to_string()))?;
    surrogate::parse(text, surrogate::marked).map_err(|e| Failure::Garbage(e.to_string()))
}

/// The words of an error body: Ollama's `{"error":"…"}`, OpenAI's `{"error":{"message":"…"}}`, or the text itself, shortened.
fn message(body: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = match &value["error"] {
        serde_json::Value::String(text) => text.clone(),
        error => error["message"].as_str().map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned),
    };
    text.trim().chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::rest_of;
    use std::time::Duration;

    #[test]
    fn a_rest_is_so_many_seconds_or_until_a_date() {
        let now = "2026-01-31T09:05:00Z".parse().unwrap();
        for (text, seconds) in [
            ("7", Some(7)),
            ("Sat, 31 Jan 2026 09:06:00 GMT", Some(60)),
            ("Sat, 31 Jan 2026 09:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(rest_of(text, now), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
