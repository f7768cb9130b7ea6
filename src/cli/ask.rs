//! `headwater ask "…"`: a question to a server, its answer as it comes.

mod emphasis;

use super::client::{Client, encoded};
use super::command::{Command, FORMAT, Group, Operand, Opt, PROJECT, Run, SERVER, Takes};
use super::terminal::{Style, harmless, one_line, table};
use super::{Arguments, Failure, Outcome, print_json};
use emphasis::Emphasis;
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read, Write};

/// Asks a server.
pub const COMMAND: Command = Command {
    name: "ask",
    group: Group::Client,
    summary: "ask a question in plain words",
    about: "The answer is shown as it comes, and then what it rests on: assets with file and line, passages. Without a language model the \
            server answers with facts from the graph, and says so.\n\n\
            Modes: graph (the default) looks at assets and how they hang together, semantic at passages of files, deep at both and several \
            hops, text asks the language model alone.",
    operand: Some(Operand { shown: "QUESTION…", takes: Takes::Text, least: 1, most: usize::MAX }),
    options: &[
        Opt::value("mode", "M", Takes::OneOf(&["graph", "semantic", "deep", "text"]), "graph (default), semantic, deep or text"),
        Opt::value("model", "NAME", Takes::Text, "a language model of the server by name"),
        PROJECT,
        SERVER,
        FORMAT,
    ],
    examples: &[
        ("Where does it come from?", "headwater ask \"Where does marts.daily_revenue come from?\""),
        ("What breaks?", "headwater ask --mode deep \"What breaks if I drop raw.orders?\""),
        ("For a program", "headwater ask --format json \"Which tables are there?\" | jq -r .response"),
    ],
    run: Run::Here(run),
};

/// Sources of a built-in answer shown on a terminal.
const MOST_SOURCES: usize = 8;
/// Longest line of the stream: the last one holds the whole answer with its graph.
const MAX_LINE: u64 = 64 << 20;

fn run(arguments: &Arguments) -> Outcome {
    let client = Client::new(arguments)?;
    if let Some(project) = arguments.text("project")
        && client.look(&format!("/api/v1/projects/{}", encoded(project)))?.is_none()
    {
        return Err(client.no_project(project, ""));
    }
    let words: Vec<_> = arguments.operands().iter().map(|word| word.to_string_lossy()).collect();
    let mode = arguments.text("mode").unwrap_or("graph");
    let question = json!({
        "query": words.join(" "),
        "context": {"project_id": arguments.text("project")},
        "model": arguments.text("model"),
        "skip_memory": true,
    });
    let request = client.request("POST", &format!("/api/chat/{mode}/stream"), &[]).header("content-type", "application/json");
    let answer = client.send(request, question.to_string())?;
    if !answer.status().is_success() {
        return client.json(answer).map(|_| true);
    }
    let broke_off = |why: &str| Failure::Failed(format!("{}: the answer broke off{why}", client.server));
    let mut frames = BufReader::new(answer.into_body().into_reader());
    let mut out = std::io::stdout().lock();
    let mut line = Vec::new();
    let mut emphasis = Emphasis::new(Style::of(&out));
    let mut written = false;
    loop {
        line.clear();
        let read = frames.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(|e| broke_off(&format!(": {e}")))?;
        if read == 0 {
            return Err(broke_off(""));
        }
        let Some(frame) = line.strip_prefix(b"data: ") else { continue };
        let mut frame: Json = serde_json::from_slice(frame).map_err(|e| broke_off(&format!(": {e}")))?;
        match frame["type"].as_str() {
            Some("delta") if !arguments.json() => {
                written = true;
                out.write_all(emphasis.shown(&harmless(frame["content"].as_str().unwrap_or(""))).as_bytes())?;
                out.flush()?;
            }
            Some("done") if arguments.json() => {
                drop(out);
                frame.as_object_mut().map(|fields| fields.remove("type"));
                print_json(&frame)?;
                return Ok(true);
            }
            Some("done") => {
                if !written {
                    out.write_all(emphasis.shown(&harmless(frame["response"].as_str().unwrap_or(""))).as_bytes())?;
                }
                out.write_all(emphasis.end().as_bytes())?;
                rest(&mut out, &frame)?;
                return Ok(true);
            }
            Some("error") => return Err(Failure::Failed(one_line(frame["message"].as_str().unwrap_or("no answer")))),
            _ => {}
        }
    }
}

/// What an answer rests on, and what to know of it.
fn rest(out: &mut impl Write, answer: &Json) -> Result<(), Failure> {
    let style = Style::of(&std::io::stdout());
    let Style { bold, dim, plain, .. } = style;
    writeln!(out)?;
    let list = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
    let sources: Vec<Vec<String>> = list("sources").iter().enumerate().map(|(at, source)| row(at + 1, source)).collect();
    if !sources.is_empty() {
        writeln!(out, "\n{bold}Sources{plain}")?;
        // A person wants to see the answer above them; the built-in one has its places in its lines.
        let shown = if style.terminal && answer["llm_generated"] == false { sources.len().min(MOST_SOURCES) } else { sources.len() };
        table(out, style, "  ", &sources[..shown])?;
        if shown < sources.len() {
            writeln!(out, "  {dim}and {} more: --format json has all{plain}", sources.len() - shown)?;
        }
    }
    let mut about = std::io::stderr().lock();
    let Style { dim: faint, plain: over, .. } = Style::of(&std::io::stderr());
    // A server of an earlier version tells no notes.
    let notes = list(if answer["notes"].is_array() { "notes" } else { "warnings" });
    for note in std::iter::once(&answer["llm_absence"]).chain(&notes).filter_map(Json::as_str) {
        writeln!(about, "{faint}note: {}{over}", one_line(note))?;
    }
    if style.terminal {
        let next: Vec<String> = list("next_actions").iter().filter_map(Json::as_str).map(one_line).collect();
        if !next.is_empty() {
            writeln!(out, "\n{bold}Ask next{plain}")?;
        }
        next.iter().try_for_each(|question| writeln!(out, "  {dim}{question}{plain}"))?;
    }
    Ok(())
}

/// Its number, what it is and where it is stated.
fn row(number: usize, source: &Json) -> Vec<String> {
    let place = match (source["file_path"].as_str(), source["line_start"].as_u64()) {
        (Some(path), Some(line)) => format!("{path}:{line}"),
        (Some(path), None) => path.to_owned(),
        _ => String::new(),
    };
    vec![format!("[{number}]"), place, source["note"].as_str().unwrap_or("").to_owned()]
}
