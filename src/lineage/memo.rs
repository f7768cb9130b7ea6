//! Answers that are made of other answers, also in a circle, each found once.

use foldhash::HashMap;
use std::hash::Hash;

/// Answers of one circle that are found once more for the next question, since the circle was not closed when they were; beyond, they are
/// kept as they are. In a circle of a few each is, in one in which all ask all there is no end of ways.
const MAX_AGAIN: usize = 256;

/// Answers by question. A question that leads back to itself gets nothing by that; whichever of a circle is asked first, each gets the
/// same as if it were asked alone.
pub(crate) struct Memo<Q, A> {
    known: HashMap<Q, Known<A>>,
    /// Questions being answered, each for the one before.
    open: Vec<Q>,
    /// How many questions may be answered within one: each takes a stretch of the stack.
    most: usize,
    /// The first open question whose answer, not known yet, was asked for since the last began.
    leans_on: Option<usize>,
    /// The number of open questions at the deepest of those answered since the last began.
    deepest: usize,
    /// Answers not kept since the first open question began.
    again: usize,
}

struct Known<A> {
    answer: A,
    /// How many questions within each other it took.
    below: usize,
}

/// How a question stands.
pub(crate) enum Asked<A> {
    /// This is the answer.
    Known(A),
    /// It is being answered, or too deep.
    Open,
    /// To be answered, and handed to [`Memo::end`] with this.
    New(Around),
}

/// What was so before a question.
pub(crate) struct Around {
    leans_on: Option<usize>,
    deepest: usize,
}

impl<Q: Clone + Eq + Hash, A: Clone> Memo<Q, A> {
    /// An empty one in which `most` questions are answered within one.
    pub(crate) fn new(most: usize) -> Self {
        Memo { known: HashMap::default(), open: Vec::new(), most, leans_on: None, deepest: 0, again: 0 }
    }

    /// Asks a question.
    pub(crate) fn begin(&mut self, question: &Q) -> Asked<A> {
        let at = self.open.len();
        if let Some(known) = self.known.get(question).filter(|known| at + known.below <= self.most) {
            self.deepest = self.deepest.max(at + known.below);
            return Asked::Known(known.answer.clone());
        }
        let open = self.open.iter().position(|q| q == question).or((at > self.most).then_some(0));
        if let Some(open) = open {
            self.leans_on = Some(self.leans_on.map_or(open, |first| first.min(open)));
            return Asked::Open;
        }
        self.open.push(question.clone());
        Asked::New(Around { leans_on: self.leans_on.take(), deepest: std::mem::replace(&mut self.deepest, at) })
    }

    /// Answers the question that was begun last.
    pub(crate) fn end(&mut self, around: Around, answer: &A) {
        let Some(question) = self.open.pop() else { return };
        let at = self.open.len();
        let leans_on = self.leans_on.filter(|open| *open < at);
        let known = || Known { answer: answer.clone(), below: self.deepest - at };
        if leans_on.is_none() {
            self.known.insert(question, known());
        } else if self.again >= MAX_AGAIN {
            // One that is whole stays.
            self.known.entry(question).or_insert_with(known);
        } else {
            self.again += 1;
        }
        if at == 0 {
            self.again = 0;
        }
        self.leans_on = [around.leans_on, leans_on].into_iter().flatten().min();
        self.deepest = self.deepest.max(around.deepest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `node` reaches by `arrows`, those of a node in order.
    fn reached(memo: &mut Memo<usize, Vec<usize>>, arrows: &[Vec<usize>], node: usize, asked: &mut usize) -> Vec<usize> {
        let around = match memo.begin(&node) {
            Asked::Known(answer) => return answer,
            Asked::Open => return Vec::new(),
            Asked::New(around) => around,
        };
        *asked += 1;
        let mut found = vec![node];
        for to in &arrows[node] {
            found.extend(reached(memo, arrows, *to, asked));
        }
        found.sort_unstable();
        found.dedup();
        memo.end(around, &found);
        found
    }

    #[test]
    fn each_of_a_circle_gets_the_same_whichever_is_asked_first() {
        for arrows in [
            vec![vec![1], vec![2, 0], vec![0, 3], vec![]],
            vec![vec![1, 2], vec![0], vec![1, 2], vec![3, 0]],
            vec![vec![1], vec![2], vec![3], vec![4], vec![5], vec![]],
        ] {
            let alone = |node| reached(&mut Memo::new(3), &arrows, node, &mut 0);
            let expected: Vec<_> = (0..arrows.len()).map(alone).collect();
            for first in 0..arrows.len() {
                let mut memo = Memo::new(3);
                reached(&mut memo, &arrows, first, &mut 0);
                let then: Vec<_> = (0..arrows.len()).map(|node| reached(&mut memo, &arrows, node, &mut 0)).collect();
                assert_eq!(then, expected, "{arrows:?} after {first}");
            }
        }
    }

    #[test]
    fn where_all_ask_all_the_work_has_an_end() {
        let arrows: Vec<Vec<usize>> = vec![(0..60).collect(); 60];
        let (mut memo, mut asked) = (Memo::new(64), 0);
        (0..60).for_each(|node| assert!(reached(&mut memo, &arrows, node, &mut asked).contains(&node)));
        assert!(asked < 1_000, "{asked}");
    }
}
