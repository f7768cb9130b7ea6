//! The lineage graph of one project: built from facts, immutable, answered from memory. Pure.
//!
//! [`link::link`] turns the facts of a project's files into nodes and edges: it resolves names to one identity per asset, expands
//! `*` where columns are known, and merges what several files say. [`Graph`] indexes the result both ways.
//!
//! Edges point from consumer to source. *Upstream* follows edges forward (where data comes from), *downstream* backward (who uses
//! it). A walk passes data-flow relations only (see [`walk`]).

use crate::id;
use crate::lineage::{Kind, Relation, Subtypes};
use crate::parallel;
pub use adjacency::Hop;
use adjacency::{Adjacency, Part};
pub(crate) use node::DOT;
pub use node::{Node, Rest};
pub use places::{Evidence, Places, Properties};
pub(crate) use resolve::quoted;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

mod adjacency;
mod alter;
mod assemble;
pub mod change;
mod column;
pub mod delta;
mod file;
#[cfg(test)]
pub(crate) mod fixture;
mod giver;
mod identity;
mod impact;
mod kept;
pub mod link;
mod names;
mod node;
pub mod path;
mod places;
mod report;
mod resolve;
pub mod saved;
pub mod scene;
mod synonym;
#[cfg(test)]
mod tests;
mod trace;
mod trigger;
mod usage;
mod vertex;
pub mod walk;

/// Index of a node within one [`Graph`]; meaningless in another.
pub type NodeIx = u32;
/// Index of an edge within one [`Graph`].
pub type EdgeIx = u32;

/// One relation between two nodes; the same relation stated in several places is one edge with several evidences. 24 bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The consumer.
    pub from: NodeIx,
    /// What it consumes.
    pub to: NodeIx,
    /// Meaning.
    pub relation: Relation,
    /// How the column `to` takes part in `from`, for edges to columns that data flows along; how it decides on rows, for columns that a
    /// routine or a file reads; none otherwise.
    pub subtypes: Subtypes,
    /// Highest confidence among the evidences, 0 to 1.
    pub confidence: f32,
    /// What it carries beside, shared by the edges that one expression states; `edge.evidence` reads it as if it stood here.
    pub detail: Arc<Detail>,
}

/// Where an edge is stated, and what is said there. 48 bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    /// The expression verbatim, for column edges that compute something.
    pub transformation: Option<Box<str>>,
    /// Where it is stated, ordered, each once; never empty except for edges made by hand.
    pub evidence: Places,
    /// The columns of foreign keys; free properties of edges made by hand.
    pub properties: Properties,
}

impl Deref for Edge {
    type Target = Detail;

    fn deref(&self) -> &Detail {
        &self.detail
    }
}

/// What linking gives: nodes and edges of one project, in a stable order (by URN; by from, to, relation).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Linked {
    /// Nodes, sorted by URN.
    pub nodes: Vec<Arc<Node>>,
    /// Edges; indices refer to `nodes`.
    pub edges: Vec<Edge>,
    /// Names that something mentions and nothing defines, and references with several possible meanings, for the hygiene report.
    /// Sorted by name.
    pub notes: Vec<Arc<link::Note>>,
}

/// The immutable index over one project's [`Linked`].
///
/// Twenty-four bytes an edge and seventeen a node beside what it indexes.
#[derive(Debug, Default)]
pub struct Graph {
    /// The project's id.
    pub project: String,
    /// What it indexes.
    pub linked: Linked,
    /// What each node is, side by side: a walk asks for nothing else of most nodes.
    kinds: Vec<Kind>,
    outgoing: Adjacency,
    incoming: Adjacency,
    spellings: resolve::Spellings,
    /// Edges by their URNs, made when first asked for.
    by_urn: OnceLock<Vec<EdgeIx>>,
}

impl Graph {
    /// Indexes `linked`. O((nodes + edges) log nodes).
    pub fn build(project: &str, linked: Linked) -> Graph {
        let spellings = resolve::Spellings::build(&linked.nodes, project);
        Graph::indexed(project, spellings, linked)
    }

    /// The index over `linked`, whose names these are.
    fn indexed(project: &str, spellings: resolve::Spellings, linked: Linked) -> Graph {
        let kinds: Vec<Kind> = linked.nodes.iter().map(|n| n.kind).collect();
        let part = |e: &Edge| adjacency::part(e.relation, kinds[e.from as usize], kinds[e.to as usize]);
        let parts: Vec<Part> = linked.edges.iter().map(part).collect();
        let (outgoing, incoming) = parallel::join(
            || Adjacency::build(kinds.len(), &linked.edges, &parts, |e| (e.from, e.to)),
            || Adjacency::build(kinds.len(), &linked.edges, &parts, |e| (e.to, e.from)),
        );
        Graph { project: project.to_owned(), linked, kinds, outgoing, incoming, spellings, by_urn: OnceLock::new() }
    }

    /// The node with this URN.
    pub fn find(&self, urn: &str) -> Option<NodeIx> {
        self.linked.nodes.binary_search_by(|n| n.urn(&self.project).as_str().cmp(urn)).ok().map(|ix| ix as NodeIx)
    }

    /// A node.
    pub fn node(&self, ix: NodeIx) -> &Node {
        &self.linked.nodes[ix as usize]
    }

    /// The URN of a node, which is made here: the API's id of it.
    pub fn urn(&self, ix: NodeIx) -> String {
        self.node(ix).urn(&self.project)
    }

