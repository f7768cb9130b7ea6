//! `headwater diff` as people, pull requests and CI call it.

mod common;

use common::{TempDir, command};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

const TABLE: &str = "CREATE TABLE raw.t (a int, b int);\n";
const VIEW: &str = "CREATE VIEW v AS SELECT a, b FROM raw.t;\n";

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (path, content) in files {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }
}

fn diff(dir: &Path, args: &[&str]) -> Output {
    command(dir).arg("diff").args(args).output().expect("the binary runs")
}

#[track_caller]
fn text(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[test]
fn folders_are_compared_by_what_flows_not_by_their_text() {
    let dir = TempDir::new();
    write(dir.path(), &[("old/t.sql", TABLE), ("old/v.sql", VIEW)]);
    write(dir.path(), &[("same/all.sql", &format!("-- moved\n{VIEW}{TABLE}"))]);
    write(
        dir.path(),
        &[("new/t.sql", "CREATE TABLE raw.t (a int);\n"), ("new/v.sql", VIEW), ("new/w.sql", "CREATE VIEW w AS SELECT a FROM v;\n")],
    );
    assert_eq!(text(&diff(dir.path(), &["old", "same", "--fail-on", "any"]), 0), "no lineage is added or removed\n");

    let said = text(&diff(dir.path(), &["old", "new"]), 0);
    for line in [
        "  + view w  w.sql:1",
        "  - raw.t.b",
        "  + w <- v",
        "  - v.b <- raw.t.b",
        "  + w.a <- v.a",
        "breaking: column raw.t.b is gone and still named by",
        "  v  v.sql:1",
        "2 edges added, 1 removed, 1 breaking",
    ] {
        assert!(said.lines().any(|l| l.trim_end() == line), "{line}: {said}");
    }
    assert!(!said.contains('\u{1b}'), "no colours where no terminal is");
    text(&diff(dir.path(), &["old", "new", "--fail-on", "breaking"]), 1);
    text(&diff(dir.path(), &["old", "new", "--fail-on", "any"]), 1);
    text(&diff(dir.path(), &["old", "same", "--fail-on", "breaking"]), 0);
    // The other way round nothing breaks, but something changes.
    text(&diff(dir.path(), &["new", "old", "--fail-on", "breaking"]), 0);

    let json: Value = serde_json::from_slice(&diff(dir.path(), &["old", "new", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(json["assets"], json!({"added": [{"type": "view", "name": "w", "defined": "w.sql:1"}], "removed": []}));
    assert_eq!(json["columns"], json!({"added": [], "removed": ["raw.t.b"]}));
    assert_eq!(json["table_edges"]["added"], json!([{"target": "w", "source": "v"}]));
    assert_eq!(json["column_edges"]["removed"], json!([{"target": "v.b", "source": "raw.t.b"}]));
    let why = "is gone and still named by";
    assert_eq!(json["breaking"], json!([{"type": "column", "name": "raw.t.b", "why": why, "by": [{"name": "v", "defined": "v.sql:1"}]}]));
}

#[test]
fn two_files_are_one_file_before_and_after() {
    let dir = TempDir::new();
    write(dir.path(), &[("before.sql", &format!("{TABLE}{VIEW}")), ("after.sql", VIEW)]);
    let said = text(&diff(dir.path(), &["before.sql", "after.sql"]), 0);
    assert!(said.contains("breaking: table raw.t is gone and still named by\n  v  after.sql:1"), "{said}");
    assert!(!said.contains("- v <-"), "the view still reads it, whatever it is now: {said}");
}

#[test]
fn revisions_of_a_checkout_are_compared_with_each_other_and_with_what_is_there() {
    let dir = TempDir::new();
    let git = |args: &[&str]| {
        let who = ["-c", "user.name=n", "-c", "user.email=n@n", "-c", "commit.gpgsign=false"];
        assert!(Command::new("git").args(who).args(args).current_dir(dir.path()).output().expect("git").status.success(), "{args:?}");
    };
    write(
        dir.path(),
        &[("models/t.sql", TABLE), ("models/v.sql", VIEW), ("é x.sql", "CREATE VIEW e AS SELECT 1 AS one"), (".h/h.sql", VIEW)],
    );
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "one"]);
    git(&["tag", "one"]);
    assert_eq!(text(&diff(dir.path(), &["HEAD", "."]), 0), "no lineage is added or removed\n");
    std::fs::remove_file(dir.path().join("models/t.sql")).expect("it is there");
    let gone = "breaking: table raw.t is gone and still named by\n  v  models/v.sql:1\n";
    assert!(text(&diff(dir.path(), &["--fail-on", "breaking", "HEAD", "."]), 1).contains(gone));
    git(&["commit", "-qam", "two"]);
    assert!(text(&diff(dir.path(), &["one", "HEAD"]), 0).contains(gone));
    // From within a folder, that folder; and any folder of a revision by name.
    let within = text(&diff(&dir.path().join("models"), &["one", "."]), 0);
    assert!(within.contains("still named by\n  v  v.sql:1\n"), "{within}");
    assert_eq!(text(&diff(dir.path(), &["HEAD:models", "models"]), 0), "no lineage is added or removed\n");
    for unknown in ["no-such-thing", "--output=x", "HEAD:nowhere"] {
        let said = text(&diff(dir.path(), &["--", unknown, "."]), 1);
        assert!(said.contains("is neither a file, nor a folder, nor a revision"), "{unknown}: {said}");
    }
    text(&diff(dir.path(), &["HEAD"]), 2);
}

#[test]
fn markdown_says_what_breaks_first_and_nothing_in_a_name_is_markup() {
    let dir = TempDir::new();
    write(dir.path(), &[("old.sql", &format!("{TABLE}CREATE VIEW \"<b>`x`</b>\" AS SELECT b FROM raw.t;\n"))]);
    write(dir.path(), &[("new.sql", "CREATE VIEW \"<b>`x`</b>\" AS SELECT b FROM raw.t;\n")]);
    let said = text(&diff(dir.path(), &["--dialect", "postgres", "--format", "markdown", "old.sql", "new.sql"]), 0);
    assert!(said.starts_with("### Lineage: 0 edges added, "), "{said}");
    assert!(said.contains("- **breaking**: table `raw.t` is gone and still named by ``<b>`x`</b>`` (`new.sql:1`)"), "{said}");
    assert!(
        said.contains("````diff\n# tables, views and routines\n- table raw.t  old.sql:1\n") || said.contains("- table raw.t  new.sql:1\n"),
        "{said}"
    );
}
