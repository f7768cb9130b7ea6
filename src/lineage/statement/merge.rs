//! MERGE, read as the query that joins its rows, with a branch for each WHEN.

use super::assignment::{Assignment, assignments, value};
use super::change::name_length;
use super::{Mapping, ident, starts_query};
use crate::lineage::Output;
use crate::lineage::draft::Context;
use crate::lineage::engine::Engine;
use crate::lineage::token::{Tok, Tokens, made, make_ident, make_word};
use sqlparser::tokenizer::Token;

impl Engine<'_> {
    pub(crate) fn merge(
        &mut self,
        t: &Tokens,
        from: usize,
        to: usize,
        with: Option<(usize, usize)>,
        context: &mut Context,
    ) -> Result<(), String> {
        let mut at = from + 1;
        if t.is(at, "TOP") {
            at = t.skip(at + 1, to);
        }
        // Databricks: MERGE WITH SCHEMA EVOLUTION INTO t.
        at += if t.seq(at, &["WITH", "SCHEMA", "EVOLUTION"]) { 3 } else { 0 };
        at += usize::from(t.is(at, "INTO"));
        // Oracle: MERGE INTO (SELECT … FROM t) x writes the one table.
        if t.open(at) && starts_query(t, at) {
            let (start, end) = t.inner(at, to);
            let source = t.find(start, end, |i| t.is(i, "FROM")).ok_or("no target found")?;
            let (_, name_end) = self.name_at(t, source + 1).ok_or("no target found")?;
            let list = [&t.list[from..at], &t.list[source + 1..name_end], &t.list[t.skip(at, to)..to]].concat();
            let tokens = Tokens::of(list);
            return self.merge(&tokens, 0, tokens.list.len(), None, context);
        }
        let (target, mut after) = self.name_at(t, at).ok_or("no target found")?;
        let using = t.find(after, to, |i| t.is(i, "USING")).ok_or("no USING found")?;
        // DuckDB joins by columns of the same names: MERGE INTO t USING s USING (k).
        let on = t.find(using, to, |i| t.is(i, "ON") || i > using && t.is(i, "USING")).ok_or("no ON found")?;
        let first = t.find(on, to, |i| t.is(i, "WHEN") || t.seq(i, &["REMOVE", "DUPLICATES"])).unwrap_or(to);
        if t.is(after, "WITH") {
            after = t.skip(after + 1, using);
        }
        let like = &t.list[from];
        let ctes = with.map_or(&[][..], |(start, main)| &t.list[start..main]);
        // One select list holds the values of all updates, another those of all inserts, which see the source alone; each branch takes
        // its own back by position.
        let (mut updated, mut inserted) = (Vec::new(), Vec::new());
        let mut branches: Vec<Branch> = Vec::new();
        let mut conditions = vec![(on + 1, first)];
        // Redshift: MERGE … REMOVE DUPLICATES puts the source's rows in the place of those that match.
        let replaces = t.is(first, "REMOVE") && first < to;
        if replaces {
            branches.push(Branch::Row(Mapping::Places));
        }
        let mut at_when = if replaces { to } else { first };
        while at_when < to {
            let next = outside_case(t, at_when + 1, to, "WHEN").unwrap_or(to);
            let then = outside_case(t, at_when, next, "THEN").ok_or("WHEN without THEN")?;
            if let Some(and) = t.find(at_when, then, |i| t.is(i, "AND")) {
                conditions.push((and + 1, then));
            }
            let end = t.find(then, next, |i| t.any(i, &["OUTPUT", "OPTION", "RETURNING"])).unwrap_or(next);
            let push = |list: &mut Vec<Tok>, columns: Vec<String>, values: Vec<Vec<Tok>>| {
                let count = values.len().min(columns.len());
                for (value, column) in values.into_iter().zip(&columns) {
                    list.push(if list.is_empty() { make_word("SELECT", like) } else { made(Token::Comma, like) });
                    list.extend(value);
                    list.push(make_word("AS", like));
                    list.push(make_ident(column, like));
                }
                columns.into_iter().take(count).collect::<Vec<_>>()
            };
            // Snowflake: by the names of the source's columns.
            if t.any(then + 1, &["UPDATE", "INSERT"]) && t.seq(then + 2, &["ALL", "BY", "NAME"]) {
                branches.push(Branch::Row(Mapping::Names));
            } else if t.is(then + 1, "UPDATE") && t.is(then + 2, "SET") {
                if t.at(then + 3, &Token::Mul) {
                    branches.push(Branch::Row(Mapping::Names));
                } else {
                    let stop = t.find(then + 3, end, |i| t.any(i, &["WHERE", "DELETE"])).unwrap_or(end);
                    // Oracle: UPDATE SET … WHERE … DELETE WHERE ….
                    let mut tail = stop;
                    while let Some(filter) = t.find(tail, end, |i| t.is(i, "WHERE")) {
                        tail = t.find(filter, end, |i| t.is(i, "DELETE")).unwrap_or(end);
                        conditions.push((filter + 1, tail));
                    }
                    let mut list = assignments(t, then + 3, stop);
                    let alias = if after < using { ident(t, after + usize::from(t.is(after, "AS"))) } else { None };
                    let own = alias.as_deref().unwrap_or(target.last());
                    self.own_columns(&mut list, Some(own), &[Some(target.last()), alias.as_deref()]);
                    let columns = list.iter().map(|a| a.column.clone()).collect();
                    let own = |a: &Assignment| match &a.of {
                        Some(own) => [vec![make_ident(own, like), made(Token::Period, like)], value(t, a)].concat(),
                        None => value(t, a),
                    };
                    branches.push(Branch::Update(push(&mut updated, columns, list.iter().map(own).collect())));
                }
            } else if t.is(then + 1, "INSERT") {
                let mut i = then + 2;
                let mut columns = Vec::new();
                // Teradata leaves out VALUES.
                let bare = t.open(i) && t.skip(i, end) >= end && self.grammar.is(&["teradata"]);
                if t.open(i) && !bare {
                    let (start, stop) = t.inner(i, end);
                    columns = t
                        .commas(start, stop)
                        .into_iter()
                        .filter_map(|(from, to)| (from < to).then(|| ident(t, to - 1)).flatten())
                        .collect();
                    i = t.skip(i, end);
                }
                // PostgreSQL: OVERRIDING SYSTEM VALUE.
                i += 3 * usize::from(t.is(i, "OVERRIDING"));
                if bare || t.is(i, "VALUES") && t.open(i + 1) {
                    let (start, stop) = t.inner(i + usize::from(!bare), end);
                    let parts = t.commas(start, stop);
                    let listed = !columns.is_empty();
                    if !listed {
                        columns = parts.iter().map(|(from, to)| ident(t, to.saturating_sub(1).max(*from)).unwrap_or_default()).collect();
                    }
                    let values = parts.into_iter().map(|(from, to)| t.list[from..to].to_vec()).collect();
                    // Oracle: INSERT … VALUES … WHERE ….
                    conditions.extend(t.find(stop, end, |i| t.is(i, "WHERE")).map(|filter| (filter + 1, end)));
                    let columns = push(&mut inserted, columns, values);
                    branches.push(if listed { Branch::Insert(columns) } else { Branch::Values(columns.len()) });
                } else if t.is(i, "ROW") {
                    branches.push(Branch::Row(Mapping::Places));
                } else if t.at(i, &Token::Mul) {
                    branches.push(Branch::Row(Mapping::Names));
                }
            }
            at_when = next;
        }
        let mut list = ctes.to_vec();
        if updated.is_empty() {
            list.extend([make_word("SELECT", like), made(Token::Number("1".into(), false), like)]);
        }
        list.append(&mut updated);
        list.push(make_word("FROM", like));
        list.extend_from_slice(&t.list[at..after.min(at + name_length(t, at))]);
        let alias = if t.is(after, "AS") { after + 1 } else { after };
        if alias < using {
            list.push(t.list[alias].clone());
        }
        list.push(make_word("JOIN", like));
        list.extend_from_slice(&t.list[using + 1..on]);
        for (n, (from, to)) in conditions.into_iter().enumerate() {
            if n == 0 && t.is(on, "USING") {
                list.extend_from_slice(&t.list[on..to]);
                continue;
            }
            list.push(make_word(["ON", "WHERE", "AND"][n.min(2)], like));
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
        let mut updates = shape.into_iter().next().unwrap_or_default().into_iter();
        let mut inserts = Vec::new().into_iter();
        if !inserted.is_empty() {
            let source = [make_word("FROM", like)];
            let list = [ctes, &inserted, &source, &t.list[using + 1..on]].concat();
            let (shape, found) = self.resolve(&list, context)?;
            self.take(&mut draft, found, Some(&target));
            inserts = shape.into_iter().next().unwrap_or_default().into_iter();
        }
        for branch in branches {
            match branch {
                Branch::Update(columns) | Branch::Insert(columns) if columns.is_empty() => {}
                Branch::Update(columns) => {
                    let taken: Vec<Output> = updates.by_ref().take(columns.len()).collect();
                    self.written(&mut draft, &target, Mapping::Columns(&columns), vec![taken], indirect.clone());
                }
                Branch::Insert(columns) => {
                    let taken: Vec<Output> = inserts.by_ref().take(columns.len()).collect();
                    if !taken.is_empty() {
                        self.written(&mut draft, &target, Mapping::Columns(&columns), vec![taken], indirect.clone());
                    }
                }
                Branch::Values(count) => {
                    let taken: Vec<Output> = inserts.by_ref().take(count).collect();
                    self.written(&mut draft, &target, Mapping::Places, vec![taken], indirect.clone());
                }
                Branch::Row(into) => {
                    let mut list: Vec<Tok> = with.map(|(start, main)| t.list[start..main].to_vec()).unwrap_or_default();
                    list.extend([make_word("SELECT", like), made(Token::Mul, like), make_word("FROM", like)]);
                    list.extend_from_slice(&t.list[using + 1..on]);
                    let (shape, _) = self.resolve(&list, context)?;
                    self.written(&mut draft, &target, into, shape, indirect.clone());
                }
            }
        }
        let beside = t.list[using + 1..on].to_vec();
        self.output_into(t, (on, to), &target, &beside, &mut draft, context);
        self.finish(draft, context);
        Ok(())
    }
}

/// What one WHEN of a MERGE writes.
enum Branch {
    /// New values for these columns.
    Update(Vec<String>),
    /// A row's values for these columns.
    Insert(Vec<String>),
    /// So many values, for the target's own columns.
    Values(usize),
    /// The source's row as it is.
    Row(Mapping<'static>),
}

/// The first `word` in `from..to` that belongs to no CASE.
fn outside_case(t: &Tokens, from: usize, to: usize, word: &str) -> Option<usize> {
    let mut depth = 0usize;
    t.find(from, to, |i| {
        if t.is(i, "CASE") {
            depth += 1;
        } else if t.is(i, "END") {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && t.is(i, word)
    })
}
