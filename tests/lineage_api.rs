//! Lineage, graph and database routes over real files: direction, evidence, filters, and what is said of the unknown.

mod common;

use common::TestServer;
use serde_json::{Value, json};

const SOURCES: &str = "CREATE TABLE sales.customers (id INT PRIMARY KEY, name VARCHAR(80) NOT NULL);
CREATE TABLE sales.orders (
    id INT PRIMARY KEY,
    customer_id INT NOT NULL REFERENCES sales.customers (id),
    total NUMERIC(12, 2) DEFAULT 0
);
";
const MARTS: &str = "CREATE VIEW marts.customer_orders AS
SELECT c.id AS customer_id, c.name, o.total * 2 AS doubled
FROM sales.customers c
JOIN sales.orders o ON o.customer_id = c.id;

CREATE VIEW marts.top_customers AS
SELECT customer_id, doubled FROM marts.customer_orders WHERE doubled > 100;

CREATE VIEW marts.returns AS SELECT id FROM sales.missing_returns;
";

fn started() -> TestServer {
    let server = TestServer::start();
    let fields = [("dialect", "postgres"), ("repository_name", "shop")];
    let report = server.upload(&fields, &[("ddl/sources.sql", SOURCES.as_bytes()), ("ddl/marts.sql", MARTS.as_bytes())]).expect(200);
    assert_eq!(report["success"], true, "{report}");
    server
}

