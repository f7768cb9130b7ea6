-- case: a cursor carries columns into an insert through the variables it fetches
-- dialect: tsql
CREATE PROCEDURE dbo.Copy AS
BEGIN
  DECLARE @a int, @b varchar(10)
  DECLARE cur CURSOR LOCAL FAST_FORWARD FOR SELECT x, y FROM dbo.Source WHERE z = 1
  OPEN cur
  FETCH NEXT FROM cur INTO @a, @b
  WHILE @@FETCH_STATUS = 0
  BEGIN
    INSERT INTO dbo.Target (a, b) VALUES (@a, UPPER(@b))
    FETCH NEXT FROM cur INTO @a, @b
  END
  CLOSE cur
  DEALLOCATE cur
END
-- expect
-- procedure dbo.Copy
-- dbo.Target <- dbo.Source
-- dbo.Copy reads dbo.Source(x, y, z)
-- dbo.Copy writes dbo.Target(a, b)
-- dbo.Target.a <- dbo.Source.x  IDENTITY
-- dbo.Target.b <- dbo.Source.y  TRANSFORMATION: UPPER(@b)

-- case: a variable set by a query carries its column into an update
-- dialect: tsql
CREATE PROCEDURE dbo.Summarise AS
BEGIN
  DECLARE @total money = 0, @last date
  SELECT @total = SUM(o.Amount) FROM dbo.Orders o
  SET @last = (SELECT MAX(Placed) FROM dbo.Orders)
  UPDATE dbo.Summary SET Total = @total, Last = @last WHERE Id = 1
END
-- expect
-- procedure dbo.Summarise
-- dbo.Summary <- dbo.Orders
-- dbo.Summarise reads columns of dbo.Summary(Id)
-- dbo.Summarise reads dbo.Orders(Amount, Placed)
-- dbo.Summarise writes dbo.Summary(Last, Total)
-- dbo.Summary.Last <- dbo.Orders.Placed  AGGREGATION
-- dbo.Summary.Total <- dbo.Orders.Amount  AGGREGATION
-- dbo.Summary <~ dbo.Summary.Id  FILTER

-- case: a variable that is added to keeps what it held
-- dialect: tsql
DECLARE @n int = (SELECT MIN(a) FROM s)
SELECT @n += b FROM u
SET @n += (SELECT c FROM w)
INSERT INTO t (x) VALUES (@n)
-- expect
-- t <- s
-- t <- u
-- t <- w
-- script.sql reads s(a)
-- script.sql reads u(b)
-- script.sql reads w(c)
-- script.sql writes t(x)
-- t.x <- s.a  AGGREGATION
-- t.x <- u.b  IDENTITY
-- t.x <- w.c  IDENTITY

-- case: what only decides is no value of the target
-- dialect: tsql
DECLARE @id int
SELECT @id = MAX(id) FROM batches
UPDATE t SET done = 1 WHERE batch = @id
-- expect
-- script.sql reads batches(id)
-- script.sql reads columns of t(batch)
-- script.sql writes t(done)
-- t <~ batches.id  FILTER
-- t <~ t.batch  FILTER

-- case: the record of a loop over a query carries its fields
-- dialect: postgres
CREATE FUNCTION f() RETURNS void AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT a, b + 1 AS c FROM s WHERE d > 0 LOOP
    INSERT INTO t (x, y) VALUES (r.a, upper(r.c));
  END LOOP;
END;
$$ LANGUAGE plpgsql;
-- expect
-- function f
-- t <- s
-- f reads s(a, b, d)
-- f writes t(x, y)
-- t.x <- s.a  IDENTITY
-- t.y <- s.b  TRANSFORMATION: upper(r.c)

-- case: INTO may stand before or after the select list
-- dialect: postgres
CREATE FUNCTION f(p int) RETURNS void AS $$
DECLARE v int; w int;
BEGIN
  SELECT INTO STRICT v max(a) FROM s WHERE i = p;
  SELECT b INTO w FROM u WHERE i = p;
  UPDATE t SET x = v, y = w;
