//! The OpenAPI document says what the server does, and the server does what it says.

mod common;

use common::TestServer;
use headwater::http::{ROUTES, openapi};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashSet};

fn document() -> Value {
    serde_json::from_slice(&openapi::document()).unwrap()
}

/// Every object in `value`, however deep.
fn walk<'a>(value: &'a Value, visit: &mut dyn FnMut(&'a serde_json::Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            visit(map);
            map.values().for_each(|v| walk(v, visit));
        }
        Value::Array(items) => items.iter().for_each(|v| walk(v, visit)),
        _ => {}
    }
}

#[test]
fn every_route_is_in_the_document_and_nothing_else_is() {
    let document = document();
    let documented: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| (path.clone(), method.to_uppercase())))
        .collect();
    let served: BTreeSet<(String, String)> = ROUTES.iter().map(|r| (r.path.to_owned(), r.method.to_string())).collect();
    assert_eq!(documented, served);
    assert_eq!(document["openapi"], "3.1.0");
}

#[test]
fn references_resolve_ids_are_unique_and_schemas_have_names_of_their_own() {
    let document = document();
    let (mut ids, mut references) = (HashSet::new(), 0);
    walk(&document, &mut |map| {
        if let Some(Value::String(reference)) = map.get("$ref") {
            references += 1;
            let pointer = reference.strip_prefix('#').expect("within the document");
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
        if let Some(Value::String(id)) = map.get("operationId") {
            assert!(ids.insert(id), "{id} twice");
        }
    });
    assert!(references > 50, "{references}");
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(!name.ends_with(|c: char| c.is_ascii_digit()), "two types are called {name}: rename one");
    }
}

#[test]
fn every_json_answer_has_a_schema_and_every_body_too() {
    let document = document();
    for route in ROUTES {
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        let at = format!("{} {}", route.method, route.path);
        assert!(!operation["tags"][0].as_str().unwrap().is_empty() && !operation["summary"].as_str().unwrap().is_empty(), "{at}");
        if openapi::answers_json(route) {
            let schema = &operation["responses"][route.status.to_string()]["content"]["application/json"]["schema"];
            assert!(schema.is_object(), "{at}: no schema for its answer");
        }
        let in_path = route.path.matches('{').count();
        let documented = operation["parameters"].as_array().map_or(0, |all| all.iter().filter(|p| p["in"] == "path").count());
        assert_eq!(in_path, documented, "{at}");
        assert!(operation["responses"]["default"].is_object(), "{at}");
    }
}

#[test]
fn answers_have_the_fields_their_schemas_require() {
    let server = TestServer::start();
    let document = server.get("/openapi.json").expect(200);
    let paths = [
        "/health",
        "/api/v1/stats",
        "/api/v1/projects",
        "/api/v1/endpoints",
        "/api/v1/config/sql-dialects",
        "/api/v1/lineage/nodes",
        "/api/v1/lineage/edges",
        "/api/v1/lineage/report",
        "/api/v1/graph/stats",
        "/api/v1/database/schemas",
        "/api/v1/metrics/activity",
        "/api/v1/files/stats",
        "/api/v1/models",
    ];
    for path in paths {
        let schema = &document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        conforms(&document, schema, &server.get(path).expect(200), path);
    }
}

/// Checks `value` against the parts of `schema` that say which fields there must be and what type they have.
fn conforms(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(&reference[1..]).unwrap();
        return conforms(document, target, value, at);
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(some) => some.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let actual = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = types.is_empty() || types.contains(&actual) || (actual == "integer" && types.contains(&"number"));
    assert!(fits, "{at} is {actual}, not {types:?}");
    for field in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(value.get(field).is_some(), "{at} lacks {field}");
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        if let Some(schema) = schema["properties"].get(name) {
            conforms(document, schema, field, &format!("{at}.{name}"));
        }
    }
    for item in value.as_array().into_iter().flatten() {
        conforms(document, &schema["items"], item, &format!("{at}[]"));
    }
}

#[test]
fn the_bounds_of_parameters_are_those_that_are_held() {
    let server = TestServer::start();
    let document = server.get("/openapi.json").expect(200);
    let mut held = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(parameters) = methods["get"]["parameters"].as_array() else { continue };
        let path = path.replace("{mode}", "graph").replace(['{', '}'], "");
        let in_query: Vec<&Value> = parameters.iter().filter(|p| p["in"] == "query").collect();
        let required: Vec<String> =
            in_query.iter().filter(|p| p["required"] == true).map(|p| format!("{}=x", p["name"].as_str().unwrap())).collect();
        for parameter in in_query {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            let ask = |value: &str| {
                let others = required.iter().filter(|pair| !pair.starts_with(&format!("{name}=")));
                let query: Vec<String> = others.cloned().chain([format!("{name}={value}")]).collect();
                server.get(&format!("{path}?{}", query.join("&"))).status
            };
            let (mut good, mut bad) = (Vec::new(), Vec::new());
            if let (Some(least), Some(most)) = (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
                good.extend([least.to_string(), most.to_string()]);
                bad.extend([(least - 1).to_string(), (most + 1).to_string()]);
            }
            if let Some(choices) = schema["enum"].as_array() {
                good.extend(choices.iter().map(|c| c.as_str().unwrap().to_owned()));
                bad.push("neither".into());
            }
            if schema["minLength"] == 1 {
                bad.push(String::new());
            }
            held += good.len() + bad.len();
            for value in good {
                assert_ne!(ask(&value), 422, "{path}?{name}={value}");
            }
            for value in bad {
                assert_eq!(ask(&value), 422, "{path}?{name}={value}");
            }
        }
    }
    assert!(held > 60, "only {held} values were tried");
}

