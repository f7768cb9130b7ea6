//! Where uploads wait on disk until they are ingested.

use std::io;
use std::path::{Path, PathBuf};

/// The spool's folder below the storage folder.
const FOLDER: &str = "spool";

/// One upload's folder of temporary files; dropping it removes them.
#[derive(Debug)]
pub struct Spool(PathBuf);

impl Spool {
    /// An empty folder below `storage`. Blocking.
    pub fn new(storage: &Path) -> io::Result<Spool> {
        let dir = storage.join(FOLDER).join(crate::id::random());
        std::fs::create_dir_all(&dir)?;
        Ok(Spool(dir))
    }

    /// Where the temporary file of this number is.
    pub fn file(&self, number: usize) -> PathBuf {
        self.0.join(number.to_string())
    }

    /// Removes what a killed process left behind. Called once, before anything is uploaded. Blocking.
    pub fn clean(storage: &Path) {
        remove(&storage.join(FOLDER));
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let dir = std::mem::take(&mut self.0);
        // A client that goes away drops this on the I/O thread, which must not wait for the disk.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || remove(&dir))),
            Err(_) => remove(&dir),
        }
    }
}

fn remove(dir: &Path) {
    match std::fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => log::warn!("spool: {} could not be removed: {e}", dir.display()),
        _ => {}
    }
}
