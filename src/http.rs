//! The HTTP skin. A request goes: hyper -> [`serve`] (id, client, CORS, host, access, limits) -> [`route`] -> [`dispatch`] -> a handler
//! -> response -> activity event and log line. A handler decodes, calls one function, encodes; it receives only what it uses.

pub mod access;
pub mod admin;
pub mod assets;
pub mod body;
pub mod chat;
pub mod cors;
pub mod database;
pub mod error;
pub mod exchange;
pub mod fields;
pub mod files;
#[cfg(test)]
mod fuzz;
pub mod graph;
pub mod health;
pub mod ingest;
pub mod lineage;
pub mod lines;
pub mod links;
pub mod live;
pub mod locate;
pub mod meta;
pub mod numbers;
pub mod openapi;
pub mod projects;
pub mod rate;
pub mod respond;
pub mod route;
pub mod router;
pub mod spent;
pub mod upgrade;
pub mod upload;
pub mod wire;

pub use body::{RequestBody, ResponseBody};
pub use error::{Error, FieldError};
pub use exchange::{Limits, Metadata};
pub use fields::Fields;
pub use route::{Endpoint, ROUTES, Route};

use crate::activity::Activity;
use crate::chat::{Chat, Embeddings, Models};
use crate::config::Config;
use crate::ingest::{Ingest, Knowledge};
use crate::realtime::{Hub, Refusal};
use crate::server::Lifecycle;
use crate::store::Store;
use access::{Caller, Refused};
use exchange::Exchange;
use futures_util::FutureExt;
use hyper::header::{
    ALLOW, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY, TRANSFER_ENCODING,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, StatusCode};
use router::Found;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id taken from a client.
const MAX_REQUEST_ID: usize = 128;

/// What a handler answers.
pub type Response = hyper::Response<ResponseBody>;

/// Everything the handlers are wired to; only [`dispatch`] sees it whole.
pub struct App {
    /// Settings in force; a reload replaces them whole.
    pub(crate) config: RwLock<Arc<Config>>,
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
    /// Vectors for search.
    pub embeddings: Embeddings,
    /// The dashboard socket.
    pub hub: Hub,
    /// The activity log.
    pub activity: Activity,
    /// Ready, draining, restarting.
    pub lifecycle: Lifecycle,
    /// What `/health` found last.
    pub checks: health::Checks,
    /// Who asked how often, and how many failures were told.
    pub limits: Limits,
}

impl App {
    /// The settings in force now. A request is answered by those of its beginning, [`Request::config`].
    pub fn config(&self) -> Arc<Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the settings, for whoever asks next.
    pub(crate) fn set_config(&self, config: Config) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }
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
    /// Method, URI and headers as hyper gave them, and the body.
    pub inner: hyper::Request<RequestBody>,
    /// The client speaks HTTPS to a trusted proxy.
    pub secure: bool,
    /// What the handler adds to the activity event (project, files, model, …).
    pub metadata: Metadata,
    /// The settings that it is answered by.
    pub config: Arc<Config>,
    /// Room for its body, until the handler is done with it.
    held: body::Held,
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

    /// The JSON body, read under [`body::MAX_JSON_BYTES`] (`/ingest/sql`: [`body::MAX_SQL_JSON_BYTES`]), to be decoded as pydantic does
    /// (`loc` `["body", name]`). 422 for what is not a JSON object, 413 over the limit, 400 for what is not UTF-8.
    pub async fn json(&mut self) -> Result<Fields, Error> {
        let limit = self.json_limit();
        body::read_json(&mut self.inner, limit, &self.metadata.spent, &mut self.held).await
    }

    fn json_limit(&self) -> usize {
        if self.route.endpoint == Endpoint::IngestSql { body::MAX_SQL_JSON_BYTES } else { body::MAX_JSON_BYTES }
    }
}

