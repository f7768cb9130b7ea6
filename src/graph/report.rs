//! Hygiene of a graph: what stands alone, what begins and ends, what goes in circles, what is not there.

use super::{EdgeIx, Graph, NodeIx, Report, Ways};
use crate::lineage::{Kind, Relation};
use std::collections::{HashMap, HashSet, VecDeque};

pub(super) fn report(graph: &Graph) -> Report {
    let count = graph.linked.nodes.len();
    let (mut fed, mut feeds) = (vec![false; count], vec![false; count]);
    let relation = |ix: NodeIx| graph.node(ix).kind.is_relation();
    let is_column = |ix: NodeIx| graph.node(ix).kind == Kind::Column;
    for edge in graph.linked.edges.iter().filter(|e| !is_column(e.from) && !is_column(e.to)) {
        match edge.relation {
            // A relation that only feeds itself is fed by nothing.
            Relation::Derives if edge.from == edge.to => {}
            Relation::Derives => {
                fed[edge.from as usize] = true;
                feeds[edge.to as usize] = true;
            }
            Relation::WrittenBy => fed[edge.from as usize] = true,
            Relation::Reads => feeds[edge.to as usize] = true,
            _ => {}
        }
    }
    let select = |wanted: (bool, bool)| {
        by_name(graph, (0..count as NodeIx).filter(|ix| relation(*ix) && (fed[*ix as usize], feeds[*ix as usize]) == wanted).collect())
    };
    let dangling = |ix: &NodeIx| graph.node(*ix).kind == Kind::External && graph.node(*ix).properties.is_empty();
    Report {
        orphans: select((false, false)),
        roots: select((false, true)),
        leaves: select((true, false)),
        cycles: circles(graph, Relation::Derives),
        dangling: by_name(graph, (0..count as NodeIx).filter(dangling).collect()),
    }
}

/// The relations that edges of `relation` lead to from `ix`.
fn sources(graph: &Graph, ix: NodeIx, relation: Relation) -> impl Iterator<Item = NodeIx> {
    let whole = |ix| graph.kind(ix).is_relation();
    graph.outgoing(ix).map(|e| graph.edge(e)).filter(move |e| e.relation == relation && whole(e.from) && whole(e.to)).map(|e| e.to)
}

fn by_name(graph: &Graph, mut list: Vec<NodeIx>) -> Vec<NodeIx> {
    list.sort_by(|a, b| (graph.node(*a).name(), a).cmp(&(graph.node(*b).name(), b)));
    list
}

/// See [`Graph::longest_ways`].
pub(super) fn longest_ways(graph: &Graph) -> Ways {
    let made_from = |n: NodeIx| {
        let derives = graph.outgoing(n).filter(|&e| graph.edge(e).relation == Relation::Derives);
        derives.filter(|&e| graph.kind(graph.edge(e).to).is_relation()).collect::<Vec<EdgeIx>>()
    };
    let mut longest = Ways::default();
    let mut under_way: HashSet<NodeIx> = HashSet::new();
    for start in (0..graph.linked.nodes.len() as NodeIx).filter(|ix| graph.kind(*ix).is_relation()) {
        // With a stack of our own: a chain of views may be longer than ours.
        let mut stack = vec![(start, made_from(start), 0)];
        while let Some((node, edges, at)) = stack.last_mut() {
            let node = *node;
            if *at == 0 && (longest.contains_key(&node) || !under_way.insert(node)) {
                stack.pop();
                continue;
            }
            if let Some(&edge) = edges.get(*at) {
                *at += 1;
                let next = graph.edge(edge).to;
                if !longest.contains_key(&next) && !under_way.contains(&next) {
                    stack.push((next, made_from(next), 0));
                }
                continue;
            }
            let done = |e: &EdgeIx| longest.get(&graph.edge(*e).to).map(|(length, _)| (length + 1, Some(*e)));
            let best = edges.iter().filter_map(done).max_by_key(|(length, _)| *length).unwrap_or((0, None));
            longest.insert(node, best);
            under_way.remove(&node);
            stack.pop();
        }
    }
    longest
}

