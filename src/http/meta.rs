//! Meta over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `GET /api/v1/endpoints`: Every endpoint.
pub async fn endpoints(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/config/sql-dialects`: SQL dialects.
pub async fn dialects(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /openapi.json`: This API as OpenAPI 3.1.
pub async fn openapi(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /docs`: Swagger UI.
pub async fn docs(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /docs/{file}`: Files of Swagger UI.
pub async fn docs_asset(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /`: The dashboard page.
pub async fn page(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /assets/{file}`: Files of the dashboard page.
pub async fn page_asset(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
