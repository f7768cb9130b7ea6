//! Admin over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `POST /admin/restart`: Drain and restart.
pub async fn restart(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
