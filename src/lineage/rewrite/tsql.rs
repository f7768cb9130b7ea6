//! Rewrites that only T-SQL needs.

use super::dropped::NEAR;
use super::{bracket, is, word};
use crate::lineage::scope::is_hint;
use crate::lineage::token::{Tok, made, make_word};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

fn at_token(tokens: &[Tok], at: usize, token: &Token) -> bool {
    tokens.get(at).is_some_and(|t| t.token == *token)
}

/// How many tokens at `at` say nothing and are left out.
fn dropped(tokens: &[Tok], at: usize) -> usize {
    let any = |at: usize, words: &[&str]| words.iter().any(|w| is(tokens, at, w));
    let used = bracket(tokens, at + 1);
    // Hints.
    if is(tokens, at, "WITH") && at > 0 && (used > 0 || is(tokens, at + 1, "TIES")) {
        return 1 + used.max(1);
    }
    if hints(tokens, at) > 0 {
        return hints(tokens, at);
    }
    // INNER HASH JOIN
    if any(at, &["HASH", "MERGE", "LOOP", "REMOTE"]) && is(tokens, at + 1, "JOIN") {
        return 1;
    }
    if is(tokens, at, "ALL") && at > 1 && is(tokens, at - 1, "BY") && is(tokens, at - 2, "GROUP") {
        return 1;
    }
    // geography::Point(…): a static method.
    if matches!(tokens[at].token, Token::Word(_)) && at_token(tokens, at + 1, &Token::DoubleColon) {
        return 2;
    }
    // GROUP BY a WITH ROLLUP
    if is(tokens, at, "WITH") && any(at + 1, &["ROLLUP", "CUBE"]) && !any(at + 2, &["AS"]) && !at_token(tokens, at + 2, &Token::LParen) {
        return 2;
    }
    // ODBC's {oj a LEFT OUTER JOIN b …}, {fn concat(a, b)}, {d '2020-01-01'}.
    if at_token(tokens, at, &Token::LBrace) && any(at + 1, &["OJ", "FN", "D", "T", "TS", "GUID"]) {
        return 2;
    }
    if at_token(tokens, at, &Token::RBrace) {
        return 1;
    }
    // A graph's tables on a path of any length.
    if is(tokens, at, "FOR") && is(tokens, at + 1, "PATH") && at > 0 && !at_token(tokens, at - 1, &Token::Comma) {
        return 2;
    }
    // SELECT … INTO t ON filegroup FROM …
    if is(tokens, at, "ON") && is(tokens, at + 2, "FROM") {
        let name = tokens[..at].iter().rev().take_while(|t| t.token == Token::Period || matches!(t.token, Token::Word(_))).count();
        if (at - name..at).any(|i| is(tokens, i, "INTO")) {
            return 2;
        }
    }
    // STRING_AGG(…) WITHIN GROUP (GRAPH PATH)
    if is(tokens, at, "WITHIN") && is(tokens, at + 3, "GRAPH") {
        return 2 + bracket(tokens, at + 2);
    }
    // A page whose size is computed: FETCH NEXT @n ROWS ONLY.
    if is(tokens, at, "FETCH") && any(at + 1, &["NEXT", "FIRST"]) {
        return (at..tokens.len().min(at + NEAR)).find(|i| is(tokens, *i, "ONLY")).map_or(0, |end| end + 1 - at);
    }
    // Another server, named by how it is reached: OPENDATASOURCE(…).db.dbo.t.
    if is(tokens, at, "OPENDATASOURCE") && used > 0 && at_token(tokens, at + 1 + used, &Token::Period) {
        return 2 + used;
    }
    // The current database's default schema: ..t.
    if at_token(tokens, at, &Token::Period)
        && at_token(tokens, at + 1, &Token::Period)
        && !at
            .checked_sub(1)
            .is_some_and(|i| matches!(&tokens[i].token, Token::Word(w) if w.quote_style.is_some() || w.keyword == Keyword::NoKeyword))
    {
        return 2;
    }
    // Sums after the rows: COMPUTE SUM(a), AVG(b) BY c.
    if is(tokens, at, "COMPUTE") && any(at + 1, &["SUM", "AVG", "COUNT", "MIN", "MAX"]) && at_token(tokens, at + 2, &Token::LParen) {
        return tokens.len() - at;
    }
    0
}

