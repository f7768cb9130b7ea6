//! Ingestion over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `POST /api/v1/sample`: Ingest the bundled sample warehouse.
pub async fn sample(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/v1/ingest/sql`: Ingest SQL sent in the request.
pub async fn sql(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/v1/ingest`: Ingest a file or folder below INGEST_ROOT.
pub async fn path(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/runs/{id}/diff`: Nodes and edges that a run added and removed.
pub async fn run_diff(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/ingestion/logs`: Ingestions, newest first.
pub async fn logs(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/ingestion/logs/{id}`: The events of one ingestion (`format=json|jsonl`).
pub async fn log(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
