//! What a client was told is done survives a killed process, and what it was not told is there whole or not at all.

mod common;

use common::{Binary, Client, TempDir, TestServer, command};
use headwater::store;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Clients that write at once, each to files of its own.
const CLIENTS: usize = 4;
/// Files of each client: few, so that they are written over and deleted often.
const FILES: u64 = 8;
/// Longest time between the first request of a round and its kill: some rounds end before anything is acknowledged.
const KILL_WITHIN_MS: u64 = 300;
/// Operations of each client after a restart that are not killed: they change what was just loaded.
const SETTLED: usize = 2;

/// Numbers that look random and are the same for the same seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// What may be found of a file: the last acknowledged state first, then what was asked for after it. `None`: no such file.
type Allowed = Vec<Option<String>>;

/// A client and what it knows.
struct Writer {
    name: String,
    random: Random,
    files: BTreeMap<String, Allowed>,
    /// Ids of files as of the last acknowledged upload of each.
    ids: BTreeMap<String, String>,
    /// Session and messages in it that were acknowledged, and how many may be there.
    session: Option<(String, u64, u64)>,
    acknowledged: usize,
}

impl Writer {
    /// One operation at `server`; an error when the server did not live to answer it.
    fn act(&mut self, server: &Client) -> Result<(), ureq::Error> {
        match self.random.below(10) {
            0..6 => self.upload(server),
            6..8 => self.delete(server),
            _ => self.ask(server),
        }
    }

    fn upload(&mut self, server: &Client) -> Result<(), ureq::Error> {
        let boundary = "headwater-test-boundary";
        let mut body = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"repository_name\"\r\n\r\n{}\r\n", self.name);
        let mut sent = Vec::new();
        for _ in 0..=self.random.below(3) {
            let path = format!("{}/f{}.sql", self.name, self.random.below(FILES));
            let (version, other) = (self.random.below(1_000_000), self.random.below(FILES));
            let table = path.replace(['/', '.'], "_");
            let text = format!(
                "-- {}\nCREATE TABLE {table} (id INT, v{version} INT);\nINSERT INTO {table} SELECT id, v{version} FROM {}_f{other}_sql;\n",
                "x".repeat(self.random.below(20_000) as usize),
                self.name
            );
            if sent.iter().any(|(p, _)| *p == path) {
                continue;
            }
            self.files.entry(path.clone()).or_insert_with(|| vec![None]).push(Some(text.clone()));
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{path}\"");
            body += &format!("{head}\r\nContent-Type: text/plain\r\n\r\n{text}\r\n");
            sent.push((path, text));
        }
        body += &format!("--{boundary}--\r\n");
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let answer = server.try_request("POST", "/api/v1/files/upload", &[("content-type", &content_type)], body)?.expect(200);
        for result in answer["results"].as_array().unwrap() {
            assert_ne!(result["status"], "error", "{result}");
            let path = result["relative_path"].as_str().unwrap().to_owned();
            self.ids.insert(path, result["file_id"].as_str().unwrap().to_owned());
        }
        for (path, text) in sent {
            self.files.insert(path, vec![Some(text)]);
            self.acknowledged += 1;
        }
        Ok(())
    }

    fn delete(&mut self, server: &Client) -> Result<(), ureq::Error> {
        let path = format!("{}/f{}.sql", self.name, self.random.below(FILES));
        let Some(id) = self.ids.get(&path) else { return Ok(()) };
        self.files.get_mut(&path).unwrap().push(None);
        let reply = server.try_request("DELETE", &format!("/api/v1/files/{id}"), &[], [])?;
        assert!(matches!(reply.status, 200 | 204 | 404), "{}", reply.text());
        self.files.insert(path.clone(), vec![None]);
        self.ids.remove(&path);
        self.acknowledged += 1;
        Ok(())
    }

    fn ask(&mut self, server: &Client) -> Result<(), ureq::Error> {
        let mut question = json!({"query": format!("What does {}_f1_sql read?", self.name)});
        if let Some((id, _, may)) = &mut self.session {
            question["session_id"] = json!(id);
            *may += 2;
        }
        let sent = server.try_request("POST", "/api/chat/graph", &[("content-type", "application/json")], question.to_string())?;
        let id = sent.expect(200)["session_id"].as_str().unwrap().to_owned();
        let messages = self.session.take().map_or(2, |(_, _, may)| may);
        self.session = Some((id, messages, messages));
        self.acknowledged += 1;
        Ok(())
    }

    /// Holds what the server has against what may be there, and from then on knows which it is.
    fn check(&mut self, server: &Client, stored: &mut BTreeMap<String, (String, String)>) {
        for (path, allowed) in &mut self.files {
            let found = stored.remove(path);
            let text = found.as_ref().map(|(_, text)| text.clone());
            assert!(allowed.contains(&text), "{path} is {text:?}, and of {} states none", allowed.len());
            *allowed = vec![text];
            match found {
                Some((id, _)) => self.ids.insert(path.clone(), id),
                None => self.ids.remove(path),
            };
        }
        if let Some((id, acknowledged, may)) = &mut self.session {
            let session = server.get(&format!("/api/chat/sessions/{id}")).expect(200);
            let messages = session["messages"].as_array().unwrap().len() as u64;
            assert!(
                messages.is_multiple_of(2) && (*acknowledged..=*may).contains(&messages),
                "{messages} messages, {acknowledged} acknowledged"
            );
            (*acknowledged, *may) = (messages, messages);
        }
    }
}

