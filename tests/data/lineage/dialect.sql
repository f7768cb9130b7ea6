-- case: short verbs and locks
-- dialect: teradata
LOCKING ROW FOR ACCESS SEL a FROM s;
INS INTO t (x) SEL a FROM s;
UPD t SET x = 1 WHERE y = 2;
DEL FROM t ALL;
REPLACE VIEW v AS LOCKING TABLE s FOR ACCESS SEL a FROM s;
-- expect
-- view v(a)
-- t <- s
-- v <- s
-- script.sql reads columns of t(y)
-- script.sql reads s(a)
-- script.sql writes t(x)
-- t.x <- s.a  IDENTITY
-- v.a <- s.a  IDENTITY
-- t <~ t.y  FILTER

-- case: reads of a model and of a table as arguments
-- dialect: bigquery
CREATE VIEW v AS SELECT * FROM ML.PREDICT(MODEL ds.m, (SELECT a, b FROM ds.s));
CREATE VIEW w AS SELECT * FROM ML.FORECAST(MODEL ds.m, TABLE ds.r, STRUCT(2 AS horizon));
-- expect
-- view v
-- view w
-- v <- ds.m
-- v <- ds.s
-- w <- ds.m
-- w <- ds.r
-- v calls ML.PREDICT
-- w calls ML.FORECAST

-- case: a table of a stream
-- dialect: databricks
CREATE STREAMING TABLE t AS SELECT a FROM STREAM cat.sch.s;
CREATE STREAMING TABLE u AS SELECT a FROM STREAM r;
-- expect
-- table t(a)
-- table u(a)
-- t <- cat.sch.s
-- u <- r
-- t.a <- cat.sch.s.a  IDENTITY
-- u.a <- r.a  IDENTITY

-- case: parameters of client libraries are values
-- dialect: postgres
CREATE VIEW v AS SELECT a FROM s WHERE b = %s AND c = %(name)s;
-- expect
-- view v(a)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v <~ s.b  FILTER
-- v <~ s.c  FILTER

-- case: rows may be locked, sampled or waited for
-- dialect: oracle
SELECT a FROM s SAMPLE (10) WHERE b = 1 FOR UPDATE OF s.a, s.b WAIT 5;
SELECT a FROM s PARTITION (p) x ORDER SIBLINGS BY a;
-- expect
-- script.sql reads s(a, b)

-- case: functions that read rows together
-- dialect: postgres
CREATE VIEW v AS SELECT a, b FROM ROWS FROM (generate_series(1, 2), unnest(ARRAY[1, 2])) AS x(a, b);
-- expect
-- view v(a, b)

-- case: tables elsewhere
-- dialect: clickhouse
CREATE VIEW v AS SELECT a FROM remote('host', db, s);
CREATE VIEW w AS SELECT b FROM cluster('c', db.r) AS x FINAL;
-- expect
-- view v(a)
-- view w(b)
-- v <- db.s
-- w <- db.r
-- v.a <- db.s.a  IDENTITY
-- w.b <- db.r.b  IDENTITY

-- case: a choice by question mark and colon
-- dialect: clickhouse
CREATE VIEW v AS SELECT a > 1 ? b : c AS x FROM t;
-- expect
-- view v(x)
-- v <- t
-- v.x <- t.a  CONDITIONAL
-- v.x <- t.b  TRANSFORMATION
-- v.x <- t.c  TRANSFORMATION

-- case: joins of any strictness by columns without a bracket
-- dialect: clickhouse
CREATE VIEW v AS SELECT t.a, u.b FROM t GLOBAL LEFT ANY OUTER JOIN u USING k, l;
-- expect
-- view v(a, b)
-- v <- t
-- v <- u
-- v.a <- t.a  IDENTITY
-- v.b <- u.b  IDENTITY
-- v <~ t.k  JOIN
-- v <~ t.l  JOIN
-- v <~ u.k  JOIN
-- v <~ u.l  JOIN

-- case: arrays joined in a list are columns
-- dialect: clickhouse
CREATE VIEW v AS SELECT x, y FROM t ARRAY JOIN t.xs AS x, splitByChar(',', t.ys) AS y;
-- expect
-- view v(x, y)
-- v <- t
-- v.x <- t.xs  TRANSFORMATION
-- v.y <- t.ys  TRANSFORMATION: splitByChar(',', t.ys)

-- case: a dictionary holds the rows of its source
-- dialect: clickhouse
CREATE DICTIONARY d.cities (id UInt64, name String) PRIMARY KEY id SOURCE(CLICKHOUSE(DB 'geo' TABLE 'city')) LAYOUT(FLAT()) LIFETIME(60);
CREATE DICTIONARY d.lands (id UInt64, name String) PRIMARY KEY id SOURCE(CLICKHOUSE(QUERY 'SELECT code, title FROM geo.land')) LAYOUT(FLAT());
-- expect
-- table d.cities(id, name)
-- table d.lands(id, name)
-- d.cities <- geo.city
-- d.lands <- geo.land
-- d.lands.id <- geo.land.code  IDENTITY
-- d.lands.name <- geo.land.title  IDENTITY

-- case: an arm of a union has an order and settings of its own
-- dialect: clickhouse
CREATE VIEW v AS SELECT a FROM t ORDER BY b LIMIT 1 UNION ALL SELECT c FROM u SETTINGS max_threads = 1;
-- expect
-- view v(a)
-- v <- t
-- v <- u
-- v.a <- t.a  IDENTITY
-- v.a <- u.c  IDENTITY
-- v <~ t.b  SORT

-- case: elements of a list made and chosen
-- dialect: duckdb
CREATE VIEW v AS SELECT [upper(x) FOR x IN t.names IF x IN t.known] AS n, sum(a) FILTER (b > 0) AS s, FROM t;
-- expect
-- view v(n, s)
-- v <- t
-- v.n <- t.known  TRANSFORMATION
-- v.n <- t.names  TRANSFORMATION
-- v.s <- t.a  AGGREGATION: sum(a) FILTER (b > 0)
-- v.s <- t.b  CONDITIONAL: sum(a) FILTER (b > 0)

