//! One ingestion from its first event to its last.

use super::gather::{self, GROUP_BYTES, GROUP_FILES, Gathered};
use super::pipeline::{Content, FileReport, Ingest, Limits, Report, Request, Upload};
use super::progress::Progress;
use super::reader::{FileType, Reading, extension};
use super::relink::{Cache, Relinked, relink};
use crate::id;
use crate::store::files::{self, FileRow, NewFile};
use crate::store::runs::{self, Outcome, Status};
use crate::store::{self, settings};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use std::sync::Arc;
use std::time::Instant;

/// Trends look back a day; older counts are not needed.
const COUNTS_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// An ingestion under way.
pub struct Run<'a> {
    ingest: &'a Ingest,
    request: &'a Request,
    run: &'a runs::Run,
    limits: Limits,
    progress: Progress<'a>,
    /// Reports with the place of their file in the request.
    results: Vec<(usize, FileReport)>,
    started: Instant,
}

/// What became of a file in the store.
enum Stored {
    /// It is in, as this row.
    Put(FileRow, Reading),
    /// These bytes were there, as this row.
    Duplicate(FileRow),
    /// Its bytes were there when it was read, and no longer when it was its turn: it is to be read after all.
    Again,
}

/// A file read, on its way to the store.
struct Item {
    place: usize,
    path: String,
    gathered: Gathered,
}

