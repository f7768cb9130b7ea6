//! From the tokens of a query to its tree: the parser, and rewrites for what it does not know.

use super::dialect::Grammar;
use super::rewrite;
use super::token::{Tok, for_parser};
use super::variable::{Variables, name_of};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// Times that a statement is rewritten: what stands in a part that moved is read by the next.
const MAX_REWRITES: usize = 3;

/// The parser counts calls, of which a level of nesting takes up to this many (a subquery in FROM takes four).
const CALLS_A_LEVEL: usize = 5;

/// Deepest nesting of brackets and CASE, and the number of operators.
pub(super) fn measure(tokens: &[Tok]) -> (usize, usize) {
    let (mut depth, mut deepest, mut chain, mut prefix, mut angles) = (0usize, 0usize, 0usize, 0usize, 0usize);
    let mut before = Keyword::NoKeyword;
    for tok in tokens {
        let mut operator = false;
        let mut keyword = Keyword::NoKeyword;
        match &tok.token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            // Types nest in angles; elsewhere they compare.
            Token::Lt if matches!(before, Keyword::ARRAY | Keyword::STRUCT | Keyword::MAP) => angles += 1,
            Token::Gt if angles > 0 => angles -= 1,
            Token::ShiftRight if angles > 0 => angles = angles.saturating_sub(2),
            Token::Word(w) if w.quote_style.is_none() => {
                keyword = w.keyword;
                match keyword {
                    Keyword::CASE => depth += 1,
                    Keyword::END => depth = depth.saturating_sub(1),
                    Keyword::NOT | Keyword::PRIOR => operator = true,
                    Keyword::AND
                    | Keyword::OR
                    | Keyword::UNION
                    | Keyword::EXCEPT
                    | Keyword::INTERSECT
                    | Keyword::JOIN
                    | Keyword::LIKE
                    | Keyword::IS
                    | Keyword::IN
                    | Keyword::XOR
                    | Keyword::COLLATE => chain += 1,
                    _ => {}
                }
            }
            Token::Comma | Token::Period | Token::Number(..) | Token::SingleQuotedString(_) | Token::Word(_) => {}
            _ => operator = true,
        }
        before = keyword;
        // A run of prefix operators nests as brackets do.
        prefix = if operator { prefix + 1 } else { 0 };
        chain += usize::from(operator);
        deepest = deepest.max(depth + angles + prefix.saturating_sub(2));
    }
    (deepest, chain)
}

/// `tokens` without the `:` before variables (`:x`, `:NEW.a`); `None` when there is none. Where it tells variables from columns, or from
/// numbers (`:1`, `$1`), it is a part of the name.
pub(super) fn without_marks(tokens: &[Tok], variables: &Variables, grammar: Grammar) -> Option<Vec<Tok>> {
    // What was put there stands nowhere.
    let touches = |i: usize| tokens[i].end == tokens[i + 1].start && tokens[i].start < tokens[i].end;
    let mark = |i: usize| {
        tokens[i].token == Token::Colon
            && (i == 0 || !touches(i - 1) || !matches!(tokens[i - 1].token, Token::Word(_) | Token::RBracket))
            && tokens.get(i + 1).and_then(|t| name_of(&t.token)).is_some_and(|name| variables.contains_key(&name.to_lowercase()))
    };
    // `$1` that is handed over, Snowflake's `$x`.
    let known =
        |name: &str| variables.contains_key(name) || name.strip_prefix('$').is_some_and(|n| variables.contains_key(&n.to_lowercase()));
    let numbered = |i: usize| matches!(&tokens[i].token, Token::Placeholder(name) if known(name));
    if variables.is_empty() || !(0..tokens.len()).any(|i| mark(i) || numbered(i)) {
        return None;
    }
    let named = grammar.is(&["snowflake"]);
    let mut list: Vec<Tok> = Vec::with_capacity(tokens.len());
    for (i, tok) in tokens.iter().enumerate().filter(|(i, _)| !mark(*i)) {
        match &tok.token {
            Token::Word(word) if named && i > 0 && mark(i - 1) => {
                list.push(Tok { token: Token::make_word(&format!(":{}", word.value), None), start: tokens[i - 1].start, ..tok.clone() });
            }
            Token::Number(number, _) if i > 0 && mark(i - 1) => {
                list.push(Tok { token: Token::make_word(&format!(":{number}"), None), start: tokens[i - 1].start, ..tok.clone() });
            }
            Token::Placeholder(name) if numbered(i) => list.push(Tok { token: Token::make_word(name, None), ..tok.clone() }),
            _ => list.push(tok.clone()),
        }
    }
    Some(list)
}

/// Parses tokens that must be one whole query. Gives the tokens parsed when they had to be rewritten; the error is of the first attempt.
pub(super) fn parse(tokens: &[Tok], grammar: Grammar, nesting: usize) -> Result<(sqlparser::ast::Query, Option<Vec<Tok>>), ParserError> {
    let attempt = |tokens: &[Tok], dialect: &dyn sqlparser::dialect::Dialect| {
        let list = tokens.iter().enumerate().map(for_parser).collect();
        let mut parser = Parser::new(dialect).with_recursion_limit(nesting * CALLS_A_LEVEL).with_tokens_with_locations(list);
        let query = parser.parse_query()?;
        match parser.peek_token_ref() {
            next if next.token == Token::EOF => Ok(*query),
            next => Err(ParserError::ParserError(format!("unexpected '{}' on line {}", next.token, next.span.start.line))),
        }
    };
    if rewrite::misread(tokens, grammar)
        && let Some(changed) = rewrite::query(tokens, grammar)
        && let Ok(query) = attempt(&changed, grammar.parser())
    {
        return Ok((query, Some(changed)));
    }
    let first = match attempt(tokens, grammar.parser()) {
        Ok(query) => return Ok((query, None)),
        Err(ParserError::RecursionLimitExceeded) => return Err(ParserError::RecursionLimitExceeded),
        Err(error) => error,
    };
    // What a rewrite leaves may need another.
    let mut last: Option<Vec<Tok>> = None;
    for _ in 0..MAX_REWRITES {
        let Some(changed) = rewrite::query(last.as_deref().unwrap_or(tokens), grammar) else { break };
        let query = attempt(&changed, grammar.parser()).or_else(|_| attempt(&changed, &sqlparser::dialect::GenericDialect {}));
        if let Ok(query) = query {
            return Ok((query, Some(changed)));
        }
        last = Some(changed);
    }
    if !grammar.generic
        && let Ok(query) = attempt(tokens, &sqlparser::dialect::GenericDialect {})
    {
        return Ok((query, None));
    }
    Err(first)
}

/// The parser's message without its prefix, and with the line but not the column, which is ours.
pub(super) fn plain(error: ParserError) -> String {
    let message = error.to_string();
    let message = message.trim_start_matches("sql parser error: ");
    match message.split_once(" at Line: ") {
        Some((text, rest)) => format!("{text} on line {}", rest.split(',').next().unwrap_or(rest)),
        None => message.to_owned(),
    }
}
