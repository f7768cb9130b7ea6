//! Health over HTTP: decode, one call, encode.

use super::{App, Error, Response, error, respond};
use crate::chat::model;
use crate::store::{Store, projects};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longest that one check may take: a probe that hangs must not hang whoever asks.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);
/// How long what was found counts: probes may come often, and the store has better to do.
const BELIEVED: Duration = Duration::from_secs(1);
/// What puts a store right that a disk refuses.
const MAKE_ROOM: &str = "Free space below STORAGE_PATH, see that it can be written and that its disk is well (`dmesg`); \
                         `headwater check` examines it";
/// What puts a store right that lost pages.
const RESTORE: &str = "`headwater check` says what is left of it; stop the server and `headwater restore` a backup";
/// How long a commit may take: that of a large project's deletion takes seconds on a slow disk, and all other writes wait for it.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(10);
/// What puts right that something takes without end.
const LET_GO: &str =
    "See what the disk does (`iostat -x`) and what is asked (slow lines of the log); restart the server if it does not end";
/// What puts right that a project ends the server.
const LIGHTEN: &str = "Give the server more memory (`MemoryMax=`) and restart it, or delete the project";
/// When to ask again whether the server is ready, seconds.
const ASK_AGAIN: u32 = 1;

/// Answer of `GET /health`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    /// `healthy`, or `degraded` when a service below is `unavailable`.
    status: &'static str,
    /// What the server leans on.
    services: Services,
    /// What is `unavailable`, and what to do about it.
    problems: Vec<Problem>,
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
    /// The store answers a query, and the disk refused no write lately.
    database: &'static str,
    /// The graph is built, of all projects.
    graph: &'static str,
    /// The search index answers: after a start, what asks it before it is made waits for it.
    search: &'static str,
    /// The language model's server answers; `not_configured` when none was set and none is there.
    ollama: &'static str,
    /// The activity log reaches the disk.
    activity_log: &'static str,
    /// A thread is free for work that takes its time: walks, files, the store.
    workers: &'static str,
}

/// A service that is `unavailable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Problem {
    /// Its name in `services`.
    service: &'static str,
    /// When this was first seen, RFC 3339: within half a minute of its beginning.
    since: String,
    /// What is wrong.
    reason: String,
    /// What puts it right.
    remedy: &'static str,
}

/// Answer of `GET /health/ready`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ready {
    /// `ready`.
    status: &'static str,
}

/// What the checks found last.
#[derive(Default)]
pub struct Checks {
    last: tokio::sync::Mutex<Option<(Instant, Checked)>>,
    problems: Mutex<Vec<Problem>>,
}

#[derive(Clone)]
struct Checked {
    /// Why the store is of no use, and what puts that right; `None` when it is of use.
    database: Option<(String, &'static str)>,
    ollama: &'static str,
    /// A thread was free.
    workers: bool,
}

impl Checks {
    /// What was found within [`BELIEVED`]; whoever comes while the checks run waits for their result.
    async fn latest(&self, app: &App) -> Checked {
        let mut last = self.last.lock().await;
        match &*last {
            Some((at, checked)) if at.elapsed() < BELIEVED => checked.clone(),
            _ => last.insert((Instant::now(), check(app).await)).1.clone(),
        }
    }

