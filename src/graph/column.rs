//! Columns: which a relation has.
//!
//! A table has the columns it declares; a view, or a table made from a query, has its query's outputs, stars expanded through
//! other views. A column that is only used gets a node when its relation's columns are not known.

use super::assemble::column_node;
use super::file::{File, Files, Role, Slot, column_mark, data_role, target_role};
use super::giver::{flows, readers};
use super::identity::{Ident, Identities};
use super::names::Names;
use super::report::components;
use super::vertex::{Owner, Vertex, Vertices};
use super::{Evidence, Node};
use crate::lineage::{Column, ColumnSource, Output, Projection, Span, Star, Statement};
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// Most columns that stars stand for in one project. Thirty bytes of `SELECT *` can stand for thousands of columns, so that one
/// small file could otherwise ask for all the memory there is (a column with its edges takes about a kilobyte); real warehouses stay
/// below. Counted once for the columns that definitions have, once for the edges of all statements. Past it a star stays a
/// relation-level edge, and a note says so.
pub(super) const MAX_STAR_COLUMNS: usize = 200_000;

/// What is left of [`MAX_STAR_COLUMNS`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget {
    pub left: usize,
    /// It was not enough.
    pub cut: bool,
    /// How often stars asked for some of it, or those who had asked were withdrawn.
    pub asked: u64,
}

impl Budget {
    /// Whether `count` more columns are in it; they are then spent.
    pub(super) fn spend(&mut self, count: usize) -> bool {
        self.asked += u64::from(count > 0);
        let enough = count <= self.left;
        self.left -= if enough { count } else { 0 };
        self.cut |= !enough;
        enough
    }
}

/// A column that a definition declares.
#[derive(Debug)]
pub(super) struct Declared {
    pub folded: Box<str>,
    pub column: Arc<Column>,
    pub vertex: Vertex,
}

/// A column that nothing declares.
#[derive(Debug)]
pub(super) struct Used {
    pub folded: Box<str>,
    pub vertex: Vertex,
    /// By file: the first line of use, and how the column is spelled there where it is not folded.
    pub by: Vec<(Slot, u32, Option<Box<str>>)>,
}

/// What is known of one relation's columns.
#[derive(Debug, Default)]
pub(super) struct Relation {
    /// In the order of the definition; columns only used are not here.
    pub declared: Vec<Declared>,
    /// How many of them the database gives their values.
    generated: usize,
    /// Positions in `declared`, by folded name.
    by_name: Vec<u32>,
    /// `declared` is all there is.
    pub complete: bool,
    /// How many columns the stars of its definition stand for, and whether they asked for any.
    spent: usize,
    asks: bool,
    /// Of a routine whose rows are read somewhere: the columns of its first result, and whether these are all.
    given: Option<(Vec<String>, bool)>,
    /// By folded name.
    pub used: Vec<Used>,
}

impl Relation {
    /// How many columns an INSERT without a list gives.
    pub(super) fn places(&self) -> usize {
        self.declared.len() - self.generated
    }

    /// The column that takes what such an INSERT gives at this place.
    pub(super) fn at_place(&self, at: usize) -> Option<&Declared> {
        if self.generated == 0 { self.declared.get(at) } else { self.declared.iter().filter(|d| !d.column.generated).nth(at) }
    }

    /// Position of a declared column.
    pub(super) fn lookup(&self, name: &str) -> Option<usize> {
        let find = |folded: &str| self.by_name.binary_search_by(|at| (*self.declared[*at as usize].folded).cmp(folded)).ok();
        // The common case first: no allocation when the name is folded already.
        find(name).or_else(|| find(&name.to_lowercase())).map(|at| self.by_name[at] as usize)
    }
}

/// What names mean in one file.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    pub names: &'r Names,
    pub file: &'r File,
}

impl Reader<'_> {
    pub(super) fn relation(self, name: &crate::lineage::Name) -> Option<Ident> {
        self.file.said.meaning(self.names, name, data_role(name).0)
    }

    /// As [`Reader::relation`], of a name that is defined or written.
    pub(super) fn target(self, name: &crate::lineage::Name) -> Option<Ident> {
        self.file.said.meaning(self.names, name, target_role(name))
    }
}

