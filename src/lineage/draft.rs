//! One statement while it is being read, and what holds around it.

use super::routine::Gives;
use super::variable::{Branch, UNKNOWN, Variable, Variables, is_computed, known};
use super::{ColumnSource, Flow, Name, Output, Projection, Span};
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// What later statements of a script must know beside reads and writes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// Statement by index.
    Statement(usize),
    /// The relation is gone.
    Drop(Name),
    /// It holds nothing any more.
    Empty(Name),
    /// From now on the first is called like the second.
    Rename(Name, Name),
    /// Each now has the other's contents.
    Swap(Name, Name),
}

/// A parameter of a routine.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// In lower case.
    pub(crate) name: String,
    /// Its value comes back to who calls.
    pub(crate) back: bool,
    /// It is a table.
    pub(crate) table: bool,
}

/// What holds for the statements of one script or body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    /// The routine whose body it is.
    pub(crate) owner: Option<Name>,
    /// What its queries give back, where it is one that gives rows.
    pub(crate) gives: Option<Arc<Gives>>,
    /// Parameters of the header; until the body begins.
    pub(crate) parameters: Vec<Parameter>,
    /// Of a trigger that runs a function: the rows that it gives it.
    pub(crate) fired: Option<Projection>,
    /// The table whose trigger it is.
    pub(crate) trigger_table: Option<Name>,
    /// What its rows to be stored are called beside `NEW`, in lower case.
    pub(crate) new_row: Option<String>,
    /// Parameters and variables.
    pub(crate) variables: Variables,
    /// Those that it declares itself.
    pub(crate) own: HashSet<String>,
    /// In a text of its own, whose variables are gone at its end: what those that it changes or declares were before.
    pub(crate) saved: Option<HashMap<String, Option<Variable>>>,
    /// Branches that are open, outermost first.
    pub(crate) branches: Vec<Branch>,
    /// Branches begun so far.
    pub(crate) begun: usize,
    /// Columns copied for the sake of branches, not counted yet.
    pub(crate) copied: usize,
    /// Variables that a text of its own hands back, in lower case.
    pub(crate) handed: Vec<String>,
    /// The loop read last: the depth of its text and where it ends.
    pub(crate) looped: Option<(usize, usize)>,
    /// Variables hold no columns any more.
    pub(crate) forgot: bool,
    /// The statements stand in a text some of whose parts only running it would give.
    pub(crate) computed: bool,
    /// Inside a procedural body, where `SELECT … INTO` sets variables (except in T-SQL).
    pub(crate) body: bool,
    /// Text inside text, this deep.
    pub(crate) depth: usize,
    /// Offset and line are those of this statement: the text is not a part of the file.
    pub(crate) stands_at: Option<Span>,
}

/// One statement while it is being read.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) kind: String,
    pub(crate) span: Span,
    pub(crate) reads: Vec<(Name, u32)>,
    /// What routines give back that is read.
    pub(crate) rows: Vec<(Name, u32)>,
    pub(crate) writes: Vec<(Name, u32)>,
    pub(crate) calls: Vec<(Name, u32)>,
    pub(crate) maybe_calls: Vec<(Name, u32)>,
    /// Sequences that numbers are taken from.
    pub(crate) sequences: Vec<(Name, u32)>,
    pub(crate) projections: Vec<Projection>,
    pub(crate) columns_read: Vec<ColumnSource>,
    pub(crate) confidence: f32,
    /// It defines what it writes (a view): no edges to the file.
    pub(crate) defines: bool,
    /// What is written is made of what is read.
    pub(crate) derives: bool,
    /// What it puts somewhere goes by its names.
    pub(crate) by_name: bool,
    /// The rows of the routine that are made of what is read.
    pub(crate) gives: Option<Name>,
}

impl Draft {
    /// All that is read, rows of routines included.
    pub(crate) fn sources(&self) -> Vec<(Name, u32)> {
        self.reads.iter().chain(&self.rows).cloned().collect()
    }

    /// A name that only running the text would give, if there is one: a relation's before others.
    pub(super) fn unknown(&self) -> Option<(String, bool)> {
        let relations = self.reads.iter().chain(&self.writes).map(|(name, _)| name);
        let others = self.rows.iter().chain(&self.calls).chain(&self.maybe_calls).map(|(name, _)| name);
        let lost = relations.clone().find(|name| known(name).is_none()).map(|name| (name.to_string(), true));
        let part = || relations.chain(others).flat_map(|name| name.0.iter()).chain(self.columns_read.iter().map(|s| &s.column));
        lost.or_else(|| part().find(|part| is_computed(part)).map(|part| (part.clone(), false)))
    }

