//! Questions as an engineer, an analyst, a manager and one on call type them: in few words, of several things, with SQL in them, and on from
//! the answer before.

use super::hold;
use crate::chat::builtin::{Means, answer};
use crate::chat::{Mode, Question};

/// A shop of three layers with its loads, what fires, and a name that nothing defines.
const SHOP: &str = "CREATE TABLE raw.customers (customer_id INT PRIMARY KEY, email VARCHAR(200) NOT NULL, phone VARCHAR(30));
CREATE TABLE raw.orders (order_id INT PRIMARY KEY, customer_id INT NOT NULL REFERENCES raw.customers (customer_id), amount INT, currency CHAR(3));
CREATE TABLE raw.rates (currency CHAR(3), rate INT);
CREATE TABLE raw.dump (id INT);
CREATE VIEW stg.customers AS SELECT customer_id, lower(email) AS email FROM raw.customers;
CREATE VIEW stg.orders AS SELECT o.order_id, o.customer_id, o.amount * r.rate AS eur FROM raw.orders o JOIN raw.rates r ON r.currency = o.currency;
CREATE TABLE mart.sales (order_id INT, customer_id INT, eur INT);
CREATE TABLE mart.kpi (customers INT, eur INT);
CREATE VIEW mart.best AS SELECT s.customer_id, c.email, s.eur FROM mart.sales s JOIN stg.customers c ON c.customer_id = s.customer_id;
CREATE VIEW mart.returns AS SELECT order_id FROM raw.returns;
CREATE PROCEDURE ops.load_sales AS
BEGIN
  DELETE FROM mart.sales;
  INSERT INTO mart.sales (order_id, customer_id, eur) SELECT order_id, customer_id, eur FROM stg.orders;
END;
CREATE PROCEDURE ops.load_kpi AS
BEGIN
  INSERT INTO mart.kpi (customers, eur) SELECT count(*), sum(eur) FROM mart.sales;
END;
CREATE PROCEDURE ops.nightly AS
BEGIN
  EXEC ops.load_sales;
  EXEC ops.load_kpi;
END;
CREATE TABLE ops.log (at INT);
CREATE TRIGGER raw.on_order ON raw.orders AFTER INSERT AS
BEGIN
  INSERT INTO ops.log (at) VALUES (1);
END;
";

#[test]
fn halves_that_differ_in_a_verb_or_a_distance_are_each_answered() {
    hold(
        SHOP,
        &[
            (
                "what inserts into mart.sales and what deletes from mart.sales",
                &["## What inserts into mart.sales?\n\n`mart.sales` is **inserted into** by", "`mart.sales` is **deleted from** by"],
                &[],
            ),
            (
                "what reads mart.sales and what writes it",
                &[
                    "## What reads mart.sales?\n\n**3 assets** depend directly",
                    "## What writes it?\n\n`mart.sales` is **inserted into** by",
                ],
                &["comes from"],
            ),
            (
                "upstream of mart.kpi one hop and two hops",
                &["## Upstream of mart.kpi one hop\n\n", "## Upstream of mart.kpi two hops\n\n", "2 hops:"],
                &["3 hops"],
            ),
            (
                "upstream of mart.kpi 1 hop and downstream of raw.rates 1 hop",
                &["## Upstream of mart.kpi 1 hop", "## Downstream of raw.rates 1 hop\n\n**1 asset** depends"],
                &["search"],
            ),
            (
                "list tables with a primary key and list tables with a foreign key",
                &["**2 tables** in project `default` with a primary key", "**1 table** in project `default` with a foreign key"],
                &[],
            ),
            ("mart.sales: columns + consumers", &["## Columns of mart.sales\n\n`mart.sales` (table", "## Consumers of mart.sales"], &[]),
            ("show the columns of mart.kpi and who writes it", &["## Show the columns of mart.kpi\n\n", "## Who writes it?"], &["kpi?"]),
            ("what feeds mart.sales, i.e. its upstream?", &["comes from"], &["##", "left out"]),
            ("show me e.g. the columns of raw.orders", &["has **4 columns**"], &["left out", "e.g"]),
            (
                "What are the sources and consumers of mart.sales, and who calls ops.load_sales?",
                &["## Sources of mart.sales", "## Consumers of mart.sales", "## Who calls ops.load_sales?"],
                &["left out"],
            ),
            (
                "show the sources and consumers of mart.sales. Then list the views in mart.",
                &["## Sources of mart.sales", "## Consumers of mart.sales", "There are **2 views**"],
                &["left out"],
            ),
        ],
    );
}

