-- case: a setting that is complete is followed by a statement
-- dialect: tsql
CREATE PROCEDURE p AS
SET NOCOUNT ON
INSERT INTO t (a) SELECT b FROM s
SET IDENTITY_INSERT u ON
UPDATE u SET a = 1
SET IDENTITY_INSERT u OFF
DELETE FROM v
-- expect
-- procedure p
-- t <- s
-- p reads s(b)
-- p writes t(a)
-- p writes u(a)
-- p writes v
-- t.a <- s.b  IDENTITY

-- case: permissions are named like statements and are none
-- dialect: tsql
CREATE PROCEDURE p AS
GRANT SELECT, INSERT (a) ON t TO r WITH GRANT OPTION
DENY UPDATE ON OBJECT::dbo.u TO r
REVOKE EXECUTE ON v FROM r
INSERT INTO t (a) SELECT b FROM s
-- expect
-- procedure p
-- t <- s
-- p reads s(b)
-- p writes t(a)
-- t.a <- s.b  IDENTITY

-- case: one of a group of procedures
-- dialect: tsql
CREATE PROCEDURE dbo.p;2 @n int AS
INSERT INTO t (a) SELECT b FROM s WHERE c = @n
GO
EXEC dbo.p;2 @n = 1
GO
-- expect
-- procedure dbo.p
-- t <- s
-- dbo.p reads s(b, c)
-- dbo.p writes t(a)
-- script.sql calls dbo.p
-- t.a <- s.b  IDENTITY
-- t <~ s.c  FILTER

-- case: a batch may begin with the name of a procedure
-- dialect: tsql
dbo.p @n = 1, @m = 'x'
GO
INSERT INTO t (a) SELECT b FROM s
-- expect
-- t <- s
-- script.sql calls dbo.p
-- script.sql reads s(b)
-- script.sql writes t(a)
-- t.a <- s.b  IDENTITY

-- case: a label ends a statement without semicolon
-- dialect: tsql
CREATE PROCEDURE p AS
again:
DELETE TOP (100) FROM t WHERE a < 0
IF @@ROWCOUNT > 0 GOTO again
SELECT a FROM u
failed:
INSERT INTO log (m) VALUES ('x')
-- expect
-- procedure p
-- p reads columns of t(a)
-- p reads u(a)
-- p writes log
-- p writes t

-- case: chains of IF and ELSE with single statements
-- dialect: tsql
CREATE PROCEDURE p @m int AS
IF @m = 1 INSERT INTO a (x) SELECT x FROM s
ELSE IF @m = 2 UPDATE b SET x = s.x FROM b JOIN s ON s.i = b.i
ELSE IF EXISTS (SELECT 1 FROM c) DELETE FROM d
ELSE TRUNCATE TABLE e
-- expect
-- procedure p
-- a <- s
-- b <- s
-- p reads c
-- p reads columns of b(i)
-- p reads s(i, x)
-- p writes a(x)
-- p writes b(x)
-- p writes d
-- p writes e
-- a.x <- s.x  IDENTITY
-- b.x <- s.x  IDENTITY
-- b <~ b.i  JOIN
-- b <~ s.i  JOIN

-- case: blocks that try and catch
-- dialect: tsql
CREATE PROCEDURE p AS
BEGIN TRY
  BEGIN TRAN
  INSERT INTO t (a) SELECT b FROM s
  COMMIT TRAN
END TRY
BEGIN CATCH
  IF XACT_STATE() <> 0 ROLLBACK TRAN;
  INSERT INTO errors (m) SELECT ERROR_MESSAGE();
  THROW
END CATCH
-- expect
-- procedure p
-- t <- s
-- p reads s(b)
-- p writes errors(m)
-- p writes t(a)
-- t.a <- s.b  IDENTITY

-- case: a natively compiled procedure
-- dialect: tsql
CREATE PROCEDURE p @rows dbo.list READONLY
WITH NATIVE_COMPILATION, SCHEMABINDING, EXECUTE AS OWNER
AS
BEGIN ATOMIC WITH (TRANSACTION ISOLATION LEVEL = SNAPSHOT, LANGUAGE = N'us_english')
  DECLARE @n int = (SELECT MAX(a) FROM @rows)
  INSERT INTO dbo.t (a) SELECT r.a FROM @rows r JOIN dbo.u ON u.i = r.i
