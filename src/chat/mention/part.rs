//! What one word of a question, or a few together, can be: a name with what it can mean, a word, or what looks like a name and is none here.

use super::Mention;
use super::token::{STOP, Token};
use crate::chat::intent::feature::is_function;
use crate::chat::intent::{asks, is_kind_word};
use crate::graph::{Graph, NodeIx};
use crate::lineage::Kind;

/// Most words that make one name ("order line items" for `order_line_items`).
const MAX_JOINED: usize = 3;

/// What a word is.
pub(super) enum Part {
    /// A word, lower-case.
    Word(String),
    /// A name of what is here.
    Name(Mention),
    /// A bare word that is only a column's name; counts when the rest of the question makes it one.
    Weak(Mention),
    /// As weak, but also a word of questions ("total", "source"): counts only for a column of a relation that is named.
    Faint(Mention),
    /// A word of questions that is a column's name, too ("kind", "month"): counts only in a list of columns ("user_id and kind").
    Paired(Mention),
    /// A word of questions that is said to be a column ("the column state"): counts unless another relation is named.
    Called(Mention),
    /// What looks like a name and is none here.
    Unknown(String),
}

/// What `token` is between these two words.
pub(super) fn part(graph: &Graph, token: &Token, before: &str, after: &str, asks_how: bool) -> Part {
    let introduced = matches!(
        before,
        "table" | "view" | "column" | "field" | "procedure" | "proc" | "function" | "trigger" | "file" | "called" | "named"
    );
    // A function of SQL that is defined here is a name.
    if token.is_plain_word() && !is_function(&token.lower) {
        let by_kind = introduced && !is_kind_word(&token.lower) && !STOP.contains(&token.lower.as_str());
        if (matches!(before, "column" | "field") || after == "column" || asks_how) && !is_kind_word(&token.lower) {
            let columns: Vec<NodeIx> = graph.resolve(&token.text).into_iter().filter(|&n| graph.node(n).kind == Kind::Column).collect();
            if !columns.is_empty() {
                let mention = Mention { text: token.text.clone(), nodes: columns };
                const OF_COLUMNS: &[&str] =
                    &["name", "names", "type", "types", "list", "count", "comment", "comments", "default", "lineage"];
                let called = before == "column" && !OF_COLUMNS.contains(&&*token.lower);
                return if called { Part::Called(mention) } else { Part::Faint(mention) };
            }
        }
        if !by_kind || relations(graph, &token.text).is_empty() {
            let joins = |word: &str| matches!(word, "and" | "or" | "no" | "without" | "not");
            let listed = (joins(before) || joins(after)) && !is_kind_word(&token.lower);
            let columns: Vec<NodeIx> = listed.then(|| graph.columns_called(&token.lower)).into_iter().flatten().collect();
            return if columns.is_empty() {
                Part::Word(token.lower.clone())
            } else {
                Part::Paired(Mention { text: token.text.clone(), nodes: columns })
            };
        }
    }
    let nodes = graph.resolve(&token.text);
    let columns_only = !nodes.is_empty() && nodes.iter().all(|&n| graph.node(n).kind == Kind::Column);
    if matches!(before, "column" | "field") || after == "column" {
        let columns: Vec<NodeIx> = nodes.iter().copied().filter(|&n| graph.node(n).kind == Kind::Column).collect();
        if !columns.is_empty() {
            return Part::Name(Mention { text: token.text.clone(), nodes: columns });
        }
    }
    if !nodes.is_empty() {
        let mention = Mention { text: token.text.clone(), nodes: best(graph, nodes, before) };
        return if columns_only && !token.is_name_like() { Part::Weak(mention) } else { Part::Name(mention) };
    }
    if token.is_name_like() || introduced && token.lower.len() > 1 && !asks(&token.lower) {
        Part::Unknown(token.text.clone())
    } else {
        Part::Word(token.lower.clone())
    }
}

