//! Links between repositories and between projects; entities and relationships made by hand.

use super::{Error, Result, found, from_json, projects, to_json};
use crate::graph::link::Manual;
use crate::id;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

/// One reference over the border of two repositories.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Reference {
    /// Path of the file that refers.
    pub source_file: String,
    /// Path of the file that defines.
    pub target_file: String,
    /// What the reference means: `DERIVES`, `READS`, `CALLS`, …
    pub reference_type: String,
    /// The asset's name.
    pub reference: String,
}

/// A link between two repositories of a project, shaped as contract §3: `source` uses what `target` defines.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Link {
    /// Id.
    pub id: String,
    /// The project of both.
    pub project_id: String,
    /// The repository that uses.
    pub source_repo_id: String,
    /// The repository that defines.
    pub target_repo_id: String,
    /// `manual` or `auto-detected`.
    pub link_type: String,
    /// Free text.
    pub description: Option<String>,
    /// 1 for manual links, else how sure the detection is, 0 to 1.
    pub confidence: f64,
    /// What it rests on; empty for manual links.
    pub evidence: Vec<Reference>,
    /// RFC 3339.
    pub created_at: String,
}

/// One repository that uses what another defines, as detection finds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    /// The repository that refers.
    pub source_repository: String,
    /// The repository that defines.
    pub target_repository: String,
    /// 0 to 1.
    pub confidence: f64,
    /// References, sorted; a bounded number of them.
    pub evidence: Vec<Reference>,
    /// References found, those past the bound included.
    pub references: usize,
}

/// A link between two projects, shaped as contract §3.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ProjectLink {
    /// Id.
    pub id: String,
    /// From.
    pub source_project_id: String,
    /// To.
    pub target_project_id: String,
    /// Free text, `related` by default.
    pub link_type: String,
    /// Free text.
    pub description: Option<String>,
    /// RFC 3339.
    pub created_at: String,
}

const LINK: &str = "SELECT id, project_id, source_repo_id, target_repo_id, link_type, description, confidence, evidence, created_at
    FROM repository_links";

fn link(row: &Row<'_>) -> Result<Link> {
    Ok(Link {
        id: row.get(0)?,
        project_id: row.get(1)?,
        source_repo_id: row.get(2)?,
        target_repo_id: row.get(3)?,
        link_type: row.get(4)?,
        description: row.get(5)?,
        confidence: row.get(6)?,
        evidence: from_json("repository_links", row.get_ref(7)?.as_str().map_err(rusqlite::Error::from)?)?,
        created_at: row.get(8)?,
    })
}

/// Links of a project, oldest first.
pub fn list(conn: &Connection, project_id: &str) -> Result<Vec<Link>> {
    conn.prepare_cached(&format!("{LINK} WHERE project_id = ?1 ORDER BY rowid"))?.query_and_then([project_id], link)?.collect()
}

/// Links two repositories of a project by hand.
pub fn create(conn: &Connection, project_id: &str, source: &str, target: &str, description: Option<&str>) -> Result<Link> {
    projects::exists(conn, project_id)?;
    for repository in [source, target] {
        projects::repository_of(conn, project_id, repository)?;
    }
    if source == target {
        return Err(Error::Invalid(format!("Repository '{source}' cannot be linked to itself")));
    }
    let link = Link {
        id: id::random(),
        project_id: project_id.into(),
        source_repo_id: source.into(),
        target_repo_id: target.into(),
        link_type: "manual".into(),
        description: description.map(str::to_owned),
        confidence: 1.0,
        evidence: Vec::new(),
        created_at: id::now(),
    };
    insert(conn, &link)?;
    Ok(link)
}

fn insert(conn: &Connection, link: &Link) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO repository_links (id, project_id, source_repo_id, target_repo_id, link_type, description, confidence, evidence, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        link.id,
        link.project_id,
        link.source_repo_id,
        link.target_repo_id,
        link.link_type,
        link.description,
        link.confidence,
        to_json(&link.evidence)?,
        link.created_at
    ])
    .map_err(|e| taken(e, "These repositories are linked already"))?;
    Ok(())
}

