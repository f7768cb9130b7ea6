//! Nodes and edges as JSON: the one place where the graph's own types become what clients see (contract §4), and the slimmer form that
//! chat answers carry (§2).

use crate::chat::builtin::best_line;
use crate::chat::evidence::text_of;
use crate::graph::{self, EdgeIx, Evidence, Graph, NodeIx, edge_urn};
use crate::ingest::Snapshot;
use crate::ingest::knowledge::FileInfo;
use crate::lineage::{Flow, Kind, Relation, Subtypes};
pub use ahead::{look_at_edges, look_at_nodes};
pub use chat::{ChatEdge, ChatNode, ChatNodeData, GraphData, graph_data};
use foldhash::HashMap;
pub use metadata::Metadata;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::ops::Range;

mod ahead;
mod chat;
mod metadata;

/// A node to be written: it is looked up in its snapshot when that is done, so that a list of thousands is short.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    snapshot: &'a Snapshot,
    ix: NodeIx,
    urn: Option<&'a str>,
    score: Option<f32>,
    snippet: Option<Snippet>,
    depth: Option<u32>,
}

/// A node as clients see it; its text is that of its snapshot.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Node")]
pub struct NodeFields<'a> {
    /// The URN.
    pub id: &'a str,
    /// The URN.
    pub urn: &'a str,
    /// Last part of the name.
    pub label: &'a str,
    /// Qualified name.
    pub name: Cow<'a, str>,
    /// `table`, `view`, `column`, …; free text for nodes made by hand.
    pub r#type: &'a str,
    /// The same as `type`.
    pub entity_type: &'a str,
    /// Project.
    pub project_id: &'a str,
    /// Repository of the file that defines it; null when nothing does.
    pub repository_id: Option<&'a str>,
    /// File that defines it; null when nothing does.
    pub file_id: Option<&'a str>,
    /// Path of that file.
    pub file_path: Option<&'a str>,
    /// 1-based line of the definition.
    pub line: Option<u32>,
    /// What else is known: data type, nullability and keys of columns, foreign keys, signature, comment, coverage of the file, further
    /// definitions, and the properties of nodes made by hand.
    #[schemars(with = "Map<String, Value>")]
    pub metadata: Metadata<'a>,
    /// How well it fits, in answers of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Of its definition the line that fits best, in answers of a search by what is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<&'a Snippet>,
    /// Hops from the start, in answers of a walk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Snippet {
    /// 1-based.
    pub line: u32,
    /// Its beginning, at most two hundred characters, without the blanks around it.
    pub text: String,
}

/// An edge to be written; it points from the consumer to its source.
#[derive(Clone, Debug)]
pub struct Edge<'a> {
    snapshot: &'a Snapshot,
    ix: EdgeIx,
    ends: Option<(&'a str, &'a str)>,
    score: Option<f32>,
}

/// An edge as clients see it: it points from the consumer to its source. Its text is that of its snapshot.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Edge")]
pub struct EdgeFields<'a> {
    /// The edge's URN.
    pub id: String,
    /// The consumer.
    pub source: &'a str,
    /// What it consumes.
    pub target: &'a str,
    /// `DERIVES`, `READS`, …; free text for edges made by hand.
    pub r#type: &'a str,
    /// The same as `type`.
    pub relationship: &'a str,
    /// 0 to 1.
    pub confidence: f32,
    /// File that states it; null for edges made by hand.
    pub file_id: Option<&'a str>,
    /// 1-based line.
    pub line: Option<u32>,
    /// The expression that computes a column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transformation: Option<&'a str>,
    /// What else is known: `flow` of column edges and their `subtypes` after OpenLineage's names, in how many places it is stated, properties of edges made by hand.
    #[schemars(with = "Map<String, Value>")]
    pub metadata: Metadata<'a>,
    /// How well it fits, in answers of a search: as well as the end that fits less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
}

/// The URNs of some nodes, each made once, side by side.
pub struct Urns {
    text: String,
    of: HashMap<NodeIx, Range<usize>>,
}

impl Urns {
    /// Those of `nodes`.
    pub fn of(graph: &Graph, nodes: impl ExactSizeIterator<Item = NodeIx>) -> Urns {
        let mut text = String::with_capacity(nodes.len() * 64);
        let mut made = |ix: NodeIx| {
            let begin = text.len();
            graph.push_urn(ix, &mut text);
            (ix, begin..text.len())
        };
        let of = nodes.map(&mut made).collect();
        Urns { text, of }
    }

