-- case: a table function of another file is looked through
-- dialect: tsql
-- file: v.sql
CREATE VIEW dbo.v AS SELECT a.total, a.id + 1 AS next FROM dbo.f(1) a;
-- file: f.sql
CREATE FUNCTION dbo.f (@a int) RETURNS TABLE AS RETURN (SELECT id, amount * 2 AS total FROM dbo.orders WHERE kind = @a);
-- expect
-- function dbo.f in f.sql
-- view dbo.v(total, next) in v.sql
-- dbo.v <- dbo.orders
-- dbo.f reads dbo.orders(amount, id, kind)
-- dbo.v calls dbo.f
-- dbo.v.total <- dbo.orders.amount  TRANSFORMATION: amount * 2
-- dbo.v.next <- dbo.orders.id  TRANSFORMATION: a.id + 1
-- dbo.v <~ dbo.orders.kind  FILTER

-- case: a star over a table function has the function's columns once these are known
-- dialect: tsql
-- file: a.sql
CREATE VIEW dbo.v AS SELECT * FROM f(1);
-- file: b.sql
CREATE FUNCTION dbo.f (@a int) RETURNS TABLE AS RETURN SELECT o.*, c.name FROM dbo.orders o JOIN dbo.customers c ON c.id = o.customer;
-- file: c.sql
CREATE TABLE dbo.orders (id int, customer int);
-- expect
-- function dbo.f in b.sql
-- table dbo.orders(id, customer) in c.sql
-- view dbo.v(id, customer, name) in a.sql
-- dbo.v <- dbo.customers
-- dbo.v <- dbo.orders
-- dbo.f reads dbo.customers(id, name)
-- dbo.f reads dbo.orders(id, customer)
-- dbo.v calls dbo.f
-- dbo.v.id <- dbo.orders.id  IDENTITY
-- dbo.v.customer <- dbo.orders.customer  IDENTITY
-- dbo.v.name <- dbo.customers.name  IDENTITY
-- dbo.v <~ dbo.customers.id  JOIN
-- dbo.v <~ dbo.orders.customer  JOIN

-- case: a function that fills the table it returns
-- dialect: tsql
-- file: a.sql
INSERT INTO dbo.t (p, q) SELECT r.b, r.a FROM dbo.f(7) AS r;
-- file: b.sql
CREATE FUNCTION dbo.f (@n int)
RETURNS @r TABLE (a int NOT NULL PRIMARY KEY, b varchar(10))
AS
BEGIN
  INSERT @r (b, a) SELECT name, id FROM dbo.s WHERE k = @n;
  INSERT @r SELECT u.x, u.y FROM dbo.u;
  RETURN
END
-- expect
-- function dbo.f in b.sql
-- dbo.t <- dbo.s
-- dbo.t <- dbo.u
-- a.sql calls dbo.f
-- a.sql reads dbo.s(id, name)
-- a.sql reads dbo.u(x, y)
-- a.sql writes dbo.t(p, q)
-- dbo.f reads dbo.s(id, k, name)
-- dbo.f reads dbo.u(x, y)
-- dbo.t.p <- dbo.s.name  IDENTITY
-- dbo.t.p <- dbo.u.y  IDENTITY
-- dbo.t.q <- dbo.s.id  IDENTITY
-- dbo.t.q <- dbo.u.x  IDENTITY
-- dbo.t <~ dbo.s.k  FILTER

-- case: a function of what it is given
-- dialect: tsql
-- file: a.sql
CREATE VIEW dbo.v AS SELECT t.id, s.value, s.kind FROM dbo.t CROSS APPLY dbo.split(t.list) s;
-- file: b.sql
CREATE FUNCTION dbo.split (@list varchar(max)) RETURNS TABLE AS RETURN (SELECT SUBSTRING(@list, n.i, 1) AS value, 'x' AS kind, n.i FROM dbo.numbers n);
-- file: c.sql
CREATE FUNCTION dbo.parts (@list varchar(max)) RETURNS @r TABLE (value varchar(10)) AS
BEGIN
  INSERT @r VALUES (@list)
  RETURN
END
-- file: d.sql
CREATE VIEW dbo.w AS SELECT s.value FROM dbo.t CROSS APPLY dbo.parts(t.list) s;
-- expect
-- function dbo.parts in c.sql
-- function dbo.split in b.sql
-- view dbo.v(id, value, kind) in a.sql
-- view dbo.w(value) in d.sql
-- dbo.v <- dbo.numbers
-- dbo.v <- dbo.t
-- dbo.w <- dbo.t
-- dbo.split reads dbo.numbers(i)
-- dbo.v calls dbo.split
-- dbo.w calls dbo.parts
-- dbo.v.id <- dbo.t.id  IDENTITY
-- dbo.v.value <- dbo.numbers.i  TRANSFORMATION: SUBSTRING(@list, n.i, 1)
-- dbo.v.value <- dbo.t.list  TRANSFORMATION
-- dbo.w.value <- dbo.t.list  TRANSFORMATION

-- case: a function that nothing defines is made of its arguments
-- dialect: postgres
CREATE VIEW v AS SELECT t.id, x.a, y FROM t, unknown(t.body) AS x, generate_series(1, t.n) AS y;
-- expect
-- view v(id, a, y)
-- v <- t
-- v.id <- t.id  IDENTITY
-- v.a <- t.body  TRANSFORMATION
-- v.y <- t.n  TRANSFORMATION

-- case: rows of a function in SQL
-- dialect: postgres
-- file: a.sql
CREATE VIEW v AS SELECT f.who, x.day FROM recent(3) f JOIN days x ON x.id = f.id;
-- file: b.sql
CREATE FUNCTION recent(n int) RETURNS TABLE(id int, who text) LANGUAGE sql AS $$
  SELECT set_config('a', 'b', true);
  SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer LIMIT n
$$;
-- expect
-- function recent in b.sql
-- view v(who, day) in a.sql
-- v <- customers
-- v <- days
-- v <- orders
-- recent reads customers(id, name)
-- recent reads orders(customer, id)
-- v calls recent
-- v.who <- customers.name  IDENTITY
-- v.day <- days.day  IDENTITY
-- v <~ customers.id  JOIN
-- v <~ days.id  JOIN
-- v <~ orders.customer  JOIN
-- v <~ orders.id  JOIN

-- case: rows of a function in PL/pgSQL
-- dialect: postgres
-- file: a.sql
INSERT INTO t (x, y) SELECT * FROM f(1);
INSERT INTO u SELECT g.id, g.name FROM g() AS g(id, name);
-- file: b.sql
CREATE FUNCTION f(n int) RETURNS TABLE(a int, b text) LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  IF n > 0 THEN
    RETURN QUERY SELECT s.id, s.name FROM s;
  ELSE
    RETURN QUERY EXECUTE 'SELECT z.id, z.title FROM z';
  END IF;
  SELECT w.p, w.q INTO a, b FROM w;
  RETURN NEXT;
END $$;
-- file: c.sql
CREATE FUNCTION g() RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT k.id, k.label FROM k LOOP
    RETURN NEXT r;
  END LOOP;
END $$;
-- expect
-- function f in b.sql
-- function g in c.sql
-- t <- s
-- t <- w
-- t <- z
-- u <- k
-- a.sql calls f
-- a.sql calls g
-- a.sql reads k(id, label)
-- a.sql reads s(id, name)
-- a.sql reads w(p, q)
-- a.sql reads z(id, title)
-- a.sql writes t(x, y)
-- a.sql writes u
-- f reads s(id, name)
-- f reads w(p, q)
-- f reads z(id, title)
-- g reads k(id, label)
-- t.x <- s.id  IDENTITY
-- t.x <- w.p  IDENTITY
-- t.x <- z.id  IDENTITY
-- t.y <- s.name  IDENTITY
-- t.y <- w.q  IDENTITY
-- t.y <- z.title  IDENTITY
-- u.id <- k.id  IDENTITY
-- u.name <- k.label  IDENTITY

