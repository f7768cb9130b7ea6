//! Scoring: BM25 over weighted fields, cosine of character n-grams, over one inverted index each.

use std::collections::HashMap;

/// BM25: how fast repeating a word stops to matter.
const K1: f32 = 1.2;
/// BM25: how much a long field is worth less.
const B: f32 = 0.75;

/// From a key (the hash of a word or n-gram) to the documents that hold it. Arrays, not maps: eight bytes a posting.
#[derive(Debug, Default)]
struct Postings {
    keys: Vec<u64>,
    starts: Vec<u32>,
    docs: Vec<u32>,
    weights: Vec<f32>,
}

impl Postings {
    /// Of (key, document, weight), sorted, each key and document once.
    fn build(sorted: &[(u64, u32, f32)]) -> Postings {
        let mut p = Postings { docs: Vec::with_capacity(sorted.len()), weights: Vec::with_capacity(sorted.len()), ..Postings::default() };
        for (at, (key, doc, weight)) in sorted.iter().enumerate() {
            if p.keys.last() != Some(key) {
                p.keys.push(*key);
                p.starts.push(at as u32);
            }
            p.docs.push(*doc);
            p.weights.push(*weight);
        }
        p.starts.push(sorted.len() as u32);
        p
    }

    fn get(&self, key: u64) -> impl ExactSizeIterator<Item = (u32, f32)> {
        let range = match self.keys.binary_search(&key) {
            Ok(at) => self.starts[at] as usize..self.starts[at + 1] as usize,
            Err(_) => 0..0,
        };
        self.docs[range.clone()].iter().copied().zip(self.weights[range].iter().copied())
    }
}

/// Fields of a document, most telling first, each with its weight.
pub(super) const FIELDS: [f32; 3] = [3.0, 1.0, 0.6];

/// A collection of documents with comparable scores.
#[derive(Debug, Default)]
pub(super) struct Collection {
    docs: usize,
    terms: Postings,
    grams: Postings,
    /// Words of the first field, sorted.
    named: Vec<u64>,
}

/// A document as it is added: the terms of each field, and the folded words whose n-grams count.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub fields: [Vec<String>; 3],
    pub spelled: Vec<String>,
}

/// Collects documents.
#[derive(Debug, Default)]
pub(super) struct Builder {
    lengths: Vec<[u32; 3]>,
    terms: Vec<(u64, u32, u8)>,
    grams: Vec<(u64, u32, f32)>,
}

impl Builder {
    pub(super) fn add(&mut self, document: &Document) {
        let doc = self.lengths.len() as u32;
        let mut lengths = [0; 3];
        for (field, terms) in document.fields.iter().enumerate() {
            lengths[field] = terms.len() as u32;
            self.terms.extend(terms.iter().map(|t| (key(t), doc, field as u8)));
        }
        self.lengths.push(lengths);
        self.grams.extend(count_grams(&document.spelled).into_iter().map(|(gram, count)| (gram, doc, count)));
    }

    pub(super) fn build(mut self) -> Collection {
        let docs = self.lengths.len();
        let mut average = [0f32; 3];
        for (field, average) in average.iter_mut().enumerate() {
            let total: u64 = self.lengths.iter().map(|l| u64::from(l[field])).sum();
            *average = (total as f32 / docs.max(1) as f32).max(1.0);
        }
        self.terms.sort_unstable();
        let mut named: Vec<u64> = self.terms.iter().filter(|(_, _, field)| *field == 0).map(|(key, ..)| *key).collect();
        named.dedup();
        let mut weighted: Vec<(u64, u32, f32)> = Vec::new();
        for (key, doc, field) in self.terms {
            let length = self.lengths[doc as usize][field as usize] as f32;
            let weight = FIELDS[field as usize] / (1.0 - B + B * length / average[field as usize]);
            match weighted.last_mut() {
                Some((k, d, sum)) if (*k, *d) == (key, doc) => *sum += weight,
                _ => weighted.push((key, doc, weight)),
            }
        }
        weighted.iter_mut().for_each(|(.., w)| *w = *w * (K1 + 1.0) / (*w + K1));
        Collection { docs, terms: Postings::build(&weighted), grams: normalise(self.grams, docs), named }
    }
}

