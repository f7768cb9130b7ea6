//! Oracle's functions without parameters, which are called without brackets.

use crate::lineage::token::{Tok, made};
use crate::lineage::variable::Variables;
use foldhash::HashSet;
use sqlparser::tokenizer::Token;

/// Words after which a value begins.
const BEFORE: [&str; 14] =
    ["SELECT", "DISTINCT", "WHERE", "AND", "OR", "NOT", "THEN", "ELSE", "WHEN", "BY", "BETWEEN", "ON", "CASE", "RETURN"];

/// Those that the text has defined so far, in lower case.
#[derive(Debug, Default)]
pub(crate) struct Bare(HashSet<String>);

impl Bare {
    pub(super) fn add(&mut self, function: &str) {
        self.0.insert(function.to_lowercase());
    }

    /// Whether the token at `at` is a call of one of them, which no variable hides.
    pub(crate) fn calls(&self, tokens: &[Tok], at: usize, variables: &Variables) -> bool {
        if self.0.is_empty()
            || !self.named(&tokens[at], variables)
            || tokens.get(at + 1).is_some_and(|t| matches!(t.token, Token::LParen | Token::Period))
        {
            return false;
        }
        match at.checked_sub(1).map(|i| &tokens[i].token) {
            Some(Token::Word(w)) => BEFORE.iter().any(|b| w.value.eq_ignore_ascii_case(b)),
            Some(
                Token::LParen
                | Token::Comma
                | Token::Eq
                | Token::Neq
                | Token::Lt
                | Token::Gt
                | Token::LtEq
                | Token::GtEq
                | Token::Plus
                | Token::Minus
                | Token::Mul
                | Token::Div
                | Token::StringConcat,
            ) => true,
            _ => false,
        }
    }

    fn named(&self, tok: &Tok, variables: &Variables) -> bool {
        let Token::Word(word) = &tok.token else { return false };
        let name = word.value.to_lowercase();
        self.0.contains(&name) && !variables.contains_key(&name)
    }

    /// Whether one of them is called in a value.
    pub(crate) fn called(&self, value: &[Tok], variables: &Variables) -> bool {
        let first = value.first().is_some_and(|t| !self.0.is_empty() && self.named(t, variables));
        first || (1..value.len()).any(|i| self.calls(value, i, variables))
    }

    /// The tokens with brackets behind such calls; `None` when there are none. A column of that name goes first, and any relation but
    /// `dual` may have it.
    pub(crate) fn bracketed(&self, tokens: &[Tok], variables: &Variables) -> Option<Vec<Tok>> {
        let is = |tok: &Tok, word: &str| matches!(&tok.token, Token::Word(w) if w.value.eq_ignore_ascii_case(word));
        let relation = |pair: &[Tok]| is(&pair[0], "FROM") && !is(&pair[1], "DUAL");
        if self.0.is_empty() || !(0..tokens.len()).any(|i| self.calls(tokens, i, variables)) || tokens.windows(2).any(relation) {
            return None;
        }
        let mut list = Vec::with_capacity(tokens.len() + 2);
        for (i, tok) in tokens.iter().enumerate() {
            list.push(tok.clone());
            if self.calls(tokens, i, variables) {
                list.extend([made(Token::LParen, tok), made(Token::RParen, tok)]);
            }
        }
        Some(list)
    }
}
