//! The state of one analysis, and how a statement that was read becomes facts.

use super::dialect::Grammar;
use super::draft::{Context, Draft, Event};
use super::expr::is_built_in;
use super::home::Home;
use super::parse::{measure, parse, plain, without_marks};
use super::routine::{Bare, Fires};
use super::scope::{Found, MAX_SOURCES, Resolver, Schema, Shape, Temp, Temps, Text, copies, is_temp};
use super::token::{Tok, Tokens};
use super::variable::Variables;
use super::variable::{UNKNOWN, is_computed, known};
use super::{
    Asset, Cause, Column, Diagnostic, Edge, Facts, Join, Kind, MAX_NESTING, Name, Output, Projection, Relation, Severity, Span, Star,
    Statement,
};
use foldhash::{HashMap, HashSet};
use sqlparser::parser::ParserError;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

mod close;
mod temp;

/// Reads one file.
pub(crate) struct Engine<'a> {
    pub(crate) grammar: Grammar,
    pub(crate) schema: &'a Schema,
    /// The file.
    pub(crate) text: &'a str,
    pub(crate) facts: Facts,
    pub(crate) events: Vec<Event>,
    pub(crate) temps: Temps,
    /// By the number of a branch that is open: temporaries as its other ways left them.
    pub(crate) aside: BTreeMap<usize, Vec<(Name, Temp)>>,
    /// Which tables' triggers run which function, once it was asked.
    pub(crate) fires: Option<Rc<Fires>>,
    /// The file may hold templates that stand in names.
    pub(crate) templates: bool,
    /// Tokens seen, and those of statements not understood.
    pub(crate) tokens: usize,
    pub(crate) lost: usize,
    /// Work done: tokens read, parsed and looked at.
    steps: Cell<usize>,
    /// Bytes of dynamic SQL put together and read.
    pub(crate) unfolded: Cell<usize>,
    /// Columns copied from query to query.
    copied: Cell<usize>,
    /// Pairs of columns that conditions hold against each other, when they are asked for.
    pub(crate) joins: Option<RefCell<Vec<Join>>>,
    /// It was said that they are too many.
    lost_columns: bool,
    /// Columns that got other names.
    renamed: close::RenamedColumns,
    /// What is read is read once more, and says nothing yet.
    pub(crate) ahead: bool,
    /// The procedure that is read: a `#temporary` that nothing in it makes is its caller's.
    pub(crate) borrower: Option<Name>,
    /// The column that the UPDATE in hand sets first.
    pub(crate) set: Option<String>,
    /// Functions that are called without brackets.
    pub(crate) bare: Bare,
    /// What the specifications of packages declare, by [`Name::key`], for their bodies.
    pub(crate) heads: HashMap<String, Variables>,
    /// What the next query makes, by what was said before it.
    pub(crate) announced: Option<(Name, Kind)>,
    /// Unqualified calls: function, statement.
    pub(crate) maybe_calls: Vec<(Name, usize)>,
    assets: HashMap<String, usize>,
    /// Places in what the file says of relations that it does not define, by [`Name::key`].
    alters: HashMap<String, usize>,
    /// The first relation of each last name, lower case.
    by_last: HashMap<String, usize>,
    /// Everything written so far.
    pub(crate) written: HashSet<Name>,
    /// Views that the text defines more than once, by [`Name::key`]: the last of them is what they are.
    pub(crate) redefined: HashSet<String>,
    /// Where unqualified names are looked for at this place.
    pub(crate) home: Home,
    /// The databases that the text goes to, in lower case.
    pub(crate) catalogs: HashSet<String>,
}

/// Operators of one statement beyond which it is only scanned: expressions are trees, and a chain this long is as deep.
const MAX_CHAIN: usize = 20_000;

/// Nesting that any thread's stack takes: 2 MiB, of which unoptimised code needs much more.
const SHALLOW: usize = if cfg!(debug_assertions) { 12 } else { 48 };
/// Operators in one statement that any thread's stack takes.
const SHORT: usize = 1_000;
/// Address space for the deepest statement; pages are only used when it is that deep.
const DEEP_STACK: usize = 512 * 1024 * 1024;

/// Statements of one file that are kept: a file of the largest size has a statement in 250 bytes then, rows of data apart. Each takes half a
/// kilobyte and more.
const MAX_STATEMENTS: usize = 200_000;
/// Diagnostics kept for one file; the next says that there were more.
const MAX_DIAGNOSTICS: usize = 500;

