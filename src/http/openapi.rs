//! OpenAPI 3.1 out of the route table and the wire types.

use super::error::FieldError;
use super::route::{Access, Endpoint, ROUTES, Route};
use bytes::Bytes;
use hyper::Method;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

/// Shape of a 422.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "HTTPValidationError")]
struct ValidationProblem {
    /// One entry for each mistake, in the order of the fields.
    detail: Vec<FieldError>,
    /// `X-Request-ID`.
    request_id: String,
}

/// Shape of every other error.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "HTTPError")]
struct Problem {
    /// What was wrong and what to do.
    detail: String,
    /// `X-Request-ID`.
    request_id: String,
}

/// The whole. Operations are text as soon as they are made: all of them as values would take megabytes, for once.
#[derive(serde::Serialize)]
struct Document {
    openapi: &'static str,
    info: Value,
    servers: Value,
    tags: Value,
    paths: BTreeMap<&'static str, BTreeMap<String, Box<RawValue>>>,
    components: Value,
}

/// The document, compact JSON; made once, which takes milliseconds: not for the I/O thread.
///
/// # Panics
/// When it does not serialise, which values and strings cannot do.
pub fn document() -> Bytes {
    static DOCUMENT: LazyLock<Bytes> =
        LazyLock::new(|| Bytes::from(serde_json::to_vec(&build()).expect("values and text have no failing serializers")));
    DOCUMENT.clone()
}

fn build() -> Document {
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let settings = |change: fn(&mut SchemaSettings)| {
        SchemaSettings::draft2020_12()
            .with(|s| {
                s.definitions_path = "/components/schemas".into();
                s.meta_schema = None;
            })
            .with(change)
            .into_generator()
    };
    // What is sent and what is taken differ in what may be left out; bodies are small, so they are written in place.
    let mut answers = settings(|s| *s = s.clone().for_serialize());
    let mut bodies = settings(|s| s.inline_subschemas = true);
    let problems =
        [("error", answers.subschema_for::<Problem>().to_value()), ("validation", answers.subschema_for::<ValidationProblem>().to_value())];
    let mut paths: BTreeMap<&str, BTreeMap<String, Box<RawValue>>> = BTreeMap::new();
    let mut names: HashMap<String, usize> = HashMap::new();
    for route in ROUTES {
        let name = route.endpoint.name();
        let uses = names.entry(name.clone()).and_modify(|n| *n += 1).or_insert(1);
        let id = if *uses == 1 { name } else { format!("{name}_{uses}") };
        let example = &examples[format!("{} {}", route.method, route.path)];
        let operation = operation(route, id, &mut answers, &mut bodies, &problems.clone().map(|(_, schema)| schema), example);
        let text = serde_json::value::to_raw_value(&operation).expect("values have no failing serializers");
        paths.entry(route.path).or_default().insert(route.method.as_str().to_ascii_lowercase(), text);
    }
    let mut tags: Vec<&str> = Vec::new();
    for route in ROUTES {
        if !tags.contains(&route.tag) {
            tags.push(route.tag);
        }
    }
    Document {
        openapi: "3.1.0",
        info: json!({
            "title": "Headwater",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Data lineage: where data comes from, and what breaks when something changes. Edges point from the consumer to \
                its source. Every GET answers HEAD, every path answers OPTIONS, errors are `{detail, request_id}`.",
            "license": {"name": "MIT OR Apache-2.0"},
        }),
        // Relative to this document, so that it holds below BASE_PATH and behind any proxy.
        servers: json!([{"url": "."}]),
        tags: tags.iter().map(|tag| json!({"name": tag})).collect(),
        paths,
        components: json!({
            "schemas": answers.take_definitions(true),
            "responses": shared(&problems[0].1, &examples),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "API_TOKEN; ADMIN_TOKEN for administration"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same token"},
                "socketToken": {"type": "apiKey", "in": "query", "name": "token", "description": "API_TOKEN, for WebSockets of browsers"},
            },
        }),
    }
}

/// By route a body, its answer with the sample loaded, and what is answered to mistakes; lists cut short, ids and times settled.
/// `tests/examples.rs` makes and compares them.
const EXAMPLES: &str = include_str!("examples.json");

