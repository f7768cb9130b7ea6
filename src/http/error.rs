//! The only place where what went wrong becomes a status: domain errors in, contract §0's shapes out.

use serde::Serialize;

/// One mistake in a request, as FastAPI writes it (keys in this order).
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FieldError {
    /// pydantic's error type: `missing`, `string_too_short`, …
    pub r#type: String,
    /// Where: `["body", "query"]`.
    pub loc: Vec<serde_json::Value>,
    /// For people.
    pub msg: String,
    /// What was sent.
    pub input: serde_json::Value,
    /// The rule's parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctx: Option<serde_json::Value>,
}

/// Why a request is not answered with what it asked for. Messages say what was wrong and what to do.
#[derive(Debug)]
pub enum Error {
    /// 400.
    BadRequest(String),
    /// 401, with `WWW-Authenticate: Bearer`.
    Unauthorized(String),
    /// 403.
    Forbidden(String),
    /// 404.
    NotFound(String),
    /// 405, with `Allow`.
    MethodNotAllowed(String),
    /// 409.
    Conflict(String),
    /// 413.
    TooLarge(String),
    /// 415.
    UnsupportedMediaType(String),
    /// 422.
    Unprocessable(Vec<FieldError>),
    /// 429, with `Retry-After` and `X-RateLimit-*`.
    TooManyRequests {
        /// The limit, requests a minute.
        limit: u32,
        /// Seconds to wait.
        retry_after: u32,
    },
    /// 503, with `Retry-After`.
    Unavailable(String, u32),
    /// 503 without a promise: a named model that does not exist.
    ModelUnknown(String),
    /// 507.
    InsufficientStorage(String),
    /// 500; the text goes to the log, never to the client.
    Internal(String),
}

impl From<crate::store::Error> for Error {
    fn from(error: crate::store::Error) -> Error {
        use crate::store::Error as E;
        match error {
            E::NotFound(..) => Error::NotFound(error.to_string()),
            E::Conflict(m) => Error::Conflict(m),
            E::Invalid(m) => Error::BadRequest(m),
            E::Full => Error::InsufficientStorage("The disk is full: free some space, then try again".into()),
            E::Unwritable(m) => Error::Unavailable(format!("The store cannot be written just now: {m}"), 5),
            E::Closed => Error::Unavailable("The server is stopping: try again in a moment".into(), 2),
            E::Newer(..) | E::Sqlite(_) => Error::Internal(error.to_string()),
        }
    }
}

impl From<crate::chat::answer::Error> for Error {
    fn from(error: crate::chat::answer::Error) -> Error {
        use crate::chat::answer::Error as E;
        match error {
            E::UnknownModel(name, there) if there.is_empty() => Error::ModelUnknown(format!(
                "Model '{name}' is not available, and no language model server answers: leave 'model' out for a built-in answer"
            )),
            E::UnknownModel(name, there) => {
                Error::ModelUnknown(format!("Model '{name}' is not available; there are: {}", there.join(", ")))
            }
            E::Busy(seconds) => Error::Unavailable("Too many questions at once: try again in a moment".into(), seconds),
            E::Cancelled => Error::Unavailable("The question was cancelled".into(), 1),
        }
    }
}

/// Runs blocking work (SQLite, parsing, the model) on a thread made for it; a panic there is an [`Error::Internal`].
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(format!("a worker failed: {e}")))
}
