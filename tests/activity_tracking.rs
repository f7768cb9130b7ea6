//! The activity log and the numbers computed from it, seen from outside.

mod common;

use common::{Client, TestServer, eventually};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;

fn lines(dir: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(dir.join("activity.jsonl")).unwrap_or_default();
    // A line being written just now is not there yet.
    text.split_inclusive('\n').filter(|l| l.ends_with('\n')).map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// The line of the request with this id.
fn line_of(dir: &Path, request_id: &str) -> Value {
    eventually(request_id, || lines(dir).into_iter().find(|l| l["request_id"] == request_id))
}

fn ask(client: &Client, id: &str, method: &str, path: &str, body: &str) -> u16 {
    client.request(method, path, &[("x-request-id", id), ("content-type", "application/json")], body).status
}

#[test]
fn every_request_is_one_line_with_its_type_and_its_template() {
    let server = TestServer::start();
    let logs = server.dir.path().join("logs");
    let sql = json!({"sql_content": "CREATE TABLE t (a INT)", "dialect": "postgres", "source_file": "t.sql"}).to_string();
    let cases = [
        ("GET", "/health", "", 200, "health_check", "/health"),
        ("GET", "/api/v1/projects", "", 200, "request", "/api/v1/projects"),
        ("GET", "/api/v1/projects/default", "", 200, "request", "/api/v1/projects/{id}"),
        ("POST", "/api/v1/ingest/sql", &sql, 200, "ingestion", "/api/v1/ingest/sql"),
        ("POST", "/api/chat/graph", r#"{"query":"What tables are there?"}"#, 200, "query", "/api/chat/{mode}"),
        ("GET", "/api/v1/ws/connections", "", 200, "admin", "/api/v1/ws/connections"),
        ("POST", "/api/chat/graph", "{}", 422, "error", "/api/chat/{mode}"),
        ("GET", "/api/v1/projects/nobody", "", 404, "error", "/api/v1/projects/{id}"),
        ("GET", "/no/such/path", "", 404, "error", "/no/such/path"),
        ("DELETE", "/health", "", 405, "error", "/health"),
    ];
    for (i, (method, path, body, status, kind, endpoint)) in cases.into_iter().enumerate() {
        let id = format!("case-{i}");
        assert_eq!(ask(&server, &id, method, path, body), status, "{method} {path}");
        let line = line_of(&logs, &id);
        assert_eq!((line["type"].as_str(), line["status_code"].as_u64()), (Some(kind), Some(status.into())), "{line}");
        assert_eq!((line["endpoint"].as_str(), line["method"].as_str()), (Some(endpoint), Some(method)), "{line}");
        assert_eq!(line["status"], if status < 400 { "success" } else { "error" });
        assert_eq!(line["client"], "127.0.0.1");
        assert!(line["latency_ms"].as_f64().unwrap() > 0.0 && line["metadata"].is_object() && line["event_type"].is_string());
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z') && line["event_id"].as_str().unwrap().len() >= 16);
    }
    let dir = server.dir.clone();
    server.stop();
    let mut seen = HashMap::new();
    for line in lines(&dir.path().join("logs")) {
        *seen.entry(line["request_id"].as_str().unwrap().to_string()).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), cases.len());
    assert!(seen.values().all(|n| *n == 1), "{seen:?}");
}

#[test]
fn a_deleted_folder_costs_no_request_and_comes_back() {
    let server = TestServer::start();
    let logs = server.dir.path().join("logs");
    ask(&server, "before", "GET", "/health", "");
    line_of(&logs, "before");
    std::fs::remove_dir_all(&logs).unwrap();
    assert_eq!(ask(&server, "after", "GET", "/health", ""), 200);
    line_of(&logs, "after");
}

#[test]
fn a_folder_that_cannot_be_made_degrades_health_and_recovers_by_itself_with_nothing_lost() {
    let mut in_the_way = None;
    let server = TestServer::with(|vars| {
        // A file where the folder should be stops even root.
        std::fs::write(&vars["LOG_PATH"], "").unwrap();
        in_the_way = Some(vars["LOG_PATH"].clone());
    });
    let logs = in_the_way.unwrap();
    let health = || server.get("/health").expect(200);
    eventually("degraded", || (health()["status"] == "degraded").then_some(()));
    assert_eq!(health()["services"]["activity_log"], "unavailable");
    assert_eq!(ask(&server, "meanwhile", "GET", "/api/v1/projects", ""), 200);
    std::fs::remove_file(&logs).unwrap();
    line_of(Path::new(&logs), "meanwhile");
    eventually("healthy again", || (health()["status"] == "healthy").then_some(()));
}

#[test]
fn the_numbers_are_counted_from_the_requests() {
    let server = TestServer::start();
    for _ in 0..3 {
        server.get("/api/v1/projects").expect(200);
    }
    server.get("/health").expect(200);
    server.get("/api/v1/projects/nobody").expect(404);
    server.get("/made/up/1").expect(404);
    server.get("/made/up/2").expect(404);
    let metrics = server.get("/api/v1/metrics/activity").expect(200);
    let number = |name: &str| metrics[name].as_u64().unwrap();
    assert_eq!((number("total_requests"), number("successful_requests"), number("failed_requests")), (7, 4, 3));
    assert_eq!((number("total_health_checks"), number("total_queries")), (1, 0));
    assert_eq!(metrics["success_rate"].as_f64().unwrap(), 4.0 / 7.0);
    assert_eq!(metrics["error_types"], json!({"not_found": 3}));
    assert_eq!(metrics["top_endpoints"]["/api/v1/projects"], 3);
    assert!(metrics["avg_latency_ms"].as_f64().unwrap() > 0.0);

    let text = server.get("/metrics").text();
    for sample in [
        r#"headwater_http_requests_total{method="GET",route="/api/v1/projects",status="200"} 3"#,
        r#"headwater_http_requests_total{method="GET",route="unmatched",status="404"} 2"#,
        r#"headwater_http_request_duration_seconds_count{method="GET",route="/api/v1/projects/{id}"} 1"#,
        "headwater_websockets 0",
        "headwater_ready 1",
        "headwater_activity_dropped_total 0",
    ] {
        assert!(text.lines().any(|l| l == sample), "{sample} is not in:\n{text}");
    }
    assert!(!text.contains("made/up"), "a label holds what a client made up");
}

#[test]
fn recent_events_are_listed_newest_first_and_outlive_a_restart() {
    let server = TestServer::start();
    server.get("/api/v1/projects").expect(200);
    server.get("/health").expect(200);
    server.get("/api/v1/projects/nobody").expect(404);
    let recent = server.get("/api/v1/activity/recent").expect(200);
    let said: Vec<&str> = recent.as_array().unwrap().iter().map(|e| e["message"].as_str().unwrap()).collect();
    assert_eq!(said.len(), 2, "health checks say nothing: {recent}");
    assert!(said[0].ends_with("failed with 404"), "{recent}");
    assert_eq!(server.get("/api/v1/activity/recent?limit=1").expect(200).as_array().unwrap().len(), 1);
    assert_eq!(server.get("/api/v1/activity/recent?limit=0").expect(422)["detail"][0]["loc"], json!(["query", "limit"]));
    let dir = server.dir.clone();
    server.stop();

    let server = TestServer::in_dir(dir, |_| {});
    let events = server.get("/api/v1/metrics/events?limit=3").expect(200);
    assert_eq!(events["events"].as_array().unwrap().len(), 3);
    assert_eq!(events["total_events"], 6);
    assert_eq!(events["events"][0]["endpoint"], "/api/v1/activity/recent");
    assert_eq!(server.get("/api/v1/metrics/activity").expect(200)["total_requests"], 1, "counters are of this process");
}

#[test]
fn stats_are_live() {
    let server = TestServer::start();
    let before = server.get("/api/v1/stats").expect(200);
    assert_eq!((before["projects"].as_u64(), before["total_files"].as_u64()), (Some(1), Some(0)));
    assert_eq!(before["trends"]["nodes"], json!({"value": 0.0, "isPositive": true}));
    server
        .post("/api/v1/ingest/sql", &json!({"sql_content": "CREATE TABLE t (a INT)", "dialect": "postgres", "source_file": "t.sql"}))
        .expect(200);
    let after = server.get("/api/v1/stats").expect(200);
    assert_eq!(
        (after["total_files"].as_u64(), after["filesProcessed"].as_u64(), after["databaseTables"].as_u64()),
        (Some(1), Some(1), Some(1))
    );
    assert!(after["total_nodes"].as_u64() >= Some(2) && after["totalNodes"] == after["total_nodes"]);
    assert_eq!(after["trends"]["files"], json!({"value": 100.0, "isPositive": true}));
}
