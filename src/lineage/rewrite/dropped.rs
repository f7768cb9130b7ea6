//! Words of a query that say nothing about lineage, or that the parser does without.

use super::{bracket, is, word};
use crate::lineage::token::Tok;
use sqlparser::tokenizer::Token;

/// How many tokens at `at` say nothing and are left out.
pub(super) fn dropped(tokens: &[Tok], at: usize) -> usize {
    let before = |token: &Token| at > 0 && tokens[at - 1].token == *token;
    let comma = |i: usize| tokens.get(i).is_some_and(|t| t.token == Token::Comma);
    let after = |word: &str| at > 0 && is(tokens, at - 1, word);
    let first = match (word(tokens, at), &tokens[at].token) {
        (Some(first), _) => first,
        // server.db..t, (r).*
        (None, Token::Period) if tokens.get(at + 1).is_some_and(|t| t.token == Token::Period) => return 1,
        (None, Token::Period) if before(&Token::RParen) && tokens.get(at + 1).is_some_and(|t| t.token == Token::Mul) => return 2,
        // An outer join as Oracle wrote it.
        (None, Token::LParen)
            if tokens.get(at + 1).is_some_and(|t| t.token == Token::Plus)
                && tokens.get(at + 2).is_some_and(|t| t.token == Token::RParen) =>
        {
            return 3;
        }
        // 'a' 'b' is one string.
        (None, Token::SingleQuotedString(_)) if at > 0 && matches!(tokens[at - 1].token, Token::SingleQuotedString(_)) => return 1,
        (None, _) => return 0,
    };
    let next_bracket = || bracket(tokens, at + 1);
    let next = |words: &[&str]| words.iter().any(|w| is(tokens, at + 1, w));
    match first.as_str() {
        // OPTION (MAXRECURSION 25), table hints.
        "OPTION" if next_bracket() > 0 => 1 + next_bracket(),
        "WITH" if is(tokens, at + 1, "NO") && is(tokens, at + 2, "DATA") => 3,
        // A CTE may be called so.
        "WITH" if is(tokens, at + 1, "DATA") && !is(tokens, at + 2, "AS") && bracket(tokens, at + 2) == 0 => 2,
        "WITH" if is(tokens, at + 1, "READ") && is(tokens, at + 2, "ONLY") => 3,
        "WITH" if is(tokens, at + 1, "CHECK") && is(tokens, at + 2, "OPTION") => 3,
        "XMLNAMESPACES" if after("WITH") && comma(at + 1 + next_bracket()) => 2 + next_bracket(),
        "WITH" if is(tokens, at + 1, "XMLNAMESPACES") && !comma(at + 2 + bracket(tokens, at + 2)) => 2 + bracket(tokens, at + 2),
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
        // What follows a recursive CTE: SEARCH DEPTH FIRST BY a SET b, CYCLE a SET b TO 1 DEFAULT 0 USING c.
        "SEARCH" if next(&["DEPTH", "BREADTH"]) => through(tokens, at, "SET", 1),
        "CYCLE" if before(&Token::RParen) || at > 1 && is(tokens, at - 2, "SET") => cycle(tokens, at),
        // MATCH_RECOGNIZE: SUBSET u = (a, b), a name for several symbols.
        "SUBSET" if tokens.get(at + 2).is_some_and(|t| t.token == Token::Eq) && bracket(tokens, at + 3) > 0 => {
            through(tokens, at, "DEFINE", 0).saturating_sub(1)
        }
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
        // Where rows of a table are kept: Greenplum's and Vertica's ends of CREATE TABLE … AS query.
        "DISTRIBUTED" if next(&["BY", "RANDOMLY", "REPLICATED"]) => rest(tokens, at),
        "SEGMENTED" if next(&["BY"]) => rest(tokens, at),
        "UNSEGMENTED" if next(&["ALL"]) => rest(tokens, at),
        // Vertica: LIMIT 1 OVER (PARTITION BY a ORDER BY b)
        "OVER" if at > 1 && is(tokens, at - 2, "LIMIT") => 1 + next_bracket(),
        // A name that somebody has yet to write: SELECT a AS, b AS FROM t.
        "AS" if comma(at + 1) || next(&["FROM"]) => 1,
        "POSITIONAL" | "PASTE" if next(&["JOIN"]) => 1,
        // a CROSS JOIN b ON …, a CROSS DIRECTED JOIN b
        "CROSS" if next(&["JOIN"]) => 1,
        "DIRECTED" if next(&["JOIN"]) => 1,
        "USING" if next_bracket() > 0 && conditions_before(tokens, at) > 0 => 1 + next_bracket(),
        // CHAR(65 USING utf8)
        "USING" if tokens.get(at + 2).is_some_and(|t| t.token == Token::RParen) && matches!(tokens[at + 1].token, Token::Word(_)) => 2,
        "CHARACTER" if next(&["SET"]) => 3,
        "COLLATE" if at > 1 && (is(tokens, at - 2, "AS") || tokens[at - 2].token == Token::DoubleColon || before(&Token::RParen)) => 2,
        // TRIM(BOTH FROM a)
        "BOTH" | "LEADING" | "TRAILING" if before(&Token::LParen) && next(&["FROM"]) => 2,
        // JSON_VALUE(a, '$.b' NULL ON EMPTY DEFAULT 0 ON ERROR)
        "NULL" | "ERROR" | "ABSENT" if next(&["ON"]) && ["ERROR", "EMPTY", "NULL"].iter().any(|w| is(tokens, at + 2, w)) => 3,
        // CAST(a AS NUMBER DEFAULT 0 ON CONVERSION ERROR)
        "DEFAULT" if (2..5).any(|n| is(tokens, at + n, "ON") && is(tokens, at + n + 1, "CONVERSION")) => {
            through(tokens, at, "CONVERSION", 1)
        }
        // LISTAGG(a, ',' ON OVERFLOW TRUNCATE '…' WITH COUNT)
        "ON" if next(&["OVERFLOW"]) => rest(tokens, at),
        // LAG(a IGNORE NULLS, 1), ARRAY_AGG(a IGNORE NULLS ORDER BY b)
        "IGNORE" | "RESPECT" if next(&["NULLS"]) && (comma(at + 2) || is(tokens, at + 2, "ORDER") || is(tokens, at + 2, "LIMIT")) => 2,
        "DEFAULT" if is(tokens, at + 2, "ON") && (is(tokens, at + 3, "ERROR") || is(tokens, at + 3, "EMPTY")) => 4,
        "FORMAT" if next(&["JSON"]) => 2 + 2 * usize::from(is(tokens, at + 2, "ENCODING")),
        "WITH" | "WITHOUT" if wrapper(tokens, at) > 0 => wrapper(tokens, at),
        "RETURNING" if at > 0 && !matches!(tokens[at - 1].token, Token::LParen) && is_type(tokens, at + 1) => {
            2 + bracket(tokens, at + 2) + usize::from(is(tokens, at + 2 + bracket(tokens, at + 2), "STRICT"))
        }
        "KEY" if (before(&Token::LParen) || before(&Token::Comma)) && !comma(at + 1) && is(tokens, at + 2, "VALUE") => 1,
        "NAME" if at > 1 && is(tokens, at - 2, "XMLELEMENT") => {
            2 + usize::from(tokens.get(at + 2).is_some_and(|t| t.token == Token::Comma))
        }
        "EXCLUDE" if next(&["NO", "CURRENT"]) => 3,
        "EXCLUDE" if next(&["GROUP", "TIES"]) => 2,
        // NTH_VALUE(a, 2) FROM FIRST OVER (…)
        "FROM" if before(&Token::RParen) && next(&["FIRST", "LAST"]) => 2,
        "FOR" if next(&["UPDATE", "SHARE", "KEY", "NO"]) => rest(tokens, at),
        "PARTITION" | "SUBPARTITION" if next_bracket() > 0 => 1 + next_bracket(),
        "TABLESAMPLE" => sample(tokens, at),
        "AT" | "BEFORE" if next_bracket() > 0 && tokens.get(at + 3).is_some_and(|t| t.token == Token::RArrow) => 1 + next_bracket(),
        "VARIADIC" if before(&Token::LParen) || before(&Token::Comma) => 1,
        "SYMMETRIC" | "ASYMMETRIC" if after("BETWEEN") => 1,
        "SOUNDS" if next(&["LIKE"]) => 1,
        "LOCAL" if after("WITH") && next(&["TIME"]) => 1,
        // BigQuery: FULL OUTER UNION ALL BY NAME, UNION ALL STRICT CORRESPONDING.
        "FULL" | "LEFT" | "INNER" | "OUTER" if next(&["UNION"]) || next(&["OUTER"]) && is(tokens, at + 2, "UNION") => 1,
        "STRICT" if next(&["CORRESPONDING"]) => 1,
        // A name that is none: IN (q1 AS 1).
        "AS" if matches!(tokens.get(at + 1).map(|t| &t.token), Some(Token::Number(..))) => 2,
        // Spark: r'raw'; BigQuery: rb'raw'.
        "R" | "RB" | "BR"
            if tokens.get(at + 1).is_some_and(|t| t.start == tokens[at].end)
                && matches!(tokens.get(at + 1).map(|t| &t.token), Some(Token::SingleQuotedString(_) | Token::DoubleQuotedString(_))) =>
        {
            1
        }
        _ => 0,
    }
}

