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

use super::assemble::{asset_node, external_node};
use super::file::{Answer, Files, Mention, Role, Slot};
use super::link::Note;
use super::names::{Form, Names, SEPARATOR, Spelling, is_suffix, suffixes};
use super::synonym::Synonyms;
use super::vertex::{Owner, Vertex, Vertices};
use crate::lineage::Kind;
use foldhash::{HashMap, HashSet};
use std::cmp::Reverse;
use std::sync::Arc;

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

/// A mention that found no definition.
struct Undefined {
    form: Form,
    default: &'static str,
    ambiguous: bool,
    spelling: Spelling,
    file: Slot,
    line: u32,
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

enum Found {
    One(Ident),
    Several(Vec<Ident>),
    None,
}

/// All identities of a project.
#[derive(Debug, Default)]
pub(super) struct Identities {
    pub list: Vec<Identity>,
    pub buckets: HashMap<Form, Bucket>,
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
        let moved = stir.definitions && self.define(last, &mut bucket, work);
        let own: Vec<Slot> = if changed.len() < bucket.files.len() {
            changed.iter().copied().filter(|slot| bucket.files.binary_search(slot).is_ok()).collect()
        } else {
            bucket.files.iter().copied().filter(|slot| changed.contains(slot)).collect()
        };
        let asked = if moved { &bucket.files } else { &own };
        let mut undefined = stir.undefined || moved;
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
                draft.definitions.sort_by_key(|(slot, ix)| {
                    let file = &work.files[*slot];
                    let asset = &file.facts.assets[*ix as usize];
                    (asset.kind, Reverse(asset.columns.len()), file.rank, *ix)
                });
                draft.order = (defined.len() + idents.len()) as u32;
                let node = asset_node(work.project, &draft, work.names, work.files);
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

    /// Gives every mention without a definition its meaning; whether some mean others than before.
    fn settle(&mut self, last: Form, bucket: &mut Bucket, work: &mut Work<'_>) -> bool {
        let mut undefined: [Vec<Undefined>; 4] = Default::default();
        let mut notes = Vec::new();
        let mut slots: Vec<Slot> = bucket.files.clone();
        slots.sort_unstable_by_key(|slot| work.files[*slot].rank);
        for slot in slots {
            let mut settled = None;
            for mention in work.files[slot].said.mentioned(last) {
                let key = (mention.class, mention.form);
                if settled == Some(key) {
                    continue;
                }
                let ambiguous = mention.answer == Answer::Ambiguous;
                if ambiguous {
                    let meanings = self.answer(bucket, work.names, work.files, slot, mention).1;
                    notes.push(self.ambiguous(work, slot, mention, &meanings));
                }
                if mention.answer == Answer::Defined || mention.keep {
                    settled = Some(key);
                }
                if mention.answer != Answer::Defined && mention.keep {
                    let (default, spelling, line) = (work.files[slot].default, mention.spelling, mention.line);
                    undefined[mention.class as usize].push(Undefined {
                        form: mention.form,
                        default,
                        ambiguous,
                        spelling,
                        file: slot,
                        line,
                    });
                }
            }
        }
        let mut unclaimed = self.by_urn(&bucket.undefined, work);
        bucket.undefined.clear();
        let before = std::mem::take(&mut bucket.late);
        for (class, mentions) in Class::ALL.into_iter().zip(undefined).filter(|(_, mentions)| !mentions.is_empty()) {
            self.settle_class(last, bucket, class, mentions, &mut unclaimed, work);
        }
        self.forget(unclaimed, work);
        bucket.late.sort_unstable();
        for ident in &bucket.undefined {
            let identity = &self.list[*ident as usize];
            let name = work.names.name(identity.name).to_string();
            let message = format!("`{name}` is mentioned here and defined nowhere in the project");
            notes.push(Note { name, message, file_id: work.files[identity.mentioned.0].id.to_string(), line: identity.mentioned.1 });
        }
        work.effects.notes_gone.extend(bucket.notes.drain(..).map(|note| Arc::as_ptr(&note)));
        bucket.notes.extend(notes.into_iter().map(Arc::new));
        work.effects.notes.extend(bucket.notes.iter().cloned());
        before != bucket.late
    }

