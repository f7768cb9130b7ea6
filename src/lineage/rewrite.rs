//! Token rewrites for syntax that the parser does not know and that says nothing about lineage.

use super::dialect::Grammar;
use super::token::{Tok, make_ident, make_word};
use sqlparser::tokenizer::Token;

mod dropped;
mod scalar;
mod tsql;
mod vendor;

pub(crate) use vendor::spelled_out;

use dropped::{dropped, rest};

/// `tokens` of a query made readable for the parser; `None` when there is nothing to change.
pub(crate) fn query(tokens: &[Tok], grammar: Grammar) -> Option<Vec<Tok>> {
    let mut out: Vec<Tok> = Vec::with_capacity(tokens.len());
    let mut changed = false;
    let mut at = 0;
    while at < tokens.len() {
        let mut skip = dropped(tokens, at, grammar);
        if skip == 0 && grammar.is_tsql() {
            skip = tsql::dropped(tokens, at);
        }
        if skip > 0 {
            at += skip;
            changed = true;
            continue;
        }
        let tsql = if grammar.is_tsql() { tsql::replaced(tokens, at) } else { None };
        if let Some((words, used)) = tsql.or_else(|| replaced(tokens, at, grammar)).or_else(|| vendor::replaced(tokens, at, grammar)) {
            out.extend(words);
            at += used;
            changed = true;
            continue;
        }
        out.push(tokens[at].clone());
        at += 1;
    }
    let inlined = if grammar.is(&["clickhouse"]) { scalar::inlined(if changed { &out } else { tokens }) } else { None };
    inlined.or_else(|| changed.then_some(out))
}

/// Whether the parser may accept `tokens` and yet take them for something else: Teradata's `a (INTEGER)` and T-SQL's OPENQUERY look like
/// calls, Databricks' `FROM STREAM t` like an alias.
pub(crate) fn misread(tokens: &[Tok], grammar: Grammar) -> bool {
    let stream = |i: &usize| is(tokens, *i, "STREAM") && *i > 0 && is(tokens, i - 1, "FROM") && bracket(tokens, i + 1) == 0;
    if grammar.is(&["databricks"]) {
        return (0..tokens.len()).any(|i| stream(&i));
    }
    let remote = |t: &Tok| matches!(&t.token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case("OPENQUERY"));
    grammar.is(&["teradata"]) || grammar.is_tsql() && tokens.iter().any(remote)
}

fn word(tokens: &[Tok], at: usize) -> Option<String> {
    match &tokens.get(at)?.token {
        Token::Word(w) if w.quote_style.is_none() => Some(w.value.to_uppercase()),
        _ => None,
    }
}

fn is(tokens: &[Tok], at: usize, expected: &str) -> bool {
    word(tokens, at).as_deref() == Some(expected)
}

/// The number of tokens of a balanced bracket at `at`, 0 when there is none.
pub(crate) fn bracket(tokens: &[Tok], at: usize) -> usize {
    if tokens.get(at).is_none_or(|t| t.token != Token::LParen) {
        return 0;
    }
    let mut depth = 0usize;
    for (offset, tok) in tokens[at..].iter().enumerate() {
        match tok.token {
            Token::LParen => depth += 1,
            Token::RParen => {
                depth -= 1;
                if depth == 0 {
                    return offset + 1;
                }
            }
            _ => {}
        }
    }
    0
}

/// Replacements, with the number of tokens used up.
fn replaced(tokens: &[Tok], at: usize, grammar: Grammar) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    match (word(tokens, at)?.as_str(), &tokens.get(at + 1)?.token) {
        // NEXT VALUE FOR sequence
        ("NEXT", _) if is(tokens, at + 1, "VALUE") && is(tokens, at + 2, "FOR") => Some((vec![make_word("NULL", like)], {
            let mut used = 4;
            while tokens.get(at + used).is_some_and(|t| t.token == Token::Period) {
                used += 2;
            }
            if is(tokens, at + used, "OVER") {
                used += 1 + bracket(tokens, at + used + 1);
            }
            used
        })),
        // OPENROWSET(BULK 'path', …): a file.
        ("OPENROWSET", Token::LParen) if is(tokens, at + 2, "BULK") => match &tokens.get(at + 3)?.token {
            Token::SingleQuotedString(path) | Token::NationalStringLiteral(path) => {
                Some((vec![make_ident(&format!("path:{path}"), like)], 1 + bracket(tokens, at + 1)))
            }
            _ => None,
        },
        // geography::Point(…): a static method.
        (_, Token::DoubleColon) if grammar.is_tsql() => Some((Vec::new(), 2)),
        // Full-text tables take `t, *, …` or `t, (a, b), …`.
        ("CONTAINSTABLE" | "FREETEXTTABLE", Token::LParen) => {
            let used = bracket(tokens, at + 1);
            let inside = &tokens[at + 2..at + 1 + used.max(2)];
            let name = inside.iter().position(|t| t.token == Token::Comma)?;
            Some((inside[..name].to_vec(), used + 1))
        }
        _ => None,
    }
}
