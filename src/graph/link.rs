//! From what files say to one graph: names become identities, stars become columns, statements become edges.
//!
//! A [`Linker`] keeps what it found out, so that a changed file costs what depends on it:
//!
//! 1. names of the last parts that the file has or had are resolved anew (`identity.rs`);
//! 2. relations that it or a file whose names now mean something else defines get their columns anew, and those whose stars read
//!    them (`column.rs`);
//! 3. files whose names mean something else, that name a relation whose columns are others, or that look through what the routines of
//!    such files give back (`giver.rs`), state their edges anew (`trace.rs`);
//! 4. what differs is merged into the nodes and edges of the graph before (`assemble.rs`).
//!
//! Linking a project for the first time is the same with every file changed.
//!
//! From one update to the next a linker keeps, of each file, what it says in few bytes (`kept.rs`), the names there with what they mean, and
//! the edges it states, which share with the graph what they carry; and of the project its names, identities, columns and nodes. Facts are
//! read from what is kept for as long as one file is looked at.

use super::alter::Alterations;
use super::assemble::{ByHand, Sources, asset_node, difference, file_node, manual_node, merge_edges, relate_by_hand};
use super::column::{Budget, Columns, Definitions, MAX_STAR_COLUMNS, Reader};
use super::file::{File, Files, Said, Slot, default_schema};
use super::giver;
use super::identity::{Effects, Ident, Identities, Stir, Work};
use super::kept::{Desk, Kept, Writer};
use super::names::{Form, Names};
use super::trace::{Trace, definers};
use super::trigger::Triggers;
use super::usage::Usage;
use super::vertex::{Owner, Vertex, Vertices, trim};
use super::{Edge, Graph, Linked};
use crate::lineage::{Facts, Name, Relation};
use crate::parallel;
use foldhash::{HashMap, HashSet};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One file of the project with its facts.
#[derive(Clone, Copy, Debug)]
pub struct FileFacts<'a> {
    /// The file's id in the store.
    pub file_id: &'a str,
    /// The repository it belongs to (used to prefer definitions nearby when a name is ambiguous).
    pub repository_id: &'a str,
    /// That repository's name, which says which of two files of one path comes first: ids are random.
    pub repository: &'a str,
    /// Relative path; the name of the file's node.
    pub path: &'a str,
    /// What it says.
    pub facts: &'a Arc<Facts>,
}

/// A node or relation made by hand through the API; ids are URNs or free text chosen by the client.
#[derive(Clone, Debug, PartialEq)]
pub enum Manual {
    /// `POST /api/v1/graph/entity`.
    Entity {
        /// The client's id, kept as the node's URN when it is one, else made part of it.
        id: String,
        /// Free text; mapped to a [`crate::lineage::Kind`] when it names one, else kept in the properties as `entity_type`.
        entity_type: String,
        /// Name.
        name: String,
        /// Properties.
        properties: serde_json::Map<String, serde_json::Value>,
    },
    /// `POST /api/v1/graph/relationship`: `source` consumes `target`.
    Relationship {
        /// Id of the consumer.
        source: String,
        /// Id of what is consumed.
        target: String,
        /// Free text; mapped to a [`crate::lineage::Relation`] when it names one, else `DERIVES` with the text in the properties.
        relation: String,
        /// Properties.
        properties: serde_json::Map<String, serde_json::Value>,
    },
}

/// Something about the project as a whole that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The name concerned.
    pub name: String,
    /// The file that mentions it.
    pub file_id: String,
    /// 1-based line.
    pub line: u32,
    /// One sentence.
    pub message: String,
}