    /// Leaves out the names that only running the text would give, and says so in the confidence.
    pub(super) fn forget_unknown(&mut self) {
        self.keep(&known, &|column| !is_computed(column));
        self.confidence = self.confidence.min(COMPUTED);
    }

    /// Leaves out dbt's `{{ this }}`: a model that reads what it made before.
    pub(super) fn forget_this(&mut self) {
        let this = |name: &Name| name.last().strip_prefix("x_").is_some_and(|n| n.trim_matches('_') == "this");
        self.keep(&|name| (!this(name)).then(|| name.clone()), &|_| true);
    }

    /// Leaves out relations and routines that `name` gives no name, and columns that `column` does not keep.
    fn keep(&mut self, name: &dyn Fn(&Name) -> Option<Name>, column: &dyn Fn(&str) -> bool) {
        let lists = [&mut self.reads, &mut self.rows, &mut self.writes, &mut self.calls, &mut self.maybe_calls, &mut self.sequences];
        for list in lists {
            *list = std::mem::take(list).into_iter().filter_map(|(found, line)| Some((name(&found)?, line))).collect();
        }
        let clean = |list: &mut Vec<ColumnSource>| {
            for source in list.iter_mut() {
                source.tables = source.tables.iter().filter_map(name).collect();
                source.unless.retain(|(rows, _)| name(rows).is_some());
            }
            list.retain(|s| !s.tables.is_empty() && column(&s.column));
        };
        clean(&mut self.columns_read);
        let defines = self.defines || self.kind == "SELECT INTO";
        self.projections.retain_mut(|projection| {
            clean(&mut projection.indirect);
            for output in projection.branches.iter_mut().flatten() {
                match output {
                    Output::Column { sources, .. } => clean(sources),
                    Output::Star(star) => star.table = name(&star.table).unwrap_or_else(|| star.table.clone()),
                }
            }
            // A column or `*` that is not known may be any number of columns: places behind it say nothing then.
            let unclear = |o: &Output| match o {
                Output::Column { name, .. } => name.contains(UNKNOWN) && !is_string(name),
                Output::Star(star) => name(&star.table).is_none(),
            };
            let from = projection.branches.iter().filter_map(|row| row.iter().position(unclear)).min();
            match (from, projection.branches.as_mut_slice()) {
                // Names tell what the others are.
                (Some(_), [only]) if defines && projection.columns.is_none() => only.retain(|o| !unclear(o)),
                (Some(from), rows) => rows.iter_mut().for_each(|row| row.truncate(from)),
                (None, _) => {}
            }
            let said = from.is_none() || projection.branches.iter().any(|row| !row.is_empty());
            let target = name(&projection.target);
            target.map(|target| projection.target = target).is_some() && said
        });
    }

    /// Written relations and relations that variables brought values of: those that the statement itself does not read. `called` is
    /// what functions give back that it calls.
    pub(super) fn carried(&self, called: &[(Name, u32)]) -> Vec<(Name, Name)> {
        let mut list = Vec::new();
        let read: HashSet<&Name> = self.reads.iter().chain(&self.rows).chain(called).map(|(read, _)| read).collect();
        let mut seen: HashSet<(&Name, &Name)> = HashSet::default();
        for projection in &self.projections {
            for output in projection.branches.iter().flatten() {
                let direct = |s: &&ColumnSource| s.subtype.flow() == Flow::Direct && !s.is_argument();
                let tables: Vec<&Name> = match output {
                    Output::Column { sources, .. } => sources.iter().filter(direct).flat_map(|s| &s.tables).collect(),
                    Output::Star(star) => vec![&star.table],
                };
                for table in tables {
                    if *table != projection.target && !read.contains(table) && seen.insert((&projection.target, table)) {
                        list.push((projection.target.clone(), table.clone()));
                    }
                }
            }
        }
        list
    }
}

/// Whether an expression is a string and no more, which is one value whatever it holds.
fn is_string(text: &str) -> bool {
    let text = text.strip_prefix('N').unwrap_or(text);
    text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).is_some_and(|inside| !inside.contains('\''))
}

/// Most that is trusted of a statement in whose text parts are only known at run time.
const COMPUTED: f32 = 0.8;
