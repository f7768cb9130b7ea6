//! What a project of 5,000 files costs, all at once and when one of its files changes.
//!
//! `cargo bench --bench ingest`: `link_all` makes the graph of every file's facts, `link_one_of_5000` the next graph when one file was
//! replaced, in turn a view, a procedure and a table that few refer to; `link_hub_of_5000` when it is the table that most files refer
//! to, which gets another column. One thread; parsing is not in these.
//!
//! `ingest_all` is all files through [`Ingest::run`] into a store on disk that was empty: read, analysed, stored, linked, indexed; it
//! is dense, 63 edges a kilobyte. `ingest_scripts` is the same for scripts that say as little a kilobyte as those of public samples
//! do, and `ingest_synthetic` for the 10 MB of procedures, views, merges and queries of `benches/lineage.rs`, whose dialects are told from their text.
//! `ingest_one_of_5000` is one file that changed, into a store that has them all.

#[path = "lineage/corpus.rs"]
mod corpus;
#[path = "ingest/project.rs"]
mod project;
#[path = "ingest/scripts.rs"]
mod scripts;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use headwater::graph::link::{FileFacts, Linker};
use headwater::ingest::{Content, Ingest, Knowledge, Limits, Report, Target, Upload};
use headwater::lineage::{Facts, analyze};
use headwater::realtime::Hub;
use headwater::store::Store;
use project::{File, file, project};
use scripts::scripts;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

/// A large project of one team.
const FILES: usize = 5_000;

/// Two megabytes of scripts.
const SCRIPTS: usize = 300;

/// Bytes of the corpus of `benches/lineage.rs`.
const SYNTHETIC: usize = 10_000_000;

/// A file with what it says.
struct Read(File, Arc<Facts>);

impl Read {
    fn new(file: File) -> Read {
        let facts = analyze(&file.text, "tsql").into();
        Read(file, facts)
    }

    fn said(&self) -> FileFacts<'_> {
        FileFacts { file_id: &self.0.path, repository_id: "r", repository: "r", path: &self.0.path, facts: &self.1 }
    }
}

fn linking(c: &mut Criterion) {
    let files: Vec<Read> = project(FILES).into_iter().map(Read::new).collect();
    let said: Vec<FileFacts<'_>> = files.iter().map(Read::said).collect();
    let mut linker = Linker::new("p");
    let graph = linker.update(&said, &[], &[]);
    println!("link: {} nodes, {} edges", graph.linked.nodes.len(), graph.linked.edges.len());
    drop(graph);

    let mut group = c.benchmark_group("link");
    group.sample_size(10);
    group.bench_function("link_all", |b| b.iter(|| black_box(Linker::new("p").update(&said, &[], &[]))));
    let mut editions = |name: &str, numbers: &[usize]| {
        let edition = |e| move |n: &usize| Read::new(file(*n, FILES, e));
        let edits: Vec<Read> = [1, 2].into_iter().flat_map(|e| numbers.iter().map(edition(e))).collect();
        let mut edits = edits.iter().cycle();
        group.bench_function(name, |b| b.iter(|| edits.next().map(|edit| linker.update(&[edit.said()], &[], &[]))));
    };
    editions("link_one_of_5000", &[2_003, 2_008, 4_000]);
    editions("link_hub_of_5000", &[0]);
    group.finish();
}

/// A store in a temporary folder, and what ingests into it.
struct House {
    ingest: Ingest,
    dir: PathBuf,
}

impl House {
    fn new() -> House {
        let dir = std::env::temp_dir().join(format!("headwater-bench-{}", headwater::id::random()));
        let store = Store::open(&dir).expect("a temporary folder can be written");
        let limits = Limits { max_bytes: 1 << 20, extensions: vec![".sql".into()] };
        House { ingest: Ingest::new(store, Knowledge::default(), Hub::new(1, 1), limits), dir }
    }

    fn take(&self, files: Vec<Upload>, dialect: &str) -> Report {
        let target = Target { dialect: Some(dialect.into()), ..Target::default() };
        let placed = self.ingest.target(&target).expect("the store can be read");
        self.ingest.run(placed.request("upload", None, files)).expect("the store can be written")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.ingest.store.close();
        std::fs::remove_dir_all(&self.dir).expect("the folder is ours");
    }
}

fn upload(file: &File, more: &str) -> Upload {
    Upload { path: file.path.clone(), content: Content::Bytes(format!("{}{more}", file.text).into_bytes()) }
}

fn ingesting(c: &mut Criterion) {
    let uploads = |files: &[File]| -> Vec<Upload> { files.iter().map(|f| upload(f, "")).collect() };
    let mut group = c.benchmark_group("ingest");
    group.sample_size(10);
    let files = project(FILES);
    let named = |(n, file): (usize, corpus::File)| File { path: format!("{}/{n:04}.sql", file.dialect), text: file.text };
    let synthetic: Vec<File> = corpus::synthetic(SYNTHETIC).into_iter().enumerate().map(named).collect();
    let scripts = scripts(SCRIPTS);
    let sets = [("ingest_all", &files, "tsql"), ("ingest_scripts", &scripts, "tsql"), ("ingest_synthetic", &synthetic, "auto")];
    for (name, files, dialect) in sets {
        let bytes = files.iter().map(|f| f.text.len() as u64).sum();
        let report = House::new().take(uploads(files), dialect);
        println!("{name}: {bytes} bytes, {} nodes, {} edges", report.total_nodes_created, report.total_edges_created);
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(name, |b| {
            let fresh = || (House::new(), uploads(files));
            b.iter_batched(fresh, |(house, files)| (house.take(files, dialect), house), BatchSize::PerIteration);
        });
    }
    let house = House::new();
    assert_eq!(house.take(uploads(&files), "tsql").files_processed, FILES);
    let mut round = 0;
    group.throughput(Throughput::Elements(1));
    group.bench_function("ingest_one_of_5000", |b| {
        let changed = || {
            round += 1;
            vec![upload(&files[round * 7 % FILES], &format!("\nCREATE TABLE ops.round_{round} (id INT, amount INT);\n"))]
        };
        b.iter_batched(changed, |files| house.take(files, "tsql"), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, linking, ingesting);
criterion_main!(benches);