-- case: a name before what it names
-- dialect: duckdb
CREATE VIEW v AS SELECT total: a + b, c FROM s: t;
-- expect
-- view v(total, c)
-- v <- t
-- v.total <- t.a  TRANSFORMATION: a + b
-- v.total <- t.b  TRANSFORMATION: a + b
-- v.c <- t.c  IDENTITY

-- case: a macro of a value and one of rows
-- dialect: duckdb
CREATE MACRO twice(a) AS a * 2;
CREATE MACRO largest() AS (SELECT max(a) FROM t);
CREATE MACRO rows_of(n) AS TABLE SELECT a FROM u LIMIT n;
-- expect
-- function largest
-- function rows_of
-- function twice
-- largest reads t(a)
-- rows_of reads u(a)

-- case: rows of values without brackets, and options of functions of JSON
-- dialect: trino
CREATE VIEW v AS SELECT json_object('a' : t.a, KEY 'b' VALUE t.b ABSENT ON NULL) AS o, json_query(t.c FORMAT JSON, 'lax $' WITH ARRAY WRAPPER) AS q, x
FROM t JOIN (VALUES 1, 2) AS r (x) ON r.x = t.d;
-- expect
-- view v(o, q, x)
-- v <- t
-- v.o <- t.a  TRANSFORMATION: json_object('a' : t.a, KEY 'b' VALUE t.b ABSENT ON NULL)
-- v.o <- t.b  TRANSFORMATION: json_object('a' : t.a, KEY 'b' VALUE t.b ABSENT ON NULL)
-- v.q <- t.c  TRANSFORMATION: json_query(t.c FORMAT JSON, 'lax $' WITH ARRAY WRAPPER)
-- v <~ t.d  JOIN

-- case: named rows, numbers of a type and rows placed after an order
-- dialect: spark
CREATE VIEW v AS SELECT a + 5L AS n, k FROM t JOIN VALUES 1, 2 AS r (k) ON r.k = t.b ORDER BY a DISTRIBUTE BY c;
CREATE VIEW w AS SELECT a FROM t@v12;
-- expect
-- view v(n, k)
-- view w(a)
-- v <- t
-- w <- t
-- v.n <- t.a  TRANSFORMATION: a + 5L
-- w.a <- t.a  IDENTITY
-- v <~ t.a  SORT
-- v <~ t.b  JOIN
-- v <~ t.c  SORT

-- case: changes of a stream go into a table
-- dialect: databricks
APPLY CHANGES INTO t FROM STREAM(s) KEYS (id) IGNORE NULL UPDATES WHERE kind = 'a'
  APPLY AS DELETE WHEN op = 'D' SEQUENCE BY n COLUMNS (id, name) STORED AS SCD TYPE 1;
CREATE FLOW f AS AUTO CDC INTO u FROM STREAM(s) KEYS (id) SEQUENCE BY n STORED AS SCD TYPE 2;
-- expect
-- t <- s
-- u <- s
-- script.sql reads s(id, kind, name)
-- script.sql writes t
-- script.sql writes u
-- t.id <- s.id  IDENTITY
-- t.name <- s.name  IDENTITY
-- t <~ s.kind  FILTER

-- case: attributes in brackets after any value
-- dialect: teradata
CREATE VIEW v AS SELECT NORMALIZE ON MEETS OR OVERLAPS (a + b) (INTEGER) AS n, '2001-01-01' (DATE, FORMAT 'YYYY') AS d, c (NAMED e) FROM t
WHERE f (NOT CASESPECIFIC) NOT= 'x';
-- expect
-- view v(n, d, e)
-- v <- t
-- v.n <- t.a  TRANSFORMATION: (a + b)
-- v.n <- t.b  TRANSFORMATION: (a + b)
-- v.e <- t.c  IDENTITY
-- v <~ t.f  FILTER

-- case: the query that another catalog runs
-- dialect: trino
CREATE VIEW v AS SELECT * FROM TABLE(pg.system.query(query => 'SELECT a FROM x.t'));
-- expect
-- view v(a)
-- v <- x.t
-- v.a <- x.t.a  IDENTITY

-- case: a table that shows the rows of another
-- dialect: clickhouse
CREATE TABLE d (a Int8) ENGINE = Distributed(c, db, t, rand());
CREATE TABLE b (a Int8) ENGINE = Buffer(db, t, 16, 10, 100, 10000, 1000000, 10000000, 100000000);
-- expect
-- table b(a)
-- table d(a)
-- b <- db.t
-- d <- db.t

-- case: an expression with a name before the rows of an INSERT
-- dialect: clickhouse
INSERT INTO o WITH (SELECT max(a) FROM m) AS x SELECT y, x FROM t;
-- expect
-- o <- m
-- o <- t
-- script.sql reads m(a)
-- script.sql reads t(y)
-- script.sql writes o
-- o.x <- m.a  AGGREGATION
-- o.y <- t.y  IDENTITY

-- case: a statement may be prepared without a text
-- dialect: trino, presto, athena
PREPARE s FROM INSERT INTO o SELECT a FROM t;
-- expect
-- o <- t
-- script.sql reads t(a)
-- script.sql writes o
-- o.a <- t.a  IDENTITY

-- case: arrows between the nodes of a graph are no columns
-- dialect: tsql
CREATE VIEW v AS SELECT p.name FROM person p, likes k, person q WHERE MATCH(p-(k)->q) AND q.age > 3;
-- expect
-- view v(name)
-- v <- likes
-- v <- person
-- v.name <- person.name  IDENTITY
-- v <~ person.age  FILTER

-- case: a database that is copied names no table
-- dialect: duckdb
COPY FROM DATABASE a TO b;
-- expect

-- case: a lock stands before what it is for
-- dialect: teradata
LOCKING ROW FOR ACCESS LOCKING TABLE t FOR READ SELECT a FROM t;
INSERT INTO o SELECT locking FROM t;
-- expect
-- o <- t
-- script.sql reads t(a, locking)
-- script.sql writes o
-- o.locking <- t.locking  IDENTITY

