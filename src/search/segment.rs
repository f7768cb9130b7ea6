//! Inverted indexes that never change: built of documents, merged of others.
//!
//! A posting is two or three bytes where numbers side by side would be eight or ten: how far its document is from the one before, and
//! its weight where that is not the usual one. They are read from first to last, never by place.

use super::words::{Key, Words};

/// Fields of a document, most telling first.
pub(super) const FIELDS: usize = 3;

/// How often each field of a document holds a term; what is more than fits counts as much as fits.
pub(super) type Counts = [u16; FIELDS];

/// What takes the place of a document's number when the document is gone.
pub(super) const GONE: u32 = u32::MAX;

/// The weight of a term: [`Counts`] as a number, small where all of them are.
const fn packed([a, b, c]: Counts) -> u64 {
    let (a, b, c) = (a as u64, b as u64, c as u64);
    if a | b | c < 4 { a | b << 2 | c << 4 } else { 64 + (a | b << 16 | c << 32) }
}

/// The [`Counts`] that [`packed`] made a number of.
pub(super) fn unpacked(weight: u64) -> Counts {
    match weight.checked_sub(64) {
        None => [0, 2, 4].map(|bits| (weight >> bits) as u16 & 3),
        Some(counts) => [0, 16, 32].map(|bits| (counts >> bits) as u16),
    }
}

/// The usual weight of a term: once, and not in the name.
const IN_CONTEXT: u64 = packed([0, 1, 0]);
/// The usual weight of an n-gram, which is how often it is there.
const ONCE: u64 = 1;

/// Gives the bytes of a number to `byte`: seven bits each, the low ones first; all but the last have the eighth set.
fn put(mut number: u64, byte: &mut impl FnMut(u8)) {
    while number >= 0x80 {
        byte(number as u8 | 0x80);
        number >>= 7;
    }
    byte(number as u8);
}

/// Takes a number from the front.
fn take(bytes: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    while let Some((byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
        shift += 7;
    }
    None
}

/// Gives the bytes of a pair to `byte`: numbers that grow, by the `distance` from the one before, with weights of which most are `USUAL`.
fn put_pair<const USUAL: u64>(distance: u32, weight: u64, byte: &mut impl FnMut(u8)) {
    put(u64::from(distance) << 1 | u64::from(weight != USUAL), byte);
    if weight != USUAL {
        put(weight, byte);
    }
}

/// What [`put_pair`] wrote: numbers that grow, each with its weight.
#[derive(Clone, Debug)]
pub(super) struct Pairs<'a, const USUAL: u64> {
    bytes: &'a [u8],
    /// The least that the next number can be.
    next: u32,
}

impl<const USUAL: u64> Iterator for Pairs<'_, USUAL> {
    type Item = (u32, u64);

    fn next(&mut self) -> Option<(u32, u64)> {
        let first = take(&mut self.bytes)?;
        let number = self.next + (first >> 1) as u32;
        self.next = number + 1;
        let weight = if first & 1 == 0 { USUAL } else { take(&mut self.bytes)? };
        Some((number, weight))
    }
}

/// From a key to the documents that hold it.
#[derive(Debug)]
pub(super) struct Postings<const USUAL: u64> {
    keys: Box<[Key]>,
    /// By key, where its postings begin; last, where all end.
    starts: Box<[u32]>,
    bytes: Box<[u8]>,
}

