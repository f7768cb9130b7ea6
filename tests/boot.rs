//! The units in a systemd of their own: readiness, hardening, watchdog, reload, and restarts that no client notices.
//!
//! `.ci/boot` boots a machine in a container, puts units and binary where the README says, and runs these there, one after the other.

mod common;

use common::{Client, PATIENCE, eventually};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::{self, Message};

/// Where the socket unit listens.
const ADDRESS: ([u8; 4], u16) = ([127, 0, 0, 1], 8000);
const DROP_INS: &str = "/etc/systemd/system/headwater.service.d";
/// Where `.ci/boot` has put what the package would put below /usr/share.
const NO_OUTBOUND: &str = "/units/no-outbound.conf";
const TOKENS: &str = "/units/tokens.conf";
/// Where that has the tokens from.
const CREDENTIALS: &str = "/etc/headwater";
/// The state directory as root sees it.
const STATE: &str = "/var/lib/private/headwater";
/// Answers under load before the next restart: each kind of client has come back by then.
const BETWEEN_RESTARTS: usize = 200;
/// Between two requests of a client that keeps its connection: less than the pause in which a draining server says that it closes.
const THINKS: Duration = Duration::from_millis(5);
/// When a client that was told to come back later does: much sooner than it was told.
const COMES_BACK: Duration = Duration::from_millis(50);

fn address() -> SocketAddr {
    ADDRESS.into()
}

fn client() -> Client {
    Client::new(&format!("http://{}", address()))
}

/// Runs a program and gives what it printed; panics when it failed.
#[track_caller]
fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {args:?}: {out}{err}");
    out.trim().to_owned()
}

#[track_caller]
fn systemctl(args: &[&str]) -> String {
    run("systemctl", args)
}

fn property(name: &str) -> String {
    systemctl(&["show", "--value", "--property", name, "headwater.service"])
}

fn journal() -> String {
    run("journalctl", &["--unit", "headwater.service", "--output", "short", "--no-pager"])
}

/// Socket and service as shipped, or with `drop_in` as well; freshly started.
fn boot(drop_in: Option<&str>) {
    let _ = std::fs::remove_dir_all(DROP_INS);
    if let Some(text) = drop_in {
        std::fs::create_dir_all(DROP_INS).unwrap();
        std::fs::write(Path::new(DROP_INS).join("test.conf"), text).unwrap();
    }
    systemctl(&["daemon-reload"]);
    systemctl(&["enable", "--quiet", "headwater.socket", "headwater.service"]);
    systemctl(&["reset-failed"]);
    systemctl(&["start", "headwater.socket"]);
    systemctl(&["restart", "headwater.service"]);
}

#[test]
#[ignore = "needs a machine of its own: .ci/boot"]
fn started_means_ready_and_locked_up() {
    boot(None);
    client().get("/health/ready").expect(200);
    assert_eq!((property("ActiveState").as_str(), property("StatusText").as_str()), ("active", "Serving on 127.0.0.1:8000"));
    let status = std::fs::read_to_string(format!("/proc/{}/status", property("MainPID"))).unwrap();
    let field = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)).unwrap().trim().to_owned();
    // Seccomp 2: by filter.
    for (name, expect) in [("NoNewPrivs:", "1"), ("Seccomp:", "2"), ("CapEff:", "0000000000000000"), ("CapBnd:", "0000000000000000")] {
        assert_eq!(field(name), expect, "{name}");
    }
    assert!(!field("Uid:").starts_with("0\t"), "{status}");
    for folder in ["/var/lib/private/headwater", "/var/log/private/headwater"] {
        let mode = run("stat", &["--format", "%a %U", folder]);
        assert!(mode.starts_with("700 ") && !mode.ends_with(" root"), "{folder} is {mode}");
    }
    // What it does under its filter of system calls: everything a client can ask for, the activity log, the page.
    let sample = client().post("/api/v1/sample", &json!({})).expect(200);
    assert!(sample["files_processed"].as_u64().is_some_and(|n| n > 3), "{sample}");
    client().post("/api/chat/graph", &json!({"query": "What tables are in the database?"})).expect(200);
    let metrics = client().get("/metrics").text();
    assert!(metrics.contains("headwater_process_resident_memory_bytes"), "{metrics}");
    eventually("a line of activity", || {
        std::fs::read_to_string("/var/log/private/headwater/activity.jsonl").ok().filter(|text| !text.is_empty())
    });
}

