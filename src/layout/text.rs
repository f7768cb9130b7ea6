//! Graphs as text that other programs draw: Graphviz's DOT and Mermaid. Data flows from left to right.

use crate::text::is_invisible;
use std::io::{self, Write};

/// Graphviz. `edges` lead from where data comes to where it goes, and count `names`.
pub fn dot(out: &mut impl Write, names: &[&str], edges: &[(usize, usize)]) -> io::Result<()> {
    let quoted = |name: &str| format!("\"{}\"", printable(name).replace('\\', "\\\\").replace('"', "\\\""));
    writeln!(out, "digraph lineage {{\n  rankdir=LR;\n  node [shape=box];")?;
    for name in names {
        writeln!(out, "  {};", quoted(name))?;
    }
    for (source, target) in edges {
        writeln!(out, "  {} -> {};", quoted(names[*source]), quoted(names[*target]))?;
    }
    writeln!(out, "}}")
}

/// Mermaid; as [`dot`]. Labels are quoted, and what Mermaid would read in them is written as a character reference.
pub fn mermaid(out: &mut impl Write, names: &[&str], edges: &[(usize, usize)]) -> io::Result<()> {
    let mut label = String::new();
    writeln!(out, "flowchart LR")?;
    for (id, name) in names.iter().enumerate() {
        label.clear();
        for c in printable(name).chars() {
            match c {
                '"' | '#' | '&' | '<' | '>' | '`' | '\\' => label.push_str(&format!("#{};", u32::from(c))),
                c => label.push(c),
            }
        }
        writeln!(out, "  n{id}[\"{label}\"]")?;
    }
    for (source, target) in edges {
        writeln!(out, "  n{source} --> n{target}")?;
    }
    Ok(())
}

/// A name on one line: no graph language takes control characters.
pub(super) fn printable(name: &str) -> String {
    let shown: String = name.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect();
    if shown.trim().is_empty() { "?".to_owned() } else { shown }
}
