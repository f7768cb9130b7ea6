//! Column lineage in bytes a second, beside a bare sqlparser parse of the same text in the same run.
//!
//! `cargo bench --bench lineage`: our sample, a made-up corpus of 10 MB (1 MB with `--quick`), and the `.sql` files of the folder that
//! `HEADWATER_CORPUS` names. `parse` tokenises and parses the statements that sqlparser can parse on their own, `statements` is
//! [`analyze`] of the same text, `files` of all the text, `linked` with the graph made of it. One thread.
//!
//! `cargo bench --bench lineage -- shapes`: texts of one shape, read and linked, at a length and at twice that length, in ns a byte. Twice the
//! text is twice the work where both are the same.

#[path = "lineage/corpus.rs"]
mod corpus;
#[path = "lineage/shapes.rs"]
mod shapes;

use corpus::{File, synthetic};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use headwater::graph::link::{FileFacts, link};
use headwater::ingest::reader;
use headwater::lineage::{Facts, analyze};
use shapes::{SHAPES, Shape};
use sqlparser::dialect::{Dialect, GenericDialect, dialect_from_str};
use sqlparser::parser::Parser;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The made-up corpus: more than any cache holds.
const LONG: usize = 10_000_000;
/// The same, for a look.
const SHORT: usize = 1_000_000;
/// Runs of each side for the ratio; the best of each counts, taken in turn. Of its own time, as the machine may be busy.
const RUNS: usize = 5;

/// The parser's grammar for one of our dialects.
fn grammar(dialect: &str) -> Box<dyn Dialect> {
    let name = match dialect {
        "tsql" | "fabric" => "mssql",
        other => other,
    };
    dialect_from_str(name).unwrap_or_else(|| Box::new(GenericDialect {}))
}

/// The statements of `file` that the bare parser reads, each ended by `;`.
fn parseable(file: &File) -> File {
    let grammar = grammar(file.dialect);
    let facts = analyze(&file.text, file.dialect);
    let mut text = String::new();
    let mut end = 0;
    for statement in &facts.statements {
        let (from, to) = (statement.span.start as usize, statement.span.end as usize);
        let Some(sql) = file.text.get(from..to).filter(|_| from >= end) else { continue };
        if Parser::parse_sql(&*grammar, sql).is_ok_and(|list| list.len() == 1) {
            text.push_str(sql);
            text.push_str(";\n");
            end = to;
        }
    }
    File { dialect: file.dialect, text }
}

/// Files under `folder` that end in `.sql`, with the dialect that is found in each.
fn read(folder: &Path, files: &mut Vec<File>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read(&path, files);
        } else if path.extension().is_some_and(|e| e == "sql")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            let dialect = headwater::lineage::dialect::detect(&text).0.id;
            files.push(File { dialect, text });
        }
    }
}

fn bytes(files: &[File]) -> u64 {
    files.iter().map(|f| f.text.len() as u64).sum()
}

fn parse_all(files: &[File]) {
    for file in files {
        black_box(Parser::parse_sql(&*grammar(file.dialect), &file.text)).expect("chosen because it parses");
    }
}

/// What is said of a file is dropped when the next is read, as [`parse_all`] drops its tree.
fn analyze_all(files: &[File]) {
    for file in files {
        drop(black_box(analyze(&file.text, file.dialect)));
    }
}

fn link_all(files: &[File]) {
    let facts: Vec<Arc<Facts>> = files.iter().map(|f| Arc::new(analyze(&f.text, f.dialect))).collect();
    let paths: Vec<String> = (0..files.len()).map(|n| format!("{n}.sql")).collect();
    let stated: Vec<FileFacts> = facts
        .iter()
        .zip(&paths)
        .map(|(facts, path)| FileFacts { file_id: path, repository_id: "bench", repository: "bench", path, facts })
        .collect();
    black_box(link("bench", &stated, &[]));
}

