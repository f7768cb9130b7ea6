-- case: a CTE is looked through
WITH c AS (SELECT a, b FROM s) INSERT INTO t (x, y) SELECT a, b FROM c;
-- expect
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t(x, y)
-- t.x <- s.a  IDENTITY
-- t.y <- s.b  IDENTITY

-- case: a CTE that shadows a real table hides it
WITH orders AS (SELECT id, total FROM raw_orders) INSERT INTO t (x) SELECT total FROM orders;
-- expect
-- t <- raw_orders
-- script.sql reads raw_orders(id, total)
-- script.sql writes t(x)
-- t.x <- raw_orders.total  IDENTITY

-- case: a CTE may read the table that it is named after
WITH orders AS (SELECT id, total FROM orders) INSERT INTO t (x) SELECT total FROM orders;
-- expect
-- t <- orders
-- script.sql reads orders(id, total)
-- script.sql writes t(x)
-- t.x <- orders.total  IDENTITY

-- case: a CTE that nothing uses is read all the same
WITH u AS (SELECT a FROM unused), c AS (SELECT b FROM s) INSERT INTO t (x) SELECT b FROM c;
-- expect
-- t <- s
-- t <- unused
-- script.sql reads s(b)
-- script.sql reads unused(a)
-- script.sql writes t(x)
-- t.x <- s.b  IDENTITY

-- case: a chain of CTEs is followed to the stored tables
CREATE VIEW v AS
WITH a AS (SELECT id, price * qty AS total FROM order_lines),
     b AS (SELECT id, sum(total) AS sum_total FROM a GROUP BY id)
SELECT id, sum_total FROM b;
-- expect
-- view v(id, sum_total)
-- v <- order_lines
-- v.id <- order_lines.id  IDENTITY
-- v.sum_total <- order_lines.price  AGGREGATION: sum(total)
-- v.sum_total <- order_lines.qty  AGGREGATION: sum(total)
-- v <~ order_lines.id  GROUP_BY

-- case: a nested CTE is seen only within its query
CREATE VIEW v AS
WITH outer_one AS (WITH x AS (SELECT a FROM s1) SELECT a FROM x)
SELECT o.a, x.b FROM outer_one o JOIN x ON x.a = o.a;
-- expect
-- view v(a, b)
-- v <- s1
-- v <- x
-- v.a <- s1.a  IDENTITY
-- v.b <- x.b  IDENTITY
-- v <~ s1.a  JOIN
-- v <~ x.a  JOIN

-- case: an inner CTE hides the outer one of its name
CREATE VIEW v AS
WITH x AS (SELECT a FROM s1)
SELECT q.a FROM (WITH x AS (SELECT a FROM s2) SELECT a FROM x) q;
-- expect
-- view v(a)
-- v <- s1
-- v <- s2
-- v.a <- s2.a  IDENTITY

-- case: the column list of a CTE renames what its query gives
CREATE VIEW v AS WITH c (p, q) AS (SELECT a, b + 1 FROM s) SELECT q, p FROM c;
-- expect
-- view v(q, p)
-- v <- s
-- v.q <- s.b  TRANSFORMATION: b + 1
-- v.p <- s.a  IDENTITY

-- case: a recursive CTE is made of both its arms
-- dialect: postgres, mysql, sqlite, duckdb, bigquery, trino
CREATE VIEW v AS
WITH RECURSIVE tree AS (
  SELECT id, parent_id, name FROM node WHERE parent_id IS NULL
  UNION ALL
  SELECT n.id, n.parent_id, n.name FROM node n JOIN tree t ON n.parent_id = t.id
)
SELECT id, name FROM tree;
-- expect
-- view v(id, name)
-- v <- node
-- v.id <- node.id  IDENTITY
-- v.name <- node.name  IDENTITY
-- v <~ node.id  JOIN
-- v <~ node.parent_id  JOIN+FILTER

-- case: without the word RECURSIVE a CTE of these dialects may name itself
-- dialect: tsql, oracle
CREATE VIEW v AS
WITH tree AS (
  SELECT id, parent_id FROM node WHERE parent_id IS NULL
  UNION ALL
  SELECT n.id, n.parent_id FROM node n JOIN tree t ON n.parent_id = t.id
)
SELECT id FROM tree;
-- expect
-- view v(id)
-- v <- node
-- v.id <- node.id  IDENTITY
-- v <~ node.id  JOIN
-- v <~ node.parent_id  JOIN+FILTER

