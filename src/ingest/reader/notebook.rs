//! Jupyter notebooks: code cells as Python or SQL, Markdown cells as documents; every line is a line of the notebook's file.

use super::document;
use super::python::Script;
use crate::lineage::{Diagnostic, Facts, Severity};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Notebook<'a> {
    #[serde(borrow)]
    cells: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Cell<'a> {
    cell_type: String,
    #[serde(borrow)]
    source: &'a RawValue,
}

/// Reads a notebook: its cells are one script. A cell that is none costs that cell, and text that is not JSON the cells that it is in;
/// text without any cell is a diagnostic.
pub fn read(path: &str, text: &str, dialect: &str) -> Facts {
    let lines = super::Lines::of(text);
    let (mut diagnostics, mut torn) = (Vec::new(), false);
    let cells = match serde_json::from_str::<Notebook<'_>>(text) {
        Ok(notebook) => notebook.cells,
        Err(e) => {
            let cells = cells_of(text);
            let line = e.line().max(1) as u32;
            if cells.is_empty() {
                let diagnostics = vec![Diagnostic::new(line, Severity::Error, format!("Not a notebook: {e}"))];
                return Facts { diagnostics, ..Facts::default() };
            }
            let message = format!("Not JSON here, so that a cell or more is left out: {e}");
            diagnostics.push(Diagnostic::new(line, Severity::Error, message));
            torn = true;
            cells
        }
    };
    let (all, mut script) = (cells.len(), Script::new(path, dialect));
    for raw in cells {
        let read = serde_json::from_str::<Cell<'_>>(raw.get()).map_err(|e| e.to_string());
        let read = read.and_then(|cell| {
            let source = source(cell.source, text, &lines).ok_or("its source is no text")?;
            Ok((cell, source))
        });
        let (cell, (source, at)) = match read {
            Ok(read) => read,
            Err(e) => {
                let line = lines.line(offset(text, raw.get()));
                diagnostics.push(Diagnostic::new(line, Severity::Error, format!("Not a cell: {e}")));
                continue;
            }
        };
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
    let mut facts = script.finish();
    // What a lost cell held nobody can count: each counts as much as one that was read, and a break of the JSON as one.
    let broken = usize::from(torn);
    if all + broken > 0 {
        facts.coverage *= (all + broken - diagnostics.len()) as f32 / (all + broken) as f32;
    }
    facts.diagnostics.extend(diagnostics);
    facts
}

/// The cells of a notebook that is not JSON throughout, one cut short or badly merged: each that is JSON by itself. What cannot be read
/// is skipped up to where the next cell says that it is one.
fn cells_of(text: &str) -> Vec<&RawValue> {
    const FIRST_KEY: &str = "\"cell_type\"";
    /// How many times the text is read at most: every cell that is never closed is read to the end.
    const TIMES: usize = 8;
    let mut cells = Vec::new();
    let (mut at, mut read) = (0, 0);
    while let Some(key) = text[at..].find(FIRST_KEY).map(|found| at + found)
        && read <= TIMES * text.len()
    {
        // Only a blank stands between: cells are written with their keys in order.
        let start = text[at..key].trim_end().strip_suffix('{').map(|before| at + before.len());
        at = key + FIRST_KEY.len();
        let Some(start) = start else { continue };
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<&RawValue>();
        match values.next() {
            Some(Ok(cell)) => {
                at = start + values.byte_offset();
                cells.push(cell);
            }
            Some(Err(e)) => {
                let before = text[start..].split_inclusive('\n').take(e.line().saturating_sub(1));
                read += before.map(str::len).sum::<usize>() + e.column();
            }
            None => {}
        }
    }
    cells
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
    fn what_is_wrong_with_one_cell_costs_that_cell() {
        let cell = |sql: &str| format!("{{\"cell_type\": \"code\", \"source\": \"db.execute('{sql}')\"}}");
        let (one, two) = (cell("SELECT a FROM s.t"), cell("SELECT b FROM s.u"));
        for (cells, broken) in [
            (format!("{{\"cells\": [{one},\n{{\"source\": 3}},\n{two}]}}"), 2),
            (format!("{{\"cells\": [{one},\n{{\"cell_type\": \"code\", \"source\": {{}}}},\n{two}]}}"), 2),
            (format!("{{\"cells\": [{one},\n<<<<<<< HEAD\n{two}]}}"), 2),
            (format!("{{\"cells\": [{one},\n{two},\n{{\"cell_type\": \"code\", \"source\": \"db.exec"), 3),
        ] {
            let facts = read("nb.ipynb", &cells, "postgres");
            let reads: Vec<String> = facts.edges.iter().filter_map(|e| e.to.as_ref().map(ToString::to_string)).collect();
            assert_eq!(reads, ["s.t", "s.u"], "{cells}");
            assert_eq!(facts.diagnostics.iter().map(|d| (d.line, d.severity)).collect::<Vec<_>>(), [(broken, Severity::Error)], "{cells}");
            assert!(facts.coverage < 1.0, "{cells}");
        }
    }

    /// Were each read to the end, this would take an hour.
    #[test]
    fn a_notebook_of_cells_that_are_never_closed_is_read_a_few_times_and_no_more() {
        let broken = "{\"cell_type\":\"code\",\"source\":[";
        for torn in [broken.repeat(100_000), "\"cell_type\"".repeat(300_000)] {
            let facts = read("nb.ipynb", &format!("{{\"nbformat\":4,\"cells\":[{torn}"), "auto");
            assert_eq!((facts.diagnostics.len(), facts.diagnostics[0].severity), (1, Severity::Error));
        }
        let whole = "{\"cell_type\": \"code\", \"source\": \"db.execute('SELECT a FROM s.t')\"}";
        let facts = read("nb.ipynb", &format!("{{\"cells\": [\n{}{whole}", format!("{broken}}},").repeat(1_000)), "postgres");
        assert!(facts.edges.iter().any(|e| e.relation.as_str() == "READS"), "what is wrong at once costs next to nothing");
    }

    #[test]
    fn what_is_not_a_notebook_is_a_diagnostic_with_its_line() {
        let facts = read("nb.ipynb", "{\n\"cells\": [", "auto");
        assert_eq!((facts.diagnostics.len(), facts.diagnostics[0].severity), (1, Severity::Error));
    }
}
