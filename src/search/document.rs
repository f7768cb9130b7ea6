//! What the nodes of a graph are found by, and of which of them that changed.

use super::Chunk;
use super::segment::Document;
use crate::graph::delta::Delta;
use crate::graph::{Graph, Node, NodeIx};
use crate::lineage::{Kind, Relation};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// Words of a routine's or view's text, or of the names a file defines, that are indexed: enough for long procedures, no more than
/// that of generated ones.
const MAX_BODY_WORDS: usize = 2_000;

/// The fields of every document.
const NAME: usize = 0;
const CONTEXT: usize = 1;
const BODY: usize = 2;

/// The document of a node.
pub(super) fn node(graph: &Graph, bodies: &Bodies<'_>, ix: NodeIx, document: &mut Document<'_>) {
    match graph.node(ix).kind {
        Kind::Column => column(graph, ix, document),
        Kind::File => file(graph, ix, document),
        _ => asset(graph, bodies, ix, document),
    }
}

/// The document of a passage.
pub(super) fn passage(chunk: &Chunk, document: &mut Document<'_>) {
    document.text(NAME, &chunk.path);
    document.text(CONTEXT, &chunk.text);
}

fn asset(graph: &Graph, bodies: &Bodies<'_>, ix: NodeIx, document: &mut Document<'_>) {
    let node = graph.node(ix);
    document.name(NAME, node.label());
    document.name(CONTEXT, node.stem().strip_suffix(node.label()).unwrap_or(""));
    document.text(BODY, node.comment.as_deref().unwrap_or(""));
    for column in graph.columns(ix) {
        let column = graph.node(column);
        document.name(CONTEXT, column.label());
        document.text(BODY, column.column.comment.as_deref().unwrap_or(""));
    }
    document.text(BODY, &node.signature);
    node.properties.values().filter_map(|v| v.as_str()).for_each(|text| document.text(BODY, text));
    if node.kind != Kind::Table {
        document.texts(BODY, bodies.lines(node), MAX_BODY_WORDS);
    }
}

fn column(graph: &Graph, ix: NodeIx, document: &mut Document<'_>) {
    let node = graph.node(ix);
    document.name(NAME, node.label());
    document.text(CONTEXT, graph.relation_of(ix).map_or("", |relation| graph.node(relation).stem()));
    document.text(BODY, node.column.comment.as_deref().unwrap_or(""));
}

fn file(graph: &Graph, ix: NodeIx, document: &mut Document<'_>) {
    document.name(NAME, graph.node(ix).stem());
    let defines = graph.incoming(ix).map(|e| graph.edge(e)).filter(|e| e.relation == Relation::DefinedIn);
    document.texts(CONTEXT, defines.map(|e| &**graph.node(e.from).stem()), MAX_BODY_WORDS);
}

/// What an embedding model is told of an asset: a sentence, since that is what it was made for.
pub(super) fn sentence(graph: &Graph, ix: NodeIx) -> String {
    let node = graph.node(ix);
    let columns: Vec<&str> = graph.columns(ix).into_iter().map(|column| graph.node(column).label()).collect();
    let mut text = format!("{} {}", node.kind.as_str(), node.name());
    if !columns.is_empty() {
        text.push_str(" with columns ");
        text.push_str(&columns.join(", "));
    }
    if let Some(comment) = &node.comment {
        text.push_str(": ");
        text.push_str(comment);
    }
    text
}

/// Where the text of definitions is: passages by file.
pub(super) struct Bodies<'a> {
    chunks: &'a [Arc<Chunk>],
    of: HashMap<&'a str, Range<usize>>,
}

impl<'a> Bodies<'a> {
    /// Over passages that lie together when they are of one file.
    pub(super) fn new(chunks: &'a [Arc<Chunk>]) -> Bodies<'a> {
        let mut of = HashMap::new();
        let mut start = 0;
        for file in chunks.chunk_by(|a, b| a.file_id == b.file_id) {
            of.insert(file[0].file_id.as_str(), start..start + file.len());
            start += file.len();
        }
        Bodies { chunks, of }
    }

    /// The lines that define `node`.
    fn lines(&self, node: &'a Node) -> impl Iterator<Item = &'a str> {
        let definition = node.defined.first();
        let of_file = definition.and_then(|d| self.of.get(&*d.file_id)).map_or(&[][..], |range| &self.chunks[range.clone()]);
        let (first, last) = definition.map_or((0, 0), |d| (d.line, d.line_end));
        let near = of_file.iter().filter(move |c| c.line <= last && first <= c.line_end);
        near.flat_map(|c| c.text.lines().zip(c.line..)).filter(move |(_, at)| (first..=last).contains(at)).map(|(line, _)| line)
    }
}

/// By node of `new`: whether `old` has it, and says of it what [`node`] would read.
pub(super) fn same(old: &Graph, new: &Graph, delta: &Delta) -> Vec<bool> {
    let same = |a: &Node, b: &Node| {
        let body = |n: &Node| if matches!(n.kind, Kind::Table | Kind::Column) { None } else { n.defined.first().cloned() };
        (a.kind, a.stem(), &a.comment, &a.signature, &a.properties) == (b.kind, b.stem(), &b.comment, &b.signature, &b.properties)
            && (&a.column.name, &a.column.comment) == (&b.column.name, &b.column.comment)
            && body(a) == body(b)
    };
    delta
        .was
        .iter()
        .zip(&new.linked.nodes)
        .map(|(was, node)| was.is_some_and(|was| Arc::ptr_eq(&old.linked.nodes[was as usize], node) || same(old.node(was), node)))
        .collect()
}

/// By node of `new`: whether its document is to be read, being another than in `old` or none there. `same` is of [`fn@same`], `assets`
/// are those of `old`, `files` those of which passages changed.
pub(super) fn stale(
    old: &Graph,
    new: &Graph,
    delta: &Delta,
    same: &[bool],
    assets: impl Iterator<Item = NodeIx>,
    files: &HashSet<String>,
) -> Vec<bool> {
    let mut stale: Vec<bool> = same.iter().map(|same| !same).collect();
    for (ix, _) in (0..).zip(same).filter(|(_, same)| !**same) {
        // An asset's name is read by its columns and its files, what a column says by its relation.
        for edge in new.outgoing(ix).map(|e| new.edge(e)).filter(|e| documents(e.relation)) {
            stale[edge.to as usize] = true;
        }
        for edge in new.incoming(ix).map(|e| new.edge(e)).filter(|e| documents(e.relation)) {
            stale[edge.from as usize] = true;
        }
    }
    let added = delta.edges_added.iter().map(|e| new.edge(*e)).filter(|e| documents(e.relation));
    let ends = added.flat_map(|e| [Some(e.from), Some(e.to)]);
    let removed = delta.edges_removed.iter().map(|e| old.edge(*e)).filter(|e| documents(e.relation));
    let ends = ends.chain(removed.flat_map(|e| [delta.now[e.from as usize], delta.now[e.to as usize]]));
    ends.flatten().for_each(|ix| stale[ix as usize] = true);
    for ix in assets.filter_map(|ix| delta.now[ix as usize]) {
        let node = new.node(ix);
        stale[ix as usize] |= node.kind != Kind::Table && node.defined.first().is_some_and(|e| files.contains(&*e.file_id));
    }
    stale
}

/// Whether one end of such an edge is read into the document of the other.
fn documents(relation: Relation) -> bool {
    matches!(relation, Relation::ColumnOf | Relation::DefinedIn)
}
