//! Runs (one ingestion each), their log, and what each added and removed.

use super::{Error, Result, found, from_json, schema, to_json};
use crate::id;
use rusqlite::blob::ZeroBlob;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

/// Runs of a project kept with their logs and changes; older ones of it go when one starts. Months of hourly ingestion, and a bound on the
/// store; a busy project takes nothing from a quiet one.
pub const KEPT: u32 = 2_000;

/// Files of a run that are named in it: a run may be of fifty thousand, and a list has a thousand runs.
pub const NAMED: usize = 100;

/// How a run ended, or that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not ended.
    Running,
    /// Every file was processed or skipped.
    Completed,
    /// Some files failed.
    CompletedWithErrors,
    /// Every file failed, or the run broke off.
    Failed,
    /// The process ended before the run did, or the store refused to write its end.
    Interrupted,
}

impl Status {
    /// `running`, `completed`, `completed_with_errors`, `failed`, `interrupted`.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Completed => "completed",
            Status::CompletedWithErrors => "completed_with_errors",
            Status::Failed => "failed",
            Status::Interrupted => "interrupted",
        }
    }

    /// The status that [`Status::as_str`] names.
    pub fn parse(text: &str) -> Option<Status> {
        [Status::Running, Status::Completed, Status::CompletedWithErrors, Status::Failed, Status::Interrupted]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

/// One ingestion.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Id of the run, for its diff.
    pub id: String,
    /// Id of the ingestion, in events and the log.
    pub ingestion_id: String,
    /// Its project.
    pub project_id: String,
    /// Its repository.
    pub repository_id: String,
    /// What started it.
    pub source: String,
    /// How it is.
    pub status: Status,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339; `None` while it runs.
    pub completed_at: Option<String>,
    /// Paths of the first [`NAMED`] of its files, in order.
    pub filenames: Vec<String>,
    /// How many files it is over.
    pub files: u32,
    /// What came of it; zeros while it runs.
    pub outcome: Outcome,
}

/// A run that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Id of the run.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
    /// Paths of all its files, in order.
    pub filenames: Vec<String>,
}

/// What came of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Files whose facts are in the graph now.
    pub files_processed: u32,
    /// Files refused or not stored.
    pub files_failed: u32,
    /// Files whose bytes were there already.
    pub files_skipped: u32,
    /// Nodes the graph gained.
    pub nodes_created: u32,
    /// Edges the graph gained.
    pub edges_created: u32,
}

/// One line of a run's log.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "IngestionEvent")]
pub struct Event {
    /// RFC 3339.
    pub timestamp: String,
    /// What happened: `ingestion_started`, `ingestion_progress`, `ingestion_complete`.
    pub r#type: String,
    /// `info` or `error`.
    pub level: String,
    /// Details.
    pub payload: Value,
}

/// Which runs to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this project.
    pub project_id: Option<String>,
    /// Started by this source.
    pub source: Option<String>,
    /// In this status.
    pub status: Option<Status>,
    /// At most so many.
    pub limit: u32,
}

/// Its 100 is [`NAMED`].
const RUN: &str = "SELECT id, ingestion_id, project_id, repository_id, source, status, started_at, completed_at,
    (SELECT json_group_array(value) FROM (SELECT value FROM json_each(filenames) LIMIT 100)), json_array_length(filenames), files_processed,
    files_failed, files_skipped, nodes_created, edges_created FROM runs";

fn run(row: &Row<'_>) -> Result<Run> {
    let status: String = row.get(5)?;
    Ok(Run {
        id: row.get(0)?,
        ingestion_id: row.get(1)?,
        project_id: row.get(2)?,
        repository_id: row.get(3)?,
        source: row.get(4)?,
        status: Status::parse(&status).ok_or_else(|| Error::Corrupt(format!("runs: unknown status '{status}'")))?,
        started_at: row.get(6)?,
        completed_at: row.get(7)?,
        filenames: from_json("runs", row.get_ref(8)?.as_str().map_err(rusqlite::Error::from)?)?,
        files: row.get(9)?,
        outcome: Outcome {
            files_processed: row.get(10)?,
            files_failed: row.get(11)?,
            files_skipped: row.get(12)?,
            nodes_created: row.get(13)?,
            edges_created: row.get(14)?,
        },
    })
}

