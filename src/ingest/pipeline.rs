//! The use case of an ingestion: validate, de-duplicate, read in parallel, store in order, relink, tell.

use super::Knowledge;
use super::mend;
use super::relink::{Cache, relink, resume};
use super::run::Run;
use super::saved;
use super::spool::Part;
use super::turns::{Turn, Turns};
use super::unready::Unready;
use crate::graph::link::Manual;
use crate::lineage::{Diagnostic, dialect};
use crate::realtime::Hub;
use crate::store::files::FileRow;
use crate::store::{self, Store, files, links, projects, runs, settings};
use serde::Serialize;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One file to ingest.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Relative path, cleaned: `/` separators, no `..`, no leading `/`, no NUL.
    pub path: String,
    /// Where its bytes are.
    pub content: Content,
}

/// Bytes in memory (small, tests, `/ingest/sql`) or on disk.
#[derive(Clone, Debug)]
pub enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a temporary file.
    Spooled(Part),
    /// A file of the server's own disk.
    File(PathBuf),
    /// Was too large: only its size is known; the file fails with a clear error.
    TooLarge(u64),
    /// Cannot be taken (its name is none); a sentence that the file fails with.
    Refused(String),
}

/// Where files are to go, as a client says it; what is missing has defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// `default` when missing.
    pub project_id: Option<String>,
    /// Wins over the name.
    pub repository_id: Option<String>,
    /// Made when there is none of this name; `uploads` when missing.
    pub repository_name: Option<String>,
    /// Id or alias of a dialect; `auto` when missing.
    pub dialect: Option<String>,
}

impl Target {
    /// The project's id.
    pub fn project(&self) -> &str {
        self.project_id.as_deref().unwrap_or(projects::DEFAULT)
    }
}

/// A [`Target`] that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Project id.
    pub project_id: String,
    /// Id of a repository of that project.
    pub repository_id: String,
    /// Its name, when it was asked for by that: made anew when it goes before the ingestion begins.
    pub repository_name: Option<String>,
    /// A dialect's id, or `auto`.
    pub dialect: String,
    /// What files are taken, as it was when the request came: a form is read by the same limits as its files are judged by.
    pub limits: Limits,
}

impl Placed {
    /// A request to ingest `files` there.
    pub fn request(self, source: &'static str, connection_id: Option<String>, files: Vec<Upload>) -> Request {
        Request { to: self, source, connection_id, files }
    }
}

/// What to ingest, checked: the project exists, the repository is the project's, the dialect is known.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where it goes.
    pub to: Placed,
    /// `upload`, `manual`, `sample`, `ingest`: what started it, for the log.
    pub source: &'static str,
    /// `X-Connection-ID`: gets every `ingestion_progress`, unthrottled.
    pub connection_id: Option<String>,
    /// In order.
    pub files: Vec<Upload>,
}

/// What became of one file: an item of contract §3's `results[]`.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FileReport {
    /// The last part of the path.
    pub filename: String,
    /// The path.
    pub relative_path: String,
    /// `sql`, `python`, `notebook`, `json`, `csv`, `markdown`, `text`.
    pub file_type: String,
    /// `processed`, `error` or `skipped_duplicate`: its bytes were there, at this path (nothing is done) or at another (the file is kept
    /// beside it, and stays when that goes).
    pub status: String,
    /// Id in the store; null when it was refused.
    pub file_id: Option<String>,
    /// SHA-256; null when the bytes were not kept.
    pub file_hash: Option<String>,
    /// Nodes of the project's graph that this file brought.
    pub nodes_created: usize,
    /// Edges that it brought.
    pub edges_created: usize,
    /// Statements read.
    pub statements: usize,
    /// Statements not understood at all.
    pub statements_failed: usize,
    /// Share of tokens understood, 0 to 1.
    pub coverage: f32,
    /// The SQL dialect it was read in; null when it is not SQL.
    pub dialect: Option<String>,
    /// What was not understood, and where.
    pub diagnostics: Vec<Diagnostic>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What became of an ingestion.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// No file failed.
    pub success: bool,
    /// Project.
    pub project_id: String,
    /// Repository.
    pub repository_id: String,
    /// This ingestion's id, in events and the log.
    pub ingestion_id: String,
    /// The run, for `/api/v1/runs/{id}/diff`.
    pub run_id: String,
    /// Files whose facts are now in the graph.
    pub files_processed: usize,
    /// Files refused or not stored.
    pub files_failed: usize,
    /// Files whose bytes were there already.
    pub files_skipped_duplicate: usize,
    /// Nodes that the graph gained.
    pub total_nodes_created: usize,
    /// Edges that the graph gained.
    pub total_edges_created: usize,
    /// In the order of the request.
    pub results: Vec<FileReport>,
}

