-- case: a derived table is looked through
CREATE VIEW v AS SELECT q.x FROM (SELECT a AS x FROM s) q;
-- expect
-- view v(x)
-- v <- s
-- v.x <- s.a  IDENTITY

-- case: derived tables within derived tables are looked through
CREATE VIEW v AS SELECT z FROM (SELECT y + 1 AS z FROM (SELECT x AS y FROM (SELECT a AS x FROM s) q1) q2) q3;
-- expect
-- view v(z)
-- v <- s
-- v.z <- s.a  TRANSFORMATION: y + 1

-- case: the column list of a derived table renames
CREATE VIEW v AS SELECT q.x, q.y FROM (SELECT a, b FROM s) AS q (x, y);
-- expect
-- view v(x, y)
-- v <- s
-- v.x <- s.a  IDENTITY
-- v.y <- s.b  IDENTITY

-- case: a scalar subquery is a value
CREATE VIEW v AS SELECT c.id, (SELECT max(o.day) FROM orders o WHERE o.customer_id = c.id) AS last_day FROM customers c;
-- expect
-- view v(id, last_day)
-- v <- customers
-- v <- orders
-- v.id <- customers.id  IDENTITY
-- v.last_day <- orders.day  AGGREGATION: (SELECT max(o.day) FROM orders o WHERE o.customer_id = c.id)
-- v <~ customers.id  FILTER
-- v <~ orders.customer_id  FILTER

-- case: a correlated EXISTS filters by both sides
CREATE VIEW v AS SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id);
-- expect
-- view v(id)
-- v <- customers
-- v <- orders
-- v.id <- customers.id  IDENTITY
-- v <~ customers.id  FILTER
-- v <~ orders.customer_id  FILTER

-- case: an IN subquery filters by its column
CREATE VIEW v AS SELECT id FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE total > 10);
-- expect
-- view v(id)
-- v <- customers
-- v <- orders
-- v.id <- customers.id  IDENTITY
-- v <~ customers.id  FILTER
-- v <~ orders.customer_id  FILTER
-- v <~ orders.total  FILTER

-- case: an unqualified column of a subquery is the inner table's before the outer's
CREATE TABLE inner_t (id int, a int);
CREATE TABLE outer_t (id int, b int);
CREATE VIEW v AS SELECT b FROM outer_t WHERE EXISTS (SELECT 1 FROM inner_t WHERE a = b AND id > 0);
-- expect
-- table inner_t(id, a)
-- table outer_t(id, b)
-- view v(b)
-- v <- inner_t
-- v <- outer_t
-- v.b <- outer_t.b  IDENTITY
-- v <~ inner_t.id  FILTER
-- v <~ inner_t.a  FILTER
-- v <~ outer_t.b  FILTER

-- case: a LATERAL subquery sees what stands before it
-- dialect: postgres, mysql, snowflake, databricks
CREATE VIEW v AS SELECT c.id, l.total FROM customers c, LATERAL (SELECT o.total FROM orders o WHERE o.customer_id = c.id) l;
-- expect
-- view v(id, total)
-- v <- customers
-- v <- orders
-- v.id <- customers.id  IDENTITY
-- v.total <- orders.total  IDENTITY
-- v <~ customers.id  FILTER
-- v <~ orders.customer_id  FILTER

-- case: CROSS APPLY and OUTER APPLY see what stands before them
-- dialect: tsql, oracle
CREATE VIEW v AS
SELECT c.id, x.total, y.day
FROM customers c
CROSS APPLY (SELECT o.total FROM orders o WHERE o.customer_id = c.id) x
OUTER APPLY (SELECT p.day FROM payments p WHERE p.customer_id = c.id) y;
-- expect
-- view v(id, total, day)
-- v <- customers
-- v <- orders
-- v <- payments
-- v.id <- customers.id  IDENTITY
-- v.total <- orders.total  IDENTITY
-- v.day <- payments.day  IDENTITY
-- v <~ customers.id  FILTER
-- v <~ orders.customer_id  FILTER
-- v <~ payments.customer_id  FILTER

-- case: APPLY of expressions without FROM makes columns of the outer table
-- dialect: tsql
CREATE VIEW v AS SELECT x.net, x.tax FROM orders o CROSS APPLY (SELECT o.gross / 1.2 AS net, o.gross - o.gross / 1.2 AS tax) x;
-- expect
-- view v(net, tax)
-- v <- orders
-- v.net <- orders.gross  TRANSFORMATION: o.gross / 1.2
-- v.tax <- orders.gross  TRANSFORMATION: o.gross - o.gross / 1.2

