use super::{Context, DEFAULT, context, create, create_repository, delete, delete_repository, get, list, put_context, repositories};
use super::{repository_named, repository_of, update, valid_id};
use crate::graph::link::Manual;
use crate::store::{Error, links, runs, schema};
use rusqlite::Connection;

fn store() -> Connection {
    let mut conn = Connection::open_in_memory().unwrap();
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    schema::migrate(&mut conn).unwrap();
    conn
}

#[test]
fn ids_are_safe_in_urns_and_urls() {
    let long = "a".repeat(65);
    for (id, valid) in [
        ("default", true),
        ("A.b_c-1", true),
        ("9", true),
        ("", false),
        (".", false),
        ("..", false),
        ("-a", false),
        ("a:b", false),
        ("a/b", false),
        ("é", false),
        ("a\0", false),
        (&long[1..], true),
        (&long, false),
    ] {
        assert_eq!(valid_id(id), valid, "{id:?}");
    }
}

#[test]
fn a_project_without_an_id_gets_one_from_its_name() {
    let conn = store();
    for (name, id) in
        [("Sales & Ops", Some("sales-ops")), ("Sales -- Ops!", None), ("  2024 ", Some("2024")), ("售", None), (&"x".repeat(99), None)]
    {
        let made = create(&conn, None, name, None).unwrap();
        assert!(valid_id(&made.id), "{name}: {}", made.id);
        if let Some(id) = id {
            assert_eq!(made.id, id);
        }
        assert_eq!(get(&conn, &made.id).unwrap().name, name);
    }
    assert_eq!(list(&conn, 2, 1).unwrap().0.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["Sales & Ops", "Sales -- Ops!"]);
    assert_eq!(list(&conn, 2, 1).unwrap().1, 6);
}

#[test]
fn a_taken_id_is_a_conflict_and_a_bad_one_invalid() {
    let conn = store();
    assert!(matches!(create(&conn, Some(DEFAULT), "x", None), Err(Error::Conflict(_))));
    assert!(matches!(create(&conn, Some("a:b"), "x", None), Err(Error::Invalid(_))));
}

#[test]
fn an_update_changes_only_what_is_given() {
    let conn = store();
    create(&conn, Some("p"), "P", Some("about")).unwrap();
    let said = |name, description| update(&conn, "p", name, description).map(|p| (p.name, p.description)).unwrap();
    assert_eq!(said(Some("Q"), None), ("Q".into(), Some("about".into())));
    assert_eq!(said(None, Some(Some("more"))), ("Q".into(), Some("more".into())));
    assert_eq!(said(None, Some(None)), ("Q".into(), None));
    assert!(matches!(update(&conn, "gone", None, None), Err(Error::NotFound("Project", _))));
}

#[test]
fn a_repository_is_its_projects_and_its_name_is_there_once() {
    let conn = store();
    create(&conn, Some("p"), "P", None).unwrap();
    let made = create_repository(&conn, "p", "r", "github", Some("https://example.org/r")).unwrap();
    assert!(matches!(create_repository(&conn, "p", "r", "upload", None), Err(Error::Conflict(_))));
    assert!(matches!(create_repository(&conn, "gone", "r", "upload", None), Err(Error::NotFound("Project", _))));
    assert_eq!(repository_named(&conn, "p", "r", "upload").unwrap(), made);
    assert_ne!(repository_named(&conn, DEFAULT, "r", "upload").unwrap().id, made.id);
    assert!(matches!(repository_of(&conn, DEFAULT, &made.id), Err(Error::Invalid(_))));
    assert!(matches!(delete_repository(&conn, DEFAULT, &made.id), Err(Error::NotFound("Repository", _))));
    delete_repository(&conn, "p", &made.id).unwrap();
    assert_eq!(repositories(&conn, "p").unwrap(), []);
}

