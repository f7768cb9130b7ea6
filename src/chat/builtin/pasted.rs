//! SQL that is pasted into a question: what it reads and writes of what is here, and which of its names are not.

use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, Means, Question, passage, understand};
use crate::chat::intent::{Intent, is_kind_word};
use crate::graph::NodeIx;
use crate::ingest::{Knowledge, Snapshot};
use crate::lineage::{Facts, Kind, Name, Statement, analyze};
use crate::search::ChunkHit;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The names on one side of a statement.
type Side = fn(&Statement) -> &[Name];

/// What a statement begins with where a text, a line or what a colon announces begins.
const BEGIN: &[&str] = &["select", "with", "insert into", "update", "delete from", "merge into", "create view", "create or replace view"];

/// Facts of the SQL in a question, when it holds statements that read or write something and are understood.
pub(super) fn facts(query: &str) -> Option<Facts> {
    let (before, sql) = query.split_at(start(query)?);
    if asks_itself(before) || lists_kind(sql) {
        return None;
    }
    let fenced = before.trim_end().trim_end_matches(char::is_alphanumeric).ends_with('`');
    let sql = if fenced { sql.split('`').next().unwrap_or(sql) } else { sql.trim_end().trim_end_matches(['`', '?']) };
    let facts = analyze(sql, "auto");
    let touches = facts.statements.iter().any(|statement| !statement.reads.is_empty() || !statement.writes.is_empty());
    (touches && facts.diagnostics.is_empty()).then_some(facts)
}

/// Whether what stands before SQL asks for something else than what the SQL does: "which views SELECT …", "what breaks when I run: …".
fn asks_itself(before: &str) -> bool {
    let lower = before.to_lowercase();
    let says = |known: &[&str]| lower.split(|c: char| !c.is_alphanumeric()).any(|word| known.contains(&word));
    let of_it = says(&["this", "that", "following", "sql", "query", "statement"]);
    says(&["which", "who", "whom", "what"]) && (!of_it || says(&["breaks", "break", "happens", "affected", "impact"]))
}

/// "Select all columns from X": a question in a statement's words.
fn lists_kind(sql: &str) -> bool {
    let words: Vec<String> = sql.split_whitespace().take(4).map(str::to_lowercase).collect();
    let [first, rest @ ..] = &words[..] else { return false };
    let all = rest.iter().take_while(|word| matches!(word.as_str(), "all" | "the" | "every")).count();
    let what = rest.get(all).map_or("", String::as_str);
    let kind = is_kind_word(what) || what == "everything" || what == "from" && all > 0;
    first == "select" && kind && (what == "from" || matches!(rest.get(all + 1).map_or("", String::as_str), "from" | "of" | "in"))
}