/// `name` of each node, sorted.
fn names(nodes: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = nodes.as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

fn urn(kind: &str, name: &str) -> String {
    format!("urn:headwater:default:{kind}:{name}")
}

#[test]
fn nodes_are_filtered_paged_and_counted() {
    let server = started();
    let views = server.get("/api/v1/lineage/nodes?type=view").expect(200);
    assert_eq!(names(&views["nodes"]), ["marts.customer_orders", "marts.returns", "marts.top_customers"]);
    assert_eq!(views["total"], 3);
    let page = server.get("/api/v1/lineage/nodes?type=view&limit=1&offset=1").expect(200);
    assert_eq!((page["nodes"].as_array().unwrap().len(), page["total"].as_u64()), (1, Some(3)));
    assert_eq!(page["nodes"][0], views["nodes"][1]);
    let found = server.get("/api/v1/lineage/nodes?search=TOP_&type=view,table").expect(200);
    assert_eq!(names(&found["nodes"]), ["marts.top_customers"]);
    for none in ["?project_id=other", "?repository_id=other", "?type=spaceship"] {
        assert_eq!(server.get(&format!("/api/v1/lineage/nodes{none}")).expect(200), json!({"nodes": [], "total": 0}), "{none}");
    }
    let repository = views["nodes"][0]["repository_id"].as_str().unwrap();
    assert_eq!(server.get(&format!("/api/v1/lineage/nodes?type=view&repository_id={repository}")).expect(200)["total"], 3);

    let total = server.get("/api/v1/lineage/nodes?search=sales.orders.total").expect(200)["nodes"][0].clone();
    assert_eq!((total["label"].as_str(), total["type"].as_str(), total["line"].as_u64()), (Some("total"), Some("column"), Some(5)));
    assert_eq!(total["file_path"], "ddl/sources.sql");
    assert_eq!(total["metadata"]["data_type"], "NUMERIC(12, 2)");
    assert_eq!(total["metadata"]["default"], "0");
}

#[test]
fn edges_point_from_consumer_to_source_and_carry_their_evidence() {
    let server = started();
    let edges = server.get("/api/v1/lineage/edges?type=derives&search=top_customers&limit=100").expect(200);
    let edge = edges["edges"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["source"] == urn("view", "marts.top_customers") && e["target"] == urn("view", "marts.customer_orders"))
        .unwrap_or_else(|| panic!("{edges}"));
    assert_eq!((edge["relationship"].as_str(), edge["confidence"].as_f64()), (Some("DERIVES"), Some(1.0)));

    let detail = server.get(&format!("/api/v1/lineage/edge/{}", edge["id"].as_str().unwrap())).expect(200);
    assert_eq!((&detail["edge"]["id"], &detail["source"]["id"]), (&edge["id"], &edge["source"]));
    let place = &detail["evidence"][0];
    assert_eq!(place["file_path"], "ddl/marts.sql");
    assert_eq!(place["file_hash"], headwater::id::content_hash(MARTS.as_bytes()));
    assert!(place["text"].as_str().unwrap().contains("FROM marts.customer_orders"), "{place}");

    let computed = server.get("/api/v1/lineage/edges?search=customer_orders.doubled").expect(200);
    let from_total = |e: &&Value| e["target"] == urn("column", "sales.orders.total") && e["metadata"]["flow"] == "direct";
    let edge = computed["edges"].as_array().unwrap().iter().find(from_total).unwrap_or_else(|| panic!("{computed}"));
    assert_eq!(edge["transformation"], "o.total * 2");
}

#[test]
fn every_source_of_an_answer_opens_to_its_lines() {
    let server = started();
    for (mode, query) in [
        ("graph", "what feeds marts.top_customers?"),
        ("graph", "what feeds marts.returns?"),
        ("semantic", "doubled totals"),
        ("deep", "how is doubled calculated?"),
    ] {
        let answer = server.post(&format!("/api/chat/{mode}"), &json!({"query": query})).expect(200);
        let sources = answer["sources"].as_array().unwrap();
        assert!(!sources.is_empty(), "{answer}");
        for source in sources {
            let rests = server.get(&format!("/api/v1/lineage/evidence/{}", source["id"].as_str().unwrap())).expect(200);
            let place = &rests["evidence"][0];
            assert_eq!(
                (&place["file_path"], &place["line_start"], &place["line_end"]),
                (&source["file_path"], &source["line_start"], &source["line_end"])
            );
            let file = server.get(&format!("/api/v1/files/{}/content", place["file_id"].as_str().unwrap())).text();
            assert_eq!(place["file_hash"], headwater::id::content_hash(file.as_bytes()));
            let line = |n: &Value| n.as_u64().unwrap() as usize;
            let (first, last) = (line(&place["line_start"]), line(&place["line_end"]));
            let lines: Vec<&str> = file.lines().skip(first - 1).take(last + 1 - first).collect();
            assert_eq!(place["text"].as_str().unwrap().trim_end_matches('\n'), lines.join("\n"), "{source}");
        }
    }
    // What nothing defines rests on the statements that name it.
    let rests = server.get("/api/v1/lineage/evidence/urn:headwater:default:external:sales.missing_returns").expect(200);
    assert_eq!((&rests["evidence"][0]["file_path"], &rests["evidence"][0]["line_start"]), (&json!("ddl/marts.sql"), &json!(9)));
    assert!(rests["evidence"][0]["text"].as_str().unwrap().contains("FROM sales.missing_returns"), "{rests}");
    let gone = server.get("/api/v1/lineage/evidence/urn:headwater:default:chunk:none:0").expect(404);
    assert!(gone["detail"].as_str().unwrap().contains("take an id from an answer's sources"), "{gone}");
}

#[test]
fn a_node_is_found_by_urn_or_name_and_walked_in_the_direction_asked_for() {
    let server = started();
    let view = urn("view", "marts.customer_orders");
    let names_of = |query: &str| {
        let answer = server.get(&format!("/api/v1/lineage/node/{query}")).expect(200);
        assert_eq!(answer["truncated"], query.contains("depth="), "a walk that was cut says so");
        names(&answer["nodes"]).join(" ")
    };
    let (up, down) = ("marts.customer_orders sales.customers sales.orders", "marts.customer_orders marts.top_customers");
    assert_eq!(names_of(&format!("{view}?direction=upstream")), up);
    assert_eq!(names_of(&format!("{view}?direction=downstream")), down);
    assert_eq!(names_of("CUSTOMER_ORDERS?direction=upstream"), up);
    assert_eq!(names_of("marts.top_customers?direction=upstream&depth=1"), "marts.customer_orders marts.top_customers");
    let columns = names_of("marts.top_customers.doubled?direction=upstream");
    assert_eq!(columns, "marts.customer_orders.doubled marts.top_customers.doubled sales.orders.total");
    // As the files spell it, of the kind that it was once, with the schema that they leave out.
    for spelt in ["view:Marts.Customer_Orders", "external:marts.customer_orders", "table:main.marts.customer_orders"] {
        let answer = server.get(&format!("/api/v1/lineage/node/urn:headwater:default:{spelt}")).expect(200);
        assert_eq!(answer["nodes"][0]["id"], view, "{spelt}");
    }
    for other in ["view:customer_orders", "view:other.customer_orders", "table:orders"] {
        server.get(&format!("/api/v1/lineage/node/urn:headwater:default:{other}")).expect(404);
    }
    for file in ["ddl/marts.sql", "ddl%2Fmarts.sql"] {
        let answer = server.get(&format!("/api/v1/lineage/node/{}", urn("file", file))).expect(200);
        assert_eq!(answer["nodes"][0]["label"], "marts.sql", "{file}");
    }
    let first = server.get(&format!("/api/v1/lineage/node/{view}")).expect(200);
    assert_eq!((first["nodes"][0]["id"].as_str(), first["nodes"][0]["depth"].as_u64()), (Some(view.as_str()), Some(0)));
}

#[test]
fn the_unknown_is_a_404_that_names_the_nearest() {
    let server = started();
    for path in ["lineage/node/marts.top_custommers", "lineage/impact/marts.top_custommers", "graph/entity/marts.top_custommers"] {
        let detail = server.get(&format!("/api/v1/{path}")).expect(404)["detail"].clone();
        let text = detail.as_str().unwrap();
        assert!(text.contains("'marts.top_custommers' not found") && text.contains("'marts.top_customers'"), "{text}");
    }
    let table = server.get("/api/v1/database/tables/sales/order").expect(404)["detail"].clone();
    assert!(table.as_str().unwrap().starts_with("Table 'sales.order' not found. Did you mean 'sales.orders'"), "{table}");
    for path in
        ["lineage/impact/sales.orders?project_id=nope", "lineage/layout?urn=x&project_id=nope", "lineage/node/urn:headwater:nope:table:t"]
    {
        let detail = server.get(&format!("/api/v1/{path}")).expect(404)["detail"].clone();
        assert_eq!(detail, "Project 'nope' not found: GET /api/v1/projects lists those there are", "{path}");
    }
    server.get("/api/v1/lineage/edge/urn:headwater:default:edge:0").expect(404);
    server.get("/api/v1/lineage/node/%00%ff?depth=1").expect(404);
    server.get(&format!("/api/v1/lineage/node/{}", "x".repeat(9_000))).expect(404);
    server.get("/api/v1/lineage/path?from=sales.orders&to=nowhere_at_all").expect(404);
}

#[test]
fn paths_impact_and_report_say_what_depends_on_what() {
    let server = started();
    let paths = server.get("/api/v1/lineage/path?from=sales.orders&to=marts.top_customers&k=3").expect(200);
    assert_eq!(paths["paths"].as_array().unwrap().len(), 1, "{paths}");
    assert_eq!(names(&paths["paths"][0]["nodes"]), ["marts.customer_orders", "marts.top_customers", "sales.orders"]);
    assert_eq!(paths["paths"][0]["edges"].as_array().unwrap().len(), 2);
    let none = server.get("/api/v1/lineage/path?from=sales.orders&to=marts.returns").expect(200);
    assert_eq!(none["paths"], json!([]));

    let impact = server.get("/api/v1/lineage/impact/sales.orders").expect(200);
    assert_eq!((impact["root"]["name"].as_str(), impact["total"].as_u64()), (Some("sales.orders"), Some(2)));
    assert_eq!(impact["by_type"], json!({"view": 2}));
    assert_eq!(names(&impact["levels"][0]["nodes"]), ["marts.customer_orders"]);
    assert_eq!(names(&impact["levels"][1]["nodes"]), ["marts.top_customers"]);
    assert_eq!((names(&impact["breaking"]), names(&impact["affected"])), (vec!["marts.customer_orders"], vec!["marts.top_customers"]));

    let report = server.get("/api/v1/lineage/report").expect(200);
    assert_eq!(names(&report["roots"]), ["sales.customers", "sales.missing_returns", "sales.orders"]);
    assert_eq!(names(&report["leaves"]), ["marts.returns", "marts.top_customers"]);
    assert_eq!(report["dangling"][0]["node"]["name"], "sales.missing_returns");
    assert_eq!(report["dangling"][0]["mentions"][0]["file_path"], "ddl/marts.sql");
    assert_eq!((report["notes"].clone(), report["totals"]["notes"].as_u64()), (json!([]), Some(0)), "what dangles is told once");
    assert_eq!((report["cycles"].clone(), report["totals"]["unparsed"].as_u64()), (json!([]), Some(0)));
    let cut = server.get("/api/v1/lineage/report?limit=1").expect(200);
    assert_eq!((cut["roots"].as_array().unwrap().len(), cut["totals"]["roots"].as_u64()), (1, Some(3)));
}

#[test]
fn what_was_not_understood_is_in_the_report_with_its_lines_and_share() {
    let server = TestServer::start();
    server.upload(&[("dialect", "postgres")], &[("broken.sql", b"SELECT 1;\n\nCREATE TABLE\n(((;\n")]).expect(200);
    let report = server.get("/api/v1/lineage/report").expect(200);
    let unparsed = &report["unparsed"][0];
    assert_eq!((&unparsed["file_path"], &unparsed["line"], &unparsed["line_end"]), (&json!("broken.sql"), &json!(3), &json!(4)));
    // Five of these are of the statement that is lost.
    assert_eq!((report["tokens"].as_u64(), report["coverage"].as_f64().map(|share| (9.0 * share).round())), (Some(9), Some(4.0)));
    let nothing = server.get("/api/v1/lineage/report?project_id=none").expect(200);
    assert_eq!((&nothing["tokens"], &nothing["coverage"]), (&json!(0), &json!(1.0)));
}

#[test]
fn search_ranks_names_first_and_shows_edges_among_the_hits() {
    let server = started();
    let found = server.get("/api/v1/lineage/search?q=customer_orders&type=view&limit=5").expect(200);
    assert_eq!(found["nodes"][0]["name"], "marts.customer_orders");
    let scores: Vec<f64> = found["nodes"].as_array().unwrap().iter().map(|n| n["score"].as_f64().unwrap()).collect();
    assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]), "{scores:?}");
    let ids: Vec<&Value> = found["nodes"].as_array().unwrap().iter().map(|n| &n["id"]).collect();
    assert!(found["edges"].as_array().unwrap().iter().all(|e| ids.contains(&&e["source"]) && ids.contains(&&e["target"])));
    let edges = server.get("/api/v1/lineage/search?q=customer_orders").expect(200)["edges"].clone();
    let scores: Vec<f64> = edges.as_array().unwrap().iter().map(|e| e["score"].as_f64().expect("a score")).collect();
    assert!(!scores.is_empty() && scores.windows(2).all(|pair| pair[0] >= pair[1]), "{scores:?}");
    let lines: Vec<(&str, u64)> = found["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| (n["snippet"]["text"].as_str().unwrap(), n["snippet"]["line"].as_u64().unwrap()))
        .collect();
    assert!(lines[0].0.contains("customer_orders") && lines[0].1 >= found["nodes"][0]["line"].as_u64().unwrap(), "{lines:?}");
    let by_name = server.get("/api/v1/graph/search?name=top_customers&type=view").expect(200);
    assert_eq!((by_name[0]["name"].as_str(), by_name[0]["entity_type"].as_str()), (Some("marts.top_customers"), Some("view")));
}

