-- case: a bare name means the only table of that name
-- file: a.sql
CREATE TABLE sales.orders (id int);
-- file: b.sql
CREATE VIEW v AS SELECT id FROM orders;
-- expect
-- table sales.orders(id) in a.sql
-- view v(id) in b.sql
-- v <- sales.orders
-- v.id <- sales.orders.id  IDENTITY

-- case: a bare name that two schemas have stays open
-- file: a.sql
CREATE TABLE sales.orders (id int);
CREATE TABLE crm.orders (id int);
-- file: b.sql
CREATE VIEW v AS SELECT id FROM orders;
-- expect
-- table crm.orders(id) in a.sql
-- table sales.orders(id) in a.sql
-- view v(id) in b.sql
-- v <- orders
-- v.id <- orders.id  IDENTITY
-- `orders` could mean any of 2 definitions (crm.orders, sales.orders); qualify it

-- case: the default schema may be left out
-- dialect: tsql
CREATE TABLE dbo.orders (id int);
CREATE VIEW dbo.v AS SELECT id FROM orders;
-- expect
-- table dbo.orders(id)
-- view dbo.v(id)
-- dbo.v <- dbo.orders
-- dbo.v.id <- dbo.orders.id  IDENTITY

-- case: a database in front is the same table
-- dialect: tsql
CREATE TABLE dbo.orders (id int);
CREATE VIEW dbo.v AS SELECT id FROM shop.dbo.orders;
-- expect
-- table dbo.orders(id)
-- view dbo.v(id)
-- dbo.v <- dbo.orders
-- dbo.v.id <- dbo.orders.id  IDENTITY

-- case: four parts name a table of a linked server
-- dialect: tsql
CREATE VIEW dbo.v AS SELECT o.id FROM far.shop.dbo.orders o;
-- expect
-- view dbo.v(id)
-- dbo.v <- far.shop.dbo.orders
-- dbo.v.id <- far.shop.dbo.orders.id  IDENTITY

-- case: an empty schema part means the default one
-- dialect: tsql
CREATE VIEW dbo.v AS SELECT id FROM shop..orders;
-- expect
-- view dbo.v(id)
-- dbo.v <- shop.dbo.orders
-- dbo.v.id <- shop.dbo.orders.id  IDENTITY

-- case: quotes are no part of a name
-- dialect: postgres, snowflake, oracle, duckdb
CREATE VIEW v AS SELECT "o"."id" FROM "sales"."orders" AS "o";
-- expect
-- view v(id)
-- v <- sales.orders
-- v.id <- sales.orders.id  IDENTITY

-- case: square brackets are no part of a name
-- dialect: tsql
CREATE VIEW [dbo].[v] AS SELECT [o].[order id] FROM [dbo].[order lines] AS [o];
-- expect
-- view dbo.v(order id)
-- dbo.v <- dbo.order lines
-- dbo.v.order id <- dbo.order lines.order id  IDENTITY

-- case: backquotes are no part of a name
-- dialect: mysql, spark, hive, bigquery, databricks
CREATE VIEW `v` AS SELECT `o`.`id` FROM `sales`.`orders` AS `o`;
-- expect
-- view v(id)
-- v <- sales.orders
-- v.id <- sales.orders.id  IDENTITY

-- case: a backquoted path names project, dataset and table
-- dialect: bigquery
CREATE VIEW d.v AS SELECT id FROM `my-project.sales.orders`;
-- expect
-- view d.v(id)
-- d.v <- my-project.sales.orders
-- d.v.id <- my-project.sales.orders.id  IDENTITY

-- case: a project with a dash needs no quotes
-- dialect: bigquery
CREATE VIEW d.v AS SELECT o.id FROM my-project.sales.orders AS o;
-- expect
-- view d.v(id)
-- d.v <- my-project.sales.orders
-- d.v.id <- my-project.sales.orders.id  IDENTITY

-- case: a wildcard table is one name
-- dialect: bigquery
CREATE VIEW d.v AS SELECT id FROM `p.d.events_*` WHERE _TABLE_SUFFIX > '20240101';
-- expect
-- view d.v(id)
-- d.v <- p.d.events_*
-- d.v.id <- p.d.events_*.id  IDENTITY
-- d.v <~ p.d.events_*._TABLE_SUFFIX  FILTER

