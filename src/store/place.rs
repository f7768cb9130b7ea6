//! The store's file on its disk: whether its name still leads to it, and whether the disk gives what is in it.

use super::{Error, FILE, Result};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The file that was opened, wherever its name leads by now.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    device: u64,
    inode: u64,
}

impl Place {
    /// Of the store that is open in `dir`.
    pub(super) fn of(dir: &Path) -> Result<Place> {
        let path = dir.join(FILE);
        let meta = fs::metadata(&path).map_err(|e| Error::Unwritable(format!("{}: {e}", path.display())))?;
        Ok(Place { path, device: meta.dev(), inode: meta.ino() })
    }

    /// Why what is written now would not be found by the next start: the file was moved, removed, or another is in its place.
    pub(super) fn lost(&self) -> Option<String> {
        let what = match fs::metadata(&self.path) {
            Ok(meta) if (meta.dev(), meta.ino()) == (self.device, self.inode) => return None,
            Ok(_) => "another file is in the place of",
            Err(error) if error.kind() == io::ErrorKind::NotFound => "something moved or removed",
            // A disk that does not answer: what is written to it will say so.
            Err(_) => return None,
        };
        Some(format!("{what} {}, which is in use: put it back where it was, or stop the server and restore a backup", self.path.display()))
    }

    /// What of the file the disk does not give: SQLite takes what it cannot read for damage. Reads the file to its end when the disk is
    /// well, which takes as long as that does.
    pub(super) fn unread(&self) -> Option<Unread> {
        [&self.path, &with_wal(&self.path)].into_iter().find_map(|path| Unread::of(path, 0, u64::MAX))
    }
}

/// Bytes that are asked of the disk at once.
const PART: usize = 256 << 10;

/// A part of a file that the disk did not give.
#[derive(Debug)]
pub(super) struct Unread {
    path: PathBuf,
    at: u64,
    /// What it said.
    pub(super) said: String,
    /// When.
    pub(super) seen: Instant,
}

impl Unread {
    /// The first such part from this byte on, of so many at most.
    fn of(path: &Path, mut at: u64, most: u64) -> Option<Unread> {
        let error = read(path, &mut at, most).err().filter(|error| matches!(error.raw_os_error(), Some(EIO | ENXIO)))?;
        Some(Unread { path: path.to_owned(), at, said: error.to_string(), seen: Instant::now() })
    }

    /// Whether the disk gives it by now. Reads that part only.
    pub(super) fn again(&self) -> Option<Unread> {
        Unread::of(&self.path, self.at, PART as u64)
    }
}

/// Reads so many bytes of a file, or to its end; `at` is how far it came.
fn read(path: &Path, at: &mut u64, most: u64) -> io::Result<()> {
    let (file, end, mut part) = (File::open(path)?, at.saturating_add(most), vec![0; PART]);
    while *at < end {
        match file.read_at(&mut part, *at)? {
            0 => break,
            read => *at += read as u64,
        }
    }
    Ok(())
}

/// What a disk says that fails, and one that is gone.
const EIO: i32 = 5;
const ENXIO: i32 = 6;

fn with_wal(path: &Path) -> PathBuf {
    path.with_file_name(format!("{FILE}-wal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_does_not_give_the_file_is_told_from_one_that_does() {
        let at = |path: &str| Place { path: path.into(), device: 0, inode: 0 };
        // Nobody has memory at 0.
        let unread = at("/proc/self/mem").unread().unwrap();
        assert!(unread.said.starts_with("Input/output error") && unread.again().is_some(), "{unread:?}");
        for good in ["/proc/self/maps", "/nonexistent/headwater.db"] {
            assert!(at(good).unread().is_none(), "{good}");
        }
    }
}