-- case: a database without a schema is that of its default
-- dialect: snowflake
INSERT INTO t (id) SELECT id FROM lake..s;
-- expect
-- t <- lake.public.s
-- script.sql reads lake.public.s(id)
-- script.sql writes t(id)
-- t.id <- lake.public.s.id  IDENTITY

-- case: a model that predicts is read
-- dialect: bigquery
CREATE TABLE ds.pred AS SELECT * FROM ML.PREDICT(MODEL ds.m, (SELECT x FROM ds.score));
-- expect
-- table ds.pred
-- ds.pred <- ds.m
-- ds.pred <- ds.score
-- ds.pred calls ML.PREDICT

-- case: a dictionary is read where its values are got
-- dialect: clickhouse
CREATE VIEW v AS SELECT id, dictGet('lake.d', 'nm', id) AS nm FROM t;
-- expect
-- view v(id, nm)
-- v <- lake.d
-- v <- t
-- v.id <- t.id  IDENTITY
-- v.nm <- lake.d.nm  TRANSFORMATION: dictGet('lake.d', 'nm', id)
-- v.nm <- t.id  TRANSFORMATION: dictGet('lake.d', 'nm', id)

-- case: what DuckDB tells of a relation is read from it
-- dialect: duckdb
CREATE TABLE o AS SELECT column_name FROM (DESCRIBE t);
-- expect
-- table o(column_name)
-- o <- t

-- case: a backslash keeps a quote from ending a string
-- dialect: hive, spark, databricks, redshift, snowflake
INSERT INTO t SELECT a FROM s WHERE b = 'o\'clock';
INSERT INTO u SELECT c FROM r;
-- expect
-- t <- s
-- u <- r
-- script.sql reads r(c)
-- script.sql reads s(a, b)
-- script.sql writes t
-- script.sql writes u
-- t.a <- s.a  IDENTITY
-- u.c <- r.c  IDENTITY
-- t <~ s.b  FILTER

-- case: a string stands in quotes of either kind
-- dialect: hive, spark, mysql
INSERT INTO t SELECT a FROM s WHERE b = "six\" pipe; it" AND c = "x";
-- expect
-- t <- s
-- script.sql reads s(a, b, c)
-- script.sql writes t
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER
-- t <~ s.c  FILTER

-- case: the text that UNLOAD runs has its quotes escaped
-- dialect: redshift
UNLOAD ('SELECT a FROM s WHERE b = \'x\'') TO 's3://lake/t_' IAM_ROLE default;
-- expect
-- path:s3://lake/t_ <- s
-- script.sql reads s(a, b)
-- script.sql writes path:s3://lake/t_
-- path:s3://lake/t_.a <- s.a  IDENTITY
-- path:s3://lake/t_ <~ s.b  FILTER

-- case: comments nest
-- dialect: duckdb, postgres, tsql, spark
INSERT INTO t SELECT a FROM s WHERE b = 1 /* one /* two */ it's */ AND c = 2;
-- expect
-- t <- s
-- script.sql reads s(a, b, c)
-- script.sql writes t
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER
-- t <~ s.c  FILTER

-- case: a cast may name a format alone
-- dialect: teradata
INSERT INTO lake.t (m, n) SELECT CAST(CAST(d AS FORMAT 'YYYYMM') AS char(6)), CAST(e AS date FORMAT 'YYYY' TITLE 'day') FROM lake.s;
-- expect
-- lake.t <- lake.s
-- script.sql reads lake.s(d, e)
-- script.sql writes lake.t(m, n)
-- lake.t.m <- lake.s.d  TRANSFORMATION: CAST(CAST(d AS FORMAT 'YYYYMM') AS char(6))
-- lake.t.n <- lake.s.e  TRANSFORMATION: CAST(e AS date FORMAT 'YYYY' TITLE 'day')

-- case: a table operator gives the rows of what it works on
-- dialect: teradata
INSERT INTO t (a) SELECT a FROM unpivot(ON (SELECT a, b FROM s) USING value_columns('v')) x;
INSERT INTO u (a) SELECT a FROM td_sessionize(ON r PARTITION BY a USING window_size(5)) y;
-- expect
-- t <- s
-- u <- r
-- script.sql reads r(a)
-- script.sql reads s(a, b)
-- script.sql writes t(a)
-- script.sql writes u(a)
-- t.a <- s.a  IDENTITY
-- u.a <- r.a  IDENTITY

-- case: literals of one vendor
-- dialect: oracle
INSERT INTO t (a) SELECT a FROM s WHERE b > 1.5f AND c = 2d AND e ^= 1 AND f ~= 2;
-- expect
-- t <- s
-- script.sql reads s(a, b, c, e, f)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER
-- t <~ s.c  FILTER
-- t <~ s.e  FILTER
-- t <~ s.f  FILTER

-- case: bytes have a mark behind them
-- dialect: teradata
INSERT INTO t (a) SELECT a FROM s WHERE b = 'FF'XB AND c ~= 1;
-- expect
-- t <- s
-- script.sql reads s(a, b, c)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER
-- t <~ s.c  FILTER

-- case: raw bytes have a mark before them
-- dialect: bigquery
INSERT INTO t (a) SELECT a FROM s WHERE b = rb'x';
-- expect
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER

-- case: strings side by side are one
-- dialect: spark, postgres, mysql
INSERT INTO t (a) SELECT a FROM s WHERE b = 'x'
  'y';
-- expect
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER

-- case: a parameter of a view is given by name
-- dialect: clickhouse
CREATE VIEW v AS SELECT a FROM s WHERE b = 1;
INSERT INTO t (a) SELECT a FROM v(p = 'x');
-- expect
-- view v(a)
-- t <- v
-- v <- s
-- script.sql reads v(a)
-- script.sql writes t(a)
-- t.a <- v.a  IDENTITY
-- v.a <- s.a  IDENTITY
-- v <~ s.b  FILTER

-- case: a table is the argument of a function by name
-- dialect: trino
INSERT INTO t (a) SELECT a FROM TABLE(exclude_columns(input => TABLE(s), columns => DESCRIPTOR(b)));
-- expect
-- t <- s
-- script.sql reads s
-- script.sql writes t(a)

