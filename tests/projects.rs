//! Projects, repositories, links and files over HTTP, against a real server.

mod common;

use common::TestServer;
use headwater::lineage::{Asset, Edge, Facts, Kind, Name, Relation, Span};
use headwater::store::files::{self, NewFile, Passage};
use serde_json::{Value, json};

/// Stores a file that defines the table `defines` and derives it from `reads`, as an ingestion would.
fn put(server: &TestServer, project: &str, repository: &str, path: &str, defines: &str, reads: Option<&str>) -> String {
    let facts = Facts {
        dialect: "tsql".into(),
        assets: vec![Asset {
            kind: Kind::Table,
            name: Name::new(defines.split('.')),
            span: Span { line: 1, line_end: 1, start: 0, end: 1 },
            columns: Vec::new(),
            foreign_keys: Vec::new(),
            signature: String::new(),
            exact: false,
            comment: None,
        }],
        edges: reads.map_or(Vec::new(), |read| {
            let name = |text: &str| Some(Name::new(text.split('.')));
            vec![Edge { relation: Relation::Derives, from: name(defines), to: name(read), line: 1, confidence: 1.0 }]
        }),
        coverage: 1.0,
        ..Facts::default()
    };
    let (project_id, repository_id, path) = (project.to_owned(), repository.to_owned(), path.to_owned());
    let text = format!("CREATE TABLE {defines}");
    let file = server
        .app
        .store
        .write_blocking(move |conn| {
            files::put(
                conn,
                &NewFile {
                    project_id: &project_id,
                    repository_id: &repository_id,
                    path: &path,
                    file_type: "sql",
                    source: "upload",
                    run_id: "run",
                    hash: &headwater::id::content_hash(text.as_bytes()),
                    bytes: text.as_bytes(),
                    facts: &facts,
                    passages: &[Passage { line: 1, line_end: 1, text: text.clone() }],
                    error: None,
                },
            )
        })
        .unwrap();
    server.app.ingest.relink(project).unwrap();
    file.id
}

fn repository(server: &TestServer, project: &str, name: &str) -> String {
    let made = server.post(&format!("/api/v1/projects/{project}/repositories"), &json!({"name": name})).expect(201);
    made["id"].as_str().unwrap().to_owned()
}

/// The detail of an error that is not a 422.
#[track_caller]
fn refused(reply: &common::Reply, status: u16) -> String {
    let body = reply.expect(status);
    assert!(body["request_id"].is_string(), "{body}");
    body["detail"].as_str().unwrap_or_else(|| panic!("no sentence in {body}")).to_owned()
}

/// Type and place of each mistake of a 422.
#[track_caller]
fn mistakes(reply: &common::Reply) -> Vec<(String, Value)> {
    let body = reply.expect(422);
    body["detail"].as_array().unwrap().iter().map(|e| (e["type"].as_str().unwrap().to_owned(), e["loc"].clone())).collect()
}

#[test]
fn a_project_is_made_read_changed_and_deleted() {
    let server = TestServer::start();
    let all = server.get("/api/v1/projects").expect(200);
    assert_eq!((&all["total"], &all["limit"], &all["offset"]), (&json!(1), &json!(100), &json!(0)));
    assert_eq!((&all["projects"][0]["id"], &all["projects"][0]["name"]), (&json!("default"), &json!("Default")));

    let made = server.post("/api/v1/projects", &json!({"name": "Sales Mart", "description": "d"})).expect(201);
    assert_eq!(made["id"], "sales-mart");
    for field in ["name", "description", "created_at", "updated_at", "repository_count", "link_count"] {
        assert!(!made[field].is_null(), "{field} in {made}");
    }
    let changed = server.put("/api/v1/projects/sales-mart", &json!({"description": null})).expect(200);
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Sales Mart"), &Value::Null));
    let detail = server.get("/api/v1/projects/sales-mart").expect(200);
    assert_eq!((&detail["repositories"], &detail["links"], &detail["project_links"]), (&json!([]), &json!([]), &json!([])));
    assert_eq!(server.get("/api/v1/projects?limit=1&offset=1").expect(200)["projects"][0]["id"], "sales-mart");
    assert!(server.get("/api/v1/projects").expect(200)["projects"][0].get("repositories").is_none());
    assert_eq!(server.get("/api/v1/projects?repositories=true").expect(200)["projects"][1]["repositories"], json!([]));

    let gone = server.delete("/api/v1/projects/sales-mart");
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    assert!(refused(&server.get("/api/v1/projects/sales-mart"), 404).contains("'sales-mart'"));
}

