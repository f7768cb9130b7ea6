-- case: a temporary table is looked through
-- dialect: tsql
SELECT a, b + 1 AS c INTO #x FROM s;
INSERT INTO t (p, q) SELECT a, c FROM #x;
-- expect
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t(p, q)
-- t.p <- s.a  IDENTITY
-- t.q <- s.b  TRANSFORMATION: b + 1

-- case: a declared temporary table filled twice is made of both
-- dialect: tsql
CREATE TABLE #x (p int, q int);
INSERT INTO #x SELECT a, b FROM s1;
INSERT INTO #x (q) SELECT c FROM s2;
INSERT INTO t (r, w) SELECT p, q FROM #x;
-- expect
-- t <- s1
-- t <- s2
-- script.sql reads s1(a, b)
-- script.sql reads s2(c)
-- script.sql writes t(r, w)
-- t.r <- s1.a  IDENTITY
-- t.w <- s1.b  IDENTITY
-- t.w <- s2.c  IDENTITY

-- case: a table variable is looked through
-- dialect: tsql
DECLARE @x TABLE (p int);
INSERT INTO @x SELECT a FROM s;
INSERT INTO t (r) SELECT x.p FROM @x x;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(r)
-- t.r <- s.a  IDENTITY

-- case: a chain of temporaries is looked through
-- dialect: tsql
SELECT a INTO #x FROM s;
SELECT a * 2 AS b INTO #y FROM #x;
INSERT INTO t (c) SELECT b FROM #y;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(c)
-- t.c <- s.a  TRANSFORMATION: a * 2

-- case: CREATE TEMP TABLE AS is looked through
-- dialect: postgres, redshift, snowflake, bigquery, duckdb
CREATE TEMP TABLE x AS SELECT a FROM s;
INSERT INTO t (c) SELECT a FROM x;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(c)
-- t.c <- s.a  IDENTITY

-- case: a temporary view is looked through
-- dialect: spark, databricks, duckdb
CREATE OR REPLACE TEMP VIEW x AS SELECT a, b FROM s WHERE a > 1;
INSERT INTO t (c) SELECT b FROM x;
-- expect
-- t <- s
-- script.sql reads s(b)
-- script.sql writes t(c)
-- t.c <- s.b  IDENTITY
-- t <~ s.a  FILTER

-- case: an update of a temporary adds to what it holds
-- dialect: tsql
SELECT id, 0 AS total INTO #x FROM s;
UPDATE x SET total = u.amount FROM #x x JOIN u ON u.id = x.id;
INSERT INTO t (id, total) SELECT id, total FROM #x;
-- expect
-- t <- s
-- t <- u
-- script.sql reads s(id)
-- script.sql reads u(amount, id)
-- script.sql writes t(id, total)
-- t.id <- s.id  IDENTITY
-- t.total <- u.amount  IDENTITY
-- t <~ s.id  JOIN
-- t <~ u.id  JOIN

-- case: a temporary hides a stored table of its name
-- dialect: postgres
CREATE TEMP TABLE s AS SELECT a FROM raw.s;
INSERT INTO t (c) SELECT a FROM s;
-- expect
-- t <- raw.s
-- script.sql reads raw.s(a)
-- script.sql writes t(c)
-- t.c <- raw.s.a  IDENTITY

-- case: rows output into a temporary go on from there
-- dialect: tsql
CREATE TABLE #log (id int, a int);
INSERT INTO t (a) OUTPUT inserted.id, inserted.a INTO #log (id, a) SELECT x FROM s;
INSERT INTO audit (id) SELECT id FROM #log;
-- expect
-- audit <- s
-- audit <- t
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(x)
-- script.sql writes audit(id)
-- script.sql writes t(a)
-- audit.id <- t.id  IDENTITY
-- t.a <- s.x  IDENTITY

-- case: INSERT EXEC into a temporary takes what the procedure selects
-- dialect: tsql
CREATE PROCEDURE dbo.p AS SELECT a FROM dbo.s;
GO
CREATE TABLE #x (b int);
INSERT INTO #x EXEC dbo.p;
INSERT INTO dbo.t (c) SELECT b FROM #x;
-- expect
-- procedure dbo.p
-- dbo.t <- dbo.s
-- dbo.p reads dbo.s(a)
-- script.sql calls dbo.p
-- script.sql reads dbo.s(a)
-- script.sql writes dbo.t(c)
-- dbo.t.c <- dbo.s.a  IDENTITY

