//! The last step of linking: what asks for a node gets one, and what files state becomes merged edges.

use super::column::Columns;
use super::file::{File, Files, Slot};
use super::identity::{Identities, Identity};
use super::link::Manual;
use super::names::Names;
use super::vertex::{Moves, Owner, Vertex, Vertices};
use super::{DOT, Detail, Edge, Evidence, Graph, Node, NodeIx, Rest};
use crate::id;
use crate::lineage::{Asset, Column, Facts, Kind, Name, Relation, Subtypes};
use foldhash::{HashMap, HashSet};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A file's key is its path, with the repository in front when several repositories hold that path.
pub(super) fn file_node(project: &str, file: &File, facts: &Facts, shared: bool) -> Node {
    let key = if shared { format!("{}/{}", file.repository, file.path) } else { file.path.to_string() };
    let spans = facts.assets.iter().map(|a| a.span).chain(facts.statements.iter().map(|s| s.span));
    // The last line that anything in the file is stated on.
    let line_end = spans.map(|s| s.line_end).max().unwrap_or(1).max(1);
    let defined = vec![Evidence { file_id: file.id.clone(), line: 1, line_end }];
    Node::bare(Kind::File, file.path.clone()).defined(defined).keyed(project, &key)
}

/// `comment` is what another file says of it.
pub(super) fn asset_node(project: &str, identity: &Identity, names: &Names, files: &Files, comment: Option<&str>) -> Node {
    let asset = |(slot, ix): &(Slot, u32)| files[*slot].facts.head(*ix).0;
    let definitions: Vec<Asset> = identity.definitions.iter().map(asset).collect();
    let kind = definitions.first().map_or(Kind::External, |a| a.kind);
    let place = |((slot, _), Asset { span, .. }): (&(Slot, u32), &Asset)| Evidence {
        file_id: files[*slot].id.clone(),
        line: span.line,
        line_end: span.line_end.max(span.line),
    };
    let mut defined: Vec<Evidence> = identity.definitions.iter().zip(&definitions).map(place).collect();
    // A key that an `ALTER` of another file adds comes after the definition that it adds to.
    let decides = defined.first().cloned();
    defined.sort_by_cached_key(|e| (decides.as_ref() != Some(e), files.place(e)));
    defined.dedup();
    let mut seen = HashSet::default();
    let fold = |names: &[String]| names.iter().map(|n| n.to_lowercase()).collect::<Vec<_>>();
    let keys = definitions.iter().flat_map(|a| &a.foreign_keys);
    let rest = Rest {
        foreign_keys: keys.filter(|k| seen.insert((fold(&k.columns), k.references.key(), fold(&k.referenced_columns)))).cloned().collect(),
        signature: definitions.iter().map(|a| &a.signature).find(|s| !s.is_empty()).cloned().unwrap_or_default(),
        comment: comment.map(str::to_owned).or_else(|| definitions.iter().find_map(|a| a.comment.clone())),
        ..Rest::default()
    };
    let name = names.name(identity.name);
    Node::bare(kind, name.to_string()).defined(defined).with(rest).keyed(project, &key(name))
}

/// What something mentions and nothing defines.
pub(super) fn external_node(project: &str, name: &Name) -> Node {
    Node::bare(Kind::External, name.to_string()).keyed(project, &key(name))
}

/// `spelled` is the text of the relation's name.
pub(super) fn column_node(
    project: &str,
    (relation, spelled): (&Name, Arc<str>),
    column: Arc<Column>,
    ordinal: u32,
    defined: Vec<Evidence>,
) -> Node {
    let mut key = key(relation);
    key.push('.');
    push_part(&column.name, &mut key);
    Node::column(spelled, column, ordinal, defined.into()).keyed(project, &key)
}

/// The folded name; dots within quoted parts are escaped, so that `"a.b".c` and `a."b.c"` stay two.
fn key(name: &Name) -> String {
    let mut key = String::new();
    for (at, part) in name.0.iter().enumerate() {
        key.push_str(if at == 0 { "" } else { "." });
        push_part(part, &mut key);
    }
    key
}

fn push_part(part: &str, key: &mut String) {
    if part.bytes().all(|b| b.is_ascii() && b != b'.') {
        let start = key.len();
        key.push_str(part);
        key[start..].make_ascii_lowercase();
    } else {
        key.push_str(&part.to_lowercase().replace('.', DOT));
    }
}

/// The URN of what a client calls `id`.
fn manual_urn(project: &str, kind: Kind, id: &str) -> String {
    if id.starts_with("urn:") { id.to_owned() } else { id::urn(project, kind, id) }
}