impl<'a> Engine<'a> {
    pub(crate) fn new(text: &'a str, grammar: Grammar, schema: &'a Schema) -> Self {
        Engine {
            grammar,
            schema,
            text,
            facts: Facts { dialect: grammar.dialect.id.into(), ..Facts::default() },
            events: Vec::new(),
            temps: Temps::default(),
            aside: BTreeMap::new(),
            fires: None,
            templates: false,
            borrower: None,
            set: None,
            bare: Bare::default(),
            heads: HashMap::default(),
            announced: None,
            tokens: 0,
            lost: 0,
            steps: Cell::new(0),
            unfolded: Cell::new(0),
            copied: Cell::new(0),
            joins: None,
            lost_columns: false,
            renamed: HashMap::default(),
            ahead: false,
            maybe_calls: Vec::new(),
            assets: HashMap::default(),
            alters: HashMap::default(),
            by_last: HashMap::default(),
            written: HashSet::default(),
            redefined: HashSet::default(),
            home: Home::default(),
            catalogs: HashSet::default(),
        }
    }

    /// Whether it has as many statements as are kept, which is said.
    pub(crate) fn is_full(&mut self) -> bool {
        let Some(last) = self.facts.statements.get(MAX_STATEMENTS - 1) else { return false };
        let message = format!("More than {MAX_STATEMENTS} statements: what comes after them is not read. Split the file.");
        self.diagnose(last.span.line_end, Severity::Error, message);
        true
    }

    /// Adds to the work done.
    pub(crate) fn count(&self, steps: usize) {
        self.steps.set(self.steps.get() + steps);
    }

    /// Work done so far, in tokens.
    pub(crate) fn steps(&self) -> usize {
        self.steps.get()
    }

    pub(crate) fn diagnose(&mut self, line: u32, severity: Severity, message: impl Into<String>) {
        self.report(Diagnostic::new(line, severity, message));
    }

    /// As [`Engine::diagnose`], of the statement at `span`.
    pub(crate) fn diagnose_statement(&mut self, span: Span, severity: Severity, message: String) {
        self.report(Diagnostic::new(span.line, severity, message).through(span.line_end));
    }

    /// As [`Engine::diagnose`], of SQL that is put together at run time.
    pub(crate) fn diagnose_dynamic(&mut self, line: u32, severity: Severity, message: impl Into<String>) {
        self.report(Diagnostic { cause: Cause::Dynamic, ..Diagnostic::new(line, severity, message) });
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        let (count, line) = (self.facts.diagnostics.len(), diagnostic.line);
        if self.ahead {
            return;
        }
        if count < MAX_DIAGNOSTICS {
            self.facts.diagnostics.push(diagnostic);
        } else if count == MAX_DIAGNOSTICS {
            let message = format!("More than {MAX_DIAGNOSTICS} diagnostics: the rest is left out.");
            self.facts.diagnostics.push(Diagnostic::new(line, Severity::Warning, message));
        }
    }

    /// Parses and resolves tokens that are one query, on a large stack when they nest deep.
    pub(crate) fn resolve(&self, tokens: &[Tok], context: &Context) -> Result<(Shape, Found), String> {
        let marked = without_marks(tokens, &context.variables, self.grammar);
        let tokens = marked.as_deref().unwrap_or(tokens);
        let bracketed = self.bare.bracketed(tokens, &context.variables);
        let tokens = bracketed.as_deref().unwrap_or(tokens);
        self.count(tokens.len());
        let (deep, chain) = measure(tokens);
        if deep > MAX_NESTING {
            return Err(format!("nested {deep} deep, more than {MAX_NESTING}"));
        }
        if chain > MAX_CHAIN {
            return Err(format!("{chain} operators in one statement, more than {MAX_CHAIN}"));
        }
        let copies = self.copies_left();
        // What another thread may share.
        let Engine { grammar, schema, text: file, temps, borrower, set, .. } = self;
        let tells_joins = self.joins.is_some();
        let read = |nesting: usize| {
            let (query, changed) = parse(tokens, *grammar, nesting)?;
            let text = Text { tokens: changed.as_deref().unwrap_or(tokens), file, stands_at: context.stands_at };
            let table = context.trigger_table.clone();
            let mut resolver = Resolver::new(*grammar, schema, temps, &context.variables, table, text, copies);
            resolver.tells_joins = tells_joins;
            resolver.borrower = borrower.as_ref();
            resolver.set = set.as_deref();
            let shape = resolver.query(&query);
            Ok((shape, resolver.found))
        };
        let mut result = Err(ParserError::RecursionLimitExceeded);
        if deep <= SHALLOW && chain <= SHORT {
            result = read(SHALLOW);
        }
        if matches!(result, Err(ParserError::RecursionLimitExceeded)) {
            let stack = std::thread::Builder::new().stack_size(DEEP_STACK);
            result = std::thread::scope(|threads| match stack.spawn_scoped(threads, || read(MAX_NESTING)) {
                // A panic is the caller's to tell: no facts at all would read as a statement that states nothing.
                Ok(deep) => deep.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Err(_) => Err(ParserError::ParserError(format!("nested {deep} deep, and no stack large enough to be had"))),
            });
        }
        let (shape, found) = result.map_err(plain)?;
        self.count_copies(found.copied);
        if let Some(joins) = &self.joins {
            let line = context.stands_at.map_or_else(|| tokens.first().map_or(1, |t| t.line), |at| at.line);
            joins.borrow_mut().extend(found.joins.iter().map(|(left, right)| Join { left: left.clone(), right: right.clone(), line }));
        }
        Ok((shape, found))
    }

