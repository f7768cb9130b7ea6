//! Where data comes from and goes to: upstream, downstream.

use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, routine};
use crate::chat::evidence::counted;
use crate::graph::path::{Path, shortest_paths};
use crate::graph::walk::{Direction, Level, Limits, Walk, walk};
use crate::graph::{EdgeIx, Graph, Node, NodeIx};
use crate::ingest::memo::Understood;
use crate::lineage::{Kind, Relation, Subtype};
use foldhash::{HashMap, HashSet};
use std::collections::BTreeMap;

/// Most assets of one walk: more than a text can name.
pub(super) const MAX_WALK: usize = 1_000;

pub(super) fn upstream(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    if !columns_reached(asked, finding, node, Direction::Upstream) {
        one_way(asked, finding, node, Direction::Upstream);
    }
    let name = finding.name(node);
    if asked.graph().kind(node) == Kind::Column && asked.graph().sources(node).is_empty() {
        let writers = routine::writers(asked.graph(), node);
        if !writers.is_empty() {
            finding.say(format!("{name} is written, without other columns, by:"));
        }
        // No source: what it is written with is a constant, or not known.
        for &edge in writers.iter().take(MAX_LISTED) {
            let by = finding.described(asked.graph().edge(edge).to);
            finding.put(Row::text(format!("{by} — {}", finding.stated(edge))).by(edge));
        }
    }
    if asked.reading.masked.split(' ').any(|w| w.starts_with("referenc")) {
        let keys = routine::related(asked.graph().outgoing(node), asked.graph(), Relation::References);
        routine::edge_list(asked, finding, node, &format!("{name} has foreign keys to:"), &keys);
    }
    caveats(asked, finding);
    finding.next(format!("What depends on {name}?"));
    finding.next(format!("Trace {name} back to its root sources"));
    finding.next_definition(node);
}

pub(super) fn downstream(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let name = finding.name(node);
    let says = |word: &str| asked.reading.masked.split(' ').any(|w| w.starts_with(word));
    // "What happens when a row is inserted?"
    let on_change = says("fire") || says("happen") || says("run") && ["insert", "updat", "delet"].into_iter().any(says);
    if (asked.kinds == [Kind::Trigger] || on_change) && asked.graph().node(node).kind.is_relation() {
        triggers(asked, finding, node);
    } else {
        let wanted = |n: NodeIx| (asked.kinds.is_empty() || asked.kinds.contains(&asked.graph().kind(n))) && asked.in_schema(n);
        let mut own = routine::readers_of_own_target(asked.graph(), node);
        own.retain(|&e| wanted(asked.graph().edge(e).from));
        if columns_reached(asked, finding, node, Direction::Downstream) {
        } else if own.is_empty() || !asked.graph().consumers(node).is_empty() {
            one_way(asked, finding, node, Direction::Downstream);
        }
        routine::edge_list(asked, finding, node, &format!("These read {name} only to change its rows:"), &own);
        if says("referenc") {
            let keys = routine::related(asked.graph().incoming(node), asked.graph(), Relation::References);
            routine::edge_list(asked, finding, node, &format!("These have a foreign key to {name}:"), &keys);
        }
    }
    caveats(asked, finding);
    finding.next(format!("What breaks if I drop {name}?"));
    finding.next(format!("What feeds {name}?"));
}

/// "What triggers fire on X?": those, and not whatever else depends on it.
fn triggers(asked: &Asked, finding: &mut Finding, table: NodeIx) {
    let graph = asked.graph();
    finding.cite(table);
    let name = finding.name(table);
    let fires = routine::related(graph.incoming(table), graph, Relation::FiresOn);
    if !routine::edge_list(asked, finding, table, &format!("**Triggers** on {name}:"), &fires) {
        finding.say(format!("No trigger here fires on {name}."));
    }
}

pub(super) fn both(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    one_way(asked, finding, node, Direction::Upstream);
    one_way(asked, finding, node, Direction::Downstream);
    caveats(asked, finding);
    finding.next(format!("What breaks if I drop {}?", finding.name(node)));
}

