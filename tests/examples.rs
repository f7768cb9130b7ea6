//! The examples of the API's description are what a server with the sample answers. `UPDATE_EXPECT=1 cargo test --test examples` writes them anew.

mod common;

use common::TestServer;
use headwater::http::{ROUTES, openapi};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const FILE: &str = "src/http/examples.json";
/// Elements of a list that are shown: the second tells what differs.
const MOST_SHOWN: usize = 2;

/// A call: the route, what stands for its path when that is not enough, the body. `{route#/pointer}` in a path is taken from an earlier answer.
type Call = (&'static str, &'static str, Value);

fn calls() -> Vec<Call> {
    const FILE_ID: &str = "{POST /api/v1/sample#/results/1/file_id}";
    let get = |route, path| (route, path, Value::Null);
    let question = json!({"query": "What feeds marts.daily_revenue?"});
    let in_file: &[(&str, &str)] = &[("GET /api/v1/files/{id}", ""), ("GET /api/v1/files/{id}/lines", "/lines?from=4&limit=2")];
    let mut calls = vec![
        ("POST /api/v1/sample", "", json!({})),
        get("GET /health", ""),
        get("GET /health/ready", ""),
        get("GET /api/v1/stats", ""),
        get("GET /api/v1/rag/status", ""),
        get("GET /api/v1/models", ""),
        get("GET /api/v1/endpoints", "/api/v1/endpoints?tag=Health"),
        get("GET /api/v1/config/sql-dialects", ""),
        get("GET /api/v1/config/websocket", ""),
        get("GET /api/v1/ingestion/logs", ""),
        get("GET /api/v1/ingestion/logs/{id}", "/api/v1/ingestion/logs/{POST /api/v1/sample#/ingestion_id}"),
        get("GET /api/v1/runs/{id}/diff", "/api/v1/runs/{POST /api/v1/sample#/run_id}/diff"),
        get("GET /api/v1/files", "/api/v1/files?limit=1"),
        get("GET /api/v1/files/recent", "/api/v1/files/recent?limit=1"),
        get("GET /api/v1/files/search", "/api/v1/files/search?q=daily_revenue&limit=1"),
        get("GET /api/v1/files/stats", ""),
        get("GET /api/v1/files/config", ""),
        get("GET /api/v1/database/schemas", ""),
        get("GET /api/database/schemas", ""),
        get("GET /api/v1/database/tables/{schema}/{table}", "/api/v1/database/tables/marts/fct_orders"),
        get("GET /api/v1/database/tables/{schema}/{table}/dependencies", "/api/v1/database/tables/marts/fct_orders/dependencies?depth=1"),
        get("GET /api/v1/lineage/search", "/api/v1/lineage/search?q=daily+revenue&limit=1"),
        get("GET /api/v1/lineage/nodes", "/api/v1/lineage/nodes?type=view&limit=1"),
        get("GET /api/v1/lineage/edges", "/api/v1/lineage/edges?limit=1"),
        get("GET /api/v1/lineage/node/{id}", "/api/v1/lineage/node/marts.daily_revenue?direction=upstream&depth=1"),
        get("GET /api/v1/lineage/edge/{urn}", "/api/v1/lineage/edge/{GET /api/v1/lineage/edges#/edges/0/id}"),
        get("GET /api/v1/lineage/evidence/{urn}", "/api/v1/lineage/evidence/{GET /api/v1/lineage/search#/nodes/0/urn}"),
        get("GET /api/v1/lineage/impact/{id}", "/api/v1/lineage/impact/raw.orders?depth=1"),
        get("GET /api/v1/lineage/path", "/api/v1/lineage/path?from=marts.daily_revenue&to=marts.fct_orders"),
        get("GET /api/v1/lineage/layout", "/api/v1/lineage/layout?urn=marts.daily_revenue&direction=upstream&depth=1"),
        get("GET /api/v1/lineage/report", ""),
        get("GET /api/v1/graph/stats", ""),
        get("GET /api/v1/graph/search", "/api/v1/graph/search?name=daily_revenue&limit=1"),
        get("GET /api/v1/graph/lineage/{id}", "/api/v1/graph/lineage/marts.daily_revenue?direction=upstream&max_depth=1"),
        get("GET /api/v1/graph/entity/{id}", "/api/v1/graph/entity/marts.daily_revenue"),
        ("POST /api/v1/lineage/query", "", json!({"question": "What feeds marts.daily_revenue?"})),
        ("POST /api/chat/{mode}", "/api/chat/graph", question),
        get("GET /api/chat/sessions", ""),
        ("POST /api/chat/title", "", json!({"query": "What feeds marts.daily_revenue?"})),
        get("GET /api/v1/projects", ""),
        get("GET /api/v1/projects/{id}", "/api/v1/projects/default"),
        get("GET /api/v1/projects/{id}/context", "/api/v1/projects/default/context"),
        get("GET /api/v1/projects/{id}/project-links", "/api/v1/projects/default/project-links"),
    ];
    calls.extend(in_file.iter().map(|(route, rest)| get(route, Box::leak(format!("/api/v1/files/{FILE_ID}{rest}").into_boxed_str()))));
    // What changes something comes last: the answers above are of the sample alone.
    calls.extend([
        ("POST /api/v1/projects", "", json!({"name": "Shop", "description": "What the shop's reports are made from"})),
        (
            "POST /api/v1/projects/{id}/repositories",
            "/api/v1/projects/{POST /api/v1/projects#/id}/repositories",
            json!({"name": "models", "source": "manual"}),
        ),
        (
            "POST /api/v1/ingest/sql",
            "",
            json!({"sql_content": "CREATE VIEW s AS SELECT id FROM t;", "dialect": "postgres", "source_file": "s.sql"}),
        ),
        (
            "POST /api/v1/graph/entity",
            "",
            json!({"entity_id": "report", "entity_type": "report", "name": "Revenue by day", "properties": {"owner": "finance"}}),
        ),
        (
            "POST /api/v1/graph/relationship",
            "",
            json!({"source_id": "report", "target_id": "marts.daily_revenue", "relationship_type": "READS", "properties": {}}),
        ),
    ]);
    calls
}

