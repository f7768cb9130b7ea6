//! The store's file on its disk: whether its name still leads to it, and whether the disk gives what is in it.

use super::{Error, FILE, Result};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

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

    /// What the disk says that does not give all of the file: SQLite takes what it cannot read for damage. Reads the file to its end
    /// when the disk is well, which takes as long as that does.
    pub(super) fn unreadable(&self) -> Option<io::Error> {
        [&self.path, &with_wal(&self.path)].into_iter().find_map(|path| {
            let read = File::open(path).and_then(|mut file| io::copy(&mut file, &mut io::sink()));
            read.err().filter(|error| matches!(error.raw_os_error(), Some(EIO | ENXIO)))
        })
    }
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
        let said = at("/proc/self/mem").unreadable().unwrap();
        assert_eq!(said.raw_os_error(), Some(EIO));
        for good in ["/proc/self/maps", "/nonexistent/headwater.db"] {
            assert!(at(good).unreadable().is_none(), "{good}");
        }
    }
}
