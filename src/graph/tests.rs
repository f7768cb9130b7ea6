//! What linking promises, as tables.

use super::fixture::{edges, facts, graph, linked};
use super::link::{FileFacts, Linker, Manual, link};
use super::path::shortest_paths;
use super::{Detail, Edge, EdgeIx, Graph, Node, NodeIx, saved};
use crate::lineage::{Facts, Kind, Relation};
use std::sync::Arc;

mod properties;
mod walk;

#[test]
fn what_there_is_most_of_is_small() {
    assert_eq!([size_of::<Node>(), size_of::<Edge>(), size_of::<Detail>()], [64, 24, 48]);
}

#[test]
fn a_name_is_labelled_by_its_last_part_and_a_place_by_its_files_name() {
    for (kind, name, label, schema) in [
        (Kind::Table, "shop.dbo.Orders", "Orders", Some("dbo")),
        (Kind::Table, "orders", "orders", None),
        (Kind::File, "models/a.sql", "a.sql", None),
        (Kind::External, "path:data/v1.2/orders.csv", "orders.csv", None),
        (Kind::External, "path:orders.csv", "orders.csv", None),
        (Kind::External, "path:s3://bucket/raw/", "raw/", None),
        (Kind::External, "path:C:\\loads\\orders.csv", "orders.csv", None),
    ] {
        let node = Node::bare(kind, name);
        assert_eq!((node.label(), node.schema()), (label, schema), "{name}");
    }
}

