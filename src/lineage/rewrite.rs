//! Token rewrites for syntax that the parser does not know: what says nothing about lineage is left out, the rest is put into words that
//! the parser knows and that make the same columns of the same columns.

use super::dialect::Grammar;
use super::token::{Tok, made, make_ident, make_word};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

mod argument;
mod bigquery;
mod clickhouse;
mod dropped;
mod duckdb;
mod mysql;
mod oracle;
mod postgres;
mod scalar;
mod spark;
mod sqlite;
mod teradata;
mod tsql;
mod values;
mod vendor;

pub(crate) use teradata::spelled_out;
pub(crate) use vendor::angles;

use dropped::{dropped, rest};

/// `tokens` of a query made readable for the parser; `None` when there is nothing to change.
pub(crate) fn query(tokens: &[Tok], grammar: Grammar) -> Option<Vec<Tok>> {
    let mut out: Vec<Tok> = Vec::with_capacity(tokens.len());
    let mut changed = false;
    let mut at = 0;
    let own = rules(grammar);
    while at < tokens.len() {
        let changes = own(tokens, at)
            .or_else(|| Some(dropped(tokens, at)).filter(|used| *used > 0).map(|used| (Vec::new(), used)))
            .or_else(|| replaced(tokens, at))
            .or_else(|| vendor::replaced(tokens, at, grammar));
        // What uses up nothing would be found again for ever.
        if let Some((words, used)) = changes.filter(|(_, used)| *used > 0) {
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

/// What stands for the tokens at a place, and how many they are.
type Change = Option<(Vec<Tok>, usize)>;

/// The rewrites that only this dialect needs.
fn rules(grammar: Grammar) -> fn(&[Tok], usize) -> Change {
    match grammar.dialect.id {
        _ if grammar.generic => |tokens, at| division(tokens, at).or_else(|| remainder(tokens, at)),
        "tsql" | "fabric" => tsql::replaced,
        "clickhouse" => clickhouse::replaced,
        "duckdb" => duckdb::replaced,
        "spark" | "hive" => spark::replaced,
        "databricks" => spark::databricks,
        "bigquery" => bigquery::replaced,
        "mysql" => mysql::replaced,
        "oracle" => oracle::replaced,
        "postgres" | "redshift" => postgres::replaced,
        "sqlite" => sqlite::replaced,
        "teradata" => teradata::replaced,
        _ => |_, _| None,
    }
}

/// Whether the parser may accept `tokens` and yet take them for something else: a column called interval, Teradata's `a (INTEGER)`, T-SQL's `geography::Point(a, b)`, OPENQUERY, OPENROWSET, MATCH and full-text tables and
/// Trino's TABLE look like calls, the keys of a JSON_OBJECT like paths, Databricks' `FROM STREAM t` like an alias, ClickHouse's list of
/// ARRAY JOIN like relations, BigQuery's `ARRAY<INT64>[1, 2]` like comparisons, functions that send a query to another server like any, DuckDB's `name: e` like a path, MySQL's `@v := e` is
/// no name of what it gives, and T-SQL's `a CROSS JOIN b PIVOT (…)` pivots both.
pub(crate) fn misread(tokens: &[Tok], grammar: Grammar) -> bool {
    // The parser takes for its value whatever follows.
    if (0..tokens.len()).any(|i| is_keyword(&tokens[i], Keyword::INTERVAL) && names_column(tokens, i)) {
        return true;
    }
    let stream = |i: &usize| is(tokens, *i, "STREAM") && *i > 0 && is(tokens, i - 1, "FROM") && bracket(tokens, i + 1) == 0;
    let keyed = |i| is(tokens, i, "JSON_OBJECT") || is(tokens, i, "JSON_OBJECTAGG");
    if grammar.generic || grammar.is(&["oracle"]) {
        return (0..tokens.len()).any(keyed);
    }
    if grammar.is(&["postgres", "redshift"]) {
        return (1..tokens.len()).any(|i| postgres::is_only(tokens, i) || argument::sends_query(tokens, i, grammar));
    }
    if grammar.is(&["databricks"]) {
        return (0..tokens.len()).any(|i| stream(&i));
    }
    if grammar.is(&["clickhouse"]) {
        return clickhouse::misread(tokens);
    }
    if grammar.is(&["duckdb"]) {
        return duckdb::misread(tokens) || (1..tokens.len()).any(|i| argument::sends_query(tokens, i, grammar));
    }
    if grammar.is(&["mysql"]) {
        return (1..tokens.len()).any(|i| mysql::assigns(tokens, i));
    }
    if grammar.is(&["trino", "presto", "athena"]) {
        return (0..tokens.len()).any(|i| {
            keyed(i) || is(tokens, i, "TABLE") && (passes_through(&tokens[i..]) || i > 0 && tokens[i - 1].token == Token::RArrow)
        });
    }
    if grammar.is(&["bigquery"]) {
        let array = |i: usize| tokens[i].token == Token::Lt && is(tokens, i - 1, "ARRAY");
        return (1..tokens.len()).any(|i| array(i) || argument::sends_query(tokens, i, grammar) || is(tokens, i, "VECTOR_SEARCH"));
    }
    let call = |i: usize| {
        ["OPENQUERY", "OPENROWSET", "MATCH", "CONTAINSTABLE", "FREETEXTTABLE"].iter().any(|w| is(tokens, i, w))
            && bracket(tokens, i + 1) > 0
    };
    grammar.is(&["teradata"])
        || grammar.is_tsql() && ((0..tokens.len()).any(|i| call(i) || tokens[i].token == Token::DoubleColon) || tsql::pivots_join(tokens))
}

/// Whether these begin with Trino's `TABLE(catalog.system.query(query => '…'))`: the query that another server runs.
fn passes_through(tokens: &[Tok]) -> bool {
    const REACH: usize = 24;
    let close = bracket(tokens.get(1..REACH.max(2).min(tokens.len())).unwrap_or_default(), 0);
    close > 0 && (2..close).any(|i| is(tokens, i, "QUERY") && tokens.get(i + 1).is_some_and(|t| t.token == Token::RArrow))
}

fn is_keyword(tok: &Tok, keyword: Keyword) -> bool {
    matches!(&tok.token, Token::Word(w) if w.keyword == keyword && w.quote_style.is_none())
}

/// Whether INTERVAL at `at` is no more than a name: nothing stands behind it that could be its value.
fn names_column(tokens: &[Tok], at: usize) -> bool {
    const CLAUSES: [&str; 21] = [
        "FROM", "AS", "WHEN", "THEN", "ELSE", "END", "AND", "OR", "IN", "IS", "NOT", "LIKE", "BETWEEN", "WHERE", "GROUP", "ORDER",
        "HAVING", "ASC", "DESC", "LIMIT", "UNION",
    ];
    let of_type = at > 0 && (is(tokens, at - 1, "AS") || matches!(tokens[at - 1].token, Token::DoubleColon | Token::Period));
    let value = match tokens.get(at + 1).map(|t| &t.token) {
        Some(Token::Word(_)) => !CLAUSES.iter().any(|w| is(tokens, at + 1, w)),
        Some(
            Token::Comma
            | Token::RParen
            | Token::RBracket
            | Token::SemiColon
            | Token::Eq
            | Token::Neq
            | Token::Lt
            | Token::LtEq
            | Token::Gt
            | Token::GtEq
            | Token::Mul
            | Token::Div
            | Token::StringConcat
            | Token::DoubleColon,
        )
        | None => false,
        Some(_) => true,
    };
    !of_type && !value
}

/// A word that begins a clause elsewhere, and here stands in a list as a column does: `id, sort, offset FROM t`.
fn listed_column(tokens: &[Tok], at: usize) -> bool {
    const WORDS: [&str; 8] = ["SORT", "OFFSET", "CLUSTER", "DISTRIBUTE", "FETCH", "TOP", "VIEW", "FORMAT"];
    let ends = tokens.get(at + 1).is_none_or(|t| matches!(t.token, Token::Comma | Token::RParen | Token::DoubleColon))
        || ["FROM", "AS"].iter().any(|w| is(tokens, at + 1, w));
    at > 0 && tokens[at - 1].token == Token::Comma && ends && WORDS.iter().any(|w| is(tokens, at, w))
}

fn word(tokens: &[Tok], at: usize) -> Option<String> {
    match &tokens.get(at)?.token {
        Token::Word(w) if w.quote_style.is_none() => Some(w.value.to_uppercase()),
        _ => None,
    }
}

fn is(tokens: &[Tok], at: usize, expected: &str) -> bool {
    matches!(tokens.get(at).map(|t| &t.token), Some(Token::Word(w)) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(expected))
}

/// Whether a value may end with this token.
fn ends_value(token: &Token) -> bool {
    matches!(token, Token::Word(_) | Token::Number(..) | Token::RParen | Token::RBracket | Token::SingleQuotedString(_))
}

/// `DIV` between two values as a sign.
fn division(tokens: &[Tok], at: usize) -> Change {
    let value = |i: usize| tokens.get(i).is_some_and(|t| matches!(t.token, Token::Word(_) | Token::Number(..) | Token::LParen));
    let between = at > 0 && ends_value(&tokens[at - 1].token) && value(at + 1);
    (between && is(tokens, at, "DIV")).then(|| (vec![made(Token::Div, &tokens[at])], 1))
}

/// `MOD` between two values as a sign.
fn remainder(tokens: &[Tok], at: usize) -> Change {
    let value = tokens.get(at + 1).is_some_and(|t| matches!(t.token, Token::Word(_) | Token::Number(..)));
    let between = at > 0 && ends_value(&tokens[at - 1].token) && value;
    (between && is(tokens, at, "MOD")).then(|| (vec![made(Token::Mod, &tokens[at])], 1))
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

/// The number of tokens of a balanced bracket of any kind at `at`, 0 when there is none.
fn group(tokens: &[Tok], at: usize) -> usize {
    let mut depth = 0usize;
    for (offset, tok) in tokens.get(at..).unwrap_or_default().iter().enumerate() {
        match tok.token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return if offset == 0 { 0 } else { offset + 1 };
                }
            }
            _ if depth == 0 => return 0,
            _ => {}
        }
    }
    0
}

/// Replacements, with the number of tokens used up.
fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    if let Some(changed) = values::replaced(tokens, at) {
        return Some(changed);
    }
    // (record).*
    if let [open, name, close, dot, star, ..] = &tokens[at..]
        && (&open.token, &close.token, &dot.token, &star.token) == (&Token::LParen, &Token::RParen, &Token::Period, &Token::Mul)
        && matches!(name.token, Token::Word(_))
        && (at == 0 || word(tokens, at - 1).is_none_or(|before| before == "SELECT"))
    {
        return Some((vec![name.clone(), dot.clone(), star.clone()], 5));
    }
    let value = is(tokens, at, "VALUE") && at > 0 && is(tokens, at - 1, "CASE") && is(tokens, at + 1, "WHEN");
    if value || listed_column(tokens, at) || is_keyword(like, Keyword::INTERVAL) && names_column(tokens, at) {
        return Some((vec![make_ident(&word(tokens, at)?.to_lowercase(), like)], 1));
    }
    match (word(tokens, at)?.as_str(), &tokens.get(at + 1)?.token) {
        ("JSON_OBJECT" | "JSON_OBJECTAGG", Token::LParen) => json_object(tokens, at),
        // 1_000
        (rest, _)
            if rest.starts_with('_') && at > 0 && tokens[at - 1].end == like.start && matches!(tokens[at - 1].token, Token::Number(..)) =>
        {
            Some((Vec::new(), 1))
        }
        // DBMS_LOB.SUBSTR(a, 1): behind a dot it is a function like any.
        ("SUBSTR" | "SUBSTRING" | "TRIM" | "FLOOR" | "CEIL" | "EXTRACT" | "CONVERT" | "POSITION" | "OVERLAY" | "STRUCT", Token::LParen)
            if at > 0 && tokens[at - 1].token == Token::Period =>
        {
            let Token::Word(name) = &like.token else { return None };
            Some((vec![make_ident(&name.value, like)], 1))
        }
        // NEXT VALUE FOR sequence
        ("NEXT", _) if is(tokens, at + 1, "VALUE") && is(tokens, at + 2, "FOR") => {
            let mut used = 4;
            while tokens.get(at + used).is_some_and(|t| t.token == Token::Period) {
                used += 2;
            }
            let mut list = tokens.get(at + 3..at + used)?.to_vec();
            list.extend([made(Token::Period, like), make_word("NEXTVAL", like)]);
            if is(tokens, at + used, "OVER") {
                used += 1 + bracket(tokens, at + used + 1);
            }
            Some((list, used))
        }
        // OPENROWSET(BULK 'path', …): a file.
        ("OPENROWSET", Token::LParen) if is(tokens, at + 2, "BULK") => match &tokens.get(at + 3)?.token {
            Token::SingleQuotedString(path) | Token::NationalStringLiteral(path) => {
                Some((vec![make_ident(&format!("path:{path}"), like)], 1 + bracket(tokens, at + 1)))
            }
            _ => None,
        },
        // Full-text tables take `t, *, …` or `t, (a, b), …`.
        ("CONTAINSTABLE" | "FREETEXTTABLE", Token::LParen) => {
            let used = bracket(tokens, at + 1);
            let inside = &tokens[at + 2..at + 1 + used.max(2)];
            let name = inside.iter().position(|t| t.token == Token::Comma)?;
            let mut list = vec![made(Token::LParen, like), make_word("SELECT", like)];
            for (n, column) in ["KEY", "RANK"].into_iter().enumerate() {
                list.extend((n > 0).then(|| made(Token::Comma, like)));
                list.extend([make_word("NULL", like), make_word("AS", like), make_ident(column, like)]);
            }
            list.push(make_word("FROM", like));
            list.extend_from_slice(&inside[..name]);
            list.push(made(Token::RParen, like));
            Some((list, used + 1))
        }
        _ => None,
    }
}

/// `JSON_OBJECT('a' : b, KEY c IS d)` with its keys and values as a list.
fn json_object(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let end = at + 1 + bracket(tokens, at + 1);
    let mut list = tokens[at..(at + 2).min(end)].to_vec();
    let mut changed = false;
    let mut keyed = false;
    let mut i = at + 2;
    while i + 1 < end {
        let begins = matches!(tokens[i - 1].token, Token::LParen | Token::Comma);
        if tokens[i].token == Token::Colon || keyed && (is(tokens, i, "IS") || is(tokens, i, "VALUE")) {
            list.push(made(Token::Comma, &tokens[i]));
            (changed, keyed) = (true, false);
            i += 1;
            continue;
        }
        if begins && is(tokens, i, "KEY") {
            (changed, keyed) = (true, true);
            i += 1;
            continue;
        }
        let used = bracket(tokens, i).max(1);
        list.extend_from_slice(&tokens[i..i + used]);
        i += used;
    }
    // Not so where no bracket follows.
    list.extend_from_slice(tokens.get(i..end)?);
    changed.then_some((list, end - at))
}
