//! Separated values: a table named after the file, with the header's columns and types guessed from a bounded sample.

use crate::lineage::{Asset, Column, Diagnostic, Facts, Kind, Name, Severity, Span};
use std::collections::{HashMap, HashSet};

/// Rows that types are guessed from: more would rarely change a guess.
const SAMPLE_ROWS: usize = 1_000;
/// Bytes that types are guessed from, should rows be long.
const SAMPLE_BYTES: usize = 1 << 20;
/// Most columns taken from a header: no database has wider tables, and a line without separators is no header.
const MAX_COLUMNS: usize = 4_096;

/// Numbers that a header may have for years.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2100;

/// Reads a file of separated values.
pub fn read(path: &str, text: &str) -> Facts {
    let mut facts = Facts { coverage: 1.0, ..Facts::default() };
    let mut sample = &text[..text.floor_char_boundary(SAMPLE_BYTES)];
    let mut separator = separator(sample);
    // Excel's own first line.
    if let Some((said, rest)) = sample.strip_prefix("sep=").and_then(|s| s.split_once('\n'))
        && let [only] = said.trim_end_matches('\r').chars().collect::<Vec<_>>()[..]
    {
        (separator, sample) = (only, rest);
    }
    // Lines about the data, before it.
    let about: usize = sample.split_inclusive('\n').take_while(|line| line.starts_with('#')).map(str::len).sum();
    let cells = |text: &str| text.lines().next().map_or(0, |line| line.matches(self::separator(text)).count());
    if about > 0 && cells(sample) < cells(&sample[about..]) {
        sample = &sample[about..];
        separator = self::separator(sample);
    }
    let mut rows = Rows { text: sample, separator };
    let Some(header) = rows.next() else { return facts };
    let is_name = |cell: &str| !cell.is_empty() && cell.len() <= super::MAX_NAME_BYTES && guess(cell) == Guess::Text;
    // An index that was written with the data has no name.
    let index = header.len() > 1 && header[0].trim().is_empty();
    let cells = || header.iter().skip(usize::from(index)).map(|cell| cell.trim());
    let names = cells().filter(|cell| is_name(cell)).count();
    // Some of a header may have no name, and years are names of columns where they differ.
    let years: Vec<u32> = cells().filter_map(|cell| cell.parse().ok().filter(|year| YEARS.contains(year))).collect();
    let distinct = years.iter().collect::<HashSet<_>>().len() == years.len();
    let blank = cells().filter(|cell| cell.is_empty()).count();
    let by_year = distinct && names > 0 && names + years.len() == header.len() - usize::from(index);
    let named = names > 0 && (names + blank == header.len() - usize::from(index) && blank <= names / 2 || by_year);
    let mut note = |message: &str| facts.diagnostics.push(Diagnostic::new(1, Severity::Info, message));
    if !named {
        note("The first row does not look like a header, so columns have no names");
    }
    if header.len() > MAX_COLUMNS {
        note("More than 4096 columns: the rest is left out");
    }
    let mut guesses = vec![Guess::Nothing; header.len().min(MAX_COLUMNS)];
    // A sample that stops inside the file ends with half a row.
    let mut whole: Vec<Vec<String>> = rows.take(SAMPLE_ROWS).collect();
    if text.len() > SAMPLE_BYTES {
        whole.pop();
    }
    for row in &whole {
        for (guessed, cell) in guesses.iter_mut().zip(row) {
            *guessed = guessed.with(guess(cell.trim()));
        }
    }
    let mut columns: Vec<Column> = Vec::new();
    let (mut seen, mut counts) = (HashSet::new(), HashMap::new());
    for (at, (name, guess)) in header.iter().zip(&guesses).enumerate().filter(|_| named) {
        let mut name = match name.trim() {
            "" if at == 0 => "index".to_owned(),
            "" => format!("column{}", at + 1),
            name => name.to_owned(),
        };
        // One that is there again is told apart as readers of such files do.
        let times = counts.entry(name.to_lowercase()).or_insert(0usize);
        if *times > 0 {
            name = format!("{name}_{times}");
        }
        *times += 1;
        if seen.insert(name.to_lowercase()) {
            columns.push(column(&name, *guess));
        }
    }
    let stem = path.rsplit('/').next().unwrap_or(path);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let parts: Vec<&str> = stem.split('.').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return facts;
    }
    facts.assets.push(Asset {
        kind: Kind::Table,
        name: Name::new(parts),
        span: Span { line: 1, line_end: text.lines().count().max(1) as u32, start: 0, end: text.len() as u32 },
        columns,
        foreign_keys: Vec::new(),
        signature: String::new(),
        exact: false,
        comment: None,
    });
    facts
}

fn column(name: &str, guess: Guess) -> Column {
    Column { name: name.to_owned(), data_type: guess.sql().to_owned(), line: 1, ..Column::default() }
}

/// The separator that the first line has most of.
fn separator(text: &str) -> char {
    let line = text.lines().next().unwrap_or("");
    [',', ';', '\t', '|'].into_iter().max_by_key(|s| (line.matches(*s).count(), *s == ',')).unwrap_or(',')
}

/// Rows of cells; quotes hold separators and line ends, doubled quotes are one.
struct Rows<'a> {
    text: &'a str,
    separator: char,
}

