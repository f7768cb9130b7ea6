//! Chat over HTTP: decode, one call, encode; and the stream of server-sent events.

mod stream;

pub use stream::stream;

use super::error::blocking;
use super::fields::coerced;
use super::wire::{GraphData, graph_data};
use super::{App, Error, Fields, Request, Response, respond};
use crate::chat::answer::title;
use crate::chat::builtin::MAX_PASSAGES;
use crate::chat::{Answer, Cancel, Chat, Mode, Piece, Question, Source, answer};
use crate::event::{Event, Topic};
use crate::realtime::admission::one_client;
use crate::store::Store;
use crate::store::chats::{self, Message, Session};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Instant;

/// Longest question, in characters: several pages; more is a file to be uploaded.
const MAX_QUERY: usize = 10_000;
/// Longest id of a session or a project, and longest name of a model.
const MAX_ID: usize = 255;
/// Earlier turns that a question is read with.
const MAX_TURNS: usize = 20;
/// Most earlier turns that a client may send: a conversation of days. Of more it is the client that should choose.
const MAX_SENT_TURNS: usize = 1_000;
/// Most characters of one earlier turn that are looked at.
const MAX_TURN: usize = 8_000;
/// Largest page of sessions.
const MAX_PAGE: i64 = 500;
/// Sources that a session keeps of an answer.
const KEPT_SOURCES: usize = 20;

/// A question.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)]
pub struct Ask {
    /// Not blank.
    #[schemars(length(min = 1, max = MAX_QUERY), regex(pattern = r"\S"))]
    query: String,
    /// What to look at.
    context: Option<Context>,
    /// Earlier turns, oldest first; those of the session when left out.
    #[schemars(length(max = MAX_SENT_TURNS))]
    history: Option<Vec<Turn>>,
    /// The session to go on with; a new one is made when left out.
    #[schemars(length(max = MAX_ID))]
    session_id: Option<String>,
    /// Neither read nor keep a session.
    #[schemars(default, transform = coerced::boolean)]
    skip_memory: bool,
    /// Passages wanted.
    #[schemars(range(min = 1, max = MAX_PASSAGES), transform = coerced::integer)]
    top_k: Option<u32>,
    /// A model by name; the configured one when left out.
    #[schemars(length(max = MAX_ID))]
    model: Option<String>,
}

/// What a title is wanted for.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)]
pub struct Untitled {
    /// The first question of the conversation. Not blank.
    #[schemars(length(min = 1, max = MAX_QUERY), regex(pattern = r"\S"))]
    query: String,
    /// The session that is then called so.
    #[schemars(length(max = MAX_ID))]
    session_id: Option<String>,
}

/// What a question looks at.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)]
pub struct Context {
    /// One project; all when left out.
    #[schemars(length(max = MAX_ID))]
    project_id: Option<String>,
    /// One repository of it.
    #[schemars(length(max = MAX_ID))]
    repository_id: Option<String>,
}

/// One earlier turn.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)]
pub struct Turn {
    /// `user` or `assistant`.
    #[schemars(length(min = 1, max = MAX_ID))]
    role: String,
    /// Text.
    content: String,
}

/// An answer.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Reply {
    /// Markdown.
    response: String,
    /// What it rests on; `[n]` in the response is the nth.
    sources: Vec<Source>,
    /// The mode asked in.
    query_type: &'static str,
    /// Milliseconds from the request's head to the whole answer.
    latency_ms: f64,
    /// Who answered.
    model: String,
    /// Whether a language model did.
    llm_generated: bool,
    /// Why not, when none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    llm_absence: Option<String>,
    /// The part of the graph it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    graph_data: Option<GraphData>,
    /// Questions to ask next.
    next_actions: Vec<String>,
    /// What the reader should know.
    warnings: Vec<String>,
    /// Of `warnings`, those that neither `response` nor `llm_absence` says already: what to show beside them.
    notes: Vec<String>,
    /// The session that keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    /// Id of this answer.
    message_id: String,
}

