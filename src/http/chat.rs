//! Chat over HTTP: decode, one call, encode.

use super::{App, Error, Request, Response};

/// `POST /api/chat/title`: A short title for a conversation.
pub async fn title(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/chat/sessions`: Chat sessions, newest first.
pub async fn sessions(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `GET /api/chat/sessions/{id}`: One session with its messages.
pub async fn session(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `DELETE /api/chat/session/{id}`: Forget a session.
pub async fn delete_session(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/chat/{mode}/stream`: Ask, and get the answer as it is made (server-sent events).
pub async fn stream(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}

/// `POST /api/chat/{mode}`: Ask a question in one of four modes: text, semantic, graph, deep.
pub async fn ask(app: &App, req: Request) -> Result<Response, Error> {
    let _ = (app, req);
    todo!()
}
