//! Graphs kept beside the store, so that a start need not link projects before it serves them.
//!
//! Each is a derivation of the truth that its key tells. One that is not of what the store holds, of another version or damaged is
//! left aside and the project linked, as if there were none; and none is ever needed.

use super::knowledge::FileInfo;
use crate::graph::Graph;
use crate::graph::link::Manual;
use crate::graph::saved::{self, Key, Refused};
use crate::id;
use crate::store::GRAPHS_FOLDER as FOLDER;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// What the name of a graph ends with, and of one that is being written.
const GRAPH: &str = "graph";
const PARTIAL: &str = "partial";
/// Largest file read: a graph of thirty million edges.
const MAX_BYTES: u64 = 1 << 30;

/// Tells this program from another of the same version, which may link otherwise: by the length and time of its file. A copy of it only
/// links once more.
static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    let file = fs::metadata("/proc/self/exe").ok();
    let time = file.as_ref().and_then(|file| file.modified().ok());
    format!("{} {:?} {time:?}", env!("CARGO_PKG_VERSION"), file.map(|file| file.len()))
});

/// What a project's graph is made from, as one number: its files as their runs left them, in the order of their ids, what was made by
/// hand, and the program that links them.
pub(super) fn key<'f>(files: impl Iterator<Item = &'f FileInfo>, manual: &[Manual]) -> Key {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    part(&PROGRAM);
    for FileInfo { id, run_id, repository_id, repository, path, .. } in files {
        [id, run_id, repository_id, repository, path].into_iter().for_each(|text| part(text));
    }
    manual.iter().for_each(|made| part(&format!("{made:?}")));
    hash.finalize().into()
}

/// The graph of a project that lies beside the store in `dir`, with the key of what it was made from; `None` when there is none.
pub(super) fn load(dir: &Path, project: &str) -> Result<Option<(Key, Graph)>, Refused> {
    let path = path(dir, project);
    let bytes = match fs::metadata(&path).map(|file| file.len()) {
        Ok(length) if length <= MAX_BYTES => fs::read(&path),
        Ok(_) => return Err(Refused::Unknown),
        Err(error) => Err(error),
    };
    match bytes {
        Ok(bytes) => Ok(Some((saved::key(&bytes)?, saved::read(project, &bytes)?))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(_) => Err(Refused::Damaged),
    }
}

/// Puts the graph of a project beside the store in `dir`, in place of what was there; gives back its bytes. Nothing is left of what
/// could not be written whole.
pub(super) fn save(dir: &Path, graph: &Graph, key: &Key) -> io::Result<usize> {
    let path = path(dir, &graph.project);
    let partial = path.with_extension(PARTIAL);
    let bytes = saved::write(graph, key);
    let folder = dir.join(FOLDER);
    let written = || {
        fs::create_dir_all(&folder)?;
        // It tells what the store tells, which is its owner's alone to read.
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&partial, &path)?;
        File::open(&folder)?.sync_all()
    };
    written().inspect_err(|_| drop(fs::remove_file(&partial))).map(|()| bytes.len())
}

/// Whether the graph of a project lies beside the store in `dir`.
pub(super) fn is_there(dir: &Path, project: &str) -> bool {
    path(dir, project).exists()
}

/// Removes what lies beside the store in `dir` of a project that is gone.
pub(super) fn forget(dir: &Path, project: &str) {
    let path = path(dir, project);
    remove(&path.with_extension(PARTIAL));
    remove(&path);
}

/// Removes what lies beside the store in `dir` and is of none of these projects.
pub(super) fn keep<'p>(dir: &Path, projects: impl Iterator<Item = &'p str>) {
    let theirs: HashSet<PathBuf> = projects.map(|project| path(dir, project)).collect();
    let ours = |path: &Path| path.extension().is_some_and(|e| e == GRAPH || e == PARTIAL);
    let there = fs::read_dir(dir.join(FOLDER)).into_iter().flatten().flatten().map(|entry| entry.path());
    there.filter(|path| ours(path) && !theirs.contains(&path.with_extension(GRAPH))).for_each(|path| remove(&path));
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => log::debug!("{}: {error}", path.display()),
        _ => {}
    }
}

