//! The answer as server-sent events while it is made.

use super::{Asked, Made, conclude, decode, make, note};
use crate::chat::{Cancel, Mode, Piece, answer};
use crate::http::error::blocking;
use crate::http::{App, Error, Request, Response, ResponseBody};
use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Pieces between the model and the socket; past them the model waits for its reader.
const PIECES_AHEAD: usize = 64;
/// How long an error may still become a status: a question that is refused is refused at once.
const FIRST_PIECE: Duration = Duration::from_secs(2);
/// Silence after which a comment goes out, well below the 60 s at which proxies give up.
const HEARTBEAT: Duration = Duration::from_secs(15);

type Outcome = Result<Result<Made, answer::Error>, Error>;

/// `POST /api/chat/{mode}/stream`: Ask, and get the answer as it is made (server-sent events).
pub async fn stream(app: &Arc<App>, mut req: Request) -> Result<Response, Error> {
    let asked = decode(app, &mut req, true).await?;
    let cancel = Cancel::default();
    let stop = cancel.on_drop();
    let (sender, mut pieces) = mpsc::channel(PIECES_AHEAD);
    let (chat, question, switch) = (app.chat.clone(), asked.question.clone(), cancel.clone());
    let mut work = tokio::spawn(blocking(move || {
        let mut emit = |piece| sender.blocking_send(Framed::new(piece, question.mode)).is_ok();
        make(&chat, &question, &switch, &mut emit)
    }));
    let first = tokio::time::timeout(FIRST_PIECE, pieces.recv()).await;
    if matches!(first, Ok(None)) {
        // It ended without a word: refused, so there is a status to say so.
        return match outcome((&mut work).await) {
            Ok(Ok(_)) => Err(Error::Internal("an answer without its start".into())),
            Ok(Err(refused)) => Err(refused.into()),
            Err(error) => Err(error),
        };
    }
    if let Ok(Some(Framed { piece: Piece::Start { model, .. }, .. })) = &first {
        // The event is written with the response's head, long before the end.
        note(&req, &asked, model);
    }
    let (body, response_body) = ResponseBody::channel(PIECES_AHEAD);
    let app = app.clone();
    tokio::spawn(async move {
        let _stop = stop;
        let first = first.ok().flatten();
        tokio::select! {
            () = body.closed() => {}
            () = pump(&app, &req, asked, first, pieces, work, &body) => {}
        }
    });
    let mut response = Response::new(response_body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

fn outcome(joined: Result<Outcome, tokio::task::JoinError>) -> Outcome {
    joined.unwrap_or_else(|e| Err(Error::Internal(format!("the answering task failed: {e}"))))
}

/// Sends pieces until the answer is whole, then its end. Returns early when the client is gone.
async fn pump(
    app: &Arc<App>,
    req: &Request,
    asked: Asked,
    first: Option<Framed>,
    mut pieces: mpsc::Receiver<Framed>,
    work: tokio::task::JoinHandle<Outcome>,
    body: &mpsc::Sender<Bytes>,
) {
    let mut said = String::new();
    let mut next = first;
    loop {
        if let Some(Framed { piece, frame }) = next.take() {
            if let Piece::Delta(content) = piece {
                said.push_str(&content);
            }
            if body.send(frame).await.is_err() {
                return;
            }
        }
        match tokio::time::timeout(HEARTBEAT, pieces.recv()).await {
            Ok(Some(piece)) => next = Some(piece),
            Ok(None) => break,
            Err(_) if body.send(Bytes::from_static(b": still working\n\n")).await.is_ok() => {}
            Err(_) => return,
        }
    }
    let problem = match outcome(work.await) {
        Ok(Ok(made)) => {
            let reply = conclude(app, req, asked, made).await;
            match blocking(move || framed("done", &reply)).await {
                // Who is gone needs no end.
                Ok(frame) => return drop(body.send(frame).await),
                Err(error) => error,
            }
        }
        Ok(Err(refused)) => Error::from(refused),
        Err(error) => error,
    };
    if let Error::Internal(text) = &problem {
        log::error!("request_id={} internal error: {text}", req.id);
    }
    drop(body.send(framed("error", &json!({"message": problem.message(), "partial_response": said}))).await);
}

/// A piece, and its frame: written where it was made, away from the I/O thread.
struct Framed {
    piece: Piece,
    frame: Bytes,
}

impl Framed {
    fn new(piece: Piece, mode: Mode) -> Framed {
        let frame = match &piece {
            Piece::Start { model, sources } => framed("start", &json!({"query_type": mode.as_str(), "model": model, "sources": sources})),
            Piece::Delta(content) => framed("delta", &json!({"content": content})),
        };
        Framed { piece, frame }
    }
}

/// A frame: `type` and the value's own fields.
fn framed(r#type: &str, value: &impl Serialize) -> Bytes {
    let mut whole = Map::from_iter([("type".to_owned(), json!(r#type))]);
    if let Value::Object(fields) = json!(value) {
        whole.extend(fields);
    }
    Bytes::from(format!("data: {}\n\n", Value::Object(whole)))
}
