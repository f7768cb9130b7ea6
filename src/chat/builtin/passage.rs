//! Passages, search, and what to say when a name is not there.

use super::finding::{Finding, Row};
use super::{Asked, DEEP_PASSAGES, Mode, SEARCH_CONFIDENCE, SEMANTIC_PASSAGES, SUGGESTIONS, flow, inventory, render};
use crate::chat::evidence::{chunk_source, node_source};
use crate::chat::intent::{Intent, asks};
use crate::graph::NodeIx;
use crate::lineage::Severity;
use crate::search::tokens::{is_stop_word, stem, words};
use crate::search::{ChunkHit, nearest_of_all};
use std::collections::HashSet;

/// Most passages of one answer, whatever `top_k` says: past it nobody reads.
pub const MAX_PASSAGES: usize = 50;
/// Names that are not there for which the nearest are looked for: each is a pass over all names.
const MAX_UNKNOWN: usize = 3;
/// Most lines shown of a passage; the source holds all of it.
const SHOWN_LINES: usize = 8;

/// Words for what Headwater does not read.
const UNREAD: &[&str] = &["index", "indexes", "indices", "permission", "permissions", "grants", "privileges", "size", "rows", "partitions"];

/// Whether the question holds no word to look for: "thanks!".
pub(super) fn is_empty(asked: &Asked) -> bool {
    asked.intent == Intent::Search && asked.reading.names() == 0 && asked.reading.rest.is_empty() && asked.reading.patterns.is_empty()
}

/// The best passages of all projects together, by project.
pub(super) fn best(asked: &[Asked]) -> Vec<Vec<ChunkHit>> {
    let mut hits: Vec<(usize, ChunkHit)> = Vec::new();
    let mut wanted = 0;
    for (project, one) in asked.iter().enumerate() {
        let default = match one.question.mode {
            _ if is_empty(one) => 0,
            Mode::Deep => DEEP_PASSAGES,
            Mode::Semantic => SEMANTIC_PASSAGES,
            Mode::Graph | Mode::Text if one.intent == Intent::Search => SEMANTIC_PASSAGES,
            Mode::Graph | Mode::Text => 0,
        };
        wanted = wanted.max(if default == 0 { 0 } else { one.question.top_k.unwrap_or(default).min(MAX_PASSAGES) });
        hits.extend(in_scope(one, wanted).into_iter().map(|hit| (project, hit)));
    }
    hits.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
    hits.truncate(wanted);
    let mut by_project: Vec<Vec<ChunkHit>> = asked.iter().map(|_| Vec::new()).collect();
    for (project, hit) in hits {
        by_project[project].push(hit);
    }
    by_project
}

fn in_scope(asked: &Asked, wanted: usize) -> Vec<ChunkHit> {
    if wanted == 0 {
        return Vec::new();
    }
    let index = &asked.snapshot.index;
    let vector = asked.vector(&asked.question.query);
    let query = asked.snapshot.query(&asked.question.query, vector.as_deref());
    let Some(repository) = &asked.question.repository_id else { return index.passages(query, wanted) };
    let inside = |hit: &ChunkHit| {
        let file = asked.snapshot.files.get(&*index.chunks[hit.chunk].file_id);
        file.is_some_and(|f| f.repository_id == *repository)
    };
    // The filter comes after ranking: more are asked for than wanted, so that enough stay.
    index.passages(query, MAX_PASSAGES * 4).into_iter().filter(inside).take(wanted).collect()
}

/// Passages under a heading that says they are search.
pub(super) fn list(found: &[(&Asked, Vec<ChunkHit>)], finding: &mut Finding) {
    let hits: Vec<(&Asked, &ChunkHit)> = found.iter().flat_map(|(asked, hits)| hits.iter().map(|hit| (*asked, hit))).collect();
    if hits.is_empty() {
        return;
    }
    finding.say("**Passages found by search:**");
    for (asked, hit) in hits {
        let chunk = &asked.snapshot.index.chunks[hit.chunk];
        let all: Vec<&str> = chunk.text.lines().collect();
        // Around the line that fits the question best.
        let best = best_line(&chunk.text, &asked.question.query);
        let first = best.saturating_sub(SHOWN_LINES / 2).min(all.len().saturating_sub(SHOWN_LINES));
        finding.say(match first {
            0 => format!("{}:{}–{}", chunk.path, chunk.line, chunk.line_end),
            _ => format!("{}:{}–{}, from line {}", chunk.path, chunk.line, chunk.line_end, chunk.line as usize + first),
        });
        let mut lines: Vec<&str> = all.iter().copied().skip(first).take(SHOWN_LINES).collect();
        if all.len() > first + SHOWN_LINES {
            lines.push("…");
        }
        finding.code(language(&chunk.path), &lines.join("\n"));
        finding.evidence.push(chunk_source(asked.snapshot, chunk, hit.score));
    }
}

