//! Answers without a model: facts from the graph, rendered as Markdown. Every sentence is a template filled with what the graph holds;
//! where it holds nothing, the answer says so and offers the nearest names.

mod asset;
mod changes;
mod code;
mod column;
mod condition;
mod filter;
pub mod finding;
mod flow;
mod follow;
mod hygiene;
mod impact;
mod inventory;
mod join;
mod passage;
mod policy;
mod rename;
mod render;
mod routine;
#[cfg(test)]
mod tests;
mod understand;
mod way;

use super::evidence::counted;
use super::intent::Intent;
use super::mention::{Mention, Reading};
use super::{Answer, Embeddings, Mode, Question};
use crate::graph::{Graph, NodeIx};
use crate::ingest::changes::Changes;
use crate::ingest::knowledge::FileInfo;
use crate::ingest::{HOW_TO_BEGIN, Knowledge, Snapshot};
use crate::lineage::Kind;
use crate::search::{ChunkHit, Vector};
use crate::store::Store;
use crate::store::projects::{self, Repository};
use crate::store::runs::{self, Ended};
use finding::Finding;
pub use passage::{MAX_PASSAGES, best_line};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use understand::understand;

/// Confidence of an answer found by search alone: it may be about something else.
pub const SEARCH_CONFIDENCE: f32 = 0.5;
/// Most rows of one list: a screenful of a long list; the rest is counted.
const MAX_LISTED: usize = 200;
/// Most sources of one answer: each listed asset can be one.
const MAX_SOURCES: usize = 200;
/// Meanings of an ambiguous name that are answered for, each.
const MAX_MEANINGS: usize = 3;
/// Names offered for one that is not there.
const SUGGESTIONS: usize = 5;
/// Passages of `semantic`, and of `deep`, when the question does not say.
const SEMANTIC_PASSAGES: usize = 5;
const DEEP_PASSAGES: usize = 10;
/// Hops that `graph` and `deep` follow when the question does not say.
const GRAPH_HOPS: u32 = 5;
const DEEP_HOPS: u32 = 20;
/// Most bytes that the store keeps of a run's changes for them to be listed: thousands of lines. Reading them takes ten milliseconds.
const MAX_CHANGES: usize = 1 << 20;
/// Runs among which one is looked for that a question names.
const MAX_RUNS: usize = 1_000;
/// Projects that one answer speaks of.
const MAX_PROJECTS: usize = 10;

/// What an answer may ask beside what is in memory; without them it goes by words, and tells no changes.
#[derive(Clone, Copy, Default)]
pub struct Means<'a> {
    /// For the vectors of questions.
    pub embeddings: Option<&'a Embeddings>,
    /// For what runs changed.
    pub store: Option<&'a Store>,
}

/// A question as understood in one project.
struct Asked<'a> {
    snapshot: &'a Arc<Snapshot>,
    /// As asked, or with what a follow-up leaves out.
    question: Cow<'a, Question>,
    means: Means<'a>,
    intent: Intent,
    kinds: Vec<Kind>,
    reading: Reading,
    /// What a word of a follow-up is taken for.
    taken: Option<follow::Taken>,
    /// Its names are a list, of which each is asked about.
    listed: bool,
    /// Words that were misspelt, and what they are read as.
    slips: Vec<(String, &'static str)>,
}

/// A change whose impact is asked for.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    /// It is no longer there, or not under its name.
    Goes,
    /// It is there under its name: another type, say.
    Changes,
    /// It does not run, or has no rows or old ones.
    Fails,
}

