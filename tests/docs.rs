//! The documents say what the server does: every route and message, and no others. (Settings: `config.rs`.)

use headwater::event::Topic;
use headwater::http::ROUTES;
use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Every `` `METHOD /path…` `` of a page.
fn requests(page: &str) -> BTreeSet<String> {
    let methods = ["GET ", "POST ", "PUT ", "DELETE "];
    page.split('`').filter(|code| methods.iter().any(|m| code.starts_with(m)) && !code.contains('\n')).map(str::to_owned).collect()
}

#[test]
fn the_api_reference_names_every_route_and_no_other() {
    let written = requests(&read("docs/api/API_REFERENCE.md"));
    let served: BTreeSet<String> = ROUTES.iter().map(|r| format!("{} {}", r.method, r.path)).collect();
    let missing: Vec<&String> = served.difference(&written).collect();
    let invented: Vec<&String> = written.difference(&served).collect();
    assert!(missing.is_empty() && invented.is_empty(), "not in docs/api/API_REFERENCE.md: {missing:?}; only there: {invented:?}");
}

#[test]
fn the_api_reference_shows_every_websocket_message_with_a_payload() {
    let page = read("docs/api/API_REFERENCE.md");
    let shown: Vec<serde_json::Value> = page
        .lines()
        .filter(|line| line.starts_with("{\"type\":\""))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}")))
        .collect();
    for topic in Topic::ALL.into_iter().filter(|t| *t != Topic::Custom) {
        let message = shown.iter().find(|m| m["type"] == topic.as_str()).unwrap_or_else(|| panic!("no payload of {}", topic.as_str()));
        let numbered = topic != Topic::StatsUpdate;
        assert!(message["data"].is_object() && message["timestamp"].is_string() && message["seq"].is_u64() == numbered, "{message}");
    }
    assert!(shown.iter().any(|m| m["type"] == "connection_ack"));
}

#[test]
fn the_map_of_the_code_names_files_that_exist_and_every_module() {
    let page = read("docs/architecture/ARCHITECTURE.md");
    let map = page.split("```text").nth(1).and_then(|rest| rest.split("```").next()).expect("a map");
    let named: Vec<&str> = map.lines().filter_map(|line| line.split_whitespace().next()).filter(|word| word.starts_with("src/")).collect();
    for path in &named {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists(), "{path} is on the map and not in the tree");
    }
    for module in read("src/lib.rs").lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')) {
        assert!(named.contains(&format!("src/{module}.rs").as_str()), "src/{module}.rs is not on the map");
    }
}

#[test]
fn the_page_on_lineage_names_files_and_limits_that_exist() {
    let page = read("docs/architecture/LINEAGE.md");
    let layers = page.split("```text").nth(1).and_then(|rest| rest.split("```").next()).expect("the layers");
    let named: Vec<&str> = layers.split_whitespace().filter(|word| word.ends_with(".rs")).collect();
    assert!(named.len() > 8, "{named:?}");
    for path in named {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path).exists(), "src/{path} is on the page and not in the tree");
    }
    let nesting = format!("| nesting of one statement | {} |", headwater::lineage::MAX_NESTING);
    let inferred = format!("| {:.1} | none: data frames", headwater::ingest::reader::INFERRED);
    for row in [nesting, inferred] {
        assert!(page.contains(&row), "the page does not say `{row}`");
    }
}

#[test]
fn the_page_of_reliability_names_tests_and_scripts_that_exist() {
    let page = read("docs/deployment/RELIABILITY.md");
    let words = page.split(|c: char| c.is_whitespace() || matches!(c, '`' | '|' | ',' | ';' | '(' | ')'));
    let named: BTreeSet<&str> = words.filter(|word| ["src/", "tests/", ".ci/"].iter().any(|folder| word.starts_with(folder))).collect();
    assert!(named.len() > 20, "{named:?}");
    for path in named {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists(), "{path} shows something and is not there");
    }
    // A test that is run by its file's name.
    for test in page.split("cargo test --test ").skip(1).filter_map(|rest| rest.split([' ', '`']).next()) {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/{test}.rs")).exists(), "{test}");
    }
}

#[test]
fn every_line_of_the_units_has_its_reason() {
    let page = read("systemd/README.md");
    let named: BTreeSet<&str> = page.split(['`', ' ', '\n']).filter_map(|word| word.split_once('=')).map(|(name, _)| name).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    let mut lines = 0;
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if ![".service", ".socket", ".timer", ".conf"].iter().any(|kind| name.ends_with(kind)) {
            continue;
        }
        // What a unit is called and who wants it need none.
        let unit = std::fs::read_to_string(entry.path()).unwrap();
        let settings = unit.lines().filter_map(|line| line.split_once('=')).map(|(setting, _)| setting);
        for setting in settings.filter(|setting| !["Description", "WantedBy"].contains(setting)) {
            lines += 1;
            assert!(named.contains(setting), "{setting}= of {name} is not in systemd/README.md");
        }
    }
    assert!(lines > 100, "{lines}");
}
