//! One reader per file type: SQL, Python, notebooks, CSV, JSON (dbt manifests), Markdown, text.
//!
//! A reader is a pure function of a file's path and bytes; what it cannot read is a [`Diagnostic`], never a failure.

mod csv;
mod dbt;
pub mod decode;
mod document;
mod notebook;
mod python;

use super::chunk::{self, Passage};
use crate::lineage::{self, ColumnSource, Diagnostic, Facts, Name, Output, Severity, Span};

pub use dbt::model;
pub use python::INFERRED;

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileType {
    /// SQL of any dialect.
    Sql,
    /// Python with SQL in it.
    Python,
    /// A Jupyter notebook.
    Notebook,
    /// dbt's manifest or catalogue; otherwise a document.
    Json,
    /// Values with separators; a table named after the file.
    Csv,
    /// A document.
    Markdown,
    /// A document.
    Text,
}

impl FileType {
    /// The type of a file, by its name.
    pub fn of(path: &str) -> FileType {
        match extension(path).as_str() {
            ".sql" | ".ddl" | ".dml" | ".psql" | ".tsql" | ".hql" | ".pls" | ".pks" | ".pkb" => FileType::Sql,
            ".py" => FileType::Python,
            ".ipynb" => FileType::Notebook,
            ".json" => FileType::Json,
            ".csv" | ".tsv" => FileType::Csv,
            ".md" | ".markdown" => FileType::Markdown,
            _ => FileType::Text,
        }
    }

    /// As in `file_type` on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            FileType::Sql => "sql",
            FileType::Python => "python",
            FileType::Notebook => "notebook",
            FileType::Json => "json",
            FileType::Csv => "csv",
            FileType::Markdown => "markdown",
            FileType::Text => "text",
        }
    }
}

/// The extension of a path's last part, lower-case with its dot; empty when it has none.
pub fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rfind('.') {
        Some(dot) => name[dot..].to_lowercase(),
        None => String::new(),
    }
}

/// What reading a file gives.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What it says.
    pub facts: Facts,
    /// Its text in passages.
    pub passages: Vec<Passage>,
}

/// Most bytes of data (CSV, JSON that is no manifest) that are made searchable: enough to see what is in it.
const DATA_SAMPLE_BYTES: usize = 64 << 10;

/// Reads a file. `dialect` is a dialect's id or `auto`.
pub fn read(path: &str, bytes: &[u8], dialect: &str) -> Reading {
    let (text, encoding) = decode::decode(bytes);
    let kind = FileType::of(path);
    let layout = dbt::Layout::of(&text).filter(|_| kind == FileType::Json);
    let mut searchable = text.as_str();
    // Of an artifact of one line, the lines that are SQL.
    let mut code: Vec<Span> = Vec::new();
    let mut facts = match kind {
        FileType::Sql => {
            dbt::model(path, &text, dialect).unwrap_or_else(|| lineage::analyze(&text, lineage::dialect::of_file(path, &text, dialect)))
        }
        FileType::Python => python::read(path, &text, dialect),
        FileType::Notebook => notebook::read(path, &text, dialect),
        FileType::Csv => csv::read(path, &text),
        FileType::Json => match dbt::read(&text, layout.as_ref()) {
            Some((facts, places)) => {
                code = places;
                facts
            }
            None => json_document(&text),
        },
        FileType::Markdown | FileType::Text => document::read(&text, &|line| line),
    };
    if matches!(kind, FileType::Csv | FileType::Json) && text.len() > DATA_SAMPLE_BYTES {
        searchable = &text[..text.floor_char_boundary(DATA_SAMPLE_BYTES)];
    }
    let starts: Vec<u32> = facts.statements.iter().filter(|s| s.owner.is_none()).map(|s| s.span.line).collect();
    let (passages, rest) = match &layout {
        Some(layout) => (code_passages(&layout.text, &code), None),
        None => chunk::passages(searchable, &starts),
    };
    let left_out = rest.or((searchable.len() < text.len()).then(|| searchable.lines().count() as u32));
    let mut note = |line, message: String| facts.diagnostics.push(Diagnostic::new(line, Severity::Info, message));
    if let Some(encoding) = encoding {
        note(1, encoding.to_owned());
    }
    if let Some(line) = left_out.filter(|_| layout.is_none()) {
        note(line, format!("From line {line} on the text is not searchable: the file is too long for it; its lineage was read in full"));
    }
    facts.shrink_to_fit();
    Reading { facts, passages }
}

