//! Inverted indexes that never change: built of documents, merged of others.

use super::words::{Key, Words};

/// Fields of a document, most telling first.
pub(super) const FIELDS: usize = 3;

/// How often each field of a document holds a term; what is more than fits counts as much as fits.
pub(super) type Counts = [u16; FIELDS];

/// What takes the place of a document's number when the document is gone.
pub(super) const GONE: u32 = u32::MAX;

/// Postings of a segment that is not added to: what it takes to make one or to merge two does not grow with the project, and a place
/// among them fits 32 bits. A question looks into one for each so many, which costs a search among its keys.
pub(super) const FULL: usize = if cfg!(test) { 100 } else { 1 << 19 };

/// From a key to the documents that hold it. Arrays, not maps: ten bytes a posting at most.
#[derive(Debug)]
pub(super) struct Postings<W> {
    keys: Vec<Key>,
    starts: Vec<u32>,
    docs: Vec<u32>,
    weights: Vec<W>,
}

impl<W: Copy + Default> Postings<W> {
    /// Of (number of the key, document, weight), in order of document.
    fn build(keys: &[Key], entries: &[(u32, u32, W)]) -> Postings<W> {
        let mut order: Vec<u32> = (0..keys.len() as u32).collect();
        order.sort_unstable_by_key(|number| keys[*number as usize]);
        let mut having = vec![0u32; keys.len()];
        entries.iter().for_each(|(number, ..)| having[*number as usize] += 1);
        // From here on `having` is where the next posting of each key goes.
        let mut starts = Vec::with_capacity(keys.len() + 1);
        let mut at = 0;
        for number in &order {
            starts.push(at);
            at += std::mem::replace(&mut having[*number as usize], at);
        }
        starts.push(at);
        let (mut docs, mut weights) = (vec![0; entries.len()], vec![W::default(); entries.len()]);
        for (number, doc, weight) in entries {
            let slot = &mut having[*number as usize];
            (docs[*slot as usize], weights[*slot as usize]) = (*doc, *weight);
            *slot += 1;
        }
        Postings { keys: order.iter().map(|number| keys[*number as usize]).collect(), starts, docs, weights }
    }

    /// Of others, each with the new numbers of its documents, which grow from one to the next.
    fn merge(parts: &[(&Postings<W>, &[u32])]) -> Postings<W> {
        let mut sources: Vec<(Key, u32, u32)> = Vec::new();
        for (part, (postings, _)) in parts.iter().enumerate() {
            sources.extend(postings.keys.iter().enumerate().map(|(at, key)| (*key, part as u32, at as u32)));
        }
        sources.sort_unstable();
        let most = parts.iter().map(|(p, _)| p.docs.len()).sum();
        let mut merged = Postings { keys: Vec::new(), starts: vec![0], docs: Vec::with_capacity(most), weights: Vec::with_capacity(most) };
        for of_key in sources.chunk_by(|a, b| a.0 == b.0) {
            for (_, part, at) in of_key {
                let (postings, now) = &parts[*part as usize];
                let (docs, weights) = postings.at(*at as usize);
                for (doc, weight) in docs.iter().zip(weights).filter(|(doc, _)| now[**doc as usize] != GONE) {
                    merged.docs.push(now[*doc as usize]);
                    merged.weights.push(*weight);
                }
            }
            if merged.docs.len() as u32 > merged.starts[merged.keys.len()] {
                merged.keys.push(of_key[0].0);
                merged.starts.push(merged.docs.len() as u32);
            }
        }
        merged
    }

    fn at(&self, at: usize) -> (&[u32], &[W]) {
        let range = self.starts[at] as usize..self.starts[at + 1] as usize;
        (&self.docs[range.clone()], &self.weights[range])
    }

    /// The documents that hold `key`, in order, and its weight in each.
    pub(super) fn get(&self, key: Key) -> (&[u32], &[W]) {
        self.keys.binary_search(&key).map_or((&[], &[]), |at| self.at(at))
    }
}

/// Some documents, numbered from 0. What is kept of each does not depend on what else is there.
#[derive(Debug)]
pub(super) struct Segment {
    /// By document: the words of its fields.
    pub lengths: Vec<[u32; FIELDS]>,
    pub terms: Postings<Counts>,
    /// n-grams; the weights of a document have the length 1.
    pub grams: Postings<f32>,
}

impl Segment {
    /// Of others, each with the new numbers of its documents, which grow from one to the next.
    pub(super) fn merge(parts: &[(&Segment, &[u32])]) -> Segment {
        let lengths = parts.iter().flat_map(|(s, now)| s.lengths.iter().zip(*now)).filter(|(_, now)| **now != GONE).map(|(l, _)| *l);
        let terms: Vec<_> = parts.iter().map(|(s, now)| (&s.terms, *now)).collect();
        let grams: Vec<_> = parts.iter().map(|(s, now)| (&s.grams, *now)).collect();
        Segment { lengths: lengths.collect(), terms: Postings::merge(&terms), grams: Postings::merge(&grams) }
    }

