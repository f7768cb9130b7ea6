//! Numbers over HTTP: decode, one call, encode.

mod process;
mod prometheus;
mod stats;

pub use stats::{Stats, Trend, Trends, keep_history, stats_event};

use super::{App, Error, Request, Response, error, respond, route};
use crate::activity::{Activity, Event, UNMATCHED};
use crate::chat::{ModelInfo, model};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Endpoints listed as the busiest.
const TOP_ENDPOINTS: usize = 10;

/// `GET /api/v1/stats`: Live numbers with 24-hour trends.
pub async fn stats(app: &App) -> Result<Response, Error> {
    Ok(respond::ok(&stats::collect(app).await?))
}

/// One line of what happened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Happening {
    /// Unique.
    id: String,
    /// The activity event's type.
    r#type: String,
    /// For people.
    message: String,
    /// RFC 3339.
    timestamp: String,
}

/// `GET /api/v1/activity/recent`: What happened last, newest first; health checks, which say nothing, are left out.
pub async fn recent(activity: &Activity, req: &Request) -> Result<Response, Error> {
    let mut query = req.query();
    let limit = query.integer("limit", 20, 1, 100);
    query.finish()?;
    let events = activity.recent(usize::MAX);
    let said = events.iter().filter(|e| e.r#type != "health_check").take(usize::try_from(limit).unwrap_or(0));
    let happenings: Vec<Happening> = said
        .map(|e| Happening { id: e.event_id.clone(), r#type: e.r#type.clone(), message: message(e), timestamp: e.timestamp.clone() })
        .collect();
    Ok(respond::ok(&happenings))
}

/// The route's own summary and how it went.
fn message(event: &Event) -> String {
    let fits = |r: &&route::Route| r.path == event.endpoint && (r.method == event.method.as_str() || event.method == "HEAD");
    let what = match route::ROUTES.iter().find(fits) {
        Some(route) if event.event_type != UNMATCHED => route.summary.to_string(),
        _ => format!("{} {}", event.method, event.endpoint),
    };
    match event.status_code {
        499 => format!("{what}: the client went away"),
        status @ 400.. => format!("{what}: failed with {status}"),
        _ => format!("{what}: done in {:.0} ms", event.latency_ms.max(1.0)),
    }
}

/// Answer of `GET /api/v1/metrics/activity`. All numbers are of this process, since `session_start`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActivityMetrics {
    /// RFC 3339.
    session_start: String,
    /// Since `session_start`.
    uptime_seconds: f64,
    /// Requests answered.
    total_requests: u64,
    /// With a status below 400.
    successful_requests: u64,
    /// With a status of 400 or more.
    failed_requests: u64,
    /// Successful of all, 0 to 1; 1 before the first request.
    success_rate: f64,
    /// Chat and lineage questions answered.
    total_queries: u64,
    /// Uploads and ingests answered.
    total_ingestions: u64,
    /// Health checks answered.
    total_health_checks: u64,
    /// Mean over all requests, milliseconds.
    avg_latency_ms: f64,
    /// Hits of all look-ups in the cache of the language model's state, 0 to 1; 0 before the first.
    cache_hit_rate: f64,
    /// Look-ups answered from that cache.
    cache_hits: u64,
    /// Look-ups that had to ask the model's server.
    cache_misses: u64,
    /// Requests by route template, the ten busiest.
    top_endpoints: BTreeMap<String, u64>,
    /// Failures by kind.
    error_types: BTreeMap<String, u64>,
}

/// `GET /api/v1/metrics/activity`: Requests, successes, latencies, errors.
pub async fn activity(app: &App) -> Result<Response, Error> {
    let numbers = app.activity.numbers();
    let (cache_hits, cache_misses) = app.models.cache_counts();
    Ok(respond::ok(&ActivityMetrics {
        uptime_seconds: app.lifecycle.uptime().as_secs_f64(),
        total_requests: numbers.total,
        successful_requests: numbers.successful(),
        failed_requests: numbers.failed,
        success_rate: if numbers.total == 0 { 1.0 } else { share(numbers.successful(), numbers.total) },
        total_queries: numbers.queries,
        total_ingestions: numbers.ingestions,
        total_health_checks: numbers.health_checks,
        avg_latency_ms: mean(numbers.latency_ms, numbers.total),
        cache_hit_rate: share(cache_hits, cache_hits + cache_misses),
        cache_hits,
        cache_misses,
        top_endpoints: numbers.endpoints().into_iter().take(TOP_ENDPOINTS).map(|(e, n)| (e.to_string(), n)).collect(),
        error_types: numbers.error_types,
        session_start: numbers.session_start,
    }))
}

/// Answer of `GET /api/v1/metrics/events`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActivityEvents {
    /// Newest first.
    #[serde(serialize_with = "each")]
    #[schemars(with = "Vec<Event>")]
    events: Vec<Arc<Event>>,
    /// Events there are in memory: the newest thousand, over restarts too.
    total_events: usize,
}

/// `GET /api/v1/metrics/events`: The newest activity events.
pub async fn events(activity: &Activity, req: &Request) -> Result<Response, Error> {
    let mut query = req.query();
    let limit = query.integer("limit", 100, 1, 1000);
    query.finish()?;
    let events = activity.recent(usize::try_from(limit).unwrap_or(0));
    let total_events = activity.kept();
    respond::worked(move || Ok(ActivityEvents { events, total_events })).await
}

fn each<S: serde::Serializer>(events: &[Arc<Event>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(events.iter().map(Arc::as_ref))
}

/// Answer of `GET /api/v1/rag/status`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RagStatus {
    /// Who phrases answers: `model` or `builtin`.
    mode: &'static str,
    /// Questions answered since start.
    total_queries: u64,
    /// As in `/api/v1/metrics/activity`.
    cache_hit_rate: f64,
    /// Mean over those questions, milliseconds.
    avg_latency_ms: f64,
    /// `healthy`, `degraded` (the model that was configured is missing) or `loading`.
    status: &'static str,
}

/// `GET /api/v1/rag/status`: How questions are answered, and how fast.
pub async fn rag(app: &App) -> Result<Response, Error> {
    let models = app.models.clone();
    let health = error::blocking(move || models.health()).await?;
    let numbers = app.activity.numbers();
    let (hits, misses) = app.models.cache_counts();
    Ok(respond::ok(&RagStatus {
        mode: if health == model::Health::Available { "model" } else { "builtin" },
        total_queries: numbers.queries,
        cache_hit_rate: share(hits, hits + misses),
        avg_latency_ms: mean(numbers.query_ms, numbers.queries),
        status: match health {
            _ if !app.lifecycle.is_loaded() => "loading",
            model::Health::Missing(_) => "degraded",
            model::Health::Available | model::Health::Absent => "healthy",
        },
    }))
}

/// Answer of `GET /api/v1/models`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ModelList {
    /// Models of the language model's server; none when there is no server.
    models: Vec<ModelInfo>,
    /// The embedding model whose vectors search uses; null while it goes by words alone.
    embedding_model: Option<String>,
}

/// `GET /api/v1/models`: Language models there are.
pub async fn models(app: &App) -> Result<Response, Error> {
    let models = app.models.clone();
    let embedding_model = app.embeddings.in_use().map(str::to_owned);
    Ok(respond::ok(&ModelList { models: error::blocking(move || models.list()).await?, embedding_model }))
}

/// `GET /metrics`: Prometheus metrics.
pub async fn metrics(app: &Arc<App>) -> Result<Response, Error> {
    let app = app.clone();
    // Reading /proc and the store's size are file operations.
    let text = error::blocking(move || prometheus::render(&app)).await?;
    Ok(respond::bytes("text/plain; version=0.0.4; charset=utf-8", text))
}

/// `part` of `whole`, 0 to 1; 0 of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn mean(sum: f64, n: u64) -> f64 {
    if n == 0 { 0.0 } else { (sum / n as f64 * 1000.0).round() / 1000.0 }
}
