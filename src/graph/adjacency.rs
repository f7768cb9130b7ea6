//! Edges by node, those that data flows along apart from the others.

use super::{Edge, EdgeIx, NodeIx};
use crate::lineage::{Kind, Relation};

/// One step from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Where it leads.
    pub node: NodeIx,
    /// Along which edge.
    pub edge: EdgeIx,
}

/// The hops of every node in one direction: eight bytes an edge and eight a node. Those of node `n` that data flows along are
/// `hops[starts[2n]..starts[2n + 1]]`, the others follow up to `starts[2n + 2]`; each part is in the order of the edges.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Adjacency {
    starts: Vec<u32>,
    hops: Vec<Hop>,
}

impl Adjacency {
    /// `ends` says at which node an edge begins and where it leads. O(nodes + edges).
    pub(super) fn build(nodes: usize, edges: &[Edge], flows: &[bool], ends: impl Fn(&Edge) -> (NodeIx, NodeIx)) -> Adjacency {
        let place = |edge: &Edge, flows: bool| 2 * ends(edge).0 as usize + usize::from(!flows);
        let mut starts = vec![0u32; 2 * nodes + 1];
        for (edge, flows) in edges.iter().zip(flows) {
            starts[place(edge, *flows) + 1] += 1;
        }
        for at in 0..2 * nodes {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut hops = vec![Hop { node: 0, edge: 0 }; edges.len()];
        for ((edge, flows), ix) in edges.iter().zip(flows).zip(0..) {
            let slot = &mut next[place(edge, *flows)];
            hops[*slot as usize] = Hop { node: ends(edge).1, edge: ix };
            *slot += 1;
        }
        Adjacency { starts, hops }
    }

    /// All hops of a node.
    pub(super) fn all(&self, ix: NodeIx) -> &[Hop] {
        self.between(2 * ix as usize, 2 * ix as usize + 2)
    }

    /// The hops of a node that data flows along.
    pub(super) fn flows(&self, ix: NodeIx) -> &[Hop] {
        self.between(2 * ix as usize, 2 * ix as usize + 1)
    }

    /// The hops of a node that data does not flow along.
    pub(super) fn others(&self, ix: NodeIx) -> &[Hop] {
        self.between(2 * ix as usize + 1, 2 * ix as usize + 2)
    }

    /// How many hops the nodes before `ix` have, and how many with it; the same nodes as for edges that are sorted by where they begin.
    pub(super) fn range(&self, ix: NodeIx) -> Option<(usize, usize)> {
        let ix = 2 * ix as usize;
        Some((*self.starts.get(ix)? as usize, *self.starts.get(ix + 2)? as usize))
    }

    fn between(&self, from: usize, to: usize) -> &[Hop] {
        &self.hops[self.starts[from] as usize..self.starts[to] as usize]
    }
}

/// Whether data flows along an edge between nodes of these kinds: between columns where one is made from the other, between anything
/// else also through what reads, writes, calls and fires.
pub(super) fn flows(relation: Relation, from: Kind, to: Kind) -> bool {
    use Relation::{Calls, Derives, FiresOn, Reads, WrittenBy};
    match (from, to) {
        (Kind::Column, Kind::Column) => relation == Derives,
        (Kind::Column, _) | (_, Kind::Column) => false,
        _ => matches!(relation, Derives | Reads | WrittenBy | Calls | FiresOn),
    }
}

/// A set of nodes or edges, a bit each.
pub(super) struct Marks(Vec<u64>);

impl Marks {
    /// None of `count`.
    pub(super) fn none(count: usize) -> Marks {
        Marks(vec![0; count.div_ceil(64)])
    }

    /// Whether it was not there before.
    pub(super) fn insert(&mut self, ix: u32) -> bool {
        let (word, bit) = (&mut self.0[ix as usize / 64], 1 << (ix % 64));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    pub(super) fn contains(&self, ix: u32) -> bool {
        self.0[ix as usize / 64] & 1 << (ix % 64) != 0
    }
}
