//! Where data comes from and goes to: upstream, downstream, impact, paths.

use super::draft::Draft;
use super::{Asked, MAX_LISTED, MAX_MEANINGS, asset, routine};
use crate::chat::evidence::counted;
use crate::graph::path::{Path, shortest_paths};
use crate::graph::walk::{Direction, Level, Limits, Walk, impact as impact_of, walk};
use crate::graph::{EdgeIx, Graph, NodeIx};
use crate::lineage::{Kind, Relation};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Most assets of one walk: more than a text can name.
pub(super) const MAX_WALK: usize = 1_000;
/// Paths shown between two assets.
const PATHS: usize = 3;

pub(super) fn upstream(asked: &Asked, draft: &mut Draft, node: NodeIx) {
    one_way(asked, draft, node, Direction::Upstream);
    caveats(asked, draft);
    let name = draft.name(node);
    draft.next(format!("What depends on {name}?"));
    draft.next(format!("Trace {name} back to its root sources"));
    draft.next(format!("What is the definition of {name}?"));
}

pub(super) fn downstream(asked: &Asked, draft: &mut Draft, node: NodeIx) {
    let name = draft.name(node);
    if asked.kinds == [Kind::Trigger] && asked.graph().node(node).kind.is_relation() {
        triggers(asked, draft, node);
    } else {
        one_way(asked, draft, node, Direction::Downstream);
    }
    caveats(asked, draft);
    draft.next(format!("What breaks if I drop {name}?"));
    draft.next(format!("What feeds {name}?"));
}

/// "What triggers fire on X?": those, and not whatever else depends on it.
fn triggers(asked: &Asked, draft: &mut Draft, table: NodeIx) {
    let graph = asked.graph();
    draft.cite(table);
    let name = draft.name(table);
    let fires = routine::related(graph.incoming(table), graph, Relation::FiresOn);
    if !routine::edge_list(asked, draft, table, &format!("**Triggers** on {name}:"), &fires) {
        draft.say(format!("No trigger here fires on {name}."));
    }
}

pub(super) fn both(asked: &Asked, draft: &mut Draft, node: NodeIx) {
    one_way(asked, draft, node, Direction::Upstream);
    one_way(asked, draft, node, Direction::Downstream);
    caveats(asked, draft);
    draft.next(format!("What breaks if I drop {}?", draft.name(node)));
}

pub(super) fn one_way(asked: &Asked, draft: &mut Draft, start: NodeIx, direction: Direction) {
    let graph = asked.graph();
    let up = direction == Direction::Upstream;
    draft.cite(start);
    let found = walked(asked, start, direction, asked.hops());
    let described = draft.described(start);
    let wanted = |n: NodeIx| asked.kinds.is_empty() || asked.kinds.iter().any(|&k| same_kind(k, graph.node(n).kind));
    let reached: Vec<(NodeIx, u32)> = found.nodes.iter().copied().filter(|&(n, d)| d > 0 && n != start && wanted(n)).collect();
    if reached.is_empty() {
        let others = found.nodes.len().saturating_sub(1);
        let but = if others > 0 { format!(" (but {others} of other kinds do)") } else { String::new() };
        return draft.say(match (up, others) {
            (true, 0) => format!("Nothing here feeds {described}: as far as the files say, it is a source itself."),
            (true, _) => format!("Nothing of that kind feeds {described}{but}."),
            (false, 0) => format!("Nothing here depends on {described}."),
            (false, _) => format!("Nothing of that kind depends on {described}{but}."),
        });
    }
    let direct = reached.iter().filter(|(_, d)| *d == 1).count();
    let s = |n: usize| if n == 1 { "" } else { "s" };
    let deeper = reached.len() - direct;
    draft.say(match up {
        true => format!("{described} comes from **{direct} direct source{}**{}:", s(direct), further(deeper)),
        false => format!(
            "**{direct} asset{}** depend{} directly on {described}{}:",
            s(direct),
            if direct == 1 { "s" } else { "" },
            further(deeper)
        ),
    });
    let mut listed = 0;
    // Who asks for a number of hops sees them one by one.
    let (grouped, mut hop) = (asked.reading.number.is_some(), 0);
    for &(node, depth) in &reached {
        if listed == MAX_LISTED {
            break;
        }
        let edge = found.edges.iter().copied().find(|&e| joins_hop(graph, &found, e, node, depth, up));
        let via = edge.map_or_else(String::new, |e| format!(" — {}", draft.stated(e)));
        if grouped && hop != depth {
            hop = depth;
            draft.say(format!("{depth} hop{}:", s(depth as usize)));
        }
        let hops = if depth > 1 && !grouped { format!("{depth} hops: ") } else { String::new() };
        let line = format!("{hops}{}{via}", draft.described(node));
        draft.item(0, line);
        match edge {
            Some(edge) => draft.cite_edge(edge),
            None => draft.cite(node),
        }
        listed += 1;
    }
    draft.more(reached.len(), listed);
    if found.truncated {
        draft.warn(format!("Only {} hops or {MAX_WALK} assets were followed: there is more.", asked.hops()));
    }
    found.edges.iter().for_each(|&e| draft.show_edge(e));
    if up {
        let roots: Vec<String> = roots(graph, &found, start).into_iter().map(|n| draft.name(n)).collect();
        if !roots.is_empty() && deeper > 0 {
            draft.end_list();
            let more = if roots.len() > 20 { format!(" … and {} more", roots.len() - 20) } else { String::new() };
            draft.say(format!("The root sources are {}{more}.", roots[..roots.len().min(20)].join(", ")));
        }
    }
    draft.end_list();
}

