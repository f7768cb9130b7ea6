//! What routines give back, looked through: a column of it means the columns that it is made of.
//!
//! A routine has one or several results, each the arm of a query. Those of as many columns as the first are taken for one, column by
//! column: a routine that decides between two queries gives the rows of either. Who takes a number of columns takes the results of
//! that number.

use super::column::{Columns, Expanded, Item, Reader};
use super::file::{File, Files, Role, Slot};
use super::identity::{Ident, Identities};
use super::kept::Desk;
use super::names::Names;
use super::trace::Trace;
use super::vertex::Vertex;
use crate::lineage::{
    Asked, ColumnSource, FIRED, HERE, Memo, Name, Output, Projection, Star, Statement, Subtype, comes_from_others, placed,
};
use foldhash::{HashMap, HashSet};
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// Columns that one column is looked through to, at most: as many as one output may be made of. Relations and routines that a routine's
/// rows are looked through to, too.
const MAX_THROUGH: usize = 512;

/// Triggers or calls of one routine beyond which no more files are asked: an audit function may serve all tables there are, and a script of
/// a thousand calls may log the same.
const MAX_FROM_OTHERS: usize = 16;

/// Routines called with `*` of what the one before was called with, each in the next: each takes a stretch of the stack, and people write two.
const MAX_DEPTH: usize = 64;

/// One result of a routine.
pub(super) struct GivenRows<'a> {
    slot: Slot,
    /// The routine that says so.
    owner: Option<&'a Name>,
    /// The names that the routine's header gives its columns.
    names: Option<&'a [String]>,
    /// Its columns have no places.
    by_name: bool,
    outputs: &'a [Output],
    expanded: Expanded<'a>,
}

/// A routine, and the way in which what is meant comes back ([`Name::returned_by`]).
pub(super) type Giver<'a> = (Ident, &'a str);

/// The results of routines that a file looks through.
pub(super) type Results<'a> = Memo<Giver<'a>, Rc<Vec<GivenRows<'a>>>>;

pub(super) fn results<'a>() -> Results<'a> {
    Memo::new(MAX_DEPTH)
}

/// Who calls the routine that is looked through: the file and the routine in it.
pub(super) type Caller<'a> = (Slot, Option<&'a Name>);

/// What callers have in temporary tables, as far as that was looked at.
pub(super) type Here<'a> = HashMap<(Giver<'a>, Caller<'a>), Rc<Vec<GivenRows<'a>>>>;

/// The relations that a routine's rows are made of, and the columns that decide on them, each with who says so.
pub(super) type MadeOf<'a> = (Vec<Ident>, Vec<(Caller<'a>, &'a ColumnSource)>);

/// A column of what a routine gives back.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum GivenColumn<'a> {
    Name(&'a str),
    /// At a place, in the results of a number of columns or of the first result's.
    Place(usize, Option<usize>),
}

impl<'a> GivenColumn<'a> {
    pub(super) fn of(column: &'a str) -> GivenColumn<'a> {
        placed(column).map_or(GivenColumn::Name(column), |(at, of)| GivenColumn::Place(at, of))
    }
}

/// A column that something is made of, however many routines lie between.
#[derive(Clone, Copy)]
pub(super) struct Through<'a> {
    pub column: Vertex,
    pub subtype: Subtype,
    /// The expression that the nearest routine makes it by; empty for copies.
    pub expression: &'a str,
}

enum Step<'a> {
    Source(Slot, &'a ColumnSource, Subtype, &'a str, Caller<'a>),
    Given(Giver<'a>, GivenColumn<'a>, Subtype, &'a str, Caller<'a>),
}

/// A projection of one of a file's statements.
pub(super) struct Flow {
    pub slot: Slot,
    pub statement: Arc<Statement>,
    /// Its place in the statement.
    pub projection: usize,
}

impl Flow {
    pub(super) fn projection(&self) -> &Projection {
        &self.statement.projections[self.projection]
    }
}

/// What one name of a column can mean.
enum Meant<'a> {
    Column(Vertex),
    Given(Giver<'a>),
}

