//! Cases of `tests/data/lineage/*.sql`: SQL with everything that it means written under it, one idea a case.
//!
//! ```text
//! -- case: an alias names what an expression makes
//! -- dialect: postgres, snowflake
//! CREATE VIEW v AS SELECT a + b AS c FROM t WHERE d > 0;
//! -- expect
//! -- view v(c)
//! -- v <- t
//! -- v.c <- t.a  TRANSFORMATION: a + b
//! -- v.c <- t.b  TRANSFORMATION: a + b
//! -- v <~ t.d  FILTER
//! ```
//!
//! A case is read in each of its dialects (`ansi` when it names none; `auto` adds the dialect chosen to what is expected) and must
//! give the same in all of them. `-- file: PATH` begins another file of the same project, of any type that is read; what comes
//! before the first is `script.sql`. `-- show: details` adds types, keys, defaults, comments and signatures.
//!
//! What is expected is all there is: definitions with their columns (`?` after one that is used and not declared), what each
//! relation is made of (`<-`), who reads, writes, calls and fires on what, columns made of columns with their kinds after
//! OpenLineage's names and the expression, columns that decide on a relation's rows (`<~`), diagnostics. A confidence below 1
//! stands in brackets.
//!
//! `CASE=words cargo test --test lineage_cases` runs the cases whose names hold these words. `UPDATE_EXPECT=1` writes what comes
//! out into the files: read every line of the difference before keeping it.

use headwater::graph::Linked;
use headwater::graph::link::{FileFacts, link};
use headwater::ingest::reader::read;
use headwater::lineage::Facts;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

#[path = "lineage_cases/render.rs"]
mod render;

/// One file of a case.
struct Source {
    path: String,
    text: String,
}

struct Case {
    /// Where it stands: file and 0-based line of its name.
    file: PathBuf,
    line: usize,
    name: String,
    dialects: Vec<String>,
    details: bool,
    sources: Vec<Source>,
    /// 0-based line of `-- expect` and the lines of the file after it that are the expectation's.
    expect_at: usize,
    expect_lines: usize,
    expect: Vec<String>,
}

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/lineage");

/// The files of cases with their text, by path.
fn files() -> BTreeMap<PathBuf, String> {
    let paths = std::fs::read_dir(DIRECTORY).expect("the directory of cases").map(|e| e.expect("an entry").path());
    paths.filter(|p| p.extension().is_some_and(|e| e == "sql")).map(|p| (p.clone(), std::fs::read_to_string(&p).expect("text"))).collect()
}

fn cases() -> Vec<Case> {
    let wanted = std::env::var("CASE").unwrap_or_default();
    let all = files().into_iter().flat_map(|(path, text)| parse(path, &text));
    all.filter(|c| c.name.contains(&wanted)).collect()
}

fn parse(file: PathBuf, text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut expecting = false;
    for (line, content) in text.lines().enumerate() {
        let said = |word: &str| content.strip_prefix("-- ").and_then(|l| l.strip_prefix(word)).map(str::trim);
        if let Some(name) = said("case:") {
            let source = Source { path: "script.sql".into(), text: String::new() };
            cases.push(Case {
                file: file.clone(),
                line,
                name: name.to_owned(),
                dialects: vec!["ansi".into()],
                details: false,
                sources: vec![source],
                expect_at: 0,
                expect_lines: 0,
                expect: Vec::new(),
            });
            expecting = false;
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        let at = format!("{}:{}", file.display(), line + 1);
        if expecting {
            case.expect_lines += usize::from(!content.is_empty());
            match content.strip_prefix("-- ") {
                Some(expected) => case.expect.push(expected.to_owned()),
                None => assert!(content.is_empty(), "{at}: an expectation is a line that begins with `-- `, not `{content}`"),
            }
        } else if let Some(dialects) = said("dialect:") {
            case.dialects = dialects.split(',').map(|d| d.trim().to_owned()).collect();
            let known = |d: &String| d == "auto" || headwater::lineage::dialect::find(d).is_some();
            assert!(case.dialects.iter().all(known), "{at}: unknown dialect in `{dialects}`");
        } else if let Some(shown) = said("show:") {
            assert_eq!(shown, "details", "{at}: there is nothing else to show");
            case.details = true;
        } else if let Some(path) = said("file:") {
            case.sources.retain(|s| !s.text.trim().is_empty());
            case.sources.push(Source { path: path.to_owned(), text: String::new() });
        } else if content == "-- expect" {
            expecting = true;
            case.expect_at = line;
        } else if let Some(source) = case.sources.last_mut() {
            source.text.push_str(content);
            source.text.push('\n');
        }
    }
    if let Some(case) = cases.iter().find(|c| c.expect_at == 0) {
        panic!("{}:{}: `{}` expects nothing: end it with `-- expect`", case.file.display(), case.line + 1, case.name);
    }
    cases
}

impl Case {
    fn facts(&self, dialect: &str) -> Vec<Arc<Facts>> {
        self.sources.iter().map(|s| Arc::new(read(&s.path, s.text.as_bytes(), dialect).facts)).collect()
    }

    /// Links the files in the order given.
    fn linked<'a>(&'a self, facts: impl Iterator<Item = (&'a Source, &'a Arc<Facts>)>) -> Linked {
        let file = |(s, facts): (&'a Source, &'a Arc<Facts>)| FileFacts {
            file_id: &s.path,
            repository_id: "r",
            repository: "r",
            path: &s.path,
            facts,
        };
        link("p", &facts.map(file).collect::<Vec<_>>(), &[])
    }

    fn result(&self, dialect: &str) -> Vec<String> {
        let facts = self.facts(dialect);
        let linked = self.linked(self.sources.iter().zip(&facts));
        let mut lines = Vec::new();
        if dialect == "auto" {
            let sql = self.sources.iter().zip(&facts).filter(|(_, f)| !f.dialect.is_empty());
            lines.extend(sql.map(|(s, f)| format!("{} is {}", s.path, f.dialect)));
        }
        lines.extend(render::graph(linked, self.details, self.sources.len() > 1));
        for (source, facts) in self.sources.iter().zip(&facts) {
            let at = if self.sources.len() > 1 { format!("{} ", source.path) } else { String::new() };
            lines.extend(facts.diagnostics.iter().map(|d| format!("{at}line {} {:?}: {}", d.line, d.severity, d.message)));
        }
        lines
    }
}

