//! Statements that read and write rows. Each is brought into the form of a query, so that one analysis serves all of them.

use super::engine::{Context, Draft, Engine, Event};
use super::scope::{Shape, from_parts, is_temp};
use super::token::{Tok, Tokens, made, make_ident, make_word};
use super::{Kind, Name, Output, Projection, Severity};
use sqlparser::tokenizer::{Token, Word};

/// `SET column = expression`: the qualifier and name of the column, and the expression's tokens.
struct Assignment {
    qualifier: Option<String>,
    column: String,
    value: (usize, usize),
}

impl Engine<'_> {
    /// Reads `from..to` as one statement.
    pub(crate) fn statement(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        if from >= to {
            return;
        }
        let word = t.word(from).map(str::to_uppercase).unwrap_or_default();
        match word.as_str() {
            "SELECT" | "VALUES" | "TABLE" => self.select(t, from, to, context),
            "" if t.open(from) => self.select(t, from, to, context),
            "FROM" => self.from_first(t, from, to, context),
            "WITH" => match self.after_ctes(t, from, to) {
                Some(main) if t.any(main, &["INSERT", "UPDATE", "DELETE", "MERGE"]) => {
                    self.changed(t, main, to, Some((from, main)), context)
                }
                _ => self.select(t, from, to, context),
            },
            "INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "MERGE" | "UPSERT" => self.changed(t, from, to, None, context),
            "TRUNCATE" => self.truncate(t, from, to, context),
            "COPY" | "BULK" | "LOAD" | "EXPORT" | "UNLOAD" => self.copy(t, from, to, context),
            "EXEC" | "EXECUTE" | "CALL" => self.call_statement(t, from, to, context),
            "CREATE" | "ALTER" | "DROP" | "RENAME" | "COMMENT" | "CACHE" | "REFRESH" => self.define_statement(t, from, to, context),
            "BEGIN" | "END" | "SET" | "DECLARE" | "IF" => {
                let mut inner = context.clone();
                self.script(t, from, to, &mut inner);
            }
            "CONNECT" | "EXEC_SQL" | "OPTION" | "COLUMN" | "HANDLER" | "XA" | "CHANGE" | "REPAIR" | "CHECK" | "CHECKSUM" => {}
            // A T-SQL batch may begin with the name of a procedure.
            _ if self.grammar.is_tsql() && self.name_at(t, from).is_some_and(|(_, after)| after == to) => {
                self.call_statement(t, from.wrapping_sub(1), to, context);
            }
            _ => self.rescue(&word, t, from, to, context, "it begins with no statement known here"),
        }
    }

    /// What can be had of a statement that does not parse.
    pub(crate) fn rescue(&mut self, kind: &str, t: &Tokens, from: usize, to: usize, context: &Context, why: &str) {
        let found = self.salvage(t, from, to);
        if found.reads.is_empty() && found.writes.is_empty() {
            let kind = if kind.is_empty() { "UNKNOWN" } else { kind };
            return self.lose(kind, t, from, to, context, why);
        }
        let span = t.span(from, to);
        self.lost += to - from;
        self.diagnose(span.line, Severity::Warning, format!("{kind} understood only in part: {why}"));
        let derives = !found.writes.is_empty();
        let draft = Draft {
            kind: kind.to_owned(),
            span,
            reads: found.reads,
            writes: found.writes,
            confidence: SALVAGED,
            derives,
            ..Draft::default()
        };
        for (target, _) in draft.writes.clone() {
            if self.is_temporary(&target) {
                self.fill(&target, None, Shape::new(), &draft.reads.clone(), false);
            }
        }
        self.finish(draft, context);
    }

    fn draft(&self, kind: &str, t: &Tokens, from: usize, to: usize) -> Draft {
        Draft { kind: kind.to_owned(), span: t.span(from, to), confidence: 1.0, ..Draft::default() }
    }

    fn select(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        self.query_statement(t, &t.list[from..to].to_vec(), from, to, context);
    }

    /// A query as a statement: `list` is what to parse, `from..to` where it stands.
    pub(crate) fn query_statement(&mut self, t: &Tokens, list: &[Tok], from: usize, to: usize, context: &mut Context) {
        let variables = context.body && !self.grammar.is_tsql();
        let stripped = if variables { without_into(list) } else { None };
        let list = stripped.as_deref().unwrap_or(list);
        match self.resolve(list, context) {
            Ok((shape, mut found)) => {
                let nested = std::mem::take(&mut found.nested);
                let into = found.into.take().filter(|_| !variables);
                let indirect = std::mem::take(&mut found.indirect);
                let kind = if into.is_some() { "SELECT INTO" } else { "SELECT" };
                let mut draft = self.draft(kind, t, from, to);
                self.take(&mut draft, found, None);
                if let Some((source, target)) = swapped_partitions(list) {
                    draft.reads.push((source, draft.span.line));
                    draft.writes.push((target, draft.span.line));
                    draft.derives = true;
                    "SWAP PARTITIONS".clone_into(&mut draft.kind);
                }
                match into {
                    Some(target) if is_temp(&target) => self.fill(&target, None, shape, &draft.reads.clone(), true),
                    Some(target) => {
                        draft.derives = true;
                        draft.writes.push((target.clone(), draft.span.line));
                        self.define(super::define::asset(Kind::Table, target.clone(), draft.span, &shape));
                        draft.projections.push(Projection { target, columns: None, branches: shape, indirect });
                    }
                    // What a bare query gives is nobody's, but its columns are worth showing.
                    None => {}
                }
                self.finish(draft, context);
                self.nested(nested, context);
            }
            Err(why) => self.rescue("SELECT", t, from, to, context, &why),
        }
    }

    /// An expression read for what it reads and calls; says nothing when it says nothing.
    pub(crate) fn expression_statement(&mut self, t: &Tokens, list: &[Tok], from: usize, to: usize, context: &mut Context, must: bool) {
        match self.resolve(list, context) {
            Ok((_, found)) => {
                let mut draft = self.draft("EXPRESSION", t, from, to);
                self.take(&mut draft, found, None);
                if !draft.reads.is_empty() || !draft.calls.is_empty() || !draft.maybe_calls.is_empty() {
                    self.finish(draft, context);
                }
            }
            Err(why) if must => self.rescue("EXPRESSION", t, from, to, context, &why),
            Err(_) => {}
        }
    }

    /// Data-changing statements found inside a query.
    fn nested(&mut self, list: Vec<(String, u32)>, context: &mut Context) {
        for (text, line) in list {
            let at = super::Span { line, line_end: line, ..super::Span::default() };
            self.text(&text, 0, line, Some(context.stands_at.unwrap_or(at)), context);
        }
    }

    /// One past the CTE list that begins at `from`.
    pub(crate) fn after_ctes(&self, t: &Tokens, from: usize, to: usize) -> Option<usize> {
        t.find(from + 1, to, |i| {
            t.any(i, &["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "FROM"])
                && !t.at(i - 1, &Token::Comma)
                && !t.is(i + 1, "AS")
        })
    }

    /// Hive's `FROM x INSERT … SELECT … INSERT … SELECT …`, DuckDB's `FROM x`.
    fn from_first(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        let mut inserts = Vec::new();
        let mut at = from;
        while let Some(insert) = t.find(at, to, |i| t.is(i, "INSERT")) {
            inserts.push(insert);
            at = insert + 1;
        }
        let Some(first) = inserts.first().copied() else { return self.select(t, from, to, context) };
        for (n, start) in inserts.iter().enumerate() {
            let end = inserts.get(n + 1).copied().unwrap_or(to);
            let Some(select) = t.find(*start, end, |i| t.is(i, "SELECT")) else { continue };
            let tail = t.find(select, end, |i| t.any(i, &["WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "LATERAL"])).unwrap_or(end);
            let mut list = t.list[select..tail].to_vec();
            list.extend_from_slice(&t.list[from..first]);
            list.extend_from_slice(&t.list[tail..end]);
            self.insert_query(t, *start, select, end, &list, None, context);
        }
    }

    fn changed(&mut self, t: &Tokens, from: usize, to: usize, with: Option<(usize, usize)>, context: &mut Context) {
        let done = match t.word(from).map(str::to_uppercase).as_deref() {
            Some("INSERT" | "REPLACE" | "UPSERT") => self.insert(t, from, to, with, context),
            Some("UPDATE") => self.update(t, from, to, with, context),
            Some("DELETE") => self.delete(t, from, to, with, context),
            _ => self.merge(t, from, to, with, context),
        };
        if let Err(why) = done {
            let kind = t.word(from).unwrap_or_default().to_uppercase();
            self.rescue(&kind, t, with.map_or(from, |w| w.0), to, context, &why);
        }
    }

    fn insert(&mut self, t: &Tokens, from: usize, to: usize, with: Option<(usize, usize)>, context: &mut Context) -> Result<(), String> {
        if t.any(from + 1, &["ALL", "FIRST"]) && (t.any(from + 2, &["INTO", "WHEN"])) {
            return self.insert_all(t, from, to, context);
        }
        let body = t
            .find(from + 1, to, |i| {
                t.any(i, &["SELECT", "VALUES", "VALUE", "WITH", "EXEC", "EXECUTE", "DEFAULT", "SET", "TABLE", "FROM"])
                    && !(t.is(i, "TABLE") && t.any(i - 1, &["INTO", "OVERWRITE", "INSERT"]))
                    && !(t.is(i, "WITH") && t.open(i + 1))
                    || t.open(i) && starts_query(t, i)
            })
            .ok_or("no VALUES or SELECT found")?;
        if t.open(body) || t.any(body, &["SELECT", "WITH", "TABLE", "FROM"]) {
            let end = t.find(body, to, |i| self.insert_tail(t, i)).unwrap_or(to);
            let mut list = Vec::new();
            if let Some((start, main)) = with {
                list.extend_from_slice(&t.list[start..main]);
                if t.is(body, "WITH") {
                    // Both have a list: they become one.
                    list.push(made(Token::Comma, &t.list[body]));
                    list.extend_from_slice(&t.list[body + 1..end]);
                } else {
                    list.extend_from_slice(&t.list[body..end]);
                }
            } else {
                list.extend_from_slice(&t.list[body..end]);
            }
            self.insert_query(t, from, body, to, &list, with, context);
            return Ok(());
        }
        let (target, columns, _) = self.insert_target(t, from, body).ok_or("no target found")?;
        let mut draft = self.draft("INSERT", t, with.map_or(from, |w| w.0), to);
        draft.writes.push((target.clone(), t.line(from)));
        draft.derives = true;
        if t.any(body, &["EXEC", "EXECUTE"]) {
            self.finish(draft, context);
            self.call_statement(t, body, to, context);
            return Ok(());
        }
        let has_query = t.list[body..to].iter().any(|x| matches!(&x.token, Token::Word(w) if w.value.eq_ignore_ascii_case("SELECT")));
        if t.is(body, "SET") {
            let assignments = assignments(t, body + 1, to);
            let mut list = vec![make_word("SELECT", &t.list[body])];
            push_values(t, &assignments, &mut list);
            let (shape, found) = self.resolve(&list, context)?;
            self.take(&mut draft, found, Some(&target));
            self.written(&mut draft, &target, columns.as_deref(), shape, Vec::new());
        } else if has_query {
            let end = t.find(body, to, |i| self.insert_tail(t, i)).unwrap_or(to);
            let (shape, mut found) = self.resolve(&t.list[body..end].to_vec(), context)?;
            let indirect = std::mem::take(&mut found.indirect);
            self.take(&mut draft, found, None);
            self.written(&mut draft, &target, columns.as_deref(), shape, indirect);
        }
        self.finish(draft, context);
        Ok(())
    }

    /// Where what follows an INSERT's query begins.
    fn insert_tail(&self, t: &Tokens, i: usize) -> bool {
        t.is(i, "RETURNING") || t.is(i, "ON") && t.any(i + 1, &["CONFLICT", "DUPLICATE"]) || t.is(i, "OPTION") && t.open(i + 1)
    }

    /// The target of `INSERT … target (columns)`, with everything before the body at `body`; also a directory.
    fn insert_target(&self, t: &Tokens, from: usize, body: usize) -> Option<(Name, Option<Vec<String>>, usize)> {
        let mut at = from + 1;
        while t.any(
            at,
            &[
                "INTO",
                "OVERWRITE",
                "IGNORE",
                "OR",
                "REPLACE",
                "TABLE",
                "LOW_PRIORITY",
                "DELAYED",
                "HIGH_PRIORITY",
                "ABORT",
                "FAIL",
                "LOCAL",
                "ROLLBACK",
            ],
        ) || t.is(at, "TOP")
        {
            at += 1;
            if t.open(at) && t.is(at - 1, "TOP") {
                at = t.skip(at, body);
                at += usize::from(t.is(at, "PERCENT"));
            }
        }
        if t.is(at, "DIRECTORY") {
            let path = t.string(at + 1)?;
            return Some((Name::new([format!("path:{path}")]), None, at + 2));
        }
        let (name, mut at) = self.name_at(t, at)?;
        if t.is(at, "PARTITION") {
            at = t.skip(at + 1, body);
            if t.seq(at, &["IF", "NOT", "EXISTS"]) {
                at += 3;
            }
        }
        if t.is(at, "WITH") && t.open(at + 1) {
            at = t.skip(at + 1, body);
        }
        if t.is(at, "AS") || at < body && !t.open(at) && t.word(at).is_some_and(|w| !super::salvage::is_keyword(w)) {
            at += 1 + usize::from(t.is(at, "AS"));
        }
        let mut columns = None;
        if at < body && t.open(at) {
            let (start, end) = t.inner(at, body);
            let names = t.commas(start, end).into_iter().filter_map(|(from, to)| (from < to).then(|| ident(t, to - 1)).flatten());
            columns = Some(names.collect());
            at = t.skip(at, body);
        }
        Some((name, columns, at))
    }

    #[allow(clippy::too_many_arguments)]
    fn insert_query(
        &mut self,
        t: &Tokens,
        from: usize,
        body: usize,
        to: usize,
        list: &[Tok],
        with: Option<(usize, usize)>,
        context: &mut Context,
    ) {
        let start = with.map_or(from, |w| w.0);
        let Some((target, columns, _)) = self.insert_target(t, from, body) else {
            return self.rescue("INSERT", t, start, to, context, "no target found");
        };
        match self.resolve(list, context) {
            Ok((shape, mut found)) => {
                let nested = std::mem::take(&mut found.nested);
                let indirect = std::mem::take(&mut found.indirect);
                let mut draft = self.draft("INSERT", t, start, to);
                self.take(&mut draft, found, None);
                draft.writes.push((target.clone(), t.line(from)));
                draft.derives = true;
                self.written(&mut draft, &target, columns.as_deref(), shape, indirect);
                self.finish(draft, context);
                self.nested(nested, context);
            }
            Err(why) => self.rescue("INSERT", t, start, to, context, &why),
        }
    }

    /// Oracle's `INSERT ALL INTO a (x) VALUES (e) INTO b … SELECT …`.
    fn insert_all(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> Result<(), String> {
        let select = t.find(from, to, |i| t.any(i, &["SELECT", "WITH"])).ok_or("no SELECT found")?;
        let mut at = from;
        while let Some(into) = t.find(at, select, |i| t.is(i, "INTO")) {
            let (target, mut after) = self.name_at(t, into + 1).ok_or("no target found")?;
            let mut columns = None;
            if t.open(after) {
                let (start, end) = t.inner(after, select);
                columns = Some(t.commas(start, end).into_iter().filter_map(|(from, _)| ident(t, from)).collect::<Vec<_>>());
                after = t.skip(after, select);
            }
            let like = &t.list[into];
            let mut list = vec![make_word("SELECT", like)];
            if t.is(after, "VALUES") && t.open(after + 1) {
                let (start, end) = t.inner(after + 1, select);
                list.extend_from_slice(&t.list[start..end]);
            } else {
                list.push(made(Token::Mul, like));
            }
            list.push(make_word("FROM", like));
            list.push(made(Token::LParen, like));
            list.extend_from_slice(&t.list[select..to]);
            list.push(made(Token::RParen, like));
            let (shape, mut found) = self.resolve(&list, context)?;
            let indirect = std::mem::take(&mut found.indirect);
            let mut draft = self.draft("INSERT", t, from, to);
            self.take(&mut draft, found, None);
            draft.writes.push((target.clone(), t.line(into)));
            draft.derives = true;
            self.written(&mut draft, &target, columns.as_deref(), shape, indirect);
            self.finish(draft, context);
            at = after.max(into + 1);
        }
        Ok(())
    }

    /// Records what flows into `target`: its projection, or the contents of a temporary.
    fn written(&mut self, draft: &mut Draft, target: &Name, columns: Option<&[String]>, shape: Shape, indirect: Vec<super::ColumnSource>) {
        if self.is_temporary(target) {
            let reads = draft.reads.clone();
            self.fill(target, columns, shape, &reads, false);
        } else if shape.iter().any(|b| !b.is_empty()) {
            let columns = columns.map(<[String]>::to_vec);
            draft.projections.push(Projection { target: target.clone(), columns, branches: shape, indirect });
        }
    }

    fn update(&mut self, t: &Tokens, from: usize, to: usize, with: Option<(usize, usize)>, context: &mut Context) -> Result<(), String> {
        let mut at = from + 1;
        while t.any(at, &["TOP", "LOW_PRIORITY", "IGNORE", "ONLY", "OR", "ROLLBACK", "ABORT", "REPLACE", "FAIL"]) {
            at += 1;
            if t.open(at) {
                at = t.skip(at, to);
            }
        }
        if t.is(at, "STATISTICS") {
            return Ok(());
        }
        let set = t.find(at, to, |i| t.is(i, "SET")).ok_or("no SET found")?;
        // PostgreSQL: `UPDATE t FOR PORTION OF …` names a period, not a relation.
        let listed_end = t.find(at, set, |i| t.seq(i, &["FOR", "PORTION"])).unwrap_or(set);
        let clause = |words: &'static [&'static str], from: usize| {
            t.find(from, to, move |i| t.any(i, words) && !(t.is(i, "FROM") && t.is(i - 1, "DISTINCT")))
        };
        let tail = clause(&["FROM", "WHERE", "OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT"], set).unwrap_or(to);
        let source = clause(&["FROM"], set);
        let filter = clause(&["WHERE"], set);
        let stop = |from: usize| clause(&["WHERE", "OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT", "RETURN"], from).unwrap_or(to);
        let assignments = assignments(t, set + 1, tail);
        let like = &t.list[from];
        let mut list = Vec::new();
        if let Some((start, main)) = with {
            list.extend_from_slice(&t.list[start..main]);
        }
        list.push(make_word("SELECT", like));
        push_values(t, &assignments, &mut list);
        list.push(make_word("FROM", like));
        let (written, after) = self.name_at(t, at).ok_or("no target found")?;
        let alias =
            if t.is(after, "AS") { ident(t, after + 1) } else { ident(t, after).filter(|_| after < listed_end && !t.is(after, "WITH")) };
        // T-SQL names the alias of a relation in FROM; elsewhere the target stands beside FROM.
        let listed = source.is_some_and(|f| {
            (f..stop(f)).any(|i| ident(t, i).is_some_and(|w| w.eq_ignore_ascii_case(written.last())) && !t.at(i + 1, &Token::Period))
        });
        let extra = t.find(after, set, |i| t.any(i, &["JOIN"]) || t.at(i, &Token::Comma)).is_some();
        match source {
            Some(f) if listed && !self.grammar.is(&["postgres", "redshift", "snowflake", "sqlite", "duckdb"]) => {
                list.extend_from_slice(&t.list[f + 1..stop(f)]);
            }
            Some(f) => {
                list.extend_from_slice(&t.list[at..listed_end]);
                list.push(made(Token::Comma, like));
                list.extend_from_slice(&t.list[f + 1..stop(f)]);
            }
            None => list.extend_from_slice(&t.list[at..listed_end]),
        }
        if let Some(w) = filter {
            let end = clause(&["OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT"], w).unwrap_or(to);
            if !t.seq(w + 1, &["CURRENT", "OF"]) {
                list.extend_from_slice(&t.list[w..end]);
            }
        }
        let (shape, mut found) = self.resolve(&list, context)?;
        let resolve_alias = |name: &str| found.aliases.iter().find(|(a, _)| a.eq_ignore_ascii_case(name)).map(|(_, n)| n.clone());
        let by_alias = |name: &Name| if name.0.len() == 1 { resolve_alias(name.last()) } else { None };
        let default = match &alias {
            _ if source.is_some() && listed || extra || with.is_some() => by_alias(&written).unwrap_or_else(|| written.clone()),
            _ => written.clone(),
        };
        let mut outputs = shape.into_iter().next().unwrap_or_default().into_iter();
        let mut by_target: Vec<(Name, Vec<String>, Vec<Output>)> = Vec::new();
        for a in &assignments {
            let target = match &a.qualifier {
                Some(q) if extra => resolve_alias(q).unwrap_or_else(|| default.clone()),
                _ => default.clone(),
            };
            let Some(output) = outputs.next() else { break };
            if a.column.starts_with('@') {
                continue;
            }
            match by_target.iter_mut().find(|(n, ..)| *n == target) {
                Some((_, columns, list)) => {
                    columns.push(a.column.clone());
                    list.push(output);
                }
                None => by_target.push((target, vec![a.column.clone()], vec![output])),
            }
        }
        if by_target.is_empty() {
            by_target.push((default, Vec::new(), Vec::new()));
        }
        let nested = std::mem::take(&mut found.nested);
        let indirect = std::mem::take(&mut found.indirect);
        let mut draft = self.draft("UPDATE", t, with.map_or(from, |w| w.0), to);
        let target = by_target[0].0.clone();
        self.take(&mut draft, found, Some(&target));
        draft.derives = true;
        for (target, columns, outputs) in by_target {
            draft.writes.push((target.clone(), t.line(at)));
            let shape = if outputs.is_empty() { Shape::new() } else { vec![outputs] };
            self.written(&mut draft, &target, Some(&columns), shape, indirect.clone());
        }
        self.output_into(t, set, to, &target, context, &mut draft);
        self.finish(draft, context);
        self.nested(nested, context);
        Ok(())
    }

    /// T-SQL's `OUTPUT … INTO t`: rows of the target go into another relation.
    fn output_into(&mut self, t: &Tokens, from: usize, to: usize, target: &Name, context: &Context, draft: &mut Draft) {
        let _ = context;
        let Some(output) = t.find(from, to, |i| t.is(i, "OUTPUT")) else { return };
        let Some(into) = t.find(output, to, |i| t.is(i, "INTO")) else { return };
        if t.find(output, into, |i| t.any(i, &["SELECT", "VALUES", "FROM", "WHERE"])).is_some() {
            return;
        }
        let Some((name, _)) = self.name_at(t, into + 1) else { return };
        if self.is_temporary(&name) {
            self.fill(&name, None, Shape::new(), &[(target.clone(), t.line(into))], false);
        } else {
            draft.writes.push((name, t.line(into)));
        }
    }

    fn delete(&mut self, t: &Tokens, from: usize, to: usize, with: Option<(usize, usize)>, context: &mut Context) -> Result<(), String> {
        let mut at = from + 1;
        while t.any(at, &["TOP", "LOW_PRIORITY", "QUICK", "IGNORE"]) {
            at += 1;
            if t.open(at) {
                at = t.skip(at, to);
            }
        }
        let word_from = t.is(at, "FROM");
        at += usize::from(word_from);
        at += usize::from(t.any(at, &["ONLY", "TABLE"]) && !t.at(at + 1, &Token::Period) && at + 1 < to);
        let (written, after) = self.name_at(t, at).ok_or("no target found")?;
        let clause = |words: &'static [&'static str], from: usize| t.find(from, to, move |i| t.any(i, words));
        let filter = clause(&["WHERE"], after);
        let source = clause(&["FROM", "USING"], after).filter(|s| filter.is_none_or(|w| *s < w) && !t.is(after, "FOR"));
        let stop = clause(&["FOR", "WHERE", "OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT"], after).unwrap_or(to);
        let like = &t.list[from];
        let mut list = Vec::new();
        if let Some((start, main)) = with {
            list.extend_from_slice(&t.list[start..main]);
        }
        list.extend([make_word("SELECT", like), made(Token::Number("1".into(), false), like), make_word("FROM", like)]);
        let listed = source.is_some_and(|f| (f..stop).any(|i| ident(t, i).is_some_and(|w| w.eq_ignore_ascii_case(written.last()))));
        match source {
            Some(f) if listed => list
                .extend_from_slice(&t.list[f + 1..clause(&["WHERE", "OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT"], f).unwrap_or(to)]),
            Some(f) => {
                list.extend_from_slice(&t.list[at..f]);
                list.push(made(Token::Comma, like));
                list.extend_from_slice(&t.list[f + 1..stop]);
            }
            None => list.extend_from_slice(&t.list[at..stop]),
        }
        if let Some(w) = filter.filter(|w| !t.seq(*w + 1, &["CURRENT", "OF"])) {
            let end = clause(&["OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT"], w).unwrap_or(to);
            list.extend_from_slice(&t.list[w..end]);
        }
        let (_, mut found) = self.resolve(&list, context)?;
        let alias = found.aliases.iter().find(|(a, _)| a.eq_ignore_ascii_case(written.last())).map(|(_, n)| n.clone());
        let target = alias.filter(|_| written.0.len() == 1 && (source.is_some() || with.is_some())).unwrap_or(written);
        let nested = std::mem::take(&mut found.nested);
        let mut draft = self.draft("DELETE", t, with.map_or(from, |w| w.0), to);
        self.take(&mut draft, found, Some(&target));
        draft.writes.push((target.clone(), t.line(at)));
        self.output_into(t, from, to, &target, context, &mut draft);
        self.finish(draft, context);
        self.nested(nested, context);
        Ok(())
    }

    fn merge(&mut self, t: &Tokens, from: usize, to: usize, with: Option<(usize, usize)>, context: &mut Context) -> Result<(), String> {
        let mut at = from + 1;
        if t.is(at, "TOP") {
            at = t.skip(at + 1, to);
        }
        at += usize::from(t.is(at, "INTO"));
        let (target, mut after) = self.name_at(t, at).ok_or("no target found")?;
        let using = t.find(after, to, |i| t.is(i, "USING")).ok_or("no USING found")?;
        let on = t.find(using, to, |i| t.is(i, "ON")).ok_or("no ON found")?;
        let first = t.find(on, to, |i| t.is(i, "WHEN")).unwrap_or(to);
        if t.is(after, "WITH") {
            after = t.skip(after + 1, using);
        }
        let like = &t.list[from];
        let mut list = Vec::new();
        if let Some((start, main)) = with {
            list.extend_from_slice(&t.list[start..main]);
        }
        list.push(make_word("SELECT", like));
        // One select list holds the values of all branches; each takes its own back by position.
        let mut branches: Vec<(Vec<String>, usize)> = Vec::new();
        let mut conditions = vec![(on + 1, first)];
        let mut values = 0;
        let mut at_when = first;
        while at_when < to {
            let next = t.find(at_when + 1, to, |i| t.is(i, "WHEN") && case_depth(t, at_when, i) == 0).unwrap_or(to);
            let then = t.find(at_when, next, |i| t.is(i, "THEN") && case_depth(t, at_when, i) == 0).ok_or("WHEN without THEN")?;
            if let Some(and) = t.find(at_when, then, |i| t.is(i, "AND")) {
                conditions.push((and + 1, then));
            }
            let end = t.find(then, next, |i| t.any(i, &["OUTPUT", "OPTION", "RETURNING"])).unwrap_or(next);
            let mut push = |columns: Vec<String>, parts: Vec<(usize, usize)>| {
                let count = parts.len().min(columns.len());
                for ((from, to), column) in parts.into_iter().zip(&columns) {
                    if values > 0 {
                        list.push(made(Token::Comma, like));
                    }
                    list.extend_from_slice(&t.list[from..to]);
                    list.push(make_word("AS", like));
                    list.push(make_ident(column, like));
                    values += 1;
                }
                branches.push((columns.into_iter().take(count).collect(), count));
            };
            if t.is(then + 1, "UPDATE") && t.is(then + 2, "SET") {
                if t.at(then + 3, &Token::Mul) {
                    push(vec!["*".into()], Vec::new());
                } else {
                    let stop = t.find(then + 3, end, |i| t.any(i, &["WHERE", "DELETE"])).unwrap_or(end);
                    let list = assignments(t, then + 3, stop);
                    let columns = list.iter().map(|a| a.column.clone()).collect();
                    push(columns, list.iter().map(|a| a.value).collect());
                }
            } else if t.is(then + 1, "INSERT") {
                let mut i = then + 2;
                let mut columns = Vec::new();
                if t.open(i) {
                    let (start, stop) = t.inner(i, end);
                    columns = t
                        .commas(start, stop)
                        .into_iter()
                        .filter_map(|(from, to)| (from < to).then(|| ident(t, to - 1)).flatten())
                        .collect();
                    i = t.skip(i, end);
                }
                if t.is(i, "VALUES") && t.open(i + 1) {
                    let (start, stop) = t.inner(i + 1, end);
                    let parts = t.commas(start, stop);
                    if columns.is_empty() {
                        columns = parts.iter().map(|(from, to)| ident(t, to.saturating_sub(1).max(*from)).unwrap_or_default()).collect();
                    }
                    push(columns, parts);
                } else if t.is(i, "ROW") || t.at(i, &Token::Mul) {
                    push(vec!["*".into()], Vec::new());
                }
            }
            at_when = next;
        }
        if values == 0 {
            list.push(made(Token::Number("1".into(), false), like));
        }
        list.push(make_word("FROM", like));
        list.extend_from_slice(&t.list[at..after.min(at + name_length(t, at))]);
        let alias = if t.is(after, "AS") { after + 1 } else { after };
        if alias < using {
            list.push(t.list[alias].clone());
        }
        list.push(made(Token::Comma, like));
        list.extend_from_slice(&t.list[using + 1..on]);
        for (n, (from, to)) in conditions.into_iter().enumerate() {
            list.push(make_word(if n == 0 { "WHERE" } else { "AND" }, like));
            list.push(made(Token::LParen, like));
            list.extend_from_slice(&t.list[from..to]);
            list.push(made(Token::RParen, like));
        }
        let (shape, mut found) = self.resolve(&list, context)?;
        let indirect = std::mem::take(&mut found.indirect);
        let mut draft = self.draft("MERGE", t, with.map_or(from, |w| w.0), to);
        // `WITH cte AS (…) MERGE INTO cte`: what is written is what the CTE selects from.
        let key = if alias < using { ident(t, alias) } else { None };
        let origin = found.aliases.iter().find(|(a, _)| a.eq_ignore_ascii_case(key.as_deref().unwrap_or(target.last())));
        let target = origin.filter(|_| with.is_some() && target.0.len() == 1).map_or(target, |(_, n)| n.clone());
        self.take(&mut draft, found, Some(&target));
        draft.writes.push((target.clone(), t.line(at)));
        draft.derives = true;
        let mut outputs = shape.into_iter().next().unwrap_or_default().into_iter();
        for (columns, count) in branches {
            let taken: Vec<Output> = outputs.by_ref().take(count).collect();
            if columns == ["*"] && count == 0 {
                if let Some((source, _)) = draft.reads.first().cloned() {
                    let star = vec![Output::Star { table: source, except: Vec::new(), line: draft.span.line }];
                    self.written(&mut draft, &target, None, vec![star], indirect.clone());
                }
            } else if !taken.is_empty() {
                self.written(&mut draft, &target, Some(&columns), vec![taken], indirect.clone());
            }
        }
        self.output_into(t, on, to, &target, context, &mut draft);
        self.finish(draft, context);
        Ok(())
    }

    fn truncate(&mut self, t: &Tokens, from: usize, to: usize, context: &Context) {
        let mut at = from + 1;
        while t.any(at, &["TABLE", "ONLY", "IF", "EXISTS"]) {
            at += 1;
        }
        let mut draft = self.draft("TRUNCATE", t, from, to);
        for (start, _) in t.commas(at, to) {
            if let Some((name, _)) = self.name_at(t, start) {
                draft.writes.push((name, t.line(start)));
            }
        }
        self.finish(draft, context);
    }

    /// `COPY t FROM 'path'`, `COPY INTO t FROM @stage`, `BULK INSERT t FROM 'path'`, `LOAD DATA INPATH 'path' INTO TABLE t`.
    fn copy(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        let mut draft = self.draft("COPY", t, from, to);
        draft.derives = true;
        let path = |text: &str| Name::new([format!("path:{text}")]);
        let line = t.line(from);
        if t.is(from, "LOAD") || t.is(from, "EXPORT") || t.is(from, "UNLOAD") {
            if let Some(string) = t.find(from, to, |i| t.string(i).is_some()) {
                draft.reads.push((path(t.string(string).unwrap_or_default()), line));
            }
            if let Some((name, _)) =
                t.find(from, to, |i| t.is(i, "INTO")).and_then(|i| self.name_at(t, i + 1 + usize::from(t.is(i + 1, "TABLE"))))
            {
                draft.writes.push((name, line));
            }
            return self.finish(draft, context);
        }
        let mut at = from + 1;
        while t.any(at, &["INTO", "INSERT", "BINARY"]) {
            at += 1;
        }
        if t.open(at) {
            // COPY (query) TO 'path'
            let (start, end) = t.inner(at, to);
            return self.statement(t, start, end, context);
        }
        let Some((name, after)) = self.name_at(t, at) else {
            return self.rescue("COPY", t, from, to, context, "no table found");
        };
        let Some(side) = t.find(after, to, |i| t.any(i, &["FROM", "TO"])) else { return self.finish(draft, context) };
        let outward = t.is(side, "TO");
        let other = match t.string(side + 1) {
            Some(text) => Some(path(text)),
            None if t.any(side + 1, &["STDIN", "STDOUT", "PROGRAM"]) => None,
            None if t.open(side + 1) => {
                let (start, end) = t.inner(side + 1, to);
                if let Ok((_, found)) = self.resolve(&t.list[start..end].to_vec(), context) {
                    self.take(&mut draft, found, None);
                }
                None
            }
            None => self.name_at(t, side + 1).map(|(n, _)| n).filter(|n| !is_temp(n)),
        };
        let (reads, writes) = if outward { (Some(name), other) } else { (other, Some(name)) };
        draft.reads.extend(reads.map(|n| (n, line)));
        draft.writes.extend(writes.map(|n| (n, line)));
        self.finish(draft, context);
    }

    /// `EXEC p`, `CALL p()`, and dynamic SQL.
    pub(crate) fn call_statement(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        let mut at = from.wrapping_add(1);
        // EXEC @result = p
        if t.at(at + 1, &Token::Eq) {
            at += 2;
        }
        if t.any(at, &["IMMEDIATE", "AS"]) {
            if t.is(at, "AS") {
                return;
            }
            return self.dynamic(t, at + 1, to, context);
        }
        if t.open(at) {
            let (start, end) = t.inner(at, to);
            return self.dynamic(t, start, end, context);
        }
        let Some((name, after)) = self.name_at(t, at) else { return self.dynamic(t, at, to, context) };
        let last = name.last().to_lowercase();
        if last == "sp_executesql" {
            let end = t.find(after, to, |i| t.at(i, &Token::Comma)).unwrap_or(to);
            let start = if t.at(after + 1, &Token::Eq) { after + 2 } else { after };
            return self.dynamic(t, start, end, context);
        }
        if last == "sp_rename" {
            if let (Some(old), Some(comma)) = (t.string(after), t.find(after, to, |i| t.at(i, &Token::Comma)))
                && let Some(new) = t.string(comma + 1)
                && t.string(comma + 3).is_none_or(|k| k.eq_ignore_ascii_case("OBJECT"))
            {
                let old = Name::new(old.split('.').map(|p| p.trim_matches(['[', ']'])));
                let mut parts = old.0.clone();
                parts.pop();
                parts.push(new.to_owned());
                self.events.push(Event::Rename(old, Name(parts)));
            }
            return;
        }
        let variable = name.last().starts_with('@') || name.last() == "?";
        if variable || context.strings.contains_key(&last) {
            return self.dynamic(t, at, to, context);
        }
        if last.starts_with("sp_") && (name.0.len() == 1 || name.0[0].eq_ignore_ascii_case("sys")) {
            // System procedures are nobody's.
            return;
        }
        let mut draft = self.draft("CALL", t, from.min(at), to);
        draft.calls.push((name, t.line(at)));
        self.finish(draft, context);
        self.condition(t, after, to, context);
    }

    /// SQL held by a constant expression in `from..to`.
    pub(crate) fn dynamic(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        if from >= to {
            return;
        }
        // format('…', …): the placeholders become names.
        let format = t.is(from, "format") && t.open(from + 1);
        let stop = t.find(from, to, |i| t.any(i, &["USING", "INTO"])).unwrap_or(to);
        let text = if format {
            t.string(from + 2).map(|s| s.replace("%I", "_").replace("%s", "_").replace("%L", "NULL"))
        } else {
            self.constant(t, from, stop, context)
        };
        let line = t.line(from);
        match text {
            Some(text) => {
                let span = context.stands_at.unwrap_or_else(|| t.span(from, to));
                self.text(&text, t.list[from].start, line, Some(span), context);
            }
            None => self.diagnose(line, Severity::Info, "Dynamic SQL is put together at run time: what it reads and writes is unknown."),
        }
    }

    /// The qualified name at `at`, and the index after it.
    pub(crate) fn name_at(&self, t: &Tokens, at: usize) -> Option<(Name, usize)> {
        let mut parts: Vec<(String, bool)> = Vec::new();
        let mut i = at;
        loop {
            let tok = t.list.get(i)?;
            match &tok.token {
                Token::Word(Word { value, quote_style, .. }) => {
                    let mut value = value.clone();
                    i += 1;
                    // BigQuery: `my-project.dataset.table`.
                    while quote_style.is_none()
                        && self.grammar.is(&["bigquery"])
                        && t.at(i, &Token::Minus)
                        && adjacent(t, i - 1)
                        && adjacent(t, i)
                    {
                        match t.list.get(i + 1).map(|x| &x.token) {
                            Some(Token::Word(w)) => value = format!("{value}-{}", w.value),
                            Some(Token::Number(n, _)) => value = format!("{value}-{n}"),
                            _ => break,
                        }
                        i += 2;
                    }
                    parts.push((value, quote_style.is_some()));
                }
                Token::Sharp | Token::AtSign | Token::DoubleSharp if adjacent(t, i) => {
                    let sign = tok.token.to_string();
                    let word = match &t.list.get(i + 1)?.token {
                        Token::Word(w) => &w.value,
                        _ => return None,
                    };
                    parts.push((format!("{sign}{word}"), false));
                    i += 2;
                }
                Token::Placeholder(p) => {
                    parts.push((p.clone(), false));
                    i += 1;
                }
                Token::DoubleQuotedString(s) => {
                    parts.push((s.clone(), true));
                    i += 1;
                }
                Token::Period if !parts.is_empty() => {}
                _ if parts.is_empty() => return None,
                _ => break,
            }
            if t.at(i, &Token::Period) {
                i += 1;
            } else {
                break;
            }
        }
        let parts: Vec<(&str, bool)> = parts.iter().map(|(p, q)| (p.as_str(), *q)).collect();
        (!parts.is_empty()).then(|| (from_parts(&parts, self.grammar), i))
    }
}

/// Confidence of what a token scan finds.
const SALVAGED: f32 = 0.4;

/// Whether the token at `i` touches the next one.
fn adjacent(t: &Tokens, i: usize) -> bool {
    match (t.list.get(i), t.list.get(i + 1)) {
        (Some(a), Some(b)) => a.end == b.start,
        _ => false,
    }
}

/// The identifier at `i`, quoted or not.
pub(crate) fn ident(t: &Tokens, i: usize) -> Option<String> {
    match &t.list.get(i)?.token {
        Token::Word(w) => Some(w.value.clone()),
        Token::DoubleQuotedString(s) | Token::SingleQuotedString(s) => Some(s.clone()),
        _ => None,
    }
}

fn name_length(t: &Tokens, at: usize) -> usize {
    let mut i = at + 1;
    while t.at(i, &Token::Period) {
        i += 2;
    }
    i - at
}

/// Whether the bracket at `i` holds a query, however deep.
pub(crate) fn starts_query(t: &Tokens, i: usize) -> bool {
    let mut at = i;
    while t.open(at) {
        at += 1;
    }
    t.any(at, &["SELECT", "WITH", "VALUES"])
}

/// Open CASEs between two places.
fn case_depth(t: &Tokens, from: usize, to: usize) -> usize {
    let mut depth = 0usize;
    let mut i = from;
    while i < to {
        if t.is(i, "CASE") {
            depth += 1;
        } else if t.is(i, "END") {
            depth = depth.saturating_sub(1);
        }
        i = t.skip(i, to);
    }
    depth
}

/// The assignments in `from..to`.
fn assignments(t: &Tokens, from: usize, to: usize) -> Vec<Assignment> {
    let mut list = Vec::new();
    for (start, end) in t.commas(from, to) {
        let Some(sign) = t.find(start, end, |i| t.at(i, &Token::Eq) || t.at(i, &Token::Assignment)) else { continue };
        if t.open(start) {
            // (a, b) = (x, y) or (a, b) = (SELECT …): each column is made of the whole when it cannot be split.
            let (first, last) = t.inner(start, end);
            let columns: Vec<String> = t.commas(first, last).into_iter().filter_map(|(_, to)| ident(t, to.checked_sub(1)?)).collect();
            let values = if t.open(sign + 1) && !starts_query(t, sign + 1) {
                let (first, last) = t.inner(sign + 1, end);
                t.commas(first, last)
            } else {
                Vec::new()
            };
            for (n, column) in columns.into_iter().enumerate() {
                list.push(Assignment { qualifier: None, column, value: values.get(n).copied().unwrap_or((sign + 1, end)) });
            }
            continue;
        }
        // `c += e` has an operator before the sign, `@v = c = e` a second sign.
        let mut last = sign - 1;
        while last > start && ident(t, last).is_none() {
            last -= 1;
        }
        let (mut column, mut value) = (ident(t, last).unwrap_or_default(), sign + 1);
        if column.starts_with('@') && t.at(sign + 2, &Token::Eq) {
            column = ident(t, sign + 1).unwrap_or_default();
            value = sign + 3;
        }
        let qualifier = (last >= start + 2).then(|| ident(t, last - 2)).flatten();
        list.push(Assignment { qualifier, column, value: (value, end) });
    }
    list
}

/// Appends `expression AS column, …`.
fn push_values(t: &Tokens, assignments: &[Assignment], list: &mut Vec<Tok>) {
    for (n, a) in assignments.iter().enumerate() {
        let (from, to) = a.value;
        let Some(like) = t.list.get(from.min(t.list.len().saturating_sub(1))) else { continue };
        if n > 0 {
            list.push(made(Token::Comma, like));
        }
        if from >= to || t.is(from, "DEFAULT") {
            list.push(make_word("NULL", like));
        } else {
            list.extend_from_slice(&t.list[from..to]);
        }
        list.push(make_word("AS", like));
        list.push(make_ident(&a.column, like));
    }
    if assignments.is_empty()
        && let Some(like) = t.list.first()
    {
        list.push(made(Token::Number("1".into(), false), like));
    }
}

/// `list` without `INTO targets`, as procedural languages write it in a SELECT.
fn without_into(list: &[Tok]) -> Option<Vec<Tok>> {
    let is =
        |i: usize, word: &str| matches!(&list[i].token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word));
    let mut depth = 0usize;
    let mut into = None;
    for i in 0..list.len() {
        match list[i].token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > 0 {
            continue;
        }
        match into {
            None if is(i, "INTO") => into = Some(i - usize::from(i >= 2 && is(i - 1, "COLLECT")) * 2),
            Some(start) if ["FROM", "WHERE", "LIMIT", "ORDER", "GROUP", "UNION", "FOR", "SELECT"].iter().any(|w| is(i, w)) && i > start => {
                // Before the select list (`SELECT INTO a, b x, y FROM`) it cannot be told where the list begins: PostgreSQL alone allows it.
                let mut out = list[..start].to_vec();
                if out.len() == 1 {
                    out.push(made(Token::Mul, &list[start]));
                }
                out.extend_from_slice(&list[i..]);
                return Some(out);
            }
            _ => {}
        }
    }
    into.map(|start| list[..start].to_vec())
}

/// Vertica's function that moves partitions: `swap_partitions_between_tables('from', lo, hi, 'to')`.
fn swapped_partitions(list: &[Tok]) -> Option<(Name, Name)> {
    let at =
        list.iter().position(|t| matches!(&t.token, Token::Word(w) if w.value.eq_ignore_ascii_case("swap_partitions_between_tables")))?;
    let text = |tok: &Tok| match &tok.token {
        Token::SingleQuotedString(s) => Some(Name::new(s.split('.'))),
        _ => None,
    };
    let source = text(list.get(at + 2)?)?;
    let target = list[at..].iter().rev().find_map(text)?;
    Some((source, target))
}
