//! Graph over HTTP: decode, one call, encode.

use super::error::blocking;
use super::fields::{MAX_PROJECT, PROJECT};
use super::lineage::{DIRECTIONS, MAX_DEPTH, MAX_HITS, MAX_NAME, Within, direction, limits, ranked, types};
use super::projects::changing;
use super::route::Param;
use super::{Error, Fields, Request, Response, locate, respond, wire};
use crate::graph::link::Manual;
use crate::graph::walk::{Direction, Level, Limits, walk};
use crate::id;
use crate::ingest::{Ingest, Knowledge};
use crate::lineage::Kind;
use hyper::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Most bytes of JSON in the properties of what is made by hand: they are held in memory, and indexed again after each ingestion.
const MAX_PROPERTIES: usize = 64 << 10;

/// Query parameters of [`stats`] and [`entity`].
pub const PROJECT_QUERY: &[Param] = &[PROJECT];
/// Query parameters of [`search`].
pub const SEARCH_QUERY: &[Param] = &[
    Param::required("name", "string", "A name or a part of one"),
    Param::optional("type", "string", "Only these types, comma-separated"),
    PROJECT,
    Param::optional("limit", "integer", "Most items").within(1, MAX_HITS as i64),
];
/// Query parameters of [`lineage`].
pub const LINEAGE_QUERY: &[Param] = &[
    Param::optional("direction", "string", "`both`, `upstream` or `downstream`").one_of(DIRECTIONS),
    Param::optional("max_depth", "integer", "Most hops").within(1, MAX_DEPTH),
    PROJECT,
];

/// Counts.
#[derive(Default, Serialize, JsonSchema)]
pub struct Counts {
    nodes: usize,
    edges: usize,
    /// The same as `edges`.
    relationships: usize,
    /// Nodes by type.
    node_types: BTreeMap<String, usize>,
    /// Edges by relationship.
    relationship_types: BTreeMap<String, usize>,
}

/// `GET /api/v1/graph/stats`: Counts by type.
pub async fn stats(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let project = query.project();
    query.finish()?;
    let knowledge = knowledge.clone();
    let counts = blocking(move || {
        let mut counts = Counts::default();
        for snapshot in knowledge.select(project.as_deref()) {
            let linked = &snapshot.graph.linked;
            counts.nodes += linked.nodes.len();
            counts.edges += linked.edges.len();
            for ix in 0..linked.nodes.len() as u32 {
                *counts.node_types.entry(wire::entity_type(&snapshot, ix).to_owned()).or_insert(0) += 1;
            }
            for ix in 0..linked.edges.len() as u32 {
                *counts.relationship_types.entry(wire::relationship(&snapshot, ix).into_owned()).or_insert(0) += 1;
            }
        }
        counts.relationships = counts.edges;
        counts
    })
    .await?;
    Ok(respond::ok(&counts))
}

/// A node to add.
#[derive(JsonSchema)]
#[allow(dead_code)] // The schema of what `Fields` decodes by hand.
pub struct NewEntity {
    /// Your id for it. A URN must be of the project.
    #[schemars(length(min = 1, max = 255))]
    entity_id: String,
    /// `table`, `view`, … or a type of your own.
    #[schemars(length(min = 1, max = 255))]
    entity_type: String,
    #[schemars(length(min = 1, max = 255))]
    name: String,
    properties: Option<Map<String, Value>>,
    /// `default` when left out.
    #[schemars(length(max = MAX_PROJECT))]
    project_id: Option<String>,
}

/// A node was added.
#[derive(Serialize, JsonSchema)]
pub struct Created {
    /// `created`.
    status: &'static str,
    entity_id: String,
}

/// `POST /api/v1/graph/entity`: Add a node by hand.
pub async fn create_entity(ingest: &Ingest, mut req: Request) -> Result<Response, Error> {
    let mut body = req.json().await?;
    let id = body.string("entity_id", 1, 255);
    let entity_type = body.string("entity_type", 1, 255);
    let name = body.string("name", 1, 255);
    let properties = properties(&mut body);
    let project_id = body.project().unwrap_or_else(|| "default".into());
    if id.starts_with("urn:") && id::urn_project(&id) != Some(&project_id) {
        body.refuse("entity_id", "a URN must be of the project: urn:headwater:<project_id>:<type>:<name>");
    }
    body.finish()?;
    let manual = Manual::Entity { id: id.clone(), entity_type, name, properties };
    changing(ingest, &project_id.clone(), move |ingest| ingest.put_manual(&project_id, manual)).await?;
    Ok(respond::json(StatusCode::OK, &Created { status: "created", entity_id: id }))
}

