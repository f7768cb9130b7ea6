//! A difference as text, JSON and Markdown.

use super::{Both, Difference};
use crate::cli::terminal::{Style, counted, one_line};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Lines of one kind that people are shown; JSON has all.
const MOST: usize = 100;

/// All of it, for programs.
pub fn json(out: &mut impl Write, difference: &Difference) -> io::Result<()> {
    let assets = |set: &BTreeSet<(String, String, String)>| -> Vec<Json> {
        set.iter().map(|(kind, name, place)| json!({"type": kind, "name": name, "defined": place})).collect()
    };
    let flows = |set: &BTreeSet<(String, String)>| -> Vec<Json> {
        set.iter().map(|(target, source)| json!({"target": target, "source": source})).collect()
    };
    let Difference { assets: nodes, columns, flows: tables, column_flows, breaking } = difference;
    let breaking: Vec<Json> = breaking
        .iter()
        .map(|one| {
            let readers: Vec<Json> = one.readers.iter().map(|(name, place)| json!({"name": name, "defined": place})).collect();
            json!({"type": one.kind, "name": one.name, "why": one.why, "by": readers})
        })
        .collect();
    let whole = json!({
        "assets": {"added": assets(&nodes.added), "removed": assets(&nodes.removed)},
        "columns": {"added": columns.added, "removed": columns.removed},
        "table_edges": {"added": flows(&tables.added), "removed": flows(&tables.removed)},
        "column_edges": {"added": flows(&column_flows.added), "removed": flows(&column_flows.removed)},
        "breaking": breaking,
    });
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

/// Words for people.
pub fn text(out: &mut impl Write, difference: &Difference, style: Style) -> io::Result<()> {
    let Style { bold, dim, good, bad, plain, .. } = style;
    if difference.is_empty() {
        return writeln!(out, "no lineage is added or removed");
    }
    for (title, lines) in sections(difference) {
        writeln!(out, "{bold}{title}{plain}")?;
        for line in lines {
            let colour = match line.as_bytes().first() {
                Some(b'+') => good,
                Some(b'-') => bad,
                _ => dim,
            };
            writeln!(out, "  {colour}{line}{plain}")?;
        }
    }
    for one in &difference.breaking {
        writeln!(out, "{bad}breaking{plain}: {} {bold}{}{plain} {}", one.kind, one_line(&one.name), one.why)?;
        for (name, place) in &one.readers {
            writeln!(out, "  {}  {dim}{}{plain}", one_line(name), one_line(place))?;
        }
    }
    writeln!(out, "{}", summary(difference))
}

/// For a comment on a pull request. Names stand in blocks and spans of code, where nothing in them is markup.
pub fn markdown(out: &mut impl Write, difference: &Difference) -> io::Result<()> {
    writeln!(out, "### Lineage: {}\n", summary(difference))?;
    for one in &difference.breaking {
        let readers: Vec<String> = one.readers.iter().map(|(name, place)| format!("{} ({})", code(name), code(place))).collect();
        writeln!(out, "- **breaking**: {} {} {} {}", one.kind, code(&one.name), one.why, readers.join(", "))?;
    }
    let sections = sections(difference);
    if sections.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n<details><summary>All that changes</summary>\n\n````diff")?;
    for (title, lines) in sections {
        writeln!(out, "# {title}")?;
        for line in lines {
            writeln!(out, "{}", line.replace("````", "'```"))?;
        }
    }
    writeln!(out, "````\n\n</details>")
}

/// What was added and removed, in lines that begin with `+` and `-`.
fn sections(difference: &Difference) -> Vec<(&'static str, Vec<String>)> {
    let asset = |(kind, name, place): &(String, String, String)| format!("{kind} {name}  {place}");
    let flow = |(target, source): &(String, String)| format!("{target} <- {source}");
    let lists = [
        ("tables, views and routines", lines(&difference.assets, asset)),
        ("columns", lines(&difference.columns, String::clone)),
        ("lineage", lines(&difference.flows, flow)),
        ("lineage of columns", lines(&difference.column_flows, flow)),
    ];
    lists.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

fn lines<T>(both: &Both<T>, shown: impl Fn(&T) -> String) -> Vec<String> {
    let removed = both.removed.iter().map(|one| format!("- {}", one_line(&shown(one))));
    let mut lines: Vec<String> = removed.chain(both.added.iter().map(|one| format!("+ {}", one_line(&shown(one))))).collect();
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("… and {more} more: --format json has all"));
    }
    lines
}

fn summary(difference: &Difference) -> String {
    let (flows, columns) = (&difference.flows, &difference.column_flows);
    let (added, removed) = (flows.added.len() + columns.added.len(), flows.removed.len() + columns.removed.len());
    let breaking = match difference.breaking.len() {
        0 => "nothing breaks".to_owned(),
        many => format!("{many} breaking"),
    };
    format!("{} added, {removed} removed, {breaking}", counted(added, "edge"))
}

/// A span of code that holds `text` whatever it is.
fn code(text: &str) -> String {
    let ticks = "`".repeat(text.split(|c| c != '`').map(str::len).max().unwrap_or(0) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{}{pad}{ticks}", one_line(text))
}
