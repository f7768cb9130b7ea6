//! Upstream and downstream: bounded walks along data flow.
//!
//! A walk at table level follows `DERIVES`, `READS`, `WRITTEN_BY`, `CALLS` and `FIRES_ON`, with one rule: it enters a routine or
//! file but goes on from there only when it started there or on the side of who calls it. A procedure that reads ten tables and
//! writes five does not make each of the five from each of the ten (the `DERIVES` edges say which), but a view that calls a function
//! is made of what the function reads. A walk at column level follows `DERIVES` between columns; downstream it ends at the relations
//! that filter or join by a column and at the routines and files that read it. Ends take no room from what a walk goes on from.

use super::adjacency::{Begin, Marks};
use super::{EdgeIx, Graph, NodeIx};
use crate::lineage::{Kind, Relation};
use foldhash::{HashMap, HashSet};
use std::collections::VecDeque;

pub use super::impact::{Impact, impact, impact_of_all};

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
    /// Nodes in the answer that a walk goes on from, the start included; as many again at which a walk of columns ends.
    pub nodes: usize,
}

/// Most for [`Limits::nodes`]: what a browser draws and a reader reads; past it `truncated` says so.
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
    /// The limit on nodes did, not only that on the depth.
    pub full: bool,
}

/// Walks from `start`. A column start at table level begins at its relation; a relation start at column level begins at its columns.
///
/// `limits.nodes` above [`MAX_NODES`] is lowered to it. An edge between two nodes of the answer is in it whenever the walk looked at
/// either from the right side, those at the last depth included.
pub fn walk(graph: &Graph, start: NodeIx, direction: Direction, level: Level, limits: Limits) -> Walk {
    let starts = starts(graph, start, level);
    let limits = Limits { nodes: limits.nodes.clamp(1, MAX_NODES), ..limits };
    let mut out = Walk::default();
    if direction != Direction::Downstream {
        go(graph, &starts, level, true, limits, &mut out);
    }
    if direction != Direction::Upstream {
        go(graph, &starts, level, false, limits, &mut out);
    }
    if direction == Direction::Both {
        out.nodes.sort_by_key(|(_, hops)| *hops);
    }
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

/// Whether data goes from `source` along `edge` to who consumes it, in a walk that did not start there: out of a routine or file only
/// to who calls it.
pub(super) fn passes(graph: &Graph, source: NodeIx, edge: EdgeIx) -> bool {
    let code = graph.kind(source).is_routine() || graph.kind(source) == Kind::File;
    !code || graph.edge(edge).relation == Relation::Calls
}

/// A node to go on from.
struct Due {
    node: NodeIx,
    hops: u32,
    begin: Begin,
}

/// Room for what most walks reach, which then ask for it once.
const FEW: usize = 64;

/// Adds to `out` what lies one way; what a walk the other way has put there stays, with the shorter of two distances.
fn go(graph: &Graph, starts: &[NodeIx], level: Level, upstream: bool, limits: Limits, out: &mut Walk) {
    let place: HashMap<NodeIx, usize> = out.nodes.iter().zip(0..).map(|((node, _), at)| (*node, at)).collect();
    let passed: HashSet<EdgeIx> = out.edges.iter().copied().collect();
    let adjacency = graph.towards(upstream);
    let mut seen = Marks::none(graph.linked.nodes.len());
    // Those from which it goes on: a routine that was reached may yet be reached by who calls it.
    let mut passing = Marks::none(graph.linked.nodes.len());
    let mut queue: VecDeque<Due> = VecDeque::with_capacity(FEW);
    out.nodes.reserve(FEW);
    out.edges.reserve(FEW);
    // A relation of which no column is known has none to go on from; a column that belongs to nothing has no relation.
    let goes_on = |node: &&NodeIx| (graph.kind(**node) == Kind::Column) == (level == Level::Column);
    let through = |source: NodeIx, edge: EdgeIx| level == Level::Column || passes(graph, source, edge);
    // How many more it may take to go on from, and to end at.
    let (mut room, mut room_for_ends) = (limits.nodes - out.nodes.len(), limits.nodes);
    // Takes a node into the answer, unless that is full.
    let mut reach = |node: NodeIx, hops: u32, out: &mut Walk| {
        match place.get(&node) {
            Some(at) => out.nodes[*at].1 = hops.min(out.nodes[*at].1),
            None if room == 0 => return false,
            None => {
                room -= 1;
                out.nodes.push((node, hops));
            }
        }
        true
    };
    for start in starts {
        if seen.contains(*start) {
            continue;
        }
        if !reach(*start, 0, out) {
            (out.truncated, out.full) = (true, true);
            break;
        }
        seen.insert(*start);
        passing.insert(*start);
        let begin = Some(start).filter(goes_on).and_then(|start| adjacency.begin(*start));
        queue.extend(begin.map(|begin| Due { node: *start, hops: 0, begin }));
    }
    while let Some(Due { node: at, hops, begin }) = queue.pop_front() {
        for hop in adjacency.from(begin) {
            if hop.is_use() {
                // It ends there: nothing is made of the column.
                if level == Level::Table || upstream {
                    break;
                }
                if !seen.contains(hop.node) {
                    if hops == limits.depth || room_for_ends == 0 {
                        out.truncated = true;
                        out.full |= hops < limits.depth;
                        continue;
                    }
                    seen.insert(hop.node);
                    room_for_ends -= 1;
                    out.nodes.push((hop.node, hops + 1));
                }
                out.edges.push(hop.edge);
                continue;
            }
            if !upstream && hops > 0 && !through(at, hop.edge) {
                continue;
            }
            let new = !seen.contains(hop.node);
            if new {
                if hops == limits.depth || !reach(hop.node, hops + 1, out) {
                    out.truncated = true;
                    out.full |= hops < limits.depth;
                    continue;
                }
                seen.insert(hop.node);
            }
            let onward = if upstream && level == Level::Table { through(hop.node, hop.edge) && passing.insert(hop.node) } else { new };
            if onward && let Some(begin) = hop.onward() {
                queue.push_back(Due { node: hop.node, hops: hops + 1, begin });
            }
            if !passed.contains(&hop.edge) {
                out.edges.push(hop.edge);
            }
        }
    }
}
