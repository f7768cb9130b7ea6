//! How `auto` chooses a dialect: marks that speak for one, found among the words of the code.

use super::{DIALECTS, Dialect};
use marks::MARKS;
use std::collections::HashMap;
use std::sync::LazyLock;

mod marks;

/// Marks are looked for in this many bytes from the start of a file; a longer file does not become clearer.
const DETECT_BYTES: usize = 256 * 1024;

/// Types that follow the name of a parameter or variable where that begins with `@`.
const TYPES: [&str; 14] =
    ["INT", "BIGINT", "SMALLINT", "TINYINT", "BIT", "DECIMAL", "NUMERIC", "FLOAT", "MONEY", "CHAR", "VARCHAR", "NCHAR", "DATE", "DATETIME"];

/// The least sum of weights that decides: one word that others have, too, does not.
const ENOUGH: u32 = 2;

/// One mark: the words after its first, and how much it says for which dialect.
struct Mark {
    text: &'static str,
    rest: Vec<&'static str>,
    dialect: usize,
    weight: u32,
}

/// The marks by their first word.
static BY_WORD: LazyLock<HashMap<&'static str, Vec<Mark>>> = LazyLock::new(|| {
    let mut map: HashMap<&'static str, Vec<Mark>> = HashMap::new();
    for (id, marks) in MARKS {
        let dialect = DIALECTS.iter().position(|d| d.id == id).unwrap_or_default();
        for (text, weight) in marks {
            let mut words = text.split(' ');
            let first = words.next().unwrap_or_default();
            map.entry(first).or_default().push(Mark { text, rest: words.collect(), dialect, weight: *weight });
        }
    }
    map
});

/// The dialect that SQL `text` most looks like, and the marks that decided, for people. Without any mark: the default.
pub fn detect(text: &str) -> (&'static Dialect, String) {
    match strongest(text) {
        Some((dialect, marks)) => (dialect, format!("looks like {}: {}", dialect.display_name, marks.join(", "))),
        None => (&DIALECTS[0], "no mark of a dialect found: read as standard SQL, listed under the default dialect".into()),
    }
}

/// As [`detect`], of a file: where no mark decides, what its name ends with may.
pub fn detect_file(path: &str, text: &str) -> (&'static Dialect, String) {
    match ending(path).filter(|_| strongest(text).is_none()) {
        Some(dialect) => (dialect, format!("no mark of a dialect found: files called so are {}", dialect.display_name)),
        None => detect(text),
    }
}

/// The dialect to read a file in: the one that is given, or that its name tells where none is and no mark decides.
pub(crate) fn of_file<'a>(path: &str, text: &str, given: &'a str) -> &'a str {
    let open = given.is_empty() || given.eq_ignore_ascii_case("auto");
    let told = ending(path).filter(|_| open && strongest(text).is_none());
    told.map_or(given, |dialect| dialect.id)
}

/// The dialect of files whose names end so.
fn ending(path: &str) -> Option<&'static Dialect> {
    let (_, id) = ENDINGS
        .iter()
        .find(|(ending, _)| path.get(path.len().wrapping_sub(ending.len())..).is_some_and(|e| e.eq_ignore_ascii_case(ending)))?;
    DIALECTS.iter().find(|d| d.id == *id)
}

const ENDINGS: [(&str, &str); 6] =
    [(".hql", "hive"), (".tsql", "tsql"), (".psql", "postgres"), (".pls", "oracle"), (".pks", "oracle"), (".pkb", "oracle")];

