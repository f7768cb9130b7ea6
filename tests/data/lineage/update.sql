-- case: an UPDATE computes columns of their own table
UPDATE t SET a = b + 1, c = 0 WHERE d > 1;
-- expect
-- script.sql reads columns of t(b, d)
-- script.sql writes t(a, c)
-- t.a <- t.b  TRANSFORMATION: b + 1
-- t <~ t.d  FILTER

-- case: an UPDATE from another table names its target beside FROM
-- dialect: postgres, snowflake, redshift, sqlite, duckdb
UPDATE t SET a = s.x FROM s WHERE t.id = s.id;
-- expect
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(id, x)
-- script.sql writes t(a)
-- t.a <- s.x  IDENTITY
-- t <~ s.id  FILTER
-- t <~ t.id  FILTER

-- case: an UPDATE by alias writes the table of that alias
-- dialect: tsql
UPDATE o SET o.total = l.sum_total FROM dbo.orders o JOIN dbo.sums l ON l.order_id = o.id WHERE o.open = 1;
-- expect
-- dbo.orders <- dbo.sums
-- script.sql reads columns of dbo.orders(id, open)
-- script.sql reads dbo.sums(order_id, sum_total)
-- script.sql writes dbo.orders(total)
-- dbo.orders.total <- dbo.sums.sum_total  IDENTITY
-- dbo.orders <~ dbo.orders.id  JOIN
-- dbo.orders <~ dbo.orders.open  FILTER
-- dbo.orders <~ dbo.sums.order_id  JOIN

-- case: a multi-table UPDATE writes the tables that it assigns to
-- dialect: mysql
UPDATE orders o JOIN customers c ON o.cid = c.id SET o.name = c.name, c.seen = o.day WHERE o.open = 1;
-- expect
-- customers <- orders
-- orders <- customers
-- script.sql reads columns of orders(cid, day, open)
-- script.sql reads customers(id, name)
-- script.sql writes customers(seen)
-- script.sql writes orders(name)
-- customers.seen <- orders.day  IDENTITY
-- orders.name <- customers.name  IDENTITY
-- customers <~ customers.id  JOIN
-- customers <~ orders.cid  JOIN
-- customers <~ orders.open  FILTER
-- orders <~ customers.id  JOIN
-- orders <~ orders.cid  JOIN
-- orders <~ orders.open  FILTER

-- case: an UPDATE of an inline view writes the table under it
-- dialect: oracle
UPDATE (SELECT t.a AS old_a, s.b AS new_a FROM t JOIN s ON t.id = s.id) SET old_a = new_a;
-- expect
-- t <- s
-- script.sql reads columns of t(a, id)
-- script.sql reads s(b, id)
-- script.sql writes t(a)
-- t.a <- s.b  IDENTITY
-- t <~ s.id  JOIN
-- t <~ t.id  JOIN

-- case: an UPDATE from a derived table is looked through
-- dialect: postgres
UPDATE t SET a = q.m FROM (SELECT id, max(x) AS m FROM s GROUP BY id) q WHERE q.id = t.id;
-- expect
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(id, x)
-- script.sql writes t(a)
-- t.a <- s.x  AGGREGATION: max(x)
-- t <~ s.id  GROUP_BY+FILTER
-- t <~ t.id  FILTER

-- case: a scalar subquery in SET feeds its column
UPDATE t SET a = (SELECT max(x) FROM s WHERE s.id = t.id);
-- expect
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(id, x)
-- script.sql writes t(a)
-- t.a <- s.x  AGGREGATION: (SELECT max(x) FROM s WHERE s.id = t.id)
-- t <~ s.id  FILTER
-- t <~ t.id  FILTER

-- case: the rows that an UPDATE outputs go into a table, old and new
-- dialect: tsql
UPDATE t SET a = s.a OUTPUT deleted.id, inserted.a INTO audit (id, new_a) FROM t JOIN s ON s.id = t.id;
-- expect
-- audit <- s
-- audit <- t
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(a, id)
-- script.sql writes audit(id, new_a)
-- script.sql writes t(a)
-- audit.id <- t.id  IDENTITY
-- audit.new_a <- s.a  IDENTITY
-- t.a <- s.a  IDENTITY
-- t <~ s.id  JOIN
-- t <~ t.id  JOIN