-- case: a function with columns by parameter
-- dialect: postgres
-- file: a.sql
CREATE VIEW v AS SELECT lo, hi FROM bounds();
-- file: b.sql
CREATE FUNCTION bounds(OUT lo int, OUT hi int) LANGUAGE sql AS 'SELECT min(x), max(x) FROM t';
-- expect
-- function bounds in b.sql
-- view v(lo, hi) in a.sql
-- v <- t
-- bounds reads t(x)
-- v calls bounds
-- v.lo <- t.x  AGGREGATION: min(x)
-- v.hi <- t.x  AGGREGATION: max(x)

-- case: table functions of other dialects
-- dialect: bigquery
-- file: a.sql
CREATE VIEW d.v AS SELECT who FROM d.f(1);
-- file: b.sql
CREATE TABLE FUNCTION d.f(n INT64) RETURNS TABLE<id INT64, who STRING> AS SELECT id, name FROM d.people WHERE id > n;
-- expect
-- function d.f in b.sql
-- view d.v(who) in a.sql
-- d.v <- d.people
-- d.f reads d.people(id, name)
-- d.v calls d.f
-- d.v.who <- d.people.name  IDENTITY
-- d.v <~ d.people.id  FILTER

-- case: a table function in TABLE()
-- dialect: snowflake
-- file: a.sql
CREATE VIEW v AS SELECT a.who FROM TABLE(f(1)) a;
-- file: b.sql
CREATE FUNCTION f(n NUMBER) RETURNS TABLE (id NUMBER, who VARCHAR) AS $$ SELECT id, name FROM people WHERE id > n $$;
-- expect
-- function f in b.sql
-- view v(who) in a.sql
-- v <- people
-- f reads people(id, name)
-- v calls f
-- v.who <- people.name  IDENTITY
-- v <~ people.id  FILTER

-- case: a table function that returns a query
-- dialect: databricks
-- file: a.sql
CREATE VIEW v AS SELECT who FROM f(1);
-- file: b.sql
CREATE FUNCTION f(n INT) RETURNS TABLE (id INT, who STRING) RETURN SELECT id, name FROM people WHERE id > n;
-- expect
-- function f in b.sql
-- view v(who) in a.sql
-- v <- people
-- f reads people(id, name)
-- v calls f
-- v.who <- people.name  IDENTITY
-- v <~ people.id  FILTER

-- case: a table macro
-- dialect: duckdb
-- file: a.sql
CREATE VIEW v AS SELECT name FROM f(1);
-- file: b.sql
CREATE MACRO f(n) AS TABLE SELECT id, name FROM people WHERE id > n;
-- expect
-- function f in b.sql
-- view v(name) in a.sql
-- v <- people
-- f reads people(id, name)
-- v calls f
-- v.name <- people.name  IDENTITY
-- v <~ people.id  FILTER

-- case: INSERT EXEC of a procedure in another file
-- dialect: tsql
-- file: a.sql
INSERT INTO dbo.t (x, y) EXEC dbo.p @day = 1;
INSERT dbo.u EXEC p;
INSERT dbo.unknown EXEC dbo.p;
-- file: b.sql
CREATE PROCEDURE dbo.p @day int AS
BEGIN
  SET NOCOUNT ON;
  SELECT s.a, s.b + 1 AS b FROM dbo.s WHERE s.day = @day;
END
-- file: c.sql
CREATE TABLE dbo.u (m int, n int);
-- expect
-- procedure dbo.p in b.sql
-- table dbo.u(m, n) in c.sql
-- dbo.t <- dbo.s
-- dbo.unknown <- dbo.s
-- dbo.u <- dbo.s
-- a.sql calls dbo.p
-- a.sql writes dbo.t(x, y)
-- a.sql writes dbo.u
-- a.sql writes dbo.unknown
-- dbo.p reads dbo.s(a, b, day)
-- dbo.t.x <- dbo.s.a  IDENTITY
-- dbo.t.y <- dbo.s.b  TRANSFORMATION: s.b + 1
-- dbo.unknown.a <- dbo.s.a  IDENTITY
-- dbo.unknown.b <- dbo.s.b  TRANSFORMATION: s.b + 1
-- dbo.u.m <- dbo.s.a  IDENTITY
-- dbo.u.n <- dbo.s.b  TRANSFORMATION: s.b + 1
-- dbo.t <~ dbo.s.day  FILTER
-- dbo.unknown <~ dbo.s.day  FILTER
-- dbo.u <~ dbo.s.day  FILTER

-- case: INSERT EXEC of a star
-- dialect: tsql
-- file: a.sql
INSERT INTO dbo.t (x, y) EXEC dbo.p;
-- file: b.sql
CREATE PROCEDURE dbo.p AS SELECT * FROM dbo.s;
-- file: c.sql
CREATE TABLE dbo.s (a int, b int);
-- expect
-- procedure dbo.p in b.sql
-- table dbo.s(a, b) in c.sql
-- dbo.t <- dbo.s
-- a.sql calls dbo.p
-- a.sql writes dbo.t(x, y)
-- dbo.p reads dbo.s(a, b)
-- dbo.t.x <- dbo.s.a  IDENTITY
-- dbo.t.y <- dbo.s.b  IDENTITY

-- case: a procedure that decides between two queries
-- dialect: tsql
-- file: a.sql
INSERT INTO dbo.t (x, y) EXEC dbo.p 1;
-- file: b.sql
CREATE PROCEDURE dbo.p @k int AS
IF @k = 1
  SELECT a, b FROM dbo.s
ELSE
  SELECT c, d FROM dbo.r
-- expect
-- procedure dbo.p in b.sql
-- dbo.t <- dbo.r
-- dbo.t <- dbo.s
-- a.sql calls dbo.p
-- a.sql writes dbo.t(x, y)
-- dbo.p reads dbo.r(c, d)
-- dbo.p reads dbo.s(a, b)
-- dbo.t.x <- dbo.r.c  IDENTITY
-- dbo.t.x <- dbo.s.a  IDENTITY
-- dbo.t.y <- dbo.r.d  IDENTITY
-- dbo.t.y <- dbo.s.b  IDENTITY

-- case: of several results those that fit are inserted
-- dialect: tsql
-- file: a.sql
INSERT INTO dbo.t (x, y) EXEC dbo.p;
INSERT INTO dbo.w (z) EXEC dbo.p;
-- file: b.sql
CREATE PROCEDURE dbo.p AS
SELECT a FROM dbo.one;
SELECT b, c FROM dbo.two;
SELECT @n = d FROM dbo.none;
SELECT e, f FROM dbo.more;
-- expect
-- procedure dbo.p in b.sql
-- dbo.t <- dbo.more
-- dbo.t <- dbo.one
-- dbo.t <- dbo.two
-- dbo.w <- dbo.more
-- dbo.w <- dbo.one
-- dbo.w <- dbo.two
-- a.sql calls dbo.p
-- a.sql writes dbo.t(x, y)
-- a.sql writes dbo.w(z)
-- dbo.p reads dbo.more(e, f)
-- dbo.p reads dbo.none(d)
-- dbo.p reads dbo.one(a)
-- dbo.p reads dbo.two(b, c)
-- dbo.t.x <- dbo.more.e  IDENTITY
-- dbo.t.x <- dbo.two.b  IDENTITY
-- dbo.t.y <- dbo.more.f  IDENTITY
-- dbo.t.y <- dbo.two.c  IDENTITY
-- dbo.w.z <- dbo.one.a  IDENTITY