#[test]
fn what_is_asked_of_each_is_told_of_each() {
    hold(
        SHOP,
        &[
            (
                "which tables are in mart and how many columns does each have",
                &["By the number of columns in schema `mart`, the most first:\n\n- `mart.sales` (table, shop.sql:7): 3\n- `mart.kpi`"],
                &["raw.", "##"],
            ),
            ("top 2 tables by number of columns", &["- `raw.orders` (table, shop.sql:2): 4"], &["column, ", "mart.kpi"]),
            ("how many consumers does each raw table have", &["in schema `raw`", "- `raw.orders` (table, shop.sql:2): "], &["mart."]),
            ("which procedures create tables", &["could not apply “create"], &[]),
            ("list schemas and count tables in each", &["- `mart`: 2 tables, 2 views"], &["##"]),
            ("how many columns are in each schema", &[], &["By the number of columns"]),
            ("how many nullable columns does each table have", &[], &["By the number of columns"]),
            (
                "number of procedures that write to mart",
                &["In project `default`: **2 procedures** that directly write schema `mart`."],
                &[],
            ),
        ],
    );
}

#[test]
fn what_is_asked_of_two_kinds_is_told_of_both() {
    hold(
        SHOP,
        &[
            (
                "which views and which procedures use mart.sales",
                &["**2 assets** depend directly", "- `mart.best`", "- `ops.load_kpi`"],
                &["(table, shop.sql:8)", "Triggers"],
            ),
            (
                "which columns use raw.orders and raw.rates",
                &["**1 column** uses `raw.orders` and `raw.rates`:\n\n- `stg.orders.eur`", "1 uses `raw.rates`"],
                &["view"],
            ),
            ("which columns use raw.orders and raw.dump", &["No column uses `raw.orders` and `raw.dump`."], &[]),
            (
                "which mart columns come from stg.orders",
                &["**6 columns** in schema `mart` are made of columns of `stg.orders`"],
                &["- `stg"],
            ),
            (
                "who reads mart.sales but not stg.customers",
                &["uses `mart.sales`, and not `stg.customers`", "- `ops.load_kpi`"],
                &["- `mart.best`"],
            ),
            ("tables no view reads", &["are used by no view", "- `raw.dump`"], &["- `raw.orders`"]),
            ("columns that no view uses", &["- `raw.dump.id`", "- `raw.customers.phone`"], &["Each of", "- `raw.orders.amount`"]),
            ("which views using raw tables are in mart?", &[], &["past"]),
        ],
    );
}

#[test]
fn the_next_question_goes_on_with_the_one_before() {
    hold(
        SHOP,
        &[
            ("what breaks if I drop raw.rates // what is broken?", &["Dropping or renaming `raw.rates`"], &["undefined"]),
            ("what is broken?", &["**1 undefined name**", "raw.returns"], &[]),
            (
                "which views read both mart.sales and stg.customers // and procedures?",
                &["No procedure uses `mart.sales` and"],
                &["There are"],
            ),
            ("which views use mart.sales // and procedures?", &["- `ops.load_kpi`"], &["There are", "best"]),
            ("list tables in mart // and views?", &["There are **2 views** in schema `mart`"], &["raw."]),
            (
                "who writes mart.sales and who reads it // only views",
                &["## Who writes mart.sales, only views?\n\nNo view writes", "## Who reads it, only views?\n\n**1 asset** depends"],
                &["ops."],
            ),
            ("list tables in raw // which of those are unused", &["**1 relation has no consumer** in schema `raw`"], &["mart."]),
            ("columns of raw.customers // which of those are nullable", &["has **1 column** that may be null", "`phone`"], &["`email`"]),
            ("who uses it? // and raw.rates?", &["depends directly on `raw.rates`"], &["search"]),
            ("does raw.orders feed mart.kpi // and raw.dump?", &["no path of data between `raw.dump`"], &["search"]),
            ("does raw.orders feed mart.kpi // through what?", &["`raw.orders`\n  - → `stg.orders`"], &["looked up"]),
            ("what feeds mart.kpi // thanks // and mart.sales?", &["`mart.sales` (table, shop.sql:7) comes from"], &["search"]),
        ],
    );
}

