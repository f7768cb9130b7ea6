//! Bodies both ways: responses that are whole or streamed, requests decoded the way pydantic v2 does it.

use super::Error;
use bytes::Bytes;
use serde_json::{Map, Value};

/// Largest JSON body. A question with its history, or an `/ingest/sql` script of the usual upload limit, fits.
pub const MAX_JSON_BYTES: usize = 64 << 20;

/// A response's body: whole, or a stream fed from elsewhere.
pub struct ResponseBody(Option<Bytes>);

impl ResponseBody {
    /// No bytes.
    pub fn empty() -> ResponseBody {
        ResponseBody(None)
    }

    /// These bytes.
    pub fn full(bytes: impl Into<Bytes>) -> ResponseBody {
        ResponseBody(Some(bytes.into()))
    }

    /// Bytes as they come through a bounded channel; the body ends when the sender is dropped. Sending fails once the client is
    /// gone.
    pub fn channel(depth: usize) -> (tokio::sync::mpsc::Sender<Bytes>, ResponseBody) {
        let _ = depth;
        todo!()
    }
}

impl hyper::body::Body for ResponseBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(self.0.take().map(|bytes| Ok(hyper::body::Frame::data(bytes))))
    }
}

/// Fields of a JSON object or a query string, taken one by one; mistakes are collected and reported together, in the order taken.
/// Messages, types and `loc` are pydantic v2's; so are the lax coercions (`"7"` is 7, `"yes"` is true in queries and bodies).
pub struct Fields {
    location: &'static str,
    values: Map<String, Value>,
    errors: Vec<super::FieldError>,
}

impl Fields {
    /// From a query string; all values are strings, the last of a repeated name counts.
    pub fn query(text: &str) -> Fields {
        let _ = text;
        todo!()
    }

    /// From a request's JSON body.
    pub async fn read(request: &mut hyper::Request<hyper::body::Incoming>) -> Result<Fields, Error> {
        let _ = request;
        todo!()
    }

    /// A required string with a length in characters between `min` and `max`; empty on a mistake.
    pub fn string(&mut self, name: &str, min: usize, max: usize) -> String {
        let _ = (name, min, max);
        todo!()
    }

    /// As [`Fields::string`], but missing and `null` are `None`.
    pub fn optional_string(&mut self, name: &str, min: usize, max: usize) -> Option<String> {
        let _ = (name, min, max);
        todo!()
    }

    /// One of `choices`; the first when missing and `default` is given.
    pub fn choice(&mut self, name: &str, choices: &[&'static str], default: Option<&'static str>) -> &'static str {
        let _ = (name, choices, default);
        todo!()
    }

    /// An integer between `min` and `max`; `default` when missing.
    pub fn integer(&mut self, name: &str, default: i64, min: i64, max: i64) -> i64 {
        let _ = (name, default, min, max);
        todo!()
    }

    /// An optional integer between `min` and `max`.
    pub fn optional_integer(&mut self, name: &str, min: i64, max: i64) -> Option<i64> {
        let _ = (name, min, max);
        todo!()
    }

    /// A boolean; `default` when missing.
    pub fn boolean(&mut self, name: &str, default: bool) -> bool {
        let _ = (name, default);
        todo!()
    }

    /// An object; empty when missing or null.
    pub fn object(&mut self, name: &str) -> Map<String, Value> {
        let _ = name;
        todo!()
    }

    /// A list; empty when missing or null.
    pub fn list(&mut self, name: &str) -> Vec<Value> {
        let _ = name;
        todo!()
    }

    /// A list of strings, each at most `max` characters; empty when missing or null.
    pub fn strings(&mut self, name: &str, max: usize) -> Vec<String> {
        let _ = (name, max);
        todo!()
    }

    /// Whether the field is there at all (for partial updates).
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Adds a mistake of the handler's own: pydantic's `value_error`.
    pub fn refuse(&mut self, name: &str, message: &str) {
        let _ = (name, message, self.location);
        todo!()
    }

    /// 422 with every mistake, if there was one.
    pub fn finish(self) -> Result<(), Error> {
        if self.errors.is_empty() { Ok(()) } else { Err(Error::Unprocessable(self.errors)) }
    }
}
