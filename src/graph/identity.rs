//! Names to identities: which spellings, in which files, mean one asset.
//!
//! A mention finds a definition by the first of these that gives an answer:
//!
//! 1. the same parts, whatever case and quoting; `orders` and `<default schema>.orders` are the same parts;
//! 2. a definition with more parts in front (`orders` means `sales.orders`), 3. one with fewer (`db.sales.orders` means
//!    `sales.orders`), when only one fits.
//!
//! Several that fit: the one this file defines, else the one this repository defines, else none, and the name stays external.
//! Two names that one statement derives from one another (`CREATE VIEW orders AS SELECT … FROM raw.orders`) are never one.
//! Names that nothing defines meet each other by the same rules.
//!
//! All these rules keep the last part of a name. So the names of one last part are a [`Bucket`] that nothing outside it decides
//! about, and a file that changes asks for the buckets of its own names alone.

use super::assemble::asset_node;
use super::file::{Answer, Files, Slot};
use super::link::Note;
use super::names::{Form, Names, Spelling, suffixes};
use super::synonym::Synonyms;
use super::vertex::{Owner, Vertex, Vertices};
use crate::lineage::Kind;
use foldhash::{HashMap, HashSet};
use group::group;
use std::cmp::Reverse;
use std::sync::Arc;

mod find;
mod group;
mod settle;

/// Schemas that some dialect implies, so that the same name with and without is one even when the dialect was not recognised.
pub(super) const DEFAULT_SCHEMAS: [&str; 3] = ["dbo", "public", "main"];

/// A name space: a table and a procedure of one name are two things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Class {
    #[default]
    Relation,
    Routine,
    Trigger,
    Sequence,
}

impl Class {
    const ALL: [Class; 4] = [Class::Relation, Class::Routine, Class::Trigger, Class::Sequence];

    pub(super) fn of(kind: Kind) -> Class {
        match kind {
            Kind::Procedure | Kind::Function => Class::Routine,
            Kind::Trigger => Class::Trigger,
            Kind::Sequence => Class::Sequence,
            Kind::Table | Kind::View | Kind::MaterializedView | Kind::Synonym | Kind::Column | Kind::File | Kind::External => {
                Class::Relation
            }
        }
    }
}

/// Index into [`Identities::list`]; the same as long as something of that class has its URN.
pub(super) type Ident = u32;

/// One asset.
#[derive(Debug, Default)]
pub(super) struct Identity {
    class: Class,
    /// Its definitions as (file, asset), the one that decides its kind and columns first; empty when nothing defines it.
    pub definitions: Vec<(Slot, u32)>,
    /// Its spelling for display.
    pub name: Spelling,
    /// The last part of its names.
    pub last: Form,
    /// Its position among the definitions of that last part.
    pub order: u32,
    pub vertex: Vertex,
    /// Where it is first mentioned, for what nothing defines: file and line.
    mentioned: (Slot, u32),
    forms: Vec<Form>,
}

impl Identity {
    pub(super) fn is_routine(&self) -> bool {
        self.class == Class::Routine
    }

    /// The files that define it, each once, ascending.
    fn near(&self) -> Vec<Slot> {
        let mut near: Vec<Slot> = self.definitions.iter().map(|(slot, _)| *slot).collect();
        near.sort_unstable();
        near.dedup();
        near
    }
}

/// What names of one last part mean.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// Files that have names of it.
    pub files: Vec<Slot>,
    /// Those of them that define something or tell names apart.
    pub definers: Vec<Slot>,
    /// Definitions by folded name; several for unqualified names of different default schemas.
    by_form: Vec<(Class, Form, &'static str, Ident)>,
    /// Definitions by each ending of their folded names.
    by_suffix: Vec<(Class, Form, Ident)>,
    /// What undefined names mean, by folded name and default schema.
    late: Vec<(Class, Form, &'static str, Ident)>,
    /// Shorter names, and the longer ones that they do not mean.
    distinct: Vec<(Form, Form)>,
    defined: Vec<Ident>,
    undefined: Vec<Ident>,
    notes: Vec<Arc<Note>>,
}

impl Bucket {
    fn named(&self, class: Class, form: Form) -> &[(Class, Form, &'static str, Ident)] {
        let from = self.by_form.partition_point(|n| (n.0, n.1) < (class, form));
        &self.by_form[from..from + self.by_form[from..].partition_point(|n| (n.0, n.1) == (class, form))]
    }

    fn ending(&self, class: Class, form: Form) -> impl Iterator<Item = Ident> {
        let from = self.by_suffix.partition_point(|n| (n.0, n.1) < (class, form));
        self.by_suffix[from..].iter().take_while(move |n| (n.0, n.1) == (class, form)).map(|n| n.2)
    }

    fn apart(&self, short: Form, long: Form) -> bool {
        self.distinct.binary_search(&(short, long)).is_ok()
    }
}

/// What a changed file may have moved in a bucket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stir {
    /// Definitions.
    pub definitions: bool,
    /// Names that nothing defines.
    pub undefined: bool,
}

/// What resolving names changed.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Files in which some name means something else, or that are changed themselves.
    pub files: HashSet<Slot>,
    /// Identities that are new or whose definitions or spelling may be others.
    pub idents: HashSet<Ident>,
    /// Identities that are gone.
    pub gone: Vec<Ident>,
    pub notes: Vec<Arc<Note>>,
    pub notes_gone: HashSet<*const Note>,
}

