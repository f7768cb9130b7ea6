//! UPDATE and DELETE, each read as the query that finds and makes their rows.

use super::assignment::{Assignment, assignments, push_values};
use super::{Mapping, ident, starts_query};
use crate::lineage::draft::{Context, Draft};
use crate::lineage::engine::Engine;
use crate::lineage::scope::{Shape, Temp, flatten, is_rest, merge, row_put, temp_key};
use crate::lineage::token::{Tok, Tokens, made, make_ident, make_word, push_name};
use crate::lineage::variable::target as variable;
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
            // A column may be called so: output = s.output.
            let column = move |i: usize| t.at(i + 1, &Token::Eq) || [Token::Eq, Token::Period].iter().any(|sign| t.at(i - 1, sign));
            t.find(from, to, move |i| t.any(i, words) && !(t.is(i, "FROM") && t.is(i - 1, "DISTINCT")) && !column(i))
        };
        let tail = clause(&["FROM", "WHERE", "OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT"], set).unwrap_or(to);
        let source = before.or_else(|| clause(&["FROM"], set));
        let filter = clause(&["WHERE"], set);
        let stop = |from: usize| match before {
            Some(_) => set,
            None => clause(&["WHERE", "OUTPUT", "RETURNING", "OPTION", "ORDER", "LIMIT", "RETURN"], from).unwrap_or(to),
        };
        let mut assignments = assignments(t, set + 1, tail);
        let like = &t.list[from];
        let (written, after) = self.name_at(t, at).ok_or("no target found")?;
        let alias = if after < listed_end { ident(t, after + usize::from(t.is(after, "AS"))) } else { None };
        // T-SQL names the alias of a relation in FROM; elsewhere the target stands beside FROM.
        let listed = source.is_some_and(|f| {
            (f..stop(f)).any(|i| ident(t, i).is_some_and(|w| w.eq_ignore_ascii_case(written.last())) && !t.at(i + 1, &Token::Period))
        });
        let own = if listed { Some(written.last()).filter(|_| written.0.len() == 1) } else { alias.as_deref().or(Some(written.last())) };
        self.own_columns(&mut assignments, own, &[Some(written.last()), alias.as_deref()]);
        let mut list = Vec::new();
        if let Some((start, main)) = with {
            list.extend_from_slice(&t.list[start..main]);
        }
        list.push(make_word("SELECT", like));
        push_values(t, &assignments, &mut list);
        list.push(make_word("FROM", like));
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
        self.set = assignments.iter().find(|a| !a.column.starts_with('@')).map(|a| a.column.clone());
        let resolved = self.resolve(&list, context);
        self.set = None;
        let (shape, mut found) = resolved?;
        let resolve_alias = |name: &str| found.aliases.iter().find(|(a, _)| a.eq_ignore_ascii_case(name)).map(|(_, n)| n.clone());
        let by_alias = |name: &Name| if name.0.len() == 1 { resolve_alias(name.last()) } else { None };
        let through = source.is_some() && listed || extra || with.is_some();
        let default = by_alias(&written).filter(|_| through).unwrap_or_else(|| written.clone());
        let mut outputs = shape.into_iter().next().unwrap_or_default().into_iter();
        let mut by_target: Vec<(Name, Vec<String>, Vec<Output>)> = Vec::new();
        // T-SQL: SET @v = column.
        let mut held = Vec::new();
        for a in &assignments {
            let target = match a.qualifier() {
                Some(q) if extra => resolve_alias(q).unwrap_or_else(|| default.clone()),
                _ => default.clone(),
            };
            let Some(output) = outputs.next() else { break };
            if let (true, Output::Column { sources, .. }) = (a.column.starts_with('@'), &output) {
                held.push((a.column.to_lowercase(), sources.clone()));
            }
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
        self.returned_into(t, tail, to, &target, &draft, context);
        self.finish(draft, context);
        for (variable, sources) in held {
            context.change(&variable).sources = sources;
        }
        self.nested(nested, context);
        Ok(())
    }

    /// Of what is set, the columns: a field of a record is a part of one. `own` names the target in the values, `names` are all that it has.
    pub(super) fn own_columns(&self, list: &mut [Assignment], own: Option<&str>, names: &[Option<&str>]) {
        let records = self.grammar.is(&["bigquery", "postgres", "redshift", "spark", "databricks", "duckdb", "clickhouse"]);
        for a in list {
            let target = a.before.first().is_some_and(|first| names.iter().flatten().any(|name| name.eq_ignore_ascii_case(first)));
            if let Some(record) = a.before.get(usize::from(target)).filter(|_| records) {
                a.column = record.clone();
            }
            a.of = own.filter(|_| a.changes && a.before.is_empty()).map(str::to_owned);
        }
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
            push_name(of, like, &mut list);
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

    /// `RETURNING items INTO variables`: of rows as the statement leaves them.
    pub(crate) fn returned_into(&mut self, t: &Tokens, from: usize, to: usize, target: &Name, draft: &Draft, context: &mut Context) {
        let Some(returning) = t.find(from, to, |i| t.is(i, "RETURNING")) else { return };
        let Some(into) = t.find(returning, to, |i| t.is(i, "INTO")) else { return };
        let items = into - 2 * usize::from(t.seq(into - 2, &["BULK", "COLLECT"]));
        let like = &t.list[returning];
        let put = Name::new([PUT]);
        let mut list = vec![make_word("SELECT", like)];
        list.extend_from_slice(&t.list[returning + 1..items]);
        list.extend([make_word("FROM", like), make_ident(PUT, like), make_word("AS", like), make_ident(target.last(), like)]);
        // PostgreSQL: as it was, and as it is.
        for (row, of) in [("old", target), ("new", &put)] {
            if t.find(returning, items, |i| t.is(i, row) && t.at(i + 1, &Token::Period)).is_some() {
                list.push(made(Token::Comma, like));
                push_name(of, like, &mut list);
                list.extend([make_word("AS", like), make_word(row, like)]);
            }
        }
        self.temps.insert(temp_key(&put), self.put(target, draft, t.line(returning)));
        let shape = self.resolve(&list, context).map(|(shape, _)| shape).unwrap_or_default();
        self.temps.remove(&temp_key(&put));
        let targets: Vec<String> = t.commas(into + 1, to).into_iter().map(|(from, to)| variable(&t.list[from..to])).collect();
        self.take_row(&targets, &shape, context);
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
        self.returned_into(t, after, to, &target, &draft, context);
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
}

pub(crate) fn name_length(t: &Tokens, at: usize) -> usize {
    let mut i = at + 1;
    while t.at(i, &Token::Period) {
        i += 2;
    }
    i - at
}
