//! Lists that nearly nobody has anything in, and lists that nearly everybody has one thing in.

use serde::{Deserialize, Serialize};
use std::ops::{Deref, DerefMut};

/// A list that is nearly always empty, and then as large as a pointer: there are as many as columns that take part in others. On the wire
/// and otherwise a list like any.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::box_collection, reason = "a boxed slice is twice as large")]
pub struct Few<T>(Option<Box<Vec<T>>>);

impl<T> Few<T> {
    /// Adds `item` at the end.
    pub fn push(&mut self, item: T) {
        self.0.get_or_insert_default().push(item);
    }

    /// Keeps those that `test` takes.
    pub fn retain(&mut self, test: impl FnMut(&T) -> bool) {
        if let Some(list) = &mut self.0 {
            list.retain(test);
        }
        self.0.take_if(|list| list.is_empty());
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few(None)
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0.as_deref_mut().map_or(&mut [], Vec::as_mut_slice)
    }
}

impl<T> From<Vec<T>> for Few<T> {
    fn from(list: Vec<T>) -> Self {
        Few((!list.is_empty()).then(|| Box::new(list)))
    }
}

impl<T> Extend<T> for Few<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.push(item));
    }
}

impl<T: Serialize> Serialize for Few<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into())
    }
}

/// A list that nearly always holds one, which then stands here and not elsewhere. On the wire and otherwise a list like any.
#[derive(Clone)]
pub enum Single<T> {
    /// The only one.
    One(T),
    /// Any number, also one.
    Any(Vec<T>),
}

impl<T> Single<T> {
    /// Adds `item` at the end.
    pub fn push(&mut self, item: T) {
        *self = match std::mem::take(self) {
            Single::Any(list) if list.is_empty() => Single::One(item),
            Single::One(first) => Single::Any(vec![first, item]),
            Single::Any(mut list) => {
                list.push(item);
                Single::Any(list)
            }
        };
    }

    /// Keeps those that `test` takes.
    pub fn retain(&mut self, mut test: impl FnMut(&T) -> bool) {
        match self {
            Single::One(only) if test(only) => {}
            Single::One(_) => *self = Single::default(),
            Single::Any(list) => list.retain(test),
        }
    }
}

impl<T> Default for Single<T> {
    fn default() -> Self {
        Single::Any(Vec::new())
    }
}

impl<T> Deref for Single<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Single::One(only) => std::slice::from_ref(only),
            Single::Any(list) => list,
        }
    }
}

impl<T> DerefMut for Single<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Single::One(only) => std::slice::from_mut(only),
            Single::Any(list) => list,
        }
    }
}

impl<T> FromIterator<T> for Single<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut list = Single::default();
        items.into_iter().for_each(|item| list.push(item));
        list
    }
}

impl<'a, T> IntoIterator for &'a Single<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: PartialEq> PartialEq for Single<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Single<T> {}

impl<T: std::hash::Hash> std::hash::Hash for Single<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Single<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Serialize> Serialize for Single<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Single<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_is_a_list_like_any() {
        for count in 0..4 {
            let list: Vec<u32> = (0..count).collect();
            let mut pushed = Single::default();
            list.iter().for_each(|n| pushed.push(*n));
            for single in [list.iter().copied().collect(), pushed, Single::Any(list.clone())] {
                assert_eq!((&*single, format!("{single:?}")), (&*list, format!("{list:?}")));
                assert_eq!(single, Single::Any(list.clone()));
                let text = serde_json::to_string(&single).unwrap();
                assert_eq!(text, serde_json::to_string(&list).unwrap());
                assert_eq!(serde_json::from_str::<Single<u32>>(&text).unwrap(), single);
                for kept in [|n: &u32| *n != 0, |n: &u32| *n == 2, |_: &u32| false] {
                    let (mut single, mut list) = (single.clone(), list.clone());
                    single.retain(kept);
                    list.retain(kept);
                    assert_eq!(&*single, &*list);
                }
            }
        }
    }
}
