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
use headwater::graph::walk::{Direction, Level, Limits, MAX_NODES, Walk, impact, walk};
use headwater::graph::{Graph, Linked, NodeIx};
use headwater::lineage::{Facts, Kind, Relation, analyze};
use project::project;
use std::alloc::System;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Files of which the project has a million edges.
const FILES: usize = 25_000;
/// Questions asked of each kind.
const QUESTIONS: usize = 1_000;
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
    Linker::new("p").update(&said, &[], &[])
}

/// Every `n`th of what fits.
fn spread(of: Vec<NodeIx>) -> Vec<NodeIx> {
    let step = (of.len() / QUESTIONS).max(1);
    of.into_iter().step_by(step).take(QUESTIONS).collect()
}

/// The times of one question each, sorted.
fn timed<T>(questions: &[T], ask: impl Fn(&T)) -> Vec<Duration> {
    let mut times: Vec<Duration> = Vec::with_capacity(questions.len());
    for question in questions {
        let begun = Instant::now();
        ask(question);
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times
}

fn quantiles(times: &[Duration]) -> String {
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    format!("p50 {:?}, p99 {:?}", at(0.5), at(0.99))
}

/// The flows between columns, in SQLite.
fn store(graph: &Graph) -> rusqlite::Connection {
    let db = rusqlite::Connection::open_in_memory().expect("a database in memory");
    db.execute_batch("CREATE TABLE flow (source INTEGER, consumer INTEGER, PRIMARY KEY (source, consumer)) WITHOUT ROWID; BEGIN")
        .expect("a table");
    {
        let mut insert = db.prepare("INSERT OR IGNORE INTO flow VALUES (?, ?)").expect("a statement");
        let column = |ix| graph.kind(ix) == Kind::Column;
        for edge in graph.linked.edges.iter().filter(|e| e.relation == Relation::Derives && column(e.from) && column(e.to)) {
            insert.execute((edge.to, edge.from)).expect("a row");
        }
    }
    db.execute_batch("COMMIT; ANALYZE").expect("a commit");
    db
}

const CLOSURE: &str = "WITH RECURSIVE down(n) AS (SELECT ? UNION SELECT f.consumer FROM down JOIN flow f ON f.source = down.n) \
                       SELECT count(*) FROM down";

fn questions(c: &mut Criterion) {
    let before = HEAP.allocated();
    let graph = graph();
    let bytes = HEAP.allocated() - before;
    let (nodes, edges) = (graph.linked.nodes.len(), graph.linked.edges.len());
    println!("{nodes} nodes, {edges} edges, {} bytes for each", bytes / (nodes + edges));
    let down = |ix: NodeIx| walk(&graph, ix, Direction::Downstream, Level::Column, ALL);
    let columns = || (0..nodes as NodeIx).filter(|ix| graph.kind(*ix) == Kind::Column);
    // A walk also ends at what filters or joins by a column, which the query does not ask for.
    let of_columns = |w: &Walk| w.nodes.iter().filter(|(ix, _)| graph.kind(*ix) == Kind::Column).count();

    // Those whose closure is large, and ends within the limit of an answer, so that both find the same.
    let closure = |ix: NodeIx| Some(down(ix)).filter(|w| !w.truncated && of_columns(w) > 1_000);
    let large = spread(columns().filter(|ix| closure(*ix).is_some()).collect());
    let any = spread(columns().filter(|ix| !graph.consumers(*ix).is_empty()).collect());
    let walked = |list: &[NodeIx]| list.iter().map(|ix| down(*ix).edges.len()).sum::<usize>() / list.len().max(1);
    for (name, list) in [("large", &large), ("any", &any)] {
        let times = timed(list, |ix| drop(black_box(down(*ix))));
        let per_edge = times.iter().sum::<Duration>().as_nanos() as usize / (walked(list) * list.len()).max(1);
        println!(
            "closure of {} {name} columns: {} edges on average, {per_edge} ns an edge, {}",
            list.len(),
            walked(list),
            quantiles(&times)
        );
    }
    let db = store(&graph);
    let mut query = db.prepare(CLOSURE).expect("a query");
    let mut cte = |ix: &NodeIx| query.query_row([ix], |row| row.get::<_, u32>(0)).expect("a count") as usize;
    for ix in large.iter().take(20) {
        assert_eq!(cte(ix), of_columns(&down(*ix)), "both find the same columns");
    }
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
