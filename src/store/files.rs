//! Files: bytes, hash, state, the facts read from them (statements, nodes, edges, diagnostics), and their chunks.

mod reading;

use super::{Error, Result, found};
use crate::id;
use crate::lineage::Facts;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use serde::Serialize;

pub use reading::{Outline, Reading, facts, is_as_put, is_listed, outline, project_outlines, put_mended, put_reading, reading, runs};

/// A file without its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct FileRow {
    /// Id.
    pub id: String,
    /// Its project.
    pub project_id: String,
    /// Its repository.
    pub repository_id: String,
    /// Its repository's name.
    pub repository: String,
    /// Relative path, unique in the repository.
    pub path: String,
    /// `sql`, `python`, `notebook`, `json`, `csv`, `markdown`, `text`.
    pub file_type: String,
    /// What brought it: `upload`, `sample`, `ingest`, …
    pub source: String,
    /// `pending`, `processed` or `error`.
    pub status: String,
    /// SHA-256 of its bytes.
    pub hash: String,
    /// Bytes.
    pub size: i64,
    /// Its dialect, empty when it is not SQL.
    pub dialect: String,
    /// Share of tokens understood, 0 to 1.
    pub coverage: f32,
    /// Statements read.
    pub statements: i64,
    /// Statements not understood at all.
    pub statements_failed: i64,
    /// Why it failed, when it did.
    pub error: Option<String>,
    /// The run that brought it as it is now.
    pub run_id: String,
    /// When it was first stored, RFC 3339.
    pub created_at: String,
    /// When it was last ingested.
    pub processed_at: Option<String>,
    /// When the row was last changed.
    pub updated_at: String,
}

/// A file to store, with all that was read from it.
#[derive(Clone, Copy, Debug)]
pub struct NewFile<'a> {
    /// Its project.
    pub project_id: &'a str,
    /// Its repository.
    pub repository_id: &'a str,
    /// Relative path.
    pub path: &'a str,
    /// As [`FileRow::file_type`].
    pub file_type: &'a str,
    /// As [`FileRow::source`].
    pub source: &'a str,
    /// The run that brings it.
    pub run_id: &'a str,
    /// SHA-256 of `bytes`.
    pub hash: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What it states.
    pub facts: &'a Facts,
    /// Its passages.
    pub passages: &'a [Passage],
    /// Why it could not be read; its status is then `error`.
    pub error: Option<&'a str>,
}

/// A passage of a file, before the file has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// 1-based first line.
    pub line: u32,
    /// 1-based last line.
    pub line_end: u32,
    /// The text, line ends included: all passages of a file joined are the file.
    pub text: String,
}

/// Which files to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this project.
    pub project_id: Option<String>,
    /// Of this repository.
    pub repository_id: Option<String>,
    /// Brought by this source.
    pub source: Option<String>,
    /// In this status.
    pub status: Option<String>,
    /// Whose path, or whose text, holds this in any case (ASCII).
    pub text: Option<String>,
    /// At most so many.
    pub limit: u32,
    /// Leaving out so many of the newest.
    pub offset: u32,
}

/// Counts and bytes of files: contract §3's stats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "FileStats")]
pub struct Stats {
    /// Files stored.
    pub total: i64,
    /// Read.
    pub processed: i64,
    /// Not read yet.
    pub pending: i64,
    /// Files of uploads so far that were refused (which are not stored, and in no list), and files stored that could not be read.
    pub errors: i64,
    /// Uploads so far whose bytes were there already.
    pub skipped: i64,
    /// Bytes of all files.
    pub storage_bytes: i64,
}

/// What [`file`] reads, in its order.
const FILE: &str = "SELECT id, project_id, repository_id, path, file_type, source, status, hash, size, dialect, coverage, statements,
         statements_failed, error, run_id, created_at, processed_at, updated_at,
         (SELECT name FROM repositories r WHERE r.id = repository_id)
     FROM files f";

fn file(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    Ok(FileRow {
        id: row.get(0)?,
        project_id: row.get(1)?,
        repository_id: row.get(2)?,
        path: row.get(3)?,
        file_type: row.get(4)?,
        source: row.get(5)?,
        status: row.get(6)?,
        hash: row.get(7)?,
        size: row.get(8)?,
        dialect: row.get(9)?,
        coverage: row.get(10)?,
        statements: row.get(11)?,
        statements_failed: row.get(12)?,
        error: row.get(13)?,
        run_id: row.get(14)?,
        created_at: row.get(15)?,
        processed_at: row.get(16)?,
        updated_at: row.get(17)?,
        repository: row.get(18)?,
    })
}