/// Answers one request; the server calls it for each that hyper read. `peer` is the socket's other end. Never fails: what goes wrong is
/// an answer too.
pub async fn serve(app: Arc<App>, peer: SocketAddr, request: hyper::Request<RequestBody>) -> Response {
    let config = app.config();
    let caller = Caller::of(&config, peer.ip(), request.headers());
    let origin = cors::Origin::of(&config, request.headers(), access::host(&request));
    let (is_head, is_safe) = (request.method() == Method::HEAD, request.method().is_safe());
    let id = request_id(request.headers());
    let mut exchange = Exchange::begin(app.clone(), id, caller, request.method(), request.uri().path(), request.body().received());
    let answer = AssertUnwindSafe(answer(&app, &config, &mut exchange, request, origin.as_ref())).catch_unwind().await;
    let answer = answer.unwrap_or_else(|_| Err(Error::Internal("a handler panicked; the panic's own message stands above".into())));
    let answer = answer.and_then(|mut response| match response.body_mut().hold(&app.limits.answers) {
        // What is done is told: asked for again it would be done twice.
        Err(error) if is_safe => Err(error),
        _ => Ok(response),
    });
    let problem = answer.as_ref().err().map(Error::message);
    let mut response = answer.unwrap_or_else(|error| {
        if let Error::Internal(text) = &error {
            log::error!("request_id={} internal error: {text}", exchange.id);
        }
        error.respond(&exchange.id)
    });
    let length = response.body().len();
    if is_head {
        if let Some(length) = length {
            response.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from(length));
        }
        *response.body_mut() = ResponseBody::empty();
    }
    let headers = response.headers_mut();
    if let Some(standing) = exchange.standing {
        headers.insert(HeaderName::from_static("x-ratelimit-limit"), standing.limit.into());
        headers.insert(HeaderName::from_static("x-ratelimit-remaining"), standing.remaining.into());
        headers.insert(HeaderName::from_static("x-ratelimit-reset"), standing.reset.into());
    }
    cors::decorate(origin.as_ref(), headers);
    if let Ok(id) = HeaderValue::from_str(&exchange.id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Pages bring a policy of their own; nothing else is one, whatever a browser takes it for.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    response.body_mut().watch(exchange.writing());
    exchange.finish(response.status().as_u16(), length.filter(|_| !is_head), problem);
    response
}

/// The client's id for its request when it is sane, else one of ours.
fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get(REQUEST_ID).and_then(|v| v.to_str().ok());
    let sane = sent.filter(|id| (1..=MAX_REQUEST_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()));
    sane.map_or_else(crate::id::random, str::to_owned)
}

async fn answer(
    app: &Arc<App>,
    config: &Arc<Config>,
    exchange: &mut Exchange,
    request: hyper::Request<RequestBody>,
    origin: Option<&cors::Origin>,
) -> Result<Response, Error> {
    let refused = &app.limits.refused;
    let host = access::check_one_host(&request).and_then(|()| access::check_host(config, access::host(&request)));
    host.inspect_err(|_| refused.count(Refused::Host))?;
    check_coding(request.headers())?;
    let method = request.method();
    if let Some(origin) = origin.filter(|_| cors::is_preflight(method, request.headers())) {
        return Ok(cors::preflight(origin, request.headers()));
    }
    let foreign = origin.is_some_and(|origin| !origin.allowed);
    if foreign && !method.is_safe() {
        refused.count(Refused::Origin);
        return Err(foreign_origin());
    }
    let (route, params) = match router::find(method, below_base(&config.base_path, request.uri().path())) {
        Found::Route(route, params) => (route, params),
        Found::Redirect(path) => return Ok(redirect(config, &request, exchange.caller.secure, &path)),
        Found::Methods(allow) if method == Method::OPTIONS => {
            return Ok(respond::with(respond::empty(StatusCode::NO_CONTENT), ALLOW, allow));
        }
        Found::Methods(allow) => return Err(Error::MethodNotAllowed(allow)),
        Found::Nothing => return Err(Error::NotFound("Not Found".into())),
    };
    exchange.route = Some(route);
    exchange.mode = params.first().cloned();
    // CORS does not guard WebSockets: a browser sends the upgrade and lets any page read it.
    let socket = route.access == route::Access::Socket;
    if foreign && socket {
        refused.count(Refused::Origin);
        app.hub.refused(exchange.caller.address, Refusal::Origin);
        return Err(foreign_origin());
    }
    access::check(config, route, exchange.caller, request.headers(), request.uri().query()).inspect_err(|error| {
        refused.count(if matches!(error, Error::Unauthorized(_)) { Refused::Token } else { Refused::Network });
        if socket {
            app.hub.refused(exchange.caller.address, Refusal::Token);
        }
    })?;
    // Until the graphs are built, answers from them would be wrong rather than late.
    if !app.lifecycle.is_loaded() && (socket || route.access == route::Access::Token) {
        return Err(Error::Unavailable("The server is loading what its store holds: try again in a moment".into(), 1));
    }
    exchange.standing = app.limits.requests.count(config, route.endpoint, exchange.caller.address, Instant::now());
    if let Some(standing) = exchange.standing.filter(|s| s.exceeded) {
        refused.count(Refused::Rate);
        return Err(Error::TooManyRequests { limit: standing.limit, retry_after: standing.reset });
    }
    let request = Request {
        id: exchange.id.clone(),
        client: exchange.caller.address,
        route,
        params,
        inner: request,
        secure: exchange.caller.secure,
        metadata: exchange.metadata.clone(),
        config: config.clone(),
        held: app.limits.bodies.held(),
    };
    dispatch(app, request).await
}

