//! Files over HTTP: decode, one call, encode.

use super::error::blocking;
use super::fields::{PROJECT, coerced};
use super::projects::changed;
use super::route::Param;
use super::{App, Error, Fields, Request, Response, ResponseBody, respond};
use crate::config::{EXTENSION_MAX, EXTENSION_RULE, extension};
use crate::ingest::{Ingest, reader};
use crate::lineage::{Diagnostic, dialect};
use crate::store::Store;
use crate::store::files::{self, FileRow, Filter, Outline};
use crate::store::settings::{self, FileLimits};
use bytes::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::mpsc;

const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
/// Files in one answer, at most: a few hundred kilobytes.
const PAGE_MAX: i64 = 1000;
/// Files in one answer when nothing is said.
const PAGE: i64 = 100;
/// Recent files when nothing is said: what a dashboard shows.
const RECENT_PAGE: i64 = 10;
/// Longest value of a filter: ids and names are no longer.
const FILTER_MAX: usize = 255;
/// Most extensions that uploads may have.
const EXTENSIONS_MAX: usize = 64;

/// A file's content up to this size is sent whole.
const MIN_PART: usize = 1 << 20;
/// A larger one is sent in about so many parts: to find the begin of each costs passing over what is before it.
const PARTS: usize = 16;

const REPOSITORY: Param = Param::optional("repository_id", "string", "Of this repository");
const SOURCE: Param = Param::optional("source", "string", "Brought by `upload`, `sample`, `ingest` or `manual`");
const STATUS: Param = Param::optional("status", "string", "`processed`, `error` or `pending`");
const LIMIT: Param = Param::optional("limit", "integer", "At most so many, 1 to 1000 (100)").within(1, PAGE_MAX);
const OFFSET: Param = Param::optional("offset", "integer", "Leaving out so many of the newest (0)").within(0, u32::MAX as i64);
/// Query of the list.
pub const FILTERS: &[Param] = &[PROJECT, REPOSITORY, SOURCE, STATUS, LIMIT, OFFSET];
/// Query of the search.
pub const SEARCH: &[Param] =
    &[Param::required("q", "string", "Part of a path or of the text, in any case"), PROJECT, REPOSITORY, SOURCE, STATUS, LIMIT, OFFSET];
/// Query of the recent files.
pub const RECENT: &[Param] = &[PROJECT, Param::optional("limit", "integer", "At most so many, 1 to 1000 (10)").within(1, PAGE_MAX)];
/// Query of the counts.
pub const OF_PROJECT: &[Param] = &[PROJECT];

/// A file, shaped as contract §3: the frontend knows several fields by two names.
#[derive(Serialize, JsonSchema)]
pub struct File {
    /// Id.
    pub id: String,
    /// Id.
    pub file_id: String,
    /// The last part of the path.
    pub filename: String,
    /// The last part of the path.
    pub name: String,
    /// The path.
    pub relative_path: String,
    /// `sql`, `python`, `notebook`, `json`, `csv`, `markdown`, `text`.
    pub file_type: String,
    /// As `file_type`.
    pub r#type: String,
    /// What brought it: `upload`, `sample`, `ingest`, `manual`.
    pub source: String,
    /// `processed`, `error` or `pending`.
    pub status: String,
    /// Its project.
    pub project_id: String,
    /// Its repository.
    pub repository_id: String,
    /// The run that brought it as it is now.
    pub run_id: String,
    /// SHA-256 of its bytes.
    pub file_hash: String,
    /// Bytes.
    pub file_size_bytes: i64,
    /// Statements read.
    pub statements: i64,
    /// Statements not understood at all.
    pub statements_failed: i64,
    /// Share of tokens understood, 0 to 1.
    pub coverage: f32,
    /// Its SQL dialect; null when it is not SQL.
    pub dialect: Option<String>,
    /// Why it could not be read, if so.
    pub error: Option<String>,
    /// When it was first stored, RFC 3339.
    pub created_at: String,
    /// When it was last ingested.
    pub processed_at: Option<String>,
    /// When it last changed.
    #[serde(rename = "updatedAt")]
    pub updated_at: String,
}

impl From<FileRow> for File {
    fn from(row: FileRow) -> File {
        let filename = row.path.rsplit('/').next().unwrap_or(&row.path).to_owned();
        File {
            file_id: row.id.clone(),
            id: row.id,
            name: filename.clone(),
            filename,
            relative_path: row.path,
            r#type: row.file_type.clone(),
            file_type: row.file_type,
            source: row.source,
            status: row.status,
            project_id: row.project_id,
            repository_id: row.repository_id,
            run_id: row.run_id,
            file_hash: row.hash,
            file_size_bytes: row.size,
            statements: row.statements,
            statements_failed: row.statements_failed,
            coverage: row.coverage,
            dialect: Some(row.dialect).filter(|dialect| !dialect.is_empty()),
            error: row.error,
            created_at: row.created_at,
            processed_at: row.processed_at,
            updated_at: row.updated_at,
        }
    }
}