/// The line of `text`, from 0, that holds the most of the words of `query`, by their stems; the first of several, and of none.
pub fn best_line(text: &str, query: &str) -> usize {
    let mut wanted: Vec<String> = words(query).into_iter().filter(|word| !is_stop_word(word)).map(|word| stem(&word)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut best = (0, 0);
    for (at, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        let held = wanted.iter().filter(|stem| line.contains(stem.as_str())).count();
        if held > best.1 {
            best = (at, held);
        }
    }
    best.0
}

fn language(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("sql" | "ddl") => "sql",
        Some("py") => "python",
        Some("json" | "ipynb") => "json",
        _ => "",
    }
}

/// Neither a clear question nor a name: the assets and passages that fit best, marked as search.
pub(super) fn search(asked: &Asked, finding: &mut Finding) {
    if is_empty(asked) {
        finding.say(
            "Nothing in that can be looked up. Ask what there is, where data comes from, who uses it, or what a change breaks, with the name \
             of a table, view, column or procedure: “What feeds …?”, “What depends on …?”, “What breaks if I drop …?”, “How does data get \
             from … to …?”.",
        );
        finding.trust_at_most(0.0);
        finding.next("What tables are in the database?".into());
        return finding.next("What is this database about?".into());
    }
    let vector = asked.vector(&asked.question.query);
    let query = asked.snapshot.query(&asked.question.query, vector.as_deref());
    let hits = asked.snapshot.index.nodes(asked.graph(), query, &asked.kinds, SUGGESTIONS * 2);
    let mut nodes: Vec<NodeIx> = asked.reading.mentions.iter().flat_map(|m| &m.nodes).copied().take(SUGGESTIONS).collect();
    nodes.extend(hits.into_iter().map(|h| h.node).filter(|n| asked.in_scope(*n)));
    let mut seen = HashSet::new();
    nodes.retain(|n| seen.insert(*n));
    nodes.truncate(SUGGESTIONS);
    finding.trust_at_most(SEARCH_CONFIDENCE);
    if asked.reading.rest.iter().any(|word| UNREAD.contains(&word.as_str())) {
        finding.say("Indexes, permissions, sizes and rows are not known here: of SQL, the definitions and flows of data are read.");
    }
    if nodes.is_empty() {
        finding.say(match asked.foreign {
            true => "Questions are understood in English, and this one seems to be in another language. No asset fits its words.",
            false => "No asset fits the words of this question.",
        });
        finding.trust_at_most(0.0);
    } else {
        let why = match asked.foreign {
            true => "Questions are understood in English, and this one seems to be in another language",
            false => "This question fits none that I can compute from the graph",
        };
        finding.list(format!("{why}, so this is search, not fact. The assets that fit its words best:"), &nodes);
        let first = finding.name(nodes[0]);
        finding.next(format!("What feeds {first}?"));
        finding.next(format!("What depends on {first}?"));
    }
    finding.next("What tables are in the database?".into());
}

