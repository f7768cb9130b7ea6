use super::pool::READERS;
use super::scratch::Scratch;
use super::{Error, FILE, Result, Store, WAL_BYTES, settings};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Barrier, Mutex, mpsc};

fn keys(store: &Store) -> Vec<String> {
    store
        .read_blocking(|conn| {
            let mut statement = conn.prepare("SELECT key FROM settings ORDER BY key")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap()
}

fn put(key: &'static str) -> impl FnOnce(&Connection) -> Result<()> + Send {
    move |conn| settings::set(conn, key, "")
}

type Job = Box<dyn FnOnce(&Connection) -> Result<()> + Send>;

/// Runs `jobs` so that all of them wait together, hence share a commit; their answers in order.
fn together(store: &Store, jobs: Vec<Job>) -> Vec<Result<()>> {
    let (hold, held) = mpsc::channel::<()>();
    let (began, beginning) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let gate = move |_: &Connection| {
                began.send(()).unwrap();
                held.recv().unwrap();
                Ok(())
            };
            store.write_blocking(gate).unwrap();
        });
        beginning.recv().unwrap();
        let mut answers = Vec::new();
        for job in jobs {
            let (queued, answer) = super::writer::job(job);
            store.0.writer.queue().unwrap().blocking_send(queued).map_err(|_| "closed").unwrap();
            answers.push(answer);
        }
        hold.send(()).unwrap();
        answers.into_iter().map(|answer| answer.blocking_recv().unwrap()).collect()
    })
}

/// What a process killed at this instant leaves: the files as they are, nothing flushed or closed.
fn as_killed(dir: &Path) -> Scratch {
    let copy = std::env::temp_dir().join(format!("headwater-test-{}", crate::id::random()));
    std::fs::create_dir(&copy).unwrap();
    for name in [FILE.to_owned(), format!("{FILE}-wal")] {
        std::fs::copy(dir.join(&name), copy.join(&name)).unwrap();
    }
    Scratch::at(copy)
}

#[test]
fn a_folder_has_one_user_at_a_time() {
    let store = Scratch::new();
    let error = Store::open(&store.dir).err().unwrap();
    assert!(matches!(error, Error::InUse(_)) && error.to_string().contains(store.dir.to_str().unwrap()), "{error}");
    store.close();
    let again = Store::open(&store.dir).unwrap();
    again.close();
}

#[test]
fn what_a_failing_job_wrote_is_gone_and_its_neighbours_stay() {
    let store = Scratch::new();
    let jobs: Vec<Job> = vec![
        Box::new(put("a")),
        Box::new(|conn| put("b")(conn).and(Err(Error::Conflict("no".into())))),
        Box::new(put("c")),
        Box::new(|conn| {
            put("d")(conn)?;
            panic!("oops")
        }),
        Box::new(put("e")),
    ];
    let answers = together(&store, jobs);
    assert!(
        matches!(&answers[..], [Ok(()), Err(Error::Conflict(_)), Ok(()), Err(Error::Panicked(said)), Ok(())] if said == "oops"),
        "{answers:?}"
    );
    assert_eq!(keys(&store), ["a", "c", "e"]);
}

#[test]
fn jobs_that_wait_together_share_a_commit_and_none_is_seen_before_it() {
    let store = Scratch::new();
    let reader: Store = store.clone();
    let (seen, sees) = mpsc::channel();
    let jobs: Vec<Job> = vec![
        Box::new(put("a")),
        Box::new(move |_| {
            seen.send(keys(&reader)).unwrap();
            Ok(())
        }),
    ];
    assert!(together(&store, jobs).iter().all(Result::is_ok));
    assert_eq!(sees.recv().unwrap(), [""; 0]);
    assert_eq!(keys(&store), ["a"]);
}

#[test]
fn a_commit_that_fails_is_told_to_every_job_of_its_group() {
    let store = Scratch::new();
    let orphan = |conn: &Connection| {
        conn.execute_batch(
            "PRAGMA defer_foreign_keys = ON;
             INSERT INTO file_bytes (file_id, bytes) VALUES ('nobody', x'00')",
        )?;
        Ok(())
    };
    let answers = together(&store, vec![Box::new(put("a")), Box::new(orphan), Box::new(put("b"))]);
    // The gate may share their commit or not; these three always do.
    assert!(answers.iter().all(|answer| matches!(answer, Err(Error::Sqlite(_)))), "{answers:?}");
    assert_eq!(keys(&store), [""; 0]);
    store.write_blocking(put("c")).unwrap();
    assert_eq!(keys(&store), ["c"]);
}

