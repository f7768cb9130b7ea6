-- case: a task runs one statement
-- dialect: snowflake
CREATE OR REPLACE TASK k WAREHOUSE = w SCHEDULE = '5 MINUTE' AFTER j
AS INSERT INTO t (a) SELECT a FROM s;
CREATE TASK l SCHEDULE = '1 MINUTE' AS CALL p();
-- expect
-- procedure k
-- procedure l
-- t <- s
-- k reads s(a)
-- k writes t(a)
-- l calls p
-- t.a <- s.a  IDENTITY

-- case: a block without a routine around it
-- dialect: snowflake, databricks
BEGIN
  INSERT INTO t (a) SELECT a FROM s;
  UPDATE u SET b = 1;
END;
SELECT c FROM v;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql reads v(c)
-- script.sql writes t(a)
-- script.sql writes u(b)
-- t.a <- s.a  IDENTITY

-- case: a procedure whose text begins with a comment
-- dialect: snowflake
CREATE PROCEDURE p() RETURNS VARCHAR LANGUAGE SQL AS $$
-- what it does
DECLARE n INTEGER;
BEGIN
  n := 1;
  INSERT INTO t (a) SELECT a FROM s;
  RETURN n;
END;
$$;
-- expect
-- procedure p
-- t <- s
-- p reads s(a)
-- p writes t(a)
-- t.a <- s.a  IDENTITY

-- case: a function that is one value
-- dialect: bigquery
CREATE FUNCTION d.f(x INT64) AS (x * (SELECT MAX(a) FROM d.s));
-- expect
-- function d.f
-- d.f reads d.s(a)

-- case: a script with variables and loops
-- dialect: bigquery
DECLARE n INT64 DEFAULT (SELECT MAX(a) FROM d.s);
FOR r IN (SELECT a FROM d.u) DO
  INSERT INTO d.t (a) VALUES (r.a);
END FOR;
WHILE n < 5 DO SET n = n + 1; END WHILE;
-- expect
-- d.t <- d.u
-- script.sql reads d.s(a)
-- script.sql reads d.u(a)
-- script.sql writes d.t(a)
-- d.t.a <- d.u.a  IDENTITY

-- case: a macro holds statements
-- dialect: teradata
REPLACE MACRO m (p INTEGER) AS (
  INS INTO t (a) SEL a FROM s WHERE b = :p;
  DEL FROM u WHERE c LT 5;
);
SEL d FROM v;
-- expect
-- procedure m
-- t <- s
-- m reads columns of u(c)
-- m reads s(a, b)
-- m writes t(a)
-- m writes u
-- script.sql reads v(d)
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER

-- case: commands of BTEQ
-- dialect: teradata
.LOGON host/user,secret
.IF ERRORCODE <> 0 THEN .QUIT 8
DATABASE d;
COLLECT STATISTICS ON t COLUMN (a);
LOCKING TABLE s FOR ACCESS INSERT INTO t (a) SELECT a FROM s;
.QUIT
-- expect
-- d.t <- d.s
-- script.sql reads d.s(a)
-- script.sql writes d.t(a)
-- d.t.a <- d.s.a  IDENTITY

-- case: a macro is a function
-- dialect: duckdb
CREATE MACRO f(x) AS (SELECT MAX(a) FROM t WHERE b = x);
CREATE MACRO g(x) AS TABLE SELECT a FROM u;
-- expect
-- function f
-- function g
-- f reads t(a, b)
-- g reads u(a)

-- case: cells of a notebook
-- dialect: databricks
-- Databricks notebook source
INSERT INTO t (a) SELECT a FROM s
-- COMMAND ----------
-- MAGIC %md *words*
-- COMMAND ----------
DELETE FROM u
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(a)
-- script.sql writes u
-- t.a <- s.a  IDENTITY