impl<const USUAL: u64> Postings<USUAL> {
    fn build(keys: &[Key], held: &Held<USUAL>) -> Postings<USUAL> {
        let mut order: Vec<u32> = (0..keys.len() as u32).collect();
        order.sort_unstable_by_key(|number| keys[*number as usize]);
        // By number of the key: the bytes that its postings take, and the least that its next document can be.
        let mut lists = vec![(0u32, 0u32); keys.len()];
        held.each(|number, doc, weight| {
            let (bytes, next) = &mut lists[number as usize];
            put_pair::<USUAL>(doc - std::mem::replace(next, doc + 1), weight, &mut |_| *bytes += 1);
        });
        // From here on: where the next one goes.
        let mut starts = Vec::with_capacity(keys.len() + 1);
        let mut at = 0;
        for number in &order {
            starts.push(at);
            let (bytes, next) = &mut lists[*number as usize];
            (at, *next) = (at + std::mem::replace(bytes, at), 0);
        }
        starts.push(at);
        let mut bytes = vec![0; at as usize];
        held.each(|number, doc, weight| {
            let (at, next) = &mut lists[number as usize];
            put_pair::<USUAL>(doc - std::mem::replace(next, doc + 1), weight, &mut |byte| {
                bytes[*at as usize] = byte;
                *at += 1;
            });
        });
        Postings { keys: order.iter().map(|number| keys[*number as usize]).collect(), starts: starts.into(), bytes: bytes.into() }
    }

    /// Of others, each with the new numbers of its documents, which grow from one to the next.
    fn merge(parts: &[(&Postings<USUAL>, &[u32])]) -> Postings<USUAL> {
        let mut sources: Vec<(Key, u32, u32)> = Vec::new();
        for (part, (postings, _)) in parts.iter().enumerate() {
            sources.extend(postings.keys.iter().enumerate().map(|(at, key)| (*key, part as u32, at as u32)));
        }
        sources.sort_unstable();
        let (mut keys, mut starts, mut bytes) = (Vec::new(), vec![0], Vec::with_capacity(parts.iter().map(|(p, _)| p.bytes.len()).sum()));
        for of_key in sources.chunk_by(|a, b| a.0 == b.0) {
            let (first, mut next) = (bytes.len(), 0);
            for (_, part, at) in of_key {
                let (postings, now) = &parts[*part as usize];
                for (doc, weight) in
                    postings.at(*at as usize).map(|(doc, weight)| (now[doc as usize], weight)).filter(|(doc, _)| *doc != GONE)
                {
                    put_pair::<USUAL>(doc - std::mem::replace(&mut next, doc + 1), weight, &mut |byte| bytes.push(byte));
                }
            }
            if bytes.len() > first {
                keys.push(of_key[0].0);
                starts.push(bytes.len() as u32);
            }
        }
        Postings { keys: keys.into(), starts: starts.into(), bytes: bytes.into() }
    }

    fn at(&self, at: usize) -> Pairs<'_, USUAL> {
        Pairs { bytes: &self.bytes[self.starts[at] as usize..self.starts[at + 1] as usize], next: 0 }
    }

    /// The documents that hold `key`, in order, each with its weight there.
    pub(super) fn get(&self, key: Key) -> Pairs<'_, USUAL> {
        self.keys.binary_search(&key).map_or(Pairs { bytes: &[], next: 0 }, |at| self.at(at))
    }
}

/// What documents hold, one after the other: of each how many keys, then these by their numbers, with weights.
#[derive(Debug, Default)]
struct Held<const USUAL: u64> {
    bytes: Vec<u8>,
    /// Of the document under way: number of a key, weight.
    document: Vec<(u32, u64)>,
}

impl<const USUAL: u64> Held<USUAL> {
    /// Ends the document under way, of which each key is there once, in order of number.
    fn close(&mut self) {
        put(self.document.len() as u64, &mut |byte| self.bytes.push(byte));
        let mut next = 0;
        for (number, weight) in self.document.drain(..) {
            put_pair::<USUAL>(number - std::mem::replace(&mut next, number + 1), weight, &mut |byte| self.bytes.push(byte));
        }
    }

    /// Calls `with` for each number of a key, document that holds it, and weight.
    fn each(&self, mut with: impl FnMut(u32, u32, u64)) {
        let mut bytes = &*self.bytes;
        for doc in 0.. {
            let Some(count) = take(&mut bytes) else { return };
            let mut pairs = Pairs::<USUAL> { bytes, next: 0 };
            pairs.by_ref().take(count as usize).for_each(|(number, weight)| with(number, doc, weight));
            bytes = pairs.bytes;
        }
    }
}