/// Errors that are the same wherever they come: their names below `components/responses`, what they say, and their example.
const SHARED: [(&str, &str, Option<&str>); 4] = [
    ("NoToken", "API_TOKEN is set, and the request has none or a wrong one", Some("401")),
    ("NoAdminToken", "ADMIN_TOKEN is set, and the request has none or a wrong one", Some("401 admin")),
    ("NotAdmin", "The client is not in ADMIN_NETWORKS", Some("403 admin")),
    ("Error", "Any other error", None),
];

fn shared(problem: &Value, examples: &Value) -> Map<String, Value> {
    let response = |(name, description, example): (&str, &str, Option<&str>)| {
        let mut content = json!({"schema": problem});
        if let Some(answer) = example.and_then(|example| examples[example].get("answer")) {
            content["example"] = answer.clone();
        }
        (name.to_owned(), json!({"description": description, "content": {"application/json": content}}))
    };
    SHARED.into_iter().map(response).collect()
}

/// What an error of an operation of its own means.
fn meaning(status: &str) -> &'static str {
    match status {
        "400" => "Well-formed, and not possible",
        "403" => "Not allowed",
        "404" => "Nothing has this id or name",
        "409" => "What is there already does not allow it",
        "422" => "Fields that are missing or wrong",
        _ => "Not available; `detail` says why",
    }
}

fn operation(
    route: &Route,
    id: String,
    answers: &mut SchemaGenerator,
    bodies: &mut SchemaGenerator,
    [problem, validation]: &[Value; 2],
    example: &Value,
) -> Value {
    let mut out = json!({"operationId": id, "summary": route.summary, "tags": [route.tag], "responses": {}});
    if let Some(note) = note(route.endpoint) {
        out["description"] = note.into();
    }
    let parameters = parameters(route);
    let takes_input = !parameters.is_empty() || route.body.is_some() || route.endpoint == Endpoint::UploadFiles;
    if !parameters.is_empty() {
        out["parameters"] = parameters.into();
    }
    if let Some(body) = route.body {
        out["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": body(bodies)}}});
        if let Some(body) = example.get("body") {
            out["requestBody"]["content"]["application/json"]["example"] = body.clone();
        }
    } else if route.endpoint == Endpoint::UploadFiles {
        out["requestBody"] = json!({"required": true, "content": {"multipart/form-data": {"schema": upload_form()}}});
    }
    let responses = &mut out["responses"];
    responses[success(route).to_string()] = match (route.answer, media(route.endpoint)) {
        (Some(schema), _) => {
            let mut content = json!({"application/json": {"schema": schema(answers)}});
            if let Some(answer) = example.get("answer") {
                content["application/json"]["example"] = answer.clone();
            }
            for media in on_request(route.endpoint) {
                content[media] = json!({"schema": {"type": "string"}});
            }
            json!({"description": "Success", "content": content})
        }
        // Whoever reads events reads them one by one: no schema of OpenAPI 3.1 fits.
        (None, Some(media @ "text/event-stream")) => json!({"description": "Success", "content": {media: {}}}),
        (None, Some(media)) => json!({"description": "Success", "content": {media: {"schema": {"type": "string"}}}}),
        (None, None) if route.endpoint == Endpoint::OpenApi => {
            json!({"description": "Success", "content": {"application/json": {"schema": {"type": "object"}}}})
        }
        (None, None) => json!({"description": "Success, without a body"}),
    };
    let mut error = |status: &str, description: &str| {
        let mut content = json!({"schema": if status == "422" { validation } else { problem }});
        if let Some(told) = example["problems"].get(status) {
            content["examples"] = json!({"sample": {"summary": told["sent"], "value": told["answer"]}});
        }
        responses[status] = json!({"description": description, "content": {"application/json": content}});
    };
    let mut statuses: BTreeSet<&str> = example["problems"].as_object().into_iter().flatten().map(|(status, _)| status.as_str()).collect();
    statuses.extend(takes_input.then_some("422"));
    statuses.extend(route.path.contains('{').then_some("404"));
    for status in statuses {
        error(status, meaning(status));
    }
    if route.access == Access::Socket {
        error("403", "The origin is not allowed");
        error("503", "The address has its share of connections, or the server is full; see Retry-After");
    }
    let mut same = |status: &str, name: &str| responses[status] = json!({"$ref": format!("#/components/responses/{name}")});
    match route.access {
        Access::Open => {}
        Access::Token | Access::Socket => same("401", "NoToken"),
        Access::Admin => {
            same("401", "NoAdminToken");
            same("403", "NotAdmin");
        }
    }
    same("default", "Error");
    if let Some(security) = security(route.access) {
        out["security"] = security;
    }
    out
}

