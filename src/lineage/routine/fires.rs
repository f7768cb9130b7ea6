//! Whose rows a trigger function sees: in PostgreSQL the tables are named by the triggers that run it, which mostly follow in its file.

use crate::lineage::draft::Context;
use crate::lineage::engine::Engine;
use crate::lineage::token::Tokens;
use crate::lineage::variable::Variable;
use crate::lineage::{FIRED, Name, Output, Projection, Relation, Star};
use foldhash::HashMap;
use std::rc::Rc;

/// Tables of one function: an audit function may serve all there are.
const MAX_TABLES: usize = 16;

/// What a trigger tells the function that it runs.
#[derive(Clone)]
pub(crate) struct Fired {
    function: Name,
    pub(super) table: Name,
    /// What it calls tables of the rows that changed, in lower case.
    pub(super) called: Vec<String>,
}

/// Triggers by the last name, in lower case, of the function that they run.
pub(crate) type Fires = HashMap<String, Vec<Fired>>;

/// `REFERENCING OLD TABLE AS o NEW TABLE AS n`: the names, in lower case, of tables of the rows that changed.
pub(super) fn changed_tables(t: &Tokens, from: usize, to: usize) -> Vec<String> {
    let Some(at) = t.find(from, to, |i| t.is(i, "REFERENCING")) else { return Vec::new() };
    let table = |i: &usize| t.is(*i, "TABLE") && t.any(i - 1, &["OLD", "NEW"]) || t.any(*i, &["OLD_TABLE", "NEW_TABLE"]);
    let name = |i: usize| t.word(i + 1 + usize::from(t.is(i + 1, "AS"))).map(str::to_lowercase);
    (at + 1..to).filter(table).filter_map(name).collect()
}

impl Engine<'_> {
    /// The triggers of this file that run the function.
    pub(super) fn fired_on(&mut self, t: &Tokens, function: &Name) -> Vec<Fired> {
        let fires = match &self.fires {
            Some(fires) => fires.clone(),
            None => {
                let fires = Rc::new(self.all_fires(t));
                self.fires = Some(fires.clone());
                fires
            }
        };
        let same = |named: &Name| named.0.len() == 1 || function.0.len() == 1 || named.key() == function.key();
        let of = fires.get(&function.last().to_lowercase()).into_iter().flatten();
        of.filter(|fired| same(&fired.function)).take(MAX_TABLES).cloned().collect()
    }

    /// Makes tables of rows that changed of `table` known by the names that its trigger gives them.
    pub(super) fn call_changed(&mut self, called: Vec<String>, table: &Name, line: u32) {
        for name in called {
            let temp = self.temps.entry(name).or_default();
            temp.rows.push(vec![Output::Star(Star::of(table.clone(), line))]);
            temp.reads.push(table.clone());
        }
    }

    /// What a trigger on `table` gives the function that it runs, whose own file may not know of it.
    pub(super) fn fired_rows(&mut self, function: &Name, table: Name, line: u32) -> Projection {
        let target = function.returned(FIRED);
        self.edge(Relation::Derives, Some(target.clone()), Some(table.clone()), line, 1.0);
        let branches = vec![vec![Output::Star(Star::of(table, line))]];
        Projection { target, columns: None, by_name: true, branches, indirect: Vec::new() }
    }

    fn all_fires(&self, t: &Tokens) -> Fires {
        let mut fires = Fires::default();
        let end = t.list.len();
        for run in (0..end).filter(|i| t.is(*i, "EXECUTE") && t.any(i + 1, &["FUNCTION", "PROCEDURE"])) {
            // `CREATE TRIGGER name AFTER INSERT ON table FOR EACH ROW WHEN (…)` stands before it.
            let before = run.saturating_sub(MAX_HEADER)..run;
            let Some(trigger) = before.clone().rev().find(|i| t.is(*i, "TRIGGER")) else { continue };
            let Some(on) = (trigger..run).find(|i| t.is(*i, "ON")) else { continue };
            if let (Some((table, _)), Some((function, _))) = (self.name_at(t, on + 1), self.name_at(t, run + 2)) {
                let called = changed_tables(t, on, run);
                fires.entry(function.last().to_lowercase()).or_default().push(Fired { function, table, called });
            }
        }
        fires
    }
}

/// Tokens between TRIGGER and EXECUTE, at most: a list of columns and a condition.
const MAX_HEADER: usize = 200;

impl Context {
    /// The rows that changed are those that triggers of other files say.
    pub(super) fn fire_on_rows(&mut self, rows: &Name, line: u32) {
        let row = Variable::row_of(rows, line);
        self.variables.extend(["new", "old"].map(|name| (name.to_owned(), row.clone())));
    }

    /// The rows that changed are those of `tables`: `NEW.a`, `:OLD.a`.
    pub(super) fn fire_on(&mut self, tables: &[Name], line: u32) {
        let mut row = Variable::default();
        row.rows.extend(tables.iter().flat_map(|table| Variable::row_of(table, line).rows));
        if !tables.is_empty() {
            self.variables.extend(["new", "old"].map(|name| (name.to_owned(), row.clone())));
        }
        if let [table] = tables {
            self.trigger_table = Some(table.clone());
        }
    }
}
