//! The use case: a question in, pieces out as they come, the whole answer at the end.

use super::builtin::Means;
use super::gate::Refused;
use super::model::{BUILTIN, Choice};
use super::transport::Failure;
use super::{Cancel, Embeddings, Models, claim, prompt};
use crate::graph::{EdgeIx, NodeIx};
use crate::ingest::{Knowledge, Snapshot};
use crate::store::Store;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What `text` answers of a model always carry.
const NO_EVIDENCE: &str = "No repository evidence was used: this is the model alone.";

/// The four modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The model alone.
    Text,
    /// Top five passages.
    Semantic,
    /// Entities and paths.
    Graph,
    /// Both, several hops.
    Deep,
}

impl Mode {
    /// `text`, `semantic`, `graph`, `deep`.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Text => "text",
            Mode::Semantic => "semantic",
            Mode::Graph => "graph",
            Mode::Deep => "deep",
        }
    }

    /// The mode that [`Mode::as_str`] names.
    pub fn parse(text: &str) -> Option<Mode> {
        [Mode::Text, Mode::Semantic, Mode::Graph, Mode::Deep].into_iter().find(|m| m.as_str() == text)
    }
}

/// A question, checked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which mode.
    pub mode: Mode,
    /// Not blank.
    pub query: String,
    /// `context.project_id`; all projects when absent.
    pub project_id: Option<String>,
    /// `context.repository_id`.
    pub repository_id: Option<String>,
    /// Earlier turns, oldest first: (is the user's, text).
    pub history: Vec<(bool, String)>,
    /// Passages wanted; the mode's own number when absent.
    pub top_k: Option<usize>,
    /// A model asked for by name.
    pub model: Option<String>,
    /// Who asks, by address: at a model's gate clients take turns.
    pub client: String,
    /// Whether the pieces are shown as they come; of a model that dies midway, they are then kept.
    pub stream: bool,
}

/// What a stream carries before the end.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Begun, with the name of who answers.
    Start {
        /// Model or `headwater-builtin`.
        model: String,
        /// What the answer is made from.
        sources: Vec<Source>,
    },
    /// More text.
    Delta(String),
}

/// One source of an answer, as contract §2.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Source {
    /// `graph`, `chunk` or `doc`.
    pub r#type: String,
    /// URN.
    pub id: String,
    /// Why it is here, in words.
    pub note: String,
    /// File.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_path: Option<String>,
    /// First line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_start: Option<u32>,
    /// Last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_end: Option<u32>,
    /// Score, for passages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// More.
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// The part of one project's graph that an answer is about.
#[derive(Clone, Debug)]
pub struct GraphPart {
    /// The project as the answer saw it.
    pub snapshot: Arc<Snapshot>,
    /// Nodes in it.
    pub nodes: Vec<NodeIx>,
    /// Edges among them.
    pub edges: Vec<EdgeIx>,
}

/// The whole answer, session and message ids apart (the HTTP layer keeps the session).
#[derive(Clone, Debug)]
pub struct Answer {
    /// Markdown.
    pub response: String,
    /// Evidence.
    pub sources: Vec<Source>,
    /// Who answered.
    pub model: String,
    /// Why that is not a language model; `None` when it is.
    pub unaided: Option<String>,
    /// What it is about, one part a project; empty when it is about none.
    pub graph: Vec<GraphPart>,
    /// Two or three next questions.
    pub next_actions: Vec<String>,
    /// What the reader should know: no model was used, the answer was cut, dynamic SQL.
    pub warnings: Vec<Warning>,
    /// 0 to 1: the least confidence among the edges a fact rests on; for passages found by search, at most
    /// [`super::builtin::SEARCH_CONFIDENCE`]; 0 when nothing was found.
    pub confidence: f32,
    /// How long it waited for its turn at the model.
    pub waited: Duration,
}

/// What the reader of an answer should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A sentence or two.
    pub text: String,
    /// Whether the answer says so already: in its text, or as why no language model gave it.
    pub told: bool,
}

