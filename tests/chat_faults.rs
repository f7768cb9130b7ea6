//! Everything that can go wrong with a model, in every mode, streamed and not, over both wire formats; and clients that go away. Whatever
//! happens there is a cited answer that says why it is not the model's, and afterwards every place at the model is free.

mod common;
#[path = "common/ollama.rs"]
mod ollama;

use common::{TestServer, eventually};
use ollama::{Behaviour, Ollama};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

const MODES: [&str; 4] = ["text", "semantic", "graph", "deep"];
const SHOP: &[u8] = b"CREATE TABLE shop.orders (id INT, amount INT);
CREATE VIEW shop.paid AS SELECT id FROM shop.orders WHERE amount > 0;
";
const QUESTION: &str = "What feeds shop.paid?";
/// Places at the model: the cells of one fault, so that none waits for another.
const PLACES: usize = 8;
/// Clients that go away; `HEADWATER_CANCELS` sets another number.
const CANCELS: usize = 2_000;
/// Most milliseconds by which an answer may miss its deadline where this variable is set. How late they were is printed: on a machine that
/// does other things at once it says nothing of the server.
const LATE: &str = "HEADWATER_LATE_MS";

fn server(model: &Ollama, openai: bool, timeout: &str) -> TestServer {
    let server = TestServer::with(|vars| {
        vars.insert(if openai { "LLM_BASE_URL" } else { "OLLAMA_HOST" }, model.url());
        vars.insert("LLM_MODEL", "tiny:latest".into());
        vars.insert("CHAT_TIMEOUT_SECONDS", timeout.into());
        vars.insert("CHAT_MAX_CONCURRENCY", PLACES.to_string());
    });
    server.upload(&[("dialect", "postgres")], &[("shop.sql", SHOP)]).expect(200);
    server
}

