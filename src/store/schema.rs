//! The schema: an append-only list of migrations; a store's version is how many of them it has seen (`user_version`).

use super::{Error, Result};
use rusqlite::{Connection, TransactionBehavior};

/// Never edit one that was released: append.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
];

/// The version this program knows.
pub const VERSION: i64 = MIGRATIONS.len() as i64;
/// From this version on what was read and what runs changed have hashes.
pub const HASHED: i64 = 4;
/// From this version on what runs changed is in bytes.
pub const IN_BYTES: i64 = 6;

/// The version of a store, 0 for an empty one. [`Error::Newer`] for a store from the future.
pub fn version(conn: &Connection) -> Result<i64> {
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if (0..=VERSION).contains(&version) { Ok(version) } else { Err(Error::Newer(version, VERSION)) }
}

/// Brings a store to [`VERSION`] in one transaction: all of it or nothing. [`Error::Newer`] for a store from the future.
pub fn migrate(conn: &mut Connection) -> Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let seen = version(&tx)? as usize;
    if seen == MIGRATIONS.len() {
        // Nothing is written: a store on a full disk still opens.
        return Ok(());
    }
    for migration in &MIGRATIONS[seen..] {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "user_version", VERSION)?;
    Ok(tx.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_store_gets_every_table_and_the_default_project() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn).unwrap();
        let (name, at): (String, String) =
            conn.query_row("SELECT name, created_at FROM projects WHERE id = 'default'", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert_eq!(name, "Default");
        assert_eq!(at.len(), crate::id::now().len(), "{at}");
        let version: i64 = conn.pragma_query_value(None, "user_version", |r| r.get(0)).unwrap();
        assert_eq!(version, VERSION);
    }

    #[test]
    fn a_store_of_one_row_a_fact_and_change_says_the_same_in_one_row_for_all() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn.pragma_update(None, "user_version", 1).unwrap();
        conn.execute_batch(
            r#"INSERT INTO repositories (id, project_id, name, source, created_at) VALUES ('r', 'default', 'r', 'upload', '');
            INSERT INTO runs (id, ingestion_id, project_id, repository_id, source, status, started_at, filenames)
                VALUES ('run', 'i', 'default', 'r', 'upload', 'completed', '', '[]');
            INSERT INTO files (id, project_id, repository_id, path, file_type, source, status, hash, size, dialect, coverage, run_id,
                created_at, updated_at) VALUES ('f', 'default', 'r', 'a.sql', 'sql', 'upload', 'processed', '', 1, 'tsql', 0.1, 'run', '', '');
            INSERT INTO diagnostic_facts VALUES ('f', 1, '{"line":2,"message":"two","severity":"info"}'),
                ('f', 0, '{"line":1,"message":"\"one\"","severity":"error"}');
            INSERT INTO edge_facts VALUES ('f', 0, '{"relation":"DERIVES","from":["a"],"to":["b","c"],"line":3,"confidence":0.7}');
            INSERT INTO run_changes VALUES ('run', 0, 'node', 'added', '{"id":"urn:a","type":"table","name":"a"}'),
                ('run', 1, 'edge', 'removed', '{"id":"e","source":"urn:a","target":"urn:b","relationship":"DERIVES"}');"#,
        )
        .unwrap();
        migrate(&mut conn).unwrap();
        let (row, facts, passages) = crate::store::files::reading(&conn, "f").unwrap();
        assert_eq!((row.coverage, facts.coverage, facts.dialect.as_str(), passages.len()), (0.1, 0.1, "tsql", 0));
        assert_eq!(facts.diagnostics.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(), ["\"one\"", "two"]);
        assert_eq!((facts.edges[0].confidence, facts.edges[0].to.as_ref().unwrap().to_string()), (0.7, "b.c".to_owned()));
        let kept = crate::store::runs::changes(&conn, "run", usize::MAX).unwrap().unwrap();
        assert_eq!(
            String::from_utf8(kept).unwrap(),
            r#"{"project":"default","nodes_added":[["urn:a","table","a"]],"nodes_removed":[],"edges_added":[],"edges_removed":[["urn:a","urn:b","DERIVES"]]}"#
        );
    }

    #[test]
    fn migrating_again_changes_nothing() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn).unwrap();
        conn.execute("UPDATE projects SET name = 'Mine'", []).unwrap();
        migrate(&mut conn).unwrap();
        assert_eq!(conn.query_row("SELECT name FROM projects", [], |r| r.get::<_, String>(0)).unwrap(), "Mine");
    }

    #[test]
    fn sessions_of_before_are_in_the_order_of_their_last_messages_and_of_the_project_of_their_last_question() {
        let mut conn = Connection::open_in_memory().unwrap();
        MIGRATIONS[..4].iter().for_each(|migration| conn.execute_batch(migration).unwrap());
        conn.pragma_update(None, "user_version", 4).unwrap();
        conn.execute_batch(
            r#"INSERT INTO sessions (id, title, created_at, updated_at) VALUES ('a', '', '', ''), ('b', '', '', ''), ('c', '', '', '');
            INSERT INTO messages (id, session_id, role, content, data, created_at) VALUES
                ('1', 'a', 'assistant', '', '{"project_id": "old"}', ''), ('2', 'b', 'assistant', '', 'no JSON', ''),
                ('3', 'a', 'user', '', '{}', ''), ('4', 'a', 'assistant', '', '{"project_id": "new"}', '');"#,
        )
        .unwrap();
        migrate(&mut conn).unwrap();
        let told: String = conn
            .query_row("SELECT group_concat(id || coalesce(project_id, '-')) FROM (SELECT * FROM sessions ORDER BY place)", [], |r| {
                r.get(0)
            })
            .unwrap();
        assert_eq!(told, "c-,b-,anew");
    }

    #[test]
    fn a_store_from_the_future_is_refused_untouched() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.pragma_update(None, "user_version", VERSION + 1).unwrap();
        assert!(matches!(migrate(&mut conn), Err(Error::Newer(theirs, VERSION)) if theirs == VERSION + 1));
        assert_eq!(conn.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get::<_, i64>(0)).unwrap(), 0);
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing_behind() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE settings (x)").unwrap();
        assert!(migrate(&mut conn).is_err());
        let tables: String = conn.query_row("SELECT group_concat(name) FROM sqlite_schema", [], |r| r.get(0)).unwrap();
        assert_eq!(tables, "settings");
    }

    /// A foreign key without an index makes every delete of its parent a full scan.
    #[test]
    fn every_foreign_key_has_an_index_that_begins_with_it() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn).unwrap();
        let missing: Option<String> = conn
            .query_row(
                "SELECT group_concat(t.name || '.' || k.\"from\") FROM sqlite_schema t, pragma_foreign_key_list(t.name) k
                 WHERE t.type = 'table' AND NOT EXISTS (
                     SELECT 1 FROM pragma_index_list(t.name) i, pragma_index_info(i.name) c WHERE c.seqno = 0 AND c.name = k.\"from\")",
                [],
                |r| r.get(0),
            )
            .unwrap();
        assert_eq!(missing, None);
    }
}
