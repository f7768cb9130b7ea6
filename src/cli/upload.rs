//! `headwater upload PATH…`: files and folders to a server, what it has already left out.

mod form;
mod known;

use super::client::{Client, encoded};
use super::command::{Command, DIALECT, FORMAT, Group, Operand, Opt, PROJECT, Run, SERVER, Takes};
use super::progress::Progress;
use super::terminal::{Style, aside, bytes, counted, one_line};
use super::{Arguments, Failure, Outcome, print_json, walk};
use crate::id;
use crate::ingest::reader::extension;
use form::Form;
use known::Known;
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Sends files.
pub const COMMAND: Command = Command {
    name: "upload",
    group: Group::Client,
    summary: "send files and folders to be read",
    about: "Of folders, files of the kinds that the server takes are sent; in a git checkout what git ignores stays, elsewhere \
            node_modules and the like; hidden ones always. A file named itself is sent whatever it is. What the server has already, byte for \
            byte, is not sent again, so an upload that broke off is simply run again.\n\n\
            Files are known by their path from here, or from the named folder when it is not below here. Exit code 1 when a file failed; \
            statements that were not understood are shown with their line and do not count.",
    operand: Some(Operand { shown: "PATH…", takes: Takes::Path, least: 1, most: usize::MAX }),
    options: &[
        PROJECT,
        Opt::flag("create", "make the project if it is not there"),
        Opt::value("repository", "NAME", Takes::Text, "into this repository of the project, made if it is not there (default: uploads)"),
        DIALECT,
        SERVER,
        FORMAT,
    ],
    examples: &[
        ("A checkout", "headwater upload ."),
        ("Into a project of its own, in a known dialect", "headwater upload --create --project shop --dialect snowflake models/"),
        ("dbt's lineage, whatever git ignores", "headwater upload target/manifest.json"),
        ("To a server elsewhere", "HEADWATER_TOKEN=… headwater upload --server https://lineage.example ."),
    ],
    run: Run::Here(run),
};

/// Files of one request: what it reports comes back in one piece, and a person wants to see some soon.
const BATCH_FILES: usize = 200;
/// Bytes of one request, of which a file may be larger.
const BATCH_BYTES: u64 = 8 << 20;
/// Times a busy server is asked again.
const ATTEMPTS: usize = 10;
/// Longest wait for it each time.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A file to send.
struct Local {
    disk: PathBuf,
    /// Its name at the server.
    path: String,
    size: u64,
}

/// What became of the files.
#[derive(Default)]
struct Report {
    /// As the server reports each, or as it would.
    results: Vec<Json>,
    unchanged: usize,
    sent: u64,
}

fn run(arguments: &Arguments) -> Outcome {
    let begun = Instant::now();
    let client = Client::new(arguments)?;
    let project = arguments.text("project").unwrap_or("default");
    let limits = client.get("/api/v1/files/config", &[])?;
    let extensions: Vec<&str> = limits["allowed_extensions"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let largest = limits["max_file_size_mb"].as_u64().unwrap_or(u64::MAX >> 20) << 20;
    let found = walk::collect(arguments.operands(), true, &|name| extensions.contains(&extension(name).as_str()));
    if found.files.is_empty() && found.complaints.is_empty() {
        return Err(Failure::Failed(format!("there is nothing to send: of folders, the server takes {}", extensions.join(", "))));
    }
    let detail = project_at_server(&client, project, arguments.flag("create"))?;
    let known = Known::ask(&client, &detail, arguments.text("repository").unwrap_or("uploads"))?;
    let mut report = Report::default();
    let mut out = Output { json: arguments.json(), style: Style::of(&io::stdout()), known: &known };
    for complaint in &found.complaints {
        let (path, why) = complaint.split_once(": ").unwrap_or((complaint, ""));
        out.result(&mut report, failed(path, why))?;
    }
    let mut files = Vec::new();
    for (named, disk) in found.files {
        let path = path_at_server(&named, &disk);
        // A dialect given may be another than last time: the server knows.
        match look(&disk, &path, largest, &known, arguments.text("dialect").is_some()) {
            Ok(None) => report.unchanged += 1,
            Ok(Some(size)) => files.push(Local { disk, path, size }),
            Err(why) => out.result(&mut report, failed(&path, &why))?,
        }
    }

    let fields = [("project_id", Some(project)), ("repository_name", arguments.text("repository")), ("dialect", arguments.text("dialect"))];
    let all = files.iter().map(|f| f.size).sum();
    let mut progress = Progress::new("sent");
    let mut rest = &files[..];
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(batch_of(rest));
        rest = after;
        let sent = report.sent;
        let size = batch.iter().map(|f| f.size).sum::<u64>();
        let left = format!(", {} to go", counted(rest.len(), "file"));
        let reading = format!(", the server reads {}", counted(batch.len(), "file"));
        let answer = send(&client, &fields, batch, &mut |done| {
            let bytes = [sent + done, sent, all];
            if done < size { progress.bytes(bytes, &left) } else { progress.now(bytes, &reading) }
        });
        progress.clear();
        report.sent += size;
        for result in answer?["results"].as_array_mut().into_iter().flatten() {
            out.result(&mut report, result.take())?;
        }
    }
    out.end(&client, project, &report, begun.elapsed())
}