    /// That of one of them.
    ///
    /// # Panics
    /// For any other node.
    pub fn get(&self, ix: NodeIx) -> &str {
        &self.text[self.of[&ix].clone()]
    }
}

/// The type a node is listed under: what was said by hand, or what it is.
pub fn entity_type(snapshot: &Snapshot, ix: NodeIx) -> &str {
    let node = snapshot.graph.node(ix);
    node.properties.get("entity_type").and_then(Value::as_str).unwrap_or(node.kind.as_str())
}

/// The relationship an edge is listed under: what was said by hand, or what it is.
pub fn relationship(snapshot: &Snapshot, ix: EdgeIx) -> Cow<'static, str> {
    let edge = snapshot.graph.edge(ix);
    listed_under(edge.relation, &edge.properties.map())
}

fn listed_under(relation: Relation, properties: &Map<String, Value>) -> Cow<'static, str> {
    let by_hand = properties.get("relationship_type").and_then(Value::as_str);
    by_hand.map_or(Cow::Borrowed(relation.as_str()), |text| Cow::Owned(text.to_owned()))
}

/// The file of an evidence.
pub fn file<'a>(snapshot: &'a Snapshot, evidence: &Evidence) -> Option<&'a FileInfo> {
    snapshot.files.get(&*evidence.file_id).map(|file| &**file)
}

/// A node as JSON.
pub fn node(snapshot: &Snapshot, ix: NodeIx) -> Node<'_> {
    Node { snapshot, ix, urn: None, score: None, snippet: None, depth: None }
}

/// The same of a node whose URN is at hand.
pub fn node_of<'a>(snapshot: &'a Snapshot, ix: NodeIx, urn: &'a str) -> Node<'a> {
    Node { urn: Some(urn), ..node(snapshot, ix) }
}

impl<'a> Node<'a> {
    /// So many hops from the start of a walk.
    pub fn at(self, depth: u32) -> Node<'a> {
        Node { depth: Some(depth), ..self }
    }

    /// That fits a search so well.
    pub fn scored(self, score: f32) -> Node<'a> {
        Node { score: Some(score), ..self }
    }

    /// With the line that fits best.
    pub fn shown_by(self, snippet: Option<Snippet>) -> Node<'a> {
        Node { snippet, ..self }
    }

    /// Hands on what is said of it.
    pub fn with<T>(&self, to: impl FnOnce(NodeFields<'_>) -> T) -> T {
        let Node { snapshot, ix, .. } = *self;
        let urn = self.urn.map_or_else(|| Cow::Owned(snapshot.graph.urn(ix)), Cow::Borrowed);
        let node = snapshot.graph.node(ix);
        let defined = node.defined.first();
        let from = defined.and_then(|evidence| file(snapshot, evidence));
        let r#type = entity_type(snapshot, ix);
        to(NodeFields {
            id: &urn,
            urn: &urn,
            label: node.label(),
            name: node.name(),
            entity_type: r#type,
            r#type,
            project_id: &snapshot.project,
            repository_id: from.map(|f| f.repository_id.as_str()),
            file_id: defined.map(|evidence| &*evidence.file_id),
            file_path: from.map(|f| f.path.as_str()),
            line: defined.map(|evidence| evidence.line),
            metadata: node_metadata(snapshot, node, from),
            score: self.score,
            snippet: self.snippet.as_ref(),
            depth: self.depth,
        })
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with(|fields| fields.serialize(serializer))
    }
}

impl JsonSchema for Node<'_> {
    fn schema_name() -> Cow<'static, str> {
        NodeFields::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        NodeFields::json_schema(generator)
    }
}

impl<'a> NodeFields<'a> {
    /// What else is known, its place included.
    pub fn properties(self) -> Metadata<'a> {
        let mut all = self.metadata;
        all.put("project_id", self.project_id);
        all.put("file_path", self.file_path);
        all.put("line", self.line);
        all
    }
}

/// Of what defines a node, the line that holds most of the words of `query`. `None` where no file defines it, or its text is not at hand.
pub fn snippet(snapshot: &Snapshot, ix: NodeIx, query: &str) -> Option<Snippet> {
    const MAX_CHARS: usize = 200;
    let node = snapshot.graph.node(ix);
    let defined = node.defined.first().filter(|_| node.kind != Kind::File)?;
    let text = text_of(snapshot, defined)?;
    let at = best_line(&text, query);
    let line = text.lines().nth(at)?;
    Some(Snippet { line: defined.line + at as u32, text: line.trim().chars().take(MAX_CHARS).collect() })
}