-- case: TABLE may be ordered
-- dialect: mysql
INSERT INTO t TABLE s ORDER BY a LIMIT 3;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t <~ s.a  SORT

-- case: a table is made of what PIVOT and UNPIVOT give
-- dialect: duckdb
CREATE TABLE t AS (PIVOT s ON q USING sum(v) GROUP BY k);
CREATE TABLE u AS UNPIVOT (SELECT k, i, j FROM r) ON i, j INTO NAME m VALUE v;
-- expect
-- table t(k, sum(v))
-- table u(k, m, v)
-- t <- s
-- u <- r
-- t.k <- s.k  IDENTITY
-- t.sum(v) <- s.v  AGGREGATION: sum(v)
-- u.k <- r.k  IDENTITY
-- u.v <- r.i  IDENTITY
-- u.v <- r.j  IDENTITY
-- t <~ s.k  GROUP_BY

-- case: a limit in percent may have an offset
-- dialect: duckdb
CREATE TABLE t AS SELECT #1, a FROM s LIMIT 10% OFFSET 3;
-- expect
-- table t(, a)
-- t <- s
-- t.a <- s.a  IDENTITY

-- case: partitions are columns of their table
-- dialect: hive, spark, athena
CREATE TABLE s (a int) PARTITIONED BY (d string);
CREATE TABLE r (k int);
CREATE TABLE t AS SELECT * FROM s;
INSERT INTO u SELECT a, d FROM s JOIN r ON a = k;
-- expect
-- table r(k)
-- table s(a, d)
-- table t(a, d)
-- u <- r
-- u <- s
-- t <- s
-- script.sql reads r(k)
-- script.sql reads s(a, d)
-- script.sql writes u
-- u.a <- s.a  IDENTITY
-- u.d <- s.d  IDENTITY
-- t.a <- s.a  IDENTITY
-- t.d <- s.d  IDENTITY
-- u <~ r.k  JOIN
-- u <~ s.a  JOIN

-- case: dialects are told by how their statements begin
-- dialect: auto
CREATE PROCEDURE dbo.p AS
UPDATE dbo.t
SET dbo.t.v = a.v
FROM dbo.t
JOIN dbo.a a ON a.id = dbo.t.id
-- expect
-- script.sql is tsql
-- procedure dbo.p
-- dbo.t <- dbo.a
-- dbo.p reads columns of dbo.t(id)
-- dbo.p reads dbo.a(id, v)
-- dbo.p writes dbo.t(v)
-- dbo.t.v <- dbo.a.v  IDENTITY
-- dbo.t <~ dbo.a.id  JOIN
-- dbo.t <~ dbo.t.id  JOIN

-- case: a database before two dots tells a dialect
-- dialect: auto
INSERT INTO mart..t (a) SELECT a FROM crm..s;
-- expect
-- script.sql is tsql
-- mart.dbo.t <- crm.dbo.s
-- script.sql reads crm.dbo.s(a)
-- script.sql writes mart.dbo.t(a)
-- mart.dbo.t.a <- crm.dbo.s.a  IDENTITY

-- case: INSERT FIRST tells a dialect
-- dialect: auto
INSERT FIRST WHEN a > 1 THEN INTO t (x) VALUES (a) ELSE INTO u (x) VALUES (b) SELECT a, b FROM s;
-- expect
-- script.sql is oracle
-- t <- s
-- u <- s
-- script.sql reads s(a, b)
-- script.sql writes t(x)
-- script.sql writes u(x)
-- t.x <- s.a  IDENTITY
-- u.x <- s.b  IDENTITY
-- t <~ s.a  FILTER

-- case: FROM ONLY tells a dialect
-- dialect: auto
INSERT INTO t SELECT a FROM ONLY s;
-- expect
-- script.sql is postgres
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t.a <- s.a  IDENTITY

-- case: changes within ALTER TABLE tell a dialect
-- dialect: auto
ALTER TABLE lake.t UPDATE a = b WHERE c = 1;
ALTER TABLE lake.t DELETE WHERE e < 1;
-- expect
-- script.sql is clickhouse
-- script.sql reads columns of lake.t(b, c, e)
-- script.sql writes lake.t(a)
-- lake.t.a <- lake.t.b  IDENTITY
-- lake.t <~ lake.t.c  FILTER

-- case: commands behind a dot tell a dialect
-- dialect: auto
.os rm x
INSERT INTO lake.t (a) SELECT a FROM lake.s SAMPLE 0.5;
-- expect
-- script.sql is teradata
-- lake.t <- lake.s
-- script.sql reads lake.s(a)
-- script.sql writes lake.t(a)
-- lake.t.a <- lake.s.a  IDENTITY

-- case: functions of other servers tell a dialect
-- dialect: auto
INSERT dbo.t (a) SELECT r.a FROM OPENROWSET('x', 'y', 'SELECT a FROM dbo.s') AS r;
-- expect
-- script.sql is tsql
-- dbo.t <- dbo.s
-- script.sql reads dbo.s(a)
-- script.sql writes dbo.t(a)
-- dbo.t.a <- dbo.s.a  IDENTITY

-- case: tables that Teradata joins without FROM
-- dialect: teradata
UPDATE d.o SET a = s.t.b WHERE d.o.k = s.t.k;
DEL FROM d.p WHERE d.p.k = s.u.k;
SEL a FROM w WHERE w.k = v.k;
-- expect
-- d.o <- s.t
-- script.sql reads columns of d.o(k)
-- script.sql reads columns of d.p(k)
-- script.sql reads s.t(b, k)
-- script.sql reads s.u(k)
-- script.sql reads v(k)
-- script.sql reads w(k)
-- script.sql writes d.o(a)
-- script.sql writes d.p
-- d.o.a <- s.t.b  IDENTITY
-- d.o <~ d.o.k  FILTER
-- d.o <~ s.t.k  FILTER

-- case: Teradata's short word for a table's definition
-- dialect: teradata
CT d.o AS s.t WITH DATA;
-- expect
-- table d.o
-- d.o <- s.t

-- case: a name put together of constants
-- dialect: databricks
INSERT INTO o SELECT a FROM IDENTIFIER('db.' || 't');
-- expect
-- o <- db.t
-- script.sql reads db.t(a)
-- script.sql writes o
-- o.a <- db.t.a  IDENTITY

