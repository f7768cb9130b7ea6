//! From findings to prose: the one place where an answer becomes Markdown.

use super::finding::{Finding, MAX_NEXT, Part, Row, Written};
use crate::chat::evidence::{place, place_of, words};
use crate::chat::{Answer, GraphPart};
use crate::graph::{EdgeIx, NodeIx};
use crate::ingest::Snapshot;
use crate::lineage::{Kind, Relation};
use foldhash::HashSet;
use std::sync::Arc;

/// Adds one project's finding to the whole answer.
pub(super) fn add(finding: Finding, whole: &mut Answer) {
    whole.response.push_str(&prose(&finding));
    // Of several questions, later ones may rest on the same.
    let known: HashSet<String> = whole.sources.iter().map(|source| source.id.clone()).collect();
    whole.sources.extend(finding.evidence.into_iter().filter(|source| !known.contains(&source.id)));
    whole.confidence = whole.confidence.min(finding.confidence);
    for warning in finding.caveats {
        if whole.warnings.iter().all(|known| known.text != warning.text) {
            whole.warnings.push(warning);
        }
    }
    for next in finding.follow_ups {
        if whole.next_actions.len() < MAX_NEXT && !whole.next_actions.contains(&next) {
            whole.next_actions.push(next);
        }
    }
    if finding.nodes.is_empty() {
        return;
    }
    let of_same = |part: &&mut GraphPart| Arc::ptr_eq(&part.snapshot, &finding.snapshot);
    match whole.graph.iter_mut().find(of_same) {
        Some(part) => {
            let (nodes, edges): (HashSet<NodeIx>, HashSet<EdgeIx>) =
                (part.nodes.iter().copied().collect(), part.edges.iter().copied().collect());
            part.nodes.extend(finding.nodes.into_iter().filter(|node| !nodes.contains(node)));
            part.edges.extend(finding.edges.into_iter().filter(|edge| !edges.contains(edge)));
        }
        None => whole.graph.push(GraphPart {
            snapshot: finding.snapshot,
            nodes: finding.nodes.into_iter().collect(),
            edges: finding.edges.into_iter().collect(),
        }),
    }
}

/// Its parts, each with a blank line after it.
fn prose(finding: &Finding) -> String {
    let snapshot = &finding.snapshot;
    let mut text = String::new();
    for part in &finding.parts {
        match part {
            Part::Text(said) => text.push_str(said),
            Part::Fact(row) => text.push_str(&line(snapshot, row)),
            Part::List { head, rows, left_out } if head.is_empty() => {
                for row in rows {
                    text.push_str(&format!("{}- {}\n", "  ".repeat(row.depth), line(snapshot, row)));
                }
                if *left_out > 0 {
                    text.push_str(&format!("- … and {left_out} more\n"));
                }
                text.truncate(text.trim_end().len());
            }
            Part::List { head, rows, left_out } => {
                text.push_str(&format!("| {} |\n|{}", head.join(" | "), "---|".repeat(head.len())));
                for row in rows {
                    let cells: Vec<String> = row.cells.iter().map(|c| c.replace('|', "\\|").replace('\n', " ")).collect();
                    text.push_str(&format!("\n| {} |", cells.join(" | ")));
                }
                if *left_out > 0 {
                    text.push_str(&format!("\n\n… and {left_out} more."));
                }
            }
            Part::Code { language, text: code } => {
                // A fence that the text cannot close.
                let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
                let fence = "`".repeat(longest.max(2) + 1);
                text.push_str(&format!("{fence}{language}\n{code}\n{fence}"));
            }
        }
        text.push_str("\n\n");
    }
    if !finding.gaps.is_empty() {
        text.push_str(&format!("*There may be more: {}.*\n\n", finding.gaps.join(". ")));
    }
    text
}

fn line(snapshot: &Snapshot, row: &Row) -> String {
    let node = match (row.written, row.node) {
        (Written::Name, Some(node)) => name(snapshot, node),
        (Written::Whole, Some(node)) => described(snapshot, node),
        _ => String::new(),
    };
    let via = row.edge.filter(|_| row.stated).map_or_else(String::new, |edge| format!(" — {}", stated(snapshot, edge)));
    format!("{}{node}{}{via}", row.before, row.after)
}

/// The node's name as code.
fn name(snapshot: &Snapshot, node: NodeIx) -> String {
    format!("`{}`", snapshot.graph.node(node).name().replace('`', "'"))
}

/// `name` (kind, file:line).
pub(super) fn described(snapshot: &Snapshot, node: NodeIx) -> String {
    let kind = snapshot.graph.node(node).kind;
    let place = place_of(snapshot, node).map_or_else(String::new, |p| format!(", {p}"));
    let kind = if kind == Kind::External { "not defined here".to_owned() } else { words(kind) };
    format!("{} ({kind}{place})", name(snapshot, node))
}

/// What an edge says and where, for a list: `READS at file:line`, its expression when it has one.
fn stated(snapshot: &Snapshot, edge: EdgeIx) -> String {
    let edge = snapshot.graph.edge(edge);
    let place = edge.evidence.first().and_then(|e| place(snapshot, e)).map_or_else(String::new, |p| format!(", {p}"));
    let more = if edge.evidence.len() > 1 { format!(" and {} more", edge.evidence.len() - 1) } else { String::new() };
    let verb = match edge.relation {
        Relation::Derives => "derives",
        Relation::Reads => "reads",
        Relation::WrittenBy => "written by",
        Relation::Calls => "calls",
        Relation::FiresOn => "fires on",
        Relation::References => "foreign key",
        Relation::ColumnOf => "column of",
        Relation::DefinedIn => "defined in",
        Relation::Mentions => "mentions",
    };
    let expression = edge.transformation.as_ref().map_or_else(String::new, |t| format!(": `{}`", t.replace('`', "'").replace('\n', " ")));
    format!("{verb}{expression}{place}{more}")
}

/// Names for the sentences of a finding.
impl Finding {
    /// The node's name as code.
    pub(super) fn name(&self, node: NodeIx) -> String {
        name(&self.snapshot, node)
    }

    /// `name` (kind, file:line).
    pub(super) fn described(&self, node: NodeIx) -> String {
        described(&self.snapshot, node)
    }

    /// What an edge says and where.
    pub(super) fn stated(&self, edge: EdgeIx) -> String {
        stated(&self.snapshot, edge)
    }
}
