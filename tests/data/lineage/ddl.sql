-- case: CREATE TABLE AS gives its columns the names of the outputs
CREATE TABLE t AS SELECT a, b + 1 AS c FROM s;
-- expect
-- table t(a, c)
-- t <- s
-- t.a <- s.a  IDENTITY
-- t.c <- s.b  TRANSFORMATION: b + 1

-- case: CREATE TABLE AS with a column list names them itself
-- dialect: postgres, trino
CREATE TABLE t (x, y) AS SELECT a, b FROM s;
-- expect
-- table t(x, y)
-- t <- s
-- t.x <- s.a  IDENTITY
-- t.y <- s.b  IDENTITY

-- case: CREATE TABLE LIKE takes the columns of another table
CREATE TABLE s (a int, b int);
CREATE TABLE t LIKE s;
-- expect
-- table s(a, b)
-- table t(a, b)
-- t <- s
-- t.a <- s.a  IDENTITY
-- t.b <- s.b  IDENTITY

-- case: LIKE within the brackets adds the columns of another table
-- dialect: postgres
CREATE TABLE s (a int, b int);
CREATE TABLE t (LIKE s INCLUDING ALL, c int);
-- expect
-- table s(a, b)
-- table t(a, b, c)
-- t <- s
-- t.a <- s.a  IDENTITY
-- t.b <- s.b  IDENTITY

-- case: CLONE copies rows and columns
-- dialect: snowflake, databricks, bigquery
CREATE TABLE s (a int, b int);
CREATE TABLE t CLONE s;
-- expect
-- table s(a, b)
-- table t(a, b)
-- t <- s
-- t.a <- s.a  IDENTITY
-- t.b <- s.b  IDENTITY

-- case: COPY GRANTS is no copy
-- dialect: snowflake
CREATE OR REPLACE TABLE t COPY GRANTS AS SELECT a FROM s;
-- expect
-- table t(a)
-- t <- s
-- t.a <- s.a  IDENTITY

-- case: a shallow clone is a clone
-- dialect: databricks
CREATE OR REPLACE TABLE t SHALLOW CLONE s VERSION AS OF 3;
-- expect
-- table t
-- t <- s

-- case: a generated column is made of its own table's columns
-- dialect: postgres, mysql, databricks
CREATE TABLE t (a int, b int, c int GENERATED ALWAYS AS (a + b) STORED);
-- expect
-- table t(a, b, c)
-- t.c <- t.a  TRANSFORMATION: (a + b)
-- t.c <- t.b  TRANSFORMATION: (a + b)

-- case: a computed column is made of its own table's columns
-- dialect: tsql
CREATE TABLE t (a int, b AS (a * 2) PERSISTED, c AS upper(d), d varchar(10));
-- expect
-- table t(a, b, c, d)
-- t.b <- t.a  TRANSFORMATION: (a * 2)
-- t.c <- t.d  TRANSFORMATION: upper(d)

-- case: defaults, keys and comments belong to their columns
-- dialect: mysql
-- show: details
CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  name varchar(50) DEFAULT 'none' COMMENT 'what it is called',
  parent_id int NULL REFERENCES p (id),
  UNIQUE (name)
) COMMENT = 'all of it';
-- expect
-- table t -- all of it
--   id INT NOT NULL PRIMARY KEY
--   name VARCHAR(50) UNIQUE DEFAULT 'none' -- what it is called
--   parent_id INT NULL
-- t references p [{"columns":["parent_id"],"referenced_columns":["id"]}]

-- case: a foreign key relates tables and columns
CREATE TABLE c (id int PRIMARY KEY);
CREATE TABLE o (id int, cid int, CONSTRAINT fk FOREIGN KEY (cid) REFERENCES c (id));
-- expect
-- table c(id)
-- table o(id, cid)
-- o references c [{"columns":["cid"],"referenced_columns":["id"]}]

-- case: RENAME makes one table of two names
ALTER TABLE a RENAME TO b;
INSERT INTO b (x) SELECT y FROM s;
-- expect
-- b <- a
-- b <- s
-- script.sql reads s(y)
-- script.sql writes b(x)
-- b.x <- s.y  IDENTITY

