//! What is there to be seen from outside: numbers as Prometheus wants them, and a dashboard that asks for no other.

mod common;
#[path = "common/ollama.rs"]
mod ollama;

use common::{Client, PATIENCE, TempDir, TestServer, eventually};
use ollama::Ollama;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A server on which something of everything has happened, and its page of numbers.
fn metrics() -> String {
    let server = TestServer::start();
    server.upload(&[], &[("a.sql", b"CREATE TABLE a AS SELECT * FROM b;")]).expect(200);
    server.post("/api/chat/graph", &json!({"query": "What tables are there?"})).expect(200);
    server.get("/nope").expect(404);
    let reply = server.get("/metrics");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
    reply.text()
}

#[test]
fn what_became_of_files_and_of_questions_is_counted() {
    let page = metrics();
    for line in [
        "headwater_files_total{outcome=\"processed\"} 1",
        "headwater_files_total{outcome=\"failed\"} 0",
        "headwater_answers_total{by=\"builtin\"} 1",
        "headwater_answers_total{by=\"model\"} 0",
    ] {
        assert!(page.lines().any(|found| found == line), "no {line} in\n{page}");
    }
}

/// The names of a query's or a page's metrics.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("headwater_")).map(str::to_owned).collect()
}

#[test]
fn every_number_is_named_typed_and_explained_as_prometheus_wants_it() {
    let page = metrics();
    let mut kinds = BTreeMap::new();
    let (mut helped, mut samples) = (BTreeSet::new(), BTreeSet::new());
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(helped.insert(name) && help.ends_with('.'), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(kinds.insert(name, kind).is_none() && helped.contains(name), "{line}");
        } else {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
            assert!(samples.insert(sample), "{sample} twice");
            let name = sample.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).filter(|f| kinds.contains_key(f));
            assert!(kinds.contains_key(family.unwrap_or(name)), "{line} has no type");
        }
    }
    for (name, kind) in kinds {
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
        assert!(!["_ms", "_milliseconds", "_kb", "_mb", "_minutes"].iter().any(|unit| name.ends_with(unit)), "{name}: base units");
        if kind == "histogram" {
            assert!(samples.iter().any(|s| s.starts_with(&format!("{name}_bucket")) && s.contains("le=\"+Inf\"")), "{name}");
        }
    }
}

