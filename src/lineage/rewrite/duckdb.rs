//! Rewrites that only DuckDB needs.

use super::dropped::{NEAR, near, opened};
use super::postgres::null_test;
use super::{bracket, ends_value, group, is, word};
use crate::lineage::token::{Tok, made, make_word};
use sqlparser::tokenizer::Token;

/// Whether a name may stand before what it names, which the parser takes for a path, a relation is what is told of another, or a join
/// looks like an alias.
pub(super) fn misread(tokens: &[Tok]) -> bool {
    let begins = |i: usize| ["SELECT", "FROM", "JOIN"].iter().any(|w| is(tokens, i, w)) || tokens[i].token == Token::Comma;
    let named = |i: usize| tokens[i].token == Token::Colon && matches!(tokens[i - 1].token, Token::Word(_)) && begins(i - 2);
    let told = |i: usize| tokens[i - 1].token == Token::LParen && ["DESCRIBE", "SUMMARIZE"].iter().any(|w| is(tokens, i, w));
    let joins = |i: usize| is(tokens, i, "POSITIONAL") && is(tokens, i + 1, "JOIN");
    (1..tokens.len()).any(|i| i > 1 && (named(i) || told(i)) || joins(i) || all_columns(tokens, i) > 0)
}

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let next = tokens.get(at + 1).map(|t| &t.token);
    let prev = at.checked_sub(1).map(|i| &tokens[i].token);
    let nothing = |used| Some((Vec::new(), used));
    match &like.token {
        // @(a), @-1: the absolute value.
        Token::AtSign => nothing(1),
        // 5!
        Token::ExclamationMark if prev.is_some_and(ends_value) => nothing(1),
        // a ** b
        Token::Mul if next == Some(&Token::Mul) => Some((vec![like.clone()], 2)),
        // #1: the first column.
        Token::Sharp if matches!(next, Some(Token::Number(..))) => Some((vec![make_word("NULL", like)], 2)),
        // LIMIT 10%
        Token::Mod if at > 1 && is(tokens, at - 2, "LIMIT") && (!next.is_some_and(begins_value) || is(tokens, at + 1, "OFFSET")) => {
            nothing(1)
        }
        // A comma that nothing follows.
        Token::Comma if matches!(next, Some(Token::RParen | Token::RBracket | Token::RBrace)) => nothing(1),
        Token::Comma if ["FROM", "INTO"].iter().any(|w| is(tokens, at + 1, w)) => nothing(1),
        Token::LBracket => comprehension(tokens, at),
        // (DESCRIBE t) as a relation: what is told of t.
        Token::LParen if ["DESCRIBE", "SUMMARIZE"].iter().any(|w| is(tokens, at + 1, w)) => {
            let names = ["SELECT", "NULL", "AS", "column_name", ",", "NULL", "AS", "column_type", "FROM"];
            let token = |name: &str| if name == "," { made(Token::Comma, like) } else { make_word(name, like) };
            (bracket(tokens, at) > 3).then(|| (std::iter::once(like.clone()).chain(names.into_iter().map(token)).collect(), 2))
        }
        // {key: e}: the parser wants its quotes.
        Token::Word(key) if next == Some(&Token::Colon) && (prev == Some(&Token::LBrace) || listed(tokens, at) == Some(true)) => {
            Some((vec![made(Token::SingleQuotedString(key.value.clone()), like)], 1))
        }
        Token::Word(_) if next == Some(&Token::Colon) => named_before(tokens, at),
        _ => match word(tokens, at)?.as_str() {
            "COLUMNS" if all_columns(tokens, at) > 0 => {
                let used = all_columns(tokens, at);
                Some((tokens[at + 2..at + used - 1].to_vec(), used))
            }
            // ASOF JOIN … ON, where others have MATCH_CONDITION.
            "ASOF" => nothing(1),
            // PIVOT (… GROUP BY k): what is left of the columns otherwise.
            "GROUP" if is(tokens, at + 1, "BY") => {
                let open = opened(tokens, at).filter(|open| *open > 0 && is(tokens, open - 1, "PIVOT"))?;
                let end = (open + bracket(tokens, open)).checked_sub(1).filter(|end| *end > at)?;
                nothing(end - at)
            }
            "GLOB" if prev.is_some_and(ends_value) => Some((vec![make_word("LIKE", like)], 1)),
            // A number that is no more than a share: LIMIT 10 PERCENT.
            "PERCENT" if matches!(prev, Some(Token::Number(..))) => nothing(1),
            // lambda x, i : x + i
            "LAMBDA" => {
                let colon = near(tokens, at, &Token::Colon)?;
                let mut list = vec![made(Token::LParen, like)];
                list.extend_from_slice(&tokens[at + 1..colon]);
                list.extend([made(Token::RParen, like), made(Token::Arrow, like)]);
                Some((list, colon + 1 - at))
            }
            // e'a\'b'
            "E" if matches!(next, Some(Token::SingleQuotedString(_))) && tokens[at + 1].start == like.end => nothing(1),
            "FILTER" if bracket(tokens, at + 1) > 0 && !is(tokens, at + 2, "WHERE") && prev == Some(&Token::RParen) => {
                Some((vec![like.clone(), made(Token::LParen, like), make_word("WHERE", like)], 2))
            }
            "NOT" if is(tokens, at + 1, "IN") && holds(tokens, at + 1) => Some((vec![made(Token::Neq, like)], 2)),
            "IN" if holds(tokens, at) => Some((vec![made(Token::Eq, like)], 1)),
            // WITH RECURSIVE t (a) USING KEY (a) AS (…)
            "USING" if is(tokens, at + 1, "KEY") => nothing(2 + bracket(tokens, at + 2)),
            _ => null_test(tokens, at),
        },
    }
}

