//! What a look at all of a store finds.

use super::copy::{open, version_of, with_suffix};
use super::{FILE, Result, files, runs, schema};
use crate::id;
use rusqlite::Connection;
use std::path::Path;

/// Findings of one kind that are told; a damaged store has thousands.
const MAX_FINDINGS: usize = 20;

/// What a check of a store found.
#[derive(Debug)]
pub struct Checked {
    /// Its schema version.
    pub version: i64,
    /// Bytes of its file and its WAL.
    pub bytes: u64,
    /// Projects in it.
    pub projects: i64,
    /// Files in it, each of which was read.
    pub files: usize,
    /// What is wrong, a line each; of a kind no more than a person reads.
    pub problems: Vec<String>,
}

/// Looks at all of the store in `dir`: pages and indexes, rows that refer to others; every file's bytes, what was read from it and what
/// each run changed against their hashes (of the last two what was stored before schema [`schema::HASHED`] has none, and is only parsed).
/// The store may be in use, and stays as it is: a WAL that a crash left is read, and left. Blocking; takes as long as reading the whole file.
///
/// # Errors
/// As [`backup`](super::copy::backup); of damage when it is such that the rest cannot be looked at.
pub fn check(dir: &Path) -> Result<Checked> {
    let path = dir.join(FILE);
    let conn = open(&path)?;
    conn.pragma_update(None, "query_only", true)?;
    let conn = conn.unchecked_transaction()?;
    let version = version_of(&conn)?;
    let mut problems = findings(&conn, &format!("PRAGMA integrity_check({MAX_FINDINGS})"), |row| row.get(0))?;
    problems.retain(|line: &String| line != "ok");
    let (files, wrong) = rows(&conn, version)?;
    problems.extend(wrong);
    let projects = conn.query_row("SELECT count(*) FROM projects", [], |row| row.get(0))?;
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |meta| meta.len());
    Ok(Checked { version, bytes: size(&path) + size(&with_suffix(&path, "-wal")), projects, files, problems })
}

/// What of [`check`] pages do not tell: how many files there are, and what is wrong with what rows hold.
pub(super) fn rows(conn: &Connection, version: i64) -> Result<(usize, Vec<String>)> {
    let orphan = |row: &rusqlite::Row<'_>| {
        Ok(format!("a row of {} refers to a row of {} that is not there", row.get::<_, String>(0)?, row.get::<_, String>(2)?))
    };
    let mut problems = findings(conn, "PRAGMA foreign_key_check", orphan)?;
    let hashed = version >= schema::HASHED;
    let (files, wrong) = check_files(conn, hashed)?;
    problems.extend(wrong);
    if hashed {
        let damaged = runs::damaged(conn, version)?.into_iter().take(MAX_FINDINGS);
        problems.extend(damaged.map(|run| format!("run {run}: what it changed is not what was stored")));
    }
    Ok((files, problems))
}

/// Files read, and what is wrong with them.
fn check_files(conn: &Connection, hashed: bool) -> Result<(usize, Vec<String>)> {
    let (mut read, mut problems) = (0, Vec::new());
    let mut statement = conn.prepare("SELECT f.id, f.path, f.hash, b.bytes FROM files f LEFT JOIN file_bytes b ON b.file_id = f.id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        read += 1;
        let (id, path, hash): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let wrong = match row.get_ref(3)?.as_blob_or_null().map_err(rusqlite::Error::from)? {
            None => Some("its bytes are not there".to_owned()),
            Some(bytes) if id::content_hash(bytes) != hash => Some("its bytes are not those that were stored".to_owned()),
            Some(_) => match files::facts(conn, &id).and_then(|_| Ok(!hashed || files::is_as_put(conn, &id)?)) {
                Ok(true) => None,
                Ok(false) => Some("what was read from it is not what was stored".to_owned()),
                Err(error) => Some(format!("what was read from it cannot be: {error}")),
            },
        };
        problems.extend(wrong.filter(|_| problems.len() < MAX_FINDINGS).map(|wrong| format!("file {path}: {wrong}")));
    }
    Ok((read, problems))
}

fn findings(conn: &Connection, sql: &str, line: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<String>) -> Result<Vec<String>> {
    let mut statement = conn.prepare(sql)?;
    Ok(statement.query_map([], line)?.take(MAX_FINDINGS).collect::<rusqlite::Result<_>>()?)
}
