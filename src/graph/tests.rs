//! What linking, walks, paths, impact and the report promise, as tables.

use super::fixture::{edges, facts, graph, linked};
use super::link::{FileFacts, Linker, Manual, link};
use super::path::shortest_paths;
use super::walk::{Direction, Level, Limits, Walk, impact, walk};
use super::{Detail, Edge, EdgeIx, Graph, Node, NodeIx, saved};
use crate::lineage::{Facts, Kind, Relation};
use std::sync::Arc;

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

const CHAIN: &str = "table raw(a)
    view staging <- raw
    view mart <- staging
    proc p
    p reads raw
    t by p
    t <- raw
    proc q
    q calls p
    trigger g on raw";

fn reached(g: &Graph, nodes: &[(NodeIx, u32)]) -> Vec<String> {
    let mut reached: Vec<String> = nodes.iter().map(|(ix, hops)| format!("{} {hops}", g.node(*ix).name())).collect();
    reached.sort();
    reached
}

#[test]
fn a_walk_passes_relations_and_code_only_to_who_calls_it() {
    let g = graph(CHAIN);
    let limits = Limits { depth: 9, nodes: 100 };
    let go = |from: &str, direction| {
        let walk = walk(&g, g.resolve(from)[0], direction, Level::Table, limits);
        assert!(!walk.truncated);
        reached(&g, &walk.nodes).join(", ")
    };
    assert_eq!(go("raw", Direction::Downstream), "g 1, mart 2, p 1, q 2, raw 0, staging 1, t 1");
    assert_eq!(go("raw", Direction::Upstream), "raw 0");
    assert_eq!(go("t", Direction::Upstream), "p 1, raw 1, t 0");
    assert_eq!(go("p", Direction::Upstream), "p 0, raw 1");
    assert_eq!(go("p", Direction::Downstream), "p 0, q 1, t 1");
    assert_eq!(go("staging", Direction::Both), "mart 1, raw 1, staging 0");
}

#[test]
fn a_walk_says_when_a_limit_cut_it() {
    let g = graph(CHAIN);
    let raw = g.resolve("raw")[0];
    let go = |depth, nodes| walk(&g, raw, Direction::Downstream, Level::Table, Limits { depth, nodes });
    assert!(go(1, 100).truncated && go(9, 3).truncated && !go(2, 7).truncated);
    assert_eq!(go(9, 3).nodes.len(), 3);
    assert_eq!(go(0, 100).nodes.len(), 1);
}

#[test]
fn a_column_walk_begins_at_the_columns_of_a_relation() {
    let g = graph("table t(a, b)\nview v = x:t.a\nview w = y:v.x");
    let limits = Limits { depth: 9, nodes: 100 };
    let down = walk(&g, g.resolve("t")[0], Direction::Downstream, Level::Column, limits);
    assert_eq!(reached(&g, &down.nodes), ["t.a 0", "t.b 0", "v.x 1", "w.y 2"]);
    let table = walk(&g, g.resolve("t.a")[0], Direction::Downstream, Level::Table, limits);
    assert_eq!(reached(&g, &table.nodes), ["t 0"]);
}

#[test]
fn what_names_the_root_breaks_and_the_rest_is_affected() {
    let script = format!("{CHAIN}\ntable child(raw_a>raw.a)\nproc writer\nraw by writer");
    let cases = [("raw", "child, g, p, staging, writer", "mart, q, t"), ("p", "q", "t"), ("raw.a", "child", "")];
    for (root, breaking, affected) in cases {
        let g = graph(&script);
        let impact = impact(&g, g.resolve(root)[0], Limits { depth: 9, nodes: 100 });
        let names = |list: &[NodeIx]| {
            let mut names: Vec<_> = list.iter().map(|ix| g.node(*ix).name()).collect();
            names.sort_unstable();
            names.join(", ")
        };
        assert_eq!((names(&impact.breaking).as_str(), names(&impact.affected).as_str()), (breaking, affected), "{root}");
        assert_eq!(impact.nodes.len(), impact.breaking.len() + impact.affected.len());
    }
}