/// Links the facts of all files of one project. The result does not depend on the order of `files`.
pub fn link(project: &str, files: &[FileFacts<'_>], manual: &[Manual]) -> Linked {
    let graph = Linker::new(project).update(files, &[], manual);
    Arc::try_unwrap(graph).map_or_else(|shared| shared.linked.clone(), |graph| graph.linked)
}

/// Names kept beyond those in use before all are read anew: names that files wrote once and write no more are not forgotten singly.
const MAX_STALE_NAMES: usize = 100_000;

/// Files that are no work for two threads.
const FEW_FILES: usize = 64;

/// Bytes of what files say, as they are kept, that are no work for two threads.
const FEW_BYTES: usize = 32 << 10;

/// Files whose edges are stated before they are taken over: columns that these use have a name of their own until then.
const AT_ONCE: usize = 512;

/// The linking of one project, from one state of its files to the next.
///
/// After any history of updates the graph is the same as after one update with the files that are there.
#[derive(Debug, Default)]
pub struct Linker {
    project: String,
    /// [`MAX_STAR_COLUMNS`], but for tests.
    most_star_columns: usize,
    names: Names,
    files: Files,
    /// Files by path.
    paths: HashMap<Arc<str>, Vec<Slot>>,
    triggers: Triggers,
    alterations: Alterations,
    identities: Identities,
    columns: Columns,
    vertices: Vertices,
    manual: Vec<Manual>,
    by_hand: ByHand,
    /// Sorted; two may be the same.
    notes: Vec<Arc<Note>>,
    /// What is left for the columns of definitions.
    definitions: Budget,
    /// What is left for the edges of statements.
    statements: Budget,
    /// [`Linker::asked`] as of the graph, when stars are cut in it.
    cut_at: Option<u64>,
    /// [`Names::count`] when all files were linked last; 0 before.
    names_at_first: usize,
    /// What was read and is not linked yet.
    changes: Changes,
    graph: Arc<Graph>,
}

/// What one update found to do.
#[derive(Debug, Default)]
struct Changes {
    stirred: HashMap<Form, Stir>,
    files: HashSet<Slot>,
    /// What files that state their edges anew stated before.
    before: BTreeMap<Slot, Vec<Edge>>,
    /// Routines of which files that are gone said something.
    said_of: Vec<Ident>,
    /// Relations of which files that are gone said something that is no definition.
    altered: Vec<Ident>,
    /// Files came or went.
    ranks: bool,
}

/// What a file states.
#[derive(Debug)]
struct Statements {
    slot: Slot,
    edges: Vec<Edge>,
    usage: Usage,
    /// How many columns its stars stand for, how often they asked for some, and whether these were too many.
    demand: usize,
    asked: u64,
    cut: bool,
}

impl Linker {
    /// A linker of a project without files.
    pub fn new(project: &str) -> Linker {
        Linker::bounded(project, MAX_STAR_COLUMNS)
    }

    /// [`Linker::new`] with another limit than [`MAX_STAR_COLUMNS`].
    pub(super) fn bounded(project: &str, most_star_columns: usize) -> Linker {
        let graph = Arc::new(Graph { project: project.to_owned(), ..Graph::default() });
        let (vertices, budget) = (Vertices::new(project), Budget { left: most_star_columns, ..Budget::default() });
        let (definitions, statements) = (budget, budget);
        Linker { project: project.to_owned(), most_star_columns, graph, vertices, definitions, statements, ..Linker::default() }
    }

    /// The graph of the last update.
    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// The columns of the relation that `name` means in a file; `None` when it means none, or not all of them are known.
    pub fn columns(&self, file_id: &str, name: &Name) -> Option<Vec<String>> {
        let file = &self.files[self.files.slot(file_id)?];
        let relation = &self.columns.of[(Reader { names: &self.names, file }).relation(name)? as usize];
        relation.complete.then(|| relation.declared.iter().map(|d| d.column.name.clone()).collect())
    }

    /// What is made by hand, as of the last update.
    pub fn manual(&self) -> &[Manual] {
        &self.manual
    }

    /// The ids of the files it has read.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(_, file)| &*file.id)
    }

    /// Whether it has read a file.
    pub fn has(&self, id: &str) -> bool {
        self.files.slot(id).is_some()
    }

    /// Puts the files `changed`, by id, in the place of what was there under their ids, takes away those of the ids `removed`, and
    /// gives the graph of what is there now. `manual` is all that is made by hand.
    pub fn update(&mut self, changed: &[FileFacts<'_>], removed: &[&str], manual: &[Manual]) -> Arc<Graph> {
        let first = self.names_at_first == 0;
        let too_much = self.names.count() > 2 * self.names_at_first + MAX_STALE_NAMES;
        self.read(changed, removed);
        let changes = std::mem::take(&mut self.changes);
        if changes.ranks {
            self.files.rank();
        }
        if first {
            self.relink(changes, manual, true);
            self.names_at_first = self.names.count();
        } else if too_much || !self.relink(changes, manual, false) {
            self.start_over(manual);
        }
        self.cut_at = self.cut().then(|| self.asked());
        self.graph.clone()
    }

    /// Reads all files anew.
    fn start_over(&mut self, manual: &[Manual]) {
        let new = Linker::bounded(&self.project, self.most_star_columns);
        let facts = |f: File| (f.id, f.repository, f.repository_name, f.path, f.told);
        let files: Vec<_> = std::mem::replace(self, new).files.into_iter().map(facts).collect();
        for (id, of, name, path, told) in files {
            let facts = Arc::new(told.facts());
            drop(told);
            self.read(&[FileFacts { file_id: &id, repository_id: &of, repository: &name, path: &path, facts: &facts }], &[]);
        }
        self.update(&[], &[], manual);
    }

    fn cut(&self) -> bool {
        self.definitions.cut || self.statements.cut
    }

    fn asked(&self) -> u64 {
        self.definitions.asked + self.statements.asked
    }

    /// Does the part of an update that can be done while other files are still to come: takes the names of changed files out and in.
    pub fn read(&mut self, changed: &[FileFacts<'_>], removed: &[&str]) {
        let mut changes = std::mem::take(&mut self.changes);
        let files: BTreeMap<&str, &FileFacts<'_>> = changed.iter().map(|f| (f.file_id, f)).collect();
        let mut gone: HashSet<Slot> = removed.iter().filter_map(|id| self.files.slot(id)).collect();
        changes.ranks |= !gone.is_empty();
        for f in files.values() {
            match self.files.slot(f.file_id) {
                Some(slot) if *self.files[slot].repository == *f.repository_id && *self.files[slot].path == *f.path => continue,
                // A file that is somewhere else is another file.
                Some(slot) => changes.ranks |= gone.insert(slot),
                None => changes.ranks = true,
            }
        }
        // Files that nobody changed, and that what others changed makes read differently.
        let mut again: HashSet<Slot> = HashSet::default();
        let own: HashSet<&str> = files.keys().copied().chain(removed.iter().copied()).collect();
        let mut shared_before: HashMap<Arc<str>, bool> = HashMap::default();
        let paths = files.values().map(|f| Arc::from(f.path)).chain(gone.iter().map(|slot| self.files[*slot].path.clone()));
        for path in paths {
            let shared = self.paths.get(&path).is_some_and(|holders| holders.len() > 1);
            shared_before.insert(path, shared);
        }
        for id in &own {
            if let Some(slot) = self.files.slot(id) {
                let file = &self.files[slot];
                self.triggers.remove(slot, &file.told.facts());
            }
        }
        for slot in gone {
            self.take_out(slot, &mut changes);
            let file = &self.files[slot];
            changes.said_of.extend(file.said_of());
            changes.altered.extend(self.alterations.withdraw(slot));
            if let Some(vertex) = file.vertex {
                self.vertices.drop(vertex, Owner::File(slot));
            }
            if let Some(holders) = self.paths.get_mut(&file.path) {
                holders.retain(|holder| *holder != slot);
            }
            self.files.remove(slot);
        }
        let mut slots: BTreeMap<Slot, Option<&Arc<Facts>>> = BTreeMap::new();
        let mut writer = Writer::default();
        for f in files.values() {
            let slot = match self.files.slot(f.file_id) {
                Some(slot) => {
                    self.take_out(slot, &mut changes);
                    slot
                }
                None => {
                    let path: Arc<str> = f.path.into();
                    let slot = self.files.put(File::new(f, path.clone()));
                    self.paths.entry(path).or_default().push(slot);
                    slot
                }
            };
            self.files[slot].told = Arc::new(writer.kept(f.facts));
            slots.insert(slot, Some(f.facts));
            self.triggers.insert(slot, f.facts);
        }
        again.extend(self.triggers.turned());
        for (path, before) in shared_before {
            let holders = self.paths.get(&path).map_or(&[][..], Vec::as_slice);
            if (holders.len() > 1) != before {
                again.extend(holders);
            }
            if holders.is_empty() {
                self.paths.remove(&path);
            }
        }
        for slot in again {
            if self.files.get(slot).is_some() && !slots.contains_key(&slot) {
                slots.insert(slot, None);
                self.take_out(slot, &mut changes);
            }
        }
        for (slot, facts) in slots {
            match facts {
                Some(facts) => self.put_in(slot, facts, &mut changes),
                None => self.put_in(slot, &Arc::new(self.files[slot].told.facts()), &mut changes),
            }
        }
        self.changes = changes;
    }

    /// Takes the names of a file out of their buckets.
    fn take_out(&mut self, slot: Slot, changes: &mut Changes) {
        let file = &mut self.files[slot];
        let said = std::mem::take(&mut file.said);
        for last in said.lasts() {
            let stir = changes.stirred.entry(last).or_default();
            let defines = !said.definitions_of(last).is_empty() || !said.apart_of(last).is_empty();
            stir.definitions |= defines;
            stir.undefined |= said.mentioned(last).iter().any(|m| m.answer != super::file::Answer::Defined);
            if let Some(bucket) = self.identities.buckets.get_mut(&last) {
                if let Ok(at) = bucket.files.binary_search(&slot) {
                    bucket.files.remove(at);
                }
                if defines {
                    bucket.definers.retain(|definer| *definer != slot);
                }
            }
        }
        self.withdraw(slot, changes);
        changes.files.remove(&slot);
    }

    /// Takes back what a file stated.
    fn withdraw(&mut self, slot: Slot, changes: &mut Changes) {
        let file = &mut self.files[slot];
        let edges = std::mem::take(&mut file.edges);
        changes.before.entry(slot).or_insert(edges);
        for ident in std::mem::take(&mut file.uses) {
            self.columns.unuse(ident, slot);
        }
        self.statements.left += std::mem::take(&mut file.demand);
        self.statements.asked += u64::from(std::mem::take(&mut file.asks));
    }

    /// Puts the names of a file into their buckets.
    fn put_in(&mut self, slot: Slot, told: &Arc<Facts>, changes: &mut Changes) {
        let facts = self.triggers.rename(told);
        let file = &mut self.files[slot];
        file.default = default_schema(&facts.dialect);
        file.said = Said::read(&facts, file.default, &mut self.names);
        file.defines = vec![None; facts.assets.len()];
        file.facts = if Arc::ptr_eq(&facts, told) { file.told.clone() } else { Arc::new(Kept::new(&facts)) };
        for last in file.said.lasts() {
            let bucket = self.identities.buckets.entry(last).or_default();
            if let Err(at) = bucket.files.binary_search(&slot) {
                bucket.files.insert(at, slot);
            }
            let stir = changes.stirred.entry(last).or_default();
            if !file.said.definitions_of(last).is_empty() || !file.said.apart_of(last).is_empty() {
                stir.definitions = true;
                bucket.definers.push(slot);
            }
        }
        let shared = self.paths.get(&file.path).is_some_and(|holders| holders.len() > 1);
        let node = file_node(&self.project, file, &facts, shared);
        let before = file.vertex;
        let vertex = self.vertices.put(Owner::File(slot), node);
        if let Some(before) = before.filter(|before| *before != vertex) {
            self.vertices.drop(before, Owner::File(slot));
        }
        file.vertex = Some(vertex);
        changes.files.insert(slot);
    }

    /// Everything after the files: false when stars ask for more than there is, so that all files have to be read anew, in order.
    fn relink(&mut self, mut changes: Changes, manual: &[Manual], first: bool) -> bool {
        let mut effects = Effects { files: changes.files.clone(), ..Effects::default() };
        let mut work = Work {
            project: &self.project,
            names: &mut self.names,
            files: &mut self.files,
            vertices: &mut self.vertices,
            effects: &mut effects,
        };
        for (last, stir) in std::mem::take(&mut changes.stirred) {
            self.identities.resolve(last, stir, &changes.files, &mut work);
        }
        self.columns.of.resize_with(self.identities.list.len(), Default::default);
        trim(&mut self.columns.of);
        trim(&mut self.identities.list);
        for ident in &effects.gone {
            self.columns.forget(*ident, &mut self.vertices, &mut self.definitions);
        }

        let mut dirty = std::mem::take(&mut effects.idents);
        self.columns.touched.extend(&dirty);
        // A file may have said something of a routine that another one defines.
        let gone: HashSet<Ident> = effects.gone.iter().copied().collect();
        let said_of = effects.files.iter().flat_map(|slot| self.files[*slot].said_of());
        let routine = |ident: &Ident| !gone.contains(ident) && self.identities.list[*ident as usize].is_routine();
        dirty.extend(said_of.chain(std::mem::take(&mut changes.said_of)).filter(routine));
        let (names, identities, files) = (&self.names, &self.identities, &self.files);
        let slots: Vec<Slot> = effects.files.iter().copied().collect();
        let found = |slots: &[Slot]| -> Vec<_> { slots.iter().map(|slot| definers(names, identities, (*slot, &files[*slot]))).collect() };
        let half = if slots.len() < FEW_FILES { 0 } else { slots.len() / 2 };
        let (aside, here) = match slots.split_at(half) {
            ([], all) => (Vec::new(), found(all)),
            (aside, here) => parallel::join(|| found(aside), || found(here)),
        };
        for (slot, (defining, made_of, stars, whole)) in slots.iter().zip(aside.into_iter().chain(here)) {
            let file = &mut self.files[*slot];
            (file.defining, file.made_of, file.stars, file.whole) = (defining, made_of, stars, whole);
            dirty.extend(file.defines.iter().flatten());
            dirty.extend(file.said.givers());
        }
        let mut altered = std::mem::take(&mut changes.altered);
        for slot in &effects.files {
            altered.extend(self.alterations.withdraw(*slot));
            altered.extend(self.alterations.note(*slot, &self.names, &self.files));
        }
        altered.extend(dirty.iter().filter(|ident| self.alterations.has(**ident)));
        altered.retain(|ident| !gone.contains(ident) && !self.identities.list[*ident as usize].definitions.is_empty());
        altered.sort_unstable();
        altered.dedup();
        for ident in &altered {
            let comment = self.alterations.of(*ident, &self.files).rev().find_map(|said| said.comment);
            let identity = &self.identities.list[*ident as usize];
            let node = asset_node(&self.project, identity, &self.names, &self.files, comment.as_deref());
            self.vertices.put(Owner::Asset(*ident), node);
        }
        dirty.extend(altered);
        let mut synonyms = std::mem::take(&mut self.identities.synonyms);
        effects.files.extend(synonyms.update(&dirty, &effects.gone, &self.names, &self.files, &self.identities));
        self.identities.synonyms = synonyms;
        let mut with = Definitions {
            project: &self.project,
            names: &self.names,
            files: &self.files,
            identities: &self.identities,
            alterations: &self.alterations,
            vertices: &mut self.vertices,
            budget: &mut self.definitions,
            concerned: HashSet::default(),
        };
        self.columns.declare(&dirty, &mut with);
        effects.files.extend(with.concerned);
        giver::concern(&self.files, &self.identities, &dirty, &mut effects.files);

        let mut concerned: Vec<Slot> = effects.files.iter().copied().collect();
        concerned.sort_unstable_by_key(|slot| self.files[*slot].rank);
        for slot in &concerned {
            self.withdraw(*slot, &mut changes);
        }
        self.trace(&concerned);
        // Which stars are cut depends on all that ask before them; what asks for nothing changes nothing in that.
        if self.cut() && !first && self.cut_at != Some(self.asked()) {
            return false;
        }
        self.assemble(changes, effects, manual);
        true
    }

    /// Lets files state their edges, in order, some at once. What each states depends on no other's, but for stars when these ask for more
    /// than there is.
    fn trace(&mut self, slots: &[Slot]) {
        for some in slots.chunks(AT_ONCE) {
            let size: usize = some.iter().map(|slot| self.files[*slot].facts.size()).sum();
            let here = || some.iter().map(|slot| self.state(*slot, self.statements)).collect();
            let stated: Vec<Statements> = if size < FEW_BYTES || some.len() < 2 { here() } else { self.state_at_once(some) };
            stated.into_iter().for_each(|stated| self.settle(stated));
        }
    }

    /// What files state, in order, found by two threads.
    fn state_at_once(&self, slots: &[Slot]) -> Vec<Statements> {
        let next = AtomicUsize::new(0);
        let some = || {
            let mut some: Vec<(usize, Statements)> = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(slot) = slots.get(at) else { return some };
                some.push((at, self.state(*slot, self.statements)));
            }
        };
        let (mut stated, more) = parallel::join(some, some);
        stated.extend(more);
        stated.sort_unstable_by_key(|(at, _)| *at);
        stated.into_iter().map(|(_, stated)| stated).collect()
    }

    /// What a file states, whose stars may stand for what is in `budget`.
    fn state(&self, slot: Slot, budget: Budget) -> Statements {
        let (facts, desk) = (self.files[slot].facts.facts(), Desk::default());
        let mut budget = Budget { cut: false, asked: 0, ..budget };
        let left = budget.left;
        let project = (&self.names, &self.identities, &self.columns, &self.vertices);
        let (edges, usage) = Trace::new(project, &mut budget, (slot, &self.files, &facts, &desk)).run();
        Statements { slot, edges, usage, demand: left - budget.left, asked: budget.asked, cut: budget.cut }
    }

    /// Takes over what a file states.
    fn settle(&mut self, mut stated: Statements) {
        // Those before it took what it asks for.
        if stated.cut || stated.demand > self.statements.left {
            stated = self.state(stated.slot, self.statements);
        }
        if !self.use_columns(&mut stated) {
            stated = self.state(stated.slot, self.statements);
            self.use_columns(&mut stated);
        }
        let Statements { slot, edges, usage, demand, asked, cut } = stated;
        self.statements.left -= demand;
        self.statements.asked += asked;
        self.statements.cut |= cut;
        let file = &mut self.files[slot];
        (file.edges, file.uses, file.demand, file.asks) = (edges, usage.relations(), demand, asked > 0);
    }

    /// See [`Usage::settle`].
    fn use_columns(&mut self, Statements { slot, edges, usage, .. }: &mut Statements) -> bool {
        let project = (&*self.project, *slot);
        usage.settle(project, (&self.names, &self.identities), &mut self.columns, &mut self.vertices, edges)
    }

    /// Makes the graph of what is stated now out of the one before.
    fn assemble(&mut self, changes: Changes, effects: Effects, manual: &[Manual]) {
        let touched = self.columns.number(&self.project, &self.names, &self.files, &self.identities, &mut self.vertices);
        if self.manual != manual {
            // One more comes after those that are there: these stay as they are.
            let same = self.manual.iter().zip(manual).take_while(|(a, b)| a == b).count();
            let nodes = |list: &[Manual]| -> Vec<_> {
                let numbered = (0..).zip(list).skip(same);
                numbered.filter_map(|(n, m)| Some((Owner::Manual(n), manual_node(&self.project, m)?))).collect()
            };
            for (owner, node) in nodes(&self.manual) {
                if let Some(vertex) = self.vertices.find(&node.urn(&self.project)) {
                    self.vertices.drop(vertex, owner);
                }
            }
            for (owner, node) in nodes(manual) {
                self.vertices.put(owner, node);
            }
            self.manual = manual.to_vec();
        }
        let by_hand = relate_by_hand(&self.project, &self.vertices, manual);

        let mut restated = Vec::new();
        for (slot, before) in &changes.before {
            let now = self.files.get(*slot).map_or(&[][..], |f| &f.edges);
            difference(*slot, before, now, &mut restated);
        }
        drop(changes);
        // Of nobody's slot: the edges to look at because of what no file states.
        let nobody = Slot::MAX;
        let owned = |(column, ident): (Vertex, u32)| (column, self.identities.list[ident as usize].vertex, Relation::ColumnOf);
        restated.extend(touched.into_iter().map(|column| (owned(column), nobody, None)));
        let moved = by_hand.edges.iter().filter(|(key, carried)| self.by_hand.edges.get(*key) != Some(*carried));
        restated.extend(moved.map(|(key, _)| (*key, nobody, None)));
        restated.extend(self.by_hand.edges.keys().filter(|key| !by_hand.edges.contains_key(*key)).map(|key| (*key, nobody, None)));
        self.by_hand = by_hand;

        let sources = Sources {
            graph: &self.graph,
            files: &self.files,
            identities: &self.identities,
            columns: &self.columns,
            vertices: &self.vertices,
            by_hand: &self.by_hand,
        };
        let (to_come, (gone, new)) = parallel::join(|| sources.vertices.to_come(), || sources.changes(restated));
        let before = &self.graph.linked;
        let (nodes, moves) = self.vertices.settle(to_come, &before.nodes, &self.files);
        let (spellings, edges) = parallel::join(
            || self.graph.spellings.next(&nodes, &self.project, &moves),
            || merge_edges(&before.edges, &gone, new, &moves, &self.vertices),
        );
        let notes = self.take_notes(&effects);
        self.graph = Arc::new(Graph::indexed(&self.project, spellings, Linked { nodes, edges, notes }));
        self.identities.recycle(effects.gone);
        self.files.recycle();
    }

    /// The notes of what is stated now.
    fn take_notes(&mut self, effects: &Effects) -> Vec<Arc<Note>> {
        if !effects.notes_gone.is_empty() {
            self.notes.retain(|note| !effects.notes_gone.contains(&Arc::as_ptr(note)));
        }
        self.notes.extend(effects.notes.iter().cloned());
        // Two sorted runs, which is what a stable sort is quick with.
        self.notes.sort();
        let mut notes = self.notes.clone();
        let note = |name: &str, message: String| Arc::new(Note { name: name.to_owned(), message, file_id: String::new(), line: 0 });
        let loose = |id: &String| note(id, format!("a relationship made by hand ends at `{id}`, which is not there any more"));
        notes.extend(self.by_hand.loose.iter().map(loose));
        if self.cut() {
            let most = self.most_star_columns;
            let message = format!("`*` stands for more than {most} columns in this project; some stars are kept at table level");
            notes.push(note("*", message));
        }
        notes.sort();
        notes.dedup();
        notes
    }
}
