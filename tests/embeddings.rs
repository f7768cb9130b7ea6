//! Search with an embedding model: vectors are made in the background, kept, and joined to the words; nothing waits for them or fails with them.

mod common;
#[path = "common/ollama.rs"]
mod ollama;

use common::{TempDir, TestServer, eventually};
use ollama::{Embedding, Ollama};
use serde_json::{Value, json};
use std::sync::Arc;

const MODEL: &str = "nomic-embed-text:latest";

const SHOP: &[u8] = b"CREATE TABLE shop.contacts (id INT, email TEXT);
CREATE TABLE shop.stock (id INT, quantity INT);
CREATE TABLE shop.payments (id INT, amount INT);
";
/// Shares no word, and no part of one, with the table it is about.
const QUESTION: &str = "our buyers";
const ANOTHER: &str = "buyers of theirs";

fn model() -> Ollama {
    let model = Ollama::start();
    model.models(&["tiny:latest", MODEL]);
    model
}

fn server(model: &Ollama, dir: Arc<TempDir>) -> TestServer {
    TestServer::in_dir(dir, |vars| {
        vars.insert("OLLAMA_HOST", model.url());
    })
}

fn upload(server: &TestServer, path: &str, text: &[u8]) {
    server.upload(&[("dialect", "postgres")], &[(path, text)]).expect(200);
}

/// Waits until all documents but so many have a vector.
fn embedded(server: &TestServer, lacking: usize) {
    let there = || server.app.knowledge.project("default").vectors.as_ref().is_some_and(|v| v.lacking == lacking);
    eventually("the vectors", || there().then_some(()));
}

/// Names of tables and their scores, best first.
fn search(server: &TestServer, words: &str) -> Vec<(String, Value)> {
    let found = server.get(&format!("/api/v1/lineage/search?q={}&type=table", words.replace(' ', "%20"))).expect(200);
    found["nodes"].as_array().unwrap().iter().map(|n| (n["name"].as_str().unwrap().to_owned(), n["score"].clone())).collect()
}

fn first(found: &[(String, Value)]) -> Option<&str> {
    found.first().map(|(name, _)| name.as_str())
}

/// Waits until the search finds it by meaning: on a busy machine the vector of a question may come too late for the first answer.
fn finds_by_meaning(server: &TestServer) {
    eventually("the table by its meaning", || (first(&search(server, QUESTION)) == Some("shop.contacts")).then_some(()));
}

/// What words alone find.
fn by_words(words: &str) -> Vec<(String, Value)> {
    let server = TestServer::start();
    upload(&server, "shop.sql", SHOP);
    search(&server, words)
}

#[test]
fn a_question_that_shares_no_word_with_its_table_finds_it_by_meaning() {
    for openai in [false, true] {
        let model = model();
        let server = TestServer::with(|vars| match openai {
            false => drop(vars.insert("OLLAMA_HOST", model.url())),
            true => drop(vars.insert("LLM_BASE_URL", model.url())),
        });
        assert_eq!(server.get("/api/v1/models").expect(200)["embedding_model"], Value::Null);
        upload(&server, "shop.sql", SHOP);
        embedded(&server, 0);
        finds_by_meaning(&server);
        assert_ne!(first(&by_words(QUESTION)), Some("shop.contacts"));
        // A name is a name, whatever is near it.
        assert_eq!(first(&search(&server, "shop.stock")), Some("shop.stock"));
        let body = json!({"query": ANOTHER, "model": "headwater-builtin"});
        eventually("a passage that shares no word with the question", || {
            let answer = server.post("/api/chat/semantic", &body).expect(200);
            let ids: Vec<&str> = answer["sources"].as_array().unwrap().iter().filter_map(|s| s["id"].as_str()).collect();
            let cites = |part: &str| ids.iter().any(|id| id.contains(part));
            (cites("table:shop.contacts") && cites(":chunk:")).then_some(())
        });
        assert_eq!(server.get("/api/v1/models").expect(200)["embedding_model"], "nomic-embed-text");
        let texts = model.embedded();
        assert!(texts.iter().any(|t| t == "search_document: table shop.contacts with columns id, email"), "{texts:?}");
        assert!(texts.iter().any(|t| t == "search_query: our buyers"), "{texts:?}");
    }
}

