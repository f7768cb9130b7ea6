//! The one table of routes: what the server serves, and all that is said about it.
//!
//! Dispatch, OpenAPI, `/api/v1/endpoints`, the `Allow` of a 405, the labels of metrics, the names of activity events and the check of
//! the documentation all read [`ROUTES`]. A literal segment wins over a parameter, whatever their order here.

use super::chat as http_chat;
use super::ingest as http_ingest;
use super::{database, files, graph, lineage, links, live, meta, projects};
use crate::ingest;
use crate::store::files::Stats;
use crate::store::links::{Link, ProjectLink};
use crate::store::projects::{Context, Project, Repository};
use crate::store::settings::FileLimits;
use hyper::Method;
use schemars::{Schema, SchemaGenerator};

/// Which handler; matched once, in [`super::dispatch`].
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    // Health
    Health,
    Ready,
    // Chat
    ChatTitle,
    ListSessions,
    GetSession,
    DeleteSession,
    ChatStream,
    ChatAsk,
    // Projects
    ListProjects,
    CreateProject,
    GetProject,
    UpdateProject,
    DeleteProject,
    CreateRepository,
    DeleteRepository,
    GetContext,
    PutContext,
    // Links
    CreateLink,
    DeleteLink,
    DetectLinks,
    ListProjectLinks,
    CreateProjectLink,
    DeleteProjectLink,
    // Files
    UploadFiles,
    ListFiles,
    RecentFiles,
    SearchFiles,
    FileStats,
    GetFileConfig,
    PutFileConfig,
    GetFile,
    DeleteFile,
    FileContent,
    FileLines,
    // Ingestion
    IngestSample,
    IngestSql,
    IngestPath,
    RunDiff,
    IngestionLogs,
    IngestionLog,
    // Lineage
    LineageNodes,
    LineageEdges,
    LineageSearch,
    LineageNode,
    LineageEdge,
    LineageEvidence,
    LineageLayout,
    LineagePath,
    LineageImpact,
    LineageReport,
    LineageQuery,
    // Graph
    GraphStats,
    CreateEntity,
    CreateRelationship,
    GetEntity,
    GraphSearch,
    GraphLineage,
    // Database
    DatabaseSchemas,
    DatabaseTable,
    DatabaseDependencies,
    // Live
    DashboardSocket,
    SocketPresence,
    SocketMessage,
    SocketBroadcast,
    WebsocketConfig,
    // Numbers
    Stats,
    RecentActivity,
    ActivityMetrics,
    ActivityEvents,
    RagStatus,
    ListModels,
    Metrics,
    // Meta
    ListEndpoints,
    SqlDialects,
    OpenApi,
    Docs,
    DocsAsset,
    Page,
    PageAsset,
    // Admin
    Restart,
}

/// What an endpoint does that takes long, and is counted, timed and named as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// Questions: `RATE_LIMIT_CHAT`.
    Answers,
    /// Ingestions: `RATE_LIMIT_INGEST`.
    Ingests,
}

impl Endpoint {
    /// The long work that it does, if it does any.
    pub fn work(self) -> Option<Work> {
        match self {
            Endpoint::ChatAsk | Endpoint::ChatStream | Endpoint::ChatTitle | Endpoint::LineageQuery => Some(Work::Answers),
            Endpoint::UploadFiles | Endpoint::IngestSql | Endpoint::IngestPath | Endpoint::IngestSample => Some(Work::Ingests),
            _ => None,
        }
    }

    /// Its name in snake case: `list_projects`, …
    pub fn name(self) -> String {
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }
}

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Open,
    /// With `API_TOKEN` when one is set.
    Token,
    /// As `Token`, and `?token=` counts too: a browser's WebSocket cannot send headers.
    Socket,
    /// With `ADMIN_TOKEN`, or from `ADMIN_NETWORKS` when none is set.
    Admin,
}

/// A query parameter, for the documentation.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Name.
    pub name: &'static str,
    /// JSON type: `string`, `integer`, `boolean`, `number`.
    pub r#type: &'static str,
    /// Must be there.
    pub required: bool,
    /// One line.
    pub meaning: &'static str,
    /// The least and the most an integer may be.
    pub range: Option<(i64, i64)>,
    /// What a string may be; empty: anything.
    pub choices: &'static [&'static str],
}

