//! Edges by node: those that data flows along, those that use a column without being made of it, those between columns and what they are
//! of, the others.

use super::{Edge, EdgeIx, NodeIx};
use crate::lineage::{Kind, Relation};
use std::cell::RefCell;

/// One step from a node. Twelve bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Where it leads.
    pub node: NodeIx,
    /// Along which edge.
    pub edge: EdgeIx,
    /// Where the hops of a walk from `node` begin, the part that this one is of, and whether it is the last of its walk.
    onward: u32,
}

/// Bits of [`Hop::onward`] that say where: a graph of more edges than these can count takes more memory than a box has.
const PLACE: u32 = (1 << 29) - 1;
/// The place of none.
const NOWHERE: u32 = PLACE;
/// Where in [`Hop::onward`] the part stands.
const PART: u32 = 29;
/// The bit of [`Hop::onward`] that ends a walk's hops.
const LAST: u32 = 1 << 31;

/// What an edge is to a walk. A walk looks at the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

const PARTS: [Part; 4] = [Part::Flow, Part::Use, Part::Column, Part::Other];

impl Hop {
    fn part(self) -> Part {
        PARTS[(self.onward >> PART) as usize % PARTS.len()]
    }

    /// Whether it is along an edge of [`Part::Use`]; of the hops of a walk, the others are of [`Part::Flow`].
    pub(super) fn is_use(self) -> bool {
        self.part() == Part::Use
    }

    /// Where a walk that takes it goes on; `None` when it ends there.
    pub(super) fn onward(self) -> Option<Begin> {
        Some(Begin(self.onward & PLACE)).filter(|begin| begin.0 != NOWHERE)
    }
}

/// Where the hops of a walk from some node begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begin(u32);

/// The hops of every node in one direction: twelve bytes an edge and four a node. Those of node `n` are `hops[starts[n]..starts[n + 1]]`,
/// by part and in each in the order of the edges.
///
/// What costs in a walk is to wait for memory. So a hop says where the hops of its node are, and a node without any is not looked at.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Adjacency {
    starts: Vec<u32>,
    hops: Vec<Hop>,
}

impl Adjacency {
    /// `ends` says at which node an edge begins and where it leads. O(nodes + edges).
    pub(super) fn build(nodes: usize, edges: &[Edge], parts: &[Part], ends: impl Fn(&Edge) -> (NodeIx, NodeIx)) -> Adjacency {
        assert!(edges.len() < NOWHERE as usize, "more edges than hops can tell apart");
        let place = |node: NodeIx, part: Part| PARTS.len() * node as usize + part as usize;
        let mut begin = vec![0u32; PARTS.len() * nodes + 1];
        for (edge, part) in edges.iter().zip(parts) {
            begin[place(ends(edge).0, *part) + 1] += 1;
        }
        for at in 0..PARTS.len() * nodes {
            begin[at + 1] += begin[at];
        }
        // The hops of a walk from a node, which are those of the parts before `Column`.
        let walked = |node: NodeIx| begin[place(node, Part::Flow)]..begin[place(node, Part::Column)];
        let mut next = begin.clone();
        let mut hops = vec![Hop { node: 0, edge: 0, onward: 0 }; edges.len()];
        for ((edge, part), ix) in edges.iter().zip(parts).zip(0..) {
            let (from, node) = ends(edge);
            let slot = &mut next[place(from, *part)];
            let begin = Some(walked(node)).filter(|hops| !hops.is_empty()).map_or(NOWHERE, |hops| hops.start);
            let last = if *slot + 1 == walked(from).end { LAST } else { 0 };
            hops[*slot as usize] = Hop { node, edge: ix, onward: begin | (*part as u32) << PART | last };
            *slot += 1;
        }
        Adjacency { starts: begin.into_iter().step_by(PARTS.len()).collect(), hops }
    }

    /// All hops of a node.
    pub(super) fn all(&self, ix: NodeIx) -> &[Hop] {
        &self.hops[self.starts[ix as usize] as usize..self.starts[ix as usize + 1] as usize]
    }

    /// The hops of a node along edges of one part.
    pub(super) fn part(&self, ix: NodeIx, part: Part) -> &[Hop] {
        let all = self.all(ix);
        let rest = &all[all.partition_point(|hop| hop.part() < part)..];
        &rest[..rest.partition_point(|hop| hop.part() == part)]
    }

    /// Where the hops of a walk from `ix` begin; `None` when there are none.
    pub(super) fn begin(&self, ix: NodeIx) -> Option<Begin> {
        let walked = |hop: &Hop| matches!(hop.part(), Part::Flow | Part::Use);
        self.all(ix).first().filter(|hop| walked(hop)).map(|_| Begin(self.starts[ix as usize]))
    }

    /// The hops of a walk that begin there: those data flows along first, then those that use a column.
    pub(super) fn from(&self, Begin(at): Begin) -> impl Iterator<Item = Hop> {
        let mut rest = self.hops[at as usize..].iter();
        let mut ended = false;
        std::iter::from_fn(move || {
            let hop = *rest.next().filter(|_| !ended)?;
            ended = hop.onward & LAST != 0;
            Some(hop)
        })
    }

    /// How many hops the nodes before `ix` have, and how many with it; the same nodes as for edges that are sorted by where they begin.
    pub(super) fn range(&self, ix: NodeIx) -> Option<(usize, usize)> {
        let ix = ix as usize;
        Some((*self.starts.get(ix)? as usize, *self.starts.get(ix + 1)? as usize))
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

/// A set of nodes, a bit each. Its memory is the thread's, which the next set takes over: a walk of a few nodes in a graph of many must
/// not clear room for all.
pub(super) struct Marks {
    words: Vec<u64>,
    set: Vec<NodeIx>,
}

thread_local! {
    /// Words that no set has, all zero, and empty lists.
    static SPARE: RefCell<Vec<(Vec<u64>, Vec<NodeIx>)>> = const { RefCell::new(Vec::new()) };
}

impl Marks {
    /// None of `count`.
    pub(super) fn none(count: usize) -> Marks {
        let (mut words, set) = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
        words.resize(words.len().max(count.div_ceil(64)), 0);
        Marks { words, set }
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
        let (mut words, mut set) = (std::mem::take(&mut self.words), std::mem::take(&mut self.set));
        set.drain(..).for_each(|ix| words[ix as usize / 64] = 0);
        // A thread that ends has no use for them.
        SPARE.try_with(|spare| spare.borrow_mut().push((words, set))).unwrap_or_default();
    }
}
