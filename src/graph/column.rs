//! Columns: which a relation has, and which each is made of.
//!
//! A table has the columns it declares; a view, or a table made from a query, has its query's outputs, stars expanded through
//! other views. A column that is only used gets a node when its relation's columns are not known. Columns that filter, join or
//! group a whole query are edges from its *target relation*, not from each of its columns: `N + M` edges in place of `N × M`.

use super::assemble::{Detail, End, Stated};
use super::identity::{Ident, Identities, Role, Scope};
use super::link::FileFacts;
use crate::lineage::{Column, ColumnSource, Output, Projection, Relation, Span, Statement, Subtype};
use std::collections::HashMap;

/// Most columns that stars stand for in one project. Thirty bytes of `SELECT *` can stand for thousands of columns, so that one
/// small file could otherwise ask for all the memory there is (a column with its edges takes about a kilobyte); real warehouses stay
/// below. Counted once for the columns that definitions have, once for the edges of all statements. Past it a star stays a
/// relation-level edge, and a note says so.
pub(super) const MAX_STAR_COLUMNS: usize = 200_000;

/// One column.
#[derive(Debug)]
pub(super) struct Found {
    pub relation: Ident,
    pub column: Column,
    pub ordinal: u32,
    /// Declarations as (file, first line, last line).
    pub defined: Vec<(u32, u32, u32)>,
}

/// What is known of one relation's columns.
#[derive(Debug, Default)]
struct Known {
    by_name: HashMap<String, u32>,
    /// In the order of the definition; columns only used are not here.
    declared: Vec<u32>,
    /// `declared` is all there is.
    complete: bool,
}

/// One projection with its target resolved.
struct Flowing<'a> {
    file: u32,
    statement: &'a Statement,
    projection: &'a Projection,
    target: Ident,
    /// It defines the target, in place of adding rows to it.
    defining: bool,
}

enum Item<'a> {
    Made {
        name: &'a str,
        sources: &'a [ColumnSource],
        expression: &'a str,
        lines: (u32, u32),
    },
    /// A column that a star stands for, under another name when the star renames it.
    Copied {
        column: u32,
        renamed: Option<&'a str>,
        line: u32,
    },
}

/// A SELECT list with its stars expanded.
struct Expanded<'a> {
    items: Vec<Item<'a>>,
    /// How many items stand before the first star over unknown columns: positions after it are not known.
    blind: Option<usize>,
}

/// The columns of a project.
pub(super) struct Columns<'a, 'n> {
    pub list: Vec<Found>,
    /// [`MAX_STAR_COLUMNS`] was reached.
    pub cut: bool,
    files: &'n [FileFacts<'a>],
    names: &'n Identities,
    scopes: Vec<Scope<'a, 'n>>,
    of: Vec<Known>,
    budget: usize,
}