#[test]
fn a_full_disk_is_told_and_the_store_works_again_once_there_is_room() {
    let store = Scratch::new();
    store.write_blocking(put("a")).unwrap();
    let limit = |pages: &'static str| move |conn: &Connection| Ok(conn.query_row(pages, [], |row| row.get::<_, i64>(0))?);
    store.write_blocking(limit("PRAGMA max_page_count = 1")).unwrap();
    let large = |conn: &Connection| settings::set(conn, "large", &"x".repeat(1 << 20));
    let answers = together(&store, vec![Box::new(large), Box::new(put("b"))]);
    assert!(matches!(answers[0], Err(Error::Full)), "{answers:?}");
    assert_eq!(keys(&store).contains(&"b".into()), answers[1].is_ok());
    store.write_blocking(limit("PRAGMA max_page_count = 1000000")).unwrap();
    store.write_blocking(large).unwrap();
    assert!(keys(&store).starts_with(&["a".into()]) && keys(&store).contains(&"large".into()));
}

#[test]
fn a_reader_sees_one_commit_however_long_it_reads() {
    let store = Scratch::new();
    let count = |conn: &Connection| conn.query_row("SELECT count(*) FROM settings", [], |row| row.get::<_, i64>(0));
    let (before, after) = store
        .read_blocking(|conn| {
            let before = count(conn)?;
            store.write_blocking(put("a"))?;
            Ok((before, count(conn)?))
        })
        .unwrap();
    assert_eq!((before, after), (0, 0));
    assert_eq!(keys(&store), ["a"]);
}

#[test]
fn a_read_connection_refuses_to_write() {
    let store = Scratch::new();
    assert!(matches!(store.read_blocking(put("a")), Err(Error::Unwritable(_))));
}

#[test]
fn an_acknowledged_write_survives_a_kill_and_an_unfinished_one_leaves_nothing() {
    let store = Scratch::new();
    store.write_blocking(put("a")).unwrap();
    let dir = store.dir.clone();
    let crashed = store
        .write_blocking(move |conn| {
            put("b")(conn)?;
            conn.cache_flush()?;
            Ok(as_killed(&dir))
        })
        .unwrap();
    assert_eq!(keys(&crashed), ["a"]);
    let found = crashed.found();
    assert!(0 < found.wal_read && found.wal_read < found.wal_bytes, "what no commit ended is not read back: {found:?}");
    assert_eq!((store.found().wal_bytes, store.found().wal_read), (0, 0));
    assert_eq!(keys(&as_killed(&store.dir)), ["a", "b"]);
}

#[test]
fn closing_finishes_what_is_queued_and_refuses_what_comes_later() {
    let store = Scratch::new();
    store.write_blocking(put("a")).unwrap();
    store.close();
    assert!(matches!(store.write_blocking(put("b")), Err(Error::Closed)));
    assert!(matches!(store.read_blocking(|_| Ok(())), Err(Error::Closed)));
    assert_eq!(std::fs::metadata(store.dir.join(format!("{FILE}-wal"))).unwrap().len(), 0, "the WAL is folded into the file");
    assert_eq!(keys(&Store::open(&store.dir).unwrap()), ["a"]);
}

