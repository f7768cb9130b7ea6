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
