//! A question as understood in one project, and what its words say of the answer: how far, of which files, what becomes of an asset.

use super::follow::Taken;
use super::{Means, Mode, Question};
use crate::chat::intent::Intent;
use crate::chat::mention::Reading;
use crate::graph::{Graph, NodeIx};
use crate::ingest::Snapshot;
use crate::ingest::changes::Changes;
use crate::ingest::knowledge::FileInfo;
use crate::lineage::Kind;
use crate::search::Vector;
use crate::store::runs::{self, Ended};
use std::borrow::Cow;
use std::sync::Arc;

/// Hops that `graph` and `deep` follow when the question does not say.
const GRAPH_HOPS: u32 = 5;
pub(super) const DEEP_HOPS: u32 = 20;
/// Most bytes that the store keeps of a run's changes for them to be listed: thousands of lines. Reading them takes ten milliseconds.
const MAX_CHANGES: usize = 1 << 20;
/// Runs among which one is looked for that a question names.
const MAX_RUNS: usize = 1_000;

/// A question as understood in one project.
pub(super) struct Asked<'a> {
    pub(super) snapshot: &'a Arc<Snapshot>,
    /// As asked, or with what a follow-up leaves out.
    pub(super) question: Cow<'a, Question>,
    pub(super) means: Means<'a>,
    pub(super) intent: Intent,
    pub(super) kinds: Vec<Kind>,
    pub(super) reading: Reading,
    /// The files that it names.
    pub(super) files: Vec<NodeIx>,
    /// What a word of a follow-up is taken for.
    pub(super) taken: Option<Taken>,
    /// Its names are a list, of which each is asked about.
    pub(super) listed: bool,
    /// It is in another language than the rules are for.
    pub(super) foreign: bool,
    /// Words that were misspelt, and what they are read as.
    pub(super) slips: Vec<(String, &'static str)>,
}

/// A change whose impact is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Change {
    /// It is no longer there, or not under its name.
    Goes,
    /// It is there under its name: another type, say.
    Changes,
    /// It does not run, or has no rows or old ones.
    Fails,
}

