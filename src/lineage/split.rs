//! Where statements begin and end, and the control flow of procedural bodies around them.
//!
//! Bodies are read flat: `BEGIN`, `IF … THEN`, `LOOP` and their like only separate statements; the conditions between them are read
//! as expressions. Nothing depends on the blocks being balanced.

use super::define::computed::takes_number;
use super::draft::{Context, Draft};
use super::engine::Engine;
use super::routine::{Gives, block_end};
use super::statement::starts_query;
use super::token::{Tok, Tokens, made, make_word};
use super::variable::{Branch, Ends};
use super::{ColumnSource, Severity};
use end::before_end;
use sqlparser::tokenizer::Token;
use words::{OBJECTS, RUNS, SILENT, STARTERS};

mod again;
mod end;
mod words;

/// Tokens of what is assigned to, at most: `package.record(index).field`.
const MAX_TARGET: usize = 24;

/// Text inside text (routine bodies, dynamic SQL) and routines inside routines are followed this deep.
pub(crate) const MAX_DEPTH: usize = 8;

impl Engine<'_> {
    /// Reads the statements in `from..to`.
    pub(crate) fn script(&mut self, tokens: &Tokens, from: usize, to: usize, context: &mut Context) {
        let mut at = from;
        let mut declaring = false;
        let outer = context.branches.len();
        while at < to {
            let open = context.branches.len();
            let next = self.step(tokens, at, to, context, &mut declaring).clamp(at + 1, to.max(at + 1));
            if !self.count_copies(std::mem::take(&mut context.copied)) && !std::mem::replace(&mut context.forgot, true) {
                context.forget_columns();
            }
            // A statement, as opposed to what begins a branch or stands between statements.
            let between = tokens.at(at, &Token::SemiColon) || tokens.at(at + 1, &Token::Colon) || tokens.any(at, &["ELSE", "THEN"]);
            if context.single() && context.branches.len() <= open && !between {
                context.complete(tokens, next);
            }
            at = next;
        }
        while context.branches.len() > outer {
            context.leave();
        }
    }

    /// Reads what begins at `at` and gives where the next thing begins.
    fn step(&mut self, t: &Tokens, at: usize, to: usize, context: &mut Context, declaring: &mut bool) -> usize {
        // A bracket that closes here was opened around statements, or nowhere.
        if t.at(at, &Token::SemiColon) || t.at(at, &Token::RParen) {
            return at + 1;
        }
        let mut end = t.statement_end(at, to);
        if self.grammar.is_tsql()
            && t.any(at, &["EXEC", "EXECUTE"])
            && matches!(t.list.get(end + 1).map(|x| &x.token), Some(Token::Number(..)))
        {
            // `EXEC p;2` names the second procedure of a group.
            end = t.statement_end(end + 1, to);
        }
        self.go_home(t, at, end, context);
        let Some(word) = t.word(at).map(str::to_uppercase) else {
            if t.at(at, &Token::ShiftLeft) {
                // <<label>>
                return t.find(at, end, |i| t.at(i, &Token::ShiftRight)).map_or(end, |i| i + 1);
            }
            if t.open(at) {
                // The body of a function may be a value in brackets.
                if !starts_query(t, at) && !t.any(at + 1, &["FROM", "TABLE", "SEL"]) {
                    self.condition(t, at, end, context);
                    return end;
                }
                let end = if self.grammar.is_tsql() { self.soft_end(t, at, end) } else { end };
                self.statement(t, at, end, context);
                return end;
            }
            if context.owner.is_some() || context.body {
                // An assignment to something not a plain word: `:NEW.a := b`.
                self.assign(t, at, end, context);
            } else {
                self.statement(t, at, end, context);
            }
            return end;
        };
        if *declaring && word != "BEGIN" {
            if matches!(word.as_str(), "PROCEDURE" | "FUNCTION") {
                return self.routine(t, at, at, to, context);
            }
            if RUNS.contains(&word.as_str()) && !t.at(at + 1, &Token::Assignment) {
                // SQL/PSM declares within the block, and its statements follow.
                *declaring = false;
            } else if word != "END" && word != "DECLARE" {
                self.declare_one(t, at, end, context);
                return end;
            }
        }
        // A label: `name:` at the start of a statement.
        if t.at(at + 1, &Token::Colon) && !STARTERS.contains(&word.as_str()) {
            return at + 2;
        }
        match word.as_str() {
            // Statements of shells and of one vendor that read and write no rows.
            _ if words::is_silent(t, at, self.grammar) => end,
            "BEGIN" => {
                *declaring = false;
                if t.any(at + 1, &["TRAN", "TRANSACTION", "WORK", "DISTRIBUTED", "ISOLATION", "READ", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"])
                {
                    return self.soft_end(t, at, end);
                }
                if t.any(at + 1, &["DIALOG", "CONVERSATION"]) {
                    return self.soft_end(t, at, end);
                }
                // BEGIN ATOMIC WITH (…)
                if t.is(at + 1, "ATOMIC") && t.is(at + 2, "WITH") && t.open(at + 3) {
                    return t.skip(at + 3, to);
                }
                if self.grammar.is_tsql() || !t.at(at + 1, &Token::SemiColon) {
                    let attempt = t.any(at + 1, &["TRY", "CATCH"]);
                    self.enter(if attempt { Branch::new(Ends::End) } else { Branch::block() }, t.line(at), context);
                }
                if self.begins_block(t, at, to, context) {
                    let block = block_end(t, at, to);
                    context.body = true;
                    self.script(t, at + 1, block, context);
                    context.body = false;
                    return block;
                }
                if t.any(at + 1, &["TRY", "CATCH", "ATOMIC"]) { at + 2 } else { at + 1 }
            }
            "END" if t.is(at + 1, "CONVERSATION") => self.soft_end(t, at + 1, end),
            "END" => {
                context.end();
                let closes: &[&str] = if self.grammar.is_tsql() {
                    &["TRY", "CATCH"]
                } else {
                    &["IF", "LOOP", "WHILE", "CASE", "REPEAT", "FOR", "TRY", "CATCH"]
                };
                let after = at + 1 + usize::from(t.any(at + 1, closes));
                // `END name;`
                if !self.grammar.is_tsql() && (t.at(after + 1, &Token::SemiColon) || after + 1 == to) { after + 1 } else { after }
            }
            "IF" | "WHILE" | "CASE" => {
                let next = self.control(t, at, end, context);
                // Without THEN, LOOP or DO one statement follows.
                let ends = if word == "CASE" || t.any(next - 1, &["THEN", "LOOP", "DO"]) { Ends::End } else { Ends::Statement };
                if word == "WHILE" {
                    self.read_ahead(t, next, to, context);
                }
                let branch = if word == "CASE" { Branch::of_cases(ends) } else { Branch::new(ends) };
                self.enter(branch, t.line(at), context);
                next
            }
            "ELSIF" | "ELSEIF" | "WHEN" => {
                context.alternative(false);
                self.control(t, at, end, context)
            }
            "UNTIL" => self.control(t, at, end, context),
            "ELSE" => {
                // A chain of them is one branch of many alternatives.
                let chain = context.single() && t.is(at + 1, "IF");
                context.alternative(!chain);
                if chain { self.control(t, at + 1, end, context) } else { at + 1 }
            }
            "LOOP" | "REPEAT" => {
                self.read_ahead(t, at + 1, to, context);
                self.enter(Branch::new(Ends::End), t.line(at), context);
                at + 1
            }
            "EXCEPTION" => {
                // What failed may have failed anywhere.
                self.enter(Branch::of_cases(Ends::Outer), t.line(at), context);
                at + 1
            }
            "THEN" => at + 1,
            "DO" => {
                if let Some(string) = t.find(at + 1, end, |i| body_string(t, i)) {
                    // Its variables are its own, and so is what it selects into them.
                    let body = std::mem::replace(&mut context.body, true);
                    self.string_body(t, string, context);
                    context.body = body;
                    return end;
                }
                at + 1
            }
            "FOR" | "FOREACH" => self.for_loop(t, at, end, to, context),
            "RETURN" => self.give_back(t, at, end, context),
            "DECLARE" => self.declare(t, at, end, context, declaring),
            "SET" => {
                let end = self.soft_end(t, at, end);
                let first = at + 1 + usize::from(self.grammar.is(&["databricks", "spark"]) && t.any(at + 1, &["VARIABLE", "VAR"]));
                // MySQL's `SET @a = 1, @b = 2`, Spark's `SET VAR a = 1, b = 2`.
                let many = self.grammar.is(&["mysql"]) || first > at + 1;
                let parts = if many { t.commas(first, end) } else { vec![(first, end)] };
                for (from, to) in parts {
                    self.assign(t, from, to, context);
                }
                end
            }
            // Snowflake: what runs beside, and waiting for it.
            "ASYNC" if t.open(at + 1) && self.grammar.is(&["snowflake"]) => {
                let (first, last) = t.inner(at + 1, end);
                self.script(t, first, last, context);
                t.skip(at + 1, end)
            }
            "AWAIT" if self.grammar.is(&["snowflake"]) => end,
            "OPEN" => {
                let end = self.soft_end(t, at, end);
                self.open_cursor(t, at, end, context);
                end
            }
            "FETCH" => self.fetch(t, at, end, context),
            "PREPARE" => {
                self.prepare(t, at, end, context);
                end
            }
            // `FORALL i IN 1 .. n` runs the statement that follows.
            "FORALL" => {
                context.declare(&t.word(at + 1).unwrap_or_default().to_lowercase());
                t.find(at, end, |i| t.any(i, &["INSERT", "UPDATE", "DELETE", "MERGE", "EXECUTE"])).unwrap_or(end)
            }
            // Oracle's compound trigger: `BEFORE EACH ROW IS` begins a section, `END BEFORE EACH ROW` has ended one.
            "BEFORE" | "AFTER" | "INSTEAD" if context.trigger_table.is_some() => {
                let section = t.find(at, end.min(at + 5), |i| t.is(i, "IS"));
                *declaring = section.is_some();
                section.map_or(end, |is| is + 1)
            }
            "LET" if context.body || self.grammar.is(&["snowflake"]) => {
                self.declaration(t, at + 1, end, context);
                end
            }
            "PERFORM" => {
                let mut list = vec![make_word("SELECT", &t.list[at])];
                list.extend_from_slice(&t.list[at + 1..end]);
                self.query_statement(t, &list, (at, end), false, context);
                // A function that is called as a procedure is.
                if let Some((name, after)) = self.name_at(t, at + 1).filter(|(_, after)| t.open(*after) && t.skip(*after, end) == end) {
                    let projections = self.arguments(t, after, end, &name, context);
                    if !projections.is_empty() {
                        let span = t.span(at, end);
                        self.finish(
                            Draft { kind: "CALL".into(), span, projections, confidence: 1.0, derives: true, ..Draft::default() },
                            context,
                        );
                    }
                }
                end
            }
            // Teradata and Databricks replace what need not be there; Snowflake defines.
            "REPLACE" | "DEFINE" if t.any(at + 1, &OBJECTS) || t.any(at + 1, &["MACRO", "DYNAMIC", "TRANSIENT"]) => {
                match self.routine_keyword(t, at, to) {
                    Some(keyword) => self.routine(t, at, keyword, to, context),
                    None => {
                        self.define_statement(t, at, end, context);
                        end
                    }
                }
            }
            "EXCHANGE" => {
                self.define_statement(t, at, end, context);
                end
            }
            "ASSERT" => {
                // What it says comes after the condition.
                let condition = t.find(at, end, |i| t.is(i, "AS") || t.at(i, &Token::Comma)).unwrap_or(end);
                self.condition(t, at + 1, condition, context);
                end
            }
            // DuckDB's: all columns are read.
            "SUMMARIZE" if self.grammar.generic || self.grammar.is(&["duckdb"]) => {
                let like = &t.list[at];
                let query = t.any(at + 1, &["SELECT", "WITH", "FROM", "VALUES", "TABLE"]) || t.open(at + 1);
                let all = [make_word("SELECT", like), made(Token::Mul, like), make_word("FROM", like)];
                let mut list = if query { Vec::new() } else { all.to_vec() };
                list.extend_from_slice(&t.list[at + 1..end]);
                self.nested(vec![list], context);
                end
            }
            "PIPE" if t.is(at + 1, "ROW") => {
                self.pipe_row(t, at + 2, end, context);
                end
            }
            // T-SQL: what a queue gives is selected from it, perhaps when it is there.
            "WAITFOR" if t.open(at + 1) && t.is(at + 2, "RECEIVE") => {
                let (first, last) = t.inner(at + 1, end);
                self.receive(t, first, last, context);
                self.soft_end(t, at, end)
            }
            "RECEIVE" if self.grammar.is_tsql() => {
                let end = self.soft_end(t, at, end);
                self.receive(t, at, end, context);
                end
            }
            // Databricks: changes of a stream into a table.
            "APPLY" if t.seq(at + 1, &["CHANGES", "INTO"]) => {
                self.apply_changes(t, at, at + 3, end, context);
                end
            }
            // Before the statement: Teradata's locks, Athena's functions.
            "LOCKING" | "LOCK" | "USING" if self.grammar.is(&["teradata", "athena"]) => {
                t.find(at + 1, end, |i| t.any(i, &["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "CREATE"])).unwrap_or(end)
            }
            "CREATE" | "ALTER" if self.routine_keyword(t, at, to).is_some() => {
                if context.body && self.grammar.is_tsql() && context.owner.is_some() {
                    context.owner = None;
                    context.gives = None;
                    context.body = false;
                }
                let keyword = self.routine_keyword(t, at, to).unwrap_or(at + 1);
                self.routine(t, at, keyword, to, context)
            }
            "EXPLAIN" | "DESCRIBE" | "DESC" | "SHOW" | "GRANT" | "REVOKE" | "DENY" => {
                if self.grammar.is_tsql() {
                    self.soft_end(t, at, end)
                } else {
                    end
                }
            }
            _ if SILENT.contains(&word.as_str()) && !t.at(at + 1, &Token::Assignment) => self.soft_end(t, at, end),
            _ => {
                if let Some((with, query)) = self.inline_functions(t, at, end, to) {
                    let end = t.statement_end(query, to);
                    self.nested(vec![[&t.list[at..with], &t.list[query..end]].concat()], context);
                    return end;
                }
                if self.assigns(t, at, end, context) {
                    self.assign(t, at, end, context);
                    return end;
                }
                if context.body && !self.grammar.is_tsql() && self.is_call(t, at, end) {
                    self.call(t, at, at, end, context);
                    return end;
                }
                if self.grammar.is_tsql() && self.calls_by_name(t, at) {
                    // A batch may begin with the name of a procedure.
                    let soft = self.soft_end(t, at, end);
                    self.call(t, at, at, soft, context);
                    return soft;
                }
                let soft = if self.grammar.is_tsql() || self.grammar.generic {
                    self.soft_end(t, at, end)
                } else {
                    before_end(t, at, end, context)
                };
                self.statement(t, at, soft, context);
                soft
            }
        }
    }

    /// Service Broker's `RECEIVE … FROM queue INTO @t WHERE …`.
    fn receive(&mut self, t: &Tokens, at: usize, end: usize, context: &mut Context) {
        let like = &t.list[at];
        let into = t.find(at, end, |i| t.is(i, "INTO")).unwrap_or(end);
        let after = end.min(into + 2);
        let mut list = Vec::with_capacity(end - at + 2);
        if into < end {
            list.push(make_word("INSERT", like));
            list.extend_from_slice(&t.list[into..after]);
        }
        list.push(make_word("SELECT", like));
        list.extend_from_slice(&t.list[at + 1..into]);
        list.extend_from_slice(&t.list[after..end]);
        let tokens = Tokens::of(list);
        self.statement(&tokens, 0, tokens.list.len(), context);
    }

    /// Whether a BEGIN outside any routine opens a block, as opposed to a transaction.
    fn begins_block(&self, t: &Tokens, at: usize, to: usize, context: &Context) -> bool {
        let transaction = self.grammar.is(&["postgres", "redshift", "sqlite", "duckdb"]) || at + 1 >= to || t.at(at + 1, &Token::SemiColon);
        !context.body && !self.grammar.is_tsql() && !transaction
    }

    /// `v := expression`, `v(1).field := …`, and in a body `v = expression`.
    fn assigns(&self, t: &Tokens, at: usize, end: usize, context: &Context) -> bool {
        // Most statements begin with such a word: nothing is searched then.
        if t.any(at, &STARTERS) {
            return false;
        }
        let named = |i: usize| {
            let part = |x: &Tok| matches!(x.token, Token::Word(_) | Token::Period | Token::LBracket | Token::RBracket | Token::Number(..));
            t.list[at..i].iter().all(part)
        };
        let sign =
            t.find(at, end.min(at + MAX_TARGET), |i| t.at(i, &Token::Assignment) || t.at(i, &Token::Eq) || i > at && t.any(i, &STARTERS));
        sign.is_some_and(|i| t.at(i, &Token::Assignment) || t.at(i, &Token::Eq) && context.body && named(i))
    }

    /// T-SQL's `dbo.p @a = 1, 'b'` at the start of a batch.
    fn calls_by_name(&self, t: &Tokens, at: usize) -> bool {
        let argument = |i: usize| {
            t.string(i).is_some()
                || t.word(i).is_some_and(|w| w.starts_with('@'))
                || matches!(t.list.get(i).map(|x| &x.token), Some(Token::Number(..)))
        };
        !t.any(at, &STARTERS) && self.name_at(t, at).is_some_and(|(_, after)| argument(after))
    }

    /// `name`, `package.name(arguments)`: a call without CALL, as in PL/SQL.
    fn is_call(&self, t: &Tokens, at: usize, end: usize) -> bool {
        let known = t.any(at, &["COMMENT", "COPY", "REPLACE", "UPSERT", "VALUES", "TABLE", "RENAME", "REFRESH"]);
        !known && self.name_at(t, at).is_some_and(|(_, after)| after == end || t.open(after) && t.skip(after, end) == end)
    }

    /// `IF c THEN`, `WHILE c LOOP`, `WHEN c THEN`, T-SQL's `IF c statement`: reads the condition, gives where the statement begins.
    fn control(&mut self, t: &Tokens, at: usize, end: usize, context: &mut Context) -> usize {
        let mut cases = 0usize;
        // T-SQL has no THEN: looking for one would run to the end of the batch.
        let end = if self.grammar.is_tsql() { self.soft_end(t, at, end) } else { end };
        let stop = t.find(at + 1, end, |i| {
            if t.is(i, "CASE") {
                cases += 1;
            } else if cases > 0 && t.is(i, "END") {
                cases -= 1;
            } else if cases == 0 {
                return t.any(i, &["THEN", "LOOP", "DO", "WHEN"]) || t.is(i, "END") && t.is(i + 1, "REPEAT");
            }
            false
        });
        let (stop, next) = match stop {
            Some(stop) if !self.grammar.is_tsql() => (stop, if t.any(stop, &["END", "WHEN"]) { stop } else { stop + 1 }),
            _ if self.grammar.is_tsql() => (end, end),
            _ => {
                let stop = self.soft_end(t, at, end);
                (stop, stop)
            }
        };
        // `IF NOT EXISTS (…)` and the like: an expression.
        self.condition(t, at + 1, stop, context);
        next
    }

    fn give_back(&mut self, t: &Tokens, at: usize, end: usize, context: &mut Context) -> usize {
        let mut from = at + 1;
        if t.is(from, "QUERY") {
            from += 1;
            if t.is(from, "EXECUTE") {
                self.dynamic(t, from + 1, end, context);
                return end;
            }
        } else if t.any(from, &["NEXT", "TABLE"]) {
            from += 1;
        }
        let given = t.any(at + 1, &["NEXT", "TABLE"]);
        let stop = if t.any(from, &["SELECT", "WITH"]) || t.open(from) { self.soft_end(t, from, end) } else { self.soft_end(t, at, end) };
        let status = self.grammar.is_tsql() && context.gives.as_deref().is_some_and(Gives::status);
        if !status && (t.any(from, &["SELECT", "WITH"]) || t.open(from) && t.any(from + 1, &["SELECT", "WITH"])) {
            self.statement(t, from, stop, context);
        } else if given && from >= stop {
            self.give_variable(None, t, at, stop, context);
        } else if given && let Some(name) = t.word(from + usize::from(t.open(from))).map(str::to_owned) {
            self.give_variable(Some(&name), t, at, stop, context);
        } else if let Some(record) = t.word(from).filter(|w| stop == from + 1 && context.is_record(w)).map(str::to_owned) {
            self.give_variable(Some(&record), t, at, stop, context);
        } else if from < stop {
            self.give_value(t, from, stop, context);
        }
        stop.max(from)
    }

    /// Reads an expression for the queries in it.
    pub(crate) fn condition(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        self.value(t, from, to, context);
    }

    /// Reads an expression; gives the columns that its value is made of.
    pub(crate) fn value(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> Vec<ColumnSource> {
        let tokens = &t.list[from.min(to)..to];
        let has_query =
            tokens.iter().any(|x| matches!(&x.token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case("SELECT")));
        let calls = (context.body || self.grammar.is_tsql())
            && tokens.windows(2).any(|w| matches!(w[0].token, Token::Word(_)) && w[1].token == Token::LParen);
        // PL/pgSQL: n := count(*) FROM t.
        let has_query = has_query || self.grammar.is(&["postgres", "redshift"]) && has_from(t, from, to);
        if !has_query && !calls && !takes_number(tokens) && !context.holds_any(tokens) && !self.bare.called(tokens, &context.variables) {
            return Vec::new();
        }
        let mut list: Vec<Tok> = vec![make_word("SELECT", &t.list[from])];
        list.extend_from_slice(tokens);
        self.expression_statement(t, &list, from, to, context, has_query)
    }

    /// A string or dollar-quoted body at `at`, read as a script of its own.
    pub(crate) fn string_body(&mut self, t: &Tokens, at: usize, context: &mut Context) {
        let tok = &t.list[at];
        match &tok.token {
            Token::DollarQuotedString(s) => {
                let tag = s.tag.as_ref().map_or(0, String::len) as u32 + 2;
                let stands_at = context.stands_at;
                self.text(&s.value, tok.start + tag, tok.line, stands_at, context);
            }
            _ => {
                if let Some(text) = t.string(at) {
                    let span = context.stands_at.unwrap_or_else(|| t.span(at, at + 1));
                    self.text(text, tok.start, tok.line, Some(span), context);
                }
            }
        }
    }

    /// Reads `text` as SQL; `stands_at` when its offsets are not the file's.
    pub(crate) fn text(&mut self, text: &str, offset: u32, line: u32, stands_at: Option<super::Span>, context: &mut Context) {
        if context.depth >= MAX_DEPTH {
            self.diagnose(line, Severity::Warning, format!("SQL inside strings deeper than {MAX_DEPTH} is not followed."));
            return;
        }
        let mut tokens = Tokens::read(text, self.grammar, offset, line);
        if let Some(place) = stands_at {
            tokens.stand_at(place);
        }
        self.tokens += tokens.list.len();
        self.count(tokens.list.len());
        let mut inner = context.inside();
        inner.stands_at = stands_at;
        let end = tokens.list.len();
        // PL/pgSQL: `#variable_conflict use_column` before the block.
        let mut from = 0;
        while tokens.at(from, &Token::Sharp) && tokens.any(from + 1, &["VARIABLE_CONFLICT", "PRINT_STRICT_PARAMS", "OPTION"]) {
            from = (from + 3).min(end);
        }
        self.script(&tokens, from, end, &mut inner);
        context.resume(inner);
        self.count(tokens.looked_at());
    }
}

/// Whether a token can be the body of a routine as a string.
pub(crate) fn body_string(t: &Tokens, at: usize) -> bool {
    text_of(t, at).is_some()
}

/// The contents of a string of either kind.
pub(crate) fn text_of(t: &Tokens, at: usize) -> Option<&str> {
    match &t.list.get(at)?.token {
        Token::DollarQuotedString(s) => Some(&s.value),
        _ => t.string(at),
    }
}

/// Whether a FROM stands outside brackets, and not as a part of IS DISTINCT FROM.
fn has_from(t: &Tokens, from: usize, to: usize) -> bool {
    t.find(from, to, |i| t.is(i, "FROM") && !(i > from && t.is(i - 1, "DISTINCT"))).is_some()
}