#[test]
fn what_goes_from_schema_to_schema_is_told() {
    hold(
        SHOP,
        &[
            (
                "stg to mart mapping",
                &["**2 direct flows** from schema `stg` to schema `mart`", "- `stg.orders` → `mart.sales` — derives"],
                &["raw"],
            ),
            ("dependencies between raw and stg", &["**3 direct flows** between the schemas `raw` and `stg`"], &["mart"]),
            ("which raw tables feed mart", &["**3 tables** in schema `raw` that feed schema `mart`"], &["- `raw.dump`"]),
            ("which procedures feed mart?", &["**2 procedures**", "- `ops.load_kpi`", "- `ops.load_sales`"], &["nightly"]),
            ("which raw columns feed mart", &["- `raw.orders.amount`"], &["- `raw.dump.id`", "There are no"]),
            ("which files feed mart?", &["could not apply"], &["There are no"]),
            ("how does data get from raw to mart?", &["`raw` → `stg`", "`stg` → `mart`"], &[]),
            ("which raw tables don't make it to mart", &["that does not feed schema `mart`", "- `raw.dump`"], &["- `raw.orders`"]),
            ("what happens to mart if raw.rates goes away", &["in schema `mart`", "- 2 hops: `mart.sales`"], &["is a schema"]),
        ],
    );
}

#[test]
fn who_is_on_call_is_told_what_runs_and_what_is_stale() {
    hold(
        SHOP,
        &[
            (
                "which tables will be stale if ops.load_sales doesn't run",
                &["Trouble with `ops.load_sales`", "`mart.kpi`"],
                &["could not apply"],
            ),
            ("what runs before ops.load_kpi", &["`ops.load_kpi` (procedure, shop.sql:16) comes from"], &["search"]),
            ("what does ops.nightly write", &["Through what it calls, it **writes** `mart.kpi`, `mart.sales`."], &[]),
            ("what happens when a row is inserted into raw.orders", &["**Triggers** on `raw.orders`:\n\n- `raw.on_order`"], &["No "]),
            ("raw.rates -> mart.kpi", &["in **3 hops**", "→ `stg.orders`"], &["It has"]),
            ("how does data from raw.rates get to mart.kpi?", &["`raw.rates`\n  - → `stg.orders`"], &["None", "No: "]),
            ("does data from raw.rates get to mart.kpi?", &["`raw.rates`\n  - → `stg.orders`"], &["None", "No: "]),
            ("mart.sales: where is it used?", &["depend directly on `mart.sales`"], &["comes from"]),
            ("which procedure handles orders", &["search"], &["could not apply"]),
            ("where do emails end up", &["**1 asset** depends directly on `raw.customers.email`"], &["Did you mean"]),
            ("which file has stg.orders", &["is defined in **shop.sql:6**"], &["apply"]),
            ("which procedure handles returns", &[], &["There is no `handles`"]),
        ],
    );
}

#[test]
fn beside_sql_the_modes_that_search_show_passages() {
    let knowledge = super::knowledge(vec![("shop.sql".to_owned(), SHOP.to_owned())]);
    for (mode, shows) in [(Mode::Graph, false), (Mode::Text, false), (Mode::Semantic, true), (Mode::Deep, true)] {
        let question = Question { mode, ..super::question("SELECT eur FROM mart.sales") };
        let said = answer(&knowledge, Means::default(), &question).response;
        assert!(said.contains("It **reads**\n\n- `mart.sales`") && said.contains("Passages found") == shows, "{mode:?}: {said}");
    }
}

