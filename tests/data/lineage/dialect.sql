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
-- v <- ds.s
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