fn has(files: &[super::fixture::Script<'_>], expected: &[&str]) {
    assert_eq!(edges(&linked(files)), expected, "{files:?}");
}

#[test]
fn one_asset_has_one_identity_whatever_its_spelling() {
    // The name defined, the name mentioned, and what the mention means.
    let cases = [
        ("tsql", "dbo.Orders", "tsql", "ORDERS", "table:dbo.orders"),
        ("tsql", "Orders", "tsql", "dbo.orders", "table:orders"),
        ("postgres", "orders", "tsql", "public.Orders", "table:orders"),
        ("tsql", "sales.Orders", "tsql", "orders", "table:sales.orders"),
        ("tsql", "sales.Orders", "tsql", "shop.sales.orders", "table:sales.orders"),
        ("mysql", "orders", "mysql", "shop.orders", "table:orders"),
        ("tsql", "shop.dbo.Orders", "tsql", "dbo.Orders", "table:shop.dbo.orders"),
        ("tsql", "shop.dbo.Orders", "tsql", "Orders", "table:shop.dbo.orders"),
        ("tsql", "sales.Orders", "tsql", "hr.Orders", "external:hr.orders"),
        ("tsql", "dbo.Orders", "postgres", "public.orders", "external:public.orders"),
        ("", "orders", "postgres", "public.orders", "table:orders"),
    ];
    for (dialect, defined, other, mentioned, meaning) in cases {
        let read = format!("read {mentioned}");
        let files = [("a.sql", dialect, format!("table {defined}(id)")), ("b.sql", other, read)];
        let files = files.each_ref().map(|(p, d, s)| (*p, *d, s.as_str()));
        has(&files, &[&format!("file:b.sql READS {meaning}")]);
    }
}

#[test]
fn several_meanings_prefer_the_same_file_then_the_same_repository_then_none() {
    let define = "table a.t(id)";
    has(&[("r/1", "", define), ("r/2", "", "table b.t(id)\nread t")], &["file:2 READS table:b.t"]);
    has(&[("r/1", "", define), ("s/2", "", "table b.t(id)"), ("s/3", "", "read t")], &["file:3 READS table:b.t"]);
    let files = [("r/1", "", define), ("r/2", "", "table b.t(id)"), ("r/3", "", "read t")];
    has(&files, &["file:3 READS external:t"]);
    let notes = linked(&files).notes;
    assert_eq!(notes[0].message, "`t` could mean any of 2 definitions (a.t, b.t); qualify it");
    assert_eq!((notes[0].file_id.as_str(), notes[0].line), ("id of r/3", 1));
    assert_eq!(notes[1].message, "`t` is mentioned here and defined nowhere in the project");
}

#[test]
fn names_that_derive_from_each_other_are_two() {
    has(&[("f", "postgres", "view orders <- raw.orders")], &["view:orders DERIVES external:raw.orders"]);
    has(&[("f", "postgres", "view sales.orders <- orders")], &["view:sales.orders DERIVES external:orders"]);
    has(&[("f", "postgres", "orders <- raw.orders")], &["external:orders DERIVES external:raw.orders"]);
    has(&[("f", "tsql", "table dbo.t(a)\ndbo.t <- t")], &["table:dbo.t DERIVES table:dbo.t"]);
}

#[test]
fn undefined_names_meet_when_only_one_fits() {
    has(&[("1", "", "read t"), ("2", "", "read s.t")], &["file:1 READS external:s.t", "file:2 READS external:s.t"]);
    has(
        &[("1", "", "read t"), ("2", "", "read s.t"), ("3", "", "read u.t")],
        &["file:1 READS external:t", "file:2 READS external:s.t", "file:3 READS external:u.t"],
    );
    has(
        &[("1", "mysql", "table t(a)"), ("2", "", "read s.t"), ("3", "", "read u.t")],
        &["file:2 READS external:s.t", "file:3 READS external:u.t"],
    );
}

#[test]
fn a_table_and_a_procedure_of_one_name_are_two() {
    has(&[("f", "", "table load(a)\nproc load\nload reads load")], &["procedure:load READS table:load"]);
}

#[test]
fn same_named_tables_of_two_default_schemas_stay_apart() {
    let files =
        [("1", "tsql", "table dbo.t(a)"), ("2", "postgres", "table public.t(b)"), ("3", "tsql", "read t"), ("4", "postgres", "read t")];
    has(&files, &["file:3 READS table:dbo.t", "file:4 READS table:public.t"]);
}

#[test]
fn a_view_over_a_missing_table_keeps_an_external_node_until_a_file_defines_it() {
    let view = ("v.sql", "tsql", "view v <- missing");
    has(&[view], &["view:v DERIVES external:missing"]);
    has(&[view, ("z.sql", "tsql", "table dbo.Missing(id)")], &["view:v DERIVES table:dbo.missing"]);
}

#[test]
fn calls_reach_routines_only_and_builtins_are_dropped() {
    has(
        &[("f", "", "proc p\nfunc f\ntable x(a)\np calls f\np calls count\np calls x\np calls util.log\nexec nightly")],
        &["file:f CALLS external:nightly", "procedure:p CALLS external:util.log", "procedure:p CALLS function:f"],
    );
}

#[test]
fn a_key_added_by_an_earlier_file_does_not_move_a_definition() {
    let add = crate::lineage::analyze("ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (b) REFERENCES u (b);", "oracle").into();
    let make = crate::lineage::analyze("CREATE TABLE t (a int, b int);\nCREATE TABLE u (b int);", "oracle").into();
    let file = |path: &'static str, facts| FileFacts { file_id: path, repository_id: "r", repository: "r", path, facts };
    let linked = link("p", &[file("1", &add), file("2", &make)], &[]);
    let table = linked.nodes.iter().find(|n| n.name() == "t").unwrap();
    assert_eq!(&*table.defined[0].file_id, "2");
}

#[test]
fn triggers_of_one_name_on_several_tables_are_several() {
    has(
        &[("1", "postgres", "table a(x)\ntrigger touch on a\ntable b(x)\ntrigger touch on b"), ("2", "postgres", "trigger once on a")],
        &["trigger:a.touch FIRES_ON table:a", "trigger:b.touch FIRES_ON table:b", "trigger:once FIRES_ON table:a"],
    );
}

#[test]
fn triggers_that_share_a_name_in_one_script_keep_their_tables() {
    let script = "CREATE TABLE a (x int);\nCREATE TABLE b (x int);\n\
        CREATE TRIGGER touch BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION stamp();\n\
        CREATE TRIGGER touch BEFORE UPDATE ON b FOR EACH ROW EXECUTE FUNCTION stamp();\n";
    let facts = crate::lineage::analyze(script, "postgres").into();
    let file = FileFacts { file_id: "1", repository_id: "r", repository: "r", path: "f", facts: &facts };
    let linked = link("p", &[file], &[]);
    let fires: Vec<String> = edges(&linked).into_iter().filter(|e| e.contains("FIRES_ON")).collect();
    assert_eq!(fires, ["trigger:a.touch FIRES_ON table:a", "trigger:b.touch FIRES_ON table:b"]);
}

#[test]
fn foreign_keys_become_references_that_name_their_columns() {
    let l = linked(&[("f", "tsql", "table dbo.c(id)\ntable o(id, c_id>c.id)")]);
    let edge = l.edges.iter().find(|e| e.relation == crate::lineage::Relation::References).unwrap();
    assert_eq!(edge.properties.map()["foreign_keys"], serde_json::json!([{"columns": ["c_id"], "referenced_columns": ["id"]}]));
    assert_eq!(edges(&l), ["table:o REFERENCES table:dbo.c"]);
}

#[test]
fn columns_follow_their_sources() {
    let t = "table t(a, b)\ntable u(b, c)\n";
    let cases: [(&str, &[&str]); 12] = [
        ("view v = x:t.a", &["column:v.x DERIVES column:t.a"]),
        ("view v = x:t.a+u.c", &["column:v.x DERIVES column:t.a [t.a+u.c]", "column:v.x DERIVES column:u.c [t.a+u.c]"]),
        ("view v = *u", &["column:v.b DERIVES column:u.b", "column:v.c DERIVES column:u.c"]),
        ("view v = *u-B", &["column:v.c DERIVES column:u.c"]),
        ("view v = x:t|u.c", &["column:v.x DERIVES column:u.c"]),
        ("view v(one, two) = *t", &["column:v.one DERIVES column:t.a", "column:v.two DERIVES column:t.b"]),
        ("view v = x:t.a ?t.b", &["column:v.x DERIVES column:t.a", "view:v ~DERIVES column:t.b"]),
        ("view v = x:t.a UNION y:u.c", &["column:v.x DERIVES column:t.a", "column:v.x DERIVES column:u.c"]),
        ("view v = x:t.missing", &[]),
        ("view v = x:t|gone.a y:t|gone.z", &["column:v.x DERIVES column:t.a", "column:v.y DERIVES column:gone.z"]),
        ("view v = x:gone|away.z", &[]),
        ("insert u = :t.a :t.b", &["column:u.b DERIVES column:t.a", "column:u.c DERIVES column:t.b"]),
    ];
    for (script, expected) in cases {
        let l = linked(&[("f", "", &format!("{t}{script}"))]);
        assert_eq!(edges(&l), expected, "{script}");
    }
}

#[test]
fn stars_are_expanded_through_views_of_other_files_in_any_order() {
    let files = [("1", "", "view w = *v more:t.a"), ("2", "", "view v = *t"), ("3", "", "table t(a, b)")];
    let l = linked(&files);
    let g = Graph::build("p", l);
    let w = g.resolve("w")[0];
    let columns: Vec<&str> = g.columns(w).into_iter().map(|c| g.node(c).label()).collect();
    assert_eq!(columns, ["a", "b", "more"]);
}

#[test]
fn what_is_written_into_a_synonym_is_written_into_what_it_stands_for() {
    let table = ("t.sql", "tsql", "table dbo.t(a, b)");
    let synonym = ("s.sql", "tsql", "synonym s for dbo.t");
    let write = ("w.sql", "tsql", "proc p\ns <- u\ns by p\np: insert s = x:u.x y:s.a");
    let copied = ["column:s.a DERIVES column:dbo.t.a", "column:s.b DERIVES column:dbo.t.b"];
    let expected = [
        "column:dbo.t.a DERIVES column:u.x",
        "column:dbo.t.b DERIVES column:dbo.t.a",
        copied[0],
        copied[1],
        "synonym:s WRITTEN_BY procedure:p",
        "synonym:s DERIVES table:dbo.t",
        "table:dbo.t DERIVES external:u",
        "table:dbo.t WRITTEN_BY procedure:p",
    ];
    for files in [[table, synonym, write], [write, synonym, table], [synonym, write, table]] {
        has(&files, &expected);
    }
    // Of another synonym, and of nothing that is there.
    has(
        &[("1", "tsql", "synonym s for r"), ("2", "tsql", "synonym r for x.t"), ("3", "tsql", "insert s(a) = :u.b\ns <- u")],
        &[
            "column:x.t.a DERIVES column:u.b",
            "column:x.t.a WRITTEN_BY file:3",
            "external:x.t DERIVES external:u",
            "synonym:r DERIVES external:x.t",
            "synonym:s DERIVES synonym:r",
        ],
    );
    // A circle stands for nothing.
    has(
        &[("1", "tsql", "synonym s for r"), ("2", "tsql", "synonym r for s"), ("3", "tsql", "s <- u")],
        &["synonym:r DERIVES synonym:s", "synonym:s DERIVES external:u", "synonym:s DERIVES synonym:r"],
    );
}

#[test]
fn what_a_routine_gives_back_is_looked_through() {
    let t = "table t(a, b)\n";
    let cases: [(&str, &[&str]); 12] = [
        ("func f = x:t.a\nview v = y:f().x", &["column:v.y DERIVES column:t.a"]),
        ("func f = x:t.a+t.b\nview v = y:f().x", &["column:v.y DERIVES column:t.a [t.a+t.b]", "column:v.y DERIVES column:t.b [t.a+t.b]"]),
        ("func f = *t\nview v = *f()", &["column:v.a DERIVES column:t.a", "column:v.b DERIVES column:t.b"]),
        ("func f(x, y) = *t\nview v = *f()-x", &["column:v.y DERIVES column:t.b"]),
        ("func f = x:t.a\nfunc g = *f()\nview v = y:g().x", &["column:v.y DERIVES column:t.a"]),
        ("func f = x:t.a UNION z:t.b\nview v = y:f().x", &["column:v.y DERIVES column:t.a", "column:v.y DERIVES column:t.b"]),
        ("func f = x:t.a\nview v = y:f()|t.x z:f()|t.b", &["column:v.y DERIVES column:t.a", "column:v.z DERIVES column:t.b"]),
        ("func f = x:t.a x:t.b\nu <- f()\ninsert u(p, q) = *f()", &["column:u.p DERIVES column:t.a", "column:u.q DERIVES column:t.b"]),
        (
            "func f = x:t.a UNION y:t.b z:t.a\nu <- f()\ninsert u(p, q) = *f()",
            &["column:u.p DERIVES column:t.b", "column:u.q DERIVES column:t.a"],
        ),
        ("func f = x:f().x\nfunc g = x:h().x UNION x:t.a\nfunc h = *g()\nview v = f:f().x h:h().x", &["column:v.h DERIVES column:t.a"]),
        ("func f = *gone\nview v = y:f().x", &["column:v.y DERIVES column:gone.x"]),
        ("view v = x:f().x *f()\nu <- f()\nread f()", &[]),
    ];
    for (script, expected) in cases {
        let l = linked(&[("f", "", &format!("{t}{script}"))]);
        let of_columns = |e: &String| e.starts_with("column") && e.contains("DERIVES") || e.contains("external:f");
        let found: Vec<String> = edges(&l).into_iter().filter(of_columns).collect();
        assert_eq!(found, expected, "{script}");
    }
}

#[test]
fn what_is_made_of_a_routines_rows_derives_from_what_they_are_made_of() {
    let files =
        [("1", "", "v <- f()\np calls f\nread f()"), ("2", "", "func f\nf() <- g()\nf() <- a"), ("3", "", "func g\ng() <- b\ng() <- f()")];
    let expected = [
        "external:p CALLS function:f",
        "external:v DERIVES external:a",
        "external:v DERIVES external:b",
        "file:1 READS external:a",
        "file:1 READS external:b",
    ];
    has(&files, &expected);
    has(&[files[2], files[0], files[1]], &expected);
}

#[test]
fn rows_of_routines_that_nobody_reads_cost_no_columns() {
    let columns: Vec<String> = (0..1000).map(|n| format!("c{n}")).collect();
    let mut script = format!("table t({})\n", columns.join(", "));
    for n in 0..300 {
        script += &format!("func f{n} = *t\n");
    }
    assert!(linked(&[("f", "", &script)]).notes.iter().all(|n| n.name != "*"));
    let l = linked(&[("f", "", &(script + "view v = *f1()\n"))]);
    assert!(l.notes.iter().all(|n| n.name != "*"), "{:?}", l.notes);
}

#[test]
fn stars_in_a_circle_or_over_the_unknown_end() {
    has(
        &[("f", "", "view a = *b\nview b = *a x:t.x")],
        &["column:a.x DERIVES column:b.x", "column:b.x DERIVES column:a.x", "column:b.x DERIVES column:t.x"],
    );
    has(&[("f", "", "view a = *gone x:gone.x")], &["column:a.x DERIVES column:gone.x"]);
}

#[test]
fn an_insert_without_a_list_goes_by_position_with_one_by_list() {
    has(
        &[("f", "", "table t(a, b)\nproc p\np: insert t(b) = :s.x\np: insert t = :s.y")],
        &["column:t.a DERIVES column:s.y", "column:t.b DERIVES column:s.x", "column:t.b WRITTEN_BY procedure:p"],
    );
}

#[test]
fn routines_read_the_columns_they_name_and_with_a_star_all() {
    has(&[("f", "", "table t(a, b)\nproc p\np: uses t.a")], &["procedure:p READS column:t.a"]);
    has(&[("f", "", "table t(a, b)\nproc p\np: uses t.*")], &["procedure:p READS column:t.a", "procedure:p READS column:t.b"]);
}

#[test]
fn files_of_one_path_in_two_repositories_are_two_nodes() {
    let l = linked(&[("r/a.sql", "", ""), ("s/a.sql", "", ""), ("s/b.sql", "", "")]);
    let urns: Vec<String> = l.nodes.iter().map(|n| n.urn("p")).collect();
    assert_eq!(urns, ["urn:headwater:p:file:b.sql", "urn:headwater:p:file:r/a.sql", "urn:headwater:p:file:s/a.sql"]);
}

#[test]
fn definitions_of_two_kinds_are_one_node_with_both_in_evidence() {
    let l = linked(&[("1", "", "view t <- s"), ("2", "", "table t(a)")]);
    let t = l.nodes.iter().find(|n| n.name() == "t").unwrap();
    assert_eq!((t.kind, t.defined.len()), (Kind::Table, 2));
}

#[test]
fn what_was_made_by_hand_joins_what_was_found() {
    let facts = facts("", "table t(a)").into();
    let file = FileFacts { file_id: "1", repository_id: "r", repository: "r", path: "f", facts: &facts };
    let entity = |id: &str, kind: &str| Manual::Entity {
        id: id.into(),
        entity_type: kind.into(),
        name: "The dashboard".into(),
        properties: serde_json::Map::new(),
    };
    let relate = |source: &str, target: &str, relation: &str| Manual::Relationship {
        source: source.into(),
        target: target.into(),
        relation: relation.into(),
        properties: serde_json::Map::new(),
    };
    let t = "urn:headwater:p:table:t";
    let manual = [entity("dash", "dashboard"), relate("dash", t, "reads"), relate("dash", t, "shows"), relate("dash", "gone", "reads")];
    let g = Graph::build("p", link("p", &[file], &manual));
    let dash = g.resolve("DASH")[0];
    assert_eq!(g.resolve("the dashboard"), [dash]);
    assert_eq!(g.node(dash).properties["entity_type"], "dashboard");
    let relations: Vec<&str> = g.outgoing(dash).map(|e| g.edge(e).relation.as_str()).collect();
    assert_eq!(relations, ["DERIVES", "READS"]);
    assert_eq!(g.edge(g.outgoing(dash).next().unwrap()).properties.map()["relationship_type"], "shows");
    assert!(g.linked.notes.iter().any(|n| n.name == "gone"));
}

#[test]
fn names_are_found_in_any_quoting_and_the_best_first() {
    let g = graph(
        "table Odd\"one.it's ]x(a)\ntable dbo.Orders(Id, Total)\ntable sales.Orders(Id)\nproc LoadOrders\nview orders_v <- dbo.orders\nread lonely",
    );
    let first = |text: &str| g.resolve(text).first().map(|ix| g.urn(*ix)).unwrap_or_default();
    let cases = [
        ("[dbo].[Orders]", "table:dbo.orders"),
        ("[Odd\"one].[it's ]]x]", "table:odd\"one.it's ]x"),
        ("Odd\"one.it's ]x", "table:odd\"one.it's ]x"),
        ("[dbo] . \"Orders\"", "table:dbo.orders"),
        ("\"SALES\" . `orders`;", "table:sales.orders"),
        ("orders", "table:dbo.orders"),
        ("dbo.orders.total", "column:dbo.orders.total"),
        ("orders.total", "column:dbo.orders.total"),
        ("total", "column:dbo.orders.total"),
        ("shop.dbo.orders", "table:dbo.orders"),
        ("dbo.loadorders", "procedure:loadorders"),
        ("lonely", "external:lonely"),
        ("f.sql", "file:f.sql"),
        ("urn:headwater:p:table:dbo.orders", "table:dbo.orders"),
    ];
    for (text, expected) in cases {
        assert_eq!(first(text), format!("urn:headwater:p:{expected}"), "{text}");
    }
    assert!(g.resolve("hr.orders").is_empty() && g.resolve("").is_empty() && g.resolve("[").is_empty());
}

#[test]
fn edges_are_found_by_their_urns() {
    let g = graph("view v <- t\nview w <- v");
    for ix in 0..g.linked.edges.len() as u32 {
        assert_eq!(g.find_edge(&g.edge_urn(ix)), Some(ix));
    }
    assert_eq!(g.find_edge("urn:headwater:p:edge:0"), None);
}

#[test]
fn a_chain_of_a_hundred_thousand_views_needs_no_stack() {
    let mut script = String::from("table v0(a)\n");
    for n in 1..100_000 {
        script += &format!("view v{n} = *v{}\nv{n} <- v{}\n", n - 1, n - 1);
    }
    let g = graph(&script);
    let (first, last) = (g.resolve("v0")[0], g.resolve("v99999")[0]);
    assert_eq!(g.columns(last).len(), 1);
    assert!(g.report().cycles.is_empty());
    let (paths, _) = shortest_paths(&g, first, last, 1);
    assert_eq!(paths[0].nodes.len(), 100_000);
}

#[test]
fn stars_cannot_ask_for_all_the_memory_there_is() {
    let columns: Vec<String> = (0..1000).map(|n| format!("c{n}")).collect();
    let mut script = format!("table t({})\n", columns.join(", "));
    for n in 0..2_000 {
        script += &format!("view v{n} = *t\n");
    }
    let l = linked(&[("f", "", &script)]);
    assert!(l.nodes.len() < 4_000 + super::column::MAX_STAR_COLUMNS);
    assert!(l.notes.iter().any(|n| n.name == "*"));
}

#[test]
fn what_many_files_state_at_once_is_what_each_states_after_the_other() {
    let script = |n: usize| {
        let more: String =
            (0..12).map(|m| format!("insert wide = x{m}:gone{}.C{m}\nproc p{n}_{m}\np{n}_{m}: uses gone{m}.c{n}\n", n % 7)).collect();
        format!("table t{n}(a, b, c)\nview v{n} = *t{n} *t{} x:unknown.X{n}\n{more}", n / 2)
    };
    let scripts: Vec<(String, String)> = (0..60).map(|n| (format!("{n:02}.sql"), script(n))).collect();
    let all: Vec<(String, Arc<Facts>)> = scripts.iter().map(|(path, script)| (path.clone(), facts("tsql", script).into())).collect();
    fn file((path, facts): &(String, Arc<Facts>)) -> FileFacts<'_> {
        FileFacts { file_id: path, repository_id: "r", repository: "r", path, facts }
    }
    for most in [100, 250, super::column::MAX_STAR_COLUMNS] {
        let at_once = Linker::bounded("p", most).update(&all.iter().map(file).collect::<Vec<_>>(), &[], &[]);
        let mut linker = Linker::bounded("p", most);
        for one in &all {
            linker.update(&[file(one)], &[], &[]);
        }
        assert!(at_once.linked == linker.graph().linked, "{most} columns of stars");
        assert!(at_once.linked.edges.len() > 1_000);
    }
}

