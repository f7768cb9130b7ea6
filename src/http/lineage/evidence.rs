//! What an edge or a source of an answer rests on: the places that state it, with their text.

use super::super::locate::Cited;
use super::super::wire;
use crate::graph::{EdgeIx, Evidence};
use crate::ingest::{Snapshot, reader};
use crate::store::{self, files};
use rusqlite::Connection;
use serde::Serialize;

/// Most places of one answer: an edge stated more often is beyond doubt.
const MAX_PLACES: usize = 50;
/// Most lines of text of one place: a long procedure is read in its file.
const MAX_LINES: usize = 200;
/// Most bytes of text of one place: a file may be one line.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// An edge, its ends and what it rests on.
#[derive(Serialize, schemars::JsonSchema)]
pub struct EdgeDetail<'a> {
    edge: wire::Edge<'a>,
    /// The consumer.
    source: wire::Node<'a>,
    /// What it consumes.
    target: wire::Node<'a>,
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
    /// The lines themselves, at most two hundred and 64 KiB; null when the file went away meanwhile.
    text: Option<String>,
    /// Whether these limits cut the text: it is the beginning of the lines.
    truncated: bool,
}

/// What a source of an answer rests on.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Rests {
    /// The id asked for.
    id: String,
    /// `node`, `edge` or `chunk`.
    r#type: &'static str,
    /// Places that define the node, state the edge or are the passage; of what nothing defines, those that name it. Empty for what was made by hand.
    evidence: Vec<Place>,
}

/// The edge with its evidence.
pub fn of_edge<'a>(conn: &Connection, snapshot: &'a Snapshot, ix: EdgeIx) -> store::Result<EdgeDetail<'a>> {
    let edge = snapshot.graph.edge(ix);
    Ok(EdgeDetail {
        evidence: places(conn, snapshot, &Vec::from_iter(&edge.evidence))?,
        source: wire::node(snapshot, edge.from),
        target: wire::node(snapshot, edge.to),
        edge: wire::edge(snapshot, ix),
    })
}

/// What the source `id` rests on.
pub fn of_cited(conn: &Connection, snapshot: &Snapshot, id: String, cited: &Cited) -> store::Result<Rests> {
    let (r#type, evidence) = match cited {
        Cited::Node(ix) => ("node", places(conn, snapshot, &snapshot.places(*ix))?),
        Cited::Edge(ix) => ("edge", places(conn, snapshot, &Vec::from_iter(&snapshot.graph.edge(*ix).evidence))?),
        Cited::Passage(chunk) => {
            let stated = Evidence { file_id: chunk.file_id.as_str().into(), line: chunk.line, line_end: chunk.line_end };
            ("chunk", vec![place(snapshot, &stated, Some((chunk.text.clone(), false)))])
        }
    };
    Ok(Rests { id, r#type, evidence })
}

/// The places with their texts, which come from the store, one file at a time.
fn places(conn: &Connection, snapshot: &Snapshot, stated: &[&Evidence]) -> store::Result<Vec<Place>> {
    let stated = &stated[..stated.len().min(MAX_PLACES)];
    let mut texts: Vec<Option<(String, bool)>> = vec![None; stated.len()];
    for (at, place) in stated.iter().enumerate() {
        if stated[..at].iter().any(|earlier| earlier.file_id == place.file_id) {
            continue;
        }
        let whole = match files::bytes(conn, &place.file_id) {
            Ok(bytes) => reader::text(&bytes),
            Err(store::Error::NotFound(..)) => continue,
            Err(error) => return Err(error),
        };
        for (text, place) in texts.iter_mut().zip(stated).filter(|(_, other)| other.file_id == place.file_id) {
            *text = Some(lines(&whole, place.line, place.line_end));
        }
    }
    Ok(stated.iter().zip(texts).map(|(stated, text)| place(snapshot, stated, text)).collect())
}

fn place(snapshot: &Snapshot, stated: &Evidence, text: Option<(String, bool)>) -> Place {
    let (text, truncated) = text.map_or((None, false), |(text, truncated)| (Some(text), truncated));
    let file = wire::file(snapshot, stated);
    Place {
        file_id: stated.file_id.to_string(),
        file_path: file.map(|f| f.path.clone()),
        file_hash: file.map(|f| f.hash.clone()),
        line_start: stated.line,
        line_end: stated.line_end,
        text,
        truncated,
    }
}

/// Lines `first` to `last`, 1-based, both included, as far as the limits go, and whether these cut them.
fn lines(text: &str, first: u32, last: u32) -> (String, bool) {
    let skipped = first.saturating_sub(1) as usize;
    let wanted = (last.max(first) - first + 1) as usize;
    let mut lines = text.lines().skip(skipped).take(wanted);
    let mut kept = lines.by_ref().take(MAX_LINES).collect::<Vec<_>>().join("\n");
    let cut = lines.next().is_some() || kept.len() > MAX_TEXT_BYTES;
    kept.truncate(kept.floor_char_boundary(MAX_TEXT_BYTES));
    (kept, cut)
}

#[cfg(test)]
mod tests {
    use super::{MAX_LINES, MAX_TEXT_BYTES, lines};

    #[test]
    fn lines_are_counted_from_one_and_both_ends_belong() {
        let text = "a\r\nb\nc\n";
        for (first, last, want) in [(1, 1, "a"), (1, 2, "a\nb"), (2, 3, "b\nc"), (3, 9, "c"), (9, 9, ""), (2, 1, "b")] {
            assert_eq!(lines(text, first, last), (want.to_owned(), false), "{first}..{last}");
        }
    }

    #[test]
    fn a_file_of_one_line_is_cut_between_characters() {
        let line = "é".repeat(MAX_TEXT_BYTES);
        let (text, cut) = lines(&format!("x{line}"), 1, 1);
        assert_eq!((text.len(), cut), (MAX_TEXT_BYTES - 1, true));
    }

    #[test]
    fn more_lines_than_are_given_are_said_to_be_cut() {
        let text = "a\n".repeat(MAX_LINES + 1);
        for (last, cut) in [(MAX_LINES, false), (MAX_LINES + 1, true)] {
            assert_eq!(lines(&text, 1, last as u32).1, cut, "{last}");
        }
    }
}
