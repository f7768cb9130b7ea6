//! One TCP connection: accepted under a limit, served by hyper, told when to end.

use crate::http::{self, App};
use crate::realtime::admission::{Admission, Seat};
use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// A new connection that has not sent a whole request head by then is closed: bare and trickling connections must not pile up.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest wait for the next request's whole head on a kept-alive connection: a little more than the 60 s after which proxies let
/// go of theirs, so that it is never us who close under a request.
const NEXT_REQUEST_TIMEOUT: Duration = Duration::from_secs(65);
/// Bytes sent and not acknowledged for this long (a vanished peer, or one that does not read) end the connection.
const STALLED_WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Most bytes of a request's head, and of what is buffered in either direction. Header lines are limited to 100 by hyper itself.
const MAX_BUFFER: usize = 64 << 10;
/// Most bytes of a body that nobody wanted which are still taken, and thrown away: a browser sends a body to its end before it reads the
/// answer, and closing under it would lose the answer. More than most uploads have; whoever sends more sees the connection cut.
const LINGER_BYTES: usize = 256 << 20;
/// Longest silence of a client whose unwanted body is being taken.
const LINGER_IDLE: Duration = Duration::from_secs(5);
/// Longest that an unwanted body is taken in all, however steadily it comes.
const LINGER: Duration = Duration::from_secs(60);
/// Bytes of an unwanted body taken at once.
const LINGER_BUFFER: usize = 16 << 10;
/// Fewest addresses that it takes to have all connections: one has its part and no more. A browser has six, a proxy one for each request
/// under way, so that a part does even for one that is not trusted; one that is has no part of its own.
const FEWEST_HOLDERS: usize = 2;
/// What is said to a connection for which its address has no place left. Sent as it is: it is not worth a task.
const SHARE_TAKEN: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Type: application/json\r\n\
    Content-Length: 83\r\n\r\n{\"detail\":\"Too many connections from this address: close some, or try again later\"}";
/// Pause after an accept that failed for want of descriptors or memory: closing connections frees them, spinning does not.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);
/// The same trouble is logged again only after this long.
const LOG_AGAIN: Duration = Duration::from_secs(30);

/// The listening socket with a limit on connections. At the limit nothing is accepted: the kernel keeps newcomers waiting. An address
/// that has its part gets no more.
pub(super) struct Acceptor {
    listener: TcpListener,
    slots: Arc<Semaphore>,
    limit: usize,
    shares: Arc<Admission>,
    logged: [Option<Instant>; 3],
}

/// What may be wrong with accepting, each logged for itself.
#[derive(Clone, Copy)]
enum Trouble {
    Limit,
    Share,
    Accept,
}

/// A connection and its place under the limit, given back when this is dropped.
pub(super) struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    _slot: OwnedSemaphorePermit,
    /// None of a trusted proxy.
    _seat: Option<Seat>,
}

impl Acceptor {
    pub(super) fn new(listener: TcpListener, limit: usize) -> Acceptor {
        let shares = Admission::new(limit, limit.div_ceil(FEWEST_HOLDERS));
        Acceptor { listener, slots: Arc::new(Semaphore::new(limit)), limit, shares, logged: [None; 3] }
    }