#[test]
fn deleting_a_project_moves_what_is_in_it_to_default_unless_its_data_is_to_go() {
    for data in [false, true] {
        let conn = store();
        create(&conn, Some("p"), "P", None).unwrap();
        let theirs = create_repository(&conn, "p", "r", "upload", None).unwrap();
        let other = create_repository(&conn, "p", "other", "upload", None).unwrap();
        create_repository(&conn, DEFAULT, "r", "upload", None).unwrap();
        links::create(&conn, "p", &theirs.id, &other.id, None).unwrap();
        let run = runs::start(&conn, "p", &theirs.id, "upload", &[]).unwrap();
        let entity = |project: &str, name: &str| {
            let manual = Manual::Entity { id: "e".into(), entity_type: "table".into(), name: name.into(), properties: Default::default() };
            links::put_manual(&conn, project, &manual).unwrap();
        };
        entity("p", "theirs");
        entity(DEFAULT, "ours");
        delete(&conn, "p", data).unwrap();
        assert!(matches!(get(&conn, "p"), Err(Error::NotFound("Project", _))));
        let names: Vec<String> = repositories(&conn, DEFAULT).unwrap().into_iter().map(|r| r.name).collect();
        assert_eq!(names, if data { vec!["r"] } else { vec!["r (p)", "other", "r"] });
        assert_eq!(links::list(&conn, DEFAULT).unwrap().len(), usize::from(!data));
        assert_eq!(runs::get(&conn, &run.id).is_ok(), !data);
        assert!(matches!(&links::manual(&conn, DEFAULT).unwrap()[..], [Manual::Entity { name, .. }] if name == "ours"));
    }
}

#[test]
fn a_project_made_again_can_go_again() {
    let conn = store();
    create_repository(&conn, DEFAULT, "r", "upload", None).unwrap();
    for _ in 0..3 {
        create(&conn, Some("p"), "P", None).unwrap();
        create_repository(&conn, "p", "r", "upload", None).unwrap();
        delete(&conn, "p", false).unwrap();
    }
    let mut names: Vec<String> = repositories(&conn, DEFAULT).unwrap().into_iter().map(|r| r.name).collect();
    names.sort();
    assert_eq!(names, ["r", "r (p 2)", "r (p 3)", "r (p)"]);
}

#[test]
fn a_project_stays_when_default_has_no_room_for_what_was_made_by_hand_in_it() {
    let fill = |conn: &Connection, project: &str, from: usize, to: usize| {
        for insert in [
            "entities (project_id, id, entity_type, name, properties, created_at) SELECT ?1, i, 'table', i, '{}', '' FROM n",
            "relationships (project_id, source_id, target_id, relationship_type, properties, created_at)
             SELECT ?1, i, i, 'READS', '{}', '' FROM n",
        ] {
            let numbers = "WITH RECURSIVE n(i) AS (SELECT ?2 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)";
            let (head, select) = insert.split_once("SELECT").unwrap();
            conn.execute(&format!("INSERT INTO {head} {numbers} SELECT {select}"), (project, from as i64, to as i64)).unwrap();
        }
    };
    let room = links::MAX_MANUAL - 5;
    // What `default` has too does not move.
    for (first, last, data, goes) in
        [(room, links::MAX_MANUAL, false, true), (room, links::MAX_MANUAL + 1, false, false), (room, links::MAX_MANUAL + 1, true, true)]
    {
        let mut conn = store();
        create(&conn, Some("p"), "P", None).unwrap();
        fill(&conn, DEFAULT, 1, room);
        fill(&conn, "p", first, last);
        let savepoint = conn.savepoint().unwrap();
        let outcome = delete(&savepoint, "p", data);
        if outcome.is_ok() {
            savepoint.commit().unwrap();
        } else {
            drop(savepoint);
        }
        match outcome {
            Ok(()) => assert!(goes),
            Err(Error::Conflict(why)) => assert!(why.contains("would hold more than the 10000 nodes that it may"), "{why}"),
            Err(other) => panic!("{other:?}"),
        }
        assert_eq!(get(&conn, "p").is_err(), goes, "{last} {data}");
        let held = links::manual(&conn, DEFAULT).unwrap().len();
        assert_eq!(held, 2 * if goes && !data { links::MAX_MANUAL } else { room }, "{last} {data}");
    }
}

#[test]
fn the_default_project_stays() {
    let conn = store();
    for data in [false, true] {
        assert!(matches!(delete(&conn, DEFAULT, data), Err(Error::Conflict(_))));
    }
}

#[test]
fn a_context_is_empty_until_it_is_put() {
    let conn = store();
    assert_eq!(context(&conn, DEFAULT).unwrap(), Context::default());
    let said = Context { description: "Sales".into(), domain_hints: vec!["orders".into()], ..Context::default() };
    let put = put_context(&conn, DEFAULT, &said).unwrap();
    assert!(put.updated_at.is_some());
    assert_eq!(Context { updated_at: None, ..context(&conn, DEFAULT).unwrap() }, said);
    assert!(matches!(context(&conn, "gone"), Err(Error::NotFound("Project", _))));
}
