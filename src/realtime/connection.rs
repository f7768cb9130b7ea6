//! One client's socket as everybody sees it: publishers write to it directly under the lock of its outbox, and only when the socket
//! would block is the client's own task woken to write the rest.

use super::outbox::{End, Outbox, Wants};
use super::replay::{Entry, Gone, Ring};
use super::{frame, lock};
use crate::event::Topic;
use bytes::Bytes;
use jiff::Timestamp;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Most bytes that wait for one client. One frame alone may be larger; a second behind it may not.
pub const MAX_QUEUED: usize = 64 << 10;
/// Most frames among them: pongs are tiny, and each costs some dozens of bytes beside its own. More than 64 KiB of any event.
pub const MAX_FRAMES: usize = 1_024;
/// Longest that a client may take nothing while something waits for it.
pub const MAX_STALL: Duration = Duration::from_secs(5);
/// Bytes of the past put in the outbox at a time, well under [`MAX_QUEUED`]: a replay is paced by the client.
const REPLAY_CHUNK: usize = 16 << 10;
/// The kernel's own queue doubles what is asked; left alone it hides a client that does not read behind megabytes.
const SEND_BUFFER: usize = 32 << 10;
/// When the network swallows what we send without a word, the kernel gives up after this long: less than a ping and its patience.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// What a publisher's turn brings to every connection.
#[derive(Debug)]
pub struct Turn {
    /// Consecutive events; may be empty.
    pub entries: Vec<Entry>,
    /// The number of the event before the first of them.
    pub after: u64,
    /// A newer `stats_update` frame.
    pub stats: Option<Bytes>,
    /// All frames of `entries` in one piece; empty when they are more than a client may have waiting.
    pub joined: Bytes,
}

impl Turn {
    /// A turn of `entries`, which follow number `after`, and `stats`.
    pub fn new(entries: Vec<Entry>, after: u64, stats: Option<Bytes>) -> Turn {
        let joined = match &entries[..] {
            [one] => one.frame.clone(),
            many if many.iter().map(|entry| entry.frame.len()).sum::<usize>() > MAX_QUEUED => Bytes::new(),
            many => many.iter().flat_map(|entry| entry.frame.iter().copied()).collect(),
        };
        Turn { entries, after, stats, joined }
    }

    /// The number of the last of its events, or of the one before it if it has none.
    pub fn until(&self) -> u64 {
        self.entries.last().map_or(self.after, |entry| entry.seq)
    }

    /// Whether it brings nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.stats.is_none()
    }
}

/// A connected client. In this order for the reason that its outbox has.
#[repr(C)]
pub struct Connection {
    stream: TcpStream,
    outbox: Mutex<Outbox>,
    /// Second of the hub's clock of the oldest ping since the client was last heard; `u32::MAX`: none.
    pinged: AtomicU32,
    wake: Notify,
    /// The client's address.
    pub address: IpAddr,
    /// When it came.
    pub connected_at: Timestamp,
}

impl Connection {
    /// A connection over `stream`, whose options it sets.
    pub fn new(stream: TcpStream, address: IpAddr) -> io::Result<Connection> {
        let socket = socket2::SockRef::from(&stream);
        socket.set_tcp_nodelay(true)?;
        socket.set_send_buffer_size(SEND_BUFFER)?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
        Ok(Connection {
            stream,
            outbox: Mutex::default(),
            pinged: AtomicU32::new(u32::MAX),
            wake: Notify::new(),
            address,
            connected_at: Timestamp::now(),
        })
    }

    /// Changes the outbox, writes what it can, and sees to the rest: wakes the task when the socket would block, condemns the
    /// connection when it failed or too much waits. Does nothing once the connection is to end. Returns the frames added.
    fn with_outbox(&self, change: impl FnOnce(&mut Outbox)) -> u64 {
        let mut outbox = lock(&self.outbox);
        if outbox.end.is_some() {
            return 0;
        }
        let before = outbox.delivered;
        change(&mut outbox);
        if outbox.end.is_none() && !outbox.is_empty() {
            match outbox.flush(&self.stream) {
                Err(error) => outbox.condemn(End::Lost(error.kind())),
                Ok(()) if outbox.queued > MAX_QUEUED && outbox.queue.len() > 1 => outbox.condemn(End::Slow),
                Ok(()) if outbox.queue.len() > MAX_FRAMES => outbox.condemn(End::Slow),
                Ok(()) => {}
            }
        }
        if outbox.end.is_some() || (!outbox.queue.is_empty() && !outbox.woken) {
            outbox.woken = true;
            self.wake.notify_one();
        }
        outbox.delivered - before
    }

