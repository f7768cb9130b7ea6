//! Forms of one vendor written as the parser reads them.

use super::argument::{is_argument, sends_query, sent_query, table_argument, windowed};
use super::dropped::{conditions_before, opened};
use super::{bracket, group, is, word};
use crate::lineage::dialect::Grammar;
use crate::lineage::token::{Tok, Tokens, made, make_word};
use sqlparser::tokenizer::Token;

/// What the tokens at `at` are in words that the parser knows, and how many they are.
pub(super) fn replaced(tokens: &[Tok], at: usize, grammar: Grammar) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let open = |i: usize| tokens.get(i).is_some_and(|t| t.token == Token::LParen);
    let after = |token: &Token| at > 0 && tokens[at - 1].token == *token;
    let words = |list: &[&str]| list.iter().map(|w| make_word(w, like)).collect::<Vec<_>>();
    let Some(first) = word(tokens, at) else { return symbol(tokens, at, grammar) };
    match first.as_str() {
        // a JOIN b JOIN c ON … ON …
        "ON" if conditions_before(tokens, at) > 0 => Some((words(&["AND"]), 1)),
        // a IN :list, a IN {{ list }}: what is put in brings its brackets.
        "IN" if at > 0 && listed(tokens, at + 1, grammar).is_some() => {
            let (value, used) = listed(tokens, at + 1, grammar)?;
            let mut list = vec![like.clone(), made(Token::LParen, like)];
            list.extend(value);
            list.push(made(Token::RParen, like));
            Some((list, 1 + used))
        }
        // a = ANY (1, 2): a list as IN has it.
        "ANY" | "ALL" | "SOME" if at > 0 && compares(&tokens[at - 1].token) && open(at + 1) && is_list(tokens, at + 1) => {
            Some((Vec::new(), 1))
        }
        "STRAIGHT_JOIN" if at > 0 && !is(tokens, at - 1, "SELECT") => Some((words(&["JOIN"]), 1)),
        "UNIQUE" if at > 0 && is(tokens, at - 1, "SELECT") => Some((words(&["DISTINCT"]), 1)),
        "CORRESPONDING" => {
            let columns = if is(tokens, at + 1, "BY") { 1 + bracket(tokens, at + 2) } else { 0 };
            Some((words(&["BY", "NAME"]), 1 + columns))
        }
        "DATE_PART" if open(at + 1) && is(tokens, at + 3, "FROM") => Some((words(&["EXTRACT"]), 1)),
        // Types of collections, which no column is made of.
        "ARRAY" | "OBJECT" | "JSON" | "MAP" | "ROW" | "TUPLE" if open(at + 1) && at > 0 && is(tokens, at - 1, "AS") => {
            Some((words(&["VARCHAR"]), 1 + bracket(tokens, at + 1)))
        }
        "MAP" | "STRUCT" | "ARRAY" if at > 0 && is(tokens, at - 1, "AS") && angles(tokens, at + 1) > 0 => {
            Some((words(&["VARCHAR"]), 1 + angles(tokens, at + 1)))
        }
        "STRUCT" if open(at + 1) && tokens.get(at + 2).is_some_and(|t| t.token == Token::RParen) => Some((words(&["NULL"]), 3)),
        // Spark: EXISTS(array, x -> …) is a function.
        "EXISTS" if open(at + 1) && !["SELECT", "WITH", "FROM", "VALUES"].iter().any(|w| is(tokens, at + 2, w)) && !open(at + 2) => {
            Some((words(&["any_match"]), 1))
        }
        // Hive and DuckDB: FROM t SELECT a WHERE b.
        "FROM" if starts_query(tokens, at) => source_first(tokens, at),
        // Oracle: MAX(a) KEEP (DENSE_RANK FIRST ORDER BY b).
        "KEEP" if open(at + 1) && is(tokens, at + 2, "DENSE_RANK") => {
            let mut list = words(&["WITHIN", "GROUP"]);
            list.push(made(Token::LParen, like));
            Some((list, 4))
        }
        // LATERAL VIEW explode(a) without a name.
        "VIEW" if at > 0 && is(tokens, at - 1, "LATERAL") => {
            let call = name_end(tokens, at + 1 + usize::from(is(tokens, at + 1, "OUTER")));
            let end = call + bracket(tokens, call);
            let clauses = ["AS", "LATERAL", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "UNION", "CLUSTER", "DISTRIBUTE", "SORT"];
            let named = word(tokens, end).is_some_and(|w| !clauses.contains(&w.as_str()));
            (!named && end > call).then(|| {
                let mut list = tokens[at..end].to_vec();
                list.push(make_word("lateral_view", like));
                (list, end - at)
            })
        }
        "TRANSFORM" if open(at + 1) => transform(tokens, at),
        "PIVOT" | "UNPIVOT" if at == 0 || !open(at + 1) && (starts_query(tokens, at) || after(&Token::RParen) && is(tokens, 0, "WITH")) => {
            pivot_statement(tokens, at)
        }
        "TABLE" if open(at + 1) && windowed(tokens, at).is_some() => windowed(tokens, at),
        // The query that another server runs.
        "OPENQUERY" | "OPENROWSET" | "TABLE"
            if open(at + 1) && !is(tokens, at + 2, "BULK") && (first != "TABLE" || super::passes_through(&tokens[at..])) =>
        {
            let used = bracket(tokens, at + 1);
            // Where and how comes first.
            let last = tokens[at..at + 1 + used].iter().rev().find(|t| !matches!(t.token, Token::RParen))?;
            let text = match &last.token {
                Token::SingleQuotedString(s) | Token::NationalStringLiteral(s) => s,
                Token::Word(_) if first == "OPENROWSET" => {
                    let comma = (at..at + used).rev().find(|i| tokens[*i].token == Token::Comma)?;
                    return Some((tokens[comma + 1..at + used].to_vec(), 1 + used));
                }
                _ => return None,
            };
            let mut list = vec![made(Token::LParen, like)];
            list.extend(Tokens::read(text, grammar, 0, like.line).list.into_iter().map(|t| made(t.token, like)));
            list.push(made(Token::RParen, like));
            Some((list, 1 + used))
        }
        "EXTERNAL_QUERY" | "DBLINK" | "CROSSTAB" | "POSTGRES_QUERY" | "MYSQL_QUERY" | "QUERY" if sends_query(tokens, at, grammar) => {
            sent_query(tokens, at, grammar)
        }
        // TABLE a.b.c ORDER BY d: all of it.
        "TABLE" if starts_query(tokens, at) && !is_argument(tokens, at) && !open(at + 1) && word(tokens, at + 1).is_some() => {
            let mut list = words(&["SELECT"]);
            list.extend([made(Token::Mul, like), make_word("FROM", like)]);
            Some((list, 1))
        }
        // A table as the argument of a function: f(TABLE t), f(x => TABLE(t) PARTITION BY a).
        // Oracle's TABLE(t.a) makes rows of a collection.
        "TABLE"
            if !grammar.is(&["oracle"])
                && !is(tokens, at + 1, "FROM")
                && [Token::LParen, Token::Comma, Token::RArrow].iter().any(after) =>
        {
            table_argument(tokens, at)
        }
        _ => None,
    }
}