-- case: a temporary that a procedure fills
-- dialect: tsql
-- file: a.sql
CREATE TABLE #x (m int, n int);
INSERT #x EXEC dbo.p;
INSERT INTO dbo.t (c) SELECT n FROM #x WHERE m > 0;
-- file: b.sql
CREATE PROCEDURE dbo.p AS SELECT a, b FROM dbo.s;
-- expect
-- procedure dbo.p in b.sql
-- dbo.t <- dbo.s
-- a.sql calls dbo.p
-- a.sql reads dbo.s(a, b)
-- a.sql writes dbo.t(c)
-- dbo.p reads dbo.s(a, b)
-- dbo.t.c <- dbo.s.b  IDENTITY
-- dbo.t <~ dbo.s.a  FILTER

-- case: INSERT EXEC of text
-- dialect: tsql
CREATE PROCEDURE dbo.p AS
BEGIN
  DECLARE @sql nvarchar(max) = N'SELECT e, f FROM dbo.w';
  INSERT INTO dbo.r (x, y) EXEC('SELECT a, b FROM dbo.s WHERE k = 1');
  INSERT dbo.r (x, y) EXEC sp_executesql N'SELECT c, d FROM dbo.u';
  INSERT INTO dbo.r (x, y) EXECUTE sp_executesql @sql, N'@a int', @a = 1;
END
GO
INSERT INTO dbo.z (q) EXEC dbo.p;
-- expect
-- procedure dbo.p
-- dbo.r <- dbo.s
-- dbo.r <- dbo.u
-- dbo.r <- dbo.w
-- dbo.p reads dbo.s(a, b, k)
-- dbo.p reads dbo.u(c, d)
-- dbo.p reads dbo.w(e, f)
-- dbo.p writes dbo.r(x, y)
-- script.sql calls dbo.p
-- script.sql writes dbo.z(q)
-- dbo.r.x <- dbo.s.a  IDENTITY
-- dbo.r.x <- dbo.u.c  IDENTITY
-- dbo.r.x <- dbo.w.e  IDENTITY
-- dbo.r.y <- dbo.s.b  IDENTITY
-- dbo.r.y <- dbo.u.d  IDENTITY
-- dbo.r.y <- dbo.w.f  IDENTITY

-- case: procedures that give each other's rows
-- dialect: tsql
-- file: a.sql
INSERT INTO dbo.t (x) EXEC dbo.outer_one;
-- file: b.sql
CREATE PROCEDURE dbo.outer_one AS
CREATE TABLE #r (v int);
INSERT #r EXEC dbo.inner_one;
SELECT v FROM #r;
-- file: c.sql
CREATE PROCEDURE dbo.inner_one AS SELECT f.k FROM dbo.f() f;
-- file: d.sql
CREATE FUNCTION dbo.f () RETURNS TABLE AS RETURN SELECT s.k FROM dbo.s;
-- expect
-- function dbo.f in d.sql
-- procedure dbo.inner_one in c.sql
-- procedure dbo.outer_one in b.sql
-- dbo.t <- dbo.s
-- a.sql calls dbo.outer_one
-- a.sql writes dbo.t(x)
-- dbo.f reads dbo.s(k)
-- dbo.inner_one calls dbo.f
-- dbo.inner_one reads dbo.s(k)
-- dbo.outer_one calls dbo.inner_one
-- dbo.outer_one reads dbo.s(k)
-- dbo.t.x <- dbo.s.k  IDENTITY

-- case: functions of functions in another order
-- dialect: tsql
-- file: a.sql
CREATE FUNCTION dbo.g () RETURNS TABLE AS RETURN SELECT * FROM dbo.f();
GO
CREATE VIEW dbo.v AS SELECT * FROM dbo.g();
GO
CREATE FUNCTION dbo.f () RETURNS TABLE AS RETURN SELECT s.k, s.l FROM dbo.s;
-- expect
-- function dbo.f
-- function dbo.g
-- view dbo.v(k, l)
-- dbo.v <- dbo.s
-- dbo.f reads dbo.s(k, l)
-- dbo.g calls dbo.f
-- dbo.g reads dbo.s(k, l)
-- dbo.v calls dbo.g
-- dbo.v.k <- dbo.s.k  IDENTITY
-- dbo.v.l <- dbo.s.l  IDENTITY

-- case: procedures of one's own may be called like the system's
-- dialect: tsql
-- file: a.sql
EXEC sp_LoadOrders;
EXEC sp_rename 'dbo.a', 'b';
EXEC sp_helptext 'x';
EXEC sp_updatestats;
EXEC sys.sp_who;
EXEC master..xp_cmdshell 'dir';
EXEC msdb.dbo.sp_start_job N'x';
EXEC sp_elsewhere;
-- file: b.sql
CREATE PROCEDURE dbo.sp_LoadOrders AS INSERT INTO dbo.orders (id) SELECT id FROM dbo.raw;
-- expect
-- procedure dbo.sp_LoadOrders in b.sql
-- dbo.b <- dbo.a
-- dbo.orders <- dbo.raw
-- a.sql calls dbo.sp_LoadOrders
-- a.sql calls sp_elsewhere
-- dbo.sp_LoadOrders reads dbo.raw(id)
-- dbo.sp_LoadOrders writes dbo.orders(id)
-- dbo.orders.id <- dbo.raw.id  IDENTITY

-- case: functions called without a schema are those of other files
-- dialect: postgres
-- file: a.sql
CREATE FUNCTION caller() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM g1(1);
  PERFORM upper('x');
