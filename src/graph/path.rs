//! Shortest and k shortest data-flow paths.
//!
//! One breadth-first search from the end gives every node its distance; partial paths then grow from the start, the one that can
//! end soonest first. So the first path is found without a detour, the next ones in order of length, and a partial path that
//! cannot reach the end is never grown. Only loops can make it search in vain, and a limit on the work bounds that.

use super::walk::{Level, carries, stops};
use super::{EdgeIx, Graph, NodeIx};
use crate::lineage::Kind;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

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

/// Most edges looked at while growing paths: some tens of milliseconds on a small box.
const MAX_WORK: usize = 2_000_000;

/// Most partial paths kept: sixteen bytes each in the arena, twelve in the queue.
const MAX_PARTIAL: usize = 500_000;

/// Up to `k` shortest loop-free paths along which data flows from `from` to `to` (or, when there is none, from `to` to `from`).
/// Column level when both are columns, table level otherwise (a column stands for its relation there). As in a walk, a routine or
/// file is passed at the ends only. Between two nodes the strongest edge counts: highest confidence, then first. The flag says that
/// a limit on the search cut the answer, not that there are more than `k`.
pub fn shortest_paths(graph: &Graph, from: NodeIx, to: NodeIx, k: usize) -> (Vec<Path>, bool) {
    let column = |ix: NodeIx| graph.node(ix).kind == Kind::Column;
    let level = if column(from) && column(to) { Level::Column } else { Level::Table };
    let place = |ix: NodeIx| if level == Level::Table { graph.relation_of(ix).unwrap_or(ix) } else { ix };
    let (from, to, k) = (place(from), place(to), k.min(MAX_PATHS));
    if k == 0 {
        return (Vec::new(), false);
    }
    if from == to {
        return (vec![Path { nodes: vec![from], edges: Vec::new() }], false);
    }
    let (found, cut) = search(graph, from, to, k, level);
    if !found.is_empty() || cut {
        return (found, cut);
    }
    search(graph, to, from, k, level)
}

/// A partial path: its last node, the edge to it, the partial path before, and how near the end it ever came.
#[derive(Clone, Copy)]
struct Partial {
    node: NodeIx,
    edge: EdgeIx,
    before: u32,
    nearest: u32,
}

const NONE: u32 = u32::MAX;

fn search(graph: &Graph, from: NodeIx, to: NodeIx, k: usize, level: Level) -> (Vec<Path>, bool) {
    let left = distances(graph, from, to, level);
    let Some(first) = left.get(&from) else { return (Vec::new(), false) };
    let mut arena = vec![Partial { node: from, edge: NONE, before: NONE, nearest: *first }];
    // Shortest possible length first; among equals the longest grown, then the oldest.
    let mut queue = BinaryHeap::from([Reverse((*first, *first, 0u32))]);
    let (mut found, mut work, mut cut) = (Vec::new(), 0, false);
    while let Some(Reverse((total, togo, at))) = queue.pop() {
        let Partial { node, nearest, .. } = arena[at as usize];
        if node == to {
            found.push(trace(&arena, at));
            if found.len() == k {
                break;
            }
            continue;
        }
        if work > MAX_WORK || arena.len() > MAX_PARTIAL {
            cut = true;
            break;
        }
        let grown = total - togo;
        for (next, edge) in steps(graph, node, level, &mut work) {
            let Some(togo) = left.get(&next) else { continue };
            // Nearer than ever before is a place not yet passed; only a detour can be a loop.
            let mut before = std::iter::successors(Some(at).filter(|_| *togo >= nearest), |p| {
                work += 1;
                Some(arena[*p as usize].before).filter(|b| *b != NONE)
            });
            if !before.any(|p| arena[p as usize].node == next) {
                queue.push(Reverse((grown + 1 + togo, *togo, arena.len() as u32)));
                arena.push(Partial { node: next, edge, before: at, nearest: nearest.min(*togo) });
            }
        }
    }
    (found, cut)
}

/// The nodes that data flows to from `node`, each once with its strongest edge, in order.
fn steps(graph: &Graph, node: NodeIx, level: Level, work: &mut usize) -> Vec<(NodeIx, EdgeIx)> {
    let incoming = graph.incoming(node);
    *work += incoming.len() + 1;
    let mut steps: Vec<(NodeIx, EdgeIx)> = Vec::new();
    for ix in incoming.iter().filter(|e| carries(graph, graph.edge(**e), level)) {
        let edge = graph.edge(*ix);
        // Edges are sorted by consumer, so parallel ones follow each other.
        match steps.last_mut() {
            Some((last, best)) if *last == edge.from => {
                if edge.confidence > graph.edge(*best).confidence {
                    *best = *ix;
                }
            }
            _ => steps.push((edge.from, *ix)),
        }
    }
    steps
}

/// How many hops each node that data can flow to `to` through is away from it; the search ends where `from` is.
fn distances(graph: &Graph, from: NodeIx, to: NodeIx, level: Level) -> HashMap<NodeIx, u32> {
    let mut left = HashMap::from([(to, 0)]);
    let mut queue = VecDeque::from([(to, 0)]);
    while let Some((at, hops)) = queue.pop_front() {
        for edge in graph.outgoing(at).iter().map(|e| graph.edge(*e)).filter(|e| carries(graph, e, level)) {
            let source = edge.to;
            if left.contains_key(&source) || (source != from && stops(graph.node(source).kind)) {
                continue;
            }
            left.insert(source, hops + 1);
            if source != from {
                queue.push_back((source, hops + 1));
            }
        }
    }
    left
}

fn trace(arena: &[Partial], end: u32) -> Path {
    let mut path = Path { nodes: Vec::new(), edges: Vec::new() };
    let mut at = end;
    while at != NONE {
        let partial = arena[at as usize];
        path.nodes.push(partial.node);
        if partial.edge != NONE {
            path.edges.push(partial.edge);
        }
        at = partial.before;
    }
    path.nodes.reverse();
    path.edges.reverse();
    path
}
