//! What breaks around the server: disk full or read-only, no descriptors left, busy neighbours, a clock that was set back. It stays up, says what is wrong,
//! and goes on when that is over.
//!
//! Small disks are mounted in a namespace that only the tested process sees; `unshare` makes one for any user.

mod common;

use common::{Binary, Client, PATIENCE, TempDir, TestServer, eventually};
use headwater::http::App;
use headwater::store::{self, Store};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};

/// A shell line in a mount namespace of its own.
fn namespaced(line: &str, dir: &Path) -> Command {
    let mut shell = Command::new("unshare");
    shell.args(["--map-root-user", "--mount", "sh", "-c", line]).current_dir(dir).stdin(Stdio::null());
    shell
}

/// SQL of about `bytes` that does not repeat itself.
fn sql(bytes: usize) -> String {
    let ids = std::iter::repeat_with(headwater::id::random).take(bytes / 36 + 1);
    ids.map(|id| format!("-- {id}\n")).collect::<String>() + "SELECT 1;\n"
}

fn upload(server: &Client, name: &str, bytes: usize) -> common::Reply {
    server.upload(&[], &[(name, sql(bytes).as_bytes())])
}

fn database(server: &Client) -> (Value, Value) {
    let health = server.get("/health").expect(200);
    let problem = health["problems"].as_array().unwrap().iter().find(|p| p["service"] == "database").cloned();
    (health["services"]["database"].clone(), problem.unwrap_or_default())
}

#[test]
fn a_full_disk_is_said_costs_no_answer_and_is_over_when_there_is_room() {
    let dir = Arc::new(TempDir::new());
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let line = format!("mount -t tmpfs -o size=8m tmpfs data && exec {}", env!("CARGO_BIN_EXE_headwater"));
    let server = Binary::start(namespaced(&line, dir.path()), dir.clone(), |_| {});
    // The mount as that process sees it.
    let seen = PathBuf::from(format!("/proc/{}/root", server.pid())).join(data.strip_prefix("/").unwrap());
    upload(&server, "before.sql", 100).expect(200);

    let filler = seen.join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    let full = |reply: common::Reply| {
        let detail = reply.expect(507)["detail"].clone();
        assert!(detail.as_str().unwrap().starts_with("The disk is full: free some space"), "{detail}");
    };
    full(upload(&server, "during.sql", 400_000));
    // Some pages fit into what the store has of the disk already.
    let project = json!({"name": "p", "description": "d".repeat(1000)});
    full(eventually("a project that does not fit", || Some(server.post("/api/v1/projects", &project)).filter(|reply| reply.status != 201)));
    let listed = server.get("/api/v1/files").expect(200);
    assert!(listed.as_array().unwrap().iter().any(|f| f["filename"] == "before.sql"), "{listed}");
    server.get("/api/v1/lineage/search?q=before").expect(200);
    let asked = server.post("/api/chat/graph", &json!({"query": "What tables are there?"}));
    assert!(asked.status == 200 || asked.status == 507, "{}", asked.text());
    let (state, problem) = eventually("health that knows", || Some(database(&server)).filter(|(state, _)| state == "unavailable"));
    assert!(state == "unavailable" && problem["reason"].as_str().unwrap().contains("full"), "{problem}");
    assert!(problem["since"].is_string() && problem["remedy"].as_str().unwrap().contains("STORAGE_PATH"), "{problem}");
    assert!(server.logged("the store's disk refuses writes").contains(" WARN "));

    std::fs::remove_file(filler).unwrap();
    // Nobody has to write for that to be noticed.
    eventually("health again", || (database(&server).0 == "healthy").then_some(()));
    server.logged("the store's disk takes writes again");
    upload(&server, "after.sql", 400_000).expect(200);
}

