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

use super::link::FileFacts;
use crate::lineage::{Kind, Name, dialect};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Parts of a folded name are joined by this, since a quoted part may hold a dot.
const SEPARATOR: char = '\u{1f}';

/// Schemas that some dialect implies, so that the same name with and without is one even when the dialect was not recognised.
const DEFAULT_SCHEMAS: [&str; 3] = ["dbo", "public", "main"];

/// A name space: a table and a procedure of one name are two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Class {
    Relation,
    Routine,
    Trigger,
    Sequence,
}

impl Class {
    const ALL: [Class; 4] = [Class::Relation, Class::Routine, Class::Trigger, Class::Sequence];

    fn of(kind: Kind) -> Class {
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

/// Index into [`Identities::list`].
pub(super) type Ident = u32;

/// One asset.
#[derive(Debug)]
pub(super) struct Identity {
    /// Its definitions as (file, asset), the one that decides its kind and columns first; empty when nothing defines it.
    pub definitions: Vec<(u32, u32)>,
    /// Its spelling for display.
    pub name: Name,
    /// Where it is first mentioned, for what nothing defines: file and line.
    pub mentioned: (u32, u32),
    forms: Vec<String>,
}

impl Identity {
    fn new(name: Name, mentioned: (u32, u32)) -> Identity {
        Identity { definitions: Vec::new(), name, mentioned, forms: Vec::new() }
    }
}

/// A mention that found no definition.
struct Undefined<'a> {
    form: String,
    default: &'static str,
    ambiguous: bool,
    name: &'a Name,
    file: u32,
    line: u32,
}

/// An ambiguous mention, for the notes.
#[derive(Debug)]
pub(super) struct Ambiguity {
    pub name: String,
    /// How many definitions it could mean.
    pub count: usize,
    /// The first of them.
    pub meanings: Vec<String>,
    pub file: u32,
    pub line: u32,
}

#[derive(Debug, Default)]
struct Space {
    /// Definitions by folded name; several for unqualified names of different default schemas.
    by_form: HashMap<String, Vec<(&'static str, Ident)>>,
    /// Definitions by each ending of their folded names.
    by_suffix: HashMap<String, Vec<Ident>>,
    /// What undefined names mean, by folded name and default schema.
    late: HashMap<String, Vec<(&'static str, Ident)>>,
}

/// All identities of a project.
#[derive(Debug)]
pub(super) struct Identities {
    pub list: Vec<Identity>,
    pub ambiguities: Vec<Ambiguity>,
    spaces: [Space; 4],
    /// Longer names that a shorter one does not mean.
    distinct: HashMap<String, HashSet<String>>,
    defaults: Vec<&'static str>,
    repositories: Vec<u32>,
}

/// Which end of a relation a name is: where it is looked for, first to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// What rows come from or go to.
    Data,
    /// What reads, writes and calls.
    Owner,
    /// What is called.
    Callee,
    /// What fires.
    Trigger,
    /// What a document may speak of.
    Any,
}

impl Role {
    /// The first is what the name stands for when nothing defines it.
    fn classes(self) -> &'static [Class] {
        match self {
            Role::Data | Role::Any => &[Class::Relation, Class::Routine, Class::Sequence, Class::Trigger],
            Role::Owner => &[Class::Routine, Class::Trigger, Class::Relation],
            Role::Callee => &[Class::Routine],
            Role::Trigger => &[Class::Trigger, Class::Routine],
        }
    }
}

/// A name that a file mentions.
pub(super) struct Mention<'a> {
    pub name: &'a Name,
    pub role: Role,
    pub line: u32,
    /// Whether it stands for something even when nothing defines it.
    pub keep: bool,
}

/// The names of one file, each looked up once.
pub(super) struct Scope<'a, 'n> {
    names: &'n Identities,
    file: u32,
    known: HashMap<(&'a Name, Role), Option<Ident>>,
}

impl<'a, 'n> Scope<'a, 'n> {
    pub(super) fn new(names: &'n Identities, file: u32) -> Scope<'a, 'n> {
        Scope { names, file, known: HashMap::new() }
    }

    /// What `name` means here; `None` when it stands for nothing.
    pub(super) fn resolve(&mut self, name: &'a Name, role: Role) -> Option<Ident> {
        *self.known.entry((name, role)).or_insert_with(|| self.names.resolve(self.file, name, role))
    }
}

enum Found {
    One(Ident),
    Several(Vec<Ident>),
    None,
}

impl Identities {
    /// Finds the identities of `files`, given what each mentions and which pairs of names (by file) one statement derives.
    pub(super) fn new<'a>(files: &[FileFacts<'a>], mentions: &[Vec<Mention<'a>>], derived: &[Vec<(&Name, &Name)>]) -> Identities {
        let mut repository_ids: Vec<&str> = files.iter().map(|f| f.repository_id).collect();
        repository_ids.sort_unstable();
        repository_ids.dedup();
        let mut this = Identities {
            list: Vec::new(),
            ambiguities: Vec::new(),
            spaces: Default::default(),
            distinct: HashMap::new(),
            defaults: files.iter().map(|f| default_schema(&f.facts.dialect)).collect(),
            // Position in a list that holds every repository.
            repositories: files.iter().map(|f| repository_ids.partition_point(|r| *r < f.repository_id) as u32).collect(),
        };
        this.tell_apart(derived);
        this.define(files);
        this.settle(mentions);
        this
    }

