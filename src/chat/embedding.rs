//! Vectors of an embedding model, for search: of a project's documents in the background after it changed, of a question within a moment.
//! Nothing waits for them and nothing fails without them.

use super::Models;
use super::transport::Failure;
use crate::id;
use crate::ingest::{Knowledge, Snapshot};
use crate::search::{Document, Vector, Vectors};
use crate::store::{self, Store, vectors};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Texts of one request: enough to keep a model busy, few enough that a slow one ends it in time.
const BATCH: usize = 32;
/// Longest wait for a batch: a small box without a GPU takes a second for each long text, and loads the model first.
const BATCH_TIMEOUT: Duration = Duration::from_secs(120);
/// Most bytes of a text: what embedding models read of one (2,048 tokens and fewer), and some more.
const MAX_TEXT: usize = 8 << 10;
/// Longest a question waits for its vector: a loaded model takes a tenth of it.
const QUERY_TIMEOUT: Duration = Duration::from_millis(300);
/// Questions whose vectors are asked for at once: past them the server is behind, and words alone are quicker.
const MAX_ASKING: usize = 4;
/// Questions whose vectors are remembered, each by the hash of its text: a megabyte with 1,024 dimensions. When there are as many, all are
/// forgotten: a question is asked again soon or not at all.
const MAX_REMEMBERED: usize = 1024;
/// How long a server that failed a question is left alone.
const QUIET: Duration = Duration::from_secs(5);

/// What models want said before a document and before a question, by the beginning of their names, as their cards say.
const PREFIXES: &[(&str, &str, &str)] = &[
    ("nomic-embed-text", "search_document: ", "search_query: "),
    ("mxbai-embed-large", "", "Represent this sentence for searching relevant passages: "),
];

type Known = HashMap<String, Arc<Vector>>;

/// The embedding service; cheap to clone.
#[derive(Clone)]
pub struct Embeddings(Arc<Inner>);

struct Inner {
    models: Models,
    store: Store,
    knowledge: Knowledge,
    /// `EMBEDDING_MODEL`; `None`: off.
    model: Option<String>,
    /// By project and hash: the vectors that are served.
    served: Mutex<HashMap<String, Known>>,
    questions: Mutex<Known>,
    quiet_until: Mutex<Option<Instant>>,
    asking: AtomicUsize,
}

impl Embeddings {
    /// With `model` at the server of `models`; `None` for no vectors at all.
    pub fn new(models: Models, store: Store, knowledge: Knowledge, model: Option<String>) -> Embeddings {
        let model = model.filter(|_| models.configured());
        Embeddings(Arc::new(Inner {
            models,
            store,
            knowledge,
            model,
            served: Mutex::default(),
            questions: Mutex::default(),
            quiet_until: Mutex::default(),
            asking: AtomicUsize::new(0),
        }))
    }

    /// Whether there ever may be vectors.
    pub fn is_on(&self) -> bool {
        self.0.model.is_some()
    }

    /// The model whose vectors search uses, if any project has some.
    pub fn in_use(&self) -> Option<&str> {
        self.0.model.as_deref().filter(|_| self.0.knowledge.all().iter().any(|s| s.vectors.is_some()))
    }

    /// The vector of a question to `snapshot`, when it is known or comes at once. Blocking, within 300 ms.
    pub fn query(&self, snapshot: &Snapshot, text: &str) -> Option<Arc<Vector>> {
        let (Some(model), true) = (&self.0.model, snapshot.vectors.is_some()) else { return None };
        let hash = id::content_hash(text.as_bytes());
        if let Some(vector) = lock(&self.0.questions).get(&hash) {
            return Some(vector.clone());
        }
        if lock(&self.0.quiet_until).is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let asking = Asking::new(&self.0.asking);
        if asking.others >= MAX_ASKING {
            return None;
        }
        let vector = match self.0.models.embed(model, &[clip(format!("{}{text}", prefixes(model).1))], QUERY_TIMEOUT) {
            Ok(vectors) => Arc::new(vectors.into_iter().next()?),
            Err(why) => {
                log::debug!("a question is searched by words alone: {why}");
                *lock(&self.0.quiet_until) = Some(Instant::now() + QUIET);
                return None;
            }
        };
        let mut questions = lock(&self.0.questions);
        if questions.len() >= MAX_REMEMBERED {
            questions.clear();
        }
        questions.insert(hash, vector.clone());
        Some(vector)
    }

    /// Gives every project the vectors of its documents, as far as they are known or can be had; `false` when some should be tried again
    /// later. Blocking, for as long as the model takes.
    pub fn catch_up(&self) -> bool {
        let Some(model) = &self.0.model else { return true };
        let projects = self.0.knowledge.all();
        lock(&self.0.served).retain(|id, _| projects.iter().any(|snapshot| snapshot.project == *id));
        let lacking = projects.iter().filter(|s| s.vectors.as_ref().is_none_or(|v| v.lacking > 0));
        // Those that need no model must not wait for one that fails.
        let failed = lacking.filter(|snapshot| match self.embed(model, snapshot) {
            Ok(()) => false,
            Err(Stopped::Model(Failure::ModelMissing)) => true,
            Err(Stopped::Model(why)) => {
                log::info!("search goes by words alone in part of project '{}' for now: {why}", snapshot.project);
                true
            }
            Err(Stopped::Store(why)) => {
                log::warn!("vectors of project '{}' were not kept: {why}", snapshot.project);
                true
            }
        });
        failed.count() == 0
    }

