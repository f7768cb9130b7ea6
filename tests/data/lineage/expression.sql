-- case: a cast with a culture
-- dialect: tsql, fabric
CREATE VIEW v AS SELECT PARSE(a AS DATE USING 'en-US') AS x, TRY_PARSE(b AS MONEY) AS y FROM t;
-- expect
-- view v(x, y)
-- v <- t
-- v.x <- t.a  TRANSFORMATION
-- v.y <- t.b  TRANSFORMATION

-- case: a collation behind a cast
-- dialect: postgres, redshift
CREATE VIEW v AS SELECT a::text COLLATE "C" AS x FROM t;
-- expect
-- view v(x)
-- v <- t
-- v.x <- t.a  TRANSFORMATION: a::text

-- case: a form of text is no column
-- dialect: postgres, trino
CREATE VIEW v AS SELECT normalize(a, NFC) AS x FROM t;
-- expect
-- view v(x)
-- v <- t
-- v.x <- t.a  TRANSFORMATION: normalize(a, NFC)

-- case: MySQL's own operators and units
-- dialect: mysql
CREATE VIEW v AS SELECT a MOD b AS x, !c AS y, d + INTERVAL e HOUR_MINUTE AS z FROM t;
-- expect
-- view v(x, y, z)
-- v <- t
-- v.x <- t.a  TRANSFORMATION: a MOD b
-- v.x <- t.b  TRANSFORMATION: a MOD b
-- v.y <- t.c  TRANSFORMATION: !c
-- v.z <- t.d  TRANSFORMATION: d + INTERVAL e
-- v.z <- t.e  TRANSFORMATION: d + INTERVAL e

-- case: a search in a text reads its columns
-- dialect: mysql
CREATE VIEW v AS SELECT MATCH(a, t.b) AGAINST ('x' IN BOOLEAN MODE) AS x FROM t WHERE MATCH(c) AGAINST ('y');
-- expect
-- view v(x)
-- v <- t
-- v.x <- t.a  TRANSFORMATION: MATCH(a, t.b) AGAINST ('x' IN BOOLEAN MODE)
-- v.x <- t.b  TRANSFORMATION: MATCH(a, t.b) AGAINST ('x' IN BOOLEAN MODE)
-- v <~ t.c  FILTER

-- case: the next number of a sequence is no column
-- dialect: snowflake, oracle, redshift
CREATE VIEW v AS SELECT s.nextval AS x, a FROM t;
-- expect
-- view v(x, a)
-- v <- t
-- v reads s
-- v.a <- t.a  IDENTITY

-- case: an array with its type
-- dialect: bigquery
CREATE VIEW v AS SELECT ARRAY<INT64>[a, b] AS x, ARRAY<STRUCT<c INT64>>[STRUCT(c)] AS y FROM t WHERE d < e;
-- expect
-- view v(x, y)
-- v <- t
-- v.x <- t.a  TRANSFORMATION: [a, b]
-- v.x <- t.b  TRANSFORMATION: [a, b]
-- v.y <- t.c  TRANSFORMATION: [STRUCT(c)]
-- v <~ t.d  FILTER
-- v <~ t.e  FILTER

-- case: DIV divides
-- dialect: mysql, hive, spark, databricks, clickhouse
CREATE VIEW v AS SELECT a DIV b AS x, (c + 1) DIV 2 AS y FROM t;
-- expect
-- view v(x, y)
-- v <- t
-- v.x <- t.a  TRANSFORMATION: a DIV b
-- v.x <- t.b  TRANSFORMATION: a DIV b
-- v.y <- t.c  TRANSFORMATION: (c + 1) DIV 2

-- case: what a conversion gives when it fails
-- dialect: oracle
CREATE VIEW v AS SELECT CAST(a AS NUMBER DEFAULT 0 ON CONVERSION ERROR) AS x, TO_NUMBER(b DEFAULT -1 ON CONVERSION ERROR) AS y FROM t;
-- expect
-- view v(x, y)
-- v <- t
-- v.x <- t.a  TRANSFORMATION: CAST(a AS NUMBER DEFAULT 0 ON CONVERSION ERROR)
-- v.y <- t.b  TRANSFORMATION: TO_NUMBER(b DEFAULT -1 ON CONVERSION ERROR)

