//! Tables and queries that are arguments of functions.

use super::vendor::name_end;
use super::{bracket, is, word};
use crate::lineage::dialect::Grammar;
use crate::lineage::token::{Tok, Tokens, made, make_word};
use sqlparser::tokenizer::Token;

/// Whether a function at `at` stands for the rows of a query that it sends to another server.
pub(super) fn sends_query(tokens: &[Tok], at: usize, grammar: Grammar) -> bool {
    // Every token is asked.
    if tokens.get(at + 1).is_none_or(|t| t.token != Token::LParen) {
        return false;
    }
    let own: &[&str] = match grammar.dialect.id {
        "bigquery" => &["EXTERNAL_QUERY"],
        "postgres" => &["DBLINK", "CROSSTAB"],
        "duckdb" => &["POSTGRES_QUERY", "MYSQL_QUERY", "QUERY"],
        _ => return false,
    };
    let relation = at > 0 && (tokens[at - 1].token == Token::Comma || ["FROM", "JOIN"].iter().any(|w| is(tokens, at - 1, w)));
    relation && own.iter().any(|w| is(tokens, at, w)) && bracket(tokens, at + 1) > 0
}

/// `EXTERNAL_QUERY('connection', 'SELECT …')`, `dblink('connection', 'SELECT …')`: that query, as far as its text is constant.
pub(super) fn sent_query(tokens: &[Tok], at: usize, grammar: Grammar) -> Option<(Vec<Tok>, usize)> {
    let (like, used) = (&tokens[at], bracket(tokens, at + 1));
    // The connection comes first, but may be left out; what crosstab turns comes before what it turns it by.
    let turned = is(tokens, at, "CROSSTAB");
    let commas = (at + 1..at + used).filter(|i| tokens[*i].token == Token::Comma && !turned);
    let text = commas.take(1).chain([at + 1]).find_map(|i| match &tokens[i + 1].token {
        Token::SingleQuotedString(s)
        | Token::DoubleQuotedString(s)
        | Token::TripleDoubleQuotedString(s)
        | Token::TripleSingleQuotedString(s)
        | Token::EscapedStringLiteral(s) => Some(s.as_str()),
        Token::DollarQuotedString(s) => Some(s.value.as_str()),
        _ => None,
    })?;
    let query = Tokens::read(text, grammar, 0, like.line);
    if !query.any(0, &["SELECT", "WITH", "TABLE"]) {
        return None;
    }
    let sent = query.list.into_iter().filter(|t| t.token != Token::SemiColon).map(|t| made(t.token, like));
    let columns = if turned { listed_columns(tokens, at + 1 + used) } else { None };
    let mut list = vec![made(Token::LParen, like)];
    match columns {
        Some(count) => list.extend(turned_query(sent.collect(), count, like)),
        None => list.extend(sent),
    }
    list.push(made(Token::RParen, like));
    Some((list, 1 + used))
}

/// How many columns the list behind an alias names: `AS t(a int, b int)`.
fn listed_columns(tokens: &[Tok], at: usize) -> Option<usize> {
    let open = at + usize::from(is(tokens, at, "AS")) + 1;
    let used = bracket(tokens, open);
    let (mut count, mut i) = (1, open + 1);
    while i < open + used {
        count += usize::from(tokens[i].token == Token::Comma);
        i += bracket(tokens, i).max(1);
    }
    (used > 2 && count <= MAX_TURNED).then_some(count)
}

/// Columns of one crosstab that are followed: people turn a dozen values.
const MAX_TURNED: usize = 256;

/// What crosstab makes of a query's rows of a name, a category and a value: the name, and values in as many columns as are left.
fn turned_query(query: Vec<Tok>, count: usize, like: &Tok) -> Vec<Tok> {
    let name = |text: &str| make_word(text, like);
    let mut list = vec![name("WITH"), name("turned"), made(Token::LParen, like)];
    for (at, column) in ["row_name", "category", "value"].into_iter().enumerate() {
        list.extend((at > 0).then(|| made(Token::Comma, like)));
        list.push(name(column));
    }
    list.extend([made(Token::RParen, like), name("AS"), made(Token::LParen, like)]);
    list.extend(query);
    list.extend([made(Token::RParen, like), name("SELECT"), name("row_name")]);
    for _ in 1..count {
        list.extend([made(Token::Comma, like), name("value")]);
    }
    list.extend([name("FROM"), name("turned")]);
    list
}

