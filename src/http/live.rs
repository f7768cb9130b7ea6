//! Live over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `GET /api/v1/ws/dashboard`: Live events (WebSocket).
pub async fn dashboard(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/ws/connections`: Who is connected.
pub async fn connections(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/v1/ws/connections/{connection_id}/messages`: Send one client a message.
pub async fn message(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/v1/ws/broadcast`: Send every client a message.
pub async fn broadcast(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/config/websocket`: Where the dashboard WebSocket is.
pub async fn config(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
