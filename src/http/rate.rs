//! Limits on requests a minute and address: the table of who asked how often, and the throttle of `error` events.

use super::route::{Endpoint, Work};
use crate::config::Config;
use crate::realtime::admission::one_client;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One window of counting.
const WINDOW: Duration = Duration::from_secs(60);
/// Most addresses remembered: about 1 MB. When more come within a minute, those whose minute began longest ago are forgotten first.
const MAX_ADDRESSES: usize = 16_384;

/// How a request stands to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Requests a minute.
    pub limit: u32,
    /// Left in this window.
    pub remaining: u32,
    /// Seconds until the window ends, at least 1.
    pub reset: u32,
    /// This one is over the limit.
    pub exceeded: bool,
}

/// Who asked how often in the last minute.
#[derive(Debug, Default)]
pub struct RateLimits(Mutex<HashMap<(Work, IpAddr), (Instant, u32)>>);

impl RateLimits {
    /// Counts a request to `endpoint`; `None` when it is not limited.
    pub fn count(&self, config: &Config, endpoint: Endpoint, address: IpAddr, now: Instant) -> Option<Standing> {
        let work = endpoint.work()?;
        let limit = match work {
            Work::Answers => config.rate_limit_chat,
            Work::Ingests => config.rate_limit_ingest,
        };
        (limit > 0).then(|| self.take(work, limit, address, now))
    }

    fn take(&self, work: Work, limit: u32, address: IpAddr, now: Instant) -> Standing {
        // A panic cannot happen between the steps below, so a poisoned table is a whole one.
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (work, one_client(address));
        if table.len() >= MAX_ADDRESSES && !table.contains_key(&key) {
            table.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
            if table.len() >= MAX_ADDRESSES {
                let mut ages: Vec<Instant> = table.values().map(|(since, _)| *since).collect();
                let middle = ages.len() / 2;
                let median = *ages.select_nth_unstable(middle).1;
                table.retain(|_, (since, _)| *since > median);
            }
        }
        let (since, used) = table.entry(key).or_insert((now, 0));
        if now.duration_since(*since) >= WINDOW {
            (*since, *used) = (now, 0);
        }
        let exceeded = *used >= limit;
        *used = used.saturating_add(u32::from(!exceeded));
        let left = WINDOW.saturating_sub(now.duration_since(*since));
        let reset = u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(60).max(1);
        Standing { limit, remaining: limit - *used, reset, exceeded }
    }
}

/// Lets so many through a second and counts the rest, so that a storm of errors does not become a storm of events.
#[derive(Debug)]
pub struct Throttle(Mutex<Window>);

#[derive(Debug)]
struct Window {
    since: Instant,
    passed: u32,
    suppressed: u64,
}

/// Most `error` events a second.
const EVENTS_PER_SECOND: u32 = 10;

impl Default for Throttle {
    fn default() -> Throttle {
        Throttle(Mutex::new(Window { since: Instant::now(), passed: 0, suppressed: 0 }))
    }
}

impl Throttle {
    /// Whether one more may pass now, and if so how many were held back since the last that passed.
    pub fn pass(&self, now: Instant) -> Option<u64> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(window.since) >= Duration::from_secs(1) {
            (window.since, window.passed) = (now, 0);
        }
        if window.passed < EVENTS_PER_SECOND {
            window.passed += 1;
            Some(std::mem::take(&mut window.suppressed))
        } else {
            window.suppressed += 1;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_past_the_limit_is_refused_until_the_window_ends_and_others_are_not() {
        let limits = RateLimits::default();
        let start = Instant::now();
        let (a, b) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        assert_eq!(limits.take(Work::Answers, 2, a, start), Standing { limit: 2, remaining: 1, reset: 60, exceeded: false });
        assert!(!limits.take(Work::Answers, 2, a, start).exceeded);
        let third = limits.take(Work::Answers, 2, a, start + Duration::from_secs(50));
        assert_eq!(third, Standing { limit: 2, remaining: 0, reset: 10, exceeded: true });
        assert!(!limits.take(Work::Answers, 2, b, start).exceeded, "another address has its own count");
        assert!(!limits.take(Work::Ingests, 2, a, start).exceeded, "another class has its own count");
        assert!(!limits.take(Work::Answers, 2, a, start + WINDOW).exceeded, "a new window");
    }

    #[test]
    fn one_ipv6_network_is_one_client_and_the_table_stays_bounded() {
        let limits = RateLimits::default();
        let now = Instant::now();
        let v6 = |text: &str| text.parse::<IpAddr>().unwrap();
        limits.take(Work::Answers, 1, v6("2001:db8::1"), now);
        assert!(limits.take(Work::Answers, 1, v6("2001:db8::ffff"), now).exceeded);
        for i in 0..(MAX_ADDRESSES as u32 + 100) {
            limits.take(Work::Answers, 1, IpAddr::V4(i.into()), now + Duration::from_millis(u64::from(i)));
        }
        assert!(limits.0.lock().unwrap().len() <= MAX_ADDRESSES);
    }

    #[test]
    fn ten_events_a_second_pass_and_the_next_says_how_many_did_not() {
        let throttle = Throttle::default();
        let start = Instant::now();
        let passed = (0..15).filter(|_| throttle.pass(start).is_some()).count();
        assert_eq!(passed, 10);
        assert_eq!(throttle.pass(start + Duration::from_secs(2)), Some(5));
        assert_eq!(throttle.pass(start + Duration::from_secs(2)), Some(0));
    }
}
