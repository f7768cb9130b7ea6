//! The hub against real sockets and a real client's protocol machine.

mod fuzz;
mod leaving;
mod path;
mod protocol;
mod resume;

use super::connection::MAX_STALL;
use super::{Hub, PING_EVERY, PING_PATIENCE, Refusal, Resume};
use crate::event::{Event, Topic};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Message, protocol::Role};

/// Only a broken build waits this long.
const PATIENCE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<TcpStream>;

fn running(max: usize, per_address: usize) -> Hub {
    let hub = Hub::new(max, per_address);
    tokio::spawn({
        let hub = hub.clone();
        async move { hub.run().await }
    });
    hub
}

async fn raw(hub: &Hub, resume: Resume, early: Bytes) -> TcpStream {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, peer) = listener.accept().await.unwrap();
    let seat = hub.admit(peer.ip()).unwrap();
    let hub = hub.clone();
    tokio::spawn(async move {
        let snapshot = async { Some(Event::new(Topic::StatsUpdate, &json!({"active_connections": hub.count()}))) };
        hub.serve(seat, server, early, resume, snapshot).await;
    });
    client
}

async fn connect(hub: &Hub, resume: Resume) -> Socket {
    WebSocketStream::from_raw_socket(raw(hub, resume, Bytes::new()).await, Role::Client, None).await
}

async fn message(socket: &mut Socket) -> Message {
    tokio::time::timeout(PATIENCE, socket.next()).await.expect("something comes").expect("not the end").unwrap()
}

/// The next text message; pings in between are passed over.
async fn next(socket: &mut Socket) -> Value {
    loop {
        match message(socket).await {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) => {}
            other => panic!("not text: {other:?}"),
        }
    }
}

/// Reads to the close frame; returns its code and the texts before it.
async fn closed(socket: &mut Socket) -> (u16, Vec<Value>) {
    let mut texts = Vec::new();
    loop {
        match message(socket).await {
            Message::Text(text) => texts.push(serde_json::from_str(&text).unwrap()),
            Message::Close(Some(frame)) => return (frame.code.into(), texts),
            _ => {}
        }
    }
}

/// A client past its greeting.
async fn greeted(hub: &Hub) -> Socket {
    let mut socket = connect(hub, Resume::default()).await;
    assert_eq!(next(&mut socket).await["type"], "connection_ack");
    assert_eq!(next(&mut socket).await["type"], "stats_update");
    socket
}

/// A client's frame with the length in `extra` more bytes than one, and a mask.
fn frame(first: u8, payload: &[u8], extra: usize) -> Vec<u8> {
    const MASK: [u8; 4] = [0x5a, 0, 0xff, 0x21];
    let length = (payload.len() as u64).to_be_bytes();
    let short = match extra {
        0 => payload.len() as u8,
        2 => 126,
        _ => 127,
    };
    let mut bytes = [&[first, 0x80 | short], &length[8 - extra..], &MASK].concat();
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// A client's frame as a client should write it.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let extra = match payload.len() {
        ..126 => 0,
        126..0x1_0000 => 2,
        _ => 8,
    };
    frame(first, payload, extra)
}

/// What the server says.
#[derive(Debug, PartialEq)]
enum Reply {
    /// A text, by its `type`.
    Text(String),
    Ping,
    Pong(Vec<u8>),
    /// With its code.
    Close(Option<u16>),
}

/// All that the server said, read strictly: whole frames, no fragments, no masks, shortest lengths, nothing after a close.
fn replies(mut bytes: &[u8]) -> Vec<Reply> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        assert!(!matches!(all.last(), Some(Reply::Close(_))), "{bytes:?} after the close");
        let (extra, least) = [(0, 0), (2, 126), (8, 0x1_0000)][usize::from(bytes[1].saturating_sub(125))];
        let long = bytes[2..2 + extra].iter().fold(0, |len, byte| len << 8 | usize::from(*byte));
        let len = if extra == 0 { usize::from(bytes[1]) } else { long };
        assert!(len >= least && bytes.len() >= 2 + extra + len, "a torn frame: {bytes:?}");
        let payload = &bytes[2 + extra..2 + extra + len];
        all.push(match bytes[0] {
            0x81 => Reply::Text(serde_json::from_slice::<Value>(payload).unwrap()["type"].as_str().unwrap().to_owned()),
            0x88 => {
                assert!(std::str::from_utf8(payload.get(2..).unwrap_or_default()).is_ok() && len <= 125);
                Reply::Close(payload.first_chunk().map(|code| u16::from_be_bytes(*code)))
            }
            0x89 => Reply::Ping,
            0x8a => Reply::Pong(payload.to_vec()),
            other => panic!("a server sends no {other:#x}"),
        });
        bytes = &bytes[2 + extra + len..];
    }
    all
}

