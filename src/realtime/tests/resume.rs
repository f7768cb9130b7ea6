//! Resuming over a long stream, with clients that leave in every way there is and come back where they were.

use super::PATIENCE;
use crate::event::{Event, Topic};
use crate::realtime::{Hub, Resume};
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Message, protocol::Role};

const EVENTS: u64 = 100_000;
const CLIENTS: usize = 4;
/// Events that can be had again.
const KEPT: u64 = 1_024;
/// How far the publisher runs ahead of whoever reads: less than the queue of a connection holds.
const LEAD: u64 = 300;
const BATCH: u64 = 50;

type Socket = WebSocketStream<TcpStream>;

/// Chance that comes out the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// A hub on a thread of its own, as a server has it.
struct Server {
    hub: Hub,
    handle: tokio::runtime::Handle,
    listener: TcpListener,
}

impl Server {
    fn start() -> Server {
        let hub = Hub::new(64, 64);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        std::thread::spawn({
            let hub = hub.clone();
            move || runtime.block_on(hub.run())
        });
        Server { hub, handle, listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap() }
    }

    async fn connect(&self, resume: Resume) -> Socket {
        let client = TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap();
        let (server, peer) = self.listener.accept().unwrap();
        server.set_nonblocking(true).unwrap();
        let (hub, seat) = (self.hub.clone(), self.hub.admit(peer.ip()).unwrap());
        self.handle.spawn(async move {
            let server = TcpStream::from_std(server).unwrap();
            hub.serve(seat, server, Bytes::new(), resume, async { None }).await;
        });
        WebSocketStream::from_raw_socket(client, Role::Client, None).await
    }
}

/// What the publisher and the clients know of each other.
struct Pace {
    head: watch::Sender<u64>,
    /// Where each client is; none while it is away or does not read.
    positions: Mutex<[Option<u64>; CLIENTS]>,
    progress: Notify,
}

impl Pace {
    fn is_at(&self, client: usize, position: Option<u64>) {
        self.positions.lock().unwrap()[client] = position;
        self.progress.notify_one();
    }

    async fn reached(&self, seq: u64) {
        self.head.subscribe().wait_for(|head| *head >= seq.min(EVENTS)).await.unwrap();
    }

    /// Publishes everything, never far ahead of who reads.
    async fn publish(&self, hub: &Hub) {
        let mut head = 0;
        while head < EVENTS {
            let slowest = self.positions.lock().unwrap().iter().flatten().min().copied().unwrap_or(head);
            if head.saturating_sub(slowest) > LEAD {
                self.progress.notified().await;
                continue;
            }
            for _ in 0..BATCH {
                head = hub.publish(Event::new(Topic::IngestionProgress, &json!({"n": head + 1})));
            }
            self.head.send_replace(head);
            tokio::task::yield_now().await;
        }
    }
}

/// How often each thing happened.
#[derive(Debug, Default)]
struct Tally {
    resets: u32,
    half_closes: u32,
    closes: u32,
    drops: u32,
    stalls: u32,
    too_slow: u32,
    recovered: u32,
    lost: u32,
}

struct Client<'a> {
    server: &'a Server,
    pace: &'a Pace,
    number: usize,
    dice: Dice,
    /// The last event it has seen.
    position: u64,
    tally: Tally,
}