#[test]
fn mistakes_about_projects_are_told_as_fastapi_tells_them() {
    let server = TestServer::start();
    let post = |body: Value| server.post("/api/v1/projects", &body);
    assert_eq!(mistakes(&post(json!({}))), [("missing".into(), json!(["body", "name"]))]);
    assert_eq!(mistakes(&post(json!({"name": ""}))), [("string_too_short".into(), json!(["body", "name"]))]);
    assert_eq!(mistakes(&post(json!({"name": "x".repeat(256)}))), [("string_too_long".into(), json!(["body", "name"]))]);
    assert_eq!(mistakes(&post(json!({"name": 7}))), [("string_type".into(), json!(["body", "name"]))]);
    assert_eq!(mistakes(&post(json!({"name": "x", "id": "a/b"}))), [("value_error".into(), json!(["body", "id"]))]);
    let long = json!({"name": "x", "description": "é".repeat(1001)});
    assert_eq!(mistakes(&post(long)), [("string_too_long".into(), json!(["body", "description"]))]);
    post(json!({"name": "é".repeat(255), "id": "long", "description": "é".repeat(1000)})).expect(201);
    assert!(refused(&post(json!({"name": "x", "id": "default"})), 409).contains("'default'"));
    assert_eq!(mistakes(&server.get("/api/v1/projects?limit=0")), [("greater_than_equal".into(), json!(["query", "limit"]))]);
    assert_eq!(mistakes(&server.get("/api/v1/projects?offset=x")), [("int_parsing".into(), json!(["query", "offset"]))]);
    assert_eq!(
        mistakes(&server.delete("/api/v1/projects/long?delete_data=perhaps")),
        [("bool_parsing".into(), json!(["query", "delete_data"]))]
    );
    assert!(refused(&server.delete("/api/v1/projects/default?delete_data=true"), 409).contains("default"));
    for (method, path) in [
        ("GET", "/api/v1/projects/none"),
        ("DELETE", "/api/v1/projects/none"),
        ("GET", "/api/v1/projects/none/context"),
        ("GET", "/api/v1/projects/none/project-links"),
        ("DELETE", "/api/v1/projects/default/repositories/none"),
        ("DELETE", "/api/v1/projects/default/links?link_id=none"),
        ("DELETE", "/api/v1/projects/default/project-links?link_id=none"),
        ("POST", "/api/v1/projects/none/links/detect"),
        ("GET", "/api/v1/files/none"),
        ("GET", "/api/v1/files/none/content"),
        ("DELETE", "/api/v1/files/none"),
        ("GET", "/api/v1/projects/%00%ff"),
    ] {
        let reply = server.request(method, path, &[], []);
        assert!(reply.status == 404 || (reply.status == 400 && path.contains('%')), "{method} {path}: {} {}", reply.status, reply.text());
    }
}

#[test]
fn a_project_deleted_leaves_its_files_in_default_or_takes_them_with_it() {
    let server = TestServer::start();
    for data in [false, true] {
        server.post("/api/v1/projects", &json!({"id": "p", "name": "P"})).expect(201);
        let repository = repository(&server, "p", "r");
        let file = put(&server, "p", &repository, "a.sql", "dbo.kept", None);
        assert!(server.app.knowledge.project("p").graph.find("urn:headwater:p:table:dbo.kept").is_some());
        assert_eq!(server.delete(&format!("/api/v1/projects/p?delete_data={data}")).status, 204);
        assert!(server.app.knowledge.select(Some("p")).is_empty());
        let moved = server.get(&format!("/api/v1/files/{file}"));
        let table = server.app.knowledge.project("default").graph.find("urn:headwater:default:table:dbo.kept");
        if data {
            assert_eq!((moved.status, table.is_some()), (404, false));
        } else {
            assert_eq!((moved.expect(200)["project_id"].as_str(), table.is_some()), (Some("default"), true));
            assert_eq!(server.delete(&format!("/api/v1/projects/default/repositories/{repository}")).status, 204);
        }
    }
}

