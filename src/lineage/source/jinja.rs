//! What Jinja's statements say without being run: of an IF whose ways are parts of a statement one is read, of whole ones all; what
//! `statement` and a macro hold is no part of the text around them. (Models of dbt are run as far as they say:
//! `ingest/reader/dbt/jinja.rs`.)

use super::blank;
use super::template::find_close;

/// Deepest nesting of statements that are told apart.
const MAX_NESTING: usize = 64;

/// What joins the ways of an IF that are queries.
const UNION: &[u8] = b"union all";

/// Words that begin a statement other than SELECT, and those whose query may stand behind the way.
const STATEMENTS: [&[u8]; 6] = [b"update", b"delete", b"merge", b"truncate", b"alter", b"drop"];
const HEADS: [&[u8]; 4] = [b"with", b"insert", b"create", b"replace"];

/// A statement that is open.
struct Open {
    end: &'static str,
    /// Where the way that is read now begins.
    from: usize,
    /// Where what is left out begins.
    left_out: Option<usize>,
}

/// Blanks what is not read of statements in `out`.
pub(super) fn flow(out: &mut [u8]) {
    let mut stack: Vec<Open> = Vec::new();
    let mut macros = Vec::new();
    let mut clear = 0;
    let mut at = 0;
    while at + 1 < out.len() {
        let Some(open) = out[at..].windows(2).position(|w| w == b"{%").map(|p| at + p) else { break };
        let Some(close) = find_close(out, open, b"%}", &mut clear) else {
            at = open + 2;
            continue;
        };
        at = close + 2;
        let tag = String::from_utf8_lossy(&out[open + 2..close]).into_owned();
        let tag = tag.trim_matches(['-', '+']).trim();
        let word = tag.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
        let mut enter = |end: &'static str, left_out: Option<usize>| {
            if stack.len() < MAX_NESTING {
                stack.push(Open { end, from: close + 2, left_out });
            }
        };
        match word {
            "if" => enter("endif", None),
            "for" => enter("endfor", None),
            "macro" => enter("endmacro", Some(open)),
            "call" => enter("endcall", Some(open)),
            "else" | "elif" => {
                let Some(top) = stack.last_mut().filter(|top| top.end == "endif" && top.left_out.is_none()) else { continue };
                let (before, behind) = (out[top.from..open].trim_ascii(), out[close + 2..].trim_ascii_start());
                let whole = before.is_empty() || is_whole(before);
                if !whole
                    && begins(before, b"select")
                    && begins(behind, b"select")
                    && close + 2 - open >= UNION.len()
                    && !out[open..close].contains(&b'\n')
                {
                    blank(out, open, close + 2);
                    out[open..open + UNION.len()].copy_from_slice(UNION);
                    top.from = close + 2;
                } else if whole || begins(before, b"select") && (begins(behind, b"select") || begins(behind, b"with")) {
                    top.from = close + 2;
                } else {
                    top.left_out = Some(open);
                }
            }
            _ if let Some(top) = stack.pop_if(|top| top.end == word) => match top.left_out {
                Some(from) if word == "endmacro" => macros.push([from, top.from, open, close + 2]),
                Some(from) if word == "endcall" && is_read(&out[top.from..open]) => match &out[from..top.from] {
                    // dbt runs what `statement` is given; what other callers are given may be a part of what is around it.
                    tag if tag.windows(9).any(|w| w == b"statement") => apart(out, [from, top.from, open, close + 2]),
                    _ => {}
                },
                Some(from) => blank(out, from, close + 2),
                None => {}
            },
            _ => {}
        }
    }
    // A file of macros has nothing else to read.
    let mut after = 0;
    let outside = macros.iter().any(|[from, .., to]| {
        let between = after..(*from).max(after);
        after = *to;
        selects(&out[between])
    }) || selects(&out[after..]);
    for part @ [from, body, end, to] in macros.into_iter().filter(|_| outside) {
        if is_read(&out[body..end]) {
            apart(out, part);
        } else {
            blank(out, from, to);
        }
    }
}

/// Makes what stands between two tags a statement of its own.
fn apart(out: &mut [u8], [from, body, end, to]: [usize; 4]) {
    for (from, to) in [(from, body), (end, to)] {
        blank(out, from, to);
        out[from] = b';';
    }
}

/// Whether what is read can begin here: a query, or statements.
fn is_read(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    begins(text, b"select") || is_whole(text)
}

/// Whether `text` holds the end of a statement, or all of one that is not just a query.
fn is_whole(text: &[u8]) -> bool {
    let begins = |words: &[&[u8]]| words.iter().any(|word| begins(text, word));
    text.contains(&b';') || begins(&STATEMENTS) || begins(&HEADS) && selects(text)
}

fn begins(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word)) && text.get(word.len()).is_some_and(u8::is_ascii_whitespace)
}

fn selects(text: &[u8]) -> bool {
    text.windows(6).any(|w| w.eq_ignore_ascii_case(b"select"))
}