/// Whether `at` begins the arguments of a function.
pub(super) fn is_argument(tokens: &[Tok], at: usize) -> bool {
    const OTHERS: [&str; 12] = ["AS", "IN", "FROM", "JOIN", "EXISTS", "UNION", "ALL", "ANY", "LATERAL", "EXCEPT", "INTERSECT", "WITH"];
    at > 1 && tokens[at - 1].token == Token::LParen && word(tokens, at - 2).is_some_and(|w| !OTHERS.contains(&w.as_str()))
}

/// `TABLE t …`, `TABLE (t) …` as an argument: the query of all its rows.
pub(super) fn table_argument(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let used = bracket(tokens, at + 1);
    let (first, last, mut end) = match used {
        0 => (at + 1, name_end(tokens, at + 1), name_end(tokens, at + 1)),
        used => (at + 2, at + used, at + 1 + used),
    };
    let plain = |t: &Tok| matches!(t.token, Token::Word(_) | Token::Period);
    if first >= last || !tokens.get(first..last)?.iter().all(plain) {
        return None;
    }
    while end < tokens.len() && !matches!(tokens[end].token, Token::Comma | Token::RParen) {
        end += bracket(tokens, end).max(1);
    }
    let mut list = vec![made(Token::LParen, like), make_word("SELECT", like), made(Token::Mul, like), make_word("FROM", like)];
    list.extend_from_slice(&tokens[first..last]);
    list.push(made(Token::RParen, like));
    Some((list, end - at))
}

/// Flink's `TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))`: the rows of `t`, with columns for the window that its time gives.
pub(super) fn windowed(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let call = at + 2;
    if !["TUMBLE", "HOP", "CUMULATE", "SESSION"].iter().any(|w| is(tokens, call, w)) || bracket(tokens, call + 1) == 0 {
        return None;
    }
    let (like, end) = (&tokens[at], at + 1 + bracket(tokens, at + 1));
    let table = (call + 2..end).find(|i| is(tokens, *i, "TABLE") && word(tokens, i + 1).is_some())? + 1;
    let time = (table..end).find(|i| is(tokens, *i, "DESCRIPTOR") && bracket(tokens, i + 1) == 3)? + 2;
    let mut list = vec![made(Token::LParen, like), make_word("SELECT", like), made(Token::Mul, like)];
    for column in ["window_start", "window_end", "window_time"] {
        list.extend([made(Token::Comma, like), tokens[time].clone(), make_word("AS", like), make_word(column, like)]);
    }
    list.push(make_word("FROM", like));
    list.extend_from_slice(&tokens[table..name_end(tokens, table)]);
    list.push(made(Token::RParen, like));
    Some((list, end - at))
}

/// BigQuery's `VECTOR_SEARCH(TABLE a, 'e', (SELECT …))`: rows of `a` as `base`, those asked for as `query`, and how far they are apart.
pub(super) fn searched(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let (like, used) = (&tokens[at], bracket(tokens, at + 1));
    let named = is(tokens, at + 1 + used, "AS") || matches!(tokens.get(at + 1 + used).map(|t| &t.token), Some(Token::Word(_)));
    if used == 0
        || named && !["WHERE", "ORDER", "GROUP", "LIMIT", "QUALIFY", "JOIN", "LEFT", "UNION"].iter().any(|w| is(tokens, at + 1 + used, w))
    {
        return None;
    }
    let mut parts: Vec<&[Tok]> = Vec::new();
    let (mut i, mut start) = (at + 2, at + 2);
    while i < at + used {
        if tokens[i].token == Token::Comma {
            parts.push(&tokens[start..i]);
            start = i + 1;
        }
        i += bracket(tokens, i).max(1);
    }
    parts.push(&tokens[start..at + used]);
    let bare = |part: &[Tok]| if is(part, 0, "TABLE") { part[1..].to_vec() } else { part.to_vec() };
    let words = |list: &[&str]| list.iter().map(|w| make_word(w, like)).collect::<Vec<_>>();
    let mut list = bare(parts.first()?);
    list.extend(words(&["AS", "base", "CROSS", "JOIN"]));
    list.extend(bare(parts.get(2)?));
    list.extend(words(&["AS", "query", "CROSS", "JOIN"]));
    list.push(made(Token::LParen, like));
    list.extend(words(&["SELECT", "NULL", "AS", "distance"]));
    list.push(made(Token::RParen, like));
    list.extend(words(&["AS", "vector_search"]));
    Some((list, 1 + used))
}