/// What stands behind IN without brackets: a placeholder of any kind, or a name that is one.
fn listed(tokens: &[Tok], at: usize, grammar: Grammar) -> Option<(Vec<Tok>, usize)> {
    let tok = tokens.get(at)?;
    match &tok.token {
        Token::LParen => None,
        Token::Placeholder(_) => Some((vec![tok.clone()], 1)),
        Token::AtSign if word(tokens, at + 1).is_some() => Some((vec![make_word("NULL", tok)], 2)),
        Token::Colon if word(tokens, at + 1).is_some() => Some((vec![make_word("NULL", tok)], 2)),
        Token::Word(_) if !["UNNEST", "SELECT", "ANY", "VALUES"].iter().any(|w| is(tokens, at, w)) && bracket(tokens, at + 1) == 0 => {
            let end = name_end(tokens, at);
            Some((tokens[at..end].to_vec(), end - at))
        }
        Token::Word(_) => None,
        _ => symbol(tokens, at, grammar),
    }
}

fn compares(token: &Token) -> bool {
    matches!(token, Token::Eq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq)
}

/// Whether the bracket at `at` holds several values, and no query.
fn is_list(tokens: &[Tok], at: usize) -> bool {
    let used = bracket(tokens, at);
    let query = ["SELECT", "WITH", "VALUES"].iter().any(|w| is(tokens, at + 1, w));
    let mut i = at + 1;
    while i + 1 < at + used {
        if tokens[i].token == Token::Comma {
            return !query;
        }
        i += bracket(tokens, i).max(1);
    }
    false
}

