//! What variables hold: the columns that a value was read from, the rows of a record or cursor, the text of dynamic SQL.
//!
//! An assignment replaces what was held; where branches meet, a variable holds what each of them leaves ([`branch`]).

use super::draft::{Context, Draft};
use super::engine::Engine;
use super::scope::{Shape, flatten, merge, size, temp_key};
use super::token::{Tok, Tokens};
use super::{ColumnSource, Name, Output, Projection, Star};
use foldhash::{HashMap, HashSet};
use sqlparser::tokenizer::Token;
use std::sync::Arc;

mod bound;
mod branch;
mod text;

pub(crate) use branch::{Branch, Ends};
pub(crate) use text::{UNKNOWN, is_computed, known};

/// A parameter, variable, record or cursor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variable {
    /// The columns that its value is made of.
    pub(crate) sources: Vec<ColumnSource>,
    /// What a cursor selects or a record takes its row from.
    pub(crate) rows: Shape,
    /// Constant texts, one for each branch that may have set it.
    texts: Vec<text::Text>,
    /// The fields of a record, or of a collection of such, by the type that it was declared of.
    fields: Arc<[String]>,
    /// It is a prepared statement, read already.
    pub(crate) prepared: bool,
}

impl Variable {
    /// A row of `table`.
    pub(crate) fn row_of(table: &Name, line: u32) -> Variable {
        Variable { rows: vec![vec![Output::Star(Star::of(table.clone(), line))]], ..Variable::default() }
    }

    fn of_rows(rows: Shape) -> Variable {
        let mut variable = Variable::default();
        take_rows(&mut variable, rows);
        variable
    }

    /// The text that it holds, if that is known.
    pub(crate) fn text(&self) -> Option<&str> {
        match self.texts.as_slice() {
            [only] if !only.holes => Some(&only.text),
            _ => None,
        }
    }

    /// The texts that it may hold.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|t| t.text.as_str())
    }

    /// What copying it counts for.
    fn size(&self) -> usize {
        self.sources.len() + self.rows.iter().map(|arm| size(arm)).sum::<usize>()
    }

    /// Whether anything is known of where its value comes from.
    pub(crate) fn holds(&self) -> bool {
        !self.sources.is_empty() || !self.rows.is_empty()
    }
}

/// The variables of a body, by lower-case name.
pub(crate) type Variables = HashMap<String, Variable>;

/// What a variable or a mark that stands for one is called: `x`, the `1` of `:1`, `$1`.
pub(crate) fn name_of(token: &Token) -> Option<&str> {
    match token {
        Token::Word(word) => Some(&word.value),
        Token::Number(name, _) | Token::Placeholder(name) => Some(name),
        _ => None,
    }
}

/// Rows of one cursor or record kept: the arms of its query and the places that fill it.
const MAX_ROWS: usize = 16;

impl Context {
    /// It stands within `outer`, whose variables and cursors it sees.
    pub(crate) fn sees(&mut self, outer: &mut Context) {
        outer.copied += outer.variables.values().map(|held| 1 + held.size()).sum::<usize>();
        self.variables.clone_from(&outer.variables);
    }

    /// Whether a variable whose origin is known stands in `tokens`.
    pub(crate) fn holds_any(&self, tokens: &[Tok]) -> bool {
        let holds = |w: &str| self.variable(w).or_else(|| self.variable(w.strip_prefix('$')?)).is_some_and(Variable::holds);
        // A field of a record may be all that is known of it.
        let field = |three: &[Tok]| match (&three[0].token, &three[1].token, &three[2].token) {
            (Token::Word(record), Token::Period, Token::Word(field)) => holds(&format!("{}.{}", record.value, field.value)),
            _ => false,
        };
        !self.variables.is_empty() && (tokens.iter().any(|t| name_of(&t.token).is_some_and(holds)) || tokens.windows(3).any(field))
    }

    /// Whether the record of this name, in lower case, is the row that a trigger's table will store.
    fn is_new(&self, record: &str) -> bool {
        record == "new" || self.new_row.as_deref() == Some(record)
    }

    /// The fields of the record type of this name, if it is in sight.
    pub(crate) fn fields_of_type(&self, name: &str) -> Arc<[String]> {
        self.variables.get(&type_key(name)).map(|kind| Arc::clone(&kind.fields)).unwrap_or_default()
    }

