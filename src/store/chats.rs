//! Chat sessions and their messages.

use super::{Error, Result, from_json, to_json};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::{Map, Value};

/// Messages kept of one session: far more than a person scrolls back, and a client in a loop fills no disk. The oldest go first.
pub const MESSAGES_PER_SESSION: i64 = 1_000;
/// Sessions kept: more conversations than a team begins in the days that they are kept, so that a client which never goes on with one fills
/// no disk. Those that rested longest go first.
pub const SESSIONS_KEPT: i64 = 10_000;
/// The field of an answer's [`Exchange::data`] that says of which project the question was; null or missing: of all.
pub const PROJECT: &str = "project_id";
/// Characters of a title.
pub const TITLE_CHARS: usize = 80;

/// A session, shaped as the list of sessions shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Session {
    /// Given by the client, or made.
    pub id: String,
    /// The same as `id`, which is what requests call it.
    pub session_id: String,
    /// From the first question, unless it was set.
    pub title: String,
    /// RFC 3339.
    pub created_at: String,
    /// When the last message came, RFC 3339.
    pub updated_at: String,
    /// Messages in it.
    pub message_count: i64,
    /// The project that its last question was of; null when that was of all.
    pub project_id: Option<String>,
}

/// One message of a session.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Message {
    /// For answers the `message_id` that the client got.
    pub id: String,
    /// `user` or `assistant`.
    pub role: String,
    /// Text; Markdown for answers.
    pub content: String,
    /// RFC 3339.
    pub created_at: String,
    /// What else an answer carried: model, sources, warnings.
    pub data: Map<String, Value>,
}

/// A question and its answer, to be kept.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The session; made when it does not exist.
    pub session_id: String,
    /// Title of a session made now.
    pub title: String,
    /// The question.
    pub query: String,
    /// Id of the answer.
    pub message_id: String,
    /// The answer.
    pub response: String,
    /// What else it carried.
    pub data: Map<String, Value>,
}

/// The place behind all others.
const NEXT: &str = "(SELECT coalesce(max(place), 0) + 1 FROM sessions)";

