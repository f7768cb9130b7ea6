//! Search over one project: fielded BM25, character n-grams, and the graph's neighbourhood; with vectors of an embedding model, when there
//! are any, their cosine as well. Pure.
//!
//! Documents are the project's assets (name over columns over body) and the chunks of its files. See `../docs/architecture` for
//! the figures that chose the parts and the weights.

mod best;
mod document;
mod names;
mod near;
mod neighbourhood;
mod rank;
mod segment;
mod sketch;
#[cfg(test)]
mod tests;
pub mod tokens;
mod vector;
mod words;

use crate::graph::delta::Delta;
use crate::graph::{Graph, NodeIx};
use crate::lineage::Kind;
use crate::parallel;
use best::Best;
use document::Bodies;
use names::Names;
pub use near::{distance, nearest_of_all};
use neighbourhood::{GROUP_LIFT, JOIN_LIFT, Neighbourhood};
use rank::{Collection, counts, query_terms};
use segment::{Builder, GONE};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};
pub use vector::{Document, Vector, Vectors};
use words::Hashed;

/// A passage of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Stable id: `<file id>:<ordinal>`.
    pub id: String,
    /// The file's id in the store.
    pub file_id: String,
    /// The file's relative path.
    pub path: String,
    /// 1-based first line.
    pub line: u32,
    /// 1-based last line.
    pub line_end: u32,
    /// The text itself.
    pub text: String,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// A name, a part of one, or plain words.
    pub text: &'a str,
    /// The vectors of the index's documents, and that of the text.
    pub near: Option<(&'a Vectors, &'a Vector)>,
}

impl<'a> From<&'a str> for Query<'a> {
    fn from(text: &'a str) -> Query<'a> {
        Query { text, near: None }
    }
}

/// An asset found, with a score that is comparable among the answers to one question, those of other projects included: up to 1 by its
/// words and its neighbours', and more for what the question names.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeHit {
    /// The node in the graph the index was built over.
    pub node: NodeIx,
    /// Score.
    pub score: f32,
}

/// A passage found.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkHit {
    /// Index into the chunks given to [`Index::build`].
    pub chunk: usize,
    /// Score.
    pub score: f32,
}

/// The search index of one project: immutable, built over its graph and chunks. One that follows another shares what did not change.
#[derive(Debug)]
pub struct Index {
    /// The passages indexed.
    pub chunks: Vec<Arc<Chunk>>,
    made: LazyLock<Made, Box<dyn FnOnce() -> Made + Send>>,
}

/// What is looked into.
#[derive(Debug, Default)]
struct Made {
    assets: Collection,
    columns: Collection,
    files: Collection,
    passages: Collection,
    neighbourhood: Neighbourhood,
    names: Names,
}

impl Default for Index {
    fn default() -> Index {
        Index::of(Vec::new(), Made::default())
    }
}

/// The passages of an index that is being made.
#[derive(Debug)]
pub struct Passages {
    chunks: Vec<Arc<Chunk>>,
    collection: Collection,
    /// Files of which passages came or went.
    files: HashSet<String>,
}

/// A cosine below this is chance: it is not blown up to 1 because nothing better was found.
const LEAST_COSINE: f32 = 0.2;
/// Best by words that are looked at for whether all of the question is what they are called.
const LOOKED_AT: usize = 100;
/// What a part of a score at its best, fully lifted, adds to it.
const BEST: f32 = 1.0 + GROUP_LIFT + JOIN_LIFT;

impl Index {
    /// Indexes the graph's nodes and `chunks`, of which those of one file lie together.
    pub fn build(graph: &Graph, chunks: Vec<Arc<Chunk>>) -> Index {
        let made = Made::of(graph, &chunks);
        Index::of(chunks, made)
    }

    /// As [`Index::build`], but made when it is first asked, by whoever asks, while others who ask wait for it.
    pub fn later(graph: Arc<Graph>, chunks: Vec<Arc<Chunk>>) -> Index {
        let passages = chunks.clone();
        Index { chunks, made: LazyLock::new(Box::new(move || Made::of(&graph, &passages))) }
    }

    /// Returns when it is made.
    pub fn wait(&self) {
        LazyLock::force(&self.made);
    }

    fn of(chunks: Vec<Arc<Chunk>>, made: Made) -> Index {
        let index = Index { chunks, made: LazyLock::new(Box::new(move || made)) };
        index.wait();
        index
    }

