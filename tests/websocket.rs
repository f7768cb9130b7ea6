//! The dashboard socket of a real server, through a real client.

mod common;

use common::{PATIENCE, TestServer};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};

const DASHBOARD: &str = "/api/v1/ws/dashboard";
const HANDSHAKE: [(&str, &str); 4] = [
    ("upgrade", "websocket"),
    ("connection", "Upgrade"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

type Socket = WebSocketStream<TcpStream>;

/// Connects with some more headers; the status when it is refused.
async fn open(server: &TestServer, path: &str, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
    open_at(server.address, path, headers).await
}

async fn open_at(address: SocketAddr, path: &str, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
    let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    let stream = TcpStream::connect(address).await.unwrap();
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

async fn message(socket: &mut Socket) -> Message {
    tokio::time::timeout(PATIENCE, socket.next()).await.expect("something comes").expect("not the end").unwrap()
}

async fn next(socket: &mut Socket) -> Value {
    loop {
        match message(socket).await {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) => {}
            other => panic!("not text: {other:?}"),
        }
    }
}

/// The next message that is no `stats_update`.
async fn event(socket: &mut Socket) -> Value {
    let waited = async {
        loop {
            let message = next(socket).await;
            if message["type"] != "stats_update" {
                return message;
            }
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.expect("an event comes")
}

/// A client past its greeting, and its ack.
async fn greeted(server: &TestServer) -> (Socket, Value) {
    let mut socket = open(server, DASHBOARD, &[]).await.unwrap();
    let ack = next(&mut socket).await;
    assert_eq!(ack["type"], "connection_ack");
    assert_eq!(next(&mut socket).await["type"], "stats_update");
    (socket, ack)
}

async fn until(what: &str, check: impl Fn() -> bool) {
    let waited = async {
        while !check() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.expect(what);
}

/// A blocking call of the test's HTTP client, without holding up the sockets.
async fn http<T: Send + 'static>(server: &TestServer, call: impl FnOnce(common::Client) -> T + Send + 'static) -> T {
    let client = server.client.clone();
    tokio::task::spawn_blocking(move || call(client)).await.unwrap()
}

#[tokio::test]
async fn the_greeting_is_the_ack_and_what_the_stats_endpoint_says() {
    let server = TestServer::with(|vars| drop(vars.insert("STATS_INTERVAL_SECS", "1".into())));
    for path in [DASHBOARD, "/admin/ws/dashboard", "/ws/dashboard"] {
        let mut socket = open(&server, path, &[]).await.unwrap();
        let ack = next(&mut socket).await;
        let keys: Vec<&str> = ack.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["data", "timestamp", "type"], "{path}");
        assert_eq!((&ack["type"], &ack["data"]["message"]), (&json!("connection_ack"), &json!("Connected to dashboard")));
        assert_eq!(ack["data"]["recovered"], false);
        let first = next(&mut socket).await;
        assert_eq!((&first["type"], first.get("seq")), (&json!("stats_update"), None));
        assert_eq!(first["data"]["active_connections"], 1);
        assert_eq!(first["data"], http(&server, |client| client.get("/api/v1/stats").expect(200)).await);
        // Without anything happening the numbers come again.
        assert_eq!(next(&mut socket).await["type"], "stats_update");
        drop(socket);
        until("it is gone", || server.app.hub.count() == 0).await;
    }
}

#[tokio::test]
async fn an_address_gets_ten_sockets_however_many_it_asks_for_at_once() {
    const ATTEMPTS: u64 = 1_000;
    // Both ends of them are in this process.
    rlimit::increase_nofile_limit(4 * ATTEMPTS).unwrap();
    // An address that is no proxy's is told that it has too many connections before it asks for sockets.
    let server = TestServer::with(|vars| drop(vars.insert("TRUSTED_PROXIES", "127.0.0.1".into())));
    let attempts = (0..ATTEMPTS).map(|_| open(&server, DASHBOARD, &[]));
    let (sockets, refused): (Vec<_>, Vec<_>) = futures_util::future::join_all(attempts).await.into_iter().partition(Result::is_ok);
    assert_eq!(sockets.len(), 10);
    assert!(refused.iter().all(|r| matches!(r, Err(503))));
    let refusal = http(&server, |client| client.request("GET", DASHBOARD, &HANDSHAKE, [])).await;
    assert!(refusal.header("retry-after").is_some_and(|v| v.parse::<u32>().is_ok()));
    assert!(refusal.expect(503)["detail"].as_str().unwrap().contains("10 WebSockets"));
    drop(sockets);
    until("all places are free", || server.app.hub.count() == 0).await;
    let mut again = Vec::new();
    for _ in 0..10 {
        again.push(open(&server, DASHBOARD, &[]).await.unwrap());
    }
    assert_eq!(open(&server, DASHBOARD, &[]).await.err(), Some(503));
    assert_eq!(server.app.hub.totals().refused_address, ATTEMPTS - 10 + 2);
}

#[tokio::test]
async fn refusals_come_in_the_order_origin_token_address_full() {
    let server = TestServer::with(|vars| {
        vars.insert("API_TOKEN", "open-sesame".into());
        vars.insert("ALLOWED_ORIGINS", "http://good.example".into());
        vars.insert("TRUSTED_PROXIES", "127.0.0.0/8".into());
        vars.insert("WEBSOCKET_MAX_CONNECTIONS_PER_IP", "1".into());
        vars.insert("MAX_WEBSOCKETS", "2".into());
    });
    let good = ("origin", "http://good.example");
    let foreign = ("origin", "http://evil.example");
    let token = ("authorization", "Bearer open-sesame");
    let wrong = ("authorization", "Bearer guess");
    let from = |n: &'static str| ("x-forwarded-for", n);
    let _one = open(&server, DASHBOARD, &[good, token, from("10.0.0.1")]).await.unwrap();
    let _two = open(&server, "/api/v1/ws/dashboard?token=open-sesame", &[from("10.0.0.2")]).await.unwrap();
    for (headers, status) in [
        (vec![foreign, wrong, from("10.0.0.1")], 403),
        (vec![foreign, token, from("10.0.0.1")], 403),
        (vec![good, wrong, from("10.0.0.1")], 401),
        (vec![good, from("10.0.0.1")], 401),
        (vec![wrong, from("10.0.0.3")], 401),
        (vec![good, token, from("10.0.0.1")], 503),
        (vec![good, token, from("10.0.0.3")], 503),
    ] {
        assert_eq!(open(&server, DASHBOARD, &headers).await.err(), Some(status), "{headers:?}");
    }
    let totals = server.app.hub.totals();
    assert_eq!((totals.refused_origin, totals.refused_token, totals.refused_address, totals.refused_full), (2, 3, 1, 1));
    let metrics = http(&server, |client| client.request("GET", "/metrics", &[("authorization", "Bearer open-sesame")], [])).await.text();
    for (reason, refused) in [("origin", 2), ("token", 3), ("address_limit", 1), ("full", 1)] {
        let line = format!("headwater_websockets_refused_total{{reason=\"{reason}\"}} {refused}\n");
        assert!(metrics.contains(&line), "{line}");
    }
    for client in ["10.0.0.1", "10.0.0.3"] {
        let headers = [&HANDSHAKE[..], &[token, from(client)]].concat();
        let refusal = http(&server, move |client| client.request("GET", DASHBOARD, &headers, [])).await;
        assert!(refusal.status == 503 && refusal.header("retry-after").is_some_and(|v| v.parse::<u32>().is_ok()), "{refusal:?}");
    }
    for path in ["/admin/ws/dashboard?token=guess", "/ws/dashboard"] {
        assert_eq!(open(&server, path, &[from("10.0.0.3")]).await.err(), Some(401), "{path}");
    }
}

#[tokio::test]
async fn ipv6_clients_are_counted_by_their_64() {
    let server = TestServer::with(|vars| {
        vars.insert("TRUSTED_PROXIES", "127.0.0.0/8".into());
        vars.insert("WEBSOCKET_MAX_CONNECTIONS_PER_IP", "2".into());
    });
    let from = |address: &'static str| [("x-forwarded-for", address)];
    let mut sockets = Vec::new();
    for (address, expected) in [
        ("2001:db8:0:1::1", Ok(())),
        ("2001:db8:0:1:ffff::2", Ok(())),
        ("2001:db8:0:1::3", Err(503)),
        ("2001:db8:0:2::1", Ok(())),
        ("::ffff:10.0.0.1", Ok(())),
        ("10.0.0.1", Ok(())),
        ("::ffff:10.0.0.1", Err(503)),
        ("::ffff:10.0.0.2", Ok(())),
    ] {
        let opened = open(&server, DASHBOARD, &from(address)).await.map(|socket| sockets.push(socket));
        assert_eq!(opened, expected, "{address}");
    }
}

#[tokio::test]
async fn every_connect_disconnect_and_refusal_is_a_line_of_the_log_and_a_number() {
    let server = TestServer::spawn_binary(&[], |vars| {
        vars.insert("API_TOKEN", "open-sesame".into());
        vars.insert("TRUSTED_PROXIES", "127.0.0.0/8".into());
        vars.insert("WEBSOCKET_MAX_CONNECTIONS_PER_IP", "1".into());
        vars.insert("MAX_WEBSOCKETS", "1".into());
    });
    let token = ("authorization", "Bearer open-sesame");
    let from = |address: &'static str| ("x-forwarded-for", address);
    let mut socket = open_at(server.address, DASHBOARD, &[token, from("10.0.0.1")]).await.unwrap();
    let ack = next(&mut socket).await;
    let id = ack["data"]["connection_id"].as_str().unwrap();
    assert!(server.logged("websocket connected").contains(&format!("id={id} client=10.0.0.1 open=1 total=1")));
    for (headers, status, reason) in [
        (vec![("origin", "http://evil.example"), from("10.0.0.2")], 403, "client=10.0.0.2 reason=origin"),
        (vec![from("10.0.0.3")], 401, "client=10.0.0.3 reason=token"),
        (vec![token, from("10.0.0.1")], 503, "client=10.0.0.1 reason=address_limit"),
        (vec![token, from("10.0.0.4")], 503, "client=10.0.0.4 reason=full"),
    ] {
        assert_eq!(open_at(server.address, DASHBOARD, &headers).await.err(), Some(status));
        server.logged(&format!("websocket refused {reason} refused_total=1 open=1"));
    }
    let metrics = || server.request("GET", "/metrics", &[token], []).text();
    let has = |name: &str, value: u32| assert!(metrics().contains(&format!("\nheadwater_websockets{name} {value}\n")), "{name} {value}");
    has("", 1);
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    let line = server.logged("websocket disconnected");
    assert!(line.contains(&format!("id={id} client=10.0.0.1 reason=closed_by_client duration_ms=")), "{line}");
    assert!(line.ends_with(" open=0 total=1"), "{line}");
    has("", 0);
    has("_connected_total", 1);
    for reason in ["origin", "token", "address_limit", "full"] {
        has(&format!("_refused_total{{reason=\"{reason}\"}}"), 1);
    }
}

#[test]
fn what_is_no_websocket_handshake_is_told_so() {
    let server = TestServer::start();
    assert_eq!(server.get(DASHBOARD).expect(404)["detail"].as_str().unwrap().split(':').next(), Some("Not Found"));
    server.request("HEAD", DASHBOARD, &HANDSHAKE, []).expect(404);
    let without = |name: &str| HANDSHAKE.into_iter().filter(|(n, _)| *n != name).collect::<Vec<_>>();
    let reply = server.request("GET", DASHBOARD, &without("sec-websocket-version"), []);
    assert_eq!(reply.header("sec-websocket-version"), Some("13"));
    reply.expect(426);
    assert!(server.request("GET", DASHBOARD, &without("sec-websocket-key"), []).expect(400)["detail"].is_string());
    assert_eq!(server.post(DASHBOARD, &json!({})).status, 405);
    assert_eq!(server.app.hub.totals().connected, 0);
}

#[tokio::test]
async fn administrators_see_who_is_there_and_reach_one_or_all() {
    let server = TestServer::start();
    let ((mut one, ack), (mut other, _)) = (greeted(&server).await, greeted(&server).await);
    one.send(Message::text(r#"{"type":"subscribe","events":["deploy"]}"#)).await.unwrap();
    one.send(Message::text(r#"{"type":"ping"}"#)).await.unwrap();
    assert_eq!(event(&mut one).await["type"], "pong");
    let id = ack["data"]["connection_id"].as_str().unwrap().to_owned();
    let connections = http(&server, |client| client.get("/api/v1/ws/connections").expect(200)).await;
    assert_eq!(connections.as_array().unwrap().len(), 2);
    let mine = connections.as_array().unwrap().iter().find(|c| c["id"] == id.as_str()).unwrap();
    assert_eq!((&mine["address"], &mine["events"], &mine["queued_bytes"]), (&json!("127.0.0.1"), &json!(["deploy"]), &json!(0)));
    assert!(mine["connected_at"].as_str().unwrap().ends_with('Z'));

    let path = format!("/api/v1/ws/connections/{id}/messages");
    http(&server, move |client| client.post(&path, &json!({"type": "hello", "data": {"n": [1, null]}})).expect(200)).await;
    let hello = event(&mut one).await;
    assert_eq!((&hello["type"], &hello["data"], hello.get("seq")), (&json!("hello"), &json!({"n": [1, null]}), None));

    for (kind, data) in [("deploy", json!("v2")), ("error", json!({"message": "x"})), ("deploy", Value::Null)] {
        let sent = http(&server, move |client| client.post("/api/v1/ws/broadcast", &json!({"type": kind, "data": data})).expect(200)).await;
        assert_eq!(sent["connections"], 2);
        let got = event(&mut other).await;
        assert_eq!((&got["type"], &got["seq"]), (&json!(kind), &sent["seq"]));
    }
    let (first, second) = (event(&mut one).await, event(&mut one).await);
    assert_eq!((&first["data"], &second["data"]), (&json!("v2"), &Value::Null));
    assert_eq!(second["seq"].as_u64(), first["seq"].as_u64().map(|seq| seq + 2), "a narrowed client sees a jump");
}

#[test]
fn messages_of_administrators_are_checked() {
    let server = TestServer::start();
    let broadcast = |body: Value| server.post("/api/v1/ws/broadcast", &body);
    for (body, kind, loc) in [
        (json!({"data": 1}), "missing", json!(["body", "type"])),
        (json!({"type": "x"}), "missing", json!(["body", "data"])),
        (json!({"type": "", "data": 1}), "string_too_short", json!(["body", "type"])),
        (json!({"type": "x".repeat(65), "data": 1}), "string_too_long", json!(["body", "type"])),
        (json!({"type": 7, "data": 1}), "string_type", json!(["body", "type"])),
    ] {
        let mistake = broadcast(body).expect(422)["detail"][0].clone();
        assert_eq!((&mistake["type"], &mistake["loc"]), (&json!(kind), &loc));
    }
    assert!(broadcast(json!({"type": "x", "data": "y".repeat(40_000)})).expect(413)["detail"].is_string());
    for id in ["0000000100000000", "nobody", "%2e%2e"] {
        let reply = server.post(&format!("/api/v1/ws/connections/{id}/messages"), &json!({"type": "x", "data": 1}));
        assert!(reply.expect(404)["detail"].as_str().unwrap().contains("not found"), "{id}");
    }
}

#[tokio::test]
async fn an_ingestion_and_a_failed_request_are_told_to_everyone() {
    let server = TestServer::start();
    let (mut socket, _) = greeted(&server).await;
    let sql =
        json!({"sql_content": "CREATE TABLE a (x INT); CREATE VIEW b AS SELECT x FROM a;", "dialect": "postgres", "source_file": "a.sql"});
    http(&server, move |client| client.post("/api/v1/ingest/sql", &sql).expect(200)).await;
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind| kind != "ingestion_complete") {
        let told = event(&mut socket).await;
        assert_eq!(told["seq"], kinds.len() + 1, "{told}");
        kinds.push(told["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds[0], "ingestion_started");
    http(&server, |client| client.post("/api/v1/projects", &json!({})).expect(422)).await;
    let told = event(&mut socket).await;
    assert_eq!(
        (&told["type"], &told["data"]["status"], &told["data"]["endpoint"]),
        (&json!("error"), &json!(422), &json!("/api/v1/projects"))
    );
}

#[tokio::test]
async fn a_client_comes_back_to_what_it_missed() {
    let server = TestServer::start();
    let (socket, ack) = greeted(&server).await;
    drop(socket);
    for n in 1..=3 {
        http(&server, move |client| client.post("/api/v1/ws/broadcast", &json!({"type": "note", "data": n})).expect(200)).await;
    }
    let epoch = ack["data"]["epoch"].as_str().unwrap();
    let mut back = open(&server, &format!("{DASHBOARD}?epoch={epoch}&seq=1"), &[]).await.unwrap();
    assert_eq!(next(&mut back).await["data"]["recovered"], true);
    for seq in [2, 3] {
        assert_eq!(next(&mut back).await["seq"], seq);
    }
    assert_eq!(next(&mut back).await["type"], "stats_update");
    for query in ["epoch=other&seq=1".to_owned(), format!("epoch={epoch}&seq=4"), format!("epoch={epoch}&seq=-1"), format!("epoch={epoch}")]
    {
        let mut fresh = open(&server, &format!("{DASHBOARD}?{query}"), &[]).await.unwrap();
        let ack = next(&mut fresh).await;
        assert_eq!((&ack["data"]["recovered"], &ack["data"]["seq"]), (&json!(false), &json!(3)), "{query}");
        assert_eq!(next(&mut fresh).await["type"], "stats_update");
    }
}

#[tokio::test]
async fn a_message_over_64_kib_closes_with_1009() {
    let server = TestServer::start();
    let (mut socket, _) = greeted(&server).await;
    socket.send(Message::text("x".repeat(200_000))).await.unwrap();
    loop {
        match message(&mut socket).await {
            Message::Close(frame) => break assert_eq!(u16::from(frame.unwrap().code), 1009),
            Message::Text(_) | Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_stop_is_announced_and_closes_with_1012_stalled_clients_included() {
    let server = TestServer::start();
    let (mut socket, _) = greeted(&server).await;
    let (stalled, _) = greeted(&server).await;
    let stopping = tokio::task::spawn_blocking(move || server.stop());
    let told = event(&mut socket).await;
    assert_eq!(told["type"], "server_restarting");
    assert!(told["data"]["reason"].is_string() && told["data"]["reconnect_after_ms"].is_u64());
    let Message::Close(Some(frame)) = message(&mut socket).await else { panic!("not closed") };
    assert_eq!(u16::from(frame.code), 1012);
    drop(socket);
    let stopped = stopping.await.unwrap();
    assert_eq!(stopped.cut_sockets, 1);
    drop(stalled);
}

#[test]
fn the_socket_says_where_it_is() {
    let url = |server: &TestServer, headers: &[(&str, &str)]| {
        server.request("GET", "/api/v1/config/websocket", headers, []).expect(200)["websocket_url"].as_str().unwrap().to_owned()
    };
    let plain = TestServer::start();
    assert_eq!(url(&plain, &[]), format!("ws://{}/api/v1/ws/dashboard", plain.address));
    assert!(url(&plain, &[("x-forwarded-proto", "https")]).starts_with("ws://"), "anyone can say so");
    let behind = TestServer::with(|vars| {
        vars.insert("TRUSTED_PROXIES", "127.0.0.1".into());
        vars.insert("BASE_PATH", "/lineage".into());
        vars.insert("ALLOWED_HOSTS", "data.example".into());
    });
    let forwarded = [("host", "data.example"), ("x-forwarded-proto", "https"), ("x-forwarded-for", "10.0.0.1")];
    assert_eq!(url(&behind, &forwarded), "wss://data.example/lineage/api/v1/ws/dashboard");
    let set = TestServer::with(|vars| drop(vars.insert("WEBSOCKET_URL", "wss://elsewhere.example/live".into())));
    assert_eq!(url(&set, &[]), "wss://elsewhere.example/live");
}
