//! What a file says, in as few bytes as linking can do with from one update to the next: a tenth of what [`Facts`] take.
//!
//! A project's facts are most of what linking knows, and an update looks at those of the files that it concerns. So they are kept
//! written down: texts once, one after the other, and what names them as their places there. An asset, a statement or an edge is
//! read by itself, so that looking at one costs no more in a file of many. What linking does not read (diagnostics, what a statement
//! reads and writes as a whole, coverage) is left out.

use crate::lineage::{
    Asset, Column, ColumnSource, Edge, Facts, Few, ForeignKey, Kind, Name, Output, Projection, Relation, Single, Span, Star, Statement,
    Subtype,
};
use foldhash::HashMap;
use std::cell::{Cell, OnceCell};
use std::sync::Arc;

/// The facts of one file, as far as linking reads them.
#[derive(Debug, Default)]
pub(super) struct Kept {
    dialect: String,
    text: Box<str>,
    names: Box<[u8]>,
    bytes: Box<[u8]>,
    /// Where assets, what is said of others', statements and edges begin, and how many of each there are.
    starts: Box<[u32]>,
    counts: [u32; 4],
    outside: Vec<Name>,
}

impl Kept {
    pub(super) fn new(facts: &Facts) -> Kept {
        Writer::default().kept(facts)
    }

    /// About how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        self.text.len() + self.bytes.len()
    }

    /// All of it.
    pub(super) fn facts(&self) -> Facts {
        let [assets, alters, statements, edges] = self.counts;
        let mut reader = self.reader(0);
        Facts {
            dialect: self.dialect.clone(),
            assets: (0..assets).map(|_| reader.asset()).collect(),
            alters: (0..alters).map(|_| reader.asset()).collect(),
            statements: (0..statements).map(|_| reader.statement()).collect(),
            edges: (0..edges).map(|_| reader.edge()).collect(),
            outside: self.outside.clone(),
            ..Facts::default()
        }
    }

    /// What an asset is.
    pub(super) fn kind(&self, asset: u32) -> Kind {
        self.reader(asset).kind()
    }

    /// An asset without its columns, and how many these are.
    pub(super) fn head(&self, asset: u32) -> (Asset, usize) {
        self.reader(asset).head()
    }

    pub(super) fn asset(&self, asset: u32) -> Asset {
        self.reader(asset).asset()
    }

    /// What is said of relations of other files.
    pub(super) fn alters(&self) -> impl Iterator<Item = Asset> {
        (0..self.counts[1]).map(|at| self.alter(at))
    }

    pub(super) fn alter(&self, at: u32) -> Asset {
        self.asset(self.counts[0] + at)
    }

    pub(super) fn statement(&self, at: u32) -> Statement {
        self.reader(self.counts[0] + self.counts[1] + at).statement()
    }

    pub(super) fn edge(&self, at: u32) -> Edge {
        self.reader(self.counts[0] + self.counts[1] + self.counts[2] + at).edge()
    }

    fn reader(&self, item: u32) -> Reader<'_> {
        let start = self.starts.get(item as usize).map_or(self.bytes.len(), |start| *start as usize);
        Reader { of: self, rest: &self.bytes[start..], known: HashMap::default() }
    }
}

/// Writes down the facts of one file after the other.
#[derive(Default)]
pub(super) struct Writer<'f> {
    text: String,
    texts: HashMap<&'f str, u32>,
    names: Vec<u8>,
    known: HashMap<&'f Name, u32>,
    /// By where the parts of a name are, which most places share that say it.
    met: HashMap<*const String, u32>,
    bytes: Vec<u8>,
}

/// Texts of one file beyond which no room is kept for those of the next.
const MANY_TEXTS: usize = 4_096;

/// Seven bits a byte, the low ones first; all but the last have the eighth set.
fn put(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> u32 {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = bytes.split_first().expect("what was written ends with its last byte");
        *bytes = rest;
        number |= u32::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            break;
        }
    }
    number
}

/// Flags of a column.
const NOT_NULL: u32 = 1;
const NULLABLE: u32 = 2;
const PRIMARY_KEY: u32 = 4;
const UNIQUE: u32 = 8;
const GENERATED: u32 = 16;

impl<'f> Writer<'f> {
    pub(super) fn kept(&mut self, facts: &'f Facts) -> Kept {
        let Facts { dialect, assets, alters, statements, edges, outside, diagnostics: _, coverage: _, tokens: _ } = facts;
        self.clear();
        let mut starts = Vec::with_capacity(assets.len() + alters.len() + statements.len() + edges.len());
        for asset in assets.iter().chain(alters) {
            starts.push(self.bytes.len() as u32);
            self.asset(asset);
        }
        for statement in statements {
            starts.push(self.bytes.len() as u32);
            self.statement(statement);
        }
        for edge in edges {
            starts.push(self.bytes.len() as u32);
            self.edge(edge);
        }
        Kept {
            dialect: dialect.clone(),
            text: self.text.as_str().into(),
            names: self.names.as_slice().into(),
            bytes: self.bytes.as_slice().into(),
            starts: starts.into(),
            counts: [assets.len(), alters.len(), statements.len(), edges.len()].map(|count| count as u32),
            outside: outside.clone(),
        }
    }

