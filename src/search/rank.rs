//! Scoring: BM25 over weighted fields, cosine of character n-grams.
//!
//! A collection is a list of segments that never change and are shared from one version of it to the next. What depends on all of it
//! (how rare a word is, how long fields are) is counted over the documents alive when it is asked, so that scores are those of a
//! collection made anew, however it came to be.

use super::segment::{Builder, FIELDS, FULL, GONE, Segment};
use super::tokens;
use super::words::{Key, grams, key};
use std::collections::HashMap;
use std::sync::Arc;

/// BM25: how fast repeating a word stops to matter.
const K1: f32 = 1.2;
/// BM25: how much a long field is worth less.
const B: f32 = 0.75;
/// The weights of a document's fields.
const WEIGHTS: [f32; FIELDS] = [3.0, 1.0, 0.6];
/// A segment is merged into the one before it unless that one has more than so many times as many documents alive, or both would be more
/// than [`MOST`]: a question looks into few segments, and of documents that come one by one each is merged only so often as a doubling takes.
const RATIO: usize = 2;
/// Postings of a merged segment: less than two full ones, more than one with what is left of another.
const MOST: usize = 2 * FULL;

/// A collection of documents with comparable scores. Each document is known by the number that its owner gave it.
#[derive(Debug, Default)]
pub(super) struct Collection {
    segments: Vec<Arc<Segment>>,
    /// By document, segment after segment: its owner's number for it, or [`GONE`].
    pub owners: Vec<u32>,
    /// Documents that are not gone.
    alive: usize,
    /// By document: what a word in each field counts, by the field's weight and by its length beside the mean of the documents alive.
    worth: Vec<[f32; FIELDS]>,
}

impl Collection {
    /// The same with the documents that `now` gives a number, under that, and those of `fresh`.
    pub(super) fn update(&self, now: impl Fn(u32) -> Option<u32>, fresh: Builder) -> Collection {
        let owner = |old: &u32| if *old == GONE { GONE } else { now(*old).unwrap_or(GONE) };
        let mut owners: Vec<u32> = self.owners.iter().map(owner).collect();
        let mut segments = self.segments.clone();
        let (made, added) = fresh.build();
        segments.extend(made.into_iter().map(Arc::new));
        owners.extend(added);
        let (segments, owners) = compact(segments, owners);
        let mut totals = [0u64; FIELDS];
        let mut alive = 0;
        let documents = segments.iter().flat_map(|s| &s.lengths).zip(&owners);
        for (lengths, _) in documents.filter(|(_, owner)| **owner != GONE) {
            alive += 1;
            totals.iter_mut().zip(lengths).for_each(|(total, length)| *total += u64::from(*length));
        }
        let average = totals.map(|total| (total as f32 / alive.max(1) as f32).max(1.0));
        let worth = |of: &[u32; FIELDS]| std::array::from_fn(|f| WEIGHTS[f] / (1.0 - B + B * of[f] as f32 / average[f]));
        let worth = segments.iter().flat_map(|s| &s.lengths).map(worth).collect();
        Collection { segments, owners, alive, worth }
    }

    /// Whether the name of some document holds this word.
    pub(super) fn names_something(&self, term: &str) -> bool {
        let key = key(term);
        let mut having = self.having(|s| s.terms.get(key));
        having.any(|(start, docs, counts)| docs.iter().zip(counts).any(|(doc, counts)| counts[0] > 0 && self.is_alive(start, *doc)))
    }

    /// The owners' numbers of the documents that hold this word.
    pub(super) fn holding(&self, term: &str) -> impl Iterator<Item = u32> {
        let key = key(term);
        let having = self.having(move |s| s.terms.get(key));
        having
            .flat_map(move |(start, docs, _)| docs.iter().map(move |doc| self.owners[start + *doc as usize]))
            .filter(|owner| *owner != GONE)
    }

    /// BM25 of every document against `terms`, each counted once.
    pub(super) fn bm25(&self, terms: &[String]) -> Vec<f32> {
        let mut keys: Vec<Key> = terms.iter().map(|t| key(t)).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut scores = vec![0f32; self.owners.len()];
        for key in keys {
            let having = self.having(|s| s.terms.get(key));
            let rare = self.rarity(having.clone());
            for (start, docs, counts) in having {
                let (scores, worth) = (&mut scores[start..], &self.worth[start..]);
                for (doc, counts) in docs.iter().zip(counts) {
                    let weight: f32 = counts.iter().zip(worth[*doc as usize]).map(|(count, worth)| f32::from(*count) * worth).sum();
                    scores[*doc as usize] += rare * weight * (K1 + 1.0) / (weight + K1);
                }
            }
        }
        self.forget(scores)
    }

    /// Cosine of the character n-grams of every document against those of `words`.
    ///
    /// Only the question's n-grams are weighted by how rare they are, so that a document's length does not change with its neighbours;
    /// squared, as if it were done on both sides.
    pub(super) fn cosine(&self, words: &[String]) -> Vec<f32> {
        let mut counts: HashMap<Key, f32> = HashMap::new();
        words.iter().flat_map(|w| grams(w)).for_each(|gram| *counts.entry(gram).or_default() += 1.0);
        let mut grams: Vec<(Key, f32)> = counts.into_iter().collect();
        grams.sort_unstable_by_key(|(key, _)| *key);
        let mut scores = vec![0f32; self.owners.len()];
        let mut square = 0.0;
        for (key, count) in grams {
            let having = self.having(|s| s.grams.get(key));
            let weight = (1.0 + count.ln()) * self.rarity(having.clone()).powi(2);
            square += weight * weight;
            for (start, docs, weights) in having {
                let scores = &mut scores[start..];
                docs.iter().zip(weights).for_each(|(doc, w)| scores[*doc as usize] += weight * w);
            }
        }
        let length = square.sqrt().max(f32::MIN_POSITIVE);
        scores.iter_mut().for_each(|s| *s /= length);
        self.forget(scores)
    }

