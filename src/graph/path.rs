//! Shortest and k shortest data-flow paths.

use super::{EdgeIx, Graph, NodeIx};

/// One path: `nodes.len() == edges.len() + 1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// From the start to the end.
    pub nodes: Vec<NodeIx>,
    /// Edge between each node and the next, whichever way it points.
    pub edges: Vec<EdgeIx>,
}

/// Most paths one answer holds.
pub const MAX_PATHS: usize = 20;

/// Up to `k` shortest loop-free paths along which data flows from `from` to `to` (or, when there is none, from `to` to `from`).
/// Column level when both are columns, table level otherwise. The flag says that a limit on the search cut the answer.
pub fn shortest_paths(graph: &Graph, from: NodeIx, to: NodeIx, k: usize) -> (Vec<Path>, bool) {
    let _ = (graph, from, to, k);
    todo!()
}