#[test]
fn a_wal_that_has_grown_long_is_copied_and_begun_anew() {
    let store = Scratch::new();
    for n in 0..5 {
        let long = n.to_string().repeat(WAL_BYTES as usize + 1);
        store.write_blocking(move |conn| settings::set(conn, "a", &long)).unwrap();
    }
    let wal = std::fs::metadata(store.dir.join(format!("{FILE}-wal"))).unwrap().len() as i64;
    assert!(wal < 2 * WAL_BYTES, "{wal}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let store = Scratch::new();
    let inside_a_file = store.dir.join(FILE).join("data");
    let error = Store::open(&inside_a_file).err().unwrap();
    assert!(matches!(&error, Error::Unwritable(m) if m.contains(inside_a_file.to_str().unwrap())), "{error}");
}

#[test]
fn async_callers_may_outnumber_queue_and_connections() {
    let store = Scratch::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let writes = (0..300).map(|i| store.write(move |conn| settings::set(conn, &format!("{i:03}"), "")));
        assert!(futures_util::future::join_all(writes).await.iter().all(Result::is_ok));
        let count = |conn: &Connection| Ok(conn.query_row("SELECT count(*) FROM settings", [], |row| row.get::<_, i64>(0))?);
        let reads = (0..100).map(|_| store.read(count));
        assert!(futures_util::future::join_all(reads).await.into_iter().all(|answer| answer.unwrap() == 300));
        let panicked = store.read(|_| -> Result<()> { panic!("oops") }).await;
        assert!(matches!(panicked, Err(Error::Panicked(said)) if said == "oops"));
        assert_eq!(store.read(count).await.unwrap(), 300);
    });
}

#[test]
fn nothing_is_written_to_a_file_that_is_not_where_it_was_and_all_is_well_when_it_is_back() {
    let store = Scratch::new();
    let (path, away) = (store.dir.join(FILE), store.dir.join("away"));
    store.write_blocking(put("before")).unwrap();
    assert_eq!(keys(&store), ["before"]);
    for in_its_place in [None, Some("another")] {
        std::fs::rename(&path, &away).unwrap();
        if let Some(text) = in_its_place {
            std::fs::write(&path, text).unwrap();
        }
        let refused = store.write_blocking(put("during")).unwrap_err().to_string();
        assert!(refused.contains(path.to_str().unwrap()) && refused.contains("put it back"), "{refused}");
        assert!(store.refusal().is_some());
        assert!(keys(&store).contains(&"before".into()), "reads go on");
        std::fs::rename(&away, &path).unwrap();
        store.write_blocking(put("after")).unwrap();
    }
    assert_eq!(keys(&store), ["after", "before"]);
}

#[test]
fn a_column_that_holds_what_it_cannot_is_damage() {
    let conn = Connection::open_in_memory().unwrap();
    let text = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, String>(0)).map_err(Error::from);
    let byte = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, u8>(0)).map(|_| String::new()).map_err(Error::from);
    for damaged in [text("SELECT CAST(x'80' AS TEXT)"), text("SELECT 1"), text("SELECT NULL"), byte("SELECT 256")] {
        assert!(matches!(damaged, Err(Error::Corrupt(_))), "{damaged:?}");
    }
}

#[test]
fn a_store_that_is_no_database_any_more_is_damaged() {
    let store = Scratch::new();
    let other = store.dir.join("other");
    std::fs::write(&other, [b'x'; 4096]).unwrap();
    let read = store.read_blocking(move |_| Ok(Connection::open(&other)?.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?));
    assert!(read.is_err() && store.damage().is_some_and(|what| what.contains("not a database")), "{read:?}");
}

/// A store whose disk does not give the part that is asked for to tell damage from that.
fn failing() -> (Scratch, Store) {
    let elsewhere = Scratch::new();
    let folder = elsewhere.dir.join("failing");
    std::fs::create_dir(&folder).unwrap();
    // Nobody has memory at 0.
    std::os::unix::fs::symlink("/proc/self/mem", folder.join(FILE)).unwrap();
    let mut store = Store::open(&elsewhere.dir.join("well")).unwrap();
    let place = super::place::Place::of(&folder).unwrap();
    Arc::get_mut(&mut store.0).unwrap().condition = Arc::new(super::condition::Condition::of(place));
    (elsewhere, store)
}

fn met<T>(_: &Connection) -> Result<T> {
    Err(Error::Corrupt("a page".into()))
}

#[test]
fn a_part_that_the_disk_does_not_give_is_no_damage_and_no_write_says_that_it_is_given() {
    let (_dir, store) = failing();
    assert!(store.0.condition.failing().is_none());
    for outcome in [store.read_blocking(met::<()>), store.write_blocking(met)] {
        assert!(matches!(&outcome, Err(Error::Unwritable(why)) if why.starts_with("its disk fails: ")), "{outcome:?}");
    }
    store.write_blocking(put("a")).unwrap();
    let refused = store.0.condition.refusal.lock().unwrap().is_some();
    assert_eq!((store.0.condition.failing().is_some(), store.damage(), refused), (true, None, false));
    // All of it would be found well now, and a page damaged; what is known to fail is asked first.
    let unread = store.0.condition.unread.lock().unwrap().take();
    std::fs::remove_file(&store.0.condition.place.path).unwrap();
    assert!(unread.is_some_and(|unread| unread.again().is_none()));
    assert!(matches!(store.damaged("a page"), Error::Corrupt(_)) && store.damage().is_some());
    store.close();
}

