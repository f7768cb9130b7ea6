//! What else is known of a node or an edge, by name.

use crate::lineage::Subtypes;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// What else is known, by name, in the order it is written in. An answer has a thousand of these whose names are always the same: a list
/// of them copies none, as a map would, and text that the snapshot has is not copied either.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata<'a> {
    list: Vec<(Cow<'a, str>, Known<'a>)>,
    /// How many of these were given by hand, and may be called as others are.
    by_hand: usize,
}

/// One thing known.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Known<'a> {
    Text(&'a str),
    Value(Cow<'a, Value>),
    #[serde(serialize_with = "names")]
    Subtypes(Subtypes),
}

/// As many as a column has: of most, one request for memory.
const USUAL: usize = 9;

fn names<S: Serializer>(subtypes: &Subtypes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(subtypes.iter().map(|subtype| subtype.as_str()))
}

impl<'a> From<&'a str> for Known<'a> {
    fn from(text: &'a str) -> Known<'a> {
        Known::Text(text)
    }
}

impl From<Subtypes> for Known<'_> {
    fn from(subtypes: Subtypes) -> Self {
        Known::Subtypes(subtypes)
    }
}

macro_rules! known {
    ($($of:ty),*) => {
        $(impl From<$of> for Known<'_> {
            fn from(value: $of) -> Self {
                Known::Value(Cow::Owned(value.into()))
            }
        })*
    };
}
known!(Value, bool, u32, usize, f32, Option<u32>);

impl<'a> From<Option<&'a str>> for Known<'a> {
    fn from(text: Option<&'a str>) -> Known<'a> {
        text.map_or(Known::Value(Cow::Owned(Value::Null)), Known::Text)
    }
}

impl Known<'_> {
    fn into_value(self) -> Value {
        match self {
            Known::Text(text) => text.into(),
            Known::Value(value) => value.into_owned(),
            Known::Subtypes(subtypes) => subtypes.iter().map(|subtype| subtype.as_str()).collect(),
        }
    }
}

impl<'a> Metadata<'a> {
    /// What was given by hand.
    pub(super) fn by_hand(properties: Cow<'a, Map<String, Value>>) -> Metadata<'a> {
        let mut list = Vec::with_capacity(USUAL);
        match properties {
            Cow::Borrowed(map) => {
                list.extend(map.iter().map(|(key, value)| (Cow::Borrowed(key.as_str()), Known::Value(Cow::Borrowed(value)))))
            }
            Cow::Owned(map) => list.extend(map.into_iter().map(|(key, value)| (Cow::Owned(key), Known::Value(Cow::Owned(value))))),
        }
        Metadata { by_hand: list.len(), list }
    }

    /// Sets `key`, once.
    pub(super) fn put(&mut self, key: &'static str, value: impl Into<Known<'a>>) {
        match self.list[..self.by_hand].iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = value.into(),
            None => self.list.push((Cow::Borrowed(key), value.into())),
        }
    }
}

impl From<Metadata<'_>> for Map<String, Value> {
    fn from(Metadata { list, .. }: Metadata) -> Map<String, Value> {
        list.into_iter().map(|(key, known)| (key.into_owned(), known.into_value())).collect()
    }
}

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.list.iter().map(|(key, known)| (key, known)))
    }
}
