//! Backup, restore and check, as an operator calls them.

mod common;

use common::{TempDir, TestServer, command};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};

fn run(dir: &Path, args: &[&str]) -> Output {
    command(dir).args(args).output().expect("the binary runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[track_caller]
fn done(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", text(output));
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

#[track_caller]
fn refused(output: &Output, says: &str) {
    assert_eq!(output.status.code(), Some(1), "{}", text(output));
    assert!(text(output).contains(says), "{}", text(output));
}

fn sql(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).and_then(|conn| conn.execute_batch(sql)).expect("SQL runs");
}

/// A folder with `data`, a store that holds one file, and no server.
fn with_a_store() -> TempDir {
    let server = TestServer::spawn_binary(&[], |_| {});
    server.upload(&[], &[("a.sql", b"CREATE VIEW v AS SELECT a FROM t")]).expect(200);
    let dir = TempDir::new();
    done(&run(server.dir.path(), &["backup", "--data", "data", dir.path().join("first.db").to_str().unwrap()]));
    done(&run(dir.path(), &["restore", "--data", "data", "first.db"]));
    dir
}

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn backups_made_while_a_server_writes_are_whole_and_each_later_one_holds_more() {
    let server = TestServer::spawn_binary(&[], |_| {});
    let dir = server.dir.path();
    let stop = AtomicBool::new(false);
    let uploaded = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut uploaded = 0;
            while !stop.load(Ordering::Relaxed) {
                let sql = format!("CREATE TABLE t{uploaded} (a int); -- {}", "x".repeat(20_000));
                server.upload(&[], &[(&format!("{uploaded}.sql"), sql.as_bytes())]).expect(200);
                uploaded += 1;
            }
            uploaded
        });
        let mut before = -1;
        for n in 0..5 {
            let made = done(&run(dir, &["backup", "--data", "data", "--format", "json", &format!("{n}.db")]));
            let restored = format!("restored-{n}");
            let path = made["path"].as_str().expect("a path");
            assert!(made["bytes"].as_u64().is_some_and(|bytes| bytes > 100_000), "{made}");
            done(&run(dir, &["restore", "--data", &restored, path]));
            let checked = done(&run(dir, &["check", "--data", &restored, "--format", "json"]));
            let count = checked["store"]["files"].as_i64().expect("a count");
            assert!(count >= before, "{count} files after {before}");
            before = count;
        }
        stop.store(true, Ordering::Relaxed);
        writer.join().expect("the writer")
    });
    done(&run(dir, &["backup", "--data", "data", "last.db"]));
    done(&run(dir, &["restore", "--data", "at-last", "last.db"]));
    assert_eq!(done(&run(dir, &["check", "--data", "at-last", "--format", "json"]))["store"]["files"], json!(uploaded));
    let leftover: Vec<String> = files(dir).into_iter().filter(|name| name.contains("partial")).collect();
    assert!(leftover.is_empty(), "{leftover:?}");
}

#[test]
fn a_backup_writes_over_nothing_unless_told_to_and_names_itself_in_a_folder() {
    let dir = with_a_store();
    std::fs::write(dir.path().join("there"), "precious").unwrap();
    refused(&run(dir.path(), &["backup", "--data", "data", "there"]), "--force");
    assert_eq!(std::fs::read(dir.path().join("there")).unwrap(), b"precious");
    done(&run(dir.path(), &["backup", "--data", "data", "--force", "there"]));
    done(&run(dir.path(), &["restore", "--data", "again", "there"]));

    std::fs::create_dir(dir.path().join("backups")).unwrap();
    let said = text(&run(dir.path(), &["backup", "--data", "data", "backups"]));
    let names = files(&dir.path().join("backups"));
    assert!(names.len() == 1 && names[0].starts_with("headwater-2") && names[0].ends_with("Z.db"), "{names:?}");
    assert!(said.contains(&names[0]) && said.contains("checked"), "{said}");
    refused(&run(dir.path(), &["backup", "--data", "data", "nowhere/"]), "there is no folder");
    refused(&run(dir.path(), &["backup", "--data", "data", "nowhere/x.db"]), "there is no folder nowhere for the copy");
    refused(&run(dir.path(), &["backup", "--data", "nothing", "x.db"]), "there is no store");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(dir.path().join("there")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "a backup is its owner's alone");
}