pub(super) fn strongest(text: &str) -> Option<(&'static Dialect, Vec<&'static str>)> {
    let code = without_comments(text).to_ascii_uppercase();
    let words = words(&code);
    // Each mark counts once, however often it stands there.
    let mut found: Vec<(usize, u32, &'static str)> = Vec::new();
    let mut add = |id: &str, weight: u32, mark: &'static str| {
        let dialect = DIALECTS.iter().position(|d| d.id == id).unwrap_or_default();
        if !found.iter().any(|(at, _, text)| *at == dialect && *text == mark) {
            found.push((dialect, weight, mark));
        }
    };
    for (at, word) in words.iter().enumerate() {
        for mark in BY_WORD.get(word).into_iter().flatten() {
            if words[at + 1..].starts_with(&mark.rest) {
                add(DIALECTS[mark.dialect].id, mark.weight, mark.text);
            }
        }
        if *word == "@" && words.get(at + 2).is_some_and(|after| TYPES.contains(after)) {
            add("tsql", 3, "@parameter type");
        }
    }
    for (mark, id, weight) in shapes(&words) {
        add(id, weight, mark);
    }
    let lines = || code.lines().map(str::trim);
    if lines().any(crate::lineage::source::is_go) {
        add("tsql", 6, "GO");
    }
    let slash = |at: usize| {
        let (before, after) = (&code.as_bytes()[..at], &code.as_bytes()[at + 1..]);
        let blank = |b: &&u8| matches!(**b, b' ' | b'\t' | b'\r');
        let alone = before.iter().rev().find(|b| !blank(b)).is_none_or(|b| *b == b'\n')
            && after.iter().find(|b| !blank(b)).is_none_or(|b| *b == b'\n');
        alone && crate::lineage::source::is_slash(before, after)
    };
    if code.match_indices('/').any(|(at, _)| slash(at)) {
        add("oracle", 5, "/ on its own line");
    }
    let bteq =
        |l: &str| l.strip_prefix('.').is_some_and(|l| BTEQ.iter().any(|w| l.strip_prefix(w).is_some_and(|l| l.starts_with([' ', ';']))));
    if lines().any(bteq) {
        add("teradata", 3, ".COMMAND");
    }
    let delimiter = |l: &str| l.strip_prefix("DELIMITER ").is_some_and(|l| !l.trim_start().starts_with('\'') && !l.starts_with("AS "));
    if lines().any(delimiter) {
        add("mysql", 6, "DELIMITER");
    }
    let head = &text[..text.floor_char_boundary(DETECT_BYTES)];
    if head.contains("/*!") {
        add("mysql", 4, "/*! … */");
    }
    if head.contains("-- COMMAND ----------") || head.contains("-- MAGIC ") {
        add("databricks", 6, "notebook cells");
    }
    if head.contains("{{ ref(") || head.contains("{{ source(") {
        // A template says nothing of the database, but its quotes and brackets are no marks either.
        found.retain(|(_, weight, _)| *weight > 1);
    }
    let mut add = |id: &str, weight: u32, mark: &'static str| {
        found.push((DIALECTS.iter().position(|d| d.id == id).unwrap_or_default(), weight, mark));
    };
    let bytes = code.as_bytes();
    let pairs = |test: fn(u8, u8) -> bool| bytes.windows(2).any(|w| test(w[0], w[1]));
    if pairs(|a, b| a == b'[' && (b.is_ascii_alphabetic() || b == b'_')) && (code.contains("].[") || !code.contains("ARRAY[")) {
        add("tsql", if code.contains("].[") { 4 } else { 2 }, "[brackets]");
    }
    if pairs(|a, b| a == b'@' && (b.is_ascii_alphabetic() || b == b'@')) {
        add("tsql", 1, "@variables");
    }
    if code.match_indices(':').any(|(at, _)| is_path(bytes, at)) {
        add("snowflake", 2, "value:key");
    }
    if pairs(|a, b| matches!(a, b' ' | b'\t' | b'.' | b'(') && b == b'#') {
        add("tsql", 1, "#temp");
    }
    // PostgreSQL and its like, which cast so, have no backticks.
    if code.contains("::") && code.matches('`').count() > 1 {
        found.retain(|(_, _, mark)| *mark != ": :");
        found.push((DIALECTS.iter().position(|d| d.id == "databricks").unwrap_or_default(), 4, "`name` and ::"));
    }
    let mut add = |id: &str, weight: u32, mark: &'static str| {
        found.push((DIALECTS.iter().position(|d| d.id == id).unwrap_or_default(), weight, mark));
    };
    // BigQuery quotes a whole path: `project.data.table`.
    if code.split('`').skip(1).step_by(2).any(|quoted| quoted.contains('.') && !quoted.contains(char::is_whitespace)) {
        add("bigquery", 3, "`a.b`");
    }
    let mut score = [0u32; DIALECTS.len()];
    for (dialect, weight, _) in &found {
        score[*dialect] += weight;
    }
    let (best, top) = score.iter().enumerate().max_by_key(|(at, s)| (**s, std::cmp::Reverse(*at)))?;
    if *top < ENOUGH {
        return None;
    }
    Some((&DIALECTS[best], found.into_iter().filter(|(at, ..)| *at == best).map(|(.., mark)| mark).collect()))
}

/// Whether the colon at `at` stands between a value and a key of it, both of which it touches; labels of blocks are none.
fn is_path(code: &[u8], at: usize) -> bool {
    let value = at > 0 && (code[at - 1].is_ascii_alphanumeric() || matches!(code[at - 1], b'_' | b')'));
    let after = &code[(at + 1).min(code.len())..];
    let key = after.first().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'"'));
    value && key && !["BEGIN", "LOOP", "WHILE", "REPEAT", "FOR"].iter().any(|word| after.starts_with(word.as_bytes()))
}

