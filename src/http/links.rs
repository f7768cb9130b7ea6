//! Links over HTTP: decode, one call, encode.

use super::error::blocking;
use super::files::listed;
use super::projects::DESCRIPTION_MAX;
use super::route::Param;
use super::{Error, Request, Response, respond};
use crate::ingest::{Knowledge, detect};
use crate::store::Store;
use crate::store::links::{self, Link};
use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

/// Longest id of a project, repository or link in a request.
const ID_MAX: usize = 255;

/// Query of a removal.
pub const LINK: &[Param] = &[Param::required("link_id", "string", "The link's id")];

/// Body of `POST /api/v1/projects/{id}/links`.
#[derive(JsonSchema)]
pub struct NewLink {
    /// The repository that uses.
    #[schemars(length(min = 1, max = ID_MAX))]
    pub source_repo_id: String,
    /// The repository that defines.
    #[schemars(length(min = 1, max = ID_MAX))]
    pub target_repo_id: String,
    /// For people.
    #[schemars(length(max = DESCRIPTION_MAX))]
    pub description: Option<String>,
}

/// Body of `POST /api/v1/projects/{id}/project-links`.
#[derive(JsonSchema)]
pub struct NewProjectLink {
    /// The other project.
    #[schemars(length(min = 1, max = ID_MAX))]
    pub target_project_id: String,
    /// Free text, `related` when left out.
    #[schemars(length(min = 1, max = ID_MAX))]
    pub link_type: Option<String>,
    /// For people.
    #[schemars(length(max = DESCRIPTION_MAX))]
    pub description: Option<String>,
}

/// What detection found.
#[derive(Serialize, JsonSchema)]
pub struct Detection {
    /// The project's auto-detected links as they are now.
    pub detected_links: Vec<Link>,
    /// How many.
    pub total_detected: usize,
    /// Files whose references were looked at.
    pub analyzed_files: usize,
}

/// `POST /api/v1/projects/{id}/links`: Link two repositories.
pub async fn create(store: &Store, mut req: Request) -> Result<Response, Error> {
    let mut body = req.json().await?;
    let new = NewLink {
        source_repo_id: body.string("source_repo_id", 1, ID_MAX),
        target_repo_id: body.string("target_repo_id", 1, ID_MAX),
        description: body.optional_string("description", 0, DESCRIPTION_MAX),
    };
    body.finish()?;
    let id = req.param().to_owned();
    let link = store.write(move |conn| links::create(conn, &id, &new.source_repo_id, &new.target_repo_id, new.description.as_deref()));
    Ok(respond::json(StatusCode::CREATED, &link.await?))
}

/// `DELETE /api/v1/projects/{id}/links`: Remove a link (`link_id`).
pub async fn delete(store: &Store, req: Request) -> Result<Response, Error> {
    let (id, link) = (req.param().to_owned(), link_id(&req)?);
    store.write(move |conn| links::delete(conn, &id, &link)).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}

/// `POST /api/v1/projects/{id}/links/detect`: Find which repository reads what another defines.
pub async fn detect(store: &Store, knowledge: &Knowledge, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    let snapshot = knowledge.project(&id);
    let analyzed_files = snapshot.files.len();
    let found = blocking(move || detect::detect(&snapshot)).await?;
    let detected_links = store.write(move |conn| links::put_detected(conn, &id, &found)).await?;
    respond::worked(move || Ok(Detection { total_detected: detected_links.len(), analyzed_files, detected_links })).await
}

/// `GET /api/v1/projects/{id}/project-links`: Links to and from other projects.
pub async fn list_projects(store: &Store, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    let page = move |conn: &_| {
        let links = links::list_projects(conn, &id)?;
        Ok(listed(&links, links.len() as i64))
    };
    Ok(store.read(page).await?)
}

/// `POST /api/v1/projects/{id}/project-links`: Link two projects.
pub async fn create_project(store: &Store, mut req: Request) -> Result<Response, Error> {
    let mut body = req.json().await?;
    let new = NewProjectLink {
        target_project_id: body.string("target_project_id", 1, ID_MAX),
        link_type: body.optional_string("link_type", 1, ID_MAX),
        description: body.optional_string("description", 0, DESCRIPTION_MAX),
    };
    body.finish()?;
    let id = req.param().to_owned();
    let link = store.write(move |conn| {
        let link_type = new.link_type.as_deref().unwrap_or("related");
        links::create_project(conn, &id, &new.target_project_id, link_type, new.description.as_deref())
    });
    Ok(respond::json(StatusCode::CREATED, &link.await?))
}

/// `DELETE /api/v1/projects/{id}/project-links`: Remove a link between projects (`link_id`).
pub async fn delete_project(store: &Store, req: Request) -> Result<Response, Error> {
    let (id, link) = (req.param().to_owned(), link_id(&req)?);
    store.write(move |conn| links::delete_project(conn, &id, &link)).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}

fn link_id(req: &Request) -> Result<String, Error> {
    let mut query = req.query();
    let id = query.string("link_id", 1, ID_MAX);
    query.finish().map(|()| id)
}
