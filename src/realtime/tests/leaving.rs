//! How connections end, and what is left of them.

use super::{PATIENCE, Reply, closed, connect, greeted, masked, message, next, numbered, raw, replies, running, until};
use crate::event::{Event, Topic};
use crate::realtime::connection::{Connection, MAX_FRAMES, MAX_QUEUED};
use crate::realtime::outbox::End;
use crate::realtime::{Hub, PING_PATIENCE, Refusal, Resume};
use bytes::Bytes;
use futures_util::SinkExt;
use serde_json::json;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PING: u8 = 0x89;

/// Publishes until the only client's socket takes no more; returns how many that were.
async fn fill(hub: &Hub) -> u64 {
    let text = "x".repeat(1_000);
    let mut sent = 0;
    while hub.presence()[0].queued_bytes == 0 {
        sent = hub.publish_yielding(Event::new(Topic::QueryComplete, &json!({"text": text}))).await;
    }
    sent
}

fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

/// Both ends of a TCP connection.
pub async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((HERE, 0)).await.unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    (client.unwrap(), server.unwrap().0)
}

#[tokio::test]
async fn a_client_told_that_it_is_too_slow_finds_room_before_it_has_hung_up() {
    let hub = running(10, 1);
    let mut slow = greeted(&hub).await;
    let text = "x".repeat(1_000);
    while hub.totals().closed_slow == 0 {
        hub.publish_yielding(Event::new(Topic::QueryComplete, &json!({"text": text}))).await;
        tokio::task::yield_now().await;
    }
    assert!(hub.presence()[0].queued_bytes < 2 * text.len(), "nothing but the rest of a frame and the close waits for it");
    assert_eq!(hub.admit(HERE).err(), Some(Refusal::AddressLimit), "while it has not been told");
    let (code, got) = closed(&mut slow).await;
    assert_eq!(code, 4008);
    until("there is room", || hub.admit(HERE).is_ok()).await;
    let resume = Resume { epoch: Some(hub.position().0), seq: Some(got.len() as u64) };
    let mut back = connect(&hub, resume).await;
    assert_eq!(next(&mut back).await["data"]["recovered"], true);
    assert_eq!(hub.count(), 2, "its old socket counts until it is gone");
    drop(slow);
    until("it is gone", || hub.count() == 1).await;
    assert_eq!(hub.admit(HERE).err(), Some(Refusal::AddressLimit), "one share was given back, not two");
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_keeps_its_place_until_it_has_hung_up() {
    let hub = running(10, 1);
    let mut rude = greeted(&hub).await;
    rude.get_mut().write_all(&[0xff; 20]).await.unwrap();
    assert_eq!(closed(&mut rude).await.0, 1002);
    assert_eq!(hub.admit(HERE).err(), Some(Refusal::AddressLimit));
    drop(rude);
    until("it is gone", || hub.admit(HERE).is_ok()).await;
}

#[tokio::test]
async fn a_client_that_goes_on_sending_after_its_close_holds_up_nobody() {
    const FLOOD: usize = 256 << 20;
    let hub = running(10, 10);
    let (mut rude, mut other) = (greeted(&hub).await, greeted(&hub).await);
    rude.send(Message::text("x".repeat(65_537))).await.unwrap();
    assert_eq!(closed(&mut rude).await.0, 1009);
    let stream = rude.into_inner().into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let flood = std::thread::spawn({
        let stop = stop.clone();
        move || {
            let mut sent = 0;
            while sent < FLOOD && !stop.load(Ordering::Relaxed) && (&stream).write_all(&[0; 64 << 10]).is_ok() {
                sent += 64 << 10;
            }
            sent
        }
    });
    for n in 1..=100 {
        hub.publish(numbered(n));
        assert_eq!(next(&mut other).await["seq"], n);
    }
    stop.store(true, Ordering::Relaxed);
    let sent = tokio::task::spawn_blocking(|| flood.join().unwrap()).await.unwrap();
    assert!(sent < FLOOD, "everybody waited for the end of the flood");
}

#[tokio::test]
async fn leaving_ends_when_the_client_hangs_up_and_else_when_patience_does() {
    const SHORT: Duration = Duration::from_millis(50);
    for (end, told) in [(End::Restart, true), (End::Client, false), (End::Cut, false), (End::Lost(std::io::ErrorKind::Other), false)] {
        let (_client, server) = pair().await;
        let mut was_told = false;
        Connection::new(server, HERE).unwrap().finish(&end, SHORT, || was_told = true).await;
        assert_eq!(was_told, told, "{end:?}");
    }
    let (client, server) = pair().await;
    let connection = Connection::new(server, HERE).unwrap();
    let mut was_told = false;
    connection.push(Bytes::from(vec![0; 8 << 20]));
    connection.finish(&End::Slow, SHORT, || was_told = true).await;
    assert!(!was_told, "it never read so far");
    drop(client);
    let (client, server) = pair().await;
    let connection = Connection::new(server, HERE).unwrap();
    let hang_up = || drop(client);
    tokio::time::timeout(PATIENCE, connection.finish(&End::Slow, 2 * PATIENCE, hang_up)).await.expect("it does not wait for longer");
}

#[tokio::test]
async fn a_client_that_vanishes_is_gone_at_once_wherever_it_was() {
    let hub = running(10, 10);
    let half = &masked(0x81, br#"{"type":"ping"}"#)[..9];
    // (sent before it goes, resets instead of ending its stream)
    for (sent, abrupt) in [(&b""[..], true), (&half[..1], true), (half, true), (b"", false), (half, false)] {
        let mut client = raw(&hub, Resume::default(), Bytes::new()).await;
        client.write_all(sent).await.unwrap();
        until("it is served", || hub.count() == 1).await;
        if abrupt {
            reset(client);
        } else {
            drop(client);
        }
        until("it is gone", || hub.count() == 0 && hub.presence().is_empty()).await;
    }
    // In the middle of one of our frames.
    let client = greeted(&hub).await;
    fill(&hub).await;
    reset(client.into_inner());
    until("it is gone", || hub.count() == 0).await;
    assert_eq!(hub.totals().closed_slow, 0);
}

#[tokio::test]
async fn half_a_connection_is_none_unless_it_was_closed_before() {
    let hub = running(10, 10);
    let bye = masked(0x88, &[0x03, 0xe8]);
    for (last, expected) in [(&b""[..], None), (&bye[..], Some(Reply::Close(Some(1000))))] {
        let mut client = raw(&hub, Resume::default(), Bytes::new()).await;
        client.write_all(last).await.unwrap();
        client.shutdown().await.unwrap();
        let mut read = Vec::new();
        tokio::time::timeout(PATIENCE, client.read_to_end(&mut read)).await.expect("the server ends it").unwrap();
        let mut replies = replies(&read);
        replies.retain(|reply| !matches!(reply, Reply::Text(_) | Reply::Ping));
        assert_eq!(replies.pop(), expected);
        until("it is gone", || hub.count() == 0).await;
    }
}

#[tokio::test]
async fn a_pong_waits_its_turn_behind_what_is_queued() {
    let hub = running(10, 10);
    let mut socket = greeted(&hub).await;
    let sent = fill(&hub).await;
    socket.send(Message::Ping(Bytes::from_static(b"behind"))).await.unwrap();
    socket.send(Message::text(r#"{"type":"subscribe","events":["ingestion_progress"]}"#)).await.unwrap();
    until("both were heard", || hub.presence()[0].events == ["ingestion_progress"]).await;
    let mut seen = 0;
    let pong = loop {
        match message(&mut socket).await {
            Message::Text(_) => seen += 1,
            Message::Ping(_) => {}
            other => break other,
        }
    };
    assert_eq!((pong, seen), (Message::Pong(Bytes::from_static(b"behind")), sent));
    hub.publish(numbered(1));
    assert_eq!(next(&mut socket).await["seq"], sent + 1);
}

#[tokio::test]
async fn a_client_that_pings_for_ever_and_never_reads_is_closed_before_its_pongs_fill_the_memory() {
    // An empty pong costs far more to keep than its two bytes.
    for (payload, most) in [(&[7; 125][..], MAX_QUEUED), (&b""[..], 2 * MAX_FRAMES + 2_000)] {
        let hub = running(10, 10);
        let client = greeted(&hub).await;
        fill(&hub).await;
        let pings = masked(PING, payload).repeat(1_000);
        let (mut at, mut queued) = (0, 0);
        while hub.totals().closed_slow == 0 {
            if let Ok(wrote) = client.get_ref().try_write(&pings[at..]) {
                at = (at + wrote) % pings.len();
            }
            tokio::task::yield_now().await;
            queued = hub.presence().iter().map(|p| p.queued_bytes).max().unwrap().max(queued);
        }
        assert!(queued > 0 && queued <= most, "{queued} of {most}");
    }
}

#[tokio::test]
async fn a_client_that_begins_a_message_and_never_ends_it_is_silent() {
    let hub = Hub::new(10, 10);
    let mut socket = greeted(&hub).await;
    let second = |n: u32| hub.0.started + Duration::from_secs(u64::from(n));
    hub.sweep(second(0)).await;
    for byte in masked(0x01, b"abc") {
        socket.get_mut().write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    hub.sweep(second(PING_PATIENCE)).await;
    assert_eq!(closed(&mut socket).await.0, 1001);
}

#[tokio::test]
async fn a_drain_lets_them_go_one_by_one_in_any_order_and_nobody_in() {
    const CLIENTS: usize = 40;
    let hub = running(2 * CLIENTS, 2 * CLIENTS);
    let left = Arc::new(Mutex::new(Vec::new()));
    for number in 0..CLIENTS {
        let (mut socket, hub, left) = (greeted(&hub).await, hub.clone(), left.clone());
        tokio::spawn(async move {
            assert_eq!(closed(&mut socket).await.0, 1012);
            assert_eq!(hub.admit(HERE).err(), Some(Refusal::Full), "it comes back too early");
            left.lock().unwrap().push((number, hub.count()));
        });
    }
    assert_eq!(hub.drain(Duration::from_secs(6)).await, (CLIENTS, 0));
    let left = left.lock().unwrap();
    assert_eq!((left.len(), hub.count()), (CLIENTS, 0));
    assert!(!left.is_sorted_by_key(|(number, _)| number), "in the order of their coming: {left:?}");
    assert!(left[0].1 > CLIENTS / 4, "all at once: {left:?}");
}
