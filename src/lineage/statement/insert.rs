//! INSERT in its many forms.

use super::assignment::{assignments, push_values};
use super::{Mapping, ident, starts_query};
use crate::lineage::define::option_path;
use crate::lineage::draft::{Context, Draft};
use crate::lineage::engine::Engine;
use crate::lineage::scope::{Shape, function_target, size};
use crate::lineage::token::{Tok, Tokens, made, make_ident, make_word, push_name};
use crate::lineage::{Name, Output, Relation, Star, salvage};
use sqlparser::tokenizer::Token;

/// Tokens parsed for one INSERT of many targets: a thousand targets of a query of two hundred.
const MAX_WORK: usize = 200_000;

impl Engine<'_> {
    pub(crate) fn insert(
        &mut self,
        t: &Tokens,
        from: usize,
        to: usize,
        with: Option<(usize, usize)>,
        context: &mut Context,
    ) -> Result<(), String> {
        let all = from + 1 + usize::from(t.is(from + 1, "OVERWRITE"));
        if t.any(all, &["ALL", "FIRST"]) && t.any(all + 1, &["INTO", "WHEN"]) {
            return self.insert_all(t, from, to, context);
        }
        if let Some(list) = self.inserted_view(t, from, to) {
            let tokens = Tokens::of(list);
            return self.insert(&tokens, 0, tokens.list.len(), None, context);
        }
        let body = t
            .find(from + 1, to, |i| {
                t.any(i, &["SELECT", "VALUES", "VALUE", "WITH", "EXEC", "EXECUTE", "DEFAULT", "SET", "TABLE", "FROM"])
                    && !(t.is(i, "DEFAULT") && t.at(i + 1, &Token::Period))
                    && !(i > 1 && t.is(i, "VALUE") && t.is(i - 2, "OVERRIDING"))
                    && !(t.is(i, "TABLE") && t.any(i - 1, &["INTO", "OVERWRITE", "INSERT"]))
                    // T-SQL's hints; elsewhere ClickHouse's WITH (query) AS name.
                    && !(t.is(i, "WITH") && t.open(i + 1) && !self.grammar.is(&["clickhouse"]) || labelled(t, i))
                    || t.open(i) && starts_query(t, i)
            })
            .or_else(|| self.grammar.is(&["clickhouse"]).then(|| t.find(from, to, |i| t.is(i, "FORMAT"))).flatten())
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
            self.insert_executed(t, body, to, (&target, columns.as_deref()), draft, context);
            return Ok(());
        }
        let has_query = t.list[body..to].iter().any(|x| matches!(&x.token, Token::Word(w) if w.value.eq_ignore_ascii_case("SELECT")));
        if t.is(body, "SET") {
            let end = t.find(body, to, |i| self.insert_tail(t, i)).unwrap_or(to);
            let end = if end > body + 3 && t.is(end - 2, "AS") { end - 2 } else { end };
            let assignments = assignments(t, body + 1, end);
            let mut list = vec![make_word("SELECT", &t.list[body])];
            push_values(t, &assignments, &mut list);
            let (shape, found) = self.resolve(&list, context)?;
            self.take(&mut draft, found, Some(&target));
            let columns: Vec<String> = assignments.iter().map(|a| a.column.clone()).collect();
            self.written(&mut draft, &target, Mapping::Columns(&columns), shape, Vec::new());
            self.conflict(t, body, to, (&target, None), &list, &mut draft, context);
        } else if let Some(record) = t.word(body + 1).and_then(|w| context.variables.get(&w.to_lowercase())) {
            // Oracle: `VALUES record`, `VALUES rows(i)`.
            let rows = record.rows.clone();
            if self.count_copies(rows.iter().map(|row| size(row)).sum()) {
                self.written(&mut draft, &target, Mapping::listed(columns.as_deref()), rows, Vec::new());
            }
        } else if has_query
            || self.asks(&t.list[body..to])
            || (body..to).any(|i| self.bare.calls(&t.list, i, &context.variables))
            || context.holds_any(&t.list[body..to])
            || t.find(from, body, |i| t.is(i, "OUTPUT")).is_some()
        {
            let end = t.find(body, to, |i| self.insert_tail(t, i)).unwrap_or(to);
            let (mut shape, mut found) = self.resolve(&t.list[body..end], context)?;
            // Values have no names by which they could go into columns.
            for output in shape.iter_mut().flatten() {
                if let Output::Column { name, .. } = output {
                    name.clear();
                }
            }
            let indirect = std::mem::take(&mut found.indirect);
            self.take(&mut draft, found, None);
            self.written(&mut draft, &target, Mapping::listed(columns.as_deref()), shape, indirect);
            self.conflict(t, body, to, (&target, columns.as_deref()), &t.list[body..end], &mut draft, context);
        } else if t.open(body + 1) {
            // Of rows of constants one is as good as all.
            let row = &t.list[body..t.skip(body + 1, to)];
            self.conflict(t, body, to, (&target, columns.as_deref()), row, &mut draft, context);
        }
        self.output_into(t, (from, body), &target, &[], &mut draft, context);
        self.returned_into(t, body, to, &target, &draft, context);
        self.finish(draft, context);
        Ok(())
    }

    /// `INSERT … EXEC p`, `INSERT … EXEC ('SELECT …')`: what the procedure or the text gives goes into the target.
    fn insert_executed(
        &mut self,
        t: &Tokens,
        body: usize,
        to: usize,
        (target, columns): (&Name, Option<&[String]>),
        mut draft: Draft,
        context: &mut Context,
    ) {
        let (line, first) = (t.line(body), self.facts.statements.len());
        let at = body + 1 + 2 * usize::from(t.at(body + 2, &Token::Eq));
        let text = self.executed_text(t, at, to, context);
        let (shape, reads) = if let Some((start, end)) = text {
            let shape = self.captured(t, start, end, context);
            (shape, self.read_since(first))
        } else if let Some((start, end)) = self.parameter_text(t, at, to) {
            self.captured(t, start, end, context);
            (Shape::new(), self.read_since(first))
        } else if let Some((name, _)) = self.name_at(t, at).filter(|(name, _)| !name.last().starts_with('@')) {
            let rows = name.rows();
            (vec![vec![Output::Star(Star::of(rows.clone(), line))]], vec![rows])
        } else {
            (Shape::new(), Vec::new())
        };
        if self.is_temporary(target) {
            let reads: Vec<_> = reads.into_iter().map(|name| (name, line)).collect();
            self.fill(target, columns, shape, reads, Vec::new());
        } else {
            for source in reads.into_iter().filter(|source| source != target) {
                self.edge(Relation::Derives, Some(target.clone()), Some(source), line, 1.0);
            }
            self.written(&mut draft, target, Mapping::listed(columns), shape, Vec::new());
        }
        self.finish(draft, context);
        if text.is_none() && self.parameter_text(t, at, to).is_none() {
            // The target takes the rows.
            let gives = context.gives.take();
            self.call_statement(t, body, to, context);
            context.gives = gives;
        }
    }

    /// What the queries from a statement on read.
    fn read_since(&self, first: usize) -> Vec<Name> {
        self.facts.statements[first..].iter().filter(|s| s.writes.is_empty()).flat_map(|s| s.reads.clone()).collect()
    }

    /// Oracle's `INSERT INTO (SELECT a, b FROM t) …` with the table and its columns in the place of the query.
    fn inserted_view(&self, t: &Tokens, from: usize, to: usize) -> Option<Vec<Tok>> {
        let at = from + 2;
        let after = t.skip(at, to);
        if !t.is(from + 1, "INTO") || !t.open(at) || !starts_query(t, at) || !(t.any(after, &["VALUES", "SELECT", "WITH"]) || t.open(after))
        {
            return None;
        }
        let (start, end) = t.inner(at, to);
        let source = t.find(start, end, |i| t.is(i, "FROM"))?;
        let (_, name_end) = self.name_at(t, source + 1)?;
        let like = &t.list[at];
        let mut list = t.list[from..at].to_vec();
        list.extend_from_slice(&t.list[source + 1..name_end]);
        let items = t.commas(start + 1, source);
        if !items.iter().any(|(_, to)| t.at(to - 1, &Token::Mul)) {
            for (n, (_, to)) in items.into_iter().enumerate() {
                list.push(made(if n == 0 { Token::LParen } else { Token::Comma }, like));
                list.push(t.list[to - 1].clone());
            }
            list.push(made(Token::RParen, like));
        }
        list.extend_from_slice(&t.list[after..to]);
        Some(list)
    }

    /// `ON CONFLICT … DO UPDATE SET column = …`, `ON DUPLICATE KEY UPDATE column = …`: values of the target and of the row that was
    /// not inserted, which is made by `query`.
    #[allow(clippy::too_many_arguments)]
    fn conflict(
        &mut self,
        t: &Tokens,
        body: usize,
        to: usize,
        (target, columns): (&Name, Option<&[String]>),
        query: &[Tok],
        draft: &mut Draft,
        context: &Context,
    ) {
        let Some(on) = t.find(body, to, |i| t.is(i, "ON") && t.any(i + 1, &["CONFLICT", "DUPLICATE"])) else { return };
        let start = if t.is(on + 1, "DUPLICATE") { t.find(on, to, |i| t.is(i, "UPDATE")) } else { t.find(on, to, |i| t.is(i, "SET")) };
        let Some(start) = start else { return };
        let end = t.find(start, to, |i| t.any(i, &["WHERE", "RETURNING"])).unwrap_or(to);
        let assignments = assignments(t, start + 1, end);
        let like = &t.list[start];
        // PostgreSQL: INSERT INTO t AS x.
        let into = (0..body).rev().find(|i| t.is(*i, "INTO")).and_then(|into| self.name_at(t, into + 1));
        let alias = into.filter(|(_, after)| t.is(*after, "AS") && *after < body).and_then(|(_, after)| ident(t, after + 1));
        let own = alias.as_deref().unwrap_or(target.last());
        let mut values = vec![make_word("SELECT", like)];
        push_values(t, &assignments, &mut values);
        let queries = values.iter().skip(1).any(|v| matches!(&v.token, Token::Word(w) if w.value.eq_ignore_ascii_case("SELECT")));
        let mut list = Vec::with_capacity(values.len());
        let mut at = 0;
        while at < values.len() {
            // MySQL: VALUES(column) is that column of the row.
            let is_values =
                matches!(&values[at].token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case("VALUES"));
            if let (true, [_, Tok { token: Token::LParen, .. }, column, close @ Tok { token: Token::RParen, .. }, ..]) =
                (is_values, &values[at..])
            {
                let whole = Tok { end: close.end, ..column.clone() };
                list.extend([make_word("excluded", &values[at]), made(Token::Period, column), whole]);
                at += 4;
            } else {
                if !queries && alone(&values, at, columns.unwrap_or_default()) {
                    // The target's, not that of the row.
                    list.extend([make_ident(own, &values[at]), made(Token::Period, &values[at])]);
                }
                list.push(values[at].clone());
                at += 1;
            }
        }
        list.push(make_word("FROM", like));
        push_name(target, like, &mut list);
        if alias.is_some() {
            list.extend([make_word("AS", like), make_ident(own, like)]);
        }
        list.extend([made(Token::Comma, like), made(Token::LParen, like)]);
        list.extend_from_slice(query);
        list.extend([made(Token::RParen, like), make_word("AS", like), make_word("excluded", like)]);
        if let Some(columns) = columns {
            for (n, column) in columns.iter().enumerate() {
                list.push(made(if n == 0 { Token::LParen } else { Token::Comma }, like));
                list.push(make_ident(column, like));
            }
            list.push(made(Token::RParen, like));
        }
        if let Some(relations) = beside(query, &values, own) {
            list.push(made(Token::Comma, like));
            list.extend(relations);
        }
        // What a condition asks other tables.
        let condition = t.find(end, to, |i| t.is(i, "RETURNING")).unwrap_or(to);
        if t.is(end, "WHERE") && (end..condition).any(|i| t.is(i, "SELECT")) {
            list.extend_from_slice(&t.list[end..condition]);
        }
        let Ok((shape, mut found)) = self.resolve(&list, context) else { return };
        found.by_name = false;
        self.take(draft, found, Some(target));
        let columns: Vec<String> = assignments.iter().map(|a| a.column.clone()).collect();
        self.written(draft, target, Mapping::Columns(&columns), shape, Vec::new());
    }

    /// Where what follows an INSERT's query begins.
    pub(crate) fn insert_tail(&self, t: &Tokens, i: usize) -> bool {
        t.is(i, "RETURNING") || t.is(i, "ON") && t.any(i + 1, &["CONFLICT", "DUPLICATE"]) || t.is(i, "OPTION") && t.open(i + 1)
    }

    /// The target of `INSERT … target (columns)`, with everything before the body at `body`; also a directory.
    pub(crate) fn insert_target(&self, t: &Tokens, from: usize, body: usize) -> Option<(Name, Option<Vec<String>>, usize)> {
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
            return match t.string(at + 1) {
                Some(path) => Some((Name::new([format!("path:{path}")]), None, at + 2)),
                None => option_path(t, at, body).map(|(path, _)| (path, None, body)),
            };
        }
        if t.is(at, "FUNCTION") && t.open(at + 2) {
            let (start, end) = t.inner(at + 2, body);
            let text = |(from, to): (usize, usize)| match t.string(from) {
                Some(text) => text.to_owned(),
                None => t.list[from..to].iter().map(|tok| tok.token.to_string()).collect(),
            };
            let args: Vec<String> = t.commas(start, end).into_iter().map(text).collect();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            return Some((function_target(t.word(at + 1)?, &args)?, None, t.skip(at + 2, body)));
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
        // StarRocks and Doris: WITH LABEL name.
        at += if labelled(t, at) { 3 } else { 0 };
        if t.is(at, "AS") || at < body && !t.open(at) && t.word(at).is_some_and(|w| !salvage::is_keyword(w)) {
            at += 1 + usize::from(t.is(at, "AS"));
        }
        let mut columns = None;
        if at < body && t.open(at) {
            let (start, end) = t.inner(at, body);
            // The ends of an edge in T-SQL's graphs are called `$from_id` and `$to_id`.
            let column = |i: usize| match &t.list[i].token {
                Token::Placeholder(name) => ["$from_id", "$to_id"].iter().any(|end| end.eq_ignore_ascii_case(name)).then(|| name.clone()),
                _ => ident(t, i),
            };
            let names = t.commas(start, end).into_iter().filter_map(|(from, to)| (from < to).then(|| column(to - 1)).flatten());
            columns = Some(names.collect());
            at = t.skip(at, body);
        }
        let columns = columns.or_else(|| self.given_columns(&name));
        Some((name, columns, at))
    }

    /// Spark's and Hive's `PARTITION (day = '2021-01-01', hour)`: the last columns of the query are those that have no value here.
    fn name_partitions(&self, t: &Tokens, from: usize, body: usize, shape: &mut Shape) {
        let partition = t.find(from, body, |i| t.is(i, "PARTITION") && t.open(i + 1));
        let Some(partition) = partition.filter(|_| self.grammar.is(&["spark", "databricks", "hive"])) else { return };
        let (start, end) = t.inner(partition + 1, body);
        let open: Vec<String> =
            t.commas(start, end).into_iter().filter(|(from, to)| from + 1 == *to).filter_map(|(at, _)| ident(t, at)).collect();
        for outputs in shape {
            for (output, partition) in outputs.iter_mut().rev().zip(open.iter().rev()) {
                let Output::Column { name, .. } = output else { break };
                name.clone_from(partition);
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn insert_query(
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
        let Some((mut target, columns, _)) = self.insert_target(t, from, body) else {
            return self.rescue("INSERT", t, start, to, context, "no target found");
        };
        let mut through = false;
        if let (Some((first, main)), true, [name]) = (with, self.grammar.is_tsql(), &*target.0) {
            // What is put into a CTE goes into what it selects from.
            let like = &t.list[from];
            let mut list = t.list[first..main].to_vec();
            list.extend([make_word("SELECT", like), made(Token::Mul, like), make_word("FROM", like), make_ident(name, like)]);
            let aliases = self.resolve(&list, context).map(|(_, found)| found.aliases).unwrap_or_default();
            let stored = aliases.into_iter().find(|(alias, stored)| alias.eq_ignore_ascii_case(name) && *stored != target);
            through = stored.is_some();
            target = stored.map_or(target, |(_, stored)| stored);
        }
        match self.resolve(list, context) {
            Ok((mut shape, mut found)) => {
                self.name_partitions(t, from, body, &mut shape);
                let nested = std::mem::take(&mut found.nested);
                let indirect = std::mem::take(&mut found.indirect);
                let mut draft = self.draft("INSERT", t, start, to);
                self.take(&mut draft, found, through.then_some(&target));
                draft.writes.push((target.clone(), t.line(from)));
                draft.derives = true;
                let into = if t.seq(body.wrapping_sub(2), &["BY", "NAME"]) { Mapping::Names } else { Mapping::listed(columns.as_deref()) };
                self.written(&mut draft, &target, into, shape, indirect);
                self.output_into(t, (from, body), &target, &[], &mut draft, context);
                self.conflict(t, body, to, (&target, columns.as_deref()), list, &mut draft, context);
                self.returned_into(t, body, to, &target, &draft, context);
                self.finish(draft, context);
                self.nested(nested, context);
            }
            Err(why) => self.rescue("INSERT", t, start, to, context, &why),
        }
    }

    /// Oracle's `INSERT ALL INTO a (x) VALUES (e) INTO b … SELECT …`.
    pub(crate) fn insert_all(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> Result<(), String> {
        let select = t.find(from, to, |i| t.any(i, &["SELECT", "WITH"])).ok_or("no SELECT found")?;
        let mut at = from;
        let mut condition = None;
        let mut work = 0;
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
            // WHEN condition THEN INTO …: also of the targets that follow without one.
            if let Some(word) = (at..into).rev().find(|i| t.any(*i, &["WHEN", "ELSE"])) {
                let then = t.find(word, into, |i| t.is(i, "THEN"));
                condition = then.filter(|_| t.is(word, "WHEN")).map(|then| (word + 1, then));
            }
            if let Some((from, to)) = condition {
                list.push(make_word("WHERE", like));
                list.extend_from_slice(&t.list[from..to]);
            }
            work += list.len();
            at = after.max(into + 1);
            if work > MAX_WORK {
                // The query is read anew for each target: of those that are too many, only the names are taken.
                let mut draft = self.draft("INSERT", t, from, to);
                draft.writes.push((target, t.line(into)));
                self.finish(draft, context);
                continue;
            }
            let (shape, mut found) = self.resolve(&list, context)?;
            let indirect = std::mem::take(&mut found.indirect);
            let mut draft = self.draft("INSERT", t, from, to);
            self.take(&mut draft, found, None);
            draft.writes.push((target.clone(), t.line(into)));
            draft.derives = true;
            self.written(&mut draft, &target, Mapping::listed(columns.as_deref()), shape, indirect);
            self.finish(draft, context);
        }
        Ok(())
    }
}

/// Whether one of `columns` stands at `at` without a qualifier, and not as the name of a value.
fn alone(values: &[Tok], at: usize, columns: &[String]) -> bool {
    let after = values.get(at + 1).is_some_and(|t| matches!(t.token, Token::Period | Token::LParen));
    let before = at.checked_sub(1).is_some_and(|i| match &values[i].token {
        Token::Word(w) => w.value.eq_ignore_ascii_case("AS"),
        token => *token == Token::Period,
    });
    !after && !before && matches!(&values[at].token, Token::Word(w) if columns.iter().any(|c| c.eq_ignore_ascii_case(&w.value)))
}

/// MySQL: the relations of the query whose row was rejected, when the values name one of them.
fn beside(query: &[Tok], values: &[Tok], target: &str) -> Option<Vec<Tok>> {
    let names = |pair: &[Tok]| match (&pair[0].token, &pair[1].token) {
        (Token::Word(w), Token::Period) => !w.value.eq_ignore_ascii_case("excluded") && !w.value.eq_ignore_ascii_case(target),
        _ => false,
    };
    if !values.windows(2).any(names) {
        return None;
    }
    let t = Tokens::of(query.to_vec());
    let end = t.list.len();
    let from = t.find(0, end, |i| t.is(i, "FROM")).filter(|_| t.is(0, "SELECT"))?;
    let to = t.find(from, end, |i| t.any(i, &["WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "WINDOW"])).unwrap_or(end);
    Some(t.list[from + 1..to].to_vec())
}

/// Whether `WITH LABEL name` stands at `at`, and no CTE that is called so.
fn labelled(t: &Tokens, at: usize) -> bool {
    t.seq(at, &["WITH", "LABEL"]) && t.word(at + 2).is_some() && !t.is(at + 2, "AS")
}
