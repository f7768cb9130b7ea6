//! Evidence as an answer carries it: nodes, edges and passages with their files and lines, each under an id the API resolves.

use super::Source;
use crate::graph::{EdgeIx, Evidence, NodeIx};
use crate::ingest::Snapshot;
use crate::lineage::{Kind, Relation};
use crate::search::Chunk;
use serde_json::{Map, Value, json};

/// `path:line` of the first place where `node` is defined.
pub fn place_of(snapshot: &Snapshot, node: NodeIx) -> Option<String> {
    place(snapshot, snapshot.graph.node(node).defined.first()?)
}

/// `path:line`.
pub fn place(snapshot: &Snapshot, evidence: &Evidence) -> Option<String> {
    Some(format!("{}:{}", snapshot.files.get(&*evidence.file_id)?.path, evidence.line))
}

/// A node as a source.
pub fn node_source(snapshot: &Snapshot, ix: NodeIx) -> Source {
    let node = snapshot.graph.node(ix);
    let note = match (node.kind, node.defined.len()) {
        (Kind::External, _) => format!("{} is mentioned and defined nowhere", node.name()),
        (Kind::Column, _) => format!("column {}", node.name()),
        (Kind::File, _) => format!("file {}", node.name()),
        (kind, 0 | 1) => format!("{} {}", words(kind), node.name()),
        (kind, n) => format!("{} {}, defined in {n} places", words(kind), node.name()),
    };
    let mut metadata = Map::new();
    metadata.insert("kind".into(), json!(node.kind.as_str()));
    metadata.insert("name".into(), json!(node.name()));
    source("graph", snapshot.graph.urn(ix), note, located(snapshot, snapshot.first_place(ix)), metadata)
}

/// What stands between a consumer and its source in a sentence.
fn between(relation: Relation) -> &'static str {
    match relation {
        Relation::Derives => "is made from",
        Relation::Reads => "reads",
        Relation::WrittenBy => "is written by",
        Relation::Calls => "calls",
        Relation::FiresOn => "fires on",
        Relation::References => "refers by a key to",
        Relation::ColumnOf => "is a column of",
        Relation::DefinedIn => "is defined in",
        Relation::Mentions => "mentions",
    }
}

/// An edge as a source.
pub fn edge_source(snapshot: &Snapshot, ix: EdgeIx) -> Source {
    let graph = &snapshot.graph;
    let edge = graph.edge(ix);
    let (from, to) = (graph.node(edge.from).name(), graph.node(edge.to).name());
    let mut metadata = Map::new();
    metadata.insert("relationship".into(), json!(edge.relation.as_str()));
    metadata.insert("confidence".into(), json!(edge.confidence));
    if let Some(expression) = &edge.transformation {
        metadata.insert("transformation".into(), json!(expression));
    }
    let note = format!("{from} {} {to}", between(edge.relation));
    source("graph", graph.edge_urn(ix), note, located(snapshot, edge.evidence.first()), metadata)
}

/// A passage as a source.
pub fn chunk_source(snapshot: &Snapshot, chunk: &Chunk, score: f32) -> Source {
    let mut metadata = Map::new();
    metadata.insert("file_id".into(), json!(chunk.file_id));
    if let Some(file) = snapshot.files.get(&*chunk.file_id) {
        metadata.insert("file_hash".into(), json!(file.hash));
    }
    Source {
        r#type: "chunk".into(),
        id: crate::id::urn(&snapshot.project, "chunk", &chunk.id),
        note: format!("passage of {}, lines {} to {}", chunk.path, chunk.line, chunk.line_end),
        file_path: Some(chunk.path.clone()),
        line_start: Some(chunk.line),
        line_end: Some(chunk.line_end),
        score: Some(score),
        text: Some(chunk.text.clone()),
        metadata,
    }
}

/// The text of the lines that `evidence` points at, from the passages of its file; `None` when the passages do not hold all of it.
pub fn text_of(snapshot: &Snapshot, evidence: &Evidence) -> Option<String> {
    let mut lines: Vec<Option<&str>> = vec![None; (evidence.line_end.checked_sub(evidence.line)? + 1) as usize];
    let around = |chunk: &&std::sync::Arc<Chunk>| chunk.line <= evidence.line_end && evidence.line <= chunk.line_end;
    for chunk in snapshot.passages_of(&evidence.file_id).iter().filter(around) {
        for (number, line) in (chunk.line..).zip(chunk.text.lines()) {
            if let Some(place) = number.checked_sub(evidence.line).and_then(|i| lines.get_mut(i as usize)) {
                *place = Some(line);
            }
        }
    }
    // Blank lines between passages belong to none of them.
    let (first, last) = (lines.first()?.is_some(), lines.last()?.is_some());
    (first && last).then(|| lines.into_iter().map(|l| l.unwrap_or("")).collect::<Vec<_>>().join("\n"))
}

/// The text of a file as its passages hold it, each line in its place.
pub fn whole_text(snapshot: &Snapshot, file_id: &str) -> String {
    let mut text = String::new();
    let mut at = 1;
    for chunk in snapshot.passages_of(file_id) {
        for (number, line) in (chunk.line..).zip(chunk.text.lines()) {
            // Passages may overlap.
            if number >= at {
                text.extend(std::iter::repeat_n('\n', (number - at) as usize));
                text.push_str(line);
                text.push('\n');
                at = number + 1;
            }
        }
    }
    text
}

/// `materialized view`, `table`, …
pub fn words(kind: Kind) -> String {
    kind.as_str().replace('_', " ")
}

/// `2 tables`, `1 view`, `3 files`.
pub fn counted(n: usize, kind: Kind) -> String {
    let noun = if kind == Kind::External { "undefined name".to_owned() } else { words(kind) };
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

fn located<'a>(snapshot: &'a Snapshot, evidence: Option<&Evidence>) -> Option<(&'a str, u32, u32)> {
    let evidence = evidence?;
    Some((&snapshot.files.get(&*evidence.file_id)?.path, evidence.line, evidence.line_end))
}

fn source(r#type: &str, id: String, note: String, place: Option<(&str, u32, u32)>, metadata: Map<String, Value>) -> Source {
    Source {
        r#type: r#type.into(),
        id,
        note,
        file_path: place.map(|p| p.0.to_owned()),
        line_start: place.map(|p| p.1),
        line_end: place.map(|p| p.2),
        score: None,
        text: None,
        metadata,
    }
}