/// Identities of before, by what they were, until something of now is the same.
type Unclaimed = HashMap<(Class, String), Vec<Ident>>;

/// All identities of a project.
#[derive(Debug, Default)]
pub(super) struct Identities {
    pub list: Vec<Identity>,
    /// Boxed, as a table of which up to half stands empty holds them.
    pub buckets: HashMap<Form, Box<Bucket>>,
    pub synonyms: Synonyms,
    free: Vec<Ident>,
}

/// What resolving the names of a bucket works on.
pub(super) struct Work<'w> {
    pub project: &'w str,
    pub names: &'w mut Names,
    pub files: &'w mut Files,
    pub vertices: &'w mut Vertices,
    pub effects: &'w mut Effects,
}

impl Identities {
    /// Resolves the names of one last part anew, as far as the changed files `changed` move them.
    pub(super) fn resolve(&mut self, last: Form, stir: Stir, changed: &HashSet<Slot>, work: &mut Work<'_>) {
        let Some(mut bucket) = self.buckets.remove(&last) else { return };
        // Files that are gone told nothing apart that is still to be said.
        let noted = !bucket.notes.is_empty();
        let moved = stir.definitions && self.define(last, &mut bucket, work);
        let own: Vec<Slot> = if changed.len() < bucket.files.len() {
            changed.iter().copied().filter(|slot| bucket.files.binary_search(slot).is_ok()).collect()
        } else {
            bucket.files.iter().copied().filter(|slot| changed.contains(slot)).collect()
        };
        let asked = if moved { &bucket.files } else { &own };
        let cases = |ident: &Ident| self.in_other_cases(*ident, work).is_some();
        let mut undefined = stir.undefined || moved || stir.definitions && (noted || bucket.defined.iter().any(cases));
        for slot in asked {
            // Taken out, since answering reads the files.
            let mut said = std::mem::take(&mut work.files[*slot].said);
            for mention in said.mentions_of(last) {
                mention.answer = self.answer(&bucket, work.names, work.files, *slot, mention).0;
                undefined |= mention.answer != Answer::Defined;
            }
            work.files[*slot].said = said;
        }
        let late = undefined && self.settle(last, &mut bucket, work);
        for slot in if moved || late { &bucket.files } else { &own } {
            let mut said = std::mem::take(&mut work.files[*slot].said);
            for meaning in said.meanings_of(last) {
                let now = self.mean(&bucket, work.names, work.files, *slot, meaning.form, meaning.role);
                if meaning.ident != now {
                    meaning.ident = now;
                    work.effects.files.insert(*slot);
                }
            }
            work.files[*slot].said = said;
        }
        if !bucket.files.is_empty() {
            self.buckets.insert(last, bucket);
        }
    }