#[test]
fn sql_in_a_question_is_read() {
    hold(
        SHOP,
        &[
            (
                "SELECT email, nosuch FROM mart.best b JOIN raw.gone g ON g.id = b.customer_id WHERE b.town = 'x'",
                &[
                    "It **reads**\n\n- `mart.best` (view, shop.sql:9)",
                    "Not here, by that name: `raw.gone`.",
                    "not known here: `mart.best.town`.",
                ],
                &["It **writes**"],
            ),
            (
                "does this work? ```sql\nINSERT INTO mart.kpi (eur) SELECT sum(eur) FROM mart.sales\n``` I am not sure",
                &["It **reads**\n\n- `mart.sales`", "It **writes**\n\n- `mart.kpi`"],
                &["Not here", "not known"],
            ),
            ("what does this read: select eur from mart.sales", &["This statement", "- `mart.sales`"], &[]),
            ("SELECT eur, email, ctid FROM mart.sales s JOIN stg.customers c USING (customer_id)", &["It **reads**"], &["not known here"]),
            ("SELECT nosuch FROM mart.sales s JOIN stg.orders o USING (email)", &["It **reads**"], &["mart.sales.email"]),
            // Questions that begin as statements do.
            ("which views SELECT eur FROM mart.sales?", &[], &["This statement"]),
            ("what breaks when I run: delete from mart.sales", &[], &["This statement"]),
            ("select all columns from raw.orders", &["`raw.orders`"], &["This statement"]),
            ("select everything from raw.orders", &[], &["This statement"]),
            ("select statement of stg.orders", &["is defined at"], &["This statement"]),
            ("update mart.sales: who does that", &[], &["This statement"]),
            ("WHICH PROCEDURES DELETE FROM mart.sales", &["is **deleted from** by"], &["This statement"]),
            ("with which tables does raw.orders join", &["foreign key"], &["This statement"]),
        ],
    );
}

#[test]
fn what_is_said_of_a_routine_a_file_or_a_condition_is_not_lost() {
    hold(
        SHOP,
        &[
            ("what do we have in raw that is never read", &["`raw.dump`"], &["`raw.rates`"]),
            ("what is there in mart with pii", &["look", "`mart.best.email`"], &[]),
            ("anything in shop.sql not read", &["statements** in shop.sql were understood"], &["has a reader"]),
            ("anything in ops.load_sales that is not used", &["`ops.nightly`"], &["column"]),
            ("where does ops.nightly start", &["is defined in **shop.sql"], &["source"]),
            ("which job runs ops.load_kpi", &["is **called** by\n\n- `ops.nightly`"], &["writes"]),
            ("in which order do the procs of ops.nightly run", &["**calls**"], &["reads"]),
            ("which procedure is ops.nightly", &["`ops.nightly` (procedure"], &["depends on"]),
            ("what is written in ops.load_kpi", &["It **writes**"], &[]),
            ("views with unknown origin", &["No view or materialized view here feeds"], &["No relation"]),
            ("which views come from outside stg", &["could not apply"], &["being fed"]),
            ("what parts of shop.sql are not used", &["never used downstream"], &["were understood"]),
            ("does any procedure call itself", &[], &["cycle", "circular"]),
            ("upstream of mart.kpi 1 hop", &["1 hop:"], &["root source"]),
            ("upstream of mart.kpi 2 hops", &["2 hops:"], &["root source"]),
            ("upstream of mart.kpi", &["root source"], &[]),
            ("is raw.orders unknown", &["is defined in **shop.sql"], &["mart.returns"]),
            ("which relation is bigger, raw.orders or raw.rates", &["search"], &["foreign key"]),
            (
                "who does not read stg.orders",
                &["do not directly read `stg.orders`", "`ops.load_kpi`"],
                &["- `ops.load_sales`", "- `raw.orders`"],
            ),
            ("who does not write mart.kpi", &["do not directly write", "`ops.load_sales`"], &["view", "- `ops.load_kpi`"]),
            ("how many columns do raw.orders and raw.rates share", &["Columns of both: `currency`"], &[]),
            ("what doesn't use stg.orders", &["do not directly use `stg.orders`"], &["- `ops.load_sales`"]),
            ("num of columns in raw.orders and raw.rates", &["`raw.orders`", "4 columns", "2 columns"], &[]),
            ("how many columns do raw.orders and raw.rates have", &["4 columns", "2 columns"], &[]),
            ("num of procedures", &["3 procedures"], &[]),
            ("where does raw.orders not exist", &["search"], &["is defined in"]),
            ("where does email not occur", &["no column `email`", "`raw.orders`"], &["- `raw.customers`"]),
        ],
    );
}