END;
$$ LANGUAGE plpgsql;
-- expect
-- function f
-- t <- s
-- t <- u
-- f reads s(a, i)
-- f reads u(b, i)
-- f writes t(x, y)
-- t.x <- s.a  AGGREGATION
-- t.y <- u.b  IDENTITY

-- case: a record selected with a star has the columns of its table
-- dialect: postgres
CREATE TABLE s (a int, b int);
CREATE FUNCTION f() RETURNS void AS $$
DECLARE r s%ROWTYPE;
BEGIN
  SELECT * INTO r FROM s LIMIT 1;
  INSERT INTO t (x) VALUES (r.b);
END;
$$ LANGUAGE plpgsql;
-- expect
-- function f
-- table s(a, b)
-- t <- s
-- f reads s(a, b)
-- f writes t(x)
-- t.x <- s.b  IDENTITY

-- case: a loop over a declared cursor carries its columns
-- dialect: oracle
CREATE OR REPLACE PROCEDURE p IS
  CURSOR c IS SELECT a, b FROM s;
BEGIN
  FOR r IN c LOOP
    INSERT INTO t (x) VALUES (r.a);
  END LOOP;
END p;
/
-- expect
-- procedure p
-- t <- s
-- p reads s(a, b)
-- p writes t(x)
-- t.x <- s.a  IDENTITY

-- case: a collection filled in bulk and stored with FORALL
-- dialect: oracle
CREATE OR REPLACE PROCEDURE p IS
  TYPE numbers IS TABLE OF s.a%TYPE INDEX BY PLS_INTEGER;
  list numbers;
BEGIN
  SELECT a BULK COLLECT INTO list FROM s;
  FORALL i IN 1 .. list.COUNT
    INSERT INTO t (x) VALUES (list(i));
END p;
/
-- expect
-- procedure p
-- t <- s
-- p reads s(a)
-- p writes t(x)
-- t.x <- s.a  IDENTITY: list(i)

-- case: a handler, a label and a loop around a fetch
-- dialect: mysql
DELIMITER $$
CREATE PROCEDURE p(IN k INT)
main: BEGIN
  DECLARE done INT DEFAULT 0;
  DECLARE va, vb INT;
  DECLARE c CURSOR FOR SELECT a, b FROM s;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1;
  OPEN c;
  each: LOOP
    FETCH c INTO va, vb;
    IF done THEN LEAVE each; END IF;
    INSERT INTO t (x, y) VALUES (va, vb + 1);
  END LOOP each;
  CLOSE c;
END$$
DELIMITER ;
-- expect
-- procedure p
-- t <- s
-- p reads s(a, b)
-- p writes t(x, y)
-- t.x <- s.a  IDENTITY
-- t.y <- s.b  TRANSFORMATION: vb + 1

-- case: a handler may write too
-- dialect: mysql
CREATE PROCEDURE p()
BEGIN
  DECLARE EXIT HANDLER FOR SQLEXCEPTION, SQLSTATE '02000' INSERT INTO failures (at) VALUES (now());
  UPDATE t SET a = 1;
END;
-- expect
-- procedure p
-- p writes failures
-- p writes t(a)

-- case: LET, a cursor and a result set carry columns
-- dialect: snowflake
CREATE OR REPLACE PROCEDURE p(lim NUMBER)
RETURNS VARCHAR LANGUAGE SQL
AS
$$
DECLARE
  c1 CURSOR FOR SELECT a FROM s;
  res RESULTSET;
BEGIN
  res := (SELECT b FROM s2);
  FOR rec IN c1 DO
    INSERT INTO t (x) VALUES (:rec.a);
  END FOR;
  LET n NUMBER := (SELECT SUM(a) FROM s);
  INSERT INTO audit (n) VALUES (:n);
  RETURN TABLE(res);
EXCEPTION
  WHEN OTHER THEN RETURN 'failed';
END;
$$;
-- expect
-- procedure p
-- audit <- s
-- t <- s
-- p reads s(a)
-- p reads s2(b)
-- p writes audit(n)
-- p writes t(x)
-- audit.n <- s.a  AGGREGATION
-- t.x <- s.a  IDENTITY

