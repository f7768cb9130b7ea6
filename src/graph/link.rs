//! From what files say to one graph: names become identities, stars become columns, statements become edges.

use super::Linked;
use crate::lineage::Facts;

/// One file of the project with its facts.
#[derive(Clone, Copy, Debug)]
pub struct FileFacts<'a> {
    /// The file's id in the store.
    pub file_id: &'a str,
    /// The repository it belongs to (used to prefer definitions nearby when a name is ambiguous).
    pub repository_id: &'a str,
    /// Relative path; the name of the file's node.
    pub path: &'a str,
    /// What it says.
    pub facts: &'a Facts,
}

/// A node or relation made by hand through the API; ids are URNs or free text chosen by the client.
#[derive(Clone, Debug, PartialEq)]
pub enum Manual {
    /// `POST /api/v1/graph/entity`.
    Entity {
        /// The client's id, kept as the node's URN when it is one, else made part of it.
        id: String,
        /// Free text; mapped to a [`crate::lineage::Kind`] when it names one, else kept in the properties as `entity_type`.
        entity_type: String,
        /// Name.
        name: String,
        /// Properties.
        properties: serde_json::Map<String, serde_json::Value>,
    },
    /// `POST /api/v1/graph/relationship`: `source` consumes `target`.
    Relationship {
        /// Id of the consumer.
        source: String,
        /// Id of what is consumed.
        target: String,
        /// Free text; mapped to a [`crate::lineage::Relation`] when it names one, else `DERIVES` with the text in the properties.
        relation: String,
        /// Properties.
        properties: serde_json::Map<String, serde_json::Value>,
    },
}

/// Something about the project as a whole that a person should know.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The name concerned.
    pub name: String,
    /// One sentence.
    pub message: String,
    /// The file that mentions it.
    pub file_id: String,
    /// 1-based line.
    pub line: u32,
}

/// Links the facts of all files of one project. The result does not depend on the order of `files`.
pub fn link(project: &str, files: &[FileFacts<'_>], manual: &[Manual]) -> Linked {
    let _ = (project, files, manual);
    todo!()
}