    fn clear(&mut self) {
        if self.texts.capacity() > 2 * MANY_TEXTS {
            *self = Writer::default();
        }
        self.text.clear();
        self.texts.clear();
        self.names.clear();
        self.known.clear();
        self.met.clear();
        self.bytes.clear();
    }

    fn number(&mut self, number: u32) {
        put(&mut self.bytes, number);
    }

    /// The length of a text, and where it is unless it is empty.
    fn place(&mut self, text: &'f str) -> (u32, Option<u32>) {
        let at = || {
            *self.texts.entry(text).or_insert_with(|| {
                self.text.push_str(text);
                (self.text.len() - text.len()) as u32
            })
        };
        (text.len() as u32, (!text.is_empty()).then(at))
    }

    fn text(&mut self, text: &'f str) {
        let (length, at) = self.place(text);
        self.number(length);
        at.into_iter().for_each(|at| self.number(at));
    }

    fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.number(u32::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn list<T>(&mut self, list: &'f [T], mut write: impl FnMut(&mut Self, &'f T)) {
        self.number(list.len() as u32);
        list.iter().for_each(|item| write(self, item));
    }

    fn texts(&mut self, list: &'f [String]) {
        self.list(list, |w, text| w.text(text));
    }

    fn name(&mut self, name: &'f Name) {
        let met = self.met.get(&name.0.as_ptr()).copied();
        let at = met.unwrap_or_else(|| {
            let at = self.known.get(name).copied().unwrap_or_else(|| self.new_name(name));
            self.met.insert(name.0.as_ptr(), at);
            at
        });
        self.number(at);
    }

    fn new_name(&mut self, name: &'f Name) -> u32 {
        let at = self.names.len() as u32;
        self.known.insert(name, at);
        put(&mut self.names, name.0.len() as u32);
        for part in &*name.0 {
            let (length, start) = self.place(part);
            put(&mut self.names, length);
            start.into_iter().for_each(|start| put(&mut self.names, start));
        }
        at
    }

    fn span(&mut self, Span { line, line_end, start, end }: &Span) {
        // What was stored before spans were, and what salvage made of nothing, may end before it begins.
        for number in [*line, line_end.wrapping_sub(*line), *start, end.wrapping_sub(*start)] {
            self.number(number);
        }
    }

    fn confidence(&mut self, confidence: f32) {
        self.bytes.extend(confidence.to_le_bytes());
    }

    fn asset(&mut self, asset: &'f Asset) {
        let Asset { kind, name, span, columns, foreign_keys, signature, comment, exact } = asset;
        self.number(*kind as u32);
        self.number(columns.len() as u32);
        self.number(u32::from(*exact));
        self.name(name);
        self.span(span);
        self.text(signature);
        self.maybe(comment.as_deref(), |w, comment| w.text(comment));
        self.list(foreign_keys, |w, ForeignKey { columns, references, referenced_columns, line }| {
            w.texts(columns);
            w.name(references);
            w.texts(referenced_columns);
            w.number(*line);
        });
        columns.iter().for_each(|column| self.column(column));
    }

    fn column(&mut self, column: &'f Column) {
        let Column { name, data_type, nullable, primary_key, unique, generated, default, comment, line } = column;
        let flags = [(*nullable == Some(false), NOT_NULL), (*nullable == Some(true), NULLABLE), (*primary_key, PRIMARY_KEY)];
        let flags = flags.into_iter().chain([(*unique, UNIQUE), (*generated, GENERATED)]);
        self.number(flags.map(|(set, flag)| if set { flag } else { 0 }).sum());
        self.text(name);
        self.text(data_type);
        self.maybe(default.as_deref(), |w, default| w.text(default));
        self.maybe(comment.as_deref(), |w, comment| w.text(comment));
        self.number(*line);
    }

    fn statement(&mut self, statement: &'f Statement) {
        let Statement { kind, span, owner, reads: _, writes: _, calls, projections, columns_read, confidence } = statement;
        self.text(kind);
        self.span(span);
        self.maybe(owner.as_ref(), Self::name);
        self.list(calls, Self::name);
        self.list(projections, |w, Projection { target, columns, by_name, branches, indirect }| {
            w.name(target);
            w.maybe(columns.as_deref(), Self::texts);
            w.number(u32::from(*by_name));
            w.list(branches, |w, outputs| w.list(outputs, Self::output));
            w.list(indirect, Self::source);
        });
        self.list(columns_read, Self::source);
        self.confidence(*confidence);
    }