-- case: SWAP exchanges what two tables hold
-- dialect: snowflake
INSERT INTO t_new (a) SELECT b FROM s;
ALTER TABLE t_new SWAP WITH t;
-- expect
-- t <- t_new
-- t_new <- s
-- script.sql reads s(b)
-- script.sql writes t_new(a)
-- t_new.a <- s.b  IDENTITY

-- case: EXCHANGE PARTITION moves rows
-- dialect: hive
ALTER TABLE t EXCHANGE PARTITION (day = '1') WITH TABLE s;
-- expect
-- t <- s
-- script.sql reads s
-- script.sql writes t

-- case: a view's column list names its outputs
CREATE VIEW v (x, y) AS SELECT a, b + 1 FROM s;
-- expect
-- view v(x, y)
-- v <- s
-- v.x <- s.a  IDENTITY
-- v.y <- s.b  TRANSFORMATION: b + 1

-- case: a materialized view is made of its query
-- dialect: postgres, snowflake, bigquery, redshift, oracle
CREATE MATERIALIZED VIEW v AS SELECT a FROM s;
-- expect
-- materialized_view v(a)
-- v <- s
-- v.a <- s.a  IDENTITY

-- case: a view over a view is made of the view
CREATE VIEW v1 AS SELECT a FROM s;
CREATE VIEW v2 AS SELECT a AS b FROM v1;
-- expect
-- view v1(a)
-- view v2(b)
-- v1 <- s
-- v2 <- v1
-- v1.a <- s.a  IDENTITY
-- v2.b <- v1.a  IDENTITY

-- case: a synonym is another name for a table
-- dialect: oracle, tsql
CREATE TABLE hr.staff (id INT, name VARCHAR(9));
CREATE SYNONYM syn FOR hr.staff;
CREATE VIEW v AS SELECT name FROM syn;
-- expect
-- synonym syn(id, name)
-- table hr.staff(id, name)
-- view v(name)
-- syn <- hr.staff
-- v <- syn
-- syn.id <- hr.staff.id  IDENTITY
-- syn.name <- hr.staff.name  IDENTITY
-- v.name <- syn.name  IDENTITY

-- case: a partition is a part of its parent
-- dialect: postgres
CREATE TABLE p (a int, day date) PARTITION BY RANGE (day);
CREATE TABLE p_2024 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
-- expect
-- table p(a, day)
-- table p_2024
-- p <- p_2024

-- case: dropped, analysed and refreshed tables say nothing of flow
-- dialect: spark, databricks
DROP TABLE IF EXISTS a;
ANALYZE TABLE b COMPUTE STATISTICS;
REFRESH TABLE c;
UNCACHE TABLE d;
MSCK REPAIR TABLE e;
OPTIMIZE f;
VACUUM g;
-- expect

-- case: an external table reads its location
-- dialect: hive, spark, athena
CREATE EXTERNAL TABLE t (a int, b string) STORED AS PARQUET LOCATION 's3://bucket/t/';
-- expect
-- table t(a, b)
-- t <- path:s3://bucket/t/

-- case: a dynamic table is made of its query
-- dialect: snowflake
CREATE OR REPLACE DYNAMIC TABLE t TARGET_LAG = '1 minute' WAREHOUSE = w AS SELECT a FROM s;
-- expect
-- table t(a)
-- t <- s
-- t.a <- s.a  IDENTITY

-- case: a CTAS with options before its query
-- dialect: databricks, spark
CREATE TABLE t USING DELTA PARTITIONED BY (day) LOCATION '/x' AS SELECT a, day FROM s;
-- expect
-- table t(a, day)
-- t <- s
-- t.a <- s.a  IDENTITY
-- t.day <- s.day  IDENTITY

-- case: a CTAS in brackets
-- dialect: redshift, teradata, snowflake
CREATE TABLE t AS (SELECT a FROM s);
-- expect
-- table t(a)
-- t <- s
-- t.a <- s.a  IDENTITY

-- case: a clone may be of a table
-- dialect: fabric
CREATE TABLE t AS CLONE OF s;
-- expect
-- table t
-- t <- s

