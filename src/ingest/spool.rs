//! Where uploads wait on disk until they are ingested.

use crate::store::SPOOL_FOLDER as FOLDER;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes are written in pieces of about this size: small files share one.
const WRITE_BYTES: usize = 256 << 10;

/// One upload's temporary file, which has its parts one after the other: thousands of small files of their own would cost more than
/// reading what is in them. Dropping it removes it.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    file: Arc<File>,
    /// Bytes that are in the file, or on their way there.
    written: u64,
    /// What comes after them.
    waiting: Vec<u8>,
}

/// A part of a [`Spool`]; readable once that is flushed, for as long as this is kept.
#[derive(Clone, Debug)]
pub struct Part {
    file: Arc<File>,
    start: u64,
    size: u64,
}

impl Spool {
    /// An empty file below `storage`. Blocking.
    pub fn new(storage: &Path) -> io::Result<Spool> {
        let dir = storage.join(FOLDER);
        std::fs::create_dir_all(&dir)?;
        let path = dir.join(crate::id::random());
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        Ok(Spool { path, file: Arc::new(file), written: 0, waiting: Vec::new() })
    }

    /// Where the next byte goes.
    pub fn end(&self) -> u64 {
        self.written + self.waiting.len() as u64
    }

    /// Adds bytes; whether it is time to [`Spool::flush`].
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        self.waiting.extend_from_slice(bytes);
        self.waiting.len() >= WRITE_BYTES
    }

    /// What writes the bytes that wait; to be called before more are flushed. Blocking.
    pub fn flush(&mut self) -> impl FnOnce() -> io::Result<()> + Send + 'static {
        let (file, at, bytes) = (self.file.clone(), self.written, std::mem::take(&mut self.waiting));
        self.written += bytes.len() as u64;
        move || file.write_all_at(&bytes, at)
    }

    /// Everything from `start` to the end.
    pub fn part(&self, start: u64) -> Part {
        Part { file: self.file.clone(), start, size: self.end() - start }
    }

    /// Takes away everything from `start` on: what is added next goes there.
    pub fn rewind(&mut self, start: u64) {
        let waiting = start.saturating_sub(self.written) as usize;
        self.waiting.truncate(waiting);
        self.written = self.written.min(start);
    }

    /// Removes what a killed process left behind: how many uploads. Called once, before anything is uploaded. Blocking.
    pub fn clean(storage: &Path) -> usize {
        let dir = storage.join(FOLDER);
        let left = std::fs::read_dir(&dir).map_or(0, Iterator::count);
        said(&dir, std::fs::remove_dir_all(&dir));
        left
    }
}

impl Part {
    /// Bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// `most` of its bytes from `start` on, fewer at its end. Blocking.
    pub fn piece(&self, start: u64, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.size.saturating_sub(start)).map_or(most, |left| left.min(most))];
        self.file.read_exact_at(&mut bytes, self.start + start)?;
        Ok(bytes)
    }

    /// Its bytes. Blocking.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let size = usize::try_from(self.size).map_err(io::Error::other)?;
        let mut bytes = vec![0; size];
        self.file.read_exact_at(&mut bytes, self.start)?;
        Ok(bytes)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let path = std::mem::take(&mut self.path);
        let remove = move || said(&path, std::fs::remove_file(&path));
        // A client that goes away drops this on the I/O thread, which must not wait for the disk.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

fn said(path: &Path, removed: io::Result<()>) {
    match removed {
        Err(e) if e.kind() != io::ErrorKind::NotFound => log::warn!("spool: {} could not be removed: {e}", path.display()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_what_was_pushed_and_a_part_taken_back_leaves_no_trace() {
        let dir = std::env::temp_dir().join(format!("headwater-spool-{}", crate::id::random()));
        let mut spool = Spool::new(&dir).unwrap();
        let mut parts = Vec::new();
        for (n, (size, kept)) in
            [(3, true), (WRITE_BYTES + 5, true), (7, false), (2 * WRITE_BYTES, false), (0, true), (9, true)].into_iter().enumerate()
        {
            let (start, bytes) = (spool.end(), vec![n as u8; size]);
            for piece in bytes.chunks(WRITE_BYTES) {
                if spool.push(piece) {
                    spool.flush()().unwrap();
                }
            }
            match kept {
                true => parts.push((spool.part(start), bytes)),
                false => spool.rewind(start),
            }
        }
        spool.flush()().unwrap();
        let path = spool.path.clone();
        assert!(path.exists());
        drop(spool);
        assert!(!path.exists());
        for (part, bytes) in parts {
            assert_eq!(part.size(), bytes.len() as u64);
            assert!(part.read().unwrap() == bytes);
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