#[test]
fn search_is_narrowed_to_a_repository_and_a_schema() {
    let server = started();
    server
        .upload(&[("dialect", "postgres"), ("repository_name", "other")], &[("o.sql", b"CREATE TABLE other.customer_orders (id INT);\n")])
        .expect(200);
    let names = |filter: &str| -> Vec<String> {
        let found = server.get(&format!("/api/v1/lineage/search?q=customer_orders{filter}")).expect(200);
        found["nodes"].as_array().unwrap().iter().map(|n| n["name"].as_str().unwrap().to_owned()).collect()
    };
    let found = server.get("/api/v1/lineage/search?q=other.customer_orders&limit=1").expect(200);
    let repository = found["nodes"][0]["repository_id"].as_str().unwrap();
    assert!(names("").iter().any(|n| n.starts_with("marts.")) && names("").iter().any(|n| n.starts_with("other.")));
    for narrowed in [names("&schema=OTHER"), names(&format!("&repository_id={repository}"))] {
        assert!(
            narrowed.contains(&"other.customer_orders".to_owned()) && narrowed.contains(&"other.customer_orders.id".to_owned()),
            "{narrowed:?}"
        );
        assert!(narrowed.iter().all(|name| name.starts_with("other.") || name == "o.sql"), "{narrowed:?}");
    }
    assert!(names("&schema=nope").is_empty() && names("&repository_id=nope").is_empty());
}

