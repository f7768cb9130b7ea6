//! A project's facts in memory, and the snapshot made of them.

use super::knowledge::FileInfo;
use super::{Ingest, Snapshot};
use crate::graph::link::Manual;
use crate::graph::link::{FileFacts, Linker};
use crate::graph::{Edge, Graph};
use crate::lineage::Facts;
use crate::search::{Chunk, Index};
use crate::store::files::{FileRow, Passage};
use crate::store::runs::Change;
use crate::store::{self, files, links};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What of a project is kept in memory between relinks.
#[derive(Default)]
pub struct Cache {
    /// By file id: the run that read the file, and what it said.
    facts: HashMap<String, (String, Arc<Facts>)>,
    /// By file id: passages that no snapshot has yet.
    passages: HashMap<String, Vec<Chunk>>,
    /// What the snapshot's graph was made with, and by file id the run whose facts are in it.
    linked: Option<(Linker, HashMap<String, String>)>,
}

impl Cache {
    /// Remembers what a run stored, so that relinking does not ask the store for it.
    pub fn insert(&mut self, file: &FileRow, facts: Arc<Facts>, passages: Vec<Passage>) {
        let chunk = |(ordinal, p): (usize, Passage)| Chunk {
            id: format!("{}:{ordinal}", file.id),
            file_id: file.id.clone(),
            path: file.path.clone(),
            line: p.line,
            line_end: p.line_end,
            text: p.text,
        };
        self.facts.insert(file.id.clone(), (file.run_id.clone(), facts));
        self.passages.insert(file.id.clone(), passages.into_iter().enumerate().map(chunk).collect());
    }
}

/// A node that a run added or removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NodeChange {
    /// The node's id.
    pub id: String,
    /// Kind.
    pub r#type: String,
    /// Qualified name.
    pub name: String,
}

/// An edge that a run added or removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EdgeChange {
    /// The edge's id.
    pub id: String,
    /// Id of the consumer.
    pub source: String,
    /// Id of what is consumed.
    pub target: String,
    /// `DERIVES`, …
    pub relationship: String,
}

/// What a run changed in its project's graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Changes {
    /// Nodes that are new.
    pub nodes_added: Vec<NodeChange>,
    /// Nodes that are gone.
    pub nodes_removed: Vec<NodeChange>,
    /// Edges that are new.
    pub edges_added: Vec<EdgeChange>,
    /// Edges that are gone.
    pub edges_removed: Vec<EdgeChange>,
}

impl Changes {
    /// As the store keeps them.
    pub fn rows(&self) -> Vec<Change> {
        let row = |edge, added, data: serde_json::Result<serde_json::Value>| Change {
            edge,
            added,
            data: data.expect("a change has string keys and no failing serializer"),
        };
        let nodes = |list: &[NodeChange], added| list.iter().map(|n| row(false, added, serde_json::to_value(n))).collect::<Vec<_>>();
        let edges = |list: &[EdgeChange], added| list.iter().map(|e| row(true, added, serde_json::to_value(e))).collect::<Vec<_>>();
        [
            nodes(&self.nodes_added, true),
            nodes(&self.nodes_removed, false),
            edges(&self.edges_added, true),
            edges(&self.edges_removed, false),
        ]
        .concat()
    }

    /// From what the store kept. Rows that are no changes are an error.
    pub fn of(rows: Vec<Change>) -> serde_json::Result<Changes> {
        let mut changes = Changes::default();
        for row in rows {
            match (row.edge, row.added) {
                (false, true) => changes.nodes_added.push(serde_json::from_value(row.data)?),
                (false, false) => changes.nodes_removed.push(serde_json::from_value(row.data)?),
                (true, true) => changes.edges_added.push(serde_json::from_value(row.data)?),
                (true, false) => changes.edges_removed.push(serde_json::from_value(row.data)?),
            }
        }
        Ok(changes)
    }
}

/// What a relink made new.
#[derive(Debug, Default)]
pub struct Relinked {
    /// Against the graph before.
    pub changes: Changes,
    /// By file id: nodes and edges that are new and that the file states.
    pub brought: HashMap<String, (usize, usize)>,
}