    /// The fields of a record that is set field by field, with what they hold; whether they come in the order of its type.
    pub(crate) fn fields_of(&self, record: &str) -> (Vec<(String, Vec<ColumnSource>)>, bool) {
        let key = format!("{}.", record.to_lowercase());
        let held = |field: &str| self.variables.get(&format!("{key}{}", field.to_lowercase())).map(|v| v.sources.clone());
        let declared = self.variable(record).map(|v| Arc::clone(&v.fields)).unwrap_or_default();
        if !declared.is_empty() {
            let set = declared.iter().any(|field| held(field).is_some());
            return (declared.iter().filter(|_| set).map(|field| (field.clone(), held(field).unwrap_or_default())).collect(), true);
        }
        let mut names: Vec<&str> = self.variables.keys().filter_map(|name| name.strip_prefix(&key)).collect();
        names.sort_unstable();
        (names.into_iter().map(|field| (field.to_owned(), held(field).unwrap_or_default())).collect(), false)
    }

    /// Whether the variable of this name holds a row of several columns.
    pub(crate) fn is_record(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|v| v.rows.iter().any(|row| row.len() > 1))
    }

    /// The variable of this name, in any case.
    fn variable(&self, name: &str) -> Option<&Variable> {
        let lower = name.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
        if lower { self.variables.get(name) } else { self.variables.get(&name.to_lowercase()) }
    }
}