/// Weights n-grams by how rare they are and gives every document the length 1.
fn normalise(mut grams: Vec<(u64, u32, f32)>, docs: usize) -> Postings {
    grams.sort_unstable_by_key(|(key, doc, _)| (*key, *doc));
    let mut squares = vec![0f32; docs];
    for of_key in grams.chunk_by_mut(|a, b| a.0 == b.0) {
        let rare = rarity(docs, of_key.len());
        for (_, doc, weight) in of_key {
            *weight *= rare;
            squares[*doc as usize] += *weight * *weight;
        }
    }
    grams.iter_mut().for_each(|(_, doc, weight)| *weight /= squares[*doc as usize].sqrt().max(f32::MIN_POSITIVE));
    Postings::build(&grams)
}

fn rarity(docs: usize, having: usize) -> f32 {
    (1.0 + (docs as f32 - having as f32 + 0.5) / (having as f32 + 0.5)).ln()
}

impl Collection {
    /// Whether the name of some document holds this word.
    pub(super) fn names_something(&self, term: &str) -> bool {
        self.named.binary_search(&key(term)).is_ok()
    }

    /// BM25 of every document against `terms`, each counted once.
    pub(super) fn bm25(&self, terms: &[String]) -> Vec<f32> {
        let mut scores = vec![0f32; self.docs];
        let mut keys: Vec<u64> = terms.iter().map(|t| key(t)).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let postings = self.terms.get(key);
            let rare = rarity(self.docs, postings.len());
            postings.for_each(|(doc, weight)| scores[doc as usize] += rare * weight);
        }
        scores
    }

    /// Cosine of the character n-grams of every document against those of `words`.
    pub(super) fn cosine(&self, words: &[String]) -> Vec<f32> {
        let mut scores = vec![0f32; self.docs];
        let mut grams: Vec<(u64, f32)> = count_grams(words).into_iter().collect();
        grams.sort_unstable_by_key(|(key, _)| *key);
        let mut square = 0.0;
        for (key, count) in grams {
            let postings = self.grams.get(key);
            let weight = count * rarity(self.docs, postings.len());
            square += weight * weight;
            postings.for_each(|(doc, w)| scores[doc as usize] += weight * w);
        }
        let length = square.sqrt().max(f32::MIN_POSITIVE);
        scores.iter_mut().for_each(|s| *s /= length);
        scores
    }
}

/// Divides by the highest, so that the best is 1; when even the highest is below `least`, by that.
pub(super) fn normalise_by_best(scores: &mut [f32], least: f32) {
    let best = scores.iter().copied().fold(least, f32::max);
    scores.iter_mut().for_each(|s| *s /= best);
}

/// The 3- to 5-grams of the words, their ends marked, with damped counts.
fn count_grams(words: &[String]) -> HashMap<u64, f32> {
    let mut counts: HashMap<u64, f32> = HashMap::new();
    for word in words {
        let marked: Vec<char> = std::iter::once(' ').chain(word.chars()).chain(std::iter::once(' ')).collect();
        for size in 3..=5 {
            for gram in marked.windows(size) {
                *counts.entry(hash(gram.iter().map(|c| u64::from(*c)))).or_default() += 1.0;
            }
        }
    }
    counts.values_mut().for_each(|c| *c = 1.0 + c.ln());
    counts
}

fn key(term: &str) -> u64 {
    hash(term.bytes().map(u64::from))
}

/// FNV-1a of 64 bits: a collision costs a wrong posting, once in 10¹⁰ words.
fn hash(items: impl Iterator<Item = u64>) -> u64 {
    items.fold(0xcbf2_9ce4_8422_2325, |h, item| (h ^ item).wrapping_mul(0x0000_0100_0000_01b3))
}
