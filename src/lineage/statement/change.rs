//! UPDATE, DELETE and MERGE, each read as the query that finds and makes their rows.

use super::{Mapping, ident, starts_query};
use crate::lineage::draft::{Context, Draft};
use crate::lineage::engine::Engine;
use crate::lineage::scope::{Shape, Temp, flatten, is_rest, merge, row_put, temp_key};
use crate::lineage::token::{Tok, Tokens, made, make_ident, make_word};
use crate::lineage::{Name, Output, Relation};
use sqlparser::tokenizer::Token;

/// A temporary that nobody can name: the rows that a statement with OUTPUT leaves.
const PUT: &str = "#put here";

impl Engine<'_> {
    pub(crate) fn update(
        &mut self,
        t: &Tokens,
        from: usize,
        to: usize,
        with: Option<(usize, usize)>,
        context: &mut Context,
    ) -> Result<(), String> {
        let mut at = from + 1;
        while t.any(at, &["TOP", "PERCENT", "LOW_PRIORITY", "IGNORE", "ONLY", "OR", "ROLLBACK", "ABORT", "REPLACE", "FAIL"]) {
            at += 1;
            if t.open(at) {
                at = t.skip(at, to);
            }
        }
        if t.is(at, "STATISTICS") {
            return Ok(());
        }
        if t.open(at) && starts_query(t, at) {
            return self.update_view(t, from, at, to, context);
        }
        let set = t.find(at, to, |i| t.is(i, "SET")).ok_or("no SET found")?;
        // PostgreSQL: `UPDATE t FOR PORTION OF …` names a period, not a relation.
        let listed_end = t.find(at, set, |i| t.seq(i, &["FOR", "PORTION"]) || t.is(i, "FROM")).unwrap_or(set);
        // Teradata: `UPDATE t FROM s SET …`.
        let before = Some(listed_end).filter(|at| t.is(*at, "FROM"));
        let clause = |words: &'static [&'static str], from: usize| {
            t.find(from, to, move |i| t.any(i, words) && !(t.is(i, "FROM") && t.is(i - 1, "DISTINCT")))
        };
        let tail = clause(&["FROM", "WHERE", "OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT"], set).unwrap_or(to);
        let source = before.or_else(|| clause(&["FROM"], set));
        let filter = clause(&["WHERE"], set);
        let stop = |from: usize| match before {
            Some(_) => set,
            None => clause(&["WHERE", "OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT", "RETURN"], from).unwrap_or(to),
        };
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
        let through = source.is_some() && listed || extra || with.is_some();
        let default = by_alias(&written).filter(|_| through).unwrap_or_else(|| written.clone());
        let mut outputs = shape.into_iter().next().unwrap_or_default().into_iter();
        let mut by_target: Vec<(Name, Vec<String>, Vec<Output>)> = Vec::new();
        for a in &assignments {
            let target = match &a.qualifier {
                Some(q) if extra => resolve_alias(q).unwrap_or_else(|| default.clone()),
                _ => default.clone(),
            };
            let Some(output) = outputs.next() else { break };
            // Oracle: SET ROW = record names no column.
            if a.column.starts_with('@') || self.grammar.is(&["oracle"]) && a.column.eq_ignore_ascii_case("ROW") {
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
            self.written(&mut draft, &target, Mapping::Columns(&columns), shape, indirect.clone());
        }
        let beside = source.map(|f| t.list[f + 1..stop(f)].to_vec()).unwrap_or_default();
        self.output_into(t, (set, to), &target, &beside, &mut draft, context);
        self.finish(draft, context);
        self.nested(nested, context);
        Ok(())
    }

    /// Oracle's `UPDATE (SELECT …) SET column = …`: what is written is what the columns of the query are copies of.
    fn update_view(&mut self, t: &Tokens, from: usize, at: usize, to: usize, context: &mut Context) -> Result<(), String> {
        let set = t.find(at, to, |i| t.is(i, "SET")).ok_or("no SET found")?;
        let filter = t.find(set, to, |i| t.is(i, "WHERE")).unwrap_or(to);
        let like = &t.list[from];
        let assignments = assignments(t, set + 1, filter);
        let mut list = vec![make_word("SELECT", like)];
        push_values(t, &assignments, &mut list);
        for a in &assignments {
            list.extend([made(Token::Comma, like), make_ident(&a.column, like)]);
        }
        list.push(make_word("FROM", like));
        list.extend_from_slice(&t.list[at..set]);
        list.extend_from_slice(&t.list[filter..to]);
        let (shape, mut found) = self.resolve(&list, context)?;
        let indirect = std::mem::take(&mut found.indirect);
        let mut values = shape.into_iter().next().unwrap_or_default();
        let columns = values.split_off(assignments.len().min(values.len()));
        let mut draft = self.draft("UPDATE", t, from, to);
        draft.derives = true;
        for (value, column) in values.into_iter().zip(&columns) {
            let Output::Column { sources, .. } = column else { continue };
            let Some((source, target)) = sources.first().and_then(|s| Some((s, s.tables.first()?))) else { continue };
            draft.writes.push((target.clone(), t.line(at)));
            self.written(&mut draft, target, Mapping::Columns(std::slice::from_ref(&source.column)), vec![vec![value]], indirect.clone());
        }
        let target = draft.writes.first().map(|(name, _)| name.clone());
        self.take(&mut draft, found, target.as_ref());
        self.finish(draft, context);
        Ok(())
    }

    /// T-SQL's `OUTPUT items INTO t (columns)`: rows of the target, old and new, go into another relation. `beside` are the relations
    /// that stand beside the target.
    pub(crate) fn output_into(
        &mut self,
        t: &Tokens,
        span: (usize, usize),
        target: &Name,
        beside: &[Tok],
        draft: &mut Draft,
        context: &Context,
    ) {
        let (from, to) = span;
        let Some(output) = t.find(from, to, |i| t.is(i, "OUTPUT")) else { return };
        let Some(into) = t.find(output, to, |i| t.is(i, "INTO")) else { return };
        if t.find(output, into, |i| t.any(i, &["SELECT", "VALUES", "FROM", "WHERE"])).is_some() {
            return;
        }
        let Some((name, after)) = self.name_at(t, into + 1) else { return };
        let columns = t.open(after).then(|| {
            let (start, end) = t.inner(after, to);
            t.commas(start, end).into_iter().filter_map(|(from, _)| ident(t, from)).collect::<Vec<_>>()
        });
        let like = &t.list[output];
        let mut list = vec![make_word("SELECT", like)];
        list.extend_from_slice(&t.list[output + 1..into]);
        let line = t.line(into);
        let inserts = draft.kind != "UPDATE" && draft.projections.iter().any(|p| p.target == *target);
        let put = Name::new([PUT]);
        self.temps.insert(temp_key(&put), self.put(target, draft, line));
        for (n, (rows, of)) in
            [("inserted", if self.is_temporary(target) { target } else { &put }), ("deleted", target)].into_iter().enumerate()
        {
            list.push(if n == 0 { make_word("FROM", like) } else { made(Token::Comma, like) });
            for (part, name) in of.0.iter().enumerate() {
                list.extend((part > 0).then(|| made(Token::Period, like)));
                list.push(make_ident(name, like));
            }
            list.extend([make_word("AS", like), make_word(rows, like)]);
        }
        if !beside.is_empty() {
            list.push(made(Token::Comma, like));
            list.extend_from_slice(beside);
        }
        let mut shape = self.resolve(&list, context).map(|(shape, _)| shape).unwrap_or_default();
        self.temps.remove(&temp_key(&put));
        shape.iter_mut().filter(|_| inserts).for_each(|outputs| outputs.retain(|o| !is_rest(o, target)));
        let own = shape.iter().flatten().any(|o| match o {
            Output::Column { sources, .. } => sources.iter().any(|s| s.tables.contains(target)),
            Output::Star(star) => star.table == *target,
        });
        if self.is_temporary(&name) {
            let mut reads = draft.sources();
            // What an INSERT makes of its own was stored nowhere before.
            reads.extend((own && draft.kind != "INSERT").then(|| (target.clone(), line)));
            self.fill(&name, columns.as_deref(), shape, reads, Vec::new());
        } else {
            if own {
                self.edge(Relation::Derives, Some(name.clone()), Some(target.clone()), line, 1.0);
            }
            draft.writes.push((name.clone(), line));
            self.written(draft, &name, Mapping::listed(columns.as_deref()), shape, Vec::new());
        }
    }

    /// The rows of `target` as a statement leaves them.
    fn put(&self, target: &Name, draft: &Draft, line: u32) -> Temp {
        let known = self.schema.columns(target);
        let mut set: Vec<Output> = Vec::new();
        for projection in draft.projections.iter().filter(|p| p.target == *target) {
            let names = projection.columns.as_ref().or(known.filter(|_| !projection.by_name));
            let mut outputs = flatten(&projection.branches);
            for (output, new) in outputs.iter_mut().zip(names.into_iter().flatten()) {
                if let Output::Column { name, .. } = output {
                    name.clone_from(new);
                }
            }
            for output in outputs {
                let Output::Column { name, sources, .. } = &output else {
                    set.push(output);
                    continue;
                };
                let same = set.iter_mut().find_map(|o| match o {
                    Output::Column { name: own, sources, .. } if own.eq_ignore_ascii_case(name) => Some(sources),
                    _ => None,
                });
                match same {
                    Some(own) => merge(own, sources.clone()),
                    None => set.push(output),
                }
            }
        }
        Temp { rows: vec![row_put(target, set, known, draft.kind == "UPDATE", line)], ..Temp::default() }
    }

    pub(crate) fn delete(
        &mut self,
        t: &Tokens,
        from: usize,
        to: usize,
        with: Option<(usize, usize)>,
        context: &mut Context,
    ) -> Result<(), String> {
        let mut at = from + 1;
        while t.any(at, &["TOP", "PERCENT", "LOW_PRIORITY", "QUICK", "IGNORE"]) {
            at += 1;
            if t.open(at) {
                at = t.skip(at, to);
            }
        }
        let word_from = t.is(at, "FROM");
        at += usize::from(word_from);
        at += usize::from(t.any(at, &["ONLY", "TABLE"]) && !t.at(at + 1, &Token::Period) && at + 1 < to);
        // Oracle: `DELETE FROM (SELECT … FROM t WHERE …)` deletes these rows of the one table.
        if t.open(at) && starts_query(t, at) {
            let (start, end) = t.inner(at, to);
            let source = t.find(start, end, |i| t.is(i, "FROM")).ok_or("no target found")?;
            if t.find(source, end, |i| t.is(i, "JOIN") || t.at(i, &Token::Comma)).is_some() {
                return Err("it deletes from a query of several tables".into());
            }
            let list = [&t.list[from..=from], &t.list[source..end]].concat();
            let tokens = Tokens::of(list);
            return self.delete(&tokens, 0, tokens.list.len(), None, context);
        }
        // What follows may be the next statement's.
        let (written, after) = self.name_at(t, at).filter(|(_, after)| *after <= to).ok_or("no target found")?;
        let clause = |words: &'static [&'static str], from: usize| t.find(from, to, move |i| t.any(i, words));
        let filter = clause(&["WHERE"], after);
        let source = clause(&["FROM", "USING"], after).filter(|s| filter.is_none_or(|w| *s < w) && !t.is(after, "FOR"));
        let ends = |from: usize| clause(&["WHERE", "OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT"], from).unwrap_or(to);
        // PostgreSQL names a portion of time, ClickHouse a cluster.
        let named = t.find(after, to, |i| t.is(i, "FOR") || t.seq(i, &["ON", "CLUSTER"])).unwrap_or(to);
        let stop = ends(after).min(named);
        let like = &t.list[from];
        let mut list = Vec::new();
        if let Some((start, main)) = with {
            list.extend_from_slice(&t.list[start..main]);
        }
        list.extend([make_word("SELECT", like), made(Token::Number("1".into(), false), like), make_word("FROM", like)]);
        let listed = source.is_some_and(|f| (f..ends(f)).any(|i| ident(t, i).is_some_and(|w| w.eq_ignore_ascii_case(written.last()))));
        match source {
            Some(f) if listed => list.extend_from_slice(&t.list[f + 1..ends(f)]),
            Some(f) => {
                list.extend_from_slice(&t.list[at..f.min(stop.max(after))]);
                list.push(made(Token::Comma, like));
                list.extend_from_slice(&t.list[f + 1..ends(f)]);
            }
            None => list.extend_from_slice(&t.list[at..stop]),
        }
        if let Some(w) = filter.filter(|w| !t.seq(*w + 1, &["CURRENT", "OF"])) {
            let end = clause(&["OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT"], w).unwrap_or(to);
            list.extend_from_slice(&t.list[w..end]);
        }
        let (_, mut found) = self.resolve(&list, context)?;
        let aliases = std::mem::take(&mut found.aliases);
        let alias = aliases.iter().find(|(a, _)| a.eq_ignore_ascii_case(written.last())).map(|(_, n)| n.clone());
        let target = alias.filter(|_| written.0.len() == 1 && (source.is_some() || with.is_some())).unwrap_or(written);
        let nested = std::mem::take(&mut found.nested);
        let mut draft = self.draft("DELETE", t, with.map_or(from, |w| w.0), to);
        self.take(&mut draft, found, Some(&target));
        draft.writes.push((target.clone(), t.line(at)));
        // MySQL: `DELETE a, b FROM a JOIN b`.
        for (next, _) in t.commas(after, source.unwrap_or(after).min(stop)).into_iter().skip(1) {
            if let Some((name, _)) = self.name_at(t, next) {
                let of = aliases.iter().find(|(a, _)| a.eq_ignore_ascii_case(name.last())).map(|(_, n)| n.clone());
                draft.writes.push((of.unwrap_or(name), t.line(next)));
            }
        }
        let beside = source.map(|f| t.list[f + 1..clause(&["WHERE", "OUTPUT", "OPTION"], f).unwrap_or(to)].to_vec()).unwrap_or_default();
        self.output_into(t, (from, to), &target, &beside, &mut draft, context);
        // `DELETE t`, `DELETE FROM t`: every row.
        if with.is_none() && after == to && t.list[from..at].iter().all(|x| matches!(x.token, Token::Word(_))) && !t.is(from + 1, "TOP") {
            self.empty(&target, context);
        }
        // Rows that are kept elsewhere are read first.
        if !draft.projections.is_empty() {
            draft.reads.push((target, t.line(at)));
        }
        self.finish(draft, context);
        self.nested(nested, context);
        Ok(())
    }

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
            if t.is(then + 1, "UPDATE") && t.is(then + 2, "SET") {
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
                    let list = assignments(t, then + 3, stop);
                    let columns = list.iter().map(|a| a.column.clone()).collect();
                    branches.push(Branch::Update(push(&mut updated, columns, list.iter().map(|a| value(t, a)).collect())));
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
                    let listed = !columns.is_empty();
                    if !listed {
                        columns = parts.iter().map(|(from, to)| ident(t, to.saturating_sub(1).max(*from)).unwrap_or_default()).collect();
                    }
                    let values = parts.into_iter().map(|(from, to)| t.list[from..to].to_vec()).collect();
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

/// `SET column = expression`: the qualifier and name of the column, and the expression's tokens.
pub(crate) struct Assignment {
    qualifier: Option<String>,
    pub(crate) column: String,
    value: (usize, usize),
    /// A part of the value and what of it is kept: of the select list of a subquery that gives a row, the item that is this column's.
    item: Option<((usize, usize), (usize, usize))>,
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

pub(crate) fn name_length(t: &Tokens, at: usize) -> usize {
    let mut i = at + 1;
    while t.at(i, &Token::Period) {
        i += 2;
    }
    i - at
}

/// The assignments in `from..to`.
pub(crate) fn assignments(t: &Tokens, from: usize, to: usize) -> Vec<Assignment> {
    let mut list = Vec::new();
    for (start, end) in t.commas(from, to) {
        let Some(sign) = t.find(start, end, |i| t.at(i, &Token::Eq) || t.at(i, &Token::Assignment)) else { continue };
        if t.open(start) {
            // (a, b) = (x, y), (a, b) = ROW (x, y) or (a, b) = (SELECT …): each column is made of the whole when it cannot be split.
            let sign = sign + usize::from(t.is(sign + 1, "ROW") && t.open(sign + 2));
            let (first, last) = t.inner(start, end);
            let columns: Vec<String> = t.commas(first, last).into_iter().filter_map(|(_, to)| ident(t, to.checked_sub(1)?)).collect();
            let values = if t.open(sign + 1) && !starts_query(t, sign + 1) {
                let (first, last) = t.inner(sign + 1, end);
                t.commas(first, last)
            } else {
                Vec::new()
            };
            let items = row_items(t, sign + 1, end);
            for (n, column) in columns.into_iter().enumerate() {
                let value = values.get(n).copied().unwrap_or((sign + 1, end));
                let item = items.as_ref().and_then(|(all, items)| Some((*all, *items.get(n)?)));
                list.push(Assignment { qualifier: None, column, value, item });
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
        let compound = (last + 1 < sign && value == sign + 1).then_some(((start, value), (start, sign)));
        let (value, item) = match compound {
            // `c += e` is `c + e`: all but the sign.
            Some((cut, kept)) => ((start, end), Some((cut, kept))),
            None => ((value, end), None),
        };
        list.push(Assignment { qualifier, column, value, item });
    }
    list
}

/// The select list of the subquery at `at`, and its items.
#[allow(clippy::type_complexity)]
fn row_items(t: &Tokens, at: usize, end: usize) -> Option<((usize, usize), Vec<(usize, usize)>)> {
    if !t.open(at) {
        return None;
    }
    let (start, end) = t.inner(at, end);
    if !t.is(start, "SELECT") {
        return None;
    }
    let from = start + 1 + usize::from(t.any(start + 1, &["DISTINCT", "ALL"]));
    let to = t.find(from, end, |i| t.is(i, "FROM") && !t.is(i - 1, "DISTINCT")).unwrap_or(end);
    Some(((from, to), t.commas(from, to)))
}

/// The tokens of an assignment's value.
fn value(t: &Tokens, a: &Assignment) -> Vec<Tok> {
    let (from, to) = a.value;
    match a.item {
        _ if from >= to || t.is(from, "DEFAULT") => {
            t.list.get(from).or(t.list.last()).map(|like| make_word("NULL", like)).into_iter().collect()
        }
        Some((all, item)) => [&t.list[from..all.0], &t.list[item.0..item.1], &t.list[all.1..to]].concat(),
        None => t.list[from..to].to_vec(),
    }
}

/// Appends `expression AS column, …`.
pub(crate) fn push_values(t: &Tokens, assignments: &[Assignment], list: &mut Vec<Tok>) {
    for (n, a) in assignments.iter().enumerate() {
        let from = a.value.0;
        let Some(like) = t.list.get(from.min(t.list.len().saturating_sub(1))) else { continue };
        if n > 0 {
            list.push(made(Token::Comma, like));
        }
        list.extend(value(t, a));
        list.push(make_word("AS", like));
        list.push(make_ident(&a.column, like));
    }
    if assignments.is_empty()
        && let Some(like) = t.list.first()
    {
        list.push(made(Token::Number("1".into(), false), like));
    }
}
