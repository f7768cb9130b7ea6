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

/// A node of the graph; its text its own, or that of the snapshot it is of.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Node")]
pub struct Node<S = String, M = Metadata<'static>> {
    /// The URN.
    pub id: S,
    /// The URN.
    pub urn: S,
    /// Last part of the name.
    pub label: S,
    /// Qualified name.
    pub name: S,
    /// `table`, `view`, `column`, …; free text for nodes made by hand.
    pub r#type: Cow<'static, str>,
    /// The same as `type`.
    pub entity_type: Cow<'static, str>,
    /// Project.
    pub project_id: S,
    /// Repository of the file that defines it; null when nothing does.
    pub repository_id: Option<S>,
    /// File that defines it; null when nothing does.
    pub file_id: Option<S>,
    /// Path of that file.
    pub file_path: Option<S>,
    /// 1-based line of the definition.
    pub line: Option<u32>,
    /// What else is known: data type, nullability and keys of columns, foreign keys, signature, comment, coverage of the file, further
    /// definitions, and the properties of nodes made by hand.
    #[schemars(with = "Map<String, Value>")]
    pub metadata: M,
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

/// An edge of the graph; it points from the consumer to its source. Its text is its own, or that of the snapshot it is of.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Edge")]
pub struct Edge<S = String, M = Metadata<'static>> {
    /// The edge's URN.
    pub id: String,
    /// The consumer.
    pub source: S,
    /// What it consumes.
    pub target: S,
    /// `DERIVES`, `READS`, …; free text for edges made by hand.
    pub r#type: Cow<'static, str>,
    /// The same as `type`.
    pub relationship: Cow<'static, str>,
    /// 0 to 1.
    pub confidence: f32,
    /// File that states it; null for edges made by hand.
    pub file_id: Option<S>,
    /// 1-based line.
    pub line: Option<u32>,
    /// The expression that computes a column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transformation: Option<S>,
    /// What else is known: `flow` of column edges and their `subtypes` after OpenLineage's names, in how many places it is stated, properties of edges made by hand.
    #[schemars(with = "Map<String, Value>")]
    pub metadata: M,
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
/// would, and text that the snapshot has is not copied either.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata<'a>(Vec<(Cow<'static, str>, Known<'a>)>);

/// One thing known.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Known<'a> {
    Text(&'a str),
    Texts(Vec<&'static str>),
    Value(Value),
}

impl<'a> From<&'a str> for Known<'a> {
    fn from(text: &'a str) -> Known<'a> {
        Known::Text(text)
    }
}

macro_rules! known {
    ($($of:ty),*) => {
        $(impl From<$of> for Known<'_> {
            fn from(value: $of) -> Self {
                Known::Value(value.into())
            }
        })*
    };
}
known!(Value, bool, u32, usize, f32);

impl Known<'_> {
    fn into_value(self) -> Value {
        match self {
            Known::Text(text) => text.into(),
            Known::Texts(texts) => texts.into(),
            Known::Value(value) => value,
        }
    }
}

impl<'a> Metadata<'a> {
    /// Sets `key`.
    fn put(&mut self, key: &'static str, value: impl Into<Known<'a>>) {
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = value.into(),
            None => self.0.push((Cow::Borrowed(key), value.into())),
        }
    }

    fn into_owned(self) -> Metadata<'static> {
        Metadata(self.0.into_iter().map(|(key, known)| (key, Known::Value(known.into_value()))).collect())
    }
}

impl From<Map<String, Value>> for Metadata<'_> {
    fn from(map: Map<String, Value>) -> Self {
        Metadata(map.into_iter().map(|(key, value)| (Cow::Owned(key), Known::Value(value))).collect())
    }
}

impl From<Metadata<'_>> for Map<String, Value> {
    fn from(Metadata(list): Metadata) -> Map<String, Value> {
        list.into_iter().map(|(key, known)| (key.into_owned(), known.into_value())).collect()
    }
}

impl Serialize for Metadata<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, known)| (key, known)))
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
    if edge.properties.is_empty() {
        return Cow::Borrowed(edge.relation.as_str());
    }
    named(&edge.properties.map(), "relationship_type", edge.relation.as_str())
}

/// The file of an evidence.
pub fn file<'a>(snapshot: &'a Snapshot, evidence: &Evidence) -> Option<&'a FileInfo> {
    snapshot.files.get(&*evidence.file_id).map(|file| &**file)
}