impl<T: Into<String>> From<T> for Warning {
    fn from(text: T) -> Warning {
        Warning { text: text.into(), told: false }
    }
}

/// A warning up to its colon, without its dot: so much of it stands below an answer.
pub fn in_few_words(warning: &str) -> &str {
    warning.split_once(": ").map_or(warning.trim_end_matches('.'), |(few, _)| few)
}

/// Those of the warnings beside an answer that its text does not say.
pub fn untold<'a>(response: &str, warnings: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    warnings.filter(|warning| !response.contains(in_few_words(warning))).collect()
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Error {
    /// The model asked for is unknown: its name, and the ones there are.
    UnknownModel(String, Vec<String>),
    /// Too many questions at once; seconds to wait.
    Busy(u32),
    /// The client went away.
    Cancelled,
}

/// The chat service; cheap to clone.
#[derive(Clone)]
pub struct Chat {
    knowledge: Knowledge,
    models: Models,
    embeddings: Embeddings,
    store: Store,
    active: Arc<AtomicUsize>,
    told: Arc<Told>,
}

/// How questions ended since the start.
#[derive(Debug, Default)]
pub struct Told {
    /// Answered by a model.
    pub by_model: AtomicU64,
    /// Answered without one: none was asked for, or none is there.
    pub builtin: AtomicU64,
    /// Of a model that gave no whole answer, answered without it.
    pub instead: AtomicU64,
    /// Not answered: the queue was full, the model unknown, or who asked went away.
    pub failed: AtomicU64,
}

/// Seconds to wait when the queue is full: an answer takes about as long.
const RETRY_AFTER: u32 = 5;

impl Chat {
    /// Over what is known, with or without a model.
    pub fn new(knowledge: Knowledge, models: Models, embeddings: Embeddings, store: Store) -> Chat {
        Chat { knowledge, models, embeddings, store, active: Arc::default(), told: Arc::default() }
    }

    /// Answers. `emit` gets pieces as they come and returns `false` when nobody listens any more, which stops the model; so does
    /// `cancel`, from another thread and at once. Blocking.
    pub fn answer(&self, question: &Question, cancel: &Cancel, emit: &mut dyn FnMut(Piece) -> bool) -> Result<Answer, Error> {
        let _counted = Counted::new(&self.active);
        let choice = self.models.choose(question.model.as_deref());
        let has_model = matches!(choice, Choice::Model(_));
        let answer = self.answer_by(choice, question, cancel, emit);
        let ended = match &answer {
            Ok(answer) if answer.unaided.is_none() => &self.told.by_model,
            Ok(_) if has_model => &self.told.instead,
            Ok(_) => &self.told.builtin,
            Err(_) => &self.told.failed,
        };
        ended.fetch_add(1, Ordering::Relaxed);
        answer
    }

    fn answer_by(
        &self,
        choice: Choice,
        question: &Question,
        cancel: &Cancel,
        emit: &mut dyn FnMut(Piece) -> bool,
    ) -> Result<Answer, Error> {
        let model = match choice {
            Choice::Unknown(there) => return Err(Error::UnknownModel(question.model.clone().unwrap_or_default(), there)),
            Choice::Builtin(why) => {
                let mut answer = self.builtin(question);
                answer.explain(why);
                if question.mode == Mode::Text {
                    answer.warnings.push("Mode 'text' is the model alone; without one, this is answered from the graph.".into());
                }
                return finish_builtin(answer, emit);
            }
            Choice::Model(model) => model,
        };
        self.with_model(question, &model, cancel, emit)
    }

    /// The facts alone, without any model: what the graph, the search index and the diffs of runs say. Blocking, but only for computing
    /// and the store.
    pub fn builtin(&self, question: &Question) -> Answer {
        let means = Means { embeddings: Some(&self.embeddings), store: Some(&self.store) };
        super::builtin::answer(&self.knowledge, means, question)
    }

