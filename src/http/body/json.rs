//! Where broken JSON breaks, in the words and by the character offsets of Python's `json`, which clients of FastAPI know.

/// What the reader expects next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    FirstKey,
    Key,
    FirstItem,
    AfterItem,
    End,
}

/// The offset in characters and the sentence for the first mistake in `text`; `None` when there is none that Python's reader would see.
/// A stack of its own, so depth costs no call stack.
pub fn diagnose(text: &str) -> Option<(usize, String)> {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    let found = reader.run().err()?;
    let chars = text.get(..found.0).map_or(found.0, |before| before.chars().count());
    Some((chars, found.1.to_owned()))
}

/// The place and words of serde_json's own complaint, for what Python would accept and we do not (depth, huge numbers).
pub fn position(text: &str, error: &serde_json::Error) -> (usize, String) {
    // serde_json counts columns in bytes.
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let bytes = before + error.column().saturating_sub(1);
    let at = text.char_indices().take_while(|(start, _)| *start < bytes).count();
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or(&words);
    let words = if words.starts_with("recursion") { "nested too deeply: at most 127 levels" } else { words };
    (at, words.to_owned())
}

/// Bytes of a value in memory beside its text: 32, and a list that grows is there twice for a moment.
const VALUE_BYTES: usize = 64;
/// Bytes of the values of one object: its keys and values stand in nodes of eleven, of which the first is there for one key.
const OBJECT_BYTES: usize = 640;

