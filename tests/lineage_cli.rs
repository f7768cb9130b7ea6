//! `headwater lineage` as a person or a program calls it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn run(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_headwater"))
        .arg("lineage")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A run that ends on its arguments does not read.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn jsonl_answers_line_by_line_in_order_even_when_a_line_is_broken() {
    let input = concat!(
        r#"{"id":1,"sql":"INSERT INTO t SELECT * FROM s","dialect":"sparksql","schema":{"s":["a"]}}"#,
        "\n{broken\n\n[]\n",
        r#"{"id":"x","sql":"SELECT q FROM u WHERE r = 1","dialect":"klingon"}"#,
        "\n"
    );
    let output = run(&["--jsonl"], input);
    assert_eq!(output.status.code(), Some(1));
    let rows: Vec<serde_json::Value> = text(&output.stdout).lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0]["columns"], serde_json::json!([[["s", "a"], ["t", "a"]]]));
    assert_eq!((&rows[0]["sources"], &rows[0]["targets"]), (&serde_json::json!(["s"]), &serde_json::json!(["t"])));
    for row in &rows[1..4] {
        assert!(row["error"].as_str().is_some_and(|e| e.contains("not an object") && !e.contains("struct")), "{row}");
    }
    assert_eq!(rows[4]["read_columns"], serde_json::json!(["u.q", "u.r"]));
    assert!(rows[4]["diagnostics"][0]["message"].as_str().is_some_and(|m| m.contains("klingon")));
}

#[test]
fn formats_show_the_same_flow() {
    let sql = "CREATE VIEW v AS SELECT a FROM t";
    let json: serde_json::Value = serde_json::from_slice(&run(&["--format", "json", "-"], sql).stdout).expect("JSON");
    assert_eq!(json["tables"]["sources"], serde_json::json!(["t"]));
    assert_eq!(json["files"][0]["statements"][0]["kind"], "CREATE VIEW");
    assert!(text(&run(&["--format", "dot", "-"], sql).stdout).contains("\"t\" -> \"v\";"));
    assert!(text(&run(&["--format", "mermaid", "-"], sql).stdout).contains("-->"));
    assert!(text(&run(&["-"], sql).stdout).contains("v.a <- t.a"));
}

#[test]
fn what_a_function_gives_back_is_shown_when_the_files_have_the_function() {
    let view = "CREATE VIEW v AS SELECT array_to_string(a, ',') AS x, f(b) AS y FROM t;";
    let function = "CREATE FUNCTION f(i int) RETURNS int LANGUAGE sql AS 'SELECT max(c) FROM s';";
    for (sql, shown, expect) in [(view.to_owned(), "array_to_string()", false), (format!("{view}\n{function}"), "f()", true)] {
        for format in ["text", "dot", "mermaid"] {
            let output = text(&run(&["--dialect", "postgres", "--format", format, "-"], &sql).stdout);
            assert_eq!(output.contains(shown), expect, "{output}");
            assert!(!output.contains("array_to_string()"), "{output}");
        }
    }
}

#[test]
fn wrong_usage_is_told_apart_from_sql_not_understood() {
    for args in [&["--format", "png", "-"][..], &["--dialect", "klingon", "-"], &["--nonsense"], &[], &["--jsonl", "x.sql"]] {
        let output = run(args, "");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains("Usage: headwater lineage"));
    }
    assert_eq!(run(&["-"], "SELECT 1 FROM t").status.code(), Some(0));
    assert_eq!(run(&["-"], "what is this").status.code(), Some(1));
    assert_eq!(run(&["no/such/file.sql"], "").status.code(), Some(1));
    assert_eq!(run(&["--help"], "").status.code(), Some(0));
}

/// A folder of files of its own, gone with the value.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &[u8])]) -> Folder {
        let folder = Folder(std::env::temp_dir().join(format!("headwater-cli-{}-{name}", std::process::id())));
        for (path, bytes) in files {
            let path = folder.0.join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, bytes).expect("a file");
        }
        folder
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_file_cut_short_is_said_and_fails() {
    let cut: [(&str, &[u8]); 2] = [("manifest.json", b"{\"metadata\": {\"dbt_sch"), ("x.ipynb", b"{\"cells\": [{\"cell_type\"")];
    let folder = Folder::new("cut", &cut);
    for (name, _) in cut {
        let output = run(&[&folder.path(name)], "");
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(text(&output.stdout).contains("EOF while parsing"), "{name}: {}", text(&output.stdout));
    }
}