/// Reads from the store what `cache` lacks, links the project anew and swaps its snapshot. The project's lock is held by the caller.
/// A panic on the way is logged and an error, [`store::Error::Panicked`]; the snapshot is then the old one.
pub fn relink(ingest: &Ingest, project: &str, cache: &mut Cache) -> store::Result<Relinked> {
    // What a panic leaves of the cache is whole: files are put in one by one, and passages that are gone are read from the store.
    catch_unwind(AssertUnwindSafe(|| link_anew(ingest, project, cache))).unwrap_or_else(|panic| {
        let why = store::panic_message(&*panic);
        log::error!("ingest: linking project '{project}' panicked: {why}");
        Err(store::Error::Panicked(why))
    })
}

fn link_anew(ingest: &Ingest, project: &str, cache: &mut Cache) -> store::Result<Relinked> {
    let old = ingest.knowledge.project(project);
    let rows = refresh(ingest, project, cache)?;
    let manual = ingest.store.read_blocking(|conn| links::manual(conn, project))?;
    let graph = link(project, &rows, &manual, cache);
    let chunks = chunks(ingest, project, &old, &rows, std::mem::take(&mut cache.passages))?;
    let index = Index::build(&graph, chunks);
    let relinked = compare(&old.graph, &graph);
    let files = rows.into_iter().map(|row| (row.id.clone(), info(row, cache))).collect();
    ingest.knowledge.swap(Snapshot { project: project.to_owned(), graph, index, files });
    Ok(relinked)
}

/// The graph of the project's files, made from the one before by what `cache` has new.
fn link(project: &str, rows: &[FileRow], manual: &[Manual], cache: &mut Cache) -> Arc<Graph> {
    // Taken out: what a panic leaves of a linker is not whole, and the next relink begins with a new one.
    let (mut linker, mut runs) = cache.linked.take().unwrap_or_else(|| (Linker::new(project), HashMap::new()));
    let changed: Vec<FileFacts<'_>> = rows
        .iter()
        .filter(|row| runs.get(&row.id) != Some(&row.run_id))
        .filter_map(|row| {
            let (_, facts) = cache.facts.get(&row.id)?;
            Some(FileFacts { file_id: &row.id, repository_id: &row.repository_id, path: &row.path, facts })
        })
        .collect();
    let there: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let removed: Vec<&str> = runs.keys().map(String::as_str).filter(|id| !there.contains(id)).collect();
    let graph = linker.update(&changed, &removed, manual);
    runs.retain(|id, _| there.contains(id.as_str()));
    runs.extend(rows.iter().map(|row| (row.id.clone(), row.run_id.clone())));
    cache.linked = Some((linker, runs));
    graph
}

/// The project's files in order of path; `cache` then has the facts of exactly these.
fn refresh(ingest: &Ingest, project: &str, cache: &mut Cache) -> store::Result<Vec<FileRow>> {
    if cache.facts.is_empty() {
        let all = ingest.store.read_blocking(|conn| files::project_facts(conn, project))?;
        cache.facts = all.iter().map(|(row, facts)| (row.id.clone(), (row.run_id.clone(), Arc::new(facts.clone())))).collect();
        return Ok(all.into_iter().map(|(row, _)| row).collect());
    }
    let filter = files::Filter { project_id: Some(project.to_owned()), limit: u32::MAX, ..files::Filter::default() };
    let (mut rows, _) = ingest.store.read_blocking(|conn| files::list(conn, &filter))?;
    rows.sort_by(|a, b| (&a.path, &a.id).cmp(&(&b.path, &b.id)));
    let runs: HashMap<&str, &str> = rows.iter().map(|row| (row.id.as_str(), row.run_id.as_str())).collect();
    cache.facts.retain(|id, (run, _)| runs.get(id.as_str()) == Some(&run.as_str()));
    for row in &rows {
        if !cache.facts.contains_key(&row.id) {
            let facts = ingest.store.read_blocking(|conn| files::facts(conn, &row.id))?;
            cache.facts.insert(row.id.clone(), (row.run_id.clone(), Arc::new(facts)));
        }
    }
    Ok(rows)
}

