//! Any bytes at all give a result: texts made of our own cases, cut, spliced, doubled and disturbed, and soups of words.
//!
//! `cargo test --test lineage_fuzz` runs a fixed set of them; `FUZZ_CASES=1000000 FUZZ_SEED=7` runs more and others. What it once
//! found stands in `tests/data/lineage_fuzz/`, is read each time, and is among what new texts are made of.

use headwater::lineage::dialect::{DIALECTS, find};
use headwater::lineage::{Facts, Output, Span, analyze, steps};
use std::path::Path;

/// Texts made without `FUZZ_CASES`: some seconds of an unoptimised build.
const CASES: u64 = 2_500;
/// Longest text made, in bytes: faults are in how things meet, not in length.
const LONGEST: usize = 3_000;
/// Work allowed for each byte of a text, in tokens looked at, and for any text: dynamic SQL may put together more than the text holds.
const STEPS_A_BYTE: usize = 400;
const STEPS_ANY: usize = 2_000_000;

/// Words and signs that begin, end and divide things somewhere.
const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "INSERT INTO",
    "VALUES",
    "UPDATE",
    "SET",
    "DELETE",
    "MERGE INTO",
    "USING",
    "WHEN MATCHED THEN",
    "CREATE",
    "TABLE",
    "VIEW",
    "PROCEDURE",
    "FUNCTION",
    "TRIGGER",
    "PACKAGE BODY",
    "TASK",
    "MACRO",
    "OR REPLACE",
    "AS",
    "IS",
    "BEGIN",
    "END",
    "END IF",
    "IF",
    "ELSE",
    "ELSIF",
    "THEN",
    "WHILE",
    "LOOP",
    "FOR",
    "IN",
    "DO",
    "CASE",
    "WHEN",
    "TRY",
    "CATCH",
    "DECLARE",
    "CURSOR",
    "OPEN",
    "FETCH",
    "CLOSE",
    "EXEC",
    "EXECUTE IMMEDIATE",
    "CALL",
    "RETURN QUERY",
    "RETURNS",
    "LANGUAGE",
    "plpgsql",
    "WITH",
    "RECURSIVE",
    "JOIN",
    "LEFT",
    "ON",
    "CROSS APPLY",
    "LATERAL",
    "GROUP BY",
    "ORDER BY",
    "UNION ALL",
    "EXCEPT",
    "PIVOT",
    "UNPIVOT",
    "QUALIFY",
    "OVER",
    "PARTITION BY",
    "OUTPUT",
    "INTO",
    "RETURNING",
    "TOP",
    "LIMIT",
    "OFFSET",
    "GO",
    "DELIMITER //",
    "COPY",
    "STDIN",
    "ALTER",
    "DROP",
    "RENAME TO",
    "SWAP WITH",
    "GRANT",
    "COMMENT ON",
    "TRUNCATE",
    "REPLACE",
    "DEFINE",
    "EXCHANGE TABLES",
    "LOCKING",
    "FORALL",
    "BULK COLLECT",
    "PREPARE",
    "PERFORM",
    "LET",
    "INSERT ALL",
    "FIRST",
    "OPENJSON",
    "XMLNAMESPACES",
    "SYSTEM_TIME",
    "MATCH",
    "a",
    "b",
    "t1",
    "dbo.t",
    "[x y]",
    "\"q\"",
    "`k`",
    "@v",
    "@@ROWCOUNT",
    "#t",
    "##g",
    ":NEW.a",
    "$1",
    "${x}",
    "$(x)",
    "{{ ref('m') }}",
    "{% if x %}",
    "1",
    "0x1F",
    "1.5e3",
    "'s'",
    "N'ü'",
    "'it''s'",
    "E'\\n'",
    "$$",
    "$b$",
    "'SELECT a FROM t'",
    "'INSERT INTO u SELECT '",
    "(",
    ")",
    ",",
    ";",
    ".",
    "..",
    "*",
    "=",
    ":=",
    "+=",
    "||",
    "+",
    "<<",
    ">>",
    "::",
    ":",
    "@",
    "#",
    "?",
    "!",
    "\\",
    "/",
    "/*",
    "*/",
    "--",
    "-- x\n",
    "\n",
    "\n/\n",
    "\nGO\n",
    "\n\\.\n",
    "\t",
    "\u{feff}",
    "é",
    "\u{0}",
    "%ROWTYPE",
    "&x",
    "~",
    "^",
    "|>",
    "->",
    "->>",
    "=>",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "<>",
];

