//! The slab against a plain model of it, one thread: whatever is done in whatever order.

use headwater::realtime::slab::{Guard, Slab};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

const CAPACITY: usize = 4;

#[test]
fn a_full_slab_refuses_and_gives_the_value_back() {
    let slab = Slab::new(2);
    let first = slab.insert("a").unwrap();
    slab.insert("b").unwrap();
    assert_eq!(slab.insert("c"), Err("c"));
    assert!(slab.remove(first) && !slab.remove(first));
    let again = slab.insert("c").unwrap();
    assert_ne!(again, first);
    assert_eq!((again as u32, slab.get(first).is_none()), (first as u32, true));
}

#[test]
fn ids_and_indices_from_nowhere_find_nothing() {
    let slab = Slab::new(1);
    slab.insert(()).unwrap();
    for id in [0, 1, 2 << 32, u64::MAX, 1 << 32 | 1] {
        assert!(slab.get(id).is_none() && !slab.remove(id), "{id}");
    }
    for index in [1, u32::MAX as usize, 1 << 32, usize::MAX] {
        assert!(slab.at(index).is_none(), "{index}");
    }
}

#[test]
fn a_panic_while_a_value_is_dropped_leaves_the_slab_whole() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "boom");
        }
    }
    let slab = Slab::new(1);
    let id = slab.insert(Bomb(true)).ok().unwrap();
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| slab.remove(id))).is_err());
    assert!(slab.get(id).is_none() && slab.iter().next().is_none());
    assert!(slab.insert(Bomb(false)).is_ok());
}

#[test]
fn values_still_there_when_the_slab_goes_go_with_it() {
    let value = Arc::new(());
    let slab = Slab::new(3);
    let ids: Vec<u64> = (0..3).map(|_| slab.insert(value.clone()).unwrap()).collect();
    assert!(slab.remove(ids[1]));
    assert_eq!(Arc::strong_count(&value), 3);
    drop(slab);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[derive(Clone, Debug)]
enum Step {
    Insert,
    Get(usize),
    Remove(usize),
    Hold(usize),
    HoldAt(usize),
    LetGo(usize),
    Iterate,
    /// An iteration that is left standing, to go on later.
    Begin,
    Advance,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Insert),
        1 => any::<usize>().prop_map(Step::Get),
        2 => any::<usize>().prop_map(Step::Remove),
        1 => any::<usize>().prop_map(Step::Hold),
        1 => (0..=CAPACITY).prop_map(Step::HoldAt),
        2 => any::<usize>().prop_map(Step::LetGo),
        1 => Just(Step::Iterate),
        1 => Just(Step::Begin),
        2 => Just(Step::Advance),
    ]
}

/// What a slab should do, said with a map: which ids are in it, and which values somebody looks at.
struct Model<'a> {
    slab: &'a Slab<Arc<usize>>,
    there: BTreeMap<u64, Arc<usize>>,
    /// Every id that was ever given, oldest first.
    given: Vec<u64>,
    held: Vec<Guard<'a, Arc<usize>>>,
    /// The standing iteration: the next index, what was there at its beginning and has stayed, what it has seen.
    standing: Option<(usize, HashSet<u64>, Vec<u64>)>,
}

impl<'a> Model<'a> {
    fn pick(&self, n: usize) -> u64 {
        self.given.get(n % self.given.len().max(1)).copied().unwrap_or(0)
    }

    fn holds(&self, id: u64) -> bool {
        self.held.iter().any(|guard| guard.id() == id)
    }

    /// Slots that an insert cannot have: of what is there, and of what is only looked at.
    fn occupied(&self) -> HashSet<u32> {
        self.there.keys().copied().chain(self.held.iter().map(Guard::id)).map(|id| id as u32).collect()
    }

    fn hold(&mut self, guard: Option<Guard<'a, Arc<usize>>>) {
        if let Some(guard) = guard {
            assert_eq!(self.there.get(&guard.id()), Some(&*guard));
            self.held.push(guard);
        }
    }

    fn take(&mut self, step: Step, number: usize) {
        match step {
            Step::Insert => {
                let occupied = self.occupied();
                let value = Arc::new(number);
                match self.slab.insert(value.clone()) {
                    Ok(id) => {
                        assert!(id != 0 && !self.given.contains(&id) && !occupied.contains(&(id as u32)));
                        self.given.push(id);
                        self.there.insert(id, value);
                    }
                    Err(back) => assert!(occupied.len() == CAPACITY && Arc::ptr_eq(&back, &value)),
                }
            }
            Step::Get(n) => assert_eq!(self.slab.get(self.pick(n)).as_deref(), self.there.get(&self.pick(n))),
            Step::Remove(n) => {
                let id = self.pick(n);
                let expected = self.there.remove(&id);
                assert_eq!(self.slab.remove(id), expected.is_some());
                if let Some(value) = expected {
                    assert_eq!(Arc::strong_count(&value), 1 + usize::from(self.holds(id)));
                }
                if let Some((_, stayed, _)) = &mut self.standing {
                    stayed.remove(&id);
                }
            }
            Step::Hold(n) => self.hold(self.slab.get(self.pick(n))),
            Step::HoldAt(index) => self.hold(self.slab.at(index)),
            Step::LetGo(n) if !self.held.is_empty() => {
                let guard = self.held.swap_remove(n % self.held.len());
                let (id, value) = (guard.id(), Arc::clone(&guard));
                drop(guard);
                let looked_at = self.holds(id) || self.there.contains_key(&id);
                assert_eq!(Arc::strong_count(&value), 1 + usize::from(looked_at) + usize::from(self.there.contains_key(&id)));
            }
            Step::LetGo(_) => {}
            Step::Iterate => {
                let mut seen: Vec<(u64, usize)> = self.slab.iter().map(|guard| (guard.id(), **guard)).collect();
                seen.sort_unstable();
                assert!(seen.into_iter().eq(self.there.iter().map(|(id, value)| (*id, **value))));
            }
            Step::Begin => self.standing = Some((0, self.there.keys().copied().collect(), Vec::new())),
            Step::Advance => {
                let Some((index, _, seen)) = &mut self.standing else { return };
                seen.extend(self.slab.at(*index).map(|guard| guard.id()));
                *index += 1;
                if *index >= self.slab.high_water() {
                    let (_, stayed, seen) = self.standing.take().expect("it stands");
                    let once: HashSet<u64> = seen.iter().copied().collect();
                    assert!(once.len() == seen.len() && stayed.is_subset(&once), "{seen:?} of {stayed:?}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn it_behaves_as_a_map_whose_removed_values_live_while_looked_at(steps in proptest::collection::vec(step(), 1..300)) {
        let slab = Slab::new(CAPACITY);
        let mut model = Model { slab: &slab, there: BTreeMap::new(), given: Vec::new(), held: Vec::new(), standing: None };
        for (number, step) in steps.into_iter().enumerate() {
            model.take(step, number);
        }
    }
}
