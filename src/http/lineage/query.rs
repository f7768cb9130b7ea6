//! A question in plain words, answered from the graph.

use super::super::error::blocking;
use super::super::fields::MAX_PROJECT;
use super::super::{Error, Request, Response, respond, wire};
use crate::chat::answer::Source;
use crate::chat::{Answer, Cancel, Chat, Mode, Question};
use crate::realtime::admission::one_client;
use serde::Serialize;

/// Longest question, in characters.
const MAX_QUESTION: usize = 20_000;
/// Longest id of a repository, and longest name of a model.
const MAX_ID: usize = 255;

/// A question.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)] // The schema of what `Fields` decodes by hand.
pub struct NewQuestion {
    /// Not blank.
    #[schemars(length(min = 1, max = MAX_QUESTION), regex(pattern = r"\S"))]
    question: String,
    /// Only this project.
    #[schemars(length(max = MAX_PROJECT))]
    project_id: Option<String>,
    /// Only this repository.
    #[schemars(length(min = 1, max = MAX_ID))]
    repository_id: Option<String>,
    /// A language model by name.
    #[schemars(length(min = 1, max = MAX_ID))]
    model: Option<String>,
}

/// An answer.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Answered {
    question: String,
    /// Markdown.
    answer: String,
    /// What it rests on.
    sources: Vec<Source>,
    /// The nodes it is about.
    graph_entities: Vec<wire::ChatNode>,
    /// 0 to 1: how sure the evidence is that it rests on; 0 when nothing was found.
    confidence: f32,
    /// Who answered.
    model: String,
    /// What the reader should know.
    warnings: Vec<String>,
}

/// `POST /api/v1/lineage/query`: Ask the graph a question in plain words.
pub async fn query(chat: &Chat, mut req: Request) -> Result<Response, Error> {
    let mut body = req.json().await?;
    let question = body.string("question", 1, MAX_QUESTION);
    let project_id = body.project();
    let repository_id = body.optional_string("repository_id", 1, MAX_ID);
    let model = body.optional_string("model", 1, MAX_ID);
    if !question.is_empty() && question.trim().is_empty() {
        body.refuse("question", "must not be blank");
    }
    body.finish()?;
    let asked = Question {
        mode: Mode::Graph,
        query: question.clone(),
        project_id,
        repository_id,
        history: Vec::new(),
        top_k: None,
        model,
        client: one_client(req.client).to_string(),
        stream: false,
    };
    let (chat, cancel) = (chat.clone(), Cancel::default());
    let _gone = cancel.on_drop();
    let answer = blocking(move || chat.answer(&asked, &cancel, &mut |_| true)).await??;
    req.metadata.spent.waited(answer.waited);
    req.metadata.insert("model", answer.model.clone());
    Ok(respond::ok(&encode(question, answer)))
}

fn encode(question: String, answer: Answer) -> Answered {
    let parts = answer.graph.iter().map(|part| wire::graph_data(&part.snapshot, &part.nodes, &part.edges));
    let graph_entities = parts.flat_map(|part| part.nodes).collect();
    Answered {
        question,
        answer: answer.response,
        sources: answer.sources,
        graph_entities,
        confidence: answer.confidence,
        model: answer.model,
        warnings: answer.warnings.into_iter().map(|warning| warning.text).collect(),
    }
}