async fn until(what: &str, check: impl Fn() -> bool) {
    let begun = Instant::now();
    while !check() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::task::yield_now().await;
    }
}

fn numbered(n: usize) -> Event {
    Event::new(Topic::IngestionProgress, &json!({"n": n}))
}

#[tokio::test]
async fn a_new_client_gets_its_ack_then_the_numbers_then_what_happens() {
    let hub = running(10, 10);
    hub.publish(numbered(0));
    let mut socket = connect(&hub, Resume::default()).await;
    let ack = next(&mut socket).await;
    let (epoch, _) = hub.position();
    let id = ack["data"]["connection_id"].as_str().unwrap().to_owned();
    let data = json!({"message": "Connected to dashboard", "connection_id": id, "epoch": epoch, "seq": 1, "recovered": false});
    assert_eq!((&ack["type"], &ack["data"]), (&json!("connection_ack"), &data));
    assert_eq!((id.len(), &hub.presence()[0].id), (16, &id));
    let stats = next(&mut socket).await;
    assert_eq!((&stats["type"], &stats["data"]["active_connections"], stats.get("seq")), (&json!("stats_update"), &json!(1), None));
    hub.publish(numbered(1));
    assert_eq!(next(&mut socket).await["seq"], 2);
}

#[tokio::test]
async fn all_get_every_event_in_order_whoever_publishes_from_wherever() {
    const EACH: usize = 200;
    let hub = running(10, 10);
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(greeted(&hub).await);
    }
    let publishers: Vec<_> = (0..3)
        .map(|_| {
            let hub = hub.clone();
            std::thread::spawn(move || (0..EACH).map(|n| hub.publish(numbered(n))).max())
        })
        .collect();
    for n in 0..EACH {
        hub.publish_yielding(numbered(n)).await;
    }
    for socket in &mut sockets {
        for expected in 1..=4 * EACH {
            assert_eq!(next(socket).await["seq"], expected);
        }
    }
    let last = publishers.into_iter().filter_map(|p| p.join().unwrap()).max();
    assert!(last <= Some(4 * EACH as u64));
}

#[tokio::test]
async fn a_client_that_resumes_again_and_again_misses_nothing_and_gets_nothing_twice() {
    const EVENTS: u64 = 600;
    let hub = running(10, 10);
    let publisher = tokio::spawn({
        let hub = hub.clone();
        async move {
            for n in 0..EVENTS as usize {
                hub.publish(numbered(n));
                tokio::task::yield_now().await;
            }
        }
    });
    let (epoch, mut seen) = (hub.position().0, 0);
    while seen < EVENTS {
        let resume = Resume { epoch: Some(epoch.clone()), seq: Some(seen) };
        let mut socket = connect(&hub, resume).await;
        let ack = next(&mut socket).await;
        assert_eq!(ack["data"]["recovered"], true);
        let at_ack = ack["data"]["seq"].as_u64().unwrap();
        let mut got_stats = false;
        while seen < EVENTS.min(at_ack + 7) {
            let event = next(&mut socket).await;
            if event["type"] == "stats_update" {
                assert_eq!(seen, at_ack, "the numbers come after what was missed");
                got_stats = true;
            } else {
                seen += 1;
                assert_eq!(event["seq"], seen);
                assert_eq!(got_stats, seen > at_ack);
            }
        }
    }
    publisher.await.unwrap();
}

