//! The examples of the API's description are what a server with the sample answers. `UPDATE_EXPECT=1 cargo test --test examples` writes them anew.

mod common;

use common::{Client, Reply, TempDir, TestServer};
use headwater::http::{ROUTES, openapi};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const FILE: &str = "src/http/examples.json";
/// Elements of a list that are shown: the second tells what differs.
const MOST_SHOWN: usize = 2;

/// A call: the route, what stands for its path when that is not enough, the body. `{route#/pointer}` in a path or a body is taken from an
/// earlier answer.
type Call = (&'static str, &'static str, Value);

/// The name of nothing, in a path whose answer is a 404.
const NOTHING: &str = "nothing";

fn calls() -> Vec<Call> {
    const SHOP: &str = "/api/v1/projects/{POST /api/v1/projects#/id}";
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
        ("PUT /api/v1/projects/{id}", SHOP, json!({"description": "The shop's reports and what they are made from"})),
        (
            "PUT /api/v1/projects/{id}/context",
            "/api/v1/projects/{POST /api/v1/projects#/id}/context",
            json!({
                "description": "Orders and returns, by day.", "format": "markdown", "source_entities": ["raw.orders"],
                "target_entities": ["marts.daily_revenue"], "related_projects": [], "domain_hints": ["revenue", "returns"],
            }),
        ),
        ("POST /api/v1/projects/{id}/project-links", "/api/v1/projects/default/project-links", json!({"target_project_id": "shop"})),
        ("POST /api/v1/projects/{id}/links/detect", "/api/v1/projects/default/links/detect", json!({})),
        ("POST /api/v1/ingest", "", json!({"file_path": "models/orders.sql", "dialect": "postgres"})),
        (
            "POST /api/v1/projects/{id}/links",
            "/api/v1/projects/default/links",
            json!({
                "source_repo_id": "{POST /api/v1/ingest#/repository_id}",
                "target_repo_id": "{GET /api/v1/projects/{id}#/repositories/0/id}",
            }),
        ),
        ("PUT /api/v1/files/config", "", json!({"max_file_size_mb": 200})),
        ("POST /api/v1/ws/broadcast", "", json!({"type": "notice", "data": {"text": "The nightly load is late"}})),
        ("DELETE /api/chat/session/{id}", "/api/chat/session/{GET /api/chat/sessions#/sessions/0/id}", Value::Null),
    ]);
    calls
}

/// What is refused beyond what [`mistakes`] makes up: the call and its status.
fn refusals() -> Vec<(Call, u16)> {
    let get = |route, path| (route, path, Value::Null);
    vec![
        (("POST /api/v1/projects", "", json!({"id": "default", "name": "Shop"})), 409),
        (("DELETE /api/v1/projects/{id}", "/api/v1/projects/default", Value::Null), 409),
        (("DELETE /api/v1/projects/{id}/links", "/api/v1/projects/default/links?link_id=nothing", Value::Null), 404),
        (("DELETE /api/v1/projects/{id}/project-links", "/api/v1/projects/default/project-links?link_id=nothing", Value::Null), 404),
        (("POST /api/v1/ingest/sql", "", json!({"sql_content": "SELECT 1", "dialect": "cobol", "source_file": "s.sql"})), 400),
        (("POST /api/v1/ingest", "", json!({"file_path": "nothing.sql"})), 404),
        (("POST /api/v1/ingest", "", json!({"file_path": "models/orders.sql", "dialect": "cobol"})), 400),
        (("POST /api/v1/ingest", "", json!({"file_path": "../orders.sql"})), 403),
        (("PUT /api/v1/files/config", "", json!({"max_file_size_mb": 0})), 422),
        (("POST /api/v1/graph/relationship", "", json!({"source_id": "report", "target_id": NOTHING, "relationship_type": "READS"})), 404),
        (("POST /api/chat/{mode}", "/api/chat/graph", json!({"query": " "})), 422),
        (("POST /api/chat/{mode}", "/api/chat/graph", json!({"query": "What feeds marts.daily_revenue?", "model": NOTHING})), 503),
        (("POST /api/chat/{mode}/stream", "/api/chat/graph/stream", json!({"query": " "})), 422),
        (
            (
                "POST /api/v1/projects/{id}/links",
                "/api/v1/projects/nothing/links",
                json!({"source_repo_id": NOTHING, "target_repo_id": NOTHING}),
            ),
            404,
        ),
        (get("GET /api/v1/lineage/layout", "/api/v1/lineage/layout?urn=nothing"), 404),
        (get("GET /api/v1/lineage/path", "/api/v1/lineage/path?from=marts.daily_revenue&to=nothing"), 404),
        (
            (
                "POST /api/v1/ws/connections/{connection_id}/messages",
                "/api/v1/ws/connections/nothing/messages",
                json!({"type": "notice", "data": null}),
            ),
            404,
        ),
    ]
}

