//! What a run changed in its project's graph: as it is told, and as the store keeps it.

use super::spool::{Part, Spool};
use crate::each::Each;
use crate::graph::delta::Delta;
use crate::graph::{EdgeIx, Evidence, Graph, NodeIx, edge_urn};
use crate::id;
use crate::lineage::{Kind, Relation};
use crate::store::{self, runs};
use foldhash::HashMap;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

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
    /// From what a [`Record`] put into the store. Bytes that are no such are an error.
    pub fn of(kept: &[u8]) -> serde_json::Result<Changes> {
        let kept: Kept<String, Vec<Node<String>>, Vec<Edge<String>>> = serde_json::from_slice(kept)?;
        let nodes = |list: Vec<Node<String>>| list.into_iter().map(|node| node.told(&kept.project)).collect::<Vec<_>>();
        let (nodes_added, nodes_removed) = (nodes(kept.nodes_added), nodes(kept.nodes_removed));
        let edge = |Edge(from, to, relation): Edge<String>, nodes: &[NodeChange]| {
            let urn = |end: End<String>| match end {
                End::Urn(urn) => urn,
                End::Place(at) => nodes.get(at).map_or_else(String::new, |node| node.id.clone()),
            };
            let (source, target) = (urn(from), urn(to));
            let relationship = relation.unwrap_or_else(|| Relation::Derives.as_str().to_owned());
            EdgeChange { id: edge_urn(&kept.project, &source, &target, &relationship), source, target, relationship }
        };
        Ok(Changes {
            edges_added: kept.edges_added.into_iter().map(|e| edge(e, &nodes_added)).collect(),
            edges_removed: kept.edges_removed.into_iter().map(|e| edge(e, &nodes_removed)).collect(),
            nodes_added,
            nodes_removed,
        })
    }
}

/// What differs between two graphs as the store keeps it: JSON, an edge's ends as places among the nodes told with it where they are
/// there, and without what follows from the rest. A twentieth of what [`Changes`] takes, of which a first ingestion is the most.
fn write(old: &Graph, new: &Graph, delta: &Delta, to: impl Write) -> io::Result<()> {
    let (added, removed): (Vec<NodeIx>, Vec<NodeIx>) = (delta.nodes_added().collect(), delta.nodes_removed().collect());
    let kept = Kept {
        project: new.project.as_str(),
        nodes_added: Each(nodes(new, &added)),
        nodes_removed: Each(nodes(old, &removed)),
        edges_added: Each(edges(new, &added, &delta.edges_added)),
        edges_removed: Each(edges(old, &removed, &delta.edges_removed)),
    };
    Ok(serde_json::to_writer(to, &kept)?)
}

/// What a run changed as the store is to keep it; on the disk until then when it is more than is worth its memory.
#[derive(Debug)]
pub struct Record {
    bytes: Waiting,
    hash: String,
}

/// Where a record waits for the store.
#[derive(Debug)]
enum Waiting {
    /// A small one, which needs no disk.
    Here(Vec<u8>),
    Spooled(Part),
}

impl Record {
    /// Of what differs between two graphs. Much of it waits in a file below `storage` that is gone when this is. Blocking.
    pub fn new(storage: &Path, old: &Graph, new: &Graph, delta: &Delta) -> io::Result<Record> {
        let mut to = Recording { storage, hash: Sha256::new(), waiting: Vec::new(), spool: None };
        write(old, new, delta, &mut to)?;
        let Recording { mut hash, waiting, spool, .. } = to;
        hash.update(&waiting);
        let bytes = match spool {
            None => Waiting::Here(waiting),
            Some(mut spool) => {
                spool.push(&waiting);
                spool.flush()()?;
                Waiting::Spooled(spool.part(0))
            }
        };
        Ok(Record { bytes, hash: id::hex(&hash.finalize()) })
    }

    /// Hands it to the store.
    pub fn put(&self, conn: &Connection, run: &str) -> store::Result<()> {
        let size = match &self.bytes {
            Waiting::Here(bytes) => bytes.len() as u64,
            Waiting::Spooled(part) => part.size(),
        };
        let mut at = 0;
        runs::put_changes(conn, run, size, &self.hash, || {
            let piece = self.piece(at)?;
            at += piece.len() as u64;
            Ok(piece)
        })
    }

    fn piece(&self, at: u64) -> io::Result<Vec<u8>> {
        match &self.bytes {
            Waiting::Here(bytes) => Ok(bytes[at as usize..].to_vec()),
            Waiting::Spooled(part) => part.piece(at, PIECE),
        }
    }
}

/// Bytes of a record that are written and read at once; one of no more needs no disk.
const PIECE: usize = 256 << 10;

/// Hashes what is written, and keeps it, or puts it on the disk when it becomes much.
struct Recording<'a> {
    storage: &'a Path,
    hash: Sha256,
    waiting: Vec<u8>,
    spool: Option<Spool>,
}

impl Write for Recording<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE {
            let spool = match &mut self.spool {
                Some(spool) => spool,
                none => none.insert(Spool::new(self.storage)?),
            };
            spool.push(&self.waiting);
            spool.flush()()?;
            self.hash.update(&self.waiting);
            self.waiting.clear();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn nodes<'a>(graph: &'a Graph, list: &'a [NodeIx]) -> impl Iterator<Item = Node<Cow<'a, str>>> + Clone {
    list.iter().map(|ix| {
        let (kind, node) = (Cow::Borrowed(graph.kind(*ix).as_str()), graph.node(*ix));
        if node.names_itself() { Node(kind, node.name(), None) } else { Node(graph.urn(*ix).into(), kind, Some(node.name())) }
    })
}

fn edges<'a>(graph: &'a Graph, nodes: &'a [NodeIx], list: &'a [EdgeIx]) -> impl Iterator<Item = Edge<Cow<'a, str>>> + Clone {
    let end = |ix| nodes.binary_search(&ix).map_or_else(|_| End::Urn(graph.urn(ix).into()), End::Place);
    list.iter().map(move |ix| {
        let edge = graph.edge(*ix);
        let relation = (edge.relation != Relation::Derives).then(|| edge.relation.as_str().into());
        Edge(end(edge.from), end(edge.to), relation)
    })
}

