//! What it costs to tell many sockets the same: Headwater's dashboard socket with everything on, beside a bare loop of writes (the
//! least that one system call a socket can cost) and a well tuned tokio-tungstenite server with a channel per connection.
//!
//! `cargo bench --bench fanout` takes some minutes, `-- --quick` some seconds; `-- memory` is one part of it (`fanout`, `memory`, `deaf`, `http`). Servers and clients are processes of their own (this
//! binary again), so a server's CPU time and memory are its own. All servers of a size are up at once and are measured in turns,
//! in changing order; ratios compare neighbours in time, of which the table shows the median and the middle half. CPU time is user and system time of the
//! server's threads. Times to the last delivery also depend on what else the machine does.

#[path = "fanout/client.rs"]
mod client;
#[path = "../tests/common/mod.rs"]
mod common;
#[path = "fanout/process.rs"]
mod process;
#[path = "fanout/server.rs"]
mod server;
#[path = "fanout/statistics.rs"]
mod statistics;

use process::{Clients, Server};
use server::Kind;
use statistics::{Latencies, median, percentile, range};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Bytes of every frame that is broadcast, its header included.
pub const FRAME: usize = 204;
/// Messages of a burst.
const BURST: usize = 16;
/// Clients that never read, of a hundred.
const DEAF_PERCENT: usize = 5;
/// More requests than the activity log holds in memory.
const REQUESTS_KEPT: usize = 1_100;
/// Broadcasts a second while HTTP is measured.
const HTTP_BROADCASTS: u32 = 4;

/// How much is measured.
struct Plan {
    sizes: &'static [usize],
    repetitions: usize,
    /// Deliveries of single broadcasts, and writes of bursts, in one turn of one server.
    deliveries: usize,
    /// Messages over which memory must not grow.
    messages: usize,
    /// Sockets, and time, of the HTTP run.
    http: (usize, Duration),
}

const FULL: Plan =
    Plan { sizes: &[1_000, 5_000], repetitions: 21, deliveries: 20_000, messages: 10_000, http: (5_000, Duration::from_secs(15)) };
const QUICK: Plan = Plan { sizes: &[300], repetitions: 3, deliveries: 3_000, messages: 2_000, http: (300, Duration::from_secs(1)) };

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", kind, sockets, dir] => server::run(Kind::named(kind), number(sockets), dir.as_ref()),
        ["connect", address, sockets, deaf, _] => client::run(address.parse().expect("an address"), number(sockets), number(deaf)),
        _ => report(if args.iter().any(|arg| arg == "--quick") { &QUICK } else { &FULL }, &args),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// All parts, or those that are named.
