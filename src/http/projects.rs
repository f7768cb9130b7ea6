//! Projects over HTTP: decode, one call, encode.

use super::error::blocking;
use super::route::Param;
use super::{Error, Request, Response, respond};
use crate::ingest::{Ingest, Knowledge};
use crate::store::links::{self, Link, ProjectLink};
use crate::store::projects::{self, Context, Project, Repository};
use crate::store::{self, Store};
use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

/// Longest name of a project or a repository, in characters.
const NAME_MAX: usize = 255;
/// Longest description of a project or of a link, in characters.
pub(super) const DESCRIPTION_MAX: usize = 1000;
/// Longest reference to where a repository comes from: URLs are no longer in practice.
const SOURCE_REF_MAX: usize = 2048;
/// Longest text of a context, in characters: it is meant for prompts.
const CONTEXT_MAX: usize = 20_000;
/// Most entries in one list of a context, for the same reason.
const CONTEXT_ENTRIES: usize = 500;
/// Projects on one page, at most.
const PAGE_MAX: i64 = 1000;
/// Projects on one page when nothing is said.
const PAGE: i64 = 100;

/// Query of the list.
pub const PAGES: &[Param] = &[
    Param::optional("limit", "integer", "At most so many, 1 to 1000 (100)").within(1, PAGE_MAX),
    Param::optional("offset", "integer", "Leaving out so many of the oldest (0)").within(0, u32::MAX as i64),
    Param::optional("repositories", "boolean", "With the repositories of each (false)"),
];
/// Query of the deletion.
pub const DELETION: &[Param] = &[Param::optional("delete_data", "boolean", "Delete repositories, files and runs too (false)")];

/// One page of projects.
#[derive(Serialize, JsonSchema)]
pub struct ProjectPage {
    /// Oldest first.
    pub projects: Vec<ProjectListed>,
    /// How many there are in all.
    pub total: i64,
    /// As asked.
    pub limit: i64,
    /// As asked.
    pub offset: i64,
}

/// A project of a page.
#[derive(Serialize, JsonSchema)]
pub struct ProjectListed {
    /// The project itself.
    #[serde(flatten)]
    pub project: Project,
    /// Its repositories, oldest first, when they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repositories: Option<Vec<Repository>>,
}

/// A project with what is in it.
#[derive(Serialize, JsonSchema)]
pub struct ProjectDetail {
    /// The project itself.
    #[serde(flatten)]
    pub project: Project,
    /// Its repositories, oldest first.
    pub repositories: Vec<Repository>,
    /// Links between them.
    pub links: Vec<Link>,
    /// Links to and from other projects.
    pub project_links: Vec<ProjectLink>,
}

/// Body of `POST /api/v1/projects`.
#[derive(JsonSchema)]
pub struct NewProject {
    /// Made from the name when left out. Up to 64 letters, digits, `-`, `_` and `.`, a letter or digit first.
    #[schemars(length(min = 1, max = projects::ID_MAX), regex(pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]*$"))]
    pub id: Option<String>,
    /// For people.
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub name: String,
    /// For people.
    #[schemars(length(max = DESCRIPTION_MAX))]
    pub description: Option<String>,
}

/// Body of `PUT /api/v1/projects/{id}`; what is left out stays as it is.
#[derive(JsonSchema)]
pub struct ProjectChange {
    /// For people.
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub name: Option<String>,
    /// For people; null removes it.
    #[schemars(length(max = DESCRIPTION_MAX))]
    pub description: Option<String>,
}

/// Body of `POST /api/v1/projects/{id}/repositories`.
#[derive(JsonSchema)]
pub struct NewRepository {
    /// Unique in the project.
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub name: String,
    /// `manual` when left out.
    #[schemars(default = "manual", extend("enum" = projects::SOURCES))]
    pub source: String,
    /// Where it comes from, a URL for example.
    #[schemars(length(max = SOURCE_REF_MAX))]
    pub source_ref: Option<String>,
}

