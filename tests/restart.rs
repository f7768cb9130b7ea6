//! The process: arguments, settings, signals, supervisors, and restarting with everything still there.

mod common;

use common::{Binary, TempDir, TestServer, command, eventually};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_tungstenite::tungstenite::{self, Message};

const BODY: &str = r#"{"name":"in flight"}"#;

/// A connection in the middle of creating a project: the head and half of the body are sent.
fn half_a_request(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(common::PATIENCE)).unwrap();
    let head =
        format!("POST /api/v1/projects HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}", BODY.len());
    write!(stream, "{head}\r\n\r\n{}", &BODY[..9]).unwrap();
    stream
}

#[test]
fn usage_and_settings_have_their_own_exit_codes() {
    let dir = TempDir::new();
    for (args, variables, code, says) in [
        (&["--help"][..], &[][..], 0, "headwater [serve]"),
        (&["serve", "--help"], &[], 0, "SHUTDOWN_GRACE_SECS"),
        (&["--version"], &[], 0, env!("CARGO_PKG_VERSION")),
        (&["healthcheck", "--help"], &[], 0, "--server"),
        (&["--nonsense"], &[], 2, "--nonsense"),
        (&["nonsense"], &[], 2, "nonsense"),
        (&["serve", "--port"], &[], 2, "--port"),
        (&["serve", "--port", "70000"], &[], 64, "--port is '70000'"),
        (&[], &[("API_PORT", "x")], 64, "API_PORT is 'x'"),
        (&[], &[("SHUTDOWN_GRACE_SECS", "-1")], 64, "SHUTDOWN_GRACE_SECS is '-1'"),
        (&["healthcheck", "--server", "http://127.0.0.1:1"], &[], 1, "not ready: nothing listens there"),
        (&["healthcheck", "--server", "ftp://x"], &[], 2, "must begin with http://"),
    ] {
        let output = command(dir.path()).args(args).envs(variables.iter().copied()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?} {variables:?}: {text}");
        assert!(text.contains(says), "{args:?} {variables:?}: {text}");
    }
}

#[test]
fn a_bad_setting_in_a_dotenv_file_stops_the_start_too_and_the_environment_wins_over_it() {
    let dir = TempDir::new();
    std::fs::write(dir.path().join(".env"), "LOG_FORMAT=xml # no such format\n").unwrap();
    let output = command(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "headwater: LOG_FORMAT is 'xml' but must be text or json\n");
    let binary = Binary::start(command(dir.path()), Arc::new(TempDir::new()), |vars| {
        vars.insert("LOG_FORMAT", "json".into());
    });
    let line: Value = serde_json::from_str(&binary.log()[0]).unwrap();
    assert_eq!(line["level"], "INFO");
}

#[test]
fn a_restart_by_hand_keeps_the_process_the_socket_and_the_data_even_with_a_stalled_client() {
    let binary = TestServer::spawn_binary(&[], |_| {});
    let project = binary.post("/api/v1/projects", &json!({"name": "kept"})).expect(201);
    let stream = TcpStream::connect(binary.address).unwrap();
    stream.set_read_timeout(Some(common::PATIENCE)).unwrap();
    let (mut socket, _) = tungstenite::client(format!("ws://{}/api/v1/ws/dashboard", binary.address), stream).unwrap();
    let mut stalled = half_a_request(binary.address);

    assert_eq!(binary.post("/admin/restart", &json!({})).expect(200), json!({"status": "restarting"}));
    let mut told = None;
    let close = loop {
        match socket.read().unwrap() {
            Message::Text(text) => {
                let message: Value = serde_json::from_str(&text).unwrap();
                if message["type"] == "server_restarting" {
                    told = Some(message["data"].clone());
                }
            }
            Message::Close(frame) => break frame.unwrap(),
            _ => {}
        }
    };
    // Reading on sends the answer to the close.
    while socket.read().is_ok() {}
    drop(socket);
    let told = told.expect("told before being closed");
    assert_eq!(told["reason"], "restart");
    assert!(told["reconnect_after_ms"].is_u64());
    assert_eq!(u16::from(close.code), 1012);

    binary.logged("cut at the end of the grace requests=1 sockets=0");
    binary.logged("restarting in place");
    let listening = format!("listening on {}", binary.address);
    eventually("the second start", || (binary.log().iter().filter(|l| l.contains(&listening)).count() == 2).then_some(()));
    binary.ready();
    let id = project["id"].as_str().unwrap();
    assert_eq!(binary.get(&format!("/api/v1/projects/{id}")).expect(200)["name"], "kept");
    let mut rest = Vec::new();
    assert_eq!(stalled.read_to_end(&mut rest).unwrap_or(0), 0, "cut without an answer");

    let healthy = command(binary.dir.path()).args(["healthcheck", "--server", &format!("http://{}", binary.address)]).output().unwrap();
    assert_eq!(healthy.status.code(), Some(0));
    // It restarts as often as asked.
    binary.post("/admin/restart", &json!({})).expect(200);
    eventually("the third start", || (binary.log().iter().filter(|l| l.contains(&listening)).count() == 3).then_some(()));
    binary.ready();
}

