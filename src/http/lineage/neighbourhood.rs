//! A part of the graph as JSON: the largest answer that is asked for again and again.

use super::super::wire;
use crate::json;
use crate::parallel::join;
use serde::Serialize;

/// Edges from which on it takes less time to begin a thread than to write them.
const MANY: usize = 200;
/// Room for an edge, and for a node: that for few answers grows.
const EDGE: usize = 384;
const NODE: usize = 512;

/// A part of the graph around a node, written by [`Neighbourhood::written`].
#[derive(schemars::JsonSchema)]
pub struct Neighbourhood<'a> {
    /// The node itself first, then by distance; each with `depth`.
    pub nodes: Vec<wire::Node<'a>>,
    /// Edges passed on the way.
    pub edges: Vec<wire::Edge<'a>>,
    /// A limit cut the answer.
    pub truncated: bool,
}

impl Neighbourhood<'_> {
    /// As compact JSON. Of a large answer nodes and edges are written at once: who asked waits for it, and so does the other core.
    pub fn written(&self) -> Vec<u8> {
        let edges = || {
            wire::look_at_edges(&self.edges);
            part(b",\"edges\":", &self.edges, EDGE * self.edges.len())
        };
        let nodes = || {
            wire::look_at_nodes(&self.nodes);
            part(b"{\"nodes\":", &self.nodes, NODE * self.nodes.len() + EDGE * self.edges.len())
        };
        let (edges, mut all) = if self.edges.len() < MANY { (edges(), nodes()) } else { join(edges, nodes) };
        all.extend(edges);
        all.extend(format!(",\"truncated\":{}}}", self.truncated).bytes());
        all
    }
}

fn part(begin: &[u8], list: &[impl Serialize], room: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(room);
    out.extend(begin);
    json::write(&mut out, list).expect("wire values have string keys and no failing serializers");
    out
}

#[cfg(test)]
mod tests {
    use super::{MANY, Neighbourhood, wire};
    use crate::graph::fixture;
    use crate::ingest::Snapshot;
    use serde_json::{Value, json};

    #[test]
    fn a_neighbourhood_is_one_object_whether_it_is_written_at_once_or_by_halves() {
        let columns: Vec<String> = (0..MANY).map(|n| format!("c{n}")).collect();
        let graph = fixture::graph(&format!("table a.t({})", columns.join(", ")));
        let snapshot = Snapshot { graph: graph.into(), ..Snapshot::default() };
        let (nodes, edges) = (snapshot.graph.linked.nodes.len() as u32, snapshot.graph.linked.edges.len() as u32);
        assert!(edges as usize > MANY);
        for (nodes, edges, truncated) in [(0, 0, false), (2, 1, true), (nodes, edges, false)] {
            let nodes = (0..nodes).map(|ix| wire::node(&snapshot, ix).at(1)).collect();
            let edges = (0..edges).map(|ix| wire::edge(&snapshot, ix)).collect();
            let found = Neighbourhood { nodes, edges, truncated };
            let written: Value = serde_json::from_slice(&found.written()).expect("JSON");
            assert_eq!(written, json!({ "nodes": found.nodes, "edges": found.edges, "truncated": truncated }));
        }
    }
}