-- case: APPLY of VALUES turns columns into rows
-- dialect: tsql
CREATE VIEW v AS SELECT p.id, u.value FROM prices p CROSS APPLY (VALUES (p.low), (p.high)) u (value);
-- expect
-- view v(id, value)
-- v <- prices
-- v.id <- prices.id  IDENTITY
-- v.value <- prices.high  IDENTITY
-- v.value <- prices.low  IDENTITY

-- case: a subquery in ORDER BY and HAVING is read
CREATE VIEW v AS SELECT a, count(b) AS n FROM s GROUP BY a HAVING count(b) > (SELECT min_n FROM limits) ORDER BY (SELECT rank FROM ranks WHERE ranks.a = s.a);
-- expect
-- view v(a, n)
-- v <- limits
-- v <- ranks
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.n <- s.b  AGGREGATION: count(b)
-- v <~ limits.min_n  FILTER
-- v <~ ranks.a  FILTER
-- v <~ ranks.rank  SORT
-- v <~ s.a  GROUP_BY+FILTER
-- v <~ s.b  FILTER

-- case: ANY and ALL read their subquery
-- dialect: postgres
CREATE VIEW v AS SELECT a FROM s WHERE a > ALL (SELECT b FROM t) OR a = ANY (SELECT c FROM u);
-- expect
-- view v(a)
-- v <- s
-- v <- t
-- v <- u
-- v.a <- s.a  IDENTITY
-- v <~ s.a  FILTER
-- v <~ t.b  FILTER
-- v <~ u.c  FILTER

-- case: a subquery in the select list of a subquery is followed
CREATE VIEW v AS SELECT q.m FROM (SELECT (SELECT max(x) FROM t) AS m FROM s) q;
-- expect
-- view v(m)
-- v <- s
-- v <- t
-- v.m <- t.x  AGGREGATION: (SELECT max(x) FROM t)

-- case: a subquery in a CASE condition decides
CREATE VIEW v AS SELECT CASE WHEN id IN (SELECT user_id FROM admins) THEN name ELSE 'hidden' END AS shown FROM users;
-- expect
-- view v(shown)
-- v <- admins
-- v <- users
-- v.shown <- admins.user_id  CONDITIONAL: CASE WHEN id IN (SELECT user_id FROM admins) THEN name ELSE 'hidden' END
-- v.shown <- users.id  CONDITIONAL: CASE WHEN id IN (SELECT user_id FROM admins) THEN name ELSE 'hidden' END
-- v.shown <- users.name  TRANSFORMATION: CASE WHEN id IN (SELECT user_id FROM admins) THEN name ELSE 'hidden' END

-- case: a row subquery gives each column of an UPDATE its own
-- dialect: postgres, oracle
UPDATE t SET (a, b) = (SELECT s.x, s.y FROM s WHERE s.id = t.id);
-- expect
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(id, x, y)
-- script.sql writes t(a, b)
-- t.a <- s.x  IDENTITY: (SELECT s.x, s.y FROM s WHERE s.id = t.id)
-- t.b <- s.y  IDENTITY: (SELECT s.x, s.y FROM s WHERE s.id = t.id)
-- t <~ s.id  FILTER
-- t <~ t.id  FILTER

-- case: a union in brackets is a value
-- dialect: ansi, postgres, snowflake
CREATE VIEW v AS SELECT x FROM a WHERE k IN ((SELECT k FROM b) UNION (SELECT k FROM c));
-- expect
-- view v(x)
-- v <- a
-- v <- b
-- v <- c
-- v.x <- a.x  IDENTITY
-- v <~ a.k  FILTER
-- v <~ b.k  FILTER
-- v <~ c.k  FILTER

-- case: the name of a relation stands for its row
-- dialect: postgres, duckdb, bigquery
CREATE VIEW v AS SELECT to_json(q) AS j, g FROM (SELECT a, b FROM s) q CROSS JOIN generate_series(1, 9) AS g;
-- expect
-- view v(j, g)
-- v <- s
-- v.j <- s.a  TRANSFORMATION: to_json(q)
-- v.j <- s.b  TRANSFORMATION: to_json(q)

-- case: parameters of a lambda are no columns
-- dialect: trino, duckdb, databricks, snowflake
CREATE VIEW v AS SELECT transform(g, x -> x + h) AS r, reduce(d, 0, (acc, y) -> acc + y + k) AS q FROM s;
-- expect
-- view v(r, q)
-- v <- s
-- v.r <- s.g  TRANSFORMATION: transform(g, x -> x + h)
-- v.r <- s.h  TRANSFORMATION: transform(g, x -> x + h)
-- v.q <- s.d  TRANSFORMATION: reduce(d, 0, (acc, y) -> acc + y + k)
-- v.q <- s.k  TRANSFORMATION: reduce(d, 0, (acc, y) -> acc + y + k)

