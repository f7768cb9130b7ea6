//! Database over HTTP: decode, one call, encode.

use super::error::blocking;
use super::fields::PROJECT;
use super::lineage::{MAX_DEPTH, limits};
use super::route::Param;
use super::{Error, Request, Response, locate, respond, wire};
use crate::graph::walk::{Direction, Level, Limits, walk};
use crate::graph::{Graph, Node, NodeIx};
use crate::ingest::knowledge::FileInfo;
use crate::ingest::{Knowledge, Snapshot};
use crate::lineage::{Kind, dialect};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Query parameters of [`schemas`] and [`table`].
pub const PROJECT_QUERY: &[Param] = &[PROJECT];
/// Query parameters of [`dependencies`].
pub const DEPENDENCIES_QUERY: &[Param] = &[Param::optional("depth", "integer", "Most hops, 1 by default").within(1, MAX_DEPTH), PROJECT];

/// The schema of names that say none and whose dialect has none either.
const NO_SCHEMA: &str = "default";

/// All schemas.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Schemas {
    /// How many.
    total: usize,
    /// By name.
    schemas: Vec<Schema>,
}

/// What is defined in one schema, each list by name.
#[derive(Default, Serialize, schemars::JsonSchema)]
pub struct Schema {
    name: String,
    tables: Vec<String>,
    /// Materialised ones included.
    views: Vec<String>,
    procedures: Vec<String>,
    functions: Vec<String>,
    table_count: usize,
    /// When a file that defines something here was last ingested; null for what was made by hand.
    last_updated: Option<String>,
}

/// The file that defines a node.
fn origin<'a>(snapshot: &'a Snapshot, node: &Node) -> Option<&'a FileInfo> {
    node.defined.first().and_then(|evidence| wire::file(snapshot, evidence))
}

/// The schema part of a node's name; for a name without one, what its dialect means by that.
fn schema_of(snapshot: &Snapshot, node: &Node) -> String {
    let dialect = || origin(snapshot, node).and_then(|file| dialect::find(&file.dialect)).map_or("", |d| d.default_schema);
    let schema = node.parts().nth(1).filter(|part| !part.is_empty() && !node.is_place()).unwrap_or_else(dialect);
    if schema.is_empty() { NO_SCHEMA.into() } else { schema.into() }
}

/// `GET /api/v1/database/schemas`: Schemas with their tables, views, procedures and functions.
pub async fn schemas(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let project = query.project();
    query.finish()?;
    let knowledge = knowledge.clone();
    respond::worked(move || {
        // By folded name: `Sales` and `sales` are one schema, spelt as it was met first.
        let mut schemas: BTreeMap<String, Schema> = BTreeMap::new();
        for snapshot in knowledge.select(project.as_deref()) {
            for node in &snapshot.graph.linked.nodes {
                add(&mut schemas, &snapshot, node);
            }
        }
        let finished = schemas.into_values().map(|mut schema| {
            for list in [&mut schema.tables, &mut schema.views, &mut schema.procedures, &mut schema.functions] {
                list.sort_unstable();
                list.dedup();
            }
            schema.table_count = schema.tables.len();
            schema
        });
        let schemas: Vec<Schema> = finished.collect();
        Ok(Schemas { total: schemas.len(), schemas })
    })
    .await
}

fn add(schemas: &mut BTreeMap<String, Schema>, snapshot: &Snapshot, node: &Node) {
    if !matches!(node.kind, Kind::Table | Kind::View | Kind::MaterializedView | Kind::Procedure | Kind::Function) {
        return;
    }
    let name = schema_of(snapshot, node);
    let schema = schemas.entry(name.to_lowercase()).or_insert_with(|| Schema { name, ..Schema::default() });
    let list = match node.kind {
        Kind::Table => &mut schema.tables,
        Kind::Procedure => &mut schema.procedures,
        Kind::Function => &mut schema.functions,
        _ => &mut schema.views,
    };
    list.push(node.label().to_owned());
    schema.last_updated = schema.last_updated.take().max(origin(snapshot, node).map(|file| file.processed_at.clone()));
}

/// A table, view or the like.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Table {
    id: String,
    schema: String,
    name: String,
    /// `table`, `view`, …
    r#type: String,
    project_id: String,
    columns: Vec<TableColumn>,
    /// Names of its columns.
    primary_key: Vec<String>,
    foreign_keys: Vec<TableKey>,
    comment: Option<String>,
    file_id: Option<String>,
    file_path: Option<String>,
    line: Option<u32>,
    /// When the file that defines it was last ingested.
    last_updated: Option<String>,
}

/// A column.
#[derive(Serialize, schemars::JsonSchema)]
pub struct TableColumn {
    id: String,
    name: String,
    /// As declared; null when the text does not say.
    data_type: Option<String>,
    /// Null when the text does not say.
    nullable: Option<bool>,
    primary_key: bool,
    unique: bool,
    /// The DEFAULT expression.
    default: Option<String>,
    comment: Option<String>,
    /// From 0.
    ordinal: u32,
}

/// A foreign key.
#[derive(Serialize, schemars::JsonSchema)]
pub struct TableKey {
    columns: Vec<String>,
    /// The table referred to.
    references: String,
    referenced_columns: Vec<String>,
}