#[test]
#[ignore = "needs a machine of its own: .ci/boot"]
fn the_watchdog_leaves_a_living_server_alone_and_starts_a_hung_one_again() {
    boot(Some("[Service]\nWatchdogSec=2\nWatchdogSignal=SIGKILL\n"));
    let pid = property("MainPID");
    let (mut pings, mut last) = (0, property("WatchdogTimestampMonotonic"));
    // Half of what is allowed passes between two: five are more than one period.
    eventually("five pings", || {
        let now = property("WatchdogTimestampMonotonic");
        pings += usize::from(now != last);
        last = now;
        (pings == 5).then_some(())
    });
    assert_eq!((property("MainPID"), property("NRestarts").as_str()), (pid.clone(), "0"));
    run("kill", &["-STOP", &pid]);
    eventually("another process", || (property("NRestarts") == "1" && property("MainPID") != pid).then_some(()));
    eventually("ready again", || (property("ActiveState") == "active").then_some(()));
    client().get("/health/ready").expect(200);
    assert!(journal().contains("Watchdog timeout"), "{}", journal());
}

#[test]
#[ignore = "needs a machine of its own: .ci/boot"]
fn a_start_that_fails_is_tried_until_nothing_is_in_its_way() {
    boot(None);
    systemctl(&["stop", "headwater.service"]);
    let settings = Path::new(STATE).join(".env");
    std::fs::write(&settings, "LOG_FORMAT=xml\n").unwrap();
    systemctl(&["start", "--no-block", "headwater.service"]);
    eventually("three tries", || (property("NRestarts").parse::<u32>().unwrap() >= 3).then_some(()));
    let errors = run("journalctl", &["--unit", "headwater.service", "--priority", "err", "--no-pager"]);
    assert!(errors.contains("LOG_FORMAT is 'xml'"), "{errors}");
    std::fs::remove_file(settings).unwrap();
    eventually("ready", || (property("ActiveState") == "active").then_some(()));
    client().get("/health/ready").expect(200);
}

#[test]
#[ignore = "needs a machine of its own: .ci/boot"]
fn a_reload_changes_the_settings_of_the_running_process_and_the_journal_knows_how_bad_a_line_is() {
    boot(None);
    let pid = property("MainPID");
    let settings = Path::new(STATE).join(".env");
    for (level, says) in [("debug", "reloaded: LOG_LEVEL=debug"), ("loud", "stays as it was: LOG_LEVEL is 'loud'")] {
        std::fs::write(&settings, format!("LOG_LEVEL={level}\n")).unwrap();
        systemctl(&["reload", "headwater.service"]);
        eventually(says, || journal().contains(says).then_some(()));
    }
    std::fs::remove_file(settings).unwrap();
    assert_eq!((property("MainPID"), property("ActiveState").as_str()), (pid, "active"));
    let errors = run("journalctl", &["--unit", "headwater.service", "--priority", "err", "--no-pager"]);
    assert!(errors.contains("not reloaded") && !errors.contains("LOG_LEVEL=debug"), "{errors}");
}

#[test]
#[ignore = "needs a machine of its own: .ci/boot"]
fn without_a_way_out_it_serves_as_before() {
    boot(Some(&std::fs::read_to_string(NO_OUTBOUND).unwrap()));
    let network = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).unwrap();
    assert_ne!(network(&property("MainPID")), network("self"));
    client().get("/health/ready").expect(200);
    client().post("/api/v1/ingest/sql", &json!({"sql_content": "CREATE TABLE a AS SELECT * FROM b"})).expect(200);
    systemctl(&["restart", "headwater.service"]);
    let found = client().get("/api/v1/lineage/search?q=b").expect(200);
    assert!(found.to_string().contains("\"b\""), "{found}");
}

#[test]
#[ignore = "needs a machine of its own: .ci/boot"]
fn with_the_drop_in_for_tokens_nobody_comes_in_without_one() {
    let keep = |name: &str, token: &str| std::fs::write(Path::new(CREDENTIALS).join(name), format!("{token}\n")).unwrap();
    std::fs::create_dir_all(CREDENTIALS).unwrap();
    // Root alone may read them: the service, which is another user, gets a copy of its own.
    run("chmod", &["700", CREDENTIALS]);
    keep("api_token", "of-the-interface");
    keep("admin_token", "of-the-administrator");
    boot(Some(&std::fs::read_to_string(TOKENS).unwrap()));
    let asked = |path: &str, token: &str| client().request("GET", path, &[("authorization", &format!("Bearer {token}"))], []).status;
    let (numbers, presence) = ("/api/v1/stats", "/api/v1/ws/connections");
    assert_eq!(client().get("/health").status, 200, "it stays open");
    for path in [numbers, presence, "/metrics"] {
        assert_eq!((client().get(path).status, asked(path, "a guess")), (401, 401), "{path}");
    }
    for (path, token, status) in [
        (numbers, "of-the-interface", 200),
        (numbers, "of-the-administrator", 401),
        (presence, "of-the-administrator", 200),
        (presence, "of-the-interface", 401),
    ] {
        assert_eq!(asked(path, token), status, "{path} with the token {token}");
    }
    // From a command line or an environment anybody on the machine could read them.
    let pid = property("MainPID");
    for file in ["environ", "cmdline"] {
        let told = std::fs::read(format!("/proc/{pid}/{file}")).unwrap();
        assert!(!String::from_utf8_lossy(&told).contains("of-the-"), "{file}");
    }
    assert!(!journal().contains("of-the-interface"), "{}", journal());

    keep("api_token", "the-next");
    systemctl(&["restart", "headwater.service"]);
    assert_eq!((asked(numbers, "the-next"), asked(numbers, "of-the-interface")), (200, 401));
    std::fs::remove_dir_all(CREDENTIALS).unwrap();
}