#[test]
fn a_question_is_answered_from_the_graph_with_sources_and_a_confidence() {
    let server = started();
    let ask = |question: &str| server.post("/api/v1/lineage/query", &json!({"question": question})).expect(200);
    let answer = ask("What feeds marts.customer_orders?");
    let text = answer["answer"].as_str().unwrap();
    assert!(text.contains("sales.orders") && text.contains("sales.customers"), "{text}");
    assert!(!answer["sources"].as_array().unwrap().is_empty() && !answer["graph_entities"].as_array().unwrap().is_empty());
    assert!(answer["confidence"].as_f64().unwrap() > 0.5, "{answer}");
    assert_eq!(answer["question"], "What feeds marts.customer_orders?");
    let lost = ask("What feeds qqqzzz_xyxyxy?");
    assert!(lost["confidence"].as_f64().unwrap() < answer["confidence"].as_f64().unwrap(), "{lost}");
}

#[test]
fn nodes_and_edges_made_by_hand_join_the_graph_and_stay() {
    let server = started();
    let entity = json!({"entity_id": "bi-team", "entity_type": "team", "name": "BI team", "properties": {"lead": "nobody"}});
    assert_eq!(server.post("/api/v1/graph/entity", &entity).expect(200), json!({"status": "created", "entity_id": "bi-team"}));
    let read = server.get("/api/v1/graph/entity/bi-team").expect(200);
    assert_eq!(
        (read["id"].as_str(), read["entity_type"].as_str(), read["name"].as_str()),
        (Some("bi-team"), Some("team"), Some("BI team"))
    );
    assert_eq!(read["properties"]["lead"], "nobody");
    let relate = |source: &str, target: &str| {
        let body = json!({"source_id": source, "target_id": target, "relationship_type": "USES", "properties": {"why": "report"}});
        server.post("/api/v1/graph/relationship", &body)
    };
    relate("bi-team", "marts.top_customers").expect(200);
    relate("bi-team", "nowhere_at_all").expect(404);
    relate("nowhere_at_all", "bi-team").expect(404);
    let uses = server.get("/api/v1/lineage/edges?type=USES").expect(200);
    assert_eq!((uses["total"].as_u64(), uses["edges"][0]["metadata"]["why"].as_str()), (Some(1), Some("report")));
    assert_eq!(uses["edges"][0]["target"], urn("view", "marts.top_customers"));

    // A later ingestion relinks the project, and what was made by hand is still there.
    server.upload(&[("dialect", "postgres")], &[("later.sql", b"CREATE TABLE later (a INT);")]).expect(200);
    assert_eq!(server.get("/api/v1/lineage/edges?type=USES").expect(200)["total"], 1);
    let lineage = server.get("/api/v1/graph/lineage/bi-team?direction=upstream&max_depth=1").expect(200);
    assert_eq!(names(&lineage["upstream"]), ["marts.top_customers"]);
    assert_eq!(lineage["entity_id"], read["id"], "one node has one id");
    assert_eq!(lineage["downstream"], json!([]));

    server.post("/api/v1/graph/entity", &json!({"entity_id": "x", "entity_type": "t", "name": "n", "project_id": "none"})).expect(404);
    server.post("/api/v1/graph/entity", &json!({"entity_id": "urn:headwater:p:table:x", "entity_type": "t", "name": "n"})).expect(422);
}

