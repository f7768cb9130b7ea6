//! What an answer costs without a model, over a project of 6,300 assets and 84,900 columns, and what search costs.
//!
//! `cargo bench --bench answers`: every phrasing of `tests/data/questions.tsv` with the project's own names in it, asked in process on one
//! thread; a lineage answer of 1,000 nodes over HTTP; search by words, and with vectors, in an index of 100,000 passages. `-- --quick`: all
//! of it over a tenth. `HEADWATER_CORPUS=FOLDER` asks the phrasings of the SQL files of a folder, too.

#[path = "server/client.rs"]
mod client;
#[path = "../tests/common/mod.rs"]
mod common;
#[path = "ingest/project.rs"]
mod project;

use client::Client;
use common::TestServer;
use headwater::chat::{Mode, Question};
use headwater::graph::walk::{Direction, Level, Limits, MAX_NODES, walk};
use headwater::graph::{Graph, NodeIx};
use headwater::ingest::Snapshot;
use headwater::lineage::Kind;
use headwater::search::{Chunk, Document, Index, Query, Vector, Vectors};
use project::{Dice, project};
use serde_json::json;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Files of the project: three in ten define a table.
const FILES: usize = 6_000;
/// How often each phrasing is asked, each time with other names.
const ROUNDS: usize = 3;
/// Passages of the index that is searched.
const PASSAGES: usize = 100_000;
/// Dimensions of a vector, as common models have them.
const DIMENSIONS: usize = 768;
/// Searches of each kind, and lineage answers over HTTP.
const SEARCHES: usize = 500;
/// Phrasings with what they are about, in the words of the bundled sample.
const PHRASINGS: &str = include_str!("../tests/data/questions.tsv");

fn main() {
    let part = if std::env::args().any(|a| a == "--quick") { 10 } else { 1 };
    let server = TestServer::start();
    server.post("/api/v1/sample", &json!({})).expect(200);
    server.post("/api/v1/projects", &json!({ "id": "large", "name": "large" })).expect(201);
    let begun = Instant::now();
    for files in project(FILES / part).chunks(100) {
        let files: Vec<(&str, &[u8])> = files.iter().map(|f| (f.path.as_str(), f.text.as_bytes())).collect();
        server.upload(&[("dialect", "tsql"), ("project_id", "large")], &files).expect(200);
    }
    let snapshot = server.app.knowledge.project("large");
    let count = |kind| snapshot.graph.linked.nodes.iter().filter(|n| n.kind == kind).count();
    let [tables, views, columns, procedures] = [Kind::Table, Kind::View, Kind::Column, Kind::Procedure].map(count);
    println!("{tables} tables, {views} views, {columns} columns, {procedures} procedures, ingested in {:.1?}", begun.elapsed());
    answers(&server, &snapshot);
    if let Some(folder) = std::env::var_os("HEADWATER_CORPUS") {
        corpus(&server, Path::new(&folder));
    }
    over_http(&server, &snapshot.graph);
    search(&snapshot.graph, PASSAGES / part);
}

/// Times of one thing, the worst of them with what it was.
struct Times(Vec<(Duration, String)>);

impl Times {
    fn of(asked: impl IntoIterator<Item = String>, mut ask: impl FnMut(&str)) -> Times {
        let time = |text: String| {
            let begun = Instant::now();
            ask(&text);
            (begun.elapsed(), text)
        };
        let mut times: Vec<(Duration, String)> = asked.into_iter().map(time).collect();
        times.sort();
        Times(times)
    }

    fn say(&self, what: &str) {
        let Times(times) = self;
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].0;
        let mean = times.iter().map(|(time, _)| *time).sum::<Duration>() / times.len() as u32;
        let (worst, asked) = &times[times.len() - 1];
        let a_second = 1.0 / mean.as_secs_f64();
        println!("{what}: {a_second:.0}/s, p50 {:.2?}, p99 {:.2?}, worst {worst:.2?} ({asked}), of {}", at(0.5), at(0.99), times.len());
    }
}