-- case: a counter of a recursive CTE is made of nothing stored
-- dialect: postgres
CREATE VIEW v AS
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i, s.a FROM n, s;
-- expect
-- view v(i, a)
-- v <- s
-- v.a <- s.a  IDENTITY

-- case: a CTE in front of a DELETE filters
-- dialect: postgres
WITH old AS (SELECT id FROM orders WHERE day < '2020-01-01') DELETE FROM lines USING old WHERE lines.order_id = old.id;
-- expect
-- script.sql reads columns of lines(order_id)
-- script.sql reads orders(day, id)
-- script.sql writes lines

-- case: a CTE in front of an UPDATE is looked through
-- dialect: postgres
WITH sums AS (SELECT customer_id, sum(total) AS total FROM orders GROUP BY customer_id)
UPDATE customers SET spent = sums.total FROM sums WHERE customers.id = sums.customer_id;
-- expect
-- customers <- orders
-- script.sql reads columns of customers(id)
-- script.sql reads orders(customer_id, total)
-- script.sql writes customers(spent)
-- customers.spent <- orders.total  AGGREGATION: sum(total)
-- customers <~ customers.id  FILTER
-- customers <~ orders.customer_id  GROUP_BY+FILTER

-- case: an UPDATE of a CTE writes the table under it
-- dialect: tsql
WITH ranked AS (SELECT id, flag, row_number() OVER (PARTITION BY email ORDER BY id) AS n FROM dbo.users)
UPDATE ranked SET flag = n;
-- expect
-- script.sql reads columns of dbo.users(email, flag, id)
-- script.sql writes dbo.users(flag)
-- dbo.users.flag <- dbo.users.email  WINDOW: row_number() OVER (PARTITION BY email ORDER BY id)
-- dbo.users.flag <- dbo.users.id  WINDOW: row_number() OVER (PARTITION BY email ORDER BY id)

-- case: a DELETE from a CTE deletes from the table under it
-- dialect: tsql
WITH ranked AS (SELECT id, row_number() OVER (PARTITION BY email ORDER BY id) AS n FROM dbo.users)
DELETE FROM ranked WHERE n > 1;
-- expect
-- script.sql reads columns of dbo.users(email, id)
-- script.sql writes dbo.users

-- case: a CTE that deletes and returns rows writes one table and feeds another
-- dialect: postgres
WITH moved AS (DELETE FROM orders WHERE done RETURNING id, total) INSERT INTO archive (id, total) SELECT id, total FROM moved;
-- expect
-- archive <- orders
-- script.sql reads orders(done, id, total)
-- script.sql writes archive(id, total)
-- script.sql writes orders
-- archive.id <- orders.id  IDENTITY
-- archive.total <- orders.total  IDENTITY

-- case: a CTE that inserts and returns rows gives them to the query
-- dialect: postgres
WITH new_orders AS (INSERT INTO orders (customer_id) SELECT id FROM customers RETURNING id, customer_id)
INSERT INTO log (order_id) SELECT id FROM new_orders;
-- expect
-- log <- customers
-- log <- orders
-- orders <- customers
-- script.sql reads columns of orders(id)
-- script.sql reads customers(id)
-- script.sql writes log(order_id)
-- script.sql writes orders(customer_id)
-- log.order_id <- orders.id  IDENTITY
-- orders.customer_id <- customers.id  IDENTITY

-- case: a CTE between INSERT and SELECT is the same as one before
-- dialect: tsql, postgres, snowflake, bigquery, spark
INSERT INTO t (x) WITH c AS (SELECT a FROM s) SELECT a FROM c;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(x)
-- t.x <- s.a  IDENTITY

-- case: a CTE whose columns come from a star is looked through to the table
CREATE VIEW v AS WITH c AS (SELECT * FROM s) SELECT a, b FROM c;
-- expect
-- view v(a, b)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  IDENTITY

-- case: a column of one of two starred tables belongs to whichever has it
-- dialect: postgres
CREATE TABLE s1 (id int, a int);
CREATE TABLE s2 (id int, b int);
CREATE VIEW v AS WITH c AS (SELECT * FROM s1 JOIN s2 USING (id)) SELECT a, b FROM c;
-- expect
-- table s1(id, a)
-- table s2(id, b)
-- view v(a, b)
-- v <- s1
-- v <- s2
-- v.a <- s1.a  IDENTITY
-- v.b <- s2.b  IDENTITY
-- v <~ s1.id  JOIN
-- v <~ s2.id  JOIN