-- case: tables are exchanged
-- dialect: clickhouse
INSERT INTO a SELECT x FROM s;
EXCHANGE TABLES a AND b;
-- expect
-- a <- s
-- b <- a
-- script.sql reads s(x)
-- script.sql writes a
-- a.x <- s.x  IDENTITY

-- case: a view fills another table
-- dialect: clickhouse
CREATE MATERIALIZED VIEW v TO t AS SELECT a, count() AS n FROM s GROUP BY a;
-- expect
-- materialized_view v(a, n)
-- t <- v
-- v <- s
-- script.sql reads v
-- script.sql writes t
-- t.a <- v.a  IDENTITY
-- t.n <- v.n  IDENTITY
-- v.a <- s.a  IDENTITY
-- v <~ s.a  GROUP_BY

-- case: shell commands and jars
-- dialect: hive
!echo x;
ADD JAR /j.jar;
SET hive.exec.parallel=true;
INSERT OVERWRITE TABLE t SELECT a FROM s;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t.a <- s.a  IDENTITY

-- case: external functions before the query
-- dialect: athena
USING EXTERNAL FUNCTION f(x VARCHAR) RETURNS VARCHAR LAMBDA 'l'
SELECT f(a) AS b FROM t;
-- expect
-- script.sql reads t(a)

-- case: a clone that replaces
-- dialect: databricks
REPLACE TABLE t SHALLOW CLONE s;
-- expect
-- table t
-- t <- s

-- case: an event of MySQL
-- dialect: mysql
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO
  INSERT INTO t (a) SELECT a FROM s;
-- expect
-- procedure e
-- t <- s
-- e reads s(a)
-- e writes t(a)
-- t.a <- s.a  IDENTITY

-- case: a query on its own follows what is created and altered before it
-- dialect: tsql, ansi
CREATE TABLE #r (a int)
SELECT @d = MAX(d) FROM dbo.Ctl
INSERT #r (a) SELECT a FROM dbo.S
CREATE CLUSTERED INDEX ix ON #r (a)
SELECT a INTO dbo.Out1 FROM #r
ALTER TABLE #r ADD c int
SELECT a INTO dbo.Out2 FROM #r
-- expect
-- table dbo.Out1(a)
-- table dbo.Out2(a)
-- dbo.Out1 <- dbo.S
-- dbo.Out2 <- dbo.S
-- script.sql reads dbo.Ctl(d)
-- script.sql reads dbo.S(a)
-- script.sql writes dbo.Out1
-- script.sql writes dbo.Out2
-- dbo.Out1.a <- dbo.S.a  IDENTITY
-- dbo.Out2.a <- dbo.S.a  IDENTITY

-- case: a query after the place of a table is not its contents
-- dialect: tsql
CREATE TABLE dbo.T (id int, b int) ON [PRIMARY]
SELECT b INTO dbo.U FROM dbo.T
-- expect
-- table dbo.T(id, b)
-- table dbo.U(b)
-- dbo.U <- dbo.T
-- script.sql reads dbo.T(b)
-- script.sql writes dbo.U
-- dbo.U.b <- dbo.T.b  IDENTITY

-- case: in text of an unknown dialect a query on the line of the columns is the table's
-- dialect: ansi
CREATE TABLE t (id int) SELECT a FROM s
-- expect
-- table t(id)
-- t <- s
-- t.id <- s.a  IDENTITY

