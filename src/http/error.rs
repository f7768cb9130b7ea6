//! The only place where what went wrong becomes a status: domain errors in, contract §0's shapes out.

use super::{Response, respond};
use hyper::StatusCode;
use hyper::header::{ALLOW, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE, WWW_AUTHENTICATE};
use serde::Serialize;
use serde_json::Value;

/// Longest sentence of an answer or an event, in characters: what a client sent may be quoted in it, and a dashboard's queue holds 64 KiB.
const MAX_MESSAGE: usize = 2_000;

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
    /// 405; the text is the `Allow` header.
    MethodNotAllowed(String),
    /// 408: the body stopped coming.
    Timeout(String),
    /// 409.
    Conflict(String),
    /// 413.
    TooLarge(String),
    /// 415.
    UnsupportedMediaType(String),
    /// 422.
    Unprocessable(Vec<FieldError>),
    /// 426, with the WebSocket version we speak.
    UpgradeRequired(String),
    /// 429, with `Retry-After`.
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
    /// 501.
    NotImplemented(String),
    /// 507.
    InsufficientStorage(String),
    /// 500; the text goes to the log, never to the client.
    Internal(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Error {}

impl Error {
    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Error::BadRequest(_) => StatusCode::BAD_REQUEST,
            Error::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Error::Timeout(_) => StatusCode::REQUEST_TIMEOUT,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Error::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Error::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::UpgradeRequired(_) => StatusCode::UPGRADE_REQUIRED,
            Error::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Unavailable(..) | Error::ModelUnknown(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::NotImplemented(_) => StatusCode::NOT_IMPLEMENTED,
            Error::InsufficientStorage(_) => StatusCode::INSUFFICIENT_STORAGE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the client may read: a sentence, or the first of the mistakes in its fields. Never long, whatever it quotes.
    pub fn message(&self) -> String {
        let mut message = self.sentence();
        if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE) {
            message.truncate(end);
            message.push('…');
        }
        message
    }

    fn sentence(&self) -> String {
        match self {
            Error::BadRequest(m)
            | Error::Unauthorized(m)
            | Error::Forbidden(m)
            | Error::NotFound(m)
            | Error::Timeout(m)
            | Error::Conflict(m)
            | Error::TooLarge(m)
            | Error::UnsupportedMediaType(m)
            | Error::UpgradeRequired(m)
            | Error::Unavailable(m, _)
            | Error::ModelUnknown(m)
            | Error::NotImplemented(m)
            | Error::InsufficientStorage(m) => m.clone(),
            Error::MethodNotAllowed(_) => "Method Not Allowed".into(),
            Error::Unprocessable(mistakes) => mistakes.first().map_or_else(|| "Unprocessable".into(), FieldError::sentence),
            Error::TooManyRequests { limit, retry_after } => {
                format!("More than {limit} requests a minute from this address: wait {retry_after} s")
            }
            Error::Internal(_) => "Internal Server Error".into(),
        }
    }

    /// The answer: `{"detail", "request_id"}` with the headers that belong to its status.
    pub fn respond(&self, request_id: &str) -> Response {
        let detail = match self {
            Error::Unprocessable(mistakes) => Detail::Mistakes(mistakes),
            _ => Detail::Sentence(self.message()),
        };
        let response = respond::json(self.status(), &Answer { detail, request_id });
        match self {
            Error::Unauthorized(_) => respond::with(response, WWW_AUTHENTICATE, "Bearer"),
            Error::MethodNotAllowed(allow) => respond::with(response, ALLOW, allow.as_str()),
            Error::UpgradeRequired(_) => {
                let response = respond::with(response, UPGRADE, "websocket");
                respond::with(response, SEC_WEBSOCKET_VERSION, "13")
            }
            Error::Unavailable(_, seconds) => respond::with(response, RETRY_AFTER, seconds.to_string()),
            Error::TooManyRequests { retry_after, .. } => respond::with(response, RETRY_AFTER, retry_after.to_string()),
            _ => response,
        }
    }

    /// One mistake in one field.
    pub fn field(location: &str, name: &str, r#type: &str, msg: impl Into<String>, input: Value) -> Error {
        let loc = vec![Value::from(location), Value::from(name)];
        Error::Unprocessable(vec![FieldError { r#type: r#type.into(), loc, msg: msg.into(), input, ctx: None }])
    }
}

impl FieldError {
    /// `body.query: Field required`.
    fn sentence(&self) -> String {
        let path: Vec<String> = self.loc.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned)).collect();
        format!("{}: {}", path.join("."), self.msg)
    }
}

/// The shape of every error.
#[derive(Serialize)]
struct Answer<'a> {
    detail: Detail<'a>,
    request_id: &'a str,
}

/// What was wrong.
#[derive(Serialize)]
#[serde(untagged)]
enum Detail<'a> {
    Sentence(String),
    Mistakes(&'a [FieldError]),
}

impl From<crate::store::Error> for Error {
    fn from(error: crate::store::Error) -> Error {
        use crate::store::Error as E;
        match error {
            E::NotFound(what, _) => Error::NotFound(format!("{}{}", capitalised(&error.to_string()), where_to_look(what))),
            E::Conflict(m) => Error::Conflict(m),
            E::Invalid(m) => Error::BadRequest(m),
            E::Full => Error::InsufficientStorage("The disk is full: free some space, then try again".into()),
            E::Unwritable(m) => Error::Unavailable(format!("The store cannot be written just now: {m}"), 5),
            E::Closed => Error::Unavailable("The server is stopping: try again in a moment".into(), 2),
            E::InUse(_) | E::Newer(..) | E::Sqlite(_) | E::Corrupt(_) | E::Panicked(_) => Error::Internal(error.to_string()),
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

/// What lists those that are there.
fn where_to_look(what: &str) -> &'static str {
    match what {
        "Project" => ": GET /api/v1/projects lists those there are",
        "Repository" | "Link" => ": GET /api/v1/projects/{id} lists those of a project",
        "File" => ": GET /api/v1/files lists those there are",
        "Ingestion" => ": GET /api/v1/ingestion/logs lists ingestions and their runs",
        "Session" => ": GET /api/chat/sessions lists those there are",
        _ => "",
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
