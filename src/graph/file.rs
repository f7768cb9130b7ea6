//! What linking keeps of each file: its facts, the names in them and what these mean, the edges it states.

use super::identity::{Class, Ident};
use super::kept::Kept;
use super::link::FileFacts;
use super::names::{Form, Names, Spelling};
use super::vertex::Vertex;
use super::{Edge, Evidence};
use crate::lineage::{ColumnSource, Facts, Name, Output, Relation, Statement, dialect};
use foldhash::{HashMap, HashSet};
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// Index of a file in [`Files`]; the same as long as the file is there.
pub(super) type Slot = u32;

/// Which end of a relation a name is: where it is looked for, first to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Role {
    /// What rows come from or go to.
    Data,
    /// What reads, writes and calls.
    Owner,
    /// What is called.
    Callee,
    /// What gives back rows that are read.
    Giver,
    /// What fires.
    Trigger,
    /// What a document may speak of.
    Any,
}

impl Role {
    /// The first is what the name stands for when nothing defines it.
    pub(super) fn classes(self) -> &'static [Class] {
        match self {
            Role::Data | Role::Any => &[Class::Relation, Class::Routine, Class::Sequence, Class::Trigger],
            Role::Owner => &[Class::Routine, Class::Trigger, Class::Relation],
            Role::Callee | Role::Giver => &[Class::Routine],
            Role::Trigger => &[Class::Trigger, Class::Routine],
        }
    }
}

/// The role of a name that rows come from or go to, and whether it stands for something even when nothing defines it: not so what a
/// routine gives back, since every engine has functions that no file defines.
pub(super) fn data_role(name: &Name) -> (Role, bool) {
    if name.is_rows() { (Role::Giver, false) } else { (Role::Data, true) }
}

/// The role of a name that is defined or written: what a routine gives back is not read where the routine says what it is.
pub(super) fn target_role(name: &Name) -> Role {
    if name.is_rows() { Role::Callee } else { Role::Data }
}

/// The roles of the two ends of a stated relation; `None` for relations that linking makes itself.
pub(super) fn roles(relation: Relation) -> Option<(Role, Role)> {
    match relation {
        Relation::Derives | Relation::References => Some((Role::Data, Role::Data)),
        Relation::Reads => Some((Role::Owner, Role::Data)),
        Relation::WrittenBy => Some((Role::Data, Role::Owner)),
        Relation::Calls => Some((Role::Owner, Role::Callee)),
        Relation::FiresOn => Some((Role::Trigger, Role::Data)),
        Relation::Mentions => Some((Role::Owner, Role::Any)),
        Relation::ColumnOf | Relation::DefinedIn => None,
    }
}

/// Whether definitions answer to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Defined,
    /// Several do, and none is nearer than the others.
    Ambiguous,
    Undefined,
}

/// A name that a file mentions, and that stands for something even when nothing defines it if `keep` says so.
#[derive(Debug)]
pub(super) struct Mention {
    pub last: Form,
    pub class: Class,
    pub form: Form,
    pub role: Role,
    pub keep: bool,
    pub answer: Answer,
    pub spelling: Spelling,
    pub line: u32,
}

/// A name in a role, and what it means in this file: `None` when it stands for nothing.
#[derive(Debug)]
pub(super) struct Meaning {
    pub last: Form,
    pub form: Form,
    pub role: Role,
    pub ident: Option<Ident>,
}

/// Something that a file defines.
#[derive(Debug)]
pub(super) struct Definition {
    pub last: Form,
    pub class: Class,
    pub form: Form,
    pub spelling: Spelling,
    /// Index into the file's assets.
    pub asset: u32,
}

/// The names in one file's facts. Each list is sorted by the last part.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// By last part, class and folded name, then as they come, up to the first to keep.
    pub mentions: Vec<Mention>,
    /// By last part, folded name and role.
    pub meanings: Vec<Meaning>,
    pub definitions: Vec<Definition>,
    /// Shorter and longer names that are not one: last part, shorter, longer.
    pub apart: Vec<(Form, Form, Form)>,
    /// The columns that are named, as [`column_mark`]s.
    columns: Vec<u32>,
}