#[test]
fn a_folder_is_walked_and_flows_meet_across_files_of_every_type() {
    let folder = Folder::new(
        "walk",
        &[
            ("b/load.SQL", b"INSERT INTO mart SELECT a FROM Stage"),
            ("a/etl.py", b"pd.read_sql('SELECT a FROM raw', c).to_sql('stage', c)"),
            ("a/notes.md", b"`raw`"),
            ("a/package.json", b"{}"),
            (".git/x.sql", b"SELECT 1 FROM hidden"),
        ],
    );
    let output = run(&["--format", "json", &folder.path("")], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let paths: Vec<&str> = json["files"].as_array().expect("files").iter().map(|f| f["path"].as_str().expect("a path")).collect();
    assert_eq!(paths, [folder.path("a/etl.py"), folder.path("b/load.SQL")]);
    assert_eq!((&json["tables"]["sources"], &json["tables"]["targets"]), (&serde_json::json!(["raw"]), &serde_json::json!(["mart"])));
    assert_eq!(json["tables"]["intermediate"].as_array().expect("names").len(), 1);
    let folder = Folder::new("flow", &[("x.py", b"a = spark.table('t').transform(f)\n\na.write.saveAsTable('u')\n")]);
    let shown = text(&run(&[&folder.path("x.py")], "").stdout);
    assert!(shown.contains("line 3     flow  -> u  <- t  (confidence 0.5)"), "{shown}");
}

#[test]
fn a_column_stands_in_one_line_with_all_it_is_made_from() {
    let shown = text(
        &run(&["-"], "CREATE VIEW v AS SELECT b.y, a.x + b.y AS z, a.x FROM a, b; CREATE MATERIALIZED VIEW m AS SELECT x FROM v").stdout,
    );
    let lines: Vec<&str> = shown.lines().filter(|line| line.starts_with("  ") && line.contains(" <- ") && !line.contains("->")).collect();
    assert_eq!(lines, ["  m.x <- a.x", "  v.y <- b.y", "  v.z <- a.x, b.y"], "{shown}");
    assert!(shown.contains("defines materialized view m"), "{shown}");
}

#[test]
fn files_of_one_call_know_the_columns_of_each_other() {
    let folder = Folder::new(
        "linked",
        &[
            ("1.sql", b"CREATE TABLE dbo.a (x int, k int);\nCREATE TABLE dbo.b (y int, k2 int);"),
            ("2.sql", b"CREATE VIEW v AS SELECT x, y FROM a JOIN dbo.b ON k = k2;"),
            ("3.sql", b"CREATE VIEW w AS SELECT * FROM v;\nINSERT INTO b SELECT n, m FROM c;\nCREATE VIEW u AS SELECT * FROM elsewhere;"),
        ],
    );
    let shown = text(&run(&["--dialect", "tsql", &folder.path("")], "").stdout);
    for flow in
        ["  v.x <- a.x", "  v.y <- dbo.b.y", "  w.x <- v.x", "  w.y <- v.y", "  b.y <- c.n", "  b.k2 <- c.m", "  u.* <- elsewhere.*"]
    {
        assert!(shown.lines().any(|line| line == flow), "{flow}: {shown}");
    }
    let alone = text(&run(&["--dialect", "tsql", &folder.path("3.sql")], "").stdout);
    assert!(alone.contains("  w.* <- v.*"), "{alone}");
    // What is given counts before what is found.
    let schema = Folder::new("given", &[("s.json", br#"{"v": ["z"]}"#)]);
    let shown = text(&run(&["--dialect", "tsql", "--schema", &schema.path("s.json"), &folder.path("")], "").stdout);
    assert!(shown.contains("  w.z <- v.z") && !shown.contains("w.x"), "{shown}");
}

#[test]
fn models_of_a_dbt_project_are_called_after_their_files() {
    let folder = Folder::new(
        "models",
        &[
            ("models/z.sql", b"{{ config(materialized='table') }}\nselect id, nm from {{ ref('a') }}"),
            ("models/y.sql", b"select * from {{ ref('z') }}"),
        ],
    );
    let shown = text(&run(&[&folder.path("models")], "").stdout);
    for line in ["  z.id <- a.id", "  y.id <- z.id", "sources: a", "targets: y", "in between: z"] {
        assert!(shown.lines().any(|l| l == line), "{line}: {shown}");
    }
    let alone = text(&run(&[&folder.path("models/z.sql")], "").stdout);
    assert!(alone.contains("  z.nm <- a.nm"), "{alone}");
}

#[test]
fn a_table_that_is_only_declared_is_where_data_comes_from() {
    for (sql, sources, between) in [
        ("CREATE TABLE raw.o (id int); CREATE VIEW s AS SELECT id FROM raw.o", "sources: raw.o", None),
        ("CREATE TABLE a (id int); INSERT INTO a SELECT id FROM b; CREATE VIEW s AS SELECT id FROM a", "sources: b", Some("in between: a")),
        ("CREATE TABLE a AS SELECT id FROM b; CREATE VIEW s AS SELECT id FROM a", "sources: b", Some("in between: a")),
    ] {
        let shown = text(&run(&["-"], sql).stdout);
        assert!(shown.lines().any(|line| line == sources), "{sources}: {shown}");
        assert_eq!(shown.lines().find(|line| line.starts_with("in between")), between, "{shown}");
    }
}

#[test]
fn what_cannot_be_read_is_said_and_costs_only_itself() {
    let folder = Folder::new(
        "odd",
        &[("empty.sql", b""), ("utf16.sql", b"\xFF\xFES\0E\0L\0E\0C\0T\0 \0a\0 \0F\0R\0O\0M\0 \0t\0"), ("bin.sql", b"\0\x01\xFF\x00")],
    );
    let (empty, utf16, gone) = (folder.path("empty.sql"), folder.path("utf16.sql"), folder.path("gone.sql"));
    let output = run(&[&empty, &gone, &utf16], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("gone.sql: "), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("empty.sql  (nothing in it)") && shown.contains("<- t") && shown.contains("UTF-16"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "no colours where no terminal is");
    assert_eq!(run(&[&folder.path("bin.sql")], "").status.code(), Some(1));
    assert_eq!(run(&[&empty], "").status.code(), Some(0));
}

#[test]
fn graphs_are_valid_whatever_a_name_holds() {
    let sql = "CREATE VIEW \"a \"\"b\"\" [c] | <d> #e &f `g` \\ é\" AS SELECT x FROM \"q\n;-->\"";
    let dot = text(&run(&["--dialect", "postgres", "--format", "dot", "-"], sql).stdout);
    assert!(dot.contains(r#""a \"b\" [c] | <d> #e &f `g` \\ é""#), "{dot}");
    let mermaid = text(&run(&["--dialect", "postgres", "--format", "mermaid", "-"], sql).stdout);
    let lines: Vec<&str> = mermaid.lines().collect();
    assert_eq!(lines.len(), 4, "{mermaid}");
    assert!(lines[1].contains("a #34;b#34; [c] | #60;d#62; #35;e #38;f #96;g#96; #92; é"), "{mermaid}");
    assert!(lines[2].contains("[\"q ;--#62;\"]"), "{mermaid}");
}

#[test]
fn lines_without_a_dialect_or_a_schema_take_those_of_the_command() {
    let folder = Folder::new("schema", &[("schema.json", br#"{"s": ["a", "b"]}"#)]);
    let args = ["--jsonl", "--schema", &folder.path("schema.json"), "--dialect", "tsql"];
    let output = run(&args, "{\"id\":1,\"sql\":\"INSERT INTO [t] SELECT * FROM [s]\"}\n{\"id\":7}\n");
    let rows: Vec<serde_json::Value> = text(&output.stdout).lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(rows[0]["columns"].as_array().map(Vec::len), Some(2), "{}", rows[0]);
    assert_eq!((&rows[1]["id"], rows[1]["error"].is_string()), (&serde_json::json!(7), true));
    assert_eq!(run(&["--jsonl", "--format", "dot"], "").status.code(), Some(2));
}

#[test]
fn a_picture_shows_flows_across_files_and_is_the_same_each_time() {
    let files: [(&str, &[u8]); 3] = [
        ("1.sql", b"CREATE TABLE raw.t (a int, b int);"),
        ("2.sql", b"CREATE VIEW v AS SELECT * FROM raw.t;"),
        ("3.sql", b"CREATE VIEW \"w <&>\" AS SELECT a + b AS c FROM v;"),
    ];
    let folder = Folder::new("picture", &files);
    let args = ["--dialect", "postgres", "--format", "svg", &folder.path("")];
    let output = run(&args, "");
    let svg = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
    for part in ["<title id=\"title\">Lineage of 3 files</title>", " raw.t to v.", " v to w &lt;&amp;&gt;.", ">b</text>"] {
        assert!(svg.contains(part), "{part}: {svg}");
    }
    // Two columns into two, and two into one.
    assert_eq!(svg.matches("<path class=\"link").count(), 4, "{svg}");
    assert_eq!(text(&run(&args, "").stdout), svg);
    assert!(text(&run(&["--format", "svg", "-"], "").stdout).contains("</svg>"), "nothing is a picture too");
}

#[test]
fn names_are_shown_and_never_obeyed() {
    let sql = "CREATE VIEW \"\u{1b}[31mred\u{1b}]0;title\u{7}\" AS SELECT \"\u{202e}gninrut\" FROM \"\u{9b}2J\";\nSELEC \"\u{1b}c\" FRM;";
    for format in ["text", "json", "mermaid", "dot", "svg"] {
        let output = run(&["--format", format, "-"], sql);
        let shown = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        let obeyed = |c: char| c != '\n' && headwater::text::is_invisible(c);
        // JSON is for programs, and escapes what it must.
        let found = shown.chars().find(|c| obeyed(*c) && (format != "json" || *c < ' '));
        assert_eq!(found, None, "{format}: {shown:?}");
    }
}

#[test]
fn what_may_not_run_takes_nothing_away_and_what_gives_no_rows_stands_in_nobodys_way() {
    for (dialect, sql, flows) in [
        (
            "tsql",
            "CREATE PROCEDURE dbo.p AS\nEXEC dbo.log_elsewhere;\nSELECT a, b FROM dbo.s;\nGO\nINSERT INTO dbo.t (x, y) EXEC dbo.p;",
            "t.x<-s.a t.y<-s.b",
        ),
        (
            "tsql",
            "INSERT INTO t (a) SELECT a FROM x; IF @full = 1 TRUNCATE TABLE t; INSERT INTO t (a) SELECT a FROM y; INSERT INTO u (a) SELECT a FROM t;",
            "u.a<-x.a u.a<-y.a",
        ),
        (
            "tsql",
            "INSERT INTO t (a) SELECT a FROM x; TRUNCATE TABLE t; INSERT INTO t (a) SELECT a FROM y; INSERT INTO u (a) SELECT a FROM t;",
            "u.a<-y.a",
        ),
        (
            "tsql",
            "SELECT a INTO w FROM x INSERT INTO t (a) SELECT a FROM w IF @clean = 1 DROP TABLE w INSERT INTO u (a) SELECT a FROM w",
            "u.a<-x.a",
        ),
        (
            "spark",
            "INSERT INTO w (a) SELECT a FROM x; TRUNCATE TABLE w PARTITION (d = '1'); INSERT INTO w (a) SELECT a FROM y; INSERT INTO u (a) SELECT a FROM w;",
            "u.a<-x.a u.a<-y.a",
        ),
        (
            "snowflake",
            "CREATE TABLE w AS SELECT a FROM x; CREATE OR REPLACE TABLE w AS SELECT b FROM y; INSERT INTO u (c) SELECT * FROM w;",
            "u.c<-y.b",
        ),
        ("auto", "INSERT INTO u (p, c) SELECT {{ split(a, \"'\\'\") }} AS p, b AS c FROM t WHERE f = 'C:\\' AND g = 'x';", "u.c<-t.b"),
    ] {
        let line = format!("{}\n", serde_json::json!({"id": 1, "sql": sql, "dialect": dialect}));
        let output = run(&["--jsonl"], &line);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let shown = |pair: &serde_json::Value| {
            let table = pair[0].as_str().unwrap_or("?");
            format!("{}.{}", table.rsplit('.').next().unwrap_or(table), pair[1].as_str().unwrap_or("?"))
        };
        let all: Vec<String> =
            answer["columns"].as_array().into_iter().flatten().map(|flow| format!("{}<-{}", shown(&flow[1]), shown(&flow[0]))).collect();
        for flow in flows.split(' ') {
            assert!(all.iter().any(|one| one == flow), "{sql}: no {flow} in {answer}");
        }
        // Of the last table no others.
        let (target, _) = flows.rsplit(' ').next().and_then(|flow| flow.split_once("<-")).expect("a flow");
        let of_it = all.iter().filter(|one| one.starts_with(&format!("{target}<-"))).count();
        assert_eq!(of_it, flows.split(' ').filter(|flow| flow.starts_with(&format!("{target}<-"))).count(), "{sql}: {answer}");
    }
}
