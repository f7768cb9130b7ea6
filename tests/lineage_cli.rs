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
        "\n{broken\n",
        r#"{"id":"x","sql":"SELECT q FROM u WHERE r = 1","dialect":"klingon"}"#,
        "\n"
    );
    let output = run(&["--jsonl"], input);
    assert_eq!(output.status.code(), Some(1));
    let rows: Vec<serde_json::Value> = text(&output.stdout).lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["columns"], serde_json::json!([[["s", "a"], ["t", "a"]]]));
    assert_eq!((&rows[0]["sources"], &rows[0]["targets"]), (&serde_json::json!(["s"]), &serde_json::json!(["t"])));
    assert!(rows[1]["error"].as_str().is_some_and(|e| e.contains("not an object")));
    assert_eq!(rows[2]["read_columns"], serde_json::json!(["u.q", "u.r"]));
    assert!(rows[2]["diagnostics"][0]["message"].as_str().is_some_and(|m| m.contains("klingon")));
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
fn wrong_usage_is_told_apart_from_sql_not_understood() {
    for args in [&["--format", "svg", "-"][..], &["--dialect", "klingon", "-"], &["--nonsense"], &[], &["--jsonl", "x.sql"]] {
        let output = run(args, "");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains("Usage: headwater lineage"));
    }
    assert_eq!(run(&["-"], "SELECT 1 FROM t").status.code(), Some(0));
    assert_eq!(run(&["-"], "what is this").status.code(), Some(1));
    assert_eq!(run(&["no/such/file.sql"], "").status.code(), Some(1));
    assert_eq!(run(&["--help"], "").status.code(), Some(0));
}
