//! Where things are stated, and what few of them carry beside, in as few bytes as those take that have one place and nothing more.

use serde_json::{Map, Value};
use std::ops::Deref;
use std::sync::Arc;

/// Where a definition or a relation is stated.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Evidence {
    /// The file's id in the store; shared, since a file's id stands in every edge it states.
    pub file_id: Arc<str>,
    /// 1-based first line.
    pub line: u32,
    /// 1-based last line.
    pub line_end: u32,
}

/// Some [`Evidence`], a slice to look at. One place, which is what most things have, is no allocation.
#[derive(Clone)]
pub struct Places(Held);

#[derive(Clone)]
enum Held {
    One(Evidence),
    Any(Box<[Evidence]>),
}

impl Default for Places {
    fn default() -> Places {
        Places(Held::Any(Box::default()))
    }
}

impl From<Vec<Evidence>> for Places {
    fn from(mut list: Vec<Evidence>) -> Places {
        match list.pop() {
            Some(only) if list.is_empty() => Places(Held::One(only)),
            last => {
                list.extend(last);
                Places(Held::Any(list.into()))
            }
        }
    }
}

impl Deref for Places {
    type Target = [Evidence];

    fn deref(&self) -> &[Evidence] {
        match &self.0 {
            Held::One(only) => std::slice::from_ref(only),
            Held::Any(list) => list,
        }
    }
}

impl<'a> IntoIterator for &'a Places {
    type Item = &'a Evidence;
    type IntoIter = std::slice::Iter<'a, Evidence>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Places {
    fn eq(&self, other: &Places) -> bool {
        **self == **other
    }
}

impl std::fmt::Debug for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What few edges carry: their text as JSON, since a map of one short list takes a kilobyte. None is no allocation.
// A boxed `str` would take twice the bytes in every edge, and hardly any has one.
#[allow(clippy::box_collection)]
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::box_collection, reason = "those that have none, nearly all, pay for a pointer and not for a string")]
pub struct Properties(Option<Box<String>>);

impl From<Map<String, Value>> for Properties {
    fn from(map: Map<String, Value>) -> Properties {
        Properties((!map.is_empty()).then(|| Value::Object(map).to_string().into()))
    }
}

impl Properties {
    /// Those whose text this is.
    pub(super) fn of(text: Option<&str>) -> Properties {
        Properties(text.map(|text| Box::new(text.to_owned())))
    }

    /// Their text; `None` when there are none.
    pub(super) fn text(&self) -> Option<&str> {
        self.0.as_ref().map(|text| text.as_str())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The properties, read from their text.
    pub fn map(&self) -> Map<String, Value> {
        self.0.as_ref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}
