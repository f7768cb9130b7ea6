//! Rewrites that PostgreSQL and Redshift need.

use super::{bracket, is, word};
use crate::lineage::token::Tok;
use sqlparser::tokenizer::Token;

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    // Redshift: APPROXIMATE COUNT(DISTINCT a).
    if is(tokens, at, "APPROXIMATE") && word(tokens, at + 1).is_some() && bracket(tokens, at + 2) > 0 {
        return Some((Vec::new(), 1));
    }
    // ROWS FROM (f(a) AS (b INT), g()): a function of functions.
    if is(tokens, at, "ROWS") && is(tokens, at + 1, "FROM") && bracket(tokens, at + 2) > 0 {
        let end = at + 2 + bracket(tokens, at + 2);
        let mut list = vec![tokens[at].clone(), tokens[at + 2].clone()];
        let mut i = at + 3;
        while i < end {
            if is(tokens, i, "AS") && bracket(tokens, i + 1) > 0 {
                i += 1 + bracket(tokens, i + 1);
            } else {
                let used = bracket(tokens, i).max(1);
                list.extend_from_slice(&tokens[i..i + used]);
                i += used;
            }
        }
        return Some((list, end - at));
    }
    if is_only(tokens, at) {
        let used = bracket(tokens, at + 1);
        return Some((if used > 0 { tokens[at + 2..at + used].to_vec() } else { Vec::new() }, 1 + used));
    }
    null_test(tokens, at)
}

/// Whether `at` is the ONLY of `FROM ONLY t`, `JOIN ONLY (t)`, `TABLE ONLY t`: without what inherits from it.
pub(super) fn is_only(tokens: &[Tok], at: usize) -> bool {
    const CLAUSES: [&str; 8] = ["WHERE", "JOIN", "LEFT", "INNER", "ON", "GROUP", "ORDER", "AS"];
    is(tokens, at, "ONLY")
        && at > 0
        && ["FROM", "JOIN", "TABLE"].iter().any(|w| is(tokens, at - 1, w))
        && (bracket(tokens, at + 1) > 0 || matches!(tokens.get(at + 1).map(|t| &t.token), Some(Token::Word(_))))
        && !CLAUSES.iter().any(|w| is(tokens, at + 1, w))
}

/// `a ISNULL`, `a NOTNULL`.
pub(super) fn null_test(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let test = is(tokens, at, "ISNULL") || is(tokens, at, "NOTNULL");
    (test && bracket(tokens, at + 1) == 0).then(|| (Vec::new(), 1))
}
