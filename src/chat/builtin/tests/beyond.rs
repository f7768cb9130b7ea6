//! Questions that the thousand leave out, in words that the file of phrasings does not have: joins, the longest lineage, what breaks, types,
//! changes. What is expected is counted out from nodes, edges and the text, with none of the code that answers. By hand it is run over the
//! files of a folder: `HEADWATER_CORPUS=FOLDER cargo test --lib chat::builtin::tests::beyond -- --ignored --nocapture`.

use super::truth::{Dice, warehouse};
use super::{ingest, knowledge, question, sample_files, upload};
use crate::chat::builtin::finding::Part;
use crate::chat::builtin::{Finding, Means, find};
use crate::graph::{Graph, NodeIx};
use crate::ingest::{Knowledge, Snapshot};
use crate::lineage::{Kind, Relation};
use crate::store::scratch::Scratch;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::sync::Arc;

/// Questions of each kind asked of one project at most.
const ASKED: usize = 40;

/// What went wrong, and how many questions were asked.
#[derive(Default)]
struct Tally {
    asked: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn expect(&mut self, text: &str, found: &BTreeSet<String>, expected: &BTreeSet<String>) {
        self.asked += 1;
        if found != expected {
            let (more, less): (Vec<_>, Vec<_>) = (found.difference(expected).collect(), expected.difference(found).collect());
            self.wrong.push(format!("{text}: too much {more:?}, missing {less:?}"));
        }
    }
}

fn one(knowledge: &Knowledge, text: &str) -> Finding {
    find(knowledge, Means::default(), &question(text)).0.remove(0)
}

fn names(graph: &Graph, nodes: impl IntoIterator<Item = NodeIx>) -> BTreeSet<String> {
    nodes.into_iter().map(|n| graph.node(n).name().into_owned()).collect()
}

/// Relations whose names a question can hold as they are.
fn plain(graph: &Graph) -> Vec<NodeIx> {
    let clear = |n: &NodeIx| {
        let name = graph.node(*n).name();
        let spelt = name.contains('.') && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_'));
        graph.kind(*n).is_relation() && spelt && graph.resolve(&name) == [*n]
    };
    (0..graph.linked.nodes.len() as NodeIx).filter(clear).collect()
}

fn some(list: &[NodeIx]) -> impl Iterator<Item = NodeIx> {
    list.iter().copied().step_by(list.len().div_ceil(ASKED).max(1))
}

/// Rows of the lists whose title begins so.
fn under(finding: &Finding, title: &str) -> BTreeSet<NodeIx> {
    let titled = finding.parts.windows(2).filter(|pair| matches!(&pair[0], Part::Text(said) if said.starts_with(title)));
    let lists = titled.filter_map(|pair| if let Part::List { rows, .. } = &pair[1] { Some(rows) } else { None });
    lists.flatten().filter_map(|row| row.node).collect()
}

/// What reads, writes, calls or refers to a relation, and the views made from it: they name it in their text.
fn naming(graph: &Graph, root: NodeIx) -> BTreeSet<NodeIx> {
    // A view, or a table that is made by a query.
    let made = |e: &crate::graph::Edge| {
        let within = |at: &crate::graph::Evidence| {
            graph.node(e.from).defined.iter().any(|d| d.file_id == at.file_id && (d.line..=d.line_end).contains(&at.line))
        };
        matches!(graph.kind(e.from), Kind::View | Kind::MaterializedView) || e.evidence.iter().any(within)
    };
    let whole = graph.linked.edges.iter().filter(|e| graph.kind(e.from) != Kind::Column && graph.kind(e.to) != Kind::Column);
    let user = |e: &crate::graph::Edge| match e.relation {
        Relation::WrittenBy if e.from == root => Some(e.to),
        Relation::Reads | Relation::FiresOn | Relation::Calls | Relation::References if e.to == root => Some(e.from),
        Relation::Derives if e.to == root && made(e) => Some(e.from),
        _ => None,
    };
    whole.filter_map(user).filter(|&n| n != root).collect()
}

/// The hops of the longest way back from a relation; `None` when it goes in circles.
fn longest(
    made_from: &HashMap<NodeIx, BTreeSet<NodeIx>>,
    at: NodeIx,
    above: &mut Vec<NodeIx>,
    known: &mut HashMap<NodeIx, usize>,
) -> Option<usize> {
    if let Some(&hops) = known.get(&at) {
        return Some(hops);
    }
    if above.contains(&at) {
        return None;
    }
    above.push(at);
    let mut hops = 0;
    for &source in made_from.get(&at).into_iter().flatten() {
        hops = hops.max(1 + longest(made_from, source, above, known)?);
    }
    above.pop();
    known.insert(at, hops);
    Some(hops)
}

