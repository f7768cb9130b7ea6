//! Statements that move rows in bulk between tables and files.

use super::name::adjacent;
use super::{Mapping, starts_query};
use crate::lineage::Name;
use crate::lineage::draft::{Context, Draft};
use crate::lineage::engine::Engine;
use crate::lineage::scope::is_temp;
use crate::lineage::split::text_of;
use crate::lineage::token::{Tok, Tokens};
use sqlparser::tokenizer::Token;

impl Engine<'_> {
    /// `COPY t FROM 'path'`, `COPY INTO t FROM @stage`, `COPY INTO 'path' FROM t`, `COPY (query) TO 'path'`, `BULK INSERT t FROM 'path'`,
    /// `LOAD DATA INPATH 'path' INTO TABLE t`, `UNLOAD ('query') TO 'path'`, `EXPORT DATA OPTIONS (uri = 'path') AS query`.
    pub(crate) fn copy(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        let mut draft = self.draft("COPY", t, from, to);
        draft.derives = true;
        let line = t.line(from);
        if t.is(from, "LOAD") {
            let file = t
                .find(from, to, |i| t.string(i).is_some())
                .or_else(|| (from..to).find(|i| t.string(*i).is_some_and(|s| s.contains("://"))));
            draft.reads.extend(file.and_then(|i| location(t, i)).map(|(path, _)| (path, line)));
            let into = t.find(from, to, |i| t.any(i, &["INTO", "OVERWRITE"]) && !t.any(i + 1, &["INTO"]));
            let table = into.and_then(|i| self.name_at(t, i + 1 + usize::from(t.is(i + 1, "TABLE"))));
            draft.writes.extend(table.map(|(name, _)| (name, line)));
            return self.finish(draft, context);
        }
        // Hive: EXPORT TABLE t TO 'path', IMPORT TABLE t FROM 'path'.
        if t.any(from, &["EXPORT", "IMPORT"])
            && let Some(table) =
                t.find(from, from + 3, |i| t.is(i, "TABLE")).and_then(|i| self.name_at(t, i + 1)).map(|(name, _)| (name, line))
        {
            let path = t.find(from, to, |i| t.string(i).is_some()).and_then(|i| location(t, i)).map(|(path, _)| (path, line));
            let (source, target) = if t.is(from, "EXPORT") { (Some(table), path) } else { (path, Some(table)) };
            draft.reads.extend(source);
            draft.writes.extend(target);
            return self.finish(draft, context);
        }
        // DuckDB: tables that no text names.
        if t.is(from + 1, "FROM") {
            return self.finish(draft, context);
        }
        if t.any(from, &["EXPORT", "UNLOAD"]) {
            return self.unload(t, from, to, draft, context);
        }
        let mut at = from + 1;
        while t.any(at, &["INTO", "INSERT", "BINARY"]) {
            at += 1;
        }
        if t.open(at) && starts_query(t, at) {
            let (start, end) = t.inner(at, to);
            let after = t.skip(at, to);
            let target = if t.is(after, "TO") { location(t, after + 1) } else { None };
            return self.write_file(&t.list[start..end], target.map(|(path, _)| path), draft, context);
        }
        if let Some((path, after)) = location(t, at) {
            let source = after + usize::from(t.is(after, "FROM"));
            if t.open(source) {
                let (start, end) = t.inner(source, to);
                return self.write_file(&t.list[start..end], Some(path), draft, context);
            }
            draft.reads.extend(self.name_at(t, source).map(|(name, _)| (name, line)));
            draft.writes.push((path, line));
            return self.finish(draft, context);
        }
        let Some((name, after)) = self.name_at(t, at) else {
            return self.rescue("COPY", t, from, to, context, "no table found");
        };
        let Some(side) = t.find(after, to, |i| t.any(i, &["FROM", "TO"])) else { return self.finish(draft, context) };
        let outward = t.is(side, "TO");
        let other = match location(t, side + 1) {
            Some((path, _)) => Some(path),
            None if t.any(side + 1, &["STDIN", "STDOUT", "PSTDIN", "PSTDOUT", "PROGRAM"]) => None,
            None if t.open(side + 1) => {
                let (start, end) = t.inner(side + 1, to);
                if let Ok((shape, found)) = self.resolve(&t.list[start..end], context) {
                    self.take(&mut draft, found, None);
                    let columns = t.open(after).then(|| {
                        let (start, end) = t.inner(after, side);
                        t.commas(start, end).into_iter().filter_map(|(from, _)| super::ident(t, from)).collect::<Vec<_>>()
                    });
                    self.written(&mut draft, &name, Mapping::listed(columns.as_deref()), shape, Vec::new());
                }
                None
            }
            // psql's \copy takes files without quotes.
            None if self.grammar.is(&["postgres", "redshift"]) => Some(Name::new([format!("path:{}", run_on(t, side + 1).0)])),
            None => self.name_at(t, side + 1).map(|(n, _)| n).filter(|n| !is_temp(n)),
        };
        let (reads, writes) = if outward { (Some(name), other) } else { (other, Some(name)) };
        draft.reads.extend(reads.map(|n| (n, line)));
        draft.writes.extend(writes.map(|n| (n, line)));
        self.finish(draft, context);
    }

    /// Rows of a query that go into files.
    fn unload(&mut self, t: &Tokens, from: usize, to: usize, draft: Draft, context: &mut Context) {
        let target = (from..to).find(|i| t.string(*i).is_some_and(is_path)).and_then(|i| location(t, i)).map(|(path, _)| path);
        // Redshift has the query in a string.
        let text = if t.open(from + 1) { text_of(t, from + 2) } else { None };
        if let Some(text) = text {
            let tokens = Tokens::read(text, self.grammar, 0, t.line(from));
            let stands_at = context.stands_at;
            context.stands_at = stands_at.or(Some(draft.span));
            self.write_file(&tokens.list, target, draft, context);
            context.stands_at = stands_at;
            return;
        }
        let query =
            t.find(from, to, |i| t.any(i, &["SELECT", "WITH"]) && !t.any(i + 1, &["CONNECTION"]) || t.open(i) && starts_query(t, i));
        match query {
            Some(start) if t.open(start) => {
                let (start, end) = t.inner(start, to);
                self.write_file(&t.list[start..end], target, draft, context);
            }
            Some(start) => self.write_file(&t.list[start..to], target, draft, context),
            None => self.finish(draft, context),
        }
    }

    fn write_file(&mut self, query: &[Tok], target: Option<Name>, mut draft: Draft, context: &Context) {
        let line = draft.span.line;
        match self.resolve(query, context) {
            Ok((shape, mut found)) => {
                let indirect = std::mem::take(&mut found.indirect);
                self.take(&mut draft, found, None);
                if let Some(target) = target {
                    draft.writes.push((target.clone(), line));
                    self.written(&mut draft, &target, Mapping::Places, shape, indirect);
                }
            }
            Err(why) => {
                let message = format!("{} understood only in part: {why}", draft.kind);
                self.diagnose_statement(draft.span, crate::lineage::Severity::Warning, message);
            }
        }
        self.finish(draft, context);
    }
}