fn further(n: usize) -> String {
    if n == 0 { String::new() } else { format!(", and {n} more further on") }
}

fn same_kind(asked: Kind, kind: Kind) -> bool {
    asked == kind || asked == Kind::Table && kind == Kind::External
}

fn walked(asked: &Asked, start: NodeIx, direction: Direction, hops: u32) -> Walk {
    let level = if asked.graph().node(start).kind == Kind::Column { Level::Column } else { Level::Table };
    walk(asked.graph(), start, direction, level, Limits { depth: hops, nodes: MAX_WALK })
}

/// Whether `edge` is the hop by which the walk came to `node` at `depth`.
fn joins_hop(graph: &Graph, walk: &Walk, edge: EdgeIx, node: NodeIx, depth: u32, up: bool) -> bool {
    let edge = graph.edge(edge);
    let (here, before) = if up { (edge.to, edge.from) } else { (edge.from, edge.to) };
    here == node && walk.nodes.iter().any(|&(n, d)| n == before && d + 1 == depth)
}

/// Of what an upstream walk reached, that which nothing feeds; routines and files between do not count.
fn roots(graph: &Graph, walk: &Walk, start: NodeIx) -> Vec<NodeIx> {
    let fed: HashSet<NodeIx> =
        walk.edges.iter().map(|&e| graph.edge(e)).filter(|e| e.relation == Relation::Derives).map(|e| e.from).collect();
    let is_data = |n: NodeIx| graph.node(n).kind.is_relation() || graph.node(n).kind == Kind::Column;
    walk.nodes.iter().map(|&(n, _)| n).filter(|&n| n != start && is_data(n) && !fed.contains(&n)).collect()
}

pub(super) fn roots_of(asked: &Asked, draft: &mut Draft, node: NodeIx) {
    let graph = asked.graph();
    let found = walked(asked, node, Direction::Upstream, super::DEEP_HOPS);
    let roots = roots(graph, &found, node);
    draft.cite(node);
    let described = draft.described(node);
    if roots.is_empty() {
        return draft.say(format!("Nothing here feeds {described}: as far as the files say, it is a source itself."));
    }
    draft.say(format!("{described} goes back to **{} root source{}**:", roots.len(), if roots.len() == 1 { "" } else { "s" }));
    for &root in roots.iter().take(MAX_LISTED) {
        let (paths, _) = shortest_paths(graph, root, node, 1);
        let way = paths.first().map_or_else(String::new, |p| p.nodes.iter().map(|&n| draft.name(n)).collect::<Vec<_>>().join(" → "));
        let line = if way.is_empty() { draft.described(root) } else { format!("{}: {way}", draft.described(root)) };
        draft.item(0, line);
        paths.iter().flat_map(|p| &p.edges).for_each(|&e| draft.cite_edge(e));
        draft.cite(root);
    }
    draft.more(roots.len(), MAX_LISTED);
    caveats(asked, draft);
    draft.next(format!("What depends on {}?", draft.name(roots[0])));
}

