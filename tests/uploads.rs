//! Files in, over a real server: every way in which an upload goes right or wrong.

mod common;

use common::{PATIENCE, Reply, TestServer, eventually};
use futures_util::{SinkExt, StreamExt};
use headwater::ingest::Snapshot;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::Message;

const ORDERS: &[u8] = b"CREATE TABLE raw.orders (id INT PRIMARY KEY, amount INT);\n";
const TOTALS: &[u8] = b"CREATE VIEW marts.totals AS SELECT id, amount AS total FROM raw.orders;\n";

fn snapshot(server: &TestServer) -> Arc<Snapshot> {
    server.app.knowledge.project("default")
}

/// Kind and name of every node.
fn nodes(server: &TestServer) -> BTreeSet<String> {
    snapshot(server).graph.linked.nodes.iter().map(|n| format!("{} {}", n.kind, n.name())).collect()
}

fn statuses(report: &Value) -> Vec<&str> {
    report["results"].as_array().unwrap().iter().map(|r| r["status"].as_str().unwrap()).collect()
}

/// A multipart body as given, under the boundary `b`.
fn post(server: &TestServer, body: &[u8]) -> Reply {
    server.request("POST", "/api/v1/files/upload", &[("content-type", "multipart/form-data; boundary=b")], body)
}