impl Iterator for Rows<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        if self.text.is_empty() {
            return None;
        }
        let mut row = vec![String::new()];
        let mut quoted = false;
        let mut chars = self.text.char_indices().peekable();
        let mut end = self.text.len();
        while let Some((at, c)) = chars.next() {
            let cell = row.last_mut()?;
            match c {
                '"' if quoted && matches!(chars.peek(), Some((_, '"'))) => {
                    chars.next();
                    cell.push('"');
                }
                '"' if quoted || cell.is_empty() => quoted = !quoted,
                '\n' if !quoted => {
                    end = at + 1;
                    break;
                }
                '\r' if !quoted => {}
                c if c == self.separator && !quoted => row.push(String::new()),
                c => cell.push(c),
            }
        }
        self.text = &self.text[end..];
        Some(row)
    }
}

/// What all cells of a column seen so far could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guess {
    Nothing,
    Boolean,
    Integer,
    Double,
    Date,
    Timestamp,
    Text,
}

impl Guess {
    fn with(self, other: Guess) -> Guess {
        match (self, other) {
            (a, Guess::Nothing) => a,
            (Guess::Nothing, b) => b,
            (a, b) if a == b => a,
            (Guess::Integer, Guess::Double) | (Guess::Double, Guess::Integer) => Guess::Double,
            (Guess::Date, Guess::Timestamp) | (Guess::Timestamp, Guess::Date) => Guess::Timestamp,
            _ => Guess::Text,
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Guess::Nothing => "",
            Guess::Boolean => "BOOLEAN",
            Guess::Integer => "BIGINT",
            Guess::Double => "DOUBLE",
            Guess::Date => "DATE",
            Guess::Timestamp => "TIMESTAMP",
            Guess::Text => "TEXT",
        }
    }
}

fn guess(cell: &str) -> Guess {
    let digits = cell.trim_start_matches(['-', '+']);
    if cell.is_empty() || cell.eq_ignore_ascii_case("null") {
        Guess::Nothing
    } else if cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false") {
        Guess::Boolean
    } else if digits.starts_with(|c: char| c.is_ascii_digit()) {
        // Leading zeros carry meaning (postal codes), so they are text.
        match digits.as_bytes() {
            [b'0', b'0'..=b'9', ..] => Guess::Text,
            _ if cell.parse::<i64>().is_ok() => Guess::Integer,
            _ if cell.parse::<f64>().is_ok() => Guess::Double,
            _ if cell.parse::<jiff::civil::Date>().is_ok() && cell.len() == 10 => Guess::Date,
            _ if cell.parse::<jiff::civil::DateTime>().is_ok() || cell.parse::<jiff::Timestamp>().is_ok() => Guess::Timestamp,
            _ => Guess::Text,
        }
    } else {
        Guess::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_table_with_the_headers_columns_and_guessed_types() {
        let text = "id;name;price;day;at;ok;zip;none\n1;\"a;\"\"b\"\"\nc\";2.5;2026-01-31;2026-01-31 10:00:00;true;01234;\n2;x;3;2026-02-01;2026-02-01T10:00:00Z;false;9;\n";
        let facts = read("in/raw.orders.csv", text);
        let asset = &facts.assets[0];
        assert_eq!((asset.name.to_string().as_str(), asset.span.line_end), ("raw.orders", 4));
        let columns: Vec<_> = asset.columns.iter().map(|c| (c.name.as_str(), c.data_type.as_str())).collect();
        assert_eq!(
            columns,
            [
                ("id", "BIGINT"),
                ("name", "TEXT"),
                ("price", "DOUBLE"),
                ("day", "DATE"),
                ("at", "TIMESTAMP"),
                ("ok", "BOOLEAN"),
                ("zip", "TEXT"),
                ("none", "")
            ]
        );
    }

    #[test]
    fn without_a_header_the_table_has_no_columns_and_says_why() {
        let facts = read("x.csv", "1,2\n3,4\n");
        assert!(facts.assets[0].columns.is_empty() && facts.diagnostics.len() == 1);
    }

    #[test]
    fn headers_as_tools_write_them_are_read() {
        let named = |text: &str| read("x.csv", text).assets[0].columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
        for (text, expected) in [
            (",id,name\n0,1,a\n", &["index", "id", "name"][..]),
            ("sep=;\r\na,b;c\r\n1;2\r\n", &["a,b", "c"]),
            ("a\tb\n1\t2\n", &["a", "b"]),
            ("a|b|a\n1|2|3\n", &["a", "b", "a_1"]),
            ("id,name,\n1,x,3\n", &["id", "name", "column3"]),
            ("year,2023,2024\nx,1,2\n", &["year", "2023", "2024"]),
            ("# exported\nid,name\n1,x\n", &["id", "name"]),
            ("ann,,\n1,2,3\n", &[]),
            ("ann,30,12.5\nbob,31,1\n", &[]),
            ("\"a\"\"b\",\"c\nd\"\n1,2\n", &["a\"b", "c\nd"]),
            ("only\n1\n", &["only"]),
        ] {
            assert_eq!(named(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_empty_file_says_nothing() {
        assert!(read("x.csv", "").assets.is_empty());
    }
}
