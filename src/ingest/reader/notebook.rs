//! Jupyter notebooks: code cells as Python or SQL, Markdown cells as documents; every line is a line of the notebook's file.

use super::document;
use super::python::Script;
use crate::lineage::{Diagnostic, Facts, Severity};
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

/// Reads a notebook: its cells are one script. JSON that is none is a diagnostic.
pub fn read(path: &str, text: &str, dialect: &str) -> Facts {
    let notebook: Notebook<'_> = match serde_json::from_str(text) {
        Ok(notebook) => notebook,
        Err(e) => {
            let message = format!("Not a notebook: {e}");
            let diagnostics = vec![Diagnostic { line: e.line().max(1) as u32, message, severity: Severity::Error }];
            return Facts { diagnostics, ..Facts::default() };
        }
    };
    let lines = super::Lines::of(text);
    let mut script = Script::new(path, dialect);
    for cell in &notebook.cells {
        let Some((source, at)) = source(cell.source, text, &lines) else { continue };
        let line_of = |line: u32| at.get(line.saturating_sub(1) as usize).or(at.last()).copied().unwrap_or(1);
        match cell.cell_type.as_str() {
            "code" => match sql_cell(&source) {
                Some((sql, name)) => script.sql(&sql, &line_of, (0, 0), name),
                None => script.cell(&without_magic(&source), &line_of, None),
            },
            "markdown" => script.extend(document::read(&source, &line_of)),
            _ => {}
        }
    }
    script.finish()
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

/// Magics whose whole cell is SQL.
const SQL_MAGICS: [&str; 6] = ["sql", "bigquery", "sparksql", "duckdb", "read_sql", "dml"];

/// The SQL of a cell that is all SQL, and the variable its rows go to. The magic's own words are left out; lines stay.
fn sql_cell(source: &str) -> Option<(String, Option<&str>)> {
    let trimmed = source.trim_start();
    let above = &source[..source.len() - trimmed.len()];
    let (first, below) = trimmed.split_once('\n').unwrap_or((trimmed, ""));
    // Databricks writes one `%`, with the query below.
    let words = first.strip_prefix("%%").or_else(|| first.strip_prefix('%').filter(|f| f.trim() == "sql"))?;
    let magic = words.split_whitespace().next().filter(|m| SQL_MAGICS.contains(m))?;
    let words = words[magic.len()..].trim();
    // Options, a connection (`postgresql://…`, its name) and `name <<` are no SQL.
    let options = magic != "sql" || words.starts_with('-') || words.contains("://") || words.ends_with("<<") || !words.contains(' ');
    let name = match magic {
        "bigquery" => words.split_whitespace().next().filter(|w| !w.starts_with('-')),
        _ => words.strip_suffix("<<").map(str::trim),
    };
    Some((format!("{above}{}\n{below}", if options { "" } else { words }), name))
}

/// A cell of Python: lines of magics and of the shell are left blank, but SQL of one line is a call.
fn without_magic(source: &str) -> String {
    let line = |line: &str| {
        let code = line.trim_start();
        let (before, magic) = code.split_once("%sql ").unwrap_or(("", ""));
        if !magic.is_empty() && (before.is_empty() || before.trim_end().ends_with('=')) && !magic.contains("'''") {
            let indent = &line[..line.len() - code.len()];
            return format!("{indent}{before}sql(f'''{}''')", magic.trim_end());
        }
        if code.starts_with(['%', '!', '?']) { String::new() } else { line.to_owned() }
    };
    source.split('\n').map(line).collect::<Vec<_>>().join("\n")
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
        let facts = read("nb.ipynb", text, "postgres");
        let found: std::collections::BTreeSet<_> = facts.edges.iter().map(|e| (e.line, e.relation.as_str())).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [(2, "MENTIONS"), (5, "DERIVES"), (5, "READS"), (6, "WRITTEN_BY"), (8, "READS")]);
    }

    #[test]
    fn what_is_not_a_notebook_is_a_diagnostic_with_its_line() {
        let facts = read("nb.ipynb", "{\n\"cells\": [", "auto");
        assert_eq!((facts.diagnostics.len(), facts.diagnostics[0].severity), (1, Severity::Error));
    }
}
