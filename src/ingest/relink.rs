//! A project's facts in memory, and the snapshot made of them.

use super::gather::GROUP_BYTES;
use super::knowledge::FileInfo;
use super::{Ingest, Snapshot, mend, saved};
use crate::graph::Graph;
use crate::graph::delta::Delta;
use crate::graph::link::{FileFacts, Linker, Manual};
use crate::graph::saved::{Key, Refused};
use crate::lineage::{Diagnostic, Facts};
use crate::parallel;
use crate::search::{Chunk, Index};
use crate::store::files::{FileRow, Passage, Reading};
use crate::store::{self, files, links};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// What of a project is kept in memory between relinks: by id, what is told of each of its files, and its text as far as that is
/// searchable; their bytes are not kept. What a file says is kept by the linker alone, in fewer bytes, once that has read it: as it comes,
/// or from the store, some files at a time.
#[derive(Default)]
pub struct Cache {
    files: HashMap<Arc<str>, Known>,
    /// By id of those that are left out: the run that brought each, until another does.
    left_out: HashMap<String, String>,
    /// What made the snapshot's graph, of the files that the snapshot has.
    linker: Option<Linker>,
    /// The linker's graph is of these files, none of which came since.
    linked: bool,
    /// What the graph beside the store was made from.
    saved: Option<Key>,
    /// The disk did not take the graph, which is said once.
    refused: bool,
}

/// Files that the linker reads at once, if they are small.
const READ_AT_ONCE: usize = 256;

fn bytes_of(row: &FileRow) -> u64 {
    u64::try_from(row.size).unwrap_or_default()
}

/// A file as the run that brought it read it. Snapshots share all of it.
struct Known {
    info: Arc<FileInfo>,
    /// Its bytes.
    size: u64,
    /// What it says, when it is new and the linker has not read it.
    unread: Option<Arc<Facts>>,
    chunks: Vec<Arc<Chunk>>,
}

/// A file that the linker is to read.
type Unread = (Arc<FileInfo>, Arc<Facts>);

impl Known {
    /// Takes what the linker has not read.
    fn unread(&mut self) -> Option<Unread> {
        Some((self.info.clone(), self.unread.take()?))
    }
}

/// Lets the linker read files.
fn read(linker: &mut Linker, files: &[Unread]) {
    let said = files.iter().map(|(info, facts)| {
        let FileInfo { id, repository_id, repository, path, .. } = &**info;
        FileFacts { file_id: id, repository_id, repository, path, facts }
    });
    linker.read(&said.collect::<Vec<_>>(), &[]);
}

impl Cache {
    /// Remembers what is stored of a file, so that relinking does not ask the store for it.
    pub fn insert(&mut self, row: FileRow, facts: Facts, passages: Vec<Passage>) {
        let (size, info) = (bytes_of(&row), info(row, facts.diagnostics.clone(), facts.tokens));
        self.know(info, size, Some(facts), passages);
    }

    fn know(&mut self, info: FileInfo, size: u64, unread: Option<Facts>, passages: Vec<Passage>) {
        let chunk = |(ordinal, p): (usize, Passage)| Chunk {
            id: format!("{}:{ordinal}", info.id),
            file_id: info.id.clone(),
            path: info.path.clone(),
            line: p.line,
            line_end: p.line_end,
            text: p.text,
        };
        let chunks = passages.into_iter().enumerate().map(chunk).map(Arc::new).collect();
        self.linked = false;
        let id = Arc::from(info.id.as_str());
        self.files.insert(id, Known { info: info.into(), size, unread: unread.map(Arc::new), chunks });
    }

    /// Puts what was read again of a file, or nothing, in the place of what was known of it. A graph that was saved says nothing of the
    /// passages that are served with it.
    pub(super) fn correct(&mut self, id: String, run: String, again: Option<Reading>) {
        self.mended(id, run, again);
        (self.linked, self.saved) = (false, None);
    }

    fn mended(&mut self, id: String, run: String, read: Option<Reading>) {
        match read {
            Some((row, facts, passages)) => self.insert(row, facts, passages),
            None => {
                self.files.remove(id.as_str());
                self.left_out.insert(id, run);
            }
        }
    }

    /// Whether a file cannot be read as this run brought it, which was said when that was met.
    pub(super) fn leaves_out(&self, id: &str, run: &str) -> bool {
        self.left_out.get(id).is_some_and(|left_out| left_out == run)
    }

