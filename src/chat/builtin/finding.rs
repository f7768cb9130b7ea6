//! What one project answers to a question, as a value. Prose is made of it in `render.rs`, and nowhere else.

use super::{MAX_LISTED, MAX_SOURCES};
use crate::chat::answer::in_few_words;
use crate::chat::evidence::{edge_source, node_source};
use crate::chat::intent::Intent;
use crate::chat::mention::Reading;
use crate::chat::{Source, Warning};
use crate::graph::path::Path;
use crate::graph::{EdgeIx, Evidence, NodeIx};
use crate::ingest::Snapshot;
use crate::ingest::reader::INFERRED;
use crate::lineage::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most nodes of an answer's graph: what a page draws beside a text.
const MAX_GRAPH: usize = 300;
/// Next questions of one answer.
pub(super) const MAX_NEXT: usize = 3;

/// The answer of one project.
#[derive(Debug)]
pub struct Finding {
    /// The project as it was when it was asked.
    pub snapshot: Arc<Snapshot>,
    /// What is asked for.
    pub intent: Intent,
    /// What it is asked of: names, patterns, a number of hops.
    pub args: Reading,
    /// What is known, in the order in which it is told.
    pub parts: Vec<Part>,
    /// Ways from one asset to another, when these were asked for.
    pub paths: Vec<Path>,
    /// What the parts rest on; each opens through the API by its id.
    pub evidence: Vec<Source>,
    /// What the reader should know beside it.
    pub caveats: Vec<Warning>,
    /// Why it may not be all there is, in few words: these stand below the text.
    pub gaps: Vec<String>,
    /// How many of each kind its lists and counts are of, for a sum over projects.
    pub counts: BTreeMap<Kind, usize>,
    /// Questions to ask next.
    pub follow_ups: Vec<String>,
    /// The least confidence among the edges that it rests on.
    pub confidence: f32,
    /// The part of the graph that it is about.
    pub nodes: BTreeSet<NodeIx>,
    /// Edges among these.
    pub edges: BTreeSet<EdgeIx>,
    /// The search for rows ended at a limit.
    cut: bool,
}

/// One thing told.
#[derive(Debug, PartialEq)]
pub enum Part {
    /// A sentence about what follows or about everything.
    Text(String),
    /// A row that is a sentence of its own.
    Fact(Row),
    /// Rows, and how many more there are; under the names of their cells when they are those of a table.
    List {
        /// Empty when it is no table.
        head: Vec<&'static str>,
        /// In their order.
        rows: Vec<Row>,
        /// Known and not listed.
        left_out: usize,
    },
    /// Source text.
    Code {
        /// As Markdown calls it; empty when unknown.
        language: &'static str,
        /// The lines.
        text: String,
    },
}

/// An asset or a place that answers the question, and the words around it.
#[derive(Debug, Default, PartialEq)]
pub struct Row {
    /// Levels below the first, of a tree or a path.
    pub depth: usize,
    /// What is told.
    pub node: Option<NodeIx>,
    /// What states that it belongs here.
    pub edge: Option<EdgeIx>,
    /// The lines meant.
    pub place: Option<Evidence>,
    /// How the node is written.
    pub(super) written: Written,
    /// Whether to tell what the edge states, and where.
    pub(super) stated: bool,
    /// Words before the node.
    pub(super) before: String,
    /// Words after it.
    pub(super) after: String,
    /// Of a row of a table, what it says under each head.
    pub(super) cells: Vec<String>,
}

/// How a row writes its node.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Written {
    /// Not: the words around name it.
    #[default]
    Not,
    /// Its name.
    Name,
    /// Its name, kind and place.
    Whole,
}

impl Row {
    /// A node with its kind and place.
    pub(super) fn of(node: NodeIx) -> Row {
        Row { node: Some(node), written: Written::Whole, ..Row::default() }
    }

    /// A node by its name.
    pub(super) fn named(node: NodeIx) -> Row {
        Row { node: Some(node), written: Written::Name, ..Row::default() }
    }