/// About how many bytes the values in `text` become beside their text. Not less, whatever the text is.
pub fn weight(text: &[u8]) -> usize {
    let (mut weight, mut quoted, mut at) = (0, false, 0);
    while let Some(byte) = text.get(at) {
        match (quoted, byte) {
            (true, b'\\') => at += 1,
            (_, b'"') => quoted = !quoted,
            (false, b'{') => weight += OBJECT_BYTES,
            (false, b'[' | b',') => weight += VALUE_BYTES,
            _ => {}
        }
        at += 1;
    }
    weight
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

type Mistake = (usize, &'static str);

impl Reader<'_> {
    fn run(&mut self) -> Result<(), Mistake> {
        // true: an object, false: a list.
        let mut open: Vec<bool> = Vec::new();
        let mut expect = Expect::Value;
        loop {
            self.space();
            let next = self.bytes.get(self.at).copied();
            expect = match (expect, next) {
                (Expect::FirstItem, Some(b']')) | (Expect::FirstKey, Some(b'}')) => self.close(&mut open),
                (Expect::Value | Expect::FirstItem, Some(b'{')) => self.open(&mut open, true),
                (Expect::Value | Expect::FirstItem, Some(b'[')) => self.open(&mut open, false),
                (Expect::Value | Expect::FirstItem, _) => {
                    self.scalar()?;
                    if open.is_empty() { Expect::End } else { Expect::AfterItem }
                }
                (Expect::FirstKey | Expect::Key, Some(b'"')) => {
                    self.string()?;
                    self.space();
                    if self.bytes.get(self.at) != Some(&b':') {
                        return Err((self.at, "Expecting ':' delimiter"));
                    }
                    self.at += 1;
                    Expect::Value
                }
                (Expect::FirstKey | Expect::Key, _) => return Err((self.at, "Expecting property name enclosed in double quotes")),
                (Expect::AfterItem, Some(b',')) => {
                    self.at += 1;
                    if open.last() == Some(&true) { Expect::Key } else { Expect::Value }
                }
                (Expect::AfterItem, Some(b'}')) if open.last() == Some(&true) => self.close(&mut open),
                (Expect::AfterItem, Some(b']')) if open.last() == Some(&false) => self.close(&mut open),
                (Expect::AfterItem, _) => return Err((self.at, "Expecting ',' delimiter")),
                (Expect::End, None) => return Ok(()),
                (Expect::End, Some(_)) => return Err((self.at, "Extra data")),
            };
        }
    }

    fn open(&mut self, open: &mut Vec<bool>, object: bool) -> Expect {
        self.at += 1;
        open.push(object);
        if object { Expect::FirstKey } else { Expect::FirstItem }
    }

    fn close(&mut self, open: &mut Vec<bool>) -> Expect {
        self.at += 1;
        open.pop();
        if open.is_empty() { Expect::End } else { Expect::AfterItem }
    }

    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn scalar(&mut self) -> Result<(), Mistake> {
        let rest = &self.bytes[self.at..];
        if rest.first() == Some(&b'"') {
            return self.string();
        }
        if let Some(word) = [&b"true"[..], b"false", b"null"].into_iter().find(|word| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(());
        }
        let start = self.at;
        let digits = |reader: &mut Self| {
            let from = reader.at;
            while reader.bytes.get(reader.at).is_some_and(u8::is_ascii_digit) {
                reader.at += 1;
            }
            reader.at > from
        };
        self.at += usize::from(rest.first() == Some(&b'-'));
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else if !digits(self) {
            return Err((start, "Expecting value"));
        }
        // A fraction or an exponent without digits ends the number before it, as Python's pattern does.
        for marks in [&b"."[..], b"eE"] {
            let whole = self.at;
            if self.bytes.get(self.at).is_some_and(|b| marks.contains(b)) {
                self.at += 1;
                if marks.len() == 2 && matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                    self.at += 1;
                }
                if !digits(self) {
                    self.at = whole;
                    break;
                }
            }
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), Mistake> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                None => return Err((start, "Unterminated string starting at")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => match self.bytes.get(self.at + 1) {
                    None => return Err((start, "Unterminated string starting at")),
                    Some(b'u') => {
                        let hex = self.bytes.get(self.at + 2..self.at + 6);
                        if !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                            return Err((self.at + 1, "Invalid \\uXXXX escape"));
                        }
                        self.at += 6;
                    }
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
                    Some(_) => return Err((self.at, "Invalid \\escape")),
                },
                Some(0..=0x1f) => return Err((self.at, "Invalid control character at")),
                Some(_) => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{diagnose, weight};

    #[test]
    fn values_weigh_and_text_does_not() {
        for (text, values, objects) in [
            ("{}", 0, 1),
            ("{\"query\":\"a, b [c] {d}\"}", 0, 1),
            ("[1,2,{\"a\\\",\\\\\":[]}]", 4, 1),
            ("\"", 0, 0),
            ("\"\\", 0, 0),
            ("[[[", 3, 0),
        ] {
            assert_eq!(weight(text.as_bytes()), values * super::VALUE_BYTES + objects * super::OBJECT_BYTES, "{text}");
        }
    }

    #[test]
    fn what_only_we_refuse_is_placed_by_characters_too() {
        for (text, at, why) in
            [("{\"a\":\n[\"é𐠿\",\"\\ud800\"]}", 19, "unexpected end of hex escape"), ("[\"é\",1e999]", 9, "number out of range")]
        {
            let error = serde_json::from_str::<serde_json::Value>(text).unwrap_err();
            assert_eq!(super::position(text, &error), (at, why.to_owned()), "{text}");
        }
    }

    #[test]
    fn mistakes_are_told_as_python_tells_them() {
        // Offsets and words as CPython 3.12's json.loads gives them.
        let cases = [
            ("", 0, "Expecting value"),
            ("  ", 2, "Expecting value"),
            ("{", 1, "Expecting property name enclosed in double quotes"),
            ("{a:1}", 1, "Expecting property name enclosed in double quotes"),
            ("{\"a\"}", 4, "Expecting ':' delimiter"),
            ("{\"a\":}", 5, "Expecting value"),
            ("{\"a\":1", 6, "Expecting ',' delimiter"),
            ("{\"a\":1 \"b\":2}", 7, "Expecting ',' delimiter"),
            ("[1 2]", 3, "Expecting ',' delimiter"),
            ("[1,]", 3, "Expecting value"),
            ("[", 1, "Expecting value"),
            ("\"abc", 0, "Unterminated string starting at"),
            ("{\"é\": \"abc}", 6, "Unterminated string starting at"),
            ("\"a\nb\"", 2, "Invalid control character at"),
            ("\"\\x\"", 1, "Invalid \\escape"),
            ("\"\\u12\"", 2, "Invalid \\uXXXX escape"),
            ("{} x", 3, "Extra data"),
            ("01", 1, "Extra data"),
            ("1.", 1, "Extra data"),
            ("-", 0, "Expecting value"),
            ("[NaN]", 1, "Expecting value"),
        ];
        for (text, at, why) in cases {
            assert_eq!(diagnose(text), Some((at, why.to_owned())), "{text}");
        }
        for text in ["{}", "[]", " [1, -0.5e+3, \"\\u00e9\", {\"a\": [null, true]}] ", "0"] {
            assert_eq!(diagnose(text), None, "{text}");
        }
    }
}
