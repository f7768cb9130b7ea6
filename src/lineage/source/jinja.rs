//! What Jinja's statements say without being run: of an IF one way is read, or all when each is a query; what a CALL and a macro hold
//! is no part of the text around them. (Models of dbt are run as far as they say: `ingest/reader/dbt/jinja.rs`.)

use super::blank;
use super::template::find_close;

/// Deepest nesting of statements that are told apart.
const MAX_NESTING: usize = 64;

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
                let before = out[top.from..open].trim_ascii();
                let joined = b"union all";
                if before.is_empty() {
                    top.from = close + 2;
                } else if is_query(before) && is_query(out[close + 2..].trim_ascii_start()) && close + 2 - open >= joined.len() {
                    blank(out, open, close + 2);
                    out[open..open + joined.len()].copy_from_slice(joined);
                    top.from = close + 2;
                } else {
                    top.left_out = Some(open);
                }
            }
            _ if stack.last().is_some_and(|top| top.end == word) => match stack.pop().and_then(|top| top.left_out) {
                Some(from) if word == "endmacro" => macros.push((from, close + 2)),
                Some(from) => blank(out, from, close + 2),
                None => {}
            },
            _ => {}
        }
    }
    // A file of macros has nothing else to read.
    let mut after = 0;
    let outside = macros.iter().any(|(from, to)| {
        let between = after..(*from).max(after);
        after = *to;
        selects(&out[between])
    }) || selects(&out[after..]);
    for (from, to) in macros.into_iter().filter(|_| outside) {
        blank(out, from, to);
    }
}

fn is_query(text: &[u8]) -> bool {
    text.get(..7).is_some_and(|word| word[..6].eq_ignore_ascii_case(b"select") && word[6].is_ascii_whitespace())
}

fn selects(text: &[u8]) -> bool {
    text.windows(6).any(|w| w.eq_ignore_ascii_case(b"select"))
}