/// A project's id may be anything.
pub(super) fn path(dir: &Path, project: &str) -> PathBuf {
    dir.join(FOLDER).join(&id::content_hash(project.as_bytes())[..32]).with_extension(GRAPH)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{FILES, House, house};
    use super::*;
    use crate::store::projects;
    use std::sync::Arc;

    fn saved(house: &House) -> PathBuf {
        path(house.ingest.store.dir(), "default")
    }

    fn taken() -> House {
        let house = house();
        house.take(&FILES);
        house.ingest.save();
        house
    }

    /// Whether the server that starts now serves the saved graph; what it serves is what was known, in any case.
    fn resumes(house: &mut House) -> bool {
        let known = house.knows();
        house.restart();
        house.ingest.load().unwrap();
        assert_eq!(house.knows(), known);
        !house.ingest.is_linked("default")
    }

    #[test]
    fn a_start_serves_the_saved_graph_and_links_it_after() {
        let mut house = taken();
        assert!(resumes(&mut house));
        let served = house.ingest.knowledge.project("default");
        house.ingest.catch_up().unwrap();
        assert!(house.ingest.is_linked("default"));
        let linked = house.ingest.knowledge.project("default");
        assert_eq!(linked.graph.linked, served.graph.linked);
        // What was made of the saved graph stays with it.
        assert!(Arc::ptr_eq(&linked.memo, &served.memo) && Arc::ptr_eq(&linked.index, &served.index));
        // With the first change before and after that.
        for before in [true, false] {
            let mut house = taken();
            assert!(resumes(&mut house));
            if !before {
                house.ingest.catch_up().unwrap();
            }
            let change = ("view.sql", "CREATE VIEW stg.orders AS SELECT id, customer_id FROM raw.orders;");
            house.take(&[change]);
            let fresh = super::super::tests::house();
            fresh.take(&FILES);
            fresh.take(&[change]);
            assert_eq!(house.knows(), fresh.knows());
        }
    }

    #[test]
    fn a_file_that_is_not_of_the_store_is_left_aside() {
        let whole = fs::read(saved(&taken())).unwrap();
        let half = whole[..whole.len() / 2].to_vec();
        let (mut flipped, mut version) = (whole.clone(), whole.clone());
        flipped[whole.len() / 2] ^= 1;
        version[7] += 1;
        // That of another store is stale here: its files have other ids.
        for bytes in [whole, half, flipped, version, Vec::new(), b"nonsense".to_vec()] {
            let mut house = taken();
            fs::write(saved(&house), &bytes).unwrap();
            assert!(!resumes(&mut house), "{} bytes", bytes.len());
            house.ingest.save();
            assert!(resumes(&mut house), "it is saved anew");
        }
    }

    #[test]
    fn what_changed_after_it_was_saved_makes_a_graph_stale() {
        let by_hand = |house: &House| {
            let entity = Manual::Entity {
                id: "report".into(),
                entity_type: "table".into(),
                name: "report".into(),
                properties: serde_json::Map::default(),
            };
            house.ingest.put_manual("default", entity).unwrap();
        };
        let delete = |house: &House| {
            let snapshot = house.ingest.knowledge.project("default");
            let file = snapshot.files.values().find(|file| file.path == "mart.sql").unwrap();
            house.ingest.delete_file(&file.id).unwrap();
        };
        let changes: [&dyn Fn(&House); 3] = [&by_hand, &delete, &|house| drop(house.take(&[("new.sql", "CREATE TABLE n (a INT);")]))];
        for change in changes {
            let mut house = taken();
            change(&house);
            assert!(!resumes(&mut house));
            house.ingest.save();
            assert!(resumes(&mut house));
        }
    }

    #[test]
    fn a_graph_is_written_once_for_each_state() {
        let mut house = taken();
        let written = |house: &House| fs::metadata(saved(house)).map(|file| std::os::unix::fs::MetadataExt::ino(&file)).unwrap();
        let first = written(&house);
        house.ingest.save();
        assert_eq!(written(&house), first);
        assert!(resumes(&mut house));
        house.ingest.save();
        house.ingest.catch_up().unwrap();
        house.ingest.save();
        assert_eq!(written(&house), first);
        house.take(&[("new.sql", "CREATE TABLE n (a INT);")]);
        house.ingest.save();
        assert_ne!(written(&house), first);
    }

    #[test]
    fn a_crash_before_the_rename_leaves_the_graph_before() {
        let mut house = taken();
        let partial = saved(&house).with_extension("partial");
        fs::write(&partial, b"half of wh").unwrap();
        assert!(resumes(&mut house));
        house.take(&[("new.sql", "CREATE TABLE n (a INT);")]);
        house.ingest.save();
        assert!(!partial.exists() && resumes(&mut house));
    }

    #[test]
    fn a_disk_that_takes_no_graph_hurts_nothing() {
        let mut house = house();
        let folder = house.ingest.store.dir().join(FOLDER);
        fs::write(&folder, b"").unwrap();
        house.take(&FILES);
        house.ingest.save();
        assert!(!resumes(&mut house));
        fs::remove_file(&folder).unwrap();
        house.ingest.save();
        assert!(resumes(&mut house), "it is tried again");
    }

    #[test]
    fn a_project_that_is_gone_leaves_no_graph() {
        let house = taken();
        let graph = saved(&house);
        assert!(graph.exists());
        house.ingest.store.write_blocking(|conn| projects::create(conn, Some("p"), "P", None).map(drop)).unwrap();
        house.ingest.relink("p").unwrap();
        house.ingest.save();
        let other = path(house.ingest.store.dir(), "p");
        assert!(other.exists());
        house.ingest.delete_project("p", true).unwrap();
        house.ingest.save();
        assert!(graph.exists() && !other.exists());
    }
}