/// Of what a name can mean, what the question means: the kind that the word before says, else all that rank with the first.
pub(super) fn best(graph: &Graph, nodes: Vec<NodeIx>, before: &str) -> Vec<NodeIx> {
    let said: &[Kind] = match before {
        "table" => &[Kind::Table],
        "view" => &[Kind::View, Kind::MaterializedView],
        "procedure" | "proc" => &[Kind::Procedure],
        "function" => &[Kind::Function],
        "trigger" => &[Kind::Trigger],
        "file" | "script" => &[Kind::File],
        _ => &[],
    };
    let narrowed: Vec<NodeIx> = nodes.iter().copied().filter(|&n| said.contains(&graph.node(n).kind)).collect();
    if !narrowed.is_empty() {
        return narrowed;
    }
    let class = |n: NodeIx| {
        let node = graph.node(n);
        (node.kind.is_relation(), node.kind.is_routine(), node.kind == Kind::Column, node.kind == Kind::File, node.defined.is_empty())
    };
    let first = class(nodes[0]);
    nodes.into_iter().filter(|&n| class(n) == first).collect()
}

/// What a bare word in the other number names: "customer" is `customers`. No columns: their names are everyday words.
pub fn in_other_number(graph: &Graph, word: &str) -> Vec<NodeIx> {
    let singular = word.strip_suffix('s').filter(|w| w.len() > 1).map(str::to_owned);
    let irregular = match (word.strip_suffix("ies"), word.strip_suffix('y')) {
        (Some(stem), _) => Some(format!("{stem}y")),
        (None, Some(stem)) => Some(format!("{stem}ies")),
        (None, None) => word.strip_suffix("es").map(str::to_owned),
    };
    let others = singular.into_iter().chain(irregular).chain([format!("{word}s"), format!("{word}es")]);
    others.map(|other| relations(graph, &other)).find(|nodes| !nodes.is_empty()).map_or_else(Vec::new, |nodes| best(graph, nodes, ""))
}

/// "Customer emails": the column of the relation that the word before names.
fn column_of(graph: &Graph, tokens: &[Token]) -> Option<(Mention, usize)> {
    let [relation, column, ..] = tokens else { return None };
    let is_everyday =
        |token: &Token| token.quoted || token.text.contains('.') || STOP.contains(&token.lower.as_str()) || asks(&token.lower);
    if is_everyday(relation) || is_everyday(column) {
        return None;
    }
    let mut of = relations(graph, &relation.lower);
    if of.is_empty() {
        of = in_other_number(graph, &relation.lower);
    }
    let is_it = |label: &str| {
        label.eq_ignore_ascii_case(&column.lower) || column.lower.strip_suffix('s').is_some_and(|one| label.eq_ignore_ascii_case(one))
    };
    let nodes: Vec<NodeIx> = of.iter().flat_map(|&n| graph.columns(n)).filter(|&c| is_it(graph.node(c).label())).collect();
    (!nodes.is_empty()).then(|| (Mention { nodes, text: column.text.clone() }, 2))
}

/// The name that the first few words make together, and how many they are.
pub(super) fn joined(graph: &Graph, tokens: &[Token]) -> Option<(Mention, usize)> {
    for n in (2..=MAX_JOINED.min(tokens.len())).rev() {
        let words = &tokens[..n];
        if words.iter().any(|t| t.quoted || t.text.contains('.')) {
            continue;
        }
        // The first and last words of a name are its own, and between them anything may stand; words of questions alone are one as it
        // stands ("order details").
        if words[0].is_plain_word() || words[n - 1].is_plain_word() {
            let text = words.iter().map(|t| t.lower.as_str()).collect::<Vec<_>>().join("_");
            let nodes = relations(graph, &text);
            if !nodes.is_empty() {
                return Some((Mention { nodes: best(graph, nodes, ""), text }, n));
            }
            continue;
        }
        for separator in ["_", " ", ""] {
            let text = words.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(separator);
            let mut nodes = graph.resolve(&text);
            if nodes.is_empty() {
                nodes = in_other_number(graph, &text);
            }
            if !nodes.is_empty() {
                return Some((Mention { nodes: best(graph, nodes, ""), text }, n));
            }
        }
    }
    column_of(graph, tokens)
}

/// What `text` can mean, but for columns.
pub(super) fn relations(graph: &Graph, text: &str) -> Vec<NodeIx> {
    graph.resolve_whole(text).into_iter().filter(|&n| graph.kind(n) != Kind::Column).collect()
}
