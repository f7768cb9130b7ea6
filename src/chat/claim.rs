//! What a model says flows from where to where, held against the graph.

use super::Answer;
use super::prompt::is_name_char;
use crate::graph::walk::{Direction, Level, Limits, MAX_NODES, walk};
use crate::graph::{Graph, NodeIx};

/// Longest text between two names that is read as what connects them: a verb, an article, a kind.
const MAX_GAP: usize = 48;
/// Hops within which a claimed connection is looked for: deeper than any answer shows.
const MAX_HOPS: u32 = 64;
/// Most claims of one answer that are looked at: each is a walk.
const MAX_CLAIMS: usize = 50;
/// Most claims that a warning lists.
const MAX_LISTED: usize = 5;

/// What connects two names, and whether data flows from the first to the second. The first that fits counts, so passives come first.
const CONNECTIONS: &[(&str, bool)] = &[
    ("fed by", false),
    ("read by", true),
    ("used by", true),
    ("populated by", false),
    ("populated from", false),
    ("loaded from", false),
    ("built from", false),
    ("derived from", false),
    ("derives from", false),
    ("comes from", false),
    ("come from", false),
    ("reads from", false),
    ("selects from", false),
    ("depends on", false),
    ("depend on", false),
    ("flows into", true),
    ("flows to", true),
    ("feeds", true),
    ("populates", true),
    ("reads", false),
    ("→", true),
    ("->", true),
    ("←", false),
    ("<-", false),
];

/// Words that turn a connection around or leave it open.
const DOUBTS: &[&str] = &["not", "no", "never", "n't", "neither", "nor", "without", "may", "might", "if"];

/// A warning of the connections that `text` states and no path in the graph of `facts` bears out. Names that are not in the graph are
/// another warning's.
pub fn unfounded(text: &str, facts: &Answer) -> Option<String> {
    let refuted = |(giver, taker): &(&str, &str)| {
        let mut known = facts.graph.iter().filter_map(|part| borne_out(&part.snapshot.graph, giver, taker)).peekable();
        known.peek().is_some() && known.all(|borne_out| !borne_out)
    };
    let mut wrong: Vec<String> = Vec::new();
    for (giver, taker) in claims(text).into_iter().take(MAX_CLAIMS).filter(refuted) {
        let claim = format!("`{giver}` → `{taker}`");
        if !wrong.contains(&claim) {
            wrong.push(claim);
        }
    }
    wrong.truncate(MAX_LISTED);
    let shown = wrong.join(", ");
    (!wrong.is_empty())
        .then(|| format!("The answer says that data flows where the graph has no path: {shown}. Check before relying on it."))
}

/// Whether the graph has a path from `giver` to `taker`; `None` when it does not know one of them.
fn borne_out(graph: &Graph, giver: &str, taker: &str) -> Option<bool> {
    let whole = |name: &str| -> Vec<NodeIx> { graph.resolve(name).into_iter().map(|ix| graph.relation_of(ix).unwrap_or(ix)).collect() };
    let (givers, takers) = (whole(giver), whole(taker));
    if givers.is_empty() || takers.is_empty() {
        return None;
    }
    let limits = Limits { depth: MAX_HOPS, nodes: MAX_NODES };
    let mut walks = givers.into_iter().map(|ix| walk(graph, ix, Direction::Downstream, Level::Table, limits));
    Some(walks.any(|walk| walk.truncated || walk.nodes.iter().any(|(ix, _)| takers.contains(ix))))
}

/// (giver, taker) of each connection that a line states between names in backticks.
fn claims(text: &str) -> Vec<(&str, &str)> {
    let mut claims = Vec::new();
    for line in text.lines() {
        let parts: Vec<&str> = line.split('`').collect();
        // Names are every second part, each with what stands before the next one.
        let is_name = |part: &str| !part.is_empty() && part.chars().all(is_name_char);
        let mut said: Option<(&str, bool)> = None;
        for pair in parts[1..].chunks(2).collect::<Vec<_>>().windows(2) {
            let (&[name, gap], &[next, ..]) = (pair[0], pair[1]) else { break };
            if !is_name(name) || !is_name(next) || gap.len() > MAX_GAP || gap.contains(['.', ';', ':', '?']) {
                said = None;
                continue;
            }
            let gap = gap.to_lowercase();
            let words = || gap.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty());
            if !words().all(|word| word == "and") {
                let doubtful = words().any(|word| DOUBTS.iter().any(|doubt| word == *doubt || (*doubt == "n't" && word.ends_with(doubt))));
                let connection = CONNECTIONS.iter().find(|(words, _)| gap.contains(words)).filter(|_| !doubtful);
                said = connection.map(|(_, forth)| (name, *forth));
            }
            // "a feeds b and c": both.
            if let Some((subject, forth)) = said {
                claims.push(if forth { (subject, next) } else { (next, subject) });
            }
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::claims;

    #[test]
    fn connections_are_read_from_plain_sentences_and_only_from_those() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("`a` feeds `b`.", &[("a", "b")]),
            ("The view `a` is fed by the table `b`, `c`, and `d` [1].", &[("b", "a"), ("c", "a"), ("d", "a")]),
            ("- `a` → `b` → `c`", &[("a", "b"), ("b", "c")]),
            ("`a` is read by `b`; `c` reads `d`.", &[("a", "b"), ("d", "c")]),
            ("`a` does not feed `b`, and `c` doesn't depend on `d`; `e` may be fed by `f`.", &[]),
            ("`a` and `b` have the column `c`. `d` is a table: `e` feeds on it.", &[]),
            ("`a` feeds `b` where `SUM(x)`", &[("a", "b")]),
            ("`a` feeds", &[]),
            ("a lone ` and nothing", &[]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(claims(text), *expected, "{text}");
        }
    }
}
