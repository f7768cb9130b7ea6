//! Tables: columns and constraints by our own reader, which knows no dialect and needs none: what it does not know it steps over.

use super::{asset, skip_exists, text, view_tail};
use crate::lineage::draft::{Context, Draft};
use crate::lineage::engine::Engine;
use crate::lineage::scope::{Shape, Temp, temp_key};
use crate::lineage::statement::{ident, starts_query};
use crate::lineage::token::{Tok, Tokens, made, make_word};
use crate::lineage::{Column, ForeignKey, Kind, Name, Output, Projection, Relation, Star};
use foldhash::HashMap;
use sqlparser::tokenizer::Token;

impl Engine<'_> {
    pub(crate) fn create_table(&mut self, t: &Tokens, from: usize, at: usize, to: usize, temporary: bool, context: &mut Context) {
        let at = skip_exists(t, at);
        let Some((name, mut after)) = self.name_at(t, at) else {
            return self.rescue("CREATE TABLE", t, from, to, context, "no name found");
        };
        let temporary = temporary || crate::lineage::scope::is_temp(&name);
        let span = t.span(from, to);
        let line = t.line(from);
        let mut body = TableBody::default();
        let mut sources: Vec<Name> = Vec::new();
        let mut parents: Vec<Name> = Vec::new();
        let mut bracket = (0, 0);
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
            bracket = (start, end);
            after = t.skip(after, to);
        }
        // Hive's partitions are columns, the last ones; with types, as opposed to those that Spark names.
        let partitions = t.find(after, to, |i| t.seq(i, &["PARTITIONED", "BY"]) && t.open(i + 2)).map(|i| t.inner(i + 2, to));
        for (start, end) in partitions.map(|(start, end)| t.commas(start, end)).unwrap_or_default() {
            if start + 1 < end && !t.open(start + 1) {
                self.read_element(t, start, end, &mut body);
            }
        }
        let query = t.find(after, to, |i| {
            t.is(i, "AS")
                && (t.any(i + 1, &["SELECT", "WITH", "VALUES", "TABLE", "FROM", "PIVOT", "UNPIVOT"])
                    || t.open(i + 1) && (starts_query(t, i + 1) || t.any(i + 2, &["PIVOT", "UNPIVOT"])))
                // Where AS may be left out.
                || !self.grammar.is_tsql() && (t.is(i, "SELECT") || t.open(i) && starts_query(t, i))
        });
        if let Some(query) = query {
            let start = query + usize::from(t.is(query, "AS"));
            let end = view_tail(t, query, to);
            // MySQL puts the query's columns beside those listed, by name; elsewhere the list names them.
            let beside = self.grammar.is(&["mysql"]);
            let columns = (!body.columns.is_empty() && !beside).then(|| body.columns.iter().map(|c| c.name.clone()).collect());
            self.create_from_query(t, from, start, end, &name, columns, Kind::Table, "CREATE TABLE AS", temporary, context);
            if let (false, false, Some(asset)) = (temporary, body.columns.is_empty(), self.asset(&name)) {
                let mut listed = body.columns;
                if beside {
                    let new = |c: &Column| !listed.iter().any(|l| l.name.eq_ignore_ascii_case(&c.name));
                    let more: Vec<Column> = std::mem::take(&mut asset.columns).into_iter().filter(new).collect();
                    listed.extend(more);
                }
                asset.columns = listed;
                asset.span = span;
            }
            return;
        }
        // Teradata: CREATE TABLE t, NO FALLBACK, CHECKSUM = DEFAULT AS other.
        let copied = if self.grammar.is(&["teradata"]) && t.at(after, &Token::Comma) { t.find(after, to, |i| t.is(i, "AS")) } else { None };
        for i in after..to {
            if i == copied.unwrap_or(after) && t.is(i, "AS") && self.grammar.is(&["teradata", "clickhouse"]) && !t.open(i + 1) {
                // AS other WITH DATA, AS remote('host', 'db', 'other')
                match self.name_at(t, i + 1) {
                    Some((_, open)) if t.open(open) => {
                        let like = &t.list[i];
                        let mut list = vec![make_word("SELECT", like), made(Token::Mul, like), make_word("FROM", like)];
                        list.extend_from_slice(&t.list[i + 1..t.skip(open, to)]);
                        let found = self.resolve(&list, context).map(|(_, found)| found.reads).unwrap_or_default();
                        sources.extend(found.into_iter().map(|(name, ..)| name));
                    }
                    other => sources.extend(other.map(|(name, _)| name)),
                }
                break;
            }
            if t.any(i, &["LIKE", "CLONE"]) || t.is(i, "COPY") && !t.any(i + 1, &["GRANTS"]) {
                let other = i + 1 + usize::from(t.is(i, "CLONE") && t.any(i + 1, &["OF", "AS"]));
                sources.extend(self.name_at(t, other).map(|(n, _)| n));
                break;
            }
            if t.is(i, "INHERITS") && t.open(i + 1) {
                let (start, end) = t.inner(i + 1, to);
                parents.extend(t.commas(start, end).into_iter().filter_map(|(from, _)| self.name_at(t, from).map(|(n, _)| n)));
            }
        }
        // What LIKE and INHERITS bring stands beside the columns that are listed, by name.
        let beside = !body.columns.is_empty();
        let mut brought: Vec<Column> = Vec::new();
        for other in body.like.iter().chain(if beside { &parents[..] } else { &[] }) {
            let columns = self.asset(other).map(|a| a.columns.clone()).unwrap_or_default();
            if self.count_copies(columns.len()) {
                brought.extend(columns.into_iter().map(|c| Column { name: c.name, data_type: c.data_type, line, ..Column::default() }));
            }
        }
        if beside {
            brought.retain(|c| !body.columns.iter().any(|own| own.name.eq_ignore_ascii_case(&c.name)));
            body.columns.splice(0..0, brought);
        }
        sources.append(&mut body.like);
        sources.extend(self.engine_source(t, after, to));
        if temporary {
            return self.renew(&name, Temp { reads: sources, ..body.temporary() }, context);
        }
        self.temps.remove(&temp_key(&name));
        for key in &body.foreign_keys {
            self.edge(Relation::References, Some(name.clone()), Some(key.references.clone()), key.line, 1.0);
        }
        // The rows of an external table are those of its files.
        let external = (from..at).any(|i| t.is(i, "EXTERNAL")) || t.seq(after, &["ORGANIZATION", "EXTERNAL"]) || t.is(after, "USING");
        for path in files(t, after, to).into_iter().filter(|_| external).take(MAX_FILES) {
            self.edge(Relation::Derives, Some(name.clone()), Some(Name::new([format!("path:{path}")])), line, 1.0);
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
        let whole = |source: &Name| Projection {
            target: name.clone(),
            columns: None,
            by_name: beside,
            branches: vec![vec![Output::Star(Star::of(source.clone(), line))]],
            indirect: Vec::new(),
        };
        let mut draft = Draft {
            kind: "CREATE TABLE".into(),
            span,
            projections: sources.iter().map(whole).collect(),
            reads: sources.into_iter().map(|n| (n, line)).collect(),
            writes: vec![(name.clone(), line)],
            confidence: 1.0,
            defines: true,
            derives,
            ..Draft::default()
        };
        self.computed(t, &t.commas(bracket.0, bracket.1), &name, context, &mut draft);
        self.finish(draft, context);
    }

    /// ClickHouse's tables that show another's rows: `ENGINE = Distributed(cluster, db, t)`, `Buffer(db, t, …)`.
    fn engine_source(&self, t: &Tokens, from: usize, to: usize) -> Option<Name> {
        let engine = t.find(from, to, |i| t.is(i, "ENGINE")).filter(|_| self.grammar.is(&["clickhouse"]))? + 2;
        let skipped = match t.word(engine)?.to_uppercase().as_str() {
            "DISTRIBUTED" => 1,
            "BUFFER" => 0,
            _ => return None,
        };
        let (start, end) = t.open(engine + 1).then(|| t.inner(engine + 1, to))?;
        let part = |(from, to): &(usize, usize)| ident(t, *from).filter(|_| from + 1 == *to);
        let args = t.commas(start, end);
        // A database that is computed is left out.
        let table = part(args.get(skipped + 1)?)?;
        Some(Name::new(part(&args[skipped]).into_iter().filter(|db| !db.is_empty()).chain([table])))
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

    pub(crate) fn read_element(&self, t: &Tokens, start: usize, end: usize, body: &mut TableBody) {
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
                    match body.column(&name) {
                        Some(column) => {
                            column.primary_key = true;
                            column.nullable = Some(false);
                        }
                        None => body.elsewhere.push(Column { name, primary_key: true, nullable: Some(false), ..Column::default() }),
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
                {
                    match body.column(name) {
                        Some(column) => column.unique = true,
                        None => body.elsewhere.push(Column { name: name.clone(), unique: true, ..Column::default() }),
                    }
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
                    if column.generated && t.is(start + 1, "AS") {
                        body.computed.push((column.name.clone(), (start + 2..end).filter_map(|i| ident(t, i)).collect()));
                    }
                    body.columns.push(column);
                }
            }
        }
    }

    /// A column definition: name, type, and what follows.
    pub(crate) fn read_column(&self, t: &Tokens, start: usize, end: usize, keys: &mut Vec<ForeignKey>) -> Option<Column> {
        let name = ident(t, start).filter(|_| start < end)?;
        let type_end = t.find(start + 1, end, |i| t.any(i, &AFTER_TYPE) && i > start + usize::from(!t.is(i, "AS"))).unwrap_or(end);
        let type_end = if type_end > start + 2 && t.any(type_end - 1, &["CHARACTER"]) { type_end - 1 } else { type_end };
        let mut column =
            Column { name: name.clone(), data_type: type_text(&t.list[start + 1..type_end]), line: t.line(start), ..Column::default() };
        column.generated = self.grammar.is_tsql()
            && (t.is(start + 1, "AS") || t.any(start + 1, &["ROWVERSION", "TIMESTAMP"]) || (type_end..end).any(|i| t.is(i, "IDENTITY")));
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
    pub(crate) fn references(&self, t: &Tokens, at: usize, end: usize) -> Option<(Name, Vec<String>)> {
        let word = t.find(at, end, |i| t.is(i, "REFERENCES"))?;
        let (name, after) = self.name_at(t, word + 1)?;
        let mut columns = Vec::new();
        if after < end && t.open(after) {
            let (first, last) = t.inner(after, end);
            columns = t.commas(first, last).into_iter().filter_map(|(from, _)| ident(t, from)).collect();
        }
        Some((name, columns))
    }
}