impl Asked<'_> {
    pub(super) fn graph(&self) -> &Graph {
        &self.snapshot.graph
    }

    /// The vector of words to search for, when there is one.
    pub(super) fn vector(&self, words: &str) -> Option<Arc<Vector>> {
        self.means.embeddings?.query(self.snapshot, words)
    }

    /// What a run changed, when the store keeps it and it is not too much to be told.
    pub(super) fn changes(&self, run: &str) -> Option<Arc<Changes>> {
        self.snapshot.changes_of(run, || self.read_changes(run))
    }

    fn read_changes(&self, run: &str) -> Option<Changes> {
        let kept = self.means.store?.read_blocking(|conn| runs::changes(conn, run, MAX_CHANGES));
        let read = kept.map_err(|e| e.to_string()).and_then(|text| match text {
            Some(text) => Changes::of(&text).map(Some).map_err(|e| e.to_string()),
            None => Ok(None),
        });
        read.unwrap_or_else(|why| {
            log::warn!("the changes of run '{run}' cannot be read: {why}");
            None
        })
    }

    /// The project's newest run that has ended; without a store, that of its newest file.
    pub(super) fn newest_run(&self) -> Option<Ended> {
        match self.means.store.map(|store| store.read_blocking(|conn| runs::newest(conn, &self.snapshot.project))) {
            Some(Ok(newest)) => return newest,
            Some(Err(e)) => log::warn!("the runs of project '{}' cannot be read: {e}", self.snapshot.project),
            None => {}
        }
        let files = || self.snapshot.files.values();
        let FileInfo { run_id: id, processed_at: at, .. } = &**files().max_by(|a, b| a.processed_at.cmp(&b.processed_at))?;
        let filenames = files().filter(|f| f.run_id == *id).map(|f| f.path.clone()).collect();
        Some(Ended { id: id.clone(), at: at.clone(), filenames })
    }

    /// The runs that are known, newest first, as far as they are kept: id and time. Without a store, those of the files here.
    pub(super) fn runs(&self) -> Vec<(String, String)> {
        let filter = runs::Filter {
            project_id: Some(self.snapshot.project.clone()),
            limit: u32::try_from(MAX_RUNS).unwrap_or(0),
            ..Default::default()
        };
        match self.means.store.map(|store| store.read_blocking(|conn| runs::list(conn, &filter))) {
            Some(Ok((list, _))) => return list.into_iter().map(|run| (run.id, run.completed_at.unwrap_or(run.started_at))).collect(),
            Some(Err(e)) => log::warn!("the runs of project '{}' cannot be read: {e}", self.snapshot.project),
            None => {}
        }
        let mut runs: Vec<(String, String)> = Vec::new();
        for file in self.snapshot.files.values() {
            match runs.iter_mut().find(|(id, _)| *id == file.run_id) {
                Some((_, at)) => *at = at.clone().max(file.processed_at.clone()),
                None => runs.push((file.run_id.clone(), file.processed_at.clone())),
            }
        }
        runs.sort_by(|a, b| b.1.cmp(&a.1));
        runs
    }

    pub(super) fn hops(&self) -> u32 {
        let default = if self.question.mode == Mode::Deep { DEEP_HOPS } else { GRAPH_HOPS };
        self.asked_hops().map_or(default, |n| n.clamp(1, DEEP_HOPS))
    }

    /// Hops that the question names: "within 2 hops", "directly".
    pub(super) fn asked_hops(&self) -> Option<u32> {
        let directly = || self.reading.masked.split(' ').any(|w| matches!(w, "direct" | "directly" | "immediate" | "immediately"));
        self.reading.hops.or_else(|| directly().then_some(1))
    }

    /// Whether a node is in the repository that the question is limited to.
    pub(super) fn in_scope(&self, node: NodeIx) -> bool {
        let Some(repository) = &self.question.repository_id else { return true };
        let node = self.graph().node(node);
        node.defined.iter().any(|e| self.snapshot.files.get(&*e.file_id).is_some_and(|f| f.repository_id == *repository))
    }

    /// Whether a node is in the schema that the question limits its answer to, or outside it, and has no namesake where it may have none.
    pub(super) fn in_schema(&self, node: NodeIx) -> bool {
        let graph = self.graph();
        let whole = if graph.kind(node) == Kind::Column { graph.relation_of(node).unwrap_or(node) } else { node };
        self.is_placed(whole) && self.has_no_namesake(node, whole)
    }

    /// Whether what is no column is in the schema that the question limits its answer to, or outside it.
    pub(super) fn is_placed(&self, whole: NodeIx) -> bool {
        self.reading.schema.as_ref().is_none_or(|schema| self.graph().node(whole).is_in(schema) != self.reading.outside)
    }

    /// Whether a node, `whole` or a column of that, has no namesake where it may have none.
    fn has_no_namesake(&self, node: NodeIx, whole: NodeIx) -> bool {
        let graph = self.graph();
        let has_namesake = |other: &String| {
            let namesakes = graph.resolve_whole(&format!("{other}.{}", graph.node(whole).label()));
            let has_column =
                |n: NodeIx| graph.columns(n).iter().any(|&c| graph.node(c).label().eq_ignore_ascii_case(graph.node(node).label()));
            namesakes.into_iter().any(|n| graph.node(n).is_in(other) && (whole == node || has_column(n)))
        };
        !self.reading.but_not_in.as_ref().is_some_and(has_namesake)
    }

    /// The schema that the question limits its answer to, as it stands behind what is listed; empty when there is none.
    pub(super) fn schema_words(&self) -> String {
        let Some(schema) = &self.reading.schema else { return String::new() };
        let place = if self.reading.outside { "outside" } else { "in" };
        let but = self.reading.but_not_in.as_ref().map_or_else(String::new, |other| format!(", of which schema `{other}` has no namesake"));
        format!("{place} schema `{schema}`{but}")
    }

    /// Whether a list may hold a node: by the repository, schema and file that the question limits it to.
    pub(super) fn may_list(&self, node: NodeIx) -> bool {
        let defined = |file: NodeIx| {
            let path = self.graph().node(file).name();
            let places = &self.graph().node(node).defined;
            file == node || places.iter().any(|at| self.snapshot.files.get(&*at.file_id).is_some_and(|f| f.path == *path))
        };
        let in_file = self.files.is_empty() || self.files.iter().any(|file| defined(*file));
        in_file && self.in_schema(node) && self.in_scope(node)
    }

    /// Where a list looks, as it stands behind what is listed.
    pub(super) fn place(&self) -> String {
        let schema = self.schema_words();
        let file = self.files.first().map_or_else(String::new, |file| format!("in file `{}`", self.graph().node(*file).name()));
        match (schema.is_empty(), file.is_empty()) {
            (true, true) => "here".to_owned(),
            (false, false) => format!("{schema} {file}"),
            _ => schema + &file,
        }
    }

    /// Whether the question names a file: by its path, or the last part of it.
    pub(super) fn names(&self) -> impl Fn(&FileInfo) -> bool {
        let words = self.question.query.split_whitespace().map(|w| w.trim_matches(|c: char| "?!,;:.\"'`()".contains(c)));
        let words: Vec<&str> = words.collect();
        move |file| {
            let ends_with = |word: &str| {
                let before = file.path.len().checked_sub(word.len() + 1)?;
                let is_last = file.path.as_bytes()[before] == b'/' && !word.contains('/');
                (is_last && file.path[before + 1..].eq_ignore_ascii_case(word)).then_some(())
            };
            words.iter().any(|word| word.eq_ignore_ascii_case(&file.path) || ends_with(word).is_some())
        }
    }

    /// What becomes of an asset whose impact is asked for.
    pub(super) fn change(&self) -> Change {
        const GOES: &[&str] = &["drop", "delet", "remov", "renam", "retir", "deprecat", "disappear", "gone", "away", "rid"];
        const CHANGES: &[&str] = &["chang", "alter", "modif", "type"];
        const FAILS: &[&str] =
            &["fail", "crash", "stop", "late", "delay", "stale", "outdated", "empty", "wrong", "unavailable", "down", "missing"];
        let says =
            |stems: &[&str]| self.reading.masked.split(' ').any(|w| stems.iter().any(|stem| w.starts_with(stem)) && w != "downstream");
        match () {
            _ if says(GOES) => Change::Goes,
            _ if says(CHANGES) => Change::Changes,
            _ if says(FAILS) => Change::Fails,
            _ => Change::Goes,
        }
    }

    /// "Rename x to y": y, as written.
    pub(super) fn new_name(&self) -> Option<String> {
        let words: Vec<&str> = self.question.query.split_whitespace().collect();
        let at = |start: usize, is: &dyn Fn(&str) -> bool| words[start..].iter().position(|w| is(&w.to_lowercase())).map(|at| start + at);
        // "Should be called y".
        let called = || Some(at(0, &|w| matches!(w, "called" | "named"))?).filter(|&at| at > 0 && words[at - 1].eq_ignore_ascii_case("be"));
        let to = |rename: usize| at(rename, &|w| matches!(w, "to" | "into" | "as" | "->" | "=>" | "→"));
        let before = at(0, &|w| w.starts_with("renam")).map_or_else(called, to)?;
        let word = words.get(before + 1)?.trim_matches(|c: char| "?!,;:.\"'`()[]".contains(c));
        (self.intent == Intent::Impact && !word.is_empty()).then(|| word.to_owned())
    }

    /// Whether the question is what becomes of a whole schema, or what flows into it and out of it.
    pub(super) fn of_schema(&self) -> bool {
        let of_one = matches!(self.intent, Intent::Impact | Intent::Upstream | Intent::Downstream | Intent::Lineage);
        of_one && self.reading.schema_is_here && self.reading.names() == 0
    }

    /// Whether the question is clear, and what it is about is not here.
    pub(super) fn lacks_a_name(&self) -> bool {
        let some_name = matches!(self.intent, Intent::Sensitive | Intent::Summary) && !self.reading.unknown.is_empty();
        let unnamed = (self.intent.needs_name() || some_name) && self.reading.mentions.is_empty() && !self.of_schema();
        let known = self.reading.mentions.len();
        unnamed || self.intent.needs_two() && known < 2 || self.intent == Intent::Together && !self.reading.unknown.is_empty()
    }

    /// "What does this column reference?"
    pub(super) fn refers_from_column(&self) -> bool {
        let of_column = self.meanings(0).first().is_some_and(|&n| self.graph().kind(n) == Kind::Column);
        of_column && self.reading.masked.split(' ').any(|w| w.starts_with("referenc"))
    }

    /// What the `n`th name means.
    pub(super) fn meanings(&self, n: usize) -> &[NodeIx] {
        self.reading.mentions.get(n).map_or(&[], |m| &m.nodes)
    }
}
