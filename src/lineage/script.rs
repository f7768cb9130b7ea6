//! Lineage of one script from end to end: what it reads from outside, what it leaves behind, and which column becomes which.

use super::engine::Event;
use super::scope::Schema;
use super::{ColumnSource, Facts, Flow, Kind, Name, Output, Projection, Statement};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A column of a relation. An empty table: the text leaves open which of several it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnRef {
    /// Qualified name as written, or empty.
    pub table: String,
    /// Column name, `*` for all of them.
    pub column: String,
}

/// What a script does as a whole.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The facts it was computed from.
    pub facts: Facts,
    /// Relations read and never written here, sorted.
    pub sources: Vec<String>,
    /// Relations written and never read here, sorted.
    pub targets: Vec<String>,
    /// Relations both written and read, sorted.
    pub intermediate: Vec<String>,
    /// Every relation read, sorted.
    pub reads: Vec<String>,
    /// Every relation written or deleted from, sorted.
    pub writes: Vec<String>,
    /// Source and target column, columns in between left out, sorted.
    pub columns: Vec<(ColumnRef, ColumnRef)>,
    /// Every column touched, as `table.column`, sorted.
    pub read_columns: Vec<String>,
}

/// Analyses `text` and follows its columns to the end. `schema` gives the columns of relations by name; what the script itself
/// creates is added to it.
pub fn follow(text: &str, dialect: &str, schema: &BTreeMap<String, Vec<String>>) -> Script {
    let mut known = Schema::default();
    for (table, columns) in schema {
        known.add(table, columns.clone());
    }
    let (mut facts, mut events) = super::analyze_with(text, dialect, &known);
    let created: HashSet<&Name> = facts.statements.iter().filter(|s| s.kind == "CREATE TABLE").flat_map(|s| &s.writes).collect();
    let declared: Vec<(String, Vec<String>)> = facts
        .assets
        .iter()
        .filter(|a| a.kind == Kind::Table && !a.columns.is_empty() && created.contains(&a.name))
        .map(|a| (a.name.to_string(), a.columns.iter().map(|c| c.name.clone()).collect()))
        .collect();
    if !declared.is_empty() {
        for (table, columns) in declared {
            known.add(&table, columns);
        }
        (facts, events) = super::analyze_with(text, dialect, &known);
    }
    let mut walk = Walk::new(&known);
    for event in &events {
        walk.event(event, &facts.statements);
    }
    walk.finish(facts)
}

struct Walk<'a> {
    schema: &'a Schema,
    read: BTreeMap<String, String>,
    written: BTreeMap<String, String>,
    /// Read and written by one and the same statement.
    loops: HashSet<String>,
    tables: HashMap<String, Table>,
    all_reads: BTreeSet<String>,
    all_writes: BTreeSet<String>,
    touched: BTreeSet<String>,
    consumed: HashSet<(String, String)>,
}

/// Columns that the script put into a relation: lower-case name to the name as written and what it is made of.
#[derive(Clone, Default)]
struct Table {
    name: String,
    columns: BTreeMap<String, (String, BTreeSet<ColumnRef>)>,
    order: Vec<String>,
}

impl<'a> Walk<'a> {
    fn new(schema: &'a Schema) -> Self {
        Walk {
            schema,
            read: BTreeMap::new(),
            written: BTreeMap::new(),
            loops: HashSet::new(),
            tables: HashMap::new(),
            all_reads: BTreeSet::new(),
            all_writes: BTreeSet::new(),
            touched: BTreeSet::new(),
            consumed: HashSet::new(),
        }
    }

    fn event(&mut self, event: &Event, statements: &[Statement]) {
        match event {
            Event::Statement(at) => {
                if let Some(statement) = statements.get(*at) {
                    self.statement(statement);
                }
            }
            Event::Drop(name) => {
                let key = name.key();
                if !self.read.contains_key(&key) {
                    self.written.remove(&key);
                    self.tables.remove(&key);
                }
            }
            Event::Rename(old, new) => self.rename(old, new),
            Event::Swap(a, b) => {
                let between = Name::new([format!("{a} <-> {b}")]);
                self.rename(a, &between);
                self.rename(b, a);
                self.rename(&between, b);
            }
        }
    }

