//! What hostile clients meet: every limit on what one may send or hold, and bytes that are meant to be read in two ways.

mod common;

use common::{PATIENCE, TestServer, eventually, raw};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use tokio_tungstenite::tungstenite::{self, Message};

const POST: &str = "POST /api/v1/lineage/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
/// A request that must never be taken for one of its own.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

#[test]
fn a_head_has_a_limit_in_lines_in_bytes_and_in_its_path() {
    let server = TestServer::start();
    let get = |path: &str, headers: &str| {
        server.raw(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").as_bytes())
    };
    let lines = |n: usize| (0..n).map(|i| format!("X-{i}: 1\r\n")).collect::<String>();
    assert_eq!(status(&get("/health", &lines(98))), "200");
    assert_eq!(status(&get("/health", &lines(99))), "431");
    assert_eq!(status(&get("/health", &format!("X: {}\r\n", "x".repeat(60 << 10)))), "200");
    assert_eq!(status(&get("/health", &format!("X: {}\r\n", "x".repeat(256 << 10)))), "431");
    assert_eq!(status(&get(&format!("/{}", "x".repeat(60 << 10)), "")), "404");
    assert_eq!(status(&get(&format!("/{}", "x".repeat(70 << 10)), "")), "414");
    assert_eq!(status(&get(&format!("/api/v1/lineage/search?q={}", "x".repeat(60 << 10)), "")), "422");
}

#[test]
fn bytes_that_could_be_read_in_two_ways_are_one_request_or_none() {
    let server = TestServer::start();
    for (what, headers, body) in [
        ("a length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        ("chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
        ("two lengths", "Content-Length: 2\r\nContent-Length: 50\r\n", "{}"),
        ("a list of lengths", "Content-Length: 2, 2\r\n", "{}"),
        ("a signed length", "Content-Length: +2\r\n", "{}"),
        ("a negative length", "Content-Length: -1\r\n", "{}"),
        ("an unknown encoding", "Transfer-Encoding: xchunked\r\n", "{}"),
        ("chunks of chunks", "Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
        ("chunks twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        ("an encoding after chunked", "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
        ("a blank before the colon", "Content-Length : 2\r\n", "{}"),
        ("a blank before the other colon", "Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
        ("a control character", "Transfer-Encoding: \u{b}chunked\r\n", "0\r\n\r\n"),
        ("a folded line", "X: a\r\n Content-Length: 2\r\n", "{}"),
        ("a bare carriage return", "X: a\rContent-Length: 2\r\n", "{}"),
        ("a NUL", "X: a\0b\r\nContent-Length: 2\r\n", "{}"),
        ("a size that is none", "Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"),
        ("a size beyond numbers", "Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        ("a size that ends early", "Transfer-Encoding: chunked\r\n", "2\n{}\r\n0\r\n\r\n"),
    ] {
        let answer = server.raw(format!("{POST}{headers}\r\n{body}{SMUGGLED}").as_bytes());
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{what}: {answer}");
        assert!(matches!(status(&answer), "400" | "422"), "{what}: {answer}");
        assert!(!answer.contains("Not Found"), "{what}: {answer}");
    }
    let old = server.raw(format!("{}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}", POST.replace("1.1", "1.0")).as_bytes());
    assert_eq!(status(&old), "400", "HTTP/1.0 knows no chunks: {old}");
}

#[test]
fn a_request_names_one_host() {
    let server = TestServer::start();
    for (head, expect) in [
        ("GET /health HTTP/1.1\r\nConnection: close", "400"),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close", "400"),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close", "400"),
        ("GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\nConnection: close", "400"),
        ("GET /health HTTP/1.1\r\nHost: [::1].evil.example\r\nConnection: close", "400"),
        ("GET /health HTTP/1.1\r\nHost: [::1]:80evil\r\nConnection: close", "400"),
        ("GET /health HTTP/1.1\r\nHost: localhost:80abc\r\nConnection: close", "400"),
        ("GET /health HTTP/1.1\r\nHost: [::1]:8000\r\nConnection: close", "200"),
        ("GET /health HTTP/1.0", "200"),
    ] {
        assert_eq!(status(&server.raw(format!("{head}\r\n\r\n").as_bytes())), expect, "{head}");
    }
    let named = TestServer::with(|vars| drop(vars.insert("ALLOWED_HOSTS", "lineage.example".into())));
    for (host, expect) in
        [("lineage.example", "200"), ("LINEAGE.example.:8000", "200"), ("evil.example", "400"), ("xlineage.example", "400")]
    {
        let answer = named.raw(format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes());
        assert_eq!(status(&answer), expect, "{host}");
    }
}

#[test]
fn paths_lead_nowhere_but_to_routes() {
    let server = TestServer::start();
    let right_to_left = "%E2%80%AE".repeat(100);
    let long = format!("/api/v1/projects/{}", "n".repeat(10_000));
    for path in [
        "/assets/../../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/docs/..%2f..%2fetc%2fpasswd",
        "/docs/..\\..\\etc\\passwd",
        "/docs//etc/passwd",
        "/assets/main.js%00.html",
        "/%",
        "/%zz",
        "/api/v1/projects/%ff",
        "/api/v1/files/%00",
        "/api/v1/files/..%2f..%2fetc%2fpasswd/content",
        &long,
        &format!("/api/v1/projects/{right_to_left}"),
    ] {
        let answer = server.raw(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes());
        assert_eq!(status(&answer), "404", "{path}: {answer}");
        assert!(!answer.contains("root:") && answer.len() < 3_000, "{path}: {answer}");
    }
}

#[test]
fn names_of_ten_thousand_characters_are_refused_where_they_are_names_and_harmless_where_they_are_not() {
    let server = TestServer::start();
    for name in ["n".repeat(10_000), "\u{202E}".repeat(10_000), "a\0b".repeat(3_334)] {
        server.post("/api/v1/projects", &json!({"name": name})).expect(422);
        server.post("/api/v1/projects", &json!({"name": "x", "id": name})).expect(422);
        server.post("/api/v1/graph/entity", &json!({"entity_id": name, "entity_type": "t", "name": "n"})).expect(422);
        let reply = server.upload(&[], &[(&format!("{name}.sql"), b"SELECT 1;")]);
        if name.contains('\0') {
            assert_eq!(reply.status, 400, "no header holds a NUL: {}", reply.text());
        } else {
            let report = reply.expect(200);
            assert_eq!((&report["files_processed"], &report["files_failed"]), (&json!(0), &json!(1)), "{report}");
        }
        let repository = server.upload(&[("repository_name", &name)], &[("a.sql", b"SELECT 1;")]);
        assert!(matches!(repository.status, 400 | 422), "{}", repository.text());
        let sql = format!("CREATE TABLE \"{name}\" AS SELECT * FROM b;");
        server.post("/api/v1/ingest/sql", &json!({"sql_content": sql})).expect(200);
    }
    server.get("/api/v1/lineage/nodes").expect(200);
}

#[test]
fn sql_nested_without_end_costs_its_statement() {
    let server = TestServer::start();
    for deep in [
        format!("SELECT {}1{};", "(".repeat(10_000), ")".repeat(10_000)),
        format!("SELECT {}1;", "NOT ".repeat(10_000)),
        format!("SELECT * FROM {}t{};", "(SELECT * FROM ".repeat(5_000), ")".repeat(5_000)),
        format!("SELECT {} END;", "CASE WHEN ".repeat(10_000)),
    ] {
        let sql = format!("{deep}\nCREATE TABLE kept AS SELECT * FROM source;");
        let report = server.post("/api/v1/ingest/sql", &json!({"sql_content": sql})).expect(200);
        assert_eq!(report["files_processed"], 1, "{report}");
        let found = server.get("/api/v1/lineage/search?q=kept").expect(200);
        assert!(found.to_string().contains("kept"), "{found}");
    }
}

fn multipart(server: &TestServer, body: &[u8], headers: &[(&str, &str)]) -> common::Reply {
    let headers = [&[("content-type", "multipart/form-data; boundary=b")], headers].concat();
    server.request("POST", "/api/v1/files/upload", &headers, body)
}

#[test]
fn a_form_has_a_limit_of_fields_of_files_and_of_bytes_between_its_parts() {
    let server = TestServer::start();
    let field = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n";
    let many = multipart(&server, format!("{}--b--\r\n", field.repeat(1_001)).as_bytes(), &[]);
    assert_eq!(many.expect(400)["detail"], "Too many fields. Maximum number of fields is 1000.");
    let file = "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.sql\"\r\n\r\n\r\n";
    let many = multipart(&server, format!("{}--b--\r\n", file.repeat(50_001)).as_bytes(), &[]);
    assert_eq!(many.expect(400)["detail"], "Too many files: the most is 50000 in one request");
    let header =
        format!("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{}\"\r\n\r\nx\r\n--b--\r\n", "n".repeat(3 << 20));
    let long = "Invalid multipart data: headers of a part are too long.";
    assert_eq!(multipart(&server, header.as_bytes(), &[]).expect(400)["detail"], long);
    let before = format!("{}\r\n--b--\r\n", "x".repeat(3 << 20));
    assert_eq!(multipart(&server, before.as_bytes(), &[]).expect(400)["detail"], long);
}

#[test]
fn an_upload_may_come_as_gzip_and_unfolds_to_no_more_than_a_plain_one_may_hold() {
    let server = TestServer::with(|vars| drop(vars.insert("UPLOAD_MAX_FILE_SIZE_MB", "1".into())));
    let packed = |files: &[(&str, &[u8])]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for (name, bytes) in files {
            write!(packer, "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n").unwrap();
            packer.write_all(bytes).unwrap();
            packer.write_all(b"\r\n").unwrap();
        }
        packer.write_all(b"--b--\r\n").unwrap();
        packer.finish().unwrap()
    };
    let gzip = [("content-encoding", "gzip")];
    let sql = b"CREATE TABLE a AS SELECT * FROM b;\n".repeat(1_000);
    let report = multipart(&server, &packed(&[("a.sql", &sql), ("b.sql", b"SELECT 1;")]), &gzip).expect(200);
    assert_eq!(report["files_processed"], 2, "{report}");
    assert_eq!(report["results"][0]["file_hash"], headwater::id::content_hash(&sql));
    let large = multipart(&server, &packed(&[("large.sql", &vec![b'\n'; (1 << 20) + 1]), ("b2.sql", b"SELECT 2;")]), &gzip).expect(200);
    assert_eq!((&large["files_processed"], &large["files_failed"]), (&json!(1), &json!(1)), "{large}");
    // A thousandth of it is sent.
    let bomb = packed(&[("bomb.sql", &vec![b'\n'; 64 << 20])]);
    let report = multipart(&server, &bomb, &gzip).expect(200);
    assert!(report["results"][0]["error"].as_str().unwrap().starts_with("The file has 64.0 MB"), "{report}");
    // Of small files, each within its limit.
    let many: Vec<(String, Vec<u8>)> = (0..80).map(|n| (format!("{n}.sql"), vec![b'\n'; 1 << 20])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let refused = multipart(&server, &packed(&many), &gzip).expect(413);
    assert!(refused["detail"].as_str().unwrap().contains("more than 100 times its size"), "{refused}");
    let cut = packed(&[("cut.sql", b"SELECT 1;")]);
    multipart(&server, &cut[..cut.len() - 20], &gzip).expect(400);
    multipart(&server, b"--b--\r\n", &gzip).expect(400);
    multipart(&server, b"--b--\r\n", &[("content-encoding", "br")]).expect(415);
}

#[test]
fn files_under_names_that_mean_nothing_have_a_limit() {
    let server = TestServer::start();
    let form = |mb: usize| {
        let mut form = b"--b\r\nContent-Disposition: form-data; name=\"other\"; filename=\"x\"\r\n\r\n".to_vec();
        form.resize(form.len() + (mb << 20), b'x');
        form.extend(b"\r\n--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.sql\"\r\n\r\nSELECT 1;\r\n--b--\r\n");
        form
    };
    multipart(&server, &form(60), &[]).expect(200);
    let refused = multipart(&server, &form(65), &[]).expect(400);
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("not called 'files'")), "{refused}");
}

const UPLOAD: &str = "POST /api/v1/files/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n";

#[test]
fn a_form_that_says_to_be_too_large_is_refused_before_it_comes() {
    let server = TestServer::start();
    let answer = server.raw(format!("{UPLOAD}Connection: close\r\nContent-Length: {}\r\n\r\n", (4_u64 << 30) + 1).as_bytes());
    assert!(status(&answer) == "413" && answer.contains("larger than 4 GiB: send its files in several requests"), "{answer}");
}

#[test]
fn a_hundred_uploads_come_at_once_and_one_more_is_told_when_to_come_back() {
    let server = TestServer::start();
    let begun = || {
        let mut stream = connect(server.address);
        write!(stream, "{UPLOAD}Content-Length: 1000\r\n\r\n--b\r\n").unwrap();
        stream
    };
    let mut coming: Vec<TcpStream> = (0..99).map(|_| begun()).collect();
    eventually("all but one place is taken", || (server.app.ingest.forms_taken() == 99).then_some(()));
    let one_more = || server.upload(&[], &[("a.sql", b"SELECT 1;")]);
    one_more().expect(200);
    coming.push(begun());
    eventually("every place is taken", || (server.app.ingest.forms_taken() == 100).then_some(()));
    let refused = one_more();
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("2")), "{}", refused.text());
    drop(coming);
    eventually("who goes away gives its place back", || (one_more().status == 200).then_some(()));
}

#[test]
fn large_bodies_share_a_room_and_small_ones_are_answered_when_it_is_full() {
    let server = TestServer::start();
    let head = |path: &str, length: usize| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )
    };
    // All of each body but its last byte.
    const LARGE: usize = 60 << 20;
    let filled: Vec<TcpStream> = (0..2)
        .map(|_| {
            let mut stream = connect(server.address);
            stream.write_all(head("/api/v1/ingest/sql", LARGE).as_bytes()).unwrap();
            stream.write_all(&vec![b' '; LARGE - 1]).unwrap();
            stream
        })
        .collect();
    let third = || {
        let mut stream = connect(server.address);
        stream.write_all(head("/api/v1/lineage/query", 4 << 20).as_bytes()).unwrap();
        let mut body = b"{}".to_vec();
        body.resize(4 << 20, b' ');
        stream.write_all(&body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    // What was written last may still be on its way: there is room for two more of these, not for four.
    let waiting: Vec<TcpStream> = (0..2)
        .map(|_| {
            let mut stream = connect(server.address);
            stream.write_all(head("/api/v1/lineage/query", 4 << 20).as_bytes()).unwrap();
            stream.write_all(&vec![b' '; (4 << 20) - 1]).unwrap();
            stream
        })
        .collect();
    eventually("a full room refuses", || (status(&third()) == "503").then_some(()));
    assert!(third().to_ascii_lowercase().contains("retry-after: 2"));
    server.post("/api/v1/projects", &json!({"name": "small"})).expect(201);
    drop((filled, waiting));
    eventually("the room is given back", || (status(&third()) == "422").then_some(()));
}

/// Most memory that a process ever had, in MiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

#[test]
fn json_of_more_values_than_anything_here_asks_for_is_refused_before_they_are_made() {
    let server = TestServer::spawn_binary(&[], |_| {});
    let body = |item: &str, count: usize| format!("{{\"query\":\"x\",\"other\":[{}0]}}", item.repeat(count));
    let packed = |body: &str| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(body.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let send = |path: &str, body: &str| server.request("POST", path, &headers, packed(body));
    for (path, item, count) in
        [("/api/chat/graph", "{\"\":0},", 500_000), ("/api/chat/graph", "0,", 2_000_000), ("/api/v1/ingest/sql", "{\"\":0},", 2_000_000)]
    {
        let refused = send(path, &body(item, count)).expect(413);
        assert!(refused["detail"].as_str().unwrap().contains("more values"), "{refused}");
    }
    let peak = peak(server.pid());
    assert!(peak < 400, "{peak} MiB");
    send("/api/chat/graph", &body("{\"\":0},", 20_000)).expect(200);
}

#[test]
fn answers_that_nobody_takes_share_a_room_and_small_ones_are_given_when_it_is_full() {
    let server = TestServer::start();
    let room = &server.app.limits.answers;
    let all = || {
        let mut held = room.held();
        held.hold(usize::MAX).map(|()| held)
    };
    // Read as a header and a sample; more than the kernel keeps of an answer.
    let report = server.upload(&[], &[("large.csv", &b"a,b\n".repeat(6 << 20))]).expect(200);
    let path = format!("/api/v1/files/{}/content", report["results"][0]["file_id"].as_str().unwrap());
    let mut deaf = connect(server.address);
    write!(deaf, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    deaf.read_exact(&mut [0; 12]).unwrap();
    assert!(all().is_err(), "what is not taken takes room");
    drop(deaf);
    let full = eventually("who goes away gives it back", || all().ok());
    let refused = server.get(&path);
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("2")), "{}", refused.text());
    assert_eq!(server.get("/openapi.json").status, 503);
    server.get("/api/v1/stats").expect(200);
    // There once for all who ask.
    assert_eq!(server.get("/docs/swagger-ui-bundle.js").status, 200);
    drop(full);
    assert_eq!(server.get(&path).status, 200);
    eventually("all of it is given back", || all().ok());
}

#[test]
fn mistakes_without_end_are_answered_with_the_first_of_them() {
    let server = TestServer::start();
    let extensions = server.put("/api/v1/files/config", &json!({"allowed_extensions": vec!["/"; 8_000]}));
    let turns = server.post("/api/chat/graph", &json!({"query": "x", "history": vec![json!([]); 100_000]}));
    let few = server.post("/api/chat/graph", &json!({"query": "x", "history": vec![json!([]); 1_000]}));
    let context = server.put("/api/v1/projects/default/context", &json!({"domain_hints": vec![1; 100_000]}));
    for (reply, least) in [(extensions, 1), (turns, 1), (few, 51), (context, 1)] {
        assert!(reply.text().len() < 20_000, "{} bytes", reply.text().len());
        assert_eq!(reply.expect(422)["detail"].as_array().map(Vec::len), Some(least));
    }
}

#[test]
fn pages_run_no_inline_script_and_nothing_else_is_a_page() {
    let server = TestServer::start();
    let project = server.post("/api/v1/projects", &json!({"name": "<script>alert(1)</script>"})).expect(201);
    let html = b"<html><script>alert(1)</script></html>";
    let file = server.upload(&[], &[("page.md", html)]).expect(200)["results"][0]["file_id"].as_str().unwrap().to_owned();
    let (project, content) = (format!("/api/v1/projects/{}", project["id"].as_str().unwrap()), format!("/api/v1/files/{file}/content"));
    for (path, kind) in [("/", "page"), ("/docs", "page"), (&project, "json"), (&content, "text"), ("/nope", "json"), ("/metrics", "text")]
    {
        let reply = server.get(path);
        let header = |name: &str| reply.header(name).unwrap_or_default().to_owned();
        let policy = header("content-security-policy");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap_or(policy.split(';').next().unwrap());
        assert!(!scripts.contains("unsafe") && !scripts.contains('*'), "{path}: {policy}");
        assert_eq!(policy.starts_with("default-src 'none'"), kind != "page", "{path}: {policy}");
        let media = header("content-type");
        assert_eq!(media.starts_with("text/html"), kind == "page", "{path}: {media}");
    }
    assert_eq!(server.get(&content).body, html);
}

/// From another address of this machine.
fn connect_from(local: [u8; 4], address: SocketAddr) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((local, 0)).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.into()
}

