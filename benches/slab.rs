//! The slab of connections beside the tables one might use in its place, in one run: `cargo bench --bench slab`.
//!
//! Each holds [`ENTRIES`] values behind an `Arc`, as the hub does. What is compared: a look-up by id, a connect and disconnect, a visit of
//! every value, look-ups while another thread connects and disconnects, and connects while another thread visits every value and takes
//! for each as long as a write to a socket.

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use dashmap::DashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

/// Values in a table: a large number of dashboards.
const ENTRIES: u64 = 5_000;
/// What one write to a socket takes, about.
const WRITE: Duration = Duration::from_micros(2);

/// From one connect to the next while all are visited.
const BETWEEN: Duration = Duration::from_micros(100);
/// From one visit of all to the next, as between a hub's turns. Without it a lock that is let go is taken again before the waiting writer has
/// woken: the standard library's read-write lock then never lets it in on two cores.
const TURN: Duration = Duration::from_millis(2);

type Value = Arc<u64>;

/// A table of values by id.
trait Table: Send + Sync + 'static {
    const NAME: &'static str;
    fn new() -> Self;
    fn insert(&self, value: Value) -> u64;
    fn get(&self, id: u64) -> Option<u64>;
    fn remove(&self, id: u64);
    /// Calls `each` with every value. `ids` are for a table that cannot tell them itself.
    fn visit(&self, ids: &[u64], each: impl FnMut(u64));
}

impl Table for headwater::realtime::slab::Slab<Value> {
    const NAME: &'static str = "headwater";

    fn new() -> Self {
        headwater::realtime::slab::Slab::new(ENTRIES as usize + 64)
    }

    fn insert(&self, value: Value) -> u64 {
        self.insert(value).expect("a free slot")
    }

    fn get(&self, id: u64) -> Option<u64> {
        self.get(id).map(|value| **value)
    }

    fn remove(&self, id: u64) {
        self.remove(id);
    }

    fn visit(&self, _: &[u64], mut each: impl FnMut(u64)) {
        self.iter().for_each(|value| each(**value));
    }
}

impl Table for RwLock<slab::Slab<Value>> {
    const NAME: &'static str = "rwlock_slab";

    fn new() -> Self {
        RwLock::new(slab::Slab::with_capacity(ENTRIES as usize + 64))
    }

    fn insert(&self, value: Value) -> u64 {
        self.write().expect("not poisoned").insert(value) as u64
    }

    fn get(&self, id: u64) -> Option<u64> {
        self.read().expect("not poisoned").get(id as usize).map(|value| **value)
    }

    fn remove(&self, id: u64) {
        self.write().expect("not poisoned").remove(id as usize);
    }

    fn visit(&self, _: &[u64], mut each: impl FnMut(u64)) {
        self.read().expect("not poisoned").iter().for_each(|(_, value)| each(**value));
    }
}

/// A map needs ids from elsewhere.
struct Map(DashMap<u64, Value>, AtomicU64);

impl Table for Map {
    const NAME: &'static str = "dashmap";

    fn new() -> Self {
        Map(DashMap::with_capacity(ENTRIES as usize + 64), AtomicU64::new(0))
    }

    fn insert(&self, value: Value) -> u64 {
        let id = self.1.fetch_add(1, Relaxed);
        self.0.insert(id, value);
        id
    }

    fn get(&self, id: u64) -> Option<u64> {
        self.0.get(&id).map(|value| **value)
    }

    fn remove(&self, id: u64) {
        self.0.remove(&id);
    }

    fn visit(&self, _: &[u64], mut each: impl FnMut(u64)) {
        self.0.iter().for_each(|value| each(**value));
    }
}

impl Table for sharded_slab::Slab<Value> {
    const NAME: &'static str = "sharded_slab";

    fn new() -> Self {
        sharded_slab::Slab::new()
    }

    fn insert(&self, value: Value) -> u64 {
        self.insert(value).expect("a free slot") as u64
    }

    fn get(&self, id: u64) -> Option<u64> {
        self.get(id as usize).map(|value| **value)
    }

    fn remove(&self, id: u64) {
        self.remove(id as usize);
    }

