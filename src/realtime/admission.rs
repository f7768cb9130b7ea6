//! Who may come in: places by address and in total, counted exactly under races.

use super::{Refusal, lock};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The places there are.
pub struct Admission {
    max: usize,
    per_address: AtomicUsize,
    places: Mutex<Places>,
    /// The number taken, for who waits until all are back.
    total: watch::Sender<usize>,
}

#[derive(Default)]
struct Places {
    closed: bool,
    by_address: HashMap<IpAddr, usize>,
}

/// A place held for a client from the check to the end of its connection; dropping it gives the place back.
pub struct Seat {
    admission: Arc<Admission>,
    address: IpAddr,
    /// It counts towards the share of its address.
    shared: bool,
}

impl Admission {
    /// `max` places, `per_address` for one address.
    pub fn new(max: usize, per_address: usize) -> Arc<Admission> {
        Arc::new(Admission { max, per_address: per_address.into(), places: Mutex::default(), total: watch::Sender::new(0) })
    }

    /// Takes a place for `address`.
    pub fn admit(self: &Arc<Admission>, address: IpAddr) -> Result<Seat, Refusal> {
        let mut places = lock(&self.places);
        let taken = places.by_address.get(&one_client(address)).copied().unwrap_or(0);
        if taken >= self.per_address.load(Ordering::Relaxed) {
            return Err(Refusal::AddressLimit);
        }
        if places.closed || self.taken() >= self.max {
            return Err(Refusal::Full);
        }
        places.by_address.insert(one_client(address), taken + 1);
        self.total.send_modify(|total| *total += 1);
        Ok(Seat { admission: self.clone(), address, shared: true })
    }

    /// Changes how many places one address may take. Who has more keeps them.
    pub fn share(&self, per_address: usize) {
        self.per_address.store(per_address, Ordering::Relaxed);
    }

    /// Admits nobody from now on.
    pub fn close(&self) {
        lock(&self.places).closed = true;
    }

    /// Places taken now.
    pub fn taken(&self) -> usize {
        *self.total.borrow()
    }

    /// Waits until all places are back.
    pub async fn emptied(&self) {
        // An error would mean that the sender is gone, which `self` holds.
        let _ = self.total.subscribe().wait_for(|total| *total == 0).await;
    }
}

impl Seat {
    /// Whose it is.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Gives back the share of the address, while the place in the total is still taken.
    pub fn give_back_share(&mut self) {
        if std::mem::take(&mut self.shared) {
            let mut places = lock(&self.admission.places);
            let key = one_client(self.address);
            if let Some(taken) = places.by_address.get_mut(&key) {
                *taken -= 1;
                if *taken == 0 {
                    places.by_address.remove(&key);
                }
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.give_back_share();
        self.admission.total.send_modify(|total| *total -= 1);
    }
}

/// What counts as one address: an IPv4 address however written, or an IPv6 /64, since a single customer has all of one.
pub fn one_client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::{Admission, Refusal, lock};
    use std::net::{IpAddr, Ipv4Addr};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_share_and_gets_it_back() {
        let admission = Admission::new(10, 2);
        for (same, other) in [("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8:0:1::1")] {
            let first = admission.admit(ip(same)).unwrap();
            let _second = admission.admit(ip(same)).unwrap();
            assert_eq!(admission.admit(ip(same)).err(), Some(Refusal::AddressLimit));
            assert!(admission.admit(ip(other)).is_ok());
            drop(first);
            assert!(admission.admit(ip(same)).is_ok());
            admission.share(1);
            assert_eq!(admission.admit(ip(same)).err(), Some(Refusal::AddressLimit));
            admission.share(2);
        }
        assert_eq!(admission.taken(), 0);
    }

    #[test]
    fn one_client_under_many_spellings_is_one_address() {
        for (a, b) in [("10.0.0.1", "::ffff:10.0.0.1"), ("2001:db8::1", "2001:db8::ffff:1")] {
            let admission = Admission::new(10, 1);
            let _first = admission.admit(ip(a)).unwrap();
            assert_eq!(admission.admit(ip(b)).err(), Some(Refusal::AddressLimit), "{a} {b}");
        }
    }

    #[test]
    fn the_address_limit_is_named_before_the_total() {
        let admission = Admission::new(1, 1);
        let _seat = admission.admit(ip("10.0.0.1")).unwrap();
        assert_eq!(admission.admit(ip("10.0.0.1")).err(), Some(Refusal::AddressLimit));
        assert_eq!(admission.admit(ip("10.0.0.2")).err(), Some(Refusal::Full));
    }

    #[test]
    fn once_closed_nobody_comes_in() {
        let admission = Admission::new(5, 5);
        admission.close();
        assert_eq!(admission.admit(ip("10.0.0.1")).err(), Some(Refusal::Full));
    }

    #[test]
    fn the_refused_leave_nothing_behind() {
        let admission = Admission::new(1, 1);
        let seat = admission.admit(ip("10.0.0.1")).unwrap();
        for bits in 0..1_000 {
            assert_eq!(admission.admit(Ipv4Addr::from_bits(bits).into()).err(), Some(Refusal::Full));
        }
        assert_eq!(lock(&admission.places).by_address.len(), 1);
        drop(seat);
        assert!(lock(&admission.places).by_address.is_empty());
    }

    #[test]
    fn many_at_once_get_exactly_the_places_there_are() {
        let admission = Admission::new(1_000, 10);
        let barrier = std::sync::Barrier::new(8);
        let seats: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        (0..25).filter_map(|_| admission.admit(ip("10.0.0.1")).ok()).collect::<Vec<_>>()
                    })
                })
                .collect();
            let held: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
            held.iter().map(Vec::len).sum()
        });
        assert_eq!((seats, admission.taken()), (10, 0));
    }
}