/// 501 for a body that is coded for its transfer beyond being cut in chunks: read as it is it would be another.
fn check_coding(headers: &HeaderMap) -> Result<(), Error> {
    if is_chunked_twice(headers) {
        return Err(Error::BadRequest("The body is chunked twice: send 'Transfer-Encoding: chunked' once".into()));
    }
    if codings(headers).all(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
        return Ok(());
    }
    Err(Error::NotImplemented("Only 'Transfer-Encoding: chunked' is understood: say 'Content-Encoding: gzip' of a packed body".into()))
}

/// What a body is packed in for its way.
fn codings(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let all = headers.get_all(TRANSFER_ENCODING).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    all.map(<[u8]>::trim_ascii).filter(|coding| !coding.is_empty())
}

/// Whether a body says twice that it comes in chunks: what stands before this server may take its end to be elsewhere, so that nothing
/// behind it is read.
pub fn is_chunked_twice(headers: &HeaderMap) -> bool {
    codings(headers).filter(|coding| coding.eq_ignore_ascii_case(b"chunked")).nth(1).is_some()
}

fn foreign_origin() -> Error {
    Error::Forbidden("This origin is not allowed: add it to ALLOWED_ORIGINS if it should be".into())
}

/// The path without BASE_PATH. A proxy that has taken the prefix off itself is as welcome.
fn below_base<'a>(base: &str, path: &'a str) -> &'a str {
    match path.strip_prefix(base) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

/// 307 to `path`, absolute, query kept: what Starlette answers for a trailing slash.
fn redirect(config: &Config, request: &hyper::Request<RequestBody>, secure: bool, path: &str) -> Response {
    let scheme = if secure { "https" } else { "http" };
    let server = access::host(request).map_or_else(String::new, |host| format!("{scheme}://{host}"));
    let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
    respond::with(respond::empty(StatusCode::TEMPORARY_REDIRECT), LOCATION, format!("{server}{}{path}{query}", config.base_path))
}