#[tokio::test]
async fn a_replay_far_larger_than_the_queue_is_paced_by_its_reader() {
    let hub = running(10, 10);
    let text = "x".repeat(1_000);
    for n in 0..1_000 {
        hub.publish(Event::new(Topic::IngestionComplete, &json!({"n": n, "text": text})));
    }
    let mut socket = connect(&hub, Resume { epoch: Some(hub.position().0), seq: Some(0) }).await;
    assert_eq!(next(&mut socket).await["data"]["recovered"], true);
    until("the socket blocks", || hub.presence().iter().any(|p| p.queued_bytes > 0)).await;
    for seq in 1..=1_000 {
        assert_eq!(next(&mut socket).await["seq"], seq);
    }
    assert_eq!(next(&mut socket).await["type"], "stats_update");
    assert_eq!(hub.totals().closed_slow, 0);
}

#[tokio::test]
async fn a_client_is_not_silent_while_a_long_replay_keeps_us_from_listening() {
    let hub = running(10, 10);
    let text = "x".repeat(1_000);
    for n in 0..1_000 {
        hub.publish(Event::new(Topic::IngestionComplete, &json!({"n": n, "text": text})));
    }
    let mut socket = connect(&hub, Resume { epoch: Some(hub.position().0), seq: Some(0) }).await;
    assert_eq!(next(&mut socket).await["data"]["recovered"], true);
    until("the socket blocks", || hub.presence().iter().any(|p| p.queued_bytes > 0)).await;
    for second in [0, PING_PATIENCE] {
        hub.0.slab.iter().for_each(|connection| connection.sweep(Instant::now(), second, true, PING_PATIENCE));
    }
    for seq in 1..=1_000 {
        assert_eq!(next(&mut socket).await["seq"], seq);
    }
}

#[tokio::test]
async fn what_is_gone_is_said_to_be_gone() {
    let hub = running(10, 10);
    for n in 0..1_500 {
        hub.publish(numbered(n));
    }
    let epoch = hub.position().0;
    for (epoch, seq) in [(epoch.as_str(), 1), (epoch.as_str(), 9_999), ("another", 1_500)] {
        let mut socket = connect(&hub, Resume { epoch: Some(epoch.to_owned()), seq: Some(seq) }).await;
        let ack = next(&mut socket).await;
        assert_eq!((&ack["data"]["recovered"], &ack["data"]["seq"]), (&json!(false), &json!(1_500)), "{epoch} {seq}");
        assert_eq!(next(&mut socket).await["type"], "stats_update");
    }
}

#[tokio::test]
async fn a_subscription_narrows_to_known_types_and_others_by_their_exact_name() {
    let hub = running(10, 10);
    let mut socket = greeted(&hub).await;
    socket.send(Message::text(json!({"type": "subscribe", "events": ["error", "deploy"]}).to_string())).await.unwrap();
    socket.send(Message::text(json!({"type": "ping"}).to_string())).await.unwrap();
    assert_eq!(next(&mut socket).await["type"], "pong");
    assert_eq!(hub.presence()[0].events, ["error", "deploy"]);
    for event in [
        numbered(1),
        Event::named("deployed", &1),
        Event::new(Topic::Error, &2),
        Event::named("deploy", &3),
        Event::new(Topic::QueryComplete, &4),
        Event::new(Topic::Error, &5),
    ] {
        hub.publish(event);
    }
    hub.conflate(Event::new(Topic::StatsUpdate, &6));
    for (kind, seq) in [("error", 3), ("deploy", 4), ("error", 6)] {
        let event = next(&mut socket).await;
        assert_eq!((&event["type"], &event["seq"]), (&json!(kind), &json!(seq)));
    }
}

#[tokio::test]
async fn a_personal_message_comes_after_what_was_published_before_it() {
    let hub = running(10, 10);
    let mut socket = greeted(&hub).await;
    let id = hub.presence()[0].id.clone();
    // Nothing is awaited here, so the hub's task has had no turn.
    for n in 1..=20 {
        hub.publish(numbered(n));
        assert!(hub.send_to(&id, Event::named("after", &n)));
    }
    for n in 1..=20 {
        assert_eq!(next(&mut socket).await["seq"], n);
        assert_eq!(next(&mut socket).await["data"], n);
    }
    assert!(hub.is_subscribed(&id, Topic::Error) && !hub.is_blocked(&id));
}

