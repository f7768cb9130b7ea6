//! Files embedded in the binary, compressed: sent as they are to who accepts gzip, unpacked for the others, revalidated by ETag.

use super::{Error, Response, respond};
use bytes::Bytes;
use flate2::read::GzDecoder;
use hyper::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderMap, IF_NONE_MATCH, VARY};
use hyper::{StatusCode, header};
use std::io::Read;
use std::sync::OnceLock;

/// One embedded file.
pub struct Asset {
    /// File name, without folder.
    pub name: &'static str,
    /// `Content-Type`.
    pub media: &'static str,
    /// Made of its checksum and length, quotes included.
    pub etag: &'static str,
    /// Its bytes, packed.
    pub gzip: &'static [u8],
    /// Its bytes, once somebody who takes no gzip has asked for them.
    pub unpacked: OnceLock<Bytes>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The file of this name.
pub fn find(assets: &'static [Asset], name: &str) -> Result<&'static Asset, Error> {
    assets.iter().find(|asset| asset.name == name).ok_or_else(|| Error::NotFound("Not Found".into()))
}

impl Asset {
    /// Its bytes.
    ///
    /// # Panics
    /// Never: the build packed it.
    pub fn unpacked(&self) -> Bytes {
        let unpack = || {
            let mut out = Vec::new();
            GzDecoder::new(self.gzip).read_to_end(&mut out).expect("the build made a whole gzip file, and memory takes all of it");
            out.into()
        };
        self.unpacked.get_or_init(unpack).clone()
    }

    /// The answer to a GET with these headers.
    pub fn respond(&self, headers: &HeaderMap) -> Response {
        if known(headers, self.etag) {
            return tagged(respond::empty(StatusCode::NOT_MODIFIED), self.etag);
        }
        if accepts_gzip(headers) {
            let response = respond::shared(self.media, Bytes::from_static(self.gzip));
            return tagged(respond::with(response, CONTENT_ENCODING, "gzip"), self.etag);
        }
        tagged(respond::shared(self.media, self.unpacked()), self.etag)
    }
}

/// The answer to a GET for a page made on the way out; `policy` is its Content-Security-Policy.
pub fn page(headers: &HeaderMap, html: String, policy: &'static str) -> Response {
    let etag = format!("\"{}\"", &crate::id::content_hash(html.as_bytes())[..16]);
    let response =
        if known(headers, &etag) { respond::empty(StatusCode::NOT_MODIFIED) } else { respond::bytes("text/html; charset=utf-8", html) };
    respond::with(tagged(response, &etag), header::CONTENT_SECURITY_POLICY, policy)
}

/// A new binary may bring new files under the old names: keep, but ask.
fn tagged(response: Response, etag: &str) -> Response {
    let response = respond::with(response, ETAG, etag);
    let response = respond::with(response, CACHE_CONTROL, "no-cache");
    respond::with(response, VARY, "Accept-Encoding")
}

fn known(headers: &HeaderMap, etag: &str) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0);
        matches!(name.trim().to_ascii_lowercase().as_str(), "gzip" | "x-gzip" | "*") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_accept_it() {
        let cases = [
            (None, false),
            (Some("gzip"), true),
            (Some("br, GZIP;q=0.5"), true),
            (Some("*"), true),
            (Some("gzip;q=0, br"), false),
            (Some("gzip; q=0.0"), false),
            (Some("identity"), false),
        ];
        for (sent, want) in cases {
            let headers: HeaderMap = sent.into_iter().map(|v| (ACCEPT_ENCODING, v.parse().unwrap())).collect();
            assert_eq!(accepts_gzip(&headers), want, "{sent:?}");
        }
    }

    #[test]
    fn a_known_tag_is_not_sent_again_and_all_files_unpack() {
        for asset in DASHBOARD.iter().chain(&DOCS) {
            assert!(!asset.unpacked().is_empty(), "{}", asset.name);
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, format!("\"x\", W/{}", asset.etag).parse().unwrap())]);
            assert_eq!(asset.respond(&headers).status(), StatusCode::NOT_MODIFIED);
            assert_eq!(asset.respond(&HeaderMap::new()).body().len(), Some(asset.unpacked().len()));
        }
    }
}
