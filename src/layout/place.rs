//! Heights: every vertex as near as its layer's order allows to where its links would run straight.

use super::layer::Layered;
use super::{CARD_GAP, Picture, Port};
use std::collections::HashMap;

/// Sweeps to the right and back.
const SWEEPS: usize = 6;
/// A bend counts for so many cards, so that long links run straight and cards make way.
const BEND_WEIGHT: f64 = 4.0;
/// What a vertex counts for that no link pulls: it gives way to all that are.
const LOOSE_WEIGHT: f64 = 0.01;
/// Between a bend and what stands beside it.
const BEND_GAP: i32 = 10;

/// Which neighbours pull.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
    Both,
}

/// The upper edge of each card and the height of each bend, from 0. Vertices of one layer keep their order and a gap.
pub(super) fn place(graph: &Layered, picture: &Picture, cards: &[usize]) -> Vec<i32> {
    let height = |vertex: usize| cards.get(vertex).map_or(0.0, |card| f64::from(picture.cards[*card].height()));
    let falls = Falls::of(graph, picture, cards);
    let mut ys = vec![0.0; graph.rank.len()];
    let mut settle = |layer: usize, side: Side| {
        let mut blocks: Vec<Block> = Vec::new();
        let (mut stacked, mut offsets) = (0.0, Vec::new());
        for (at, vertex) in graph.layers[layer].iter().copied().enumerate() {
            if at > 0 {
                let above = graph.layers[layer][at - 1];
                let gap = if vertex.max(above) < cards.len() { CARD_GAP } else { BEND_GAP };
                stacked += height(above) + f64::from(gap);
            }
            offsets.push(stacked);
            let weight = if vertex < cards.len() { 1.0 } else { BEND_WEIGHT };
            let (wish, weight) = match falls.wish(graph, vertex, side, &ys) {
                Some(wish) => (wish, weight),
                None => (ys[vertex], LOOSE_WEIGHT),
            };
            let mut block = Block { wish: wish - stacked, weight, count: 1 };
            // Who would overlap stands together, at the mean of what both wish for.
            while let Some(above) = blocks.pop_if(|above| above.wish >= block.wish) {
                let weight = above.weight + block.weight;
                let wish = (above.wish * above.weight + block.wish * block.weight) / weight;
                block = Block { wish, weight, count: above.count + block.count };
            }
            blocks.push(block);
        }
        let settled = blocks.iter().flat_map(|block| std::iter::repeat_n(block.wish, block.count));
        for ((vertex, wish), offset) in graph.layers[layer].iter().zip(settled).zip(offsets) {
            ys[*vertex] = wish + offset;
        }
    };
    let last = graph.layers.len();
    for _ in 0..SWEEPS {
        (0..last).for_each(|layer| settle(layer, Side::Before));
        (0..last).rev().for_each(|layer| settle(layer, Side::After));
    }
    (0..last).for_each(|layer| settle(layer, Side::Both));
    let top = ys.iter().copied().fold(f64::INFINITY, f64::min);
    ys.iter().map(|y| (y - top).round() as i32).collect()
}

/// Vertices that stand together.
struct Block {
    /// Where they wish to stand: the upper edge of the first, less what stands above it in its layer.
    wish: f64,
    weight: f64,
    count: usize,
}

/// For each vertex and each of its neighbours: how far the right one's upper edge lies below the left one's when the links between run
/// straight, on average.
struct Falls {
    before: Vec<Vec<f64>>,
    after: Vec<Vec<f64>>,
}

impl Falls {
    fn of(graph: &Layered, picture: &Picture, cards: &[usize]) -> Falls {
        let vertex: HashMap<usize, usize> = cards.iter().enumerate().map(|(at, card)| (*card, at)).collect();
        let mut sums: HashMap<(usize, usize), (f64, f64)> = HashMap::new();
        for way in &graph.ways {
            let link = &picture.links[way.link];
            let (first, last) = if way.turned { (link.to, link.from) } else { (link.from, link.to) };
            let port = |port: Port| f64::from(picture.cards[port.card].port(port.row));
            let mut at = (vertex[&first.card], port(first));
            for next in way.bends.iter().map(|bend| (*bend, 0.0)).chain([(vertex[&last.card], port(last))]) {
                let sum = sums.entry((at.0, next.0)).or_insert((0.0, 0.0));
                *sum = (sum.0 + at.1 - next.1, sum.1 + 1.0);
                at = next;
            }
        }
        let fall = |left: usize, right: usize| sums.get(&(left, right)).map_or(0.0, |(sum, count)| sum / count);
        let of = |lists: &[Vec<usize>], fall: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            lists.iter().enumerate().map(|(v, list)| list.iter().map(|n| fall(v, *n)).collect()).collect()
        };
        Falls { before: of(&graph.before, &|v, n| fall(n, v)), after: of(&graph.after, &|v, n| fall(v, n)) }
    }

    /// Where its neighbours on this side pull the vertex; `None` without any.
    fn wish(&self, graph: &Layered, vertex: usize, side: Side, ys: &[f64]) -> Option<f64> {
        let mean = |neighbours: &[usize], falls: &[f64], sign: f64| {
            let sum: f64 = neighbours.iter().zip(falls).map(|(v, fall)| ys[*v] + sign * fall).sum();
            (!neighbours.is_empty()).then(|| sum / neighbours.len() as f64)
        };
        let before = || mean(&graph.before[vertex], &self.before[vertex], 1.0);
        let after = || mean(&graph.after[vertex], &self.after[vertex], -1.0);
        match side {
            Side::Before => before(),
            Side::After => after(),
            Side::Both => match (before(), after()) {
                (Some(before), Some(after)) => Some((before + after) / 2.0),
                (before, after) => before.or(after),
            },
        }
    }
}
