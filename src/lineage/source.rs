//! From the text of a file to text that a SQL tokeniser can read, byte for byte in the same place.
//!
//! What belongs to a client tool (batch separators, `DELIMITER`, psql and SQL*Plus commands, `COPY` data) or to a template engine
//! is blanked or made an identifier of the same length, so that offsets and lines of the result are those of the file.

use super::dialect::Grammar;
use foldhash::HashMap;
use std::ops::Range;
use template::{MAX_SETTING, computed, mangle, settings, template};

mod data;
mod jinja;
mod quote;
mod template;

use data::Rows;
use quote::Backslash;
pub(crate) use quote::shows_escapes;
pub(crate) use template::{filled, is_template};

/// Text ready for tokenising, and where batches end.
#[derive(Debug)]
pub(crate) struct Source {
    /// As long as the original, lines unchanged.
    pub(crate) text: String,
    /// Byte offsets where a batch ends (`GO`, `/`, a custom delimiter), rising.
    pub(crate) cuts: Vec<usize>,
    /// What identifiers stand for that were put in, rising.
    pub(crate) holes: Vec<Hole>,
    /// Rows of data that were blanked: the first line of them, and how many lines they are.
    pub(crate) rows: Option<(u32, u32)>,
    /// Where data was that is blanks now, in lines outside of strings and comments, rising.
    pub(crate) data: Vec<Range<usize>>,
}

