//! Branches of a body: what a variable may hold where several ways meet.
//!
//! A body is read once from top to bottom. Inside a branch an assignment replaces what was held, as it does when the code runs; where
//! the branch ends, the variable holds what each way leaves in it. A branch remembers only what it changes.

use super::{Variable, take_rows};
use crate::lineage::draft::Context;
use crate::lineage::engine::Engine;
use crate::lineage::scope::{Temp, merge, size, temp_key};
use crate::lineage::token::Tokens;
use crate::lineage::{Name, Severity};
use foldhash::{HashMap, HashSet};

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
    /// What it stands in runs in any case.
    around: bool,
    /// What it changes, by the name of the variable.
    changed: HashMap<String, Changed>,
    /// Names of what the alternative that is open changes.
    open: Vec<String>,
}

#[derive(Clone, Debug)]
struct Changed {
    /// What was held when the branch began.
    before: Variable,
    /// What the alternatives up to `seen` leave.
    left: Option<Variable>,
    /// The last alternative that `left` knows of.
    seen: usize,
}

impl Changed {
    /// The alternatives after the last seen up to `to` leave what was held before.
    fn pass(&mut self, branch: usize, to: usize) {
        // A text that two of them leave is of neither: more say nothing new.
        for alternative in (self.seen + 1..=to).take(2) {
            self.leave(self.before.clone(), branch, alternative);
        }
        self.seen = to;
    }

    fn leave(&mut self, mut held: Variable, branch: usize, alternative: usize) {
        held.made_in(branch, alternative);
        match &mut self.left {
            Some(left) => left.join(held),
            None => self.left = Some(held),
        }
    }
}

impl Branch {
    /// Statements that run or not.
    pub(crate) fn new(ends: Ends) -> Branch {
        Branch { ends, number: 0, begun: 1, certain: false, around: true, changed: HashMap::default(), open: Vec::new() }
    }

    /// Alternatives, each begun with [`Context::alternative`].
    pub(crate) fn of_cases(ends: Ends) -> Branch {
        Branch { begun: 0, ..Branch::new(ends) }
    }

    /// Statements that are only bracketed.
    pub(crate) fn block() -> Branch {
        Branch { certain: true, ..Branch::new(Ends::End) }
    }

    /// Before `held` is changed; gives what it copied.
    fn keep(&mut self, name: &str, held: &Variable) -> usize {
        let (before, number) = (self.begun.saturating_sub(1), self.number);
        match self.changed.get_mut(name) {
            // Of the alternative that is open already.
            Some(changed) if changed.seen == self.begun => return 0,
            Some(changed) => {
                changed.pass(number, before);
                changed.seen = self.begun;
            }
            None => {
                let left = (before > 0).then(|| held.clone());
                self.changed.insert(name.to_owned(), Changed { before: held.clone(), left, seen: self.begun });
            }
        }
        self.open.push(name.to_owned());
        1 + held.size()
    }
}

impl Context {
    /// The variable of this name, to be changed.
    pub(crate) fn change(&mut self, name: &str) -> &mut Variable {
        self.save(name);
        let open = self.branches.len().min(MAX_OPEN);
        let held = self.variables.entry(name.to_owned()).or_default();
        if let Some(branch) = self.branches[..open].last_mut() {
            self.copied += branch.keep(name, held);
        }
        held
    }

    /// The next alternative of the innermost branch begins; `last` when it is taken in all other cases.
    pub(crate) fn alternative(&mut self, last: bool) {
        let Some(branch) = self.branches.last_mut().filter(|b| !b.certain) else { return };
        branch.certain = last;
        branch.begun += 1;
        if branch.begun == 1 {
            // What stands before the first belongs to it.
            for name in &branch.open {
                branch.changed.get_mut(name).into_iter().for_each(|c| c.seen = 1);
            }
            return;
        }
        for name in branch.open.drain(..) {
            let (Some(changed), Some(held)) = (branch.changed.get_mut(&name), self.variables.get_mut(&name)) else { continue };
            self.copied += changed.before.size();
            let leaves = std::mem::replace(held, changed.before.clone());
            changed.leave(leaves, branch.number, branch.begun - 1);
        }
    }

    /// The variable of this name, which is there from now on.
    pub(crate) fn declare(&mut self, name: &str) -> &mut Variable {
        self.save(name);
        self.own.insert(name.to_owned());
        self.variables.entry(name.to_owned()).or_default()
    }

    fn save(&mut self, name: &str) {
        if let Some(saved) = self.saved.as_mut().filter(|saved| !saved.contains_key(name)) {
            let before = self.variables.get(name);
            self.copied += before.map_or(0, Variable::size);
            saved.insert(name.to_owned(), before.cloned());
        }
    }

    /// From here on variables hold no columns: more of them were copied than is followed.
    pub(crate) fn forget_columns(&mut self) {
        let kept = self.branches.iter_mut().flat_map(|b| b.changed.values_mut());
        let kept = kept.flat_map(|c| [Some(&mut c.before), c.left.as_mut()]).flatten();
        let saved = self.saved.iter_mut().flat_map(|s| s.values_mut().flatten());
        for variable in self.variables.values_mut().chain(kept).chain(saved) {
            variable.sources.clear();
            variable.rows.clear();
        }
    }