-- case: a list that is too long, and nulls passed over among arguments
-- dialect: oracle
CREATE VIEW v AS SELECT LISTAGG(a, ',' ON OVERFLOW TRUNCATE '...') WITHIN GROUP (ORDER BY b) AS x, LAG(c IGNORE NULLS, 1) OVER (ORDER BY d) AS y FROM t;
-- expect
-- view v(x, y)
-- v <- t
-- v.x <- t.a  AGGREGATION: LISTAGG(a, ',' ON OVERFLOW TRUNCATE '...') WITHIN GROUP (ORDER BY b)
-- v.x <- t.b  SORT: LISTAGG(a, ',' ON OVERFLOW TRUNCATE '...') WITHIN GROUP (ORDER BY b)
-- v.y <- t.c  TRANSFORMATION: LAG(c IGNORE NULLS, 1) OVER (ORDER BY d)
-- v.y <- t.d  WINDOW: LAG(c IGNORE NULLS, 1) OVER (ORDER BY d)

-- case: the name of an element is no column
-- dialect: oracle
CREATE VIEW v AS SELECT XMLAGG(XMLELEMENT(E, a || ',') ORDER BY b) AS x, XMLELEMENT("F", c) AS y FROM t;
-- expect
-- view v(x, y)
-- v <- t
-- v.x <- t.a  AGGREGATION: XMLAGG(XMLELEMENT(E, a || ',') ORDER BY b)
-- v.x <- t.b  SORT: XMLAGG(XMLELEMENT(E, a || ',') ORDER BY b)
-- v.y <- t.c  TRANSFORMATION: XMLELEMENT("F", c)

-- case: a difference told in units
-- dialect: oracle, teradata
CREATE VIEW v AS SELECT (a - b) DAY(4) TO SECOND AS x FROM t;
-- expect
-- view v(x)
-- v <- t
-- v.x <- t.a  TRANSFORMATION: (a - b)
-- v.x <- t.b  TRANSFORMATION: (a - b)

-- case: collections made and joined
-- dialect: oracle
CREATE VIEW v AS SELECT CAST(MULTISET(SELECT a FROM s) AS list) AS x, b MULTISET UNION ALL c AS y FROM t;
-- expect
-- view v(x, y)
-- v <- s
-- v <- t
-- v.x <- s.a  TRANSFORMATION: CAST(MULTISET(SELECT a FROM s) AS list)
-- v.y <- t.b  TRANSFORMATION: b MULTISET UNION ALL c
-- v.y <- t.c  TRANSFORMATION: b MULTISET UNION ALL c

-- case: an arrow before a path is no lambda
-- dialect: duckdb
CREATE VIEW v AS SELECT a->'x' AS x, b->'y'->>'z' AS y, list_transform(c, e -> e + d) AS z FROM t;
-- expect
-- view v(x, y, z)
-- v <- t
-- v.x <- t.a  TRANSFORMATION: a->'x'
-- v.y <- t.b  TRANSFORMATION: b->'y'->>'z'
-- v.z <- t.c  TRANSFORMATION: list_transform(c, e -> e + d)
-- v.z <- t.d  TRANSFORMATION: list_transform(c, e -> e + d)

-- case: keys of an object behind a colon
-- dialect: trino, presto, athena, oracle, ansi
CREATE VIEW v AS SELECT JSON_OBJECT('k' : a, 'l' : b) AS x FROM t;
-- expect
-- view v(x)
-- v <- t
-- v.x <- t.a  TRANSFORMATION: JSON_OBJECT('k' : a, 'l' : b)
-- v.x <- t.b  TRANSFORMATION: JSON_OBJECT('k' : a, 'l' : b)

-- case: a window in words of its own
-- dialect: hive, spark, databricks
CREATE VIEW v AS SELECT row_number() OVER (DISTRIBUTE BY a SORT BY b) AS x FROM t DISTRIBUTE BY c SORT BY d;
-- expect
-- view v(x)
-- v <- t
-- v.x <- t.a  WINDOW: row_number() OVER (DISTRIBUTE BY a SORT BY b)
-- v.x <- t.b  WINDOW: row_number() OVER (DISTRIBUTE BY a SORT BY b)
-- v <~ t.c  SORT
-- v <~ t.d  SORT