    /// Lets the linker read files that were inserted, while others are still to come.
    pub fn read_ahead(&mut self, project: &str, ids: &[String]) {
        // A linker that panics is whole no more; what it stumbles over is met again, and told, when the project is linked.
        let _ = catch_unwind(AssertUnwindSafe(|| self.read(project, ids)));
    }

    /// Lets the linker read files that were inserted. It is gone when that panics, and with it what it had read of others.
    fn read(&mut self, project: &str, ids: &[String]) {
        let mut linker = self.linker.take().unwrap_or_else(|| Linker::new(project));
        let unread: Vec<Unread> = ids.iter().filter_map(|id| self.files.get_mut(id.as_str())?.unread()).collect();
        read(&mut linker, &unread);
        self.linker = Some(linker);
    }

    /// Lets the linker read what it has not and is not here either.
    fn read_rest(&mut self, ingest: &Ingest, project: &str) -> store::Result<()> {
        let has = |known: &Known| known.unread.is_some() || self.linker.as_ref().is_some_and(|linker| linker.has(&known.info.id));
        let rest: Vec<String> = self.files.values().filter(|known| !has(known)).map(|known| known.info.id.clone()).collect();
        let mut misled = mend::Misled::default();
        let rest = self.piece_by_piece(rest, |cache, id| cache.recall(ingest, id, &mut misled), |cache, some| cache.read(project, some))?;
        self.read(project, &rest);
        Ok(())
    }

    /// Takes files in, and lets the linker `read` those so far before they are much: until then what they say takes many times as much.
    /// Gives the last, which are not.
    fn piece_by_piece(
        &mut self,
        ids: Vec<String>,
        mut take: impl FnMut(&mut Cache, &str) -> store::Result<()>,
        read: impl Fn(&mut Cache, &[String]),
    ) -> store::Result<Vec<String>> {
        let (mut some, mut bytes) = (Vec::new(), 0);
        for id in ids {
            take(self, &id)?;
            bytes += self.files.get(id.as_str()).map_or(0, |known| known.size);
            some.push(id);
            if some.len() >= READ_AT_ONCE || bytes >= GROUP_BYTES {
                read(self, &some);
                (some, bytes) = (Vec::new(), 0);
            }
        }
        Ok(some)
    }

