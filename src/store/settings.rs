//! Settings that change while running (file limits), and the history of counts that trends are computed from.

use super::{Result, from_json, to_json};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// The value of a setting; `None` when it was never set.
pub fn get(conn: &Connection, key: &str) -> Result<Option<String>> {
    Ok(conn.prepare_cached("SELECT value FROM settings WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()?)
}

/// Sets a setting.
pub fn set(conn: &Connection, key: &str, value: &str) -> Result<()> {
    conn.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?1, ?2)", [key, value])?;
    Ok(())
}

const FILE_LIMITS: &str = "file_limits";

/// Largest `max_file_size_mb`: SQLite holds values below 10⁹ bytes, and a file is one value.
pub const FILE_SIZE_MB_MAX: i64 = 900;

/// Limits of uploads, shaped as contract §3's file config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FileLimits {
    /// Lower-case, with the dot.
    pub allowed_extensions: Vec<String>,
    /// Largest file, in MiB.
    pub max_file_size_mb: u64,
}

impl FileLimits {
    /// Largest file, in bytes.
    pub fn max_bytes(&self) -> u64 {
        self.max_file_size_mb << 20
    }
}

/// Limits of uploads set while running, if any; the settings' own count otherwise.
pub fn file_limits(conn: &Connection) -> Result<Option<FileLimits>> {
    get(conn, FILE_LIMITS)?.map(|text| from_json("settings", &text)).transpose()
}

/// Changes the limits of uploads, starting from `defaults` when there are none yet; what is `None` stays as it is.
pub fn change_file_limits(
    conn: &Connection,
    defaults: FileLimits,
    allowed_extensions: Option<Vec<String>>,
    max_file_size_mb: Option<u64>,
) -> Result<FileLimits> {
    let now = file_limits(conn)?.unwrap_or(defaults);
    let limits = FileLimits {
        allowed_extensions: allowed_extensions.unwrap_or(now.allowed_extensions),
        max_file_size_mb: max_file_size_mb.unwrap_or(now.max_file_size_mb),
    };
    set(conn, FILE_LIMITS, &to_json(&limits)?)?;
    Ok(limits)
}

/// How much there is of everything that trends are shown for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Nodes of all graphs.
    pub nodes: i64,
    /// Edges of all graphs.
    pub edges: i64,
    /// Files.
    pub files: i64,
}

/// Counts that are kept whatever the clock says: of a few days, for most. One that is put forward and back would cost what trends are of.
const COUNTS_KEPT: i64 = 1_000;

/// Remembers the counts at an instant, and forgets what no trend will ask for again: all before the newest of at least `window_start`'s
/// age, but for the last thousand. Both times as [`crate::id::format_time`] writes them.
pub fn remember_counts(conn: &Connection, at: &str, window_start: &str, counts: Counts) -> Result<()> {
    conn.execute(
        "INSERT OR REPLACE INTO counts_history (timestamp, nodes, edges, files) VALUES (?1, ?2, ?3, ?4)",
        params![at, counts.nodes, counts.edges, counts.files],
    )?;
    conn.execute(
        "DELETE FROM counts_history WHERE timestamp < (SELECT max(timestamp) FROM counts_history WHERE timestamp <= ?1)
             AND rowid <= (SELECT rowid FROM counts_history ORDER BY rowid DESC LIMIT 1 OFFSET ?2)",
        params![window_start, COUNTS_KEPT],
    )?;
    Ok(())
}

/// The counts as they were at an instant: the newest remembered then or before; zeros when the store is younger.
pub fn counts_at(conn: &Connection, at: &str) -> Result<Counts> {
    let sql = "SELECT nodes, edges, files FROM counts_history WHERE timestamp <= ?1 ORDER BY timestamp DESC LIMIT 1";
    let counts = conn.prepare_cached(sql)?.query_row([at], |row| Ok(Counts { nodes: row.get(0)?, edges: row.get(1)?, files: row.get(2)? }));
    Ok(counts.optional()?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::store::schema::migrate(&mut conn).unwrap();
        conn
    }

    #[test]
    fn file_limits_change_one_at_a_time_from_the_defaults() {
        let conn = store();
        let defaults = FileLimits { allowed_extensions: vec![".sql".into()], max_file_size_mb: 50 };
        assert_eq!(file_limits(&conn).unwrap(), None);
        change_file_limits(&conn, defaults.clone(), None, Some(7)).unwrap();
        let limits = change_file_limits(&conn, defaults, Some(vec![".csv".into()]), None).unwrap();
        assert_eq!(limits, FileLimits { allowed_extensions: vec![".csv".into()], max_file_size_mb: 7 });
        assert_eq!(file_limits(&conn).unwrap(), Some(limits));
    }

    #[test]
    fn counts_are_those_of_the_newest_sample_at_or_before_and_zero_before_the_first() {
        let conn = store();
        let counts = |n| Counts { nodes: n, edges: n, files: n };
        for hour in 1..=5 {
            remember_counts(&conn, &format!("2026-01-0{hour}"), "2026-01-01", counts(hour)).unwrap();
        }
        for (at, n) in [("2025-12-31", 0), ("2026-01-01", 1), ("2026-01-03T", 3), ("2027", 5)] {
            assert_eq!(counts_at(&conn, at).unwrap(), counts(n), "{at}");
        }
        // By a clock that is years on all of them are old, and still there when it is put back.
        remember_counts(&conn, "2031-01-01", "2030-12-31", counts(7)).unwrap();
        for n in 0..COUNTS_KEPT - 6 {
            remember_counts(&conn, &format!("2026-01-06T{n:04}"), "2026-01-03T", counts(6)).unwrap();
        }
        assert_eq!(counts_at(&conn, "2026-01-03T").unwrap(), counts(3));
        assert_eq!(counts_at(&conn, "2026-01-02T").unwrap(), counts(2));
        // Beyond those that are kept, everything older than the newest sample of the window's start goes; that one stays, to be asked for.
        for n in 0..4 {
            remember_counts(&conn, &format!("2026-01-07T{n:04}"), "2026-01-03T", counts(6)).unwrap();
        }
        assert_eq!(counts_at(&conn, "2026-01-03T").unwrap(), counts(3));
        assert_eq!(counts_at(&conn, "2026-01-02T").unwrap(), counts(0));
    }
}