-- case: a script's variable carries a column
-- dialect: bigquery
DECLARE m, n INT64 DEFAULT 0;
SET m = (SELECT MAX(a) FROM d.s);
INSERT INTO d.t (x, y) VALUES (m, n);
-- expect
-- d.t <- d.s
-- script.sql reads d.s(a)
-- script.sql writes d.t(x, y)
-- d.t.x <- d.s.a  AGGREGATION

-- case: the row of a trigger is a row of its table
-- dialect: mysql
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW
BEGIN
  INSERT INTO log (was, now) VALUES (OLD.a, NEW.a);
  SET NEW.b = NEW.c * 2;
END;
-- expect
-- trigger tr
-- log <- t
-- tr fires on t
-- tr reads columns of t(a)
-- tr writes log(now, was)
-- tr writes t(b)
-- log.now <- t.a  IDENTITY
-- log.was <- t.a  IDENTITY
-- t.b <- t.c  TRANSFORMATION: NEW.c * 2

-- case: bound rows of a trigger, and a value set before it is stored
-- dialect: oracle
CREATE OR REPLACE TRIGGER tr BEFORE INSERT OR UPDATE ON t FOR EACH ROW
WHEN (new.a > 0)
BEGIN
  INSERT INTO log (a) VALUES (:OLD.a);
  :NEW.b := :NEW.c + 1;
END;
/
-- expect
-- trigger tr
-- log <- t
-- tr fires on t
-- tr reads columns of t(a)
-- tr writes log(a)
-- tr writes t(b)
-- log.a <- t.a  IDENTITY
-- t.b <- t.c  TRANSFORMATION: :NEW.c + 1

-- case: a variable assigned again holds only what it was assigned last
-- dialect: tsql
DECLARE @a int, @b int
SELECT @a = x FROM Y1
UPDATE T1 SET a = @a
SELECT @a = x FROM Y2
UPDATE T2 SET a = @a
SET @a = 0
UPDATE T3 SET a = @a
DECLARE c CURSOR FOR SELECT p, q FROM Y4
FETCH NEXT FROM c INTO @a, @b
UPDATE T4 SET a = @a, b = @b
DECLARE d CURSOR FOR SELECT p FROM Y5
FETCH NEXT FROM d INTO @b
UPDATE T5 SET b = @b
-- expect
-- T1 <- Y1
-- T2 <- Y2
-- T4 <- Y4
-- T5 <- Y5
-- script.sql reads Y1(x)
-- script.sql reads Y2(x)
-- script.sql reads Y4(p, q)
-- script.sql reads Y5(p)
-- script.sql writes T1(a)
-- script.sql writes T2(a)
-- script.sql writes T3(a)
-- script.sql writes T4(a, b)
-- script.sql writes T5(b)
-- T1.a <- Y1.x  IDENTITY
-- T2.a <- Y2.x  IDENTITY
-- T4.a <- Y4.p  IDENTITY
-- T4.b <- Y4.q  IDENTITY
-- T5.b <- Y5.p  IDENTITY

-- case: a variable assigned in a branch holds what every way leaves
-- dialect: tsql
DECLARE @a int = (SELECT x FROM before), @b int, @c int = (SELECT x FROM before)
IF @k = 1
  SELECT @a = x FROM one
IF @k = 2 BEGIN
  SELECT @b = x FROM lost
  SELECT @b = x FROM two
  INSERT INTO inside (b) VALUES (@b)
END
ELSE IF @k = 3
  SELECT @b = x FROM three;
ELSE BEGIN
  INSERT INTO other (b) VALUES (@b)
  SELECT @b = x FROM four
END
IF @k = 4
  IF @k = 5 SELECT @c = x FROM five ELSE SELECT @c = x FROM six
ELSE
  SELECT @c = x FROM seven