#[test]
fn a_repository_is_made_counted_and_deleted_with_its_files() {
    let server = TestServer::start();
    let path = "/api/v1/projects/default/repositories";
    let made = server.post(path, &json!({"name": "dwh", "source": "github", "source_ref": "https://example.org/dwh"})).expect(201);
    assert_eq!((&made["source"], &made["file_count"], &made["last_synced"]), (&json!("github"), &json!(0), &Value::Null));
    assert!(refused(&server.post(path, &json!({"name": "dwh"})), 409).contains("default"));
    assert_eq!(mistakes(&server.post(path, &json!({"name": "x", "source": "ftp"}))), [("literal_error".into(), json!(["body", "source"]))]);
    let id = made["id"].as_str().unwrap();
    let file = put(&server, "default", id, "t.sql", "dbo.t", None);
    let there = &server.get("/api/v1/projects/default").expect(200)["repositories"][0];
    assert_eq!(server.get("/api/v1/projects?repositories=true").expect(200)["projects"][0]["repositories"][0], *there);
    assert_eq!((&there["file_count"], &there["node_count"], there["last_synced"].is_string()), (&json!(1), &json!(1), true));
    assert_eq!(server.delete(&format!("{path}/{id}")).status, 204);
    assert_eq!(server.get(&format!("/api/v1/files/{file}")).status, 404);
    assert_eq!(server.app.knowledge.project("default").graph.linked.nodes.len(), 0);
}

#[test]
fn links_are_made_by_hand_and_found_by_detection() {
    let server = TestServer::start();
    let (mart, raw) = (repository(&server, "default", "mart"), repository(&server, "default", "raw"));
    let links = "/api/v1/projects/default/links";
    let manual = server.post(links, &json!({"source_repo_id": mart, "target_repo_id": raw, "description": "by hand"})).expect(201);
    assert_eq!((&manual["link_type"], &manual["confidence"], &manual["evidence"]), (&json!("manual"), &json!(1.0), &json!([])));
    refused(&server.post(links, &json!({"source_repo_id": mart, "target_repo_id": raw})), 409);
    refused(&server.post(links, &json!({"source_repo_id": mart, "target_repo_id": "none"})), 404);
    refused(&server.post(links, &json!({"source_repo_id": mart, "target_repo_id": mart})), 400);
    assert_eq!(mistakes(&server.post(links, &json!({}))).len(), 2);
    assert_eq!(mistakes(&server.delete(links)), [("missing".into(), json!(["query", "link_id"]))]);

    let detect = || server.post(&format!("{links}/detect"), &json!({})).expect(200);
    assert_eq!(detect(), json!({"detected_links": [], "total_detected": 0, "analyzed_files": 0}));
    put(&server, "default", &raw, "orders.sql", "raw.orders", None);
    put(&server, "default", &mart, "sales.sql", "mart.sales", Some("raw.orders"));
    let detected = detect();
    let link = &detected["detected_links"][0];
    assert_eq!(
        (&detected["total_detected"], &detected["analyzed_files"], &link["link_type"]),
        (&json!(1), &json!(2), &json!("auto-detected"))
    );
    assert_eq!((link["source_repo_id"].as_str(), link["target_repo_id"].as_str()), (Some(mart.as_str()), Some(raw.as_str())));
    assert_eq!(link["confidence"], 0.5);
    let evidence = json!({"source_file": "sales.sql", "target_file": "orders.sql", "reference_type": "DERIVES", "reference": "raw.orders"});
    assert_eq!(link["evidence"], json!([evidence]));
    assert_eq!(detect(), detected, "detecting again changes nothing");
    assert_eq!(server.get("/api/v1/projects/default").expect(200)["link_count"], 2);
    for id in [&manual["id"], &link["id"]] {
        assert_eq!(server.delete(&format!("{links}?link_id={}", id.as_str().unwrap())).status, 204);
    }
    assert_eq!(server.get("/api/v1/projects/default").expect(200)["links"], json!([]));
}

