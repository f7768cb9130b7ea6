//! Rewrites that only Oracle needs.

use super::dropped::past;
use super::{bracket, ends_value, is, word};
use crate::lineage::token::{Tok, made};
use sqlparser::tokenizer::Token;

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    match word(tokens, at)?.as_str() {
        // A parent's value outside CONNECT BY.
        "PRIOR" if matches!(tokens.get(at + 1)?.token, Token::Word(_)) => Some((Vec::new(), 1)),
        // CAST(MULTISET(SELECT …) AS t), CURSOR(SELECT …)
        "MULTISET" | "CURSOR" if bracket(tokens, at + 1) > 0 => Some((Vec::new(), 1)),
        // a MULTISET UNION ALL b
        "MULTISET" if at > 0 && ends_value(&tokens[at - 1].token) => {
            let all = usize::from(["ALL", "DISTINCT"].iter().any(|w| is(tokens, at + 2, w)));
            Some((vec![made(Token::StringConcat, &tokens[at])], 2 + all))
        }
        // t VERSIONS BETWEEN TIMESTAMP a AND b: what the table was in between.
        "VERSIONS" if is(tokens, at + 1, "BETWEEN") => Some((Vec::new(), past(tokens, at))),
        _ => interval(tokens, at),
    }
}

/// `(a - b) DAY(4) TO SECOND(2)`: how a difference is told.
pub(super) fn interval(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    const UNITS: [&str; 6] = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"];
    let unit = |i: usize| UNITS.iter().any(|w| is(tokens, i, w));
    if at == 0 || tokens[at - 1].token != Token::RParen || !unit(at) {
        return None;
    }
    let mut end = at + 1 + bracket(tokens, at + 1);
    if is(tokens, end, "TO") && unit(end + 1) {
        end += 2 + bracket(tokens, end + 2);
    }
    Some((Vec::new(), end - at))
}
