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
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY

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
