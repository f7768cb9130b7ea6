//! Lineage as a picture: laid out for a page that draws it, or drawn.

use super::super::route::Param;
use super::super::{Error, Fields, Request, Response, locate, respond, wire};
use crate::graph::scene::{MAX_CARDS, Scene, SceneCard, SceneLink, View};
use crate::graph::walk::Level;
use crate::graph::{Graph, NodeIx};
use crate::ingest::{Knowledge, Snapshot};
use crate::layout::{Layout, Picture, Port, Rect, arrange, svg, text};
use crate::lineage::Kind;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use serde::Serialize;

/// Deepest picture: at this depth a graph of few branches fills it.
const MAX_DEPTH: i64 = 30;
/// Longest list of cards that are open or grown: each its URN.
const MAX_LIST: usize = 64 << 10;
/// An SVG that is opened by itself runs nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// Query parameters.
pub const QUERY: &[Param] = &[
    Param::required("urn", "string", "What the picture is about: its URN, or a name"),
    Param::optional("direction", "string", "`both`, `upstream` or `downstream`").one_of(&["both", "upstream", "downstream"]),
    Param::optional("depth", "integer", "Most hops, 1 to 30 (2)").within(1, MAX_DEPTH),
    Param::optional("level", "string", "`table`, or `column` for the columns that data flows between; by default that of the node")
        .one_of(&["table", "column"]),
    Param::optional("expanded", "string", "URNs of cards that show their columns, a space between"),
    Param::optional("upstream", "string", "URNs of cards from which one more hop upstream is shown, a space between"),
    Param::optional("downstream", "string", "URNs of cards from which one more hop downstream is shown, a space between"),
    Param::optional("among", "string", "Only these: URNs, a space between"),
    Param::optional("format", "string", "`json`, `svg`, `mermaid` or `dot`").one_of(&["json", "svg", "mermaid", "dot"]),
    super::PROJECT,
];

/// Cards in layers, data flowing from left to right; lengths in pixels.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "LineageLayout")]
pub struct Drawing<'a> {
    /// URN of the first card: what the picture is about.
    root: String,
    /// `table` or `column`.
    level: &'static str,
    width: i32,
    height: i32,
    /// The root first.
    cards: Vec<DrawnCard<'a>>,
    links: Vec<DrawnLink>,
    /// A limit cut the picture: 500 cards, 200 columns of each, 4,000 links.
    truncated: bool,
}

/// A relation, routine or file.
#[derive(Serialize, schemars::JsonSchema)]
pub struct DrawnCard<'a> {
    node: wire::Node<'a>,
    x: i32,
    y: i32,
    width: i32,
    height: i32,
    /// Columns that are shown.
    rows: Vec<DrawnRow>,
    /// How many columns there are.
    columns: usize,
    /// Neighbours upstream that are not in the picture.
    hidden_upstream: usize,
    /// Neighbours downstream that are not in the picture.
    hidden_downstream: usize,
}

/// A column of a card.
#[derive(Serialize, schemars::JsonSchema)]
pub struct DrawnRow {
    urn: String,
    label: String,
    /// As declared; null when nothing declares it.
    data_type: Option<String>,
    primary_key: bool,
}

/// A link between two cards or their columns. As in an edge, the source is the consumer.
#[derive(Serialize, schemars::JsonSchema)]
pub struct DrawnLink {
    /// URN of the consumer: a column when its card shows it, else the card's.
    source: String,
    /// URN of what it consumes.
    target: String,
    /// `DERIVES`, `READS`, … of the first edge.
    r#type: String,
    /// The lowest of its edges.
    confidence: f32,
    /// URNs of the edges it stands for, at most twenty.
    edges: Vec<String>,
    /// From where data comes to where it goes, `[x, y]` each; level at each of them.
    points: Vec<(i32, i32)>,
    /// It runs from right to left: data goes round here.
    back: bool,
}

/// Edges named of one link: the others are in `/api/v1/lineage/node`.
const MAX_NAMED: usize = 20;