/// Passages of the SQL in an artifact that is laid out: what else is in it says nothing to people.
fn code_passages(text: &str, code: &[Span]) -> Vec<Passage> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut made = Vec::new();
    for place in code {
        let first = place.line.saturating_sub(1) as usize;
        let sql = lines.get(first..(place.line_end as usize).min(lines.len())).unwrap_or_default().concat();
        let passages = chunk::passages(&sql, &[]).0.into_iter();
        made.extend(passages.map(|p| Passage { line: p.line + first as u32, line_end: p.line_end + first as u32, text: p.text }));
        if made.len() >= chunk::MAX_PASSAGES {
            break;
        }
    }
    made
}

/// JSON that is no artifact of dbt says nothing; cut short, it may have been one.
fn json_document(text: &str) -> Facts {
    let broken = serde_json::from_str::<serde::de::IgnoredAny>(text).err();
    let diagnostic = |e: serde_json::Error| {
        let (line, message) = (e.line().max(1) as u32, format!("Not JSON, kept as it is: {e}"));
        Diagnostic::new(line, Severity::Error, message)
    };
    Facts { coverage: 1.0, diagnostics: broken.map(diagnostic).into_iter().collect(), ..Facts::default() }
}

/// A file's bytes as the text that lines of evidence count in.
pub fn text(bytes: &[u8]) -> String {
    let text = decode::decode(bytes).0;
    dbt::Layout::of(&text).map_or(text, |layout| layout.text)
}

/// A name written with dots, in any quoting: `a.b`, `[a].[b]`, `"a"."b"`, `` `a.b` ``. `None` for what is no name.
fn name_of(text: &str) -> Option<Name> {
    let parts: Vec<String> = text.trim().split('.').map(|part| part.trim_matches(['[', ']', '"', '`', '\'']).to_owned()).collect();
    let good = |part: &String| {
        part.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == '#')
            && part.chars().all(|c| c.is_alphanumeric() || "_$#-".contains(c))
            && part.len() <= MAX_NAME_BYTES
    };
    (parts.len() <= 4 && parts.iter().all(good)).then(|| Name::new(parts))
}

/// Longest part of a name: no database takes more than 255.
const MAX_NAME_BYTES: usize = 255;

/// A place in a file.
struct Place {
    line: u32,
    byte: u32,
}

/// Moves facts found in a part of a file to the file: `place` is given a line and a byte of the part.
fn relocate(facts: &mut Facts, place: &dyn Fn(u32, u32) -> Place) {
    let line = |line: &mut u32| *line = place(*line, 0).line;
    let span = |span: &mut lineage::Span| {
        let (start, end) = (place(span.line, span.start), place(span.line_end, span.end));
        *span = lineage::Span { line: start.line, line_end: end.line.max(start.line), start: start.byte, end: end.byte.max(start.byte) };
    };
    for asset in facts.assets.iter_mut().chain(&mut facts.alters) {
        span(&mut asset.span);
        asset.columns.iter_mut().for_each(|c| line(&mut c.line));
        asset.foreign_keys.iter_mut().for_each(|k| line(&mut k.line));
    }
    for statement in &mut facts.statements {
        span(&mut statement.span);
        for output in statement.projections.iter_mut().flat_map(|p| p.branches.iter_mut().flatten()) {
            match output {
                Output::Column { span: at, .. } => span(at),
                Output::Star(star) => {
                    line(&mut star.line);
                    for output in &mut star.replace {
                        if let Output::Column { span: at, .. } = output {
                            span(at);
                        }
                    }
                }
            }
        }
    }
    facts.edges.iter_mut().for_each(|e| line(&mut e.line));
    for diagnostic in &mut facts.diagnostics {
        line(&mut diagnostic.line);
        diagnostic.line_end.iter_mut().for_each(line);
    }
}

