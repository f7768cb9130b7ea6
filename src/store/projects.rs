//! Projects, their repositories, and their context.

use super::Result;
use rusqlite::Connection;
use serde::Serialize;

/// A project, shaped as contract §3.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Project {
    /// Letters, digits, `-`, `_`, `.`; never `:` or `/`.
    pub id: String,
    /// 1–255 characters.
    pub name: String,
    /// At most 1000 characters.
    pub description: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub updated_at: String,
    /// Repositories in it.
    pub repository_count: i64,
    /// Links between them.
    pub link_count: i64,
}

/// A repository, shaped as contract §3, `node_count` apart (the graph knows it).
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Repository {
    /// Id.
    pub id: String,
    /// The project it belongs to.
    pub project_id: String,
    /// Unique in its project.
    pub name: String,
    /// `upload`, `manual`, `github` or `openlineage`.
    pub source: String,
    /// Where it comes from, when the source has such a thing.
    pub source_ref: Option<String>,
    /// Files in it.
    pub file_count: i64,
    /// Nodes its files define.
    pub node_count: i64,
    /// When a file of it was last ingested.
    pub last_synced: Option<String>,
    /// RFC 3339.
    pub created_at: String,
}

/// One page of projects, newest last, and how many there are in all.
pub fn list(conn: &Connection, limit: u32, offset: u32) -> Result<(Vec<Project>, i64)> {
    let _ = (conn, limit, offset);
    todo!()
}

/// The project with this id.
pub fn get(conn: &Connection, id: &str) -> Result<Project> {
    let _ = (conn, id);
    todo!()
}

/// Repositories of a project.
pub fn repositories(conn: &Connection, project_id: &str) -> Result<Vec<Repository>> {
    let _ = (conn, project_id);
    todo!()
}

/// The repository with this id, wherever it is.
pub fn repository(conn: &Connection, id: &str) -> Result<Repository> {
    let _ = (conn, id);
    todo!()
}

/// The repository of this name in a project, made when missing.
pub fn repository_named(conn: &Connection, project_id: &str, name: &str, source: &str) -> Result<Repository> {
    let _ = (conn, project_id, name, source);
    todo!()
}