    /// Makes identities of the definitions; whether mentions may find others than before.
    fn define(&mut self, last: Form, bucket: &mut Bucket, work: &mut Work<'_>) -> bool {
        bucket.definers.sort_unstable_by_key(|slot| work.files[*slot].rank);
        let mut unclaimed = self.by_urn(&bucket.defined, work);
        let (mut by_form, mut by_suffix, mut distinct) = (Vec::new(), Vec::new(), Vec::new());
        let mut defined: Vec<Ident> = Vec::new();
        let mut moved = false;
        for class in Class::ALL {
            let mut definitions: Vec<(Form, Slot, u32, Spelling)> = Vec::new();
            for slot in &bucket.definers {
                let said = &work.files[*slot].said;
                let of_class = said.definitions_of(last).iter().filter(|d| d.class == class);
                definitions.extend(of_class.map(|d| (d.form, *slot, d.asset, d.spelling)));
                if class == Class::ALL[0] {
                    distinct.extend(said.apart_of(last).iter().map(|(_, short, long)| (*short, *long)));
                }
            }
            if definitions.is_empty() {
                continue;
            }
            let mut forms: Vec<(Form, &'static str)> =
                definitions.iter().map(|(form, slot, ..)| (*form, work.files[*slot].default)).collect();
            forms.sort_unstable_by(|a, b| (work.names.text(a.0), a.1).cmp(&(work.names.text(b.0), b.1)));
            forms.dedup();
            let texts: Vec<(&str, &'static str)> = forms.iter().map(|(form, default)| (work.names.text(*form), *default)).collect();
            let groups = group(&texts);
            let at: HashMap<(Form, &str), usize> = forms.iter().copied().zip(0..).collect();
            let count = groups.iter().max().map_or(0, |g| *g as usize + 1);
            let mut drafts: Vec<Identity> = Vec::new();
            drafts.resize_with(count, || Identity { class, last, ..Identity::default() });
            for (form, slot, asset, spelling) in &definitions {
                let draft = &mut drafts[groups[at[&(*form, work.files[*slot].default)]] as usize];
                let parts = |spelling: Spelling| work.names.name(spelling).0.len();
                if draft.definitions.is_empty() || parts(*spelling) > parts(draft.name) {
                    draft.name = *spelling;
                }
                draft.definitions.push((*slot, *asset));
                if !draft.forms.contains(form) {
                    draft.forms.push(*form);
                }
            }
            let mut idents: Vec<Ident> = Vec::new();
            for mut draft in drafts {
                if draft.definitions.len() > 1 {
                    draft.definitions.sort_by_cached_key(|(slot, ix)| {
                        let file = &work.files[*slot];
                        let (asset, columns) = file.facts.head(*ix);
                        (asset.kind, Reverse(columns), file.rank, *ix)
                    });
                }
                draft.definitions.shrink_to_fit();
                draft.forms.shrink_to_fit();
                draft.order = (defined.len() + idents.len()) as u32;
                let node = asset_node(work.project, &draft, work.names, work.files, None);
                let (ident, known_before) = self.claim(class, node.urn(work.project), &mut unclaimed);
                draft.vertex = work.vertices.put(Owner::Asset(ident), node);
                work.effects.idents.insert(ident);
                let known = &mut self.list[ident as usize];
                moved |= !known_before || known.forms != draft.forms || known.name != draft.name || known.near() != draft.near();
                for (slot, asset) in &draft.definitions {
                    let defines = &mut work.files[*slot].defines[*asset as usize];
                    if *defines != Some(ident) {
                        *defines = Some(ident);
                        work.effects.files.insert(*slot);
                    }
                }
                *known = draft;
                idents.push(ident);
            }
            let mut named = None;
            for ((form, default), group) in forms.iter().zip(&groups) {
                let ident = idents[*group as usize];
                // A qualified name is the same whatever schema its file implies.
                if named != Some(form) || *form == last {
                    by_form.push((class, *form, *default, ident));
                }
                named = Some(form);
                let endings: Vec<String> = suffixes(work.names.text(*form)).map(str::to_owned).collect();
                by_suffix.extend(endings.iter().map(|ending| (class, work.names.fold(ending), ident)));
            }
            defined.append(&mut idents);
        }
        // Stable: the default schemas of one folded name stay in order.
        by_form.sort_by_key(|n| (n.0, n.1));
        by_suffix.sort_unstable();
        by_suffix.dedup();
        distinct.sort_unstable();
        distinct.dedup();
        by_form.shrink_to_fit();
        by_suffix.shrink_to_fit();
        defined.shrink_to_fit();
        moved |= by_form != bucket.by_form || by_suffix != bucket.by_suffix || distinct != bucket.distinct;
        (bucket.by_form, bucket.by_suffix, bucket.distinct, bucket.defined) = (by_form, by_suffix, distinct, defined);
        self.forget(unclaimed, work);
        moved
    }

    fn by_urn(&self, idents: &[Ident], work: &Work<'_>) -> Unclaimed {
        let mut unclaimed = Unclaimed::default();
        for ident in idents {
            let identity = &self.list[*ident as usize];
            let urn = work.vertices.node(identity.vertex, Owner::Asset(*ident)).urn(work.project);
            unclaimed.entry((identity.class, urn)).or_default().push(*ident);
        }
        unclaimed
    }

    /// The number that something of this class and URN had before; else a new one, and `false`.
    fn claim(&mut self, class: Class, urn: String, unclaimed: &mut Unclaimed) -> (Ident, bool) {
        if let Some(ident) = unclaimed.get_mut(&(class, urn)).and_then(Vec::pop) {
            return (ident, true);
        }
        let fresh = self.free.pop().unwrap_or_else(|| {
            self.list.push(Identity::default());
            self.list.len() as Ident - 1
        });
        (fresh, false)
    }

    fn forget(&mut self, unclaimed: Unclaimed, work: &mut Work<'_>) {
        for ident in unclaimed.into_values().flatten() {
            work.vertices.drop(self.list[ident as usize].vertex, Owner::Asset(ident));
            work.effects.idents.remove(&ident);
            work.effects.gone.push(ident);
        }
    }

    /// Numbers of what is gone may be given out again.
    pub(super) fn recycle(&mut self, gone: Vec<Ident>) {
        for ident in gone {
            self.list[ident as usize] = Identity::default();
            self.free.push(ident);
        }
    }
}
