//! The HTTP skin. A request goes: hyper -> [`serve`] (id, client, CORS, host, access, limits) -> [`route`] -> [`dispatch`] -> a handler
//! -> response -> activity event and log line. A handler decodes, calls one function, encodes; it receives only what it uses.

pub mod access;
pub mod admin;
pub mod body;
pub mod chat;
pub mod cors;
pub mod database;
pub mod error;
pub mod files;
pub mod graph;
pub mod health;
pub mod ingest;
pub mod lineage;
pub mod links;
pub mod live;
pub mod meta;
pub mod numbers;
pub mod openapi;
pub mod projects;
pub mod respond;
pub mod route;
pub mod upgrade;

pub use body::{Fields, ResponseBody};
pub use error::{Error, FieldError};
pub use route::{Endpoint, ROUTES, Route};

use crate::activity::Activity;
use crate::chat::{Chat, Models};
use crate::config::Config;
use crate::ingest::{Ingest, Knowledge};
use crate::realtime::Hub;
use crate::server::Lifecycle;
use crate::store::Store;
use std::net::IpAddr;
use std::sync::Arc;

/// What a handler answers.
pub type Response = hyper::Response<ResponseBody>;

/// Everything the handlers are wired to; only [`dispatch`] sees it whole.
pub struct App {
    /// Settings.
    pub config: Arc<Config>,
    /// The truth.
    pub store: Store,
    /// What is derived from it.
    pub knowledge: Knowledge,
    /// Ingestion.
    pub ingest: Ingest,
    /// Chat.
    pub chat: Chat,
    /// The language model.
    pub models: Models,
    /// The dashboard socket.
    pub hub: Hub,
    /// The activity log.
    pub activity: Activity,
    /// Ready, draining, restarting.
    pub lifecycle: Lifecycle,
}

/// A request, past all checks, as handlers get it.
pub struct Request {
    /// `X-Request-ID`, sane or made.
    pub id: String,
    /// The client's address, behind trusted proxies the forwarded one.
    pub client: IpAddr,
    /// The route that fits.
    pub route: &'static Route,
    /// Values of `{name}` segments, percent-decoded, in order of the template.
    pub params: Vec<String>,
    /// Method, URI, headers and body as hyper gave them.
    pub inner: hyper::Request<hyper::body::Incoming>,
    /// What the handler adds to the activity event (project, files, model, …).
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

impl Request {
    /// The first `{name}` segment.
    pub fn param(&self) -> &str {
        self.params.first().map_or("", String::as_str)
    }

    /// The query string's parameters, to be decoded as pydantic does (errors have `loc` `["query", name]`).
    pub fn query(&self) -> Fields {
        Fields::query(self.inner.uri().query().unwrap_or(""))
    }