impl Asked<'_> {
    fn graph(&self) -> &Graph {
        &self.snapshot.graph
    }

    /// The vector of words to search for, when there is one.
    fn vector(&self, words: &str) -> Option<Arc<Vector>> {
        self.means.embeddings?.query(self.snapshot, words)
    }

    /// What a run changed, when the store keeps it and it is not too much to be told.
    fn changes(&self, run: &str) -> Option<Arc<Changes>> {
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
    fn newest_run(&self) -> Option<Ended> {
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
    fn runs(&self) -> Vec<(String, String)> {
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

    fn hops(&self) -> u32 {
        let default = if self.question.mode == Mode::Deep { DEEP_HOPS } else { GRAPH_HOPS };
        self.asked_hops().map_or(default, |n| n.clamp(1, DEEP_HOPS))
    }

    /// Hops that the question names: "within 2 hops", "directly".
    fn asked_hops(&self) -> Option<u32> {
        let directly = || self.reading.masked.split(' ').any(|w| matches!(w, "direct" | "directly" | "immediate" | "immediately"));
        self.reading.hops.or_else(|| directly().then_some(1))
    }

    /// Whether a node is in the repository that the question is limited to.
    fn in_scope(&self, node: NodeIx) -> bool {
        let Some(repository) = &self.question.repository_id else { return true };
        let node = self.graph().node(node);
        node.defined.iter().any(|e| self.snapshot.files.get(&*e.file_id).is_some_and(|f| f.repository_id == *repository))
    }

    /// Whether a node is in the schema that the question limits its answer to, or outside it, and has no namesake where it may have none.
    fn in_schema(&self, node: NodeIx) -> bool {
        let Some(schema) = &self.reading.schema else { return true };
        let graph = self.graph();
        let whole = if graph.kind(node) == Kind::Column { graph.relation_of(node).unwrap_or(node) } else { node };
        let is_in = |n: NodeIx, schema: &str| graph.node(n).is_in(schema);
        let has_namesake = |other: &String| {
            let namesakes = graph.resolve_whole(&format!("{other}.{}", graph.node(whole).label()));
            let has_column =
                |n: NodeIx| graph.columns(n).iter().any(|&c| graph.node(c).label().eq_ignore_ascii_case(graph.node(node).label()));
            namesakes.into_iter().any(|n| is_in(n, other) && (whole == node || has_column(n)))
        };
        is_in(whole, schema) != self.reading.outside && !self.reading.but_not_in.as_ref().is_some_and(has_namesake)
    }

    /// The schema that the question limits its answer to, as it stands behind what is listed; empty when there is none.
    fn schema_words(&self) -> String {
        let Some(schema) = &self.reading.schema else { return String::new() };
        let place = if self.reading.outside { "outside" } else { "in" };
        let but = self.reading.but_not_in.as_ref().map_or_else(String::new, |other| format!(", of which schema `{other}` has no namesake"));
        format!("{place} schema `{schema}`{but}")
    }

    /// The files that the question names.
    fn files(&self) -> impl Iterator<Item = NodeIx> {
        self.reading.mentions.iter().flat_map(|m| &m.nodes).copied().filter(|&n| self.graph().kind(n) == Kind::File)
    }

    /// Whether a list may hold a node: by the repository, schema and file that the question limits it to.
    fn may_list(&self, node: NodeIx) -> bool {
        let defined = |file: NodeIx| {
            let path = self.graph().node(file).name();
            let places = &self.graph().node(node).defined;
            file == node || places.iter().any(|at| self.snapshot.files.get(&*at.file_id).is_some_and(|f| f.path == *path))
        };
        let in_file = self.files().next().is_none() || self.files().any(defined);
        in_file && self.in_schema(node) && self.in_scope(node)
    }

    /// Where a list looks, as it stands behind what is listed.
    fn place(&self) -> String {
        let schema = self.schema_words();
        let file = self.files().next().map_or_else(String::new, |file| format!("in file `{}`", self.graph().node(file).name()));
        match (schema.is_empty(), file.is_empty()) {
            (true, true) => "here".to_owned(),
            (false, false) => format!("{schema} {file}"),
            _ => schema + &file,
        }
    }

    /// Whether the question names a file: by its path, or the last part of it.
    fn names(&self, file: &FileInfo) -> bool {
        let last = file.path.rsplit('/').next().unwrap_or(&file.path);
        let mut words = self.question.query.split_whitespace().map(|w| w.trim_matches(|c: char| "?!,;:.\"'`()".contains(c)));
        words.any(|word| word.eq_ignore_ascii_case(&file.path) || word.eq_ignore_ascii_case(last))
    }

    /// What becomes of an asset whose impact is asked for.
    fn change(&self) -> Change {
        const GOES: &[&str] = &["drop", "delet", "remov", "renam", "retir", "deprecat", "disappear", "gone", "rid"];
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
    fn new_name(&self) -> Option<String> {
        let words: Vec<&str> = self.question.query.split_whitespace().collect();
        let rename = words.iter().position(|w| w.to_lowercase().starts_with("renam"))?;
        let to = words[rename..].iter().rposition(|w| matches!(*w, "to" | "into" | "as"))?;
        let word = words.get(rename + to + 1)?.trim_matches(|c: char| "?!,;:.\"'`()[]".contains(c));
        (self.intent == Intent::Impact && !word.is_empty()).then(|| word.to_owned())
    }

    /// Whether the question is what becomes of a whole schema, or what flows into it and out of it.
    fn of_schema(&self) -> bool {
        let of_one = matches!(self.intent, Intent::Impact | Intent::Upstream | Intent::Downstream | Intent::Lineage);
        of_one && self.reading.schema_is_here && self.reading.names() == 0
    }

    /// Whether the question is clear, and what it is about is not here.
    fn lacks_a_name(&self) -> bool {
        let some_name = matches!(self.intent, Intent::Sensitive | Intent::Summary) && !self.reading.unknown.is_empty();
        let unnamed = (self.intent.needs_name() || some_name) && self.reading.mentions.is_empty() && !self.of_schema();
        unnamed || self.intent.needs_two() && self.reading.mentions.len() < 2
    }

    /// "What does this column reference?"
    fn refers_from_column(&self) -> bool {
        let of_column = self.meanings(0).first().is_some_and(|&n| self.graph().kind(n) == Kind::Column);
        of_column && self.reading.masked.split(' ').any(|w| w.starts_with("referenc"))
    }

    /// What the `n`th name means.
    fn meanings(&self, n: usize) -> &[NodeIx] {
        self.reading.mentions.get(n).map_or(&[], |m| &m.nodes)
    }
}

/// Answers `question` from what is known. Never empty.
pub fn answer(knowledge: &Knowledge, means: Means<'_>, question: &Question) -> Answer {
    if let Some(answer) = no_repository(knowledge, means, question) {
        return answer;
    }
    let (findings, left_out) = find(knowledge, means, question);
    if findings.is_empty() {
        return match &question.project_id {
            Some(id) if knowledge.select(Some(id)).is_empty() => no_project(knowledge, id),
            _ => nothing(question),
        };
    }
    let mut whole = Answer::empty();
    whole.confidence = 1.0;
    let several = findings.len() + left_out > 1;
    if let Some(sum) = sum(&findings) {
        whole.response.push_str(&format!("In these {} projects together: **{sum}**.\n\n", findings.len()));
    }
    for finding in findings {
        if several {
            whole.response.push_str(&format!("### Project `{}`\n\n", finding.snapshot.project));
        }
        render::add(finding, &mut whole);
    }
    if left_out > 0 {
        whole.warnings.push(format!("{left_out} more projects are left out: name one in context.project_id."));
    }
    whole.response.truncate(whole.response.trim_end().len());
    whole
}

/// How many of each kind there are in several projects together, when each lists or counts what is asked for.
fn sum(findings: &[Finding]) -> Option<String> {
    // Of a named asset there is one in each project; a column looked for by its name is what is counted.
    let of_all = |f: &Finding| f.args.mentions.is_empty() || f.intent == Intent::ColumnsMatching;
    let lists = |f: &Finding| of_all(f) && (f.intent.narrows() || matches!(f.intent, Intent::Inventory | Intent::Count));
    if findings.len() < 2 || !findings.iter().all(lists) {
        return None;
    }
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    findings.iter().flat_map(|f| &f.counts).for_each(|(&kind, n)| *counts.entry(kind).or_default() += n);
    let counts: Vec<String> = counts.into_iter().map(|(kind, n)| counted(n, kind)).collect();
    (!counts.is_empty()).then(|| counts.join(", "))
}

/// What each project that has something to say knows, or one finding for all when none knows the names; and how many such projects were
/// left out.
pub fn find(knowledge: &Knowledge, means: Means<'_>, question: &Question) -> (Vec<Finding>, usize) {
    let mut known = knowledge.select(question.project_id.as_deref());
    let said = named_project(&known, &question.query);
    let of_one = said.as_ref().map(|(project, rest)| {
        known.retain(|s| s.project == *project);
        Question { query: rest.clone(), ..question.clone() }
    });
    let question = of_one.as_ref().unwrap_or(question);
    let snapshots: Vec<Arc<Snapshot>> =
        known.into_iter().filter(|s| !s.graph.linked.nodes.is_empty() || !s.index.chunks.is_empty()).collect();
    let mut asked: Vec<Asked> = snapshots.iter().map(|s| understand(s, means, question)).collect();
    // Of several projects, those that know the names; a question without names is everyone's.
    let known_names = |a: &Asked| a.reading.mentions.len() + usize::from(a.reading.schema_is_here);
    let most = asked.iter().map(known_names).max().unwrap_or(0);
    asked.retain(|a| known_names(a) == most);
    if most == 0 && asked.iter().any(|a| a.intent == Intent::Search) {
        // Words that one project knows as names are words elsewhere: the same question must not be two.
        asked.iter_mut().for_each(|a| a.intent = Intent::Search);
    }
    let all = asked.len();
    asked.truncate(MAX_PROJECTS);
    let left_out = all - asked.len();
    let found: Vec<(&Asked, Vec<ChunkHit>)> = asked.iter().zip(passage::best(&asked)).collect();
    // What no project knows is told once, of all of them.
    let findings = match asked.as_slice() {
        [first, ..] if asked.iter().all(Asked::lacks_a_name) => {
            let mut finding = Finding::new(first.snapshot, first.intent, first.reading.clone());
            match apart(&asked) {
                Some(text) => finding.say(text),
                None => passage::did_you_mean(&asked, &mut finding),
            }
            passage::list(&found, &mut finding);
            offer(first, &mut finding);
            vec![finding]
        }
        // Nothing to look up is nothing in each of them.
        [first, _, ..] if asked.iter().all(passage::is_empty) => {
            let mut finding = Finding::new(first.snapshot, first.intent, first.reading.clone());
            passage::search(first, &mut finding);
            vec![finding]
        }
        _ => found.iter().map(compose).collect(),
    };
    (findings, left_out)
}

/// Where the names of a question are, when each is known to another project: no lineage goes from one to another.
fn apart(asked: &[Asked]) -> Option<String> {
    let names = || asked.iter().flat_map(|one| one.reading.mentions.iter().map(move |m| (m, &one.snapshot.project)));
    let known = |name: &String| names().any(|(mention, _)| mention.text.eq_ignore_ascii_case(name));
    let unknown = || asked.iter().flat_map(|one| &one.reading.unknown);
    (asked.len() > 1 && unknown().next().is_some() && unknown().all(known)).then(|| {
        let places: BTreeSet<String> = names().map(|(mention, project)| format!("`{}` is in project `{project}`", mention.text)).collect();
        let places: Vec<String> = places.into_iter().collect();
        format!("{}. No lineage goes from one project to another.", places.join(", "))
    })
}

/// "… in project P": which of these it is, and the question without it.
fn named_project(known: &[Arc<Snapshot>], query: &str) -> Option<(String, String)> {
    let words: Vec<&str> = query.split_whitespace().collect();
    let bare = |word: &str| word.trim_matches(|c: char| "?!,;:.\"'`()".contains(c)).to_owned();
    let at = words.iter().position(|w| w.eq_ignore_ascii_case("project"))?;
    let name = bare(words.get(at + 1)?);
    let project = known.iter().map(|s| &s.project).find(|p| p.eq_ignore_ascii_case(&name))?;
    let lead = words[..at].iter().rev().take_while(|w| matches!(w.to_lowercase().as_str(), "in" | "of" | "from" | "the")).count();
    let rest = words[..at - lead].iter().chain(&words[at + 2..]).copied().collect::<Vec<_>>().join(" ");
    (!rest.is_empty()).then(|| (project.clone(), rest))
}

fn no_project(knowledge: &Knowledge, id: &str) -> Answer {
    let there = knowledge.all();
    let names: Vec<String> = there.iter().take(MAX_LISTED).map(|s| format!("`{}`", s.project)).collect();
    let more = if there.len() > names.len() { format!(" and {} more", there.len() - names.len()) } else { String::new() };
    Answer {
        response: format!("There is no project `{id}` here: the projects are {}{more}.", names.join(", ")),
        next_actions: vec!["What tables are in the database?".into()],
        ..Answer::empty()
    }
}

/// The answer to a question about a repository that no project it is asked of has; `None` as well when they have none at all.
fn no_repository(knowledge: &Knowledge, means: Means<'_>, question: &Question) -> Option<Answer> {
    let (id, store) = (question.repository_id.as_ref()?, means.store?);
    let projects = knowledge.select(question.project_id.as_deref());
    let of = |s: &Arc<Snapshot>| match store.read_blocking(|conn| projects::repositories(conn, &s.project)) {
        Ok(list) => list,
        Err(e) => {
            log::warn!("the repositories of project '{}' cannot be read: {e}", s.project);
            Vec::new()
        }
    };
    let there: Vec<Repository> = projects.iter().flat_map(of).collect();
    if there.is_empty() || there.iter().any(|r| r.id == *id) {
        return None;
    }
    let names: Vec<String> = there.iter().take(MAX_LISTED).map(|r| format!("`{}` ({})", r.id, r.name)).collect();
    let more = if there.len() > names.len() { format!(" and {} more", there.len() - names.len()) } else { String::new() };
    let place = question.project_id.as_ref().map_or_else(|| "here".to_owned(), |id| format!("in project `{id}`"));
    Some(Answer { response: format!("There is no repository `{id}` {place}: there are {}{more}.", names.join(", ")), ..Answer::empty() })
}

fn nothing(question: &Question) -> Answer {
    let place = question.project_id.as_ref().map_or_else(|| "any project".to_owned(), |id| format!("project `{id}`"));
    Answer {
        response: format!("Nothing has been ingested in {place} yet, so there is nothing to answer from. {HOW_TO_BEGIN}"),
        next_actions: vec!["What tables are in the database?".into()],
        ..Answer::empty()
    }
}

/// Questions to go on with, when the answer has not offered two: of what it is about, else of everything.
fn offer(asked: &Asked, finding: &mut Finding) {
    const LEAST: usize = 2;
    let subject = asked.reading.mentions.first().map(|m| m.nodes[0]).or_else(|| finding.rows().find_map(|row| row.node));
    let mut questions: Vec<String> = Vec::new();
    if let Some(node) = subject {
        let name = finding.name(node);
        questions.extend(match asked.graph().kind(node) {
            Kind::File => vec![format!("Which lineage does {name} state?")],
            kind if kind.is_routine() => vec![format!("What does {name} read and write?"), format!("Who calls {name}?")],
            _ => vec![format!("What depends on {name}?"), format!("What feeds {name}?"), format!("What breaks if I drop {name}?")],
        });
    }
    questions
        .extend(["What tables are in the database?", "Which tables have no consumers?", "What could not be parsed?"].map(String::from));
    let same = |question: &str| {
        question.replace('`', "").trim_end_matches('?').eq_ignore_ascii_case(asked.question.query.trim_end_matches(['?', ' ']))
    };
    for question in questions.into_iter().filter(|question| !same(question)) {
        if finding.follow_ups.len() >= LEAST {
            break;
        }
        finding.next(question);
    }
}

fn compose(found: &(&Asked, Vec<ChunkHit>)) -> Finding {
    let asked = found.0;
    let mut finding = Finding::new(asked.snapshot, asked.intent, asked.reading.clone());
    if asked.lacks_a_name() {
        passage::did_you_mean(std::slice::from_ref(asked), &mut finding);
    } else {
        direct(asked, &mut finding);
        if finding.parts.is_empty() {
            // Of its names, the one that is here is not what it is about: "rename x of t to country", where only a country is.
            passage::did_you_mean(std::slice::from_ref(asked), &mut finding);
        }
        // What is looked for among columns, a new name, a run: no assets.
        let free =
            matches!(asked.intent, Intent::ColumnsMatching | Intent::ColumnsByType | Intent::Topic | Intent::Changes | Intent::Search);
        let strange = asked.reading.unknown.iter().filter(|u| !free && asked.new_name().as_ref() != Some(u));
        for unknown in strange {
            finding.warn(format!("There is no `{unknown}` here: it was left out."));
        }
    }
    // A column looked for by its name is meant in every table.
    let each_meant = matches!(asked.intent, Intent::ColumnsMatching | Intent::ColumnsByType);
    let new_name = asked.new_name();
    let ambiguous = |m: &&Mention| m.nodes.len() > 1 && !each_meant && new_name.as_ref() != Some(&m.text);
    for mention in asked.reading.mentions.iter().filter(ambiguous) {
        let names: Vec<String> = mention.nodes.iter().take(SUGGESTIONS).map(|&n| format!("`{}`", asked.graph().node(n).name())).collect();
        let more = mention.nodes.len().saturating_sub(SUGGESTIONS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        finding.warn(format!("`{}` is ambiguous: it can mean {}{more}.", mention.text, names.join(", ")));
    }
    for (word, meant) in &asked.slips {
        finding.warn(format!("“{word}” is read as “{meant}”."));
    }
    if let Some(follow::Taken { word, name }) = &asked.taken {
        finding.warn(format!("“{word}” is taken for `{name}`, the first that the answer before names."));
    }
    let elsewhere = |n: &NodeIx| !asked.graph().node(*n).defined.is_empty() && !asked.in_scope(*n);
    if let Some(repository) = &asked.question.repository_id
        && finding.nodes.iter().any(elsewhere)
    {
        finding.warn(format!(
            "Some of this is of other repositories than `{repository}`: lists and counts are of that one, flows are told whole."
        ));
    }
    passage::list(std::slice::from_ref(found), &mut finding);
    offer(asked, &mut finding);
    finding
}

fn direct(asked: &Asked, finding: &mut Finding) {
    if asked.intent.narrows() && inventory::no_such_schema(asked, finding) {
        return;
    }
    match asked.intent {
        Intent::Inventory => inventory::list(asked, finding),
        Intent::Count => inventory::count(asked, finding),
        Intent::ColumnsMatching => column::by_name(asked, finding),
        Intent::ColumnsByType => column::by_type(asked, finding),
        Intent::Alike => asset::each(asked, finding, asset::alike),
        Intent::Topic => inventory::topic(asked, finding),
        Intent::Columns if asked.reading.mentions.len() == 2 && !asked.listed => asset::columns_used(asked, finding),
        Intent::Columns => asset::each(asked, finding, asset::columns),
        Intent::Definition => asset::each(asked, finding, asset::definition),
        Intent::DefinedIn => asset::each(asked, finding, asset::defined_in),
        Intent::Joins if asked.reading.mentions.len() == 2 => join::join_of_two(asked, finding),
        Intent::Joins if join::asks_who_joins(asked) => asset::each(asked, finding, join::joiners),
        Intent::Joins => asset::each(asked, finding, join::joins),
        Intent::Expression => asset::each(asked, finding, asset::expression),
        Intent::Summary if asked.reading.mentions.is_empty() => inventory::overview(asked, finding),
        Intent::Summary => asset::each(asked, finding, asset::summary),
        Intent::Freshness | Intent::Changes if asked.reading.mentions.is_empty() => changes::last_run(asked, finding),
        Intent::Freshness | Intent::Changes => asset::each(asked, finding, asset::freshness),
        Intent::FileLineage => asset::each(asked, finding, code::file_lineage),
        Intent::CodeFiles => asset::each(asked, finding, code::files),
        Intent::Feature => code::feature(asked, finding),
        Intent::Filters => asset::each(asked, finding, flow::filters),
        Intent::ColumnUsers => asset::each(asked, finding, flow::column_users),
        Intent::LayerRule => policy::layer_rule(asked, finding),
        Intent::Owner => asset::each(asked, finding, policy::owner),
        Intent::Sensitive if asked.reading.mentions.is_empty() => policy::personal(asked, finding),
        Intent::Sensitive => asset::each(asked, finding, policy::sensitive),
        Intent::ReadsWrites => asset::each(asked, finding, routine::reads_writes),
        Intent::UsedBy => asset::each(asked, finding, routine::used_by),
        Intent::Calls => asset::each(asked, finding, routine::calls),
        Intent::Producers => asset::each(asked, finding, routine::producers),
        Intent::Upstream | Intent::Downstream | Intent::Lineage if asked.of_schema() => inventory::overview(asked, finding),
        // Of a column that is its keys.
        Intent::Upstream if asked.refers_from_column() => asset::each(asked, finding, join::joins),
        Intent::Upstream => asset::each(asked, finding, flow::upstream),
        Intent::Downstream => asset::each(asked, finding, flow::downstream),
        Intent::Lineage => asset::each(asked, finding, flow::both),
        Intent::RootsOf => asset::each(asked, finding, flow::roots_of),
        Intent::Impact if asked.of_schema() => impact::of_schema(asked, finding),
        Intent::Impact if asked.reading.mentions.is_empty() => passage::search(asked, finding),
        Intent::Impact => asset::each(asked, finding, impact::of_asset),
        Intent::Path | Intent::Connected => way::path(asked, finding),
        Intent::Common => {
            if !asset::compares_columns(asked) {
                way::common(asked, finding);
            }
            asset::compare(asked, finding);
        }
        Intent::Evidence => way::evidence(asked, finding),
        Intent::Unused => hygiene::unused(asked, finding),
        Intent::UnusedColumns => hygiene::unused_columns(asked, finding),
        Intent::Roots => hygiene::roots(asked, finding),
        Intent::Cycles => hygiene::cycles(asked, finding),
        Intent::Dangling => hygiene::dangling(asked, finding),
        Intent::Coverage => hygiene::coverage(asked, finding),
        Intent::MostReferenced => hygiene::most_referenced(asked, finding),
        Intent::Deepest => hygiene::deepest(asked, finding),
        Intent::Search => passage::search(asked, finding),
    }
}
