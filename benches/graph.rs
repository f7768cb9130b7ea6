//! What questions to the graph of a large project cost: about a million edges, 400,000 nodes, 300,000 of them columns.
//!
//! `cargo bench --bench graph`: the closure downstream of columns, shortest paths, impact, beside the same closures by a recursive query of
//! SQLite over the same edges, in memory and indexed. One thread. Criterion's figures are of one question each; the lines before are
//! of a thousand, with what the graph takes of memory, and the last lines say which parts of it do. `GRAPH_FILES=2000` makes a smaller
//! project.

#[path = "ingest/project.rs"]
mod project;

use cap::Cap;
use criterion::{Criterion, criterion_group, criterion_main};
use headwater::graph::link::{FileFacts, Linker};
use headwater::graph::path::shortest_paths;
use headwater::graph::walk::{Direction, Level, Limits, MAX_NODES, impact, walk};
use headwater::graph::{Graph, Linked, NodeIx, saved};
use headwater::lineage::{Facts, Kind, analyze};
use project::project;
use std::alloc::System;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Files of which the project has a million edges.
const FILES: usize = 25_000;
/// Questions asked of each kind.
const QUESTIONS: usize = 1_000;
/// Of which SQLite is asked these many, evenly spread: it takes its time.
const ASKED_OF_SQLITE: usize = 100;
/// As far as an answer goes.
const ALL: Limits = Limits { depth: 1_000, nodes: MAX_NODES };

/// Counts bytes, so that memory is what was asked for and not what the system happens to have given back.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

fn graph() -> Arc<Graph> {
    let files = std::env::var("GRAPH_FILES").ok().and_then(|n| n.parse().ok()).unwrap_or(FILES);
    let read: Vec<(String, Arc<Facts>)> =
        project(files).into_iter().map(|file| (file.path, Arc::new(analyze(&file.text, "tsql")))).collect();
    let said: Vec<FileFacts<'_>> =
        read.iter().map(|(path, facts)| FileFacts { file_id: path, repository_id: "r", repository: "r", path, facts }).collect();
    let begun = Instant::now();
    let graph = Linker::new("p").update(&said, &[], &[]);
    println!("linked in {:?}", begun.elapsed());
    graph
}

/// Every `n`th of what fits.
fn spread(of: Vec<NodeIx>) -> Vec<NodeIx> {
    let step = (of.len() / QUESTIONS).max(1);
    of.into_iter().step_by(step).take(QUESTIONS).collect()
}

/// The times of one question each, sorted; of three passes over all the best, since another program's turn is not what a question costs.
fn timed<T>(questions: &[T], mut ask: impl FnMut(&T)) -> Vec<Duration> {
    let mut times = vec![Duration::MAX; questions.len()];
    for _ in 0..3 {
        for (question, best) in questions.iter().zip(&mut times) {
            let begun = Instant::now();
            ask(question);
            *best = begun.elapsed().min(*best);
        }
    }
    times.sort_unstable();
    times
}

fn quantiles(times: &[Duration]) -> String {
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    format!("p50 {:?}, p99 {:?}", at(0.5), at(0.99))
}

/// What is made from a column, and what uses it, in SQLite: a walk goes on from columns, and nothing is made here from anything else.
fn store(graph: &Graph) -> rusqlite::Connection {
    let db = rusqlite::Connection::open_in_memory().expect("a database in memory");
    db.execute_batch("CREATE TABLE flow (source INTEGER, consumer INTEGER, PRIMARY KEY (source, consumer)) WITHOUT ROWID; BEGIN")
        .expect("a table");
    {
        let mut insert = db.prepare("INSERT OR IGNORE INTO flow VALUES (?, ?)").expect("a statement");
        for source in columns(graph) {
            for hop in graph.consumers(source).iter().chain(graph.users(source)) {
                insert.execute((source, hop.node)).expect("a row");
            }
        }
    }
    db.execute_batch("COMMIT; ANALYZE").expect("a commit");
    db
}

fn columns(graph: &Graph) -> impl Iterator<Item = NodeIx> {
    (0..graph.linked.nodes.len() as NodeIx).filter(|ix| graph.kind(*ix) == Kind::Column)
}

/// Closures are told apart by their edges: from so many, up to the next.
const SIZES: [usize; 7] = [1, 10, 100, 1_000, 5_000, 10_000, usize::MAX];

/// Columns whose closure is within the limits of an answer, by its size.
fn by_size(graph: &Graph) -> Vec<Vec<NodeIx>> {
    let mut sizes = vec![Vec::new(); SIZES.len() - 1];
    let mut cut = 0;
    for column in columns(graph) {
        let walk = walk(graph, column, Direction::Downstream, Level::Column, ALL);
        match SIZES.iter().rposition(|least| walk.edges.len() >= *least) {
            Some(size) if !walk.truncated => sizes[size].push(column),
            Some(_) => cut += 1,
            None => {}
        }
    }
    println!("closures that a limit cuts: {cut}, which are left out");
    sizes
}

const CLOSURE: &str = "WITH RECURSIVE down(n) AS (SELECT ? UNION SELECT f.consumer FROM down JOIN flow f ON f.source = down.n) \
                       SELECT count(*) FROM down";