/// The answer of one cell, having checked the stream that brings it.
fn ask(server: &TestServer, mode: &str, streamed: bool) -> Value {
    let body = json!({ "query": QUESTION });
    if !streamed {
        return server.post(&format!("/api/chat/{mode}"), &body).expect(200);
    }
    let reply = server.post(&format!("/api/chat/{mode}/stream"), &body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let text = reply.text();
    let frames: Vec<Value> =
        text.split("\n\n").filter_map(|f| f.strip_prefix("data: ")).map(|f| serde_json::from_str(f).unwrap()).collect();
    let types: Vec<&str> = frames.iter().map(|f| f["type"].as_str().unwrap()).collect();
    let (first, rest) = types.split_first().unwrap();
    let (last, deltas) = rest.split_last().unwrap();
    assert!(*first == "start" && *last == "done" && deltas.iter().all(|t| *t == "delta"), "{types:?}");
    let said: String = frames.iter().filter_map(|f| f["content"].as_str()).collect();
    let done = frames.into_iter().next_back().unwrap();
    assert_eq!(done["response"], said.as_str());
    done
}

fn warnings(answer: &Value) -> String {
    answer["warnings"].to_string()
}

/// Asks in every mode, streamed and not, at once; `check` gets each answer.
fn every_cell(server: &TestServer, name: &str, check: impl Fn(&str, &Value) + Sync) {
    scope(|threads| {
        for (mode, streamed) in MODES.iter().flat_map(|mode| [(*mode, false), (*mode, true)]) {
            let check = &check;
            threads.spawn(move || check(&format!("{name}, {mode}, streamed: {streamed}"), &ask(server, mode, streamed)));
        }
    });
}

/// What the built-in answer says, with sources, and a warning that holds `why`.
fn is_built_in(cell: &str, answer: &Value, why: &str) {
    let said = answer["response"].as_str().unwrap();
    assert!(said.contains("`shop.orders`") && said.contains("shop.sql:"), "{cell}: {said}");
    let cited = |id: &str| answer["sources"].as_array().unwrap().iter().any(|s| s["id"] == id && s["line_start"].is_u64());
    assert!(cited("urn:headwater:default:table:shop.orders"), "{cell}: {}", answer["sources"]);
    assert_eq!(answer["model"], "headwater-builtin", "{cell}");
    assert!(warnings(answer).contains(why), "{cell}: {}", warnings(answer));
}

/// As many questions as there are places get an answer that the model gives only when it works on all of them at once.
fn all_places_are_free(model: &Ollama, server: &TestServer) {
    eventually("nothing is being answered", || (server.app.chat.active() == 0).then_some(()));
    eventually("no connection to the model is open", || (model.open() == 0).then_some(()));
    // Again when a busy machine brought them together too late for the time-out.
    eventually("an answer for as many as there are places", || {
        model.behave(Behaviour::Meets(PLACES, vec!["All here."]));
        let met = AtomicUsize::new(0);
        every_cell(server, "free", |_, answer| {
            met.fetch_add(usize::from(answer["response"] == "All here."), Ordering::SeqCst);
        });
        (met.into_inner() == PLACES).then_some(())
    });
}

/// The deadline that a warning names, in milliseconds.
fn deadline(warnings: &str) -> Option<f64> {
    let seconds = warnings.split_once("took longer than ")?.1.split(' ').next()?;
    Some(1_000.0 * seconds.parse::<f64>().expect("seconds"))
}

fn faults() -> Vec<(Behaviour, &'static str)> {
    use Behaviour::{
        BreaksAfter, Busy, Crawls, DiesAfter, Empty, EndlessLine, ErrorAfter, Garbage, Hangs, HangsAfter, Loads, ModelGone, Refuses,
    };
    vec![
        (Refuses("no such option"), "status 400: no such option"),
        (ModelGone, "does not have it"),
        (Busy, "status 503: server busy"),
        (Loads, "the first token took longer than 1 s"),
        (Crawls(50), "the answer took longer than 2 s"),
        (Hangs, "the first token took longer than 1 s"),
        (HangsAfter("So"), "took longer than"),
        (DiesAfter("So"), "ended before the answer did"),
        (ErrorAfter("So", "out of memory"), "reported: out of memory"),
        (BreaksAfter("So"), "not its protocol"),
        (Garbage, "not its protocol"),
        (EndlessLine, "a line without end"),
        (Empty, "answered with nothing"),
    ]
}

#[test]
fn whatever_the_model_does_there_is_a_cited_answer_and_every_place_is_free_again() {
    scope(|threads| {
        for openai in [false, true] {
            threads.spawn(move || {
                let model = Ollama::start();
                let server = server(&model, openai, "2");
                // In microseconds.
                let latest = AtomicUsize::new(0);
                for (fault, why) in faults() {
                    model.behave(fault.clone());
                    every_cell(&server, &format!("{fault:?}, openai: {openai}"), |cell, answer| {
                        is_built_in(cell, answer, why);
                        assert!(warnings(answer).contains("'tiny:latest' gave no whole answer"), "{cell}: {}", warnings(answer));
                        if let Some(deadline) = deadline(&warnings(answer)) {
                            let late = answer["latency_ms"].as_f64().unwrap() - deadline;
                            // Only the deadline ends these, and no sooner.
                            assert!(late > -1.0, "{cell}: {late} ms late");
                            latest.fetch_max((late.max(0.0) * 1_000.0) as usize, Ordering::SeqCst);
                        }
                    });
                }
                let latest = latest.into_inner() as f64 / 1_000.0;
                println!("openai: {openai}: no answer was more than {latest:.1} ms later than its deadline");
                if let Ok(most) = std::env::var(LATE) {
                    assert!(latest <= most.parse().unwrap(), "openai: {openai}: {latest} ms late");
                }
                model.behave(Behaviour::Endless);
                every_cell(&server, &format!("endless, openai: {openai}"), |cell, answer| {
                    assert!(answer["response"].as_str().unwrap().len() < 1 << 20, "{cell}");
                    let said = warnings(answer);
                    // On a busy machine a word may come late, too.
                    let ended = ["was cut at its length limit", "the answer took longer than 2 s", "the next token took longer than 1 s"];
                    assert!(ended.iter().any(|why| said.contains(why)), "{cell}: {said}");
                });
                all_places_are_free(&model, &server);
                // Down between two questions, and then known to be.
                model.down(true);
                for _ in 0..2 {
                    every_cell(&server, &format!("down, openai: {openai}"), |cell, answer| is_built_in(cell, answer, "does not answer"));
                }
            });
        }
    });
}

#[test]
fn a_port_where_nothing_listens_is_a_warning_that_names_it() {
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    for setting in ["OLLAMA_HOST", "LLM_BASE_URL"] {
        let server = TestServer::with(|vars| drop(vars.insert(setting, format!("http://{nobody}"))));
        server.upload(&[("dialect", "postgres")], &[("shop.sql", SHOP)]).expect(200);
        every_cell(&server, setting, |cell, answer| is_built_in(cell, answer, &nobody.to_string()));
    }
}

/// Asks and goes away: at once, when the answer begins, or when its first words are there.
fn go_away(server: &TestServer, turn: usize) {
    let body = json!({ "query": QUESTION, "skip_memory": true }).to_string();
    let (mode, streamed) = (MODES[turn % 4], !turn.is_multiple_of(3));
    let path = if streamed { "/stream" } else { "" };
    let mut socket = TcpStream::connect(server.address).unwrap();
    write!(
        socket,
        "POST /api/chat/{mode}{path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        server.address,
        body.len()
    )
    .unwrap();
    let until = match turn % 5 {
        _ if !streamed => return,
        0 => return,
        1 | 2 => "\"start\"",
        _ => "\"delta\"",
    };
    let mut lines = BufReader::new(socket).lines();
    // A stream that ends without it was refused, the queue being full of those who go away more slowly.
    let _ = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains(until) || line.contains("503")));
}

