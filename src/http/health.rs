//! Health over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `GET /health`: How the server and what it leans on are.
pub async fn health(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /health/ready`: 200 once loaded, 503 before and while draining.
pub async fn ready(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