#[test]
fn a_column_breaks_what_names_it_and_nothing_else_of_its_table() {
    let g = graph(
        "table t(a, b)\nview v = x:t.a ?t.b\nview w = y:v.x z:t.b\nproc p\np: uses t.a\nproc q\nq: uses t.b\nu <- t\ninsert u(k) = :t.a",
    );
    let impact = impact(&g, g.resolve("t.a")[0], Limits { depth: 9, nodes: 100 });
    let names = |list: &[NodeIx]| {
        let mut names: Vec<_> = list.iter().map(|ix| g.node(*ix).name()).collect();
        names.sort_unstable();
        names.join(", ")
    };
    assert_eq!(names(&impact.breaking), "p, v, v.x");
    assert_eq!(names(&impact.affected), "u, u.k, w, w.y");
}

#[test]
fn what_is_made_of_a_relation_that_filters_by_a_column_is_affected_by_it() {
    let g = graph("table t(a, b)\nview v = x:t.a ?t.b\nview w = y:v.x\nw <- v\nproc p\np reads w");
    let impact = impact(&g, g.resolve("t.b")[0], Limits { depth: 9, nodes: 100 });
    assert_eq!(reached(&g, &impact.nodes), ["p 3", "v 1", "w 2"]);
    assert_eq!(impact.breaking, g.resolve("v"));
}

/// A function that reads a table, called by a view and by another function.
const CALLED: &str = "table rates(eur)
    table orders(total)
    func to_eur
    to_eur reads rates
    view stg <- orders
    stg calls to_eur
    view mart <- stg
    func total
    total calls to_eur
    view report <- orders
    report calls total
    proc load
    load reads rates
    orders by load
    orders by to_eur";

#[test]
fn what_a_called_function_reads_feeds_its_caller() {
    let g = graph(CALLED);
    let go = |from: &str, direction| {
        reached(&g, &walk(&g, g.resolve(from)[0], direction, Level::Table, Limits { depth: 9, nodes: 100 }).nodes).join(", ")
    };
    assert_eq!(go("rates", Direction::Downstream), "load 1, mart 3, rates 0, report 3, stg 2, to_eur 1, total 2");
    assert_eq!(go("mart", Direction::Upstream), "load 3, mart 0, orders 2, rates 3, stg 1, to_eur 2");
    assert_eq!(go("orders", Direction::Upstream), "load 1, orders 0, to_eur 1", "who writes a table does not make it of all that it reads");
    for (from, to, way) in [
        ("rates", "mart", "rates to_eur stg mart"),
        ("rates", "report", "rates to_eur total report"),
        ("rates", "load", "rates load"),
        ("to_eur", "report", "to_eur total report"),
        ("rates", "orders", ""),
    ] {
        for k in [1, 9] {
            let (paths, _) = shortest_paths(&g, g.resolve(from)[0], g.resolve(to)[0], k);
            let names = |p: &super::path::Path| p.nodes.iter().map(|n| g.node(*n).name()).collect::<Vec<_>>().join(" ");
            assert_eq!(paths.first().map(names).unwrap_or_default(), way, "{from} to {to}");
        }
    }
}

#[test]
fn a_column_walk_ends_at_what_filters_by_the_column_and_at_what_reads_it() {
    let g = graph("table t(a, b)\nview v = x:t.a ?t.b\nview w = y:v.x\nw <- v\nproc p\np: uses t.b");
    let go = |column: &str, direction| {
        reached(&g, &walk(&g, g.resolve(column)[0], direction, Level::Column, Limits { depth: 9, nodes: 100 }).nodes).join(", ")
    };
    assert_eq!(go("t.b", Direction::Downstream), "p 1, t.b 0, v 1");
    assert_eq!(go("t.a", Direction::Downstream), "t.a 0, v.x 1, w.y 2");
    assert_eq!(go("v.x", Direction::Upstream), "t.a 1, v.x 0");
}

