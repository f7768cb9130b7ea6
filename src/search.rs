//! Search over one project without a model: fielded BM25, character n-grams, and the graph's neighbourhood. Pure.
//!
//! Documents are the project's assets (name over columns over body) and the chunks of its files. See `../docs/architecture` for
//! the figures that chose the parts and the weights.

pub mod rank;
pub mod tokens;

use crate::graph::{Graph, NodeIx};
use crate::lineage::Kind;

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

/// An asset found, with a score that is comparable within one answer only (best first, 1.0 is the best possible of this query's mix).
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

/// The search index of one project: immutable, built over its graph and chunks.
#[derive(Debug, Default)]
pub struct Index {
    /// The passages indexed.
    pub chunks: Vec<Chunk>,
}

impl Index {
    /// Indexes the graph's assets and `chunks`.
    pub fn build(graph: &Graph, chunks: Vec<Chunk>) -> Index {
        let _ = graph;
        Index { chunks }
    }

    /// Assets that `query` (a name, a part of one, or plain words) asks for, best first; `kinds` empty means all.
    pub fn nodes(&self, graph: &Graph, query: &str, kinds: &[Kind], limit: usize) -> Vec<NodeHit> {
        let _ = (graph, query, kinds, limit);
        todo!()
    }

    /// Passages that `query` asks for, best first.
    pub fn passages(&self, query: &str, limit: usize) -> Vec<ChunkHit> {
        let _ = (query, limit);
        todo!()
    }
}
