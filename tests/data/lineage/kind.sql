-- case: casts, arithmetic and functions transform
CREATE VIEW v AS SELECT CAST(a AS int) AS a1, b + 1 AS b1, upper(c) AS c1, d || e AS de, -f AS f1, NOT g AS g1 FROM s;
-- expect
-- view v(a1, b1, c1, de, f1, g1)
-- v <- s
-- v.a1 <- s.a  TRANSFORMATION: CAST(a AS int)
-- v.b1 <- s.b  TRANSFORMATION: b + 1
-- v.c1 <- s.c  TRANSFORMATION: upper(c)
-- v.de <- s.d  TRANSFORMATION: d || e
-- v.de <- s.e  TRANSFORMATION: d || e
-- v.f1 <- s.f  TRANSFORMATION: -f
-- v.g1 <- s.g  TRANSFORMATION: NOT g

-- case: a cast by double colon transforms
-- dialect: postgres, snowflake, redshift, duckdb
CREATE VIEW v AS SELECT a::int AS a1, (b)::text AS b1 FROM s;
-- expect
-- view v(a1, b1)
-- v <- s
-- v.a1 <- s.a  TRANSFORMATION: a::int
-- v.b1 <- s.b  TRANSFORMATION: (b)::text

-- case: brackets alone change nothing
CREATE VIEW v AS SELECT (a) AS b FROM s;
-- expect
-- view v(b)
-- v <- s
-- v.b <- s.a  IDENTITY: (a)

-- case: aggregates aggregate
CREATE VIEW v AS SELECT sum(a) AS a1, count(DISTINCT b) AS b1, avg(c + d) AS cd, max(upper(e)) AS e1, count(*) AS n FROM s;
-- expect
-- view v(a1, b1, cd, e1, n)
-- v <- s
-- v.a1 <- s.a  AGGREGATION: sum(a)
-- v.b1 <- s.b  AGGREGATION: count(DISTINCT b)
-- v.cd <- s.c  AGGREGATION: avg(c + d)
-- v.cd <- s.d  AGGREGATION: avg(c + d)
-- v.e1 <- s.e  AGGREGATION: max(upper(e))

-- case: CASE chooses by its conditions and gives its results
CREATE VIEW v AS SELECT CASE WHEN a > 1 THEN b WHEN c = 'x' THEN d ELSE e END AS f, CASE g WHEN 1 THEN h END AS i FROM s;
-- expect
-- view v(f, i)
-- v <- s
-- v.f <- s.a  CONDITIONAL: CASE WHEN a > 1 THEN b WHEN c = 'x' THEN d ELSE e END
-- v.f <- s.b  TRANSFORMATION: CASE WHEN a > 1 THEN b WHEN c = 'x' THEN d ELSE e END
-- v.f <- s.c  CONDITIONAL: CASE WHEN a > 1 THEN b WHEN c = 'x' THEN d ELSE e END
-- v.f <- s.d  TRANSFORMATION: CASE WHEN a > 1 THEN b WHEN c = 'x' THEN d ELSE e END
-- v.f <- s.e  TRANSFORMATION: CASE WHEN a > 1 THEN b WHEN c = 'x' THEN d ELSE e END
-- v.i <- s.g  CONDITIONAL: CASE g WHEN 1 THEN h END
-- v.i <- s.h  TRANSFORMATION: CASE g WHEN 1 THEN h END

-- case: a column that both chooses and is chosen does both
CREATE VIEW v AS SELECT CASE WHEN a > 0 THEN a ELSE 0 END AS b FROM s;
-- expect
-- view v(b)
-- v <- s
-- v.b <- s.a  TRANSFORMATION+CONDITIONAL: CASE WHEN a > 0 THEN a ELSE 0 END

-- case: functions that choose are like CASE
-- dialect: snowflake
CREATE VIEW v AS SELECT iff(a > 1, b, c) AS d, nvl2(e, f, g) AS h, decode(i, 1, j, k) AS l, coalesce(m, n) AS o FROM s;
-- expect
-- view v(d, h, l, o)
-- v <- s
-- v.d <- s.a  CONDITIONAL: iff(a > 1, b, c)
-- v.d <- s.b  TRANSFORMATION: iff(a > 1, b, c)
-- v.d <- s.c  TRANSFORMATION: iff(a > 1, b, c)
-- v.h <- s.e  CONDITIONAL: nvl2(e, f, g)
-- v.h <- s.f  TRANSFORMATION: nvl2(e, f, g)
-- v.h <- s.g  TRANSFORMATION: nvl2(e, f, g)
-- v.l <- s.i  CONDITIONAL: decode(i, 1, j, k)
-- v.l <- s.j  TRANSFORMATION: decode(i, 1, j, k)
-- v.l <- s.k  TRANSFORMATION: decode(i, 1, j, k)
-- v.o <- s.m  TRANSFORMATION: coalesce(m, n)
-- v.o <- s.n  TRANSFORMATION: coalesce(m, n)

