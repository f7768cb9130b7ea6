//! Ingestion over HTTP: decode, one call, encode.

use super::error::blocking;
use super::exchange::Metadata;
use super::{Error, Fields, Request, Response, respond};
use crate::ingest::changes::Changes;
use crate::ingest::folder::{self, Refused};
use crate::ingest::reader::FileType;
use crate::ingest::{self, Content, Ingest, Placed, Report, Target, Upload, path};
use crate::store::runs::{self, Event, Filter, Status};
use crate::store::{Store, projects};
use serde::Serialize;

/// Names and ids of projects, repositories and dialects.
const MAX_NAME: usize = 255;
/// A client's connection id is 16 digits; anything much longer is none.
const MAX_CONNECTION_ID: usize = 64;
/// Most sessions of one page.
const MAX_SESSIONS: i64 = 1_000;

/// `POST /api/v1/ingest/sql`: the request.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)]
pub struct SqlRequest {
    /// The SQL.
    #[schemars(length(min = 1))]
    sql_content: String,
    /// A dialect's id, an alias, or `auto` (default).
    #[schemars(length(max = MAX_NAME))]
    dialect: Option<String>,
    /// The file it is kept as; the same name replaces it. By default named after its content.
    #[schemars(length(max = path::MAX_PATH_BYTES))]
    source_file: Option<String>,
    /// `default` by default.
    #[schemars(length(max = MAX_NAME))]
    project_id: Option<String>,
    /// A repository of the project.
    #[schemars(length(max = MAX_NAME))]
    repository_id: Option<String>,
    /// Or its name; `uploads` by default.
    #[schemars(length(max = MAX_NAME))]
    repository_name: Option<String>,
}

/// `POST /api/v1/ingest`: the request.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)]
pub struct PathRequest {
    /// A file or folder below `INGEST_ROOT`, relative to it or absolute.
    #[schemars(length(min = 1, max = path::MAX_PATH_BYTES))]
    file_path: String,
    /// A dialect's id, an alias, or `auto` (default).
    #[schemars(length(max = MAX_NAME))]
    dialect: Option<String>,
    /// `default` by default.
    #[schemars(length(max = MAX_NAME))]
    project_id: Option<String>,
    /// A repository of the project.
    #[schemars(length(max = MAX_NAME))]
    repository_id: Option<String>,
    /// Or its name; `uploads` by default.
    #[schemars(length(max = MAX_NAME))]
    repository_name: Option<String>,
}

/// What a run added and removed.
#[derive(Serialize, schemars::JsonSchema)]
pub struct RunDiff {
    run_id: String,
    ingestion_id: String,
    project_id: String,
    repository_id: String,
    status: String,
    #[serde(flatten)]
    changes: Changes,
}

/// One ingestion in a list.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "IngestionSession")]
pub struct Session {
    ingestion_id: String,
    source: String,
    project_id: String,
    repository_id: String,
    run_id: String,
    status: String,
    started_at: String,
    completed_at: Option<String>,
    /// Paths of its files, the first hundred of them.
    filenames: Vec<String>,
    /// How many files it was to read.
    total_files: u32,
    /// Zero while it runs, as all below.
    files_processed: u32,
    files_failed: u32,
    total_nodes: u32,
    total_edges: u32,
}

/// Ingestions, newest first.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "IngestionSessions")]
pub struct Sessions {
    sessions: Vec<Session>,
    total: i64,
    limit: i64,
}

/// One ingestion's events, oldest first.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Log {
    ingestion_id: String,
    events: Vec<Event>,
}

/// `X-Connection-ID`: whose socket gets every event of this ingestion.
pub(super) fn connection_id(req: &Request) -> Option<String> {
    let id = req.inner.headers().get("x-connection-id")?.to_str().ok()?;
    (1..=MAX_CONNECTION_ID).contains(&id.len()).then(|| id.to_owned())
}