/// The length of `COLUMNS(* …)` as an item by itself: all columns.
fn all_columns(tokens: &[Tok], at: usize) -> usize {
    if !is(tokens, at, "COLUMNS") || tokens.get(at + 2).is_none_or(|t| t.token != Token::Mul) {
        return 0;
    }
    let used = 1 + bracket(tokens, at + 1);
    let begins = at > 0 && (is(tokens, at - 1, "SELECT") || tokens[at - 1].token == Token::Comma);
    let ends = match tokens.get(at + used) {
        Some(next) => matches!(next.token, Token::Comma | Token::RParen) || is(tokens, at + used, "FROM"),
        None => true,
    };
    if used > 1 && begins && ends { used } else { 0 }
}

fn begins_value(token: &Token) -> bool {
    matches!(token, Token::Word(_) | Token::Number(..) | Token::LParen | Token::SingleQuotedString(_))
}

/// `a IN list`: the collection is a value, not a bracket of values.
fn holds(tokens: &[Tok], at: usize) -> bool {
    let of_loop = at > 1 && is(tokens, at - 2, "FOR");
    !of_loop && bracket(tokens, at + 1) == 0 && tokens.get(at + 1).is_some_and(|t| t.token != Token::LParen)
}

/// `[e FOR x IN list IF c]` as a call with a lambda that makes of each `x` both `e` and `c`.
fn comprehension(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let mut depth = 0usize;
    let (mut each, mut within, mut condition, mut end) = (None, None, None, None);
    let mut i = at;
    while i < tokens.len().min(at + NEAR) {
        match &tokens[i].token {
            Token::LBracket | Token::LBrace => depth += 1,
            Token::RBracket | Token::RBrace => {
                depth -= 1;
                if depth == 0 {
                    end = Some(i);
                    break;
                }
            }
            Token::Word(_) if depth == 1 && each.is_none() && is(tokens, i, "FOR") => each = Some(i),
            Token::Word(_) if depth == 1 && each.is_some() && within.is_none() && is(tokens, i, "IN") => within = Some(i),
            Token::Word(_) if depth == 1 && within.is_some() && is(tokens, i, "IF") => condition = Some(i),
            _ => {}
        }
        i += bracket(tokens, i).max(1);
    }
    let (each, within, end) = (each?, within?, end?);
    let symbol = |token| made(token, like);
    let mut list = vec![make_word("list_transform", like), symbol(Token::LParen)];
    list.extend_from_slice(&tokens[within + 1..condition.unwrap_or(end)]);
    list.extend([symbol(Token::Comma), symbol(Token::LParen)]);
    list.extend_from_slice(&tokens[each + 1..within]);
    list.extend([symbol(Token::RParen), symbol(Token::Arrow), symbol(Token::LParen)]);
    list.extend_from_slice(&tokens[at + 1..each]);
    if let Some(condition) = condition {
        list.push(symbol(Token::Comma));
        list.extend_from_slice(&tokens[condition + 1..end]);
    }
    list.extend([symbol(Token::RParen), symbol(Token::RParen)]);
    Some((list, end + 1 - at))
}

/// Whether what follows a comma at `at` is a field in braces; `None` where no comma stands before it.
fn listed(tokens: &[Tok], at: usize) -> Option<bool> {
    (at > 0 && tokens[at - 1].token == Token::Comma).then_some(())?;
    let mut depth = 0isize;
    let braces = tokens[at.saturating_sub(NEAR)..at].iter().rev().find_map(|t| {
        match t.token {
            Token::RParen | Token::RBrace => depth += 1,
            Token::LParen | Token::LBrace if depth > 0 => depth -= 1,
            Token::LParen => return Some(false),
            Token::LBrace => return Some(true),
            _ => {}
        }
        None
    });
    Some(braces == Some(true))
}

/// `name: e` as an item or a relation: the name goes behind.
pub(super) fn named_before(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    const CLAUSES: [&str; 16] = [
        "FROM",
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "QUALIFY",
        "WINDOW",
        "JOIN",
        "LEFT",
        "INNER",
        "CROSS",
        "SELECT",
    ];
    let begins = ["SELECT", "FROM", "JOIN"].iter().any(|w| at > 0 && is(tokens, at - 1, w));
    // In braces a comma and a name begin a field.
    if !begins && listed(tokens, at) != Some(false) {
        return None;
    }
    let mut end = at + 2;
    let part = |t: &Tok| !matches!(t.token, Token::Comma | Token::RParen);
    while tokens.get(end).is_some_and(part) && !CLAUSES.iter().any(|w| is(tokens, end, w)) {
        end += group(tokens, end).max(1);
    }
    let end = end.min(tokens.len());
    let mut list = tokens[at + 2..end].to_vec();
    list.extend([make_word("AS", &tokens[at]), tokens[at].clone()]);
    (!list.is_empty()).then_some((list, end - at))
}