-- case: a parameter of MySQL goes before a column
-- dialect: mysql
CREATE TABLE s (x INT, y INT);
CREATE PROCEDURE p(x INT) BEGIN INSERT INTO o (x, y) SELECT x, y FROM s; END;
-- expect
-- procedure p
-- table s(x, y)
-- o <- s
-- p reads s(y)
-- p writes o(x, y)
-- o.y <- s.y  IDENTITY

-- case: old outer joins
-- dialect: tsql
INSERT dbo.rpt (k, v) SELECT a.k, b.v FROM dbo.a a, dbo.b b WHERE a.k *= b.k AND b.i =* a.i
-- expect
-- dbo.rpt <- dbo.a
-- dbo.rpt <- dbo.b
-- script.sql reads dbo.a(i, k)
-- script.sql reads dbo.b(i, k, v)
-- script.sql writes dbo.rpt(k, v)
-- dbo.rpt.k <- dbo.a.k  IDENTITY
-- dbo.rpt.v <- dbo.b.v  IDENTITY
-- dbo.rpt <~ dbo.a.i  FILTER
-- dbo.rpt <~ dbo.a.k  FILTER
-- dbo.rpt <~ dbo.b.i  FILTER
-- dbo.rpt <~ dbo.b.k  FILTER

-- case: windows of time that rows are grouped by
-- dialect: spark
INSERT INTO o SELECT window.start AS w, session_window AS s, count(1) AS n FROM t GROUP BY window(ts, '1 hour'), session_window(at, '5 minutes');
-- expect
-- o <- t
-- script.sql reads t(at, ts)
-- script.sql writes o
-- o.s <- t.at  TRANSFORMATION
-- o.w <- t.ts  TRANSFORMATION
-- o <~ t.at  GROUP_BY
-- o <~ t.ts  GROUP_BY

-- case: the columns that a pivot keeps
-- dialect: duckdb
CREATE TABLE t (k INT, q VARCHAR, v INT);
CREATE TABLE o AS SELECT * FROM t PIVOT (sum(v) FOR q IN ('a', 'b') GROUP BY k);
-- expect
-- table o(k, a, b)
-- table t(k, q, v)
-- o <- t
-- o.k <- t.k  IDENTITY
-- o.a <- t.q  CONDITIONAL: sum(v)
-- o.a <- t.v  AGGREGATION: sum(v)
-- o.b <- t.q  CONDITIONAL: sum(v)
-- o.b <- t.v  AGGREGATION: sum(v)

-- case: a document behind a handle
-- dialect: tsql
DECLARE @h int, @x varchar(max)
SELECT @x = body FROM dbo.q
EXEC sp_xml_preparedocument @h OUTPUT, @x
INSERT dbo.p (a) SELECT a FROM OPENXML(@h, '/r') WITH (a int)
-- expect
-- dbo.p <- dbo.q
-- script.sql reads dbo.q(body)
-- script.sql writes dbo.p(a)
-- dbo.p.a <- dbo.q.body  TRANSFORMATION

-- case: no table is called dual where nothing tells the dialect
-- dialect: auto
MERGE INTO o USING dual ON (o.a = 1) WHEN NOT MATCHED THEN INSERT (a, b) VALUES (1, (SELECT max(b) FROM t));
-- expect
-- script.sql is tsql
-- o <- t
-- script.sql reads columns of o(a)
-- script.sql reads t(b)
-- script.sql writes o(a, b)
-- o.b <- t.b  AGGREGATION: (SELECT max(b) FROM t)
-- o <~ o.a  JOIN

-- case: rows of a ClickHouse view go on into the table behind TO, wherever that stands
-- dialect: clickhouse
CREATE MATERIALIZED VIEW db.mv ON CLUSTER '{cluster}' TO db.t1 AS SELECT a, count() AS n FROM db.src GROUP BY a;
CREATE MATERIALIZED VIEW rf REFRESH EVERY 1 HOUR APPEND TO rft AS SELECT a FROM p;
CREATE TABLE cl CLONE AS p;
-- expect
-- materialized_view db.mv(a, n)
-- materialized_view rf(a)
-- table cl
-- db.t1 <- db.mv
-- rft <- rf
-- db.mv <- db.src
-- rf <- p
-- cl <- p
-- script.sql reads db.mv
-- script.sql reads rf
-- script.sql writes db.t1
-- script.sql writes rft
-- db.t1.a <- db.mv.a  IDENTITY
-- db.t1.n <- db.mv.n  IDENTITY
-- rft.a <- rf.a  IDENTITY
-- db.mv.a <- db.src.a  IDENTITY
-- rf.a <- p.a  IDENTITY
-- db.mv <~ db.src.a  GROUP_BY

-- case: an interactive table is one
-- dialect: snowflake
CREATE OR REPLACE INTERACTIVE TABLE t CLUSTER BY (a) AS SELECT a FROM s;
-- expect
-- table t(a)
-- t <- s
-- t.a <- s.a  IDENTITY

-- case: PostgreSQL's ONLY is no table
-- dialect: postgres
INSERT INTO o SELECT p.a, q.b FROM ONLY parent p JOIN ONLY s.other q ON q.k = p.k;
INSERT INTO o2 SELECT p.a FROM ONLY (s.parent) AS p;
INSERT INTO o3 SELECT a FROM ONLY plain;
-- expect
-- o <- s.other
-- o <- s.parent
-- o2 <- s.parent
-- o3 <- plain
-- script.sql reads plain(a)
-- script.sql reads s.other(b, k)
-- script.sql reads s.parent(a, k)
-- script.sql writes o
-- script.sql writes o2
-- script.sql writes o3
-- o.a <- s.parent.a  IDENTITY
-- o.b <- s.other.b  IDENTITY
-- o2.a <- s.parent.a  IDENTITY
-- o3.a <- plain.a  IDENTITY
-- o <~ s.other.k  JOIN
-- o <~ s.parent.k  JOIN