/// "Which columns come from table X?": those that its columns lead to, nearest first. `false` when no columns are asked for, or none is known.
fn columns_reached(asked: &Asked, finding: &mut Finding, relation: NodeIx, direction: Direction) -> bool {
    let graph = asked.graph();
    if asked.kinds != [Kind::Column] || !graph.kind(relation).is_relation() {
        return false;
    }
    let schema = limiting_schema(asked, relation);
    let wanted =
        |n: NodeIx| graph.kind(n) == Kind::Column && graph.relation_of(n) != Some(relation) && (schema.is_none() || asked.in_schema(n));
    let mut reached: HashMap<NodeIx, (u32, NodeIx)> = HashMap::default();
    for column in graph.columns(relation).into_iter().take(MAX_LISTED) {
        for (node, depth) in walked(asked, column, direction, asked.hops()).nodes.into_iter().filter(|(n, _)| wanted(*n)) {
            let known = reached.entry(node).or_insert((depth, column));
            if known.0 > depth {
                *known = (depth, column);
            }
        }
    }
    if reached.is_empty() {
        return false;
    }
    let mut listed: Vec<(NodeIx, u32, NodeIx)> = reached.into_iter().map(|(node, (depth, by))| (node, depth, by)).collect();
    listed.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| graph.node(a.0).by_name(graph.node(b.0))));
    let (name, place) = (finding.described(relation), schema.map_or_else(String::new, |_| format!(" {}", asked.schema_words())));
    let columns = counted(listed.len(), Kind::Column);
    let are = if listed.len() == 1 { "is" } else { "are" };
    finding.cite(relation);
    finding.say(match direction {
        Direction::Upstream => format!("{name} is made of **{columns}**{place}:"),
        _ => format!("**{columns}**{place} {are} made of columns of {name}:"),
    });
    for &(node, depth, by) in listed.iter().take(MAX_LISTED) {
        let far = if depth > 1 { format!("{depth} hops: ") } else { String::new() };
        let way = if direction == Direction::Upstream { "to" } else { "from" };
        finding.put(Row::of(node).before(far).after(format!(" — {way} {}", finding.name(by))));
    }
    finding.more(listed.len(), MAX_LISTED);
    true
}