fn part(name: &str, value: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

fn spooled(server: &TestServer) -> usize {
    std::fs::read_dir(server.app.config().storage_path.join("spool")).map_or(0, Iterator::count)
}

#[test]
fn an_upload_reports_each_file_and_fills_the_graph() {
    let server = TestServer::start();
    let report = server.upload(&[("dialect", "postgres")], &[("raw.sql", ORDERS), ("sql/marts.sql", TOTALS)]).expect(200);
    assert_eq!(report["success"], true);
    assert_eq!(
        (&report["files_processed"], &report["files_failed"], &report["files_skipped_duplicate"]),
        (&json!(2), &json!(0), &json!(0))
    );
    assert_eq!(report["project_id"], "default");
    let marts = &report["results"][1];
    assert_eq!(
        (&marts["filename"], &marts["relative_path"], &marts["file_type"]),
        (&json!("marts.sql"), &json!("sql/marts.sql"), &json!("sql"))
    );
    assert_eq!(marts["file_hash"], headwater::id::content_hash(TOTALS));
    assert_eq!((&marts["statements"], &marts["statements_failed"], marts.get("error")), (&json!(1), &json!(0), None));
    // The file, the view and its two columns.
    assert_eq!(marts["nodes_created"], 4);
    assert!(marts["edges_created"].as_u64().unwrap() >= 4, "{marts}");
    let nodes = nodes(&server);
    for node in ["table raw.orders", "view marts.totals", "column marts.totals.total", "file sql/marts.sql"] {
        assert!(nodes.contains(node), "{node} in {nodes:?}");
    }
    assert_eq!(report["total_nodes_created"], nodes.len());
    eventually("an empty spool", || (spooled(&server) == 0).then_some(()));
}

#[test]
fn fields_and_files_come_in_any_order() {
    let server = TestServer::start();
    let body = [
        part("instructions", "be kind").into_bytes(),
        file("a.sql", ORDERS),
        part("repository_name", "shop").into_bytes(),
        file("b.sql", TOTALS),
        part("dialect", "PostgreSQL").into_bytes(),
        b"--b--\r\n".to_vec(),
    ]
    .concat();
    let report = post(&server, &body).expect(200);
    assert_eq!(statuses(&report), ["processed", "processed"]);
    let (repositories, _) = server.app.store.read_blocking(|c| Ok((headwater::store::projects::repositories(c, "default")?, ()))).unwrap();
    assert_eq!(repositories.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["shop"]);
    assert_eq!(report["repository_id"], repositories[0].id);
}

#[test]
fn the_same_bytes_again_are_skipped_and_changed_bytes_replace_without_ghosts() {
    let server = TestServer::start();
    let first = server.upload(&[("dialect", "postgres")], &[("a.sql", ORDERS)]).expect(200);
    let again = server.upload(&[], &[("a.sql", ORDERS), ("copy.sql", ORDERS)]).expect(200);
    assert_eq!(statuses(&again), ["skipped_duplicate", "skipped_duplicate"]);
    assert_eq!(again["results"][0]["file_id"], first["results"][0]["file_id"]);
    // Of the copy there is its file: what it says is there.
    assert_ne!(again["results"][1]["file_id"], first["results"][0]["file_id"]);
    assert_eq!((&again["total_nodes_created"], &again["success"]), (&json!(1), &json!(true)));
    server.app.ingest.delete_file(again["results"][1]["file_id"].as_str().unwrap()).unwrap();

    let changed = server.upload(&[("dialect", "postgres")], &[("a.sql", b"CREATE TABLE raw.customers (id INT);")]).expect(200);
    assert_eq!(changed["results"][0]["file_id"], first["results"][0]["file_id"]);
    assert_eq!(nodes(&server), BTreeSet::from(["file a.sql", "table raw.customers", "column raw.customers.id"].map(String::from)));

    let diff = server.get(&format!("/api/v1/runs/{}/diff", changed["run_id"].as_str().unwrap())).expect(200);
    let names = |list: &str| diff[list].as_array().unwrap().iter().map(|n| n["name"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(names("nodes_added"), BTreeSet::from(["raw.customers", "raw.customers.id"].map(String::from)));
    assert_eq!(names("nodes_removed"), BTreeSet::from(["raw.orders", "raw.orders.id", "raw.orders.amount"].map(String::from)));

    server.app.ingest.delete_file(first["results"][0]["file_id"].as_str().unwrap()).unwrap();
    assert_eq!(nodes(&server), BTreeSet::new());
}

#[test]
fn the_same_bytes_read_in_another_dialect_are_no_duplicate() {
    let server = TestServer::start();
    server.upload(&[("dialect", "postgres")], &[("a.sql", ORDERS)]).expect(200);
    let again = server.upload(&[("dialect", "tsql")], &[("a.sql", ORDERS)]).expect(200);
    assert_eq!(statuses(&again), ["processed"]);
}

#[test]
fn a_bad_file_fails_alone_and_says_what_to_do() {
    let server = TestServer::with(|vars| drop(vars.insert("UPLOAD_MAX_FILE_SIZE_MB", "1".into())));
    let large = vec![b'x'; (1 << 20) + 1];
    let long = format!("{}.sql", "a".repeat(10_000));
    let files: [(&str, &[u8]); 5] =
        [("a.exe", b"MZ"), ("large.txt", &large), ("good.md", b"# Good"), (&long, ORDERS), ("noextension", b"x")];
    let report = server.upload(&[], &files).expect(200);
    assert_eq!(statuses(&report), ["error", "error", "processed", "error", "error"]);
    assert_eq!((&report["success"], &report["files_failed"]), (&json!(false), &json!(4)));
    let error = |n: usize| report["results"][n]["error"].as_str().unwrap().to_owned();
    assert!(error(0).contains("'.exe'") && error(0).contains(".sql, .ddl"), "{}", error(0));
    assert!(error(1).contains("1.0 MB") && error(1).contains("1 MB"), "{}", error(1));
    assert!(error(3).contains("10004 bytes"), "{}", error(3));
    assert_eq!(report["results"][0]["file_id"], Value::Null);
    let log = server.get(&format!("/api/v1/ingestion/logs/{}", report["ingestion_id"].as_str().unwrap())).expect(200);
    let last = log["events"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["type"], &last["payload"]["status"]), (&json!("ingestion_complete"), &json!("completed_with_errors")));
    assert_eq!((last["payload"]["errors"].as_array().unwrap().len(), last["payload"].get("errors_omitted")), (4, None));
}

#[test]
fn however_many_files_are_refused_the_end_that_every_dashboard_gets_stays_small() {
    let server = TestServer::start();
    let names: Vec<String> = (0..300).map(|n| format!("{n}.exe")).collect();
    let report = server.upload(&[], &names.iter().map(|name| (&**name, &b"MZ"[..])).collect::<Vec<_>>()).expect(200);
    assert_eq!((&report["files_failed"], statuses(&report).len()), (&json!(300), 300));
    let log = server.get(&format!("/api/v1/ingestion/logs/{}", report["ingestion_id"].as_str().unwrap())).expect(200);
    let last = &log["events"].as_array().unwrap().last().unwrap()["payload"];
    assert_eq!((last["errors"].as_array().unwrap().len(), &last["errors_omitted"]), (50, &json!(250)));
    assert!(last.to_string().len() < 32 << 10, "half of what may wait for one client");
    let long: Vec<String> = (0..60).map(|n| format!("{}{n}.exe", format!("{}/", "x".repeat(200)).repeat(4))).collect();
    let report = server.upload(&[], &long.iter().map(|name| (&**name, &b"MZ"[..])).collect::<Vec<_>>()).expect(200);
    let log = server.get(&format!("/api/v1/ingestion/logs/{}", report["ingestion_id"].as_str().unwrap())).expect(200);
    let last = &log["events"].as_array().unwrap().last().unwrap()["payload"];
    let named = last["errors"].as_array().unwrap().len() as u64;
    assert!((1..50).contains(&named) && last["errors_omitted"] == json!(60 - named), "{named} named, {}", last["errors_omitted"]);
    assert!(last.to_string().len() < 32 << 10, "long names take no more");
}

#[test]
fn hostile_names_stay_inside_and_visible() {
    let server = TestServer::start();
    let names = ["../../etc/cron.d/x.md", "C:\\\\Users\\\\me\\\\y.md", "a\u{202E}dm.md", "été 日本 'q'.md", "%2e%2e/z.md"];
    let body: Vec<u8> = names.iter().enumerate().flat_map(|(n, name)| file(name, format!("# {n}").as_bytes())).collect();
    let report = post(&server, &[&body, &b"--b--\r\n"[..]].concat()).expect(200);
    let paths: Vec<_> = report["results"].as_array().unwrap().iter().map(|r| r["relative_path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["etc/cron.d/x.md", "Users/me/y.md", "a_dm.md", "été 日本 'q'.md", "%2e%2e/z.md"]);
    assert!(statuses(&report).iter().all(|s| *s == "processed"), "{report}");
}

#[test]
fn an_empty_file_and_one_that_is_not_utf8_are_read() {
    let server = TestServer::start();
    let report = server.upload(&[], &[("empty.sql", b""), ("latin.sql", b"-- caf\xE9\nSELECT 1 FROM t;")]).expect(200);
    assert_eq!(statuses(&report), ["processed", "processed"]);
    assert_eq!(report["results"][0]["file_hash"], headwater::id::content_hash(b""));
    let note = &report["results"][1]["diagnostics"][0];
    assert!(note["message"].as_str().unwrap().contains("Latin-1"), "{note}");
}

#[test]
fn requests_that_are_no_upload_are_refused_as_fastapi_does() {
    let server = TestServer::start();
    let cases: [(&str, &str, u16, Value); 8] = [
        ("multipart/form-data", "x", 400, json!("Missing boundary in multipart.")),
        ("multipart/form-data; boundary=b", "no multipart at all", 400, json!("Invalid multipart data.")),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.md\"\r\n\r\ncut",
            400,
            json!("Invalid multipart data."),
        ),
        (
            "multipart/form-data; boundary=b",
            "--b--\r\n",
            422,
            json!([{"type": "missing", "loc": ["body", "files"], "msg": "Field required", "input": null}]),
        ),
        ("application/json", "{}", 422, json!([{"type": "missing", "loc": ["body", "files"], "msg": "Field required", "input": null}])),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\ntext\r\n--b--\r\n",
            422,
            json!([{"type": "value_error", "loc": ["body", "files", 0], "msg": "Value error, Expected UploadFile, received: <class 'str'>", "input": "text", "ctx": {"error": {}}}]),
        ),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"\"\r\n\r\n\r\n--b--\r\n",
            422,
            json!([{"type": "missing", "loc": ["body", "files"], "msg": "Field required", "input": null}]),
        ),
        ("text/plain", "", 422, json!([{"type": "missing", "loc": ["body", "files"], "msg": "Field required", "input": null}])),
    ];
    for (content_type, body, status, detail) in cases {
        let answer = server.request("POST", "/api/v1/files/upload", &[("content-type", content_type)], body).expect(status);
        assert_eq!(answer["detail"], detail, "{content_type} {body:?}");
    }
    let long = format!("{}--b--\r\n", part("instructions", &"x".repeat((1 << 20) + 1)));
    assert_eq!(post(&server, long.as_bytes()).expect(400)["detail"], "Part exceeded maximum size of 1024KB.");
    eventually("an empty spool", || (spooled(&server) == 0).then_some(()));
}

#[test]
fn files_go_nowhere_but_to_what_exists() {
    let server = TestServer::start();
    let other = server
        .app
        .store
        .write_blocking(|c| {
            headwater::store::projects::create(c, Some("other"), "Other", None)?;
            headwater::store::projects::repository_named(c, "other", "theirs", "upload")
        })
        .unwrap();
    let cases = [
        ("project_id", "nowhere", 404, "nowhere"),
        ("repository_id", "nowhere", 404, "nowhere"),
        ("repository_id", other.id.as_str(), 400, "other"),
        ("dialect", "klingon", 400, "tsql, postgres, mysql"),
    ];
    for (field, value, status, word) in cases {
        let answer = server.upload(&[(field, value)], &[("a.md", b"# A")]).expect(status);
        assert!(answer["detail"].as_str().unwrap().contains(word), "{answer}");
    }
    assert!(snapshot(&server).files.is_empty());
}

#[test]
fn two_uploads_of_the_same_file_at_once_store_it_once() {
    let server = TestServer::start();
    let counts: Vec<(u64, u64)> = std::thread::scope(|scope| {
        let upload = || {
            let report = server.upload(&[], &[("a.md", b"# One"), ("b.csv", b"id,name\n1,x\n")]).expect(200);
            (report["files_processed"].as_u64().unwrap(), report["files_skipped_duplicate"].as_u64().unwrap())
        };
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(upload)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(counts.iter().fold((0, 0), |sum, c| (sum.0 + c.0, sum.1 + c.1)), (2, 10));
    assert_eq!(snapshot(&server).files.len(), 2);
}

#[test]
fn what_comes_for_a_busy_project_waits_for_it_and_what_comes_for_another_does_not() {
    let server = TestServer::start();
    server.post("/api/v1/projects", &json!({"name": "other", "id": "other"})).expect(201);
    let uploaded = |project: &str| server.upload(&[("project_id", project)], &[("a.sql", ORDERS)]);
    let sent = |project: &str| server.post("/api/v1/ingest/sql", &json!({"sql_content": "SELECT 1", "project_id": project}));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (busy, other) in [("default", "other"), ("other", "default")] {
        for bring in [&uploaded as &(dyn Fn(&str) -> Reply + Sync), &sent] {
            std::thread::scope(|scope| {
                let turn = runtime.block_on(server.app.ingest.turn(busy));
                let waiting = scope.spawn(|| bring(busy).expect(200));
                // It, and the page of numbers that says so.
                let came = || server.get("/metrics").text().contains("\nheadwater_http_requests_in_flight 2\n").then_some(());
                eventually("it has come", came);
                assert_eq!(bring(other).expect(200)["project_id"], other);
                assert!(!waiting.is_finished(), "it is not its turn");
                drop(turn);
                assert_eq!(waiting.join().unwrap()["project_id"], busy);
            });
        }
    }
}

#[test]
fn a_client_that_goes_away_in_the_middle_leaves_nothing() {
    let server = TestServer::start();
    let mut socket = TcpStream::connect(server.address).unwrap();
    let head = "POST /api/v1/files/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000000\r\n\
                Content-Type: multipart/form-data; boundary=b\r\n\r\n";
    socket.write_all(&[head.as_bytes(), &file("a.md", b"# A"), &file("b.md", &[b'x'; 600_000])].concat()).unwrap();
    eventually("a spooled part", || (spooled(&server) == 1).then_some(()));
    socket.shutdown(Shutdown::Both).unwrap();
    drop(socket);
    eventually("an empty spool", || (spooled(&server) == 0).then_some(()));
    assert!(snapshot(&server).files.is_empty());
    let sessions = server.get("/api/v1/ingestion/logs").expect(200);
    assert_eq!(sessions["total"], 0);
}

#[test]
fn memory_does_not_grow_with_an_upload() {
    const FILES: usize = 12;
    const BYTES: usize = 12 << 20;
    let server = TestServer::spawn_binary(&[], |_| {});
    let mut socket = TcpStream::connect(server.address).unwrap();
    let row = b"4711,some text that is the same in every row of this file,2026-01-31\n";
    let bytes: Vec<u8> = b"id,text,day\n".iter().copied().chain(row.iter().copied().cycle()).take(BYTES).collect();
    let heads: Vec<String> = (0..FILES)
        .map(|n| format!("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{n}.csv\"\r\n\r\n{n:02}\n"))
        .collect();
    let length: usize = heads.iter().map(|h| h.len() + BYTES + 2).sum::<usize>() + "--b--\r\n".len();
    let head = format!(
        "POST /api/v1/files/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    for head in &heads {
        socket.write_all(head.as_bytes()).unwrap();
        socket.write_all(&bytes).unwrap();
        socket.write_all(b"\r\n").unwrap();
    }
    socket.write_all(b"--b--\r\n").unwrap();
    socket.set_read_timeout(Some(PATIENCE * 6)).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\"files_processed\":12"), "{answer}");
    let status = std::fs::read_to_string(Path::new("/proc").join(server.pid().to_string()).join("status")).unwrap();
    let peak_kib: usize = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB").parse().unwrap();
    // A few copies of one file (its bytes, its text, what SQLite binds), never the sum of 144 MiB.
    assert!(peak_kib < 110 << 10, "peak {peak_kib} KiB");
}

#[test]
fn sql_in_a_request_is_a_file_too() {
    let server = TestServer::start();
    let sql = json!({"sql_content": "CREATE VIEW v AS SELECT a FROM t", "dialect": "postgres", "source_file": "adhoc/v"});
    let report = server.post("/api/v1/ingest/sql", &sql).expect(200);
    assert_eq!((&report["files_processed"], &report["results"][0]["relative_path"]), (&json!(1), &json!("adhoc/v.sql")));
    assert!(nodes(&server).contains("view v"));
    assert_eq!(server.post("/api/v1/ingest/sql", &json!({})).expect(422)["detail"][0]["loc"], json!(["body", "sql_content"]));
    assert!(server.post("/api/v1/ingest/sql", &json!({"sql_content": "x", "dialect": "no"})).expect(400)["detail"].is_string());
}

#[test]
fn the_servers_own_files_are_read_below_the_root_only() {
    let server = TestServer::start();
    server.post("/api/v1/ingest", &json!({"file_path": "x.sql"})).expect(403);
    let root = common::TempDir::new();
    std::fs::create_dir_all(root.path().join("in/deep")).unwrap();
    std::fs::write(root.path().join("in/deep/a.sql"), ORDERS).unwrap();
    std::fs::write(root.path().join("in/b.sql"), TOTALS).unwrap();
    let server = TestServer::with(|vars| drop(vars.insert("INGEST_ROOT", root.path().join("in").display().to_string())));
    let report = server.post("/api/v1/ingest", &json!({"file_path": ".", "dialect": "postgres"})).expect(200);
    let paths: Vec<_> = report["results"].as_array().unwrap().iter().map(|r| r["relative_path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["b.sql", "deep/a.sql"]);
    assert!(root.path().join("in/b.sql").exists());
    server.post("/api/v1/ingest", &json!({"file_path": "../x.sql"})).expect(403);
    server.post("/api/v1/ingest", &json!({"file_path": "nowhere.sql"})).expect(404);
    let pipe = root.path().join("in/pipe.sql");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let report = server.post("/api/v1/ingest", &json!({"file_path": "pipe.sql"})).expect(200);
    assert!(report["results"][0]["error"].as_str().unwrap().contains("no regular file"), "{report}");
}

#[test]
fn every_ingestion_has_a_log_in_both_formats() {
    let server = TestServer::start();
    let report = server.upload(&[], &[("a.md", b"# A"), ("a.exe", b"x")]).expect(200);
    let id = report["ingestion_id"].as_str().unwrap();
    let sessions = server.get("/api/v1/ingestion/logs?source=upload&limit=5").expect(200);
    let session = &sessions["sessions"][0];
    assert_eq!((&session["ingestion_id"], &session["status"]), (&report["ingestion_id"], &json!("completed_with_errors")));
    assert_eq!(session["total_files"], 2);
    assert_eq!((&session["filenames"], &sessions["total"], &sessions["limit"]), (&json!(["a.md", "a.exe"]), &json!(1), &json!(5)));
    assert_eq!(server.get("/api/v1/ingestion/logs?status=running").expect(200)["total"], 0);
    let log = server.get(&format!("/api/v1/ingestion/logs/{id}")).expect(200);
    let types: Vec<_> =
        log["events"].as_array().unwrap().iter().map(|e| (e["type"].as_str().unwrap(), e["level"].as_str().unwrap())).collect();
    let expected =
        [("ingestion_started", "info"), ("ingestion_progress", "error"), ("ingestion_progress", "info"), ("ingestion_complete", "error")];
    assert_eq!(types, expected);
    let lines = server.get(&format!("/api/v1/ingestion/logs/{id}?format=jsonl")).text();
    assert_eq!(lines.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()).collect::<Vec<_>>(), *log["events"].as_array().unwrap());
    server.get("/api/v1/ingestion/logs/nothing").expect(404);
    server.get("/api/v1/runs/nothing/diff").expect(404);
}

#[test]
fn what_was_acknowledged_is_there_after_a_restart() {
    let server = TestServer::start();
    server.upload(&[("dialect", "postgres")], &[("a.sql", ORDERS), ("b.sql", TOTALS), ("c.md", b"Uses `raw.orders`.")]).expect(200);
    let (before, dir) = (nodes(&server), server.dir.clone());
    let edges = snapshot(&server).graph.linked.edges.len();
    server.stop();
    let server = TestServer::in_dir(dir, |_| {});
    assert_eq!((nodes(&server), snapshot(&server).graph.linked.edges.len()), (before, edges));
}

#[test]
fn the_sample_is_ingested_once() {
    let server = TestServer::start();
    let report = server.request("POST", "/api/v1/sample", &[], []).expect(200);
    assert_eq!((&report["success"], &report["files_processed"]), (&json!(true), &json!(8)));
    let again = server.request("POST", "/api/v1/sample", &[], []).expect(200);
    assert_eq!((&again["files_skipped_duplicate"], &again["total_nodes_created"]), (&json!(8), &json!(0)));
}

/// Files that are uploaded with the id of a socket.
const FOLLOWED: usize = 40;

/// What a socket is told of its own upload; `narrowed` to the end alone, by its subscription.
fn told_of_its_upload(narrowed: bool) -> Vec<Value> {
    let server = TestServer::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let socket = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let url = format!("ws://{}/api/v1/ws/dashboard", server.address);
        let (mut socket, _) = tokio_tungstenite::client_async(url, socket).await.unwrap();
        if narrowed {
            socket.send(Message::text(r#"{"type":"subscribe","events":["ingestion_complete"]}"#)).await.unwrap();
            socket.send(Message::text(r#"{"type":"ping"}"#)).await.unwrap();
        }
        let mut next = async || -> Value {
            loop {
                let message = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
                if let Ok(text) = message.to_text() {
                    return serde_json::from_str(text).unwrap();
                }
            }
        };
        let ack = next().await;
        while narrowed && next().await["type"] != "pong" {}
        let connection = ack["data"]["connection_id"].as_str().unwrap().to_owned();
        let client = server.client.clone();
        let upload = tokio::task::spawn_blocking(move || {
            let files: Vec<u8> = (0..FOLLOWED).flat_map(|n| file(&format!("{n}.md"), format!("# {n}").as_bytes())).collect();
            let headers = [("content-type", "multipart/form-data; boundary=b"), ("x-connection-id", connection.as_str())];
            client.request("POST", "/api/v1/files/upload", &headers, [&files, &b"--b--\r\n"[..]].concat()).expect(200);
        });
        let mut events = Vec::new();
        while events.last().is_none_or(|e: &Value| e["type"] != "ingestion_complete") {
            events.push(next().await);
        }
        // Who is told of the end finds it in the log at once.
        let client = server.client.clone();
        let logs = tokio::task::spawn_blocking(move || client.get("/api/v1/ingestion/logs").expect(200));
        let newest = logs.await.unwrap()["sessions"][0].clone();
        assert_eq!((&newest["status"], newest["completed_at"].is_string()), (&json!("completed"), true));
        upload.await.unwrap();
        events.retain(|e| e["type"].as_str().unwrap().starts_with("ingestion_"));
        events
    })
}

#[test]
fn the_client_that_uploads_sees_every_file_once_and_in_order_on_its_own_socket_whatever_it_subscribed_to() {
    for narrowed in [false, true] {
        let events = told_of_its_upload(narrowed);
        let started: Vec<_> =
            events.iter().filter(|e| e["type"] == "ingestion_started").map(|e| e["data"]["total_files"].clone()).collect();
        assert_eq!(started, if narrowed { vec![] } else { vec![json!(FOLLOWED)] });
        let done: Vec<_> = events.iter().map(|e| &e["data"]).filter(|d| d["status"] == "processed").collect();
        let names: Vec<_> = done.iter().map(|d| d["current_file"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names, (0..FOLLOWED).map(|n| format!("{n}.md")).collect::<Vec<_>>());
        assert_eq!((&done[FOLLOWED - 1]["percentage"], &done[FOLLOWED - 1]["files_processed"]), (&json!(100.0), &json!(FOLLOWED)));
        let complete = &events.last().unwrap()["data"];
        assert_eq!(
            (&complete["status"], &complete["files_processed"], &complete["errors"]),
            (&json!("completed"), &json!(FOLLOWED), &json!([]))
        );
    }
}

#[test]
fn a_file_name_that_is_not_utf8_is_read_as_latin1() {
    let server = TestServer::start();
    let mut body = b"--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"caf\xe9.sql\"\r\n\r\n".to_vec();
    body.extend_from_slice(b"create table cafe(a int)\r\n--b--\r\n");
    let content_type = [("content-type", "multipart/form-data; boundary=b")];
    let report = server.request("POST", "/api/v1/files/upload", &content_type, body).expect(200);
    assert_eq!((&report["results"][0]["filename"], &report["results"][0]["status"]), (&json!("caf\u{e9}.sql"), &json!("processed")));
}

#[test]
fn a_later_upload_says_what_an_earlier_left_open_and_takes_it_away_again() {
    let server = TestServer::start();
    server.upload(&[], &[("a.sql", b"CREATE VIEW v AS SELECT * FROM s.t;\n")]).expect(200);
    let open = nodes(&server);
    assert!(open.contains("external s.t") && !open.contains("column v.a"), "{open:?}");
    let report = server.upload(&[], &[("b.sql", b"CREATE TABLE s.t (a INT, b INT);\n")]).expect(200);
    let known = nodes(&server);
    assert!(known.contains("table s.t") && known.contains("column v.a") && !known.contains("external s.t"), "{known:?}");
    server.upload(&[], &[("b.sql", b"CREATE TABLE s.t (c INT);\n")]).expect(200);
    let changed = nodes(&server);
    assert!(changed.contains("column v.c") && !changed.contains("column v.a"), "{changed:?}");
    let id = report["results"][0]["file_id"].as_str().unwrap();
    assert_eq!(server.request("DELETE", &format!("/api/v1/files/{id}"), &[], []).status, 204);
    assert_eq!(nodes(&server), open);
}

#[test]
fn what_was_not_understood_is_told_in_numbers_and_places() {
    let server = TestServer::start();
    let sql = b"CREATE TABLE [dbo].[t] (a INT);\nGO\nwhat is this;\nGO\nSELECT a FROM dbo.t;\n";
    let report = server.upload(&[], &[("load.sql", sql)]).expect(200);
    let result = &report["results"][0];
    assert_eq!((&result["dialect"], &result["statements"], &result["statements_failed"]), (&json!("tsql"), &json!(3), &json!(1)));
    assert_eq!((&result["diagnostics"][0]["line"], &result["diagnostics"][0]["severity"]), (&json!(3), &json!("error")));
    let coverage = result["coverage"].as_f64().unwrap();
    assert!(coverage > 0.5 && coverage < 1.0, "{coverage}");
    let file = server.get(&format!("/api/v1/files/{}", result["file_id"].as_str().unwrap())).expect(200);
    assert_eq!(file["understood"], json!({"parsed": 2, "salvaged": 0, "failed": 1}));
    assert!(file["dialect_reason"].as_str().unwrap().contains("GO"), "{file}");
    assert_eq!((&file["coverage"], &file["diagnostics"]), (&result["coverage"], &result["diagnostics"]));
    let unparsed = &server.get("/api/v1/lineage/report").expect(200)["unparsed"];
    assert_eq!((&unparsed[0]["file_path"], &unparsed[0]["line"]), (&json!("load.sql"), &json!(3)));
    let given = server.upload(&[("dialect", "snowflake")], &[("x.sql", b"SELECT a FROM [t]")]).expect(200);
    let file = server.get(&format!("/api/v1/files/{}", given["results"][0]["file_id"].as_str().unwrap())).expect(200);
    assert_eq!(file["dialect_reason"], "given with the upload");
}