/// Status of success.
fn success(route: &Route) -> u16 {
    if route.endpoint == Endpoint::DashboardSocket { 101 } else { route.status }
}

/// The type of an answer that is not JSON.
fn media(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::ChatStream => Some("text/event-stream"),
        Endpoint::Metrics | Endpoint::FileContent => Some("text/plain"),
        Endpoint::Docs | Endpoint::Page => Some("text/html"),
        Endpoint::DocsAsset | Endpoint::PageAsset => Some("application/octet-stream"),
        _ => None,
    }
}

/// Types besides JSON of an answer whose `format` the request may choose.
fn on_request(endpoint: Endpoint) -> &'static [&'static str] {
    match endpoint {
        Endpoint::LineageLayout => &["image/svg+xml", "text/vnd.mermaid", "text/vnd.graphviz"],
        Endpoint::IngestionLog => &["application/x-ndjson"],
        _ => &[],
    }
}

/// What a schema cannot say.
fn note(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::DashboardSocket => Some(
            "A WebSocket: send the upgrade. Every message is `{type, data, timestamp}`, broadcasts also carry `seq`; the first is \
             `connection_ack`, then `stats_update` at once and every few seconds. Resume with `epoch` and `seq`.",
        ),
        Endpoint::ChatStream => Some(
            "Server-sent events. Each is `data: {json}` with a `type`: `start`, many `delta`, then `done` with the whole answer, or \
             `error`. Closing the connection stops the model.",
        ),
        Endpoint::UploadFiles => Some("Parts may come in any order and any number; the body is streamed to disk."),
        _ => None,
    }
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).map(|name| {
        let mut schema = json!({"type": "string"});
        if name == "mode" {
            schema["enum"] = json!(["text", "semantic", "graph", "deep"]);
        }
        json!({"name": name, "in": "path", "required": true, "schema": schema})
    });
    let in_query = route.query.iter().map(|param| {
        let mut schema = json!({"type": param.r#type});
        if let Some((least, most)) = param.range {
            (schema["minimum"], schema["maximum"]) = (least.into(), most.into());
        }
        if !param.choices.is_empty() {
            schema["enum"] = param.choices.into();
        }
        if param.required && param.r#type == "string" {
            schema["minLength"] = 1.into();
        }
        json!({"name": param.name, "in": "query", "required": param.required, "description": param.meaning, "schema": schema})
    });
    in_path.chain(in_query).collect()
}

/// The ways in; the empty one is there because a server without tokens asks for none.
fn security(access: Access) -> Option<Value> {
    match access {
        Access::Open => None,
        Access::Token | Access::Admin => Some(json!([{}, {"bearer": []}, {"apiKey": []}])),
        Access::Socket => Some(json!([{}, {"bearer": []}, {"apiKey": []}, {"socketToken": []}])),
    }
}

/// The form of an upload, which streams and so has no wire type.
fn upload_form() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    json!({
        "type": "object",
        "required": ["files"],
        "properties": {
            "files": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                "description": "One or more files; a file name with folders keeps them",
            },
            "project_id": {"type": "string", "default": "default"},
            "repository_id": text("A repository of the project"),
            "repository_name": text("A repository by name, made when missing"),
            "dialect": {"type": "string", "default": "auto", "description": "See /api/v1/config/sql-dialects"},
            "instructions": text("Taken from clients that send it; it changes nothing"),
        },
    })
}

/// Whether a route answers JSON; the tests hold every such route to a schema.
pub fn answers_json(route: &Route) -> bool {
    media(route.endpoint).is_none() && route.endpoint != Endpoint::DashboardSocket && route.status != 204 && route.method != Method::HEAD
}