    // It lets nobody iterate who shares it.
    fn visit(&self, ids: &[u64], mut each: impl FnMut(u64)) {
        ids.iter().filter_map(|id| self.get(*id as usize)).for_each(|value| each(**value));
    }
}

/// A table with its values, and their ids.
fn full<T: Table>() -> (Arc<T>, Vec<u64>) {
    let table = Arc::new(T::new());
    let ids = (0..ENTRIES).map(|value| table.insert(Arc::new(value))).collect();
    (table, ids)
}

/// A thread that does `work` again and again until this is dropped.
struct Meanwhile(Arc<AtomicBool>, Option<std::thread::JoinHandle<()>>);

impl Meanwhile {
    fn does(mut work: impl FnMut() + Send + 'static) -> Meanwhile {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = stop.clone();
        let thread = std::thread::spawn(move || {
            while !seen.load(Relaxed) {
                work();
            }
        });
        Meanwhile(stop, Some(thread))
    }
}

impl Drop for Meanwhile {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
        if let Some(thread) = self.1.take() {
            let _ = thread.join();
        }
    }
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Looks one value up after the other, in an order that no prefetcher knows.
fn look_up<T: Table>(group: &mut Group<'_>, table: &T, ids: &[u64]) {
    let mut at = 0;
    group.bench_function(T::NAME, |b| {
        b.iter(|| {
            at = (at + 1_999) % ids.len();
            black_box(table.get(ids[at]))
        });
    });
}

fn get<T: Table>(group: &mut Group<'_>) {
    let (table, ids) = full::<T>();
    look_up(group, &*table, &ids);
}

fn get_in_churn<T: Table>(group: &mut Group<'_>) {
    let (table, ids) = full::<T>();
    let value = Arc::new(0);
    let _churn = Meanwhile::does({
        let table = table.clone();
        move || table.remove(table.insert(value.clone()))
    });
    look_up(group, &*table, &ids);
}

fn insert_and_remove<T: Table>(group: &mut Group<'_>) {
    let (table, _) = full::<T>();
    let value = Arc::new(0);
    group.bench_function(T::NAME, |b| b.iter(|| table.remove(table.insert(value.clone()))));
}

fn visit<T: Table>(group: &mut Group<'_>) {
    let (table, ids) = full::<T>();
    group.bench_function(T::NAME, |b| {
        b.iter(|| {
            let mut sum = 0;
            table.visit(&ids, |value| sum += value);
            assert_eq!(sum, ENTRIES * (ENTRIES - 1) / 2);
        });
    });
}

fn insert_and_remove_in_a_visit<T: Table>(group: &mut Group<'_>) {
    let (table, ids) = full::<T>();
    let value = Arc::new(0);
    let _visits = Meanwhile::does({
        let table = table.clone();
        move || {
            table.visit(&ids, |_| {
                let begun = Instant::now();
                while begun.elapsed() < WRITE {}
            });
            std::thread::sleep(TURN);
        }
    });
    group.bench_function(T::NAME, |b| {
        b.iter_custom(|times| {
            (0..times).fold(Duration::ZERO, |sum, _| {
                // Else whoever asks for a lock again and again keeps the visits out.
                std::thread::sleep(BETWEEN);
                let begun = Instant::now();
                table.remove(table.insert(value.clone()));
                sum + begun.elapsed()
            })
        });
    });
}

fn everything<T: Table>(c: &mut Criterion) {
    get::<T>(&mut c.benchmark_group("slab_get"));
    insert_and_remove::<T>(&mut c.benchmark_group("slab_insert_remove"));
    visit::<T>(&mut c.benchmark_group("slab_visit_5000"));
    get_in_churn::<T>(&mut c.benchmark_group("slab_get_in_churn"));
    insert_and_remove_in_a_visit::<T>(&mut c.benchmark_group("slab_insert_remove_in_a_visit"));
}

criterion_group! {
    name = benches;
    // A lock that is held for a whole visit makes one step take 10 ms.
    config = Criterion::default().sample_size(10);
    targets =
        everything::<headwater::realtime::slab::Slab<Value>>,
        everything::<RwLock<slab::Slab<Value>>>,
        everything::<Map>,
        everything::<sharded_slab::Slab<Value>>,
}
criterion_main!(benches);
