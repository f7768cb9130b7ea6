//! Rewrites that only ClickHouse needs.

use super::dropped::{NEAR, before, near};
use super::{bracket, division, group, is, word};
use crate::lineage::token::{Tok, made, make_ident, make_word};
use sqlparser::tokenizer::Token;

/// Whether the parser takes the list of an ARRAY JOIN for relations.
pub(super) fn misread(tokens: &[Tok]) -> bool {
    (1..tokens.len())
        .any(|i| is(tokens, i, "JOIN") && is(tokens, i - 1, "ARRAY") && array_join(tokens, i).is_some() || gives_parameters(tokens, i))
}

/// Whether the bracket at `at` gives values to the parameters of a view: `FROM v(a = 1)`.
fn gives_parameters(tokens: &[Tok], at: usize) -> bool {
    let named = matches!(tokens.get(at + 1).map(|t| &t.token), Some(Token::Word(_)));
    if tokens[at].token != Token::LParen || !named || tokens.get(at + 2).is_none_or(|t| t.token != Token::Eq) {
        return false;
    }
    let start = if at > 2 && tokens[at - 2].token == Token::Period { at - 3 } else { at.saturating_sub(1) };
    let name = matches!(&tokens[start].token, Token::Word(_));
    name && start > 0 && (is(tokens, start - 1, "FROM") || is(tokens, start - 1, "JOIN"))
}

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let next = tokens.get(at + 1).map(|t| &t.token);
    let after = |token: &Token| at > 0 && tokens[at - 1].token == *token;
    let nothing = |used| Some((Vec::new(), used));
    if let Some(changed) = ternary(tokens, at) {
        return Some(changed);
    }
    match &like.token {
        Token::LParen if gives_parameters(tokens, at) => return nothing(bracket(tokens, at)),
        // tuple.1
        Token::Number(n, _) if n.starts_with('.') => return nothing(1),
        // {name: Type}: a parameter.
        Token::LBrace if tokens.get(at + 2).is_some_and(|t| t.token == Token::Colon) && matches!(next, Some(Token::Word(_))) => {
            let end = near(tokens, at, &Token::RBrace)?;
            let name = ["FROM", "JOIN", "INTO"].iter().any(|w| at > 0 && is(tokens, at - 1, w));
            // A relation that only running would name, as one of a template.
            let hole = || make_ident(&format!("${{{}}}", tokens[at + 1].token), like);
            let what = if name { hole() } else { make_word("NULL", like) };
            return Some((vec![what], end + 1 - at));
        }
        // json.^a, json.a.:Int64, json.a[].b
        Token::Caret if after(&Token::Period) => return nothing(1),
        Token::Period if next == Some(&Token::Colon) => return nothing(3 + bracket(tokens, at + 3)),
        Token::LBracket if next == Some(&Token::RBracket) && !after(&Token::LParen) && !after(&Token::Comma) => {
            let value = at > 0 && matches!(&tokens[at - 1].token, Token::Word(_) | Token::RBracket) && tokens[at - 1].end == like.start;
            return if value { nothing(2) } else { None };
        }
        _ => {}
    }
    match word(tokens, at)?.as_str() {
        // GLOBAL IN, GLOBAL ANY LEFT JOIN, LEFT ANY OUTER JOIN: how many rows match says nothing.
        "GLOBAL" | "ASOF" => nothing(1),
        "ANY" | "ALL" | "SEMI" | "ANTI"
            if ["JOIN", "LEFT", "RIGHT", "INNER", "FULL", "OUTER", "ASOF"].iter().any(|w| is(tokens, at + 1, w)) =>
        {
            nothing(1)
        }
        "USING" if bracket(tokens, at + 1) == 0 && !is(tokens, at + 1, "SAMPLE") => using(tokens, at),
        "JOIN" if at > 0 && is(tokens, at - 1, "ARRAY") => array_join(tokens, at),
        "FINAL" if at > 0 && word(tokens, at - 1).is_some_and(|w| w != "SELECT" && w != "BY") => nothing(1),
        "APPLY" if bracket(tokens, at + 1) > 0 => nothing(1 + bracket(tokens, at + 1)),
        // LIMIT 1, 2 BY a; LIMIT 2 OFFSET 1 BY a
        "LIMIT" if is(tokens, at + 4, "BY") => match tokens[at + 2].token {
            Token::Comma => Some((vec![like.clone(), tokens[at + 3].clone()], 4)),
            _ if is(tokens, at + 2, "OFFSET") => Some((vec![like.clone(), tokens[at + 1].clone()], 4)),
            _ => None,
        },
        // LIMIT 2 BY a LIMIT 1 WITH TIES: how many rows there are says nothing.
        "LIMIT" if is(tokens, at + 2, "WITH") && is(tokens, at + 3, "TIES") => nothing(4),
        "LIMIT" if limited(tokens, at) && !is(tokens, at + 2, "BY") => nothing(2),
        "TABLE" => named_table(tokens, at),
        "SETTINGS" => settings(tokens, at),
        "FORMAT" if at > 0 && matches!(next, Some(Token::Word(_))) && ends(tokens, at + 2) => nothing(2),
        "SELECT" => arm(tokens, at),
        // FROM view(SELECT …), cluster('c', view(SELECT …))
        "VIEW" if is(tokens, at + 2, "SELECT") || is(tokens, at + 2, "WITH") => nothing(1),
        "CLUSTER" | "CLUSTERALLREPLICAS" | "REMOTE" if bracket(tokens, at + 1) > 0 => {
            let end = at + 1 + bracket(tokens, at + 1);
            let view = (at + 2..end).find(|i| is(tokens, *i, "VIEW"))?;
            Some((tokens[view + 1..end - 1].to_vec(), end - at))
        }
        "DATETIME64" if bracket(tokens, at + 1) == 2 || bracket(tokens, at + 1) == 0 => {
            Some((vec![make_word("TIMESTAMP", like)], 1 + bracket(tokens, at + 1)))
        }
        _ => division(tokens, at),
    }
}