/// A small generator of numbers: the same seed gives the same text everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    /// Below `limit`, which is not 0.
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Texts to start from, with the dialect of each; `auto` where none is said.
fn seeds() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut list = Vec::new();
    let mut folders = vec![root.join("tests/data/lineage"), root.join("tests/data/lineage_fuzz"), root.join("src/sample")];
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<_> = std::fs::read_dir(folder).expect("a folder of texts").map(|e| e.expect("an entry").path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "sql") {
                let text = String::from_utf8_lossy(&std::fs::read(&path).expect("text")).into_owned();
                for case in text.split("-- case: ") {
                    let said = case.lines().find_map(|l| l.strip_prefix("-- dialect: ")).and_then(|l| l.split(',').next());
                    let dialect = said.filter(|d| find(d).is_some()).unwrap_or("auto").trim().to_owned();
                    let sql = case.split("-- expect").next().unwrap_or_default();
                    list.push((sql.to_owned(), dialect));
                }
            }
        }
    }
    list
}

/// A part of `text`, in bytes: between any two places.
fn range(dice: &mut Dice, text: &[u8]) -> std::ops::Range<usize> {
    let (a, b) = (dice.below(text.len() + 1), dice.below(text.len() + 1));
    a.min(b)..a.max(b)
}

/// The text and dialect of one seed.
fn made(seed: u64, seeds: &[(String, String)]) -> (String, String) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (start, dialect) = dice.pick(seeds).clone();
    let mut text = if dice.below(4) == 0 { Vec::new() } else { start.into_bytes() };
    for _ in 0..1 + dice.below(6) {
        let other = dice.pick(seeds).0.as_bytes();
        match dice.below(8) {
            0 => text.truncate(dice.below(text.len() + 1)),
            1 => {
                let cut = range(&mut dice, &text);
                drop(text.drain(cut));
            }
            2 => {
                let again = text[range(&mut dice, &text)].to_vec();
                let at = dice.below(text.len() + 1);
                let times = 1 + dice.below(4);
                text.splice(at..at, again.repeat(times));
            }
            3 => {
                let at = range(&mut dice, &text);
                let part = range(&mut dice, other);
                text.splice(at, other[part].to_vec());
            }
            4 => {
                for _ in 0..1 + dice.below(8) {
                    let byte = dice.below(256) as u8;
                    if !text.is_empty() {
                        let at = dice.below(text.len());
                        text[at] = byte;
                    }
                }
            }
            5 => {
                // Without what ends statements.
                let sign = *dice.pick(b";;)('\n");
                text.retain(|b| *b != sign);
            }
            _ => {
                for _ in 0..1 + dice.below(30) {
                    let at = dice.below(text.len() + 1);
                    let word = format!(" {} ", dice.pick(WORDS));
                    text.splice(at..at, word.into_bytes());
                }
            }
        }
        text.truncate(LONGEST);
    }
    let dialect = match dice.below(3) {
        0 => dice.pick(&DIALECTS).id.to_owned(),
        1 => "auto".to_owned(),
        _ => dialect,
    };
    (String::from_utf8_lossy(&text).into_owned(), dialect)
}