/// A column's name, in whatever case, as a number (FNV-1a). Two names may have one: equal marks only say what may concern a file.
pub(super) fn column_mark(name: &str) -> u32 {
    // Of one letter, the form that ends a word and the other.
    let folded = name.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c });
    folded.fold(0x811c_9dc5, |hash, c| (hash ^ c as u32).wrapping_mul(0x0100_0193))
}

/// Numbers of the names of one file: these are few and said often, and the project's are many.
struct Spellings<'f, 'n> {
    names: &'n mut Names,
    /// By where their parts are, which most places share that say them.
    known: HashMap<*const String, Spelling>,
    of: PhantomData<&'f Facts>,
}

impl<'f> Spellings<'f, '_> {
    /// The spelling of a name and its folded form; `None` when it has no parts.
    fn of(&mut self, name: &'f Name) -> Option<(Spelling, Form)> {
        let spelling = *self.known.entry(name.0.as_ptr()).or_insert_with(|| self.names.spell(name));
        Some((spelling, self.names.form(spelling)?))
    }
}

impl Said {
    pub(super) fn read(facts: &Facts, default: &str, names: &mut Names) -> Said {
        let mut said = Said::default();
        let mut local = Spellings { names, known: HashMap::default(), of: PhantomData };
        for (asset, a) in facts.assets.iter().enumerate() {
            if let Some((spelling, form)) = local.of(&a.name) {
                let (last, class) = (local.names.last(form), Class::of(a.kind));
                said.definitions.push(Definition { last, class, form, spelling, asset: asset as u32 });
            }
        }
        said.definitions.sort_by_key(|d| d.last);
        said.definitions.shrink_to_fit();
        mention(facts, &mut local, &mut said.mentions);
        said.mentions.sort_by_key(|m| (m.last, m.class, m.form));
        let mut kept = None;
        said.mentions.retain(|m| {
            let key = (m.class, m.form);
            let first = kept != Some(key);
            if m.keep {
                kept = Some(key);
            }
            first
        });
        said.mentions.shrink_to_fit();
        look_up(facts, &mut |name, role| {
            if let Some((_, form)) = local.of(name) {
                said.meanings.push(Meaning { last: local.names.last(form), form, role, ident: None });
            }
        });
        said.meanings.sort_unstable_by_key(|m| (m.last, m.form, m.role));
        said.meanings.dedup_by_key(|m| (m.form, m.role));
        said.meanings.shrink_to_fit();
        said.columns = named_columns(facts);
        tell_apart(facts, default, names, &mut said.apart);
        said
    }

    /// What the file mentions of this last part.
    pub(super) fn mentioned(&self, last: Form) -> &[Mention] {
        &self.mentions[range(&self.mentions, last, |m| m.last)]
    }

    pub(super) fn mentions_of(&mut self, last: Form) -> &mut [Mention] {
        let range = range(&self.mentions, last, |m| m.last);
        &mut self.mentions[range]
    }

    pub(super) fn meanings_of(&mut self, last: Form) -> &mut [Meaning] {
        let range = range(&self.meanings, last, |m| m.last);
        &mut self.meanings[range]
    }

    /// What the names of this last part mean here.
    pub(super) fn meant(&self, last: Form) -> impl Iterator<Item = &Meaning> {
        self.meanings[range(&self.meanings, last, |m| m.last)].iter()
    }

    /// The routines whose rows are read here.
    pub(super) fn givers(&self) -> impl Iterator<Item = Ident> {
        self.meanings.iter().filter(|m| m.role == Role::Giver).filter_map(|m| m.ident)
    }

    pub(super) fn definitions_of(&self, last: Form) -> &[Definition] {
        &self.definitions[range(&self.definitions, last, |d| d.last)]
    }

    pub(super) fn apart_of(&self, last: Form) -> &[(Form, Form, Form)] {
        &self.apart[range(&self.apart, last, |a| a.0)]
    }

    /// The last parts of all names here, each once.
    pub(super) fn lasts(&self) -> Vec<Form> {
        let mentioned = self.mentions.iter().map(|m| m.last).chain(self.meanings.iter().map(|m| m.last));
        let mut lasts: Vec<Form> = mentioned.chain(self.definitions.iter().map(|d| d.last)).chain(self.apart.iter().map(|a| a.0)).collect();
        lasts.sort_unstable();
        lasts.dedup();
        lasts
    }

    /// Whether a column of one of these marks may be named here.
    pub(super) fn names_column(&self, marks: &[u32]) -> bool {
        marks.iter().any(|mark| self.columns.binary_search(mark).is_ok())
    }