-- case: a compound assignment adds to its column
-- dialect: tsql
UPDATE t SET a += b;
-- expect
-- script.sql reads columns of t(a, b)
-- script.sql writes t(a)
-- t.a <- t.a  TRANSFORMATION: a += b
-- t.a <- t.b  TRANSFORMATION: a += b

-- case: a default is made of nothing
UPDATE t SET a = DEFAULT, b = NULL;
-- expect
-- script.sql writes t(a, b)

-- case: a DELETE by USING reads what it uses
-- dialect: postgres
DELETE FROM t USING s WHERE t.id = s.id;
-- expect
-- script.sql reads columns of t(id)
-- script.sql reads s(id)
-- script.sql writes t

-- case: a DELETE by alias deletes from the table of that alias
-- dialect: tsql
DELETE o FROM dbo.orders o JOIN dbo.gone g ON g.id = o.id;
-- expect
-- script.sql reads columns of dbo.orders(id)
-- script.sql reads dbo.gone(id)
-- script.sql writes dbo.orders

-- case: a multi-table DELETE deletes from the tables that it lists
-- dialect: mysql
DELETE a, b FROM a JOIN b ON a.id = b.id JOIN c ON c.id = b.id WHERE c.x = 1;
-- expect
-- script.sql reads b(id)
-- script.sql reads c(id, x)
-- script.sql reads columns of a(id)
-- script.sql writes a
-- script.sql writes b

-- case: deleted rows that are output go into a table
-- dialect: tsql
DELETE FROM t OUTPUT deleted.id, deleted.a INTO archive (id, a) WHERE b = 1;
-- expect
-- archive <- t
-- script.sql reads t(b)
-- script.sql writes archive(a, id)
-- script.sql writes t
-- archive.a <- t.a  IDENTITY
-- archive.id <- t.id  IDENTITY

-- case: TRUNCATE writes and nothing flows
TRUNCATE TABLE t;
-- expect
-- script.sql writes t

-- case: an UPDATE in several lines keeps each expression's place
-- dialect: mysql
UPDATE t, s SET t.a = s.b, t.c = s.d * 2 WHERE t.id = s.id;
-- expect
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(b, d, id)
-- script.sql writes t(a, c)
-- t.a <- s.b  IDENTITY
-- t.c <- s.d  TRANSFORMATION: s.d * 2
-- t <~ s.id  FILTER
-- t <~ t.id  FILTER

-- case: an UPDATE may have its FROM before SET
-- dialect: teradata
UPDATE t FROM s SET a = s.x WHERE t.id = s.id;
-- expect
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(id, x)
-- script.sql writes t(a)
-- t.a <- s.x  IDENTITY
-- t <~ s.id  FILTER
-- t <~ t.id  FILTER

-- case: a mutation is an update
-- dialect: clickhouse
ALTER TABLE t UPDATE a = b + 1 WHERE c IN (SELECT c FROM s);
ALTER TABLE t DELETE WHERE a IN (SELECT a FROM r);
-- expect
-- t <- s
-- script.sql reads columns of t(a, b, c)
-- script.sql reads r(a)
-- script.sql reads s(c)
-- script.sql writes t(a)
-- t.a <- t.b  TRANSFORMATION: b + 1
-- t <~ s.c  FILTER
-- t <~ t.c  FILTER

-- case: DELETE on a cluster
-- dialect: clickhouse
DELETE FROM t ON CLUSTER c WHERE a IN (SELECT a FROM s);
-- expect
-- script.sql reads columns of t(a)
-- script.sql reads s(a)
-- script.sql writes t

-- case: deleted rows go into another table before FROM
-- dialect: tsql
DELETE x OUTPUT deleted.id INTO dbo.log (id) FROM dbo.t AS x JOIN s ON s.k = x.k WHERE s.d = 1;
-- expect
-- dbo.log <- dbo.t
-- script.sql reads dbo.t(k)
-- script.sql reads s(d, k)
-- script.sql writes dbo.log(id)
-- script.sql writes dbo.t
-- dbo.log.id <- dbo.t.id  IDENTITY

-- case: what is changed on another server
-- dialect: tsql
UPDATE OPENQUERY(srv, 'SELECT a FROM db.t') SET a = 1;
INSERT INTO OPENQUERY(srv, 'SELECT a FROM db.u') SELECT b FROM s;
-- expect
-- db.u <- s
-- script.sql reads columns of db.t(a)
-- script.sql reads s(b)
-- script.sql writes db.t(a)
-- script.sql writes db.u(a)
-- db.u.a <- s.b  IDENTITY