#[test]
fn files_that_ask_for_no_columns_are_linked_alone_though_stars_are_cut() {
    let columns: Vec<String> = (0..300).map(|n| format!("c{n}")).collect();
    let wide = format!("table t({})\n", columns.join(", ")) + &(0..70).map(|n| format!("view v{n} = *t\n")).collect::<String>();
    let said = |script: &str| Arc::new(facts("", script));
    let (wide, read, more, star) = (said(&wide), said("table x(a)"), said("table x(a, b)\nread x"), said("view y = *x\ntable x(a)"));
    let file = |id: &'static str, facts| FileFacts { file_id: id, repository_id: "r", repository: "r", path: id, facts };
    let bounded = || Linker::bounded("p", 20_000);
    let mut linker = bounded();
    let mut before = linker.update(&[file("wide", &wide), file("own", &read)], &[], &[]);
    let view = |g: &Graph| g.linked.nodes[g.resolve("v0")[0] as usize].clone();
    for (own, alone) in [(&more, true), (&star, false), (&read, false)] {
        let after = linker.update(&[file("own", own)], &[], &[]);
        assert_eq!(after.linked, bounded().update(&[file("wide", &wide), file("own", own)], &[], &[]).linked);
        // Nodes that a graph shares with the one before were not made anew.
        assert_eq!(Arc::ptr_eq(&view(&before), &view(&after)), alone);
        before = after;
    }
}