/// The typical mistakes at each route: a name that nothing has, and an input that is left out or of another kind.
fn mistakes() -> Vec<(String, String, Value, u16)> {
    let told: Vec<(&str, u16)> = refusals().iter().map(|((route, _, _), status)| (*route, *status)).collect();
    let mut all = Vec::new();
    for route in ROUTES.iter().filter(|route| openapi::answers_json(route) || route.status == 204) {
        let name = format!("{} {}", route.method, route.path);
        let new = |status| !told.contains(&(name.as_str(), status));
        let body = calls().into_iter().find(|(of, _, _)| *of == name).map_or(Value::Null, |(_, _, body)| body);
        let filled: Vec<&str> = route.path.split('/').map(|part| if part.starts_with('{') { NOTHING } else { part }).collect();
        let path = filled.join("/");
        let required = route.query.iter().any(|param| param.required);
        let forgets = route.method == "DELETE" && route.path.starts_with("/api/chat/");
        if route.path.contains('{') && !required && !forgets && new(404) {
            all.push((name.clone(), path.clone(), body, 404));
        }
        let kind = route.query.iter().find_map(|param| match param.r#type {
            "integer" => Some(format!("{path}?{}=many", param.name)),
            _ => None,
        });
        match kind {
            _ if !new(422) => {}
            _ if required => all.push((name, path, Value::Null, 422)),
            Some(path) => all.push((name, path, Value::Null, 422)),
            None if route.body.is_some() && route.method == "POST" => all.push((name, path, json!({}), 422)),
            None => {}
        }
    }
    all
}

/// `path` with what it takes from earlier answers.
fn resolved(path: &str, answers: &BTreeMap<&str, Value>) -> String {
    // A route has braces of its own; a pointer has none.
    let taken = path.split_once('{').and_then(|(before, rest)| {
        let (route, rest) = rest.split_once('#')?;
        let (pointer, after) = rest.split_once('}')?;
        Some((before, route, pointer, after))
    });
    let Some((before, route, pointer, after)) = taken else { return path.to_owned() };
    let found = answers[route].pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{path}: nothing at {pointer}"));
    format!("{before}{found}{after}")
}

/// An answer without what differs from run to run, and with lists cut short.
fn settled(value: Value, key: &str, port: &str, ids: &mut Vec<String>) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k.clone(), settled(v, &k, port, ids))).collect()),
        Value::Array(items) => items.into_iter().take(MOST_SHOWN).map(|item| settled(item, key, port, ids)).collect(),
        // How many events there were before depends on how fast things went.
        Value::Number(_) if key.ends_with("_ms") || key == "uptime_seconds" || key == "seq" => json!(1),
        Value::String(_) if key == "request_id" => format!("{:032x}", 0).into(),
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

fn send(server: &Client, method: &str, path: &str, body: &Value) -> Reply {
    match body {
        Value::Null => server.request(method, path, &[], []),
        body => server.request(method, path, &[("content-type", "application/json")], body.to_string()),
    }
}

