//! Memory that is asked for before it is read.
//!
//! Who writes nodes or edges down one by one waits a dozen times for each, and a thousand that were not looked at for a while take twice as
//! long. So what is said of them is looked at first, at one thing of all before the next of any: memory is waited for once for many.

use super::{Edge, Node, file};
use crate::ingest::knowledge::FileInfo;
use std::hint::black_box;

/// Something that is looked at for the sake of its memory.
#[derive(Default)]
struct Seen(usize);

impl Seen {
    fn number(&mut self, number: usize) {
        self.0 ^= number;
    }

    fn text(&mut self, text: &str) {
        self.number(text.as_bytes().first().map_or(0, |byte| usize::from(*byte)));
    }
}

/// Looks at what is said of these nodes.
pub fn look_at_nodes(list: &[Node<'_>]) {
    let mut seen = Seen::default();
    let nodes = || list.iter().map(|node| node.snapshot.graph.node(node.ix));
    nodes().for_each(|node| seen.number(node.ordinal as usize));
    for node in nodes() {
        seen.text(node.stem());
        seen.number(node.column.data_type.len() ^ usize::from(node.column.unique));
        node.defined.first().into_iter().for_each(|place| seen.text(&place.file_id));
    }
    let mut files: Vec<&FileInfo> = Vec::with_capacity(list.len());
    for (node, Node { snapshot, .. }) in nodes().zip(list) {
        seen.text(&node.column.name);
        seen.text(&node.column.data_type);
        files.extend(node.defined.first().and_then(|place| file(snapshot, place)));
    }
    files.iter().for_each(|file| seen.number(file.path.len() ^ file.tokens as usize));
    files.iter().for_each(|file| [&file.path, &file.repository_id, &file.dialect].into_iter().for_each(|text| seen.text(text)));
    black_box(seen.0);
}

/// Looks at what is said of these edges.
pub fn look_at_edges(list: &[Edge<'_>]) {
    let mut seen = Seen::default();
    let edges = || list.iter().map(|edge| edge.snapshot.graph.edge(edge.ix));
    edges().for_each(|edge| seen.number(edge.from as usize));
    edges().for_each(|edge| seen.number(edge.evidence.len()));
    edges().filter_map(|edge| edge.evidence.first()).for_each(|place| seen.text(&place.file_id));
    black_box(seen.0);
}