-- case: BigQuery's fields of an unnested struct need no name before them
-- dialect: bigquery
CREATE TABLE d.s AS SELECT (SELECT value.int_value FROM UNNEST(event_params) AS p WHERE p.key = 'id') AS sid FROM d.events e;
-- expect
-- table d.s(sid)
-- d.s <- d.events
-- d.s.sid <- d.events.event_params  TRANSFORMATION: (SELECT value.int_value FROM UNNEST(event_params) AS p WHERE p.key = 'id')
-- d.s <~ d.events.event_params  FILTER

-- case: IGNORE NULLS with an order within the call
-- dialect: auto
CREATE TABLE f AS SELECT ARRAY_AGG(x IGNORE NULLS ORDER BY q LIMIT 1)[OFFSET(0)] AS a FROM t;
-- expect
-- script.sql is bigquery
-- table f(a)
-- f <- t
-- f.a <- t.q  SORT: ARRAY_AGG(x IGNORE NULLS ORDER BY q LIMIT 1)[OFFSET(0)]
-- f.a <- t.x  AGGREGATION: ARRAY_AGG(x IGNORE NULLS ORDER BY q LIMIT 1)[OFFSET(0)]

-- case: backticks and :: together are Databricks'
-- dialect: auto
INSERT INTO o (a, b) SELECT x.a::int, x.`b c` FROM `cat`.`s`.`raw` x;
-- expect
-- script.sql is databricks
-- o <- cat.s.raw
-- script.sql reads cat.s.raw(a, b c)
-- script.sql writes o(a, b)
-- o.a <- cat.s.raw.a  TRANSFORMATION: x.a::int
-- o.b <- cat.s.raw.b c  IDENTITY

-- case: a temporary table in its place is a mark of T-SQL
-- dialect: auto
SELECT u.segment, name = AVG(u.x) INTO #tmp FROM customers u GROUP BY u.segment
INSERT INTO f (n) SELECT z.name FROM #tmp z
-- expect
-- script.sql is tsql
-- f <- customers
-- script.sql reads customers(segment, x)
-- script.sql writes f(n)
-- f.n <- customers.x  AGGREGATION: AVG(u.x)
-- f <~ customers.segment  GROUP_BY

-- case: a column called format is no mark of Teradata
-- dialect: auto
INSERT INTO o (x) SELECT MAX(format) FROM t;
-- expect
-- script.sql is tsql
-- o <- t
-- script.sql reads t(format)
-- script.sql writes o(x)
-- o.x <- t.format  AGGREGATION: MAX(format)

-- case: columns called format and title are no attributes
-- dialect: teradata, ansi
INSERT INTO o (x, y, z) SELECT MAX(format), COALESCE(b, format, 'n'), MAX(title) FROM t;
-- expect
-- o <- t
-- script.sql reads t(b, format, title)
-- script.sql writes o(x, y, z)
-- o.x <- t.format  AGGREGATION: MAX(format)
-- o.y <- t.b  TRANSFORMATION: COALESCE(b, format, 'n')
-- o.y <- t.format  TRANSFORMATION: COALESCE(b, format, 'n')
-- o.z <- t.title  AGGREGATION: MAX(title)

-- case: a delimiter that a statement names is no command
-- dialect: redshift, postgres, ansi
COPY dw.t
FROM 's3://b/k/'
CREDENTIALS 'aws_iam_role=x'
DELIMITER '|'
IGNOREHEADER 1;
-- expect
-- dw.t <- path:s3://b/k/
-- script.sql reads path:s3://b/k/
-- script.sql writes dw.t

-- case: numbers of Spark and Hive have letters behind them
-- dialect: databricks, hive, spark
INSERT INTO o (x) SELECT a * 100L + coalesce(b, 0L) FROM t;
-- expect
-- o <- t
-- script.sql reads t(a, b)
-- script.sql writes o(x)
-- o.x <- t.a  TRANSFORMATION: a * 100L + coalesce(b, 0L)
-- o.x <- t.b  TRANSFORMATION: a * 100L + coalesce(b, 0L)

-- case: DIV and MOD between values are signs in any dialect
INSERT INTO o (x, y) SELECT a DIV 2, b MOD 3 FROM t;
-- expect
-- o <- t
-- script.sql reads t(a, b)
-- script.sql writes o(x, y)
-- o.x <- t.a  TRANSFORMATION: a DIV 2
-- o.y <- t.b  TRANSFORMATION: b MOD 3

-- case: a deletion within a merge is Oracle's
-- dialect: auto
MERGE INTO o USING s ON (o.i = s.i) WHEN MATCHED THEN UPDATE SET o.a = s.a DELETE WHERE s.d = 1
WHEN NOT MATCHED THEN INSERT (i, a) VALUES (s.i, s.a);
-- expect
-- script.sql is oracle
-- o <- s
-- script.sql reads columns of o(i)
-- script.sql reads s(a, d, i)
-- script.sql writes o(a, i)
-- o.a <- s.a  IDENTITY
-- o.i <- s.i  IDENTITY
-- o <~ o.i  JOIN
-- o <~ s.d  FILTER
-- o <~ s.i  JOIN

-- case: a schema may be called live
-- dialect: auto
INSERT INTO x (a) SELECT a FROM live.events;
-- expect
-- script.sql is tsql
-- x <- live.events
-- script.sql reads live.events(a)
-- script.sql writes x(a)
-- x.a <- live.events.a  IDENTITY

-- case: an error that is caught is a mark of BigQuery
-- dialect: auto
BEGIN
  CALL `p.d.proc`();
EXCEPTION WHEN ERROR THEN
  INSERT INTO `p.d.log` SELECT ts FROM `p.d.src`;
END;
-- expect
-- script.sql is bigquery
-- p.d.log <- p.d.src
-- script.sql calls p.d.proc
-- script.sql reads p.d.src(ts)
-- script.sql writes p.d.log
-- p.d.log.ts <- p.d.src.ts  IDENTITY

-- case: a value and a key that touch a colon are Snowflake's
-- dialect: auto
INSERT INTO o (x, y) SELECT SUM(v:amt::INT), src:"Some Key"::STRING FROM t;
-- expect
-- script.sql is snowflake
-- o <- t
-- script.sql reads t(src, v)
-- script.sql writes o(x, y)
-- o.x <- t.v  AGGREGATION: SUM(v:amt::INT)
-- o.y <- t.src  TRANSFORMATION: src:"Some Key"::STRING

