//! Files read on several threads, a bounded group at a time.

use super::pipeline::{Content, Upload};
use super::reader::{self, Reading};
use crate::{id, store};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Most files of one group: a group is one commit, and one commit costs one wait for the disk, which many small files share. Others
/// who write wait for it some thirty milliseconds.
pub const GROUP_FILES: usize = 512;
/// Most bytes of one group; a larger file is a group of its own. An ingestion holds the bytes and readings of two groups, of one that is
/// stored and of the next, and what the one before says; or of one file that is larger than these.
pub const GROUP_BYTES: u64 = 2 << 20;
/// Most reading threads: more only take time from those who ask meanwhile.
const MAX_THREADS: usize = 4;
/// Why a file was not read, through no fault of its own.
pub const NO_THREAD: &str = "The server has no thread free to read it: try again";
/// Stack of a reading thread: SQL nested [`crate::lineage::MAX_NESTING`] deep is parsed by recursion. Touched pages only are paid for.
const STACK_BYTES: usize = 64 << 20;

/// One file read, with its bytes for the store.
#[derive(Debug)]
pub struct Gathered {
    /// Its bytes; none when nobody needs what it says.
    pub bytes: Vec<u8>,
    /// The SHA-256 of what it holds.
    pub hash: String,
    /// What it says; `None` when nobody needs it (`wanted` said no).
    pub reading: Option<Reading>,
}

/// Bytes of the upload, as far as they are known without reading it.
pub fn size(upload: &Upload) -> io::Result<u64> {
    match &upload.content {
        Content::Bytes(bytes) => Ok(bytes.len() as u64),
        Content::Spooled(part) => Ok(part.size()),
        Content::File(path) => Ok(regular(path)?.len()),
        Content::TooLarge(size) => Ok(*size),
        Content::Refused(_) => Ok(0),
    }
}

/// A file of the disk as it is now. What is no regular file is an error before it is opened: a pipe would be waited for without end.
fn regular(path: &Path) -> io::Result<Metadata> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() { Ok(metadata) } else { Err(io::Error::other("it is no regular file")) }
}

/// The bytes of a file of the disk, which may be another than when its size was asked.
fn from_disk(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(regular(path)?.len().min(max_bytes) as usize);
    File::open(path)?.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes { Err(io::Error::other("it has grown past the largest size taken")) } else { Ok(bytes) }
}

/// Reads `files`, of `max_bytes` at most each, in parallel, results in their order. `taken` hears of each when a thread begins it; `wanted`
/// sees path and hash and says whether the file is to be analysed. An error is a sentence for the file's report: it could not be opened, or its reader panicked (which costs that file only).
pub fn read(
    files: &[&Upload],
    dialect: &str,
    max_bytes: u64,
    taken: &(dyn Fn(&str) + Sync),
    wanted: &(dyn Fn(&str, &str) -> bool + Sync),
) -> Vec<Result<Gathered, String>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Result<Gathered, String>>>> = Mutex::new(files.iter().map(|_| None).collect());
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(at) else { return };
            taken(&file.path);
            let result = read_one(file, dialect, max_bytes, wanted);
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
    done.into_iter().map(|r| r.unwrap_or_else(|| Err(NO_THREAD.into()))).collect()
}

fn read_one(file: &Upload, dialect: &str, max_bytes: u64, wanted: &(dyn Fn(&str, &str) -> bool + Sync)) -> Result<Gathered, String> {
    let bytes = match &file.content {
        Content::Bytes(bytes) => bytes.clone(),
        Content::Spooled(part) => part.read().map_err(|e| format!("The file could not be read: {e}"))?,
        Content::File(path) => from_disk(path, max_bytes).map_err(|e| format!("The file could not be read: {e}"))?,
        Content::TooLarge(size) => return Err(format!("The file is too large ({size} bytes)")),
        Content::Refused(why) => return Err(why.clone()),
    };
    let hash = id::content_hash(&bytes);
    if !wanted(&file.path, &hash) {
        return Ok(Gathered { bytes: Vec::new(), hash, reading: None });
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
        let results = read(&files.iter().collect::<Vec<_>>(), "auto", u64::MAX - 1, &|_| (), &|path, _| path != "9.txt");
        assert_eq!(results.len(), 40);
        for (n, result) in results.iter().enumerate() {
            match (n, result) {
                (7, Err(message)) => assert!(message.contains("could not be read")),
                (9, Ok(found)) => assert!(found.reading.is_none() && found.bytes.is_empty()),
                (_, Ok(found)) => assert_eq!((found.bytes.as_slice(), found.reading.is_some()), (n.to_string().as_bytes(), true)),
                (_, Err(message)) => panic!("{n}: {message}"),
            }
        }
    }

    #[test]
    fn what_is_no_file_or_has_grown_is_an_error_and_is_not_waited_for() {
        let dir = std::env::temp_dir().join(format!("headwater-gather-{}", id::random()));
        std::fs::create_dir_all(&dir).unwrap();
        let (pipe, grown) = (dir.join("pipe.sql"), dir.join("grown.sql"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::fs::write(&grown, "SELECT 1").unwrap();
        let upload = |path: &Path| Upload { path: "x.sql".into(), content: Content::File(path.to_owned()) };
        assert_eq!(size(&upload(&pipe)).unwrap_err().to_string(), "it is no regular file");
        for (path, most, why) in [(&pipe, 100, "no regular file"), (&grown, 7, "has grown"), (&dir, 100, "no regular file")] {
            let refused = read(&[&upload(path)], "auto", most, &|_| (), &|_, _| true).remove(0).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        assert_eq!(read(&[&upload(&grown)], "auto", 8, &|_| (), &|_, _| true).remove(0).unwrap().bytes, b"SELECT 1");
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_file_is_told_when_a_thread_takes_it_and_not_before() {
        let files: Vec<Upload> = (0..40).map(|n| Upload { path: format!("{n}.txt"), content: Content::Bytes(vec![b'x']) }).collect();
        let (taken, read_since) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let told = |_: &str| {
            taken.fetch_add(1, Ordering::SeqCst);
        };
        let looked_at = |_: &str, _: &str| {
            let before = read_since.fetch_add(1, Ordering::SeqCst);
            // Each thread has one in hand.
            assert!(taken.load(Ordering::SeqCst) <= before + MAX_THREADS);
            false
        };
        let results = read(&files.iter().collect::<Vec<_>>(), "auto", 1, &told, &looked_at);
        assert!(results.iter().all(Result::is_ok) && taken.into_inner() == 40, "{results:?}");
    }
}
