//! Rows of data written out as statements: of a dump that has a million of them the first thousand say all there is to say.

use foldhash::HashMap;

/// Rows of one table that are read; those after them are data. What a person writes by hand has fewer.
const MAX_ROWS: u32 = 1_000;
/// Tables whose rows are counted, each with its list of columns; those of more are read.
const MAX_TABLES: usize = 10_000;
/// Longest beginning of a statement, up to its rows.
const MAX_HEAD: usize = 16 << 10;

/// Counts the rows of a text, line by line.
#[derive(Default)]
pub(super) struct Rows<'a> {
    /// Rows so far by what stands before them: `INSERT INTO t (a, b)`.
    by_head: HashMap<&'a str, u32>,
    /// The rows of the list that the line before goes on with, so far.
    listed: Option<u32>,
    /// The first line that is data, and how many are.
    pub(super) left_out: Option<(u32, u32)>,
}

impl<'a> Rows<'a> {
    /// Whether a line is one more row than is read of its table: `INSERT INTO t VALUES (1, 'a');` or `(1, 'a'),`. `number` is the
    /// line's, which begins and ends outside of strings and comments, and `rest` is the text after it. That of a list which its statement
    /// ends with is always read.
    pub(super) fn is_data(&mut self, line: &'a str, rest: &str, number: u32) -> bool {
        let line = line.trim();
        let listed = self.listed.take();
        // Most lines are told by how they begin.
        if listed.is_none() && !line.starts_with(['I', 'i', 'R', 'r']) {
            if ["USE ", "SET "].iter().any(|word| begins(line, word)) {
                // From here on the same name may be of another database's table.
                self.by_head.clear();
            }
            return false;
        }
        let ends = line.ends_with(");") || line.ends_with(')') && ends_before(rest);
        let goes_on = line.ends_with("),") || line.ends_with(')');
        let many = if let (Some(rows), true) = (listed, line.starts_with('(') || line.starts_with(",(") || line.starts_with(", (")) {
            self.listed = goes_on.then_some(rows + 1);
            rows >= MAX_ROWS && (line.ends_with("),") || line.starts_with(',') && line.ends_with(')'))
        } else if let Some(head) = head(line) {
            let alone = line.len() == head.len() + VALUES.len();
            self.listed = if alone { Some(0) } else { goes_on.then_some(1) };
            let full = self.by_head.len() >= MAX_TABLES;
            match self.by_head.get_mut(head) {
                Some(rows) => {
                    *rows = rows.saturating_add(1);
                    // One that a list follows begins what is to be read.
                    ends && *rows > MAX_ROWS
                }
                None if full => false,
                None => {
                    self.by_head.insert(head, 1);
                    false
                }
            }
        } else {
            false
        };
        let is_data = many && is_constant(head(line).map_or(line, |head| &line[head.len() + VALUES.len()..]));
        if is_data {
            let (first, count) = self.left_out.unwrap_or((number, 0));
            self.left_out = Some((first, count + 1));
        }
        is_data
    }
}

const VALUES: &str = "VALUES";

fn begins(line: &str, word: &str) -> bool {
    line.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word))
}

/// Whether a statement without a `;` ends before this text: what goes on with a row (`ON CONFLICT …`) stands in the next line.
fn ends_before(rest: &str) -> bool {
    let next = rest.lines().next().unwrap_or_default().trim();
    next.is_empty() || crate::lineage::source::is_go(next) || begins(next, "INSERT ") || begins(next, "REPLACE ")
}

/// What stands before the rows of a statement that puts some into a table.
fn head(line: &str) -> Option<&str> {
    if !begins(line, "INSERT ") && !begins(line, "REPLACE ") {
        return None;
    }
    let most = line.floor_char_boundary(MAX_HEAD);
    let at = line.as_bytes()[..most].windows(VALUES.len()).position(|w| w.eq_ignore_ascii_case(VALUES.as_bytes()))?;
    Some(&line[..at])
}

/// Words of constants, and functions that make one of others.
const WORDS: [&str; 13] = ["NULL", "TRUE", "FALSE", "DEFAULT", "N", "X", "B", "E", "AS", "DATE", "TIME", "TIMESTAMP", "INTERVAL"];
const CALLED: [&str; 9] = ["CAST", "CONVERT", "TO_DATE", "TO_TIMESTAMP", "TO_CLOB", "HEXTORAW", "GETDATE", "NOW", "NEWID"];

