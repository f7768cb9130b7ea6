//! Copies of a store: a backup made while a server writes, and a store put back.
//!
//! A copy is one file with no WAL beside it. It gets a name of its own first, is synced, and is renamed when it is whole; it is its
//! owner's alone to read, as it holds all that the store does.

use super::{COPIED_FILE, Error, FILE, GRAPHS_FOLDER, LOCK_FILE, Result, SPOOL_FOLDER, check, lock, schema, set_up};
use crate::id;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Pages copied between two reports: 4 MiB, several reports a second on a slow disk.
const PAGES_A_STEP: i32 = 1024;
/// Wait for a lock that another program holds on the copy or the store.
const LOCKED: Duration = Duration::from_millis(50);
/// What is around the id in the name of a copy that is not whole yet. Nothing of where it goes: backups named by the moment are to
/// find what those before them left.
const PARTIAL: (&str, &str) = ("headwater-copy.", ".partial");
/// The copy of a store of which some rows are damaged, beside where a whole one would be: replaced by the next of its kind and nothing else.
const DAMAGED: &str = "headwater-damaged.db";

/// What a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its schema version.
    pub version: i64,
    /// Bytes of its file.
    pub bytes: u64,
}

/// Copies the store in `dir` to the file `dest`, checks the copy and renames it into place, over what is there. The store may be in use:
/// the copy is of one commit. `progress` gets pages copied and pages in all. Blocking.
///
/// # Errors
/// [`Error::Invalid`] when there is no store in `dir` or `dest` is what a server uses there, [`Error::Newer`], [`Error::Corrupt`] when the copy, and so the store, is
/// damaged, and what the disk says; `dest` is then as it was. Of a store that is damaged in some rows only a copy is left beside `dest`,
/// which the error names. Nothing is left of one that failed otherwise; what one that was killed left, the next into the same folder removes.
pub fn backup(dir: &Path, dest: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Summary> {
    let source = open(&dir.join(FILE))?;
    spare(dir, dest)?;
    let whole = |copy: &Connection| {
        let version = inspect(copy)?;
        check::rows(copy, version)?.1.into_iter().next().map_or(Ok(version), |first| Err(Error::Corrupt(first)))
    };
    match copy(&source, dest, progress, whole) {
        Err(Error::Corrupt(what)) => {
            // Otherwise one bad row would keep all that comes after it from every backup.
            let apart = folder_of(dest).join(DAMAGED);
            copy(&source, &apart, progress, inspect)?;
            Err(Error::Corrupt(format!("{what}; the copy is {}, and none that is whole was replaced", apart.display())))
        }
        done => done,
    }
}

/// Puts the store in the file `source` in the place of that in `dir`, which is kept: gives back under which name, if there was one.
/// Blocking.
///
/// # Errors
/// As [`backup`], before anything is changed; [`Error::InUse`] while a process uses `dir`.
pub fn restore(dir: &Path, source: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(Summary, Option<PathBuf>)> {
    let from = open_apart(source)?;
    inspect(&from)?;
    // Held until the new store is in place.
    let _lock = lock(dir)?;
    let incoming = dir.join(format!("{FILE}.incoming"));
    let summary = copy(&from, &incoming, progress, inspect)?;
    let placed = || -> io::Result<Option<PathBuf>> {
        let owner = fs::metadata(dir)?;
        // Restored by root, the store is the server's all the same; for anyone else it is so already.
        let _ = std::os::unix::fs::chown(&incoming, Some(owner.uid()), Some(owner.gid()));
        let kept = keep(dir)?;
        fs::rename(&incoming, dir.join(FILE))?;
        sync_folder(dir)?;
        Ok(kept)
    };
    match placed() {
        Ok(kept) => Ok((summary, kept)),
        Err(error) => {
            let _ = fs::remove_file(&incoming);
            Err(unwritable(dir, &error))
        }
    }
}

/// Gives the store of `dir` a second name that no other has, and folds its WAL into it, so that the first can be renamed over at once.
fn keep(dir: &Path) -> io::Result<Option<PathBuf>> {
    let store = dir.join(FILE);
    if !store.exists() {
        return Ok(None);
    }
    // A store too damaged for this keeps its WAL beside it; beside any other there is nothing then.
    let _ = open(&store).and_then(|conn| {
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        Ok(conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?)
    });
    let kept = second_name(&store, &dir.join(format!("headwater-before-restore-{}", stamp())))?;
    for suffix in ["-wal", "-shm"] {
        match fs::rename(with_suffix(&store, suffix), with_suffix(&kept, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(Some(kept))
}

/// Gives `store` a second name: `stem` with a number behind it if need be, never over what is there. Where the file system has no
/// second names it is a copy.
fn second_name(store: &Path, stem: &Path) -> io::Result<PathBuf> {
    let name = |n: u32| with_suffix(stem, &if n == 1 { ".db".to_owned() } else { format!("-{n}.db") });
    let taken = |error: &io::Error| error.kind() == io::ErrorKind::AlreadyExists;
    for kept in (1..).map(name) {
        let copied = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&kept)?;
            io::copy(&mut File::open(store)?, &mut file)?;
            file.sync_all()
        };
        match fs::hard_link(store, &kept).or_else(|error| if taken(&error) { Err(error) } else { copied() }) {
            Ok(()) => return Ok(kept),
            Err(error) if taken(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Refuses a copy of the store in `dir` over what a server uses there: the store and what SQLite puts beside it, the lock, and what is
/// in the folders of graphs and uploads. However `dest` is spelled: folders are told apart by where they are on their disk.
fn spare(dir: &Path, dest: &Path) -> Result<()> {
    let place = |path: &Path| fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    let Some(data) = place(dir) else { return Ok(()) };
    let within = [GRAPHS_FOLDER, SPOOL_FOLDER].map(|name| place(&dir.join(name)));
    let folder = fs::canonicalize(folder_of(dest)).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => Error::Invalid(format!("there is no folder {} for the copy: make it first", folder_of(dest).display())),
        _ => unwritable(dest, &e),
    })?;
    let name = dest.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let used = place(&folder) == Some(data) && (name.starts_with(FILE) || name == LOCK_FILE || name == COPIED_FILE)
        || folder.ancestors().map(place).any(|place| place.is_some() && within.contains(&place));
    if used { Err(Error::Invalid(format!("{} is what the server uses: name another file", dest.display()))) } else { Ok(()) }
}

/// Keeps a copy of a store that is about to be migrated, beside it.
pub(super) fn before_migrating(conn: &Connection, dir: &Path, version: i64) -> Result<PathBuf> {
    let dest = dir.join(format!("headwater-schema-{version}.db"));
    copy(conn, &dest, &mut |_, _| {}, |_| Ok(version))?;
    Ok(dest)
}

/// This moment as part of a file's name: `20260102T030405Z`.
pub fn stamp() -> String {
    let now = id::now();
    let seconds: String = now.split('.').next().unwrap_or(&now).chars().filter(|c| !matches!(c, '-' | ':')).collect();
    format!("{seconds}Z")
}

/// The version of a database that is a store of ours, and not from the future.
pub(super) fn version_of(conn: &Connection) -> Result<i64> {
    const TABLES: &str = "SELECT count(*) = 2 FROM sqlite_schema WHERE type = 'table' AND name IN ('projects', 'file_bytes')";
    let found = schema::version(conn).and_then(|version| Ok((version, conn.query_row(TABLES, [], |row| row.get::<_, bool>(0))?)));
    match found {
        Ok((version, true)) if version > 0 => Ok(version),
        Err(Error::Sqlite(error)) if error.sqlite_error_code() != Some(ErrorCode::NotADatabase) => Err(error.into()),
        Ok(_) | Err(Error::Sqlite(_)) => Err(Error::Invalid("the file is no store of headwater".into())),
        Err(error) => Err(error),
    }
}

/// [`version_of`], and that the store is whole.
fn inspect(conn: &Connection) -> Result<i64> {
    let version = version_of(conn)?;
    let found: String = conn.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if found == "ok" { Ok(version) } else { Err(Error::Corrupt(found)) }
}

/// The store at `path`, as it is used: with its WAL.
pub(super) fn open(path: &Path) -> Result<Connection> {
    if !path.is_file() {
        return Err(Error::Invalid(format!(
            "there is no store {}: a server makes it when it starts; --data or STORAGE_PATH names another folder",
            path.display()
        )));
    }
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    set_up(&conn)?;
    Ok(conn)
}

/// A database that nothing is to be written to or beside.
fn open_apart(path: &Path) -> Result<Connection> {
    if !path.is_file() {
        return Err(Error::Invalid(format!("there is no file {}", path.display())));
    }
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    // With no WAL beside it there is nobody who writes, and then SQLite need not make files to agree with them.
    let immutable = if with_suffix(path, "-wal").exists() { "" } else { "?immutable=1" };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Ok(Connection::open_with_flags(format!("file:{escaped}{immutable}"), flags)?)
}

/// Copies a database, as of one commit, to `dest`; `version` looks at the copy first, and its error ends it.
fn copy(
    source: &Connection,
    dest: &Path,
    progress: &mut dyn FnMut(u64, u64),
    version: impl FnOnce(&Connection) -> Result<i64>,
) -> Result<Summary> {
    let folder = folder_of(dest);
    sweep(folder);
    let (partial, _held) = begin(folder).map_err(|e| unwritable(dest, &e))?;
    let written = || -> Result<Summary> {
        let said = |e: io::Error| unwritable(dest, &e);
        let mut copy = Connection::open_with_flags(&partial, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Until the copy is whole. Otherwise each commit of another connection would begin it anew.
        let reading = source.unchecked_transaction()?;
        reading.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        let backup = Backup::new(&reading, &mut copy)?;
        loop {
            let step = backup.step(PAGES_A_STEP)?;
            let pages = backup.progress();
            let all = u64::try_from(pages.pagecount).unwrap_or(0);
            progress(all.saturating_sub(u64::try_from(pages.remaining).unwrap_or(0)), all);
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => std::thread::sleep(LOCKED),
            }
        }
        drop(backup);
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        let version = version(&copy)?;
        copy.close().map_err(|(_, error)| error)?;
        let file = File::open(&partial).map_err(said)?;
        file.sync_all().map_err(said)?;
        fs::rename(&partial, dest).map_err(said)?;
        sync_folder(folder).map_err(said)?;
        Ok(Summary { version, bytes: file.metadata().map_err(said)?.len() })
    };
    let outcome = written();
    if outcome.is_err() {
        remove(&partial);
    }
    outcome
}

/// An empty file under a name of its own in `folder`, and the lock that says that somebody is at work on it. Where the file system has
/// no locks it is without: there [`sweep`] gets none either, and removes nothing.
fn begin(folder: &Path) -> io::Result<(PathBuf, File)> {
    loop {
        let partial = folder.join(format!("{}{}{}", PARTIAL.0, id::random(), PARTIAL.1));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        if let Err(error) = file.lock()
            && !has_no_locks(&error)
        {
            remove(&partial);
            return Err(error);
        }
        // Another copy may have swept it away between the two.
        if partial.exists() {
            return Ok((partial, file));
        }
    }
}

/// Whether a lock failed because of where the file is: network and user-space file systems may have none.
fn has_no_locks(error: &io::Error) -> bool {
    const ENOLCK: i32 = 37;
    error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(ENOLCK)
}

/// Removes from `folder` what copies left that were killed: files named as copies under way are, on which nobody works. What cannot be
/// removed stays: it is in nobody's way but the disk's.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let id = name.to_str().and_then(|name| name.strip_prefix(PARTIAL.0)?.strip_suffix(PARTIAL.1));
        if !id.is_some_and(id::is_random) || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        // Held until the file is gone: whoever made it this moment, and waits for its lock, is to see that.
        if let Ok(mut file) = File::open(&path)
            && file.try_lock().is_ok()
            && begins_as_a_copy(&mut file).unwrap_or(false)
        {
            log::info!("removing {}, which a backup that was cut off left", path.display());
            remove(&path);
        }
    }
}

/// Whether a file is empty or a database. SQLite writes the first page last: until then there are zeros.
fn begins_as_a_copy(file: &mut File) -> io::Result<bool> {
    const DATABASE: &[u8; 16] = b"SQLite format 3\0";
    let mut head = Vec::new();
    file.take(DATABASE.len() as u64).read_to_end(&mut head)?;
    Ok(head.is_empty() || head == DATABASE || head == [0; DATABASE.len()])
}

/// Removes a database and what SQLite puts beside it.
fn remove(path: &Path) {
    for suffix in ["-journal", "-wal", "-shm", ""] {
        let _ = fs::remove_file(with_suffix(path, suffix));
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full,
        _ => Error::Unwritable(format!("{}: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_system_without_locks_is_gone_on_without() {
        // ENOLCK, EOPNOTSUPP, ENOSYS; EINTR, EIO, EBADF, EACCES.
        for (errno, none) in [(37, true), (95, true), (38, true), (4, false), (5, false), (9, false), (13, false)] {
            assert_eq!(has_no_locks(&io::Error::from_raw_os_error(errno)), none, "{errno}");
        }
    }
}
