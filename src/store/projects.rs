//! Projects, their repositories, and their context.

use super::links;
use super::{Error, Result, found, from_json, to_json};
use crate::id;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

/// The project that always exists: where files go when none is named. It cannot be deleted.
pub const DEFAULT: &str = "default";

/// Longest project id: it is part of every URN and of URLs.
pub const ID_MAX: usize = 64;

/// What a repository may come from.
pub const SOURCES: [&str; 4] = ["upload", "manual", "github", "openlineage"];

/// A project, shaped as contract §3.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Project {
    /// Letters, digits, `-`, `_`, `.`; never `:` or `/`.
    pub id: String,
    /// 1–255 characters.
    pub name: String,
    /// At most 1000 characters.
    pub description: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub updated_at: String,
    /// Repositories in it.
    pub repository_count: i64,
    /// Links between them.
    pub link_count: i64,
}

/// A repository, shaped as contract §3.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Repository {
    /// Id.
    pub id: String,
    /// The project it belongs to.
    pub project_id: String,
    /// Unique in its project.
    pub name: String,
    /// `upload`, `manual`, `github` or `openlineage`.
    pub source: String,
    /// Where it comes from, when the source has such a thing.
    pub source_ref: Option<String>,
    /// Files in it.
    pub file_count: i64,
    /// Assets that its files define, columns apart.
    pub node_count: i64,
    /// When a file of it was last ingested.
    pub last_synced: Option<String>,
    /// RFC 3339.
    pub created_at: String,
}

/// What a project says of itself, for people and for prompts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Context {
    /// Free text.
    pub description: String,
    /// How the description is written.
    pub format: String,
    /// Where its data comes from.
    pub source_entities: Vec<String>,
    /// Where its data goes.
    pub target_entities: Vec<String>,
    /// Ids or names of other projects.
    pub related_projects: Vec<String>,
    /// Words of the domain.
    pub domain_hints: Vec<String>,
    /// RFC 3339; null when it was never set.
    #[serde(skip_deserializing)]
    pub updated_at: Option<String>,
}

impl Default for Context {
    fn default() -> Context {
        Context {
            description: String::new(),
            format: "markdown".into(),
            source_entities: Vec::new(),
            target_entities: Vec::new(),
            related_projects: Vec::new(),
            domain_hints: Vec::new(),
            updated_at: None,
        }
    }
}

const PROJECT: &str = "SELECT id, name, description, created_at, updated_at,
    (SELECT count(*) FROM repositories r WHERE r.project_id = p.id),
    (SELECT count(*) FROM repository_links l WHERE l.project_id = p.id) FROM projects p";

fn project(row: &Row<'_>) -> rusqlite::Result<Project> {
    Ok(Project {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
        repository_count: row.get(5)?,
        link_count: row.get(6)?,
    })
}

/// One page of projects, newest last, and how many there are in all.
pub fn list(conn: &Connection, limit: u32, offset: u32) -> Result<(Vec<Project>, i64)> {
    let mut statement = conn.prepare_cached(&format!("{PROJECT} ORDER BY rowid LIMIT ?1 OFFSET ?2"))?;
    let page = statement.query_map([limit, offset], project)?.collect::<rusqlite::Result<_>>()?;
    Ok((page, conn.query_row("SELECT count(*) FROM projects", [], |row| row.get(0))?))
}

/// The project with this id.
pub fn get(conn: &Connection, id: &str) -> Result<Project> {
    let mut statement = conn.prepare_cached(&format!("{PROJECT} WHERE id = ?1"))?;
    statement.query_row([id], project).optional()?.ok_or_else(|| Error::NotFound("Project", id.into()))
}

/// [`Error::NotFound`] when there is no such project.
pub fn exists(conn: &Connection, id: &str) -> Result<()> {
    let there = conn.prepare_cached("SELECT 1 FROM projects WHERE id = ?1")?.exists([id])?;
    if there { Ok(()) } else { Err(Error::NotFound("Project", id.into())) }
}

