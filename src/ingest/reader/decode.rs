//! Bytes to text: UTF-8, UTF-16 (by mark, or by its zeros), else Latin-1, which never fails.

/// The text of `bytes` without a byte-order mark, with lines that end in line feeds and without the sign that once ended a file; and what a
/// person should know when it was not plain UTF-8.
pub fn decode(bytes: &[u8]) -> (String, Option<&'static str>) {
    let (mut text, note) = encoded(bytes);
    if text.ends_with('\u{1a}') {
        text.pop();
    }
    if text.contains('\r') && !text.contains('\n') {
        text = text.replace('\r', "\n");
    }
    (text, note)
}

fn encoded(bytes: &[u8]) -> (String, Option<&'static str>) {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return encoded(rest);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return (utf16(rest, u16::from_le_bytes), Some("Read as UTF-16 (little endian)"));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return (utf16(rest, u16::from_be_bytes), Some("Read as UTF-16 (big endian)"));
    }
    match zeros(bytes) {
        (even, odd) if odd > even * 4 && odd * 4 > bytes.len() => {
            return (utf16(bytes, u16::from_le_bytes), Some("Read as UTF-16 (little endian) without a byte-order mark"));
        }
        (even, odd) if even > odd * 4 && even * 4 > bytes.len() => {
            return (utf16(bytes, u16::from_be_bytes), Some("Read as UTF-16 (big endian) without a byte-order mark"));
        }
        _ => {}
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => {
            // A byte gone wrong among letters that are right makes no other encoding.
            let repaired = String::from_utf8_lossy(bytes);
            let wrong = repaired.matches(char::REPLACEMENT_CHARACTER).count();
            if repaired.chars().filter(|c| !c.is_ascii()).count() > 2 * wrong {
                return (repaired.into_owned(), Some("Not UTF-8 in places: what could not be read there is left out"));
            }
            (bytes.iter().map(|&b| char::from(b)).collect(), Some("Not UTF-8: read as Latin-1; save it as UTF-8 if letters look wrong"))
        }
    }
}

/// Zero bytes at even and at odd places of the first kilobyte, scaled to the whole: Latin letters in UTF-16 have one each.
fn zeros(bytes: &[u8]) -> (usize, usize) {
    let sample = &bytes[..bytes.len().min(1024)];
    let count = |from: usize| sample.iter().skip(from).step_by(2).filter(|b| **b == 0).count() * bytes.len() / sample.len().max(1);
    (count(0), count(1))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_every_encoding_it_may_come_in() {
        let utf16 = |unit: fn(u16) -> [u8; 2]| "SELECT 'é' FROM t".encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let cases: [(&str, Vec<u8>, bool); 7] = [
            ("utf-8", "SELECT 'é' FROM t".into(), false),
            ("utf-8 with mark", "\u{feff}SELECT 'é' FROM t".into(), false),
            ("utf-16 le", [b"\xFF\xFE".to_vec(), utf16(u16::to_le_bytes)].concat(), true),
            ("utf-16 be", [b"\xFE\xFF".to_vec(), utf16(u16::to_be_bytes)].concat(), true),
            ("utf-16 le, no mark", utf16(u16::to_le_bytes), true),
            ("utf-16 be, no mark", utf16(u16::to_be_bytes), true),
            ("latin-1", b"SELECT '\xE9' FROM t".to_vec(), true),
        ];
        for (name, bytes, noted) in cases {
            let (text, note) = decode(&bytes);
            assert_eq!((text.as_str(), note.is_some()), ("SELECT 'é' FROM t", noted), "{name}");
        }
        for (bytes, text) in [
            (&b"-- \xC3\xA9\xC3\xA9 \xFF\nSELECT"[..], "-- éé \u{fffd}\nSELECT"),
            (b"-- a\rSELECT b\r", "-- a\nSELECT b\n"),
            (b"a\r\nb\x1a", "a\r\nb"),
        ] {
            assert_eq!(decode(bytes).0, text);
        }
        assert_eq!(decode(b"").0, "");
        assert_eq!(decode(b"\xFF\xFE\x00").0, "");
    }
}