/// The question is clear and its name is not: the nearest names of all projects asked, never a guess.
pub(super) fn did_you_mean(asked: &[Asked], finding: &mut Finding) {
    let Some(first) = asked.first() else { return };
    let reading = &first.reading;
    // What says what is asked names nothing.
    let rest: Vec<&str> = reading.rest.iter().map(String::as_str).filter(|word| !asks(word)).collect();
    let unknown: Vec<String> = if reading.unknown.is_empty() { vec![rest.join(" ")] } else { reading.unknown.clone() };
    let here = if asked.len() == 1 { "here" } else { "in any project" };
    finding.trust_at_most(0.0);
    if unknown.len() > MAX_UNKNOWN {
        finding.cut(format!("Only the first {MAX_UNKNOWN} names that are not {here} were looked for among those that are."));
    }
    for name in unknown.iter().filter(|n| !n.is_empty()).take(MAX_UNKNOWN) {
        if asked.len() == 1 && first.snapshot.schemas().contains_key(&name.to_lowercase()) {
            let is_in = |n: &NodeIx| first.graph().node(*n).is_in(name);
            let within: Vec<NodeIx> = inventory::all(first).into_iter().filter(is_in).collect();
            finding.list(format!("`{name}` is a schema, and the question is about one of its assets. These are in it:"), &within);
            let full = |n: NodeIx| first.graph().node(n).name().into_owned();
            within.iter().for_each(|&n| finding.next(first.question.query.replace(name.as_str(), &full(n))));
            continue;
        }
        let unread: Vec<String> = asked.iter().flat_map(|one| named_unread(one, name)).take(SUGGESTIONS).collect();
        if !unread.is_empty() {
            finding.say(format!("Statements that were not understood name `{name}`: {}.", unread.join(", ")));
        }
        let nearest = |one: &Asked| one.snapshot.index.nearest(one.graph(), name, &[], SUGGESTIONS);
        let hits = asked.iter().flat_map(|one| nearest(one).into_iter().map(move |hit| (one, hit)));
        let hits = nearest_of_all(hits.collect(), SUGGESTIONS);
        if hits.is_empty() {
            finding.say(format!("There is no `{name}` {here}, and nothing like it."));
            continue;
        }
        finding.say(format!("There is no `{name}` {here}. Did you mean:"));
        for (one, hit) in &hits {
            if asked.len() == 1 {
                finding.put(Row::of(hit.node));
            } else {
                let described = render::described(one.snapshot, hit.node);
                finding.put(Row::text(format!("{described}, in project `{}`", one.snapshot.project)));
                finding.evidence.push(node_source(one.snapshot, hit.node));
            }
            let (question, full) = (&first.question.query, one.graph().node(hit.node).name());
            if question.contains(name.as_str()) {
                // Where a part of it would be read as another name, it is quoted.
                let plain = full.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-'));
                let full = if plain { full } else { format!("`{full}`").into() };
                finding.next(question.replace(name.as_str(), &full));
            }
        }
    }
    asked.iter().for_each(|one| flow::caveats(one, finding));
    if unknown.iter().all(String::is_empty) {
        finding.say("The question is clear, but not what it is about: name a table, view, column or procedure.");
    }
    finding.next("What tables are in the database?".into());
}

/// Places, as `file:line`, of statements that were not understood and hold a name: what is there of it is not in the graph.
fn named_unread(asked: &Asked, name: &str) -> Vec<String> {
    let last = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    let holds = |line: &str| line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word.to_lowercase() == last);
    let files = asked.snapshot.files.values().filter(|file| file.statements_failed > 0);
    let places = files.flat_map(|file| {
        let lost: Vec<u32> = file.diagnostics.iter().filter(|d| d.severity >= Severity::Warning).map(|d| d.line).collect();
        let named = move |line: &u32| {
            let chunks = asked.snapshot.passages_of(&file.id).iter().filter(|c| (c.line..=c.line_end).contains(line));
            let mut lines = chunks.filter_map(|c| c.text.lines().nth((line - c.line) as usize));
            lines.any(holds)
        };
        lost.into_iter().filter(named).map(|line| format!("{}:{line}", file.path))
    });
    places.collect()
}

#[cfg(test)]
mod tests {
    use super::best_line;

    #[test]
    fn the_line_shown_is_the_one_that_holds_the_most_of_the_words() {
        let text = "CREATE VIEW v AS\nSELECT a.customer_id,\n  sum(a.revenue) AS daily_revenue\nFROM orders AS a";
        for (query, line) in [("which customers are there", 1), ("daily revenue", 2), ("the orders", 3), ("nothing of it", 0), ("", 0)] {
            assert_eq!(best_line(text, query), line, "{query}");
        }
    }
}
