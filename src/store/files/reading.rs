//! What was read from a file: its facts, exactly as they were put, and its passages.

use super::{FILE, FileRow, Passage, file};
use crate::id;
use crate::lineage::{Diagnostic, Facts};
use crate::store::{Error, Result, found, from_json, to_json};
use rusqlite::{Connection, Row, params};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// A file as it was read.
pub type Reading = (FileRow, Facts, Vec<Passage>);

/// Stores what was read from a file in place of what was read before.
pub fn put_reading(conn: &Connection, file_id: &str, facts: &Facts, passages: &[Passage]) -> Result<()> {
    put(conn, file_id, facts, passages, false)
}

/// As [`put_reading`]; of a file that is `fresh` nothing was read before.
pub(super) fn put(conn: &Connection, file_id: &str, facts: &Facts, passages: &[Passage], fresh: bool) -> Result<()> {
    let data = to_json(facts)?;
    let mut hash = Hash::of(data.as_bytes());
    passages.iter().for_each(|p| hash.add(p.line, p.line_end, p.text.as_bytes()));
    let insert = if fresh { "INSERT" } else { "INSERT OR REPLACE" };
    let mut insert = conn.prepare_cached(&format!("{insert} INTO facts (file_id, data, hash) VALUES (?1, ?2, ?3)"))?;
    insert.execute(params![file_id, data, hash.hex()])?;
    if !fresh {
        conn.prepare_cached("DELETE FROM chunks WHERE file_id = ?1")?.execute([file_id])?;
    }
    let mut insert = conn.prepare_cached("INSERT INTO chunks (file_id, ordinal, line, line_end, text) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (ordinal, passage) in passages.iter().enumerate() {
        insert.execute(params![file_id, ordinal as i64, passage.line, passage.line_end, passage.text])?;
    }
    Ok(())
}

/// As [`put_reading`], of a file that was left out or would have been: it is no more.
pub fn put_mended(conn: &Connection, file_id: &str, facts: &Facts, passages: &[Passage]) -> Result<()> {
    put_reading(conn, file_id, facts, passages)?;
    let mut mended = conn.prepare_cached("UPDATE files SET status = 'processed', error = NULL WHERE id = ?1")?;
    found(mended.execute([file_id])?, "File", file_id)
}

/// Tells what was read from a file from anything else.
struct Hash(Sha256);

impl Hash {
    fn of(facts: &[u8]) -> Hash {
        Hash(Sha256::new_with_prefix(facts))
    }

    fn add(&mut self, line: u32, line_end: u32, text: &[u8]) {
        for number in [u64::from(line), u64::from(line_end), text.len() as u64] {
            self.0.update(number.to_le_bytes());
        }
        self.0.update(text);
    }

    fn hex(self) -> String {
        id::hex(&self.0.finalize())
    }
}

/// Whether what was read from a file is there as it was put; so is what was put before hashes were. Not for schemas below
/// [`HASHED`](crate::store::schema::HASHED).
pub fn is_as_put(conn: &Connection, file_id: &str) -> Result<bool> {
    let mut facts = conn.prepare_cached("SELECT data, hash FROM facts WHERE file_id = ?1 AND hash IS NOT NULL")?;
    let mut facts = facts.query([file_id])?;
    let Some(row) = facts.next()? else { return Ok(true) };
    let mut hash = Hash::of(row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?);
    let mut chunks = conn.prepare_cached("SELECT line, line_end, text FROM chunks WHERE file_id = ?1 ORDER BY ordinal")?;
    let mut chunks = chunks.query([file_id])?;
    while let Some(row) = chunks.next()? {
        hash.add(row.get(0)?, row.get(1)?, row.get_ref(2)?.as_bytes().map_err(rusqlite::Error::from)?);
    }
    Ok(row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)? == hash.hex().as_bytes())
}