/// Whether a LIMIT of the same query stands before the one at `at`.
fn limited(tokens: &[Tok], at: usize) -> bool {
    let clause = before(tokens, at).find(|i| ["LIMIT", "SELECT", "FROM"].iter().any(|w| is(tokens, *i, w)));
    clause.is_some_and(|i| is(tokens, i, "LIMIT"))
}

/// Whether a query ends at `at`.
fn ends(tokens: &[Tok], at: usize) -> bool {
    tokens.get(at).is_none_or(|t| matches!(t.token, Token::RParen | Token::SemiColon)) || is(tokens, at, "SETTINGS")
}

/// `SETTINGS a = 1, b = 'c'`.
fn settings(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let mut end = at;
    while end == at || tokens.get(end).is_some_and(|t| t.token == Token::Comma) {
        if tokens.get(end + 2).is_none_or(|t| t.token != Token::Eq) {
            break;
        }
        end += 3;
        end += group(tokens, end).max(1);
    }
    (end > at).then(|| (Vec::new(), end.min(tokens.len()) - at))
}

/// `USING a, b` with its bracket.
fn using(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let name = |i: usize| tokens.get(i).is_some_and(|t| matches!(t.token, Token::Word(_)));
    let mut end = at + 1;
    while name(end) && tokens.get(end + 1).is_some_and(|t| t.token == Token::Comma) && name(end + 2) {
        end += 2;
    }
    end += usize::from(name(end));
    let mut list = vec![like.clone(), made(Token::LParen, like)];
    list.extend_from_slice(&tokens[at + 1..end]);
    list.push(made(Token::RParen, like));
    (end > at + 1).then_some((list, end - at))
}

/// `ARRAY JOIN a AS x, f(b) AS y`, from JOIN on: each array by its own, what is computed as a query.
fn array_join(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    const CLAUSES: [&str; 16] = [
        "WHERE", "PREWHERE", "GROUP", "ORDER", "LIMIT", "HAVING", "UNION", "SETTINGS", "FORMAT", "ARRAY", "LEFT", "JOIN", "INNER",
        "WINDOW", "QUALIFY", "SAMPLE",
    ];
    let like = &tokens[at];
    let within = |i: usize| tokens.get(i).is_some_and(|t| t.token != Token::RParen);
    let mut list = vec![like.clone()];
    let mut changed = false;
    let mut end = at + 1;
    loop {
        let start = end;
        while within(end) && tokens[end].token != Token::Comma && !CLAUSES.iter().any(|w| is(tokens, end, w)) {
            end += group(tokens, end).max(1);
        }
        let item = &tokens[start..end];
        let name = |t: &Tok| matches!(t.token, Token::Word(_) | Token::Period);
        if item.iter().all(name) {
            list.extend_from_slice(item);
        } else {
            list.extend([made(Token::LParen, like), make_word("SELECT", like)]);
            list.extend_from_slice(item);
            list.push(made(Token::RParen, like));
            changed = true;
        }
        if !within(end) || tokens[end].token != Token::Comma {
            break;
        }
        list.extend([make_word("ARRAY", like), make_word("JOIN", like)]);
        changed = true;
        end += 1;
    }
    changed.then_some((list, end - at))
}