/// The projections into what a routine gives back, in one way, or into a relation that they define: in order.
pub(super) fn flows(files: &Files, identities: &Identities, (ident, by): Giver<'_>) -> Vec<Flow> {
    let mut flows = Vec::new();
    for slot in sayers(files, identities, (ident, by)) {
        flows.extend(flows_of(slot, &files[slot], (ident, by)));
        if comes_from_others(by) && flows.len() >= MAX_FROM_OTHERS {
            break;
        }
    }
    flows
}

/// Those of one file.
fn flows_of(slot: Slot, file: &File, (ident, by): Giver<'_>) -> Vec<Flow> {
    let from = file.defining.partition_point(|(target, ..)| *target < ident);
    let defining = file.defining[from..].iter().take_while(|(target, ..)| *target == ident);
    let (mut flows, mut read): (_, Option<(u32, Arc<Statement>)>) = (Vec::new(), None);
    for (_, at, projection) in defining {
        let statement = match read.take_if(|(known, _)| known == at) {
            Some((_, statement)) => statement,
            None => Arc::new(file.facts.statement(*at)),
        };
        if statement.projections[*projection as usize].target.returned_by() == by {
            flows.push(Flow { slot, statement: statement.clone(), projection: *projection as usize });
        }
        read = Some((*at, statement));
    }
    flows
}

/// The files that say what comes of a routine or relation, each once, in order.
pub(super) fn sayers(files: &Files, identities: &Identities, (ident, by): Giver<'_>) -> Vec<Slot> {
    let identity = &identities.list[ident as usize];
    let mut slots: Vec<Slot> = if comes_from_others(by) {
        identities.buckets.get(&identity.last).map(|b| b.files.clone()).unwrap_or_default()
    } else {
        identity.definitions.iter().map(|(slot, _)| *slot).collect()
    };
    slots.sort_unstable_by_key(|slot| files[*slot].rank);
    slots.dedup();
    slots
}

/// The files that read what a routine gives back.
pub(super) fn readers(files: &Files, identities: &Identities, giver: Ident) -> impl Iterator<Item = Slot> {
    let last = identities.list[giver as usize].last;
    let slots = identities.buckets.get(&last).map_or(&[][..], |b| &b.files);
    let reads = move |slot: &Slot| files[*slot].said.meant(last).any(|m| m.role == Role::Giver && m.ident == Some(giver));
    slots.iter().copied().filter(reads)
}

/// Adds to `concerned` the files that look through what the routines `dirty`, or those that `concerned` files define, give back.
pub(super) fn concern(files: &Files, identities: &Identities, dirty: &HashSet<Ident>, concerned: &mut HashSet<Slot>) {
    let routine = |ident: &Ident| identities.list[*ident as usize].is_routine();
    let mut givers: Vec<Ident> = dirty.iter().copied().filter(routine).collect();
    let mut open: Vec<Slot> = concerned.iter().copied().collect();
    let mut seen = HashSet::default();
    loop {
        for giver in std::mem::take(&mut givers).into_iter().filter(|giver| seen.insert(*giver)) {
            open.extend(readers(files, identities, giver).filter(|slot| concerned.insert(*slot)));
        }
        let Some(slot) = open.pop() else { return };
        givers.extend(files[slot].said_of().filter(routine));
    }
}

