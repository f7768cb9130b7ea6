//! Where expressions stand, and their text.

use crate::lineage::Span;
use crate::lineage::define;
use crate::lineage::rewrite::{angles, bracket};
use crate::lineage::token::Tok;
use sqlparser::ast::{Cte, Expr, Ident, Select, SelectItem, Spanned};
use sqlparser::tokenizer::{Location, Span as ParserSpan, Token};

/// Longest expression text kept with a column.
const MAX_EXPRESSION: usize = 500;

/// The tokens of one statement as the parser took them, and the text that they stand in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    /// What was parsed; the column of a parsed span is a place in it, from 1.
    pub(crate) tokens: &'a [Tok],
    /// The file.
    pub(crate) file: &'a str,
    /// Where the statement stands when its text is not a part of the file, but put together by it.
    pub(crate) stands_at: Option<Span>,
}

impl Text<'_> {
    fn index(&self, location: Location) -> Option<usize> {
        usize::try_from(location.column).ok()?.checked_sub(1).filter(|at| *at < self.tokens.len())
    }

    /// Where the tokens of a parsed span stand. The parser's spans may leave out brackets and words at the ends.
    pub(crate) fn span(&self, parsed: ParserSpan) -> Span {
        match (self.index(parsed.start), self.index(parsed.end)) {
            (Some(from), Some(last)) if from <= last => self.place(from, last + 1),
            _ => self.stands_at.unwrap_or_default(),
        }
    }

    fn place(&self, from: usize, to: usize) -> Span {
        let (first, last) = (&self.tokens[from], &self.tokens[to - 1]);
        self.stands_at.unwrap_or(Span {
            line: first.line,
            line_end: last.line.max(first.line),
            start: first.start,
            end: last.end.max(first.start),
        })
    }

    /// The text of an expression and where it stands: of the tokens of its select item less the alias when these are known.
    pub(crate) fn expression(&self, expr: &Expr, item: Option<(usize, usize)>) -> (String, Span) {
        let Some((from, to)) = item.filter(|(from, to)| from < to).or_else(|| self.around(expr)) else {
            return (shortened(expr.to_string()), self.span(expr.span()));
        };
        let span = self.place(from, to);
        let text = match self.file.get(span.start as usize..span.end as usize) {
            Some(text) if self.stands_at.is_none() => text.to_owned(),
            _ => define::text(&self.tokens[from..to]),
        };
        (shortened(text), span)
    }

    /// The tokens between the commas, brackets and clause words around a parsed span, which may leave out some at its ends.
    fn around(&self, expr: &Expr) -> Option<(usize, usize)> {
        const BEFORE: [&str; 9] = ["SELECT", "EXTEND", "AGGREGATE", "BY", "SET", "MEASURES", "REPLACE", "AS", "PIVOT"];
        const AFTER: [&str; 8] = ["AS", "GROUP", "FROM", "FOR", "ORDER", "ONE", "ALL", "PATTERN"];
        let parsed = expr.span();
        let (mut from, last) = (self.index(parsed.start)?, self.index(parsed.end)?);
        // The aggregate of PIVOT has no place for its name.
        if matches!(expr, Expr::Function(f) if f.name.span().start.column == 0) && from > 1 && self.tokens[from - 1].token == Token::LParen
        {
            from -= 2;
        }
        let mut to = last + 1;
        let mut depth = 0usize;
        while from > 0 {
            match &self.tokens[from - 1].token {
                Token::RParen | Token::RBracket => depth += 1,
                Token::LParen | Token::LBracket if depth == 0 => break,
                Token::LParen | Token::LBracket => depth -= 1,
                Token::Comma | Token::Eq | Token::VerticalBarRightAngleBracket if depth == 0 => break,
                Token::Word(_) if depth == 0 && self.any(from - 1, &BEFORE) => break,
                _ => {}
            }
            from -= 1;
        }
        // Brackets open within the span are closed after it.
        for tok in &self.tokens[from..to.max(from)] {
            match tok.token {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        while let Some(tok) = self.tokens.get(to) {
            match &tok.token {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket if depth == 0 => break,
                Token::RParen | Token::RBracket => depth -= 1,
                Token::Comma | Token::SemiColon | Token::VerticalBarRightAngleBracket if depth == 0 => break,
                Token::Word(_) if depth == 0 && self.any(to, &AFTER) => break,
                _ => {}
            }
            to += 1;
        }
        (from < to).then_some((from, to))
    }

    /// The first token of a CTE: its name.
    pub(crate) fn start(&self, cte: &Cte) -> Option<usize> {
        self.index(cte.alias.name.span.start)
    }

    /// The tokens within the brackets of a CTE's query.
    pub(crate) fn body(&self, cte: &Cte) -> Option<(usize, usize)> {
        let mut at = self.bracket(self.start(cte)? + 1);
        while self.any(at, &["AS", "NOT", "MATERIALIZED"]) {
            at += 1;
        }
        let after = self.bracket(at);
        (after > at).then(|| (at + 1, after - 1))
    }

    /// The tokens of each item of a select list, aliases left out; `None` when they cannot be told.
    pub(crate) fn items(&self, select: &Select) -> Option<Vec<(usize, usize)>> {
        let mut at = self.index(select.select_token.0.span.start)?;
        if !self.is(at, "SELECT") {
            return None;
        }
        at = self.after_modifiers(at + 1);
        let mut items = Vec::with_capacity(select.projection.len());
        let (mut from, mut depth) = (at, 0usize);
        while at < self.tokens.len() {
            match &self.tokens[at].token {
                Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
                Token::RParen | Token::RBracket | Token::RBrace if depth == 0 => break,
                Token::RParen | Token::RBracket | Token::RBrace => depth -= 1,
                Token::SemiColon => break,
                // STRUCT<x INT64, y STRING>(a, b)
                Token::Lt if at > from && self.any(at - 1, &["STRUCT", "MAP"]) => {
                    at += angles(self.tokens, at).max(1);
                    continue;
                }
                Token::Comma if depth == 0 => {
                    items.push((from, at));
                    from = at + 1;
                }
                Token::Word(_) if depth == 0 && at > from && self.ends_list(at) => break,
                _ => {}
            }
            at += 1;
        }
        // Some dialects allow a comma after the last item.
        if from < at {
            items.push((from, at));
        }
        if items.len() != select.projection.len() {
            return None;
        }
        for (place, item) in items.iter_mut().zip(&select.projection) {
            match item {
                SelectItem::ExprWithAlias { alias, .. } => self.without_alias(place, alias),
                SelectItem::ExprWithAliases { aliases, .. } => aliases.first().into_iter().for_each(|a| self.without_alias(place, a)),
                _ => {}
            }
        }
        Some(items)
    }

    fn without_alias(&self, (from, to): &mut (usize, usize), alias: &Ident) {
        let Some(at) = self.index(alias.span.start).filter(|at| (*from..*to).contains(at)) else { return };
        if at == *from {
            // T-SQL: `alias = expression`.
            *from = (at + 2).min(*to);
            return;
        }
        *to = at;
        while *to > *from + 1 && (self.is(*to - 1, "AS") || self.tokens[*to - 1].token == Token::LParen) {
            *to -= 1;
        }
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|t| matches!(&t.token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word)))
    }

    fn any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|w| self.is(at, w))
    }

    /// One past the bracket at `at`; `at` when there is none.
    fn bracket(&self, at: usize) -> usize {
        at + bracket(self.tokens, at)
    }

    /// Past DISTINCT, TOP and their like.
    fn after_modifiers(&self, mut at: usize) -> usize {
        loop {
            if self.any(at, &["DISTINCT", "ALL", "DISTINCTROW", "UNIQUE", "STRAIGHT_JOIN", "HIGH_PRIORITY", "SQL_CALC_FOUND_ROWS"]) {
                at += 1;
                if self.is(at, "ON") {
                    at = self.bracket(at + 1);
                }
            } else if self.is(at, "TOP") {
                let after = self.bracket(at + 1);
                at = if after == at + 1 { at + 2 } else { after };
                at += usize::from(self.is(at, "PERCENT"));
                at += usize::from(self.is(at, "WITH") && self.is(at + 1, "TIES")) * 2;
            } else if self.is(at, "AS") && self.any(at + 1, &["STRUCT", "VALUE"]) {
                at += 2;
            } else {
                return at;
            }
        }
    }

    /// Whether the word at `at` begins what follows a select list.
    fn ends_list(&self, at: usize) -> bool {
        match &self.tokens[at].token {
            _ if self.is(at, "FROM") => !self.is(at - 1, "DISTINCT"),
            _ if self.is(at, "EXCEPT") => self.tokens[at - 1].token != Token::Mul,
            _ if self.is(at, "GROUP") => !self.is(at - 1, "WITHIN"),
            _ => self.any(at, &["INTO", "WHERE", "HAVING", "QUALIFY", "ORDER", "LIMIT", "UNION", "INTERSECT", "MINUS", "BULK"]),
        }
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > MAX_EXPRESSION {
        text.truncate(text.floor_char_boundary(MAX_EXPRESSION));
        text.push('…');
    }
    text
}
