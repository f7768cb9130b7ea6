//! What holds for ingestion as a whole.

use super::{Content, Ingest, Knowledge, Limits, Report, Target, Upload, sample};
use crate::graph::Linked;
use crate::lineage::{Kind, Relation, Severity};
use crate::realtime::Hub;
use crate::store::scratch::Scratch;
use crate::store::{self, projects};
use proptest::prelude::*;
use std::collections::BTreeSet;

pub(super) struct House {
    pub(super) ingest: Ingest,
    _store: Scratch,
}

pub(super) fn house() -> House {
    let store = Scratch::new();
    let extensions = [".sql", ".md", ".py", ".csv"].map(String::from).to_vec();
    let limits = Limits { max_bytes: 1 << 20, extensions };
    House { ingest: Ingest::new(store.clone(), Knowledge::default(), Hub::new(1, 1), limits), _store: store }
}

impl House {
    /// A server that starts with the store of this one.
    pub(super) fn restart(&mut self) {
        let limits = self.ingest.limits().unwrap();
        self.ingest = Ingest::new(self.ingest.store.clone(), Knowledge::default(), Hub::new(1, 1), limits);
    }

    pub(super) fn take(&self, files: &[(&str, &str)]) -> Report {
        let upload = |(path, text): &(&str, &str)| Upload { path: (*path).into(), content: Content::Bytes(text.as_bytes().to_vec()) };
        let target = Target { dialect: Some("postgres".into()), ..Target::default() };
        let placed = self.ingest.target(&target).unwrap();
        self.ingest.run(placed.request("upload", None, files.iter().map(upload).collect())).unwrap()
    }

    /// Everything the graph holds, file ids (which differ from store to store) replaced by paths.
    pub(super) fn knows(&self) -> BTreeSet<String> {
        let snapshot = self.ingest.knowledge.project("default");
        let Linked { nodes, edges, .. } = &snapshot.graph.linked;
        let place = |e: &crate::graph::Evidence| format!("{}:{}-{}", snapshot.files[&*e.file_id].path, e.line, e.line_end);
        let places = |list: &[crate::graph::Evidence]| list.iter().map(place).collect::<BTreeSet<_>>();
        let node = |n: &crate::graph::Node| {
            format!("{} {} {:?} {:?} {:?}", n.urn(&snapshot.project), n.name(), n.column, n.foreign_keys, places(&n.defined))
        };
        let edge = |e: &crate::graph::Edge| {
            let (from, to) = (snapshot.graph.urn(e.from), snapshot.graph.urn(e.to));
            format!(
                "{from} {} {to} {:?} {:?} {} {:?}",
                e.relation.as_str(),
                e.subtypes,
                e.transformation,
                e.confidence,
                places(&e.evidence)
            )
        };
        let passages = snapshot.index.chunks.iter().map(|c| format!("{}:{}-{} {}", c.path, c.line, c.line_end, c.text));
        nodes.iter().map(|n| node(n)).chain(edges.iter().map(edge)).chain(passages).collect()
    }
}

pub(super) const FILES: [(&str, &str); 7] = [
    ("raw.sql", "CREATE TABLE raw.orders (id INT PRIMARY KEY, amount INT, customer_id INT);"),
    ("view.sql", "CREATE VIEW stg.orders AS SELECT * FROM raw.orders;"),
    ("mart.sql", "CREATE TABLE mart.totals AS SELECT customer_id, sum(amount) AS total FROM stg.orders GROUP BY customer_id;"),
    ("other.sql", "INSERT INTO mart.totals SELECT id, amount FROM raw.refunds;"),
    ("job.py", "db.execute('INSERT INTO mart.daily SELECT total FROM mart.totals')\n"),
    ("notes.md", "See `mart.totals` and raw.orders; `nothing.here` is not known.\n"),
    ("refunds.csv", "id,amount\n1,2\n"),
];