/// The node that one made by hand asks for.
pub(super) fn manual_node(project: &str, manual: &Manual) -> Option<Node> {
    let Manual::Entity { id, entity_type, name, properties } = manual else { return None };
    let kind = Kind::parse(entity_type);
    let mut properties = properties.clone();
    if kind.is_none() {
        properties.insert("entity_type".to_owned(), Value::String(entity_type.clone()));
    }
    let kind = kind.unwrap_or(Kind::External);
    let name = if name.is_empty() { id } else { name };
    let bare = Node::bare(kind, name.as_str()).with(Rest { properties, ..Rest::default() });
    Some(bare.at(project, &manual_urn(project, kind, id)))
}

/// What an edge is, whoever states it.
pub(super) type Key = (Vertex, Vertex, Relation);

pub(super) fn key_of(edge: &Edge) -> Key {
    (edge.from, edge.to, edge.relation)
}

/// Relations made by hand: what each carries, and which names end nowhere.
#[derive(Debug, Default)]
pub(super) struct ByHand {
    pub edges: HashMap<Key, Map<String, Value>>,
    pub loose: Vec<String>,
}

/// Finds the ends of the relations made by hand.
pub(super) fn relate_by_hand(project: &str, vertices: &Vertices, manual: &[Manual]) -> ByHand {
    let mut by_id: HashMap<&str, Vertex> = HashMap::default();
    for m in manual {
        if let Manual::Entity { id, entity_type, .. } = m {
            let kind = Kind::parse(entity_type).unwrap_or(Kind::External);
            by_id.extend(vertices.alive(&manual_urn(project, kind, id)).map(|vertex| (id.as_str(), vertex)));
        }
    }
    let mut found = ByHand::default();
    for m in manual {
        let Manual::Relationship { source, target, relation, properties } = m else { continue };
        let end = |id: &str| by_id.get(id).copied().or_else(|| vertices.alive(id));
        let (Some(from), Some(to)) = (end(source), end(target)) else {
            found.loose.push(if end(source).is_none() { source } else { target }.clone());
            continue;
        };
        let carried = found.edges.entry((from, to, Relation::parse(relation).unwrap_or(Relation::Derives))).or_default();
        carried.extend(properties.clone());
        if Relation::parse(relation).is_none() {
            carried.insert("relationship_type".to_owned(), Value::String(relation.clone()));
        }
    }
    found
}

/// One side of a difference: an edge that a file states, or stated before (`None`) and does not now.
pub(super) type Restated = (Key, Slot, Option<u32>);

/// Where the edges of `file` differ from those that it stated before.
pub(super) fn difference(slot: Slot, before: &[Edge], now: &[Edge], out: &mut Vec<Restated>) {
    let (mut old, mut new) = (before.iter().peekable(), (0..).zip(now).peekable());
    loop {
        let (was, is) = (old.peek().map(|e| key_of(e)), new.peek().map(|(_, e)| key_of(e)));
        match (was, is) {
            (None, None) => return,
            (Some(was), is) if is.is_none_or(|is| was < is) => {
                out.push((was, slot, None));
                old.next();
            }
            (was, Some(is)) if was.is_none_or(|was| is < was) => {
                out.extend(new.next().map(|(at, _)| (is, slot, Some(at))));
            }
            _ => {
                if let (Some(was), Some((at, is))) = (old.next(), new.next())
                    && was != is
                {
                    out.push((key_of(is), slot, Some(at)));
                }
            }
        }
    }
}

/// What merging edges reads.
pub(super) struct Sources<'s> {
    pub graph: &'s Graph,
    pub files: &'s Files,
    pub identities: &'s Identities,
    pub columns: &'s Columns,
    pub vertices: &'s Vertices,
    pub by_hand: &'s ByHand,
}