#[tokio::test]
async fn a_personal_message_reaches_one_client_without_a_number() {
    let hub = running(10, 10);
    let (mut one, mut other) = (greeted(&hub).await, greeted(&hub).await);
    let id = hub.presence()[0].id.clone();
    assert!(hub.send_to(&id, Event::named("hello", &1)));
    let hello = next(&mut one).await;
    assert_eq!((&hello["type"], hello.get("seq")), (&json!("hello"), None));
    hub.publish(numbered(1));
    assert_eq!(next(&mut other).await["seq"], 1);
    one.close(None).await.unwrap();
    until("it is gone", || hub.count() == 1).await;
    for gone in [id.as_str(), "", "0000000000000000", "+000000100000000", "ffffffffffffffff", "not an id"] {
        assert!(!hub.send_to(gone, Event::named("hello", &1)), "{gone}");
    }
}

#[tokio::test]
async fn what_is_not_understood_is_an_error_for_that_client_only_and_it_lives_on() {
    let hub = running(10, 10);
    let (mut socket, mut other) = (greeted(&hub).await, greeted(&hub).await);
    for bad in [
        Message::text("{"),
        Message::text("[1,2]"),
        Message::text("{\"type\":\"shout\"}"),
        Message::binary(vec![0, 159, 146, 150]),
        Message::text("x".repeat(64 << 10)),
    ] {
        socket.send(bad).await.unwrap();
        let error = next(&mut socket).await;
        assert_eq!((&error["type"], &error["data"]["status"]), (&json!("error"), &json!(400)));
        assert!(error.get("seq").is_none() && error["data"]["message"].is_string());
    }
    socket.send(Message::Ping(Bytes::from_static(b"are you there"))).await.unwrap();
    let answer = loop {
        match message(&mut socket).await {
            // The sweep's own, when its second has come.
            Message::Ping(_) => {}
            other => break other,
        }
    };
    assert_eq!(answer, Message::Pong(Bytes::from_static(b"are you there")));
    hub.publish(numbered(1));
    assert_eq!(next(&mut socket).await["seq"], 1);
    assert_eq!(next(&mut other).await["seq"], 1);
}

