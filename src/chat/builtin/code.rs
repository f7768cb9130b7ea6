//! What files say about assets: lines of code that touch them, the lineage that a file states, statements that use a feature of SQL.

use super::filter::NEGATIONS;
use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, asset, changes, flow, inventory, routine};
use crate::chat::evidence::{text_of, words as words_of};
use crate::chat::intent::feature::{FEATURES, Feature};
use crate::graph::{EdgeIx, Evidence, NodeIx};
use crate::lineage::Kind;
use crate::search::Chunk;
use std::collections::{BTreeMap, HashSet};

/// Files that hold code around SQL; the others are SQL itself, documents and data.
const CODE: &[&str] = &["py", "ipynb"];

/// Passages read for a feature: more than an answer lists, and ten milliseconds.
const MAX_READ: usize = 1_000;

/// Words that ask for code around SQL, and not for files of any kind.
const CODE_WORDS: &[&str] = &["python", "py", "code", "codebase", "notebook", "notebooks", "application", "app", "etl"];

/// "Which Python files touch X?", "Which files mention X?"
pub(super) fn files(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    finding.cite(node);
    let code_only = asked.reading.masked.split(' ').any(|w| CODE_WORDS.contains(&w));
    let fits = |path: &str| !code_only || extension(path).is_some_and(|e| CODE.contains(&e));
    let mut lines: BTreeMap<(&str, u32), (&Evidence, EdgeIx)> = BTreeMap::new();
    for ix in std::iter::once(node).chain(graph.columns(node)) {
        for edge in graph.outgoing(ix).chain(graph.incoming(ix)) {
            for evidence in &graph.edge(edge).evidence {
                let file = asked.snapshot.files.get(&*evidence.file_id);
                if let Some(file) = file.filter(|f| fits(&f.path)) {
                    lines.entry((&file.path, evidence.line)).or_insert((evidence, edge));
                }
            }
        }
    }
    let described = finding.described(node);
    if lines.is_empty() {
        let what = if code_only { "No Python file or notebook here touches" } else { "No file here uses or mentions" };
        finding.say(format!("{what} {described}."));
    } else {
        let places = if lines.len() == 1 { "1 place".to_owned() } else { format!("{} places", lines.len()) };
        finding.say(format!("{} {described} in **{places}**:", if code_only { "Code touches" } else { "Files use or mention" }));
    }
    for ((path, line), (evidence, edge)) in lines.iter().take(MAX_LISTED) {
        let text = text_of(asked.snapshot, evidence).unwrap_or_default();
        let first = text.lines().next().unwrap_or("").trim().replace('`', "'");
        let snippet = if first.is_empty() { String::new() } else { format!(" `{first}`") };
        finding.put(Row::text(format!("{path}:{line}{snippet}")).by(*edge).place(evidence));
    }
    finding.more(lines.len(), MAX_LISTED);
    flow::caveats(asked, finding);
    finding.next(format!("What depends on {}?", finding.name(node)));
    finding.next(format!("Which procedures use {}?", finding.name(node)));
}

/// "Which lineage does this file state?"
pub(super) fn file_lineage(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    finding.cite(node);
    let mut seen = HashSet::new();
    for id in graph.node(node).defined.iter().map(|e| &*e.file_id).filter(|id| seen.insert(*id)) {
        let Some(file) = asked.snapshot.files.get(id) else { continue };
        let path = &file.path;
        let edges = asked.snapshot.stated_in(id);
        let only = edges.iter().filter(|&&e| graph.edge(e).evidence.iter().all(|at| *at.file_id == *file.id)).count();
        finding.say(match edges.len() {
            0 => format!("`{path}` states no lineage between tables, views, routines or files."),
            1 => format!("`{path}` states **1 relation**, {only} of them nowhere else:"),
            n => format!("`{path}` states **{n} relations**, {only} of them nowhere else:"),
        });
        for &edge in edges.iter().take(MAX_LISTED) {
            let (from, to) = (graph.edge(edge).to, graph.edge(edge).from);
            finding.put(Row::named(from).after(format!(" → {}", finding.name(to))).via(edge));
        }
        finding.more(edges.len(), MAX_LISTED);
        finding.say(format!("With the run that last read it, `{}`, of this and the other files of that run:", file.run_id));
        changes::list(asked, finding, &[&file.run_id]);
    }
    finding.next("What changed in the last run?".into());
    finding.next("What could not be parsed?".into());
}