fn properties(body: &mut Fields) -> Map<String, Value> {
    let properties = Value::Object(body.object("properties"));
    if properties.to_string().len() > MAX_PROPERTIES {
        body.refuse(
            "properties",
            &format!("at most {} KiB of JSON are kept: put the rest where a property can point to", MAX_PROPERTIES >> 10),
        );
    }
    match properties {
        Value::Object(properties) => properties,
        _ => Map::new(),
    }
}

/// An edge to add.
#[derive(JsonSchema)]
#[allow(dead_code)] // The schema of what `Fields` decodes by hand.
pub struct NewRelationship {
    /// The consumer: id or name.
    #[schemars(length(min = 1, max = MAX_NAME))]
    source_id: String,
    /// What it consumes: id or name.
    #[schemars(length(min = 1, max = MAX_NAME))]
    target_id: String,
    /// `DERIVES`, `READS`, … or a type of your own.
    #[schemars(length(min = 1, max = 255))]
    relationship_type: String,
    properties: Option<Map<String, Value>>,
    /// The project of both ends; any when left out.
    #[schemars(length(max = MAX_PROJECT))]
    project_id: Option<String>,
}

/// An edge was added.
#[derive(Serialize, JsonSchema)]
pub struct Related {
    /// `created`.
    status: &'static str,
}

/// `POST /api/v1/graph/relationship`: Add an edge by hand.
pub async fn create_relationship(ingest: &Ingest, mut req: Request) -> Result<Response, Error> {
    let mut body = req.json().await?;
    let (source, target) = (body.string("source_id", 1, MAX_NAME), body.string("target_id", 1, MAX_NAME));
    let relation = body.string("relationship_type", 1, 255);
    let properties = properties(&mut body);
    let project = body.project();
    body.finish()?;
    let knowledge = ingest.knowledge.clone();
    let (project_id, source, target) = blocking(move || {
        let from = locate::node(&knowledge, &source, project.as_deref())?;
        let beside = id::urn_project(&target).unwrap_or(&from.snapshot.project);
        let to = locate::node(&knowledge, &target, Some(project.as_deref().unwrap_or(beside)))?;
        if from.snapshot.project != to.snapshot.project {
            return Err(Error::BadRequest("'source_id' and 'target_id' are in different projects: an edge stays within one".into()));
        }
        let urn = |end: &locate::Located| end.snapshot.graph.urn(end.node);
        Ok((from.snapshot.project.clone(), urn(&from), urn(&to)))
    })
    .await??;
    let manual = Manual::Relationship { source, target, relation, properties };
    changing(ingest, &project_id.clone(), move |ingest| ingest.put_manual(&project_id, manual)).await?;
    Ok(respond::ok(&Related { status: "created" }))
}

/// A node in the short form, to be written.
pub struct Entity<'a> {
    node: wire::Node<'a>,
    /// What it is called instead of its URN.
    called: Option<String>,
}

/// A node in the short form.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Entity")]
struct EntityFields<'a> {
    /// The URN; for a node made by hand the id it was given, when it was asked for by that.
    id: &'a str,
    urn: &'a str,
    entity_type: &'a str,
    /// Qualified name.
    name: Cow<'a, str>,
    /// What is known of it, its place included.
    #[schemars(with = "Map<String, Value>")]
    properties: wire::Metadata<'a>,
    /// Hops, in answers of a walk.
    #[serde(skip_serializing_if = "Option::is_none")]
    depth: Option<u32>,
    /// How well it fits, in answers of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
}

impl<'a> From<wire::Node<'a>> for Entity<'a> {
    fn from(node: wire::Node<'a>) -> Entity<'a> {
        Entity { node, called: None }
    }
}

