//! `headwater upload`, `ask` and `impact` against a real server, as people and programs call them.

mod common;

use common::{TempDir, TestServer, command};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::thread::JoinHandle;

fn run(dir: &Path, server: &TestServer, args: &[&str]) -> Output {
    command(dir).args(args).args(["--server", &server.url("")]).output().expect("the binary runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[track_caller]
fn json_of(output: &Output, code: i32) -> Value {
    assert_eq!(output.status.code(), Some(code), "{}", text(output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(output)))
}

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (path, content) in files {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }
}

fn paths(server: &TestServer) -> Vec<String> {
    let files = server.get("/api/v1/files?limit=1000").expect(200);
    let mut paths: Vec<String> =
        files.as_array().expect("files").iter().map(|f| f["relative_path"].as_str().expect("a path").to_owned()).collect();
    paths.sort();
    paths
}

#[test]
fn a_checkout_sends_what_git_does_not_ignore_and_only_what_changed() {
    let (server, dir) = (TestServer::start(), TempDir::new());
    write(
        dir.path(),
        &[
            ("models/a.sql", "CREATE VIEW a AS SELECT x FROM raw.t"),
            ("models/b.sql", "CREATE VIEW b AS SELECT x FROM a"),
            ("notes.md", "About `a`."),
            ("binary.exe", "no"),
            ("build/made.sql", "CREATE VIEW made AS SELECT 1"),
            (".hidden/h.sql", "CREATE VIEW h AS SELECT 1"),
            (".gitignore", "build/\n"),
        ],
    );
    assert!(Command::new("git").args(["init", "-q"]).current_dir(dir.path()).status().expect("git").success());
    let report = json_of(&run(dir.path(), &server, &["upload", ".", "--format", "json"]), 0);
    assert_eq!((&report["files_processed"], &report["files_unchanged"], &report["files_failed"]), (&json!(3), &json!(0), &json!(0)));
    assert_eq!(paths(&server), ["models/a.sql", "models/b.sql", "notes.md"]);

    write(dir.path(), &[("models/b.sql", "CREATE VIEW b AS SELECT x, y FROM a")]);
    let report = json_of(&run(dir.path(), &server, &["upload", ".", "--format", "json"]), 0);
    assert_eq!((&report["files_processed"], &report["files_unchanged"]), (&json!(1), &json!(2)));
    assert_eq!(report["results"][0]["relative_path"], "models/b.sql");
    assert_eq!(report["bytes_sent"], 35);

    let again = run(dir.path(), &server, &["upload", "."]);
    assert_eq!(again.status.code(), Some(0));
    assert!(text(&again).starts_with("0 files read, 3 unchanged"), "{}", text(&again));
    // What is named is sent, ignored or not.
    json_of(&run(dir.path(), &server, &["upload", "build/made.sql", "--format", "json"]), 0);
    assert_eq!(paths(&server), ["build/made.sql", "models/a.sql", "models/b.sql", "notes.md"]);
}

#[test]
fn an_empty_store_says_how_to_fill_it() {
    let (server, dir) = (TestServer::start(), TempDir::new());
    for (args, code) in [(&["impact", "raw.orders"][..], 1), (&["ask", "What feeds raw.orders?"], 0)] {
        let output = run(dir.path(), &server, args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output));
        assert!(text(&output).contains("`headwater upload .`"), "{args:?}: {}", text(&output));
    }
}

#[test]
fn a_folder_without_git_is_walked_and_named_from_here_or_by_itself() {
    let (server, dir, elsewhere) = (TestServer::start(), TempDir::new(), TempDir::new());
    let odd = "a \"b\" é.sql";
    write(dir.path(), &[("shop/x.sql", "CREATE TABLE x (a int)"), ("shop/node_modules/y.sql", "CREATE TABLE y (a int)")]);
    write(dir.path(), &[(&format!("shop/{odd}"), "CREATE TABLE odd (a int)")]);
    json_of(&run(&dir.path().join("shop"), &server, &["upload", "../shop", "--format", "json"]), 0);
    assert_eq!(paths(&server), [odd.replace('"', "%22"), "x.sql".into()]);
    let server = TestServer::start();
    let shop = dir.path().join("shop");
    json_of(&run(elsewhere.path(), &server, &["upload", shop.to_str().expect("a path"), "--format", "json"]), 0);
    json_of(&run(elsewhere.path(), &server, &["upload", shop.join("x.sql").to_str().expect("a path"), "--format", "json"]), 0);
    let name = odd.replace('"', "%22");
    let copy = text(&run(&shop, &server, &["upload", "x.sql", odd]));
    assert!(
        copy.starts_with(&format!("{name}  another file there has the same bytes: kept under both names\n0 files read, 2 unchanged")),
        "{copy}"
    );
    // Named itself it is another path, and stays when the folder's goes.
    assert_eq!(paths(&server), [name.clone(), format!("shop/{name}"), "shop/x.sql".into(), "x.sql".into()]);
}