/// `path` with what it takes from earlier answers.
fn resolved(path: &str, answers: &BTreeMap<&str, Value>) -> String {
    let Some((before, (inner, after))) = path.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) else {
        return path.to_owned();
    };
    let (route, pointer) = inner.split_once('#').unwrap_or_else(|| panic!("{path}: no pointer"));
    let found = answers[route].pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{path}: nothing at {pointer}"));
    format!("{before}{found}{after}")
}

/// An answer without what differs from run to run, and with lists cut short.
fn settled(value: Value, key: &str, port: &str, ids: &mut Vec<String>) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k.clone(), settled(v, &k, port, ids))).collect()),
        Value::Array(items) => items.into_iter().take(MOST_SHOWN).map(|item| settled(item, key, port, ids)).collect(),
        Value::Number(_) if key.ends_with("_ms") || key == "uptime_seconds" => json!(1),
        Value::String(text) if text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            let at = ids.iter().position(|id| *id == text).unwrap_or_else(|| {
                ids.push(text);
                ids.len() - 1
            });
            format!("{:032x}", at + 1).into()
        }
        Value::String(text) if text.len() == 27 && text.ends_with('Z') && text.as_bytes()[10] == b'T' => {
            "2026-01-31T09:05:00.000000Z".into()
        }
        Value::String(text) => text.replace(port, ":8000").into(),
        other => other,
    }
}

#[test]
fn the_examples_are_what_a_server_with_the_sample_answers() {
    let server = TestServer::start();
    let port = format!(":{}", server.address.port());
    let (mut answers, mut examples, mut ids) = (BTreeMap::new(), Map::new(), Vec::new());
    for (route, path, body) in calls() {
        let (method, template) = route.split_once(' ').expect("a method and a path");
        let path = resolved(if path.is_empty() { template } else { path }, &answers);
        let reply = if method == "GET" { server.get(&path) } else { server.post(&path, &body) };
        assert!(reply.status < 300, "{method} {path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body));
        let answer: Value = serde_json::from_slice(&reply.body).expect("JSON");
        let mut example = json!({"answer": settled(answer.clone(), "", &port, &mut ids)});
        if !body.is_null() && body != json!({}) {
            example["body"] = body;
        }
        examples.insert(route.to_owned(), example);
        answers.insert(route, answer);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let made = Value::Object(examples);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let rows: Vec<String> =
            made.as_object().into_iter().flatten().map(|(route, example)| format!("{}: {example}", json!(route))).collect();
        std::fs::write(&file, format!("{{\n{}\n}}\n", rows.join(",\n"))).expect("a file to write");
    }
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).expect(FILE)).expect("JSON");
    for (route, _, _) in calls() {
        assert_eq!(kept[route], made[route], "{route} is not what {FILE} says: UPDATE_EXPECT=1 writes it anew");
    }
    assert_eq!(kept.as_object().map(Map::len), made.as_object().map(Map::len), "{FILE} has examples that nothing answers");
}

#[test]
fn every_read_that_answers_json_has_an_example_but_for_those_of_the_moment() {
    // Of the last minutes and of who is connected; a conversation; this document.
    let of_the_moment = ["/api/v1/activity/", "/api/v1/metrics/", "/api/v1/ws/", "/api/chat/sessions/{id}", "/openapi.json"];
    let document: Value = serde_json::from_slice(&openapi::document()).expect("JSON");
    for route in ROUTES.iter().filter(|route| route.method == "GET" && openapi::answers_json(route)) {
        let content = &document["paths"][route.path]["get"]["responses"][route.status.to_string()]["content"]["application/json"];
        let expected = !of_the_moment.iter().any(|path| route.path.starts_with(path));
        assert_eq!(content.get("example").is_some(), expected, "{}", route.path);
    }
}