/// A file with what reading it gave, in numbers to act on.
#[derive(Serialize, JsonSchema)]
pub struct FileDetail {
    #[serde(flatten)]
    file: File,
    /// Why its dialect is thought to be that; null when it is not SQL.
    dialect_reason: Option<String>,
    /// Its statements by how far they were understood.
    understood: Understood,
    /// What was not understood, and where.
    diagnostics: Vec<Diagnostic>,
}

/// The highest confidence of what was salvaged.
const SALVAGED: f32 = 0.5;

/// Statements by how far they were understood.
#[derive(Default, Serialize, JsonSchema)]
pub struct Understood {
    /// By a parser; where only running would tell a part, with a confidence below 1.
    parsed: usize,
    /// The relations they name were found, not how columns flow: confidence above 0 and no more than 0.5.
    salvaged: usize,
    /// Not at all.
    failed: usize,
}

impl FileDetail {
    /// `bytes` are the first [`DETECT_BYTES`].
    fn new(row: FileRow, read: Outline, bytes: &[u8]) -> FileDetail {
        let mut understood = Understood::default();
        for statement in &read.statements {
            match statement.confidence {
                c if c > SALVAGED => understood.parsed += 1,
                c if c > 0.0 => understood.salvaged += 1,
                _ => understood.failed += 1,
            }
        }
        let dialect_reason = (!row.dialect.is_empty()).then(|| {
            let (detected, why) = dialect::detect_file(&row.path, &reader::text(bytes));
            if detected.id == row.dialect { why } else { "given with the upload".to_owned() }
        });
        FileDetail { file: File::from(row), dialect_reason, understood, diagnostics: read.diagnostics }
    }
}

/// Bytes in which marks of a dialect are looked for: as many as when a file is read.
const DETECT_BYTES: u32 = 256 << 10;

/// Body of `PUT /api/v1/files/config`; what is left out stays as it is.
#[derive(JsonSchema)]
pub struct FileLimitsChange {
    /// With or without the dot, in any case.
    #[schemars(length(min = 1, max = EXTENSIONS_MAX), inner(regex(pattern = r"^\.?[A-Za-z0-9_-]{1,16}$")))]
    pub allowed_extensions: Option<Vec<String>>,
    /// Largest file, in MiB.
    #[schemars(range(min = 1, max = settings::FILE_SIZE_MB_MAX), transform = coerced::integer)]
    pub max_file_size_mb: Option<u64>,
}

/// A list as a bare array, with how many there are in all in `X-Total-Count`.
pub(super) fn listed(items: &impl Serialize, total: i64) -> Response {
    respond::with(respond::ok(items), TOTAL_COUNT, total)
}

fn page((rows, total): (Vec<FileRow>, i64)) -> Response {
    listed(&rows.into_iter().map(File::from).collect::<Vec<_>>(), total)
}

/// `GET /api/v1/files`: Files, newest first.
pub async fn list(store: &Store, req: Request) -> Result<Response, Error> {
    found(store, req.query(), None).await
}

/// `GET /api/v1/files/search`: Files by name or content.
pub async fn search(store: &Store, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let text = query.string("q", 1, FILTER_MAX);
    found(store, query, Some(text)).await
}

async fn found(store: &Store, mut query: Fields, text: Option<String>) -> Result<Response, Error> {
    let filter = Filter {
        project_id: query.project(),
        repository_id: query.optional_string("repository_id", 0, FILTER_MAX),
        source: query.optional_string("source", 0, FILTER_MAX),
        status: query.optional_string("status", 0, FILTER_MAX),
        text,
        limit: query.integer("limit", PAGE, 1, PAGE_MAX) as u32,
        offset: query.integer("offset", 0, 0, i64::from(u32::MAX)) as u32,
    };
    query.finish()?;
    Ok(store.read(move |conn| Ok(page(files::list(conn, &filter)?))).await?)
}

/// `GET /api/v1/files/recent`: The files ingested last.
pub async fn recent(store: &Store, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let project = query.project();
    let limit = query.integer("limit", RECENT_PAGE, 1, PAGE_MAX) as u32;
    query.finish()?;
    Ok(store.read(move |conn| Ok(page(files::recent(conn, project.as_deref(), limit)?))).await?)
}

/// `GET /api/v1/files/stats`: Counts and bytes of files.
pub async fn stats(store: &Store, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let project = query.project();
    query.finish()?;
    respond::stored(store, move |conn| files::stats(conn, project.as_deref())).await
}

/// `GET /api/v1/files/config`: Limits of uploads.
pub async fn get_config(ingest: &Ingest) -> Result<Response, Error> {
    Ok(respond::ok(&limits(ingest).await?))
}

