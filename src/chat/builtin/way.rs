//! How two assets are connected: paths, what they share, and the statements behind an edge.

use super::finding::{Finding, Row};
use super::flow::{both, caveats, walked};
use super::{Asked, MAX_LISTED, MAX_MEANINGS, asset, join, routine};
use crate::chat::intent::Intent;
use crate::graph::path::{Path, shortest_paths};
use crate::graph::walk::Direction;
use crate::graph::{EdgeIx, Graph, NodeIx};
use crate::lineage::{Kind, Relation};
use foldhash::HashSet;

/// Paths shown between two assets.
const PATHS: usize = 3;

/// "How does data get from A to B?", "Is A connected to B?"
pub(super) fn path(asked: &Asked, finding: &mut Finding) {
    let (first, second) = if asks_backwards(asked) { (1, 0) } else { (0, 1) };
    let (froms, tos) = (asked.meanings(first), asked.meanings(second));
    let mut none = true;
    for &from in froms.iter().take(MAX_MEANINGS) {
        for &to in tos.iter().take(MAX_MEANINGS) {
            let (paths, truncated) = between(asked, from, to);
            if paths.is_empty() {
                continue;
            }
            none = false;
            show_paths(asked, finding, from, to, &paths);
            if truncated {
                finding.cut("The search for paths was cut at its limit: there may be more.".into());
            }
        }
    }
    let (from, to) = (froms[0], tos[0]);
    if none && let Some((callee, written)) = written_by_callees(asked.graph(), from, to) {
        finding.say(format!("{} does not itself, but it calls what does:", finding.described(from)));
        finding.put(Row::of(callee).via(written));
        none = false;
    }
    if none {
        finding.cite(from);
        finding.cite(to);
        let (a, b) = (finding.described(from), finding.described(to));
        finding.say(if join::meet(asked, from, to) {
            format!("{a} and {b} are related, but no data gets from one to the other.")
        } else {
            format!("No: there is no path of data between {a} and {b}, in either direction.")
        });
        if !join::meetings(asked, finding, from, to) {
            let whole = |n: NodeIx| asked.graph().relation_of(n).unwrap_or(n);
            // "How are they related" asks of keys and joins as well.
            if whole(from) == whole(to) {
                finding.say(format!("Both are columns of {}.", finding.name(whole(from))));
            } else if asked.reading.masked.split(' ').any(|w| w.starts_with("relat")) {
                join::by_others(asked, finding, whole(from), whole(to));
            } else {
                join::keyed_to_both(asked, finding, from, to);
            }
        }
        finding.next(format!("What do {} and {} have in common?", finding.name(from), finding.name(to)));
    }
    caveats(asked, finding);
    finding.next(format!("What breaks if I drop {}?", finding.name(from)));
    finding.next(format!("What feeds {}?", finding.name(to)));
}

/// "Does A depend on B", "is A derived from B": whether the first of the names is what data gets to.
fn asks_backwards(asked: &Asked) -> bool {
    const TO_THE_FIRST: &[&str] = &["depend", "downstream", "derive", "descendant", "rely", "relies", "need", "consume", "come", "comes"];
    const DOES: &[&str] = &[
        "if",
        "when",
        "once",
        "call",
        "invoke",
        "execute",
        "use",
        "uses",
        "read",
        "reads",
        "select",
        "selects",
        "query",
        "queries",
        "reference",
        "references",
        "get",
        "gets",
        "touch",
        "access",
        "mention",
        "consume",
        "notice",
        "see",
        "feel",
    ];
    const DONE: &[&str] = &[
        "fed",
        "filled",
        "loaded",
        "populated",
        "written",
        "produced",
        "built",
        "made",
        "computed",
        "calculated",
        "affected",
        "influenced",
        "impacted",
        "hit",
        "reached",
        "touched",
    ];
    let words: Vec<&str> = asked.reading.masked.split(' ').collect();
    let mut names = (0..words.len()).filter(|&at| words[at] == "#");
    let (Some(first), Some(second)) = (names.next(), names.next()) else { return false };
    let between = &words[first + 1..second];
    let upstream = between.iter().any(|w| ["upstream", "source", "parent", "ancestor"].iter().any(|stem| w.starts_with(stem)));
    let by = between.iter().any(|w| matches!(*w, "by" | "from" | "with" | "out"));
    let writes = ["writ", "insert", "updat", "load", "populat", "fill", "delet", "truncat", "merg"];
    if between.first().is_some_and(|w| writes.iter().any(|stem| w.starts_with(stem))) {
        return false;
    }
    // "Does data from A get to B".
    let gets_on = words[..first].contains(&"from") || between.windows(2).any(|pair| matches!(pair, ["get" | "gets", "to" | "into"]));
    asked.intent == Intent::Connected
        && !upstream
        && between.iter().any(|w| {
            TO_THE_FIRST.iter().any(|stem| w.starts_with(stem)) && !w.ends_with("ed")
                || w.starts_with("derived")
                || DOES.contains(w) && !between.contains(&"by") && !(gets_on && matches!(*w, "get" | "gets"))
                || by && DONE.contains(w)
        })
}