/// Lines that begin with one of these behind a dot are commands of BTEQ.
const BTEQ: [&str; 9] = ["LOGON", "LOGOFF", "OS", "RUN", "EXPORT", "IF", "LABEL", "GOTO", "SET"];

/// Marks that are no fixed words.
fn shapes(words: &[&str]) -> Vec<(&'static str, &'static str, u32)> {
    const BEGINS: [&str; 12] = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "SET", "IF", "EXEC", "TRUNCATE", "DROP", "PRINT"];
    let mut found = Vec::new();
    let name = |word: &str| word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let at = |i: usize| words.get(i).copied().unwrap_or_default();
    // One past a name of any parts.
    let name_end = |mut i: usize| {
        while at(i + 1) == "." {
            i += 2;
        }
        i + 1
    };
    for (i, word) in words.iter().enumerate() {
        match *word {
            // Elsewhere a body is a string, or begins with IS or BEGIN.
            "PROCEDURE" if i > 0 && matches!(at(i - 1), "CREATE" | "ALTER") => {
                let end = name_end(i + 1);
                if at(end) == "AS" && BEGINS.contains(&at(end + 1)) {
                    found.push(("CREATE PROCEDURE … AS statement", "tsql", 3));
                }
            }
            // INTO is left out.
            "INSERT" if name(at(i + 1)) && at(name_end(i + 1)) == "(" && !matches!(at(i + 1), "INTO" | "OVERWRITE" | "VALUES") => {
                found.push(("INSERT without INTO", "tsql", 1));
            }
            "FROM" | "JOIN" | "INTO" | "TABLE" | "UPDATE" if at(i + 1) == "#" && name(at(i + 2)) => {
                found.push(("#temporary table", "tsql", 2));
            }
            "FROM" | "JOIN" | "INTO" if name(at(i + 1)) && at(i + 2) == "." && at(i + 3) == "." && name(at(i + 4)) => {
                found.push(("database..table", "tsql", 2));
            }
            "ALTER" if at(i + 1) == "TABLE" => {
                let end = name_end(i + 2);
                if at(end) == "UPDATE" || at(end) == "DELETE" && at(end + 1) == "WHERE" {
                    found.push(("ALTER TABLE … UPDATE", "clickhouse", 3));
                }
            }
            _ => {}
        }
    }
    found
}

/// Words and single signs of upper-case code.
fn words(code: &str) -> Vec<&str> {
    let mut list = Vec::new();
    let bytes = code.as_bytes();
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || !b.is_ascii();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        if letter(bytes[start]) {
            while at < bytes.len() && letter(bytes[at]) {
                at += 1;
            }
        } else if bytes[start].is_ascii_whitespace() {
            continue;
        }
        list.push(&code[start..at]);
    }
    list
}

/// Longest tag of a template that is left out.
const MAX_TAG: usize = 4096;

/// The start of `text` with comments, templates and string contents blanked, so that prose does not decide.
fn without_comments(text: &str) -> String {
    let mut end = text.len().min(DETECT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let bytes = &text.as_bytes()[..end];
    let mut out = Vec::with_capacity(end);
    let mut at = 0;
    let mut closed = true;
    while at < end {
        match (bytes[at], bytes.get(at + 1)) {
            (b'-', Some(b'-')) => {
                while at < end && bytes[at] != b'\n' {
                    at += 1;
                }
            }
            (b'/', Some(b'*')) => {
                at += 2;
                while at < end && !(bytes[at] == b'*' && bytes.get(at + 1) == Some(&b'/')) {
                    at += 1;
                }
                at += 2;
                out.push(b' ');
            }
            // What stands in a template is not the database's.
            (b'{', Some(open @ (b'{' | b'%' | b'#'))) if closed => {
                let close = [if *open == b'{' { b'}' } else { *open }, b'}'];
                let found = bytes[at + 2..end.min(at + MAX_TAG).max(at + 2)].windows(2).position(|w| w == close);
                // No byte is searched often.
                closed = found.is_some();
                out.push(b' ');
                at += found.map_or(1, |found| found + 4);
            }
            (b'\'', _) => {
                let close = bytes[at + 1..].iter().position(|b| *b == b'\'').map_or(end, |p| at + 1 + p);
                out.extend_from_slice(b"''");
                at = close + 1;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