-- case: a table may be made as another table is
-- dialect: teradata
CREATE TABLE t AS s WITH DATA;
-- expect
-- table t
-- t <- s

-- case: APPEND FROM moves rows
-- dialect: redshift
ALTER TABLE t APPEND FROM s;
-- expect
-- t <- s
-- script.sql reads s
-- script.sql writes t

-- case: an ALTER that ends too soon adds nothing
CREATE TABLE s (a int);
ALTER TABLE s ADD
CREATE VIEW v AS SELECT a FROM s;
-- expect
-- table s(a)
-- view v(a)
-- v <- s
-- v.a <- s.a  IDENTITY

-- case: a table that is cached as it is is not written
-- dialect: spark
CACHE TABLE s;
-- expect

-- case: MySQL puts the columns of a query beside those listed
-- dialect: mysql
CREATE TABLE t (id int, a int) SELECT a, b FROM s;
-- expect
-- table t(id, a, b)
-- t <- s
-- t.a <- s.a  IDENTITY
-- t.b <- s.b  IDENTITY

-- case: a materialised view may fill a table
-- dialect: clickhouse
CREATE MATERIALIZED VIEW mv TO t AS SELECT a, count() AS n FROM s GROUP BY a;
-- expect
-- materialized_view mv(a, n)
-- t <- mv
-- mv <- s
-- script.sql reads mv
-- script.sql writes t
-- t.a <- mv.a  IDENTITY
-- t.n <- mv.n  IDENTITY
-- mv.a <- s.a  IDENTITY
-- mv <~ s.a  GROUP_BY

-- case: a swap of tables that the file does not fill moves the second into the first
-- dialect: snowflake
ALTER TABLE t SWAP WITH s;
-- expect
-- t <- s
-- script.sql reads s
-- script.sql writes t

-- case: two tables change places
-- dialect: clickhouse
INSERT INTO s (a) SELECT x FROM r;
EXCHANGE TABLES t AND s;
-- expect
-- s <- r
-- t <- s
-- script.sql reads r(x)
-- script.sql writes s(a)
-- s.a <- r.x  IDENTITY

-- case: a partition of another table
-- dialect: clickhouse
ALTER TABLE t ATTACH PARTITION 1 FROM s;
ALTER TABLE t REPLACE PARTITION 2 FROM r;
-- expect
-- t <- r
-- t <- s
-- script.sql reads r
-- script.sql reads s
-- script.sql writes t

-- case: an index after a query belongs to the table
-- dialect: teradata
CREATE MULTISET TABLE t, NO FALLBACK AS (SELECT a FROM s) WITH DATA UNIQUE PRIMARY INDEX (a);
-- expect
-- table t(a)
-- t <- s
-- t.a <- s.a  IDENTITY

-- case: a model is made of the rows that it learns from
-- dialect: bigquery, snowflake
CREATE OR REPLACE MODEL m OPTIONS (model_type = 'linear_reg') AS SELECT x, y * 2 AS z FROM t WHERE k > 0;
-- expect
-- table m(x, z)
-- m <- t
-- m.x <- t.x  IDENTITY
-- m.z <- t.y  TRANSFORMATION: y * 2
-- m <~ t.k  FILTER

-- case: a model may learn from a table
-- dialect: redshift
CREATE MODEL m FROM t TARGET y FUNCTION f IAM_ROLE default;
CREATE MODEL n FROM (SELECT a FROM u) TARGET a FUNCTION g IAM_ROLE default;
-- expect
-- table m
-- table n(a)
-- m <- t
-- n <- u
-- n.a <- u.a  IDENTITY

-- case: what Snowflake learns from is referred to by name, or by a query
-- dialect: snowflake
CREATE SNOWFLAKE.ML.FORECAST m (INPUT_DATA => SYSTEM$REFERENCE('TABLE', 'db.s.t'), TIMESTAMP_COLNAME => 'day', TARGET_COLNAME => 'sales');
CREATE OR REPLACE SNOWFLAKE.ML.ANOMALY_DETECTION IF NOT EXISTS n(INPUT_DATA => TABLE(v), LABEL_COLNAME => '');
CREATE SNOWFLAKE.ML.CLASSIFICATION k(INPUT_DATA => SYSTEM$QUERY_REFERENCE('SELECT a, b FROM u'), TARGET_COLNAME => 'b');
-- expect
-- table k(a, b)
-- table m
-- table n
-- k <- u
-- m <- db.s.t
-- n <- v
-- k.a <- u.a  IDENTITY
-- k.b <- u.b  IDENTITY