/// With room for four connections besides dashboards: few descriptors leave no more.
fn cramped(change: impl FnOnce(&mut std::collections::HashMap<&'static str, String>)) -> common::Binary {
    let dir = std::sync::Arc::new(common::TempDir::new());
    let mut shell = std::process::Command::new("sh");
    let line = format!("ulimit -n 64; exec {}", env!("CARGO_BIN_EXE_headwater"));
    shell.args(["-c", &line]).current_dir(dir.path()).stdin(std::process::Stdio::null());
    common::Binary::start(shell, dir, change)
}

const LAST: &str = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[test]
fn past_the_limit_on_connections_newcomers_wait_and_are_served_when_one_leaves() {
    let server = cramped(|_| {});
    let mut idle: Vec<TcpStream> = (2..10).map(|host| connect_from([127, 0, 0, host], server.address)).collect();
    server.logged("connections are open, the most there may be: newcomers wait");
    let mut newcomer = connect(server.address);
    newcomer.write_all(LAST.as_bytes()).unwrap();
    idle.clear();
    let mut answer = String::new();
    newcomer.read_to_string(&mut answer).unwrap();
    assert_eq!(status(&answer), "200");
}

#[test]
fn one_address_has_half_of_the_connections_and_a_trusted_proxy_as_many_as_there_are() {
    let (one, other) = ([127, 0, 0, 2], [127, 0, 0, 3]);
    let server = cramped(|_| {});
    let held = [connect_from(one, server.address), connect_from(one, server.address)];
    let refused = end_of(connect_from(one, server.address));
    let (head, body) = refused.split_once("\r\n\r\n").unwrap();
    assert!(status(head) == "503" && head.contains("\r\nRetry-After: 5"), "{head}");
    assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())), "{refused}");
    assert!(serde_json::from_str::<serde_json::Value>(body).unwrap()["detail"].as_str().unwrap().contains("from this address"), "{body}");
    server.logged("127.0.0.2 has 2 connections, the most of one address");
    let ask = |from| {
        let mut stream = connect_from(from, server.address);
        // Refused, it may be closed before that.
        let _ = stream.write_all(LAST.as_bytes());
        status(&end_of(stream)).to_owned()
    };
    assert_eq!(ask(other), "200", "another address is served");
    drop(held);
    eventually("its places are given back", || (ask(one) == "200").then_some(()));

    let server = cramped(|vars| drop(vars.insert("TRUSTED_PROXIES", "127.0.0.2".into())));
    // The fourth is that of the client which saw it ready.
    let mut rest: Vec<TcpStream> = (0..3).map(|_| connect_from(one, server.address)).collect();
    for stream in &mut rest {
        assert_eq!(sent(stream, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").0, "200");
    }
}

/// Sends `request` and reads the answer's head: with which status, and whether the connection ends with it.
fn sent(stream: &mut TcpStream, request: &str) -> (String, bool) {
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
    stream.read_exact(&mut vec![0; length]).unwrap();
    (status(&head).to_owned(), head.contains("\r\nconnection: close\r\n"))
}

#[test]
fn a_body_that_nobody_wanted_is_read_away_or_ends_the_connection_and_that_is_said() {
    let server = TestServer::start();
    let large = "x".repeat(1 << 20);
    let chunked = |body: &str| format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for (what, rest, ends) in [
        ("no body", "\r\n".to_owned(), false),
        ("a short body", "Content-Length: 5\r\n\r\n12345".into(), false),
        ("a short body in chunks", chunked("12345"), false),
        ("a long body", format!("Content-Length: {}\r\n\r\n{large}", large.len()), true),
        ("a long body in chunks", chunked(&large), true),
        ("a body that does not come", "Content-Length: 5\r\n\r\n".into(), true),
        ("a body that waits to be asked for", "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n".into(), true),
        ("a body in chunks that are none", "Transfer-Encoding: chunked\r\n\r\nzz\r\n".into(), true),
    ] {
        let mut stream = connect(server.address);
        let answer = sent(&mut stream, &format!("POST /nope HTTP/1.1\r\nHost: localhost\r\n{rest}"));
        assert_eq!(answer, ("404".into(), ends), "{what}");
        if ends {
            drop(stream.shutdown(std::net::Shutdown::Write));
            assert_eq!(end_of(stream), "", "{what}: nothing follows");
        } else {
            assert_eq!(sent(&mut stream, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"), ("200".into(), false), "{what}");
        }
    }
}

#[test]
fn a_flood_of_frames_costs_its_sender_and_nobody_else() {
    let server = TestServer::start();
    let open = || tungstenite::client(format!("ws://{}/api/v1/ws/dashboard", server.address), connect(server.address)).unwrap().0;
    let (mut calm, mut wild) = (open(), open());
    // Far more than the buffers between them take: what the flood is answered is not read.
    let flood = std::thread::spawn(move || {
        for _ in 0..300_000 {
            if wild.write(Message::text(r#"{"type":"ping"}"#)).is_err() {
                return;
            }
        }
        let _ = wild.flush();
    });
    calm.send(Message::text(r#"{"type":"ping"}"#)).unwrap();
    let answered = std::iter::repeat_with(|| calm.read().unwrap()).take(1_000).any(|m| m.to_text().is_ok_and(|t| t.contains("pong")));
    assert!(answered, "another client is answered meanwhile");
    server.get("/health").expect(200);
    flood.join().unwrap();
    eventually("the flooding client has gone", || (server.app.hub.count() <= 1).then_some(()));
}

/// Reads to the end and says how it came: what was sent before it.
fn end_of(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(PATIENCE * 6)).unwrap();
    let mut got = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut got);
    String::from_utf8_lossy(&got).into_owned()
}

/// Sends `head` and then a byte a second until the other end has had enough: bytes sent after it, and what was answered.
fn trickle(mut stream: TcpStream, head: String) -> std::thread::JoinHandle<(usize, String)> {
    std::thread::spawn(move || {
        stream.set_read_timeout(Some(std::time::Duration::from_secs(1))).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let (mut sent, mut answer) = (0, Vec::new());
        // The second that a byte waits for is spent listening.
        while stream.write_all(b"x").is_ok() {
            sent += 1;
            match stream.read_to_end(&mut answer) {
                Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
                _ => break,
            }
        }
        (sent, String::from_utf8_lossy(&answer).into_owned())
    })
}

#[test]
#[ignore = "a minute and a half: the time the server gives slow clients"]
fn clients_that_send_or_read_too_slowly_are_let_go() {
    let server = TestServer::start();
    // The rest of each arrives never, or a byte a second: either way the head is due as a whole.
    let silent = connect(server.address);
    let trickling_head = trickle(connect(server.address), "GET /health HTTP/1.1\r\nHost: localhost\r\n".into());
    let mut body = connect(server.address);
    write!(body, "{POST}Content-Length: 100\r\n\r\n{{").unwrap();
    let mut form = connect(server.address);
    let part = "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.sql\"\r\n\r\n";
    write!(form, "{UPLOAD}Content-Length: 1000\r\n\r\n{part}").unwrap();
    let trickling_form = trickle(connect(server.address), format!("{UPLOAD}Content-Length: 1000000\r\n\r\n{part}"));
    // Asks for a file of a megabyte and more many times over, and reads nothing.
    let mut deaf = connect(server.address);
    for _ in 0..64 {
        deaf.write_all(b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    }
    assert_eq!(end_of(silent), "", "no head at all");
    assert!(trickling_head.join().unwrap().0 < 60, "a head that trickles");
    assert_eq!(status(&end_of(body)), "408", "a body that stops");
    assert_eq!(status(&end_of(form)), "408", "an upload that stops");
    let (sent, answer) = trickling_form.join().unwrap();
    assert!(sent < 400 && status(&answer) == "408", "an upload that trickles: {sent} bytes, {answer}");
    let read = end_of(deaf).len();
    assert!(read < 64 << 20, "an answer that nobody reads was sent all the same: {read} bytes");
    assert_eq!(raw(server.address, b"GET /health HTTP/1.0\r\n\r\n").split(' ').nth(1), Some("200"));
}