impl Engine<'_> {
    /// `FOR r IN query LOOP`, `FOR r IN cursor LOOP`, `FOR r AS c CURSOR FOR query DO`, whose loop ends before `to`; gives where the body begins.
    pub(crate) fn for_loop(&mut self, t: &Tokens, at: usize, end: usize, to: usize, context: &mut Context) -> usize {
        let stop = t.find(at, end, |i| t.any(i, &["LOOP", "DO"]));
        let within = stop.unwrap_or(end);
        let next = stop.map_or(end, |s| s + 1);
        let Some(source) = t.find(at, within, |i| t.any(i, &["IN", "AS"])) else { return next };
        // PL/pgSQL has a variable for each column, too.
        let names = t.commas(at + 1, source);
        let record = t.word(at + 1).filter(|_| names.len() == 1).map(str::to_lowercase);
        if let Some(record) = &record {
            context.declare(record);
        }
        let mut from = source + 1;
        while t.any(from, &["REVERSE", "ARRAY", "SLICE"]) {
            from += 1;
        }
        if let Some(query) = t.find(from, within.min(from + 6), |i| t.is(i, "FOR")).filter(|f| (from..*f).any(|i| t.is(i, "CURSOR"))) {
            from = query + 1;
        }
        let query = t.any(from, &["SELECT", "WITH"]) || t.open(from) && t.any(from + 1, &["SELECT", "WITH"]);
        let rows = if query {
            self.select(t, from, within, context)
        } else if t.is(from, "EXECUTE") {
            self.captured(t, from + 1, within, context)
        } else if let Some(cursor) = t.word(from).and_then(|w| context.variables.get(&w.to_lowercase())).filter(|c| !c.rows.is_empty()) {
            cursor.rows.clone()
        } else {
            self.condition(t, from, within, context);
            Shape::new()
        };
        match record {
            Some(record) => *context.change(&record) = Variable::of_rows(rows),
            None => {
                let targets: Vec<String> = names.into_iter().map(|(from, to)| target(&t.list[from..to])).collect();
                self.take_row(&targets, &rows, context);
            }
        }
        if stop.is_some() {
            self.read_ahead(t, next, to, context);
            self.enter(Branch::new(Ends::End), t.line(at), context);
        }
        next
    }

    /// `FETCH cursor INTO targets`; gives where it ends.
    pub(crate) fn fetch(&mut self, t: &Tokens, at: usize, end: usize, context: &mut Context) -> usize {
        let end = self.soft_end(t, at, end);
        let Some(into) = t.find(at, end, |i| t.is(i, "INTO")) else { return end };
        let cursor = if t.seq(into.saturating_sub(2), &["BULK", "COLLECT"]) { into.saturating_sub(3) } else { into - 1 };
        let rows = t.word(cursor).and_then(|w| context.variables.get(&w.to_lowercase())).map(|c| c.rows.clone());
        let stop = t.find(into, end, |i| t.is(i, "LIMIT")).unwrap_or(end);
        if let Some(rows) = rows {
            let targets: Vec<String> = t.commas(into + 1, stop).into_iter().map(|(from, to)| target(&t.list[from..to])).collect();
            self.take_row(&targets, &rows, context);
        }
        end
    }

    /// `PREPARE s FROM text`, `PREPARE s FROM statement`, `PREPARE s (types) AS statement`: read where it is prepared, not where it is executed.
    pub(crate) fn prepare(&mut self, t: &Tokens, at: usize, end: usize, context: &mut Context) {
        let Some(name) = t.word(at + 1).map(str::to_lowercase) else { return };
        match t.find(at + 2, end, |i| t.any(i, &["FROM", "AS"])) {
            // Trino has the statement itself there, MySQL its text.
            Some(word) if t.is(word, "FROM") && (t.string(word + 1).is_some() || end == word + 2) => {
                drop(self.captured(t, word + 1, end, context));
            }
            Some(word) => self.statement(t, word + 1, end, context),
            None => {}
        }
        context.declare(&name).prepared = true;
    }

    /// `OPEN cursor FOR query`.
    pub(crate) fn open_cursor(&mut self, t: &Tokens, at: usize, end: usize, context: &mut Context) {
        let Some(query) = t.find(at, end, |i| t.is(i, "FOR")) else { return };
        if let Some(cursor) = t.word(at + 1).map(str::to_lowercase) {
            self.cursor(cursor, t, query + 1, end, context);
        }
    }

    /// A cursor or result set of this name over the query at `from..to`, or over dynamic SQL.
    pub(crate) fn cursor(&mut self, name: String, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        let other = t.word(from).filter(|_| to == from + 1).and_then(|w| context.variables.get(&w.to_lowercase()));
        let rows = if t.any(from, &["SELECT", "WITH", "VALUES"]) || t.open(from) {
            self.select(t, from, to, context)
        } else if let Some(other) = other.filter(|v| v.holds()) {
            // Snowflake: a cursor over a result.
            other.rows.clone()
        } else {
            self.captured(t, from + usize::from(t.any(from, &["EXECUTE"])), to, context)
        };
        *context.change(&name) = Variable::of_rows(rows);
    }

    /// `DECLARE` in its many meanings.
    pub(crate) fn declare(&mut self, t: &Tokens, at: usize, end: usize, context: &mut Context, declaring: &mut bool) -> usize {
        if t.any(at + 1, &["CONTINUE", "EXIT", "UNDO"]) {
            // A MySQL handler: its statement follows the conditions.
            let mut next = t.find(at, end, |i| t.is(i, "FOR")).map_or(end, |f| f + 1);
            loop {
                next += match t.word(next).map(str::to_uppercase).as_deref() {
                    Some("SQLSTATE") => 2 + usize::from(t.is(next + 1, "VALUE")),
                    Some("NOT") => 2,
                    _ => 1,
                };
                if !t.at(next, &Token::Comma) {
                    return next.min(end);
                }
                next += 1;
            }
        }
        if self.grammar.is_tsql() || t.word(at + 1).is_some_and(|w| w.starts_with('@')) {
            let stop = self.soft_end(t, at, end);
            if let Some(cursor) = t.find(at, stop.min(at + 12), |i| t.is(i, "CURSOR")) {
                if let (Some(name), Some(query)) = (t.word(at + 1).map(str::to_lowercase), t.find(cursor, stop, |i| t.is(i, "FOR"))) {
                    let tail = t.find(query + 1, stop, |i| t.is(i, "FOR") && t.any(i + 1, &["UPDATE", "READ"])).unwrap_or(stop);
                    self.cursor(name, t, query + 1, tail, context);
                }
                return stop;
            }
            for (from, to) in t.commas(at + 1, stop) {
                self.declaration(t, from, to, context);
            }
            return stop;
        }
        let cursor = t.find(at, end, |i| t.is(i, "CURSOR")).is_some();
        let alone = self.grammar.is(&["mysql", "bigquery", "databricks", "spark"]);
        if alone || cursor && !self.grammar.is(&["snowflake", "oracle"]) {
            // Spark: DECLARE OR REPLACE VARIABLE a INT DEFAULT 1.
            let first = at + 1 + 2 * usize::from(t.seq(at + 1, &["OR", "REPLACE"]));
            let said = t.any(first, &["VARIABLE", "VAR"]) && t.word(first + 1).is_some() && first + 2 < end;
            self.declaration(t, first + usize::from(said), end, context);
            *declaring |= !alone;
            return end;
        }
        *declaring = true;
        at + 1
    }

    /// One declared variable, cursor or table variable.
    pub(crate) fn declaration(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        let first = if t.is(from, "CURSOR") { from + 1 } else { from };
        let Some((name, after)) = self.name_at(t, first) else { return };
        let after = if t.is(after, "AS") { after + 1 } else { after };
        if t.is(after, "TABLE") && t.open(after + 1) {
            let (start, end) = t.inner(after + 1, to);
            let temp = self.read_columns(t, start, end).temporary();
            self.temps.insert(temp_key(&name), temp);
            return;
        }
        let variable = name.last().to_lowercase();
        let cursor = first > from || t.find(after, to.min(after + 4), |i| t.is(i, "CURSOR")).is_some();
        let bracket = after + usize::from(t.is(after, "CURSOR"));
        if cursor && t.open(bracket) {
            let (start, end) = t.inner(bracket, to);
            self.parameters(t, start, end, context);
        }
        if cursor && let Some(query) = t.find(after, to, |i| t.any(i, &["FOR", "IS"])) {
            return self.cursor(variable, t, query + 1, to, context);
        }
        let kind = t.word(after).and_then(|word| context.variables.get(&type_key(word))).map(|kind| kind.fields.clone());
        let declared = context.declare(&variable);
        declared.fields = kind.unwrap_or_default();
        if let Some(sign) = t.find(from, to, |i| t.at(i, &Token::Eq) || t.at(i, &Token::Assignment) || t.is(i, "DEFAULT")) {
            self.assign_value(&variable, t, sign + 1, to, context);
        } else if let Some(names) = t.find(from, to, |i| t.at(i, &Token::Comma)).filter(|_| self.grammar.is(&["mysql", "bigquery"])) {
            // DECLARE a, b INT
            for at in names..to {
                if t.at(at, &Token::Comma)
                    && let Some(word) = t.word(at + 1)
                {
                    context.declare(&word.to_lowercase());
                }
            }
        }
    }

    /// Oracle's `TYPE r IS RECORD (a NUMBER, b DATE)` and `TYPE l IS TABLE OF r`: the names of the fields.
    pub(crate) fn record_type(&self, t: &Tokens, at: usize, end: usize, context: &mut Context) {
        let Some(name) = t.word(at + 1) else { return };
        let fields: Arc<[String]> = if t.is(at + 3, "RECORD") && t.open(at + 4) {
            let (from, to) = t.inner(at + 4, end);
            t.commas(from, to).into_iter().filter_map(|(from, _)| t.word(from)).map(str::to_owned).collect()
        } else {
            let element = t.find(at + 3, end, |i| t.is(i, "OF")).and_then(|of| t.word(of + 1));
            element.and_then(|word| context.variables.get(&type_key(word))).map(|of| of.fields.clone()).unwrap_or_default()
        };
        if !fields.is_empty() {
            context.declare(&type_key(name)).fields = fields;
        }
    }

    /// `SET x = value`, `x := value`, `SET (a, b) = (SELECT …)`.
    pub(crate) fn assign(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        let Some(sign) = t.find(from, to, |i| t.at(i, &Token::Eq) || t.at(i, &Token::Assignment)) else {
            return self.condition(t, from, to, context);
        };
        if t.open(from) {
            let (first, last) = t.inner(from, sign);
            let targets: Vec<String> = t.commas(first, last).into_iter().map(|(from, to)| target(&t.list[from..to])).collect();
            if super::statement::starts_query(t, sign + 1) {
                let rows = self.select(t, sign + 1, to, context);
                self.take_row(&targets, &rows, context);
            }
            return;
        }
        // `@x += e` has an operator before the sign.
        let operator = sign > from
            && matches!(
                t.list[sign - 1].token,
                Token::Plus | Token::Minus | Token::Mul | Token::Div | Token::Mod | Token::Ampersand | Token::Pipe | Token::Caret
            );
        let name = target(&t.list[from.min(sign)..sign - usize::from(operator)]);
        if let Some((record, column)) = name.rsplit_once('.')
            && let Some(table) = context.trigger_table.clone().filter(|_| context.is_new(record))
        {
            return self.assign_new(&table, column, t, from, (sign + 1, to), context);
        }
        if t.is(sign + 1, "CURSOR") {
            // T-SQL: `SET @c = CURSOR options FOR query`.
            if let Some(query) = t.find(sign, to, |i| t.is(i, "FOR")) {
                let tail = t.find(query + 1, to, |i| t.is(i, "FOR") && t.any(i + 1, &["UPDATE", "READ"])).unwrap_or(to);
                self.cursor(name, t, query + 1, tail, context);
            }
            return;
        }
        if operator {
            let more = self.fold(t, sign + 1, to, context);
            context.change(&name).append(more);
            let sources = self.value(t, sign + 1, to, context);
            return merge(&mut context.change(&name).sources, sources);
        }
        self.assign_value(&name, t, sign + 1, to, context);
    }

    /// `SET NEW.column = value` in a trigger: the row that will be stored takes it.
    fn assign_new(&mut self, table: &Name, column: &str, t: &Tokens, from: usize, value: (usize, usize), context: &mut Context) {
        let sources = self.value(t, value.0, value.1, context);
        let line = t.line(from);
        let expression = super::define::text(&t.list[value.0..value.1]);
        let span = context.stands_at.unwrap_or_else(|| t.span(value.0, value.1));
        let output = Output::Column { name: column.to_owned(), sources, expression, span };
        let draft = Draft {
            kind: "SET".into(),
            span: t.span(from, value.1),
            writes: vec![(table.clone(), line)],
            projections: vec![Projection {
                target: table.clone(),
                columns: Some(vec![column.to_owned()]),
                by_name: false,
                branches: vec![vec![output]],
                indirect: Vec::new(),
            }],
            confidence: 1.0,
            derives: true,
            ..Draft::default()
        };
        self.finish(draft, context);
    }

    /// `SELECT … INTO NEW.column` in a trigger: the same of the columns of a query.
    pub(crate) fn take_new(&mut self, targets: &[String], rows: &Shape, draft: &mut Draft, context: &Context) {
        let new =
            |target: &String| target.rsplit_once('.').filter(|(record, _)| context.is_new(record)).map(|(_, column)| column.to_owned());
        let Some(table) = context.trigger_table.clone().filter(|_| targets.iter().any(|target| new(target).is_some())) else { return };
        let pairs = targets.iter().zip(flatten(rows)).filter_map(|(target, output)| Some((new(target)?, output)));
        let (columns, outputs): (Vec<String>, Vec<Output>) = pairs.unzip();
        draft.derives = true;
        draft.writes.push((table.clone(), draft.span.line));
        let (columns, branches) = (Some(columns), vec![outputs]);
        draft.projections.push(Projection { target: table, columns, by_name: false, branches, indirect: Vec::new() });
    }

    fn assign_value(&mut self, variable: &str, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        let own = |i: usize| t.word(i).is_some_and(|w| w.eq_ignore_ascii_case(variable));
        let text = self.fold(t, from, to, context);
        if !text.is_empty() && own(from) {
            // `SET @sql = @sql + …` adds to what every branch before it made.
            let rest = self.fold(t, from + 2, to, context);
            context.change(variable).append(rest);
            if context.holds_any(&t.list[from + 1..to]) {
                let sources = self.value(t, from + 1, to, context);
                merge(&mut context.change(variable).sources, sources);
            }
            return;
        }
        // Constants and their like come from nowhere.
        let queries = (from..to).any(|i| t.is(i, "SELECT"));
        let constant = !text.is_empty() && !queries && !context.holds_any(&t.list[from.min(to)..to]);
        let sources = if constant { Vec::new() } else { self.value(t, from, to, context) };
        // `x := other_record`, `RESULTSET := (SELECT …)`: the whole row.
        let whole = t.word(from).filter(|_| to == from + 1).and_then(|w| context.variables.get(&w.to_lowercase()));
        let rows = match whole {
            Some(whole) => whole.rows.clone(),
            None if self.grammar.is(&["snowflake"]) && t.open(from) && t.skip(from, to) == to => self.result_set(t, from, to, context),
            None => Shape::new(),
        };
        let within = t.find(from, to, own).is_some();
        let held = context.change(variable);
        held.sources = sources;
        held.rows = rows;
        // `SET @sql = LEFT(@sql, LEN(@sql) - 1)` is nearly what it was.
        if !text.is_empty() || !within {
            held.texts = text;
        }
    }

    /// Snowflake's `(SELECT …)` and `(EXECUTE IMMEDIATE …)` as the value of a result set.
    fn result_set(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> Shape {
        let (start, end) = t.inner(from, to);
        if t.seq(start, &["EXECUTE", "IMMEDIATE"]) {
            return self.captured(t, start + 2, end, context);
        }
        let query = super::statement::starts_query(t, from);
        if query { self.resolve(&t.list[start..end], context).map(|(rows, _)| rows).unwrap_or_default() } else { Shape::new() }
    }

    /// Puts one row of a query into variables: by position, or the whole row into a single record.
    pub(crate) fn take_row(&mut self, targets: &[String], rows: &Shape, context: &mut Context) {
        // What a cursor selects is copied for each row that is fetched.
        let rows = if self.count_copies(rows.iter().map(|arm| size(arm)).sum()) { rows } else { &Shape::new() };
        let mut outputs = flatten(rows).into_iter().map_while(|output| match output {
            Output::Column { sources, .. } => Some(sources),
            Output::Star(_) => None,
        });
        for name in targets {
            let sources = outputs.next().unwrap_or_default();
            let held = context.change(name);
            *held = Variable { sources, fields: std::mem::take(&mut held.fields), ..Variable::default() };
        }
        if let [only] = targets {
            let held = context.change(only);
            let rows = with_fields(rows, &held.fields);
            take_rows(held, rows);
        }
    }

    /// T-SQL's `SELECT @a = x, @b = y FROM …` and MySQL's `SELECT @a := x`: what the outputs are made of goes into the variables that they are named after, and so
    /// does text.
    pub(crate) fn take_assigned(&mut self, t: &Tokens, from: usize, to: usize, shape: &Shape, context: &mut Context) {
        let operator = |i: usize| t.at(i + 1, &Token::Eq) && !t.at(i, &Token::Comma) && t.word(i).is_none();
        // `@a += x` keeps what was held, and a second arm adds to the first.
        let mut kept: HashSet<String> = (from..to).filter(|i| operator(i + 1)).filter_map(|i| t.word(i)).map(str::to_lowercase).collect();
        let stop = t.find(from, to, |i| t.any(i, &["FROM", "WHERE", "UNION"])).unwrap_or(to);
        let items = if self.grammar.is_tsql() { t.commas(from + 1, stop) } else { Vec::new() };
        for (start, end) in items {
            let Some(variable) = t.word(start).filter(|w| w.starts_with('@')).map(str::to_lowercase) else { continue };
            let appended = t.at(start + 1, &Token::Plus) && t.at(start + 2, &Token::Eq);
            if !appended && !t.at(start + 1, &Token::Eq) {
                continue;
            }
            let own = t.is(start + 2, &variable) && t.at(start + 3, &Token::Plus);
            let value = start + if own { 4 } else { 2 + usize::from(appended) };
            let text = self.fold(t, value, end, context);
            let within = t.find(value, end, |i| t.is(i, &variable)).is_some();
            let held = context.change(&variable);
            if own || appended {
                held.append(text);
            } else if !text.is_empty() || !within {
                held.texts = text;
            }
        }
        for output in shape.iter().flatten() {
            if let Output::Column { name, sources, .. } = output
                && name.starts_with('@')
            {
                let name = name.to_lowercase();
                let held = context.change(&name);
                if kept.insert(name) {
                    held.sources.clear();
                }
                merge(&mut held.sources, sources.clone());
            }
        }
    }
}

