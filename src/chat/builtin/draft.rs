//! An answer in the making: text, and beside it the sources and the part of the graph that the text rests on.

use super::{MAX_LISTED, MAX_SOURCES};
use crate::chat::evidence::{chunk_source, edge_source, node_source, place, place_of, words};
use crate::chat::{Answer, GraphPart, Source};
use crate::graph::{EdgeIx, NodeIx};
use crate::ingest::Snapshot;
use crate::lineage::{Kind, Relation};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most nodes of an answer's graph: what a page draws beside a text.
const MAX_GRAPH: usize = 300;
/// Next questions of one answer.
const MAX_NEXT: usize = 3;

pub(super) struct Draft<'a> {
    snapshot: &'a Arc<Snapshot>,
    text: String,
    sources: Vec<Source>,
    nodes: BTreeSet<NodeIx>,
    edges: BTreeSet<EdgeIx>,
    next: Vec<String>,
    warnings: Vec<String>,
    confidence: f32,
}

impl<'a> Draft<'a> {
    pub(super) fn new(snapshot: &'a Arc<Snapshot>) -> Draft<'a> {
        Draft {
            snapshot,
            text: String::new(),
            sources: Vec::new(),
            nodes: BTreeSet::new(),
            edges: BTreeSet::new(),
            next: Vec::new(),
            warnings: Vec::new(),
            confidence: 1.0,
        }
    }

    /// A paragraph.
    pub(super) fn say(&mut self, text: impl AsRef<str>) {
        self.end_list();
        self.text.push_str(text.as_ref());
        self.text.push_str("\n\n");
    }

    /// A list item, `depth` levels in.
    pub(super) fn item(&mut self, depth: usize, text: impl AsRef<str>) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str("- ");
        self.text.push_str(text.as_ref());
        self.text.push('\n');
    }

    /// A row of a table; the first is its head.
    pub(super) fn row(&mut self, cells: &[&str], head: bool) {
        let cells: Vec<String> = cells.iter().map(|c| c.replace('|', "\\|").replace('\n', " ")).collect();
        self.text.push_str(&format!("| {} |\n", cells.join(" | ")));
        if head {
            self.text.push_str(&format!("|{}\n", "---|".repeat(cells.len())));
        }
    }

    /// A block of code that its text cannot close.
    pub(super) fn code(&mut self, language: &str, text: &str) {
        self.end_list();
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        self.text.push_str(&format!("{fence}{language}\n{}\n{fence}\n\n", text.trim_end()));
    }

    /// Lists `nodes` under `title`, each with its place, as sources and nodes of the graph.
    pub(super) fn list(&mut self, title: impl AsRef<str>, nodes: &[NodeIx]) {
        self.say(title);
        for &node in nodes.iter().take(MAX_LISTED) {
            let line = self.described(node);
            self.item(0, line);
            self.cite(node);
        }
        self.more(nodes.len(), MAX_LISTED);
        self.end_list();
    }

    /// "… and N more" when `shown` of `total` were.
    pub(super) fn more(&mut self, total: usize, shown: usize) {
        if total > shown {
            self.item(0, format!("… and {} more", total - shown));
        }
    }

    /// `name` (kind, file:line).
    pub(super) fn described(&self, node: NodeIx) -> String {
        let kind = self.snapshot.graph.node(node).kind;
        let place = place_of(self.snapshot, node).map_or_else(String::new, |p| format!(", {p}"));
        let kind = if kind == Kind::External { "not defined here".to_owned() } else { words(kind) };
        format!("{} ({kind}{place})", self.name(node))
    }

    /// The node's name as code.
    pub(super) fn name(&self, node: NodeIx) -> String {
        format!("`{}`", self.snapshot.graph.node(node).name.replace('`', "'"))
    }

    /// What an edge says and where, for a list: `READS at file:line`, its expression when it has one.
    pub(super) fn stated(&self, edge: EdgeIx) -> String {
        let edge = self.snapshot.graph.edge(edge);
        let place = edge.evidence.first().and_then(|e| place(self.snapshot, e)).map_or_else(String::new, |p| format!(", {p}"));
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
        let expression =
            edge.transformation.as_ref().map_or_else(String::new, |t| format!(": `{}`", t.replace('`', "'").replace('\n', " ")));
        format!("{verb}{expression}{place}{more}")
    }

    /// The node is a source, and in the graph.
    pub(super) fn cite(&mut self, node: NodeIx) {
        let new = self.show(node);
        if new && self.sources.len() < MAX_SOURCES {
            self.sources.push(node_source(self.snapshot, node));
        }
    }

    /// The edge is a source, and in the graph with its ends; the answer is no surer than it.
    pub(super) fn cite_edge(&mut self, ix: EdgeIx) {
        let edge = self.snapshot.graph.edge(ix);
        self.cite(edge.from);
        self.cite(edge.to);
        self.confidence = self.confidence.min(edge.confidence);
        if self.edges.len() < MAX_GRAPH && self.edges.insert(ix) && self.sources.len() < MAX_SOURCES {
            self.sources.push(edge_source(self.snapshot, ix));
        }
    }

    /// The node is in the graph, without being a source. `false` when it was already, or the graph is full.
    pub(super) fn show(&mut self, node: NodeIx) -> bool {
        (self.nodes.len() < MAX_GRAPH) && self.nodes.insert(node)
    }

    /// The edge is in the graph when its ends are, without being a source.
    pub(super) fn show_edge(&mut self, ix: EdgeIx) {
        let edge = self.snapshot.graph.edge(ix);
        if self.edges.len() < MAX_GRAPH && self.nodes.contains(&edge.from) && self.nodes.contains(&edge.to) {
            self.edges.insert(ix);
        }
    }

    /// A passage is a source.
    pub(super) fn cite_chunk(&mut self, chunk: usize, score: f32) {
        self.sources.push(chunk_source(self.snapshot, &self.snapshot.index.chunks[chunk], score));
    }

    pub(super) fn warn(&mut self, text: String) {
        if !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }

    /// A question to ask next.
    pub(super) fn next(&mut self, question: String) {
        if self.next.len() < MAX_NEXT && !self.next.contains(&question) {
            self.next.push(question);
        }
    }

    pub(super) fn trust_at_most(&mut self, confidence: f32) {
        self.confidence = self.confidence.min(confidence);
    }

    /// A list needs a blank line before what follows it.
    pub(super) fn end_list(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Adds this project's part to the whole answer.
    pub(super) fn finish(mut self, whole: &mut Answer) {
        if self.confidence <= 0.5 && !self.edges.is_empty() {
            self.warn(
                "Some of these relations were salvaged from statements that could not be parsed whole: check them at their lines.".into(),
            );
        }
        self.end_list();
        whole.response.push_str(&self.text);
        whole.sources.extend(self.sources);
        whole.confidence = whole.confidence.min(self.confidence);
        for warning in self.warnings {
            if !whole.warnings.contains(&warning) {
                whole.warnings.push(warning);
            }
        }
        for next in self.next {
            if whole.next_actions.len() < MAX_NEXT && !whole.next_actions.contains(&next) {
                whole.next_actions.push(next);
            }
        }
        if !self.nodes.is_empty() {
            whole.graph.push(GraphPart {
                snapshot: self.snapshot.clone(),
                nodes: self.nodes.into_iter().collect(),
                edges: self.edges.into_iter().collect(),
            });
        }
    }
}