#[test]
fn a_client_that_goes_away_closes_the_connection_to_the_model() {
    const CLIENTS: usize = 40;
    /// Of the middle one, in milliseconds, where [`LATE`] is set.
    const MOST: f64 = 50.0;
    let model = Ollama::start();
    let server = server(&model, false, "600");
    model.behave(Behaviour::HangsAfter("So"));
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..CLIENTS {
        // Streamed, and read to its first words.
        go_away(&server, 4);
        let gone = Instant::now();
        while model.open() > 0 {
            assert!(gone.elapsed() < common::PATIENCE, "the connection to the model stays open");
            std::thread::sleep(Duration::from_micros(100));
        }
        times.push(gone.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    let (median, latest) = (times[CLIENTS / 2], times[CLIENTS - 1]);
    println!("the connection to the model closed after {median:.1} ms, {latest:.1} ms at most, of {CLIENTS} clients");
    assert!(std::env::var_os(LATE).is_none() || median <= MOST, "{median} ms");
}

#[test]
fn clients_that_go_away_leave_no_place_taken_and_no_connection_open() {
    let count = std::env::var("HEADWATER_CANCELS").ok().map_or(CANCELS, |n| n.parse().unwrap());
    let model = Ollama::start();
    // Long enough that only going away can end an answer.
    let server = server(&model, false, "600");
    for (part, behaviour) in [Behaviour::HangsAfter("So"), Behaviour::Crawls(1)].into_iter().enumerate() {
        model.behave(behaviour);
        let turns = AtomicUsize::new(count * part / 2);
        scope(|threads| {
            for _ in 0..PLACES {
                threads.spawn(|| {
                    while let turn = turns.fetch_add(1, Ordering::SeqCst)
                        && turn < count * (part + 1) / 2
                    {
                        go_away(&server, turn);
                    }
                });
            }
        });
        all_places_are_free(&model, &server);
    }
}