    /// How many postings it has.
    pub(super) fn postings(&self) -> usize {
        self.terms.docs.len() + self.grams.docs.len()
    }
}

/// Collects documents.
#[derive(Debug, Default)]
pub(super) struct Builder {
    /// By document: the number its owner has for it.
    owners: Vec<u32>,
    /// Those that are full.
    segments: Vec<Segment>,
    /// From here on, of the documents after those.
    words: Words,
    lengths: Vec<[u32; FIELDS]>,
    terms: Vec<(u32, u32, Counts)>,
    grams: Vec<(u32, u32, f32)>,
    reading: Reading,
}

/// A document under way: the terms of each field, and n-grams.
#[derive(Debug, Default)]
struct Reading {
    fields: [Vec<u32>; FIELDS],
    grams: Vec<u32>,
}

/// What a document is made of is told to this.
pub(super) struct Document<'a> {
    words: &'a mut Words,
    reading: &'a mut Reading,
}

impl Document<'_> {
    /// Adds words to a field.
    pub(super) fn text(&mut self, field: usize, text: &str) {
        self.texts(field, [text], usize::MAX);
    }

    /// Adds the first `most` words to a field.
    pub(super) fn texts<'t>(&mut self, field: usize, texts: impl IntoIterator<Item = &'t str>, most: usize) {
        let terms = &mut self.reading.fields[field];
        let most = terms.len().saturating_add(most);
        for text in texts {
            if terms.len() >= most {
                return;
            }
            self.words.terms(text, most, terms);
        }
    }

    /// Adds words to a field that are also to be found by their parts.
    pub(super) fn name(&mut self, field: usize, name: &str) {
        self.words.grams(name, &mut self.reading.grams);
        self.text(field, name);
    }
}

impl Builder {
    /// Adds what `read` tells as the document of `owner`.
    pub(super) fn add(&mut self, owner: u32, read: impl FnOnce(&mut Document<'_>)) {
        let doc = self.lengths.len() as u32;
        self.owners.push(owner);
        read(&mut Document { words: &mut self.words, reading: &mut self.reading });
        let Reading { fields, grams } = &mut self.reading;
        let mut lengths = [0; FIELDS];
        let first = self.terms.len();
        for (field, terms) in fields.iter_mut().enumerate() {
            lengths[field] = terms.len() as u32;
            let one = |term| {
                let mut counts = Counts::default();
                counts[field] = 1;
                (term, doc, counts)
            };
            self.terms.extend(terms.drain(..).map(one));
        }
        self.lengths.push(lengths);
        self.terms[first..].sort_unstable_by_key(|(term, ..)| *term);
        merge_from(&mut self.terms, first, |(term, _, counts), (other, _, more)| {
            term == other && {
                counts.iter_mut().zip(more).for_each(|(count, more)| *count = count.saturating_add(*more));
                true
            }
        });
        let first = self.grams.len();
        grams.sort_unstable();
        self.grams.extend(grams.chunk_by(|a, b| a == b).map(|of| (of[0], doc, 1.0 + (of.len() as f32).ln())));
        grams.clear();
        let squares: f64 = self.grams[first..].iter().map(|(.., w)| f64::from(*w) * f64::from(*w)).sum();
        self.grams[first..].iter_mut().for_each(|(.., w)| *w = (f64::from(*w) / squares.sqrt()) as f32);
        if self.terms.len() + self.grams.len() >= FULL {
            self.close();
        }
    }

    /// Makes a segment of the documents that are in none.
    fn close(&mut self) {
        let Words { terms, grams, .. } = std::mem::take(&mut self.words);
        self.segments.push(Segment {
            lengths: std::mem::take(&mut self.lengths),
            terms: Postings::build(&terms.keys, &self.terms),
            grams: Postings::build(&grams.keys, &self.grams),
        });
        self.terms.clear();
        self.grams.clear();
    }

    /// The segments of the documents added, and who owns each.
    pub(super) fn build(mut self) -> (Vec<Segment>, Vec<u32>) {
        if !self.lengths.is_empty() {
            self.close();
        }
        (self.segments, self.owners)
    }
}

/// Of `list` from `first` on, drops what `merge` merged into the element before it.
fn merge_from<T: Copy>(list: &mut Vec<T>, first: usize, mut merge: impl FnMut(&mut T, &T) -> bool) {
    let mut end = first;
    for at in first..list.len() {
        let item = list[at];
        if end == first || !merge(&mut list[end - 1], &item) {
            list[end] = item;
            end += 1;
        }
    }
    list.truncate(end);
}
