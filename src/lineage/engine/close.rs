//! What is told of a file only at its end: what the text said later changes what it said before.

use super::Engine;
use crate::lineage::draft::Event;
use crate::lineage::{Column, ColumnSource, Edge, Facts, Kind, Name, Output, Relation, Single, Span};
use foldhash::{HashMap, HashSet};

/// Renames of columns in one file that what stands before them is told by; migrations have a few.
const MAX_RENAMED: usize = 1_000;

/// A column that has another name from a statement on.
pub(super) struct Renamed {
    old: String,
    new: String,
    /// Statements before it.
    after: usize,
}

/// The renamed columns of a text, by the keys of their tables, in order.
pub(super) type RenamedColumns = HashMap<String, Vec<Renamed>>;

/// What a column that statement `at` names is called in the end.
fn last_name<'r>(renamed: &'r RenamedColumns, table: &Name, column: &str, at: usize) -> Option<&'r str> {
    let mut name = None;
    for step in renamed.get(&table.key()).into_iter().flatten().filter(|step| at < step.after) {
        if step.old.eq_ignore_ascii_case(name.unwrap_or(column)) {
            name = Some(step.new.as_str());
        }
    }
    name
}

impl Engine<'_> {
    /// Notes that a column has another name from here on, so that what was said of it before is said of that.
    pub(crate) fn note_renamed(&mut self, table: &Name, old: &str, new: &str) {
        let mut table = table.clone();
        self.at_home(&mut table);
        let after = self.facts.statements.len();
        let count: usize = self.renamed.values().map(Vec::len).sum();
        if count < MAX_RENAMED && !self.ahead {
            self.renamed.entry(table.key()).or_default().push(Renamed { old: old.into(), new: new.into(), after });
        }
    }

    /// Tells of columns by the names that they have in the end.
    fn rename_uses(&mut self) {
        let renamed = std::mem::take(&mut self.renamed);
        if renamed.is_empty() {
            return;
        }
        for (at, statement) in self.facts.statements.iter_mut().enumerate() {
            let new = |table: &Name, column: &str| last_name(&renamed, table, column, at).map(str::to_owned);
            let rename = |sources: &mut Vec<ColumnSource>| {
                for source in sources.iter_mut() {
                    // Of several that may have it, the one in which it is renamed had it.
                    let found = source.tables.iter().find_map(|table| Some((table.clone(), new(table, &source.column)?)));
                    if let Some((table, name)) = found {
                        (source.tables, source.column) = (Single::One(table), name);
                    }
                }
            };
            rename(&mut statement.columns_read);
            for projection in &mut statement.projections {
                rename(&mut projection.indirect);
                let target = &projection.target;
                for column in projection.columns.iter_mut().flatten() {
                    *column = new(target, column).unwrap_or_else(|| std::mem::take(column));
                }
                let named = projection.columns.is_some();
                for output in projection.branches.iter_mut().flatten() {
                    match output {
                        Output::Column { name, sources, .. } => {
                            rename(sources);
                            // A definition gives its columns their names.
                            if let Some(called) = new(target, name).filter(|_| !named) {
                                *name = called;
                            }
                        }
                        Output::Star(star) => {
                            let table = &star.table;
                            let except = star.except.iter_mut().chain(star.rename.iter_mut().map(|(old, _)| old));
                            except.for_each(|column| *column = new(table, column).unwrap_or_else(|| std::mem::take(column)));
                        }
                    }
                }
            }
        }
    }

    /// Takes back what views were made of before the text defined them anew.
    fn forget_replaced(&mut self) {
        if self.redefined.is_empty() {
            return;
        }
        let mut last: HashMap<Name, Span> = HashMap::default();
        let mut gone: HashSet<(Name, u32)> = HashSet::default();
        for statement in self.facts.statements.iter_mut().rev().filter(|s| s.kind.starts_with("CREATE") && s.kind.ends_with(" VIEW")) {
            let Some(name) = statement.writes.first().filter(|name| self.redefined.contains(&name.key())) else { continue };
            if let Some(kept) = last.get(name) {
                let before = (statement.span.line..=statement.span.line_end).filter(|line| !(kept.line..=kept.line_end).contains(line));
                gone.extend(before.map(|line| (name.clone(), line)));
                statement.projections.clear();
            } else {
                last.insert(name.clone(), statement.span);
            }
        }
        let replaced =
            |edge: &Edge| edge.from.as_ref().is_some_and(|from| last.contains_key(from) && gone.contains(&(from.clone(), edge.line)));
        self.facts.edges.retain(|edge| edge.relation != Relation::Derives || !replaced(edge));
    }

    /// Ends the analysis: calls that the file itself can explain, and how much was understood.
    pub(crate) fn close(mut self) -> (Facts, Vec<Event>) {
        let routines: HashSet<String> = self
            .facts
            .assets
            .iter()
            .filter(|a| a.kind == Kind::Function || a.kind == Kind::Procedure)
            .map(|a| a.name.last().to_lowercase())
            .collect();
        for (name, statement) in std::mem::take(&mut self.maybe_calls) {
            if routines.contains(&name.key()) {
                self.facts.statements[statement].calls.push(name);
            }
        }
        self.forget_replaced();
        self.rename_uses();
        for said in &mut self.facts.alters {
            said.columns.retain(|c| *c != Column { name: c.name.clone(), ..Column::default() });
        }
        self.facts.alters.retain(|said| said.comment.is_some() || !said.columns.is_empty());
        self.facts.tokens = self.tokens.try_into().unwrap_or(u32::MAX);
        self.facts.coverage = if self.tokens == 0 { 1.0 } else { 1.0 - self.lost.min(self.tokens) as f32 / self.tokens as f32 };
        // They stay in memory with the project.
        self.facts.assets.shrink_to_fit();
        self.facts.statements.shrink_to_fit();
        self.facts.edges.shrink_to_fit();
        (self.facts, self.events)
    }
}
