-- case: an INSERT with a list goes by it
INSERT INTO t (b, a) SELECT x, y FROM s;
-- expect
-- t <- s
-- script.sql reads s(x, y)
-- script.sql writes t(a, b)
-- t.a <- s.y  IDENTITY
-- t.b <- s.x  IDENTITY

-- case: an INSERT without a list goes by the target's columns
CREATE TABLE t (a int, b int);
INSERT INTO t SELECT x, y FROM s;
-- expect
-- table t(a, b)
-- t <- s
-- script.sql reads s(x, y)
-- script.sql writes t
-- t.a <- s.x  IDENTITY
-- t.b <- s.y  IDENTITY

-- case: an INSERT without a list into an unknown table goes by name
INSERT INTO t SELECT x AS a, y FROM s;
-- expect
-- t <- s
-- script.sql reads s(x, y)
-- script.sql writes t
-- t.a <- s.x  IDENTITY
-- t.y <- s.y  IDENTITY

-- case: a target declared by another file takes by position
-- file: load.sql
INSERT INTO t SELECT x, y FROM s;
-- file: ddl.sql
CREATE TABLE t (a int, b int);
-- expect
-- table t(a, b) in ddl.sql
-- t <- s
-- load.sql reads s(x, y)
-- load.sql writes t
-- t.a <- s.x  IDENTITY
-- t.b <- s.y  IDENTITY

-- case: INSERT BY NAME goes by name
-- dialect: duckdb, databricks
CREATE TABLE t (a int, b int);
INSERT INTO t BY NAME SELECT y AS b, x AS a FROM s;
-- expect
-- table t(a, b)
-- t <- s
-- script.sql reads s(x, y)
-- script.sql writes t
-- t.a <- s.x  IDENTITY
-- t.b <- s.y  IDENTITY

-- case: VALUES with a subquery read it
INSERT INTO t (a, b) VALUES (1, (SELECT max(x) FROM s));
-- expect
-- t <- s
-- script.sql reads s(x)
-- script.sql writes t(a, b)
-- t.b <- s.x  AGGREGATION: SELECT max(x) FROM s

-- case: VALUES alone flow from nowhere
INSERT INTO t (a, b) VALUES (1, 2), (3, 4);
-- expect
-- script.sql writes t

-- case: INSERT OVERWRITE of a partition
-- dialect: hive, spark, databricks
INSERT OVERWRITE TABLE t PARTITION (day = '2024-01-01') SELECT a, b FROM s;
-- expect
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t
-- t.a <- s.a  IDENTITY
-- t.b <- s.b  IDENTITY

-- case: a dynamic partition takes the last columns
-- dialect: hive, spark
CREATE TABLE t (a int, b int, day string);
INSERT INTO TABLE t PARTITION (day) SELECT x, y, z FROM s;
-- expect
-- table t(a, b, day)
-- t <- s
-- script.sql reads s(x, y, z)
-- script.sql writes t
-- t.a <- s.x  IDENTITY
-- t.b <- s.y  IDENTITY
-- t.day <- s.z  IDENTITY

-- case: FROM first feeds several inserts
-- dialect: hive, spark
FROM s INSERT OVERWRITE TABLE t1 SELECT a WHERE b > 1 INSERT INTO TABLE t2 SELECT c, d WHERE e = 1;
-- expect
-- t1 <- s
-- t2 <- s
-- script.sql reads s(a, b, c, d, e)
-- script.sql writes t1
-- script.sql writes t2
-- t1.a <- s.a  IDENTITY
-- t2.c <- s.c  IDENTITY
-- t2.d <- s.d  IDENTITY
-- t1 <~ s.b  FILTER
-- t2 <~ s.e  FILTER

-- case: INSERT ALL feeds several tables from one query
-- dialect: oracle, snowflake
INSERT ALL INTO t1 (a) VALUES (x) INTO t2 (b, c) VALUES (x, y + 1) SELECT x, y FROM s;
-- expect
-- t1 <- s
-- t2 <- s
-- script.sql reads s(x, y)
-- script.sql writes t1(a)
-- script.sql writes t2(b, c)
-- t1.a <- s.x  IDENTITY
-- t2.b <- s.x  IDENTITY
-- t2.c <- s.y  TRANSFORMATION: y + 1