    /// The passages of the index that [`Index::update`] makes, which need no graph. `chunks` are all there are, those of one file
    /// together; one that stays is the same `Arc` as before.
    pub fn passages_now(&self, chunks: Vec<Arc<Chunk>>) -> Passages {
        let place: HashMap<*const Chunk, u32, Hashed> = chunks.iter().map(Arc::as_ptr).zip(0..).collect();
        let mut fresh = vec![true; chunks.len()];
        let mut files = HashSet::new();
        let mut moved = Vec::with_capacity(self.chunks.len());
        for chunk in &self.chunks {
            let now = place.get(&Arc::as_ptr(chunk)).copied();
            match now {
                Some(now) => fresh[now as usize] = false,
                None => drop(files.insert(chunk.file_id.clone())),
            }
            moved.push(now);
        }
        let mut passages = Builder::default();
        for ((chunk, _), at) in chunks.iter().zip(&fresh).zip(0..).filter(|((_, fresh), _)| **fresh) {
            if !files.contains(&chunk.file_id) {
                files.insert(chunk.file_id.clone());
            }
            passages.add(at, |d| document::passage(chunk, d));
        }
        Passages { collection: self.made.passages.update(|at| moved[at as usize], passages), files, chunks }
    }

    /// The index of `new` and `passages`, given that this one is of `old`: it answers as [`Index::build`] would. Reads what changed and
    /// what depends on it, and passes once over the numbers of all the rest.
    pub fn update(&self, old: &Graph, new: &Graph, delta: &Delta, passages: Passages) -> Index {
        let made = self.made.update(old, new, delta, &passages.chunks, (passages.collection, &passages.files));
        Index::of(passages.chunks, made)
    }

    /// The documents that an embedding model is to read.
    pub fn documents(&self) -> impl Iterator<Item = Document> {
        let assets = self.made.assets.owners.iter().filter(|ix| **ix != GONE).map(|ix| Document::Asset(*ix));
        assets.chain((0..self.chunks.len()).map(Document::Passage))
    }

    /// The text of such a document; `graph` is the one that the index was built over.
    pub fn text(&self, graph: &Graph, document: Document) -> Cow<'_, str> {
        match document {
            Document::Asset(ix) => document::sentence(graph, ix).into(),
            Document::Passage(at) => self.chunks[at].text.as_str().into(),
        }
    }

    /// The chunks whose text holds `word`, or one of the same stem, in order.
    pub fn holding(&self, word: &str) -> Vec<usize> {
        let mut places: Vec<usize> = self.made.passages.holding(&tokens::stem(&word.to_lowercase())).map(|at| at as usize).collect();
        places.sort_unstable();
        places
    }

    /// Assets that `query` asks for, best first; `kinds` empty means all.
    ///
    /// A query that is a name puts what is called so first, then what begins with it, then what holds it.
    pub fn nodes<'q>(&self, graph: &Graph, query: impl Into<Query<'q>>, kinds: &[Kind], limit: usize) -> Vec<NodeHit> {
        let Query { text: query, near } = query.into();
        let best = BEST * if near.is_some() { 3.0 } else { 2.0 };
        let wanted = |ix: NodeIx| kinds.is_empty() || kinds.contains(&graph.node(ix).kind);
        let asks = |of: &dyn Fn(Kind) -> bool| kinds.is_empty() || kinds.iter().any(|k| of(*k));
        let words = tokens::words(query);
        let mut tiers: HashMap<NodeIx, f32, Hashed> =
            self.made.names.hits(graph, query).into_iter().filter(|(ix, _)| wanted(*ix)).collect();
        // A node is in one part only.
        let by_score = |a: &NodeHit, b: &NodeHit| b.score.total_cmp(&a.score).then(a.node.cmp(&b.node));
        let mut hits = Best::new(limit.max(LOOKED_AT), by_score);
        let mut collect = |part: &Collection, list: Vec<f32>| {
            let found = part.owners.iter().zip(list).filter(|(ix, score)| **ix != GONE && *score > 0.0 && wanted(**ix));
            found.for_each(|(ix, score)| hits.add(NodeHit { node: *ix, score: score / best + tiers.remove(ix).unwrap_or(0.0) }));
        };
        if asks(&|k| k != Kind::Column && k != Kind::File) {
            let mut scores = lexical(&self.made.assets, &words);
            if let Some((vectors, vector)) = near {
                vectors.assets(vector, &self.made.assets.owners, 1.0, &mut scores);
            }
            collect(&self.made.assets, self.made.neighbourhood.lift(&scores));
        }
        // Among answers of several kinds a column or file counts less than the asset it belongs to or defines.
        if asks(&|k| k == Kind::Column) {
            collect(&self.made.columns, lexical(&self.made.columns, &words));
        }
        if asks(&|k| k == Kind::File) {
            collect(&self.made.files, lexical(&self.made.files, &words));
        }
        tiers.into_iter().for_each(|(node, score)| hits.add(NodeHit { node, score }));
        let mut hits = hits.sorted();
        let called = names::called(query_terms(&self.made.assets, &words));
        for hit in hits.iter_mut().take(LOOKED_AT) {
            hit.score += names::tier_of_words(graph, hit.node, &called);
        }
        hits.sort_unstable_by(by_score);
        hits.truncate(limit);
        hits
    }

    /// Passages that `query` asks for, best first.
    pub fn passages<'q>(&self, query: impl Into<Query<'q>>, limit: usize) -> Vec<ChunkHit> {
        let Query { text, near } = query.into();
        let mut scores = self.made.passages.bm25(&query_terms(&self.made.passages, &tokens::words(text)));
        if let Some((vectors, vector)) = near {
            // The nearest passage is worth as much as the one that fits best by words, whose score stays what it is in other projects.
            let best = Some(scores.iter().copied().fold(0.0, f32::max)).filter(|best| *best > 0.0).unwrap_or(1.0);
            vectors.passages(vector, &self.made.passages.owners, best, &mut scores);
        }
        let mut hits = Best::new(limit, |a: &ChunkHit, b: &ChunkHit| b.score.total_cmp(&a.score).then(a.chunk.cmp(&b.chunk)));
        let found = self.made.passages.owners.iter().zip(scores).filter(|(at, score)| **at != GONE && *score > 0.0);
        found.for_each(|(at, score)| hits.add(ChunkHit { chunk: *at as usize, score }));
        hits.sorted()
    }
}

