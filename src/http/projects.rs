//! Projects over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `GET /api/v1/projects`: Projects.
pub async fn list(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/v1/projects`: Create a project.
pub async fn create(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/projects/{id}`: One project with its repositories and links.
pub async fn get(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `PUT /api/v1/projects/{id}`: Change a project's name or description.
pub async fn update(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `DELETE /api/v1/projects/{id}`: Delete a project; `delete_data=true` also drops what only it defined.
pub async fn delete(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/v1/projects/{id}/repositories`: Add a repository to a project.
pub async fn create_repository(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `DELETE /api/v1/projects/{id}/repositories/{rid}`: Delete a repository and its files.
pub async fn delete_repository(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/projects/{id}/context`: What a project says of itself.
pub async fn get_context(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `PUT /api/v1/projects/{id}/context`: Replace what a project says of itself.
pub async fn put_context(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