impl<'a> Run<'a> {
    /// Tells that a run, which the store has begun, begins.
    pub fn new(ingest: &'a Ingest, request: &'a Request, run: &'a runs::Run, limits: Limits) -> Run<'a> {
        let progress = Progress::start(&ingest.hub, request, &run.ingestion_id, &run.id);
        Run { ingest, request, run, limits, progress, results: Vec::new(), started: Instant::now() }
    }

    /// Reads, stores, relinks, tells. The run is closed in the store whether or not it succeeds.
    pub fn finish(mut self, cache: &mut Cache) -> store::Result<Report> {
        let outcome = self.files(cache);
        // Whatever stopped it: what was stored before is to be seen.
        let linked = relink(self.ingest, &self.request.project_id, cache);
        let outcome = outcome.and(linked);
        let mut report = self.report();
        if let Ok(linked) = &outcome {
            report.total_nodes_created = linked.changes.nodes_added.len();
            report.total_edges_created = linked.changes.edges_added.len();
            let snapshot = self.ingest.knowledge.project(&self.request.project_id);
            for file in &mut report.results {
                let Some(id) = &file.file_id else { continue };
                (file.nodes_created, file.edges_created) = linked.brought.get(id).copied().unwrap_or_default();
                file.diagnostics = snapshot.files.get(id).map_or_else(Vec::new, |f| f.diagnostics.clone());
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
        let log = self.progress.complete(&report, status, self.started.elapsed(), failure.as_deref());
        let closed = close(self.ingest, &self.run.id, status, &report, log, outcome.as_ref().ok());
        outcome?;
        closed?;
        Ok(report)
    }

    /// Reads and stores every file, a bounded group at a time.
    fn files(&mut self, cache: &mut Cache) -> store::Result<()> {
        let request = self.request;
        let mut group: Vec<(usize, &Upload)> = Vec::new();
        let mut bytes = 0;
        for (place, file) in request.files.iter().enumerate() {
            let size = match self.check(file) {
                Ok(size) => size,
                Err(message) => {
                    self.done(place, failed(&file.path, message), 0);
                    continue;
                }
            };
            if !group.is_empty() && (group.len() >= GROUP_FILES || bytes + size > GROUP_BYTES) {
                self.group(&std::mem::take(&mut group), cache)?;
                bytes = 0;
            }
            bytes += size;
            group.push((place, file));
        }
        self.group(&group, cache)
    }

    /// The file's size, or why it is not taken.
    fn check(&self, file: &Upload) -> Result<u64, String> {
        if let Content::Refused(why) = &file.content {
            return Err(why.clone());
        }
        let extension = extension(&file.path);
        if !self.limits.extensions.contains(&extension) {
            let what = if extension.is_empty() { "Files without an extension are".into() } else { format!("File type '{extension}' is") };
            return Err(format!("{what} not allowed; allowed are: {}", self.limits.extensions.join(", ")));
        }
        let size = gather::size(file).map_err(|e| format!("The file could not be read: {e}"))?;
        if size > self.limits.max_bytes || matches!(file.content, Content::TooLarge(_)) {
            return Err(format!(
                "The file has {:.1} MB; the most is {} MB: split it, or raise max_file_size_mb",
                size as f64 / f64::from(1 << 20),
                self.limits.max_bytes >> 20
            ));
        }
        Ok(size)
    }

    /// Reads some files in parallel and stores them, in order, in one commit.
    fn group(&mut self, group: &[(usize, &Upload)], cache: &mut Cache) -> store::Result<()> {
        if group.is_empty() {
            return Ok(());
        }
        group.iter().for_each(|(_, file)| self.progress.reading(&file.path));
        let (repository, dialect) = (self.request.repository_id.clone(), self.request.dialect.clone());
        let known = |path: &str, hash: &str| self.ingest.store.read_blocking(|conn| duplicate(conn, &repository, path, hash, &dialect));
        // A store that cannot be read will say so again, and louder, when it is written.
        let wanted = |path: &str, hash: &str| !matches!(known(path, hash), Ok(Some(_)));
        let uploads: Vec<&Upload> = group.iter().map(|(_, file)| *file).collect();
        let mut items = Vec::new();
        for ((place, file), read) in group.iter().zip(gather::read(&uploads, &self.request.dialect, &wanted)) {
            match read {
                Ok(gathered) => items.push(Item { place: *place, path: file.path.clone(), gathered }),
                Err(message) => self.done(*place, failed(&file.path, message), 0),
            }
        }
        let (request, run, log) = (self.request, self.run, self.progress.take_log());
        let (project, repository, dialect) = (request.project_id.clone(), request.repository_id.clone(), request.dialect.clone());
        let (run_id, source) = (run.id.clone(), request.source);
        let stored = self.ingest.store.write_blocking(move |conn| {
            runs::add_events(conn, &run_id, &log)?;
            let to = Destination { project: &project, repository: &repository, dialect: &dialect, run: &run_id, source };
            items.into_iter().map(|item| Ok((item.place, to.put(conn, item)?))).collect::<store::Result<Vec<_>>>()
        })?;
        let mut again = Vec::new();
        for (place, stored) in stored {
            match stored {
                Stored::Put(row, reading) => {
                    let named = 1 + reading.facts.assets.iter().map(|a| 1 + a.columns.len()).sum::<usize>();
                    self.done(place, report(&row, "processed"), named);
                    cache.insert(&row, Arc::new(reading.facts), reading.passages);
                }
                Stored::Duplicate(row) => {
                    let path = request.files[place].path.as_str();
                    self.done(
                        place,
                        FileReport { relative_path: path.into(), filename: last(path), ..report(&row, "skipped_duplicate") },
                        0,
                    );
                }
                Stored::Again => again.push((place, &request.files[place])),
            }
        }
        // Alone, a file cannot be a duplicate of one before it in its group.
        again.into_iter().try_for_each(|file| self.group(&[file], cache))
    }

    fn done(&mut self, place: usize, report: FileReport, nodes: usize) {
        self.progress.done(&report, nodes);
        self.results.push((place, report));
    }

    /// The report so far, in the order of the request.
    fn report(&mut self) -> Report {
        let mut results = std::mem::take(&mut self.results);
        results.sort_by_key(|(place, _)| *place);
        let count = |status: &str| results.iter().filter(|(_, r)| r.status == status).count();
        Report {
            success: false,
            project_id: self.request.project_id.clone(),
            repository_id: self.request.repository_id.clone(),
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
        if let Some(row) = duplicate(conn, self.repository, &path, &gathered.hash, self.dialect)? {
            return Ok(Stored::Duplicate(row));
        }
        let Some(reading) = gathered.reading else { return Ok(Stored::Again) };
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
        Ok(Stored::Put(row, reading))
    }
}

/// The file that makes these bytes a duplicate: the same bytes at the same path of the repository, read in the dialect asked for; or,
/// for a path that is new, the same bytes at another. A known path whose bytes changed is replaced, even by bytes known elsewhere.
fn duplicate(conn: &Connection, repository: &str, path: &str, hash: &str, dialect: &str) -> store::Result<Option<FileRow>> {
    let same_dialect = |row: &FileRow| dialect == "auto" || row.dialect.is_empty() || row.dialect == dialect;
    match files::find_by_path(conn, repository, path)? {
        Some(there) => Ok(Some(there).filter(|row| row.hash == hash && row.status == "processed" && same_dialect(row))),
        None => Ok(files::find_by_hash(conn, repository, hash)?.into_iter().find(|row| row.status == "processed" && same_dialect(row))),
    }
}

/// Writes how a run ended, what it changed and how much there is now.
fn close(
    ingest: &Ingest,
    run_id: &str,
    status: Status,
    report: &Report,
    log: Vec<runs::Event>,
    linked: Option<&Relinked>,
) -> store::Result<()> {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let outcome = Outcome {
        files_processed: count(report.files_processed),
        files_failed: count(report.files_failed),
        files_skipped: count(report.files_skipped_duplicate),
        nodes_created: count(report.total_nodes_created),
        edges_created: count(report.total_edges_created),
    };
    let (run_id, changes) = (run_id.to_owned(), linked.map_or_else(Vec::new, |l| l.changes.rows()));
    let (nodes, edges) = ingest.knowledge.totals();
    let day_ago = id::format_time(Timestamp::now() - COUNTS_KEPT);
    ingest.store.write_blocking(move |conn| {
        runs::add_events(conn, &run_id, &log)?;
        runs::put_changes(conn, &run_id, &changes)?;
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
