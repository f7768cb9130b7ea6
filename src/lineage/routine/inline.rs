//! Trino's functions that are defined for one statement: `WITH FUNCTION f(x BIGINT) RETURNS BIGINT RETURN x * 2 SELECT …`.

use super::block_end;
use crate::lineage::engine::Engine;
use crate::lineage::statement::starts_query;
use crate::lineage::token::Tokens;
use sqlparser::tokenizer::Token;

impl Engine<'_> {
    /// Where the functions of the statement in `at..end` begin and where its query does, which may come after a `;` of theirs. They
    /// read nothing: queries are not allowed in them.
    pub(crate) fn inline_functions(&self, t: &Tokens, at: usize, end: usize, to: usize) -> Option<(usize, usize)> {
        if !self.grammar.is(&["trino", "presto", "athena"]) {
            return None;
        }
        let with = t.find(at, end, |i| t.is(i, "WITH") && t.is(i + 1, "FUNCTION"))?;
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