    /// Words only.
    pub(super) fn text(text: impl Into<String>) -> Row {
        Row { before: text.into(), ..Row::default() }
    }

    /// A row of a table about `node`.
    pub(super) fn cells(node: NodeIx, cells: Vec<String>) -> Row {
        Row { node: Some(node), cells, ..Row::default() }
    }

    pub(super) fn at(self, depth: usize) -> Row {
        Row { depth, ..self }
    }

    pub(super) fn before(self, before: impl Into<String>) -> Row {
        Row { before: before.into(), ..self }
    }

    pub(super) fn after(self, after: impl Into<String>) -> Row {
        Row { after: after.into(), ..self }
    }

    /// It is about `node`, which its words name.
    pub(super) fn about(self, node: impl Into<Option<NodeIx>>) -> Row {
        Row { node: node.into(), ..self }
    }

    /// It is here by `edge`, which its words tell.
    pub(super) fn by(self, edge: EdgeIx) -> Row {
        Row { edge: Some(edge), ..self }
    }

    /// It is here by `edge`, and tells it.
    pub(super) fn via(self, edge: impl Into<Option<EdgeIx>>) -> Row {
        Row { edge: edge.into(), stated: true, ..self }
    }

    pub(super) fn place(self, place: &Evidence) -> Row {
        Row { place: Some(place.clone()), ..self }
    }
}

impl Finding {
    pub(super) fn new(snapshot: &Arc<Snapshot>, intent: Intent, args: Reading) -> Finding {
        Finding {
            snapshot: snapshot.clone(),
            intent,
            args,
            parts: Vec::new(),
            paths: Vec::new(),
            evidence: Vec::new(),
            caveats: Vec::new(),
            gaps: Vec::new(),
            counts: BTreeMap::new(),
            follow_ups: Vec::new(),
            confidence: 1.0,
            nodes: BTreeSet::new(),
            edges: BTreeSet::new(),
            cut: false,
        }
    }