    /// The next connection, of which `trusted` says whether its address speaks for many. Never fails: trouble is logged, waited out and
    /// tried again. Cancel safe.
    pub(super) async fn accept(&mut self, trusted: impl Fn(IpAddr) -> bool) -> Accepted {
        let slot = match self.slots.clone().try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => {
                let limit = self.limit;
                self.trouble(Trouble::Limit, || format!("{limit} connections are open, the most there may be: newcomers wait"));
                self.slots.clone().acquire_owned().await.expect("the semaphore is never closed")
            }
        };
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) if trusted(peer.ip()) => return Accepted { stream, peer, _slot: slot, _seat: None },
                Ok((stream, peer)) => match self.shares.admit(peer.ip()) {
                    Ok(seat) => return Accepted { stream, peer, _slot: slot, _seat: Some(seat) },
                    Err(_) => {
                        let part = self.limit.div_ceil(FEWEST_HOLDERS);
                        self.trouble(Trouble::Share, || {
                            format!("{} has {part} connections, the most of one address: more are refused", peer.ip())
                        });
                        // Whether it comes to be read is the client's affair.
                        let _ = socket2::SockRef::from(&stream).send(SHARE_TAKEN);
                    }
                },
                // The client was gone before we came to it.
                Err(e) if matches!(e.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {}
                Err(e) => {
                    self.trouble(Trouble::Accept, || format!("cannot accept connections: {e}"));
                    tokio::time::sleep(ACCEPT_BACKOFF).await;
                }
            }
        }
    }

    fn trouble(&mut self, kind: Trouble, what: impl FnOnce() -> String) {
        let logged = &mut self.logged[kind as usize];
        if logged.is_none_or(|at| at.elapsed() > LOG_AGAIN) {
            *logged = Some(Instant::now());
            log::warn!("{}", what());
        }
    }
}

/// Serves a connection to its end. When `drain`'s sender is dropped, the request under way is finished and none after it taken.
pub(super) async fn serve(accepted: Accepted, app: Arc<App>, mut drain: watch::Receiver<()>) {
    let Accepted { stream, peer, _slot, _seat } = accepted;
    if let Err(e) = tune(&stream) {
        log::debug!("socket options client={peer} error={e}");
    }
    let asked = Arc::new(AtomicBool::new(false));
    let had_body = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let (asked, had_body) = (asked.clone(), had_body.clone());
        move |request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            had_body.store(!request.body().is_end_stream(), Ordering::Relaxed);
            let app = app.clone();
            async move {
                let draining = app.lifecycle.clone();
                let ends = http::is_chunked_twice(request.headers());
                let (request, rest) = http::body::shared(request);
                let mut response = http::serve(app, peer, request).await;
                let is_last = ends || draining.is_draining() || !rest.read_away().await;
                if is_last && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                    // hyper closes; saying so keeps a proxy from sending the next request into a closing connection.
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
        }
    });
    // Half-close stays off: a client that closes while its answer is being made has gone away, and its work is stopped.
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(NEXT_REQUEST_TIMEOUT)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut first_request = std::pin::pin!(tokio::time::sleep(FIRST_REQUEST_TIMEOUT));
    let (mut waiting, mut draining) = (true, false);
    loop {
        tokio::select! {
            ended = &mut connection => {
                if let Err(e) = ended {
                    log::debug!("connection ended client={peer} error={e}");
                }
                break;
            }
            _ = drain.changed(), if !draining => {
                draining = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
            () = first_request.as_mut(), if waiting => {
                waiting = false;
                if !asked.load(Ordering::Relaxed) {
                    log::debug!("no request in {FIRST_REQUEST_TIMEOUT:?} client={peer}");
                    return;
                }
            }
        }
    }
    // Nothing is left of a connection that became a WebSocket.
    if had_body.load(Ordering::Relaxed)
        && let Some(parts) = connection.into_parts()
    {
        tokio::select! {
            () = linger(parts.io.into_inner()) => {}
            _ = drain.changed() => {}
        }
    }
}

/// Takes and throws away what still comes of a body, within limits, until the client has read its answer and closes.
async fn linger(mut stream: TcpStream) {
    let mut scrap = [0; LINGER_BUFFER];
    let mut left = LINGER_BYTES;
    let take = async {
        while let Ok(Ok(read @ 1..)) = tokio::time::timeout(LINGER_IDLE, stream.read(&mut scrap)).await {
            left = left.saturating_sub(read);
            if left == 0 {
                return;
            }
        }
    };
    if tokio::time::timeout(LINGER, take).await.is_err() {
        log::debug!("an unwanted body took longer than {LINGER:?}: connection cut");
    }
}

fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(STALLED_WRITE_TIMEOUT))
}