#[test]
fn a_server_that_starts_on_a_full_disk_answers_what_it_can_and_is_well_when_there_is_room() {
    let dir = Arc::new(TempDir::new());
    for name in ["made", "data"] {
        std::fs::create_dir(dir.path().join(name)).unwrap();
    }
    let made = TestServer::in_dir(dir.clone(), |vars| drop(vars.insert("STORAGE_PATH", dir.path().join("made").display().to_string())));
    upload(&made, "before.sql", 100).expect(200);
    // As a crash leaves it: the start is to write its end.
    let unfinished = |conn: &rusqlite::Connection| Ok(conn.execute_batch("UPDATE runs SET status = 'running', completed_at = NULL")?);
    made.app.store.write_blocking(unfinished).unwrap();
    made.stop();
    let line = format!(
        "mount -t tmpfs -o size=8m tmpfs data && cp -R made/. data && {{ cat /dev/zero > data/filler; exec {}; }}",
        env!("CARGO_BIN_EXE_headwater")
    );
    let server = Binary::start(namespaced(&line, dir.path()), dir.clone(), |_| {});
    let listed = server.get("/api/v1/files").expect(200);
    assert_eq!(listed[0]["filename"], "before.sql", "{listed}");
    server.get("/api/v1/lineage/search?q=before").expect(200);
    let (state, problem) = database(&server);
    assert!(state == "unavailable" && problem["reason"].as_str().unwrap().contains("full"), "{problem}");
    server.logged("the store's disk refuses writes");
    upload(&server, "during.sql", 400_000).expect(507);

    let seen = PathBuf::from(format!("/proc/{}/root", server.pid())).join(dir.path().strip_prefix("/").unwrap());
    std::fs::remove_file(seen.join("data/filler")).unwrap();
    eventually("health again", || (database(&server).0 == "healthy").then_some(()));
    upload(&server, "after.sql", 400_000).expect(200);
    let runs = server.get("/api/v1/ingestion/logs").expect(200).to_string();
    assert!(runs.contains("interrupted") && !runs.contains("running"), "{runs}");
}

#[test]
fn a_full_disk_that_has_no_room_for_a_start_is_what_the_log_says() {
    let dir = Arc::new(TempDir::new());
    let made = TestServer::in_dir(dir.clone(), |_| {});
    let [there, data] = ["data", "small"].map(|name| dir.path().join(name));
    made.stop();
    std::fs::create_dir(&data).unwrap();
    // A new store, and one without the files that a server keeps beside it.
    for from in ["/dev/null", &there.join(store::FILE).display().to_string()] {
        let line = format!(
            "mount -t tmpfs -o size=2m tmpfs small && cp {from} small/{} && {{ cat /dev/zero > small/filler; exec {} --port 0 --data small; }}",
            store::FILE,
            env!("CARGO_BIN_EXE_headwater")
        );
        let output = namespaced(&line, dir.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("cannot start with small (STORAGE_PATH): the disk is full"), "{said}");
    }
}

#[test]
fn a_store_that_is_moved_away_takes_nothing_that_would_be_lost_until_it_is_back() {
    let server = TestServer::spawn_binary(&[], |_| {});
    upload(&server, "before.sql", 100).expect(200);
    let (data, away) = (server.dir.path().join("data"), server.dir.path().join("away"));
    std::fs::rename(&data, &away).unwrap();
    let (state, problem) = eventually("health that knows", || Some(database(&server)).filter(|(state, _)| state == "unavailable"));
    assert!(state == "unavailable" && problem["reason"].as_str().unwrap().contains("put it back where it was"), "{problem}");
    let detail = server.post("/api/v1/projects", &json!({"name": "during"})).expect(503)["detail"].clone();
    assert!(detail.as_str().unwrap().contains("moved or removed"), "{detail}");
    server.get("/api/v1/files").expect(200);
    std::fs::rename(&away, &data).unwrap();
    server.post("/api/v1/projects", &json!({"name": "after"})).expect(201);
    eventually("health again", || (database(&server).0 == "healthy").then_some(()));

    // Its graphs are left behind.
    let mut server = server;
    server.signal("TERM");
    server.wait();
    std::fs::remove_file(data.join(store::FILE)).unwrap();
    let dir = server.dir.clone();
    Binary::start(common::command(dir.path()), dir, |_| {}).logged("a new store is made beside what another left");
}

#[test]
fn damage_that_is_met_while_serving_is_said_and_what_is_whole_is_answered() {
    let server = TestServer::start();
    let marked = format!("{}-- the page that is lost\n{}", sql(100_000), sql(100_000));
    let report = server.upload(&[], &[("long.sql", marked.as_bytes()), ("short.sql", b"SELECT 1")]).expect(200);
    let id = |at: usize| report["results"][at]["file_id"].as_str().unwrap().to_owned();
    let (long, short) = (id(0), id(1));
    let dir = server.dir.clone();
    // Everything is in the one file then.
    server.stop();
    let path = dir.path().join("data").join(store::FILE);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(20).position(|part| part == b"-- the page that is ").unwrap();
    // Which page of the file comes next: one that no file has.
    bytes[at & !4095..][..4].fill(0xff);
    std::fs::write(&path, bytes).unwrap();

    let server = TestServer::in_dir(dir, |_| {});
    assert_eq!(server.get("/health").expect(200)["status"], "healthy", "nobody has looked there");
    server.get(&format!("/api/v1/files/{long}/content")).expect(500);
    // What was found just before counts for a second.
    let problem = eventually("the damage in /health", || {
        let health = server.get("/health").expect(200);
        (health["status"] == "degraded").then(|| health["problems"][0].clone())
    });
    assert_eq!(problem["service"], "database", "{problem}");
    assert!(problem["reason"].as_str().unwrap().starts_with("the store is damaged: "), "{problem}");
    assert!(problem["remedy"].as_str().unwrap().contains("headwater restore"), "{problem}");
    assert_eq!(server.get(&format!("/api/v1/files/{short}/content")).status, 200);
}