impl<'a, 'n> Columns<'a, 'n> {
    /// Finds all columns and adds what is stated of them to `out`.
    pub(super) fn find(files: &'n [FileFacts<'a>], names: &'n Identities, out: &mut Vec<Stated<'a>>) -> Columns<'a, 'n> {
        let mut this = Columns {
            list: Vec::new(),
            cut: false,
            files,
            names,
            scopes: (0..files.len() as u32).map(|file| Scope::new(names, file)).collect(),
            of: names.list.iter().map(|_| Known::default()).collect(),
            budget: MAX_STAR_COLUMNS,
        };
        let flows = this.flows();
        this.declare(&flows);
        this.budget = MAX_STAR_COLUMNS;
        for flow in &flows {
            this.trace(flow, out);
        }
        this.trace_reads(&flows, out);
        this.finish(out);
        this
    }

    fn flows(&mut self) -> Vec<Flowing<'a>> {
        let mut flows = Vec::new();
        for (file, f) in self.files.iter().enumerate() {
            for statement in &f.facts.statements {
                for projection in &statement.projections {
                    let Some(target) = self.scopes[file].resolve(&projection.target, Role::Data) else { continue };
                    let within = |s: Span| s.start <= statement.span.start && statement.span.end <= s.end;
                    let mut definitions = self.names.list[target as usize].definitions.iter().filter(|(d, _)| *d as usize == file);
                    let defining = definitions.any(|(_, a)| defines(statement) || within(f.facts.assets[*a as usize].span));
                    flows.push(Flowing { file: file as u32, statement, projection, target, defining });
                }
            }
        }
        flows
    }

    /// Gives every defined relation its columns, views after what they read.
    fn declare(&mut self, flows: &[Flowing<'a>]) {
        let mut defining: HashMap<Ident, Vec<usize>> = HashMap::new();
        for (ix, flow) in flows.iter().enumerate().filter(|(_, f)| f.defining) {
            defining.entry(flow.target).or_default().push(ix);
        }
        // Depth first with a stack of our own: chains of views are as long as the files make them.
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let mut state = vec![State::New; self.names.list.len()];
        for first in 0..self.names.list.len() as u32 {
            let mut stack = vec![first];
            while let Some(ident) = stack.pop() {
                let at = ident as usize;
                if state[at] == State::Done {
                    continue;
                }
                let made_by = defining.get(&ident).map_or(&[][..], Vec::as_slice);
                if state[at] == State::New {
                    state[at] = State::Open;
                    stack.push(ident);
                    for flow in made_by.iter().map(|ix| &flows[*ix]) {
                        for output in flow.projection.branches.first().into_iter().flatten() {
                            let Output::Star(star) = output else { continue };
                            let read = self.scopes[flow.file as usize].resolve(&star.table, Role::Data);
                            // What is open already waits for this one: a cycle, whose star stays unknown.
                            stack.extend(read.filter(|r| state[*r as usize] == State::New));
                        }
                    }
                    continue;
                }
                state[at] = State::Done;
                self.declare_one(ident, made_by.iter().map(|ix| &flows[*ix]));
            }
        }
    }

    fn declare_one<'f>(&mut self, ident: Ident, flows: impl Iterator<Item = &'f Flowing<'a>> + Clone)
    where
        'a: 'f,
    {
        let starred = |f: &&Flowing<'a>| {
            let star = |o: &Output| matches!(o, Output::Star(_));
            f.projection.columns.is_none() && f.projection.branches.first().is_some_and(|b| b.iter().any(star))
        };
        let names = self.names;
        let definitions = &names.list[ident as usize].definitions;
        let columns = |(file, asset): &(u32, u32)| &self.files[*file as usize].facts.assets[*asset as usize].columns;
        let written_out = definitions.iter().any(|d| !columns(d).is_empty());
        let mut complete = written_out;
        if !written_out || flows.clone().any(|f| starred(&f)) {
            complete = false;
            for flow in flows {
                complete |= self.declare_outputs(ident, flow);
            }
        }
        for (file, asset) in definitions {
            let asset = &self.files[*file as usize].facts.assets[*asset as usize];
            for column in &asset.columns {
                let line = if column.line == 0 { asset.span.line } else { column.line };
                self.add(ident, column, (*file, line, line));
            }
        }
        self.of[ident as usize].complete = complete;
    }

    /// Declares the outputs of a defining query; whether these are all its columns.
    fn declare_outputs(&mut self, ident: Ident, flow: &Flowing<'a>) -> bool {
        let line = flow.statement.span.line;
        if let Some(columns) = &flow.projection.columns {
            for name in columns {
                self.add(ident, &Column { name: name.clone(), line, ..Column::default() }, (flow.file, line, line));
            }
            return true;
        }
        let Some(outputs) = flow.projection.branches.first() else { return false };
        let expanded = self.expand(flow.file, outputs);
        for item in &expanded.items {
            let line = match item {
                Item::Made { lines, .. } => lines.0,
                Item::Copied { line, .. } => *line,
            };
            let name = self.name(item).to_owned();
            self.add(ident, &Column { name, line, ..Column::default() }, (flow.file, line, line));
        }
        expanded.blind.is_none()
    }

    /// Declares a column, or adds what this declaration says to what others said.
    fn add(&mut self, relation: Ident, column: &Column, place: (u32, u32, u32)) {
        let ix = self.node(relation, &column.name);
        let known = &mut self.of[relation as usize];
        let found = &mut self.list[ix as usize];
        if found.defined.is_empty() {
            known.declared.push(ix);
            found.column = column.clone();
        } else {
            let old = &mut found.column;
            if old.data_type.is_empty() {
                old.data_type.clone_from(&column.data_type);
            }
            old.nullable = old.nullable.or(column.nullable);
            old.primary_key |= column.primary_key;
            old.unique |= column.unique;
            old.default = old.default.take().or_else(|| column.default.clone());
            old.comment = old.comment.take().or_else(|| column.comment.clone());
        }
        if !found.defined.contains(&place) {
            found.defined.push(place);
        }
    }

    fn node(&mut self, relation: Ident, name: &str) -> u32 {
        let next = self.list.len() as u32;
        let ix = *self.of[relation as usize].by_name.entry(name.to_lowercase()).or_insert(next);
        if ix == next {
            let column = Column { name: name.to_owned(), ..Column::default() };
            self.list.push(Found { relation, column, ordinal: 0, defined: Vec::new() });
        }
        ix
    }

    fn name<'i>(&'i self, item: &'i Item<'a>) -> &'i str {
        match item {
            Item::Made { name, .. } => name,
            Item::Copied { renamed: Some(name), .. } => name,
            Item::Copied { column, .. } => &self.list[*column as usize].column.name,
        }
    }

    fn lookup(&self, relation: Ident, name: &str) -> Option<u32> {
        let known = &self.of[relation as usize];
        // The common case first: no allocation when the name is folded already.
        known.by_name.get(name).or_else(|| known.by_name.get(&name.to_lowercase())).copied()
    }

    fn expand(&mut self, file: u32, outputs: &'a [Output]) -> Expanded<'a> {
        let mut items = Vec::with_capacity(outputs.len());
        let mut blind = None;
        for output in outputs {
            match output {
                Output::Column { name, sources, expression, span } => {
                    items.push(Item::Made { name, sources, expression, lines: (span.line, span.line_end) });
                }
                Output::Star(star) => {
                    let relation = self.scopes[file as usize].resolve(&star.table, Role::Data).map(|r| &self.of[r as usize]);
                    let known = relation.filter(|k| !k.declared.is_empty());
                    let count = known.map_or(0, |k| k.declared.len());
                    if known.is_none_or(|k| !k.complete) || count > self.budget {
                        blind.get_or_insert(items.len());
                    }
                    self.cut |= count > self.budget;
                    let Some(known) = known.filter(|_| count <= self.budget) else { continue };
                    self.budget -= count;
                    for &column in &known.declared {
                        let name = &self.list[column as usize].column.name;
                        if star.leaves_out(name) {
                            continue;
                        }
                        items.push(match star.replaced(name) {
                            Some(Output::Column { name, sources, expression, span }) => {
                                Item::Made { name, sources, expression, lines: (span.line, span.line_end) }
                            }
                            _ => {
                                let renamed =
                                    star.rename.iter().find(|(old, _)| old.eq_ignore_ascii_case(name)).map(|(_, new)| new.as_str());
                                Item::Copied { column, renamed, line: star.line }
                            }
                        });
                    }
                }
            }
        }
        Expanded { items, blind }
    }

    /// States what the columns of one projection's target are made of.
    fn trace(&mut self, flow: &Flowing<'a>, out: &mut Vec<Stated<'a>>) {
        let mut first: Option<Expanded<'a>> = None;
        for outputs in &flow.projection.branches {
            let expanded = self.expand(flow.file, outputs);
            for (at, item) in expanded.items.iter().enumerate() {
                let Some(target) = self.target(flow, &expanded, at, first.as_ref()) else { continue };
                let (lines, detail) = match item {
                    Item::Copied { line, .. } => ((*line, *line), Detail::None),
                    Item::Made { lines, expression: "", .. } => (*lines, Detail::None),
                    Item::Made { lines, expression, .. } => (*lines, Detail::Expression(expression)),
                };
                let stated = |to: u32, subtype: Subtype| Stated {
                    subtypes: subtype.into(),
                    confidence: flow.statement.confidence,
                    detail,
                    ..Stated::new(End::Column(target), End::Column(to), Relation::Derives, flow.file, lines)
                };
                match item {
                    Item::Copied { column, .. } => out.push(stated(*column, Subtype::Identity)),
                    Item::Made { sources, .. } => {
                        for source in *sources {
                            out.extend(self.sources(flow.file, source).into_iter().map(|to| stated(to, source.subtype)));
                        }
                    }
                }
            }
            first.get_or_insert(expanded);
        }
        let lines = (flow.statement.span.line, flow.statement.span.line_end);
        for source in &flow.projection.indirect {
            out.extend(self.sources(flow.file, source).into_iter().map(|to| Stated {
                subtypes: source.subtype.into(),
                confidence: flow.statement.confidence,
                ..Stated::new(End::Asset(flow.target), End::Column(to), Relation::Derives, flow.file, lines)
            }));
        }
    }

    /// The column of the target that the item at `at` becomes; `first` is the first arm of a set operation, in the arms after it.
    fn target(&mut self, flow: &Flowing<'a>, arm: &Expanded<'a>, at: usize, first: Option<&Expanded<'a>>) -> Option<u32> {
        let placed = |e: &Expanded<'a>| e.blind.is_none_or(|blind| at < blind);
        if let Some(columns) = &flow.projection.columns {
            let name = columns.get(at).filter(|_| placed(arm))?;
            return Some(self.node(flow.target, name));
        }
        let known = &self.of[flow.target as usize];
        if !flow.defining
            && !flow.projection.by_name
            && placed(arm)
            && known.complete
            && (arm.blind.is_some() || arm.items.len() <= known.declared.len())
        {
            return known.declared.get(at).copied();
        }
        let item = match first {
            None => &arm.items[at],
            Some(_) if flow.projection.by_name => &arm.items[at],
            Some(first) => first.items.get(at).filter(|_| placed(arm) && placed(first))?,
        };
        let name = match item {
            // A definition whose stars were too many to declare does not get them here.
            Item::Copied { .. } if flow.defining => return self.lookup(flow.target, self.name(item)),
            // An expression without a name names no column of a table that is there already.
            Item::Made { name, expression, .. } if !flow.defining && name == expression && !expression.is_empty() => return None,
            item => self.name(item).to_owned(),
        };
        match self.lookup(flow.target, &name) {
            Some(ix) => Some(ix),
            None if self.of[flow.target as usize].complete => None,
            None => Some(self.node(flow.target, &name)),
        }
    }

    /// The columns that `source` means: of several candidates those that have it, else the only one whose columns are not known,
    /// else by the same rule those of the queries around.
    fn sources(&mut self, file: u32, source: &'a ColumnSource) -> Vec<u32> {
        if source.column == "*" {
            return Vec::new();
        }
        for candidates in [&source.tables, &source.outer] {
            let scope = &mut self.scopes[file as usize];
            let mut relations: Vec<Ident> = candidates.iter().filter_map(|t| scope.resolve(t, Role::Data)).collect();
            relations.sort_unstable();
            relations.dedup();
            let declared = |ix: &u32| !self.list[*ix as usize].defined.is_empty();
            let having: Vec<u32> = relations.iter().filter_map(|r| self.lookup(*r, &source.column)).filter(declared).collect();
            if !having.is_empty() {
                return having;
            }
            let mut unknown = relations.iter().filter(|r| !self.of[**r as usize].complete);
            match (unknown.next(), unknown.next()) {
                (Some(only), None) => return vec![self.node(*only, &source.column)],
                (Some(_), Some(_)) => return Vec::new(),
                (None, _) => {}
            }
        }
        Vec::new()
    }

    /// [`Columns::sources`], or every column of the table for `*`, as long as these are not too many.
    fn read(&mut self, file: u32, source: &'a ColumnSource) -> Vec<u32> {
        let ("*", [table]) = (source.column.as_str(), source.tables.as_slice()) else { return self.sources(file, source) };
        let known = self.scopes[file as usize].resolve(table, Role::Data).map(|r| &self.of[r as usize].declared);
        let columns = known.filter(|k| k.len() <= self.budget).cloned().unwrap_or_default();
        self.budget -= columns.len();
        columns
    }

    /// States which columns routines and scripts name, outside definitions (whose columns and filters say it already).
    fn trace_reads(&mut self, flows: &[Flowing<'a>], out: &mut Vec<Stated<'a>>) {
        for (file, f) in self.files.iter().enumerate() {
            let file = file as u32;
            for statement in f.facts.statements.iter().filter(|s| s.owner.is_some() || !defines(s)) {
                let Some(reader) = self.reader(file, statement) else { continue };
                let lines = (statement.span.line, statement.span.line_end);
                for source in &statement.columns_read {
                    out.extend(self.read(file, source).into_iter().map(|to| Stated {
                        confidence: statement.confidence,
                        ..Stated::new(reader, End::Column(to), Relation::Reads, file, lines)
                    }));
                }
            }
        }
        for flow in flows.iter().filter(|f| !f.defining) {
            let Some(writer) = self.reader(flow.file, flow.statement) else { continue };
            let lines = (flow.statement.span.line, flow.statement.span.line_end);
            for name in flow.projection.columns.iter().flatten() {
                let column = End::Column(self.node(flow.target, name));
                let stated = Stated::new(column, writer, Relation::WrittenBy, flow.file, lines);
                out.push(Stated { confidence: flow.statement.confidence, ..stated });
            }
        }
    }

    fn reader(&mut self, file: u32, statement: &'a Statement) -> Option<End> {
        match &statement.owner {
            None => Some(End::File(file)),
            Some(owner) => self.scopes[file as usize].resolve(owner, Role::Owner).map(End::Asset),
        }
    }

    /// Numbers the columns and says whose they are.
    fn finish(&mut self, out: &mut Vec<Stated<'a>>) {
        // Where a column that nothing declares is first used.
        let mut used: HashMap<u32, (u32, u32)> = HashMap::new();
        for stated in out.iter() {
            for end in [stated.from, stated.to] {
                if let End::Column(ix) = end
                    && self.list[ix as usize].defined.is_empty()
                {
                    let place = (stated.file, stated.lines.0);
                    used.entry(ix).and_modify(|p| *p = place.min(*p)).or_insert(place);
                }
            }
        }
        for known in &self.of {
            let mut undeclared: Vec<(&String, u32)> =
                known.by_name.iter().map(|(n, ix)| (n, *ix)).filter(|(_, ix)| self.list[*ix as usize].defined.is_empty()).collect();
            undeclared.sort_unstable();
            for (ordinal, ix) in known.declared.iter().copied().chain(undeclared.into_iter().map(|(_, ix)| ix)).enumerate() {
                self.list[ix as usize].ordinal = ordinal as u32;
            }
        }
        for (ix, found) in self.list.iter().enumerate() {
            let ix = ix as u32;
            let state = |file, lines| Stated::new(End::Column(ix), End::Asset(found.relation), Relation::ColumnOf, file, lines);
            out.extend(found.defined.iter().map(|(file, line, line_end)| state(*file, (*line, *line_end))));
            out.extend(used.get(&ix).map(|(file, line)| state(*file, (*line, *line))));
        }
    }
}

/// Whether the statement defines what it writes.
fn defines(statement: &Statement) -> bool {
    statement.kind.starts_with("CREATE") || statement.kind.starts_with("ALTER")
}