#[test]
fn counts_add_up() {
    let server = started();
    let stats = server.get("/api/v1/graph/stats").expect(200);
    let sum = |of: &str| stats[of].as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>();
    assert_eq!(sum("node_types"), stats["nodes"].as_u64().unwrap());
    assert_eq!(sum("relationship_types"), stats["edges"].as_u64().unwrap());
    assert_eq!(server.get("/api/v1/lineage/nodes?limit=0").expect(200)["total"], stats["nodes"]);
    assert_eq!(server.get("/api/v1/lineage/edges?limit=0").expect(200)["total"], stats["edges"]);
    assert_eq!((stats["node_types"]["view"].as_u64(), stats["node_types"]["table"].as_u64()), (Some(3), Some(2)));
}

#[test]
fn schemas_tables_and_dependencies_are_those_of_the_files() {
    let server = started();
    server.upload(&[("dialect", "tsql")], &[("loose.sql", b"CREATE TABLE Loose (A INT);")]).expect(200);
    server.upload(&[("dialect", "mysql")], &[("bare.sql", b"CREATE TABLE bare (a INT);")]).expect(200);
    let schemas = server.get("/api/database/schemas").expect(200);
    assert_eq!(schemas, server.get("/api/v1/database/schemas").expect(200));
    let shown: Vec<_> = schemas["schemas"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["name"].as_str().unwrap(), s["tables"].clone(), s["views"].clone(), s["table_count"].as_u64().unwrap()))
        .collect();
    let views = json!(["customer_orders", "returns", "top_customers"]);
    assert_eq!(
        shown,
        [
            ("dbo", json!(["Loose"]), json!([]), 1),
            ("default", json!(["bare"]), json!([]), 1),
            ("marts", json!([]), views, 0),
            ("sales", json!(["customers", "orders"]), json!([]), 2),
        ]
    );
    assert!(schemas["schemas"][0]["last_updated"].as_str().unwrap().ends_with('Z'));

    let orders = server.get("/api/v1/database/tables/SALES/Orders").expect(200);
    let columns: Vec<_> = orders["columns"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!((columns, orders["primary_key"].clone()), (vec!["id", "customer_id", "total"], json!(["id"])));
    assert_eq!(orders["foreign_keys"][0]["references"], "sales.customers");
    assert_eq!(orders["columns"][1]["nullable"], false);
    server.get("/api/v1/database/tables/dbo/loose").expect(200);
    server.get("/api/v1/database/tables/default/bare").expect(200);

    let dependencies = server.get("/api/v1/database/tables/marts/customer_orders/dependencies").expect(200);
    assert_eq!(names(&dependencies["upstream"]), ["sales.customers", "sales.orders"]);
    assert_eq!(names(&dependencies["downstream"]), ["marts.top_customers"]);
}

