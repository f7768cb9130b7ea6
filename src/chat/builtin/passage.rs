//! Passages, search, and what to say when a name is not there.

use super::finding::Finding;
use super::{Asked, DEEP_PASSAGES, Mode, SEARCH_CONFIDENCE, SEMANTIC_PASSAGES, SUGGESTIONS};
use crate::chat::intent::Intent;
use crate::graph::NodeIx;
use crate::lineage::Kind;
use crate::search::ChunkHit;

/// Most passages of one answer, whatever `top_k` says: past it nobody reads.
pub const MAX_PASSAGES: usize = 50;
/// Most lines shown of a passage; the source holds all of it.
const SHOWN_LINES: usize = 8;

/// Whether the question holds no word to look for: "thanks!".
fn is_empty(asked: &Asked) -> bool {
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
pub(super) fn list(asked: &Asked, hits: &[ChunkHit], finding: &mut Finding) {
    let index = &asked.snapshot.index;
    if hits.is_empty() {
        return;
    }
    finding.say("**Passages found by search:**");
    for hit in hits {
        let chunk = &index.chunks[hit.chunk];
        finding.say(format!("{}:{}–{}", chunk.path, chunk.line, chunk.line_end));
        let mut lines: Vec<&str> = chunk.text.lines().take(SHOWN_LINES).collect();
        if chunk.text.lines().count() > SHOWN_LINES {
            lines.push("…");
        }
        finding.code(language(&chunk.path), &lines.join("\n"));
        finding.cite_chunk(hit.chunk, hit.score);
    }
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
        finding.say("Nothing in that can be looked up. Ask about tables, views, columns or procedures, for example “What feeds …?”.");
        finding.trust_at_most(0.0);
        finding.next("What tables are in the database?".into());
        return finding.next("What is this database about?".into());
    }
    let vector = asked.vector(&asked.question.query);
    let query = asked.snapshot.query(&asked.question.query, vector.as_deref());
    let hits = asked.snapshot.index.nodes(asked.graph(), query, &asked.kinds, SUGGESTIONS * 2);
    let mut nodes: Vec<NodeIx> = asked.reading.mentions.iter().flat_map(|m| &m.nodes).copied().take(SUGGESTIONS).collect();
    nodes.extend(hits.into_iter().map(|h| h.node).filter(|n| asked.in_scope(*n)));
    let mut seen = std::collections::HashSet::new();
    nodes.retain(|n| seen.insert(*n));
    nodes.truncate(SUGGESTIONS);
    finding.trust_at_most(SEARCH_CONFIDENCE);
    if nodes.is_empty() {
        finding.say("No asset fits the words of this question.");
        finding.trust_at_most(0.0);
    } else {
        finding.list(
            "This question fits none that I can compute from the graph, so this is search, not fact. The assets that fit its words best:",
            &nodes,
        );
        let first = finding.name(nodes[0]);
        finding.next(format!("What feeds {first}?"));
        finding.next(format!("What depends on {first}?"));
    }
    finding.next("What tables are in the database?".into());
}

/// Whether a name ends as those of files do.
fn is_file_name(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some((_, "sql" | "py" | "md" | "ipynb" | "csv" | "json" | "txt" | "ddl")))
}

/// Of `table.column` whose table is here, the columns of it that share most with the name, those that share nothing left out.
fn nearest_columns(asked: &Asked, name: &str) -> Vec<NodeIx> {
    let graph = asked.graph();
    let Some((table, column)) = name.rsplit_once('.') else { return Vec::new() };
    let column = column.to_lowercase();
    let tables = graph.resolve(table).into_iter().filter(|&n| graph.node(n).kind.is_relation());
    let mut ranked: Vec<(usize, NodeIx)> =
        tables.flat_map(|t| graph.columns(t)).map(|c| (alike(&column, &graph.node(c).label().to_lowercase()), c)).collect();
    ranked.retain(|(shared, _)| *shared > 0);
    ranked.sort_by_key(|&(shared, _)| std::cmp::Reverse(shared));
    ranked.into_iter().map(|(_, c)| c).collect()
}

/// Thousandths of the letter pairs of two words that both have; 0 when they are mostly different words.
fn alike(a: &str, b: &str) -> usize {
    let pairs = |word: &str| -> std::collections::BTreeSet<(char, char)> { word.chars().zip(word.chars().skip(1)).collect() };
    let (of_a, of_b) = (pairs(a), pairs(b));
    let shared = of_a.intersection(&of_b).count();
    // Half of the shorter name is in the longer: `revenue` in `revenue_eur`.
    if 2 * shared >= of_a.len().min(of_b.len()).max(1) { 2_000 * shared / (of_a.len() + of_b.len()) } else { 0 }
}

/// The question is clear and its name is not: the nearest names, never a guess.
pub(super) fn did_you_mean(asked: &Asked, finding: &mut Finding) {
    let unknown: Vec<String> =
        if asked.reading.unknown.is_empty() { vec![asked.reading.rest.join(" ")] } else { asked.reading.unknown.clone() };
    finding.trust_at_most(0.0);
    for name in unknown.iter().filter(|n| !n.is_empty()) {
        let mut nodes = nearest_columns(asked, name);
        if nodes.is_empty() {
            let hits = asked.snapshot.index.nodes(asked.graph(), name.as_str(), &[], SUGGESTIONS * 3);
            // A file is meant by who names a file.
            let fits = |n: &NodeIx| asked.graph().kind(*n) != Kind::File || name.contains('/') || is_file_name(name);
            nodes = hits.into_iter().map(|h| h.node).filter(fits).collect();
            // Whole assets first: a column of the same letters is rarely meant.
            nodes.sort_by_key(|&n| asked.graph().node(n).kind == Kind::Column);
        }
        nodes.truncate(SUGGESTIONS);
        if nodes.is_empty() {
            finding.say(format!("There is no `{name}` here, and nothing like it."));
            continue;
        }
        finding.list(format!("There is no `{name}` here. Did you mean:"), &nodes);
        for &node in &nodes {
            let full = asked.graph().node(node).name();
            if asked.question.query.contains(name.as_str()) {
                finding.next(asked.question.query.replace(name.as_str(), &full));
            }
        }
    }
    if unknown.iter().all(String::is_empty) {
        finding.say("The question is clear, but not what it is about: name a table, view, column or procedure.");
    }
    finding.next("What tables are in the database?".into());
}
