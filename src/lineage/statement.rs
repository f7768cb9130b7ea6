//! Statements that read and write rows. Each is brought into the form of a query, so that one analysis serves all of them.

use super::draft::{Context, Draft};
use super::engine::Engine;
use super::scope::Shape;
use super::split::MAX_DEPTH;
use super::token::{Tok, Tokens, made, make_word};
use super::{ColumnSource, Name, Projection, Severity};
use sqlparser::tokenizer::Token;

mod assignment;
mod call;
mod change;
mod copy;
mod insert;
mod merge;
mod name;
mod query;
mod system;

pub(crate) use name::ident;

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
            "REFRESH" if t.seq(from + 1, &["MATERIALIZED", "VIEW"]) => self.refresh(t, from, to, context),
            "COPY" | "BULK" | "LOAD" | "EXPORT" | "UNLOAD" => self.copy(t, from, to, context),
            "IMPORT" if t.any(from + 1, &["TABLE", "EXTERNAL"]) => self.copy(t, from, to, context),
            "EXEC" | "EXECUTE" | "CALL" => self.call_statement(t, from, to, context),
            "CREATE" | "ALTER" | "DROP" | "RENAME" | "COMMENT" | "CACHE" | "REFRESH" => self.define_statement(t, from, to, context),
            "BEGIN" | "END" | "SET" | "DECLARE" | "IF" if context.depth < MAX_DEPTH => {
                let mut inner = context.inside();
                self.script(t, from, to, &mut inner);
                context.resume(inner);
            }
            "MODEL" if t.open(from + 1) && t.skip(from + 1, to) == to => self.announce_model(t, from, to),
            "CONNECT" | "EXEC_SQL" | "OPTION" | "COLUMN" | "HANDLER" | "XA" | "CHANGE" | "REPAIR" | "CHECK" | "CHECKSUM" | "COMPUTE"
            | "INVALIDATE" => {}
            // A T-SQL batch may begin with the name of a procedure.
            _ if self.grammar.is_tsql() && self.name_at(t, from).is_some_and(|(_, after)| after == to) => {
                self.call(t, from, from, to, context);
            }
            "" => self.rescue(&word, t, from, to, context, "it begins with no statement known here"),
            // Its FROM and INTO may mean anything.
            _ => self.lose(&word, t, from, to, context, "it begins with no statement known here"),
        }
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
        let called = if kind.is_empty() { "Statement" } else { kind };
        self.diagnose_statement(span, Severity::Warning, format!("{called} understood only in part: {why}"));
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

    /// Statements found inside another, or put together of its parts.
    pub(crate) fn nested(&mut self, list: Vec<Vec<Tok>>, context: &mut Context) {
        for tokens in list {
            let tokens = Tokens::of(tokens);
            self.statement(&tokens, 0, tokens.list.len(), context);
            self.count(tokens.looked_at());
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

/// Whether the bracket at `i` holds a query, however deep.
pub(crate) fn starts_query(t: &Tokens, i: usize) -> bool {
    let mut at = i;
    while t.open(at) {
        at += 1;
    }
    t.any(at, &["SELECT", "WITH", "VALUES"]) || t.is(at, "FROM") && at > i
}
