//! What is derived from the truth and served from memory: a graph and a search index per project.

use crate::graph::{Evidence, Graph, NodeIx};
use crate::lineage::Relation;
use crate::search::{Index, Query, Vector, Vectors};
use foldhash::HashMap;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// What a graph's evidence says about a file, without a trip to the store.
#[derive(Clone, Debug, PartialEq)]
pub struct FileInfo {
    /// The file's id.
    pub id: String,
    /// The file's relative path.
    pub path: String,
    /// Its repository.
    pub repository_id: String,
    /// Its repository's name.
    pub repository: String,
    /// SHA-256 of its bytes.
    pub hash: String,
    /// When it was last ingested, RFC 3339.
    pub processed_at: String,
    /// The run that ingested it.
    pub run_id: String,
    /// Its dialect, empty when it is not SQL.
    pub dialect: String,
    /// Share of tokens understood.
    pub coverage: f32,
    /// How many tokens of SQL that is a share of.
    pub tokens: u32,
    /// Statements read, and those not understood at all.
    pub statements: u32,
    /// Not understood.
    pub statements_failed: u32,
    /// What was not understood and where.
    pub diagnostics: Vec<crate::lineage::Diagnostic>,
}

/// One project as of its last ingestion: immutable.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The project's id.
    pub project: String,
    /// Its graph.
    pub graph: Arc<Graph>,
    /// Its search index, over that graph.
    pub index: Arc<Index>,
    /// Vectors of the index's documents; `None` until an embedding model gave some.
    pub vectors: Option<Arc<Vectors>>,
    /// Its files by id.
    pub files: HashMap<Arc<str>, Arc<FileInfo>>,
    /// What is derived from the above when it is asked for.
    pub memo: Arc<super::memo::Memo>,
}

impl Snapshot {
    /// What to ask its index: words, and their vector when there is one.
    pub fn query<'a>(&'a self, text: &'a str, vector: Option<&'a Vector>) -> Query<'a> {
        Query { text, near: self.vectors.as_deref().zip(vector).filter(|(vectors, vector)| vectors.fit(vector)) }
    }

    /// Where `node` is defined; of what nothing defines, where statements name it, and last the texts that only mention it: these by path
    /// (the ids of files are drawn anew in every store) and line, each once.
    pub fn places(&self, node: NodeIx) -> Vec<&Evidence> {
        let defined = &self.graph.node(node).defined;
        if !defined.is_empty() {
            return defined.iter().collect();
        }
        let mut places: Vec<_> = self.named_at(node).collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|(_, _, at)| at).collect()
    }

    /// The first of [`Snapshot::places`].
    pub fn first_place(&self, node: NodeIx) -> Option<&Evidence> {
        let defined = self.graph.node(node).defined.first();
        defined.or_else(|| self.named_at(node).min().map(|(_, _, at)| at))
    }

    /// Where edges of `node` are stated: whether it is only mentioned there, and the path.
    fn named_at(&self, node: NodeIx) -> impl Iterator<Item = (bool, Option<&str>, &Evidence)> {
        let edges = self.graph.outgoing(node).chain(self.graph.incoming(node)).map(|ix| self.graph.edge(ix));
        let stated = edges.flat_map(|edge| edge.evidence.iter().map(|at| (at, edge.relation == Relation::Mentions)));
        stated.map(|(at, mentioned)| (mentioned, self.files.get(&*at.file_id).map(|file| file.path.as_str()), at))
    }
}

/// All projects' snapshots; cheap to clone and to read.
#[derive(Clone, Default)]
pub struct Knowledge {
    inner: Arc<std::sync::RwLock<BTreeMap<String, Arc<Snapshot>>>>,
    swapped: Arc<Notify>,
}

impl Knowledge {
    /// The snapshot of a project; an empty one when nothing was ingested.
    pub fn project(&self, id: &str) -> Arc<Snapshot> {
        self.read().get(id).cloned().unwrap_or_default()
    }

    /// Snapshots of every project, by id.
    pub fn all(&self) -> Vec<Arc<Snapshot>> {
        self.read().values().cloned().collect()
    }

    /// The given project's snapshot, or all of them.
    pub fn select(&self, project: Option<&str>) -> Vec<Arc<Snapshot>> {
        match project {
            Some(id) => self.read().get(id).cloned().into_iter().collect(),
            None => self.all(),
        }
    }

    /// A project that is there from now on, with nothing in it yet.
    pub fn begin(&self, project: &str) {
        let empty = || Arc::new(Snapshot { project: project.to_owned(), ..Snapshot::default() });
        self.write().entry(project.to_owned()).or_insert_with(empty);
    }

    /// Puts a project's new snapshot in place of the old.
    pub fn swap(&self, snapshot: Arc<Snapshot>) {
        self.write().insert(snapshot.project.clone(), snapshot);
        self.swapped.notify_one();
    }

    /// Puts `new` in place of `old`, a snapshot of the same project; `false` when that is not the latest any more.
    pub fn replace(&self, old: &Arc<Snapshot>, new: Arc<Snapshot>) -> bool {
        let mut inner = self.write();
        let latest = inner.get_mut(&old.project).filter(|latest| Arc::ptr_eq(latest, old));
        latest.map(|latest| *latest = new).is_some()
    }

    /// Waits for a [`Knowledge::swap`] since the last time this returned. For one who waits.
    pub async fn swapped(&self) {
        self.swapped.notified().await;
    }

    /// Forgets a project.
    pub fn remove(&self, project: &str) {
        self.write().remove(project);
    }

    /// Nodes and edges of all projects together.
    pub fn totals(&self) -> (usize, usize) {
        self.read().values().fold((0, 0), |(n, e), s| (n + s.graph.linked.nodes.len(), e + s.graph.linked.edges.len()))
    }

    // A panicking holder leaves the map whole: entries are only ever replaced by one insert.
    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Arc<Snapshot>>> {
        self.inner.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, Arc<Snapshot>>> {
        self.inner.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
