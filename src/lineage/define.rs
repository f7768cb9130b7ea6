//! Statements that define things: CREATE, ALTER, DROP, RENAME, COMMENT. The columns of tables are read by our own reader, which
//! knows no dialect and needs none: what it does not know it steps over.

use super::engine::{Context, Draft, Engine, Event};
use super::scope::{Shape, Temp, temp_key};
use super::statement::{ident, starts_query};
use super::token::{Tok, Tokens};
use super::{Asset, Column, ForeignKey, Kind, Name, Output, Projection, Relation, Span};
use sqlparser::tokenizer::{Token, Word};

/// What a table's bracket says.
#[derive(Debug, Default)]
pub(crate) struct TableBody {
    pub(crate) columns: Vec<Column>,
    foreign_keys: Vec<ForeignKey>,
    /// `LIKE other` inside the bracket.
    like: Vec<Name>,
}

/// Words that end a column's type.
const AFTER_TYPE: [&str; 42] = [
    "NOT",
    "NULL",
    "DEFAULT",
    "PRIMARY",
    "UNIQUE",
    "REFERENCES",
    "CHECK",
    "CONSTRAINT",
    "IDENTITY",
    "GENERATED",
    "AUTO_INCREMENT",
    "AUTOINCREMENT",
    "COLLATE",
    "COMMENT",
    "ENCODE",
    "ROWGUIDCOL",
    "SPARSE",
    "AS",
    "ON",
    "ENABLE",
    "DISABLE",
    "VISIBLE",
    "INVISIBLE",
    "MASKED",
    "CHARSET",
    "STORED",
    "VIRTUAL",
    "DISTKEY",
    "SORTKEY",
    "CODEC",
    "TTL",
    "OPTIONS",
    "PERSISTED",
    "HIDDEN",
    "KEY",
    "FORMAT",
    "TITLE",
    "COMPRESS",
    "FILESTREAM",
    "MATERIALIZED",
    "ALIAS",
    "WITH",
];

/// Words that may stand between CREATE and the kind of object.
const MODIFIERS: [&str; 30] = [
    "OR",
    "REPLACE",
    "ALTER",
    "GLOBAL",
    "LOCAL",
    "TEMP",
    "TEMPORARY",
    "TRANSIENT",
    "EXTERNAL",
    "UNLOGGED",
    "VOLATILE",
    "MULTISET",
    "SET",
    "MATERIALIZED",
    "RECURSIVE",
    "SECURE",
    "FORCE",
    "NO",
    "NOFORCE",
    "EDITIONABLE",
    "NONEDITIONABLE",
    "HYBRID",
    "DYNAMIC",
    "ICEBERG",
    "FOREIGN",
    "LIVE",
    "STREAMING",
    "REFRESH",
    "PRIVATE",
    "INTERLEAVED",
];

