//! A project's facts in memory, and the snapshot made of them.

use super::knowledge::FileInfo;
use super::{Ingest, Snapshot};
use crate::graph::delta::Delta;
use crate::graph::link::{FileFacts, Linker};
use crate::lineage::Facts;
use crate::parallel;
use crate::search::Chunk;
use crate::store::files::{FileRow, Passage};
use crate::store::{self, files, links};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What of a project is kept in memory between relinks: what each of its files says, by id. Linking needs all of it, so it grows with
/// all that the project's files state, and with their text as far as it is searchable; their bytes are not kept.
#[derive(Default)]
pub struct Cache {
    files: HashMap<Arc<str>, Known>,
    /// What made the snapshot's graph, of the files that the snapshot has.
    linker: Option<Linker>,
}

/// A file as the run that brought it read it. Snapshots share all of it.
struct Known {
    info: Arc<FileInfo>,
    facts: Arc<Facts>,
    chunks: Vec<Arc<Chunk>>,
}

impl Known {
    fn said(&self) -> FileFacts<'_> {
        let FileInfo { id, repository_id, repository, path, .. } = &*self.info;
        FileFacts { file_id: id, repository_id, repository, path, facts: &self.facts }
    }
}

impl Cache {
    /// Remembers what is stored of a file, so that relinking does not ask the store for it.
    pub fn insert(&mut self, row: FileRow, facts: Facts, passages: Vec<Passage>) {
        let chunk = |(ordinal, p): (usize, Passage)| Chunk {
            id: format!("{}:{ordinal}", row.id),
            file_id: row.id.clone(),
            path: row.path.clone(),
            line: p.line,
            line_end: p.line_end,
            text: p.text,
        };
        let chunks = passages.into_iter().enumerate().map(chunk).map(Arc::new).collect();
        let id = Arc::from(row.id.as_str());
        let info = Arc::new(info(row, &facts));
        self.files.insert(id, Known { info, facts: Arc::new(facts), chunks });
    }

    /// Lets the linker read files that were inserted, while others are still to come.
    pub fn read_ahead(&mut self, project: &str, ids: &[String]) {
        // A linker that panics is whole no more; what it stumbles over is met again, and told, when the project is linked.
        let linker = self.linker.take().unwrap_or_else(|| Linker::new(project));
        let files: Vec<FileFacts<'_>> = ids.iter().filter_map(|id| self.files.get(id.as_str())).map(Known::said).collect();
        self.linker = catch_unwind(AssertUnwindSafe(|| {
            let mut linker = linker;
            linker.read(&files, &[]);
            linker
        }))
        .ok();
    }

    /// Makes this what the store holds, whoever changed it: a project that is deleted leaves its files to another.
    fn refresh(&mut self, ingest: &Ingest, project: &str) -> store::Result<()> {
        if self.files.is_empty() {
            let all = ingest.store.read_blocking(|conn| files::project_readings(conn, project))?;
            all.into_iter().for_each(|(row, facts, passages)| self.insert(row, facts, passages));
            return Ok(());
        }
        let runs = ingest.store.read_blocking(|conn| files::runs(conn, project))?;
        let knows = |id: &str, run: &str| self.files.get(id).is_some_and(|known| known.info.run_id == run);
        let lacking: Vec<&String> = runs.iter().filter(|(id, run)| !knows(id, run)).map(|(id, _)| id).collect();
        let read = |id: &String| ingest.store.read_blocking(|conn| files::reading(conn, id));
        for (row, facts, passages) in lacking.into_iter().map(read).collect::<store::Result<Vec<_>>>()? {
            self.insert(row, facts, passages);
        }
        self.files.retain(|id, _| runs.contains_key(&**id));
        Ok(())
    }

    /// The files in order of path.
    fn in_order(&self) -> Vec<&Known> {
        let mut files: Vec<&Known> = self.files.values().collect();
        files.sort_unstable_by_key(|known| (&known.info.path, &known.info.id));
        files
    }
}

/// What a relink replaced, and by what.
#[derive(Debug, Default)]
pub struct Relinked {
    /// The snapshot before.
    pub before: Arc<Snapshot>,
    /// The snapshot that is served now.
    pub after: Arc<Snapshot>,
    /// What differs between their graphs.
    pub delta: Delta,
}

/// Reads from the store what `cache` lacks, links the project anew and swaps its snapshot. The project's lock is held by the caller.
/// A panic on the way is logged and an error, [`store::Error::Panicked`]; the snapshot is then the old one.
pub fn relink(ingest: &Ingest, project: &str, cache: &mut Cache) -> store::Result<Relinked> {
    // What a panic leaves of the cache is whole: files are put in one by one.
    catch_unwind(AssertUnwindSafe(|| link_anew(ingest, project, cache))).unwrap_or_else(|panic| {
        let why = store::panic_message(&*panic);
        log::error!("ingest: linking project '{project}' panicked: {why}");
        Err(store::Error::Panicked(why))
    })
}

fn link_anew(ingest: &Ingest, project: &str, cache: &mut Cache) -> store::Result<Relinked> {
    let old = ingest.knowledge.project(project);
    cache.refresh(ingest, project)?;
    let manual = ingest.store.read_blocking(|conn| links::manual(conn, project))?;
    // Taken out: what a panic leaves of a linker is not whole, and the next relink begins with a new one.
    let mut linker = cache.linker.take().unwrap_or_else(|| Linker::new(project));
    let files = cache.in_order();
    let changed: Vec<FileFacts<'_>> = files.iter().map(|known| known.said()).filter(|file| !linker.has(file)).collect();
    let removed: Vec<String> = linker.files().filter(|id| !cache.files.contains_key(*id)).map(str::to_owned).collect();
    let removed: Vec<&str> = removed.iter().map(String::as_str).collect();
    let (passages, graph) = parallel::join(
        || old.index.passages_now(files.iter().flat_map(|known| &known.chunks).cloned().collect()),
        || linker.update(&changed, &removed, &manual),
    );
    let delta = Delta::between(&old.graph, &graph);
    let index = old.index.update(&old.graph, &graph, &delta, passages);
    let files = cache.files.iter().map(|(id, known)| (id.clone(), known.info.clone())).collect();
    let new = Arc::new(Snapshot { project: project.to_owned(), graph, index: index.into(), vectors: None, files });
    ingest.knowledge.swap(new.clone());
    cache.linker = Some(linker);
    Ok(Relinked { before: old, after: new, delta })
}

fn info(row: FileRow, facts: &Facts) -> FileInfo {
    FileInfo {
        diagnostics: facts.diagnostics.clone(),
        id: row.id,
        path: row.path,
        repository_id: row.repository_id,
        repository: row.repository,
        hash: row.hash,
        processed_at: row.processed_at.unwrap_or(row.updated_at),
        run_id: row.run_id,
        dialect: row.dialect,
        coverage: row.coverage,
        statements: u32::try_from(row.statements).unwrap_or(u32::MAX),
        statements_failed: u32::try_from(row.statements_failed).unwrap_or(u32::MAX),
    }
}