/// The bracket of hints behind a table at `at`, as they were written before WITH: `(UPDLOCK HOLDLOCK)`, `(INDEX = i)`.
fn hints(tokens: &[Tok], at: usize) -> usize {
    let named = at > 0 && matches!(tokens[at - 1].token, Token::Word(_));
    let used = if named && word(tokens, at + 1).is_some_and(|w| w == "INDEX" || is_hint(&w)) { bracket(tokens, at) } else { 0 };
    let mut i = at + 1;
    while i + 1 < at + used {
        if is(tokens, i, "INDEX") {
            i += 1 + usize::from(at_token(tokens, i + 1, &Token::Eq));
            i += bracket(tokens, i).max(1);
        } else if at_token(tokens, i, &Token::Comma) || word(tokens, i).is_some_and(|w| is_hint(&w)) {
            i += 1;
        } else {
            return 0;
        }
    }
    used
}

/// Replacements, with the number of tokens used up.
pub(super) fn replaced(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let skip = dropped(tokens, at);
    if skip > 0 {
        return Some((Vec::new(), skip));
    }
    // CHANGETABLE(CHANGES t, @version): rows of t.
    if is(tokens, at, "CHANGETABLE") && (is(tokens, at + 2, "CHANGES") || is(tokens, at + 2, "VERSION")) {
        let used = bracket(tokens, at + 1);
        let comma = (at..at + 1 + used).find(|i| at_token(tokens, *i, &Token::Comma)).filter(|comma| *comma > at + 3)?;
        return Some((tokens[at + 3..comma].to_vec(), 1 + used));
    }
    let next = &tokens.get(at + 1)?.token;
    match (&like.token, next) {
        // a *= b, a =* b: old outer joins.
        (Token::Mul, Token::Eq) | (Token::Eq, Token::Mul) => Some((vec![made(Token::Eq, like)], 2)),
        // a !< b, a !> b
        (Token::ExclamationMark, Token::Lt) => Some((vec![made(Token::GtEq, like)], 2)),
        (Token::ExclamationMark, Token::Gt) => Some((vec![made(Token::LtEq, like)], 2)),
        // Arrows between nodes of a graph: which rows go together.
        (Token::Word(_), Token::LParen) if is(tokens, at, "MATCH") => {
            let one = || made(Token::Number("1".into(), false), like);
            Some((vec![one(), made(Token::Eq, like), one()], 1 + bracket(tokens, at + 1)))
        }
        (Token::Word(_), Token::LParen) if is(tokens, at, "PREDICT") => predict(tokens, at),
        // TOP (SELECT …): the query in brackets of its own.
        (Token::Word(_), Token::LParen) if is(tokens, at, "TOP") && is(tokens, at + 2, "SELECT") => {
            let used = bracket(tokens, at + 1);
            let mut out = vec![like.clone(), made(Token::LParen, like)];
            out.extend_from_slice(&tokens[at + 1..at + 1 + used]);
            out.push(made(Token::RParen, like));
            Some((out, used + 1))
        }
        // TRY_PARSE(a AS DATE USING 'en-US')
        (Token::Word(_), Token::LParen) if is(tokens, at, "PARSE") || is(tokens, at, "TRY_PARSE") => {
            let used = bracket(tokens, at + 1);
            let end = (at + 2..at + used).find(|i| is(tokens, *i, "USING")).unwrap_or((at + used).max(at + 2));
            (at + 2..end).find(|i| is(tokens, *i, "AS"))?;
            let mut out = vec![make_word("CAST", like)];
            out.extend_from_slice(&tokens[at + 1..end]);
            out.push(made(Token::RParen, like));
            Some((out, used + 1))
        }
        (Token::Word(_), Token::LParen) if is(tokens, at, "OPENJSON") => {
            // A path that is computed: which part of the text is read says nothing.
            let used = bracket(tokens, at + 1);
            let comma = top(tokens, at + 2, at + used, &Token::Comma)?;
            if matches!(tokens[comma + 1].token, Token::SingleQuotedString(_) | Token::NationalStringLiteral(_)) {
                return None;
            }
            let mut out = tokens[at..comma].to_vec();
            out.push(made(Token::RParen, like));
            Some((out, used + 1))
        }
        (Token::Word(_), _) if is(tokens, at, "FROM") => pivoted_join(tokens, at),
        _ => None,
    }
}

