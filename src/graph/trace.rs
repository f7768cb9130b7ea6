//! Edges: what one file states, with its names and its stars resolved.
//!
//! Columns that filter, join or group a whole query are edges from its *target relation*, not from each of its columns: `N + M`
//! edges in place of `N × M`.

use super::column::{Budget, Columns, Expanded, Item, Reader};
use super::file::{File, Files, Role, Slot, data_role, each_source, roles};
use super::giver::{Caller, GivenColumn, Giver, Here, MadeOf, Results, Through, flows, made_of, results};
use super::identity::{Ident, Identities};
use super::kept::Desk;
use super::names::Names;
use super::synonym::made_for;
use super::usage::Usage;
use super::vertex::{Owner, Vertex, Vertices};
use super::{Detail, Edge, Evidence};
use crate::lineage::{
    ColumnSource, Facts, Flow, ForeignKey, Name, Output, Projection, Relation, Span, Statement, Subtype, Subtypes, comes_from_others,
};
use foldhash::HashMap;
use serde_json::{Map, Value, json};
use std::rc::Rc;
use std::sync::Arc;

/// What a stated edge carries beside its place.
#[derive(Clone, Copy, Debug)]
enum Carried<'a> {
    Nothing,
    Expression(&'a str),
    ForeignKey(&'a ForeignKey),
}

/// A relation as one place states it.
#[derive(Clone, Copy, Debug)]
struct Stated<'a> {
    from: Vertex,
    to: Vertex,
    relation: Relation,
    subtypes: Subtypes,
    confidence: f32,
    lines: (u32, u32),
    carried: Carried<'a>,
}

impl Stated<'_> {
    fn new(from: Vertex, to: Vertex, relation: Relation, lines: (u32, u32)) -> Self {
        Stated { from, to, relation, subtypes: Subtypes::NONE, confidence: 1.0, lines, carried: Carried::Nothing }
    }
}

/// One projection with its target resolved.
struct Flowing<'a> {
    statement: &'a Statement,
    projection: &'a Projection,
    target: Ident,
    /// What the statement names in its place.
    synonym: Option<Ident>,
    /// It defines the target, in place of adding rows to it.
    defining: bool,
}

/// What [`File::defining`], [`File::made_of`], [`File::stars`] and [`File::whole`] hold.
pub(super) type Definers = (Vec<(Ident, u32, u32)>, Vec<(Ident, u32)>, Vec<(Ident, Ident)>, Vec<Ident>);