proptest! {
    #![proptest_config(crate::properties::cases(6))]

    #[test]
    fn what_is_known_does_not_depend_on_the_order_of_upload(
        order in Just((0..FILES.len()).collect::<Vec<_>>()).prop_shuffle(),
        split in 0..FILES.len(),
    ) {
        let at_once = house();
        at_once.take(&FILES);
        let in_order = house();
        let files: Vec<_> = order.iter().map(|n| FILES[*n]).collect();
        in_order.take(&files[..split]);
        for file in &files[split..] {
            in_order.take(&[*file]);
        }
        prop_assert_eq!(in_order.knows(), at_once.knows());
    }

    #[test]
    fn deleting_files_leaves_what_the_others_said_and_nothing_else(gone in proptest::collection::vec(any::<bool>(), FILES.len())) {
        let cut = house();
        let report = cut.take(&FILES);
        for (result, _) in report.results.iter().zip(&gone).filter(|(_, gone)| **gone) {
            cut.ingest.delete_file(result.file_id.as_deref().unwrap()).unwrap();
        }
        let never = house();
        let rest: Vec<_> = FILES.iter().zip(&gone).filter(|(_, gone)| !**gone).map(|(file, _)| *file).collect();
        never.take(&rest);
        prop_assert_eq!(cut.knows(), never.knows());
    }
}

#[test]
fn a_file_replaced_by_bytes_known_elsewhere_leaves_no_ghost() {
    let house = house();
    house.take(&[FILES[0], ("b.sql", "CREATE TABLE old (a INT);")]);
    // In one group: b.sql becomes a copy of what raw.sql was, and so does c.sql.
    let report = house.take(&[("raw.sql", "CREATE TABLE new (a INT);"), ("b.sql", FILES[0].1), ("c.sql", FILES[0].1)]);
    let statuses: Vec<_> = report.results.iter().map(|r| r.status.as_str()).collect();
    assert_eq!(statuses, ["processed", "processed", "skipped_duplicate"]);
    let expected = self::house();
    expected.take(&[("raw.sql", "CREATE TABLE new (a INT);"), ("b.sql", FILES[0].1), ("c.sql", FILES[0].1)]);
    assert_eq!(house.knows(), expected.knows());
}

#[test]
fn a_copy_keeps_what_it_says_when_the_first_goes_or_changes() {
    for change in [false, true] {
        let house = house();
        house.take(&[FILES[0]]);
        let copy = house.take(&[("moved/copy.sql", FILES[0].1)]);
        assert_eq!(copy.results[0].status, "skipped_duplicate");
        let first = house.take(&[FILES[0]]).results[0].file_id.clone().unwrap();
        if change {
            house.take(&[(FILES[0].0, "-- nothing any more")]);
        } else {
            house.ingest.delete_file(&first).unwrap();
        }
        let expected = self::house();
        expected.take(&[("moved/copy.sql", FILES[0].1)]);
        if change {
            expected.take(&[(FILES[0].0, "-- nothing any more")]);
        }
        assert_eq!(house.knows(), expected.knows(), "changed: {change}");
    }
}

#[test]
fn of_a_path_that_comes_twice_in_one_upload_the_first_is_kept_and_the_other_says_what_to_do() {
    let house = house();
    let (first, second) = (("a.sql", "CREATE TABLE first (a INT);"), ("a.sql", "CREATE TABLE second (a INT, b INT);"));
    // Once new, once with the first of them there already: in neither does the second take its place.
    for status in ["processed", "skipped_duplicate"] {
        let report = house.take(&[first, first, second, ("b.sql", "CREATE TABLE other (a INT);")]);
        let said: Vec<_> = report.results.iter().map(|r| r.status.as_str()).collect();
        assert_eq!(said, [status, "skipped_duplicate", "error", status]);
        assert!(report.results[2].error.as_ref().unwrap().contains("with its folders"), "{report:?}");
        assert_eq!((report.files_failed, report.success), (1, false));
    }
    let expected = self::house();
    expected.take(&[first, ("b.sql", "CREATE TABLE other (a INT);")]);
    assert_eq!(house.knows(), expected.knows());
}

#[test]
fn a_store_read_again_knows_the_same() {
    let house = house();
    house.take(&FILES);
    let again = Ingest::new(house.ingest.store.clone(), Knowledge::default(), Hub::new(1, 1), house.ingest.limits().unwrap());
    again.load().unwrap();
    let (before, after) = (house.ingest.knowledge.project("default"), again.knowledge.project("default"));
    assert_eq!(before.graph.linked, after.graph.linked);
    assert_eq!((&before.index.chunks, &before.files), (&after.index.chunks, &after.files));
}