/// Longest type in angles, in tokens: a less-than sign has no other end than that of the statement.
const MAX_TYPE: usize = 1_024;

/// The length of a bracket of types, `<a, b<c>>`.
pub(crate) fn angles(tokens: &[Tok], at: usize) -> usize {
    let mut depth = 0usize;
    for (used, tok) in tokens.get(at..).unwrap_or_default().iter().take(MAX_TYPE).enumerate() {
        match tok.token {
            Token::Lt => depth += 1,
            Token::Gt => depth = depth.saturating_sub(1),
            Token::ShiftRight => depth = depth.saturating_sub(2),
            _ => {}
        }
        if depth == 0 {
            return if used == 0 { 0 } else { used + 1 };
        }
    }
    0
}

fn symbol(tokens: &[Tok], at: usize, grammar: Grammar) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let touches = |i: usize| tokens.get(i + 1).is_some_and(|t| tokens[i].end == t.start);
    let null = || vec![make_word("NULL", like)];
    match like.token {
        // Parameters of client libraries: %s, %(name)s, ?.
        Token::Mod if touches(at) && is(tokens, at + 1, "S") => Some((null(), 2)),
        Token::Mod if touches(at) && bracket(tokens, at + 1) == 3 && is(tokens, at + 4, "S") => Some((null(), 5)),
        // psql's and others' :name, where no slice has it.
        Token::Colon
            if word(tokens, at + 1).is_some()
                && touches(at)
                && at > 0
                && tokens[at - 1].end < like.start
                && !grammar.is(&["snowflake", "databricks", "duckdb"]) =>
        {
            Some((null(), 2))
        }
        Token::Question if at > 0 && !matches!(tokens[at - 1].token, Token::RParen | Token::SingleQuotedString(_)) => Some((null(), 1)),
        // Python's {0}.
        Token::LBrace
            if matches!(tokens.get(at + 1).map(|t| &t.token), Some(Token::Number(..)))
                && tokens.get(at + 2).is_some_and(|t| t.token == Token::RBrace) =>
        {
            Some((null(), 3))
        }
        // Snowflake: {*}, {t.* EXCLUDE a}: an object of all columns.
        Token::LBrace if [1, 3].iter().any(|n| tokens.get(at + n).is_some_and(|t| t.token == Token::Mul)) && grammar.is(&["snowflake"]) => {
            let used = group(tokens, at);
            let inside = tokens.get(at + 1..(at + used).max(2) - 1)?;
            let mut list = vec![make_word("object_construct", like), made(Token::LParen, like)];
            list.extend_from_slice(inside);
            list.push(made(Token::RParen, like));
            Some((list, used))
        }
        // Spark: {frame}.
        Token::LBrace if word(tokens, at + 1).is_some() && tokens.get(at + 2).is_some_and(|t| t.token == Token::RBrace) => {
            Some((vec![tokens[at + 1].clone()], 3))
        }
        // FROM (t)
        Token::LParen if at > 0 && (is(tokens, at - 1, "FROM") || is(tokens, at - 1, "JOIN")) => {
            let used = bracket(tokens, at);
            let inside = tokens.get(at + 1..(at + used).max(1) - 1)?;
            let name = inside.iter().all(|t| matches!(t.token, Token::Word(_) | Token::Period));
            let query = is(inside, 0, "SELECT") || is(inside, 0, "TABLE") && inside.len() > 1;
            (name && !inside.is_empty() && !query).then(|| (inside.to_vec(), used))
        }
        // FROM a JOIN (b, c): a list in brackets joins.
        Token::Comma if in_relations(tokens, at) => Some((vec![make_word("CROSS", like), make_word("JOIN", like)], 1)),
        // ((SELECT …) UNION …) as a value.
        Token::LParen if tokens.get(at + 1).is_some_and(|t| t.token == Token::LParen) && is(tokens, at + 2, "SELECT") => {
            let first = bracket(tokens, at + 1);
            let joined = ["UNION", "EXCEPT", "INTERSECT", "MINUS"].iter().any(|w| is(tokens, at + 1 + first, w));
            (joined && first > 2).then(|| {
                let mut list = vec![like.clone()];
                list.extend_from_slice(&tokens[at + 2..at + first]);
                (list, 1 + first)
            })
        }
        _ => None,
    }
}

