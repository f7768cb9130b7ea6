//! What a project of 5,000 files costs, all at once and when one of its files changes.
//!
//! `cargo bench --bench ingest`: `link_all` makes the graph of every file's facts, `link_one_of_5000` the next graph when one file was
//! replaced, in turn a view, a procedure and a table that few refer to; `link_hub_of_5000` when it is the table that most files refer
//! to, which gets another column. One thread; parsing is not in these.

#[path = "ingest/project.rs"]
mod project;

use criterion::{Criterion, criterion_group, criterion_main};
use headwater::graph::link::{FileFacts, Linker};
use headwater::lineage::{Facts, analyze};
use project::{File, file, project};
use std::hint::black_box;
use std::sync::Arc;

/// A large project of one team.
const FILES: usize = 5_000;

/// A file with what it says.
struct Read(File, Arc<Facts>);

impl Read {
    fn new(file: File) -> Read {
        let facts = analyze(&file.text, "tsql").into();
        Read(file, facts)
    }

    fn said(&self) -> FileFacts<'_> {
        FileFacts { file_id: &self.0.path, repository_id: "r", path: &self.0.path, facts: &self.1 }
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

criterion_group!(benches, linking);
criterion_main!(benches);