/// The file with this id as it was read; [`Error::Corrupt`] when it was not read as this.
pub fn reading(conn: &Connection, id: &str) -> Result<Reading> {
    let row = super::get(conn, id)?;
    if !is_as_put(conn, id)? {
        return Err(Error::Corrupt("what was read is not what was stored".into()));
    }
    let facts = facts(conn, id)?;
    let mut passages = conn.prepare_cached("SELECT line, line_end, text FROM chunks WHERE file_id = ?1 ORDER BY ordinal")?;
    let passages = passages.query_map([id], |row| passage(row, 0))?.collect::<rusqlite::Result<_>>()?;
    Ok((row, facts, passages))
}

/// Every file of a project, in any order, with how far it was understood and its passages.
pub fn project_outlines(conn: &Connection, project_id: &str) -> Result<Vec<(FileRow, Outline, Vec<Passage>)>> {
    let mut chunks = conn.prepare_cached(
        "SELECT f.id, c.line, c.line_end, c.text FROM files f JOIN chunks c ON c.file_id = f.id
             WHERE f.project_id = ?1 ORDER BY f.id, c.ordinal",
    )?;
    let mut passages: HashMap<String, Vec<Passage>> = HashMap::new();
    let mut rows = chunks.query([project_id])?;
    while let Some(row) = rows.next()? {
        let file_id = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        match passages.get_mut(file_id) {
            Some(list) => list.push(passage(row, 1)?),
            None => drop(passages.insert(file_id.to_owned(), vec![passage(row, 1)?])),
        }
    }
    let mut statement = conn.prepare_cached(&format!("{FILE} WHERE project_id = ?1"))?;
    let rows: Vec<FileRow> = statement.query_map([project_id], file)?.collect::<rusqlite::Result<_>>()?;
    let whole = |row: FileRow| {
        let (outline, passages) = (outline(conn, &row.id)?, passages.remove(&row.id).unwrap_or_default());
        Ok((row, outline, passages))
    };
    rows.into_iter().map(whole).collect()
}

/// By id of a project's files: the run that brought each as it is now.
pub fn runs(conn: &Connection, project_id: &str) -> Result<HashMap<String, String>> {
    let mut statement = conn.prepare_cached("SELECT id, run_id FROM files WHERE project_id = ?1")?;
    Ok(statement.query_map([project_id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// Whether a project lists a file; one that is listed and not found by its id is damaged.
pub fn is_listed(conn: &Connection, id: &str) -> Result<bool> {
    // By the rows themselves, not by the index.
    Ok(conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM files NOT INDEXED WHERE id = ?1)")?.query_row([id], |row| row.get(0))?)
}

/// What a file states. [`Error::Corrupt`] names it when that is not what can have been put.
pub fn facts(conn: &Connection, file_id: &str) -> Result<Facts> {
    let mut facts: Facts = stated(conn, file_id)?;
    facts.shrink_to_fit();
    Ok(facts)
}

/// How far a file was understood.
#[derive(Debug, Deserialize)]
pub struct Outline {
    /// Statements, in order.
    pub statements: Vec<Understanding>,
    /// What was not understood.
    pub diagnostics: Vec<Diagnostic>,
    /// Tokens of SQL.
    #[serde(default)]
    pub tokens: u32,
}

/// How far a statement was understood.
#[derive(Debug, Deserialize)]
pub struct Understanding {
    /// 0: not at all; to 1.
    pub confidence: f32,
}

/// As [`facts`], of which no more is made than is told of a file: those of a large one take a second to build.
pub fn outline(conn: &Connection, file_id: &str) -> Result<Outline> {
    stated(conn, file_id)
}

fn stated<T: DeserializeOwned>(conn: &Connection, file_id: &str) -> Result<T> {
    let read = || -> Result<T> {
        let mut statement = conn.prepare_cached("SELECT data FROM facts WHERE file_id = ?1")?;
        let mut rows = statement.query([file_id])?;
        let row = rows.next()?.ok_or_else(|| Error::Corrupt("they are not there".into()))?;
        from_json("they", row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)
    };
    read().map_err(|error| match error {
        Error::Corrupt(why) => Error::Corrupt(format!("facts of file {file_id}: {why}")),
        other => other,
    })
}

fn passage(row: &Row<'_>, first: usize) -> rusqlite::Result<Passage> {
    Ok(Passage { line: row.get(first)?, line_end: row.get(first + 1)?, text: row.get(first + 2)? })
}
