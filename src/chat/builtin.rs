//! Answers without a model: facts from the graph, rendered as Markdown. Every sentence is a template filled with what the graph holds;
//! where it holds nothing, the answer says so and offers the nearest names.

mod asked;
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
mod kind;
mod passage;
mod pasted;
mod policy;
mod rank;
mod rename;
mod render;
mod routine;
mod scope;
mod several;
#[cfg(test)]
mod tests;
mod together;
mod understand;
mod way;

use super::evidence::counted;
use super::intent::Intent;
use super::mention::Mention;
use super::{Answer, Embeddings, Mode, Question, Warning};
use crate::graph::NodeIx;
use crate::ingest::{Knowledge, Snapshot};
use crate::lineage::Kind;
use crate::search::ChunkHit;
use crate::store::Store;
use asked::{Asked, Change, DEEP_HOPS};
use finding::Finding;
pub use passage::{MAX_PASSAGES, best_line};
use scope::{apart, named_project, no_project, no_repository, nothing};
use several::LeftOut;
use std::collections::{BTreeMap, HashSet};
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

/// What each question of a text is answered with.
struct Section {
    /// Over it, where there are several.
    title: String,
    findings: Vec<Finding>,
    /// Projects of which nothing is told.
    left_out: usize,
}

/// Answers `question` from what is known. Never empty.
pub fn answer(knowledge: &Knowledge, means: Means<'_>, question: &Question) -> Answer {
    if let Some(answer) = no_repository(knowledge, means, question) {
        return answer;
    }
    let several = several::of(knowledge, means, question);
    let section = |one: &Question| {
        let (findings, left_out) = find(knowledge, means, one);
        Section { title: several::title(&one.query), findings, left_out }
    };
    let mut sections: Vec<Section> = several.questions.iter().map(section).collect();
    if sections.iter().all(|section| section.findings.is_empty()) {
        return match &question.project_id {
            Some(id) if knowledge.select(Some(id)).is_empty() => no_project(knowledge, id),
            _ => nothing(question),
        };
    }
    say_gaps_once(&mut sections);
    let mut whole = Answer::empty();
    whole.confidence = 1.0;
    let titled = sections.len() > 1;
    for section in sections {
        if titled {
            whole.response.push_str(&format!("## {}\n\n", section.title));
        }
        add(section, &mut whole);
    }
    for (part, why) in several.left_out {
        let why = match why {
            LeftOut::TooMany => "is one question too many for one answer: ask it by itself.",
            LeftOut::Unclear => "is left out: it asks nothing that can be looked up here, or I did not understand it.",
        };
        let text = format!("“{}” {why}", part.trim_end_matches(['?', '.', '!']));
        whole.response.push_str(&format!("{text}\n\n"));
        whole.warnings.push(Warning { text, told: true });
    }
    whole.response.truncate(whole.response.trim_end().len());
    whole
}

/// Of what may be missing in several sections, the last one of a project tells.
fn say_gaps_once(sections: &mut [Section]) {
    let mut told: HashSet<(String, String)> = HashSet::new();
    for finding in sections.iter_mut().rev().flat_map(|section| section.findings.iter_mut().rev()) {
        let project = finding.snapshot.project.clone();
        finding.gaps.retain(|gap| told.insert((project.clone(), gap.clone())));
    }
}

/// Adds the answer to one question to the whole.
fn add(section: Section, whole: &mut Answer) {
    let Section { findings, left_out, .. } = section;
    let several = findings.len() + left_out > 1;
    if let Some(sum) = sum(&findings) {
        whole.response.push_str(&format!("In these {} projects together: **{sum}**.\n\n", findings.len()));
    }
    for finding in findings {
        if several {
            whole.response.push_str(&format!("### Project `{}`\n\n", finding.snapshot.project));
        }
        render::add(finding, whole);
    }
    if left_out > 0 {
        whole.warnings.push(format!("{left_out} more projects are left out: name one in context.project_id.").into());
    }
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
    let pasted = pasted::facts(&question.query).map_or_else(Vec::new, |facts| pasted::find(knowledge, means, question, &facts));
    if !pasted.is_empty() {
        return (pasted, 0);
    }
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
        Intent::Together => together::list(asked, finding),
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
        Intent::MostReferenced => rank::most_referenced(asked, finding),
        Intent::Deepest => hygiene::deepest(asked, finding),
        Intent::Search => passage::search(asked, finding),
    }
}