/// A place of a text where an identifier of the same length stands for something else.
#[derive(Debug)]
pub(crate) struct Hole {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What was written there (`&{x}` for SQL*Plus' `&x`), or what a `:setvar` or DEFINE says that it is.
    pub(crate) text: String,
    /// It is what a `:setvar` or DEFINE says.
    pub(crate) set: bool,
}

/// Whether a trimmed line is a T-SQL batch separator: `GO`, `go 5`, `GO;`.
pub(crate) fn is_go(line: &str) -> bool {
    let Some(word) = line.get(..2) else { return false };
    let rest = line[2..].trim().trim_end_matches(';');
    word.eq_ignore_ascii_case("go")
        && (line.len() == 2 || !line.as_bytes()[2].is_ascii_alphanumeric() && line.as_bytes()[2] != b'_')
        && (rest.is_empty() || rest.bytes().all(|b| b.is_ascii_digit()) || rest.starts_with("--"))
}

/// Whether several lines go to another database.
pub(crate) fn may_use_several(text: &str) -> bool {
    let goes = |line: &&str| line.trim_start().get(..4).is_some_and(|word| word.eq_ignore_ascii_case("use "));
    text.lines().filter(goes).nth(1).is_some()
}

/// Words that begin what may follow SQL*Plus' slash.
const AFTER_SLASH: [&str; 47] = [
    "SELECT",
    "WITH",
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "CREATE",
    "ALTER",
    "DROP",
    "TRUNCATE",
    "COMMENT",
    "GRANT",
    "REVOKE",
    "RENAME",
    "BEGIN",
    "DECLARE",
    "CALL",
    "EXEC",
    "EXECUTE",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "LOCK",
    "ANALYZE",
    "AUDIT",
    "NOAUDIT",
    "PURGE",
    "FLASHBACK",
    "EXPLAIN",
    "SET",
    "SHOW",
    "PROMPT",
    "REM",
    "REMARK",
    "SPOOL",
    "WHENEVER",
    "DEFINE",
    "UNDEFINE",
    "COLUMN",
    "COL",
    "VARIABLE",
    "PRINT",
    "CONNECT",
    "DESC",
    "DESCRIBE",
    "EXIT",
    "QUIT",
];

/// Whether a line that is `/` between `before` and `after` ends a statement, as opposed to dividing: a `;` stands before it, or a statement
/// begins behind it, or nothing does.
pub(crate) fn is_slash(before: &[u8], after: &[u8]) -> bool {
    if before.trim_ascii_end().last().is_none_or(|b| *b == b';') {
        return true;
    }
    let mut rest = after.trim_ascii_start();
    while rest.starts_with(b"--") || rest.starts_with(b"/*") {
        let close: &[u8] = if rest[0] == b'-' { b"\n" } else { b"*/" };
        let end = rest.windows(close.len()).position(|w| w == close).map_or(rest.len(), |at| at + close.len());
        rest = rest[end..].trim_ascii_start();
    }
    let word = &rest[..rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()];
    matches!(rest.first(), None | Some(b'/' | b'@' | b'<' | b'!')) || AFTER_SLASH.iter().any(|w| word.eq_ignore_ascii_case(w.as_bytes()))
}

/// Settings of SQL*Plus; `SET` with anything else is SQL.
const SQLPLUS_SETTINGS: [&str; 30] = [
    "APPINFO",
    "ARRAYSIZE",
    "AUTOCOMMIT",
    "AUTOTRACE",
    "COLSEP",
    "DEFINE",
    "ECHO",
    "ESCAPE",
    "FEED",
    "FEEDBACK",
    "HEAD",
    "HEADING",
    "LINES",
    "LINESIZE",
    "LONG",
    "NUMFORMAT",
    "NUMWIDTH",
    "PAGES",
    "PAGESIZE",
    "SCAN",
    "SERVEROUTPUT",
    "SQLBLANKLINES",
    "SQLPROMPT",
    "TAB",
    "TERM",
    "TERMOUT",
    "TIMING",
    "TRIMSPOOL",
    "VERIFY",
    "WRAP",
];

/// Whether a trimmed line is a command to SQL*Plus.
fn sqlplus(line: &str) -> bool {
    let mut words = line.split(|c: char| c.is_whitespace() || c == ';');
    let first = words.next().unwrap_or_default().to_uppercase();
    let second = words.next().unwrap_or_default().to_uppercase();
    match first.as_str() {
        "PROMPT" | "REM" | "REMARK" | "SPOOL" | "WHENEVER" | "TTITLE" | "BTITLE" | "ACCEPT" | "PAUSE" | "UNDEFINE" | "VARIABLE" => true,
        "SET" => SQLPLUS_SETTINGS.contains(&second.as_str()),
        "SHOW" => matches!(second.as_str(), "ERRORS" | "ERR" | "USER"),
        "COLUMN" | "COL" => words.any(|w| ["FORMAT", "HEADING", "NEW_VALUE", "NOPRINT"].iter().any(|x| w.eq_ignore_ascii_case(x))),
        "CLEAR" => matches!(second.as_str(), "COLUMNS" | "BREAKS" | "SCREEN"),
        _ => false,
    }
}

/// What the scan is inside of, at the start of a line.
enum Inside {
    Code,
    /// A block comment, this deep.
    Comment(usize),
    /// A quoted thing that ends with this byte (doubled to escape), and what a backslash means in it.
    Quote(u8, Backslash),
    /// A string that ends with this byte and a quote.
    Chosen(u8),
    /// A dollar-quoted string with this tag.
    Dollar(String),
}

/// Follows the lines of a file.
struct Scan {
    grammar: Grammar,
    inside: Inside,
    /// In code that other databases take for a comment: `/*!40101 … */`.
    hint: bool,
    /// What ends a statement instead of `;`; empty when `;` does.
    delimiter: String,
    /// The text shows that backslashes escape in its strings.
    escapes: bool,
    cuts: Vec<usize>,
    /// What variables of SQL*Plus, SnowSQL and psql hold from here on, by lower-case name.
    defined: HashMap<String, String>,
    /// Where such variables stand.
    holes: Vec<Hole>,
}

/// Longest custom delimiter: people write `//`, `$$`, `;;`, `END_OF_ROUTINE`.
const MAX_DELIMITER: usize = 32;

/// Prepares `text`. One pass, linear.
pub(crate) fn prepare(text: &str, grammar: Grammar) -> Source {
    let mut out = text.as_bytes().to_vec();
    if text.starts_with('\u{feff}') {
        out[..3].fill(b' ');
    }
    let mut holes = Vec::new();
    if text.contains('{') || text.contains('$') {
        let settings = if grammar.is_tsql() { settings(text) } else { Vec::new() };
        holes = template(&mut out, &settings);
    }
    // Athena takes Hive's words for what a table is, and Trino's for queries.
    let escapes = (grammar.generic || grammar.is(&["athena"])) && shows_escapes(text);
    let mut scan = Scan {
        grammar,
        inside: Inside::Code,
        hint: false,
        delimiter: String::new(),
        escapes,
        cuts: Vec::new(),
        defined: HashMap::default(),
        holes: Vec::new(),
    };
    let mut copy_data = false;
    let mut from_stdin = false;
    // A COPY whose data a client sends later is followed by SQL: data is only skipped where its end mark exists.
    let last_copy_end = if text.contains('\\') { text.rfind("\n\\.") } else { None };
    let mut rows = Rows::default();
    let mut data: Vec<Range<usize>> = Vec::new();
    let mut number = 0;
    let mut start = 0;
    while start < out.len() {
        number += 1;
        // Lines of the result are those of the text.
        let end = text[start..].find('\n').map_or(out.len(), |p| start + p);
        if copy_data {
            copy_data = !out[start..end].starts_with(b"\\.");
            blank_data(&mut out, start, end, &mut data);
        } else if matches!(scan.inside, Inside::Code) && scan.client_line(&mut out, start, end) {
            // Nothing of the line is SQL, but for psql's own COPY, whose data may follow.
            copy_data = last_copy_end.is_some_and(|last| last >= end) && copies_stdin(&text.as_bytes()[start..end]);
        } else {
            let begins_in_code = matches!(scan.inside, Inside::Code);
            scan.line(&mut out, start, end);
            if begins_in_code
                && matches!(scan.inside, Inside::Code)
                && rows.is_data(&text[start..end], text.get(end + 1..).unwrap_or_default(), number)
            {
                blank_data(&mut out, start, end, &mut data);
            }
            if last_copy_end.is_some() && matches!(scan.inside, Inside::Code) {
                let line = String::from_utf8_lossy(&out[start..end]).to_uppercase();
                from_stdin |= line.contains("FROM STDIN");
                if from_stdin && line.trim_end().ends_with(';') {
                    copy_data = last_copy_end.is_some_and(|last| last >= end);
                    from_stdin = false;
                } else if line.contains(';') {
                    from_stdin = false;
                }
            }
        }
        start = end + 1;
    }
    let text = String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
    holes.append(&mut scan.holes);
    holes.sort_by_key(|hole| hole.start);
    Source { text, cuts: scan.cuts, holes, rows: rows.left_out, data }
}

/// Whether a line is psql's `\copy t FROM stdin`.
fn copies_stdin(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"\\copy"))
        && String::from_utf8_lossy(line).to_uppercase().contains("FROM STDIN")
}

