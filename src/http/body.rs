//! Bodies both ways: responses that are whole or streamed, and the JSON of requests read under limits.

mod json;
mod request;
mod room;

pub use request::{RequestBody, shared};
pub(super) use room::Held;
pub use room::Room;

use super::error::{FieldError, blocking};
use super::spent::{Spent, Writing};
use super::{Error, Fields};
use crate::surrogate;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::io::Read;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Largest JSON body, unpacked: a question with its history fits many times over. Thousands of connections may each hold one.
pub const MAX_JSON_BYTES: usize = 4 << 20;
/// The same of `/ingest/sql`: a script of the usual upload limit fits.
pub const MAX_SQL_JSON_BYTES: usize = 64 << 20;
/// Most bytes that the values of a JSON body may become beside their text: a quarter of a million numbers, or 26,000 objects, where nothing
/// asked for here has thousands. A body of a few kilobytes, unfolded, could become gigabytes.
const MAX_VALUES_BYTES: usize = 16 << 20;
/// Longest silence within a body: a client that sends nothing for so long holds memory for nothing.
const BODY_IDLE: Duration = Duration::from_secs(30);
/// Bytes a second of a body that must come beyond its first [`BODY_IDLE`], on average: what a modem sent. One byte now and then would hold
/// what has come for ever.
const BODY_RATE: u64 = 4 << 10;
/// JSON from this size on is parsed away from the I/O thread: about a millisecond's work.
const PARSE_ELSEWHERE: usize = 128 << 10;

/// A whole body is handed to hyper in pieces of this size, which asks for the next one when the client has taken most of those before.
const PIECE: usize = 256 << 10;

/// A response's body: whole, or a stream fed from elsewhere.
pub struct ResponseBody {
    kind: Kind,
    writing: Option<Writing>,
    /// The bytes are there for every answer like it.
    shared: bool,
    held: Option<Held>,
}

enum Kind {
    Whole(Option<Bytes>),
    Stream(mpsc::Receiver<Bytes>),
}

impl ResponseBody {
    /// No bytes.
    pub fn empty() -> ResponseBody {
        Kind::Whole(None).into()
    }

    /// These bytes.
    pub fn full(bytes: impl Into<Bytes>) -> ResponseBody {
        Kind::Whole(Some(bytes.into()).filter(|b| !b.is_empty())).into()
    }

    /// These bytes, which are in memory once however many are sent them.
    pub fn shared(bytes: Bytes) -> ResponseBody {
        ResponseBody { shared: true, ..ResponseBody::full(bytes) }
    }

    /// Bytes as they come through a bounded channel; the body ends when the sender is dropped. Sending fails once the client is
    /// gone.
    pub fn channel(depth: usize) -> (mpsc::Sender<Bytes>, ResponseBody) {
        let (sender, receiver) = mpsc::channel(depth);
        (sender, Kind::Stream(receiver).into())
    }

    /// Holds this until all of it is taken.
    pub fn holding(self, held: Held) -> ResponseBody {
        ResponseBody { held: Some(held), ..self }
    }

    /// Holds room for it until all of it is taken, unless it does so; 503 when there is none.
    pub(super) fn hold(&mut self, room: &Room) -> Result<(), Error> {
        let bytes = self.len().filter(|_| !self.shared && self.held.is_none()).unwrap_or(0);
        if bytes > 0 {
            let mut held = room.held();
            held.hold(bytes)?;
            self.held = Some(held);
        }
        Ok(())
    }

    /// Has its writing watched.
    pub fn watch(&mut self, writing: Writing) {
        self.writing = Some(writing);
    }

    /// Its length when it is whole.
    pub fn len(&self) -> Option<usize> {
        match &self.kind {
            Kind::Whole(bytes) => Some(bytes.as_ref().map_or(0, Bytes::len)),
            Kind::Stream(_) => None,
        }
    }

