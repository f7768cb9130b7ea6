//! Memory that is asked for before it is read.

use super::file;
use crate::graph::{EdgeIx, NodeIx};
use crate::ingest::Snapshot;
use crate::ingest::knowledge::FileInfo;
use std::hint::black_box;

/// Looks at what is said of these nodes and edges, at one thing of all before the next of any, so that memory is waited for once for many.
/// Who writes them down one by one waits a dozen times for each, and a thousand that were not looked at for a while take twice as long.
pub fn look_ahead(snapshot: &Snapshot, nodes: impl Iterator<Item = NodeIx> + Clone, edges: &[EdgeIx]) {
    let graph = &snapshot.graph;
    let mut seen = 0;
    let mut look = |at: usize| seen ^= at;
    let begin = |text: &str| text.as_bytes().first().map_or(0, |byte| usize::from(*byte));
    nodes.clone().for_each(|ix| look(graph.node(ix).ordinal as usize));
    edges.iter().for_each(|ix| look(graph.edge(*ix).from as usize));
    edges.iter().for_each(|ix| look(graph.edge(*ix).evidence.len()));
    for node in nodes.clone().map(|ix| graph.node(ix)) {
        look(begin(node.stem()));
        look(node.column.data_type.len() ^ usize::from(node.column.unique));
        look(node.defined.first().map_or(0, |place| begin(&place.file_id)));
    }
    edges.iter().for_each(|ix| look(graph.edge(*ix).evidence.first().map_or(0, |place| begin(&place.file_id))));
    let of_file = |ix: NodeIx| {
        let node = graph.node(ix);
        look(begin(&node.column.name) ^ begin(&node.column.data_type));
        file(snapshot, node.defined.first()?)
    };
    let files: Vec<&FileInfo> = nodes.filter_map(of_file).collect();
    files.iter().for_each(|file| look(file.path.len() ^ file.tokens as usize));
    files.iter().for_each(|file| look(begin(&file.path) ^ begin(&file.repository_id) ^ begin(&file.dialect)));
    black_box(seen);
}