    /// What was said of `old` so far is from now on said of `new`.
    fn rename(&mut self, old: &Name, new: &Name) {
        let (from, to) = (old.key(), new.key());
        for map in [&mut self.read, &mut self.written] {
            if map.remove(&from).is_some() {
                map.insert(to.clone(), new.to_string());
            }
        }
        if let Some(mut table) = self.tables.remove(&from) {
            table.name = new.to_string();
            self.tables.insert(to, table);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        // What is deleted is touched, but nothing flows.
        let flows = !matches!(statement.kind.as_str(), "DELETE" | "TRUNCATE");
        for name in &statement.reads {
            self.read.insert(name.key(), name.to_string());
            self.all_reads.insert(name.to_string());
        }
        for name in &statement.writes {
            if flows {
                self.written.insert(name.key(), name.to_string());
                if statement.reads.contains(name) {
                    self.loops.insert(name.key());
                }
            }
            self.all_writes.insert(name.to_string());
        }
        for source in &statement.columns_read {
            for column in self.resolve(source) {
                let text = if column.table.is_empty() { column.column } else { format!("{}.{}", column.table, column.column) };
                self.touched.insert(text);
            }
        }
        let mut flows: Vec<(Name, Vec<Flowing>)> = Vec::new();
        for projection in &statement.projections {
            flows.push((projection.target.clone(), self.projection(projection)));
        }
        for (target, columns) in flows {
            let table = self.tables.entry(target.key()).or_default();
            table.name = target.to_string();
            for flowing in columns {
                let key = flowing.name.to_lowercase();
                if !table.columns.contains_key(&key) {
                    table.order.push(key.clone());
                }
                table.columns.entry(key).or_insert_with(|| (flowing.name, BTreeSet::new())).1.extend(flowing.sources);
            }
        }
    }

    /// The columns of the target with what flows into each, columns made here looked through.
    fn projection(&mut self, projection: &Projection) -> Vec<Flowing> {
        let fixed = projection.columns.clone().or_else(|| self.schema.columns(&projection.target).cloned());
        let mut names: Vec<String> = fixed.clone().unwrap_or_default();
        let mut all: Vec<Flowing> = Vec::new();
        for (arm, outputs) in projection.branches.iter().enumerate() {
            let expanded = self.expand(outputs);
            let open = expanded.iter().any(|f| f.name == "*");
            if arm == 0 && fixed.is_none() && !open {
                names = expanded.iter().map(|f| f.name.clone()).collect();
            }
            for (at, flowing) in expanded.into_iter().enumerate() {
                let name = match names.get(at) {
                    Some(name) if !open => name.clone(),
                    _ => flowing.name,
                };
                all.push(Flowing { name, sources: flowing.sources });
            }
        }
        all
    }

    fn expand(&mut self, outputs: &[Output]) -> Vec<Flowing> {
        let mut list = Vec::new();
        for output in outputs {
            match output {
                Output::Column { name, sources, .. } => {
                    let mut found = BTreeSet::new();
                    for source in sources.iter().filter(|s| s.flow == Flow::Direct) {
                        for column in self.resolve(source) {
                            found.extend(self.through(column));
                        }
                    }
                    list.push(Flowing { name: name.clone(), sources: found });
                }
                Output::Star { table, except, .. } => {
                    let kept = |c: &str| !except.iter().any(|e| e.eq_ignore_ascii_case(c));
                    let known = match self.tables.get(&table.key()) {
                        Some(made) => Some(made.order.iter().filter_map(|k| made.columns.get(k)).map(|c| c.0.clone()).collect::<Vec<_>>()),
                        None => self.schema.columns(table).cloned(),
                    };
                    let columns = known.filter(|c| !c.is_empty()).unwrap_or_else(|| vec!["*".into()]);
                    for column in columns.into_iter().filter(|c| kept(c)) {
                        let sources = self.through(ColumnRef { table: table.to_string(), column: column.clone() });
                        list.push(Flowing { name: column, sources });
                    }
                }
            }
        }
        list
    }

    /// The columns a source can be, narrowed by what is known of its candidates.
    fn resolve(&self, source: &ColumnSource) -> Vec<ColumnRef> {
        let of = |table: &Name| ColumnRef { table: table.to_string(), column: source.column.clone() };
        if let [only] = source.tables.as_slice() {
            return vec![of(only)];
        }
        if source.column == "*" {
            return source.tables.iter().map(of).collect();
        }
        let mut open = Vec::new();
        for table in &source.tables {
            let made = self.tables.get(&table.key());
            let sure = made.is_some_and(|t| t.columns.contains_key(&source.column.to_lowercase()))
                || self.schema.columns(table).is_some_and(|c| c.iter().any(|c| c.eq_ignore_ascii_case(&source.column)));
            if sure {
                return vec![of(table)];
            }
            if self.schema.columns(table).is_none() && made.is_none_or(|t| t.columns.contains_key("*")) {
                open.push(table);
            }
        }
        match open.as_slice() {
            [only] => vec![of(only)],
            _ => vec![ColumnRef { table: String::new(), column: source.column.clone() }],
        }
    }

    /// What a column is made of when the script made it; itself otherwise.
    fn through(&mut self, column: ColumnRef) -> BTreeSet<ColumnRef> {
        let key = column.table.to_lowercase();
        let Some(table) = self.tables.get(&key) else { return BTreeSet::from([column]) };
        let name = column.column.to_lowercase();
        if let Some((_, sources)) = table.columns.get(&name) {
            self.consumed.insert((key, name));
            return sources.clone();
        }
        if let Some((_, sources)) = table.columns.get("*") {
            self.consumed.insert((key, "*".into()));
            return sources.iter().map(|s| ColumnRef { table: s.table.clone(), column: column.column.clone() }).collect();
        }
        BTreeSet::from([column])
    }

    fn finish(self, facts: Facts) -> Script {
        let keep = |from: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> Vec<String> {
            from.iter().filter(|(k, _)| !other.contains_key(*k) || self.loops.contains(*k)).map(|(_, v)| v.clone()).collect()
        };
        let sources = keep(&self.read, &self.written);
        let targets = keep(&self.written, &self.read);
        let intermediate =
            self.read.iter().filter(|(k, _)| self.written.contains_key(*k) && !self.loops.contains(*k)).map(|(_, v)| v.clone()).collect();
        let mut columns = BTreeSet::new();
        for (key, table) in &self.tables {
            for (column, (name, from)) in &table.columns {
                if self.consumed.contains(&(key.clone(), column.clone())) && !self.loops.contains(key) {
                    continue;
                }
                for source in from {
                    columns.insert((source.clone(), ColumnRef { table: table.name.clone(), column: name.clone() }));
                }
            }
        }
        Script {
            facts,
            sources,
            targets,
            intermediate,
            reads: relations(self.all_reads),
            writes: relations(self.all_writes),
            columns: columns.into_iter().collect(),
            read_columns: self.touched.into_iter().collect(),
        }
    }
}

/// Files and locations are sources and targets, but no relations.
fn relations(names: BTreeSet<String>) -> Vec<String> {
    names.into_iter().filter(|n| !n.starts_with("path:")).collect()
}

/// One column of a target and what flows into it.
struct Flowing {
    name: String,
    sources: BTreeSet<ColumnRef>,
}