    /// The context of a text of its own, which has the variables until [`Context::resume`].
    pub(crate) fn inside(&mut self) -> Context {
        let variables = std::mem::take(&mut self.variables);
        let branches = if self.certain() { Vec::new() } else { vec![Branch::new(Ends::End)] };
        let (owner, gives) = (self.owner.clone(), self.gives.clone());
        let (trigger_table, new_row) = (self.trigger_table.clone(), self.new_row.clone());
        Context {
            owner,
            gives,
            trigger_table,
            new_row,
            variables,
            branches,
            own: HashSet::default(),
            saved: Some(HashMap::default()),
            parameters: Vec::new(),
            handed: Vec::new(),
            fired: None,
            depth: self.depth + 1,
            ..*self
        }
    }

    /// Takes the variables back, as they were, but for parameters whose values go back to who calls.
    pub(crate) fn resume(&mut self, inner: Context) {
        self.variables = inner.variables;
        let gives = self.gives.clone();
        let handed = std::mem::take(&mut self.handed);
        let kept = |name: &str| gives.as_deref().is_some_and(|gives| gives.hands_back(name)) || handed.iter().any(|h| h == name);
        for (name, before) in inner.saved.into_iter().flatten().filter(|(name, _)| !kept(name)) {
            match before {
                Some(before) => self.variables.insert(name, before),
                None => self.variables.remove(&name),
            };
        }
        self.handed = handed;
    }

    /// The innermost branch ends: variables hold what each of its ways leaves.
    pub(crate) fn leave(&mut self) {
        let Some(branch) = self.branches.pop() else { return };
        let open = self.branches.len().min(MAX_OPEN);
        for (name, mut changed) in branch.changed {
            if changed.seen < branch.begun {
                changed.pass(branch.number, branch.begun - 1);
            }
            let Changed { mut before, left, .. } = changed;
            if let Some(outer) = self.branches[..open].last_mut() {
                self.copied += outer.keep(&name, &before);
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
        self.branches.last().is_none_or(|b| b.around && b.certain && b.begun == 1)
    }

    /// The branches that are open, but for those that are taken in any case: number and alternative, outermost first.
    fn way(&self) -> Vec<(usize, usize)> {
        let open = &self.branches[..self.branches.len().min(MAX_OPEN)];
        open.iter().filter(|b| !(b.certain && b.begun == 1)).map(|b| (b.number, b.begun)).collect()
    }

    /// Whether what is read runs where something before it does not.
    pub(crate) fn instead(&self) -> bool {
        self.branches.iter().any(|b| b.begun > 1)
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
    /// A temporary is made anew. What another way left in the one before is kept aside.
    pub(crate) fn renew(&mut self, name: &Name, temp: Temp, context: &Context) {
        self.drop_temporary(name, context);
        self.temps.insert(temp_key(name), Temp { way: context.way(), ..temp });
    }

    /// A temporary is gone on this way.
    pub(crate) fn drop_temporary(&mut self, name: &Name, context: &Context) {
        let Some(before) = self.temps.remove(&temp_key(name)) else { return };
        let way = context.way();
        if let Some((at, (branch, _))) = way.iter().enumerate().find(|(at, step)| before.way.get(*at) != Some(step)) {
            // As if made where the ways meet.
            let before = Temp { way: way[..at].to_vec(), ..before };
            self.aside.entry(*branch).or_default().push((name.clone(), before));
        }
    }

    /// Where branches have ended, temporaries also hold what their other ways left.
    pub(crate) fn meet(&mut self, context: &Context) {
        let ended = |branch: &&usize| !context.branches.iter().any(|b| b.number == **branch);
        while let Some(branch) = self.aside.keys().rev().find(ended).copied() {
            for (name, before) in self.aside.remove(&branch).into_iter().flatten() {
                let Temp { columns, generated, computed, rows, reads, decided, way, lent: _ } = before;
                if !self.count_copies(rows.iter().map(|row| size(row)).sum()) {
                    continue;
                }
                let temp = self.temps.entry(temp_key(&name)).or_default();
                temp.way = way;
                if temp.columns.is_empty() {
                    (temp.columns, temp.generated, temp.computed) = (columns.clone(), generated, computed);
                }
                let reads = reads.into_iter().map(|read| (read, 0)).collect();
                self.fill(&name, Some(&columns), rows, reads, decided);
            }
        }
    }

    /// A branch begins on this line.
    pub(crate) fn enter(&mut self, branch: Branch, line: u32, context: &mut Context) {
        if context.branches.len() == MAX_OPEN {
            let message = format!("Branches nested deeper than {MAX_OPEN} are read as if each was taken.");
            self.diagnose(line, Severity::Warning, message);
        }
        context.begun += 1;
        context.branches.push(Branch { number: context.begun, around: context.certain(), ..branch });
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