/// The lines of two texts, `-` for what is missing and `+` for what should not be there.
fn difference(expected: &[String], got: &[String]) -> String {
    let mut text = String::new();
    for line in expected.iter().filter(|l| !got.contains(l)) {
        let _ = writeln!(text, "    - {line}");
    }
    for line in got {
        let _ = writeln!(text, "    {} {line}", if expected.contains(line) { ' ' } else { '+' });
    }
    text
}

#[test]
fn every_case_gives_what_it_expects_and_nothing_else() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut rewritten: BTreeMap<PathBuf, Vec<(usize, usize, Vec<String>)>> = BTreeMap::new();
    let (mut report, mut wrong) = (String::new(), 0);
    let cases = cases();
    for case in &cases {
        let mut expect = case.expect.clone();
        for (n, dialect) in case.dialects.iter().enumerate() {
            let got = case.result(dialect);
            if got == expect {
                continue;
            }
            if update && n == 0 {
                rewritten.entry(case.file.clone()).or_default().push((case.expect_at, case.expect_lines, got.clone()));
                expect = got;
                continue;
            }
            wrong += 1;
            let (file, line) = (case.file.file_name().unwrap_or_default().display(), case.line + 1);
            let _ = writeln!(report, "{file}:{line}: {} ({dialect})\n{}", case.name, difference(&expect, &got));
        }
    }
    for (path, changes) in rewritten {
        let text = std::fs::read_to_string(&path).expect("text");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (at, count, got) in changes.into_iter().rev() {
            lines.splice(at + 1..at + 1 + count, got.into_iter().map(|l| format!("-- {l}")));
        }
        std::fs::write(&path, lines.join("\n") + "\n").expect("written");
    }
    assert!(wrong == 0, "{wrong} of {} cases are wrong; `-` is missing, `+` should not be there\n\n{report}", cases.len());
}

#[test]
fn every_case_has_a_name_of_its_own() {
    let mut seen = HashSet::new();
    for case in cases() {
        assert!(seen.insert(case.name.clone()), "{}:{}: there is another `{}`", case.file.display(), case.line + 1, case.name);
    }
}

#[test]
fn the_order_of_files_changes_nothing() {
    for case in cases().iter().filter(|c| c.sources.len() > 1) {
        let facts = case.facts(&case.dialects[0]);
        let files: Vec<_> = case.sources.iter().zip(&facts).collect();
        let first = case.linked(files.iter().copied());
        assert_eq!(case.linked(files.iter().rev().copied()), first, "{}", case.name);
        for from in 1..files.len() {
            assert_eq!(case.linked(files[from..].iter().chain(&files[..from]).copied()), first, "{}", case.name);
        }
    }
}

#[test]
fn reading_twice_gives_the_same_and_every_span_lies_in_its_text() {
    for case in cases() {
        for dialect in &case.dialects {
            let facts = case.facts(dialect);
            assert_eq!(facts, case.facts(dialect), "{}", case.name);
            for (source, facts) in case.sources.iter().zip(&facts) {
                let spans = facts.statements.iter().map(|s| s.span).chain(facts.assets.iter().map(|a| a.span));
                let lines = source.text.lines().count().max(1) as u32;
                for span in spans.filter(|_| !facts.dialect.is_empty()) {
                    let bytes = span.start as usize..span.end as usize;
                    assert!(source.text.get(bytes).is_some_and(|t| !t.trim().is_empty()), "{}: {span:?}", case.name);
                    assert!(span.line >= 1 && span.line <= span.line_end && span.line_end <= lines, "{}: {span:?}", case.name);
                }
            }
        }
    }
}