/// "What breaks if I drop X?"
pub(super) fn impact(asked: &Asked, draft: &mut Draft, node: NodeIx) {
    let graph = asked.graph();
    draft.cite(node);
    let found = impact_of(graph, node, Limits { depth: super::DEEP_HOPS, nodes: MAX_WALK });
    let described = draft.described(node);
    if found.nodes.is_empty() {
        draft.say(format!("Nothing here uses {described}: as far as the files say, dropping or renaming it breaks nothing."));
        return caveats(asked, draft);
    }
    let mut by_kind: BTreeMap<Kind, usize> = BTreeMap::new();
    for &(n, _) in &found.nodes {
        *by_kind.entry(graph.node(n).kind).or_default() += 1;
    }
    let kinds: Vec<String> = by_kind.into_iter().map(|(k, n)| counted(n, k)).collect();
    draft.say(format!(
        "Dropping or renaming {described} reaches **{} asset{}** ({}): **{} break**, {} {} affected.",
        found.nodes.len(),
        if found.nodes.len() == 1 { "" } else { "s" },
        kinds.join(", "),
        found.breaking.len(),
        found.affected.len(),
        if found.affected.len() == 1 { "is" } else { "are" },
    ));
    if let Some(new) = asked.new_name() {
        let edits = statements_naming(asked, node);
        let places = if edits.len() == 1 { "1 place".to_owned() } else { format!("{} places", edits.len()) };
        draft.say(format!("To call it `{new}`, edit **{places}**:"));
        edits.iter().take(MAX_LISTED).for_each(|place| draft.item(0, place));
        draft.more(edits.len(), MAX_LISTED);
    }
    let hop = |n: NodeIx| found.nodes.iter().find(|(m, _)| *m == n).map_or(0, |(_, d)| *d);
    for (title, nodes) in
        [("These name it and break; edit them:", &found.breaking), ("These still run, on other data or none:", &found.affected)]
    {
        if nodes.is_empty() {
            continue;
        }
        draft.say(title);
        for &n in nodes.iter().take(MAX_LISTED) {
            let uses = graph.incoming(node).find(|&e| graph.edge(e).from == n);
            let edge = uses.or_else(|| graph.outgoing(node).find(|&e| graph.edge(e).to == n));
            let via = edge.map_or_else(String::new, |e| format!(" — {}", draft.stated(e)));
            let line = format!("{} hop{}: {}{via}", hop(n), if hop(n) == 1 { "" } else { "s" }, draft.described(n));
            draft.item(0, line);
            match edge {
                Some(edge) => draft.cite_edge(edge),
                None => draft.cite(n),
            }
        }
        draft.more(nodes.len(), MAX_LISTED);
        draft.end_list();
    }
    let reached: HashSet<NodeIx> = found.nodes.iter().map(|(n, _)| *n).collect();
    for &n in &reached {
        for edge in graph.outgoing(n) {
            if !matches!(graph.edge(edge).relation, Relation::ColumnOf | Relation::DefinedIn | Relation::Mentions) {
                draft.show_edge(edge);
            }
        }
    }
    if found.truncated {
        draft.warn(format!("Only {} hops or {MAX_WALK} assets were followed: there is more.", super::DEEP_HOPS));
    }
    caveats(asked, draft);
    draft.next(format!(
        "What is the definition of {}?",
        draft.name(found.breaking.first().or(found.affected.first()).copied().unwrap_or(node))
    ));
    draft.next(format!("What feeds {}?", draft.name(node)));
}

