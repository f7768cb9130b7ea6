//! The other processes, as the one that measures sees them: a line asks, a line answers.

use crate::common::TempDir;
use crate::server::Kind;
use crate::statistics::Latencies;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The file of a process's folder that has what it wrote to standard error.
const LOG: &str = "stderr";

/// This binary again, in another role.
struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Whatever it keeps, and what it logs.
    dir: TempDir,
}

impl Process {
    fn start(args: &[&str]) -> Process {
        let binary = std::env::current_exe().expect("our own binary");
        let dir = TempDir::new();
        let log = File::create(dir.path().join(LOG)).expect("a file in our own folder");
        let mut command = Command::new(binary);
        command.args(args).arg(dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("a process of our own binary");
        let (input, output) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        Process { child, input, output: BufReader::new(output), dir }
    }

    fn say(&mut self, line: impl Display) {
        writeln!(self.input, "{line}").expect("the other process reads");
    }

    fn hear<T: FromStr>(&mut self) -> Vec<T> {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the other process writes");
        assert!(!line.is_empty(), "the other process ended: {}", std::fs::read_to_string(self.dir.path().join(LOG)).unwrap_or_default());
        line.split_whitespace().map(|word| word.parse().unwrap_or_else(|_| panic!("not understood: {line}"))).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server.
pub struct Server {
    process: Process,
    pub address: SocketAddr,
}

/// What a server has used.
pub struct Usage {
    pub cpu: Duration,
    pub rss_kib: u64,
    pub closed_slow: u64,
}

impl Server {
    pub fn start(kind: Kind, sockets: usize) -> Server {
        let mut process = Process::start(&["serve", kind.name(), &sockets.to_string()]);
        let address = process.hear()[0];
        Server { process, address }
    }

    pub fn usage(&mut self) -> Usage {
        self.process.say("usage");
        let [cpu, rss_kib, closed_slow] = self.process.hear()[..] else { panic!("three numbers") };
        Usage { cpu: Duration::from_nanos(cpu), rss_kib, closed_slow }
    }
}

/// All clients of one server.
pub struct Clients {
    process: Process,
    pub reading: usize,
}

impl Clients {
    /// Connects `sockets` clients, of which `deaf` never read.
    pub fn connect(address: SocketAddr, sockets: usize, deaf: usize) -> Clients {
        let mut process = Process::start(&["connect", &address.to_string(), &sockets.to_string(), &deaf.to_string()]);
        let connected: Vec<usize> = process.hear();
        assert_eq!(connected, [sockets]);
        Clients { process, reading: sockets - deaf }
    }

    /// Has `server` broadcast `messages`, and waits until all who read have them.
    pub fn round(&mut self, server: &mut Server, messages: usize) -> Latencies {
        self.process.say(messages * self.reading);
        assert_eq!(self.process.hear::<usize>(), [messages * self.reading]);
        server.process.say(messages);
        self.process.say(server.process.hear::<u64>()[0]);
        let [p50, p99, last] = self.process.hear::<f64>()[..] else { panic!("three numbers") };
        Latencies { p50, p99, last }
    }
}

/// Nanoseconds of the clock that all processes share.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}