-- case: INSERT FIRST chooses by conditions
-- dialect: oracle, snowflake
INSERT FIRST WHEN x > 10 THEN INTO t1 (a) VALUES (x) WHEN x > 5 THEN INTO t2 (a) VALUES (y) ELSE INTO t3 (a) VALUES (x) SELECT x, y FROM s;
-- expect
-- t1 <- s
-- t2 <- s
-- t3 <- s
-- script.sql reads s(x, y)
-- script.sql writes t1(a)
-- script.sql writes t2(a)
-- script.sql writes t3(a)
-- t1.a <- s.x  IDENTITY
-- t2.a <- s.y  IDENTITY
-- t3.a <- s.x  IDENTITY
-- t1 <~ s.x  FILTER
-- t2 <~ s.x  FILTER

-- case: ON CONFLICT takes the values that were not inserted
-- dialect: postgres, sqlite, duckdb
INSERT INTO t (id, a) SELECT x, y FROM s ON CONFLICT (id) DO UPDATE SET a = EXCLUDED.a;
-- expect
-- t <- s
-- script.sql reads s(x, y)
-- script.sql writes t(a, id)
-- t.a <- s.y  IDENTITY
-- t.id <- s.x  IDENTITY

-- case: ON DUPLICATE KEY takes the values that were not inserted
-- dialect: mysql
INSERT INTO t (id, a) SELECT x, y FROM s ON DUPLICATE KEY UPDATE a = VALUES(a);
-- expect
-- t <- s
-- script.sql reads s(x, y)
-- script.sql writes t(a, id)
-- t.a <- s.y  IDENTITY
-- t.id <- s.x  IDENTITY

-- case: INSERT SET gives each column its expression
-- dialect: mysql
INSERT INTO t SET a = (SELECT max(x) FROM s), b = 2;
-- expect
-- t <- s
-- script.sql reads s(x)
-- script.sql writes t(a, b)
-- t.a <- s.x  AGGREGATION: (SELECT max(x) FROM s)

-- case: REPLACE INTO is an insert
-- dialect: mysql, sqlite
REPLACE INTO t (a) SELECT x FROM s;
-- expect
-- t <- s
-- script.sql reads s(x)
-- script.sql writes t(a)
-- t.a <- s.x  IDENTITY

-- case: inserted rows that are output go into a table
-- dialect: tsql
INSERT INTO t (a, b) OUTPUT inserted.id, inserted.a INTO log (id, a) SELECT x, y FROM s;
-- expect
-- log <- s
-- log <- t
-- t <- s
-- script.sql reads s(x, y)
-- script.sql writes log(a, id)
-- script.sql writes t(a, b)
-- log.a <- s.x  IDENTITY
-- log.id <- t.id  IDENTITY
-- t.a <- s.x  IDENTITY
-- t.b <- s.y  IDENTITY

-- case: SELECT INTO makes a table
-- dialect: tsql, postgres, redshift
SELECT a, b + 1 AS c INTO t FROM s;
-- expect
-- table t(a, c)
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t
-- t.a <- s.a  IDENTITY
-- t.c <- s.b  TRANSFORMATION: b + 1

-- case: a directory is written by its path
-- dialect: hive, spark
INSERT OVERWRITE DIRECTORY '/out/x' SELECT a FROM s;
-- expect
-- path:/out/x <- s
-- script.sql reads s(a)
-- script.sql writes path:/out/x
-- path:/out/x.a <- s.a  IDENTITY

-- case: an INSERT from OPENROWSET reads its file
-- dialect: tsql
INSERT INTO t (a) SELECT a FROM OPENROWSET(BULK 'c:\data\x.csv', FORMAT = 'CSV') AS r;
-- expect
-- t <- path:c:\data\x.csv
-- script.sql reads path:c:\data\x.csv(a)
-- script.sql writes t(a)
-- t.a <- path:c:\data\x.csv.a  IDENTITY

-- case: an INSERT of constants flows from nowhere
INSERT INTO t (a, b) SELECT 1, 'x';
-- expect
-- script.sql writes t(a, b)