-- case: columns may be qualified by schema and table
CREATE VIEW v AS SELECT sales.orders.id FROM sales.orders;
-- expect
-- view v(id)
-- v <- sales.orders
-- v.id <- sales.orders.id  IDENTITY

-- case: a table defined in two files is one table
-- file: a.sql
CREATE TABLE s (a int);
-- file: b.sql
CREATE TABLE s (a int, b int);
-- file: c.sql
CREATE VIEW v AS SELECT b FROM s;
-- expect
-- table s(a, b) in a.sql, b.sql
-- view v(b) in c.sql
-- v <- s
-- v.b <- s.b  IDENTITY

-- case: a view named like its source in another schema is another thing
CREATE VIEW mart.orders AS SELECT id FROM raw.orders;
-- expect
-- view mart.orders(id)
-- mart.orders <- raw.orders
-- mart.orders.id <- raw.orders.id  IDENTITY

-- case: a table function of the project is called
-- dialect: tsql
CREATE FUNCTION dbo.f (@a int) RETURNS TABLE AS RETURN (SELECT id, total FROM dbo.orders WHERE kind = @a);
GO
CREATE VIEW dbo.v AS SELECT x.total FROM dbo.f(1) x;
-- expect
-- function dbo.f
-- view dbo.v(total)
-- dbo.v <- dbo.orders
-- dbo.f reads dbo.orders(id, kind, total)
-- dbo.v calls dbo.f
-- dbo.v.total <- dbo.orders.total  IDENTITY
-- dbo.v <~ dbo.orders.kind  FILTER

-- case: a scalar function of the project is called
-- dialect: postgres
CREATE FUNCTION tax(x numeric) RETURNS numeric LANGUAGE sql AS $$ SELECT x * rate FROM rates $$;
CREATE VIEW v AS SELECT tax(total) AS t FROM orders;
-- expect
-- function tax
-- view v(t)
-- v <- orders
-- v <- rates
-- tax reads rates(rate)
-- v calls tax
-- v.t <- orders.total  TRANSFORMATION: tax(total)
-- v.t <- rates.rate  TRANSFORMATION: tax(total)

-- case: IDENTIFIER holds a name
-- dialect: snowflake, databricks
INSERT INTO IDENTIFIER('db.t') (a) SELECT x FROM IDENTIFIER('db.sch.s');
-- expect
-- db.t <- db.sch.s
-- script.sql reads db.sch.s(x)
-- script.sql writes db.t(a)
-- db.t.a <- db.sch.s.x  IDENTITY

-- case: a number within a project's name
-- dialect: bigquery
CREATE TABLE p-1.d.t AS SELECT x FROM p-1.d.s;
-- expect
-- table p-1.d.t(x)
-- p-1.d.t <- p-1.d.s
-- p-1.d.t.x <- p-1.d.s.x  IDENTITY

-- case: the table of a string
-- dialect: snowflake
CREATE VIEW v AS SELECT a FROM TABLE('db.sch.s');
-- expect
-- view v(a)
-- v <- db.sch.s
-- v.a <- db.sch.s.a  IDENTITY

-- case: a column with a field read by its number
-- dialect: clickhouse
CREATE VIEW v AS SELECT s.pair.1 AS a, tuple(b, c).2 AS d FROM s;
-- expect
-- view v(a, d)
-- v <- s
-- v.a <- s.pair  IDENTITY
-- v.d <- s.b  TRANSFORMATION: tuple(b, c)
-- v.d <- s.c  TRANSFORMATION: tuple(b, c)

-- case: a qualifier that only running gives is left out
-- dialect: tsql, spark
CREATE VIEW v AS SELECT a FROM ${env}.t;
CREATE VIEW w AS SELECT b FROM {{ var('s') }}.u WHERE {{ alias }}.c = 1;
-- expect
-- view v(a)
-- view w(b)
-- v <- t
-- w <- u
-- v.a <- t.a  IDENTITY
-- w.b <- u.b  IDENTITY
-- w <~ u.c  FILTER