-- case: an order where an argument stands
-- dialect: teradata
CREATE VIEW v AS SELECT RANK(a DESC) AS x, ROW_NUMBER() OVER (ORDER BY b DESC) AS y FROM t;
-- expect
-- view v(x, y)
-- v <- t
-- v.x <- t.a  TRANSFORMATION: RANK(a DESC)
-- v.y <- t.b  WINDOW: ROW_NUMBER() OVER (ORDER BY b DESC)

-- case: what partitions rows by conditions and ranges
-- dialect: teradata
CREATE TABLE shop.parts AS (
  SELECT CASE_N(o.total > 10, o.rank > 2, NO CASE OR UNKNOWN) AS n,
         RANGE_N(o.day BETWEEN DATE '2021-01-01' AND DATE '2021-12-31' EACH INTERVAL '1' MONTH, NO RANGE) AS m
  FROM shop.orders o
) WITH DATA;
-- expect
-- table shop.parts(n, m)
-- shop.parts <- shop.orders
-- shop.parts.n <- shop.orders.rank  TRANSFORMATION: CASE_N(o.total > 10, o.rank > 2, NO CASE OR UNKNOWN)
-- shop.parts.n <- shop.orders.total  TRANSFORMATION: CASE_N(o.total > 10, o.rank > 2, NO CASE OR UNKNOWN)
-- shop.parts.m <- shop.orders.day  TRANSFORMATION: RANGE_N(o.day BETWEEN DATE '2021-01-01' AND DATE '2021-12-31' EACH INTERVAL '1' MONTH, NO RANGE)

-- case: a row as one value
-- dialect: postgres, bigquery
CREATE TABLE log AS SELECT to_jsonb(orders) AS o, to_json_string(x) AS p FROM orders, (SELECT a, b FROM s) AS x;
-- expect
-- table log(o, p)
-- log <- orders
-- log <- s
-- log.p <- s.a  TRANSFORMATION: to_json_string(x)
-- log.p <- s.b  TRANSFORMATION: to_json_string(x)

-- case: a row under the name of its table
-- dialect: postgres, bigquery
CREATE TABLE log AS SELECT orders AS o FROM shop.orders AS orders;
-- expect
-- table log(o)
-- log <- shop.orders

-- case: what EXISTS asks decides on a value
-- dialect: tsql, postgres, bigquery
CREATE VIEW v AS SELECT s.a, CASE WHEN EXISTS (SELECT 1 FROM f WHERE f.id = s.id) THEN 'Y' ELSE 'N' END AS b FROM s;
-- expect
-- view v(a, b)
-- v <- f
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.b <- f.id  CONDITIONAL: CASE WHEN EXISTS (SELECT 1 FROM f WHERE f.id = s.id) THEN 'Y' ELSE 'N' END
-- v.b <- s.id  CONDITIONAL: CASE WHEN EXISTS (SELECT 1 FROM f WHERE f.id = s.id) THEN 'Y' ELSE 'N' END
-- v <~ f.id  FILTER
-- v <~ s.id  FILTER

-- case: DuckDB's structs have keys with and without quotes
-- dialect: duckdb
CREATE VIEW v AS SELECT {d: z, e: w + 1} AS c, {'d': y} AS f, max({k: y, l: {m: z}}) AS g FROM s;
-- expect
-- view v(c, f, g)
-- v <- s
-- v.c <- s.w  TRANSFORMATION: {d: z, e: w + 1}
-- v.c <- s.z  TRANSFORMATION: {d: z, e: w + 1}
-- v.f <- s.y  TRANSFORMATION: {'d': y}
-- v.g <- s.y  AGGREGATION: max({k: y, l: {m: z}})
-- v.g <- s.z  AGGREGATION: max({k: y, l: {m: z}})

-- case: IN may stand before a placeholder without brackets
INSERT INTO t (a) SELECT a FROM s WHERE b IN %s AND c IN %(list)s AND d NOT IN {{ var('list') }} AND e IN ? AND f = {0};
-- expect
-- t <- s (0.8)
-- script.sql reads s(a, b, c, d, e, f) (0.8)
-- script.sql writes t(a) (0.8)
-- t.a <- s.a  IDENTITY (0.8)
-- t <~ s.b  FILTER (0.8)
-- t <~ s.c  FILTER (0.8)
-- t <~ s.d  FILTER (0.8)
-- t <~ s.e  FILTER (0.8)
-- t <~ s.f  FILTER (0.8)
-- line 1 Info: What is left out here only running would give: {{ var('list') }}