/// Most ingestions at once over HTTP, of as many projects: each holds a thread and a few files in memory.
const MAX_AT_ONCE: usize = 4;

/// Most uploads that come or wait at once over HTTP: each has a file and a connection open. A hundred machines may push what they build.
const MAX_FORMS: usize = 100;

/// Most deletions and additions by hand at once over HTTP, of as many projects: each holds a thread, and threads are few. More than
/// [`MAX_AT_ONCE`], as each of those may keep one waiting.
const MAX_CHANGES_AT_ONCE: usize = 8;

/// Longest name of a repository, in characters, as of a project.
const MAX_REPOSITORY_NAME: usize = 255;

/// What files are taken; the settings' values, until `PUT /api/v1/files/config` stores others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, bytes.
    pub max_bytes: u64,
    /// Extensions taken, lower-case with the dot.
    pub extensions: Vec<String>,
}

/// Files that came since the start, by what became of them.
#[derive(Debug, Default)]
pub struct Taken {
    /// Read and stored.
    pub processed: AtomicU64,
    /// Refused, or not readable.
    pub failed: AtomicU64,
    /// There already, byte for byte.
    pub duplicates: AtomicU64,
}

impl Taken {
    fn count(&self, report: &Report) {
        let of = [
            (&self.processed, report.files_processed),
            (&self.failed, report.files_failed),
            (&self.duplicates, report.files_skipped_duplicate),
        ];
        for (sum, files) in of {
            sum.fetch_add(files as u64, Ordering::Relaxed);
        }
    }
}

/// The ingestion service; cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    /// The truth.
    pub store: Store,
    /// What is derived.
    pub knowledge: Knowledge,
    /// Who is told.
    pub hub: Hub,
    /// The limits that settings give.
    defaults: Arc<Mutex<Limits>>,
    /// One lock a project; what it guards is that project's facts.
    projects: Arc<Mutex<HashMap<String, Arc<Mutex<Cache>>>>>,
    active: Arc<AtomicUsize>,
    taken: Arc<Taken>,
    turns: Arc<Turns>,
    forms: Arc<Semaphore>,
    change_turns: Arc<Turns>,
    pub(super) unready: Arc<Unready>,
}

impl Ingest {
    /// The service over its neighbours; `defaults` hold until the store has limits of its own.
    pub fn new(store: Store, knowledge: Knowledge, hub: Hub, defaults: Limits) -> Ingest {
        let unready = Arc::new(Unready::new(store.dir()));
        Ingest {
            store,
            knowledge,
            hub,
            defaults: Arc::new(Mutex::new(defaults)),
            projects: Arc::default(),
            active: Arc::default(),
            taken: Arc::default(),
            turns: Arc::new(Turns::new(MAX_AT_ONCE)),
            forms: Arc::new(Semaphore::new(MAX_FORMS)),
            change_turns: Arc::new(Turns::new(MAX_CHANGES_AT_ONCE)),
            unready,
        }
    }

    /// Waits for a turn to ingest into a project, to be held as long as it takes.
    pub async fn turn(&self, project: &str) -> Turn {
        self.turns.take(project).await
    }

    /// A place for an upload on the disk, to be held from its first byte until its files are in; `None` when all `MAX_FORMS` are taken.
    pub fn form(&self) -> Option<OwnedSemaphorePermit> {
        self.forms.clone().try_acquire_owned().ok()
    }

    /// Uploads that have a place.
    pub fn forms_taken(&self) -> usize {
        MAX_FORMS - self.forms.available_permits()
    }

    /// As [`Ingest::turn`], for all else that changes a project: deletions, additions by hand.
    pub async fn turn_to_change(&self, project: &str) -> Turn {
        self.change_turns.take(project).await
    }

    /// Changes the limits that hold unless the store has some of its own.
    pub fn set_defaults(&self, defaults: Limits) {
        *self.defaults() = defaults;
    }

    /// The limits that hold now. Blocking.
    pub fn limits(&self) -> store::Result<Limits> {
        let stored = self.store.read_blocking(settings::file_limits)?;
        Ok(stored.map_or_else(
            || self.defaults().clone(),
            |stored| Limits { max_bytes: stored.max_bytes(), extensions: stored.allowed_extensions },
        ))
    }