#[test]
fn what_a_changed_file_moves_in_others_is_linked_anew() {
    // What the changed file moves, a file that stays, and the changed one before and after.
    let cases = [
        (
            "which of two definitions decides what a synonym stands for",
            "synonym b for a\nsynonym d.s.a for a",
            "func s.a",
            "synonym s.a for b\nfunc s.a",
        ),
        (
            "what functions give back that read each other",
            "func a = *a p:s.a.x\na() <- a\na() <- s.a()\nview b = *a() z:a()|a.y ?a().p\nb <- a()",
            "",
            "func s.a = *a p:a.x\ns.a() <- a\ns.a() <- a()\nfunc a = *s.a p:a.x\na() <- s.a\na() <- a()",
        ),
        ("which columns take what is inserted by place", "insert t = :u.p :u.q", "table t(x, y)", "table t(x, y!)"),
        ("the columns of a row that is one value", "insert v = z:t.@", "table t(x)", "table t(x, y)"),
        ("the columns of a row that is called like its table", "insert v = z:t.t", "table t(x)", "table t(x, y)"),
        ("the table whose rows a trigger's function sees", "func f\na <- f\u{1e}fired()", "f\u{1e}fired() <- t", "read t"),
        (
            "what a function's triggers hand to a table",
            "func f\ninsert a(x) = :f\u{1e}fired().y",
            "fires f on t",
            "fires f on u\ntable u(y)",
        ),
        ("what a routine is called with", "func f\nkeep f in a.x", "pass t.y to f", "pass u.y to f"),
    ];
    for (moved, stays, before, after) in cases {
        let [stays, before, after] = [stays, before, after].map(|script| Arc::new(facts("tsql", script)));
        let file = |id: &'static str, facts| FileFacts { file_id: id, repository_id: "r", repository: "r", path: id, facts };
        for (own, other) in [("1", "2"), ("2", "1")] {
            let mut linker = Linker::new("p");
            linker.update(&[file(other, &stays), file(own, &before)], &[], &[]);
            for facts in [Some(&after), None, Some(&after), Some(&before)] {
                let changed = Vec::from_iter(facts.map(|facts| file(own, facts)));
                let removed = if facts.is_none() { vec![own] } else { Vec::new() };
                let graph = linker.update(&changed, &removed, &[]);
                let all = [changed, vec![file(other, &stays)]].concat();
                assert_eq!(graph.linked, link("p", &all, &[]), "{moved}, as {own}");
            }
        }
    }
}