-- case: a semantic view is made of its tables
-- dialect: snowflake
CREATE OR REPLACE SEMANTIC VIEW sv
  TABLES (o AS db.orders PRIMARY KEY (id), db.customers PRIMARY KEY (id))
  RELATIONSHIPS (o (cid) REFERENCES customers)
  FACTS (PRIVATE o.price AS amount * 2)
  DIMENSIONS (customers.name AS customers.cname)
  METRICS (o.total AS SUM(o.price));
-- expect
-- view sv(price, name, total)
-- sv <- db.customers
-- sv <- db.orders

-- case: a virtual table is a table
-- dialect: sqlite
CREATE VIRTUAL TABLE IF NOT EXISTS x USING fts5(a, b);
INSERT INTO x (a) SELECT c FROM t;
-- expect
-- table x(a?)
-- x <- t
-- script.sql reads t(c)
-- script.sql writes x(a)
-- x.a <- t.c  IDENTITY

-- case: a view that locks by the short word
-- dialect: teradata
REPLACE VIEW shop.open_orders AS LOCK ROW FOR ACCESS SEL o.id, o.total AS amount FROM shop.orders o;
-- expect
-- view shop.open_orders(id, amount)
-- shop.open_orders <- shop.orders
-- shop.open_orders.id <- shop.orders.id  IDENTITY
-- shop.open_orders.amount <- shop.orders.total  IDENTITY

-- case: a column that is dropped or renamed is so from then on
-- dialect: postgres
CREATE TABLE t (id INT, old INT, gone INT);
ALTER TABLE t DROP COLUMN IF EXISTS old CASCADE, DROP gone, DROP CONSTRAINT id;
CREATE VIEW v AS SELECT * FROM t;
-- expect
-- table t(id)
-- view v(id)
-- v <- t
-- v.id <- t.id  IDENTITY

-- case: sp_rename and a list behind DROP change columns
-- dialect: tsql
CREATE TABLE dbo.t (id INT, a INT, b INT, c INT);
EXEC sp_rename 'dbo.t.a', 'z', 'COLUMN';
ALTER TABLE dbo.t DROP COLUMN b, c;
GO
CREATE VIEW dbo.v AS SELECT * FROM dbo.t
-- expect
-- table dbo.t(id, z)
-- view dbo.v(id, z)
-- dbo.v <- dbo.t
-- dbo.v.id <- dbo.t.id  IDENTITY
-- dbo.v.z <- dbo.t.z  IDENTITY

-- case: a view that is defined again is made of what it is defined as last
-- dialect: tsql
CREATE VIEW dbo.v AS SELECT a FROM dbo.t
GO
ALTER VIEW dbo.v AS SELECT b FROM dbo.u
-- expect
-- view dbo.v(b)
-- dbo.v <- dbo.u
-- dbo.v.b <- dbo.u.b  IDENTITY

-- case: the rows of an external table are those of its files
-- dialect: snowflake
CREATE EXTERNAL TABLE et (a INT AS (value:c1::INT)) LOCATION = @st/x/ FILE_FORMAT = (TYPE = csv);
-- expect
-- table et(a)
-- et <- path:@st/x/

-- case: files of an external table stand in brackets
-- dialect: bigquery
CREATE EXTERNAL TABLE ds.et OPTIONS (format = 'CSV', uris = ['gs://b/a.csv', 'gs://b/b.csv']);
-- expect
-- table ds.et
-- ds.et <- path:gs://b/a.csv
-- ds.et <- path:gs://b/b.csv

-- case: a table over a location of Spark is made of its files
-- dialect: spark
CREATE TABLE et (a INT) USING parquet LOCATION 's3://b/x/';
-- expect
-- table et(a)
-- et <- path:s3://b/x/

