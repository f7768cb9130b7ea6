-- case: a CSV is a table with its header and guessed types
-- show: details
-- file: seeds/raw_orders.csv
id,name,day,paid
1,"a, b",2026-01-31,true
2,c,2026-02-01,false
-- expect
-- table raw_orders
--   id BIGINT
--   name TEXT
--   day DATE
--   paid BOOLEAN

-- case: a CSV without a header is a table without columns
-- file: x.csv
1;2
3;4
-- expect
-- table x
-- line 1 Info: The first row does not look like a header, so columns have no names

-- case: a CSV gives a script's star its columns
-- file: raw_orders.csv
id,amount
1,2.5
-- file: load.sql
CREATE VIEW v AS SELECT * FROM raw_orders;
-- expect
-- table raw_orders(id, amount) in raw_orders.csv
-- view v(id, amount) in load.sql
-- v <- raw_orders
-- v.id <- raw_orders.id  IDENTITY
-- v.amount <- raw_orders.amount  IDENTITY

-- case: a document mentions what something defines
-- file: doc.md
# Orders

`orders` are loaded by load_orders nightly, see sales.fct_orders and `nothing`.

```sql
SELECT * FROM customers
```
-- file: ddl.sql
CREATE TABLE orders (id INT);
CREATE TABLE sales.fct_orders (id INT);
CREATE TABLE customers (id INT);
CREATE TABLE load_orders (id INT);
-- expect
-- table customers(id) in ddl.sql
-- table load_orders(id) in ddl.sql
-- table orders(id) in ddl.sql
-- table sales.fct_orders(id) in ddl.sql
-- doc.md mentions customers
-- doc.md mentions load_orders
-- doc.md mentions orders
-- doc.md mentions sales.fct_orders

-- case: a text mentions what something defines
-- file: notes.txt
dbo.orders feeds the report. Orders are good.
-- file: ddl.sql
CREATE TABLE dbo.orders (id INT);
-- expect
-- table dbo.orders(id) in ddl.sql
-- notes.txt mentions dbo.orders
