//! What Jinja's statements say without being run: of an IF one way is read, or all when each is a query; what a CALL and a macro hold
//! is no part of the text around them; relations that variables hold are put where the variables stand.

use super::blank;
use super::template::{MAX_TEMPLATE, find_close, relation};
use std::collections::HashMap;

/// The relations that a variable may hold, by its name.
pub(super) type Held = HashMap<String, Vec<String>>;

/// Deepest nesting of statements that are told apart.
const MAX_NESTING: usize = 64;
/// Relations of one variable or macro that are named.
const MAX_RELATIONS: usize = 64;
/// Variables that hold relations.
const MAX_VARIABLES: usize = 1_000;

/// A statement that is open.
struct Open {
    end: &'static str,
    /// Where the way that is read now begins.
    from: usize,
    /// Where what is left out begins.
    left_out: Option<usize>,
}

/// Blanks what is not read of statements in `out`; gives the relations that variables hold.
pub(super) fn flow(out: &mut [u8]) -> Held {
    let mut held = Held::new();
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
        let (word, rest) = tag.split_once(|c: char| c.is_whitespace() || c == '(').unwrap_or((tag, ""));
        let mut enter = |end: &'static str, left_out: Option<usize>| {
            if stack.len() < MAX_NESTING {
                stack.push(Open { end, from: close + 2, left_out });
            }
        };
        match word {
            "if" => enter("endif", None),
            "for" => {
                if let Some((name, list)) = rest.split_once(" in ") {
                    hold(&mut held, name.trim(), list);
                }
                enter("endfor", None);
            }
            "macro" => enter("endmacro", Some(open)),
            "call" => enter("endcall", Some(open)),
            "set" => {
                if let Some((name, value)) = rest.split_once('=') {
                    hold(&mut held, name.trim(), value);
                }
            }
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
    held
}

fn is_query(text: &[u8]) -> bool {
    text.get(..7).is_some_and(|word| word[..6].eq_ignore_ascii_case(b"select") && word[6].is_ascii_whitespace())
}

fn selects(text: &[u8]) -> bool {
    text.windows(6).any(|w| w.eq_ignore_ascii_case(b"select"))
}

fn hold(held: &mut Held, name: &str, value: &str) {
    let mut found = relations(value);
    if found.is_empty()
        && let Some(other) = held.get(value.trim())
    {
        found.clone_from(other);
    }
    if found.is_empty() {
        held.remove(name);
    } else if held.len() < MAX_VARIABLES {
        held.insert(name.to_owned(), found);
    }
}

/// The relations that `ref` and `source` name anywhere in `text`.
pub(super) fn relations(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (at, _) in text.match_indices("ref(").chain(text.match_indices("source(")) {
        let whole = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if let Some(name) = relation(&text[at..]).filter(|name| whole && !found.contains(name))
            && found.len() < MAX_RELATIONS
        {
            found.push(name);
        }
    }
    found
}

/// What a template that names `relations` stands for: after FROM a relation, alone a query; `None` elsewhere.
pub(super) fn stands_for(before: &[u8], after: &[u8], relations: &[String]) -> Option<String> {
    let union = || relations.iter().map(|name| format!("SELECT * FROM {name}")).collect::<Vec<_>>().join(" UNION ALL ");
    let mut head = before.trim_ascii_end();
    let word = head.rsplit(|b| !b.is_ascii_alphabetic()).next().unwrap_or_default();
    if ["FROM", "JOIN"].iter().any(|w| word.eq_ignore_ascii_case(w.as_bytes())) {
        return match relations {
            [] => None,
            [only] => Some(only.clone()),
            _ => Some(format!("({})", union())),
        };
    }
    // Lines of comments stand before a model.
    while let Some(line) = head.rsplit(|b| *b == b'\n').next().filter(|line| line.trim_ascii_start().starts_with(b"--")) {
        head = head[..head.len() - line.len()].trim_ascii_end();
    }
    let alone = (head.is_empty() || head.len() < MAX_TEMPLATE && head.ends_with(b" AS")) && after.trim_ascii().is_empty();
    alone.then(|| if relations.is_empty() { "SELECT NULL".to_owned() } else { union() })
}