#[test]
#[ignore = "needs a machine of its own: .ci/boot"]
fn a_backup_is_taken_beside_the_running_service_by_the_same_user() {
    boot(None);
    client().post("/api/v1/ingest/sql", &json!({"sql_content": "CREATE TABLE kept AS SELECT * FROM source"})).expect(200);
    let pid = property("MainPID");
    systemctl(&["start", "headwater-backup.service"]);
    let copies: Vec<_> = std::fs::read_dir("/var/lib/private/headwater-backup").unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(copies.len() == 1 && copies[0].extension().is_some_and(|e| e == "db"), "{copies:?}");
    let copy = rusqlite::Connection::open(&copies[0]).unwrap();
    let files: i64 = copy.query_row("SELECT count(*) FROM files", [], |row| row.get(0)).unwrap();
    assert!(files > 0);
    assert_eq!(property("MainPID"), pid);
    client().post("/api/v1/ingest/sql", &json!({"sql_content": "CREATE TABLE later AS SELECT * FROM source"})).expect(200);

    // By a clock that is years on all of them are old. Within one second the next copy has the name of the first.
    std::fs::remove_file(&copies[0]).unwrap();
    let folder = std::path::Path::new("/var/lib/private/headwater-backup");
    for day in 1..=16 {
        let copy = std::fs::File::create(folder.join(format!("headwater-200101{day:02}T030405Z.db"))).unwrap();
        copy.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    }
    systemctl(&["start", "headwater-backup.service"]);
    let mut kept: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    kept.sort();
    assert!(kept.len() == 14 && kept[0] == "headwater-20010104T030405Z.db", "the newest fourteen are kept: {kept:?}");
    systemctl(&["enable", "--quiet", "--now", "headwater-backup.timer"]);
    assert_eq!(systemctl(&["is-active", "headwater-backup.timer"]), "active");
}

/// What clients met while the service was restarted under them.
#[derive(Default)]
struct Met {
    over: AtomicBool,
    /// Per kind of client and outcome.
    counts: Mutex<BTreeMap<(&'static str, String), usize>>,
}

/// What a client may not meet: refused, reset, or an answer that is torn.
struct Fault(String);

impl Fault {
    fn torn(what: impl std::fmt::Display) -> Fault {
        Fault(format!("torn: {what}"))
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Fault("refused".into()),
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => Fault("reset".into()),
            _ => Fault::torn(error),
        }
    }
}

impl Met {
    fn count(&self, client: &'static str, outcome: String) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry((client, outcome)).or_default() += 1;
    }

    fn total(&self) -> usize {
        self.counts.lock().unwrap().values().sum()
    }

    /// Does `turn` until the end. A turn is something asked and its outcome.
    fn repeat(&self, client: &'static str, mut turn: impl FnMut() -> Result<String, Fault>) {
        while !self.over.load(Ordering::Acquire) {
            let outcome = turn().unwrap_or_else(|Fault(what)| what);
            if outcome == "503" {
                std::thread::sleep(COMES_BACK);
            }
            self.count(client, outcome);
        }
    }
}

fn connect() -> Result<TcpStream, Fault> {
    let stream = TcpStream::connect(address())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads one whole answer: its status, and whether the server will close.
fn answer(stream: &mut TcpStream) -> Result<(String, bool), Fault> {
    let torn = |got: &[u8]| Fault::torn(String::from_utf8_lossy(got).escape_debug());
    let (mut got, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = got.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&got[..end]).to_lowercase();
            let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse::<usize>().ok()).ok_or_else(|| torn(&got))?;
            if got.len() == end + 4 + length {
                let status = head.split(' ').nth(1).unwrap_or_default().to_owned();
                return Ok((status, head.contains("\r\nconnection: close")));
            }
        }
        match stream.read(&mut chunk)? {
            0 => return Err(torn(&got)),
            n => got.extend_from_slice(&chunk[..n]),
        }
    }
}

fn new_connection() -> Result<String, Fault> {
    let mut stream = connect()?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    Ok(answer(&mut stream)?.0)
}

