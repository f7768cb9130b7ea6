//! Lineage over HTTP: decode, one call, encode.

use super::error::blocking;
use super::fields::PROJECT;
use super::route::Param;
use super::{App, Error, Fields, Request, Response, locate, respond, wire};
use crate::chat::Embeddings;
use crate::graph::path::{MAX_PATHS, shortest_paths};
use crate::graph::walk::{Direction, Level, Limits, MAX_NODES, impact as impact_of, walk};
use crate::graph::{EdgeIx, NodeIx};
use crate::ingest::{Knowledge, Snapshot};
use crate::lineage::Kind;
use crate::store::Store;
pub use neighbourhood::Neighbourhood;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

pub mod evidence;
pub mod layout;
mod neighbourhood;
pub mod query;
pub mod report;

/// Longest name, id or search text taken: three parts of 255, with a path.
pub(super) const MAX_NAME: usize = 4_096;
/// Most items of one page.
const MAX_PAGE: i64 = 10_000;
/// Deepest walk: longer chains than any warehouse has, short enough to end.
pub(super) const MAX_DEPTH: i64 = 100;
/// Which way a walk may go.
pub(super) const DIRECTIONS: &[&str] = &["both", "upstream", "downstream"];
/// What a walk may step over.
const LEVELS: &[&str] = &["table", "column"];

const LIMIT: Param = Param::optional("limit", "integer", "Most items").within(0, MAX_PAGE);
const DEPTH: Param = Param::optional("depth", "integer", "Most hops").within(1, MAX_DEPTH);
const TYPE: Param = Param::optional("type", "string", "Only these types, comma-separated");
const REPOSITORY: Param = Param::optional("repository_id", "string", "Only what files of this repository say");
const HITS: Param = Param::optional("limit", "integer", "Most items").within(1, MAX_HITS as i64);

/// Query parameters of [`nodes`] and [`edges`].
pub const LIST_QUERY: &[Param] = &[
    PROJECT,
    REPOSITORY,
    TYPE,
    Param::optional("search", "string", "Only names that contain this, in any case"),
    LIMIT,
    Param::optional("offset", "integer", "Items to skip").within(0, i32::MAX as i64),
];
/// Query parameters of [`search`].
pub const SEARCH_QUERY: &[Param] = &[
    Param::required("q", "string", "A name, a part of one, or plain words"),
    TYPE,
    PROJECT,
    REPOSITORY,
    Param::optional("schema", "string", "Only what is in this schema, in any case; columns are where their relation is"),
    HITS,
];
/// Query parameters of [`node`].
pub const NODE_QUERY: &[Param] = &[
    Param::optional("direction", "string", "`both`, `upstream` or `downstream`").one_of(DIRECTIONS),
    DEPTH,
    Param::optional("level", "string", "`table` or `column`; by default that of the node").one_of(LEVELS),
    PROJECT,
];
/// Query parameters of [`path`].
pub const PATH_QUERY: &[Param] = &[
    Param::required("from", "string", "Id or name of one end"),
    Param::required("to", "string", "Id or name of the other"),
    Param::optional("k", "integer", "How many paths, shortest first").within(1, MAX_PATHS as i64),
    PROJECT,
];
/// Query parameters of [`impact`].
pub const IMPACT_QUERY: &[Param] = &[DEPTH, PROJECT];

/// A page of nodes.
#[derive(Serialize, schemars::JsonSchema)]
pub struct NodePage<'a> {
    /// This page, ordered by URN.
    nodes: Vec<wire::Node<'a>>,
    /// How many there are in all.
    total: usize,
}

/// A page of edges.
#[derive(Serialize, schemars::JsonSchema)]
pub struct EdgePage<'a> {
    /// This page, ordered by source and target.
    edges: Vec<wire::Edge<'a>>,
    /// How many there are in all.
    total: usize,
}

/// What a search found.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Found<'a> {
    /// Best first, each with `score`.
    nodes: Vec<wire::Node<'a>>,
    /// Edges among the hits.
    edges: Vec<wire::Edge<'a>>,
}