/// Where `node` is defined or named, as `file:line–line`: statements that a new name must be written into.
fn statements_naming(asked: &Asked, node: NodeIx) -> BTreeSet<String> {
    let graph = asked.graph();
    let edges = graph.outgoing(node).chain(graph.incoming(node));
    let naming = edges.filter(|&e| !matches!(graph.edge(e).relation, Relation::ColumnOf | Relation::DefinedIn));
    let stated = naming.flat_map(|e| &graph.edge(e).evidence);
    let places = graph.node(node).defined.iter().chain(stated);
    places.filter_map(|e| Some(format!("{}–{}", crate::chat::evidence::place(asked.snapshot, e)?, e.line_end))).collect()
}

/// "Which models actually use column Y, not only its table?"
pub(super) fn column_users(asked: &Asked, draft: &mut Draft, node: NodeIx) {
    let graph = asked.graph();
    let Some(table) = graph.relation_of(node) else { return downstream(asked, draft, node) };
    draft.cite(node);
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
    let name = draft.name(node);
    match users.len() {
        0 => draft.say(format!("Nothing here uses {name} itself.")),
        1 => draft.say(format!("**1 asset** uses {name} itself:")),
        n => draft.say(format!("**{n} assets** use {name} itself:")),
    }
    for (&user, &edge) in users.iter().take(MAX_LISTED) {
        let via = edge.map_or_else(|| " — through other columns".into(), |e| format!(" — {}", draft.stated(e)));
        let line = format!("{}{via}", draft.described(user));
        draft.item(0, line);
        match edge {
            Some(edge) => draft.cite_edge(edge),
            None => draft.cite(user),
        }
    }
    draft.more(users.len(), MAX_LISTED);
    draft.end_list();
    let direct = walked(asked, table, Direction::Downstream, 1).nodes;
    let others: Vec<NodeIx> = direct.into_iter().map(|(n, _)| n).filter(|n| *n != table && !users.contains_key(n)).collect();
    if !others.is_empty() {
        draft.list(format!("These use {}, but not that column:", draft.name(table)), &others);
    }
    caveats(asked, draft);
    draft.next(format!("What breaks if I rename {name}?"));
    draft.next(format!("Where does {name} come from?"));
}

/// "How does data get from A to B?", "Is A connected to B?"
pub(super) fn path(asked: &Asked, draft: &mut Draft) {
    let (froms, tos) = (asked.meanings(0), asked.meanings(1));
    let mut none = true;
    for &from in froms.iter().take(MAX_MEANINGS) {
        for &to in tos.iter().take(MAX_MEANINGS) {
            let (paths, truncated) =
                shortest_paths(asked.graph(), from, to, if asked.question.mode == super::Mode::Deep { PATHS * 2 } else { PATHS });
            if paths.is_empty() {
                continue;
            }
            none = false;
            show_paths(asked, draft, from, to, &paths);
            if truncated {
                draft.warn("The search for paths was cut at its limit: there may be more.".into());
            }
        }
    }
    let (from, to) = (froms[0], tos[0]);
    if none {
        draft.cite(from);
        draft.cite(to);
        draft.say(format!(
            "No: there is no path of data between {} and {}, in either direction.",
            draft.described(from),
            draft.described(to)
        ));
        draft.next(format!("What do {} and {} have in common?", draft.name(from), draft.name(to)));
    }
    caveats(asked, draft);
    draft.next(format!("What breaks if I drop {}?", draft.name(from)));
    draft.next(format!("What feeds {}?", draft.name(to)));
}

fn show_paths(asked: &Asked, draft: &mut Draft, from: NodeIx, to: NodeIx, paths: &[Path]) {
    let graph = asked.graph();
    let first = &paths[0];
    // Data flows from what is consumed to its consumer.
    let along = first.edges.first().is_none_or(|&e| graph.edge(e).to == first.nodes[0]);
    let along = along == (first.nodes[0] == from);
    let (source, target) = if along { (from, to) } else { (to, from) };
    let hops = first.edges.len();
    let s = if hops == 1 { "" } else { "s" };
    let turned = if along {
        String::new()
    } else {
        format!(" There is none from {} to {}; data flows the other way.", draft.name(from), draft.name(to))
    };
    draft.say(format!("Yes: data gets from {} to {} in **{hops} hop{s}**.{turned}", draft.described(source), draft.described(target)));
    for (i, path) in paths.iter().enumerate() {
        let mut nodes = path.nodes.clone();
        let mut edges = path.edges.clone();
        if nodes.first() != Some(&source) {
            nodes.reverse();
            edges.reverse();
        }
        if paths.len() > 1 {
            draft.say(format!("Path {}:", i + 1));
        }
        draft.item(0, draft.name(nodes[0]));
        for (depth, (&node, &edge)) in nodes[1..].iter().zip(&edges).enumerate() {
            let line = format!("→ {} — {}", draft.name(node), draft.stated(edge));
            draft.item(depth + 1, line);
            draft.cite_edge(edge);
        }
        draft.end_list();
    }
}