/// "Which queries use window functions?": found in the text, outside comments and strings.
pub(super) fn feature(asked: &Asked, finding: &mut Finding) {
    let words: Vec<&str> = asked.reading.masked.split_whitespace().collect();
    // "Foreign keys with on delete cascade" delete nothing.
    let says = |word: &str| (0..words.len()).any(|at| words[at] == word && !(word == "delete" && at > 0 && words[at - 1] == "on"));
    let wanted: Vec<&Feature> = FEATURES.iter().filter(|f| f.asked.iter().any(|a| says(a))).collect();
    if wanted.is_empty() {
        return super::passage::search(asked, finding);
    }
    let (graph, index) = (asked.graph(), &asked.snapshot.index);
    // "Window functions" asks for no function, "truncate tables" for no table.
    let of_feature = |k: Kind| match k {
        Kind::Function => ["window", "aggregate"].iter().any(|w| words.contains(w)),
        Kind::Table => words.iter().any(|w| w.starts_with("truncat")),
        _ => false,
    };
    let kinds: Vec<Kind> = asked.kinds.iter().copied().filter(|k| !of_feature(*k)).collect();
    let named = asked.meanings(0).iter().copied().filter(|&n| graph.kind(n) != Kind::File);
    let within: Vec<NodeIx> = named.map(|n| graph.relation_of(n).unwrap_or(n)).collect();
    // No table merges or truncates: what does it to the table is asked.
    if !within.is_empty()
        && within.iter().all(|&n| graph.kind(n) == Kind::Table)
        && words.iter().any(|w| w.starts_with("merge") || w.starts_with("truncat"))
    {
        return asset::each(asked, finding, routine::used_by);
    }
    for feature in wanted {
        let mut found: BTreeMap<(&str, &str, u32), Option<NodeIx>> = BTreeMap::new();
        let mut places: Vec<usize> =
            feature.shown.iter().flat_map(|words| index.holding(words.split([' ', '_']).next().unwrap_or(""))).collect();
        places.sort_unstable();
        places.dedup();
        let sql = |chunk: &&Chunk| !matches!(extension(&chunk.path), Some("md" | "txt" | "csv" | "json"));
        if places.len() > MAX_READ {
            finding.cut(format!(
                "Only {MAX_READ} of {} passages with the words of {} were read: there may be more.",
                places.len(),
                feature.name
            ));
        }
        let lines = |at: usize| {
            let chunk = Some(&*index.chunks[at]).filter(sql);
            let lines = chunk.map(|chunk| lines_showing(&chunk.text, feature.shown, extension(&chunk.path) != Some("py")));
            lines.into_iter().flatten().map(move |line| (at, line)).collect::<Vec<_>>()
        };
        let read = || places.into_iter().take(MAX_READ).flat_map(lines).collect();
        for (at, line) in asked.snapshot.showing(feature.name, read).iter() {
            let chunk = &*index.chunks[*at];
            let line = chunk.line + line;
            let innermost = asked.snapshot.innermost(&chunk.file_id, line);
            let of_kind = innermost.is_none_or(|n| kinds.is_empty() || kinds.contains(&graph.kind(n)));
            let of_named = within.is_empty() || innermost.is_some_and(|n| within.contains(&n));
            if of_kind && of_named && innermost.or_else(|| asked.snapshot.file_node(&chunk.file_id)).is_none_or(|n| asked.may_list(n)) {
                found.insert((&chunk.path, &chunk.file_id, line), innermost);
            }
        }
        if is_refused(&words, feature) && !kinds.is_empty() {
            let with: HashSet<NodeIx> = found.values().flatten().copied().collect();
            let all = kinds.iter().flat_map(|kind| asked.snapshot.of_kind(*kind)).copied();
            let without: Vec<NodeIx> = all.filter(|n| asked.may_list(*n) && !with.contains(n)).collect();
            let at = if asked.place() == "here" { String::new() } else { format!(" {}", asked.place()) };
            let shown = counted_of(asked, &without);
            finding.list(format!("**{shown}**{at} without {}:", feature.name), &without);
            continue;
        }
        if found.is_empty() {
            let place = within.first().map_or_else(|| asked.place(), |n| format!("that defines {}", finding.name(*n)));
            let of: Vec<String> = kinds.iter().filter(|k| **k != Kind::File).map(|&k| words_of(k)).collect();
            let what = if of.is_empty() { "statement".to_owned() } else { of.join(" or ") };
            finding.say(format!("No {what} {place} uses {}.", feature.name));
            continue;
        }
        let places = if found.len() == 1 { "1 line".to_owned() } else { format!("{} lines", found.len()) };
        let at = if asked.place() == "here" { String::new() } else { format!(" {}", asked.place()) };
        finding.say(format!("**{places}**{at} with {}:", feature.name));
        for (&(path, file, line), &node) in found.iter().take(MAX_LISTED) {
            let within = node.map_or_else(String::new, |n| format!(" — in {}", finding.described(n)));
            finding.put(Row::text(format!("{path}:{line}{within}")).about(node.or_else(|| asked.snapshot.file_node(file))));
        }
        finding.more(found.len(), MAX_LISTED);
        if let Some(&node) = found.values().flatten().next() {
            finding.next_definition(node);
            finding.next(format!("What feeds {}?", finding.name(node)));
        }
    }
    finding.warn("Features are found by their keywords in the text, not by meaning.".into());
}