/// Replaces a project's auto-detected links; a link found again keeps its id and time.
pub fn put_detected(conn: &Connection, project_id: &str, detected: &[Detected]) -> Result<Vec<Link>> {
    projects::exists(conn, project_id)?;
    let mut known = conn.prepare_cached(
        "SELECT id, created_at FROM repository_links WHERE source_repo_id = ?1 AND target_repo_id = ?2 AND link_type = 'auto-detected'",
    )?;
    let mut links = Vec::with_capacity(detected.len());
    for found in detected {
        let (id, created_at) = known
            .query_row([&found.source_repository, &found.target_repository], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .unwrap_or_else(|| (id::random(), id::now()));
        links.push(Link {
            id,
            project_id: project_id.into(),
            source_repo_id: found.source_repository.clone(),
            target_repo_id: found.target_repository.clone(),
            link_type: "auto-detected".into(),
            description: Some(match found.references {
                1 => "1 reference to what the other defines".into(),
                n => format!("{n} references to what the other defines"),
            }),
            confidence: found.confidence,
            evidence: found.evidence.clone(),
            created_at,
        });
    }
    conn.execute("DELETE FROM repository_links WHERE project_id = ?1 AND link_type = 'auto-detected'", [project_id])?;
    for link in &links {
        for repository in [&link.source_repo_id, &link.target_repo_id] {
            projects::repository_of(conn, project_id, repository)?;
        }
        insert(conn, link)?;
    }
    Ok(links)
}

/// Removes a link of a project.
pub fn delete(conn: &Connection, project_id: &str, id: &str) -> Result<()> {
    projects::exists(conn, project_id)?;
    found(conn.execute("DELETE FROM repository_links WHERE id = ?1 AND project_id = ?2", [id, project_id])?, "Link", id)
}

const PROJECT_LINK: &str = "SELECT id, source_project_id, target_project_id, link_type, description, created_at FROM project_links";

fn project_link(row: &Row<'_>) -> rusqlite::Result<ProjectLink> {
    Ok(ProjectLink {
        id: row.get(0)?,
        source_project_id: row.get(1)?,
        target_project_id: row.get(2)?,
        link_type: row.get(3)?,
        description: row.get(4)?,
        created_at: row.get(5)?,
    })
}

/// Links of a project to and from others, oldest first.
pub fn list_projects(conn: &Connection, project_id: &str) -> Result<Vec<ProjectLink>> {
    projects::exists(conn, project_id)?;
    let mut statement =
        conn.prepare_cached(&format!("{PROJECT_LINK} WHERE source_project_id = ?1 OR target_project_id = ?1 ORDER BY rowid"))?;
    Ok(statement.query_map([project_id], project_link)?.collect::<rusqlite::Result<_>>()?)
}

/// Links two projects.
pub fn create_project(conn: &Connection, source: &str, target: &str, link_type: &str, description: Option<&str>) -> Result<ProjectLink> {
    projects::exists(conn, source)?;
    projects::exists(conn, target)?;
    if source == target {
        return Err(Error::Invalid(format!("Project '{source}' cannot be linked to itself")));
    }
    let id = id::random();
    conn.execute(
        "INSERT INTO project_links (id, source_project_id, target_project_id, link_type, description, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![id, source, target, link_type, description, id::now()],
    )
    .map_err(|e| taken(e, "These projects are linked already"))?;
    Ok(conn.query_row(&format!("{PROJECT_LINK} WHERE id = ?1"), [id], project_link)?)
}

/// Removes a link between projects; either of them may.
pub fn delete_project(conn: &Connection, project_id: &str, id: &str) -> Result<()> {
    projects::exists(conn, project_id)?;
    let changed =
        conn.execute("DELETE FROM project_links WHERE id = ?1 AND (source_project_id = ?2 OR target_project_id = ?2)", [id, project_id])?;
    found(changed, "Project link", id)
}

fn taken(error: rusqlite::Error, sentence: &str) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => Error::Conflict(sentence.into()),
        _ => error.into(),
    }
}