fn manual() -> String {
    "manual".into()
}

/// Body of `PUT /api/v1/projects/{id}/context`; what is left out is empty from then on.
#[derive(JsonSchema)]
#[allow(dead_code)] // The schema of what `Fields` decodes by hand.
pub struct NewContext {
    /// Free text.
    #[schemars(length(max = CONTEXT_MAX))]
    description: Option<String>,
    /// How the description is written; `markdown` when left out.
    #[schemars(length(max = NAME_MAX))]
    format: Option<String>,
    /// Where its data comes from.
    #[schemars(length(max = CONTEXT_ENTRIES), inner(length(max = DESCRIPTION_MAX)))]
    source_entities: Option<Vec<String>>,
    /// Where its data goes.
    #[schemars(length(max = CONTEXT_ENTRIES), inner(length(max = DESCRIPTION_MAX)))]
    target_entities: Option<Vec<String>>,
    /// Ids or names of other projects.
    #[schemars(length(max = CONTEXT_ENTRIES), inner(length(max = DESCRIPTION_MAX)))]
    related_projects: Option<Vec<String>>,
    /// Words of the domain.
    #[schemars(length(max = CONTEXT_ENTRIES), inner(length(max = DESCRIPTION_MAX)))]
    domain_hints: Option<Vec<String>>,
}

/// `GET /api/v1/projects`: Projects.
pub async fn list(store: &Store, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let (limit, offset) = (query.integer("limit", PAGE, 1, PAGE_MAX), query.integer("offset", 0, 0, i64::from(u32::MAX)));
    let with_repositories = query.boolean("repositories", false);
    query.finish()?;
    let page = move |conn: &_| {
        let (projects, total) = projects::list(conn, limit as u32, offset as u32)?;
        let listed = |project: Project| {
            let repositories = with_repositories.then(|| projects::repositories(conn, &project.id)).transpose()?;
            Ok(ProjectListed { project, repositories })
        };
        let projects = projects.into_iter().map(listed).collect::<store::Result<_>>()?;
        Ok(ProjectPage { projects, total, limit, offset })
    };
    respond::stored(store, page).await
}

/// `POST /api/v1/projects`: Create a project.
pub async fn create(store: &Store, knowledge: &Knowledge, mut req: Request) -> Result<Response, Error> {
    let mut body = req.json().await?;
    let new = NewProject {
        id: body.optional_string("id", 1, projects::ID_MAX),
        name: body.string("name", 1, NAME_MAX),
        description: body.optional_string("description", 0, DESCRIPTION_MAX),
    };
    if new.id.as_deref().is_some_and(|id| !projects::valid_id(id)) {
        body.refuse("id", projects::ID_RULE);
    }
    body.finish()?;
    let project = store.write(move |conn| projects::create(conn, new.id.as_deref(), &new.name, new.description.as_deref())).await?;
    knowledge.begin(&project.id);
    req.metadata.insert("project_id", project.id.as_str());
    Ok(respond::json(StatusCode::CREATED, &project))
}

/// `GET /api/v1/projects/{id}`: One project with its repositories and links.
pub async fn get(store: &Store, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    let detail = move |conn: &_| {
        Ok(ProjectDetail {
            project: projects::get(conn, &id)?,
            repositories: projects::repositories(conn, &id)?,
            links: links::list(conn, &id)?,
            project_links: links::list_projects(conn, &id)?,
        })
    };
    respond::stored(store, detail).await
}

/// `PUT /api/v1/projects/{id}`: Change a project's name or description.
pub async fn update(store: &Store, mut req: Request) -> Result<Response, Error> {
    let mut body = req.json().await?;
    let described = body.has("description");
    let change = ProjectChange {
        name: body.optional_string("name", 1, NAME_MAX),
        description: body.optional_string("description", 0, DESCRIPTION_MAX),
    };
    body.finish()?;
    let id = req.param().to_owned();
    let project =
        store.write(move |conn| projects::update(conn, &id, change.name.as_deref(), described.then_some(change.description.as_deref())));
    Ok(respond::ok(&project.await?))
}

