//! Jupyter notebooks: code cells as Python or SQL, Markdown cells as documents; every line is a line of the notebook's file.

use super::{append, document, python, relocate};
use crate::lineage::{self, Diagnostic, Facts, Severity};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Notebook<'a> {
    #[serde(borrow)]
    cells: Vec<Cell<'a>>,
}

#[derive(Deserialize)]
struct Cell<'a> {
    cell_type: String,
    #[serde(borrow)]
    source: &'a RawValue,
}

/// Reads a notebook. JSON that is none is a diagnostic.
pub fn read(text: &str, dialect: &str) -> Facts {
    let notebook: Notebook<'_> = match serde_json::from_str(text) {
        Ok(notebook) => notebook,
        Err(e) => {
            let message = format!("Not a notebook: {e}");
            let diagnostics = vec![Diagnostic { line: e.line().max(1) as u32, message, severity: Severity::Error }];
            return Facts { diagnostics, ..Facts::default() };
        }
    };
    let lines = super::Lines::of(text);
    let mut facts = Facts { coverage: 1.0, ..Facts::default() };
    let mut code = (0.0, 0.0);
    for cell in &notebook.cells {
        let Some((source, at)) = source(cell.source, text, &lines) else { continue };
        let line_of = |line: u32| at.get(line.saturating_sub(1) as usize).or(at.last()).copied().unwrap_or(1);
        let found = match (cell.cell_type.as_str(), sql_magic(&source)) {
            ("code", Some(sql)) => {
                let mut found = lineage::analyze(&sql, dialect);
                let span = offset(text, cell.source.get());
                relocate(&mut found, &line_of, (span as u32, (span + cell.source.get().len()) as u32));
                found
            }
            ("code", None) => python::read(&source, dialect, &line_of),
            ("markdown", _) => document::read(&source, &line_of),
            _ => continue,
        };
        if !found.statements.is_empty() {
            code.0 += source.len() as f32;
            code.1 += source.len() as f32 * found.coverage;
        }
        append(&mut facts, found);
    }
    if code.0 > 0.0 {
        facts.coverage = code.1 / code.0;
    }
    facts
}

/// A cell's text, and the file's line of each of its lines: `source` is one string, or a list with a string a line.
fn source(raw: &RawValue, text: &str, lines: &super::Lines) -> Option<(String, Vec<u32>)> {
    let pieces: Vec<(String, u32)> = match serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
        Ok(pieces) => pieces
            .into_iter()
            .filter_map(|piece| Some((serde_json::from_str(piece.get()).ok()?, lines.line(offset(text, piece.get())))))
            .collect(),
        Err(_) => vec![(serde_json::from_str(raw.get()).ok()?, lines.line(offset(text, raw.get())))],
    };
    let mut joined = String::new();
    let mut at = Vec::new();
    for (piece, line) in pieces {
        if joined.is_empty() || joined.ends_with('\n') {
            at.push(line);
        }
        let ends = piece.matches('\n').count() - usize::from(piece.ends_with('\n'));
        at.extend(std::iter::repeat_n(line, ends));
        joined.push_str(&piece);
    }
    Some((joined, at))
}

/// Where `part`, a slice of `whole`, begins in it.
fn offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len())
}

/// The SQL of a cell that begins with `%%sql` or `%sql`, the magic's line left blank so that lines stay.
fn sql_magic(source: &str) -> Option<String> {
    let trimmed = source.trim_start();
    let rest = trimmed.strip_prefix("%%sql").or_else(|| trimmed.strip_prefix("%sql"))?;
    let above = &source[..source.len() - trimmed.len()];
    // `%%sql postgresql://…` names a connection on the magic's own line.
    let (first, below) = rest.split_once('\n').unwrap_or((rest, ""));
    let first = if first.contains("://") { "" } else { first };
    Some(format!("{above}{first}\n{below}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_with_the_lines_of_the_file() {
        let text = r##"{"cells": [
  {"cell_type": "markdown", "source": ["Reads `s.t`\n"]},
  {"cell_type": "code", "source": [
    "import x\n",
    "df = pd.read_sql('SELECT a FROM s.t', c)\n",
    "df.to_sql('m', c)"
  ]},
  {"cell_type": "code", "source": "%%sql\nSELECT b FROM s.u"}
]}"##;
        let facts = read(text, "postgres");
        let found: Vec<_> = facts.edges.iter().map(|e| (e.relation.as_str(), e.line)).collect();
        assert_eq!(found, [("MENTIONS", 2), ("READS", 5), ("WRITTEN_BY", 6), ("DERIVES", 6), ("READS", 8)]);
    }

    #[test]
    fn what_is_not_a_notebook_is_a_diagnostic_with_its_line() {
        let facts = read("{\n\"cells\": [", "auto");
        assert_eq!((facts.diagnostics.len(), facts.diagnostics[0].severity), (1, Severity::Error));
    }
}