-- case: INSERT EXEC takes what the procedure selects
-- dialect: tsql
CREATE PROCEDURE dbo.p AS SELECT a, b FROM dbo.s;
GO
INSERT INTO dbo.t (x, y) EXEC dbo.p;
-- expect
-- procedure dbo.p
-- dbo.t <- dbo.s
-- dbo.p reads dbo.s(a, b)
-- script.sql calls dbo.p
-- script.sql writes dbo.t(x, y)
-- dbo.t.x <- dbo.s.a  IDENTITY
-- dbo.t.y <- dbo.s.b  IDENTITY

-- case: EXEC chains call each other
-- dialect: tsql
CREATE PROCEDURE dbo.a AS EXEC dbo.b;
GO
CREATE PROCEDURE dbo.b AS INSERT INTO dbo.t (x) SELECT y FROM dbo.s;
-- expect
-- procedure dbo.a
-- procedure dbo.b
-- dbo.t <- dbo.s
-- dbo.a calls dbo.b
-- dbo.b reads dbo.s(y)
-- dbo.b writes dbo.t(x)
-- dbo.t.x <- dbo.s.y  IDENTITY

-- case: a column list may touch the name of its table
INSERT INTO t(a) SELECT max(b) FROM s GROUP BY c;
-- expect
-- t <- s
-- script.sql reads s(b, c)
-- script.sql writes t(a)
-- t.a <- s.b  AGGREGATION: max(b)
-- t <~ s.c  GROUP_BY

-- case: a directory is a target by its option
-- dialect: spark, databricks
INSERT OVERWRITE DIRECTORY USING parquet OPTIONS (path '/tmp/out') SELECT a, b FROM s;
-- expect
-- path:/tmp/out <- s
-- script.sql reads s(a, b)
-- script.sql writes path:/tmp/out
-- path:/tmp/out.a <- s.a  IDENTITY
-- path:/tmp/out.b <- s.b  IDENTITY

-- case: INSERT OVERWRITE ALL writes every target
-- dialect: snowflake
INSERT OVERWRITE ALL INTO t INTO u (b) VALUES (y) SELECT x, y FROM s;
-- expect
-- t <- s
-- u <- s
-- script.sql reads s(x, y)
-- script.sql writes t
-- script.sql writes u(b)
-- t.x <- s.x  IDENTITY
-- t.y <- s.y  IDENTITY
-- u.b <- s.y  IDENTITY

-- case: an INSERT into a query writes its table
-- dialect: oracle
INSERT INTO (SELECT a, b FROM t WHERE c = 1) SELECT x, y FROM s;
-- expect
-- t <- s
-- script.sql reads s(x, y)
-- script.sql writes t(a, b)
-- t.a <- s.x  IDENTITY
-- t.b <- s.y  IDENTITY

-- case: a table function may be the target
-- dialect: clickhouse
INSERT INTO FUNCTION remote('host', db.t) SELECT a FROM s;
INSERT INTO FUNCTION s3('https://bucket/file.csv', 'CSV') SELECT b FROM s;
-- expect
-- db.t <- s
-- path:https://bucket/file.csv <- s
-- script.sql reads s(a, b)
-- script.sql writes db.t
-- script.sql writes path:https://bucket/file.csv
-- db.t.a <- s.a  IDENTITY
-- path:https://bucket/file.csv.b <- s.b  IDENTITY

-- case: data after FORMAT is no query
-- dialect: clickhouse
INSERT INTO t (a, b) FORMAT CSV 1,2;
-- expect
-- script.sql writes t

-- case: an upsert may name the relation of its query
-- dialect: mysql
INSERT INTO t (k, v) SELECT k, v FROM s AS n ON DUPLICATE KEY UPDATE v = n.v + n.w;
-- expect
-- t <- s
-- script.sql reads s(k, v, w)
-- script.sql writes t(k, v)
-- t.k <- s.k  IDENTITY
-- t.v <- s.v  IDENTITY+TRANSFORMATION: n.v + n.w
-- t.v <- s.w  TRANSFORMATION: n.v + n.w

