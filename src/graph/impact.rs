//! What breaks, and what only notices, when something is dropped or renamed.
//!
//! What names the root breaks: routines, scripts and triggers that read, write, call it or fire on it, tables with a foreign key
//! to it, and whatever is *defined* from it (views; tables made by `CREATE TABLE … AS`). A table that some script fills from the
//! root does not name it: it is affected, and so is everything further downstream. For a column the same holds one level down:
//! columns made from it, relations that filter or join by it, routines that name it; a column that is reached brings its relation
//! into the answer (its own relation apart), but not that relation's other columns. A relation that filters or joins by it gives other
//! rows, so that what is made of that relation is reached.

use super::adjacency::Marks;
use super::walk::{Limits, MAX_NODES};
use super::{Edge, Graph, NodeIx};
use crate::lineage::{Kind, Relation};
use std::collections::VecDeque;

/// What a change reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Impact {
    /// Everything downstream with its hop, without the roots, breadth first, and what writes a root. Callers of a broken routine
    /// count.
    pub nodes: Vec<(NodeIx, u32)>,
    /// Those that name a root in their text: they break.
    pub breaking: Vec<NodeIx>,
    /// The others: they do not name it, but depend on those or on its rows.
    pub affected: Vec<NodeIx>,
    /// A limit cut the answer.
    pub truncated: bool,
}

/// One step away from the root.
struct Step {
    to: NodeIx,
    /// Its text names the root, which the step came from.
    names: bool,
    /// What lies behind it is reached too.
    onward: bool,
}

/// What breaks, and what is affected, when `root` is dropped or renamed. `limits.nodes` is lowered to [`MAX_NODES`].
pub fn impact(graph: &Graph, root: NodeIx, limits: Limits) -> Impact {
    impact_of_all(graph, &[root], limits)
}

/// The same of several that go together: what reaches beyond them, in one walk from all. `limits.nodes` is lowered to [`MAX_NODES`].
pub fn impact_of_all(graph: &Graph, roots: &[NodeIx], limits: Limits) -> Impact {
    let most = limits.nodes.min(MAX_NODES);
    let mut out = Impact::default();
    let count = graph.linked.nodes.len();
    let (mut is_root, mut aside) = (Marks::none(count), Marks::none(count));
    for &root in roots {
        is_root.insert(root);
        aside.insert(root);
        graph.relation_of(root).map(|home| aside.insert(home));
    }
    let (mut breaking, mut reached) = (Marks::none(count), Marks::none(count));
    // Those behind which was, or will be, looked.
    let mut passed = Marks::none(count);
    let mut queue: VecDeque<(NodeIx, u32)> = roots.iter().filter(|root| passed.insert(**root)).map(|root| (*root, 0)).collect();
    while let Some((at, hops)) = queue.pop_front() {
        let root = is_root.contains(at);
        for step in steps(graph, at, root) {
            if aside.contains(step.to) {
                continue;
            }
            if !reached.contains(step.to) {
                if hops == limits.depth || out.nodes.len() == most {
                    out.truncated = true;
                    continue;
                }
                reached.insert(step.to);
                out.nodes.push((step.to, hops + 1));
            }
            if step.onward && passed.insert(step.to) {
                queue.push_back((step.to, hops + 1));
            }
            if root && step.names {
                breaking.insert(step.to);
            }
        }
    }
    (out.breaking, out.affected) = out.nodes.iter().map(|(ix, _)| *ix).partition(|ix| breaking.contains(*ix));
    out
}

fn steps(graph: &Graph, at: NodeIx, root: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    let column = graph.kind(at) == Kind::Column;
    let code = |ix: NodeIx| graph.kind(ix).is_routine() || graph.kind(ix) == Kind::File;
    for edge in graph.incoming(at).map(|e| graph.edge(e)) {
        let from = edge.from;
        match edge.relation {
            Relation::Derives if column => {
                let names = root && defined_by(graph, edge);
                let relation = graph.relation_of(from);
                steps.push(Step { to: from, names, onward: true });
                steps.extend(relation.map(|to| Step { to, names, onward: false }));
            }
            Relation::Derives => steps.push(Step { to: from, names: root && defined_by(graph, edge), onward: true }),
            Relation::Reads | Relation::FiresOn | Relation::Calls => steps.push(Step { to: from, names: true, onward: true }),
            Relation::References if root => steps.push(Step { to: from, names: true, onward: false }),
            // A routine's tables run dry when it goes, but not when it is one of many that read the root.
            Relation::WrittenBy if root && !column && graph.kind(from) != Kind::Column => {
                steps.push(Step { to: from, names: false, onward: true });
            }
            Relation::DefinedIn if root => steps.push(Step { to: from, names: false, onward: true }),
            _ => {}
        }
    }
    if root && !code(at) {
        let writers = graph.outgoing(at).map(|e| graph.edge(e)).filter(|e| e.relation == Relation::WrittenBy);
        steps.extend(writers.map(|e| Step { to: e.to, names: true, onward: true }));
        steps.extend(referring(graph, at).map(|to| Step { to, names: true, onward: false }));
    }
    steps
}

/// Whether the edge is stated within the definition of its consumer (for a column, of its relation).
fn defined_by(graph: &Graph, edge: &Edge) -> bool {
    let owner = graph.node(graph.relation_of(edge.from).unwrap_or(edge.from));
    let within = |e: &super::Evidence| owner.defined.iter().any(|d| d.file_id == e.file_id && d.line <= e.line && e.line <= d.line_end);
    edge.evidence.iter().any(within)
}

/// Tables with a foreign key to this very column.
fn referring(graph: &Graph, column: NodeIx) -> impl Iterator<Item = NodeIx> {
    let name = graph.node(column).column.name.to_lowercase();
    let relation = graph.relation_of(column);
    let edges = relation.into_iter().flat_map(|r| graph.incoming(r)).map(|e| graph.edge(e));
    let names_it = move |e: &&Edge| {
        let properties = e.properties.map();
        let keys = properties.get("foreign_keys").and_then(|k| k.as_array()).into_iter().flatten();
        let mut columns = keys.filter_map(|k| k.get("referenced_columns")?.as_array()).flatten();
        columns.any(|c| c.as_str().is_some_and(|c| c.to_lowercase() == name))
    };
    edges.filter(|e| e.relation == Relation::References).filter(names_it).map(|e| e.from)
}