    fn with_model(&self, question: &Question, model: &str, cancel: &Cancel, emit: &mut dyn FnMut(Piece) -> bool) -> Result<Answer, Error> {
        let started = Instant::now();
        let place = self.models.enter(&question.client, started, cancel);
        let waited = started.elapsed();
        let answer = match place {
            Ok(_place) => self.of_model(question, model, started, cancel, emit),
            Err(Refused::Full) => Err(Error::Busy(RETRY_AFTER)),
            Err(Refused::Cancelled) => Err(Error::Cancelled),
            Err(Refused::TooLate) if !emit(Piece::Start { model: BUILTIN.into(), sources: Vec::new() }) => Err(Error::Cancelled),
            Err(Refused::TooLate) => self.instead(question, model, &Failure::Overloaded, "", emit),
        };
        Ok(Answer { waited, ..answer? })
    }

    /// With a place at the model.
    fn of_model(
        &self,
        question: &Question,
        model: &str,
        started: Instant,
        cancel: &Cancel,
        emit: &mut dyn FnMut(Piece) -> bool,
    ) -> Result<Answer, Error> {
        let mut facts = self.builtin(question);
        if question.mode == Mode::Text {
            facts = Answer { warnings: vec![NO_EVIDENCE.into()], ..Answer::empty() };
        }
        let prompt = prompt::build(question, &facts, model);
        let sources = facts.sources[..prompt.sources].to_vec();
        if !emit(Piece::Start { model: model.to_owned(), sources }) {
            return Err(Error::Cancelled);
        }
        let mut text = String::new();
        let result = self.models.complete(&prompt.completion, started, cancel, &mut |more| {
            text.push_str(more);
            emit(Piece::Delta(more.to_owned()))
        });
        match result {
            Ok(finish) => {
                facts.sources.truncate(prompt.sources);
                // What the facts say is not in the model's text.
                let told: Vec<bool> = facts.warnings.iter_mut().map(|warning| std::mem::take(&mut warning.told)).collect();
                facts.warnings.extend(prompt.warnings.into_iter().map(Warning::from));
                if finish.cut {
                    facts.warnings.push(format!("The answer of '{model}' was cut at its length limit.").into());
                }
                if finish.filtered {
                    facts.warnings.push(format!("The server of '{model}' held part of the answer back (its content filter).").into());
                }
                if finish.overfull {
                    facts.warnings.push("The prompt filled the model's context: part of the evidence may not have been read.".into());
                }
                if question.mode != Mode::Text {
                    let unfounded = claim::unfounded(&text, question, &facts);
                    // One that had to be cut may never have come to its evidence.
                    let uncited = claim::uncited(&text, &facts);
                    if !unfounded.is_empty() || finish.cut || finish.filtered {
                        let beside = format!("\n\n---\n\n*What is known without the model:*\n\n{}", facts.response);
                        text.push_str(&beside);
                        facts.warnings.iter_mut().zip(told).for_each(|(warning, told)| warning.told = told);
                        if !emit(Piece::Delta(beside)) {
                            return Err(Error::Cancelled);
                        }
                    }
                    facts.warnings.extend(unfounded.into_iter().chain(uncited).map(Warning::from));
                }
                Ok(Answer { response: text, model: model.to_owned(), unaided: None, ..facts })
            }
            Err(Failure::Cancelled) => Err(Error::Cancelled),
            Err(Failure::ModelMissing) if question.model.is_some() && text.is_empty() && !question.stream => {
                let there = self.models.list().into_iter().map(|m| m.name).filter(|m| m != model).collect();
                Err(Error::UnknownModel(model.to_owned(), there))
            }
            Err(failure) => self.instead(question, model, &failure, &text, emit),
        }
    }

