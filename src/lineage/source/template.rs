//! Templates and settings: what stands in the place of `{{ … }}`, `${x}` and `$(x)`.

use super::jinja::flow;
use super::{Hole, blank};
use foldhash::HashMap;

/// Whether a name holds what only running would give, as it was written.
pub(crate) fn is_template(name: &str) -> bool {
    ["$(", "${", "{{", "&{", "#{"].iter().any(|mark| name.contains(mark))
}

/// `text` with identifiers in the place of its templates, and what they stand for.
pub(crate) fn filled(text: &str) -> (std::borrow::Cow<'_, str>, Vec<Hole>) {
    if !(text.contains('{') || text.contains('$')) || !is_template(text) {
        return (text.into(), Vec::new());
    }
    let mut out = text.as_bytes().to_vec();
    let holes = template(&mut out, &[]);
    (String::from_utf8(out).map_or_else(|_| text.into(), Into::into), holes)
}

/// A setting of sqlcmd: offset, lower-case name and value.
pub(super) type Setting = (usize, String, String);

/// Longest value of a setting that is put in, which may stand in many places: T-SQL's limit for names.
pub(super) const MAX_SETTING: usize = 128;

/// What the lines `:setvar name value` say, in order.
pub(super) fn settings(text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mut words = line.trim().splitn(3, char::is_whitespace);
        if words.next().is_some_and(|w| w.eq_ignore_ascii_case(":setvar"))
            && let (Some(name), Some(value)) = (words.next(), words.next().map(|v| v.trim().trim_matches('"')))
            && !value.is_empty()
            && value.len() <= MAX_SETTING
        {
            found.push((at, name.to_lowercase(), value.to_owned()));
        }
        at += line.len();
    }
    found
}

/// Longest part of a name looked at beside a template: T-SQL's limit for names.
const MAX_NAME: usize = 128;

/// Longest template expression looked at; longer ones are left for the diagnostics.
const MAX_TEMPLATE: usize = 4096;

/// Replaces `{{ … }}`, `{% … %}`, `{# … #}`, `${x}` and `$(x)` in place: `ref` and `source` by the relation they name, other values by
/// an identifier of the same length, control tags by blanks. Gives what the identifiers stand for.
pub(super) fn template(out: &mut [u8], settings: &[Setting]) -> Vec<Hole> {
    let mut holes = Vec::new();
    if out.windows(2).any(|w| w == b"{%") {
        flow(out);
    }
    let mut known: HashMap<&str, &str> = HashMap::default();
    let mut settings = settings.iter().peekable();
    let mut clear = [0; 5];
    // Up to where quotes do not fit each other.
    let mut unquoted = 0;
    let mut at = 0;
    while at + 1 < out.len() {
        let close = match (out[at], out[at + 1]) {
            (b'{', b'{') => find_close(out, at, b"}}", &mut clear[0]).map(|first| unquoted_close(out, at, b"}}", first, &mut unquoted)),
            (b'{', b'%') => find_close(out, at, b"%}", &mut clear[1]).map(|first| unquoted_close(out, at, b"%}", first, &mut unquoted)),
            (b'{', b'#') => find_close(out, at, b"#}", &mut clear[2]),
            (b'$' | b'#', b'{') => find_close(out, at, b"}", &mut clear[3]),
            (b'$', b'(') => find_close(out, at, b")", &mut clear[4]),
            _ => None,
        };
        let Some(close) = close else {
            at += 1;
            continue;
        };
        let inner = String::from_utf8_lossy(&out[at + 2..close]).into_owned();
        let mut hole = |out: &mut [u8], end: usize| {
            let text = String::from_utf8_lossy(&out[at..end]).into_owned();
            // dbt's name for the model itself is left to its reader.
            if computed(out, at, end) && inner.trim() != "this" {
                let (head, tail) = around(out, at, end);
                let text = [&String::from_utf8_lossy(&out[head..at]), &*text, &String::from_utf8_lossy(&out[end..tail])].concat();
                holes.push(Hole { start: head, end: tail, text, set: false });
            }
        };
        while let Some((_, name, value)) = settings.next_if(|(offset, ..)| *offset < at) {
            known.insert(name, value);
        }
        match (out[at], out[at + 1]) {
            (b'{', b'{') => {
                let end = close + 2;
                match relation(&inner).filter(|name| name.len() <= end - at) {
                    Some(name) => {
                        blank(out, at, end);
                        out[at..at + name.len()].copy_from_slice(name.as_bytes());
                    }
                    None if inner.trim_start().starts_with("config") || is_between(&inner) => blank(out, at, end),
                    None => hole(out, end),
                }
                at = end;
            }
            (b'{', _) => {
                let end = left_out(out, at, close + 2);
                blank(out, at, end);
                at = end;
            }
            (b'$', b'(') if let Some(value) = known.get(inner.to_lowercase().as_str()) => {
                mangle(out, at, close + 1);
                holes.push(Hole { start: at, end: close + 1, text: (*value).to_owned(), set: true });
                at = close + 1;
            }
            _ if !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b':')) => {
                hole(out, close + 1);
                at = close + 1;
            }
            _ => at += 2,
        }
    }
    holes
}

/// What stands between the rounds of a loop, which is read once: `not loop.last`.
fn is_between(tag: &str) -> bool {
    ["not loop.last", "not loop.first"].iter().any(|between| tag.contains(between))
}