/// Stores a file whole: row, bytes, facts, passages. A file of that path in the repository is replaced and keeps its id; nothing of
/// what it said before is left.
pub fn put(conn: &Connection, new: &NewFile<'_>) -> Result<FileRow> {
    super::projects::repository_of(conn, new.project_id, new.repository_id)?;
    let now = id::now();
    let size = i64::try_from(new.bytes.len()).unwrap_or(i64::MAX);
    let status = if new.error.is_some() { "error" } else { "processed" };
    let there = "SELECT id FROM files WHERE repository_id = ?1 AND path = ?2";
    let there: Option<String> = conn.prepare_cached(there)?.query_row([new.repository_id, new.path], |row| row.get(0)).optional()?;
    let fresh = there.is_none();
    let id = there.unwrap_or_else(id::random);
    // Plain inserts for what is new: whatever could have to take one row back for another is journaled page by page.
    let sql = if fresh {
        "INSERT INTO files (id, project_id, repository_id, path, file_type, source, status, hash, size, error, run_id, created_at,
             processed_at, updated_at, dialect, coverage, assets, statements, statements_failed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?12, ?13, ?14, ?15, ?16, ?17)"
    } else {
        "UPDATE files SET file_type = ?5, source = ?6, status = ?7, hash = ?8, size = ?9, error = ?10, run_id = ?11, processed_at = ?12,
             updated_at = ?12, dialect = ?13, coverage = ?14, assets = ?15, statements = ?16, statements_failed = ?17
         WHERE id = ?1 AND project_id = ?2 AND repository_id = ?3 AND path = ?4"
    };
    conn.prepare_cached(sql)?.execute(params![
        id,
        new.project_id,
        new.repository_id,
        new.path,
        new.file_type,
        new.source,
        status,
        new.hash,
        size,
        new.error,
        new.run_id,
        now,
        new.facts.dialect,
        new.facts.coverage,
        new.facts.assets.len() as i64,
        new.facts.statements.len() as i64,
        new.facts.statements_failed() as i64
    ])?;
    let put = if fresh { "INSERT" } else { "INSERT OR REPLACE" };
    conn.prepare_cached(&format!("{put} INTO file_bytes (file_id, bytes) VALUES (?1, ?2)"))?.execute(params![id, new.bytes])?;
    reading::put(conn, &id, new.facts, new.passages, fresh)?;
    super::projects::synced(conn, new.repository_id)?;
    get(conn, &id)
}

/// The file with this id.
pub fn get(conn: &Connection, id: &str) -> Result<FileRow> {
    let mut statement = conn.prepare_cached(&format!("{FILE} WHERE id = ?1"))?;
    statement.query_row([id], file).optional()?.ok_or_else(|| Error::NotFound("File", id.into()))
}

/// The file of this path in a repository.
pub fn find_by_path(conn: &Connection, repository_id: &str, path: &str) -> Result<Option<FileRow>> {
    let mut statement = conn.prepare_cached(&format!("{FILE} WHERE repository_id = ?1 AND path = ?2"))?;
    Ok(statement.query_row([repository_id, path], file).optional()?)
}

/// Whether a file of the repository was read from exactly these bytes.
pub fn has_bytes(conn: &Connection, repository_id: &str, hash: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM files WHERE hash = ?2 AND repository_id = ?1 AND status = 'processed')";
    Ok(conn.prepare_cached(sql)?.query_row([repository_id, hash], |row| row.get(0))?)
}

/// A file's bytes as they came; [`Error::Corrupt`] when these are others.
pub fn bytes(conn: &Connection, id: &str) -> Result<Vec<u8>> {
    let mut statement =
        conn.prepare_cached("SELECT b.bytes, f.hash, f.path FROM files f JOIN file_bytes b ON b.file_id = f.id WHERE f.id = ?1")?;
    let found = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let (bytes, hash, path): (Vec<u8>, String, String) = found.ok_or_else(|| Error::NotFound("File", id.into()))?;
    if id::content_hash(&bytes) == hash {
        Ok(bytes)
    } else {
        Err(Error::Corrupt(format!("file {path}: its bytes are not those that were stored")))
    }
}

/// The first `most` of a file's bytes as they came.
pub fn beginning(conn: &Connection, id: &str, most: u32) -> Result<Vec<u8>> {
    let mut statement = conn.prepare_cached("SELECT substr(bytes, 1, ?2) FROM file_bytes WHERE file_id = ?1")?;
    statement.query_row(rusqlite::params![id, most], |row| row.get(0)).optional()?.ok_or_else(|| Error::NotFound("File", id.into()))
}

