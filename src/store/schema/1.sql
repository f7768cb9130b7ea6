-- What a store holds. Times are RFC 3339 text with microseconds and Z, so they sort as text. Lists are newest first by rowid, which
-- grows with every insert, so none of them needs an index of its own.

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE project_context (
    project_id TEXT PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    data TEXT NOT NULL, -- JSON
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE project_links (
    id TEXT PRIMARY KEY,
    source_project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    target_project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    link_type TEXT NOT NULL,
    description TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (source_project_id, target_project_id, link_type)
) STRICT;
CREATE INDEX project_links_by_target ON project_links (target_project_id);

CREATE TABLE repositories (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('upload', 'manual', 'github', 'openlineage')),
    source_ref TEXT,
    last_synced TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (project_id, name)
) STRICT;

CREATE TABLE repository_links (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    source_repo_id TEXT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    target_repo_id TEXT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    link_type TEXT NOT NULL CHECK (link_type IN ('manual', 'auto-detected')),
    description TEXT,
    confidence REAL NOT NULL,
    evidence TEXT NOT NULL, -- JSON
    created_at TEXT NOT NULL,
    UNIQUE (source_repo_id, target_repo_id, link_type)
) STRICT;
CREATE INDEX repository_links_by_project ON repository_links (project_id);
CREATE INDEX repository_links_by_target ON repository_links (target_repo_id);

-- Nodes and edges made by hand. Their ends are free text: linking resolves them.
CREATE TABLE entities (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    name TEXT NOT NULL,
    properties TEXT NOT NULL, -- JSON
    created_at TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
) STRICT;

CREATE TABLE relationships (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    source_id TEXT NOT NULL,
    target_id TEXT NOT NULL,
    relationship_type TEXT NOT NULL,
    properties TEXT NOT NULL, -- JSON
    created_at TEXT NOT NULL,
    PRIMARY KEY (project_id, source_id, target_id, relationship_type)
) STRICT;

CREATE TABLE files (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    repository_id TEXT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    file_type TEXT NOT NULL,
    source TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'processed', 'error')),
    hash TEXT NOT NULL,
    size INTEGER NOT NULL,
    dialect TEXT NOT NULL DEFAULT '',
    coverage REAL NOT NULL DEFAULT 0,
    statements INTEGER NOT NULL DEFAULT 0,
    statements_failed INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    run_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    processed_at TEXT,
    updated_at TEXT NOT NULL,
    UNIQUE (repository_id, path)
) STRICT;
CREATE INDEX files_by_project ON files (project_id);
CREATE INDEX files_by_hash ON files (hash);

-- Apart from `files`, so that listing files does not drag their bytes through the cache.
CREATE TABLE file_bytes (
    file_id TEXT PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    bytes BLOB NOT NULL
) STRICT;

-- What each file states, one row for each fact, in its order.

CREATE TABLE node_facts (
    file_id TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    data TEXT NOT NULL, -- JSON
    PRIMARY KEY (file_id, ordinal)
) STRICT;

CREATE TABLE edge_facts (
    file_id TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    data TEXT NOT NULL, -- JSON
    PRIMARY KEY (file_id, ordinal)
) STRICT;

CREATE TABLE statement_facts (
    file_id TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    data TEXT NOT NULL, -- JSON
    PRIMARY KEY (file_id, ordinal)
) STRICT;

CREATE TABLE diagnostic_facts (
    file_id TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    data TEXT NOT NULL, -- JSON
    PRIMARY KEY (file_id, ordinal)
) STRICT;

-- The same for people with sqlite3: the plain fields of each fact as columns. (Computed columns in the tables would be evaluated at
-- every insert, which costs four times the insert itself.)

CREATE VIEW nodes AS
SELECT file_id, ordinal,
    data ->> '$.kind' AS kind,
    trim(replace(data ->> '$.name', '","', '.'), '[]"') AS name,
    data ->> '$.span.line' AS line,
    data ->> '$.span.line_end' AS line_end,
    data
FROM node_facts;

CREATE VIEW edges AS
SELECT file_id, ordinal,
    data ->> '$.relation' AS relation,
    trim(replace(data ->> '$.from', '","', '.'), '[]"') AS consumer,
    trim(replace(data ->> '$.to', '","', '.'), '[]"') AS source,
    data ->> '$.line' AS line,
    data ->> '$.confidence' AS confidence,
    data
FROM edge_facts;

CREATE VIEW statements AS
SELECT file_id, ordinal,
    data ->> '$.kind' AS kind,
    trim(replace(data ->> '$.owner', '","', '.'), '[]"') AS owner,
    data ->> '$.span.line' AS line,
    data ->> '$.span.line_end' AS line_end,
    data ->> '$.confidence' AS confidence,
    data
FROM statement_facts;

CREATE VIEW diagnostics AS
SELECT file_id, ordinal,
    data ->> '$.line' AS line,
    data ->> '$.severity' AS severity,
    data ->> '$.message' AS message,
    data
FROM diagnostic_facts;

CREATE TABLE chunks (
    file_id TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    line INTEGER NOT NULL,
    line_end INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (file_id, ordinal)
) STRICT;

-- One row for each ingestion. The repository may be gone; its history stays.
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    ingestion_id TEXT NOT NULL UNIQUE,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    repository_id TEXT NOT NULL,
    source TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'completed_with_errors', 'failed', 'interrupted')),
    started_at TEXT NOT NULL,
    completed_at TEXT,
    filenames TEXT NOT NULL, -- JSON
    files_processed INTEGER NOT NULL DEFAULT 0,
    files_failed INTEGER NOT NULL DEFAULT 0,
    files_skipped INTEGER NOT NULL DEFAULT 0,
    nodes_created INTEGER NOT NULL DEFAULT 0,
    edges_created INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX runs_by_project ON runs (project_id);

CREATE TABLE run_events (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    timestamp TEXT NOT NULL,
    type TEXT NOT NULL,
    level TEXT NOT NULL,
    payload TEXT NOT NULL, -- JSON
    PRIMARY KEY (run_id, ordinal)
) STRICT;

CREATE TABLE run_changes (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('node', 'edge')),
    change TEXT NOT NULL CHECK (change IN ('added', 'removed')),
    data TEXT NOT NULL, -- JSON
    PRIMARY KEY (run_id, ordinal)
) STRICT;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_update ON sessions (updated_at);

CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    content TEXT NOT NULL,
    data TEXT NOT NULL DEFAULT '{}', -- JSON
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX messages_by_session ON messages (session_id);

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE counts_history (
    timestamp TEXT PRIMARY KEY,
    nodes INTEGER NOT NULL,
    edges INTEGER NOT NULL,
    files INTEGER NOT NULL
) STRICT;

INSERT INTO projects (id, name, description, created_at, updated_at)
SELECT 'default', 'Default', NULL, at, at FROM (SELECT strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') AS at);
