//! Functions of Trino and Oracle that are defined for one statement: `WITH FUNCTION f(x BIGINT) RETURNS BIGINT RETURN x * 2 SELECT …`.

use super::block_end;
use crate::lineage::engine::Engine;
use crate::lineage::statement::starts_query;
use crate::lineage::token::Tokens;
use sqlparser::tokenizer::Token;

impl Engine<'_> {
    /// Where the functions of the statement in `at..end` begin and where its query does, which may come after a `;` of theirs.
    /// Trino allows no queries in them; Oracle's are not looked for.
    pub(crate) fn inline_functions(&self, t: &Tokens, at: usize, end: usize, to: usize) -> Option<(usize, usize)> {
        let oracle = self.grammar.is(&["oracle"]);
        if !oracle && !self.grammar.is(&["trino", "presto", "athena"]) {
            return None;
        }
        let with = t.find(at, end, |i| t.is(i, "WITH") && t.any(i + 1, &["FUNCTION", "PROCEDURE"]))?;
        if oracle {
            let mut next = with + 1;
            while t.any(next, &["FUNCTION", "PROCEDURE"]) && next < to {
                let body = t.find(next, to, |i| t.is(i, "BEGIN"))?;
                next = t.statement_end(block_end(t, body, to), to) + 1;
            }
            // CTEs may go on with the list.
            let ctes = usize::from(!t.any(next, &["SELECT", "WITH"]) && !t.open(next));
            return (next < to).then_some((with + ctes, next));
        }
        let mut next = with + 1;
        loop {
            let body = t.find(next, to, |i| t.any(i, &["RETURN", "BEGIN"]))?;
            next = if t.is(body, "BEGIN") {
                // A word after it is no name of the block.
                let block = block_end(t, body, to);
                (body..block).rev().find(|i| t.is(*i, "END"))? + 1
            } else {
                t.find(body, to, |i| {
                    t.any(i, &["SELECT", "WITH", "VALUES", "TABLE"])
                        || t.at(i, &Token::Comma) && t.is(i + 1, "FUNCTION")
                        || t.open(i) && starts_query(t, i)
                })?
            };
            if !t.at(next, &Token::Comma) {
                return (next < to).then_some((with, next));
            }
        }
    }
}
