//! What runs brought and what they took away: the store keeps both.

use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, SEARCH_CONFIDENCE};
use crate::chat::evidence::{counted, place_of, words};
use crate::chat::intent::asks;
use crate::graph::NodeIx;
use crate::ingest::changes::{Changes, EdgeChange, NodeChange};
use crate::ingest::knowledge::FileInfo;
use crate::lineage::{Kind, Relation};
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// Runs that are named where the one asked for is not there.
const LAST_RUNS: usize = 5;
/// Words for a time, by which nothing is looked up here.
const TIMES: &[&str] = &[
    "yesterday",
    "week",
    "weeks",
    "month",
    "months",
    "hour",
    "hours",
    "days",
    "ago",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The run that a question names, as it spells it: a word behind "run" that can be an id, or what looks like a name and is none.
fn run_named(asked: &Asked) -> Option<String> {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let words: Vec<String> = asked.question.query.split_whitespace().map(bare).collect();
    let can_be = |word: &str| word.len() > 2 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-') && !asks(word);
    let behind = words.windows(2).filter(|pair| matches!(pair[0].as_str(), "run" | "ingestion" | "upload" | "import" | "id"));
    behind.map(|pair| pair[1].clone()).find(|word| can_be(word)).or_else(|| asked.reading.unknown.first().cloned())
}

/// "What changed in the last run?", "… since run R?"
pub(super) fn last_run(asked: &Asked, finding: &mut Finding) {
    let files = || asked.snapshot.files.values().map(|file| &**file);
    let newest = asked.newest_run();
    let of_newest = |file: &&FileInfo| newest.as_ref().is_some_and(|run| run.id == file.run_id);
    let mut run = None;
    if let Some(named) = run_named(asked) {
        let known = asked.runs();
        let mut meant = known.iter().filter(|(id, _)| id.starts_with(&named));
        match (meant.next(), meant.next()) {
            (Some((id, _)), None) => run = Some(id.clone()),
            (first, _) => {
                let many = if first.is_some() {
                    format!("More than one run begins with `{named}`.")
                } else {
                    format!("There is no run `{named}` here.")
                };
                finding.say(format!("{many} The last are:"));
                finding.trust_at_most(0.0);
                for (id, at) in known.iter().take(LAST_RUNS) {
                    finding.put(Row::text(format!("`{id}`, {}", day(at))));
                }
                finding.more(known.len(), LAST_RUNS);
                return finding.next("What changed in the last run?".into());
            }
        }
    }
    let times: Vec<&str> = asked.reading.masked.split(' ').filter(|word| TIMES.contains(word)).collect();
    if !times.is_empty() {
        let text = format!("I could not apply “{}”: what follows is of the last run, whenever it was.", times.join(" "));
        finding.say_and_warn(text);
        finding.trust_at_most(SEARCH_CONFIDENCE);
    }
    let run = run.as_ref().filter(|run| newest.as_ref().is_none_or(|newest| newest.id != **run));
    let since = asked.reading.masked.split(' ').any(|word| matches!(word, "since" | "after" | "between"));
    let begun = run.map(|run| files().filter(|f| f.run_id == **run).map(|f| f.processed_at.clone()).min());
    // A run of which no file is left as it read it began when it ended, for all that is known of it.
    let begun: Option<String> =
        begun.and_then(|at| at.or_else(|| asked.runs().into_iter().find(|(id, _)| Some(id) == run).map(|(_, at)| at)));
    let mut of_run: Vec<&FileInfo> = match begun {
        Some(ref time) if since => files().filter(|f| f.processed_at >= *time).collect(),
        Some(_) => files().filter(|f| run.is_some_and(|run| f.run_id == *run)).collect(),
        None => files().filter(of_newest).collect(),
    };
    of_run.sort_by(|a, b| a.processed_at.cmp(&b.processed_at));
    let mut runs: Vec<&str> = of_run.iter().map(|f| f.run_id.as_str()).collect();
    runs.dedup();
    of_run.sort_by(|a, b| a.path.cmp(&b.path));
    if let Some(run) = run.filter(|run| !runs.contains(&run.as_str())) {
        runs.insert(0, run);
    }
    match (&newest, &begun) {
        (_, Some(_)) => {
            let count = counted(of_run.len(), Kind::File);
            let run = run.map_or("", String::as_str);
            finding.say(match since {
                true => format!("With run `{run}` and since, {count} came in:"),
                false => format!("As run `{run}` read them, {count} are here now:"),
            });
        }
        (Some(last), None) => {
            let (when, count) = (day(&last.at), counted(last.filenames.len(), Kind::File));
            finding.say(format!("The last ingestion, on **{when}**, read {count}:"));
            runs = vec![&last.id];
        }
        (None, None) => return finding.say("Nothing has been ingested here."),
    }
    for file in of_run.iter().take(MAX_LISTED) {
        let statements = if file.statements == 1 { "1 statement".to_owned() } else { format!("{} statements", file.statements) };
        let failed = if file.statements_failed == 0 { String::new() } else { format!(", {} not understood", file.statements_failed) };
        let text = if file.statements == 0 { file.path.clone() } else { format!("{}: {statements}{failed}", file.path) };
        finding.put(Row::text(text).about(asked.snapshot.file_node(&file.id)));
    }
    // Of the newest run: files whose bytes were there, and those that are there no longer.
    let others: Vec<String> = match (&newest, &begun) {
        (Some(last), None) => {
            let kept: HashSet<&str> = of_run.iter().map(|f| f.path.as_str()).collect();
            let others: Vec<&String> = last.filenames.iter().filter(|path| !kept.contains(path.as_str())).collect();
            let all = if others.is_empty() { &[] } else { asked.snapshot.files_by_path() };
            let is_there = |path: &String| all.binary_search_by(|file| file.path.cmp(path)).is_ok();
            let what = |path| if is_there(path) { "as it was before" } else { "not here any more, or not taken" };
            others.into_iter().map(|path| format!("{path}: {}", what(path))).collect()
        }
        _ => Vec::new(),
    };
    let listed = of_run.len().min(MAX_LISTED);
    others.iter().take(MAX_LISTED - listed).for_each(|text| finding.put(Row::text(text)));
    finding.more(of_run.len() + others.len(), MAX_LISTED);
    list(asked, finding, &runs);
    if let Some(first) = of_run.iter().find(|f| f.statements > 0) {
        finding.next(format!("Which lineage does `{}` state?", first.path));
    }
    finding.next("What could not be parsed?".into());
}

/// Lists the assets and flows between them that `runs`, oldest first, removed and added in all, and says where the rest is told.
pub(super) fn list(asked: &Asked, finding: &mut Finding, runs: &[&str]) {
    let kept: Vec<Option<Arc<Changes>>> = runs.iter().map(|run| asked.changes(run)).collect();
    let mut nodes = Sum::<NodeChange>::default();
    let mut edges = Sum::<EdgeChange>::default();
    for changes in kept.iter().flatten() {
        nodes.add(&changes.nodes_removed, &changes.nodes_added, |node| &node.id);
        edges.add(flows(asked, &changes.edges_removed), flows(asked, &changes.edges_added), |edge| &edge.id);
    }
    let unread: Vec<&str> = runs.iter().zip(&kept).filter(|(_, changes)| changes.is_none()).map(|(run, _)| *run).collect();
    // "What was removed?" asks for nothing that was added.
    let mut said = asked.reading.masked.split(' ');
    let takes = |w: &str| ["remov", "delet", "dropp", "disappear"].iter().any(|s| w.starts_with(s)) || matches!(w, "gone" | "lost");
    let brings = |w: &str| w.starts_with("add") || matches!(w, "new" | "bring" | "brought");
    let (gone, come) = (said.clone().any(takes), said.any(brings));
    let told = |what: &str| gone == come || gone == (what == "removed");
    for (what, nodes, edges) in [("removed", &nodes.removed, &edges.removed), ("added", &nodes.added, &edges.added)] {
        if !told(what) {
            continue;
        }
        let whole: HashSet<&str> = nodes.values().copied().filter(|n| n.r#type != Kind::Column.as_str()).map(|n| n.name.as_str()).collect();
        // What came or went with its relation is told by that.
        let alone = |n: &NodeChange| n.name.rsplit_once('.').is_none_or(|(relation, _)| !whole.contains(relation));
        let wanted = |n: &NodeChange| match asked.kinds.as_slice() {
            [] => n.r#type != Kind::File.as_str() && (n.r#type != Kind::Column.as_str() || alone(n)),
            kinds => kinds.iter().any(|k| k.as_str() == n.r#type),
        };
        let mut assets: Vec<&NodeChange> = nodes.values().copied().filter(|n| wanted(n)).collect();
        assets.sort_unstable_by_key(|node| &node.id);
        let mut flows: Vec<&EdgeChange> = edges.values().copied().collect();
        flows.sort_by_cached_key(|edge| (name(&edge.target), name(&edge.source), &*edge.relationship));
        if assets.is_empty() && flows.is_empty() {
            if unread.is_empty() {
                finding.say(format!("Nothing was {what}."));
            }
            continue;
        }
        let s = |n: usize| if n == 1 { "" } else { "s" };
        finding.say(format!(
            "**{} asset{}** and **{} flow{}** between assets were {what}:",
            assets.len(),
            s(assets.len()),
            flows.len(),
            s(flows.len())
        ));
        let of_assets = assets.iter().map(|node| {
            let kind = match Kind::ALL.into_iter().find(|k| k.as_str() == node.r#type) {
                Some(Kind::External) => "not defined here".to_owned(),
                kind => kind.map_or_else(|| node.r#type.clone(), words),
            };
            let there = found(asked, &node.id);
            let since = if what == "added" && there.is_none() { ", gone since" } else { "" };
            let at = there.and_then(|n| place_of(asked.snapshot, n)).map_or_else(String::new, |at| format!(", {at}"));
            Row::text(format!("`{}` ({kind}{since}{at})", node.name)).about(there)
        });
        let of_flows = flows.iter().map(|edge| {
            let relation = edge.relationship.to_lowercase().replace('_', " ");
            // As they are spelt, where they are there.
            let spelt = |urn: &str| found(asked, urn).map_or_else(|| name(urn).to_owned(), |n| asked.graph().node(n).name().into_owned());
            Row::text(format!("`{}` → `{}` ({relation})", spelt(&edge.target), spelt(&edge.source)))
        });
        of_assets.chain(of_flows).take(MAX_LISTED).for_each(|row| finding.put(row));
        finding.more(assets.len() + flows.len(), MAX_LISTED);
    }
    if let Some(run) = unread.first() {
        finding.say(format!("More was added or removed than is listed here: all of it is in the diff of run `{run}`."));
    } else if let Some(run) = runs.last() {
        finding.say(format!("The flows between columns, and where each is stated, are in the diff of run `{run}`."));
    }
}

/// `2026-11-26 21:38 UTC` of a time as it is stored.
fn day(time: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => time.to_owned(),
    }
}

/// What several runs did together: what one brought and a later one took away was never there.
struct Sum<'a, T> {
    removed: HashMap<&'a str, &'a T>,
    added: HashMap<&'a str, &'a T>,
}

impl<T> Default for Sum<'_, T> {
    fn default() -> Self {
        Sum { removed: HashMap::default(), added: HashMap::default() }
    }
}

impl<'a, T> Sum<'a, T> {
    fn add<L: IntoIterator<Item = &'a T>>(&mut self, removed: L, added: L, id: impl Fn(&'a T) -> &'a String) {
        let turn = |list: L, back: &mut HashMap<&'a str, &'a T>, on: &mut HashMap<&'a str, &'a T>| {
            for change in list {
                if back.remove(id(change).as_str()).is_none() {
                    on.insert(id(change), change);
                }
            }
        };
        turn(removed, &mut self.added, &mut self.removed);
        turn(added, &mut self.removed, &mut self.added);
    }
}

/// Those between whole assets, when no kind of asset is asked for: most are between columns, and are not told here.
fn flows<'a>(asked: &Asked, edges: &'a [EdgeChange]) -> Vec<&'a EdgeChange> {
    edges.iter().filter(|e| asked.kinds.is_empty() && is_flow(e)).collect()
}

/// Between whole assets, of data or calls.
fn is_flow(edge: &EdgeChange) -> bool {
    let whole = |urn: &str| urn.split(':').nth(3).is_some_and(|kind| kind != Kind::Column.as_str());
    let aside = [Relation::ColumnOf, Relation::DefinedIn, Relation::Mentions].iter().any(|r| r.as_str() == edge.relationship);
    !aside && whole(&edge.source) && whole(&edge.target)
}

/// The name in a URN.
fn name(urn: &str) -> &str {
    crate::id::urn_name(urn).unwrap_or(urn)
}

/// The node, when it is there now.
fn found(asked: &Asked, urn: &str) -> Option<NodeIx> {
    asked.graph().find(urn)
}
