//! Words as numbers: a word is stemmed and taken apart into n-grams once, however often it occurs.

use super::tokens;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The hash of a term or n-gram. FNV-1a of 64 bits: a collision costs a wrong posting, once in 10¹⁰ words.
pub(super) type Key = u64;

/// The key of a stem.
pub(super) fn key(term: &str) -> Key {
    hash(term.bytes().map(u64::from))
}

fn hash(items: impl Iterator<Item = u64>) -> Key {
    items.fold(0xcbf2_9ce4_8422_2325, |h, item| (h ^ item).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The 3- to 5-grams of a word, its ends marked.
pub(super) fn grams(word: &str) -> Vec<Key> {
    let marked: Vec<char> = std::iter::once(' ').chain(word.chars()).chain(std::iter::once(' ')).collect();
    let of_size = |size| marked.windows(size).map(|gram| hash(gram.iter().map(|c| u64::from(*c))));
    (3..=5).flat_map(of_size).collect()
}

/// Keys that were met, numbered in the order they were.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    of: HashMap<Key, u32, Hashed>,
    /// By number.
    pub keys: Vec<Key>,
}

impl Numbers {
    fn number(&mut self, key: Key) -> u32 {
        *self.of.entry(key).or_insert_with(|| {
            self.keys.push(key);
            self.keys.len() as u32 - 1
        })
    }
}

/// The words met so far.
#[derive(Debug, Default)]
pub(super) struct Words {
    stems: HashMap<Key, u32, Hashed>,
    spelled: HashMap<Key, Vec<u32>, Hashed>,
    /// Stems.
    pub terms: Numbers,
    /// Parts of words.
    pub grams: Numbers,
}

impl Words {
    /// Adds the numbers of the stems of `text` to `terms`, at most until these are `most`.
    pub(super) fn terms(&mut self, text: &str, most: usize, terms: &mut Vec<u32>) {
        tokens::each_word(text, &mut |word| {
            if terms.len() < most {
                let stem = self.stems.entry(key(word)).or_insert_with(|| self.terms.number(key(&tokens::stem(word))));
                terms.push(*stem);
            }
        });
    }

    /// Adds the numbers of the n-grams of `text` to `grams`.
    pub(super) fn grams(&mut self, text: &str, grams: &mut Vec<u32>) {
        tokens::each_word(text, &mut |word| {
            let number = || self::grams(word).into_iter().map(|gram| self.grams.number(gram)).collect();
            grams.extend_from_slice(self.spelled.entry(key(word)).or_insert_with(number));
        });
    }
}

/// For keys that are hashes already, and for our own numbers and addresses, which no client chooses.
pub(super) type Hashed = BuildHasherDefault<AsIs>;

/// A hash as it is; FNV-1a of anything else.
#[derive(Debug, Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes.iter().map(|b| u64::from(*b)));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}