/// Asks a project for what it is made of, in every way that is counted here.
fn ask(knowledge: &Knowledge, snapshot: &Arc<Snapshot>, tally: &mut Tally) {
    let graph = &snapshot.graph;
    // The longest lineage.
    let mut made_from: HashMap<NodeIx, BTreeSet<NodeIx>> = HashMap::new();
    for edge in graph.linked.edges.iter().filter(|e| e.relation == Relation::Derives) {
        if graph.kind(edge.from).is_relation() && graph.kind(edge.to).is_relation() {
            made_from.entry(edge.from).or_default().insert(edge.to);
        }
    }
    let mut known = HashMap::new();
    let relations = (0..graph.linked.nodes.len() as NodeIx).filter(|n| graph.kind(*n).is_relation());
    let lengths: Option<Vec<usize>> = relations.map(|n| longest(&made_from, n, &mut Vec::new(), &mut known)).collect();
    if let Some(most) = lengths.and_then(|all| all.into_iter().max()) {
        let text = "I wonder which relation sits at the end of the longest chain of all";
        let hops = one(knowledge, text).paths.first().map_or(0, |path| path.edges.len());
        tally.expect(text, &BTreeSet::from([hops.to_string()]), &BTreeSet::from([most.to_string()]));
    }
    // Types, as they are spelt.
    let mut typed: BTreeMap<String, BTreeSet<NodeIx>> = BTreeMap::new();
    let columns = (0..graph.linked.nodes.len() as NodeIx).filter(|n| graph.kind(*n) == Kind::Column);
    for column in columns {
        let spelt: String = graph.node(column).column.data_type.to_lowercase().chars().filter(|c| !"[]\"`".contains(*c)).collect();
        let spelt = spelt.replace(", ", ",").replace(" (", "(");
        let plain = spelt.strip_suffix(')').and_then(|s| s.split_once('('));
        if plain.is_some_and(|(word, n)| {
            word.chars().all(|c| c.is_alphabetic() || c == ' ') && n.chars().all(|c| c.is_ascii_digit() || c == ',')
        }) {
            typed.entry(spelt).or_default().insert(column);
        }
    }
    for (spelt, expected) in typed.into_iter().filter(|(_, columns)| columns.len() < 200).take(ASKED) {
        let text = format!("Tell me all the columns declared as {spelt}");
        let found = one(knowledge, &text).rows().filter_map(|row| row.node).collect::<Vec<_>>();
        tally.expect(&text, &names(graph, found), &names(graph, expected));
    }
    // What names a relation, and so breaks with it.
    let relations = plain(graph);
    for root in some(&relations) {
        let text = format!("Suppose I drop {}: what would fail", graph.node(root).name());
        let found = under(&one(knowledge, &text), "These name it and break");
        tally.expect(&text, &names(graph, found), &names(graph, naming(graph, root)));
    }
    // Joins that the text has as `a.x = b.y` with names and aliases in plain sight.
    let mut pairs: BTreeMap<(NodeIx, NodeIx), BTreeSet<String>> = BTreeMap::new();
    for chunk in &snapshot.index.chunks {
        for (left, right) in plain_joins(&chunk.text) {
            let column = |(relation, column): (String, String)| -> Option<(NodeIx, NodeIx)> {
                let relation = *relations.iter().find(|n| graph.node(**n).name().eq_ignore_ascii_case(&relation))?;
                let column = graph.columns(relation).into_iter().find(|c| graph.node(*c).label().eq_ignore_ascii_case(&column))?;
                Some((relation, column))
            };
            if let (Some(left), Some(right)) = (column(left), column(right))
                && left.0 != right.0
            {
                let (first, second) = (left.min(right), left.max(right));
                let said = format!("{} = {}", graph.node(first.1).name(), graph.node(second.1).name());
                pairs.entry((first.0, second.0)).or_default().insert(said);
            }
        }
    }
    for ((a, b), expected) in pairs.into_iter().take(ASKED) {
        let text = format!("On which columns would I join {} to {}", graph.node(a).name(), graph.node(b).name());
        let finding = one(knowledge, &text);
        let told = crate::chat::builtin::answer(knowledge, Means::default(), &question(&text)).response;
        tally.asked += 1;
        for said in expected {
            let (left, right) = said.split_once(" = ").unwrap();
            let there = [(left, right), (right, left)].iter().any(|(l, r)| told.contains(&format!("`{l}` and `{r}`")));
            if !there || finding.rows().count() == 0 {
                tally.wrong.push(format!("{text}: {said} is not told\n{told}"));
            }
        }
    }
}

