//! Health over HTTP: decode, one call, encode.

use super::{App, Error, Response, error, respond};
use crate::chat::model;
use crate::store::projects;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Longest that one check may take: a probe that hangs must not hang whoever asks.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);
/// How long what was found counts: probes may come often, and the store has better to do.
const BELIEVED: Duration = Duration::from_secs(1);
/// When to ask again whether the server is ready, seconds.
const ASK_AGAIN: u32 = 1;

/// Answer of `GET /health`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    /// `healthy`, or `degraded` when a service below is `unavailable`.
    status: &'static str,
    /// What the server leans on.
    services: Services,
    /// This program's version.
    version: &'static str,
    /// Seconds since start.
    uptime_seconds: f64,
    /// RFC 3339.
    timestamp: String,
}

/// Each service is `healthy`, `unavailable`, `loading` or `not_configured`.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Services {
    /// This answer is the proof.
    api: &'static str,
    /// The store answers a query.
    database: &'static str,
    /// The graph is built.
    graph: &'static str,
    /// The search index is built.
    search: &'static str,
    /// The language model's server answers; `not_configured` when none was set and none is there.
    ollama: &'static str,
    /// The activity log reaches the disk.
    activity_log: &'static str,
}

/// Answer of `GET /health/ready`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ready {
    /// `ready`.
    status: &'static str,
}

/// What the checks that take a while found last.
#[derive(Default)]
pub struct Checks(tokio::sync::Mutex<Option<(Instant, Checked)>>);

#[derive(Clone, Copy)]
struct Checked {
    database: &'static str,
    ollama: &'static str,
}

impl Checks {
    /// What was found within [`BELIEVED`]; whoever comes while the checks run waits for their result.
    async fn latest(&self, app: &App) -> Checked {
        let mut last = self.0.lock().await;
        match &*last {
            Some((at, checked)) if at.elapsed() < BELIEVED => *checked,
            _ => last.insert((Instant::now(), check(app).await)).1,
        }
    }
}

async fn check(app: &App) -> Checked {
    let database = app.store.read(projects::counts);
    let models = app.models.clone();
    let model = error::blocking(move || models.health());
    let (database, model) = tokio::join!(tokio::time::timeout(CHECK_TIMEOUT, database), tokio::time::timeout(CHECK_TIMEOUT, model));
    Checked {
        database: healthy(matches!(database, Ok(Ok(_)))),
        ollama: match model {
            Ok(Ok(model::Health::Available)) => "healthy",
            Ok(Ok(model::Health::Absent)) => "not_configured",
            _ => "unavailable",
        },
    }
}

/// `GET /health`: How the server and what it leans on are.
pub async fn health(app: &App) -> Result<Response, Error> {
    let Checked { database, ollama } = app.checks.latest(app).await;
    let derived = if app.lifecycle.is_loaded() { "healthy" } else { "loading" };
    let activity_log = healthy(!app.activity.condition().failing);
    let services = Services { api: "healthy", database, graph: derived, search: derived, ollama, activity_log };
    Ok(respond::ok(&Health {
        status: services.status(),
        services,
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: app.lifecycle.uptime().as_secs_f64(),
        timestamp: crate::id::now(),
    }))
}

/// `GET /health/ready`: 200 once loaded, 503 before and while draining.
pub async fn ready(app: &App) -> Result<Response, Error> {
    if app.lifecycle.is_draining() {
        return Err(Error::Unavailable("The server is stopping: try again in a moment".into(), ASK_AGAIN));
    }
    if !app.lifecycle.is_loaded() {
        return Err(Error::Unavailable("The server is loading what its store holds: try again in a moment".into(), ASK_AGAIN));
    }
    Ok(respond::ok(&Ready { status: "ready" }))
}

fn healthy(good: bool) -> &'static str {
    if good { "healthy" } else { "unavailable" }
}

impl Services {
    fn status(&self) -> &'static str {
        let all = [self.api, self.database, self.graph, self.search, self.ollama, self.activity_log];
        if all.contains(&"unavailable") { "degraded" } else { "healthy" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_and_should_be_there_degrades() {
        let with =
            |database, ollama| Services { api: "healthy", database, graph: "loading", search: "loading", ollama, activity_log: "healthy" };
        assert_eq!(with("healthy", "not_configured").status(), "healthy");
        assert_eq!(with("healthy", "unavailable").status(), "degraded");
        assert_eq!(with("unavailable", "healthy").status(), "degraded");
    }
}
