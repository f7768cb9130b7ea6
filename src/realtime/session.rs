//! One client from its ack to its end: the greeting, what it says, and leave-taking. Runs as a task of its own.

use super::connection::{Connection, Wire};
use super::outbox::{End, Wants};
use super::replay::Ring;
use super::{Resume, format_id, frame};
use crate::event::{Event, Topic};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::io::ErrorKind;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocket, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, error::ProtocolError};

/// Largest message of a client, of which two short kinds are known.
const MAX_MESSAGE: usize = 64 << 10;
/// What is read at a time, many times what clients usually say. The library zeroes this much before every read and keeps it per
/// connection.
const READ_BUFFER: usize = 512;
/// The library's own write buffer only ever holds one pong or close: [`Wire`] takes all it is given.
const WRITE_BUFFER: usize = 1 << 10;
/// Names in one subscription, and characters in a name.
const MAX_NAMES: usize = 64;
const MAX_NAME_CHARS: usize = 64;

#[derive(Serialize)]
struct Ack<'a> {
    message: &'static str,
    connection_id: String,
    epoch: &'a str,
    seq: u64,
    recovered: bool,
}

/// Ack, missed events, snapshot; from then on publishers write. The connection is already among those that publishers visit, and not
/// live yet: what they publish meanwhile is taken from the ring, in its order, at the latest by the step that makes it live.
/// `snapshot` is awaited after the ack. Adds the frames of the greeting to `delivered`.
pub async fn greet(
    connection: &Connection,
    ring: &Ring,
    id: u64,
    resume: Resume,
    snapshot: impl Future<Output = Option<Event>>,
    delivered: impl Fn(u64),
) {
    let start = ring.start(resume.epoch.as_deref(), resume.seq);
    let ack = Ack {
        message: "Connected to dashboard",
        connection_id: format_id(id),
        epoch: ring.epoch(),
        seq: start.head,
        recovered: start.recovered,
    };
    delivered(connection.begin(start.cursor, envelope("connection_ack", &ack)));
    loop {
        let (added, done) = connection.replay(ring, start.head);
        delivered(added);
        if done {
            break;
        }
        connection.drained().await;
    }
    if let Some(event) = snapshot.await {
        delivered(connection.push(frame::text(&event.close(None))));
    }
    loop {
        connection.drained().await;
        let (added, done) = connection.go_live(ring);
        delivered(added);
        if done {
            return;
        }
    }
}

/// Listens to the client until it or the server ends the connection, and says why it ended. `early` are bytes that came before.
pub async fn listen(connection: &Connection, early: Vec<u8>) -> End {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let mut socket = WebSocket::from_partially_read(Wire::new(connection), early, Role::Server, Some(config));
    loop {
        if let Some(end) = connection.end() {
            return end;
        }
        tokio::select! {
            message = next(connection, &mut socket) => match message {
                Ok(message) => {
                    connection.hear();
                    answer(connection, message);
                }
                Err(error) => return why(error),
            },
            () = connection.woken() => {}
            () = connection.write_rest(), if connection.is_blocked() => {}
        }
    }
}

/// The client's next message. Cancel safe: what has been read stays in `socket`.
async fn next(connection: &Connection, socket: &mut WebSocket<Wire<'_>>) -> Result<Message, Error> {
    loop {
        match socket.read() {
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                connection.readable().await?;
                socket.get_mut().allow_read();
            }
            other => return other,
        }
    }
}

fn why(error: Error) -> End {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => End::Client,
        Error::Io(error) => End::Lost(error.kind()),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Lost(ErrorKind::UnexpectedEof),
        Error::Capacity(_) => End::TooLarge,
        Error::Utf8(what) => End::Protocol(1007, what),
        other => End::Protocol(1002, other.to_string()),
    }
}

/// What a client may say.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Said {
    Ping,
    Subscribe { events: Vec<String> },
}

