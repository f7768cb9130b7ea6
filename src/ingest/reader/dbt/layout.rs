//! A dbt artifact as lines. dbt writes one line, in which no place could be told from another: its text is then that line parted at commas
//! and brackets, with the line ends of the strings in it, so that the SQL of a model stands there as it is.

/// An artifact whose first line is longer is not written for people.
const MAX_LINE: usize = 4_096;

/// An artifact laid out.
pub struct Layout {
    /// What lines count in.
    pub text: String,
    /// Where each line begins in the artifact.
    starts: Vec<usize>,
}

impl Layout {
    /// The lines of an artifact that has none of its own; `None` for any other text.
    pub fn of(text: &str) -> Option<Layout> {
        let head = &text.as_bytes()[..text.len().min(MAX_LINE)];
        let key = b"\"dbt_schema_version\"";
        let artifact = text.starts_with('{') && text.len() > MAX_LINE && head.windows(key.len()).any(|w| w == key);
        if !artifact || head.contains(&b'\n') {
            return None;
        }
        let mut made = Layout { text: String::with_capacity(text.len() + text.len() / 8), starts: vec![0] };
        let (mut quoted, mut copied, mut at) = (false, 0, 0);
        let bytes = text.as_bytes();
        while at < bytes.len() {
            let (kept, end, put) = match (quoted, bytes[at], bytes.get(at + 1)) {
                (true, b'\\', Some(b'n')) => (at, at + 2, "\n"),
                (true, b'\\', Some(b'r')) => (at, at + 2, ""),
                (true, b'\\', Some(b't')) => (at, at + 2, "\t"),
                (true, b'\\', Some(b'"')) => (at, at + 2, "\""),
                (true, b'\\', Some(b'\\')) => (at, at + 2, "\\"),
                (false, b'{' | b'[' | b',', _) => (at + 1, at + 1, "\n"),
                (_, b'"', _) => {
                    quoted = !quoted;
                    at += 1;
                    continue;
                }
                _ => {
                    at += 1;
                    continue;
                }
            };
            made.text.push_str(&text[copied..kept]);
            made.text.push_str(put);
            (at, copied) = (end, end);
            if put == "\n" {
                made.starts.push(at);
            }
        }
        made.text.push_str(&text[copied..]);
        Some(made)
    }

    /// The 1-based line of a byte of the artifact.
    pub fn line(&self, byte: usize) -> u32 {
        self.starts.partition_point(|start| *start <= byte) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_of_one_line_has_the_lines_of_the_sql_in_it() {
        let filler = "x".repeat(MAX_LINE);
        let text = format!(r#"{{"metadata": {{"dbt_schema_version": "v12"}}, "a": "{filler}", "b": "select \"c\"\nfrom d\\e"}}"#);
        let layout = Layout::of(&text).expect("an artifact");
        let lines: Vec<&str> = layout.text.lines().collect();
        let place = layout.line(text.find("from d").unwrap());
        assert_eq!(lines[place as usize - 2..], [" \"b\": \"select \"c\"", "from d\\e\"}"]);
        assert_eq!(layout.line(0), 1);
    }

    #[test]
    fn what_has_lines_of_its_own_or_is_no_artifact_keeps_them() {
        let filler = "x".repeat(MAX_LINE);
        for text in [
            String::new(),
            format!("{{\n\"dbt_schema_version\": \"{filler}\"}}"),
            format!("{{\"other\": \"{filler}\"}}"),
            "{\"dbt_schema_version\": 1}".into(),
        ] {
            assert!(Layout::of(&text).is_none(), "{text}");
        }
    }
}
