//! Queries that are statements, and expressions read as such.

use crate::lineage::draft::Context;
use crate::lineage::engine::Engine;
use crate::lineage::scope::{LAST_QUERY, Shape, Temp, is_temp, size};
use crate::lineage::token::{Tok, Tokens, made, make_word};
use crate::lineage::variable::target;
use crate::lineage::{ColumnSource, Kind, Name, Output, Projection, define};
use sqlparser::tokenizer::Token;

impl Engine<'_> {
    /// A query as a statement; gives its outputs.
    pub(crate) fn select(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> Shape {
        self.query_statement(t, &t.list[from..to], (from, to), false, context)
    }

    /// A query whose rows go to whoever runs the statement.
    pub(super) fn given_query(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        if let Some((name, kind)) = self.announced.take().filter(|_| !context.body) {
            let statement = if kind == Kind::View { "CREATE VIEW" } else { "CREATE TABLE AS" };
            return self.create_from_query(t, from, from, to, &name, None, kind, statement, false, context);
        }
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
                if given && into.is_none() && targets.is_empty() {
                    self.keep_last(&shape, context);
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
                            self.define(define::asset(Kind::Table, target.clone(), draft.span, &shape));
                        }
                        draft.projections.push(Projection { target, columns: None, by_name: false, branches: shape, indirect });
                    }
                    None => {
                        let sets = |o: &Output| matches!(o, Output::Column { name, .. } if name.starts_with('@'));
                        if given && targets.is_empty() && !shape.iter().flatten().any(sets) {
                            self.give(&mut draft, shape, indirect, context);
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

    /// Snowflake's RESULT_SCAN may ask for the rows of the statement before it.
    pub(super) fn keep_last(&self, rows: &Shape, context: &mut Context) {
        if self.grammar.is(&["snowflake"]) && self.count_copies(rows.iter().map(|row| size(row)).sum()) {
            context.change(LAST_QUERY).rows.clone_from(rows);
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

    /// One past the CTE list that begins at `from`.
    pub(crate) fn after_ctes(&self, t: &Tokens, from: usize, to: usize) -> Option<usize> {
        t.find(from + 1, to, |i| {
            t.any(i, &["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "FROM"])
                && !t.at(i - 1, &Token::Comma)
                && !t.is(i + 1, "AS")
        })
    }

    /// Hive's `FROM x INSERT … SELECT … INSERT … SELECT …`, DuckDB's `FROM x`.
    pub(super) fn source_first(&mut self, t: &Tokens, from: usize, to: usize, with: Option<(usize, usize)>, context: &mut Context) {
        let ctes = with.map_or(&[][..], |(start, main)| &t.list[start..main]);
        let mut inserts = Vec::new();
        let mut at = from;
        while let Some(insert) = t.find(at, to, |i| t.is(i, "INSERT")) {
            inserts.push(insert);
            at = insert + 1;
        }
        let Some(first) = inserts.first().copied() else {
            let Some((start, main)) = with else { return drop(self.select(t, from, to, context)) };
            let like = &t.list[main];
            let all = [make_word("SELECT", like), made(Token::Mul, like), make_word("FROM", like), made(Token::LParen, like)];
            let list = match t.find(main, to, |i| t.is(i, "SELECT")) {
                Some(_) => [&t.list[start..main], &all, &t.list[main..to], &[made(Token::RParen, like)]].concat(),
                None => [&t.list[start..main], &all[..2], &t.list[main..to]].concat(),
            };
            self.query_statement(t, &list, (start, to), true, context);
            return;
        };
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

/// Vertica's functions that move partitions or copy them: `swap_partitions_between_tables('from', lo, hi, 'to')`.
fn swapped_partitions(list: &[Tok]) -> Option<(Name, Name)> {
    const FUNCTIONS: [&str; 3] = ["swap_partitions_between_tables", "move_partitions_to_table", "copy_partitions_to_table"];
    let moves = |tok: &Tok| matches!(&tok.token, Token::Word(w) if FUNCTIONS.iter().any(|f| w.value.eq_ignore_ascii_case(f)));
    let at = list.iter().position(moves)?;
    let text = |tok: &Tok| match &tok.token {
        Token::SingleQuotedString(s) => Some(Name::new(s.split('.'))),
        _ => None,
    };
    let source = text(list.get(at + 2)?)?;
    let target = list[at..].iter().rev().find_map(text)?;
    Some((source, target))
}