/// Nodes that are made by hand in one project, and as many relations: all of them are read again whenever something of the project changes.
/// Further ones belong into a file, of which only what changed is read.
pub const MAX_MANUAL: usize = 10_000;
/// Bytes of names and properties that they may have together: 800 each when there are as many as may be, so that reading them again stays a
/// matter of some tens of milliseconds, and so does the memory for it.
pub const MAX_MANUAL_BYTES: usize = 16 << 20;

/// How much is made by hand in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// Nodes.
    pub nodes: i64,
    /// Relations.
    pub relations: i64,
    /// Bytes of both.
    pub bytes: i64,
}

impl ByHand {
    /// What is more than may be, as "10000 nodes".
    pub fn excess(&self) -> Option<String> {
        let counts = [(self.nodes, "nodes"), (self.relations, "relations")];
        let many = counts.into_iter().find(|(count, _)| *count > MAX_MANUAL as i64).map(|(_, what)| format!("{MAX_MANUAL} {what}"));
        many.or_else(|| (self.bytes > MAX_MANUAL_BYTES as i64).then(|| format!("{} MiB of names and properties", MAX_MANUAL_BYTES >> 20)))
    }
}

/// How much is made by hand in a project.
pub fn by_hand(conn: &Connection, project_id: &str) -> Result<ByHand> {
    // The number of bytes stands in a row's head, however long the text is.
    let counted =
        |sql: &str| -> Result<(i64, i64)> { Ok(conn.prepare_cached(sql)?.query_row([project_id], |row| Ok((row.get(0)?, row.get(1)?)))?) };
    let (nodes, of_nodes) = counted(
        "SELECT count(*), coalesce(sum(octet_length(id) + octet_length(entity_type) + octet_length(name) + octet_length(properties)), 0)
         FROM entities WHERE project_id = ?1",
    )?;
    let (relations, of_relations) = counted(
        "SELECT count(*), coalesce(sum(octet_length(source_id) + octet_length(target_id) + octet_length(relationship_type)
                                       + octet_length(properties)), 0)
         FROM relationships WHERE project_id = ?1",
    )?;
    Ok(ByHand { nodes, relations, bytes: of_nodes + of_relations })
}

/// Stores a node or a relation made by hand; the same one again replaces its properties. [`Error::Conflict`] when that makes more than
/// [`MAX_MANUAL`] or [`MAX_MANUAL_BYTES`]; what it wrote then goes back with the caller's savepoint.
pub fn put_manual(conn: &Connection, project_id: &str, manual: &Manual) -> Result<()> {
    projects::exists(conn, project_id)?;
    let before = by_hand(conn, project_id)?;
    match manual {
        Manual::Entity { id, entity_type, name, properties } => conn.execute(
            "INSERT INTO entities (project_id, id, entity_type, name, properties, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET entity_type = ?3, name = ?4, properties = ?5",
            params![project_id, id, entity_type, name, to_json(properties)?, id::now()],
        )?,
        Manual::Relationship { source, target, relation, properties } => conn.execute(
            "INSERT INTO relationships (project_id, source_id, target_id, relationship_type, properties, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET properties = ?5",
            params![project_id, source, target, relation, to_json(properties)?, id::now()],
        )?,
    };
    let after = by_hand(conn, project_id)?;
    // A smaller one in place of another is welcome, however much there is.
    let grown = after.nodes > before.nodes || after.relations > before.relations || after.bytes > before.bytes;
    match after.excess().filter(|_| grown) {
        Some(most) => Err(Error::Conflict(format!(
            "Project '{project_id}' may hold {most} made by hand, and this would be more: upload a file that says the rest"
        ))),
        None => Ok(()),
    }
}