    /// Writes one frame, after what waits already. Returns 0 when the connection is to end, else at least 1.
    pub fn push(&self, frame: Bytes) -> u64 {
        self.with_outbox(|outbox| outbox.push(frame))
    }

    /// Writes what a publisher's turn brings, and what this connection missed before it. Returns the frames added.
    pub fn deliver(&self, ring: &Ring, turn: &Turn) -> u64 {
        self.with_outbox(|outbox| {
            if !outbox.live {
                return;
            }
            if outbox.cursor < turn.after {
                match ring.after(outbox.cursor, usize::MAX) {
                    Ok(chunk) => chunk.entries.iter().for_each(|entry| outbox.push_wanted(entry)),
                    Err(Gone) => return outbox.condemn(End::Slow),
                }
            }
            if let Err(error) = outbox.take(turn, &self.stream) {
                return outbox.condemn(End::Lost(error.kind()));
            }
            if let Some(stats) = turn.stats.as_ref().filter(|_| outbox.wants.include(Topic::StatsUpdate, None)) {
                outbox.stats = Some(stats.clone());
            }
        })
    }

    /// The greeting's first step: the number after which broadcasts are to come, and the ack.
    pub fn begin(&self, cursor: u64, ack: Bytes) -> u64 {
        self.with_outbox(|outbox| {
            outbox.cursor = cursor;
            outbox.push(ack);
        })
    }

    /// Brings the client some of the past up to number `until`. Returns the frames added, and whether it is there.
    pub fn replay(&self, ring: &Ring, until: u64) -> (u64, bool) {
        let mut done = true;
        let added = self.with_outbox(|outbox| match ring.after(outbox.cursor, REPLAY_CHUNK) {
            Ok(chunk) => {
                chunk.entries.iter().filter(|entry| entry.seq <= until).for_each(|entry| outbox.push_wanted(entry));
                done = outbox.cursor >= until;
            }
            Err(Gone) => outbox.condemn(End::Slow),
        });
        (added, done)
    }

    /// The greeting's last step: brings the rest of the past; with the last of it, publishers may write. Returns the frames added, and
    /// whether that is so (or the connection is to end).
    pub fn go_live(&self, ring: &Ring) -> (u64, bool) {
        let mut done = true;
        let added = self.with_outbox(|outbox| match ring.after(outbox.cursor, REPLAY_CHUNK) {
            Ok(chunk) => {
                chunk.entries.iter().for_each(|entry| outbox.push_wanted(entry));
                outbox.live = outbox.cursor == chunk.head;
                done = outbox.live;
            }
            Err(Gone) => outbox.condemn(End::Slow),
        });
        (added, done)
    }

    /// Narrows what it gets.
    pub fn subscribe(&self, wants: Wants) {
        lock(&self.outbox).wants = wants;
    }

    /// What it gets.
    pub fn wants(&self) -> Wants {
        lock(&self.outbox).wants.clone()
    }

    /// Bytes not yet taken by its socket.
    pub fn queued(&self) -> usize {
        let outbox = lock(&self.outbox);
        outbox.queued + outbox.stats.as_ref().map_or(0, Bytes::len)
    }

    /// Frames it was given.
    pub fn delivered(&self) -> u64 {
        lock(&self.outbox).delivered
    }

    /// Ends it; the first reason counts, except that [`End::Cut`] wins over all.
    pub fn condemn(&self, end: End) {
        let mut outbox = lock(&self.outbox);
        if outbox.end.is_none() || end == End::Cut {
            outbox.condemn(end);
            self.wake.notify_one();
        }
    }

    /// Why it is to end, if it is.
    pub fn end(&self) -> Option<End> {
        lock(&self.outbox).end.clone()
    }

    /// The client said something.
    pub fn hear(&self) {
        self.pinged.store(u32::MAX, Relaxed);
    }