/// Ingests into a project when it is its turn, and answers with the report, which the activity event gets a part of.
pub(super) async fn run(
    ingest: &Ingest,
    metadata: Metadata,
    project: &str,
    work: impl FnOnce(&Ingest) -> Result<Report, Error> + Send + 'static,
) -> Result<Response, Error> {
    let turn = metadata.spent.waiting(ingest.turn(project)).await;
    let ingest = ingest.clone();
    respond::worked(move || {
        let _turn = turn;
        let report = work(&ingest)?;
        metadata.insert("project_id", report.project_id.as_str());
        metadata.insert("repository_id", report.repository_id.as_str());
        metadata.insert("ingestion_id", report.ingestion_id.as_str());
        metadata.insert("run_id", report.run_id.as_str());
        metadata.insert("files_processed", report.files_processed);
        metadata.insert("files_failed", report.files_failed);
        metadata.insert("files_skipped_duplicate", report.files_skipped_duplicate);
        Ok(report)
    })
    .await
}

/// `POST /api/v1/sample`: Ingest the bundled sample warehouse.
pub async fn sample(ingest: &Ingest, req: Request) -> Result<Response, Error> {
    let connection_id = connection_id(&req);
    run(ingest, req.metadata, projects::DEFAULT, move |ingest| Ok(ingest::sample::ingest(ingest, connection_id)?)).await
}

/// `POST /api/v1/ingest/sql`: Ingest SQL sent in the request.
pub async fn sql(ingest: &Ingest, mut req: Request) -> Result<Response, Error> {
    let connection_id = connection_id(&req);
    let mut fields = req.json().await?;
    let sql = fields.string("sql_content", 1, usize::MAX);
    let source_file = fields.optional_string("source_file", 0, path::MAX_PATH_BYTES).filter(|name| !name.trim().is_empty());
    let target = target(&mut fields);
    if let Some(Err(message)) = source_file.as_deref().map(path::clean) {
        fields.refuse("source_file", &message);
    }
    fields.finish()?;
    run(ingest, req.metadata, target.clone().project(), move |ingest| {
        let name = source_file.unwrap_or_else(|| format!("sql-{}", &crate::id::content_hash(sql.as_bytes())[..12]));
        let mut path = path::clean(&name).map_err(crate::store::Error::Invalid)?;
        if FileType::of(&path) != FileType::Sql {
            path.push_str(".sql");
        }
        let files = vec![Upload { path, content: Content::Bytes(sql.into_bytes()) }];
        Ok(ingest.run(ingest.target(&target)?.request("manual", connection_id, files))?)
    })
    .await
}

/// `POST /api/v1/ingest`: Ingest a file or folder below INGEST_ROOT.
pub async fn path(ingest: &Ingest, mut req: Request) -> Result<Response, Error> {
    let connection_id = connection_id(&req);
    let mut fields = req.json().await?;
    let asked = fields.string("file_path", 1, path::MAX_PATH_BYTES);
    let target = target(&mut fields);
    fields.finish()?;
    let Some(root) = req.config.ingest_root.clone() else {
        return Err(Error::Forbidden("Reading the server's own files is off: set INGEST_ROOT to the folder that may be read".into()));
    };
    run(ingest, req.metadata, target.clone().project(), move |ingest| {
        let limits = ingest.limits()?;
        let files = folder::collect(&root, &asked, &limits.extensions).map_err(|refused| match refused {
            Refused::Outside => Error::Forbidden("Only files below INGEST_ROOT may be read".into()),
            Refused::Missing(why) => Error::NotFound(format!("'{}' cannot be read: {why}", path::shown(&asked))),
            Refused::TooMany => Error::BadRequest(format!("The folder has more than {} files: name a part of it", folder::MAX_FILES)),
        })?;
        Ok(ingest.run(Placed { limits, ..ingest.target(&target)? }.request("ingest", connection_id, files))?)
    })
    .await
}