-- case: rows of a query are deleted from its table
-- dialect: oracle
DELETE FROM (SELECT a FROM t WHERE b = 1);
DECLARE r t%ROWTYPE; BEGIN UPDATE t SET ROW = r WHERE c = 2; END;
-- expect
-- script.sql reads columns of t(b, c)
-- script.sql writes t

-- case: a field that is set is a part of its column
-- dialect: bigquery, postgres
UPDATE ds.t SET rec.f = s.w FROM ds.s s WHERE s.id = t.id;
-- expect
-- ds.t <- ds.s
-- script.sql reads columns of ds.t(id)
-- script.sql reads ds.s(id, w)
-- script.sql writes ds.t(rec)
-- ds.t.rec <- ds.s.w  IDENTITY
-- ds.t <~ ds.s.id  FILTER
-- ds.t <~ ds.t.id  FILTER

-- case: an element that is set is a part of its column
-- dialect: postgres
UPDATE q SET c[1] = s.v FROM s WHERE s.id = q.id;
-- expect
-- q <- s
-- script.sql reads columns of q(id)
-- script.sql reads s(id, v)
-- script.sql writes q(c)
-- q.c <- s.v  IDENTITY
-- q <~ q.id  FILTER
-- q <~ s.id  FILTER

-- case: an update or else an insert are two changes
-- dialect: teradata
UPDATE db.t SET w = w + 1 WHERE id = 1 ELSE INSERT INTO db.t (id, v) VALUES (1, 2);
-- expect
-- script.sql reads columns of db.t(id, w)
-- script.sql writes db.t(w)
-- db.t.w <- db.t.w  TRANSFORMATION: w + 1
-- db.t <~ db.t.id  FILTER

-- case: rows as they were and as they are, that a statement gives back
-- dialect: postgres
WITH u AS (UPDATE t SET a = s.x FROM s WHERE s.id = t.id RETURNING old.a AS o, new.a AS n, t.b)
INSERT INTO log (o, n, b) SELECT o, n, b FROM u;
DO $$
DECLARE was int; became int;
BEGIN
  UPDATE w SET a = 1 + b RETURNING old.a, new.a INTO was, became;
  INSERT INTO log2 (o, n) VALUES (was, became);
END
$$;
-- expect
-- log <- s
-- log <- t
-- log2 <- w
-- t <- s
-- script.sql reads columns of w(a, b)
-- script.sql reads s(id, x)
-- script.sql reads t(a, b, id)
-- script.sql writes log(b, n, o)
-- script.sql writes log2(n, o)
-- script.sql writes t(a)
-- script.sql writes w(a)
-- log.b <- t.b  IDENTITY
-- log.n <- t.a  IDENTITY
-- log.o <- t.a  IDENTITY
-- log2.n <- w.b  TRANSFORMATION
-- log2.o <- w.a  IDENTITY
-- t.a <- s.x  IDENTITY
-- w.a <- w.b  TRANSFORMATION: 1 + b
-- t <~ s.id  FILTER
-- t <~ t.id  FILTER

-- case: columns called output and option
-- dialect: ansi, tsql, postgres, snowflake
UPDATE runs SET output = s.output, a = 1, option = s.option FROM src s WHERE s.id = runs.id;
-- expect
-- runs <- src
-- script.sql reads columns of runs(id)
-- script.sql reads src(id, option, output)
-- script.sql writes runs(a, option, output)
-- runs.option <- src.option  IDENTITY
-- runs.output <- src.output  IDENTITY
-- runs <~ runs.id  FILTER
-- runs <~ src.id  FILTER

-- case: the old row of a DELETE is what is deleted
-- dialect: postgres
WITH gone AS (DELETE FROM t USING s WHERE s.id = t.id RETURNING old.a AS was, s.b) INSERT INTO h (x, y) SELECT was, b FROM gone;
-- expect
-- h <- s
-- h <- t
-- script.sql reads s(b, id)
-- script.sql reads t(a, id)
-- script.sql writes h(x, y)
-- script.sql writes t
-- h.x <- t.a  IDENTITY
-- h.y <- s.b  IDENTITY
