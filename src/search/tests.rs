//! What search promises, as tables.

use super::{Chunk, Index};
use crate::graph::Graph;
use crate::graph::delta::Delta;
use crate::graph::link::{FileFacts, link};
use crate::lineage::{Asset, Column, Facts, ForeignKey, Kind, Name, Span, analyze};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

fn table(name: &str, columns: &str, references: &[&str]) -> Asset {
    let key = |to: &&str| ForeignKey { columns: vec![], references: Name::new(to.split('.')), referenced_columns: vec![], line: 1 };
    Asset {
        kind: Kind::Table,
        name: Name::new(name.split('.')),
        span: Span { line: 1, line_end: 1, start: 0, end: 1 },
        columns: columns.split(' ').map(|c| Column { name: c.to_owned(), ..Column::default() }).collect(),
        foreign_keys: references.iter().map(key).collect(),
        signature: String::new(),
        exact: false,
        comment: None,
    }
}

fn graph(mut assets: Vec<Asset>) -> Graph {
    for (at, asset) in assets.iter_mut().enumerate() {
        (asset.span.line, asset.span.line_end) = (at as u32 + 1, at as u32 + 1);
    }
    let facts = Facts { assets, ..Facts::default() }.into();
    let file = FileFacts { file_id: "1", repository_id: "r", repository: "r", path: "shop/schema.sql", facts: &facts };
    Graph::build("p", link("p", &[file], &[]))
}

fn shop() -> Graph {
    let procedure = Asset { kind: Kind::Procedure, ..table("etl.load_orders", "", &[]) };
    let mut view = Asset { kind: Kind::View, ..table("mart.revenue", "month amount", &[]) };
    view.comment = Some("Income per month, invoiced".to_owned());
    graph(vec![
        table("shop.orders", "order_id customer_id placed_at", &["shop.customers"]),
        table("shop.order_lines", "order_id product_id quantity", &["shop.orders"]),
        table("shop.customers", "customer_id full_name emailAddress", &[]),
        table("shop.products", "product_id title unit_price", &[]),
        table("hr.employees", "employee_id full_name salary", &[]),
        table("hr.orders_archive", "payload", &[]),
        procedure,
        view,
    ])
}

fn names(graph: &Graph, index: &Index, query: &str, kinds: &[Kind]) -> Vec<String> {
    index.nodes(graph, query, kinds, 3).iter().map(|hit| graph.node(hit.node).name().into_owned()).collect()
}

#[test]
fn the_best_answer_comes_first() {
    let graph = shop();
    let index = Index::build(&graph, Vec::new());
    let cases: [(&str, &[Kind], &str); 17] = [
        ("orders", &[], "shop.orders"),
        ("SHOP.Orders", &[], "shop.orders"),
        ("order", &[], "shop.orders"),
        ("orders table", &[], "shop.orders"),
        ("load orders", &[], "etl.load_orders"),
        ("order line", &[], "shop.order_lines"),
        ("[shop].[orders]", &[], "shop.orders"),
        ("orders_arch", &[], "hr.orders_archive"),
        ("archive", &[], "hr.orders_archive"),
        ("rder_li", &[], "shop.order_lines"),
        ("email", &[Kind::Column], "shop.customers.emailAddress"),
        ("load_orders", &[], "etl.load_orders"),
        ("schema.sql", &[], "shop/schema.sql"),
        ("How much do employees earn as salary?", &[Kind::Table], "hr.employees"),
        ("the price of a product", &[Kind::Table], "shop.products"),
        ("monthly invoiced income", &[], "mart.revenue"),
        ("e-mail addresses of our customers", &[Kind::Table], "shop.customers"),
    ];
    for (query, kinds, expected) in cases {
        assert_eq!(names(&graph, &index, query, kinds).first().map(String::as_str), Some(expected), "{query}");
    }
}