-- case: a placeholder in braces behind a sign
-- dialect: mysql, postgres, spark, oracle, tsql
INSERT INTO t (a) SELECT a FROM s WHERE b = #{x} AND c IN #{y};
-- expect
-- t <- s (0.8)
-- script.sql reads s(a, b, c) (0.8)
-- script.sql writes t(a) (0.8)
-- t.a <- s.a  IDENTITY (0.8)
-- t <~ s.b  FILTER (0.8)
-- t <~ s.c  FILTER (0.8)
-- line 1 Info: What is left out here only running would give: #{x}

-- case: ANY and ALL take lists
-- dialect: oracle
INSERT INTO t (a) SELECT a FROM s WHERE b <> ALL (1, 2) AND c = ANY (d, 4);
-- expect
-- t <- s
-- script.sql reads s(a, b, c, d)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER
-- t <~ s.c  FILTER
-- t <~ s.d  FILTER

-- case: a relation's name where its row is meant
-- dialect: postgres, duckdb
CREATE TABLE t (a int, b int);
CREATE VIEW v1 AS SELECT md5(t::text) AS x FROM t;
CREATE VIEW v2 AS SELECT count(u) AS n, array_agg(u) AS l FROM t AS u;
CREATE VIEW v3 AS SELECT row_to_json(q) AS j FROM (SELECT a + b AS c FROM t) AS q;
CREATE VIEW v4 AS SELECT (t).a AS f FROM t;
-- expect
-- table t(a, b)
-- view v1(x)
-- view v2(n, l)
-- view v3(j)
-- view v4(f)
-- v1 <- t
-- v2 <- t
-- v3 <- t
-- v4 <- t
-- v1.x <- t.a  TRANSFORMATION: md5(t::text)
-- v1.x <- t.b  TRANSFORMATION: md5(t::text)
-- v2.n <- t.a  AGGREGATION: count(u)
-- v2.n <- t.b  AGGREGATION: count(u)
-- v2.l <- t.a  AGGREGATION: array_agg(u)
-- v2.l <- t.b  AGGREGATION: array_agg(u)
-- v3.j <- t.a  TRANSFORMATION: row_to_json(q)
-- v3.j <- t.b  TRANSFORMATION: row_to_json(q)
-- v4.f <- t.a  IDENTITY: (t).a

-- case: a table may have a column of its own name
-- dialect: postgres
CREATE VIEW v AS SELECT status::text AS s, to_jsonb(unknown) AS u FROM status, unknown;
-- file: t.sql
CREATE TABLE status (status int, n int);
-- expect
-- table status(status, n) in t.sql
-- view v(s, u) in script.sql
-- v <- unknown
-- v <- status
-- v.s <- status.status  TRANSFORMATION: status::text

-- case: who counts rows takes no column of theirs
-- dialect: postgres, snowflake, tsql
CREATE TABLE t (a int, b int);
CREATE VIEW v AS SELECT count(*) AS n FROM t;
-- expect
-- table t(a, b)
-- view v(n)
-- v <- t

-- case: an object of all columns
-- dialect: snowflake
CREATE TABLE t (a int, b int, c int);
CREATE VIEW v AS SELECT object_construct(*) AS o, {* EXCLUDE a} AS p, {t.*} AS q, hash(t.*) AS h FROM t;
-- expect
-- table t(a, b, c)
-- view v(o, p, q, h)
-- v <- t
-- v.o <- t.a  TRANSFORMATION: object_construct(*)
-- v.o <- t.b  TRANSFORMATION: object_construct(*)
-- v.o <- t.c  TRANSFORMATION: object_construct(*)
-- v.p <- t.b  TRANSFORMATION
-- v.p <- t.c  TRANSFORMATION
-- v.q <- t.a  TRANSFORMATION
-- v.q <- t.b  TRANSFORMATION
-- v.q <- t.c  TRANSFORMATION
-- v.h <- t.a  TRANSFORMATION: hash(t.*)
-- v.h <- t.b  TRANSFORMATION: hash(t.*)
-- v.h <- t.c  TRANSFORMATION: hash(t.*)