impl Made {
    fn of(graph: &Graph, chunks: &[Arc<Chunk>]) -> Made {
        let nothing = Graph::default();
        let Passages { collection, files, chunks } = Index::default().passages_now(chunks.to_vec());
        Made::default().update(&nothing, graph, &Delta::between(&nothing, graph), &chunks, (collection, &files))
    }

    /// See [`Index::update`]: `chunks` in the collection `passages`, of which those of the files `changed` came or went.
    fn update(
        &self,
        old: &Graph,
        new: &Graph,
        delta: &Delta,
        chunks: &[Arc<Chunk>],
        (passages, changed): (Collection, &HashSet<String>),
    ) -> Made {
        let same = document::same(old, new, delta);
        let assets = self.assets.owners.iter().copied().filter(|ix| *ix != GONE);
        let stale = document::stale(old, new, delta, &same, assets, changed);
        let bodies = Bodies::new(chunks);
        let kept = |ix: NodeIx| delta.now[ix as usize].filter(|now| !stale[*now as usize]);
        let read = |of: &dyn Fn(Kind) -> bool, before: &Collection| {
            let mut documents = Builder::default();
            for ((ix, _), _) in (0..).zip(&new.linked.nodes).zip(&stale).filter(|((_, node), stale)| **stale && of(node.kind)) {
                documents.add(ix, |d| document::node(new, &bodies, ix, d));
            }
            before.update(kept, documents)
        };
        let (columns, (assets, files)) = parallel::join(
            || read(&|kind| kind == Kind::Column, &self.columns),
            || (read(&|kind| !matches!(kind, Kind::Column | Kind::File), &self.assets), read(&|kind| kind == Kind::File, &self.files)),
        );
        Made {
            neighbourhood: Neighbourhood::new(new, &assets.owners),
            assets,
            columns,
            files,
            passages,
            names: self.names.update(new, |ix| delta.was[ix as usize].filter(|_| same[ix as usize])),
        }
    }
}

/// BM25 and n-gram cosine, the best of each being 1, added.
fn lexical(collection: &Collection, words: &[String]) -> Vec<f32> {
    let mut scores = collection.bm25(&query_terms(collection, words));
    let spelled: Vec<String> = words.iter().filter(|w| counts(collection, w)).cloned().collect();
    let mut cosine = collection.cosine(&spelled);
    rank::normalise_by_best(&mut scores, f32::MIN_POSITIVE);
    rank::normalise_by_best(&mut cosine, LEAST_COSINE);
    scores.iter_mut().zip(cosine).for_each(|(s, c)| *s += c);
    scores
}