INSERT INTO t (a, b, c) VALUES (@a, @b, @c)
-- expect
-- inside <- two
-- t <- before
-- t <- five
-- t <- four
-- t <- one
-- t <- seven
-- t <- six
-- t <- three
-- t <- two
-- script.sql reads before(x)
-- script.sql reads five(x)
-- script.sql reads four(x)
-- script.sql reads lost(x)
-- script.sql reads one(x)
-- script.sql reads seven(x)
-- script.sql reads six(x)
-- script.sql reads three(x)
-- script.sql reads two(x)
-- script.sql writes inside(b)
-- script.sql writes other
-- script.sql writes t(a, b, c)
-- inside.b <- two.x  IDENTITY
-- t.a <- before.x  IDENTITY
-- t.a <- one.x  IDENTITY
-- t.b <- four.x  IDENTITY
-- t.b <- three.x  IDENTITY
-- t.b <- two.x  IDENTITY
-- t.c <- five.x  IDENTITY
-- t.c <- seven.x  IDENTITY
-- t.c <- six.x  IDENTITY

-- case: a loop and what is tried may not have set a variable
-- dialect: tsql
DECLARE @a int = (SELECT x FROM before), @b int = (SELECT y FROM before)
WHILE @k < 3 BEGIN
  SELECT @a = x FROM looped
  SET @k += 1
END
BEGIN TRY
  SELECT @b = y FROM tried
END TRY
BEGIN CATCH
  SELECT @b = y FROM caught
END CATCH
INSERT INTO t (a, b) VALUES (@a, @b)
-- expect
-- t <- before
-- t <- caught
-- t <- looped
-- t <- tried
-- script.sql reads before(x, y)
-- script.sql reads caught(y)
-- script.sql reads looped(x)
-- script.sql reads tried(y)
-- script.sql writes t(a, b)
-- t.a <- before.x  IDENTITY
-- t.a <- looped.x  IDENTITY
-- t.b <- before.y  IDENTITY
-- t.b <- caught.y  IDENTITY
-- t.b <- tried.y  IDENTITY

-- case: branches that end with END IF, END CASE and END LOOP
-- dialect: postgres
CREATE FUNCTION f() RETURNS void AS $$
DECLARE v int; w int; x int; z int;
BEGIN
  SELECT a INTO v FROM lost;
  IF p = 1 THEN SELECT a INTO v FROM one;
  ELSIF p = 2 THEN SELECT a INTO v FROM two;
  ELSE SELECT a INTO v FROM three;
  END IF;
  SELECT a INTO w FROM before;
  CASE p WHEN 1 THEN SELECT a INTO w FROM first; WHEN 2 THEN SELECT a INTO w FROM second; END CASE;
  LOOP
    SELECT a INTO x FROM lost;
    SELECT a INTO x FROM looped;
    EXIT WHEN x > 3;
  END LOOP;
  BEGIN
    SELECT a INTO z FROM tried;
  EXCEPTION
    WHEN no_data_found THEN z := 0;
    WHEN others THEN SELECT a INTO z FROM failed;
  END;
  INSERT INTO t (v, w, x, z) VALUES (v, w, x, z);
END;
$$ LANGUAGE plpgsql;
-- expect
-- function f
-- t <- before
-- t <- failed
-- t <- first
-- t <- looped
-- t <- one
-- t <- second
-- t <- three
-- t <- tried
-- t <- two
-- f reads before(a)
-- f reads failed(a)
-- f reads first(a)
-- f reads looped(a)
-- f reads lost(a)
-- f reads one(a)
-- f reads second(a)
-- f reads three(a)
-- f reads tried(a)
-- f reads two(a)
-- f writes t(v, w, x, z)
-- t.v <- one.a  IDENTITY
-- t.v <- three.a  IDENTITY
-- t.v <- two.a  IDENTITY
-- t.w <- before.a  IDENTITY
-- t.w <- first.a  IDENTITY
-- t.w <- second.a  IDENTITY
-- t.x <- looped.a  IDENTITY
-- t.z <- failed.a  IDENTITY
-- t.z <- tried.a  IDENTITY