/// The relations that what a routine gives back is made of, those of routines between included, and the columns that decide on its rows.
pub(super) fn made_of<'f>(names: &Names, files: &Files, identities: &Identities, desk: &'f Desk, giver: Giver<'_>) -> MadeOf<'f> {
    let first = (giver.0, giver.1.to_owned());
    let mut seen: HashSet<(Ident, Option<String>)> = HashSet::from_iter([(first.0, Some(first.1.clone()))]);
    let (mut found, mut open, mut decide) = (Vec::new(), vec![first], Vec::new());
    while let Some((giver, by)) = open.pop() {
        for Flow { slot, statement, projection } in flows(files, identities, (giver, &by)) {
            if decide.len() < MAX_THROUGH && !statement.projections[projection].indirect.is_empty() {
                let statement = desk.put(statement);
                let indirect = statement.projections[projection].indirect.iter().take(MAX_THROUGH - decide.len());
                decide.extend(indirect.map(|source| ((slot, statement.owner.as_ref()), source)));
            }
        }
        for slot in sayers(files, identities, (giver, &by)) {
            let file = &files[slot];
            let from = file.made_of.partition_point(|(by, _)| *by < giver);
            for (_, edge) in file.made_of[from..].iter().take_while(|(of, _)| *of == giver) {
                let edge = file.facts.edge(*edge);
                let Some(name) = edge.to.as_ref().filter(|_| edge.from.as_ref().is_some_and(|from| from.returned_by() == by)) else {
                    continue;
                };
                let rows = name.is_rows().then(|| name.returned_by().to_owned());
                let Some(meant) = (Reader { names, file }).relation(name).filter(|meant| seen.insert((*meant, rows.clone()))) else {
                    continue;
                };
                if let Some(by) = rows {
                    open.push((meant, by))
                } else {
                    found.push(meant)
                }
                if seen.len() > MAX_THROUGH {
                    return (found, decide);
                }
            }
        }
    }
    (found, decide)
}

impl GivenRows<'_> {
    /// The place of the column of this name.
    fn lookup(&self, columns: &Columns, name: &str) -> Option<usize> {
        match self.names {
            Some(names) => names.iter().position(|n| n.eq_ignore_ascii_case(name)),
            None => self.expanded.items.iter().position(|item| columns.name(item).eq_ignore_ascii_case(name)),
        }
    }

    /// What the column at a place is called.
    fn name<'c>(&'c self, columns: &'c Columns, at: usize) -> &'c str {
        let header = self.names.and_then(|names| names.get(at));
        header.map_or_else(|| columns.name(&self.expanded.items[at]), String::as_str)
    }

    /// How many columns it has, if that is known.
    fn count(&self) -> Option<usize> {
        self.expanded.blind.is_none().then_some(self.expanded.items.len())
    }
}