    /// Checks where files are to go, and makes the repository when only its name is known. Blocking.
    ///
    /// # Errors
    /// `NotFound` for an unknown project or repository, `Invalid` for another project's repository or an unknown dialect (its message
    /// names the known ones).
    pub fn target(&self, target: &Target) -> store::Result<Placed> {
        let project_id = target.project().to_owned();
        let dialect = match target.dialect.as_deref().unwrap_or("auto") {
            "auto" => "auto".to_owned(),
            name => dialect::find(name).map(|d| d.id.to_owned()).ok_or_else(|| {
                let known: Vec<&str> = dialect::DIALECTS.iter().map(|d| d.id).collect();
                store::Error::Invalid(format!("Unknown dialect '{name}'; known are: auto, {}", known.join(", ")))
            })?,
        };
        let name = target.repository_name.clone().unwrap_or_else(|| "uploads".into());
        if name.chars().count() > MAX_REPOSITORY_NAME {
            return Err(store::Error::Invalid(format!("A repository's name has at most {MAX_REPOSITORY_NAME} characters")));
        }
        // Almost always it is there, and a read waits for no disk.
        let there = self.store.read_blocking(|conn| {
            projects::exists(conn, &project_id)?;
            match &target.repository_id {
                Some(id) => projects::repository_of(conn, &project_id, id).map(|()| Some(id.clone())),
                None => projects::find_repository(conn, &project_id, &name),
            }
        })?;
        let (project, named) = (project_id.clone(), name.clone());
        let made = |store: &Store| store.write_blocking(move |conn| Ok(projects::repository_named(conn, &project, &named, "upload")?.id));
        let repository_id = there.map_or_else(|| made(&self.store), Ok)?;
        let repository_name = target.repository_id.is_none().then_some(name);
        Ok(Placed { project_id, repository_id, repository_name, dialect, limits: self.limits()? })
    }

    /// Makes every project's snapshot of what the store holds: with the graph that lies beside it, or linked. Called once at start;
    /// blocking.
    pub fn load(&self) -> store::Result<()> {
        self.each_project(|project| self.locked(project, |cache| resume(self, project, cache)))
    }

    /// Makes what projects that were loaded have not: their search indexes, so that a search need not wait for that; then, once what they
    /// were loaded from was seen to be what was stored, or was put right, their linkers, for the first change. Blocking.
    pub fn catch_up(&self) -> store::Result<()> {
        for snapshot in self.knowledge.all() {
            self.unready.make(&snapshot.project, || snapshot.index.wait());
        }
        self.each_project(|project| {
            self.locked(project, |cache| mend::altered(self, project, cache))?;
            if self.is_linked(project) { Ok(()) } else { self.relink(project) }
        })
    }

    /// Whether the linker of a project is of its files as they are. Waits for who works on it.
    pub(super) fn is_linked(&self, project: &str) -> bool {
        self.locked(project, |cache| cache.is_linked())
    }

    /// Puts the graphs of projects that changed beside the store, for the next start. Those that are worked on are left for the next
    /// time. Blocking.
    pub fn save(&self) {
        let dir = self.store.dir();
        for project in self.knowledge.all() {
            let cache = self.locks().get(&project.project).cloned();
            // One that panicked holds nothing half: a cache says itself whether it is linked.
            match cache.as_deref().map(Mutex::try_lock) {
                Some(Ok(mut cache)) => cache.save(dir),
                Some(Err(TryLockError::Poisoned(cache))) => cache.into_inner().save(dir),
                Some(Err(TryLockError::WouldBlock)) | None => {}
            }
        }
        // Of the store's projects, not of those that are known so far: at a start, or a stop in its midst, they are not all.
        match self.store.read_blocking(|conn| projects::list(conn, u32::MAX, 0)) {
            Ok((projects, _)) => saved::keep(dir, projects.iter().map(|project| &*project.id)),
            Err(e) => log::debug!("ingest: which saved graphs are still asked for is not known: {e}"),
        }
    }

    fn each_project(&self, work: impl Fn(&str) -> store::Result<()>) -> store::Result<()> {
        let (projects, _) = self.store.read_blocking(|conn| projects::list(conn, u32::MAX, 0))?;
        projects.iter().try_for_each(|project| match self.unready.make(&project.id, || work(&project.id)).unwrap_or(Ok(())) {
            // Said in the log, and damage in `/health`. One project that cannot be linked must not take the others away, nor the means
            // to delete it.
            Err(store::Error::Panicked(_)) => Ok(()),
            Err(error @ store::Error::Corrupt(_)) => {
                log::error!("ingest: project '{}' is left out: {error}", project.id);
                Ok(())
            }
            done => done,
        })
    }