/// "Views without a group by": whether what lacks the feature is asked for.
fn is_refused(words: &[&str], feature: &Feature) -> bool {
    let at = words.iter().position(|w| feature.asked.contains(w)).unwrap_or(0);
    let between = |w: &&&str| matches!(**w, "a" | "an" | "any" | "the" | "use" | "using" | "have" | "having" | "contain");
    words[..at].iter().rev().find(|w| !between(w)).is_some_and(|w| NEGATIONS.contains(w))
}

/// How many there are of each kind, or that there is none.
fn counted_of(asked: &Asked, nodes: &[NodeIx]) -> String {
    if nodes.is_empty() { "None".to_owned() } else { inventory::by_kind(asked, nodes) }
}

pub(super) fn extension(path: &str) -> Option<&str> {
    path.rsplit_once('.').map(|(_, extension)| extension)
}

/// Lines of `text`, from 0, on which one of `shown` begins, each once.
fn lines_showing(text: &str, shown: &[&str], sql: bool) -> Vec<u32> {
    let words = tokens(text, sql);
    let begins = |at: usize| shown.iter().any(|s| stands(s, &words[at..]));
    // "END CASE" ends one, and `a.merge` is a column.
    let before = |at: usize, w: &str| at > 0 && words[at - 1].1 == w;
    let mut lines: Vec<u32> =
        (0..words.len()).filter(|&at| begins(at) && !before(at, "END") && !before(at, ".")).map(|at| words[at].0).collect();
    lines.dedup();
    lines
}

/// Whether `words` begin with what `shown` says.
fn stands(shown: &str, words: &[(u32, String)]) -> bool {
    let is = |at: usize, word: &str| words.get(at).is_some_and(|(_, w)| w == word);
    let mut at = 0;
    for wanted in shown.split(' ') {
        if wanted != "#" {
            if !is(at, wanted) {
                return false;
            }
            at += 1;
            continue;
        }
        // A name in brackets or quotes, too.
        at += usize::from(["[", "\"", "`"].iter().any(|quote| is(at, quote)));
        if !words.get(at).is_some_and(|(_, w)| w.starts_with(|c: char| c.is_alphanumeric() || c == '_')) {
            return false;
        }
        at += 1;
        at += usize::from(["]", "\"", "`"].iter().any(|quote| is(at, quote)));
        if is(at, "(") {
            at += words[at..].iter().position(|(_, w)| w == ")").map_or(0, |close| close + 1);
        }
    }
    true
}

/// The words, upper-case, and other characters of a text, each with its line from 0. Comments do not count, nor, in SQL, strings that end
/// on their line.
pub(super) fn tokens(text: &str, sql: bool) -> Vec<(u32, String)> {
    let mut words: Vec<(u32, String)> = Vec::new();
    let mut comment = false;
    for (number, line) in (0..).zip(text.lines()) {
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let length = if comment {
                let end = rest.find("*/");
                comment = end.is_none();
                end.map_or(rest.len(), |at| at + 2)
            } else if sql && rest.starts_with("--") || !sql && c == '#' {
                rest.len()
            } else if sql && rest.starts_with("/*") {
                comment = true;
                2
            } else if sql && c == '\'' {
                rest[1..].find('\'').map_or(1, |at| at + 2)
            } else if c.is_alphanumeric() || c == '_' {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                words.push((number, rest[..end].to_uppercase()));
                end
            } else {
                if !c.is_whitespace() {
                    words.push((number, c.to_string()));
                }
                c.len_utf8()
            };
            rest = &rest[length..];
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::lines_showing;

    #[test]
    fn a_feature_is_where_its_keyword_is_code() {
        for (text, expected) in [
            ("SELECT case when a then 1 end", vec![0]),
            ("-- case\nSELECT 'case' /* case\n case */ , 1", vec![]),
            ("SELECT x.case\n, CASE a WHEN 1 THEN 2 END CASE", vec![1]),
            ("it's a case", vec![0]),
        ] {
            assert_eq!(lines_showing(text, &["CASE"], true), expected, "{text}");
        }
        for (text, expected) in [
            (
                "WITH a AS (SELECT 1) SELECT 1\n;WITH [b] (x, y) AS\n(SELECT 1) SELECT 1\nWITH \"c\" AS NOT MATERIALIZED (SELECT 1)",
                vec![0, 1, 3],
            ),
            ("SELECT 1 FROM t WITH (NOLOCK)\nALTER TABLE t WITH CHECK ADD CHECK (a > 1)\nBULK INSERT t FROM x WITH (a = 1)", vec![]),
            ("with recursive r as (select 1) select 1", vec![0]),
        ] {
            let cte = super::FEATURES.iter().find(|f| f.asked.contains(&"cte")).unwrap();
            assert_eq!(lines_showing(text, cte.shown, true), expected, "{text}");
        }
        assert_eq!(lines_showing("q = 'SELECT sum(a) OVER (PARTITION BY b)' # OVER (", &["OVER ("], false), [0]);
    }
}