#[test]
fn kinds_and_limit_are_kept_and_scores_fall() {
    let graph = shop();
    let index = Index::build(&graph, Vec::new());
    let hits = index.nodes(&graph, "orders of customers", &[Kind::Table, Kind::Procedure], 4);
    assert_eq!(hits.len(), 4);
    assert!(hits.windows(2).all(|w| w[0].score >= w[1].score) && hits[0].score <= 1.0);
    assert!(hits.iter().all(|h| matches!(graph.node(h.node).kind, Kind::Table | Kind::Procedure)));
}

#[test]
fn what_matches_nothing_finds_nothing() {
    let graph = shop();
    let index = Index::build(&graph, Vec::new());
    for query in ["", "   ", "zzzqqq", "¿?", "\n", "the of and"] {
        assert!(index.nodes(&graph, query, &[], 9).is_empty(), "{query:?}");
        assert!(index.passages(query, 9).is_empty(), "{query:?}");
    }
    let empty = Graph::build("p", link("p", &[], &[]));
    assert!(Index::build(&empty, Vec::new()).nodes(&empty, "orders", &[], 9).is_empty());
    assert!(Index::default().nodes(&empty, "orders", &[], 9).is_empty());
}

#[test]
fn a_foreign_key_lifts_the_table_beside_the_best_one() {
    let graph = graph(vec![table("x.a", "note", &[]), table("x.b", "note", &["x.invoices"]), table("x.invoices", "id", &[])]);
    let index = Index::build(&graph, Vec::new());
    assert_eq!(names(&graph, &index, "note of the invoices", &[Kind::Table]), ["x.invoices", "x.b", "x.a"]);
}

#[test]
fn a_stop_word_that_names_something_counts() {
    let graph = graph(vec![table("terms_all", "a", &[]), table("terms_new", "a", &[])]);
    let index = Index::build(&graph, Vec::new());
    assert_eq!(names(&graph, &index, "all terms", &[Kind::Table])[0], "terms_all");
}

#[test]
fn passages_are_ranked_by_their_words() {
    let chunk = |n: u32, text: &str| Chunk {
        id: format!("1:{n}"),
        file_id: "1".into(),
        path: "load.sql".into(),
        line: n,
        line_end: n,
        text: text.into(),
    };
    let chunks: Vec<_> =
        [chunk(1, "SELECT 1"), chunk(2, "-- refunds are booked negative\nINSERT INTO refunds"), chunk(3, "refund")].map(Arc::new).into();
    let index = Index::build(&shop(), chunks);
    let hits = index.passages("How are refunds booked?", 9);
    assert_eq!(hits.iter().map(|h| h.chunk).collect::<Vec<_>>(), [1, 2]);
    for (word, chunks) in [("REFUND", &[1, 2][..]), ("select", &[0]), ("", &[]), ("merge", &[])] {
        assert_eq!(index.holding(word), chunks, "{word}");
    }
}

#[test]
fn a_routine_is_found_by_what_its_text_says() {
    let graph = shop();
    let procedure = graph.resolve("etl.load_orders")[0];
    let line = graph.node(procedure).defined[0].line;
    let text = "CREATE PROCEDURE etl.load_orders AS EXEC deduplicate_baskets".to_owned();
    let chunk = Chunk { id: "1:0".into(), file_id: "1".into(), path: "p".into(), line, line_end: line, text };
    let index = Index::build(&graph, vec![Arc::new(chunk)]);
    assert_eq!(names(&graph, &index, "where are baskets deduplicated", &[])[0], "etl.load_orders");
}

/// A file as it is stored: what it says, and its passages.
type Stored = (Arc<Facts>, Vec<Arc<Chunk>>);

fn stored(file: u8, statements: &[(u8, char, char)]) -> Stored {
    let mut chunks = Vec::new();
    let mut text = String::new();
    for (n, (what, a, b)) in statements.iter().enumerate() {
        let line = match what {
            0 => format!("CREATE TABLE shop.{a}_orders (order_id int, {b}_amount int); -- the {b} of customers\n"),
            1 => format!("CREATE TABLE {a}_items (item_id int REFERENCES shop.{b}_orders (order_id), {a} int);\n"),
            2 => format!("CREATE VIEW mart.{a}_report AS SELECT {b}_amount AS {a}_total FROM shop.{b}_orders;\n"),
            _ => format!("CREATE PROCEDURE load_{a} AS BEGIN INSERT INTO {b}_items SELECT order_id FROM shop.{a}_orders END;\n"),
        };
        let (id, file_id, at) = (format!("{file}:{n}"), file.to_string(), n as u32 + 1);
        chunks.push(Arc::new(Chunk { id, file_id, path: format!("{file}.sql"), line: at, line_end: at, text: line.clone() }));
        text.push_str(&line);
    }
    (analyze(&text, "tsql").into(), chunks)
}

