//! Branches of a body: what a variable may hold where several ways meet.
//!
//! A body is read once from top to bottom. Inside a branch an assignment replaces what was held, as it does when the code runs; where
//! the branch ends, the variable holds what each way leaves in it. A branch remembers only what it changes.

use super::{Variable, take_rows};
use crate::lineage::Severity;
use crate::lineage::engine::{Context, Engine};
use crate::lineage::scope::merge;
use crate::lineage::token::Tokens;
use std::collections::HashMap;

/// Branches inside branches that are told apart: what a branch changes is handed on to every one around it. Deeper ones are read as if
/// each was taken.
const MAX_OPEN: usize = 64;

/// What ends a branch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ends {
    /// The statement that it consists of.
    Statement,
    /// `END`.
    End,
    /// The `END` of the branch around it.
    Outer,
}

/// Statements that need not run: the alternatives of an IF or CASE, the body of a loop, what handles an error.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    ends: Ends,
    /// Of the branches of one body, this one.
    number: usize,
    /// Alternatives begun.
    begun: usize,
    /// One of the alternatives is taken in any case.
    certain: bool,
    /// What it changes, by the name of the variable.
    changed: HashMap<String, Changed>,
}

#[derive(Clone, Debug)]
struct Changed {
    /// What was held when the branch began.
    before: Variable,
    /// What the alternatives before this one leave.
    left: Option<Variable>,
}

impl Branch {
    /// Statements that run or not.
    pub(crate) fn new(ends: Ends) -> Branch {
        Branch { ends, number: 0, begun: 1, certain: false, changed: HashMap::new() }
    }

    /// Alternatives, each begun with [`Context::alternative`].
    pub(crate) fn of_cases(ends: Ends) -> Branch {
        Branch { begun: 0, ..Branch::new(ends) }
    }

    /// Statements that are only bracketed.
    pub(crate) fn block() -> Branch {
        Branch { certain: true, ..Branch::new(Ends::End) }
    }

    fn keep(&mut self, name: &str, held: &Variable) {
        if !self.changed.contains_key(name) {
            let left = (self.begun > 1).then(|| held.clone());
            self.changed.insert(name.to_owned(), Changed { before: held.clone(), left });
        }
    }
}

impl Context {
    /// The variable of this name, to be changed.
    pub(crate) fn change(&mut self, name: &str) -> &mut Variable {
        let open = self.branches.len().min(MAX_OPEN);
        let held = self.variables.entry(name.to_owned()).or_default();
        if let Some(branch) = self.branches[..open].last_mut() {
            branch.keep(name, held);
        }
        held
    }

    /// The next alternative of the innermost branch begins; `last` when it is taken in all other cases.
    pub(crate) fn alternative(&mut self, last: bool) {
        let Some(branch) = self.branches.last_mut().filter(|b| !b.certain) else { return };
        branch.certain = last;
        branch.begun += 1;
        if branch.begun == 1 {
            return;
        }
        for (name, changed) in &mut branch.changed {
            let held = self.variables.entry(name.clone()).or_default();
            let mut leaves = std::mem::replace(held, changed.before.clone());
            leaves.made_in(branch.number, branch.begun - 1);
            match &mut changed.left {
                Some(left) => left.join(leaves),
                None => changed.left = Some(leaves),
            }
        }
    }

    /// The innermost branch ends: variables hold what each of its ways leaves.
    pub(crate) fn leave(&mut self) {
        let Some(branch) = self.branches.pop() else { return };
        let open = self.branches.len().min(MAX_OPEN);
        for (name, Changed { mut before, left }) in branch.changed {
            if let Some(outer) = self.branches[..open].last_mut() {
                outer.keep(&name, &before);
            }
            let held = self.variables.entry(name).or_default();
            // Only where ways meet they are told apart.
            if !branch.certain || branch.begun > 1 {
                before.made_in(branch.number, 0);
                held.made_in(branch.number, branch.begun);
            }
            let ways = [(!branch.certain).then_some(before), left, Some(std::mem::take(held))];
            ways.into_iter().flatten().for_each(|way| held.join(way));
        }
    }

    /// An `END`: of the innermost branch that ends so, and of what is open inside it.
    pub(crate) fn end(&mut self) {
        while let Some(ends) = self.branches.last().map(|b| b.ends) {
            self.leave();
            if ends == Ends::End {
                break;
            }
        }
    }

    /// Whether what is read runs in any case.
    pub(crate) fn certain(&self) -> bool {
        self.branches.iter().all(|b| b.certain && b.begun == 1)
    }

    /// Whether the innermost branch consists of the next statement.
    pub(crate) fn single(&self) -> bool {
        self.branches.last().is_some_and(|b| b.ends == Ends::Statement)
    }

    /// A statement ends at `at`, and with it the branches that consist of it and go on with no ELSE.
    pub(crate) fn complete(&mut self, t: &Tokens, at: usize) {
        let otherwise = t.is(at + usize::from(t.at(at, &sqlparser::tokenizer::Token::SemiColon)), "ELSE");
        while self.single() && !(otherwise && self.branches.last().is_some_and(|b| !b.certain)) {
            self.leave();
        }
    }
}

impl Engine<'_> {
    /// A branch begins on this line.
    pub(crate) fn enter(&mut self, branch: Branch, line: u32, context: &mut Context) {
        if context.branches.len() == MAX_OPEN {
            let message = format!("Branches nested deeper than {MAX_OPEN} are read as if each was taken.");
            self.diagnose(line, Severity::Warning, message);
        }
        context.begun += 1;
        context.branches.push(Branch { number: context.begun, ..branch });
    }
}

impl Variable {
    /// It may also hold what `other` holds.
    pub(crate) fn join(&mut self, other: Variable) {
        merge(&mut self.sources, other.sources);
        take_rows(self, other.rows);
        self.prepared |= other.prepared;
        other.texts.into_iter().for_each(|text| self.also(text));
    }
}
