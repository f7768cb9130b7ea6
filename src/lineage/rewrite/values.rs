//! `VALUES 1, 2`: rows of one value without brackets, and rows with a name of their own.

use super::{bracket, is, word};
use crate::lineage::token::{Tok, made, make_word};
use sqlparser::tokenizer::Token;

/// The name of rows that have none.
const ROWS: &str = "values_rows";

/// VALUES at `at` with every row in brackets, and as a relation with its name; `None` when it is so already.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let begins = at == 0 || matches!(tokens[at - 1].token, Token::Word(_) | Token::LParen | Token::RParen | Token::Comma);
    if !begins || !is(tokens, at, "VALUES") {
        return None;
    }
    let like = &tokens[at];
    let relation = at > 0 && (is(tokens, at - 1, "FROM") || is(tokens, at - 1, "JOIN") || tokens[at - 1].token == Token::Comma);
    let mut rows = vec![like.clone()];
    let mut changed = false;
    let mut end = at + 1;
    loop {
        let row = row_end(tokens, end);
        if row == end {
            return None;
        }
        let whole = bracket(tokens, end) == row - end;
        changed |= !whole;
        rows.extend((!whole).then(|| made(Token::LParen, like)));
        rows.extend_from_slice(&tokens[end..row]);
        rows.extend((!whole).then(|| made(Token::RParen, like)));
        end = row;
        if tokens.get(end).is_none_or(|t| t.token != Token::Comma) || is(tokens, end + 1, "VALUES") {
            break;
        }
        rows.push(tokens[end].clone());
        end += 1;
    }
    // VALUES (1, 2) AS t (a, b): a statement of its own.
    let named = at == 0 && alias_end(tokens, end) > end;
    if named || relation && changed {
        let mut list = if named { vec![make_word("SELECT", like), made(Token::Mul, like), make_word("FROM", like)] } else { Vec::new() };
        list.push(made(Token::LParen, like));
        list.append(&mut rows);
        list.push(made(Token::RParen, like));
        return Some((list, end - at));
    }
    changed.then_some((rows, end - at))
}

/// `(a, b)` after a relation that has no name, with a name before it.
pub(super) fn names(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let marked = is(tokens, at, "AS");
    let open = at + usize::from(marked);
    let after_bracket = at > 0 && tokens[at - 1].token == Token::RParen;
    let after_name = marked && at > 0 && matches!(tokens[at - 1].token, Token::Word(_));
    let used = name_list(tokens, open);
    (used > 0 && (after_bracket || after_name)).then(|| {
        let mut list = vec![make_word("AS", like), make_word(ROWS, like)];
        list.extend_from_slice(&tokens[open..open + used]);
        (list, open + used - at)
    })
}

/// The length of a bracket that holds nothing but names.
fn name_list(tokens: &[Tok], at: usize) -> usize {
    let used = bracket(tokens, at);
    let name = |(i, t): (usize, &Tok)| if i % 2 == 0 { matches!(t.token, Token::Word(_)) } else { t.token == Token::Comma };
    let all = used > 2 && used % 2 == 1 && tokens[at + 1..at + used - 1].iter().enumerate().all(name);
    if all { used } else { 0 }
}

/// One past the row at `at`: before a comma, a name or a clause.
fn row_end(tokens: &[Tok], at: usize) -> usize {
    let mut end = at;
    while let Some(tok) = tokens.get(end) {
        let ends = match &tok.token {
            Token::Comma | Token::RParen | Token::SemiColon => true,
            // A word after a whole value is its rows' name, or a clause.
            Token::Word(_) => {
                end > at && whole_value(&tokens[end - 1]) && !OPERATORS.contains(&word(tokens, end).unwrap_or_default().as_str())
            }
            Token::LParen => end > at && (tokens[end - 1].token == Token::RParen),
            _ => false,
        };
        if ends {
            break;
        }
        end += bracket(tokens, end).max(1);
    }
    end
}

fn whole_value(tok: &Tok) -> bool {
    match &tok.token {
        Token::Word(w) => !OPERATORS.contains(&w.value.to_uppercase().as_str()),
        Token::Number(..) | Token::SingleQuotedString(_) | Token::RParen | Token::RBracket | Token::RBrace => true,
        _ => false,
    }
}

/// Words that go on with a value or begin one.
const OPERATORS: [&str; 16] =
    ["AND", "OR", "NOT", "IS", "IN", "LIKE", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END", "INTERVAL", "DATE", "TIMESTAMP", "NULL"];

/// One past the name of rows at `at`: `AS t (a, b)`, `t(a, b)`, `(a, b)`.
fn alias_end(tokens: &[Tok], at: usize) -> usize {
    const CLAUSES: [&str; 9] = ["LIMIT", "ORDER", "UNION", "EXCEPT", "INTERSECT", "OFFSET", "FETCH", "ON", "RETURNING"];
    let mut end = at + usize::from(is(tokens, at, "AS"));
    end += usize::from(word(tokens, end).is_some_and(|w| !CLAUSES.contains(&w.as_str())));
    end + name_list(tokens, end)
}
