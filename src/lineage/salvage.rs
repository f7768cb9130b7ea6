//! What the tokens of a statement that does not parse still say: targets after INSERT, UPDATE, MERGE and INTO, sources after FROM and
//! JOIN, names of CTEs left out.

use super::Name;
use super::engine::Engine;
use super::scope::is_temp;
use super::token::Tokens;
use foldhash::{HashMap, HashSet};
use sqlparser::tokenizer::Token;

/// Relations found by position alone, with their lines.
#[derive(Debug, Default)]
pub(crate) struct Salvaged {
    pub(crate) reads: Vec<(Name, u32)>,
    pub(crate) writes: Vec<(Name, u32)>,
}

impl Engine<'_> {
    /// Scans `from..to`, brackets and all.
    pub(crate) fn salvage(&self, t: &Tokens, from: usize, to: usize) -> Salvaged {
        let mut found = Salvaged::default();
        let mut ctes: HashSet<String> = HashSet::default();
        for at in from..to {
            // `name AS (SELECT`, `name (columns) AS (SELECT`, and `WITH name AS (` and `), name AS (` before what is no query.
            if at > from
                && t.is(at, "AS")
                && t.open(at + 1)
                && let Some((name, place)) = cte_name(t, from, at)
                && (t.any(at + 2, &["SELECT", "WITH", "VALUES"]) || place > from && begins_cte(t, place - 1))
            {
                ctes.insert(name);
            }
        }
        let mut aliases: HashMap<String, Name> = HashMap::default();
        let mut at = from;
        while at < to {
            let previous = if at > from { t.word(at - 1).map(str::to_uppercase) } else { None };
            let previous = previous.as_deref().unwrap_or("");
            let Some(word) = t.word(at).map(str::to_uppercase) else {
                at += 1;
                continue;
            };
            let (start, write) = match word.as_str() {
                "FROM" if previous != "DISTINCT" && !function_from(t, from, at) => (at + 1, false),
                "JOIN" => (at + 1, false),
                "APPLY" if matches!(previous, "CROSS" | "OUTER") => (at + 1, false),
                // The columns that a join is by are no relations.
                "USING" if !t.open(at + 1) => (at + 1, false),
                "INTO" | "OVERWRITE" => (target(t, at + 1), true),
                "UPDATE" | "DELETE"
                    if !matches!(previous, "FOR" | "ON" | "THEN" | "OR" | "AFTER" | "BEFORE" | "DO" | "KEY" | "INSTEAD" | "OF") =>
                {
                    let target = target(t, at + 1);
                    // DELETE TOP (5) FROM t
                    let from = word == "DELETE" && t.is(target, "FROM");
                    at = target - usize::from(!from);
                    (target + usize::from(from), true)
                }
                "MERGE" | "INSERT" if previous != "THEN" && !t.any(at + 1, &["JOIN", "ALL", "FIRST"]) => {
                    let target = target(t, at + 1);
                    if t.any(target, &["INTO", "OVERWRITE"]) {
                        at = target;
                        continue;
                    }
                    (target, true)
                }
                _ => {
                    at += 1;
                    continue;
                }
            };
            at += 1;
            // FROM (a LEFT JOIN b …): the first relation stands inside.
            let mut next = start;
            while !write && t.open(next) && next < to && !t.any(next + 1, &["SELECT", "WITH", "VALUES"]) {
                next += 1;
            }
            while let Some((name, after)) = self.name_at(t, next).filter(|(_, after)| *after <= to) {
                let plain = name.0.len() == 1;
                let keyword = plain && t.word(next).is_some_and(is_keyword);
                if keyword {
                    break;
                }
                // A function, except where a column list follows the target.
                let function = t.open(after) && !write;
                let cte = plain && ctes.contains(&name.key());
                if !function && !cte && !is_temp(&name) {
                    let alias = t.word(after + usize::from(t.is(after, "AS"))).filter(|w| !write && after < to && !is_keyword(w));
                    if let Some(alias) = alias {
                        aliases.entry(alias.to_lowercase()).or_insert_with(|| name.clone());
                    }
                    let list = if write { &mut found.writes } else { &mut found.reads };
                    list.push((name, t.line(next)));
                }
                // FROM a x, b y
                let mut comma = after;
                while !write && comma < to && (t.is(comma, "AS") || t.word(comma).is_some_and(|w| !is_keyword(w))) {
                    comma += 1;
                }
                if !write && word == "FROM" && t.at(comma, &Token::Comma) && comma < to {
                    next = comma + 1;
                } else {
                    break;
                }
            }
        }
        // UPDATE t … FROM a t: what is written is what the alias stands for.
        for (name, _) in found.writes.iter_mut().filter(|(name, _)| name.0.len() == 1) {
            if let Some(table) = aliases.get(&name.key()) {
                found.reads.retain(|(read, _)| read != table);
                *name = table.clone();
            }
        }
        found.reads.retain(|(n, _)| !self.is_temporary(n));
        found.writes.retain(|(n, _)| !self.is_temporary(n) || is_temp(n));
        found
    }
}