-- case: brackets in the list of a PIVOT are a mark of T-SQL
-- dialect: auto
SELECT Id, [2019], [2020] INTO r FROM (SELECT Id, Y, Amt FROM s) t PIVOT (SUM(Amt) FOR Y IN ([2019], [2020])) p;
-- expect
-- script.sql is tsql
-- table r(Id, 2019, 2020)
-- r <- s
-- script.sql reads s(Amt, Id, Y)
-- script.sql writes r
-- r.Id <- s.Id  IDENTITY
-- r.2019 <- s.Amt  AGGREGATION: SUM(Amt)
-- r.2019 <- s.Y  CONDITIONAL: SUM(Amt)
-- r.2020 <- s.Amt  AGGREGATION: SUM(Amt)
-- r.2020 <- s.Y  CONDITIONAL: SUM(Amt)

-- case: rows of a window view go on into the table behind TO
-- dialect: clickhouse
CREATE WINDOW VIEW wv TO o AS SELECT count(a) AS n FROM t GROUP BY tumble(ts, INTERVAL '1' HOUR);
-- expect
-- view wv(n)
-- o <- wv
-- wv <- t
-- script.sql reads wv
-- script.sql writes o
-- o.n <- wv.n  IDENTITY
-- wv.n <- t.a  AGGREGATION: count(a)
-- wv <~ t.ts  GROUP_BY

-- case: a schema may be called like a CTE
-- dialect: bigquery, redshift
CREATE VIEW v AS WITH raw AS (SELECT x FROM src.a) SELECT s.y, raw.x FROM raw JOIN raw.stores s ON raw.x = s.x;
-- expect
-- view v(y, x)
-- v <- raw.stores
-- v <- src.a
-- v.y <- raw.stores.y  IDENTITY
-- v.x <- src.a.x  IDENTITY
-- v <~ raw.stores.x  JOIN
-- v <~ src.a.x  JOIN

-- case: groups may have an order
-- dialect: mysql
INSERT INTO o (a, n) SELECT a, count(b) FROM t GROUP BY a DESC WITH ROLLUP;
-- expect
-- o <- t
-- script.sql reads t(a, b)
-- script.sql writes o(a, n)
-- o.a <- t.a  IDENTITY
-- o.n <- t.b  AGGREGATION: count(b)
-- o <~ t.a  GROUP_BY

-- case: XML is queried as it is passed
-- dialect: oracle
INSERT INTO o (x) SELECT XMLQUERY('/a/b' PASSING t.doc RETURNING CONTENT) FROM t WHERE XMLEXISTS('/a' PASSING BY VALUE t.other);
-- expect
-- o <- t
-- script.sql reads t(doc, other)
-- script.sql writes o(x)
-- o.x <- t.doc  TRANSFORMATION: XMLQUERY('/a/b' PASSING t.doc RETURNING CONTENT)
-- o <~ t.other  FILTER

-- case: columns of a JSON table may have no types
-- dialect: oracle
INSERT INTO o (x, y) SELECT j.b, j.c FROM t, JSON_TABLE(t.doc, '$' COLUMNS (b PATH '$.b', NESTED PATH '$.c[*]' COLUMNS (c PATH '$.d'))) j;
-- expect
-- o <- t
-- script.sql reads t(doc)
-- script.sql writes o(x, y)
-- o.x <- t.doc  TRANSFORMATION
-- o.y <- t.doc  TRANSFORMATION

-- case: a source before its INSERTs and a search through a recursion tell a dialect
-- dialect: auto
-- file: a.sql
FROM (SELECT k, v FROM x) s INSERT INTO t SELECT s.v INSERT INTO u SELECT s.k;
-- file: b.sql
CREATE VIEW w AS WITH RECURSIVE g(id, link) AS (SELECT id, link FROM graph UNION ALL SELECT n.id, n.link FROM graph n JOIN g ON n.id = g.link)
SEARCH DEPTH FIRST BY id SET ord SELECT id, link FROM g;
-- expect
-- a.sql is hive
-- b.sql is postgres
-- view w(id, link) in b.sql
-- t <- x
-- u <- x
-- w <- graph
-- a.sql reads x(k, v)
-- a.sql writes t
-- a.sql writes u
-- t.v <- x.v  IDENTITY
-- u.k <- x.k  IDENTITY
-- w.id <- graph.id  IDENTITY
-- w.link <- graph.link  IDENTITY
-- w <~ graph.id  JOIN
-- w <~ graph.link  JOIN

-- case: where the rows of a table made of a query are kept
-- dialect: postgres
CREATE TABLE t AS SELECT a FROM s DISTRIBUTED BY (a);
CREATE TABLE u AS (SELECT b FROM s) DISTRIBUTED RANDOMLY;
CREATE TABLE v AS SELECT c FROM s ORDER BY c SEGMENTED BY HASH(c) ALL NODES KSAFE 1;
CREATE TABLE w AS SELECT d FROM s UNSEGMENTED ALL NODES;
-- expect
-- table t(a)
-- table u(b)
-- table v(c)
-- table w(d)
-- t <- s
-- u <- s
-- v <- s
-- w <- s
-- t.a <- s.a  IDENTITY
-- u.b <- s.b  IDENTITY
-- v.c <- s.c  IDENTITY
-- w.d <- s.d  IDENTITY
-- v <~ s.c  SORT

-- case: rows of each part are limited
-- dialect: postgres
INSERT INTO t SELECT a FROM s LIMIT 1 OVER (PARTITION BY b ORDER BY c DESC);
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t.a <- s.a  IDENTITY

-- case: a name that is yet to be written
-- dialect: spark, trino
INSERT INTO t SELECT a, b AS, c AS FROM s
-- expect
-- t <- s
-- script.sql reads s(a, b, c)
-- script.sql writes t
-- t.a <- s.a  IDENTITY
-- t.b <- s.b  IDENTITY
-- t.c <- s.c  IDENTITY