pub(super) fn one_way(asked: &Asked, finding: &mut Finding, start: NodeIx, direction: Direction) {
    let graph = asked.graph();
    let up = direction == Direction::Upstream;
    finding.cite(start);
    let found = walked(asked, start, direction, asked.hops());
    let described = finding.described(start);
    let schema = limiting_schema(asked, start);
    let of_kind = |n: NodeIx| asked.kinds.is_empty() || asked.kinds.iter().any(|&k| same_kind(k, graph.node(n)));
    let wanted = |n: NodeIx| of_kind(n) && (schema.is_none() || asked.in_schema(n));
    let place = schema.map_or_else(String::new, |_| format!(" {}", asked.schema_words()));
    // Who asks which views use a column is told the views whose columns do.
    let in_relations = graph.kind(start) == Kind::Column && !asked.kinds.is_empty() && !asked.kinds.contains(&Kind::Column);
    let told = |n: NodeIx| graph.relation_of(n).filter(|_| in_relations).unwrap_or(n);
    let mut seen = HashSet::from_iter([start, told(start)]);
    let all: Vec<(NodeIx, NodeIx, u32)> =
        found.nodes.iter().map(|&(n, depth)| (told(n), n, depth)).filter(|(n, ..)| seen.insert(*n)).collect();
    let reached: Vec<(NodeIx, NodeIx, u32)> = all.iter().copied().filter(|&(n, ..)| wanted(n)).collect();
    if reached.is_empty() {
        let others = all.len();
        let but = match (others, schema) {
            (0, _) => String::new(),
            (_, None) => format!(" (but {others} of other kinds do)"),
            (_, Some(_)) => format!(" (but {others} elsewhere or of other kinds do)"),
        };
        if let (true, 0, Some(text)) = (up, others, made_of_no_column(asked, finding, start)) {
            return finding.say(text);
        }
        return finding.say(match (up, others) {
            (true, 0) if is_written(graph, start) => format!("No column here feeds {described}."),
            (true, 0) => format!("Nothing here feeds {described}: as far as the files say, it is a source itself."),
            (true, _) if schema.is_some() => format!("Nothing of what is asked for{place} feeds {described}{but}."),
            (true, _) => format!("Nothing of that kind feeds {described}{but}."),
            (false, 0) => format!("Nothing here depends on {described}."),
            (false, _) if schema.is_some() => format!("Nothing of what is asked for{place} depends on {described}{but}."),
            (false, _) => format!("Nothing of that kind depends on {described}{but}."),
        });
    }
    let followed = reached.iter().filter(|(.., depth)| *depth == 1).count();
    // Those beside it are counted where they were not all followed.
    let direct = if found.full {
        neighbours(graph, start, up).map(told).filter(|&n| n != told(start) && wanted(n)).collect::<HashSet<_>>().len()
    } else {
        followed
    };
    let s = |n: usize| if n == 1 { "" } else { "s" };
    let deeper = reached.len() - followed;
    let least = if found.truncated && asked.asked_hops().is_none() { "at least " } else { "" };
    let further = if deeper == 0 { String::new() } else { format!(", and {least}{deeper} more further on") };
    finding.say(match up {
        _ if direct == 0 && up => format!("No direct source of {described}{place} is of that kind; **{least}{deeper}** further back:"),
        _ if direct == 0 => format!("Nothing of that kind{place} depends directly on {described}; **{least}{deeper}** further on:"),
        true => format!("{described} comes from **{direct} direct source{}**{place}{further}:", s(direct)),
        false => format!(
            "**{direct} asset{}**{place} depend{} directly on {described}{further}:",
            s(direct),
            if direct == 1 { "s" } else { "" },
        ),
    });
    let mut listed = 0;
    let hops = hops(graph, &found, up);
    // Who asks for a number of hops sees them one by one.
    let (grouped, mut hop) = (asked.reading.hops.is_some(), 0);
    for &(node, by, depth) in &reached {
        if listed == MAX_LISTED {
            break;
        }
        let edge = hops.get(&by).copied();
        if grouped && hop != depth {
            hop = depth;
            finding.say(format!("{depth} hop{}:", s(depth as usize)));
        }
        let far = if depth > 1 && !grouped { format!("{depth} hops: ") } else { String::new() };
        finding.put(Row::of(node).before(far).via(edge));
        listed += 1;
    }
    finding.more(direct + deeper, listed);
    // Who asks for so many hops knows that there may be more.
    if found.truncated && (asked.asked_hops().is_none() || found.nodes.len() >= MAX_WALK) {
        finding.cut(format!("Only {} hops or {MAX_WALK} assets were followed: there is more.", asked.hops()));
    }
    found.edges.iter().for_each(|&e| finding.show_edge(e));
    // A walk that was cut at so many hops does not know where all begins.
    if up && !(found.truncated && asked.asked_hops().is_some()) {
        let roots: Vec<String> = roots(graph, &found, start).into_iter().map(|n| finding.name(n)).collect();
        if !roots.is_empty() && deeper > 0 {
            let more = if roots.len() > 20 { format!(" … and {} more", roots.len() - 20) } else { String::new() };
            finding.say(format!("The root sources are {}{more}.", roots[..roots.len().min(20)].join(", ")));
        }
    }
}

/// What is told of a column of a view that no column goes into: the view's query makes it, and it is no source.
pub(super) fn made_of_no_column(asked: &Asked, finding: &Finding, node: NodeIx) -> Option<String> {
    let graph = asked.graph();
    let whole = graph.relation_of(node).filter(|&n| n != node && !graph.node(n).defined.is_empty())?;
    matches!(graph.kind(whole), Kind::View | Kind::MaterializedView).then(|| {
        format!(
            "No column goes into {}: the query of {} makes it of something else, a constant or a count of rows.",
            finding.described(node),
            finding.name(whole)
        )
    })
}

/// Whether something writes a column, whatever from.
fn is_written(graph: &Graph, node: NodeIx) -> bool {
    graph.kind(node) == Kind::Column && !routine::writers(graph, node).is_empty()
}