-- case: a star over a temporary gives what it holds
-- dialect: tsql
SELECT a, b AS c INTO #x FROM s;
SELECT * INTO t FROM #x;
-- expect
-- table t(a, c)
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t
-- t.a <- s.a  IDENTITY
-- t.c <- s.b  IDENTITY

-- case: a cached query is there for the session alone
-- dialect: spark, databricks
CACHE TABLE x AS SELECT a FROM s;
INSERT INTO t SELECT a FROM x;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t.a <- s.a  IDENTITY

-- case: a volatile table is a temporary one
-- dialect: teradata
CREATE VOLATILE TABLE x AS (SELECT a FROM s) WITH DATA ON COMMIT PRESERVE ROWS;
INSERT INTO t (c) SELECT a FROM x;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(c)
-- t.c <- s.a  IDENTITY

-- case: Spark's global temporaries go by two names
-- dialect: spark
CREATE GLOBAL TEMPORARY VIEW g AS SELECT a FROM s;
INSERT INTO t (x) SELECT a FROM global_temp.g;
INSERT INTO u (y) SELECT a FROM g;
-- expect
-- t <- s
-- u <- s
-- script.sql reads s(a)
-- script.sql writes t(x)
-- script.sql writes u(y)
-- t.x <- s.a  IDENTITY
-- u.y <- s.a  IDENTITY

-- case: a stream stands between its table and what reads it
-- dialect: snowflake
CREATE STREAM st ON TABLE s;
INSERT INTO t (a) SELECT a FROM st;
-- expect
-- view st(a?)
-- t <- st
-- st <- s
-- script.sql reads st(a)
-- script.sql writes t(a)
-- t.a <- st.a  IDENTITY

-- case: a temporary that is emptied holds nothing of before
-- dialect: tsql
CREATE TABLE #t (a int)
INSERT INTO #t (a) SELECT x FROM s1
TRUNCATE TABLE #t
INSERT INTO #t (a) SELECT x FROM s2
INSERT INTO one (a) SELECT a FROM #t
DELETE FROM #t
INSERT INTO #t (a) SELECT x FROM s3
DELETE #t WHERE a = 1
DELETE TOP (3) FROM #t
IF @k = 1 TRUNCATE TABLE #t
IF @k = 2 SET @k = 3 ELSE DELETE #t
INSERT INTO #t (a) SELECT x FROM s4
INSERT INTO two (a) SELECT a FROM #t
DELETE #t
INSERT INTO three (a) SELECT a FROM #t
-- expect
-- one <- s2
-- two <- s3
-- two <- s4
-- script.sql reads s1(x)
-- script.sql reads s2(x)
-- script.sql reads s3(x)
-- script.sql reads s4(x)
-- script.sql writes one(a)
-- script.sql writes three(a)
-- script.sql writes two(a)
-- one.a <- s2.x  IDENTITY
-- two.a <- s3.x  IDENTITY
-- two.a <- s4.x  IDENTITY

-- case: what decides on the rows of a temporary decides on what is made of it
-- dialect: tsql
SELECT a INTO #t FROM s JOIN r ON s.k = r.k WHERE s.f = 1;
INSERT INTO u SELECT a FROM #t;
-- expect
-- u <- r
-- u <- s
-- script.sql reads r(k)
-- script.sql reads s(f, k)
-- script.sql writes u
-- u <~ r.k  JOIN
-- u <~ s.f  FILTER
-- u <~ s.k  JOIN

-- case: a temporary made anew or emptied forgets what decided on its rows
-- dialect: tsql
SELECT s.a INTO #t FROM s WHERE s.f = 1;
TRUNCATE TABLE #t;
INSERT INTO #t SELECT r.a FROM r WHERE r.g = 2;
SELECT a INTO #w FROM #t;
INSERT INTO u SELECT a FROM #w;
-- expect
-- u <- r
-- script.sql reads r(a, g)
-- script.sql reads s(a, f)
-- script.sql writes u
-- u.a <- r.a  IDENTITY
-- u <~ r.g  FILTER

-- case: SELECT INTO may make a temporary
-- dialect: postgres, redshift
SELECT b INTO TEMP t FROM s;
SELECT c INTO TEMPORARY TABLE u FROM t JOIN w ON t.b = w.b;
INSERT INTO o SELECT t.b, u.c FROM t, u;
-- expect
-- o <- s
-- o <- w
-- script.sql reads s(b)
-- script.sql reads w(b, c)
-- script.sql writes o
-- o.b <- s.b  IDENTITY
-- o.c <- w.c  IDENTITY
-- o <~ s.b  JOIN
-- o <~ w.b  JOIN

