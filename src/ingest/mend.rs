//! What the store lost of what was read from a file: it is read again from the file's bytes.

use super::gather::{self, Gathered};
use super::relink::Cache;
use super::{Content, Ingest, Upload};
use crate::store::{self, Error, files};

/// A file as it was read, or as it is read again when that is damaged; that is then stored. `None` when its bytes are damaged as well: it
/// is left out, the store is told, and says so of the file; of one that its reader cannot read; and of one that is gone. Blocking.
pub(super) fn reading(ingest: &Ingest, id: &str, misled: &mut Misled) -> store::Result<Option<files::Reading>> {
    let store = &ingest.store;
    // What is mended is no damage of the store, which it would tell of until it is opened again.
    let damage = match store.read_blocking(|conn| Ok(read(conn, id, misled)))? {
        Err(Error::Corrupt(damage)) => damage,
        read => return read,
    };
    let again = store.read_blocking(|conn| Ok(read_again(conn, id)))?;
    let id = id.to_owned();
    let why = match again {
        Ok(Ok(reading)) => {
            log::warn!("ingest: file {}: what was read from it was damaged ({damage}), and is read again from its bytes", reading.0.path);
            let (_, facts, passages) = reading.clone();
            if let Err(error) = store.write_blocking(move |conn| files::put_mended(conn, &id, &facts, &passages)) {
                log::warn!("ingest: file {}: that was not stored, the next start does it again: {error}", reading.0.path);
            }
            return Ok(Some(reading));
        }
        // Its bytes are whole.
        Ok(Err(why)) => format!("{damage}; {why}"),
        Err(error @ (Error::Corrupt(_) | Error::NotFound(..))) => {
            let why = match error {
                Error::Corrupt(why) => format!("{damage}; {why}"),
                other => format!("{damage}; {other}"),
            };
            if let failing @ Error::Unwritable(_) = store.damaged(&why) {
                return Err(failing);
            }
            why
        }
        Err(error) => return Err(error),
    };
    log::error!("ingest: file {id} is left out until its bytes are sent again: {why}");
    if let Err(error) = store.write_blocking(move |conn| files::fail(conn, &id, &why)) {
        log::warn!("ingest: a file that is left out could not be marked as one: {error}");
    }
    Ok(None)
}

/// Whether a file was listed and not found by its id: what others of the same list are not found for as well, so that not each of them is
/// looked for in all rows.
#[derive(Default)]
pub(super) struct Misled(bool);

/// Looks whether what is known of a project's files is what was read from them, where it can be parsed all the same; what is not is
/// read again, and the project to be linked. Its lock is held by the caller.
pub(super) fn altered(ingest: &Ingest, project: &str, cache: &mut Cache) -> store::Result<()> {
    let mut misled = Misled::default();
    for (id, run) in ingest.store.read_blocking(|conn| files::runs(conn, project))? {
        if cache.leaves_out(&id, &run) {
            continue;
        }
        // Each by itself: others want to read meanwhile.
        if !matches!(ingest.store.read_blocking(|conn| Ok(files::is_as_put(conn, &id)))?, Ok(true)) {
            let again = reading(ingest, &id, &mut misled)?;
            cache.correct(id, run, again);
        }
    }
    Ok(())
}

/// As it was read; `None` when it was deleted since it was listed.
fn read(conn: &rusqlite::Connection, id: &str, misled: &mut Misled) -> store::Result<Option<files::Reading>> {
    match files::reading(conn, id) {
        Err(error @ Error::NotFound(..)) => {
            misled.0 = misled.0 || files::is_listed(conn, id)?;
            if misled.0 { Err(Error::Corrupt(error.to_string())) } else { Ok(None) }
        }
        read => read.map(Some),
    }
}

