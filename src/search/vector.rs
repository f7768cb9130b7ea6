//! What an embedding model made of texts: vectors as values. Where they come from is not known here.

use super::best::Best;
use super::segment::GONE;
use super::sketch::Sketches;
use crate::graph::NodeIx;
use std::sync::Arc;

/// How far above the mean the best document must be to count fully: models that find everything similar are spread out, chance is not.
const LEAST_SPREAD: f32 = 0.1;
/// Documents whose vectors are compared in full; of the others the sketch does. Of 100,000 by chance alone, the ten nearest are among the
/// thousand that look nearest 99 times of 100.
const COMPARED: usize = 1_000;

/// The direction of an embedding, a byte for each dimension: a quarter of the memory, and the same order of neighbours.
#[derive(Clone, Debug, PartialEq)]
pub struct Vector {
    values: Box<[i8]>,
    length: f32,
}

impl Vector {
    /// Of what a model answered; `None` when that has no direction: no dimension, all zero, or not finite.
    pub fn new(values: &[f32]) -> Option<Vector> {
        let most = values.iter().fold(0f32, |most, v| if v.is_finite() { most.max(v.abs()) } else { f32::INFINITY });
        if most == 0.0 || !most.is_finite() {
            return None;
        }
        // Within ±127 by the division.
        Vector::of(values.iter().map(|v| (v / most * 127.0).round() as i8).collect())
    }

    /// Back from [`Vector::bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Vector> {
        Vector::of(bytes.iter().map(|b| b.cast_signed()).collect())
    }

    fn of(values: Box<[i8]>) -> Option<Vector> {
        let length = (dot(&values, &values) as f32).sqrt();
        (length > 0.0).then_some(Vector { values, length })
    }

    /// As the store keeps it: a byte for each dimension.
    pub fn bytes(&self) -> Vec<u8> {
        self.values.iter().map(|v| v.cast_unsigned()).collect()
    }

    /// How many dimensions it has.
    pub fn dimensions(&self) -> usize {
        self.values.len()
    }

    /// -1 to 1; 0 when the two are of different models, as far as their dimensions say.
    pub fn cosine(&self, other: &Vector) -> f32 {
        if self.values.len() != other.values.len() {
            return 0.0;
        }
        dot(&self.values, &other.values) as f32 / (self.length * other.length)
    }
}

// A product is below 2¹⁴, so a sum fits up to 100,000 dimensions; models have a few thousand.
fn dot(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

/// A document of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// An asset: what is neither a column nor a file.
    Asset(NodeIx),
    /// A passage, by its place in [`super::Index::chunks`].
    Passage(usize),
}

/// The vectors of an index's documents, as far as there are any.
#[derive(Debug, Default)]
pub struct Vectors {
    assets: Set,
    passages: Set,
    /// Documents that have none.
    pub lacking: usize,
}

/// Vectors of one number of dimensions, by the places of their documents.
#[derive(Debug, Default)]
struct Set {
    /// By place: the row, or [`GONE`].
    row: Vec<u32>,
    vectors: Vec<Arc<Vector>>,
    sketches: Sketches,
}

impl Vectors {
    /// Of each document of an index over `assets` nodes and `passages` passages, and its vector.
    pub fn new(assets: usize, passages: usize, all: impl Iterator<Item = (Document, Option<Arc<Vector>>)>) -> Vectors {
        let of = |places| Set { row: vec![GONE; places], ..Set::default() };
        let mut vectors = Vectors { assets: of(assets), passages: of(passages), lacking: 0 };
        for (document, vector) in all {
            match (vector, document) {
                (None, _) => vectors.lacking += 1,
                (Some(vector), Document::Asset(ix)) => vectors.assets.put(ix as usize, vector),
                (Some(vector), Document::Passage(at)) => vectors.passages.put(at, vector),
            }
        }
        vectors
    }

    /// Whether `vector` may be of the same model: whether it has as many dimensions.
    pub fn fit(&self, vector: &Vector) -> bool {
        let any = self.assets.vectors.iter().chain(&self.passages.vectors).next();
        any.is_some_and(|any| any.dimensions() == vector.dimensions())
    }

    /// Adds to the score of each of `assets` how near it is to `query`: `most` for the nearest, 0 for those that are not nearer than the mean.
    pub(super) fn assets(&self, query: &Vector, assets: &[NodeIx], most: f32, scores: &mut [f32]) {
        self.assets.near(query, assets, most, scores);
    }

    /// As [`Vectors::assets`], of passages.
    pub(super) fn passages(&self, query: &Vector, passages: &[u32], most: f32, scores: &mut [f32]) {
        self.passages.near(query, passages, most, scores);
    }
}

impl Set {
    fn put(&mut self, place: usize, vector: Arc<Vector>) {
        if self.vectors.first().is_none_or(|first| first.dimensions() == vector.dimensions()) {
            self.row[place] = self.vectors.len() as u32;
            self.sketches.push(&vector.values);
            self.vectors.push(vector);
        }
    }

    fn near(&self, query: &Vector, places: &[u32], most: f32, scores: &mut [f32]) {
        if self.vectors.first().is_none_or(|first| first.dimensions() != query.dimensions()) {
            return;
        }
        let mut cosines = self.sketches.cosines(&query.values);
        let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
        let row = |place: &u32| self.row.get(*place as usize).copied().filter(|row| *row != GONE).map(|row| row as usize);
        // Those that may come first, by all that is known of them: (score, row).
        let estimated = nearness(mean, cosines.iter().copied().fold(0.0, f32::max));
        let mut first = Best::new(COMPARED, |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0));
        for (place, score) in places.iter().zip(&*scores) {
            if let Some(row) = row(place) {
                first.add((score + most * estimated(cosines[row]), row));
            }
        }
        // An estimate that is not looked into is no better than the best that was.
        let exact: Vec<(usize, f32)> = first.sorted().into_iter().map(|(_, row)| (row, self.vectors[row].cosine(query))).collect();
        let best = exact.iter().map(|(_, cosine)| *cosine).fold(0.0, f32::max);
        exact.into_iter().for_each(|(row, cosine)| cosines[row] = cosine);
        let near = nearness(mean, best);
        places
            .iter()
            .zip(scores)
            .filter_map(|(place, score)| Some((row(place)?, score)))
            .for_each(|(row, score)| *score += most * near(cosines[row].min(best)));
    }
}