/// The phrasings over the SQL files below `folder`.
fn corpus(server: &TestServer, folder: &Path) {
    server.post("/api/v1/projects", &json!({ "id": "corpus", "name": "corpus" })).expect(201);
    let (mut folders, mut files): (Vec<PathBuf>, Vec<(String, Vec<u8>)>) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                files.push((path.display().to_string().trim_start_matches('/').to_owned(), fs::read(&path).expect("a file")));
            }
        }
    }
    for files in files.chunks(100) {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
        server.upload(&[("project_id", "corpus")], &files).expect(200);
    }
    let snapshot = server.app.knowledge.project("corpus");
    println!("the corpus: {} files, {} nodes", files.len(), snapshot.graph.linked.nodes.len());
    answers(server, &snapshot);
}

fn answers(server: &TestServer, snapshot: &Snapshot) {
    let asked = questions(&server.app.knowledge.project("default").graph, &snapshot.graph);
    let ask = |text: &str| {
        let turns: Vec<&str> = text.split(" // ").collect();
        let (query, before) = turns.split_last().expect("a turn");
        let question = Question {
            mode: Mode::Graph,
            query: (*query).to_owned(),
            project_id: Some(snapshot.project.clone()),
            repository_id: None,
            history: before.iter().map(|t| (true, (*t).to_owned())).collect(),
            top_k: None,
            model: None,
            client: String::new(),
            stream: false,
        };
        assert!(!black_box(server.app.chat.builtin(&question)).response.is_empty(), "nothing is said to: {text}");
    };
    let mut kinds: HashMap<&str, Vec<String>> = HashMap::new();
    asked.iter().for_each(|(kind, text)| kinds.entry(kind).or_default().push(text.clone()));
    let mut all = Times(Vec::new());
    let mut slow: Vec<(Duration, &str)> = Vec::new();
    for (kind, texts) in kinds {
        let times = Times::of(texts, ask);
        slow.push((times.0.iter().map(|(time, _)| *time).sum::<Duration>() / times.0.len() as u32, kind));
        all.0.extend(times.0);
    }
    all.0.sort();
    all.say("answers without a model");
    slow.sort();
    let shown: Vec<String> = slow.iter().rev().take(6).map(|(mean, kind)| format!("{kind} {mean:.2?}")).collect();
    println!("  slowest kinds on average: {}", shown.join(", "));
}

/// (kind, text): the phrasings with names of `graph` in place of the names of `sample`, by kind of asset.
fn questions(sample: &Graph, graph: &Graph) -> Vec<(&'static str, String)> {
    let mut of_kind: HashMap<Kind, Vec<Cow<'_, str>>> = HashMap::new();
    graph.linked.nodes.iter().for_each(|n| of_kind.entry(n.kind).or_default().push(n.name()));
    let mut dice = Dice(5);
    let (mut kind, mut all) = ("", Vec::new());
    for line in PHRASINGS.lines().filter(|l| !l.is_empty() && !l.starts_with("##")) {
        if let Some(name) = line.strip_prefix("# ") {
            kind = name;
            continue;
        }
        let mut fields = line.split('\t');
        let (text, about) = (fields.next().unwrap_or(""), fields.nth(1).unwrap_or(""));
        for _ in 0..ROUNDS {
            let mut text = text.to_owned();
            for (schema, ours) in
                [("raw", "sales"), ("staging", "dim"), ("marts", "report")].iter().filter(|(s, _)| about.contains(&format!("in {s}")))
            {
                text = text.replace(schema, ours);
            }
            for name in about.split(' ').filter(|n| n.contains(['.', '_']) && text.contains(n)).map(str::to_owned).collect::<Vec<_>>() {
                let kind = sample.resolve(&name).first().map_or(Kind::Table, |ix| sample.node(*ix).kind);
                let names = of_kind.get(&kind).unwrap_or(&of_kind[&Kind::Table]);
                text = text.replacen(&name, &names[dice.roll(names.len())], 1);
            }
            all.push((kind, text));
        }
    }
    all
}

/// The lineage answer whose nodes are nearest to 1,000.
fn over_http(server: &TestServer, graph: &Graph) {
    let walked = |(ix, depth)| walk(graph, ix, Direction::Downstream, Level::Column, Limits { depth, nodes: MAX_NODES });
    let columns = (0..graph.linked.nodes.len() as NodeIx).filter(|ix| graph.kind(*ix) == Kind::Column).step_by(7);
    let all = columns.flat_map(|ix| [2, 3, 4, 100].map(|depth| (ix, depth)));
    let asked = all.min_by_key(|question| walked(*question).nodes.len().abs_diff(1_000)).expect("a column");
    let path = format!("/api/v1/lineage/node/{}?direction=downstream&depth={}&project_id=large", graph.urn(asked.0), asked.1);
    let mut client = Client::connect(server.address);
    client.get(&path);
    let found = walked(asked);
    println!("lineage over HTTP: {} nodes, {} edges, {} KB", found.nodes.len(), found.edges.len(), client.buffer.len() >> 10);
    let times = Times::of((0..SEARCHES).map(|_| path.clone()), |path| client.get(path));
    times.say("lineage over HTTP");
}