    /// Ingests. One at a time per project; files are read in parallel and stored in order. Blocking.
    ///
    /// # Errors
    /// When the store fails as a whole (full disk, closing). Files acknowledged in the log before that stay.
    pub fn run(&self, mut request: Request) -> store::Result<Report> {
        let _active = Active::new(&self.active);
        let project = request.to.project_id.clone();
        self.locked(&project, |cache| {
            let filenames: Vec<String> = request.files.iter().map(|f| f.path.clone()).collect();
            let Placed { project_id, mut repository_id, repository_name, .. } = request.to.clone();
            let source = request.source;
            let run = self.store.write_blocking(move |conn| {
                // It may have been deleted while this waited for its lock, and its repository have moved, or gone.
                projects::exists(conn, &project_id)?;
                if let Some(name) = repository_name {
                    repository_id = projects::repository_named(conn, &project_id, &name, "upload")?.id;
                }
                // The project's lock is held: one that says it runs could not write its own end (a full disk).
                runs::interrupt_unfinished(conn, Some(&project_id))?;
                runs::start(conn, &project_id, &repository_id, source, &filenames)
            })?;
            request.to.repository_id.clone_from(&run.repository_id);
            let report = Run::new(self, &request, &run).finish(cache)?;
            self.taken.count(&report);
            Ok(report)
        })
    }

    /// Files that came since the start, by what became of them.
    pub fn taken(&self) -> &Taken {
        &self.taken
    }

    /// Takes a file and all it said away. Blocking.
    pub fn delete_file(&self, file_id: &str) -> store::Result<()> {
        let FileRow { id, project_id, .. } = self.store.read_blocking(|conn| files::get(conn, file_id))?;
        let deleted = self.changing(&project_id, |store| store.write_blocking(move |conn| files::delete(conn, &id)))?;
        // Its project may have been deleted meanwhile, and the file kept.
        if deleted.project_id == project_id { Ok(()) } else { self.relink(&deleted.project_id) }
    }

    /// Stores a node or a relation made by hand, and links it in. Blocking.
    pub fn put_manual(&self, project_id: &str, manual: Manual) -> store::Result<()> {
        let project = project_id.to_owned();
        self.changing(project_id, |store| store.write_blocking(move |conn| links::put_manual(conn, &project, &manual)))
    }

    /// Deletes a repository with its files and all they said. Blocking.
    pub fn delete_repository(&self, project_id: &str, id: &str) -> store::Result<()> {
        let (project, id) = (project_id.to_owned(), id.to_owned());
        self.changing(project_id, |store| store.write_blocking(move |conn| projects::delete_repository(conn, &project, &id)))
    }

    /// Deletes a project; without `data`, what is in it moves to `default` (see [`projects::delete`]). Blocking.
    pub fn delete_project(&self, id: &str, data: bool) -> store::Result<()> {
        let project = id.to_owned();
        self.changing(id, |store| store.write_blocking(move |conn| projects::delete(conn, &project, data)))?;
        if data { Ok(()) } else { self.relink(projects::DEFAULT) }
    }

    /// Links a project anew from what the store holds; forgets one that is gone. Blocking.
    pub fn relink(&self, project_id: &str) -> store::Result<()> {
        self.changing(project_id, |_| Ok(()))
    }

    /// The project that this process does without, as starts before ended while it was made ready.
    pub fn left_out(&self) -> Option<String> {
        self.unready.left_out()
    }

    /// Ingestions running or waiting now, for stats.
    pub fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    /// Changes the store and relinks, under the project's lock.
    fn changing<T>(&self, project_id: &str, change: impl FnOnce(&Store) -> store::Result<T>) -> store::Result<T> {
        self.locked(project_id, |cache| {
            let changed = change(&self.store)?;
            match self.store.read_blocking(|conn| projects::exists(conn, project_id)) {
                Ok(()) => relink(self, project_id, cache).map(drop)?,
                Err(store::Error::NotFound(..)) => {
                    *cache = Cache::default();
                    self.unready.settled(project_id);
                    self.knowledge.remove(project_id);
                    saved::forget(self.store.dir(), project_id);
                }
                Err(e) => return Err(e),
            }
            Ok(changed)
        })
    }

