//! All clients of one server, in a process of their own: one epoll loop that reads, counts frames, and answers pings.

use crate::FRAME;
use crate::process::now;
use crate::statistics::percentile;
use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Notify, mpsc};

/// A client's whole request; the answer is not checked beyond its end.
const REQUEST: &[u8] = b"GET /ws/dashboard HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/// A masked pong with no payload.
const PONG: &[u8] = &[0x8a, 0x80, 0, 0, 0, 0];
/// What the kernel takes for a client that never reads: little, so that its server soon feels it.
const DEAF_BUFFER: u32 = 4 << 10;

/// What has arrived of the round.
#[derive(Default)]
struct Round {
    expected: usize,
    arrived: Vec<u64>,
}

struct Shared {
    round: Mutex<Round>,
    complete: Notify,
}

impl Shared {
    fn round(&self) -> MutexGuard<'_, Round> {
        self.round.lock().expect("nobody panics under it")
    }
}

/// Connects, says so, and then for each round: hears how many frames to wait for and repeats it, hears when they were sent, and says
/// p50, p99 and last of the arrivals in ms after that.
pub fn run(server: SocketAddr, sockets: usize, deaf: usize) {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    let (say, mut said) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let _ = say.send(line.parse::<u64>().expect("a number"));
        }
    });
    runtime.block_on(async {
        let shared = Arc::new(Shared { round: Mutex::default(), complete: Notify::new() });
        let mut held = Vec::new();
        for index in 0..sockets {
            let deaf = index < deaf;
            let (stream, early) = connect(server, index, deaf).await;
            if deaf {
                held.push(stream);
            } else {
                tokio::spawn(listen(stream, early, shared.clone()));
            }
        }
        println!("{sockets}");
        while let Some(expected) = said.recv().await {
            *shared.round() = Round { expected: expected as usize, arrived: Vec::with_capacity(expected as usize) };
            println!("{expected}");
            let Some(sent) = said.recv().await else { return };
            shared.complete.notified().await;
            let ms: Vec<f64> = shared.round().arrived.iter().map(|at| at.saturating_sub(sent) as f64 / 1e6).collect();
            println!("{} {} {}", percentile(&ms, 50.0), percentile(&ms, 99.0), percentile(&ms, 100.0));
        }
    });
}

/// A client's socket after the upgrade, from an address of its own in 127.0.0.0/8, and what came with the answer.
async fn connect(server: SocketAddr, index: usize, deaf: bool) -> (TcpStream, Vec<u8>) {
    let socket = TcpSocket::new_v4().expect("a socket");
    if deaf {
        socket.set_recv_buffer_size(DEAF_BUFFER).expect("a socket");
    }
    let [.., high, low] = (index as u32).to_be_bytes();
    let own = SocketAddrV4::new(Ipv4Addr::new(127, 1, high, low), 0);
    socket.bind(own.into()).expect("a loopback address");
    let mut stream = socket.connect(server).await.expect("the server listens");
    stream.set_nodelay(true).expect("a socket");
    stream.write_all(REQUEST).await.expect("the server reads");
    let mut answer = Vec::new();
    loop {
        assert_ne!(stream.read_buf(&mut answer).await.expect("the server answers"), 0, "the server hung up");
        if let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n") {
            assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
            return (stream, answer.split_off(end + 4));
        }
    }
}

async fn listen(mut stream: TcpStream, mut bytes: Vec<u8>, shared: Arc<Shared>) {
    // Twice a burst.
    bytes.reserve(32 * FRAME);
    loop {
        let (consumed, counted, pinged) = frames(&bytes);
        bytes.drain(..consumed);
        if counted > 0 {
            let at = now();
            let mut round = shared.round();
            round.arrived.extend(std::iter::repeat_n(at, counted));
            if round.arrived.len() == round.expected {
                shared.complete.notify_one();
            }
        }
        if pinged {
            stream.write_all(PONG).await.expect("the server reads");
        }
        match stream.read_buf(&mut bytes).await {
            Ok(1..) => {}
            end => panic!("the server hung up: {end:?}"),
        }
    }
}

/// Of the whole frames in `bytes`: how long they are, how many are of the bench, and whether there is a ping among them.
fn frames(bytes: &[u8]) -> (usize, usize, bool) {
    let (mut at, mut counted, mut pinged) = (0, 0, false);
    while let [kind, short, rest @ ..] = &bytes[at..] {
        let (header, length) = match (*short, rest) {
            (126, [high, low, ..]) => (4, usize::from(u16::from_be_bytes([*high, *low]))),
            (126.., _) => break,
            (length, _) => (2, usize::from(length)),
        };
        let Some(frame) = bytes[at..].get(..header + length) else { break };
        pinged |= *kind == 0x89;
        counted += usize::from(frame.len() == FRAME && frame[header..].starts_with(br#"{"type":"bench""#));
        at += header + length;
    }
    (at, counted, pinged)
}
