-- case: each branch of a MERGE gives its columns
MERGE INTO t USING s ON t.id = s.id
WHEN MATCHED AND s.gone = 1 THEN DELETE
WHEN MATCHED AND s.price > t.price THEN UPDATE SET price = s.price, seen = s.at
WHEN NOT MATCHED THEN INSERT (id, price) VALUES (s.id, s.price * 2);
-- expect
-- t <- s
-- script.sql reads columns of t(id, price)
-- script.sql reads s(at, gone, id, price)
-- script.sql writes t(id, price, seen)
-- t.id <- s.id  IDENTITY
-- t.price <- s.price  IDENTITY+TRANSFORMATION: s.price * 2
-- t.seen <- s.at  IDENTITY
-- t <~ s.gone  FILTER
-- t <~ s.id  JOIN
-- t <~ s.price  FILTER
-- t <~ t.id  JOIN
-- t <~ t.price  FILTER

-- case: a MERGE from a subquery is looked through
MERGE INTO t USING (SELECT id, sum(amount) AS total FROM o GROUP BY id) q ON t.id = q.id
WHEN MATCHED THEN UPDATE SET total = q.total
WHEN NOT MATCHED THEN INSERT (id, total) VALUES (q.id, q.total);
-- expect
-- t <- o
-- script.sql reads columns of t(id)
-- script.sql reads o(amount, id)
-- script.sql writes t(id, total)
-- t.id <- o.id  IDENTITY
-- t.total <- o.amount  AGGREGATION: sum(amount)
-- t <~ o.id  JOIN+GROUP_BY
-- t <~ t.id  JOIN

-- case: NOT MATCHED BY SOURCE writes by the target's own columns
-- dialect: tsql, databricks, bigquery
MERGE INTO t USING s ON t.id = s.id
WHEN NOT MATCHED BY SOURCE AND t.kind = 'x' THEN UPDATE SET state = 'gone'
WHEN NOT MATCHED BY TARGET THEN INSERT (id) VALUES (s.id);
-- expect
-- t <- s
-- script.sql reads columns of t(id, kind)
-- script.sql reads s(id)
-- script.sql writes t(id, state)
-- t.id <- s.id  IDENTITY
-- t <~ s.id  JOIN
-- t <~ t.id  JOIN
-- t <~ t.kind  FILTER

-- case: an INSERT of a MERGE without columns goes by position
CREATE TABLE t (x int, y int);
MERGE INTO t USING s ON t.x = s.a WHEN NOT MATCHED THEN INSERT VALUES (s.a, s.b);
-- expect
-- table t(x, y)
-- t <- s
-- script.sql reads columns of t(x)
-- script.sql reads s(a, b)
-- script.sql writes t
-- t.x <- s.a  IDENTITY
-- t.y <- s.b  IDENTITY
-- t <~ s.a  JOIN
-- t <~ t.x  JOIN

-- case: UPDATE SET * and INSERT * go by name
-- dialect: databricks, spark
CREATE TABLE t (b int, a int);
CREATE TABLE s (a int, b int);
MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *;
-- expect
-- table s(a, b)
-- table t(b, a)
-- t <- s
-- script.sql reads columns of t(a)
-- script.sql reads s(a)
-- script.sql writes t
-- t.b <- s.b  IDENTITY
-- t.a <- s.a  IDENTITY
-- t <~ s.a  JOIN
-- t <~ t.a  JOIN

-- case: INSERT ROW goes by position
-- dialect: bigquery
CREATE TABLE t (b int64, a int64);
CREATE TABLE s (x int64, y int64);
MERGE t USING s ON FALSE WHEN NOT MATCHED THEN INSERT ROW;
-- expect
-- table s(x, y)
-- table t(b, a)
-- t <- s
-- script.sql reads s
-- script.sql writes t
-- t.b <- s.x  IDENTITY
-- t.a <- s.y  IDENTITY

-- case: INSERT * of a subquery gives what the subquery gives
-- dialect: databricks
MERGE INTO t USING (SELECT id, upper(name) AS name FROM s) q ON t.id = q.id WHEN NOT MATCHED THEN INSERT *;
-- expect
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(id, name)
-- script.sql writes t
-- t.id <- s.id  IDENTITY
-- t.name <- s.name  TRANSFORMATION: upper(name)
-- t <~ s.id  JOIN
-- t <~ t.id  JOIN