fn node_metadata<'a>(snapshot: &Snapshot, node: &'a graph::Node, from: Option<&'a FileInfo>) -> Metadata<'a> {
    let mut out = Metadata::by_hand(Cow::Borrowed(&node.properties));
    if node.kind == Kind::Column {
        out.put("ordinal", node.ordinal);
        out.put("primary_key", node.column.primary_key);
        out.put("unique", node.column.unique);
        if !node.column.data_type.is_empty() {
            out.put("data_type", node.column.data_type.as_str());
        }
        if let Some(nullable) = node.column.nullable {
            out.put("nullable", nullable);
        }
        if let Some(default) = &node.column.default {
            out.put("default", default.as_str());
        }
    }
    if !node.foreign_keys.is_empty() {
        let keys = node.foreign_keys.iter().map(|key| {
            json!({"columns": key.columns, "references": key.references.to_string(), "referenced_columns": key.referenced_columns, "line": key.line})
        });
        out.put("foreign_keys", keys.collect::<Value>());
    }
    if !node.signature.is_empty() {
        out.put("signature", node.signature.as_str());
    }
    if let Some(comment) = node.comment.as_ref().or(node.column.comment.as_ref()) {
        out.put("comment", comment.as_str());
    }
    if let Some(evidence) = node.defined.first() {
        out.put("line_end", evidence.line_end);
    }
    if let Some(from) = from {
        out.put("coverage", from.coverage);
        if !from.dialect.is_empty() {
            out.put("dialect", from.dialect.as_str());
        }
    }
    if node.defined.len() > 1 {
        out.put("definitions", node.defined.iter().map(|evidence| place(snapshot, evidence)).collect::<Value>());
    }
    out
}

/// Where something is stated.
pub fn place(snapshot: &Snapshot, evidence: &Evidence) -> Value {
    let path = file(snapshot, evidence).map(|f| f.path.as_str());
    json!({"file_id": &*evidence.file_id, "file_path": path, "line": evidence.line, "line_end": evidence.line_end})
}

/// An edge as JSON.
pub fn edge(snapshot: &Snapshot, ix: EdgeIx) -> Edge<'_> {
    Edge { snapshot, ix, ends: None, score: None }
}

/// The same of an edge between nodes whose URNs are at hand, the consumer's first.
pub fn edge_of<'a>(snapshot: &'a Snapshot, ix: EdgeIx, ends: (&'a str, &'a str)) -> Edge<'a> {
    Edge { ends: Some(ends), ..edge(snapshot, ix) }
}

impl<'a> Edge<'a> {
    /// That fits a search so well.
    pub fn scored(self, score: f32) -> Edge<'a> {
        Edge { score: Some(score), ..self }
    }

    /// Hands on what is said of it.
    pub fn with<T>(&self, to: impl FnOnce(EdgeFields<'_>) -> T) -> T {
        let graph = &self.snapshot.graph;
        let edge = graph.edge(self.ix);
        let made = self.ends.is_none().then(|| (graph.urn(edge.from), graph.urn(edge.to)));
        let (source, target) = self.ends.or_else(|| made.as_ref().map(|(source, target)| (&**source, &**target))).unwrap_or_default();
        let properties = edge.properties.map();
        let r#type = listed_under(edge.relation, &properties);
        let stated = edge.evidence.first();
        let mut metadata = Metadata::by_hand(Cow::Owned(properties));
        if graph.kind(edge.from) == Kind::Column && graph.kind(edge.to) == Kind::Column {
            metadata.put("flow", if edge.subtypes.flow() == Flow::Direct { "direct" } else { "indirect" });
        }
        if edge.subtypes != Subtypes::NONE {
            metadata.put("subtypes", edge.subtypes);
        }
        metadata.put("evidence_count", edge.evidence.len());
        to(EdgeFields {
            id: edge_urn(&graph.project, source, target, edge.relation.as_str()),
            source,
            target,
            r#type: &r#type,
            relationship: &r#type,
            confidence: edge.confidence,
            file_id: stated.map(|evidence| &*evidence.file_id),
            line: stated.map(|evidence| evidence.line),
            transformation: edge.transformation.as_deref(),
            metadata,
            score: self.score,
        })
    }
}

impl Serialize for Edge<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with(|fields| fields.serialize(serializer))
    }
}

impl JsonSchema for Edge<'_> {
    fn schema_name() -> Cow<'static, str> {
        EdgeFields::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        EdgeFields::json_schema(generator)
    }
}
