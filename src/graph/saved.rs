//! A graph as bytes and back, so that a server that starts need not link it first.
//!
//! A head tells the format, whose graph it is of which truth, and a checksum of the rest. The rest is the nodes, the edges and the
//! notes in their order. What many share (a relation's name, a declaration, where an expression stands) is written where it is
//! first met and a number from then on, so that what comes back shares as much. The index over both is made anew.
//!
//! Whatever the bytes are, reading them gives the graph that was written, or says that it cannot.

use super::link::Note;
use super::places::{Evidence, Places, Properties};
use super::resolve::Spellings;
use super::{Detail, Edge, Graph, Linked, Node, Rest};
use crate::lineage::{Column, Kind, Relation, Subtype, Subtypes};
use crate::parallel;
use foldhash::HashMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What tells one state of a project's truth from all others.
pub type Key = [u8; 32];

/// What a file begins with: its last byte is the format's version, to be raised with whatever changes here.
const MAGIC: [u8; 8] = *b"HWGRAPH\x01";
/// Magic, key, checksum of the rest.
const HEAD: usize = MAGIC.len() + 2 * size_of::<Key>();

/// Why bytes are not the graph asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// They are of another version, or of nothing of ours.
    Unknown,
    /// They are of another truth.
    Stale,
    /// They are not what was written.
    Damaged,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Refused::Unknown => "it is of another version",
            Refused::Stale => "the project is not what it was",
            Refused::Damaged => "it is damaged",
        })
    }
}

/// `graph`, made from the truth that `key` tells, as bytes: some thirty for each node and edge.
pub fn write(graph: &Graph, key: &Key) -> Vec<u8> {
    let mut out = Writer { out: vec![0; HEAD], ..Writer::default() };
    out.text(&graph.project);
    out.names();
    out.number(graph.linked.nodes.len());
    graph.linked.nodes.iter().for_each(|node| out.node(node));
    out.number(graph.linked.edges.len());
    let mut before = 0;
    for edge in &graph.linked.edges {
        out.number((edge.from - before) as usize);
        before = edge.from;
        out.edge(edge);
    }
    out.number(graph.linked.notes.len());
    graph.linked.notes.iter().for_each(|note| out.note(note));
    let mut bytes = out.out;
    let checksum = Sha256::digest(&bytes[HEAD..]);
    bytes[..HEAD].copy_from_slice(&[&MAGIC[..], key, &checksum].concat());
    bytes
}

/// The key of the truth that the graph in `bytes` was made from, if they are of this version.
///
/// # Errors
/// [`Refused::Unknown`] when they are not.
pub fn key(bytes: &[u8]) -> Result<Key, Refused> {
    let key = bytes.strip_prefix(&MAGIC).and_then(|rest| rest.first_chunk());
    key.copied().ok_or(Refused::Unknown)
}

/// The graph of `project` that [`write()`] made these bytes of.
///
/// # Errors
/// [`Refused::Unknown`] and [`Refused::Damaged`].
pub fn read(project: &str, bytes: &[u8]) -> Result<Graph, Refused> {
    key(bytes)?;
    let (head, rest) = bytes.split_at_checked(HEAD).ok_or(Refused::Damaged)?;
    // First of all: what is read then was written, and its counts are counts.
    if Sha256::digest(rest).as_slice() != &head[HEAD - size_of::<Key>()..] {
        return Err(Refused::Damaged);
    }
    graph(project, rest).ok_or(Refused::Damaged)
}

fn graph(project: &str, bytes: &[u8]) -> Option<Graph> {
    let mut rest = Reader { rest: bytes, ..Reader::default() };
    if rest.text()? != project {
        return None;
    }
    rest.names()?;
    let nodes = rest.list(|rest| rest.node().map(Arc::new))?;
    let (spellings, read) = parallel::join(|| Spellings::build(&nodes, project), || rest.edges_and_notes(nodes.len()));
    let (edges, notes) = read?;
    rest.rest.is_empty().then(|| Graph::indexed(project, spellings, Linked { nodes, edges, notes }))
}

/// Numbers of what was written already, by where it lies in memory.
type Known<T> = HashMap<*const T, usize>;

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    texts: Known<u8>,
    columns: Known<Column>,
    rests: Known<Rest>,
    details: Known<Detail>,
}

