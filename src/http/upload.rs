//! Uploads over HTTP: a multipart body, streamed to disk, then ingested.

#[cfg(test)]
mod fuzz;

use super::error::{FieldError, blocking};
use super::{Error, Request, Response, body};
use crate::ingest::path;
use crate::ingest::spool::Spool;
use crate::ingest::{Content, Ingest, Placed, Target, Upload};
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http_body_util::BodyDataStream;
use hyper::body::Body;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Largest text field: what Starlette takes.
const MAX_FIELD_BYTES: usize = 1 << 20;
/// Most text fields: there are five that mean something.
const MAX_FIELDS: usize = 1_000;
/// Most files of one request: their reports must fit in one answer.
const MAX_FILES: usize = 50_000;
/// Most bytes between two parts (boundary and headers, in which a file's name may be absurd), and before the first.
const MAX_HEADER_BYTES: usize = 1 << 20;
/// Bytes of a form sent as gzip that are taken on at once: a chunk of 64 KiB may unfold to sixty megabytes. Far fewer than
/// [`MAX_HEADER_BYTES`], as some may wait unread before a part is known to go on.
const UNFOLDED_BYTES: usize = 64 << 10;
/// Bytes unfolded at a time: they become 64 KiB at most, whatever was packed.
const UNFOLD_BYTES: usize = 64;
/// Most bytes of a form, unfolded: eighty files of the largest size that is taken by default. What it brings waits on the disk that the store
/// is on.
const MAX_FORM_BYTES: u64 = 4 << 30;
/// How many times its size a form sent as gzip may unfold to, beyond [`UNFOLDED_FREELY`]: dumps of rows are packed to a tenth or a twentieth,
/// and what is packed to less holds the store's disk for nothing.
const UNFOLDED_RATIO: u64 = 100;
/// What a form sent as gzip may unfold to whatever its size: a file of the largest size that is taken by default, and what comes with it.
const UNFOLDED_FREELY: u64 = 64 << 20;
/// Most bytes of files under names that mean nothing, of a whole form: they are read and thrown away.
const MAX_SKIPPED_BYTES: usize = 64 << 20;
/// Longest silence of a client within its upload.
const IDLE: Duration = Duration::from_secs(60);
/// Seconds after which to try again when there are too many uploads: a usual one takes as long.
const RETRY_AFTER: u32 = 2;
/// Bytes a second that must come, on average and beyond [`IDLE`]: what a modem sent. One byte now and then would hold the rest for ever.
const FORM_RATE: u64 = 4 << 10;

/// How much of a form is taken, and how long it is waited for.
#[derive(Clone, Copy)]
struct Bounds {
    /// Largest file: of a larger one nothing is kept.
    file_bytes: u64,
    /// See [`MAX_FORM_BYTES`].
    form_bytes: u64,
    /// From when on [`FORM_RATE`] must have come.
    grace: Duration,
}

impl Bounds {
    fn new(file_bytes: u64) -> Bounds {
        Bounds { file_bytes, form_bytes: MAX_FORM_BYTES, grace: IDLE }
    }

    /// How long a form may take of which so many bytes have come, unfolded.
    fn patience(&self, received: u64) -> Duration {
        self.grace + Duration::from_secs(received / FORM_RATE)
    }
}

/// `POST /api/v1/files/upload`: Upload files (multipart) and ingest them.
pub async fn upload(ingest: &Ingest, req: Request) -> Result<Response, Error> {
    let place = ingest.form().ok_or_else(|| Error::Unavailable("Too many uploads at once: try again in a moment".into(), RETRY_AFTER))?;
    let (connection_id, metadata) = (super::ingest::connection_id(&req), req.metadata.clone());
    let limits = blocking({
        let ingest = ingest.clone();
        move || ingest.limits()
    })
    .await??;
    let form = metadata.spent.reading(Form::read(req, Bounds::new(limits.max_bytes))).await.inspect_err(|error| {
        if matches!(error, Error::InsufficientStorage(_) | Error::Unavailable(..)) {
            ingest.store.refused("the disk takes no uploads: it is full, read-only, or no file can be opened");
        }
    })?;
    super::ingest::run(ingest, metadata, form.target.clone().project(), move |ingest| {
        // The spool goes with the form, once the files are in.
        let (Form { target, files, spool: _spool }, _place) = (form, place);
        Ok(ingest.run(Placed { limits, ..ingest.target(&target)? }.request("upload", connection_id, files))?)
    })
    .await
}

