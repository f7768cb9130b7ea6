//! How far long work is, on standard error when that is a terminal: bytes, rate and remaining time.

use super::terminal::{Style, bytes};
use std::io::Write;
use std::time::{Duration, Instant};

/// Between two drawings: often enough to look alive, seldom enough to cost nothing.
const REDRAW: Duration = Duration::from_millis(100);
/// Nothing is drawn before: most work is done by then.
const PATIENCE: Duration = Duration::from_millis(400);
/// Bytes of a page of the store.
const PAGE: u64 = 4096;

/// A line that is drawn anew in its place.
pub struct Progress {
    what: &'static str,
    begun: Instant,
    drawn: Option<Instant>,
    terminal: bool,
}

impl Progress {
    /// `what` is said of the bytes: `copied`, `sent`.
    pub fn new(what: &'static str) -> Progress {
        Progress { what, begun: Instant::now(), drawn: None, terminal: Style::of(&std::io::stderr()).terminal }
    }

    /// So many of so many pages of a store are done.
    pub fn pages(&mut self, done: u64, all: u64) {
        self.bytes([done * PAGE, done * PAGE, all * PAGE], "");
    }

    /// Bytes that were handed over, those of them that nothing more is done with, which tell how long the rest takes, and all there are;
    /// `also` is shown behind.
    pub fn bytes(&mut self, bytes: [u64; 3], also: &str) {
        if self.drawn.map_or_else(|| self.begun.elapsed() >= PATIENCE, |at| at.elapsed() >= REDRAW) {
            self.now(bytes, also);
        }
    }

    /// As [`Progress::bytes`], at once: for a while nothing more will be told.
    pub fn now(&mut self, bytes: [u64; 3], also: &str) {
        if self.terminal {
            self.drawn = Some(Instant::now());
            let line = line(bytes, self.begun.elapsed());
            // A terminal that is gone is no reason to stop. In one that is narrow the line is cut, and not broken into two.
            let _ = write!(std::io::stderr(), "\r\x1b[?7l{} {line}{also}\x1b[K\x1b[?7h", self.what);
        }
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn line([sent, done, all]: [u64; 3], elapsed: Duration) -> String {
    let share = if all == 0 { 1.0 } else { sent as f64 / all as f64 };
    let rate = |count: u64| count as f64 / elapsed.as_secs_f64().max(0.001);
    let left = if done == 0 || done >= all { String::new() } else { format!(", {} left", time(((all - done) as f64 / rate(done)) as u64)) };
    format!("{:3.0} %  {} of {}, {}/s{left}", share * 100.0, bytes(sent), bytes(all), bytes(rate(sent) as u64))
}

fn time(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_share_size_rate_and_what_is_left() {
        let mib = 1 << 20;
        for (sent, done, all, seconds, expect) in [
            (0, 0, 0, 1, "100 %  0 B of 0 B, 0 B/s"),
            (0, 0, 10 * mib, 1, "  0 %  0 B of 10.0 MiB, 0 B/s"),
            (5 * mib, 5 * mib, 10 * mib, 2, " 50 %  5.0 MiB of 10.0 MiB, 2.5 MiB/s, 2 s left"),
            (mib, mib, 400 * mib, 1, "  0 %  1.0 MiB of 400.0 MiB, 1.0 MiB/s, 6 min 39 s left"),
            (10 * mib, 10 * mib, 10 * mib, 4, "100 %  10.0 MiB of 10.0 MiB, 2.5 MiB/s"),
            // What is sent in no time is read in some: that it is not told before a part was.
            (4 * mib, 0, 8 * mib, 1, " 50 %  4.0 MiB of 8.0 MiB, 4.0 MiB/s"),
            (8 * mib, 4 * mib, 8 * mib, 12, "100 %  8.0 MiB of 8.0 MiB, 682.7 KiB/s, 12 s left"),
        ] {
            assert_eq!(line([sent, done, all], Duration::from_secs(seconds)), expect);
        }
    }
}