#[test]
fn an_index_that_is_made_later_answers_as_one_that_is_made_at_once() {
    let graph = Arc::new(shop());
    let at_once = Index::build(&graph, Vec::new());
    let later = Index::later(graph.clone(), Vec::new());
    let asked = || ["orders", "invoiced income", "shop.ordrs"].map(|query| later.nodes(&graph, query, &[], 9));
    // Several who ask at once wait for the one that makes it.
    let several = std::thread::scope(|scope| [scope.spawn(asked), scope.spawn(asked)].map(|one| one.join().unwrap()));
    assert_eq!(several[0], ["orders", "invoiced income", "shop.ordrs"].map(|query| at_once.nodes(&graph, query, &[], 9)));
    assert_eq!(several[0], several[1]);
    // It holds the graph no longer than it needs it.
    assert_eq!(Arc::strong_count(&graph), 1);
}

proptest! {
    #![proptest_config(crate::properties::cases(48))]

    #[test]
    fn an_index_brought_up_to_date_answers_as_one_made_anew(edits in proptest::collection::vec(
        (0..4u8, proptest::option::weighted(0.8, proptest::collection::vec((0..4u8, proptest::char::range('a', 'd'), proptest::char::range('a', 'd')), 0..6))),
        1..12,
    )) {
        let mut files: BTreeMap<u8, Stored> = BTreeMap::new();
        let (mut graph, mut index) = (Graph::default(), Index::default());
        for (file, said) in edits {
            match said {
                Some(statements) => drop(files.insert(file, stored(file, &statements))),
                None => drop(files.remove(&file)),
            }
            let names: Vec<(String, String)> = files.keys().map(|n| (n.to_string(), format!("{n}.sql"))).collect();
            let said = names.iter().zip(files.values());
            let said = said.map(|((id, path), (facts, _))| FileFacts { file_id: id, repository_id: "r", repository: "r", path, facts });
            let new = Graph::build("p", link("p", &said.collect::<Vec<_>>(), &[]));
            let chunks: Vec<_> = files.values().flat_map(|(_, chunks)| chunks).cloned().collect();
            index = index.update(&graph, &new, &Delta::between(&graph, &new), index.passages_now(chunks.clone()));
            graph = new;
            let anew = Index::build(&graph, chunks);
            let labels = |index: &Index| {
                let mut labels: Vec<String> = index.made.names.labels().map(|(label, _)| label.to_owned()).collect();
                labels.sort_unstable();
                labels
            };
            prop_assert_eq!(labels(&index), labels(&anew));
            for query in ["a orders", "total amount of customers", "shop.b_orders", "ers", "the items", "load c", "1.sql", "insert"] {
                let found = |index: &Index| {
                    let nodes = index.nodes(&graph, query, &[], 999).into_iter().map(|hit| (hit.node as usize, hit.score));
                    let passages = index.passages(query, 999).into_iter().map(|hit| (usize::MAX - hit.chunk, hit.score));
                    let nearest = index.nearest(&graph, query, &[], 999).into_iter().map(|hit| ((1 << 32) + hit.node as usize, hit.score));
                    nodes.chain(passages).chain(nearest).collect::<BTreeMap<_, _>>()
                };
                let (found, expected) = (found(&index), found(&anew));
                prop_assert!(found.keys().eq(expected.keys()), "{query}: {found:?} {expected:?}");
                prop_assert!(found.values().zip(expected.values()).all(|(a, b)| (a - b).abs() < 1e-5), "{query}: {found:?} {expected:?}");
            }
        }
    }
}
