//! What files say of relations that other files define: a comment, a key, another type of a column.

use super::column::Reader;
use super::file::{Files, Slot};
use super::identity::Ident;
use super::names::Names;
use crate::lineage::Asset;
use foldhash::HashMap;

/// Who says something of what.
#[derive(Debug, Default)]
pub(super) struct Alterations {
    /// By relation: the file, and the place among what it says of others'.
    of: HashMap<Ident, Vec<(Slot, u32)>>,
    by: HashMap<Slot, Vec<Ident>>,
}

impl Alterations {
    /// Takes back what a file said; gives the relations that it said it of.
    pub(super) fn withdraw(&mut self, slot: Slot) -> Vec<Ident> {
        let idents = self.by.remove(&slot).unwrap_or_default();
        for ident in &idents {
            if let Some(said) = self.of.get_mut(ident) {
                said.retain(|(by, _)| *by != slot);
            }
            if self.of.get(ident).is_some_and(Vec::is_empty) {
                self.of.remove(ident);
            }
        }
        idents
    }

    /// Notes what a file says; gives the relations that it says it of.
    pub(super) fn note(&mut self, slot: Slot, names: &Names, files: &Files) -> &[Ident] {
        let file = &files[slot];
        let meant = |(at, said): (u32, Asset)| Some((at, Reader { names, file }.relation(&said.name)?));
        for (at, ident) in (0..).zip(file.facts.alters()).filter_map(meant) {
            self.of.entry(ident).or_default().push((slot, at));
            self.by.entry(slot).or_default().push(ident);
        }
        self.by.get(&slot).map_or(&[], Vec::as_slice)
    }

    /// What is said of a relation, in the order of files: what comes last holds.
    pub(super) fn of<'f>(&self, ident: Ident, files: &'f Files) -> impl DoubleEndedIterator<Item = Asset> + use<'f> {
        let mut said = self.of.get(&ident).cloned().unwrap_or_default();
        said.sort_unstable_by_key(|(slot, at)| (files[*slot].rank, *at));
        said.into_iter().map(|(slot, at)| files[slot].facts.alter(at))
    }

    /// Whether anything is said of a relation.
    pub(super) fn has(&self, ident: Ident) -> bool {
        self.of.contains_key(&ident)
    }
}