-- case: DuckDB's lambda
-- dialect: duckdb
CREATE VIEW v AS SELECT list_transform(g, lambda x, i : x + i + h) AS r FROM s;
-- expect
-- view v(r)
-- v <- s
-- v.r <- s.g  TRANSFORMATION: list_transform(g, lambda x, i : x + i + h)
-- v.r <- s.h  TRANSFORMATION: list_transform(g, lambda x, i : x + i + h)

-- case: an expression with a name in WITH
-- dialect: clickhouse
INSERT INTO t WITH toDate(ts) AS d, q AS (SELECT y FROM r), (SELECT max(y) FROM q) AS m SELECT d, m + x AS n FROM s WHERE x > 0;
-- expect
-- t <- r
-- t <- s
-- script.sql reads r(y)
-- script.sql reads s(ts, x)
-- script.sql writes t
-- t.d <- s.ts  TRANSFORMATION
-- t.n <- r.y  AGGREGATION: m + x
-- t.n <- s.x  TRANSFORMATION: m + x
-- t <~ s.x  FILTER

-- case: the query that another server runs
-- dialect: tsql
CREATE VIEW v AS SELECT q.a FROM OPENQUERY(srv, 'SELECT a, b FROM db.dbo.s') AS q;
-- expect
-- view v(a)
-- v <- db.dbo.s
-- v.a <- db.dbo.s.a  IDENTITY

-- case: rows as a cursor in a select list
-- dialect: oracle
CREATE VIEW v AS SELECT t.a, CURSOR(SELECT u.b FROM u WHERE u.id = t.id) AS c FROM t, TABLE(t.nested) n;
-- expect
-- view v(a, c)
-- v <- t
-- v <- u
-- v.a <- t.a  IDENTITY
-- v.c <- u.b  IDENTITY: (SELECT u.b FROM u WHERE u.id = t.id)
-- v <~ t.id  FILTER
-- v <~ u.id  FILTER

-- case: a query in FROM does not see the relations beside it
-- dialect: postgres, tsql, oracle
CREATE TABLE a (id INT);
CREATE TABLE f (id INT, z INT);
CREATE VIEW v AS SELECT f.id FROM f JOIN (SELECT id FROM a WHERE z = 1) s ON s.id = f.id;
-- expect
-- table a(id)
-- table f(id, z)
-- view v(id)
-- v <- a
-- v <- f
-- v.id <- f.id  IDENTITY
-- v <~ a.id  JOIN
-- v <~ f.id  JOIN

-- case: arrays side by side have a column each
-- dialect: postgres, trino
CREATE VIEW v AS SELECT u.a, u.b FROM t, unnest(t.x, t.y) u(a, b);
-- expect
-- view v(a, b)
-- v <- t
-- v.a <- t.x  TRANSFORMATION
-- v.b <- t.y  TRANSFORMATION

-- case: how many rows a query of ClickHouse keeps says nothing
-- dialect: clickhouse
INSERT INTO sums (id) SELECT id FROM bills ORDER BY day LIMIT 2 OFFSET 1 BY shop LIMIT 1 WITH TIES;
INSERT INTO sums (id) SELECT id FROM slips ORDER BY day LIMIT 2 BY shop LIMIT 10;
-- expect
-- sums <- bills
-- sums <- slips
-- script.sql reads bills(day, id)
-- script.sql reads slips(day, id)
-- script.sql writes sums(id)
-- sums.id <- bills.id  IDENTITY
-- sums.id <- slips.id  IDENTITY
-- sums <~ bills.day  SORT
-- sums <~ slips.day  SORT

-- case: a cast is called as its column, a call as its function
-- dialect: postgres, redshift
CREATE VIEW w AS SELECT id::int, date_trunc('day', at)::date, max(n), CASE WHEN n > 0 THEN 1 END FROM t GROUP BY 1, 2;
INSERT INTO o (i, c, m) SELECT v.id, v.created_at, v.count
FROM (SELECT t.id::int, CAST(t.created_at AS date), count(*), sum(a), sum(b) FROM t GROUP BY 1, 2) v;
INSERT INTO p (i) SELECT w.id FROM w;
-- expect
-- view w(id, date_trunc, max, case)
-- o <- t
-- p <- w
-- w <- t
-- script.sql reads t(a, b, created_at, id)
-- script.sql reads w(id)
-- script.sql writes o(c, i, m)
-- script.sql writes p(i)
-- o.c <- t.created_at  TRANSFORMATION: CAST(t.created_at AS date)
-- o.i <- t.id  TRANSFORMATION: t.id::int
-- p.i <- w.id  IDENTITY
-- w.id <- t.id  TRANSFORMATION: id::int
-- w.date_trunc <- t.at  TRANSFORMATION: date_trunc('day', at)::date
-- w.max <- t.n  AGGREGATION: max(n)
-- w.case <- t.n  CONDITIONAL: CASE WHEN n > 0 THEN 1 END
-- o <~ t.created_at  GROUP_BY
-- o <~ t.id  GROUP_BY
-- w <~ t.at  GROUP_BY
-- w <~ t.id  GROUP_BY

