-- case: a view stands before its table in another file
-- file: a_view.sql
CREATE VIEW v AS SELECT a, b + 1 AS c FROM s.t;
-- file: b_table.sql
CREATE TABLE s.t (a INT, b INT);
-- expect
-- table s.t(a, b) in b_table.sql
-- view v(a, c) in a_view.sql
-- v <- s.t
-- v.a <- s.t.a  IDENTITY
-- v.c <- s.t.b  TRANSFORMATION: b + 1

-- case: a name defined nowhere stays external with the columns that are used
-- file: a.sql
CREATE VIEW v AS SELECT x.a FROM s.gone x WHERE x.b > 0;
-- file: b.sql
INSERT INTO t SELECT c FROM s.gone;
-- expect
-- view v(a) in a.sql
-- t <- s.gone
-- v <- s.gone
-- b.sql reads s.gone(c)
-- b.sql writes t
-- t.c <- s.gone.c  IDENTITY
-- v.a <- s.gone.a  IDENTITY
-- v <~ s.gone.b  FILTER

-- case: a star is expanded by what another file defines, through a view of a third
-- file: a.sql
CREATE VIEW top AS SELECT * FROM middle;
-- file: b.sql
CREATE VIEW middle AS SELECT *, a + b AS c FROM base;
-- file: c.sql
CREATE TABLE base (a INT, b INT);
-- expect
-- table base(a, b) in c.sql
-- view middle(a, b, c) in b.sql
-- view top(a, b, c) in a.sql
-- middle <- base
-- top <- middle
-- middle.a <- base.a  IDENTITY
-- middle.b <- base.b  IDENTITY
-- middle.c <- base.a  TRANSFORMATION: a + b
-- middle.c <- base.b  TRANSFORMATION: a + b
-- top.a <- middle.a  IDENTITY
-- top.b <- middle.b  IDENTITY
-- top.c <- middle.c  IDENTITY

-- case: an INSERT without columns maps onto the columns of another file's table
-- file: load.sql
INSERT INTO t SELECT x, y FROM s;
-- file: ddl.sql
CREATE TABLE t (a INT, b INT);
-- expect
-- table t(a, b) in ddl.sql
-- t <- s
-- load.sql reads s(x, y)
-- load.sql writes t
-- t.a <- s.x  IDENTITY
-- t.b <- s.y  IDENTITY

-- case: one table written in several spellings is one asset
-- dialect: tsql
-- file: a.sql
CREATE TABLE [dbo].[Orders] (Id INT);
-- file: b.sql
SELECT ID FROM DBO.ORDERS;
-- file: c.sql
INSERT INTO dbo.orders (id) SELECT id FROM "dbo"."Staging";
-- expect
-- table dbo.Orders(Id) in a.sql
-- dbo.Orders <- dbo.Staging
-- b.sql reads dbo.Orders(Id)
-- c.sql reads dbo.Staging(id)
-- c.sql writes dbo.Orders(Id)
-- dbo.Orders.Id <- dbo.Staging.id  IDENTITY

-- case: a table defined twice is one asset with the columns of both
-- file: a.sql
CREATE TABLE s.t (a INT);
-- file: b.sql
CREATE TABLE s.t (a INT, b INT);
CREATE VIEW v AS SELECT b FROM s.t;
-- expect
-- table s.t(a, b) in a.sql, b.sql
-- view v(b) in b.sql
-- v <- s.t
-- v.b <- s.t.b  IDENTITY

-- case: a procedure of one file is called by another, and what it writes is read by a third
-- dialect: tsql
-- file: a.sql
CREATE PROCEDURE dbo.load AS INSERT INTO dbo.t (a) SELECT a FROM dbo.s;
-- file: b.sql
EXEC dbo.load;
-- file: c.sql
CREATE VIEW dbo.v AS SELECT a FROM dbo.t;
-- expect
-- procedure dbo.load in a.sql
-- view dbo.v(a) in c.sql
-- dbo.t <- dbo.s
-- dbo.v <- dbo.t
-- b.sql calls dbo.load
-- dbo.load reads dbo.s(a)
-- dbo.load writes dbo.t(a)
-- dbo.t.a <- dbo.s.a  IDENTITY
-- dbo.v.a <- dbo.t.a  IDENTITY

-- case: a script, a model and a query meet in one table
-- dialect: postgres
-- file: etl/load.py
df = pd.read_sql("SELECT id, amount FROM raw.payments", engine)
df.to_sql("stg_payments", engine)
-- file: models/totals.sql
{{ config(materialized='table') }}
SELECT id, SUM(amount) AS total FROM {{ ref('stg_payments') }} GROUP BY id
-- file: report.sql
SELECT total FROM totals;
-- expect
-- table totals(id, total) in models/totals.sql
-- stg_payments <- raw.payments
-- totals <- stg_payments
-- etl/load.py reads raw.payments(amount, id)
-- etl/load.py writes stg_payments
-- report.sql reads totals(total)
-- stg_payments.amount <- raw.payments.amount  IDENTITY
-- stg_payments.id <- raw.payments.id  IDENTITY
-- totals.id <- stg_payments.id  IDENTITY
-- totals.total <- stg_payments.amount  AGGREGATION: SUM(amount)
-- totals <~ stg_payments.id  GROUP_BY