/// Some documents, numbered from 0. What is kept of each does not depend on what else is there.
#[derive(Debug)]
pub(super) struct Segment {
    /// By document: the words of its fields.
    pub lengths: Vec<[u32; FIELDS]>,
    /// By document: the length of its n-grams' weights, see [`strength`].
    pub norms: Vec<f32>,
    /// With [`Counts`], to be [`unpacked`].
    pub terms: Postings<IN_CONTEXT>,
    /// n-grams, with how often they are there.
    pub grams: Postings<ONCE>,
}

/// The weight of an n-gram that is there so many times.
pub(super) fn strength(count: u64) -> f32 {
    if count == 1 { 1.0 } else { 1.0 + (count as f32).ln() }
}

impl Segment {
    /// Of others, each with the new numbers of its documents, which grow from one to the next.
    pub(super) fn merge(parts: &[(&Segment, &[u32])]) -> Segment {
        let alive = |(s, now): &(&Segment, &[u32])| -> Vec<usize> { (0..s.lengths.len()).filter(|at| now[*at] != GONE).collect() };
        let alive: Vec<(&Segment, usize)> = parts.iter().flat_map(|part| alive(part).into_iter().map(|at| (part.0, at))).collect();
        let lengths = alive.iter().map(|(s, at)| s.lengths[*at]).collect();
        let norms = alive.iter().map(|(s, at)| s.norms[*at]).collect();
        let terms: Vec<_> = parts.iter().map(|(s, now)| (&s.terms, *now)).collect();
        let grams: Vec<_> = parts.iter().map(|(s, now)| (&s.grams, *now)).collect();
        Segment { lengths, norms, terms: Postings::merge(&terms), grams: Postings::merge(&grams) }
    }
}

/// Collects documents.
#[derive(Debug, Default)]
pub(super) struct Builder {
    /// By document: the number its owner has for it.
    pub owners: Vec<u32>,
    words: Words,
    lengths: Vec<[u32; FIELDS]>,
    norms: Vec<f32>,
    terms: Held<IN_CONTEXT>,
    grams: Held<ONCE>,
    reading: Reading,
}

/// A document under way: the terms of each field, and n-grams.
#[derive(Debug, Default)]
struct Reading {
    fields: [Vec<u32>; FIELDS],
    counted: Vec<(u32, Counts)>,
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
        self.owners.push(owner);
        read(&mut Document { words: &mut self.words, reading: &mut self.reading });
        let Reading { fields, counted: terms, grams } = &mut self.reading;
        self.lengths.push(fields.each_ref().map(|terms| terms.len() as u32));
        for (field, list) in fields.iter_mut().enumerate() {
            terms.extend(list.drain(..).map(|term| (term, std::array::from_fn(|of| u16::from(of == field)))));
        }
        terms.sort_unstable_by_key(|(term, _)| *term);
        let sum = |a: Counts, b: &Counts| std::array::from_fn(|field| a[field].saturating_add(b[field]));
        let counted = |of: &[(u32, Counts)]| (of[0].0, packed(of.iter().fold(Counts::default(), |counts, (_, more)| sum(counts, more))));
        self.terms.document.extend(terms.chunk_by(|a, b| a.0 == b.0).map(counted));
        self.terms.close();
        terms.clear();
        grams.sort_unstable();
        self.grams.document.extend(grams.chunk_by(|a, b| a == b).map(|of| (of[0], of.len() as u64)));
        grams.clear();
        let squares: f64 = self.grams.document.iter().map(|(_, count)| f64::from(strength(*count)).powi(2)).sum();
        self.norms.push(squares.sqrt() as f32);
        self.grams.close();
    }

    /// The segment of the documents added, and who owns each.
    pub(super) fn build(self) -> (Segment, Vec<u32>) {
        let Builder { owners, words, mut lengths, mut norms, terms, grams, .. } = self;
        lengths.shrink_to_fit();
        norms.shrink_to_fit();
        let terms = Postings::build(&words.terms.keys, &terms);
        (Segment { lengths, norms, terms, grams: Postings::build(&words.grams.keys, &grams) }, owners)
    }
}