-- case: rows output of what an INSERT puts in are made of what it is made of
-- dialect: tsql
DECLARE @put TABLE (id int, x int)
INSERT INTO dbo.first (x) OUTPUT inserted.id, inserted.x INTO @put SELECT y FROM dbo.source
INSERT INTO dbo.second (x) SELECT x FROM @put
INSERT dbo.third (id) SELECT id FROM @put
-- expect
-- dbo.first <- dbo.source
-- dbo.second <- dbo.source
-- dbo.third <- dbo.first
-- dbo.third <- dbo.source
-- script.sql reads columns of dbo.first(id)
-- script.sql reads dbo.source(y)
-- script.sql writes dbo.first(x)
-- script.sql writes dbo.second(x)
-- script.sql writes dbo.third(id)
-- dbo.first.x <- dbo.source.y  IDENTITY
-- dbo.second.x <- dbo.source.y  IDENTITY
-- dbo.third.id <- dbo.first.id  IDENTITY

-- case: rows that a MERGE puts in and outputs are those of its branches, its old ones the target's
-- dialect: tsql
DECLARE @done TABLE (what nvarchar(10), k int, old_v int, v int)
MERGE dbo.t AS t USING dbo.s AS s ON s.k = t.k
WHEN MATCHED THEN UPDATE SET v = s.v
WHEN NOT MATCHED THEN INSERT (k, v) VALUES (s.k, s.w)
OUTPUT $action, inserted.k, deleted.v, inserted.v INTO @done;
INSERT dbo.new_rows (k, v) SELECT k, v FROM @done;
INSERT dbo.old_rows (v) SELECT old_v FROM @done;
-- expect
-- dbo.new_rows <- dbo.s
-- dbo.new_rows <- dbo.t
-- dbo.old_rows <- dbo.s
-- dbo.old_rows <- dbo.t
-- dbo.t <- dbo.s
-- script.sql reads dbo.s(k, v, w)
-- script.sql reads dbo.t(k, v)
-- script.sql writes dbo.new_rows(k, v)
-- script.sql writes dbo.old_rows(v)
-- script.sql writes dbo.t(k, v)
-- dbo.new_rows.k <- dbo.s.k  IDENTITY
-- dbo.new_rows.v <- dbo.s.v  IDENTITY
-- dbo.new_rows.v <- dbo.s.w  IDENTITY
-- dbo.old_rows.v <- dbo.t.v  IDENTITY
-- dbo.t.k <- dbo.s.k  IDENTITY
-- dbo.t.v <- dbo.s.v  IDENTITY
-- dbo.t.v <- dbo.s.w  IDENTITY
-- dbo.t <~ dbo.s.k  JOIN
-- dbo.t <~ dbo.t.k  JOIN

-- case: constants that are put in and output come from nowhere
-- dialect: tsql
DECLARE @put TABLE (x int)
INSERT INTO dbo.t (x) OUTPUT inserted.x INTO @put VALUES (1)
INSERT INTO dbo.u (x) SELECT x FROM @put
-- expect
-- script.sql writes dbo.t(x)
-- script.sql writes dbo.u(x)

-- case: a temporary made on either way of an IF holds what each way makes
-- dialect: postgres
DO $$ BEGIN
  IF extract(dow from now()) = 1 THEN
    CREATE TEMP TABLE part AS SELECT a FROM monday;
    INSERT INTO first_day SELECT a FROM part;
  ELSE
    DROP TABLE IF EXISTS part;
    CREATE TEMP TABLE part AS SELECT a FROM weekday;
    INSERT INTO other_day SELECT a FROM part;
  END IF;
  INSERT INTO days SELECT a FROM part;
END $$;
-- expect
-- days <- monday
-- days <- weekday
-- first_day <- monday
-- other_day <- weekday
-- script.sql reads monday(a)
-- script.sql reads weekday(a)
-- script.sql writes days
-- script.sql writes first_day
-- script.sql writes other_day
-- days.a <- monday.a  IDENTITY
-- days.a <- weekday.a  IDENTITY
-- first_day.a <- monday.a  IDENTITY
-- other_day.a <- weekday.a  IDENTITY

-- case: a temporary made again on the same way holds only what was made last
-- dialect: bigquery
IF flag THEN
  CREATE OR REPLACE TEMP TABLE part AS SELECT a FROM old;
  CREATE OR REPLACE TEMP TABLE part AS SELECT a FROM new;
