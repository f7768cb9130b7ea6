//! Hygiene of the graph: what is unused, what goes round, what is missing, what was not understood.

use super::super::error::blocking;
use super::super::route::Param;
use super::super::{Error, Request, Response, respond, wire};
use crate::graph::NodeIx;
use crate::ingest::memo::Understood;
use crate::ingest::{Knowledge, Snapshot};
use crate::lineage::Severity;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashSet;

/// Most items of one list.
const MAX_ITEMS: i64 = 5_000;

/// Query parameters.
pub const QUERY: &[Param] =
    &[super::PROJECT, Param::optional("limit", "integer", "Most items of each list; totals count them all").within(1, MAX_ITEMS)];

/// The report. Lists are cut at `limit`; `totals` are not.
#[derive(Default, Serialize, schemars::JsonSchema)]
#[schemars(rename = "LineageReport")]
pub struct Report<'a> {
    /// Relations with no data flow at all.
    orphans: Vec<wire::Node<'a>>,
    /// Relations that feed others and are fed by nothing.
    roots: Vec<wire::Node<'a>>,
    /// Relations that are fed and feed nothing.
    leaves: Vec<wire::Node<'a>>,
    /// Relations that feed themselves, in the order of one way round.
    cycles: Vec<Vec<wire::Node<'a>>>,
    /// Names that something mentions and nothing defines.
    dangling: Vec<Dangling<'a>>,
    /// Names that can mean several things, and other doubts of linking; that a name is defined nowhere is told by `dangling` alone.
    notes: Vec<Note>,
    /// Statements that were not understood, or not in full.
    unparsed: Vec<Unparsed>,
    /// Length of each list before the cut.
    totals: Totals,
    /// Share of the tokens of all SQL, comments apart, that stand in statements which were understood without salvage, 0 to 1; 1 without
    /// any SQL.
    coverage: f64,
    /// How many tokens that is a share of.
    tokens: u64,
}

/// Lengths of the report's lists.
#[derive(Default, Serialize, schemars::JsonSchema)]
pub struct Totals {
    orphans: usize,
    roots: usize,
    leaves: usize,
    cycles: usize,
    dangling: usize,
    notes: usize,
    unparsed: usize,
}

/// A name without a definition.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Dangling<'a> {
    /// The external node.
    node: wire::Node<'a>,
    /// Where it is mentioned: file, path and lines.
    mentions: Vec<Value>,
}

/// A doubt about a name.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Note {
    project_id: String,
    name: String,
    message: String,
    file_id: String,
    file_path: Option<String>,
    line: u32,
}

/// A statement not understood.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Unparsed {
    project_id: String,
    file_id: String,
    file_path: String,
    line: u32,
    /// The last line of the statement.
    line_end: u32,
    message: String,
    severity: Severity,
}

/// Places shown of one dangling name.
const MAX_MENTIONS: usize = 20;

/// `GET /api/v1/lineage/report`: Orphans, roots, leaves, cycles, dangling names, unparsed spans.
pub async fn report(knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let project = query.project();
    let limit = query.integer("limit", 200, 1, MAX_ITEMS) as usize;
    query.finish()?;
    let knowledge = knowledge.clone();
    blocking(move || {
        let mut report = Report::default();
        let snapshots = knowledge.select(project.as_deref());
        snapshots.iter().for_each(|snapshot| report.add(snapshot, limit));
        let understood = Understood::of(snapshots.iter().flat_map(|snapshot| snapshot.files.values()).map(|file| &**file));
        (report.coverage, report.tokens) = (understood.share(), understood.tokens);
        respond::ok(&report)
    })
    .await
}

impl<'a> Report<'a> {
    fn add(&mut self, snapshot: &'a Snapshot, limit: usize) {
        let found = snapshot.report();
        let encode = |ix: &NodeIx| wire::node(snapshot, *ix);
        extend(&mut self.orphans, &mut self.totals.orphans, limit, found.orphans.iter(), encode);
        extend(&mut self.roots, &mut self.totals.roots, limit, found.roots.iter(), encode);
        extend(&mut self.leaves, &mut self.totals.leaves, limit, found.leaves.iter(), encode);
        extend(&mut self.cycles, &mut self.totals.cycles, limit, found.cycles.iter(), |cycle| cycle.iter().map(encode).collect());
        extend(&mut self.dangling, &mut self.totals.dangling, limit, found.dangling.iter(), |ix| dangling(snapshot, *ix));
        // That a name is defined nowhere is told above.
        let undefined: HashSet<Cow<'_, str>> = found.dangling.iter().map(|ix| snapshot.graph.node(*ix).name()).collect();
        let doubts = snapshot.graph.linked.notes.iter().filter(|note| !undefined.contains(note.name.as_str()));
        extend(&mut self.notes, &mut self.totals.notes, limit, doubts, |note| Note {
            project_id: snapshot.project.clone(),
            name: note.name.clone(),
            message: note.message.clone(),
            file_id: note.file_id.clone(),
            file_path: snapshot.files.get(note.file_id.as_str()).map(|f| f.path.clone()),
            line: note.line,
        });
        let mut files: Vec<_> = snapshot.files.values().collect();
        files.sort_by(|a, b| (&a.path, &a.repository_id, &a.id).cmp(&(&b.path, &b.repository_id, &b.id)));
        let diagnostics = files.iter().flat_map(|file| file.diagnostics.iter().map(move |diagnostic| (*file, diagnostic)));
        let lost = diagnostics.filter(|(_, diagnostic)| diagnostic.severity > Severity::Info);
        extend(&mut self.unparsed, &mut self.totals.unparsed, limit, lost, |(file, diagnostic)| Unparsed {
            project_id: snapshot.project.clone(),
            file_id: file.id.clone(),
            file_path: file.path.clone(),
            line: diagnostic.line,
            line_end: diagnostic.line_end.unwrap_or(diagnostic.line),
            message: diagnostic.message.clone(),
            severity: diagnostic.severity,
        });
    }
}

fn extend<I, T>(list: &mut Vec<T>, total: &mut usize, limit: usize, items: impl Iterator<Item = I>, encode: impl Fn(I) -> T) {
    for item in items {
        *total += 1;
        if list.len() < limit {
            list.push(encode(item));
        }
    }
}

fn dangling(snapshot: &Snapshot, ix: NodeIx) -> Dangling<'_> {
    let mentions = snapshot.places(ix).into_iter().take(MAX_MENTIONS).map(|evidence| wire::place(snapshot, evidence)).collect();
    Dangling { node: wire::node(snapshot, ix), mentions }
}
