//! `headwater impact NAME`: what breaks, and what notices, when something is dropped or renamed.

use super::client::{Client, encoded};
use super::command::{Command, FORMAT, Group, Operand, Opt, PROJECT, Run, SERVER, Takes};
use super::terminal::{Style, aside, counted, one_line, table};
use super::{Arguments, Failure, Outcome, print_json};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::io::Write;

/// Asks what breaks.
pub const COMMAND: Command = Command {
    name: "impact",
    group: Group::Client,
    summary: "what breaks when a table or column is dropped or renamed",
    about: "Breaking: what names it in its text, and fails. Affected: what depends on that, or on its rows. NAME is a table, a view, a \
            column, a procedure, as your SQL writes it; of several that fit, the first is taken, and said.",
    operand: Some(Operand { shown: "NAME", takes: Takes::Text, least: 1, most: 1 }),
    options: &[
        Opt::value("depth", "N", Takes::Number(1, 100), "look so many steps away (default: 100)"),
        Opt::flag("fail", "exit code 1 when something breaks"),
        PROJECT,
        SERVER,
        FORMAT,
    ],
    examples: &[
        ("A table", "headwater impact raw.orders"),
        ("A column", "headwater impact raw.orders.amount"),
        ("Only what breaks, for a program", "headwater impact --format json raw.orders | jq -r '.breaking[].name'"),
    ],
    run: Run::Here(run),
};

fn run(arguments: &Arguments) -> Outcome {
    let client = Client::new(arguments)?;
    let name = arguments.operands()[0].to_string_lossy();
    let given = [("depth", arguments.text("depth")), ("project_id", arguments.text("project"))];
    let query: Vec<(&str, &str)> = given.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect();
    let answer = client.get(&format!("/api/v1/lineage/impact/{}", encoded(&name)), &query);
    let impact = answer.map_err(|failure| for_people(&client, arguments, failure))?;
    let list = |name: &str| impact[name].as_array().map_or(&[][..], Vec::as_slice);
    let good = !arguments.flag("fail") || list("breaking").is_empty();
    if arguments.json() {
        print_json(&impact)?;
        return Ok(good);
    }
    let style = Style::of(&std::io::stdout());
    let Style { bold, bad, dim, plain, .. } = style;
    let mut out = std::io::stdout().lock();
    let hops: HashMap<&str, u64> = impact["levels"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|level| {
            let depth = level["depth"].as_u64().unwrap_or(0);
            level["nodes"].as_array().into_iter().flatten().filter_map(move |node| Some((node["id"].as_str()?, depth)))
        })
        .collect();
    let root = &impact["root"];
    if style.terminal {
        let (breaking, affected) = (list("breaking").len(), list("affected").len());
        writeln!(out, "{bold}{}{plain}  {dim}{}{plain}", one_line(text(root, "name")), place(root))?;
        writeln!(
            out,
            "{bad}{breaking}{plain} breaking, {affected} affected, within {}",
            counted(hops.values().max().copied().unwrap_or(0) as usize, "step")
        )?;
    }
    for (word, nodes) in [("breaking", list("breaking")), ("affected", list("affected"))] {
        if style.terminal && !nodes.is_empty() {
            let colour = if word == "breaking" { bad } else { bold };
            writeln!(out, "\n{colour}{word}{plain}")?;
        }
        let row = |node: &Json| {
            let kind = if style.terminal { text(node, "type").replace('_', " ") } else { text(node, "type").to_owned() };
            let mut row = vec![text(node, "name").to_owned(), kind, place(node)];
            match hops.get(text(node, "id")) {
                Some(hops) if style.terminal => row.push(counted(*hops as usize, "step")),
                hops => row.push(hops.map_or_else(String::new, u64::to_string)),
            }
            // Away from a terminal there are no headings to tell them apart by.
            if !style.terminal {
                row.insert(0, word.to_owned());
            }
            row
        };
        table(&mut out, style, "  ", &nodes.iter().map(row).collect::<Vec<_>>())?;
    }
    if impact["truncated"].as_bool() == Some(true) {
        aside("note: there is more; a limit cut the answer");
    }
    Ok(good)
}

/// What the server offers to programs, a command offers to people.
fn for_people(client: &Client, arguments: &Arguments, failure: Failure) -> Failure {
    let Failure::Failed(why) = &failure else { return failure };
    match (why.rsplit_once(": GET /api/"), arguments.text("project")) {
        (Some((_, hint)), Some(project)) if hint.starts_with("v1/projects ") => client.no_project(project, ""),
        // Before a closing quote it is part of a name.
        (Some((what, hint)), _) if !hint.contains('\'') => {
            let option = |name: &str| arguments.text(name).map_or_else(String::new, |value| format!(" --{name} {value}"));
            let there = option("server") + &option("project");
            Failure::Failed(format!("{what}; `headwater ask{there} \"Which tables are there?\"` lists what is there"))
        }
        _ => failure,
    }
}

fn text<'a>(node: &'a Json, field: &str) -> &'a str {
    node[field].as_str().unwrap_or("")
}

/// Where it is defined.
fn place(node: &Json) -> String {
    match (node["file_path"].as_str(), node["line"].as_u64()) {
        (Some(path), Some(line)) => format!("{path}:{line}"),
        _ => "not defined here".to_owned(),
    }
}
