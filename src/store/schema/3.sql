-- What an embedding model made of the texts of a project, by the hash of its name and the text: a text that comes back needs no model.

CREATE TABLE vectors (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    vector BLOB NOT NULL, -- a signed byte for each dimension
    PRIMARY KEY (project_id, hash)
) STRICT;
