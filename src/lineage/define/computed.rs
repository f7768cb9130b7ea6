//! Expressions in the definitions of tables: what columns are computed by, what they hold by default, and what is checked.

use super::table::AFTER_TYPE;
use crate::lineage::draft::{Context, Draft};
use crate::lineage::engine::Engine;
use crate::lineage::expr::is_built_in;
use crate::lineage::statement::ident;
use crate::lineage::token::{Tok, Tokens, made, make_ident, make_word};
use crate::lineage::{Name, Output, Projection, Relation};
use sqlparser::tokenizer::Token;

impl Engine<'_> {
    /// Reads the expressions in these elements of the definition of `table`: `draft` takes the columns that they make and the functions
    /// that make them. Defaults, which are one value among others, and what is only checked make none: the table calls what they ask.
    pub(super) fn computed(&mut self, t: &Tokens, elements: &[(usize, usize)], table: &Name, context: &Context, draft: &mut Draft) {
        let (mut columns, mut outputs) = (Vec::new(), Vec::new());
        let expressions: Vec<_> = elements.iter().flat_map(|(start, end)| self.expressions(t, *start, *end)).collect();
        for (column, (from, to)) in expressions {
            let Some(like) = t.list.get(from).filter(|_| from < to) else { continue };
            let mut list = vec![make_word("SELECT", like)];
            match &column {
                Some(column) => {
                    list.extend_from_slice(&t.list[from..to]);
                    list.extend([make_word("AS", like), make_ident(column, like)]);
                }
                None => list.push(make_word("NULL", like)),
            }
            for (n, part) in table.0.iter().enumerate() {
                list.push(if n == 0 { make_word("FROM", like) } else { made(Token::Period, like) });
                list.push(make_ident(part, like));
            }
            if column.is_none() {
                list.push(make_word("WHERE", like));
                list.extend_from_slice(&t.list[from..to]);
            }
            let Ok((shape, mut found)) = self.resolve(&list, context) else { continue };
            for (sequence, line) in std::mem::take(&mut found.sequences) {
                self.edge(Relation::Reads, Some(table.clone()), Some(sequence), line, 1.0);
            }
            let Some(column) = column else {
                for (function, line) in found.calls.into_iter().chain(found.maybe_calls) {
                    self.edge(Relation::Calls, Some(table.clone()), Some(function), line, 1.0);
                }
                continue;
            };
            draft.derives |= found.calls.iter().chain(&found.maybe_calls).any(|(name, _)| !is_built_in(name));
            draft.calls.append(&mut found.calls);
            draft.maybe_calls.append(&mut found.maybe_calls);
            // A column computed from constants is no lineage.
            let made = shape.into_iter().flatten().next();
            if let Some(output) = made.filter(|o| matches!(o, Output::Column { sources, .. } if !sources.is_empty())) {
                outputs.push(output);
                columns.push(column);
            }
        }
        if !outputs.is_empty() {
            let (columns, branches) = (Some(columns), vec![outputs]);
            draft.projections.push(Projection { target: table.clone(), columns, by_name: false, branches, indirect: Vec::new() });
        }
    }

    /// The expression that a column is always made of, with its name: `c int GENERATED ALWAYS AS (a + b)`, `c AS a + b`. Without one what it
    /// may be made of and what it is to hold to, where that asks something else: `c int DEFAULT f()`, `CONSTRAINT d DEFAULT f() FOR c`,
    /// `CHECK (f(c) > 0)`.
    fn expressions(&self, t: &Tokens, start: usize, end: usize) -> Vec<(Option<String>, (usize, usize))> {
        let mut found = Vec::new();
        let word = |from: usize, word: &str| t.find(from, end, |i| t.is(i, word));
        let computed = word(start + 1, "AS").filter(|at| !t.any(at + 1, &["IDENTITY", "ROW"]));
        if let (Some(at), Some(column)) = (computed, ident(t, start)) {
            let to = match t.open(at + 1) {
                true => t.skip(at + 1, end),
                false => t.find(at + 1, end, |i| t.any(i, &["PERSISTED", "NOT", "STORED", "VIRTUAL"])).unwrap_or(end),
            };
            found.push((Some(column), (at + 1, to)));
        }
        if let (Some(at), None) = (word(start, "DEFAULT"), computed) {
            let named = word(at + 1, "FOR").filter(|i| !t.is(i - 1, "VALUE"));
            let to = named.or_else(|| t.find(at + 2, end, |i| t.any(i, &AFTER_TYPE))).unwrap_or(end);
            found.extend(self.asks(t.list.get(at + 1..to).unwrap_or_default()).then_some((None, (at + 1, to))));
        }
        let mut from = start;
        while let Some(at) = word(from, "CHECK") {
            if t.open(at + 1) {
                let (first, last) = t.inner(at + 1, end);
                found.extend(self.asks(t.list.get(first..last).unwrap_or_default()).then_some((None, (first, last))));
            }
            from = at + 1;
        }
        found
    }

    /// Whether something that files may define is asked: a function or a sequence.
    pub(crate) fn asks(&self, tokens: &[Tok]) -> bool {
        const NO_CALL: [&str; 8] = ["IN", "AND", "OR", "NOT", "ANY", "ARRAY", "VALUES", "ROW"];
        let called = |i: usize| match (&tokens[i].token, tokens.get(i + 1).map(|t| &t.token)) {
            (Token::Word(word), Some(Token::LParen)) => {
                let qualified = i > 0 && tokens[i - 1].token == Token::Period;
                let alone =
                    || !NO_CALL.iter().any(|w| word.value.eq_ignore_ascii_case(w)) && !is_built_in(&Name::new([word.value.as_str()]));
                qualified || !self.grammar.is_tsql() && alone()
            }
            _ => false,
        };
        (0..tokens.len()).any(called) || takes_number(tokens)
    }
}

/// Whether the numbers of a sequence are asked for.
pub(crate) fn takes_number(tokens: &[Tok]) -> bool {
    let is = |i: usize, word: &str| matches!(tokens.get(i).map(|t| &t.token), Some(Token::Word(w)) if w.value.eq_ignore_ascii_case(word));
    (0..tokens.len()).any(|i| is(i, "NEXTVAL") || is(i, "NEXT") && is(i + 1, "VALUE") && is(i + 2, "FOR"))
}