/// The routine that writes `to`, of those that `from` calls, or that these call; and the edge that says so.
fn written_by_callees(graph: &Graph, from: NodeIx, to: NodeIx) -> Option<(NodeIx, EdgeIx)> {
    if !graph.kind(from).is_routine() {
        return None;
    }
    let called = |routine: NodeIx| graph.outgoing(routine).map(|e| graph.edge(e)).filter(|e| e.relation == Relation::Calls).map(|e| e.to);
    let mut seen: HashSet<NodeIx> = HashSet::from_iter([from]);
    let mut due: Vec<NodeIx> = vec![from];
    while let Some(routine) = due.pop() {
        for callee in called(routine).filter(|&callee| seen.insert(callee)) {
            if let Some(edge) = routine::writers(graph, to).into_iter().find(|&e| graph.edge(e).to == callee) {
                return Some((callee, edge));
            }
            due.push(callee);
        }
    }
    None
}

/// Paths from one to the other, or back. Of a column and a relation they are of that column and the nearest column of the relation that
/// has to do with it; where there is none, of whole relations.
fn between(asked: &Asked, from: NodeIx, to: NodeIx) -> (Vec<Path>, bool) {
    let (graph, k) = (asked.graph(), if asked.question.mode == super::Mode::Deep { PATHS * 2 } else { PATHS });
    let column = |n: NodeIx| graph.kind(n) == Kind::Column;
    let nearest = |column: NodeIx, relation: NodeIx, ways: [Direction; 2]| {
        let reached = ways.into_iter().flat_map(|way| walked(asked, column, way, super::DEEP_HOPS).nodes);
        reached.map(|(n, _)| n).find(|&n| n != column && graph.relation_of(n) == Some(relation))
    };
    let (first, last) = match (column(from), column(to)) {
        (true, false) => (from, nearest(from, to, [Direction::Downstream, Direction::Upstream]).unwrap_or(to)),
        (false, true) => (nearest(to, from, [Direction::Upstream, Direction::Downstream]).unwrap_or(from), to),
        _ => (from, to),
    };
    shortest_paths(graph, first, last, k)
}

fn show_paths(asked: &Asked, finding: &mut Finding, from: NodeIx, to: NodeIx, paths: &[Path]) {
    let graph = asked.graph();
    let first = &paths[0];
    let (start, end) = (first.nodes[0], first.nodes[first.nodes.len() - 1]);
    let whole = |n: NodeIx| graph.relation_of(n).unwrap_or(n);
    if start == end {
        return finding.say(match from == to {
            true => format!("{} is one and the same.", finding.described(from)),
            false => format!("{} and {} are of the same relation.", finding.described(from), finding.described(to)),
        });
    }
    // Data flows from what is consumed to its consumer.
    let onward = first.edges.first().is_none_or(|&e| graph.edge(e).to == start);
    let (source, target) = if onward { (start, end) } else { (end, start) };
    for asked_for in [from, to].into_iter().filter(|&n| graph.kind(n) == Kind::Column && !first.nodes.contains(&n)) {
        let other = if asked_for == from { to } else { from };
        finding.say(format!(
            "No column of {} is known to be made of {}, nor the other way round. Of the whole relations:",
            finding.name(whole(other)),
            finding.described(asked_for)
        ));
    }
    let hops = first.edges.len();
    let s = if hops == 1 { "" } else { "s" };
    let (from_source, to_target) = (finding.described(source), finding.described(target));
    // "Connected" asks for no direction.
    let either = asked.intent == Intent::Connected
        && asked.reading.masked.split(' ').any(|w| ["connect", "link", "relat"].iter().any(|stem| w.starts_with(stem)));
    let calls = first.edges.iter().all(|&e| graph.edge(e).relation == Relation::Calls);
    finding.say(if calls {
        let through = if hops == 1 { String::new() } else { format!(", through {} other{}", hops - 1, if hops == 2 { "" } else { "s" }) };
        let answer = if whole(source) == whole(from) || either { "Yes: " } else { "Not that way round: " };
        format!("{answer}{to_target} calls {from_source}{through}.")
    } else if either || whole(source) == whole(from) {
        format!("Yes: data gets from {from_source} to {to_target} in **{hops} hop{s}**.")
    } else {
        format!(
            "None gets from {} to {}. Data flows the other way, from {from_source} to {to_target}, in **{hops} hop{s}**.",
            finding.name(from),
            finding.name(to)
        )
    });
    for (i, path) in paths.iter().enumerate() {
        let mut nodes = path.nodes.clone();
        let mut edges = path.edges.clone();
        if nodes.first() != Some(&source) {
            nodes.reverse();
            edges.reverse();
        }
        if paths.len() > 1 {
            finding.say(format!("Path {}:", i + 1));
        }
        finding.put(Row::named(nodes[0]));
        for (depth, (&node, &edge)) in nodes[1..].iter().zip(&edges).enumerate() {
            finding.put(Row::named(node).before("→ ").at(depth + 1).via(edge));
        }
        finding.paths.push(Path { nodes, edges });
    }
}