/// Whether `at` stands in a bracket of relations.
fn in_relations(tokens: &[Tok], at: usize) -> bool {
    let Some(i) = opened(tokens, at).filter(|open| *open > 0) else { return false };
    let from = is(tokens, i - 1, "FROM") && !(i > 1 && is(tokens, i - 2, "ROWS"));
    (from || is(tokens, i - 1, "JOIN")) && !["SELECT", "WITH", "VALUES", "FROM"].iter().any(|w| is(tokens, i + 1, w))
}

/// `FROM t … SELECT a …` with the select list in front.
fn source_first(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    const ENDS: [&str; 3] = ["UNION", "EXCEPT", "INTERSECT"];
    let select = clause(tokens, at, &["SELECT", "UNION", "EXCEPT", "INTERSECT"]);
    let end = clause(tokens, select, &ENDS);
    let tail = clause(
        tokens,
        select,
        &["WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "LIMIT", "UNION", "CLUSTER", "DISTRIBUTE", "SORT"],
    )
    .min(end);
    if !is(tokens, select, "SELECT") {
        // FROM t WHERE a: all of it.
        let filtered = clause(&tokens[..end], at, &["WHERE", "ORDER", "LIMIT", "POSITIONAL"]) < end;
        let like = &tokens[at];
        let all = [make_word("SELECT", like), made(Token::Mul, like)];
        return filtered.then(|| ([&all, &tokens[at..end]].concat(), end - at));
    }
    Some(([&tokens[select..tail], &tokens[at..select], &tokens[tail..end]].concat(), end - at))
}

fn starts_query(tokens: &[Tok], at: usize) -> bool {
    at == 0 || tokens[at - 1].token == Token::LParen || ["AS", "ALL", "UNION"].iter().any(|w| is(tokens, at - 1, w))
}

/// One past the qualified name at `at`.
pub(super) fn name_end(tokens: &[Tok], at: usize) -> usize {
    let mut end = at + 1;
    while tokens.get(end).is_some_and(|t| t.token == Token::Period) {
        end += 2;
    }
    end.min(tokens.len())
}

/// The first of `words` outside brackets from `at` on, within the brackets that `at` stands in; else where those end.
fn clause(tokens: &[Tok], at: usize, words: &[&str]) -> usize {
    let mut i = at;
    while i < tokens.len() && tokens[i].token != Token::RParen && !words.iter().any(|w| is(tokens, i, w)) {
        i += bracket(tokens, i).max(1);
    }
    i
}

/// Tokens that one TRANSFORM may become, which writes its inputs out for each of its columns: 60 of 60 fit. A longer one is left to be
/// salvaged.
const MAX_TRANSFORMED: usize = 8_192;

/// Hive's `TRANSFORM (a, b) USING 'script' AS (c, d INT)`: every column is made of all that goes into the script.
fn transform(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let inputs = bracket(tokens, at + 1);
    // Formats of rows may stand between; a comma comes after a function of this name.
    let mut using = at + 1 + inputs;
    while !is(tokens, using, "USING") {
        if matches!(tokens.get(using)?.token, Token::Comma | Token::RParen) || is(tokens, using, "FROM") {
            return None;
        }
        using += bracket(tokens, using).max(1);
    }
    let end = clause(tokens, using, &["FROM", "WHERE"]);
    let call = &tokens[at..at + 1 + inputs];
    let Some(names) = (using..end).find(|i| is(tokens, *i, "AS")) else { return Some((call.to_vec(), end - at)) };
    let (first, last) = match bracket(tokens, names + 1) {
        0 => (names + 1, end),
        used => (names + 2, names + used),
    };
    let mut list = Vec::new();
    let mut i = first;
    while i < last {
        if list.len() > MAX_TRANSFORMED {
            return None;
        }
        list.extend((i > first).then(|| made(Token::Comma, like)));
        list.extend_from_slice(call);
        list.extend([make_word("AS", like), tokens[i].clone()]);
        while i < last && tokens[i].token != Token::Comma {
            i += bracket(tokens, i).max(1);
        }
        i += 1;
    }
    Some((list, end - at))
}

/// DuckDB's `PIVOT t ON a USING sum(b) GROUP BY c` and `UNPIVOT t ON a, b INTO NAME k VALUE v`.
fn pivot_statement(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let on = clause(tokens, at + 1, &["ON", "USING", "GROUP", "INTO", "ORDER", "LIMIT", "UNION"]);
    let source = &tokens[at + 1..on];
    let mut list = vec![make_word("SELECT", like)];
    if is(tokens, at, "UNPIVOT") {
        let into = clause(tokens, on, &["INTO"]);
        let (name, value) = (clause(tokens, into, &["NAME"]), clause(tokens, into, &["VALUE"]));
        let named = |at: usize, default: &str| tokens.get(at + 1).cloned().unwrap_or_else(|| make_word(default, like));
        list.extend([made(Token::Mul, like), make_word("FROM", like)]);
        list.extend_from_slice(source);
        list.extend([make_word("UNPIVOT", like), made(Token::LParen, like), named(value, "value"), make_word("FOR", like)]);
        list.extend([named(name, "name"), make_word("IN", like), made(Token::LParen, like)]);
        list.extend_from_slice(tokens.get(on + 1..into)?);
        list.extend([made(Token::RParen, like), made(Token::RParen, like)]);
        return Some((list, (value + 2).min(tokens.len()) - at));
    }
    let tail = clause(tokens, on, &["ORDER", "LIMIT", "UNION"]);
    let group = clause(tokens, on, &["GROUP", "UNION"]).min(tail);
    let using = clause(tokens, on, &["USING", "GROUP", "UNION"]).min(group);
    // The columns that values of `a` name are made of the aggregates; how many they are only the data says.
    if group < tail {
        list.extend_from_slice(tokens.get(group + 2..tail)?);
    } else if is(tokens, on, "ON") {
        list.push(made(Token::Mul, like));
    }
    if using < group {
        list.extend((list.len() > 1).then(|| made(Token::Comma, like)));
        list.extend_from_slice(&tokens[using + 1..group]);
    }
    list.push(make_word("FROM", like));
    list.extend_from_slice(source);
    list.extend_from_slice(&tokens[group..tail]);
    Some((list, tail - at))
}
