//! What a project takes of memory: what stays after its upload, by whom it is kept, and how much more there was on the way.
//!
//! `cargo bench --bench memory`: bytes a byte of SQL, as they were asked for (SQLite's own are apart: its cache is of a fixed size); then the
//! resident memory of the process at its height and afterwards, with all that. `dense` is the project of `benches/ingest.rs`, `synthetic`
//! the 10 MB of `benches/lineage.rs`, both also at four times the size, as what comes on the way and goes again is not to grow with it;
//! `views` is a single file of views of one line each. `MEMORY_OF=dense` measures one of them alone.

#[path = "lineage/corpus.rs"]
mod corpus;
#[path = "ingest/project.rs"]
mod project;

use cap::Cap;
use headwater::graph::link::{FileFacts, Linker};
use headwater::ingest::{Content, Ingest, Knowledge, Limits, Target, Upload, reader};
use headwater::lineage::Facts;
use headwater::realtime::Hub;
use headwater::search::{Chunk, Index};
use headwater::store::Store;
use project::{File, project};
use std::alloc::System;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// Files of the dense project.
const FILES: usize = 5_000;
/// Bytes of the synthetic corpus.
const SYNTHETIC: usize = 10_000_000;
/// Views of one file.
const VIEWS: usize = 62_000;

/// Counts bytes as they are asked for.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

fn main() {
    let wanted = std::env::var("MEMORY_OF").ok();
    let named = |(n, file): (usize, corpus::File)| File { path: format!("{}/{n:04}.sql", file.dialect), text: file.text };
    let view = |n: usize| format!("CREATE VIEW v{n} AS SELECT a, b FROM t{};\n", n % 97);
    type Make<'a> = &'a dyn Fn() -> Vec<File>;
    let synthetic = |bytes| corpus::synthetic(bytes).into_iter().enumerate().map(named).collect();
    let sets: [(&str, &str, Make<'_>); 5] = [
        ("dense", "tsql", &|| project(FILES)),
        ("dense, four times", "tsql", &|| project(4 * FILES)),
        ("synthetic", "auto", &|| synthetic(SYNTHETIC)),
        ("synthetic, four times", "auto", &|| synthetic(4 * SYNTHETIC)),
        ("views", "auto", &|| vec![File { path: "views.sql".into(), text: (0..VIEWS).map(view).collect() }]),
    ];
    for (name, dialect, make) in sets.iter().filter(|(name, ..)| wanted.as_deref().is_none_or(|wanted| wanted == *name)) {
        let files = make();
        println!("{name}: {} files, {} bytes", files.len(), size(&files));
        whole(&files, dialect);
        if !name.ends_with("times") {
            parts(&files, dialect);
        }
    }
}

fn size(files: &[File]) -> usize {
    files.iter().map(|file| file.text.len()).sum()
}

fn tell(what: &str, bytes: usize, of: usize) {
    println!("  {what}: {bytes} bytes, {:.2} a byte", bytes as f64 / of as f64);
}

/// What an upload leaves, its height, and that of the next start.
fn whole(files: &[File], dialect: &str) {
    let bytes = size(files);
    let dir = std::env::temp_dir().join(format!("headwater-bench-{}", headwater::id::random()));
    let paths: Vec<_> = (0..files.len()).map(|n| dir.join(format!("sent/{n}"))).collect();
    let open = || {
        let store = Store::open(&dir).expect("a temporary folder can be written");
        Ingest::new(store, Knowledge::default(), Hub::new(1, 1), Limits { max_bytes: 1 << 26, extensions: vec![".sql".into()] })
    };
    let ingest = open();
    std::fs::create_dir(dir.join("sent")).expect("a temporary folder can be written");
    paths.iter().zip(files).for_each(|(path, file)| std::fs::write(path, &file.text).expect("room for a file"));
    let uploads = paths.into_iter().zip(files).map(|(path, file)| Upload { path: file.path.clone(), content: Content::File(path) });
    let uploads: Vec<Upload> = uploads.collect();
    let placed = ingest.target(&Target { dialect: Some(dialect.into()), ..Target::default() }).expect("the store can be read");
    let before = (HEAP.allocated(), resident("VmRSS"));
    std::fs::write("/proc/self/clear_refs", "5").expect("the height is forgotten");
    let (report, most) = watched(|| ingest.run(placed.request("upload", None, uploads)).expect("the store can be written"));
    println!("  {} nodes, {} edges", report.total_nodes_created, report.total_edges_created);
    drop(report);
    let kept = HEAP.allocated() - before.0;
    tell("kept after its upload", kept, bytes);
    tell("more than that at its height", most - before.0 - kept, bytes);
    tell("resident afterwards", resident("VmRSS").saturating_sub(before.1), bytes);
    tell("resident at its height", resident("VmHWM").saturating_sub(before.1), bytes);
    ingest.save();
    ingest.store.close();
    drop(ingest);
    let (again, before) = (open(), HEAP.allocated());
    let ((), loaded) = watched(|| again.load().expect("the store can be read"));
    let ((), linked) = watched(|| again.catch_up().expect("the store can be read"));
    let kept = HEAP.allocated() - before;
    tell("kept after the next start", kept, bytes);
    tell("more than that at the height of loading", loaded.saturating_sub(before + kept), bytes);
    tell("more than that at the height of linking", linked.saturating_sub(before + kept), bytes);
    again.store.close();
    std::fs::remove_dir_all(&dir).expect("the folder is ours");
}

/// What `work` gives, and the most bytes there were meanwhile.
fn watched<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let (most, done) = (AtomicUsize::new(HEAP.allocated()), AtomicBool::new(false));
    let given = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                most.fetch_max(HEAP.allocated(), Relaxed);
                std::thread::sleep(Duration::from_micros(500));
            }
        });
        let given = work();
        done.store(true, Relaxed);
        given
    });
    (given, most.into_inner())
}

