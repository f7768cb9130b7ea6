//! Rewrites that PostgreSQL and Redshift need.

use super::{bracket, is, word};
use crate::lineage::token::Tok;

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    // Redshift: APPROXIMATE COUNT(DISTINCT a).
    if is(tokens, at, "APPROXIMATE") && word(tokens, at + 1).is_some() && bracket(tokens, at + 2) > 0 {
        return Some((Vec::new(), 1));
    }
    null_test(tokens, at)
}

/// `a ISNULL`, `a NOTNULL`.
pub(super) fn null_test(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let test = is(tokens, at, "ISNULL") || is(tokens, at, "NOTNULL");
    (test && bracket(tokens, at + 1) == 0).then(|| (Vec::new(), 1))
}
