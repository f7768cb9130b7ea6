//! What an edge rests on: the places that state it, with their text.

use super::super::{Error, wire};
use crate::graph::EdgeIx;
use crate::ingest::{Snapshot, reader};
use crate::store::{Store, files};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

/// Most places of one answer: an edge stated more often is beyond doubt.
const MAX_PLACES: usize = 50;
/// Most lines of text of one place: a long procedure is read in its file.
const MAX_LINES: usize = 200;

/// An edge, its ends and what it rests on.
#[derive(Serialize, schemars::JsonSchema)]
pub struct EdgeDetail {
    edge: wire::Edge,
    /// The consumer.
    source: wire::Node,
    /// What it consumes.
    target: wire::Node,
    /// Places that state the edge; empty for edges made by hand.
    evidence: Vec<Place>,
}

/// A place in a file.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Place {
    file_id: String,
    file_path: Option<String>,
    /// SHA-256 of the file's bytes.
    file_hash: Option<String>,
    /// 1-based.
    line_start: u32,
    /// 1-based.
    line_end: u32,
    /// The lines themselves, at most two hundred; null when the file went away meanwhile.
    text: Option<String>,
}

/// The edge with its evidence; texts come from the store.
pub async fn of_edge(store: &Store, snapshot: Arc<Snapshot>, ix: EdgeIx) -> Result<EdgeDetail, Error> {
    let edge = snapshot.graph.edge(ix);
    let places: Vec<_> = edge.evidence.iter().take(MAX_PLACES).cloned().collect();
    let wanted = places.clone();
    let texts = store
        .read(move |conn| {
            let mut texts: HashMap<Arc<str>, String> = HashMap::new();
            for place in wanted {
                if !texts.contains_key(&place.file_id) {
                    match files::bytes(conn, &place.file_id) {
                        Ok(bytes) => drop(texts.insert(place.file_id.clone(), reader::text(&bytes))),
                        Err(crate::store::Error::NotFound(..)) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            Ok(texts)
        })
        .await?;
    let evidence = places.iter().map(|place| {
        let file = wire::file(&snapshot, place);
        Place {
            file_id: place.file_id.to_string(),
            file_path: file.map(|f| f.path.clone()),
            file_hash: file.map(|f| f.hash.clone()),
            line_start: place.line,
            line_end: place.line_end,
            text: texts.get(&place.file_id).map(|text| lines(text, place.line, place.line_end)),
        }
    });
    Ok(EdgeDetail {
        evidence: evidence.collect(),
        source: wire::node(&snapshot, edge.from),
        target: wire::node(&snapshot, edge.to),
        edge: wire::edge(&snapshot, ix),
    })
}

/// Lines `first` to `last`, 1-based, both included.
fn lines(text: &str, first: u32, last: u32) -> String {
    let skipped = first.saturating_sub(1) as usize;
    let wanted = (last.max(first) - first + 1) as usize;
    text.lines().skip(skipped).take(wanted.min(MAX_LINES)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn lines_are_counted_from_one_and_both_ends_belong() {
        let text = "a\r\nb\nc\n";
        for (first, last, want) in [(1, 1, "a"), (1, 2, "a\nb"), (2, 3, "b\nc"), (3, 9, "c"), (9, 9, ""), (2, 1, "b")] {
            assert_eq!(lines(text, first, last), want, "{first}..{last}");
        }
    }
}
