//! What a run changed in its project's graph: as it is told, and as the store keeps it.

use crate::graph::delta::Delta;
use crate::graph::{EdgeIx, Evidence, Graph, NodeIx, edge_urn};
use foldhash::HashMap;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A node that a run added or removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NodeChange {
    /// The node's id.
    pub id: String,
    /// Kind.
    pub r#type: String,
    /// Qualified name.
    pub name: String,
}

/// An edge that a run added or removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EdgeChange {
    /// The edge's id.
    pub id: String,
    /// Id of the consumer.
    pub source: String,
    /// Id of what is consumed.
    pub target: String,
    /// `DERIVES`, …
    pub relationship: String,
}

/// What a run changed in its project's graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Changes {
    /// Nodes that are new.
    pub nodes_added: Vec<NodeChange>,
    /// Nodes that are gone.
    pub nodes_removed: Vec<NodeChange>,
    /// Edges that are new.
    pub edges_added: Vec<EdgeChange>,
    /// Edges that are gone.
    pub edges_removed: Vec<EdgeChange>,
}

impl Changes {
    /// From what [`kept`] gave. Text that is no such is an error.
    pub fn of(kept: &str) -> serde_json::Result<Changes> {
        let kept: Kept<String> = serde_json::from_str(kept)?;
        let node = |Node(id, kind, name): &Node<String>| NodeChange { id: id.clone(), r#type: kind.clone(), name: name.clone() };
        let edge = |Edge(from, to, relation): Edge<String>, nodes: &[Node<String>]| {
            let urn = |end: End<String>| match end {
                End::Urn(urn) => urn,
                End::Place(at) => nodes.get(at).map_or_else(String::new, |node| node.0.clone()),
            };
            let (source, target) = (urn(from), urn(to));
            EdgeChange { id: edge_urn(&kept.project, &source, &target, &relation), source, target, relationship: relation }
        };
        Ok(Changes {
            edges_added: kept.edges_added.into_iter().map(|e| edge(e, &kept.nodes_added)).collect(),
            edges_removed: kept.edges_removed.into_iter().map(|e| edge(e, &kept.nodes_removed)).collect(),
            nodes_added: kept.nodes_added.iter().map(node).collect(),
            nodes_removed: kept.nodes_removed.iter().map(node).collect(),
        })
    }
}

/// What differs between two graphs as the store keeps it: JSON, an edge's ends as places among the nodes told with it where they are
/// there, and without its id, which follows from them. A tenth of what [`Changes`] takes, of which a first ingestion is the most.
pub fn kept(old: &Graph, new: &Graph, delta: &Delta) -> String {
    let (nodes_added, edges_added) = part(new, delta.nodes_added(), &delta.edges_added);
    let (nodes_removed, edges_removed) = part(old, delta.nodes_removed(), &delta.edges_removed);
    let kept = Kept { project: Cow::Borrowed(new.project.as_str()), nodes_added, nodes_removed, edges_added, edges_removed };
    serde_json::to_string(&kept).expect("lists of strings and numbers can be written")
}

/// The nodes and edges that only one of two graphs has.
type Part<'a> = (Vec<Node<Cow<'a, str>>>, Vec<Edge<Cow<'a, str>>>);

fn part<'a>(graph: &'a Graph, nodes: impl Iterator<Item = NodeIx>, edges: &[EdgeIx]) -> Part<'a> {
    let nodes: Vec<NodeIx> = nodes.collect();
    let end = |ix| nodes.binary_search(&ix).map_or_else(|_| End::Urn(graph.urn(ix).into()), End::Place);
    let edges = edges.iter().map(|ix| graph.edge(*ix)).map(|e| Edge(end(e.from), end(e.to), e.relation.as_str().into())).collect();
    let node = |ix| Node(graph.urn(ix).into(), graph.kind(ix).as_str().into(), graph.node(ix).name());
    (nodes.iter().map(|ix| node(*ix)).collect(), edges)
}

#[derive(Serialize, Deserialize)]
struct Kept<S> {
    project: S,
    nodes_added: Vec<Node<S>>,
    nodes_removed: Vec<Node<S>>,
    edges_added: Vec<Edge<S>>,
    edges_removed: Vec<Edge<S>>,
}

/// Id, kind and name.
#[derive(Serialize, Deserialize)]
struct Node<S>(S, S, S);

/// Consumer, consumed and relation.
#[derive(Serialize, Deserialize)]
struct Edge<S>(End<S>, End<S>, S);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum End<S> {
    /// Among the nodes added (or removed) with it.
    Place(usize),
    Urn(S),
}

/// By file id: nodes and edges that are new and that the file states.
pub fn brought(new: &Graph, delta: &Delta) -> HashMap<String, (usize, usize)> {
    let mut brought: HashMap<&str, (usize, usize)> = HashMap::default();
    for ix in delta.nodes_added() {
        files(&new.node(ix).defined, |file| brought.entry(file).or_default().0 += 1);
    }
    for ix in &delta.edges_added {
        files(&new.edge(*ix).evidence, |file| brought.entry(file).or_default().1 += 1);
    }
    brought.into_iter().map(|(file, counts)| (file.to_owned(), counts)).collect()
}

/// Calls `with` for each file once.
fn files<'a>(evidence: &'a [Evidence], mut with: impl FnMut(&'a str)) {
    for (at, place) in evidence.iter().enumerate() {
        if !evidence[..at].iter().any(|before| before.file_id == place.file_id) {
            with(&place.file_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::fixture::graph;

    #[test]
    fn what_is_kept_tells_what_differs() {
        let old = graph("table a(x)\ntable b(x)\ninsert a = x:b.x");
        let new = graph("table b(x)\ntable c(y)\ninsert c = y:b.x");
        let changes = Changes::of(&kept(&old, &new, &Delta::between(&old, &new))).unwrap();
        let nodes = |list: &[NodeChange]| list.iter().map(|n| format!("{} {}", n.r#type, n.name)).collect::<Vec<_>>();
        assert_eq!(nodes(&changes.nodes_added), ["column c.y", "table c"]);
        assert_eq!(nodes(&changes.nodes_removed), ["column a.x", "table a"]);
        for (graph, other, edges) in [(&new, &old, &changes.edges_added), (&old, &new, &changes.edges_removed)] {
            assert!(edges.iter().any(|e| e.relationship == "DERIVES" && e.target.ends_with("column:b.x")), "{edges:?}");
            for edge in edges {
                let known = graph.edge(graph.find_edge(&edge.id).unwrap());
                let ends = [known.from, known.to].map(|ix| graph.urn(ix));
                assert_eq!((ends, known.relation.as_str()), ([edge.source.clone(), edge.target.clone()], edge.relationship.as_str()));
                assert_eq!(other.find_edge(&edge.id), None);
            }
        }
    }
}
