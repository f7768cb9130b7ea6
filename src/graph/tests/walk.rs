//! What walks, paths, impact and the report promise.

use crate::graph::fixture::graph;
use crate::graph::path::{Path, shortest_paths};
use crate::graph::walk::{Direction, Level, Limits, impact, walk};
use crate::graph::{Graph, NodeIx};

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
            let names = |p: &Path| p.nodes.iter().map(|n| g.node(*n).name()).collect::<Vec<_>>().join(" ");
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