-- case: a MERGE may have an alias for its target
-- dialect: tsql, snowflake, oracle, postgres
MERGE INTO dbo.t AS x USING dbo.s AS y ON x.id = y.id WHEN MATCHED THEN UPDATE SET x.a = y.b + x.c;
-- expect
-- dbo.t <- dbo.s
-- script.sql reads columns of dbo.t(c, id)
-- script.sql reads dbo.s(b, id)
-- script.sql writes dbo.t(a)
-- dbo.t.a <- dbo.s.b  TRANSFORMATION: y.b + x.c
-- dbo.t.a <- dbo.t.c  TRANSFORMATION: y.b + x.c
-- dbo.t <~ dbo.s.id  JOIN
-- dbo.t <~ dbo.t.id  JOIN

-- case: a MERGE from a CTE is looked through
-- dialect: tsql
WITH q AS (SELECT id, a FROM s) MERGE INTO t USING q ON t.id = q.id WHEN MATCHED THEN UPDATE SET a = q.a;
-- expect
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(a, id)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY
-- t <~ s.id  JOIN
-- t <~ t.id  JOIN

-- case: a MERGE from VALUES makes of nothing stored
-- dialect: tsql
MERGE INTO t USING (VALUES (1, 'a')) AS s (id, name) ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name);
-- expect
-- script.sql reads columns of t(id)
-- script.sql writes t(id, name)
-- t <~ t.id  JOIN

-- case: the rows that a MERGE outputs go into a table
-- dialect: tsql
MERGE INTO t USING s ON t.id = s.id
WHEN MATCHED THEN UPDATE SET a = s.a
OUTPUT inserted.id, deleted.a, $action INTO log (id, old_a, what);
-- expect
-- log <- s
-- log <- t
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(a, id)
-- script.sql writes log(id, old_a, what)
-- script.sql writes t(a)
-- log.id <- t.id  IDENTITY
-- log.old_a <- t.a  IDENTITY
-- t.a <- s.a  IDENTITY
-- t <~ s.id  JOIN
-- t <~ t.id  JOIN

-- case: Oracle deletes within the update of a MERGE
-- dialect: oracle
MERGE INTO t USING s ON (t.id = s.id) WHEN MATCHED THEN UPDATE SET t.a = s.a WHERE s.b > 1 DELETE WHERE t.c = 0;
-- expect
-- t <- s
-- script.sql reads columns of t(c, id)
-- script.sql reads s(a, b, id)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER
-- t <~ s.id  JOIN
-- t <~ t.c  FILTER
-- t <~ t.id  JOIN

-- case: an insert of MERGE sees the source alone
-- dialect: tsql, bigquery, snowflake
MERGE INTO t USING s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k, v) VALUES (k, v + 1);
-- expect
-- t <- s
-- script.sql reads columns of t(k)
-- script.sql reads s(k, v)
-- script.sql writes t(k, v)
-- t.k <- s.k  IDENTITY
-- t.v <- s.v  TRANSFORMATION: v + 1
-- t <~ s.k  JOIN
-- t <~ t.k  JOIN

-- case: a subquery among the values of MERGE is read
-- dialect: oracle
MERGE INTO t USING dual ON (t.k = 1) WHEN NOT MATCHED THEN INSERT (k, v) VALUES (1, (SELECT MAX(v) FROM r));
-- expect
-- t <- r
-- script.sql reads columns of t(k)
-- script.sql reads r(v)
-- script.sql writes t(k, v)
-- t.v <- r.v  AGGREGATION: (SELECT MAX(v) FROM r)
-- t <~ t.k  JOIN

-- case: MERGE adds to what is there
-- dialect: tsql
MERGE t USING s ON t.k = s.k WHEN MATCHED THEN UPDATE SET t.v += s.v;
-- expect
-- t <- s
-- script.sql reads columns of t(k, v)
-- script.sql reads s(k, v)
-- script.sql writes t(v)
-- t.v <- s.v  TRANSFORMATION: t.v += s.v
-- t.v <- t.v  TRANSFORMATION: t.v += s.v
-- t <~ s.k  JOIN
-- t <~ t.k  JOIN

-- case: MERGE by columns of the same name
-- dialect: duckdb
MERGE INTO t USING s USING (k) WHEN MATCHED THEN UPDATE SET v = s.v;
-- expect
-- t <- s
-- script.sql reads columns of t(k)
-- script.sql reads s(k, v)
-- script.sql writes t(v)
-- t.v <- s.v  IDENTITY
-- t <~ s.k  JOIN
-- t <~ t.k  JOIN

