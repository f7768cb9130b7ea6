//! Graph over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `GET /api/v1/graph/stats`: Counts by type.
pub async fn stats(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/v1/graph/entity`: Add a node by hand.
pub async fn create_entity(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/v1/graph/relationship`: Add an edge by hand.
pub async fn create_relationship(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/graph/entity/{id}`: One node.
pub async fn entity(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/graph/search`: Nodes by name.
pub async fn search(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/graph/lineage/{id}`: Upstream and downstream of a node, as lists.
pub async fn lineage(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