impl Engine<'_> {
    /// Reads CREATE, ALTER, DROP, RENAME, COMMENT and their like, routines excepted.
    pub(crate) fn define_statement(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        match t.word(from).map(str::to_uppercase).as_deref() {
            Some("CREATE" | "ALTER" | "CACHE" | "REFRESH") => {
                let mut at = from + 1;
                let mut materialized = false;
                let mut temporary = false;
                while t.any(at, &MODIFIERS) || t.any(at, &["ALGORITHM", "DEFINER", "SQL", "LAZY"]) {
                    materialized |= t.any(at, &["MATERIALIZED", "DYNAMIC", "LIVE"]);
                    temporary |= t.any(at, &["TEMP", "TEMPORARY", "VOLATILE"]);
                    at = match t.word(at).map(str::to_uppercase).as_deref() {
                        // ALGORITHM=x DEFINER=`a`@`b` SQL SECURITY x, before VIEW.
                        Some("ALGORITHM" | "DEFINER" | "SQL") => t.find(at, to, |i| t.any(i, &["VIEW", "TABLE", "EVENT"])).unwrap_or(to),
                        _ => at + 1,
                    };
                }
                let alter = t.is(from, "ALTER");
                match t.word(at).map(str::to_uppercase).as_deref() {
                    Some("VIEW") => self.create_view(t, from, at + 1, to, materialized, temporary, context),
                    Some("TABLE" | "EXTERNAL") if alter => self.alter_table(t, from, at + 1, to, context),
                    Some("TABLE") => self.create_table(t, from, at + 1, to, temporary, context),
                    Some("SEQUENCE") if !alter => self.plain_asset(Kind::Sequence, t, from, at + 1, to),
                    Some("SYNONYM" | "ALIAS") if !alter => self.create_synonym(t, from, at + 1, to, context),
                    Some("PUBLIC") if t.is(at + 1, "SYNONYM") => self.create_synonym(t, from, at + 2, to, context),
                    // Indexes, types, schemas, users, policies: no asset and no flow.
                    _ => {}
                }
            }
            Some("DROP") => self.drop_statement(t, from, to, context),
            Some("RENAME") => {
                let start = from + 1 + usize::from(t.any(from + 1, &["TABLE", "OBJECT", "VIEW"]));
                for (first, _) in t.commas(start, to) {
                    if let Some((old, after)) = self.name_at(t, first)
                        && t.is(after, "TO")
                        && let Some((new, _)) = self.name_at(t, after + 1)
                    {
                        self.events.push(Event::Rename(old, new));
                    }
                }
            }
            Some("COMMENT") => self.comment(t, from, to),
            _ => {}
        }
    }

    fn plain_asset(&mut self, kind: Kind, t: &Tokens, from: usize, at: usize, to: usize) {
        let at = skip_exists(t, at);
        if let Some((name, _)) = self.name_at(t, at) {
            self.define(asset(kind, name, t.span(from, to), &Shape::new()));
        }
    }

    fn create_synonym(&mut self, t: &Tokens, from: usize, at: usize, to: usize, context: &Context) {
        let at = skip_exists(t, at);
        let Some((name, after)) = self.name_at(t, at) else { return };
        self.define(asset(Kind::Synonym, name.clone(), t.span(from, to), &Shape::new()));
        if t.is(after, "FOR")
            && let Some((target, _)) = self.name_at(t, after + 1)
        {
            let line = t.line(from);
            let draft = Draft {
                kind: "CREATE SYNONYM".into(),
                span: t.span(from, to),
                reads: vec![(target, line)],
                writes: vec![(name, line)],
                confidence: 1.0,
                defines: true,
                derives: true,
                ..Draft::default()
            };
            self.finish(draft, context);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn create_view(&mut self, t: &Tokens, from: usize, at: usize, to: usize, materialized: bool, temporary: bool, context: &mut Context) {
        let at = skip_exists(t, at);
        let Some((name, after)) = self.name_at(t, at) else {
            return self.rescue("CREATE VIEW", t, from, to, context, "no name found");
        };
        let body = t.find(after, to, |i| t.is(i, "AS") && (t.any(i + 1, &["SELECT", "WITH", "VALUES", "TABLE", "FROM"]) || t.open(i + 1)));
        let Some(body) = body else {
            if t.is(from, "ALTER") {
                // ALTER VIEW … RENAME TO, SET …
                if let (Some(i), true) = (t.find(after, to, |i| t.is(i, "TO")), t.is(after, "RENAME"))
                    && let Some((new, _)) = self.name_at(t, i + 1)
                {
                    self.events.push(Event::Rename(name, new));
                }
                return;
            }
            return self.rescue("CREATE VIEW", t, from, to, context, "no query found");
        };
        let mut columns = None;
        let mut comments = Vec::new();
        if t.open(after) {
            let (start, end) = t.inner(after, body);
            let parts = t.commas(start, end);
            columns = Some(parts.iter().filter_map(|(from, _)| ident(t, *from)).collect::<Vec<_>>());
            comments = parts
                .iter()
                .map(|(from, to)| t.find(*from, *to, |i| t.is(i, "COMMENT")).and_then(|i| t.string(i + 1)).map(str::to_owned))
                .collect();
        }
        let kind = if materialized { Kind::MaterializedView } else { Kind::View };
        let span = t.span(from, to);
        let end = view_tail(t, body, to);
        let statement = if materialized { "CREATE MATERIALIZED VIEW" } else { "CREATE VIEW" };
        if temporary {
            return self.create_from_query(t, from, body + 1, end, &name, columns, Kind::Table, statement, true, context);
        }
        self.create_from_query(t, from, body + 1, end, &name, columns.clone(), kind, statement, false, context);
        let comment = t.find(after, body, |i| t.is(i, "COMMENT")).and_then(|i| t.string(i + 1).or(t.string(i + 2))).map(str::to_owned);
        if let Some(asset) = self.asset(&name) {
            asset.span = span;
            asset.comment = comment;
            for (column, comment) in asset.columns.iter_mut().zip(comments) {
                column.comment = comment;
            }
        }
    }

    /// A view or table made of the query at `body..end`.
    #[allow(clippy::too_many_arguments)]
    fn create_from_query(
        &mut self,
        t: &Tokens,
        from: usize,
        body: usize,
        end: usize,
        name: &Name,
        columns: Option<Vec<String>>,
        kind: Kind,
        statement: &str,
        temporary: bool,
        context: &mut Context,
    ) {
        let span = t.span(from, end);
        match self.resolve(&t.list[body..end], context) {
            Ok((mut shape, mut found)) => {
                found.nested.clear();
                let indirect = std::mem::take(&mut found.indirect);
                let mut draft = Draft { kind: statement.into(), span, confidence: 1.0, derives: true, defines: true, ..Draft::default() };
                self.take(&mut draft, found, None);
                if temporary {
                    let reads = draft.reads.clone();
                    self.fill(name, columns.as_deref(), shape, &reads, true);
                    return self.finish(draft, context);
                }
                // What held a temporary of this name now stores rows.
                self.temps.remove(&temp_key(name));
                draft.writes.push((name.clone(), t.line(from)));
                let mut made = asset(kind, name.clone(), span, &shape);
                if let Some(list) = &columns {
                    made.columns = list.iter().map(|c| Column { name: c.clone(), line: t.line(from), ..Column::default() }).collect();
                }
                if context.owner.is_none() || kind != Kind::Table || !name.0.is_empty() {
                    self.define(made);
                }
                shape.retain(|outputs| !outputs.is_empty());
                if !shape.is_empty() {
                    draft.projections.push(Projection { target: name.clone(), columns, branches: shape, indirect });
                }
                self.finish(draft, context);
            }
            Err(why) => {
                let found = self.salvage(t, body, end);
                let reads = found.reads;
                self.lost += end - from;
                self.diagnose(span.line, super::Severity::Warning, format!("{statement} {name} understood only in part: {why}"));
                if temporary {
                    return self.fill(name, columns.as_deref(), Shape::new(), &reads, true);
                }
                let mut made = asset(kind, name.clone(), span, &Shape::new());
                made.columns = columns.iter().flatten().map(|c| Column { name: c.clone(), line: span.line, ..Column::default() }).collect();
                self.define(made);
                let draft = Draft {
                    kind: statement.into(),
                    span,
                    reads,
                    writes: vec![(name.clone(), span.line)],
                    confidence: 0.4,
                    defines: true,
                    derives: true,
                    ..Draft::default()
                };
                self.finish(draft, context);
            }
        }
    }

    fn create_table(&mut self, t: &Tokens, from: usize, at: usize, to: usize, temporary: bool, context: &mut Context) {
        let at = skip_exists(t, at);
        let Some((name, mut after)) = self.name_at(t, at) else {
            return self.rescue("CREATE TABLE", t, from, to, context, "no name found");
        };
        let temporary = temporary || super::scope::is_temp(&name);
        let span = t.span(from, to);
        let line = t.line(from);
        let mut body = TableBody::default();
        let mut sources: Vec<Name> = Vec::new();
        let mut parents: Vec<Name> = Vec::new();
        if t.seq(after, &["PARTITION", "OF"]) {
            if let Some((parent, next)) = self.name_at(t, after + 2) {
                parents.push(parent);
                after = next;
            }
        } else if t.open(after) && !starts_query(t, after) {
            let (start, end) = t.inner(after, to);
            if t.is(start, "LIKE") && t.commas(start, end).len() == 1 {
                sources.extend(self.name_at(t, start + 1).map(|(n, _)| n));
            } else {
                body = self.read_columns(t, start, end);
            }
            after = t.skip(after, to);
        }
        let query = t.find(after, to, |i| {
            t.is(i, "AS") && (t.any(i + 1, &["SELECT", "WITH", "VALUES", "TABLE", "FROM"]) || t.open(i + 1) && starts_query(t, i + 1))
                || t.any(i, &["SELECT"])
                || t.open(i) && starts_query(t, i)
        });
        if let Some(query) = query {
            let start = query + usize::from(t.is(query, "AS"));
            let end = view_tail(t, query, to);
            let columns = (!body.columns.is_empty()).then(|| body.columns.iter().map(|c| c.name.clone()).collect());
            self.create_from_query(t, from, start, end, &name, columns, Kind::Table, "CREATE TABLE AS", temporary, context);
            if let (false, false, Some(asset)) = (temporary, body.columns.is_empty(), self.asset(&name)) {
                asset.columns = body.columns;
                asset.span = span;
            }
            return;
        }
        for i in after..to {
            if t.any(i, &["LIKE", "CLONE"]) || t.is(i, "COPY") && !t.any(i + 1, &["GRANTS"]) {
                sources.extend(self.name_at(t, i + 1).map(|(n, _)| n));
                break;
            }
            if t.is(i, "INHERITS") && t.open(i + 1) {
                let (start, end) = t.inner(i + 1, to);
                parents.extend(t.commas(start, end).into_iter().filter_map(|(from, _)| self.name_at(t, from).map(|(n, _)| n)));
            }
        }
        sources.append(&mut body.like);
        if temporary {
            let columns = body.columns.into_iter().map(|c| c.name).collect();
            let temp = Temp { columns, rows: Vec::new(), reads: sources };
            self.temps.insert(temp_key(&name), temp);
            return;
        }
        self.temps.remove(&temp_key(&name));
        for key in &body.foreign_keys {
            self.edge(Relation::References, Some(name.clone()), Some(key.references.clone()), key.line, 1.0);
        }
        // Rows of a partition or child are rows of its parent.
        for parent in &parents {
            self.edge(Relation::Derives, Some(parent.clone()), Some(name.clone()), line, 1.0);
        }
        let mut made = asset(Kind::Table, name.clone(), span, &Shape::new());
        made.columns = body.columns;
        made.foreign_keys = body.foreign_keys;
        made.comment = (after..to).find(|i| t.is(*i, "COMMENT")).and_then(|i| t.string(i + 1).or(t.string(i + 2))).map(str::to_owned);
        self.define(made);
        let derives = !sources.is_empty();
        let draft = Draft {
            kind: "CREATE TABLE".into(),
            span,
            projections: sources
                .iter()
                .map(|s| Projection {
                    target: name.clone(),
                    columns: None,
                    branches: vec![vec![Output::Star { table: s.clone(), except: Vec::new(), line }]],
                    indirect: Vec::new(),
                })
                .collect(),
            reads: sources.into_iter().map(|n| (n, line)).collect(),
            writes: vec![(name, line)],
            confidence: 1.0,
            defines: true,
            derives,
            ..Draft::default()
        };
        self.finish(draft, context);
    }

    /// Columns and constraints in `from..to`, the inside of a table's bracket.
    pub(crate) fn read_columns(&self, t: &Tokens, from: usize, to: usize) -> TableBody {
        let mut body = TableBody::default();
        for (start, end) in t.commas(from, to) {
            if start < end {
                self.read_element(t, start, end, &mut body);
            }
        }
        body
    }

    fn read_element(&self, t: &Tokens, start: usize, end: usize, body: &mut TableBody) {
        let mut at = start;
        if t.is(at, "CONSTRAINT") {
            at += if t.any(at + 1, &["PRIMARY", "FOREIGN", "UNIQUE", "CHECK"])
                && !t.any(at + 2, &["PRIMARY", "FOREIGN", "UNIQUE", "CHECK", "DEFAULT"])
            {
                1
            } else {
                2
            };
        }
        let key_list = |from: usize| {
            let open = t.find(from, end, |i| t.open(i))?;
            let (first, last) = t.inner(open, end);
            let names = t.commas(first, last).into_iter().filter_map(|(from, _)| ident(t, from)).collect::<Vec<_>>();
            Some((names, t.skip(open, end)))
        };
        match t.word(at).map(str::to_uppercase).as_deref() {
            Some("PRIMARY") if t.is(at + 1, "KEY") => {
                for name in key_list(at + 2).map(|k| k.0).unwrap_or_default() {
                    if let Some(column) = body.columns.iter_mut().find(|c| c.name.eq_ignore_ascii_case(&name)) {
                        column.primary_key = true;
                        column.nullable = Some(false);
                    }
                }
            }
            Some("FOREIGN") if t.is(at + 1, "KEY") => {
                if let Some((columns, after)) = key_list(at + 2)
                    && let Some((references, referenced)) = self.references(t, after, end)
                {
                    body.foreign_keys.push(ForeignKey { columns, references, referenced_columns: referenced, line: t.line(at) });
                }
            }
            Some("UNIQUE") if t.any(at + 1, &["KEY", "INDEX", "CLUSTERED", "NONCLUSTERED", "NULLS"]) || t.open(at + 1) => {
                if let Some((names, _)) = key_list(at + 1)
                    && let [name] = names.as_slice()
                    && let Some(column) = body.columns.iter_mut().find(|c| c.name.eq_ignore_ascii_case(name))
                {
                    column.unique = true;
                }
            }
            Some("CHECK") if t.open(at + 1) => {}
            Some("KEY" | "INDEX" | "FULLTEXT" | "SPATIAL" | "EXCLUDE" | "PERIOD" | "SUPPLEMENTAL" | "PROJECTION")
                if t.open(at + 1)
                    || t.open(at + 2)
                    || t.any(at + 1, &["FOR", "KEY", "INDEX", "USING", "LOG"])
                    || t.open(at + 3) && t.any(at + 2, &["USING"]) => {}
            Some("LIKE") => body.like.extend(self.name_at(t, at + 1).map(|(n, _)| n)),
            _ if at > start => {}
            _ => {
                if let Some(column) = self.read_column(t, start, end, &mut body.foreign_keys) {
                    body.columns.push(column);
                }
            }
        }
    }

    /// A column definition: name, type, and what follows.
    fn read_column(&self, t: &Tokens, start: usize, end: usize, keys: &mut Vec<ForeignKey>) -> Option<Column> {
        let name = ident(t, start)?;
        let type_end = t.find(start + 1, end, |i| t.any(i, &AFTER_TYPE) && i > start + usize::from(!t.is(i, "AS"))).unwrap_or(end);
        let type_end = if type_end > start + 2 && t.any(type_end - 1, &["CHARACTER"]) { type_end - 1 } else { type_end };
        let mut column =
            Column { name: name.clone(), data_type: type_text(&t.list[start + 1..type_end]), line: t.line(start), ..Column::default() };
        let mut at = type_end;
        while at < end {
            match t.word(at).map(str::to_uppercase).as_deref() {
                Some("NOT") if t.is(at + 1, "NULL") => {
                    column.nullable = Some(false);
                    at += 1;
                }
                Some("NULL") => column.nullable = column.nullable.or(Some(true)),
                Some("PRIMARY") => {
                    column.primary_key = true;
                    column.nullable = Some(false);
                }
                Some("UNIQUE") => column.unique = true,
                Some("DEFAULT") => {
                    let stop = t.find(at + 2, end, |i| t.any(i, &AFTER_TYPE)).unwrap_or(end);
                    column.default = Some(text(&t.list[at + 1..stop]));
                    at = stop - 1;
                }
                Some("COMMENT") => column.comment = t.string(at + 1).map(str::to_owned),
                Some("REFERENCES") => {
                    if let Some((references, referenced_columns)) = self.references(t, at, end) {
                        keys.push(ForeignKey { columns: vec![name.clone()], references, referenced_columns, line: t.line(at) });
                    }
                }
                _ => {}
            }
            at = t.skip(at, end);
        }
        Some(column)
    }

    /// `REFERENCES table (columns)` at or after `at`.
    fn references(&self, t: &Tokens, at: usize, end: usize) -> Option<(Name, Vec<String>)> {
        let word = t.find(at, end, |i| t.is(i, "REFERENCES"))?;
        let (name, after) = self.name_at(t, word + 1)?;
        let mut columns = Vec::new();
        if after < end && t.open(after) {
            let (first, last) = t.inner(after, end);
            columns = t.commas(first, last).into_iter().filter_map(|(from, _)| ident(t, from)).collect();
        }
        Some((name, columns))
    }

    fn alter_table(&mut self, t: &Tokens, from: usize, at: usize, to: usize, context: &Context) {
        let mut at = skip_exists(t, at);
        at += usize::from(t.is(at, "ONLY"));
        let Some((name, mut after)) = self.name_at(t, at) else { return };
        if t.is(after, "WITH") && t.any(after + 1, &["CHECK", "NOCHECK"]) {
            after += 2;
        }
        let line = t.line(from);
        let mut adding = false;
        for (start, end) in t.commas(after, to) {
            let mut at = start;
            let keyword = t.word(at).map(str::to_uppercase);
            match keyword.as_deref() {
                Some("ADD") => {
                    adding = true;
                    at += 1;
                }
                Some("RENAME") => {
                    if t.is(at + 1, "TO") || t.is(at + 1, "AS") {
                        if let Some((new, _)) = self.name_at(t, at + 2) {
                            self.events.push(Event::Rename(name.clone(), qualified_like(new, &name)));
                        }
                    } else if let Some(word) = t.find(at, end, |i| t.is(i, "TO"))
                        && let (Some(old), Some(new)) = (ident(t, word - 1), ident(t, word + 1))
                        && let Some(asset) = self.asset(&name)
                        && let Some(column) = asset.columns.iter_mut().find(|c| c.name.eq_ignore_ascii_case(&old))
                    {
                        column.name = new;
                    }
                    continue;
                }
                Some("SWAP") => {
                    if let Some((other, _)) = self.name_at(t, at + 2) {
                        self.events.push(Event::Swap(name.clone(), other));
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
                Some("MODIFY" | "ALTER" | "DROP" | "SET" | "ENABLE" | "DISABLE" | "OWNER" | "CHANGE" | "CLUSTER" | "VALIDATE") => {
                    adding = false;
                    continue;
                }
                _ if !adding => continue,
                _ => {}
            }
            at += usize::from(t.is(at, "COLUMN"));
            at = skip_exists(t, at);
            let mut body = TableBody::default();
            let known = self.asset(&name).map(|a| a.columns.clone()).unwrap_or_default();
            let before = known.len();
            body.columns = known;
            if t.open(at) {
                let (first, last) = t.inner(at, end);
                for (first, last) in t.commas(first, last) {
                    self.read_element(t, first, last, &mut body);
                }
            } else if t.is(at, "PARTITION")
                || t.is(at, "PERIOD")
                || t.is(at, "CONSTRAINT") && t.is(at + 2, "DEFAULT")
                || t.is(at, "DEFAULT")
            {
                continue;
            } else {
                self.read_element(t, at, end, &mut body);
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

    /// Rows moved without a query: `source` into `target`.
    fn moved(&mut self, source: &Name, target: &Name, t: &Tokens, from: usize, to: usize, context: &Context) {
        let line = t.line(from);
        let draft = Draft {
            kind: "MOVE PARTITION".into(),
            span: t.span(from, to),
            reads: vec![(source.clone(), line)],
            writes: vec![(target.clone(), line)],
            confidence: 1.0,
            derives: true,
            ..Draft::default()
        };
        self.finish(draft, context);
    }

    fn drop_statement(&mut self, t: &Tokens, from: usize, to: usize, _context: &Context) {
        let mut at = from + 1;
        while t.any(at, &["TEMPORARY", "TEMP", "EXTERNAL", "MATERIALIZED", "FOREIGN"]) {
            at += 1;
        }
        if !t.any(at, &["TABLE", "VIEW"]) {
            return;
        }
        let start = skip_exists(t, at + 1);
        for (first, _) in t.commas(start, to) {
            if let Some((name, _)) = self.name_at(t, first) {
                self.temps.remove(&temp_key(&name));
                self.events.push(Event::Drop(name));
            }
        }
    }

    /// `COMMENT ON TABLE t IS '…'`, `COMMENT ON COLUMN t.c IS '…'`.
    fn comment(&mut self, t: &Tokens, from: usize, to: usize) {
        let Some(is) = t.find(from, to, |i| t.is(i, "IS")) else { return };
        let text = t.string(is + 1).map(str::to_owned);
        let mut at = from + 2;
        let column = t.is(at, "COLUMN");
        while t.any(at, &["TABLE", "VIEW", "MATERIALIZED", "COLUMN", "FUNCTION", "PROCEDURE"]) {
            at += 1;
        }
        let Some((mut name, _)) = self.name_at(t, at) else { return };
        if column {
            let Some(last) = name.0.pop().filter(|_| !name.0.is_empty()) else { return };
            if let Some(asset) = self.asset(&name)
                && let Some(column) = asset.columns.iter_mut().find(|c| c.name.eq_ignore_ascii_case(&last))
            {
                column.comment = text;
            }
        } else if let Some(asset) = self.asset(&name) {
            asset.comment = text;
        }
    }
}

/// An asset with the columns that a query's outputs name.
pub(crate) fn asset(kind: Kind, name: Name, span: Span, shape: &Shape) -> Asset {
    let outputs = shape.first().map(Vec::as_slice).unwrap_or_default();
    let known = !outputs.iter().any(|o| matches!(o, Output::Star { .. }));
    let columns = outputs
        .iter()
        .filter(|_| known)
        .filter_map(|o| match o {
            Output::Column { name, line, .. } => Some(Column { name: name.clone(), line: (*line).max(span.line), ..Column::default() }),
            Output::Star { .. } => None,
        })
        .collect();
    Asset { kind, name, span, columns, foreign_keys: Vec::new(), signature: String::new(), comment: None }
}

/// A new name without a schema stays in the old one's.
fn qualified_like(new: Name, old: &Name) -> Name {
    if new.0.len() == 1 && old.0.len() > 1 {
        let mut parts = old.0.clone();
        parts.pop();
        parts.extend(new.0);
        return Name(parts);
    }
    new
}

pub(crate) fn skip_exists(t: &Tokens, at: usize) -> usize {
    if t.seq(at, &["IF", "NOT", "EXISTS"]) {
        at + 3
    } else if t.seq(at, &["IF", "EXISTS"]) {
        at + 2
    } else {
        at
    }
}

/// Where the query of a view ends: before `WITH CHECK OPTION`, `WITH NO DATA` and their like.
fn view_tail(t: &Tokens, from: usize, to: usize) -> usize {
    t.find(from + 1, to, |i| {
        t.is(i, "WITH") && (t.any(i + 1, &["CHECK", "DATA", "LOCAL", "CASCADED"]) || t.is(i + 1, "NO") || t.seq(i + 1, &["READ", "ONLY"]))
    })
    .unwrap_or(to)
}

/// A data type as people write it: upper case, quotes removed, no blanks around brackets, commas and dots.
pub(crate) fn type_text(tokens: &[Tok]) -> String {
    text(tokens).to_uppercase()
}

/// Tokens as text.
pub(crate) fn text(tokens: &[Tok]) -> String {
    let mut out = String::new();
    let mut previous: Option<&Token> = None;
    for tok in tokens {
        let tight = matches!(
            tok.token,
            Token::LParen
                | Token::RParen
                | Token::Comma
                | Token::Period
                | Token::DoubleColon
                | Token::Lt
                | Token::Gt
                | Token::LBracket
                | Token::RBracket
        );
        let after_tight = matches!(previous, None | Some(Token::LParen | Token::Period | Token::DoubleColon | Token::Lt | Token::LBracket));
        if !tight && !after_tight {
            out.push(' ');
        }
        match &tok.token {
            Token::Word(Word { value, .. }) => out.push_str(value),
            other => out.push_str(&other.to_string()),
        }
        previous = Some(&tok.token);
    }
    out
}
