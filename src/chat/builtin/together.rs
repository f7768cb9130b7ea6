//! What has to do with several assets at once: "which views read both X and Y", "which procedure reads X and writes Y".

use super::condition::Verb;
use super::filter::NEGATIONS;
use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, flow, routine};
use crate::chat::evidence::{counted, words};
use crate::graph::{EdgeIx, Graph, NodeIx};
use crate::lineage::{Kind, Relation};
use std::collections::{BTreeMap, BTreeSet};

/// A name, what is done to it, and who does it by which edge.
type Used<'a> = (Verb, &'a str, BTreeMap<NodeIx, EdgeIx>);

pub(super) fn list(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let kinds_wanted: Vec<Kind> = asked.kinds.iter().copied().filter(|kind| *kind != Kind::Column).collect();
    let of_columns = asked.kinds == [Kind::Column];
    let wanted = |user: NodeIx| (kinds_wanted.is_empty() || kinds_wanted.contains(&graph.kind(user))) && asked.may_list(user);
    let verbs = verbs(&asked.reading.masked);
    let all: Vec<Used> = asked
        .reading
        .mentions
        .iter()
        .zip(verbs)
        .map(|(mention, verb)| {
            let mut users: BTreeMap<NodeIx, EdgeIx> =
                mention.nodes.iter().flat_map(|&node| if of_columns { made_of(graph, node) } else { users(asked, verb, node) }).collect();
            users.retain(|&user, _| wanted(user));
            (verb, mention.text.as_str(), users)
        })
        .collect();
    let (all, left_out) = all.split_at(all.len() - excluded(&asked.reading.masked).min(all.len().saturating_sub(1)));
    let Some(((_, _, first), others)) = all.split_first() else { return };
    let does = |user: &NodeIx| others.iter().all(|(.., users)| users.contains_key(user));
    let may = |user: &NodeIx| !left_out.iter().any(|(.., users)| users.contains_key(user));
    let mut both: Vec<NodeIx> = first.keys().copied().filter(|user| does(user) && may(user)).collect();
    both.sort_by(|&a, &b| graph.node(a).by_name(graph.node(b)));
    finding.count(&both);
    let kinds: BTreeSet<Kind> = both.iter().map(|&n| graph.kind(n)).collect();
    let what = match kinds.first() {
        Some(&kind) if kinds.len() == 1 => counted(both.len(), kind),
        _ => format!("{} asset{}", both.len(), if both.len() == 1 { "" } else { "s" }),
    };
    let at = if asked.place() == "here" { String::new() } else { format!(" {}", asked.place()) };
    let but = if left_out.is_empty() { String::new() } else { format!(", and not {}", named(left_out)) };
    match both.len() {
        0 => {
            // "Views" means those that are materialised as well.
            let none = if of_columns {
                "No column".to_owned()
            } else if let [kind] | [kind, Kind::MaterializedView] = kinds_wanted[..] {
                format!("No {}", words(kind))
            } else {
                "Nothing".to_owned()
            };
            finding.say(format!("{none}{at} {}{but}.", done(all, true)));
        }
        n => finding.say(format!("**{what}**{at} {}{but}:", done(all, n == 1))),
    }
    for &user in both.iter().take(MAX_LISTED) {
        let edges: Vec<EdgeIx> = all.iter().map(|(.., users)| users[&user]).collect();
        let stated: Vec<String> =
            edges.iter().zip(all).map(|(&edge, (_, text, _))| format!("`{text}`: {}", finding.stated(edge))).collect();
        finding.put(Row::of(user).after(format!(" — {}", stated.join("; "))).by(edges[0]));
        edges[1..].iter().for_each(|&edge| finding.cite_edge(edge));
    }
    finding.more(both.len(), MAX_LISTED);
    let alone: Vec<String> =
        all.iter().chain(left_out).map(|one| format!("{} {}", one.2.len(), done(std::slice::from_ref(one), one.2.len() == 1))).collect();
    finding.say(format!("By itself, {}.", alone.join(", ")));
    flow::caveats(asked, finding);
    if let Some(&user) = both.first() {
        finding.next(format!("What depends on {}?", finding.name(user)));
    }
    asked.reading.mentions.iter().for_each(|mention| finding.next(format!("What depends on {}?", finding.name(mention.nodes[0]))));
}

