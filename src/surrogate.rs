//! Half surrogate pairs in the escapes of JSON. A program that cuts its strings by UTF-16 units may write `\ud83d` without its other half,
//! which is no character: serde_json refuses the whole text for it, where everyone else shows a replacement character.

use serde::de::DeserializeOwned;

/// The first half of a pair; what follows up to 0xDFFF is the second.
const FIRST: u32 = 0xD800;
const SECOND: u32 = 0xDC00;
/// Added to a half to mark it within text: plane 16, which is for private use and has no characters of anybody's.
const MARK: u32 = 0x10_0000;

/// Reads `json`, each half in which is what `of` makes of it. The error is that of the text as it came.
pub fn parse<T: DeserializeOwned>(json: &str, of: fn(u32) -> char) -> serde_json::Result<T> {
    serde_json::from_str(json).or_else(|error| without_halves(json, of).and_then(|text| serde_json::from_str(&text).ok()).ok_or(error))
}

/// For a text that is whole: [`char::REPLACEMENT_CHARACTER`].
pub fn lost(_: u32) -> char {
    char::REPLACEMENT_CHARACTER
}

/// For a text that may go on in the next: a mark, which [`Halves`] takes away.
pub fn marked(half: u32) -> char {
    char::from_u32(MARK + half).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The text with `of` in place of each escaped half; `None` when there is none.
fn without_halves(json: &str, of: fn(u32) -> char) -> Option<String> {
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u").filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let (mut text, mut kept, mut at) = (String::new(), 0, 0);
    while let Some(next) = json[at..].find('\\') {
        at += next;
        match unit(at) {
            Some(half @ FIRST..SECOND) if !unit(at + 6).is_some_and(|other| (SECOND..0xE000).contains(&other)) => {
                text.extend([&json[kept..at], of(half).encode_utf8(&mut [0; 4])]);
                kept = at + 6;
            }
            Some(half @ SECOND..0xE000) => {
                text.extend([&json[kept..at], of(half).encode_utf8(&mut [0; 4])]);
                kept = at + 6;
            }
            // A pair.
            Some(FIRST..SECOND) => at += 6,
            _ => {}
        }
        // Past what is escaped, which may be a backslash.
        at = (at + 2).min(json.len());
        at = json.ceil_char_boundary(at);
    }
    (kept > 0).then(|| text + &json[kept..])
}

/// Puts halves together that came in two pieces of one text.
#[derive(Debug, Default)]
pub struct Halves(Option<u32>);

impl Halves {
    /// The next piece, and the character whose first half ended the one before. What is not continued is a replacement character.
    pub fn pass(&mut self, piece: String) -> String {
        let half = |c: char| (c as u32).checked_sub(MARK).filter(|half| (FIRST..0xE000).contains(half));
        if piece.is_empty() || self.0.is_none() && !piece.contains(|c| half(c).is_some()) {
            return piece;
        }
        let mut text = String::with_capacity(piece.len() + 4);
        for c in piece.chars() {
            match (self.0.take(), half(c)) {
                (Some(first), Some(second @ SECOND..)) => {
                    text.extend(char::from_u32(0x1_0000 + ((first - FIRST) << 10) + (second - SECOND)));
                    continue;
                }
                (Some(_), _) => text.push(char::REPLACEMENT_CHARACTER),
                (None, _) => {}
            }
            match half(c) {
                Some(first @ ..SECOND) => self.0 = Some(first),
                Some(_) => text.push(char::REPLACEMENT_CHARACTER),
                None => text.push(c),
            }
        }
        text
    }

    /// What is left of a text that ends here: a replacement character for a half that nothing continued.
    pub fn rest(&mut self) -> &'static str {
        if self.0.take().is_some() { "\u{fffd}" } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::{Halves, lost, marked, parse};

    #[test]
    fn a_half_is_a_replacement_character_and_all_else_is_as_it_was() {
        for (json, text) in [
            (r#""a\ud83db""#, "a\u{fffd}b"),
            (r#""\ude00""#, "\u{fffd}"),
            (r#""\ud83d\ud83d\ude00\ude00""#, "\u{fffd}😀\u{fffd}"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\\ud83d \ud83d""#, "\\ud83d \u{fffd}"),
            (r#""\ud83d\\é\"""#, "\u{fffd}\\é\""),
            (r#""\uD83Dé""#, "\u{fffd}é"),
            (r#""\ud83d\ude00""#, "😀"),
        ] {
            assert_eq!(parse::<String>(json, lost).unwrap(), text, "{json}");
        }
        for json in [r#""\ud8"#, r#""\ud83d"#, r#""\"#, r#""\ud83d\"#, r#"\é"#, r#""\ud83d\x""#] {
            assert!(parse::<String>(json, lost).is_err(), "{json}");
        }
    }

    #[test]
    fn a_character_that_comes_in_two_pieces_is_one() {
        for (pieces, text) in [
            (&[r#""hi \ud83d""#, r#""\ude00!""#][..], "hi 😀!"),
            (&[r#""\ud83d""#, r#""""#, r#""\ude00""#], "😀"),
            (&[r#""\ud83d""#, r#""no""#], "\u{fffd}no"),
            (&[r#""\ud83d""#, r#""\ud83d\ude00""#], "\u{fffd}😀"),
            (&[r#""\ud83d""#], "\u{fffd}"),
            (&[r#""\ude00""#, r#""é\ud83d""#, r#""\ud83d""#, r#""\ude00""#], "\u{fffd}é\u{fffd}😀"),
        ] {
            let mut halves = Halves::default();
            let mut heard: String = pieces.iter().map(|json| halves.pass(parse(json, marked).unwrap())).collect();
            heard.push_str(halves.rest());
            assert_eq!(heard, text, "{pieces:?}");
        }
    }
}
