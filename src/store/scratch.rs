//! A store in a temporary folder, for unit tests.

use super::Store;
use std::ops::Deref;
use std::path::PathBuf;

/// Closed and removed when dropped.
pub(crate) struct Scratch {
    store: Store,
    /// Its folder.
    pub(crate) dir: PathBuf,
}

impl Scratch {
    pub(crate) fn new() -> Scratch {
        Scratch::at(std::env::temp_dir().join(format!("headwater-test-{}", crate::id::random())))
    }

    /// Over what the folder holds already.
    pub(crate) fn at(dir: PathBuf) -> Scratch {
        Scratch { store: Store::open(&dir).unwrap(), dir }
    }
}

impl Deref for Scratch {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.store.close();
        std::fs::remove_dir_all(&self.dir).unwrap();
    }
}