#[derive(Serialize, Deserialize)]
struct Kept<S, N, E> {
    project: S,
    nodes_added: N,
    nodes_removed: N,
    edges_added: E,
    edges_removed: E,
}

/// Kind and name; before them the id where it does not follow from these, or came from an earlier version.
#[derive(Serialize, Deserialize)]
struct Node<S>(S, S, #[serde(default = "none", skip_serializing_if = "Option::is_none")] Option<S>);

/// Consumer, consumed, and the relation unless that is `DERIVES`.
#[derive(Serialize, Deserialize)]
struct Edge<S>(End<S>, End<S>, #[serde(default = "none", skip_serializing_if = "Option::is_none")] Option<S>);

// A default of its own would ask for one of the text.
fn none<S>() -> Option<S> {
    None
}

impl Node<String> {
    fn told(self, project: &str) -> NodeChange {
        match self {
            Node(id, kind, Some(name)) => NodeChange { id, r#type: kind, name },
            Node(kind, name, None) => {
                let key = if kind == Kind::File.as_str() { Cow::Borrowed(&*name) } else { name.to_ascii_lowercase().into() };
                NodeChange { id: id::urn(project, &kind, &key), r#type: kind, name }
            }
        }
    }
}

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

    /// What is recorded of what differs between two graphs.
    fn recorded(old: &Graph, new: &Graph) -> Vec<u8> {
        let dir = std::env::temp_dir().join(format!("headwater-record-{}", id::random()));
        let record = Record::new(&dir, old, new, &Delta::between(old, new)).unwrap();
        let spooled = std::fs::read_dir(dir.join(store::SPOOL_FOLDER));
        assert_eq!(spooled.as_ref().map_or(0, |_| 1), usize::from(matches!(record.bytes, Waiting::Spooled(_))));
        assert!(spooled.is_err() || spooled.unwrap().count() == 0, "it leaves nothing behind");
        let _ = std::fs::remove_dir_all(dir);
        let mut bytes = record.piece(0).unwrap();
        while let Some(more) = Some(record.piece(bytes.len() as u64).unwrap()).filter(|more| !more.is_empty()) {
            bytes.extend(more);
        }
        assert_eq!(record.hash, id::content_hash(&bytes));
        bytes
    }

    #[test]
    fn what_is_kept_tells_what_differs() {
        let old = graph("table a(x)\ntable b(x)\ninsert a = x:b.x");
        let new = graph("table b(x)\ntable c(y)\ninsert c = y:b.x");
        let changes = Changes::of(&recorded(&old, &new)).unwrap();
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

    #[test]
    fn what_is_much_goes_over_the_disk_and_is_the_same() {
        let script: String =
            (0..900).map(|n| format!("table relation_of_a_long_name_{n}(first_column, second_column, third_column)\n")).collect();
        let (none, new) = (Graph::default(), graph(&script));
        let bytes = recorded(&none, &new);
        let mut plain = Vec::new();
        write(&none, &new, &Delta::between(&none, &new), &mut plain).unwrap();
        assert!(plain.len() > PIECE && bytes == plain, "{}", plain.len());
    }

    #[test]
    fn ids_that_do_not_follow_from_kind_and_name_are_kept_and_those_that_do_are_not() {
        let new = graph("table Sales.Orders(Id, \u{391}\u{3a3})\ntable \u{130}d(x)\ninsert Sales.Orders = Id:\u{130}d.x");
        let text = String::from_utf8(recorded(&Graph::default(), &new)).unwrap();
        let changes = Changes::of(text.as_bytes()).unwrap();
        let told: Vec<(&str, &str)> = changes.nodes_added.iter().map(|n| (&*n.id, &*n.name)).collect();
        let all: Vec<(String, String)> =
            (0..new.linked.nodes.len() as NodeIx).map(|ix| (new.urn(ix), new.node(ix).name().into_owned())).collect();
        assert_eq!(told, all.iter().map(|(id, name)| (&**id, &**name)).collect::<Vec<_>>());
        assert!(changes.edges_added.iter().all(|e| new.find_edge(&e.id).is_some()), "{text}");
        assert_eq!(changes.edges_added.len(), new.linked.edges.len());
        assert!(!text.contains(":sales.orders.id\"") && !text.contains("\"DERIVES\""), "{text}");
    }

    #[test]
    fn what_earlier_versions_kept_is_read() {
        let kept = r#"{"project":"p","nodes_added":[["urn:headwater:p:table:a","table","A"],["urn:x","external","X y"]],"nodes_removed":[],
            "edges_added":[[0,1,"DERIVES"],["urn:z",0,"READS"]],"edges_removed":[]}"#;
        let changes = Changes::of(kept.as_bytes()).unwrap();
        let nodes: Vec<_> = changes.nodes_added.iter().map(|n| (&*n.id, &*n.r#type, &*n.name)).collect();
        assert_eq!(nodes, [("urn:headwater:p:table:a", "table", "A"), ("urn:x", "external", "X y")]);
        let edges: Vec<_> = changes.edges_added.iter().map(|e| (&*e.source, &*e.target, &*e.relationship)).collect();
        assert_eq!(edges, [("urn:headwater:p:table:a", "urn:x", "DERIVES"), ("urn:z", "urn:headwater:p:table:a", "READS")]);
    }
}
