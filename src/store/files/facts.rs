//! What a file states, as rows: a [`Facts`] taken apart and put together again, exactly.

use super::{FILE, FileRow, file};
use crate::lineage::Facts;
use crate::store::{Error, Result, found, from_json, to_json};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// Replaces what a file states.
pub fn put_facts(conn: &Connection, file_id: &str, facts: &Facts) -> Result<()> {
    let changed = conn
        .prepare_cached("UPDATE files SET dialect = ?2, coverage = ?3, statements = ?4, statements_failed = ?5 WHERE id = ?1")?
        .execute(params![file_id, facts.dialect, facts.coverage, facts.statements.len() as i64, facts.statements_failed() as i64])?;
    found(changed, "File", file_id)?;
    put(conn, "node_facts", file_id, &facts.assets)?;
    put(conn, "statement_facts", file_id, &facts.statements)?;
    put(conn, "edge_facts", file_id, &facts.edges)?;
    put(conn, "diagnostic_facts", file_id, &facts.diagnostics)
}

/// What a file states.
pub fn facts(conn: &Connection, file_id: &str) -> Result<Facts> {
    let row: Option<(String, f32)> = conn
        .prepare_cached("SELECT dialect, coverage FROM files WHERE id = ?1")?
        .query_row([file_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (dialect, coverage) = row.ok_or_else(|| Error::NotFound("File", file_id.into()))?;
    Ok(Facts {
        dialect,
        coverage,
        assets: take(conn, "node_facts", file_id)?,
        statements: take(conn, "statement_facts", file_id)?,
        edges: take(conn, "edge_facts", file_id)?,
        diagnostics: take(conn, "diagnostic_facts", file_id)?,
    })
}

/// Every file of a project with what it states, in order of path. One scan for each table.
pub fn project_facts(conn: &Connection, project_id: &str) -> Result<Vec<(FileRow, Facts)>> {
    let mut statement = conn.prepare_cached(&format!("{FILE} WHERE project_id = ?1 ORDER BY path, id"))?;
    let rows: Vec<FileRow> = statement.query_map([project_id], file)?.collect::<rusqlite::Result<_>>()?;
    let (mut assets, mut statements) = (all(conn, "node_facts", project_id)?, all(conn, "statement_facts", project_id)?);
    let (mut edges, mut diagnostics) = (all(conn, "edge_facts", project_id)?, all(conn, "diagnostic_facts", project_id)?);
    let whole = |row: FileRow| {
        let facts = Facts {
            dialect: row.dialect.clone(),
            coverage: row.coverage,
            assets: assets.remove(&row.id).unwrap_or_default(),
            statements: statements.remove(&row.id).unwrap_or_default(),
            edges: edges.remove(&row.id).unwrap_or_default(),
            diagnostics: diagnostics.remove(&row.id).unwrap_or_default(),
        };
        (row, facts)
    };
    Ok(rows.into_iter().map(whole).collect())
}

fn put<T: Serialize>(conn: &Connection, table: &'static str, file_id: &str, items: &[T]) -> Result<()> {
    conn.prepare_cached(&format!("DELETE FROM {table} WHERE file_id = ?1"))?.execute([file_id])?;
    let mut insert = conn.prepare_cached(&format!("INSERT INTO {table} (file_id, ordinal, data) VALUES (?1, ?2, ?3)"))?;
    for (ordinal, item) in items.iter().enumerate() {
        insert.execute(params![file_id, ordinal as i64, to_json(item)?])?;
    }
    Ok(())
}

fn take<T: DeserializeOwned>(conn: &Connection, table: &'static str, file_id: &str) -> Result<Vec<T>> {
    let mut statement = conn.prepare_cached(&format!("SELECT data FROM {table} WHERE file_id = ?1 ORDER BY ordinal"))?;
    let mut rows = statement.query([file_id])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(from_json(table, row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?);
    }
    Ok(items)
}

fn all<T: DeserializeOwned>(conn: &Connection, table: &'static str, project_id: &str) -> Result<HashMap<String, Vec<T>>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT t.file_id, t.data FROM files f JOIN {table} t ON t.file_id = f.id WHERE f.project_id = ?1 ORDER BY t.file_id, t.ordinal"
    ))?;
    let mut rows = statement.query([project_id])?;
    let mut items: HashMap<String, Vec<T>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let file_id = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let item = from_json(table, row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        match items.get_mut(file_id) {
            Some(list) => list.push(item),
            None => drop(items.insert(file_id.to_owned(), vec![item])),
        }
    }
    Ok(items)
}
