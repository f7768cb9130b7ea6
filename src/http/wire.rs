//! Nodes and edges as JSON: the one place where the graph's own types become what clients see (contract §4), and the slimmer form that
//! chat answers carry (§2).

use crate::chat::builtin::best_line;
use crate::chat::evidence::text_of;
use crate::graph::{EdgeIx, Evidence, NodeIx, edge_urn};
use crate::ingest::Snapshot;
use crate::ingest::knowledge::FileInfo;
use crate::lineage::{Flow, Kind, Subtypes};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// A node of the graph.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Node {
    /// The URN.
    pub id: String,
    /// The URN.
    pub urn: String,
    /// Last part of the name.
    pub label: String,
    /// Qualified name.
    pub name: String,
    /// `table`, `view`, `column`, …; free text for nodes made by hand.
    pub r#type: Cow<'static, str>,
    /// The same as `type`.
    pub entity_type: Cow<'static, str>,
    /// Project.
    pub project_id: String,
    /// Repository of the file that defines it; null when nothing does.
    pub repository_id: Option<String>,
    /// File that defines it; null when nothing does.
    pub file_id: Option<String>,
    /// Path of that file.
    pub file_path: Option<String>,
    /// 1-based line of the definition.
    pub line: Option<u32>,
    /// What else is known: data type, nullability and keys of columns, foreign keys, signature, comment, coverage of the file, further
    /// definitions, and the properties of nodes made by hand.
    #[schemars(with = "Map<String, Value>")]
    pub metadata: Metadata,
    /// How well it fits, in answers of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Of its definition the line that fits best, in answers of a search by what is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<Snippet>,
    /// Hops from the start, in answers of a walk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Snippet {
    /// 1-based.
    pub line: u32,
    /// Its beginning, at most two hundred characters, without the blanks around it.
    pub text: String,
}

/// An edge of the graph; it points from the consumer to its source.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Edge {
    /// The edge's URN.
    pub id: String,
    /// The consumer.
    pub source: String,
    /// What it consumes.
    pub target: String,
    /// `DERIVES`, `READS`, …; free text for edges made by hand.
    pub r#type: Cow<'static, str>,
    /// The same as `type`.
    pub relationship: Cow<'static, str>,
    /// 0 to 1.
    pub confidence: f32,
    /// File that states it; null for edges made by hand.
    pub file_id: Option<String>,
    /// 1-based line.
    pub line: Option<u32>,
    /// The expression that computes a column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transformation: Option<String>,
    /// What else is known: `flow` of column edges and their `subtypes` after OpenLineage's names, in how many places it is stated, properties of edges made by hand.
    #[schemars(with = "Map<String, Value>")]
    pub metadata: Metadata,
    /// How well it fits, in answers of a search: as well as the end that fits less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
}

/// The part of the graph that a chat answer is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct GraphData {
    /// Nodes.
    pub nodes: Vec<ChatNode>,
    /// Edges among them.
    pub edges: Vec<ChatEdge>,
}

/// A node in [`GraphData`].
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ChatNode {
    /// URN.
    pub id: String,
    /// Last part of the name.
    pub label: String,
    /// `table`, `view`, …
    pub r#type: String,
    /// Qualified name.
    pub name: String,
    /// What drawing libraries look for.
    pub data: ChatNodeData,
    /// As `metadata` of [`Node`], with file and line.
    pub properties: Map<String, Value>,
}

/// `data` of a [`ChatNode`].
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ChatNodeData {
    /// As the node's.
    pub label: String,
    /// As the node's.
    pub r#type: String,
}

/// An edge in [`GraphData`].
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ChatEdge {
    /// URN.
    pub id: String,
    /// The consumer.
    pub source: String,
    /// What it consumes.
    pub target: String,
    /// `DERIVES`, …
    pub label: String,
    /// The same as `label`.
    pub relationship: String,
    /// As `metadata` of [`Edge`], with confidence and place.
    pub properties: Map<String, Value>,
}

