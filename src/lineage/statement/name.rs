//! Names where statements have them.

use crate::lineage::draft::Context;
use crate::lineage::engine::Engine;
use crate::lineage::rewrite::bracket;
use crate::lineage::scope::from_parts;
use crate::lineage::token::{Tok, Tokens, made, make_ident};
use crate::lineage::variable::Variable;
use crate::lineage::{Name, define};
use sqlparser::tokenizer::{Token, Word};

impl Engine<'_> {
    /// A statement with the texts of variables in the places of `IDENTIFIER($name)`, and what only running gives as such.
    pub(super) fn identified(&mut self, list: &[Tok], context: &Context) -> Option<Vec<Tok>> {
        fn word(t: &Tok) -> Option<&str> {
            match &t.token {
                Token::Word(w) if w.quote_style.is_none() => Some(&w.value),
                Token::Placeholder(p) => Some(p),
                _ => None,
            }
        }
        let named = |i: usize| word(&list[i]).is_some_and(|w| w.eq_ignore_ascii_case("IDENTIFIER"));
        let computed = |i: &usize| match bracket(list, i + 1) {
            3 => word(&list[i + 2]).is_some(),
            used => used > 3,
        };
        if !self.grammar.is(&["snowflake", "databricks", "spark"]) || !(0..list.len()).any(|i| named(i) && computed(&i)) {
            return None;
        }
        let mut out = Vec::with_capacity(list.len());
        let mut at = 0;
        while at < list.len() {
            let like = &list[at];
            if !(named(at) && computed(&at)) {
                out.push(like.clone());
                at += 1;
                continue;
            }
            let end = at + 1 + bracket(list, at + 1);
            let text = define::text(&list[at + 2..end - 1]);
            let name = text.trim_start_matches(['$', ':']);
            let held = context.variables.get(&name.to_lowercase()).and_then(Variable::text).map(str::to_owned);
            match held.or_else(|| self.constant(&list[at + 2..end - 1], context)) {
                Some(known) => {
                    out.extend_from_slice(&list[at..at + 2]);
                    out.extend([made(Token::SingleQuotedString(known), like), list[end - 1].clone()]);
                }
                None => {
                    self.templates = true;
                    out.push(make_ident(&format!("${{{name}}}"), like));
                }
            }
            at = end;
        }
        Some(out)
    }

    /// The qualified name at `at`, and the index after it.
    pub(crate) fn name_at(&self, t: &Tokens, at: usize) -> Option<(Name, usize)> {
        // IDENTIFIER('schema.table')
        if t.is(at, "IDENTIFIER") && t.open(at + 1) {
            let text = t.string(at + 2)?;
            return Some((Name::new(text.split('.').map(|part| part.trim_matches('"'))), t.skip(at + 1, t.list.len())));
        }
        let mut parts: Vec<(String, bool)> = Vec::new();
        let mut i = at;
        loop {
            let tok = t.list.get(i)?;
            match &tok.token {
                Token::Word(Word { value, quote_style, .. }) => {
                    let mut value = value.clone();
                    i += 1;
                    // BigQuery: `my-project.dataset.table`.
                    while quote_style.is_none()
                        && self.grammar.is(&["bigquery"])
                        && t.at(i, &Token::Minus)
                        && adjacent(t, i - 1)
                        && adjacent(t, i)
                    {
                        match t.list.get(i + 1).map(|x| &x.token) {
                            Some(Token::Word(w)) => value = format!("{value}-{}", w.value),
                            Some(Token::Number(n, _)) => value = format!("{value}-{n}"),
                            _ => break,
                        }
                        i += 2;
                        // `p-1x`: the number ends where letters begin.
                        if let (true, Some(Token::Word(w))) = (adjacent(t, i - 1) && !value.ends_with('.'), t.list.get(i).map(|x| &x.token))
                        {
                            value.push_str(&w.value);
                            i += 1;
                        }
                    }
                    // `p-1.d`: the number takes the dot.
                    if let Some(part) = value.strip_suffix('.').filter(|_| quote_style.is_none()) {
                        parts.push((part.to_owned(), false));
                        continue;
                    }
                    parts.push((value, quote_style.is_some()));
                }
                Token::Sharp | Token::AtSign | Token::DoubleSharp if adjacent(t, i) => {
                    let sign = tok.token.to_string();
                    let word = match &t.list.get(i + 1)?.token {
                        Token::Word(w) => &w.value,
                        _ => return None,
                    };
                    parts.push((format!("{sign}{word}"), false));
                    i += 2;
                }
                Token::Placeholder(p) => {
                    parts.push((p.clone(), false));
                    i += 1;
                }
                Token::DoubleQuotedString(s) => {
                    parts.push((s.clone(), true));
                    i += 1;
                }
                Token::Period if !parts.is_empty() => {}
                _ if parts.is_empty() => return None,
                _ => break,
            }
            if t.at(i, &Token::Period) {
                i += 1;
            } else {
                break;
            }
        }
        let parts: Vec<(&str, bool)> = parts.iter().map(|(p, q)| (p.as_str(), *q)).collect();
        (!parts.is_empty()).then(|| (from_parts(&parts, self.grammar), i))
    }
}

/// Whether the token at `i` touches the next one.
pub(super) fn adjacent(t: &Tokens, i: usize) -> bool {
    match (t.list.get(i), t.list.get(i + 1)) {
        (Some(a), Some(b)) => a.end == b.start,
        _ => false,
    }
}

/// The identifier at `i`, quoted or not.
pub(crate) fn ident(t: &Tokens, i: usize) -> Option<String> {
    match &t.list.get(i)?.token {
        Token::Word(w) => Some(w.value.clone()),
        Token::DoubleQuotedString(s) | Token::SingleQuotedString(s) => Some(s.clone()),
        _ => None,
    }
}