/// Data of `query_complete`.
#[derive(Serialize, schemars::JsonSchema)]
struct QueryComplete<'a> {
    query: Option<&'a str>,
    query_type: &'static str,
    response_length: usize,
    model: &'a str,
    latency: f64,
    /// The session that keeps it, when its text may be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
}

/// A title.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Title {
    /// A few words.
    title: String,
    /// The same.
    response: String,
}

/// A page of sessions.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Sessions {
    sessions: Vec<Session>,
    total: i64,
    limit: i64,
    offset: i64,
}

/// A session with its messages, oldest first.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Conversation {
    #[serde(flatten)]
    session: Session,
    messages: Vec<Message>,
}

/// What became of a request to forget a session.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Forgotten {
    /// `accepted`, or `ignored` when there was no such session.
    status: &'static str,
    message: String,
}

/// A decoded question and where its answer is kept.
struct Asked {
    question: Question,
    /// `None`: nowhere.
    keep_in: Option<String>,
    /// What the client called its session, kept or not.
    session_id: Option<String>,
    started: Instant,
}

/// `POST /api/chat/{mode}`: Ask a question in one of four modes: text, semantic, graph, deep.
pub async fn ask(app: &Arc<App>, mut req: Request) -> Result<Response, Error> {
    let asked = decode(app, &mut req, false).await?;
    let cancel = Cancel::default();
    let _stop = cancel.on_drop();
    let (chat, question) = (app.chat.clone(), asked.question.clone());
    let made = blocking(move || make(&chat, &question, &cancel, &mut |_| true)).await??;
    req.metadata.spent.waited(made.answer.waited);
    let reply = conclude(app, &req, asked, made).await;
    respond::worked(move || Ok(reply)).await
}

/// `POST /api/chat/title`: A short title for a conversation.
pub async fn title_of(store: &Store, mut req: Request) -> Result<Response, Error> {
    let mut body = req.json().await?;
    let query = query(&mut body);
    let session = named(&mut body, "session_id");
    body.finish()?;
    let title = title(&query);
    if let Some(session) = session {
        let title = title.clone();
        store.write(move |conn| chats::set_title(conn, &session, &title)).await?;
    }
    Ok(respond::ok(&Title { response: title.clone(), title }))
}

/// `GET /api/chat/sessions`: Chat sessions, newest first.
pub async fn sessions(store: &Store, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let limit = query.integer("limit", 50, 1, MAX_PAGE);
    let offset = query.integer("offset", 0, 0, i64::from(u32::MAX));
    let project = query.project();
    query.finish()?;
    // Both are within u32: checked above.
    let page = move |conn: &_| {
        let (sessions, total) = chats::list(conn, project.as_deref(), limit as u32, offset as u32)?;
        Ok(Sessions { sessions, total, limit, offset })
    };
    respond::stored(store, page).await
}

/// `GET /api/chat/sessions/{id}`: One session with its messages.
pub async fn session(store: &Store, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    let conversation = move |conn: &_| {
        let (session, mut messages) = chats::get(conn, &id)?;
        messages.iter_mut().for_each(add_notes);
        Ok(Conversation { session, messages })
    };
    respond::stored(store, conversation).await
}

/// Adds the notes of an answer that an earlier version kept without them: its warnings, but for those that it says itself.
fn add_notes(message: &mut Message) {
    let Some(warnings) = message.data.get("warnings").and_then(Value::as_array).filter(|_| !message.data.contains_key("notes")) else {
        return;
    };
    let absence = message.data.get("llm_absence").and_then(Value::as_str);
    let unsaid = warnings.iter().filter_map(Value::as_str).filter(|warning| absence != Some(*warning));
    let notes = json!(answer::untold(&message.content, unsaid));
    message.data.insert("notes".into(), notes);
}

/// `DELETE /api/chat/session/{id}`: Forget a session.
pub async fn delete_session(store: &Store, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    let deleted = store.write(move |conn| chats::delete(conn, &id)).await?;
    Ok(respond::ok(&match deleted {
        true => Forgotten { status: "accepted", message: "Session deleted".into() },
        false => Forgotten { status: "ignored", message: "There is no such session".into() },
    }))
}