/// `SELECT … ORDER BY a UNION ALL …`: an arm with its own order or limit stands in brackets elsewhere.
fn arm(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    // As far as the next arm: a look at all that follows, once an arm, would take the square of their number.
    let within = |i: usize| tokens.get(i).is_some_and(|t| t.token != Token::RParen);
    let (mut own, mut end) = (false, at);
    while within(end) && !["UNION", "EXCEPT", "INTERSECT"].iter().any(|w| is(tokens, end, w) && bracket(tokens, end + 1) == 0) {
        own |= ["ORDER", "LIMIT", "FETCH"].iter().any(|w| is(tokens, end, w));
        end += bracket(tokens, end).max(1);
    }
    // The order behind the last arm is that of the whole.
    if !own || !within(end) {
        return None;
    }
    let mut list = vec![made(Token::LParen, like)];
    list.extend_from_slice(&tokens[at..end]);
    list.push(made(Token::RParen, like));
    Some((list, end - at))
}

/// `a ? b : c` where an expression begins at `at`.
fn ternary(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    const BEFORE: [&str; 8] = ["SELECT", "DISTINCT", "WHERE", "BY", "ON", "HAVING", "WHEN", "PREWHERE"];
    const AFTER: [&str; 12] = ["AS", "FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "HAVING", "UNION", "SETTINGS", "ASC", "DESC", "FORMAT"];
    let begins = at > 0
        && (matches!(tokens[at - 1].token, Token::Comma | Token::LParen | Token::LBracket) || BEFORE.iter().any(|w| is(tokens, at - 1, w)));
    if !begins {
        return None;
    }
    let mut end = at;
    let mut found = false;
    while end < tokens.len().min(at + NEAR)
        && !matches!(tokens[end].token, Token::Comma | Token::RParen | Token::RBracket)
        && !AFTER.iter().any(|w| is(tokens, end, w))
    {
        found |= question(&tokens[end]);
        end += group(tokens, end).max(1);
    }
    if !found {
        return None;
    }
    Some((chosen(&tokens[at..end.min(tokens.len())])?, end.min(tokens.len()) - at))
}

fn question(tok: &Tok) -> bool {
    match &tok.token {
        Token::Question => true,
        Token::Placeholder(p) => p == "?",
        _ => false,
    }
}

/// A choice as CASE; an expression without one as it is.
fn chosen(tokens: &[Tok]) -> Option<Vec<Tok>> {
    let mut i = 0;
    let (mut first, mut depth) = (None, 0usize);
    while i < tokens.len() {
        if question(&tokens[i]) {
            depth += 1;
            first = first.or(Some(i));
        } else if tokens[i].token == Token::Colon && depth > 0 {
            depth -= 1;
            if let (Some(first), 0) = (first, depth) {
                let like = &tokens[first];
                let mut list = vec![make_word("CASE", like), make_word("WHEN", like)];
                list.extend_from_slice(&tokens[..first]);
                list.push(make_word("THEN", like));
                list.extend(chosen(&tokens[first + 1..i])?);
                list.push(make_word("ELSE", like));
                list.extend(chosen(&tokens[i + 1..])?);
                list.push(make_word("END", like));
                return Some(list);
            }
        }
        i += group(tokens, i).max(1);
    }
    (first.is_none() && !tokens.is_empty()).then(|| tokens.to_vec())
}

/// A table that is named like a keyword.
fn named_table(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let relation = at > 0 && ["FROM", "JOIN"].iter().any(|w| is(tokens, at - 1, w));
    let bare = bracket(tokens, at + 1) == 0
        && (tokens.get(at + 1).is_none_or(|t| !matches!(t.token, Token::Word(_))) || !word_name(tokens, at + 1));
    (relation && is(tokens, at, "TABLE") && bare).then(|| (vec![make_ident("table", &tokens[at])], 1))
}

fn word_name(tokens: &[Tok], at: usize) -> bool {
    const CLAUSES: [&str; 16] = [
        "AS", "WHERE", "PREWHERE", "GROUP", "ORDER", "LIMIT", "HAVING", "UNION", "SETTINGS", "FORMAT", "QUALIFY", "JOIN", "LEFT", "INNER",
        "FINAL", "SAMPLE",
    ];
    !CLAUSES.iter().any(|w| is(tokens, at, w))
}