/// Where SQL begins in a text: at its first word, behind a colon, a fence or a line's end; or at a SELECT in capitals in a text that is not.
fn start(query: &str) -> Option<usize> {
    // Letters keep their places.
    let lower = query.to_ascii_lowercase();
    let begins = |at: usize| {
        let first = |word: &&&str| {
            lower[at..].starts_with(**word) && !lower[at + word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        };
        let word = BEGIN.iter().find(first)?;
        let before = query[..at].trim_end_matches([' ', '\t', '\r', '(']);
        let stands_apart = before.is_empty() || before.ends_with([':', '`', '\n', ';']);
        let in_capitals = query[at..].starts_with("SELECT ") && query[at..].contains(" FROM ") && before.contains(char::is_lowercase);
        (stands_apart || word == &"select" && in_capitals).then_some(at)
    };
    query.char_indices().map(|(at, _)| at).find_map(begins)
}

/// What each project says of it that knows its names best.
pub(super) fn find(knowledge: &Knowledge, means: Means<'_>, question: &Question, facts: &Facts) -> Vec<Finding> {
    let snapshots = knowledge.select(question.project_id.as_deref());
    let known = |snapshot: &Arc<Snapshot>| names(facts).filter(|name| resolved(snapshot, name).is_some()).count();
    let most = snapshots.iter().map(known).max().unwrap_or(0);
    let knowing = snapshots.iter().filter(|snapshot| most > 0 && known(snapshot) == most).take(super::MAX_PROJECTS);
    let mut asked: Vec<Asked> = knowing.map(|snapshot| understand(snapshot, means, question)).collect();
    asked.iter_mut().for_each(|one| one.intent = Intent::ReadsWrites);
    let found: Vec<(&Asked, Vec<ChunkHit>)> = asked.iter().zip(passage::best(&asked)).collect();
    let one = |found: &(&Asked, Vec<ChunkHit>)| {
        let mut finding = told(found.0, facts);
        passage::list(std::slice::from_ref(found), &mut finding);
        finding
    };
    found.iter().map(one).collect()
}

fn names(facts: &Facts) -> impl Iterator<Item = &Name> {
    facts.statements.iter().flat_map(|statement| statement.reads.iter().chain(&statement.writes))
}

fn resolved(snapshot: &Snapshot, name: &Name) -> Option<NodeIx> {
    let graph = &snapshot.graph;
    let meant = graph.resolve_whole(&name.to_string()).into_iter().filter(|&node| graph.kind(node) != Kind::Column).collect::<Vec<_>>();
    meant.iter().copied().find(|&node| graph.kind(node).is_relation()).or(meant.first().copied())
}

fn told(asked: &Asked, facts: &Facts) -> Finding {
    let snapshot = asked.snapshot;
    let mut finding = Finding::new(snapshot, asked.intent, asked.reading.clone());
    let what =
        if facts.statements.len() == 1 { "This statement".to_owned() } else { format!("These {} statements", facts.statements.len()) };
    finding.say(format!("{what}, as the question has it, no part of what was ingested:"));
    let mut strange: BTreeSet<String> = BTreeSet::new();
    let sides: [(&str, Side); 3] = [("reads", |s| &s.reads), ("writes", |s| &s.writes), ("calls", |s| &s.calls)];
    for (does, side) in sides {
        let mut seen = BTreeSet::new();
        let mut known = Vec::new();
        for name in facts.statements.iter().flat_map(side).filter(|name| seen.insert(name.key())) {
            match resolved(snapshot, name) {
                Some(node) => known.push(node),
                None if does != "calls" => _ = strange.insert(name.to_string()),
                None => {}
            }
        }
        if !known.is_empty() {
            finding.say(format!("It **{does}**"));
            known.iter().take(MAX_LISTED).for_each(|&node| finding.put(Row::of(node)));
            finding.more(known.len(), MAX_LISTED);
        }
    }
    if !strange.is_empty() {
        let list: Vec<String> = strange.iter().map(|name| format!("`{name}`")).collect();
        finding.say(format!("Not here, by that name: {}.", list.join(", ")));
    }
    let missing = missing_columns(snapshot, facts, &asked.question.query);
    if !missing.is_empty() {
        finding.say(format!("These columns are not known here: {}.", missing.join(", ")));
    }
    let written = facts.statements.iter().flat_map(|s| &s.writes).find_map(|name| resolved(snapshot, name));
    let read = facts.statements.iter().flat_map(|s| &s.reads).find_map(|name| resolved(snapshot, name));
    if let Some(node) = written {
        finding.next(format!("What writes {}?", finding.name(node)));
    }
    if let Some(node) = read.or(written) {
        finding.next(format!("What feeds {}?", finding.name(node)));
        finding.next(format!("What depends on {}?", finding.name(node)));
    }
    finding
}

/// Columns that the statements name of relations whose columns are known, and that these do not have.
fn missing_columns(snapshot: &Snapshot, facts: &Facts, query: &str) -> Vec<String> {
    /// Columns that tables have and nobody declares.
    const SYSTEM: &[&str] = &["*", "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid", "rowid", "rownum"];
    let graph = &snapshot.graph;
    let called = |node: NodeIx, name: &str| graph.columns(node).iter().any(|&c| graph.node(c).label().eq_ignore_ascii_case(name));
    let lower = query.to_lowercase();
    let joined: Vec<&str> = lower
        .split("using")
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('(')?.split(')').next())
        .flat_map(|list| list.split(',').map(|name| name.trim_matches(|c: char| c.is_whitespace() || "\"`[]".contains(c))))
        .collect();
    let mut missing = BTreeSet::new();
    for (statement, column) in
        facts.statements.iter().flat_map(|statement| statement.columns_read.iter().map(move |column| (statement, column)))
    {
        let name = column.column.to_lowercase();
        // Of which table a column is that stands alone, nothing says; those of USING are of both.
        let elsewhere = || statement.reads.iter().chain(&statement.writes).filter_map(|t| resolved(snapshot, t)).any(|t| called(t, &name));
        if SYSTEM.contains(&&*name) || joined.contains(&&*name) || elsewhere() {
            continue;
        }
        // Which of several it is of, nothing says.
        let mut tables = column.tables.iter();
        let (Some(table), None) = (tables.next(), tables.next()) else { continue };
        let Some(relation) = resolved(snapshot, table) else { continue };
        if !graph.columns(relation).is_empty() && !graph.node(relation).defined.is_empty() {
            missing.insert(format!("`{}.{}`", graph.node(relation).name(), column.column));
        }
    }
    missing.into_iter().collect()
}