/// What else is known, by name. An answer has a thousand of these whose names are always the same: a list of them copies none, as a map
/// would.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata(Vec<(Cow<'static, str>, Value)>);

impl Metadata {
    /// Sets `key`.
    fn put(&mut self, key: &'static str, value: impl Into<Value>) {
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = value.into(),
            None => self.0.push((Cow::Borrowed(key), value.into())),
        }
    }
}

impl From<Map<String, Value>> for Metadata {
    fn from(map: Map<String, Value>) -> Metadata {
        Metadata(map.into_iter().map(|(key, value)| (Cow::Owned(key), value)).collect())
    }
}

impl From<Metadata> for Map<String, Value> {
    fn from(Metadata(list): Metadata) -> Map<String, Value> {
        list.into_iter().map(|(key, value)| (key.into_owned(), value)).collect()
    }
}

impl Serialize for Metadata {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// The free text of something made by hand, or the name of what it is.
fn named(properties: &Map<String, Value>, key: &str, otherwise: &'static str) -> Cow<'static, str> {
    properties.get(key).and_then(Value::as_str).map_or(Cow::Borrowed(otherwise), |text| Cow::Owned(text.to_owned()))
}

/// The type a node is listed under.
pub fn entity_type(snapshot: &Snapshot, ix: NodeIx) -> Cow<'static, str> {
    let node = snapshot.graph.node(ix);
    named(&node.properties, "entity_type", node.kind.as_str())
}

/// The relationship an edge is listed under.
pub fn relationship(snapshot: &Snapshot, ix: EdgeIx) -> Cow<'static, str> {
    let edge = snapshot.graph.edge(ix);
    named(&edge.properties.map(), "relationship_type", edge.relation.as_str())
}

/// The file of an evidence.
pub fn file<'a>(snapshot: &'a Snapshot, evidence: &Evidence) -> Option<&'a FileInfo> {
    snapshot.files.get(&*evidence.file_id).map(|file| &**file)
}