    /// The rows of all parts.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.parts.iter().flat_map(|part| match part {
            Part::Fact(row) => std::slice::from_ref(row),
            Part::List { rows, .. } => rows,
            Part::Text(_) | Part::Code { .. } => &[],
        })
    }

    /// The rows, and those that are known and not listed.
    pub fn total(&self) -> usize {
        let left_out = |part: &Part| if let Part::List { left_out, .. } = part { *left_out } else { 0 };
        self.rows().count() + self.parts.iter().map(left_out).sum::<usize>()
    }

    /// Whether there are, or may be, more rows than these.
    pub fn truncated(&self) -> bool {
        self.cut || self.total() > self.rows().count()
    }

    /// A paragraph.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Text(text.into()));
    }

    /// A row that is a paragraph.
    pub(super) fn state(&mut self, row: Row) {
        self.cite_row(&row);
        self.parts.push(Part::Fact(row));
    }

    /// One more row of the list under way. What it is about is a source, and in the graph.
    pub(super) fn put(&mut self, row: Row) {
        self.cite_row(&row);
        if !matches!(self.parts.last(), Some(Part::List { .. })) {
            self.table(&[]);
        }
        if let Some(Part::List { rows, .. }) = self.parts.last_mut() {
            rows.push(row);
        }
    }

    /// Begins a table.
    pub(super) fn table(&mut self, head: &[&'static str]) {
        self.parts.push(Part::List { head: head.to_vec(), rows: Vec::new(), left_out: 0 });
    }

    /// Of `total` rows of the list under way, at most `shown` are listed.
    pub(super) fn more(&mut self, total: usize, shown: usize) {
        if let Some(Part::List { left_out, .. }) = self.parts.last_mut() {
            *left_out = total.saturating_sub(shown);
        }
    }

    /// These are of what is asked for, listed or not.
    pub(super) fn count(&mut self, nodes: &[NodeIx]) {
        nodes.iter().for_each(|&node| *self.counts.entry(self.snapshot.graph.kind(node)).or_default() += 1);
    }

    /// Lists `nodes` under `title`.
    pub(super) fn list(&mut self, title: impl Into<String>, nodes: &[NodeIx]) {
        self.count(nodes);
        self.say(title);
        nodes.iter().take(MAX_LISTED).for_each(|node| self.put(Row::of(*node)));
        self.more(nodes.len(), MAX_LISTED);
    }

    /// A block of code.
    pub(super) fn code(&mut self, language: &'static str, text: &str) {
        self.parts.push(Part::Code { language, text: text.trim_end().to_owned() });
    }

    fn cite_row(&mut self, row: &Row) {
        match (row.edge, row.node) {
            (Some(edge), _) => self.cite_edge(edge),
            (None, Some(node)) => self.cite(node),
            (None, None) => {}
        }
    }

    /// The node is a source, and in the graph.
    pub(super) fn cite(&mut self, node: NodeIx) {
        let new = self.show(node);
        if new && self.evidence.len() < MAX_SOURCES {
            self.evidence.push(node_source(&self.snapshot, node));
        } else if new || !self.nodes.contains(&node) {
            self.tell_cut();
        }
    }

    /// What stands beside the text is not all that it rests on.
    fn tell_cut(&mut self) {
        self.warn(format!("Only the first {MAX_SOURCES} sources, and {MAX_GRAPH} nodes of the graph, stand beside the text."));
    }

    /// The edge is a source, and in the graph with its ends; the answer is no surer than it.
    pub(super) fn cite_edge(&mut self, ix: EdgeIx) {
        let snapshot = self.snapshot.clone();
        let edge = snapshot.graph.edge(ix);
        self.cite(edge.from);
        self.cite(edge.to);
        self.doubt(edge.confidence);
        if self.edges.len() < MAX_GRAPH && self.edges.insert(ix) && self.evidence.len() < MAX_SOURCES {
            self.evidence.push(edge_source(&snapshot, ix));
        }
    }

    /// The answer rests on an edge of this confidence: it is no surer, and says why.
    pub(super) fn doubt(&mut self, confidence: f32) {
        self.confidence = self.confidence.min(confidence);
        if confidence < INFERRED {
            self.gap("Some of it is salvaged from statements that were not read whole: check it at their lines.".into());
        } else if confidence == INFERRED {
            self.warn(
                "Some of these relations are told from how code moves data, which no statement says: check them at their lines.".into(),
            );
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

    /// What the reader should know, and no part says.
    pub(super) fn warn(&mut self, text: String) {
        self.caution(text, false);
    }

    /// What the reader should know before reading on: a paragraph, and a warning.
    pub(super) fn say_and_warn(&mut self, text: String) {
        self.say(text.clone());
        self.caution(text, true);
    }

    /// It may not be all there is, as `text` tells: up to its colon that stands below the answer, too.
    pub(super) fn gap(&mut self, text: String) {
        let few = in_few_words(&text).to_owned();
        if !self.gaps.contains(&few) {
            self.gaps.push(few);
        }
        self.caution(text, true);
    }

    fn caution(&mut self, text: String, told: bool) {
        if self.caveats.iter().all(|warning| warning.text != text) {
            self.caveats.push(Warning { text, told });
        }
    }

    /// The search for rows ended at a limit, which `text` tells.
    pub(super) fn cut(&mut self, text: String) {
        self.cut = true;
        self.gap(text);
    }

    /// A question to ask next.
    pub(super) fn next(&mut self, question: String) {
        if self.follow_ups.len() < MAX_NEXT && !self.follow_ups.contains(&question) {
            self.follow_ups.push(question);
        }
    }

    /// To see the text of `node`, where a file defines it.
    pub(super) fn next_definition(&mut self, node: NodeIx) {
        if !self.snapshot.graph.node(node).defined.is_empty() {
            self.next(format!("What is the definition of {}?", self.name(node)));
        }
    }

    pub(super) fn trust_at_most(&mut self, confidence: f32) {
        self.confidence = self.confidence.min(confidence);
    }
}