    fn ambiguous(&self, work: &Work<'_>, slot: Slot, mention: &Mention, meanings: &[Ident]) -> Note {
        /// Meanings that a note names; the count tells the rest.
        const SHOWN: usize = 5;
        let name = work.names.name(mention.spelling).to_string();
        let spelled = |ident: &Ident| work.names.name(self.list[*ident as usize].name).to_string();
        let shown = meanings.iter().take(SHOWN).map(spelled).collect::<Vec<_>>().join(", ");
        let more = if meanings.len() > SHOWN { ", …" } else { "" };
        let message = format!("`{name}` could mean any of {} definitions ({shown}{more}); qualify it", meanings.len());
        Note { name, message, file_id: work.files[slot].id.to_string(), line: mention.line }
    }

    fn settle_class(
        &mut self,
        last: Form,
        bucket: &mut Bucket,
        class: Class,
        mut mentions: Vec<Undefined>,
        unclaimed: &mut Unclaimed,
        work: &mut Work<'_>,
    ) {
        let names = &*work.names;
        let place = |m: &Undefined| (work.files[m.file].rank, m.line);
        mentions.sort_by(|a, b| (names.text(a.form), a.default, place(a)).cmp(&(names.text(b.form), b.default, place(b))));
        let unsure: HashSet<Form> = mentions.iter().filter(|m| m.ambiguous).map(|m| m.form).collect();
        let mut forms: Vec<(Form, &'static str)> = mentions.iter().map(|m| (m.form, m.default)).collect();
        forms.dedup();
        let mut rest: Vec<(Form, &'static str)> = Vec::new();
        {
            let claims = claims(forms.iter().map(|(f, _)| names.text(*f)));
            for (form, default) in &forms {
                match self.shorter_definition(bucket, names, class, *form, &claims).filter(|_| !unsure.contains(form)) {
                    Some(ident) => bucket.late.push((class, *form, default, ident)),
                    None => rest.push((*form, default)),
                }
            }
        }
        let texts: Vec<(&str, &'static str)> = rest.iter().map(|(form, default)| (names.text(*form), *default)).collect();
        let mut groups = group(&texts);
        meet(bucket, last, &rest, &mut groups, &unsure);
        let groups = number(&groups);
        let at: HashMap<(Form, &str), usize> = rest.iter().copied().zip(0..).collect();
        let mut made: Vec<Identity> = Vec::new();
        // A group's number appears first with its first form; later mentions may be longer or earlier.
        for m in &mentions {
            let Some(at) = at.get(&(m.form, m.default)) else { continue };
            let Some(identity) = made.get_mut(groups[*at] as usize) else {
                made.push(Identity { class, name: m.spelling, mentioned: (m.file, m.line), last, ..Identity::default() });
                continue;
            };
            let (file, line) = identity.mentioned;
            let first = (work.files[file].rank, line);
            let (new, old) = (names.name(m.spelling).0.len(), names.name(identity.name).0.len());
            if new > old || (new == old && place(m) < first) {
                identity.name = m.spelling;
            }
            if place(m) < first {
                identity.mentioned = (m.file, m.line);
            }
        }
        let mut idents = Vec::new();
        for mut draft in made {
            let node = external_node(work.project, names.name(draft.name));
            let (ident, known_before) = self.claim(class, node.urn(work.project), unclaimed);
            draft.vertex = work.vertices.put(Owner::Asset(ident), node);
            if !known_before || self.list[ident as usize].name != draft.name {
                work.effects.idents.insert(ident);
            }
            self.list[ident as usize] = draft;
            idents.push(ident);
        }
        bucket.late.extend(rest.iter().zip(&groups).map(|((form, default), group)| (class, *form, *default, idents[*group as usize])));
        bucket.undefined.append(&mut idents);
    }

    /// The definition that the longer, undefined `form` means: `sales.orders` for `db.sales.orders`, `orders` for `shop.orders`,
    /// unless another undefined name could claim it as well.
    fn shorter_definition(
        &self,
        bucket: &Bucket,
        names: &Names,
        class: Class,
        form: Form,
        claims: &HashMap<&str, Claim<'_>>,
    ) -> Option<Ident> {
        let text = names.text(form);
        let fits = |ident: Ident, suffix: &str, short: Form| {
            let all_end_it = self.list[ident as usize].forms.iter().all(|f| is_suffix(names.text(*f), text));
            all_end_it && claims.get(suffix).is_none_or(|c| c.single) && !bucket.apart(short, form)
        };
        suffixes(text).find_map(|suffix| {
            let short = names.known(suffix)?;
            match bucket.named(class, short) {
                [(.., ident)] => Some(*ident).filter(|i| fits(*i, suffix, short)),
                _ => None,
            }
        })
    }

    /// Whether definitions answer to the mention, and which could when none does for sure.
    fn answer(&self, bucket: &Bucket, names: &Names, files: &Files, slot: Slot, mention: &Mention) -> (Answer, Vec<Ident>) {
        let mut several = Vec::new();
        for class in mention.role.classes() {
            match self.find(bucket, names, files, slot, mention.form, *class) {
                Found::One(_) => return (Answer::Defined, Vec::new()),
                Found::Several(idents) => several = idents,
                Found::None => {}
            }
        }
        (if several.is_empty() { Answer::Undefined } else { Answer::Ambiguous }, several)
    }

    /// What `form` means in a file, in that role; `None` for what [`Mention::keep`] did not keep.
    fn mean(&self, bucket: &Bucket, names: &Names, files: &Files, slot: Slot, form: Form, role: Role) -> Option<Ident> {
        for class in role.classes() {
            if let Found::One(ident) = self.find(bucket, names, files, slot, form, *class) {
                return Some(ident);
            }
        }
        let key = (role.classes()[0], form, files[slot].default);
        let at = bucket.late.partition_point(|l| (l.0, l.1, l.2) < key);
        bucket.late.get(at).filter(|l| (l.0, l.1, l.2) == key).map(|l| l.3)
    }

    fn find(&self, bucket: &Bucket, names: &Names, files: &Files, slot: Slot, form: Form, class: Class) -> Found {
        if bucket.defined.is_empty() {
            return Found::None;
        }
        let named = |form: Form| bucket.named(class, form);
        let in_schema = |schema: &str| names.known(&format!("{schema}{SEPARATOR}{}", names.text(form))).and_then(|f| named(f).first());
        let (last, default) = (names.last(form), files[slot].default);
        let short = form == last;
        let exact =
            if short { named(form).iter().find(|(_, _, d, _)| *d == default).or_else(|| in_schema(default)) } else { named(form).first() };
        if let Some((.., ident)) = exact {
            return Found::One(*ident);
        }
        let implied: Vec<Ident> = if short {
            named(form).iter().chain(DEFAULT_SCHEMAS.iter().filter_map(|d| in_schema(d))).map(|n| n.3).collect()
        } else {
            let schema = names.text(form).strip_suffix(names.text(last)).and_then(|f| f.strip_suffix(SEPARATOR));
            let unqualified = |ident: &Ident| self.list[*ident as usize].forms.iter().all(|f| *f == last);
            let implied = schema.is_some_and(|s| DEFAULT_SCHEMAS.contains(&s));
            named(last).iter().filter(|_| implied).map(|n| n.3).filter(unqualified).collect()
        };
        if !implied.is_empty() {
            return self.choose(files, slot, implied);
        }
        let one = |ident: &Ident| self.list[*ident as usize].forms.iter().all(|long| !bucket.apart(form, *long));
        self.choose(files, slot, bucket.ending(class, form).filter(one).collect())
    }

    fn choose(&self, files: &Files, slot: Slot, mut candidates: Vec<Ident>) -> Found {
        candidates.sort_unstable_by_key(|ident| self.list[*ident as usize].order);
        candidates.dedup();
        let defined = |ident: Ident| self.list[ident as usize].definitions.iter().map(|(f, _)| *f);
        let single = |near: &dyn Fn(Slot) -> bool| {
            let mut near = candidates.iter().copied().filter(|ident| defined(*ident).any(near));
            near.next().filter(|_| near.next().is_none())
        };
        match candidates[..] {
            [] => Found::None,
            [one] => Found::One(one),
            _ => match single(&|f| f == slot).or_else(|| single(&|f| files[f].repository == files[slot].repository)) {
                Some(one) => Found::One(one),
                None => Found::Several(candidates),
            },
        }
    }
}

/// An undefined `orders` and the only undefined `sales.orders` are one.
fn meet(bucket: &Bucket, last: Form, forms: &[(Form, &'static str)], groups: &mut [u32], unsure: &HashSet<Form>) {
    let qualified: Vec<(Form, u32)> = forms.iter().zip(&*groups).map(|((f, _), g)| (*f, *g)).filter(|(f, _)| *f != last).collect();
    let Some((_, only)) = qualified.first().filter(|(_, g)| qualified.iter().all(|(_, other)| other == g)) else { return };
    for ((form, _), group) in forms.iter().zip(groups) {
        if *form == last && !unsure.contains(form) && !qualified.iter().any(|(long, _)| bucket.apart(*form, *long)) {
            *group = *only;
        }
    }
}

/// Groups the spellings of one last part (sorted, each once) into identities, numbered from 0.
fn group(forms: &[(&str, &'static str)]) -> Vec<u32> {
    let mut parent: Vec<usize> = (0..forms.len()).collect();
    let mut at: HashMap<&str, usize> = HashMap::default();
    for (i, (form, _)) in forms.iter().enumerate() {
        at.entry(form).or_insert(i);
    }
    let claims = claims(forms.iter().map(|(f, _)| *f));
    let mut free: HashMap<&str, usize> = HashMap::default();
    for (i, (form, default)) in forms.iter().enumerate() {
        let in_schema = |schema: &str| at.get(format!("{schema}{SEPARATOR}{form}").as_str()).copied();
        let twin = if form.contains(SEPARATOR) {
            // `db.schema.t` is `schema.t`, unless `db2.schema.t` is there too.
            let short = suffixes(form).filter(|s| s.contains(SEPARATOR)).find_map(|s| at.get(s).filter(|_| claims[s].single));
            join(&mut parent, at[form], i);
            short.copied()
        } else {
            let mut implied = DEFAULT_SCHEMAS.iter().filter_map(|d| in_schema(d));
            // Unqualified in several dialects: one, as long as no schema above claims it.
            in_schema(default)
                .or_else(|| implied.next().filter(|_| implied.next().is_none()))
                .or_else(|| Some(*free.entry(form).or_insert(i)))
        };
        join(&mut parent, twin.unwrap_or(i), i);
    }
    let roots: Vec<usize> = (0..forms.len()).map(|i| root(&parent, i)).collect();
    number(&roots)
}

/// Numbers equal values alike, from 0 in order of appearance.
fn number<T: Copy + Eq + std::hash::Hash>(values: &[T]) -> Vec<u32> {
    let mut numbers = HashMap::default();
    values
        .iter()
        .map(|v| {
            let next = numbers.len() as u32;
            *numbers.entry(*v).or_insert(next)
        })
        .collect()
}

/// Who could be meant by a short name: the longest of the longer ones, and whether all the others are its endings.
struct Claim<'a> {
    longest: &'a str,
    single: bool,
}

/// For each ending of `forms`, the longer forms that end so.
fn claims<'a>(forms: impl Iterator<Item = &'a str>) -> HashMap<&'a str, Claim<'a>> {
    let mut sorted: Vec<&str> = forms.collect();
    sorted.sort_unstable_by_key(|f| (f.len(), *f));
    sorted.dedup();
    let mut claims: HashMap<&str, Claim<'_>> = HashMap::default();
    for form in sorted {
        for suffix in suffixes(form) {
            let claim = claims.entry(suffix).or_insert(Claim { longest: form, single: true });
            claim.single &= claim.longest == form || is_suffix(claim.longest, form);
            claim.longest = form;
        }
    }
    claims
}

fn root(parent: &[usize], mut i: usize) -> usize {
    while parent[i] != i {
        i = parent[i];
    }
    i
}

fn join(parent: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parent, a), root(parent, b));
    parent[a.max(b)] = a.min(b);
}