impl Writer {
    /// Seven bits a byte, the low ones first; all but the last have the eighth set.
    fn number(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.out.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.out.extend_from_slice(text.as_bytes());
    }

    fn maybe(&mut self, text: Option<&str>) {
        self.out.push(u8::from(text.is_some()));
        text.into_iter().for_each(|text| self.text(text));
    }

    /// What kinds, relations and subtypes are called that stand as numbers below: another build may number them otherwise.
    fn names(&mut self) {
        names().for_each(|name| self.text(name));
    }

    /// The number of what is shared, and whether it is written for the first time.
    fn shared<T: ?Sized, P>(&mut self, known: fn(&mut Self) -> &mut Known<P>, shared: &Arc<T>) -> bool {
        let known = known(self);
        let next = known.len();
        let number = *known.entry(Arc::as_ptr(shared).cast()).or_insert(next);
        self.number(number);
        number == next
    }

    fn shared_text(&mut self, text: &Arc<str>) {
        if self.shared(|w| &mut w.texts, text) {
            self.text(text);
        }
    }

    fn json(&mut self, value: &impl Serialize) {
        // Maps have texts as keys here, and numbers are finite.
        self.text(&serde_json::to_string(value).expect("what came as JSON goes as JSON"));
    }

    fn places(&mut self, places: &Places) {
        self.number(places.len());
        for Evidence { file_id, line, line_end } in places {
            self.shared_text(file_id);
            self.number(*line as usize);
            self.number(*line_end as usize);
        }
    }

    fn node(&mut self, node: &Node) {
        self.out.extend([node.kind as u8, u8::from(node.of_relation)]);
        self.number(node.ordinal as usize);
        self.shared_text(&node.stem);
        self.places(&node.defined);
        if self.shared(|w| &mut w.columns, &node.column) {
            self.json(&*node.column);
        }
        if self.shared(|w| &mut w.rests, &node.rest) {
            self.json(&*node.rest);
        }
    }

    /// All but where it begins.
    fn edge(&mut self, edge: &Edge) {
        self.number(edge.to as usize);
        self.out.push(edge.relation as u8);
        self.number(edge.subtypes.iter().fold(0, |bits, subtype| bits | 1 << subtype as usize));
        self.out.extend(edge.confidence.to_le_bytes());
        if self.shared(|w| &mut w.details, &edge.detail) {
            self.maybe(edge.transformation.as_deref());
            self.places(&edge.evidence);
            self.maybe(edge.properties.text());
        }
    }