-- case: what is written into a synonym of another file is written into its table
-- dialect: tsql
-- file: a.sql
CREATE PROCEDURE dbo.load AS
BEGIN
  INSERT INTO dbo.syn (id, total) SELECT o.id, o.amount FROM dbo.orders o;
  UPDATE dbo.syn SET total = total + 1 WHERE id = 3;
  MERGE dbo.syn AS t USING dbo.fresh AS f ON f.id = t.id WHEN MATCHED THEN UPDATE SET total = f.total;
  DELETE FROM dbo.syn WHERE id = 0;
END
-- file: b.sql
CREATE SYNONYM dbo.syn FOR lake.shop.dbo.target;
-- file: c.sql
CREATE TABLE dbo.target (id int, total int);
-- expect
-- procedure dbo.load in a.sql
-- synonym dbo.syn(id, total) in b.sql
-- table dbo.target(id, total) in c.sql
-- dbo.syn <- dbo.target
-- dbo.target <- dbo.fresh
-- dbo.target <- dbo.orders
-- dbo.load reads columns of dbo.syn(id, total)
-- dbo.load reads dbo.fresh(id, total)
-- dbo.load reads dbo.orders(amount, id)
-- dbo.load writes dbo.syn
-- dbo.load writes dbo.target(id, total)
-- dbo.syn.id <- dbo.target.id  IDENTITY
-- dbo.syn.total <- dbo.target.total  IDENTITY
-- dbo.target.id <- dbo.orders.id  IDENTITY
-- dbo.target.total <- dbo.fresh.total  IDENTITY
-- dbo.target.total <- dbo.orders.amount  IDENTITY
-- dbo.target.total <- dbo.target.total  TRANSFORMATION: total + 1
-- dbo.target <~ dbo.fresh.id  JOIN
-- dbo.target <~ dbo.target.id  JOIN+FILTER

-- case: what another file says of a table and its columns is theirs
-- dialect: postgres
-- show: details
-- file: 1_tables.sql
CREATE TABLE app.users (id int, email varchar(20), age int DEFAULT 0);
CREATE VIEW app.adults AS SELECT * FROM app.users WHERE age > 17;
-- file: 2_keys.sql
ALTER TABLE app.users ADD CONSTRAINT users_key PRIMARY KEY (id);
ALTER TABLE ONLY app.users ADD CONSTRAINT users_email UNIQUE (email);
ALTER TABLE app.users ALTER COLUMN email SET NOT NULL, ALTER COLUMN email TYPE text, ALTER COLUMN age DROP NOT NULL;
-- file: 3_comments.sql
COMMENT ON TABLE app.users IS 'who signs in';
COMMENT ON COLUMN app.users.email IS 'in lower case';
COMMENT ON COLUMN app.adults.age IS 'in years';
COMMENT ON COLUMN app.users.gone IS 'of no column there is';
COMMENT ON TABLE app.gone IS 'of no table there is';
COMMENT ON SCHEMA app IS 'of no relation';
-- expect
-- table app.users -- who signs in in 1_tables.sql
--   id INT NOT NULL PRIMARY KEY
--   email TEXT NOT NULL UNIQUE -- in lower case
--   age INT NULL DEFAULT 0
-- view app.adults in 1_tables.sql
--   id
--   email
--   age -- in years
-- app.adults <- app.users
-- app.adults.id <- app.users.id  IDENTITY
-- app.adults.email <- app.users.email  IDENTITY
-- app.adults.age <- app.users.age  IDENTITY
-- app.adults <~ app.users.age  FILTER

-- case: of what two files say of one column the last holds
-- dialect: postgres
-- show: details
-- file: 0_type.sql
ALTER TABLE t ALTER COLUMN a TYPE bigint;
COMMENT ON TABLE t IS 'first';
-- file: 1_table.sql
CREATE TABLE t (a int);
-- file: 2_type.sql
ALTER TABLE t ALTER COLUMN a TYPE numeric;
COMMENT ON TABLE t IS 'second';
-- expect
-- table t -- second in 1_table.sql
--   a NUMERIC

-- case: a comment may stand before what it is on
-- dialect: oracle
-- show: details
COMMENT ON COLUMN t.a IS 'the first';
COMMENT ON TABLE t IS 'of one column';
CREATE TABLE t (a int);
-- expect
-- table t -- of one column
--   a INT -- the first

-- case: defaults and descriptions of SQL Server may stand in another file
-- dialect: tsql
-- show: details
-- file: extras.sql
ALTER TABLE dbo.T ADD CONSTRAINT DF_T_At DEFAULT (getdate()) FOR [At];
EXEC sp_addextendedproperty 'MS_Description', 'when it was', 'SCHEMA', 'dbo', 'TABLE', 'T', 'COLUMN', 'At';
EXEC sp_addextendedproperty 'MS_Description', 'what was', 'SCHEMA', 'dbo', 'TABLE', 'T';
-- file: table.sql
CREATE TABLE dbo.T ([At] datetime NOT NULL);
-- expect
-- table dbo.T -- what was in table.sql
--   At DATETIME NOT NULL DEFAULT (getdate()) -- when it was
