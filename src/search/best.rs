//! The best of many, in one pass over them.

use std::cmp::Ordering;

/// The best of what is added, at most as many as were asked for: of a hundred thousand hits for ten a look at each, and little memory.
pub(super) struct Best<T, O> {
    /// Once it was full: the best so far, the last of them at `limit - 1`, then what is better than that and came after.
    kept: Vec<T>,
    full: bool,
    limit: usize,
    order: O,
}

impl<T, O: Fn(&T, &T) -> Ordering> Best<T, O> {
    /// Of at most `limit`; `order` puts the better one first.
    pub(super) fn new(limit: usize, order: O) -> Best<T, O> {
        Best { kept: Vec::new(), full: false, limit, order }
    }

    /// Takes `item` into account.
    pub(super) fn add(&mut self, item: T) {
        if self.limit == 0 || self.full && (self.order)(&item, &self.kept[self.limit - 1]) != Ordering::Less {
            return;
        }
        self.kept.push(item);
        // Twice as many: then one in so many that come pays for a look at all of them.
        if self.kept.len() >= self.limit.saturating_mul(2) {
            self.cut();
        }
    }

    /// Those, best first.
    pub(super) fn sorted(mut self) -> Vec<T> {
        if self.kept.len() > self.limit {
            self.cut();
        }
        self.kept.sort_unstable_by(self.order);
        self.kept
    }

    fn cut(&mut self) {
        self.kept.select_nth_unstable_by(self.limit - 1, &self.order);
        self.kept.truncate(self.limit);
        self.full = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(crate::properties::cases(128))]

        #[test]
        fn the_best_are_the_first_of_all_when_sorted(all in proptest::collection::vec(0..50u8, 0..200), limit in 0..30usize) {
            let mut best = Best::new(limit, |a: &(u8, usize), b: &(u8, usize)| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            let mut sorted: Vec<(u8, usize)> = all.into_iter().zip(0..).collect();
            sorted.iter().for_each(|item| best.add(*item));
            sorted.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
            sorted.truncate(limit);
            prop_assert_eq!(best.sorted(), sorted);
        }
    }
}
