//! Rewrites that only Teradata needs: abbreviated verbs, locks, attributes in brackets after a value.

use super::dropped::{NEAR, before};
use super::vendor::name_end;
use super::{bracket, ends_value, is, word};
use crate::lineage::token::{Tok, made, make_word};
use sqlparser::tokenizer::Token;

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let value = |i: usize| ends_value(&tokens[i].token);
    let next = |token: &Token| tokens.get(at + 1).is_some_and(|t| t.token == *token);
    match &like.token {
        Token::LParen => {
            let used = attribute(tokens, at)?;
            let named = is(tokens, at + 1, "NAMED");
            let name = if named { vec![make_word("AS", like), tokens[at + used - 2].clone()] } else { Vec::new() };
            return Some((name, used));
        }
        // a ^= b, a ~= b
        Token::Caret | Token::Tilde if next(&Token::Eq) => return Some((vec![made(Token::Neq, like)], 2)),
        // a ** b
        Token::Mul if next(&Token::Mul) => return Some((vec![like.clone()], 2)),
        _ => {}
    }
    // f(ON t PARTITION BY a USING …): the rows of `t`, and what the function makes of them.
    let relation = at > 0 && (is(tokens, at - 1, "FROM") || is(tokens, at - 1, "JOIN") || tokens[at - 1].token == Token::Comma);
    if relation && next(&Token::LParen) && is(tokens, at + 2, "ON") {
        return operator(tokens, at + 1);
    }
    match word(tokens, at)?.as_str() {
        "MOD" if at > 0 && value(at - 1) && bracket(tokens, at + 1) == 0 => Some((vec![made(Token::Mod, like)], 1)),
        // A row for each unit of a period: EXPAND ON p AS x BY INTERVAL '1' DAY.
        "EXPAND" if is(tokens, at + 1, "ON") => Some((Vec::new(), expansion(tokens, at))),
        "RESET" if is(tokens, at + 1, "WHEN") => Some((vec![made(Token::Comma, like)], 2)),
        "LOCKING" | "LOCK" => Some((Vec::new(), locking(tokens, at)?)),
        // RANGE_N(a BETWEEN 1 AND 9 EACH 2, NO RANGE): what follows the value is constant.
        "RANGE_N" => {
            let used = bracket(tokens, at + 1);
            let between = (at + 2..at + 1 + used).find(|i| is(tokens, *i, "BETWEEN"))?;
            Some(([&tokens[at..between], &tokens[at + used..at + 1 + used]].concat(), 1 + used))
        }
        // CASE_N(a > 1, NO CASE OR UNKNOWN)
        "NO" if is(tokens, at + 1, "CASE") => {
            let unknown = 2 * usize::from(is(tokens, at + 2, "OR") && is(tokens, at + 3, "UNKNOWN"));
            Some((vec![make_word("NULL", like)], 2 + unknown))
        }
        "UNKNOWN" if at > 0 && tokens[at - 1].token == Token::Comma && next(&Token::RParen) => Some((vec![make_word("NULL", like)], 1)),
        "NOT" if next(&Token::Eq) => Some((vec![made(Token::Neq, like)], 2)),
        // CAST(a AS FORMAT 'YYYY'), CAST(a AS DATE FORMAT 'YYYY' TITLE 'x')
        "FORMAT" if is_text(tokens, at + 1) && at > 0 && is(tokens, at - 1, "AS") => Some((vec![make_word("VARCHAR", like)], 2)),
        "FORMAT" | "TITLE" if is_text(tokens, at + 1) && at > 0 && value(at - 1) => Some((Vec::new(), 2)),
        // 'FF'XB: bytes.
        "XB" | "XBV" | "XBF" | "XI" | "XC" | "XCV" | "XCF" if at > 0 && tokens[at - 1].end == like.start && is_text(tokens, at - 1) => {
            Some((Vec::new(), 1))
        }
        // CAST(a AS VARCHAR(9) NOT CASESPECIFIC)
        "NOT" if is(tokens, at + 1, "CASESPECIFIC") => Some((Vec::new(), 2)),
        "CASESPECIFIC" | "UPPERCASE" if at > 0 && value(at - 1) => Some((Vec::new(), 1)),
        // Rows of periods that meet become one.
        "NORMALIZE" if at > 0 && is(tokens, at - 1, "SELECT") => {
            let mut end = at + 1 + usize::from(is(tokens, at + 1, "ON"));
            while end > at + 1 && ["MEETS", "OR", "OVERLAPS"].iter().any(|w| is(tokens, end, w)) {
                end += 1;
            }
            Some((Vec::new(), end - at))
        }
        // TOP 0.5 PERCENT WITH TIES
        "TOP" => match &tokens.get(at + 1)?.token {
            Token::Number(n, _) if n.contains('.') => Some((vec![like.clone(), made(Token::Number("1".into(), false), like)], 2)),
            _ => None,
        },
        "WITH" if is(tokens, at + 1, "TIES") => Some((Vec::new(), 2)),
        // RANK(a DESC), with its order where the argument stands.
        "DESC" | "ASC" if at > 1 && next(&Token::RParen) && !is(tokens, at - 2, "BY") && !in_order(tokens, at) => Some((Vec::new(), 1)),
        _ => super::oracle::interval(tokens, at),
    }
}

