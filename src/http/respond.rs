//! Ways to answer.

use super::error::{Error, blocking};
use super::{Response, ResponseBody};
use crate::store::{self, Store};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use rusqlite::Connection;
use serde::Serialize;

/// `value` as compact JSON.
///
/// # Panics
/// When `value` does not serialise, which wire types (string keys, derived serialisers) cannot do; the panic is answered as a 500.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    // Room for most answers, so that they grow once or not at all.
    let mut body = Vec::with_capacity(2 << 10);
    crate::json::write(&mut body, value).expect("wire values have string keys and no failing serializers");
    let mut response = bytes("application/json", body);
    *response.status_mut() = status;
    response
}

/// 200 with `value` as compact JSON.
pub fn ok(value: &impl Serialize) -> Response {
    json(StatusCode::OK, value)
}

/// 200 with what `work` gives as compact JSON, both made away from the I/O thread: for work that blocks, and for answers so large that
/// writing them down takes milliseconds.
pub async fn worked<T: Serialize>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<Response, Error> {
    blocking(move || Ok(ok(&work()?))).await?
}

/// 200 with what `read` finds in the store, written down where it was read: away from the I/O thread, however large it is.
pub async fn stored<T: Serialize>(
    store: &Store,
    read: impl FnOnce(&Connection) -> store::Result<T> + Send + 'static,
) -> Result<Response, Error> {
    Ok(store.read(move |conn| Ok(ok(&read(conn)?))).await?)
}

/// An empty answer (204).
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = status;
    response
}

/// Bytes of a type, e.g. `text/html; charset=utf-8`.
pub fn bytes(content_type: &'static str, body: impl Into<bytes::Bytes>) -> Response {
    let mut response = Response::new(ResponseBody::full(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The same of bytes that are there for every such answer.
pub fn shared(content_type: &'static str, body: bytes::Bytes) -> Response {
    let mut response = bytes(content_type, Vec::new());
    *response.body_mut() = ResponseBody::shared(body);
    response
}

/// `response` with one more header. A value that is no header value (control characters) leaves the header out.
pub fn with(mut response: Response, name: HeaderName, value: impl TryInto<HeaderValue>) -> Response {
    if let Ok(value) = value.try_into() {
        response.headers_mut().insert(name, value);
    }
    response
}