/// `PUT /api/v1/files/config`: Change the limits of uploads.
pub async fn put_config(ingest: &Ingest, mut req: Request) -> Result<Response, Error> {
    let mut body = req.json().await?;
    let change = FileLimitsChange {
        allowed_extensions: body.has_some("allowed_extensions").then(|| extensions(&mut body)),
        max_file_size_mb: body.optional_integer("max_file_size_mb", 1, settings::FILE_SIZE_MB_MAX).map(i64::unsigned_abs),
    };
    body.finish()?;
    let defaults = limits(ingest).await?;
    let changed =
        ingest.store.write(move |conn| settings::change_file_limits(conn, defaults, change.allowed_extensions, change.max_file_size_mb));
    Ok(respond::ok(&changed.await?))
}

async fn limits(ingest: &Ingest) -> Result<FileLimits, Error> {
    let ingest = ingest.clone();
    let limits = blocking(move || ingest.limits()).await??;
    Ok(FileLimits { allowed_extensions: limits.extensions, max_file_size_mb: limits.max_bytes >> 20 })
}

/// Extensions in lower case with their dot, each once.
fn extensions(body: &mut Fields) -> Vec<String> {
    const NAME: &str = "allowed_extensions";
    let mut extensions: Vec<String> = Vec::new();
    let given = body.strings(NAME, EXTENSIONS_MAX, EXTENSION_MAX + 1);
    if !body.is_good() {
        return extensions;
    }
    if given.is_empty() {
        body.refuse(NAME, &format!("1 to {EXTENSIONS_MAX} extensions are needed, as in [\".sql\", \".csv\"]"));
    }
    for given in given {
        match extension(&given) {
            Some(extension) if extensions.contains(&extension) => {}
            Some(extension) => extensions.push(extension),
            None => {
                body.refuse(NAME, &format!("'{given}' is not a file extension: {EXTENSION_RULE}"));
                break;
            }
        }
    }
    extensions
}

/// `GET /api/v1/files/{id}`: One file, with what was not understood in it.
pub async fn get(store: &Store, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    let read = move |conn: &_| Ok((files::get(conn, &id)?, files::outline(conn, &id)?, files::beginning(conn, &id, DETECT_BYTES)?));
    let (row, facts, bytes) = store.read(read).await?;
    respond::worked(move || Ok(FileDetail::new(row, facts, &bytes))).await
}

/// `DELETE /api/v1/files/{id}`: Delete a file and all it said.
pub async fn delete(ingest: &Ingest, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    let project = ingest.store.read({
        let id = id.clone();
        move |conn| Ok(files::get(conn, &id)?.project_id)
    });
    changed(ingest, &project.await?, move |ingest| ingest.delete_file(&id)).await
}

/// `GET /api/v1/files/{id}/content`: A file's bytes as they came, as text: never as a page or a script.
///
/// However slowly a client takes a large one, its server holds two parts of it; 503 while there is no room for them. A file that changes meanwhile ends before its announced
/// length.
pub async fn content(app: &App, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    let file = app.store.read(move |conn| files::get(conn, &id)).await?;
    let size = usize::try_from(file.size).unwrap_or(0);
    let part = (size / PARTS).max(MIN_PART);
    // Before it is read: many who take nothing are not to keep those waiting who ask the store for other things.
    let mut held = app.limits.answers.held();
    held.hold(size.min(2 * part))?;
    let (mut bytes, content_type) = app
        .store
        .read({
            let id = file.id.clone();
            move |conn| {
                let bytes = files::bytes(conn, &id)?;
                let content_type = content_type(&bytes);
                Ok((Bytes::from(bytes), content_type))
            }
        })
        .await?;
    let size = bytes.len();
    let body = if size <= part {
        ResponseBody::full(bytes)
    } else {
        // A copy: a slice would keep the whole.
        bytes = Bytes::copy_from_slice(&bytes[..part]);
        let (sender, body) = ResponseBody::channel(1);
        tokio::spawn(send(app.store.clone(), file, part, bytes, sender));
        body
    };
    let mut response = Response::new(body.holding(held));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CONTENT_LENGTH, size.into());
    Ok(response)
}

/// Sends `first` and what follows it in parts, each read once there is room for it; less when the client goes, or the file changes.
async fn send(store: Store, file: FileRow, part: usize, first: Bytes, sender: mpsc::Sender<Bytes>) {
    let mut sent = first.len();
    if sender.send(first).await.is_err() {
        return;
    }
    let file = Arc::new(file);
    while let Ok(room) = sender.reserve().await {
        let (of, start) = (file.clone(), sent);
        match store.read(move |conn| files::part(conn, &of, start, part)).await {
            Ok(Some(bytes)) if !bytes.is_empty() => {
                sent += bytes.len();
                room.send(bytes.into());
            }
            Ok(_) => return,
            Err(error) => return log::warn!("file {}: its content breaks off after {sent} bytes: {error}", file.id),
        }
    }
}

/// How to read the bytes as text; what is neither UTF-8 nor marked as UTF-16 is shown as Latin-1, which takes any byte.
fn content_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xfe, ..] => "text/plain; charset=utf-16le",
        [0xfe, 0xff, ..] => "text/plain; charset=utf-16be",
        _ if std::str::from_utf8(bytes).is_ok() => "text/plain; charset=utf-8",
        _ => "text/plain; charset=iso-8859-1",
    }
}