impl Param {
    /// One that may be left out.
    pub const fn optional(name: &'static str, r#type: &'static str, meaning: &'static str) -> Param {
        Param { name, r#type, required: false, meaning, range: None, choices: &[] }
    }

    /// One that must be there.
    pub const fn required(name: &'static str, r#type: &'static str, meaning: &'static str) -> Param {
        Param { required: true, ..Param::optional(name, r#type, meaning) }
    }

    /// An integer between these two, or one of them.
    pub const fn within(self, least: i64, most: i64) -> Param {
        Param { range: Some((least, most)), ..self }
    }

    /// One of these strings.
    pub const fn one_of(self, choices: &'static [&'static str]) -> Param {
        Param { choices, ..self }
    }
}

/// Makes the schema of a wire type: `SchemaGenerator::subschema_for::<T>`.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One row.
#[derive(Clone, Debug)]
pub struct Route {
    /// Method.
    pub method: Method,
    /// Template; `{name}` stands for one segment.
    pub path: &'static str,
    /// Handler.
    pub endpoint: Endpoint,
    /// Group in the documentation.
    pub tag: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Who may call.
    pub access: Access,
    /// Query parameters.
    pub query: &'static [Param],
    /// JSON request body.
    pub body: Option<SchemaOf>,
    /// JSON answer; `None`: not JSON, or no body.
    pub answer: Option<SchemaOf>,
    /// Status of success.
    pub status: u16,
}

impl Route {
    const fn new(method: Method, path: &'static str, endpoint: Endpoint, tag: &'static str, summary: &'static str) -> Route {
        Route { method, path, endpoint, tag, summary, access: Access::Token, query: &[], body: None, answer: None, status: 200 }
    }

    const fn open(mut self) -> Route {
        self.access = Access::Open;
        self
    }

    const fn admin(mut self) -> Route {
        self.access = Access::Admin;
        self
    }

    const fn socket(mut self) -> Route {
        self.access = Access::Socket;
        self
    }

    const fn query(mut self, query: &'static [Param]) -> Route {
        self.query = query;
        self
    }

    const fn body(mut self, schema: SchemaOf) -> Route {
        self.body = Some(schema);
        self
    }

    const fn answers_nothing(mut self) -> Route {
        self.status = 204;
        self
    }

    const fn answers(mut self, status: u16, schema: SchemaOf) -> Route {
        self.status = status;
        self.answer = Some(schema);
        self
    }
}

/// Every route.
pub static ROUTES: &[Route] = &[
    // Health
    Route::new(Method::GET, "/health", Endpoint::Health, "Health", "How the server and what it leans on are")
        .open()
        .answers(200, SchemaGenerator::subschema_for::<super::health::Health>),
    Route::new(Method::GET, "/health/ready", Endpoint::Ready, "Health", "200 once loaded, 503 before and while draining")
        .open()
        .answers(200, SchemaGenerator::subschema_for::<super::health::Ready>),
    // Chat
    Route::new(Method::POST, "/api/chat/title", Endpoint::ChatTitle, "Chat", "A short title for a conversation")
        .body(SchemaGenerator::subschema_for::<http_chat::Untitled>)
        .answers(200, SchemaGenerator::subschema_for::<http_chat::Title>),
    Route::new(Method::GET, "/api/chat/sessions", Endpoint::ListSessions, "Chat", "Chat sessions, newest first")
        .query(&[
            Param::optional("limit", "integer", "At most so many, 1 to 500").within(1, 500),
            Param::optional("offset", "integer", "Leave out so many").within(0, u32::MAX as i64),
            Param::optional("project_id", "string", "Only those whose last question was of this project; all when left out or empty"),
        ])
        .answers(200, SchemaGenerator::subschema_for::<http_chat::Sessions>),
    Route::new(Method::GET, "/api/chat/sessions/{id}", Endpoint::GetSession, "Chat", "One session with its messages")
        .answers(200, SchemaGenerator::subschema_for::<http_chat::Conversation>),
    Route::new(Method::DELETE, "/api/chat/session/{id}", Endpoint::DeleteSession, "Chat", "Forget a session")
        .answers(200, SchemaGenerator::subschema_for::<http_chat::Forgotten>),
    Route::new(
        Method::POST,
        "/api/chat/{mode}/stream",
        Endpoint::ChatStream,
        "Chat",
        "Ask, and get the answer as it is made (server-sent events)",
    )
    .body(SchemaGenerator::subschema_for::<http_chat::Ask>),
    Route::new(
        Method::POST,
        "/api/chat/{mode}",
        Endpoint::ChatAsk,
        "Chat",
        "Ask a question in one of four modes: text, semantic, graph, deep",
    )
    .body(SchemaGenerator::subschema_for::<http_chat::Ask>)
    .answers(200, SchemaGenerator::subschema_for::<http_chat::Reply>),
    // Projects
    Route::new(Method::GET, "/api/v1/projects", Endpoint::ListProjects, "Projects", "Projects, oldest first")
        .query(projects::PAGES)
        .answers(200, SchemaGenerator::subschema_for::<projects::ProjectPage>),
    Route::new(Method::POST, "/api/v1/projects", Endpoint::CreateProject, "Projects", "Create a project")
        .body(SchemaGenerator::subschema_for::<projects::NewProject>)
        .answers(201, SchemaGenerator::subschema_for::<Project>),
    Route::new(Method::GET, "/api/v1/projects/{id}", Endpoint::GetProject, "Projects", "One project with its repositories and links")
        .answers(200, SchemaGenerator::subschema_for::<projects::ProjectDetail>),
    Route::new(Method::PUT, "/api/v1/projects/{id}", Endpoint::UpdateProject, "Projects", "Change a project's name or description")
        .body(SchemaGenerator::subschema_for::<projects::ProjectChange>)
        .answers(200, SchemaGenerator::subschema_for::<Project>),
    Route::new(
        Method::DELETE,
        "/api/v1/projects/{id}",
        Endpoint::DeleteProject,
        "Projects",
        "Delete a project: what is in it moves to `default`, or goes too with `delete_data=true`",
    )
    .query(projects::DELETION)
    .answers_nothing(),
    Route::new(Method::POST, "/api/v1/projects/{id}/repositories", Endpoint::CreateRepository, "Projects", "Add a repository to a project")
        .body(SchemaGenerator::subschema_for::<projects::NewRepository>)
        .answers(201, SchemaGenerator::subschema_for::<Repository>),
    Route::new(
        Method::DELETE,
        "/api/v1/projects/{id}/repositories/{rid}",
        Endpoint::DeleteRepository,
        "Projects",
        "Delete a repository and its files",
    )
    .answers_nothing(),
    Route::new(Method::GET, "/api/v1/projects/{id}/context", Endpoint::GetContext, "Projects", "What a project says of itself")
        .answers(200, SchemaGenerator::subschema_for::<Context>),
    Route::new(Method::PUT, "/api/v1/projects/{id}/context", Endpoint::PutContext, "Projects", "Replace what a project says of itself")
        .body(SchemaGenerator::subschema_for::<projects::NewContext>)
        .answers(200, SchemaGenerator::subschema_for::<Context>),
    // Links
    Route::new(Method::POST, "/api/v1/projects/{id}/links", Endpoint::CreateLink, "Links", "Link two repositories")
        .body(SchemaGenerator::subschema_for::<links::NewLink>)
        .answers(201, SchemaGenerator::subschema_for::<Link>),
    Route::new(Method::DELETE, "/api/v1/projects/{id}/links", Endpoint::DeleteLink, "Links", "Remove a link")
        .query(links::LINK)
        .answers_nothing(),
    Route::new(
        Method::POST,
        "/api/v1/projects/{id}/links/detect",
        Endpoint::DetectLinks,
        "Links",
        "Find which repository reads what another defines",
    )
    .answers(200, SchemaGenerator::subschema_for::<links::Detection>),
    Route::new(Method::GET, "/api/v1/projects/{id}/project-links", Endpoint::ListProjectLinks, "Links", "Links to and from other projects")
        .answers(200, SchemaGenerator::subschema_for::<Vec<ProjectLink>>),
    Route::new(Method::POST, "/api/v1/projects/{id}/project-links", Endpoint::CreateProjectLink, "Links", "Link two projects")
        .body(SchemaGenerator::subschema_for::<links::NewProjectLink>)
        .answers(201, SchemaGenerator::subschema_for::<ProjectLink>),
    Route::new(
        Method::DELETE,
        "/api/v1/projects/{id}/project-links",
        Endpoint::DeleteProjectLink,
        "Links",
        "Remove a link between projects",
    )
    .query(links::LINK)
    .answers_nothing(),
    // Files
    Route::new(Method::POST, "/api/v1/files/upload", Endpoint::UploadFiles, "Files", "Upload files (multipart) and ingest them")
        .answers(200, SchemaGenerator::subschema_for::<ingest::Report>),
    Route::new(Method::GET, "/api/v1/files", Endpoint::ListFiles, "Files", "Files, newest first; `X-Total-Count` tells how many there are")
        .query(files::FILTERS)
        .answers(200, SchemaGenerator::subschema_for::<Vec<files::File>>),
    Route::new(Method::GET, "/api/v1/files/recent", Endpoint::RecentFiles, "Files", "The files ingested last")
        .query(files::RECENT)
        .answers(200, SchemaGenerator::subschema_for::<Vec<files::File>>),
    Route::new(Method::GET, "/api/v1/files/search", Endpoint::SearchFiles, "Files", "Files by name or content")
        .query(files::SEARCH)
        .answers(200, SchemaGenerator::subschema_for::<Vec<files::File>>),
    Route::new(Method::GET, "/api/v1/files/stats", Endpoint::FileStats, "Files", "Counts and bytes of files")
        .query(files::OF_PROJECT)
        .answers(200, SchemaGenerator::subschema_for::<Stats>),
    Route::new(Method::GET, "/api/v1/files/config", Endpoint::GetFileConfig, "Files", "Limits of uploads")
        .answers(200, SchemaGenerator::subschema_for::<FileLimits>),
    Route::new(Method::PUT, "/api/v1/files/config", Endpoint::PutFileConfig, "Files", "Change the limits of uploads")
        .body(SchemaGenerator::subschema_for::<files::FileLimitsChange>)
        .answers(200, SchemaGenerator::subschema_for::<FileLimits>),
    Route::new(Method::GET, "/api/v1/files/{id}", Endpoint::GetFile, "Files", "One file, with what was not understood in it")
        .answers(200, SchemaGenerator::subschema_for::<files::FileDetail>),
    Route::new(Method::DELETE, "/api/v1/files/{id}", Endpoint::DeleteFile, "Files", "Delete a file and all it said").answers_nothing(),
    Route::new(Method::GET, "/api/v1/files/{id}/content", Endpoint::FileContent, "Files", "A file's bytes, as text"),
    Route::new(Method::GET, "/api/v1/files/{id}/lines", Endpoint::FileLines, "Files", "A file's lines, its SQL told apart by tokens")
        .query(super::lines::QUERY)
        .answers(200, SchemaGenerator::subschema_for::<super::lines::Lines>),
    // Ingestion
    Route::new(Method::POST, "/api/v1/sample", Endpoint::IngestSample, "Ingestion", "Ingest the bundled sample warehouse")
        .answers(200, SchemaGenerator::subschema_for::<ingest::Report>),
    Route::new(Method::POST, "/api/v1/ingest/sql", Endpoint::IngestSql, "Ingestion", "Ingest SQL sent in the request")
        .body(SchemaGenerator::subschema_for::<http_ingest::SqlRequest>)
        .answers(200, SchemaGenerator::subschema_for::<ingest::Report>),
    Route::new(Method::POST, "/api/v1/ingest", Endpoint::IngestPath, "Ingestion", "Ingest a file or folder below INGEST_ROOT")
        .body(SchemaGenerator::subschema_for::<http_ingest::PathRequest>)
        .answers(200, SchemaGenerator::subschema_for::<ingest::Report>),
    Route::new(Method::GET, "/api/v1/runs/{id}/diff", Endpoint::RunDiff, "Ingestion", "Nodes and edges that a run added and removed")
        .answers(200, SchemaGenerator::subschema_for::<http_ingest::RunDiff>),
    Route::new(Method::GET, "/api/v1/ingestion/logs", Endpoint::IngestionLogs, "Ingestion", "Ingestions, newest first")
        .query(&[
            Param::optional("project_id", "string", "Of this project"),
            Param::optional("source", "string", "Started by `upload`, `manual`, `ingest` or `sample`"),
            Param::optional("status", "string", "`running`, `completed`, `completed_with_errors`, `failed` or `interrupted`"),
            Param::optional("limit", "integer", "At most so many, 1 to 1000 (50)").within(1, 1000),
        ])
        .answers(200, SchemaGenerator::subschema_for::<http_ingest::Sessions>),
    Route::new(
        Method::GET,
        "/api/v1/ingestion/logs/{id}",
        Endpoint::IngestionLog,
        "Ingestion",
        "The events of one ingestion (`format=json|jsonl`)",
    )
    .query(&[Param::optional("format", "string", "`json` (default), or `jsonl`: one event a line").one_of(&["json", "jsonl"])])
    .answers(200, SchemaGenerator::subschema_for::<http_ingest::Log>),
    // Lineage
    Route::new(Method::GET, "/api/v1/lineage/nodes", Endpoint::LineageNodes, "Lineage", "Nodes, filtered and paged")
        .query(lineage::LIST_QUERY)
        .answers(200, SchemaGenerator::subschema_for::<lineage::NodePage>),
    Route::new(Method::GET, "/api/v1/lineage/edges", Endpoint::LineageEdges, "Lineage", "Edges, filtered and paged")
        .query(lineage::LIST_QUERY)
        .answers(200, SchemaGenerator::subschema_for::<lineage::EdgePage>),
    Route::new(Method::GET, "/api/v1/lineage/search", Endpoint::LineageSearch, "Lineage", "Assets by name or in plain words, best first")
        .query(lineage::SEARCH_QUERY)
        .answers(200, SchemaGenerator::subschema_for::<lineage::Found>),
    Route::new(Method::GET, "/api/v1/lineage/node/{id}", Endpoint::LineageNode, "Lineage", "Upstream and downstream of a node")
        .query(lineage::NODE_QUERY)
        .answers(200, SchemaGenerator::subschema_for::<lineage::Neighbourhood>),
    Route::new(Method::GET, "/api/v1/lineage/edge/{urn}", Endpoint::LineageEdge, "Lineage", "One edge with its evidence")
        .answers(200, SchemaGenerator::subschema_for::<lineage::evidence::EdgeDetail>),
    Route::new(
        Method::GET,
        "/api/v1/lineage/evidence/{urn}",
        Endpoint::LineageEvidence,
        "Lineage",
        "The places that a source of an answer stands for, with their text",
    )
    .answers(200, SchemaGenerator::subschema_for::<lineage::evidence::Rests>),
    Route::new(
        Method::GET,
        "/api/v1/lineage/layout",
        Endpoint::LineageLayout,
        "Lineage",
        "The surroundings of a node as a picture: laid out in layers, or as SVG, Mermaid, DOT",
    )
    .query(lineage::layout::QUERY)
    .answers(200, SchemaGenerator::subschema_for::<lineage::layout::Drawing>),
    Route::new(Method::GET, "/api/v1/lineage/path", Endpoint::LineagePath, "Lineage", "How data gets from one node to another")
        .query(lineage::PATH_QUERY)
        .answers(200, SchemaGenerator::subschema_for::<lineage::Paths>),
    Route::new(
        Method::GET,
        "/api/v1/lineage/impact/{id}",
        Endpoint::LineageImpact,
        "Lineage",
        "What breaks when a node is dropped or renamed",
    )
    .query(lineage::IMPACT_QUERY)
    .answers(200, SchemaGenerator::subschema_for::<lineage::Impact>),
    Route::new(
        Method::GET,
        "/api/v1/lineage/report",
        Endpoint::LineageReport,
        "Lineage",
        "Orphans, roots, leaves, cycles, dangling names, unparsed spans",
    )
    .query(lineage::report::QUERY)
    .answers(200, SchemaGenerator::subschema_for::<lineage::report::Report>),
    Route::new(Method::POST, "/api/v1/lineage/query", Endpoint::LineageQuery, "Lineage", "Ask the graph a question in plain words")
        .body(SchemaGenerator::subschema_for::<lineage::query::NewQuestion>)
        .answers(200, SchemaGenerator::subschema_for::<lineage::query::Answered>),
    // Graph
    Route::new(Method::GET, "/api/v1/graph/stats", Endpoint::GraphStats, "Graph", "Counts by type")
        .query(graph::PROJECT_QUERY)
        .answers(200, SchemaGenerator::subschema_for::<graph::Counts>),
    Route::new(Method::POST, "/api/v1/graph/entity", Endpoint::CreateEntity, "Graph", "Add a node by hand")
        .body(SchemaGenerator::subschema_for::<graph::NewEntity>)
        .answers(200, SchemaGenerator::subschema_for::<graph::Created>),
    Route::new(Method::POST, "/api/v1/graph/relationship", Endpoint::CreateRelationship, "Graph", "Add an edge by hand")
        .body(SchemaGenerator::subschema_for::<graph::NewRelationship>)
        .answers(200, SchemaGenerator::subschema_for::<graph::Related>),
    Route::new(Method::GET, "/api/v1/graph/entity/{id}", Endpoint::GetEntity, "Graph", "One node")
        .query(graph::PROJECT_QUERY)
        .answers(200, SchemaGenerator::subschema_for::<graph::Entity>),
    Route::new(Method::GET, "/api/v1/graph/search", Endpoint::GraphSearch, "Graph", "Nodes by name")
        .query(graph::SEARCH_QUERY)
        .answers(200, SchemaGenerator::subschema_for::<Vec<graph::Entity>>),
    Route::new(Method::GET, "/api/v1/graph/lineage/{id}", Endpoint::GraphLineage, "Graph", "Upstream and downstream of a node, as lists")
        .query(graph::LINEAGE_QUERY)
        .answers(200, SchemaGenerator::subschema_for::<graph::Lists>),
    // Database
    Route::new(
        Method::GET,
        "/api/v1/database/schemas",
        Endpoint::DatabaseSchemas,
        "Database",
        "Schemas with their tables, views, procedures and functions",
    )
    .query(database::PROJECT_QUERY)
    .answers(200, SchemaGenerator::subschema_for::<database::Schemas>),
    Route::new(Method::GET, "/api/database/schemas", Endpoint::DatabaseSchemas, "Database", "Schemas (unversioned)")
        .query(database::PROJECT_QUERY)
        .answers(200, SchemaGenerator::subschema_for::<database::Schemas>),
    Route::new(
        Method::GET,
        "/api/v1/database/tables/{schema}/{table}",
        Endpoint::DatabaseTable,
        "Database",
        "A table's columns, types and keys",
    )
    .query(database::PROJECT_QUERY)
    .answers(200, SchemaGenerator::subschema_for::<database::Table>),
    Route::new(
        Method::GET,
        "/api/v1/database/tables/{schema}/{table}/dependencies",
        Endpoint::DatabaseDependencies,
        "Database",
        "What a table depends on, and what depends on it",
    )
    .query(database::DEPENDENCIES_QUERY)
    .answers(200, SchemaGenerator::subschema_for::<database::Dependencies>),
    // Live
    Route::new(Method::GET, "/api/v1/ws/dashboard", Endpoint::DashboardSocket, "Live", "Live events (WebSocket)")
        .socket()
        .query(live::SOCKET_PARAMS),
    Route::new(Method::GET, "/admin/ws/dashboard", Endpoint::DashboardSocket, "Live", "Live events (WebSocket)")
        .socket()
        .query(live::SOCKET_PARAMS),
    Route::new(Method::GET, "/ws/dashboard", Endpoint::DashboardSocket, "Live", "Live events (WebSocket)")
        .socket()
        .query(live::SOCKET_PARAMS),
    Route::new(Method::GET, "/api/v1/ws/connections", Endpoint::SocketPresence, "Live", "Who is connected")
        .admin()
        .answers(200, SchemaGenerator::subschema_for::<Vec<live::Connected>>),
    Route::new(
        Method::POST,
        "/api/v1/ws/connections/{connection_id}/messages",
        Endpoint::SocketMessage,
        "Live",
        "Send one client a message",
    )
    .admin()
    .body(SchemaGenerator::subschema_for::<live::Message>)
    .answers(200, SchemaGenerator::subschema_for::<live::Sent>),
    Route::new(Method::POST, "/api/v1/ws/broadcast", Endpoint::SocketBroadcast, "Live", "Send every client a message")
        .admin()
        .body(SchemaGenerator::subschema_for::<live::Message>)
        .answers(200, SchemaGenerator::subschema_for::<live::Sent>),
    Route::new(Method::GET, "/api/v1/config/websocket", Endpoint::WebsocketConfig, "Live", "Where the dashboard WebSocket is")
        .answers(200, SchemaGenerator::subschema_for::<live::WebsocketConfig>),
    // Numbers
    Route::new(Method::GET, "/api/v1/stats", Endpoint::Stats, "Numbers", "Live numbers with 24-hour trends")
        .answers(200, SchemaGenerator::subschema_for::<super::numbers::Stats>),
    Route::new(Method::GET, "/api/v1/activity/recent", Endpoint::RecentActivity, "Numbers", "What happened last")
        .query(&[Param::optional("limit", "integer", "At most so many, 1 to 100 (20)").within(1, 100)])
        .answers(200, SchemaGenerator::subschema_for::<Vec<super::numbers::Happening>>),
    Route::new(Method::GET, "/api/v1/metrics/activity", Endpoint::ActivityMetrics, "Numbers", "Requests, successes, latencies, errors")
        .answers(200, SchemaGenerator::subschema_for::<super::numbers::ActivityMetrics>),
    Route::new(Method::GET, "/api/v1/metrics/events", Endpoint::ActivityEvents, "Numbers", "The newest activity events")
        .query(&[Param::optional("limit", "integer", "At most so many, 1 to 1000 (100)").within(1, 1000)])
        .answers(200, SchemaGenerator::subschema_for::<super::numbers::ActivityEvents>),
    Route::new(Method::GET, "/api/v1/rag/status", Endpoint::RagStatus, "Numbers", "How questions are answered, and how fast")
        .answers(200, SchemaGenerator::subschema_for::<super::numbers::RagStatus>),
    Route::new(Method::GET, "/api/v1/models", Endpoint::ListModels, "Numbers", "Language models there are")
        .answers(200, SchemaGenerator::subschema_for::<super::numbers::ModelList>),
    Route::new(Method::GET, "/metrics", Endpoint::Metrics, "Numbers", "Prometheus metrics"),
    // Meta
    Route::new(Method::GET, "/api/v1/endpoints", Endpoint::ListEndpoints, "Meta", "Every endpoint")
        .query(meta::ENDPOINTS_QUERY)
        .answers(200, SchemaGenerator::subschema_for::<meta::Endpoints>),
    Route::new(Method::GET, "/api/v1/config/sql-dialects", Endpoint::SqlDialects, "Meta", "SQL dialects")
        .answers(200, SchemaGenerator::subschema_for::<Vec<meta::Dialect>>),
    Route::new(Method::GET, "/openapi.json", Endpoint::OpenApi, "Meta", "This API as OpenAPI 3.1").open(),
    Route::new(Method::GET, "/docs", Endpoint::Docs, "Meta", "Swagger UI").open(),
    Route::new(Method::GET, "/docs/{file}", Endpoint::DocsAsset, "Meta", "Files of Swagger UI").open(),
    Route::new(Method::GET, "/", Endpoint::Page, "Meta", "The dashboard page").open(),
    Route::new(Method::GET, "/assets/{file}", Endpoint::PageAsset, "Meta", "Files of the dashboard page").open(),
    // Admin
    Route::new(Method::POST, "/admin/restart", Endpoint::Restart, "Admin", "Drain and restart")
        .admin()
        .answers(200, SchemaGenerator::subschema_for::<super::admin::Restarting>),
];