    /// Counts columns that are copied; `false` when they are too many.
    pub(crate) fn count_copies(&self, count: usize) -> bool {
        self.copied.set(self.copied.get().saturating_add(count));
        self.copies_left() > 0
    }

    /// Goes on from what another has copied.
    pub(crate) fn copied_by(&self, other: &Engine<'_>) {
        self.copied.set(other.copied.get());
    }

    fn copies_left(&self) -> usize {
        copies(self.text.len()).saturating_sub(self.copied.get())
    }

    /// Takes over what was found, except the relation written, mentioned once as such.
    pub(crate) fn take(&mut self, draft: &mut Draft, found: Found, target: Option<&Name>) {
        // The parser gives some names no place.
        let first = draft.span.line;
        let placed = |(name, line): (Name, u32)| (name, if line == 0 { first } else { line });
        draft.by_name |= found.by_name;
        draft.reads.reserve(found.reads.len());
        for (name, count, line) in found.reads {
            if !(target == Some(&name) && count <= 1) {
                draft.reads.push(placed((name, line)));
            }
        }
        draft.rows.extend(found.rows.into_iter().map(placed));
        draft.calls.extend(found.calls.into_iter().map(placed));
        draft.maybe_calls.extend(found.maybe_calls.into_iter().map(placed));
        draft.sequences.extend(found.sequences.into_iter().map(placed));
        // Most statements are of one query.
        if draft.columns_read.is_empty() {
            draft.columns_read = found.columns_read;
        } else {
            draft.columns_read.extend(found.columns_read);
        }
        if found.cut {
            let message = "The query has more output columns or relations than are followed; the rest is left out.";
            self.diagnose(draft.span.line, Severity::Warning, message);
        }
    }

    /// Adds a definition; a later one of the same name and kind replaces the earlier, but for triggers: several tables may each
    /// have one of that name, and linking tells them apart.
    pub(crate) fn define(&mut self, mut asset: Asset) {
        if self.ahead {
            return;
        }
        self.made_at_home(&mut asset.name);
        asset.foreign_keys.iter_mut().for_each(|key| self.at_home(&mut key.references));
        if self.templates && asset.kind.is_relation() {
            let Some(name) = known(&asset.name) else { return };
            asset.name = name;
            asset.columns.retain(|c| !is_computed(&c.name));
        }
        self.tell_case(&mut asset);
        let key = format!("{}:{}", asset.kind, asset.name.key());
        match self.assets.get(&key).filter(|_| asset.kind != Kind::Trigger) {
            Some(at) => {
                let before = std::mem::replace(&mut self.facts.assets[*at], asset);
                let asset = &self.facts.assets[*at];
                if (before.exact || asset.exact) && before.name.last() != asset.name.last() {
                    let message = format!("`{}` and `{}` differ in case alone, and are taken for one", before.name, asset.name);
                    self.diagnose(asset.span.line, Severity::Warning, message);
                }
            }
            None => {
                let at = self.facts.assets.len();
                if asset.kind.is_relation() {
                    self.by_last.entry(asset.name.last().to_lowercase()).or_insert(at);
                }
                self.assets.insert(key, at);
                self.facts.assets.push(asset);
            }
        }
    }