/// `length` of a file's bytes from `start` on, fewer at its end; `None` when it is no longer the file of this content. What comes before is
/// passed over, which costs a tenth of reading it.
pub fn part(conn: &Connection, file: &FileRow, start: usize, length: usize) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT b.rowid FROM file_bytes b JOIN files f ON f.id = b.file_id WHERE f.id = ?1 AND f.hash = ?2";
    let Some(row) = conn.prepare_cached(sql)?.query_row([&file.id, &file.hash], |row| row.get(0)).optional()? else { return Ok(None) };
    let blob = conn.blob_open("main", "file_bytes", "bytes", row, true)?;
    let mut bytes = vec![0; length.min(blob.len().saturating_sub(start))];
    blob.read_at_exact(&mut bytes, start)?;
    Ok(Some(bytes))
}

/// Marks a file as one that cannot be read, and why; the same bytes sent again are then read.
pub fn fail(conn: &Connection, id: &str, why: &str) -> Result<()> {
    let sql = "UPDATE files SET status = 'error', error = ?2, updated_at = ?3 WHERE id = ?1";
    found(conn.execute(sql, params![id, why, id::now()])?, "File", id)
}

/// Deletes a file and all it said; gives back what it was.
pub fn delete(conn: &Connection, id: &str) -> Result<FileRow> {
    let row = get(conn, id)?;
    found(conn.execute("DELETE FROM files WHERE id = ?1", [id])?, "File", id)?;
    Ok(row)
}

/// One page of the files that pass `filter`, newest first, and how many pass in all.
pub fn list(conn: &Connection, filter: &Filter) -> Result<(Vec<FileRow>, i64)> {
    let mut clauses: Vec<&str> = Vec::new();
    let mut values: Vec<&dyn ToSql> = Vec::new();
    for (clause, value) in [
        ("f.project_id = ?", &filter.project_id),
        ("f.repository_id = ?", &filter.repository_id),
        ("f.source = ?", &filter.source),
        ("f.status = ?", &filter.status),
    ] {
        if let Some(value) = value {
            clauses.push(clause);
            values.push(value);
        }
    }
    let pattern = filter.text.as_deref().map(super::like);
    if let Some(pattern) = &pattern {
        clauses.push(r"(f.path LIKE ? ESCAPE '\' OR EXISTS (SELECT 1 FROM chunks c WHERE c.file_id = f.id AND c.text LIKE ? ESCAPE '\'))");
        values.extend([pattern as &dyn ToSql, pattern]);
    }
    let condition = if clauses.is_empty() { String::new() } else { format!("WHERE {}", clauses.join(" AND ")) };
    // Text is looked for once: in each file's passages until it is found, which for all files is the most that a reader is held for.
    let mut statement = conn.prepare(&format!("SELECT f.rowid FROM files f {condition} ORDER BY f.rowid DESC"))?;
    let found: Vec<i64> = statement.query_map(values.as_slice(), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut statement = conn.prepare_cached(&format!("{FILE} WHERE rowid = ?1"))?;
    let page = found.iter().skip(filter.offset as usize).take(filter.limit as usize);
    let page = page.map(|row| statement.query_row([row], file)).collect::<rusqlite::Result<_>>()?;
    Ok((page, found.len() as i64))
}

/// The files ingested last, of one project or of all, newest first, and how many files there are. In the order of their runs: a clock that
/// is put back stamps what comes later as earlier.
pub fn recent(conn: &Connection, project_id: Option<&str>, limit: u32) -> Result<(Vec<FileRow>, i64)> {
    const PASSES: &str = "?1 IS NULL OR project_id = ?1";
    // Those whose run is not kept any more are behind all whose run is.
    const TURN: &str = "(SELECT r.rowid FROM runs r WHERE r.id = run_id)";
    let mut statement =
        conn.prepare_cached(&format!("{FILE} WHERE {PASSES} ORDER BY {TURN} DESC, updated_at DESC, rowid DESC LIMIT ?2"))?;
    let page = statement.query_map(params![project_id, limit], file)?.collect::<rusqlite::Result<_>>()?;
    Ok((page, conn.query_row(&format!("SELECT count(*) FROM files WHERE {PASSES}"), [project_id], |row| row.get(0))?))
}

/// Counts and bytes, of one project or of all.
pub fn stats(conn: &Connection, project_id: Option<&str>) -> Result<Stats> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE status = 'processed'), count(*) FILTER (WHERE status = 'pending'),
        count(*) FILTER (WHERE status = 'error') + (SELECT coalesce(sum(files_failed), 0) FROM runs WHERE ?1 IS NULL OR project_id = ?1),
        coalesce(sum(size), 0),
        (SELECT coalesce(sum(files_skipped), 0) FROM runs WHERE ?1 IS NULL OR project_id = ?1)
        FROM files WHERE ?1 IS NULL OR project_id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([project_id], |row| {
        Ok(Stats {
            total: row.get(0)?,
            processed: row.get(1)?,
            pending: row.get(2)?,
            errors: row.get(3)?,
            storage_bytes: row.get(4)?,
            skipped: row.get(5)?,
        })
    })?)
}

#[cfg(test)]
mod tests;