-- case: INSERT SET with an upsert
-- dialect: mysql
INSERT INTO t SET k = (SELECT MAX(x) FROM s), v = 2 ON DUPLICATE KEY UPDATE v = VALUES(k) + 1;
-- expect
-- t <- s
-- script.sql reads s(x)
-- script.sql writes t(k, v)
-- t.k <- s.x  AGGREGATION: (SELECT MAX(x) FROM s)
-- t.v <- s.x  AGGREGATION: VALUES(k) + 1

-- case: a list of CTEs may stand before Hive's FROM and INSERT
-- dialect: hive
WITH q AS (SELECT k, v FROM s) FROM q INSERT OVERWRITE TABLE a SELECT k INSERT INTO b SELECT v WHERE k > 0;
-- expect
-- a <- s
-- b <- s
-- script.sql reads s(k, v)
-- script.sql writes a
-- script.sql writes b
-- a.k <- s.k  IDENTITY
-- b.v <- s.v  IDENTITY
-- b <~ s.k  FILTER

-- case: LATERAL VIEW before Hive's inserts belongs to each
-- dialect: hive
FROM s LATERAL VIEW explode(arr) e AS x INSERT INTO a SELECT k, x HAVING x > 1 INSERT INTO b SELECT x;
-- expect
-- a <- s
-- b <- s
-- script.sql reads s(arr, k)
-- script.sql writes a
-- script.sql writes b
-- a.k <- s.k  IDENTITY
-- a.x <- s.arr  TRANSFORMATION
-- b.x <- s.arr  TRANSFORMATION
-- a <~ s.arr  FILTER

-- case: what a CTE gives back is read by the change of the next
-- dialect: postgres
WITH ins AS (INSERT INTO a (x) SELECT y FROM s RETURNING id, x AS xx), upd AS (UPDATE b SET z = ins.xx FROM ins WHERE ins.id = b.id RETURNING b.*) INSERT INTO c SELECT * FROM upd;
-- expect
-- a <- s
-- b <- a
-- c <- b
-- c <- s
-- script.sql reads a(id, x)
-- script.sql reads b(id)
-- script.sql reads s(y)
-- script.sql writes a(x)
-- script.sql writes b(z)
-- script.sql writes c
-- a.x <- s.y  IDENTITY
-- b.z <- a.x  IDENTITY
-- b <~ a.id  FILTER
-- b <~ b.id  FILTER

-- case: values without columns invent none
-- dialect: tsql
CREATE PROCEDURE p AS BEGIN
    DECLARE @v int;
    SELECT @v = a FROM t;
    INSERT dbo.l VALUES (@v);
END
-- expect
-- procedure p
-- dbo.l <- t
-- p reads t(a)
-- p writes dbo.l

-- case: values without their word
-- dialect: teradata
INS shop.marks (1, 'a');
INS shop.marks (id, word) SEL o.id, o.word FROM shop.orders o;
-- expect
-- shop.marks <- shop.orders
-- script.sql reads shop.orders(id, word)
-- script.sql writes shop.marks(id, word)
-- shop.marks.id <- shop.orders.id  IDENTITY
-- shop.marks.word <- shop.orders.word  IDENTITY

-- case: partitions without a value take the last columns
-- dialect: spark, hive
INSERT OVERWRITE TABLE days PARTITION (day = '2021-01-01', hour) SELECT a, h FROM s;
-- expect
-- days <- s
-- script.sql reads s(a, h)
-- script.sql writes days
-- days.a <- s.a  IDENTITY
-- days.hour <- s.h  IDENTITY

-- case: a row of constants meets one that is there
-- dialect: mysql
INSERT INTO t (a, b, c) VALUES (1, 2, 3), (4, 5, 6) ON DUPLICATE KEY UPDATE b = b + 1, c = IFNULL(c, t.d);
-- expect
-- script.sql reads columns of t(b, c, d)
-- script.sql writes t(b, c)
-- t.b <- t.b  TRANSFORMATION: b + 1
-- t.c <- t.c  TRANSFORMATION: IFNULL(c, t.d)
-- t.c <- t.d  TRANSFORMATION: IFNULL(c, t.d)