impl Serialize for Entity<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.node.with(|mut node| {
            let entity = EntityFields {
                id: self.called.as_deref().unwrap_or(node.id),
                urn: node.urn,
                entity_type: node.entity_type,
                name: std::mem::take(&mut node.name),
                depth: node.depth,
                score: node.score,
                properties: node.properties(),
            };
            entity.serialize(serializer)
        })
    }
}

impl JsonSchema for Entity<'_> {
    fn schema_name() -> Cow<'static, str> {
        EntityFields::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        EntityFields::json_schema(generator)
    }
}

/// `GET /api/v1/graph/entity/{id}`: One node.
pub async fn entity(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let project = query.project();
    query.finish()?;
    let (knowledge, wanted) = (knowledge.clone(), req.param().to_owned());
    blocking(move || {
        let found = locate::node(&knowledge, &wanted, project.as_deref())?;
        let node = wire::node(&found.snapshot, found.node);
        Ok(respond::ok(&Entity { node, called: Some(called(&found, wanted)) }))
    })
    .await?
}

/// The node's id: as it was asked for when that is the id it was made by hand under, else its URN.
fn called(found: &locate::Located, wanted: String) -> String {
    let (node, urn) = (found.snapshot.graph.node(found.node), found.snapshot.graph.urn(found.node));
    let own = node.defined.is_empty() && Kind::ALL.into_iter().any(|kind| id::urn(&found.snapshot.project, kind, &wanted) == urn);
    if own { wanted } else { urn }
}

/// `GET /api/v1/graph/search`: Nodes by name.
pub async fn search(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let name = query.string("name", 1, MAX_NAME);
    let types = types(&mut query);
    let within = Within { project: query.project(), ..Within::default() };
    let limit = query.integer("limit", 20, 1, MAX_HITS as i64) as usize;
    query.finish()?;
    let knowledge = knowledge.clone();
    blocking(move || {
        let hits = ranked(&knowledge, None, &name, &types, &within);
        let found = hits.iter().take(limit).map(|(score, snapshot, ix)| wire::node(snapshot, *ix).scored(*score));
        respond::ok(&found.map(Entity::from).collect::<Vec<_>>())
    })
    .await
}

/// Lists of what feeds a node and what it feeds.
#[derive(Serialize, JsonSchema)]
pub struct Lists<'a> {
    /// The node's URN, or the id it was made under by hand when that was asked for.
    entity_id: String,
    /// Where its data comes from, nearest first.
    upstream: Vec<Entity<'a>>,
    /// Who uses it, nearest first.
    downstream: Vec<Entity<'a>>,
    /// A limit cut the answer.
    truncated: bool,
}

/// `GET /api/v1/graph/lineage/{id}`: Upstream and downstream of a node, as lists.
pub async fn lineage(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let direction = direction(&mut query);
    let limits = limits(&mut query, "max_depth", 5);
    let project = query.project();
    query.finish()?;
    let (knowledge, wanted) = (knowledge.clone(), req.param().to_owned());
    blocking(move || {
        let found = locate::node(&knowledge, &wanted, project.as_deref())?;
        let entity_id = called(&found, wanted);
        let (upstream, up_cut) = list(&found, direction != Direction::Downstream, Direction::Upstream, limits);
        let (downstream, down_cut) = list(&found, direction != Direction::Upstream, Direction::Downstream, limits);
        Ok(respond::ok(&Lists { entity_id, upstream, downstream, truncated: up_cut || down_cut }))
    })
    .await?
}

/// Everything one way, without the start, and whether a limit cut it.
fn list(found: &locate::Located, wanted: bool, direction: Direction, limits: Limits) -> (Vec<Entity<'_>>, bool) {
    if !wanted {
        return (Vec::new(), false);
    }
    let graph = &found.snapshot.graph;
    let level = if graph.node(found.node).kind == Kind::Column { Level::Column } else { Level::Table };
    let walked = walk(graph, found.node, direction, level, limits);
    let others = walked.nodes.iter().filter(|(_, depth)| *depth > 0);
    let nodes = others.map(|(ix, depth)| wire::node(&found.snapshot, *ix).at(*depth));
    (nodes.map(Entity::from).collect(), walked.truncated)
}
