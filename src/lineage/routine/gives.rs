//! What a routine gives back: the rows of its queries, of a record, or of the table variable that its header names, or one value.
//!
//! They are facts of the file, under a name of their own ([`Name::rows`]): what the routine's statements put into that name is what
//! linking finds when some file selects from the routine or inserts what it gives.

use crate::lineage::define::text;
use crate::lineage::draft::{Context, Draft, Parameter};
use crate::lineage::engine::Engine;
use crate::lineage::scope::{Shape, Temp, given, is_lent, merge, size, temp_key};
use crate::lineage::split::text_of;
use crate::lineage::statement::ident;
use crate::lineage::token::Tokens;
use crate::lineage::variable::{Variable, take_rows};
use crate::lineage::{ColumnSource, Kind, Name, Output, PARAMETERS, Projection, Relation, STATUS, Single, Span, Star, place};
use sqlparser::tokenizer::Token;
use std::sync::Arc;

/// Temporary tables that one call may fill; people have a few at a time.
const MAX_LENT: usize = 16;

/// Temporaries alive at a call beyond which it is not asked which of them it fills: each call looks at all of them.
const MAX_ALIVE: usize = 256;

/// Parameters of one routine that are followed: databases allow 100 to 2,100, people write ten.
const MAX_PASSED: usize = 256;

/// How callers say which parameter they mean: by its place or by its name.
fn which(at: usize, parameter: &Parameter) -> [String; 2] {
    [(at + 1).to_string(), parameter.name.clone()]
}

/// The parameters of the routine `name` hold what it is called with.
pub(super) fn hold_passed(name: &Name, kind: Kind, context: &mut Context) {
    for (at, parameter) in context.parameters.iter().enumerate().take(MAX_PASSED).filter(|(_, parameter)| !parameter.table) {
        let Some(held) = context.variables.get_mut(&parameter.name) else { continue };
        held.sources = which(at, parameter).map(|which| ColumnSource::passed(name, &which)).to_vec();
        held.sources.extend((kind == Kind::Function).then(|| ColumnSource::argument(&name.rows())));
    }
}

/// What a routine gives back as `rows` is made of what this caller calls it with, not of what others do.
fn of_caller(output: &mut Output, rows: &Name, owner: Option<&Name>) {
    let Output::Column { sources, .. } = output else { return };
    if let Some(owner) = owner.filter(|_| is_lent(rows.returned_by())) {
        for source in sources.iter_mut() {
            let here = source.tables.first().and_then(Name::passed_by).map(|which| owner.passed_here(which));
            source.tables = here.map_or_else(|| std::mem::take(&mut source.tables), Single::One);
        }
        return;
    }
    let part = sources.iter().filter(|s| s.is_passed()).map(|s| s.subtype).max();
    sources.retain(|s| !s.is_passed());
    let argument = part.map(|subtype| ColumnSource { subtype, ..ColumnSource::argument(rows) });
    merge(sources, argument.into_iter().collect());
}

/// A row of a caller's temporary without what the caller had in it before.
fn put_there(row: Vec<Output>) -> Vec<Output> {
    let mut own = Vec::with_capacity(row.len());
    for output in row {
        match output {
            Output::Star(star) if star.table.is_passed() => own.extend(star.replace),
            output => own.push(output),
        }
    }
    own
}

/// The rows that a routine gives back.
#[derive(Debug)]
pub(crate) struct Gives {
    /// What stands for them.
    rows: Name,
    /// Their columns, when the header names them; else those of the queries.
    columns: Vec<String>,
    /// The table variable whose rows they are.
    variable: Option<Name>,
    parameters: Vec<Parameter>,
    /// Of a procedure, which gives back no value: what it returns is a status.
    status: bool,
}

impl Gives {
    /// Whether what it returns is no row of its own but a status.
    pub(crate) fn status(&self) -> bool {
        self.status
    }

    /// Whether it is a parameter, in lower case, whose value goes back to who calls.
    pub(crate) fn hands_back(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter.back && parameter.name == name)
    }
}

