//! What a picture of lineage shows: cards around a node, the columns of those that are open, and the links among them.

use super::walk::{Direction, Level, Limits, walk};
use super::{EdgeIx, Graph, NodeIx};
use crate::layout::{Card, Link, Picture, Port};
use crate::lineage::{Flow, Kind, Relation};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Most cards of one picture: more is neither read nor drawn smoothly.
pub const MAX_CARDS: usize = 500;
/// Most columns shown of one card.
pub const MAX_ROWS: usize = 200;
/// Most columns that a walk from column to column takes in.
const MAX_COLUMNS: usize = 4 * MAX_CARDS;
/// Most links drawn.
const MAX_LINKS: usize = 4_000;

/// What to show.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// What the picture is about.
    pub start: NodeIx,
    /// Which way from there.
    pub direction: Direction,
    /// Cards with the columns of `open`; or columns alone, those that data flows between.
    pub level: Level,
    /// Hops from the start.
    pub depth: u32,
    /// Cards that show their columns.
    pub open: &'a [NodeIx],
    /// Cards from which one more hop upstream is shown.
    pub upstream: &'a [NodeIx],
    /// As `upstream`, downstream.
    pub downstream: &'a [NodeIx],
    /// When not empty: what there is to see, and nothing around it.
    pub among: &'a [NodeIx],
}

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// The node the picture is about first, then by distance.
    pub cards: Vec<SceneCard>,
    /// Links, from where data comes to where it goes.
    pub links: Vec<SceneLink>,
    /// A limit cut it.
    pub truncated: bool,
}

/// A relation, routine or file.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneCard {
    /// It itself.
    pub node: NodeIx,
    /// Columns that are shown.
    pub rows: Vec<NodeIx>,
    /// How many columns it has.
    pub columns: usize,
    /// Neighbours upstream that are not in the picture.
    pub upstream: usize,
    /// Neighbours downstream that are not in the picture.
    pub downstream: usize,
}

/// A link and the edges it stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneLink {
    /// Its ends, as in a [`Picture`] of the scene.
    pub link: Link,
    /// Never empty.
    pub edges: Vec<EdgeIx>,
}

impl Scene {
    /// Looks at `graph`.
    pub fn of(graph: &Graph, view: &View) -> Scene {
        let mut scene = Scene::default();
        let mut shown = Shown::default();
        for node in view.among {
            scene.truncated |= !shown.add(graph, *node);
        }
        let whole = (view.start, view.direction, view.depth);
        if view.among.is_empty() {
            scene.walk(graph, &mut shown, view.level, whole);
            // A file is seen with what it defines, one hop from it.
            for asset in contents(graph, view.start) {
                if shown.cards.len() == MAX_CARDS {
                    scene.truncated = true;
                    break;
                }
                scene.walk(graph, &mut shown, view.level, (asset, view.direction, view.depth.saturating_sub(1)));
            }
        }
        for (cards, direction) in [(view.upstream, Direction::Upstream), (view.downstream, Direction::Downstream)] {
            for card in cards {
                // Between columns: from those that are shown.
                let columns = shown.place.get(card).map(|at| shown.cards[*at].1.clone()).filter(|_| view.level == Level::Column);
                for start in columns.unwrap_or_else(|| BTreeSet::from([*card])) {
                    scene.walk(graph, &mut shown, view.level, (start, direction, 1));
                }
            }
        }
        let open: HashSet<NodeIx> = view.open.iter().copied().collect();
        for (card, columns) in shown.cards {
            let all = graph.columns(card);
            let mut rows = match view.level {
                Level::Column => all.iter().copied().filter(|c| columns.contains(c)).collect(),
                Level::Table if open.contains(&card) => all.clone(),
                Level::Table => Vec::new(),
            };
            scene.truncated |= rows.len() > MAX_ROWS;
            rows.truncate(MAX_ROWS);
            scene.cards.push(SceneCard { node: card, rows, columns: all.len(), upstream: 0, downstream: 0 });
        }
        let places = Places::of(&scene.cards);
        for card in &mut scene.cards {
            card.upstream = places.hidden(card, view.level, |node| graph.sources(node));
            card.downstream = places.hidden(card, view.level, |node| graph.consumers(node));
        }
        scene.links(graph, &places, view.level);
        scene
    }

    fn walk(&mut self, graph: &Graph, shown: &mut Shown, level: Level, (start, direction, depth): (NodeIx, Direction, u32)) {
        let nodes = if level == Level::Column { MAX_COLUMNS } else { MAX_CARDS };
        let walked = walk(graph, start, direction, level, Limits { depth, nodes });
        // What was asked for was cut by its own depth, which is no surprise; by a number it is.
        self.truncated |= walked.full;
        for (node, _) in walked.nodes {
            self.truncated |= !shown.add(graph, node);
        }
    }

