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
