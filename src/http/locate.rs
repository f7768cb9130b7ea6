//! What a client's id means: a URN, the id of something made by hand, or a name.

use super::Error;
use crate::graph::{DOT, EdgeIx, NodeIx};
use crate::id;
use crate::ingest::{HOW_TO_BEGIN, Knowledge, Snapshot};
use crate::lineage::Kind;
use crate::search::{Chunk, nearest_of_all};
use crate::store;
use std::sync::Arc;

/// Names that a 404 suggests.
const SUGGESTIONS: usize = 3;

/// A node and the snapshot it is a node of.
pub struct Located {
    /// Its project as of now.
    pub snapshot: Arc<Snapshot>,
    /// The node in it.
    pub node: NodeIx,
}

/// The node that `wanted` names, in `project` or in any; 404 with the nearest names when there is none.
pub fn node(knowledge: &Knowledge, wanted: &str, project: Option<&str>) -> Result<Located, Error> {
    let project = project.or_else(|| id::urn_project(wanted));
    let snapshots = knowledge.select(project);
    let exact = |snapshot: &Arc<Snapshot>| {
        let made_by_hand = || Kind::ALL.into_iter().find_map(|kind| snapshot.graph.find(&id::urn(&snapshot.project, kind, wanted)));
        snapshot.graph.find(wanted).or_else(made_by_hand).or_else(|| file_of_passage(snapshot, wanted))
    };
    let by_name = |snapshot: &Arc<Snapshot>| match id::urn_name(wanted) {
        // As it is spelt in the files, or of the kind that it was before; no other name.
        Some(name) => {
            let name = name.replace(DOT, ".");
            let called = |n: &NodeIx| ends_with_name(&name, &snapshot.graph.node(*n).name());
            snapshot.graph.resolve(&name).into_iter().find(called)
        }
        None => snapshot.graph.resolve(wanted).first().copied(),
    };
    let found = snapshots.iter().find_map(|s| Some((s, exact(s)?))).or_else(|| snapshots.iter().find_map(|s| Some((s, by_name(s)?))));
    match found {
        Some((snapshot, node)) => Ok(Located { snapshot: snapshot.clone(), node }),
        None => Err(unknown("Node", wanted, project, &snapshots, &[])),
    }
}

/// Whether `wanted` is a name, in any case, or that name with more before it: a default schema that the files leave out.
fn ends_with_name(wanted: &str, name: &str) -> bool {
    let (wanted, name) = (wanted.to_lowercase(), name.to_lowercase());
    wanted.strip_suffix(&name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// The file that holds a passage: answers of a chat cite passages as `urn:headwater:<project>:chunk:<file id>:<n>`.
fn file_of_passage(snapshot: &Snapshot, wanted: &str) -> Option<NodeIx> {
    let passage = wanted.strip_prefix(&id::urn(&snapshot.project, "chunk", ""))?;
    let file = snapshot.files.get(passage.rsplit_once(':')?.0)?;
    let named = |key: &str| snapshot.graph.find(&id::urn(&snapshot.project, Kind::File, key));
    // Of a path that several repositories have, the repository is part of the name.
    named(&format!("{}/{}", file.repository_id, file.path)).or_else(|| named(&file.path))
}

/// The edge with this URN, in `project` or in any.
pub fn edge(knowledge: &Knowledge, wanted: &str, project: Option<&str>) -> Result<(Arc<Snapshot>, EdgeIx), Error> {
    let snapshots = knowledge.select(project.or_else(|| id::urn_project(wanted)));
    let found = snapshots.iter().find_map(|snapshot| Some((snapshot.clone(), snapshot.graph.find_edge(wanted)?)));
    found.ok_or_else(|| Error::NotFound(format!("Edge '{}' not found: take an id from /api/v1/lineage/edges", shortened(wanted))))
}

/// What the id of a source in an answer stands for.
pub enum Cited {
    /// An asset, a column or a file.
    Node(NodeIx),
    /// A relation between two.
    Edge(EdgeIx),
    /// A passage of a file.
    Passage(Arc<Chunk>),
}

/// What the id of a source stands for, in the project it names.
pub fn cited(knowledge: &Knowledge, urn: &str) -> Result<(Arc<Snapshot>, Cited), Error> {
    let found = knowledge.select(id::urn_project(urn)).into_iter().find_map(|snapshot| {
        let passage = urn.strip_prefix(&id::urn(&snapshot.project, "chunk", ""));
        let cited = match passage {
            Some(id) => Cited::Passage(snapshot.passages_of(id.rsplit_once(':')?.0).iter().find(|c| c.id == id)?.clone()),
            None => snapshot.graph.find(urn).map(Cited::Node).or_else(|| snapshot.graph.find_edge(urn).map(Cited::Edge))?,
        };
        Some((snapshot, cited))
    });
    found.ok_or_else(|| {
        let message = "not found: take an id from an answer's sources; what it stood for may have been replaced since";
        Error::NotFound(format!("Source '{}' {message}", shortened(urn)))
    })
}

/// A 404 for `what`, sought in `project`, or in all: that there is no such project; the nearest of these kinds, or of all, that there are;
/// or how to begin, where there is nothing.
pub fn unknown(what: &str, wanted: &str, project: Option<&str>, snapshots: &[Arc<Snapshot>], kinds: &[Kind]) -> Error {
    if let (Some(project), []) = (project, snapshots) {
        return store::Error::NotFound("Project", shortened(project)).into();
    }
    let nearest = nearest(snapshots, wanted, kinds);
    let hint = match nearest.as_slice() {
        [] if snapshots.iter().all(|s| s.graph.linked.nodes.is_empty()) => format!(": nothing is ingested here yet. {HOW_TO_BEGIN}"),
        [] => ": GET /api/v1/lineage/search?q= finds names, parts of names and URNs".to_owned(),
        nearest => format!(". Did you mean {}?", nearest.join(", ")),
    };
    Error::NotFound(format!("{what} '{}' not found{hint}", shortened(wanted)))
}

/// Names nearest to `wanted`, a name or a URN, of these kinds or of all.
fn nearest(snapshots: &[Arc<Snapshot>], wanted: &str, kinds: &[Kind]) -> Vec<String> {
    let name = id::urn_name(wanted).unwrap_or(wanted);
    let hits = snapshots.iter().flat_map(|s| s.index.nearest(&s.graph, name, kinds, SUGGESTIONS).into_iter().map(move |hit| (s, hit)));
    // Several projects may have the same.
    let mut names: Vec<String> = Vec::new();
    for (snapshot, hit) in nearest_of_all(hits.collect(), SUGGESTIONS * snapshots.len()) {
        let name = format!("'{}'", shortened(&snapshot.graph.node(hit.node).name()));
        if names.len() < SUGGESTIONS && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Enough of a client's text to recognise it by.
fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    if text.chars().count() <= MOST { text.to_owned() } else { format!("{}…", text.chars().take(MOST).collect::<String>()) }
}