-- case: a database named by a variable of the client is left out
-- dialect: tsql
CREATE VIEW v AS SELECT a FROM [$(Db)].dbo.t;
CREATE VIEW w AS SELECT b FROM $(Db).$(Sch).u;
-- expect
-- view v(a)
-- view w(b)
-- v <- dbo.t
-- w <- u
-- v.a <- dbo.t.a  IDENTITY
-- w.b <- u.b  IDENTITY

-- case: what setvar says stands in names, texts and numbers after it
-- dialect: tsql
:setvar T orders
:setvar Db "Warehouse"
:setvar Full dbo.lines
:setvar Top 5
INSERT INTO u SELECT a FROM [$(Db)].dbo.stg_$(T) WHERE b = $(Top);
EXEC ('INSERT INTO v SELECT c FROM $(T)');
:setvar T returns
SELECT d FROM $(Full) AS l JOIN $(T) AS r ON l.k = r.k;
-- expect
-- u <- Warehouse.dbo.stg_orders
-- v <- orders
-- script.sql reads Warehouse.dbo.stg_orders(a, b)
-- script.sql reads dbo.lines(k)
-- script.sql reads orders(c)
-- script.sql reads returns(k)
-- script.sql writes u
-- script.sql writes v
-- u.a <- Warehouse.dbo.stg_orders.a  IDENTITY
-- v.c <- orders.c  IDENTITY
-- u <~ Warehouse.dbo.stg_orders.b  FILTER

-- case: a computed table is left out, and the rest of the statement stays
-- dialect: tsql
INSERT INTO u (x) SELECT t.a FROM dbo.[$(T)] AS c JOIN t ON t.k = c.k;
CREATE VIEW dbo.v_$(T) AS SELECT b FROM s_$(Env).w;
-- expect
-- u <- t (0.8)
-- script.sql reads t(a, k) (0.8)
-- script.sql writes u(x) (0.8)
-- u.x <- t.a  IDENTITY (0.8)
-- u <~ t.k  JOIN (0.8)
-- line 1 Warning: A relation is left out, whose name only running would give: dbo.$(T)
-- line 2 Warning: A relation is left out, whose name only running would give: dbo.v_$(T)

-- case: a computed column is left out, and a path keeps its computed parts
-- dialect: databricks
INSERT INTO u SELECT a, ${c} FROM t WHERE d = ${day} AND e = '${f}';
COPY INTO v FROM 's3://{{ bucket }}/${day}/x' FILEFORMAT = CSV;
-- expect
-- u <- t
-- v <- path:s3://{{ bucket }}/${day}/x
-- script.sql reads path:s3://{{ bucket }}/${day}/x
-- script.sql reads t(a, d, e)
-- script.sql writes u
-- script.sql writes v
-- u.a <- t.a  IDENTITY
-- u <~ t.d  FILTER
-- u <~ t.e  FILTER

-- case: a name may begin with a template in every dialect
-- dialect: hive, oracle, spark, postgres, mysql
INSERT INTO t SELECT a FROM s JOIN x.${suffix}_d ON b = ${n};
-- expect
-- t <- s (0.8)
-- script.sql reads s(a, b) (0.8)
-- script.sql writes t (0.8)
-- t.a <- s.a  IDENTITY (0.8)
-- t <~ s.b  JOIN (0.8)
-- line 1 Warning: A relation is left out, whose name only running would give: x.${suffix}_d

-- case: a name may begin with an underscore
-- dialect: hive, oracle, spark, postgres, mysql
INSERT INTO t SELECT _c1, a FROM dw._s;
-- expect
-- t <- dw._s
-- script.sql reads dw._s(_c1, a)
-- script.sql writes t
-- t._c1 <- dw._s._c1  IDENTITY
-- t.a <- dw._s.a  IDENTITY

-- case: a table of the same pipeline goes by its own name
-- dialect: databricks
CREATE OR REFRESH LIVE TABLE bronze AS SELECT a FROM raw.events;
CREATE OR REFRESH LIVE TABLE silver AS SELECT a FROM LIVE.bronze;
CREATE OR REFRESH STREAMING TABLE gold AS SELECT a FROM STREAM(LIVE.silver);
-- expect
-- table bronze(a)
-- table gold(a)
-- table silver(a)
-- bronze <- raw.events
-- gold <- silver
-- silver <- bronze
-- bronze.a <- raw.events.a  IDENTITY
-- gold.a <- silver.a  IDENTITY
-- silver.a <- bronze.a  IDENTITY

