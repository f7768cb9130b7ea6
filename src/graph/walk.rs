//! Upstream and downstream: bounded walks along data flow.
//!
//! A walk at table level follows `DERIVES`, `READS`, `WRITTEN_BY`, `CALLS` and `FIRES_ON`, with one rule: it enters a routine or
//! file but goes on from there only when it started there, since a procedure that reads ten tables and writes five does not make
//! each of the five from each of the ten; the `DERIVES` edges say which. A walk at column level follows `DERIVES` between columns.

use super::{Edge, EdgeIx, Graph, NodeIx};
use crate::lineage::{Kind, Relation};
use std::collections::{HashMap, HashSet, VecDeque};

pub use super::impact::{Impact, impact};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Where data comes from.
    Upstream,
    /// Who uses it.
    Downstream,
    /// Both, each from the start.
    Both,
}

/// Tables or columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Relations, routines and files.
    Table,
    /// Columns only.
    Column,
}

/// Bounds of a walk.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Hops from the start.
    pub depth: u32,
    /// Nodes in the answer, the start included.
    pub nodes: usize,
}

/// Most nodes one graph answer holds: what a browser draws and a reader reads; past it `truncated` says so.
pub const MAX_NODES: usize = 5_000;

/// What a walk reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Walk {
    /// Nodes with their distance, breadth first, the start first at 0.
    pub nodes: Vec<(NodeIx, u32)>,
    /// Edges passed, each once.
    pub edges: Vec<EdgeIx>,
    /// A limit cut the answer.
    pub truncated: bool,
}

/// Walks from `start`. A column start at table level begins at its relation; a relation start at column level begins at its columns.
///
/// `limits.nodes` above [`MAX_NODES`] is lowered to it. An edge between two nodes of the answer is in it whenever the walk looked at
/// either from the right side, those at the last depth included.
pub fn walk(graph: &Graph, start: NodeIx, direction: Direction, level: Level, limits: Limits) -> Walk {
    let mut walker = Walker {
        graph,
        level,
        limits: Limits { nodes: limits.nodes.clamp(1, MAX_NODES), ..limits },
        distance: HashMap::new(),
        passed: HashSet::new(),
        out: Walk::default(),
    };
    let starts = starts(graph, start, level);
    if matches!(direction, Direction::Upstream | Direction::Both) {
        walker.go(&starts, true);
    }
    if matches!(direction, Direction::Downstream | Direction::Both) {
        walker.go(&starts, false);
    }
    let Walker { mut out, distance, .. } = walker;
    for (node, hops) in &mut out.nodes {
        *hops = distance[node];
    }
    out.nodes.sort_by_key(|(_, hops)| *hops);
    out
}

/// Where a walk from `start` begins at this level.
fn starts(graph: &Graph, start: NodeIx, level: Level) -> Vec<NodeIx> {
    let begin = match level {
        Level::Table => graph.relation_of(start).into_iter().collect(),
        Level::Column => graph.columns(start),
    };
    if begin.is_empty() { vec![start] } else { begin }
}

/// Whether a walk at this level passes the edge.
pub(super) fn carries(graph: &Graph, edge: &Edge, level: Level) -> bool {
    let column = |ix| graph.node(ix).kind == Kind::Column;
    match level {
        Level::Column => edge.relation == Relation::Derives && column(edge.from) && column(edge.to),
        Level::Table => {
            use Relation::{Calls, Derives, FiresOn, Reads, WrittenBy};
            matches!(edge.relation, Derives | Reads | WrittenBy | Calls | FiresOn) && !column(edge.from) && !column(edge.to)
        }
    }
}

/// Whether a walk that did not start here ends here.
pub(super) fn stops(kind: Kind) -> bool {
    kind.is_routine() || kind == Kind::File
}

struct Walker<'g> {
    graph: &'g Graph,
    level: Level,
    limits: Limits,
    /// The shortest distance in either direction.
    distance: HashMap<NodeIx, u32>,
    passed: HashSet<EdgeIx>,
    out: Walk,
}

impl Walker<'_> {
    fn go(&mut self, starts: &[NodeIx], upstream: bool) {
        let graph = self.graph;
        let mut seen: HashSet<NodeIx> = HashSet::new();
        let mut queue = VecDeque::new();
        for start in starts {
            if self.reach(*start, 0) && seen.insert(*start) {
                queue.push_back((*start, 0));
            }
        }
        while let Some((at, hops)) = queue.pop_front() {
            if hops > 0 && stops(graph.node(at).kind) {
                continue;
            }
            for ix in if upstream { graph.outgoing(at) } else { graph.incoming(at) } {
                let edge = graph.edge(*ix);
                if !carries(graph, edge, self.level) {
                    continue;
                }
                let next = if upstream { edge.to } else { edge.from };
                if !seen.contains(&next) {
                    if hops == self.limits.depth || !self.reach(next, hops + 1) {
                        self.out.truncated = true;
                        continue;
                    }
                    seen.insert(next);
                    queue.push_back((next, hops + 1));
                }
                if self.passed.insert(*ix) {
                    self.out.edges.push(*ix);
                }
            }
        }
    }

    /// Takes a node into the answer, unless that is full.
    fn reach(&mut self, node: NodeIx, hops: u32) -> bool {
        if let Some(distance) = self.distance.get_mut(&node) {
            *distance = hops.min(*distance);
            return true;
        }
        if self.out.nodes.len() == self.limits.nodes {
            self.out.truncated = true;
            return false;
        }
        self.distance.insert(node, hops);
        self.out.nodes.push((node, hops));
        true
    }
}