/// The project as the server has it, made when it is to be and is not there.
fn project_at_server(client: &Client, project: &str, create: bool) -> Result<Json, Failure> {
    if let Some(detail) = client.look(&format!("/api/v1/projects/{}", encoded(project)))? {
        return Ok(detail);
    }
    if create {
        return client.post("/api/v1/projects", &json!({"id": project, "name": project}));
    }
    Err(client.no_project(project, "; --create makes it"))
}

/// How many of the first files go into one request.
fn batch_of(files: &[Local]) -> usize {
    let mut size = 0;
    let fits = |file: &&Local| {
        size += file.size;
        size <= BATCH_BYTES
    };
    files.iter().take(BATCH_FILES).take_while(fits).count().max(1)
}

/// Bytes of a file to send; `None` when the server has them.
fn look(disk: &Path, path: &str, largest: u64, known: &Known, always: bool) -> Result<Option<u64>, String> {
    let size = std::fs::metadata(disk).map_err(|e| e.to_string())?.len();
    if size > largest {
        return Err(format!("it has {}; the server takes {} at most", bytes(size), bytes(largest)));
    }
    let content = std::fs::read(disk).map_err(|e| e.to_string())?;
    Ok((always || !known.has(path, &id::content_hash(&content))).then_some(size))
}

/// The path from here of a file; else from the folder that was named, its own name included.
fn path_at_server(named: &Path, disk: &Path) -> String {
    let folder = if named == disk { disk.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")) } else { named };
    let inner = if named == disk { disk.file_name().map(Path::new) } else { disk.strip_prefix(named).ok() };
    let inner = inner.unwrap_or(disk);
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let outer = match folder.strip_prefix(&here) {
        Ok(below) => below,
        Err(_) if named == disk => Path::new(""),
        Err(_) => folder.file_name().map_or(Path::new(""), Path::new),
    };
    outer.join(inner).to_string_lossy().into_owned()
}

/// Sends files in one request, again while the server is busy, and gives back what it says.
fn send(client: &Client, fields: &[(&str, Option<&str>)], batch: &[Local], progress: &mut dyn FnMut(u64)) -> Result<Json, Failure> {
    let mut attempt = 1;
    loop {
        let mut form = Form::new(fields, batch, progress);
        let request = client.request("POST", "/api/v1/files/upload", &[]).header("content-type", form.content_type());
        let answer = client.send(request, ureq::SendBody::from_reader(&mut form))?;
        let busy = matches!(answer.status().as_u16(), 429 | 503);
        if !busy || attempt == ATTEMPTS {
            return client.json(answer);
        }
        attempt += 1;
        let after = answer
            .headers()
            .get("retry-after")
            .and_then(|v| v.to_str().ok()?.parse().ok())
            .map_or(Duration::from_secs(1), Duration::from_secs);
        let after = after.min(LONGEST_WAIT);
        aside(&format!("note: the server is busy ({}); again in {} s", answer.status().as_u16(), after.as_secs()));
        std::thread::sleep(after);
    }
}

/// A file that never reached the server, as the server would report it.
fn failed(path: &str, why: &str) -> Json {
    json!({"relative_path": path, "status": "error", "error": why, "diagnostics": []})
}

/// Where reports go.
struct Output<'a> {
    json: bool,
    style: Style,
    /// What the server had before.
    known: &'a Known,
}