/// What holds for every text.
fn check(text: &str, dialect: &str) {
    let facts = analyze(text, dialect);
    assert_eq!(facts, analyze(text, dialect), "the same text gives the same facts");
    assert!((0.0..=1.0).contains(&facts.coverage), "coverage {} is a share", facts.coverage);
    let lines = text.matches('\n').count() as u32 + 1;
    for diagnostic in &facts.diagnostics {
        assert!((1..=lines).contains(&diagnostic.line), "line {} of {lines}: {}", diagnostic.line, diagnostic.message);
    }
    for span in spans(&facts) {
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(text.get(start..end).is_some(), "{span:?} lies in the text of {} bytes, on characters", text.len());
        assert!(1 <= span.line && span.line <= span.line_end && span.line_end <= lines, "{span:?} has lines of {lines}");
    }
    for edge in &facts.edges {
        assert!((1..=lines).contains(&edge.line), "line {} of {lines}: {:?}", edge.line, edge.relation);
    }
    let (work, limit) = (steps(text, dialect), text.len() * STEPS_A_BYTE + STEPS_ANY);
    assert!(work <= limit, "{work} steps for {} bytes", text.len());
}

fn spans(facts: &Facts) -> Vec<Span> {
    let outputs = facts.statements.iter().flat_map(|s| &s.projections).flat_map(|p| p.branches.iter().flatten());
    let outputs = outputs.filter_map(|o| match o {
        // What no expression makes stands nowhere.
        Output::Column { span, .. } => Some(*span).filter(|s| *s != Span::default()),
        Output::Star(_) => None,
    });
    facts.statements.iter().map(|s| s.span).chain(facts.assets.iter().map(|a| a.span)).chain(outputs).collect()
}

#[test]
fn whatever_is_done_to_a_text_it_is_read() {
    let seeds = seeds();
    let number = |name: &str, or: u64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(or);
    let first = number("FUZZ_SEED", 1) << 32;
    let made_texts = (first..first + number("FUZZ_CASES", CASES)).map(|seed| (format!("seed {seed}"), made(seed, &seeds)));
    for (name, (text, dialect)) in seeds.iter().map(|seed| ("as it is".to_owned(), seed.clone())).chain(made_texts) {
        let checked = std::panic::catch_unwind(|| check(&text, &dialect));
        assert!(checked.is_ok(), "{name}, read as {dialect}:\n{text}\n-- in bytes: {:?}", text.as_bytes());
    }
}

#[test]
fn twice_the_text_is_twice_the_work() {
    for pattern in [
        "IF 1=1 BEGIN ",
        "IF a ",
        "IF a THEN ",
        "ELSE IF a=1 SELECT 1 ",
        "WHILE x ",
        "FOR r IN x ",
        "DO ",
        "BEGIN CASE ",
        "BEGIN ",
        "END ",
        "CASE WHEN a ",
        "GO\n",
        ";",
        "(",
        ")",
        "SELECT (",
        "'",
        "\"a\n;SELECT 1\n",
        "/* ",
        "$a$ ;\nSELECT 1;\n",
        "[",
        "{{ a ",
        "${a ",
        "a: ",
        "SELECT a FROM t ",
        "SELECT a FROM t;",
        "INSERT INTO t VALUES (1) ",
        "INSERT INTO t SELECT a FROM s ",
        "CREATE PROCEDURE p AS SELECT 1 ",
        "CREATE FUNCTION f AS BEGIN ",
        "CREATE TRIGGER x ",
        "CREATE TRIGGER x;",
        "CREATE PACKAGE BODY p IS PROCEDURE q IS ",
        "CREATE FUNCTION f() AS $$ ",
        "DECLARE x int ",
        "DECLARE c CURSOR FOR SELECT a FROM t ",
        "FETCH c INTO @a ",
        "OPEN c ",
        "SET a = ",
        "RETURN ",
        "EXEC p @a = 1, ",
        "WHEN a THEN ",
        "EXCEPTION ",
        "DROP TABLE a, b ",
        "COPY t FROM stdin;\n",
        "DELIMITER //\nx//\n",
        "REPLACE ",
        "GRANT SELECT ",
        "USING ",
        "LOCKING ",
        "MERGE INTO t USING s ON a = b WHEN MATCHED THEN DELETE ",
        "WHEN MATCHED THEN UPDATE SET a = 1 ",
        "DELETE FROM t OUTPUT deleted.a INTO b ",
        "FORALL ",
        "LET ",
        "PREPARE s FROM ",
        "CREATE TABLE t (a int);ALTER TABLE u ADD b int;",
        "INSERT INTO t SELECT 1;ALTER TABLE t SWAP WITH u;",
        "COMMENT ON TABLE t IS 'x';",
        "FROM x INSERT INTO t SELECT a ",
        "a.",
        "a,",
        "a = ",
    ] {
        for dialect in ["ansi", "tsql", "oracle", "mysql"] {
            let (one, two) = (pattern.repeat(400), pattern.repeat(800));
            let (short, long) = (steps(&one, dialect), steps(&two, dialect));
            assert!(long <= 3 * short + 1_000, "{pattern:?} in {dialect}: {short} steps for 400, {long} for 800");
        }
    }
}

