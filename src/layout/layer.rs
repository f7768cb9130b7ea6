//! Layers: which cards stand above each other, with every link going to the next layer.

use super::Picture;
use std::collections::{BTreeMap, BTreeSet};

/// A connected part in layers. Its vertices are its cards, in their order, and then bends: where links pass a layer.
#[derive(Debug, Default)]
pub(super) struct Layered {
    /// The layer of each vertex.
    pub(super) rank: Vec<usize>,
    /// Vertices of each layer, from top to bottom.
    pub(super) layers: Vec<Vec<usize>>,
    /// Of each vertex: neighbours in the layer before.
    pub(super) before: Vec<Vec<usize>>,
    /// Of each vertex: neighbours in the layer after.
    pub(super) after: Vec<Vec<usize>>,
    pub(super) ways: Vec<Way>,
}

/// What a link passes.
#[derive(Debug)]
pub(super) struct Way {
    /// Index into [`Picture::links`].
    pub(super) link: usize,
    /// Bends between its two ends, from left to right.
    pub(super) bends: Vec<usize>,
    /// It runs from right to left.
    pub(super) turned: bool,
}

impl Layered {
    /// How many segments lie between this layer and the next.
    pub(super) fn segments_after(&self, layer: usize) -> usize {
        self.layers[layer].iter().map(|v| self.after[*v].len()).sum()
    }
}

/// Puts `cards` of the picture in layers.
pub(super) fn layered(picture: &Picture, cards: &[usize]) -> Layered {
    let vertex: BTreeMap<usize, usize> = cards.iter().enumerate().map(|(at, card)| (*card, at)).collect();
    let ends = |link: &super::Link| Some((*vertex.get(&link.from.card)?, *vertex.get(&link.to.card)?));
    let links = picture.links.iter().enumerate().filter_map(|(at, link)| Some((at, ends(link)?)));
    let links: Vec<(usize, (usize, usize))> = links.filter(|(_, (from, to))| from != to).collect();
    let mut arcs: BTreeSet<(usize, usize)> = links.iter().map(|(_, arc)| *arc).collect();
    let turned = turn(cards.len(), &mut arcs);
    let (mut before, mut after) = (vec![Vec::new(); cards.len()], vec![Vec::new(); cards.len()]);
    for (from, to) in &arcs {
        after[*from].push(*to);
        before[*to].push(*from);
    }
    let rank = ranks(&before, &after);
    let mut graph = Layered { before: vec![Vec::new(); cards.len()], after: vec![Vec::new(); cards.len()], ..Layered::default() };
    graph.layers = vec![Vec::new(); rank.iter().max().map_or(0, |most| most + 1)];
    for (vertex, rank) in rank.iter().enumerate() {
        graph.layers[*rank].push(vertex);
    }
    graph.rank = rank;
    // All links of a card share their bends, so that there are as many as cards and layers and not as links and layers.
    let mut bends: Vec<Vec<usize>> = vec![Vec::new(); cards.len()];
    for (from, to) in &arcs {
        let mut last = *from;
        for layer in graph.rank[*from] + 1..graph.rank[*to] {
            let passed = layer - graph.rank[*from] - 1;
            if passed == bends[*from].len() {
                let bend = graph.bend(layer);
                bends[*from].push(bend);
                graph.connect(last, bend);
            }
            last = bends[*from][passed];
        }
        graph.connect(last, *to);
    }
    let ways = links.into_iter().map(|(link, (from, to))| {
        let turned = turned.contains(&(from, to));
        let (from, to) = if turned { (to, from) } else { (from, to) };
        Way { link, bends: bends[from][..graph.rank[to] - graph.rank[from] - 1].to_vec(), turned }
    });
    graph.ways = ways.collect();
    graph
}

impl Layered {
    fn bend(&mut self, layer: usize) -> usize {
        let bend = self.rank.len();
        self.rank.push(layer);
        self.layers[layer].push(bend);
        self.before.push(Vec::new());
        self.after.push(Vec::new());
        bend
    }

    fn connect(&mut self, from: usize, to: usize) {
        self.after[from].push(to);
        self.before[to].push(from);
    }
}

/// Turns round, in `arcs`, those that close a cycle, and gives them as they were: a walk in depth that begins where data comes from
/// turns what leads back to where it has come by.
fn turn(vertices: usize, arcs: &mut BTreeSet<(usize, usize)>) -> BTreeSet<(usize, usize)> {
    let (mut after, mut fed) = (vec![Vec::new(); vertices], vec![false; vertices]);
    for (from, to) in arcs.iter() {
        after[*from].push(*to);
        fed[*to] = true;
    }
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    let mut seen = vec![Seen::No; vertices];
    let mut turned = BTreeSet::new();
    let starts = (0..vertices).filter(|v| !fed[*v]).chain((0..vertices).filter(|v| fed[*v]));
    for start in starts {
        if seen[start] != Seen::No {
            continue;
        }
        seen[start] = Seen::Open;
        let mut way = vec![(start, 0)];
        while let Some((at, next)) = way.last_mut() {
            let at = *at;
            let Some(to) = after[at].get(*next).copied() else {
                seen[at] = Seen::Done;
                way.pop();
                continue;
            };
            *next += 1;
            match seen[to] {
                Seen::Open => drop(turned.insert((at, to))),
                Seen::No => {
                    seen[to] = Seen::Open;
                    way.push((to, 0));
                }
                Seen::Done => {}
            }
        }
    }
    for (from, to) in &turned {
        arcs.remove(&(*from, *to));
        arcs.insert((*to, *from));
    }
    turned
}

/// The layer of each vertex: as far left as what feeds it allows, then as near to what it feeds as that allows.
fn ranks(before: &[Vec<usize>], after: &[Vec<usize>]) -> Vec<usize> {
    let mut waits: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..before.len()).filter(|v| waits[*v] == 0).collect();
    let mut rank = vec![0; before.len()];
    let mut done = 0;
    while let Some(at) = order.get(done).copied() {
        done += 1;
        for to in &after[at] {
            rank[*to] = rank[*to].max(rank[at] + 1);
            waits[*to] -= 1;
            if waits[*to] == 0 {
                order.push(*to);
            }
        }
    }
    for at in order.iter().rev().copied().filter(|v| after[*v].len() >= before[*v].len()) {
        if let Some(nearest) = after[at].iter().map(|to| rank[*to]).min() {
            rank[at] = nearest - 1;
        }
    }
    rank
}
