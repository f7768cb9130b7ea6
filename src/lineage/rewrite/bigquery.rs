//! Rewrites that only BigQuery needs.

use super::argument::searched;
use super::vendor::{angles, name_end};
use super::{bracket, word};
use crate::lineage::token::{Tok, made, make_word};
use sqlparser::tokenizer::Token;

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let next = &tokens.get(at + 1)?.token;
    match word(tokens, at)?.as_str() {
        // ARRAY<INT64>[1, 2]
        "ARRAY" if *next == Token::Lt => {
            let used = 1 + angles(tokens, at + 1);
            (used > 1 && tokens.get(at + used)?.token == Token::LBracket).then(|| (Vec::new(), used))
        }
        "VECTOR_SEARCH" if *next == Token::LParen => searched(tokens, at),
        // SAFE.SUBSTR(…)
        "SAFE" if *next == Token::Period && bracket(tokens, at + 3) > 0 => Some((Vec::new(), 2)),
        // ML.PREDICT(MODEL m, (SELECT …))
        "MODEL" if at > 0 && tokens[at - 1].token == Token::LParen && matches!(next, Token::Word(_)) => {
            // It is read, whatever its columns are.
            let (like, end) = (&tokens[at], name_end(tokens, at + 1));
            let mut list = vec![made(Token::LParen, like)];
            list.extend(["SELECT", "NULL", "FROM"].map(|word| make_word(word, like)));
            list.extend_from_slice(&tokens[at + 1..end]);
            list.push(made(Token::RParen, like));
            Some((list, end - at))
        }
        _ => None,
    }
}