-- case: a row of values meets one that is there
-- dialect: mysql
INSERT INTO t (a, b) VALUES (1, (SELECT MAX(x) FROM s)) ON DUPLICATE KEY UPDATE b = b + VALUES(b);
-- expect
-- t <- s
-- script.sql reads columns of t(b)
-- script.sql reads s(x)
-- script.sql writes t(a, b)
-- t.b <- s.x  AGGREGATION: SELECT MAX(x) FROM s
-- t.b <- t.b  TRANSFORMATION: b + VALUES(b)

-- case: columns set to a row on conflict
-- dialect: postgres
INSERT INTO t (a, b, c) SELECT x, y, z FROM s ON CONFLICT (a) DO UPDATE SET (b, c) = ROW (excluded.b, t.d);
-- expect
-- t <- s
-- script.sql reads columns of t(d)
-- script.sql reads s(x, y, z)
-- script.sql writes t(a, b, c)
-- t.a <- s.x  IDENTITY
-- t.b <- s.y  IDENTITY
-- t.c <- s.z  IDENTITY
-- t.c <- t.d  IDENTITY

-- case: the target's other name stands in what a conflict sets
-- dialect: postgres
INSERT INTO t AS x (id, n) SELECT id, n FROM s ON CONFLICT (id) DO UPDATE SET n = x.n + excluded.n;
-- expect
-- t <- s
-- script.sql reads columns of t(n)
-- script.sql reads s(id, n)
-- script.sql writes t(id, n)
-- t.id <- s.id  IDENTITY
-- t.n <- s.n  IDENTITY+TRANSFORMATION: x.n + excluded.n
-- t.n <- t.n  TRANSFORMATION: x.n + excluded.n

-- case: who takes numbers of a sequence reads it, and no column is made of it
-- dialect: oracle, snowflake
CREATE SEQUENCE s;
INSERT INTO t (id, a) SELECT s.nextval, b FROM u;
-- expect
-- sequence s
-- t <- u
-- script.sql reads s
-- script.sql reads u(b)
-- script.sql writes t(a, id)
-- t.a <- u.b  IDENTITY

-- case: PostgreSQL names the sequence in a string
-- dialect: postgres
CREATE SEQUENCE public.s;
INSERT INTO t (id, a) VALUES (nextval('public.s'), 1);
SELECT setval('s', (SELECT max(id) FROM t));
-- expect
-- sequence public.s
-- script.sql reads public.s
-- script.sql reads t(id)
-- script.sql writes t(a, id)

-- case: a procedure reads the sequence whose next value it assigns
-- dialect: tsql
CREATE SEQUENCE dbo.s;
GO
CREATE PROCEDURE dbo.p AS
DECLARE @n int = NEXT VALUE FOR dbo.s;
INSERT INTO dbo.t (id, no) SELECT NEXT VALUE FOR dbo.s OVER (ORDER BY a), a FROM dbo.u;
-- expect
-- procedure dbo.p
-- sequence dbo.s
-- dbo.t <- dbo.u
-- dbo.p reads dbo.s
-- dbo.p reads dbo.u(a)
-- dbo.p writes dbo.t(id, no)
-- dbo.t.no <- dbo.u.a  IDENTITY

-- case: values call functions and take numbers as queries do
-- dialect: postgres, oracle, mysql
INSERT INTO t (id, a) VALUES (app.fresh(1), 2), (3, 4);
-- expect
-- script.sql calls app.fresh
-- script.sql writes t(a, id)

-- case: a number of a sequence among values
-- dialect: oracle, snowflake
CREATE SEQUENCE s;
INSERT INTO t (id, a) VALUES (s.nextval, 1);
-- expect
-- sequence s
-- script.sql reads s
-- script.sql writes t(a, id)

-- case: values may override what the database makes
-- dialect: postgres
INSERT INTO t (id) OVERRIDING USER VALUE SELECT id FROM s;
MERGE INTO u USING s ON u.id = s.id WHEN NOT MATCHED THEN INSERT (id, v) OVERRIDING SYSTEM VALUE VALUES (s.id, s.v);
-- expect
-- t <- s
-- u <- s
-- script.sql reads columns of u(id)
-- script.sql reads s(id, v)
-- script.sql writes t(id)
-- script.sql writes u(id, v)
-- t.id <- s.id  IDENTITY
-- u.id <- s.id  IDENTITY
-- u.v <- s.v  IDENTITY
-- u <~ s.id  JOIN
-- u <~ u.id  JOIN

