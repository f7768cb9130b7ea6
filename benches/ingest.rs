//! What a project of 5,000 files costs, all at once and when one of its files changes.
//!
//! `cargo bench --bench ingest`: `link_all` links every file's facts and indexes the graph, `link_one_of_5000` does what follows
//! from one file being replaced. One thread; parsing is not in these.

#[path = "ingest/project.rs"]
mod project;

use criterion::{Criterion, criterion_group, criterion_main};
use headwater::graph::Graph;
use headwater::graph::link::{FileFacts, link};
use headwater::lineage::{Facts, analyze};
use project::project;
use std::hint::black_box;

/// A large project of one team.
const FILES: usize = 5_000;

fn linking(c: &mut Criterion) {
    let files = project(FILES);
    let facts: Vec<Facts> = files.iter().map(|f| analyze(&f.text, "tsql")).collect();
    let said: Vec<FileFacts<'_>> =
        files.iter().zip(&facts).map(|(f, facts)| FileFacts { file_id: &f.path, repository_id: "r", path: &f.path, facts }).collect();
    let linked = link("p", &said, &[]);
    println!("{} nodes, {} edges, {} notes", linked.nodes.len(), linked.edges.len(), linked.notes.len());

    let mut group = c.benchmark_group("link");
    group.sample_size(10);
    group.bench_function("link_all", |b| b.iter(|| black_box(link("p", &said, &[]))));
    group.bench_function("link_all_indexed", |b| b.iter(|| black_box(Graph::build("p", link("p", &said, &[])))));
    group.finish();
}

criterion_group!(benches, linking);
criterion_main!(benches);
