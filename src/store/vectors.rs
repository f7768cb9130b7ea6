//! Vectors of an embedding model, by the hash of what they are of.

use super::Result;
use crate::search::Vector;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashSet;

/// The vector of `hash` in a project.
pub fn get(conn: &Connection, project: &str, hash: &str) -> Result<Option<Vector>> {
    let mut select = conn.prepare_cached("SELECT vector FROM vectors WHERE project_id = ?1 AND hash = ?2")?;
    let bytes: Option<Vec<u8>> = select.query_row([project, hash], |row| row.get(0)).optional()?;
    Ok(bytes.and_then(|bytes| Vector::from_bytes(&bytes)))
}

/// Whether a project has any.
pub fn any(conn: &Connection, project: &str) -> Result<bool> {
    let mut select = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM vectors WHERE project_id = ?1)")?;
    Ok(select.query_row([project], |row| row.get(0))?)
}

/// Keeps vectors of a project. A project that is gone keeps none.
pub fn put<'a>(conn: &Connection, project: &str, vectors: impl Iterator<Item = (&'a str, &'a Vector)>) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO vectors (project_id, hash, vector) SELECT id, ?2, ?3 FROM projects WHERE id = ?1";
    let mut insert = conn.prepare_cached(sql)?;
    for (hash, vector) in vectors {
        insert.execute((project, hash, vector.bytes()))?;
    }
    Ok(())
}

/// Forgets what a project has beyond `used`, once that is more than `used` itself: until then a text may come back.
pub fn prune(conn: &Connection, project: &str, used: &HashSet<String>) -> Result<()> {
    let kept = conn.prepare_cached("SELECT hash FROM vectors WHERE project_id = ?1")?;
    let kept: Vec<String> = { kept }.query_map([project], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    if kept.len() <= used.len() * 2 {
        return Ok(());
    }
    let mut delete = conn.prepare_cached("DELETE FROM vectors WHERE project_id = ?1 AND hash = ?2")?;
    for hash in kept.iter().filter(|hash| !used.contains(*hash)) {
        delete.execute([project, hash])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_back_and_go_when_most_are_of_no_use_or_their_project_goes() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::store::schema::migrate(&mut conn).unwrap();
        conn.execute_batch("PRAGMA foreign_keys = ON; INSERT INTO projects VALUES ('p', 'P', NULL, '', '')").unwrap();
        let vector = Vector::new(&[1.0, -0.5]).unwrap();
        put(&conn, "p", ["a", "b", "c"].map(|hash| (hash, &vector)).into_iter()).unwrap();
        put(&conn, "gone", [("a", &vector)].into_iter()).unwrap();
        let there = || ["a", "b", "c"].map(|hash| get(&conn, "p", hash).unwrap() == Some(vector.clone()));
        assert_eq!(there(), [true; 3]);
        assert_eq!(get(&conn, "default", "a").unwrap(), None);
        prune(&conn, "p", &["a", "b"].map(String::from).into()).unwrap();
        assert_eq!(there(), [true; 3]);
        prune(&conn, "p", &["b"].map(String::from).into()).unwrap();
        assert_eq!(there(), [false, true, false]);
        conn.execute("DELETE FROM projects WHERE id = 'p'", []).unwrap();
        assert_eq!(there(), [false; 3]);
    }
}
