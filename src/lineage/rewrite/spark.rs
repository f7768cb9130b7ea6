//! Rewrites that Spark, Databricks and Hive need.

use super::dropped::{NEAR, before, opened};
use super::{bracket, division, is, values, word};
use crate::lineage::token::{Tok, made, make_ident, make_word};
use sqlparser::keywords::RESERVED_FOR_TABLE_ALIAS;
use sqlparser::tokenizer::Token;

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let next = tokens.get(at + 1).map(|t| &t.token);
    let touches = at > 0 && tokens[at - 1].end == like.start;
    let nothing = |used| Some((Vec::new(), used));
    match &like.token {
        // a?::INT: a cast that may fail.
        Token::Question if next == Some(&Token::DoubleColon) => return nothing(1),
        Token::Placeholder(p) if p == "?" && next == Some(&Token::DoubleColon) => return nothing(1),
        // t@v12, t@20260101000000000: the table at another time.
        Token::AtSign if touches && matches!(next, Some(Token::Word(_) | Token::Number(..))) => return nothing(2),
        Token::LParen => return values::names(tokens, at),
        _ => {}
    }
    match word(tokens, at)?.as_str() {
        // 5L, 12.5e-2D: the types of numbers.
        "L" | "S" | "Y" | "D" | "F" | "BD" if touches && matches!(tokens[at - 1].token, Token::Number(..)) => nothing(1),
        "E" | "ED" | "EBD" if touches && matches!(tokens[at - 1].token, Token::Number(..)) => nothing(1),
        // X'1F', X"1F"
        "X" if tokens.get(at + 1).is_some_and(|t| t.start == like.end && matches!(t.token, Token::DoubleQuotedString(_))) => nothing(1),
        "AS" => values::names(tokens, at),
        // * EXCEPT (t.a)
        "EXCEPT" if at > 0 && tokens[at - 1].token == Token::Mul => {
            let used = bracket(tokens, at + 1);
            let list = tokens.get(at..at + 1 + used)?;
            let qualifies = |i: usize| list.get(i + 1).is_some_and(|t| t.token == Token::Period) || list[i].token == Token::Period;
            let kept: Vec<Tok> = (0..list.len()).filter(|i| !qualifies(*i)).map(|i| list[i].clone()).collect();
            (kept.len() < list.len()).then_some((kept, 1 + used))
        }
        "LATERAL" if is(tokens, at + 1, "VIEW") => joined_view(tokens, at),
        // OVER (DISTRIBUTE BY a SORT BY b)
        "DISTRIBUTE" if at > 1 && tokens[at - 1].token == Token::LParen && is(tokens, at - 2, "OVER") => {
            Some((vec![make_word("PARTITION", like)], 1))
        }
        "SORT" if is(tokens, at + 1, "BY") && in_window(tokens, at) => Some((vec![make_word("ORDER", like)], 1)),
        "IREGEXP" => Some((vec![make_word("REGEXP", like)], 1)),
        // ORDER BY a DISTRIBUTE BY b SORT BY c: all of them place rows.
        "DISTRIBUTE" | "CLUSTER" | "SORT" if is(tokens, at + 1, "BY") => match placed_before(tokens, at)?.as_str() {
            "HAVING" => Some((vec![make_word("ORDER", like), make_word("BY", like)], 2)),
            _ => Some((vec![made(Token::Comma, like)], 2)),
        },
        // PIVOT (… FOR a, b IN (…))
        "FOR" => {
            let end = (at + 1..tokens.len().min(at + NEAR)).find(|i| is(tokens, *i, "IN"))?;
            let names = &tokens[at + 1..end];
            let list = names.len() > 2 && names.iter().all(|t| matches!(t.token, Token::Word(_) | Token::Comma | Token::Period));
            let mut out = vec![like.clone(), made(Token::LParen, like)];
            out.extend_from_slice(names);
            out.push(made(Token::RParen, like));
            (list && names.iter().any(|t| t.token == Token::Comma)).then_some((out, end - at))
        }
        _ => division(tokens, at),
    }
}