fn answer(connection: &Connection, message: Message) {
    let reply = match message {
        Message::Text(text) => match understand(&text) {
            Ok(Said::Ping) => envelope("pong", &serde_json::Map::new()),
            Ok(Said::Subscribe { events }) => return connection.subscribe(Wants::Only(events)),
            Err(mistake) => complaint(&mistake),
        },
        Message::Binary(_) => complaint("Binary messages are not understood: send JSON as text"),
        // The library answers pings and closes; pongs were heard.
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => return,
    };
    connection.push(reply);
}

fn understand(text: &str) -> Result<Said, String> {
    let said = serde_json::from_str(text).map_err(|error| {
        // The library's own words may quote the client's text whole, and are about our types.
        let what = if error.is_data() { "no message that is known" } else { "not JSON" };
        format!("Not understood ({what}): send {{\"type\":\"ping\"}} or {{\"type\":\"subscribe\",\"events\":[\"…\"]}}")
    })?;
    match &said {
        Said::Subscribe { events } if events.len() > MAX_NAMES => Err(format!("A subscription may name {MAX_NAMES} events")),
        Said::Subscribe { events } if events.iter().any(|name| name.chars().count() > MAX_NAME_CHARS) => {
            Err(format!("The name of an event may have {MAX_NAME_CHARS} characters"))
        }
        _ => Ok(said),
    }
}

fn envelope(name: &str, data: &impl Serialize) -> Bytes {
    frame::text(&Event::named(name, data).close(None))
}

/// An `error` message to one client, in the shape of the broadcast ones.
fn complaint(message: &str) -> Bytes {
    #[derive(Serialize)]
    struct Complaint<'a> {
        error_type: &'static str,
        message: &'a str,
        endpoint: &'static str,
        status: u16,
        severity: &'static str,
        timestamp: String,
    }
    let data = Complaint {
        error_type: "invalid_message",
        message,
        endpoint: "/api/v1/ws/dashboard",
        status: 400,
        severity: "warning",
        timestamp: crate::id::now(),
    };
    envelope(Topic::Error.as_str(), &data)
}

#[cfg(test)]
mod tests {
    use super::{MAX_MESSAGE, MAX_NAME_CHARS, MAX_NAMES, Said, understand};

    #[test]
    fn only_two_kinds_of_message_are_understood() {
        let many = format!(r#"{{"type":"subscribe","events":{:?}}}"#, vec!["error"; MAX_NAMES + 1]);
        let long = format!(r#"{{"type":"subscribe","events":["{}"]}}"#, "x".repeat(MAX_NAME_CHARS + 1));
        let unknown = format!(r#"{{"type":"{}"}}"#, "x".repeat(MAX_MESSAGE - 100));
        let quoted = format!(r#""{}""#, "\u{1}".repeat(MAX_MESSAGE - 100).escape_default());
        let deep = format!(r#"{{"type":"ping","x":{}"#, "[".repeat(10_000));
        for (text, expected) in [
            (r#"{"type":"ping"}"#, Some(Said::Ping)),
            (r#"{"type":"ping","data":{"t":1}}"#, Some(Said::Ping)),
            (r#"{"events":["error"],"type":"subscribe"}"#, Some(Said::Subscribe { events: vec!["error".into()] })),
            (r#"{"type":"subscribe","events":[]}"#, Some(Said::Subscribe { events: vec![] })),
            (r#"{"type":"subscribe"}"#, None),
            (r#"{"type":"subscribe","events":"error"}"#, None),
            (r#"{"type":"subscribe","events":[1]}"#, None),
            (&many, None),
            (&long, None),
            (&deep, None),
            (r#"{"type":"shout"}"#, None),
            (r#"{"type":1}"#, None),
            (&unknown, None),
            (&quoted, None),
            ("[]", None),
            ("null", None),
            ("", None),
            ("{", None),
        ] {
            let understood = understand(text);
            assert!(understood.as_ref().err().is_none_or(|mistake| mistake.chars().count() < 200), "{understood:?}");
            assert_eq!(understood.ok(), expected, "{}", &text[..text.len().min(60)]);
        }
    }
}
