//! A request's body, and what comes of it when nobody read it to its end.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::EXPECT;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// Most bytes of a body that nobody wanted which are read so that the connection can be kept: most JSON bodies have fewer, and to send
/// them again on a new connection costs as much as to read them.
const REST_BYTES: u64 = 64 << 10;
/// Longest that those are waited for: what was sent with the head is there by then.
const REST_PATIENCE: Duration = Duration::from_secs(1);

/// A request's body as its handler gets it.
pub struct RequestBody(Arc<Mutex<Reading>>);

/// The same body, for whoever answers for the connection.
pub struct Rest {
    body: RequestBody,
    /// The client waits to be told before it sends.
    expects: bool,
}

struct Reading {
    incoming: Incoming,
    over: bool,
    received: Arc<AtomicU64>,
}

/// Puts the request's body where its rest can be asked for once the handler is done with it.
pub fn shared(request: hyper::Request<Incoming>) -> (hyper::Request<RequestBody>, Rest) {
    let expects = request.headers().contains_key(EXPECT);
    let (head, incoming) = request.into_parts();
    let over = incoming.is_end_stream();
    let reading = Arc::new(Mutex::new(Reading { incoming, over, received: Arc::default() }));
    (hyper::Request::from_parts(head, RequestBody(reading.clone())), Rest { body: RequestBody(reading), expects })
}

impl Rest {
    /// Whether the body is read to its end, so that the next request can follow. Of one that is not, a rest that is short and there is
    /// read away first.
    pub async fn read_away(mut self) -> bool {
        let (over, least) = {
            let reading = self.body.reading();
            (reading.over, reading.incoming.size_hint().lower())
        };
        if over || self.expects || least > REST_BYTES {
            return over;
        }
        let away = async {
            let mut read = 0;
            while let Some(frame) = self.body.frame().await {
                read += frame.ok()?.data_ref().map_or(0, |data| data.len() as u64);
                if read > REST_BYTES {
                    return None;
                }
            }
            Some(())
        };
        matches!(tokio::time::timeout(REST_PATIENCE, away).await, Ok(Some(())))
    }
}

impl RequestBody {
    /// Bytes of it that have been read, as they come.
    pub fn received(&self) -> Arc<AtomicU64> {
        self.reading().received.clone()
    }

    // One reads at a time: the handler, and after it whoever asks for the rest.
    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut reading = self.reading();
        let frame = ready!(Pin::new(&mut reading.incoming).poll_frame(cx));
        reading.over = frame.is_none() || reading.incoming.is_end_stream();
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            reading.received.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.reading().over
    }

    fn size_hint(&self) -> SizeHint {
        self.reading().incoming.size_hint()
    }
}