impl Output<'_> {
    /// What became of one file.
    fn result(&mut self, report: &mut Report, result: Json) -> Result<(), Failure> {
        let Style { bold, dim, bad, plain, .. } = self.style;
        let path = one_line(result["relative_path"].as_str().or(result["filename"].as_str()).unwrap_or("?"));
        if !self.json {
            let mut out = io::stdout().lock();
            match result["status"].as_str() {
                Some("processed") => {
                    let (statements, nodes) = (result["statements"].as_u64().unwrap_or(0), result["nodes_created"].as_u64().unwrap_or(0));
                    let about = format!("{}, {}", counted(statements as usize, "statement"), counted(nodes as usize, "new node"));
                    writeln!(out, "{bold}{path}{plain}  {dim}{about}{plain}")?;
                }
                Some("skipped_duplicate") if !self.known.has(&path, result["file_hash"].as_str().unwrap_or("")) => {
                    writeln!(out, "{bold}{path}{plain}  {dim}another file there has the same bytes: kept under both names{plain}")?;
                }
                Some("error") => {
                    writeln!(out, "{bold}{path}{plain}  {bad}failed{plain}: {}", one_line(result["error"].as_str().unwrap_or("")))?;
                }
                _ => {}
            }
            for diagnostic in result["diagnostics"].as_array().into_iter().flatten() {
                let (severity, line) = (diagnostic["severity"].as_str().unwrap_or(""), diagnostic["line"].as_u64().unwrap_or(0));
                if severity != "info" {
                    writeln!(out, "  {path}:{line}: {severity}: {}", one_line(diagnostic["message"].as_str().unwrap_or("")))?;
                }
            }
        }
        if result["status"] == "skipped_duplicate" {
            report.unchanged += 1;
        }
        report.results.push(result);
        Ok(())
    }

    /// All in all.
    fn end(&self, client: &Client, project: &str, report: &Report, took: Duration) -> Outcome {
        let count = |status: &str| report.results.iter().filter(|r| r["status"] == status).count();
        let (processed, failed, unchanged) = (count("processed"), count("error"), report.unchanged);
        if self.json {
            print_json(&json!({
                "server": client.server,
                "project_id": project,
                "files_processed": processed,
                "files_failed": failed,
                "files_unchanged": unchanged,
                "bytes_sent": report.sent,
                "results": report.results,
            }))?;
            return Ok(failed == 0);
        }
        let Style { bold, bad, plain, .. } = self.style;
        let failures = if failed == 0 { String::new() } else { format!(", {bad}{failed} failed{plain}") };
        let sent = format!("{} in {:.1} s", bytes(report.sent), took.as_secs_f64());
        writeln!(io::stdout().lock(), "{bold}{}{plain}{failures}, {unchanged} unchanged  ({sent})", counted(processed, "file") + " read")?;
        Ok(failed == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_at_least_a_file_and_no_more_than_fits() {
        let files =
            |sizes: &[u64]| sizes.iter().map(|size| Local { disk: PathBuf::new(), path: String::new(), size: *size }).collect::<Vec<_>>();
        for (sizes, expect) in [
            (&[1, 1, 1][..], 3),
            (&[BATCH_BYTES + 1, 1], 1),
            (&[BATCH_BYTES, 1], 1),
            (&[BATCH_BYTES - 1, 1, 1], 2),
            (&[0; BATCH_FILES + 1], BATCH_FILES),
        ] {
            assert_eq!(batch_of(&files(sizes)), expect, "{}", sizes.len());
        }
    }
}