/// The schema that what is reached must be in, or outside; not one that only says which `start` is meant ("what feeds orders in raw").
pub(super) fn limiting_schema<'a>(asked: &'a Asked, start: NodeIx) -> Option<&'a str> {
    let reading = &asked.reading;
    let schema = reading.schema.as_deref().filter(|_| reading.schema_is_here)?;
    let at = |word: &str| reading.masked.split(' ').position(|w| w == word);
    let whole = asked.graph().relation_of(start).unwrap_or(start);
    let of_start = asked.graph().node(whole).is_in(schema);
    (reading.outside || !of_start || at("schema") < at("#")).then_some(schema)
}

/// What is one hop away, some of it more than once.
fn neighbours(graph: &Graph, start: NodeIx, up: bool) -> impl Iterator<Item = NodeIx> + '_ {
    let (hops, ends) = if up { (graph.sources(start), &[][..]) } else { (graph.consumers(start), graph.users(start)) };
    hops.iter().chain(ends).map(|hop| hop.node)
}

/// A name that nothing defines may be a table's; a path to data is that of a file.
fn same_kind(asked: Kind, node: &Node) -> bool {
    let stands_for = if node.is_place() { Kind::File } else { Kind::Table };
    asked == node.kind || node.kind == Kind::External && asked == stands_for
}

pub(super) fn walked(asked: &Asked, start: NodeIx, direction: Direction, hops: u32) -> Walk {
    let level = if asked.graph().node(start).kind == Kind::Column { Level::Column } else { Level::Table };
    walk(asked.graph(), start, direction, level, Limits { depth: hops, nodes: MAX_WALK })
}

/// By node the edge by which the walk came to it first; of several from the same node the strongest.
fn hops(graph: &Graph, walk: &Walk, up: bool) -> HashMap<NodeIx, EdgeIx> {
    let depths: HashMap<NodeIx, u32> = walk.nodes.iter().copied().collect();
    let mut hops: HashMap<NodeIx, EdgeIx> = HashMap::default();
    for &ix in &walk.edges {
        let edge = graph.edge(ix);
        let (here, before) = if up { (edge.to, edge.from) } else { (edge.from, edge.to) };
        if depths.get(&before).is_some_and(|depth| depths.get(&here) == Some(&(depth + 1))) {
            let first = hops.entry(here).or_insert(ix);
            let known = graph.edge(*first);
            if (known.from, known.to) == (edge.from, edge.to) && known.confidence < edge.confidence {
                *first = ix;
            }
        }
    }
    hops
}

/// The way from what an upstream walk reached to where it began: each hop is one nearer, so that no way is shorter. `None` where the walk
/// went on from a routine that it had reached before, by who calls it.
fn way_on(graph: &Graph, hops: &HashMap<NodeIx, EdgeIx>, from: NodeIx, to: NodeIx) -> Option<Path> {
    let edges: Vec<EdgeIx> = std::iter::successors(hops.get(&from), |edge| hops.get(&graph.edge(**edge).from)).copied().collect();
    let nodes: Vec<NodeIx> = std::iter::once(from).chain(edges.iter().map(|edge| graph.edge(*edge).from)).collect();
    (nodes.last() == Some(&to)).then_some(Path { nodes, edges })
}

/// Of what an upstream walk reached, that which nothing feeds; routines and files between do not count.
fn roots(graph: &Graph, walk: &Walk, start: NodeIx) -> Vec<NodeIx> {
    let fed: HashSet<NodeIx> =
        walk.edges.iter().map(|&e| graph.edge(e)).filter(|e| e.relation == Relation::Derives).map(|e| e.from).collect();
    let is_data = |n: NodeIx| graph.node(n).kind.is_relation() || graph.node(n).kind == Kind::Column;
    walk.nodes.iter().map(|&(n, _)| n).filter(|&n| n != start && is_data(n) && !fed.contains(&n)).collect()
}

