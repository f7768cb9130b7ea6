//! The shapes of errors and the rules that hold for every request, against a real server.

mod common;

use common::{Reply, TestServer};
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");
const APP: &str = "http://localhost:3000";

/// The one mistake of a 422.
fn mistake(reply: &Reply) -> Value {
    let body = reply.expect(422);
    assert_eq!(body["detail"].as_array().map(Vec::len), Some(1), "{body}");
    body["detail"][0].clone()
}

/// A request as bytes, for what a client library would not send.
fn raw(server: &TestServer, head: &str) -> String {
    server.raw(format!("{}\r\nConnection: close\r\n\r\n", head.replace('\n', "\r\n")).as_bytes())
}

#[test]
fn every_error_is_a_detail_with_the_requests_id() {
    let server = TestServer::start();
    type Headers = &'static [(&'static str, &'static str)];
    let cases: [(&str, &str, Headers, &str, u16); 8] = [
        ("GET", "/nope", &[], "", 404),
        ("GET", "/api/v1/lineage/node/nothing-like-it", &[], "", 404),
        ("GET", "/api/v1/projects/none", &[], "", 404),
        ("DELETE", "/health", &[], "", 405),
        ("POST", "/api/v1/graph/entity", &[JSON], "{", 422),
        ("POST", "/api/v1/graph/entity", &[JSON, ("content-encoding", "br")], "{}", 415),
        ("POST", "/api/v1/graph/entity", &[JSON, ("content-encoding", "gzip")], "{}", 400),
        ("POST", "/api/v1/graph/entity", &[JSON, ("origin", "https://evil.example")], "{}", 403),
    ];
    for (method, path, headers, body, status) in cases {
        let reply = server.request(method, path, headers, body);
        let answer = reply.expect(status);
        assert_eq!(reply.header("content-type"), Some("application/json"), "{method} {path}");
        assert_eq!(answer["request_id"].as_str(), reply.header("x-request-id"), "{method} {path}");
        assert_eq!(answer["detail"].is_array(), status == 422, "{answer}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.as_object().map(|o| o.len()), Some(2), "{answer}");
    }
    assert_eq!(server.get("/nope").expect(404)["detail"], "Not Found");
}

#[test]
fn a_sane_request_id_is_kept_and_any_other_replaced() {
    let server = TestServer::start();
    let id = |sent: &str| server.request("GET", "/health", &[("x-request-id", sent)], []).header("x-request-id").unwrap().to_owned();
    assert_eq!(id("abc-123~!"), "abc-123~!");
    assert_eq!(id(&"x".repeat(128)), "x".repeat(128));
    for insane in ["has space", "", &"x".repeat(129)] {
        let made = id(insane);
        assert!(made != insane && made.len() == 32, "{insane:?} -> {made}");
    }
    assert_ne!(id(""), id(""));
}

#[test]
fn bodies_that_are_wrong_are_answered_as_fastapi_answers_them() {
    let server = TestServer::start();
    let post = |body: &[u8], headers: &[(&str, &str)]| server.request("POST", "/api/v1/lineage/query", headers, body);
    let not_an_object = "Input should be a valid dictionary or object to extract fields from";
    let cases: [(&[u8], Value); 9] = [
        (b"{}", json!({"type": "missing", "loc": ["body", "question"], "msg": "Field required", "input": {}})),
        (b"", json!({"type": "missing", "loc": ["body"], "msg": "Field required", "input": null})),
        (b"null", json!({"type": "missing", "loc": ["body"], "msg": "Field required", "input": null})),
        (b"[1]", json!({"type": "model_attributes_type", "loc": ["body"], "msg": not_an_object, "input": [1]})),
        (
            b"{\"question\": 7}",
            json!({"type": "string_type", "loc": ["body", "question"], "msg": "Input should be a valid string", "input": 7}),
        ),
        (
            b"{\"question\": \"\"}",
            json!({"type": "string_too_short", "loc": ["body", "question"], "msg": "String should have at least 1 character",
                "input": "", "ctx": {"min_length": 1}}),
        ),
        (
            b"{\"question\": \" \"}",
            json!({"type": "value_error", "loc": ["body", "question"], "msg": "Value error, must not be blank", "input": " ",
                "ctx": {"error": {}}}),
        ),
        (
            b"{\"question\": }",
            json!({"type": "json_invalid", "loc": ["body", 13], "msg": "JSON decode error", "input": {}, "ctx": {"error": "Expecting value"}}),
        ),
        (
            b"{\"question\": NaN}",
            json!({"type": "json_invalid", "loc": ["body", 13], "msg": "JSON decode error", "input": {}, "ctx": {"error": "Expecting value"}}),
        ),
    ];
    for (body, want) in cases {
        let text = String::from_utf8_lossy(body);
        // ureq adds no content type of its own to an empty body.
        let reply = post(body, &[JSON]);
        assert_eq!(mistake(&reply), want, "{text}");
    }
    let keys = post(b"{}", &[JSON]).text();
    assert!(keys.starts_with(r#"{"detail":[{"type":"missing","loc":["body","question"],"msg":"Field required","input":{}}],"#), "{keys}");
    let plain = mistake(&post(b"{\"question\":\"x\"}", &[("content-type", "text/plain")]));
    assert_eq!((plain["type"].as_str(), &plain["input"]), (Some("model_attributes_type"), &json!("{\"question\":\"x\"}")));
    assert_eq!(post(b"{\"question\":\"\xff\"}", &[JSON]).expect(400)["detail"], "There was an error parsing the body");
    let deep = format!("{{\"question\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(mistake(&post(deep.as_bytes(), &[JSON]))["type"], "json_invalid");
}

#[test]
fn queries_that_are_wrong_are_answered_as_fastapi_answers_them() {
    let server = TestServer::start();
    let cases = [
        ("/api/v1/lineage/search", "missing", json!(["query", "q"]), json!(null)),
        ("/api/v1/lineage/nodes?limit=x", "int_parsing", json!(["query", "limit"]), json!("x")),
        ("/api/v1/lineage/nodes?limit=-1", "greater_than_equal", json!(["query", "limit"]), json!("-1")),
        ("/api/v1/lineage/nodes?limit=1&limit=99999999", "less_than_equal", json!(["query", "limit"]), json!("99999999")),
        ("/api/v1/lineage/node/x?direction=up", "literal_error", json!(["query", "direction"]), json!("up")),
    ];
    for (path, r#type, loc, input) in cases {
        let mistake = mistake(&server.get(path));
        assert_eq!((mistake["type"].as_str(), &mistake["loc"], &mistake["input"]), (Some(r#type), &loc, &input), "{path}");
    }
    let both = server.get("/api/v1/lineage/path?k=0").expect(422);
    assert_eq!(both["detail"].as_array().map(Vec::len), Some(3), "all mistakes at once: {both}");
    server.get("/api/v1/lineage/nodes?limit=+7.0&unknown=1").expect(200);
}

#[test]
fn a_gzip_body_is_unpacked_and_a_body_over_the_limit_refused() {
    let server = TestServer::start();
    let packed = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut packer, bytes).unwrap();
        packer.finish().unwrap()
    };
    let gzip = [JSON, ("content-encoding", "gzip")];
    let small = packed(br#"{"entity_id":"e","entity_type":"team","name":"Team E"}"#);
    server.request("POST", "/api/v1/graph/entity", &gzip, small).expect(200);
    let bomb = packed(&vec![b' '; (64 << 20) + 1]);
    server.request("POST", "/api/v1/graph/entity", &gzip, bomb).expect(413);
    let padded = |field: &str, value: &str| format!("{{\"{field}\":\"{value}\",\"x\":\"{}\"}}", "y".repeat(5 << 20));
    server.request("POST", "/api/v1/graph/entity", &[JSON], padded("name", "n")).expect(413);
    server.request("POST", "/api/v1/ingest/sql", &[JSON], padded("sql_content", "SELECT 1")).expect(200);
    let answer = raw(
        &server,
        &format!("POST /api/v1/graph/entity HTTP/1.1\nHost: localhost\nContent-Type: application/json\nContent-Length: {}", 100 << 20),
    );
    assert!(answer.starts_with("HTTP/1.1 413 "), "announced too large: {answer}");
    for (coding, status) in [("gzip, chunked", 501), ("Chunked", 422)] {
        let head =
            format!("POST /api/v1/graph/entity HTTP/1.1\nHost: localhost\nContent-Type: application/json\nTransfer-Encoding: {coding}");
        let answer = raw(&server, &format!("{head}\n\n0\n"));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{coding}: {answer}");
    }
}

#[test]
fn methods_paths_and_slashes_are_answered_by_the_table() {
    let server = TestServer::start();
    let wrong = server.request("DELETE", "/api/v1/projects", &[], []);
    assert_eq!(wrong.expect(405)["detail"], "Method Not Allowed");
    assert_eq!(wrong.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
    let options = server.request("OPTIONS", "/api/v1/projects/x", &[], []);
    assert_eq!((options.status, options.header("allow")), (204, Some("GET, HEAD, PUT, DELETE, OPTIONS")));
    assert_eq!(server.request("OPTIONS", "/nope", &[], []).status, 404);
    let moved = server.request("POST", "/api/v1/projects/?a=b%20c", &[JSON], "{}");
    assert_eq!(moved.status, 307);
    assert_eq!(moved.header("location"), Some(server.url("/api/v1/projects?a=b%20c").as_str()));
    assert!(moved.body.is_empty());
    for path in ["/health", "/", "/docs", "/openapi.json", "/api/v1/lineage/nodes", "/docs/swagger-ui.css"] {
        let (get, head) = (server.get(path), server.request("HEAD", path, &[], []));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "HEAD {path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "HEAD {path}");
        assert!(head.header("content-length").is_some_and(|length| length != "0"), "HEAD {path}");
    }
    assert!(raw(&server, "GET //health HTTP/1.1\nHost: localhost").starts_with("HTTP/1.1 404 "));
    assert!(raw(&server, "nonsense").starts_with("HTTP/1.1 400 "));
}

#[test]
fn pages_of_allowed_origins_may_read_and_write_and_others_may_not_write() {
    let server = TestServer::start();
    let own = format!("http://{}", server.address);
    for origin in [APP, own.as_str()] {
        let reply = server.request("GET", "/nope", &[("origin", origin)], []);
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin), "errors too");
        assert_eq!(reply.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(server.request("POST", "/api/v1/lineage/query", &[("origin", origin), JSON], "{}").status, 422);
    }
    let foreign = [("origin", "https://evil.example"), JSON];
    let read = server.request("GET", "/health", &foreign, []);
    assert_eq!((read.status, read.header("access-control-allow-origin"), read.header("vary")), (200, None, Some("Origin")));
    assert_eq!(server.request("POST", "/api/v1/lineage/query", &foreign, "{}").status, 403);
    assert_eq!(server.request("DELETE", "/api/v1/files/x", &foreign, []).status, 403);
    for path in ["/ws/dashboard", "/admin/ws/dashboard", "/api/v1/ws/dashboard"] {
        assert_eq!(server.request("GET", path, &foreign, []).status, 403, "{path}");
    }
    let ask = |origin: &str| server.request("OPTIONS", "/any", &[("origin", origin), ("access-control-request-method", "PUT")], []);
    assert_eq!((ask(APP).status, ask(APP).text()), (200, "OK".into()));
    assert_eq!((ask("https://evil.example").status, ask("https://evil.example").text()), (400, "Disallowed CORS origin".into()));
}

#[test]
fn a_host_that_is_not_ours_is_refused_on_a_loopback_bind() {
    let server = TestServer::start();
    let get = |host: &str| raw(&server, &format!("GET /health HTTP/1.1\nHost: {host}"));
    for host in ["localhost", "127.0.0.1:1234", "[::1]"] {
        assert!(get(host).starts_with("HTTP/1.1 200 "), "{host}");
    }
    let refused = get("evil.example");
    assert!(refused.starts_with("HTTP/1.1 400 ") && refused.contains("ALLOWED_HOSTS"), "{refused}");
}

#[test]
fn tokens_guard_the_api_and_admin_routes_have_their_own() {
    let server = TestServer::with(|vars| {
        vars.insert("API_TOKEN", "secret".into());
        vars.insert("ADMIN_TOKEN", "root".into());
    });
    for path in ["/health", "/docs", "/openapi.json", "/"] {
        assert_eq!(server.get(path).status, 200, "{path} stays open");
    }
    let refused = server.get("/api/v1/stats");
    assert!(refused.expect(401)["detail"].as_str().unwrap().starts_with("Not authenticated"));
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    let get = |path: &str, name: &str, value: &str| server.request("GET", path, &[(name, value)], []).status;
    assert_eq!(get("/api/v1/stats", "authorization", "Bearer secret"), 200);
    assert_eq!(get("/api/v1/stats", "x-api-key", "secret"), 200);
    assert_eq!(get("/metrics", "x-api-key", "wrong"), 401);
    assert_eq!(get("/api/v1/ws/connections", "x-api-key", "secret"), 401);
    assert_eq!(get("/api/v1/ws/connections", "x-api-key", "root"), 200);
    assert_eq!(server.get("/api/v1/stats?token=secret").status, 401, "only sockets take it from the query");
}

#[test]
fn administration_without_a_token_is_for_direct_neighbours_only() {
    let server = TestServer::start();
    server.get("/api/v1/ws/connections").expect(200);
    let forwarded = server.request("GET", "/api/v1/ws/connections", &[("x-forwarded-for", "127.0.0.1")], []);
    assert!(forwarded.expect(403)["detail"].as_str().unwrap().contains("ADMIN_NETWORKS"));
    let behind = TestServer::with(|vars| {
        vars.insert("TRUSTED_PROXIES", "127.0.0.1".into());
    });
    let from = |client: &str| behind.request("GET", "/api/v1/ws/connections", &[("x-forwarded-for", client)], []).status;
    assert_eq!((from("192.0.2.1"), from("127.0.0.1, 192.0.2.1"), from("127.0.0.1")), (403, 403, 200));
    let moved = behind.request("GET", "/health/", &[("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", "https")], []);
    assert_eq!(moved.header("location"), Some(behind.url("/health").replace("http:", "https:").as_str()));
}

#[test]
fn past_the_rate_limit_a_client_is_told_when_to_come_back() {
    let server = TestServer::with(|vars| {
        vars.insert("RATE_LIMIT_INGEST", "2".into());
    });
    let ingest = || server.post("/api/v1/ingest/sql", &json!({"sql_content": "", "dialect": 7}));
    let first = ingest();
    assert_eq!((first.status, first.header("x-ratelimit-limit"), first.header("x-ratelimit-remaining")), (422, Some("2"), Some("1")));
    assert_eq!(ingest().status, 422);
    let third = ingest();
    third.expect(429);
    let wait: u32 = third.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!((third.header("x-ratelimit-limit"), third.header("x-ratelimit-remaining")), (Some("2"), Some("0")));
    server.get("/api/v1/lineage/nodes").expect(200);
}

#[test]
fn below_a_base_path_everything_is_where_it_says() {
    let server = TestServer::with(|vars| {
        vars.insert("BASE_PATH", "/lineage".into());
    });
    for path in ["/lineage/health", "/health", "/lineage/docs/start.js"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    assert_eq!(server.get("/lineages/health").status, 404);
    assert_eq!(server.get("/lineage/health/").header("location"), Some(server.url("/lineage/health").as_str()));
    assert!(server.get("/lineage").text().contains(r#"<base href="/lineage/">"#));
}

#[test]
fn failures_reach_the_dashboards_and_the_activity_log_and_404_only_the_log() {
    let server = TestServer::start();
    let position = || server.app.hub.position().1;
    let before = position();
    server.get("/api/v1/lineage/node/none").expect(404);
    assert_eq!(position(), before);
    server.get("/api/v1/lineage/nodes?limit=x").expect(422);
    assert_eq!(position(), before + 1);
    let events = server.app.activity.recent(2);
    let shown: Vec<_> = events.iter().map(|e| (e.r#type.as_str(), e.event_type.as_str(), e.endpoint.as_str(), e.status_code)).collect();
    assert_eq!(
        shown,
        [("error", "lineage_nodes", "/api/v1/lineage/nodes", 422), ("error", "lineage_node", "/api/v1/lineage/node/{id}", 404)]
    );
}

#[test]
fn a_refusal_reaches_a_client_that_sends_its_whole_body_before_it_reads() {
    let server = TestServer::with(|vars| drop(vars.insert("API_TOKEN", "secret".into())));
    // Far more than the kernel's buffers take, so that it is the server that reads it.
    let body = vec![b'x'; 48 << 20];
    let authorized = "Authorization: Bearer secret\r\n";
    let cases = [
        ("/api/v1/files/upload", "Content-Type: multipart/form-data; boundary=b\r\n".to_owned(), "401"),
        ("/nope", authorized.to_owned(), "404"),
        ("/health", authorized.to_owned(), "405"),
        ("/api/v1/files/upload/", authorized.to_owned(), "307"),
        ("/api/v1/files/upload", format!("{authorized}Origin: https://evil.example\r\n"), "403"),
        ("/api/v1/files/upload", format!("{authorized}Content-Type: text/plain\r\n"), "422"),
    ];
    for (path, headers, status) in cases {
        let mut request =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        request.extend_from_slice(&body);
        let answer = server.raw(&request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {headers}: {answer}");
    }
}

#[test]
fn what_a_client_sent_is_quoted_in_part_only() {
    let server = TestServer::start();
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"dialect\"\r\n\r\n{}\r\n--b\r\n\
         Content-Disposition: form-data; name=\"files\"; filename=\"a.sql\"\r\n\r\nselect 1\r\n--b--\r\n",
        "é".repeat(400_000)
    );
    let content_type = [("content-type", "multipart/form-data; boundary=b")];
    let answer = server.request("POST", "/api/v1/files/upload", &content_type, form).expect(400);
    let detail = answer["detail"].as_str().unwrap();
    // The same sentence goes to every dashboard, whose queue is bounded.
    assert!(detail.starts_with("Unknown dialect 'éé") && detail.len() < 5_000, "{} bytes", detail.len());
}

#[test]
fn properties_that_would_burden_every_later_ingestion_are_refused() {
    let server = TestServer::start();
    let entity =
        |bytes: usize| json!({"entity_id": "e", "entity_type": "t", "name": "E", "properties": {"text": "x".repeat(bytes)}}).to_string();
    let post = |bytes| server.request("POST", "/api/v1/graph/entity", &[JSON], entity(bytes));
    assert_eq!(mistake(&post(64 << 10))["loc"], json!(["body", "properties"]));
    post(60 << 10).expect(200);
}