    /// Does `work` when nobody else works on the project.
    fn locked<T>(&self, project_id: &str, work: impl FnOnce(&mut Cache) -> T) -> T {
        let project = self.locks().entry(project_id.to_owned()).or_default().clone();
        let done = work(&mut project.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let mut projects = self.locks();
        // A project that is not there keeps no lock (its id may be a client's invention), unless someone waits for this very one: with
        // two locks, two could work on a project made again under the same id.
        if Arc::strong_count(&project) == 2 && self.knowledge.select(Some(project_id)).is_empty() {
            projects.remove(project_id);
        }
        done
    }

    // The map is whole whatever panicked: entries are only added and removed.
    fn defaults(&self) -> std::sync::MutexGuard<'_, Limits> {
        self.defaults.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn locks(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Mutex<Cache>>>> {
        self.projects.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Counts an ingestion while it lives.
struct Active<'a>(&'a AtomicUsize);

impl<'a> Active<'a> {
    fn new(count: &'a AtomicUsize) -> Active<'a> {
        count.fetch_add(1, Ordering::Relaxed);
        Active(count)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::house;
    use super::*;
    use crate::store::runs::Status;

    #[test]
    fn projects_that_are_not_there_keep_no_lock() {
        let house = house();
        for n in 0..9 {
            let id = format!("nobody-{n}");
            assert!(matches!(house.ingest.delete_project(&id, true), Err(store::Error::NotFound("Project", _))));
            assert!(matches!(house.ingest.delete_repository(&id, "r"), Err(store::Error::NotFound("Project", _))));
        }
        assert_eq!(house.ingest.locks().len(), 0);
        house.ingest.relink("default").unwrap();
        assert_eq!(house.ingest.locks().len(), 1);
    }

    #[test]
    fn an_upload_that_waits_while_its_project_is_deleted_fails_and_the_project_made_again_has_one_lock() {
        let house = house();
        let ingest = &house.ingest;
        let make = |conn: &rusqlite::Connection| projects::create(conn, Some("p"), "P", None).map(drop);
        ingest.store.write_blocking(make).unwrap();
        let of = |repository_id| ingest.target(&Target { project_id: Some("p".into()), repository_id, ..Target::default() }).unwrap();
        // By its id: one that is named by its name would be made in the project made again.
        let placed = of(Some(of(None).repository_id));
        let request = placed.request("upload", None, vec![Upload { path: "a.sql".into(), content: Content::Bytes(b"SELECT 1".to_vec()) }]);
        std::thread::scope(|threads| {
            let upload = ingest.changing("p", |store| {
                let upload = threads.spawn(move || ingest.run(request));
                // The map, who holds it, and who waits.
                while Arc::strong_count(&ingest.locks()["p"]) < 3 {
                    std::thread::yield_now();
                }
                let held = Arc::downgrade(&ingest.locks()["p"]);
                store.write_blocking(|conn| projects::delete(conn, "p", true))?;
                store.write_blocking(make)?;
                Ok((upload, held))
            });
            let (upload, held) = upload.unwrap();
            assert!(matches!(upload.join().unwrap(), Err(store::Error::NotFound("Repository", _))));
            assert!(held.upgrade().is_some_and(|held| Arc::ptr_eq(&held, &ingest.locks()["p"])));
        });
        ingest.delete_project("p", true).unwrap();
        assert_eq!(ingest.locks().len(), 0);
    }

    #[test]
    fn a_repository_that_went_while_files_waited_is_made_anew_when_they_name_it_by_its_name() {
        let house = house();
        let named = house.ingest.target(&Target::default()).unwrap();
        let by_id = house.ingest.target(&Target { repository_id: Some(named.repository_id.clone()), ..Target::default() }).unwrap();
        house.ingest.delete_repository("default", &named.repository_id).unwrap();
        let file = || vec![Upload { path: "a.sql".into(), content: Content::Bytes(b"CREATE TABLE a (x int)".to_vec()) }];
        assert!(matches!(house.ingest.run(by_id.request("upload", None, file())), Err(store::Error::NotFound(..))));
        let gone = named.repository_id.clone();
        let report = house.ingest.run(named.request("upload", None, file())).unwrap();
        assert!(report.success && report.repository_id != gone, "{report:?}");
        assert_eq!(house.ingest.target(&Target::default()).unwrap().repository_id, report.repository_id);
    }

    #[test]
    fn a_run_whose_end_could_not_be_written_does_not_run_for_ever() {
        let house = house();
        let store = &house.ingest.store;
        let placed = house.ingest.target(&Target::default()).unwrap();
        let (project, repository) = (placed.project_id.clone(), placed.repository_id.clone());
        let left = store.write_blocking(move |conn| runs::start(conn, &project, &repository, "upload", &[])).unwrap();
        house.ingest.run(placed.request("upload", None, Vec::new())).unwrap();
        assert_eq!(store.read_blocking(|conn| runs::get(conn, &left.id)).unwrap().status, Status::Interrupted);
    }
}
