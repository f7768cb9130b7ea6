//! A file's text line by line, in parts that a page shows in colours.

use super::{Error, Request, Response, respond, route::Param};
use crate::ingest::reader::{self, FileType};
use crate::lineage::highlight::{Class, Part, parts};
use crate::store::{Store, files};
use serde::Serialize;

/// Most lines of one answer.
const MAX_LINES: i64 = 5_000;
/// Longest line shown in full: one line may be a whole dump.
const MAX_LINE_BYTES: usize = 4_000;
/// Largest file whose parts are told apart: some tens of milliseconds.
const MAX_READ_BYTES: usize = 2 << 20;

/// Query parameters.
pub const QUERY: &[Param] = &[
    Param::optional("from", "integer", "The first line, from 1 (1)").within(1, u32::MAX as i64),
    Param::optional("limit", "integer", "At most so many lines, 1 to 5000 (5000)").within(1, MAX_LINES),
];

/// Lines of a file.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "FileLines")]
pub struct Lines {
    file_id: String,
    file_path: String,
    /// Number of the first line here, from 1.
    from: usize,
    /// How many lines the file has.
    total: usize,
    /// Each line in parts, each `[what it is, its text]`; null for what is nothing in particular. Lines over 4,000 bytes are cut.
    lines: Vec<Vec<(Option<Class>, String)>>,
}

/// `GET /api/v1/files/{id}/lines`: A file's lines, its SQL told apart by tokens.
pub async fn lines(store: &Store, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    let mut query = req.query();
    let from = query.integer("from", 1, 1, i64::from(u32::MAX)) as usize;
    let limit = query.integer("limit", MAX_LINES, 1, MAX_LINES) as usize;
    query.finish()?;
    let (row, bytes) = store.read(move |conn| Ok((files::get(conn, &id)?, files::bytes(conn, &id)?))).await?;
    respond::worked(move || {
        let text = reader::text(&bytes);
        let sql = FileType::of(&row.path) == FileType::Sql && text.len() <= MAX_READ_BYTES;
        let found = if sql { parts(&text, if row.dialect.is_empty() { "auto" } else { &row.dialect }) } else { Vec::new() };
        let lines = split(&text, &found, from, limit);
        Ok(Lines { file_id: row.id, file_path: row.path, from, total: text.lines().count(), lines })
    })
    .await
}

/// Lines `from` to `from + limit`, cut where parts begin and end.
fn split(text: &str, parts: &[Part], from: usize, limit: usize) -> Vec<Vec<(Option<Class>, String)>> {
    let mut start = 0;
    let mut parts = parts.iter().peekable();
    let mut out = Vec::new();
    for (at, whole) in text.split_inclusive('\n').enumerate().take(from - 1 + limit) {
        let end = start + whole.trim_end_matches(['\n', '\r']).len();
        let cut = start + text[start..end].floor_char_boundary(MAX_LINE_BYTES);
        let mut line = Vec::new();
        let mut done = start;
        // A part may reach over several lines.
        while let Some(part) = parts.peek().filter(|part| part.start < end) {
            let (first, last) = (part.start.clamp(done, cut), part.end.clamp(done, cut));
            push(&mut line, None, &text[done..first]);
            push(&mut line, Some(part.class), &text[first..last]);
            done = last;
            if part.end > end {
                break;
            }
            parts.next();
        }
        push(&mut line, None, &text[done..cut]);
        if cut < end {
            push(&mut line, None, "…");
        }
        start += whole.len();
        if at + 1 >= from {
            out.push(line);
        }
    }
    out
}

fn push(line: &mut Vec<(Option<Class>, String)>, class: Option<Class>, text: &str) {
    if !text.is_empty() {
        line.push((class, text.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_where_parts_are_and_say_all_of_the_text() {
        let text = "SELECT 1 -- é\r\n/* two\nlines */ x\n\ntail";
        let found = parts(text, "postgres");
        let shown = |from, limit| {
            let lines = split(text, &found, from, limit);
            let part = |(class, text): &(Option<Class>, String)| match class {
                Some(class) => format!("[{}{text}]", &format!("{class:?}")[..1]),
                None => text.clone(),
            };
            lines.iter().map(|line| line.iter().map(part).collect::<String>()).collect::<Vec<_>>().join("|")
        };
        assert_eq!(shown(1, 9), "[KSELECT] [N1] [C-- é]|[C/* two]|[Clines */] x||tail");
        assert_eq!(shown(3, 2), "[Clines */] x|");
        let long = "é".repeat(MAX_LINE_BYTES);
        assert_eq!(split(&long, &[], 1, 1)[0][0].1.len(), MAX_LINE_BYTES);
    }
}
