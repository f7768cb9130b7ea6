use super::{
    FileRow, Filter, NewFile, Passage, bytes, delete, find_by_path, get, has_bytes, list, part, project_outlines, put, reading, recent,
    stats,
};
use crate::lineage::{
    Asset, Cause, Column, ColumnSource, Diagnostic, Edge, Facts, ForeignKey, Kind, Name, Output, Projection, Relation, Severity, Span,
    Star, Statement, Subtype,
};
use crate::store::{Error, Result, projects, runs, schema};
use proptest::prelude::*;
use rusqlite::Connection;

pub(crate) fn store() -> (Connection, String) {
    let mut conn = Connection::open_in_memory().unwrap();
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    schema::migrate(&mut conn).unwrap();
    let repository = projects::repository_named(&conn, "default", "r", "upload").unwrap();
    (conn, repository.id)
}

fn new<'a>(repository_id: &'a str, path: &'a str, bytes: &'a [u8], facts: &'a Facts) -> NewFile<'a> {
    NewFile {
        project_id: "default",
        repository_id,
        path,
        file_type: "sql",
        source: "upload",
        run_id: "run",
        hash: "hash",
        bytes,
        facts,
        passages: &[],
        error: None,
    }
}

fn name() -> impl Strategy<Value = Name> {
    prop::collection::vec(r#"[a-zA-Z_ ."\\é\[\]]{1,6}"#, 1..4).prop_map(Name::new)
}

fn confidence() -> impl Strategy<Value = f32> {
    prop_oneof![Just(0.0f32), Just(0.1), Just(0.3), Just(0.7), Just(1.0), (0u32..=1000).prop_map(|n| n as f32 / 1000.0)]
}

fn source() -> impl Strategy<Value = ColumnSource> {
    let subtype = prop::sample::select(Subtype::ALL.to_vec());
    let unless = prop::collection::vec((name(), "[a-z$1]{1,4}"), 0..2);
    (prop::collection::vec(name(), 1..3), prop::collection::vec(name(), 0..2), "[a-z*]{1,4}", unless, subtype).prop_map(
        |(tables, outer, column, unless, subtype)| ColumnSource {
            tables: tables.into_iter().collect(),
            outer: outer.into(),
            column,
            unless: unless.into(),
            subtype,
        },
    )
}

fn sources() -> impl Strategy<Value = Vec<ColumnSource>> {
    prop::collection::vec(source(), 0..3)
}

fn asset() -> impl Strategy<Value = Asset> {
    let column = ("[a-z]{1,4}", "[A-Z()0-9]{0,8}", any::<Option<bool>>(), any::<[bool; 3]>(), any::<Option<String>>(), any::<u32>())
        .prop_map(|(name, data_type, nullable, [primary_key, unique, generated], default, line)| Column {
            name,
            data_type,
            nullable,
            primary_key,
            unique,
            generated,
            comment: default.clone(),
            default,
            line,
        });
    let key = (name(), any::<u32>()).prop_map(|(references, line)| ForeignKey {
        columns: vec!["a".into()],
        references,
        referenced_columns: Vec::new(),
        line,
    });
    let kind = prop::sample::select(Kind::ALL.to_vec());
    let lists = (prop::collection::vec(column, 0..3), prop::collection::vec(key, 0..2));
    (kind, name(), any::<[u32; 4]>(), lists, any::<String>(), any::<Option<String>>(), any::<bool>()).prop_map(
        |(kind, name, [line, line_end, start, end], (columns, foreign_keys), signature, comment, exact)| Asset {
            kind,
            name,
            span: Span { line, line_end, start, end },
            columns,
            foreign_keys,
            signature,
            comment,
            exact,
        },
    )
}

fn statement() -> impl Strategy<Value = Statement> {
    let output = prop_oneof![
        ("[a-z]{1,4}", sources(), any::<String>(), any::<[u32; 4]>()).prop_map(
            |(name, sources, expression, [line, line_end, start, end])| Output::Column {
                name,
                sources,
                expression,
                span: Span { line, line_end, start, end }
            }
        ),
        (name(), any::<u32>()).prop_map(|(table, line)| Output::Star(Star {
            except: vec!["x".into()],
            rename: vec![("y".into(), "z".into())],
            ..Star::of(table, line)
        })),
    ];
    let columns = prop::option::of(prop::collection::vec("[a-z]{1,4}", 0..3));
    let projection = (name(), columns, any::<bool>(), prop::collection::vec(prop::collection::vec(output, 0..3), 1..3), sources())
        .prop_map(|(target, columns, by_name, branches, indirect)| Projection { target, columns, by_name, branches, indirect });
    let names = || prop::collection::vec(name(), 0..3);
    let lists = (names(), names(), names(), prop::collection::vec(projection, 0..2), sources());
    ("[A-Z ]{1,12}", prop::option::of(name()), lists, confidence()).prop_map(
        |(kind, owner, (reads, writes, calls, projections, columns_read), confidence)| Statement {
            kind,
            span: Span { line: 1, line_end: 2, start: 3, end: u32::MAX },
            owner,
            reads,
            writes,
            calls,
            projections,
            columns_read,
            confidence,
        },
    )
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let relation = prop::sample::select(Relation::ALL.to_vec());
    let edge = (relation, prop::option::of(name()), prop::option::of(name()), any::<u32>(), confidence())
        .prop_map(|(relation, from, to, line, confidence)| Edge { relation, from, to, line, confidence });
    let severity = prop::sample::select(vec![Severity::Info, Severity::Warning, Severity::Error]);
    let cause = prop_oneof![Just(Cause::Text), Just(Cause::Dynamic)];
    let lines = (any::<u32>(), any::<Option<u32>>());
    let diagnostic = (lines, any::<String>(), severity, cause).prop_map(|((line, line_end), message, severity, cause)| Diagnostic {
        line,
        line_end,
        message,
        severity,
        cause,
    });
    (
        [prop::collection::vec(asset(), 0..4), prop::collection::vec(asset(), 0..2)],
        prop::collection::vec(statement(), 0..4),
        prop::collection::vec(edge, 0..4),
        prop::collection::vec(diagnostic, 0..3),
        confidence(),
    )
        .prop_map(|([assets, alters], statements, edges, diagnostics, coverage)| Facts {
            dialect: "tsql".into(),
            tokens: edges.len() as u32,
            assets,
            alters,
            statements,
            edges,
            diagnostics,
            coverage,
            outside: Vec::new(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn facts_come_back_exactly_as_they_were_put(one in any_facts(), two in any_facts()) {
        let (conn, repository) = store();
        let first = put(&conn, &new(&repository, "b.sql", b"1", &two)).unwrap();
        let second = put(&conn, &new(&repository, "a.sql", b"2", &two)).unwrap();
        // Replaced: nothing of the old facts is left.
        put(&conn, &new(&repository, "b.sql", b"1", &one)).unwrap();
        let expected = [(first.id, one), (second.id, two)].map(|(id, facts)| (get(&conn, &id).unwrap(), facts, Vec::new()));
        let mut all = project_outlines(&conn, "default").unwrap();
        all.sort_by_key(|(row, ..)| row.path != expected[0].0.path);
        prop_assert_eq!(all.len(), expected.len());
        for ((row, outline, passages), whole) in all.into_iter().zip(expected) {
            let told = (row, outline.diagnostics, outline.tokens, passages);
            prop_assert_eq!(told, (whole.0.clone(), whole.1.diagnostics.clone(), whole.1.tokens, whole.2.clone()));
            prop_assert_eq!(reading(&conn, &whole.0.id).unwrap(), whole);
        }
    }
}

fn some_facts() -> Facts {
    let span = Span { line: 3, line_end: 4, start: 10, end: 50 };
    Facts {
        tokens: 7,
        alters: Vec::new(),
        dialect: "tsql".into(),
        assets: vec![Asset {
            kind: Kind::View,
            name: Name::new(["dbo", "Orders"]),
            span,
            columns: Vec::new(),
            foreign_keys: Vec::new(),
            signature: String::new(),
            exact: false,
            comment: None,
        }],
        edges: vec![Edge {
            relation: Relation::Derives,
            from: Some(Name::new(["dbo", "Orders"])),
            to: Some(Name::new(["raw", "orders"])),
            line: 4,
            confidence: 0.5,
        }],
        diagnostics: vec![Diagnostic::new(9, Severity::Error, "what?")],
        statements: Vec::new(),
        coverage: 0.75,
        outside: Vec::new(),
    }
}

#[test]
fn parts_of_a_file_make_it_up_until_it_is_another() {
    let (conn, repository) = store();
    // Over several pages of the store.
    let bytes: Vec<u8> = (0..40_000u32).map(|n| n as u8).collect();
    let facts = Facts::default();
    let row = put(&conn, &new(&repository, "a.sql", &bytes, &facts)).unwrap();
    for length in [1_000, 4_096, 39_999, 40_000, 1 << 20] {
        let starts = (0..bytes.len()).step_by(length);
        let whole: Vec<u8> = starts.flat_map(|start| part(&conn, &row, start, length).unwrap().unwrap()).collect();
        assert!(whole == bytes, "{length}");
    }
    assert_eq!(part(&conn, &row, bytes.len(), 9).unwrap().as_deref(), Some(&b""[..]));
    put(&conn, &NewFile { hash: "other", ..new(&repository, "a.sql", b"other", &facts) }).unwrap();
    assert_eq!(part(&conn, &row, 0, 9).unwrap(), None);
}

#[test]
fn an_operator_reads_facts_with_plain_sql() {
    let (conn, repository) = store();
    put(&conn, &new(&repository, "a.sql", b"", &some_facts())).unwrap();
    let text = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(text("SELECT kind || ' ' || name || ' ' || line || '-' || line_end FROM nodes"), "view dbo.Orders 3-4");
    assert_eq!(
        text("SELECT consumer || ' ' || relation || ' ' || source || ' ' || confidence FROM edges"),
        "dbo.Orders DERIVES raw.orders 0.5"
    );
    assert_eq!(text("SELECT severity || ' ' || line || ' ' || message FROM diagnostics"), "error 9 what?");
}

#[test]
fn a_file_replaced_keeps_its_id_and_a_file_deleted_leaves_no_row_anywhere() {
    let (conn, repository) = store();
    let facts = some_facts();
    let hash = crate::id::content_hash(b"second");
    let passages = [Passage { line: 1, line_end: 2, text: "select 1".into() }];
    let first = put(&conn, &NewFile { passages: &passages, ..new(&repository, "a.sql", b"one", &facts) }).unwrap();
    let second =
        put(&conn, &NewFile { hash: &hash, error: Some("bad"), ..new(&repository, "a.sql", b"second", &Facts::default()) }).unwrap();
    assert_eq!((&first.id, &first.created_at), (&second.id, &second.created_at));
    assert_eq!((second.status.as_str(), second.size, &second.hash), ("error", 6, &hash));
    assert_eq!(super::bytes(&conn, &first.id).unwrap(), b"second");
    assert_eq!(reading(&conn, &first.id).unwrap().2, []);
    put(&conn, &NewFile { passages: &passages, ..new(&repository, "a.sql", b"one", &facts) }).unwrap();
    assert_eq!(reading(&conn, &first.id).unwrap().2, passages);
    delete(&conn, &first.id).unwrap();
    for table in ["files", "file_bytes", "facts", "chunks"] {
        let rows: i64 = conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    assert!(matches!(delete(&conn, &first.id), Err(Error::NotFound("File", _))));
}

#[test]
fn a_file_goes_only_into_a_repository_of_its_project() {
    let (conn, repository) = store();
    projects::create(&conn, Some("other"), "Other", None).unwrap();
    let facts = Facts::default();
    let foreign = NewFile { project_id: "other", ..new(&repository, "a.sql", b"", &facts) };
    assert!(matches!(put(&conn, &foreign), Err(Error::Invalid(_))));
    assert!(matches!(put(&conn, &new("gone", "a.sql", b"", &facts)), Err(Error::NotFound("Repository", _))));
}

#[test]
fn lists_filter_page_and_count() {
    let (conn, repository) = store();
    let facts = Facts::default();
    for (path, source, text) in [("a.sql", "upload", "SELECT Total"), ("b_1.sql", "sample", "x"), ("c.sql", "upload", "100%")] {
        let passages = [Passage { line: 1, line_end: 1, text: text.into() }];
        put(&conn, &NewFile { source, hash: path, passages: &passages, ..new(&repository, path, text.as_bytes(), &facts) }).unwrap();
    }
    let paths = |filter: Filter| -> Result<(Vec<String>, i64)> {
        let (rows, total) = list(&conn, &filter)?;
        Ok((rows.into_iter().map(|row| row.path).collect(), total))
    };
    let all = Filter { limit: 10, ..Filter::default() };
    let some = |value: &str| Some(value.to_owned());
    for (filter, expected, total) in [
        (all.clone(), vec!["c.sql", "b_1.sql", "a.sql"], 3),
        (Filter { limit: 1, offset: 1, ..all.clone() }, vec!["b_1.sql"], 3),
        (Filter { source: some("upload"), ..all.clone() }, vec!["c.sql", "a.sql"], 2),
        (Filter { status: some("error"), ..all.clone() }, vec![], 0),
        (Filter { project_id: some("nobody"), ..all.clone() }, vec![], 0),
        (Filter { repository_id: some(&repository), source: some("sample"), ..all.clone() }, vec!["b_1.sql"], 1),
        (Filter { text: some("total"), ..all.clone() }, vec!["a.sql"], 1),
        (Filter { text: some("_"), ..all.clone() }, vec!["b_1.sql"], 1),
        (Filter { text: some("%"), ..all.clone() }, vec!["c.sql"], 1),
        (Filter { text: some("C.SQL"), ..all.clone() }, vec!["c.sql"], 1),
    ] {
        assert_eq!(paths(filter.clone()).unwrap(), (expected.into_iter().map(str::to_owned).collect(), total), "{filter:?}");
    }
    assert_eq!(find_by_path(&conn, &repository, "a.sql").unwrap().unwrap().path, "a.sql");
    assert_eq!(find_by_path(&conn, &repository, "A.sql").unwrap(), None);
    assert!(has_bytes(&conn, &repository, "c.sql").unwrap());
    assert!(!has_bytes(&conn, "elsewhere", "c.sql").unwrap());
    let stats = stats(&conn, Some("default")).unwrap();
    assert_eq!((stats.total, stats.processed, stats.errors, stats.storage_bytes), (3, 3, 0, 17));
}

#[test]
fn the_files_ingested_last_are_those_of_the_last_runs_whatever_the_clock_said() {
    let (conn, repository) = store();
    let facts = Facts::default();
    for (path, at) in [("a.sql", "2031"), ("b.sql", "2029"), ("c.sql", "2030"), ("a.sql", "2028")] {
        let run = runs::start(&conn, "default", &repository, "upload", &[]).unwrap();
        put(&conn, &NewFile { run_id: &run.id, ..new(&repository, path, at.as_bytes(), &facts) }).unwrap();
        conn.execute("UPDATE files SET updated_at = ?2 WHERE path = ?1", [path, at]).unwrap();
    }
    let paths = |(rows, _): (Vec<FileRow>, i64)| rows.into_iter().map(|row| row.path).collect::<Vec<_>>();
    assert_eq!(paths(recent(&conn, None, 10).unwrap()), ["a.sql", "c.sql", "b.sql"]);
    assert_eq!(paths(recent(&conn, Some("default"), 1).unwrap()), ["a.sql"]);
    conn.execute("DELETE FROM runs WHERE id = (SELECT run_id FROM files WHERE path = 'c.sql')", []).unwrap();
    assert_eq!(paths(recent(&conn, None, 10).unwrap()), ["a.sql", "b.sql", "c.sql"], "of a run that is not kept any more");
}

#[test]
fn bytes_that_are_not_those_that_were_stored_are_never_given_out() {
    let (conn, repository) = store();
    let stored = b"SELECT 1";
    let hash = crate::id::content_hash(stored);
    let facts = Facts::default();
    let row = put(&conn, &NewFile { hash: &hash, ..new(&repository, "a.sql", stored, &facts) }).unwrap();
    assert_eq!(bytes(&conn, &row.id).unwrap(), stored);
    conn.execute("UPDATE file_bytes SET bytes = 'SELECT 2'", []).unwrap_err();
    conn.execute("UPDATE file_bytes SET bytes = CAST('SELECT 2' AS BLOB)", []).unwrap();
    assert!(matches!(bytes(&conn, &row.id), Err(Error::Corrupt(what)) if what.starts_with("file a.sql: ")));
}
