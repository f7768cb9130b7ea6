//! ClickHouse's `WITH expression AS name`: the name is written out where it is used.

use super::{group, is, rest, word};
use crate::lineage::token::{Tok, made, make_word};
use sqlparser::tokenizer::{Token, Word};

/// Times that names written out may make a statement longer: names used within one another double it each time.
const MAX_GROWTH: usize = 8;

/// `tokens` with the first `WITH` that gives names to expressions written out, and those within; `None` when there is none.
pub(super) fn inlined(tokens: &[Tok]) -> Option<Vec<Tok>> {
    let mut list: Option<Vec<Tok>> = None;
    let mut at = 0;
    let limit = tokens.len().saturating_mul(MAX_GROWTH).max(1_000);
    loop {
        let current = list.as_deref().unwrap_or(tokens);
        let Some(with) = (at..current.len()).find(|i| is(current, *i, "WITH")) else { return list };
        at = with + 1;
        if let Some(changed) = written_out(current, with).filter(|l| l.len() <= limit) {
            list = Some(changed);
        }
    }
}

fn written_out(tokens: &[Tok], with: usize) -> Option<Vec<Tok>> {
    let end = with + rest(tokens, with);
    let mut kept: Vec<&[Tok]> = Vec::new();
    let mut named: Vec<(String, Vec<Tok>)> = Vec::new();
    let mut at = with + 1;
    loop {
        let start = at;
        while at < end && tokens[at].token != Token::Comma && !is(tokens, at, "SELECT") {
            at += group(tokens, at).max(1);
        }
        let item = &tokens[start..at];
        match item {
            // An expression with a name; a query with one has its name in front.
            [expression @ .., as_word, Tok { token: Token::Word(Word { value, .. }), .. }]
                if !expression.is_empty() && is(std::slice::from_ref(as_word), 0, "AS") =>
            {
                named.push((value.clone(), replaced(expression, &named)));
            }
            _ => kept.push(item),
        }
        if at >= end || tokens[at].token != Token::Comma {
            break;
        }
        at += 1;
    }
    if named.is_empty() || at >= end {
        return None;
    }
    let mut list = tokens[..with].to_vec();
    for (n, item) in kept.into_iter().enumerate() {
        let like = &tokens[with];
        list.push(if n == 0 { like.clone() } else { made(Token::Comma, like) });
        list.extend(replaced(item, &named));
    }
    list.extend(replaced(&tokens[at..end], &named));
    list.extend_from_slice(&tokens[end..]);
    Some(list)
}

fn replaced(tokens: &[Tok], named: &[(String, Vec<Tok>)]) -> Vec<Tok> {
    let mut list = Vec::with_capacity(tokens.len());
    let mut depth = 0usize;
    for (at, tok) in tokens.iter().enumerate() {
        match tok.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        let part = at > 0 && (tokens[at - 1].token == Token::Period || word(tokens, at - 1).as_deref() == Some("AS"));
        let goes_on = tokens.get(at + 1).is_some_and(|t| matches!(t.token, Token::Period | Token::LParen));
        let found = match &tok.token {
            Token::Word(w) if !part && !goes_on => named.iter().find(|(name, _)| *name == w.value),
            _ => None,
        };
        match found {
            Some((_, expression)) => {
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
    list
}