    fn embed(&self, model: &str, snapshot: &Arc<Snapshot>) -> Result<(), Stopped> {
        let Snapshot { project, graph, index, .. } = &**snapshot;
        let before = lock(&self.0.served).get(project).cloned().unwrap_or_default();
        // Without a model and vectors that one made, there is no use in reading everything again and again.
        if before.is_empty() && !self.0.store.read_blocking(|conn| vectors::any(conn, project))? && !self.0.models.has(model) {
            return Err(Failure::ModelMissing.into());
        }
        let text = |document| clip(format!("{}{}", prefixes(model).0, index.text(graph, document)));
        let documents: Vec<(Document, String)> =
            index.documents().map(|document| (document, id::content_hash(format!("{model}\n{}", text(document)).as_bytes()))).collect();
        let mut known = Known::new();
        let mut missing: Vec<(&str, Document)> = Vec::new();
        for (document, hash) in &documents {
            if known.contains_key(hash) {
                continue;
            }
            let kept = match before.get(hash) {
                Some(vector) => Some(vector.clone()),
                None => self.0.store.read_blocking(|conn| vectors::get(conn, project, hash))?.map(Arc::new),
            };
            match kept {
                Some(vector) => drop(known.insert(hash.clone(), vector)),
                None => missing.push((hash, *document)),
            }
        }
        drop(before);
        missing.sort_unstable_by_key(|(hash, _)| *hash);
        missing.dedup_by_key(|(hash, _)| *hash);
        let mut latest = snapshot.clone();
        let mut outcome = Ok(());
        if !missing.is_empty() {
            if !known.is_empty() && !self.serve(&mut latest, &documents, &known) {
                return Ok(());
            }
            if !self.0.models.has(model) {
                return Err(Failure::ModelMissing.into());
            }
            for batch in missing.chunks(BATCH) {
                // Another ingestion: what is there now comes next, and finds in the store what was done.
                if !self.0.knowledge.select(Some(project)).first().is_some_and(|now| Arc::ptr_eq(now, &latest)) {
                    return Ok(());
                }
                let texts: Vec<String> = batch.iter().map(|(_, document)| text(*document)).collect();
                let made = match self.each(model, &texts) {
                    Ok(made) => made,
                    Err(failure) => {
                        outcome = Err(failure.into());
                        break;
                    }
                };
                let made: Vec<(String, Arc<Vector>)> =
                    batch.iter().zip(made).filter_map(|((hash, _), vector)| Some(((*hash).to_owned(), Arc::new(vector?)))).collect();
                known.extend(made.iter().cloned());
                let of = project.clone();
                self.0.store.write_blocking(move |conn| vectors::put(conn, &of, made.iter().map(|(hash, v)| (hash.as_str(), &**v))))?;
            }
        }
        if !known.is_empty() && self.serve(&mut latest, &documents, &known) {
            let used: HashSet<String> = documents.into_iter().map(|(_, hash)| hash).collect();
            let of = project.clone();
            self.0.store.write_blocking(move |conn| vectors::prune(conn, &of, &used))?;
            lock(&self.0.served).insert(project.clone(), known);
        }
        outcome
    }

    /// The vectors of `texts`; `None` of those that the model cannot read, which do not keep the others from theirs.
    fn each(&self, model: &str, texts: &[String]) -> Result<Vec<Option<Vector>>, Failure> {
        match self.0.models.embed(model, texts, BATCH_TIMEOUT) {
            Ok(vectors) => Ok(vectors.into_iter().map(Some).collect()),
            Err(Failure::Refused(400 | 413 | 422, _)) if texts.len() == 1 => Ok(vec![None]),
            Err(Failure::Refused(400 | 413 | 422, _)) => {
                let (first, rest) = texts.split_at(texts.len() / 2);
                let mut vectors = self.each(model, first)?;
                vectors.extend(self.each(model, rest)?);
                Ok(vectors)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Puts `known` beside the snapshot; `false` when that is not the latest any more.
    fn serve(&self, latest: &mut Arc<Snapshot>, documents: &[(Document, String)], known: &Known) -> bool {
        let all = documents.iter().map(|(document, hash)| (*document, known.get(hash).cloned()));
        let vectors = Vectors::new(latest.graph.linked.nodes.len(), latest.index.chunks.len(), all);
        let new = Arc::new(Snapshot { vectors: Some(vectors.into()), ..Snapshot::clone(latest) });
        let replaced = self.0.knowledge.replace(latest, new.clone());
        *latest = new;
        replaced
    }
}

/// Why the rest of a project has no vectors.
enum Stopped {
    Model(Failure),
    Store(store::Error),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Stopped {
        Stopped::Model(failure)
    }
}

impl From<store::Error> for Stopped {
    fn from(error: store::Error) -> Stopped {
        Stopped::Store(error)
    }
}

struct Asking<'a> {
    count: &'a AtomicUsize,
    others: usize,
}

impl<'a> Asking<'a> {
    fn new(count: &'a AtomicUsize) -> Asking<'a> {
        Asking { count, others: count.fetch_add(1, Relaxed) }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Relaxed);
    }
}

fn prefixes(model: &str) -> (&'static str, &'static str) {
    PREFIXES.iter().find(|(name, ..)| model.starts_with(name)).map_or(("", ""), |(_, document, query)| (document, query))
}

fn clip(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    text
}

// What these guard is replaced or added to whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