/// Whether what is joined is pivoted together.
pub(super) fn pivots_join(tokens: &[Tok]) -> bool {
    let pivots =
        |t: &Tok| matches!(&t.token, Token::Word(w) if w.value.eq_ignore_ascii_case("PIVOT") || w.value.eq_ignore_ascii_case("UNPIVOT"));
    tokens.iter().any(pivots) && (0..tokens.len()).any(|i| is(tokens, i, "FROM") && pivoted_join(tokens, i).is_some())
}

/// `FROM a JOIN b ON … PIVOT (…)`: all that is joined is pivoted, which the parser takes as a query in brackets.
fn pivoted_join(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    const ENDS: [&str; 10] = ["WHERE", "GROUP", "ORDER", "HAVING", "UNION", "EXCEPT", "INTERSECT", "SELECT", "OPTION", "FROM"];
    let (mut start, mut joins, mut i) = (at + 1, false, at + 1);
    for _ in 0..NEAR {
        if i >= tokens.len() {
            break;
        }
        match word(tokens, i).as_deref() {
            Some("PIVOT" | "UNPIVOT") if joins && bracket(tokens, i + 1) > 0 => {
                let like = &tokens[at];
                let mut out = tokens[at..start].to_vec();
                out.extend([made(Token::LParen, like), make_word("SELECT", like), made(Token::Mul, like), make_word("FROM", like)]);
                out.extend_from_slice(&tokens[start..i]);
                out.push(made(Token::RParen, like));
                return Some((out, i - at));
            }
            Some("JOIN" | "APPLY") => joins = true,
            Some(end) if ENDS.contains(&end) => return None,
            _ => {}
        }
        match tokens[i].token {
            Token::RParen | Token::SemiColon => return None,
            Token::Comma => (start, joins) = (i + 1, false),
            Token::LParen if bracket(tokens, i) == 0 => return None,
            _ => {}
        }
        i += bracket(tokens, i).max(1);
    }
    None
}

/// The first `token` in `from..to` outside brackets.
fn top(tokens: &[Tok], from: usize, to: usize, token: &Token) -> Option<usize> {
    let mut i = from;
    while i < to {
        if tokens[i].token == *token {
            return Some(i);
        }
        i += bracket(tokens, i).max(1);
    }
    None
}

/// `PREDICT(MODEL = m, DATA = t AS d) WITH (score float)`: the rows of `t` beside columns that a model makes.
fn predict(tokens: &[Tok], at: usize) -> Option<(Vec<Tok>, usize)> {
    let like = &tokens[at];
    let used = bracket(tokens, at + 1);
    let data = (at + 2..at + used).find(|i| is(tokens, *i, "DATA") && at_token(tokens, i + 1, &Token::Eq))? + 2;
    let end = top(tokens, data, at + used, &Token::Comma).unwrap_or(at + used);
    let mut out = tokens[data..end].to_vec();
    // A model that is looked up is read.
    let model = (at + 2..data).find(|i| is(tokens, *i, "MODEL") && at_token(tokens, i + 1, &Token::Eq)).map_or(0, |i| i + 2);
    let query = bracket(tokens, model);
    if query > 0 && model > 0 {
        out.push(made(Token::Comma, like));
        out.extend_from_slice(&tokens[model..model + query]);
        out.extend([make_word("AS", like), make_word("predicting_model", like)]);
    }
    let with = at + 1 + used;
    let columns = if is(tokens, with, "WITH") { bracket(tokens, with + 1) } else { 0 };
    if columns == 0 {
        return Some((out, used + 1));
    }
    out.extend([made(Token::Comma, like), made(Token::LParen, like), make_word("SELECT", like)]);
    let mut start = with + 2;
    let close = with + columns;
    while start < close {
        let stop = top(tokens, start, close, &Token::Comma).unwrap_or(close);
        if start > with + 2 {
            out.push(made(Token::Comma, like));
        }
        out.extend([make_word("NULL", like), make_word("AS", like), tokens[start].clone()]);
        start = stop + 1;
    }
    out.push(made(Token::RParen, like));
    Some((out, used + 2 + columns))
}