-- case: of a statement understood in part the target is kept
-- dialect: hive, spark
INSERT OVERWRITE TABLE sums PARTITION (day = '1') SELECT id a b c FROM bills;
-- expect
-- sums <- bills (0.4)
-- script.sql reads bills (0.4)
-- script.sql writes sums (0.4)
-- line 1 Warning: INSERT understood only in part: unexpected 'b' on line 1

-- case: of a statement understood in part no option is the target
-- dialect: mysql
INSERT IGNORE INTO sums SELECT id a b c FROM bills;
INSERT LOW_PRIORITY sums SELECT id a b c FROM bills;
-- expect
-- sums <- bills (0.4)
-- script.sql reads bills (0.4)
-- script.sql writes sums (0.4)
-- line 1 Warning: INSERT understood only in part: unexpected 'b' on line 1
-- line 2 Warning: INSERT understood only in part: unexpected 'b' on line 2

-- case: an alias that is written stands for its relation where a statement is understood in part
-- dialect: tsql
UPDATE s SET total = b.total a b FROM dbo.sums s JOIN dbo.bills b ON b.id = s.id;
DELETE s FROM dbo.old_sums s JOIN dbo.bills b ON b.id = = s.id;
DELETE TOP (5) FROM dbo.left_sums WHERE id = = 1;
MERGE TOP (5) INTO dbo.kept AS k USING dbo.bills AS b ON k.id = = b.id WHEN MATCHED THEN DELETE;
-- expect
-- dbo.kept <- dbo.bills (0.4)
-- dbo.old_sums <- dbo.bills (0.4)
-- dbo.sums <- dbo.bills (0.4)
-- script.sql reads dbo.bills (0.4)
-- script.sql writes dbo.kept (0.4)
-- script.sql writes dbo.left_sums (0.4)
-- script.sql writes dbo.old_sums (0.4)
-- script.sql writes dbo.sums (0.4)
-- line 1 Warning: UPDATE understood only in part: unexpected 'b' on line 1
-- line 2 Warning: DELETE understood only in part: Expected: an expression, found: = on line 2
-- line 3 Warning: DELETE understood only in part: Expected: an expression, found: = on line 3
-- line 4 Warning: MERGE understood only in part: Expected: an expression, found: = on line 4

-- case: values that a function of the project gives go in
-- dialect: postgres
CREATE FUNCTION latest(i int) RETURNS int LANGUAGE sql RETURN (SELECT max(total) FROM bills WHERE id = i);
INSERT INTO sums (top, made) VALUES (latest(1), now());
-- expect
-- function latest
-- sums <- bills
-- latest reads bills(id, total)
-- script.sql calls latest
-- script.sql writes sums(made, top)
-- sums.top <- bills.total  AGGREGATION: latest(1)
-- sums <~ bills.id  FILTER

-- case: a row that is there already may ask other tables
-- dialect: postgres
INSERT INTO t (id, v) SELECT id, v FROM s
ON CONFLICT (id) DO UPDATE SET v = (SELECT max(u.n) FROM u)
WHERE EXISTS (SELECT 1 FROM w WHERE w.id = excluded.id);
-- expect
-- t <- s
-- t <- u
-- t <- w
-- script.sql reads s(id, v)
-- script.sql reads u(n)
-- script.sql reads w(id)
-- script.sql writes t(id, v)
-- t.id <- s.id  IDENTITY
-- t.v <- s.v  IDENTITY
-- t.v <- u.n  AGGREGATION: (SELECT max(u.n) FROM u)

-- case: constants that are there already may ask other tables
-- dialect: mysql
INSERT INTO t (id, v) VALUES (1, 2) ON DUPLICATE KEY UPDATE v = (SELECT max(u.n) FROM u);
-- expect
-- t <- u
-- script.sql reads u(n)
-- script.sql writes t(id, v)
-- t.v <- u.n  AGGREGATION: (SELECT max(u.n) FROM u)

-- case: a placeholder in the list of an INSERT is no column
-- dialect: ansi, tsql, postgres
INSERT INTO t (?) SELECT a FROM s;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
