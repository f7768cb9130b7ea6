//! Response times of a running server over real sockets, while other requests keep the activity log busy.
//!
//! `cargo bench --bench server`; `.ci/budget` then checks every estimate against 200 ms. `health/bare_hyper` is the floor: a
//! hyper server that answers the same bytes and does nothing else, in the same run.

#[path = "server/client.rs"]
mod client;
#[path = "../tests/common/mod.rs"]
mod common;

use client::Client;
use common::TestServer;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::StreamExt;
use headwater::http::ROUTES;
use headwater::http::route::Access;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Keep-alive connections of the throughput runs: what saturates one I/O thread without queueing long.
const CONNECTIONS: usize = 32;
/// Dashboard sockets of the broadcast.
const SOCKETS: usize = 1_000;

/// Requests that fill the activity log in the background until dropped: about a thousand a second.
struct Background(Arc<AtomicBool>, Option<std::thread::JoinHandle<()>>);

impl Background {
    fn start(address: SocketAddr) -> Background {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut client = Client::connect(address);
            while !seen.load(Ordering::Relaxed) {
                client.get("/api/v1/config/sql-dialects");
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        Background(stop, Some(thread))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        if let Some(thread) = self.1.take() {
            let _ = thread.join();
        }
    }
}

/// A script of about 100 KB: tables and views over them, with `version` in it so that every upload is new.
fn script(version: usize) -> String {
    let mut sql = format!("-- version {version}\n");
    let mut i = 0;
    while sql.len() < 100_000 {
        let _ = write!(
            sql,
            "create table raw.t{i} (id integer primary key, customer_id integer not null, amount numeric(12,2), placed_at timestamp);\n\
             create view mart.v{i} as select t.customer_id, sum(t.amount) as total, max(t.placed_at) as last_at\n  \
             from raw.t{i} t where t.amount > {version} group by t.customer_id;\n"
        );
        i += 1;
    }
    sql
}

fn multipart(sql: &str) -> (String, Vec<u8>) {
    let edge = "headwater-bench";
    let body = format!(
        "--{edge}\r\nContent-Disposition: form-data; name=\"repository_name\"\r\n\r\nbench\r\n\
         --{edge}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"bench.sql\"\r\n\r\n{sql}\r\n--{edge}--\r\n"
    );
    (format!("multipart/form-data; boundary={edge}"), body.into_bytes())
}

/// A server without a language model, so that the built-in answerer is what is measured.
fn start(settings: &[(&'static str, &str)]) -> TestServer {
    TestServer::with(|vars| {
        vars.insert("OLLAMA_HOST", "off".into());
        vars.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
    })
}

fn responses(c: &mut Criterion) {
    let server = start(&[]);
    let address = server.address;
    let mut client = Client::connect(address);
    client.call("POST", "/api/v1/sample", "application/json", b"");
    let _load = Background::start(address);

    let mut group = c.benchmark_group("response");
    group.bench_function("health", |b| b.iter(|| client.get("/health")));
    group.bench_function("stats", |b| b.iter(|| client.get("/api/v1/stats")));
    for mode in ["text", "semantic", "graph", "deep"] {
        let path = format!("/api/chat/{mode}");
        let body = r#"{"query":"What feeds marts.daily_revenue?","skip_memory":true}"#;
        group.bench_function(format!("chat_{mode}"), |b| b.iter(|| client.post(&path, body)));
    }
    client.get("/api/v1/lineage/search?q=daily_revenue&limit=1");
    let hit: serde_json::Value = serde_json::from_slice(&client.buffer).expect("JSON");
    let id = hit["nodes"][0]["id"].as_str().expect("the sample has it").replace('/', "%2F");
    let path = format!("/api/v1/lineage/node/{id}?depth=5");
    group.bench_function("lineage_node", |b| b.iter(|| client.get(&path)));
    // As after weeks: each route has its histogram, and most have failed too.
    for route in ROUTES.iter().filter(|route| matches!(route.access, Access::Open | Access::Token) && route.status == 200) {
        for body in ["", "{}"] {
            client.call(route.method.as_str(), &route.path.replace(['{', '}'], ""), "application/json", body.as_bytes());
        }
    }
    group.bench_function("metrics", |b| b.iter(|| client.get("/metrics")));
    let mut version = 0;
    group.bench_function("upload_100kb", |b| {
        b.iter(|| {
            version += 1;
            let (content_type, body) = multipart(&script(version));
            assert_eq!(client.call("POST", "/api/v1/files/upload", &content_type, &body), 200);
        });
    });
    group.finish();
}

fn broadcast(c: &mut Criterion) {
    let server = start(&[("WEBSOCKET_MAX_CONNECTIONS_PER_IP", "2000"), ("STATS_INTERVAL_SECS", "3600")]);
    let address = server.address;
    let received = Arc::new(AtomicUsize::new(0));
    let connected = Arc::new(AtomicUsize::new(0));
    let counts = (received.clone(), connected.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let stop = Arc::new(tokio::sync::Notify::new());
    let stopped = stop.clone();
    let listeners = std::thread::spawn(move || {
        runtime.block_on(async move {
            for _ in 0..SOCKETS {
                let stream = tokio::net::TcpStream::connect(address).await.expect("the server listens");
                let (mut socket, _) =
                    tokio_tungstenite::client_async(format!("ws://{address}/ws/dashboard"), stream).await.expect("an upgrade");
                let (received, connected) = counts.clone();
                tokio::spawn(async move {
                    while let Some(Ok(message)) = socket.next().await {
                        let text = message.into_text().unwrap_or_default();
                        if text.contains("\"connection_ack\"") {
                            connected.fetch_add(1, Ordering::Relaxed);
                        } else if text.contains("\"bench\"") {
                            received.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
            stopped.notified().await;
        });
    });
    let deadline = Instant::now() + Duration::from_secs(60);
    while connected.load(Ordering::Relaxed) < SOCKETS {
        assert!(Instant::now() < deadline, "{} of {SOCKETS} sockets connected", connected.load(Ordering::Relaxed));
        std::thread::sleep(Duration::from_millis(20));
    }
    let _load = Background::start(address);
    let mut client = Client::connect(address);
    let body = format!(r#"{{"type":"bench","data":{{"fill":"{}"}}}}"#, "x".repeat(100));
    let mut group = c.benchmark_group("broadcast");
    group.throughput(Throughput::Elements(SOCKETS as u64));
    group.bench_function("1000_sockets_to_the_last", |b| {
        b.iter(|| {
            let before = received.load(Ordering::Relaxed);
            client.post("/api/v1/ws/broadcast", &body);
            while received.load(Ordering::Relaxed) < before + SOCKETS {
                std::thread::yield_now();
            }
        });
    });
    group.finish();
    stop.notify_one();
    let _ = listeners.join();
}

/// The floor: hyper on one current-thread runtime, answering the bytes that `/health` answers.
fn bare_hyper(body: Vec<u8>) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            tell.send(listener.local_addr().expect("bound")).expect("the bench waits");
            let body = bytes::Bytes::from(body);
            loop {
                let (stream, _) = listener.accept().await.expect("accept");
                let _ = stream.set_nodelay(true);
                let body = body.clone();
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(move |_| {
                        let body = body.clone();
                        async move {
                            let mut response = hyper::Response::new(http_body_util::Full::new(body));
                            response.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
                            Ok::<_, std::convert::Infallible>(response)
                        }
                    });
                    let _ =
                        hyper::server::conn::http1::Builder::new().serve_connection(hyper_util::rt::TokioIo::new(stream), service).await;
                });
            }
        });
    });
    told.recv().expect("the server starts")
}

/// `rounds` requests on each of the connections, all written before any answer is read, so that the server always has work.
fn flood(clients: &mut [Client], rounds: u64) -> Duration {
    let start = Instant::now();
    let mut chunk = [0u8; 16 << 10];
    for _ in 0..rounds {
        for client in clients.iter_mut() {
            let request = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", client.host);
            client.stream.write_all(request.as_bytes()).expect("the server reads");
        }
        for client in clients.iter_mut() {
            client.buffer.clear();
            loop {
                let n = client.stream.read(&mut chunk).expect("the server answers");
                client.buffer.extend_from_slice(&chunk[..n]);
                // A health answer is one JSON object and ends with its brace.
                if client.buffer.ends_with(b"}") || n == 0 {
                    break;
                }
            }
        }
    }
    start.elapsed()
}

fn throughput(c: &mut Criterion) {
    let server = start(&[]);
    let mut probe = Client::connect(server.address);
    probe.get("/health");
    let bare = bare_hyper(probe.buffer.clone());
    let mut group = c.benchmark_group("health");
    group.throughput(Throughput::Elements(CONNECTIONS as u64));
    for (name, address) in [("headwater", server.address), ("bare_hyper", bare)] {
        let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| Client::connect(address)).collect();
        group.bench_function(name, |b| b.iter_custom(|rounds| flood(&mut clients, rounds)));
    }
    group.finish();
}

criterion_group!(benches, responses, broadcast, throughput);
criterion_main!(benches);