    /// The built-in answer in place of a model's that failed. Of a stream, what was said already stays: its reader has seen it.
    fn instead(
        &self,
        question: &Question,
        model: &str,
        why: &Failure,
        said: &str,
        emit: &mut dyn FnMut(Piece) -> bool,
    ) -> Result<Answer, Error> {
        let mut answer = self.builtin(question);
        answer.explain(format!("The language model '{model}' gave no whole answer: {why}. This is the built-in answer."));
        if question.stream && !said.is_empty() {
            let rest = format!("\n\n---\n\n*The model stopped here. The built-in answer:*\n\n{}", answer.response);
            if !emit(Piece::Delta(rest.clone())) {
                return Err(Error::Cancelled);
            }
            answer.response = format!("{said}{rest}");
            return Ok(answer);
        }
        if !emit(Piece::Delta(answer.response.clone())) {
            return Err(Error::Cancelled);
        }
        Ok(answer)
    }

    /// How questions ended since the start.
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// Questions being answered now, for stats.
    pub fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }
}

impl Answer {
    /// Nothing said, nobody asked.
    pub fn empty() -> Answer {
        Answer {
            response: String::new(),
            sources: Vec::new(),
            model: BUILTIN.into(),
            unaided: None,
            graph: Vec::new(),
            next_actions: Vec::new(),
            warnings: Vec::new(),
            confidence: 0.0,
            waited: Duration::ZERO,
        }
    }

    /// Says first why no language model gave it.
    fn explain(&mut self, why: String) {
        self.warnings.insert(0, Warning { text: why.clone(), told: true });
        self.unaided = Some(why);
    }
}

fn finish_builtin(answer: Answer, emit: &mut dyn FnMut(Piece) -> bool) -> Result<Answer, Error> {
    let heard = emit(Piece::Start { model: BUILTIN.into(), sources: answer.sources.clone() })
        && lines(&answer.response).all(|line| emit(Piece::Delta(line.to_owned())));
    if heard { Ok(answer) } else { Err(Error::Cancelled) }
}

/// A title for a conversation that begins with `query`: its first line, cut at a word.
pub fn title(query: &str) -> String {
    const CHARS: usize = crate::store::chats::TITLE_CHARS;
    let line = query.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("");
    let words: String = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = words.trim_end_matches(['?', '.', '!', ' ']);
    let cut = match plain.char_indices().nth(CHARS) {
        Some((end, _)) => {
            let short = &plain[..end];
            format!("{}…", short.rsplit_once(' ').map_or(short, |(whole, _)| whole))
        }
        None => plain.to_owned(),
    };
    let mut letters = cut.chars();
    letters.next().map_or_else(|| "Conversation".to_owned(), |first| first.to_uppercase().chain(letters).collect())
}

/// Parts of about a screen line or more: enough to show that something comes, few enough to cost nothing.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    const PART: usize = 512;
    let mut rest = text;
    std::iter::from_fn(move || {
        let from = rest.len().min(PART);
        let end = rest.as_bytes()[from..].iter().position(|b| *b == b'\n').map_or(rest.len(), |n| from + n + 1);
        let (part, tail) = rest.split_at(end);
        rest = tail;
        (!part.is_empty()).then_some(part)
    })
}

struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(counter: &Arc<AtomicUsize>) -> Counted {
        counter.fetch_add(1, Ordering::Relaxed);
        Counted(counter.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{lines, title};

    #[test]
    fn a_title_is_the_first_line_cut_at_a_word() {
        assert_eq!(title("  what feeds `x`?\nand more"), "What feeds `x`");
        assert_eq!(title("???"), "Conversation");
        let long = title(&"wörter ".repeat(50));
        assert!(
            long.chars().count() <= crate::store::chats::TITLE_CHARS + 1 && long.ends_with("Wörter…".trim_start_matches('W')),
            "{long}"
        );
    }

    #[test]
    fn parts_of_a_text_are_the_text() {
        let text = format!("{}\n{}\nend", "é".repeat(400), "b\n".repeat(900));
        let parts: Vec<&str> = lines(&text).collect();
        assert!(parts.len() > 1);
        assert_eq!(parts.concat(), text);
    }
}
