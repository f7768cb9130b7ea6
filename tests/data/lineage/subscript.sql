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

-- case: the field of a record made in a query is made of what it holds
-- dialect: bigquery
CREATE TABLE w AS SELECT s.x, q.s.y + 1 AS y, s AS whole FROM (SELECT STRUCT(a AS x, b AS y, c) AS s FROM t) q
-- expect
-- table w(x, y, whole)
-- w <- t
-- w.x <- t.a  TRANSFORMATION: s.x
-- w.y <- t.b  TRANSFORMATION: q.s.y + 1
-- w.whole <- t.a  TRANSFORMATION: STRUCT(a AS x, b AS y, c)
-- w.whole <- t.b  TRANSFORMATION: STRUCT(a AS x, b AS y, c)
-- w.whole <- t.c  TRANSFORMATION: STRUCT(a AS x, b AS y, c)

-- case: the field of a record is known through queries that hand it on
-- dialect: bigquery
CREATE TABLE w AS
WITH m AS (SELECT k, STRUCT<x INT64, y STRING>(a, b) AS s FROM t), n AS (SELECT * FROM m), o AS (SELECT k, s AS r FROM n)
SELECT r.x, r.y FROM o
-- expect
-- table w(x, y)
-- w <- t
-- w.x <- t.a  TRANSFORMATION: r.x
-- w.y <- t.b  TRANSFORMATION: r.y

-- case: records made by functions have fields
-- dialect: spark
CREATE TABLE w AS SELECT s.x, r.b, named.z FROM (SELECT named_struct('x', a, 'y', b) AS s, struct(a, b) AS r, struct(a + c AS z) AS named FROM t)
-- expect
-- table w(x, b, z)
-- w <- t
-- w.x <- t.a  TRANSFORMATION: s.x
-- w.b <- t.b  TRANSFORMATION: r.b
-- w.z <- t.a  TRANSFORMATION: named.z
-- w.z <- t.c  TRANSFORMATION: named.z

-- case: objects made in a query have members
-- dialect: snowflake
CREATE TABLE w AS SELECT s:x::int AS x, s:y.z AS y, o['k'] AS k, d:u AS u FROM (SELECT OBJECT_CONSTRUCT('x', a, 'y', b) AS s, OBJECT_CONSTRUCT('k', c) AS o, {'u': e} AS d FROM t)
-- expect
-- table w(x, y, k, u)
-- w <- t
-- w.x <- t.a  TRANSFORMATION: s:x::int
-- w.y <- t.b  TRANSFORMATION: s:y.z
-- w.k <- t.c  TRANSFORMATION: o['k']
-- w.u <- t.e  TRANSFORMATION: d:u

-- case: records in braces have fields
-- dialect: duckdb
CREATE TABLE w AS SELECT s.x, r.y FROM (SELECT {'x': a, 'y': b} AS s, struct_pack(x := a, y := b) AS r FROM t)
-- expect
-- table w(x, y)
-- w <- t
-- w.x <- t.a  TRANSFORMATION: s.x
-- w.y <- t.b  TRANSFORMATION: r.y

-- case: a row cast to named fields has them
-- dialect: duckdb
CREATE TABLE w AS SELECT s.x, s.y FROM (SELECT CAST(row(a, b) AS STRUCT(x int, y int)) AS s FROM t)
-- expect
-- table w(x, y)
-- w <- t
-- w.x <- t.a  TRANSFORMATION: s.x
-- w.y <- t.b  TRANSFORMATION: s.y

-- case: a type with commas parts no list
-- dialect: bigquery
CREATE TABLE w AS SELECT STRUCT<x INT64, y STRING>(a, b) AS s, c + 1 AS z FROM t
-- expect
-- table w(s, z)
-- w <- t
-- w.s <- t.a  TRANSFORMATION: STRUCT<x INT64, y STRING>(a, b)
-- w.s <- t.b  TRANSFORMATION: STRUCT<x INT64, y STRING>(a, b)
-- w.z <- t.c  TRANSFORMATION: c + 1

-- case: objects of JSON made in a query have members
-- dialect: postgres
CREATE TABLE w AS SELECT j ->> 'x' AS x, j -> 'y' AS y FROM (SELECT jsonb_build_object('x', a, 'y', b) AS j FROM t) q
-- expect
-- table w(x, y)
-- w <- t
-- w.x <- t.a  TRANSFORMATION: j ->> 'x'
-- w.y <- t.b  TRANSFORMATION: j -> 'y'

-- case: a field that no record in sight has is made of the whole column
-- dialect: bigquery
CREATE TABLE w AS SELECT s.z, q.x FROM (SELECT STRUCT(a AS x) AS s FROM t) p JOIN u AS q ON TRUE
-- expect
-- table w(z, x)
-- w <- t
-- w <- u
-- w.z <- t.a  TRANSFORMATION: s.z
-- w.x <- u.x  IDENTITY

-- case: a column of a relation further in hides a record of that name further out
-- dialect: bigquery
CREATE VIEW v AS SELECT (SELECT MAX(s.x) FROM inner_one) AS c, (SELECT MAX(q.s.x) FROM inner_two) AS d
FROM (SELECT STRUCT(a AS x, b AS y) AS s FROM t) q;
-- expect
-- view v(c, d)
-- v <- inner_one
-- v <- inner_two
-- v <- t
-- v.c <- inner_one.s  AGGREGATION: (SELECT MAX(s.x) FROM inner_one)
-- v.d <- t.a  AGGREGATION: (SELECT MAX(q.s.x) FROM inner_two)

-- case: members of objects of JSON are called as the colon or VALUE says
-- dialect: ansi, postgres
CREATE VIEW v AS SELECT j ->> 'y' AS d, k ->> 'y' AS e
FROM (SELECT json_object('k': 'y', 'm': a, 'y': b) AS j, json_object(KEY 'k' VALUE a, KEY 'y' VALUE b) AS k FROM t) q;
-- expect
-- view v(d, e)
-- v <- t
-- v.d <- t.b  TRANSFORMATION: j ->> 'y'
-- v.e <- t.b  TRANSFORMATION: k ->> 'y'
