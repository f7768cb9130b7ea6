-- case: USE gives names their schema where it names one
-- dialect: mysql, hive, spark, databricks, clickhouse, trino, presto, duckdb, ansi
USE sales;
CREATE VIEW v AS SELECT id FROM orders;
USE stock;
CREATE VIEW v AS SELECT id FROM sales.orders;
INSERT INTO shelf SELECT id FROM v;
-- expect
-- view sales.v(id)
-- view stock.v(id)
-- stock.shelf <- stock.v
-- sales.v <- sales.orders
-- stock.v <- sales.orders
-- script.sql reads stock.v(id)
-- script.sql writes stock.shelf
-- stock.shelf.id <- stock.v.id  IDENTITY
-- sales.v.id <- sales.orders.id  IDENTITY
-- stock.v.id <- sales.orders.id  IDENTITY

-- case: USE of a schema and a database
-- dialect: trino, presto, snowflake, databricks
USE main.sales;
CREATE VIEW v AS SELECT id FROM orders;
-- expect
-- view sales.v(id)
-- sales.v <- sales.orders
-- sales.v.id <- sales.orders.id  IDENTITY

-- case: databases are told apart where the text goes from one to another
-- dialect: tsql
USE master;
GO
USE sales;
GO
CREATE TABLE orders (id INT);
CREATE VIEW shop.paid AS SELECT id FROM orders;
GO
USE archive
INSERT INTO orders SELECT id FROM sales..orders;
INSERT INTO dbo.paid SELECT id FROM sales.shop.paid;
-- expect
-- table sales.dbo.orders(id)
-- view sales.shop.paid(id)
-- archive.dbo.orders <- sales.dbo.orders
-- archive.dbo.paid <- sales.shop.paid
-- sales.shop.paid <- sales.dbo.orders
-- script.sql reads sales.dbo.orders(id)
-- script.sql reads sales.shop.paid(id)
-- script.sql writes archive.dbo.orders
-- script.sql writes archive.dbo.paid
-- archive.dbo.orders.id <- sales.dbo.orders.id  IDENTITY
-- archive.dbo.paid.id <- sales.shop.paid.id  IDENTITY
-- sales.shop.paid.id <- sales.dbo.orders.id  IDENTITY

-- case: a text in one database has names without it
-- dialect: tsql
USE master;
GO
USE [sales];
GO
CREATE VIEW shop.paid AS SELECT id FROM orders;
-- expect
-- view shop.paid(id)
-- shop.paid <- orders
-- shop.paid.id <- orders.id  IDENTITY

-- case: Snowflake names databases, schemas, roles and warehouses
-- dialect: snowflake
USE ROLE loader;
USE WAREHOUSE small;
USE DATABASE raw;
USE SCHEMA shop;
CREATE TABLE t AS SELECT id FROM src;
USE DATABASE mart;
USE SCHEMA dim;
CREATE VIEW v AS SELECT id FROM t;
-- expect
-- table raw.shop.t(id)
-- view mart.dim.v(id)
-- raw.shop.t <- raw.shop.src
-- mart.dim.v <- mart.dim.t
-- raw.shop.t.id <- raw.shop.src.id  IDENTITY
-- mart.dim.v.id <- mart.dim.t.id  IDENTITY

-- case: a search path makes things in its first schema and reads from where they are known to be
-- dialect: postgres, redshift
CREATE TABLE base.rates (id INT);
SET search_path TO app, base, public;
CREATE TABLE t (id INT);
CREATE VIEW v AS SELECT t.id FROM t JOIN rates ON rates.id = t.id JOIN elsewhere e ON e.id = t.id;
RESET search_path;
CREATE VIEW w AS SELECT id FROM u;
-- expect
-- table app.t(id)
-- table base.rates(id)
-- view app.v(id)
-- view w(id)
-- app.v <- elsewhere
-- app.v <- app.t
-- app.v <- base.rates
-- w <- u
-- app.v.id <- app.t.id  IDENTITY
-- w.id <- u.id  IDENTITY
-- app.v <~ elsewhere.id  JOIN
-- app.v <~ app.t.id  JOIN
-- app.v <~ base.rates.id  JOIN

-- case: a search path with the user's own schema and the default says nothing
-- dialect: postgres
SET search_path = "$user", public;
CREATE VIEW v AS SELECT id FROM t;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE VIEW x.w AS SELECT id FROM x.t;
-- expect
-- view v(id)
-- view x.w(id)
-- v <- x.t
-- x.w <- x.t
-- v.id <- x.t.id  IDENTITY
-- x.w.id <- x.t.id  IDENTITY