#[test]
fn a_store_that_cannot_be_written_stops_the_start_with_a_sentence() {
    let dir = TempDir::new();
    std::fs::create_dir(dir.path().join("data")).unwrap();
    let line = format!("mount -t tmpfs -o ro tmpfs data && exec {} --port 0 --data data", env!("CARGO_BIN_EXE_headwater"));
    let output = namespaced(&line, dir.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot start with data (STORAGE_PATH): the store cannot be written"), "{said}");
}

/// A server whose disk is broken in this way while there is a file of this name.
fn with_a_disk(broken: &str) -> (Binary, PathBuf) {
    let dir = Arc::new(TempDir::new());
    let (shim, flag) = (dir.path().join("disk.so"), dir.path().join("broken"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/disk.c");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", source, "-ldl", "-o"]).arg(&shim).status().unwrap();
    assert!(built.success());
    let mut command = common::command(dir.path());
    command.env("LD_PRELOAD", &shim).env(broken, &flag);
    (Binary::start(command, dir, |_| {}), flag)
}

#[test]
fn a_disk_that_fails_is_said_and_is_no_damage_of_the_store() {
    let (server, flag) = with_a_disk("FAILS_WHILE");
    // More than a reader keeps of it.
    let report = upload(&server, "before.sql", 400_000).expect(200);
    let content = format!("/api/v1/files/{}/content", report["results"][0]["file_id"].as_str().unwrap());

    std::fs::write(&flag, "").unwrap();
    let detail = server.get(&content).expect(503)["detail"].clone();
    assert!(detail.as_str().unwrap().contains("its disk fails: Input/output error"), "{detail}");
    server.post("/api/v1/projects", &json!({"name": "during"})).expect(503);
    let (_, problem) = eventually("health that knows", || Some(database(&server)).filter(|(state, _)| state == "unavailable"));
    let said = |name: &str| problem[name].as_str().unwrap().to_owned();
    assert!(!said("reason").contains("damaged") && said("remedy").contains("dmesg"), "{problem}");

    std::fs::remove_file(&flag).unwrap();
    eventually("health again", || (database(&server).0 == "healthy").then_some(()));
    assert_eq!(server.get(&content).status, 200);
    upload(&server, "after.sql", 100).expect(200);
}

#[test]
fn a_disk_that_turns_read_only_is_said_costs_no_answer_and_is_over_when_it_can_be_written() {
    let (server, flag) = with_a_disk("READ_ONLY_WHILE");
    upload(&server, "before.sql", 100).expect(200);

    std::fs::write(&flag, "").unwrap();
    let detail = upload(&server, "during.sql", 100).expect(503)["detail"].clone();
    assert!(detail.as_str().is_some_and(|detail| !detail.is_empty()), "{detail}");
    server.post("/api/v1/projects", &json!({"name": "during"})).expect(503);
    let listed = server.get("/api/v1/files").expect(200);
    assert!(listed.as_array().unwrap().iter().all(|f| f["filename"] == "before.sql"), "{listed}");
    server.get("/api/v1/lineage/search?q=before").expect(200);
    let (_, problem) = eventually("health that knows", || Some(database(&server)).filter(|(state, _)| state == "unavailable"));
    assert!(problem["since"].is_string() && problem["remedy"].as_str().unwrap().contains("STORAGE_PATH"), "{problem}");

    std::fs::remove_file(&flag).unwrap();
    // Nobody has to write for that to be noticed.
    eventually("health again", || (database(&server).0 == "healthy").then_some(()));
    upload(&server, "after.sql", 100).expect(200);
}

#[test]
fn neighbours_that_take_every_core_cost_time_and_nothing_else() {
    let server = TestServer::spawn_binary(&[], |_| {});
    let over = Arc::new(AtomicBool::new(false));
    for _ in 0..4 * std::thread::available_parallelism().map_or(2, usize::from) {
        let over = over.clone();
        std::thread::spawn(move || while !over.load(Ordering::Relaxed) {});
    }
    for turn in 0..5 {
        upload(&server, &format!("{turn}.sql"), 10_000).expect(200);
        server.post("/api/chat/graph", &json!({"query": "What tables are there?"})).expect(200);
        assert_eq!(server.get("/health").expect(200)["status"], "healthy");
    }
    over.store(true, Ordering::Relaxed);
    assert_eq!(server.get("/api/v1/files").expect(200).as_array().unwrap().len(), 5);
}

/// Lets the process open so many descriptors and no more.
fn limit_descriptors(pid: u32, limit: &str) {
    let status = Command::new("prlimit").args(["--pid", &pid.to_string(), &format!("--nofile={limit}")]).status().unwrap();
    assert!(status.success());
}

/// `request` on a connection that is kept, and the head of the answer.
fn on(mut stream: &TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    let mut got = vec![0; 4096];
    let read = stream.read(&mut got).unwrap();
    String::from_utf8_lossy(&got[..read]).into_owned()
}

#[test]
fn without_descriptors_newcomers_wait_and_who_is_there_is_served() {
    let server = TestServer::spawn_binary(&[], |_| {});
    let connect = || {
        let stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    let health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let there = connect();
    assert!(on(&there, health).starts_with("HTTP/1.1 200 "));
    // Those of the standard streams are taken, so not one is left, whatever else the process closes meanwhile.
    limit_descriptors(server.pid(), "3:");

    let mut newcomers: Vec<TcpStream> = (0..8).map(|_| connect()).collect();
    for newcomer in &mut newcomers {
        newcomer.write_all(health.as_bytes()).unwrap();
    }
    server.logged("cannot accept connections");
    assert!(on(&there, health).starts_with("HTTP/1.1 200 "), "who is connected is answered");
    // An upload needs a file to spool to.
    let body = format!("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.sql\"\r\n\r\n{}\r\n--b--\r\n", sql(200_000));
    let head = "POST /api/v1/files/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n";
    let answer = on(&there, &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()));
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");

    limit_descriptors(server.pid(), "4096:");
    for newcomer in &newcomers {
        let mut got = [0; 12];
        (&*newcomer).read_exact(&mut got).unwrap();
        assert_eq!(&got, b"HTTP/1.1 200");
    }
    upload(&server, "a.sql", 200_000).expect(200);
}

#[test]
fn a_clock_that_was_set_back_is_borne() {
    let dir = Arc::new(TempDir::new());
    let first = TestServer::in_dir(dir.clone(), |_| {});
    first.upload(&[], &[("a.sql", b"CREATE TABLE a AS SELECT * FROM b;")]).expect(200);
    let session = first.post("/api/chat/graph", &json!({"query": "What reads b?"})).expect(200)["session_id"].clone();
    first.stop();

    // For the next process all of that is yet to come.
    let conn = rusqlite::Connection::open(dir.path().join("data").join(store::FILE)).unwrap();
    let columns = "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c
                   WHERE t.type = 'table' AND (c.name LIKE '%\\_at' ESCAPE '\\' OR c.name LIKE 'last\\_%' ESCAPE '\\') AND c.type = 'TEXT'";
    let found: Vec<(String, String)> =
        conn.prepare(columns).unwrap().query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    assert!(found.len() > 4, "{found:?}");
    for (table, column) in found {
        conn.execute(&format!("UPDATE {table} SET {column} = '2099-01-01T00:00:00.000000Z' WHERE {column} IS NOT NULL"), []).unwrap();
    }
    drop(conn);

    let second = TestServer::in_dir(dir, |_| {});
    second.upload(&[], &[("a.sql", b"CREATE TABLE a AS SELECT * FROM c;"), ("n.sql", b"SELECT 1;")]).expect(200);
    second.post("/api/chat/graph", &json!({"query": "What reads c?", "session_id": session})).expect(200);
    let messages = second.get(&format!("/api/chat/sessions/{}", session.as_str().unwrap())).expect(200)["messages"].clone();
    let said: Vec<&str> = messages.as_array().unwrap().iter().map(|m| m["content"].as_str().unwrap()).collect();
    assert!(said.len() == 4 && said[0] == "What reads b?" && said[2] == "What reads c?", "in the order in which they were said: {said:?}");
    for path in
        ["/health", "/health/ready", "/api/v1/stats", "/api/v1/files", "/api/v1/activity/recent", "/api/v1/ingestion/logs", "/metrics"]
    {
        assert_eq!(second.get(path).status, 200, "{path}");
    }
    let found = second.get("/api/v1/lineage/edges").expect(200).to_string();
    assert!(found.contains(":c") && !found.contains("table:b\""), "{found}");
}

/// Takes all readers of a store until what this gives is dropped.
fn take_readers(store: &Store) -> mpsc::Sender<()> {
    let (held, release) = mpsc::channel();
    let release = Arc::new(Mutex::new(release));
    // As many as there are: `readers_taken` says that no more are free.
    for _ in 0..3 {
        let (store, release) = (store.clone(), release.clone());
        std::thread::spawn(move || store.read_blocking(|_| Ok(release.lock().unwrap().recv().is_ok())));
    }
    eventually("no reader is free", || store.readers_taken());
    held
}

#[test]
fn readers_that_something_holds_are_said_by_health_and_forgotten_when_they_are_back() {
    let server = TestServer::start();
    let held = take_readers(&server.app.store);
    let (state, problem) = database(&server);
    drop(held);
    let said = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(state, "unavailable", "{problem}");
    assert!(said("reason").starts_with("all its readers have been taken for ") && said("since").ends_with('Z'), "{problem}");
    assert!(said("remedy").contains("restart the server"), "{problem}");
    eventually("health again", || (database(&server).0 == "healthy").then_some(()));
}

#[test]
fn who_comes_while_a_store_takes_long_to_load_is_told_to_come_back_and_then_served() {
    let (tell, told) = mpsc::channel();
    let first = move |app: &App| tell.send(take_readers(&app.store)).unwrap();
    let (server, ready) = TestServer::begun(Arc::new(TempDir::new()), |_| {}, first);
    let held = told.recv().unwrap();
    let paths = ["/health/ready", "/api/v1/stats"];
    for path in paths {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")), "{path}: {}", reply.text());
        assert!(reply.text().contains("loading what its store holds"), "{path}: {}", reply.text());
    }
    drop(held);
    ready.recv_timeout(PATIENCE).expect("it is loaded");
    paths.iter().for_each(|path| drop(server.get(path).expect(200)));
}

#[test]
fn a_project_that_ends_start_after_start_is_left_out_and_the_others_are_served() {
    let dir = Arc::new(TempDir::new());
    let first = TestServer::in_dir(dir.clone(), |_| {});
    first.post("/api/v1/projects", &json!({"id": "heavy", "name": "Heavy"})).expect(201);
    for (project, table) in [("heavy", "too_much"), ("default", "enough")] {
        let sql = format!("CREATE TABLE {table} (id int);");
        first.post("/api/v1/ingest/sql", &json!({"sql_content": sql, "source_file": "a.sql", "project_id": project})).expect(200);
    }
    first.stop();
    let ended = || std::fs::write(dir.path().join("data/making-ready"), "9 heavy").unwrap();
    let found = |server: &Client, name: &str| {
        let found = server.get(&format!("/api/v1/lineage/search?q={name}")).expect(200);
        found["nodes"].as_array().unwrap().iter().any(|node| node["name"] == name)
    };
    let graph = |server: &Client| {
        let health = server.get("/health").expect(200);
        let problem = health["problems"].as_array().unwrap().iter().find(|p| p["service"] == "graph").cloned();
        (health["services"]["graph"].clone(), problem.unwrap_or_default()["reason"].clone())
    };

    ended();
    let without = TestServer::in_dir(dir.clone(), |_| {});
    let reason = "project 'heavy' is left out: start after start ended while it was made ready";
    assert_eq!(graph(&without), (json!("unavailable"), json!(reason)));
    assert!(found(&without, "enough") && !found(&without, "too_much"));
    // What changes it reads it again.
    let sql = "CREATE TABLE more (id int);";
    without.post("/api/v1/ingest/sql", &json!({"sql_content": sql, "source_file": "b.sql", "project_id": "heavy"})).expect(200);
    assert_eq!(graph(&without), (json!("healthy"), Value::Null));
    assert!(found(&without, "too_much") && found(&without, "more"));
    without.stop();

    ended();
    let without = TestServer::in_dir(dir.clone(), |_| {});
    assert_eq!(graph(&without).0, "unavailable");
    without.delete("/api/v1/projects/heavy?delete_data=true").expect(204);
    assert_eq!(graph(&without), (json!("healthy"), Value::Null));
    assert!(found(&without, "enough"));
}
