//! Whatever comes as a form is files and fields or a refusal, the same however the network cuts it, and nothing of it stays on the disk.

use super::{Bounds, Form, MAX_FIELD_BYTES};
use crate::http::Error;
use crate::ingest::Content;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::convert::Infallible;
use std::io::Write;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Largest file in these tests, in bytes.
const MAX_FILE: u64 = 200;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap());

/// Bits that forms are made of.
const BITS: [&[u8]; 28] = [
    b"--b\r\n",
    b"--b\r\n",
    b"--b--\r\n",
    b"--b--",
    b"--b",
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"Content-Disposition: form-data; name=\"files\"; filename=\"a.sql\"\r\n\r\n",
    b"Content-Disposition: form-data; name=\"files\"; filename=\"../../etc/x\0.sql\"\r\n\r\n",
    b"Content-Disposition: form-data; name=\"files\"; filename=\"\xff\xe9.sql\"\r\n\r\n",
    b"Content-Disposition: form-data; name=\"files\"; filename=\"\"\r\n\r\n",
    b"Content-Disposition: form-data; name=\"files\"\r\n\r\n",
    b"Content-Disposition: form-data; name=\"project_id\"\r\n\r\n",
    b"Content-Disposition: form-data; name=\"dialect\"\r\nContent-Type: text/plain\r\n\r\n",
    b"Content-Disposition: form-data; name=\"other\"; filename=\"b\"\r\n\r\n",
    b"Content-Disposition: form-data\r\n\r\n",
    b"content-disposition:form-data;name=files;filename=c.sql\r\n\r\n",
    b"Content-Disposition: form-data; name=\"files\"; filename=\"unclosed",
    b"X: y\r\n",
    b": \r\n",
    b"SELECT 1;",
    b"\0",
    b"\xff\xfe",
    b"-",
    b"--",
    b"default",
    b"b",
];

fn body() -> impl Strategy<Value = Vec<u8>> {
    let part = (8..18usize, vec(any::<u8>(), 0..300)).prop_map(|(head, text)| [b"--b\r\n", BITS[head], &text[..], b"\r\n"].concat());
    prop_oneof![
        3 => vec(part, 0..5).prop_map(|parts| [parts.concat(), b"--b--\r\n".to_vec()].concat()),
        3 => vec(select(&BITS[..]), 0..20).prop_map(|bits| bits.concat()),
        1 => vec(any::<u8>(), 0..300),
    ]
}

/// What a form comes to, in words.
fn outcome(body: &[u8], sizes: &[usize], gzipped: bool) -> String {
    let (mut chunks, mut rest) = (Vec::new(), body);
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, after) = rest.split_at((*size).min(rest.len()));
        chunks.push(Ok::<_, Infallible>(Bytes::copy_from_slice(chunk)));
        rest = after;
    }
    let storage = std::env::temp_dir().join(format!("headwater-form-{}", crate::id::random()));
    let form = RUNTIME.block_on(Form::parse(stream::iter(chunks), "b".into(), gzipped, &storage, Bounds::new(MAX_FILE)));
    let told = match form {
        Ok(form) => {
            let files = form.files.iter().map(|file| {
                assert!(!file.path.split('/').any(|part| part == ".." || part.contains('\0')), "{:?}", file.path);
                let content = match &file.content {
                    Content::Bytes(bytes) => format!("{bytes:?}"),
                    Content::Spooled(part) => format!("{:?}", part.read().unwrap()),
                    Content::TooLarge(size) => format!("too large: {size}"),
                    Content::Refused(why) => why.clone(),
                    Content::File(path) => panic!("{path:?} is no upload"),
                };
                format!("{}: {content}\n", file.path)
            });
            let told = format!("{:?}\n{}", form.target, files.collect::<String>());
            drop(form);
            told
        }
        Err(error @ (Error::BadRequest(_) | Error::Unprocessable(_))) => format!("{} {}", error.status(), error.message()),
        Err(other) => panic!("{other:?}"),
    };
    // What is dropped on the runtime is removed beside it.
    let begun = Instant::now();
    while std::fs::read_dir(storage.join("spool")).map_or(0, Iterator::count) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "something stays");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::fs::remove_dir_all(storage).unwrap();
    told
}

proptest! {
    #![proptest_config(crate::properties::cases(48))]

    #[test]
    fn a_form_is_the_same_however_it_is_cut_and_packed(
        body in body(), sizes in vec(1..40usize, 1..5), damage in proptest::option::of((any::<Index>(), any::<u8>())),
    ) {
        let mut body = body;
        if let Some((at, bits)) = damage.filter(|_| !body.is_empty()) {
            let at = at.index(body.len());
            body[at] ^= bits;
        }
        // Of what is before the first boundary, which nobody sends, it depends on the pieces why the form is refused.
        let outcome = |body: &[u8], sizes: &[usize], gzipped: bool| {
            let told = outcome(body, sizes, gzipped);
            if told.starts_with('4') { "refused".to_owned() } else { told }
        };
        let whole = outcome(&body, &[usize::MAX], false);
        prop_assert_eq!(&outcome(&body, &sizes, false), &whole);
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(&body).unwrap();
        prop_assert_eq!(&outcome(&packer.finish().unwrap(), &sizes, true), &whole);
    }

    #[test]
    fn what_is_not_gzip_is_refused_and_harms_nobody(bytes in vec(any::<u8>(), 0..300), sizes in vec(1..40usize, 1..5)) {
        outcome(&bytes, &sizes, true);
    }
}

#[test]
fn what_was_packed_well_comes_whole() {
    let text = "1,2,3,4\n".repeat(40 << 20 >> 3);
    let body = format!("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.csv\"\r\n\r\n{text}\r\n--b--\r\n");
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(body.as_bytes()).unwrap();
    let told = outcome(&packer.finish().unwrap(), &[64 << 10], true);
    assert!(told.contains(&format!("a.csv: too large: {}", text.len())), "{}", told.get(..200).unwrap_or(&told));
}

#[test]
fn a_field_may_be_as_large_as_it_may_be_and_no_larger() {
    for (size, taken) in [(MAX_FIELD_BYTES, true), (MAX_FIELD_BYTES + 1, false)] {
        let head = "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.sql\"\r\n\r\nSELECT 1\r\n--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n";
        let body = format!("{head}{}\r\n--b--\r\n", "x".repeat(size));
        assert_eq!(outcome(body.as_bytes(), &[64 << 10], false).contains("a.sql: "), taken, "{size}");
    }
}
