//! `headwater lineage`: lineage of files, folders or standard input, with no server and no store.

use crate::lineage::script::{ColumnRef, Script, follow};
use crate::lineage::{Output, Statement};
use lexopt::prelude::{Long, Short, Value, ValueExt};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: headwater lineage [OPTIONS] PATH…      files, folders (their .sql and .ddl files), or - for standard input
       headwater lineage --jsonl              a JSON object a line in, one a line out

Options:
  --dialect D      dialect of the SQL (default: auto)
  --schema FILE    JSON object {\"table\": [\"column\", …]}: expands * and settles unqualified columns
  --format F       text (default), json, dot, mermaid; svg is not drawn here: pipe dot through Graphviz
  --jsonl          read {id, sql, dialect, schema?} lines from standard input
  -h, --help       this text

Exit code: 0 done, 1 a file could not be read or a statement not understood at all, 2 wrong usage.
";

/// Bytes of one file; the same as the default limit of an upload.
const MAX_FILE: u64 = 50 * 1024 * 1024;

/// Depth of folders walked: a link that leads back to itself must end.
const MAX_FOLDERS: usize = 32;

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
    format: Format,
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
    let done = if options.jsonl { jsonl() } else { paths(&options) };
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
    let mut options = Options { dialect: "auto".into(), schema: BTreeMap::new(), format: Format::Text, jsonl: false, paths: Vec::new() };
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
                options.format = match parser.value().and_then(|v| v.string()).map_err(|e| e.to_string())?.as_str() {
                    "text" => Format::Text,
                    "json" => Format::Json,
                    "dot" => Format::Dot,
                    "mermaid" => Format::Mermaid,
                    "svg" => return Err("svg is not drawn here: use --format dot and pipe it through `dot -Tsvg`".into()),
                    other => return Err(format!("unknown format '{other}'; known: text, json, dot, mermaid")),
                }
            }
            Value(path) => options.paths.push(path.into()),
            other => return Err(other.unexpected().to_string()),
        }
    }
    if options.jsonl != options.paths.is_empty() {
        return Err(if options.jsonl { "--jsonl reads standard input and takes no paths" } else { "no path given" }.into());
    }
    Ok(Some(options))
}

/// One line in, one line out. A line that is no such object is answered with an error, so that order holds.
fn jsonl() -> std::io::Result<bool> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut good = true;
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = match serde_json::from_slice::<Case>(&line) {
            Ok(case) => {
                let script = follow(&case.sql, case.dialect.as_deref().unwrap_or("auto"), &case.schema.unwrap_or_default());
                answer(case.id, &script)
            }
            Err(error) => {
                good = false;
                json!({"id": null, "error": format!("not an object {{id, sql, dialect, schema?}}: {error}")})
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
    let mut good = true;
    let mut files = Vec::new();
    for path in &options.paths {
        if let Err(message) = collect(path, 0, &mut files) {
            eprintln!("headwater lineage: {message}");
            good = false;
        }
    }
    let mut scripts = Vec::new();
    for path in files {
        match read(&path) {
            Ok(text) => {
                let script = follow(&text, &options.dialect, &options.schema);
                good &= script.facts.statements_failed() == 0;
                scripts.push((path.display().to_string(), script));
            }
            Err(message) => {
                eprintln!("headwater lineage: {message}");
                good = false;
            }
        }
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match options.format {
        Format::Text => write_text(&mut out, &scripts)?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &report(&scripts))?;
            writeln!(out)?;
        }
        Format::Dot => write_graph(&mut out, &scripts, true)?,
        Format::Mermaid => write_graph(&mut out, &scripts, false)?,
    }
    out.flush()?;
    Ok(good)
}