-- case: a function has a search path of its own
-- dialect: postgres
CREATE FUNCTION load() RETURNS void LANGUAGE plpgsql SET search_path = app AS $$
BEGIN
  INSERT INTO t SELECT id FROM s;
END $$;
CREATE VIEW v AS SELECT id FROM t;
-- expect
-- function load
-- view v(id)
-- app.t <- app.s
-- v <- app.t
-- load reads app.s(id)
-- load writes app.t
-- app.t.id <- app.s.id  IDENTITY
-- v.id <- app.t.id  IDENTITY

-- case: a session's schema in Oracle, DuckDB and Teradata
-- dialect: oracle
ALTER SESSION SET CURRENT_SCHEMA = app;
CREATE VIEW v AS SELECT id FROM t;
-- expect
-- view app.v(id)
-- app.v <- app.t
-- app.v.id <- app.t.id  IDENTITY

-- case: DuckDB's search path is a string
-- dialect: duckdb
SET search_path = 'app';
CREATE VIEW v AS SELECT id FROM t;
SET schema = 'mart';
CREATE VIEW w AS SELECT id FROM t;
-- expect
-- view app.v(id)
-- view mart.w(id)
-- app.v <- app.t
-- mart.w <- mart.t
-- app.v.id <- app.t.id  IDENTITY
-- mart.w.id <- mart.t.id  IDENTITY

-- case: Teradata's DATABASE is a USE
-- dialect: teradata
DATABASE app;
CREATE VIEW v AS SELECT id FROM t;
-- expect
-- view app.v(id)
-- app.v <- app.t
-- app.v.id <- app.t.id  IDENTITY

-- case: what a temporary holds is of where it was filled
-- dialect: mysql
USE a;
CREATE TEMPORARY TABLE x AS SELECT id FROM t;
USE b;
INSERT INTO y SELECT id FROM x;
-- expect
-- b.y <- a.t
-- script.sql reads a.t(id)
-- script.sql writes b.y
-- b.y.id <- a.t.id  IDENTITY

-- case: CTEs, functions and keys know their schema too
-- dialect: postgres
SET search_path = app;
CREATE TABLE p (id INT PRIMARY KEY);
CREATE TABLE c (p_id INT REFERENCES p (id));
CREATE FUNCTION f(x INT) RETURNS INT LANGUAGE sql AS $$ SELECT id FROM p WHERE id = x $$;
CREATE VIEW v AS WITH q AS (SELECT p_id FROM c) SELECT f(p_id) AS a, n FROM q, generate_series(1, 3) n;
COMMENT ON TABLE p IS 'parents';
CALL tidy();
-- expect
-- function app.f
-- table app.c(p_id)
-- table app.p(id)
-- view app.v(a, n)
-- app.v <- app.c
-- app.v <- app.p
-- app.c references app.p [{"columns":["p_id"],"referenced_columns":["id"]}]
-- app.f reads app.p(id)
-- app.v calls app.f
-- script.sql calls tidy
-- app.v.a <- app.c.p_id  TRANSFORMATION: f(p_id)
-- app.v.a <- app.p.id  TRANSFORMATION: f(p_id)
-- app.v <~ app.p.id  FILTER

-- case: dropping and renaming mean what is in the schema in use
-- dialect: mysql
USE a;
CREATE TABLE t (id INT);
RENAME TABLE t TO u;
INSERT INTO u SELECT id FROM s;
-- expect
-- table a.t(id)
-- table a.u(id)
-- a.u <- a.s
-- a.u <- a.t
-- script.sql reads a.s(id)
-- script.sql writes a.u
-- a.u.id <- a.s.id  IDENTITY
-- a.u.id <- a.t.id  IDENTITY

-- case: USE within a text that is put together holds within it
-- dialect: tsql
USE a;
EXEC('USE b; INSERT INTO dbo.t SELECT id FROM dbo.s');
INSERT INTO dbo.t SELECT id FROM dbo.s;
-- expect
-- dbo.t <- dbo.s
-- script.sql reads dbo.s(id)
-- script.sql writes dbo.t
-- dbo.t.id <- dbo.s.id  IDENTITY

-- case: hints and plans begin with USE and name no database
-- dialect: tsql
USE a;
SELECT id INTO t2 FROM t OPTION (USE HINT ('RECOMPILE'));
-- expect
-- table t2(id)
-- t2 <- t
-- script.sql reads t(id)
-- script.sql writes t2
-- t2.id <- t.id  IDENTITY