/// Files of an external table that are named: longer lists are written by no one.
const MAX_FILES: usize = 64;

/// `LOCATION 'path'`, `LOCATION = @stage/path`, `LOCATION (directory:'a', 'b')`, `uris = ['a', 'b']`.
fn files(t: &Tokens, from: usize, to: usize) -> Vec<&str> {
    let Some(word) = (from..to).find(|i| t.any(*i, &["LOCATION", "URIS"])) else { return Vec::new() };
    let at = word + 1 + usize::from(t.at(word + 1, &Token::Eq));
    let end = if t.at(at, &Token::LBracket) { t.find(at, to, |i| t.at(i, &Token::RBracket)).unwrap_or(to) } else { t.skip(at, to) };
    (at..end.min(to)).filter_map(|i| t.string(i).or(t.word(i).filter(|w| w.starts_with('@')))).collect()
}

/// What a table's bracket says.
#[derive(Debug, Default)]
pub(crate) struct TableBody {
    pub(crate) columns: Vec<Column>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    /// What keys say of columns that are not here.
    pub(super) elsewhere: Vec<Column>,
    /// T-SQL's computed columns, each with the names in its expression.
    computed: Vec<(String, Vec<String>)>,
    /// `LIKE other` inside the bracket.
    like: Vec<Name>,
    /// Where columns stand, by name in lower case: of those that were there when a key was read last.
    places: HashMap<String, usize>,
    placed: usize,
}