/// A form, read to its end.
struct Form {
    target: Target,
    files: Vec<Upload>,
    /// Holds the files' bytes; they go when it goes.
    spool: Spool,
}

impl Form {
    async fn read(req: Request, bounds: Bounds) -> Result<Form, Error> {
        let content_type = req.inner.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        if !content_type.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
            return Err(no_files());
        }
        let gzipped = body::is_gzipped(req.inner.headers())?;
        let body = req.inner.into_body();
        // Announced, it need not come first.
        if body.size_hint().lower() > bounds.form_bytes {
            return Err(too_large(bounds.form_bytes));
        }
        let boundary = multer::parse_boundary(&content_type).map_err(|_| Error::BadRequest("Missing boundary in multipart.".into()))?;
        Form::parse(BodyDataStream::new(body), boundary, gzipped, &req.config.storage_path, bounds).await
    }

    async fn parse<E: std::error::Error + Send + Sync + 'static>(
        body: impl Stream<Item = Result<Bytes, E>> + Send,
        boundary: String,
        gzipped: bool,
        storage: &Path,
        bounds: Bounds,
    ) -> Result<Form, Error> {
        let storage = storage.to_owned();
        let spool = blocking(move || Spool::new(&storage)).await?.map_err(disk)?;
        let unread = Arc::new(AtomicUsize::new(0));
        let mut multipart = multer::Multipart::new(chunks(body, gzipped, unread.clone(), bounds), boundary);
        let mut form = Form { target: Target::default(), files: Vec::new(), spool };
        let (mut fields, mut skipped) = (0, 0);
        loop {
            unread.store(0, Ordering::Relaxed);
            let Some(field) = in_time(multipart.next_field()).await? else { break };
            let name = field.name().unwrap_or_default().to_owned();
            match (name.as_str(), filename(&field)) {
                ("files", Some(filename)) => {
                    if form.files.len() == MAX_FILES {
                        return Err(Error::BadRequest(format!("Too many files: the most is {MAX_FILES} in one request")));
                    }
                    let content = spooled(field, &unread, &mut form.spool, bounds.file_bytes).await?;
                    // What a browser sends for a file input in which nothing was chosen.
                    if filename.is_empty() && matches!(content, Content::Bytes(_)) {
                        continue;
                    }
                    form.files.push(match path::clean(&filename) {
                        Ok(path) => Upload { path, content },
                        Err(why) => Upload { path: path::shown(&filename), content: Content::Refused(why) },
                    });
                }
                (name, None) => {
                    fields += 1;
                    if fields > MAX_FIELDS {
                        return Err(Error::BadRequest(format!("Too many fields. Maximum number of fields is {MAX_FIELDS}.")));
                    }
                    let text = text(field, &unread).await?;
                    form.set(name, text)?;
                }
                (_, Some(_)) => skip(field, &unread, &mut skipped).await?,
            }
        }
        blocking(form.spool.flush()).await?.map_err(disk)?;
        if form.files.is_empty() { Err(no_files()) } else { Ok(form) }
    }

    fn set(&mut self, name: &str, text: String) -> Result<(), Error> {
        let slot = match name {
            "files" => return Err(not_a_file(self.files.len(), &text)),
            "project_id" => &mut self.target.project_id,
            "repository_id" => &mut self.target.repository_id,
            "repository_name" => &mut self.target.repository_name,
            "dialect" => &mut self.target.dialect,
            // Others, `instructions` among them, are taken and change nothing.
            _ => return Ok(()),
        };
        *slot = Some(text).filter(|text| !text.trim().is_empty());
        Ok(())
    }
}