-- case: a query of records
-- dialect: bigquery
CREATE TABLE d.t (k INT64, a INT64);
CREATE VIEW d.v1 AS SELECT AS VALUE ARRAY_AGG(x ORDER BY a DESC LIMIT 1)[OFFSET(0)] FROM d.t AS x GROUP BY k;
CREATE VIEW d.v2 AS SELECT newest.* FROM (SELECT ARRAY_AGG(x ORDER BY a DESC LIMIT 1)[OFFSET(0)] AS newest FROM d.t AS x GROUP BY k);
CREATE VIEW d.v3 AS SELECT AS VALUE STRUCT(k AS i, a + 1 AS j) FROM d.t;
CREATE VIEW d.v4 AS SELECT s.* FROM d.u;
-- expect
-- table d.t(k, a)
-- view d.v1(k, a)
-- view d.v2(k, a)
-- view d.v3(i, j)
-- view d.v4(*)
-- d.v1 <- d.t
-- d.v2 <- d.t
-- d.v3 <- d.t
-- d.v4 <- d.u
-- d.v1.k <- d.t.k  IDENTITY
-- d.v1.a <- d.t.a  IDENTITY
-- d.v2.k <- d.t.k  IDENTITY
-- d.v2.a <- d.t.a  IDENTITY
-- d.v3.i <- d.t.k  IDENTITY
-- d.v3.j <- d.t.a  TRANSFORMATION: a + 1
-- d.v4.* <- d.u.s  IDENTITY
-- d.v1 <~ d.t.k  GROUP_BY
-- d.v2 <~ d.t.k  GROUP_BY

-- case: all columns of a table as one document
-- dialect: tsql
CREATE TABLE dbo.t (a int, b int);
GO
CREATE VIEW dbo.v AS SELECT (SELECT * FROM dbo.t FOR JSON PATH) AS j;
-- expect
-- table dbo.t(a, b)
-- view dbo.v(j)
-- dbo.v <- dbo.t
-- dbo.v.j <- dbo.t.a  TRANSFORMATION: (SELECT * FROM dbo.t FOR JSON PATH)
-- dbo.v.j <- dbo.t.b  TRANSFORMATION: (SELECT * FROM dbo.t FOR JSON PATH)

-- case: behind a dot the name of a special form is a function's
-- dialect: oracle
INSERT INTO o (x) SELECT DBMS_LOB.SUBSTR(doc, 4000, 1) FROM t;
-- expect
-- o <- t
-- script.sql calls DBMS_LOB.SUBSTR
-- script.sql reads t(doc)
-- script.sql writes o(x)
-- o.x <- t.doc  TRANSFORMATION: DBMS_LOB.SUBSTR(doc, 4000, 1)

-- case: a type before the value is what CONVERT makes, where nothing else says the dialect
-- dialect: auto
INSERT INTO o (x, y) SELECT CONVERT(DATE, t.a), CONVERT(INT, t.b) FROM t;
-- expect
-- script.sql is tsql
-- o <- t
-- script.sql reads t(a, b)
-- script.sql writes o(x, y)
-- o.x <- t.a  TRANSFORMATION: CONVERT(DATE, t.a)
-- o.y <- t.b  TRANSFORMATION: CONVERT(INT, t.b)

-- case: what takes a key out of a record, adds to it or compares it reads no field of it
-- dialect: postgres
CREATE VIEW v AS SELECT j - 'x' AS less, j || 'x' AS more, j = 'x' AS same, j -> 'x' AS field, j ->> 'y' AS text
FROM (SELECT jsonb_build_object('x', a, 'y', b) AS j FROM t) q;
-- expect
-- view v(less, more, same, field, text)
-- v <- t
-- v.less <- t.a  TRANSFORMATION: j - 'x'
-- v.less <- t.b  TRANSFORMATION: j - 'x'
-- v.more <- t.a  TRANSFORMATION: j || 'x'
-- v.more <- t.b  TRANSFORMATION: j || 'x'
-- v.same <- t.a  TRANSFORMATION: j = 'x'
-- v.same <- t.b  TRANSFORMATION: j = 'x'
-- v.field <- t.a  TRANSFORMATION: j -> 'x'
-- v.text <- t.b  TRANSFORMATION: j ->> 'y'