/// "What do A and B have in common?"
pub(super) fn common(asked: &Asked, draft: &mut Draft) {
    let (a, b) = (asked.meanings(0)[0], asked.meanings(1)[0]);
    draft.cite(a);
    draft.cite(b);
    for (direction, what, none) in
        [(Direction::Upstream, "sources", "No common source"), (Direction::Downstream, "consumers", "No common consumer")]
    {
        let reach = |n: NodeIx| walked(asked, n, direction, super::DEEP_HOPS).nodes;
        let of_b: HashSet<NodeIx> = reach(b).into_iter().map(|(n, _)| n).collect();
        let shared: Vec<NodeIx> = reach(a).into_iter().map(|(n, _)| n).filter(|n| of_b.contains(n) && *n != a && *n != b).collect();
        if shared.is_empty() {
            draft.say(format!("{none} of {} and {} is known.", draft.name(a), draft.name(b)));
        } else {
            draft.list(format!("{} and {} share **{} {what}**:", draft.name(a), draft.name(b), shared.len()), &shared);
        }
    }
    caveats(asked, draft);
}

/// "Why do you say that A feeds B?"
pub(super) fn evidence(asked: &Asked, draft: &mut Draft) {
    let (Some(&a), Some(&b)) = (asked.meanings(0).first(), asked.meanings(1).first()) else {
        return asset::each(asked, draft, both);
    };
    let graph = asked.graph();
    let joins = |e: &EdgeIx| {
        let edge = graph.edge(*e);
        edge.from == b || edge.to == b
    };
    let edges: Vec<EdgeIx> = graph.outgoing(a).chain(graph.incoming(a)).filter(joins).collect();
    if edges.is_empty() {
        draft.say(format!("No statement relates {} and {} directly.", draft.name(a), draft.name(b)));
        return path(asked, draft);
    }
    for edge in edges.into_iter().take(MAX_LISTED) {
        let e = graph.edge(edge);
        draft.say(format!(
            "{} **{}** {}, with confidence {:.2}, stated at:",
            draft.name(e.from),
            e.relation.as_str().to_lowercase().replace('_', " "),
            draft.name(e.to),
            e.confidence
        ));
        for evidence in e.evidence.iter().take(MAX_MEANINGS) {
            let at = crate::chat::evidence::place(asked.snapshot, evidence).unwrap_or_default();
            draft.say(format!("{at}–{}", evidence.line_end));
            if let Some(text) = crate::chat::evidence::text_of(asked.snapshot, evidence) {
                draft.code("sql", &text.lines().take(60).collect::<Vec<_>>().join("\n"));
            }
        }
        draft.cite_edge(edge);
    }
}

/// What may be missing from any answer about flow: statements not read, dynamic SQL.
pub(super) fn caveats(asked: &Asked, draft: &mut Draft) {
    let files = asked.snapshot.files.values();
    let (read, failed) = files.clone().fold((0, 0), |(r, f), file| (r + file.statements, f + file.statements_failed));
    if failed > 0 {
        draft.warn(format!(
            "{failed} of {read} statements could not be read: lineage through them is missing (ask “What could not be parsed?”)."
        ));
    }
    let dynamic = |m: &str| m.to_lowercase().contains("dynamic");
    if files.clone().any(|f| f.diagnostics.iter().any(|d| dynamic(&d.message))) {
        draft.warn("Some code builds SQL at run time (dynamic SQL): what it touches is not in the graph.".into());
    }
}