-- case: a column computed by a function is made of its arguments and of what it gives, and the table calls it
-- dialect: tsql
CREATE FUNCTION dbo.pad (@n int) RETURNS varchar(9) AS BEGIN RETURN RIGHT('00000000' + CONVERT(varchar(8), @n), 8) END
GO
CREATE TABLE dbo.t (id int NOT NULL, no AS ISNULL('AW' + dbo.pad(id), '') PERSISTED, CONSTRAINT pk PRIMARY KEY (id));
-- expect
-- function dbo.pad
-- table dbo.t(id, no)
-- dbo.t calls dbo.pad
-- dbo.t.no <- dbo.t.id  TRANSFORMATION: ISNULL('AW' + dbo.pad(id), '')

-- case: a table calls the functions of its defaults and of what it checks
-- dialect: postgres
CREATE FUNCTION app.fresh() RETURNS int LANGUAGE sql AS 'SELECT max(id) FROM app.used';
CREATE FUNCTION ok(v text) RETURNS boolean LANGUAGE sql AS $$ SELECT v ~ '^[a-z]+$' $$;
CREATE TABLE t (id int DEFAULT app.fresh(), code text CHECK (ok(code)), n int DEFAULT 3, at timestamp DEFAULT now(),
    CONSTRAINT few CHECK (n IN (1, 2, 3) AND ok(code || 'x')));
-- expect
-- function app.fresh
-- function ok
-- table t(id, code, n, at)
-- app.fresh reads app.used(id)
-- t calls app.fresh
-- t calls ok

-- case: what is added to a table later may compute, default and check as well
-- dialect: tsql
CREATE FUNCTION dbo.f (@n int) RETURNS int AS BEGIN RETURN @n + 1 END
GO
CREATE TABLE dbo.t (a int, b int, c int);
ALTER TABLE dbo.t ADD d AS (dbo.f(a));
ALTER TABLE dbo.t ADD CONSTRAINT df DEFAULT (dbo.g()) FOR b;
ALTER TABLE dbo.t WITH CHECK ADD CONSTRAINT ck CHECK (dbo.h(c) = 1);
-- expect
-- function dbo.f
-- table dbo.t(a, b, c, d)
-- dbo.t calls dbo.f
-- dbo.t calls dbo.g
-- dbo.t calls dbo.h
-- dbo.t.d <- dbo.t.a  TRANSFORMATION: (dbo.f(a))

-- case: a table whose default takes the numbers of a sequence reads it
-- dialect: postgres
CREATE SEQUENCE public.s;
CREATE SEQUENCE r;
CREATE TABLE public.t (id int DEFAULT nextval('public.s'::regclass) NOT NULL, n int);
ALTER TABLE ONLY public.t ALTER COLUMN n SET DEFAULT nextval('r');
-- expect
-- sequence public.s
-- sequence r
-- table public.t(id, n)
-- public.t reads public.s
-- public.t reads r

-- case: a default of NEXT VALUE FOR reads the sequence
-- dialect: tsql
CREATE SEQUENCE dbo.s AS int START WITH 1;
CREATE TABLE dbo.t (id int NOT NULL CONSTRAINT df DEFAULT (NEXT VALUE FOR dbo.s), n int DEFAULT NEXT VALUE FOR dbo.s);
-- expect
-- sequence dbo.s
-- table dbo.t(id, n)
-- dbo.t reads dbo.s

-- case: LIKE brings columns beside others
-- dialect: postgres
CREATE TABLE s (a int);
CREATE TABLE t (LIKE s INCLUDING ALL, b int);
CREATE TABLE c (z int) INHERITS (s);
CREATE TABLE k (i int);
INSERT INTO u (x) SELECT a FROM t JOIN k ON b = i;
INSERT INTO v (x) SELECT a FROM c JOIN k ON z = i;
-- expect
-- table c(a, z)
-- table k(i)
-- table s(a)
-- table t(a, b)
-- u <- k
-- u <- t
-- v <- c
-- v <- k
-- s <- c
-- t <- s
-- script.sql reads c(a, z)
-- script.sql reads k(i)
-- script.sql reads t(a, b)
-- script.sql writes u(x)
-- script.sql writes v(x)
-- u.x <- t.a  IDENTITY
-- v.x <- c.a  IDENTITY
-- t.a <- s.a  IDENTITY
-- u <~ k.i  JOIN
-- u <~ t.b  JOIN
-- v <~ c.z  JOIN
-- v <~ k.i  JOIN