fn expansion(tokens: &[Tok], at: usize) -> usize {
    const NEXT: [&str; 8] = ["WHERE", "GROUP", "ORDER", "QUALIFY", "UNION", "MINUS", "EXCEPT", "INTERSECT"];
    let mut end = at;
    while end < tokens.len() && tokens[end].token != Token::RParen && !NEXT.iter().any(|w| is(tokens, end, w)) {
        end += bracket(tokens, end).max(1);
    }
    end - at
}

fn is_text(tokens: &[Tok], at: usize) -> bool {
    tokens.get(at).is_some_and(|t| matches!(t.token, Token::SingleQuotedString(_)))
}

/// The bracket of a table operator as a query of what stands behind its ON, with the function's name.
fn operator(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let source = at + 2;
    let end = source + bracket(tokens, source).max(name_end(tokens, source) - source);
    let mut list = vec![made(Token::LParen, like), make_word("SELECT", like), made(Token::Mul, like), make_word("FROM", like)];
    list.extend_from_slice(tokens.get(source..end)?);
    list.push(made(Token::RParen, like));
    Some((list, 1 + bracket(tokens, at)))
}

/// Whether `at` stands behind an ORDER BY in its bracket.
fn in_order(tokens: &[Tok], at: usize) -> bool {
    before(tokens, at).any(|i| is(tokens, i, "ORDER"))
}

/// The length of a bracket that holds an attribute of the value before it. A bracket that touches a name is a call's, unless it can
/// be none.
fn attribute(tokens: &[Tok], at: usize) -> Option<usize> {
    let before = tokens.get(at.checked_sub(1)?)?;
    let value = match &before.token {
        Token::Word(_) => before.end < tokens[at].start,
        Token::SingleQuotedString(_) | Token::Number(..) | Token::RParen => true,
        _ => return None,
    };
    let not = usize::from(is(tokens, at + 1, "NOT"));
    let first = word(tokens, at + 1 + not)?;
    let follows = matches!(tokens.get(at + 2)?.token, Token::RParen | Token::LParen | Token::Comma | Token::Word(_));
    // A column may be called so.
    let said = !matches!(first.as_str(), "FORMAT" | "TITLE") || is_text(tokens, at + 2 + not);
    let kind = said && ATTRIBUTES.contains(&first.as_str()) || value && follows && TYPES.contains(&first.as_str());
    Some(bracket(tokens, at)).filter(|used| kind && *used > 0)
}

/// A Teradata statement with what is left out of it written out and without what it locks; `None` when there is nothing to change.
pub(crate) fn spelled_out(tokens: &[Tok]) -> Option<Vec<Tok>> {
    let skip = if is(tokens, 0, "LOCKING") || is(tokens, 0, "LOCK") { locking(tokens, 0).unwrap_or(0) } else { 0 };
    let values = values(tokens, skip);
    let table = is(tokens, skip, "CT");
    if skip == 0 && !table && values.is_none() {
        return None;
    }
    let mut list: Vec<Tok> = tokens[skip..].to_vec();
    if let Some(at) = values {
        list.insert(at - skip, make_word("VALUES", &tokens[at]));
    }
    if table {
        let words = ["CREATE", "TABLE"].map(|word| make_word(word, &list[0]));
        list.splice(..1, words);
    }
    Some(list)
}

/// Where the values of `INSERT INTO t (1, 2)`, which goes without their word, begin.
fn values(tokens: &[Tok], at: usize) -> Option<usize> {
    if !is(tokens, at, "INSERT") {
        return None;
    }
    let open = name_end(tokens, at + 1 + usize::from(is(tokens, at + 1, "INTO")));
    let query = ["SELECT", "WITH", "VALUES"].iter().any(|w| is(tokens, open + 1, w));
    let end = open + bracket(tokens, open);
    let last = tokens.get(end).is_none_or(|t| t.token == Token::SemiColon);
    (end > open && last && !query).then_some(open)
}

/// `LOCKING ROW FOR ACCESS`, `LOCKING TABLE t IN SHARE MODE NOWAIT` before what it locks for: as far as the lock's kind.
fn locking(tokens: &[Tok], at: usize) -> Option<usize> {
    const KINDS: [&str; 6] = ["ACCESS", "READ", "WRITE", "SHARE", "EXCLUSIVE", "CHECKSUM"];
    const LOCKED: [&str; 11] = ["SELECT", "SEL", "LOCKING", "LOCK", "WITH", "INSERT", "INS", "UPDATE", "UPD", "DELETE", "DEL"];
    let kind = (at..tokens.len().min(at + NEAR)).find(|i| KINDS.iter().any(|w| is(tokens, *i, w)))?;
    let mut end = kind + 1;
    end += usize::from(is(tokens, end, "MODE"));
    end += usize::from(is(tokens, end, "NOWAIT"));
    (at == 0 || LOCKED.iter().any(|w| is(tokens, end, w))).then_some(end - at)
}

/// Words that begin an attribute in brackets after a value.
const ATTRIBUTES: [&str; 6] = ["FORMAT", "NAMED", "TITLE", "CASESPECIFIC", "UPPERCASE", "CS"];

/// Types that may stand in brackets after a value.
const TYPES: [&str; 16] = [
    "INTEGER",
    "INT",
    "BIGINT",
    "SMALLINT",
    "BYTEINT",
    "DECIMAL",
    "DEC",
    "NUMERIC",
    "FLOAT",
    "REAL",
    "CHAR",
    "CHARACTER",
    "VARCHAR",
    "DATE",
    "TIME",
    "TIMESTAMP",
];
