//! One ingestion from its first event to its last.

use super::changes::{self, Record};
use super::gather::{self, GROUP_BYTES, GROUP_FILES, Gathered};
use super::pipeline::{Content, FileReport, Ingest, Report, Request, Upload};
use super::progress::Progress;
use super::reader::{FileType, Reading, extension};
use super::relink::{Cache, relink_beside};
use crate::graph::Graph;
use crate::graph::delta::Delta;
use crate::id;
use crate::store::files::{self, FileRow, NewFile};
use crate::store::runs::{self, Outcome, Status};
use crate::store::{self, settings};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use std::any::Any;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

/// Trends look back a day; older counts are not needed.
const COUNTS_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// An ingestion under way.
pub struct Run<'a> {
    ingest: &'a Ingest,
    request: &'a Request,
    run: &'a runs::Run,
    /// Files are told of by the threads that read them.
    progress: Arc<Mutex<Progress<'a>>>,
    /// Reports with the place of their file in the request.
    results: Vec<(usize, FileReport)>,
    /// The paths that were taken, with the hash of what they hold.
    taken: HashMap<&'a str, String>,
    /// Files of the last group, which the linker has not read.
    unread: Vec<String>,
    started: Instant,
}

/// What became of a file in the store.
enum Stored {
    /// It is in, as this row; its bytes were there at another path (`copy`), or not.
    Put { row: FileRow, reading: Box<Reading>, copy: bool },
    /// These bytes were there at this path, as this row.
    Duplicate(FileRow),
    /// Its bytes were there when it was read, and no longer when it was its turn.
    Gone,
}

/// A file read, on its way to the store.
struct Item {
    place: usize,
    path: String,
    gathered: Gathered,
}