/// The part's file name; one that is not UTF-8 is read as Latin-1, as Starlette reads it.
fn filename(field: &multer::Field<'_>) -> Option<String> {
    const ATTRIBUTE: &[u8] = b"filename=\"";
    field.file_name().map(str::to_owned).or_else(|| {
        let header = field.headers().get(CONTENT_DISPOSITION)?.as_bytes();
        let start = header.windows(ATTRIBUTE.len()).position(|window| window == ATTRIBUTE)? + ATTRIBUTE.len();
        let name = header[start..].split(|byte| *byte == b'"').next()?;
        Some(name.iter().copied().map(char::from).collect())
    })
}

/// The body's chunks, unfolded when they are `gzipped`; a refusal once they are out of `bounds`, or more than [`MAX_HEADER_BYTES`] came
/// without being of any use, which `unread` counts.
fn chunks<E: std::error::Error + Send + Sync + 'static>(
    body: impl Stream<Item = Result<Bytes, E>> + Send,
    gzipped: bool,
    unread: Arc<AtomicUsize>,
    bounds: Bounds,
) -> impl Stream<Item = Result<Bytes, Error>> + Send {
    // One chunk after the other: the lock is never waited for.
    let unpacker = gzipped.then(|| Arc::new(Mutex::new(MultiGzDecoder::new(Vec::new()))));
    let came = Arc::new(AtomicU64::new(0));
    let counted = body.map_err(io::Error::other).inspect_ok({
        let came = came.clone();
        move |chunk| {
            came.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        }
    });
    let plain = counted.map_ok(move |chunk| unfolded(unpacker.clone(), chunk)).try_flatten();
    let (begun, mut whole) = (Instant::now(), 0);
    let checked = plain.map(move |chunk| {
        let chunk = chunk.map_err(broken)?;
        whole += chunk.len() as u64;
        if gzipped && whole > UNFOLDED_FREELY.max(2 * bounds.file_bytes) + UNFOLDED_RATIO * came.load(Ordering::Relaxed) {
            let text =
                format!("The upload unfolds to more than {UNFOLDED_RATIO} times its size: send its files in several requests, or plain");
            return Err(Error::TooLarge(text));
        }
        if whole > bounds.form_bytes {
            return Err(too_large(bounds.form_bytes));
        }
        if begun.elapsed() > bounds.patience(whole) {
            return Err(Error::Timeout("The upload comes too slowly: send it again, in several requests".into()));
        }
        if unread.fetch_add(chunk.len(), Ordering::Relaxed) > MAX_HEADER_BYTES {
            return Err(broken("headers of a part are too long"));
        }
        Ok(chunk)
    });
    // multer asks twice in one go for the first boundary, and takes a body of which the second brings all, and the end, for one without any.
    checked.chain(stream::once(async {
        tokio::task::yield_now().await;
        Ok(Bytes::new())
    }))
}

/// 413 for a form of more than `most` bytes.
fn too_large(most: u64) -> Error {
    Error::TooLarge(format!("The upload is larger than {} GiB: send its files in several requests", most >> 30))
}

/// 400 for what is no form, or ends before its end.
fn broken(why: impl std::fmt::Display) -> Error {
    Error::BadRequest(format!("Invalid multipart data: {why}."))
}

type Unpacker = Arc<Mutex<MultiGzDecoder<Vec<u8>>>>;