fn report(plan: &Plan, args: &[String]) {
    type Part = (&'static str, fn(&Plan));
    let parts: [Part; 4] = [("fanout", fan_outs), ("memory", memory), ("deaf", deaf), ("http", http)];
    let named: Vec<_> = parts.iter().filter(|(name, _)| args.iter().any(|arg| arg == name)).collect();
    for (_, part) in parts.iter().filter(|part| named.is_empty() || named.contains(part)) {
        part(plan);
        println!("load {}\n", load());
    }
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned()
}

/// A server, its clients, and what was measured of it.
struct Subject {
    kind: Kind,
    server: Server,
    clients: Clients,
    idle_kib: f64,
    single: Vec<Turn>,
    burst: Vec<Turn>,
}

/// One server's turn: CPU µs per delivery, and when the last client had a broadcast, in ms, for each round.
struct Turn {
    cpu: f64,
    last: Vec<f64>,
}

impl Subject {
    fn start(kind: Kind, sockets: usize, deaf: usize) -> Subject {
        let mut server = Server::start(kind, sockets);
        if kind == Kind::Headwater {
            // What a server keeps of its last requests is no connection's.
            let mut asker = Asker::connect(server.address);
            (0..REQUESTS_KEPT).for_each(|_| asker.ask());
        }
        let before = server.usage().rss_kib;
        let mut clients = Clients::connect(server.address, sockets, deaf);
        // Whatever a connection needs only while it begins is gone when the next broadcast has arrived.
        clients.round(&mut server, 1);
        let idle_kib = server.usage().rss_kib.saturating_sub(before) as f64 / sockets as f64;
        Subject { kind, server, clients, idle_kib, single: Vec::new(), burst: Vec::new() }
    }

    /// `rounds` broadcasts of `burst` messages.
    fn turn(&mut self, burst: usize, rounds: usize) -> Turn {
        self.clients.round(&mut self.server, burst);
        let before = self.server.usage().cpu;
        let last = (0..rounds).map(|_| self.clients.round(&mut self.server, burst).last).collect();
        let cpu = self.server.usage().cpu - before;
        Turn { cpu: cpu.as_secs_f64() * 1e6 / (rounds * burst * self.clients.reading) as f64, last }
    }
}

fn fan_outs(plan: &Plan) {
    plan.sizes.iter().for_each(|sockets| fan_out(plan, *sockets));
}

fn fan_out(plan: &Plan, sockets: usize) {
    let mut subjects: Vec<Subject> = Kind::ALL.into_iter().map(|kind| Subject::start(kind, sockets, 0)).collect();
    let rounds = plan.deliveries.div_ceil(sockets).max(3);
    for repetition in 0..plan.repetitions {
        for at in 0..subjects.len() {
            // Forwards, then backwards, beginning elsewhere each time.
            let at = if repetition % 2 == 0 { at } else { subjects.len() - 1 - at };
            let which = (at + repetition / 2) % subjects.len();
            let subject = &mut subjects[which];
            let single = subject.turn(1, rounds);
            subject.single.push(single);
            let burst = subject.turn(BURST, rounds.div_ceil(8));
            subject.burst.push(burst);
        }
    }
    println!(
        "{sockets} sockets, {FRAME}-byte frames, {} repetitions; × is the ratio to the bare loop [its middle half]; times to the last client\n",
        plan.repetitions
    );
    println!("| server | CPU µs/delivery | × | p50 / p99 ms | burst of {BURST}: CPU µs/message | × | p50 / p99 ms | RSS KiB/socket |");
    println!("|---|---|---|---|---|---|---|---|");
    let (bare, others) = subjects.split_first().expect("three servers");
    for subject in std::iter::once(bare).chain(others) {
        let cells = |turns: &[Turn], bare: &[Turn]| {
            let cpu: Vec<f64> = turns.iter().map(|turn| turn.cpu).collect();
            let ratios: Vec<f64> = turns.iter().zip(bare).map(|(turn, bare)| turn.cpu / bare.cpu).collect();
            let last: Vec<f64> = turns.iter().flat_map(|turn| turn.last.iter().copied()).collect();
            let (low, high) = (percentile(&ratios, 25.0), percentile(&ratios, 75.0));
            format!(
                "{:.2} | {:.3} [{low:.2}–{high:.2}] | {:.1} / {:.1}",
                median(&cpu),
                median(&ratios),
                percentile(&last, 50.0),
                percentile(&last, 99.0)
            )
        };
        println!(
            "| {} | {} | {} | {:.1} |",
            subject.kind.title(),
            cells(&subject.single, &bare.single),
            cells(&subject.burst, &bare.burst),
            subject.idle_kib
        );
    }
}

/// Resident memory of a fresh server before its clients, with them, and after many messages.
fn memory(plan: &Plan) {
    let sockets = plan.sizes[0];
    let mut subject = Subject::start(Kind::Headwater, sockets, 0);
    let mut after = |messages: usize| {
        for _ in 0..messages.div_ceil(BURST) {
            subject.clients.round(&mut subject.server, BURST);
        }
        subject.server.usage().rss_kib
    };
    // The ring of the past is the server's own memory; it is full from then on.
    let full = after(1_100);
    let end = after(plan.messages);
    println!(
        "memory, {sockets} sockets: {:.2} KiB a socket when idle; {full} KiB in all once the ring is full, {end} KiB after {} messages more",
        subject.idle_kib, plan.messages
    );
}

/// Whether clients that never read are felt by the others.
fn deaf(plan: &Plan) {
    let sockets = plan.sizes[0];
    let deaf = sockets * DEAF_PERCENT / 100;
    // Until the kernel and the outbox have taken all they may, which is when the deaf are closed.
    let rounds = 60;
    let repetitions = plan.repetitions.div_ceil(4);
    let mut ratios = [Vec::new(), Vec::new()];
    let mut p99 = [Vec::new(), Vec::new()];
    let mut closed = 0;
    for repetition in 0..repetitions {
        let mut found = [Latencies::default(), Latencies::default()];
        for half in 0..2 {
            let which = (half + repetition) % 2;
            // The clean run has as many readers as the other.
            let (sockets, deaf) = [(sockets - deaf, 0), (sockets, deaf)][which];
            let mut subject = Subject::start(Kind::Headwater, sockets, deaf);
            let all: Vec<Latencies> = (0..rounds).map(|_| subject.clients.round(&mut subject.server, BURST)).collect();
            let of = |what: fn(&Latencies) -> f64| percentile(&all.iter().map(what).collect::<Vec<_>>(), 50.0);
            found[which] = Latencies {
                p50: of(|l| l.p50),
                p99: of(|l| l.p99),
                last: percentile(&all.iter().map(|l| l.last).collect::<Vec<_>>(), 99.0),
            };
            closed += subject.server.usage().closed_slow;
        }
        for (at, what) in [|l: &Latencies| l.p99, |l: &Latencies| l.last].into_iter().enumerate() {
            ratios[at].push(what(&found[1]) / what(&found[0]));
        }
        p99[0].push(found[0].p99);
        p99[1].push(found[1].p99);
    }
    println!(
        "{deaf} of {sockets} sockets never read, {repetitions} repetitions of {rounds} bursts of {BURST}: {closed} of {} closed as slow",
        deaf * repetitions
    );
    for (name, ratios) in ["p99 of deliveries", "p99 of the last delivery"].iter().zip(&ratios) {
        let (low, high) = range(ratios);
        println!("  the others' {name}: × {:.3} [{low:.2}–{high:.2}] of the run without them", median(ratios));
    }
    println!("  p99 of deliveries, median: {:.2} ms without them, {:.2} ms with them", median(&p99[0]), median(&p99[1]));
}

/// `GET /health` on one connection, with nothing else to do and while many sockets are told something.
fn http(plan: &Plan) {
    let (sockets, time) = plan.http;
    let mut subject = Subject::start(Kind::Headwater, sockets, 0);
    let mut ask = Asker::connect(subject.server.address);
    let idle = ask.ask_for(time);
    let address = subject.server.address;
    let asking = std::thread::spawn(move || Asker::connect(address).ask_for(time));
    let begun = Instant::now();
    let mut last = Vec::new();
    for round in 1.. {
        if begun.elapsed() >= time {
            break;
        }
        last.push(subject.clients.round(&mut subject.server, 1).last);
        std::thread::sleep((Duration::from_secs(1) / HTTP_BROADCASTS * round).saturating_sub(begun.elapsed()));
    }
    let busy = asking.join().expect("the server answers");
    println!("GET /health, one client, a request every 2 ms, {sockets} sockets open");
    for (name, times) in [("idle", &idle), ("4 broadcasts a second", &busy)] {
        println!(
            "  {name}: p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms of {}",
            percentile(times, 50.0),
            percentile(times, 99.0),
            percentile(times, 100.0),
            times.len()
        );
    }
    println!("  last delivery of those broadcasts: p50 {:.1} ms", percentile(&last, 50.0));
}

/// One kept-alive HTTP connection.
struct Asker(TcpStream);

impl Asker {
    fn connect(address: SocketAddr) -> Asker {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a TCP socket");
        Asker(stream)
    }

    fn ask(&mut self) {
        self.0.write_all(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").expect("the server reads");
        let mut answer = [0; 4 << 10];
        let mut have = 0;
        // A health answer is one JSON object and ends with its brace.
        while have == 0 || answer[have - 1] != b'}' {
            match self.0.read(&mut answer[have..]).expect("the server answers") {
                0 => panic!("the server hung up"),
                more => have += more,
            }
        }
    }

    /// Asks for `time`, at fixed times, so that a slow answer delays no question but the next. Answer times in ms, from when the question was due.
    fn ask_for(&mut self, time: Duration) -> Vec<f64> {
        const EVERY: Duration = Duration::from_millis(2);
        let mut times = Vec::new();
        let begun = Instant::now();
        for n in 0.. {
            let due = EVERY * n;
            if due >= time {
                break;
            }
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
            self.ask();
            times.push((begun.elapsed().saturating_sub(due)).as_secs_f64() * 1e3);
        }
        times
    }
}