#[test]
fn one_statement_of_many_parts_is_linear_work() {
    let list = |part: &str, count: usize| vec![part; count].join(" ");
    for (name, begin, part, end) in [
        ("INSERT ALL", "INSERT ALL", "INTO t VALUES (a)", "SELECT a FROM s"),
        ("MERGE", "MERGE INTO t USING s ON t.a = s.a", "WHEN MATCHED THEN UPDATE SET a = CASE WHEN 1 THEN 2 END", ""),
        ("CASE in MERGE", "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET a = CASE", "WHEN 1 THEN 2", "END"),
        ("Hive's inserts", "FROM s", "INSERT INTO t SELECT a", ""),
        ("UNION", "SELECT a FROM t", "UNION SELECT a FROM t", ""),
        ("JOIN", "SELECT 1 FROM t", "JOIN u ON t.a = u.a", ""),
        ("dynamic SQL", "DECLARE @s varchar(max) = 'SELECT a FROM t'", "EXEC (@s)", ""),
        ("dynamic SQL that grows", "DECLARE @s varchar(max) = 'SELECT a FROM t'", "SET @s = @s + ' JOIN u ON 1 = 1'", "EXEC (@s)"),
    ] {
        for dialect in ["tsql", "oracle", "hive"] {
            let work = |count: usize| steps(&format!("{begin} {} {end}", list(part, count)), dialect);
            let (short, long) = (work(200), work(400));
            assert!(long <= 3 * short + 1_000, "{name} in {dialect}: {short} steps for 200 parts, {long} for 400");
        }
    }
}

/// `count` times `part`, with its number for `{i}` and that of the one before for `{j}`.
fn numbered(part: &str, count: usize) -> String {
    (1..=count).map(|i| part.replace("{i}", &i.to_string()).replace("{j}", &(i - 1).to_string())).collect()
}

#[test]
fn columns_that_pile_up_are_followed_so_far_and_no_further() {
    // Each relation or variable holds what those before it hold: followed to the end, facts grow by the square of the text.
    let variables = "IF @k = {i} SELECT @v1 = a{i}, @v2 = b{i}, @v3 = c{i} FROM s{i} ELSE UPDATE z SET a = @v1, b = @v2, c = @v3\n";
    for (name, text) in [
        ("variables", numbered(variables, 600)),
        ("temporaries", numbered("SELECT x.a + s{i}.b AS a INTO #t{i} FROM #t{j} x, s{i}\n", 1_000)),
    ] {
        let facts = analyze(&text, "tsql");
        let outputs = facts.statements.iter().flat_map(|s| &s.projections).flat_map(|p| p.branches.iter().flatten());
        let kept: usize = outputs.map(|o| if let Output::Column { sources, .. } = o { sources.len() } else { 0 }).sum();
        assert!(kept <= text.len() * 2 + (1 << 18), "{name}: {kept} sources of {} bytes", text.len());
        assert!(facts.diagnostics.iter().any(|d| d.message.contains("go through more queries")), "{name}: it says so");
        assert_eq!(facts.statements_failed(), 0, "{name}: relations are still read");
    }
}