    /// Notes what case tells of an asset's name, and says when columns differ in nothing else.
    fn tell_case(&mut self, asset: &mut Asset) {
        let quoted = |name: &str| {
            let text = || self.text.get(asset.span.start as usize..asset.span.end as usize).unwrap_or_default();
            self.grammar.folded(name).is_some_and(|folded| folded != name) && text().contains(&format!("\"{name}\""))
        };
        asset.exact = self.grammar.is(&["bigquery", "clickhouse"]) && asset.kind.is_relation() || quoted(asset.name.last());
        // In most dialects it tells nothing.
        if self.grammar.folded("").is_none() {
            return;
        }
        let mut seen: HashMap<String, &str> = HashMap::default();
        let same = asset.columns.iter().find_map(|c| seen.insert(c.name.to_lowercase(), &c.name).map(|other| (other, &*c.name)));
        if let Some((one, other)) = same.filter(|(one, other)| one != other && (quoted(one) || quoted(other))) {
            let message = format!("Columns of {} that differ in case alone are taken for one: {one}, {other}", asset.name);
            self.diagnose(asset.span.line, Severity::Warning, message);
        }
    }

    /// The table-like asset of this name, for `ALTER` and `COMMENT`.
    pub(crate) fn asset(&mut self, name: &Name) -> Option<&mut Asset> {
        self.place_of(name).map(|at| &mut self.facts.assets[at])
    }

    /// What is said of a relation: the asset where the text defines it, else what it says of another file's. `None` for what is no
    /// relation of the project.
    pub(crate) fn said_of(&mut self, name: &Name, span: Span) -> Option<&mut Asset> {
        if let Some(at) = self.place_of(name) {
            return Some(&mut self.facts.assets[at]);
        }
        self.altered(name, span)
    }

    /// What is said of a column: where the text declares it, else what it says of another file's.
    pub(crate) fn said_of_column(&mut self, table: &Name, column: &str, span: Span) -> Option<&mut Column> {
        if let Some(at) = self.place_of(table)
            && let Some(n) = self.facts.assets[at].columns.iter().position(|c| c.name.eq_ignore_ascii_case(column))
        {
            return Some(&mut self.facts.assets[at].columns[n]);
        }
        let columns = &mut self.altered(table, span)?.columns;
        let n = columns.iter().position(|c| c.name.eq_ignore_ascii_case(column)).unwrap_or(columns.len());
        if n == columns.len() {
            columns.push(Column { name: column.to_owned(), ..Column::default() });
        }
        columns.get_mut(n)
    }

    fn altered(&mut self, name: &Name, span: Span) -> Option<&mut Asset> {
        if self.ahead || self.is_temporary(name) {
            return None;
        }
        let mut name = known(name)?;
        self.at_home(&mut name);
        let at = *self.alters.entry(name.key()).or_insert(self.facts.alters.len());
        if at == self.facts.alters.len() {
            self.facts.alters.push(super::define::asset(Kind::External, name, span, &Shape::new()));
        }
        self.facts.alters.get_mut(at)
    }

    /// The columns that an INSERT without a list gives, where some of the table's are made by the database.
    pub(crate) fn given_columns(&self, target: &Name) -> Option<Vec<String>> {
        let columns = &self.facts.assets[self.place_of(target)?].columns;
        columns.iter().any(|c| c.generated).then(|| columns.iter().filter(|c| !c.generated).map(|c| c.name.clone()).collect())
    }

    /// The columns of a relation that the text has made so far, or that are known from elsewhere; none where nothing says.
    pub(crate) fn known_columns(&self, relation: &Name) -> Vec<String> {
        if let Some(columns) = self.schema.columns(relation) {
            return columns.clone();
        }
        let asset = self.place_of(relation).map(|at| &self.facts.assets[at]).filter(|asset| asset.kind.is_relation());
        asset.map(|asset| asset.columns.iter().map(|c| c.name.clone()).collect()).unwrap_or_default()
    }

    fn place_of(&self, name: &Name) -> Option<usize> {
        let mut name = name.clone();
        self.at_home(&mut name);
        let key = name.key();
        [Kind::Table, Kind::View, Kind::MaterializedView, Kind::Function, Kind::Procedure]
            .iter()
            .find_map(|kind| self.assets.get(&format!("{kind}:{key}")).copied())
            .or_else(|| self.by_last.get(&key).copied())
    }

    /// Whether the text has defined a relation of this name so far.
    pub(crate) fn defines(&self, name: &Name) -> bool {
        let key = name.key();
        [Kind::Table, Kind::View, Kind::MaterializedView].iter().any(|kind| self.assets.contains_key(&format!("{kind}:{key}")))
    }

