//! The state of the whole: what nobody uses, what has no source, cycles, undefined names, what could not be read.

use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED};
use crate::chat::evidence::counted;
use crate::graph::NodeIx;
use crate::graph::walk::{Direction, Level, Limits, walk};
use crate::ingest::knowledge::FileInfo;
use crate::lineage::{Kind, Relation, Severity};

/// Rows of a ranking when the question does not say.
const TOP: usize = 10;
/// Files named as those least understood: what one would look at first.
const LEAST: usize = 3;
/// Assets of one chain that are walked for the deepest.
const MAX_WALKED: usize = 2_000;
/// Edges that are followed for the deepest: ten milliseconds.
const MAX_FOLLOWED: usize = 100_000;

pub(super) fn unused(asked: &Asked, finding: &mut Finding) {
    if asked.kinds == [Kind::Column] {
        return unused_columns(asked, finding);
    }
    let report = asked.snapshot.report();
    let mut nodes: Vec<NodeIx> = report.orphans.iter().chain(&report.leaves).copied().filter(|&n| wanted(asked, n)).collect();
    nodes.sort_by(|&a, &b| asked.graph().node(a).by_name(asked.graph().node(b)));
    if nodes.is_empty() {
        let what = asked.kinds.iter().map(|&k| format!("{}s", crate::chat::evidence::words(k))).collect::<Vec<_>>().join(" and ");
        finding.say(if what.is_empty() {
            "Everything here has a consumer.".to_owned()
        } else {
            format!("Of the {what} here, none is known to be without a consumer.")
        });
    } else {
        finding.list(format!("**{} have no consumer** here:", relations(nodes.len())), &nodes);
        finding.next(format!("What feeds {}?", finding.name(nodes[0])));
    }
    finding.warn("Consumers outside the files ingested (reports, applications, dynamic SQL) are not known here.".into());
    super::flow::caveats(asked, finding);
}

pub(super) fn unused_columns(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let scope: Vec<NodeIx> = asked.reading.mentions.iter().flat_map(|m| &m.nodes).copied().collect();
    let within = |n: &NodeIx| scope.is_empty() || graph.relation_of(*n).is_some_and(|relation| scope.contains(&relation));
    let nodes: Vec<NodeIx> = asked.snapshot.unread_columns().iter().copied().filter(within).collect();
    if nodes.is_empty() {
        return finding.say("Every column of a relation that is read has a reader.");
    }
    finding.list(
        format!("**{}** of relations that are read are themselves never used downstream:", counted(nodes.len(), Kind::Column)),
        &nodes,
    );
    super::flow::caveats(asked, finding);
}

pub(super) fn roots(asked: &Asked, finding: &mut Finding) {
    let nodes: Vec<NodeIx> = asked.snapshot.report().roots.iter().copied().filter(|&n| wanted(asked, n)).collect();
    if nodes.is_empty() {
        return finding.say("No relation here feeds others without being fed itself.");
    }
    finding.list(format!("**{} feed others and have no source** here:", relations(nodes.len())), &nodes);
    finding.next(format!("What depends on {}?", finding.name(nodes[0])));
    super::flow::caveats(asked, finding);
}

pub(super) fn cycles(asked: &Asked, finding: &mut Finding) {
    let cycles = &asked.snapshot.report().cycles;
    if cycles.is_empty() {
        return finding.say("No: there are no circular dependencies.");
    }
    finding.say(format!("Yes, **{}**:", if cycles.len() == 1 { "1 cycle".to_owned() } else { format!("{} cycles", cycles.len()) }));
    for cycle in cycles.iter().take(MAX_LISTED) {
        let mut names: Vec<String> = cycle.iter().map(|&n| finding.name(n)).collect();
        names.extend(names.first().cloned());
        finding.put(Row::text(names.join(" → ")));
        cycle.iter().for_each(|&n| finding.cite(n));
        for &node in cycle {
            asked.graph().outgoing(node).filter(|&e| cycle.contains(&asked.graph().edge(e).to)).for_each(|e| finding.cite_edge(e));
        }
    }
    finding.more(cycles.len(), MAX_LISTED);
}

pub(super) fn dangling(asked: &Asked, finding: &mut Finding) {
    let nodes = &asked.snapshot.report().dangling;
    if nodes.is_empty() {
        return finding.say("Every name that is mentioned is defined here.");
    }
    let graph = asked.graph();
    finding.say(format!("**{}**: something mentions them, and nothing here defines them:", counted(nodes.len(), Kind::External)));
    for &node in nodes.iter().take(MAX_LISTED) {
        let stated = graph.incoming(node).chain(graph.outgoing(node)).filter(|&e| !graph.edge(e).evidence.is_empty());
        // What reads or writes it says more than a text that mentions it.
        let by = stated.min_by_key(|&e| graph.edge(e).relation == Relation::Mentions);
        let via = by.map_or_else(String::new, |e| {
            let edge = graph.edge(e);
            let other = if edge.from == node { edge.to } else { edge.from };
            format!(" — {} {}", finding.name(other), finding.stated(e))
        });
        let row = Row::named(node).after(via);
        finding.put(match by {
            Some(edge) => row.by(edge),
            None => row,
        });
    }
    finding.more(nodes.len(), MAX_LISTED);
    finding.next(format!("What depends on {}?", finding.name(nodes[0])));
}

