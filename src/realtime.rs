//! The dashboard socket: who is connected, and how one event reaches all of them. Bytes and topics only.
//!
//! [`Hub::publish`] numbers an event, frames it once and keeps it in the ring of [`replay`]; that is all a publisher does, from any
//! thread. The hub's own task ([`Hub::run`]) then takes a turn: it visits every [`connection`] and writes straight to its socket
//! whatever was published since the last turn, as one write. Only a socket that would block wakes its client's task.
//!
//! Each connection remembers the number of the last event it was given. So order and completeness do not depend on who visits it when:
//! an ordinary turn, a turn that overtakes another, a new connection going live, a client resuming: each brings it from its number to
//! the newest, from the ring. One that falls behind the ring is closed as slow; nothing is skipped in silence.
//!
//! Connections live in a lock-free [`slab`]. Locks of connections and of the ring are held for no longer than a few writes to a
//! non-blocking socket; a connection's is taken before the ring's, never the other way.

pub mod admission;
pub mod connection;
pub mod frame;
pub mod outbox;
pub mod replay;
pub mod session;
pub mod slab;
#[cfg(test)]
mod tests;

pub use admission::Seat;

use crate::event::{Event, Topic};
use admission::Admission;
use bytes::Bytes;
use connection::{Connection, Turn};
use outbox::{End, Wants};
use replay::Ring;
use slab::Slab;
use std::future::Future;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;

/// A client is pinged this often, in seconds: proxies commonly cut what was silent for 30 or 60.
const PING_EVERY: u32 = 25;
/// Seconds a client has to answer a ping with anything at all.
const PING_PATIENCE: u32 = 10;
/// Sockets written to before other tasks get a turn: about 0.4 ms.
const VISITS_PER_TURN: usize = 64;
/// How long a client is waited for after it was told to go, with nothing but its last frame held for it.
const LEAVE_PATIENCE: Duration = Duration::from_secs(5);
/// How far apart clients are told to go at a stop: a thousand a second come back to a server that must load first.
const LEAVE_EVERY: Duration = Duration::from_millis(1);
/// How long cut connections may take to notice.
const CUT_PATIENCE: Duration = Duration::from_millis(250);
/// Slots beyond the admitted: a seat is given back an instant before a visitor's pin lets go of the slot.
const SPARE_SLOTS: usize = 64;

/// Why a socket is refused before the upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The page it comes from may not connect.
    Origin,
    /// It has not proved who it is.
    Token,
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
    pub events: Vec<String>,
}

/// Everyone who is connected. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    started: Instant,
    slab: Slab<Arc<Connection>>,
    ring: Ring,
    admission: Arc<Admission>,
    /// The newest `stats_update` frame, until a turn takes it.
    stats: Mutex<Option<Bytes>>,
    /// There is something for a turn.
    work: Notify,
    /// The last number that a turn has taken from the ring.
    turned: AtomicU64,
    /// The first second of the hub's clock that no sweep has looked at.
    swept: AtomicU32,
    open: AtomicUsize,
    draining: AtomicBool,
    counters: Counters,
}

#[derive(Default)]
struct Counters {
    connected: AtomicU64,
    /// By [`Refusal`], in its order.
    refused: [AtomicU64; 4],
    delivered: AtomicU64,
    closed_slow: AtomicU64,
}

/// What the first frames of a connection need.
#[derive(Clone, Debug, Default)]
pub struct Resume {
    /// `?epoch=`.
    pub epoch: Option<String>,
    /// `?seq=`.
    pub seq: Option<u64>,
}

/// Counters of the hub since start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Sockets ever accepted.
    pub connected: u64,
    /// Refused: foreign origin.
    pub refused_origin: u64,
    /// Refused: no token, or a wrong one.
    pub refused_token: u64,
    /// Refused: address limit.
    pub refused_address: u64,
    /// Refused: server full or draining.
    pub refused_full: u64,
    /// Events published.
    pub published: u64,
    /// Frames handed to sockets or queues.
    pub delivered: u64,
    /// Closed for being slow (4008).
    pub closed_slow: u64,
}

impl Hub {
    /// A hub with room for `max` sockets, `per_address` from one address (IPv6: one /64).
    pub fn new(max: usize, per_address: usize) -> Hub {
        Hub(Arc::new(Inner {
            started: Instant::now(),
            slab: Slab::new(max.saturating_add(SPARE_SLOTS)),
            ring: Ring::new(),
            admission: Admission::new(max, per_address),
            stats: Mutex::default(),
            work: Notify::new(),
            turned: AtomicU64::new(0),
            swept: AtomicU32::new(0),
            open: AtomicUsize::new(0),
            draining: AtomicBool::new(false),
            counters: Counters::default(),
        }))
    }

