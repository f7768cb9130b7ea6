//! Ways to answer.

use super::{Response, ResponseBody};
use hyper::StatusCode;
use serde::Serialize;

/// `value` as compact JSON.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let _ = (status, value);
    todo!()
}

/// 200 with `value` as compact JSON.
pub fn ok(value: &impl Serialize) -> Response {
    json(StatusCode::OK, value)
}

/// An empty answer (204).
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = status;
    response
}

/// Bytes of a type, e.g. `text/html; charset=utf-8`.
pub fn bytes(content_type: &'static str, body: impl Into<bytes::Bytes>) -> Response {
    let _ = (content_type, body.into());
    todo!()
}