/// Blanks a line of data.
fn blank_data(out: &mut [u8], start: usize, end: usize, data: &mut Vec<Range<usize>>) {
    blank(out, start, end);
    match data.last_mut() {
        Some(last) if last.end + 1 == start => last.end = end,
        _ => data.push(start..end),
    }
}

fn blank(out: &mut [u8], start: usize, end: usize) {
    for byte in &mut out[start..end] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// Bytes that may end or begin something in code; the others are passed over.
const CODE_MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    let bytes = b"-#/*'\"`[$&:\\";
    let mut at = 0;
    while at < bytes.len() {
        marks[bytes[at] as usize] = true;
        at += 1;
    }
    marks
};

impl Scan {
    /// Handles a line that is a command to a client tool; `false` when it is SQL.
    fn client_line(&mut self, out: &mut [u8], start: usize, end: usize) -> bool {
        // Most lines are told by how they begin.
        let first = out[start..end].iter().find(|b| !b.is_ascii_whitespace());
        // Words are Oracle's, but for GO and DELIMITER.
        let command = |b: u8| match b.to_ascii_uppercase() {
            b'D' | b'G' => true,
            b if b.is_ascii_alphabetic() => b"ACPRSTUVW".contains(&b) && self.grammar.is(&["oracle"]),
            b => !b.is_ascii() || b"/:.@\\!%-".contains(&b),
        };
        if first.is_none_or(|b| !command(*b)) {
            return false;
        }
        let line = String::from_utf8_lossy(&out[start..end]);
        let trimmed = line.trim();
        let starts = |word: &str| {
            trimmed.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word))
                && trimmed.as_bytes().get(word.len()).is_none_or(|b| b.is_ascii_whitespace() || *b == b';')
        };
        let tsql = self.grammar.is_tsql();
        // SQL*Plus: DEFINE name = value; SnowSQL: !define name=value.
        let definition = trimmed.trim_start_matches('!').trim_end_matches(';').split_once(char::is_whitespace);
        if let Some((define, rest)) = definition
            && ["define", "def"].iter().any(|w| define.eq_ignore_ascii_case(w))
            && let Some((name, value)) = rest.split_once('=')
            && (self.grammar.is(&["oracle"]) || trimmed.starts_with('!'))
        {
            let value = value.trim().trim_matches(['\'', '"']);
            if value.len() <= MAX_SETTING {
                self.defined.insert(name.trim().to_lowercase(), value.to_owned());
            }
            blank(out, start, end);
            return true;
        }
        // psql: \set name value.
        if let Some(rest) = trimmed.strip_prefix("\\set ")
            && let Some((name, value)) = rest.trim_start().split_once(char::is_whitespace)
            && value.len() <= MAX_SETTING
        {
            self.defined.insert(name.to_owned(), value.trim().trim_matches('\'').to_owned());
        }
        if (self.grammar.generic || tsql) && is_go(trimmed) || trimmed == "/" && is_slash(&out[..start], &out[end..]) {
            self.cuts.push(start);
        } else if starts("DELIMITER") && !trimmed[9..].trim_start().starts_with('\'') && !starts("DELIMITER AS") {
            let word = trimmed[9..].trim();
            self.delimiter = if word == ";" || word.len() > MAX_DELIMITER { String::new() } else { word.to_owned() };
            self.cuts.push(start);
        } else if trimmed.starts_with("-- COMMAND ---") && self.grammar.is(&["databricks", "spark"]) {
            // A cell of a notebook that was exported as SQL.
            self.cuts.push(start);
        } else if starts("\\copy") {
            // psql's own COPY is one line.
            let sign = start + (line.len() - line.trim_start().len());
            out[sign] = b' ';
            self.cuts.push(start);
            self.line(out, start, end);
            self.inside = Inside::Code;
            self.cuts.push(end);
            return true;
        } else if !(trimmed.starts_with('\\')
            || tsql && trimmed.starts_with(':') && (starts(":setvar") || starts(":r") || starts(":on") || starts(":connect"))
            || self.grammar.is(&["oracle"]) && (trimmed.starts_with('@') || sqlplus(trimmed))
            || self.grammar.is(&["hive", "spark", "snowflake"]) && trimmed.starts_with('!')
            || self.grammar.is(&["databricks", "spark"]) && trimmed.starts_with('%')
            || self.grammar.is(&["sqlite", "duckdb", "teradata"]) && trimmed.starts_with('.'))
        {
            return false;
        }
        blank(out, start, end);
        true
    }

    /// SQL*Plus' `&name`, `&&name` and `&name.`, SnowSQL's `&name` and `&{name}` at `at`: text that is asked for or defined.
    fn variable(&mut self, out: &mut [u8], at: usize, end: usize) -> bool {
        let oracle = self.grammar.is(&["oracle"]);
        let mut from = at + 1;
        from += usize::from(oracle && out.get(from) == Some(&b'&'));
        let brace = usize::from(!oracle && out.get(from) == Some(&b'{'));
        from += brace;
        let length = out[from.min(end)..end].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let mut close = from + length;
        if length == 0 || brace == 1 && out.get(close) != Some(&b'}') {
            return false;
        }
        let name = String::from_utf8_lossy(&out[from..close]).into_owned();
        close += brace;
        // There a dot ends the name.
        close += usize::from(oracle && close < end && out[close] == b'.');
        if let Some(value) = self.defined.get(&name.to_lowercase()) {
            mangle(out, at, close);
            self.holes.push(Hole { start: at, end: close, text: value.clone(), set: true });
        } else if computed(out, at, close) {
            self.holes.push(Hole { start: at, end: close, text: format!("&{{{name}}}"), set: false });
        }
        true
    }

    /// psql's `:name` and `:"name"` at `at`, where `\set` says what it is, or where only a relation can stand. Elsewhere it may be the
    /// parameter of a driver.
    fn psql_variable(&mut self, out: &mut [u8], at: usize, end: usize) -> bool {
        let quote = usize::from(out.get(at + 1) == Some(&b'"'));
        let from = (at + 1 + quote).min(end);
        let length = out[from..end].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let close = from + length + quote;
        let cast = at > 0 && out[at - 1] == b':';
        if length == 0 || cast || quote == 1 && out.get(close - 1) != Some(&b'"') {
            return false;
        }
        let name = String::from_utf8_lossy(&out[from..from + length]).into_owned();
        let hole = match self.defined.get(&name) {
            Some(value) => Hole { start: at, end: close, text: value.clone(), set: true },
            None if out.get(close) != Some(&b'.') && names_relation(&out[..at]) => {
                Hole { start: at, end: close, text: format!("&{{{name}}}"), set: false }
            }
            None => return false,
        };
        mangle(out, at, close);
        self.holes.push(hole);
        true
    }

    /// Follows quotes and comments through one line, and cuts at the custom delimiter.
    fn line(&mut self, out: &mut [u8], start: usize, end: usize) {
        let grammar = self.grammar;
        let mut at = start;
        while at < end {
            let byte = out[at];
            let next = out.get(at + 1).copied().unwrap_or(b'\n');
            match &mut self.inside {
                Inside::Code => {
                    if !self.delimiter.is_empty() && out[at..end].starts_with(self.delimiter.as_bytes()) {
                        self.cuts.push(at);
                        blank(out, at, at + self.delimiter.len());
                        at += self.delimiter.len();
                        continue;
                    }
                    if !CODE_MARKS[usize::from(byte)] {
                        let plain = |b: &&u8| !CODE_MARKS[usize::from(**b)];
                        at += if self.delimiter.is_empty() { out[at..end].iter().take_while(plain).count() } else { 1 };
                        continue;
                    }
                    match (byte, next) {
                        (b'-', b'-') => return,
                        (b'#', _) if grammar.is(&["mysql", "bigquery"]) => return,
                        (b'/', b'*') if out.get(at + 2) == Some(&b'!') && (grammar.generic || grammar.is(&["mysql"])) => {
                            let version = out[at + 3..end].iter().take_while(|b| b.is_ascii_digit()).count();
                            blank(out, at, at + 3 + version);
                            self.hint = true;
                            at += 2 + version;
                        }
                        (b'*', b'/') if self.hint => {
                            blank(out, at, at + 2);
                            self.hint = false;
                            at += 1;
                        }
                        // PUT file:///folder/* @stage: neither slashes nor stars begin a comment.
                        (b'/', b'/') if grammar.is(&["snowflake"]) && out[..at].ends_with(b"file:") => {
                            let path = out[at..end].iter().take_while(|b| !b.is_ascii_whitespace() && **b != b';').count();
                            blank(out, at, at + path);
                        }
                        (b'/', b'*') => {
                            self.inside = Inside::Comment(1);
                            at += 1;
                        }
                        (b'&', _) if grammar.is(&["oracle", "snowflake"]) && self.variable(out, at, end) => {}
                        (b':', _) if grammar.is(&["postgres", "redshift"]) && self.psql_variable(out, at, end) => {}
                        // psql: a variable before a dot is a qualifier that only running gives.
                        (b':', _) if grammar.is(&["postgres", "redshift"]) && qualifier(&out[..end], at) > 0 => {
                            let used = qualifier(&out[..end], at);
                            blank(out, at, at + used);
                        }
                        // psql: `:'name'` is a string, `\gexec` ends a statement.
                        (b':', b'\'' | b'"') if grammar.is(&["postgres", "redshift"]) && (at == 0 || out[at - 1] != b':') => {
                            out[at] = b' ';
                        }
                        (b'\\', _) if grammar.is(&["postgres", "redshift"]) => {
                            self.cuts.push(at);
                            blank(out, at, end);
                            return;
                        }
                        (b'\'', _) if let Some(close) = quote::chosen(out, at, grammar) => {
                            self.inside = Inside::Chosen(close);
                            at += 1;
                        }
                        (b'\'' | b'"' | b'`', _) => {
                            self.inside = Inside::Quote(byte, Backslash::within(out, at, grammar, self.escapes));
                        }
                        (b'[', _) if grammar.is_tsql() => self.inside = Inside::Quote(b']', Backslash::Plain),
                        (b'$', _) if self.delimiter.is_empty() && !grammar.is_tsql() => {
                            if let Some(tag) = dollar_tag(&out[at..end]) {
                                at += tag.len() - 1;
                                self.inside = Inside::Dollar(tag);
                            }
                        }
                        _ => {}
                    }
                }
                Inside::Comment(depth) => match (byte, next) {
                    (b'*', b'/') => {
                        at += 1;
                        *depth -= 1;
                        if *depth == 0 {
                            self.inside = Inside::Code;
                        }
                    }
                    (b'/', b'*') if grammar.is_tsql() || grammar.is(&["postgres", "duckdb"]) => {
                        at += 1;
                        *depth += 1;
                    }
                    _ => {}
                },
                Inside::Quote(quote, backslash) => {
                    if byte == b'\\' && *backslash != Backslash::Plain {
                        backslash.settle(out, at, *quote);
                        at += 1;
                    } else if byte == *quote && next == *quote {
                        at += 1;
                    } else if byte == *quote {
                        self.inside = Inside::Code;
                    }
                }
                Inside::Chosen(close) => {
                    if byte == *close && next == b'\'' {
                        at += 1;
                        self.inside = Inside::Code;
                    }
                }
                Inside::Dollar(tag) => {
                    if byte == b'$' && out[at..end].starts_with(tag.as_bytes()) {
                        at += tag.len() - 1;
                        self.inside = Inside::Code;
                    }
                }
            }
            at += 1;
        }
    }
}