impl<'a> Run<'a> {
    /// Tells that a run, which the store has begun, begins.
    pub fn new(ingest: &'a Ingest, request: &'a Request, run: &'a runs::Run) -> Run<'a> {
        let progress = Arc::new(Mutex::new(Progress::start(&ingest.hub, request, &run.ingestion_id, &run.id)));
        let (results, taken, unread) = (Vec::new(), HashMap::new(), Vec::new());
        Run { ingest, request, run, progress, results, taken, unread, started: Instant::now() }
    }

    /// Reads, stores, relinks, tells. The run is closed in the store whether or not it succeeds.
    pub fn finish(mut self, cache: &mut Cache) -> store::Result<Report> {
        let outcome = self.files(cache);
        // Whatever stopped it: what was stored before is to be seen.
        let storage = self.ingest.store.dir();
        let changed = |old: &Graph, new: &Graph, delta: &Delta| (Record::new(storage, old, new, delta), changes::brought(new, delta));
        let linked = relink_beside(self.ingest, &self.request.to.project_id, cache, changed);
        let outcome = outcome.and(linked).map(|(linked, (record, brought))| (linked, self.said(record), brought));
        let mut report = self.report();
        if let Ok((linked, _, brought)) = &outcome {
            report.total_nodes_created = linked.delta.nodes_added().count();
            report.total_edges_created = linked.delta.edges_added.len();
            for file in &mut report.results {
                let Some(id) = file.file_id.as_ref().filter(|_| file.error.is_none()) else { continue };
                (file.nodes_created, file.edges_created) = brought.get(id).copied().unwrap_or_default();
                file.diagnostics = linked.after.files.get(&**id).map_or_else(Vec::new, |f| f.diagnostics.clone());
            }
        }
        let status = match &outcome {
            Err(_) => Status::Failed,
            Ok(_) if report.files_failed == 0 => Status::Completed,
            Ok(_) if report.files_failed == report.results.len() => Status::Failed,
            Ok(_) => Status::CompletedWithErrors,
        };
        report.success = status == Status::Completed;
        let failure = outcome.as_ref().err().map(ToString::to_string);
        let (ended, log) = locked(&self.progress).complete(&report, status, self.started.elapsed(), failure.as_deref());
        let (record, failed) = outcome.map_or_else(|e| (None, Some(e)), |(_, record, _)| (record, None));
        let closed = close(self.ingest, &self.run.id, status, &report, log, record);
        // Who is told that it ended, and then asks for its log, is not to read that it runs.
        locked(&self.progress).tell(ended);
        failed.map_or(closed, Err)?;
        Ok(report)
    }

    /// The record of what changed. Without one the files are in all the same, and the run is done.
    fn said(&self, record: io::Result<Record>) -> Option<Record> {
        let refused = |e: &io::Error| {
            log::error!("ingest: what run {} changed could not be written down, and will not be told: {e}", self.run.id);
            self.ingest.store.refused(&e.to_string());
        };
        record.inspect_err(refused).ok()
    }

    /// Reads and stores every file, a bounded group at a time: while one is stored the next is read, unless they are large together.
    fn files(&mut self, cache: &mut Cache) -> store::Result<()> {
        let groups = &self.groups();
        let (ingest, request, progress) = (self.ingest, self.request, self.progress.clone());
        let taken = |path: &str| locked(&progress).reading(path);
        thread::scope(|scope| {
            let mut ahead: Option<ScopedJoinHandle<'_, _>> = None;
            for (at, group) in groups.iter().enumerate() {
                // One that panicked is read again, by this thread.
                let panicked =
                    |panic: Box<dyn Any + Send>| log::error!("ingest: reading ahead panicked: {}", store::panic_message(&*panic));
                let gathered = ahead.take().and_then(|reader| reader.join().map_err(panicked).ok());
                let gathered = gathered.unwrap_or_else(|| read(ingest, request, &group.files, &taken));
                if let Some(next) = groups.get(at + 1).filter(|next| group.bytes + next.bytes <= 2 * GROUP_BYTES) {
                    let reader = thread::Builder::new().name("read-ahead".into());
                    // Without a thread the group is read when it is its turn.
                    ahead = reader.spawn_scoped(scope, || read(ingest, request, &next.files, &taken)).ok();
                }
                self.store(group, gathered, cache)?;
            }
            Ok(())
        })
    }

    /// The files that are taken, in order, in groups of bounded size; the others are done.
    fn groups(&mut self) -> Vec<Group<'a>> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        for (place, file) in self.request.files.iter().enumerate() {
            let size = match self.check(file) {
                Ok(size) => size,
                Err(message) => {
                    self.done(place, failed(&file.path, message), 0);
                    continue;
                }
            };
            match groups.last_mut().filter(|group| group.files.len() < GROUP_FILES && group.bytes + size <= GROUP_BYTES) {
                Some(group) => {
                    group.files.push((place, file));
                    group.bytes += size;
                }
                None => groups.push(Group { files: vec![(place, file)], bytes: size }),
            }
        }
        groups
    }

    /// The file's size, or why it is not taken.
    fn check(&self, file: &Upload) -> Result<u64, String> {
        if let Content::Refused(why) = &file.content {
            return Err(why.clone());
        }
        let extension = extension(&file.path);
        if !self.request.to.limits.extensions.contains(&extension) {
            let what = if extension.is_empty() { "Files without an extension are".into() } else { format!("File type '{extension}' is") };
            return Err(format!("{what} not allowed; allowed are: {}", self.request.to.limits.extensions.join(", ")));
        }
        let size = gather::size(file).map_err(|e| format!("The file could not be read: {e}"))?;
        if size > self.request.to.limits.max_bytes || matches!(file.content, Content::TooLarge(_)) {
            return Err(format!(
                "The file has {:.1} MB; the most is {} MB: split it, or raise max_file_size_mb",
                size as f64 / f64::from(1 << 20),
                self.request.to.limits.max_bytes >> 20
            ));
        }
        Ok(size)
    }

    /// Stores files that were read, in order, in one commit. Meanwhile the linker reads those of the group before; the last are left to who
    /// links the project.
    fn store(&mut self, group: &Group<'a>, gathered: Vec<Result<Gathered, String>>, cache: &mut Cache) -> store::Result<()> {
        let mut items = Vec::new();
        for ((place, file), read) in group.files.iter().zip(gathered) {
            match read {
                Ok(gathered) => {
                    let first = self.taken.entry(&file.path).or_insert_with(|| gathered.hash.clone());
                    if *first == gathered.hash {
                        items.push(Item { place: *place, path: file.path.clone(), gathered });
                    } else {
                        self.done(*place, failed(&file.path, SAME_PATH.into()), 0);
                    }
                }
                Err(message) => self.done(*place, failed(&file.path, message), 0),
            }
        }
        let (request, run, log) = (self.request, self.run, locked(&self.progress).take_log());
        let (project, repository, dialect) = (request.to.project_id.clone(), request.to.repository_id.clone(), request.to.dialect.clone());
        let (run_id, source) = (run.id.clone(), request.source);
        let put = move |conn: &Connection| {
            runs::add_events(conn, &run_id, &log)?;
            let to = Destination { project: &project, repository: &repository, dialect: &dialect, run: &run_id, source };
            items.into_iter().map(|item| Ok((item.place, to.put(conn, item)?))).collect::<store::Result<Vec<_>>>()
        };
        let before = std::mem::take(&mut self.unread);
        let stored = self.ingest.store.write_beside(put, || cache.read_ahead(&request.to.project_id, &before))?;
        for (place, stored) in stored {
            match stored {
                Stored::Put { row, reading, copy } => {
                    let named = 1 + reading.facts.assets.iter().map(|a| 1 + a.columns.len()).sum::<usize>();
                    self.done(place, report(&row, if copy { "skipped_duplicate" } else { "processed" }), named);
                    self.unread.push(row.id.clone());
                    cache.insert(row, reading.facts, reading.passages);
                }
                Stored::Duplicate(row) => self.done(place, report(&row, "skipped_duplicate"), 0),
                Stored::Gone => self.done(place, failed(&request.files[place].path, GONE.into()), 0),
            }
        }
        if group.bytes > GROUP_BYTES {
            // What it says takes too much to stay while more comes.
            cache.read_ahead(&request.to.project_id, &std::mem::take(&mut self.unread));
        }
        Ok(())
    }

    fn done(&mut self, place: usize, report: FileReport, nodes: usize) {
        locked(&self.progress).done(&report, nodes);
        self.results.push((place, report));
    }

    /// The report so far, in the order of the request.
    fn report(&mut self) -> Report {
        let mut results = std::mem::take(&mut self.results);
        results.sort_by_key(|(place, _)| *place);
        let count = |status: &str| results.iter().filter(|(_, r)| r.status == status).count();
        Report {
            success: false,
            project_id: self.request.to.project_id.clone(),
            repository_id: self.request.to.repository_id.clone(),
            ingestion_id: self.run.ingestion_id.clone(),
            run_id: self.run.id.clone(),
            files_processed: count("processed"),
            files_failed: count("error"),
            files_skipped_duplicate: count("skipped_duplicate"),
            total_nodes_created: 0,
            total_edges_created: 0,
            results: results.into_iter().map(|(_, report)| report).collect(),
        }
    }
}