pub(super) fn definers(names: &Names, identities: &Identities, (slot, file): (Slot, &File)) -> Definers {
    let facts = file.facts.facts();
    let (mut defining, mut stars, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    let reader = Reader { names, file };
    let given = |edge: &crate::lineage::Edge| edge.from.as_ref().filter(|name| name.is_rows()).and_then(|name| reader.target(name));
    let mut made_of: Vec<(Ident, u32)> = (0..).zip(&facts.edges).filter_map(|(at, edge)| Some((given(edge)?, at))).collect();
    made_of.sort_unstable();
    for (at, statement) in (0..).zip(&facts.statements) {
        each_source(statement, &mut |source| {
            let all = if source.column == "*" { &*source.tables } else { &[] };
            let row = if source.is_row() { source.tables.first() } else { source.called_like() };
            whole.extend(all.iter().chain(row).filter_map(|name| reader.relation(name)));
        });
        for (nth, projection) in (0..).zip(&statement.projections) {
            let target = reader.target(&projection.target);
            whole.extend(target.filter(|_| projection.columns.is_none()));
            let outputs = projection.branches.iter().flatten();
            whole.extend(outputs.filter_map(|o| if let Output::Star(star) = o { reader.relation(&star.table) } else { None }));
            let others = comes_from_others(projection.target.returned_by());
            let Some(target) = target.filter(|target| others || is_definition(identities, slot, &facts, statement, *target)) else {
                continue;
            };
            defining.push((target, at, nth));
            for output in projection.branches.first().into_iter().flatten() {
                let Output::Star(star) = output else { continue };
                stars.extend(reader.relation(&star.table).map(|read| (read, target)));
            }
        }
    }
    defining.sort_unstable();
    stars.sort_unstable();
    stars.dedup();
    whole.sort_unstable();
    whole.dedup();
    defining.shrink_to_fit();
    whole.shrink_to_fit();
    (defining, made_of, stars, whole)
}

fn is_definition(identities: &Identities, slot: Slot, facts: &Facts, statement: &Statement, target: Ident) -> bool {
    let within = |s: Span| s.start <= statement.span.start && statement.span.end <= s.end;
    let mut here = identities.list[target as usize].definitions.iter().filter(|(by, _)| *by == slot);
    here.any(|(_, asset)| defines(statement) || within(facts.assets[*asset as usize].span))
}

/// What stating the edges of a file works on.
pub(super) struct Trace<'a, 't> {
    pub names: &'t Names,
    pub identities: &'t Identities,
    pub columns: &'t Columns,
    pub vertices: &'t Vertices,
    pub budget: &'t mut Budget,
    pub files: &'a Files,
    pub slot: Slot,
    pub file: &'a File,
    facts: &'a Facts,
    /// Statements of others that say what routines give back.
    pub desk: &'a Desk,
    /// What routines whose rows are read here give back.
    pub results: Results<'a>,
    pub here: Here<'a>,
    made_of: HashMap<Giver<'a>, Rc<MadeOf<'a>>>,
    /// Who makes what is at hand.
    pub caller: Caller<'a>,
    /// The file's own.
    own: Vertex,
    /// The synonym through which the flow at hand writes, and what it stands for: here both are the same.
    pub written: Option<(Ident, Ident)>,
    usage: Usage,
    out: Vec<Stated<'a>>,
}

impl<'a, 't> Trace<'a, 't> {
    pub(super) fn new(
        (names, identities, columns, vertices): (&'t Names, &'t Identities, &'t Columns, &'t Vertices),
        budget: &'t mut Budget,
        (slot, files, facts, desk): (Slot, &'a Files, &'a Facts, &'a Desk),
    ) -> Trace<'a, 't> {
        let file = &files[slot];
        let own = file.vertex.expect("a file is read before it states anything");
        let (results, here, made_of) = (results(), Here::default(), HashMap::default());
        let (caller, written, usage, out) = ((slot, None), None, Usage::default(), Vec::new());
        Trace {
            names,
            identities,
            columns,
            vertices,
            budget,
            files,
            slot,
            file,
            facts,
            desk,
            results,
            here,
            made_of,
            caller,
            own,
            written,
            usage,
            out,
        }
    }

    /// The edges that the file states, and the columns that it uses and nothing declares.
    pub(super) fn run(mut self) -> (Vec<Edge>, Usage) {
        self.state_edges();
        self.state_definitions();
        let facts = self.facts;
        let mut flows = Vec::new();
        for statement in &facts.statements {
            // What a routine gives back is stated where it goes.
            for projection in statement.projections.iter().filter(|p| !p.target.is_rows()) {
                let Some(target) = self.relation(&projection.target) else { continue };
                let defining = is_definition(self.identities, self.slot, facts, statement, target);
                let behind = if defining { target } else { self.identities.synonyms.behind(target) };
                let synonym = (behind != target).then_some(target);
                flows.push(Flowing { statement, projection, target: behind, synonym, defining });
            }
        }
        for flow in &flows {
            self.written = flow.synonym.map(|synonym| (synonym, flow.target));
            self.caller = (self.slot, flow.statement.owner.as_ref());
            self.trace(flow);
        }
        self.written = None;
        self.trace_reads(&flows);
        (merge(self.out, &self.file.id), self.usage)
    }

    fn meaning(&self, name: &Name, role: Role) -> Option<Ident> {
        self.file.said.meaning(self.names, name, role)
    }

    fn relation(&self, name: &Name) -> Option<Ident> {
        self.meaning(name, data_role(name).0)
    }

    fn asset(&self, ident: Ident) -> Vertex {
        self.identities.list[ident as usize].vertex
    }

    fn state_edges(&mut self) {
        for edge in &self.facts.edges {
            let Some((from, to)) = roles(edge.relation) else { continue };
            let rows = |name: &Option<Name>| name.as_ref().is_some_and(Name::is_rows);
            if rows(&edge.from) {
                continue;
            }
            let end = |name: &Option<Name>, role| match name {
                None => Some(self.own),
                Some(name) => self.meaning(name, role).map(|ident| self.asset(ident)),
            };
            let written = edge.from.as_ref().and_then(|name| self.written_through(name, from, edge));
            let Some(from) = end(&edge.from, from) else { continue };
            let to: Vec<Vertex> = match edge.to.as_ref().filter(|name| name.is_rows()) {
                Some(name) => {
                    let Some(ident) = self.relation(name) else { continue };
                    let made_of = self.made_of((ident, name.returned_by()));
                    if edge.relation == Relation::Derives {
                        self.state_deciding(written.map_or(from, |ident| self.asset(ident)), &made_of.1, edge);
                    }
                    made_of.0.iter().map(|ident| self.asset(*ident)).filter(|to| *to != from).collect()
                }
                None => Vec::from_iter(end(&edge.to, to)),
            };
            let stated = |from, to| Stated { confidence: edge.confidence, ..Stated::new(from, to, edge.relation, (edge.line, edge.line)) };
            match written.map(|ident| self.asset(ident)) {
                None => self.out.extend(to.into_iter().map(|to| stated(from, to))),
                Some(behind) if edge.relation == Relation::Derives => {
                    self.out.extend(to.into_iter().map(|to| stated(behind, if to == from { behind } else { to })));
                }
                // Who writes through a synonym breaks without it.
                Some(behind) => self.out.extend(to.into_iter().flat_map(|to| [stated(from, to), stated(behind, to)])),
            }
        }
    }

    fn made_of(&mut self, giver: Giver<'a>) -> Rc<MadeOf<'a>> {
        let find = || Rc::new(made_of(self.names, self.files, self.identities, self.desk, giver));
        self.made_of.entry(giver).or_insert_with(find).clone()
    }

    /// What decides on the rows of a routine decides on what is made of them.
    fn state_deciding(&mut self, from: Vertex, decide: &[(Caller<'a>, &'a ColumnSource)], edge: &crate::lineage::Edge) {
        for source in decide {
            let to = self.decide(*source, edge.line);
            self.out.extend(to.into_iter().map(|to| Stated {
                subtypes: to.subtype.into(),
                confidence: edge.confidence,
                ..Stated::new(from, to.column, Relation::Derives, (edge.line, edge.line))
            }));
        }
    }

    /// What the synonym `name` stands for, if the edge says what is put into it and not what it is.
    fn written_through(&self, name: &Name, role: Role, edge: &crate::lineage::Edge) -> Option<Ident> {
        if !matches!(edge.relation, Relation::Derives | Relation::WrittenBy) || self.identities.synonyms.is_empty() {
            return None;
        }
        let synonym = self.meaning(name, role)?;
        let behind = Some(self.identities.synonyms.behind(synonym)).filter(|behind| *behind != synonym)?;
        // What this file says it is, though another one may decide what it stands for.
        let says_what_it_is = flows(self.files, self.identities, (synonym, "")).into_iter().any(|flow| {
            let lines = flow.statement.span.line..=flow.statement.span.line_end;
            flow.slot == self.slot && lines.contains(&edge.line) && edge.to.as_ref() == made_for(flow.projection())
        });
        (!says_what_it_is).then_some(behind)
    }

    /// Where what is defined here is defined, its foreign keys, its columns.
    fn state_definitions(&mut self) {
        let mut idents: Vec<Ident> = self.file.defines.iter().flatten().copied().collect();
        idents.sort_unstable();
        idents.dedup();
        for ident in idents {
            let from = self.asset(ident);
            let here = self.identities.list[ident as usize].definitions.iter().filter(|(slot, _)| *slot == self.slot);
            for (_, asset) in here {
                let asset = &self.facts.assets[*asset as usize];
                let lines = (asset.span.line, asset.span.line_end);
                self.out.push(Stated::new(from, self.own, Relation::DefinedIn, lines));
                for key in &asset.foreign_keys {
                    let Some(to) = self.relation(&key.references) else { continue };
                    let stated = Stated::new(from, self.asset(to), Relation::References, (key.line, key.line));
                    self.out.push(Stated { carried: Carried::ForeignKey(key), ..stated });
                }
            }
            for column in &self.columns.of[ident as usize].declared {
                let node = self.vertices.node(column.vertex, Owner::Column(ident));
                let here = node.defined.iter().filter(|e| *e.file_id == *self.file.id);
                self.out.extend(here.map(|e| Stated::new(column.vertex, from, Relation::ColumnOf, (e.line, e.line_end))));
            }
        }
    }

    /// States what the columns of one projection's target are made of.
    fn trace(&mut self, flow: &Flowing<'a>) {
        let mut first: Option<Expanded<'a>> = None;
        for outputs in &flow.projection.branches {
            let expanded = self.expand(flow, outputs);
            for (at, item) in expanded.items.iter().enumerate() {
                let (lines, carried) = match item {
                    Item::Copied { line, .. } | Item::Given { line, .. } => ((*line, *line), Carried::Nothing),
                    Item::Made { lines, expression: "", .. } => (*lines, Carried::Nothing),
                    Item::Made { lines, expression, .. } => (*lines, Carried::Expression(expression)),
                };
                let Some(target) = self.target(flow, &expanded, at, first.as_ref(), lines.0) else { continue };
                let stated = |to: Vertex, subtype: Subtype| Stated {
                    subtypes: subtype.into(),
                    confidence: flow.statement.confidence,
                    carried,
                    ..Stated::new(target, to, Relation::Derives, lines)
                };
                let through = |to: Through<'a>| match (carried, to.expression) {
                    (Carried::Nothing, made) if !made.is_empty() => {
                        Stated { carried: Carried::Expression(made), ..stated(to.column, to.subtype) }
                    }
                    _ => stated(to.column, to.subtype),
                };
                match item {
                    Item::Copied { column: (relation, at), .. } => {
                        let column = self.columns.of[*relation as usize].declared[*at].vertex;
                        self.out.push(stated(column, Subtype::Identity));
                    }
                    Item::Made { sources, .. } => {
                        for source in *sources {
                            let to = self.sources(source, lines.0);
                            self.out.extend(to.into_iter().map(through));
                        }
                    }
                    Item::Given { column: (giver, at), by, of, .. } => {
                        let to = self.given((*giver, by), GivenColumn::Place(*at, *of), lines.0);
                        self.out.extend(to.into_iter().map(through));
                    }
                }
            }
            first.get_or_insert(expanded);
        }
        let lines = (flow.statement.span.line, flow.statement.span.line_end);
        let target = self.asset(flow.target);
        for source in &flow.projection.indirect {
            let to = self.sources(source, lines.0);
            self.out.extend(to.into_iter().map(|to| Stated {
                subtypes: to.subtype.into(),
                confidence: flow.statement.confidence,
                ..Stated::new(target, to.column, Relation::Derives, lines)
            }));
        }
    }

    /// The outputs with their stars expanded. All that a routine gives back is taken by as many columns as it goes into.
    fn expand(&mut self, flow: &Flowing<'a>, outputs: &'a [Output]) -> Expanded<'a> {
        if let [Output::Star(star)] = outputs
            && star.table.is_rows()
            && star.table.returned_by().is_empty()
            && (star.except.is_empty() && star.rename.is_empty() && star.replace.is_empty())
            && let (Some(giver), Some(count)) = (self.relation(&star.table), self.taken(flow))
        {
            let item = |at| Item::Given { column: (giver, at), by: "", of: Some(count), renamed: None, line: star.line };
            return Expanded { items: (0..count).map(item).collect(), blind: None };
        }
        self.expand_all(Reader { names: self.names, file: self.file }, outputs)
    }

    /// How many columns of the target take outputs by their places, if that is known.
    fn taken(&self, flow: &Flowing<'a>) -> Option<usize> {
        let known = &self.columns.of[flow.target as usize];
        let all = (known.complete && !flow.defining && !flow.projection.by_name).then(|| known.places());
        flow.projection.columns.as_ref().map(Vec::len).or(all)
    }

    /// The column of the target that the item at `at` becomes; `first` is the first arm of a set operation, in the arms after it.
    fn target(&mut self, flow: &Flowing<'a>, arm: &Expanded<'a>, at: usize, first: Option<&Expanded<'a>>, line: u32) -> Option<Vertex> {
        let placed = |e: &Expanded<'a>| e.blind.is_none_or(|blind| at < blind);
        if let Some(columns) = &flow.projection.columns {
            let name = columns.get(at).filter(|_| placed(arm))?;
            return Some(self.column(flow.target, name, line));
        }
        let known = &self.columns.of[flow.target as usize];
        if !flow.defining
            && !flow.projection.by_name
            && placed(arm)
            && known.complete
            && (arm.blind.is_some() || arm.items.len() <= known.places())
        {
            return known.at_place(at).map(|d| d.vertex);
        }
        let item = match first {
            None => &arm.items[at],
            Some(_) if flow.projection.by_name => &arm.items[at],
            Some(first) => first.items.get(at).filter(|_| placed(arm) && placed(first))?,
        };
        let name = match item {
            // An expression without a name names no column of a table that is there already.
            Item::Made { name, expression, .. } if !flow.defining && (name.is_empty() || name == expression) => return None,
            item => self.columns.name(item),
        };
        match known.lookup(name) {
            Some(at) => Some(known.declared[at].vertex),
            None if known.complete => None,
            // A definition whose stars were too many to declare does not get them here.
            None if flow.defining && matches!(item, Item::Copied { .. }) => None,
            None => {
                let name = name.to_owned();
                Some(self.column(flow.target, &name, line))
            }
        }
    }

    /// [`Trace::sources`], or every column of the table for `*`, as long as these are not too many.
    fn read(&mut self, source: &'a ColumnSource, line: u32) -> Vec<Vertex> {
        let columns = |through: Vec<Through<'_>>| through.into_iter().map(|to| to.column).collect();
        let ("*", [table]) = (source.column.as_str(), &*source.tables) else { return columns(self.sources(source, line)) };
        let Some(relation) = self.relation(table) else { return Vec::new() };
        if table.is_rows() {
            let by = table.returned_by();
            let count = if by.is_empty() { self.columns.given(relation) } else { 0 };
            let all = if self.budget.spend(count) { 0..count } else { 0..0 };
            return all.flat_map(|at| columns(self.given((relation, by), GivenColumn::Place(at, None), line))).collect();
        }
        let declared = &self.columns.of[relation as usize].declared;
        if self.budget.spend(declared.len()) { declared.iter().map(|d| d.vertex).collect() } else { Vec::new() }
    }

    /// States which columns routines and scripts name, outside definitions (whose columns and filters say it already).
    fn trace_reads(&mut self, flows: &[Flowing<'a>]) {
        for statement in self.facts.statements.iter().filter(|s| s.owner.is_some() || !defines(s)) {
            let Some(reader) = self.reader(statement) else { continue };
            let lines = (statement.span.line, statement.span.line_end);
            self.caller = (self.slot, statement.owner.as_ref());
            for source in &statement.columns_read {
                let to = self.read(source, lines.0);
                let confidence = statement.confidence;
                let decides = source.subtype.flow() == Flow::Indirect;
                let subtypes = if decides { source.subtype.into() } else { Subtypes::NONE };
                let stated = |to| Stated { confidence, subtypes, ..Stated::new(reader, to, Relation::Reads, lines) };
                self.out.extend(to.into_iter().map(stated));
            }
        }
        for flow in flows.iter().filter(|f| !f.defining) {
            let Some(writer) = self.reader(flow.statement) else { continue };
            let lines = (flow.statement.span.line, flow.statement.span.line_end);
            for name in flow.projection.columns.iter().flatten() {
                let column = self.column(flow.target, name, lines.0);
                let stated = Stated::new(column, writer, Relation::WrittenBy, lines);
                self.out.push(Stated { confidence: flow.statement.confidence, ..stated });
            }
        }
    }

    fn reader(&self, statement: &Statement) -> Option<Vertex> {
        match &statement.owner {
            None => Some(self.own),
            Some(owner) => self.meaning(owner, Role::Owner).map(|ident| self.asset(ident)),
        }
    }

    /// A column that is named here, declared or not.
    pub(super) fn column(&mut self, relation: Ident, name: &str, line: u32) -> Vertex {
        self.columns.declared(relation, name).unwrap_or_else(|| self.usage.of(relation, name, line, self.columns))
    }
}

/// Whether the statement defines what it writes.
fn defines(statement: &Statement) -> bool {
    statement.kind.starts_with("CREATE") || statement.kind.starts_with("ALTER")
}

/// Each edge once, with all that the places in this file say of it.
fn merge(mut stated: Vec<Stated<'_>>, file_id: &Arc<str>) -> Vec<Edge> {
    stated.sort_by_key(|s| (s.from, s.to, s.relation, s.lines));
    let mut edges: Vec<Edge> = Vec::new();
    // What a place says is said once for all the edges that say no more.
    let mut shared: HashMap<((u32, u32), &str), Arc<Detail>> = HashMap::default();
    for group in stated.chunk_by(|a, b| (a.from, a.to, a.relation) == (b.from, b.to, b.relation)) {
        let first = &group[0];
        let mut subtypes = Subtypes::NONE;
        group.iter().for_each(|s| subtypes.extend(s.subtypes));
        let confidence = group.iter().map(|s| s.confidence.clamp(0.0, 1.0)).fold(0.0, f32::max);
        let expression = group.iter().find_map(|s| if let Carried::Expression(text) = s.carried { Some(text) } else { None });
        let keyed = group.iter().any(|s| matches!(s.carried, Carried::ForeignKey(_)));
        let detail = if group.iter().all(|s| s.lines == first.lines) && !keyed {
            let key = (first.lines, expression.unwrap_or(""));
            shared.entry(key).or_insert_with(|| Arc::new(detail(group, expression, file_id))).clone()
        } else {
            Arc::new(detail(group, expression, file_id))
        };
        edges.push(Edge { from: first.from, to: first.to, relation: first.relation, subtypes, confidence, detail });
    }
    edges.shrink_to_fit();
    edges
}

fn detail(group: &[Stated<'_>], expression: Option<&str>, file_id: &Arc<str>) -> Detail {
    let evidence = |s: &Stated<'_>| Evidence { file_id: file_id.clone(), line: s.lines.0, line_end: s.lines.1.max(s.lines.0) };
    let mut places: Vec<Evidence> = group.iter().map(evidence).collect();
    places.sort_unstable();
    places.dedup();
    let mut properties = Map::new();
    for stated in group {
        let Carried::ForeignKey(key) = stated.carried else { continue };
        let key = json!({"columns": key.columns, "referenced_columns": key.referenced_columns});
        let keys = properties.entry("foreign_keys").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(keys) = keys
            && !keys.contains(&key)
        {
            keys.push(key);
        }
    }
    Detail { transformation: expression.map(Box::from), evidence: places.into(), properties: properties.into() }
}