fn query(body: &mut Fields) -> String {
    let query = body.string("query", 1, MAX_QUERY);
    if !query.is_empty() && query.trim().is_empty() {
        body.refuse("query", "query must not be blank");
    }
    query
}

/// An optional name; an empty one is none, as form fields send it.
fn named(body: &mut Fields, name: &str) -> Option<String> {
    body.optional_string(name, 0, MAX_ID).filter(|text| !text.trim().is_empty())
}

/// The question, checked, with the turns before it.
async fn decode(app: &App, req: &mut Request, stream: bool) -> Result<Asked, Error> {
    let started = Instant::now();
    let mode = Mode::parse(req.param()).ok_or_else(|| Error::NotFound("Not Found".into()))?;
    let mut body = req.json().await?;
    let query = query(&mut body);
    let (project_id, repository_id) =
        body.nested("context", |context| (named(context, "project_id"), named(context, "repository_id"))).unwrap_or_default();
    let given = body.objects("history", MAX_SENT_TURNS, |turn| (turn.string("role", 1, MAX_ID), turn.string("content", 0, usize::MAX)));
    let session_id = named(&mut body, "session_id");
    let skip_memory = body.boolean("skip_memory", false);
    // Within 1 to 50: checked by `integer`.
    let top_k = body.optional_integer("top_k", 1, MAX_PASSAGES as i64).map(|n| n as usize);
    let model = named(&mut body, "model");
    body.finish()?;
    let mut history: Vec<(bool, String)> =
        given.into_iter().filter(|(role, _)| role != "system").map(|(role, text)| (role == "user", text)).collect();
    if history.is_empty()
        && !skip_memory
        && let Some(id) = session_id.clone()
    {
        history = app.store.read(move |conn| chats::turns(conn, &id, MAX_TURNS as u32)).await?;
    }
    history.drain(..history.len().saturating_sub(MAX_TURNS));
    for (_, text) in &mut history {
        *text = text.chars().take(MAX_TURN).collect();
    }
    let keep_in = (!skip_memory).then(|| session_id.clone().unwrap_or_else(crate::id::random));
    let question =
        Question { mode, query, project_id, repository_id, history, top_k, model, client: one_client(req.client).to_string(), stream };
    Ok(Asked { question, session_id: keep_in.clone().or(session_id), keep_in, started })
}

/// An answer with its part of the graph in wire form, for which it holds no snapshot any more.
struct Made {
    answer: Answer,
    graph_data: Option<GraphData>,
}

/// Answers `question`. Blocking: what an I/O thread then has to do does not grow with the answer.
fn make(chat: &Chat, question: &Question, cancel: &Cancel, emit: &mut dyn FnMut(Piece) -> bool) -> Result<Made, answer::Error> {
    let mut answer = chat.answer(question, cancel, emit)?;
    let parts = std::mem::take(&mut answer.graph);
    let graph_data = (!parts.is_empty()).then(|| {
        let mut whole = GraphData::default();
        for part in parts {
            let data = graph_data(&part.snapshot, &part.nodes, &part.edges);
            whole.nodes.extend(data.nodes);
            whole.edges.extend(data.edges);
        }
        whole
    });
    Ok(Made { answer, graph_data })
}