#[test]
fn vectors_are_kept_for_the_next_start_and_for_texts_that_come_back() {
    let (model, dir) = (model(), Arc::new(TempDir::new()));
    let first_run = server(&model, dir.clone());
    upload(&first_run, "shop.sql", SHOP);
    embedded(&first_run, 0);
    first_run.stop();
    let documents = model.embedded();
    let server = server(&model, dir);
    embedded(&server, 0);
    assert_eq!(model.embedded(), documents);
    finds_by_meaning(&server);
    let questions = model.embedded();
    finds_by_meaning(&server);
    assert_eq!(model.embedded(), questions, "a question that has its vector is not asked for again");
    let id = server.get("/api/v1/files").expect(200)[0]["id"].as_str().unwrap().to_owned();
    server.delete(&format!("/api/v1/files/{id}"));
    upload(&server, "again.sql", SHOP);
    embedded(&server, 0);
    assert_eq!(model.embedded(), questions);

    upload(&server, "more.sql", b"CREATE TABLE shop.refunds (id INT);");
    eventually("the new texts", || (model.embedded().len() == questions.len() + 2).then_some(()));
    embedded(&server, 0);
}

#[test]
fn whatever_embeddings_do_wrong_search_answers_as_without_them() {
    let (model, dir) = (model(), Arc::new(TempDir::new()));
    let before = server(&model, dir.clone());
    upload(&before, "shop.sql", SHOP);
    embedded(&before, 0);
    before.stop();
    let expected = [QUESTION, "stock or payments"].map(|words| (words, by_words(words)));
    use Embedding::{Busy, Dies, Garbage, Hangs, OneLess, OtherDimensions, Zeros};
    for fault in [Dies, Hangs, Busy, Garbage, OneLess, OtherDimensions, Zeros] {
        model.embed(fault);
        let server = server(&model, dir.clone());
        embedded(&server, 0);
        let asked = model.embeds();
        for (words, found) in &expected {
            assert_eq!(search(&server, words), *found, "{fault:?}");
        }
        assert!(model.embeds() > asked, "{fault:?}");
    }
}

#[test]
fn documents_without_vectors_are_found_by_words() {
    for fault in [Embedding::Dies, Embedding::Garbage, Embedding::OneLess, Embedding::Zeros, Embedding::Busy] {
        let model = model();
        model.embed(fault);
        let server = server(&model, Arc::new(TempDir::new()));
        upload(&server, "shop.sql", SHOP);
        eventually("an attempt", || (model.embeds() > 0).then_some(()));
        assert_eq!(first(&search(&server, "stock quantity")), Some("shop.stock"), "{fault:?}");
        // The next change is a reason to try again.
        model.embed(Embedding::Works);
        upload(&server, "more.sql", b"CREATE TABLE shop.refunds (id INT);");
        embedded(&server, 0);
        finds_by_meaning(&server);
    }
}

#[test]
fn a_text_that_the_model_refuses_does_not_keep_the_others_from_their_vectors() {
    let model = model();
    model.embed(Embedding::Refuses("payments with"));
    let server = server(&model, Arc::new(TempDir::new()));
    upload(&server, "shop.sql", SHOP);
    embedded(&server, 1);
    finds_by_meaning(&server);
}

#[test]
fn a_model_that_is_not_there_or_off_is_not_asked() {
    for (there, setting) in [("tiny:latest", "nomic-embed-text"), (MODEL, "off")] {
        let model = Ollama::start();
        model.models(&[there]);
        let server = TestServer::with(|vars| {
            vars.insert("OLLAMA_HOST", model.url());
            vars.insert("EMBEDDING_MODEL", setting.into());
        });
        upload(&server, "shop.sql", SHOP);
        assert!(setting == "off" || !server.app.embeddings.catch_up());
        assert_eq!(first(&search(&server, "stock quantity")), Some("shop.stock"));
        assert_eq!((model.embeds(), &server.get("/health").expect(200)["status"]), (0, &json!("healthy")));
    }
}
