//! `headwater lineage`: lineage of files, folders or standard input, with no server and no store.

mod files;
mod show;

use crate::lineage::script::{ColumnRef, Script, follow};
use crate::lineage::{Facts, Severity};
use lexopt::prelude::{Long, Short, Value, ValueExt};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
Usage: headwater lineage [OPTIONS] PATH…      files, folders, or - for standard input
       headwater lineage --jsonl              a JSON object a line in, one a line out

SQL is read, and what surrounds it: Python, notebooks, dbt's manifest.json and catalog.json, CSV. In folders, files of these types
are taken (of JSON only dbt's, of CSV none); hidden folders and links to folders are passed over.

Options:
  --dialect D      dialect of the SQL (default: auto, by file)
  --schema FILE    JSON object {\"table\": [\"column\", …]}: expands * and settles unqualified columns
  --format F       text (default), json, dot, mermaid; svg is not drawn here: pipe dot through Graphviz
  --jsonl          read {id, sql, dialect, schema?} lines from standard input; --dialect and --schema hold for lines without
  -h, --help       this text

Exit code: 0 done, 1 a file could not be read or a statement not understood at all, 2 wrong usage.
";

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Text,
    Json,
    Dot,
    Mermaid,
}

struct Options {
    dialect: String,
    schema: BTreeMap<String, Vec<String>>,
    format: Option<Format>,
    jsonl: bool,
    paths: Vec<PathBuf>,
}

/// Runs the subcommand on the rest of the command line.
pub fn run(parser: lexopt::Parser) -> ExitCode {
    let options = match parse(parser) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("headwater lineage: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = if options.jsonl { jsonl(&options) } else { paths(&options) };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // The reader of our output has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("headwater lineage: {error}");
            ExitCode::from(1)
        }
    }
}

fn parse(mut parser: lexopt::Parser) -> Result<Option<Options>, String> {
    let mut options = Options { dialect: "auto".into(), schema: BTreeMap::new(), format: None, jsonl: false, paths: Vec::new() };
    while let Some(arg) = parser.next().map_err(|e| e.to_string())? {
        match arg {
            Long("help") | Short('h') => return Ok(None),
            Long("jsonl") => options.jsonl = true,
            Long("dialect") => {
                options.dialect = parser.value().and_then(|v| v.string()).map_err(|e| e.to_string())?;
                if !options.dialect.eq_ignore_ascii_case("auto") && crate::lineage::dialect::find(&options.dialect).is_none() {
                    let known: Vec<_> = crate::lineage::dialect::DIALECTS.iter().map(|d| d.id).collect();
                    return Err(format!("unknown dialect '{}'; known: auto, {}", options.dialect, known.join(", ")));
                }
            }
            Long("schema") => {
                let path = PathBuf::from(parser.value().map_err(|e| e.to_string())?);
                let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                options.schema =
                    serde_json::from_str(&text).map_err(|e| format!("{}: expected {{\"table\": [\"column\", …]}}: {e}", path.display()))?;
            }
            Long("format") => {
                options.format = Some(match parser.value().and_then(|v| v.string()).map_err(|e| e.to_string())?.as_str() {
                    "text" => Format::Text,
                    "json" => Format::Json,
                    "dot" => Format::Dot,
                    "mermaid" => Format::Mermaid,
                    "svg" => return Err("svg is not drawn here: use --format dot and pipe it through `dot -Tsvg`".into()),
                    other => return Err(format!("unknown format '{other}'; known: text, json, dot, mermaid")),
                });
            }
            Value(path) => options.paths.push(path.into()),
            other => return Err(other.unexpected().to_string()),
        }
    }
    if options.jsonl != options.paths.is_empty() {
        return Err(if options.jsonl { "--jsonl reads standard input and takes no paths" } else { "no path given" }.into());
    }
    if options.jsonl && options.format.is_some() {
        return Err("--jsonl has a form of its own and takes no --format".into());
    }
    Ok(Some(options))
}

/// One line in, one line out. A line that is no such object is answered with an error, so that order holds.
fn jsonl(options: &Options) -> std::io::Result<bool> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut good = true;
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = match serde_json::from_slice::<Case>(&line) {
            Ok(case) => {
                let dialect = case.dialect.as_deref().unwrap_or(&options.dialect);
                let script = follow(&case.sql, dialect, case.schema.as_ref().unwrap_or(&options.schema));
                answer(case.id, &script)
            }
            Err(error) => {
                good = false;
                let id = serde_json::from_slice::<Json>(&line).ok().and_then(|mut v| v.get_mut("id").map(Json::take));
                json!({"id": id, "error": format!("not an object {{id, sql, dialect, schema?}}: {error}")})
            }
        };
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(good)
}

#[derive(serde::Deserialize)]
struct Case {
    #[serde(default)]
    id: Json,
    sql: String,
    dialect: Option<String>,
    schema: Option<BTreeMap<String, Vec<String>>>,
}

fn answer(id: Json, script: &Script) -> Json {
    let pair = |c: &ColumnRef| json!([if c.table.is_empty() { Json::Null } else { json!(c.table) }, c.column]);
    json!({
        "id": id,
        "sources": script.sources,
        "targets": script.targets,
        "reads": script.reads,
        "writes": script.writes,
        "columns": script.columns.iter().map(|(s, t)| json!([pair(s), pair(t)])).collect::<Vec<_>>(),
        "read_columns": script.read_columns,
        "coverage": script.facts.coverage,
        "diagnostics": script.facts.diagnostics,
    })
}

fn paths(options: &Options) -> std::io::Result<bool> {
    let (found, mut complaints) = files::collect(&options.paths);
    let mut read = Vec::new();
    for path in found {
        match files::read(&path, &options.dialect, &options.schema) {
            Ok(file) => read.push(file),
            Err(message) => complaints.push(message),
        }
    }
    for message in &complaints {
        eprintln!("headwater lineage: {message}");
    }
    let failed = |facts: &Facts| facts.statements_failed() > 0 || facts.diagnostics.iter().any(|d| d.severity == Severity::Error);
    let good = complaints.is_empty() && !read.iter().any(|file| failed(&file.script.facts));
    let stdout = std::io::stdout().lock();
    let styled = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let mut out = std::io::BufWriter::new(stdout);
    match options.format.unwrap_or(Format::Text) {
        Format::Text => show::text(&mut out, &read, styled)?,
        Format::Json => show::json(&mut out, &read)?,
        Format::Dot => show::dot(&mut out, &read)?,
        Format::Mermaid => show::mermaid(&mut out, &read)?,
    }
    out.flush()?;
    Ok(good)
}