pub(super) enum Item<'a> {
    Made {
        name: &'a str,
        sources: &'a [ColumnSource],
        expression: &'a str,
        lines: (u32, u32),
    },
    /// A declared column that a star stands for, under another name when the star renames it.
    Copied {
        column: (Ident, usize),
        renamed: Option<&'a str>,
        line: u32,
    },
    /// A column of what a routine gives back, at a place: of the results of a number of columns, or of the first result's.
    Given {
        column: (Ident, usize),
        of: Option<usize>,
        renamed: Option<&'a str>,
        line: u32,
    },
}

/// A SELECT list with its stars expanded.
pub(super) struct Expanded<'a> {
    pub items: Vec<Item<'a>>,
    /// How many items stand before the first star over unknown columns: positions after it are not known.
    pub blind: Option<usize>,
}

/// Declarations of columns without their lines, each once: a warehouse has few beside its columns.
#[derive(Debug, Default)]
struct Declarations {
    known: HashSet<Arc<Column>>,
    /// How many were in use when they were looked through last.
    used: usize,
}

impl Declarations {
    /// Unused ones kept beyond those in use.
    const MAX_STALE: usize = 10_000;

    fn share(&mut self, column: Column) -> Arc<Column> {
        let column = Column { line: 0, ..column };
        if let Some(known) = self.known.get(&column) {
            return known.clone();
        }
        let shared = Arc::new(column);
        self.known.insert(shared.clone());
        shared
    }

    fn forget_unused(&mut self) {
        if self.known.len() > 2 * self.used + Declarations::MAX_STALE {
            self.known.retain(|column| Arc::strong_count(column) > 1);
            self.used = self.known.len();
        }
    }
}

/// The columns of a project's relations, by identity.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub of: Vec<Relation>,
    declarations: Declarations,
    /// Relations whose undeclared columns, or the number of declared ones before them, may have changed.
    pub touched: HashSet<Ident>,
    /// Undeclared columns of relations that are gone.
    gone: Vec<(Vertex, Ident)>,
}

/// What declaring columns works on.
pub(super) struct Definitions<'d> {
    pub project: &'d str,
    pub names: &'d Names,
    pub files: &'d Files,
    pub identities: &'d Identities,
    pub vertices: &'d mut Vertices,
    pub budget: &'d mut Budget,
    /// Files in which what a changed relation has, or where it has it from, matters.
    pub concerned: HashSet<Slot>,
}