-- case: what a table is partitioned by with a type is a column of it
-- dialect: hive, spark, athena
CREATE TABLE visits (page string) PARTITIONED BY (day string COMMENT 'of the visit', hour int);
CREATE TABLE kept AS SELECT * FROM visits;
INSERT INTO daily SELECT page, v.day FROM visits v JOIN pages p ON v.page = p.url;
-- expect
-- table kept(page, day, hour)
-- table visits(page, day, hour)
-- daily <- pages
-- daily <- visits
-- kept <- visits
-- script.sql reads pages(url)
-- script.sql reads visits(page, day)
-- script.sql writes daily
-- daily.day <- visits.day  IDENTITY
-- daily.page <- visits.page  IDENTITY
-- kept.page <- visits.page  IDENTITY
-- kept.day <- visits.day  IDENTITY
-- kept.hour <- visits.hour  IDENTITY
-- daily <~ pages.url  JOIN
-- daily <~ visits.page  JOIN

-- case: what a table is partitioned by without a type is a column that it has
-- dialect: spark, databricks
CREATE TABLE visits (page string, day date) USING iceberg PARTITIONED BY (day, bucket(4, page));
-- expect
-- table visits(page, day)

-- case: a table is made as what a table function reads
-- dialect: clickhouse
CREATE TABLE copied AS remote('host', 'far', 'bills');
CREATE TABLE named AS bills;
-- expect
-- table copied
-- table named
-- copied <- far.bills
-- named <- far.bills

-- case: a default is one value among others, and hides none
-- dialect: postgres
CREATE FUNCTION new_code() RETURNS int LANGUAGE sql AS $$ SELECT max(code) FROM codes $$;
CREATE TABLE tickets (id int DEFAULT nextval('ticket_ids'), code int DEFAULT new_code(), half int GENERATED ALWAYS AS (code / 2) STORED);
CREATE VIEW open_tickets AS SELECT id, code, half FROM tickets;
-- expect
-- function new_code
-- table tickets(id, code, half)
-- view open_tickets(id, code, half)
-- open_tickets <- tickets
-- new_code reads codes(code)
-- tickets calls new_code
-- tickets reads ticket_ids
-- tickets.half <- tickets.code  TRANSFORMATION: (code / 2)
-- open_tickets.id <- tickets.id  IDENTITY
-- open_tickets.code <- tickets.code  IDENTITY
-- open_tickets.half <- tickets.half  IDENTITY

-- case: a partition is a column once
-- dialect: hive
CREATE TABLE seen (page string) PARTITIONED BY (day string);
INSERT INTO daily (page, day, rest) SELECT * FROM seen;
-- expect
-- table seen(page, day)
-- daily <- seen
-- script.sql reads seen(page, day)
-- script.sql writes daily(day, page, rest)
-- daily.day <- seen.day  IDENTITY
-- daily.page <- seen.page  IDENTITY

-- case: what was said of a column before it got another name is said of that
-- dialect: postgres, snowflake
CREATE TABLE t (a int, b int);
CREATE VIEW v AS SELECT a FROM t;
INSERT INTO t (a) SELECT x FROM s;
ALTER TABLE t RENAME COLUMN a TO c;
CREATE VIEW w AS SELECT c FROM t;
ALTER TABLE t RENAME COLUMN c TO d;
CREATE VIEW a AS SELECT d FROM t;
-- expect
-- table t(d, b)
-- view a(d)
-- view v(a)
-- view w(c)
-- t <- s
-- a <- t
-- v <- t
-- w <- t
-- script.sql reads s(x)
-- script.sql writes t(d)
-- t.d <- s.x  IDENTITY
-- a.d <- t.d  IDENTITY
-- v.a <- t.d  IDENTITY
-- w.c <- t.d  IDENTITY