#[test]
fn what_a_column_walk_ends_at_takes_no_room_from_what_it_goes_on_from() {
    let g = graph("table t(a)\nview v = x:t.a ?t.a\nview w = y:v.x ?v.x\nproc p\np: uses t.a");
    let go = |nodes| {
        let walk = walk(&g, g.resolve("t.a")[0], Direction::Downstream, Level::Column, Limits { depth: 9, nodes });
        (reached(&g, &walk.nodes).join(", "), walk.truncated, walk.full)
    };
    let all = "p 1, t.a 0, v 1, v.x 1, w 2, w.y 2".to_owned();
    assert_eq!(go(3), (all, false, false));
    assert_eq!(go(2), ("p 1, t.a 0, v 1, v.x 1".into(), true, true));
}

#[test]
fn paths_come_shortest_first_and_pass_nothing_twice() {
    let g = graph("b <- a\nc <- b\nd <- c\nd <- b\nb <- c\nx <- a\nd <- x");
    let paths = |from: &str, to: &str, k| {
        let (paths, cut) = shortest_paths(&g, g.resolve(from)[0], g.resolve(to)[0], k);
        assert!(!cut);
        paths.iter().map(|p| p.nodes.iter().map(|n| g.node(*n).name()).collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(paths("a", "d", 1), ["abd"]);
    assert_eq!(paths("a", "d", 9), ["abd", "axd", "abcd"]);
    assert_eq!(paths("d", "a", 1), ["abd"]);
    assert_eq!(paths("a", "a", 1), ["a"]);
    assert!(paths("x", "c", 3).is_empty() && paths("a", "d", 0).is_empty());
}

#[test]
fn the_report_tells_ends_circles_and_gaps() {
    let g = graph("table raw(a)\ntable alone(a)\nview m <- raw\nview x <- y, m\nview y <- z\nview z <- x\nself <- self\nread gone");
    let report = g.report();
    let names = |list: &[NodeIx]| list.iter().map(|ix| g.node(*ix).name()).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&report.orphans), "alone self");
    assert_eq!(names(&report.roots), "gone raw");
    assert_eq!(names(&report.leaves), "");
    assert_eq!(report.cycles.iter().map(|c| names(c)).collect::<Vec<_>>(), ["self", "x y z"]);
    assert_eq!(names(&report.dangling), "gone self");
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

mod properties {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{HashSet, VecDeque};

    fn statement() -> impl Strategy<Value = String> {
        let table = || proptest::sample::select(vec!["a", "b", "s.a", "dbo.a", "d.s.a", "public.b", "s.b", "c"]);
        prop_oneof![
            table().prop_map(|t| format!("table {t}(x, y)")),
            (table(), table()).prop_map(|(v, t)| format!("view {v} = *{t} z:{t}.x ?{t}.y")),
            (table(), table()).prop_map(|(a, b)| format!("{a} <- {b}")),
            (table(), table()).prop_map(|(a, b)| format!("insert {a} = p:{b}.x q:{a}|{b}.y")),
            table().prop_map(|t| format!("read {t}")),
            Just("exec a".to_owned()),
        ]
    }

    fn files() -> impl Strategy<Value = Vec<(String, String, String)>> {
        let dialect = proptest::sample::select(vec!["tsql", "postgres", "mysql", ""]);
        let file = (dialect, proptest::collection::vec(statement(), 0..5), 0..2u8);
        proptest::collection::vec(file, 0..6).prop_map(|files| {
            let named = files.into_iter().enumerate();
            named.map(|(n, (dialect, lines, repo))| (format!("r{repo}/{n}.sql"), dialect.to_owned(), lines.join("\n"))).collect()
        })
    }

    /// More kinds of statements than [`statement`], so that files depend on each other in every way there is.
    fn entangled() -> impl Strategy<Value = String> {
        let table = || proptest::sample::select(vec!["a", "A", "s.a", "dbo.a", "d.s.a", "b", "s.B"]);
        let column = || proptest::sample::select(vec!["x", "X", "y", "w"]);
        prop_oneof![
            4 => statement(),
            1 => (table(), column(), table()).prop_map(|(t, c, u)| format!("table {t}({c}, k>{u}.x)")),
            1 => (table(), table(), table()).prop_map(|(v, t, u)| format!("view {v} = *{t} *{u}-y")),
            2 => (table(), table(), table()).prop_map(|(f, t, u)| format!("func {f} = *{t} p:{u}.x\n{f}() <- {t}\n{f}() <- {u}()")),
            1 => (table(), table(), table()).prop_map(|(f, g, t)| format!("func {f}(x, y) = *{g}() UNION q:{t}.y r:{g}().x")),
            1 => (table(), table(), table()).prop_map(|(v, f, t)| format!("view {v} = *{f}() z:{f}()|{t}.y ?{f}().p\n{v} <- {f}()")),
            1 => (table(), table()).prop_map(|(t, f)| format!("insert {t} = *{f}()\ninsert {t}(w) = :{f}().$2\nread {f}()")),
            1 => (table(), table()).prop_map(|(v, t)| format!("view {v}(one, two) = *{t} UNION p:{t}.x q:{t}.w")),
            1 => (table(), column(), table(), column()).prop_map(|(t, c, u, d)| format!("insert {t}({c}) = :{u}.{d}")),
            1 => (table(), table()).prop_map(|(t, u)| format!("insert {t} = *{u}")),
            1 => (table(), table(), column()).prop_map(|(v, t, c)| format!("view {v} = {c}:{t}.{c} z:{t}|b.{c}+{t}.y")),
            1 => table().prop_map(|t| format!("trigger touch on {t}")),
            1 => table().prop_map(|t| format!("proc {t}\n{t} reads b\n{t} calls s.a")),
            1 => (table(), table()).prop_map(|(p, t)| format!("proc {p}\n{p}: uses {t}.*\n{p}: uses {t}.W")),
            1 => table().prop_map(|t| format!("{t} by b")),
            2 => (table(), table()).prop_map(|(s, t)| format!("synonym {s} for {t}")),
            1 => (table(), table()).prop_map(|(f, t)| format!("fires {f} on {t}")),
            2 => (table(), table()).prop_map(|(f, t)| format!("func {f}\ninsert {t}(x) = :{f}\u{1e}fired().y\n{t} <- {f}\u{1e}fired()")),
        ]
    }

    /// What happens to the file of a number: it says something (in a dialect, in a repository, as one of two paths), or it goes.
    type Step = (u8, Option<(&'static str, u8, bool, Vec<String>)>, u8);

    fn history() -> impl Strategy<Value = Vec<Vec<Step>>> {
        let dialect = proptest::sample::select(vec!["tsql", "postgres", ""]);
        let said = (dialect, 0..2u8, proptest::bool::weighted(0.2), proptest::collection::vec(entangled(), 0..5));
        let step = (0..5u8, proptest::option::weighted(0.8, said), 0..8u8);
        proptest::collection::vec(proptest::collection::vec(step, 1..4), 1..8)
    }

    fn by_hand(which: u8) -> Vec<Manual> {
        let properties = || serde_json::from_value(serde_json::json!({"note": "seen"})).unwrap();
        let entity = |id: &str, entity_type: &str| Manual::Entity {
            id: id.into(),
            entity_type: entity_type.into(),
            name: String::new(),
            properties: properties(),
        };
        let relate = |source: &str, target: &str, relation: &str| Manual::Relationship {
            source: format!("urn:headwater:p:{source}"),
            target: format!("urn:headwater:p:{target}"),
            relation: relation.into(),
            properties: properties(),
        };
        let all = [
            vec![entity("a", "table"), entity("urn:headwater:p:external:b", "x"), entity("dash", "dashboard")],
            vec![relate("table:a", "table:s.a", "derives"), relate("view:b", "table:a", "shows")],
            vec![relate("column:s.a.x", "external:s.a", "column_of"), relate("external:b", "table:a", "reads")],
        ];
        all.into_iter().enumerate().filter(|(n, _)| which & 1 << n != 0).flat_map(|(_, manual)| manual).collect()
    }

    fn arrows() -> impl Strategy<Value = (Vec<(u8, u8)>, u8, u8)> {
        (proptest::collection::vec((0..9u8, 0..9u8), 0..24), 0..9u8, 0..9u8)
    }

    fn graph_of(arrows: &[(u8, u8)]) -> (Graph, Vec<NodeIx>) {
        let mut script: String = (0..9).map(|n| format!("table t{n}(x)\n")).collect();
        script.extend(arrows.iter().map(|(a, b)| format!("t{a} <- t{b}\n")));
        let g = graph(&script);
        let nodes = (0..9).map(|n| g.resolve(&format!("t{n}"))[0]).collect();
        (g, nodes)
    }

    proptest! {
        #![proptest_config(crate::properties::config())]

        #[test]
        fn a_name_is_found_as_it_is_listed(names in proptest::collection::vec("[a-bA-B\"'`;\\[\\] .%ä-]{1,6}", 1..5)) {
            let tables = names.iter().filter(|n| !n.trim().is_empty()).map(|n| crate::lineage::Asset {
                kind: Kind::Table,
                name: crate::lineage::Name::new(["s", n.as_str()]),
                ..facts("", "table t(a)").assets.remove(0)
            });
            let said = Arc::new(Facts { assets: tables.collect(), ..facts("", "") });
            let g = Graph::build("p", link("p", &[FileFacts { file_id: "f", repository_id: "r", repository: "r", path: "f", facts: &said }], &[]));
            for ix in 0..g.linked.nodes.len() as NodeIx {
                prop_assert!(g.resolve(&g.node(ix).name()).contains(&ix), "{:?}", g.node(ix).name());
                let whole: Vec<NodeIx> = g.resolve(&g.node(ix).name()).into_iter().filter(|ix| g.relation_of(*ix).is_none()).collect();
                prop_assert_eq!(g.resolve_whole(&g.node(ix).name()), whole);
                if g.kind(ix) == Kind::Column {
                    let label = g.node(ix).label().to_uppercase();
                    let called = |n: &NodeIx| g.kind(*n) == Kind::Column && g.node(*n).label().to_uppercase() == label;
                    let all: Vec<NodeIx> = (0..g.linked.nodes.len() as NodeIx).filter(called).collect();
                    prop_assert_eq!(g.columns_called(&label).collect::<Vec<_>>(), all.clone());
                    prop_assert!(all.iter().all(|n| g.resolve(&label).contains(n)));
                }
            }
        }

        #[test]
        fn ids_change_nothing(files in files(), salt in any::<u64>(), by_hand_too in 0..8u8) {
            // Files of one path in two repositories, too.
            let said: Vec<(String, String, Arc<Facts>)> = files.iter().enumerate().map(|(n, (_, dialect, script))| {
                (format!("{}.sql", n / 2), format!("repository {}", n % 2), facts(dialect, script).into())
            }).collect();
            let known = |salt: u64| {
                let mix = |n: usize| (n as u64 + 1).wrapping_mul(salt | 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
                let ids: Vec<(String, String)> = (0..said.len()).map(|n| (format!("<f{:x}-{n}>", mix(n)), format!("<r{:x}-{}>", mix(n % 2), n % 2))).collect();
                let inputs: Vec<FileFacts<'_>> = said.iter().zip(&ids).map(|((path, repository, facts), (id, of))| {
                    FileFacts { file_id: id, repository_id: of, repository, path, facts }
                }).collect();
                let linked = link("p", &inputs, &by_hand(by_hand_too));
                let name = |text: String| {
                    let in_place = |text: String, (n, (id, of)): (usize, &(String, String))| text.replace(id, &format!("file {n}")).replace(of, &format!("repository {}", n % 2));
                    ids.iter().enumerate().fold(text, in_place)
                };
                let node = |n: &Arc<crate::graph::Node>| name(format!("{n:?}"));
                let end = |ix: NodeIx| linked.nodes[ix as usize].urn("p");
                let edge = |e: &crate::graph::Edge| {
                    name(format!("{} {:?} {} {:?} {} {:?}", end(e.from), e.relation, end(e.to), e.subtypes, e.confidence, e.detail))
                };
                linked.nodes.iter().map(node).chain(linked.edges.iter().map(edge)).collect::<std::collections::BTreeSet<String>>()
            };
            prop_assert_eq!(known(0), known(salt));
        }

        #[test]
        fn the_order_of_files_changes_nothing(files in files(), seed in any::<u64>()) {
            let facts: Vec<Arc<Facts>> = files.iter().map(|(_, d, s)| facts(d, s).into()).collect();
            let mut inputs: Vec<FileFacts<'_>> = files.iter().zip(&facts).map(|((path, ..), facts)| {
                let (repository_id, path) = path.split_once('/').unwrap();
                FileFacts { file_id: path, repository_id, repository: repository_id, path, facts }
            }).collect();
            let before = link("p", &inputs, &[]);
            let mut state = seed;
            for i in (1..inputs.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                inputs.swap(i, (state >> 33) as usize % (i + 1));
            }
            prop_assert_eq!(&before, &link("p", &inputs, &[]));
            prop_assert!(before.nodes.windows(2).all(|w| w[0].urn("p") < w[1].urn("p")));
            prop_assert!(before.edges.windows(2).all(|w| (w[0].from, w[0].to, w[0].relation) < (w[1].from, w[1].to, w[1].relation)));
            prop_assert!(before.edges.iter().all(|e| !e.evidence.is_empty()));
        }

        #[test]
        fn after_any_history_a_graph_is_that_of_the_files_that_are_there(history in history()) {
            type Said = (String, String, Arc<Facts>);
            let mut there: std::collections::BTreeMap<String, Said> = Default::default();
            let mut linker = Linker::new("p");
            for update in history {
                let (mut changed, mut removed): (std::collections::BTreeMap<String, Said>, HashSet<String>) = Default::default();
                let manual = by_hand(update[0].2);
                for (n, said, _) in update {
                    let id = format!("id {n}");
                    changed.remove(&id);
                    match said {
                        None => {
                            removed.insert(id);
                        }
                        Some((dialect, repository, elsewhere, lines)) => {
                            let path = if elsewhere { "0.sql".to_owned() } else { format!("{n}.sql") };
                            changed.insert(id, (format!("r{repository}"), path, facts(dialect, &lines.join("\n")).into()));
                        }
                    }
                }
                there.retain(|id, _| !removed.contains(id));
                there.extend(changed.clone());
                fn files(said: &std::collections::BTreeMap<String, Said>) -> Vec<FileFacts<'_>> {
                    let file = |(id, (repository, path, facts))| FileFacts { file_id: id, repository_id: repository, repository, path, facts };
                    said.iter().map(|(id, said)| file((id.as_str(), (said.0.as_str(), said.1.as_str(), &said.2)))).collect()
                }
                let removed: Vec<&str> = removed.iter().map(String::as_str).collect();
                // Some one by one ahead of the update, in any order.
                let all = files(&changed);
                for file in all.iter().rev().step_by(2).filter(|file| !removed.contains(&file.file_id)) {
                    linker.read(&[*file], &[]);
                    prop_assert!(linker.has(file));
                }
                let rest: Vec<FileFacts<'_>> = all.into_iter().filter(|file| !linker.has(file)).collect();
                let graph = linker.update(&rest, &removed, &manual);
                let fresh = Graph::build("p", link("p", &files(&there), &manual));
                prop_assert_eq!(&graph.linked, &fresh.linked);
                prop_assert_eq!(&graph.outgoing, &fresh.outgoing);
                prop_assert_eq!(&graph.incoming, &fresh.incoming);
                prop_assert_eq!(&graph.spellings, &fresh.spellings);
                let read = saved::read("p", &saved::write(&graph, &[0; 32])).expect("it is what was written");
                prop_assert_eq!(&read.linked, &fresh.linked);
            }
        }

        #[test]
        fn a_walk_reaches_what_a_naive_one_reaches((arrows, start, _) in arrows(), depth in 0..5u32) {
            let (g, nodes) = graph_of(&arrows);
            let found = walk(&g, nodes[start as usize], Direction::Upstream, Level::Table, Limits { depth, nodes: 99 });
            let mut naive = vec![(start, 0)];
            let mut queue = VecDeque::from([(start, 0)]);
            while let Some((at, hops)) = queue.pop_front() {
                for (_, to) in arrows.iter().filter(|(a, _)| *a == at && hops < depth) {
                    if !naive.iter().any(|(n, _)| n == to) {
                        naive.push((*to, hops + 1));
                        queue.push_back((*to, hops + 1));
                    }
                }
            }
            let naive: HashSet<(NodeIx, u32)> = naive.into_iter().map(|(n, h)| (nodes[n as usize], h)).collect();
            prop_assert_eq!(found.nodes.iter().copied().collect::<HashSet<_>>(), naive);
        }

        #[test]
        fn a_column_walk_downstream_is_what_a_naive_one_is(
            views in proptest::collection::vec((0..4u8, 0..4u8, 0..4u8, 0..4u8), 0..8),
            depth in 0..4u32,
            most in 1..6usize,
        ) {
            let view = |(n, (a, b, c, d)): (usize, &(u8, u8, u8, u8))| format!("insert t{d} = x:t{a}.x ?t{b}.y y:t{b}.x ?t{c}.x\np{n}: uses t{d}.y t{a}.x");
            let lines: Vec<String> = (0..4).map(|n| format!("table t{n}(x, y)")).chain((0..8).map(|n| format!("proc p{n}"))).chain(views.iter().enumerate().map(view)).collect();
            let g = graph(&lines.join("\n"));
            let limits = Limits { depth, nodes: most };
            let column = |ix: NodeIx| g.kind(ix) == Kind::Column;
            for start in (0..g.linked.nodes.len() as NodeIx).filter(|ix| column(*ix)) {
                let mut naive = Walk { nodes: vec![(start, 0)], ..Walk::default() };
                let mut at = 0;
                while let Some((node, hops)) = naive.nodes.get(at).copied() {
                    at += 1;
                    let into = |ix: &EdgeIx| column(node) && g.edge(*ix).to == node && (g.edge(*ix).relation == Relation::Derives || g.edge(*ix).relation == Relation::Reads && !column(g.edge(*ix).from));
                    let (onward, ends): (Vec<EdgeIx>, Vec<EdgeIx>) =
                        (0..g.linked.edges.len() as EdgeIx).filter(into).partition(|ix| column(g.edge(*ix).from));
                    for ix in onward.into_iter().chain(ends) {
                        let edge = g.edge(ix);
                        if naive.nodes.iter().all(|(n, _)| *n != edge.from) {
                            let room = naive.nodes.iter().filter(|(n, _)| column(*n) == column(edge.from)).count() < most;
                            if hops == depth || !room {
                                naive.truncated = true;
                                naive.full |= hops < depth;
                                continue;
                            }
                            naive.nodes.push((edge.from, hops + 1));
                        }
                        naive.edges.push(ix);
                    }
                }
                prop_assert_eq!(walk(&g, start, Direction::Downstream, Level::Column, limits), naive);
            }
        }

        #[test]
        fn impact_walks_and_paths_agree(files in files(), calls in proptest::collection::vec((0..3u8, 0..3u8, 0..3u8), 0..6)) {
            // Procedures that read, write and call beside, one of which a view calls.
            let names = ["a", "s.b", "c"];
            let line = |(what, p, t): (u8, u8, u8)| match what {
                0 => format!("p{p} reads {}", names[t as usize]),
                1 => format!("p{p} calls p{t}"),
                _ => format!("{} calls p{t}", names[p as usize]),
            };
            let more: Vec<String> = (0..3).map(|n| format!("func p{n}")).chain(calls.into_iter().map(line)).collect();
            let more = more.join("\n");
            let mut files: Vec<_> = files.iter().map(|(p, d, s)| (p.as_str(), d.as_str(), s.as_str())).collect();
            files.push(("r0/calls.sql", "", &more));
            let g = Graph::build("p", linked(&files));
            let limits = Limits { depth: 99, nodes: 999 };
            let relations = (0..g.linked.nodes.len() as NodeIx).filter(|ix| g.kind(*ix).is_relation());
            for root in relations {
                let down = walk(&g, root, Direction::Downstream, Level::Table, limits);
                let reached: HashSet<NodeIx> = down.nodes.iter().map(|(ix, _)| *ix).collect();
                let data = |ix: &NodeIx| g.kind(*ix).is_relation() && *ix != root;
                // The writers, keys and files of the root itself apart, impact is what is downstream.
                for (node, _) in impact(&g, root, limits).nodes.iter().filter(|(ix, _)| data(ix)) {
                    prop_assert!(reached.contains(node), "{} reaches {}", g.node(root).name(), g.node(*node).name());
                }
                for node in (0..g.linked.nodes.len() as NodeIx).filter(data) {
                    let forth = reached.contains(&node);
                    let up = walk(&g, node, Direction::Upstream, Level::Table, limits);
                    prop_assert_eq!(forth, up.nodes.iter().any(|(ix, _)| *ix == root));
                    let (paths, _) = shortest_paths(&g, root, node, 1);
                    if forth {
                        prop_assert!(paths.first().is_some_and(|p| p.nodes[0] == root), "a way from {} to {}", g.node(root).name(), g.node(node).name());
                    }
                }
            }
        }

        #[test]
        fn paths_are_the_shortest_of_all_there_are((arrows, from, to) in arrows(), k in 1..8usize) {
            fn all(arrows: &HashSet<(u8, u8)>, path: &mut Vec<u8>, to: u8, found: &mut Vec<usize>) {
                let at = path[path.len() - 1];
                if at == to {
                    found.push(path.len());
                    return;
                }
                for (next, _) in arrows.iter().filter(|(_, source)| *source == at) {
                    if !path.contains(next) {
                        path.push(*next);
                        all(arrows, path, to, found);
                        path.pop();
                    }
                }
            }
            let (g, nodes) = graph_of(&arrows);
            let arrows: HashSet<(u8, u8)> = arrows.into_iter().collect();
            let mut naive = Vec::new();
            all(&arrows, &mut vec![from], to, &mut naive);
            if naive.is_empty() {
                all(&arrows, &mut vec![to], from, &mut naive);
            }
            naive.sort_unstable();
            naive.truncate(k);
            let (paths, cut) = shortest_paths(&g, nodes[from as usize], nodes[to as usize], k);
            prop_assert!(!cut);
            prop_assert_eq!(paths.iter().map(|p| p.nodes.len()).collect::<Vec<_>>(), naive);
            let (one, _) = shortest_paths(&g, nodes[from as usize], nodes[to as usize], 1);
            prop_assert_eq!(one.first(), paths.first());
            let distinct: HashSet<&Vec<NodeIx>> = paths.iter().map(|p| &p.nodes).collect();
            prop_assert_eq!(distinct.len(), paths.len());
            for path in &paths {
                for (at, edge) in path.edges.iter().enumerate() {
                    let edge = g.edge(*edge);
                    prop_assert_eq!((edge.to, edge.from), (path.nodes[at], path.nodes[at + 1]));
                }
            }
        }

        #[test]
        fn components_are_what_mutual_reachability_says((arrows, ..) in arrows()) {
            let (g, nodes) = graph_of(&arrows);
            let reaches = |a: u8, b: u8| {
                let (mut seen, mut queue) = (HashSet::new(), vec![a]);
                while let Some(at) = queue.pop() {
                    for (_, to) in arrows.iter().filter(|(x, _)| *x == at) {
                        if seen.insert(*to) { queue.push(*to); }
                    }
                }
                seen.contains(&b)
            };
            let mut naive: Vec<Vec<NodeIx>> = Vec::new();
            for n in (0..9u8).filter(|n| reaches(*n, *n)) {
                let mut group: Vec<NodeIx> = (0..9u8).filter(|m| reaches(n, *m) && reaches(*m, n)).map(|m| nodes[m as usize]).collect();
                group.sort_unstable();
                if !naive.contains(&group) { naive.push(group); }
            }
            let mut found = g.report().cycles;
            found.iter_mut().for_each(|c| c.sort_unstable());
            found.sort();
            naive.sort();
            prop_assert_eq!(found, naive);
        }
    }
}