-- case: Spark calls a cast as its column
-- dialect: spark, databricks
INSERT INTO o (i, c) SELECT v.id, v.created_at FROM (SELECT CAST(t.id AS INT), CAST(created_at AS DATE) FROM t) v;
-- expect
-- o <- t
-- script.sql reads t(created_at, id)
-- script.sql writes o(c, i)
-- o.c <- t.created_at  TRANSFORMATION: CAST(created_at AS DATE)
-- o.i <- t.id  TRANSFORMATION: CAST(t.id AS INT)

-- case: the number of rows may be asked of a table
-- dialect: postgres
CREATE VIEW v AS SELECT a FROM t ORDER BY a LIMIT (SELECT n FROM pages) OFFSET (SELECT max(seen) FROM readers);
-- expect
-- view v(a)
-- v <- pages
-- v <- readers
-- v <- t
-- v.a <- t.a  IDENTITY
-- v <~ pages.n  FILTER
-- v <~ readers.seen  FILTER
-- v <~ t.a  SORT

-- case: how many rows are taken may be asked of a table, in brackets or within an expression
-- dialect: postgres
CREATE VIEW v AS SELECT t.a FROM t ORDER BY t.a LIMIT ((SELECT n.k FROM n)) OFFSET COALESCE((SELECT o.k FROM o), 1) + 1;
-- expect
-- view v(a)
-- v <- n
-- v <- o
-- v <- t
-- v.a <- t.a  IDENTITY
-- v <~ n.k  FILTER
-- v <~ o.k  FILTER
-- v <~ t.a  SORT

-- case: TOP may ask a table
-- dialect: tsql
INSERT INTO w (a) SELECT TOP (SELECT n.k FROM n) t.a FROM t ORDER BY t.a
INSERT INTO w (a) SELECT TOP ((SELECT m.k FROM m)) t.a FROM t
-- expect
-- w <- m
-- w <- n
-- w <- t
-- script.sql reads m(k)
-- script.sql reads n(k)
-- script.sql reads t(a)
-- script.sql writes w(a)
-- w.a <- t.a  IDENTITY
-- w <~ m.k  FILTER
-- w <~ n.k  FILTER
-- w <~ t.a  SORT

-- case: who may see which rows is asked of tables
-- dialect: postgres
CREATE POLICY p ON docs FOR SELECT TO app USING (owner = current_user OR id IN (SELECT m.doc FROM members m)) WITH CHECK (EXISTS (SELECT 1 FROM admins a WHERE a.usr = current_user));
-- expect
-- script.sql reads admins(usr)
-- script.sql reads members(doc)

-- case: who may see which rows and values is asked of tables, behind an arrow
-- dialect: snowflake
CREATE MASKING POLICY mask AS (v string) RETURNS string -> CASE WHEN EXISTS (SELECT 1 FROM readers WHERE role = CURRENT_ROLE()) THEN v ELSE '*' END;
CREATE ROW ACCESS POLICY rows AS (r varchar) RETURNS BOOLEAN -> EXISTS (SELECT 1 FROM regions m WHERE m.region = r);
-- expect
-- script.sql reads readers(role)
-- script.sql reads regions(region)

-- case: a summary reads all columns
-- dialect: duckdb
SUMMARIZE main.t;
SUMMARIZE SELECT a, b FROM u;
-- expect
-- script.sql reads main.t
-- script.sql reads u(a, b)

-- case: a query after its CTEs may begin with its source
-- dialect: duckdb
CREATE TABLE d AS WITH c AS (FROM t) FROM c SELECT c.x AS y WHERE c.z = 1;
WITH c AS (FROM u) FROM c WHERE c.x = 1;
-- expect
-- table d(y)
-- d <- t
-- script.sql reads u(x)
-- d.y <- t.x  IDENTITY
-- d <~ t.z  FILTER

-- case: a query in TOP is read in each arm
-- dialect: tsql
SELECT TOP (SELECT n FROM cfg) a FROM t UNION ALL SELECT TOP (SELECT m FROM cfg2) b FROM u
-- expect
-- script.sql reads cfg(n)
-- script.sql reads cfg2(m)
-- script.sql reads t(a)
-- script.sql reads u(b)
