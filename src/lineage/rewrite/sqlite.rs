//! Rewrites that only SQLite needs.

use super::postgres::null_test;
use super::{is, word};
use crate::lineage::token::{Tok, made};
use sqlparser::tokenizer::Token;

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    match word(tokens, at)?.as_str() {
        // Any two values are compared by IS.
        "IS" => {
            let not = usize::from(is(tokens, at + 1, "NOT"));
            let known = ["NULL", "TRUE", "FALSE", "DISTINCT"].iter().any(|w| is(tokens, at + 1 + not, w));
            (!known).then(|| (vec![made(if not == 1 { Token::Neq } else { Token::Eq }, &tokens[at])], 1 + not))
        }
        _ => null_test(tokens, at),
    }
}