/// Why a file is not taken whose path another file of the upload has, with other bytes: one of them would be lost.
const SAME_PATH: &str = "Another file of this upload has the same path: give each one of its own, with its folders (curl: -F 'files=@a/x.sql;filename=a/x.sql')";
/// Why a file is not taken that was there, unchanged, until somebody deleted it.
const GONE: &str = "What the store had of it is gone since it was looked at: send it again";

/// A file with its place in the request.
type Numbered<'a> = (usize, &'a Upload);

/// Files that are read and stored together.
struct Group<'a> {
    files: Vec<Numbered<'a>>,
    bytes: u64,
}

// What it counts is whole whatever panicked.
fn locked<'p, 'a>(progress: &'p Mutex<Progress<'a>>) -> MutexGuard<'p, Progress<'a>> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads some files in parallel, but for those that the store has.
fn read(ingest: &Ingest, request: &Request, group: &[Numbered<'_>], taken: &(dyn Fn(&str) + Sync)) -> Vec<Result<Gathered, String>> {
    let (repository, dialect) = (&request.to.repository_id, &request.to.dialect);
    let there = |path: &str| ingest.store.read_blocking(|conn| files::find_by_path(conn, repository, path));
    // A store that cannot be read will say so again, and louder, when it is written.
    let wanted = |path: &str, hash: &str| !there(path).is_ok_and(|row| row.is_some_and(|row| is_duplicate(&row, hash, dialect)));
    let uploads: Vec<&Upload> = group.iter().map(|(_, file)| *file).collect();
    gather::read(&uploads, dialect, request.to.limits.max_bytes, taken, &wanted)
}

/// Where a run's files go.
struct Destination<'a> {
    project: &'a str,
    repository: &'a str,
    dialect: &'a str,
    run: &'a str,
    source: &'a str,
}

