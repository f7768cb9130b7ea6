//! The way of an event to the sockets: what it costs, and whom it holds up.

use super::leaving::{HERE, pair};
use super::{greeted, next, numbered, running, until};
use crate::event::{Event, Topic};
use crate::realtime::connection::{Connection, Turn};
use crate::realtime::replay::Ring;
use crate::realtime::{Hub, VISITS_PER_TURN, frame};
use bytes::Bytes;
use futures_util::FutureExt;
use serde::{Serialize, Serializer};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Counts how often it is serialised.
struct Counted<'a>(&'a AtomicUsize);

impl Serialize for Counted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.fetch_add(1, Relaxed);
        serializer.serialize_unit()
    }
}

#[tokio::test]
async fn an_event_is_serialised_and_framed_once_whoever_many_listen() {
    let hub = running(10, 10);
    let mut sockets = [greeted(&hub).await, greeted(&hub).await, greeted(&hub).await];
    let times = AtomicUsize::new(0);
    hub.publish(Event::new(Topic::Error, &Counted(&times)));
    for socket in &mut sockets {
        assert_eq!(next(socket).await["seq"], 1);
    }
    assert_eq!(times.into_inner(), 1);
    let [one, other] = [(); 2].map(|()| hub.0.ring.after(0, usize::MAX).unwrap());
    assert_eq!(one.entries[0].frame.as_ptr(), other.entries[0].frame.as_ptr(), "one that is shared");
}

#[tokio::test]
async fn a_burst_is_one_write_to_each() {
    const BURST: usize = 16;
    let hub = Hub::new(10, 10);
    let mut sockets = [greeted(&hub).await, greeted(&hub).await, greeted(&hub).await];
    for n in 0..BURST {
        hub.publish(numbered(n));
    }
    // The hub's task does not run here: this is its only turn.
    hub.turn().await;
    for socket in &mut sockets {
        for seq in 1..=BURST {
            assert_eq!(next(socket).await["seq"], seq);
        }
    }
    let entries = hub.0.ring.after(0, usize::MAX).unwrap().entries;
    let frames: Vec<&[u8]> = entries.iter().map(|entry| &entry.frame[..]).collect();
    let mut turn = Turn::new(entries.clone(), 0, None);
    assert_eq!(turn.joined, frames.concat());
    // What goes out is that one piece.
    turn.joined = Bytes::from_static(b"in one piece");
    let (mut client, server) = pair().await;
    let connection = Connection::new(server, HERE).unwrap();
    assert_eq!(connection.go_live(&Ring::new()), (0, true));
    assert_eq!(connection.deliver(&hub.0.ring, &turn), BURST as u64);
    drop(connection);
    let mut received = Vec::new();
    client.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, turn.joined);
}

#[tokio::test]
async fn only_a_socket_that_would_block_wakes_its_task() {
    let (_client, server) = pair().await;
    server.writable().await.unwrap();
    let connection = Connection::new(server, HERE).unwrap();
    let event = frame::text(&[b'x'; 1_000]);
    connection.push(event.clone());
    assert!(!connection.is_blocked() && connection.woken().now_or_never().is_none());
    while !connection.is_blocked() {
        connection.push(event.clone());
    }
    assert!(connection.woken().now_or_never().is_some());
    connection.push(event);
    assert!(connection.woken().now_or_never().is_none(), "it knows already");
}

#[tokio::test]
async fn a_turn_gives_way_to_others_every_so_many_sockets() {
    const TIMES: usize = 2;
    let hub = running(TIMES * VISITS_PER_TURN, TIMES * VISITS_PER_TURN);
    let mut sockets = Vec::new();
    for _ in 0..TIMES * VISITS_PER_TURN {
        sockets.push(greeted(&hub).await);
    }
    let turns = Arc::new(AtomicUsize::new(0));
    let other = tokio::spawn({
        let turns = turns.clone();
        async move {
            loop {
                turns.fetch_add(1, Relaxed);
                tokio::task::yield_now().await;
            }
        }
    });
    let before = turns.load(Relaxed);
    hub.publish_yielding(numbered(1)).await;
    assert!(turns.load(Relaxed) - before >= TIMES);
    other.abort();
}

#[tokio::test]
async fn the_socket_is_set_up_on_purpose() {
    let (_client, server) = pair().await;
    let server = server.into_std().unwrap();
    let twin = socket2::Socket::from(server.try_clone().unwrap());
    let _connection = Connection::new(TcpStream::from_std(server).unwrap(), HERE).unwrap();
    assert!(twin.tcp_nodelay().unwrap());
    // The kernel doubles what is asked for.
    #[cfg(target_os = "linux")]
    assert_eq!((twin.send_buffer_size().unwrap(), twin.tcp_user_timeout().unwrap()), (64 << 10, Some(Duration::from_secs(30))));
}

#[tokio::test]
async fn numbers_are_made_once_for_everybody_and_not_at_all_for_nobody() {
    let hub = running(10, 10);
    let made = AtomicUsize::new(0);
    let snapshot = || async { Some(Event::new(Topic::StatsUpdate, &json!({"made": made.fetch_add(1, Relaxed) + 1}))) };
    hub.refresh(snapshot()).await;
    let mut sockets = [greeted(&hub).await, greeted(&hub).await, greeted(&hub).await];
    hub.refresh(snapshot()).await;
    for socket in &mut sockets {
        assert_eq!(next(socket).await["data"]["made"], 1);
    }
    drop(sockets);
    until("all are gone", || hub.count() == 0).await;
    hub.refresh(snapshot()).await;
    assert_eq!(made.load(Relaxed), 1);
}