/// How many tokens from `at` on lead through the first `word` and `more` after it; 0 when it does not come.
fn through(tokens: &[Tok], at: usize, word: &str, more: usize) -> usize {
    (at..tokens.len().min(at + NEAR)).find(|i| is(tokens, *i, word)).map_or(0, |i| (i + 1 + more).min(tokens.len()) - at)
}

/// Tokens looked back over for what a word belongs to: looking back from each of many to the first would take the square of their number.
pub(super) const NEAR: usize = 256;

/// The first `token` not far behind `at`.
pub(super) fn near(tokens: &[Tok], at: usize, token: &Token) -> Option<usize> {
    (at..tokens.len().min(at + NEAR)).find(|i| tokens[*i].token == *token)
}

/// The places before `at` in its bracket, outside brackets there, nearest first and as far as is looked back; the bracket that opens around
/// it is the last.
pub(super) fn before(tokens: &[Tok], at: usize) -> impl Iterator<Item = usize> {
    let (mut depth, mut opened) = (0usize, false);
    let place = move |i: usize| {
        if opened {
            return None;
        }
        match tokens[i].token {
            Token::RParen => depth += 1,
            Token::LParen if depth > 0 => depth -= 1,
            _ => {
                opened = tokens[i].token == Token::LParen;
                return Some((depth == 0).then_some(i));
            }
        }
        Some(None)
    };
    (at.saturating_sub(NEAR)..at).rev().map_while(place).flatten()
}