    /// What a file says, from the store when it is not here.
    fn recall(&mut self, ingest: &Ingest, id: &str, misled: &mut mend::Misled) -> store::Result<()> {
        let Some(known) = self.files.get_mut(id).filter(|known| known.unread.is_none()) else { return Ok(()) };
        // What is mended is no damage of the store.
        match ingest.store.read_blocking(|conn| Ok(files::facts(conn, id)))? {
            Ok(facts) => known.unread = Some(facts.into()),
            Err(store::Error::Corrupt(_)) => {
                let run = known.info.run_id.clone();
                let again = mend::reading(ingest, id, misled)?;
                self.correct(id.to_owned(), run, again);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Takes what the linker has not read of all files, in order of path.
    fn all_unread(&mut self) -> Vec<Unread> {
        let mut unread: Vec<Unread> = self.files.values_mut().filter_map(Known::unread).collect();
        unread.sort_unstable_by(|(one, _), (other, _)| (&one.path, &one.id).cmp(&(&other.path, &other.id)));
        unread
    }

    /// Makes this what the store holds, whoever changed it: a project that is deleted leaves its files to another.
    fn refresh(&mut self, ingest: &Ingest, project: &str) -> store::Result<()> {
        if self.files.is_empty() && self.left_out.is_empty() {
            match ingest.store.read_blocking(|conn| Ok(files::project_outlines(conn, project)))? {
                Ok(all) => {
                    for (row, outline, passages) in all {
                        let size = bytes_of(&row);
                        self.know(info(row, outline.diagnostics, outline.tokens), size, None, passages);
                    }
                    return Ok(());
                }
                // One by one then, for those that are whole.
                Err(store::Error::Corrupt(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let runs = ingest.store.read_blocking(|conn| files::runs(conn, project))?;
        let knows = |id: &str, run: &str| self.files.get(id).is_some_and(|known| known.info.run_id == run);
        let lacks = |(id, run): &(&String, &String)| !knows(id, run) && !self.leaves_out(id, run);
        let lacking: Vec<String> = runs.iter().filter(lacks).map(|(id, _)| id.clone()).collect();
        let mut misled = mend::Misled::default();
        let take = |cache: &mut Cache, id: &str| {
            let read = mend::reading(ingest, id, &mut misled)?;
            cache.mended(id.to_owned(), runs[id].clone(), read);
            Ok(())
        };
        self.piece_by_piece(lacking, take, |cache, some| cache.read_ahead(project, some))?;
        self.files.retain(|id, _| runs.contains_key(&**id));
        self.left_out.retain(|id, run| runs.get(id) == Some(run));
        Ok(())
    }

    /// What a graph of these files is made from.
    fn key(&self, manual: &[Manual]) -> Key {
        let mut files: Vec<&FileInfo> = self.files.values().map(|known| &*known.info).collect();
        files.sort_unstable_by_key(|info| &info.id);
        saved::key(files.into_iter(), manual)
    }

    /// Whether there is a linker that has read these files.
    pub fn is_linked(&self) -> bool {
        self.linker.is_some() && self.linked
    }

    /// Puts the graph beside the store in `dir`, unless that is there already, or not whole.
    pub fn save(&mut self, dir: &Path) {
        let Some(linker) = self.linker.as_ref().filter(|_| self.linked) else { return };
        let key = self.key(linker.manual());
        let project = &linker.graph().project;
        if self.saved == Some(key) && saved::is_there(dir, project) {
            return;
        }
        match saved::save(dir, linker.graph(), &key) {
            Ok(bytes) => {
                log::debug!("ingest: the graph of project '{project}' is saved bytes={bytes}");
                (self.saved, self.refused) = (Some(key), false);
            }
            Err(_) if self.refused => {}
            Err(e) => {
                log::warn!("ingest: the graph of project '{project}' is not saved, the next start links it: {e}");
                self.refused = true;
            }
        }
    }

    /// What is served of these files.
    fn snapshot(&self, project: &str, graph: Arc<Graph>, index: Index) -> Snapshot {
        let files = self.files.iter().map(|(id, known)| (id.clone(), known.info.clone())).collect();
        Snapshot { project: project.to_owned(), graph, index: index.into(), files, ..Snapshot::default() }
    }

    /// Their passages, in order of path.
    fn chunks(&self) -> Vec<Arc<Chunk>> {
        self.in_order().into_iter().flat_map(|known| &known.chunks).cloned().collect()
    }

    /// The files in order of path.
    fn in_order(&self) -> Vec<&Known> {
        let mut files: Vec<&Known> = self.files.values().collect();
        files.sort_unstable_by_key(|known| (&known.info.path, &known.info.id));
        files
    }
}

/// What a relink made.
#[derive(Debug, Default)]
pub struct Relinked {
    /// The snapshot that is served now.
    pub after: Arc<Snapshot>,
    /// What differs between the graph before and its.
    pub delta: Delta,
}

/// Reads from the store what `cache` lacks, links the project anew and swaps its snapshot. The project's lock is held by the caller.
/// A panic on the way is logged and an error, [`store::Error::Panicked`]; the snapshot is then the old one.
pub fn relink(ingest: &Ingest, project: &str, cache: &mut Cache) -> store::Result<Relinked> {
    relink_beside(ingest, project, cache, |_, _, _| ()).map(|(linked, ())| linked)
}

/// As [`relink`]; `beside` is given the graph before, the graph now and what differs, while the search index is made of the same.
pub fn relink_beside<T: Send>(
    ingest: &Ingest,
    project: &str,
    cache: &mut Cache,
    beside: impl Fn(&Graph, &Graph, &Delta) -> T + Sync,
) -> store::Result<(Relinked, T)> {
    caught(project, || link_anew(ingest, project, cache, beside))
}

/// As [`relink`], of a project that nothing is known of yet: when the graph beside the store is of what the store holds, it is served, and
/// the search index left to who first asks it, the linker to the next [`relink`].
pub fn resume(ingest: &Ingest, project: &str, cache: &mut Cache) -> store::Result<()> {
    caught(project, || {
        let begun = Instant::now();
        let (found, refreshed) = parallel::join(|| saved::load(ingest.store.dir(), project), || cache.refresh(ingest, project));
        refreshed?;
        log::debug!("ingest: project '{project}' read_ms={}", begun.elapsed().as_millis());
        let manual = ingest.store.read_blocking(|conn| links::manual(conn, project))?;
        let found = found.and_then(|found| match found {
            Some((key, _)) if key != cache.key(&manual) => Err(Refused::Stale),
            found => Ok(found),
        });
        match found {
            Ok(Some((key, graph))) => {
                cache.saved = Some(key);
                let graph = Arc::new(graph);
                let index = Index::later(graph.clone(), cache.chunks());
                ingest.knowledge.swap(cache.snapshot(project, graph, index).into());
                return Ok(());
            }
            Ok(None) => {}
            Err(why) => log::info!("ingest: the saved graph of project '{project}' is not used: {why}"),
        }
        link_anew(ingest, project, cache, |_, _, _| ()).map(drop)
    })
}

// What a panic leaves of the cache is whole: files are put in one by one, and what a linker had read of them is read again.
fn caught<T>(project: &str, work: impl FnOnce() -> store::Result<T>) -> store::Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let why = store::panic_message(&*panic);
        log::error!("ingest: linking project '{project}' panicked: {why}");
        Err(store::Error::Panicked(why))
    })
}

fn link_anew<T: Send>(
    ingest: &Ingest,
    project: &str,
    cache: &mut Cache,
    beside: impl Fn(&Graph, &Graph, &Delta) -> T + Sync,
) -> store::Result<(Relinked, T)> {
    cache.linked = false;
    cache.refresh(ingest, project)?;
    let manual = ingest.store.read_blocking(|conn| links::manual(conn, project))?;
    let from_nothing = cache.linker.is_none();
    cache.read_rest(ingest, project)?;
    let resumed = from_nothing && cache.saved.is_some_and(|saved| saved == cache.key(&manual));
    // Taken out: what a panic leaves of a linker is not whole, and the next relink begins with a new one.
    let mut linker = cache.linker.take().unwrap_or_else(|| Linker::new(project));
    let mut unread = cache.all_unread();
    let mut link = || {
        // Piece by piece, as each takes more before than after.
        while !unread.is_empty() {
            read(&mut linker, &unread.split_off(unread.len().saturating_sub(READ_AT_ONCE)));
        }
        let removed: Vec<String> = linker.files().filter(|id| !cache.files.contains_key(*id)).map(str::to_owned).collect();
        linker.update(&[], &removed.iter().map(String::as_str).collect::<Vec<_>>(), &manual)
    };
    let (old, begun) = (ingest.knowledge.project(project), Instant::now());
    let index_passages = || old.index.passages_now(cache.chunks());
    // What was saved is expected to be what is linked, and its index then stays.
    let (passages, graph) = if resumed {
        (None, link())
    } else {
        let (passages, graph) = parallel::join(index_passages, link);
        (Some(passages), graph)
    };
    let made = begun.elapsed();
    let delta = Delta::between(&old.graph, &graph);
    let as_saved = resumed && old.graph.linked == graph.linked;
    let (aside, new) = parallel::join(
        || beside(&old.graph, &graph, &delta),
        || {
            if as_saved {
                // What was looked up in the saved graph holds in this, which the linker shares.
                Snapshot { graph: graph.clone(), ..Snapshot::clone(&old) }
            } else {
                let index = old.index.update(&old.graph, &graph, &delta, passages.unwrap_or_else(index_passages));
                cache.snapshot(project, graph.clone(), index)
            }
        },
    );
    log::debug!("ingest: project '{project}' graph_ms={} index_ms={}", made.as_millis(), (begun.elapsed() - made).as_millis());
    if resumed && !as_saved {
        log::error!("ingest: the saved graph of project '{project}' was not what its files say, and is replaced");
        cache.saved = None;
    }
    let after = Arc::new(new);
    ingest.knowledge.swap(after.clone());
    ingest.unready.settled(project);
    (cache.linker, cache.linked) = (Some(linker), true);
    Ok((Relinked { after, delta }, aside))
}

fn info(row: FileRow, diagnostics: Vec<Diagnostic>, tokens: u32) -> FileInfo {
    FileInfo {
        diagnostics,
        id: row.id,
        path: row.path,
        repository_id: row.repository_id,
        repository: row.repository,
        hash: row.hash,
        processed_at: row.processed_at.unwrap_or(row.updated_at),
        run_id: row.run_id,
        dialect: row.dialect,
        coverage: row.coverage,
        tokens,
        statements: u32::try_from(row.statements).unwrap_or(u32::MAX),
        statements_failed: u32::try_from(row.statements_failed).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{FILES, house};
    use super::{Cache, relink};

    #[test]
    fn a_linker_that_a_panic_took_away_is_made_of_all_files_again_whatever_comes_first() {
        let house = house();
        house.take(&FILES);
        let known = house.knows();
        let mut cache = Cache::default();
        for read_ahead in [None, Some(Vec::new()), Some(vec!["nothing".to_owned()])] {
            relink(&house.ingest, "default", &mut cache).unwrap();
            cache.linker = None;
            read_ahead.into_iter().for_each(|ids| cache.read_ahead("default", &ids));
            relink(&house.ingest, "default", &mut cache).unwrap();
            assert_eq!(house.knows(), known);
        }
    }
}