/// Ways from one node to another.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Paths<'a> {
    /// Shortest first.
    paths: Vec<OnePath<'a>>,
    /// A limit cut the search.
    truncated: bool,
}

/// One way.
#[derive(Serialize, schemars::JsonSchema)]
pub struct OnePath<'a> {
    /// From the one end to the other.
    nodes: Vec<wire::Node<'a>>,
    /// Edge between each node and the next.
    edges: Vec<wire::Edge<'a>>,
}

/// What a change reaches.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Impact<'a> {
    /// What is changed.
    root: wire::Node<'a>,
    /// Nodes reached.
    total: usize,
    /// Nodes reached, by type.
    by_type: BTreeMap<&'a str, usize>,
    /// Nodes reached, by distance.
    levels: Vec<ImpactLevel<'a>>,
    /// Those that name what is changed: they break.
    breaking: Vec<wire::Node<'a>>,
    /// The others: they do not name it, but depend on those or on its rows.
    affected: Vec<wire::Node<'a>>,
    /// A limit cut the answer.
    truncated: bool,
}

/// Nodes at one distance.
#[derive(Serialize, schemars::JsonSchema)]
pub struct ImpactLevel<'a> {
    /// Hops from the root.
    depth: u32,
    /// Nodes there.
    nodes: Vec<wire::Node<'a>>,
}

/// What a page of nodes or edges is narrowed to.
struct Filter {
    project: Option<String>,
    repository: Option<String>,
    types: Vec<String>,
    search: Option<String>,
    limit: usize,
    offset: usize,
}

impl Filter {
    fn decode(mut query: Fields) -> Result<Filter, Error> {
        let filter = Filter {
            project: query.project(),
            repository: query.optional_string("repository_id", 0, MAX_NAME).filter(|id| !id.is_empty()),
            types: types(&mut query),
            search: query.optional_string("search", 0, MAX_NAME).map(|text| text.to_lowercase()),
            limit: query.integer("limit", 100, 0, MAX_PAGE) as usize,
            offset: query.integer("offset", 0, 0, i64::from(i32::MAX)) as usize,
        };
        query.finish()?;
        Ok(filter)
    }

    fn is_type(&self, r#type: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|wanted| wanted.eq_ignore_ascii_case(r#type))
    }

    fn names(&self, name: &str) -> bool {
        self.search.as_ref().is_none_or(|wanted| name.to_lowercase().contains(wanted))
    }

    fn states(&self, snapshot: &Snapshot, evidence: &[crate::graph::Evidence]) -> bool {
        let Some(wanted) = &self.repository else { return true };
        evidence.iter().any(|e| wire::file(snapshot, e).is_some_and(|f| f.repository_id == *wanted))
    }

    /// The page of what `fits`, of all projects asked for in their order, and how much there is in all.
    fn page<'a, T>(
        &self,
        of: &'a [Arc<Snapshot>],
        count: impl Fn(&Snapshot) -> usize,
        fits: impl Fn(&Snapshot, u32) -> bool,
        encode: impl Fn(&'a Snapshot, u32) -> T,
    ) -> (Vec<T>, usize) {
        let (mut page, mut total) = (Vec::new(), 0);
        for snapshot in of {
            for ix in (0..count(snapshot) as u32).filter(|ix| fits(snapshot, *ix)) {
                if total >= self.offset && page.len() < self.limit {
                    page.push(encode(snapshot, ix));
                }
                total += 1;
            }
        }
        (page, total)
    }
}