impl Sources<'_> {
    /// The index of an edge in the graph before.
    fn before(&self, (from, to, relation): Key) -> Option<usize> {
        let (from, to) = (self.vertices.place(from)?, self.vertices.place(to)?);
        let (start, end) = self.graph.outgoing.range(from)?;
        let at = self.graph.linked.edges[start..end].binary_search_by_key(&(to, relation), |e| (e.to, e.relation)).ok()?;
        Some(start + at)
    }

    /// The edge as all that state it say; `restated` are the differences of this one.
    fn now(&self, key: Key, before: Option<usize>, restated: &[Restated]) -> Option<Edge> {
        let mut stated: Vec<(Slot, &Edge)> =
            restated.iter().filter_map(|(_, slot, at)| at.map(|at| (*slot, &self.files[*slot].edges[at as usize]))).collect();
        let mut last = None;
        for evidence in before.iter().flat_map(|at| &self.graph.linked.edges[*at].evidence) {
            let Some(slot) = self.files.slot(&evidence.file_id).filter(|slot| last != Some(*slot)) else { continue };
            last = Some(slot);
            if restated.iter().all(|(_, other, _)| *other != slot) {
                let edges = &self.files[slot].edges;
                stated.extend(edges.binary_search_by_key(&key, key_of).ok().map(|at| (slot, &edges[at])));
            }
        }
        let first_use = if key.2 == Relation::ColumnOf { self.first_use(key.0, key.1) } else { None };
        let by_hand = self.by_hand.edges.get(&key);
        if let ([(_, only)], None, None) = (&stated[..], &first_use, by_hand) {
            return Some((*only).clone());
        }
        if stated.is_empty() && first_use.is_none() && by_hand.is_none() {
            return None;
        }
        stated.sort_unstable_by_key(|(slot, _)| self.files[*slot].rank);
        let (mut subtypes, mut confidence) = (Subtypes::NONE, 0.0f32);
        let (mut transformation, mut evidence, mut properties) = (None, Vec::new(), Map::new());
        for (_, edge) in stated {
            subtypes.extend(edge.subtypes);
            confidence = confidence.max(edge.confidence);
            transformation = transformation.or_else(|| edge.transformation.clone());
            evidence.extend(edge.evidence.iter().cloned());
            merge_keys(&mut properties, &edge.properties.map());
        }
        if first_use.is_some() || evidence.is_empty() {
            confidence = 1.0;
        }
        evidence.extend(first_use);
        // By id it would be random which of two files is cited.
        evidence.sort_by_cached_key(|e| self.files.place(e));
        evidence.dedup();
        properties.extend(by_hand.cloned().unwrap_or_default());
        let detail = Detail { transformation, evidence: evidence.into(), properties: properties.into() };
        Some(Edge { from: key.0, to: key.1, relation: key.2, subtypes, confidence, detail: Arc::new(detail) })
    }

    /// Where the column `from` of the relation `to` is used first, if nothing declares it.
    fn first_use(&self, from: Vertex, to: Vertex) -> Option<Evidence> {
        self.vertices.owners(from).into_iter().find_map(|owner| match owner {
            Owner::Column(ident) if self.identities.list[ident as usize].vertex == to => {
                self.columns.first_use(ident, from, self.vertices, self.files)
            }
            _ => None,
        })
    }

    /// The edges that differ from those of the graph before: which of these are gone, ascending, and what comes for them.
    pub(super) fn changes(&self, mut restated: Vec<Restated>) -> (Vec<u32>, Vec<Edge>) {
        restated.sort_unstable();
        let (mut gone, mut new) = (Vec::new(), Vec::new());
        for group in restated.chunk_by(|a, b| a.0 == b.0) {
            let key = group[0].0;
            let before = self.before(key);
            let now = self.now(key, before, group);
            let same = |at: usize, now: &Edge| {
                let old = &self.graph.linked.edges[at];
                (old.subtypes, old.confidence, &old.detail) == (now.subtypes, now.confidence, &now.detail)
            };
            if let (Some(at), Some(now)) = (before, &now)
                && same(at, now)
            {
                continue;
            }
            gone.extend(before.map(|at| at as u32));
            new.extend(now);
        }
        gone.sort_unstable();
        (gone, new)
    }
}

/// Adds the keys in `more` that are not there yet.
fn merge_keys(properties: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (name, values) in more {
        let known = properties.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
        if let (Value::Array(known), Value::Array(values)) = (known, values) {
            values.iter().for_each(|v| {
                if !known.contains(v) {
                    known.push(v.clone());
                }
            });
        }
    }
}

/// The edges of the graph now: those of before that are not `gone`, with their ends where they are now, and the `new` ones, whose
/// ends are vertices yet.
pub(super) fn merge_edges(before: &[Edge], gone: &[u32], mut new: Vec<Edge>, moves: &Moves, vertices: &Vertices) -> Vec<Edge> {
    let place = |vertex| vertices.place(vertex).unwrap_or_default();
    for edge in &mut new {
        (edge.from, edge.to) = (place(edge.from), place(edge.to));
    }
    let order = |e: &Edge| (u64::from(e.from) << 32 | u64::from(e.to), e.relation);
    new.sort_unstable_by_key(order);
    if before.is_empty() {
        new.shrink_to_fit();
        return new;
    }
    let mut edges = Vec::with_capacity(before.len() + new.len() - gone.len());
    let (mut new, mut gone) = (new.into_iter().peekable(), gone.iter().copied().peekable());
    let mut next = new.peek().map(order);
    for (at, old) in (0..).zip(before) {
        if gone.next_if_eq(&at).is_some() {
            continue;
        }
        let (from, to): (NodeIx, NodeIx) = (moves.of(old.from), moves.of(old.to));
        debug_assert!(from != Moves::GONE && to != Moves::GONE, "an edge goes before its ends");
        let edge = Edge { from, to, ..old.clone() };
        while next.is_some_and(|n| n < order(&edge)) {
            edges.extend(new.next());
            next = new.peek().map(order);
        }
        edges.push(edge);
    }
    edges.extend(new);
    edges
}