pub(super) fn roots_of(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    let found = walked(asked, node, Direction::Upstream, super::DEEP_HOPS);
    finding.cite(node);
    let described = finding.described(node);
    let s = |n: usize| if n == 1 { "" } else { "s" };
    let roots = if limiting_schema(asked, node).is_some() {
        // "Back to bronze" ends there, whatever that is made of.
        let is_data = |n: NodeIx| graph.node(n).kind.is_relation() || graph.node(n).kind == Kind::Column;
        let inside: Vec<NodeIx> = found.nodes.iter().map(|&(n, _)| n).filter(|&n| n != node && is_data(n) && asked.in_schema(n)).collect();
        let what = if graph.kind(node) == Kind::Column { "column" } else { "relation" };
        finding.say(match inside.len() {
            0 => format!("{described} comes from nothing {}.", asked.schema_words()),
            n => format!("{described} goes back to **{n} {what}{}** {}:", s(n), asked.schema_words()),
        });
        inside
    } else {
        let roots = roots(graph, &found, node);
        if let (true, Some(text)) = (roots.is_empty(), made_of_no_column(asked, finding, node)) {
            return finding.say(text);
        }
        finding.say(match roots.len() {
            0 => format!("Nothing here feeds {described}: as far as the files say, it is a source itself."),
            n => format!("{described} goes back to **{n} root source{}**:", s(n)),
        });
        roots
    };
    if roots.is_empty() {
        return;
    }
    let hops = hops(graph, &found, true);
    for &root in roots.iter().take(MAX_LISTED) {
        let path = way_on(graph, &hops, root, node).or_else(|| shortest_paths(graph, root, node, 1).0.pop());
        let way = path.as_ref().map_or_else(String::new, |p| p.nodes.iter().map(|&n| finding.name(n)).collect::<Vec<_>>().join(" → "));
        finding.put(Row::of(root).after(if way.is_empty() { way } else { format!(": {way}") }));
        path.iter().flat_map(|p| &p.edges).for_each(|&e| finding.cite_edge(e));
        finding.paths.extend(path);
    }
    finding.more(roots.len(), MAX_LISTED);
    caveats(asked, finding);
    finding.next(format!("What depends on {}?", finding.name(roots[0])));
}

/// "Which models actually use column Y, not only its table?"
pub(super) fn column_users(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    let says = |word: &str| asked.reading.masked.split(' ').any(|w| w == word);
    let Some(table) = graph.relation_of(node) else {
        return if says("lineage") { lineage_of_columns(asked, finding, node) } else { downstream(asked, finding, node) };
    };
    if says("lineage") {
        return both(asked, finding, node);
    }
    finding.cite(node);
    let whole = |n: NodeIx| graph.relation_of(n).unwrap_or(n);
    let mut users: BTreeMap<NodeIx, Option<EdgeIx>> = BTreeMap::new();
    let uses = |e: &EdgeIx| !matches!(graph.edge(*e).relation, Relation::Mentions | Relation::DefinedIn | Relation::ColumnOf);
    for edge in graph.incoming(node).filter(uses) {
        users.entry(whole(graph.edge(edge).from)).or_insert(Some(edge));
    }
    for (column, _) in walked(asked, node, Direction::Downstream, super::DEEP_HOPS).nodes {
        users.entry(whole(column)).or_insert(None);
    }
    users.remove(&table);
    let known: HashSet<NodeIx> = users.keys().copied().collect();
    let wanted: Vec<Kind> = asked.kinds.iter().copied().filter(|k| *k != Kind::Column).collect();
    let of_kind = |n: NodeIx| wanted.is_empty() || wanted.iter().any(|&k| same_kind(k, graph.node(n)));
    users.retain(|n, _| of_kind(*n));
    let others = known.len() - users.len();
    let beside = if others > 0 { format!(" ({others} of other kinds beside)") } else { String::new() };
    let name = finding.name(node);
    match users.len() {
        0 if others > 0 => finding.say(format!("Nothing of that kind uses {name} itself, but {others} of other kinds do.")),
        0 => finding.say(format!("Nothing here uses {name} itself.")),
        1 => finding.say(format!("**1 asset** uses {name} itself{beside}:")),
        n => finding.say(format!("**{n} assets** use {name} itself{beside}:")),
    }
    for (&user, &edge) in users.iter().take(MAX_LISTED) {
        finding.put(Row::of(user).after(if edge.is_none() { " — through other columns" } else { "" }).via(edge));
    }
    finding.more(users.len(), MAX_LISTED);
    let direct = walked(asked, table, Direction::Downstream, 1).nodes;
    let others: Vec<NodeIx> = direct.into_iter().map(|(n, _)| n).filter(|n| *n != table && !known.contains(n) && of_kind(*n)).collect();
    if !others.is_empty() {
        finding.list(format!("These use {}, but not that column:", finding.name(table)), &others);
    }
    caveats(asked, finding);
    finding.next(format!("What breaks if I rename {name}?"));
    finding.next(format!("Where does {name} come from?"));
}