/// Appends a question and its answer; for a session that is new beyond [`SESSIONS_KEPT`], others are forgotten, at most
/// [`PRUNED_AT_ONCE`].
pub fn append(conn: &Connection, exchange: &Exchange) -> Result<()> {
    let now = crate::id::now();
    let Exchange { session_id, title, query, message_id, response, data } = exchange;
    let project = data.get(PROJECT).and_then(Value::as_str);
    // Whatever the clock says, the last that was spoken in is the first.
    let known = conn
        .prepare_cached(&format!("UPDATE sessions SET updated_at = ?2, project_id = ?3, place = {NEXT} WHERE id = ?1"))?
        .execute(params![session_id, now, project])?;
    if known == 0 {
        conn.prepare_cached(&format!(
            "INSERT INTO sessions (id, title, created_at, updated_at, project_id, place) VALUES (?1, ?2, ?3, ?3, ?4, {NEXT})"
        ))?
        .execute(params![session_id, title, now, project])?;
        conn.prepare_cached(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE id <> ?3 ORDER BY place, rowid
             LIMIT max(0, min(?2, (SELECT count(*) FROM sessions) - ?1)))",
        )?
        .execute(params![SESSIONS_KEPT, PRUNED_AT_ONCE, session_id])?;
    }
    let mut insert =
        conn.prepare_cached("INSERT INTO messages (id, session_id, role, content, data, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    insert.execute(params![crate::id::random(), session_id, "user", query, "{}", now])?;
    insert.execute(params![message_id, session_id, "assistant", response, to_json(data)?, now])?;
    conn.prepare_cached(
        "DELETE FROM messages WHERE session_id = ?1 AND rowid <=
         (SELECT rowid FROM messages WHERE session_id = ?1 ORDER BY rowid DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute(params![session_id, MESSAGES_PER_SESSION])?;
    Ok(())
}

/// One page of sessions, newest first, and how many there are in all; only those of `project`, if it is given.
pub fn list(conn: &Connection, project: Option<&str>, limit: u32, offset: u32) -> Result<(Vec<Session>, i64)> {
    let Some(project) = project else {
        let total = conn.query_row("SELECT count(*) FROM sessions", [], |row| row.get(0))?;
        let mut statement = conn.prepare_cached(&format!("{SESSIONS} ORDER BY s.place DESC, s.rowid DESC LIMIT ?1 OFFSET ?2"))?;
        return Ok((statement.query_map(params![limit, offset], session)?.collect::<rusqlite::Result<_>>()?, total));
    };
    let total = conn.query_row("SELECT count(*) FROM sessions WHERE project_id = ?1", [project], |row| row.get(0))?;
    let mut statement =
        conn.prepare_cached(&format!("{SESSIONS} WHERE s.project_id = ?3 ORDER BY s.place DESC, s.rowid DESC LIMIT ?1 OFFSET ?2"))?;
    Ok((statement.query_map(params![limit, offset, project], session)?.collect::<rusqlite::Result<_>>()?, total))
}

/// A session with its messages, oldest first.
pub fn get(conn: &Connection, id: &str) -> Result<(Session, Vec<Message>)> {
    let found = conn.prepare_cached(&format!("{SESSIONS} WHERE s.id = ?1"))?.query_row([id], session).optional()?;
    let found = found.ok_or_else(|| Error::NotFound("Session", id.to_owned()))?;
    Ok((found, messages(conn, id, MESSAGES_PER_SESSION)?))
}

/// The last `limit` turns of a session, oldest first: (is the user's, text). Empty for a session that does not exist.
pub fn turns(conn: &Connection, id: &str, limit: u32) -> Result<Vec<(bool, String)>> {
    let mut statement =
        conn.prepare_cached("SELECT role = 'user', content FROM messages WHERE session_id = ?1 ORDER BY rowid DESC LIMIT ?2")?;
    let mut turns: Vec<_> =
        statement.query_map(params![id, limit], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    turns.reverse();
    Ok(turns)
}

/// Sets a session's title. Nothing happens when there is no such session.
pub fn set_title(conn: &Connection, id: &str, title: &str) -> Result<()> {
    conn.execute("UPDATE sessions SET title = ?2 WHERE id = ?1", [id, title])?;
    Ok(())
}

/// Forgets a session. `false`: there was none.
pub fn delete(conn: &Connection, id: &str) -> Result<bool> {
    Ok(conn.execute("DELETE FROM sessions WHERE id = ?1", [id])? > 0)
}

/// When the last message of all came, as the clock said then; `None` without any.
pub fn last_at(conn: &Connection) -> Result<Option<String>> {
    let mut statement = conn.prepare_cached("SELECT created_at FROM messages ORDER BY rowid DESC LIMIT 1")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?)
}

/// Forgets sessions without a message since `before` (RFC 3339, as [`crate::id::format_time`] writes it); how many. At most
/// [`PRUNED_AT_ONCE`]: call again when there were as many.
pub fn prune(conn: &Connection, before: &str) -> Result<usize> {
    let pruned = conn.execute(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE updated_at < ?1 ORDER BY updated_at LIMIT ?2)",
        params![before, PRUNED_AT_ONCE],
    )?;
    Ok(pruned)
}

/// Sessions forgotten in one write, so that others need not wait long for the writer.
pub const PRUNED_AT_ONCE: u32 = 500;

const SESSIONS: &str = "SELECT s.id, s.title, s.created_at, s.updated_at,
     (SELECT count(*) FROM messages m WHERE m.session_id = s.id), s.project_id FROM sessions s";

fn session(row: &Row) -> rusqlite::Result<Session> {
    let id: String = row.get(0)?;
    Ok(Session {
        session_id: id.clone(),
        id,
        title: row.get(1)?,
        created_at: row.get(2)?,
        updated_at: row.get(3)?,
        message_count: row.get(4)?,
        project_id: row.get(5)?,
    })
}

fn messages(conn: &Connection, session_id: &str, limit: i64) -> Result<Vec<Message>> {
    let mut statement =
        conn.prepare_cached("SELECT id, role, content, created_at, data FROM messages WHERE session_id = ?1 ORDER BY rowid DESC LIMIT ?2")?;
    let mut rows = statement.query(params![session_id, limit])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        let data: String = row.get(4)?;
        messages.push(Message {
            id: row.get(0)?,
            role: row.get(1)?,
            content: row.get(2)?,
            created_at: row.get(3)?,
            data: from_json("messages", &data)?,
        });
    }
    messages.reverse();
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::{Exchange, MESSAGES_PER_SESSION, SESSIONS_KEPT, append, delete, get, list, prune, set_title, turns};
    use crate::store::scratch::Scratch;

    fn exchange(session: &str, query: &str) -> Exchange {
        Exchange {
            session_id: session.into(),
            title: format!("about {query}"),
            query: query.into(),
            message_id: crate::id::random(),
            response: format!("answer to {query}"),
            data: serde_json::Map::new(),
        }
    }

    #[test]
    fn a_conversation_is_kept_in_order_and_forgotten_whole() {
        let store = Scratch::new();
        store
            .write_blocking(|conn| {
                append(conn, &exchange("a", "one"))?;
                append(conn, &exchange("b", "other"))?;
                append(conn, &exchange("a", "two"))?;
                conn.execute("UPDATE messages SET data = 'no one looks at it' WHERE session_id = 'a'", [])?;
                assert_eq!(turns(conn, "a", 2)?, [(true, "two".into()), (false, "answer to two".into())]);
                conn.execute("UPDATE messages SET data = '{}'", [])?;
                let (session, messages) = get(conn, "a")?;
                assert_eq!((session.title.as_str(), session.message_count, messages.len()), ("about one", 4, 4));
                assert_eq!(messages[0].content, "one");
                let (sessions, total) = list(conn, None, 1, 0)?;
                assert_eq!((sessions[0].id.as_str(), total), ("a", 2), "the newest first");
                let plan: String = conn.query_row(
                    &format!("EXPLAIN QUERY PLAN {} ORDER BY s.place DESC, s.rowid DESC LIMIT 50", super::SESSIONS),
                    [],
                    |row| row.get(3),
                )?;
                assert!(plan.contains("sessions_by_place"), "no session beyond the page is read: {plan}");
                set_title(conn, "a", "Mine")?;
                assert_eq!(get(conn, "a")?.0.title, "Mine");
                assert!(delete(conn, "a")? && !delete(conn, "a")?);
                assert!(get(conn, "a").is_err() && turns(conn, "a", 5)?.is_empty());
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn sessions_are_in_the_order_of_their_last_messages_whatever_the_clock_said() {
        let store = Scratch::new();
        store
            .write_blocking(|conn| {
                for (id, at) in [("a", "2031"), ("b", "2029"), ("c", "2030"), ("a", "2028")] {
                    append(conn, &exchange(id, "q"))?;
                    conn.execute("UPDATE sessions SET updated_at = ?2 WHERE id = ?1", [id, at])?;
                }
                let ids = |(sessions, _): (Vec<super::Session>, i64)| sessions.into_iter().map(|s| s.id).collect::<Vec<_>>();
                assert_eq!(ids(list(conn, None, 10, 0)?), ["a", "c", "b"]);
                let more = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                    INSERT INTO sessions (id, title, created_at, updated_at, place) SELECT 's' || i, '', '', '', 9 FROM n";
                conn.execute(more, [SESSIONS_KEPT - 3])?;
                append(conn, &exchange("d", "one more"))?;
                assert!(get(conn, "b").is_err() && get(conn, "a").is_ok() && get(conn, "c").is_ok(), "the one that rested longest goes");
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn of_too_many_sessions_those_that_rested_longest_go() {
        let store = Scratch::new();
        store
            .write_blocking(|conn| {
                let all = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                    INSERT INTO sessions (id, title, created_at, updated_at) SELECT 's' || i, '', '', printf('2000-%05d', i) FROM n";
                conn.execute(all, [SESSIONS_KEPT])?;
                append(conn, &exchange("s1", "one that goes on"))?;
                assert_eq!(list(conn, None, 1, 0)?.1, SESSIONS_KEPT, "none is new");
                append(conn, &exchange("new", "one more"))?;
                assert_eq!(list(conn, None, 1, 0)?.1, SESSIONS_KEPT);
                assert!(get(conn, "s1").is_ok() && get(conn, "s2").is_err() && get(conn, "s3").is_ok());
                assert_eq!(get(conn, "new")?.0.message_count, 2);
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn old_sessions_and_old_messages_go() {
        let store = Scratch::new();
        store
            .write_blocking(|conn| {
                for _ in 0..=MESSAGES_PER_SESSION / 2 {
                    append(conn, &exchange("long", "q"))?;
                }
                assert_eq!(get(conn, "long")?.0.message_count, MESSAGES_PER_SESSION);
                assert_eq!(prune(conn, "2000-01-01T00:00:00.000000Z")?, 0);
                assert_eq!(prune(conn, "9999-01-01T00:00:00.000000Z")?, 1);
                assert_eq!(list(conn, None, 10, 0)?.1, 0);
                Ok(())
            })
            .unwrap();
    }
}