/// What is done to each name of a masked question: by the last verb before it, and what leads to it ("loads X from Y").
fn verbs(masked: &str) -> Vec<Verb> {
    let mut verb = Verb::Uses;
    let mut of_names = Vec::new();
    for word in masked.split(' ') {
        match Verb::of(word) {
            _ if word == "#" => of_names.push(verb),
            _ if verb != Verb::Calls && matches!(word, "from" | "using") => verb = Verb::Uses,
            _ if verb != Verb::Calls && word == "into" => verb = Verb::Writes,
            Some(other) => verb = other,
            None => {}
        }
    }
    of_names
}

/// How many of the last names of a masked question are behind a "not": "uses X but not Y".
fn excluded(masked: &str) -> usize {
    let mut words = masked.split(' ').skip_while(|word| *word != "#").skip_while(|word| !NEGATIONS.contains(word));
    words.by_ref().filter(|word| *word == "#").count()
}

fn named(part: &[Used]) -> String {
    part.iter().map(|(_, text, _)| format!("`{text}`")).collect::<Vec<_>>().join(" and ")
}

/// "Uses `x` and `y` and writes `z`".
fn done(all: &[Used], one: bool) -> String {
    let said = |part: &[Used]| format!("{} {}", part[0].0.said(one), named(part));
    all.chunk_by(|a, b| a.0 == b.0).map(said).collect::<Vec<_>>().join(" and ")
}

/// The columns that are made directly of a column, or of one of a relation, and what says so.
fn made_of(graph: &Graph, node: NodeIx) -> BTreeMap<NodeIx, EdgeIx> {
    let columns = if graph.kind(node) == Kind::Column { vec![node] } else { graph.columns(node) };
    let hops = columns.into_iter().flat_map(|column| graph.consumers(column));
    let of_others =
        |user: NodeIx| graph.kind(user) == Kind::Column && graph.relation_of(user) != Some(graph.relation_of(node).unwrap_or(node));
    hops.filter(|hop| of_others(hop.node)).map(|hop| (hop.node, hop.edge)).collect()
}

/// Who does it directly to `node`, and what says so.
fn users(asked: &Asked, verb: Verb, node: NodeIx) -> BTreeMap<NodeIx, EdgeIx> {
    let graph = asked.graph();
    let whole = |n: NodeIx| graph.relation_of(n).unwrap_or(n);
    let of =
        |edges: Vec<EdgeIx>| edges.into_iter().map(|e| (whole(graph.edge(e).from), e)).filter(|(user, _)| *user != whole(node)).collect();
    match verb {
        Verb::Writes => routine::writers(graph, node).into_iter().map(|e| (graph.edge(e).to, e)).collect(),
        Verb::Calls => of(graph.incoming(node).filter(|&e| graph.edge(e).relation == Relation::Calls).collect()),
        Verb::Uses => {
            let uses = |relation| matches!(relation, Relation::Derives | Relation::Reads | Relation::Calls | Relation::FiresOn);
            let mut edges = routine::readers_of_own_target(graph, node);
            edges.extend(graph.incoming(node).filter(|&e| uses(graph.edge(e).relation) && reads_itself(graph, e)));
            of(edges)
        }
    }
}

/// Whether what an edge begins at reads by its own text: a view does, and a table that is made by a query; one that others fill does not.
fn reads_itself(graph: &Graph, edge: EdgeIx) -> bool {
    let edge = graph.edge(edge);
    let user = graph.relation_of(edge.from).unwrap_or(edge.from);
    let within = |at: &crate::graph::Evidence| {
        graph.node(user).defined.iter().any(|d| d.file_id == at.file_id && d.line <= at.line && at.line <= d.line_end)
    };
    !matches!(graph.kind(user), Kind::Table | Kind::External) || edge.evidence.iter().any(within)
}