/// Every name of a relation or routine in what a file says.
fn names_mut(facts: &mut Facts, change: &mut dyn FnMut(&mut Name)) {
    for asset in facts.assets.iter_mut().chain(&mut facts.alters) {
        change(&mut asset.name);
        asset.foreign_keys.iter_mut().for_each(|k| change(&mut k.references));
    }
    for edge in &mut facts.edges {
        edge.from.iter_mut().chain(&mut edge.to).for_each(&mut *change);
    }
    for statement in &mut facts.statements {
        for names in [&mut statement.reads, &mut statement.writes, &mut statement.calls] {
            names.iter_mut().for_each(&mut *change);
        }
        statement.owner.iter_mut().for_each(&mut *change);
        for projection in &mut statement.projections {
            change(&mut projection.target);
            for output in projection.branches.iter_mut().flatten() {
                if let Output::Star(star) = output {
                    change(&mut star.table);
                }
            }
        }
    }
    columns_mut(
        facts,
        &mut |sources| {
            sources
                .iter_mut()
                .flat_map(|s| s.tables.iter_mut().chain(&mut *s.outer).chain(s.unless.iter_mut().map(|(rows, _)| rows)))
                .for_each(&mut *change)
        },
        &mut |_| {},
    );
}

/// Every list of columns that something is made of or decided by, and every expression.
fn columns_mut(facts: &mut Facts, sources: &mut dyn FnMut(&mut Vec<ColumnSource>), expression: &mut dyn FnMut(&mut String)) {
    for statement in &mut facts.statements {
        sources(&mut statement.columns_read);
        for projection in &mut statement.projections {
            sources(&mut projection.indirect);
            for output in projection.branches.iter_mut().flatten() {
                let replaced = match output {
                    Output::Star(star) => &mut star.replace[..],
                    column => std::slice::from_mut(column),
                };
                for output in replaced {
                    if let Output::Column { sources: list, expression: text, .. } = output {
                        sources(list);
                        expression(text);
                    }
                }
            }
        }
    }
}

/// Adds what a part of a file says to what the file says; coverage is the caller's to weigh.
fn append(facts: &mut Facts, part: Facts) {
    facts.assets.extend(part.assets);
    facts.alters.extend(part.alters);
    facts.statements.extend(part.statements);
    facts.edges.extend(part.edges);
    facts.diagnostics.extend(part.diagnostics);
    facts.tokens = facts.tokens.saturating_add(part.tokens);
}

/// Drops everything that is said of names which `keep` refuses.
fn retain_names(facts: &mut Facts, keep: &dyn Fn(&Name) -> bool) {
    facts.assets.retain(|a| keep(&a.name));
    facts.alters.retain(|a| keep(&a.name));
    facts.assets.iter_mut().for_each(|a| a.foreign_keys.retain(|k| keep(&k.references)));
    facts.edges.retain(|e| e.from.as_ref().is_none_or(keep) && e.to.as_ref().is_none_or(keep));
    for statement in &mut facts.statements {
        for names in [&mut statement.reads, &mut statement.writes, &mut statement.calls] {
            names.retain(|name| keep(name));
        }
        statement.projections.retain(|p| keep(&p.target));
        for branch in statement.projections.iter_mut().flat_map(|p| &mut p.branches) {
            branch.retain(|o| !matches!(o, Output::Star(star) if !keep(&star.table)));
        }
    }
    let mut sources = |list: &mut Vec<ColumnSource>| {
        for source in &mut *list {
            source.tables.retain(keep);
            source.outer.retain(keep);
            source.unless.retain(|(rows, _)| keep(rows));
        }
        list.retain(|s| !s.tables.is_empty());
    };
    columns_mut(facts, &mut sources, &mut |_| {});
}