impl Columns {
    /// The name under which `item` stands in its list.
    pub(super) fn name<'i>(&'i self, item: &'i Item<'_>) -> &'i str {
        match item {
            Item::Made { name, .. } => name,
            Item::Copied { renamed: Some(name), .. } | Item::Given { renamed: Some(name), .. } => name,
            Item::Given { column: (giver, at), .. } => {
                self.of[*giver as usize].given.as_ref().and_then(|(names, _)| names.get(*at)).map_or("", String::as_str)
            }
            Item::Copied { column: (relation, at), .. } => &self.of[*relation as usize].declared[*at].column.name,
        }
    }

    pub(super) fn expand<'a>(&self, reader: Reader<'_>, outputs: &'a [Output], budget: &mut Budget) -> Expanded<'a> {
        let mut items = Vec::with_capacity(outputs.len());
        let mut blind = None;
        for output in outputs {
            match output {
                Output::Column { name, sources, expression, span } => {
                    items.push(Item::Made { name, sources, expression, lines: (span.line, span.line_end) });
                }
                Output::Star(star) => {
                    let relation = reader.relation(&star.table);
                    if star.table.is_rows() {
                        let relation = relation.filter(|_| star.table.returned_by().is_empty());
                        self.expand_given(relation, star, budget, &mut items, &mut blind);
                        continue;
                    }
                    let known = relation.map(|r| (r, &self.of[r as usize])).filter(|(_, k)| !k.declared.is_empty());
                    if known.is_none_or(|(_, k)| !k.complete) {
                        blind.get_or_insert(items.len());
                    }
                    let Some((relation, known)) = known else { continue };
                    if !budget.spend(known.declared.len()) {
                        blind.get_or_insert(items.len());
                        continue;
                    }
                    for (at, Declared { column, .. }) in known.declared.iter().enumerate() {
                        let name = &column.name;
                        if star.leaves_out(name) {
                            continue;
                        }
                        items.push(match star.replaced(name) {
                            Some(Output::Column { name, sources, expression, span }) => {
                                Item::Made { name, sources, expression, lines: (span.line, span.line_end) }
                            }
                            _ => {
                                let renamed = star.rename.iter().find(|(old, _)| old.eq_ignore_ascii_case(name));
                                let renamed = renamed.map(|(_, new)| new.as_str());
                                Item::Copied { column: (relation, at), renamed, line: star.line }
                            }
                        });
                    }
                }
            }
        }
        Expanded { items, blind }
    }

    /// What a star over a routine's rows stands for.
    fn expand_given<'a>(
        &self,
        giver: Option<Ident>,
        star: &'a Star,
        budget: &mut Budget,
        items: &mut Vec<Item<'a>>,
        blind: &mut Option<usize>,
    ) {
        let given = giver.and_then(|g| Some((g, self.of[g as usize].given.as_ref()?)));
        let Some((giver, (names, all))) = given.filter(|(_, (names, _))| budget.spend(names.len())) else {
            blind.get_or_insert(items.len());
            return;
        };
        if !all {
            blind.get_or_insert(items.len());
        }
        for (at, name) in names.iter().enumerate().filter(|(_, name)| !star.leaves_out(name)) {
            items.push(match star.replaced(name) {
                Some(Output::Column { name, sources, expression, span }) => {
                    Item::Made { name, sources, expression, lines: (span.line, span.line_end) }
                }
                _ => {
                    let renamed = star.rename.iter().find(|(old, _)| old.eq_ignore_ascii_case(name)).map(|(_, new)| new.as_str());
                    Item::Given { column: (giver, at), of: None, renamed, line: star.line }
                }
            });
        }
    }

    /// Whether all columns are known of what a routine gives back.
    pub(super) fn is_given(&self, giver: Ident) -> bool {
        self.of[giver as usize].given.as_ref().is_some_and(|(_, all)| *all)
    }

    /// How many columns what a routine gives back is known to have.
    pub(super) fn given(&self, giver: Ident) -> usize {
        self.of[giver as usize].given.as_ref().map_or(0, |(names, _)| names.len())
    }

    /// Finds the columns of what a routine gives back, if that is read anywhere.
    fn declare_given(&mut self, giver: Ident, with: &mut Definitions<'_>) {
        self.of[giver as usize].given = None;
        if with.readers(giver).next().is_none() {
            return;
        }
        let Budget { left, asked, .. } = *with.budget;
        let mut first: Option<(Vec<String>, bool)> = None;
        for (slot, _, projection) in with.flows(giver) {
            let reader = Reader { names: with.names, file: &with.files[slot] };
            for outputs in &projection.branches {
                if first.as_ref().is_some_and(|(_, all)| *all) {
                    break;
                }
                let expanded = self.expand(reader, outputs, with.budget);
                let names = match &projection.columns {
                    Some(names) => names.clone(),
                    None => expanded.items.iter().map(|item| self.name(item).to_owned()).collect(),
                };
                let all = expanded.blind.is_none() || projection.columns.is_some();
                if all || first.is_none() {
                    first = Some((names, all));
                }
            }
        }
        let relation = &mut self.of[giver as usize];
        (relation.spent, relation.asks) = (left - with.budget.left, asked != with.budget.asked);
        // Nothing that gives rows is known: they are not known.
        relation.given = first;
    }

    /// Gives the relations `dirty`, and those whose stars read them, their columns: views after what they read.
    pub(super) fn declare(&mut self, dirty: &HashSet<Ident>, with: &mut Definitions<'_>) {
        let mut all: Vec<Ident> = dirty.iter().copied().filter(|i| !with.identities.list[*i as usize].definitions.is_empty()).collect();
        let mut seen: HashSet<Ident> = all.iter().copied().collect();
        let mut at = 0;
        while at < all.len() {
            let read = all[at];
            at += 1;
            let Some(bucket) = with.identities.buckets.get(&with.identities.list[read as usize].last) else { continue };
            for slot in &bucket.files {
                let stars = &with.files[*slot].stars;
                let from = stars.partition_point(|(r, _)| *r < read);
                all.extend(stars[from..].iter().take_while(|(r, _)| *r == read).map(|(_, by)| *by).filter(|by| seen.insert(*by)));
            }
        }
        for ident in &all {
            let relation = &mut self.of[*ident as usize];
            with.budget.left += std::mem::take(&mut relation.spent);
            with.budget.asked += u64::from(std::mem::take(&mut relation.asks));
        }
        let key = |ident: &Ident| {
            let identity = &with.identities.list[*ident as usize];
            (with.names.text(identity.last), identity.order)
        };
        all.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        let place: HashMap<Ident, u32> = all.iter().copied().zip(0..).collect();
        let reads: Vec<Vec<u32>> = all.iter().map(|i| with.reads(*i).filter_map(|r| place.get(&r).copied()).collect()).collect();
        for mut circle in components(&reads) {
            circle.sort_unstable();
            self.declare_circle(&circle, &reads, &all, with);
        }
    }

    /// Relations that are all made from each other's stars, seldom more than one: what is open already waits for the one that reads
    /// it, and its star stays unknown there.
    fn declare_circle(&mut self, circle: &[u32], reads: &[Vec<u32>], all: &[Ident], with: &mut Definitions<'_>) {
        if let [one] = circle
            && !reads[*one as usize].contains(one)
        {
            return self.declare_one(all[*one as usize], with);
        }
        // Until it is declared anew, a member has what it has in a project that is read for the first time: nothing.
        for member in circle {
            let relation = &mut self.of[all[*member as usize] as usize];
            relation.by_name.clear();
            relation.generated = 0;
            relation.given = None;
            with.withdrawn(all[*member as usize], relation);
        }
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        // Depth first with a stack of our own: chains of views are as long as the files make them.
        let mut state: HashMap<u32, State> = circle.iter().map(|m| (*m, State::New)).collect();
        for first in circle {
            let mut stack = vec![*first];
            while let Some(member) = stack.pop() {
                match state[&member] {
                    State::Done => {}
                    State::New => {
                        state.insert(member, State::Open);
                        stack.push(member);
                        stack.extend(reads[member as usize].iter().filter(|r| state.get(*r) == Some(&State::New)));
                    }
                    State::Open => {
                        state.insert(member, State::Done);
                        self.declare_one(all[member as usize], with);
                    }
                }
            }
        }
    }

    fn declare_one(&mut self, ident: Ident, with: &mut Definitions<'_>) {
        if with.identities.list[ident as usize].is_routine() {
            self.declare_given(ident, with);
            return self.replace(ident, Draft::default(), false, with);
        }
        let definitions = &with.identities.list[ident as usize].definitions;
        let columns = |(slot, asset): &(Slot, u32)| &with.files[*slot].facts.assets[*asset as usize].columns;
        let flows = with.flows(ident);
        let starred = |(_, _, projection): &(Slot, &Statement, &Projection)| {
            let star = |o: &Output| matches!(o, Output::Star(_));
            projection.columns.is_none() && projection.branches.first().is_some_and(|b| b.iter().any(star))
        };
        let written_out = definitions.iter().any(|d| !columns(d).is_empty());
        let mut draft = Draft::default();
        let mut complete = written_out;
        let Budget { left, asked, .. } = *with.budget;
        if !written_out || flows.iter().any(starred) {
            complete = false;
            for (slot, statement, projection) in &flows {
                let reader = Reader { names: with.names, file: &with.files[*slot] };
                complete |= self.declare_outputs(reader, statement.span, projection, with.budget, &mut draft);
            }
        }
        for (slot, asset) in definitions {
            let file = &with.files[*slot];
            let asset = &file.facts.assets[*asset as usize];
            for column in &asset.columns {
                let line = if column.line == 0 { asset.span.line } else { column.line };
                draft.add(&column.name, Some(column), &file.id, line);
            }
        }
        let relation = &mut self.of[ident as usize];
        (relation.spent, relation.asks) = (left - with.budget.left, asked != with.budget.asked);
        self.replace(ident, draft, complete, with);
    }

    /// Declares the outputs of a defining query; whether these are all its columns.
    fn declare_outputs(&self, reader: Reader<'_>, span: Span, projection: &Projection, budget: &mut Budget, draft: &mut Draft) -> bool {
        let file = &reader.file.id;
        if let Some(columns) = &projection.columns {
            columns.iter().for_each(|name| draft.add(name, None, file, span.line));
            return true;
        }
        let Some(outputs) = projection.branches.first() else { return false };
        let expanded = self.expand(reader, outputs, budget);
        for item in &expanded.items {
            let line = match item {
                Item::Made { lines, .. } => lines.0,
                Item::Copied { line, .. } | Item::Given { line, .. } => *line,
            };
            draft.add(self.name(item), None, file, line);
        }
        expanded.blind.is_none()
    }

    /// Puts what is declared now in the place of what was.
    fn replace(&mut self, ident: Ident, draft: Draft, complete: bool, with: &mut Definitions<'_>) {
        let identity = &with.identities.list[ident as usize];
        let name = with.names.name(identity.name);
        let spelled = with.vertices.spelled(identity.vertex, ident);
        let relation = &mut self.of[ident as usize];
        let before = std::mem::take(&mut relation.declared);
        let completed = relation.complete != complete;
        let mut same = !completed && before.len() == draft.list.len();
        let mut restated = before.len() != draft.list.len();
        for (ordinal, (folded, column, defined)) in draft.list.into_iter().enumerate() {
            let column = self.declarations.share(column);
            let node = column_node(with.project, (name, spelled.clone()), column, ordinal as u32, defined);
            let (column, owner) = (node.column.clone(), Owner::Column(ident));
            let old = before.get(ordinal).filter(|d| *d.folded == *folded);
            let unchanged = old.filter(|d| **with.vertices.node(d.vertex, owner) == node);
            restated |= unchanged.is_none();
            same &= old.is_some_and(|d| d.column.name == column.name);
            let declared = match unchanged {
                Some(d) => Declared { folded: folded.into(), column: d.column.clone(), vertex: d.vertex },
                None => Declared { folded: folded.into(), column, vertex: with.vertices.put(owner, node) },
            };
            relation.declared.push(declared);
        }
        relation.complete = complete;
        relation.generated = relation.declared.iter().filter(|d| d.column.generated).count();
        relation.by_name = (0..relation.declared.len() as u32).collect();
        let declared = &relation.declared;
        relation.by_name.sort_unstable_by(|a, b| declared[*a as usize].folded.cmp(&declared[*b as usize].folded));
        for old in &before {
            if relation.lookup(&old.folded).is_none() {
                with.vertices.drop(old.vertex, Owner::Column(ident));
            }
        }
        if restated || !same {
            with.concerned.extend(identity.definitions.iter().map(|(slot, _)| *slot));
            self.touched.insert(ident);
        }
        if !same {
            let had: HashSet<&str> = before.iter().map(|d| &*d.folded).collect();
            let has: HashSet<&str> = relation.declared.iter().map(|d| &*d.folded).collect();
            let marks: Vec<u32> = had.symmetric_difference(&has).map(|folded| column_mark(folded)).collect();
            with.concern_readers(ident, (!completed).then_some(&*marks));
        }
    }

    /// Takes away all that a relation had which is gone.
    pub(super) fn forget(&mut self, ident: Ident, vertices: &mut Vertices, budget: &mut Budget) {
        let relation = std::mem::take(&mut self.of[ident as usize]);
        budget.left += relation.spent;
        budget.asked += u64::from(relation.asks);
        let vertex = relation.declared.iter().map(|d| d.vertex).chain(relation.used.iter().map(|u| u.vertex));
        vertex.for_each(|v| vertices.drop(v, Owner::Column(ident)));
        self.gone.extend(relation.used.iter().map(|u| (u.vertex, ident)));
        self.touched.remove(&ident);
    }

    /// The vertex of a column: the declared one of that name, else one that is used in `slot` on `line`; and whether it is declared.
    pub(super) fn used(
        &mut self,
        ident: Ident,
        name: &str,
        (slot, line): (Slot, u32),
        vertices: &mut Vertices,
        node: impl FnOnce(&Vertices, Arc<Column>) -> Node,
    ) -> (Vertex, bool) {
        let relation = &mut self.of[ident as usize];
        if let Some(at) = relation.lookup(name) {
            return (relation.declared[at].vertex, true);
        }
        let folded = name.to_lowercase();
        let spelled = (folded != name).then(|| name.into());
        let at = relation.used.binary_search_by(|u| (*u.folded).cmp(&folded));
        let at = at.unwrap_or_else(|at| {
            let column = self.declarations.share(Column { name: name.to_owned(), ..Column::default() });
            let node = node(vertices, column);
            let vertex = vertices.put(Owner::Column(ident), node);
            relation.used.insert(at, Used { folded: folded.into(), vertex, by: Vec::new() });
            at
        });
        let used = &mut relation.used[at];
        match used.by.last_mut().filter(|(by, ..)| *by == slot) {
            None => used.by.push((slot, line, spelled)),
            Some(first) if line < first.1 => *first = (slot, line, spelled),
            Some(_) => {}
        }
        self.touched.insert(ident);
        (used.vertex, false)
    }

    /// Forgets what `slot` used of a relation.
    pub(super) fn unuse(&mut self, ident: Ident, slot: Slot) {
        if let Some(relation) = self.of.get_mut(ident as usize) {
            relation.used.iter_mut().for_each(|u| u.by.retain(|(by, ..)| *by != slot));
            self.touched.insert(ident);
        }
    }

    /// Drops the touched relations' columns that nothing uses any more and numbers the others; gives all these with their relations.
    pub(super) fn number(
        &mut self,
        project: &str,
        names: &Names,
        files: &Files,
        identities: &Identities,
        vertices: &mut Vertices,
    ) -> Vec<(Vertex, Ident)> {
        let mut numbered = std::mem::take(&mut self.gone);
        for ident in self.touched.drain() {
            let (identity, owner) = (&identities.list[ident as usize], Owner::Column(ident));
            let Relation { declared, by_name, used, .. } = &mut self.of[ident as usize];
            let is_declared = |folded: &str| by_name.binary_search_by(|at| (*declared[*at as usize].folded).cmp(folded)).is_ok();
            used.retain(|u| {
                numbered.push((u.vertex, ident));
                if u.by.is_empty() && !is_declared(&u.folded) {
                    vertices.drop(u.vertex, owner);
                }
                !u.by.is_empty()
            });
            used.shrink_to_fit();
            for (at, u) in used.iter().enumerate() {
                let Some((_, _, spelled)) = u.first(files) else { continue };
                let name = spelled.as_deref().unwrap_or(&u.folded).to_owned();
                let column = self.declarations.share(Column { name, ..Column::default() });
                let ordinal = (declared.len() + at) as u32;
                let name = (names.name(identity.name), vertices.spelled(identity.vertex, ident));
                vertices.put(owner, column_node(project, name, column, ordinal, Vec::new()));
            }
        }
        self.declarations.forget_unused();
        numbered
    }

    /// Where a column is used first, if nothing declares it.
    pub(super) fn first_use(&self, ident: Ident, vertex: Vertex, vertices: &Vertices, files: &Files) -> Option<Evidence> {
        let folded = vertices.node(vertex, Owner::Column(ident)).column.name.to_lowercase();
        let used = &self.of[ident as usize].used;
        let at = used.binary_search_by(|u| (*u.folded).cmp(&folded)).ok()?;
        let (slot, line, _) = used[at].first(files)?;
        Some(Evidence { file_id: files[*slot].id.clone(), line: *line, line_end: *line })
    }
}

