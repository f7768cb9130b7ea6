//! What waits for one client's socket, in the order it will get it, and why it will get no more.

use super::connection::Turn;
use super::frame;
use super::replay::Entry;
use crate::event::Topic;
use bytes::{Buf, Bytes};
use socket2::SockRef;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::time::Instant;
use tokio::net::TcpStream;

/// Frames handed to the kernel in one call; a burst this long leaves as one write.
const MAX_SLICES: usize = 32;

/// Why a connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The client closed it.
    Client,
    /// The network did: reset, time-out, end of stream without a close.
    Lost(ErrorKind),
    /// It did not read: too much waited, or too long without progress, or it is so far behind that events it should get are gone.
    Slow,
    /// It answered no ping.
    Silent,
    /// It sent a message over the limit.
    TooLarge,
    /// It broke the protocol: the close code that says how, and what it did.
    Protocol(u16, String),
    /// The server stops.
    Restart,
    /// The server stopped waiting for it.
    Cut,
}

impl End {
    /// The close frame that says so; none when there is nobody to tell, or the protocol has answered already.
    pub fn close_frame(&self) -> Option<Bytes> {
        let (code, reason) = match self {
            End::Client | End::Lost(_) | End::Cut => return None,
            End::Slow => (4008, "too slow: reconnect and resume"),
            End::Silent => (1001, "no answer to ping"),
            End::TooLarge => (1009, "messages may have 64 KiB"),
            End::Protocol(code, what) => (*code, what.as_str()),
            End::Restart => (1012, "server restarts: reconnect"),
        };
        Some(frame::close(code, reason))
    }

    /// One word for the log.
    pub fn as_str(&self) -> &'static str {
        match self {
            End::Client => "closed_by_client",
            End::Lost(_) => "lost",
            End::Slow => "slow",
            End::Silent => "silent",
            End::TooLarge => "message_too_large",
            End::Protocol(..) => "protocol_error",
            End::Restart => "restart",
            End::Cut => "cut",
        }
    }
}

/// What a client wants to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wants {
    /// Everything.
    #[default]
    All,
    /// These types, by their wire names.
    Only(Vec<String>),
}

impl Wants {
    /// Whether an event of `topic` is among them; `name` is its wire name when the topic has none.
    pub fn include(&self, topic: Topic, name: Option<&str>) -> bool {
        match self {
            Wants::All => true,
            Wants::Only(names) => {
                let name = name.unwrap_or(topic.as_str());
                names.iter().any(|wanted| wanted == name)
            }
        }
    }
}

/// The queue. Its owner holds it under a lock.
///
/// In this order, so that what every turn looks at lies together: among thousands of connections none is in the processor's cache when
/// its turn comes, and fetching its lines is most of what a turn costs beside the system call.
#[derive(Default)]
#[repr(C)]
pub(super) struct Outbox {
    /// The number of the last broadcast that was put in the queue, or passed over.
    pub(super) cursor: u64,
    pub(super) delivered: u64,
    /// Past the greeting: publishers may write.
    pub(super) live: bool,
    /// Its task was told to write the rest.
    pub(super) woken: bool,
    /// The first in the queue is the rest of a frame whose beginning is on the wire.
    midframe: bool,
    /// Whole frames, except that the first may be the rest of one.
    pub(super) queue: VecDeque<Bytes>,
    pub(super) wants: Wants,
    pub(super) end: Option<End>,
    /// The newest `stats_update` not yet in the queue.
    pub(super) stats: Option<Bytes>,
    pub(super) queued: usize,
    /// Since when the socket has taken nothing.
    pub(super) stalled: Option<Instant>,
}

impl Outbox {
    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.stats.is_none()
    }

    /// Adds a frame.
    pub(super) fn push(&mut self, frame: Bytes) {
        self.queued += frame.len();
        self.delivered += 1;
        self.queue.push_back(frame);
    }

    /// Adds a numbered event unless the client does not want it, and remembers that it has been dealt with.
    pub(super) fn push_wanted(&mut self, entry: &Entry) {
        if self.wants.include(entry.topic, entry.name.as_deref()) {
            self.push(entry.frame.clone());
        }
        self.cursor = entry.seq;
    }

    /// Takes what `turn` brings. For a client that waits for nothing and wants all of it, that is one write of bytes shared by all such;
    /// else, or as far as its socket does not take them, they are queued.
    pub(super) fn take(&mut self, turn: &Turn, stream: &TcpStream) -> io::Result<()> {
        let mut sent = 0;
        let wanted = |entry: &Entry| self.wants.include(entry.topic, entry.name.as_deref());
        if self.queue.is_empty() && self.cursor == turn.after && !turn.joined.is_empty() && turn.entries.iter().all(wanted) {
            // Past tokio, which would fetch one more line to note what it knows: that the socket can be written to. When that is wrong,
            // the flush of what is then queued finds out, and tells tokio.
            sent = match SockRef::from(stream).send(&turn.joined) {
                Ok(sent) => sent,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(error) => return Err(error),
            };
            if sent == turn.joined.len() {
                self.delivered += turn.entries.len() as u64;
                self.cursor = turn.until();
                return Ok(());
            }
        }
        let seen = self.cursor;
        turn.entries.iter().filter(|entry| entry.seq > seen).for_each(|entry| self.push_wanted(entry));
        if sent > 0 {
            self.written(sent);
        }
        Ok(())
    }

    /// Writes until everything is gone or the socket would block.
    pub(super) fn flush(&mut self, stream: &TcpStream) -> io::Result<()> {
        loop {
            if self.queue.is_empty() {
                let Some(stats) = self.stats.take() else { return Ok(()) };
                self.push(stats);
            }
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let count = self.queue.iter().zip(&mut slices).map(|(frame, slice)| *slice = IoSlice::new(frame)).count();
            match stream.try_write_vectored(&slices[..count]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => self.written(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.stalled.get_or_insert_with(Instant::now);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The socket took `bytes`, at least one, of the queue.
    fn written(&mut self, mut bytes: usize) {
        self.stalled = None;
        self.queued -= bytes;
        while let Some(first) = self.queue.front_mut() {
            if bytes < first.len() {
                self.midframe |= bytes > 0;
                first.advance(bytes);
                return;
            }
            bytes -= first.len();
            self.midframe = false;
            self.queue.pop_front();
        }
        self.woken = false;
        // Seldom used again soon, and most connections are idle.
        self.queue = VecDeque::new();
    }

    /// Gives up what waits, but for the rest of a frame that the client has begun to receive: a close may follow it.
    pub(super) fn condemn(&mut self, end: End) {
        self.end = Some(end);
        self.stats = None;
        self.queue.truncate(usize::from(self.midframe));
        self.queue.shrink_to_fit();
        self.queued = self.queue.front().map_or(0, Bytes::len);
    }
}
