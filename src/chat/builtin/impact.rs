//! What a change breaks, and what it only affects: of an asset, of a file, of a whole schema.

use super::finding::{Finding, Row};
use super::flow::{caveats, limiting_schema};
use super::{Asked, Change, DEEP_HOPS, MAX_LISTED, inventory, rename};
use crate::chat::evidence::counted;
use crate::graph::walk::{Limits, MAX_NODES, impact as impact_of, impact_of_all};
use crate::graph::{EdgeIx, Graph, NodeIx};
use crate::lineage::{ForeignKey, Kind, Relation};
use foldhash::HashMap;
use std::collections::{BTreeMap, BTreeSet};

/// "What breaks if I drop X?"
pub(super) fn of_asset(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    if graph.kind(node) == Kind::File {
        return of_file(asked, finding, node);
    }
    finding.cite(node);
    let mut found = impact_of(graph, node, Limits { depth: DEEP_HOPS, nodes: MAX_NODES });
    let described = finding.described(node);
    // Its own table's key names it, too.
    let own = |key: &&ForeignKey| key.columns.iter().any(|c| c.eq_ignore_ascii_case(graph.node(node).label()));
    let keys: Vec<&ForeignKey> = graph.relation_of(node).iter().flat_map(|table| &graph.node(*table).foreign_keys).filter(own).collect();
    for key in &keys {
        finding.say(format!("{described} is in the foreign key ({}) → `{}` of its table.", key.columns.join(", "), key.references));
    }
    if found.nodes.is_empty() {
        let else_ = if keys.is_empty() { "Nothing here uses" } else { "Nothing else here uses" };
        let breaks = if keys.is_empty() { "breaks nothing" } else { "breaks that key alone" };
        finding.say(format!("{else_} {described}: as far as the files say, dropping or renaming it {breaks}."));
        edits(asked, finding, node);
        return caveats(asked, finding);
    }
    let mut place = String::new();
    if limiting_schema(asked, node).is_some() {
        place = format!(" {}", asked.schema_words());
        let all = found.nodes.len();
        found.nodes.retain(|(n, _)| asked.in_schema(*n));
        found.breaking.retain(|n| asked.in_schema(*n));
        found.affected.retain(|n| asked.in_schema(*n));
        if found.nodes.is_empty() {
            finding.say(format!("Nothing{place} uses {described}, but {all} elsewhere do."));
            return caveats(asked, finding);
        }
    }
    let depths: HashMap<NodeIx, u32> = found.nodes.iter().copied().collect();
    let (limited, all) = (&asked.kinds, found.nodes.len());
    let mut beside = String::new();
    if !limited.is_empty() {
        let fits = |n: &NodeIx| limited.contains(&graph.kind(*n));
        found.nodes.retain(|(n, _)| fits(n));
        found.breaking.retain(fits);
        found.affected.retain(fits);
        let others = all - found.nodes.len();
        if found.nodes.is_empty() {
            finding.say(format!("Nothing of that kind{place} uses {described}, but {others} of other kinds do."));
            return caveats(asked, finding);
        }
        if others > 0 {
            beside = format!("; {others} of other kinds beside");
        }
    }
    let mut by_kind: BTreeMap<Kind, usize> = BTreeMap::new();
    for &(n, _) in &found.nodes {
        *by_kind.entry(graph.node(n).kind).or_default() += 1;
    }
    let kinds: Vec<String> = by_kind.into_iter().map(|(k, n)| counted(n, k)).collect();
    let (change, breaks) = match asked.change() {
        Change::Goes if found.breaking.len() == 1 => ("Dropping or renaming", "breaks"),
        Change::Goes => ("Dropping or renaming", "break"),
        Change::Changes => ("Changing", "may break"),
        Change::Fails => ("Trouble with", "may fail with it"),
    };
    let least = if found.truncated { "at least " } else { "" };
    finding.say(format!(
        "{change} {described} reaches **{least}{} asset{}**{place} ({}{beside}): **{least}{} {breaks}**, {least}{} {} affected.",
        found.nodes.len(),
        if found.nodes.len() == 1 { "" } else { "s" },
        kinds.join(", "),
        found.breaking.len(),
        found.affected.len(),
        if found.affected.len() == 1 { "is" } else { "are" },
    ));
    edits(asked, finding, node);
    let hop = |n: NodeIx| depths.get(&n).copied().unwrap_or(0);
    // The first edge between it and each other: how that uses it, before how it uses that.
    let ends = graph.incoming(node).map(|e| (graph.edge(e).from, e)).chain(graph.outgoing(node).map(|e| (graph.edge(e).to, e)));
    let mut uses: HashMap<NodeIx, EdgeIx> = HashMap::default();
    for (other, edge) in ends {
        uses.entry(other).or_insert(edge);
    }
    let naming = match asked.change() {
        Change::Goes => "These name it and break; edit them:",
        Change::Changes => "These name it; look whether they still fit:",
        Change::Fails => "These name it:",
    };
    let behind = if limited.is_empty() { "These depend on those, or on its rows:" } else { "These depend on what does, or on its rows:" };
    for (title, nodes) in [(naming, &found.breaking), (behind, &found.affected)] {
        if nodes.is_empty() {
            continue;
        }
        finding.say(title);
        for &n in nodes.iter().take(MAX_LISTED) {
            let mut row = Row::of(n).before(format!("{} hop{}: ", hop(n), if hop(n) == 1 { "" } else { "s" }));
            let edge = uses.get(&n).copied().or_else(|| {
                let (used, edge) = by_what(graph, &depths, n)?;
                row.after = format!(", by {}", finding.name(used));
                Some(edge)
            });
            finding.put(row.via(edge));
        }
        finding.more(nodes.len(), MAX_LISTED);
    }
    inventory::edges_among(asked, finding);
    let shown: Vec<f32> = finding.edges.iter().map(|&e| graph.edge(e).confidence).collect();
    shown.into_iter().for_each(|confidence| finding.doubt(confidence));
    if found.truncated {
        finding.cut(format!("Only {DEEP_HOPS} hops or {MAX_NODES} assets were followed: there is more."));
    }
    caveats(asked, finding);
    finding.next_definition(found.breaking.first().or(found.affected.first()).copied().unwrap_or(node));
    finding.next(format!("What feeds {}?", finding.name(node)));
}