-- case: a name in a variable is what the variable holds
-- dialect: snowflake
SET tb = 'db.k';
INSERT INTO z SELECT b FROM IDENTIFIER($tb);
INSERT INTO IDENTIFIER($tb) SELECT c FROM s;
-- expect
-- db.k <- s
-- z <- db.k
-- script.sql reads db.k(b)
-- script.sql reads s(c)
-- script.sql writes db.k
-- script.sql writes z
-- db.k.c <- s.c  IDENTITY
-- z.b <- db.k.b  IDENTITY

-- case: a name in a variable that only running gives is left out
-- dialect: snowflake
INSERT INTO z SELECT b FROM IDENTIFIER($tb) JOIN s ON s.c = 1;
-- expect
-- z <- s (0.8)
-- script.sql reads s(b, c) (0.8)
-- script.sql writes z (0.8)
-- z.b <- s.b  IDENTITY (0.8)
-- z <~ s.c  JOIN (0.8)
-- line 1 Warning: A relation is left out, whose name only running would give: ${tb}

-- case: variables of the client stand for names and values
-- dialect: oracle
DEFINE sch = dw
DEFINE day = 20
INSERT INTO &sch..t SELECT a FROM &other..s WHERE b > &n AND c = &&day;
INSERT INTO u SELECT a FROM w_&suffix;
-- expect
-- dw.t <- s (0.8)
-- script.sql reads s(a, b, c) (0.8)
-- script.sql writes dw.t (0.8)
-- script.sql writes u (0.8)
-- dw.t.a <- s.a  IDENTITY (0.8)
-- dw.t <~ s.b  FILTER (0.8)
-- dw.t <~ s.c  FILTER (0.8)
-- line 3 Info: What is left out here only running would give: &{n}
-- line 4 Warning: A relation is left out, whose name only running would give: w_&{suffix}

-- case: variables of SnowSQL stand for names
-- dialect: snowflake
!define sch=dw
INSERT INTO &sch.t SELECT a FROM &{db}.s;
INSERT INTO u SELECT a FROM &tab;
-- expect
-- dw.t <- s
-- script.sql reads s(a)
-- script.sql writes dw.t
-- script.sql writes u (0.8)
-- dw.t.a <- s.a  IDENTITY
-- line 3 Warning: A relation is left out, whose name only running would give: &{tab}

-- case: variables of psql stand for qualifiers and values
-- dialect: postgres, redshift
INSERT INTO :schema.t SELECT a FROM :"other".s WHERE b > :n AND c = :'day' AND d[1] = 2;
-- expect
-- t <- s
-- script.sql reads s(a, b, c, d)
-- script.sql writes t
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER
-- t <~ s.c  FILTER
-- t <~ s.d  FILTER

-- case: a column may be called interval
-- dialect: ansi, tsql, postgres, mysql, snowflake, bigquery
INSERT INTO o (x, y) SELECT interval, MAX(interval) OVER (PARTITION BY interval) FROM t WHERE interval > 0;
INSERT INTO p (x) SELECT CASE interval WHEN 'd' THEN a ELSE b END FROM t ORDER BY interval;
-- expect
-- o <- t
-- p <- t
-- script.sql reads t(a, b, interval)
-- script.sql writes o(x, y)
-- script.sql writes p(x)
-- o.x <- t.interval  IDENTITY
-- o.y <- t.interval  AGGREGATION+WINDOW: MAX(interval) OVER (PARTITION BY interval)
-- p.x <- t.a  TRANSFORMATION: CASE interval WHEN 'd' THEN a ELSE b END
-- p.x <- t.b  TRANSFORMATION: CASE interval WHEN 'd' THEN a ELSE b END
-- p.x <- t.interval  CONDITIONAL: CASE interval WHEN 'd' THEN a ELSE b END
-- o <~ t.interval  FILTER
-- p <~ t.interval  SORT