#[test]
fn the_surroundings_of_a_node_are_laid_out_and_drawn() {
    let server = started();
    let (orders, sums) = (urn("table", "sales.orders"), urn("view", "marts.customer_orders"));
    let ask = |more: &str| server.get(&format!("/api/v1/lineage/layout?urn={sums}{more}"));
    let drawing = ask("&depth=1").expect(200);
    let cards: Vec<&str> = drawing["cards"].as_array().unwrap().iter().map(|c| c["node"]["name"].as_str().unwrap()).collect();
    assert_eq!((cards.len(), cards[0], &drawing["truncated"]), (4, "marts.customer_orders", &json!(false)), "{drawing}");
    let card = |drawing: &Value, name: &str| {
        drawing["cards"].as_array().unwrap().iter().find(|c| c["node"]["name"] == name).unwrap_or_else(|| panic!("{drawing}")).clone()
    };
    let (from, to) = (card(&drawing, "sales.orders"), card(&drawing, "marts.customer_orders"));
    assert!(from["x"].as_i64() < to["x"].as_i64() && to["columns"] == 3, "{drawing}");

    let open = ask(&format!("&depth=1&expanded={orders}%20{sums}")).expect(200);
    assert_eq!(card(&open, "sales.orders")["rows"][2]["data_type"], "NUMERIC(12, 2)");
    let link = open["links"].as_array().unwrap().iter().find(|l| l["target"] == urn("column", "sales.orders.total")).unwrap();
    assert_eq!((&link["source"], &link["type"]), (&json!(urn("column", "marts.customer_orders.doubled")), &json!("DERIVES")));

    let drawn = ask("&format=svg");
    assert_eq!(drawn.header("content-type"), Some("image/svg+xml"));
    assert!(drawn.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
    let svg = drawn.text();
    assert!(svg.starts_with("<svg ") && svg.contains("Lineage of marts.customer_orders"), "{svg}");
    assert!(ask("&format=mermaid").text().contains("[\"sales.orders\"]"));
    assert!(ask("&format=dot").text().contains("\"sales.orders\" -> \"marts.customer_orders\""));
    let columns = server.get("/api/v1/lineage/layout?urn=marts.top_customers.doubled").expect(200);
    assert_eq!((&columns["level"], columns["cards"].as_array().unwrap().len()), (&json!("column"), 3), "{columns}");
    server.get("/api/v1/lineage/layout?urn=nowhere").expect(404);
    server.get(&format!("/api/v1/lineage/layout?urn={sums}&format=gif")).expect(422);
}

#[test]
fn a_dot_within_a_quoted_name_parts_nothing() {
    let server = TestServer::start();
    let sql = r#"CREATE TABLE "s.t"."a.b" (id int, "c.d" int);
        CREATE TABLE a.b (other int);
        CREATE VIEW "v.w" AS SELECT "c.d" AS "x.y" FROM "s.t"."a.b";"#;
    server.upload(&[("dialect", "postgres")], &[("dots.sql", sql.as_bytes())]).expect(200);
    let schemas = server.get("/api/v1/database/schemas").expect(200);
    let listed = |at: usize| (&schemas["schemas"][at]["name"], &schemas["schemas"][at]["tables"], &schemas["schemas"][at]["views"]);
    assert_eq!(listed(0), (&json!("a"), &json!(["b"]), &json!([])));
    assert_eq!(listed(1), (&json!("public"), &json!([]), &json!(["v.w"])));
    assert_eq!(listed(2), (&json!("s.t"), &json!(["a.b"]), &json!([])));
    let table = server.get("/api/v1/database/tables/s.t/a.b").expect(200);
    assert_eq!((&table["id"], &table["name"]), (&json!(urn("table", "s%2et.a%2eb")), &json!("a.b")));
    assert_eq!(table["columns"][1]["name"], "c.d");
    // Its URN in a path, encoded as any text is, or as it stands.
    for id in [urn("table", "s%252et.a%252eb"), urn("table", "s%2et.a%2eb"), urn("table", "S.T.A.B").replace(':', "%3A")] {
        let near = server.get(&format!("/api/v1/lineage/node/{id}?direction=downstream&level=table")).expect(200);
        assert_eq!((&near["nodes"][0]["name"], &near["nodes"][0]["label"]), (&json!("s.t.a.b"), &json!("a.b")), "{id}");
        assert_eq!((&near["nodes"][1]["name"], &near["nodes"][1]["label"]), (&json!("v.w"), &json!("v.w")), "{id}");
    }
    let column = server.get(&format!("/api/v1/lineage/node/{}", urn("column", "v%252ew.x%252ey"))).expect(200);
    assert_eq!((&column["nodes"][0]["label"], &column["nodes"][1]["label"]), (&json!("x.y"), &json!("c.d")));
}