-- case: only AS makes a query part of what is created
-- dialect: tsql
CREATE TYPE dbo.Ids AS TABLE (id int)
SELECT a INTO t1 FROM s1
CREATE SYNONYM syn FOR dbo.Other
SELECT a INTO t2 FROM s2
CREATE SEQUENCE q START WITH 1
SELECT a INTO t3 FROM s3
CREATE STATISTICS st ON s1 (a) WITH FULLSCAN
SELECT a INTO t4 FROM s4
ALTER INDEX ALL ON s1 REBUILD
SELECT a INTO t5 FROM s5
ALTER TABLE s1 ALTER COLUMN a bigint NOT NULL
SELECT a INTO t6 FROM s6
CREATE TABLE t7 AS WITH c AS (SELECT a FROM s7) SELECT a FROM c
SELECT a INTO t8 FROM s8
CREATE TABLE t9 AS (SELECT a FROM s9)
SELECT a INTO t10 FROM s10
CREATE TABLE d (a int)
EXEC p
-- expect
-- sequence q
-- synonym syn
-- table d(a)
-- table t1(a)
-- table t10(a)
-- table t2(a)
-- table t3(a)
-- table t4(a)
-- table t5(a)
-- table t6(a)
-- table t7(a)
-- table t8(a)
-- table t9(a)
-- syn <- dbo.Other
-- t1 <- s1
-- t10 <- s10
-- t2 <- s2
-- t3 <- s3
-- t4 <- s4
-- t5 <- s5
-- t6 <- s6
-- t7 <- s7
-- t8 <- s8
-- t9 <- s9
-- script.sql calls p
-- script.sql reads s1(a)
-- script.sql reads s10(a)
-- script.sql reads s2(a)
-- script.sql reads s3(a)
-- script.sql reads s4(a)
-- script.sql reads s5(a)
-- script.sql reads s6(a)
-- script.sql reads s8(a)
-- script.sql writes t1
-- script.sql writes t10
-- script.sql writes t2
-- script.sql writes t3
-- script.sql writes t4
-- script.sql writes t5
-- script.sql writes t6
-- script.sql writes t8
-- t1.a <- s1.a  IDENTITY
-- t10.a <- s10.a  IDENTITY
-- t2.a <- s2.a  IDENTITY
-- t3.a <- s3.a  IDENTITY
-- t4.a <- s4.a  IDENTITY
-- t5.a <- s5.a  IDENTITY
-- t6.a <- s6.a  IDENTITY
-- t7.a <- s7.a  IDENTITY
-- t8.a <- s8.a  IDENTITY
-- t9.a <- s9.a  IDENTITY

-- case: what is added to a temporary table is no table
-- dialect: tsql
CREATE TABLE #r (a int);
ALTER TABLE #r ADD c int;
INSERT #r SELECT x, y FROM s;
SELECT a, c INTO t FROM #r;
-- expect
-- table t(a, c)
-- t <- s
-- script.sql reads s(x, y)
-- script.sql writes t
-- t.a <- s.x  IDENTITY
-- t.c <- s.y  IDENTITY

-- case: what holds a statement to run does what that does
-- dialect: snowflake
CREATE PIPE p AUTO_INGEST = TRUE AS COPY INTO t2 FROM @stg2;
CREATE OR REPLACE ALERT al WAREHOUSE = w SCHEDULE = '1 MINUTE' IF (EXISTS (SELECT g FROM gauge WHERE g > 200)) THEN INSERT INTO log1 SELECT g FROM gauge2;
CREATE FROBNICATE x AS INSERT INTO t SELECT a FROM b;
CREATE FROBNICATE y DO (INSERT INTO u SELECT c FROM d);
ALTER PIPE p REFRESH;
CREATE WAREHOUSE w2 WITH WAREHOUSE_SIZE = 'XSMALL';
CREATE ROW ACCESS POLICY r AS (a int) RETURNS boolean -> a > 1;
-- expect
-- log1 <- gauge2
-- t <- b
-- t2 <- path:@stg2
-- u <- d
-- script.sql reads b(a)
-- script.sql reads d(c)
-- script.sql reads gauge(g)
-- script.sql reads gauge2(g)
-- script.sql reads path:@stg2
-- script.sql writes log1
-- script.sql writes t
-- script.sql writes t2
-- script.sql writes u
-- log1.g <- gauge2.g  IDENTITY
-- t.a <- b.a  IDENTITY
-- u.c <- d.c  IDENTITY