    /// One look of the sweep, at `at`, which is second `now` of the hub's clock: ends a client that was silent for `patience` seconds
    /// after a ping or has taken nothing for [`MAX_STALL`], and sends a ping when one is due and it has been greeted.
    pub fn sweep(&self, at: Instant, now: u32, ping_due: bool, patience: u32) {
        let pinged = self.pinged.load(Relaxed);
        if pinged != u32::MAX && now.saturating_sub(pinged) >= patience {
            return self.condemn(End::Silent);
        }
        let (stalled, live) = {
            let outbox = lock(&self.outbox);
            (outbox.stalled, outbox.live)
        };
        if stalled.is_some_and(|since| at.saturating_duration_since(since) >= MAX_STALL) {
            return self.condemn(End::Slow);
        }
        // During the greeting nobody listens for the answer, and however long the replay takes, it is watched for stalls.
        if ping_due && live {
            self.pinged.fetch_min(now, Relaxed);
            self.push(frame::ping());
        }
    }

    /// Waits until somebody has something for this connection's task to do: the rest to write, or the end.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Whether something waits for the socket.
    pub fn is_blocked(&self) -> bool {
        !lock(&self.outbox).queue.is_empty()
    }

    /// Waits until there is something to read, or the end of it. Only its own task may wait for that.
    pub async fn readable(&self) -> io::Result<()> {
        poll_fn(|cx| self.stream.poll_read_ready(cx)).await
    }

    /// Waits until the socket takes bytes again. Only its own task may wait for that.
    async fn writable(&self) -> io::Result<()> {
        poll_fn(|cx| self.stream.poll_write_ready(cx)).await
    }

    /// Waits until the socket takes bytes again, and writes what waits.
    pub async fn write_rest(&self) {
        match self.writable().await {
            Ok(()) => drop(self.with_outbox(|_| {})),
            Err(error) => self.condemn(End::Lost(error.kind())),
        }
    }

    /// Writes until nothing waits, or the connection is to end.
    pub async fn drained(&self) {
        while self.is_blocked() && self.end().is_none() {
            tokio::select! {
                () = self.woken() => {}
                () = self.write_rest() => {}
            }
        }
    }

    /// Takes leave: sends what waits and the close frame of `end` if it has one, ends our side of the stream, calls `told`, and waits
    /// for the client to end its own. Bounded by `patience`, and by [`End::Cut`].
    pub async fn finish(&self, end: &End, patience: Duration, told: impl FnOnce()) {
        if matches!(end, End::Lost(_) | End::Cut) {
            return;
        }
        {
            let mut outbox = lock(&self.outbox);
            let undecided = outbox.end.is_none();
            outbox.end.get_or_insert_with(|| end.clone());
            if let Some(frame) = end.close_frame() {
                if undecided {
                    outbox.condemn(end.clone());
                }
                outbox.push(frame);
            }
        }
        let leave = async {
            loop {
                if lock(&self.outbox).flush(&self.stream).is_err() {
                    return;
                }
                if !self.is_blocked() {
                    break;
                }
                if self.writable().await.is_err() {
                    return;
                }
            }
            // After both have said goodbye the standard wants the server to hang up first.
            if *end == End::Client {
                return;
            }
            if socket2::SockRef::from(&self.stream).shutdown(std::net::Shutdown::Write).is_err() {
                return;
            }
            told();
            // Unread bytes would turn our close into a reset, and the client might never see why.
            let mut ignored = [0; 512];
            while self.readable().await.is_ok() {
                match self.stream.try_read(&mut ignored) {
                    Ok(1..) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    _ => return,
                }
            }
        };
        let cut = async {
            while self.end() != Some(End::Cut) {
                self.woken().await;
            }
        };
        tokio::select! {
            () = leave => {}
            () = cut => {}
            () = tokio::time::sleep(patience) => {}
        }
    }
}

/// The protocol machine's view of the socket: reads come from it, and what it writes (pongs, the answer to a close) is appended to the
/// outbox as whole frames, so it never blocks and never cuts into a broadcast.
pub struct Wire<'a> {
    connection: &'a Connection,
    may_read: bool,
}

impl<'a> Wire<'a> {
    /// A view that reads nothing before [`Wire::allow_read`].
    pub fn new(connection: &'a Connection) -> Wire<'a> {
        Wire { connection, may_read: false }
    }

    /// Allows one read: after [`Connection::readable`], which gives other tasks their turn when this client never stops talking.
    pub fn allow_read(&mut self) {
        self.may_read = true;
    }
}

impl Read for Wire<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.may_read) { self.connection.stream.try_read(buf) } else { Err(ErrorKind::WouldBlock.into()) }
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, frame: &[u8]) -> io::Result<usize> {
        self.connection.push(Bytes::copy_from_slice(frame));
        Ok(frame.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
