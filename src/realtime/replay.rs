//! The numbered past: every broadcast gets its `seq` here and stays for a while, so that each connection can be brought up to date
//! from its own position, be it one event behind or resuming after a minute without network.

use super::frame;
use crate::event::{Event, Topic};
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Events kept: some minutes of a busy ingestion, enough for a client to come back through a restart of its network.
const MAX_EVENTS: usize = 1_024;
/// Bytes kept, so that a thousand large broadcasts cannot hold the memory of a small box.
const MAX_BYTES: usize = 8 << 20;

/// One numbered event, ready for the wire. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number.
    pub seq: u64,
    /// What it is about.
    pub topic: Topic,
    /// The wire `type` when the topic is [`Topic::Custom`].
    pub name: Option<Arc<str>>,
    /// The whole text frame.
    pub frame: Bytes,
}

/// The position to begin from was overwritten: what lies between cannot be had any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// Some consecutive events.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// In order of their numbers.
    pub entries: Vec<Entry>,
    /// The newest number when the chunk was taken; equal to its last entry's unless there is more.
    pub head: u64,
}

/// Where a new connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The last event it has seen.
    pub cursor: u64,
    /// The last event there is.
    pub head: u64,
    /// Whether it resumes, and all events after `cursor` can be had.
    pub recovered: bool,
}

/// The ring.
pub struct Ring {
    epoch: String,
    past: Mutex<Past>,
}

#[derive(Default)]
struct Past {
    head: u64,
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl Ring {
    /// An empty past with a random epoch.
    pub fn new() -> Ring {
        Ring { epoch: crate::id::random(), past: Mutex::default() }
    }

    /// What numbers are counted in: another process counts anew.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The number of the newest event; 0 before the first.
    pub fn head(&self) -> u64 {
        super::lock(&self.past).head
    }

    /// Numbers `event` and keeps it.
    pub fn push(&self, mut event: Event) -> u64 {
        let (topic, name) = (event.topic, event.name.take().map(Arc::from));
        let mut past = super::lock(&self.past);
        past.head += 1;
        let seq = past.head;
        let frame = frame::text(&event.close(Some(seq)));
        past.bytes += frame.len();
        past.entries.push_back(Entry { seq, topic, name, frame });
        while past.entries.len() > 1 && (past.entries.len() > MAX_EVENTS || past.bytes > MAX_BYTES) {
            past.bytes -= past.entries.pop_front().map_or(0, |oldest| oldest.frame.len());
        }
        seq
    }

    /// Where a client begins that says it has seen `seq` of `epoch`.
    pub fn start(&self, epoch: Option<&str>, seq: Option<u64>) -> Start {
        let past = super::lock(&self.past);
        match seq {
            Some(seq) if epoch == Some(&self.epoch) && past.has_after(seq) => Start { cursor: seq, head: past.head, recovered: true },
            _ => Start { cursor: past.head, head: past.head, recovered: false },
        }
    }

    /// Events after number `cursor`: the first, and as many more as fit in `max_bytes`.
    pub fn after(&self, cursor: u64, max_bytes: usize) -> Result<Chunk, Gone> {
        let past = super::lock(&self.past);
        if !past.has_after(cursor) {
            return Err(Gone);
        }
        let missing = usize::try_from(past.head - cursor).unwrap_or(usize::MAX);
        let mut bytes = 0usize;
        let entries = past.entries.iter().skip(past.entries.len() - missing);
        let entries = entries.enumerate().take_while(|(at, entry)| {
            bytes = bytes.saturating_add(entry.frame.len());
            *at == 0 || bytes <= max_bytes
        });
        Ok(Chunk { entries: entries.map(|(_, entry)| entry.clone()).collect(), head: past.head })
    }
}

impl Default for Ring {
    fn default() -> Ring {
        Ring::new()
    }
}

impl Past {
    fn has_after(&self, cursor: u64) -> bool {
        cursor <= self.head && self.head - cursor <= self.entries.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{Gone, MAX_BYTES, MAX_EVENTS, Ring, Start};
    use crate::event::{Event, Topic};

    fn filled(count: usize) -> Ring {
        let ring = Ring::new();
        for n in 0..count {
            assert_eq!(ring.push(Event::new(Topic::Error, &n)), n as u64 + 1);
        }
        ring
    }

    fn seqs(ring: &Ring, cursor: u64, max_bytes: usize) -> Result<Vec<u64>, Gone> {
        ring.after(cursor, max_bytes).map(|chunk| chunk.entries.iter().map(|e| e.seq).collect())
    }

    #[test]
    fn what_follows_a_position_comes_whole_or_is_gone() {
        let ring = filled(MAX_EVENTS + 10);
        let head = ring.head();
        assert_eq!(seqs(&ring, 9, usize::MAX), Err(Gone));
        assert_eq!(seqs(&ring, 10, usize::MAX), Ok((11..=head).collect()));
        assert_eq!(seqs(&ring, head - 2, usize::MAX), Ok(vec![head - 1, head]));
        assert_eq!(seqs(&ring, head, usize::MAX), Ok(vec![]));
        assert_eq!(seqs(&ring, head + 1, usize::MAX), Err(Gone));
    }

    #[test]
    fn a_chunk_has_at_least_one_event_and_says_how_far_it_goes() {
        let ring = filled(5);
        assert_eq!(seqs(&ring, 0, 0), Ok(vec![1]));
        assert_eq!(ring.after(0, 0).unwrap().head, 5);
    }

    #[test]
    fn resuming_needs_the_same_epoch_and_a_position_still_held() {
        let ring = filled(MAX_EVENTS + 10);
        let (epoch, head) = (ring.epoch().to_owned(), ring.head());
        let fresh = Start { cursor: head, head, recovered: false };
        for (epoch, seq, expected) in [
            (None, None, fresh),
            (None, Some(head), fresh),
            (Some("other"), Some(head), fresh),
            (Some(&*epoch), None, fresh),
            (Some(&*epoch), Some(9), fresh),
            (Some(&*epoch), Some(head + 1), fresh),
            (Some(&*epoch), Some(u64::MAX), fresh),
            (Some(&*epoch), Some(10), Start { cursor: 10, head, recovered: true }),
            (Some(&*epoch), Some(head), Start { cursor: head, head, recovered: true }),
        ] {
            assert_eq!(ring.start(epoch, seq), expected, "{epoch:?} {seq:?}");
        }
    }

    #[test]
    fn large_events_are_kept_by_bytes_and_the_newest_always() {
        let ring = Ring::new();
        for size in [MAX_BYTES / 2, MAX_BYTES / 2, MAX_BYTES * 2] {
            ring.push(Event::new(Topic::Error, &"x".repeat(size)));
        }
        assert_eq!(seqs(&ring, 1, usize::MAX), Err(Gone));
        assert_eq!(seqs(&ring, 2, usize::MAX), Ok(vec![3]));
    }
}