/// Where it must be edited, for a new name.
fn edits(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let Some(new) = asked.new_name() else { return };
    let edits = rename::places(asked, finding, node);
    let places = if edits.len() == 1 { "1 place".to_owned() } else { format!("{} places", edits.len()) };
    finding.say(format!("To call it `{new}`, edit **{places}**:"));
    edits.iter().take(MAX_LISTED).for_each(|place| finding.put(Row::text(place)));
    finding.more(edits.len(), MAX_LISTED);
}

/// Of what a change reaches later than at once: what of the hop before it uses, and the edge that says so. A relation uses by its columns,
/// too.
fn by_what(graph: &Graph, depths: &HashMap<NodeIx, u32>, node: NodeIx) -> Option<(NodeIx, EdgeIx)> {
    let depth = depths.get(&node)?;
    let before = |n: NodeIx| depths.get(&n).is_some_and(|d| d + 1 == *depth);
    let flows = |e: &EdgeIx| !matches!(graph.edge(*e).relation, Relation::ColumnOf | Relation::DefinedIn | Relation::Mentions);
    let edges = std::iter::once(node).chain(graph.columns(node)).flat_map(|n| graph.outgoing(n)).filter(flows);
    let mut used = edges.map(|e| (graph.edge(e).to, e));
    used.find(|(n, _)| before(*n))
}

