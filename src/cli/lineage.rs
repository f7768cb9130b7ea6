//! `headwater lineage`: lineage of files, folders or standard input, with no server and no store.

pub mod files;
mod picture;
mod show;

use super::command::{Command, DIALECT, Group, Operand, Opt, Run, Takes};
use super::terminal::{Style, aside};
use super::{Arguments, Failure, Outcome, walk};
use crate::lineage::script::{ColumnRef, Script, follow};
use crate::lineage::{Facts, Severity};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::PathBuf;

/// Lineage of files.
pub const COMMAND: Command = Command {
    name: "lineage",
    group: Group::Local,
    summary: "lineage of files, folders or standard input",
    about: "SQL is read, and what surrounds it: Python, notebooks, dbt's manifest.json and catalog.json, CSV. In folders, files of these \
            types are taken (of JSON only dbt's, of CSV none); hidden folders, node_modules and the like, and links to folders are passed over. \
            The columns of tables and views of one file are known in all; a query below models/ or snapshots/ that has templates is the dbt \
            model of its file's name.\n\n\
            Exit code 1 also when a statement was not understood at all.",
    operand: Some(Operand { shown: "PATH…|-", takes: Takes::Path, least: 0, most: usize::MAX }),
    options: &[
        DIALECT,
        Opt::value("schema", "FILE", Takes::Path, "JSON object {\"table\": [\"column\", …]}: expands * and settles unqualified columns"),
        Opt::value(
            "format",
            "F",
            Takes::OneOf(&["text", "json", "svg", "mermaid", "dot"]),
            "text (default), json, svg (a picture), mermaid or dot (Graphviz)",
        ),
        Opt::flag(
            "jsonl",
            "read {id, sql, dialect, schema?} lines from standard input, answer each with one; --dialect and --schema hold for lines without",
        ),
    ],
    examples: &[
        ("Where do the tables of a folder come from?", "headwater lineage models/"),
        ("One statement", "echo 'insert into s select a from t' | headwater lineage -"),
        ("A picture", "headwater lineage --format svg models/ > lineage.svg"),
        ("A picture for a pull request", "headwater lineage --format mermaid models/"),
        ("For a program", "headwater lineage --format json --dialect snowflake etl.sql | jq .tables"),
    ],
    run: Run::Here(run),
};

struct Options {
    dialect: String,
    schema: BTreeMap<String, Vec<String>>,
}

fn run(arguments: &Arguments) -> Outcome {
    let (jsonl, paths) = (arguments.flag("jsonl"), arguments.operands());
    let wrong = match (jsonl, paths) {
        (true, [_, ..]) => Some("--jsonl reads standard input and takes no paths"),
        (true, []) if arguments.text("format").is_some() => Some("--jsonl has a form of its own and takes no --format"),
        (false, []) => Some("PATH is missing: name files or folders, or - for standard input"),
        _ => None,
    };
    if let Some(wrong) = wrong {
        return Err(Failure::Usage(wrong.into()));
    }
    let schema = match arguments.text("schema") {
        Some(path) => schema(path).map_err(Failure::Usage)?,
        None => BTreeMap::new(),
    };
    let options = Options { dialect: arguments.text("dialect").unwrap_or("auto").to_owned(), schema };
    if jsonl { answer_lines(&options) } else { answer_paths(&options, paths, arguments.text("format").unwrap_or("text")) }
}

fn schema(path: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?;
    serde_json::from_str(&text).map_err(|e| format!("{path}: expected {{\"table\": [\"column\", …]}}: {e}"))
}

/// One line in, one line out. A line that is no such object is answered with an error, so that order holds.
fn answer_lines(options: &Options) -> Outcome {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut good = true;
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line?;
        // A struct is also read from a list.
        let case = match line.trim_ascii().first() {
            Some(b'{') => serde_json::from_slice::<Case>(&line).map_err(|e| format!(": {e}")),
            _ => Err(String::new()),
        };
        let answer = match case {
            Ok(case) => {
                let dialect = case.dialect.as_deref().unwrap_or(&options.dialect);
                let script = follow(&case.sql, dialect, case.schema.as_ref().unwrap_or(&options.schema));
                answer(case.id, &script)
            }
            Err(error) => {
                good = false;
                let id = serde_json::from_slice::<Json>(&line).ok().and_then(|mut v| v.get_mut("id").map(Json::take));
                json!({"id": id, "error": format!("not an object {{id, sql, dialect, schema?}}{error}")})
            }
        };
        serde_json::to_writer(&mut out, &answer).map_err(std::io::Error::from)?;
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

fn answer_paths(options: &Options, paths: &[PathBuf], format: &str) -> Outcome {
    let walk::Found { files, mut complaints } = walk::collect(paths, false, &files::wanted);
    let mut given = Vec::new();
    for (_, path) in files {
        match files::bytes_of(&path) {
            Ok(bytes) => given.push((path.display().to_string(), bytes)),
            Err(message) => complaints.push(message),
        }
    }
    if given.is_empty() && complaints.is_empty() {
        aside("headwater lineage: nothing was read: of folders, SQL, Python, notebooks and dbt's manifest.json and catalog.json are");
    }
    let read = files::read(&given, &options.dialect, &options.schema);
    for message in &complaints {
        aside(&format!("headwater lineage: {message}"));
    }
    let failed = |facts: &Facts| facts.statements_failed() > 0 || facts.diagnostics.iter().any(|d| d.severity == Severity::Error);
    let good = complaints.is_empty() && !read.iter().any(|file| failed(&file.script.facts));
    let stdout = std::io::stdout().lock();
    let style = Style::of(&stdout);
    let mut out = std::io::BufWriter::new(stdout);
    match format {
        "json" => show::json(&mut out, &read)?,
        "dot" => show::dot(&mut out, &read)?,
        "mermaid" => show::mermaid(&mut out, &read)?,
        "svg" => out.write_all(picture::svg_of(read).map_err(Failure::Failed)?.as_bytes())?,
        _ => show::text(&mut out, &read, style)?,
    }
    out.flush()?;
    Ok(good)
}