-- case: a column renamed by a procedure of the system
-- dialect: tsql
SELECT x AS a INTO dbo.t FROM dbo.s
EXEC sp_rename 'dbo.t.a', 'c', 'COLUMN'
GO
CREATE VIEW dbo.w AS SELECT c FROM dbo.t
-- expect
-- table dbo.t(c)
-- view dbo.w(c)
-- dbo.t <- dbo.s
-- dbo.w <- dbo.t
-- script.sql reads dbo.s(x)
-- script.sql writes dbo.t
-- dbo.t.c <- dbo.s.x  IDENTITY
-- dbo.w.c <- dbo.t.c  IDENTITY

-- case: of two relations that may have a column the one has it in which it is renamed
-- dialect: postgres
CREATE TABLE t (a int, k int);
CREATE VIEW v AS SELECT a FROM t JOIN u ON u.k = t.k;
ALTER TABLE t RENAME COLUMN a TO b;
-- expect
-- table t(b, k)
-- view v(a)
-- v <- u
-- v <- t
-- v.a <- t.b  IDENTITY
-- v <~ u.k  JOIN
-- v <~ t.k  JOIN

-- case: columns follow a table through a rename and a swap, and what is renamed is defined
-- dialect: snowflake
CREATE TABLE t_new AS SELECT x AS a FROM src;
DROP TABLE t;
ALTER TABLE t_new RENAME TO t;
CREATE VIEW v AS SELECT * FROM t;
INSERT INTO s_new (a) SELECT b FROM r;
ALTER TABLE s_new SWAP WITH s;
CREATE VIEW w AS SELECT a FROM s;
-- file: u.sql
CREATE TABLE u (a INT, b INT);
ALTER TABLE u RENAME TO u2;
CREATE VIEW k AS SELECT * FROM u2;
-- expect
-- table t(a) in script.sql
-- table t_new(a) in script.sql
-- table u(a, b) in u.sql
-- table u2(a, b) in u.sql
-- view k(a, b) in u.sql
-- view v(a) in script.sql
-- view w(a) in script.sql
-- s <- s_new
-- s_new <- r
-- t <- t_new
-- t_new <- src
-- u2 <- u
-- k <- u2
-- v <- t
-- w <- s
-- script.sql reads r(b)
-- script.sql writes s_new(a)
-- s_new.a <- r.b  IDENTITY
-- t.a <- t_new.a  IDENTITY
-- t_new.a <- src.x  IDENTITY
-- u2.a <- u.a  IDENTITY
-- u2.b <- u.b  IDENTITY
-- k.a <- u2.a  IDENTITY
-- k.b <- u2.b  IDENTITY
-- v.a <- t.a  IDENTITY
-- w.a <- s.a  IDENTITY

-- case: a stream has the columns of its table
-- dialect: snowflake
CREATE TABLE orders (id INT, total INT);
CREATE STREAM changes ON TABLE orders;
INSERT INTO t (a) SELECT total FROM changes;
-- expect
-- table orders(id, total)
-- view changes(id, total)
-- t <- changes
-- changes <- orders
-- script.sql reads changes(total)
-- script.sql writes t(a)
-- t.a <- changes.total  IDENTITY
-- changes.id <- orders.id  IDENTITY
-- changes.total <- orders.total  IDENTITY

-- case: extended properties are comments, a default is as written, and columns are what they are altered to
-- dialect: tsql
-- show: details
CREATE TABLE dbo.t (id INT, n VARCHAR(9) DEFAULT 'x''y', m INT);
ALTER TABLE dbo.t ALTER COLUMN m BIGINT NOT NULL;
EXEC sp_addextendedproperty 'MS_Description', 'The table', 'SCHEMA', 'dbo', 'TABLE', 't';
EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'The key', @level0type = N'SCHEMA', @level0name = N'dbo',
    @level1type = N'TABLE', @level1name = N't', @level2type = N'COLUMN', @level2name = N'id';
-- expect
-- table dbo.t -- The table
--   id INT -- The key
--   n VARCHAR(9) DEFAULT 'x''y'
--   m BIGINT NOT NULL