#[test]
fn projects_are_linked_and_say_what_they_are() {
    let server = TestServer::start();
    server.post("/api/v1/projects", &json!({"id": "p", "name": "P"})).expect(201);
    let link = server.post("/api/v1/projects/default/project-links", &json!({"target_project_id": "p"})).expect(201);
    assert_eq!((&link["link_type"], &link["target_project_id"]), (&json!("related"), &json!("p")));
    refused(&server.post("/api/v1/projects/default/project-links", &json!({"target_project_id": "p"})), 409);
    refused(&server.post("/api/v1/projects/default/project-links", &json!({"target_project_id": "none"})), 404);
    assert_eq!(server.get("/api/v1/projects/p/project-links").expect(200), json!([link]));
    let id = link["id"].as_str().unwrap();
    assert_eq!(server.delete(&format!("/api/v1/projects/p/project-links?link_id={id}")).status, 204);
    assert_eq!(server.get("/api/v1/projects/p/project-links").expect(200), json!([]));

    let empty = server.get("/api/v1/projects/p/context").expect(200);
    assert_eq!((&empty["description"], &empty["source_entities"], &empty["updated_at"]), (&json!(""), &json!([]), &Value::Null));
    let said = json!({"description": "Sales", "domain_hints": ["orders"]});
    let put = server.put("/api/v1/projects/p/context", &said).expect(200);
    assert_eq!((&put["description"], &put["domain_hints"], put["updated_at"].is_string()), (&json!("Sales"), &json!(["orders"]), true));
    assert_eq!(server.get("/api/v1/projects/p/context").expect(200), put);
    let bad = server.put("/api/v1/projects/p/context", &json!({"domain_hints": ["ok", 7], "source_entities": "x"}));
    assert_eq!(
        mistakes(&bad),
        [("list_type".into(), json!(["body", "source_entities"])), ("string_type".into(), json!(["body", "domain_hints", 1]))]
    );
}