#[test]
fn a_supervised_server_says_how_it_is_and_leaves_restarting_to_its_supervisor() {
    for stop in ["TERM", "INT", "restart"] {
        let dir = TempDir::new();
        let path = dir.path().join("notify");
        let supervisor = UnixDatagram::bind(&path).unwrap();
        supervisor.set_read_timeout(Some(common::PATIENCE)).unwrap();
        let hear = || {
            let mut buffer = [0; 256];
            let n = supervisor.recv(&mut buffer).unwrap();
            String::from_utf8_lossy(&buffer[..n]).into_owned()
        };
        let mut binary = TestServer::spawn_binary(&[], |vars| {
            vars.insert("NOTIFY_SOCKET", path.display().to_string());
        });
        let loading = hear();
        assert!(loading.starts_with("EXTEND_TIMEOUT_USEC=60000000\n"), "{loading}");
        assert!(hear().starts_with("READY=1\n"));
        if stop == "restart" {
            binary.post("/admin/restart", &json!({})).expect(200);
        } else {
            binary.signal(stop);
        }
        // The grace, and what closing the store may take.
        assert!(hear().starts_with("STOPPING=1\nEXTEND_TIMEOUT_USEC=16000000\n"));
        assert_eq!(binary.wait().code(), Some(0), "{stop}: {:#?}", binary.log());
    }
}

#[test]
fn the_watchdog_hears_of_a_living_server() {
    let dir = TempDir::new();
    let path = dir.path().join("notify");
    let supervisor = UnixDatagram::bind(&path).unwrap();
    supervisor.set_read_timeout(Some(common::PATIENCE)).unwrap();
    let _binary = TestServer::spawn_binary(&[], |vars| {
        vars.insert("NOTIFY_SOCKET", path.display().to_string());
        vars.insert("WATCHDOG_USEC", "20000".into());
    });
    let mut pings = 0;
    while pings < 3 {
        let mut buffer = [0; 256];
        let n = supervisor.recv(&mut buffer).unwrap();
        pings += usize::from(&buffer[..n] == b"WATCHDOG=1");
    }
}

#[test]
fn a_request_under_way_is_answered_before_the_end() {
    let mut binary = TestServer::spawn_binary(&[], |vars| {
        vars.insert("SHUTDOWN_GRACE_SECS", "20".into());
    });
    let mut client = half_a_request(binary.address);
    // Its head has been read once a later request was answered.
    binary.get("/health").expect(200);
    binary.signal("TERM");
    binary.logged("draining reason=shutdown");
    eventually("nothing new is accepted", || TcpStream::connect(binary.address).err());
    client.write_all(&BODY.as_bytes()[9..]).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert_eq!(binary.wait().code(), Some(0));
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut binary = TestServer::spawn_binary(&[], |vars| {
        vars.insert("SHUTDOWN_GRACE_SECS", "300".into());
    });
    let _stalled = half_a_request(binary.address);
    binary.get("/health").expect(200);
    binary.signal("TERM");
    binary.logged("draining reason=shutdown");
    binary.signal("INT");
    assert_eq!(binary.wait().code(), Some(130));
}

#[test]
fn a_reload_changes_the_log_level_and_says_what_it_leaves_alone() {
    let binary = TestServer::spawn_binary(&[], |_| {});
    std::fs::write(binary.dir.path().join(".env"), "LOG_LEVEL=debug\n").unwrap();
    binary.signal("HUP");
    binary.logged("reloaded: LOG_LEVEL=debug");
    std::fs::write(binary.dir.path().join(".env"), "LOG_LEVEL=debug\nMAX_WEBSOCKETS=7\n").unwrap();
    binary.signal("HUP");
    binary.logged("reloaded: nothing changed");
    binary.logged("changed with a restart only: MAX_WEBSOCKETS");
}