    pub(crate) fn edge(&mut self, relation: Relation, mut from: Option<Name>, mut to: Option<Name>, line: u32, confidence: f32) {
        from.iter_mut().for_each(|name| self.at_home(name));
        to.iter_mut().filter(|_| relation != Relation::Calls).for_each(|name| self.at_home(name));
        let lost = |name: &Option<Name>| name.as_ref().is_some_and(|name| known(name).is_none());
        let between_tables = matches!(relation, Relation::Derives | Relation::References | Relation::FiresOn);
        if self.ahead || self.templates && between_tables && (lost(&from) || lost(&to)) {
            return;
        }
        self.facts.edges.push(Edge { relation, from, to, line, confidence });
    }

    /// From now on `old` is called `new`, which holds what it held.
    pub(crate) fn rename(&mut self, mut old: Name, mut new: Name, span: Span, context: &Context) {
        [&mut old, &mut new].into_iter().for_each(|name| self.at_home(name));
        self.edge(Relation::Derives, Some(new.clone()), Some(old.clone()), span.line, 1.0);
        // What the file has made is there under the new name, too.
        if let Some(kind) = self.asset(&old).map(|made| made.kind).filter(|kind| kind.is_relation() && !self.defines(&new)) {
            self.define(super::define::asset(kind, new.clone(), span, &Shape::new()));
        }
        self.hand_on(&old, &new, span, context);
        self.events.push(Event::Rename(old, new));
    }

    /// Each of two relations now has the other's contents: what this file put into one went into the other.
    pub(crate) fn swap(&mut self, mut a: Name, mut b: Name, span: Span, context: &Context) {
        [&mut a, &mut b].into_iter().for_each(|name| self.at_home(name));
        let (first, second) = (self.written.contains(&a), self.written.contains(&b));
        for (from, to, filled) in [(&b, &a, first), (&a, &b, second)] {
            if filled {
                self.edge(Relation::Derives, Some(from.clone()), Some(to.clone()), span.line, 1.0);
                self.hand_on(to, from, span, context);
            }
        }
        self.events.push(Event::Swap(a, b));
    }

    /// States that the columns of `target` are those of `source`, for linking: within the script the names account for it.
    pub(crate) fn hand_on(&mut self, source: &Name, target: &Name, span: Span, context: &Context) {
        let (mut source, mut target) = (source.clone(), target.clone());
        [&mut source, &mut target].into_iter().for_each(|name| self.at_home(name));
        if self.ahead || known(&source).is_none() || known(&target).is_none() || self.is_temporary(&source) || self.is_temporary(&target) {
            return;
        }
        let branches = vec![vec![Output::Star(Star::of(source, span.line))]];
        let projections = vec![Projection { target, columns: None, by_name: true, branches, indirect: Vec::new() }];
        let (reads, writes, calls, columns_read) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (kind, owner) = ("RENAME".into(), context.owner.clone());
        self.facts.statements.push(Statement { kind, span, owner, reads, writes, calls, projections, columns_read, confidence: 1.0 });
    }