/// "What do A and B have in common?"
pub(super) fn common(asked: &Asked, finding: &mut Finding) {
    let (a, b) = (asked.meanings(0)[0], asked.meanings(1)[0]);
    finding.cite(a);
    finding.cite(b);
    for (direction, what, none) in
        [(Direction::Upstream, "sources", "No common source"), (Direction::Downstream, "consumers", "No common consumer")]
    {
        let reach = |n: NodeIx| walked(asked, n, direction, super::DEEP_HOPS).nodes;
        let of_b: HashSet<NodeIx> = reach(b).into_iter().map(|(n, _)| n).collect();
        let shared: Vec<NodeIx> = reach(a).into_iter().map(|(n, _)| n).filter(|n| of_b.contains(n) && *n != a && *n != b).collect();
        if shared.is_empty() {
            finding.say(format!("{none} of {} and {} is known.", finding.name(a), finding.name(b)));
        } else {
            let what = if shared.len() == 1 { what.trim_end_matches('s') } else { what };
            finding.list(format!("{} and {} share **{} {what}**:", finding.name(a), finding.name(b), shared.len()), &shared);
        }
    }
    caveats(asked, finding);
}

/// "Why do you say that A feeds B?"
pub(super) fn evidence(asked: &Asked, finding: &mut Finding) {
    let (Some(&a), Some(&b)) = (asked.meanings(0).first(), asked.meanings(1).first()) else {
        return asset::each(asked, finding, both);
    };
    let graph = asked.graph();
    let joins = |e: &EdgeIx| {
        let edge = graph.edge(*e);
        edge.from == b || edge.to == b
    };
    let edges: Vec<EdgeIx> = graph.outgoing(a).chain(graph.incoming(a)).filter(joins).collect();
    if edges.is_empty() {
        finding.say(format!("No statement relates {} and {} directly.", finding.name(a), finding.name(b)));
        return path(asked, finding);
    }
    for edge in edges.into_iter().take(MAX_LISTED) {
        let e = graph.edge(edge);
        finding.say(format!(
            "{} **{}** {}, with confidence {:.2}, stated at:",
            finding.name(e.from),
            stating(e.relation),
            finding.name(e.to),
            e.confidence
        ));
        for evidence in e.evidence.iter().take(MAX_MEANINGS) {
            let at = crate::chat::evidence::place(asked.snapshot, evidence).unwrap_or_default();
            let file = asked.snapshot.files.get(&*evidence.file_id);
            let read = file.map_or_else(String::new, |file| {
                let dialect = crate::lineage::dialect::find(&file.dialect).map_or("", |d| d.display_name);
                let dialect = if dialect.is_empty() { String::new() } else { format!("read as {dialect}, ") };
                format!(" ({dialect}run `{}`, SHA-256 `{}`)", file.run_id, file.hash)
            });
            finding.say(format!("{at}–{}{read}", evidence.line_end));
            if let Some(text) = crate::chat::evidence::text_of(asked.snapshot, evidence) {
                finding.code("sql", &text.lines().take(60).collect::<Vec<_>>().join("\n"));
            }
        }
        finding.cite_edge(edge);
    }
}

/// What an edge of a relation says, between its consumer and its source.
fn stating(relation: Relation) -> &'static str {
    match relation {
        Relation::Derives => "is derived from",
        Relation::Reads => "reads",
        Relation::WrittenBy => "is written by",
        Relation::Calls => "calls",
        Relation::References => "refers by a foreign key to",
        Relation::FiresOn => "fires on",
        Relation::DefinedIn => "is defined in",
        Relation::ColumnOf => "is a column of",
        Relation::Mentions => "mentions",
    }
}