/// A node as JSON.
pub fn node(snapshot: &Snapshot, ix: NodeIx) -> Node {
    let node = snapshot.graph.node(ix);
    let defined = node.defined.first();
    let from = defined.and_then(|evidence| file(snapshot, evidence));
    let (urn, r#type) = (snapshot.graph.urn(ix), entity_type(snapshot, ix));
    Node {
        id: urn.clone(),
        urn,
        label: node.label().to_owned(),
        name: node.name().into_owned(),
        entity_type: r#type.clone(),
        r#type,
        project_id: snapshot.project.clone(),
        repository_id: from.map(|f| f.repository_id.clone()),
        file_id: defined.map(|evidence| evidence.file_id.to_string()),
        file_path: from.map(|f| f.path.clone()),
        line: defined.map(|evidence| evidence.line),
        metadata: node_metadata(snapshot, ix),
        score: None,
        snippet: None,
        depth: None,
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

fn node_metadata(snapshot: &Snapshot, ix: NodeIx) -> Metadata {
    let node = snapshot.graph.node(ix);
    let mut out = Metadata::from(node.properties.clone());
    let mut put = |key: &'static str, value: Value| out.put(key, value);
    if node.kind == Kind::Column {
        put("ordinal", node.ordinal.into());
        put("primary_key", node.column.primary_key.into());
        put("unique", node.column.unique.into());
        if !node.column.data_type.is_empty() {
            put("data_type", node.column.data_type.clone().into());
        }
        if let Some(nullable) = node.column.nullable {
            put("nullable", nullable.into());
        }
        if let Some(default) = &node.column.default {
            put("default", default.clone().into());
        }
    }
    if !node.foreign_keys.is_empty() {
        let keys = node.foreign_keys.iter().map(|key| {
            json!({"columns": key.columns, "references": key.references.to_string(), "referenced_columns": key.referenced_columns, "line": key.line})
        });
        put("foreign_keys", keys.collect());
    }
    if !node.signature.is_empty() {
        put("signature", node.signature.clone().into());
    }
    if let Some(comment) = node.comment.as_ref().or(node.column.comment.as_ref()) {
        put("comment", comment.clone().into());
    }
    if let Some(evidence) = node.defined.first() {
        put("line_end", evidence.line_end.into());
        if let Some(from) = file(snapshot, evidence) {
            put("coverage", from.coverage.into());
            if !from.dialect.is_empty() {
                put("dialect", from.dialect.clone().into());
            }
        }
    }
    if node.defined.len() > 1 {
        put("definitions", node.defined.iter().map(|evidence| place(snapshot, evidence)).collect());
    }
    out
}

/// Where something is stated.
pub fn place(snapshot: &Snapshot, evidence: &Evidence) -> Value {
    let path = file(snapshot, evidence).map(|f| f.path.as_str());
    json!({"file_id": &*evidence.file_id, "file_path": path, "line": evidence.line, "line_end": evidence.line_end})
}

/// An edge as JSON.
pub fn edge(snapshot: &Snapshot, ix: EdgeIx) -> Edge {
    let graph = &snapshot.graph;
    let edge = graph.edge(ix);
    let r#type = relationship(snapshot, ix);
    let stated = edge.evidence.first();
    let mut metadata = Metadata::from(edge.properties.map());
    if graph.node(edge.from).kind == Kind::Column && graph.node(edge.to).kind == Kind::Column {
        metadata.put("flow", if edge.subtypes.flow() == Flow::Direct { "direct" } else { "indirect" });
    }
    if edge.subtypes != Subtypes::NONE {
        metadata.put("subtypes", edge.subtypes.iter().map(|s| s.as_str()).collect::<Value>());
    }
    metadata.put("evidence_count", edge.evidence.len());
    let (source, target) = (graph.urn(edge.from), graph.urn(edge.to));
    Edge {
        id: edge_urn(&graph.project, &source, &target, edge.relation.as_str()),
        source,
        target,
        relationship: r#type.clone(),
        r#type,
        confidence: edge.confidence,
        file_id: stated.map(|evidence| evidence.file_id.to_string()),
        line: stated.map(|evidence| evidence.line),
        transformation: edge.transformation.as_deref().map(str::to_owned),
        metadata,
        score: None,
    }
}

/// Nodes and edges as a chat answer carries them.
pub fn graph_data(snapshot: &Snapshot, nodes: &[NodeIx], edges: &[EdgeIx]) -> GraphData {
    GraphData {
        nodes: nodes.iter().map(|ix| chat_node(node(snapshot, *ix))).collect(),
        edges: edges.iter().map(|ix| chat_edge(edge(snapshot, *ix))).collect(),
    }
}

fn chat_node(node: Node) -> ChatNode {
    let mut properties = Map::from(node.metadata);
    properties.extend([
        ("project_id".to_owned(), node.project_id.into()),
        ("file_path".to_owned(), node.file_path.into()),
        ("line".to_owned(), node.line.into()),
    ]);
    let r#type = node.r#type.into_owned();
    let data = ChatNodeData { label: node.label.clone(), r#type: r#type.clone() };
    ChatNode { id: node.id, label: node.label, r#type, name: node.name, data, properties }
}

fn chat_edge(edge: Edge) -> ChatEdge {
    let mut properties = Map::from(edge.metadata);
    properties.extend([
        ("confidence".to_owned(), edge.confidence.into()),
        ("file_id".to_owned(), edge.file_id.into()),
        ("line".to_owned(), edge.line.into()),
    ]);
    if let Some(expression) = edge.transformation {
        properties.insert("transformation".into(), expression.into());
    }
    ChatEdge {
        id: edge.id,
        source: edge.source,
        target: edge.target,
        label: edge.r#type.into_owned(),
        relationship: edge.relationship.into_owned(),
        properties,
    }
}
