//! Identities and instants: random ids, URNs of graph nodes, RFC 3339 times, content hashes.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// A random id of 16 bytes as 32 lower-case hex digits: projects, files, runs, messages, connections' epochs.
///
/// # Panics
/// When the kernel has no random numbers to give, which Linux does not do after boot.
pub fn random() -> String {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes once booted");
    hex(&bytes)
}

/// Whether `text` has the shape of a [`random`] id.
pub fn is_random(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Lower-case hex of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        out.push(DIGITS[usize::from(b >> 4)] as char);
        out.push(DIGITS[usize::from(b & 15)] as char);
    }
    out
}

/// SHA-256 of `bytes` in hex, as `sha256sum` prints it.
pub fn content_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The first 16 hex digits of the SHA-256 of these parts, one after the other.
pub fn hash_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    parts.into_iter().for_each(|part| hash.update(part));
    hex(&hash.finalize()[..8])
}

/// Now, RFC 3339 UTC with microseconds and `Z`: the only form of time in the store and on the wire.
pub fn now() -> String {
    format_time(Timestamp::now())
}

/// An instant as [`now`] writes it, e.g. `2026-01-31T09:05:00.000120Z`. Sorts as text.
pub fn format_time(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// The URN of a graph node: `urn:headwater:<project>:<kind>:<key>`; `key` is the asset's folded name (or a file's path).
///
/// URNs are the node ids of the API: stable over restarts and over re-ingestion of the same names.
pub fn urn(project: &str, kind: impl AsRef<str>, key: &str) -> String {
    let mut urn = String::with_capacity(urn_length(project, key.len()));
    push_urn(&mut urn, project, kind.as_ref());
    urn.push_str(key);
    urn
}

/// Room for a [`urn`] whose key has so many bytes: answers have thousands, none of which grows.
pub fn urn_length(project: &str, key: usize) -> usize {
    const LONGEST_KIND: usize = "materialized_view".len();
    PREFIX.len() + project.len() + LONGEST_KIND + key + 2
}

/// Adds a [`urn`] to a text, up to its key.
pub fn push_urn(to: &mut String, project: &str, kind: &str) {
    for part in [PREFIX, project, ":", kind, ":"] {
        to.push_str(part);
    }
}

/// What every URN here begins with.
const PREFIX: &str = "urn:headwater:";

/// The project part of a URN made by [`urn`], `None` for anything else. Project ids contain no `:`.
pub fn urn_project(urn: &str) -> Option<&str> {
    urn.strip_prefix(PREFIX)?.split(':').next()
}

/// What a URN made by [`urn`] names, `None` for anything else.
pub fn urn_name(urn: &str) -> Option<&str> {
    urn.strip_prefix(PREFIX)?.splitn(3, ':').nth(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_carry_microseconds_and_z_even_when_zero() {
        let t = Timestamp::from_second(0).unwrap();
        assert_eq!(format_time(t), "1970-01-01T00:00:00.000000Z");
    }

    #[test]
    fn a_urn_gives_its_project_back() {
        assert_eq!(urn_project(&urn("p1", "table", "dbo.orders")), Some("p1"));
        assert_eq!(urn_project("urn:li:x"), None);
    }

    #[test]
    fn hashes_agree_with_sha256sum() {
        assert_eq!(content_hash(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
