//! The slimmer form of nodes and edges that chat answers carry.

use super::{EdgeFields, NodeFields, edge, node};
use crate::graph::{EdgeIx, NodeIx};
use crate::ingest::Snapshot;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// The part of the graph that a chat answer is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct GraphData {
    /// Nodes.
    pub nodes: Vec<ChatNode>,
    /// Edges among them.
    pub edges: Vec<ChatEdge>,
}

/// A node in [`GraphData`].
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
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
    /// As `metadata` of [`super::Node`], with file and line.
    pub properties: Map<String, Value>,
}

/// `data` of a [`ChatNode`].
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ChatNodeData {
    /// As the node's.
    pub label: String,
    /// As the node's.
    pub r#type: String,
}

/// An edge in [`GraphData`].
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
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
    /// As `metadata` of [`super::Edge`], with confidence and place.
    pub properties: Map<String, Value>,
}

/// Nodes and edges as a chat answer carries them.
pub fn graph_data(snapshot: &Snapshot, nodes: &[NodeIx], edges: &[EdgeIx]) -> GraphData {
    GraphData {
        nodes: nodes.iter().map(|ix| node(snapshot, *ix).with(chat_node)).collect(),
        edges: edges.iter().map(|ix| edge(snapshot, *ix).with(chat_edge)).collect(),
    }
}

fn chat_node(node: NodeFields<'_>) -> ChatNode {
    ChatNode {
        id: node.id.into(),
        label: node.label.into(),
        r#type: node.r#type.into(),
        data: ChatNodeData { label: node.label.into(), r#type: node.r#type.into() },
        name: node.name.to_string(),
        properties: node.properties().into(),
    }
}

fn chat_edge(edge: EdgeFields<'_>) -> ChatEdge {
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
        source: edge.source.into(),
        target: edge.target.into(),
        label: edge.r#type.into(),
        relationship: edge.relationship.into(),
        properties,
    }
}