    /// The JSON body, read under [`body::MAX_JSON_BYTES`], to be decoded as pydantic does (`loc` `["body", name]`).
    /// 422 for what is not a JSON object, 413 over the limit, 400 for what is not UTF-8.
    pub async fn json(&mut self) -> Result<Fields, Error> {
        Fields::read(&mut self.inner).await
    }
}

/// Answers one request; the server calls it for each that hyper read. `peer` is the socket's other end. Never fails: what goes wrong is
/// an answer too.
pub async fn serve(app: Arc<App>, peer: std::net::SocketAddr, request: hyper::Request<hyper::body::Incoming>) -> Response {
    let _ = (app, peer, request);
    todo!()
}

/// The one place where an endpoint meets its handler.
pub async fn dispatch(app: &Arc<App>, req: Request) -> Result<Response, Error> {
    match req.route.endpoint {
        // Health
        Endpoint::Health => health::health(app, req).await,
        Endpoint::Ready => health::ready(app, req).await,
        // Chat
        Endpoint::ChatTitle => chat::title(app, req).await,
        Endpoint::ListSessions => chat::sessions(app, req).await,
        Endpoint::GetSession => chat::session(app, req).await,
        Endpoint::DeleteSession => chat::delete_session(app, req).await,
        Endpoint::ChatStream => chat::stream(app, req).await,
        Endpoint::ChatAsk => chat::ask(app, req).await,
        // Projects
        Endpoint::ListProjects => projects::list(app, req).await,
        Endpoint::CreateProject => projects::create(app, req).await,
        Endpoint::GetProject => projects::get(app, req).await,
        Endpoint::UpdateProject => projects::update(app, req).await,
        Endpoint::DeleteProject => projects::delete(app, req).await,
        Endpoint::CreateRepository => projects::create_repository(app, req).await,
        Endpoint::DeleteRepository => projects::delete_repository(app, req).await,
        Endpoint::GetContext => projects::get_context(app, req).await,
        Endpoint::PutContext => projects::put_context(app, req).await,
        // Links
        Endpoint::CreateLink => links::create(app, req).await,
        Endpoint::DeleteLink => links::delete(app, req).await,
        Endpoint::DetectLinks => links::detect(app, req).await,
        Endpoint::ListProjectLinks => links::list_projects(app, req).await,
        Endpoint::CreateProjectLink => links::create_project(app, req).await,
        Endpoint::DeleteProjectLink => links::delete_project(app, req).await,
        // Files
        Endpoint::UploadFiles => files::upload(app, req).await,
        Endpoint::ListFiles => files::list(app, req).await,
        Endpoint::RecentFiles => files::recent(app, req).await,
        Endpoint::SearchFiles => files::search(app, req).await,
        Endpoint::FileStats => files::stats(app, req).await,
        Endpoint::GetFileConfig => files::get_config(app, req).await,
        Endpoint::PutFileConfig => files::put_config(app, req).await,
        Endpoint::GetFile => files::get(app, req).await,
        Endpoint::DeleteFile => files::delete(app, req).await,
        Endpoint::FileContent => files::content(app, req).await,
        // Ingestion
        Endpoint::IngestSample => ingest::sample(app, req).await,
        Endpoint::IngestSql => ingest::sql(app, req).await,
        Endpoint::IngestPath => ingest::path(app, req).await,
        Endpoint::RunDiff => ingest::run_diff(app, req).await,
        Endpoint::IngestionLogs => ingest::logs(app, req).await,
        Endpoint::IngestionLog => ingest::log(app, req).await,
        // Lineage
        Endpoint::LineageNodes => lineage::nodes(app, req).await,
        Endpoint::LineageEdges => lineage::edges(app, req).await,
        Endpoint::LineageSearch => lineage::search(app, req).await,
        Endpoint::LineageNode => lineage::node(app, req).await,
        Endpoint::LineageEdge => lineage::edge(app, req).await,
        Endpoint::LineagePath => lineage::path(app, req).await,
        Endpoint::LineageImpact => lineage::impact(app, req).await,
        Endpoint::LineageReport => lineage::report(app, req).await,
        Endpoint::LineageQuery => lineage::query(app, req).await,
        // Graph
        Endpoint::GraphStats => graph::stats(app, req).await,
        Endpoint::CreateEntity => graph::create_entity(app, req).await,
        Endpoint::CreateRelationship => graph::create_relationship(app, req).await,
        Endpoint::GetEntity => graph::entity(app, req).await,
        Endpoint::GraphSearch => graph::search(app, req).await,
        Endpoint::GraphLineage => graph::lineage(app, req).await,
        // Database
        Endpoint::DatabaseSchemas => database::schemas(app, req).await,
        Endpoint::DatabaseTable => database::table(app, req).await,
        Endpoint::DatabaseDependencies => database::dependencies(app, req).await,
        // Live
        Endpoint::DashboardSocket => live::dashboard(app, req).await,
        Endpoint::SocketPresence => live::connections(app, req).await,
        Endpoint::SocketMessage => live::message(app, req).await,
        Endpoint::SocketBroadcast => live::broadcast(app, req).await,
        Endpoint::WebsocketConfig => live::config(app, req).await,
        // Numbers
        Endpoint::Stats => numbers::stats(app, req).await,
        Endpoint::RecentActivity => numbers::recent(app, req).await,
        Endpoint::ActivityMetrics => numbers::activity(app, req).await,
        Endpoint::ActivityEvents => numbers::events(app, req).await,
        Endpoint::RagStatus => numbers::rag(app, req).await,
        Endpoint::ListModels => numbers::models(app, req).await,
        Endpoint::Metrics => numbers::metrics(app, req).await,
        // Meta
        Endpoint::ListEndpoints => meta::endpoints(app, req).await,
        Endpoint::SqlDialects => meta::dialects(app, req).await,
        Endpoint::OpenApi => meta::openapi(app, req).await,
        Endpoint::Docs => meta::docs(app, req).await,
        Endpoint::DocsAsset => meta::docs_asset(app, req).await,
        Endpoint::Page => meta::page(app, req).await,
        Endpoint::PageAsset => meta::page_asset(app, req).await,
        // Admin
        Endpoint::Restart => admin::restart(app, req).await,
    }
}