    fn links(&mut self, graph: &Graph, places: &Places, level: Level) {
        let mut links: BTreeMap<Link, Vec<EdgeIx>> = BTreeMap::new();
        let mut by_column = HashSet::new();
        for (at, card) in self.cards.iter().enumerate() {
            for row in &card.rows {
                let ends = [(true, graph.sources(*row)), (false, graph.consumers(*row))];
                for (upstream, hop) in ends.into_iter().flat_map(|(upstream, hops)| hops.iter().map(move |hop| (upstream, hop))) {
                    let Some(other) = places.port(graph, hop.node) else { continue };
                    let own = Port { card: at, row: places.rows.get(row).map(|(_, row)| *row) };
                    // Between two rows it is found from both; what only filters would join every column with every other.
                    let twice = !upstream && other.row.is_some();
                    if twice || graph.edge(hop.edge).subtypes.flow() == Flow::Indirect || level == Level::Column && other.row.is_none() {
                        continue;
                    }
                    let link = if upstream { Link { from: other, to: own } } else { Link { from: own, to: other } };
                    links.entry(link).or_default().push(hop.edge);
                    by_column.insert((link.from.card, link.to.card));
                }
            }
        }
        for (at, card) in self.cards.iter().enumerate().filter(|_| level == Level::Table) {
            for hop in graph.sources(card.node) {
                let Some(other) = places.cards.get(&hop.node).copied().filter(|other| !by_column.contains(&(*other, at))) else { continue };
                let link = Link { from: Port { card: other, row: None }, to: Port { card: at, row: None } };
                links.entry(link).or_default().push(hop.edge);
            }
        }
        self.truncated |= links.len() > MAX_LINKS;
        self.links = links.into_iter().take(MAX_LINKS).map(|(link, edges)| SceneLink { link, edges }).collect();
    }

    /// It as something to draw; `kind` says what a node is called.
    pub fn picture(&self, graph: &Graph, kind: impl Fn(NodeIx) -> String) -> Picture {
        let card = |(at, card): (usize, &SceneCard)| {
            let node = graph.node(card.node);
            let name = node.name();
            let within = name.strip_suffix(node.label()).unwrap_or("").trim_end_matches(['.', '/', ':']);
            let subtitle = if within.is_empty() { kind(card.node) } else { format!("{} · {within}", kind(card.node)) };
            let rows = card.rows.iter().map(|row| graph.node(*row).label().to_owned()).collect();
            Card { title: node.label().to_owned(), subtitle, rows, focus: at == 0 }
        };
        Picture { cards: self.cards.iter().enumerate().map(card).collect(), links: self.links.iter().map(|l| l.link).collect() }
    }
}

/// What a file defines, but for the columns of that.
fn contents(graph: &Graph, file: NodeIx) -> impl Iterator<Item = NodeIx> {
    let defined = graph.incoming(file).map(|edge| graph.edge(edge)).filter(|edge| edge.relation == Relation::DefinedIn);
    defined.map(|edge| edge.from).filter(|node| graph.kind(*node) != Kind::Column)
}

/// What walks have reached: cards in their order, each with the columns reached of it.
#[derive(Default)]
struct Shown {
    cards: Vec<(NodeIx, BTreeSet<NodeIx>)>,
    place: HashMap<NodeIx, usize>,
}

impl Shown {
    /// Whether there was room.
    fn add(&mut self, graph: &Graph, node: NodeIx) -> bool {
        let card = if graph.kind(node) == Kind::Column { graph.relation_of(node).unwrap_or(node) } else { node };
        let at = match self.place.get(&card) {
            Some(at) => *at,
            None if self.cards.len() == MAX_CARDS => return false,
            None => {
                self.place.insert(card, self.cards.len());
                self.cards.push((card, BTreeSet::new()));
                self.cards.len() - 1
            }
        };
        self.cards[at].1.insert(node);
        true
    }
}

/// Where nodes stand in a scene.
struct Places {
    cards: HashMap<NodeIx, usize>,
    /// By column: its card and row.
    rows: HashMap<NodeIx, (usize, usize)>,
}

impl Places {
    fn of(cards: &[SceneCard]) -> Places {
        let rows = cards.iter().enumerate().flat_map(|(at, card)| card.rows.iter().enumerate().map(move |(row, ix)| (*ix, (at, row))));
        Places { cards: cards.iter().enumerate().map(|(at, card)| (card.node, at)).collect(), rows: rows.collect() }
    }