-- case: columns called sort and offset stand in a list
-- dialect: ansi, duckdb, trino, spark
CREATE VIEW o AS SELECT id, name, sort FROM menu;
CREATE VIEW k AS SELECT topic, offset, sort AS s FROM kafka_t ORDER BY topic;
-- expect
-- view k(topic, offset, s)
-- view o(id, name, sort)
-- k <- kafka_t
-- o <- menu
-- k.topic <- kafka_t.topic  IDENTITY
-- k.offset <- kafka_t.offset  IDENTITY
-- k.s <- kafka_t.sort  IDENTITY
-- o.id <- menu.id  IDENTITY
-- o.name <- menu.name  IDENTITY
-- o.sort <- menu.sort  IDENTITY
-- k <~ kafka_t.topic  SORT

-- case: a column may be called value
-- dialect: snowflake, postgres, teradata, ansi
INSERT INTO o (x) SELECT SUM(CASE value WHEN 'a' THEN b ELSE 0 END) AS x FROM t;
-- expect
-- o <- t
-- script.sql reads t(b, value)
-- script.sql writes o(x)
-- o.x <- t.b  AGGREGATION: SUM(CASE value WHEN 'a' THEN b ELSE 0 END)
-- o.x <- t.value  CONDITIONAL: SUM(CASE value WHEN 'a' THEN b ELSE 0 END)

-- case: a table in a schema of the name of the table before it
-- dialect: bigquery, redshift
INSERT INTO o (x, y) SELECT sales.x, items.y FROM sales.sales JOIN sales.items ON sales.id = items.id;
-- expect
-- o <- sales.items
-- o <- sales.sales
-- script.sql reads sales.items(id, y)
-- script.sql reads sales.sales(id, x)
-- script.sql writes o(x, y)
-- o.x <- sales.sales.x  IDENTITY
-- o.y <- sales.items.y  IDENTITY
-- o <~ sales.items.id  JOIN
-- o <~ sales.sales.id  JOIN

-- case: an alias before a dot in FROM is no schema
INSERT INTO o (id, sku) SELECT a.id, item.sku FROM d.o a, a.items AS item;
-- expect
-- o <- d.o
-- script.sql reads d.o(id, items)
-- script.sql writes o(id, sku)
-- o.id <- d.o.id  IDENTITY
-- o.sku <- d.o.items  TRANSFORMATION

-- case: TABLE reads all of a name of any parts
-- dialect: postgres, trino
CREATE VIEW v AS TABLE pg.s.base;
CREATE VIEW w AS TABLE t ORDER BY x;
-- expect
-- view v
-- view w
-- v <- pg.s.base
-- w <- t
-- w <~ t.x  SORT

-- case: tables that case alone tells apart are one, which is said
-- dialect: postgres
-- file: a.sql
CREATE TABLE "User" (id int);
CREATE TABLE "Order" (id int);
-- file: b.sql
CREATE TABLE USER (name text);
CREATE TABLE "Order" (total int);
-- expect
-- table Order(id, total) in a.sql, b.sql
-- table User(id, name) in a.sql, b.sql
-- `User` is taken for one with `USER`, from which a database tells it apart by case

-- case: a table of BigQuery is another in another case
-- dialect: bigquery
CREATE TABLE d.Orders (id INT64);
CREATE VIEW d.v AS SELECT id FROM d.orders;
-- file: b.sql
CREATE TABLE d.orders (id INT64, total INT64);
-- expect
-- table d.orders(id, total) in b.sql, script.sql
-- view d.v(id) in script.sql
-- d.v <- d.orders
-- d.v.id <- d.orders.id  IDENTITY
-- `orders` is taken for one with `Orders`, from which a database tells it apart by case

-- case: columns that case alone tells apart are one, which is said
-- dialect: postgres
CREATE TABLE t ("Id" int, id int, "NAME" text);
CREATE TABLE u (a int, B int);
-- expect
-- table t(Id, NAME)
-- table u(a, B)
-- line 1 Warning: Columns of t that differ in case alone are taken for one: Id, id

-- case: two definitions of one file that differ in case alone are said to be one
-- dialect: postgres
CREATE TABLE "User" (id int, mail text);
CREATE TABLE "user" (id int, name text);
-- expect
-- table user(id, name)
-- line 2 Warning: `User` and `user` differ in case alone, and are taken for one
