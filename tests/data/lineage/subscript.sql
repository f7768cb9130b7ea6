-- case: a subscript belongs to the column behind the qualifier
-- dialect: postgres, duckdb, spark, hive, databricks, trino, athena, presto, clickhouse, snowflake, redshift, bigquery
CREATE VIEW v AS SELECT t.a[1] AS b, t.m['k'] AS c FROM t;
-- expect
-- view v(b, c)
-- v <- t
-- v.b <- t.a  TRANSFORMATION: t.a[1]
-- v.c <- t.m  TRANSFORMATION: t.m['k']

-- case: a slice belongs to the column behind the qualifier
-- dialect: postgres, duckdb
CREATE VIEW v AS SELECT t.a[1:2] AS b, a[t.lo:hi] AS c FROM t;
-- expect
-- view v(b, c)
-- v <- t
-- v.b <- t.a  TRANSFORMATION: t.a[1:2]
-- v.c <- t.a  TRANSFORMATION: a[t.lo:hi]
-- v.c <- t.hi  TRANSFORMATION: a[t.lo:hi]
-- v.c <- t.lo  TRANSFORMATION: a[t.lo:hi]

-- case: fields behind a subscript are of its column
-- dialect: spark, databricks, duckdb, trino, clickhouse, snowflake, bigquery
CREATE VIEW v AS SELECT s.t.c[1].d AS e, c[2].d.e AS f FROM s.t;
-- expect
-- view v(e, f)
-- v <- s.t
-- v.e <- s.t.c  TRANSFORMATION: s.t.c[1].d
-- v.f <- s.t.c  TRANSFORMATION: c[2].d.e

-- case: a subscript in a join is of the relation that it names
-- dialect: postgres, duckdb, spark, trino, snowflake
CREATE VIEW v AS SELECT a.x[1] AS e, b.y[a.i] AS f FROM a JOIN b ON a.k[1] = b.k;
-- expect
-- view v(e, f)
-- v <- a
-- v <- b
-- v.e <- a.x  TRANSFORMATION: a.x[1]
-- v.f <- a.i  TRANSFORMATION: b.y[a.i]
-- v.f <- b.y  TRANSFORMATION: b.y[a.i]
-- v <~ a.k  JOIN
-- v <~ b.k  JOIN

-- case: fields before a subscript are of the column
-- dialect: spark, databricks, bigquery, duckdb
CREATE VIEW v AS SELECT t.c.d[1] AS e, c.d[1] AS f FROM t;
-- expect
-- view v(e, f)
-- v <- t
-- v.e <- t.c  TRANSFORMATION: t.c.d[1]
-- v.f <- t.c  TRANSFORMATION: c.d[1]