/// Begins a run over files of these paths; the oldest of the project beyond [`KEPT`] are forgotten.
pub fn start(conn: &Connection, project_id: &str, repository_id: &str, source: &str, filenames: &[String]) -> Result<Run> {
    super::projects::repository_of(conn, project_id, repository_id)?;
    let id = id::random();
    conn.execute(
        "INSERT INTO runs (id, ingestion_id, project_id, repository_id, source, status, started_at, filenames)
         VALUES (?1, ?2, ?3, ?4, ?5, 'running', ?6, ?7)",
        params![id, id::random(), project_id, repository_id, source, id::now(), to_json(&filenames)?],
    )?;
    conn.execute(
        "DELETE FROM runs WHERE project_id = ?1 AND status <> 'running'
             AND rowid <= (SELECT rowid FROM runs WHERE project_id = ?1 ORDER BY rowid DESC LIMIT 1 OFFSET ?2)",
        params![project_id, KEPT],
    )?;
    get(conn, &id)
}

/// Ends a run.
pub fn finish(conn: &Connection, id: &str, status: Status, outcome: &Outcome) -> Result<Run> {
    let changed = conn.execute(
        "UPDATE runs SET status = ?2, completed_at = ?3, files_processed = ?4, files_failed = ?5, files_skipped = ?6, nodes_created = ?7,
             edges_created = ?8 WHERE id = ?1",
        params![
            id,
            status.as_str(),
            id::now(),
            outcome.files_processed,
            outcome.files_failed,
            outcome.files_skipped,
            outcome.nodes_created,
            outcome.edges_created
        ],
    )?;
    found(changed, "Run", id)?;
    get(conn, id)
}

/// Marks runs, of one project or of all, that were left running: by a crash, or by a disk too full for their end. What they had
/// committed stays.
pub fn interrupt_unfinished(conn: &Connection, project_id: Option<&str>) -> Result<usize> {
    let sql = "UPDATE runs SET status = 'interrupted', completed_at = ?1 WHERE status = 'running' AND (?2 IS NULL OR project_id = ?2)";
    Ok(conn.execute(sql, params![id::now(), project_id])?)
}

/// The run with this id, or of the ingestion with this id.
pub fn get(conn: &Connection, id: &str) -> Result<Run> {
    let mut statement = conn.prepare_cached(&format!("{RUN} WHERE id = ?1 OR ingestion_id = ?1"))?;
    statement.query_row([id], |row| Ok(run(row))).optional()?.unwrap_or_else(|| Err(Error::NotFound("Ingestion", id.into())))
}

/// Runs that pass `filter`, newest first, and how many pass in all.
pub fn list(conn: &Connection, filter: &Filter) -> Result<(Vec<Run>, i64)> {
    const PASSES: &str = "(?1 IS NULL OR project_id = ?1) AND (?2 IS NULL OR source = ?2) AND (?3 IS NULL OR status = ?3)";
    let (project_id, source, status) = (&filter.project_id, &filter.source, filter.status.map(Status::as_str));
    let mut statement = conn.prepare_cached(&format!("{RUN} WHERE {PASSES} ORDER BY rowid DESC LIMIT ?4"))?;
    let page = statement.query_and_then(params![project_id, source, status, filter.limit], run)?.collect::<Result<_>>()?;
    let total =
        conn.query_row(&format!("SELECT count(*) FROM runs WHERE {PASSES}"), params![project_id, source, status], |row| row.get(0))?;
    Ok((page, total))
}

/// The newest run of a project that has ended.
pub fn newest(conn: &Connection, project_id: &str) -> Result<Option<Ended>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, coalesce(completed_at, started_at), filenames FROM runs WHERE project_id = ?1 AND status <> 'running'
             ORDER BY rowid DESC LIMIT 1",
    )?;
    let ended = |row: &Row<'_>| {
        let filenames = from_json("runs", row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)?;
        Ok(Ended { id: row.get(0)?, at: row.get(1)?, filenames })
    };
    statement.query_and_then([project_id], ended)?.next().transpose()
}

