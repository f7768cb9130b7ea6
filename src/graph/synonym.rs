//! Synonyms: what is written into one is written into what it stands for.

use super::column::Reader;
use super::file::{Files, Slot};
use super::giver::flows;
use super::identity::{Ident, Identities};
use super::names::Names;
use crate::lineage::{Kind, Name, Output, Projection};
use foldhash::{HashMap, HashSet};

/// Synonyms of synonyms that are followed: databases that allow them at all allow few, and a circle of them stands for nothing.
const MAX_CHAIN: usize = 16;

/// The synonyms of a project.
#[derive(Debug, Default)]
pub(super) struct Synonyms {
    /// What each is made for.
    direct: HashMap<Ident, Ident>,
    /// What each stands for in the end; of a circle nothing.
    behind: HashMap<Ident, Ident>,
    /// The other way round.
    of: HashMap<Ident, Vec<Ident>>,
}

impl Synonyms {
    /// What is written when `ident` is.
    pub(super) fn behind(&self, ident: Ident) -> Ident {
        self.behind.get(&ident).copied().unwrap_or(ident)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.direct.is_empty()
    }

    /// The synonyms that stand for `ident` in the end.
    pub(super) fn of(&self, ident: Ident) -> &[Ident] {
        self.of.get(&ident).map_or(&[], Vec::as_slice)
    }

    /// Looks anew at `dirty` and forgets what is gone; gives the files that name a synonym which stands for something else now.
    pub(super) fn update(
        &mut self,
        dirty: &HashSet<Ident>,
        gone: &[Ident],
        names: &Names,
        files: &Files,
        identities: &Identities,
    ) -> HashSet<Slot> {
        let mut changed = false;
        for ident in gone {
            changed |= self.direct.remove(ident).is_some();
        }
        for ident in dirty {
            let now = direct(*ident, names, files, identities);
            let before = match now {
                Some(target) => self.direct.insert(*ident, target),
                None => self.direct.remove(ident),
            };
            changed |= before != now;
        }
        if !changed {
            return HashSet::default();
        }
        let end = |ident: &Ident| {
            let mut chain = std::iter::successors(Some(*ident), |at| self.direct.get(at).copied()).take(MAX_CHAIN + 1);
            chain.find(|at| !self.direct.contains_key(at)).map(|end| (*ident, end))
        };
        let behind: HashMap<Ident, Ident> = self.direct.keys().filter_map(end).collect();
        self.of.clear();
        for (synonym, end) in &behind {
            self.of.entry(*end).or_default().push(*synonym);
        }
        let before = std::mem::replace(&mut self.behind, behind);
        let turned = before.keys().chain(self.behind.keys()).filter(|ident| before.get(*ident) != self.behind.get(*ident));
        turned.flat_map(|ident| naming(*ident, files, identities)).collect()
    }
}

/// What the definition `projection` of a synonym makes it for.
pub(super) fn made_for(projection: &Projection) -> Option<&Name> {
    match projection.branches.first()?.first()? {
        Output::Star(star) => Some(&star.table),
        Output::Column { .. } => None,
    }
}

/// What the definition that decides about a synonym makes it for; `None` of anything else.
fn direct(ident: Ident, names: &Names, files: &Files, identities: &Identities) -> Option<Ident> {
    let (slot, asset) = identities.list[ident as usize].definitions.first()?;
    if files[*slot].facts.kind(*asset) != Kind::Synonym {
        return None;
    }
    let flow = flows(files, identities, (ident, "")).into_iter().next()?;
    Reader { names, file: &files[flow.slot] }.relation(made_for(flow.projection())?)
}

/// The files that name `ident`; none when it is gone.
fn naming<'f>(ident: Ident, files: &'f Files, identities: &'f Identities) -> impl Iterator<Item = Slot> + 'f {
    let last = identities.list[ident as usize].last;
    let slots = identities.buckets.get(&last).map_or(&[][..], |b| &b.files);
    slots.iter().copied().filter(move |slot| files[*slot].said.meant(last).any(|m| m.ident == Some(ident)))
}