/// The `type` parameter: names separated by commas.
pub(super) fn types(query: &mut Fields) -> Vec<String> {
    let text = query.optional_string("type", 0, MAX_NAME).unwrap_or_default();
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// `GET /api/v1/lineage/nodes`: Nodes, filtered and paged.
pub async fn nodes(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let filter = Filter::decode(req.query())?;
    let knowledge = knowledge.clone();
    let fits = move |snapshot: &Snapshot, ix: NodeIx, filter: &Filter| {
        let node = snapshot.graph.node(ix);
        filter.is_type(wire::entity_type(snapshot, ix)) && filter.names(&node.name()) && filter.states(snapshot, &node.defined)
    };
    blocking(move || {
        let of = knowledge.select(filter.project.as_deref());
        let (nodes, total) = filter.page(&of, |s| s.graph.linked.nodes.len(), |s, ix| fits(s, ix, &filter), wire::node);
        respond::ok(&NodePage { nodes, total })
    })
    .await
}

/// `GET /api/v1/lineage/edges`: Edges, filtered and paged.
pub async fn edges(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let filter = Filter::decode(req.query())?;
    let knowledge = knowledge.clone();
    let fits = move |snapshot: &Snapshot, ix: EdgeIx, filter: &Filter| {
        let edge = snapshot.graph.edge(ix);
        let names = |end: NodeIx| filter.names(&snapshot.graph.node(end).name());
        filter.is_type(&wire::relationship(snapshot, ix)) && (names(edge.from) || names(edge.to)) && filter.states(snapshot, &edge.evidence)
    };
    blocking(move || {
        let of = knowledge.select(filter.project.as_deref());
        let (edges, total) = filter.page(&of, |s| s.graph.linked.edges.len(), |s, ix| fits(s, ix, &filter), wire::edge);
        respond::ok(&EdgePage { edges, total })
    })
    .await
}

/// `GET /api/v1/lineage/search`: Assets by name or in plain words, best first.
pub async fn search(app: &App, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let q = query.string("q", 1, MAX_NAME);
    let types = types(&mut query);
    let within = Within {
        project: query.project(),
        repository: query.optional_string("repository_id", 0, MAX_NAME).filter(|id| !id.is_empty()),
        schema: query.optional_string("schema", 0, MAX_NAME).filter(|schema| !schema.is_empty()),
    };
    let limit = query.integer("limit", 20, 1, MAX_HITS as i64) as usize;
    query.finish()?;
    let (knowledge, embeddings) = (app.knowledge.clone(), app.embeddings.clone());
    blocking(move || {
        let mut hits = ranked(&knowledge, Some(&embeddings), &q, &types, &within);
        hits.truncate(limit);
        let edges = hits.iter().flat_map(|(score, snapshot, ix)| {
            let of = |end: NodeIx| hits.iter().find(|(_, s, node)| Arc::ptr_eq(s, snapshot) && *node == end).map(|(score, ..)| *score);
            let to_hits = snapshot.graph.outgoing(*ix).filter_map(move |e| Some((e, of(snapshot.graph.edge(e).to)?.min(*score))));
            to_hits.map(|(e, score)| (score, wire::edge(snapshot, e).scored(score)))
        });
        let mut edges: Vec<(f32, wire::Edge<'_>)> = edges.collect();
        edges.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let nodes = hits.iter().map(|(score, snapshot, ix)| {
            let snippet = wire::snippet(snapshot, *ix, &q);
            wire::node(snapshot, *ix).scored(*score).shown_by(snippet)
        });
        respond::ok(&Found { nodes: nodes.collect(), edges: edges.into_iter().map(|(_, edge)| edge).collect() })
    })
    .await
}

/// Most hits taken of one project before types made by hand are told apart and projects are merged.
pub(super) const MAX_HITS: usize = 500;

/// Where a search looks; everywhere when nothing is said.
#[derive(Default)]
pub(super) struct Within {
    pub(super) project: Option<String>,
    pub(super) repository: Option<String>,
    pub(super) schema: Option<String>,
}

impl Within {
    /// Whether a node is in the repository and the schema.
    fn holds(&self, snapshot: &Snapshot, ix: NodeIx) -> bool {
        let graph = &snapshot.graph;
        let whole = graph.relation_of(ix).unwrap_or(ix);
        let in_schema = |schema: &String| graph.node(whole).is_in(schema);
        let of = |id: &String| graph.node(ix).defined.iter().any(|e| wire::file(snapshot, e).is_some_and(|f| f.repository_id == *id));
        self.schema.as_ref().is_none_or(in_schema) && self.repository.as_ref().is_none_or(of)
    }

    /// How many hits of a project are to be ranked, for enough of them to be in it.
    fn ranked(&self) -> usize {
        if self.repository.is_none() && self.schema.is_none() { MAX_HITS } else { usize::MAX }
    }
}

/// Hits of all projects asked for, best first, with scores of 1 at most: by words, and with `embeddings` by nearness too.
pub(super) fn ranked(
    knowledge: &Knowledge,
    embeddings: Option<&Embeddings>,
    q: &str,
    types: &[String],
    within: &Within,
) -> Vec<(f32, Arc<Snapshot>, NodeIx)> {
    // A type that is no kind was given to a node by hand, and those are listed as external.
    let mut kinds: Vec<Kind> = types.iter().map(|name| Kind::parse(name).unwrap_or(Kind::External)).collect();
    kinds.dedup();
    let mut hits = Vec::new();
    for snapshot in knowledge.select(within.project.as_deref()) {
        // A single word is a name under way: whoever types it waits for nothing.
        let vector = embeddings.filter(|_| q.contains(char::is_whitespace)).and_then(|embeddings| embeddings.query(&snapshot, q));
        for hit in snapshot.index.nodes(&snapshot.graph, snapshot.query(q, vector.as_deref()), &kinds, within.ranked()) {
            if !within.holds(&snapshot, hit.node) {
                continue;
            }
            let r#type = wire::entity_type(&snapshot, hit.node);
            if types.is_empty() || types.iter().any(|wanted| wanted.eq_ignore_ascii_case(r#type)) {
                hits.push((hit.score, snapshot.clone(), hit.node));
            }
        }
    }
    hits.sort_by(|a, b| b.0.total_cmp(&a.0));
    let top = hits.first().map_or(1.0, |(best, ..)| best.max(1.0));
    hits.iter_mut().for_each(|(score, ..)| *score /= top);
    hits
}

/// `GET /api/v1/lineage/node/{id}`: Upstream and downstream of a node.
pub async fn node(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let direction = direction(&mut query);
    let limits = limits(&mut query, "depth", 5);
    let level = query.has("level").then(|| query.choice("level", LEVELS, None));
    let project = query.project();
    query.finish()?;
    let (knowledge, id) = (knowledge.clone(), req.param().to_owned());
    blocking(move || {
        let found = locate::node(&knowledge, &id, project.as_deref())?;
        let level = match level {
            Some("column") => Level::Column,
            None if found.snapshot.graph.node(found.node).kind == Kind::Column => Level::Column,
            _ => Level::Table,
        };
        let walked = walk(&found.snapshot.graph, found.node, direction, level, limits);
        let snapshot = &*found.snapshot;
        // Those of nodes stand in their edges again.
        let urns = wire::Urns::of(&snapshot.graph, walked.nodes.iter().map(|(ix, _)| *ix));
        let nodes = walked.nodes.iter().map(|(ix, depth)| wire::node_of(snapshot, *ix, urns.get(*ix)).at(*depth));
        let edges = walked.edges.iter().map(|ix| {
            let edge = snapshot.graph.edge(*ix);
            wire::edge_of(snapshot, *ix, (urns.get(edge.from), urns.get(edge.to)))
        });
        let found = Neighbourhood { nodes: nodes.collect(), edges: edges.collect(), truncated: walked.truncated };
        Ok(respond::bytes("application/json", found.written()))
    })
    .await?
}

/// The `direction` parameter.
pub(super) fn direction(query: &mut Fields) -> Direction {
    match query.choice("direction", DIRECTIONS, Some("both")) {
        "upstream" => Direction::Upstream,
        "downstream" => Direction::Downstream,
        _ => Direction::Both,
    }
}

/// Bounds of a walk, the depth from the parameter `name`.
pub(super) fn limits(query: &mut Fields, name: &str, default: i64) -> Limits {
    Limits { depth: query.integer(name, default, 1, MAX_DEPTH) as u32, nodes: MAX_NODES }
}

/// `GET /api/v1/lineage/edge/{urn}`: One edge with its evidence.
pub async fn edge(knowledge: &Knowledge, store: &Store, req: Request) -> Result<Response, Error> {
    let (knowledge, id) = (knowledge.clone(), req.param().to_owned());
    // The first look-up of a snapshot makes the URN of every edge.
    let (snapshot, ix) = blocking(move || locate::edge(&knowledge, &id, None)).await??;
    Ok(store.read(move |conn| Ok(respond::ok(&evidence::of_edge(conn, &snapshot, ix)?))).await?)
}

/// `GET /api/v1/lineage/evidence/{urn}`: What a source of an answer rests on.
pub async fn cited(knowledge: &Knowledge, store: &Store, req: Request) -> Result<Response, Error> {
    let (knowledge, id) = (knowledge.clone(), req.param().to_owned());
    let find = move || locate::cited(&knowledge, &id).map(|found| (found, id));
    let ((snapshot, cited), id) = blocking(find).await??;
    respond::stored(store, move |conn| evidence::of_cited(conn, &snapshot, id, &cited)).await
}

/// `GET /api/v1/lineage/path`: How data gets from one node to another.
pub async fn path(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let (from, to) = (query.string("from", 1, MAX_NAME), query.string("to", 1, MAX_NAME));
    let k = query.integer("k", 1, 1, MAX_PATHS as i64) as usize;
    let project = query.project();
    query.finish()?;
    let knowledge = knowledge.clone();
    blocking(move || {
        let start = locate::node(&knowledge, &from, project.as_deref())?;
        // The other end is looked for beside the first: the same name may stand in several projects.
        let beside = crate::id::urn_project(&to).unwrap_or(&start.snapshot.project);
        let end = locate::node(&knowledge, &to, Some(project.as_deref().unwrap_or(beside)))?;
        if start.snapshot.project != end.snapshot.project {
            return Err(Error::BadRequest("'from' and 'to' are in different projects: lineage stays within one".into()));
        }
        // Its own snapshot, even when a newer one came between the two look-ups.
        let (snapshot, end) = (&start.snapshot, end.snapshot.graph.urn(end.node));
        let end = snapshot.graph.find(&end).ok_or_else(|| locate::unknown("Node", &to, None, std::slice::from_ref(snapshot), &[]))?;
        let (paths, truncated) = shortest_paths(&snapshot.graph, start.node, end, k);
        let encode = |found: &crate::graph::path::Path| OnePath {
            nodes: found.nodes.iter().map(|ix| wire::node(snapshot, *ix)).collect(),
            edges: found.edges.iter().map(|ix| wire::edge(snapshot, *ix)).collect(),
        };
        Ok(respond::ok(&Paths { paths: paths.iter().map(encode).collect(), truncated }))
    })
    .await?
}

/// `GET /api/v1/lineage/impact/{id}`: What breaks when a node is dropped or renamed.
pub async fn impact(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let limits = limits(&mut query, "depth", MAX_DEPTH);
    let project = query.project();
    query.finish()?;
    let (knowledge, id) = (knowledge.clone(), req.param().to_owned());
    blocking(move || {
        let found = locate::node(&knowledge, &id, project.as_deref())?;
        let reached = impact_of(&found.snapshot.graph, found.node, limits);
        let node = |ix: &NodeIx| wire::node(&found.snapshot, *ix);
        let mut by_type = BTreeMap::new();
        let mut levels: Vec<ImpactLevel<'_>> = Vec::new();
        for (ix, depth) in &reached.nodes {
            *by_type.entry(wire::entity_type(&found.snapshot, *ix)).or_insert(0) += 1;
            let node = node(ix).at(*depth);
            match levels.last_mut().filter(|level| level.depth == *depth) {
                Some(level) => level.nodes.push(node),
                None => levels.push(ImpactLevel { depth: *depth, nodes: vec![node] }),
            }
        }
        Ok(respond::ok(&Impact {
            root: node(&found.node),
            total: reached.nodes.len(),
            by_type,
            levels,
            breaking: reached.breaking.iter().map(node).collect(),
            affected: reached.affected.iter().map(node).collect(),
            truncated: reached.truncated,
        }))
    })
    .await?
}