/// Every file by its path: id and text.
fn stored(server: &Client) -> BTreeMap<String, (String, String)> {
    let listed = server.get("/api/v1/files?limit=1000").expect(200);
    let text = |file: &Value, key: &str| file[key].as_str().unwrap().to_owned();
    let files = listed.as_array().unwrap().iter().map(|file| {
        let id = text(file, "id");
        let content = server.get(&format!("/api/v1/files/{id}/content"));
        assert_eq!(content.status, 200, "{file}");
        (text(file, "relative_path"), (id, content.text()))
    });
    files.collect()
}

/// All that is derived, as clients see it.
fn derived(server: &Client) -> Vec<(String, Value)> {
    let paths = ["/api/v1/lineage/nodes?limit=1000", "/api/v1/lineage/edges?limit=1000", "/api/v1/lineage/report", "/api/v1/graph/stats"];
    let searches = (0..CLIENTS).map(|i| format!("/api/v1/lineage/search?q=c{i}_f1_sql&limit=50"));
    paths.into_iter().map(str::to_owned).chain(searches).map(|path| (path.clone(), server.get(&path).expect(200))).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// What SQLite says of a copy of the store as the kill left it.
fn integrity(data: &Path) -> String {
    let scratch = TempDir::new();
    copy(data, scratch.path());
    let conn = rusqlite::Connection::open(scratch.path().join(store::FILE)).unwrap();
    assert!(!conn.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap(), "a row refers to one that is not there");
    conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

/// Gives how many changes were acknowledged.
fn killed_again_and_again(seed: u64, rounds: usize) -> usize {
    let dir = Arc::new(TempDir::new());
    let data = dir.path().join("data");
    let mut random = Random(seed);
    let writer = |i| Writer {
        name: format!("c{i}"),
        random: Random(seed + 1 + i as u64),
        files: BTreeMap::new(),
        ids: BTreeMap::new(),
        session: None,
        acknowledged: 0,
    };
    let mut writers: Vec<Writer> = (0..CLIENTS).map(writer).collect();
    for round in 0..rounds {
        let server = Binary::start(command(dir.path()), dir.clone(), |_| {});
        let mut left = stored(&server);
        writers.iter_mut().for_each(|writer| writer.check(&server, &mut left));
        assert!(left.is_empty(), "round {round} of seed {seed}: nobody uploaded {:?}", left.keys());
        // Changes on top of what was loaded give the graph and the index that a server makes of the same store.
        for writer in &mut writers {
            (0..SETTLED).for_each(|_| writer.act(&server).unwrap());
        }
        let fresh = Arc::new(TempDir::new());
        copy(&data, &fresh.path().join("data"));
        let rebuilt = TestServer::in_dir(fresh, |_| {});
        for (here, there) in derived(&server).into_iter().zip(derived(&rebuilt)) {
            assert_eq!(here, there, "round {round} of seed {seed}");
        }
        drop(rebuilt);
        std::thread::scope(|scope| {
            let client: &Client = &server.client;
            for writer in &mut writers {
                // The first request that gets no answer was cut off by the kill.
                scope.spawn(move || while writer.act(client).is_ok() {});
            }
            std::thread::sleep(Duration::from_millis(random.below(KILL_WITHIN_MS)));
            server.signal("KILL");
        });
        drop(server);
        assert_eq!(integrity(&data), "ok", "round {round} of seed {seed}");
    }
    let again = Binary::start(command(dir.path()), dir.clone(), |_| {});
    let mut left = stored(&again);
    writers.iter_mut().for_each(|writer| writer.check(&again, &mut left));
    let acknowledged: usize = writers.iter().map(|w| w.acknowledged).sum();
    assert!(acknowledged > rounds * CLIENTS * SETTLED / 2, "it was killed before anything happened");
    acknowledged
}

#[test]
fn what_was_acknowledged_is_there_after_every_kill_and_nothing_is_there_half() {
    killed_again_and_again(7, 15);
}

#[test]
#[ignore = "minutes"]
fn the_same_two_hundred_times() {
    // Side by side, as most of each round is waiting.
    let stores: Vec<_> = (0..4).map(|store| std::thread::spawn(move || killed_again_and_again(2026 + 10 * store, 50))).collect();
    let acknowledged: usize = stores.into_iter().map(|store| store.join().unwrap()).sum();
    println!("200 kills, {acknowledged} acknowledged changes");
}
