//! Token rewrites for syntax that the parser does not know and that says nothing about lineage.

use super::dialect::Grammar;
use super::token::{Tok, make_ident, make_word};
use sqlparser::tokenizer::Token;

mod scalar;
mod tsql;
mod vendor;

pub(crate) use vendor::spelled_out;

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
/// calls.
pub(crate) fn misread(tokens: &[Tok], grammar: Grammar) -> bool {
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

/// How many tokens at `at` say nothing and are left out.
fn dropped(tokens: &[Tok], at: usize, grammar: Grammar) -> usize {
    let before = |token: &Token| at > 0 && tokens[at - 1].token == *token;
    let after = |word: &str| at > 0 && is(tokens, at - 1, word);
    let first = match (word(tokens, at), &tokens[at].token) {
        (Some(first), _) => first,
        // server.db..t, (r).*
        (None, Token::Period) if tokens.get(at + 1).is_some_and(|t| t.token == Token::Period) => return 1,
        (None, Token::Period) if before(&Token::RParen) && tokens.get(at + 1).is_some_and(|t| t.token == Token::Mul) => return 2,
        // Teradata: a ** 2.
        (None, Token::Mul) if before(&Token::Mul) && grammar.is(&["teradata"]) => return 1,
        (None, _) => return 0,
    };
    let next_bracket = || bracket(tokens, at + 1);
    let next = |words: &[&str]| words.iter().any(|w| is(tokens, at + 1, w));
    match first.as_str() {
        // OPTION (MAXRECURSION 25), table hints.
        "OPTION" if next_bracket() > 0 => 1 + next_bracket(),
        "WITH" if grammar.is_tsql() && next_bracket() > 0 && at > 0 => 1 + next_bracket(),
        "WITH" if is(tokens, at + 1, "NO") && is(tokens, at + 2, "DATA") => 3,
        "WITH" if is(tokens, at + 1, "DATA") => 2,
        "WITH" if is(tokens, at + 1, "READ") && is(tokens, at + 2, "ONLY") => 3,
        "WITH" if is(tokens, at + 1, "CHECK") && is(tokens, at + 2, "OPTION") => 3,
        "WITH" if is(tokens, at + 1, "TIES") && grammar.is_tsql() => 2,
        "WITH" if is(tokens, at + 1, "XMLNAMESPACES") => 2 + bracket(tokens, at + 2),
        // SELECT … FOR XML PATH(''), TYPE.
        "FOR" if is(tokens, at + 1, "XML") || is(tokens, at + 1, "JSON") || is(tokens, at + 1, "BROWSE") => {
            let mut depth = 0usize;
            let end = tokens[at..].iter().position(|t| match t.token {
                Token::LParen => {
                    depth += 1;
                    false
                }
                Token::RParen => {
                    depth = depth.wrapping_sub(1);
                    depth == usize::MAX
                }
                Token::SemiColon => true,
                _ => false,
            });
            end.unwrap_or(tokens.len() - at)
        }
        // FOR SYSTEM_TIME AS OF …, VERSION AS OF …: the table at another time.
        "FOR" if is(tokens, at + 1, "SYSTEM_TIME") => past(tokens, at),
        "FOR" if as_of(tokens, at + 1) => past(tokens, at),
        "VERSION" | "TIMESTAMP" | "SYSTEM_VERSION" if as_of(tokens, at) => past(tokens, at),
        // T-SQL: INNER HASH JOIN.
        "HASH" | "MERGE" | "LOOP" | "REMOTE" if grammar.is_tsql() && is(tokens, at + 1, "JOIN") => 1,
        // ASOF JOIN … ON, where others have MATCH_CONDITION.
        "ASOF" if grammar.is(&["duckdb", "clickhouse"]) => 1,
        // What follows a recursive CTE: SEARCH DEPTH FIRST BY a SET b, CYCLE a SET b TO 1 DEFAULT 0 USING c.
        "SEARCH" if next(&["DEPTH", "BREADTH"]) => through(tokens, at, "SET", 1),
        "CYCLE" if before(&Token::RParen) || at > 1 && is(tokens, at - 2, "SET") => cycle(tokens, at),
        "NOT" if after("AS") && next(&["MATERIALIZED"]) => 2,
        "MATERIALIZED" if after("AS") && next_bracket() > 0 => 1,
        "LOCK" if next(&["IN"]) && is(tokens, at + 2, "SHARE") => 4,
        "SIBLINGS" if after("ORDER") => 1,
        "XML" if after("PIVOT") => 1,
        "MODEL" if next(&["DIMENSION", "PARTITION", "MAIN", "RETURN", "UNIQUE", "IGNORE", "KEEP", "REFERENCE"]) => model(tokens, at),
        // Oracle: the table at another time.
        "AS" if next(&["OF"]) && (is(tokens, at + 2, "TIMESTAMP") || is(tokens, at + 2, "SCN")) => past(tokens, at),
        "USING" if next(&["SAMPLE"]) => rest(tokens, at),
        "INDEXED" if next(&["BY"]) => 3,
        "NOT" if next(&["INDEXED"]) => 2,
        // PostgreSQL: ROWS FROM (f(), g()) looks like a function then.
        "FROM" if after("ROWS") && next_bracket() > 0 => 1,
        "APPROXIMATE" if grammar.is(&["redshift"]) => 1,
        "ALL" if grammar.is_tsql() && after("BY") && at > 1 && is(tokens, at - 2, "GROUP") => 1,
        // ClickHouse: GLOBAL IN, GLOBAL ANY LEFT JOIN, LEFT ANY JOIN.
        "GLOBAL" if grammar.is(&["clickhouse"]) => 1,
        "ANY" | "ALL" if grammar.is(&["clickhouse"]) && next(&["JOIN", "LEFT", "RIGHT", "INNER", "FULL"]) => 1,
        _ => 0,
    }
}

/// How many tokens from `at` on lead through the first `word` and `more` after it; 0 when it does not come.
fn through(tokens: &[Tok], at: usize, word: &str, more: usize) -> usize {
    (at..tokens.len()).find(|i| is(tokens, *i, word)).map_or(0, |i| (i + 1 + more).min(tokens.len()) - at)
}

fn cycle(tokens: &[Tok], at: usize) -> usize {
    let mut used = through(tokens, at, "SET", 1);
    for word in ["TO", "DEFAULT", "USING"] {
        if used > 0 && is(tokens, at + used, word) {
            used += 2;
        }
    }
    used.min(tokens.len() - at)
}

/// Oracle's MODEL clause: as far as the bracket of its rules.
fn model(tokens: &[Tok], at: usize) -> usize {
    let mut i = at;
    let mut rules = false;
    while i < tokens.len() {
        rules |= is(tokens, i, "RULES");
        let skip = bracket(tokens, i);
        if rules && skip > 0 {
            return i + skip - at;
        }
        i += skip.max(1);
    }
    0
}

/// How many tokens from `at` on stand within the same brackets.
fn rest(tokens: &[Tok], at: usize) -> usize {
    let mut i = at;
    while i < tokens.len() && tokens[i].token != Token::RParen {
        i += bracket(tokens, i).max(1);
    }
    i - at
}

fn as_of(tokens: &[Tok], at: usize) -> bool {
    ["VERSION", "TIMESTAMP", "SYSTEM_VERSION"].iter().any(|w| is(tokens, at, w)) && is(tokens, at + 1, "AS") && is(tokens, at + 2, "OF")
}

/// How many tokens from `at` on are a point in time: as far as the next clause.
fn past(tokens: &[Tok], at: usize) -> usize {
    const NEXT: [&str; 18] = [
        "WHERE", "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "ON", "GROUP", "ORDER", "UNION", "LIMIT", "HAVING", "QUALIFY",
        "LATERAL", "SELECT", "AS", "SEMI",
    ];
    let mut depth = 0usize;
    for (used, tok) in tokens[at..].iter().enumerate() {
        match &tok.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => return used,
            Token::RParen => depth -= 1,
            Token::Comma if depth == 0 => return used,
            // The AS of AS OF comes first.
            Token::Word(w) if depth == 0 && used > 2 && w.quote_style.is_none() && NEXT.iter().any(|n| w.value.eq_ignore_ascii_case(n)) => {
                return used;
            }
            _ => {}
        }
    }
    tokens.len() - at
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