/// Values of a field that its schema allows, and values that it does not.
fn tries(schema: &Value) -> (Vec<Value>, Vec<Value>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(some) => some.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let is = |name: &str| types.contains(&name);
    if !types.is_empty() {
        if is("null") {
            good.push(Value::Null)
        } else {
            bad.push(Value::Null)
        }
        bad.extend((!is("integer")).then(|| json!(7)));
        bad.extend((!is("string")).then(|| json!("x")));
        bad.extend((!is("boolean")).then_some(Value::Bool(true)));
        bad.extend((!is("array")).then(|| json!(["x"])));
        bad.extend((!is("object")).then(|| json!({"x": 1})));
    }
    let free = schema["pattern"].is_null() || schema["pattern"] == r"\S";
    if let (Some(most), true) = (schema["maxLength"].as_u64(), free) {
        let most = usize::try_from(most).unwrap();
        good.push(json!("é".repeat(most.min(512))));
        bad.push(json!("é".repeat(most + 1)));
    }
    if schema["minLength"].as_u64() == Some(1) {
        bad.push(json!(""));
    }
    if schema["pattern"] == r"\S" {
        bad.push(json!(" \t"));
    }
    if let (Some(least), Some(most)) = (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        good.extend([json!(least), json!(most), json!(most as f64)]);
        bad.extend([json!(least - 1), json!(most + 1), json!(0.5)]);
        if is("string") {
            good.extend([json!(least.to_string()), json!(most.to_string())]);
            bad.extend([json!((least - 1).to_string()), json!((most + 1).to_string()), json!("x"), json!("")]);
        }
        if is("boolean") {
            good.push(json!(true));
            if schema["not"]["const"] == false { bad.push(json!(false)) } else { good.extend([json!(false), json!("Yes"), json!("off")]) }
        }
    }
    if let Some(choices) = schema["enum"].as_array() {
        good.extend(choices.iter().cloned());
        bad.push(json!("neither"));
    }
    let item = &schema["items"];
    if let Some(most) = schema["maxItems"].as_u64() {
        bad.push(json!(vec!["x"; usize::try_from(most).unwrap() + 1]));
        if item["type"] == "string" {
            good.push(json!(["x"]));
            bad.push(json!([7]));
            bad.extend(item["maxLength"].as_u64().map(|most| json!(["x".repeat(usize::try_from(most).unwrap() + 1)])));
            bad.extend(item["pattern"].is_string().then(|| json!([".s/l"])));
        }
    }
    if schema["minItems"] == 1 {
        bad.push(json!([]));
    }
    (good, bad)
}

#[test]
fn what_is_said_of_bodies_is_what_is_held() {
    let server = TestServer::start();
    let document = document();
    let mut held = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let content = &operation["requestBody"]["content"]["application/json"];
            let Some(fields) = content["schema"]["properties"].as_object() else { continue };
            let required: Vec<&str> = content["schema"]["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let whole: serde_json::Map<String, Value> = required.iter().map(|name| ((*name).to_owned(), json!("x"))).collect();
            let path = path.replace("{mode}", "text").replace("{id}", "default").replace(['{', '}'], "");
            let send = |body: &Value| {
                let headers = [("content-type", "application/json")];
                server.request(&method.to_uppercase(), &path, &headers, body.to_string()).status
            };
            assert_ne!(send(&whole.clone().into()), 422, "{method} {path} with what is required");
            for name in &required {
                let mut without = whole.clone();
                without.remove(*name);
                assert_eq!(send(&without.into()), 422, "{method} {path} without {name}");
            }
            for (name, schema) in fields {
                let (good, bad) = tries(schema);
                held += good.len() + bad.len();
                let with = |value: &Value| {
                    let mut body = whole.clone();
                    body.insert(name.clone(), value.clone());
                    send(&body.into())
                };
                for value in good {
                    assert_ne!(with(&value), 422, "{method} {path} {name}: {value}");
                }
                for value in bad {
                    assert_eq!(with(&value), 422, "{method} {path} {name}: {value}");
                }
            }
        }
    }
    assert!(held > 300, "only {held} values were tried");
}

#[test]
fn swagger_ui_and_the_page_come_from_this_server_alone() {
    let server = TestServer::start();
    for page in ["/docs", "/"] {
        let reply = server.get(page);
        let html = reply.text();
        assert!(reply.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'self'")), "{page}");
        assert!(!html.contains("<script>") && !html.contains("onclick="), "no inline script on {page}");
        let links = html.split(['"', '\'']).filter(|part| part.starts_with("docs/") || part.starts_with("assets/"));
        for link in links {
            assert_eq!(server.get(&format!("/{link}")).status, 200, "{link} of {page}");
        }
        assert!(!html.contains("https://") && !html.contains("http://"), "{page} names another server");
    }
    let script = server.request("GET", "/docs/swagger-ui-bundle.js", &[("accept-encoding", "gzip")], []);
    assert_eq!(script.header("content-encoding"), Some("gzip"));
    let plain = server.request("GET", "/docs/swagger-ui-bundle.js", &[("accept-encoding", "identity")], []);
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(script.body.as_slice()), &mut unpacked).unwrap();
    assert!(plain.header("content-encoding").is_none() && plain.body == unpacked, "the same file either way");
    let tag = script.header("etag").unwrap().to_owned();
    let again = server.request("GET", "/docs/swagger-ui-bundle.js", &[("if-none-match", &tag)], []);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(server.get("/docs/index.html").status, 404);
    assert_eq!(server.get("/assets/..%2Fmain.rs").status, 404);
}