impl Used {
    fn first(&self, files: &Files) -> Option<&(Slot, u32, Option<Box<str>>)> {
        self.by.iter().min_by_key(|(slot, line, _)| (files[*slot].rank, *line))
    }
}

impl<'d> Definitions<'d> {
    /// The projections that define a relation, in order.
    fn flows(&self, ident: Ident) -> Vec<(Slot, &'d Statement, &'d Projection)> {
        flows(self.files, self.identities, (ident, ""))
    }

    /// The files that read what a routine gives back.
    fn readers(&self, giver: Ident) -> impl Iterator<Item = Slot> {
        readers(self.files, self.identities, giver)
    }

    /// The relations that the stars of a relation's definition read, in order.
    fn reads(&self, ident: Ident) -> impl Iterator<Item = Ident> {
        let mut reads = Vec::new();
        for (slot, _, projection) in self.flows(ident) {
            let reader = Reader { names: self.names, file: &self.files[slot] };
            let outputs = projection.branches.first().into_iter().flatten();
            reads.extend(outputs.filter_map(|o| if let Output::Star(star) = o { reader.relation(&star.table) } else { None }));
        }
        reads.into_iter()
    }

    /// Files that name a relation as data, and its columns of these marks or all of them.
    fn concern_readers(&mut self, ident: Ident, marks: Option<&[u32]>) {
        for ident in [ident].iter().chain(self.identities.synonyms.of(ident)) {
            let last = self.identities.list[*ident as usize].last;
            let slots = self.identities.buckets.get(&last).map_or(&[][..], |b| &b.files);
            let names = |slot: &&Slot| {
                let file = &self.files[**slot];
                let asks = marks.is_none_or(|m| file.said.names_column(m) || file.whole.binary_search(ident).is_ok());
                asks && file.said.meant(last).any(|m| matches!(m.role, Role::Data | Role::Giver) && m.ident == Some(*ident))
            };
            self.concerned.extend(slots.iter().filter(names));
        }
    }