    /// Where links of a column end: at its row, or at its card when that is closed.
    fn port(&self, graph: &Graph, column: NodeIx) -> Option<Port> {
        if let Some((card, row)) = self.rows.get(&column) {
            return Some(Port { card: *card, row: Some(*row) });
        }
        Some(Port { card: *self.cards.get(&graph.relation_of(column)?)?, row: None })
    }

    /// How many neighbours of a card (of its rows, between columns) one way are not in the scene.
    fn hidden<'g>(&self, card: &SceneCard, level: Level, hops: impl Fn(NodeIx) -> &'g [super::Hop]) -> usize {
        let near = |nodes: &[NodeIx]| nodes.iter().flat_map(|node| hops(*node)).map(|hop| hop.node).collect::<HashSet<_>>();
        match level {
            Level::Table => near(&[card.node]).iter().filter(|node| !self.cards.contains_key(node)).count(),
            Level::Column => near(&card.rows).iter().filter(|node| !self.rows.contains_key(node)).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::fixture::graph;

    const SHOP: &str = "table s.orders(id, total)
        table s.items(order_id, price)
        view m.sums <- s.orders
        view m.sums = id:s.orders.id total:s.orders.total
        view m.top <- m.sums
        view m.top = id:m.sums.id ?m.sums.total
        proc s.load
        s.load reads s.items
        s.orders by s.load";

    /// `card{rows}+hidden upstream/downstream …; from>to …`, e.g. `a{x} b+1/0; a.x>b`.
    fn shown(level: Level, start: &str, depth: u32, lists: [&[&str]; 3]) -> String {
        let graph = graph(SHOP);
        let node = |name: &str| graph.resolve(name)[0];
        let [open, upstream, downstream] = lists.map(|names| names.iter().map(|name| node(name)).collect::<Vec<_>>());
        let view = View {
            start: node(start),
            direction: Direction::Both,
            level,
            depth,
            open: &open,
            upstream: &upstream,
            downstream: &downstream,
            among: &[],
        };
        let scene = Scene::of(&graph, &view);
        let picture = scene.picture(&graph, |ix| graph.kind(ix).to_string());
        let card = |(card, drawn): (&SceneCard, &Card)| {
            let rows = if drawn.rows.is_empty() { String::new() } else { format!("{{{}}}", drawn.rows.join(" ")) };
            let more = if card.upstream + card.downstream == 0 { String::new() } else { format!("+{}/{}", card.upstream, card.downstream) };
            format!("{}{rows}{more}", drawn.title)
        };
        let end = |port: Port| match port.row {
            Some(row) => format!("{}.{}", picture.cards[port.card].title, picture.cards[port.card].rows[row]),
            None => picture.cards[port.card].title.clone(),
        };
        let cards: Vec<String> = scene.cards.iter().zip(&picture.cards).map(card).collect();
        let mut links: Vec<String> = picture.links.iter().map(|l| format!("{}>{}", end(l.from), end(l.to))).collect();
        links.sort();
        format!("{}; {}", cards.join(" "), links.join(" "))
    }

    #[test]
    fn a_scene_shows_cards_their_open_columns_and_how_much_is_hidden() {
        for (level, start, depth, lists, want) in [
            (Level::Table, "m.sums", 1, [&[][..], &[], &[]], "sums orders+1/0 top; orders>sums sums>top"),
            (Level::Table, "m.sums", 1, [&[], &["s.orders"], &[]], "sums orders top load+1/0; load>orders orders>sums sums>top"),
            // The columns of one open card lead to the heads of closed ones.
            (
                Level::Table,
                "m.sums",
                1,
                [&["m.sums"], &[], &[]],
                "sums{id total} orders+1/0 top; orders>sums.id orders>sums.total sums.id>top",
            ),
            (
                Level::Table,
                "m.sums",
                1,
                [&["m.sums", "s.orders"], &[], &[]],
                "sums{id total} orders{id total}+1/0 top; orders.id>sums.id orders.total>sums.total sums.id>top",
            ),
            // A file with what it defines, and from there one hop less.
            (Level::Table, "f.sql", 1, [&[], &[], &[]], "f.sql load items orders sums top; items>load load>orders orders>sums sums>top"),
            (Level::Column, "m.top.id", 5, [&[], &[], &[]], "top{id} sums{id} orders{id}; orders.id>sums.id sums.id>top.id"),
        ] {
            assert_eq!(shown(level, start, depth, lists), want, "{start} {lists:?}");
        }
    }
}