END
-- expect
-- procedure p
-- dbo.t <- dbo.u
-- p reads dbo.u(i)
-- p writes dbo.t(a)
-- dbo.t <~ dbo.u.i  JOIN

-- case: rows of a change feed an INSERT
-- dialect: tsql
INSERT INTO history (i, act)
SELECT x.i, x.act
FROM (MERGE t USING s ON t.i = s.i
      WHEN MATCHED THEN UPDATE SET v = s.v
      OUTPUT $action, inserted.i) AS x (act, i)
WHERE x.act = 'UPDATE';
-- expect
-- history <- s
-- history <- t
-- t <- s
-- script.sql reads s(i, v)
-- script.sql reads t(i)
-- script.sql writes history(act, i)
-- script.sql writes t(v)
-- history.i <- t.i  IDENTITY
-- t.v <- s.v  IDENTITY
-- t <~ s.i  JOIN
-- t <~ t.i  JOIN

-- case: a cursor variable
-- dialect: tsql
CREATE PROCEDURE p AS
DECLARE @c CURSOR, @a int
SET @c = CURSOR LOCAL FAST_FORWARD FOR SELECT a FROM s
OPEN @c
FETCH NEXT FROM @c INTO @a
WHILE @@FETCH_STATUS = 0
BEGIN
  INSERT INTO t (b) VALUES (@a)
  FETCH NEXT FROM @c INTO @a
END
CLOSE @c DEALLOCATE @c
-- expect
-- procedure p
-- t <- s
-- p reads s(a)
-- p writes t(b)
-- t.b <- s.a  IDENTITY

-- case: a percentage of rows
-- dialect: tsql
DELETE TOP (10) PERCENT t WHERE a = 1;
UPDATE TOP (5) PERCENT u SET a = 2;
-- expect
-- script.sql reads columns of t(a)
-- script.sql writes t
-- script.sql writes u(a)

-- case: nodes and edges of a graph
-- dialect: tsql
SELECT p1.name
FROM person p1, friend_of FOR PATH AS f, person FOR PATH AS p2
WHERE MATCH(SHORTEST_PATH(p1(-(f)->p2)+)) AND p1.i = 1;
-- expect
-- script.sql reads friend_of
-- script.sql reads person(i, name)

-- case: a model beside the rows that it scores
-- dialect: tsql
DECLARE @m varbinary(max) = (SELECT model FROM models WHERE i = 1);
INSERT INTO scored (i, score)
SELECT d.i, p.score FROM PREDICT(MODEL = @m, DATA = newdata AS d) WITH (score float) AS p;
-- expect
-- scored <- newdata
-- script.sql reads models(i, model)
-- script.sql reads newdata(i)
-- script.sql writes scored(i, score)
-- scored.i <- newdata.i  IDENTITY

-- case: a filegroup for what is selected into
-- dialect: tsql
SELECT a.x, b.y INTO t ON [PRIMARY] FROM a JOIN b ON a.i = b.i;
-- expect
-- table t(x, y)
-- t <- a
-- t <- b
-- script.sql reads a(i, x)
-- script.sql reads b(i, y)
-- script.sql writes t
-- t.x <- a.x  IDENTITY
-- t.y <- b.y  IDENTITY
-- t <~ a.i  JOIN
-- t <~ b.i  JOIN

-- case: sums after the rows
-- dialect: tsql
CREATE PROCEDURE p AS
SELECT a, b FROM t WHERE c > 1 COMPUTE SUM(b) BY a
SELECT d FROM u
-- expect
-- procedure p
-- p reads t(a, b, c)
-- p reads u(d)

-- case: operators with an exclamation mark
-- dialect: tsql
SELECT a FROM t WHERE b !< 3 AND c !> 4 AND d != 5;
-- expect
-- script.sql reads t(a, b, c, d)

