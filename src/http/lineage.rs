//! Lineage over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `GET /api/v1/lineage/nodes`: Nodes, filtered and paged.
pub async fn nodes(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/lineage/edges`: Edges, filtered and paged.
pub async fn edges(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/lineage/search`: Assets by name or in plain words, best first.
pub async fn search(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/lineage/node/{id}`: Upstream and downstream of a node.
pub async fn node(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/lineage/edge/{urn}`: One edge with its evidence.
pub async fn edge(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/lineage/path`: How data gets from one node to another.
pub async fn path(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/lineage/impact/{id}`: What breaks when a node is dropped or renamed.
pub async fn impact(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/v1/lineage/report`: Orphans, roots, leaves, cycles, dangling names, unparsed spans.
pub async fn report(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/v1/lineage/query`: Ask the graph a question in plain words.
pub async fn query(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