    /// Whether it is whole and has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}

impl From<Kind> for ResponseBody {
    fn from(kind: Kind) -> ResponseBody {
        ResponseBody { kind, writing: None, shared: false, held: None }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let ResponseBody { kind, writing, .. } = &mut *self;
        if let Some(writing) = writing {
            writing.taken();
        }
        let bytes = match kind {
            Kind::Whole(Some(bytes)) if bytes.len() > PIECE => Some(bytes.split_to(PIECE)),
            Kind::Whole(bytes) => bytes.take(),
            Kind::Stream(receiver) => ready!(receiver.poll_recv(cx)),
        };
        if let (Some(writing), Some(bytes)) = (writing, &bytes) {
            writing.given(bytes.len());
        }
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.len().map_or_else(SizeHint::default, |len| SizeHint::with_exact(len as u64))
    }
}

/// The fields of a request's JSON body: 422 for what is not a JSON object, 413 over `limit` or with too many values, 400 for what is not UTF-8, 415 for an
/// encoding other than gzip, 408 for what comes too slowly, 503 while there is no room for it, which `held` has from then on.
/// `spent` counts the time it took to come.
pub(super) async fn read_json(
    request: &mut hyper::Request<RequestBody>,
    limit: usize,
    spent: &Spent,
    held: &mut Held,
) -> Result<Fields, Error> {
    let gzipped = is_gzipped(request.headers())?;
    let is_json = is_json(request.headers());
    let bytes = spent.reading(collect(request, limit, held)).await?;
    let elsewhere = gzipped || bytes.len() >= PARSE_ELSEWHERE;
    if gzipped {
        // How much is in it shows when it is unfolded.
        held.hold(limit)?;
    }
    let weigh = move || {
        let bytes = if gzipped { gunzip(&bytes, limit)? } else { bytes };
        let values = if is_json { json::weight(&bytes) } else { 0 };
        Ok::<_, Error>((bytes, values))
    };
    let (bytes, values) = if elsewhere { blocking(weigh).await?? } else { weigh()? };
    if values > MAX_VALUES_BYTES {
        return Err(Error::TooLarge("The body is JSON of more values than are read at once: send fewer".into()));
    }
    held.hold(bytes.len() + values)?;
    let parse = move || object(&bytes, is_json);
    Ok(Fields::body(if elsewhere { blocking(parse).await?? } else { parse()? }))
}

/// Whether the body is gzip: 415 for an encoding that is neither that nor none.
pub(super) fn is_gzipped(headers: &HeaderMap) -> Result<bool, Error> {
    match headers.get(CONTENT_ENCODING).map(|v| v.as_bytes().to_ascii_lowercase()).as_deref() {
        None | Some(b"" | b"identity") => Ok(false),
        Some(b"gzip" | b"x-gzip") => Ok(true),
        Some(other) => {
            let other = String::from_utf8_lossy(other);
            Err(Error::UnsupportedMediaType(format!("Content-Encoding '{other}' is not understood: send the body plain or as gzip")))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let media = media.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
}

async fn collect(request: &mut hyper::Request<RequestBody>, limit: usize, held: &mut Held) -> Result<Vec<u8>, Error> {
    let body = request.body_mut();
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let mut out = Vec::with_capacity(body.size_hint().lower() as usize);
    let begun = Instant::now();
    loop {
        let patience = patience(out.len()).saturating_sub(begun.elapsed()).min(BODY_IDLE);
        let frame = tokio::time::timeout(patience, body.frame())
            .await
            .map_err(|_| Error::Timeout("The body stopped, or comes too slowly: send it again".into()))?;
        let Some(frame) = frame else { return Ok(out) };
        let frame = frame.map_err(|_| Error::BadRequest("The body ended before its announced length: send it again".into()))?;
        if let Ok(data) = frame.into_data() {
            if out.len() + data.len() > limit {
                return Err(too_large(limit));
            }
            held.hold(out.len() + data.len())?;
            out.extend_from_slice(&data);
        }
    }
}

/// How long a body may take of which so many bytes have come.
fn patience(received: usize) -> Duration {
    BODY_IDLE + Duration::from_secs(received as u64 / BODY_RATE)
}

fn too_large(limit: usize) -> Error {
    Error::TooLarge(format!("The body is larger than {} MB: send less at once", limit >> 20))
}

fn gunzip(bytes: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .take(limit as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|e| Error::BadRequest(format!("The body is not the gzip it says to be: {e}")))?;
    if out.len() > limit { Err(too_large(limit)) } else { Ok(out) }
}

/// The JSON object in `bytes`, or FastAPI's answer to whatever else is there.
pub(super) fn object(bytes: &[u8], is_json: bool) -> Result<Map<String, Value>, Error> {
    let mistake = |r#type: &str, loc: Vec<Value>, msg: &str, input: Value, ctx: Option<Value>| {
        Error::Unprocessable(vec![FieldError { r#type: r#type.into(), loc, msg: msg.into(), input: super::fields::echo(&input), ctx }])
    };
    let body = || vec![Value::from("body")];
    let missing = || mistake("missing", body(), "Field required", Value::Null, None);
    let not_an_object = |input: Value| {
        mistake("model_attributes_type", body(), "Input should be a valid dictionary or object to extract fields from", input, None)
    };
    if bytes.is_empty() {
        return Err(missing());
    }
    let unreadable = || Error::BadRequest("There was an error parsing the body".into());
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !is_json {
        return Err(not_an_object(Value::from(text)));
    }
    match surrogate::parse(text, surrogate::lost) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Null) => Err(missing()),
        Ok(other) => Err(not_an_object(other)),
        Err(error) => {
            let (at, why) = json::diagnose(text).unwrap_or_else(|| json::position(text, &error));
            let loc = vec![Value::from("body"), Value::from(at)];
            let ctx = serde_json::json!({ "error": why });
            Err(mistake("json_invalid", loc, "JSON decode error", serde_json::json!({}), Some(ctx)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8], is_json: bool) -> String {
        match object(bytes, is_json) {
            Ok(map) => format!("ok {}", Value::Object(map)),
            Err(Error::Unprocessable(mistakes)) => serde_json::to_string(&mistakes).unwrap(),
            Err(other) => format!("{} {}", other.status().as_u16(), other.message()),
        }
    }

    #[test]
    fn bodies_that_are_no_object_are_refused_as_fastapi_does() {
        let not_object = |input: &str| {
            format!(
                r#"[{{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":{input}}}]"#
            )
        };
        let invalid = |at: usize, why: &str| {
            format!(r#"[{{"type":"json_invalid","loc":["body",{at}],"msg":"JSON decode error","input":{{}},"ctx":{{"error":"{why}"}}}}]"#)
        };
        let missing = r#"[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]"#.to_owned();
        let cases: Vec<(&[u8], bool, String)> = vec![
            (b"{}", true, "ok {}".into()),
            (b"\xef\xbb\xbf{\"a\":1}", true, r#"ok {"a":1}"#.into()),
            (br#"{"a":1,"a":2}"#, true, r#"ok {"a":2}"#.into()),
            (br#"{"a":"\ud83d"}"#, true, "ok {\"a\":\"\u{fffd}\"}".into()),
            (b"", true, missing.clone()),
            (b"", false, missing.clone()),
            (b"null", true, missing),
            (b"[]", true, not_object("[]")),
            (b"\"x\"", true, not_object("\"x\"")),
            (b"{\"a\":1}", false, not_object(r#""{\"a\":1}""#)),
            (b"\xff", true, "400 There was an error parsing the body".into()),
            (b"{\"query\": }", true, invalid(10, "Expecting value")),
            (b"{\"a\": NaN}", true, invalid(6, "Expecting value")),
        ];
        for (bytes, is_json, want) in cases {
            assert_eq!(refusal(bytes, is_json), want, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_body_that_trickles_has_an_end_and_one_of_a_slow_line_comes_whole() {
        let ends = |rate: usize| (1..=10_000).find(|seconds| patience(rate * seconds) < Duration::from_secs(*seconds as u64));
        assert!(ends(1).is_some_and(|seconds| seconds <= 31));
        assert!(ends(BODY_RATE as usize / 2).is_some_and(|seconds| seconds <= 61));
        assert_eq!(ends(BODY_RATE as usize), None);
    }

    #[test]
    fn nesting_deeper_than_the_parser_goes_is_a_clean_refusal() {
        let deep = "[".repeat(200_000);
        assert!(refusal(deep.as_bytes(), true).contains("json_invalid"));
        let closed = format!("{}{}", "[".repeat(500), "]".repeat(500));
        assert!(refusal(closed.as_bytes(), true).contains("nested too deeply"), "{}", refusal(closed.as_bytes(), true));
    }

    #[test]
    fn a_gzip_bomb_stops_at_the_limit_and_garbage_is_refused() {
        use std::io::Write;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![b' '; 2_000_000]).unwrap();
        let packed = packer.finish().unwrap();
        assert!(matches!(gunzip(&packed, 1_000_000), Err(Error::TooLarge(_))));
        assert_eq!(gunzip(&packed, 2_000_000).unwrap().len(), 2_000_000);
        assert!(matches!(gunzip(b"plain", 100), Err(Error::BadRequest(_))));
    }
}