/// A chunk as it came, or piece by piece what is in it: a piece is asked for when the one before is on its way to the disk.
fn unfolded(unpacker: Option<Unpacker>, chunk: Bytes) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold(chunk, move |mut packed| {
        let unpacker = unpacker.clone();
        async move {
            if packed.is_empty() {
                return Ok(None);
            }
            let Some(unpacker) = unpacker else { return Ok(Some((packed, Bytes::new()))) };
            let unfold = move || {
                let piece = unfold(&mut unpacker.lock().unwrap_or_else(PoisonError::into_inner), &mut packed)?;
                Ok(Some((piece, packed)))
            };
            // Who takes pieces as long as there are some is to look at what it has after each.
            tokio::task::yield_now().await;
            blocking(unfold).await.unwrap_or_else(|_| Err(io::Error::other("the body could not be unfolded")))
        }
    })
}

fn unfold(unpacker: &mut MultiGzDecoder<Vec<u8>>, packed: &mut Bytes) -> io::Result<Bytes> {
    while !packed.is_empty() && unpacker.get_ref().len() < UNFOLDED_BYTES {
        unpacker.write_all(&packed.split_to(packed.len().min(UNFOLD_BYTES)))?;
    }
    unpacker.flush()?;
    Ok(std::mem::take(unpacker.get_mut()).into())
}

async fn in_time<T>(step: impl Future<Output = multer::Result<T>>) -> Result<T, Error> {
    match tokio::time::timeout(IDLE, step).await {
        Ok(Ok(done)) => Ok(done),
        // As [`chunks`] has said it.
        Ok(Err(multer::Error::StreamReadFailed(why))) => Err(why.downcast().map_or_else(broken, |refusal| *refusal)),
        Ok(Err(_)) => Err(Error::BadRequest("Invalid multipart data.".into())),
        Err(_) => Err(Error::Timeout(format!("The upload stopped for {} seconds: send it again", IDLE.as_secs()))),
    }
}

async fn next_chunk(field: &mut multer::Field<'_>, unread: &AtomicUsize) -> Result<Option<Bytes>, Error> {
    unread.store(0, Ordering::Relaxed);
    in_time(field.chunk()).await
}

async fn text(mut field: multer::Field<'_>, unread: &AtomicUsize) -> Result<String, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = next_chunk(&mut field, unread).await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_FIELD_BYTES {
            return Err(Error::BadRequest(format!("Part exceeded maximum size of {}KB.", MAX_FIELD_BYTES >> 10)));
        }
    }
    String::from_utf8(bytes).map_err(|_| Error::BadRequest("There was an error parsing the body".into()))
}

async fn skip(mut field: multer::Field<'_>, unread: &AtomicUsize, skipped: &mut usize) -> Result<(), Error> {
    while let Some(chunk) = next_chunk(&mut field, unread).await? {
        *skipped += chunk.len();
        if *skipped > MAX_SKIPPED_BYTES {
            return Err(Error::BadRequest("Too many bytes in files that are not called 'files'".into()));
        }
    }
    Ok(())
}

/// A file's bytes, in the spool. Of one past `max_bytes` nothing is kept; its size is counted to the end.
async fn spooled(mut field: multer::Field<'_>, unread: &AtomicUsize, spool: &mut Spool, max_bytes: u64) -> Result<Content, Error> {
    let start = spool.end();
    let mut size = 0;
    while let Some(chunk) = next_chunk(&mut field, unread).await? {
        size += chunk.len() as u64;
        if size > max_bytes {
            spool.rewind(start);
        } else if spool.push(&chunk) {
            blocking(spool.flush()).await?.map_err(disk)?;
        }
    }
    Ok(match size {
        0 => Content::Bytes(Vec::new()),
        size if size > max_bytes => Content::TooLarge(size),
        _ => Content::Spooled(spool.part(start)),
    })
}

fn disk(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Error::InsufficientStorage("The disk is full: free some space, then upload again".into())
        }
        // No descriptor left, a disk that went read-only: nothing that the client did, and nothing that stays.
        _ => {
            log::warn!("an upload cannot be spooled: {error}");
            Error::Unavailable(format!("The upload cannot be kept on the disk just now: {error}"), 5)
        }
    }
}