/// What servers answer that ask for who it is: the same at every route of the kind.
fn strangers() -> [(&'static str, Value); 3] {
    let closed = TestServer::with(|vars| {
        vars.insert("API_TOKEN", "of-the-api".into());
        vars.insert("ADMIN_TOKEN", "of-the-administration".into());
    });
    let elsewhere = TestServer::with(|vars| drop(vars.insert("ADMIN_NETWORKS", "10.0.0.0/8".into())));
    let message = json!({"type": "notice", "data": null});
    [
        ("401", closed.get("/api/v1/stats"), 401),
        ("401 admin", closed.post("/api/v1/ws/broadcast", &message), 401),
        ("403 admin", elsewhere.post("/api/v1/ws/broadcast", &message), 403),
    ]
    .map(|(name, reply, status)| (name, reply.expect(status)))
}

/// Forms that are refused: their fields and the status.
const REFUSED_FORMS: [(&str, &str, u16); 2] = [("dialect", "cobol", 400), ("repository_id", NOTHING, 404)];

/// A small upload in which one file is read, one is half read and one is not taken.
fn upload(server: &Client) -> Value {
    let files: [(&str, &[u8]); 3] = [
        ("models/daily_orders.sql", b"CREATE VIEW daily_orders AS SELECT day, count(*) AS orders FROM raw.orders GROUP BY day;\n"),
        ("models/half.sql", b"CREATE TABLE half (id int);\n\nSELEC nonsense FROM ((;\n"),
        ("models/logo.png", b"\x89PNG"),
    ];
    server.upload(&[("project_id", "shop"), ("repository_name", "models"), ("dialect", "postgres")], &files).expect(200)
}

#[test]
fn the_examples_are_what_a_server_with_the_sample_answers() {
    let root = TempDir::new();
    std::fs::create_dir(root.path().join("models")).expect("a folder");
    std::fs::write(root.path().join("models/orders.sql"), "CREATE TABLE raw.orders (id int);\n").expect("a file");
    let server = TestServer::with(|vars| drop(vars.insert("INGEST_ROOT", root.path().display().to_string())));
    let port = format!(":{}", server.address.port());
    let (mut answers, mut examples, mut ids) = (BTreeMap::new(), Map::new(), Vec::new());
    for (route, path, body) in calls() {
        let (method, template) = route.split_once(' ').expect("a method and a path");
        let path = resolved(if path.is_empty() { template } else { path }, &answers);
        let sent = match &body {
            Value::Object(map) if body.to_string().contains("#/") => {
                map.iter().map(|(k, v)| (k.clone(), resolved(v.as_str().expect("text"), &answers).into())).collect::<Map<_, _>>().into()
            }
            body => body.clone(),
        };
        let reply = send(&server, method, &path, &sent);
        assert!(reply.status < 300, "{method} {path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body));
        let answer: Value = serde_json::from_slice(&reply.body).expect("JSON");
        let mut example = json!({"answer": settled(answer.clone(), "", &port, &mut ids)});
        if !body.is_null() && body != json!({}) {
            example["body"] = settled(sent, "", &port, &mut ids);
        }
        examples.insert(route.to_owned(), example);
        answers.insert(route, answer);
    }
    let uploaded = settled(upload(&server), "", &port, &mut ids);
    examples.insert("POST /api/v1/files/upload".into(), json!({"answer": uploaded}));
    let told = refusals().into_iter().map(|((route, path, body), status)| {
        let path = if path.is_empty() { route.split_once(' ').expect("a path").1 } else { path };
        (route.to_owned(), path.to_owned(), body, status)
    });
    let mut others = Vec::new();
    for (route, path, body, status) in mistakes().into_iter().chain(told) {
        let method = route.split_once(' ').expect("a method").0.to_owned();
        let reply = send(&server, &method, &path, &body);
        if reply.status != status {
            others.push(format!("{method} {path} {body}: {} and not {status}: {}", reply.status, reply.text()));
            continue;
        }
        let sent = if body.is_null() { format!("{method} {path}") } else { format!("{method} {path} {body}") };
        let problem = json!({"sent": sent, "answer": settled(reply.json(), "", &port, &mut ids)});
        examples.entry(route).or_insert_with(|| json!({}))["problems"][status.to_string()] = problem;
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    for (field, value, status) in REFUSED_FORMS {
        let answer = server.upload(&[(field, value)], &[("a.sql", b"SELECT 1;")]).expect(status);
        let sent = format!("POST /api/v1/files/upload with {field}={value}");
        let problem = json!({"sent": sent, "answer": settled(answer, "", &port, &mut ids)});
        examples["POST /api/v1/files/upload"]["problems"][status.to_string()] = problem;
    }
    for (name, answer) in strangers() {
        examples.insert(name.into(), json!({"answer": settled(answer, "", &port, &mut ids)}));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let made = Value::Object(examples);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let rows: Vec<String> =
            made.as_object().into_iter().flatten().map(|(route, example)| format!("{}: {example}", json!(route))).collect();
        std::fs::write(&file, format!("{{\n{}\n}}\n", rows.join(",\n"))).expect("a file to write");
    }
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).expect(FILE)).expect("JSON");
    for (route, example) in made.as_object().into_iter().flatten() {
        assert_eq!(&kept[route], example, "{route} is not what {FILE} says: UPDATE_EXPECT=1 writes it anew");
    }
    assert_eq!(kept.as_object().map(Map::len), made.as_object().map(Map::len), "{FILE} has examples that nothing answers");
}

#[test]
fn every_operation_that_answers_json_has_an_example_of_it_and_of_its_typical_errors() {
    // Of the last minutes and of who is connected; a conversation; this document; what ends the server.
    let of_the_moment =
        ["/api/v1/activity/", "/api/v1/metrics/", "/api/v1/ws/connections", "/api/chat/sessions/{id}", "/openapi.json", "/admin/"];
    let document: Value = serde_json::from_slice(&openapi::document()).expect("JSON");
    let shown = |response: &Value| {
        let content = &response["content"]["application/json"];
        content.get("example").is_some() || content.get("examples").is_some()
    };
    for route in ROUTES.iter().filter(|route| openapi::answers_json(route)) {
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        let at = format!("{} {}", route.method, route.path);
        let expected = !of_the_moment.iter().any(|path| route.path.starts_with(path));
        let responses = &operation["responses"];
        assert_eq!(shown(&responses[route.status.to_string()]), expected, "{at}");
        if route.body.is_some() && expected {
            assert!(operation["requestBody"]["content"]["application/json"].get("example").is_some(), "{at}: a body");
        }
        // Whether a name is one of something is asked of those that are named in the path.
        let forgets = route.method == "DELETE" && route.path.starts_with("/api/chat/");
        if route.path.contains('{') && !forgets {
            assert!(shown(&responses["404"]), "{at}: 404");
        }
        if route.body.is_some() || route.query.iter().any(|param| param.required || param.r#type == "integer") {
            assert!(shown(&responses["422"]) || route.method == "PUT", "{at}: 422");
        }
    }
    for (name, response) in document["components"]["responses"].as_object().expect("responses") {
        assert_eq!(shown(response), name != "Error", "{name}");
    }
}