/// The answer in wire form, kept in its session, told to dashboards and to the activity log.
async fn conclude(app: &Arc<App>, req: &Request, asked: Asked, made: Made) -> Reply {
    note(req, &asked, &made.answer.model);
    let Asked { question, keep_in, session_id, started } = asked;
    let Made { answer, graph_data } = made;
    let notes = answer.warnings.iter().filter(|warning| !warning.told).map(|warning| warning.text.clone()).collect();
    let mut reply = Reply {
        response: answer.response,
        sources: answer.sources,
        query_type: question.mode.as_str(),
        latency_ms: 0.0,
        model: answer.model,
        llm_generated: answer.unaided.is_none(),
        llm_absence: answer.unaided,
        graph_data,
        next_actions: answer.next_actions,
        warnings: answer.warnings.into_iter().map(|warning| warning.text).collect(),
        notes,
        session_id,
        message_id: crate::id::random(),
    };
    let kept = keep_in.is_some();
    if let Some(session) = keep_in
        && let Err(error) = keep(app, session, &question, &reply).await
    {
        // The answer is good all the same; a full disk must not take it away.
        log::warn!("request_id={} a chat answer was not kept: {error}", req.id);
        let unsaved = "This conversation could not be saved, so a next question will not remember it.";
        reply.warnings.push(unsaved.into());
        reply.notes.push(unsaved.into());
        reply.session_id = None;
    }
    reply.latency_ms = started.elapsed().as_micros() as f64 / 1000.0;
    req.metadata.insert("sources", reply.sources.len());
    let event = QueryComplete {
        query: req.config.broadcast_query_text.then_some(&question.query),
        query_type: reply.query_type,
        response_length: reply.response.chars().count(),
        model: &reply.model,
        latency: reply.latency_ms,
        session_id: reply.session_id.as_deref().filter(|_| kept && req.config.broadcast_query_text),
    };
    app.hub.publish(Event::new(Topic::QueryComplete, &event));
    reply
}

/// What the activity log says of a question; its text, and where that is kept, only when it may be told.
fn note(req: &Request, Asked { question, keep_in, .. }: &Asked, model: &str) {
    req.metadata.insert("model", model);
    req.metadata.insert("query_type", question.mode.as_str());
    if let Some(project) = &question.project_id {
        req.metadata.insert("project_id", project.as_str());
    }
    if req.config.broadcast_query_text {
        req.metadata.insert("query", question.query.as_str());
        if let Some(session) = keep_in {
            req.metadata.insert("session_id", session.as_str());
        }
    }
}

async fn keep(app: &App, session_id: String, question: &Question, reply: &Reply) -> crate::store::Result<()> {
    let mut data = Map::new();
    data.insert("model".into(), json!(reply.model));
    data.insert("query_type".into(), json!(reply.query_type));
    data.insert("sources".into(), json!(reply.sources[..reply.sources.len().min(KEPT_SOURCES)]));
    data.insert("warnings".into(), json!(reply.warnings));
    data.insert("notes".into(), json!(reply.notes));
    data.insert("llm_absence".into(), json!(reply.llm_absence));
    data.insert("next_actions".into(), json!(reply.next_actions));
    data.insert(chats::PROJECT.into(), json!(question.project_id));
    let exchange = chats::Exchange {
        session_id,
        title: title(&question.query),
        query: question.query.clone(),
        message_id: reply.message_id.clone(),
        response: reply.response.clone(),
        data,
    };
    app.store.write(move |conn| chats::append(conn, &exchange)).await
}

#[cfg(test)]
mod tests {
    use super::{Message, add_notes};
    use serde_json::{Value, json};

    #[test]
    fn an_answer_that_was_kept_without_notes_has_those_that_it_does_not_say() {
        let said = "Nothing here feeds `a`.\n\n*There may be more: 1 of 4 statements was not understood.*";
        let warnings = json!(["No model.", "1 of 4 statements was not understood: see a.sql.", "`a` is ambiguous."]);
        for (data, notes) in [
            (json!({ "warnings": warnings, "llm_absence": "No model." }), json!(["`a` is ambiguous."])),
            (json!({ "warnings": warnings }), json!(["No model.", "`a` is ambiguous."])),
            (json!({ "warnings": warnings, "notes": [] }), json!([])),
            (json!({}), Value::Null),
        ] {
            let Value::Object(data) = data else { unreachable!() };
            let [id, role, created_at] = ["1", "assistant", ""].map(String::from);
            let mut message = Message { id, role, content: said.into(), created_at, data };
            add_notes(&mut message);
            assert_eq!(message.data.get("notes").unwrap_or(&Value::Null), &notes);
        }
    }
}