#[test]
fn a_restore_keeps_what_was_there_and_a_server_finds_what_was_backed_up() {
    let server = TestServer::spawn_binary(&[], |_| {});
    let dir = server.dir.clone();
    server.upload(&[], &[("old.sql", b"CREATE TABLE old (a int)")]).expect(200);
    done(&run(dir.path(), &["backup", "--data", "data", "old.db"]));
    server.upload(&[], &[("new.sql", b"CREATE TABLE new (a int)")]).expect(200);
    refused(&run(dir.path(), &["restore", "--data", "data", "old.db"]), "another headwater uses the folder");
    // Killed, so that what was written last is in its WAL alone.
    server.signal("KILL");
    drop(server);

    let restored = done(&run(dir.path(), &["restore", "--data", "data", "--format", "json", "old.db"]));
    let kept = PathBuf::from(restored["kept"].as_str().expect("the store that was there"));
    let names = |server: &TestServer| {
        let files = server.get("/api/v1/files").expect(200);
        files.as_array().unwrap().iter().map(|f| f["filename"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    {
        let server = TestServer::in_dir(dir.clone(), |_| {});
        assert_eq!(names(&server), ["old.sql"]);
        assert_eq!(server.get("/api/v1/lineage/nodes?type=table").expect(200)["total"], 1);
    }
    done(&run(dir.path(), &["restore", "--data", "data", dir.path().join(kept).to_str().unwrap()]));
    let server = TestServer::in_dir(dir.clone(), |_| {});
    assert_eq!(names(&server), ["new.sql", "old.sql"]);
}

#[test]
fn every_restore_keeps_the_store_it_finds_however_soon_it_follows_the_last() {
    let dir = with_a_store();
    let data = dir.path().join("data");
    let store = |n: usize| format!("CREATE TABLE mark_{n} (a)");
    for n in 0..6 {
        sql(&data.join("headwater.db"), &store(n));
        done(&run(dir.path(), &["restore", "--data", "data", "first.db"]));
    }
    let mut marks: Vec<String> = files(&data)
        .into_iter()
        .filter(|name| name.starts_with("headwater-before-restore-") && name.ends_with(".db"))
        .map(|name| {
            let conn = rusqlite::Connection::open(data.join(name)).unwrap();
            conn.query_row("SELECT name FROM sqlite_schema WHERE name LIKE 'mark%'", [], |row| row.get(0)).unwrap()
        })
        .collect();
    marks.sort();
    assert_eq!(marks, (0..6).map(|n| format!("mark_{n}")).collect::<Vec<_>>());
}

#[test]
fn a_backup_never_goes_over_what_a_server_uses() {
    let dir = with_a_store();
    std::fs::create_dir_all(dir.path().join("data/spool/deep")).unwrap();
    std::fs::create_dir_all(dir.path().join("data/graphs")).unwrap();
    std::os::unix::fs::symlink("data", dir.path().join("link")).unwrap();
    let used = |name: &str| ["data", "data/../link", "link"].map(|folder| format!("{folder}/{name}"));
    for name in
        ["headwater.db", "headwater.db-wal", "headwater.db-shm", "headwater.db-journal", "headwater.lock", "graphs/x", "spool/deep/x"]
    {
        for dest in used(name) {
            refused(&run(dir.path(), &["backup", "--force", "--data", "data", &dest]), "is what the server uses");
        }
    }
    done(&run(dir.path(), &["backup", "--data", "data", "data/mine.db"]));
}

#[test]
fn what_is_no_whole_store_of_a_known_version_is_not_restored_and_changes_nothing() {
    let dir = with_a_store();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("text.db"), "not a database, but long enough to be taken for one at first sight").unwrap();
    sql(&at("other.db"), "CREATE TABLE x (a); PRAGMA user_version = 1");
    for name in ["newer.db", "broken.db"] {
        std::fs::copy(at("first.db"), at(name)).unwrap();
    }
    sql(&at("newer.db"), "PRAGMA user_version = 4711");
    let mut bytes = std::fs::read(at("broken.db")).unwrap();
    let half = bytes.len() / 2 / 4096 * 4096;
    bytes[half..].fill(0xA5);
    std::fs::write(at("broken.db"), bytes).unwrap();
    let before = (std::fs::read(at("data/headwater.db")).unwrap(), files(&at("data")));
    for (source, says) in [
        ("text.db", "no store of headwater"),
        ("other.db", "no store of headwater"),
        ("newer.db", "has schema version 4711"),
        ("broken.db", "damaged"),
        ("nothing.db", "there is no file"),
        ("data", "there is no file"),
    ] {
        refused(&run(dir.path(), &["restore", "--data", "data", source]), says);
    }
    assert_eq!((std::fs::read(at("data/headwater.db")).unwrap(), files(&at("data"))), before);
}

#[test]
fn what_a_killed_backup_left_goes_with_the_next_one_and_nothing_else_does() {
    let dir = with_a_store();
    let copies = dir.path().join("copies");
    std::fs::create_dir(&copies).unwrap();
    let partial = || format!("headwater-copy.{}.partial", headwater::id::random());
    // Of several steps.
    sql(&dir.path().join("data/headwater.db"), "CREATE TABLE big AS SELECT randomblob(12000000)");
    let mut left = 0;
    headwater::store::copy::backup(&dir.path().join("data"), &copies.join("first.db"), &mut |_, _| {
        for name in files(&copies).into_iter().filter(|name| name.ends_with(".partial")) {
            let killed = dir.path().join(partial());
            std::fs::copy(copies.join(name), killed).unwrap();
            left += 1;
        }
    })
    .expect("a backup");
    assert!(left > 1, "{left} halves");
    for name in files(dir.path()).into_iter().filter(|name| name.ends_with(".partial")) {
        std::fs::rename(dir.path().join(&name), copies.join(name)).unwrap();
    }
    let (cut, busy, text) = (partial(), partial(), partial());
    let foreign = format!("installer.{}.partial", headwater::id::random());
    for (name, bytes) in [(&cut, ""), (&format!("{cut}-journal"), "half"), (&busy, ""), (&text, "a text"), (&foreign, "")] {
        std::fs::write(copies.join(name), bytes).unwrap();
    }
    std::fs::write(copies.join(format!("{foreign}-wal")), "").unwrap();
    let at_work = std::fs::File::open(copies.join(&busy)).unwrap();
    at_work.lock().unwrap();

    let again = || done(&run(dir.path(), &["backup", "--force", "--data", "data", copies.join("whole.db").to_str().unwrap()]));
    let mut kept = vec!["first.db".to_owned(), "whole.db".into(), text, format!("{foreign}-wal"), foreign, busy.clone()];
    kept.sort();
    again();
    assert_eq!(files(&copies), kept);
    drop(at_work);
    kept.retain(|name| *name != busy);
    again();
    assert_eq!(files(&copies), kept);
}

#[test]
fn a_check_says_what_it_read_and_finds_each_kind_of_damage() {
    let dir = with_a_store();
    let store = dir.path().join("data/headwater.db");
    let good = run(dir.path(), &["check", "--data", "data"]);
    done(&good);
    let said = text(&good);
    for part in
        ["settings  good", "set: STORAGE_PATH", "pages and indexes read", "schema version", "of 1 project", "of 1 file", "nothing is wrong"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    for (damage, says) in [
        ("UPDATE file_bytes SET bytes = x'00'", "a.sql: its bytes are not those that were stored"),
        ("DELETE FROM file_bytes", "a.sql: its bytes are not there"),
        ("UPDATE facts SET data = '{'", "a.sql: what was read from it cannot be"),
        ("UPDATE facts SET data = replace(data, '\"v\"', '\"w\"')", "a.sql: what was read from it is not what was stored"),
        ("UPDATE chunks SET text = lower(text)", "a.sql: what was read from it is not what was stored"),
        ("UPDATE chunks SET line_end = line_end + 1", "a.sql: what was read from it is not what was stored"),
        (
            "UPDATE changes SET bytes = CAST(replace(CAST(bytes AS TEXT), 'view', 'weiv') AS BLOB)",
            ": what it changed is not what was stored",
        ),
        ("PRAGMA foreign_keys = OFF; DELETE FROM repositories", "refers to a row of repositories that is not there"),
        ("PRAGMA user_version = 4711", "has schema version 4711"),
    ] {
        let whole = std::fs::read(&store).unwrap();
        sql(&store, damage);
        refused(&run(dir.path(), &["check", "--data", "data"]), says);
        let report = run(dir.path(), &["check", "--data", "data", "--format", "json"]);
        let json: Value = serde_json::from_slice(&report.stdout).expect("JSON");
        assert!(json["ok"] == false && json["problems"][0].as_str().is_some_and(|p| p.contains(says)), "{json}");
        std::fs::write(&store, whole).unwrap();
    }
    refused(&run(dir.path(), &["check", "--data", "elsewhere"]), "there is no store");
    let bad = command(dir.path()).args(["check", "--data", "data"]).env("API_PORT", "x").output().unwrap();
    assert_eq!(bad.status.code(), Some(64), "{}", text(&bad));
}

#[test]
fn a_copy_with_damaged_rows_goes_over_none_that_is_whole() {
    let dir = with_a_store();
    let copies = dir.path().join("copies");
    std::fs::create_dir(&copies).unwrap();
    let backup = |dest: &str| run(dir.path(), &["backup", "--force", "--data", "data", dest]);
    done(&backup("copies/whole.db"));
    let whole = std::fs::read(copies.join("whole.db")).unwrap();
    sql(&dir.path().join("data/headwater.db"), "UPDATE file_bytes SET bytes = x'00'");
    for _ in 0..2 {
        for dest in ["copies/whole.db", "copies"] {
            let made = backup(dest);
            refused(&made, "file a.sql: its bytes are not those that were stored");
            refused(&made, "copies/headwater-damaged.db");
        }
    }
    assert_eq!(std::fs::read(copies.join("whole.db")).unwrap(), whole);
    assert_eq!(files(&copies), ["headwater-damaged.db", "whole.db"]);
    // All but the one file is in it.
    done(&run(dir.path(), &["restore", "--data", "again", "copies/headwater-damaged.db"]));
}

#[test]
fn a_look_at_a_store_that_a_crash_left_leaves_it_as_it_is() {
    let server = TestServer::spawn_binary(&[], |_| {});
    server.upload(&[], &[("a.sql", b"CREATE VIEW v AS SELECT a FROM t")]).expect(200);
    let dir = server.dir.clone();
    server.signal("KILL");
    drop(server);
    let read = |name: &str| std::fs::read(dir.path().join("data").join(name)).unwrap();
    let before = (read("headwater.db"), read("headwater.db-wal"));
    assert!(!before.1.is_empty());
    let checked = done(&run(dir.path(), &["check", "--data", "data", "--format", "json"]));
    assert_eq!(checked["store"]["files"], 1);
    done(&run(dir.path(), &["backup", "--data", "data", "copy.db"]));
    assert!((read("headwater.db"), read("headwater.db-wal")) == before);
}

#[test]
fn a_newer_store_stops_the_start_with_a_line_and_is_not_touched() {
    let dir = with_a_store();
    let store = dir.path().join("data/headwater.db");
    sql(&store, "PRAGMA user_version = 4711");
    let before = std::fs::read(&store).unwrap();
    let output = command(dir.path()).args(["serve", "--data", "data", "--port", "0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("the store has schema version 4711, this program knows"), "{}", text(&output));
    assert_eq!(std::fs::read(&store).unwrap(), before);
}

#[test]
fn a_store_of_an_earlier_version_is_checked_and_copied_as_it_is() {
    let dir = with_a_store();
    let store = dir.path().join("data/headwater.db");
    // As schema 5 had it.
    let earlier = "UPDATE changes SET data = CAST(bytes AS TEXT); ALTER TABLE changes DROP COLUMN bytes; PRAGMA user_version = 5";
    sql(&store, earlier);
    let checked = run(dir.path(), &["check", "--data", "data"]);
    done(&checked);
    assert!(text(&checked).contains("schema version          5"), "{}", text(&checked));
    done(&run(dir.path(), &["backup", "--data", "data", "earlier.db"]));
    sql(&store, "UPDATE changes SET data = replace(data, 'view', 'weiv')");
    refused(&run(dir.path(), &["check", "--data", "data"]), ": what it changed is not what was stored");
}
