//! How `auto` chooses a dialect: marks that speak for one, found among the words of the code.

use super::{DIALECTS, Dialect};
use foldhash::HashMap;
use marks::MARKS;
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
    let mut map: HashMap<&'static str, Vec<Mark>> = HashMap::default();
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
        Some((dialect, marks)) => (
            dialect,
            format!("looks like {}: {}", dialect.display_name, marks.iter().map(|mark| written(mark)).collect::<Vec<_>>().join(", ")),
        ),
        None => (&DIALECTS[0], "no mark of a dialect found: read as standard SQL, listed under the default dialect".into()),
    }
}

/// A mark as people write it: blanks stand between words, not about signs.
fn written(mark: &str) -> String {
    let mut text = String::new();
    for word in mark.split(' ') {
        let letters = |end: Option<char>| end.is_some_and(|c| c.is_alphanumeric() || c == '_');
        if letters(text.chars().last()) && (letters(word.chars().next()) || word.starts_with('@')) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
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
    let head = &text[..text.floor_char_boundary(DETECT_BYTES)];
    let escapes = crate::lineage::source::shows_escapes(head);
    let code = without_comments(head, escapes).to_ascii_uppercase();
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
            if words[at + 1..].starts_with(&mark.rest) && !is_name(&words, at, mark.text) {
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
    if code.contains("].[") || code.match_indices('[').any(|(at, _)| is_bracketed_name(bytes, at)) && !code.contains("ARRAY[") {
        add("tsql", if code.contains("].[") { 4 } else { 2 }, "[brackets]");
    }
    if code.match_indices('-').any(|(at, _)| is_project(bytes, at)) {
        add("bigquery", 3, "project-name.");
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
    // It speaks for several, of which something else must tell one.
    for (dialect, score) in DIALECTS.iter().zip(&mut score) {
        *score += if escapes && *score > 0 && ESCAPES.contains(&dialect.id) { 2 } else { 0 };
    }
    let (best, top) = score.iter().enumerate().max_by_key(|(at, s)| (**s, std::cmp::Reverse(*at)))?;
    if *top < ENOUGH {
        return None;
    }
    Some((&DIALECTS[best], found.into_iter().filter(|(at, ..)| *at == best).map(|(.., mark)| mark).collect()))
}

/// Whether the words of a mark are names here: a CTE called data, a column called sel.
fn is_name(words: &[&str], at: usize, mark: &str) -> bool {
    let next = |n: usize| words.get(at + n).copied().unwrap_or_default();
    match mark {
        "WITH DATA" => matches!(next(2), "AS" | "("),
        "SEL" => matches!(next(1), "," | "." | ")" | "=" | "FROM" | "AS" | "") || at > 0 && matches!(words[at - 1], "." | "," | "FROM"),
        _ => false,
    }
}

/// Whether the colon at `at` stands between a value and a key of it, both of which it touches; labels of blocks are none.
fn is_path(code: &[u8], at: usize) -> bool {
    let value = at > 0 && (code[at - 1].is_ascii_alphanumeric() || matches!(code[at - 1], b'_' | b')'));
    let after = &code[(at + 1).min(code.len())..];
    let key = after.first().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'"'));
    value && key && !["BEGIN", "LOOP", "WHILE", "REPEAT", "FOR"].iter().any(|word| after.starts_with(word.as_bytes()))
}

/// Whether the bracket at `at` quotes a name, as opposed to taking an element or holding an array.
fn is_bracketed_name(code: &[u8], at: usize) -> bool {
    let element = at > 0 && (code[at - 1].is_ascii_alphanumeric() || matches!(code[at - 1], b'_' | b')' | b']' | b'`' | b'"'));
    let inside = code[at + 1..].iter().take(MAX_BRACKETED).take_while(|b| **b != b']');
    let named = code.get(at + 1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    named && !element && inside.clone().count() < MAX_BRACKETED && !inside.clone().any(|b| b",.:('\"[`\n|+".contains(b))
}

/// Longest name in brackets: SQL Server's limit.
const MAX_BRACKETED: usize = 128;

/// Whether the dash at `at` stands in the name of a project, before a dot and behind a word that relations follow.
fn is_project(code: &[u8], at: usize) -> bool {
    let part = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'-';
    let begin = at - code[..at].iter().rev().take(MAX_PROJECT).take_while(part).count();
    let end = at + code[at..].iter().take(MAX_PROJECT).take_while(part).count();
    let before = code[..begin].trim_ascii_end();
    let joined = begin < at && at + 1 < end && code.get(end) == Some(&b'.') && before.len() < begin;
    joined && ["FROM", "JOIN", "INTO", "TABLE", "VIEW", "UPDATE", "MERGE"].iter().any(|word| before.ends_with(word.as_bytes()))
}

/// Longest name of a project: BigQuery's limit.
const MAX_PROJECT: usize = 30;

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
            "FROM" if (i == 0 || at(i - 1) == ";") && words[i..].iter().take_while(|w| **w != ";").any(|w| *w == "INSERT") => {
                found.push(("FROM … INSERT", "hive", 3));
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

/// Dialects in whose strings a backslash escapes a quote.
const ESCAPES: [&str; 8] = ["mysql", "bigquery", "spark", "databricks", "hive", "clickhouse", "redshift", "snowflake"];

/// Longest tag of a template that is left out.
const MAX_TAG: usize = 4096;

/// `text` with comments, templates and string contents blanked, so that prose does not decide.
fn without_comments(text: &str, escapes: bool) -> String {
    let bytes = text.as_bytes();
    let end = bytes.len();
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
                at += 1;
                while at < end && bytes[at] != b'\'' {
                    at += 1 + usize::from(escapes && bytes[at] == b'\\');
                }
                out.extend_from_slice(b"''");
                at += 1;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