-- case: psql's variables hold what \set says; elsewhere they are left out where they name a relation
-- dialect: postgres
\set raw staging.orders
\set day '2024-01-01'
INSERT INTO :target SELECT id FROM :raw WHERE day = :day AND x = :'y' AND z = :z AND a::text = 'b';
CREATE VIEW v AS SELECT id FROM :"raw" r JOIN u ON u.id = r.id;
-- expect
-- view v(id)
-- v <- staging.orders
-- v <- u
-- script.sql reads staging.orders(a, day, id, x, z) (0.8)
-- v <~ staging.orders.id  JOIN
-- v <~ u.id  JOIN
-- line 3 Warning: A relation is left out, whose name only running would give: &{target}

-- case: MySQL's query puts what it reads into variables
-- dialect: mysql
SELECT @m := MAX(v), @n := w FROM s;
INSERT INTO t (a, b) VALUES (@m, @n);
-- expect
-- t <- s
-- script.sql reads s(v, w)
-- script.sql writes t(a, b)
-- t.a <- s.v  AGGREGATION
-- t.b <- s.w  IDENTITY

-- case: a text joined with what a query gives is made of it
-- dialect: tsql
DECLARE @mail nvarchar(max) = N'<b>' + (SELECT max(name) FROM dbo.crew) + N'</b>';
INSERT INTO dbo.outbox (body) VALUES (@mail);
DECLARE @rows nvarchar(max);
SET @rows = CAST((SELECT td = o.id FROM dbo.stock o FOR XML PATH('tr')) AS nvarchar(max)) + N'!';
INSERT INTO dbo.report (html) VALUES (@rows);
-- expect
-- dbo.outbox <- dbo.crew
-- dbo.report <- dbo.stock
-- script.sql reads dbo.crew(name)
-- script.sql reads dbo.stock(id)
-- script.sql writes dbo.outbox(body)
-- script.sql writes dbo.report(html)
-- dbo.outbox.body <- dbo.crew.name  AGGREGATION
-- dbo.report.html <- dbo.stock.id  TRANSFORMATION

-- case: UPDATE may set a variable to what a column holds
-- dialect: tsql
DECLARE @next int;
UPDATE TOP (1) dbo.jobs SET taken = 1, @next = job_id WHERE taken = 0;
INSERT INTO dbo.runs (job) VALUES (@next);
-- expect
-- dbo.runs <- dbo.jobs
-- script.sql reads columns of dbo.jobs(job_id, taken)
-- script.sql writes dbo.jobs(taken)
-- script.sql writes dbo.runs(job)
-- dbo.runs.job <- dbo.jobs.job_id  IDENTITY
-- dbo.jobs <~ dbo.jobs.taken  FILTER

-- case: a session variable is set by a word of its own
-- dialect: databricks
DECLARE high INT;
SET VARIABLE high = (SELECT max(a) FROM s);
INSERT INTO t (a) VALUES (high);
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(a)
-- t.a <- s.a  AGGREGATION

-- case: a relation that a parameter names is left out
-- dialect: clickhouse
INSERT INTO sums (id) SELECT id FROM {origin:Identifier} WHERE day = {day:Date};
-- expect
-- script.sql writes sums(id) (0.8)
-- line 1 Warning: A relation is left out, whose name only running would give: ${origin}

-- case: what the end of a loop sets is there in its next round
-- dialect: tsql
DECLARE @x int, @y int = 0
WHILE @y < 10
BEGIN
  INSERT dbo.o (x) VALUES (@x)
  SELECT @x = MAX(a) FROM dbo.t
  SET @y += 1
END
-- expect
-- dbo.o <- dbo.t
-- script.sql reads dbo.t(a)
-- script.sql writes dbo.o(x)
-- dbo.o.x <- dbo.t.a  AGGREGATION

-- case: a loop of loops hands on what its rounds leave
-- dialect: postgres
DO $$
DECLARE v int; w int; r record;
BEGIN
  LOOP
    FOR r IN SELECT k FROM s LOOP
      INSERT INTO o (x, k) VALUES (w, r.k);
      w := v;
    END LOOP;
    SELECT max(a) INTO v FROM t;
    EXIT WHEN v > 10;
  END LOOP;
