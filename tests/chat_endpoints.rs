//! Chat against a real server: every mode, with and without a model, and what happens when the model fails.

mod common;
#[path = "common/ollama.rs"]
mod ollama;

use common::{Binary, PATIENCE, TempDir, TestServer, eventually};
use headwater::chat::{Cancel, Mode, Question};
use ollama::{Behaviour, Ollama};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

const MODES: [&str; 4] = ["text", "semantic", "graph", "deep"];
const INVENTORY: &str = "What tables are in the database?";

const SHOP: &[u8] = b"CREATE SCHEMA shop;
CREATE TABLE shop.customers (id INT PRIMARY KEY, email VARCHAR(200) NOT NULL, created_at TIMESTAMP);
CREATE TABLE shop.orders (
    id INT PRIMARY KEY,
    customer_id INT REFERENCES shop.customers (id),
    amount DECIMAL(10, 2),
    created_at TIMESTAMP
);
CREATE VIEW shop.paid_orders AS SELECT o.id, o.customer_id, o.amount FROM shop.orders o WHERE o.amount > 0;
CREATE VIEW shop.revenue AS SELECT c.email, SUM(p.amount) AS total
FROM shop.paid_orders p JOIN shop.customers c ON c.id = p.customer_id GROUP BY c.email;
";

fn shop(server: &TestServer) {
    server.upload(&[("dialect", "postgres")], &[("shop.sql", SHOP)]).expect(200);
}

fn without_model() -> TestServer {
    let server = TestServer::start();
    shop(&server);
    server
}

fn with_model(model: &Ollama) -> TestServer {
    let server = TestServer::with(|vars| {
        vars.insert("OLLAMA_HOST", model.url());
        vars.insert("LLM_MODEL", "tiny".into());
        vars.insert("CHAT_TIMEOUT_SECONDS", "4".into());
    });
    shop(&server);
    server
}

fn ask(server: &TestServer, mode: &str, body: Value) -> Value {
    server.post(&format!("/api/chat/{mode}"), &body).expect(200)
}

fn question(server: &TestServer, mode: &str, query: &str) -> Value {
    ask(server, mode, json!({ "query": query }))
}

/// The frames of a stream, in order.
fn stream(server: &TestServer, mode: &str, body: Value) -> Vec<Value> {
    let reply = server.post(&format!("/api/chat/{mode}/stream"), &body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.header("content-type").unwrap().starts_with("text/event-stream"));
    assert_eq!(reply.header("cache-control"), Some("no-cache"));
    assert_eq!(reply.header("x-accel-buffering"), Some("no"));
    let text = reply.text();
    text.split("\n\n").filter_map(|f| f.strip_prefix("data: ")).map(|f| serde_json::from_str(f).unwrap()).collect()
}

fn said(answer: &Value) -> &str {
    answer["response"].as_str().unwrap()
}

#[test]
fn what_an_answer_says_is_not_noted_beside_it() {
    let server = without_model();
    server.upload(&[("dialect", "postgres")], &[("broken.sql", b"SELECT FROM WHERE broken (((;")]).expect(200);
    let answer = question(&server, "graph", "What feeds shop.revenue?");
    assert!(said(&answer).contains("There may be more: 1 of"), "{answer}");
    assert_eq!((answer["warnings"].as_array().unwrap().len(), &answer["notes"]), (2, &json!([])), "{answer}");
    let unused = question(&server, "graph", "Which tables have no consumers?");
    assert!(unused["notes"][0].as_str().unwrap().starts_with("Consumers outside"), "{unused}");
    assert_eq!(unused["notes"].as_array().unwrap().len(), 1, "{unused}");
    let kept = server.get(&format!("/api/chat/sessions/{}", unused["session_id"].as_str().unwrap())).expect(200);
    assert_eq!(
        (&kept["messages"][1]["data"]["notes"], &kept["messages"][1]["data"]["llm_absence"]),
        (&unused["notes"], &unused["llm_absence"])
    );
    // A model's text says none of it.
    let model = Ollama::start();
    let answer = question(&with_model(&model), "graph", "Which tables have no consumers?");
    assert_eq!(answer["notes"], answer["warnings"], "{answer}");
}

