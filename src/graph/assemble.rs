//! The last step of linking: what was stated becomes sorted nodes and merged edges.

use super::column::{Columns, Found, MAX_STAR_COLUMNS};
use super::identity::{Ident, Identities, Identity};
use super::link::{FileFacts, Manual, Note};
use super::{Detail as Carried, Edge, Evidence, Linked, Node, NodeIx, Rest};
use crate::id;
use crate::lineage::{Asset, ForeignKey, Kind, Name, Relation, Subtypes};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// An end of something stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    File(u32),
    Asset(Ident),
    Column(u32),
}

/// What an edge carries beside its place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Detail<'a> {
    None,
    Expression(&'a str),
    ForeignKey(&'a ForeignKey),
}

/// A relation as one place states it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stated<'a> {
    pub from: End,
    pub to: End,
    pub relation: Relation,
    pub subtypes: Subtypes,
    pub confidence: f32,
    pub file: u32,
    pub lines: (u32, u32),
    pub detail: Detail<'a>,
}

impl Stated<'_> {
    pub(super) fn new(from: End, to: End, relation: Relation, file: u32, lines: (u32, u32)) -> Self {
        Stated { from, to, relation, subtypes: Subtypes::NONE, confidence: 1.0, file, lines, detail: Detail::None }
    }
}

/// Files of one project with shared ids, for evidence.
struct Places<'a, 'n> {
    files: &'n [FileFacts<'a>],
    ids: Vec<Arc<str>>,
}

impl Places<'_, '_> {
    fn evidence(&self, file: u32, lines: (u32, u32)) -> Evidence {
        Evidence { file_id: self.ids[file as usize].clone(), line: lines.0, line_end: lines.1.max(lines.0) }
    }
}

