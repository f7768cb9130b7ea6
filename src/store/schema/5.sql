-- Of a session its place in the order of last messages, and the project of its last question: to list sessions reads nothing that was said.

ALTER TABLE sessions ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN project_id TEXT;
UPDATE sessions SET
    place = coalesce((SELECT max(m.rowid) FROM messages m WHERE m.session_id = sessions.id), 0),
    project_id = (SELECT CASE WHEN json_valid(m.data) THEN m.data ->> 'project_id' END FROM messages m
        WHERE m.session_id = sessions.id AND m.role = 'assistant' ORDER BY m.rowid DESC LIMIT 1);
CREATE INDEX sessions_by_place ON sessions (place);
CREATE INDEX sessions_by_project ON sessions (project_id, place);
