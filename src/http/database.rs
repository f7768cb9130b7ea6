//! Database over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `GET /api/v1/database/schemas`: Schemas with their tables, views, procedures and functions.
pub async fn schemas(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/database/tables/{schema}/{table}`: A table's columns, types and keys.
pub async fn table(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/database/tables/{schema}/{table}/dependencies`: What a table depends on, and what depends on it.
pub async fn dependencies(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