pub(super) fn assemble(
    project: &str,
    files: &[FileFacts<'_>],
    names: &Identities,
    columns: Columns<'_, '_>,
    mut stated: Vec<Stated<'_>>,
    manual: &[Manual],
) -> Linked {
    let places = Places { files, ids: files.iter().map(|f| Arc::from(f.file_id)).collect() };
    let mut notes = notes(names, &places);
    if columns.cut {
        let message = format!("`*` stands for more than {MAX_STAR_COLUMNS} columns in this project; some stars are kept at table level");
        notes.push(Note { name: "*".to_owned(), message, file_id: String::new(), line: 0 });
    }

    let mut drafts = file_nodes(project, files);
    drafts.extend(names.list.iter().map(|identity| asset_node(project, identity, &places)));
    let first_column = drafts.len();
    for found in &columns.list {
        let relation = &drafts[files.len() + found.relation as usize];
        let node = column_node(project, relation, &names.list[found.relation as usize], found, &places);
        drafts.push(node);
    }
    drop(columns);
    drafts.extend(manual.iter().filter_map(|m| manual_node(project, m)));
    let (nodes, place) = sort_nodes(drafts);

    let ix = |end: End| match end {
        End::File(file) => place[file as usize],
        End::Asset(ident) => place[files.len() + ident as usize],
        End::Column(column) => place[first_column + column as usize],
    };
    stated.sort_by_cached_key(|s| (ix(s.from), ix(s.to), s.relation, s.file, s.lines));
    let mut edges: Vec<Edge> = Vec::new();
    for s in &stated {
        let (from, to) = (ix(s.from), ix(s.to));
        match edges.last_mut() {
            Some(edge) if (edge.from, edge.to, edge.relation) == (from, to, s.relation) => merge(edge, s, &places),
            _ => {
                let (subtypes, confidence, detail) = (Subtypes::NONE, 0.0, Arc::default());
                let mut edge = Edge { from, to, relation: s.relation, subtypes, confidence, detail };
                merge(&mut edge, s, &places);
                edges.push(edge);
            }
        }
    }
    drop(stated);
    for edge in &mut edges {
        let detail = Arc::make_mut(&mut edge.detail);
        detail.evidence.sort_unstable();
        detail.evidence.dedup();
        detail.evidence.shrink_to_fit();
    }
    let nodes: Vec<Arc<Node>> = nodes.into_iter().map(Arc::new).collect();
    relate_by_hand(project, &nodes, &mut edges, manual, &mut notes);
    notes.sort_by(|a, b| (&a.name, &a.file_id, a.line, &a.message).cmp(&(&b.name, &b.file_id, b.line, &b.message)));
    notes.dedup();
    Linked { nodes, edges, notes }
}

fn merge(edge: &mut Edge, s: &Stated<'_>, places: &Places<'_, '_>) {
    edge.confidence = edge.confidence.max(s.confidence.clamp(0.0, 1.0));
    edge.subtypes.extend(s.subtypes);
    let edge: &mut Carried = Arc::make_mut(&mut edge.detail);
    edge.evidence.push(places.evidence(s.file, s.lines));
    match s.detail {
        Detail::None => {}
        Detail::Expression(text) => {
            edge.transformation.get_or_insert_with(|| text.to_owned());
        }
        Detail::ForeignKey(key) => {
            let key = json!({"columns": key.columns, "referenced_columns": key.referenced_columns});
            let keys = edge.properties.entry("foreign_keys").or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(keys) = keys
                && !keys.contains(&key)
            {
                keys.push(key);
            }
        }
    }
}

fn notes(names: &Identities, places: &Places<'_, '_>) -> Vec<Note> {
    let note = |name: String, message: String, (file, line): (u32, u32)| {
        let file_id = places.files[file as usize].file_id.to_owned();
        Note { name, message, file_id, line }
    };
    let ambiguous = names.ambiguities.iter().map(|a| {
        let shown = a.meanings.join(", ");
        let more = if a.count > a.meanings.len() { ", …" } else { "" };
        let message = format!("`{}` could mean any of {} definitions ({shown}{more}); qualify it", a.name, a.count);
        note(a.name.clone(), message, (a.file, a.line))
    });
    let undefined = names.list.iter().filter(|i| i.definitions.is_empty()).map(|i| {
        let name = i.name.to_string();
        let message = format!("`{name}` is mentioned here and defined nowhere in the project");
        note(name, message, i.mentioned)
    });
    ambiguous.chain(undefined).collect()
}

fn node(urn: String, kind: Kind, name: String) -> Node {
    Node::bare(urn, kind, name)
}

/// A file's key is its path, with the repository in front only when several repositories hold that path.
fn file_nodes(project: &str, files: &[FileFacts<'_>]) -> Vec<Node> {
    let mut holders: HashMap<&str, usize> = HashMap::new();
    for file in files {
        *holders.entry(file.path).or_default() += 1;
    }
    let key = |f: &FileFacts<'_>| if holders[f.path] == 1 { f.path.to_owned() } else { format!("{}/{}", f.repository_id, f.path) };
    let ids = files.iter().map(|f| Arc::from(f.file_id));
    files
        .iter()
        .zip(ids)
        .map(|(f, file_id)| Node {
            defined: vec![Evidence { file_id, line: 1, line_end: last_line(f) }],
            ..node(id::urn(project, Kind::File, &key(f)), Kind::File, f.path.to_owned())
        })
        .collect()
}

/// The last line that anything in the file is stated on.
fn last_line(file: &FileFacts<'_>) -> u32 {
    let spans = file.facts.assets.iter().map(|a| a.span).chain(file.facts.statements.iter().map(|s| s.span));
    spans.map(|s| s.line_end).max().unwrap_or(1).max(1)
}

fn asset_node(project: &str, identity: &Identity, places: &Places<'_, '_>) -> Node {
    let asset = |(file, ix): &(u32, u32)| -> &Asset { &places.files[*file as usize].facts.assets[*ix as usize] };
    let definitions = || identity.definitions.iter().map(asset);
    let kind = definitions().next().map_or(Kind::External, |a| a.kind);
    let mut defined: Vec<Evidence> =
        identity.definitions.iter().map(|d| places.evidence(d.0, (asset(d).span.line, asset(d).span.line_end))).collect();
    // A key that an `ALTER` of another file adds comes after the definition that it adds to.
    let decides = defined.first().cloned();
    defined.sort_by_cached_key(|e| (decides.as_ref() != Some(e), e.clone()));
    defined.dedup();
    let mut seen = HashSet::new();
    let fold = |names: &[String]| names.iter().map(|n| n.to_lowercase()).collect::<Vec<_>>();
    let keys = definitions().flat_map(|a| &a.foreign_keys);
    let rest = Rest {
        foreign_keys: keys.filter(|k| seen.insert((fold(&k.columns), k.references.key(), fold(&k.referenced_columns)))).cloned().collect(),
        signature: definitions().map(|a| &a.signature).find(|s| !s.is_empty()).cloned().unwrap_or_default(),
        comment: definitions().find_map(|a| a.comment.clone()),
        properties: Map::new(),
    };
    Node { defined, rest: Arc::new(rest), ..node(id::urn(project, kind, &key(&identity.name)), kind, identity.name.to_string()) }
}

fn column_node(project: &str, relation: &Node, identity: &Identity, found: &Found, places: &Places<'_, '_>) -> Node {
    let name = &found.column.name;
    let mut defined: Vec<Evidence> = found.defined.iter().map(|(file, a, b)| places.evidence(*file, (*a, *b))).collect();
    defined.sort_unstable();
    Node {
        defined,
        column: Arc::new(found.column.clone()),
        ordinal: found.ordinal,
        ..node(
            id::urn(project, Kind::Column, &format!("{}.{}", key(&identity.name), key_part(name))),
            Kind::Column,
            format!("{}.{name}", relation.name),
        )
    }
}

/// The folded name; dots within quoted parts are escaped, so that `"a.b".c` and `a."b.c"` stay two.
fn key(name: &Name) -> String {
    name.0.iter().map(|p| key_part(p)).collect::<Vec<_>>().join(".")
}

fn key_part(part: &str) -> String {
    part.to_lowercase().replace('.', "%2e")
}

/// The URN of what a client calls `id`.
fn manual_urn(project: &str, kind: Kind, id: &str) -> String {
    if id.starts_with("urn:") { id.to_owned() } else { id::urn(project, kind, id) }
}

fn manual_node(project: &str, manual: &Manual) -> Option<Node> {
    let Manual::Entity { id, entity_type, name, properties } = manual else { return None };
    let kind = Kind::parse(entity_type);
    let mut properties = properties.clone();
    if kind.is_none() {
        properties.insert("entity_type".to_owned(), Value::String(entity_type.clone()));
    }
    let kind = kind.unwrap_or(Kind::External);
    let name = if name.is_empty() { id } else { name };
    Some(Node { rest: Arc::new(Rest { properties, ..Rest::default() }), ..node(manual_urn(project, kind, id), kind, name.clone()) })
}

/// Sorts by URN and makes nodes of one URN one; gives the new index of each old one.
fn sort_nodes(drafts: Vec<Node>) -> (Vec<Node>, Vec<NodeIx>) {
    let mut order: Vec<u32> = (0..drafts.len() as u32).collect();
    order.sort_by(|a, b| drafts[*a as usize].urn.cmp(&drafts[*b as usize].urn));
    let mut drafts: Vec<Option<Node>> = drafts.into_iter().map(Some).collect();
    let mut place = vec![0; drafts.len()];
    let mut nodes: Vec<Node> = Vec::with_capacity(drafts.len());
    for old in order {
        let Some(draft) = drafts[old as usize].take() else { continue };
        match nodes.last_mut() {
            Some(last) if last.urn == draft.urn => {
                Arc::make_mut(&mut last.rest).properties.extend(draft.properties.clone());
                last.defined.extend(draft.defined);
                last.defined.sort_unstable();
                last.defined.dedup();
            }
            _ => nodes.push(draft),
        }
        place[old as usize] = nodes.len() as u32 - 1;
    }
    (nodes, place)
}

fn relate_by_hand(project: &str, nodes: &[Arc<Node>], edges: &mut Vec<Edge>, manual: &[Manual], notes: &mut Vec<Note>) {
    let by_urn = |urn: &str| nodes.binary_search_by(|n| (*n.urn).cmp(urn)).ok().map(|ix| ix as NodeIx);
    let mut by_id: HashMap<&str, NodeIx> = HashMap::new();
    for m in manual {
        if let Manual::Entity { id, entity_type, .. } = m {
            let kind = Kind::parse(entity_type).unwrap_or(Kind::External);
            by_id.extend(by_urn(&manual_urn(project, kind, id)).map(|ix| (id.as_str(), ix)));
        }
    }
    let mut at: HashMap<(NodeIx, NodeIx, Relation), usize> = HashMap::new();
    if manual.iter().any(|m| matches!(m, Manual::Relationship { .. })) {
        at = edges.iter().enumerate().map(|(ix, e)| ((e.from, e.to, e.relation), ix)).collect();
    }
    for m in manual {
        let Manual::Relationship { source, target, relation, properties } = m else { continue };
        let end = |id: &str| by_id.get(id).copied().or_else(|| by_urn(id));
        let (Some(from), Some(to)) = (end(source), end(target)) else {
            let missing = if end(source).is_none() { source } else { target };
            let message = format!("a relationship made by hand ends at `{missing}`, which is not there any more");
            notes.push(Note { name: missing.clone(), message, file_id: String::new(), line: 0 });
            continue;
        };
        let mut properties = properties.clone();
        if Relation::parse(relation).is_none() {
            properties.insert("relationship_type".to_owned(), Value::String(relation.clone()));
        }
        let relation = Relation::parse(relation).unwrap_or(Relation::Derives);
        let ix = *at.entry((from, to, relation)).or_insert(edges.len());
        if ix == edges.len() {
            edges.push(Edge { from, to, relation, subtypes: Subtypes::NONE, confidence: 1.0, detail: Arc::default() });
        }
        Arc::make_mut(&mut edges[ix].detail).properties.extend(properties);
    }
    edges.sort_by_key(|e| (e.from, e.to, e.relation));
}