/// Each on a connection of its own: one on which a body was refused unread may end before the next request.
const APART: (&str, &str) = ("connection", "close");

#[test]
fn a_reload_changes_origins_hosts_limits_and_tokens_and_a_bad_value_changes_nothing() {
    let credentials = TempDir::new();
    let token = |token: &str| std::fs::write(credentials.path().join("api_token"), token).unwrap();
    token("first");
    let binary = TestServer::spawn_binary(&[], |vars| {
        vars.insert("CREDENTIALS_DIRECTORY", credentials.path().display().to_string());
    });
    let page = "https://app.example";
    let upload = |name: &str, token: &str| {
        let body = format!("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\nSELECT 1;\r\n--b--\r\n");
        let headers = [("content-type", "multipart/form-data; boundary=b"), ("x-api-key", token), APART];
        binary.request("POST", "/api/v1/files/upload", &headers, body)
    };
    // The answers to: a token, a foreign page, a foreign name, a second question within the minute, a file of a new kind.
    let seen = |token: &str, query: &str| {
        let with = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
            let headers: Vec<_> =
                headers.iter().copied().chain([("x-api-key", token), ("content-type", "application/json"), APART]).collect();
            binary.request(method, path, &headers, body).status
        };
        let question = format!("{{\"query\": \"{query}\", \"skip_memory\": true}}");
        let ask = || with("POST", "/api/chat/graph", &[], &question);
        [
            with("GET", "/api/v1/stats", &[], ""),
            with("POST", "/api/v1/projects", &[("origin", page)], "{}"),
            with("GET", "/health", &[("host", "box.example")], ""),
            [ask(), ask()][1],
            upload("new.txt", token).json()["files_failed"].as_u64().unwrap_or(9) as u16,
        ]
    };
    let reload = |lines: &str, says: &str| {
        std::fs::write(binary.dir.path().join(".env"), lines).unwrap();
        binary.signal("HUP");
        binary.logged(says)
    };
    assert_eq!(seen("first", "a"), [200, 403, 400, 200, 0]);
    token("second");
    let good = "ALLOWED_ORIGINS=https://app.example\nALLOWED_HOSTS=box.example\nRATE_LIMIT_CHAT=1\nALLOWED_FILE_EXTENSIONS=.sql\n";
    let line = reload(good, "reloaded: ALLOWED_ORIGINS=https://app.example ALLOWED_HOSTS=box.example API_TOKEN=(not shown) ");
    assert!(line.ends_with("ALLOWED_FILE_EXTENSIONS=.sql RATE_LIMIT_CHAT=1"), "{line}");
    assert_eq!(seen("first", "b")[0], 401);
    assert_eq!(seen("second", "b"), [200, 422, 200, 429, 1]);
    token("two words");
    let line = reload("ALLOWED_ORIGINS=nonsense\n", "not reloaded, everything stays as it was: ");
    assert!(line.contains("ALLOWED_ORIGINS is 'nonsense'"), "{line}");
    reload(good, "not reloaded, everything stays as it was: API_TOKEN (not shown)");
    assert_eq!(seen("second", "c"), [200, 422, 200, 429, 1]);
    let log = binary.log().concat();
    assert!(!["first", "second", "two words"].iter().any(|secret| log.contains(secret)), "{log}");
}