    fn output(&mut self, output: &'f Output) {
        match output {
            Output::Column { name, sources, expression, span } => {
                self.number(0);
                self.text(name);
                self.list(sources, Self::source);
                self.text(expression);
                self.span(span);
            }
            Output::Star(Star { table, except, rename, replace, line }) => {
                self.number(1);
                self.name(table);
                self.texts(except);
                self.list(rename, |w, (from, to)| {
                    w.text(from);
                    w.text(to);
                });
                self.list(replace, Self::output);
                self.number(*line);
            }
        }
    }

    fn source(&mut self, source: &'f ColumnSource) {
        let ColumnSource { tables, outer, column, unless, subtype } = source;
        // Nearly all are of one table and no more.
        let plain = tables.len() == 1 && outer.is_empty() && unless.is_empty();
        self.number(*subtype as u32 * 2 + u32::from(plain));
        self.text(column);
        if plain {
            return self.name(&tables[0]);
        }
        self.list(tables, Self::name);
        self.list(outer, Self::name);
        self.list(unless, |w, (rows, column)| {
            w.name(rows);
            w.text(column);
        });
    }

    fn edge(&mut self, edge: &'f Edge) {
        let Edge { relation, from, to, line, confidence } = edge;
        self.number(*relation as u32);
        self.maybe(from.as_ref(), Self::name);
        self.maybe(to.as_ref(), Self::name);
        self.number(*line);
        self.confidence(*confidence);
    }
}

struct Reader<'k> {
    of: &'k Kept,
    rest: &'k [u8],
    /// Names that were read already, by their places: they are shared.
    known: HashMap<u32, Name>,
}

impl Reader<'_> {
    fn number(&mut self) -> u32 {
        take(&mut self.rest)
    }

    fn flag(&mut self) -> bool {
        self.number() != 0
    }

    fn text(&mut self) -> String {
        text(&self.of.text, &mut self.rest)
    }

    fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| read(self))
    }

    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| read(self)).collect()
    }

    fn texts(&mut self) -> Vec<String> {
        self.list(Self::text)
    }

    fn name(&mut self) -> Name {
        let at = self.number();
        let of = self.of;
        let read = || {
            let mut rest = &of.names[at as usize..];
            Name((0..take(&mut rest)).map(|_| text(&of.text, &mut rest)).collect())
        };
        self.known.entry(at).or_insert_with(read).clone()
    }

    fn span(&mut self) -> Span {
        let (line, lines, start, length) = (self.number(), self.number(), self.number(), self.number());
        Span { line, line_end: line.wrapping_add(lines), start, end: start.wrapping_add(length) }
    }

    fn confidence(&mut self) -> f32 {
        let (bytes, rest) = self.rest.split_first_chunk().expect("it was written whole");
        self.rest = rest;
        f32::from_le_bytes(*bytes)
    }

    fn kind(&mut self) -> Kind {
        Kind::ALL[self.number() as usize]
    }

    fn head(&mut self) -> (Asset, usize) {
        let (kind, columns, exact) = (self.kind(), self.number() as usize, self.flag());
        let (name, span, signature) = (self.name(), self.span(), self.text());
        let comment = self.maybe(Self::text);
        let foreign_keys =
            self.list(|r| ForeignKey { columns: r.texts(), references: r.name(), referenced_columns: r.texts(), line: r.number() });
        (Asset { kind, name, span, columns: Vec::new(), foreign_keys, signature, comment, exact }, columns)
    }

    fn asset(&mut self) -> Asset {
        let (asset, columns) = self.head();
        Asset { columns: (0..columns).map(|_| self.column()).collect(), ..asset }
    }

    fn column(&mut self) -> Column {
        let flags = self.number();
        let nullable = match flags & (NOT_NULL | NULLABLE) {
            0 => None,
            known => Some(known == NULLABLE),
        };
        Column {
            nullable,
            primary_key: flags & PRIMARY_KEY != 0,
            unique: flags & UNIQUE != 0,
            generated: flags & GENERATED != 0,
            name: self.text(),
            data_type: self.text(),
            default: self.maybe(Self::text),
            comment: self.maybe(Self::text),
            line: self.number(),
        }
    }

    fn statement(&mut self) -> Statement {
        Statement {
            kind: self.text(),
            span: self.span(),
            owner: self.maybe(Self::name),
            reads: Vec::new(),
            writes: Vec::new(),
            calls: self.list(Self::name),
            projections: self.list(|r| Projection {
                target: r.name(),
                columns: r.maybe(Self::texts),
                by_name: r.flag(),
                branches: r.list(|r| r.list(Self::output)),
                indirect: r.list(Self::source),
            }),
            columns_read: self.list(Self::source),
            confidence: self.confidence(),
        }
    }

    fn output(&mut self) -> Output {
        if self.flag() {
            return Output::Star(Star {
                table: self.name(),
                except: self.texts(),
                rename: self.list(|r| (r.text(), r.text())),
                replace: self.list(Self::output),
                line: self.number(),
            });
        }
        Output::Column { name: self.text(), sources: self.list(Self::source), expression: self.text(), span: self.span() }
    }

    fn source(&mut self) -> ColumnSource {
        let first = self.number();
        let (subtype, column) = (Subtype::ALL[first as usize / 2], self.text());
        if first % 2 == 1 {
            return ColumnSource { tables: Single::One(self.name()), outer: Few::default(), column, unless: Few::default(), subtype };
        }
        ColumnSource {
            tables: self.list(Self::name).into_iter().collect(),
            outer: self.list(Self::name).into(),
            column,
            unless: self.list(|r| (r.name(), r.text())).into(),
            subtype,
        }
    }

    fn edge(&mut self) -> Edge {
        Edge {
            relation: Relation::ALL[self.number() as usize],
            from: self.maybe(Self::name),
            to: self.maybe(Self::name),
            line: self.number(),
            confidence: self.confidence(),
        }
    }
}

