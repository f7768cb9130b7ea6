//! The lineage graph of one project: built from facts, immutable, answered from memory. Pure.
//!
//! [`link::link`] turns the facts of a project's files into nodes and edges: it resolves names to one identity per asset, expands
//! `*` where columns are known, and merges what several files say. [`Graph`] indexes the result both ways.
//!
//! Edges point from consumer to source. *Upstream* follows edges forward (where data comes from), *downstream* backward (who uses
//! it). A walk passes data-flow relations only (see [`walk`]).

use crate::lineage::{Column, Flow, ForeignKey, Kind, Relation};
use std::collections::HashMap;
use std::sync::Arc;

pub mod link;
pub mod path;
pub mod walk;

/// Index of a node within one [`Graph`]; meaningless in another.
pub type NodeIx = u32;
/// Index of an edge within one [`Graph`].
pub type EdgeIx = u32;

/// Where a definition or a relation is stated.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Evidence {
    /// The file's id in the store; shared, since a file's id stands in every edge it states.
    pub file_id: Arc<str>,
    /// 1-based first line.
    pub line: u32,
    /// 1-based last line.
    pub line_end: u32,
}

/// One thing in the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Identity, and the API's `id`: see [`crate::id::urn`].
    pub urn: String,
    /// Kind.
    pub kind: Kind,
    /// The qualified name for display, as its definition spells it (`Sales.Orders`, `Sales.Orders.Total`, a file's path).
    pub name: String,
    /// Definitions, ordered; empty when nothing defines it ([`Kind::External`], columns seen only in use).
    pub defined: Vec<Evidence>,
    /// For columns: the declaration. For others: default.
    pub column: Column,
    /// For columns: position in the relation, from 0.
    pub ordinal: u32,
    /// Foreign keys, for tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// Signature of a routine, events of a trigger.
    pub signature: String,
    /// Comment, when its definition has one.
    pub comment: Option<String>,
    /// Free properties of nodes made by hand through the API.
    pub properties: serde_json::Map<String, serde_json::Value>,
}

impl Node {
    /// The last part of the name.
    pub fn label(&self) -> &str {
        if self.kind == Kind::File {
            self.name.rsplit('/').next().unwrap_or(&self.name)
        } else {
            self.name.rsplit('.').next().unwrap_or(&self.name)
        }
    }
}

/// One relation between two nodes; the same relation stated in several places is one edge with several evidences.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The consumer.
    pub from: NodeIx,
    /// What it consumes.
    pub to: NodeIx,
    /// Meaning.
    pub relation: Relation,
    /// Direct or indirect, for column edges; direct otherwise.
    pub flow: Flow,
    /// The expression verbatim, for column edges that compute something.
    pub transformation: Option<String>,
    /// Highest confidence among the evidences, 0 to 1.
    pub confidence: f32,
    /// Where it is stated, ordered, each once; never empty except for edges made by hand.
    pub evidence: Vec<Evidence>,
    /// Free properties of edges made by hand.
    pub properties: serde_json::Map<String, serde_json::Value>,
}

/// What linking gives: nodes and edges of one project, in a stable order (by URN; by from, to, relation).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Linked {
    /// Nodes, sorted by URN.
    pub nodes: Vec<Node>,
    /// Edges; indices refer to `nodes`.
    pub edges: Vec<Edge>,
    /// Names that something mentions and nothing defines, and references with several possible meanings, for the hygiene report.
    pub notes: Vec<link::Note>,
}

/// The immutable index over one project's [`Linked`].
#[derive(Debug, Default)]
pub struct Graph {
    /// The project's id.
    pub project: String,
    /// What it indexes.
    pub linked: Linked,
    by_urn: HashMap<String, NodeIx>,
}

impl Graph {
    /// Indexes `linked`. O(nodes + edges).
    pub fn build(project: &str, linked: Linked) -> Graph {
        let _ = (project, linked);
        todo!()
    }

    /// The node with this URN.
    pub fn find(&self, urn: &str) -> Option<NodeIx> {
        self.by_urn.get(urn).copied()
    }

    /// A node.
    pub fn node(&self, ix: NodeIx) -> &Node {
        &self.linked.nodes[ix as usize]
    }

    /// An edge.
    pub fn edge(&self, ix: EdgeIx) -> &Edge {
        &self.linked.edges[ix as usize]
    }

    /// Edges that `ix` is the consumer in (towards its sources).
    pub fn outgoing(&self, ix: NodeIx) -> &[EdgeIx] {
        let _ = ix;
        todo!()
    }

    /// Edges that consume `ix`.
    pub fn incoming(&self, ix: NodeIx) -> &[EdgeIx] {
        let _ = ix;
        todo!()
    }

    /// The stable id of an edge: `urn:headwater:<project>:edge:<16 hex digits of a hash over from, to and relation>`.
    pub fn edge_urn(&self, ix: EdgeIx) -> String {
        let _ = ix;
        todo!()
    }

    /// The edge with this URN.
    pub fn find_edge(&self, urn: &str) -> Option<EdgeIx> {
        let _ = urn;
        todo!()
    }

    /// Nodes that `text` can mean: a URN, a full name, or the last parts of one, in any case and quoting; best first (defined
    /// before external, relations before routines before columns before files). Empty when nothing fits.
    pub fn resolve(&self, text: &str) -> Vec<NodeIx> {
        let _ = text;
        todo!()
    }

    /// The columns of a relation, in order.
    pub fn columns(&self, relation: NodeIx) -> Vec<NodeIx> {
        let _ = relation;
        todo!()
    }

    /// The relation a column belongs to; `None` for anything but a column.
    pub fn relation_of(&self, column: NodeIx) -> Option<NodeIx> {
        let _ = column;
        todo!()
    }

    /// Orphans, roots, leaves, cycles and dangling names.
    pub fn report(&self) -> Report {
        todo!()
    }
}

/// Hygiene of a graph: see contract §4, `/lineage/report`. Each list is sorted by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Relations with no data flow at all.
    pub orphans: Vec<NodeIx>,
    /// Relations that feed others and are fed by nothing.
    pub roots: Vec<NodeIx>,
    /// Relations that are fed and feed nothing.
    pub leaves: Vec<NodeIx>,
    /// Strongly connected components of more than one relation (or a self-loop), in the order of one cycle through them.
    pub cycles: Vec<Vec<NodeIx>>,
    /// External nodes: mentioned, never defined.
    pub dangling: Vec<NodeIx>,
}