END
$$;
-- expect
-- o <- s
-- o <- t
-- script.sql reads s(k)
-- script.sql reads t(a)
-- script.sql writes o(k, x)
-- o.k <- s.k  IDENTITY
-- o.x <- t.a  AGGREGATION

-- case: statements of a loop count once and text grows once
-- dialect: tsql
DECLARE @sql nvarchar(max) = N'', @n int = 0, @x int
WHILE @n < 3
BEGIN
  SET @sql = @sql + N'INSERT dbo.o (x) SELECT a FROM dbo.t '
  UPDATE dbo.u SET n = @x
  FETCH NEXT FROM c INTO @x
  SET @n = @n + 1
END
EXEC (@sql)
-- expect
-- dbo.o <- dbo.t
-- script.sql reads dbo.t(a)
-- script.sql writes dbo.o(x)
-- script.sql writes dbo.u(n)
-- dbo.o.x <- dbo.t.a  IDENTITY

-- case: rounds of loops of MySQL
-- dialect: mysql
CREATE PROCEDURE p()
BEGIN
  DECLARE v INT;
  again: WHILE v < 3 DO
    INSERT INTO o (x) VALUES (v);
    SET v = (SELECT MAX(a) FROM t);
  END WHILE again;
  REPEAT
    INSERT INTO o2 (x) VALUES (v);
    SELECT b INTO v FROM u;
  UNTIL v > 3 END REPEAT;
END
-- expect
-- procedure p
-- o <- t
-- o2 <- t
-- o2 <- u
-- p reads t(a)
-- p reads u(b)
-- p writes o(x)
-- p writes o2(x)
-- o.x <- t.a  AGGREGATION
-- o2.x <- t.a  AGGREGATION
-- o2.x <- u.b  IDENTITY

-- case: a variable of the session is written with its mark
-- dialect: snowflake
SET top = (SELECT MAX(x) FROM a);
SET (lo, hi) = (SELECT MIN(y), MAX(y) FROM a);
INSERT INTO t (x, lo) VALUES ($top, $lo);
UPDATE u SET x = $TOP + 1 WHERE y < $hi;
INSERT INTO v (x, y) SELECT $1, $hi FROM (SELECT k FROM b);
-- expect
-- t <- a
-- u <- a
-- v <- a
-- v <- b
-- script.sql reads a(x, y)
-- script.sql reads b(k)
-- script.sql reads columns of u(y)
-- script.sql writes t(lo, x)
-- script.sql writes u(x)
-- script.sql writes v(x, y)
-- t.lo <- a.y  AGGREGATION
-- t.x <- a.x  AGGREGATION
-- u.x <- a.x  AGGREGATION: $TOP + 1
-- v.x <- b.k  IDENTITY: $1
-- v.y <- a.y  AGGREGATION
-- u <~ a.y  FILTER
-- u <~ u.y  FILTER

-- case: a variable that is declared as one
-- dialect: databricks, spark
DECLARE OR REPLACE VARIABLE top INT DEFAULT (SELECT MAX(x) FROM a);
INSERT INTO t (x) VALUES (top);
-- expect
-- t <- a
-- script.sql reads a(x)
-- script.sql writes t(x)
-- t.x <- a.x  AGGREGATION

-- case: the rows of the query before
-- dialect: snowflake
SELECT a, b + c AS d FROM s;
CREATE TABLE t AS SELECT a, d AS e FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()));
CALL p();
INSERT INTO u (x) SELECT x FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()));
INSERT INTO u (x) SELECT "name" FROM TABLE(RESULT_SCAN('01b2'));
-- expect
-- table t(a, e)
-- t <- s
-- script.sql calls p
-- script.sql reads s(a, b, c)
-- script.sql writes u(x)
-- t.a <- s.a  IDENTITY
-- t.e <- s.b  TRANSFORMATION: b + c
-- t.e <- s.c  TRANSFORMATION: b + c