/// "Column-level lineage of V": what each of its columns is made of, directly.
fn lineage_of_columns(asked: &Asked, finding: &mut Finding, relation: NodeIx) {
    let graph = asked.graph();
    let columns = graph.columns(relation);
    if columns.is_empty() {
        return both(asked, finding, relation);
    }
    finding.cite(relation);
    let described = finding.described(relation);
    finding.say(format!("{described} has **{}**, made of:", counted(columns.len(), Kind::Column)));
    for &column in columns.iter().take(MAX_LISTED) {
        let sources: Vec<String> = graph.sources(column).iter().map(|hop| finding.name(hop.node)).collect();
        let told = if sources.is_empty() { "nothing known here".to_owned() } else { sources.join(", ") };
        finding.put(Row::text(format!("`{}` ← {told}", graph.node(column).label())).about(column));
        graph.sources(column).iter().for_each(|hop| finding.cite_edge(hop.edge));
    }
    finding.more(columns.len(), MAX_LISTED);
    caveats(asked, finding);
    finding.next(format!("Where does {} come from?", finding.name(columns[0])));
    finding.next(format!("What depends on {}?", finding.name(relation)));
}

/// "What filters on X.y?", "Which columns does V filter by?"
pub(super) fn filters(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    finding.cite(node);
    let described = finding.described(node);
    let keeps = |e: &EdgeIx| graph.edge(*e).subtypes.iter().any(|s| s == Subtype::Filter);
    let of_column = graph.kind(node) == Kind::Column;
    let mut found: BTreeMap<NodeIx, EdgeIx> = BTreeMap::new();
    if of_column {
        for edge in graph.incoming(node).filter(keeps) {
            let user = graph.edge(edge).from;
            found.entry(graph.relation_of(user).unwrap_or(user)).or_insert(edge);
        }
        // An UPDATE filters the rows of its target by their own columns: told as what states it, when something does.
        let own = graph.relation_of(node);
        if found.len() > 1 {
            found.retain(|user, _| Some(*user) != own);
        }
    } else {
        for edge in std::iter::once(node).chain(graph.columns(node)).flat_map(|n| graph.outgoing(n)).filter(keeps) {
            found.entry(graph.edge(edge).to).or_insert(edge);
        }
    }
    let n = found.len();
    finding.say(match (of_column, n) {
        (true, 0) => format!("No statement here filters rows by {described}."),
        (true, 1) => format!("**1 asset** filters rows by {described}:"),
        (true, _) => format!("**{n} assets** filter rows by {described}:"),
        (false, 0) => format!("No column is known by which {described} filters rows."),
        (false, _) => format!("{described} filters rows by **{}**:", counted(n, Kind::Column)),
    });
    for (&other, &edge) in found.iter().take(MAX_LISTED) {
        finding.put(Row::of(other).via(edge));
    }
    finding.more(n, MAX_LISTED);
    caveats(asked, finding);
    finding.next(format!("What depends on {}?", finding.name(node)));
}

/// What may be missing from any answer about flow: statements not read, dynamic SQL.
pub(super) fn caveats(asked: &Asked, finding: &mut Finding) {
    let Understood { statements, failed, dynamic, .. } = asked.snapshot.understood();
    if failed > 0 {
        let were = if failed == 1 { "was" } else { "were" };
        finding.gap(format!(
            "{failed} of {statements} statements {were} not understood: lineage through them is missing (ask “What could not be parsed?”)."
        ));
    }
    if dynamic {
        finding.gap("SQL that is built at run time (dynamic SQL) is not followed: what it touches is not in the graph.".into());
    }
}