    /// Adds the URN of a node to a text.
    pub fn push_urn(&self, ix: NodeIx, to: &mut String) {
        self.node(ix).push_urn(&self.project, to);
    }

    /// An edge.
    pub fn edge(&self, ix: EdgeIx) -> &Edge {
        &self.linked.edges[ix as usize]
    }

    /// What a node is, without a look at the rest of it.
    pub fn kind(&self, ix: NodeIx) -> Kind {
        self.kinds[ix as usize]
    }

    /// Edges that `ix` is the consumer in (towards its sources): those that data flows along first.
    pub fn outgoing(&self, ix: NodeIx) -> impl ExactSizeIterator<Item = EdgeIx> + Clone {
        self.outgoing.all(ix).iter().map(|hop| hop.edge)
    }

    /// Edges that consume `ix`: those that data flows along first.
    pub fn incoming(&self, ix: NodeIx) -> impl ExactSizeIterator<Item = EdgeIx> + Clone {
        self.incoming.all(ix).iter().map(|hop| hop.edge)
    }

    /// The hops towards sources, or those towards consumers.
    fn towards(&self, upstream: bool) -> &Adjacency {
        if upstream { &self.outgoing } else { &self.incoming }
    }

    /// The hops along data flow to what `ix` is made from, in the order of their edges: of a column to columns, of anything else to
    /// anything else.
    pub fn sources(&self, ix: NodeIx) -> &[Hop] {
        self.outgoing.part(ix, Part::Flow)
    }

    /// As [`Graph::sources`], to what is made from `ix`.
    pub fn consumers(&self, ix: NodeIx) -> &[Hop] {
        self.incoming.part(ix, Part::Flow)
    }

    /// The hops to what uses a column without being made of it: relations that filter or join by it, routines and files that read it.
    pub fn users(&self, column: NodeIx) -> &[Hop] {
        self.incoming.part(column, Part::Use)
    }

    /// The stable id of an edge: `urn:headwater:<project>:edge:<16 hex digits of a hash over from, to and relation>`.
    pub fn edge_urn(&self, ix: EdgeIx) -> String {
        let edge = self.edge(ix);
        edge_urn(&self.project, &self.urn(edge.from), &self.urn(edge.to), edge.relation.as_str())
    }

    /// The edge with this URN. The first call sorts all edges by the hash in theirs: four bytes an edge.
    pub fn find_edge(&self, urn: &str) -> Option<EdgeIx> {
        let hash = |urn: &str| u64::from_str_radix(urn.rsplit(':').next()?, 16).ok();
        let of = |ix: &EdgeIx| hash(&self.edge_urn(*ix));
        let wanted = Some(hash(urn)?);
        let sorted = self.by_urn.get_or_init(|| {
            let mut edges: Vec<EdgeIx> = (0..self.linked.edges.len() as EdgeIx).collect();
            edges.sort_by_cached_key(of);
            edges
        });
        let from = sorted.partition_point(|ix| of(ix) < wanted);
        sorted[from..].iter().copied().take_while(|ix| of(ix) == wanted).find(|ix| self.edge_urn(*ix) == urn)
    }

    /// The columns of a relation, in order.
    pub fn columns(&self, relation: NodeIx) -> Vec<NodeIx> {
        let mut columns: Vec<NodeIx> = self.incoming.part(relation, Part::Column).iter().map(|hop| hop.node).collect();
        columns.sort_by_key(|c| (self.node(*c).ordinal, *c));
        columns
    }

    /// How many columns a relation has.
    pub fn width(&self, relation: NodeIx) -> usize {
        self.incoming.part(relation, Part::Column).len()
    }

    /// The relation a column belongs to; `None` for anything but a column.
    pub fn relation_of(&self, column: NodeIx) -> Option<NodeIx> {
        self.outgoing.part(column, Part::Column).first().map(|hop| hop.node)
    }

    /// The circles of relations that edges of `relation` make: of each, first a shortest way round, then what else is part of it.
    pub fn circles(&self, relation: Relation) -> Vec<Vec<NodeIx>> {
        report::circles(self, relation)
    }

    /// Of each relation, the hops of the longest way back over what relations are made from, and the first of these. Time is linear in the
    /// edges: of a circle, what leads back into the way under way is not followed.
    pub fn longest_ways(&self) -> Ways {
        report::longest_ways(self)
    }

    /// Orphans, roots, leaves, cycles and dangling names.
    pub fn report(&self) -> Report {
        report::report(self)
    }
}

/// As [`Graph::edge_urn`], of an edge that is known by its ends.
pub fn edge_urn(project: &str, from: &str, to: &str, relation: &str) -> String {
    id::urn(project, "edge", &id::hash_of([from, "\n", to, "\n", relation]))
}

/// Of relations, the hops of a way and its first edge; of a way of none there is no edge.
pub type Ways = std::collections::HashMap<NodeIx, (usize, Option<EdgeIx>)>;

/// Hygiene of a graph: see contract §4, `/lineage/report`. Each list is sorted by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Relations with no data flow at all.
    pub orphans: Vec<NodeIx>,
    /// Relations that feed others and are fed by nothing.
    pub roots: Vec<NodeIx>,
    /// Relations that are fed and feed nothing.
    pub leaves: Vec<NodeIx>,
    /// Groups of relations that are all made from each other, or one that is made from itself: each starts with one shortest cycle
    /// through its first relation by name, in the direction of the data's sources; the group's other members follow by name.
    pub cycles: Vec<Vec<NodeIx>>,
    /// External nodes: mentioned, never defined.
    pub dangling: Vec<NodeIx>,
}