    fn note(&mut self, note: &Note) {
        self.text(&note.name);
        self.text(&note.file_id);
        self.number(note.line as usize);
        self.text(&note.message);
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    let kinds = Kind::ALL.iter().map(|k| k.as_str());
    kinds.chain(Relation::ALL.iter().map(|r| r.as_str())).chain(Subtype::ALL.iter().map(|s| s.as_str()))
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a [u8],
    texts: Vec<Arc<str>>,
    columns: Vec<Arc<Column>>,
    rests: Vec<Arc<Rest>>,
    details: Vec<Arc<Detail>>,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.byte()? != 0)
    }

    fn maybe(&mut self) -> Option<Option<&'a str>> {
        if self.flag()? { Some(Some(self.text()?)) } else { Some(None) }
    }

    fn names(&mut self) -> Option<()> {
        names().all(|name| self.text() == Some(name)).then_some(())
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        // Nothing takes less than a byte.
        let mut list = Vec::with_capacity(Some(count).filter(|count| *count <= self.rest.len())?);
        for _ in 0..count {
            list.push(one(self)?);
        }
        Some(list)
    }

    fn shared<T: ?Sized>(
        &mut self,
        known: fn(&mut Self) -> &mut Vec<Arc<T>>,
        first: impl FnOnce(&mut Self) -> Option<Arc<T>>,
    ) -> Option<Arc<T>> {
        let number = self.number()?;
        if number == known(self).len() {
            let first = first(self)?;
            known(self).push(first);
        }
        known(self).get(number).cloned()
    }

    fn shared_text(&mut self) -> Option<Arc<str>> {
        self.shared(|r| &mut r.texts, |r| r.text().map(Arc::from))
    }

    fn json<T: DeserializeOwned>(&mut self) -> Option<Arc<T>> {
        serde_json::from_str(self.text()?).ok().map(Arc::new)
    }

    fn places(&mut self) -> Option<Places> {
        let one = |r: &mut Self| Some(Evidence { file_id: r.shared_text()?, line: r.small()?, line_end: r.small()? });
        self.list(one).map(Places::from)
    }

    fn node(&mut self) -> Option<Node> {
        Some(Node {
            kind: *Kind::ALL.get(usize::from(self.byte()?))?,
            of_relation: self.flag()?,
            ordinal: self.small()?,
            stem: self.shared_text()?,
            defined: self.places()?,
            column: self.shared(|r| &mut r.columns, Self::json)?,
            rest: self.shared(|r| &mut r.rests, Self::json)?,
        })
    }

    fn edge(&mut self, from: u32, nodes: usize) -> Option<Edge> {
        let to = self.small()?;
        if from.max(to) as usize >= nodes {
            return None;
        }
        let relation = *Relation::ALL.get(usize::from(self.byte()?))?;
        let bits = self.number()?;
        let mut subtypes = Subtypes::NONE;
        Subtype::ALL.into_iter().filter(|s| bits & 1 << *s as usize != 0).for_each(|s| subtypes.extend(s.into()));
        let confidence = f32::from_le_bytes(*self.bytes(4)?.first_chunk()?);
        let detail = |r: &mut Self| {
            let transformation = r.maybe()?.map(Box::from);
            let evidence = r.places()?;
            Some(Arc::new(Detail { transformation, evidence, properties: Properties::of(r.maybe()?) }))
        };
        let detail = self.shared(|r| &mut r.details, detail)?;
        Some(Edge { from, to, relation, subtypes, confidence, detail })
    }

    fn edges_and_notes(&mut self, nodes: usize) -> Option<(Vec<Edge>, Vec<Arc<Note>>)> {
        let mut from = 0u32;
        let edges = self.list(|rest| {
            from = from.checked_add(rest.small()?)?;
            rest.edge(from, nodes)
        })?;
        Some((edges, self.list(|rest| rest.note().map(Arc::new))?))
    }

    fn note(&mut self) -> Option<Note> {
        let (name, file_id) = (self.text()?.to_owned(), self.text()?.to_owned());
        Some(Note { name, file_id, line: self.small()?, message: self.text()?.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::link::{FileFacts, Manual, link};
    use super::*;

    /// One of everything that a graph holds.
    const SQL: &str = "CREATE TABLE a.t (id INT PRIMARY KEY, v VARCHAR(9) NOT NULL DEFAULT 'ß', w INT UNIQUE);\n\
        COMMENT ON TABLE a.t IS 'what it is'; COMMENT ON COLUMN a.t.v IS 'why';\n\
        CREATE TABLE a.u (t_id INT REFERENCES a.t (id), \"odd.name\" INT);\n\
        CREATE VIEW a.x AS SELECT t.id, t.v || 'x' AS v, u.* FROM a.t t JOIN a.u u ON u.t_id = t.id WHERE t.w > 1;\n\
        CREATE FUNCTION a.f(n INT) RETURNS INT AS 'SELECT 1' LANGUAGE sql;\n\
        INSERT INTO a.u SELECT id, w FROM a.t; SELECT * FROM elsewhere.y;";

    fn graph() -> Graph {
        let facts = ["postgres", "ansi"].map(|dialect| Arc::new(crate::lineage::analyze(SQL, dialect)));
        let files: Vec<FileFacts<'_>> = std::iter::zip(["f", "g"], &facts)
            .map(|(id, facts)| FileFacts { file_id: id, repository_id: id, repository: id, path: "f.sql", facts })
            .collect();
        let properties = serde_json::from_str::<serde_json::Map<_, _>>(r#"{"owner": ["me", 1.5, null]}"#).unwrap();
        let entity =
            |id: &str| Manual::Entity { id: id.into(), entity_type: "Report".into(), name: id.into(), properties: properties.clone() };
        let by_hand =
            Manual::Relationship { source: "one".into(), target: "two".into(), relation: "feeds".into(), properties: properties.clone() };
        let lost = Manual::Relationship {
            source: "one".into(),
            target: "nobody".into(),
            relation: "feeds".into(),
            properties: properties.clone(),
        };
        Graph::build("p", link("p", &files, &[entity("one"), entity("two"), by_hand, lost]))
    }

    fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
        let checksum = Sha256::digest(&bytes[HEAD..]);
        bytes[HEAD - checksum.len()..HEAD].copy_from_slice(&checksum);
        bytes
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let graph = graph();
        let Linked { nodes, edges, notes } = &graph.linked;
        assert!(nodes.iter().any(|n| !n.foreign_keys.is_empty()) && nodes.iter().any(|n| n.comment.is_some()));
        assert!(nodes.iter().any(|n| !n.properties.is_empty()) && nodes.iter().any(|n| n.own_urn.is_some()));
        assert!(edges.iter().any(|e| e.transformation.is_some()) && edges.iter().any(|e| e.properties.text().is_some()));
        assert!(edges.iter().any(|e| e.evidence.len() > 1) && !notes.is_empty());
        let bytes = write(&graph, &[7; 32]);
        assert_eq!(key(&bytes), Ok([7; 32]));
        let again = read("p", &bytes).unwrap();
        assert_eq!(again.linked, graph.linked);
        assert_eq!((&again.outgoing, &again.incoming), (&graph.outgoing, &graph.incoming));
        assert_eq!((&again.spellings, &again.kinds, &again.project), (&graph.spellings, &graph.kinds, &graph.project));
        assert_eq!(write(&again, &[7; 32]), bytes);
        assert_eq!(read("q", &bytes).unwrap_err(), Refused::Damaged);
    }

    #[test]
    fn what_was_shared_is_shared_again() {
        let graph = graph();
        let again = read("p", &write(&graph, &[0; 32])).unwrap();
        let pairs = |graph: &Graph| {
            let shared =
                |a: &Node, b: &Node| (Arc::ptr_eq(&a.stem, &b.stem), Arc::ptr_eq(&a.column, &b.column), Arc::ptr_eq(&a.rest, &b.rest));
            let nodes: Vec<_> = graph.linked.nodes.iter().flat_map(|a| graph.linked.nodes.iter().map(|b| shared(a, b))).collect();
            let edges = graph.linked.edges.iter().flat_map(|a| graph.linked.edges.iter().map(|b| Arc::ptr_eq(&a.detail, &b.detail)));
            (nodes, edges.collect::<Vec<_>>())
        };
        assert_eq!(pairs(&again), pairs(&graph));
    }

    #[test]
    fn what_is_cut_anywhere_is_refused() {
        let bytes = write(&graph(), &[7; 32]);
        for length in 0..bytes.len() {
            assert!(read("p", &bytes[..length]).is_err(), "{length} of {}", bytes.len());
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(read("p", &longer).unwrap_err(), Refused::Damaged);
        assert_eq!(read("p", &with_checksum(longer)).unwrap_err(), Refused::Damaged);
    }

    #[test]
    fn what_is_changed_anywhere_is_refused_or_of_another_key() {
        let bytes = write(&graph(), &[7; 32]);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x40;
            let said = match at {
                0..8 => Some(Refused::Unknown),
                8..40 => None,
                _ => Some(Refused::Damaged),
            };
            assert_eq!(read("p", &changed).err(), said, "{at}");
            assert_eq!(key(&changed) == Ok([7; 32]), at >= 40);
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let bytes = write(&graph(), &[7; 32]);
        // A step that shares nothing with the widths of fields meets each of their bytes.
        for at in (HEAD..bytes.len()).step_by(7) {
            assert!(read("p", &with_checksum(bytes[..at].to_vec())).is_err());
            for change in [0x01, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                drop(read("p", &with_checksum(changed)));
            }
        }
    }

    #[test]
    fn numbers_of_kinds_relations_and_subtypes_are_their_places_in_the_lists() {
        assert!((0..).zip(Kind::ALL).all(|(at, kind)| kind as usize == at));
        assert!((0..).zip(Relation::ALL).all(|(at, relation)| relation as usize == at));
        assert!((0..).zip(Subtype::ALL).all(|(at, subtype)| subtype as usize == at));
    }
}
