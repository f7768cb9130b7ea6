//! What the routines of a script give back, looked through as linking does it in a project.

use super::{ColumnRef, Flowing, Walk};
use crate::lineage::{ARGUMENT, Asked, ColumnSource, Memo, Name, Output, Statement, placed};
use foldhash::HashMap;
use std::collections::BTreeSet;
use std::rc::Rc;

/// One result of a routine: the names that its header gives the columns, and the outputs.
type Result = (Option<Vec<String>>, Vec<Output>);

/// Routines whose rows are those of the next that are looked through in a row: each takes a stretch of the stack, and people write a few.
const MAX_DEPTH: usize = 256;

/// The results of routines, by the lower-case name of their rows.
pub(super) struct Given {
    results: HashMap<String, Vec<Result>>,
    /// Those looked at already, their columns followed to the end.
    known: Memo<String, Rc<Vec<Vec<Flowing>>>>,
}

impl Given {
    pub(super) fn of(statements: &[Statement]) -> Given {
        let mut given = Given { results: HashMap::default(), known: Memo::new(MAX_DEPTH) };
        for projection in statements.iter().flat_map(|s| &s.projections).filter(|p| p.target.is_rows()) {
            let results = given.results.entry(projection.target.key()).or_default();
            results.extend(projection.branches.iter().map(|outputs| (projection.columns.clone(), outputs.clone())));
        }
        given
    }

    /// The key of a name, which may be a shorter or longer one of the only routine so called.
    fn key(&self, rows: &str) -> Option<String> {
        let key = rows.to_lowercase();
        if self.results.contains_key(&key) {
            return Some(key);
        }
        let longer = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|schema| schema.ends_with('.'));
        let mut alike = self.results.keys().filter(|k| longer(k, &key) || longer(&key, k));
        alike.next().filter(|_| alike.next().is_none()).cloned()
    }
}

impl Walk<'_> {
    /// The results of a routine; `None` when the script has none of that name.
    fn results(&mut self, rows: &str) -> Option<Rc<Vec<Vec<Flowing>>>> {
        let key = self.given.key(rows)?;
        let around = match self.given.known.begin(&key) {
            Asked::Known(known) => return Some(known),
            Asked::Open => return Some(Rc::default()),
            Asked::New(around) => around,
        };
        let results = self.given.results[&key].clone();
        let mut followed = Vec::new();
        for (names, outputs) in results {
            let mut columns = self.expand(&outputs);
            if !columns.iter().any(|f| f.name == "*") {
                columns.iter_mut().zip(names.into_iter().flatten()).for_each(|(flowing, name)| flowing.name = name);
            }
            // What the script does not know of gives nothing here.
            if !columns.is_empty() {
                followed.push(columns);
            }
        }
        let followed = Rc::new(followed);
        self.given.known.end(around, &followed);
        Some(followed)
    }

    /// What a column of a routine's rows is made of; `None` when they have none of that name.
    pub(super) fn given(&mut self, rows: &str, column: &str) -> Option<BTreeSet<ColumnRef>> {
        let results = self.results(rows)?;
        let open = |result: &[Flowing]| result.iter().any(|f| f.name == "*");
        let first = results.iter().find(|r| !open(r)).or(results.first())?;
        let named = || Some((first.iter().position(|f| f.name.eq_ignore_ascii_case(column))?, None));
        let mut found = BTreeSet::new();
        if let Some((at, of)) = placed(column).or_else(named) {
            let count = of.unwrap_or(first.len());
            let fits = results.iter().filter(|r| r.len() == count && !open(r));
            found.extend(fits.filter_map(|r| r.get(at)).flat_map(|f| f.sources.clone()));
            return Some(found);
        }
        let stars = results.iter().flatten().filter(|f| f.name == "*").flat_map(|f| &f.sources);
        found.extend(stars.map(|s| ColumnRef { table: s.table.clone(), column: column.to_owned() }));
        (!found.is_empty()).then_some(found)
    }

    /// What a source is that a routine's rows may have: theirs if they have it, else a relation's beside them.
    pub(super) fn resolve_given(&mut self, source: &ColumnSource) -> Vec<ColumnRef> {
        let (rows, tables): (Vec<Name>, Vec<Name>) = source.tables.iter().cloned().partition(Name::is_rows);
        let having = rows.iter().filter(|rows| self.given(&rows.to_string(), &source.column).is_some());
        let found: Vec<ColumnRef> = having.map(|rows| ColumnRef { table: rows.to_string(), column: source.column.clone() }).collect();
        if !found.is_empty() || tables.is_empty() && source.outer.is_empty() {
            return found;
        }
        self.resolve(&ColumnSource { tables: tables.into_iter().collect(), ..source.clone() })
    }

    /// The columns of a routine's first result; none when the script has no routine of that name.
    pub(super) fn given_columns(&mut self, rows: &Name) -> Vec<String> {
        let results = self.results(&rows.to_string()).unwrap_or_default();
        results.first().into_iter().flatten().map(|f| f.name.clone()).collect()
    }

    /// Whether a source counts that is an argument of table functions.
    pub(super) fn counts(&mut self, source: &ColumnSource) -> bool {
        let argument = |c: &ColumnRef| c.column == ARGUMENT;
        let mut made = source.unless.iter().map(|(rows, column)| self.given(&rows.to_string(), column));
        !made.any(|sources| sources.is_some_and(|s| !s.iter().any(argument)))
    }
}