/// The relation of this schema and name, defined ones first.
fn find(knowledge: &Knowledge, schema: &str, table: &str, project: Option<&str>) -> Result<(Arc<Snapshot>, NodeIx), Error> {
    let mut mentioned = None;
    for snapshot in knowledge.select(project) {
        for (ix, node) in (0..).zip(&snapshot.graph.linked.nodes) {
            let fits = node.kind.is_relation()
                && node.label().eq_ignore_ascii_case(table)
                && schema_of(&snapshot, node).eq_ignore_ascii_case(schema);
            if fits && node.kind != Kind::External {
                return Ok((snapshot, ix));
            }
            if fits && mentioned.is_none() {
                mentioned = Some((snapshot.clone(), ix));
            }
        }
    }
    mentioned.ok_or_else(|| {
        let wanted = format!("{schema}.{table}");
        let kinds = [Kind::Table, Kind::View, Kind::MaterializedView];
        locate::unknown("Table", &wanted, project, &knowledge.select(project), &kinds)
    })
}

/// `GET /api/v1/database/tables/{schema}/{table}`: A table's columns, types and keys.
pub async fn table(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let project = query.project();
    query.finish()?;
    let (knowledge, params) = (knowledge.clone(), req.params);
    respond::worked(move || {
        let [schema, table] = params.as_slice() else { return Err(Error::Internal("the route has two parameters".into())) };
        let (snapshot, ix) = find(&knowledge, schema, table, project.as_deref())?;
        Ok(describe(&snapshot, ix))
    })
    .await
}

fn describe(snapshot: &Snapshot, ix: NodeIx) -> Table {
    let node = snapshot.graph.node(ix);
    let defined = node.defined.first();
    let columns: Vec<TableColumn> = snapshot.graph.columns(ix).into_iter().map(|ix| column(&snapshot.graph, ix)).collect();
    Table {
        id: snapshot.graph.urn(ix),
        schema: schema_of(snapshot, node),
        name: node.label().to_owned(),
        r#type: wire::entity_type(snapshot, ix).to_owned(),
        project_id: snapshot.project.clone(),
        primary_key: columns.iter().filter(|column| column.primary_key).map(|column| column.name.clone()).collect(),
        columns,
        foreign_keys: node
            .foreign_keys
            .iter()
            .map(|key| TableKey {
                columns: key.columns.clone(),
                references: key.references.to_string(),
                referenced_columns: key.referenced_columns.clone(),
            })
            .collect(),
        comment: node.comment.clone(),
        file_id: defined.map(|evidence| evidence.file_id.to_string()),
        file_path: origin(snapshot, node).map(|file| file.path.clone()),
        line: defined.map(|evidence| evidence.line),
        last_updated: origin(snapshot, node).map(|file| file.processed_at.clone()),
    }
}

fn column(graph: &Graph, ix: NodeIx) -> TableColumn {
    let node = graph.node(ix);
    let said = &node.column;
    TableColumn {
        id: graph.urn(ix),
        name: node.label().to_owned(),
        data_type: (!said.data_type.is_empty()).then(|| said.data_type.clone()),
        nullable: said.nullable,
        primary_key: said.primary_key,
        unique: said.unique,
        default: said.default.clone(),
        comment: said.comment.clone(),
        ordinal: node.ordinal,
    }
}

/// What a table depends on, and what depends on it.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Dependencies<'a> {
    id: String,
    schema: String,
    table: String,
    /// Where its data comes from, nearest first.
    upstream: Vec<wire::Node<'a>>,
    /// Who uses it, nearest first.
    downstream: Vec<wire::Node<'a>>,
    /// A limit cut the answer.
    truncated: bool,
}

/// `GET /api/v1/database/tables/{schema}/{table}/dependencies`: What a table depends on, and what depends on it.
pub async fn dependencies(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let limits = limits(&mut query, "depth", 1);
    let project = query.project();
    query.finish()?;
    let (knowledge, params) = (knowledge.clone(), req.params);
    blocking(move || {
        let [schema, table] = params.as_slice() else { return Err(Error::Internal("the route has two parameters".into())) };
        let (snapshot, ix) = find(&knowledge, schema, table, project.as_deref())?;
        let (upstream, up_cut) = around(&snapshot, ix, Direction::Upstream, limits);
        let (downstream, down_cut) = around(&snapshot, ix, Direction::Downstream, limits);
        let node = snapshot.graph.node(ix);
        Ok(respond::ok(&Dependencies {
            id: snapshot.graph.urn(ix),
            schema: schema_of(&snapshot, node),
            table: node.label().to_owned(),
            upstream,
            downstream,
            truncated: up_cut || down_cut,
        }))
    })
    .await?
}

fn around(snapshot: &Snapshot, start: NodeIx, direction: Direction, limits: Limits) -> (Vec<wire::Node<'_>>, bool) {
    let walked = walk(&snapshot.graph, start, direction, Level::Table, limits);
    let others = walked.nodes.iter().filter(|(_, depth)| *depth > 0);
    (others.map(|(ix, depth)| wire::node(snapshot, *ix).at(*depth)).collect(), walked.truncated)
}