fn kept_connection(kept: &mut Option<TcpStream>) -> Result<String, Fault> {
    let mut stream = kept.take().map_or_else(connect, Ok)?;
    stream.write_all(b"GET /api/v1/stats HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let (status, closes) = answer(&mut stream)?;
    *kept = (!closes).then_some(stream);
    std::thread::sleep(THINKS);
    Ok(status)
}

/// Uploads a file in two pieces; a 200 is an acknowledgement.
fn upload(name: &str) -> Result<String, Fault> {
    let mut stream = connect()?;
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}.sql\"\r\n\r\nCREATE TABLE {name} AS SELECT * FROM source;\r\n--b--\r\n"
    );
    let head = "POST /api/v1/files/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n";
    write!(stream, "{head}Connection: close\r\nContent-Length: {}\r\n\r\n{}", body.len(), &body[..40])?;
    std::thread::sleep(THINKS);
    stream.write_all(&body.as_bytes()[40..])?;
    Ok(answer(&mut stream)?.0)
}

/// Listens to a dashboard socket until the server says goodbye.
fn dashboard(over: &AtomicBool) -> Result<String, Fault> {
    let stream = connect()?;
    let tick = Duration::from_millis(100);
    let (mut socket, _) = match tungstenite::client(format!("ws://{}/api/v1/ws/dashboard", address()), stream) {
        Ok(opened) => opened,
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(refusal))) => return Ok(refusal.status().as_u16().to_string()),
        Err(e) => return Err(Fault::torn(e)),
    };
    socket.get_ref().set_read_timeout(Some(tick))?;
    loop {
        match socket.read() {
            Ok(Message::Close(frame)) => {
                let code = frame.map(|f| u16::from(f.code).to_string());
                // Reading on sends the answer to the close.
                while socket.read().is_ok() {}
                return Ok(format!("closed {}", code.unwrap_or_default()));
            }
            Ok(_) => {}
            Err(tungstenite::Error::Io(e)) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                if over.load(Ordering::Acquire) {
                    return Ok("left".into());
                }
            }
            Err(tungstenite::Error::Io(e)) => return Err(e.into()),
            Err(e) => return Err(Fault::torn(e)),
        }
    }
}

#[test]
#[ignore = "needs a machine of its own: .ci/boot"]
fn ten_restarts_in_a_row_refuse_reset_and_tear_nothing() {
    boot(None);
    let met = Met::default();
    let acknowledged = Mutex::new(Vec::new());
    let begun = Instant::now();
    let progress = |until: usize| eventually("clients that come through", || (met.total() >= until).then_some(()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| met.repeat("new connection", new_connection));
            scope.spawn(|| {
                let mut kept = None;
                met.repeat("kept connection", || kept_connection(&mut kept));
            });
            scope.spawn(|| met.repeat("dashboard", || dashboard(&met.over)));
            scope.spawn(|| {
                met.repeat("upload", || {
                    let name = format!("t_{}", headwater::id::random());
                    let status = upload(&name)?;
                    if status == "200" {
                        acknowledged.lock().unwrap().push(name);
                    }
                    Ok(status)
                })
            });
        }
        // A panic here must not leave the clients running, which the scope waits for.
        let restarts = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for restart in 0..10 {
                progress(met.total() + BETWEEN_RESTARTS);
                let invocation = property("InvocationID");
                // Both ways to ask: of systemd, and of the server, which ends and is started by systemd.
                if restart % 2 == 0 {
                    systemctl(&["restart", "headwater.service"]);
                } else {
                    eventually("a restart", || {
                        client().try_request("POST", "/admin/restart", &[], []).ok().filter(|reply| reply.status == 200)
                    });
                }
                eventually("the next process", || {
                    (property("InvocationID") != invocation && property("ActiveState") == "active").then_some(())
                });
            }
            progress(met.total() + BETWEEN_RESTARTS);
        }));
        met.over.store(true, Ordering::Release);
        if let Err(panic) = restarts {
            std::panic::resume_unwind(panic);
        }
    });
    let counts = met.counts.into_inner().unwrap();
    println!("10 restarts in {:.1} s:", begun.elapsed().as_secs_f64());
    for ((client, outcome), count) in &counts {
        println!("  {client}: {outcome} x {count}");
    }
    for (client, outcome) in counts.keys() {
        // 503 is an answer: what the store holds was still being loaded.
        let fine = ["200", "503", "closed 1012", "left"];
        assert!(fine.contains(&outcome.as_str()), "{client}: {outcome}");
    }
    assert!(counts.contains_key(&("dashboard", "closed 1012".into())));
    let names = acknowledged.into_inner().unwrap();
    for name in &names {
        let found = client().get(&format!("/api/v1/lineage/search?q={name}&limit=1")).expect(200);
        assert!(found.to_string().contains(name.as_str()), "{name} was acknowledged: {found}");
    }
    println!("  all {} acknowledged uploads are there", names.len());
}