/// From a cosine to 1 for the best, 0 for what is no better than the mean.
fn nearness(mean: f32, best: f32) -> impl Fn(f32) -> f32 {
    let floor = mean.min(best - LEAST_SPREAD).max(0.0);
    let spread = (best - floor).max(LEAST_SPREAD);
    move |cosine| ((cosine - floor) / spread).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_a_dimension_keeps_the_cosine() {
        let a: Vec<f32> = (0..384).map(|i| (i as f32 * 0.37).sin()).collect();
        let b: Vec<f32> = (0..384).map(|i| (i as f32 * 0.37 + 0.8).sin() * 1e-6).collect();
        let length = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
        let exact = a.iter().zip(&b).map(|(a, b)| a * b).sum::<f32>() / (length(&a) * length(&b));
        let (a, b) = (Vector::new(&a).unwrap(), Vector::new(&b).unwrap());
        assert!((a.cosine(&b) - exact).abs() < 0.01, "{} {exact}", a.cosine(&b));
        assert_eq!(Vector::from_bytes(&a.bytes()), Some(a));
    }

    #[test]
    fn what_has_no_direction_is_no_vector_and_other_dimensions_are_not_compared() {
        for values in [&[][..], &[0.0, 0.0], &[1.0, f32::NAN], &[f32::INFINITY]] {
            assert_eq!(Vector::new(values), None, "{values:?}");
        }
        assert_eq!(Vector::from_bytes(&[0, 0]), None);
        assert_eq!(Vector::new(&[1.0]).unwrap().cosine(&Vector::new(&[1.0, 0.0]).unwrap()), 0.0);
    }

    fn set(vectors: impl IntoIterator<Item = Option<Vector>>) -> Set {
        let vectors: Vec<_> = vectors.into_iter().collect();
        let mut set = Set { row: vec![GONE; vectors.len()], ..Set::default() };
        vectors.into_iter().enumerate().for_each(|(place, vector)| vector.into_iter().for_each(|v| set.put(place, Arc::new(v))));
        set
    }

    #[test]
    fn the_nearest_counts_fully_and_what_is_no_nearer_than_the_mean_not_at_all() {
        let vector = |x: f32, y: f32| Vector::new(&[x, y]);
        let query = vector(1.0, 0.0).unwrap();
        let vectors = set([vector(1.0, 0.1), vector(1.0, 2.0), vector(0.0, 1.0), None, Vector::new(&[1.0])]);
        let mut scores = [0.0; 6];
        vectors.near(&query, &[0, 1, 2, 3, 4, u32::MAX], 1.0, &mut scores);
        assert!(scores[0] == 1.0 && scores[1] < 0.4 && scores[2..] == [0.0; 4], "{scores:?}");
        set([]).near(&query, &[0], 1.0, &mut scores[..1]);
        assert_eq!(scores[0], 1.0);
    }

    /// Spread normally enough: each the sum of the bytes of a generator's next number (splitmix64).
    fn noise(seed: u64) -> impl Iterator<Item = f32> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        std::iter::repeat_with(move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)).to_le_bytes().map(u32::from).iter().sum::<u32>() as f32 - 1020.0
        })
    }

    fn best(scores: &[f32]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        order.truncate(10);
        order
    }

    #[test]
    fn the_ten_nearest_of_many_are_found_without_comparing_all() {
        const DIMENSIONS: usize = 256;
        let centre = |n: u64| 1_000_000 + n % 50;
        let mixed = |a: u64, b: u64| noise(a).zip(noise(b)).map(|(a, b)| a + b);
        // All near one direction, and some dimensions much larger than others, as models have them.
        let steep = |n: u64| mixed(centre(n), n).zip(noise(7)).zip(1u16..).map(|((a, b), i)| (a + b) / f32::from(i).sqrt());
        type Spread<'a> = (&'static str, &'a dyn Fn(u64) -> Vec<f32>);
        let spreads: [Spread<'_>; 3] = [
            ("by chance", &|n| noise(n).take(DIMENSIONS).collect()),
            ("in clusters", &|n| mixed(centre(n), n).take(DIMENSIONS).collect()),
            ("in clusters, most in few dimensions", &|n| steep(n).take(DIMENSIONS).collect()),
        ];
        let places: Vec<u32> = (0..6 * COMPARED as u32).collect();
        for (name, vector) in spreads {
            let documents = set(places.iter().map(|n| Vector::new(&vector(u64::from(*n) + 100))));
            let (mut found, mut asked) = (0, 0);
            for n in 0..10 {
                let query = Vector::new(&vector(2_000_000 + n)).unwrap();
                let mut scores = vec![0.0; places.len()];
                documents.near(&query, &places, 1.0, &mut scores);
                let nearest = best(&documents.vectors.iter().map(|v| v.cosine(&query)).collect::<Vec<_>>());
                asked += nearest.len();
                found += nearest.iter().filter(|n| best(&scores).contains(n)).count();
            }
            assert!(found * 100 >= asked * 99, "{name}: {found} of {asked}");
        }
    }
}
