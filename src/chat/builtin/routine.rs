//! What routines and scripts do with relations, and who calls whom.

use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, flow};
use crate::graph::walk::Direction;
use crate::graph::{EdgeIx, Graph, NodeIx};
use crate::lineage::{Kind, Relation};
use std::collections::HashSet;

/// Levels of a call tree: deeper indentation nobody follows.
const MAX_CALLS: usize = 6;

/// "What does procedure P read and write?"
pub(super) fn reads_writes(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let kind = asked.graph().node(node).kind;
    if kind.is_relation() || kind == Kind::Column {
        return flow::both(asked, finding, node);
    }
    let described = finding.described(node);
    finding.say(format!("{described}:"));
    touches(asked, finding, node);
}

/// What a routine or file reads, writes, calls, fires on and defines.
pub(super) fn touches(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    finding.cite(node);
    let mut any = false;
    for (what, edges) in [
        ("reads", related(graph.outgoing(node), graph, Relation::Reads)),
        ("writes", related(graph.incoming(node), graph, Relation::WrittenBy)),
        ("calls", related(graph.outgoing(node), graph, Relation::Calls)),
        ("fires on", related(graph.outgoing(node), graph, Relation::FiresOn)),
        ("defines", related(graph.incoming(node), graph, Relation::DefinedIn)),
    ] {
        any |= edge_list(asked, finding, node, &format!("It **{what}**"), &edges);
    }
    if !any {
        finding.say("Nothing that it reads, writes or calls is known.");
    }
    flow::caveats(asked, finding);
    finding.next(format!("Who calls {}?", finding.name(node)));
    finding.next_definition(node);
}

/// "Which procedures use table X?"
pub(super) fn used_by(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    if !graph.node(node).kind.is_relation() {
        return flow::downstream(asked, finding, node);
    }
    finding.cite(node);
    let name = finding.name(node);
    let readers = related(graph.incoming(node), graph, Relation::Reads);
    let writers = related(graph.outgoing(node), graph, Relation::WrittenBy);
    let triggers = related(graph.incoming(node), graph, Relation::FiresOn);
    // "What writes to X?" asks for no readers.
    let word = |stems: &[&str]| asked.reading.masked.split(' ').any(|word| stems.iter().any(|stem| word.starts_with(stem)));
    let writes_only = word(&["writ", "insert", "updat", "delet", "merg", "modif", "truncat", "chang"])
        && !word(&["read", "use", "using", "touch", "access", "reference"]);
    let mut any = !writes_only && edge_list(asked, finding, node, &format!("{name} is **read** by"), &readers);
    any |= edge_list(asked, finding, node, &format!("{name} is **written** by"), &writers);
    any |= !writes_only && edge_list(asked, finding, node, &format!("**Triggers** on {name}:"), &triggers);
    if !any {
        let uses = if writes_only { "writes" } else { "uses" };
        finding.say(format!("No procedure, function, trigger or script here {uses} {}.", finding.described(node)));
    }
    flow::caveats(asked, finding);
    finding.next(format!("What depends on {name}?"));
}

/// "Which job produces X?"
pub(super) fn producers(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    finding.cite(node);
    let writers = related(graph.outgoing(node), graph, Relation::WrittenBy);
    let name = finding.name(node);
    if !edge_list(asked, finding, node, &format!("{name} is **written** by"), &writers) {
        finding.say(format!("No procedure or script here writes {name}."));
    }
    flow::one_way(asked, finding, node, Direction::Upstream);
    flow::caveats(asked, finding);
    finding.next(format!("What depends on {name}?"));
}

/// "Who calls P, and what does it call?"
pub(super) fn calls(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    finding.cite(node);
    let name = finding.name(node);
    let callers = related(graph.incoming(node), graph, Relation::Calls);
    if !edge_list(asked, finding, node, &format!("{name} is **called** by"), &callers) {
        finding.say(format!("Nothing here calls {}.", finding.described(node)));
    }
    if related(graph.outgoing(node), graph, Relation::Calls).is_empty() {
        finding.say(format!("{name} calls nothing that is known."));
    } else {
        finding.say(format!("{name} **calls**"));
        call_tree(asked, finding, node, 0, &mut HashSet::from([node]));
    }
    flow::caveats(asked, finding);
    finding.next(format!("What does {name} read and write?"));
}

/// What `node` calls, and what that calls: each routine's calls once, to [`MAX_CALLS`] levels.
fn call_tree(asked: &Asked, finding: &mut Finding, node: NodeIx, depth: usize, shown: &mut HashSet<NodeIx>) {
    let graph = asked.graph();
    for edge in related(graph.outgoing(node), graph, Relation::Calls).into_iter().take(MAX_LISTED) {
        let callee = graph.edge(edge).to;
        finding.put(Row::of(callee).at(depth).via(edge));
        if depth + 1 < MAX_CALLS && shown.len() < MAX_LISTED && shown.insert(callee) {
            call_tree(asked, finding, callee, depth + 1, shown);
        }
    }
}

/// Edges of a relation between whole assets: that a routine reads ten columns of a table is one line, the table's.
pub(super) fn related(edges: impl Iterator<Item = EdgeIx>, graph: &Graph, relation: Relation) -> Vec<EdgeIx> {
    let whole = |n: NodeIx| graph.node(n).kind != Kind::Column;
    let wanted = |e: &crate::graph::Edge| e.relation == relation && whole(e.from) && whole(e.to);
    edges.filter(|&e| wanted(graph.edge(e))).collect()
}

/// The other ends of `edges`, under a title. `false` when there are none.
pub(super) fn edge_list(asked: &Asked, finding: &mut Finding, node: NodeIx, title: &str, edges: &[EdgeIx]) -> bool {
    if edges.is_empty() {
        return false;
    }
    finding.say(title);
    for &edge in edges.iter().take(MAX_LISTED) {
        let e = asked.graph().edge(edge);
        let other = if e.from == node { e.to } else { e.from };
        finding.put(Row::of(other).via(edge));
    }
    finding.more(edges.len(), MAX_LISTED);
    true
}