#[test]
fn of_one_path_in_two_repositories_the_name_of_the_repository_decides() {
    let a = Arc::new(crate::lineage::analyze("CREATE TABLE t (x int, a int);", "postgres"));
    let b = Arc::new(crate::lineage::analyze("CREATE TABLE t (y int, a varchar(9));", "postgres"));
    for (of_a, of_b) in [("1", "2"), ("2", "1")] {
        let file = |id, repository, facts| FileFacts { file_id: id, repository_id: id, repository, path: "schema.sql", facts };
        let g = Graph::build("p", link("p", &[file(of_a, "A", &a), file(of_b, "B", &b)], &[]));
        let names: Vec<&str> = g.columns(g.resolve("t")[0]).iter().map(|c| g.node(*c).column.name.as_str()).collect();
        assert_eq!((names, g.node(g.resolve("t.a")[0]).column.data_type.as_str()), (vec!["x", "a", "y"], "INT"));
        let places: Vec<&str> = g.node(g.resolve("t")[0]).defined.iter().map(|e| &*e.file_id).collect();
        assert_eq!(places, [of_a, of_b]);
    }
}

#[test]
fn what_decides_stands_first_among_the_definitions_whatever_is_made_by_hand() {
    let (a, z) = (Arc::new(facts("", "table t(x)\nu <- v")), Arc::new(facts("", "table t(x, y, z)\nu <- v")));
    let by_hand = Manual::Entity { id: "t".into(), entity_type: "table".into(), name: String::new(), properties: serde_json::Map::new() };
    for (of_a, of_z) in [("1", "2"), ("2", "1")] {
        for manual in [&[][..], std::slice::from_ref(&by_hand)] {
            let file = |id, path, facts| FileFacts { file_id: id, repository_id: "r", repository: "r", path, facts };
            let g = Graph::build("p", link("p", &[file(of_a, "a.sql", &a), file(of_z, "z.sql", &z)], manual));
            let ids = |places: &[super::Evidence]| places.iter().map(|e| e.file_id.to_string()).collect::<Vec<_>>();
            assert_eq!(ids(&g.node(g.resolve("t")[0]).defined), [of_z, of_a], "the one with more columns decides");
            assert_eq!(ids(&g.node(g.resolve("t.x")[0]).defined), [of_z, of_a]);
            let edge = g.sources(g.resolve("u")[0])[0].edge;
            assert_eq!(ids(&g.edge(edge).evidence), [of_a, of_z], "the first file is cited first");
        }
    }
}

#[test]
fn an_empty_project_is_an_empty_graph() {
    let g = Graph::build("p", link("p", &[], &[]));
    assert_eq!(g.report(), super::Report::default());
    assert!(g.resolve("x").is_empty() && Graph::default().resolve("x").is_empty());
}