/// `GET /api/v1/runs/{id}/diff`: Nodes and edges that a run added and removed.
pub async fn run_diff(store: &Store, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    let (run, kept) = store
        .read(move |conn| {
            let run = runs::get(conn, &id)?;
            let changes = runs::changes(conn, &run.id, usize::MAX)?;
            Ok((run, changes))
        })
        .await?;
    respond::worked(move || {
        let changes = kept.as_deref().map_or_else(|| Ok(Changes::default()), Changes::of);
        let changes = changes.map_err(|e| Error::Internal(format!("changes of run {}: {e}", run.id)))?;
        Ok(RunDiff {
            run_id: run.id,
            ingestion_id: run.ingestion_id,
            project_id: run.project_id,
            repository_id: run.repository_id,
            status: run.status.as_str().into(),
            changes,
        })
    })
    .await
}

/// `GET /api/v1/ingestion/logs`: Ingestions, newest first.
pub async fn logs(store: &Store, req: Request) -> Result<Response, Error> {
    let mut fields = req.query();
    let project_id = fields.project();
    let source = fields.optional_string("source", 0, MAX_NAME);
    let status = fields.optional_string("status", 0, MAX_NAME);
    let limit = fields.integer("limit", 50, 1, MAX_SESSIONS);
    fields.finish()?;
    let status = match status.as_deref().map(Status::parse) {
        // No ingestion is in a status that does not exist.
        Some(None) => return Ok(respond::ok(&Sessions { sessions: Vec::new(), total: 0, limit })),
        known => known.flatten(),
    };
    let filter = Filter { project_id, source, status, limit: u32::try_from(limit).unwrap_or(u32::MAX) };
    let session = |run: runs::Run| Session {
        ingestion_id: run.ingestion_id,
        source: run.source,
        project_id: run.project_id,
        repository_id: run.repository_id,
        run_id: run.id,
        status: run.status.as_str().into(),
        started_at: run.started_at,
        completed_at: run.completed_at,
        filenames: run.filenames,
        total_files: run.files,
        files_processed: run.outcome.files_processed,
        files_failed: run.outcome.files_failed,
        total_nodes: run.outcome.nodes_created,
        total_edges: run.outcome.edges_created,
    };
    let page = move |conn: &_| {
        let (found, total) = runs::list(conn, &filter)?;
        Ok(Sessions { sessions: found.into_iter().map(session).collect(), total, limit })
    };
    respond::stored(store, page).await
}

/// `GET /api/v1/ingestion/logs/{id}`: The events of one ingestion (`format=json|jsonl`).
pub async fn log(store: &Store, req: Request) -> Result<Response, Error> {
    let mut fields = req.query();
    let format = fields.choice("format", &["json", "jsonl"], Some("json"));
    fields.finish()?;
    let id = req.param().to_owned();
    let (ingestion_id, events) = store
        .read(move |conn| {
            let run = runs::get(conn, &id)?;
            Ok((run.ingestion_id, runs::events(conn, &run.id)?))
        })
        .await?;
    if format == "json" {
        return respond::worked(move || Ok(Log { ingestion_id, events })).await;
    }
    let lines = blocking(move || {
        let mut lines = Vec::new();
        for event in &events {
            serde_json::to_writer(&mut lines, event).map_err(|e| Error::Internal(format!("log of {ingestion_id}: {e}")))?;
            lines.push(b'\n');
        }
        Ok::<_, Error>(lines)
    });
    Ok(respond::bytes("application/x-ndjson", lines.await??))
}

/// Where the files are to go; blank is missing.
fn target(fields: &mut Fields) -> Target {
    let mut text = |name| fields.optional_string(name, 0, MAX_NAME).filter(|text| !text.trim().is_empty());
    Target {
        project_id: text("project_id"),
        repository_id: text("repository_id"),
        repository_name: text("repository_name"),
        dialect: text("dialect"),
    }
}