/// Where the tag at `start..end` ends with what it leaves out of the SQL: the text that a variable is set to, and what stands between
/// the rounds of a loop.
fn left_out(out: &[u8], start: usize, end: usize) -> usize {
    let tag = String::from_utf8_lossy(&out[start..end]);
    let mut words = tag.trim_matches(['{', '}', '%', '-', '+']).split_whitespace();
    let closes = match (words.next(), words.next(), words.next()) {
        (Some("set"), Some(_), None) => "endset",
        (Some("if"), ..) if is_between(&tag) => "endif",
        _ => return end,
    };
    let mut at = end;
    while let Some(open) = out[at..out.len().min(end + MAX_TEMPLATE)].windows(2).position(|w| w == b"{%").map(|p| at + p) {
        let word = String::from_utf8_lossy(&out[open + 2..out.len().min(open + 2 + MAX_NAME)]).into_owned();
        match word.trim_start_matches(['-', '+', ' ']) {
            word if word.starts_with(closes) => return open,
            // What stands deeper is not told apart.
            word if word.starts_with("if ") || word.starts_with("set ") => return end,
            _ => at = open + 2,
        }
    }
    end
}

/// The word that `start..end` is a part of.
fn around(out: &[u8], start: usize, end: usize) -> (usize, usize) {
    let letter = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
    let (before, after) =
        (out[..start].iter().rev().take(MAX_NAME).take_while(letter), out[end..].iter().take(MAX_NAME).take_while(letter));
    (start - before.count(), end + after.count())
}

/// The first `close` after `at` outside strings, of which `first` is the first at all. `unquoted` remembers up to where there was none, so
/// that no byte is searched often.
fn unquoted_close(out: &[u8], at: usize, close: &[u8], first: usize, unquoted: &mut usize) -> usize {
    if at < *unquoted || !out[at..first].iter().any(|b| matches!(b, b'\'' | b'"')) {
        return first;
    }
    let end = out.len().min(at + 2 + MAX_TEMPLATE);
    let mut quote = None;
    for i in at + 2..end {
        match (quote, out[i]) {
            (None, b'\'' | b'"') => quote = Some(out[i]),
            (Some(open), byte) if byte == open => quote = None,
            (None, _) if out[i..end].starts_with(close) => return i,
            _ => {}
        }
    }
    *unquoted = end;
    first
}

/// The first `close` after `at`, within [`MAX_TEMPLATE`]. `clear` remembers up to where none was found, so that no byte is searched twice.
pub(super) fn find_close(out: &[u8], at: usize, close: &[u8], clear: &mut usize) -> Option<usize> {
    let from = (at + 2).max(*clear);
    let end = out.len().min(at + 2 + MAX_TEMPLATE);
    let found = out.get(from..end)?.windows(close.len()).position(|w| w == close).map(|p| from + p);
    if found.is_none() {
        *clear = end.saturating_sub(close.len() - 1).max(*clear);
    }
    found
}

/// The relation that `ref('x')`, `ref('pkg', 'x')` or `source('a', 'b')` names.
fn relation(inner: &str) -> Option<String> {
    let inner = inner.trim().trim_start_matches('-').trim();
    let (function, rest) = inner.split_once('(')?;
    // A model's version is no part of its name.
    let version = |a: &&str| a.split_once('=').is_some_and(|(key, _)| matches!(key.trim(), "v" | "version"));
    let args = rest.split(')').next()?.split(',').map(str::trim).filter(|a| !version(a));
    // Without quotes it is a variable.
    let args: Vec<&str> = args.map(|a| a.strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])).collect::<Option<_>>()?;
    let plain = |a: &&str| !a.is_empty() && a.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$');
    match (function.trim(), args.as_slice()) {
        ("ref", [name]) | ("ref", [_, name]) if plain(name) => Some((*name).to_owned()),
        ("source", [schema, name]) if plain(schema) && plain(name) => Some(format!("{schema}.{name}")),
        _ => None,
    }
}

/// What only running would give, at `start..end`: as the first qualifier of a name it is left out, with its quotes and dot, and the rest of
/// the name stays; elsewhere it is an identifier, which is told.
pub(super) fn computed(out: &mut [u8], start: usize, end: usize) -> bool {
    let before = |at: usize| at.checked_sub(1).map(|i| out[i]);
    let closes = match before(start) {
        Some(b'[') => Some(b']'),
        Some(quote @ (b'"' | b'`')) => Some(quote),
        _ => None,
    };
    let quoted = closes.is_some() && out.get(end).copied() == closes;
    let (from, dot) = if quoted { (start - 1, end + 1) } else { (start, end) };
    let begins = before(from).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'(' | b',' | b'='));
    let goes_on = out.get(dot) == Some(&b'.')
        && out.get(dot + 1).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'[' | b'"' | b'`' | b'#' | b'$' | b'{'));
    if begins && goes_on {
        blank(out, from, dot + 1);
        return false;
    }
    mangle(out, start, end);
    true
}

/// Makes `start..end` one identifier: it begins with a letter, as all dialects allow, and everything else that is not a letter or digit
/// becomes `_`.
pub(super) fn mangle(out: &mut [u8], start: usize, end: usize) {
    out[start] = b'x';
    for byte in &mut out[start..end] {
        if !byte.is_ascii_alphanumeric() && *byte != b'\n' {
            *byte = b'_';
        }
    }
}