/// A node whose text is that of its snapshot.
pub type LentNode<'a> = Node<Cow<'a, str>, Metadata<'a>>;

/// An edge whose text is that of its snapshot.
pub type LentEdge<'a> = Edge<Cow<'a, str>, Metadata<'a>>;

/// A node as JSON.
pub fn node(snapshot: &Snapshot, ix: NodeIx) -> Node {
    let urn = snapshot.graph.urn(ix);
    let lent = lent_node(snapshot, ix, &urn);
    Node {
        id: urn.clone(),
        urn: urn.clone(),
        label: lent.label.into_owned(),
        name: lent.name.into_owned(),
        r#type: lent.r#type,
        entity_type: lent.entity_type,
        project_id: lent.project_id.into_owned(),
        repository_id: lent.repository_id.map(Cow::into_owned),
        file_id: lent.file_id.map(Cow::into_owned),
        file_path: lent.file_path.map(Cow::into_owned),
        line: lent.line,
        metadata: lent.metadata.into_owned(),
        score: None,
        snippet: None,
        depth: None,
    }
}

/// A node that is written down at once; `urn` is its own.
pub fn lent_node<'a>(snapshot: &'a Snapshot, ix: NodeIx, urn: &'a str) -> LentNode<'a> {
    let node = snapshot.graph.node(ix);
    let defined = node.defined.first();
    let from = defined.and_then(|evidence| file(snapshot, evidence));
    let r#type = entity_type(snapshot, ix);
    Node {
        id: urn.into(),
        urn: urn.into(),
        label: node.label().into(),
        name: node.name(),
        entity_type: r#type.clone(),
        r#type,
        project_id: snapshot.project.as_str().into(),
        repository_id: from.map(|f| f.repository_id.as_str().into()),
        file_id: defined.map(|evidence| (&*evidence.file_id).into()),
        file_path: from.map(|f| f.path.as_str().into()),
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

fn node_metadata(snapshot: &Snapshot, ix: NodeIx) -> Metadata<'_> {
    let node = snapshot.graph.node(ix);
    let mut out = Metadata::from(node.properties.clone());
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
        if let Some(from) = file(snapshot, evidence) {
            out.put("coverage", from.coverage);
            if !from.dialect.is_empty() {
                out.put("dialect", from.dialect.as_str());
            }
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
pub fn edge(snapshot: &Snapshot, ix: EdgeIx) -> Edge {
    let graph = &snapshot.graph;
    let edge = graph.edge(ix);
    let (source, target) = (graph.urn(edge.from), graph.urn(edge.to));
    let lent = lent_edge(snapshot, ix, &source, &target);
    Edge {
        id: lent.id,
        source: source.clone(),
        target: target.clone(),
        r#type: lent.r#type,
        relationship: lent.relationship,
        confidence: lent.confidence,
        file_id: lent.file_id.map(Cow::into_owned),
        line: lent.line,
        transformation: lent.transformation.map(Cow::into_owned),
        metadata: lent.metadata.into_owned(),
        score: None,
    }
}

/// An edge that is written down at once, between these URNs.
pub fn lent_edge<'a>(snapshot: &'a Snapshot, ix: EdgeIx, source: &'a str, target: &'a str) -> LentEdge<'a> {
    let graph = &snapshot.graph;
    let edge = graph.edge(ix);
    let r#type = relationship(snapshot, ix);
    let stated = edge.evidence.first();
    let mut metadata = if edge.properties.is_empty() { Metadata::default() } else { Metadata::from(edge.properties.map()) };
    if graph.node(edge.from).kind == Kind::Column && graph.node(edge.to).kind == Kind::Column {
        metadata.put("flow", if edge.subtypes.flow() == Flow::Direct { "direct" } else { "indirect" });
    }
    if edge.subtypes != Subtypes::NONE {
        metadata.put("subtypes", Known::Texts(edge.subtypes.iter().map(|s| s.as_str()).collect()));
    }
    metadata.put("evidence_count", edge.evidence.len());
    Edge {
        id: edge_urn(&graph.project, source, target, edge.relation.as_str()),
        source: source.into(),
        target: target.into(),
        relationship: r#type.clone(),
        r#type,
        confidence: edge.confidence,
        file_id: stated.map(|evidence| (&*evidence.file_id).into()),
        line: stated.map(|evidence| evidence.line),
        transformation: edge.transformation.as_deref().map(Cow::Borrowed),
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