-- case: a kind of object not known is told, with what its words say
-- dialect: snowflake, tsql
CREATE FROBNICATE x (a, b);
CREATE FROBNICATE y OF SOMETHING FROM s;
-- expect
-- script.sql reads s (0.4)
-- line 1 Error: Statement not understood: it is of no kind known here
-- line 2 Warning: CREATE FROBNICATE understood only in part: it is of no kind known here

-- case: nothing is taken from a statement that begins with a word not known
-- dialect: databricks
IMPORT FOREIGN SCHEMA x FROM SERVER s INTO y;
-- expect
-- line 1 Error: Statement not understood: it begins with no statement known here

-- case: only CROSS and OUTER apply a relation
-- dialect: tsql
SELECT a,, b FROM t CROSS APPLY u OUTER APPLY v WHERE apply w;
-- expect
-- script.sql reads t (0.4)
-- script.sql reads u (0.4)
-- script.sql reads v (0.4)
-- line 1 Warning: SELECT understood only in part: Expected: an expression, found: , on line 1

-- case: a query in brackets begins a statement of its own on its line
-- dialect: tsql
DELETE FROM z WHERE z.k = 1
(SELECT a FROM t) UNION ALL
(SELECT b FROM u)
INSERT INTO w (c)
(SELECT d FROM v)
UPDATE x SET y =
(SELECT MAX(e) FROM q)
-- expect
-- w <- v
-- x <- q
-- script.sql reads columns of z(k)
-- script.sql reads q(e)
-- script.sql reads t(a)
-- script.sql reads u(b)
-- script.sql reads v(d)
-- script.sql writes w(c)
-- script.sql writes x(y)
-- script.sql writes z
-- w.c <- v.d  IDENTITY
-- x.y <- q.e  AGGREGATION: (SELECT MAX(e) FROM q)

-- case: a statement ends before the END of its block on the same line
-- dialect: mysql
CREATE PROCEDURE p() BEGIN INSERT INTO b (x) SELECT CASE WHEN y = 1 THEN z END FROM a END;
CREATE PROCEDURE q() BEGIN IF 1 = 1 THEN UPDATE c SET d = 1 WHERE e = 2 END IF END;
-- expect
-- procedure p
-- procedure q
-- b <- a
-- p reads a(y, z)
-- p writes b(x)
-- q reads columns of c(e)
-- q writes c(d)
-- b.x <- a.y  CONDITIONAL: CASE WHEN y = 1 THEN z END
-- b.x <- a.z  TRANSFORMATION: CASE WHEN y = 1 THEN z END
-- c <~ c.e  FILTER

-- case: what is asserted is read
-- dialect: bigquery
ASSERT (SELECT COUNT(*) FROM shop.orders) > 0 AS 'there are orders';
ASSERT EXISTS (SELECT 1 FROM shop.days);
-- expect
-- script.sql reads shop.days
-- script.sql reads shop.orders

-- case: what follows a file that is put
-- dialect: snowflake
PUT file:///tmp/days/* @landing; INSERT INTO t (a) SELECT a FROM s;
GET @landing file:///tmp/out; INSERT INTO u (b) SELECT b FROM q;
-- expect
-- t <- s
-- u <- q
-- script.sql reads q(b)
-- script.sql reads s(a)
-- script.sql writes t(a)
-- script.sql writes u(b)
-- t.a <- s.a  IDENTITY
-- u.b <- q.b  IDENTITY

-- case: the target of what does not parse is told past the words before it
-- dialect: tsql
UPDATE t SET x = = s.x FROM dbo.t t JOIN dbo.s s ON s.i = t.i;
MERGE TOP (5) INTO dbo.u AS t USING dbo.s AS s ON t.x = = s.x WHEN MATCHED THEN DELETE;
DELETE TOP (5) FROM dbo.v WHERE = 1;
-- expect
-- dbo.t <- dbo.s (0.4)
-- dbo.u <- dbo.s (0.4)
-- script.sql reads dbo.s (0.4)
-- script.sql writes dbo.t (0.4)
-- script.sql writes dbo.u (0.4)
-- script.sql writes dbo.v (0.4)
-- line 1 Warning: UPDATE understood only in part: Expected: an expression, found: = on line 1
-- line 2 Warning: MERGE understood only in part: Expected: an expression, found: = on line 2
-- line 3 Warning: DELETE understood only in part: Expected: an expression, found: = on line 3