fn warnings(answer: &Value) -> String {
    answer["warnings"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn says(answer: &Value, words: &[&str]) {
    for word in words {
        assert!(said(answer).contains(word), "no {word:?} in: {}", said(answer));
    }
}

#[test]
fn the_inventory_question_lists_the_tables_in_every_mode_without_a_model() {
    let server = without_model();
    for mode in MODES {
        let answer = question(&server, mode, INVENTORY);
        says(&answer, &["`shop.customers`", "`shop.orders`", "shop.sql:"]);
        assert_eq!(answer["model"], "headwater-builtin");
        assert_eq!(answer["query_type"], mode);
        assert!(warnings(&answer).contains("No language model was used"), "{answer}");
        assert_eq!((&answer["llm_generated"], &answer["llm_absence"]), (&json!(false), &answer["warnings"][0]));
        assert!(answer["latency_ms"].as_f64().unwrap() > 0.0 && !answer["message_id"].as_str().unwrap().is_empty());
        let ids: Vec<&str> = answer["graph_data"]["nodes"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap()).collect();
        assert!(ids.contains(&"urn:headwater:default:table:shop.orders"), "{ids:?}");
        let graph: Vec<&Value> = answer["sources"].as_array().unwrap().iter().filter(|s| s["type"] == "graph").collect();
        assert!(
            graph
                .iter()
                .any(|s| s["id"] == "urn:headwater:default:table:shop.orders" && s["file_path"] == "shop.sql" && s["line_start"] == 3)
        );
        let chunks = answer["sources"].as_array().unwrap().iter().filter(|s| s["type"] == "chunk").count();
        assert_eq!(chunks > 0, matches!(mode, "semantic" | "deep"), "{mode}: {chunks} passages");
    }
}

#[test]
fn every_kind_of_question_is_answered_from_the_graph() {
    let server = without_model();
    let cases: &[(&str, &[&str])] = &[
        ("What columns does table shop.orders have?", &["**4 columns**", "`amount`", "DECIMAL", "primary", "shop.customers"]),
        ("What is the definition of shop.paid_orders?", &["```sql", "CREATE VIEW shop.paid_orders", "shop.sql:9"]),
        ("What feeds shop.revenue?", &["`shop.paid_orders`", "`shop.customers`", "2 hops", "`shop.orders`"]),
        ("What depends on shop.orders?", &["`shop.paid_orders`", "`shop.revenue`"]),
        ("What breaks if I drop shop.orders?", &["`shop.paid_orders`", "break", "`shop.revenue`"]),
        ("How does data get from shop.orders to shop.revenue?", &["**2 hops**", "→ `shop.paid_orders`", "→ `shop.revenue`"]),
        ("Is shop.customers connected to shop.paid_orders?", &["no data gets from one to the other"]),
        ("Where is shop.revenue defined?", &["shop.sql:10"]),
        ("Which tables contain column email?", &["`shop.customers`"]),
        ("Which tables have both id and created_at?", &["`shop.customers`", "`shop.orders`"]),
        ("How is column total of shop.revenue calculated?", &["SUM(p.amount)"]),
        ("What foreign keys does shop.orders have?", &["customer_id", "shop.customers"]),
        ("How many views are there?", &["2 views"]),
        ("List the views", &["`shop.paid_orders`", "`shop.revenue`"]),
        ("Are there circular dependencies?", &["No"]),
        ("Trace shop.revenue back to its raw sources", &["`shop.orders`", "`shop.customers`"]),
        ("What could not be parsed?", &["statements"]),
        ("What is the most referenced table?", &["shop."]),
        ("Describe shop.orders", &["`shop.orders` (table, shop.sql:3)", "4 columns"]),
        ("What do shop.revenue and shop.paid_orders have in common?", &["`shop.orders`"]),
        ("When was shop.orders last ingested?", &["shop.sql", "SHA-256"]),
        ("Which tables are unused?", &["`shop.revenue`"]),
    ];
    let mut wrong = Vec::new();
    for (query, expected) in cases {
        let answer = question(&server, "graph", query);
        for word in *expected {
            if !said(&answer).contains(word) {
                wrong.push(format!("{query}: no {word:?} in\n{}", said(&answer)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}

#[test]
fn triggers_of_a_table_are_those_that_fire_on_it_and_no_others() {
    let server = without_model();
    let triggers = b"CREATE TABLE shop.audit (id INT);
CREATE FUNCTION shop.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO shop.audit SELECT id FROM shop.orders; RETURN NEW; END $$;
CREATE TRIGGER orders_changed AFTER INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.note();
CREATE TRIGGER audit_changed AFTER INSERT ON shop.audit FOR EACH ROW EXECUTE FUNCTION shop.note();
";
    server.upload(&[("dialect", "postgres")], &[("triggers.sql", triggers)]).expect(200);
    let answer = question(&server, "graph", "What triggers fire on shop.orders?");
    says(&answer, &["orders_changed"]);
    assert!(!said(&answer).contains("audit_changed"), "{answer}");
    let answer = question(&server, "graph", "What triggers fire on shop.customers?");
    says(&answer, &["No trigger here fires on"]);
}

#[test]
fn a_misspelt_name_is_asked_back_and_never_guessed() {
    let server = without_model();
    let answer = question(&server, "graph", "What feeds shop.revenu?");
    says(&answer, &["There is no `shop.revenu` here", "Did you mean", "`shop.revenue`"]);
    assert!(answer["next_actions"].as_array().unwrap().contains(&json!("What feeds shop.revenue?")), "{answer}");
    let answer = question(&server, "graph", "xyzzy plugh");
    assert!(!said(&answer).is_empty());
}

#[test]
fn nothing_ingested_is_said_so() {
    let server = TestServer::start();
    for mode in MODES {
        says(&question(&server, mode, INVENTORY), &["Nothing has been ingested"]);
    }
    let of = |project: &str| ask(&server, "graph", json!({"query": INVENTORY, "context": {"project_id": project}}));
    says(&of("none"), &["There is no project `none`", "`default`"]);
    server.post("/api/v1/projects", &json!({"id": "empty", "name": "Empty"})).expect(201);
    says(&of("empty"), &["Nothing has been ingested in project `empty`"]);
}

#[test]
fn a_project_is_answered_for_alone_and_all_together() {
    let server = without_model();
    server.post("/api/v1/projects", &json!({"id": "other", "name": "Other"})).expect(201);
    server.upload(&[("project_id", "other"), ("dialect", "postgres")], &[("hr.sql", b"CREATE TABLE hr.people (id INT);")]).expect(200);
    let alone = ask(&server, "graph", json!({"query": INVENTORY, "context": {"project_id": "other"}}));
    assert!(said(&alone).contains("`hr.people`") && !said(&alone).contains("shop."), "{}", said(&alone));
    says(&question(&server, "graph", INVENTORY), &["`hr.people`", "`shop.orders`"]);
    let named = question(&server, "graph", "What columns does hr.people have?");
    assert!(!said(&named).contains("shop"), "{}", said(&named));
}

#[test]
fn a_repository_that_is_not_there_is_told_and_not_counted_in() {
    let server = without_model();
    let mut context = json!({"project_id": "default", "repository_id": "nope"});
    let of = |context: &Value| ask(&server, "graph", json!({"query": "How many tables are there?", "context": context}));
    says(&of(&context), &["There is no repository `nope` in project `default`", "(uploads)"]);
    says(&of(&json!({"repository_id": "nope"})), &["There is no repository `nope` here"]);
    let repositories = server.get("/api/v1/projects/default").expect(200)["repositories"].clone();
    context["repository_id"] = repositories[0]["id"].clone();
    assert!(!said(&of(&context)).contains("no repository"), "{}", said(&of(&context)));
}

#[test]
fn streams_say_what_answers_do() {
    let server = without_model();
    for mode in MODES {
        let frames = stream(&server, mode, json!({ "query": INVENTORY }));
        let done = frames.last().unwrap();
        assert_eq!(frames[0], json!({"type": "start", "query_type": mode, "model": "headwater-builtin", "sources": done["sources"]}));
        assert_eq!(done["type"], "done");
        let text: String = frames.iter().filter(|f| f["type"] == "delta").map(|f| f["content"].as_str().unwrap()).collect();
        assert_eq!(text, said(done));
        for field in ["sources", "query_type", "latency_ms", "model", "graph_data", "next_actions", "warnings", "session_id", "message_id"]
        {
            assert!(done.get(field).is_some(), "{field}");
        }
    }
}

#[test]
fn bad_questions_are_422_and_unknown_modes_404() {
    let server = TestServer::start();
    let cases = [
        (json!({}), "missing", json!(["body", "query"])),
        (json!({"query": ""}), "string_too_short", json!(["body", "query"])),
        (json!({"query": " \n\t"}), "value_error", json!(["body", "query"])),
        (json!({"query": 7}), "string_type", json!(["body", "query"])),
        (json!({"query": "x".repeat(10_001)}), "string_too_long", json!(["body", "query"])),
        (json!({"query": "x", "top_k": 0}), "greater_than_equal", json!(["body", "top_k"])),
        (json!({"query": "x", "history": [{"role": "user"}]}), "missing", json!(["body", "history", 0, "content"])),
        (json!({"query": "x", "history": "y"}), "list_type", json!(["body", "history"])),
        (json!({"query": "x", "context": {"project_id": []}}), "string_type", json!(["body", "context", "project_id"])),
    ];
    for (body, kind, loc) in cases {
        for path in ["/api/chat/graph", "/api/chat/text/stream"] {
            let detail = server.post(path, &body).expect(422)["detail"][0].clone();
            assert_eq!((&detail["type"], &detail["loc"]), (&json!(kind), &loc), "{body}");
        }
    }
    server.post("/api/chat/nonsense", &json!({"query": "x"})).expect(404);
    server.post("/api/chat/nonsense/stream", &json!({"query": "x"})).expect(404);
    server.post("/api/chat/graph", &json!({"query": "x", "model": "gone"})).expect(503);
}

#[test]
fn hostile_questions_are_answered() {
    let server = without_model();
    let queries = [
        "'; DROP TABLE x; --".to_owned(),
        "`".repeat(9_999),
        "[".repeat(9_999),
        "a.".repeat(4_999),
        "what feeds ".to_owned() + &"x".repeat(9_000),
        "\u{202e}\u{0}\u{feff}\u{1f4a9}".to_owned(),
        "what * % ?".to_owned(),
        "which tables contain column %?".to_owned(),
        "it it it that".to_owned(),
        "top 0 tables".to_owned(),
        "path from to".to_owned(),
        "# # #".to_owned(),
    ];
    for query in queries {
        for mode in ["graph", "deep"] {
            let answer = question(&server, mode, &query);
            assert!(!said(&answer).is_empty());
        }
    }
}

#[test]
fn a_session_remembers_what_it_was_about() {
    let server = without_model();
    let first = question(&server, "graph", "What feeds shop.revenue?");
    let session = first["session_id"].as_str().unwrap();
    let second = ask(&server, "graph", json!({"query": "And what depends on it?", "session_id": session}));
    says(&second, &["Nothing here depends on `shop.revenue`"]);
    assert_eq!(second["session_id"], session);

    let list = server.get("/api/chat/sessions").expect(200);
    assert_eq!(list["total"], 1);
    assert_eq!(list["sessions"][0]["title"], "What feeds shop.revenue");
    let kept = server.get(&format!("/api/chat/sessions/{session}")).expect(200);
    let roles: Vec<&str> = kept["messages"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
    assert_eq!(kept["messages"][3]["id"], second["message_id"]);

    let path = format!("/api/chat/session/{session}");
    assert_eq!(server.delete(&path).expect(200)["status"], "accepted");
    assert_eq!(server.delete(&path).expect(200)["status"], "ignored");
    server.get(&format!("/api/chat/sessions/{session}")).expect(404);
}

#[test]
fn the_sessions_of_a_project_are_those_whose_last_question_was_of_it() {
    let server = without_model();
    server.post("/api/v1/projects", &json!({"name": "Other", "id": "other"})).expect(201);
    let of = |session: &str, project: Value| {
        ask(&server, "graph", json!({"query": INVENTORY, "session_id": session, "context": {"project_id": project}}));
    };
    let listed = |query: &str| {
        let list = server.get(&format!("/api/chat/sessions{query}")).expect(200);
        let ids: Vec<String> = list["sessions"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(list["total"], ids.len());
        ids
    };
    of("all", Value::Null);
    of("here", json!("default"));
    of("there", json!("other"));
    of("moved", json!("default"));
    of("moved", json!("other"));
    assert_eq!(listed("?project_id=default"), ["here"]);
    assert_eq!(listed("?project_id=other"), ["moved", "there"]);
    assert_eq!(listed("?project_id="), ["moved", "there", "here", "all"]);
    let sessions = server.get("/api/chat/sessions").expect(200);
    assert_eq!((&sessions["sessions"][0]["project_id"], &sessions["sessions"][3]["project_id"]), (&json!("other"), &Value::Null));
}

#[test]
fn the_log_says_which_session_keeps_a_question_when_its_text_may_be_told() {
    for told in [true, false] {
        let server = TestServer::with(|settings| {
            settings.insert("BROADCAST_QUERY_TEXT", told.to_string());
        });
        let answer = question(&server, "graph", INVENTORY);
        ask(&server, "graph", json!({"query": INVENTORY, "skip_memory": true, "session_id": "mine"}));
        let events = server.get("/api/v1/metrics/events").expect(200);
        let chats = events["events"].as_array().unwrap().iter().filter(|event| event["type"] == "query");
        let mut sessions: Vec<&Value> = chats.map(|event| &event["metadata"]["session_id"]).collect();
        sessions.retain(|session| !session.is_null());
        assert_eq!(sessions, Vec::from_iter(told.then_some(&answer["session_id"])));
    }
}

#[test]
fn a_client_may_bring_its_own_memory_or_none() {
    let server = without_model();
    let history = json!([{"role": "user", "content": "What feeds shop.paid_orders?"}, {"role": "assistant", "content": "shop.orders"}]);
    let answer = ask(&server, "graph", json!({"query": "what depends on it?", "history": history, "skip_memory": true}));
    says(&answer, &["`shop.revenue`"]);
    assert!(answer.get("session_id").is_none());
    assert_eq!(server.get("/api/chat/sessions").expect(200)["total"], 0);
    ask(&server, "graph", json!({"query": INVENTORY, "session_id": "mine"}));
    assert_eq!(server.get("/api/chat/sessions/mine").expect(200)["message_count"], 2);
}

#[test]
fn a_title_is_made_of_the_question() {
    let server = TestServer::start();
    let title = server.post("/api/chat/title", &json!({"query": "what feeds the revenue view?"})).expect(200);
    assert_eq!(title, json!({"title": "What feeds the revenue view", "response": "What feeds the revenue view"}));
    server.post("/api/chat/title", &json!({})).expect(422);
    ask(&server, "graph", json!({"query": INVENTORY, "session_id": "mine"}));
    server.post("/api/chat/title", &json!({"query": "all of it", "session_id": "mine"})).expect(200);
    assert_eq!(server.get("/api/chat/sessions/mine").expect(200)["title"], "All of it");
    // What it takes is what is said of it.
    let document = server.get("/openapi.json").expect(200);
    let body = &document["paths"]["/api/chat/title"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let fields: Vec<&String> = body["properties"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["query", "session_id"]);
}

#[test]
fn a_model_answers_over_numbered_evidence() {
    let model = Ollama::start();
    let server = with_model(&model);
    model.behave(Behaviour::Says(vec!["`shop.revenue` is fed by ", "`shop.paid_orders` [1]."]));
    for mode in MODES {
        let answer = question(&server, mode, "What feeds shop.revenue?");
        assert_eq!(
            (said(&answer), &answer["model"]),
            ("`shop.revenue` is fed by `shop.paid_orders` [1].", &json!("tiny:latest")),
            "{answer}"
        );
        let request = model.requests().pop().unwrap();
        assert_eq!((&request["model"], &request["stream"]), (&json!("tiny:latest"), &json!(true)));
        assert!(request["options"]["num_ctx"].as_u64().unwrap() > 0);
        let prompt = request["messages"].to_string();
        if mode == "text" {
            assert!(warnings(&answer).contains("No repository evidence"));
            assert!(!prompt.contains("shop.paid_orders") && answer["sources"] == json!([]));
        } else {
            assert!(prompt.contains("[1] ") && prompt.contains("shop.paid_orders"), "{prompt}");
            assert!(!answer["sources"].as_array().unwrap().is_empty());
            assert_eq!(answer["warnings"], json!([]));
        }
        assert_eq!((&answer["llm_generated"], answer.get("llm_absence")), (&json!(true), None));
    }
    let frames = stream(&server, "graph", json!({"query": "What feeds shop.revenue?"}));
    assert_eq!(frames[0]["model"], "tiny:latest");
    assert_eq!(frames[0]["sources"], frames.last().unwrap()["sources"], "sources come before the text");
    assert!(!frames[0]["sources"].as_array().unwrap().is_empty());
    let deltas: Vec<&str> = frames.iter().filter_map(|f| f["content"].as_str()).collect();
    assert_eq!(deltas, ["`shop.revenue` is fed by ", "`shop.paid_orders` [1]."]);
    assert_eq!(said(frames.last().unwrap()), deltas.concat());
}

#[test]
fn an_openai_compatible_server_is_spoken_to_as_well() {
    let model = Ollama::start();
    model.models(&["gpt-small"]);
    let server = TestServer::with(|vars| {
        vars.insert("LLM_BASE_URL", format!("{}/v1", model.url()));
        vars.insert("LLM_MODEL", "gpt-small".into());
        vars.insert("CHAT_TIMEOUT_SECONDS", "2".into());
    });
    shop(&server);
    let answer = question(&server, "graph", INVENTORY);
    assert_eq!((said(&answer), &answer["model"]), ("Hello from the model.", &json!("gpt-small")));
    model.behave(Behaviour::ErrorAfter("partial", "kaput"));
    let answer = question(&server, "graph", INVENTORY);
    assert!(warnings(&answer).contains("kaput"), "{answer}");
    says(&answer, &["`shop.orders`"]);
    model.behave(Behaviour::Thinks("hmm", "Said."));
    assert_eq!(said(&question(&server, "graph", INVENTORY)), "Said.");
    model.behave(Behaviour::KnowsNoMaxTokens("In other words."));
    assert_eq!(said(&question(&server, "graph", INVENTORY)), "In other words.");
    let request = model.requests().pop().unwrap();
    assert!(request["max_completion_tokens"].is_u64() && request.get("temperature").is_none(), "{request}");
    model.behave(Behaviour::ClosesAfter("That is all.", "stop"));
    assert_eq!(said(&question(&server, "graph", INVENTORY)), "That is all.");
    model.behave(Behaviour::ClosesAfter("That is", "content_filter"));
    let answer = question(&server, "graph", INVENTORY);
    assert!(said(&answer).starts_with("That is\n\n---\n\n*What is known") && warnings(&answer).contains("content filter"), "{answer}");
}

#[test]
fn whatever_a_model_does_wrong_the_built_in_answer_stands_in() {
    let model = Ollama::start();
    let server = with_model(&model);
    let faults = [
        Behaviour::ModelGone,
        Behaviour::Busy,
        Behaviour::Hangs,
        Behaviour::HangsAfter("So"),
        Behaviour::DiesAfter("So"),
        Behaviour::ErrorAfter("So", "out of memory"),
        Behaviour::Garbage,
        Behaviour::Empty,
        Behaviour::EndlessLine,
    ];
    for fault in faults {
        model.behave(fault.clone());
        let answer = question(&server, "graph", INVENTORY);
        says(&answer, &["`shop.orders`"]);
        assert!(!said(&answer).starts_with("So"), "{fault:?}");
        assert_eq!(answer["model"], "headwater-builtin", "{fault:?}");
        assert!(warnings(&answer).contains("'tiny:latest' gave no whole answer"), "{fault:?}: {}", warnings(&answer));
        let frames = stream(&server, "graph", json!({ "query": INVENTORY }));
        let text: String = frames.iter().filter_map(|f| f["content"].as_str()).collect();
        let done = frames.last().unwrap();
        assert_eq!((&done["type"], said(done)), (&json!("done"), text.as_str()), "{fault:?}");
        says(done, &["`shop.orders`"]);
    }
    eventually("every connection to the model closed", || (model.open() == 0).then_some(()));
}

#[test]
fn an_answer_without_end_is_cut_and_said_so() {
    let model = Ollama::start();
    let server = with_model(&model);
    model.behave(Behaviour::CutAfter("It begins"));
    let answer = question(&server, "graph", INVENTORY);
    assert!(said(&answer).starts_with("It begins\n\n---\n\n*What is known without the model:*"), "{}", said(&answer));
    assert!(warnings(&answer).contains("length limit"));
    model.behave(Behaviour::Endless);
    let answer = question(&server, "graph", INVENTORY);
    assert!(said(&answer).len() < 1 << 20);
    assert!(warnings(&answer).contains("was cut") || warnings(&answer).contains("no whole answer"), "{}", warnings(&answer));
    eventually("the model stopped", || (model.open() == 0).then_some(()));
}

#[test]
fn what_a_model_makes_up_is_marked_and_what_is_known_stands_below_it() {
    let model = Ollama::start();
    let server = with_model(&model);
    let cases = [
        ("`shop.revenue` is fed by `shop.paid_orders` and `shop.customers` [1].", None),
        ("`shop.orders` feeds `shop.revenue` [1].", None),
        ("`shop.revenue` is not fed by `shop.invoices`.", Some("names what the evidence does not hold: `shop.invoices`")),
        ("`shop.revenue` feeds `shop.paid_orders`.", Some("no path: `shop.revenue` → `shop.paid_orders`")),
        ("`shop.customers` is fed by `shop.paid_orders`.", Some("no path: `shop.paid_orders` → `shop.customers`")),
        (
            "`shop.paid_orders` is written by nothing, but `shop.revenue` is the source of `shop.orders` [1].",
            Some("`shop.revenue` → `shop.orders`"),
        ),
        ("As [1, 99] says.", Some("cites sources that do not exist")),
        ("As [99] says.", Some("cites sources that do not exist")),
    ];
    for (text, marked) in cases {
        model.behave(Behaviour::Says(vec![text]));
        let whole = question(&server, "graph", "What feeds shop.revenue?");
        let frames = stream(&server, "graph", json!({"query": "What feeds shop.revenue?"}));
        let deltas: String = frames.iter().filter_map(|f| f["content"].as_str()).collect();
        for answer in [&whole, frames.last().unwrap()] {
            assert_eq!((said(answer), &answer["llm_generated"]), (deltas.as_str(), &json!(true)));
            match marked {
                None => assert_eq!((said(answer), warnings(answer).as_str()), (text, "")),
                Some(marked) => {
                    assert!(warnings(answer).contains(marked), "{text}: {}", warnings(answer));
                    assert!(said(answer).starts_with(text));
                    says(answer, &["What is known without the model", "2 hops", "shop.sql:"]);
                }
            }
        }
    }
}

#[test]
fn a_prompt_that_the_model_did_not_read_to_its_end_is_said_so() {
    for openai in [false, true] {
        let model = Ollama::start();
        let server = TestServer::with(|vars| {
            vars.insert(if openai { "LLM_BASE_URL" } else { "OLLAMA_HOST" }, model.url());
            vars.insert("LLM_MODEL", "tiny:latest".into());
        });
        shop(&server);
        for (counted, whole) in [(8_191, false), (8_190, true), (1_000, true), (20, false)] {
            model.counts(counted);
            let answer = question(&server, "graph", INVENTORY);
            assert_eq!(answer["warnings"] == json!([]), whole, "{counted}: {answer}");
            assert_eq!(warnings(&answer).contains("may not have been read"), !whole, "{counted}: {answer}");
        }
    }
}

#[test]
fn a_server_that_asks_to_be_left_alone_is_until_then() {
    let model = Ollama::start();
    let server = with_model(&model);
    model.behave(Behaviour::Rests(3_600));
    assert!(warnings(&question(&server, "graph", INVENTORY)).contains("left alone for 3600 s"));
    model.behave(Behaviour::Says(vec!["Hello."]));
    let answer = question(&server, "graph", INVENTORY);
    says(&answer, &["`shop.orders`"]);
    assert!(warnings(&answer).contains(" s more") && model.requests().len() == 1, "{}", warnings(&answer));

    let server = with_model(&model);
    model.behave(Behaviour::Rests(1));
    assert!(warnings(&question(&server, "graph", INVENTORY)).contains("left alone for 1 s"));
    model.behave(Behaviour::Says(vec!["Hello."]));
    eventually("the model is asked again", || (said(&question(&server, "graph", INVENTORY)) == "Hello.").then_some(()));
}

#[test]
fn thinking_is_not_part_of_the_answer() {
    let model = Ollama::start();
    let server = with_model(&model);
    model.behave(Behaviour::Thinks("secret thoughts", "The answer."));
    assert_eq!(said(&question(&server, "deep", INVENTORY)), "The answer.");
    model.behave(Behaviour::Says(vec!["<thi", "nk>\nsecret", " thoughts</think>\n", "\n", "The answer."]));
    assert_eq!(said(&question(&server, "deep", INVENTORY)).trim_start(), "The answer.");
    model.behave(Behaviour::Says(vec!["<think>secret thoughts"]));
    assert!(warnings(&question(&server, "deep", INVENTORY)).contains("answered with nothing"));
}

#[test]
fn a_character_that_a_model_sends_in_two_pieces_is_one() {
    let model = Ollama::start();
    let compatible = TestServer::with(|vars| {
        vars.insert("LLM_BASE_URL", model.url());
        vars.insert("LLM_MODEL", "tiny".into());
    });
    for server in [with_model(&model), compatible] {
        shop(&server);
        model.behave(Behaviour::Says(vec!["Fine %ud83d", "%ude00, and", " half %ud83d", " a one, and%ude00", " at the end %ud83d"]));
        let answer = question(&server, "text", INVENTORY);
        assert_eq!(said(&answer), "Fine 😀, and half \u{fffd} a one, and\u{fffd} at the end \u{fffd}", "{answer}");
    }
}

#[test]
fn a_model_asked_for_by_name_and_unknown_is_a_503_that_names_it() {
    let model = Ollama::start();
    let server = with_model(&model);
    for path in ["/api/chat/graph", "/api/chat/graph/stream"] {
        let detail = server.post(path, &json!({"query": INVENTORY, "model": "huge:70b"})).expect(503)["detail"].clone();
        assert!(detail.as_str().unwrap().contains("huge:70b") && detail.as_str().unwrap().contains("tiny:latest"), "{detail}");
    }
    let answer = ask(&server, "graph", json!({"query": INVENTORY, "model": "tiny"}));
    assert_eq!(answer["model"], "tiny:latest");
    let answer = ask(&server, "graph", json!({"query": INVENTORY, "model": "headwater-builtin"}));
    assert_eq!(answer["model"], "headwater-builtin");
}

#[test]
fn a_missing_default_model_is_a_warning_that_names_it() {
    let model = Ollama::start();
    model.models(&["other:1b"]);
    let server = with_model(&model);
    let answer = question(&server, "text", INVENTORY);
    assert!(warnings(&answer).contains("'tiny'") && warnings(&answer).contains("other:1b"), "{}", warnings(&answer));
    says(&answer, &["`shop.orders`"]);
}

#[test]
fn a_model_server_that_is_down_is_a_warning() {
    let model = Ollama::start();
    model.down(true);
    let server = with_model(&model);
    for mode in MODES {
        let answer = question(&server, mode, INVENTORY);
        says(&answer, &["`shop.orders`"]);
        assert!(warnings(&answer).contains("No language model was used"), "{}", warnings(&answer));
    }
}

/// Begins a request and gives the socket back, to be dropped.
fn begin(server: &TestServer, path: &str) -> TcpStream {
    begin_at(server.address, path)
}

fn begin_at(address: SocketAddr, path: &str) -> TcpStream {
    let body = json!({ "query": INVENTORY }).to_string();
    let mut socket = TcpStream::connect(address).unwrap();
    write!(
        socket,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    socket
}

#[test]
fn a_client_that_goes_away_stops_the_model_and_frees_its_place() {
    let model = Ollama::start();
    let server = TestServer::with(|vars| {
        vars.insert("OLLAMA_HOST", model.url());
        vars.insert("LLM_MODEL", "tiny".into());
        // Long enough that only going away can have stopped it.
        vars.insert("CHAT_TIMEOUT_SECONDS", "600".into());
        vars.insert("CHAT_MAX_CONCURRENCY", "1".into());
    });
    shop(&server);
    for behaviour in [Behaviour::Hangs, Behaviour::HangsAfter("So"), Behaviour::Endless] {
        for path in ["/api/chat/graph", "/api/chat/graph/stream"] {
            if matches!(behaviour, Behaviour::Endless) && path == "/api/chat/graph" {
                continue;
            }
            model.behave(behaviour.clone());
            let socket = begin(&server, path);
            eventually("the model is asked", || (model.open() == 1).then_some(()));
            drop(socket);
            eventually("the model's connection is closed", || (model.open() == 0).then_some(()));
            eventually("nothing is being answered", || (server.app.chat.active() == 0).then_some(()));
        }
    }
    model.behave(Behaviour::Says(vec!["Free."]));
    assert_eq!(said(&question(&server, "graph", INVENTORY)), "Free.");
}

#[test]
fn beyond_the_queue_a_question_is_told_to_come_back() {
    let model = Ollama::start();
    let server = TestServer::with(|vars| {
        vars.insert("OLLAMA_HOST", model.url());
        vars.insert("LLM_MODEL", "tiny".into());
        vars.insert("CHAT_TIMEOUT_SECONDS", "600".into());
        vars.insert("CHAT_MAX_CONCURRENCY", "1".into());
    });
    shop(&server);
    model.behave(Behaviour::Hangs);
    let one = begin(&server, "/api/chat/graph");
    eventually("the model is asked", || (model.open() == 1).then_some(()));
    let waiting: Vec<TcpStream> = (0..3).map(|_| begin(&server, "/api/chat/graph")).collect();
    // The last place of the queue is for another client.
    eventually("three wait", || (server.app.chat.active() == 4).then_some(()));
    let reply = eventually("a refusal", || {
        let reply = server.post("/api/chat/graph", &json!({ "query": INVENTORY }));
        (reply.status == 503).then_some(reply)
    });
    assert!(reply.header("retry-after").is_some(), "{reply:?}");
    drop((one, waiting));
    eventually("all are gone", || (server.app.chat.active() == 0).then_some(()));
}

#[test]
fn an_answer_says_how_long_it_waited_for_the_model() {
    let model = Ollama::start();
    let server = TestServer::with(|vars| {
        vars.insert("OLLAMA_HOST", model.url());
        vars.insert("LLM_MODEL", "tiny".into());
        vars.insert("CHAT_TIMEOUT_SECONDS", "4".into());
        vars.insert("CHAT_MAX_CONCURRENCY", "1".into());
    });
    shop(&server);
    model.behave(Behaviour::Hangs);
    let _one = begin(&server, "/api/chat/graph");
    eventually("the model is asked", || (model.open() == 1).then_some(()));
    let question = Question {
        mode: Mode::Graph,
        query: INVENTORY.into(),
        project_id: None,
        repository_id: None,
        history: Vec::new(),
        top_k: None,
        model: None,
        client: "another".into(),
        stream: false,
    };
    // Until the first has had its four seconds: next to nothing of its own is left.
    let behind = server.app.chat.answer(&question, &Cancel::default(), &mut |_| true).unwrap();
    assert!(behind.unaided.is_some());
    model.behave(Behaviour::Says(vec!["Free."]));
    let free = eventually("a place", || {
        Some(server.app.chat.answer(&question, &Cancel::default(), &mut |_| true).unwrap()).filter(|answer| answer.unaided.is_none())
    });
    assert!(behind.waited > free.waited, "{:?}, and {:?} when nobody was before it", behind.waited, free.waited);
}

#[test]
fn tokens_arrive_while_the_model_still_talks() {
    let model = Ollama::start();
    let server = TestServer::with(|vars| {
        vars.insert("OLLAMA_HOST", model.url());
        vars.insert("LLM_MODEL", "tiny".into());
        vars.insert("CHAT_TIMEOUT_SECONDS", "600".into());
    });
    shop(&server);
    model.behave(Behaviour::HangsAfter("First words"));
    let mut reader = BufReader::new(begin(&server, "/api/chat/deep/stream").take(1 << 20));
    let mut text = String::new();
    while !text.contains("First words") {
        assert!(reader.read_line(&mut text).unwrap() > 0, "{text}");
    }
    assert!(text.contains(r#""type":"start""#) && !text.contains(r#""type":"done""#));
}

/// A proxy of one connection, as they stand before servers: it holds an answer back until it is whole, unless the answer's head says not
/// to, and hangs up on a server that is silent for longer than `patience`.
fn buffering_proxy(server: SocketAddr, patience: Duration) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut client = listener.accept().unwrap().0;
        let mut upstream = TcpStream::connect(server).unwrap();
        upstream.set_read_timeout(Some(patience)).unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
        let (mut held, mut buffer, mut flows) = (Vec::new(), [0; 4096], false);
        while let Ok(n @ 1..) = upstream.read(&mut buffer) {
            held.extend_from_slice(&buffer[..n]);
            flows |= String::from_utf8_lossy(&held).to_lowercase().contains("\r\nx-accel-buffering: no\r\n");
            if flows && client.write_all(&std::mem::take(&mut held)).is_err() {
                break;
            }
        }
        let _ = client.write_all(&held);
        let _ = client.shutdown(Shutdown::Both);
    });
    address
}

#[test]
fn a_stream_goes_through_a_buffering_proxy_and_its_comments_keep_the_connection() {
    let model = Ollama::start();
    let server = TestServer::with(|vars| {
        vars.insert("OLLAMA_HOST", model.url());
        vars.insert("LLM_MODEL", "tiny".into());
        vars.insert("CHAT_TIMEOUT_SECONDS", "600".into());
    });
    shop(&server);
    model.behave(Behaviour::HangsAfter("First words"));
    // A comment comes after fifteen seconds of silence.
    let proxy = buffering_proxy(server.address, Duration::from_secs(18));
    let socket = begin_at(proxy, "/api/chat/deep/stream");
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(socket.take(1 << 20));
    let mut text = String::new();
    for awaited in ["First words", "\n: "] {
        while !text.contains(awaited) {
            assert!(reader.read_line(&mut text).expect("the proxy holds nothing back") > 0, "{text}");
        }
    }
    drop(reader);
    eventually("nothing is being answered", || (server.app.chat.active() == 0).then_some(()));
}

#[test]
fn chats_are_dropped_when_their_days_are_over_and_not_before() {
    let dir = Arc::new(TempDir::new());
    let start = |days: &'static str| TestServer::in_dir(dir.clone(), |vars| drop(vars.insert("CHAT_RETENTION_DAYS", days.into())));
    let kept = |server: &TestServer| {
        let list = server.get("/api/chat/sessions").expect(200);
        let ids = list["sessions"].as_array().unwrap().iter().map(|s| s["session_id"].as_str().unwrap().to_owned());
        ids.collect::<BTreeSet<String>>()
    };
    let of = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<String>>();
    let server = start("0");
    for (id, days) in [("new", 0), ("within", 29), ("over", 31)] {
        ask(&server, "graph", json!({ "query": INVENTORY, "session_id": id }));
        let set = move |conn: &rusqlite::Connection| {
            let sql = "UPDATE sessions SET updated_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', ?2) WHERE id = ?1";
            Ok(conn.execute(sql, (id, format!("-{days} days")))?)
        };
        assert_eq!(server.app.store.write_blocking(set).unwrap(), 1, "{id}");
    }
    drop(server);
    let server = start("0");
    assert_eq!(kept(&server), of(&["new", "over", "within"]), "0 keeps all");
    drop(server);
    let server = start("30");
    eventually("the old one is gone", || (kept(&server) == of(&["new", "within"])).then_some(()));
    server.get("/api/chat/sessions/over").expect(404);
}

#[test]
fn a_clock_by_which_all_chats_are_too_old_at_the_start_is_not_believed_at_once() {
    let dir = Arc::new(TempDir::new());
    let first = TestServer::in_dir(dir.clone(), |_| {});
    ask(&first, "graph", json!({ "query": INVENTORY, "session_id": "kept" }));
    let set = |conn: &rusqlite::Connection| {
        conn.execute("UPDATE messages SET created_at = '2001-01-01T00:00:00.000000Z'", [])?;
        Ok(conn.execute("UPDATE sessions SET updated_at = '2001-01-01T00:00:00.000000Z'", [])?)
    };
    assert_eq!(first.app.store.write_blocking(set).unwrap(), 1);
    first.stop();
    let second = Binary::start(common::command(dir.path()), dir, |_| {});
    second.logged("no chat session is forgotten now, as the clock may be wrong");
    second.get("/api/chat/sessions/kept").expect(200);
}

#[test]
fn the_question_is_logged_only_when_it_may_be_told() {
    for told in [true, false] {
        let server = TestServer::with(|vars| {
            vars.insert("BROADCAST_QUERY_TEXT", told.to_string());
        });
        for path in ["/api/chat/graph", "/api/chat/graph/stream"] {
            server.post(path, &json!({ "query": INVENTORY }));
            let event = eventually("the event", || server.app.activity.recent(1).into_iter().next().filter(|e| e.r#type == "query"));
            assert_eq!((&event.metadata["model"], &event.metadata["query_type"]), (&json!("headwater-builtin"), &json!("graph")), "{path}");
            assert_eq!(event.metadata.get("query").is_some(), told, "{path}");
        }
    }
}