/// `DELETE /api/v1/projects/{id}`: Delete a project. Without `delete_data=true` its repositories and files move to `default`.
pub async fn delete(ingest: &Ingest, req: Request) -> Result<Response, Error> {
    let mut query = req.query();
    let data = query.boolean("delete_data", false);
    query.finish()?;
    let id = req.param().to_owned();
    changed(ingest, &id.clone(), move |ingest| ingest.delete_project(&id, data)).await
}

/// `POST /api/v1/projects/{id}/repositories`: Add a repository to a project.
pub async fn create_repository(store: &Store, mut req: Request) -> Result<Response, Error> {
    let mut body = req.json().await?;
    let (name, source) = (body.string("name", 1, NAME_MAX), body.choice("source", &projects::SOURCES, Some("manual")));
    let source_ref = body.optional_string("source_ref", 0, SOURCE_REF_MAX);
    body.finish()?;
    let id = req.param().to_owned();
    let repository = store.write(move |conn| projects::create_repository(conn, &id, &name, source, source_ref.as_deref()));
    Ok(respond::json(StatusCode::CREATED, &repository.await?))
}

/// `DELETE /api/v1/projects/{id}/repositories/{rid}`: Delete a repository and its files.
pub async fn delete_repository(ingest: &Ingest, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    let repository = req.params.get(1).cloned().unwrap_or_default();
    changed(ingest, &id.clone(), move |ingest| ingest.delete_repository(&id, &repository)).await
}

/// `GET /api/v1/projects/{id}/context`: What a project says of itself.
pub async fn get_context(store: &Store, req: Request) -> Result<Response, Error> {
    let id = req.param().to_owned();
    respond::stored(store, move |conn| projects::context(conn, &id)).await
}

/// `PUT /api/v1/projects/{id}/context`: Replace what a project says of itself.
pub async fn put_context(store: &Store, mut req: Request) -> Result<Response, Error> {
    let mut body = req.json().await?;
    let context = Context {
        description: body.optional_string("description", 0, CONTEXT_MAX).unwrap_or_default(),
        format: body.optional_string("format", 0, NAME_MAX).unwrap_or_else(|| Context::default().format),
        source_entities: body.strings("source_entities", CONTEXT_ENTRIES, DESCRIPTION_MAX),
        target_entities: body.strings("target_entities", CONTEXT_ENTRIES, DESCRIPTION_MAX),
        related_projects: body.strings("related_projects", CONTEXT_ENTRIES, DESCRIPTION_MAX),
        domain_hints: body.strings("domain_hints", CONTEXT_ENTRIES, DESCRIPTION_MAX),
        updated_at: None,
    };
    body.finish()?;
    let id = req.param().to_owned();
    Ok(respond::ok(&store.write(move |conn| projects::put_context(conn, &id, &context)).await?))
}

/// 204 once the store and what is derived from it are changed.
pub(super) async fn changed(
    ingest: &Ingest,
    project: &str,
    change: impl FnOnce(&Ingest) -> store::Result<()> + Send + 'static,
) -> Result<Response, Error> {
    changing(ingest, project, change).await?;
    Ok(respond::empty(StatusCode::NO_CONTENT))
}

/// Changes a project in the store and in what is derived from it, when it is its turn; to the end, even if the client goes away.
pub(super) async fn changing(
    ingest: &Ingest,
    project: &str,
    change: impl FnOnce(&Ingest) -> store::Result<()> + Send + 'static,
) -> Result<(), Error> {
    let turn = ingest.turn_to_change(project).await;
    let ingest = ingest.clone();
    let work = move || {
        let _turn = turn;
        change(&ingest)
    };
    Ok(blocking(work).await??)
}
