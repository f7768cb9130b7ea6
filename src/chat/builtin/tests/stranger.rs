//! Questions in the words of people who have never seen a page of this, each held against the text by hand.

use super::hold;

#[test]
fn what_a_stranger_asks_of_a_warehouse_is_answered_from_the_text() {
    hold(
        r"CREATE TABLE bronze.people (person_id INT, first_name NVARCHAR(50), born DATE, stamp DATETIME2 DEFAULT GETDATE());
GO
CREATE TABLE bronze.places (place_id INT, town NVARCHAR(50));
GO
CREATE TABLE silver.people (person_id INT, first_name NVARCHAR(50), born DATE, email NVARCHAR(50), loaded_at DATETIME2);
GO
CREATE VIEW gold.people AS SELECT person_id, first_name AS name FROM silver.people;
GO
CREATE PROCEDURE bronze.fetch AS
BEGIN
    BULK INSERT bronze.people FROM 'C:\in\people.csv';
END
GO
CREATE PROCEDURE silver.refine AS
BEGIN
    INSERT INTO silver.people (person_id, first_name, born) SELECT person_id, first_name, born FROM bronze.people;
END
GO
",
        &[
            ("which tables are in the bronze layer?", &["**2 tables** in schema `bronze`"], &["silver", "could not apply"]),
            ("how many tables does silver have", &["In schema `silver`: **1 table**"], &["could not apply"]),
            (
                "which schema has the most columns",
                &["- `bronze`: 2 tables, 1 procedure, 6 columns\n- `silver`: 1 table, 1 procedure, 5 columns"],
                &[],
            ),
            ("which schema has the fewest columns", &["- `gold`: 1 view, 2 columns\n- `silver`"], &[]),
            ("nvarchar(50) columns in silver", &["**2 columns** in schema `silver` of type `nvarchar(50)`"], &["There is no"]),
            ("nvarchar(50) columns in gold", &["No column in schema `gold` is declared with type `nvarchar(50)`"], &["There is no"]),
            ("how many columns of type date", &["**2 columns** of type `date`"], &["could not apply"]),
            ("columns that are dates in bronze", &["**1 column** in schema `bronze`", "bronze.people.born"], &["could not apply"]),
            ("tables with a datetime2 column", &["**2 columns** of type `datetime2`"], &["No table"]),
            ("is there any foreign key", &["No statement here uses foreign keys"], &["Nothing in that can be looked up"]),
            ("what is loaded into bronze.people", &["comes from", "people.csv"], &["this is search"]),
            (
                "which columns does silver.people have that bronze.people does not",
                &["Columns of `silver.people` only: `email`, `loaded_at`"],
                &["place_id"],
            ),
            ("which columns do silver.people and bronze.people share", &["Columns of both: `born`, `first_name`, `person_id`"], &[]),
            ("does silver.refine take parameters", &["No parameters of `silver.refine`"], &["this is search"]),
            ("which gold contain PII", &["`gold`"], &["Nothing in that can be looked up"]),
            ("is gold.people a view or a table", &["`gold.people` (view"], &["this is search"]),
            ("what feeds csv", &["There is no `csv` here"], &["is ambiguous"]),
            ("what reads people.csv", &["bronze.fetch"], &["There is no"]),
            ("columns containing name", &["a column `*name*`", "bronze.people", "gold.people"], &["this is search"]),
            ("default values in bronze.people", &["`stamp`"], &["this is search"]),
        ],
    );
}

#[test]
fn what_a_stranger_asks_of_keys_is_answered_from_the_text() {
    hold(
        "CREATE TABLE customers (id INT PRIMARY KEY, phone CHARACTER VARYING(15) UNIQUE, photo BYTEA);
CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT REFERENCES customers (id), note CHARACTER VARYING(40));
CREATE TABLE order_details (order_id INT REFERENCES orders (id), line INT, chief INT REFERENCES customers (id), PRIMARY KEY (order_id, line));
CREATE TABLE lost (n INT);\n",
        &[
            ("which tables have a composite primary key", &["**1 table**", "a primary key of several columns", "order_details"], &["There is no", "- `orders`"]),
            ("tables with exactly 3 columns", &["**3 tables**", "with exactly 3 columns"], &["lost", "`exactly`"]),
            ("tables with fewer than 2 columns", &["**1 table**", "lost"], &["columns** in project"]),
            ("unique columns", &["**1 column**", "customers.phone"], &["There is no"]),
            ("which columns are unique", &["**1 column**", "customers.phone"], &["could not apply"]),
            ("columns of type varchar(15)", &["**1 column** of type `varchar(15)`", "customers.phone"], &["orders.note"]),
            ("which columns are varchar", &["**2 columns** of type `varchar`"], &["No column"]),
            ("tables with a bytea column", &["customers.photo"], &["No table"]),
            ("show me the columns of orders and their types", &["`note` | CHARACTER VARYING(40)"], &["type ``"]),
            ("columns of order details", &["`order_details`", "**3 columns**", "`chief`"], &["Project"]),
            ("who references customers", &["These have a foreign key to `customers`", "- `orders`", "- `order_details`"], &[]),
            ("what does order_details reference", &["`order_details` has foreign keys to", "- `orders`", "- `customers`"], &[]),
            (
                "which table is referenced most by foreign keys",
                &["The most referenced by foreign keys", "`customers` (table, shop.sql:1): 2", "`orders` (table, shop.sql:2): 1"],
                &["order_details"],
            ),
            ("what if I rename orders.customer_id", &["is in the foreign key (customer_id) → `customers`"], &["breaks nothing"]),
            ("is there a table for customers", &["`customers`"], &["could not apply"]),
        ],
    );
}