#[test]
fn who_waits_until_the_disk_was_looked_at_holds_up_nobody() {
    let (_dir, store) = failing();
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let look = store.0.condition.looking.clone().lock_owned().await;
        let reads = futures_util::future::join_all((0..READERS).map(|_| store.read(met::<()>)));
        let others = async {
            store.write(put("a")).await.unwrap();
            store.read(|_| Ok(())).await.unwrap();
            drop(look);
        };
        let (read, written, ()) = tokio::join!(reads, store.write(met::<()>), others);
        assert!(read.iter().chain([&written]).all(|outcome| matches!(outcome, Err(Error::Unwritable(_)))), "{read:?} {written:?}");
    });
    store.close();
}

#[test]
fn like_patterns_match_their_text_and_nothing_else() {
    let conn = Connection::open_in_memory().unwrap();
    for (text, inside, outside) in [("a_b", "xa_bx", "aXb"), ("100%", "=100%", "1000"), (r"c:\d", r"c:\d", "c:d"), ("", "any", "")] {
        let matches = |value: &str| -> bool {
            conn.query_row(r"SELECT ?1 LIKE ?2 ESCAPE '\'", [value, &super::like(text)], |row| row.get(0)).unwrap()
        };
        assert!(matches(inside), "{text}");
        assert!(text.is_empty() || !matches(outside), "{text}");
    }
}

#[test]
fn a_store_is_copied_before_it_is_migrated_and_only_then() {
    let dir = std::env::temp_dir().join(format!("headwater-test-{}", crate::id::random()));
    std::fs::create_dir(&dir).unwrap();
    let old = Connection::open(dir.join(FILE)).unwrap();
    old.execute_batch(include_str!("schema/1.sql")).unwrap();
    old.execute_batch("PRAGMA user_version = 1; INSERT INTO settings VALUES ('kept', '')").unwrap();
    old.close().unwrap();
    let version = |path: &Path| Connection::open(path).unwrap().pragma_query_value(None, "user_version", |r| r.get::<_, i64>(0)).unwrap();
    let (copy, store) = (dir.join("headwater-schema-1.db"), Scratch::at(dir.clone()));
    assert_eq!((version(&copy), version(&dir.join(FILE))), (1, super::schema::VERSION));
    assert_eq!(keys(&store), ["kept"]);
    let kept: String = Connection::open(&copy).unwrap().query_row("SELECT key FROM settings", [], |r| r.get(0)).unwrap();
    assert_eq!(kept, "kept");

    store.close();
    std::fs::remove_file(&copy).unwrap();
    Store::open(&dir).unwrap().close();
    assert!(!copy.exists(), "a store of this version needs no copy");
}

#[test]
fn that_no_reader_is_free_or_the_writer_is_at_a_commit_is_known_as_long_as_it_is_so() {
    let store = Scratch::new();
    let idle = || store.readers_taken().is_none() && store.committing().is_none();
    assert!(idle());
    let (release, held) = mpsc::channel::<()>();
    let (held, all_read) = (Mutex::new(held), Barrier::new(READERS + 1));
    std::thread::scope(|scope| {
        // Dropped here whatever happens here.
        let release = release;
        for _ in 0..READERS {
            scope.spawn(|| {
                let read = |_: &Connection| {
                    all_read.wait();
                    Ok(held.lock().unwrap().recv().is_ok())
                };
                store.read_blocking(read).unwrap();
            });
        }
        all_read.wait();
        let since = store.readers_taken();
        assert!(since.is_some() && store.readers_taken() >= since);
        // The writer has a connection of its own.
        let of = Store::clone(&store);
        assert!(store.write_blocking(move |_| Ok(of.committing().is_some())).unwrap());
        drop(release);
    });
    // It answers before it looks for more to do.
    while !idle() {
        std::thread::yield_now();
    }
}
