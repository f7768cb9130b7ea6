//! What differs between two graphs of one project.

use super::{Edge, EdgeIx, Graph, NodeIx};
use std::cmp::Ordering;
use std::sync::Arc;

/// Which nodes of one graph are which of another, and what only one of them has. A node is the same when its URN is, an edge when its
/// ends and its relation are; what else is said of them may differ.
#[derive(Debug, Default)]
pub struct Delta {
    /// By node of the old graph: its place in the new.
    pub now: Vec<Option<NodeIx>>,
    /// By node of the new graph: its place in the old.
    pub was: Vec<Option<NodeIx>>,
    /// Edges of the new graph that the old has not.
    pub edges_added: Vec<EdgeIx>,
    /// Edges of the old graph that the new has not.
    pub edges_removed: Vec<EdgeIx>,
}

impl Delta {
    /// One pass over both: nodes are sorted by URN, edges by the places of their ends, and what is in both keeps its order.
    pub fn between(old: &Graph, new: &Graph) -> Delta {
        let (before, after) = (&old.linked.nodes, &new.linked.nodes);
        let mut delta = Delta { now: vec![None; before.len()], was: vec![None; after.len()], ..Delta::default() };
        let (mut i, mut j) = (0, 0);
        while i < before.len() && j < after.len() {
            // Most nodes are shared, and need not be looked into.
            let order = if Arc::ptr_eq(&before[i], &after[j]) { Ordering::Equal } else { old.urn(i as NodeIx).cmp(&new.urn(j as NodeIx)) };
            match order {
                Ordering::Less => i += 1,
                Ordering::Greater => j += 1,
                Ordering::Equal => {
                    (delta.now[i], delta.was[j]) = (Some(j as NodeIx), Some(i as NodeIx));
                    (i, j) = (i + 1, j + 1);
                }
            }
        }
        delta.edges(&old.linked.edges, &new.linked.edges);
        delta
    }

    fn edges(&mut self, before: &[Edge], after: &[Edge]) {
        let mut new = (0..).zip(after).peekable();
        for (ix, edge) in (0..).zip(before) {
            let (Some(from), Some(to)) = (self.now[edge.from as usize], self.now[edge.to as usize]) else {
                self.edges_removed.push(ix);
                continue;
            };
            let key = (from, to, edge.relation);
            while let Some((ix, _)) = new.next_if(|(_, e)| (e.from, e.to, e.relation) < key) {
                self.edges_added.push(ix);
            }
            if new.next_if(|(_, e)| (e.from, e.to, e.relation) == key).is_none() {
                self.edges_removed.push(ix);
            }
        }
        self.edges_added.extend(new.map(|(ix, _)| ix));
    }

    /// Nodes of the new graph that the old has not.
    pub fn nodes_added(&self) -> impl Iterator<Item = NodeIx> {
        gaps(&self.was)
    }

    /// Nodes of the old graph that the new has not.
    pub fn nodes_removed(&self) -> impl Iterator<Item = NodeIx> {
        gaps(&self.now)
    }
}

fn gaps(places: &[Option<NodeIx>]) -> impl Iterator<Item = NodeIx> {
    (0..).zip(places).filter(|(_, other)| other.is_none()).map(|(ix, _)| ix)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::graph;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn nodes(graph: &Graph) -> BTreeSet<String> {
        (0..graph.linked.nodes.len() as NodeIx).map(|ix| graph.urn(ix)).collect()
    }

    fn edges(graph: &Graph) -> BTreeSet<String> {
        (0..graph.linked.edges.len() as EdgeIx).map(|ix| graph.edge_urn(ix)).collect()
    }

    proptest! {
        #![proptest_config(crate::properties::config())]

        #[test]
        fn it_is_the_difference_of_the_sets(old in statements(), new in statements()) {
            let (old, new) = (graph(&old.join("\n")), graph(&new.join("\n")));
            let delta = Delta::between(&old, &new);
            let urns = |graph: &Graph, list: &mut dyn Iterator<Item = NodeIx>| {
                list.map(|ix| graph.urn(ix)).collect::<BTreeSet<_>>()
            };
            prop_assert_eq!(urns(&new, &mut delta.nodes_added()), &nodes(&new) - &nodes(&old));
            prop_assert_eq!(urns(&old, &mut delta.nodes_removed()), &nodes(&old) - &nodes(&new));
            let urns = |graph: &Graph, list: &[EdgeIx]| list.iter().map(|ix| graph.edge_urn(*ix)).collect::<BTreeSet<_>>();
            prop_assert_eq!(urns(&new, &delta.edges_added), &edges(&new) - &edges(&old));
            prop_assert_eq!(urns(&old, &delta.edges_removed), &edges(&old) - &edges(&new));
            for (ix, now) in delta.now.iter().enumerate() {
                let Some(now) = now else { continue };
                prop_assert_eq!(old.urn(ix as NodeIx), new.urn(*now));
                prop_assert_eq!(delta.was[*now as usize], Some(ix as NodeIx));
            }
        }
    }

    fn statements() -> impl Strategy<Value = Vec<String>> {
        let name = "[a-e]";
        let table = (name, "[x-z]").prop_map(|(t, c)| format!("table {t}(id, {c})"));
        let flow = (name, name).prop_map(|(a, b)| format!("{a} <- {b}"));
        let column = (name, name).prop_map(|(a, b)| format!("insert {a} = x:{b}.x"));
        proptest::collection::vec(prop_oneof![table, flow, column], 0..8)
    }
}
