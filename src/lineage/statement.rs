//! Statements that read and write rows. Each is brought into the form of a query, so that one analysis serves all of them.

use super::draft::{Context, Draft};
use super::engine::Engine;
use super::rewrite::bracket;
use super::scope::{Shape, Temp, from_parts, is_temp};
use super::split::MAX_DEPTH;
use super::token::{Tok, Tokens, made, make_ident, make_word};
use super::variable::target;
use super::{ColumnSource, Kind, Name, Output, Projection, Severity, define};
use sqlparser::tokenizer::{Token, Word};

mod assignment;
mod call;
mod change;
mod copy;
mod insert;
mod merge;
mod system;

impl Engine<'_> {
    /// Reads `from..to` as one statement.
    pub(crate) fn statement(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        if from >= to {
            return;
        }
        if self.grammar.is(&["teradata"])
            && let Some(list) = super::rewrite::spelled_out(&t.list[from..to])
        {
            let tokens = Tokens::of(list);
            return self.statement(&tokens, 0, tokens.list.len(), context);
        }
        if let Some(list) = self.identified(&t.list[from..to], context) {
            let tokens = Tokens::of(list);
            return self.statement(&tokens, 0, tokens.list.len(), context);
        }
        self.meet(context);
        let word = t.word(from).map(str::to_uppercase).unwrap_or_default();
        match word.as_str() {
            "SELECT" | "VALUES" | "TABLE" | "PIVOT" | "UNPIVOT" => self.given_query(t, from, to, context),
            "" if t.open(from) => self.given_query(t, from, to, context),
            "FROM" => self.source_first(t, from, to, None, context),
            "WITH" => match self.after_ctes(t, from, to) {
                Some(main) if t.any(main, &["INSERT", "UPDATE", "DELETE", "MERGE"]) => {
                    self.changed(t, main, to, Some((from, main)), context)
                }
                Some(main) if t.is(main, "FROM") => self.source_first(t, main, to, Some((from, main)), context),
                _ => self.given_query(t, from, to, context),
            },
            "REPLACE" if t.any(from + 1, &["VIEW", "TABLE"]) => self.define_statement(t, from, to, context),
            "INSERT" if self.composed(t, from, to, context) => {}
            "INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "MERGE" | "UPSERT" => self.changed(t, from, to, None, context),
            "TRUNCATE" => self.truncate(t, from, to, context),
            "COPY" | "BULK" | "LOAD" | "EXPORT" | "UNLOAD" => self.copy(t, from, to, context),
            "IMPORT" if t.any(from + 1, &["TABLE", "EXTERNAL"]) => self.copy(t, from, to, context),
            "EXEC" | "EXECUTE" | "CALL" => self.call_statement(t, from, to, context),
            "CREATE" | "ALTER" | "DROP" | "RENAME" | "COMMENT" | "CACHE" | "REFRESH" => self.define_statement(t, from, to, context),
            "BEGIN" | "END" | "SET" | "DECLARE" | "IF" if context.depth < MAX_DEPTH => {
                let mut inner = context.inside();
                self.script(t, from, to, &mut inner);
                context.resume(inner);
            }
            "CONNECT" | "EXEC_SQL" | "OPTION" | "COLUMN" | "HANDLER" | "XA" | "CHANGE" | "REPAIR" | "CHECK" | "CHECKSUM" => {}
            // A T-SQL batch may begin with the name of a procedure.
            _ if self.grammar.is_tsql() && self.name_at(t, from).is_some_and(|(_, after)| after == to) => {
                self.call(t, from, from, to, context);
            }
            "" => self.rescue(&word, t, from, to, context, "it begins with no statement known here"),
            // Its FROM and INTO may mean anything.
            _ => self.lose(&word, t, from, to, context, "it begins with no statement known here"),
        }
    }

    /// A statement with the texts of variables in the places of `IDENTIFIER($name)`, and what only running gives as such.
    fn identified(&mut self, list: &[Tok], context: &Context) -> Option<Vec<Tok>> {
        fn word(t: &Tok) -> Option<&str> {
            match &t.token {
                Token::Word(w) if w.quote_style.is_none() => Some(&w.value),
                Token::Placeholder(p) => Some(p),
                _ => None,
            }
        }
        let named = |i: usize| word(&list[i]).is_some_and(|w| w.eq_ignore_ascii_case("IDENTIFIER"));
        let computed = |i: &usize| match bracket(list, i + 1) {
            3 => word(&list[i + 2]).is_some(),
            used => used > 3,
        };
        if !self.grammar.is(&["snowflake", "databricks", "spark"]) || !(0..list.len()).any(|i| named(i) && computed(&i)) {
            return None;
        }
        let mut out = Vec::with_capacity(list.len());
        let mut at = 0;
        while at < list.len() {
            let like = &list[at];
            if !(named(at) && computed(&at)) {
                out.push(like.clone());
                at += 1;
                continue;
            }
            let end = at + 1 + bracket(list, at + 1);
            let text = define::text(&list[at + 2..end - 1]);
            let name = text.trim_start_matches(['$', ':']);
            match context.variables.get(&name.to_lowercase()).and_then(super::variable::Variable::text) {
                Some(known) => {
                    out.extend_from_slice(&list[at..at + 2]);
                    out.extend([made(Token::SingleQuotedString(known.to_owned()), like), list[end - 1].clone()]);
                }
                None => {
                    self.templates = true;
                    out.push(make_ident(&format!("${{{name}}}"), like));
                }
            }
            at = end;
        }
        Some(out)
    }

    /// T-SQL's `INSERT … SELECT … FROM (MERGE … OUTPUT …) AS x (columns)`: the inner statement fills a temporary that the outer one reads.
    fn composed(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> bool {
        const CHANGES: [&str; 4] = ["MERGE", "UPDATE", "DELETE", "INSERT"];
        let open = t.find(from, to, |i| t.open(i) && i > from && t.is(i - 1, "FROM") && t.any(i + 1, &CHANGES));
        let Some(open) = open.filter(|_| self.grammar.is_tsql()) else { return false };
        let (start, close) = t.inner(open, to);
        let Some(output) = t.find(start, close, |i| t.is(i, "OUTPUT")) else { return false };
        let items = t.find(output, close, |i| t.any(i, &["FROM", "WHERE", "VALUES", "SELECT", "OPTION"])).unwrap_or(close);
        let name = close + 1 + usize::from(t.is(close + 1, "AS"));
        // Such rows have a name, unless the text ends before it.
        if name >= to {
            return false;
        }
        let columns = if t.open(name + 1) { name + 1..t.skip(name + 1, to) } else { name + 1..name + 1 };
        let like = &t.list[output];
        let temporary = make_word(&format!("#{}_rows", ident(t, name).unwrap_or_default()), like);
        let mut inner = t.list[start..items].to_vec();
        inner.extend([make_word("INTO", like), temporary.clone()]);
        inner.extend_from_slice(&t.list[columns.clone()]);
        inner.extend_from_slice(&t.list[items..close]);
        let mut outer = t.list[from..open].to_vec();
        outer.push(temporary);
        outer.extend_from_slice(&t.list[close + 1..columns.start.min(to)]);
        outer.extend_from_slice(&t.list[columns.end.min(to)..to]);
        self.nested(vec![inner, outer], context);
        true
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
                self.fill(&target, None, Shape::new(), draft.reads.clone(), Vec::new());
            }
        }
        self.finish(draft, context);
    }

    fn draft(&self, kind: &str, t: &Tokens, from: usize, to: usize) -> Draft {
        Draft { kind: kind.to_owned(), span: t.span(from, to), confidence: 1.0, ..Draft::default() }
    }

    /// A query as a statement; gives its outputs.
    pub(crate) fn select(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> Shape {
        self.query_statement(t, &t.list[from..to], (from, to), false, context)
    }

    /// A query whose rows go to whoever runs the statement.
    fn given_query(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        self.query_statement(t, &t.list[from..to], (from, to), true, context);
    }

    /// A query as a statement: `list` is what to parse, `from..to` where it stands; whether a routine gives back its rows.
    pub(crate) fn query_statement(
        &mut self,
        t: &Tokens,
        list: &[Tok],
        (from, to): (usize, usize),
        given: bool,
        context: &mut Context,
    ) -> Shape {
        // Where SELECT INTO makes no tables it sets variables everywhere.
        let variables = context.body && !self.grammar.is_tsql() || self.grammar.is(&["oracle", "mysql"]);
        let (without_file, file) = without_outfile(list);
        let list = without_file.as_deref().unwrap_or(list);
        let (stripped, targets) = if variables { without_into(list) } else { (None, Vec::new()) };
        let simple = if self.grammar.is_tsql() { without_operators(list) } else { None };
        let list = stripped.as_deref().or(simple.as_deref()).unwrap_or(list);
        match self.resolve(list, context) {
            Ok((shape, mut found)) => {
                let nested = std::mem::take(&mut found.nested);
                let into = file.or_else(|| found.into.take().filter(|_| !variables));
                let temporary = found.into_temporary;
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
                if self.grammar.is_tsql() || self.grammar.is(&["mysql"]) {
                    self.take_assigned(t, from, to, &shape, context);
                }
                if !targets.is_empty() {
                    self.take_row(&targets, &shape, context);
                    self.take_new(&targets, &shape, &mut draft, context);
                }
                // Of a query whose rows are given nobody asks for them.
                let rows = if given { Shape::new() } else { shape.clone() };
                match into {
                    Some(target) if is_temp(&target) || temporary => {
                        self.renew(&target, Temp::default(), context);
                        self.fill(&target, None, shape, draft.sources(), indirect);
                    }
                    Some(target) => {
                        draft.derives = true;
                        draft.writes.push((target.clone(), draft.span.line));
                        if without_file.is_none() {
                            self.define(super::define::asset(Kind::Table, target.clone(), draft.span, &shape));
                        }
                        draft.projections.push(Projection { target, columns: None, by_name: false, branches: shape, indirect });
                    }
                    None => {
                        let sets = |o: &Output| matches!(o, Output::Column { name, .. } if name.starts_with('@'));
                        if given && targets.is_empty() && !shape.iter().flatten().any(sets) {
                            self.give(&mut draft, shape, context);
                        }
                    }
                }
                self.finish(draft, context);
                self.nested(nested, context);
                rows
            }
            Err(why) => {
                self.rescue("SELECT", t, from, to, context, &why);
                Shape::new()
            }
        }
    }

    /// An expression read for what it reads and calls; says nothing when it says nothing. Gives the columns it is made of.
    pub(crate) fn expression_statement(
        &mut self,
        t: &Tokens,
        list: &[Tok],
        from: usize,
        to: usize,
        context: &mut Context,
        must: bool,
    ) -> Vec<ColumnSource> {
        match self.resolve(list, context) {
            Ok((shape, found)) => {
                let mut draft = self.draft("EXPRESSION", t, from, to);
                self.take(&mut draft, found, None);
                let said = [&draft.reads, &draft.rows, &draft.calls, &draft.maybe_calls, &draft.sequences];
                if said.iter().any(|list| !list.is_empty()) {
                    self.finish(draft, context);
                }
                match shape.into_iter().flatten().next() {
                    Some(Output::Column { sources, .. }) => return sources,
                    Some(Output::Star { .. }) | None => {}
                }
            }
            Err(why) if must => self.rescue("EXPRESSION", t, from, to, context, &why),
            Err(_) => {}
        }
        Vec::new()
    }

    /// Statements found inside another, or put together of its parts.
    pub(crate) fn nested(&mut self, list: Vec<Vec<Tok>>, context: &mut Context) {
        for tokens in list {
            let tokens = Tokens::of(tokens);
            self.statement(&tokens, 0, tokens.list.len(), context);
            self.count(tokens.looked_at());
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
    fn source_first(&mut self, t: &Tokens, from: usize, to: usize, with: Option<(usize, usize)>, context: &mut Context) {
        let ctes = with.map_or(&[][..], |(start, main)| &t.list[start..main]);
        let mut inserts = Vec::new();
        let mut at = from;
        while let Some(insert) = t.find(at, to, |i| t.is(i, "INSERT")) {
            inserts.push(insert);
            at = insert + 1;
        }
        let Some(first) = inserts.first().copied() else { return drop(self.select(t, with.map_or(from, |w| w.0), to, context)) };
        for (n, start) in inserts.iter().enumerate() {
            let end = inserts.get(n + 1).copied().unwrap_or(to);
            let Some(select) = t.find(*start, end, |i| t.is(i, "SELECT")) else { continue };
            let tail = t
                .find(select, end, |i| {
                    t.any(
                        i,
                        &["WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "LIMIT", "LATERAL", "CLUSTER", "DISTRIBUTE", "SORT"],
                    )
                })
                .unwrap_or(end);
            let list = [ctes, &t.list[select..tail], &t.list[from..first], &t.list[tail..end]].concat();
            self.insert_query(t, *start, select, end, &list, None, context);
        }
    }

    fn changed(&mut self, t: &Tokens, from: usize, to: usize, with: Option<(usize, usize)>, context: &mut Context) {
        if let Some(list) = self.remote_target(t, from, to).filter(|_| with.is_none()) {
            let tokens = Tokens::of(list);
            return self.changed(&tokens, 0, tokens.list.len(), None, context);
        }
        // Teradata: UPDATE … ELSE INSERT ….
        let other = t.find(from, to, |i| t.seq(i, &["ELSE", "INSERT"])).filter(|_| self.grammar.is(&["teradata"]) && t.is(from, "UPDATE"));
        if let Some(other) = other {
            self.changed(t, from, other, with, context);
            return self.changed(t, other + 1, to, None, context);
        }
        // Oracle: rows that fail go into a table of their own.
        let log = t.find(from, to, |i| t.seq(i, &["LOG", "ERRORS"])).filter(|_| self.grammar.is(&["oracle"]));
        if let Some(log) = log {
            self.changed(t, from, log, with, context);
            if let Some((name, _)) = t.is(log + 2, "INTO").then(|| self.name_at(t, log + 3)).flatten() {
                let mut draft = self.draft("LOG ERRORS", t, log, to);
                draft.writes.push((name, t.line(log)));
                self.finish(draft, context);
            }
            return;
        }
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

    /// T-SQL's change of what another server's query gives, `UPDATE OPENQUERY(s, 'SELECT a FROM t') SET …`, as one of the query in brackets.
    fn remote_target(&self, t: &Tokens, from: usize, to: usize) -> Option<Vec<Tok>> {
        let at = from + 1 + usize::from(t.any(from + 1, &["INTO", "FROM"]));
        if !self.grammar.is_tsql() || !t.any(at, &["OPENQUERY", "OPENROWSET"]) || !t.open(at + 1) {
            return None;
        }
        let (start, end) = t.inner(at + 1, to);
        let text = (start..end).rev().find_map(|i| t.string(i))?;
        let query = Tokens::read(text, self.grammar, 0, t.line(at));
        let like = &t.list[at];
        let mut list = t.list[from..at].to_vec();
        list.extend((t.is(from, "INSERT") && at == from + 1).then(|| make_word("INTO", like)));
        list.push(made(Token::LParen, like));
        list.extend(query.list.into_iter().map(|tok| made(tok.token, like)));
        list.push(made(Token::RParen, like));
        list.extend_from_slice(&t.list[t.skip(at + 1, to)..to]);
        Some(list)
    }

    /// Records what flows into `target`: its projection, or the contents of a temporary.
    fn written(&mut self, draft: &mut Draft, target: &Name, into: Mapping<'_>, shape: Shape, indirect: Vec<ColumnSource>) {
        let (columns, by_name) = match into {
            Mapping::Columns(list) => (Some(list), false),
            Mapping::Places => (None, false),
            Mapping::Names => (None, true),
        };
        if self.is_temporary(target) {
            self.fill(target, columns, shape, draft.sources(), indirect);
        } else if shape.iter().any(|b| !b.is_empty()) {
            let columns = columns.map(<[String]>::to_vec);
            draft.projections.push(Projection { target: target.clone(), columns, by_name, branches: shape, indirect });
        }
    }

    /// The qualified name at `at`, and the index after it.
    pub(crate) fn name_at(&self, t: &Tokens, at: usize) -> Option<(Name, usize)> {
        // IDENTIFIER('schema.table')
        if t.is(at, "IDENTIFIER") && t.open(at + 1) {
            let text = t.string(at + 2)?;
            return Some((Name::new(text.split('.').map(|part| part.trim_matches('"'))), t.skip(at + 1, t.list.len())));
        }
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
                        // `p-1x`: the number ends where letters begin.
                        if let (true, Some(Token::Word(w))) = (adjacent(t, i - 1) && !value.ends_with('.'), t.list.get(i).map(|x| &x.token))
                        {
                            value.push_str(&w.value);
                            i += 1;
                        }
                    }
                    // `p-1.d`: the number takes the dot.
                    if let Some(part) = value.strip_suffix('.').filter(|_| quote_style.is_none()) {
                        parts.push((part.to_owned(), false));
                        continue;
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

/// Which columns of a target values go to.
#[derive(Clone, Copy)]
enum Mapping<'a> {
    /// These, in order.
    Columns(&'a [String]),
    /// The target's own, in order.
    Places,
    /// Those of the values' names.
    Names,
}

impl<'a> Mapping<'a> {
    /// These if there are any, else the target's own.
    fn listed(columns: Option<&'a [String]>) -> Mapping<'a> {
        columns.map_or(Mapping::Places, Mapping::Columns)
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

/// Whether the bracket at `i` holds a query, however deep.
pub(crate) fn starts_query(t: &Tokens, i: usize) -> bool {
    let mut at = i;
    while t.open(at) {
        at += 1;
    }
    t.any(at, &["SELECT", "WITH", "VALUES"]) || t.is(at, "FROM") && at > i
}

/// `list` without `INTO targets`, as procedural languages write it in a SELECT, and the targets.
fn without_into(list: &[Tok]) -> (Option<Vec<Tok>>, Vec<String>) {
    let is =
        |i: usize, word: &str| matches!(&list[i].token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word));
    let mut depth = 0usize;
    let outer = list.iter().enumerate().find(|(i, tok)| {
        match tok.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && is(*i, "INTO")
    });
    let Some((into, _)) = outer else { return (None, Vec::new()) };
    // A list of names: it ends where no comma, dot or bracket goes on.
    let mut targets = Vec::new();
    let mut at = into + 1;
    loop {
        let start = at;
        depth = 0;
        while at < list.len() {
            match list[at].token {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
                Token::Comma if depth == 0 => break,
                Token::Colon | Token::Period | Token::AtSign | Token::Placeholder(_) => {}
                // After a name only another part of it may follow.
                _ if depth == 0
                    && at > start
                    && !is(at - 1, "STRICT")
                    && matches!(list[at - 1].token, Token::Word(_) | Token::RParen | Token::RBracket) =>
                {
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        targets.push(target(&list[start..at]));
        if at < list.len() && list[at].token == Token::Comma {
            at += 1;
        } else {
            break;
        }
    }
    let start = into - usize::from(into >= 2 && is(into - 1, "COLLECT")) * 2;
    let mut out = list[..start].to_vec();
    out.extend_from_slice(&list[at..]);
    (Some(out), targets)
}

/// MySQL's `SELECT … INTO OUTFILE 'path' …` without the file and its options, and the file.
fn without_outfile(list: &[Tok]) -> (Option<Vec<Tok>>, Option<Name>) {
    let is = |i: usize, words: &[&str]| match list.get(i).map(|t| &t.token) {
        Some(Token::Word(w)) => w.quote_style.is_none() && words.iter().any(|x| w.value.eq_ignore_ascii_case(x)),
        _ => false,
    };
    let Some(into) = (0..list.len()).find(|i| is(*i, &["INTO"]) && is(i + 1, &["OUTFILE", "DUMPFILE"])) else { return (None, None) };
    let Some(Token::SingleQuotedString(path)) = list.get(into + 2).map(|t| &t.token) else { return (None, None) };
    let end = (into..list.len()).find(|i| is(*i, &["FROM"])).unwrap_or(list.len());
    let kept = list[..into].iter().chain(&list[end..]).cloned().collect();
    (Some(kept), Some(Name::new([format!("path:{path}")])))
}

/// T-SQL's `SELECT @x += e` as `SELECT @x = e`; `None` when there is none.
fn without_operators(list: &[Tok]) -> Option<Vec<Tok>> {
    let operator = |i: usize| {
        i > 0
            && matches!(list[i].token, Token::Plus | Token::Minus | Token::Mul | Token::Div | Token::Mod)
            && list.get(i + 1).is_some_and(|t| t.token == Token::Eq)
            && matches!(&list[i - 1].token, Token::Word(w) if w.value.starts_with('@'))
    };
    if !(0..list.len()).any(operator) {
        return None;
    }
    Some((0..list.len()).filter(|i| !operator(*i)).map(|i| list[i].clone()).collect())
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
