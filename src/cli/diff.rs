//! `headwater diff OLD NEW`: the lineage that a change adds and removes, and what it breaks.

mod revision;
mod show;
mod side;

use super::command::{Command, DIALECT, Group, Operand, Opt, Run, Takes};
use super::terminal::aside;
use super::{Arguments, Failure, Outcome};
use crate::graph::change::{Break, breaks, flow_names};
use crate::graph::delta::Delta;
use crate::graph::{EdgeIx, Graph, NodeIx};
use crate::lineage::Kind;
use side::Side;
use std::collections::BTreeSet;
use std::io::Write;

/// Compares two states of files.
pub const COMMAND: Command = Command {
    name: "diff",
    group: Group::Local,
    summary: "lineage that a change adds and removes, and what it breaks",
    about: "OLD and NEW are files, folders, or revisions of the git checkout here (of a revision, what lies below this folder). No server is \
            needed.\n\n\
            Breaking is a table, view, routine or column that is gone while something still names it, and a column that is made from less \
            than before and from nothing else instead.",
    operand: Some(Operand { shown: "OLD NEW", takes: Takes::Path, least: 2, most: 2 }),
    options: &[
        Opt::value("fail-on", "WHAT", Takes::OneOf(&["breaking", "any"]), "exit code 1 when there is something breaking, or any change"),
        DIALECT,
        Opt::value("format", "F", Takes::OneOf(&["text", "json", "markdown"]), "text (default), json, or markdown for a pull request"),
    ],
    examples: &[
        ("A gate of CI: what is checked out against the main branch", "headwater diff --fail-on breaking origin/main ."),
        ("A comment on a pull request", "headwater diff --format markdown origin/main HEAD"),
        ("Two folders", "headwater diff release-1/ release-2/"),
    ],
    run: Run::Here(run),
};

/// The difference of two states, in names.
struct Difference {
    /// What was and what is, by kind and name, with where it is defined.
    assets: Both<(String, String, String)>,
    /// Columns of relations that are in both.
    columns: Both<String>,
    /// Consumer and source.
    flows: Both<(String, String)>,
    /// The same of columns.
    column_flows: Both<(String, String)>,
    breaking: Vec<Breaking>,
}

/// What only the new state has, and what only the old.
struct Both<T> {
    added: BTreeSet<T>,
    removed: BTreeSet<T>,
}

impl<T: Ord> Both<T> {
    /// Without what is in both: a thing may change what it is and keep its name.
    fn new(mut added: BTreeSet<T>, mut removed: BTreeSet<T>) -> Both<T> {
        added.retain(|one| !removed.remove(one));
        Both { added, removed }
    }

    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// One thing that breaks.
struct Breaking {
    kind: &'static str,
    name: String,
    /// Why, after its name.
    why: String,
    /// Names and places.
    readers: Vec<(String, String)>,
}

fn run(arguments: &Arguments) -> Outcome {
    let dialect = arguments.text("dialect").unwrap_or("auto");
    let [old, new] = arguments.operands() else { return Err(Failure::Usage("OLD and NEW are two".into())) };
    let (old, new) = side::read(old, new, dialect).map_err(Failure::Failed)?;
    for complaint in old.complaints.iter().chain(&new.complaints) {
        aside(&format!("headwater diff: {complaint}"));
    }
    let difference = Difference::between(&old, &new);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match arguments.text("format").unwrap_or("text") {
        "json" => show::json(&mut out, &difference)?,
        "markdown" => show::markdown(&mut out, &difference)?,
        _ => show::text(&mut out, &difference, super::terminal::Style::of(&std::io::stdout()))?,
    }
    out.flush()?;
    let failed = match arguments.text("fail-on") {
        Some("breaking") => !difference.breaking.is_empty(),
        Some(_) => !difference.is_empty(),
        None => false,
    };
    Ok(!failed && old.complaints.is_empty() && new.complaints.is_empty())
}

impl Difference {
    fn between(old: &Side, new: &Side) -> Difference {
        let (before, after) = (&old.graph, &new.graph);
        let delta = Delta::between(before, after);
        let added = || delta.nodes_added().filter(|ix| !after.node(*ix).defined.is_empty());
        let removed = || delta.nodes_removed().filter(|ix| !before.node(*ix).defined.is_empty());
        let asset = |graph: &Graph, ix: NodeIx| {
            let node = graph.node(ix);
            (node.kind.to_string(), node.name().into_owned(), place(graph, ix))
        };
        let is_asset = |graph: &Graph, ix: &NodeIx| !matches!(graph.kind(*ix), Kind::Column | Kind::File | Kind::External);
        let there = |ix: Option<NodeIx>, other: &[Option<NodeIx>]| ix.is_some_and(|ix| other[ix as usize].is_some());
        let edges = |columns: bool| {
            let names = |graph: &Graph, list: &[EdgeIx]| flow_names(graph, list, columns);
            Both::new(names(after, &delta.edges_added), names(before, &delta.edges_removed))
        };
        let column = |graph: &Graph, ix: NodeIx| graph.node(ix).name().into_owned();
        Difference {
            assets: Both::new(
                added().filter(|ix| is_asset(after, ix)).map(|ix| asset(after, ix)).collect(),
                removed().filter(|ix| is_asset(before, ix)).map(|ix| asset(before, ix)).collect(),
            ),
            columns: Both::new(
                added().filter(|ix| there(after.relation_of(*ix), &delta.was)).map(|ix| column(after, ix)).collect(),
                removed().filter(|ix| there(before.relation_of(*ix), &delta.now)).map(|ix| column(before, ix)).collect(),
            ),
            flows: edges(false),
            column_flows: edges(true),
            breaking: breaks(before, after, &delta, &|evidence| new.text(evidence)).iter().map(|one| told(one, before, after)).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.assets.is_empty()
            && self.columns.is_empty()
            && self.flows.is_empty()
            && self.column_flows.is_empty()
            && self.breaking.is_empty()
    }
}

fn told(one: &Break, before: &Graph, after: &Graph) -> Breaking {
    match one {
        Break::Gone { what, readers } => Breaking {
            kind: before.kind(*what).as_str(),
            name: before.node(*what).name().into_owned(),
            why: "is gone and still named by".into(),
            readers: readers.iter().map(|ix| (after.node(*ix).name().into_owned(), place(after, *ix))).collect(),
        },
        Break::Less { column, sources } => Breaking {
            kind: "column",
            name: after.node(*column).name().into_owned(),
            why: "is no longer made from".into(),
            readers: sources.iter().map(|ix| (before.node(*ix).name().into_owned(), place(before, *ix))).collect(),
        },
    }
}

/// `path:line` of its first definition; of a file its path.
fn place(graph: &Graph, ix: NodeIx) -> String {
    graph.node(ix).defined.first().map_or_else(String::new, |e| format!("{}:{}", e.file_id, e.line))
}
