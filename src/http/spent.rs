//! Where the time of a request went, told when it was long.

use super::route::Endpoint;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A request that takes longer is a warning: a page that waits for it is felt to hang, and the alarm of the runbook is set to the same.
pub const SLOW: Duration = Duration::from_secs(1);
/// The same for questions and ingestions: a model writes for half a minute, a folder of SQL is read for as long, and neither is news.
pub const SLOW_WORK: Duration = Duration::from_secs(30);

/// After how long a request to `endpoint` is slow.
pub fn slow(endpoint: Option<Endpoint>) -> Duration {
    if endpoint.is_some_and(|endpoint| endpoint.work().is_some()) { SLOW_WORK } else { SLOW }
}

/// Time spent on a request by what it was spent on, in microseconds; handles share it.
#[derive(Clone, Debug, Default)]
pub struct Spent(Arc<Parts>);

#[derive(Debug, Default)]
struct Parts {
    waiting: AtomicU64,
    reading: AtomicU64,
}

impl Spent {
    /// Counts the time of `turn` as waiting for a place among those who do the same work.
    pub async fn waiting<T>(&self, turn: impl Future<Output = T>) -> T {
        timed(&self.0.waiting, turn).await
    }

    /// Counts time that was waited elsewhere, such as at the language model's gate.
    pub fn waited(&self, time: Duration) {
        add(&self.0.waiting, time);
    }

    /// Counts the time of `body` as reading what the client sends.
    pub async fn reading<T>(&self, body: impl Future<Output = T>) -> T {
        timed(&self.0.reading, body).await
    }

    /// The parts of a request that took `whole` until the head of its answer, for a log line.
    pub fn of(&self, whole: Duration) -> impl fmt::Display {
        let [waiting, reading] = [&self.0.waiting, &self.0.reading].map(|part| Duration::from_micros(part.load(Ordering::Relaxed)));
        let handling = whole.saturating_sub(waiting + reading);
        let [waiting, reading, handling] = [waiting, reading, handling].map(|part| part.as_millis());
        format!("waiting_ms={waiting} reading_ms={reading} handling_ms={handling}")
    }
}

fn add(part: &AtomicU64, time: Duration) {
    part.fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// Counts also when the work is given up, as a client that goes away while it waits has it.
async fn timed<T>(part: &AtomicU64, work: impl Future<Output = T>) -> T {
    struct Counted<'a>(&'a AtomicU64, Instant);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            add(self.0, self.1.elapsed());
        }
    }
    let _counted = Counted(part, Instant::now());
    work.await
}

/// The writing of an answer, told when it is over and its client was slow to take it. What the kernel and hyper buffer at the end is not
/// waited for.
#[derive(Debug)]
pub struct Writing {
    request_id: String,
    path: String,
    /// When the last bytes were handed over.
    since: Option<Instant>,
    spent: Duration,
    bytes: usize,
}

impl Writing {
    /// Nothing of the answer to this request is written yet.
    pub fn new(request_id: &str, path: &str) -> Writing {
        Writing { request_id: request_id.to_owned(), path: path.to_owned(), since: None, spent: Duration::ZERO, bytes: 0 }
    }

    /// More is asked for, so what was handed over is on its way.
    pub fn taken(&mut self) {
        self.spent += self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
    }

    /// So many bytes are handed over.
    pub fn given(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.since = Some(Instant::now());
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.taken();
        if self.spent >= SLOW {
            let (path, bytes, id) = (&self.path, self.bytes, &self.request_id);
            log::warn!("slow answer path={path} writing_ms={} bytes={bytes} request_id={id}", self.spent.as_millis());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_neither_waiting_nor_reading_is_handling() {
        let spent = Spent::default();
        spent.0.waiting.store(1_500_000, Ordering::Relaxed);
        spent.clone().0.reading.store(250_999, Ordering::Relaxed);
        assert_eq!(spent.of(Duration::from_secs(2)).to_string(), "waiting_ms=1500 reading_ms=250 handling_ms=249");
        assert_eq!(spent.of(Duration::from_secs(1)).to_string(), "waiting_ms=1500 reading_ms=250 handling_ms=0");
        spent.waited(Duration::from_millis(500));
        assert_eq!(spent.of(Duration::from_secs(3)).to_string(), "waiting_ms=2000 reading_ms=250 handling_ms=749");
    }

    #[test]
    fn a_wait_that_is_given_up_is_counted() {
        let spent = Spent::default();
        let mut waiting = Box::pin(spent.waiting(std::future::pending::<()>()));
        assert!(waiting.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_pending());
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_micros(10) {}
        drop(waiting);
        assert!(spent.0.waiting.load(Ordering::Relaxed) >= 10);
    }
}