    /// Turns a finished draft into a statement and its edges.
    pub(crate) fn finish(&mut self, mut draft: Draft, context: &Context) {
        if self.ahead {
            return;
        }
        if self.templates {
            draft.forget_this();
        }
        let unknown = if context.computed || self.templates { draft.unknown() } else { None };
        if let Some((name, relation)) = &unknown {
            let (severity, what) = match relation {
                true => (Severity::Warning, "A relation is left out, whose name only running would give"),
                false => (Severity::Info, "What is left out here only running would give"),
            };
            let shown = name.replace(UNKNOWN, "…");
            let message = if shown == "…" { format!("{what}.") } else { format!("{what}: {shown}") };
            // A template is filled in before it is SQL.
            let cause = if context.computed { Cause::Dynamic } else { Cause::Text };
            self.report(Diagnostic { cause, ..Diagnostic::new(draft.span.line, severity, message) });
        }
        if context.computed || unknown.is_some() {
            draft.forget_unknown();
        }
        draft.projections.iter_mut().for_each(|p| p.by_name |= draft.by_name && p.columns.is_none());
        self.all_at_home(&mut draft);
        unique(&mut draft.reads);
        unique(&mut draft.rows);
        unique(&mut draft.writes);
        unique(&mut draft.calls);
        unique(&mut draft.sequences);
        self.borrow(&draft.rows);
        draft.writes.retain(|(name, _)| !self.is_temporary(name));
        draft.reads.retain(|(name, _)| !is_temp(name));
        if let Some(at) = context.stands_at {
            draft.span = at;
        }
        let full = |o: &Output| matches!(o, Output::Column { sources, .. } if sources.len() >= MAX_SOURCES);
        if draft.projections.iter().flat_map(|p| p.branches.iter().flatten()).any(full) {
            let message = format!("A column is made of {MAX_SOURCES} others, as many as are kept: more may be left out.");
            self.diagnose(draft.span.line, Severity::Warning, message);
        }
        if self.copies_left() == 0 && !self.ahead && !std::mem::replace(&mut self.lost_columns, true) {
            let message = "Columns go through more queries than are followed: from here on relations are read, not their columns.";
            self.diagnose(draft.span.line, Severity::Warning, message);
        }
        let owner = context.owner.clone();
        let confidence = draft.confidence;
        let file_level = !draft.defines || owner.is_some();
        let made = draft.writes.iter().map(|(target, _)| target).filter(|_| draft.derives).chain(&draft.gives);
        let made: Vec<Name> = made.cloned().collect();
        // What the functions give back that are called.
        let called = draft.calls.iter().chain(&draft.maybe_calls).filter(|(name, _)| !is_built_in(name));
        let mut called: Vec<(Name, u32)> = called.map(|(name, line)| (name.rows(), *line)).collect();
        called.retain(|(name, _)| !draft.rows.iter().any(|(rows, _)| rows == name));
        for target in &made {
            for (source, line) in draft.reads.iter().chain(&draft.rows).chain(&called).filter(|(source, _)| source != target) {
                self.edge(Relation::Derives, Some(target.clone()), Some(source.clone()), *line, confidence);
            }
        }
        // What variables brought from earlier statements.
        let carried: Vec<(Name, Name)> = if draft.derives { draft.carried(&called) } else { Vec::new() };
        for (target, source) in carried {
            self.edge(Relation::Derives, Some(target), Some(source), draft.span.line, confidence);
        }
        if file_level {
            for (name, line) in draft.reads.iter().chain(draft.rows.iter().filter(|(name, _)| !name.is_passed())) {
                self.edge(Relation::Reads, owner.clone(), Some(name.clone()), *line, confidence);
            }
            for (name, line) in draft.writes.iter().filter(|_| writes_rows(&draft.kind)) {
                self.edge(Relation::WrittenBy, Some(name.clone()), owner.clone(), *line, confidence);
            }
        }
        let caller = if draft.defines && owner.is_none() { draft.writes.first().map(|(n, _)| n.clone()) } else { owner.clone() };
        for (name, line) in &draft.calls {
            self.edge(Relation::Calls, caller.clone(), Some(name.clone()), *line, confidence);
        }
        for (name, line) in &draft.sequences {
            self.edge(Relation::Reads, caller.clone(), Some(name.clone()), *line, confidence);
        }
        self.written.extend(draft.writes.iter().map(|(name, _)| name.clone()));
        let index = self.facts.statements.len();
        for (name, line) in draft.maybe_calls {
            self.edge(Relation::Calls, caller.clone(), Some(name.clone()), line, confidence);
            self.maybe_calls.push((name, index));
        }
        self.events.push(Event::Statement(index));
        self.facts.statements.push(Statement {
            kind: draft.kind,
            span: draft.span,
            owner,
            reads: names(draft.reads),
            writes: names(draft.writes),
            calls: names(draft.calls),
            projections: draft.projections,
            columns_read: draft.columns_read,
            confidence,
        });
    }

    /// A statement that was not understood at all.
    pub(crate) fn lose(&mut self, kind: &str, tokens: &Tokens, from: usize, to: usize, context: &Context, why: &str) {
        let span = tokens.span(from, to);
        self.lost += to - from;
        self.diagnose_statement(span, Severity::Error, format!("Statement not understood: {why}"));
        self.finish(Draft { kind: kind.to_uppercase(), span, confidence: 0.0, ..Draft::default() }, context);
    }
}

/// Whether a statement of this kind changes rows, as opposed to definitions.
fn writes_rows(kind: &str) -> bool {
    !kind.starts_with("CREATE") && !kind.starts_with("ALTER") && !kind.starts_with("DROP") || kind == "CREATE TABLE AS"
}

fn unique(list: &mut Vec<(Name, u32)>) {
    if list.len() < 2 {
        return;
    }
    let mut seen: HashSet<Name> = HashSet::default();
    list.retain(|(name, _)| seen.insert(name.clone()));
}

fn names(list: Vec<(Name, u32)>) -> Vec<Name> {
    list.into_iter().map(|(name, _)| name).collect()
}
