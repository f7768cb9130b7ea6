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

-- case: a header of a CSV may have blank, repeated and numeric names, and lines about the data before it
-- show: details
-- file: blank.csv
id,name,
1,x,3
-- file: again.csv
a,a,,b
1,2,3,4
-- file: years.csv
year,2023,2024
x,1,2
-- file: about.csv
# exported 2024
# by nobody
id,name
1,x
-- expect
-- table about in about.csv
--   id BIGINT
--   name TEXT
-- table again in again.csv
--   a BIGINT
--   a_1 BIGINT
--   column3 BIGINT
--   b BIGINT
-- table blank in blank.csv
--   id BIGINT
--   name TEXT
--   column3 BIGINT
-- table years in years.csv
--   year TEXT
--   2023 BIGINT
--   2024 BIGINT