/// The passages of the project's files, in order of path: just read, or the old snapshot's, or else all from the store.
fn chunks(
    ingest: &Ingest,
    project: &str,
    old: &Snapshot,
    rows: &[FileRow],
    mut fresh: HashMap<String, Vec<Chunk>>,
) -> store::Result<Vec<Chunk>> {
    let mut known: HashMap<&str, Vec<&Chunk>> = HashMap::new();
    for chunk in &old.index.chunks {
        known.entry(&chunk.file_id).or_default().push(chunk);
    }
    let mut all = Vec::new();
    for row in rows {
        if let Some(chunks) = fresh.remove(&row.id) {
            all.extend(chunks);
        } else if old.files.get(&row.id).is_some_and(|f| f.run_id == row.run_id) {
            all.extend(known.remove(row.id.as_str()).into_iter().flatten().cloned());
        } else {
            return ingest.store.read_blocking(|conn| files::project_chunks(conn, project));
        }
    }
    Ok(all)
}

fn info(row: FileRow, cache: &Cache) -> FileInfo {
    FileInfo {
        diagnostics: cache.facts.get(&row.id).map_or_else(Vec::new, |(_, facts)| facts.diagnostics.clone()),
        id: row.id,
        path: row.path,
        repository_id: row.repository_id,
        hash: row.hash,
        processed_at: row.processed_at.unwrap_or(row.updated_at),
        run_id: row.run_id,
        dialect: row.dialect,
        coverage: row.coverage,
        statements: u32::try_from(row.statements).unwrap_or(u32::MAX),
        statements_failed: u32::try_from(row.statements_failed).unwrap_or(u32::MAX),
    }
}

/// What `new` has that `old` has not, and the other way round.
fn compare(old: &Graph, new: &Graph) -> Relinked {
    let mut relinked = Relinked::default();
    let node = |n: &crate::graph::Node| NodeChange { id: n.urn.to_string(), r#type: n.kind.as_str().into(), name: n.name.clone() };
    for n in new.linked.nodes.iter().filter(|n| old.find(&n.urn).is_none()) {
        relinked.changes.nodes_added.push(node(n));
        for file in n.defined.iter().map(|e| &e.file_id).collect::<HashSet<_>>() {
            relinked.brought.entry(file.to_string()).or_default().0 += 1;
        }
    }
    relinked.changes.nodes_removed = old.linked.nodes.iter().filter(|n| new.find(&n.urn).is_none()).map(|n| node(n)).collect();
    let (before, after) = (edge_keys(old), edge_keys(new));
    for (ix, e) in missing(new, &before) {
        relinked.changes.edges_added.push(edge(new, ix, e));
        for file in e.evidence.iter().map(|e| &e.file_id).collect::<HashSet<_>>() {
            relinked.brought.entry(file.to_string()).or_default().1 += 1;
        }
    }
    relinked.changes.edges_removed = missing(old, &after).map(|(ix, e)| edge(old, ix, e)).collect();
    relinked
}

type EdgeKey<'a> = (&'a str, &'a str, &'static str);

fn key<'a>(graph: &'a Graph, e: &Edge) -> EdgeKey<'a> {
    (&graph.node(e.from).urn, &graph.node(e.to).urn, e.relation.as_str())
}

fn edge_keys(graph: &Graph) -> HashSet<EdgeKey<'_>> {
    graph.linked.edges.iter().map(|e| key(graph, e)).collect()
}

fn missing<'a>(graph: &'a Graph, there: &'a HashSet<EdgeKey<'a>>) -> impl Iterator<Item = (u32, &'a Edge)> {
    (0..).zip(&graph.linked.edges).filter(move |(_, e)| !there.contains(&key(graph, e)))
}

fn edge(graph: &Graph, ix: u32, e: &Edge) -> EdgeChange {
    EdgeChange {
        id: graph.edge_urn(ix),
        source: graph.node(e.from).urn.to_string(),
        target: graph.node(e.to).urn.to_string(),
        relationship: e.relation.as_str().to_owned(),
    }
}
