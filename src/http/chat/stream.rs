//! The answer as server-sent events while it is made.

use super::{Asked, conclude, decode, frame, note};
use crate::chat::{Answer, Cancel, Piece, answer};
use crate::http::error::blocking;
use crate::http::{App, Error, Request, Response, ResponseBody};
use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Pieces between the model and the socket; past them the model waits for its reader.
const PIECES_AHEAD: usize = 64;
/// How long an error may still become a status: a question that is refused is refused at once.
const FIRST_PIECE: Duration = Duration::from_secs(2);
/// Silence after which a comment goes out, well below the 60 s at which proxies give up.
const HEARTBEAT: Duration = Duration::from_secs(15);

type Outcome = Result<Result<Answer, answer::Error>, Error>;

/// `POST /api/chat/{mode}/stream`: Ask, and get the answer as it is made (server-sent events).
pub async fn stream(app: &Arc<App>, mut req: Request) -> Result<Response, Error> {
    let asked = decode(app, &mut req, true).await?;
    let cancel = Cancel::default();
    let stop = cancel.on_drop();
    let (sender, mut pieces) = mpsc::channel(PIECES_AHEAD);
    let (chat, question, switch) = (app.chat.clone(), asked.question.clone(), cancel.clone());
    let mut work = tokio::spawn(blocking(move || chat.answer(&question, &switch, &mut |piece| sender.blocking_send(piece).is_ok())));
    let first = tokio::time::timeout(FIRST_PIECE, pieces.recv()).await;
    if matches!(first, Ok(None)) {
        // It ended without a word: refused, so there is a status to say so.
        return match outcome((&mut work).await) {
            Ok(Ok(_)) => Err(Error::Internal("an answer without its start".into())),
            Ok(Err(refused)) => Err(refused.into()),
            Err(error) => Err(error),
        };
    }
    if let Ok(Some(Piece::Start { model, .. })) = &first {
        // The event is written with the response's head, long before the end.
        note(&req, &asked.question, model);
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
    first: Option<Piece>,
    mut pieces: mpsc::Receiver<Piece>,
    work: tokio::task::JoinHandle<Outcome>,
    body: &mpsc::Sender<Bytes>,
) {
    let mode = asked.question.mode.as_str();
    let mut said = String::new();
    let mut next = first;
    loop {
        let sent = match next.take() {
            Some(Piece::Start { model, sources }) => {
                send(body, &json!({"type": "start", "query_type": mode, "model": model, "sources": sources})).await
            }
            Some(Piece::Delta(content)) => {
                said.push_str(&content);
                send(body, &json!({"type": "delta", "content": content})).await
            }
            None => true,
        };
        if !sent {
            return;
        }
        match tokio::time::timeout(HEARTBEAT, pieces.recv()).await {
            Ok(Some(piece)) => next = Some(piece),
            Ok(None) => break,
            Err(_) if body.send(Bytes::from_static(b": still working\n\n")).await.is_ok() => {}
            Err(_) => return,
        }
    }
    let problem = match outcome(work.await) {
        Ok(Ok(answer)) => {
            let reply = conclude(app, req, asked, answer).await;
            send(body, &frame("done", &reply)).await;
            return;
        }
        Ok(Err(refused)) => Error::from(refused),
        Err(error) => error,
    };
    if let Error::Internal(text) = &problem {
        log::error!("request_id={} internal error: {text}", req.id);
    }
    send(body, &json!({"type": "error", "message": problem.message(), "partial_response": said})).await;
}

/// `false` when the client is gone.
async fn send(body: &mpsc::Sender<Bytes>, value: &Value) -> bool {
    body.send(Bytes::from(format!("data: {value}\n\n"))).await.is_ok()
}
