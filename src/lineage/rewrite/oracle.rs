//! Rewrites that only Oracle needs.

use super::dropped::{NEAR, model, opened, past};
use super::{bracket, ends_value, is, word};
use crate::lineage::token::{Tok, made, make_word};
use sqlparser::tokenizer::Token;

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let touches = at > 0 && tokens[at - 1].end == like.start;
    if matches!(like.token, Token::Caret | Token::Tilde) && tokens.get(at + 1).is_some_and(|t| t.token == Token::Eq) {
        // a ^= b, a ~= b
        return Some((vec![made(Token::Neq, like)], 2));
    }
    match word(tokens, at)?.as_str() {
        // 1.5f, 2d
        "F" | "D" if touches && matches!(tokens[at - 1].token, Token::Number(..)) => Some((Vec::new(), 1)),
        // a LEFT JOIN b PARTITION BY (b.c) ON …: rows for every c.
        "PARTITION" if is(tokens, at + 1, "BY") && bracket(tokens, at + 2) > 0 && !(at > 0 && tokens[at - 1].token == Token::LParen) => {
            Some((Vec::new(), 2 + bracket(tokens, at + 2)))
        }
        // XMLQUERY('…' PASSING a RETURNING CONTENT), XMLEXISTS('…' PASSING BY VALUE a)
        "PASSING" if called(tokens, at, &["XMLQUERY", "XMLEXISTS"]) => {
            Some((vec![made(Token::Comma, like)], 1 + 2 * usize::from(is(tokens, at + 1, "BY"))))
        }
        "RETURNING" if is(tokens, at + 1, "CONTENT") => Some((Vec::new(), 2)),
        // JSON_TABLE(… COLUMNS (a PATH '$.a')): a type may be left out.
        "PATH"
            if at > 1
                && matches!(tokens[at - 2].token, Token::LParen | Token::Comma)
                && !is(tokens, at - 1, "NESTED")
                && called(tokens, at, &["COLUMNS"]) =>
        {
            Some((vec![make_word("CLOB", like), like.clone()], 1))
        }
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
        "FROM" => modelled(tokens, at),
        "VERSIONS" if is(tokens, at + 1, "BETWEEN") => Some((Vec::new(), past(tokens, at))),
        _ => interval(tokens, at),
    }
}

/// Whether `at` stands in the brackets of one of these.
fn called(tokens: &[Tok], at: usize, names: &[&str]) -> bool {
    opened(tokens, at).is_some_and(|open| open > 0 && names.iter().any(|name| is(tokens, open - 1, name)))
}

/// `FROM … MODEL PARTITION BY (p) DIMENSION BY (d) MEASURES (m n) RULES (…)` as a query that gives the names that its clauses give.
fn modelled(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let mut start = at + 1;
    while start < tokens.len().min(at + NEAR) && !is(tokens, start, "MODEL") {
        if tokens[start].token == Token::RParen || is(tokens, start, "SELECT") {
            return None;
        }
        start += bracket(tokens, start).max(1);
    }
    let used = if is(tokens, start, "MODEL") { model(tokens, start) } else { 0 };
    let mut list = vec![like.clone(), made(Token::LParen, like), make_word("SELECT", like)];
    let mut i = start;
    while i < start + used {
        let inside = bracket(tokens, i + 1);
        if inside > 2 && (is(tokens, i, "MEASURES") || is(tokens, i, "BY")) {
            list.extend((list.len() > 3).then(|| made(Token::Comma, like)));
            list.extend_from_slice(&tokens[i + 2..i + inside]);
        }
        i += 1 + inside;
    }
    if list.len() == 3 {
        return None;
    }
    list.extend_from_slice(&tokens[at..start]);
    list.push(made(Token::RParen, like));
    Some((list, start + used - at))
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