    /// What `name` means here; `None` when it stands for nothing.
    pub(super) fn meaning(&self, names: &Names, name: &Name, role: Role) -> Option<Ident> {
        let form = names.form_of(name)?;
        let key = (names.last(form), form, role);
        let at = self.meanings.binary_search_by_key(&key, |m| (m.last, m.form, m.role)).ok()?;
        self.meanings[at].ident
    }
}

fn range<T>(list: &[T], last: Form, of: impl Fn(&T) -> Form) -> std::ops::Range<usize> {
    let from = list.partition_point(|x| of(x) < last);
    from..from + list[from..].partition_point(|x| of(x) == last)
}

/// Every name that `facts` mentions, in a fixed order.
fn mention<'f>(facts: &'f Facts, names: &mut Spellings<'f, '_>, out: &mut Vec<Mention>) {
    let executed = |s: &&Statement| ["EXEC", "CALL", "CREATE TRIGGER"].iter().any(|k| s.kind.starts_with(k));
    let executed: HashSet<&Name> = facts.statements.iter().filter(executed).flat_map(|s| &s.calls).collect();
    let mut add = |name: &'f Name, role: Role, line: u32, keep: bool| {
        if let Some((spelling, form)) = names.of(name) {
            let (last, class) = (names.names.last(form), role.classes()[0]);
            out.push(Mention { last, class, form, role, keep, answer: Answer::Undefined, spelling, line });
        }
    };
    for edge in &facts.edges {
        let Some((from, to)) = roles(edge.relation) else { continue };
        // A document names many things that are none of ours, and an expression calls the functions every engine has.
        let keep = match edge.relation {
            Relation::Mentions => false,
            Relation::Calls => edge.to.as_ref().is_some_and(|n| n.0.len() > 1 || executed.contains(n)),
            _ => true,
        };
        for (name, role, keep) in edge.from.iter().map(|name| (name, from, true)).chain(edge.to.iter().map(|name| (name, to, keep))) {
            let (role, kept) = if role == Role::Data { data_role(name) } else { (role, true) };
            add(name, role, edge.line, keep && kept);
        }
    }
    let mut add_data = |name: &'f Name, line: u32| {
        let (role, keep) = data_role(name);
        add(name, role, line, keep);
    };
    for key in facts.assets.iter().flat_map(|a| &a.foreign_keys) {
        add_data(&key.references, key.line);
    }
    for statement in &facts.statements {
        let line = statement.span.line;
        for projection in &statement.projections {
            add_data(&projection.target, line);
            for output in projection.branches.iter().flatten() {
                let (line, star, sources) = match output {
                    Output::Star(star) => (star.line, Some(&star.table), &[][..]),
                    Output::Column { sources, span, .. } => (span.line, None, sources.as_slice()),
                };
                star.into_iter().chain(sources.iter().flat_map(|s| &s.tables)).for_each(|name| add_data(name, line));
            }
            projection.indirect.iter().flat_map(|s| &s.tables).for_each(|name| add_data(name, line));
        }
    }
}

/// Every name whose meaning is asked for when the file's edges are stated, with its role.
fn look_up<'a>(facts: &'a Facts, ask: &mut impl FnMut(&'a Name, Role)) {
    for edge in &facts.edges {
        let Some((from, to)) = roles(edge.relation) else { continue };
        edge.from.iter().for_each(|name| ask(name, if from == Role::Data { target_role(name) } else { from }));
        edge.to.iter().for_each(|name| ask(name, if to == Role::Data { data_role(name).0 } else { to }));
    }
    facts.assets.iter().flat_map(|a| &a.foreign_keys).for_each(|k| ask(&k.references, Role::Data));
    facts.alters.iter().for_each(|a| ask(&a.name, Role::Data));
    for statement in &facts.statements {
        statement.owner.iter().for_each(|name| ask(name, Role::Owner));
        sources(&statement.columns_read, ask);
        for projection in &statement.projections {
            ask(&projection.target, target_role(&projection.target));
            sources(&projection.indirect, ask);
            projection.branches.iter().for_each(|outputs| output_sources(outputs, ask));
        }
    }
}