-- case: OUTPUT stands before the relations of a DELETE
-- dialect: tsql
DELETE t
OUTPUT deleted.i, s.n INTO done (i, n)
FROM t JOIN s ON s.i = t.i
WHERE s.old = 1;
-- expect
-- done <- t
-- script.sql reads s(i, old)
-- script.sql reads t(i)
-- script.sql writes done(i, n)
-- script.sql writes t
-- done.i <- t.i  IDENTITY
-- done.n <- s.n  IDENTITY

-- case: a sequence in order
-- dialect: tsql
INSERT INTO t (i, a) SELECT NEXT VALUE FOR dbo.seq OVER (ORDER BY b), b FROM s;
-- expect
-- t <- s
-- script.sql reads dbo.seq
-- script.sql reads s(b)
-- script.sql writes t(a, i)
-- t.a <- s.b  IDENTITY

-- case: two procedures without a batch separator between them
-- dialect: tsql
CREATE PROCEDURE p AS INSERT INTO a (x) SELECT x FROM s
CREATE PROCEDURE q AS INSERT INTO b (x) SELECT x FROM a
-- expect
-- procedure p
-- procedure q
-- a <- s
-- b <- a
-- p reads s(x)
-- p writes a(x)
-- q reads a(x)
-- q writes b(x)
-- a.x <- s.x  IDENTITY
-- b.x <- a.x  IDENTITY

-- case: comments stand between everything
-- dialect: tsql
create/*a*/procedure--b
p(@n int=1,@o varchar(9)output)as/*c*/begin--d
/* select * from nowhere */select/*e*/@o=x.a from/*f*/s/**/x--from nowhere
if(@n=1)insert into t(a)select a from u else begin update s set a=2 where i=@n end
end
-- expect
-- procedure p
-- t <- u
-- p reads s(a, i)
-- p reads u(a)
-- p writes s(a)
-- p writes t(a)
-- t.a <- u.a  IDENTITY
-- s <~ s.i  FILTER

-- case: a procedure gives the rows of the result set that it returns
-- dialect: snowflake
CREATE PROCEDURE p() RETURNS TABLE() LANGUAGE SQL AS
$$
DECLARE rs RESULTSET := (SELECT a FROM t WHERE k = 1);
BEGIN
  RETURN TABLE(rs);
END;
$$;
CREATE PROCEDURE q() RETURNS TABLE() LANGUAGE SQL AS
$$
DECLARE
  sql VARCHAR := 'SELECT c FROM w';
  rs RESULTSET;
BEGIN
  rs := (EXECUTE IMMEDIATE :sql);
  RETURN TABLE(rs);
END;
$$;
CREATE VIEW v AS SELECT a FROM TABLE(p());
-- expect
-- procedure p
-- procedure q
-- view v(a)
-- v <- t
-- p reads t(a, k)
-- q reads w(c)
-- v calls p
-- v.a <- t.a  IDENTITY

-- case: a block that declares within goes on with statements
-- dialect: teradata
CREATE PROCEDURE p (IN x INT)
BEGIN
  DECLARE v, w INT;
  DECLARE n INT DEFAULT 0;
  SET v = 1;
  INSERT INTO h (a) SELECT a FROM i;
END;
-- expect
-- procedure p
-- h <- i
-- p reads i(a)
-- p writes h(a)
-- h.a <- i.a  IDENTITY

-- case: a block that declares within, read by the permissive grammar
-- dialect: ansi
CREATE PROCEDURE p (IN x INT) BEGIN DECLARE v INT; SELECT MAX(a) INTO v FROM i; UPDATE h SET b = v WHERE b < x; END;
-- expect
-- procedure p
-- h <- i
-- p reads columns of h(b)
-- p reads i(a)
-- p writes h(b)
-- h.b <- i.a  AGGREGATION
-- h <~ h.b  FILTER

-- case: a queue is read by what receives from it
-- dialect: tsql
CREATE PROCEDURE dbo.take AS
BEGIN
  DECLARE @m xml, @t TABLE (body xml);
  WAITFOR (RECEIVE TOP (1) @m = message_body FROM dbo.orders_queue), TIMEOUT 1000;
  RECEIVE message_body FROM dbo.other_queue INTO @t;
  INSERT INTO dbo.taken (body) SELECT body FROM @t;
  INSERT INTO dbo.last (body) VALUES (@m);
