//! Calls, dynamic SQL, and TRUNCATE.

use super::system::is_system_procedure;
use crate::lineage::define::text;
use crate::lineage::draft::{Context, Event};
use crate::lineage::engine::Engine;
use crate::lineage::routine::Gives;
use crate::lineage::scope::{self, flatten, merge, size, whole_rows};
use crate::lineage::token::{Tokens, made, make_word};
use crate::lineage::variable::Variable;
use crate::lineage::{Name, Output, Projection, STATUS, Star, place};
use sqlparser::tokenizer::Token;

impl Engine<'_> {
    pub(crate) fn truncate(&mut self, t: &Tokens, from: usize, to: usize, context: &Context) {
        let mut at = from + 1;
        while t.any(at, &["TABLE", "ONLY", "IF", "EXISTS"]) {
            at += 1;
        }
        let mut draft = self.draft("TRUNCATE", t, from, to);
        for (start, _) in t.commas(at, to) {
            if let Some((mut name, _)) = self.name_at(t, start) {
                self.empty(&name, context);
                let part = t.find(start, to, |i| t.any(i, &["PARTITION", "PARTITIONS"])).is_some();
                if context.certain() && !part && !self.ahead {
                    self.at_home(&mut name);
                    self.events.push(Event::Empty(name.clone()));
                }
                draft.writes.push((name, t.line(start)));
            }
        }
        self.finish(draft, context);
    }

    /// `REFRESH MATERIALIZED VIEW v`: its rows are written anew, by the query that it has.
    pub(crate) fn refresh(&mut self, t: &Tokens, from: usize, to: usize, context: &Context) {
        let at = from + 3 + usize::from(t.is(from + 3, "CONCURRENTLY"));
        let mut draft = self.draft("REFRESH MATERIALIZED VIEW", t, from, to);
        draft.writes.extend(self.name_at(t, at).map(|(name, _)| (name, t.line(at))));
        self.finish(draft, context);
    }

    /// `EXEC p`, `CALL p()`, and dynamic SQL.
    pub(crate) fn call_statement(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        self.call(t, from, from + 1, to, context);
    }

    /// A call whose statement begins at `from` and whose name stands at `at`: the same place where no keyword goes before.
    pub(crate) fn call(&mut self, t: &Tokens, from: usize, mut at: usize, to: usize, context: &mut Context) {
        // EXEC @result = p
        let mut result = None;
        if t.at(at + 1, &Token::Eq) {
            result = t.word(at).map(str::to_lowercase);
            at += 2;
        }
        if t.any(at, &["IMMEDIATE", "AS"]) {
            if t.is(at, "IMMEDIATE") {
                self.dynamic(t, at + 1, to, context);
            }
            return;
        }
        if let Some((start, end)) = self.executed_text(t, at, to, context) {
            let bound = if t.at(end, &Token::Comma) { self.bind(t, end + 1, to, context) } else { Vec::new() };
            self.dynamic(t, start, end, context);
            unbind(bound, context);
            return;
        }
        let Some((name, after)) = self.name_at(t, at) else {
            self.dynamic(t, at, to, context);
            return;
        };
        let last = name.last().to_lowercase();
        if let Some((start, end)) = self.parameter_text(t, at, to) {
            // Its rows go to whom the procedure sends them.
            self.captured(t, start, end, context);
            return;
        }
        if matches!(last.as_str(), "sp_addextendedproperty" | "sp_updateextendedproperty") {
            return self.describe(t, after, to);
        }
        if last == "sp_rename" {
            let mut said: [Option<&str>; 3] = [None; 3];
            for (place, (from, to)) in t.commas(after, to).into_iter().enumerate() {
                let named = t.word(from).filter(|_| t.at(from + 1, &Token::Eq));
                let place = match named.map(str::to_lowercase).as_deref() {
                    Some("@objname") => 0,
                    Some("@newname") => 1,
                    Some("@objtype") => 2,
                    _ => place,
                };
                if let (Some(said), Some(value)) = (said.get_mut(place), (from..to).find_map(|i| t.string(i))) {
                    *said = Some(value);
                }
            }
            if let [Some(old), Some(new), kind] = said {
                let kind = kind.unwrap_or("OBJECT");
                let old = Name::new(old.split('.').map(|p| p.trim_matches(['[', ']'])));
                let (last, schema) = old.0.split_last().map_or(("", &[][..]), |(last, schema)| (last.as_str(), schema));
                if kind.eq_ignore_ascii_case("COLUMN") && !schema.is_empty() {
                    self.rename_column(&Name::new(schema), last, new.to_owned());
                }
                if !kind.eq_ignore_ascii_case("OBJECT") {
                    return;
                }
                let new = Name::new(schema.iter().map(String::as_str).chain([new]));
                self.rename(old, new, t.span(from, to), context);
            }
            return;
        }
        let variable = name.last().starts_with('@') || name.last() == "?";
        // PL/pgSQL executes text, and what is executed outside a body was prepared: neither names a routine.
        let text = t.is(from, "EXECUTE")
            && self.grammar.is(&["postgres", "redshift", "duckdb", "mysql"])
            && !t.any(at, &["FUNCTION", "PROCEDURE"]);
        let held = context.variables.get(&last);
        if held.is_some_and(|v| v.prepared) {
            return;
        }
        if variable || text || held.is_some_and(Variable::is_text) {
            // What PL/pgSQL executes and puts nowhere is dropped.
            if text {
                self.captured(t, at, to, context);
            } else {
                self.dynamic(t, at, to, context);
            }
            return;
        }
        if last == "sp_xml_preparedocument" {
            // The handle stands for the document.
            if let [(handle, _), (from, to), ..] = t.commas(after, to)[..]
                && let Some(handle) = t.word(handle).map(str::to_lowercase)
            {
                let sources = self.value(t, from, to, context);
                context.change(&handle).sources = sources;
            }
            return;
        }
        let library = ["dbms_", "utl_", "htp.", "owa_"].iter().any(|p| name.key().starts_with(p));
        if library || last == "put_line" {
            // Oracle's own packages.
            self.arguments(t, after, to, &name, context);
            return;
        }
        if matches!(last.as_str(), "sp_msforeachdb" | "sp_msforeachtable") && after < to {
            let (start, end) = argument(t, after, to);
            // A `?` in it is the name of each.
            let like = &t.list[start];
            let hole = [Token::Comma, Token::SingleQuotedString("?".into()), Token::Comma, Token::Question, Token::RParen];
            let mut list = vec![make_word("REPLACE", like), made(Token::LParen, like)];
            list.extend_from_slice(&t.list[start..end]);
            list.extend(hole.map(|token| made(token, like)));
            let tokens = Tokens::of(list);
            let outer = context.stands_at;
            context.stands_at = outer.or(Some(t.span(from, to)));
            self.dynamic(&tokens, 0, tokens.list.len(), context);
            context.stands_at = outer;
            return;
        }
        if is_system_procedure(&name) {
            return;
        }
        let mut draft = self.draft("CALL", t, from, to);
        draft.calls.push((name.clone(), t.line(at)));
        draft.projections = self.arguments(t, after, to, &name, context);
        draft.derives = true;
        let mut passed = Vec::new();
        draft.projections.iter().for_each(|p| merge(&mut passed, whole_rows(&p.branches, true)));
        // What came of an earlier call stands for what went into that: with each of a chain it would double.
        passed.retain(|source| source.unless.is_empty());
        draft.projections.extend(self.lend_temporaries(&name));
        // Rows that nobody takes go on to who called.
        let status = context.gives.as_deref().is_some_and(Gives::status);
        if status && t.any(from, &["EXEC", "EXECUTE"]) && (self.grammar.is_tsql() || self.grammar.generic) {
            self.give(&mut draft, vec![vec![Output::Star(Star::of(name.rows(), t.line(at)))]], Vec::new(), context);
        }
        self.keep_last(&vec![vec![Output::Star(Star::of(name.rows(), t.line(at)))]], context);
        self.finish(draft, context);
        let given = if t.open(after) { t.inner(after, to) } else { (after, to) };
        self.take_parameters(t, given, &name, &passed, context);
        if let Some(result) = result {
            context.change(&result).sources = scope::given(&name.returned(STATUS), &place(0, None), &[]);
        }
        self.take_temporaries(&name, t.line(at));
    }

    /// Where the text stands that `EXEC (…)`, `EXEC sp_executesql …` or its like elsewhere, whose name or bracket is at `at`, runs. The name
    /// may be a variable's text.
    pub(super) fn executed_text(&self, t: &Tokens, at: usize, to: usize, context: &Context) -> Option<(usize, usize)> {
        if t.open(at) {
            return Some(t.inner(at, to));
        }
        let (name, after) = self.name_at(t, at).filter(|(_, after)| *after < to)?;
        match name.key().as_str() {
            // Teradata's.
            "dbc.sysexecsql" | "sysexecsql" if t.open(after) => return Some(t.inner(after, to)),
            // Oracle's, behind the number of a cursor.
            "dbms_sql.parse" | "sys.dbms_sql.parse" if t.open(after) => {
                let (start, end) = t.inner(after, to);
                return t.commas(start, end).get(1).copied();
            }
            _ => {}
        }
        let runs =
            |name: &str| name.rsplit('.').next().is_some_and(|last| last.trim_matches(['[', ']']).eq_ignore_ascii_case("sp_executesql"));
        let held = |name: &Name| context.variables.get(&name.key()).is_some_and(|v| v.texts().any(runs));
        (runs(name.last()) || held(&name)).then(|| argument(t, after, to))
    }

    /// The text that a procedure of the system whose name is at `at` runs among other things, given by the name of its parameter.
    pub(super) fn parameter_text(&self, t: &Tokens, at: usize, to: usize) -> Option<(usize, usize)> {
        let (name, after) = self.name_at(t, at).filter(|_| self.grammar.is_tsql())?;
        let parameter = match name.last().to_lowercase().as_str() {
            "sp_execute_external_script" => "@input_data_1",
            "sp_send_dbmail" => "@query",
            "sp_add_jobstep" => "@command",
            _ => return None,
        };
        let args = t.commas(after, t.find(after, to, |i| t.is(i, "WITH")).unwrap_or(to));
        let value =
            |name: &str| args.iter().find(|(from, _)| t.is(*from, name) && t.at(from + 1, &Token::Eq)).map(|(from, to)| (from + 2, *to));
        let other = value("@subsystem").and_then(|(from, _)| t.string(from)).is_some_and(|kind| !kind.eq_ignore_ascii_case("TSQL"));
        value(parameter).filter(|_| !other)
    }

    /// `sp_executesql text, N'@p int, @o int OUTPUT', @x, @o = @v OUTPUT`: what the text finds in its parameters, whose declaration begins
    /// at `at`.
    fn bind(&mut self, t: &Tokens, at: usize, to: usize, context: &mut Context) -> Vec<Bound> {
        let args = t.commas(at, to);
        let Some(((from, until), values)) = args.split_first() else { return Vec::new() };
        let text = from + 2 * usize::from(t.at(from + 1, &Token::Eq));
        let declared = self.constant(&t.list[text.min(*until)..*until], context).unwrap_or_default();
        let declared = Tokens::read(&declared, self.grammar, 0, t.line(at));
        let names: Vec<Option<String>> =
            declared.commas(0, declared.list.len()).into_iter().map(|(from, _)| declared.word(from).map(str::to_lowercase)).collect();
        let mut bound = Vec::new();
        for (n, (from, until)) in values.iter().enumerate() {
            let named = t.at(from + 1, &Token::Eq);
            let name = if named { t.word(*from).map(str::to_lowercase) } else { names.get(n).cloned().flatten() };
            let Some(name) = name else { continue };
            let value = from + 2 * usize::from(named);
            let back = t.any(until - 1, &["OUT", "OUTPUT"]).then(|| t.word(value).map(str::to_lowercase)).flatten();
            let sources = self.value(t, value, *until, context);
            bound.push((Bound { before: context.variables.get(&name).cloned().unwrap_or_default(), name, back }, sources));
        }
        for (Bound { name, .. }, sources) in &bound {
            context.change(name).sources.clone_from(sources);
        }
        context.handed = bound.iter().filter(|(b, _)| b.back.is_some()).map(|(b, _)| b.name.clone()).collect();
        bound.into_iter().map(|(bound, _)| bound).collect()
    }

    /// What the arguments of a call of `routine` read, `name => value` and `@name = value` among them; gives what each is made of, where that
    /// is known.
    pub(crate) fn arguments(&mut self, t: &Tokens, from: usize, to: usize, routine: &Name, context: &mut Context) -> Vec<Projection> {
        let (from, to) = if t.open(from) { t.inner(from, to) } else { (from, to) };
        let mut passed = Vec::new();
        for (at, (start, end)) in t.commas(from, to).into_iter().enumerate() {
            let named = [Token::RArrow, Token::Assignment, Token::Eq].iter().any(|sign| t.at(start + 1, sign));
            let value = start + 2 * usize::from(named);
            let table = t.word(value).filter(|_| end == value + 1).and_then(|word| self.temps.get(&word.to_lowercase()));
            let branches = match table {
                // A table variable.
                Some(table) => vec![flatten(&table.rows)],
                None => {
                    let sources = self.value(t, value, end, context);
                    let span = context.stands_at.unwrap_or_else(|| t.span(value, end));
                    let expression = if end > value + 1 { text(&t.list[value..end]) } else { String::new() };
                    vec![vec![Output::Column { name: String::new(), sources, expression, span }]]
                }
            };
            let known = |o: &Output| !matches!(o, Output::Column { sources, .. } if sources.is_empty());
            if branches.iter().flatten().any(known) && self.count_copies(branches.iter().map(|row| size(row)).sum()) {
                let which = if named { t.word(start).unwrap_or_default().to_lowercase() } else { (at + 1).to_string() };
                passed.push(Projection { target: routine.passed(&which), columns: None, by_name: false, branches, indirect: Vec::new() });
            }
        }
        passed
    }
}

/// A parameter of a text that is run.
struct Bound {
    name: String,
    /// What its name held outside the text.
    before: Variable,
    /// The variable that takes its value, in lower case.
    back: Option<String>,
}

/// Gives variables what the text left in its parameters, whose names then mean what they did before.
fn unbind(bound: Vec<Bound>, context: &mut Context) {
    context.handed.clear();
    let left = |b: &Bound| Some((b.back.clone()?, context.variables.get(&b.name)?.sources.clone()));
    let left: Vec<_> = bound.iter().filter_map(left).collect();
    for Bound { name, before, .. } in bound {
        *context.change(&name) = before;
    }
    for (variable, sources) in left {
        context.change(&variable).sources = sources;
    }
}

/// The value of the first argument of a call at `at`, with its name or without.
fn argument(t: &Tokens, at: usize, to: usize) -> (usize, usize) {
    let end = t.find(at, to, |i| t.at(i, &Token::Comma)).unwrap_or(to);
    (if t.at(at + 1, &Token::Eq) { at + 2 } else { at }, end)
}