fn collect(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), String> {
    if path.as_os_str() == "-" || !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    if depth > MAX_FOLDERS {
        return Err(format!("{}: folders nest deeper than {MAX_FOLDERS}", path.display()));
    }
    let entries = std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut entries: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    entries.sort();
    for entry in entries {
        let sql =
            entry.extension().and_then(|e| e.to_str()).is_some_and(|e| e.eq_ignore_ascii_case("sql") || e.eq_ignore_ascii_case("ddl"));
        if entry.is_dir() || sql {
            collect(&entry, depth + 1, files)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let fail = |e: std::io::Error| format!("{}: {e}", path.display());
    let limit = MAX_FILE + 1;
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(fail)?;
    } else {
        std::fs::File::open(path).map_err(fail)?.take(limit).read_to_end(&mut bytes).map_err(fail)?;
    }
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!("{}: larger than {} MiB", path.display(), MAX_FILE >> 20));
    }
    Ok(decode(bytes))
}

/// UTF-8, or UTF-16 with a byte order mark, as SQL Server's tools write it; what is neither is replaced.
fn decode(bytes: Vec<u8>) -> String {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|c| unit([c[0], c[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes.get(..2) {
        Some([0xff, 0xfe]) => wide(u16::from_le_bytes),
        Some([0xfe, 0xff]) => wide(u16::from_be_bytes),
        _ => String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
    }
}

fn report(scripts: &[(String, Script)]) -> Json {
    let files: Vec<Json> = scripts
        .iter()
        .map(|(path, script)| {
            json!({
                "path": path,
                "dialect": script.facts.dialect,
                "coverage": script.facts.coverage,
                "statements": script.facts.statements.iter().map(statement).collect::<Vec<_>>(),
                "diagnostics": script.facts.diagnostics,
            })
        })
        .collect();
    let (sources, targets, intermediate) = together(scripts);
    let column = |c: &ColumnRef| json!({"table": c.table, "column": c.column});
    let columns: BTreeSet<&(ColumnRef, ColumnRef)> = scripts.iter().flat_map(|(_, s)| &s.columns).collect();
    json!({
        "files": files,
        "tables": {"sources": sources, "targets": targets, "intermediate": intermediate},
        "columns": columns.into_iter().map(|(s, t)| json!({"source": column(s), "target": column(t)})).collect::<Vec<_>>(),
    })
}

/// Sources, targets and intermediates over several files.
fn together(scripts: &[(String, Script)]) -> (BTreeSet<&str>, BTreeSet<&str>, BTreeSet<&str>) {
    let all =
        |pick: fn(&Script) -> &Vec<String>| -> BTreeSet<&str> { scripts.iter().flat_map(|(_, s)| pick(s)).map(String::as_str).collect() };
    let (sources, targets, mut middle) = (all(|s| &s.sources), all(|s| &s.targets), all(|s| &s.intermediate));
    if let [_] = scripts {
        return (sources, targets, middle);
    }
    middle.extend(sources.intersection(&targets));
    (sources.difference(&middle).copied().collect(), targets.difference(&middle).copied().collect(), middle)
}

fn statement(statement: &Statement) -> Json {
    let mut columns = Vec::new();
    for projection in &statement.projections {
        for branch in &projection.branches {
            for (at, output) in branch.iter().enumerate() {
                let (name, sources, expression) = match output {
                    Output::Column { name, sources, expression, .. } => {
                        let list: Vec<Json> = sources
                            .iter()
                            .flat_map(|s| {
                                s.tables.iter().map(|t| json!({"table": t.to_string(), "column": s.column, "subtype": s.subtype}))
                            })
                            .collect();
                        (name.as_str(), list, expression.as_str())
                    }
                    Output::Star(star) => ("*", vec![json!({"table": star.table.to_string(), "column": "*"})], ""),
                };
                let name = projection.columns.as_ref().and_then(|c| c.get(at)).map_or(name, String::as_str);
                columns.push(json!({
                    "target": {"table": projection.target.to_string(), "column": name},
                    "sources": sources,
                    "expression": expression,
                    "kind": "direct",
                    "confidence": statement.confidence,
                }));
            }
        }
        if !projection.indirect.is_empty() {
            let list: Vec<Json> = projection
                .indirect
                .iter()
                .flat_map(|s| s.tables.iter().map(|t| json!({"table": t.to_string(), "column": s.column, "subtype": s.subtype})))
                .collect();
            columns.push(json!({
                "target": {"table": projection.target.to_string(), "column": "*"},
                "sources": list,
                "expression": "",
                "kind": "indirect",
                "confidence": statement.confidence,
            }));
        }
    }
    json!({
        "line_start": statement.span.line,
        "line_end": statement.span.line_end,
        "kind": statement.kind,
        "owner": statement.owner.as_ref().map(ToString::to_string),
        "reads": statement.reads.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "writes": statement.writes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "columns": columns,
        "calls": statement.calls.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "confidence": statement.confidence,
    })
}

fn write_text(out: &mut impl Write, scripts: &[(String, Script)]) -> std::io::Result<()> {
    for (path, script) in scripts {
        let facts = &script.facts;
        writeln!(out, "{path}  ({}, {} statements, {:.0} % understood)", facts.dialect, facts.statements.len(), facts.coverage * 100.0)?;
        for asset in &facts.assets {
            writeln!(out, "  line {:<5} defines {} {}", asset.span.line, asset.kind, asset.name)?;
        }
        for statement in facts.statements.iter().filter(|s| !s.reads.is_empty() || !s.writes.is_empty() || !s.calls.is_empty()) {
            let list = |names: &[crate::lineage::Name]| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            write!(out, "  line {:<5} {}", statement.span.line, statement.kind)?;
            if let Some(owner) = &statement.owner {
                write!(out, " in {owner}")?;
            }
            if !statement.writes.is_empty() {
                write!(out, "  -> {}", list(&statement.writes))?;
            }
            if !statement.reads.is_empty() {
                write!(out, "  <- {}", list(&statement.reads))?;
            }
            if !statement.calls.is_empty() {
                write!(out, "  calls {}", list(&statement.calls))?;
            }
            writeln!(out)?;
        }
        for (source, target) in &script.columns {
            let table = if source.table.is_empty() { "?" } else { &source.table };
            writeln!(out, "  {}.{} <- {table}.{}", target.table, target.column, source.column)?;
        }
        for d in &facts.diagnostics {
            writeln!(out, "  line {:<5} {}", d.line, d.message)?;
        }
    }
    let (sources, targets, middle) = together(scripts);
    for (title, names) in [("sources", sources), ("targets", targets), ("in between", middle)] {
        if !names.is_empty() {
            writeln!(out, "{title}: {}", names.into_iter().collect::<Vec<_>>().join(", "))?;
        }
    }
    Ok(())
}

/// Data flows from left to right, from source to target.
fn write_graph(out: &mut impl Write, scripts: &[(String, Script)], dot: bool) -> std::io::Result<()> {
    let mut edges = BTreeSet::new();
    for (_, script) in scripts {
        for statement in &script.facts.statements {
            for target in &statement.writes {
                for source in statement.reads.iter().filter(|s| *s != target) {
                    edges.insert((source.to_string(), target.to_string()));
                }
            }
        }
    }
    let escape = |name: &str| name.replace('\\', "\\\\").replace('"', if dot { "\\\"" } else { "#quot;" });
    if dot {
        writeln!(out, "digraph lineage {{\n  rankdir=LR;\n  node [shape=box];")?;
        for (source, target) in &edges {
            writeln!(out, "  \"{}\" -> \"{}\";", escape(source), escape(target))?;
        }
        return writeln!(out, "}}");
    }
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    for name in edges.iter().flat_map(|(s, t)| [s, t]) {
        let next = ids.len();
        ids.entry(name).or_insert(next);
    }
    writeln!(out, "flowchart LR")?;
    for (name, id) in &ids {
        writeln!(out, "  n{id}[\"{}\"]", escape(name))?;
    }
    for (source, target) in &edges {
        writeln!(out, "  n{} --> n{}", ids[source.as_str()], ids[target.as_str()])?;
    }
    Ok(())
}