#[tokio::test]
async fn bytes_that_came_with_the_handshake_are_not_lost() {
    let hub = running(10, 10);
    let ping = [&[0x81, 0x80 | 15, 0, 0, 0, 0][..], br#"{"type":"ping"}"#].concat();
    let stream = raw(&hub, Resume::default(), Bytes::from(ping)).await;
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    for expected in ["connection_ack", "stats_update", "pong"] {
        assert_eq!(next(&mut socket).await["type"], expected);
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_while_another_gets_everything() {
    let hub = running(10, 10);
    let (mut slow, mut quick) = (greeted(&hub).await, greeted(&hub).await);
    let text = "x".repeat(1_000);
    let mut sent = 0;
    // Until the kernel's queues and ours are full.
    while hub.totals().closed_slow == 0 {
        hub.publish(Event::new(Topic::QueryComplete, &json!({"text": text})));
        sent += 1;
        assert_eq!(next(&mut quick).await["seq"], sent);
    }
    let (code, got) = closed(&mut slow).await;
    assert_eq!(code, 4008);
    let seqs: Vec<u64> = got.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "whole frames in order, up to the close");
    drop(slow);
    until("its place is free", || hub.count() == 1).await;
    let last = *seqs.last().unwrap();
    let mut back = connect(&hub, Resume { epoch: Some(hub.position().0), seq: Some(last) }).await;
    assert_eq!(next(&mut back).await["data"]["recovered"], true);
    assert_eq!(next(&mut back).await["seq"], last + 1);
}

#[tokio::test]
async fn a_client_behind_gets_only_the_newest_numbers_and_every_event() {
    let hub = running(10, 10);
    let mut socket = greeted(&hub).await;
    let text = "x".repeat(1_000);
    let mut sent = 0;
    while hub.presence()[0].queued_bytes == 0 {
        hub.publish_yielding(Event::new(Topic::QueryComplete, &json!({"text": text}))).await;
        sent += 1;
    }
    for n in 0..5_000 {
        hub.conflate(Event::new(Topic::StatsUpdate, &json!({"n": n})));
        hub.turn().await;
    }
    hub.publish(numbered(1));
    for expected in 1..=sent {
        assert_eq!(next(&mut socket).await["seq"], expected);
    }
    let rest = [next(&mut socket).await, next(&mut socket).await];
    assert!(rest.iter().any(|e| e["seq"] == sent + 1) && rest.iter().any(|e| e["data"]["n"] == 4_999), "{rest:?}");
}

#[tokio::test]
async fn a_stalled_client_is_closed_after_five_seconds_without_progress() {
    let hub = Hub::new(10, 10);
    let mut socket = greeted(&hub).await;
    let text = "x".repeat(1_000);
    while hub.presence()[0].queued_bytes == 0 {
        hub.publish_yielding(Event::new(Topic::QueryComplete, &json!({"text": text}))).await;
    }
    let now = Instant::now();
    hub.sweep(now + MAX_STALL - Duration::from_secs(1)).await;
    assert!(hub.presence()[0].queued_bytes > 0 && hub.totals().closed_slow == 0);
    hub.sweep(now + MAX_STALL).await;
    assert_eq!(closed(&mut socket).await.0, 4008);
}

#[tokio::test]
async fn a_client_is_pinged_and_closed_when_it_stays_silent() {
    let hub = Hub::new(10, 10);
    let (mut silent, mut alive) = (greeted(&hub).await, greeted(&hub).await);
    let second = |n: u32| hub.0.started + Duration::from_secs(u64::from(n));
    // The first slot is due at second 0 and the next at second 1.
    hub.sweep(second(0)).await;
    hub.sweep(second(1)).await;
    assert_eq!(message(&mut alive).await, Message::Ping(Bytes::new()));
    // Reading has queued the pong; asking for another answer shows that it has arrived.
    alive.send(Message::text(r#"{"type":"ping"}"#)).await.unwrap();
    assert_eq!(next(&mut alive).await["type"], "pong");
    hub.sweep(second(PING_PATIENCE - 1)).await;
    assert_eq!(hub.presence().len(), 2);
    hub.sweep(second(PING_PATIENCE + 1)).await;
    assert_eq!(closed(&mut silent).await.0, 1001);
    drop(silent);
    until("only the other is left", || hub.count() == 1).await;
    hub.sweep(second(PING_EVERY + 1)).await;
    assert_eq!(message(&mut alive).await, Message::Ping(Bytes::new()));
}

#[tokio::test]
async fn a_second_without_a_look_costs_nobody_its_ping() {
    let hub = Hub::new(10, 10);
    let (_first, mut second) = (greeted(&hub).await, greeted(&hub).await);
    for at in [0, 3] {
        hub.sweep(hub.0.started + Duration::from_secs(at)).await;
    }
    assert_eq!(message(&mut second).await, Message::Ping(Bytes::new()));
}

#[tokio::test]
async fn a_drain_tells_everyone_closes_them_and_counts_who_had_to_be_cut() {
    let hub = running(10, 10);
    let (mut one, mut other) = (greeted(&hub).await, greeted(&hub).await);
    let stalled = greeted(&hub).await;
    let reader = tokio::spawn(async move { (closed(&mut one).await, closed(&mut other).await) });
    hub.publish(Event::new(Topic::ServerRestarting, &json!({"reason": "restart"})));
    assert_eq!(hub.drain(Duration::from_millis(400)).await, (2, 1));
    let (one, other) = reader.await.unwrap();
    for (code, texts) in [one, other] {
        assert_eq!((code, &texts[0]["type"]), (1012, &json!("server_restarting")));
    }
    assert_eq!((hub.count(), hub.admit(IpAddr::V4(Ipv4Addr::LOCALHOST)).err()), (0, Some(Refusal::Full)));
    drop(stalled);
}