impl Destination<'_> {
    fn put(&self, conn: &Connection, item: Item) -> store::Result<Stored> {
        let Item { path, gathered, .. } = item;
        let there = files::find_by_path(conn, self.repository, &path)?;
        let new = there.is_none();
        if let Some(row) = there.filter(|row| is_duplicate(row, &gathered.hash, self.dialect)) {
            return Ok(Stored::Duplicate(row));
        }
        let Some(reading) = gathered.reading else { return Ok(Stored::Gone) };
        let copy = new && files::has_bytes(conn, self.repository, &gathered.hash)?;
        let row = files::put(
            conn,
            &NewFile {
                project_id: self.project,
                repository_id: self.repository,
                path: &path,
                file_type: FileType::of(&path).as_str(),
                source: self.source,
                run_id: self.run,
                hash: &gathered.hash,
                bytes: &gathered.bytes,
                facts: &reading.facts,
                passages: &reading.passages,
                error: None,
            },
        )?;
        Ok(Stored::Put { row, reading: Box::new(reading), copy })
    }
}

/// Whether what is sent to the path of `row` is a duplicate: the same bytes, read in the dialect asked for. The same bytes at another path
/// are another file, which stays when the first goes.
fn is_duplicate(row: &FileRow, hash: &str, dialect: &str) -> bool {
    let same_dialect = dialect == "auto" || row.dialect.is_empty() || row.dialect == dialect;
    row.hash == hash && row.status == "processed" && same_dialect
}

/// Writes how a run ended, what it changed and how much there is now.
fn close(
    ingest: &Ingest,
    run_id: &str,
    status: Status,
    report: &Report,
    log: Vec<runs::Event>,
    record: Option<Record>,
) -> store::Result<()> {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let outcome = Outcome {
        files_processed: count(report.files_processed),
        files_failed: count(report.files_failed),
        files_skipped: count(report.files_skipped_duplicate),
        nodes_created: count(report.total_nodes_created),
        edges_created: count(report.total_edges_created),
    };
    let run_id = run_id.to_owned();
    let (nodes, edges) = ingest.knowledge.totals();
    let day_ago = id::format_time(Timestamp::now() - COUNTS_KEPT);
    ingest.store.write_blocking(move |conn| {
        runs::add_events(conn, &run_id, &log)?;
        if let Some(record) = &record {
            record.put(conn, &run_id)?;
        }
        runs::finish(conn, &run_id, status, &outcome)?;
        let files = files::stats(conn, None)?.total;
        settings::remember_counts(conn, &id::now(), &day_ago, settings::Counts { nodes: nodes as i64, edges: edges as i64, files })
    })
}

fn last(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

fn report(row: &FileRow, status: &str) -> FileReport {
    FileReport {
        filename: last(&row.path),
        relative_path: row.path.clone(),
        file_type: row.file_type.clone(),
        status: status.into(),
        file_id: Some(row.id.clone()),
        file_hash: Some(row.hash.clone()),
        nodes_created: 0,
        edges_created: 0,
        statements: usize::try_from(row.statements).unwrap_or_default(),
        statements_failed: usize::try_from(row.statements_failed).unwrap_or_default(),
        coverage: row.coverage,
        dialect: Some(row.dialect.clone()).filter(|dialect| !dialect.is_empty()),
        diagnostics: Vec::new(),
        error: None,
    }
}

fn failed(path: &str, error: String) -> FileReport {
    FileReport {
        filename: last(path),
        relative_path: path.to_owned(),
        file_type: FileType::of(path).as_str().into(),
        status: "error".into(),
        file_id: None,
        file_hash: None,
        nodes_created: 0,
        edges_created: 0,
        statements: 0,
        statements_failed: 0,
        coverage: 0.0,
        dialect: None,
        diagnostics: Vec::new(),
        error: Some(error),
    }
}