fn output_sources<'a>(outputs: &'a [Output], ask: &mut impl FnMut(&'a Name, Role)) {
    for output in outputs {
        match output {
            Output::Column { sources: made_of, .. } => sources(made_of, ask),
            Output::Star(star) => {
                ask(&star.table, data_role(&star.table).0);
                // One level is what the expansion of a star looks at.
                for replaced in &star.replace {
                    if let Output::Column { sources: made_of, .. } = replaced {
                        sources(made_of, ask);
                    }
                }
            }
        }
    }
}

fn sources<'a>(list: &'a [ColumnSource], ask: &mut impl FnMut(&'a Name, Role)) {
    let names = |s: &'a ColumnSource| s.tables.iter().chain(&*s.outer).chain(s.unless.iter().map(|(rows, _)| rows));
    list.iter().flat_map(names).for_each(|name| ask(name, data_role(name).0));
}

/// What the columns are of which `statement` is made.
pub(super) fn each_source<'a>(statement: &'a Statement, see: &mut impl FnMut(&'a ColumnSource)) {
    fn made_of<'a>(output: &'a Output, see: &mut impl FnMut(&'a ColumnSource)) {
        match output {
            Output::Column { sources, .. } => sources.iter().for_each(see),
            Output::Star(star) => star.replace.iter().for_each(|output| made_of(output, see)),
        }
    }
    let (read, projections) = (&statement.columns_read, &statement.projections);
    read.iter().chain(projections.iter().flat_map(|p| &p.indirect)).for_each(&mut *see);
    projections.iter().flat_map(|p| p.branches.iter().flatten()).for_each(|output| made_of(output, see));
}

/// Every column that the file's statements name, but for the outputs of queries.
fn named_columns(facts: &Facts) -> Vec<u32> {
    let mut marks = Vec::new();
    for statement in &facts.statements {
        each_source(statement, &mut |source| marks.push(column_mark(&source.column)));
        marks.extend(statement.projections.iter().flat_map(|p| p.columns.iter().flatten()).map(|name| column_mark(name)));
    }
    marks.sort_unstable();
    marks.dedup();
    marks.shrink_to_fit();
    marks
}

/// Pairs of names of which one is made from the other, or stands outside the project, and which the rules could take for one.
fn tell_apart(facts: &Facts, default: &str, names: &mut Names, out: &mut Vec<(Form, Form, Form)>) {
    let stated = facts.edges.iter().filter(|e| e.relation == Relation::Derives);
    for (a, b) in stated.filter_map(|e| Some((e.from.as_ref()?, e.to.as_ref()?))) {
        if a == b || !a.last().eq_ignore_ascii_case(b.last()) || a.is_rows() {
            continue;
        }
        let (Some(a), Some(b)) = (names.form_of(a), names.form_of(b)) else { continue };
        let (short, long) = if names.text(a).len() < names.text(b).len() { (a, b) } else { (b, a) };
        let (short_text, long_text) = (names.text(short), names.text(long));
        let implied = long_text.strip_suffix(short_text).and_then(|front| front.strip_suffix(super::names::SEPARATOR)) == Some(default);
        if super::names::is_suffix(short_text, long_text) && !implied {
            out.push((names.last(short), short, long));
        }
    }
    for long in facts.outside.iter().filter_map(|name| names.form_of(name)) {
        let last = names.last(long);
        out.extend((last != long).then_some((last, last, long)));
    }
    out.sort_unstable();
    out.dedup();
}

/// One file of the project.
#[derive(Debug)]
pub(super) struct File {
    pub id: Arc<str>,
    pub repository: Arc<str>,
    pub repository_name: Arc<str>,
    pub path: Arc<str>,
    /// What it says.
    pub told: Arc<Kept>,
    /// The same, with triggers called after their tables where that is needed.
    pub facts: Arc<Kept>,
    /// Its position among all files, which decides who comes first.
    pub rank: u32,
    /// The schema that its dialect implies.
    pub default: &'static str,
    pub said: Said,
    /// The file's own; none before it is read.
    pub vertex: Option<Vertex>,
    /// By asset, what it defines.
    pub defines: Vec<Option<Ident>>,
    /// Projections that define their target: the target, and the places of the statement and of the projection. Sorted.
    pub defining: Vec<(Ident, u32, u32)>,
    /// Edges from what routines give back: the routine, and the place of the edge. Sorted.
    pub made_of: Vec<(Ident, u32)>,
    /// Stars in definitions: the relation read, and the one defined. Sorted.
    pub stars: Vec<(Ident, Ident)>,
    /// Relations of which not only columns named here matter: they stand in a star or for a row, or take outputs by position or by name.
    /// Sorted.
    pub whole: Vec<Ident>,
    /// Relations of which columns are used here that nothing declares.
    pub uses: Vec<Ident>,
    /// How many columns its stars stand for, and whether they asked for any.
    pub demand: usize,
    pub asks: bool,
    /// Sorted by from, to and relation, each once; ends are vertices.
    pub edges: Vec<Edge>,
}