-- case: ALTER COLUMN says the type and whether it may be null
-- dialect: postgres, snowflake
-- show: details
CREATE TABLE t (id INT, n INT NOT NULL, m INT DEFAULT 1);
ALTER TABLE t ALTER COLUMN id SET NOT NULL, ALTER COLUMN n DROP NOT NULL;
ALTER TABLE t ALTER COLUMN id SET DATA TYPE BIGINT;
ALTER TABLE t ALTER m TYPE NUMERIC(9, 2) USING m::numeric, ALTER m DROP DEFAULT;
-- expect
-- table t
--   id BIGINT NOT NULL
--   n INT NULL
--   m NUMERIC(9, 2)

-- case: MODIFY says a column anew
-- dialect: mysql
-- show: details
CREATE TABLE t (id INT, n INT);
ALTER TABLE t MODIFY COLUMN n BIGINT NOT NULL DEFAULT 3 COMMENT 'n', MODIFY id INT;
-- expect
-- table t
--   id INT
--   n BIGINT NOT NULL DEFAULT 3 -- n

-- case: a description may name what it is of in brackets
-- dialect: tsql
-- show: details
CREATE TABLE [dbo].[t] (id int);
EXECUTE [sys].[sp_addextendedproperty] N'MS_Description', N'All of it', N'SCHEMA', [dbo], N'TABLE', [t], NULL, NULL;
EXECUTE [sys].[sp_addextendedproperty] N'MS_Description', N'Which one', N'SCHEMA', [dbo], N'TABLE', [t], N'COLUMN', [id];
-- expect
-- table dbo.t -- All of it
--   id INT -- Which one

-- case: a model that is announced before its query
-- dialect: duckdb, bigquery
MODEL (
  name shop.daily,
  kind INCREMENTAL_BY_TIME_RANGE (time_column ds),
  cron '@daily',
  grain (id, ds)
);
SELECT o.id, o.ds, sum(o.amount) AS total FROM shop.orders AS o WHERE o.ds BETWEEN @start_ds AND @end_ds GROUP BY 1, 2;
-- file: seen.sql
MODEL (name shop.seen);
WITH d AS (SELECT * FROM shop.daily) SELECT id, total FROM d;
-- expect
-- table shop.daily(id, ds, total) in script.sql
-- view shop.seen(id, total) in seen.sql
-- shop.daily <- shop.orders
-- shop.seen <- shop.daily
-- shop.daily.id <- shop.orders.id  IDENTITY
-- shop.daily.ds <- shop.orders.ds  IDENTITY
-- shop.daily.total <- shop.orders.amount  AGGREGATION: sum(o.amount)
-- shop.seen.id <- shop.daily.id  IDENTITY
-- shop.seen.total <- shop.daily.total  IDENTITY
-- shop.daily <~ shop.orders.ds  GROUP_BY+FILTER
-- shop.daily <~ shop.orders.id  GROUP_BY

-- case: what a policy is given is no column of the tables that it asks
-- dialect: snowflake
CREATE MASKING POLICY m AS (val string, k int) RETURNS string -> CASE WHEN EXISTS (SELECT 1 FROM r WHERE r.who = current_role() AND r.key = k) THEN val ELSE '*' END;
CREATE ROW ACCESS POLICY p AS (region varchar) RETURNS BOOLEAN -> EXISTS (SELECT 1 FROM e WHERE e.who = CURRENT_ROLE() AND reg = region);
-- expect
-- script.sql reads e(reg, who)
-- script.sql reads r(key, who)

-- case: a pipe may be called by any word
-- dialect: snowflake
CREATE PIPE role AS COPY INTO d FROM (SELECT $1 FROM @s);
CREATE ALERT policy WAREHOUSE = w SCHEDULE = '1 minute' IF (EXISTS (SELECT 1 FROM q)) THEN INSERT INTO l (at) SELECT at FROM q;
-- expect
-- d <- path:@s
-- l <- q
-- script.sql reads path:@s($1)
-- script.sql reads q(at)
-- script.sql writes d
-- script.sql writes l(at)
-- l.at <- q.at  IDENTITY