/// As an ingestion reads it: on a thread with room for deeply nested SQL, where a panic is a sentence. That there is no thread says nothing
/// of the file.
fn read_again(conn: &rusqlite::Connection, id: &str) -> store::Result<Result<files::Reading, String>> {
    let (row, bytes) = (files::get(conn, id)?, files::bytes(conn, id)?);
    let dialect = if row.dialect.is_empty() { "auto" } else { &row.dialect };
    let upload = Upload { path: row.path.clone(), content: Content::Bytes(bytes) };
    match gather::read(&[&upload], dialect, u64::MAX, &|_| (), &|_, _| true).pop() {
        Some(Ok(Gathered { reading: Some(reading), .. })) => Ok(Ok((row, reading.facts, reading.passages))),
        Some(Err(why)) if why != gather::NO_THREAD => Ok(Err(why)),
        _ => Err(Error::Panicked(gather::NO_THREAD.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{FILES, House, house};
    use crate::store::check;

    fn damaged(sql: &'static str) -> House {
        let house = house();
        house.take(&FILES);
        house.ingest.store.write_blocking(move |conn| Ok(conn.execute_batch(sql)?)).unwrap();
        house
    }

    fn start(house: &mut House) {
        house.restart();
        house.ingest.load().unwrap();
    }

    /// Each of one file of several.
    const DAMAGES: [&str; 4] = [
        "UPDATE facts SET data = substr(data, 2) WHERE file_id = (SELECT id FROM files WHERE path = 'view.sql')",
        "UPDATE facts SET data = CAST(x'7b80' AS TEXT) WHERE file_id = (SELECT id FROM files WHERE path = 'view.sql')",
        "DELETE FROM facts WHERE file_id = (SELECT id FROM files WHERE path = 'view.sql')",
        "UPDATE chunks SET text = CAST(x'80' AS TEXT) WHERE file_id = (SELECT id FROM files WHERE path = 'view.sql')",
    ];

    #[test]
    fn what_was_read_from_a_file_and_is_damaged_is_read_again_from_its_bytes_and_stored() {
        for sql in DAMAGES {
            let mut house = damaged(sql);
            let known = house.knows();
            start(&mut house);
            assert_eq!(house.knows(), known, "{sql}");
            assert_eq!(house.ingest.store.damage(), None, "{sql}");
            let found = check::check(house.ingest.store.dir()).unwrap();
            assert!(found.problems.is_empty(), "{sql}: {:?}", found.problems);
        }
    }

    #[test]
    fn what_was_altered_and_can_be_parsed_is_known_as_it_was_once_the_start_has_caught_up() {
        for sql in [
            "UPDATE facts SET data = replace(data, 'stg', 'sgt')",
            "UPDATE chunks SET text = replace(text, 'stg', 'sgt')",
            "DELETE FROM chunks",
        ] {
            // Served from its saved graph, and linked at the start.
            for saved in [false, true] {
                let house = house();
                house.take(&FILES);
                let known = house.knows();
                if saved {
                    house.ingest.save();
                }
                house.ingest.store.write_blocking(move |conn| Ok(conn.execute_batch(sql)?)).unwrap();
                let mut house = house;
                start(&mut house);
                house.ingest.catch_up().unwrap();
                assert_eq!(house.knows(), known, "{sql} {saved}");
                let found = check::check(house.ingest.store.dir()).unwrap();
                assert!(found.problems.is_empty() && house.ingest.store.damage().is_none(), "{sql}: {:?}", found.problems);
            }
        }
    }

    #[test]
    fn what_is_whole_enough_for_a_list_of_files_and_no_more_is_read_again_when_it_is_linked() {
        for saved in [false, true] {
            let mut house = house();
            house.take(&FILES);
            let known = house.knows();
            if saved {
                house.ingest.save();
            }
            let sql = "UPDATE facts SET data = '{\"statements\":[],\"diagnostics\":[]}' WHERE file_id = (SELECT id FROM files WHERE path = 'view.sql')";
            house.ingest.store.write_blocking(move |conn| Ok(conn.execute_batch(sql)?)).unwrap();
            start(&mut house);
            assert_eq!(house.knows(), known, "{saved}");
            house.ingest.relink("default").unwrap();
            assert_eq!(house.knows(), known, "{saved}");
            let found = check::check(house.ingest.store.dir()).unwrap();
            assert!(found.problems.is_empty() && house.ingest.store.damage().is_none(), "{:?}", found.problems);
        }
    }

    #[test]
    fn a_file_whose_bytes_are_damaged_too_is_left_out_and_said_until_they_are_sent_again() {
        for sql in DAMAGES {
            let mut house = damaged(sql);
            let known = house.knows();
            let bytes = "UPDATE file_bytes SET bytes = x'00' WHERE file_id = (SELECT id FROM files WHERE path = 'view.sql')";
            house.ingest.store.write_blocking(move |conn| Ok(conn.execute_batch(bytes)?)).unwrap();
            start(&mut house);
            let snapshot = house.ingest.knowledge.project("default");
            assert_eq!(snapshot.files.len(), FILES.len() - 1, "{sql}");
            let row = |house: &House| {
                let sql = "SELECT status || coalesce(error, '') FROM files WHERE path = 'view.sql'";
                house.ingest.store.read_blocking(|conn| Ok(conn.query_row(sql, [], |row| row.get::<_, String>(0))?)).unwrap()
            };
            assert!(row(&house).starts_with("error") && row(&house).ends_with("file view.sql: its bytes are not those that were stored"));
            assert!(house.ingest.store.damage().is_some_and(|what| what.contains("view.sql")), "{sql}");
            // What it was left out for is met no more.
            let untouched = "UPDATE files SET error = 'as it was' WHERE path = 'view.sql'";
            house.ingest.store.write_blocking(move |conn| Ok(conn.execute_batch(untouched)?)).unwrap();
            house.take(&[("more.sql", "CREATE TABLE more (a INT);")]);
            house.ingest.catch_up().unwrap();
            assert_eq!(row(&house), "erroras it was", "{sql}");
            house.take(&FILES);
            house.ingest.relink("default").unwrap();
            assert!(house.knows().is_superset(&known) && row(&house) == "processed", "{sql}");
        }
    }

    #[test]
    fn a_file_that_is_mended_is_left_out_no_more() {
        for sql in DAMAGES {
            let mut house = damaged(sql);
            let left_out = "UPDATE files SET status = 'error', error = 'left out' WHERE path = 'view.sql'";
            house.ingest.store.write_blocking(move |conn| Ok(conn.execute_batch(left_out)?)).unwrap();
            start(&mut house);
            let failed = "SELECT count(*) FROM files WHERE status <> 'processed' OR error IS NOT NULL";
            let failed = house.ingest.store.read_blocking(|conn| Ok(conn.query_row(failed, [], |row| row.get::<_, i64>(0))?));
            assert_eq!(failed.unwrap(), 0, "{sql}");
        }
    }

    #[test]
    fn a_file_that_is_listed_and_not_found_is_left_out_and_said() {
        let house = house();
        house.take(&FILES);
        // An index that leads elsewhere: made over the rows of another table, and then said to be theirs.
        let broken = "DELETE FROM facts;
             PRAGMA writable_schema = ON;
             CREATE TABLE empty (id TEXT PRIMARY KEY) STRICT;
             UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_empty_1')
                 WHERE name = 'sqlite_autoindex_files_1';
             DELETE FROM sqlite_schema WHERE name IN ('empty', 'sqlite_autoindex_empty_1');
             PRAGMA writable_schema = RESET";
        house.ingest.store.write_blocking(move |conn| Ok(conn.execute_batch(broken)?)).unwrap();
        let mut house = house;
        start(&mut house);
        assert_eq!(house.ingest.knowledge.project("default").files.len(), 0);
        assert!(house.ingest.store.damage().is_some_and(|what| what.contains("not found")));
    }

    #[test]
    fn a_project_whose_rows_are_damaged_is_left_out_and_the_others_are_served() {
        let mut house = damaged(
            "INSERT INTO projects (id, name, created_at, updated_at) VALUES ('p', 'P', '', '');
             INSERT INTO entities VALUES ('p', 'made', 'table', 'made', '{', '')",
        );
        let known = house.knows();
        start(&mut house);
        assert_eq!(house.knows(), known);
        assert!(house.ingest.store.damage().is_some());
        house.ingest.delete_project("p", true).unwrap();
    }
}