impl File {
    pub(super) fn new(file: &FileFacts<'_>, path: Arc<str>) -> File {
        File {
            id: file.file_id.into(),
            repository: file.repository_id.into(),
            repository_name: file.repository.into(),
            path,
            facts: Arc::default(),
            told: Arc::default(),
            rank: 0,
            default: "",
            said: Said::default(),
            vertex: None,
            defines: Vec::new(),
            defining: Vec::new(),
            made_of: Vec::new(),
            stars: Vec::new(),
            whole: Vec::new(),
            uses: Vec::new(),
            demand: 0,
            asks: false,
            edges: Vec::new(),
        }
    }

    /// The relations that it defines and the routines of which it says what comes of them; some more than once.
    pub(super) fn said_of(&self) -> impl Iterator<Item = Ident> {
        self.defining.iter().map(|(target, ..)| *target).chain(self.made_of.iter().map(|(giver, _)| *giver))
    }
}

/// The files of one project.
#[derive(Debug, Default)]
pub(super) struct Files {
    list: Vec<Option<File>>,
    slots: HashMap<Arc<str>, Slot>,
    free: Vec<Slot>,
    /// Given back, and free from the next update on.
    freed: Vec<Slot>,
}

impl Index<Slot> for Files {
    type Output = File;

    fn index(&self, slot: Slot) -> &File {
        self.list[slot as usize].as_ref().expect("a slot is named only while its file is there")
    }
}

impl IndexMut<Slot> for Files {
    fn index_mut(&mut self, slot: Slot) -> &mut File {
        self.list[slot as usize].as_mut().expect("a slot is named only while its file is there")
    }
}

impl Files {
    pub(super) fn slot(&self, id: &str) -> Option<Slot> {
        self.slots.get(id).copied()
    }

    /// Where a piece of evidence stands in the order of files and lines.
    pub(super) fn place(&self, evidence: &Evidence) -> (u32, u32, u32) {
        (self.slot(&evidence.file_id).map_or(u32::MAX, |slot| self[slot].rank), evidence.line, evidence.line_end)
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&File> {
        self.list.get(slot as usize)?.as_ref()
    }

    pub(super) fn put(&mut self, file: File) -> Slot {
        let slot = self.slots.get(&file.id).copied().or_else(|| self.free.pop()).unwrap_or(self.list.len() as Slot);
        if slot as usize == self.list.len() {
            self.list.push(None);
        }
        self.slots.insert(file.id.clone(), slot);
        self.list[slot as usize] = Some(file);
        slot
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        if let Some(file) = self.list[slot as usize].take() {
            self.slots.remove(&file.id);
            self.freed.push(slot);
        }
    }

    /// Slots given back may be given out again.
    pub(super) fn recycle(&mut self) {
        self.free.append(&mut self.freed);
    }

    /// The files, in no order.
    pub(super) fn into_iter(self) -> impl Iterator<Item = File> {
        self.list.into_iter().flatten()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Slot, &File)> {
        (0..).zip(&self.list).filter_map(|(slot, file)| Some((slot, file.as_ref()?)))
    }

    /// Gives every file its place in order of path, repository and, for files that are the same but for those, id.
    pub(super) fn rank(&mut self) {
        let mut order: Vec<Slot> = self.iter().map(|(slot, _)| slot).collect();
        let key = |slot: &Slot| {
            let file = &self[*slot];
            (&file.path, &file.repository_name, &file.repository, &file.id)
        };
        order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        for (rank, slot) in (0..).zip(order) {
            self[slot].rank = rank;
        }
    }
}

/// The schema that a dialect implies.
pub(super) fn default_schema(id: &str) -> &'static str {
    dialect::DIALECTS.iter().find(|d| d.id == id).map_or("", |d| d.default_schema)
}