impl<'a> Trace<'a, '_> {
    fn results(&mut self, giver: Giver<'a>) -> Rc<Vec<GivenRows<'a>>> {
        if let Some(way) = giver.1.strip_prefix(HERE) {
            return self.results_here((giver.0, way));
        }
        let around = match self.results.begin(&giver) {
            Asked::Known(known) => return known,
            Asked::Open => return Rc::default(),
            Asked::New(around) => around,
        };
        let results = Rc::new(self.expand_flows(flows(self.files, self.identities, giver)));
        self.results.end(around, &results);
        results
    }

    /// What the caller at hand, and no other, passes.
    fn results_here(&mut self, giver: Giver<'a>) -> Rc<Vec<GivenRows<'a>>> {
        if let Some(known) = self.here.get(&(giver, self.caller)) {
            return known.clone();
        }
        let (slot, owner) = self.caller;
        let mut passed = flows_of(slot, &self.files[slot], giver);
        passed.retain(|flow| flow.statement.owner.as_ref() == owner);
        let results = Rc::new(self.expand_flows(passed));
        self.here.insert((giver, self.caller), results.clone());
        results
    }

    fn expand_flows(&mut self, flows: Vec<Flow>) -> Vec<GivenRows<'a>> {
        let mut results = Vec::new();
        for Flow { slot, statement, projection } in flows {
            let statement = self.desk.put(statement);
            let projection = &statement.projections[projection];
            let reader = Reader { names: self.names, file: &self.files[slot] };
            for outputs in &projection.branches {
                let expanded = self.expand_all(reader, outputs);
                let (owner, names, by_name) = (statement.owner.as_ref(), projection.columns.as_deref(), projection.by_name);
                results.push(GivenRows { slot, owner, names, by_name, outputs, expanded });
            }
        }
        results
    }

    /// The outputs with their stars expanded, `*` over what others say of a routine included: what it is called with, the rows that its triggers
    /// give it.
    pub(super) fn expand_all(&mut self, reader: Reader<'_>, outputs: &'a [Output]) -> Expanded<'a> {
        let others = |output: &Output| matches!(output, Output::Star(star) if comes_from_others(star.table.returned_by()));
        if !outputs.iter().any(others) {
            return self.columns.expand(reader, outputs, self.budget);
        }
        let mut all = Expanded { items: Vec::new(), blind: None };
        for output in outputs {
            let more = match output {
                Output::Star(star) if others(output) => self.expand_others(reader, star),
                output => self.columns.expand(reader, std::slice::from_ref(output), self.budget),
            };
            all.blind = all.blind.or(more.blind.map(|at| at + all.items.len()));
            all.items.extend(more.items);
        }
        all
    }

    fn expand_others(&mut self, reader: Reader<'_>, star: &'a Star) -> Expanded<'a> {
        let by = star.table.returned_by();
        let mut expanded = Expanded { items: Vec::new(), blind: Some(0) };
        let Some(giver) = reader.relation(&star.table) else { return expanded };
        let results = self.results((giver, by));
        let Some(first) = results.iter().find(|r| r.count().is_some()) else { return expanded };
        let names: Vec<&str> = (0..first.expanded.items.len()).map(|at| first.name(self.columns, at)).collect();
        if !self.budget.spend(names.len()) {
            return expanded;
        }
        for (at, name) in names.into_iter().enumerate().filter(|(_, name)| !star.leaves_out(name)) {
            expanded.items.push(match star.replaced(name) {
                Some(Output::Column { name, sources, expression, span }) => {
                    Item::Made { name, sources, expression, lines: (span.line, span.line_end) }
                }
                _ => {
                    let renamed = star.rename.iter().find(|(old, _)| old.eq_ignore_ascii_case(name)).map(|(_, new)| new.as_str());
                    let renamed = Some(Cow::Owned(renamed.unwrap_or(name).to_owned()));
                    Item::Given { column: (giver, at), by, of: None, renamed, line: star.line }
                }
            });
        }
        expanded.blind = None;
        expanded
    }

    /// The items that a column of what a routine gives back stands for, each with the file that says so.
    fn items(&mut self, giver: Giver<'a>, key: GivenColumn<'a>) -> Vec<(Rc<Vec<GivenRows<'a>>>, usize, usize)> {
        let results = self.results(giver);
        let first = results.iter().find(|r| r.count().is_some()).or(results.first());
        let name = match key {
            GivenColumn::Name(name) => Some(name),
            // `*` has taken the names of the first.
            GivenColumn::Place(at, None) if comes_from_others(giver.1) => {
                first.filter(|r| at < r.expanded.items.len()).map(|r| r.name(self.columns, at))
            }
            GivenColumn::Place(..) => None,
        };
        if let (Some(name), true) = (name, results.iter().any(|r| r.by_name)) {
            let found = |n: usize| Some((results.clone(), n, results[n].lookup(self.columns, name)?));
            return (0..results.len()).filter(|n| results[*n].by_name).filter_map(found).collect();
        }
        let place = match key {
            GivenColumn::Place(at, of) => Some((at, of)),
            GivenColumn::Name(name) => first.and_then(|r| r.lookup(self.columns, name)).map(|at| (at, None)),
        };
        let Some((at, of)) = place else { return Vec::new() };
        let of = of.or_else(|| first.and_then(GivenRows::count));
        let fits = |r: &GivenRows<'_>| match r.expanded.blind {
            _ if r.by_name => false,
            None => r.count() == of && at < r.expanded.items.len(),
            Some(blind) => at < blind,
        };
        (0..results.len()).filter(|n| fits(&results[*n])).map(|n| (results.clone(), n, at)).collect()
    }

    /// Whether what a routine gives back has a column of this name.
    fn gives(&mut self, giver: Giver<'a>, key: GivenColumn<'a>) -> bool {
        matches!(key, GivenColumn::Place(..)) || !self.items(giver, key).is_empty()
    }

    /// Whether it is known what a column of a routine's rows is made of, and its arguments are nothing of that.
    fn is_made(&mut self, giver: Giver<'a>, key: GivenColumn<'a>) -> bool {
        let items = self.items(giver, key);
        let of_arguments = items.iter().any(|(results, n, at)| match &results[*n].expanded.items[*at] {
            Item::Made { sources, .. } => sources.iter().any(ColumnSource::is_argument),
            Item::Copied { .. } | Item::Given { .. } => false,
        });
        !items.is_empty() && !of_arguments
    }

    /// The columns that `source`, of this file, is in the end.
    pub(super) fn sources(&mut self, source: &'a ColumnSource, line: u32) -> Vec<Through<'a>> {
        self.through(Step::Source(self.slot, source, source.subtype, "", self.caller), line)
    }

    /// The columns that a column of what a routine gives back is in the end.
    pub(super) fn given(&mut self, giver: Giver<'a>, key: GivenColumn<'a>, line: u32) -> Vec<Through<'a>> {
        self.through(Step::Given(giver, key, Subtype::Identity, "", self.caller), line)
    }

    fn through(&mut self, step: Step<'a>, line: u32) -> Vec<Through<'a>> {
        let caller = self.caller;
        let found = self.through_all(step, line);
        self.caller = caller;
        found
    }

    fn through_all(&mut self, step: Step<'a>, line: u32) -> Vec<Through<'a>> {
        let (mut found, mut open, mut seen) = (Vec::new(), vec![step], HashSet::default());
        while let Some(step) = open.pop() {
            if found.len() >= MAX_THROUGH {
                break;
            }
            match step {
                Step::Source(slot, source, subtype, expression, caller) => {
                    self.caller = caller;
                    for meant in self.meant(slot, source, line) {
                        match meant {
                            Meant::Column(column) => found.push(Through { column, subtype, expression }),
                            Meant::Given(giver) => {
                                open.push(Step::Given(giver, GivenColumn::of(&source.column), subtype, expression, caller))
                            }
                        }
                    }
                }
                Step::Given(giver, key, subtype, expression, caller) if seen.insert((giver, key, subtype, caller)) => {
                    self.caller = caller;
                    let items = self.items(giver, key);
                    for (results, n, at) in items.iter().rev() {
                        // What it puts into a table of its caller's may be made of what that one has there.
                        let of = |by: &str| if by.starts_with(HERE) { caller } else { (results[*n].slot, results[*n].owner) };
                        match &results[*n].expanded.items[*at] {
                            Item::Made { sources, expression: own, .. } => {
                                let expression = if expression.is_empty() { *own } else { expression };
                                let step = |s: &'a ColumnSource| {
                                    let caller = of(s.tables.first().map_or("", Name::returned_by));
                                    Step::Source(results[*n].slot, s, subtype.of(s.subtype), expression, caller)
                                };
                                open.extend(sources.iter().rev().map(step));
                            }
                            Item::Copied { column: (relation, at), .. } => {
                                let column = self.columns.of[*relation as usize].declared[*at].vertex;
                                found.push(Through { column, subtype, expression });
                            }
                            Item::Given { column: (other, at), by, of: count, .. } => {
                                open.push(Step::Given((*other, by), GivenColumn::Place(*at, *count), subtype, expression, of(by)));
                            }
                        }
                    }
                    // Each table that fires has its own.
                    if let (true, GivenColumn::Name(name)) = (items.is_empty() || giver.1 == FIRED, key) {
                        for meant in self.unknown(giver, name, line) {
                            match meant {
                                Meant::Column(column) => found.push(Through { column, subtype, expression }),
                                Meant::Given(other) => open.push(Step::Given(other, key, subtype, expression, caller)),
                            }
                        }
                    }
                }
                Step::Given(..) => {}
            }
        }
        found
    }

    /// Whether a relation, or what a routine gives back, may have columns that are not known.
    fn is_open(&mut self, relation: Ident, rows: Option<&'a str>) -> bool {
        match rows {
            Some("") => !self.columns.is_given(relation),
            Some(by) => self.results((relation, by)).iter().any(|result| result.expanded.blind.is_some()),
            None => !self.columns.of[relation as usize].complete,
        }
    }

    /// What a column that no result names can be: one of the only relation in a result's `*` whose columns are not known.
    fn unknown(&mut self, giver: Giver<'a>, name: &'a str, line: u32) -> Vec<Meant<'a>> {
        let mut meant = Vec::new();
        for result in self.results(giver).iter().filter(|r| r.names.is_none() && r.expanded.blind.is_some()) {
            let reader = Reader { names: self.names, file: &self.files[result.slot] };
            let stars = result.outputs.iter().filter_map(|o| if let Output::Star(star) = o { Some(star) } else { None });
            let named = stars.filter(|star| !star.leaves_out(name)).filter_map(|star| {
                let rows = star.table.is_rows().then(|| star.table.returned_by());
                Some((reader.relation(&star.table)?, rows))
            });
            let mut unknown: Vec<(Ident, Option<&'a str>)> = named.collect();
            unknown.retain(|(relation, rows)| self.is_open(*relation, *rows));
            let [(only, rows)] = unknown[..] else { continue };
            meant.push(match rows {
                Some(by) => Meant::Given((only, by)),
                None => Meant::Column(self.column(only, name, line)),
            });
        }
        meant
    }

    /// The columns of a relation that `source` is as a whole row, as long as these are not too many.
    fn row(&mut self, relation: Ident, source: &ColumnSource) -> Vec<Meant<'a>> {
        let declared = &self.columns.of[relation as usize].declared;
        let enough = self.budget.spend(declared.len());
        declared.iter().filter(|d| enough && source.has(d.folded())).map(|d| Meant::Column(d.vertex)).collect()
    }

    /// The columns that decide on the rows that someone says a routine has.
    pub(super) fn decide(&mut self, (by, source): (Caller<'a>, &'a ColumnSource), line: u32) -> Vec<Through<'a>> {
        self.through(Step::Source(by.0, source, source.subtype, "", by), line)
    }

    /// What `source` means in a file: of several candidates those that have it, else the only one whose columns are not known, else by
    /// the same rule those of the queries around.
    fn meant(&mut self, slot: Slot, source: &'a ColumnSource, line: u32) -> Vec<Meant<'a>> {
        if source.column == "*" || source.is_argument() {
            return Vec::new();
        }
        let reader = Reader { names: self.names, file: &self.files[slot] };
        if source.is_row() {
            return source.tables.first().and_then(|table| reader.relation(table)).map(|table| self.row(table, source)).unwrap_or_default();
        }
        if source.unless.iter().any(|(rows, column)| {
            reader.relation(rows).is_some_and(|giver| self.is_made((giver, rows.returned_by()), GivenColumn::of(column)))
        }) {
            return Vec::new();
        }
        let key = GivenColumn::of(&source.column);
        for candidates in [&*source.tables, &*source.outer] {
            let written = |ident| self.written.filter(|(synonym, _)| *synonym == ident).map_or(ident, |(_, behind)| behind);
            let rows = |name: &'a Name| name.is_rows().then(|| name.returned_by());
            let mut relations: Vec<(Ident, Option<&'a str>)> =
                candidates.iter().filter_map(|name| Some((written(reader.relation(name)?), rows(name)))).collect();
            // In the order of the text: numbers of identities depend on what was there before.
            if relations.len() > 1 {
                let mut seen = HashSet::default();
                relations.retain(|relation| seen.insert(*relation));
            }
            let mut having = Vec::new();
            for (relation, rows) in &relations {
                match rows {
                    Some(by) => having.extend(self.gives((*relation, by), key).then_some(Meant::Given((*relation, by)))),
                    None => {
                        let known = &self.columns.of[*relation as usize];
                        having.extend(known.lookup(&source.column).map(|at| Meant::Column(known.declared[at].vertex)));
                    }
                }
            }
            if !having.is_empty() {
                return having;
            }
            let row = source.called_like().filter(|table| !table.is_rows()).and_then(|table| reader.relation(table));
            if let Some(table) = row.filter(|table| !self.is_open(*table, None)) {
                return self.row(table, source);
            }
            relations.retain(|(relation, rows)| self.is_open(*relation, *rows));
            let mut unknown = relations.iter();
            match (unknown.next(), unknown.next()) {
                (Some((only, Some(by))), None) => return vec![Meant::Given((*only, by))],
                (Some((only, None)), None) => return vec![Meant::Column(self.column(*only, &source.column, line))],
                (Some(_), Some(_)) => return Vec::new(),
                (None, _) => {}
            }
        }
        Vec::new()
    }
}
