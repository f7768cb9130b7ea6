-- One row for all that a file states, and one for all that a run changed, in place of a row for each fact and each change: an
-- ingestion spent most of its time on the rows.

ALTER TABLE files ADD COLUMN assets INTEGER NOT NULL DEFAULT 0; -- how many the file defines

CREATE TABLE facts (
    file_id TEXT PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    data TEXT NOT NULL -- JSON
) STRICT;

INSERT INTO facts (file_id, data)
SELECT id, json_object(
    'dialect', dialect,
    'assets', json((SELECT json_group_array(json(data) ORDER BY ordinal) FROM node_facts WHERE file_id = id)),
    'statements', json((SELECT json_group_array(json(data) ORDER BY ordinal) FROM statement_facts WHERE file_id = id)),
    'edges', json((SELECT json_group_array(json(data) ORDER BY ordinal) FROM edge_facts WHERE file_id = id)),
    'diagnostics', json((SELECT json_group_array(json(data) ORDER BY ordinal) FROM diagnostic_facts WHERE file_id = id)),
    'coverage', coverage)
FROM files;

UPDATE files SET assets = (SELECT count(*) FROM node_facts WHERE file_id = id);

CREATE TABLE changes (
    run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    data TEXT NOT NULL -- JSON
) STRICT;

INSERT INTO changes (run_id, data)
SELECT id, json_object(
    'project', project_id,
    'nodes_added', json((SELECT json_group_array(json_array(data ->> 'id', data ->> 'type', data ->> 'name') ORDER BY ordinal)
        FROM run_changes WHERE run_id = id AND what = 'node' AND change = 'added')),
    'nodes_removed', json((SELECT json_group_array(json_array(data ->> 'id', data ->> 'type', data ->> 'name') ORDER BY ordinal)
        FROM run_changes WHERE run_id = id AND what = 'node' AND change = 'removed')),
    'edges_added', json((SELECT json_group_array(json_array(data ->> 'source', data ->> 'target', data ->> 'relationship') ORDER BY ordinal)
        FROM run_changes WHERE run_id = id AND what = 'edge' AND change = 'added')),
    'edges_removed', json((SELECT json_group_array(json_array(data ->> 'source', data ->> 'target', data ->> 'relationship') ORDER BY ordinal)
        FROM run_changes WHERE run_id = id AND what = 'edge' AND change = 'removed')))
FROM runs;

DROP VIEW nodes;
DROP VIEW edges;
DROP VIEW statements;
DROP VIEW diagnostics;
DROP TABLE node_facts;
DROP TABLE edge_facts;
DROP TABLE statement_facts;
DROP TABLE diagnostic_facts;
DROP TABLE run_changes;

-- The facts for people with sqlite3, a row each, their plain fields as columns.

CREATE VIEW nodes AS
SELECT file_id, key AS ordinal,
    value ->> '$.kind' AS kind,
    trim(replace(value ->> '$.name', '","', '.'), '[]"') AS name,
    value ->> '$.span.line' AS line,
    value ->> '$.span.line_end' AS line_end,
    value AS data
FROM facts, json_each(facts.data, '$.assets');

CREATE VIEW edges AS
SELECT file_id, key AS ordinal,
    value ->> '$.relation' AS relation,
    trim(replace(value ->> '$.from', '","', '.'), '[]"') AS consumer,
    trim(replace(value ->> '$.to', '","', '.'), '[]"') AS source,
    value ->> '$.line' AS line,
    value ->> '$.confidence' AS confidence,
    value AS data
FROM facts, json_each(facts.data, '$.edges');

CREATE VIEW statements AS
SELECT file_id, key AS ordinal,
    value ->> '$.kind' AS kind,
    trim(replace(value ->> '$.owner', '","', '.'), '[]"') AS owner,
    value ->> '$.span.line' AS line,
    value ->> '$.span.line_end' AS line_end,
    value ->> '$.confidence' AS confidence,
    value AS data
FROM facts, json_each(facts.data, '$.statements');

CREATE VIEW diagnostics AS
SELECT file_id, key AS ordinal,
    value ->> '$.line' AS line,
    value ->> '$.severity' AS severity,
    value ->> '$.message' AS message,
    value AS data
FROM facts, json_each(facts.data, '$.diagnostics');