    /// Forgets what a relation declares, and says so to those who read it.
    fn withdrawn(&mut self, ident: Ident, relation: &mut Relation) {
        for old in relation.declared.drain(..) {
            self.vertices.drop(old.vertex, Owner::Column(ident));
        }
        relation.complete = false;
        let definitions = &self.identities.list[ident as usize].definitions;
        self.concerned.extend(definitions.iter().map(|(slot, _)| *slot));
        self.concern_readers(ident, None);
    }
}

/// What definitions declare of one relation: folded name, declaration and places of each column, in order.
#[derive(Default)]
struct Draft {
    list: Vec<(String, Column, Vec<Evidence>)>,
    by_name: HashMap<String, usize>,
}

impl Draft {
    /// Declares a column, or adds what this declaration says to what others said.
    fn add(&mut self, name: &str, declared: Option<&Column>, file_id: &Arc<str>, line: u32) {
        let place = Evidence { file_id: file_id.clone(), line, line_end: line };
        let folded = name.to_lowercase();
        let at = *self.by_name.entry(folded.clone()).or_insert(self.list.len());
        if at == self.list.len() {
            let column = declared.cloned().unwrap_or_else(|| Column { name: name.to_owned(), line, ..Column::default() });
            self.list.push((folded, column, vec![place]));
            return;
        }
        let (_, old, places) = &mut self.list[at];
        if let Some(column) = declared {
            if old.data_type.is_empty() {
                old.data_type.clone_from(&column.data_type);
            }
            old.nullable = old.nullable.or(column.nullable);
            old.primary_key |= column.primary_key;
            old.unique |= column.unique;
            old.default = old.default.take().or_else(|| column.default.clone());
            old.comment = old.comment.take().or_else(|| column.comment.clone());
        }
        if !places.contains(&place) {
            places.push(place);
        }
    }
}