#[test]
fn a_label_is_a_template_and_never_what_a_client_made_up() {
    let server = TestServer::start();
    for i in 0..50 {
        server.get(&format!("/api/v1/projects/made-up-{i}")).expect(404);
        server.get(&format!("/made-up-{i}")).expect(404);
        server.request("BREW", &format!("/made-up-{i}"), &[], []);
    }
    let page = server.get("/metrics").text();
    assert!(!page.contains("made-up") && !page.contains("BREW"), "{page}");
    assert!(page.contains(r#"route="/api/v1/projects/{id}",status="404"} 50"#), "{page}");
}

#[test]
fn who_is_turned_away_is_counted_by_what_was_wrong() {
    let server = TestServer::with(|vars| vars.extend([("API_TOKEN", "right".into()), ("RATE_LIMIT_INGEST", "1".into())]));
    let token = ("x-api-key", "right");
    let counts = || {
        let page = server.request("GET", "/metrics", &[token], []).text();
        let of = |reason: &str| {
            let sample = format!("headwater_http_requests_refused_total{{reason=\"{reason}\"}} ");
            page.lines().find_map(|line| line.strip_prefix(&sample)?.parse::<u32>().ok())
        };
        ["host", "origin", "token", "network", "rate"].map(|reason| of(reason).unwrap_or_else(|| panic!("{reason}: {page}")))
    };
    assert_eq!(counts(), [0; 5]);
    let ask = |method: &str, path: &str, headers: &[(&str, &str)], status: u16| {
        server.request(method, path, headers, "{}").expect(status);
    };
    ask("GET", "/health", &[("host", "evil.example")], 400);
    (0..2).for_each(|_| ask("POST", "/api/v1/sample", &[("origin", "https://evil.example"), token], 403));
    [&[][..], &[("x-api-key", "wrong")], &[("authorization", "Bearer wrong")]]
        .iter()
        .for_each(|sent| ask("GET", "/api/v1/stats", sent, 401));
    (0..4).for_each(|_| ask("POST", "/admin/restart", &[("x-forwarded-for", "127.0.0.1")], 403));
    ask("POST", "/api/v1/sample", &[token], 200);
    (0..5).for_each(|_| ask("POST", "/api/v1/sample", &[token], 429));
    assert_eq!(counts(), [1, 2, 3, 4, 5]);
}

#[test]
fn when_the_last_copy_of_the_store_was_taken_is_a_number() {
    let server = TestServer::start();
    let told = || {
        let page = server.get("/metrics").text();
        page.lines().find_map(|line| line.strip_prefix("headwater_store_copied_timestamp_seconds ")?.parse::<u64>().ok())
    };
    assert_eq!(told(), Some(0));
    let (data, copy) = (server.dir.path().join("data"), server.dir.path().join("copy.db"));
    for _ in 0..2 {
        let taken = common::command(server.dir.path()).args(["backup", "--force", "--data"]).args([&data, &copy]).output().unwrap();
        assert!(taken.status.success(), "{taken:?}");
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        assert!(told().is_some_and(|at| (now - 600..=now).contains(&at)), "{:?} at {now}", told());
    }
}

#[test]
fn the_dashboard_shows_every_number_and_the_runbook_asks_for_none_that_is_not_there() {
    let there = names(&metrics());
    let dashboard: Value = serde_json::from_str(include_str!("../docs/deployment/grafana.json")).unwrap();
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            queries.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    assert!(queries.len() > 20, "{queries:?}");
    queries.push(include_str!("../docs/deployment/RUNBOOK.md").to_owned());
    let asked: BTreeSet<String> = queries.iter().flat_map(|query| names(query)).collect();
    let unknown: Vec<&String> = asked.difference(&there).collect();
    assert!(unknown.is_empty(), "{unknown:?} are in no answer of /metrics");
    let shown: BTreeSet<String> = queries[..queries.len() - 1].iter().flat_map(|query| names(query)).collect();
    // Of a histogram its parts.
    let missing: Vec<&String> = there.iter().filter(|name| !shown.iter().any(|shown| shown.starts_with(name.as_str()))).collect();
    assert!(missing.is_empty(), "{missing:?} are on no panel of the dashboard");
}

/// What a line of the log says after `name=`.
fn number(line: &str, name: &str) -> u128 {
    let rest = line.split_once(&format!(" {name}=")).unwrap_or_else(|| panic!("{name} is not in {line}")).1;
    rest.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_request_that_took_long_is_a_warning_that_says_where_its_time_went() {
    let server = TestServer::spawn_binary(&[], |_| {});
    let body = r#"{"name": "slow"}"#;
    let mut client = TcpStream::connect(server.address).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = "POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Request-ID: slowly\r\n";
    write!(client, "{head}Content-Length: {}\r\nConnection: close\r\n\r\n{}", body.len(), &body[..5]).unwrap();
    // Itself, and the page of numbers that says so.
    let waits = || server.get("/metrics").text().contains("\nheadwater_http_requests_in_flight 2\n").then_some(());
    eventually("the server has its head", waits);
    let held = Duration::from_millis(1_100);
    std::thread::sleep(held);
    client.write_all(&body.as_bytes()[5..]).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let line = server.logged("request_id=slowly");
    assert!(line.contains(" WARN ") && line.contains(" slow waiting_ms=0 "), "{line}");
    assert!(number(&line, "reading_ms") >= 1_000, "{line}");
    // One of several is quick, however long the disk takes for another.
    let mut names = (0..).map(|n| format!("r{n}"));
    let line = eventually("a line of a request that was quick", || {
        let name = names.next()?;
        let headers = [("x-request-id", &*name), ("content-type", "application/json")];
        server.request("POST", "/api/v1/projects/default/repositories?a=b", &headers, json!({"name": name}).to_string()).expect(201);
        Some(server.logged(&format!("request_id={name}"))).filter(|line| !line.contains(" slow "))
    });
    let says = "method=POST path=/api/v1/projects/default/repositories route=/api/v1/projects/{id}/repositories status=201 ms=";
    assert!(line.contains(" INFO ") && line.contains(says) && line.contains(" client=127.0.0.1 request_id=r"), "{line}");
    assert!(number(&line, "received") >= 13 && number(&line, "bytes") > 50, "{line}");
}

#[test]
fn an_answer_that_its_client_takes_slowly_is_a_warning_too() {
    let server = TestServer::spawn_binary(&[], |_| {});
    // More than the kernel takes off our hands on either side: four megabytes of ours, and little of a client that asks for little.
    let text = format!("\"{}\"", "-".repeat(6 << 20));
    let file = server.upload(&[], &[("big.json", text.as_bytes())]).expect(200)["results"][0]["file_id"].clone();
    let path = format!("/api/v1/files/{}/content", file.as_str().unwrap());
    let head = server.request("HEAD", &path, &[], "");
    assert_eq!(head.header("content-length"), Some(&*text.len().to_string()), "known before all of it is read");
    let client = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    client.set_recv_buffer_size(64 << 10).unwrap();
    client.connect(&server.address.into()).unwrap();
    let mut client = TcpStream::from(client);
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(client, "GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: taken-slowly\r\nConnection: close\r\n\r\n").unwrap();
    server.logged("request_id=taken-slowly");
    std::thread::sleep(Duration::from_millis(1_500));
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert!(answer.ends_with(text.as_bytes()), "{} bytes", answer.len());
    let line = server.logged("slow answer path=");
    assert!(line.contains(" WARN ") && line.ends_with("request_id=taken-slowly"), "{line}");
    assert!(number(&line, "writing_ms") >= 1_000 && number(&line, "bytes") as usize == text.len(), "{line}");
}

#[test]
fn tokens_and_keys_are_in_no_line_event_or_number_even_when_everything_is_logged() {
    const SECRETS: [&str; 4] = ["of-the-interface", "of-the-administrator", "of-the-model", "of-a-guess"];
    let [api, admin, key, guess] = SECRETS;
    let model = Ollama::start();
    model.models(&["gpt-small"]);
    let server = TestServer::spawn_binary(&[], |vars| {
        vars.extend([
            ("LOG_LEVEL", "trace".into()),
            ("API_TOKEN", api.into()),
            ("ADMIN_TOKEN", admin.into()),
            ("LLM_BASE_URL", format!("{}/v1", model.url())),
            ("LLM_API_KEY", key.into()),
            ("LLM_MODEL", "gpt-small".into()),
        ]);
    });
    let bearer = format!("Bearer {api}");
    let known = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    server.request("GET", "/api/v1/stats", &known, []).expect(200);
    server.request("GET", "/api/v1/ws/connections", &[("x-api-key", admin)], []).expect(200);
    server.request("GET", "/api/v1/stats", &[("x-api-key", guess)], []).expect(401);
    server.request("GET", &format!("/api/v1/stats?token={guess}"), &[], []).expect(401);
    server.request("GET", &format!("/nope?token={api}"), &[], []).expect(404);
    let answer = server.request("POST", "/api/chat/graph", &known, r#"{"query": "What tables are there?"}"#).expect(200);
    assert_eq!(answer["model"], "gpt-small", "the model was asked, with its key: {answer}");
    for (token, expect) in [(api, "HTTP/1.1 101 "), (guess, "HTTP/1.1 401 ")] {
        let mut socket = TcpStream::connect(server.address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let upgrade =
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
        write!(socket, "GET /ws/dashboard?token={token} HTTP/1.1\r\nHost: localhost\r\n{upgrade}\r\n\r\n").unwrap();
        let mut head = [0; 13];
        socket.read_exact(&mut head).unwrap();
        assert_eq!(std::str::from_utf8(&head).unwrap(), expect);
    }
    let last = [known[0], ("x-request-id", "the-last-one")];
    let shown = ["/metrics", "/api/v1/metrics/events?limit=1000", "/health", "/api/v1/activity/recent"]
        .map(|path| server.request("GET", path, &last, []).text());
    let written = eventually("the activity log has the last request", || {
        let log = std::fs::read_to_string(server.dir.path().join("logs/activity.jsonl")).ok()?;
        log.lines().any(|line| line.contains("the-last-one") && line.contains("/api/v1/activity/recent")).then_some(log)
    });
    server.logged("path=/api/v1/activity/recent");
    let logged = server.log();
    assert!(logged.iter().any(|line| line.contains(" TRACE ") || line.contains(" DEBUG ")), "everything is logged: {logged:#?}");
    for secret in SECRETS {
        let found: Vec<&str> = logged
            .iter()
            .map(String::as_str)
            .chain(shown.iter().map(String::as_str))
            .chain([&*written])
            .filter(|t| t.contains(secret))
            .collect();
        assert!(found.is_empty(), "{secret} is in {found:#?}");
    }
}

/// Asks so often on one connection, one request after another without waiting, and reads all answers.
fn flood(address: SocketAddr, requests: usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let all = "GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(requests);
    let sending = std::thread::spawn(move || writer.write_all(all.as_bytes()).unwrap());
    let (mut got, mut kept, mut answers) = (vec![0; 1 << 16], Vec::new(), 0);
    while answers < requests {
        let read = stream.read(&mut got).expect("an answer");
        assert!(read > 0, "{answers} answers");
        kept.extend_from_slice(&got[..read]);
        answers += kept.windows(9).filter(|w| *w == b"HTTP/1.1 ").count();
        kept.drain(..kept.len().saturating_sub(8));
    }
    sending.join().unwrap();
}

#[test]
fn a_log_that_nobody_reads_holds_up_nothing_and_what_is_lost_of_it_is_told() {
    let dir = TempDir::new();
    let mut command = common::command(dir.path());
    let mut child = command.args(["--port", "0"]).env("OLLAMA_HOST", "off").stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let listening = log.find_map(|line| Some(line.split_once("listening on ")?.1.split(' ').next()?.to_owned()));
    let address: SocketAddr = listening.expect("where it listens").parse().unwrap();
    let client = Client::new(&format!("http://{address}"));
    eventually("ready", || client.try_request("GET", "/health/ready", &[], []).ok().filter(|reply| reply.status == 200));
    // More lines than a pipe and the queue behind it hold.
    flood(address, 12_000);
    let metrics = client.get("/metrics").text();
    let lost = metrics.lines().find_map(|line| line.strip_prefix("headwater_log_lines_lost_total ")).unwrap();
    assert!(lost.parse::<u64>().unwrap() > 0, "{lost}");
    log.find(|line| line.contains("lines of it were lost")).expect("what was lost is told when it is read again");
    // Once more nobody reads, and it is to end.
    flood(address, 1_000);
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    eventually("the end", || child.try_wait().unwrap());
}