impl Engine<'_> {
    /// What the routine `name` with the header in `from..to` gives back; columns that it returns by parameters are in `out`.
    pub(super) fn gives(&mut self, kind: Kind, name: &Name, t: &Tokens, (from, to): (usize, usize), out: Vec<String>) -> Gives {
        let mut gives = Gives { rows: name.rows(), columns: out, variable: None, parameters: Vec::new(), status: kind != Kind::Function };
        let Some(returns) = (from..to).find(|i| t.is(*i, "RETURNS")) else { return gives };
        let mut at = returns + 1;
        if let Some((variable, after)) = self.name_at(t, at).filter(|(name, _)| name.last().starts_with('@')) {
            gives.variable = Some(variable);
            at = after + usize::from(t.is(after, "AS"));
        }
        if !t.is(at, "TABLE") {
            // Rows of a table: the names are the table's, whatever a query calls its columns.
            if gives.columns.is_empty()
                && let Some((of, _)) = self.name_at(t, at + usize::from(t.is(at, "SETOF")))
            {
                gives.columns = self.known_columns(&of);
            }
            return gives;
        }
        if t.open(at + 1) {
            let (start, end) = t.inner(at + 1, to);
            gives.columns = match gives.variable {
                // Keys and checks stand among its columns.
                Some(_) => self.read_columns(t, start, end).columns.into_iter().map(|c| c.name).collect(),
                None => t.commas(start, end).into_iter().filter_map(|(from, _)| ident(t, from)).collect(),
            };
        } else if t.at(at + 1, &Token::Lt) {
            // BigQuery: TABLE<a INT64, b STRING>.
            let starts = (at + 2..to).filter(|i| t.at(i - 1, &Token::Lt) && *i == at + 2 || t.at(i - 1, &Token::Comma));
            gives.columns = starts.take_while(|i| *i < to).filter_map(|i| ident(t, i)).collect();
        }
        gives
    }

    /// What the body of the routine `name` begins with: its table variable, and parameters that hold what it is called with.
    pub(super) fn begin_giving(&mut self, mut gives: Gives, name: &Name, kind: Kind, context: &mut Context) {
        if let Some(variable) = &gives.variable {
            self.temps.insert(temp_key(variable), Temp { columns: gives.columns.clone(), ..Temp::default() });
        }
        // Without brackets they stand where the body is looked for.
        hold_passed(name, kind, context);
        gives.parameters = std::mem::take(&mut context.parameters);
        for (at, parameter) in gives.parameters.iter().enumerate().filter(|(_, parameter)| parameter.table) {
            let reads = which(at, parameter).map(|which| name.passed(&which)).to_vec();
            let rows = reads.iter().map(|rows| vec![Output::Star(Star::of(rows.clone(), 0))]).collect();
            self.temps.insert(parameter.name.clone(), Temp { rows, reads, ..Temp::default() });
        }
        self.borrower = (kind == Kind::Procedure).then(|| name.clone());
        context.gives = Some(Arc::new(gives));
    }

    /// Gives back what the routine holds in the end.
    pub(super) fn end_giving(&mut self, t: &Tokens, at: usize, context: &Context) {
        self.give_table(t, at, context);
        if context.gives.as_deref().is_some_and(|gives| gives.status) {
            self.give_parameters(t, at, context);
            self.give_temporaries(t, at, context);
        }
    }

    /// What a routine within `outer` leaves in the variables of that, a package or a routine: who runs next may find it there.
    pub(super) fn leave_outside(&self, context: &Context, outer: &mut Context) {
        let parameter = |name: &str| context.gives.as_deref().is_some_and(|gives| gives.parameters.iter().any(|p| p.name == name));
        let own = |name: &String| context.own.contains(name) || parameter(name);
        for (name, held) in outer.variables.iter_mut().filter(|(name, _)| !own(name)) {
            let Some(left) = context.variables.get(name) else { continue };
            merge(&mut held.sources, left.sources.clone());
            take_rows(held, left.rows.clone());
        }
    }

    /// The values of a procedure's parameters.
    fn give_parameters(&mut self, t: &Tokens, at: usize, context: &Context) {
        let (Some(Gives { parameters, .. }), Some(owner)) = (context.gives.as_deref(), &context.owner) else { return };
        if !parameters.iter().any(|parameter| parameter.back) {
            return;
        }
        let span = context.stands_at.unwrap_or_else(|| t.span(at.saturating_sub(1), at));
        let held = |p: &Parameter| context.variables.get(&p.name).filter(|_| p.back).map(|held| held.sources.clone());
        let output = |parameter: &Parameter| Output::Column {
            name: parameter.name.clone(),
            sources: held(parameter).unwrap_or_default(),
            expression: String::new(),
            span,
        };
        self.give_by(owner.returned(PARAMETERS), false, parameters.iter().map(output).collect(), Vec::new(), span, context);
    }

    /// What it puts into temporary tables that it did not make: its own die with it.
    fn give_temporaries(&mut self, t: &Tokens, at: usize, context: &Context) {
        let Some(owner) = &context.owner else { return };
        let span = context.stands_at.unwrap_or_else(|| t.span(at.saturating_sub(1), at));
        let mut temps: Vec<(String, Temp)> = std::mem::take(&mut self.temps).into_iter().collect();
        temps.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (key, Temp { rows, reads, decided, lent, .. }) in temps.into_iter().filter(|(key, _)| is_lent(key)) {
            let Some(by_name) = lent else { continue };
            let mut decided = Some(decided);
            let name = owner.returned(&key);
            for read in reads.into_iter().filter(|read| !read.is_passed()) {
                self.edge(Relation::Derives, Some(name.clone()), Some(read), span.line, 1.0);
            }
            for row in rows {
                self.give_by(name.clone(), by_name, put_there(row), decided.take().unwrap_or_default(), span, context);
            }
        }
    }

    fn give_by(&mut self, rows: Name, by_name: bool, mut row: Vec<Output>, indirect: Vec<ColumnSource>, span: Span, context: &Context) {
        row.iter_mut().for_each(|output| of_caller(output, &rows, context.owner.as_ref()));
        // That a parameter is made of nothing says that it is not made of others.
        let nothing = row.iter().all(|output| matches!(output, Output::Column { sources, .. } if sources.is_empty()));
        if nothing && indirect.is_empty() && rows.returned_by() != PARAMETERS {
            return;
        }
        let named = |output: &Output| if let Output::Column { name, .. } = output { Some(name.clone()) } else { None };
        let columns: Option<Vec<String>> = row.iter().map(named).collect();
        let projections = vec![Projection { target: rows, columns, by_name, branches: vec![row], indirect }];
        let draft = Draft { kind: "RETURN".into(), span, confidence: 1.0, derives: true, projections, ..Draft::default() };
        self.finish(draft, context);
    }

    /// The temporaries alive that a call shares with the procedure called, the first by name.
    fn shared(&self) -> Vec<String> {
        if self.temps.len() > MAX_ALIVE {
            return Vec::new();
        }
        let mut alive: Vec<String> = self.temps.keys().filter(|key| is_lent(key)).cloned().collect();
        alive.sort_unstable();
        alive.truncate(MAX_LENT);
        alive
    }

    /// What a call of `routine` finds in the temporary tables that are alive.
    pub(crate) fn lend_temporaries(&self, routine: &Name) -> Vec<Projection> {
        let mut lent = Vec::new();
        for key in self.shared() {
            let Some(temp) = self.temps.get(&key).filter(|temp| !temp.rows.is_empty()) else { continue };
            if !self.count_copies(temp.decided.len() + temp.rows.iter().map(|row| size(row)).sum::<usize>()) {
                break;
            }
            let (branches, indirect) = (temp.rows.clone(), temp.decided.clone());
            lent.push(Projection { target: routine.passed(&key), columns: None, by_name: true, branches, indirect });
        }
        lent
    }

    /// What a call of `routine` may have put into the temporary tables that are alive.
    pub(crate) fn take_temporaries(&mut self, routine: &Name, line: u32) {
        for key in self.shared() {
            let rows = routine.returned(&key);
            let Some(temp) = self.temps.get(&key) else { continue };
            let columns: Vec<String> = temp.columns.iter().filter(|c| !temp.generated.contains(c)).cloned().collect();
            if !self.count_copies(2 * columns.len()) {
                return;
            }
            let output = |(at, name): (usize, &String)| Output::Column {
                name: name.clone(),
                // By its name where the routine gives names, else by its place.
                sources: [name.clone(), place(at, Some(columns.len()))].map(|column| ColumnSource::of(rows.clone(), column)).into(),
                expression: String::new(),
                span: Span { line, line_end: line, ..Span::default() },
            };
            let row = columns.iter().enumerate().map(output).collect();
            let shape = if columns.is_empty() { Shape::new() } else { vec![row] };
            self.fill(&Name::new([key.as_str()]), None, shape, vec![(rows, line)], Vec::new());
        }
    }

    /// The values that a call of `routine` with these arguments, which are made of `passed`, leaves in variables.
    pub(crate) fn take_parameters(
        &mut self,
        t: &Tokens,
        (from, to): (usize, usize),
        routine: &Name,
        passed: &[ColumnSource],
        context: &mut Context,
    ) {
        let rows = routine.returned(PARAMETERS);
        for (at, (start, end)) in t.commas(from, to).into_iter().enumerate() {
            let named = [Token::RArrow, Token::Assignment, Token::Eq].iter().any(|sign| t.at(start + 1, sign));
            let value = start + 2 * usize::from(named);
            let marked = end > value + 1 && t.any(end - 1, &["OUT", "OUTPUT"]);
            let Some(variable) = t.word(value).map(str::to_lowercase).filter(|_| end == value + 1 + usize::from(marked)) else { continue };
            // MySQL's @v need not be declared.
            let known = context.variables.contains_key(&variable) || variable.starts_with('@');
            if !marked && (self.grammar.is_tsql() || !known) {
                continue;
            }
            let column = if named { t.word(start).unwrap_or_default().to_lowercase() } else { place(at, None) };
            let given = given(&rows, &column, if marked { passed } else { &[] });
            if !self.count_copies(given.len()) {
                return;
            }
            let held = context.change(&variable);
            if marked {
                held.sources.clear();
                held.rows.clear();
            }
            // Where no mark says so, it may be a value that only goes in.
            merge(&mut held.sources, given);
        }
    }

    /// Gives back what its table variable holds in the end.
    fn give_table(&mut self, t: &Tokens, at: usize, context: &Context) {
        let Some(Gives { variable: Some(variable), .. }) = context.gives.as_deref() else { return };
        let Some(temp) = self.temps.get(&temp_key(variable)) else { return };
        let (rows, reads, decided) = (temp.rows.clone(), temp.reads.clone(), temp.decided.clone());
        let mut draft = Draft { kind: "RETURN".into(), span: t.span(at.saturating_sub(1), at), confidence: 1.0, ..Draft::default() };
        let line = draft.span.line;
        let (routines, relations): (Vec<Name>, Vec<Name>) = reads.into_iter().partition(Name::is_rows);
        draft.reads = relations.into_iter().map(|name| (name, line)).collect();
        draft.rows = routines.into_iter().map(|name| (name, line)).collect();
        self.give(&mut draft, rows, decided, context);
        self.finish(draft, context);
    }

    /// The rows of a query, record or variable are what the routine gives back; `indirect` decides on them.
    pub(crate) fn give(&mut self, draft: &mut Draft, mut rows: Shape, indirect: Vec<ColumnSource>, context: &Context) {
        let Some(gives) = context.gives.as_deref() else { return };
        rows.iter_mut().flatten().for_each(|output| of_caller(output, &gives.rows, None));
        if rows.iter().all(Vec::is_empty) {
            return;
        }
        draft.gives = Some(gives.rows.clone());
        let columns = (!gives.columns.is_empty()).then(|| gives.columns.clone());
        draft.projections.push(Projection { target: gives.rows.clone(), columns, by_name: false, branches: rows, indirect });
    }

    /// `RETURN NEXT record`, `RETURN TABLE(result)`, and `RETURN NEXT` of what the columns were set to.
    pub(crate) fn give_variable(&mut self, variable: Option<&str>, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        let Some(gives) = context.gives.clone() else { return };
        let held = |name: &str| context.variables.get(&name.to_lowercase());
        let rows = match variable {
            Some(name) => held(name).map(|v: &Variable| v.rows.clone()).unwrap_or_default(),
            None => {
                let span = context.stands_at.unwrap_or_else(|| t.span(from, to));
                let column = |name: &String| Output::Column {
                    name: name.clone(),
                    sources: held(name).map(|v| v.sources.clone()).unwrap_or_default(),
                    expression: String::new(),
                    span,
                };
                vec![gives.columns.iter().map(column).collect()]
            }
        };
        let mut draft = Draft { kind: "RETURN".into(), span: t.span(from, to), confidence: 1.0, derives: true, ..Draft::default() };
        self.give(&mut draft, rows, Vec::new(), context);
        if draft.gives.is_some() {
            self.finish(draft, context);
        }
    }

    /// Oracle's `PIPE ROW (object(a, b))` and `PIPE ROW (record)`: one row of what the function gives back.
    pub(crate) fn pipe_row(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        let (start, end) = if t.open(from) { t.inner(from, to) } else { (from, to) };
        let span = context.stands_at.unwrap_or_else(|| t.span(from, to));
        let column = |name: String, sources| Output::Column { name, sources, expression: String::new(), span };
        // What has fields whose order nobody tells is taken by their names alone.
        let (mut row, mut by_name): (Vec<Output>, bool) = (Vec::new(), false);
        if t.word(start).is_some() && t.open(start + 1) && t.skip(start + 1, end) >= end {
            let fields = context.fields_of_type(t.word(start).unwrap_or_default());
            let (first, last) = t.inner(start + 1, end);
            for (at, (from, to)) in t.commas(first, last).into_iter().filter(|(from, to)| from < to).enumerate() {
                let named = t.word(from).filter(|_| t.at(from + 1, &Token::RArrow)).map(str::to_owned);
                by_name |= named.is_some();
                let sources = self.value(t, from + 2 * usize::from(named.is_some()), to, context);
                row.push(column(named.or_else(|| fields.get(at).cloned()).unwrap_or_else(|| place(at, None)), sources));
            }
            if by_name && !fields.is_empty() {
                let given = |field: &String| {
                    let is = |o: &&Output| matches!(o, Output::Column { name, .. } if name.eq_ignore_ascii_case(field));
                    row.iter().find(is).cloned().unwrap_or_else(|| column(field.clone(), Vec::new()))
                };
                (row, by_name) = (fields.iter().map(given).collect(), false);
            }
        } else if let Some(record) = t.word(start).filter(|_| end == start + 1) {
            let (fields, ordered) = context.fields_of(record);
            if fields.is_empty() {
                return self.give_variable(Some(record), t, from, to, context);
            }
            row.extend(fields.into_iter().map(|(name, sources)| column(name, sources)));
            by_name = !ordered;
        } else {
            return self.condition(t, start, end, context);
        }
        let mut draft = Draft { kind: "RETURN".into(), span, confidence: 1.0, derives: true, ..Draft::default() };
        self.give(&mut draft, vec![row], Vec::new(), context);
        draft.projections.iter_mut().for_each(|p| p.by_name = by_name && p.columns.is_none());
        self.finish(draft, context);
    }

    /// The value in `from..to` is what the function gives back: one row of one column.
    pub(crate) fn give_value(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        let sources = self.value(t, from, to, context);
        let (false, Some(gives)) = (sources.is_empty(), context.gives.as_deref()) else { return };
        let span = context.stands_at.unwrap_or_else(|| t.span(from, to));
        let value = Output::Column { name: String::new(), sources, expression: text(&t.list[from..to]), span };
        if gives.status {
            let status = context.owner.as_ref().map(|owner| owner.returned(STATUS));
            status.into_iter().for_each(|rows| self.give_by(rows, false, vec![value.clone()], Vec::new(), span, context));
            return;
        }
        let mut draft = Draft { kind: "RETURN".into(), span, confidence: 1.0, derives: true, ..Draft::default() };
        self.give(&mut draft, vec![vec![value]], Vec::new(), context);
        self.finish(draft, context);
    }

    /// Snowflake's `AS $$ a * b $$`: whether the string at `at` holds a value, which is then what the function gives back.
    pub(super) fn give_text(&mut self, t: &Tokens, at: usize, context: &mut Context) -> bool {
        const STATEMENTS: [&str; 11] =
            ["SELECT", "WITH", "VALUES", "TABLE", "FROM", "BEGIN", "DECLARE", "LET", "RETURN", "CALL", "EXECUTE"];
        let Some(text) = text_of(t, at).filter(|_| self.grammar.is(&["snowflake"])) else { return false };
        let tok = &t.list[at];
        let quotes = match &tok.token {
            Token::DollarQuotedString(s) => Some(s.tag.as_ref().map_or(0, String::len) as u32 + 2),
            _ => None,
        };
        let mut tokens = Tokens::read(text, self.grammar, tok.start + quotes.unwrap_or(0), tok.line);
        let end = tokens.list.len();
        let query = tokens.open(0) && tokens.any(1, &["SELECT", "WITH"]);
        if end == 0 || query || tokens.any(0, &STATEMENTS) || tokens.statement_end(0, end) < end {
            return false;
        }
        if let Some(place) = context.stands_at.or_else(|| quotes.is_none().then(|| t.span(at, at + 1))) {
            tokens.stand_at(place);
        }
        self.tokens += end;
        self.give_value(&tokens, 0, end, context);
        true
    }

    /// Of several queries only the last gives rows, as in SQL's own functions; those before are of statements from `first` on.
    pub(super) fn only_last_gives(&mut self, first: usize, context: &Context) {
        let Some(gives) = context.gives.as_deref() else { return };
        let to_it = |p: &Projection| p.target == gives.rows;
        let statements = &mut self.facts.statements[first..];
        let last = statements.iter().rposition(|s| s.projections.iter().any(to_it));
        for statement in statements.iter_mut().take(last.unwrap_or(0)) {
            statement.projections.retain(|p| !to_it(p));
        }
    }
}