/// What this thread has run so far: others on the same core do not count. Where the system does not tell, the time that passes.
fn run_so_far(began: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| began.elapsed(), Duration::from_nanos)
}

/// The best time of `work` in one of several runs is what the machine takes when nobody disturbs.
fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    let before = run_so_far(began);
    work();
    run_so_far(began) - before
}

fn corpus_group(c: &mut Criterion, name: &str, files: &[File]) {
    let statements: Vec<File> = files.iter().map(parseable).filter(|f| !f.text.is_empty()).collect();
    let mut group = c.benchmark_group(format!("lineage_{name}"));
    group.sample_size(10);
    group.throughput(Throughput::Bytes(bytes(&statements)));
    group.bench_function("parse", |b| b.iter(|| parse_all(&statements)));
    group.bench_function("statements", |b| b.iter(|| analyze_all(&statements)));
    group.throughput(Throughput::Bytes(bytes(files)));
    group.bench_function("files", |b| b.iter(|| analyze_all(files)));
    group.bench_function("linked", |b| b.iter(|| link_all(files)));
    group.finish();

    // A small corpus several times: what a thread has run is told some times a second.
    let rounds = SHORT as u64 / bytes(&statements).clamp(1, SHORT as u64);
    let (mut bare, mut ours) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        bare = bare.min(timed(|| (0..rounds).for_each(|_| parse_all(&statements))));
        ours = ours.min(timed(|| (0..rounds).for_each(|_| analyze_all(&statements))));
    }
    let rate = |time: Duration| (rounds * bytes(&statements)) as f64 / 1e6 / time.as_secs_f64();
    println!(
        "lineage_{name}: {} of {} bytes parse; {:.1} MB/s bare, {:.1} MB/s with lineage: ratio {:.2}\n",
        bytes(&statements),
        bytes(files),
        rate(bare),
        rate(ours),
        bare.as_secs_f64() / ours.as_secs_f64(),
    );
}

fn corpora(c: &mut Criterion) {
    if std::env::args().any(|a| a == "shapes") {
        return;
    }
    let mut sample = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sample"), &mut sample);
    corpus_group(c, "sample", &sample);
    let short = std::env::args().any(|a| a == "--quick" || a == "--test");
    corpus_group(c, "synthetic", &synthetic(if short { SHORT } else { LONG }));
    if let Some(folder) = std::env::var_os("HEADWATER_CORPUS") {
        let mut files = Vec::new();
        read(Path::new(&folder), &mut files);
        corpus_group(c, "corpus", &files);
    }
}

/// Bytes of the shorter text of a shape: where reading goes by the square, most of the time is in the square.
const SHAPE_BYTES: usize = 48 << 10;

/// Reads the text of a file and links what it says: nanoseconds a byte, the best of three.
fn read_shape(shape: &Shape, text: &str) -> f64 {
    let read_once = || {
        let facts = Arc::new(reader::read(shape.path, text.as_bytes(), shape.dialect).facts);
        let file = FileFacts { file_id: shape.path, repository_id: "bench", repository: "bench", path: shape.path, facts: &facts };
        drop(black_box(link("bench", &[file], &[])));
    };
    let best = (0..3).map(|_| timed(read_once)).min().unwrap_or_default();
    best.as_nanos() as f64 / text.len() as f64
}

fn every_shape(_: &mut Criterion) {
    for shape in &SHAPES {
        let parts = SHAPE_BYTES * 64 / shape.text(64).len();
        let (one, two) = (shape.text(parts), shape.text(2 * parts));
        let (short, long) = (read_shape(shape, &one), read_shape(shape, &two));
        println!(
            "shapes: {:<36} {short:>6.0} ns/B of {:>3} KiB, {long:>6.0} ns/B of {:>3} KiB: {:.2}",
            shape.name,
            one.len() >> 10,
            two.len() >> 10,
            long / short
        );
    }
}

criterion_group!(benches, corpora, every_shape);
criterion_main!(benches);