    /// What `postings` says, by segment: the place of its first document, documents, and a weight for each.
    fn having<'a, W: 'a>(
        &'a self,
        postings: impl Fn(&'a Segment) -> (&'a [u32], &'a [W]) + Clone,
    ) -> impl Iterator<Item = (usize, &'a [u32], &'a [W])> + Clone {
        let starts = self.segments.iter().scan(0, |start, s| Some(std::mem::replace(start, *start + s.lengths.len())));
        self.segments.iter().zip(starts).map(move |(segment, start)| {
            let (docs, weights) = postings(segment);
            (start, docs, weights)
        })
    }

    fn is_alive(&self, start: usize, doc: u32) -> bool {
        self.owners[start + doc as usize] != GONE
    }

    /// No score for what is gone: one pass at the end, in the place of a look at every posting.
    fn forget(&self, mut scores: Vec<f32>) -> Vec<f32> {
        if self.alive < self.owners.len() {
            scores.iter_mut().zip(&self.owners).filter(|(_, owner)| **owner == GONE).for_each(|(score, _)| *score = 0.0);
        }
        scores
    }

    /// How much a word counts that so many documents alive hold.
    fn rarity<'a, W: 'a>(&self, having: impl Iterator<Item = (usize, &'a [u32], &'a [W])>) -> f32 {
        let all = self.alive == self.owners.len();
        let alive = |start, docs: &[u32]| if all { docs.len() } else { docs.iter().filter(|doc| self.is_alive(start, **doc)).count() };
        let having = having.map(|(start, docs, _)| alive(start, docs)).sum::<usize>() as f32;
        (1.0 + (self.alive as f32 - having + 0.5) / (having + 0.5)).ln()
    }
}

/// Merges segments that are small for those before them, and leaves out of those that are mostly gone what is.
fn compact(segments: Vec<Arc<Segment>>, owners: Vec<u32>) -> (Vec<Arc<Segment>>, Vec<u32>) {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut rest = &owners[..];
    for segment in segments.iter().rev() {
        let (before, of) = rest.split_at(rest.len() - segment.lengths.len());
        rest = before;
        let alive = of.iter().filter(|owner| **owner != GONE).count();
        let postings = segment.postings() * alive / of.len();
        match groups.last_mut().filter(|after| after.alive * RATIO >= alive && after.postings + postings < MOST) {
            Some(group) => {
                group.parts.push((segment, of));
                group.alive += alive;
                group.postings += postings;
            }
            None => groups.push(Group { parts: vec![(segment, of)], alive, postings }),
        }
    }
    if groups.iter().all(Group::stays) {
        return (segments, owners);
    }
    let (mut compacted, mut owned) = (Vec::with_capacity(groups.len()), Vec::with_capacity(owners.len()));
    for group in groups.iter_mut().rev() {
        let all = group.stays();
        group.parts.reverse();
        let owners = group.parts.iter().flat_map(|(_, owners)| *owners);
        owned.extend(owners.filter(|owner| all || **owner != GONE));
        compacted.extend(if all { Some(group.parts[0].0.clone()) } else { group.merged() });
    }
    (compacted, owned)
}

/// Segments that follow each other and are to be one, the last first, with the owners of their documents.
struct Group<'a> {
    parts: Vec<(&'a Arc<Segment>, &'a [u32])>,
    /// Documents alive.
    alive: usize,
    /// Postings of these, about.
    postings: usize,
}

impl Group<'_> {
    /// A single segment that is not mostly gone.
    fn stays(&self) -> bool {
        matches!(&self.parts[..], [(_, owners)] if self.alive * RATIO >= owners.len())
    }

    /// What is alive, in one; `None` when nothing is.
    fn merged(&self) -> Option<Arc<Segment>> {
        let mut next = 0;
        let mut number = |owner: &u32| {
            let here = if *owner == GONE { GONE } else { next };
            next += u32::from(*owner != GONE);
            here
        };
        let numbers: Vec<Vec<u32>> = self.parts.iter().map(|(_, owners)| owners.iter().map(&mut number).collect()).collect();
        let parts: Vec<(&Segment, &[u32])> = self.parts.iter().zip(&numbers).map(|((part, _), now)| (&***part, &now[..])).collect();
        (self.alive > 0).then(|| Segment::merge(&parts).into())
    }
}

/// The stems that count in a query: without stop words, unless these name something or nothing else is left.
pub(super) fn query_terms(collection: &Collection, words: &[String]) -> Vec<String> {
    words.iter().filter(|w| counts(collection, w)).map(|w| tokens::stem(w)).collect()
}

/// Whether a word of a query counts.
pub(super) fn counts(collection: &Collection, word: &str) -> bool {
    !tokens::is_stop_word(word) || collection.names_something(&tokens::stem(word))
}

/// Divides by the highest, so that the best is 1; when even the highest is below `least`, by that.
pub(super) fn normalise_by_best(scores: &mut [f32], least: f32) {
    let best = scores.iter().copied().fold(least, f32::max);
    scores.iter_mut().for_each(|s| *s /= best);
}
