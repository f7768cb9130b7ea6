//! What an embedding model made of texts: vectors as values. Where they come from is not known here.

use crate::graph::NodeIx;
use std::sync::Arc;

/// How far above the mean the best document must be to count fully: models that find everything similar are spread out, chance is not.
const LEAST_SPREAD: f32 = 0.1;

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
    assets: Vec<Option<Arc<Vector>>>,
    passages: Vec<Option<Arc<Vector>>>,
    /// Documents that have none.
    pub lacking: usize,
}

impl Vectors {
    /// Of each document of an index over `assets` nodes and `passages` passages, and its vector.
    pub fn new(assets: usize, passages: usize, all: impl Iterator<Item = (Document, Option<Arc<Vector>>)>) -> Vectors {
        let mut vectors = Vectors { assets: vec![None; assets], passages: vec![None; passages], lacking: 0 };
        for (document, vector) in all {
            vectors.lacking += usize::from(vector.is_none());
            match document {
                Document::Asset(ix) => vectors.assets[ix as usize] = vector,
                Document::Passage(at) => vectors.passages[at] = vector,
            }
        }
        vectors
    }

    /// Whether `vector` may be of the same model: whether it has as many dimensions.
    pub fn fit(&self, vector: &Vector) -> bool {
        let any = self.assets.iter().chain(&self.passages).flatten().next();
        any.is_some_and(|any| any.dimensions() == vector.dimensions())
    }

    /// How near each of `assets` is to `query`: 1 the nearest, 0 those that are not nearer than the mean.
    pub(super) fn assets(&self, query: &Vector, assets: &[NodeIx]) -> Vec<f32> {
        near(query, &self.assets, assets)
    }

    /// As [`Vectors::assets`], of passages.
    pub(super) fn passages(&self, query: &Vector, passages: &[u32]) -> Vec<f32> {
        near(query, &self.passages, passages)
    }
}

fn near(query: &Vector, vectors: &[Option<Arc<Vector>>], places: &[u32]) -> Vec<f32> {
    let cosine = |at: &u32| vectors.get(*at as usize)?.as_ref().filter(|v| v.dimensions() == query.dimensions()).map(|v| v.cosine(query));
    let cosines: Vec<Option<f32>> = places.iter().map(cosine).collect();
    let there = || cosines.iter().flatten().copied();
    let best = there().fold(0.0, f32::max);
    let mean = there().sum::<f32>() / there().count().max(1) as f32;
    let floor = mean.min(best - LEAST_SPREAD).max(0.0);
    let spread = (best - floor).max(LEAST_SPREAD);
    cosines.into_iter().map(|cosine| cosine.map_or(0.0, |c| ((c - floor) / spread).max(0.0))).collect()
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

    #[test]
    fn the_nearest_counts_fully_and_what_is_no_nearer_than_the_mean_not_at_all() {
        let vector = |x: f32, y: f32| Vector::new(&[x, y]).map(Arc::new);
        let query = Vector::new(&[1.0, 0.0]).unwrap();
        let vectors = [vector(1.0, 0.1), vector(1.0, 2.0), vector(0.0, 1.0), None, Vector::new(&[1.0]).map(Arc::new)];
        let scores = near(&query, &vectors, &[0, 1, 2, 3, 4, u32::MAX]);
        assert!(scores[0] == 1.0 && scores[1] < 0.1 && scores[2..] == [0.0; 4], "{scores:?}");
        assert_eq!(near(&query, &[], &[0]), [0.0]);
    }
}
