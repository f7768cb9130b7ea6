//! The use case of an ingestion: validate, de-duplicate, read in parallel, store in order, relink, tell.

use super::Knowledge;
use crate::lineage::Diagnostic;
use crate::realtime::Hub;
use crate::store::Store;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;

/// One file to ingest.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Relative path, cleaned: `/` separators, no `..`, no leading `/`, no NUL.
    pub path: String,
    /// Where its bytes are.
    pub content: Content,
}

/// Bytes in memory (small, tests, `/ingest/sql`) or spooled to disk.
#[derive(Clone, Debug)]
pub enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// A temporary file, removed by who made it.
    Spooled(PathBuf),
    /// Was too large: only its size is known; the file fails with a clear error.
    TooLarge(u64),
}

/// What to ingest, checked: the project exists, the repository is the project's, the dialect is known.
#[derive(Clone, Debug)]
pub struct Request {
    /// Project id.
    pub project_id: String,
    /// Repository id.
    pub repository_id: String,
    /// A dialect id, or `auto`.
    pub dialect: String,
    /// `upload`, `manual`, `sample`, `ingest`: what started it, for the log.
    pub source: &'static str,
    /// `X-Connection-ID`: gets every `ingestion_progress`, unthrottled.
    pub connection_id: Option<String>,
    /// In order.
    pub files: Vec<Upload>,
}

/// What became of one file: an item of contract §3's `results[]`.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FileReport {
    /// The last part of the path.
    pub filename: String,
    /// The path.
    pub relative_path: String,
    /// `sql`, `python`, `notebook`, `json`, `csv`, `markdown`, `text`.
    pub file_type: String,
    /// `processed`, `error` or `skipped_duplicate`.
    pub status: String,
    /// Id in the store; null when it was refused.
    pub file_id: Option<String>,
    /// SHA-256; null when the bytes were not kept.
    pub file_hash: Option<String>,
    /// Nodes of the project's graph that this file brought.
    pub nodes_created: usize,
    /// Edges that it brought.
    pub edges_created: usize,
    /// Statements read.
    pub statements: usize,
    /// Statements not understood at all.
    pub statements_failed: usize,
    /// What was not understood, and where.
    pub diagnostics: Vec<Diagnostic>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What became of an ingestion.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// No file failed.
    pub success: bool,
    /// Project.
    pub project_id: String,
    /// Repository.
    pub repository_id: String,
    /// This ingestion's id, in events and the log.
    pub ingestion_id: String,
    /// The run, for `/api/v1/runs/{id}/diff`.
    pub run_id: String,
    /// Files whose facts are now in the graph.
    pub files_processed: usize,
    /// Files refused or not stored.
    pub files_failed: usize,
    /// Files whose bytes were there already.
    pub files_skipped_duplicate: usize,
    /// Nodes that the graph gained.
    pub total_nodes_created: usize,
    /// Edges that the graph gained.
    pub total_edges_created: usize,
    /// In the order of the request.
    pub results: Vec<FileReport>,
}

/// What files are taken; the settings' values, until `PUT /api/v1/files/config` stores others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, bytes.
    pub max_bytes: u64,
    /// Extensions taken, lower-case with the dot.
    pub extensions: Vec<String>,
}

/// The ingestion service; cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    /// The truth.
    pub store: Store,
    /// What is derived.
    pub knowledge: Knowledge,
    /// Who is told.
    pub hub: Hub,
    /// The limits that settings give.
    defaults: Arc<Limits>,
}

impl Ingest {
    /// The service over its neighbours; `defaults` hold until the store has limits of its own.
    pub fn new(store: Store, knowledge: Knowledge, hub: Hub, defaults: Limits) -> Ingest {
        Ingest { store, knowledge, hub, defaults: Arc::new(defaults) }
    }

    /// The limits that hold now. Blocking.
    pub fn limits(&self) -> crate::store::Result<Limits> {
        Ok(Limits::clone(&self.defaults))
    }

    /// Builds every project's snapshot from the store. Called once at start; blocking.
    pub fn load(&self) -> crate::store::Result<()> {
        todo!()
    }

    /// Ingests. One at a time per project; files are read in parallel and stored in order. Blocking.
    pub fn run(&self, request: Request) -> crate::store::Result<Report> {
        let _ = request;
        todo!()
    }

    /// Takes a file and all it said away. Blocking.
    pub fn delete_file(&self, file_id: &str) -> crate::store::Result<()> {
        let _ = file_id;
        todo!()
    }

    /// Relinks a project after its manual entities or its repositories changed. Blocking.
    pub fn relink(&self, project_id: &str) -> crate::store::Result<()> {
        let _ = project_id;
        todo!()
    }

    /// Ingestions running now, for stats.
    pub fn active(&self) -> usize {
        todo!()
    }
}