/// Whether a relation's name follows `text`.
fn names_relation(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    let word = text.rsplit(|b| !b.is_ascii_alphabetic()).next().unwrap_or_default();
    text.last() == Some(&b'.') || ["FROM", "JOIN", "INTO", "UPDATE", "TABLE"].iter().any(|w| word.eq_ignore_ascii_case(w.as_bytes()))
}

/// The length of psql's `:name.` or `:"name".` at `at`; 0 when something else stands there.
fn qualifier(line: &[u8], at: usize) -> usize {
    let before = at.checked_sub(1).map(|i| line[i]);
    if !before.is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'(' | b',')) {
        return 0;
    }
    let quote = usize::from(line.get(at + 1) == Some(&b'"'));
    let from = at + 1 + quote;
    let name = line[from.min(line.len())..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let dot = from + name + quote;
    let closed = quote == 0 || line.get(from + name) == Some(&b'"');
    if name > 0 && closed && line.get(dot) == Some(&b'.') { dot + 1 - at } else { 0 }
}

/// The dollar-quote tag (`$$`, `$body$`) that `bytes` starts with.
pub(crate) fn dollar_tag(bytes: &[u8]) -> Option<String> {
    let close = bytes.iter().skip(1).take(MAX_TAG).position(|b| *b == b'$')? + 1;
    let name = &bytes[1..close];
    let word = name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') && !name.first().is_some_and(u8::is_ascii_digit);
    word.then(|| String::from_utf8_lossy(&bytes[..=close]).into_owned())
}

/// Longest dollar-quote tag: PostgreSQL's limit for identifiers.
const MAX_TAG: usize = 64;