-- case: a materialized CTE is a CTE
-- dialect: postgres
CREATE VIEW v AS WITH c AS MATERIALIZED (SELECT a FROM s) SELECT a FROM c;
-- expect
-- view v(a)
-- v <- s
-- v.a <- s.a  IDENTITY

-- case: a CTE used twice feeds both uses
CREATE VIEW v AS WITH c AS (SELECT id, a FROM s) SELECT x.a AS a1, y.a AS a2 FROM c x JOIN c y ON x.id = y.id;
-- expect
-- view v(a1, a2)
-- v <- s
-- v.a1 <- s.a  IDENTITY
-- v.a2 <- s.a  IDENTITY
-- v <~ s.id  JOIN

-- case: clauses after a recursive CTE
-- dialect: oracle
CREATE VIEW v AS WITH c (a, b) AS (SELECT x, y FROM s UNION ALL SELECT r.x, c.b FROM r JOIN c ON r.p = c.a) SEARCH DEPTH FIRST BY a SET o CYCLE a SET cy TO 1 DEFAULT 0 SELECT a, b FROM c;
-- expect
-- view v(a, b)
-- v <- r
-- v <- s
-- v.a <- r.x  IDENTITY
-- v.a <- s.x  IDENTITY
-- v.b <- s.y  IDENTITY
-- v <~ r.p  JOIN
-- v <~ s.x  JOIN

-- case: a CTE may be materialised
-- dialect: duckdb, postgres
CREATE VIEW v AS WITH a AS MATERIALIZED (SELECT x FROM s), b AS NOT MATERIALIZED (SELECT y FROM r) SELECT x, y FROM a, b;
-- expect
-- view v(x, y)
-- v <- r
-- v <- s
-- v.x <- s.x  IDENTITY
-- v.y <- r.y  IDENTITY

-- case: names over a star that is not known are those of any column
CREATE VIEW v AS WITH c (a, b) AS (SELECT x, t.* FROM t) SELECT a, b FROM c;
-- expect
-- view v(a, b)
-- v <- t
-- v.a <- t.x  IDENTITY

-- case: a column list names the columns of a star
CREATE VIEW v (a, b) AS SELECT * FROM t;
CREATE TABLE t (x int, y int);
-- expect
-- table t(x, y)
-- view v(a, b)
-- v <- t
-- v.a <- t.x  IDENTITY
-- v.b <- t.y  IDENTITY

-- case: a column list names the columns of a star that is not known
CREATE VIEW v (a, b) AS SELECT * FROM t;
-- expect
-- view v(a, b)
-- v <- t

-- case: all that a CTE puts in and returns is what it put in
-- dialect: postgres
WITH ins AS (INSERT INTO t (a, b) SELECT x, y FROM s RETURNING *) INSERT INTO history (a, b) SELECT a, b FROM ins;
-- expect
-- history <- s
-- t <- s
-- script.sql reads s(x, y)
-- script.sql writes history(a, b)
-- script.sql writes t(a, b)
-- history.a <- s.x  IDENTITY
-- history.b <- s.y  IDENTITY
-- t.a <- s.x  IDENTITY
-- t.b <- s.y  IDENTITY

-- case: the first CTE of a table or view may be called data
-- dialect: postgres, snowflake, teradata, bigquery, ansi
CREATE TABLE x AS WITH data AS (SELECT a FROM t) SELECT a FROM data;
CREATE VIEW y AS WITH data (b) AS (SELECT a FROM t) SELECT b FROM data WITH NO DATA;
-- expect
-- table x(a)
-- view y(b)
-- x <- t
-- y <- t
-- x.a <- t.a  IDENTITY
-- y.b <- t.a  IDENTITY

-- case: a CTE that is no query is one all the same
WITH a AS (
  {{ macro_call() }}
),
c (x) AS (SELECT x FROM a)
SELECT x FROM c JOIN a ON a.x = c.x JOIN t ON t.x = a.x;
-- expect
-- script.sql reads t (0.4)
-- line 1 Warning: SELECT understood only in part: Expected: SELECT, VALUES, or a subquery in the query body, found: {{ macro_call() }} on line 2
