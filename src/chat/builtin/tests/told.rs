//! What answers tell of columns, writers, renamings and runs, and where they were cut.

use super::{Scratch, hold, ingest, knowledge, question, sample_files, upload};
use crate::chat::Question;
use crate::chat::builtin::{Means, answer};
use crate::store::runs;
use std::fmt::Write;

/// Over the sample: what must, and must not, be in the answer.
fn of_sample(cases: &[(&str, &[&str], &[&str])]) {
    let knowledge = knowledge(sample_files());
    let mut wrong: Vec<String> = Vec::new();
    for (text, there, absent) in cases {
        let said = answer(&knowledge, Means::default(), &question(text)).response;
        wrong.extend(there.iter().filter(|part| !said.contains(**part)).map(|part| format!("{text}: no {part:?} in\n{said}")));
        wrong.extend(absent.iter().filter(|part| said.contains(**part)).map(|part| format!("{text}: {part:?} in\n{said}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn which_views_use_a_column_is_told_of_the_views() {
    of_sample(&[
        (
            "which views use raw.orders.total_amount",
            &["**1 asset** depends directly", "- `staging.stg_orders` (view"],
            &["Nothing", "procedure"],
        ),
        (
            "which views depend on marts.fct_orders.revenue_eur",
            &["`marts.daily_revenue` (view", "`marts.customer_lifetime_value`"],
            &["Nothing"],
        ),
        ("which materialized views use staging.stg_order_items.line_amount", &["- `marts.product_performance`"], &["Nothing"]),
        (
            "which tables feed marts.daily_revenue.revenue_eur",
            &["- `marts.fct_orders` (table", "derives: `sum(f.revenue_eur)`"],
            &["Nothing"],
        ),
        ("which procedures use raw.orders.total_amount", &["- 2 hops: `marts.load_fct_orders` (procedure"], &["(view"]),
        ("which triggers use raw.orders.total_amount", &["Nothing of that kind depends on", "(but "], &[]),
        ("which columns use raw.orders.total_amount", &["- `staging.stg_orders.total_eur` (column"], &[]),
    ]);
}

#[test]
fn what_writes_a_column_is_told_and_not_what_reads_it() {
    of_sample(&[
        ("what writes marts.fct_orders.revenue_eur", &["**inserted into** by", "marts.load_fct_orders", "04_loads.sql:32"], &["depend"]),
        ("which procedures write marts.fct_orders.revenue_eur", &["marts.load_fct_orders"], &["depend", "No procedure"]),
        ("what updates marts.dim_customer.email", &["**updated** by", "marts.load_dim_customer"], &["depend", "inserted"]),
        ("what populates marts.dim_customer.segment", &["is **written** by", "marts.load_dim_customer"], &["No procedure"]),
        (
            "Which procedure produces marts.fct_orders.revenue_eur?",
            &["is **written** by", "marts.load_fct_orders"],
            &["No procedure", "Nothing"],
        ),
        ("which procedures delete from marts.fct_orders", &["**deleted from** by", "04_loads.sql:30"], &["04_loads.sql:32"]),
        ("what loads marts.load_log.load_id", &["do not name that column in what they write:", "marts.log_load"], &["is **written** by"]),
        ("which statement inserts into marts.load_log", &["**inserted into** by", "04_loads.sql:58"], &["search"]),
        (
            "Which job produces marts.dim_product?",
            &["is made by the statement that defines it", "postgres/03_marts.sql:14"],
            &["No procedure"],
        ),
        (
            "which jobs fill marts.product_performance",
            &["**written** by", "etl/nightly.py", "(CREATE MATERIALIZED VIEW … AS), postgres/03_marts.sql:56"],
            &["No procedure"],
        ),
        ("who writes to marts.daily_revenue", &["is a view: its own query makes its rows, postgres/03_marts.sql:36"], &["No procedure"]),
    ]);
}

#[test]
fn of_several_statements_the_one_is_shown_that_does_what_is_asked() {
    hold(
        "CREATE TABLE s.tgt (a INT, b INT);
CREATE PROCEDURE s.p() LANGUAGE plpgsql AS $$ BEGIN
INSERT INTO s.tgt (a, b)
SELECT 1, 2;
DELETE FROM s.tgt WHERE a = 1;
UPDATE s.tgt SET b = 3 WHERE a = 2;
END; $$;\n",
        &[
            ("who deletes from s.tgt", &["`s.p` (procedure, shop.sql:2) — written by, shop.sql:5"], &["more", "shop.sql:3"]),
            ("who updates s.tgt", &["written by, shop.sql:6"], &["shop.sql:5"]),
            ("what updates s.tgt.b", &["**updated** by", "shop.sql:6"], &["inserted"]),
            ("what updates s.tgt.a", &["No procedure, function, trigger or script here updates"], &["is **updated**"]),
        ],
    );
}

#[test]
fn what_must_be_edited_is_what_holds_the_name() {
    of_sample(&[
        (
            "I want to rename raw.orders.total_amount to amount. What must I edit?",
            &["edit **3 places**", "postgres/01_raw.sql:28–28", "postgres/01_raw.sql:68–68", "postgres/02_staging.sql:33–33"],
            &[],
        ),
        (
            "what must change if raw.orders is renamed to raw.purchases",
            &["postgres/01_raw.sql:23–31", "01_raw.sql:34–34", "01_raw.sql:44–44", "01_raw.sql:67–67", "01_raw.sql:68–68"],
            &["01_raw.sql:25–25"],
        ),
        ("I want to rename raw.orders.order_id to oid", &["01_raw.sql:24–24", "01_raw.sql:34–34", "01_raw.sql:44–44"], &["01_raw.sql:39"]),
        (
            "rename marts.fct_orders.revenue_eur to revenue",
            &["03_marts.sql:23–23", "03_marts.sql:41–41", "04_loads.sql:32–49", "nightly.py:13"],
            &["nightly.py:36–", "nightly.py:37–", "04_loads.sql:38–38"],
        ),
    ]);
}

#[test]
fn what_is_reached_later_says_by_what() {
    of_sample(&[(
        "what breaks if I drop raw.orders",
        &["2 hops: `marts.conversion_funnel` (view, postgres/03_marts.sql:67), by `staging.stg_orders` — derives"],
        &[],
    )]);
    hold(
        "CREATE TABLE s.z (id INT);\nCREATE VIEW o.w AS SELECT id FROM s.z;\nCREATE VIEW s.a AS SELECT id FROM o.w;\n",
        &[("what breaks if I drop schema s?", &["**1 asset breaks**", "`o.w` (view, shop.sql:2), by `s.z`"], &["by `s.a`"])],
    );
}

#[test]
fn lists_say_what_they_are_of() {
    of_sample(&[
        ("which columns of raw.orders are never read", &["Every column of `raw.orders` has a reader."], &["of a relation"]),
        ("which columns of marts.load_log are never read", &["Nothing here reads `marts.load_log`"], &["Every column"]),
        (
            "which columns of marts.dim_customer are never used",
            &["of `marts.dim_customer` are themselves never used downstream"],
            &["of relations"],
        ),
        ("[raw].[orders]: who reads this?", &["`raw.orders`"], &["There is no"]),
        ("Do any marts read raw directly?", &["of the raw layer"], &["is a schema"]),
        ("Why do you say raw.orders feeds staging.stg_orders?", &["read as PostgreSQL, run `", "SHA-256 `"], &[]),
        ("which columns do raw.payments and raw.order_items share", &["Columns of both: `order_id`."], &[]),
        ("find statements with a CTE", &["**1 line** with common table expressions", "02_staging.sql:54"], &[]),
    ]);
    hold(
        "CREATE TABLE s.a (id INT); CREATE TABLE s.b (id INT); CREATE TABLE s.c (id INT);
CREATE VIEW s.v AS SELECT id FROM s.a;
CREATE PROCEDURE s.p() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM s.c USING s.b WHERE s.b.id = s.c.id; END; $$;
CREATE FUNCTION s.f() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN INSERT INTO s.b (id) VALUES (1); RETURN NULL; END; $$;
CREATE TRIGGER t AFTER INSERT ON s.a FOR EACH ROW EXECUTE FUNCTION s.f();\n",
        &[
            ("which tables in s are not used by any view", &["**2** are used by no view", "- `s.b`", "- `s.c`"], &["- `s.a`", "- `s.v`"]),
            ("what happens when a row of s.a is inserted?", &["**Triggers** on `s.a`:\n\n- `t`"], &["Dropping"]),
        ],
    );
}

#[test]
fn a_name_in_a_statement_that_was_not_understood_is_told_with_its_place() {
    hold(
        "CREATE TABLE dbo.t (id INT);\nCREATE VIEW dbo.broken AS SELEC id FRM dbo.t;\n",
        &[("what feeds dbo.broken", &["Statements that were not understood name `dbo.broken`: shop.sql:2"], &[])],
    );
}

#[test]
fn a_run_that_is_not_there_and_a_time_are_told_to_be_so() {
    let store = Scratch::new();
    let ingest = ingest(&store);
    let shop = |view: &str| {
        vec![(
            "shop.sql".to_owned(),
            format!("CREATE TABLE shop.Orders (id INT);\nCREATE VIEW shop.{view} AS SELECT id FROM shop.Orders;\n"),
        )]
    };
    let filter = runs::Filter { limit: 9, ..Default::default() };
    let newest = || store.read_blocking(|conn| runs::list(conn, &filter)).unwrap().0.remove(0).id;
    upload(&ingest, shop("paid"));
    let first = newest();
    upload(&ingest, shop("unpaid"));
    upload(&ingest, vec![("more.sql".to_owned(), "CREATE TABLE shop.more (id INT);".to_owned())]);
    let means = Means { store: Some(&store), embeddings: None };
    let said = |text: &str| answer(&ingest.knowledge, means, &question(text));
    for (text, there, absent) in [
        ("what was added in run abc", &["There is no run `abc` here. The last are:", &first][..], &["The last ingestion"][..]),
        ("what changed in run 00000000000000000000000000000000", &["There is no run `0000"], &["The last ingestion"]),
        (&format!("what changed in run {}", &first[..12]), &["- `shop.paid` (view", "were added:"], &["shop.more", "There is no run"]),
        (&format!("what changed since run {first}"), &["and since", "- `shop.more` (table"], &["There is no run"]),
        ("what changed yesterday", &["could not apply “yesterday”", "The last ingestion"], &[]),
        ("what was removed in the last run", &["Nothing was removed."], &["added"]),
        ("what is new in the last run", &["- `shop.more` (table, more.sql:1)"], &["removed"]),
    ] {
        let response = said(text).response;
        there.iter().for_each(|part| assert!(response.contains(part), "{text}: no {part:?} in\n{response}"));
        absent.iter().for_each(|part| assert!(!response.contains(part), "{text}: {part:?} in\n{response}"));
    }
    assert!(said("what was added in run abc").confidence == 0.0 && said("what changed yesterday").confidence <= 0.5);
    upload(&ingest, shop("paid"));
    assert!(said("what changed in the last run").response.contains("- `shop.Orders` → `shop.paid` (derives)"));
}

#[test]
fn numbers_are_whole_where_a_walk_was_cut() {
    let views = (0..1_500).fold("CREATE TABLE one.t (id INT);\n".to_owned(), |mut sql, i| {
        writeln!(sql, "CREATE VIEW one.v{i} AS SELECT id FROM one.t;").unwrap();
        sql
    });
    hold(
        &views,
        &[
            ("who depends on one.t", &["**1500 assets** depend directly on `one.t`", "… and 1300 more"], &["999"]),
            ("which views use one.t", &["**1500 assets** depend directly"], &[]),
            ("which views use one.t.id", &["**1500 assets** depend directly"], &[]),
            ("What breaks if I drop one.t?", &["reaches **1500 assets** (1500 views): **1500 break**"], &["at least"]),
        ],
    );
}

#[test]
fn each_answer_offers_two_or_three_questions_to_go_on_with() {
    let knowledge = knowledge(sample_files());
    let mut wrong: Vec<String> = Vec::new();
    for text in super::FILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(|line| line.split('\t').next()) {
        let next = answer(&knowledge, Means::default(), &question(text)).next_actions;
        if !(2..=3).contains(&next.len()) {
            wrong.push(format!("{text}: {next:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn it_after_a_list_is_said_to_be_the_first_of_it() {
    let knowledge = knowledge(sample_files());
    let after = |first: &str, then: &str| {
        let list = answer(&knowledge, Means::default(), &question(first)).response;
        answer(&knowledge, Means::default(), &Question { history: vec![(true, first.to_owned()), (false, list)], ..question(then) })
    };
    let taken = |said: &crate::chat::Answer| said.warnings.iter().any(|w| w.text.contains("is taken for"));
    assert!(taken(&after("which views are there in marts?", "who uses it?")));
    assert!(!taken(&after("what columns does raw.orders have?", "who uses it?")));
    let third = after("What columns does raw.orders have?", "who uses the third one?").response;
    assert!(third.contains("`raw.orders.placed_at`"), "{third}");
    let null = after("What columns does raw.orders have?", "which of them can be null?").response;
    assert!(null.contains("`session_id`") && !null.contains("`status`"), "{null}");
}

#[test]
fn a_new_name_that_others_have_is_not_called_ambiguous() {
    let knowledge = knowledge(sample_files());
    let said = answer(&knowledge, Means::default(), &question("rename raw.orders.total_amount to currency"));
    assert!(said.response.contains("To call it `currency`") && said.warnings.is_empty(), "{:?}", said.warnings);
}