#[test]
fn what_fails_is_said_file_by_file_with_lines_and_the_rest_goes_in() {
    let (server, dir) = (TestServer::start(), TempDir::new());
    server.put("/api/v1/files/config", &json!({"max_file_size_mb": 1})).expect(200);
    write(dir.path(), &[("good.sql", "CREATE VIEW v AS SELECT a FROM t"), ("half.sql", "SELECT 1;\nthis is no sql at all;\nSELECT 2;")]);
    write(dir.path(), &[("what.exe", "?"), ("large.sql", &"-- much\n".repeat(200_000))]);
    let output = run(dir.path(), &server, &["upload", "good.sql", "half.sql", "what.exe", "large.sql", "gone.sql"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in [
        "good.sql  1 statement",
        "half.sql:2: error: ",
        "what.exe  failed: ",
        ".exe",
        "large.sql  failed: it has 1.5 MiB; the server takes 1.0 MiB at most",
        "gone.sql  failed: No such file",
        "2 files read, 3 failed, 0 unchanged",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains('\u{1b}') && !said.contains('\r'), "neither colours nor progress where no terminal is: {said:?}");
    assert_eq!(paths(&server), ["good.sql", "half.sql"]);
}

#[test]
fn more_than_one_request_holds_goes_in_several_and_nothing_is_sent_twice() {
    let (server, dir) = (TestServer::start(), TempDir::new());
    for n in 0..450 {
        write(dir.path(), &[(&format!("{n}.sql"), &format!("CREATE TABLE t{n} (a int)"))]);
    }
    let report = json_of(&run(dir.path(), &server, &["upload", ".", "--format", "json"]), 0);
    assert_eq!((&report["files_processed"], report["results"].as_array().map(Vec::len)), (&json!(450), Some(450)));
    assert_eq!(server.get("/api/v1/ingestion/logs").expect(200)["total"], 3);
    let report = json_of(&run(dir.path(), &server, &["upload", ".", "--format", "json"]), 0);
    assert_eq!((&report["files_unchanged"], &report["bytes_sent"]), (&json!(450), &json!(0)));
}

#[test]
fn what_the_server_refuses_is_told_with_what_to_do() {
    let server = TestServer::with(|vars| {
        vars.insert("API_TOKEN", "sesame".into());
    });
    let dir = TempDir::new();
    write(dir.path(), &[("a.sql", "CREATE TABLE a (x int)"), (".git/x.sql", "")]);
    let refused = |args: &[&str], says: &str| {
        let output = run(dir.path(), &server, args);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains(says), "{args:?}: {}", text(&output));
    };
    refused(&["upload", "."], "HEADWATER_TOKEN");
    refused(&["ask", "what?"], "HEADWATER_TOKEN");
    refused(&["impact", "a"], "HEADWATER_TOKEN");
    let with_token = |args: &[&str]| {
        command(dir.path()).args(args).args(["--server", &server.url("/")]).env("HEADWATER_TOKEN", "sesame").output().expect("it runs")
    };
    assert_eq!(with_token(&["upload", "."]).status.code(), Some(0));
    let unknown = with_token(&["impact", "aa"]);
    assert!(unknown.status.code() == Some(1) && text(&unknown).contains("'aa' not found"), "{}", text(&unknown));
    let unknown = with_token(&["upload", "--project", "nowhere", "a.sql"]);
    let says = format!("there is no project 'nowhere' at {}; --create makes it. There are: default", server.url(""));
    assert!(unknown.status.code() == Some(1) && text(&unknown).contains(&says), "{}", text(&unknown));
    // A token of these settings is not for whichever server is named.
    let output =
        command(dir.path()).args(["impact", "a", "--server", &server.url("")]).env("API_TOKEN", "sesame").output().expect("it runs");
    assert!(output.status.code() == Some(1) && text(&output).contains("HEADWATER_TOKEN"), "{}", text(&output));
    let own = [("API_TOKEN", "sesame"), ("API_PORT", &server.address.port().to_string())];
    let output = command(dir.path()).args(["impact", "a"]).envs(own).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let ftp = command(dir.path()).args(["impact", "a", "--server", "ftp://x"]).output().expect("it runs");
    assert!(ftp.status.code() == Some(2) && text(&ftp).contains("'ftp://x' but must begin with http://"), "{}", text(&ftp));
    let away = command(dir.path()).args(["ask", "what?", "--server", "127.0.0.1:1"]).output().expect("it runs");
    assert!(
        away.status.code() == Some(1)
            && text(&away).contains("http://127.0.0.1:1 cannot be reached: nothing listens there; is it running?"),
        "{}",
        text(&away)
    );
    assert!(text(&away).contains("headwater serve"), "{}", text(&away));
}

#[test]
fn a_project_is_made_when_asked_for_and_a_name_almost_right_is_told() {
    let (server, dir) = (TestServer::start(), TempDir::new());
    write(dir.path(), &[("a.sql", "CREATE TABLE a (x int)"), ("empty/.keep", "")]);
    // Nothing to send makes nothing.
    let nothing = run(dir.path(), &server, &["upload", "--create", "--project", "sales", "empty"]);
    assert!(nothing.status.code() == Some(1) && text(&nothing).contains("nothing to send"), "{}", text(&nothing));
    assert_eq!(server.get("/api/v1/projects/sales").status, 404);
    for (unchanged, processed) in [(0, 1), (1, 0)] {
        let report = json_of(&run(dir.path(), &server, &["upload", "--create", "--project", "sales", "--format", "json", "a.sql"]), 0);
        assert_eq!((&report["files_processed"], &report["files_unchanged"]), (&json!(processed), &json!(unchanged)));
    }
    let near = run(dir.path(), &server, &["upload", "--project", "sale", "a.sql"]);
    assert!(text(&near).contains("did you mean sales?") && text(&near).contains("default, sales"), "{}", text(&near));
    let bad = run(dir.path(), &server, &["upload", "--create", "--project", "a/b", "a.sql"]);
    assert_eq!(bad.status.code(), Some(1), "{}", text(&bad));
}

#[test]
fn what_is_missing_is_named_with_what_makes_it() {
    let dir = TempDir::new();
    write(dir.path(), &[("empty/.keep", "")]);
    for (args, code, says) in [
        (&["ask", ""][..], 2, "QUESTION…: it needs a value"),
        (&["check"], 1, "a server makes it when it starts"),
        (&["lineage", "empty"], 0, "nothing was read: of folders, SQL, Python"),
    ] {
        let output = command(dir.path()).args(args).output().expect("it runs");
        assert!(output.status.code() == Some(code) && text(&output).contains(says), "{args:?}: {}", text(&output));
    }
}

#[test]
fn a_dotenv_in_the_folder_says_not_where_a_token_goes_and_stops_no_client() {
    let (server, dir) = (TestServer::start(), TempDir::new());
    write(dir.path(), &[("a.sql", "CREATE TABLE a (x int)")]);
    let own = [("API_PORT", server.address.port().to_string()), ("HEADWATER_TOKEN", "sesame".into())];
    for dotenv in [&b"API_HOST=127.0.0.2\nBASE_PATH=/elsewhere\n"[..], b"KEY=\"a\nb\"\n", b"\xff\xfe"] {
        std::fs::write(dir.path().join(".env"), dotenv).expect("it is written");
        for args in [&["upload", "."][..], &["impact", "a"], &["ask", "what?"]] {
            let output = command(dir.path()).args(args).envs(own.clone()).output().expect("it runs");
            assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output));
        }
    }
}