/// Whether `id` may name a project: 1 to [`ID_MAX`] ASCII letters, digits, `-`, `_`, `.`, a letter or digit first.
pub fn valid_id(id: &str) -> bool {
    id.len() <= ID_MAX
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Makes a project. Without an id it gets one from its name; [`Error::Conflict`] when the id asked for is taken.
pub fn create(conn: &Connection, id: Option<&str>, name: &str, description: Option<&str>) -> Result<Project> {
    let id = match id {
        Some(id) if !valid_id(id) => return Err(Error::Invalid(format!("'{id}' cannot be a project id: {ID_RULE}"))),
        Some(id) if exists(conn, id).is_ok() => return Err(Error::Conflict(format!("Project '{id}' exists already: choose another id"))),
        Some(id) => id.to_owned(),
        None => free_id(conn, name),
    };
    let now = id::now();
    conn.execute(
        "INSERT INTO projects (id, name, description, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
        params![id, name, description, now],
    )?;
    get(conn, &id)
}

/// What [`valid_id`] asks for, in words.
pub const ID_RULE: &str = "use up to 64 letters, digits, '-', '_' and '.', a letter or digit first";

/// The name in lower-case ASCII with dashes when that is free, else a random id.
fn free_id(conn: &Connection, name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(ID_MAX);
    let slug = slug.trim_end_matches('-');
    if valid_id(slug) && matches!(exists(conn, slug), Err(Error::NotFound(..))) { slug.into() } else { id::random() }
}

/// Changes what is given: the name, the description (`Some(None)` removes it).
pub fn update(conn: &Connection, id: &str, name: Option<&str>, description: Option<Option<&str>>) -> Result<Project> {
    let changed = conn.execute(
        "UPDATE projects SET name = coalesce(?2, name), description = CASE WHEN ?3 THEN ?4 ELSE description END, updated_at = ?5 WHERE id = ?1",
        params![id, name, description.is_some(), description.flatten(), id::now()],
    )?;
    found(changed, "Project", id)?;
    get(conn, id)
}

/// Deletes a project. With `data` everything in it goes too; without, its repositories with their files and runs, and what was made by
/// hand, move to [`DEFAULT`] (a repository whose name is taken there gets the project's id added to its name). [`Error::Conflict`] when
/// that would then hold more made by hand than [`links::ByHand::excess`] allows; what has moved by then goes back with the caller's savepoint.
pub fn delete(conn: &Connection, id: &str, data: bool) -> Result<()> {
    exists(conn, id)?;
    if id == DEFAULT {
        return Err(Error::Conflict("The project 'default' cannot be deleted: delete its repositories or files instead".into()));
    }
    if !data {
        let mut taken = conn.prepare(
            "SELECT r.id, r.name FROM repositories r JOIN repositories d ON d.name = r.name AND d.project_id = ?2 WHERE r.project_id = ?1",
        )?;
        let taken: Vec<(String, String)> =
            taken.query_map([id, DEFAULT], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        for (repository, name) in taken {
            // The project may have been there, and gone, before.
            let mut free = format!("{name} ({id})");
            let mut n = 1;
            while find_repository(conn, DEFAULT, &free)?.or(find_repository(conn, id, &free)?).is_some() {
                n += 1;
                free = format!("{name} ({id} {n})");
            }
            conn.execute("UPDATE repositories SET name = ?2 WHERE id = ?1", [&repository, &free])?;
        }
        for table in ["repositories", "repository_links", "files", "runs"] {
            conn.execute(&format!("UPDATE {table} SET project_id = ?2 WHERE project_id = ?1"), [id, DEFAULT])
                .map_err(|e| name_taken(e, DEFAULT))?;
        }
        // What `default` has under the same id stays as it is.
        let mut moved = 0;
        let prefix = |project: &str| id::urn(project, "", "").trim_end_matches(':').to_owned() + ":";
        for (table, urns) in [("entities", &["id"][..]), ("relationships", &["source_id", "target_id"])] {
            // A URN names its project.
            let urns: String =
                urns.iter().map(|c| format!(", {c} = iif(instr({c}, ?3) = 1, ?4 || substr({c}, length(?3) + 1), {c})")).collect();
            moved += conn.execute(
                &format!("UPDATE OR IGNORE {table} SET project_id = ?2{urns} WHERE project_id = ?1"),
                params![id, DEFAULT, prefix(id), prefix(DEFAULT)],
            )?;
        }
        if let Some(most) = links::by_hand(conn, DEFAULT)?.excess().filter(|_| moved > 0) {
            return Err(Error::Conflict(format!(
                "With what was made by hand in project '{id}', 'default' would hold more than the {most} that it may: upload a file that \
                 says those you need, then delete the project with delete_data=true"
            )));
        }
    }
    found(conn.execute("DELETE FROM projects WHERE id = ?1", [id])?, "Project", id)
}

fn name_taken(error: rusqlite::Error, project_id: &str) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => {
            Error::Conflict(format!("Project '{project_id}' has a repository of that name already: choose another name"))
        }
        _ => error.into(),
    }
}

const REPOSITORY: &str = "SELECT id, project_id, name, source, source_ref,
    (SELECT count(*) FROM files f WHERE f.repository_id = r.id),
    (SELECT coalesce(sum(assets), 0) FROM files f WHERE f.repository_id = r.id),
    last_synced, created_at FROM repositories r";

fn repository_row(row: &Row<'_>) -> rusqlite::Result<Repository> {
    Ok(Repository {
        id: row.get(0)?,
        project_id: row.get(1)?,
        name: row.get(2)?,
        source: row.get(3)?,
        source_ref: row.get(4)?,
        file_count: row.get(5)?,
        node_count: row.get(6)?,
        last_synced: row.get(7)?,
        created_at: row.get(8)?,
    })
}