fn no_files() -> Error {
    unprocessable("missing", json!(["body", "files"]), "Field required", Value::Null, None)
}

fn not_a_file(at: usize, text: &str) -> Error {
    let message = "Value error, Expected UploadFile, received: <class 'str'>";
    unprocessable("value_error", json!(["body", "files", at]), message, text.into(), Some(json!({"error": {}})))
}

fn unprocessable(r#type: &str, loc: Value, msg: &str, input: Value, ctx: Option<Value>) -> Error {
    let loc = loc.as_array().cloned().unwrap_or_default();
    Error::Unprocessable(vec![FieldError { r#type: r#type.into(), loc, msg: msg.into(), input, ctx }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::convert::Infallible;

    const FORM: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.sql\"\r\n\r\nSELECT 1\r\n--b--\r\n";

    /// What comes of a form within `bounds`: its status, and what a refusal says.
    fn outcome(form: &[u8], gzipped: bool, bounds: Bounds) -> (u16, String) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let storage = std::env::temp_dir().join(format!("headwater-bounds-{}", crate::id::random()));
        let pieces = stream::iter(form.chunks(16).map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece))).collect::<Vec<_>>());
        let form = runtime.block_on(Form::parse(pieces, "b".into(), gzipped, &storage, bounds));
        let outcome = form.map_or_else(|refused| (refused.status().as_u16(), refused.message()), |_| (200, String::new()));
        drop(runtime);
        std::fs::remove_dir_all(storage).unwrap();
        outcome
    }

    fn packed(form: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(form).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn a_form_may_be_as_large_as_it_may_be_and_no_larger_plain_or_unfolded() {
        let within = |form_bytes| Bounds { form_bytes, ..Bounds::new(100) };
        let size = FORM.len() as u64;
        for (form, gzipped) in [(FORM, false), (&packed(FORM), true)] {
            assert_eq!(outcome(form, gzipped, within(size)).0, 200, "gzip: {gzipped}");
            let (status, said) = outcome(form, gzipped, within(size - 1));
            assert!(status == 413 && said.contains("send its files in several requests"), "gzip: {gzipped}: {status} {said}");
        }
        assert!(too_large(MAX_FORM_BYTES).message().contains("larger than 4 GiB"));
    }

    #[test]
    fn a_form_that_comes_all_at_once_a_moment_after_it_was_asked_for_is_whole() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let storage = std::env::temp_dir().join(format!("headwater-once-{}", crate::id::random()));
        let mut asked = 0;
        let body = stream::poll_fn(|cx| {
            asked += 1;
            match asked {
                // There before who asked has let go.
                1 => {
                    cx.waker().wake_by_ref();
                    std::task::Poll::Pending
                }
                2 => std::task::Poll::Ready(Some(Ok::<_, Infallible>(Bytes::from_static(FORM)))),
                _ => std::task::Poll::Ready(None),
            }
        });
        let form = runtime.block_on(Form::parse(body, "b".into(), false, &storage, Bounds::new(100)));
        assert_eq!(form.map(|form| form.files.len()).map_err(|refused| refused.message()), Ok(1));
        drop(runtime);
        std::fs::remove_dir_all(storage).unwrap();
    }

    #[test]
    fn a_form_that_trickles_has_an_end_and_one_of_a_slow_line_comes_whole() {
        let bounds = Bounds::new(100);
        let ends = |rate: u64| (1..=10_000).find(|seconds| bounds.patience(rate * seconds) < Duration::from_secs(*seconds));
        assert!(ends(1).is_some_and(|seconds| seconds <= 61));
        assert!(ends(FORM_RATE / 2).is_some_and(|seconds| seconds <= 121));
        assert_eq!(ends(FORM_RATE), None);
        let (status, said) = outcome(FORM, false, Bounds { grace: Duration::ZERO, ..bounds });
        assert!(status == 408 && said.contains("too slowly"), "{status} {said}");
    }
}