/// The text whose place stands in front of `rest`.
fn text(all: &str, rest: &mut &[u8]) -> String {
    let length = take(rest) as usize;
    if length == 0 {
        return String::new();
    }
    let start = take(rest) as usize;
    all[start..start + length].to_owned()
}

/// Room for statements that one piece of work looks at for as long as it goes on.
#[derive(Debug)]
pub(super) struct Desk {
    room: Box<[OnceCell<Arc<Statement>>]>,
    used: Cell<usize>,
    /// Twice as large, when there is no more room here.
    next: OnceCell<Box<Desk>>,
}

impl Default for Desk {
    fn default() -> Desk {
        Desk::of(4)
    }
}

impl Desk {
    fn of(room: usize) -> Desk {
        Desk { room: (0..room).map(|_| OnceCell::new()).collect(), used: Cell::new(0), next: OnceCell::new() }
    }

    pub(super) fn put(&self, statement: Arc<Statement>) -> &Statement {
        let mut desk = self;
        loop {
            let at = desk.used.get();
            if let Some(free) = desk.room.get(at) {
                desk.used.set(at + 1);
                return free.get_or_init(|| statement);
            }
            desk = desk.next.get_or_init(|| Box::new(Desk::of(2 * desk.room.len())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lineage::analyze;

    /// What is kept of `facts`.
    fn read(facts: Facts) -> Facts {
        let statement = |s: Statement| Statement { reads: Vec::new(), writes: Vec::new(), ..s };
        let statements = facts.statements.into_iter().map(statement).collect();
        Facts { statements, diagnostics: Vec::new(), coverage: 0.0, tokens: 0, ..facts }
    }

    #[test]
    fn what_linking_reads_of_a_file_is_kept_as_it_is() {
        let mut sizes = (0, 0);
        for path in std::fs::read_dir("tests/data/lineage").unwrap() {
            let text = std::fs::read_to_string(path.unwrap().path()).unwrap();
            for case in text.split("-- case:") {
                let dialect =
                    case.lines().find_map(|line| line.strip_prefix("-- dialect: ")).map_or("auto", |d| d.split(',').next().unwrap());
                let facts = analyze(case, dialect);
                let kept = Kept::new(&facts);
                sizes = (sizes.0 + case.len(), sizes.1 + kept.bytes.len() + kept.text.len() + kept.names.len() + 4 * kept.starts.len());
                let known = read(facts);
                assert_eq!(kept.facts(), known, "{case}");
                for (at, asset) in (0..).zip(&known.assets) {
                    let head = (Asset { columns: Vec::new(), ..asset.clone() }, asset.columns.len());
                    assert_eq!((kept.asset(at), kept.head(at), kept.kind(at)), (asset.clone(), head, asset.kind));
                }
                assert_eq!(kept.alters().collect::<Vec<_>>(), known.alters);
                assert!((0..).zip(&known.statements).all(|(at, statement)| kept.statement(at) == *statement));
                assert!((0..).zip(&known.edges).all(|(at, edge)| kept.edge(at) == *edge));
            }
        }
        assert!(sizes.1 < 2 * sizes.0, "{sizes:?}");
    }

    #[test]
    fn what_lies_on_the_desk_stays_while_more_is_put_there() {
        let desk = Desk::default();
        let statement = |line: u32| Arc::new(analyze(&format!("{}SELECT 1", "\n".repeat(line as usize)), "auto").statements.remove(0));
        let put: Vec<&Statement> = (0..100).map(|line| desk.put(statement(line))).collect();
        assert!((1..).zip(put).all(|(line, statement)| statement.span.line == line));
    }
}