fn questions(c: &mut Criterion) {
    let before = HEAP.allocated();
    let graph = graph();
    let bytes = HEAP.allocated() - before;
    let (nodes, edges) = (graph.linked.nodes.len(), graph.linked.edges.len());
    println!("{nodes} nodes, {edges} edges, {} bytes for each", bytes / (nodes + edges));
    load(&graph, bytes);
    let down = |ix: NodeIx| walk(&graph, ix, Direction::Downstream, Level::Column, ALL);
    let db = store(&graph);
    let mut query = db.prepare(CLOSURE).expect("a query");
    let mut cte = |ix: &NodeIx| query.query_row([ix], |row| row.get::<_, u32>(0)).expect("a count") as usize;
    let mut large = Vec::new();
    for (size, list) in SIZES.into_iter().zip(by_size(&graph)).filter(|(_, list)| !list.is_empty()) {
        let (there, list) = (list.len(), spread(list));
        for ix in list.iter().take(20) {
            assert_eq!(cte(ix), down(*ix).nodes.len(), "both find the same");
        }
        let edges = list.iter().map(|ix| down(*ix).edges.len()).sum::<usize>();
        let walked = |list: &[NodeIx]| timed(list, |ix| drop(black_box(down(*ix))));
        let times = walked(&list);
        let few: Vec<NodeIx> = list.iter().copied().step_by(list.len().div_ceil(ASKED_OF_SQLITE)).collect();
        let asked = timed(&few, |ix| {
            black_box(cte(ix));
        });
        let sum = |times: &[Duration]| times.iter().sum::<Duration>().as_nanos() as usize;
        println!(
            "closure of {size} edges or more, {} of {there}: {} edges on average, {} ns an edge, {}; by SQLite {:.0} times as long",
            list.len(),
            edges / list.len(),
            sum(&times) / edges,
            quantiles(&times),
            sum(&asked) as f64 / sum(&walked(&few)) as f64,
        );
        if size == 1_000 {
            large = list;
        }
    }
    let any = spread(columns(&graph).filter(|ix| !graph.consumers(*ix).is_empty()).collect());
    let pairs: Vec<(NodeIx, NodeIx)> = any.iter().zip(any.iter().rev()).map(|(a, b)| (*a, *b)).collect();
    let ends = any.iter().filter_map(|ix| Some((*ix, down(*ix).nodes.last()?.0)));
    let connected: Vec<(NodeIx, NodeIx)> = ends.collect();
    for (name, list) in [("connected", &connected), ("any two", &pairs)] {
        let times = timed(list, |(a, b)| drop(black_box(shortest_paths(&graph, *a, *b, 1))));
        println!("shortest path, {name} columns: {}", quantiles(&times));
    }
    let relations = spread((0..nodes as NodeIx).filter(|ix| graph.kind(*ix).is_relation()).collect());
    println!("impact of relations: {}", quantiles(&timed(&relations, |ix| drop(black_box(impact(&graph, *ix, ALL))))));

    let mut group = c.benchmark_group("graph");
    group.sample_size(20);
    let mut of = large.iter().cycle();
    group.bench_function("closure", |b| b.iter(|| of.next().map(|ix| down(*ix))));
    let mut of = large.iter().cycle();
    group.bench_function("closure_by_sqlite", |b| b.iter(|| of.next().map(&mut cte)));
    let mut of = connected.iter().cycle();
    group.bench_function("shortest_path", |b| b.iter(|| of.next().map(|(a, z)| shortest_paths(&graph, *a, *z, 1))));
    let mut of = connected.iter().cycle();
    group.bench_function("five_paths", |b| b.iter(|| of.next().map(|(a, z)| shortest_paths(&graph, *a, *z, 5))));
    group.finish();
    parts(graph);
}

/// What a start does with a saved graph, in the place of linking.
fn load(graph: &Graph, bytes: usize) {
    let path = std::env::temp_dir().join(format!("headwater-bench-{}.graph", std::process::id()));
    let begun = Instant::now();
    let file = saved::write(graph, &[0; 32]);
    let written = begun.elapsed();
    std::fs::write(&path, &file).expect("room for a file");
    println!("saved: {} bytes, made in {written:?}", file.len());
    drop(file);
    for _ in 0..5 {
        let (before, begun) = (HEAP.allocated(), Instant::now());
        let file = std::fs::read(&path).expect("the file");
        let read = saved::read("p", &file).expect("what was written");
        let took = begun.elapsed();
        drop(file);
        println!("loaded in {took:?}, {:.2} of the bytes it took", (HEAP.allocated() - before) as f64 / bytes as f64);
        assert!(read.linked == graph.linked, "it is the same");
    }
    std::fs::remove_file(&path).expect("it is there");
}

/// What the parts of the graph take, by what comes back when they go.
fn parts(graph: Arc<Graph>) {
    let mut graph = Arc::into_inner(graph).expect("nobody else asks");
    let Linked { nodes, edges, notes } = std::mem::take(&mut graph.linked);
    let count = nodes.len() + edges.len();
    let part = |name: &str, free: &mut dyn FnMut()| {
        let before = HEAP.allocated();
        free();
        let bytes = before - HEAP.allocated();
        println!("  {name}: {bytes} bytes, {:.1} for each node and edge", bytes as f64 / count as f64);
    };
    let (mut nodes, mut edges, mut notes, mut graph) = (Some(nodes), Some(edges), Some(notes), Some(graph));
    part("edges, with where they are stated and the expressions", &mut || drop(edges.take()));
    part("nodes", &mut || drop(nodes.take()));
    part("notes", &mut || drop(notes.take()));
    part("the index: edges by node both ways, kinds, names", &mut || drop(graph.take()));
}

criterion_group!(benches, questions);
criterion_main!(benches);