#[test]
fn the_sample_is_understood_whole() {
    let house = house();
    let report = sample::ingest(&house.ingest, None).unwrap();
    for result in &report.results {
        assert_eq!((result.error.as_deref(), result.statements_failed), (None, 0), "{}: {:?}", result.relative_path, result.diagnostics);
        let errors: Vec<_> = result.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", result.relative_path);
    }
    let snapshot = house.ingest.knowledge.project("default");
    let Linked { nodes, edges, .. } = &snapshot.graph.linked;
    let count = |kind: Kind| nodes.iter().filter(|n| n.kind == kind && !n.defined.is_empty()).count();
    let relations = count(Kind::Table) + count(Kind::View) + count(Kind::MaterializedView);
    assert_eq!((relations, count(Kind::Procedure), count(Kind::Function), count(Kind::Trigger)), (29, 4, 3, 2));
    let known: BTreeSet<String> = edges
        .iter()
        .map(|e| format!("{} {} {}", nodes[e.from as usize].name(), e.relation.as_str(), nodes[e.to as usize].name()).to_lowercase())
        .collect();
    let stated = |from: &str, relation: Relation, to: &str| {
        assert!(known.contains(&format!("{from} {} {to}", relation.as_str()).to_lowercase()), "{from} {relation:?} {to}");
    };
    for (from, to) in [
        ("staging.stg_orders", "raw.orders"),
        ("marts.fct_orders", "staging.stg_orders"),
        ("marts.fct_orders", "staging.stg_payments"),
        ("marts.daily_revenue", "marts.fct_orders"),
        ("marts.daily_revenue", "marts.dim_customer"),
        ("marts.product_performance", "marts.dim_product"),
        ("inventory.StockLevels", "inventory.StockMovements"),
        ("inventory.ReorderQueue", "inventory.vw_AvailableStock"),
        ("shipping.vw_LateShipments", "shipping.vw_ShipmentStatus"),
        ("marts.order_fulfilment", "marts.fct_orders"),
        ("marts.order_fulfilment", "shipping.vw_ShipmentStatus"),
        ("staging.stg_orders.total_eur", "raw.orders.total_amount"),
        ("marts.fct_orders.revenue_eur", "staging.stg_orders.total_eur"),
        ("marts.daily_revenue.revenue_eur", "marts.fct_orders.revenue_eur"),
        ("shipping.vw_LateShipments.DaysLate", "shipping.vw_ShipmentStatus.DaysUnderway"),
    ] {
        stated(from, Relation::Derives, to);
    }
    stated("marts.load_fct_orders", Relation::Calls, "marts.load_dim_customer");
    stated("inventory.usp_ReorderProducts", Relation::Calls, "inventory.usp_ApplyMovements");
    stated("trg_fct_orders_loaded", Relation::FiresOn, "marts.fct_orders");
    stated("marts.order_fulfilment", Relation::WrittenBy, "etl/nightly.py");
    stated("README.md", Relation::Mentions, "marts.daily_revenue");
    let columns = edges.iter().filter(|e| e.relation == Relation::Derives && nodes[e.from as usize].kind == Kind::Column).count();
    assert!(columns >= 80, "{columns} column edges");
}

#[test]
fn files_for_a_project_that_was_deleted_while_they_waited_are_refused_as_its_own_deletion() {
    let house = house();
    let ingest = &house.ingest;
    for data in [false, true] {
        ingest.store.write_blocking(|conn| projects::create(conn, Some("p2"), "p2", None)).unwrap();
        ingest.knowledge.begin("p2");
        let target = Target { project_id: Some("p2".into()), repository_name: Some("r".into()), ..Target::default() };
        let placed = ingest.target(&target).unwrap();
        ingest.delete_project("p2", data).unwrap();
        let files = vec![Upload { path: "a.sql".into(), content: Content::Bytes(b"SELECT 1".to_vec()) }];
        let refused = ingest.run(placed.request("upload", None, files)).unwrap_err();
        assert!(matches!(refused, store::Error::NotFound("Project", _)), "{refused}");
    }
}
