//! Shortest and k shortest data-flow paths.
//!
//! A breadth-first search from the end gives nodes their distance; partial paths then grow from the start, the one that can end
//! soonest first. So the first path is found without a detour, the next ones in order of length, and a partial path that cannot
//! reach the end is never grown. Only loops can make it search in vain, and a limit on the work bounds that. Where one path is asked
//! for, the first search goes from both ends until they meet.

use super::walk::passes;
use super::{EdgeIx, Graph, NodeIx};
use crate::lineage::Kind;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

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
/// file is passed at the ends or to who calls it. Between two nodes the strongest edge counts: highest confidence, then first. The flag says that
/// a limit on the search cut the answer, not that there are more than `k`.
pub fn shortest_paths(graph: &Graph, from: NodeIx, to: NodeIx, k: usize) -> (Vec<Path>, bool) {
    let column = |ix: NodeIx| graph.kind(ix) == Kind::Column;
    let columns = column(from) && column(to);
    let place = |ix: NodeIx| if columns { ix } else { graph.relation_of(ix).unwrap_or(ix) };
    let (from, to, k) = (place(from), place(to), k.min(MAX_PATHS));
    if k == 0 {
        return (Vec::new(), false);
    }
    if from == to {
        return (vec![Path { nodes: vec![from], edges: Vec::new() }], false);
    }
    let (found, cut) = search(graph, from, to, k);
    if !found.is_empty() || cut {
        return (found, cut);
    }
    search(graph, to, from, k)
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

fn search(graph: &Graph, from: NodeIx, to: NodeIx, k: usize) -> (Vec<Path>, bool) {
    let left = if k == 1 { meet(graph, from, to) } else { distances(graph, from, to) };
    let Some(first) = left.get(from) else { return (Vec::new(), false) };
    let mut arena = vec![Partial { node: from, edge: NONE, before: NONE, nearest: first }];
    // Shortest possible length first; among equals the longest grown, then the oldest.
    let mut queue = BinaryHeap::from([Reverse((first, first, 0u32))]);
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
        for (next, edge) in steps(graph, node, node == from, &mut work) {
            let Some(togo) = left.get(next) else { continue };
            // Nearer than ever before is a place not yet passed; only a detour can be a loop.
            let mut before = std::iter::successors(Some(at).filter(|_| togo >= nearest), |p| {
                work += 1;
                Some(arena[*p as usize].before).filter(|b| *b != NONE)
            });
            if !before.any(|p| arena[p as usize].node == next) {
                queue.push(Reverse((grown + 1 + togo, togo, arena.len() as u32)));
                arena.push(Partial { node: next, edge, before: at, nearest: nearest.min(togo) });
            }
        }
    }
    (found, cut)
}

/// The nodes that data flows to from `node`, where the path may start, each once with its strongest edge, in order.
fn steps(graph: &Graph, node: NodeIx, start: bool, work: &mut usize) -> Vec<(NodeIx, EdgeIx)> {
    let hops = graph.consumers(node);
    *work += hops.len() + 1;
    let mut steps: Vec<(NodeIx, EdgeIx)> = Vec::new();
    for hop in hops.iter().filter(|hop| start || passes(graph, node, hop.edge)) {
        // Edges are sorted by consumer, so parallel ones follow each other.
        match steps.last_mut() {
            Some((last, best)) if *last == hop.node => {
                if graph.edge(hop.edge).confidence > graph.edge(*best).confidence {
                    *best = hop.edge;
                }
            }
            _ => steps.push((hop.node, hop.edge)),
        }
    }
    steps
}

/// Distances of nodes: 0 where none is known, else one more than it is. Memory that nothing is written to is never touched.
struct Distances(Vec<u32>);

impl Distances {
    /// Only `node` is known: where it starts.
    fn from(graph: &Graph, node: NodeIx) -> Distances {
        let mut distances = Distances(vec![0; graph.linked.nodes.len()]);
        distances.set(node, 0);
        distances
    }

    fn get(&self, node: NodeIx) -> Option<u32> {
        self.0[node as usize].checked_sub(1)
    }

    fn set(&mut self, node: NodeIx, hops: u32) {
        self.0[node as usize] = hops + 1;
    }
}

/// How many hops each node that data can flow to `to` through is away from it; the search ends where `from` is.
fn distances(graph: &Graph, from: NodeIx, to: NodeIx) -> Distances {
    let mut left = Distances::from(graph, to);
    let mut queue = VecDeque::from([(to, 0)]);
    while let Some((at, hops)) = queue.pop_front() {
        for hop in graph.sources(at) {
            let source = hop.node;
            if left.get(source).is_some() || source != from && !passes(graph, source, hop.edge) {
                continue;
            }
            left.set(source, hops + 1);
            if source != from {
                queue.push_back((source, hops + 1));
            }
        }
    }
    left
}

/// As [`distances`], of the nodes on shortest paths at least: two searches, of which the one with fewer nodes to look at goes on, until
/// they meet.
fn meet(graph: &Graph, from: NodeIx, to: NodeIx) -> Distances {
    let (mut gone, mut left) = (Distances::from(graph, from), Distances::from(graph, to));
    let (mut ahead, mut behind) = (vec![from], vec![to]);
    let (mut far, mut near) = (0, 0);
    let mut met: Vec<NodeIx> = Vec::new();
    while met.is_empty() && !ahead.is_empty() && !behind.is_empty() {
        let onward = ahead.len() <= behind.len();
        let (front, own, other, hops) =
            if onward { (&mut ahead, &mut gone, &left, &mut far) } else { (&mut behind, &mut left, &gone, &mut near) };
        *hops += 1;
        let mut next = Vec::new();
        for at in front.drain(..) {
            for hop in if onward { graph.consumers(at) } else { graph.sources(at) } {
                let source = if onward { at } else { hop.node };
                if own.get(hop.node).is_some() || source != from && !passes(graph, source, hop.edge) {
                    continue;
                }
                if other.get(hop.node).is_some() {
                    met.push(hop.node);
                }
                own.set(hop.node, *hops);
                next.push(hop.node);
            }
        }
        *front = next;
    }
    // Back from where they met to the start, along the shortest ways only.
    let total = far + near;
    while let Some(at) = met.pop() {
        let Some(passed) = gone.get(at) else { continue };
        left.set(at, total - passed);
        for hop in graph.sources(at) {
            let before = hop.node;
            let leads = before == from || passes(graph, before, hop.edge);
            if passed > 0 && gone.get(before) == Some(passed - 1) && left.get(before).is_none() && leads {
                left.set(before, total - passed + 1);
                met.push(before);
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