ELSE
  CREATE OR REPLACE TEMP TABLE part AS SELECT a FROM other;
END IF;
INSERT INTO o SELECT a FROM part;
CREATE OR REPLACE TEMP TABLE part AS SELECT a FROM last;
INSERT INTO p SELECT a FROM part;
-- expect
-- o <- new
-- o <- other
-- p <- last
-- script.sql reads last(a)
-- script.sql reads new(a)
-- script.sql reads other(a)
-- script.sql writes o
-- script.sql writes p
-- o.a <- new.a  IDENTITY
-- o.a <- other.a  IDENTITY
-- p.a <- last.a  IDENTITY

-- case: what an IF may drop is there after it
-- dialect: tsql
SELECT a INTO #part FROM dbo.x
IF @drop = 1 DROP TABLE #part
INSERT dbo.o (a) SELECT a FROM #part
-- expect
-- dbo.o <- dbo.x
-- script.sql reads dbo.x(a)
-- script.sql writes dbo.o(a)
-- dbo.o.a <- dbo.x.a  IDENTITY

-- case: a volatile table in no FROM is what it is made of
-- dialect: teradata
CREATE VOLATILE TABLE vt AS (SELECT a FROM t) WITH DATA;
INSERT INTO o (x) SELECT vt.a;
-- expect
-- o <- t
-- script.sql reads t(a)
-- script.sql writes o(x)
-- o.x <- t.a  IDENTITY

-- case: a temporary table under the session's name
-- dialect: bigquery
CREATE TEMP TABLE x AS SELECT a FROM d.s;
INSERT d.t (a) SELECT a FROM _SESSION.x;
-- expect
-- d.t <- d.s
-- script.sql reads d.s(a)
-- script.sql writes d.t(a)
-- d.t.a <- d.s.a  IDENTITY

-- case: rows put by their places into a temporary table that is a caller's are read by their names
-- dialect: tsql
CREATE PROCEDURE p AS INSERT INTO #o SELECT s.a AS x FROM s INSERT INTO u (x) SELECT x FROM #o
-- expect
-- procedure p
-- u <- s
-- p reads s(a)
-- p writes u(x)
-- u.x <- s.a  IDENTITY

-- case: rows of a temporary are deleted through a query of it
-- dialect: tsql
SELECT k, v INTO #t FROM s
;WITH d AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v) AS n FROM #t)
DELETE FROM d WHERE n > 1
INSERT INTO w (k, v) SELECT k, v FROM #t
-- expect
-- w <- s
-- script.sql reads s(k, v)
-- script.sql writes w(k, v)
-- w.k <- s.k  IDENTITY
-- w.v <- s.v  IDENTITY

-- case: rows of a table variable are changed through a query that joins it
-- dialect: tsql
DECLARE @t TABLE (k int, v int)
INSERT INTO @t (k) SELECT k FROM s
;WITH d AS (SELECT t.v, x.v AS new FROM x JOIN @t t ON t.k = x.k)
UPDATE d SET v = new
UPDATE q SET v = q.v + 1 FROM (SELECT TOP (5) * FROM @t ORDER BY k) AS q
INSERT INTO w (k, v) SELECT k, v FROM @t
-- expect
-- w <- s
-- w <- x
-- script.sql reads s(k)
-- script.sql reads x(k, v)
-- script.sql writes w(k, v)
-- w.k <- s.k  IDENTITY
-- w.v <- x.v  IDENTITY+TRANSFORMATION
-- w <~ s.k  JOIN+SORT
-- w <~ x.k  JOIN

