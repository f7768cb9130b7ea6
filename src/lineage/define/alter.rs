//! What changes things that exist: ALTER TABLE, DROP, COMMENT.

use super::table::TableBody;
use super::{asset, skip_exists, text};
use crate::lineage::draft::{Context, Draft, Event};
use crate::lineage::engine::Engine;
use crate::lineage::scope::{Shape, temp_key};
use crate::lineage::statement::ident;
use crate::lineage::token::{Tokens, make_word, push_name};
use crate::lineage::{Kind, Name, Output, Relation};
use sqlparser::tokenizer::Token;

impl Engine<'_> {
    pub(crate) fn alter_table(&mut self, t: &Tokens, from: usize, at: usize, to: usize, context: &mut Context) {
        let mut at = skip_exists(t, at);
        at += usize::from(t.is(at, "ONLY"));
        let Some((name, mut after)) = self.name_at(t, at) else { return };
        if t.is(after, "WITH") && t.any(after + 1, &["CHECK", "NOCHECK"]) {
            after += 2;
        }
        let line = t.line(from);
        let (mut adding, mut dropping) = (false, false);
        for (start, end) in t.commas(after, to) {
            let mut at = start;
            let keyword = t.word(at).map(str::to_uppercase);
            match keyword.as_deref() {
                Some("ADD") => {
                    (adding, dropping) = (true, false);
                    at += 1;
                }
                Some("DROP") => {
                    (adding, dropping) = (false, true);
                    self.drop_columns(&name, t, at + 1, end);
                    continue;
                }
                Some("RENAME") => {
                    if t.is(at + 1, "TO") || t.is(at + 1, "AS") {
                        if let Some((new, _)) = self.name_at(t, at + 2) {
                            self.rename(name.clone(), qualified_like(new, &name), t.span(from, to), context);
                        }
                    } else if let Some(word) = t.find(at, end, |i| t.is(i, "TO"))
                        && let (Some(old), Some(new)) = (ident(t, word - 1), ident(t, word + 1))
                    {
                        self.rename_column(&name, &old, new);
                    }
                    continue;
                }
                Some("SWAP") => {
                    if let Some((other, _)) = self.name_at(t, at + 2) {
                        self.exchange(name.clone(), other, t, from, to, context);
                    }
                    continue;
                }
                // Redshift: APPEND FROM other.
                Some("APPEND") if t.is(at + 1, "FROM") => {
                    if let Some((other, _)) = self.name_at(t, at + 2) {
                        self.moved(&other, &name, t, from, to, context);
                    }
                    continue;
                }
                Some("EXCHANGE") => {
                    if let Some(table) = t.find(at, end, |i| t.is(i, "TABLE"))
                        && let Some((other, _)) = self.name_at(t, table + 1)
                    {
                        self.moved(&other, &name, t, from, to, context);
                    }
                    continue;
                }
                // ClickHouse: ATTACH PARTITION p FROM other, REPLACE PARTITION p FROM other.
                Some("ATTACH" | "REPLACE") if t.is(at + 1, "PARTITION") && t.find(at, end, |i| t.is(i, "FROM")).is_some() => {
                    let word = t.find(at, end, |i| t.is(i, "FROM")).unwrap_or(at);
                    if let Some((other, _)) = self.name_at(t, word + 1) {
                        self.moved(&other, &name, t, from, to, context);
                    }
                    continue;
                }
                Some(change @ ("UPDATE" | "DELETE")) if at == after && self.grammar.is(&["clickhouse"]) => {
                    return self.mutation(change, &name, t, (at + 1, to), context);
                }
                Some("ATTACH") => {
                    if let Some((child, _)) = self.name_at(t, at + 2) {
                        self.edge(Relation::Derives, Some(name.clone()), Some(child), line, 1.0);
                    }
                    continue;
                }
                Some("SWITCH" | "MOVE") => {
                    if let Some(to_word) = t.find(at, end, |i| t.is(i, "TO"))
                        && let Some((other, _)) = self.name_at(t, to_word + 1 + usize::from(t.is(to_word + 1, "TABLE")))
                    {
                        self.moved(&name, &other, t, from, to, context);
                    }
                    continue;
                }
                Some("CHANGE") => {
                    let old = at + 1 + usize::from(t.is(at + 1, "COLUMN"));
                    if let (Some(old), Some(new)) = (ident(t, old), ident(t, old + 1)) {
                        self.rename_column(&name, &old, new);
                    }
                    continue;
                }
                Some("ALTER") => {
                    (adding, dropping) = (false, false);
                    let column = at + 1 + usize::from(t.is(at + 1, "COLUMN"));
                    self.recomputed(t, (from, to), (column, end), &name, context);
                    self.alter_column(&name, t, (from, to), (column, end));
                    continue;
                }
                // MySQL and Oracle say the column anew.
                Some("MODIFY") => {
                    (adding, dropping) = (false, false);
                    let column = at + 1 + usize::from(t.is(at + 1, "COLUMN"));
                    let (first, last) = if t.open(column) { t.inner(column, end) } else { (column, end) };
                    t.commas(first, last).into_iter().for_each(|part| self.alter_column(&name, t, (from, to), part));
                    continue;
                }
                Some("SET" | "ENABLE" | "DISABLE" | "OWNER" | "CLUSTER" | "VALIDATE") => {
                    (adding, dropping) = (false, false);
                    continue;
                }
                _ if dropping => {
                    self.drop_columns(&name, t, at, end);
                    continue;
                }
                _ if !adding => continue,
                _ => {}
            }
            at += usize::from(t.is(at, "COLUMN"));
            at = skip_exists(t, at);
            if !self.is_temporary(&name) {
                self.recomputed(t, (from, to), (at, end), &name, context);
            }
            let default = at + 2 * usize::from(t.is(at, "CONSTRAINT"));
            if t.is(default, "DEFAULT") {
                // SQL Server: ADD CONSTRAINT n DEFAULT 0 FOR c.
                if let Some(word) = t.find(default, end, |i| t.is(i, "FOR"))
                    && let Some(column) = ident(t, word + 1)
                    && let Some(column) = self.said_of_column(&name, &column, t.span(from, to))
                {
                    column.default = Some(text(&t.list[default + 1..word]));
                }
                continue;
            }
            if t.is(at, "PARTITION") || t.is(at, "PERIOD") {
                continue;
            }
            let mut body = TableBody::default();
            // Taken, not copied: a migration may add thousands one by one.
            body.columns = self.asset(&name).map(|a| std::mem::take(&mut a.columns)).unwrap_or_default();
            let before = body.columns.len();
            if t.open(at) {
                let (first, last) = t.inner(at, end);
                for (first, last) in t.commas(first, last) {
                    self.read_element(t, first, last, &mut body);
                }
            } else {
                self.read_element(t, at, end, &mut body);
            }
            if self.is_temporary(&name) {
                // Columns not known are not begun with these.
                if let Some(temp) = self.temps.get_mut(&temp_key(&name)).filter(|temp| !temp.columns.is_empty()) {
                    temp.columns.extend(body.columns.into_iter().map(|c| c.name));
                }
                continue;
            }
            for key in std::mem::take(&mut body.elsewhere) {
                if let Some(column) = self.said_of_column(&name, &key.name, t.span(from, to)) {
                    column.primary_key |= key.primary_key;
                    column.unique |= key.unique;
                    column.nullable = key.nullable.or(column.nullable);
                }
            }
            for key in &body.foreign_keys {
                self.edge(Relation::References, Some(name.clone()), Some(key.references.clone()), key.line, 1.0);
            }
            match self.asset(&name) {
                Some(asset) => {
                    asset.columns = body.columns;
                    asset.foreign_keys.extend(body.foreign_keys);
                }
                // The table is another file's: this one says what it adds.
                None if body.columns.len() > before || !body.foreign_keys.is_empty() => {
                    let mut made = asset(Kind::Table, name.clone(), t.span(from, to), &Shape::new());
                    made.columns = body.columns;
                    made.foreign_keys = body.foreign_keys;
                    self.define(made);
                }
                None => {}
            }
        }
    }

    /// What an element that is added or changed computes.
    fn recomputed(&mut self, t: &Tokens, (from, to): (usize, usize), element: (usize, usize), name: &Name, context: &Context) {
        let elements = if t.open(element.0) {
            let (first, last) = t.inner(element.0, element.1);
            t.commas(first, last)
        } else {
            vec![element]
        };
        let writes = vec![(name.clone(), t.line(from))];
        let mut draft =
            Draft { kind: "ALTER TABLE".into(), span: t.span(from, to), writes, confidence: 1.0, defines: true, ..Draft::default() };
        self.computed(t, &elements, name, context, &mut draft);
        if !draft.projections.is_empty() {
            self.finish(draft, context);
        }
    }

    /// What `ALTER COLUMN c …` and `MODIFY c …` say of a column: `SET NOT NULL`, `TYPE bigint`, `bigint NOT NULL`.
    fn alter_column(&mut self, table: &Name, t: &Tokens, (from, to): (usize, usize), (at, end): (usize, usize)) {
        let Some(said) = self.read_column(t, at, end, &mut Vec::new()) else { return };
        let kind = [at + 1, at + 3].into_iter().find(|i| *i < end && t.is(*i, "TYPE"));
        let change = t.any(at + 1, &["SET", "DROP", "ADD", "TYPE", "RESTART", "COMMENT", "ENCODE", "OPTIONS", "FIRST", "AFTER"]);
        let type_end = t.find(at, end, |i| t.is(i, "USING")).unwrap_or(end);
        let typed = kind.and_then(|kind| self.read_column(t, kind, type_end, &mut Vec::new())).map(|c| c.data_type);
        let dropped = |words: &[&str]| t.is(at + 1, "DROP") && words.iter().enumerate().all(|(n, word)| t.is(at + 2 + n, word));
        let Some(column) = self.said_of_column(table, &said.name, t.span(from, to)) else { return };
        match typed {
            Some(typed) => column.data_type = typed,
            // Without a word between them the type stands behind the name.
            None if !change && !said.data_type.is_empty() => column.data_type = said.data_type,
            None => {}
        }
        if dropped(&["NOT", "NULL"]) {
            column.nullable = Some(true);
        } else if dropped(&["DEFAULT"]) {
            column.default = None;
        } else if !t.is(at + 1, "DROP") {
            column.nullable = said.nullable.or(column.nullable);
            column.default = said.default.or(column.default.take());
            column.comment = said.comment.or(column.comment.take());
        }
    }

    /// SQL Server's `sp_addextendedproperty 'MS_Description', 'text', 'SCHEMA', 'dbo', 'TABLE', 't', 'COLUMN', 'c'`: the comment of a table
    /// or column.
    pub(crate) fn describe(&mut self, t: &Tokens, from: usize, to: usize) {
        const ARGUMENTS: [&str; 8] =
            ["@name", "@value", "@level0type", "@level0name", "@level1type", "@level1name", "@level2type", "@level2name"];
        let mut said: [Option<&str>; 8] = [None; 8];
        for (place, (from, to)) in t.commas(from, to).into_iter().enumerate() {
            let name = t.word(from).filter(|_| t.at(from + 1, &Token::Eq));
            let place = name.map_or(Some(place), |name| ARGUMENTS.iter().position(|a| a.eq_ignore_ascii_case(name)));
            // A name may stand in brackets.
            let quoted = |i: usize| match &t.list.get(i)?.token {
                Token::Word(word) => word.quote_style.map(|_| word.value.as_str()),
                _ => None,
            };
            let value = (from..to).find_map(|i| t.string(i).or_else(|| quoted(i)));
            if let (Some(said), Some(value)) = (place.and_then(|place| said.get_mut(place)), value) {
                *said = Some(value);
            }
        }
        let [Some(property), Some(text), Some(_), Some(schema), Some(kind), Some(table), .., column] = said else { return };
        if !property.eq_ignore_ascii_case("MS_Description") || !["TABLE", "VIEW"].iter().any(|k| kind.eq_ignore_ascii_case(k)) {
            return;
        }
        let column_said = said[6].is_some_and(|kind| kind.eq_ignore_ascii_case("COLUMN"));
        let (table, span) = (Name::new([schema, table]), t.span(from, to));
        match column.filter(|_| column_said) {
            None if said[6].is_none() => self.said_of(&table, span).into_iter().for_each(|asset| asset.comment = Some(text.to_owned())),
            None => {}
            Some(name) => {
                self.said_of_column(&table, name, span).into_iter().for_each(|column| column.comment = Some(text.to_owned()));
            }
        }
    }

    /// From now on the column `old` is called `new`.
    pub(crate) fn rename_column(&mut self, table: &Name, old: &str, new: String) {
        self.note_renamed(table, old, &new);
        let column = self.asset(table).and_then(|a| a.columns.iter_mut().find(|c| c.name.eq_ignore_ascii_case(old)));
        if let Some(column) = column {
            column.name = new;
        }
    }

    /// What follows DROP: `COLUMN a`, `COLUMN IF EXISTS a CASCADE`, `(a, b)`, and `b` of a list of them.
    fn drop_columns(&mut self, table: &Name, t: &Tokens, at: usize, end: usize) {
        const OTHERS: [&str; 15] = [
            "CONSTRAINT",
            "PRIMARY",
            "FOREIGN",
            "UNIQUE",
            "CHECK",
            "KEY",
            "INDEX",
            "PARTITION",
            "SUBPARTITION",
            "PERIOD",
            "SYSTEM",
            "STATISTICS",
            "PROJECTION",
            "CLUSTERING",
            "EXPRESSION",
        ];
        let column = t.any(at, &["COLUMN", "COLUMNS"]);
        if !column && t.any(at, &OTHERS) {
            return;
        }
        let at = skip_exists(t, at + usize::from(column));
        let (first, last) = if t.open(at) { t.inner(at, end) } else { (at, (at + 1).min(end)) };
        for gone in t.commas(first, last).into_iter().filter_map(|(from, _)| ident(t, from)) {
            let other = |name: &str| !name.eq_ignore_ascii_case(&gone);
            if let Some(temp) = self.temps.get_mut(&temp_key(table)) {
                temp.columns.retain(|c| other(c));
                temp.rows.iter_mut().for_each(|row| row.retain(|o| !matches!(o, Output::Column { name, .. } if !other(name))));
            } else if let Some(asset) = self.asset(table) {
                asset.columns.retain(|c| other(&c.name));
            }
        }
    }

    /// ClickHouse's `ALTER TABLE t UPDATE a = b WHERE …` and `ALTER TABLE t DELETE WHERE …`.
    fn mutation(&mut self, change: &str, name: &Name, t: &Tokens, (from, to): (usize, usize), context: &mut Context) {
        let Some(like) = t.list.get(from) else { return };
        let mut list = vec![make_word(change, like)];
        list.extend((change == "DELETE").then(|| make_word("FROM", like)));
        push_name(name, like, &mut list);
        list.extend((change == "UPDATE").then(|| make_word("SET", like)));
        list.extend_from_slice(&t.list[from..to]);
        let tokens = Tokens::of(list);
        self.statement(&tokens, 0, tokens.list.len(), context);
    }

    /// Two relations change places. Where the script filled neither, the second is taken to be what was made ready for the first.
    pub(crate) fn exchange(&mut self, a: Name, b: Name, t: &Tokens, from: usize, to: usize, context: &Context) {
        let filled = self.written.contains(&a) || self.written.contains(&b);
        if filled { self.swap(a, b, t.span(from, to), context) } else { self.moved(&b, &a, t, from, to, context) }
    }

    /// Rows moved without a query: `source` into `target`.
    pub(crate) fn moved(&mut self, source: &Name, target: &Name, t: &Tokens, from: usize, to: usize, context: &Context) {
        let (line, span) = (t.line(from), t.span(from, to));
        self.hand_on(source, target, span, context);
        let draft = Draft {
            kind: "MOVE PARTITION".into(),
            span,
            reads: vec![(source.clone(), line)],
            writes: vec![(target.clone(), line)],
            confidence: 1.0,
            derives: true,
            ..Draft::default()
        };
        self.finish(draft, context);
    }

    pub(crate) fn drop_statement(&mut self, t: &Tokens, from: usize, to: usize, context: &Context) {
        let mut at = from + 1;
        while t.any(at, &["TEMPORARY", "TEMP", "EXTERNAL", "MATERIALIZED", "FOREIGN"]) {
            at += 1;
        }
        if !t.any(at, &["TABLE", "VIEW"]) {
            return;
        }
        let start = skip_exists(t, at + 1);
        for (first, _) in t.commas(start, to) {
            if let Some((mut name, _)) = self.name_at(t, first) {
                self.drop_temporary(&name, context);
                self.at_home(&mut name);
                // What may not run drops nothing.
                if context.certain() {
                    self.events.push(Event::Drop(name));
                }
            }
        }
    }

    /// `COMMENT ON TABLE t IS '…'`, `COMMENT ON COLUMN t.c IS '…'`.
    pub(crate) fn comment(&mut self, t: &Tokens, from: usize, to: usize) {
        let Some(is) = t.find(from, to, |i| t.is(i, "IS")) else { return };
        let text = t.string(is + 1).map(str::to_owned);
        let on = t.find(from, is, |i| t.is(i, "ON")).unwrap_or(from);
        let mut at = on + 1;
        let column = t.is(at, "COLUMN");
        while t.any(at, &["TABLE", "VIEW", "MATERIALIZED", "FOREIGN", "COLUMN", "FUNCTION", "PROCEDURE"]) {
            at += 1;
        }
        if at == on + 1 {
            return;
        }
        let Some((name, _)) = self.name_at(t, at) else { return };
        if column {
            let Some((last, table)) = name.0.split_last().filter(|(_, table)| !table.is_empty()) else { return };
            if let Some(column) = self.said_of_column(&Name::new(table), last, t.span(from, to)) {
                column.comment = text;
            }
        } else if let Some(asset) = self.said_of(&name, t.span(from, to)) {
            asset.comment = text;
        }
    }
}

/// A new name without a schema stays in the old one's.
pub(crate) fn qualified_like(new: Name, old: &Name) -> Name {
    match (&*new.0, &*old.0) {
        ([name], [schema @ .., _]) if !schema.is_empty() => Name::new(schema.iter().chain([name])),
        _ => new,
    }
}
