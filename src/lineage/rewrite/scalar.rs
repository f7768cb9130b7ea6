//! ClickHouse's `WITH expression AS name`: the name is written out where it is used.

use super::{group, is, rest, word};
use crate::lineage::token::{Tok, made, make_word};
use foldhash::HashMap;
use sqlparser::tokenizer::{Token, Word};

/// Times that names written out may make a statement longer: names used within one another double it each time.
const MAX_GROWTH: usize = 8;
/// Tokens copied for all the `WITH` of a statement, each of which copies the statement, and times its length.
const MAX_COPIED: usize = 1 << 20;
const MAX_COPIES: usize = 64;

/// `tokens` with the first `WITH` that gives names to expressions written out, and those within; `None` when there is none.
pub(super) fn inlined(tokens: &[Tok]) -> Option<Vec<Tok>> {
    let mut list: Option<Vec<Tok>> = None;
    let mut at = 0;
    let limit = tokens.len().saturating_mul(MAX_GROWTH).max(1_000);
    let mut left = tokens.len().saturating_mul(MAX_COPIES).max(MAX_COPIED);
    loop {
        let current = list.as_deref().unwrap_or(tokens);
        let Some(with) = (at..current.len()).find(|i| is(current, *i, "WITH")) else { return list };
        at = with + 1;
        let Some((named, select)) = names(current, with, limit) else { continue };
        if left < current.len() {
            return list;
        }
        left -= current.len();
        if let Some(changed) = written_out(current, with, select, &named, limit) {
            list = Some(changed);
        }
    }
}

/// What names given to expressions stand for.
type Named = HashMap<String, Vec<Tok>>;

/// The items between a `WITH` and its `SELECT`, and where that is.
fn items(tokens: &[Tok], with: usize) -> Option<(Vec<&[Tok]>, usize)> {
    let mut items = Vec::new();
    let mut at = with + 1;
    loop {
        let start = at;
        while !matches!(tokens.get(at)?.token, Token::Comma | Token::RParen) && !is(tokens, at, "SELECT") && !is(tokens, at, "WITH") {
            at += group(tokens, at).max(1);
        }
        items.push(&tokens[start..at]);
        if tokens[at].token != Token::Comma {
            return is(tokens, at, "SELECT").then_some((items, at));
        }
        at += 1;
    }
}

/// The expression that an item of `WITH` gives a name; a query with one has its name in front.
fn naming(item: &[Tok]) -> Option<(&str, &[Tok])> {
    match item {
        [expression @ .., as_word, Tok { token: Token::Word(Word { value, .. }), .. }]
            if !expression.is_empty() && is(std::slice::from_ref(as_word), 0, "AS") =>
        {
            Some((value, expression))
        }
        _ => None,
    }
}

/// The names that the `WITH` at `with` gives to expressions, and where its SELECT is; `None` when it gives none, or they grow beyond `limit`.
fn names(tokens: &[Tok], with: usize, limit: usize) -> Option<(Named, usize)> {
    let (items, select) = items(tokens, with)?;
    let mut named = Named::default();
    let mut left = limit;
    for (name, expression) in items.iter().filter_map(|item| naming(item)) {
        let expression = replaced(expression, &named, left)?;
        left -= expression.len();
        named.entry(name.to_owned()).or_insert(expression);
    }
    (!named.is_empty()).then_some((named, select))
}

fn written_out(tokens: &[Tok], with: usize, select: usize, named: &Named, limit: usize) -> Option<Vec<Tok>> {
    let end = select + rest(tokens, select);
    let mut list = tokens[..with].to_vec();
    let kept = items(tokens, with)?.0.into_iter().filter(|item| naming(item).is_none());
    for (n, item) in kept.enumerate() {
        let like = &tokens[with];
        list.push(if n == 0 { like.clone() } else { made(Token::Comma, like) });
        list.extend(replaced(item, named, limit)?);
    }
    list.extend(replaced(&tokens[select..end], named, limit)?);
    list.extend_from_slice(&tokens[end..]);
    (list.len() <= limit).then_some(list)
}

/// `tokens` with what names stand for in their place; `None` when that is more than `limit`.
fn replaced(tokens: &[Tok], named: &Named, limit: usize) -> Option<Vec<Tok>> {
    let mut list = Vec::with_capacity(tokens.len());
    let mut depth = 0usize;
    for (at, tok) in tokens.iter().enumerate() {
        if list.len() > limit {
            return None;
        }
        match tok.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        let part = at > 0 && (tokens[at - 1].token == Token::Period || word(tokens, at - 1).as_deref() == Some("AS"));
        let goes_on = tokens.get(at + 1).is_some_and(|t| matches!(t.token, Token::Period | Token::LParen));
        let found = match &tok.token {
            Token::Word(w) if !part && !goes_on => named.get(&w.value),
            _ => None,
        };
        match found {
            Some(expression) => {
                list.push(made(Token::LParen, tok));
                list.extend_from_slice(expression);
                list.push(made(Token::RParen, tok));
                // As an item of its own it keeps its name.
                let begins = at > 0 && (tokens[at - 1].token == Token::Comma || is(tokens, at - 1, "SELECT"));
                let ends = tokens.get(at + 1).is_none_or(|t| t.token == Token::Comma) || is(tokens, at + 1, "FROM");
                if depth == 0 && begins && ends {
                    list.extend([make_word("AS", tok), tok.clone()]);
                }
            }
            None => list.push(tok.clone()),
        }
    }
    (list.len() <= limit).then_some(list)
}