/// Everything made by hand in a project: nodes, then relations, each oldest first.
pub fn manual(conn: &Connection, project_id: &str) -> Result<Vec<Manual>> {
    let properties = |row: &Row<'_>| from_json("properties", row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?);
    let mut entities =
        conn.prepare_cached("SELECT id, entity_type, name, properties FROM entities WHERE project_id = ?1 ORDER BY rowid")?;
    let mut all: Vec<Manual> = entities
        .query_and_then([project_id], |row| {
            Ok(Manual::Entity { id: row.get(0)?, entity_type: row.get(1)?, name: row.get(2)?, properties: properties(row)? })
        })?
        .collect::<Result<_>>()?;
    let mut relationships = conn.prepare_cached(
        "SELECT source_id, target_id, relationship_type, properties FROM relationships WHERE project_id = ?1 ORDER BY rowid",
    )?;
    let relations = relationships.query_and_then([project_id], |row| -> Result<Manual> {
        Ok(Manual::Relationship { source: row.get(0)?, target: row.get(1)?, relation: row.get(2)?, properties: properties(row)? })
    })?;
    for relation in relations {
        all.push(relation?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    fn store() -> (Connection, String, String) {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.pragma_update(None, "foreign_keys", true).unwrap();
        schema::migrate(&mut conn).unwrap();
        let repository = |name| projects::repository_named(&conn, "default", name, "upload").unwrap().id;
        let (a, b) = (repository("a"), repository("b"));
        (conn, a, b)
    }

    #[test]
    fn what_is_made_by_hand_is_bounded_and_what_is_there_can_still_be_changed() {
        let (mut conn, ..) = store();
        let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MAX_MANUAL})");
        for insert in [
            "INSERT INTO entities (project_id, id, entity_type, name, properties, created_at) SELECT 'default', i, 'table', i, '{}', '' FROM n",
            "INSERT INTO relationships (project_id, source_id, target_id, relationship_type, properties, created_at)
             SELECT 'default', i, i, 'READS', '{}', '' FROM n",
        ] {
            let (head, select) = insert.split_once("SELECT").unwrap();
            conn.execute(&format!("{head} {numbers} SELECT {select}"), []).unwrap();
        }
        let entity =
            |id: &str| Manual::Entity { id: id.into(), entity_type: "table".into(), name: "n".into(), properties: Default::default() };
        let relation = |id: &str| Manual::Relationship {
            source: id.into(),
            target: id.into(),
            relation: "READS".into(),
            properties: Default::default(),
        };
        for (new, known, what) in [(entity("new"), entity("7"), "nodes"), (relation("new"), relation("7"), "relations")] {
            let savepoint = conn.savepoint().unwrap();
            let Err(Error::Conflict(why)) = put_manual(&savepoint, "default", &new) else { panic!("{what} are unbounded") };
            assert!(why.contains(&format!("may hold {MAX_MANUAL} {what} made by hand")), "{why}");
            drop(savepoint);
            put_manual(&conn, "default", &known).unwrap();
        }
        projects::create(&conn, Some("p"), "P", None).unwrap();
        put_manual(&conn, "p", &entity("new")).unwrap();
    }

    #[test]
    fn its_bytes_are_bounded_too_and_something_smaller_is_still_taken() {
        let (mut conn, ..) = store();
        let entity = |id: usize, bytes: usize| {
            let properties = [("note".to_owned(), "x".repeat(bytes).into())].into_iter().collect();
            Manual::Entity { id: id.to_string(), entity_type: "table".into(), name: "n".into(), properties }
        };
        // What a row has beside its note: a digit, "table", "n" and the frame of the JSON.
        let least = 1 + 5 + 1 + r#"{"note":""}"#.len();
        let quarter = MAX_MANUAL_BYTES / 4 - least;
        for id in 0..4 {
            put_manual(&conn, "default", &entity(id, quarter)).unwrap();
        }
        assert_eq!(by_hand(&conn, "default").unwrap(), ByHand { nodes: 4, relations: 0, bytes: MAX_MANUAL_BYTES as i64 });
        let relation =
            Manual::Relationship { source: "0".into(), target: "1".into(), relation: "R".into(), properties: Default::default() };
        for more in [entity(4, 0), entity(3, quarter + 1), relation] {
            let savepoint = conn.savepoint().unwrap();
            let Err(Error::Conflict(why)) = put_manual(&savepoint, "default", &more) else { panic!("bytes are unbounded") };
            assert!(why.contains("may hold 16 MiB of names and properties made by hand"), "{why}");
            drop(savepoint);
        }
        for fine in [entity(3, quarter), entity(2, 10), entity(4, 10)] {
            put_manual(&conn, "default", &fine).unwrap();
        }
    }

    #[test]
    fn links_join_two_repositories_of_one_project_once() {
        let (conn, a, b) = store();
        projects::create(&conn, Some("p"), "P", None).unwrap();
        let foreign = projects::repository_named(&conn, "p", "c", "upload").unwrap().id;
        let link = create(&conn, "default", &a, &b, Some("why")).unwrap();
        assert_eq!((link.link_type.as_str(), link.confidence, link.evidence.len()), ("manual", 1.0, 0));
        assert!(matches!(create(&conn, "default", &a, &b, None), Err(Error::Conflict(_))));
        assert!(matches!(create(&conn, "default", &a, &a, None), Err(Error::Invalid(_))));
        assert!(matches!(create(&conn, "default", &a, &foreign, None), Err(Error::Invalid(_))));
        assert!(matches!(create(&conn, "default", &a, "gone", None), Err(Error::NotFound("Repository", _))));
        assert!(matches!(delete(&conn, "p", &link.id), Err(Error::NotFound("Link", _))));
        delete(&conn, "default", &link.id).unwrap();
        assert_eq!(list(&conn, "default").unwrap(), []);
    }

    #[test]
    fn detecting_again_replaces_what_was_detected_and_leaves_manual_links() {
        let (conn, a, b) = store();
        let manual = create(&conn, "default", &a, &b, None).unwrap();
        let reference = Reference {
            source_file: "v.sql".into(),
            target_file: "t.sql".into(),
            reference_type: "DERIVES".into(),
            reference: "dbo.t".into(),
        };
        let detected = |from: &str, to: &str| Detected {
            source_repository: from.into(),
            target_repository: to.into(),
            confidence: 0.5,
            evidence: vec![reference.clone()],
            references: 1,
        };
        let first = put_detected(&conn, "default", &[detected(&a, &b)]).unwrap();
        assert_eq!(first[0].description.as_deref(), Some("1 reference to what the other defines"));
        let second = put_detected(&conn, "default", &[detected(&a, &b), detected(&b, &a)]).unwrap();
        assert_eq!(second[0], first[0]);
        assert_eq!(list(&conn, "default").unwrap().len(), 3);
        put_detected(&conn, "default", &[]).unwrap();
        assert_eq!(list(&conn, "default").unwrap(), [manual]);
    }

    #[test]
    fn project_links_are_seen_from_both_ends() {
        let (conn, ..) = store();
        projects::create(&conn, Some("p"), "P", None).unwrap();
        let link = create_project(&conn, "default", "p", "feeds", None).unwrap();
        assert!(matches!(create_project(&conn, "default", "p", "feeds", None), Err(Error::Conflict(_))));
        assert!(matches!(create_project(&conn, "p", "p", "feeds", None), Err(Error::Invalid(_))));
        assert!(matches!(create_project(&conn, "p", "gone", "feeds", None), Err(Error::NotFound("Project", _))));
        assert_eq!(list_projects(&conn, "p").unwrap(), list_projects(&conn, "default").unwrap());
        delete_project(&conn, "p", &link.id).unwrap();
        assert_eq!(list_projects(&conn, "default").unwrap(), []);
    }

    #[test]
    fn what_is_made_by_hand_comes_back_and_is_replaced_by_the_same_again() {
        let (conn, ..) = store();
        let properties = |n: i64| serde_json::Map::from_iter([("n".to_owned(), n.into())]);
        let entity = |n| Manual::Entity { id: "e".into(), entity_type: "table".into(), name: format!("e{n}"), properties: properties(n) };
        let relation =
            |n| Manual::Relationship { source: "e".into(), target: "f".into(), relation: "DERIVES".into(), properties: properties(n) };
        for n in 1..=2 {
            put_manual(&conn, "default", &relation(n)).unwrap();
            put_manual(&conn, "default", &entity(n)).unwrap();
        }
        assert_eq!(manual(&conn, "default").unwrap(), [entity(2), relation(2)]);
        assert!(matches!(put_manual(&conn, "gone", &entity(1)), Err(Error::NotFound("Project", _))));
    }
}