/// The bracket that opens around `at`.
pub(super) fn opened(tokens: &[Tok], at: usize) -> Option<usize> {
    before(tokens, at).find(|i| tokens[*i].token == Token::LParen)
}

/// The number of ON and USING since the last join that brought a relation: `a JOIN b JOIN c ON … ON …` has one before its second.
pub(super) fn conditions_before(tokens: &[Tok], at: usize) -> usize {
    let any = |i: usize, words: &[&str]| words.iter().any(|w| is(tokens, i, w));
    let since = before(tokens, at).take_while(|i| !any(*i, &["JOIN", "FROM", "WHERE"]));
    since.filter(|i| any(*i, &["ON", "USING"])).count()
}

/// `TABLESAMPLE BERNOULLI (10) REPEATABLE (1)`.
fn sample(tokens: &[Tok], at: usize) -> usize {
    let mut end = at + 1;
    end += usize::from(bracket(tokens, end) == 0);
    end += usize::from(tokens.get(end).is_some_and(|t| t.token == Token::Mod) || is(tokens, end, "PERCENT") || is(tokens, end, "ROWS"));
    end += bracket(tokens, end);
    if is(tokens, end, "REPEATABLE") || is(tokens, end, "SEED") {
        end += 1 + bracket(tokens, end + 1);
    }
    end.min(tokens.len()) - at
}

/// `WITH CONDITIONAL ARRAY WRAPPER` of a JSON function.
fn wrapper(tokens: &[Tok], at: usize) -> usize {
    let mut end = at + 1;
    while ["CONDITIONAL", "UNCONDITIONAL", "ARRAY"].iter().any(|w| is(tokens, end, w)) {
        end += 1;
    }
    if is(tokens, end, "WRAPPER") { end + 1 - at } else { 0 }
}

/// What JSON functions return.
fn is_type(tokens: &[Tok], at: usize) -> bool {
    ["VARCHAR", "VARCHAR2", "VARBINARY", "JSON", "JSONB", "TEXT", "CHAR", "CLOB", "BLOB", "NUMBER"].iter().any(|w| is(tokens, at, w))
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
pub(super) fn model(tokens: &[Tok], at: usize) -> usize {
    let mut i = at;
    let mut rules = false;
    for _ in 0..NEAR {
        if i >= tokens.len() {
            break;
        }
        if i > at && is(tokens, i, "MODEL") {
            return 0;
        }
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
pub(super) fn rest(tokens: &[Tok], at: usize) -> usize {
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
pub(super) fn past(tokens: &[Tok], at: usize) -> usize {
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