/// "What breaks if I delete that file?": what only it defines goes with it.
fn of_file(asked: &Asked, finding: &mut Finding, file: NodeIx) {
    let graph = asked.graph();
    finding.cite(file);
    let id = graph.node(file).defined.iter().map(|e| &*e.file_id).next();
    let only_there = |n: NodeIx| graph.node(n).defined.iter().all(|e| Some(&*e.file_id) == id);
    let defined = graph.incoming(file).map(|e| graph.edge(e)).filter(|e| e.relation == Relation::DefinedIn).map(|e| e.from);
    let gone: BTreeSet<NodeIx> = defined.filter(|&n| graph.kind(n) != Kind::Column && only_there(n)).collect();
    let is_gone = |n: NodeIx| n == file || gone.contains(&graph.relation_of(n).unwrap_or(n));
    let limits = Limits { depth: DEEP_HOPS, nodes: MAX_NODES };
    let dropped = impact_of_all(graph, &gone.iter().copied().collect::<Vec<_>>(), limits);
    let written = impact_of(graph, file, limits);
    let cut = dropped.truncated || written.truncated;
    let breaking: BTreeSet<NodeIx> = dropped.breaking.into_iter().filter(|&n| !is_gone(n)).collect();
    let reached = dropped.nodes.into_iter().chain(written.nodes).map(|(n, _)| n);
    let affected: BTreeSet<NodeIx> = reached.filter(|&n| !is_gone(n)).collect();
    let rest: Vec<NodeIx> = affected.difference(&breaking).copied().collect();
    let (gone, breaking): (Vec<NodeIx>, Vec<NodeIx>) = (gone.into_iter().collect(), breaking.into_iter().collect());
    let described = finding.described(file);
    let assets = |n: usize| if n == 1 { "**1 asset**".to_owned() } else { format!("**{n} assets**") };
    match gone.len() {
        0 => finding.say(format!("Nothing is defined in {described} alone.")),
        n => finding.list(format!("Without {described}, {} would not be defined any more:", assets(n)), &gone),
    }
    match breaking.len() {
        0 => finding.say("Nothing in other files names any of that."),
        n => finding.list(format!("{} elsewhere name that and break; edit them:", assets(n)), &breaking),
    }
    if !rest.is_empty() {
        finding.list(format!("{} more depend on those, or on rows that it writes:", assets(rest.len())), &rest);
    }
    if cut {
        finding.cut(format!("Only {DEEP_HOPS} hops or {MAX_NODES} assets were followed: there is more."));
    }
    caveats(asked, finding);
    finding.next(format!("Which lineage does {} state?", finding.name(file)));
}

/// "What breaks if I drop schema S?": what is in it, and what outside uses that.
pub(super) fn of_schema(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let inside: Vec<NodeIx> = inventory::all(asked).into_iter().filter(|&n| asked.in_schema(n)).collect();
    let schema = asked.reading.schema.as_deref().unwrap_or("");
    let found = impact_of_all(graph, &inside, Limits { depth: DEEP_HOPS, nodes: MAX_NODES });
    let outside = |n: &NodeIx| !asked.in_schema(*n) && graph.kind(*n) != Kind::Column;
    let breaking: BTreeSet<NodeIx> = found.breaking.into_iter().filter(outside).collect();
    let affected: BTreeSet<NodeIx> = found.affected.into_iter().filter(outside).collect();
    let places: HashMap<NodeIx, usize> = inside.iter().copied().zip(0..).collect();
    // The first of the schema that it names, or that it writes.
    let named = |user: NodeIx| {
        let written = graph.incoming(user).map(|e| graph.edge(e)).filter(|e| e.relation == Relation::WrittenBy).map(|e| e.from);
        let ends = graph.outgoing(user).map(|e| graph.edge(e).to).chain(written);
        ends.filter_map(|n| places.get(&n)).min().map(|at| inside[*at])
    };
    let assets = |n: usize| if n == 1 { "1 asset".to_owned() } else { format!("{n} assets") };
    finding.say(format!(
        "Dropping schema `{schema}` takes away the **{}** in it. Outside it, **{} break{}**, and {} more still run on other data or none.",
        assets(inside.len()),
        assets(breaking.len()),
        if breaking.len() == 1 { "s" } else { "" },
        affected.len(),
    ));
    if !breaking.is_empty() {
        finding.say("These name something of it and break; edit them:");
    }
    for &user in breaking.iter().take(MAX_LISTED) {
        let used = named(user).map_or_else(String::new, |used| format!(", by {}", finding.name(used)));
        finding.put(Row::of(user).after(used));
    }
    finding.more(breaking.len(), MAX_LISTED);
    if !affected.is_empty() {
        finding.list("These still run, on other data or none:", &affected.into_iter().collect::<Vec<_>>());
    }
    if found.truncated {
        finding.cut(format!("Only {DEEP_HOPS} hops or {MAX_NODES} assets were followed: there is more."));
    }
    caveats(asked, finding);
    finding.next(format!("What tables are in schema {schema}?"));
}
