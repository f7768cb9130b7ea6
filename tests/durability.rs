//! What a client was told is done survives a killed process.

mod common;

use common::TestServer;
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Acknowledged writes to wait for before the kill: enough for many groups of commits.
const ENOUGH: usize = 200;

#[test]
fn everything_acknowledged_before_a_kill_is_there_after_it() {
    let server = TestServer::spawn_binary(&["serve"], |_| {});
    let (acknowledged, done) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let id = headwater::id::random();
                    let body = json!({"id": id, "name": "x".repeat(200)}).to_string();
                    let sent = server.try_request("POST", "/api/v1/projects", &[("content-type", "application/json")], body);
                    // The first request that gets no answer was cut off by the kill.
                    let Ok(reply) = sent else { return };
                    assert_eq!(reply.status, 201, "{}", reply.text());
                    acknowledged.lock().unwrap().push(id);
                    done.fetch_add(1, Ordering::Release);
                }
            });
        }
        common::eventually("enough acknowledged writes", || (done.load(Ordering::Acquire) >= ENOUGH).then_some(()));
        server.signal("KILL");
    });
    let dir = server.dir.clone();
    drop(server);
    let again = TestServer::in_dir(dir, |_| {});
    let ids = acknowledged.into_inner().unwrap();
    assert!(ids.len() >= ENOUGH);
    for id in ids {
        assert_eq!(again.get(&format!("/api/v1/projects/{id}")).status, 200, "{id} was acknowledged");
    }
}