/// Whether a row is made of constants alone, with which the statement that it is of ends: whatever else has a name may say something of
/// lineage.
fn is_constant(row: &str) -> bool {
    let bytes = row.as_bytes();
    let mut at = 0;
    // Behind AS and `::` stands a type.
    let mut of_type = false;
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            quote @ (b'\'' | b'"' | b'`') => {
                let Some(length) = bytes[at + 1..].iter().position(|b| b == quote) else { return false };
                length + 2
            }
            b';' if at + 1 < bytes.len() => return false,
            b'[' | b'@' | b'$' | b'{' | b'&' | b'?' => return false,
            b if b.is_ascii_alphabetic() || *b == b'_' || !b.is_ascii() => {
                let length = bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_' || !b.is_ascii()).count();
                let word = &row[at..at + length];
                let calls = row[at + length..].trim_start().starts_with('(');
                let known = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(word));
                if !(of_type || known(&WORDS) || calls && known(&CALLED)) {
                    return false;
                }
                of_type = word.eq_ignore_ascii_case("AS");
                length
            }
            b'0'..=b'9' => bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'.').count(),
            b':' => {
                of_type = true;
                1
            }
            _ => 1,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{MAX_ROWS, Rows};

    /// The lines of `text` that are data.
    fn data(text: &str) -> Vec<usize> {
        let mut rows = Rows::default();
        let mut rest = text;
        let mut line = || {
            let (line, after) = rest.split_once('\n').filter(|_| !rest.is_empty())?;
            rest = after;
            Some((line, after))
        };
        let lines = std::iter::from_fn(&mut line);
        (1..).zip(lines).filter(|(number, (line, rest))| rows.is_data(line, rest, *number as u32)).map(|(number, _)| number).collect()
    }

    #[test]
    fn the_first_rows_of_a_table_are_read_and_those_after_them_are_data() {
        let most = MAX_ROWS as usize;
        let many = |line: &str, count: usize| format!("{line}\n").repeat(count);
        for (name, text, expect) in [
            ("statements", many("INSERT INTO t (a) VALUES (1);", most + 3), most + 1..most + 4),
            ("without an end", many("insert t values (1)", most + 1) + "GO\n" + &many("insert t values (2)", 1), most + 1..most + 2),
            ("of two tables in turn", many("INSERT INTO t VALUES (1);\nINSERT INTO u VALUES (1);", most), 0..0),
            ("a list", format!("INSERT INTO t VALUES\n{}(9);", many("(1),", most + 5)), most + 2..most + 7),
            ("a list that begins in its line", format!("INSERT INTO t VALUES (1),\n{}(9);", many("(1),", most)), most + 1..most + 2),
            ("a list with its commas first", format!("INSERT INTO t VALUES\n(0)\n{}", many(",(1)", most + 1)), most + 2..most + 4),
            ("no list", format!("SELECT a IN (\n{}(9))", many("(1),", most + 5)), 0..0),
            ("a list of its own", format!("{}SELECT 1;\n{}", many("(1),", most), many("(1),", most)), 0..0),
            ("what asks", many("INSERT INTO t VALUES ((SELECT max(a) FROM u));", most + 1), 0..0),
            ("a query", many("INSERT INTO t SELECT a FROM u;", most + 1), 0..0),
            ("what goes on", many("INSERT INTO t VALUES (1)\nON CONFLICT DO NOTHING;", most + 2), 0..0),
            ("a row in two lines", many("INSERT INTO t VALUES (1, f(2)\n, 3);", most + 2), 0..0),
            ("what does something else as well", many("INSERT INTO t VALUES (1); CALL p();", most + 2), 0..0),
            ("a value that has a name", many("INSERT INTO t VALUES (1, v);", most + 2), 0..0),
            ("what a function gives", many("INSERT INTO t VALUES (f(1));", most + 2), 0..0),
            (
                "constants of all kinds",
                many(
                    "INSERT INTO t VALUES (-1.5e3, 0xFF, N'it''s', DATE '2026-01-01', CAST('1' AS Decimal(18, 2)), 'x'::text, NULL);",
                    most + 1,
                ),
                most + 1..most + 2,
            ),
            (
                "another database's",
                many("INSERT INTO t VALUES (1);", most) + "use other;\n" + &many("INSERT INTO t VALUES (1);", most),
                0..0,
            ),
            ("no row", many("INSERT INTO t VALUES (f('a", most + 1), 0..0),
        ] {
            let found = data(&text);
            let expect: Vec<usize> = match name {
                "without an end" => vec![most + 1, most + 3],
                _ => expect.collect(),
            };
            assert_eq!(found, expect, "{name}");
        }
    }
}