#[test]
fn files_are_listed_found_shown_and_deleted() {
    let server = TestServer::start();
    let repository = repository(&server, "default", "r");
    let first = put(&server, "default", &repository, "dir/a.sql", "dbo.a", None);
    let second = put(&server, "default", &repository, "b.sql", "dbo.b", Some("dbo.a"));
    let ids = |path: &str| -> (Vec<String>, String) {
        let reply = server.get(path);
        let items = reply.expect(200);
        let ids = items.as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect();
        (ids, reply.header("x-total-count").unwrap().to_owned())
    };
    assert_eq!(ids("/api/v1/files"), (vec![second.clone(), first.clone()], "2".into()));
    assert_eq!(ids("/api/v1/files?limit=1&offset=1"), (vec![first.clone()], "2".into()));
    assert_eq!(ids(&format!("/api/v1/files?project_id=default&repository_id={repository}&source=upload&status=processed")).1, "2");
    assert_eq!(ids("/api/v1/files?status=error"), (vec![], "0".into()));
    assert_eq!(ids("/api/v1/files/recent?limit=1"), (vec![second.clone()], "2".into()));
    assert_eq!(ids("/api/v1/files/search?q=DIR/"), (vec![first.clone()], "1".into()));
    assert_eq!(ids("/api/v1/files/search?q=table%20dbo.b"), (vec![second.clone()], "1".into()));
    assert_eq!(ids("/api/v1/files/search?q=%25"), (vec![], "0".into()));
    assert_eq!(mistakes(&server.get("/api/v1/files/search")), [("missing".into(), json!(["query", "q"]))]);
    assert_eq!(mistakes(&server.get("/api/v1/files?limit=1001")), [("less_than_equal".into(), json!(["query", "limit"]))]);
    let stats = server.get("/api/v1/files/stats").expect(200);
    assert_eq!(stats, json!({"total": 2, "processed": 2, "pending": 0, "errors": 0, "skipped": 0, "storage_bytes": 36}));

    let file = server.get(&format!("/api/v1/files/{first}")).expect(200);
    let pairs = [("id", "file_id"), ("filename", "name"), ("file_type", "type"), ("processed_at", "updatedAt")];
    for (one, other) in pairs {
        assert_eq!(file[one], file[other], "{one} and {other}");
    }
    assert_eq!((&file["filename"], &file["relative_path"]), (&json!("a.sql"), &json!("dir/a.sql")));
    assert_eq!((&file["file_size_bytes"], &file["coverage"], &file["statements_failed"]), (&json!(18), &json!(1.0), &json!(0)));
    for field in ["source", "status", "project_id", "repository_id", "run_id", "file_hash", "statements", "created_at"] {
        assert!(!file[field].is_null(), "{field} in {file}");
    }
    let content = server.get(&format!("/api/v1/files/{first}/content"));
    assert_eq!((content.status, content.text().as_str()), (200, "CREATE TABLE dbo.a"));
    assert_eq!(content.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(content.header("x-content-type-options"), Some("nosniff"));

    assert_eq!(server.delete(&format!("/api/v1/files/{first}")).status, 204);
    assert_eq!(server.delete(&format!("/api/v1/files/{first}")).status, 404);
    let graph = server.app.knowledge.project("default");
    assert!(graph.graph.find("urn:headwater:default:table:dbo.a").is_none(), "what the file defined is gone");
    assert!(graph.graph.find("urn:headwater:default:table:dbo.b").is_some(), "what others define stays");
}

#[test]
fn limits_of_uploads_change_and_outlive_a_restart() {
    let server = TestServer::start();
    let path = "/api/v1/files/config";
    let before = server.get(path).expect(200);
    assert_eq!(before["max_file_size_mb"], 50);
    assert!(before["allowed_extensions"].as_array().unwrap().contains(&json!(".sql")));
    let size = server.put(path, &json!({"max_file_size_mb": "7"})).expect(200);
    assert_eq!((&size["max_file_size_mb"], &size["allowed_extensions"]), (&json!(7), &before["allowed_extensions"]));
    let both = server.put(path, &json!({"allowed_extensions": ["SQL", ".sql", ".Csv"]})).expect(200);
    assert_eq!(both, json!({"allowed_extensions": [".sql", ".csv"], "max_file_size_mb": 7}));
    for (body, kind, field) in [
        (json!({"max_file_size_mb": 0}), "greater_than_equal", "max_file_size_mb"),
        (json!({"max_file_size_mb": 901}), "less_than_equal", "max_file_size_mb"),
        (json!({"allowed_extensions": []}), "value_error", "allowed_extensions"),
        (json!({"allowed_extensions": "sql"}), "list_type", "allowed_extensions"),
    ] {
        let reply = server.put(path, &body);
        assert_eq!(mistakes(&reply)[0], (kind.into(), json!(["body", field])), "{body}");
    }
    assert!(!mistakes(&server.put(path, &json!({"allowed_extensions": [".s/l"]}))).is_empty());
    let dir = server.dir.clone();
    server.stop();
    let again = TestServer::in_dir(dir, |_| {});
    assert_eq!(again.get(path).expect(200), both);
}

#[test]
fn what_was_made_by_hand_is_in_default_once_its_project_is_gone_relations_and_all() {
    let server = TestServer::start();
    for (id, name) in [("old", "Old"), ("old2", "Old Two")] {
        server.post("/api/v1/projects", &json!({"id": id, "name": name})).expect(201);
        for entity in ["a", "b"] {
            let made = json!({"entity_id": entity, "entity_type": "table", "name": entity, "project_id": id});
            server.post("/api/v1/graph/entity", &made).expect(200);
        }
        let urn = |project: &str, entity: &str| format!("urn:headwater:{project}:table:{entity}");
        let relation = json!({"source_id": urn(id, "a"), "target_id": urn(id, "b"), "relationship_type": "DERIVES_FROM", "project_id": id});
        server.post("/api/v1/graph/relationship", &relation).expect(200);
    }
    assert_eq!(server.request("DELETE", "/api/v1/projects/old", &[], "").status, 204);
    let edges = |project: &str| {
        let page = server.get(&format!("/api/v1/lineage/edges?project_id={project}")).expect(200);
        page["edges"].as_array().unwrap().iter().map(|e| format!("{} {}", e["source"], e["target"])).collect::<Vec<_>>()
    };
    let expected = |project: &str| [format!("\"urn:headwater:{project}:table:a\" \"urn:headwater:{project}:table:b\"")];
    assert_eq!(edges("default"), expected("default"));
    assert_eq!(edges("old2"), expected("old2"), "the name of one project may begin another's");
}

#[test]
fn files_that_were_refused_are_counted_and_not_listed() {
    let server = TestServer::start();
    assert_eq!(server.upload(&[], &[("a.sql", b"SELECT 1"), ("no.exe", b"x")]).expect(200)["files_failed"], 1);
    let stats = server.get("/api/v1/files/stats").expect(200);
    assert_eq!((&stats["total"], &stats["errors"]), (&json!(1), &json!(1)));
    assert_eq!(server.get("/api/v1/files?status=error").expect(200), json!([]));
}

#[test]
fn what_is_not_found_says_where_to_look() {
    let server = TestServer::start();
    for (path, says) in [
        ("/api/v1/projects/nope", "Project 'nope' not found: GET /api/v1/projects lists"),
        ("/api/v1/files/nope", "File 'nope' not found: GET /api/v1/files lists"),
        ("/api/v1/runs/nope/diff", "'nope' not found: GET /api/v1/ingestion/logs lists ingestions and their runs"),
        ("/api/v1/lineage/impact/nope", "Node 'nope' not found"),
    ] {
        let detail = server.get(path).expect(404)["detail"].clone();
        assert!(detail.as_str().is_some_and(|d| d.starts_with(says) || d.contains(says)), "{path}: {detail}");
    }
}
