//! Rewrites that only MySQL needs.

use super::dropped::before;
use super::duckdb::named_before;
use super::{bracket, ends_value, is, word};
use crate::lineage::token::{Tok, made, make_ident, make_word};
use sqlparser::tokenizer::Token;

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    if like.token == Token::ExclamationMark {
        return Some((vec![make_word("NOT", like)], 1));
    }
    if assigns(tokens, at + 1) {
        // @v := e as an item: what is made of e goes by the name of the variable.
        let (mut list, used) = named_before(tokens, at)?;
        *list.last_mut()? = make_ident(&word(tokens, at)?.to_lowercase(), like);
        return Some((list, used));
    }
    match word(tokens, at)?.as_str() {
        "MOD" if at > 0 && ends_value(&tokens[at - 1].token) && bracket(tokens, at + 1) == 0 => Some((vec![made(Token::Mod, like)], 1)),
        // TABLE t ORDER BY a LIMIT 1
        "TABLE" if at == 0 && matches!(tokens.get(1)?.token, Token::Word(_)) => {
            Some((vec![make_word("SELECT", like), made(Token::Mul, like), make_word("FROM", like)], 1))
        }
        // GROUP BY a DESC, as before version 8.
        "ASC" | "DESC"
            if before(tokens, at).find(|i| CLAUSES.iter().any(|w| is(tokens, *i, w))).is_some_and(|i| is(tokens, i, "GROUP")) =>
        {
            Some((Vec::new(), 1))
        }
        // INTERVAL a HOUR_MINUTE
        unit if PAIRS.contains(&unit) => Some((vec![make_word("DAY", like)], 1)),
        _ => None,
    }
}

/// Whether the sign at `at` puts what follows into a variable.
pub(super) fn assigns(tokens: &[Tok], at: usize) -> bool {
    let sign = tokens.get(at).is_some_and(|t| t.token == Token::Assignment);
    sign && at > 0 && word(tokens, at - 1).is_some_and(|variable| variable.starts_with('@'))
}

/// Clauses of which one is the last before an order.
const CLAUSES: [&str; 6] = ["GROUP", "ORDER", "SELECT", "FROM", "WHERE", "HAVING"];

/// Units of two parts.
const PAIRS: [&str; 11] = [
    "YEAR_MONTH",
    "DAY_HOUR",
    "DAY_MINUTE",
    "DAY_SECOND",
    "DAY_MICROSECOND",
    "HOUR_MINUTE",
    "HOUR_SECOND",
    "HOUR_MICROSECOND",
    "MINUTE_SECOND",
    "MINUTE_MICROSECOND",
    "SECOND_MICROSECOND",
];
