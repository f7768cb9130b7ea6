//! Questions as they are typed when something is wrong, and by who looks after data.

use super::hold;

/// A utility's warehouse of three layers.
const GRID: &str = "CREATE TABLE land.customer (customer_no INT PRIMARY KEY, email TEXT UNIQUE, birth_date DATE, kwh INT);
CREATE TABLE land.reading (meter_id INT, quality CHAR(1), kwh NUMERIC(12,3));
CREATE TABLE land.spare (id INT);
CREATE VIEW core.daily AS SELECT meter_id, sum(kwh) AS kwh FROM land.reading WHERE quality <> 'X' GROUP BY meter_id;
CREATE VIEW core.v_customer AS SELECT customer_no, lower(email) AS email FROM land.customer;
CREATE TABLE mart.bill (customer_no INT, kwh INT, amount NUMERIC(12,2));
CREATE TABLE mart.audit (customer_no INT);
CREATE PROCEDURE mart.make_bills AS
BEGIN
  INSERT INTO mart.bill (customer_no, kwh) SELECT c.customer_no, d.kwh FROM core.daily d CROSS JOIN core.v_customer c;
END;
CREATE TRIGGER mart.bill_changed ON mart.bill AFTER UPDATE AS INSERT INTO mart.audit (customer_no) SELECT customer_no FROM inserted;
CREATE VIEW mart.v_debtors AS SELECT b.customer_no, c.email FROM mart.bill b JOIN core.v_customer c ON c.customer_no = b.customer_no;
CREATE VIEW mart.v_direct AS SELECT kwh FROM land.reading;
CREATE VIEW mart.v_ghost AS SELECT a FROM land.ghost;
";

#[test]
fn what_is_asked_when_something_is_wrong_is_answered_by_what_it_is_made_of() {
    hold(
        GRID,
        &[
            (
                "mart.bill looks wrong today, where should I look?",
                &["`mart.bill` (table, shop.sql:6) comes from", "`mart.make_bills`"],
                &["search"],
            ),
            ("mart.bill is empty, what could cause that", &["comes from", "`mart.make_bills`"], &["search"]),
            ("why is mart.bill empty", &["comes from", "`mart.make_bills`"], &["search"]),
            ("mart.bill is late, what depends on it?", &["depend"], &["comes from"]),
            ("what breaks if a column is dropped from mart.bill", &["mart.v_debtors"], &["filters"]),
            ("does it cause problems if I drop land.reading?", &["Dropping or renaming `land.reading`"], &["comes from"]),
            ("if mart.bill is late what breaks", &["Trouble with `mart.bill`"], &[]),
            ("what runs when I update mart.bill", &["**Triggers** on `mart.bill`", "mart.bill_changed"], &["v_debtors"]),
            ("what happens when a row is inserted in mart.bill", &["**Triggers** on `mart.bill`"], &["Dropping"]),
            ("which readings are excluded from core.daily", &["filters rows by **1 column**", "`land.reading.quality`"], &["search"]),
            ("why are readings with quality X missing from core.daily", &["filters rows by **1 column**"], &["search"]),
            ("who should I call about land.reading", &["owner"], &["calls nothing"]),
            ("who reads or writes mart.bill?", &["is **inserted into** by"], &["comes from"]),
            ("does anything write to land.spare", &["writes `land.spare`"], &["search"]),
            ("which views are broken", &["`land.ghost`"], &["looked up"]),
        ],
    );
}

#[test]
fn what_is_asked_of_columns_is_told_of_those_columns() {
    hold(
        GRID,
        &[
            ("where do customer emails end up", &["`core.v_customer.email`", "`mart.v_debtors.email`"], &["make_bills"]),
            ("which reports show customer emails", &["`mart.v_debtors`"], &["apply", "No table"]),
            ("is email unique in land.customer", &["unique"], &["search"]),
            ("which columns called kwh have different types", &["**1 name**", "NUMERIC"], &["birth", "declared with type `different`"]),
            ("what data type is kwh across tables", &["`land.reading", "NUMERIC"], &["apply"]),
            (
                "what is the difference between land.customer.email and core.v_customer.email",
                &["`core.v_customer.email` is computed as:", "Declared are `land.customer.email` as `TEXT`"],
                &["Columns of both"],
            ),
            ("I want to rename land.customer.email to mail, what needs to change?", &["To call it `mail`, edit"], &["`change`"]),
        ],
    );
}

#[test]
fn lists_go_on_as_they_are_asked_to() {
    hold(
        GRID,
        &[
            (
                "which land tables are not used in core",
                &["**1 table** in schema `land`", "- `land.spare`"],
                &["apply", "schema `core`, none"],
            ),
            ("what views are there and what do they read", &["`mart.v_direct` (view, shop.sql:14) from `land.reading`"], &["not answered"]),
            ("what columns are in land.customer and which are nullable", &["`birth_date`"], &["not answered", "`customer_no`"]),
            ("which objects bypass core and read land directly", &["- `mart.v_direct` reads `land.reading`"], &["No relation"]),
        ],
    );
}
