//! Files over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `GET /api/v1/files`: Files, newest first.
pub async fn list(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/files/recent`: The newest files.
pub async fn recent(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/files/search`: Files by name or content.
pub async fn search(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/files/stats`: Counts and bytes of files.
pub async fn stats(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/files/config`: Limits of uploads.
pub async fn get_config(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `PUT /api/v1/files/config`: Change the limits of uploads.
pub async fn put_config(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/files/{id}`: One file.
pub async fn get(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `DELETE /api/v1/files/{id}`: Delete a file and all it said.
pub async fn delete(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/files/{id}/content`: A file's bytes, as text.
pub async fn content(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