/// What the fields of a type stand under among variables, which have no blank in their names.
fn type_key(name: &str) -> String {
    format!("type {}", name.to_lowercase())
}

/// Rows with the names of the fields that they go into, as far as no `*` hides which is which.
fn with_fields(rows: &Shape, fields: &[String]) -> Shape {
    let mut rows = rows.clone();
    for arm in &mut rows {
        for (output, field) in arm.iter_mut().zip(fields) {
            let Output::Column { name, .. } = output else { break };
            name.clone_from(field);
        }
    }
    rows
}

pub(crate) fn take_rows(variable: &mut Variable, rows: Shape) {
    for arm in rows {
        if variable.rows.len() < MAX_ROWS && !variable.rows.contains(&arm) {
            variable.rows.push(arm);
        }
    }
}

/// The name of what is assigned to: `x`, `@x`, `record.field`, `:x`; lower case.
pub(crate) fn target(tokens: &[Tok]) -> String {
    let words = tokens.iter().take_while(|t| t.token != Token::LParen && t.token != Token::LBracket).filter_map(|t| match &t.token {
        Token::Word(w) => Some(w.value.to_lowercase()),
        Token::Placeholder(p) => Some(p.trim_start_matches(':').to_lowercase()),
        _ => None,
    });
    words.filter(|w| w != "strict").collect::<Vec<_>>().join(".")
}