impl Client<'_> {
    /// The next message, or the end.
    async fn read(&self, socket: &mut Socket) -> Option<Message> {
        tokio::time::timeout(PATIENCE, socket.next()).await.expect("something comes").and_then(Result::ok)
    }

    /// Reads events up to `until`, or to the end of the connection: each must be the next one. Returns whether the connection goes on.
    async fn follow(&mut self, socket: &mut Socket, until: u64, attending: bool) -> bool {
        while self.position < until {
            match self.read(socket).await {
                Some(Message::Text(text)) => {
                    let seq = text.rsplit_once("\"seq\":").unwrap().1.trim_end_matches('}');
                    assert_eq!(seq.parse(), Ok(self.position + 1), "client {}", self.number);
                    self.position += 1;
                    if attending && self.position.is_multiple_of(BATCH) {
                        self.pace.is_at(self.number, Some(self.position));
                    }
                }
                Some(Message::Close(frame)) => {
                    let slow = frame.is_some_and(|frame| u16::from(frame.code) == 4008);
                    self.tally.too_slow += u32::from(slow);
                    assert!(!slow || !attending, "a client that reads is never too slow");
                    return false;
                }
                Some(_) => {}
                None => return false,
            }
        }
        true
    }

    async fn come_back(&mut self, epoch: &str) -> Socket {
        self.pace.is_at(self.number, Some(self.position));
        let mut socket = self.server.connect(Resume { epoch: Some(epoch.to_owned()), seq: Some(self.position) }).await;
        let Some(Message::Text(text)) = self.read(&mut socket).await else { panic!("no ack") };
        let ack: Value = serde_json::from_str(&text).unwrap();
        let (head, recovered) = (ack["data"]["seq"].as_u64().unwrap(), ack["data"]["recovered"] == true);
        assert_eq!(recovered, head - self.position <= KEPT, "{} of {head}", self.position);
        if recovered {
            self.tally.recovered += 1;
        } else {
            self.tally.lost += 1;
            self.position = head;
            self.pace.is_at(self.number, Some(head));
        }
        socket
    }

    async fn leave(&mut self, mut socket: Socket) {
        match self.dice.below(5) {
            0 => {
                self.tally.resets += 1;
                socket2::SockRef::from(socket.get_ref()).set_linger(Some(Duration::ZERO)).unwrap();
            }
            1 => {
                self.tally.half_closes += 1;
                socket2::SockRef::from(socket.get_ref()).shutdown(std::net::Shutdown::Write).unwrap();
                self.follow(&mut socket, u64::MAX, false).await;
            }
            2 => {
                self.tally.closes += 1;
                socket.close(None).await.unwrap();
                self.follow(&mut socket, u64::MAX, false).await;
            }
            3 => {
                self.tally.stalls += 1;
                let until = self.position + 500 + self.dice.below(8_000);
                self.pace.reached(until).await;
                let head = *self.pace.head.borrow();
                self.follow(&mut socket, head, false).await;
            }
            _ => self.tally.drops += 1,
        }
    }

    async fn run(mut self, epoch: &str) -> Tally {
        while self.position < EVENTS {
            let mut socket = self.come_back(epoch).await;
            let stay = self.position + 1 + self.dice.below(1_500);
            self.follow(&mut socket, stay.min(EVENTS), true).await;
            self.pace.is_at(self.number, None);
            self.leave(socket).await;
            let away = if self.dice.below(8) == 0 { 2 * KEPT } else { self.dice.below(KEPT) };
            self.pace.reached(self.position + away).await;
        }
        self.pace.is_at(self.number, None);
        self.tally
    }
}

#[tokio::test]
async fn over_a_hundred_thousand_events_whoever_resumes_sees_each_once_in_order_or_is_told_of_the_gap() {
    let server = Server::start();
    let pace = Pace { head: watch::Sender::new(0), positions: Mutex::new([Some(0); CLIENTS]), progress: Notify::new() };
    let epoch = server.hub.position().0;
    let client = |number| {
        Client { server: &server, pace: &pace, number, dice: Dice(number as u64), position: 0, tally: Tally::default() }.run(&epoch)
    };
    let clients = futures_util::future::join_all((0..CLIENTS).map(client));
    let (tallies, ()) = tokio::join!(clients, pace.publish(&server.hub));
    assert_eq!(server.hub.position().1, EVENTS);
    let all = |figure: fn(&Tally) -> u32| tallies.iter().map(figure).sum::<u32>();
    for (what, figure) in [
        ("resets", (|t| t.resets) as fn(&Tally) -> u32),
        ("half-closes", |t| t.half_closes),
        ("closes", |t| t.closes),
        ("drops", |t| t.drops),
        ("stalls", |t| t.stalls),
        ("too slow", |t| t.too_slow),
        ("recovered", |t| t.recovered),
        ("lost", |t| t.lost),
    ] {
        assert!(all(figure) > 0, "{what} never happened: {tallies:?}");
    }
}