-- case: an option is no target
-- dialect: mysql
INSERT IGNORE INTO lake.t SELECT a,, FROM s;
INSERT IGNORE lake.u SELECT a,, FROM s;
-- expect
-- lake.t <- s (0.4)
-- lake.u <- s (0.4)
-- script.sql reads s (0.4)
-- script.sql writes lake.t (0.4)
-- script.sql writes lake.u (0.4)
-- line 1 Warning: INSERT understood only in part: Expected: an expression, found: , on line 1
-- line 2 Warning: INSERT understood only in part: Expected: an expression, found: , on line 2

-- case: what is overwritten is told though its query does not parse
-- dialect: hive, spark
INSERT OVERWRITE TABLE lake.t PARTITION (d = '1') SELECT a,, FROM s;
-- expect
-- lake.t <- s (0.4)
-- script.sql reads s (0.4)
-- script.sql writes lake.t (0.4)
-- line 1 Warning: INSERT understood only in part: Expected: an expression, found: , on line 1

-- case: commands of a shell are passed over
-- dialect: hive
dfs -rm -r /tmp/x;
source x.hql;
reload function;
delete jar x.jar;
quit;
INSERT INTO t SELECT a FROM s;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t.a <- s.a  IDENTITY

-- case: transactions and settings of Teradata are passed over
-- dialect: teradata
BT;
BEGIN QUERY LOGGING ON ALL;
INSERT INTO t (a) SELECT a FROM s;
DIAGNOSTIC noprodjoin ON FOR SESSION;
ET;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY

-- case: the log of a materialised view is none
-- dialect: oracle
CREATE MATERIALIZED VIEW LOG ON s WITH ROWID, SEQUENCE (a) INCLUDING NEW VALUES;
FLASHBACK TABLE t TO BEFORE DROP;
-- expect

-- case: what says nothing in one dialect
-- dialect: snowflake
COPY FILES INTO @a/x FROM @b/y;
LS @a;
RM @a/x;
-- expect

-- case: a division sign alone on its line is no mark of Oracle
-- dialect: auto
CREATE VIEW v AS SELECT SUM(a.x)
    /
    COUNT(a.y) AS r
FROM a;
-- expect
-- script.sql is tsql
-- view v(r)
-- v <- a
-- v.r <- a.x  AGGREGATION: SUM(a.x) / COUNT(a.y)
-- v.r <- a.y  AGGREGATION: SUM(a.x) / COUNT(a.y)

-- case: a division sign alone on its line divides
-- dialect: ansi, oracle, tsql, snowflake, postgres
CREATE VIEW v AS SELECT
    SUM(a.x)
    /
    NULLIF(SUM(a.y), 0) AS r
FROM a;
-- expect
-- view v(r)
-- v <- a
-- v.r <- a.x  AGGREGATION: SUM(a.x) / NULLIF(SUM(a.y), 0)
-- v.r <- a.y  AGGREGATION: SUM(a.x) / NULLIF(SUM(a.y), 0)

-- case: a slash alone on its line ends a statement before another
-- dialect: oracle
CREATE TABLE t (a NUMBER)
/
-- the next
INSERT INTO t (a) SELECT b FROM s
/
BEGIN
  INSERT INTO u (c) SELECT a FROM t;
END;
/
-- expect
-- table t(a)
-- u <- t
-- t <- s
-- script.sql reads s(b)
-- script.sql reads t(a)
-- script.sql writes t(a)
-- script.sql writes u(c)
-- u.c <- t.a  IDENTITY
-- t.a <- s.b  IDENTITY
