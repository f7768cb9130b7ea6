//! Edges by node: those that data flows along, those that use a column without being made of it, those between columns and what they are
//! of, the others.

use super::{Edge, EdgeIx, NodeIx};
use crate::lineage::{Kind, Relation};
use std::cell::RefCell;

/// One step from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Where it leads.
    pub node: NodeIx,
    /// Along which edge.
    pub edge: EdgeIx,
}

/// What an edge is to a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Data flows along it: a walk goes on.
    Flow,
    /// A relation filters or joins by a column, a routine or file reads it: a walk of columns ends there.
    Use,
    /// Of a column to its relation.
    Column,
    /// Anything else.
    Other,
}

/// How many there are.
const PARTS: usize = 4;

/// The hops of every node in one direction: eight bytes an edge and sixteen a node. Those of node `n` in a [`Part`] are
/// `hops[starts[4n + part]..starts[4n + part + 1]]`, each in the order of the edges: a walk reads what it passes and nothing between.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Adjacency {
    starts: Vec<u32>,
    hops: Vec<Hop>,
}

impl Adjacency {
    /// `ends` says at which node an edge begins and where it leads. O(nodes + edges).
    pub(super) fn build(nodes: usize, edges: &[Edge], parts: &[Part], ends: impl Fn(&Edge) -> (NodeIx, NodeIx)) -> Adjacency {
        let place = |edge: &Edge, part: Part| PARTS * ends(edge).0 as usize + part as usize;
        let mut starts = vec![0u32; PARTS * nodes + 1];
        for (edge, part) in edges.iter().zip(parts) {
            starts[place(edge, *part) + 1] += 1;
        }
        for at in 0..PARTS * nodes {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut hops = vec![Hop { node: 0, edge: 0 }; edges.len()];
        for ((edge, part), ix) in edges.iter().zip(parts).zip(0..) {
            let slot = &mut next[place(edge, *part)];
            hops[*slot as usize] = Hop { node: ends(edge).1, edge: ix };
            *slot += 1;
        }
        Adjacency { starts, hops }
    }

    /// All hops of a node.
    pub(super) fn all(&self, ix: NodeIx) -> &[Hop] {
        self.between(PARTS * ix as usize, PARTS * (ix as usize + 1))
    }

    /// The hops of a node along edges of one part.
    pub(super) fn part(&self, ix: NodeIx, part: Part) -> &[Hop] {
        let at = PARTS * ix as usize + part as usize;
        self.between(at, at + 1)
    }

    /// How many hops the nodes before `ix` have, and how many with it; the same nodes as for edges that are sorted by where they begin.
    pub(super) fn range(&self, ix: NodeIx) -> Option<(usize, usize)> {
        let ix = PARTS * ix as usize;
        Some((*self.starts.get(ix)? as usize, *self.starts.get(ix + PARTS)? as usize))
    }

    fn between(&self, from: usize, to: usize) -> &[Hop] {
        &self.hops[self.starts[from] as usize..self.starts[to] as usize]
    }
}

/// What an edge between nodes of these kinds is. Data flows between columns where one is made from the other, between anything else
/// also through what reads, writes, calls and fires.
pub(super) fn part(relation: Relation, from: Kind, to: Kind) -> Part {
    use Relation::{Calls, ColumnOf, Derives, FiresOn, Reads, WrittenBy};
    match (from, to) {
        _ if relation == ColumnOf => Part::Column,
        (Kind::Column, Kind::Column) if relation == Derives => Part::Flow,
        (Kind::Column, _) => Part::Other,
        (_, Kind::Column) if matches!(relation, Derives | Reads) => Part::Use,
        (_, Kind::Column) => Part::Other,
        _ if matches!(relation, Derives | Reads | WrittenBy | Calls | FiresOn) => Part::Flow,
        _ => Part::Other,
    }
}

/// A set of nodes, a bit each. Its words are the thread's, which the next set takes over: a walk of a few nodes in a graph of many must
/// not clear room for all.
pub(super) struct Marks {
    words: Vec<u64>,
    set: Vec<NodeIx>,
}

thread_local! {
    /// Words that no set has, all zero.
    static SPARE: RefCell<Vec<Vec<u64>>> = const { RefCell::new(Vec::new()) };
}

impl Marks {
    /// None of `count`.
    pub(super) fn none(count: usize) -> Marks {
        let mut words = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
        words.resize(words.len().max(count.div_ceil(64)), 0);
        Marks { words, set: Vec::new() }
    }

    /// Whether it was not there before.
    pub(super) fn insert(&mut self, ix: NodeIx) -> bool {
        let (word, bit) = (&mut self.words[ix as usize / 64], 1 << (ix % 64));
        let new = *word & bit == 0;
        if new {
            *word |= bit;
            self.set.push(ix);
        }
        new
    }

    pub(super) fn contains(&self, ix: NodeIx) -> bool {
        self.words[ix as usize / 64] & 1 << (ix % 64) != 0
    }
}

impl Drop for Marks {
    fn drop(&mut self) {
        self.set.iter().for_each(|ix| self.words[*ix as usize / 64] = 0);
        let words = std::mem::take(&mut self.words);
        // A thread that ends has no use for them.
        SPARE.try_with(|spare| spare.borrow_mut().push(words)).unwrap_or_default();
    }
}
