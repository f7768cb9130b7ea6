//! Links over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `POST /api/v1/projects/{id}/links`: Link two repositories.
pub async fn create(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `DELETE /api/v1/projects/{id}/links`: Remove a link (`link_id`).
pub async fn delete(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/v1/projects/{id}/links/detect`: Find which repository reads what another defines.
pub async fn detect(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/projects/{id}/project-links`: Links to other projects.
pub async fn list_projects(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/v1/projects/{id}/project-links`: Link two projects.
pub async fn create_project(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `DELETE /api/v1/projects/{id}/project-links`: Remove a link between projects (`link_id`).
pub async fn delete_project(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