/// The circles of relations that edges of `relation` make: of each, first a shortest way round, then what else is part of it.
pub(super) fn circles(graph: &Graph, relation: Relation) -> Vec<Vec<NodeIx>> {
    let sources = |graph, ix| sources(graph, ix, relation);
    let of = |ix| if graph.kind(ix).is_relation() { sources(graph, ix).collect() } else { Vec::new() };
    let successors: Vec<Vec<NodeIx>> = (0..graph.linked.nodes.len() as NodeIx).map(of).collect();
    let mut cycles: Vec<Vec<NodeIx>> = components(&successors)
        .into_iter()
        .filter(|members| members.len() > 1 || graph.kind(members[0]).is_relation() && sources(graph, members[0]).any(|s| s == members[0]))
        .map(|members| {
            let members = by_name(graph, members);
            let mut ordered = shortest_cycle(graph, relation, &members);
            let shown: HashSet<NodeIx> = ordered.iter().copied().collect();
            ordered.extend(members.into_iter().filter(|m| !shown.contains(m)));
            ordered
        })
        .collect();
    cycles.sort_by(|a, b| (graph.node(a[0]).name(), a).cmp(&(graph.node(b[0]).name(), b)));
    cycles
}

/// A shortest way from the first member back to it, within the component.
fn shortest_cycle(graph: &Graph, relation: Relation, members: &[NodeIx]) -> Vec<NodeIx> {
    let first = members[0];
    let mut came_from: HashMap<NodeIx, Option<NodeIx>> = members.iter().map(|m| (*m, None)).collect();
    let mut queue = VecDeque::from([first]);
    while let Some(at) = queue.pop_front() {
        for next in sources(graph, at, relation) {
            if next == first {
                let mut cycle = vec![at];
                while let Some(Some(before)) = cycle.last().filter(|l| **l != first).and_then(|l| came_from.get(l)) {
                    cycle.push(*before);
                }
                cycle.reverse();
                return cycle;
            }
            if let Some(slot @ None) = came_from.get_mut(&next) {
                *slot = Some(at);
                queue.push_back(next);
            }
        }
    }
    vec![first]
}

/// Strongly connected components (Tarjan) of the graph with these successors, each after those it leads to; with a stack of our own:
/// a chain of views may be longer than ours.
pub(super) fn components(successors: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const NEW: u32 = u32::MAX;
    let count = successors.len();
    let (mut index, mut low, mut on_stack) = (vec![NEW; count], vec![0u32; count], vec![false; count]);
    let (mut stack, mut components, mut next) = (Vec::new(), Vec::new(), 0);
    for root in 0..count as u32 {
        if index[root as usize] != NEW {
            continue;
        }
        // A node, and how many of its successors were looked at.
        let mut work = vec![(root, 0usize)];
        while let Some((node, seen)) = work.last_mut() {
            let at = *node as usize;
            if *seen == 0 && index[at] == NEW {
                (index[at], low[at]) = (next, next);
                next += 1;
                stack.push(*node);
                on_stack[at] = true;
            }
            if let Some(to) = successors[at].get(*seen).copied() {
                *seen += 1;
                if index[to as usize] == NEW {
                    work.push((to, 0));
                } else if on_stack[to as usize] {
                    low[at] = low[at].min(index[to as usize]);
                }
                continue;
            }
            let node = *node;
            work.pop();
            if let Some((parent, _)) = work.last() {
                let parent = *parent as usize;
                low[parent] = low[parent].min(low[at]);
            }
            if low[at] == index[at] {
                let from = stack.iter().rposition(|n| *n == node).unwrap_or(0);
                let members = stack.split_off(from);
                for member in &members {
                    on_stack[*member as usize] = false;
                }
                components.push(members);
            }
        }
    }
    components
}