    /// What `name` means in `file`, in that role; `None` for what [`Mention::keep`] did not keep.
    pub(super) fn resolve(&self, file: u32, name: &Name, role: Role) -> Option<Ident> {
        let classes = role.classes();
        let form = fold(name);
        let default = self.defaults[file as usize];
        for class in classes {
            if let Found::One(ident) = self.find(file, &form, *class) {
                return Some(ident);
            }
        }
        let late = self.spaces[classes[0] as usize].late.get(&form)?;
        late.iter().find(|(d, _)| *d == default).map(|(_, ident)| *ident)
    }

    fn tell_apart(&mut self, derived: &[Vec<(&Name, &Name)>]) {
        for (pairs, default) in derived.iter().zip(&self.defaults) {
            for (a, b) in pairs {
                if !a.last().eq_ignore_ascii_case(b.last()) {
                    continue;
                }
                let (a, b) = (fold(a), fold(b));
                let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
                if is_suffix(&short, &long) && long != format!("{default}{SEPARATOR}{short}") {
                    self.distinct.entry(short).or_default().insert(long);
                }
            }
        }
    }

    fn define(&mut self, files: &[FileFacts<'_>]) {
        for class in Class::ALL {
            let mut by_last: BTreeMap<String, Vec<(String, u32, u32)>> = BTreeMap::new();
            for (file, f) in files.iter().enumerate() {
                for (ix, asset) in f.facts.assets.iter().enumerate().filter(|(_, a)| Class::of(a.kind) == class) {
                    let form = fold(&asset.name);
                    if !form.is_empty() {
                        by_last.entry(last(&form).to_owned()).or_default().push((form, file as u32, ix as u32));
                    }
                }
            }
            for definitions in by_last.into_values() {
                let mut forms: Vec<(&str, &'static str)> =
                    definitions.iter().map(|(form, file, _)| (form.as_str(), self.defaults[*file as usize])).collect();
                forms.sort_unstable();
                forms.dedup();
                let groups = group(&forms);
                let first = self.list.len() as u32;
                let space = &mut self.spaces[class as usize];
                for ((form, default), group) in forms.iter().zip(&groups) {
                    let named = space.by_form.entry((*form).to_owned()).or_default();
                    // A qualified name is the same whatever schema its file implies.
                    if named.is_empty() || !form.contains(SEPARATOR) {
                        named.push((*default, first + group));
                    }
                    for suffix in suffixes(form) {
                        space.by_suffix.entry(suffix.to_owned()).or_default().push(first + group);
                    }
                }
                let count = groups.iter().max().map_or(0, |g| g + 1);
                self.list.extend((0..count).map(|_| Identity::new(Name(Vec::new()), (0, 0))));
                for (form, file, ix) in &definitions {
                    let default = self.defaults[*file as usize];
                    let at = forms.binary_search(&(form.as_str(), default)).unwrap_or(0);
                    let identity = &mut self.list[(first + groups[at]) as usize];
                    let name = &files[*file as usize].facts.assets[*ix as usize].name;
                    if name.0.len() > identity.name.0.len() {
                        identity.name = name.clone();
                    }
                    identity.definitions.push((*file, *ix));
                    if !identity.forms.contains(form) {
                        identity.forms.push(form.clone());
                    }
                }
                for identity in &mut self.list[first as usize..] {
                    identity.definitions.sort_by_key(|(file, ix)| {
                        let asset = &files[*file as usize].facts.assets[*ix as usize];
                        (asset.kind, std::cmp::Reverse(asset.columns.len()), *file, *ix)
                    });
                }
            }
        }
    }

    /// Gives every mention without a definition its meaning.
    fn settle(&mut self, mentions: &[Vec<Mention<'_>>]) {
        let mut undefined: [BTreeMap<String, Vec<Undefined<'_>>>; 4] = Default::default();
        let mut ambiguities = Vec::new();
        /// Meanings that a note names; the count tells the rest.
        const SHOWN: usize = 5;
        for (file, mentions) in mentions.iter().enumerate() {
            let file = file as u32;
            let mut seen = HashSet::new();
            for mention in mentions {
                let classes = mention.role.classes();
                let class = classes[0];
                let form = fold(mention.name);
                if form.is_empty() || !seen.insert((class, form.clone())) {
                    continue;
                }
                let mut several = Vec::new();
                let defined = classes.iter().any(|class| match self.find(file, &form, *class) {
                    Found::One(_) => true,
                    Found::Several(idents) => {
                        several = idents;
                        false
                    }
                    Found::None => false,
                });
                if defined {
                    continue;
                }
                if !several.is_empty() {
                    let meanings = several.iter().take(SHOWN).map(|i| self.list[*i as usize].name.to_string()).collect();
                    let count = several.len();
                    ambiguities.push(Ambiguity { name: mention.name.to_string(), count, meanings, file, line: mention.line });
                }
                if mention.keep {
                    undefined[class as usize].entry(last(&form).to_owned()).or_default().push(Undefined {
                        form,
                        default: self.defaults[file as usize],
                        ambiguous: !several.is_empty(),
                        name: mention.name,
                        file,
                        line: mention.line,
                    });
                } else {
                    // A later mention of the same name may be one to keep.
                    seen.remove(&(class, form));
                }
            }
        }
        self.ambiguities = ambiguities;
        for (class, names) in Class::ALL.into_iter().zip(undefined) {
            for mentions in names.into_values() {
                self.settle_name(class, mentions);
            }
        }
    }

    fn settle_name(&mut self, class: Class, mut mentions: Vec<Undefined<'_>>) {
        mentions.sort_by(|a, b| (&a.form, a.default, a.file, a.line).cmp(&(&b.form, b.default, b.file, b.line)));
        let unsure: HashSet<&str> = mentions.iter().filter(|m| m.ambiguous).map(|m| m.form.as_str()).collect();
        let mut forms: Vec<(&str, &'static str)> = mentions.iter().map(|m| (m.form.as_str(), m.default)).collect();
        forms.dedup();
        let claims = claims(forms.iter().map(|(f, _)| *f));
        let mut rest = Vec::new();
        let mut late = Vec::new();
        for (form, default) in &forms {
            match self.shorter_definition(class, form, &claims).filter(|_| !unsure.contains(form)) {
                Some(ident) => late.push(((*form).to_owned(), *default, ident)),
                None => rest.push((*form, *default)),
            }
        }
        let mut groups = group(&rest);
        self.meet(&rest, &mut groups, &unsure);
        let groups = number(&groups);
        let first = self.list.len() as u32;
        let mut made: Vec<Identity> = Vec::new();
        // A group's number appears first with its first form; later mentions may be longer or earlier.
        for m in &mentions {
            let Ok(at) = rest.binary_search(&(m.form.as_str(), m.default)) else { continue };
            let place = (m.file, m.line);
            let Some(identity) = made.get_mut(groups[at] as usize) else {
                made.push(Identity::new(m.name.clone(), place));
                continue;
            };
            let (new, old) = (m.name.0.len(), identity.name.0.len());
            if new > old || (new == old && place < identity.mentioned) {
                identity.name = m.name.clone();
            }
            identity.mentioned = identity.mentioned.min(place);
        }
        late.extend(rest.iter().zip(&groups).map(|((form, default), group)| ((*form).to_owned(), *default, first + group)));
        self.list.extend(made);
        for (form, default, ident) in late {
            self.spaces[class as usize].late.entry(form).or_default().push((default, ident));
        }
    }

    /// An undefined `orders` and the only undefined `sales.orders` are one.
    fn meet(&self, forms: &[(&str, &'static str)], groups: &mut [u32], unsure: &HashSet<&str>) {
        let qualified: Vec<(&str, u32)> =
            forms.iter().zip(&*groups).map(|((f, _), g)| (*f, *g)).filter(|(f, _)| f.contains(SEPARATOR)).collect();
        let Some((_, only)) = qualified.first().filter(|(_, g)| qualified.iter().all(|(_, other)| other == g)) else { return };
        for ((form, _), group) in forms.iter().zip(groups) {
            if !form.contains(SEPARATOR) && !unsure.contains(form) && !qualified.iter().any(|(long, _)| self.apart(form, long)) {
                *group = *only;
            }
        }
    }

    /// The definition that the longer, undefined `form` means: `sales.orders` for `db.sales.orders`, `orders` for `shop.orders`,
    /// unless another undefined name could claim it as well.
    fn shorter_definition(&self, class: Class, form: &str, claims: &HashMap<&str, Claim<'_>>) -> Option<Ident> {
        let space = &self.spaces[class as usize];
        let fits = |ident: Ident, suffix: &str| {
            let all_end_it = self.list[ident as usize].forms.iter().all(|f| is_suffix(f, form));
            all_end_it && claims.get(suffix).is_none_or(|c| c.single) && !self.apart(suffix, form)
        };
        suffixes(form).find_map(|suffix| match space.by_form.get(suffix)?[..] {
            [(_, ident)] => Some(ident).filter(|i| fits(*i, suffix)),
            _ => None,
        })
    }

    fn apart(&self, short: &str, long: &str) -> bool {
        self.distinct.get(short).is_some_and(|longs| longs.contains(long))
    }

    fn find(&self, file: u32, form: &str, class: Class) -> Found {
        let space = &self.spaces[class as usize];
        let last = last(form);
        let default = self.defaults[file as usize];
        let named = |form: &str| space.by_form.get(form).into_iter().flatten();
        let short = form == last;
        let exact = if short {
            let here = named(form).find(|(d, _)| *d == default);
            here.or_else(|| named(&format!("{default}{SEPARATOR}{form}")).next())
        } else {
            named(form).next()
        };
        if let Some((_, ident)) = exact {
            return Found::One(*ident);
        }
        let implied: Vec<Ident> = if short {
            let schemas = DEFAULT_SCHEMAS.iter().map(|d| format!("{d}{SEPARATOR}{form}"));
            named(form).map(|(_, i)| *i).chain(schemas.filter_map(|f| named(&f).next().map(|(_, i)| *i))).collect()
        } else if DEFAULT_SCHEMAS.iter().any(|d| form.strip_suffix(last).and_then(|f| f.strip_suffix(SEPARATOR)) == Some(d)) {
            let unqualified = |ident: &Ident| self.list[*ident as usize].forms.iter().all(|f| !f.contains(SEPARATOR));
            named(last).map(|(_, i)| *i).filter(unqualified).collect()
        } else {
            Vec::new()
        };
        if !implied.is_empty() {
            return self.choose(file, implied);
        }
        let apart = self.distinct.get(form);
        let one = |ident: &Ident| apart.is_none_or(|apart| self.list[*ident as usize].forms.iter().all(|long| !apart.contains(long)));
        self.choose(file, space.by_suffix.get(form).into_iter().flatten().copied().filter(one).collect())
    }

    fn choose(&self, file: u32, mut candidates: Vec<Ident>) -> Found {
        candidates.sort_unstable();
        candidates.dedup();
        let defined = |ident: Ident| self.list[ident as usize].definitions.iter().map(|(f, _)| *f);
        let repository = |f: u32| self.repositories[f as usize];
        let single = |near: &dyn Fn(u32) -> bool| {
            let mut near = candidates.iter().copied().filter(|ident| defined(*ident).any(near));
            near.next().filter(|_| near.next().is_none())
        };
        match candidates[..] {
            [] => Found::None,
            [one] => Found::One(one),
            _ => match single(&|f| f == file).or_else(|| single(&|f| repository(f) == repository(file))) {
                Some(one) => Found::One(one),
                None => Found::Several(candidates),
            },
        }
    }
}

/// Groups the spellings of one last part (sorted, each once) into identities, numbered from 0.
fn group(forms: &[(&str, &'static str)]) -> Vec<u32> {
    let mut parent: Vec<usize> = (0..forms.len()).collect();
    let mut at: HashMap<&str, usize> = HashMap::new();
    for (i, (form, _)) in forms.iter().enumerate() {
        at.entry(form).or_insert(i);
    }
    let claims = claims(forms.iter().map(|(f, _)| *f));
    let mut free: HashMap<&str, usize> = HashMap::new();
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
    let mut numbers = HashMap::new();
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
    let mut claims: HashMap<&str, Claim<'_>> = HashMap::new();
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

fn default_schema(id: &str) -> &'static str {
    dialect::DIALECTS.iter().find(|d| d.id == id).map_or("", |d| d.default_schema)
}

/// Folded and joined by [`SEPARATOR`]; parts left empty (`db..t`) are left out.
fn fold(name: &Name) -> String {
    let mut form = String::new();
    for part in name.0.iter().filter(|p| !p.is_empty()) {
        if !form.is_empty() {
            form.push(SEPARATOR);
        }
        form.push_str(&part.to_lowercase());
    }
    form
}

fn last(form: &str) -> &str {
    form.rsplit(SEPARATOR).next().unwrap_or(form)
}

/// Whether `long` is `short` with more parts in front.
fn is_suffix(short: &str, long: &str) -> bool {
    long.strip_suffix(short).is_some_and(|front| front.ends_with(SEPARATOR))
}

/// Names with more parts are matched by their last ones only; no dialect has more than four.
const MAX_PARTS: usize = 8;

/// The proper endings of a folded name, longest first.
fn suffixes(form: &str) -> impl Iterator<Item = &str> {
    let mut ends: Vec<usize> = form.rmatch_indices(SEPARATOR).take(MAX_PARTS).map(|(at, _)| at + SEPARATOR.len_utf8()).collect();
    ends.reverse();
    ends.into_iter().map(|at| &form[at..])
}
