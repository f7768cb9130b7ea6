//! A real server for tests, in this process or as the built binary, and small clients to talk to it.

// Every test file compiles this module and uses its own part of it.
#![allow(dead_code)]

use headwater::config::{Config, SETTINGS};
use headwater::http::App;
use headwater::server::{self, Server, Stop, Stopped};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longest wait for anything in a test: only a broken build gets near it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Polls `check` until it gives something; panics with `what` when it does not in [`PATIENCE`].
pub fn eventually<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A folder that goes away with the value.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new() -> TempDir {
        let path = std::env::temp_dir().join(format!("headwater-test-{}", headwater::id::random()));
        std::fs::create_dir_all(&path).unwrap();
        TempDir(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a server answered, whatever the status.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; panics with it when it is not.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e} in {} {:?}", self.status, self.text()))
    }

    /// The body as JSON, after checking the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

/// Talks to a server at a base URL. Follows no redirect, reuses connections.
#[derive(Clone)]
pub struct Client {
    base: String,
    agent: ureq::Agent,
}

impl Client {
    pub fn new(base: &str) -> Client {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        Client { base: base.to_string(), agent }
    }

    /// Any request; panics when there is no answer at all.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Reply {
        self.try_request(method, path, headers, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"))
    }

    pub fn try_request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Result<Reply, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body: Vec<u8> = body.into();
        let response =
            if body.is_empty() { self.agent.run(request.body(()).unwrap())? } else { self.agent.run(request.body(body).unwrap())? };
        let (parts, body) = response.into_parts();
        let headers =
            parts.headers.iter().map(|(n, v)| (n.as_str().to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned())).collect();
        let body = body.into_with_config().limit(1 << 30).read_to_vec()?;
        Ok(Reply { status: parts.status.as_u16(), headers, body })
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], [])
    }

    #[track_caller]
    pub fn delete(&self, path: &str) -> Reply {
        self.request("DELETE", path, &[], [])
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.request("POST", path, &[("content-type", "application/json")], body.to_string())
    }

    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.request("PUT", path, &[("content-type", "application/json")], body.to_string())
    }

    /// Uploads `files` (path, bytes) with form `fields`.
    #[track_caller]
    pub fn upload(&self, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Reply {
        let boundary = "headwater-test-boundary";
        let mut body = Vec::new();
        for (name, value) in fields {
            write!(body, "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
        }
        for (name, bytes) in files {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n");
            write!(body, "{head}Content-Type: application/octet-stream\r\n\r\n").unwrap();
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        write!(body, "--{boundary}--\r\n").unwrap();
        let content_type = format!("multipart/form-data; boundary={boundary}");
        self.request("POST", "/api/v1/files/upload", &[("content-type", &content_type)], body)
    }
}

/// Sends `bytes` as they are and reads until the server closes (so ask for `Connection: close`).
pub fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is an end too.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A server in this process, on a free port, with a folder of its own; it stops on drop.
pub struct TestServer {
    pub client: Client,
    pub address: SocketAddr,
    pub app: Arc<App>,
    pub dir: Arc<TempDir>,
    thread: Option<JoinHandle<Stopped>>,
}

/// `server.get(…)` is `server.client.get(…)`.
impl std::ops::Deref for TestServer {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl TestServer {
    /// With default settings, but no language model and a short grace.
    pub fn start() -> TestServer {
        TestServer::with(|_| {})
    }

    /// With settings changed: `vars` holds environment variables by name.
    pub fn with(change: impl FnOnce(&mut HashMap<&'static str, String>)) -> TestServer {
        TestServer::in_dir(Arc::new(TempDir::new()), change)
    }

    /// Over the folder of an earlier server, to see what survived.
    pub fn in_dir(dir: Arc<TempDir>, change: impl FnOnce(&mut HashMap<&'static str, String>)) -> TestServer {
        let (server, ready) = TestServer::begun(dir, change, |_| {});
        ready.recv_timeout(PATIENCE).expect("the server is ready");
        server
    }

    /// Over such a folder, and not waited for: it tells when it is ready. `first` gets what it serves before anything of that is loaded.
    pub fn begun(
        dir: Arc<TempDir>,
        change: impl FnOnce(&mut HashMap<&'static str, String>),
        first: impl FnOnce(&App) + Send + 'static,
    ) -> (TestServer, mpsc::Receiver<()>) {
        let mut vars = test_settings(dir.path());
        change(&mut vars);
        let config = Config::load(|name| vars.get(name).cloned()).unwrap();
        let ((tell, told), (say, ready)) = (mpsc::channel(), mpsc::channel());
        let thread = std::thread::Builder::new()
            .name("test-server".into())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().thread_stack_size(8 << 20).build().unwrap();
                let listener = server::bind(SocketAddr::new(config.host, config.port)).unwrap();
                let server = Server::new(config, listener, 4096).unwrap();
                first(server.app());
                tell.send((server.address(), server.app().clone())).unwrap();
                // Whether or not anybody waits for it.
                let stopped = runtime.block_on(server.run(move || say.send(()).unwrap_or_default())).unwrap();
                runtime.shutdown_timeout(Duration::from_millis(500));
                stopped
            })
            .unwrap();
        let (address, app) = told.recv_timeout(PATIENCE).expect("the server starts");
        (TestServer { client: Client::new(&format!("http://{address}")), address, app, dir, thread: Some(thread) }, ready)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends `bytes` as they are; see [`raw`].
    pub fn raw(&self, bytes: &[u8]) -> String {
        raw(self.address, bytes)
    }

    /// Drains and waits.
    pub fn stop(mut self) -> Stopped {
        self.halt().unwrap()
    }

    fn halt(&mut self) -> Option<Stopped> {
        self.app.lifecycle.stop(Stop::Shutdown);
        self.thread.take()?.join().ok()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.halt();
    }
}

fn test_settings(dir: &Path) -> HashMap<&'static str, String> {
    HashMap::from([
        ("API_PORT", "0".into()),
        ("STORAGE_PATH", dir.join("data").display().to_string()),
        ("LOG_PATH", dir.join("logs").display().to_string()),
        ("OLLAMA_HOST", "off".into()),
        ("SHUTDOWN_GRACE_SECS", "1".into()),
    ])
}

/// The built binary as a process of its own; killed on drop.
pub struct Binary {
    pub client: Client,
    pub address: SocketAddr,
    pub dir: Arc<TempDir>,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl std::ops::Deref for Binary {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// The binary's command in `dir`, with nothing of this process's settings.
pub fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headwater"));
    command.current_dir(dir).stdin(Stdio::null());
    let systemd = ["NOTIFY_SOCKET", "INVOCATION_ID", "SYSTEMD_EXEC_PID", "LISTEN_FDS", "LISTEN_PID", "JOURNAL_STREAM", "WATCHDOG_USEC"];
    for name in SETTINGS.iter().map(|s| s.name).chain(systemd).chain(["RUST_LOG"]) {
        command.env_remove(name);
    }
    command
}

impl TestServer {
    /// The built binary, ready, with `args` and settings changed as in [`TestServer::with`].
    pub fn spawn_binary(args: &[&str], change: impl FnOnce(&mut HashMap<&'static str, String>)) -> Binary {
        let dir = Arc::new(TempDir::new());
        let mut command = command(dir.path());
        command.args(args);
        Binary::start(command, dir, change)
    }
}

impl Binary {
    /// Runs `command` (made by [`command`] or like it) in `dir` with settings for tests, and waits until it is ready.
    pub fn start(mut command: Command, dir: Arc<TempDir>, change: impl FnOnce(&mut HashMap<&'static str, String>)) -> Binary {
        let mut vars = test_settings(dir.path());
        change(&mut vars);
        let mut child = command.envs(vars).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn({
            let log = log.clone();
            move || lines.map_while(Result::ok).for_each(|line| log.lock().unwrap().push(line))
        });
        let address = eventually("the line that says where the binary listens", || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the binary ended with {status}: {:#?}", log.lock().unwrap());
            }
            let lines = log.lock().unwrap();
            let line = lines.iter().find_map(|l| l.split_once("listening on "))?.1;
            line.split(' ').next()?.parse::<SocketAddr>().ok()
        });
        let client = Client::new(&format!("http://{address}"));
        let binary = Binary { client, address, dir, child, log };
        binary.ready();
        binary
    }

    /// Waits until `/health/ready` says so.
    pub fn ready(&self) {
        eventually("ready", || self.client.try_request("GET", "/health/ready", &[], []).ok().filter(|r| r.status == 200));
    }

    /// Waits for a line of its log that holds `text`.
    pub fn logged(&self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let log = self.log();
            if let Some(line) = log.iter().find(|line| line.contains(text)) {
                return line.clone();
            }
            assert!(begun.elapsed() < PATIENCE, "{text:?} is not in {log:#?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Binary {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Sends a signal by name: `TERM`, `INT`, `HUP`, `KILL`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status().unwrap();
        assert!(status.success());
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self) -> ExitStatus {
        eventually("the end of the binary", || self.child.try_wait().unwrap())
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
