//! Numbers over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};
use crate::event::Event;

/// `GET /api/v1/stats`: Live numbers with 24-hour trends.
pub async fn stats(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// What [`stats`] answers, as the `stats_update` that dashboards get.
pub async fn stats_event(app: &App) -> Result<Event, Error> {
    let _ = app;
    todo!()
}

/// `GET /api/v1/activity/recent`: What happened last.
pub async fn recent(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/metrics/activity`: Requests, successes, latencies, errors.
pub async fn activity(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/metrics/events`: The newest activity events.
pub async fn events(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/rag/status`: How questions are answered, and how fast.
pub async fn rag(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/models`: Language models there are.
pub async fn models(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /metrics`: Prometheus metrics.
pub async fn metrics(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
