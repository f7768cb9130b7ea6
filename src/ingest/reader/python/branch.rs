//! Ways that a script may take: behind an `if`, a `try` or a `match` a name is what any of its arms leaves it.

use super::Script;
use super::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Branches in branches that are told apart; what is deeper is read from top to bottom.
const MAX_FORKS: usize = 32;

/// A branch whose arms are being followed.
pub(super) struct Fork {
    /// How far it is indented.
    indent: usize,
    /// The number of the scope that it stands in.
    scope: usize,
    word: Word,
    /// One of the arms is taken.
    whole: bool,
    /// What each name that an arm changes held before all of them.
    before: BTreeMap<String, Option<Value>>,
    /// The names that the arm at hand has changed.
    arm: BTreeSet<String>,
    /// What the arms before it left.
    left: Vec<BTreeMap<String, Value>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    If,
    Try,
    Case,
}

impl Script<'_> {
    /// A line begins, so far indented and with this word: ends the branches and arms that it is not part of.
    pub(super) fn reach(&mut self, indent: usize, word: Option<&str>) {
        while let Some(fork) = self.forks.last() {
            let goes_on = match (fork.word, word) {
                _ if indent != fork.indent => false,
                (Word::If, Some("elif" | "else")) | (Word::Try, Some("except")) | (Word::Case, Some("case")) => true,
                _ => false,
            };
            if goes_on {
                return self.next_arm(word == Some("else"));
            }
            if indent > fork.indent {
                return;
            }
            self.join();
        }
    }

    /// A branch begins with `word`, if that is a word that does.
    pub(super) fn fork(&mut self, indent: usize, word: &str) {
        let word = match word {
            "if" => Word::If,
            "try" => Word::Try,
            "case" if !self.forks.last().is_some_and(|f| f.word == Word::Case && f.indent == indent) => Word::Case,
            _ => return,
        };
        if self.forks.len() < MAX_FORKS {
            let scope = self.scopes.len() - 1;
            let (before, arm, left) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
            self.forks.push(Fork { indent, scope, word, whole: word == Word::Try, before, arm, left });
        }
    }

    /// All branches end.
    pub(super) fn join_all(&mut self) {
        while !self.forks.is_empty() {
            self.join();
        }
    }

    /// The name in a scope is about to be changed.
    pub(super) fn note(&mut self, scope: usize, name: &str) {
        let Some(at) = self.forks.iter().rposition(|fork| fork.scope == scope) else { return };
        let known = self.scopes.get(scope).and_then(|s| s.names.get(name)).cloned();
        if !self.forks[at].before.contains_key(name) && !self.spend(known.as_ref().map_or(1, Value::weight)) {
            return;
        }
        let fork = &mut self.forks[at];
        fork.arm.insert(name.to_owned());
        fork.before.entry(name.to_owned()).or_insert(known);
    }

    /// Puts aside what an arm left and gives its names back what they held before.
    fn next_arm(&mut self, whole: bool) {
        let Some(mut fork) = self.forks.pop() else { return };
        let mut left = BTreeMap::new();
        if let Some(scope) = self.scopes.get_mut(fork.scope) {
            for name in std::mem::take(&mut fork.arm) {
                let before = fork.before.get(&name).cloned().flatten();
                let now = match before {
                    Some(before) => scope.names.insert(name.clone(), before),
                    None => scope.names.remove(&name),
                };
                left.extend(now.map(|now| (name, now)));
            }
        }
        fork.left.push(left);
        fork.whole |= whole;
        self.forks.push(fork);
    }

    /// A branch ends: each name that an arm changed is what any of them left it.
    fn join(&mut self) {
        self.next_arm(false);
        let Some(Fork { scope, whole, before, left, .. }) = self.forks.pop() else { return };
        for (name, held) in before {
            let mut ways: Vec<Value> = left.iter().filter_map(|arm| arm.get(&name).or(held.as_ref())).cloned().collect();
            ways.extend(held.filter(|_| !whole));
            let cost = ways.iter().map(|way| way.weight() + way.text.as_ref().map_or(0, |t| t.size())).sum();
            if !self.spend(cost) {
                return;
            }
            ways.dedup_by(|a, b| a.is_same(b));
            let Some(value) = ways.into_iter().reduce(Value::with) else { continue };
            self.note(scope, &name);
            if let Some(scope) = self.scopes.get_mut(scope) {
                scope.names.insert(name, value);
            }
        }
    }
}