/// Adds to a run's log, in order.
pub fn add_events(conn: &Connection, run_id: &str, events: &[Event]) -> Result<()> {
    let mut insert = conn.prepare_cached(
        "INSERT INTO run_events (run_id, ordinal, timestamp, type, level, payload)
         VALUES (?1, (SELECT coalesce(max(ordinal) + 1, 0) FROM run_events WHERE run_id = ?1), ?2, ?3, ?4, ?5)",
    )?;
    for event in events {
        insert.execute(params![run_id, event.timestamp, event.r#type, event.level, to_json(&event.payload)?])?;
    }
    Ok(())
}

/// A run's log, oldest first.
pub fn events(conn: &Connection, run_id: &str) -> Result<Vec<Event>> {
    let mut statement = conn.prepare_cached("SELECT timestamp, type, level, payload FROM run_events WHERE run_id = ?1 ORDER BY ordinal")?;
    let event = |row: &Row<'_>| {
        let payload = from_json("run_events", row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?;
        Ok(Event { timestamp: row.get(0)?, r#type: row.get(1)?, level: row.get(2)?, payload })
    };
    statement.query_and_then([run_id], event)?.collect()
}

/// Replaces what a run changed: the bytes that `next` gives, piece after piece until it gives none; JSON that is the caller's to understand.
pub fn put_changes(conn: &Connection, run_id: &str, size: u64, hash: &str, mut next: impl FnMut() -> Result<Vec<u8>>) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO changes (run_id, data, hash, bytes) VALUES (?1, '', ?2, ?3)";
    conn.execute(sql, params![run_id, hash, ZeroBlob(size)])?;
    let mut blob = conn.blob_open("main", "changes", "bytes", conn.last_insert_rowid(), false)?;
    let mut at = 0;
    loop {
        let piece = next()?;
        if piece.is_empty() {
            return Ok(());
        }
        blob.write_at(&piece, at)?;
        at += piece.len();
    }
}

/// Runs of whose changes something else is there than was put, in a store of schema `version`, which has hashes.
pub fn damaged(conn: &Connection, version: i64) -> Result<Vec<String>> {
    let data = if version >= schema::IN_BYTES { "coalesce(bytes, data)" } else { "data" };
    let mut statement = conn.prepare(&format!("SELECT run_id, {data}, hash FROM changes WHERE hash IS NOT NULL"))?;
    let (mut rows, mut damaged) = (statement.query([])?, Vec::new());
    while let Some(row) = rows.next()? {
        let bytes = |at| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_bytes()?);
        if id::content_hash(bytes(1)?).as_bytes() != bytes(2)? {
            damaged.push(String::from_utf8_lossy(bytes(0)?).into_owned());
        }
    }
    Ok(damaged)
}

/// What a run changed, as it was put; `None` for a run that has not ended, and when it is more than `most` bytes.
pub fn changes(conn: &Connection, run_id: &str, most: usize) -> Result<Option<Vec<u8>>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    // Of a column by itself only its length is read.
    let sql = "SELECT coalesce(bytes, data) FROM changes WHERE run_id = ?1 AND coalesce(octet_length(bytes), octet_length(data)) <= ?2";
    let mut statement = conn.prepare_cached(sql)?;
    Ok(statement.query_row(params![run_id, most], |row| Ok(row.get_ref(0)?.as_bytes()?.to_vec())).optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::projects;

    fn store() -> (Connection, String) {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.pragma_update(None, "foreign_keys", true).unwrap();
        schema::migrate(&mut conn).unwrap();
        let repository = projects::repository_named(&conn, "default", "r", "upload").unwrap().id;
        (conn, repository)
    }

    #[test]
    fn a_run_goes_from_running_to_its_outcome_and_keeps_its_log_and_changes_in_order() {
        let (conn, repository) = store();
        let run = start(&conn, "default", &repository, "upload", &["a.sql".into(), "b.sql".into()]).unwrap();
        assert_eq!((run.status, run.completed_at.as_ref(), run.filenames.len()), (Status::Running, None, 2));
        let event =
            |n: i64| Event { timestamp: id::now(), r#type: "file".into(), level: "info".into(), payload: serde_json::json!({"n": n}) };
        let log: Vec<Event> = (0..12).map(event).collect();
        add_events(&conn, &run.id, &log[..2]).unwrap();
        add_events(&conn, &run.id, &log[2..]).unwrap();
        assert_eq!(events(&conn, &run.id).unwrap(), log);
        assert_eq!(changes(&conn, &run.id, usize::MAX).unwrap(), None);
        for said in ["{}", r#"{"nodes_added":[]}"#] {
            let mut pieces = said.as_bytes().chunks(3).chain([&[][..]]);
            let hash = id::content_hash(said.as_bytes());
            put_changes(&conn, &run.id, said.len() as u64, &hash, || Ok(pieces.next().unwrap().to_vec())).unwrap();
            assert_eq!(changes(&conn, &run.id, said.len()).unwrap().as_deref(), Some(said.as_bytes()));
            assert_eq!(changes(&conn, &run.id, said.len() - 1).unwrap(), None);
        }
        assert_eq!(damaged(&conn, schema::VERSION).unwrap(), [""; 0]);
        let outcome = Outcome { files_processed: 1, files_failed: 2, files_skipped: 3, nodes_created: 4, edges_created: 5 };
        let ended = finish(&conn, &run.id, Status::CompletedWithErrors, &outcome).unwrap();
        assert_eq!((ended.status, ended.outcome), (Status::CompletedWithErrors, outcome));
        assert_eq!(get(&conn, &run.ingestion_id).unwrap(), ended);
        assert!(matches!(get(&conn, "gone"), Err(Error::NotFound("Ingestion", _))));
    }

    #[test]
    fn lists_are_newest_first_filtered_and_counted() {
        let (conn, repository) = store();
        let ids: Vec<String> =
            ["upload", "sample", "upload"].iter().map(|source| start(&conn, "default", &repository, source, &[]).unwrap().id).collect();
        finish(&conn, &ids[0], Status::Completed, &Outcome::default()).unwrap();
        let found = |filter: Filter| {
            let (page, total) = list(&conn, &filter).unwrap();
            (page.iter().map(|run| ids.iter().position(|id| *id == run.id).unwrap()).collect::<Vec<_>>(), total)
        };
        let all = Filter { limit: 9, ..Filter::default() };
        assert_eq!(found(all.clone()), (vec![2, 1, 0], 3));
        assert_eq!(found(Filter { limit: 1, ..all.clone() }), (vec![2], 3));
        assert_eq!(found(Filter { source: Some("upload".into()), ..all.clone() }), (vec![2, 0], 2));
        assert_eq!(found(Filter { status: Some(Status::Running), ..all.clone() }), (vec![2, 1], 2));
        assert_eq!(found(Filter { project_id: Some("other".into()), ..all }), (vec![], 0));
    }

    #[test]
    fn a_run_names_the_first_of_its_files_and_the_newest_that_ended_names_all() {
        let (conn, repository) = store();
        let paths: Vec<String> = (0..NAMED + 20).map(|n| format!("it's \"{n}\".sql")).collect();
        let run = start(&conn, "default", &repository, "upload", &paths).unwrap();
        assert_eq!((&run.filenames[..], run.files as usize), (&paths[..NAMED], paths.len()));
        assert_eq!(newest(&conn, "default").unwrap(), None);
        let run = finish(&conn, &run.id, Status::Completed, &Outcome::default()).unwrap();
        start(&conn, "default", &repository, "upload", &[]).unwrap();
        let ended = Ended { id: run.id, at: run.completed_at.unwrap(), filenames: paths };
        assert_eq!(newest(&conn, "default").unwrap(), Some(ended));
        assert_eq!(newest(&conn, "other").unwrap(), None);
    }

    #[test]
    fn a_run_that_a_crash_cut_off_is_told_apart() {
        let (conn, repository) = store();
        let run = start(&conn, "default", &repository, "upload", &[]).unwrap();
        assert_eq!(interrupt_unfinished(&conn, Some("other")).unwrap(), 0);
        assert_eq!(interrupt_unfinished(&conn, None).unwrap(), 1);
        let run = get(&conn, &run.id).unwrap();
        assert_eq!((run.status, run.completed_at.is_some()), (Status::Interrupted, true));
    }

    #[test]
    fn only_the_newest_runs_of_each_project_are_kept_and_none_that_runs_is_dropped() {
        let (conn, repository) = store();
        projects::create(&conn, Some("quiet"), "Quiet", None).unwrap();
        let other = projects::repository_named(&conn, "quiet", "r", "upload").unwrap().id;
        let quiet = start(&conn, "quiet", &other, "upload", &[]).unwrap();
        finish(&conn, &quiet.id, Status::Completed, &Outcome::default()).unwrap();
        let first = start(&conn, "default", &repository, "upload", &[]).unwrap();
        let second = start(&conn, "default", &repository, "upload", &[]).unwrap();
        finish(&conn, &second.id, Status::Completed, &Outcome::default()).unwrap();
        for _ in 0..KEPT {
            start(&conn, "default", &repository, "upload", &[]).unwrap();
        }
        assert!(get(&conn, &first.id).is_ok() && matches!(get(&conn, &second.id), Err(Error::NotFound(..))));
        assert!(get(&conn, &quiet.id).is_ok(), "a busy project takes nothing from a quiet one");
    }
}