/// The one place where an endpoint meets its handler.
pub async fn dispatch(app: &Arc<App>, req: Request) -> Result<Response, Error> {
    match req.route.endpoint {
        // Health
        Endpoint::Health => health::health(app).await,
        Endpoint::Ready => health::ready(app).await,
        // Chat
        Endpoint::ChatTitle => chat::title_of(&app.store, req).await,
        Endpoint::ListSessions => chat::sessions(&app.store, req).await,
        Endpoint::GetSession => chat::session(&app.store, req).await,
        Endpoint::DeleteSession => chat::delete_session(&app.store, req).await,
        Endpoint::ChatStream => chat::stream(app, req).await,
        Endpoint::ChatAsk => chat::ask(app, req).await,
        // Projects
        Endpoint::ListProjects => projects::list(&app.store, req).await,
        Endpoint::CreateProject => projects::create(&app.store, &app.knowledge, req).await,
        Endpoint::GetProject => projects::get(&app.store, req).await,
        Endpoint::UpdateProject => projects::update(&app.store, req).await,
        Endpoint::DeleteProject => projects::delete(&app.ingest, req).await,
        Endpoint::CreateRepository => projects::create_repository(&app.store, req).await,
        Endpoint::DeleteRepository => projects::delete_repository(&app.ingest, req).await,
        Endpoint::GetContext => projects::get_context(&app.store, req).await,
        Endpoint::PutContext => projects::put_context(&app.store, req).await,
        // Links
        Endpoint::CreateLink => links::create(&app.store, req).await,
        Endpoint::DeleteLink => links::delete(&app.store, req).await,
        Endpoint::DetectLinks => links::detect(&app.store, &app.knowledge, req).await,
        Endpoint::ListProjectLinks => links::list_projects(&app.store, req).await,
        Endpoint::CreateProjectLink => links::create_project(&app.store, req).await,
        Endpoint::DeleteProjectLink => links::delete_project(&app.store, req).await,
        // Files
        Endpoint::UploadFiles => upload::upload(&app.ingest, req).await,
        Endpoint::ListFiles => files::list(&app.store, req).await,
        Endpoint::RecentFiles => files::recent(&app.store, req).await,
        Endpoint::SearchFiles => files::search(&app.store, req).await,
        Endpoint::FileStats => files::stats(&app.store, req).await,
        Endpoint::GetFileConfig => files::get_config(&app.ingest).await,
        Endpoint::PutFileConfig => files::put_config(&app.ingest, req).await,
        Endpoint::GetFile => files::get(&app.store, req).await,
        Endpoint::DeleteFile => files::delete(&app.ingest, req).await,
        Endpoint::FileLines => lines::lines(&app.store, req).await,
        Endpoint::FileContent => files::content(app, req).await,
        // Ingestion
        Endpoint::IngestSample => ingest::sample(&app.ingest, req).await,
        Endpoint::IngestSql => ingest::sql(&app.ingest, req).await,
        Endpoint::IngestPath => ingest::path(&app.ingest, req).await,
        Endpoint::RunDiff => ingest::run_diff(&app.store, req).await,
        Endpoint::IngestionLogs => ingest::logs(&app.store, req).await,
        Endpoint::IngestionLog => ingest::log(&app.store, req).await,
        // Lineage
        Endpoint::LineageNodes => lineage::nodes(&app.knowledge, req).await,
        Endpoint::LineageEdges => lineage::edges(&app.knowledge, req).await,
        Endpoint::LineageSearch => lineage::search(app, req).await,
        Endpoint::LineageNode => lineage::node(&app.knowledge, req).await,
        Endpoint::LineageEdge => lineage::edge(&app.knowledge, &app.store, req).await,
        Endpoint::LineageEvidence => lineage::cited(&app.knowledge, &app.store, req).await,
        Endpoint::LineageLayout => lineage::layout::layout(&app.knowledge, req).await,
        Endpoint::LineagePath => lineage::path(&app.knowledge, req).await,
        Endpoint::LineageImpact => lineage::impact(&app.knowledge, req).await,
        Endpoint::LineageReport => lineage::report::report(&app.knowledge, req).await,
        Endpoint::LineageQuery => lineage::query::query(&app.chat, req).await,
        // Graph
        Endpoint::GraphStats => graph::stats(&app.knowledge, req).await,
        Endpoint::CreateEntity => graph::create_entity(&app.ingest, req).await,
        Endpoint::CreateRelationship => graph::create_relationship(&app.ingest, req).await,
        Endpoint::GetEntity => graph::entity(&app.knowledge, req).await,
        Endpoint::GraphSearch => graph::search(&app.knowledge, req).await,
        Endpoint::GraphLineage => graph::lineage(&app.knowledge, req).await,
        // Database
        Endpoint::DatabaseSchemas => database::schemas(&app.knowledge, req).await,
        Endpoint::DatabaseTable => database::table(&app.knowledge, req).await,
        Endpoint::DatabaseDependencies => database::dependencies(&app.knowledge, req).await,
        // Live
        Endpoint::DashboardSocket => live::dashboard(app, req).await,
        Endpoint::SocketPresence => live::connections(&app.hub),
        Endpoint::SocketMessage => live::message(&app.hub, req).await,
        Endpoint::SocketBroadcast => live::broadcast(&app.hub, req).await,
        Endpoint::WebsocketConfig => live::config(&req),
        // Numbers
        Endpoint::Stats => numbers::stats(app).await,
        Endpoint::RecentActivity => numbers::recent(&app.activity, &req).await,
        Endpoint::ActivityMetrics => numbers::activity(app).await,
        Endpoint::ActivityEvents => numbers::events(&app.activity, &req).await,
        Endpoint::RagStatus => numbers::rag(app).await,
        Endpoint::ListModels => numbers::models(app).await,
        Endpoint::Metrics => numbers::metrics(app).await,
        // Meta
        Endpoint::ListEndpoints => meta::endpoints(&req),
        Endpoint::SqlDialects => Ok(meta::dialects()),
        Endpoint::OpenApi => meta::openapi().await,
        Endpoint::Docs => meta::docs(req.inner.headers()),
        Endpoint::DocsAsset => meta::docs_asset(&req),
        Endpoint::Page => meta::page(&req),
        Endpoint::PageAsset => meta::page_asset(&req),
        // Admin
        Endpoint::Restart => admin::restart(&app.lifecycle).await,
    }
}
