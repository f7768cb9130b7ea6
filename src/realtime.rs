//! The dashboard socket: who is connected, and how one event reaches all of them. Bytes and topics only.
//!
//! An event is closed with its `seq`, framed once, and written by the publisher straight to each socket; only a socket that would
//! block wakes its own task. Connections live in a lock-free [`slab`]; missed events are replayed from a ring ([`replay`]).

pub mod connection;
pub mod frame;
pub mod replay;
pub mod slab;

use crate::event::Event;
use bytes::Bytes;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Why a socket is refused before the upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// This address has its share (IPv6 counts by /64).
    AddressLimit,
    /// The server is full or draining.
    Full,
}

/// One row of the presence list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The id of the ack: 16 hex digits.
    pub id: String,
    /// The client's address.
    pub address: IpAddr,
    /// RFC 3339.
    pub connected_at: String,
    /// Bytes not yet taken by its socket.
    pub queued_bytes: usize,
    /// Names of the events it wants; all when it never narrowed them.
    pub events: Vec<&'static str>,
}

/// Everyone who is connected. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner;

/// A place held for a client from the check to the end of its connection; dropping it gives the place back.
pub struct Seat;

/// What the first frames of a connection need.
#[derive(Clone, Debug, Default)]
pub struct Resume {
    /// `?epoch=`.
    pub epoch: Option<String>,
    /// `?seq=`.
    pub seq: Option<u64>,
}

impl Hub {
    /// A hub with room for `max` sockets, `per_address` from one address (IPv6: one /64).
    pub fn new(max: usize, per_address: usize) -> Hub {
        let _ = (max, per_address);
        Hub(Arc::new(Inner))
    }

    /// Takes a place for `address`, or says why not. Counts exactly under races.
    pub fn admit(&self, address: IpAddr) -> Result<Seat, Refusal> {
        let _ = address;
        todo!()
    }

    /// Serves an upgraded socket until it ends. `early` are bytes that came with the upgrade request; `snapshot` is the current
    /// stats envelope, sent right after the ack.
    pub async fn serve(&self, seat: Seat, socket: tokio::net::TcpStream, early: Bytes, resume: Resume, snapshot: Bytes) {
        let _ = (seat, socket, early, resume, snapshot);
        todo!()
    }

    /// Numbers `event`, keeps it for resumption, and sends it to all who want its topic. Returns its `seq`.
    /// Safe to call from any thread; yields to nobody, so large fan-outs from async code use [`Hub::publish_yielding`].
    pub fn publish(&self, event: Event) -> u64 {
        let _ = event;
        todo!()
    }

    /// As [`Hub::publish`], giving way to other tasks every so many sockets.
    pub async fn publish_yielding(&self, event: Event) -> u64 {
        let _ = event;
        todo!()
    }

    /// Sends an unnumbered event (`stats_update`) to all who want it; for one who is behind, only the newest is kept.
    pub fn conflate(&self, event: Event) {
        let _ = event;
        todo!()
    }

    /// Sends to one client. `false`: no such connection (any more).
    pub fn send_to(&self, connection_id: &str, event: Event) -> bool {
        let _ = (connection_id, event);
        todo!()
    }

    /// Sockets open now.
    pub fn count(&self) -> usize {
        todo!()
    }

    /// Who is connected.
    pub fn presence(&self) -> Vec<Presence> {
        todo!()
    }

    /// The number of the last event, and the epoch it counts in.
    pub fn position(&self) -> (String, u64) {
        todo!()
    }

    /// Totals since start, for `/metrics`.
    pub fn totals(&self) -> Totals {
        todo!()
    }

    /// Publishes nothing more itself; closes every socket with 1012 spread over half of `grace` with jitter, cuts the rest at its
    /// end. New ones are refused from now on. Returns (closed, cut).
    pub async fn drain(&self, grace: Duration) -> (usize, usize) {
        let _ = grace;
        todo!()
    }
}

/// Counters of the hub since start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Sockets ever accepted.
    pub connected: u64,
    /// Refused: address limit, then full.
    pub refused_address: u64,
    /// Refused: server full.
    pub refused_full: u64,
    /// Events published.
    pub published: u64,
    /// Frames handed to sockets or queues.
    pub delivered: u64,
    /// Closed for being slow (4008).
    pub closed_slow: u64,
}