/// `GET /api/v1/lineage/layout`: The surroundings of a node as a picture.
pub async fn layout(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let urn = query.string("urn", 1, super::MAX_NAME);
    let direction = super::direction(&mut query);
    let depth = query.integer("depth", 2, 1, MAX_DEPTH) as u32;
    let level = query.has("level").then(|| query.choice("level", &["table", "column"], None));
    let lists = ["expanded", "upstream", "downstream", "among"].map(|name| list(&mut query, name));
    let format = query.choice("format", &["json", "svg", "mermaid", "dot"], Some("json"));
    let project = query.project();
    query.finish()?;
    let knowledge = knowledge.clone();
    super::super::error::blocking(move || {
        let locate::Located { snapshot, node } = locate::node(&knowledge, &urn, project.as_deref())?;
        let graph = &snapshot.graph;
        let level = match level {
            Some("column") => Level::Column,
            None if graph.kind(node) == Kind::Column => Level::Column,
            _ => Level::Table,
        };
        // A card that is no more was open in a picture of before.
        let [open, upstream, downstream, among] = lists.map(|urns| urns.iter().filter_map(|urn| graph.find(urn)).collect::<Vec<_>>());
        let view = View { start: node, direction, level, depth, open: &open, upstream: &upstream, downstream: &downstream, among: &among };
        let scene = Scene::of(graph, &view);
        let picture = scene.picture(graph, |ix| wire::entity_type(&snapshot, ix).replace('_', " "));
        Ok(match format {
            "svg" => drawn(graph, node, &picture),
            "mermaid" => written("text/vnd.mermaid; charset=utf-8", graph, &scene, text::mermaid),
            "dot" => written("text/vnd.graphviz; charset=utf-8", graph, &scene, text::dot),
            _ => respond::ok(&encode(&snapshot, level, &scene, &arrange(&picture))),
        })
    })
    .await?
}

fn list(query: &mut Fields, name: &str) -> Vec<String> {
    let text = query.optional_string(name, 0, MAX_LIST).unwrap_or_default();
    // A name may hold a space, a URN begins only after one.
    let mut urns: Vec<String> = Vec::new();
    for part in text.split(' ').filter(|part| !part.is_empty()) {
        match urns.last_mut().filter(|_| !part.starts_with("urn:")) {
            Some(last) => last.extend([" ", part]),
            None => urns.push(part.to_owned()),
        }
    }
    urns.truncate(MAX_CARDS);
    urns
}

fn drawn(graph: &Graph, node: NodeIx, picture: &Picture) -> Response {
    let drawn = svg::svg(picture, &arrange(picture), &format!("Lineage of {}", graph.node(node).name()));
    let response = respond::bytes("image/svg+xml", drawn);
    let response = respond::with(response, CONTENT_SECURITY_POLICY, POLICY);
    respond::with(response, CONTENT_DISPOSITION, "inline; filename=\"lineage.svg\"")
}

type Write = fn(&mut Vec<u8>, &[&str], &[(usize, usize)]) -> std::io::Result<()>;

/// The scene's cards and the links among them, by `write`.
fn written(media: &'static str, graph: &Graph, scene: &Scene, write: Write) -> Response {
    let names: Vec<_> = scene.cards.iter().map(|card| graph.node(card.node).name()).collect();
    let mut links: Vec<(usize, usize)> = scene.links.iter().map(|l| (l.link.from.card, l.link.to.card)).collect();
    links.sort_unstable();
    links.dedup();
    let mut out = Vec::new();
    write(&mut out, &names.iter().map(|name| &**name).collect::<Vec<_>>(), &links).expect("a Vec takes all");
    respond::bytes(media, out)
}

fn encode<'a>(snapshot: &'a Snapshot, level: Level, scene: &Scene, layout: &Layout) -> Drawing<'a> {
    let graph = &snapshot.graph;
    let urn = |port: Port| {
        let card = &scene.cards[port.card];
        graph.node(port.row.and_then(|row| card.rows.get(row)).copied().unwrap_or(card.node)).urn(&graph.project)
    };
    let link = |(link, route): (&SceneLink, &crate::layout::Route)| DrawnLink {
        source: urn(link.link.to),
        target: urn(link.link.from),
        r#type: wire::relationship(snapshot, link.edges[0]).into_owned(),
        confidence: link.edges.iter().map(|edge| graph.edge(*edge).confidence).fold(1.0, f32::min),
        edges: link.edges.iter().take(MAX_NAMED).map(|edge| graph.edge_urn(*edge)).collect(),
        points: route.points.clone(),
        back: route.back,
    };
    Drawing {
        root: scene.cards.first().map_or_else(String::new, |card| graph.urn(card.node)),
        level: if level == Level::Column { "column" } else { "table" },
        width: layout.width,
        height: layout.height,
        cards: scene.cards.iter().zip(&layout.cards).map(|(card, place)| drawn_card(snapshot, card, *place)).collect(),
        links: scene.links.iter().zip(&layout.links).map(link).collect(),
        truncated: scene.truncated,
    }
}

fn drawn_card<'a>(snapshot: &'a Snapshot, card: &SceneCard, Rect { x, y, width, height }: Rect) -> DrawnCard<'a> {
    let row = |ix: &NodeIx| {
        let node = snapshot.graph.node(*ix);
        let data_type = Some(node.column.data_type.clone()).filter(|declared| !declared.is_empty());
        DrawnRow { urn: snapshot.graph.urn(*ix), label: node.label().to_owned(), data_type, primary_key: node.column.primary_key }
    };
    DrawnCard {
        node: wire::node(snapshot, card.node),
        x,
        y,
        width,
        height,
        rows: card.rows.iter().map(row).collect(),
        columns: card.columns,
        hidden_upstream: card.upstream,
        hidden_downstream: card.downstream,
    }
}