-- case: a schema that evolves
-- dialect: databricks
MERGE WITH SCHEMA EVOLUTION INTO t USING s ON t.k = s.k WHEN MATCHED THEN UPDATE SET t.v = s.v;
-- expect
-- t <- s
-- script.sql reads columns of t(k)
-- script.sql reads s(k, v)
-- script.sql writes t(v)
-- t.v <- s.v  IDENTITY
-- t <~ s.k  JOIN
-- t <~ t.k  JOIN

-- case: rows that match are replaced
-- dialect: redshift
MERGE INTO shop.orders USING shop.changes ON orders.id = changes.id REMOVE DUPLICATES;
-- expect
-- shop.orders <- shop.changes
-- script.sql reads columns of shop.orders(id)
-- script.sql reads shop.changes(id)
-- script.sql writes shop.orders
-- shop.orders <~ shop.changes.id  JOIN
-- shop.orders <~ shop.orders.id  JOIN

-- case: RETURNING of a MERGE in WITH
-- dialect: postgres
WITH m AS (
  MERGE INTO x USING s ON x.id = s.id
  WHEN MATCHED THEN UPDATE SET a = s.a + x.a
  WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, s.c)
  RETURNING merge_action() AS act, x.a, x.b AS bb, s.d
), n AS (
  INSERT INTO log (d) SELECT d FROM m RETURNING d
)
INSERT INTO t (a, b, d) SELECT a, bb, d FROM m;
-- expect
-- log <- s
-- log <- x
-- t <- s
-- t <- x
-- x <- s
-- script.sql reads s(a, c, d, id)
-- script.sql reads x(a, b, id)
-- script.sql writes log(d)
-- script.sql writes t(a, b, d)
-- script.sql writes x(a, b)
-- log.d <- s.d  IDENTITY
-- t.a <- s.a  IDENTITY+TRANSFORMATION
-- t.a <- x.a  TRANSFORMATION
-- t.b <- s.c  IDENTITY
-- t.d <- s.d  IDENTITY
-- x.a <- s.a  IDENTITY+TRANSFORMATION: s.a + x.a
-- x.a <- x.a  TRANSFORMATION: s.a + x.a
-- x.b <- s.c  IDENTITY
-- x <~ s.id  JOIN
-- x <~ x.id  JOIN

-- case: all columns by their names
-- dialect: snowflake
MERGE INTO t USING (SELECT a, b FROM s) x ON t.a = x.a
WHEN MATCHED AND x.b > t.b THEN UPDATE ALL BY NAME
WHEN NOT MATCHED THEN INSERT ALL BY NAME;
-- expect
-- t <- s
-- script.sql reads columns of t(a, b)
-- script.sql reads s(a, b)
-- script.sql writes t
-- t.a <- s.a  IDENTITY
-- t.b <- s.b  IDENTITY
-- t <~ s.a  JOIN
-- t <~ s.b  FILTER
-- t <~ t.a  JOIN
-- t <~ t.b  FILTER

-- case: rows that are inserted where a condition holds
-- dialect: oracle
MERGE INTO t USING s ON (t.id = s.id)
WHEN MATCHED THEN UPDATE SET t.a = s.a WHERE s.b > 0
WHEN NOT MATCHED THEN INSERT (id, a) VALUES (s.id, s.a) WHERE s.c = 'Y';
-- expect
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(a, b, c, id)
-- script.sql writes t(a, id)
-- t.a <- s.a  IDENTITY
-- t.id <- s.id  IDENTITY
-- t <~ s.b  FILTER
-- t <~ s.c  FILTER
-- t <~ s.id  JOIN
-- t <~ t.id  JOIN

-- case: rows of a table named by TABLE are a source
-- dialect: trino
MERGE INTO t USING (TABLE s) s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k, v) VALUES (s.k, s.v);
CREATE TABLE w AS SELECT q.a FROM (TABLE u) q;
-- expect
-- table w(a)
-- t <- s
-- w <- u
-- script.sql reads columns of t(k)
-- script.sql reads s(k, v)
-- script.sql writes t(k, v)
-- t.k <- s.k  IDENTITY
-- t.v <- s.v  IDENTITY
-- w.a <- u.a  IDENTITY
-- t <~ s.k  JOIN
-- t <~ t.k  JOIN
