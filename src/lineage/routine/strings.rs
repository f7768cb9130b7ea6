//! SQL in the strings of routines whose body is JavaScript or Python: `snowflake.execute({sqlText: "INSERT INTO t " + "SELECT a FROM s"})`,
//! `session.sql("""INSERT INTO t SELECT a FROM s""")`.
//!
//! The script is not run. Constant strings, joined where `+` joins them with others, are statements of the routine when they begin like
//! one and are understood to the end.

use crate::lineage::Span;
use crate::lineage::draft::Context;
use crate::lineage::engine::Engine;
use crate::lineage::split::text_of;
use crate::lineage::token::Tokens;
use sqlparser::tokenizer::Token;

/// Words that such a statement begins with.
const FIRST: [&str; 10] = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "CREATE", "TRUNCATE", "COPY", "CALL"];

/// Strings joined by `+`.
struct Joined {
    text: String,
    /// Every part is constant.
    constant: bool,
    /// Where it begins in the script, and where its last part ends.
    start: usize,
    end: usize,
    /// A `+` follows what is there.
    open: bool,
}

impl Engine<'_> {
    /// Reads the script that is the string at `at`, in Python or else in JavaScript.
    pub(super) fn strings(&mut self, t: &Tokens, at: usize, python: bool, context: &mut Context) {
        let Some(script) = text_of(t, at) else { return };
        // Only in dollars is the text as long as it stands in the file.
        let tag = match &t.list[at].token {
            Token::DollarQuotedString(s) => Some(s.tag.as_ref().map_or(0, String::len) + 2),
            _ => None,
        };
        let (mut line, mut counted) = (t.list[at].line, 0);
        for Joined { text, start, end, .. } in strings(script, python) {
            let lines = |from: usize, to: usize| script[from..to].bytes().filter(|b| *b == b'\n').count() as u32;
            line += lines(counted, start);
            counted = start;
            let word = text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            if !FIRST.iter().any(|w| w.eq_ignore_ascii_case(word)) || self.lost_in(&text, context) > 0 {
                continue;
            }
            let place = tag.filter(|_| context.stands_at.is_none()).map(|tag| {
                let offset = t.list[at].start + tag as u32;
                Span { line, line_end: line + lines(start, end), start: offset + start as u32, end: offset + end as u32 }
            });
            let span = place.or(context.stands_at).unwrap_or_else(|| t.span(at, at + 1));
            // What the script does with the rows is not known.
            let gives = context.gives.take();
            self.text(&text, span.start, span.line, Some(span), context);
            context.gives = gives;
        }
    }
}

/// The constant strings of `script`. One pass.
fn strings(script: &str, python: bool) -> Vec<Joined> {
    let bytes = script.as_bytes();
    let mut found: Vec<Joined> = Vec::new();
    let mut joined: Option<Joined> = None;
    // What stands before is joined with `+`.
    let mut added = false;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest[0].is_ascii_whitespace() {
            at += 1;
        } else if if python { rest[0] == b'#' } else { rest.starts_with(b"//") } {
            at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        } else if !python && rest.starts_with(b"/*") {
            at = script[at + 2..].find("*/").map_or(bytes.len(), |end| at + end + 4);
        } else if matches!(rest[0], b'\'' | b'"') || rest[0] == b'`' && !python {
            let (text, end) = if python { python_literal(script, at) } else { literal(script, at) };
            let constant = text.is_some();
            let text = text.unwrap_or_default();
            // Python joins neighbours.
            match joined.as_mut().filter(|j| j.open || python) {
                Some(before) => {
                    before.text.push_str(&text);
                    (before.end, before.open) = (end, false);
                    before.constant &= constant;
                }
                None => {
                    found.extend(joined.take());
                    joined = Some(Joined { text, constant: constant && !added, start: at, end, open: false });
                }
            }
            (added, at) = (false, end);
        } else if rest[0] == b'+' {
            match joined.as_mut() {
                Some(before) => before.open = true,
                None => added = true,
            }
            at += 1;
        } else {
            // With anything else added it is not constant.
            found.extend(joined.take().filter(|j| !j.open));
            added = false;
            at += 1;
        }
    }
    found.extend(joined);
    found.retain(|j| j.constant);
    found
}

/// The string whose quote is at `at`, and where it ends; no text when it has holes or no end.
fn literal(script: &str, at: usize) -> (Option<String>, usize) {
    let quote = char::from(script.as_bytes()[at]);
    let mut text = String::new();
    let mut holes = false;
    let mut chars = script[at + 1..].char_indices().map(|(i, c)| (at + 1 + i, c)).peekable();
    while let Some((i, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, 'n' | 'r' | 't')) => text.push(' '),
                Some((_, '\n')) | None => {}
                Some((_, other)) => text.push(other),
            },
            // Only template literals reach over lines.
            '\n' if quote != '`' => return (None, i),
            '$' if quote == '`' && chars.peek().is_some_and(|(_, next)| *next == '{') => holes = true,
            _ if c == quote => return ((!holes).then_some(text), i + 1),
            _ => text.push(c),
        }
    }
    (None, script.len())
}

/// As [`literal`], of Python's strings, whose letters before the quote are behind.
fn python_literal(script: &str, at: usize) -> (Option<String>, usize) {
    let bytes = script.as_bytes();
    let letters = script[..at].bytes().rev().take_while(u8::is_ascii_alphabetic).take(3);
    let prefix: Vec<u8> = letters.map(|b| b.to_ascii_lowercase()).collect();
    let (raw, filled) = (prefix.contains(&b'r'), prefix.len() < 3 && prefix.contains(&b'f'));
    let quote = &script[at..=at];
    let triple = quote.repeat(3);
    let quote = if script[at..].starts_with(&triple) { triple.as_str() } else { quote };
    let (mut text, mut i) = (String::new(), at + quote.len());
    while let Some(c) = script[i..].chars().next() {
        match c {
            _ if script[i..].starts_with(quote) => {
                let holes = filled && text.contains('{');
                return ((!holes).then_some(text), i + quote.len());
            }
            '\n' if quote.len() == 1 => return (None, i),
            '\\' if !raw && i + 1 < bytes.len() => {
                i += 1;
                let escaped = script[i..].chars().next().unwrap_or(' ');
                match escaped {
                    'n' | 'r' | 't' => text.push(' '),
                    '\n' => {}
                    other => text.push(other),
                }
                i += escaped.len_utf8();
                continue;
            }
            other => text.push(other),
        }
        i += c.len_utf8();
    }
    (None, script.len())
}