END
-- expect
-- procedure dbo.take
-- dbo.last <- dbo.orders_queue
-- dbo.taken <- dbo.other_queue
-- dbo.take reads dbo.orders_queue(message_body)
-- dbo.take reads dbo.other_queue(message_body)
-- dbo.take writes dbo.last(body)
-- dbo.take writes dbo.taken(body)
-- dbo.last.body <- dbo.orders_queue.message_body  IDENTITY
-- dbo.taken.body <- dbo.other_queue.message_body  IDENTITY

-- case: without a colon a name in a query is a column
-- dialect: snowflake
CREATE PROCEDURE p(id INT, day DATE) RETURNS INT LANGUAGE SQL AS BEGIN INSERT INTO t (id, q, d) SELECT id, q, :day FROM s WHERE d = :day; END;
-- expect
-- procedure p
-- t <- s
-- p reads s(d, id, q)
-- p writes t(d, id, q)
-- t.id <- s.id  IDENTITY
-- t.q <- s.q  IDENTITY
-- t <~ s.d  FILTER

-- case: what runs beside is read as what it is
-- dialect: snowflake
CREATE PROCEDURE p() RETURNS INT LANGUAGE SQL AS $$ BEGIN ASYNC (INSERT INTO t (a) SELECT a FROM s); AWAIT ALL; END $$;
-- expect
-- procedure p
-- t <- s
-- p reads s(a)
-- p writes t(a)
-- t.a <- s.a  IDENTITY

-- case: each assignment of a list counts
-- dialect: mysql
CREATE PROCEDURE p() BEGIN SET @a = 1, @q = 'INSERT INTO t (x) SELECT x FROM s'; PREPARE st FROM @q; EXECUTE st; END;
-- expect
-- procedure p
-- t <- s
-- p reads s(x)
-- p writes t(x)
-- t.x <- s.x  IDENTITY

-- case: an argument goes to the routine that is called and to no namesake in another schema
-- dialect: tsql
CREATE PROCEDURE a.p @a int AS INSERT a.o (x) VALUES (@a)
GO
CREATE PROCEDURE b.p @a int AS INSERT b.o (x) VALUES (@a)
GO
DECLARE @x int
SELECT @x = c FROM dbo.t
EXEC a.p @x
-- expect
-- procedure a.p
-- procedure b.p
-- a.o <- dbo.t
-- a.p writes a.o(x)
-- b.p writes b.o(x)
-- script.sql calls a.p
-- script.sql reads dbo.t(c)
-- a.o.x <- dbo.t.c  IDENTITY

-- case: a refresh writes the rows of a materialized view
-- dialect: postgres, redshift
CREATE MATERIALIZED VIEW v AS SELECT a FROM s;
REFRESH MATERIALIZED VIEW CONCURRENTLY v;
-- expect
-- materialized_view v(a)
-- v <- s
-- script.sql writes v
-- v.a <- s.a  IDENTITY

-- case: a procedure that refreshes a materialized view writes it
-- dialect: postgres
CREATE MATERIALIZED VIEW v AS SELECT a FROM s;
CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN REFRESH MATERIALIZED VIEW v WITH DATA; END; $$;
-- expect
-- materialized_view v(a)
-- procedure p
-- v <- s
-- p writes v
-- v.a <- s.a  IDENTITY

-- case: values that come back from call after call are those of the last and of what it was given
-- dialect: tsql
DECLARE @rc int, @msg varchar(99)
EXEC dbo.first @rc OUTPUT, @msg OUTPUT
EXEC dbo.second @rc OUTPUT, @msg OUTPUT
EXEC dbo.third @rc OUTPUT, @msg OUTPUT
INSERT INTO dbo.log (rc, msg) VALUES (@rc, @msg)
-- expect
-- script.sql calls dbo.first
-- script.sql calls dbo.second
-- script.sql calls dbo.third
-- script.sql writes dbo.log(msg, rc)
