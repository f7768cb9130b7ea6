//! Files read on several threads, a bounded group at a time.

use super::pipeline::{Content, Upload};
use super::reader::{self, Reading};
use crate::{id, store};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Most files of one group: a group is one commit, and one commit costs one wait for the disk, which many small files share. Others
/// who write wait for it some thirty milliseconds.
pub const GROUP_FILES: usize = 512;
/// Most bytes of one group; a larger file is a group of its own. An ingestion holds the bytes and readings of two groups, of one that is
/// stored and of the next, or of one file that is larger than both.
pub const GROUP_BYTES: u64 = 4 << 20;
/// Most reading threads: more only take time from those who ask meanwhile.
const MAX_THREADS: usize = 4;
/// Stack of a reading thread: SQL nested [`crate::lineage::MAX_NESTING`] deep is parsed by recursion. Touched pages only are paid for.
const STACK_BYTES: usize = 64 << 20;

/// One file read, with its bytes for the store.
#[derive(Debug)]
pub struct Gathered {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their SHA-256.
    pub hash: String,
    /// What it says; `None` when nobody needs it (`wanted` said no).
    pub reading: Option<Reading>,
}

/// Bytes of the upload, as far as they are known without reading it.
pub fn size(upload: &Upload) -> std::io::Result<u64> {
    match &upload.content {
        Content::Bytes(bytes) => Ok(bytes.len() as u64),
        Content::Spooled(part) => Ok(part.size()),
        Content::File(path) => Ok(std::fs::metadata(path)?.len()),
        Content::TooLarge(size) => Ok(*size),
        Content::Refused(_) => Ok(0),
    }
}

/// Reads `files` in parallel, results in their order. `wanted` sees path and hash and says whether the file is to be analysed. An
/// error is a sentence for the file's report: it could not be opened, or its reader panicked (which costs that file only).
pub fn read(files: &[&Upload], dialect: &str, wanted: &(dyn Fn(&str, &str) -> bool + Sync)) -> Vec<Result<Gathered, String>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Result<Gathered, String>>>> = Mutex::new(files.iter().map(|_| None).collect());
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(at) else { return };
            let result = read_one(file, dialect, wanted);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[at] = Some(result);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS).min(files.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let builder = std::thread::Builder::new().name("reader".into()).stack_size(STACK_BYTES);
            if let Err(e) = builder.spawn_scoped(scope, work) {
                log::warn!("ingest: a reading thread could not be started ({e}); the others read on");
            }
        }
    });
    let done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.into_iter().map(|r| r.unwrap_or_else(|| Err("The server has no thread free to read it: try again".into()))).collect()
}

fn read_one(file: &Upload, dialect: &str, wanted: &(dyn Fn(&str, &str) -> bool + Sync)) -> Result<Gathered, String> {
    let bytes = match &file.content {
        Content::Bytes(bytes) => bytes.clone(),
        Content::Spooled(part) => part.read().map_err(|e| format!("The file could not be read: {e}"))?,
        Content::File(path) => std::fs::read(path).map_err(|e| format!("The file could not be read: {e}"))?,
        Content::TooLarge(size) => return Err(format!("The file is too large ({size} bytes)")),
        Content::Refused(why) => return Err(why.clone()),
    };
    let hash = id::content_hash(&bytes);
    if !wanted(&file.path, &hash) {
        return Ok(Gathered { bytes, hash, reading: None });
    }
    match catch_unwind(AssertUnwindSafe(|| reader::read(&file.path, &bytes, dialect))) {
        Ok(reading) => Ok(Gathered { bytes, hash, reading: Some(reading) }),
        Err(panic) => {
            log::error!("ingest: reading '{}' (sha256 {hash}) panicked: {}", file.path, store::panic_message(&*panic));
            Err("Headwater failed to read this file; the others were not affected. The server's log names the cause: please report it"
                .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_files_and_a_bad_one_fails_alone() {
        let upload = |path: &str, content| Upload { path: path.into(), content };
        let files: Vec<Upload> = (0..40)
            .map(|n| match n {
                7 => upload("gone.txt", Content::File("/nonexistent/headwater".into())),
                _ => upload(&format!("{n}.txt"), Content::Bytes(n.to_string().into_bytes())),
            })
            .collect();
        let results = read(&files.iter().collect::<Vec<_>>(), "auto", &|path, _| path != "9.txt");
        assert_eq!(results.len(), 40);
        for (n, result) in results.iter().enumerate() {
            match (n, result) {
                (7, Err(message)) => assert!(message.contains("could not be read")),
                (9, Ok(found)) => assert!(found.reading.is_none()),
                (_, Ok(found)) => assert_eq!((found.bytes.as_slice(), found.reading.is_some()), (n.to_string().as_bytes(), true)),
                (_, Err(message)) => panic!("{n}: {message}"),
            }
        }
    }
}