/// Repositories of a project, oldest first.
pub fn repositories(conn: &Connection, project_id: &str) -> Result<Vec<Repository>> {
    let mut statement = conn.prepare_cached(&format!("{REPOSITORY} WHERE project_id = ?1 ORDER BY rowid"))?;
    Ok(statement.query_map([project_id], repository_row)?.collect::<rusqlite::Result<_>>()?)
}

/// The repository with this id, wherever it is.
pub fn repository(conn: &Connection, id: &str) -> Result<Repository> {
    let mut statement = conn.prepare_cached(&format!("{REPOSITORY} WHERE id = ?1"))?;
    statement.query_row([id], repository_row).optional()?.ok_or_else(|| Error::NotFound("Repository", id.into()))
}

/// Checks that there is a repository with this id, and that it is the project's ([`Error::Invalid`] when it is another's).
pub fn repository_of(conn: &Connection, project_id: &str, id: &str) -> Result<()> {
    let mut statement = conn.prepare_cached("SELECT project_id FROM repositories WHERE id = ?1")?;
    let there: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
    match there.ok_or_else(|| Error::NotFound("Repository", id.into()))? {
        there if there == project_id => Ok(()),
        there => Err(Error::Invalid(format!("Repository '{id}' belongs to project '{there}', not to '{project_id}'"))),
    }
}

/// The id of the repository of this name in a project.
pub fn find_repository(conn: &Connection, project_id: &str, name: &str) -> Result<Option<String>> {
    let mut statement = conn.prepare_cached("SELECT id FROM repositories WHERE project_id = ?1 AND name = ?2")?;
    Ok(statement.query_row([project_id, name], |row| row.get(0)).optional()?)
}

/// The repository of this name in a project, made when missing.
pub fn repository_named(conn: &Connection, project_id: &str, name: &str, source: &str) -> Result<Repository> {
    match find_repository(conn, project_id, name)? {
        Some(id) => repository(conn, &id),
        None => create_repository(conn, project_id, name, source, None),
    }
}

/// Makes a repository; `source` is one of [`SOURCES`]. [`Error::Conflict`] when the name is taken.
pub fn create_repository(conn: &Connection, project_id: &str, name: &str, source: &str, source_ref: Option<&str>) -> Result<Repository> {
    exists(conn, project_id)?;
    let id = id::random();
    conn.execute(
        "INSERT INTO repositories (id, project_id, name, source, source_ref, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![id, project_id, name, source, source_ref, id::now()],
    )
    .map_err(|e| name_taken(e, project_id))?;
    repository(conn, &id)
}

/// Deletes a repository of a project with its files and all they said.
pub fn delete_repository(conn: &Connection, project_id: &str, id: &str) -> Result<()> {
    exists(conn, project_id)?;
    found(conn.execute("DELETE FROM repositories WHERE id = ?1 AND project_id = ?2", [id, project_id])?, "Repository", id)
}

/// Remembers that a file of the repository was ingested just now.
pub fn synced(conn: &Connection, repository_id: &str) -> Result<()> {
    let mut update = conn.prepare_cached("UPDATE repositories SET last_synced = ?2 WHERE id = ?1")?;
    let changed = update.execute([repository_id, &id::now()])?;
    found(changed, "Repository", repository_id)
}

/// Writes the default project's row as it is.
pub(super) fn touch(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute("UPDATE projects SET name = name WHERE id = ?1", [DEFAULT]).map(drop)
}

/// How many projects and repositories there are.
pub fn counts(conn: &Connection) -> Result<(i64, i64)> {
    let sql = "SELECT (SELECT count(*) FROM projects), (SELECT count(*) FROM repositories)";
    Ok(conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// What a project says of itself; empty when it never said anything.
pub fn context(conn: &Connection, project_id: &str) -> Result<Context> {
    exists(conn, project_id)?;
    let row: Option<(String, String)> = conn
        .query_row("SELECT data, updated_at FROM project_context WHERE project_id = ?1", [project_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match row {
        None => Ok(Context::default()),
        Some((data, at)) => Ok(Context { updated_at: Some(at), ..from_json("project_context", &data)? }),
    }
}

/// Replaces what a project says of itself.
pub fn put_context(conn: &Connection, project_id: &str, context: &Context) -> Result<Context> {
    exists(conn, project_id)?;
    conn.execute(
        "INSERT OR REPLACE INTO project_context (project_id, data, updated_at) VALUES (?1, ?2, ?3)",
        params![project_id, to_json(context)?, id::now()],
    )?;
    self::context(conn, project_id)
}

#[cfg(test)]
mod tests;
