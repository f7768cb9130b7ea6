//! Headers of procedures, functions, triggers, packages and tasks in every dialect, and where their bodies are.

use super::define::{asset, skip_exists, text};
use super::draft::{Context, Draft, Parameter};
use super::engine::Engine;
use super::scope::Shape;
use super::split::{MAX_DEPTH, body_string, text_of};
use super::statement::starts_query;
use super::token::Tokens;
use super::{Asset, FIRED, Kind, Name, Relation};
use sqlparser::tokenizer::Token;

mod bare;
mod fires;
mod gives;
mod inline;
mod strings;

pub(crate) use bare::Bare;
pub(crate) use fires::Fires;
use fires::changed_tables;
pub(crate) use gives::Gives;

/// Longest signature kept.
const MAX_SIGNATURE: usize = 500;

/// Tokens behind a signature in which a function's options are looked for: people write three.
const MAX_OPTIONS: usize = 64;

impl Engine<'_> {
    /// The index of PROCEDURE, FUNCTION, … when a CREATE or ALTER at `at` makes a routine.
    pub(crate) fn routine_keyword(&self, t: &Tokens, at: usize, to: usize) -> Option<usize> {
        let mut i = at + 1;
        let limit = to.min(at + 16);
        while i < limit {
            match t.word(i).map(str::to_uppercase).as_deref() {
                Some("PROCEDURE" | "PROC" | "FUNCTION" | "TRIGGER" | "PACKAGE" | "TASK" | "EVENT" | "MACRO" | "RULE") => {
                    // A rule of T-SQL is a check of values.
                    let other = t.is(i, "EVENT") && t.any(i + 1, &["TRIGGER", "SESSION", "NOTIFICATION"])
                        || t.is(i, "RULE") && (self.grammar.is_tsql() || !t.is(at, "CREATE"));
                    return (!other).then_some(i);
                }
                Some(
                    "OR" | "REPLACE" | "ALTER" | "DEFINER" | "EDITIONABLE" | "NONEDITIONABLE" | "TEMPORARY" | "TEMP" | "AGGREGATE"
                    | "CONSTRAINT" | "SECURE" | "TABLE" | "LOCAL",
                ) if !t.is(i, "TABLE") || t.is(i + 1, "FUNCTION") => i += 1,
                _ if t.is(at + 2, "=") || t.at(at + 2, &Token::Eq) || t.at(i, &Token::Eq) || t.at(i, &Token::AtSign) => i += 1,
                _ if (at + 1..i).any(|j| t.is(j, "DEFINER")) => i += 1,
                _ => return None,
            }
        }
        None
    }

    /// Reads the routine whose statement begins at `from` and whose kind stands at `keyword`; gives where it ends.
    pub(crate) fn routine(&mut self, t: &Tokens, from: usize, keyword: usize, to: usize, outer: &mut Context) -> usize {
        let word = t.word(keyword).unwrap_or_default().to_uppercase();
        let hard = t.statement_end(from, to);
        let mut at = skip_exists(t, keyword + 1);
        let package = word == "PACKAGE";
        let spec = package && !t.is(at, "BODY");
        at += usize::from(package && !spec);
        let Some((mut name, after)) = self.name_at(t, at) else { return hard };
        if let Some(owner) = outer.owner.as_ref().filter(|_| outer.trigger_table.is_none() && from == keyword) {
            // A routine of a package.
            name = Name::new(owner.0.iter().chain(&*name.0));
        }
        self.made_at_home(&mut name);
        let (mut hard, mut after) = (hard, after);
        if self.grammar.is_tsql()
            && t.at(after, &Token::SemiColon)
            && matches!(t.list.get(after + 1).map(|x| &x.token), Some(Token::Number(..)))
        {
            // `CREATE PROCEDURE p;2`: the second of a group.
            after += 2;
            hard = t.statement_end(after, to);
        }
        if outer.depth >= MAX_DEPTH {
            return hard;
        }
        if package {
            return self.package(t, name, after, spec, to, outer);
        }
        if word == "RULE" {
            return self.rule(t, from, name, after, to, outer);
        }
        let kind = match word.as_str() {
            "FUNCTION" => Kind::Function,
            "MACRO" if !self.grammar.is(&["teradata"]) => Kind::Function,
            "TRIGGER" => Kind::Trigger,
            _ => Kind::Procedure,
        };
        // ALTER FUNCTION … OWNER TO, ALTER TRIGGER … ENABLE: no body.
        let alter_only = t.is(from, "ALTER") && !self.grammar.is_tsql() && !(t.is(from + 1, "OR"));
        if alter_only {
            return hard;
        }
        let mut context =
            Context { owner: Some(name.clone()), body: true, stands_at: outer.stands_at, depth: outer.depth + 1, ..Context::default() };
        if from == keyword {
            context.sees(outer);
        }
        let mut at = after;
        let mut signature_end = after;
        let (mut out, mut fired) = (Vec::new(), Vec::new());
        if t.open(at) {
            let (start, end) = t.inner(at, to);
            out = self.parameters(t, start, end, &mut context);
            gives::hold_passed(&name, kind, &mut context);
            at = t.skip(at, to);
            signature_end = at;
        }
        if kind == Kind::Function && t.is(at, "RETURNS") && t.is(at + 1, "TRIGGER") {
            fired = self.fired_on(t, &name);
            let tables: Vec<Name> = fired.iter().map(|by| by.table.clone()).collect();
            if tables.is_empty() {
                context.fire_on_rows(&name.returned(FIRED), t.line(from));
            }
            context.fire_on(&tables, t.line(from));
        }
        if kind == Kind::Trigger {
            at = self.trigger_header(t, from, &name, after, to, &mut context);
            signature_end = at.min(to);
        }
        let (body, end) = self.body_range(t, keyword, at, to, hard, kind, &mut context, &mut signature_end);
        let mut signature = text(&t.list[after..signature_end.min(to).max(after)]);
        if signature.len() > MAX_SIGNATURE {
            let cut = (0..=MAX_SIGNATURE).rev().find(|i| signature.is_char_boundary(*i)).unwrap_or(0);
            signature.truncate(cut);
            signature.push('…');
        }
        let span = outer.stands_at.unwrap_or_else(|| t.span(from, end));
        if kind == Kind::Function && self.grammar.is(&["oracle"]) && !t.open(after) {
            self.bare.add(name.last());
        }
        self.define(Asset { signature, ..asset(kind, name.clone(), span, &Shape::new()) });
        let draft = Draft {
            kind: format!("CREATE {}", if word == "PROC" { "PROCEDURE" } else { &word }),
            span,
            projections: context.fired.take().into_iter().collect(),
            confidence: 1.0,
            ..Draft::default()
        };
        self.finish(draft, outer);
        // Temporaries live and die with the routine.
        let temps = (std::mem::take(&mut self.temps), std::mem::take(&mut self.aside), self.borrower.take());
        let first = self.facts.statements.len();
        for by in fired {
            self.call_changed(by.called, &by.table, span.line);
        }
        if let Some(table) = context.trigger_table.clone() {
            self.call_changed(changed_tables(t, after, signature_end), &table, span.line);
        }
        if kind != Kind::Trigger {
            // Parameters in brackets are behind, those without are no table.
            let header_end = if let Body::Text(string) = body { string } else { signature_end };
            let gives = self.gives(kind, &name, t, (at, header_end.max(at)), out);
            self.begin_giving(gives, &name, kind, &mut context);
        }
        let home = self.home.clone();
        if matches!(body, Body::Text(_))
            && let Some(set) = t.find(signature_end, hard.min(signature_end + MAX_OPTIONS), |i| t.seq(i, &["SET", "SEARCH_PATH"]))
            && let Some(own) = self.search_path(t, set, hard)
        {
            self.home = own;
        }
        match body {
            Body::Tokens(start) => self.script(t, start, end, &mut context),
            Body::Value(start) => self.give_value(t, start, end, &mut context),
            Body::Text(string) if kind == Kind::Function && self.give_text(t, string, &mut context) => {}
            Body::Text(string) => self.string_body(t, string, &mut context),
            Body::Strings(string, python) => self.strings(t, string, python, &mut context),
            Body::None => {}
        }
        self.home = home;
        self.end_giving(t, end, &context);
        if from == keyword {
            self.leave_outside(&context, outer);
        }
        if !context.body && self.grammar.is(&["postgres", "redshift"]) {
            self.only_last_gives(first, &context);
        }
        (self.temps, self.aside, self.borrower) = temps;
        end
    }

    /// Where the body is, and where the routine ends.
    #[allow(clippy::too_many_arguments)]
    fn body_range(
        &mut self,
        t: &Tokens,
        keyword: usize,
        at: usize,
        to: usize,
        hard: usize,
        kind: Kind,
        context: &mut Context,
        signature_end: &mut usize,
    ) -> (Body, usize) {
        let duckdb = self.grammar.is(&["duckdb"]) && t.is(keyword, "FUNCTION");
        if t.is(keyword, "MACRO") || duckdb {
            let Some(body) = t.find(at, hard, |i| t.is(i, "AS")).map(|i| i + 1) else { return (Body::None, hard) };
            *signature_end = body - 1;
            if self.grammar.is(&["teradata"]) && t.open(body) {
                // Statements in brackets, each with its `;`.
                let end = bracket_end(t, body, to);
                return (Body::Tokens(body + 1), end);
            }
            let query = t.any(body, &["TABLE", "SELECT", "WITH", "FROM", "VALUES"]) || t.open(body) && starts_query(t, body);
            return (if query { Body::Tokens(body + usize::from(t.is(body, "TABLE"))) } else { Body::Value(body) }, hard);
        }
        // `AS $$ … $$` or `AS '…'`, with LANGUAGE before or after.
        let string = t.find(at, if self.grammar.is_tsql() { at } else { hard }, |i| {
            body_string(t, i) && (t.is(i - 1, "AS") || matches!(t.list[i].token, Token::DollarQuotedString(_)) && !t.is(i - 1, "COMMENT"))
        });
        if let Some(string) = string {
            let language = t.find(at, hard, |i| t.is(i, "LANGUAGE")).and_then(|i| t.word(i + 1)).map(str::to_lowercase);
            let sql = language.as_deref().is_none_or(|l| l.contains("sql"));
            *signature_end = t.find(at, string, |i| t.any(i, &["AS", "LANGUAGE"])).unwrap_or(string);
            // Snowflake calls its scripting SQL, too.
            let block = |text: &str| Tokens::read(text, self.grammar, 0, 1).any(0, &["BEGIN", "DECLARE"]);
            if language.as_deref() == Some("sql") && !text_of(t, string).is_some_and(block) {
                context.body = false;
            }
            let body = match language.as_deref() {
                _ if sql => Body::Text(string),
                Some("javascript" | "js") => Body::Strings(string, false),
                Some("python" | "plpython3u" | "plpythonu") => Body::Strings(string, true),
                _ => Body::None,
            };
            return (body, hard);
        }
        if kind == Kind::Trigger
            && !self.grammar.is_tsql()
            && t.find(at, hard, |i| t.any(i, &["EXECUTE", "CALL"]) && t.any(i + 1, &["FUNCTION", "PROCEDURE"])).is_some()
        {
            return (Body::Tokens(t.find(at, hard, |i| t.any(i, &["EXECUTE", "CALL"])).unwrap_or(hard) + 1), hard);
        }
        if kind == Kind::Trigger && t.seq(at, &["COMPOUND", "TRIGGER"]) {
            return self.compound(t, at + 2, to, context);
        }
        let start = t.find(at, to, |i| {
            t.at(i, &Token::SemiColon)
                || t.any(i, &["BEGIN", "DECLARE"])
                // A label: `name: BEGIN`.
                || t.at(i + 1, &Token::Colon) && t.is(i + 2, "BEGIN")
                // Not `EXECUTE AS OWNER`, `RETURNS @t AS TABLE`, `IS NULL`.
                || t.any(i, &["AS", "IS"]) && !t.is(i - 1, "EXECUTE") && !t.any(i + 1, &["CALLER", "OWNER", "SELF", "TABLE", "NULL"])
                || t.is(i, "RETURN") && !t.any(i + 1, &["TABLE"]) && kind == Kind::Function && !self.grammar.is(&["oracle"])
                || self.grammar.is(&["mysql"]) && t.any(i, &["SELECT", "INSERT", "UPDATE", "DELETE", "SET", "IF", "CALL"]) && i > at
                || kind == Kind::Trigger && t.any(i, &["INSERT", "UPDATE", "DELETE", "SELECT", "SET", "CALL"])
        });
        let Some(start) = start.filter(|s| !t.at(*s, &Token::SemiColon)) else {
            return (Body::None, hard);
        };
        if *signature_end < start && kind != Kind::Trigger {
            // T-SQL: parameters without brackets.
            self.parameters(t, at, start, context);
            *signature_end = start;
        }
        let start = if t.at(start + 1, &Token::Colon) && t.is(start + 2, "BEGIN") { start + 2 } else { start };
        if self.grammar.is_tsql() {
            // `EXTERNAL NAME assembly.class.method` has no body.
            if t.is(start + 1, "EXTERNAL") {
                return (Body::None, hard);
            }
            let start = start + usize::from(t.any(start, &["AS", "IS"]));
            return (Body::Tokens(start), self.batch_end(t, start, to));
        }
        let first = start + usize::from(t.any(start, &["AS", "IS"]));
        // One query, or one value; a task runs one statement.
        let single = t.any(first, &["SELECT", "WITH"]) || t.open(first) || t.is(start, "RETURN");
        if single || t.is(keyword, "TASK") && !t.any(first, &["BEGIN", "DECLARE"]) {
            return (Body::Tokens(first), hard);
        }
        let block = t.any(start, &["BEGIN", "DECLARE", "AS", "IS"]);
        if !block {
            return (Body::Tokens(start), hard);
        }
        // A section of declarations, then BEGIN … END.
        let declares = !t.is(first, "BEGIN");
        let end = block_end(t, start, to);
        if declares && !t.is(start, "DECLARE") {
            // Routines among them have a BEGIN and an END of their own.
            let begin = self.declarations(t, first, to, context);
            if t.is(begin, "BEGIN") && begin < to {
                return (Body::Tokens(begin), block_end(t, begin, to));
            }
            return (Body::Tokens(first), end);
        }
        (Body::Tokens(first.min(if t.is(start, "DECLARE") { start } else { first })), end)
    }

    /// Oracle's compound trigger: declarations, then sections that are blocks, then the END of all.
    fn compound(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> (Body, usize) {
        let section = |i: usize| t.any(i, &["BEFORE", "AFTER", "INSTEAD"]);
        let first = t.find(from, to, section).unwrap_or(to);
        self.declarations(t, from, first, context);
        let mut at = first;
        while section(at) && at < to {
            at = t.statement_end(block_end(t, at, to), to) + 1;
        }
        (Body::Tokens(first), t.statement_end(at.min(to), to))
    }

    /// Declarations up to BEGIN: variables, and cursors, whose queries are read; gives where they end.
    fn declarations(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> usize {
        let mut at = from;
        while at < to && !t.any(at, &["BEGIN", "CREATE"]) {
            let end = t.find(at, to, |i| t.at(i, &Token::SemiColon)).unwrap_or(to);
            if t.any(at, &["PROCEDURE", "FUNCTION"]) {
                at = self.routine(t, at, at, to, context).max(at + 1);
                continue;
            }
            self.declare_one(t, at, end, context);
            at = end + 1;
        }
        at
    }

    /// One declaration of Oracle's: a type, or a variable or cursor.
    pub(super) fn declare_one(&mut self, t: &Tokens, at: usize, end: usize, context: &mut Context) {
        if t.is(at, "TYPE") && t.is(at + 2, "IS") {
            self.record_type(t, at, end, context);
        } else if !t.any(at, &["TYPE", "SUBTYPE", "PRAGMA"]) {
            self.declaration(t, at, end, context);
        }
    }

    /// T-SQL: a routine reaches to the end of its batch, or to the next routine or view of a script without GO.
    fn batch_end(&self, t: &Tokens, from: usize, to: usize) -> usize {
        let mut at = from;
        while at < to {
            if t.any(at, &["CREATE", "ALTER"]) && at > from && (self.routine_keyword(t, at, to).is_some() || t.is(at + 1, "VIEW")) {
                return at;
            }
            at += 1;
        }
        to
    }

    /// Takes in the parameters in `from..to`; gives the names of those that are columns of what is given back.
    pub(crate) fn parameters(&self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> Vec<String> {
        let mut out = Vec::new();
        for (start, end) in t.commas(from, to) {
            let mut at = start;
            while t.any(at, &["IN", "OUT", "INOUT", "VARIADIC"]) {
                at += 1;
            }
            if let Some(name) = t.word(at) {
                context.declare(&name.to_lowercase());
                // `x OUT NUMBER`, `@x int = NULL OUTPUT`.
                let back = (start..end).any(|i| t.any(i, &["OUT", "INOUT", "OUTPUT"]));
                let table = self.grammar.is_tsql() && (start..end).any(|i| t.is(i, "READONLY"));
                context.parameters.push(Parameter { name: name.to_lowercase(), back, table });
                if self.grammar.is(&["postgres", "redshift"]) && t.any(start, &["OUT", "INOUT"]) {
                    out.push(name.to_owned());
                }
            }
        }
        out
    }

    /// `ON table`, events and the function a trigger runs; gives where its body may begin.
    fn trigger_header(&mut self, t: &Tokens, from: usize, name: &Name, after: usize, to: usize, context: &mut Context) -> usize {
        let to = t.statement_end(after, to);
        let Some(on) = t.find(after, to, |i| t.is(i, "ON")) else { return after };
        let Some((table, mut next)) = self.name_at(t, on + 1) else { return after };
        let line = t.line(from);
        let mut fires_on = None;
        if table.0.len() > 1 || !t.any(on + 1, &["DATABASE", "ALL", "SCHEMA", "LOGON"]) {
            self.edge(Relation::FiresOn, Some(name.clone()), Some(table.clone()), line, 1.0);
            if self.grammar.is_tsql() {
                context.trigger_table = Some(table);
            } else {
                context.fire_on(std::slice::from_ref(&table), line);
                fires_on = Some(table);
            }
        }
        if let Some(run) =
            t.find(next, if self.grammar.is_tsql() { next } else { to }, |i| t.at(i, &Token::SemiColon) || t.any(i, &["EXECUTE"]))
            && t.any(run + 1, &["FUNCTION", "PROCEDURE"])
            && let Some((function, _)) = self.name_at(t, run + 2)
        {
            if let Some(table) = fires_on {
                context.fired = Some(self.fired_rows(&function, table, line));
            }
            self.edge(Relation::Calls, Some(name.clone()), Some(function), t.line(run), 1.0);
            return t.find(run, to, |i| t.at(i, &Token::SemiColon)).unwrap_or(to);
        }
        // T-SQL lists the events after the table: AFTER INSERT, UPDATE AS …
        if self.grammar.is_tsql() {
            return t.find(next, to, |i| t.is(i, "AS") && !t.is(i - 1, "EXECUTE")).unwrap_or(next);
        }
        if t.is(next, "REFERENCING") {
            next = self.referenced(t, next + 1, context);
        }
        while t.any(next, &["FOR", "EACH", "ROW", "STATEMENT", "FOLLOWS", "PRECEDES", "ENABLE", "DISABLE", "NOT", "DEFERRABLE"]) {
            next += 1;
        }
        if t.is(next, "WHEN") {
            next = t.skip(next + 1, to);
        }
        next
    }

    /// `REFERENCING NEW AS n OLD ROW AS o`: other names of the rows that changed; gives where they end.
    fn referenced(&self, t: &Tokens, mut at: usize, context: &mut Context) -> usize {
        while t.any(at, &["NEW", "OLD", "PARENT"]) {
            let mut name = at + 1;
            name += usize::from(t.any(name, &["ROW", "TABLE", "NEW_TABLE", "OLD_TABLE"]));
            name += usize::from(t.is(name, "AS"));
            let Some(alias) = t.word(name).map(str::to_lowercase) else { break };
            if t.is(at, "NEW") {
                context.new_row = Some(alias.clone());
            }
            let row = t.word(at).and_then(|w| context.variables.get(&w.to_lowercase())).cloned();
            context.variables.extend(row.map(|row| (alias, row)));
            at = name + 1;
        }
        at
    }

    /// PostgreSQL's `CREATE RULE name AS ON event TO table DO ALSO statement`: a trigger by another name.
    fn rule(&mut self, t: &Tokens, from: usize, name: Name, after: usize, to: usize, outer: &mut Context) -> usize {
        let hard = t.statement_end(after, to);
        let table = t.find(after, hard, |i| t.is(i, "TO")).and_then(|i| self.name_at(t, i + 1));
        let Some(act) = t.find(after, hard, |i| t.is(i, "DO")) else { return hard };
        let mut context = Context { owner: Some(name.clone()), depth: outer.depth + 1, stands_at: outer.stands_at, ..Context::default() };
        let body = act + 1 + usize::from(t.any(act + 1, &["ALSO", "INSTEAD"]));
        let (body, end) = if t.open(body) { (body + 1, bracket_end(t, body, to)) } else { (body, hard) };
        let signature = text(&t.list[after..act]);
        let span = outer.stands_at.unwrap_or_else(|| t.span(from, end));
        if let Some((table, _)) = table {
            let line = t.line(from);
            self.edge(Relation::FiresOn, Some(name.clone()), Some(table.clone()), line, 1.0);
            context.fire_on(&[table], line);
        }
        self.define(Asset { signature, ..asset(Kind::Trigger, name, span, &Shape::new()) });
        self.finish(Draft { kind: "CREATE RULE".into(), span, confidence: 1.0, ..Draft::default() }, outer);
        if !t.is(body, "NOTHING") {
            self.script(t, body, end, &mut context);
        }
        end
    }

    /// An Oracle package: its routines are assets of their own, named after it.
    fn package(&mut self, t: &Tokens, name: Name, after: usize, spec: bool, to: usize, outer: &mut Context) -> usize {
        let start = after + usize::from(t.any(after, &["AS", "IS"]));
        let key = name.key();
        let mut context =
            Context { owner: Some(name), body: true, depth: outer.depth + 1, stands_at: outer.stands_at, ..Context::default() };
        if spec {
            let end =
                t.find(start, to, |i| t.is(i, "END") && (t.at(i + 1, &Token::SemiColon) || t.at(i + 2, &Token::SemiColon) || i + 1 >= to));
            let mut at = start;
            while at < end.unwrap_or(to) {
                let stop = t.find(at, to, |i| t.at(i, &Token::SemiColon)).unwrap_or(to);
                if !t.any(at, &["PROCEDURE", "FUNCTION"]) {
                    self.declare_one(t, at, stop, &mut context);
                }
                at = stop + 1;
            }
            self.heads.insert(key, context.variables);
            return end.map_or(to, |e| t.find(e, to, |i| t.at(i, &Token::SemiColon)).unwrap_or(to));
        }
        context.variables = self.heads.remove(&key).unwrap_or_default();
        let mut at = start;
        while at < to {
            let end = t.find(at, to, |i| t.at(i, &Token::SemiColon)).unwrap_or(to);
            if t.any(at, &["PROCEDURE", "FUNCTION"]) {
                at = self.routine(t, at, at, to, &mut context).max(at + 1);
                if !self.count_copies(std::mem::take(&mut context.copied)) {
                    context.variables.clear();
                }
            } else if t.is(at, "END") {
                return end;
            } else if t.is(at, "BEGIN") {
                let end = block_end(t, at, to);
                self.script(t, at, end, &mut context);
                return end;
            } else {
                self.declare_one(t, at, end, &mut context);
                at = end + 1;
            }
        }
        to
    }
}

enum Body {
    /// Statements from here to the routine's end.
    Tokens(usize),
    /// A value from here to the routine's end.
    Value(usize),
    /// A string that holds them.
    Text(usize),
    /// A string that holds a script whose strings may hold some, and whether it is in Python.
    Strings(usize, bool),
    /// None, or one in another language.
    None,
}

/// Where the bracket at `from` closes, `;` or not.
fn bracket_end(t: &Tokens, from: usize, to: usize) -> usize {
    let mut depth = 0usize;
    for at in from..to {
        if t.open(at) {
            depth += 1;
        } else if t.at(at, &Token::RParen) {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    to
}

/// One past the END that closes the first BEGIN at or after `from`, and its name.
pub(super) fn block_end(t: &Tokens, from: usize, to: usize) -> usize {
    let mut depth = 0usize;
    let mut at = from;
    while at < to {
        match t.word(at).map(str::to_uppercase).as_deref() {
            Some("BEGIN") if !t.any(at + 1, &["TRAN", "TRANSACTION", "WORK"]) => depth += 1,
            Some("CASE") if !t.is(at.wrapping_sub(1), "END") => depth += 1,
            Some("END") if t.any(at + 1, &["IF", "LOOP", "WHILE", "REPEAT", "FOR"]) => {}
            Some("END") => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let mut end = at + 1;
                    while end < to && t.word(end).is_some() && !t.at(end, &Token::SemiColon) && end < at + 3 {
                        if t.any(end, &["CREATE", "SELECT", "INSERT", "UPDATE", "DELETE", "CALL", "DROP", "ALTER"]) {
                            break;
                        }
                        end += 1;
                    }
                    return end;
                }
            }
            _ => {}
        }
        at += 1;
    }
    to
}