    /// The problems there are now (service, reason, remedy), each with the time at which it was first seen.
    fn since(&self, now: Vec<(&'static str, String, &'static str)>) -> Vec<Problem> {
        let mut known = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        let since = |service| known.iter().find(|p| p.service == service).map_or_else(crate::id::now, |p| p.since.clone());
        let problems = now.into_iter().map(|(service, reason, remedy)| Problem { service, since: since(service), reason, remedy });
        *known = problems.collect();
        known.clone()
    }
}

async fn check(app: &App) -> Checked {
    let models = app.models.clone();
    let model = error::blocking(move || models.health());
    let (database, model, workers) = tokio::join!(
        tokio::time::timeout(CHECK_TIMEOUT, check_store(app)),
        tokio::time::timeout(CHECK_TIMEOUT, model),
        has_worker(CHECK_TIMEOUT)
    );
    Checked {
        database: database.unwrap_or_else(|_| {
            let silent = || format!("it did not answer within {} s", CHECK_TIMEOUT.as_secs());
            Some((taken(&app.store).unwrap_or_else(silent), LET_GO))
        }),
        workers,
        ollama: match model {
            Ok(Ok(model::Health::Available)) => "healthy",
            Ok(Ok(model::Health::Absent)) => "not_configured",
            _ => "unavailable",
        },
    }
}

/// Whether blocking work is begun within so long.
async fn has_worker(within: Duration) -> bool {
    tokio::time::timeout(within, tokio::task::spawn_blocking(|| ())).await.is_ok()
}

/// What of the store is held by something that does not end.
fn taken(store: &Store) -> Option<String> {
    let long = |time: Option<Duration>, most| time.filter(|time| *time >= most).map(|time| time.as_secs());
    if let Some(seconds) = long(store.readers_taken(), CHECK_TIMEOUT) {
        return Some(format!("all its readers have been taken for {seconds} s: what reads it waits"));
    }
    let seconds = long(store.committing(), COMMIT_TIMEOUT)?;
    Some(format!("its writer has been at one commit for {seconds} s: {} writes wait", store.queue_depth()))
}

/// Why the store is of no use, and what puts that right. A disk that refused a write is asked again: nobody else may come to write.
async fn check_store(app: &App) -> Option<(String, &'static str)> {
    if let Some(what) = taken(&app.store) {
        return Some((what, LET_GO));
    }
    let read = app.store.read(projects::counts).await;
    // Whoever met the damage: what is asked here may lie in pages that are whole.
    if let Some(what) = app.store.damage() {
        return Some((format!("the store is damaged: {what}"), RESTORE));
    }
    if let Err(error) = read {
        return Some((error.to_string(), MAKE_ROOM));
    }
    refusal(&app.store).await?;
    let refused = match app.store.try_disk().await {
        Ok(()) => refusal(&app.store).await?,
        Err(error) => error.to_string(),
    };
    Some((refused, MAKE_ROOM))
}

async fn refusal(store: &Store) -> Option<String> {
    let store = store.clone();
    tokio::task::spawn_blocking(move || store.refusal()).await.unwrap_or_else(|failed| Some(failed.to_string()))
}

/// How often the server looks at itself when nobody asks: what goes wrong on a box that nobody visits is to have a beginning, and what is
/// over an end.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Looks for ever, so that `since` is when a problem began and not when somebody asked first.
pub async fn watch(app: Arc<App>) {
    let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + LOOK_EVERY, LOOK_EVERY);
    loop {
        tick.tick().await;
        look(&app).await;
    }
}

/// `GET /health`: How the server and what it leans on are.
pub async fn health(app: &App) -> Result<Response, Error> {
    let (services, problems) = look(app).await;
    Ok(respond::ok(&Health {
        status: services.status(),
        services,
        problems,
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: app.lifecycle.uptime().as_secs_f64(),
        timestamp: crate::id::now(),
    }))
}

async fn look(app: &App) -> (Services, Vec<Problem>) {
    let Checked { database, ollama, workers } = app.checks.latest(app).await;
    let derived = if app.lifecycle.is_loaded() { "healthy" } else { "loading" };
    let activity_log = healthy(!app.activity.condition().failing);
    let left_out = app.ingest.left_out();
    let services = Services {
        api: "healthy",
        database: healthy(database.is_none()),
        graph: if left_out.is_some() { "unavailable" } else { derived },
        search: derived,
        ollama,
        activity_log,
        workers: healthy(workers),
    };
    let mut problems = Vec::new();
    if !workers {
        let reason = "no thread is free: whatever looks into the graph, a file or the store waits".to_owned();
        problems.push(("workers", reason, LET_GO));
    }
    if let Some((reason, remedy)) = database {
        problems.push(("database", reason, remedy));
    }
    if let Some(project) = left_out {
        let reason = format!("project '{project}' is left out: start after start ended while it was made ready");
        problems.push(("graph", reason, LIGHTEN));
    }
    // Without a thread nobody could ask it.
    if ollama == "unavailable" && workers {
        let reason = "the language model's server does not answer: answers are made without it".to_owned();
        problems.push(("ollama", reason, "Start it, or set OLLAMA_HOST=off"));
    }
    if activity_log == "unavailable" {
        let reason = "its file cannot be written: events are counted, and kept as far as memory goes".to_owned();
        problems.push(("activity_log", reason, "Free space below LOG_PATH and see that it can be written"));
    }
    (services, app.checks.since(problems))
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
        let all = [self.api, self.database, self.graph, self.search, self.ollama, self.activity_log, self.workers];
        if all.contains(&"unavailable") { "degraded" } else { "healthy" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_and_should_be_there_degrades() {
        let with = |database, ollama| Services {
            api: "healthy",
            database,
            graph: "loading",
            search: "loading",
            ollama,
            activity_log: "healthy",
            workers: "healthy",
        };
        assert_eq!(with("healthy", "not_configured").status(), "healthy");
        assert_eq!(with("healthy", "unavailable").status(), "degraded");
        assert_eq!(with("unavailable", "healthy").status(), "degraded");
        assert_eq!(Services { workers: "unavailable", ..with("healthy", "healthy") }.status(), "degraded");
    }

    #[test]
    fn that_all_threads_are_taken_is_seen_until_one_is_free() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let (release, held) = std::sync::mpsc::channel::<()>();
            let taken = tokio::task::spawn_blocking(move || held.recv());
            assert!(!has_worker(Duration::from_millis(5)).await);
            drop(release);
            assert!(taken.await.unwrap().is_err() && has_worker(CHECK_TIMEOUT).await);
        });
    }
}