impl TableBody {
    /// A temporary of these columns.
    pub(crate) fn temporary(self) -> Temp {
        let generated = self.columns.iter().filter(|c| c.generated).map(|c| c.name.clone()).collect();
        let columns: Vec<String> = self.columns.into_iter().map(|c| c.name).collect();
        let mut computed: HashMap<String, Vec<usize>> = HashMap::default();
        if !self.computed.is_empty() {
            let places: HashMap<String, usize> = columns.iter().enumerate().map(|(at, column)| (column.to_lowercase(), at)).collect();
            for (column, of) in self.computed {
                let Some(at) = places.get(&column.to_lowercase()) else { continue };
                for name in of.into_iter().map(|name| name.to_lowercase()).filter(|name| places.contains_key(name)) {
                    let made = computed.entry(name).or_default();
                    if made.last() != Some(at) {
                        made.push(*at);
                    }
                }
            }
        }
        Temp { columns, generated, computed, ..Temp::default() }
    }

    /// The first column of this name. Keys may be as many as columns.
    fn column(&mut self, name: &str) -> Option<&mut Column> {
        for (at, column) in self.columns.iter().enumerate().skip(self.placed) {
            self.places.entry(column.name.to_ascii_lowercase()).or_insert(at);
        }
        self.placed = self.columns.len();
        self.columns.get_mut(*self.places.get(&name.to_ascii_lowercase())?)
    }
}

/// Words that end a column's type.
pub(super) const AFTER_TYPE: [&str; 42] = [
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

/// A data type as people write it: upper case, quotes removed, no blanks around brackets, commas and dots.
pub(crate) fn type_text(tokens: &[Tok]) -> String {
    text(tokens).to_uppercase()
}
