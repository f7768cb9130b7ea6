//! Which assets lift each other.

use super::segment::GONE;
use super::words::Hashed;
use crate::graph::{Graph, NodeIx};
use crate::lineage::Relation;
use std::collections::HashMap;

/// How much a schema's best assets lift the others of it: of the mean of its best three.
pub(super) const GROUP_LIFT: f32 = 0.5;
/// How much the best asset joined by a foreign key lifts.
pub(super) const JOIN_LIFT: f32 = 0.3;

/// Which assets lift each other.
#[derive(Debug, Default)]
pub(super) struct Neighbourhood {
    /// By place: the schema of the asset, or the file that defines it when its name has none.
    group: Vec<u32>,
    groups: usize,
    /// Pairs of places joined by a foreign key, both ways, sorted.
    joined: Vec<(u32, u32)>,
}

impl Neighbourhood {
    /// Of the nodes at `places`, some of which may be [`GONE`].
    pub(super) fn new(graph: &Graph, places: &[NodeIx]) -> Neighbourhood {
        let assets = || places.iter().zip(0..).filter(|(ix, _)| **ix != GONE);
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut group = vec![0; places.len()];
        for (ix, at) in assets() {
            let node = graph.node(*ix);
            let file = || node.defined.first().map_or("", |e| &e.file_id);
            let schema = node.stem().rsplit_once('.').map_or_else(file, |(schema, _)| schema);
            let next = numbers.len() as u32;
            group[at as usize] = *numbers.entry(schema).or_insert(next);
        }
        let place: HashMap<NodeIx, u32, Hashed> = assets().map(|(ix, at)| (*ix, at)).collect();
        let stated = assets().flat_map(|(ix, _)| graph.outgoing(*ix)).map(|e| graph.edge(e));
        let references = stated.filter(|e| e.relation == Relation::References && e.from != e.to);
        let mut joined: Vec<(u32, u32)> =
            references.filter_map(|e| Some((*place.get(&e.from)?, *place.get(&e.to)?))).flat_map(|(a, b)| [(a, b), (b, a)]).collect();
        joined.sort_unstable();
        Neighbourhood { group, groups: numbers.len().max(1), joined }
    }

    /// Each score with what its schema and its foreign keys add.
    pub(super) fn lift(&self, scores: &[f32]) -> Vec<f32> {
        let mut top = vec![[0f32; 3]; self.groups];
        for (score, group) in scores.iter().zip(&self.group) {
            let best = &mut top[*group as usize];
            if *score > best[2] {
                best[2] = *score;
                best.sort_unstable_by(|a, b| b.total_cmp(a));
            }
        }
        let mut lifted: Vec<f32> =
            scores.iter().zip(&self.group).map(|(s, g)| s + GROUP_LIFT * top[*g as usize].iter().sum::<f32>() / 3.0).collect();
        for pairs in self.joined.chunk_by(|a, b| a.0 == b.0) {
            let best = pairs.iter().map(|(_, other)| scores[*other as usize]).fold(0.0, f32::max);
            lifted[pairs[0].0 as usize] += JOIN_LIFT * best;
        }
        lifted
    }
}