-- case: an aggregate of a CASE aggregates its results
CREATE VIEW v AS SELECT sum(CASE WHEN status = 'paid' THEN amount END) AS paid FROM orders;
-- expect
-- view v(paid)
-- v <- orders
-- v.paid <- orders.amount  AGGREGATION: sum(CASE WHEN status = 'paid' THEN amount END)
-- v.paid <- orders.status  CONDITIONAL: sum(CASE WHEN status = 'paid' THEN amount END)

-- case: a window partitions and orders
CREATE VIEW v AS SELECT sum(a) OVER (PARTITION BY b ORDER BY c) AS running, lag(d) OVER (ORDER BY e) AS before FROM s;
-- expect
-- view v(running, before)
-- v <- s
-- v.running <- s.a  AGGREGATION: sum(a) OVER (PARTITION BY b ORDER BY c)
-- v.running <- s.b  WINDOW: sum(a) OVER (PARTITION BY b ORDER BY c)
-- v.running <- s.c  WINDOW: sum(a) OVER (PARTITION BY b ORDER BY c)
-- v.before <- s.d  TRANSFORMATION: lag(d) OVER (ORDER BY e)
-- v.before <- s.e  WINDOW: lag(d) OVER (ORDER BY e)

-- case: a named window is that of every function over it
-- dialect: postgres, mysql, bigquery, duckdb, snowflake
CREATE VIEW v AS SELECT sum(a) OVER w AS x, rank() OVER (w ORDER BY d) AS y FROM s WINDOW w AS (PARTITION BY b);
-- expect
-- view v(x, y)
-- v <- s
-- v.x <- s.a  AGGREGATION: sum(a) OVER w
-- v.x <- s.b  WINDOW: sum(a) OVER w
-- v.y <- s.b  WINDOW: rank() OVER (w ORDER BY d)
-- v.y <- s.d  WINDOW: rank() OVER (w ORDER BY d)

-- case: FILTER of an aggregate decides about it
-- dialect: postgres, duckdb, sqlite, trino
CREATE VIEW v AS SELECT count(*) FILTER (WHERE done) AS n, sum(a) FILTER (WHERE b > 0) AS t FROM s;
-- expect
-- view v(n, t)
-- v <- s
-- v.n <- s.done  CONDITIONAL: count(*) FILTER (WHERE done)
-- v.t <- s.a  AGGREGATION: sum(a) FILTER (WHERE b > 0)
-- v.t <- s.b  CONDITIONAL: sum(a) FILTER (WHERE b > 0)

-- case: WITHIN GROUP orders what is listed and is what is ranked
-- dialect: postgres, snowflake, tsql, oracle
CREATE VIEW v AS SELECT listagg(a, ',') WITHIN GROUP (ORDER BY b) AS l, percentile_cont(0.5) WITHIN GROUP (ORDER BY c) AS m FROM s;
-- expect
-- view v(l, m)
-- v <- s
-- v.l <- s.a  AGGREGATION: listagg(a, ',') WITHIN GROUP (ORDER BY b)
-- v.l <- s.b  SORT: listagg(a, ',') WITHIN GROUP (ORDER BY b)
-- v.m <- s.c  AGGREGATION: percentile_cont(0.5) WITHIN GROUP (ORDER BY c)

-- case: an order within an aggregate's arguments sorts
-- dialect: postgres, bigquery, duckdb
CREATE VIEW v AS SELECT array_agg(a ORDER BY b) AS l FROM s;
-- expect
-- view v(l)
-- v <- s
-- v.l <- s.a  AGGREGATION: array_agg(a ORDER BY b)
-- v.l <- s.b  SORT: array_agg(a ORDER BY b)

-- case: WHERE, JOIN, GROUP BY, HAVING and ORDER BY decide on rows
CREATE VIEW v AS
SELECT s.a, count(u.b) AS n FROM s JOIN u ON s.j = u.j WHERE s.w > 0 GROUP BY s.a HAVING max(u.h) > 1 ORDER BY s.o;
-- expect
-- view v(a, n)
-- v <- s
-- v <- u
-- v.a <- s.a  IDENTITY
-- v.n <- u.b  AGGREGATION: count(u.b)
-- v <~ s.a  GROUP_BY
-- v <~ s.j  JOIN
-- v <~ s.o  SORT
-- v <~ s.w  FILTER
-- v <~ u.h  FILTER
-- v <~ u.j  JOIN

-- case: GROUPING SETS, ROLLUP and CUBE group
-- dialect: postgres, snowflake, spark, oracle, tsql, trino
CREATE VIEW v AS SELECT a, b, sum(c) AS d FROM s GROUP BY GROUPING SETS ((a), (a, b), ());
CREATE VIEW w AS SELECT a, b, sum(c) AS d FROM s GROUP BY ROLLUP (a, b);
-- expect
-- view v(a, b, d)
-- view w(a, b, d)
-- v <- s
-- w <- s
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  IDENTITY
-- v.d <- s.c  AGGREGATION: sum(c)
-- w.a <- s.a  IDENTITY
-- w.b <- s.b  IDENTITY
-- w.d <- s.c  AGGREGATION: sum(c)
-- v <~ s.a  GROUP_BY
-- v <~ s.b  GROUP_BY
-- w <~ s.a  GROUP_BY
-- w <~ s.b  GROUP_BY