#[test]
fn what_may_be_missing_is_told_once() {
    let (server, dir) = (TestServer::start(), TempDir::new());
    write(dir.path(), &[("v.sql", "CREATE VIEW dbo.v AS SELECT a FROM dbo.t;\nGO\nSELEC nonsense FROM ((;\n")]);
    json_of(&run(dir.path(), &server, &["upload", "v.sql", "--dialect", "tsql", "--format", "json"]), 0);
    let said = text(&run(dir.path(), &server, &["ask", "What feeds dbo.v?"]));
    assert_eq!(said.matches("1 of 2 statements was not understood").count(), 1, "{said}");
    assert_eq!(said.matches("No language model was used").count(), 1, "{said}");
}

#[test]
fn answers_come_with_their_sources_and_as_json() {
    let (server, dir) = (TestServer::start(), TempDir::new());
    server.post("/api/v1/sample", &json!({})).expect(200);
    let output = run(dir.path(), &server, &["ask", "Where", "does", "marts.daily_revenue", "come", "from?"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("marts.fct_orders") && said.contains("raw.orders"), "{said}");
    let sources = said.split("\nSources\n").nth(1).expect("sources");
    assert!(sources.starts_with("[1]\tpostgres/03_marts.sql:"), "{sources}");
    assert!(said.contains("note: "), "that no model was used is said: {said}");
    for mode in ["graph", "semantic", "deep", "text"] {
        let answer =
            json_of(&run(dir.path(), &server, &["ask", "--mode", mode, "--format", "json", "What breaks if I drop raw.orders?"]), 0);
        assert_eq!(answer["query_type"], mode);
        assert!(answer["response"].as_str().is_some_and(|r| !r.is_empty()) && answer["type"].is_null(), "{answer}");
    }
    let blank = run(dir.path(), &server, &["ask", "--model", "none-such", "What is there?"]);
    assert!(blank.status.code() == Some(1) && text(&blank).contains("none-such"), "{}", text(&blank));
    let nowhere = run(dir.path(), &server, &["ask", "--project", "defualt", "What is there?"]);
    assert!(nowhere.status.code() == Some(1) && text(&nowhere).contains("did you mean default?"), "{}", text(&nowhere));
    // A question of the command line leaves no session behind.
    assert_eq!(server.get("/api/chat/sessions").expect(200)["total"], 0);
}

#[test]
fn impact_tells_what_breaks_from_what_only_notices() {
    let (server, dir) = (TestServer::start(), TempDir::new());
    let sql = "CREATE TABLE t (a int, b int);\nCREATE VIEW v AS SELECT a FROM t;\nCREATE VIEW w AS SELECT a FROM v;";
    server.upload(&[], &[("x.sql", sql.as_bytes())]).expect(200);
    let output = run(dir.path(), &server, &["impact", "t"]);
    assert_eq!(text(&output), "breaking\tv\tview\tx.sql:2\t1\naffected\tw\tview\tx.sql:3\t2\n");
    assert_eq!(run(dir.path(), &server, &["impact", "t", "--fail"]).status.code(), Some(1));
    assert_eq!(run(dir.path(), &server, &["impact", "w", "--fail"]).status.code(), Some(0));
    let json = json_of(&run(dir.path(), &server, &["impact", "t", "--format", "json"]), 0);
    assert_eq!((&json["root"]["name"], &json["breaking"][0]["name"]), (&json!("t"), &json!("v")));
    let near = run(dir.path(), &server, &["impact", "t", "--depth", "1"]);
    assert!(!text(&near).contains("\tw\t") && text(&near).contains("note: there is more"), "{}", text(&near));
    assert_eq!(run(dir.path(), &server, &["impact", "t", "--depth", "0"]).status.code(), Some(2));
    let nowhere = text(&run(dir.path(), &server, &["impact", "t", "--project", "defalt"]));
    let said = format!("there is no project 'defalt' at {}; did you mean default? There are: default", server.url(""));
    assert!(nowhere.contains(&said), "{nowhere}");
    let unknown = text(&run(dir.path(), &server, &["impact", "zzzz: GET /qqqq", "--project", "default"]));
    let hint = format!("`headwater ask --server {} --project default \"Which tables are there?\"` lists what is there", server.url(""));
    assert!(unknown.contains("'zzzz: GET /qqqq' not found; ") && unknown.contains(&hint), "{unknown}");
}

/// In the place of a server: what it answers to one request after the other, and the first line of each that came.
fn scripted(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let heard = move || {
        let answer = |answer: String| {
            let (mut socket, _) = listener.accept().expect("a request");
            let request = whole_request(&mut socket);
            socket.write_all(answer.as_bytes()).expect("an answer");
            request.lines().next().unwrap_or_default().to_owned()
        };
        answers.into_iter().map(answer).collect()
    };
    (url, std::thread::spawn(heard))
}

/// Head and body, in chunks or of a known length.
fn whole_request(socket: &mut TcpStream) -> String {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = socket.read(&mut buffer).expect("a request");
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
        if if head.contains("transfer-encoding: chunked") { body.ends_with("\r\n0\r\n\r\n") } else { body.len() >= length } {
            return text;
        }
    }
}