/// Words of which passages are made: common ones in most of them, most in a few.
const WORDS: usize = 20_000;

fn search(graph: &Graph, passages: usize) {
    let mut dice = Dice(9);
    let parts = ["order", "customer", "price", "stock", "ship", "total", "daily", "load", "region", "invoice", "pay", "ledger"];
    let word = |n: usize| format!("{}_{}{}", parts[n % 12], parts[n / 12 % 12], n / 144);
    let chunk = |n: usize, dice: &mut Dice| {
        let mut text = String::from("SELECT ");
        (0..40).for_each(|at| text.extend([word(dice.skewed(WORDS)).as_str(), if at % 8 == 7 { "\nFROM " } else { ", " }]));
        let file_id = (n / 20).to_string();
        Arc::new(Chunk { id: format!("{file_id}:{}", n % 20), path: format!("etl/{file_id}.sql"), file_id, line: 1, line_end: 6, text })
    };
    let chunks = (0..passages).map(|n| chunk(n, &mut dice)).collect();
    let begun = Instant::now();
    let index = Index::build(graph, chunks);
    println!("{passages} passages and {} nodes indexed in {:.1?}", graph.linked.nodes.len(), begun.elapsed());
    let mut ask = || {
        let mut text = String::from("which tables hold the");
        (0..3).for_each(|_| text.extend([" ", word(dice.skewed(WORDS)).as_str()]));
        text
    };
    let asked: Vec<String> = (0..SEARCHES).map(|_| ask()).collect();
    Times::of(asked.clone(), |text| drop(black_box(index.passages(text, 10)))).say("passages by words");
    Times::of(asked.clone(), |text| drop(black_box(index.nodes(graph, text, &[], 20)))).say("assets by words");

    let vector = |n: u64| {
        let (mut centre, mut own) = (Dice(n % 500), Dice(n + 1_000));
        let mut one = || {
            [&mut centre, &mut own].map(|dice| (0..4).map(|_| dice.roll(1 << 20) as f32).sum::<f32>() / (1 << 20) as f32 - 2.0).iter().sum()
        };
        Vector::new(&(0..DIMENSIONS).map(|_| one()).collect::<Vec<f32>>()).expect("a direction")
    };
    let documents = index.documents().zip(1..).map(|(document, n)| (document, Some(Arc::new(vector(n)))));
    let made: Vec<(Document, Option<Arc<Vector>>)> = documents.collect();
    let begun = Instant::now();
    let vectors = Vectors::new(graph.linked.nodes.len(), passages, made.iter().cloned());
    println!("{} vectors of {DIMENSIONS} dimensions put beside them in {:.1?}", made.len(), begun.elapsed());
    let near: HashMap<&str, Vector> = asked.iter().map(String::as_str).zip((10_000_000..).map(vector)).collect();
    let vector_of = |text: &str| Some((&vectors, &near[text]));
    Times::of(asked.clone(), |text| drop(black_box(index.passages(Query { text, near: vector_of(text) }, 10))))
        .say("passages by words and vectors");
    Times::of(asked.clone(), |text| drop(black_box(index.nodes(graph, Query { text, near: vector_of(text) }, &[], 20))))
        .say("assets by words and vectors");

    let (mut found, mut nearest) = (0, 0);
    for vector in near.values().take(20) {
        let hits = index.passages(Query { text: "", near: Some((&vectors, vector)) }, 10);
        let cosine = |(document, of): &(Document, Option<Arc<Vector>>)| match document {
            Document::Passage(at) => Some((of.as_ref()?.cosine(vector), *at)),
            Document::Asset(_) => None,
        };
        let mut all: Vec<(f32, usize)> = made.iter().filter_map(cosine).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        nearest += hits.len();
        found += all.iter().take(10).filter(|(_, at)| hits.iter().any(|hit| hit.chunk == *at)).count();
    }
    println!("  of the ten nearest vectors {found} of {nearest} are found");
}