pub(super) fn coverage(asked: &Asked, finding: &mut Finding) {
    let mut files: Vec<&FileInfo> = asked.snapshot.files.values().map(|file| &**file).collect();
    let named: Vec<&FileInfo> = files.iter().copied().filter(|f| asked.names(f)).collect();
    let few = !named.is_empty();
    if few {
        files = named;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let (read, failed) = files.iter().fold((0, 0), |(r, f), file| (r + file.statements, f + file.statements_failed));
    let share = if read == 0 { 100.0 } else { 100.0 * f64::from(read - failed.min(read)) / f64::from(read) };
    let which = if files.len() == 1 { files[0].path.clone() } else { counted(files.len(), Kind::File) };
    finding.say(format!("**{} of {read} statements** in {which} were understood ({share:.1} %).", read - failed.min(read)));
    if few {
        for file in files.iter().take(MAX_LISTED) {
            let dialect = crate::lineage::dialect::find(&file.dialect).map_or("no SQL file", |d| d.display_name);
            let text = format!("{}: {dialect}, {:.1} % of its tokens are in statements understood", file.path, 100.0 * file.coverage);
            finding.put(Row::text(text));
        }
    }
    let mut rows = 0;
    let mut total = 0;
    for file in &files {
        for diagnostic in file.diagnostics.iter().filter(|d| d.severity >= Severity::Warning) {
            total += 1;
            if rows < MAX_LISTED {
                rows += 1;
                finding.put(Row::text(format!("{}:{} {}", file.path, diagnostic.line, diagnostic.message.replace('\n', " "))));
            }
        }
        let troubled = file.statements_failed > 0 || file.diagnostics.iter().any(|d| d.severity >= Severity::Warning);
        if (troubled || few)
            && let Some(node) = asked.snapshot.file_node(&file.id)
        {
            finding.cite(node);
        }
    }
    finding.more(total, rows);
    if total == 0 {
        finding.say(if few { "Nothing in it was left not understood." } else { "No file has anything that was not understood." });
    } else if !few {
        let mut least: Vec<&FileInfo> = files.iter().copied().filter(|f| f.coverage < 1.0).collect();
        least.sort_by(|a, b| a.coverage.total_cmp(&b.coverage).then_with(|| a.path.cmp(&b.path)));
        let shown = least.iter().take(LEAST).map(|f| format!("{} ({:.1} %)", f.path, 100.0 * f.coverage)).collect::<Vec<_>>();
        if !shown.is_empty() {
            finding.say(format!("Least of their tokens are in statements understood: {}.", shown.join(", ")));
        }
    }
    finding.next("What is referenced but never defined?".into());
}

pub(super) fn most_referenced(asked: &Asked, finding: &mut Finding) {
    let top = asked.reading.number.map_or(TOP, |n| n as usize).clamp(1, MAX_LISTED);
    let ranked: Vec<(usize, NodeIx)> =
        asked.snapshot.most_used().iter().filter(|(_, n)| is_candidate(asked, *n)).take(top).copied().collect();
    if ranked.is_empty() {
        return finding.say("Nothing here is referenced by anything else.");
    }
    finding.say("The most referenced, by the number of views, tables, routines and files that use them directly:");
    for &(count, node) in &ranked {
        finding.put(Row::of(node).after(format!(": {count}")));
    }
    finding.next(format!("What breaks if I drop {}?", finding.name(ranked[0].1)));
}

pub(super) fn deepest(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let limits = Limits { depth: 100, nodes: MAX_WALKED };
    let mut nodes: Vec<NodeIx> = asked.snapshot.relations().filter(|n| is_candidate(asked, *n)).collect();
    // A chain is longest where nothing goes on.
    nodes.sort_by_key(|n| (!graph.consumers(*n).is_empty(), *n));
    let (mut farthest, mut followed) = (None, 0);
    for (walked, &node) in nodes.iter().enumerate() {
        if followed >= MAX_FOLLOWED {
            finding.cut(format!("Only {walked} of {} relations were followed back, those without consumers first.", nodes.len()));
            break;
        }
        let walk = walk(graph, node, Direction::Upstream, Level::Table, limits);
        followed += walk.edges.len();
        let far = walk.nodes.last().map_or((0, node), |&(root, depth)| (depth, root));
        if farthest.is_none_or(|((depth, _), _)| far.0 > depth) {
            farthest = Some((far, node));
        }
    }
    let Some(((depth, root), node)) = farthest.filter(|((depth, _), _)| *depth > 0) else {
        return finding.say("Nothing here is made from anything else.");
    };
    finding.say(format!(
        "The longest lineage is that of {}: **{depth} hops** back to {}.",
        finding.described(node),
        finding.described(root)
    ));
    finding.cite(node);
    finding.cite(root);
    if let Some(path) = crate::graph::path::shortest_paths(graph, root, node, 1).0.first() {
        finding.say(path.nodes.iter().map(|&n| finding.name(n)).collect::<Vec<_>>().join(" → "));
        path.edges.iter().for_each(|&e| finding.cite_edge(e));
    }
    finding.next(format!("What feeds {}?", finding.name(node)));
}

fn wanted(asked: &Asked, node: NodeIx) -> bool {
    let kind = asked.graph().node(node).kind;
    // "Which tables are unused?" means views as well; each is listed with its kind.
    let fits = asked.kinds.is_empty() || asked.kinds.contains(&kind) || asked.kinds.contains(&Kind::Table) && kind.is_relation();
    fits && asked.in_scope(node)
}

fn is_candidate(asked: &Asked, node: NodeIx) -> bool {
    asked.kinds.is_empty() || wanted(asked, node)
}

fn relations(n: usize) -> String {
    if n == 1 { "1 relation".into() } else { format!("{n} relations") }
}