/// Where the name of what is written stands: behind `TOP (5)`, `IGNORE` and their like.
fn target(t: &Tokens, mut at: usize) -> usize {
    const WORDS: [&str; 10] =
        ["IGNORE", "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "ONLY", "TABLE", "REPLACE", "ROLLBACK", "ABORT"];
    loop {
        at += match () {
            () if t.is(at, "TOP") && (t.open(at + 1) || t.list.get(at + 1).is_some_and(|n| matches!(n.token, Token::Number(..)))) => {
                let after = t.skip(at + 1, t.list.len());
                after + usize::from(t.is(after, "PERCENT")) - at
            }
            // INSERT OVERWRITE LOCAL DIRECTORY
            () if t.any(at, &WORDS) || t.is(at, "OR") || t.is(at, "LOCAL") && t.is(at + 1, "DIRECTORY") => 1,
            () => return at,
        };
    }
}

/// Whether a CTE stands behind `at`.
fn begins_cte(t: &Tokens, at: usize) -> bool {
    t.any(at, &["WITH", "RECURSIVE"]) || t.at(at, &Token::Comma) && at > 0 && t.at(at - 1, &Token::RParen)
}

/// The name of the CTE whose AS stands at `as_at`, and where that stands.
fn cte_name(t: &Tokens, from: usize, as_at: usize) -> Option<(String, usize)> {
    let word = |i: usize| match &t.list.get(i)?.token {
        Token::Word(w) => Some((w.value.to_lowercase(), i)),
        _ => None,
    };
    if let Some(found) = word(as_at - 1) {
        return Some(found);
    }
    // Back over a column list; it holds only names and commas.
    let mut at = as_at - 1;
    if t.at(at, &Token::RParen) {
        while at > from && !t.open(at) {
            at -= 1;
        }
        return word(at.checked_sub(1)?);
    }
    None
}

/// `EXTRACT(YEAR FROM x)`, `SUBSTRING(x FROM 1)`, `TRIM(BOTH ' ' FROM x)`: FROM inside a function's bracket.
fn function_from(t: &Tokens, from: usize, at: usize) -> bool {
    let mut i = at;
    let mut back = 0;
    while i > from && back < 8 {
        i -= 1;
        back += 1;
        if t.any(i, &["SELECT", "DELETE"]) || matches!(t.list[i].token, Token::RParen) {
            return false;
        }
        if t.open(i) {
            return i > from && t.any(i - 1, &["EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION"]);
        }
    }
    false
}

/// Words that cannot be a relation's name here.
pub(crate) fn is_keyword(word: &str) -> bool {
    const WORDS: [&str; 56] = [
        "SELECT",
        "FROM",
        "WHERE",
        "SET",
        "VALUES",
        "JOIN",
        "INNER",
        "LEFT",
        "RIGHT",
        "FULL",
        "CROSS",
        "OUTER",
        "ON",
        "USING",
        "GROUP",
        "ORDER",
        "HAVING",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "LIMIT",
        "WITH",
        "AS",
        "AND",
        "OR",
        "NOT",
        "NULL",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "CASE",
        "INTO",
        "TABLE",
        "LATERAL",
        "UNNEST",
        "NATURAL",
        "APPLY",
        "OUTPUT",
        "RETURNING",
        "OPTION",
        "BEGIN",
        "IF",
        "INSERT",
        "UPDATE",
        "DELETE",
        "MERGE",
        "EXEC",
        "EXECUTE",
        "STDIN",
        "STDOUT",
        "OF",
        "QUALIFY",
        "WINDOW",
        "FOR",
        "DIRECTORY",
    ];
    WORDS.iter().any(|w| w.eq_ignore_ascii_case(word))
}
