//! A stand-in for a model server: speaks Ollama's wire and OpenAI's, with faults to switch on.

// Every test file compiles this module and uses its own part of it.
#![allow(dead_code)]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longest that completions wait for each other.
const MEETING: Duration = Duration::from_secs(5);

/// How the next completions go.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// These pieces, then a proper end.
    Says(Vec<&'static str>),
    /// Thinks first, which is not part of the answer.
    Thinks(&'static str, &'static str),
    /// Cut by its length limit.
    CutAfter(&'static str),
    /// 404, as Ollama says that a model is missing.
    ModelGone,
    /// 503, as a full queue says it.
    Busy,
    /// 429 with `Retry-After`, in seconds.
    Rests(u64),
    /// 400, with these words.
    Refuses(&'static str),
    /// 400 for who asks for a length as `max_tokens`; these words otherwise.
    KnowsNoMaxTokens(&'static str),
    /// These words, the last of them with this reason, and the end of the stream without a last line.
    ClosesAfter(&'static str, &'static str),
    /// Silence for ever, not even a head: a model that is still being loaded.
    Loads,
    /// These pieces, but only when so many completions are open at once.
    Meets(usize, Vec<&'static str>),
    /// A piece every so many milliseconds, without end.
    Crawls(u64),
    /// The head of the answer, then silence for ever.
    Hangs,
    /// So many pieces, then silence for ever.
    HangsAfter(&'static str),
    /// A piece, then the connection ends.
    DiesAfter(&'static str),
    /// A piece, then an error inside the stream.
    ErrorAfter(&'static str, &'static str),
    /// A piece, then half a line of the protocol.
    BreaksAfter(&'static str),
    /// Not the protocol.
    Garbage,
    /// Ends properly without a word.
    Empty,
    /// Pieces without end.
    Endless,
    /// One line without end.
    EndlessLine,
}

/// How the next embeddings go.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Embedding {
    /// A vector for each text, by what its words are about.
    #[default]
    Works,
    /// The connection closes without an answer.
    Dies,
    /// Silence for ever.
    Hangs,
    /// 503, as a full queue says it.
    Busy,
    /// Not the protocol.
    Garbage,
    /// A vector too few.
    OneLess,
    /// Vectors of other dimensions than before.
    OtherDimensions,
    /// Vectors that are no directions.
    Zeros,
    /// 400 for any request that holds a text with this word.
    Refuses(&'static str),
}

/// Words that mean the same to the stand-in's embeddings.
const MEANINGS: [&[&str]; 3] = [
    &["revenue", "amount", "paid", "income", "earnings"],
    &["customers", "email", "buyers", "clients"],
    &["stock", "shelf", "quantity", "goods"],
];

#[derive(Default)]
struct State {
    embedding: Mutex<Embedding>,
    embedded: Mutex<Vec<String>>,
    embeds: AtomicUsize,
    behaviour: Mutex<Option<Behaviour>>,
    models: Mutex<Vec<String>>,
    requests: Mutex<Vec<Value>>,
    down: AtomicBool,
    open: AtomicUsize,
    met: AtomicBool,
    counted: AtomicUsize,
    stopped: AtomicBool,
}

/// The server; stops on drop.
pub struct Ollama {
    pub address: SocketAddr,
    state: Arc<State>,
}

impl Ollama {
    /// On a free port, with one model, `tiny:latest`, that says "Hello from the model.".
    pub fn start() -> Ollama {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        state.models.lock().unwrap().push("tiny:latest".into());
        let shared = state.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let state = shared.clone();
                std::thread::spawn(move || {
                    // A client that goes away mid-answer is part of the tests.
                    let _ = serve(socket, &state);
                });
            }
        });
        Ollama { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn behave(&self, behaviour: Behaviour) {
        self.state.met.store(false, Ordering::SeqCst);
        *self.state.behaviour.lock().unwrap() = Some(behaviour);
    }

    pub fn models(&self, names: &[&str]) {
        *self.state.models.lock().unwrap() = names.iter().map(|n| n.to_string()).collect();
    }

    /// Tokens of the prompt that completions report from now on; 1,000 before.
    pub fn counts(&self, tokens: usize) {
        self.state.counted.store(tokens, Ordering::SeqCst);
    }

    /// From now on every connection is closed at once.
    pub fn down(&self, down: bool) {
        self.state.down.store(down, Ordering::SeqCst);
    }

    /// Bodies of the completions asked for so far.
    pub fn requests(&self) -> Vec<Value> {
        self.state.requests.lock().unwrap().clone()
    }

    /// From now on embeddings go so.
    pub fn embed(&self, embedding: Embedding) {
        *self.state.embedding.lock().unwrap() = embedding;
    }

    /// Texts that were given vectors so far.
    pub fn embedded(&self) -> Vec<String> {
        self.state.embedded.lock().unwrap().clone()
    }

    /// Requests for vectors so far, however they went.
    pub fn embeds(&self) -> usize {
        self.state.embeds.load(Ordering::SeqCst)
    }

    /// Completions whose connection is still open.
    pub fn open(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }
}

impl Drop for Ollama {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

struct Open<'a>(&'a AtomicUsize);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn serve(mut socket: TcpStream, state: &State) -> std::io::Result<()> {
    if state.down.load(Ordering::SeqCst) {
        return Ok(());
    }
    let mut reader = BufReader::new(socket.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length = head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = head.split(' ').nth(1).unwrap_or("").to_owned();
    let names = state.models.lock().unwrap().clone();
    match path.as_str() {
        "/api/version" => whole(&mut socket, 200, &json!({"version": "0.12.0"})),
        "/api/tags" => {
            let models: Vec<Value> =
                names.iter().map(|n| json!({"name": n, "modified_at": "2026-01-31T09:05:00Z", "size": 4_000_000_000_u64})).collect();
            whole(&mut socket, 200, &json!({"models": models}))
        }
        "/v1/models" => {
            let models: Vec<Value> = names.iter().map(|n| json!({"id": n, "object": "model", "created": 1_700_000_000})).collect();
            whole(&mut socket, 200, &json!({"object": "list", "data": models}))
        }
        "/api/chat" | "/v1/chat/completions" => {
            state.open.fetch_add(1, Ordering::SeqCst);
            let _open = Open(&state.open);
            state.requests.lock().unwrap().push(serde_json::from_slice(&body).unwrap_or_default());
            let behaviour = state.behaviour.lock().unwrap().clone().unwrap_or(Behaviour::Says(vec!["Hello ", "from the ", "model."]));
            let behaviour = match behaviour {
                Behaviour::KnowsNoMaxTokens(text) if state.requests.lock().unwrap().last().is_some_and(|r| r["max_tokens"].is_null()) => {
                    Behaviour::Says(vec![text])
                }
                Behaviour::KnowsNoMaxTokens(_) => Behaviour::Refuses("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."),
                other => other,
            };
            complete(socket, behaviour, state, path.starts_with("/v1"))
        }
        "/api/embed" | "/v1/embeddings" => {
            state.embeds.fetch_add(1, Ordering::SeqCst);
            embed(socket, state, &serde_json::from_slice(&body).unwrap_or_default(), path.starts_with("/v1"))
        }
        _ => whole(&mut socket, 404, &json!({"error": "not found"})),
    }
}

fn whole(socket: &mut TcpStream, status: u16, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    write!(
        socket,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn embed(mut socket: TcpStream, state: &State, request: &Value, openai: bool) -> std::io::Result<()> {
    let embedding = *state.embedding.lock().unwrap();
    let texts: Vec<String> = request["input"].as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_lowercase()).collect();
    let meaning = |text: &String| {
        let mut vector: Vec<f32> = MEANINGS.iter().map(|words| words.iter().filter(|w| text.contains(**w)).count() as f32).collect();
        vector.push(0.1);
        vector
    };
    let mut vectors: Vec<Vec<f32>> = texts.iter().map(meaning).collect();
    match embedding {
        Embedding::Works => {}
        Embedding::Dies => return Ok(()),
        Embedding::Hangs => return Stream { socket, openai, counted: 0 }.silence(),
        Embedding::Busy => return whole(&mut socket, 503, &json!({"error": "server busy, please try again"})),
        Embedding::Garbage => return socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<\xff\xfehtml>\n"),
        Embedding::OneLess => drop(vectors.pop()),
        Embedding::OtherDimensions => vectors.iter_mut().for_each(|v| v.push(1.0)),
        Embedding::Zeros => vectors.iter_mut().for_each(|v| v.fill(0.0)),
        Embedding::Refuses(word) if texts.iter().any(|t| t.contains(word)) => {
            return whole(&mut socket, 400, &json!({"error": "the input length exceeds the context length"}));
        }
        Embedding::Refuses(_) => {}
    }
    state.embedded.lock().unwrap().extend(texts);
    if openai {
        let data: Vec<Value> = vectors
            .iter()
            .enumerate()
            .rev()
            .map(|(index, vector)| json!({"object": "embedding", "index": index, "embedding": vector}))
            .collect();
        return whole(&mut socket, 200, &json!({"object": "list", "data": data}));
    }
    whole(&mut socket, 200, &json!({"model": request["model"], "embeddings": vectors}))
}

struct Stream {
    socket: TcpStream,
    openai: bool,
    counted: u64,
}

impl Stream {
    fn chunk(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        write!(self.socket, "{:x}\r\n", bytes.len())?;
        self.socket.write_all(bytes)?;
        self.socket.write_all(b"\r\n")
    }

    /// A `%u` begins an escape of JSON: that of half a character, which a string cannot hold.
    fn line(&mut self, value: &Value) -> std::io::Result<()> {
        let value = value.to_string().replace("%u", "\\u");
        let line = if self.openai { format!("data: {value}\n\n") } else { format!("{value}\n") };
        self.chunk(line.as_bytes())
    }

    fn say(&mut self, text: &str) -> std::io::Result<()> {
        let value = if self.openai {
            json!({"choices": [{"index": 0, "delta": {"content": text}}]})
        } else {
            json!({"model": "tiny", "message": {"role": "assistant", "content": text}, "done": false})
        };
        self.line(&value)
    }

    fn end(&mut self, reason: &str) -> std::io::Result<()> {
        if self.openai {
            self.line(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))?;
            self.line(&json!({"choices": [], "usage": {"prompt_tokens": self.counted}}))?;
            self.chunk(b"data: [DONE]\n\n")?;
        } else {
            let end = json!({"message": {"role": "assistant", "content": ""}, "done": true, "done_reason": reason, "prompt_eval_count": self.counted});
            self.line(&end)?;
        }
        self.socket.write_all(b"0\r\n\r\n")
    }

    /// Waits until the client closes.
    fn silence(&mut self) -> std::io::Result<()> {
        let mut rest = [0; 64];
        while self.socket.read(&mut rest)? > 0 {}
        Ok(())
    }
}

fn complete(mut socket: TcpStream, behaviour: Behaviour, state: &State, openai: bool) -> std::io::Result<()> {
    match behaviour {
        Behaviour::ModelGone => return whole(&mut socket, 404, &json!({"error": "model 'tiny' not found, try pulling it first"})),
        Behaviour::Busy => return whole(&mut socket, 503, &json!({"error": "server busy, please try again"})),
        Behaviour::Rests(seconds) => {
            let head = "HTTP/1.1 429 X\r\nContent-Length: 0\r\nConnection: close\r\n";
            return write!(socket, "{head}Retry-After: {seconds}\r\n\r\n");
        }
        Behaviour::Refuses(why) => return whole(&mut socket, 400, &json!({"error": why})),
        Behaviour::Loads => return Stream { socket, openai, counted: 0 }.silence(),
        _ => {}
    }
    let kind = if openai { "text/event-stream" } else { "application/x-ndjson" };
    write!(socket, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")?;
    let counted = match state.counted.load(Ordering::SeqCst) {
        0 => 1_000,
        counted => counted as u64,
    };
    let mut stream = Stream { socket, openai, counted };
    match behaviour {
        Behaviour::Says(pieces) => {
            pieces.into_iter().try_for_each(|p| stream.say(p))?;
            stream.end("stop")
        }
        Behaviour::Thinks(thought, text) => {
            let value = if openai {
                json!({"choices": [{"delta": {"reasoning_content": thought}}]})
            } else {
                json!({"message": {"role": "assistant", "content": "", "thinking": thought}, "done": false})
            };
            stream.line(&value)?;
            stream.say(text)?;
            stream.end("stop")
        }
        Behaviour::CutAfter(text) => {
            stream.say(text)?;
            stream.end("length")
        }
        Behaviour::Meets(others, pieces) => {
            let begun = Instant::now();
            while !state.met.load(Ordering::SeqCst) && begun.elapsed() < MEETING {
                if state.open.load(Ordering::SeqCst) >= others {
                    state.met.store(true, Ordering::SeqCst);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            if state.met.load(Ordering::SeqCst) {
                pieces.into_iter().try_for_each(|p| stream.say(p))?;
            }
            stream.end("stop")
        }
        Behaviour::Crawls(millis) => loop {
            stream.say("slowly ")?;
            std::thread::sleep(Duration::from_millis(millis));
        },
        Behaviour::Hangs => stream.silence(),
        Behaviour::HangsAfter(text) => {
            stream.say(text)?;
            stream.silence()
        }
        Behaviour::DiesAfter(text) => stream.say(text),
        Behaviour::ClosesAfter(text, reason) => {
            stream.line(&json!({"error": null, "choices": [{"delta": {"content": text}, "finish_reason": reason}]}))?;
            stream.socket.write_all(b"0\r\n\r\n")
        }
        Behaviour::ErrorAfter(text, error) => {
            stream.say(text)?;
            let value = if openai { json!({"error": {"message": error}}) } else { json!({"error": error}) };
            stream.line(&value)
        }
        Behaviour::BreaksAfter(text) => {
            stream.say(text)?;
            stream.chunk(if openai { b"data: {\"choices\":[{\"delta\"\n\n" } else { b"{\"message\":{\"con\n" })?;
            stream.end("stop")
        }
        Behaviour::Garbage => stream.chunk(b"<html>\xff\xfe this is no model</html>\n"),
        Behaviour::Empty => stream.end("stop"),
        Behaviour::Endless => loop {
            stream.say("and on and on and on and on and on and on and on and on and on and on and on and on ")?;
        },
        Behaviour::EndlessLine => loop {
            stream.chunk(&[b'x'; 4096])?;
        },
        Behaviour::ModelGone
        | Behaviour::Busy
        | Behaviour::Rests(_)
        | Behaviour::Refuses(_)
        | Behaviour::KnowsNoMaxTokens(_)
        | Behaviour::Loads => Ok(()),
    }
}
