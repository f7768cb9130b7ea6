//! What the rounds of a loop hand on: a variable that the end of a body sets is held where the next round begins.

use crate::lineage::draft::Context;
use crate::lineage::engine::Engine;
use crate::lineage::routine::block_end;
use crate::lineage::scope::{merge, size};
use crate::lineage::token::Tokens;
use crate::lineage::variable::take_rows;

/// Rounds read ahead, at most: a value that goes from variable to variable in the order of the body needs one.
const ROUNDS: usize = 2;

/// Tokens of a loop that is read ahead, loops inside it included; people write hundreds. Longer ones are read once.
const MAX_LOOP: usize = 8_192;

impl Engine<'_> {
    /// Reads the loop whose body begins at `at` once before it is read for what it says, so that variables hold what a round leaves in them.
    /// Loops inside it are read with it.
    pub(crate) fn read_ahead(&mut self, t: &Tokens, at: usize, to: usize, context: &mut Context) {
        if self.ahead || context.looped.is_some_and(|(depth, end)| context.depth > depth || at < end) {
            return;
        }
        let Some(end) = self.loop_end(t, at, to.min(at + MAX_LOOP)) else { return };
        context.looped = Some((context.depth, end));
        for _ in 0..ROUNDS {
            if !self.round(t, at, end, context) {
                break;
            }
        }
    }

    /// Reads one round ahead; gives whether it left more in variables than they held.
    fn round(&mut self, t: &Tokens, at: usize, end: usize, context: &mut Context) -> bool {
        let held = self.temps.values().flat_map(|temp| &temp.rows).map(|row| size(row)).sum();
        if !self.count_copies(held) {
            return false;
        }
        let (temps, aside, home) = (self.temps.clone(), self.aside.clone(), self.home.clone());
        let (tokens, lost, events) = (self.tokens, self.lost, self.events.len());
        let mut round = Context { depth: context.depth, ..context.inside() };
        self.ahead = true;
        self.script(t, at, end, &mut round);
        self.ahead = false;
        (self.temps, self.aside, self.home, self.tokens, self.lost) = (temps, aside, home, tokens, lost);
        self.events.truncate(events);
        let names = round.saved.iter().flatten();
        // T-SQL's variables live on where they are declared in a loop; elsewhere each round has its own.
        let lives = |name: &str, before: bool| before || name.starts_with('@');
        let left = names.filter(|(name, before)| lives(name, before.is_some())).filter_map(|(name, _)| {
            let after = round.variables.get(name)?;
            Some((name.clone(), after.sources.clone(), after.rows.clone()))
        });
        let left: Vec<_> = left.collect();
        context.resume(round);
        let mut more = false;
        for (name, sources, rows) in left {
            let held = context.change(&name);
            let before = (held.sources.len(), held.rows.len());
            merge(&mut held.sources, sources);
            take_rows(held, rows);
            more |= before != (held.sources.len(), held.rows.len());
        }
        more
    }

    /// One past the body of a loop that begins at `at`, where it is a block that ends before `to`.
    fn loop_end(&self, t: &Tokens, at: usize, to: usize) -> Option<usize> {
        if self.grammar.is_tsql() {
            let end = Some(block_end(t, at, to)).filter(|end| t.is(at, "BEGIN") && (*end < to || to < at + MAX_LOOP))?;
            // Without what looks like the block's name.
            return (at..end).rev().find(|i| t.is(*i, "END")).map(|i| i + 1);
        }
        let mut depth = 1usize;
        for i in at..to {
            if t.is(i, "END") && t.any(i + 1, &["LOOP", "WHILE", "REPEAT", "FOR"]) {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            } else if !t.is(i.wrapping_sub(1), "END") {
                let opens = t.is(i, "LOOP") || t.is(i, "REPEAT") && !t.open(i + 1);
                let acts = t.is(i, "DO") && !t.any(i + 1, &["UPDATE", "NOTHING", "ALSO", "INSTEAD"]);
                depth += usize::from(opens || acts);
            }
        }
        None
    }
}