-- case: what a query joins a temporary to is changed through it
-- dialect: tsql
SELECT k INTO #t FROM s
;WITH d AS (SELECT u.v, t.k FROM #t t JOIN u ON u.k = t.k)
UPDATE d SET v = 1
-- expect
-- u <- s
-- script.sql reads columns of u(k, v)
-- script.sql reads s(k)
-- script.sql writes u(v)
-- u <~ s.k  JOIN
-- u <~ u.k  JOIN

-- case: all columns of a temporary come as they were declared
-- dialect: tsql
DECLARE @t TABLE (id int IDENTITY, a int, b int)
INSERT @t (b) SELECT x FROM s
UPDATE @t SET a = s.y FROM s
INSERT w (id, a, b) SELECT * FROM @t
INSERT v (id, z) SELECT id, q.z FROM @t JOIN q ON q.k = b
-- expect
-- v <- q
-- v <- s
-- w <- s
-- script.sql reads q(k, z)
-- script.sql reads s(x, y)
-- script.sql writes v(id, z)
-- script.sql writes w(a, b, id)
-- v.z <- q.z  IDENTITY
-- w.a <- s.y  IDENTITY
-- w.b <- s.x  IDENTITY
-- v <~ q.k  JOIN
-- v <~ s.x  JOIN

-- case: a temporary computes columns of what is put into others
-- dialect: tsql
CREATE TABLE #t (a int, h AS (HASHBYTES('MD5', CONCAT(a, '|', b))) PERSISTED, b int)
INSERT #t SELECT x, y FROM s
UPDATE #t SET b = r.z FROM r
INSERT w (a, h, b) SELECT * FROM #t
-- expect
-- w <- r
-- w <- s
-- script.sql reads r(z)
-- script.sql reads s(x, y)
-- script.sql writes w(a, b, h)
-- w.a <- s.x  IDENTITY
-- w.b <- r.z  IDENTITY
-- w.b <- s.y  IDENTITY
-- w.h <- r.z  TRANSFORMATION
-- w.h <- s.x  TRANSFORMATION
-- w.h <- s.y  TRANSFORMATION

-- case: a global temporary is there in the procedures that its maker calls
-- dialect: tsql
CREATE PROC make AS
CREATE TABLE ##g (a int)
INSERT ##g SELECT x FROM s
EXEC store
GO
CREATE PROC store AS
INSERT w (a) SELECT a FROM ##g
DROP TABLE ##g
-- expect
-- procedure make
-- procedure store
-- w <- s
-- make calls store
-- make reads s(x)
-- store writes w(a)
-- w.a <- s.x  IDENTITY

-- case: a computed column of a temporary is made of what any INSERT put into the columns that its expression names
-- dialect: tsql
CREATE TABLE #t (a int, b int, total AS (ABS(a) + b), twice AS (B * 2), stamp AS (GETDATE()));
INSERT INTO #t (a) SELECT x FROM s1;
INSERT INTO #t VALUES (1, 2);
INSERT INTO #t (b) SELECT y FROM s2;
INSERT INTO o (total, twice, stamp) SELECT total, twice, stamp FROM #t;
-- expect
-- o <- s1
-- o <- s2
-- script.sql reads s1(x)
-- script.sql reads s2(y)
-- script.sql writes o(stamp, total, twice)
-- o.total <- s1.x  TRANSFORMATION
-- o.total <- s2.y  TRANSFORMATION
-- o.twice <- s2.y  TRANSFORMATION

-- case: an UPDATE through a query changes the relation whose column it sets, be it a temporary or not
-- dialect: tsql
CREATE TABLE #m (id int, v int);
INSERT INTO #m SELECT id, amount FROM src;
GO
WITH c AS (SELECT id, total, v FROM #m m JOIN dbo.acc a ON a.acc_id = m.id) UPDATE c SET total = v;
GO
UPDATE q SET b = v FROM (SELECT m.id, s.b, m.v FROM #m m JOIN dbo.s2 s ON s.i = m.id) q;
GO
WITH c AS (SELECT s.n, m.v FROM dbo.s3 s JOIN #m m ON s.i = m.id) UPDATE c SET v = n;
GO
INSERT INTO dbo.last_one SELECT * FROM #m;
GO
-- expect
-- dbo.acc <- src
-- dbo.last_one <- dbo.s3
-- dbo.last_one <- src
-- dbo.s2 <- src
-- script.sql reads columns of dbo.acc(acc_id, total)
-- script.sql reads columns of dbo.s2(b, i)
-- script.sql reads dbo.s3(i, n)
-- script.sql reads src(amount, id)
-- script.sql writes dbo.acc(total)
-- script.sql writes dbo.last_one
-- script.sql writes dbo.s2(b)
-- dbo.acc.total <- src.amount  IDENTITY
-- dbo.last_one.id <- src.id  IDENTITY
-- dbo.last_one.v <- dbo.s3.n  IDENTITY
-- dbo.last_one.v <- src.amount  IDENTITY
-- dbo.s2.b <- src.amount  IDENTITY
-- dbo.acc <~ dbo.acc.acc_id  JOIN
-- dbo.acc <~ src.id  JOIN
-- dbo.last_one <~ dbo.s3.i  JOIN
-- dbo.last_one <~ src.id  JOIN
-- dbo.s2 <~ dbo.s2.i  JOIN
-- dbo.s2 <~ src.id  JOIN