#[test]
fn what_is_long_is_read_at_once() {
    // Sizes that take a second where time is linear, and minutes where it goes by the square.
    for (dialect, text) in [
        ("tsql", numbered("DECLARE @v{i} int = {i} EXEC ('SELECT a FROM t')\n", 5_000)),
        ("oracle", format!("BEGIN CASE a {} END CASE; END;", numbered("WHEN {i} THEN x{i} := 1; ", 10_000))),
        ("oracle", format!("BEGIN {} END;", numbered("x{i} := x{j} + 1; ", 20_000))),
        ("postgres", format!("WITH c0 AS (SELECT a FROM t) {} SELECT a FROM c1", numbered(", c{i} AS (SELECT a FROM c{j})", 5_000))),
        ("tsql", numbered("CREATE FUNCTION f{i}() RETURNS TABLE AS RETURN (SELECT x.a + s{i}.b AS a FROM f{j}() x, s{i})\nGO\n", 2_000)),
        ("postgres", format!("WITH c0 AS (SELECT 1) {} SELECT 1", numbered(", c{i} AS (INSERT INTO t SELECT a FROM s RETURNING a)", 500))),
        ("postgres", format!("CREATE TABLE t ({} d int)", numbered("c{i} int, UNIQUE (c{i}), ", 10_000))),
        ("duckdb", format!("SELECT 1 AS a {}", numbered("UNION ALL BY NAME SELECT {i} AS a, 2 AS b ", 2_000))),
        ("postgres", format!("SELECT a FROM t {}", numbered("JOIN t{i} USING (k) ", 2_000))),
        // Columns that may be those of each relation before.
        ("snowflake", format!("SELECT a FROM u{}", numbered(", TABLE(f{i}(a)) x{i}", 200))),
        ("tsql", format!("SELECT 1 FROM (SELECT a FROM t) x{}", numbered(", (SELECT a FROM t{i}) x{i}", 900))),
        ("bigquery", format!("FROM t {}", numbered("|> UNION ALL (SELECT a FROM t{i}) ", 900))),
        // What is written as the parser reads it: names that stand for twice the one before, all of many columns for each of many.
        ("clickhouse", format!("WITH 1 AS x0{} SELECT x40 FROM t SETTINGS y = 1", numbered(", x{j} + x{j} AS x{i}", 40))),
        ("clickhouse", format!("WITH 1 AS x0{} SELECT x1 FROM t SETTINGS y = 1", numbered(", a{i} + 1 AS x{i}", 10_000))),
        ("clickhouse", format!("SELECT a FROM t{}", numbered(" ORDER BY a SETTINGS x = 1 UNION ALL SELECT a FROM t", 10_000))),
        ("clickhouse", format!("SELECT 1 FROM t {}", numbered("ARRAY JOIN f(a{i}) AS b{i} ", 2_000))),
        ("hive", format!("SELECT TRANSFORM (a{}) USING 'x' AS (b{}) FROM t", numbered(", a{i}", 5_000), numbered(", b{i}", 5_000))),
        ("spark", format!("SELECT 1{} FROM t", numbered(", transform(a{i}, x -> x?::int)", 5_000))),
        ("duckdb", format!("SELECT a: b{} FROM t", numbered(", a{i}: b{i}", 10_000))),
        ("duckdb", format!("FROM t{} LIMIT 10%", numbered(" UNION ALL FROM t{i}", 5_000))),
    ] {
        assert_eq!(analyze(&text, dialect).statements_failed(), 0, "{dialect}: {}…", &text[..40]);
    }
}