-- case: DISTINCT ON groups by its keys
-- dialect: postgres, duckdb
CREATE VIEW v AS SELECT DISTINCT ON (email) id, email FROM users ORDER BY email, day DESC;
-- expect
-- view v(id, email)
-- v <- users
-- v.id <- users.id  IDENTITY
-- v.email <- users.email  IDENTITY
-- v <~ users.day  SORT
-- v <~ users.email  GROUP_BY+SORT

-- case: TOP with ties and percent is no part of an expression
-- dialect: tsql
CREATE VIEW v AS SELECT TOP (10) PERCENT WITH TIES a + b AS c FROM s ORDER BY d;
-- expect
-- view v(c)
-- v <- s
-- v.c <- s.a  TRANSFORMATION: a + b
-- v.c <- s.b  TRANSFORMATION: a + b
-- v <~ s.d  SORT

-- case: an interval and a time zone transform
-- dialect: postgres
CREATE VIEW v AS SELECT a + INTERVAL '1 day' AS b, c AT TIME ZONE 'UTC' AS d, EXTRACT(year FROM e) AS f FROM s;
-- expect
-- view v(b, d, f)
-- v <- s
-- v.b <- s.a  TRANSFORMATION: a + INTERVAL '1 day'
-- v.d <- s.c  TRANSFORMATION: c AT TIME ZONE 'UTC'
-- v.f <- s.e  TRANSFORMATION: EXTRACT(year FROM e)

-- case: what a derived column aggregates is aggregated however it is used
CREATE VIEW v AS SELECT q.m + 1 AS x FROM (SELECT max(a) AS m FROM s) q;
-- expect
-- view v(x)
-- v <- s
-- v.x <- s.a  AGGREGATION: q.m + 1

-- case: a filter by an aggregated column filters
CREATE VIEW v AS SELECT q.m FROM (SELECT max(a) AS m, min(b) AS n FROM s) q WHERE q.n > 0;
-- expect
-- view v(m)
-- v <- s
-- v.m <- s.a  AGGREGATION: max(a)
-- v <~ s.b  FILTER

-- case: what the first or last of a group keeps
-- dialect: oracle
CREATE VIEW v AS SELECT MAX(a) KEEP (DENSE_RANK FIRST ORDER BY b) AS m FROM s;
-- expect
-- view v(m)
-- v <- s
-- v.m <- s.a  AGGREGATION: MAX(a) KEEP (DENSE_RANK FIRST ORDER BY b)
-- v.m <- s.b  SORT: MAX(a) KEEP (DENSE_RANK FIRST ORDER BY b)

-- case: brackets after a value hold its type, format or name
-- dialect: teradata
CREATE VIEW v AS SELECT a (FORMAT 'YYYY') (CHAR(4)), b (NAMED c), d (INTEGER), e MOD f AS g FROM s;
-- expect
-- view v(a, c, d, g)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.c <- s.b  IDENTITY
-- v.d <- s.d  IDENTITY
-- v.g <- s.e  TRANSFORMATION: e MOD f
-- v.g <- s.f  TRANSFORMATION: e MOD f

-- case: types of collections
-- dialect: trino, presto, athena
CREATE VIEW v AS SELECT CAST(a AS ARRAY(VARCHAR)) AS b, CAST(c AS MAP(VARCHAR, ARRAY(BIGINT))) AS d, TRIM(BOTH FROM e) AS f FROM s;
-- expect
-- view v(b, d, f)
-- v <- s
-- v.b <- s.a  TRANSFORMATION: CAST(a AS ARRAY(VARCHAR))
-- v.d <- s.c  TRANSFORMATION: CAST(c AS MAP(VARCHAR, ARRAY(BIGINT)))
-- v.f <- s.e  TRANSFORMATION: TRIM(BOTH FROM e)

-- case: SQLite compares by IS
-- dialect: sqlite
CREATE VIEW v AS SELECT a IS NOT 1 AS b, c IS d AS e FROM s INDEXED BY i;
-- expect
-- view v(b, e)
-- v <- s
-- v.b <- s.a  TRANSFORMATION: a IS NOT 1
-- v.e <- s.c  TRANSFORMATION: c IS d
-- v.e <- s.d  TRANSFORMATION: c IS d

-- case: a part of a semi-structured column
-- dialect: redshift, athena
CREATE VIEW v AS SELECT doc.x.y[0] AS z FROM s;
-- expect
-- view v(z)
-- v <- s
-- v.z <- s.doc  TRANSFORMATION: doc.x.y[0]

-- case: a function that gives NULL instead of failing
-- dialect: bigquery
CREATE VIEW v AS SELECT SAFE.SUBSTR(s.a, 1) AS b FROM s;
-- expect
-- view v(b)
-- v <- s
-- v.b <- s.a  TRANSFORMATION: SUBSTR(s.a, 1)