END $$;
SELECT g2(1);
CREATE VIEW v AS SELECT g3(a) AS b, lower(c) AS d FROM t;
-- file: b.sql
CREATE FUNCTION g1(n int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.g2(n int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION g3(n int) RETURNS int LANGUAGE sql AS 'SELECT max(x) FROM w';
-- expect
-- function caller in a.sql
-- function g1 in b.sql
-- function g3 in b.sql
-- function public.g2 in b.sql
-- view v(b, d) in a.sql
-- v <- t
-- v <- w
-- a.sql calls public.g2
-- caller calls g1
-- g3 reads w(x)
-- v calls g3
-- v.b <- t.a  TRANSFORMATION: g3(a)
-- v.b <- w.x  AGGREGATION: g3(a)
-- v.d <- t.c  TRANSFORMATION: lower(c)

-- case: a scalar function of another file is called, and its argument flows
-- dialect: tsql
-- file: a.sql
INSERT INTO dbo.t (a) SELECT dbo.fn(s.x) FROM dbo.s;
UPDATE dbo.t SET b = dbo.fn(c) WHERE dbo.other(d) = 1;
DECLARE @x int = dbo.third(1);
-- file: b.sql
CREATE FUNCTION dbo.fn (@x int) RETURNS int AS
BEGIN
  RETURN (SELECT MAX(rate) FROM dbo.rates WHERE k = @x)
END
GO
CREATE FUNCTION dbo.other (@x int) RETURNS int AS BEGIN RETURN @x END
GO
CREATE FUNCTION dbo.third (@x int) RETURNS int AS BEGIN RETURN @x END
-- expect
-- function dbo.fn in b.sql
-- function dbo.other in b.sql
-- function dbo.third in b.sql
-- dbo.t <- dbo.rates
-- dbo.t <- dbo.s
-- a.sql calls dbo.fn
-- a.sql calls dbo.other
-- a.sql calls dbo.third
-- a.sql reads columns of dbo.t(c, d)
-- a.sql reads dbo.s(x)
-- a.sql writes dbo.t(a, b)
-- dbo.fn reads dbo.rates(k, rate)
-- dbo.t.a <- dbo.rates.rate  AGGREGATION: dbo.fn(s.x)
-- dbo.t.a <- dbo.s.x  TRANSFORMATION: dbo.fn(s.x)
-- dbo.t.b <- dbo.rates.rate  AGGREGATION: dbo.fn(c)
-- dbo.t.b <- dbo.t.c  TRANSFORMATION: dbo.fn(c)
-- dbo.t <~ dbo.rates.k  FILTER
-- dbo.t <~ dbo.t.d  FILTER

-- case: what a cursor selects is not given back
-- dialect: tsql
-- file: a.sql
INSERT INTO dbo.t (x) EXEC dbo.p;
-- file: b.sql
CREATE PROCEDURE dbo.p AS
DECLARE c CURSOR FOR SELECT a FROM dbo.s;
SELECT b INTO #x FROM dbo.r;
SELECT b FROM #x;
-- expect
-- procedure dbo.p in b.sql
-- dbo.t <- dbo.r
-- a.sql calls dbo.p
-- a.sql writes dbo.t(x)
-- dbo.p reads dbo.r(b)
-- dbo.p reads dbo.s(a)
-- dbo.t.x <- dbo.r.b  IDENTITY

-- case: a column that a table function may have
-- dialect: tsql
-- file: a.sql
CREATE VIEW dbo.v AS SELECT a, b, c FROM dbo.t CROSS APPLY dbo.f(t.k);
-- file: b.sql
CREATE FUNCTION dbo.f (@k int) RETURNS TABLE AS RETURN SELECT s.b FROM dbo.s WHERE s.k = @k;
-- file: c.sql
CREATE TABLE dbo.t (a int, k int, c int);
-- expect
-- function dbo.f in b.sql
-- table dbo.t(a, k, c) in c.sql
-- view dbo.v(a, b, c) in a.sql
-- dbo.v <- dbo.s
-- dbo.v <- dbo.t
-- dbo.f reads dbo.s(b, k)
-- dbo.v calls dbo.f
-- dbo.v.a <- dbo.t.a  IDENTITY
-- dbo.v.b <- dbo.s.b  IDENTITY
-- dbo.v.c <- dbo.t.c  IDENTITY
-- dbo.v <~ dbo.s.k  FILTER

-- case: arguments flow where the function puts them
-- dialect: postgres
-- file: a.sql
CREATE VIEW v AS SELECT p.part, p.kind, p.pos, w.total FROM t, parts(t.body) AS p, weighed(t.id) w;
-- file: b.sql
CREATE FUNCTION parts(body text) RETURNS TABLE(part text, kind text, pos int) LANGUAGE plpgsql AS $$
DECLARE rest text;
BEGIN
  rest := substr(body, 2);
  RETURN QUERY SELECT rest || n.sep, n.kind, 1 FROM n;
END $$;
-- file: c.sql
CREATE FUNCTION weighed(k int) RETURNS TABLE(total int) LANGUAGE sql AS $$ SELECT sum(o.weight) FROM o WHERE o.id = k $$;
-- expect
-- function parts in b.sql
-- function weighed in c.sql
-- view v(part, kind, pos, total) in a.sql
-- v <- n
-- v <- o
-- v <- t
-- parts reads n(kind, sep)
-- v calls parts
-- v calls weighed
-- weighed reads o(id, weight)
-- v.part <- n.sep  TRANSFORMATION: rest || n.sep
-- v.part <- t.body  TRANSFORMATION
-- v.kind <- n.kind  IDENTITY
-- v.total <- o.weight  AGGREGATION: sum(o.weight)
-- v <~ o.id  FILTER

-- case: a function that writes what it is given says nothing of where that comes from
-- dialect: postgres
CREATE FUNCTION note(what text) RETURNS void LANGUAGE sql AS $$ INSERT INTO notes (what, at) SELECT what, c.day FROM c $$;
-- expect
-- function note
-- notes <- c
-- note reads c(day)
-- note writes notes(at, what)
-- notes.at <- c.day  IDENTITY

-- case: an expression of dynamic SQL whose rows are inserted is that of its text
-- dialect: tsql
-- What stands before moves the text away from the beginning of the file.
INSERT dbo.done (x, y) EXEC sp_executesql N'SELECT c + 1, UPPER(d) FROM dbo.work';
-- expect
-- dbo.done <- dbo.work
-- script.sql reads dbo.work(c, d)
-- script.sql writes dbo.done(x, y)
-- dbo.done.x <- dbo.work.c  TRANSFORMATION: c + 1
-- dbo.done.y <- dbo.work.d  TRANSFORMATION: UPPER(d)

-- case: functions defined within a statement are no part of its query
-- dialect: trino
INSERT INTO u
WITH FUNCTION f(x bigint) RETURNS bigint BEGIN DECLARE y bigint; SET y = x; RETURN y; END, FUNCTION g() RETURNS bigint RETURN 1
SELECT f(a) + g() AS b FROM t;
WITH FUNCTION f(x bigint) RETURNS bigint RETURN x * 2 WITH c AS (SELECT d FROM v) SELECT f(d) FROM c;
-- expect
-- u <- t
-- script.sql reads t(a)
-- script.sql reads v(d)
-- script.sql writes u
-- u.b <- t.a  TRANSFORMATION: f(a) + g()

-- case: the value of a scalar function is what it returns, however it came by it
-- dialect: tsql
CREATE FUNCTION dbo.rate (@c char(3)) RETURNS decimal AS
BEGIN
  DECLARE @r decimal;
  SELECT @r = r.rate FROM dbo.rates AS r WHERE r.code = @c;
  RETURN ISNULL(@r, 1)
END
GO
CREATE FUNCTION dbo.net (@c char(3), @x decimal) RETURNS decimal AS BEGIN RETURN @x / dbo.rate(@c) END
GO
CREATE PROCEDURE dbo.status AS RETURN (SELECT max(code) FROM dbo.codes)
GO
CREATE VIEW dbo.v AS SELECT dbo.net(o.currency, o.total) AS total FROM dbo.orders AS o;
-- expect
-- function dbo.net
-- function dbo.rate
-- procedure dbo.status
-- view dbo.v(total)
-- dbo.v <- dbo.orders
-- dbo.v <- dbo.rates
-- dbo.net calls dbo.rate
-- dbo.rate reads dbo.rates(code, rate)
-- dbo.status reads dbo.codes(code)
-- dbo.v calls dbo.net
-- dbo.v.total <- dbo.orders.currency  TRANSFORMATION: dbo.net(o.currency, o.total)
-- dbo.v.total <- dbo.orders.total  TRANSFORMATION: dbo.net(o.currency, o.total)
-- dbo.v.total <- dbo.rates.rate  TRANSFORMATION: dbo.net(o.currency, o.total)

-- case: what a function that is called in a filter returns decides on the rows
-- dialect: postgres
CREATE FUNCTION cutoff() RETURNS date LANGUAGE plpgsql AS $$
BEGIN
  RETURN coalesce((SELECT max(day) FROM closing), current_date);
END $$;
CREATE FUNCTION is_open(d date) RETURNS boolean LANGUAGE sql AS $$ SELECT d > cutoff() $$;
INSERT INTO late (id) SELECT id FROM orders WHERE is_open(day);
-- expect
-- function cutoff
-- function is_open
-- late <- closing
-- late <- orders
-- cutoff reads closing(day)
-- is_open calls cutoff
-- script.sql calls is_open
-- script.sql reads orders(day, id)
-- script.sql writes late(id)
-- late.id <- orders.id  IDENTITY
-- late <~ closing.day  FILTER
-- late <~ orders.day  FILTER

-- case: what a function returns is seen through a variable
-- dialect: postgres
CREATE FUNCTION latest() RETURNS int LANGUAGE sql AS $$ SELECT max(n) FROM runs $$;
CREATE PROCEDURE load() LANGUAGE plpgsql AS $$
DECLARE last int := latest();
BEGIN
  INSERT INTO log (run, at) VALUES (last, now());
END $$;
-- expect
-- function latest
-- procedure load
-- log <- runs
-- latest reads runs(n)
-- load calls latest
-- load reads columns of runs(n)
-- load writes log(at, run)
-- log.run <- runs.n  AGGREGATION: max(n)

-- case: a procedure of another file fills its caller's temporary table
-- dialect: tsql
-- file: a.sql
CREATE PROCEDURE dbo.main AS
BEGIN
  CREATE TABLE #t (id int, total int);
  EXEC dbo.fill_named;
  EXEC fill_placed 3;
  INSERT INTO dbo.target (id, total) SELECT id, total FROM #t;
END
-- file: b.sql
CREATE PROCEDURE dbo.fill_named AS INSERT INTO #t (total, id) SELECT s.amount, s.k FROM dbo.s s;
-- file: c.sql
CREATE PROCEDURE dbo.fill_placed @n int AS
BEGIN
  INSERT INTO #t SELECT u.x, u.y * 2 FROM dbo.u u;
  CREATE TABLE #own (a int);
  INSERT INTO #own SELECT z FROM dbo.v;
END
-- expect
-- procedure dbo.fill_named in b.sql
-- procedure dbo.fill_placed in c.sql
-- procedure dbo.main in a.sql
-- dbo.target <- dbo.s
-- dbo.target <- dbo.u
-- dbo.fill_named reads dbo.s(amount, k)
-- dbo.fill_placed reads dbo.u(x, y)
-- dbo.fill_placed reads dbo.v(z)
-- dbo.main calls dbo.fill_named
-- dbo.main calls dbo.fill_placed
-- dbo.main reads dbo.s(amount, k)
-- dbo.main reads dbo.u(x, y)
-- dbo.main writes dbo.target(id, total)
-- dbo.target.id <- dbo.s.k  IDENTITY
-- dbo.target.id <- dbo.u.x  IDENTITY
-- dbo.target.total <- dbo.s.amount  IDENTITY
-- dbo.target.total <- dbo.u.y  TRANSFORMATION: u.y * 2

-- case: a script's temporary table is filled by a procedure that it calls
-- dialect: tsql
CREATE PROCEDURE p AS INSERT INTO #t SELECT a, b FROM s
GO
CREATE TABLE #t (x int, y int)
EXEC p
SELECT x, y INTO kept FROM #t
-- expect
-- procedure p
-- table kept(x, y)
-- kept <- s
-- p reads s(a, b)
-- script.sql calls p
-- script.sql reads s(a, b)
-- script.sql writes kept
-- kept.x <- s.a  IDENTITY
-- kept.y <- s.b  IDENTITY

-- case: values come back through parameters, by place and by name
-- dialect: tsql
-- file: a.sql
DECLARE @a int, @b int, @c int;
EXEC dbo.p 1, @a OUTPUT, @other = @b OUTPUT;
EXEC dbo.p 1, @c, @b;
INSERT INTO dbo.t (a, b, c) SELECT @a, @b, @c;
-- file: b.sql
CREATE PROCEDURE dbo.p @k int, @total int OUTPUT, @other int = NULL OUT
AS
BEGIN
  SET NOCOUNT ON;
  SELECT @total = SUM(s.amount) FROM dbo.s s WHERE s.k = @k;
  SET @other = (SELECT MAX(u.x) FROM dbo.u u);
  SELECT w.z FROM dbo.w w;
END
-- expect
-- procedure dbo.p in b.sql
-- dbo.t <- dbo.s
-- dbo.t <- dbo.u
-- a.sql calls dbo.p
-- a.sql writes dbo.t(a, b, c)
-- dbo.p reads dbo.s(amount, k)
-- dbo.p reads dbo.u(x)
-- dbo.p reads dbo.w(z)
-- dbo.t.a <- dbo.s.amount  AGGREGATION
-- dbo.t.b <- dbo.u.x  AGGREGATION

-- case: values come back through the parameters of a procedure of Oracle, by place and by name
-- dialect: oracle
-- file: a.sql
CREATE PROCEDURE p (k IN NUMBER, total OUT NUMBER, note IN OUT VARCHAR2) IS
BEGIN
  SELECT SUM(s.amount), MAX(s.text) INTO total, note FROM s WHERE s.k = k;
END;
/
-- file: b.sql
DECLARE
  n NUMBER; m VARCHAR2(9);
BEGIN
  p(1, n, note => m);
  INSERT INTO t (a, b) VALUES (n, m);
END;
/
-- expect
-- procedure p in a.sql
-- t <- s
-- b.sql calls p
-- b.sql reads columns of s(amount, text)
-- b.sql writes t(a, b)
-- p reads s(amount, k, text)
-- t.a <- s.amount  AGGREGATION
-- t.b <- s.text  AGGREGATION

-- case: a function that returns rows of a table has its columns by place
-- dialect: postgres
CREATE TABLE t (x int, y int);
CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT a, b FROM s';
CREATE FUNCTION g() RETURNS t LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT c, d FROM u; END $$;
CREATE VIEW v AS SELECT y FROM f();
CREATE VIEW w AS SELECT g.x FROM g();
-- expect
-- function f
-- function g
-- table t(x, y)
-- view v(y)
-- view w(x)
-- v <- s
-- w <- u
-- f reads s(a, b)
-- g reads u(c, d)
-- v calls f
-- w calls g
-- v.y <- s.b  IDENTITY
-- w.x <- u.c  IDENTITY

-- case: a value that comes back through a parameter is followed from a body in a string
-- dialect: postgres
CREATE PROCEDURE latest(OUT top int, INOUT step int) LANGUAGE plpgsql AS $$
BEGIN
  SELECT max(total) INTO top FROM bills;
END $$;
DO $$
DECLARE found int; n int;
BEGIN
  CALL latest(found, n);
  INSERT INTO sums (top) VALUES (found);
END $$;
-- expect
-- procedure latest
-- sums <- bills
-- latest reads bills(total)
-- script.sql calls latest
-- script.sql reads columns of bills(total)
-- script.sql writes sums(top)
-- sums.top <- bills.total  AGGREGATION

-- case: a variable of the session takes what comes back through a parameter
-- dialect: mysql
CREATE PROCEDURE latest(OUT top int) BEGIN SELECT max(total) INTO top FROM bills; END;
CALL latest(@found);
INSERT INTO sums (top) VALUES (@found);
-- expect
-- procedure latest
-- sums <- bills
-- latest reads bills(total)
-- script.sql calls latest
-- script.sql writes sums(top)
-- sums.top <- bills.total  AGGREGATION

-- case: what a procedure is called with goes where it puts its parameters
-- dialect: tsql
CREATE PROCEDURE dbo.keep @k int, @v varchar(9) = NULL AS
INSERT dbo.log (k, v) SELECT @k, UPPER(@v) FROM dbo.other WHERE day = @v
GO
-- file: caller.sql
DECLARE @x int, @y int
SELECT @x = a, @y = b FROM dbo.t
EXEC dbo.keep @x
EXEC keep @v = @y, @k = 1
-- expect
-- procedure dbo.keep in script.sql
-- dbo.log <- dbo.other
-- dbo.log <- dbo.t
-- caller.sql calls dbo.keep
-- caller.sql reads dbo.t(a, b)
-- dbo.keep reads dbo.other(day)
-- dbo.keep writes dbo.log(k, v)
-- dbo.log.k <- dbo.t.a  IDENTITY
-- dbo.log.v <- dbo.t.b  TRANSFORMATION: UPPER(@v)
-- dbo.log <~ dbo.other.day  FILTER

-- case: an argument of a call is passed on
-- dialect: oracle
CREATE OR REPLACE PROCEDURE store(p NUMBER) IS BEGIN UPDATE u SET c = p; END;
/
CREATE OR REPLACE PROCEDURE pass(q NUMBER, r NUMBER) IS BEGIN store(p => q + 1); END;
/
BEGIN
  FOR x IN (SELECT a, b FROM t) LOOP
    pass(x.a, x.b);
  END LOOP;
END;
/
-- expect
-- procedure pass
-- procedure store
-- u <- t
-- pass calls store
-- script.sql calls pass
-- script.sql reads t(a, b)
-- store writes u(c)
-- u.c <- t.a  TRANSFORMATION: q + 1

-- case: what one caller gets back is not made of what another passes
-- dialect: tsql
CREATE PROCEDURE dbo.twice @v int OUTPUT AS SET @v = @v * 2
GO
DECLARE @a int, @b int
SELECT @a = a FROM dbo.t
SELECT @b = b FROM dbo.u
EXEC dbo.twice @a OUTPUT
EXEC dbo.twice @b OUTPUT
INSERT dbo.o (x) VALUES (@b)
-- expect
-- procedure dbo.twice
-- dbo.o <- dbo.u
-- script.sql calls dbo.twice
-- script.sql reads dbo.t(a)
-- script.sql reads dbo.u(b)
-- script.sql writes dbo.o(x)
-- dbo.o.x <- dbo.u.b  IDENTITY

-- case: a function called for what it writes
-- dialect: postgres
CREATE FUNCTION keep(k int, v text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log (k, v) VALUES (k, v);
END
$$;
CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM keep(NEW.id, v => OLD.name);
  RETURN NEW;
END
$$;
CREATE TRIGGER tr AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tr();
-- expect
-- function keep
-- function tr
-- trigger tr
-- log <- t
-- keep writes log(k, v)
-- tr calls keep
-- tr calls tr
-- tr fires on t
-- tr reads columns of t(id, name)
-- log.k <- t.id  IDENTITY: NEW.id
-- log.v <- t.name  IDENTITY: OLD.name

-- case: a table that a procedure is called with
-- dialect: tsql
CREATE TYPE dbo.list AS TABLE (p int)
GO
CREATE PROCEDURE dbo.take @t dbo.list READONLY AS INSERT dbo.o (x) SELECT p FROM @t
GO
-- file: caller.sql
DECLARE @v dbo.list
INSERT @v SELECT p FROM dbo.s
EXEC dbo.take @v
-- expect
-- procedure dbo.take in script.sql
-- dbo.o <- dbo.s
-- caller.sql calls dbo.take
-- caller.sql reads dbo.s(p)
-- dbo.take writes dbo.o(x)
-- dbo.o.x <- dbo.s.p  IDENTITY

-- case: what a procedure returns as its status
-- dialect: tsql
CREATE PROCEDURE dbo.top_a AS RETURN (SELECT MAX(a) FROM dbo.t)
GO
DECLARE @v int
EXEC @v = dbo.top_a
INSERT dbo.o (x) VALUES (@v)
-- expect
-- procedure dbo.top_a
-- dbo.o <- dbo.t
-- dbo.top_a reads dbo.t(a)
-- script.sql calls dbo.top_a
-- script.sql writes dbo.o(x)
-- dbo.o.x <- dbo.t.a  AGGREGATION: (SELECT MAX(a) FROM dbo.t)

-- case: SQL in the strings of a procedure in Python
-- dialect: snowflake
CREATE OR REPLACE PROCEDURE p() RETURNS VARCHAR LANGUAGE PYTHON RUNTIME_VERSION = '3.8' PACKAGES = ('snowflake-snowpark-python') HANDLER = 'run' AS
$$
def run(session):
    """Update the day's rows."""
    # session.sql("DELETE FROM commented")
    session.sql("insert into tgt.o (a) "
                "select a from src.t").collect()
    session.sql("""
        merge into tgt.m using src.n on m.id = n.id when matched then update set v = n.v
    """).collect()
    session.sql(f"insert into {name} select 1").collect()
    return 'x'
$$;
-- expect
-- procedure p
-- tgt.m <- src.n
-- tgt.o <- src.t
-- p reads columns of tgt.m(id)
-- p reads src.n(id, v)
-- p reads src.t(a)
-- p writes tgt.m(v)
-- p writes tgt.o(a)
-- tgt.m.v <- src.n.v  IDENTITY
-- tgt.o.a <- src.t.a  IDENTITY
-- tgt.m <~ src.n.id  JOIN
-- tgt.m <~ tgt.m.id  JOIN

-- case: INSERT EXEC takes what a procedure is given by those that it executes
-- dialect: tsql
-- file: a.sql
INSERT INTO dbo.t (x, y) EXEC dbo.p;
-- file: b.sql
CREATE PROCEDURE dbo.p AS
BEGIN
  EXEC dbo.log 'begin';
  EXEC dbo.q;
END
-- file: c.sql
CREATE PROCEDURE dbo.q AS EXEC @result = dbo.r @day = 1;
-- file: d.sql
CREATE PROCEDURE dbo.r @day int AS SELECT s.k, s.z + 1 AS z FROM dbo.s WHERE s.day = @day;
GO
CREATE PROCEDURE dbo.log @text nvarchar(max) AS INSERT INTO dbo.journal (line) VALUES (@text);
-- expect
-- procedure dbo.log in d.sql
-- procedure dbo.p in b.sql
-- procedure dbo.q in c.sql
-- procedure dbo.r in d.sql
-- dbo.t <- dbo.s
-- a.sql calls dbo.p
-- a.sql writes dbo.t(x, y)
-- dbo.log writes dbo.journal(line)
-- dbo.p calls dbo.log
-- dbo.p calls dbo.q
-- dbo.q calls dbo.r
-- dbo.r reads dbo.s(day, k, z)
-- dbo.t.x <- dbo.s.k  IDENTITY
-- dbo.t.y <- dbo.s.z  TRANSFORMATION: s.z + 1
-- dbo.t <~ dbo.s.day  FILTER

-- case: rows that an INSERT took in a procedure are not given to who called it
-- dialect: tsql
CREATE PROCEDURE dbo.p AS
CREATE TABLE #w (a int);
INSERT INTO #w EXEC dbo.q;
SELECT a + 1 AS b FROM #w;
GO
CREATE PROCEDURE dbo.q AS SELECT a FROM dbo.s;
GO
INSERT INTO dbo.t (x) EXEC dbo.p;
-- expect
-- procedure dbo.p
-- procedure dbo.q
-- dbo.t <- dbo.s
-- dbo.p calls dbo.q
-- dbo.p reads dbo.s(a)
-- dbo.q reads dbo.s(a)
-- script.sql calls dbo.p
-- script.sql writes dbo.t(x)
-- dbo.t.x <- dbo.s.a  TRANSFORMATION: a + 1

-- case: procedures that execute each other give what either selects
-- dialect: tsql
CREATE PROCEDURE dbo.p AS IF @@NESTLEVEL < 9 EXEC dbo.q ELSE SELECT a FROM dbo.s;
GO
CREATE PROCEDURE dbo.q AS EXEC dbo.p;
GO
INSERT INTO dbo.t (x) EXEC dbo.q;
-- expect
-- procedure dbo.p
-- procedure dbo.q
-- dbo.t <- dbo.s
-- dbo.p calls dbo.q
-- dbo.p reads dbo.s(a)
-- dbo.q calls dbo.p
-- script.sql calls dbo.q
-- script.sql writes dbo.t(x)
-- dbo.t.x <- dbo.s.a  IDENTITY

-- case: a constant text that is executed gives its rows
-- dialect: tsql
INSERT INTO dbo.t (x, y) EXEC ('SELECT a, b FROM dbo.s WHERE c = 1');
INSERT INTO dbo.u (z) EXEC sp_executesql N'SELECT d FROM dbo.r WHERE e = @e', N'@e int', @e = 1;
-- expect
-- dbo.t <- dbo.s
-- dbo.u <- dbo.r
-- script.sql reads dbo.r(d, e)
-- script.sql reads dbo.s(a, b, c)
-- script.sql writes dbo.t(x, y)
-- script.sql writes dbo.u(z)
-- dbo.t.x <- dbo.s.a  IDENTITY
-- dbo.t.y <- dbo.s.b  IDENTITY
-- dbo.u.z <- dbo.r.d  IDENTITY

-- case: a value in a string is what a function of Snowflake gives back
-- dialect: snowflake
CREATE FUNCTION area(r FLOAT) RETURNS FLOAT AS $$ pi() * r * r $$;
CREATE FUNCTION top(k INT) RETURNS INT LANGUAGE SQL AS '(SELECT max(a) FROM s WHERE s.k = k)';
CREATE FUNCTION named(k INT) RETURNS VARCHAR AS 'CASE WHEN k = 1 THEN (SELECT n FROM names) END';
CREATE VIEW v AS SELECT area(c.r) AS a, named(c.k) AS n FROM circles c;
-- expect
-- function area
-- function named
-- function top
-- view v(a, n)
-- v <- circles
-- v <- names
-- named reads names(n)
-- top reads s(a, k)
-- v calls area
-- v calls named
-- v.a <- circles.r  TRANSFORMATION: area(c.r)
-- v.n <- circles.k  TRANSFORMATION: named(c.k)
-- v.n <- names.n  TRANSFORMATION: named(c.k)

-- case: a procedure of another file reads its caller's temporary table
-- dialect: tsql
-- file: a.sql
CREATE PROCEDURE dbo.main AS
BEGIN
  CREATE TABLE #t (id int, total int);
  INSERT INTO #t (id, total) SELECT k, amount FROM dbo.s;
  EXEC dbo.store;
  EXEC dbo.pass_on;
END
-- file: b.sql
CREATE PROCEDURE dbo.store AS
BEGIN
  UPDATE #t SET total = t.total * r.rate FROM #t t JOIN dbo.rates r ON r.id = t.id;
  INSERT INTO dbo.kept (id, total) SELECT id, total FROM #t;
END
-- file: c.sql
CREATE PROCEDURE dbo.pass_on AS
BEGIN
  DELETE FROM #t WHERE id IS NULL;
  SELECT id INTO #own FROM #t;
  EXEC dbo.store_all;
END
-- file: d.sql
CREATE TABLE dbo.whole (id int, total int);
GO
CREATE PROCEDURE dbo.store_all AS
INSERT INTO dbo.whole SELECT * FROM #t;
INSERT INTO dbo.ids (id) SELECT id FROM #own;
-- expect
-- procedure dbo.main in a.sql
-- procedure dbo.pass_on in c.sql
-- procedure dbo.store in b.sql
-- procedure dbo.store_all in d.sql
-- table dbo.whole(id, total) in d.sql
-- dbo.ids <- dbo.rates
-- dbo.ids <- dbo.s
-- dbo.kept <- dbo.rates
-- dbo.kept <- dbo.s
-- dbo.whole <- dbo.rates
-- dbo.whole <- dbo.s
-- dbo.main calls dbo.pass_on
-- dbo.main calls dbo.store
-- dbo.main reads dbo.s(amount, k)
-- dbo.pass_on calls dbo.store_all
-- dbo.store reads dbo.rates(id, rate)
-- dbo.store writes dbo.kept(id, total)
-- dbo.store_all writes dbo.ids(id)
-- dbo.store_all writes dbo.whole
-- dbo.ids.id <- dbo.s.k  IDENTITY
-- dbo.kept.id <- dbo.s.k  IDENTITY
-- dbo.kept.total <- dbo.rates.rate  TRANSFORMATION
-- dbo.kept.total <- dbo.s.amount  IDENTITY+TRANSFORMATION
-- dbo.whole.id <- dbo.s.k  IDENTITY
-- dbo.whole.total <- dbo.rates.rate  TRANSFORMATION: t.total * r.rate
-- dbo.whole.total <- dbo.s.amount  IDENTITY+TRANSFORMATION: t.total * r.rate
-- dbo.ids <~ dbo.rates.id  JOIN
-- dbo.kept <~ dbo.rates.id  JOIN
-- dbo.whole <~ dbo.rates.id  JOIN

-- case: a caller's temporary table that a procedure fills holds nothing of other callers
-- dialect: tsql
-- file: a.sql
CREATE PROCEDURE one AS
SELECT a AS id, b AS v INTO #t FROM s1
EXEC more
INSERT INTO r1 (id, v) SELECT id, v FROM #t
-- file: b.sql
CREATE PROCEDURE two AS
SELECT c AS id, d AS v INTO #t FROM s2
EXEC more
INSERT INTO r2 (id, v) SELECT id, v FROM #t
-- file: c.sql
CREATE PROCEDURE more AS
UPDATE #t SET v = #t.v + x.w FROM x WHERE x.id = #t.id
INSERT INTO seen (id) SELECT id FROM #t
-- expect
-- procedure more in c.sql
-- procedure one in a.sql
-- procedure two in b.sql
-- r1 <- s1
-- r1 <- x
-- r2 <- s2
-- r2 <- x
-- seen <- s1
-- seen <- s2
-- seen <- x
-- more reads x(id, w)
-- more writes seen(id)
-- one calls more
-- one reads s1(a, b)
-- one reads x(w)
-- one writes r1(id, v)
-- two calls more
-- two reads s2(c, d)
-- two reads x(w)
-- two writes r2(id, v)
-- r1.id <- s1.a  IDENTITY
-- r1.v <- s1.b  IDENTITY+TRANSFORMATION: #t.v + x.w
-- r1.v <- x.w  TRANSFORMATION: #t.v + x.w
-- r2.id <- s2.c  IDENTITY
-- r2.v <- s2.d  IDENTITY+TRANSFORMATION: #t.v + x.w
-- r2.v <- x.w  TRANSFORMATION: #t.v + x.w
-- seen.id <- s1.a  IDENTITY
-- seen.id <- s2.c  IDENTITY
-- r1 <~ x.id  FILTER
-- r2 <~ x.id  FILTER
-- seen <~ x.id  FILTER

-- case: every column of a table variable that a procedure is given
-- dialect: tsql
-- file: a.sql
CREATE PROCEDURE dbo.store @rows dbo.pair READONLY AS
INSERT INTO dbo.t SELECT * FROM @rows;
-- file: b.sql
CREATE TABLE dbo.t (a int, b int);
GO
CREATE PROCEDURE dbo.load AS
DECLARE @p dbo.pair;
INSERT INTO @p (x, y) SELECT c, d * 2 FROM dbo.s;
EXEC dbo.store @rows = @p;
-- expect
-- procedure dbo.load in b.sql
-- procedure dbo.store in a.sql
-- table dbo.t(a, b) in b.sql
-- dbo.t <- dbo.s
-- dbo.load calls dbo.store
-- dbo.load reads dbo.s(c, d)
-- dbo.store writes dbo.t
-- dbo.t.a <- dbo.s.c  IDENTITY
-- dbo.t.b <- dbo.s.d  TRANSFORMATION: d * 2

-- case: procedures that execute each other read their caller's temporary table whichever stands first
-- dialect: tsql
-- file: a.sql
CREATE PROCEDURE main AS
SELECT a AS id, b AS v INTO #t FROM s
EXEC p1
-- file: b.sql
CREATE PROCEDURE p1 AS
INSERT INTO r1 SELECT * FROM #t
EXEC p2
GO
CREATE PROCEDURE p2 AS
INSERT INTO r2 SELECT * FROM #t
EXEC p1
-- file: c.sql
CREATE PROCEDURE q2 AS
INSERT INTO r4 SELECT * FROM #t
EXEC q1
GO
CREATE PROCEDURE q1 AS
INSERT INTO r3 SELECT * FROM #t
EXEC q2
-- file: d.sql
CREATE PROCEDURE other AS
SELECT c AS id, d AS v INTO #t FROM u
EXEC q1
-- expect
-- procedure main in a.sql
-- procedure other in d.sql
-- procedure p1 in b.sql
-- procedure p2 in b.sql
-- procedure q1 in c.sql
-- procedure q2 in c.sql
-- r1 <- s
-- r2 <- s
-- r3 <- u
-- r4 <- u
-- main calls p1
-- main reads s(a, b)
-- other calls q1
-- other reads u(c, d)
-- p1 calls p2
-- p1 writes r1
-- p2 calls p1
-- p2 writes r2
-- q1 calls q2
-- q1 writes r3
-- q2 calls q1
-- q2 writes r4
-- r1.id <- s.a  IDENTITY
-- r1.v <- s.b  IDENTITY
-- r2.id <- s.a  IDENTITY
-- r2.v <- s.b  IDENTITY
-- r3.id <- u.c  IDENTITY
-- r3.v <- u.d  IDENTITY
-- r4.id <- u.c  IDENTITY
-- r4.v <- u.d  IDENTITY

-- case: functions that read each other give what either selects, in whichever order they are asked
-- dialect: tsql
CREATE FUNCTION f1() RETURNS TABLE AS RETURN SELECT a FROM s UNION ALL SELECT a FROM f2();
GO
CREATE FUNCTION f2() RETURNS TABLE AS RETURN SELECT b AS a FROM u UNION ALL SELECT a FROM f1();
GO
INSERT INTO w1 (x) SELECT a FROM f1();
INSERT INTO w2 (x) SELECT a FROM f2();
-- expect
-- function f1
-- function f2
-- w1 <- s
-- w1 <- u
-- w2 <- s
-- w2 <- u
-- f1 calls f2
-- f1 reads s(a)
-- f1 reads u(b)
-- f2 calls f1
-- f2 reads s(a)
-- f2 reads u(b)
-- script.sql calls f1
-- script.sql calls f2
-- script.sql reads s(a)
-- script.sql reads u(b)
-- script.sql writes w1(x)
-- script.sql writes w2(x)
-- w1.x <- s.a  IDENTITY
-- w1.x <- u.b  IDENTITY
-- w2.x <- s.a  IDENTITY
-- w2.x <- u.b  IDENTITY

-- case: what a procedure makes of one column of its caller's temporary table and puts into another
-- dialect: tsql
-- file: a.sql
CREATE PROCEDURE one AS
SELECT a AS id, b AS v, 0 AS w INTO #t FROM s1
EXEC more 7
INSERT INTO r1 (id, v, w) SELECT id, v, w FROM #t
GO
CREATE PROCEDURE two AS
SELECT c AS id, d AS v, 0 AS w INTO #t FROM s2
DECLARE @k int = (SELECT max(m) FROM s3)
EXEC more @k
INSERT INTO r2 (id, v, w) SELECT id, v, w FROM #t
-- file: b.sql
CREATE PROCEDURE more @k int AS
UPDATE #t SET w = v * 2, v = @k
-- file: c.sql
CREATE PROCEDURE three AS
INSERT INTO r3 EXEC four
GO
CREATE PROCEDURE four AS
CREATE TABLE #t (id int, v int, w int)
INSERT INTO #t (id, v) SELECT e, f FROM s4
EXEC more 1
SELECT id, w FROM #t
-- expect
-- procedure four in c.sql
-- procedure more in b.sql
-- procedure one in a.sql
-- procedure three in c.sql
-- procedure two in a.sql
-- r1 <- s1
-- r2 <- s2
-- r3 <- s4
-- four calls more
-- four reads s4(e, f)
-- one calls more
-- one reads s1(a, b)
-- one writes r1(id, v, w)
-- three calls four
-- three writes r3
-- two calls more
-- two reads s2(c, d)
-- two reads s3(m)
-- two writes r2(id, v, w)
-- r1.id <- s1.a  IDENTITY
-- r1.v <- s1.b  IDENTITY
-- r1.w <- s1.b  TRANSFORMATION: v * 2
-- r2.id <- s2.c  IDENTITY
-- r2.v <- s2.d  IDENTITY
-- r2.v <- s3.m  AGGREGATION
-- r2.w <- s2.d  TRANSFORMATION: v * 2
-- r3.id <- s4.e  IDENTITY
-- r3.w <- s4.f  TRANSFORMATION: v * 2

-- case: what decides on the rows of a temporary table decides on what procedures make of it, the callers' and the called
-- dialect: tsql
-- file: a.sql
CREATE PROCEDURE main AS
SELECT s.a AS id, s.b AS v INTO #t FROM s JOIN z ON z.i = s.i WHERE s.k = 1
EXEC keep
INSERT INTO r (id) SELECT id FROM #t
-- file: b.sql
CREATE PROCEDURE keep AS
INSERT INTO w (id) SELECT id FROM #t WHERE v > 1
INSERT INTO #t (id, v) SELECT x.n, 0 FROM x WHERE x.q = 2
-- expect
-- procedure keep in b.sql
-- procedure main in a.sql
-- r <- s
-- r <- x
-- r <- z
-- w <- s
-- keep reads x(n, q)
-- keep writes w(id)
-- main calls keep
-- main reads s(a, b, i, k)
-- main reads x(n)
-- main reads z(i)
-- main writes r(id)
-- r.id <- s.a  IDENTITY
-- r.id <- x.n  IDENTITY
-- w.id <- s.a  IDENTITY
-- r <~ s.i  JOIN
-- r <~ s.k  FILTER
-- r <~ x.q  FILTER
-- r <~ z.i  JOIN
-- w <~ s.i  JOIN
-- w <~ s.k  FILTER
-- w <~ z.i  JOIN

-- case: what decides on the rows that a routine gives decides on what is made of them
-- dialect: tsql
-- file: a.sql
CREATE FUNCTION f () RETURNS TABLE AS RETURN SELECT s.a FROM s WHERE s.k = 1;
-- file: b.sql
CREATE VIEW v AS SELECT f.a FROM f() f;
GO
CREATE PROCEDURE q AS SELECT f.a FROM f() f JOIN z ON z.a = f.a ORDER BY z.o;
GO
INSERT INTO w (a) EXEC q;
-- expect
-- function f in a.sql
-- procedure q in b.sql
-- view v(a) in b.sql
-- w <- s
-- w <- z
-- v <- s
-- b.sql calls q
-- b.sql writes w(a)
-- f reads s(a, k)
-- q calls f
-- q reads s(a)
-- q reads z(a, o)
-- v calls f
-- w.a <- s.a  IDENTITY
-- v.a <- s.a  IDENTITY
-- w <~ s.a  JOIN
-- w <~ s.k  FILTER
-- w <~ z.a  JOIN
-- w <~ z.o  SORT
-- v <~ s.k  FILTER

-- case: what decides on rows that a callee has changed is what the caller has there
-- dialect: tsql
-- file: a.sql
CREATE PROCEDURE outer_one AS
INSERT INTO r3 EXEC inner_one
GO
CREATE PROCEDURE inner_one AS
CREATE TABLE #t (id int, v int, w int)
INSERT INTO #t (id, v) SELECT e, f FROM s4
EXEC change_it
SELECT id FROM #t WHERE w > 1
GO
CREATE PROCEDURE change_it AS
UPDATE #t SET w = v * 2
-- expect
-- procedure change_it
-- procedure inner_one
-- procedure outer_one
-- r3 <- s4
-- inner_one calls change_it
-- inner_one reads s4(e, f)
-- outer_one calls inner_one
-- outer_one writes r3
-- r3.id <- s4.e  IDENTITY
-- r3 <~ s4.f  FILTER

-- case: a callee of a callee changes what is passed to it
-- dialect: tsql
-- file: a.sql
CREATE PROCEDURE a AS
SELECT s.p AS v, s.q AS z, 0 AS w INTO #t FROM s
EXEC c
INSERT INTO r (w) SELECT w FROM #t
GO
CREATE PROCEDURE c AS
UPDATE #t SET w = v
EXEC d
GO
CREATE PROCEDURE d AS
UPDATE #t SET w = z * 2
-- expect
-- procedure a
-- procedure c
-- procedure d
-- r <- s
-- a calls c
-- a reads s(p, q)
-- a writes r(w)
-- c calls d
-- r.w <- s.p  IDENTITY: z * 2
-- r.w <- s.q  TRANSFORMATION: z * 2