/// Line numbers of byte offsets.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Lines {
        Lines(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// Where a 1-based line begins.
    fn start(&self, line: u32) -> usize {
        (line as usize).checked_sub(2).and_then(|i| self.0.get(i)).map_or(0, |end| end + 1)
    }

    /// The 1-based line of the byte at `offset`.
    fn line(&self, offset: usize) -> u32 {
        self.0.partition_point(|end| *end < offset) as u32 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_name_that_is_dropped_nothing_is_left() {
        let sql = "CREATE VIEW v AS SELECT (SELECT max(x) FROM s WHERE s.k = y) FROM gone, made_by(gone.a) AS m(b); \
                   INSERT INTO t SELECT a, m.b FROM gone CROSS APPLY made_by(gone.c) m";
        let mut facts = crate::lineage::analyze(sql, "tsql");
        let said = |facts: &mut Facts| {
            let mut times = 0;
            names_mut(facts, &mut |name| times += usize::from(name.last() == "gone"));
            times
        };
        assert!(said(&mut facts) > 0);
        retain_names(&mut facts, &|name| name.last() != "gone");
        assert_eq!(said(&mut facts), 0, "{facts:?}");
    }

    #[test]
    fn a_model_of_a_manifest_in_one_line_stands_where_its_sql_does() {
        let filler = "x".repeat(8_192);
        let text = format!(
            r#"{{"metadata": {{"dbt_schema_version": "/manifest/v12", "filler": "{filler}"}}, "nodes": {{"model.a": {{"resource_type": "model",
            "name": "orders", "compiled_code": "select id,\n  total\nfrom raw.orders", "depends_on": {{}}}}}}}}"#
        );
        let text = text.replace("\n            ", " ");
        assert_eq!(text.lines().count(), 1);
        let reading = read("target/manifest.json", text.as_bytes(), "auto");
        let shown = super::text(text.as_bytes());
        let lines: Vec<&str> = shown.lines().collect();
        let asset = &reading.facts.assets[0];
        let told = &lines[asset.span.line as usize - 1..asset.span.line_end as usize];
        assert_eq!(told, [" \"compiled_code\": \"select id,", "  total", "from raw.orders\","]);
        let edge = reading.facts.edges.iter().find(|e| e.relation == lineage::Relation::Derives).expect("what it is made of");
        assert!((asset.span.line..=asset.span.line_end).contains(&edge.line), "{edge:?}");
        let [passage] = &reading.passages[..] else { panic!("{:?}", reading.passages) };
        assert_eq!((passage.line, passage.text.lines().count()), (asset.span.line, 3));
        assert!(reading.facts.diagnostics.is_empty(), "{:?}", reading.facts.diagnostics);
    }

    #[test]
    fn names_are_read_in_any_quoting_and_prose_is_not_a_name() {
        for (text, expected) in [
            ("dbo.Orders", Some("dbo.Orders")),
            ("[dbo].[Orders]", Some("dbo.Orders")),
            ("`a.b`", Some("a.b")),
            ("a b", None),
            ("a..b", None),
            ("3.14", None),
            ("", None),
            ("a.b.c.d.e", None),
        ] {
            assert_eq!(name_of(text).map(|n| n.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_file_type_follows_the_extension_in_any_case() {
        for (path, expected) in [
            ("a/b.SQL", FileType::Sql),
            ("x.ipynb", FileType::Notebook),
            ("dir.sql/readme", FileType::Text),
            ("data.csv", FileType::Csv),
            (".sql", FileType::Sql),
        ] {
            assert_eq!(FileType::of(path), expected, "{path}");
        }
    }

    #[test]
    fn a_file_that_is_not_utf8_is_read_and_says_so() {
        let reading = read("a.txt", b"caf\xE9", "auto");
        assert_eq!(reading.passages[0].text, "café");
        assert_eq!(reading.facts.diagnostics[0].severity, Severity::Info);
    }

    /// One file of each type with most of what its reader knows.
    const WHOLE: [(&str, &str); 6] = [
        (
            "x.py",
            "import duckdb\nq = f\"\"\"SELECT a\nFROM {s}.t\"\"\"\ndef f(x='y'):\n    return pd.read_sql(q % ('a',), c)\nf().to_sql('m', c)\n",
        ),
        (
            "x.ipynb",
            "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"%%sql\\n\", \"SELECT é FROM t\"]}, {\"cell_type\": \"markdown\", \"source\": \"`a`\"}]}",
        ),
        (
            "x.json",
            "{\"metadata\": {\"dbt_schema_version\": \"/manifest/v9\"}, \"nodes\": {\"m\": {\"resource_type\": \"model\", \"name\": \"m\", \"columns\": {\"a\": {\"name\": \"a\"}}, \"compiled_code\": \"SELECT 1 AS a\"}}, \"exposures\": {}}",
        ),
        ("models/x.sql", "{{ config(materialized='table') }}\nSELECT a FROM {{ ref('t') }}\n"),
        ("x.csv", "sep=;\n\"a\"\"b\";é\n1;2026-01-01\n"),
        ("x.md", "`a.b` c_d\n```sql\nSELECT a FROM t\n```\n"),
    ];

    /// Every place that facts name lies in a text of so many lines and bytes.
    fn check_places(path: &str, facts: &Facts, text: &str) {
        let lines = text.matches('\n').count() as u32 + 1;
        let spans = facts.statements.iter().map(|s| s.span).chain(facts.assets.iter().map(|a| a.span));
        for span in spans {
            assert!(span.line >= 1 && span.line <= span.line_end && span.line_end <= lines, "{path}: {span:?} in {text:?}");
            assert!(span.start <= span.end && span.end as usize <= text.len(), "{path}: {span:?} in {text:?}");
        }
        let at = facts.edges.iter().map(|e| e.line).chain(facts.diagnostics.iter().map(|d| d.line));
        at.for_each(|line| assert!(line >= 1 && line <= lines, "{path}: line {line} in {text:?}"));
        assert!((0.0..=1.0).contains(&facts.coverage), "{path}: {}", facts.coverage);
    }

    #[test]
    fn a_file_cut_off_anywhere_gives_a_result_whose_places_lie_in_it() {
        for (path, whole) in WHOLE {
            for end in (0..=whole.len()).filter(|end| whole.is_char_boundary(*end)) {
                let text = &whole[..end];
                check_places(path, &read(path, text.as_bytes(), "auto").facts, text);
            }
        }
    }

    proptest::proptest! {
        #![proptest_config(crate::properties::cases(128))]

        #[test]
        fn a_file_with_bytes_changed_gives_a_result(
            which in 0..WHOLE.len(),
            changes in proptest::collection::vec((proptest::prelude::any::<u8>(), proptest::prelude::any::<proptest::sample::Index>()), 0..12),
        ) {
            let (path, whole) = WHOLE[which];
            let mut bytes = whole.as_bytes().to_vec();
            for (byte, at) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let facts = read(path, &bytes, "auto").facts;
            check_places(path, &facts, &text(&bytes));
        }
    }

    #[test]
    fn any_bytes_under_any_name_are_read_without_a_panic() {
        let long = "(".repeat(20_000);
        let samples: [&[u8]; 9] = [
            b"",
            b"\0\0\0",
            b"\xFF\xFE\xFF",
            b"{\"nodes\":{\"a\":1},\"metadata\":{}}",
            b"{\"nbformat\":4,\"nbformat_minor\":5,\"metadata\":{},\"cells\":[]}",
            b"{\"metadata\":{\"dbt_schema_version\":\"/manifest/v12\"},\"nodes\":{}}",
            b"\"a,b\n1",
            long.as_bytes(),
            b"f'{{{'''",
        ];
        for extension in ["py", "ipynb", "json", "csv", "md", "txt"] {
            for bytes in samples {
                let coverage = read(&format!("x.{extension}"), bytes, "auto").facts.coverage;
                assert!((0.0..=1.0).contains(&coverage), "{extension} {}: {coverage}", String::from_utf8_lossy(bytes));
            }
        }
    }
}
