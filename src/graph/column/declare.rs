//! Which columns definitions declare: views after what they read.

use super::{Budget, Columns, Declared, Item, Reader, Relation};
use crate::graph::Evidence;
use crate::graph::alter::Alterations;
use crate::graph::assemble::column_node;
use crate::graph::file::{Files, Role, Slot, column_mark};
use crate::graph::giver::{Flow, flows, readers, sayers};
use crate::graph::identity::{Ident, Identities};
use crate::graph::names::Names;
use crate::graph::report::components;
use crate::graph::vertex::{Owner, Vertices};
use crate::lineage::{Asset, Column, Output, Projection, Span};
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// What declaring columns works on.
pub(in crate::graph) struct Definitions<'d> {
    pub project: &'d str,
    pub names: &'d Names,
    pub files: &'d Files,
    pub identities: &'d Identities,
    pub alterations: &'d Alterations,
    pub vertices: &'d mut Vertices,
    pub budget: &'d mut Budget,
    /// Files in which what a changed relation has, or where it has it from, matters.
    pub concerned: HashSet<Slot>,
}

impl Columns {
    /// Finds the columns of what a routine gives back, if that is read anywhere.
    fn declare_given(&mut self, giver: Ident, with: &mut Definitions<'_>) {
        self.of[giver as usize].given = None;
        if with.readers(giver).next().is_none() {
            return;
        }
        let Budget { left, asked, .. } = *with.budget;
        let mut first: Option<(Vec<String>, bool)> = None;
        for flow in &with.flows(giver) {
            let (reader, projection) = (Reader { names: with.names, file: &with.files[flow.slot] }, flow.projection());
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
    pub(in crate::graph) fn declare(&mut self, dirty: &HashSet<Ident>, with: &mut Definitions<'_>) {
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
        let starred = with.starred(&all);
        let reads = |ident: &Ident| with.reads(*ident).filter_map(|read| place.get(&read).copied()).collect();
        let reads: Vec<Vec<u32>> = all.iter().map(|i| if starred.contains(i) { reads(i) } else { Vec::new() }).collect();
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
        let written = |(slot, asset): &(Slot, u32)| (*slot, with.files[*slot].facts.asset(*asset));
        let definitions: Vec<(Slot, Asset)> = definitions.iter().map(written).collect();
        let flows = with.flows(ident);
        let starred = |flow: &Flow| {
            let (star, projection) = (|o: &Output| matches!(o, Output::Star(_)), flow.projection());
            projection.columns.is_none() && projection.branches.first().is_some_and(|b| b.iter().any(star))
        };
        let written_out = definitions.iter().any(|(_, asset)| !asset.columns.is_empty());
        let mut draft = Draft::default();
        let mut complete = written_out;
        let Budget { left, asked, .. } = *with.budget;
        if !written_out || flows.iter().any(starred) {
            complete = false;
            for flow in &flows {
                let reader = Reader { names: with.names, file: &with.files[flow.slot] };
                complete |= self.declare_outputs(reader, flow.statement.span, flow.projection(), with.budget, &mut draft);
            }
        }
        for (slot, Asset { columns, span, .. }) in definitions {
            let file = &with.files[slot];
            for column in columns {
                let line = if column.line == 0 { span.line } else { column.line };
                draft.add(column, true, &file.id, line);
            }
        }
        with.alterations.of(ident, with.files).flat_map(|said| said.columns).for_each(|column| draft.alter(&column));
        let relation = &mut self.of[ident as usize];
        (relation.spent, relation.asks) = (left - with.budget.left, asked != with.budget.asked);
        self.replace(ident, draft, complete, with);
    }

    /// Declares the outputs of a defining query; whether these are all its columns.
    fn declare_outputs(&self, reader: Reader<'_>, span: Span, projection: &Projection, budget: &mut Budget, draft: &mut Draft) -> bool {
        let file = &reader.file.id;
        if let Some(columns) = &projection.columns {
            columns.iter().for_each(|name| draft.add(named(name, span.line), false, file, span.line));
            return true;
        }
        let Some(outputs) = projection.branches.first() else { return false };
        let expanded = self.expand(reader, outputs, budget);
        for item in &expanded.items {
            let line = match item {
                Item::Made { lines, .. } => lines.0,
                Item::Copied { line, .. } | Item::Given { line, .. } => *line,
            };
            draft.add(named(self.name(item), line), false, file, line);
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
        relation.declared.reserve_exact(draft.list.len());
        for (ordinal, (folded, column, defined)) in draft.list.into_iter().enumerate() {
            let column = self.declarations.share(column);
            let node = column_node(with.project, (name, spelled.clone()), column, ordinal as u32, defined);
            let (column, owner) = (node.column.clone(), Owner::Column(ident));
            let old = before.get(ordinal).filter(|d| d.folded() == folded);
            let unchanged = old.filter(|d| **with.vertices.node(d.vertex, owner) == node);
            restated |= unchanged.is_none();
            same &= old.is_some_and(|d| (&d.column.name, d.column.generated) == (&column.name, column.generated));
            let declared = match unchanged {
                Some(d) => Declared::new(folded, d.column.clone(), d.vertex),
                None => Declared::new(folded, column, with.vertices.put(owner, node)),
            };
            relation.declared.push(declared);
        }
        relation.complete = complete;
        relation.generated = relation.declared.iter().filter(|d| d.column.generated).count();
        relation.by_name = (0..relation.declared.len() as u32).collect();
        let declared = &relation.declared;
        relation.by_name.sort_unstable_by(|a, b| declared[*a as usize].folded().cmp(declared[*b as usize].folded()));
        for old in &before {
            if relation.lookup(old.folded()).is_none() {
                with.vertices.drop(old.vertex, Owner::Column(ident));
            }
        }
        if restated || !same {
            with.concerned.extend(identity.definitions.iter().map(|(slot, _)| *slot));
            self.touched.insert(ident);
        }
        if !same {
            let had: HashSet<&str> = before.iter().map(Declared::folded).collect();
            let has: HashSet<&str> = relation.declared.iter().map(Declared::folded).collect();
            let marks: Vec<u32> = had.symmetric_difference(&has).map(|folded| column_mark(folded)).collect();
            with.concern_readers(ident, (!completed).then_some(&*marks));
        }
    }
}

impl<'d> Definitions<'d> {
    /// The projections that define a relation, in order.
    fn flows(&self, ident: Ident) -> Vec<Flow> {
        flows(self.files, self.identities, (ident, ""))
    }

    /// The files that read what a routine gives back.
    fn readers(&self, giver: Ident) -> impl Iterator<Item = Slot> {
        readers(self.files, self.identities, giver)
    }

    /// Those of `idents` in whose definitions stars stand.
    fn starred(&self, idents: &[Ident]) -> HashSet<Ident> {
        let slots: HashSet<Slot> = idents.iter().flat_map(|ident| sayers(self.files, self.identities, (*ident, ""))).collect();
        slots.into_iter().flat_map(|slot| self.files[slot].stars.iter().map(|(_, by)| *by)).collect()
    }

    /// The relations that the stars of a relation's definition read, in order.
    fn reads(&self, ident: Ident) -> impl Iterator<Item = Ident> {
        let mut reads = Vec::new();
        for flow in self.flows(ident) {
            let reader = Reader { names: self.names, file: &self.files[flow.slot] };
            let outputs = flow.projection().branches.first().into_iter().flatten();
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

/// A column of which no more is known.
fn named(name: &str, line: u32) -> Column {
    Column { name: name.to_owned(), line, ..Column::default() }
}

impl Draft {
    /// Adds a column, or what its declaration says to what others said, if it is `declared`.
    fn add(&mut self, column: Column, declared: bool, file_id: &Arc<str>, line: u32) {
        let place = Evidence { file_id: file_id.clone(), line, line_end: line };
        let folded = column.name.to_lowercase();
        let at = *self.by_name.entry(folded.clone()).or_insert(self.list.len());
        if at == self.list.len() {
            self.list.push((folded, column, vec![place]));
            return;
        }
        let (_, old, places) = &mut self.list[at];
        if declared {
            if old.data_type.is_empty() {
                old.data_type = column.data_type;
            }
            old.nullable = old.nullable.or(column.nullable);
            old.primary_key |= column.primary_key;
            old.unique |= column.unique;
            old.default = old.default.take().or(column.default);
            old.comment = old.comment.take().or(column.comment);
        }
        if !places.contains(&place) {
            places.push(place);
        }
    }

    /// What is said of a declared column afterwards.
    fn alter(&mut self, said: &Column) {
        let Some(at) = self.by_name.get(&said.name.to_lowercase()) else { return };
        let (_, column, _) = &mut self.list[*at];
        if !said.data_type.is_empty() {
            column.data_type.clone_from(&said.data_type);
        }
        column.nullable = said.nullable.or(column.nullable);
        column.primary_key |= said.primary_key;
        column.unique |= said.unique;
        column.default = said.default.clone().or(column.default.take());
        column.comment = said.comment.clone().or(column.comment.take());
    }
}
