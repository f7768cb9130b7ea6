//! What the routines of a script give back, looked through as linking does it in a project.

use super::{ColumnRef, Flowing, Walk};
use crate::lineage::{ARGUMENT, Asked, BY, ColumnSource, HERE, Memo, Name, Output, Statement, placed};
use foldhash::HashMap;
use std::collections::BTreeSet;
use std::rc::Rc;

/// One result of a routine: who says so, the names that its header gives the columns, and the outputs.
type Result = (Option<Name>, Option<Vec<String>>, Vec<Output>);

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
        for statement in statements {
            for projection in statement.projections.iter().filter(|p| p.target.is_rows()) {
                let results = given.results.entry(projection.target.key()).or_default();
                let said = |outputs: &Vec<Output>| (statement.owner.clone(), projection.columns.clone(), outputs.clone());
                results.extend(projection.branches.iter().map(said));
            }
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
        self.follow(key.clone(), &key, |_| true)
    }

    /// Those of `key` that `said` keeps by who says so, known as `question`.
    fn follow(&mut self, question: String, key: &str, said: impl Fn(&Option<Name>) -> bool) -> Option<Rc<Vec<Vec<Flowing>>>> {
        let around = match self.given.known.begin(&question) {
            Asked::Known(known) => return Some(known),
            Asked::Open => return Some(Rc::default()),
            Asked::New(around) => around,
        };
        let results: Vec<Result> = self.given.results[key].iter().filter(|(owner, ..)| said(owner)).cloned().collect();
        let mut followed = Vec::new();
        for (owner, names, outputs) in results {
            let caller = std::mem::replace(&mut self.caller, owner);
            let mut columns = self.expand(&outputs);
            self.caller = caller;
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
        column_of(&results, column)
    }

    /// What the caller at hand passes, in the place of what any caller does.
    pub(super) fn of_caller(&mut self, made: BTreeSet<ColumnRef>) -> BTreeSet<ColumnRef> {
        if !made.iter().any(is_here) {
            return made;
        }
        let (here, mut found): (BTreeSet<ColumnRef>, BTreeSet<ColumnRef>) = made.into_iter().partition(is_here);
        for ColumnRef { table, column } in here {
            let Some(key) = self.given.key(&table.replacen(&format!("{BY}{HERE}"), &BY.to_string(), 1)) else { continue };
            let caller = self.caller.clone();
            let question = format!("{key}{BY}{}", caller.as_ref().map(Name::key).unwrap_or_default());
            let results = self.follow(question, &key, |owner| *owner == caller);
            found.extend(results.and_then(|results| column_of(&results, &column)).unwrap_or_default());
        }
        found
    }

    /// What a source is that a routine's rows may have: theirs if they have it, else a relation's beside them.
    pub(super) fn resolve_given(&mut self, source: &ColumnSource) -> Vec<ColumnRef> {
        if let Some(here) = source.tables.first().filter(|name| name.returned_by().starts_with(HERE)) {
            return vec![ColumnRef { table: here.to_string(), column: source.column.clone() }];
        }
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

/// Whether it is what the caller at hand passes ([`Name::passed_here`]).
pub(super) fn is_here(column: &ColumnRef) -> bool {
    column.table.rsplit_once(BY).is_some_and(|(_, way)| way.starts_with(HERE))
}

/// What a column of these results is made of; `None` when they have none of that name.
fn column_of(results: &[Vec<Flowing>], column: &str) -> Option<BTreeSet<ColumnRef>> {
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