    /// Changes how many sockets one address may have open. Who has more keeps them.
    pub fn share(&self, per_address: usize) {
        self.0.admission.share(per_address);
    }

    /// The hub's own task: delivers what is published, pings, and ends who is silent or stalled. Spawned once, on the I/O runtime;
    /// never returns.
    pub async fn run(&self) {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.0.work.notified() => self.turn().await,
                _ = seconds.tick() => self.sweep(Instant::now()).await,
            }
        }
    }

    /// Takes a place for `address`, or says why not. Counts exactly under races.
    pub fn admit(&self, address: IpAddr) -> Result<Seat, Refusal> {
        self.0.admission.admit(address).inspect_err(|refusal| self.refused(address, *refusal))
    }

    /// Counts and logs a refusal, also one that was decided elsewhere.
    pub fn refused(&self, address: IpAddr, refusal: Refusal) {
        let reason = match refusal {
            Refusal::Origin => "origin",
            Refusal::Token => "token",
            Refusal::AddressLimit => "address_limit",
            Refusal::Full => "full",
        };
        let refused = self.0.counters.refused[refusal as usize].fetch_add(1, Relaxed) + 1;
        log::info!("websocket refused client={address} reason={reason} refused_total={refused} open={}", self.count());
    }

    /// Serves an upgraded socket until it ends. `early` are bytes that came with the upgrade request; `snapshot` makes the current
    /// `stats_update` once the client is counted and has its ack.
    pub fn serve<'a>(
        &'a self,
        seat: Seat,
        socket: tokio::net::TcpStream,
        early: Bytes,
        resume: Resume,
        snapshot: impl Future<Output = Option<Event>> + 'a,
    ) -> impl Future<Output = ()> + 'a {
        // A copy, since these few bytes may hold the whole buffer of the request.
        let early = early.to_vec();
        // Beginning and end are boxes of their own: a connection spends its life between them, and holds neither meanwhile.
        let greeting = Box::pin(self.greet(seat, socket, resume, snapshot));
        async move {
            let Some((connection, stay)) = greeting.await else { return };
            let end = session::listen(&connection, early).await;
            Box::pin(self.take_leave(&connection, stay, end)).await;
        }
    }

    async fn greet(
        &self,
        seat: Seat,
        socket: tokio::net::TcpStream,
        resume: Resume,
        snapshot: impl Future<Output = Option<Event>>,
    ) -> Option<(Arc<Connection>, Stay<'_>)> {
        let address = seat.address();
        let connection = Connection::new(socket, address)
            .inspect_err(|error| log::info!("websocket lost client={address} before its greeting: {error}"))
            .ok()?;
        let connection = Arc::new(connection);
        let Ok(id) = self.0.slab.insert(connection.clone()) else {
            log::error!("websocket dropped client={address}: no slot for an admitted client");
            return None;
        };
        let open = self.0.open.fetch_add(1, SeqCst) + 1;
        let total = self.0.counters.connected.fetch_add(1, Relaxed) + 1;
        let stay = Stay { inner: &self.0, id, total, since: Instant::now(), seat };
        log::info!("websocket connected id={} client={address} open={open} total={total}", format_id(id));
        if self.0.draining.load(SeqCst) {
            connection.condemn(End::Restart);
        }
        let count = |frames| {
            self.0.counters.delivered.fetch_add(frames, Relaxed);
        };
        session::greet(&connection, &self.0.ring, id, resume, snapshot, count).await;
        Some((connection, stay))
    }

    async fn take_leave(&self, connection: &Connection, mut stay: Stay<'_>, end: End) {
        if end == End::Slow {
            self.0.counters.closed_slow.fetch_add(1, Relaxed);
        }
        let told = || {
            // Who was too slow is asked to come back, and must find room even before it has hung up. Others may wait: whoever breaks the
            // protocol on purpose would hold more sockets than its share.
            if end == End::Slow {
                stay.seat.give_back_share();
            }
        };
        connection.finish(&end, LEAVE_PATIENCE, told).await;
        let (id, address, total, since) = (stay.id, connection.address, stay.total, stay.since);
        drop(stay);
        log::info!(
            "websocket disconnected id={} client={address} reason={} duration_ms={} delivered={} open={} total={total}",
            format_id(id),
            end.as_str(),
            since.elapsed().as_millis(),
            connection.delivered(),
            self.count(),
        );
    }

    /// Numbers `event`, keeps it for resumption, and has it sent to all who want its topic. Returns its `seq`. Quick, and safe to call
    /// from any thread: the writing is done by [`Hub::run`].
    pub fn publish(&self, event: Event) -> u64 {
        let seq = self.0.ring.push(event);
        self.0.work.notify_one();
        seq
    }

    /// As [`Hub::publish`], and returns when it was handed to everyone's socket or queue.
    pub async fn publish_yielding(&self, event: Event) -> u64 {
        let seq = self.0.ring.push(event);
        self.turn().await;
        seq
    }

    /// Sends an unnumbered event (`stats_update`) to all who want it; for one who is behind, only the newest is kept.
    pub fn conflate(&self, event: Event) {
        *lock(&self.0.stats) = Some(frame::text(&event.close(None)));
        self.0.work.notify_one();
    }

    /// Sends everybody a new `stats_update`, which is not even made when there is nobody.
    pub async fn refresh(&self, snapshot: impl Future<Output = Option<Event>>) {
        if self.count() > 0
            && let Some(event) = snapshot.await
        {
            self.conflate(event);
        }
    }

    /// Sends to one client, whatever it subscribed to, after all that was published before. `false`: no such connection (any more).
    pub fn send_to(&self, connection_id: &str, event: Event) -> bool {
        let Some(connection) = self.connection(connection_id) else { return false };
        self.bring_up_to_date(&connection);
        let added = connection.push(frame::text(&event.close(None)));
        self.0.counters.delivered.fetch_add(added, Relaxed);
        added > 0
    }

    /// Whether broadcasts of `topic` reach this client.
    pub fn is_subscribed(&self, connection_id: &str, topic: Topic) -> bool {
        self.connection(connection_id).is_some_and(|connection| connection.wants().include(topic, None))
    }

    /// Whether this client's socket takes less than it is sent: what is soon out of date is better not sent now.
    pub fn is_blocked(&self, connection_id: &str) -> bool {
        self.connection(connection_id).is_some_and(|connection| connection.is_blocked())
    }

    fn connection(&self, id: &str) -> Option<slab::Guard<'_, Arc<Connection>>> {
        self.0.slab.get(parse_id(id)?)
    }

    /// Writes what was published and this client was not given yet.
    fn bring_up_to_date(&self, connection: &Connection) {
        let nothing = Turn::new(Vec::new(), self.0.ring.head(), None);
        self.0.counters.delivered.fetch_add(connection.deliver(&self.0.ring, &nothing), Relaxed);
    }

    /// Sockets open now.
    pub fn count(&self) -> usize {
        self.0.open.load(SeqCst)
    }

    /// Who is connected.
    pub fn presence(&self) -> Vec<Presence> {
        let row = |connection: slab::Guard<'_, Arc<Connection>>| Presence {
            id: format_id(connection.id()),
            address: connection.address,
            connected_at: crate::id::format_time(connection.connected_at),
            queued_bytes: connection.queued(),
            events: match connection.wants() {
                // What an administrator calls otherwise has no name to list.
                Wants::All => {
                    let named = Topic::ALL.into_iter().filter(|topic| *topic != Topic::Custom);
                    named.map(|topic| topic.as_str().to_owned()).collect()
                }
                Wants::Only(names) => names,
            },
        };
        self.0.slab.iter().map(row).collect()
    }

    /// The epoch, and the number of the last event in it.
    pub fn position(&self) -> (String, u64) {
        (self.0.ring.epoch().to_owned(), self.0.ring.head())
    }

    /// Totals since start, for `/metrics`.
    pub fn totals(&self) -> Totals {
        let counters = &self.0.counters;
        Totals {
            connected: counters.connected.load(Relaxed),
            refused_origin: counters.refused[Refusal::Origin as usize].load(Relaxed),
            refused_token: counters.refused[Refusal::Token as usize].load(Relaxed),
            refused_address: counters.refused[Refusal::AddressLimit as usize].load(Relaxed),
            refused_full: counters.refused[Refusal::Full as usize].load(Relaxed),
            published: self.0.ring.head(),
            delivered: counters.delivered.load(Relaxed),
            closed_slow: counters.closed_slow.load(Relaxed),
        }
    }

    /// Delivers what was published before; then closes every socket with 1012, spread by chance so that they do not all come back at once,
    /// one a millisecond and all within half of `grace`; cuts the rest at its end. New ones are refused from now on. Returns (closed, cut).
    pub async fn drain(&self, grace: Duration) -> (usize, usize) {
        let deadline = tokio::time::Instant::now() + grace;
        self.0.admission.close();
        self.0.draining.store(true, SeqCst);
        self.turn().await;
        let mut leaving: Vec<(u32, u64)> = self.0.slab.iter().map(|connection| (random(), connection.id())).collect();
        leaving.sort_unstable();
        let before = leaving.len();
        let start = tokio::time::Instant::now();
        let spread = LEAVE_EVERY.saturating_mul(u32::try_from(before).unwrap_or(u32::MAX)).min(grace / 2);
        for (when, id) in leaving {
            tokio::time::sleep_until(start + spread.mul_f64(f64::from(when) / f64::from(u32::MAX))).await;
            if let Some(connection) = self.0.slab.get(id) {
                // A turn that was under way may not have come to it yet.
                self.bring_up_to_date(&connection);
                connection.condemn(End::Restart);
            }
        }
        let mut cut = 0;
        if tokio::time::timeout_at(deadline, self.0.admission.emptied()).await.is_err() {
            for connection in self.0.slab.iter() {
                connection.condemn(End::Cut);
                cut += 1;
            }
            // What has not noticed by then goes down with the runtime.
            let _ = tokio::time::timeout(CUT_PATIENCE, self.0.admission.emptied()).await;
        }
        (before.saturating_sub(cut), cut)
    }

    /// Brings every connection up to date.
    async fn turn(&self) {
        let stats = lock(&self.0.stats).take();
        let after = self.0.turned.load(SeqCst);
        let turn = match self.0.ring.after(after, usize::MAX) {
            Ok(chunk) => Turn::new(chunk.entries, after, stats),
            // So many at once that the ring forgot some: each connection finds out for itself how far behind it is.
            Err(replay::Gone) => Turn::new(Vec::new(), self.0.ring.head(), stats),
        };
        self.0.turned.fetch_max(turn.until(), SeqCst);
        if turn.is_empty() && turn.after == after {
            return;
        }
        self.visit(|_, connection| {
            self.0.counters.delivered.fetch_add(connection.deliver(&self.0.ring, &turn), Relaxed);
        })
        .await;
    }

    /// The look at every connection, at `at`.
    async fn sweep(&self, at: Instant) {
        let now = at.saturating_duration_since(self.0.started).as_secs() as u32;
        // Seconds that passed without a look (a stall, a sleeping machine) have their pings now.
        let first = self.0.swept.swap(now + 1, Relaxed);
        self.visit(|index, connection| {
            let since_due = (now + PING_EVERY - index as u32 % PING_EVERY) % PING_EVERY;
            let ping_due = first + since_due <= now;
            connection.sweep(at, now, ping_due, PING_PATIENCE);
        })
        .await;
    }

    /// Calls `each` with every connection, giving way to other tasks every so many. No pin is held meanwhile.
    async fn visit(&self, each: impl Fn(usize, &Connection)) {
        let mut visited = 0;
        for index in 0..self.0.slab.high_water() {
            if let Some(connection) = self.0.slab.at(index) {
                each(index, &connection);
                visited += 1;
            }
            if visited == VISITS_PER_TURN {
                visited = 0;
                tokio::task::yield_now().await;
            }
        }
    }
}

/// A connection's place in the slab and its seat, given back however its task ends.
struct Stay<'a> {
    inner: &'a Inner,
    id: u64,
    /// Which one it was since start.
    total: u64,
    since: Instant,
    seat: Seat,
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        self.inner.slab.remove(self.id);
        self.inner.open.fetch_sub(1, SeqCst);
    }
}

fn format_id(id: u64) -> String {
    format!("{id:016x}")
}

fn parse_id(text: &str) -> Option<u64> {
    let digits = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    u64::from_str_radix(text, 16).ok().filter(|_| digits)
}

/// Jitter. Without the kernel's randomness all leave at once, which is a nuisance and no more.
fn random() -> u32 {
    getrandom::u32().unwrap_or(0)
}

/// A lock whose holder panicked is still good: every change under these locks leaves the value whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