#[test]
fn a_server_that_is_busy_is_waited_for_and_asked_again() {
    let answer = |status: &str, header: &str, body: Value| {
        let body = body.to_string();
        format!(
            "HTTP/1.1 {status} X\r\n{header}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let busy = json!({"detail": "Busy", "request_id": "r"});
    let report =
        json!({"results": [{"relative_path": "a.sql", "status": "processed", "statements": 1, "nodes_created": 2, "diagnostics": []}]});
    let (url, server) = scripted(vec![
        answer("200", "", json!({"allowed_extensions": [".sql"], "max_file_size_mb": 1})),
        answer("200", "", json!({"repositories": []})),
        answer("429", "Retry-After: 1\r\n", busy.clone()),
        answer("503", "Retry-After: 0\r\n", busy),
        answer("200", "", report),
    ]);
    let dir = TempDir::new();
    write(dir.path(), &[("a.sql", "CREATE TABLE a (x int)")]);
    let output = command(dir.path()).args(["upload", "a.sql", "--server", &url]).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "note: the server is busy (429); again in 1 s\nnote: the server is busy (503); again in 0 s\n");
    assert!(text(&output).starts_with("a.sql  1 statement, 2 new nodes\n1 file read"), "{}", text(&output));
    let heard = server.join().expect("all of it");
    assert_eq!(heard[2..], ["POST /api/v1/files/upload HTTP/1.1"; 3]);
}