/// Of text in which relations have their full names: the equalities of two columns in an ON, by relation and column.
fn plain_joins(text: &str) -> Vec<((String, String), (String, String))> {
    let spaced: String =
        text.replace("==", " ").chars().flat_map(|c| if "=(),;".contains(c) { vec![' ', c, ' '] } else { vec![c] }).collect();
    let bare: String = spaced.chars().filter(|c| !"[]\"`".contains(*c)).collect();
    let words: Vec<String> = bare.split_whitespace().map(str::to_lowercase).collect();
    // A statement, or a branch of one: within it a name has one meaning.
    let ends = |w: &String| matches!(w.as_str(), ";" | "union" | "go" | "(" | ")" | "create" | "select" | "except" | "intersect");
    let mut found = Vec::new();
    for statement in words.split(ends) {
        let mut aliases: HashMap<&str, &str> = HashMap::new();
        for (at, _) in statement.iter().enumerate().filter(|(_, w)| matches!(w.as_str(), "from" | "join")) {
            let Some(name) = statement.get(at + 1) else { continue };
            let next = statement.get(at + 2).map_or("", String::as_str);
            let alias = if next == "as" { statement.get(at + 3).map_or("", String::as_str) } else { next };
            aliases.insert(alias, name);
            aliases.insert(name, name);
        }
        let mut on = false;
        for (at, word) in statement.iter().enumerate() {
            on = match word.as_str() {
                "on" => true,
                "join" | "where" | "group" | "order" | "set" => false,
                _ => on,
            };
            let side = |at: usize| {
                let (alias, column) = statement.get(at)?.rsplit_once('.')?;
                Some(((*aliases.get(alias)?).to_owned(), column.to_owned()))
            };
            let ends = |at: usize| matches!(statement.get(at).map_or("", String::as_str), "on" | "and" | "");
            if on
                && word == "="
                && at > 1
                && ends(at - 2)
                && let (Some(left), Some(right)) = (side(at - 1), side(at + 1))
            {
                found.push((left, right));
            }
        }
    }
    found
}

fn judge(tally: &Tally) {
    println!("{} asked, {} wrong", tally.asked, tally.wrong.len());
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
}

#[test]
fn joins_types_and_the_longest_lineage_are_what_the_text_says() {
    let mut dice = Dice(11);
    let mut tally = Tally::default();
    for files in [sample_files(), vec![("house.sql".to_owned(), warehouse(&mut dice))]] {
        let knowledge = knowledge(files);
        let snapshot = knowledge.all().remove(0);
        ask(&knowledge, &snapshot, &mut tally);
    }
    assert!(tally.asked > 30, "{}", tally.asked);
    judge(&tally);
}

#[test]
fn what_a_run_brought_and_took_away_is_told_whole() {
    let mut dice = Dice(5);
    let text = |views: &BTreeSet<usize>| {
        let mut sql = "CREATE TABLE land.src (id INT);\n".to_owned();
        views.iter().for_each(|i| writeln!(sql, "CREATE VIEW core.clean_{i} AS SELECT id FROM land.src;").unwrap());
        vec![("core.sql".to_owned(), sql)]
    };
    let any = |dice: &mut Dice| -> BTreeSet<usize> { (0..30).filter(|_| dice.below(2) == 0).collect() };
    for _ in 0..3 {
        let store = Scratch::new();
        let ingest = ingest(&store);
        let (old, new) = (any(&mut dice), any(&mut dice));
        upload(&ingest, text(&old));
        upload(&ingest, text(&new));
        let means = Means { store: Some(&store), embeddings: None };
        let told =
            crate::chat::builtin::answer(&ingest.knowledge, means, &question("What did the newest upload change, all in all?")).response;
        let (removed, added) = told.split_once("were added").map_or((told.as_str(), ""), |(before, after)| (before, after));
        for i in 0..30 {
            let (gone, come) = (format!("- `core.clean_{i}` (view)\n"), format!("- `core.clean_{i}` (view, core.sql:"));
            let told = (removed.contains(&gone), added.contains(&come));
            assert_eq!(
                told,
                (old.contains(&i) && !new.contains(&i), new.contains(&i) && !old.contains(&i)),
                "core.clean_{i}\n{removed}\n--\n{added}"
            );
        }
    }
}

#[test]
#[ignore = "by hand, over the files of HEADWATER_CORPUS"]
fn answers_over_a_folder_are_what_its_text_says() {
    let folder = std::env::var("HEADWATER_CORPUS").expect("HEADWATER_CORPUS names a folder");
    let mut files = Vec::new();
    let mut open = vec![std::path::PathBuf::from(&folder)];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(at).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                open.push(entry);
            } else if entry.extension().is_some_and(|e| e == "sql") {
                let path = entry.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
                files.push((path, String::from_utf8_lossy(&std::fs::read(&entry).unwrap()).into_owned()));
            }
        }
    }
    let knowledge = knowledge(files);
    let snapshot = knowledge.all().remove(0);
    let mut tally = Tally::default();
    ask(&knowledge, &snapshot, &mut tally);
    judge(&tally);
}