/// Whether a string looks like a location rather than an option.
fn is_path(text: &str) -> bool {
    (text.contains("://") || text.starts_with('/')) && !text.contains(char::is_whitespace)
}

/// A file's path in quotes or a stage (`@stage/path/`), and the index after it.
fn location(t: &Tokens, at: usize) -> Option<(Name, usize)> {
    if let Some(text) = t.string(at) {
        return Some((Name::new([format!("path:{text}")]), at + 1));
    }
    let sign = match &t.list.get(at)?.token {
        Token::AtSign => true,
        Token::Word(w) => w.value.starts_with('@'),
        Token::Placeholder(p) => p.starts_with('@'),
        _ => false,
    };
    if !sign {
        return None;
    }
    let (text, end) = run_on(t, at);
    Some((Name::new([format!("path:{text}")]), end))
}

/// What stands from `at` on without a blank, and the index after it.
fn run_on(t: &Tokens, at: usize) -> (String, usize) {
    let mut end = at + 1;
    while adjacent(t, end - 1) && !t.at(end, &Token::SemiColon) && !t.at(end, &Token::RParen) {
        end += 1;
    }
    let end = end.min(t.list.len());
    (t.list[at.min(end)..end].iter().map(|tok| tok.token.to_string()).collect(), end)
}