-- case: a table is a copy of another, with options of its own
-- dialect: teradata
CREATE MULTISET TABLE t, NO FALLBACK, NO BEFORE JOURNAL, CHECKSUM = DEFAULT AS s WITH DATA AND STATS;
-- expect
-- table t
-- t <- s

-- case: partitions that are moved or copied by a function
-- dialect: postgres
SELECT COPY_PARTITIONS_TO_TABLE('s', '1', '2', 't');
SELECT MOVE_PARTITIONS_TO_TABLE('dw.a', 1, 2, 'dw.b');
-- expect
-- dw.b <- dw.a
-- t <- s
-- script.sql reads dw.a
-- script.sql reads s
-- script.sql writes dw.b
-- script.sql writes t

-- case: columns by their number, over a query too
-- dialect: snowflake
INSERT INTO t (a, b) SELECT $1, q.$2 FROM (SELECT a, b + c AS d FROM s) q;
INSERT INTO t (a) SELECT $2 FROM VALUES (1, 2), (3, 4);
INSERT INTO t (a) SELECT $1 FROM (SELECT * FROM s);
-- expect
-- t <- s
-- script.sql reads s($1, a, b, c)
-- script.sql writes t(a, b)
-- t.a <- s.$1  IDENTITY: $1
-- t.a <- s.a  IDENTITY: $1
-- t.b <- s.b  TRANSFORMATION
-- t.b <- s.c  TRANSFORMATION

-- case: relations joined by the place of their rows
-- dialect: duckdb
CREATE TABLE t AS SELECT s.a, u.b FROM s POSITIONAL JOIN u;
-- expect
-- table t(a, b)
-- t <- s
-- t <- u
-- t.a <- s.a  IDENTITY
-- t.b <- u.b  IDENTITY

-- case: the directory that is written stands among the options
-- dialect: spark
INSERT OVERWRITE DIRECTORY USING parquet OPTIONS ('path' '/out/x', compression 'zstd') SELECT a FROM s
-- expect
-- path:/out/x <- s
-- script.sql reads s(a)
-- script.sql writes path:/out/x
-- path:/out/x.a <- s.a  IDENTITY

-- case: a label of the load
-- dialect: mysql
INSERT OVERWRITE t PARTITION (p1) WITH LABEL l (a) SELECT a FROM s;
INSERT INTO t WITH LABEL l SELECT a FROM s;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY

-- case: statements that say nothing of lineage
-- dialect: databricks, hive
CREATE WIDGET TEXT day DEFAULT "2026-01-01";
COMPUTE STATS t;
INVALIDATE METADATA t;
INSERT INTO t SELECT a FROM s;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t.a <- s.a  IDENTITY

-- case: a query that a function sends to another server
-- dialect: bigquery
CREATE TABLE d.t AS
SELECT e.id, c.name FROM EXTERNAL_QUERY("p.eu.conn", """SELECT id, cust FROM shop.orders WHERE state = 'open';""") AS e
JOIN d.customers c ON c.id = e.cust;
-- expect
-- table d.t(id, name)
-- d.t <- d.customers
-- d.t <- shop.orders
-- d.t.id <- shop.orders.id  IDENTITY
-- d.t.name <- d.customers.name  IDENTITY
-- d.t <~ d.customers.id  JOIN
-- d.t <~ shop.orders.cust  JOIN
-- d.t <~ shop.orders.state  FILTER

-- case: a query that dblink sends
-- dialect: postgres
INSERT INTO t (a, b) SELECT r.a, r.b FROM dblink('host=x', 'SELECT k, v FROM far.s') AS r(a int, b text);
INSERT INTO u (a) SELECT r.a FROM dblink(conn, sent) AS r(a int);
INSERT INTO v (a) SELECT r.a FROM dblink('SELECT k FROM far.s') r(a int) WHERE r.a > 3;
-- expect
-- t <- far.s
-- v <- far.s
-- script.sql reads far.s(k, v)
-- script.sql writes t(a, b)
-- script.sql writes u(a)
-- script.sql writes v(a)
-- t.a <- far.s.k  IDENTITY
-- t.b <- far.s.v  IDENTITY
-- v.a <- far.s.k  IDENTITY
-- v <~ far.s.k  FILTER

-- case: a query that DuckDB sends
-- dialect: duckdb
CREATE TABLE t AS SELECT a FROM postgres_query('db', 'SELECT a, b FROM far.s WHERE c = 1');
-- expect
-- table t(a)
-- t <- far.s
-- t.a <- far.s.a  IDENTITY
-- t <~ far.s.c  FILTER

-- case: rows that are near those asked for
-- dialect: bigquery
CREATE TABLE d.t AS
SELECT base.x, query.id, distance FROM VECTOR_SEARCH(TABLE d.a, 'emb', (SELECT id, emb FROM d.b), top_k => 3) WHERE base.k > 0;
CREATE TABLE d.u AS SELECT x FROM d.TF(TABLE d.a, 3);
-- expect
-- table d.t(x, id, distance)
-- table d.u(x)
-- d.t <- d.a
-- d.t <- d.b
-- d.u <- d.a
-- d.u calls d.TF
-- d.t.x <- d.a.x  IDENTITY
-- d.t.id <- d.b.id  IDENTITY
-- d.t <~ d.a.k  FILTER

-- case: windows over a table that is an argument
-- dialect: spark
INSERT INTO t SELECT k, sum(v) AS v, window_start FROM TABLE(TUMBLE(TABLE d.s, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY k, window_start;
-- expect
-- t <- d.s
-- script.sql reads d.s(k, ts, v)
-- script.sql writes t
-- t.k <- d.s.k  IDENTITY
-- t.v <- d.s.v  AGGREGATION: sum(v)
-- t.window_start <- d.s.ts  IDENTITY
-- t <~ d.s.k  GROUP_BY
-- t <~ d.s.ts  GROUP_BY

-- case: columns left out by qualified names
-- dialect: databricks
CREATE TABLE t AS SELECT * EXCEPT (s.b) FROM (SELECT a, b FROM x) s;
-- expect
-- table t(a)
-- t <- x
-- t.a <- x.a  IDENTITY