/// A line of the process's status, in bytes.
fn resident(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("Linux tells it");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
}

/// What is kept, by whom.
fn parts(files: &[File], dialect: &str) {
    let bytes = size(files);
    let mut before = HEAP.allocated();
    let mut part = |what: &str| {
        let now = HEAP.allocated();
        tell(what, now.abs_diff(before), bytes);
        before = now;
    };
    let mut read: Vec<(Arc<Facts>, Vec<Arc<Chunk>>)> = Vec::with_capacity(files.len());
    let mut all = Vec::with_capacity(files.len());
    for file in files {
        all.push(reader::read(&file.path, file.text.as_bytes(), dialect));
    }
    part("as read: facts and passages");
    for (file, reading) in files.iter().zip(all) {
        let chunk = |(n, p): (usize, headwater::store::files::Passage)| Chunk {
            id: format!("{}:{n}", file.path),
            file_id: file.path.clone(),
            path: file.path.clone(),
            line: p.line,
            line_end: p.line_end,
            text: p.text,
        };
        read.push((Arc::new(reading.facts), reading.passages.into_iter().enumerate().map(chunk).map(Arc::new).collect()));
    }
    part("and as kept");
    let mut linker = Linker::new("p");
    let said: Vec<FileFacts<'_>> = files
        .iter()
        .zip(&read)
        .map(|(file, (facts, _))| FileFacts { file_id: &file.path, repository_id: "r", repository: "r", path: &file.path, facts })
        .collect();
    part("(of this bench)");
    let graph = linker.update(&said, &[], &[]);
    part("linker and graph");
    drop(said);
    part("(of this bench)");
    let chunks: Vec<Arc<Chunk>> = read.iter().flat_map(|(_, chunks)| chunks.iter().cloned()).collect();
    let index = Index::build(&graph, chunks);
    part("search index, but for the passages' text");
    drop(index);
    part("(gone)");
    let chunks: Vec<_> = read.iter_mut().map(|(_, chunks)| std::mem::take(chunks)).collect();
    drop(chunks);
    part("passages");
    drop(linker);
    part("linker");
    drop(graph);
    part("graph");
    drop(read);
    part("facts");
}