/// Whether `at` stands in the bracket of a window.
fn in_window(tokens: &[Tok], at: usize) -> bool {
    opened(tokens, at).is_some_and(|open| open > 0 && is(tokens, open - 1, "OVER"))
}

/// `LATERAL VIEW OUTER f(a) x AS b, c` before a join, where the parser takes none behind it: a query that sees what stands before.
fn joined_view(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let name = |i: usize| {
        matches!(tokens.get(i).map(|t| &t.token), Some(Token::Word(w)) if w.quote_style.is_some() || !RESERVED_FOR_TABLE_ALIAS.contains(&w.keyword))
            && !is(tokens, i, "AS")
    };
    let start = at + 2 + usize::from(is(tokens, at + 2, "OUTER"));
    let open = (start..tokens.len().min(start + NEAR)).find(|i| tokens[*i].token == Token::LParen)?;
    let call = start..open + bracket(tokens, open);
    let mut end = call.end;
    let alias = name(end).then(|| tokens[end].clone());
    end += usize::from(alias.is_some());
    let mut columns = Vec::new();
    if is(tokens, end, "AS") {
        columns.push(tokens.get(end + 1)?.clone());
        end += 2;
        while tokens.get(end).is_some_and(|t| t.token == Token::Comma)
            && tokens.get(end + 1).is_some_and(|t| matches!(t.token, Token::Word(_)))
        {
            columns.push(tokens[end + 1].clone());
            end += 2;
        }
    }
    let mut depth = 0usize;
    let joined = tokens[end..].iter().enumerate().find_map(|(i, tok)| {
        match tok.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => return Some(false),
            Token::RParen => depth -= 1,
            Token::SemiColon => return Some(false),
            _ if depth > 0 => {}
            _ if is(tokens, end + i, "JOIN") => return Some(true),
            _ if word(tokens, end + i).is_some_and(|w| ["WHERE", "GROUP", "HAVING", "UNION", "SELECT", "ORDER"].contains(&w.as_str())) => {
                return Some(false);
            }
            _ => {}
        }
        None
    });
    if joined != Some(true) || call.len() * columns.len().max(1) > MAX_VIEW {
        return None;
    }
    let mut list: Vec<Tok> = ["CROSS", "JOIN", "LATERAL"].map(|w| make_word(w, like)).into();
    list.extend([made(Token::LParen, like), make_word("SELECT", like)]);
    if columns.is_empty() {
        list.extend_from_slice(&tokens[call.clone()]);
        list.extend([make_word("AS", like), make_ident("col", like)]);
    }
    for (n, column) in columns.into_iter().enumerate() {
        if n > 0 {
            list.push(made(Token::Comma, like));
        }
        list.extend_from_slice(&tokens[call.clone()]);
        list.extend([make_word("AS", like), column]);
    }
    list.push(made(Token::RParen, like));
    list.extend(alias);
    Some((list, end - at))
}

/// Tokens that one LATERAL VIEW may become, whose call is written out for each of its columns.
const MAX_VIEW: usize = 1_024;

/// The same for Databricks: FROM STREAM t as well.
pub(super) fn databricks(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let relation = at > 0 && (is(tokens, at - 1, "FROM") || is(tokens, at - 1, "JOIN"));
    if relation && is(tokens, at, "STREAM") && word(tokens, at + 1).is_some() {
        return Some((Vec::new(), 1));
    }
    replaced(tokens, at)
}

/// The clause of the same query before `at` after which the parser knows no other that places rows.
fn placed_before(tokens: &[Tok], at: usize) -> Option<String> {
    const CLAUSES: [&str; 8] = ["ORDER", "HAVING", "DISTRIBUTE", "CLUSTER", "SORT", "FROM", "SELECT", "WHERE"];
    let found = before(tokens, at).filter_map(|i| word(tokens, i)).find(|word| CLAUSES.contains(&word.as_str()))?;
    (!["FROM", "SELECT", "WHERE"].contains(&found.as_str())).then_some(found)
}