#[test]
fn the_first_lines_say_what_runs_how_it_is_set_and_what_was_found() {
    let binary = TestServer::spawn_binary(&[], |vars| {
        vars.insert("ADMIN_TOKEN", "hush".into());
        vars.insert("API_TOKEN", String::new());
        vars.insert("LOG_LEVEL", "info".into());
    });
    let line = binary.logged("starting version=");
    let data = binary.dir.path().join("data");
    let says = format!(
        "starting version={} API_PORT=0 STORAGE_PATH={} LOG_PATH={} ADMIN_TOKEN=(not shown) OLLAMA_HOST=off SHUTDOWN_GRACE_SECS=1",
        env!("CARGO_PKG_VERSION"),
        data.display(),
        binary.dir.path().join("logs").display()
    );
    assert!(line.ends_with(&says), "{line}\n{says}");
    binary.logged("store opened bytes=");
    binary.logged("projects loaded from the store projects=1 nodes=0 edges=0 ");
    assert!(!binary.log().concat().contains("recovered from"), "{:#?}", binary.log());
    binary.upload(&[], &[("a.sql", b"CREATE TABLE a AS SELECT * FROM b;")]).expect(200);
    let waits = || std::fs::read_dir(data.join("spool")).unwrap().count();
    eventually("what the upload waited in is gone", || (waits() == 0).then_some(()));
    std::fs::write(data.join("spool/left-behind"), "half an upload").unwrap();
    let dir = binary.dir.clone();
    binary.signal("KILL");
    drop(binary);
    let again = Binary::start(command(dir.path()), dir, |_| {});
    let line = again.logged("recovered from a process that did not end in order: wal_bytes=");
    assert!(!line.contains("wal_bytes=0 ") && line.contains("runs=0 ") && line.contains("uploads=1 "), "{line}");
    let line = again.logged("projects loaded from the store projects=1 nodes=");
    assert!(!line.contains("nodes=0"), "{line}");
}

#[test]
fn saved_graphs_are_there_after_a_start_and_a_stop_as_before() {
    let mut binary = TestServer::spawn_binary(&[], |_| {});
    let other = binary.post("/api/v1/projects", &json!({"name": "other"})).expect(201)["id"].as_str().unwrap().to_owned();
    for project in ["default", &other] {
        binary.upload(&[("project_id", project)], &[("a.sql", b"CREATE TABLE a AS SELECT * FROM b;")]).expect(200);
    }
    let dir = binary.dir.clone();
    let saved = || {
        let there = std::fs::read_dir(dir.path().join("data/graphs")).unwrap().map(|entry| entry.unwrap().file_name());
        there.collect::<std::collections::BTreeSet<_>>()
    };
    binary.signal("TERM");
    binary.wait();
    let before = saved();
    assert_eq!(before.len(), 2, "{before:?}");
    let mut again = Binary::start(command(dir.path()), dir.clone(), |_| {});
    again.ready();
    assert_eq!(saved(), before, "a start takes none away");
    again.signal("TERM");
    again.wait();
    assert_eq!(saved(), before, "nor does a stop");
    assert!(!again.log().concat().contains("is not used"), "{:#?}", again.log());
}

#[test]
fn a_socket_passed_by_systemd_is_served_whatever_the_port_setting() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    socket2::SockRef::from(&listener).set_cloexec(false).unwrap();
    let dir = Arc::new(TempDir::new());
    let mut shell = Command::new("sh");
    let line = format!("exec 3<&{}; LISTEN_FDS=1 LISTEN_PID=$$ exec {}", listener.as_raw_fd(), env!("CARGO_BIN_EXE_headwater"));
    shell.args(["-c", &line]).current_dir(dir.path()).stdin(Stdio::null());
    let binary = Binary::start(shell, dir, |vars| {
        vars.insert("API_PORT", "1".into());
    });
    assert_eq!(binary.address, address);
}

#[test]
fn a_second_server_over_the_same_folder_is_refused() {
    let binary = TestServer::spawn_binary(&[], |_| {});
    let data = binary.dir.path().join("data");
    let output = command(binary.dir.path()).args(["--port", "0", "--data"]).arg(&data).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("another headwater"), "{text}");
}

#[test]
fn a_reload_that_comes_while_it_starts_does_not_end_it() {
    let dir = TempDir::new();
    let mut command = command(dir.path());
    let mut child = command.args(["--port", "0", "--sample"]).env("OLLAMA_HOST", "off").stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    log.find(|line| line.contains("starting version")).expect("a first line");
    let hangup = || Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap();
    // Until it listens, which it does after the store is open.
    let heard = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let heard = heard.clone();
        move || {
            let listened = log.any(|line| line.contains("listening on "));
            heard.store(true, Ordering::Relaxed);
            listened && log.any(|line| line.contains("reloaded"))
        }
    });
    loop {
        assert!(hangup().success());
        if heard.load(Ordering::Relaxed) {
            break;
        }
    }
    eventually("what was heard while it started is done when it has", || reader.is_finished().then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(reader.join().unwrap());
}
