-- case: rows are changed through a derived table
-- dialect: tsql
DELETE x FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS rn FROM dbo.u) AS x WHERE rn > 1;
UPDATE q SET q.r = q.n FROM (SELECT r, ROW_NUMBER() OVER (ORDER BY k) AS n FROM dbo.p) AS q;
-- expect
-- script.sql reads columns of dbo.p(k, r)
-- script.sql reads columns of dbo.u(a, b)
-- script.sql writes dbo.p(r)
-- script.sql writes dbo.u
-- dbo.p.r <- dbo.p.k  WINDOW: ROW_NUMBER() OVER (ORDER BY k)

-- case: a page is as large as a variable says
-- dialect: tsql
CREATE PROCEDURE dbo.page @o int, @s int AS
INSERT INTO dbo.seen (id) SELECT id FROM dbo.t ORDER BY id OFFSET @o ROWS FETCH NEXT @s ROWS ONLY;
INSERT INTO dbo.first (id) SELECT id FROM dbo.t ORDER BY id OFFSET 0 ROWS FETCH FIRST (@s) ROWS ONLY;
-- expect
-- procedure dbo.page
-- dbo.first <- dbo.t
-- dbo.seen <- dbo.t
-- dbo.page reads dbo.t(id)
-- dbo.page writes dbo.first(id)
-- dbo.page writes dbo.seen(id)
-- dbo.first.id <- dbo.t.id  IDENTITY
-- dbo.seen.id <- dbo.t.id  IDENTITY
-- dbo.first <~ dbo.t.id  SORT
-- dbo.seen <~ dbo.t.id  SORT

-- case: other servers are asked in three ways
-- dialect: tsql
INSERT INTO dbo.a (x) SELECT x FROM OPENROWSET('MSOLEDBSQL', 'Server=s;Trusted_Connection=yes;', 'SELECT x FROM db.dbo.t') AS r;
INSERT INTO dbo.b (x) SELECT x FROM OPENROWSET('MSOLEDBSQL', 'Server=s;', db.dbo.u) AS r;
INSERT INTO dbo.c (x) SELECT x FROM OPENDATASOURCE('MSOLEDBSQL', 'Data Source=s').db.dbo.v;
-- expect
-- dbo.a <- db.dbo.t
-- dbo.b <- db.dbo.u
-- dbo.c <- db.dbo.v
-- script.sql reads db.dbo.t(x)
-- script.sql reads db.dbo.u(x)
-- script.sql reads db.dbo.v(x)
-- script.sql writes dbo.a(x)
-- script.sql writes dbo.b(x)
-- script.sql writes dbo.c(x)
-- dbo.a.x <- db.dbo.t.x  IDENTITY
-- dbo.b.x <- db.dbo.u.x  IDENTITY
-- dbo.c.x <- db.dbo.v.x  IDENTITY

-- case: changes of a table, namespaces before CTEs, and the default schema of the database
-- dialect: tsql
INSERT INTO dbo.a (x) SELECT c.x FROM CHANGETABLE(CHANGES dbo.t, @v) AS c;
WITH XMLNAMESPACES ('urn:x' AS ns), q AS (SELECT y FROM dbo.u) INSERT INTO dbo.b (y) SELECT y FROM q;
INSERT INTO dbo.c (z) SELECT z FROM ..w;
-- expect
-- dbo.a <- dbo.t
-- dbo.b <- dbo.u
-- dbo.c <- w
-- script.sql reads dbo.t(x)
-- script.sql reads dbo.u(y)
-- script.sql reads w(z)
-- script.sql writes dbo.a(x)
-- script.sql writes dbo.b(y)
-- script.sql writes dbo.c(z)
-- dbo.a.x <- dbo.t.x  IDENTITY
-- dbo.b.y <- dbo.u.y  IDENTITY
-- dbo.c.z <- w.z  IDENTITY

-- case: identities and computed columns take no value of an INSERT without a list
-- dialect: tsql
CREATE TABLE #t (id INT IDENTITY(1,1), k INT, twice AS k * 2, v INT);
INSERT #t SELECT a, b FROM dbo.src;
INSERT INTO dbo.o (k, v) SELECT k, v FROM #t;
CREATE TABLE dbo.p (id INT IDENTITY PRIMARY KEY, x INT, stamp ROWVERSION, y INT);
INSERT dbo.p SELECT c, d FROM dbo.other;
-- expect
-- table dbo.p(id, x, stamp, y)
-- dbo.o <- dbo.src
-- dbo.p <- dbo.other
-- script.sql reads dbo.other(c, d)
-- script.sql reads dbo.src(a, b)
-- script.sql writes dbo.o(k, v)
-- script.sql writes dbo.p(x, y)
-- dbo.o.k <- dbo.src.a  IDENTITY
-- dbo.o.v <- dbo.src.b  IDENTITY
-- dbo.p.x <- dbo.other.c  IDENTITY
-- dbo.p.y <- dbo.other.d  IDENTITY

-- case: what is set in a temporary of all columns stands beside what they were
-- dialect: tsql
SELECT * INTO #a FROM dbo.a;
UPDATE #a SET x = b.y FROM dbo.b AS b WHERE b.id = #a.id;
INSERT dbo.o (x, z) SELECT x, z FROM #a;
-- expect
-- dbo.o <- dbo.a
-- dbo.o <- dbo.b
-- script.sql reads dbo.a(id, x, z)
-- script.sql reads dbo.b(id, y)
-- script.sql writes dbo.o(x, z)
-- dbo.o.x <- dbo.a.x  IDENTITY
-- dbo.o.x <- dbo.b.y  IDENTITY
-- dbo.o.z <- dbo.a.z  IDENTITY
-- dbo.o <~ dbo.a.id  FILTER
-- dbo.o <~ dbo.b.id  FILTER

-- case: a table of another file has its identity too
-- dialect: tsql
INSERT dbo.p SELECT c, d FROM dbo.other;
-- file: ddl.sql
CREATE TABLE dbo.p (id INT IDENTITY PRIMARY KEY, x INT, stamp ROWVERSION, y INT);
-- expect
-- table dbo.p(id, x, stamp, y) in ddl.sql
-- dbo.p <- dbo.other
-- script.sql reads dbo.other(c, d)
-- script.sql writes dbo.p
-- dbo.p.x <- dbo.other.c  IDENTITY
-- dbo.p.y <- dbo.other.d  IDENTITY

-- case: RENAME OBJECT begins a statement, and keeps the schema
-- dialect: fabric
CREATE TABLE dbo.made WITH (DISTRIBUTION = HASH(a)) AS SELECT a FROM stage.s
RENAME OBJECT dbo.last TO last_old
RENAME OBJECT dbo.made TO last
INSERT INTO dbo.t (a) SELECT a FROM dbo.last
-- expect
-- table dbo.last(a)
-- table dbo.made(a)
-- dbo.last_old <- dbo.last
-- dbo.t <- dbo.last
-- dbo.last <- dbo.made
-- dbo.made <- stage.s
-- script.sql reads dbo.last(a)
-- script.sql writes dbo.t(a)
-- dbo.last_old.a <- dbo.last.a  IDENTITY
-- dbo.t.a <- dbo.last.a  IDENTITY
-- dbo.last.a <- dbo.made.a  IDENTITY
-- dbo.made.a <- stage.s.a  IDENTITY

-- case: the type of an IDENTITY is no column
-- dialect: tsql
SELECT IDENTITY(int, 1, 1) AS n, a INTO dbo.t FROM dbo.s;
-- expect
-- table dbo.t(n, a)
-- dbo.t <- dbo.s
-- script.sql reads dbo.s(a)
-- script.sql writes dbo.t
-- dbo.t.a <- dbo.s.a  IDENTITY

-- case: a property of a column that stands without its relation
-- dialect: tsql
INSERT INTO dbo.t (lat, long) SELECT place.Lat, s.place.Long FROM dbo.s AS s;
-- expect
-- dbo.t <- dbo.s
-- script.sql reads dbo.s(place)
-- script.sql writes dbo.t(lat, long)
-- dbo.t.lat <- dbo.s.place  TRANSFORMATION: place.Lat
-- dbo.t.long <- dbo.s.place  TRANSFORMATION: s.place.Long

-- case: an outer join in the words of ODBC
-- dialect: tsql
INSERT INTO dbo.t (a, b) SELECT x.a, y.b FROM {oj dbo.x AS x LEFT OUTER JOIN dbo.y AS y ON y.k = x.k};
-- expect
-- dbo.t <- dbo.x
-- dbo.t <- dbo.y
-- script.sql reads dbo.x(a, k)
-- script.sql reads dbo.y(b, k)
-- script.sql writes dbo.t(a, b)
-- dbo.t.a <- dbo.x.a  IDENTITY
-- dbo.t.b <- dbo.y.b  IDENTITY
-- dbo.t <~ dbo.x.k  JOIN
-- dbo.t <~ dbo.y.k  JOIN

-- case: what is put into a CTE goes into what it selects from
-- dialect: tsql
WITH c AS (SELECT a, b FROM dbo.t) INSERT INTO c (a, b) SELECT x, y FROM dbo.s;
-- expect
-- dbo.t <- dbo.s
-- script.sql reads columns of dbo.t(a, b)
-- script.sql reads dbo.s(x, y)
-- script.sql writes dbo.t(a, b)
-- dbo.t.a <- dbo.s.x  IDENTITY
-- dbo.t.b <- dbo.s.y  IDENTITY

-- case: a full-text table has a key and a rank of its own
-- dialect: tsql
CREATE VIEW dbo.v AS SELECT d.title, k.[RANK] AS score FROM dbo.doc d JOIN CONTAINSTABLE(dbo.doc, body, 'x') k ON k.[KEY] = d.id;
-- expect
-- view dbo.v(title, score)
-- dbo.v <- dbo.doc
-- dbo.v.title <- dbo.doc.title  IDENTITY
-- dbo.v <~ dbo.doc.id  JOIN

-- case: what another server's query names is written
-- dialect: tsql
INSERT OPENQUERY(far, 'SELECT a FROM lake.dst') SELECT a FROM dbo.src;
-- expect
-- lake.dst <- dbo.src
-- script.sql reads dbo.src(a)
-- script.sql writes lake.dst(a)
-- lake.dst.a <- dbo.src.a  IDENTITY

-- case: a method that changes a column is a change of it
-- dialect: tsql
UPDATE p SET [facts].modify('insert <a/> into (/x)[1]') FROM dbo.person p JOIN dbo.news n ON n.id = p.id;
-- expect
-- dbo.person <- dbo.news
-- script.sql reads columns of dbo.person(facts, id)
-- script.sql reads dbo.news(id)
-- script.sql writes dbo.person(facts)
-- dbo.person.facts <- dbo.person.facts  TRANSFORMATION: [facts].modify('insert <a/> into (/x)[1]')
-- dbo.person <~ dbo.news.id  JOIN
-- dbo.person <~ dbo.person.id  JOIN

-- case: what an operator changes is the target's own column
-- dialect: tsql
UPDATE dbo.stock SET amount += m.moved FROM dbo.moves m WHERE m.id = stock.id;
-- expect
-- dbo.stock <- dbo.moves
-- script.sql reads columns of dbo.stock(amount, id)
-- script.sql reads dbo.moves(id, moved)
-- script.sql writes dbo.stock(amount)
-- dbo.stock.amount <- dbo.moves.moved  TRANSFORMATION: amount += m.moved
-- dbo.stock.amount <- dbo.stock.amount  TRANSFORMATION: amount += m.moved
-- dbo.stock <~ dbo.moves.id  FILTER
-- dbo.stock <~ dbo.stock.id  FILTER

-- case: a server's database without a schema has the default one
-- dialect: tsql
INSERT INTO dbo.a (x) SELECT x FROM far.lake..src;
-- expect
-- dbo.a <- far.lake.dbo.src
-- script.sql reads far.lake.dbo.src(x)
-- script.sql writes dbo.a(x)
-- dbo.a.x <- far.lake.dbo.src.x  IDENTITY

-- case: parameters with a type and rows of a trigger are marks of T-SQL
-- dialect: auto
CREATE PROCEDURE dbo.p @day date AS INSERT INTO dbo.a (x) SELECT x FROM dbo.s WHERE d = @day DELETE dbo.b
-- expect
-- script.sql is tsql
-- procedure dbo.p
-- dbo.a <- dbo.s
-- dbo.p reads dbo.s(d, x)
-- dbo.p writes dbo.a(x)
-- dbo.p writes dbo.b
-- dbo.a.x <- dbo.s.x  IDENTITY
-- dbo.a <~ dbo.s.d  FILTER

-- case: UPDATE STATISTICS and ALTER TABLE set nothing
-- dialect: tsql
DECLARE @p int
UPDATE STATISTICS dbo.z
SET NOCOUNT ON
ALTER TABLE dbo.z ADD c int NULL
SET @p = (SELECT max(x) FROM dbo.s)
INSERT dbo.t (x) VALUES (@p)
-- expect
-- table dbo.z(c)
-- dbo.t <- dbo.s
-- script.sql reads dbo.s(x)
-- script.sql writes dbo.t(x)
-- dbo.t.x <- dbo.s.x  AGGREGATION

-- case: a query in brackets ends an INSERT
-- dialect: tsql
INSERT INTO dbo.t (x) (SELECT x FROM dbo.s)
EXEC ('INSERT dbo.u (x) SELECT x FROM dbo.r')
-- expect
-- dbo.t <- dbo.s
-- dbo.u <- dbo.r
-- script.sql reads dbo.r(x)
-- script.sql reads dbo.s(x)
-- script.sql writes dbo.t(x)
-- script.sql writes dbo.u(x)
-- dbo.t.x <- dbo.s.x  IDENTITY
-- dbo.u.x <- dbo.r.x  IDENTITY

-- case: statements of the server end those before them
-- dialect: tsql
UPDATE t SET x = s.x FROM dbo.t t JOIN dbo.s s ON s.i = t.i
BACKUP LOG db TO DISK = 'nul:'
INSERT INTO dbo.u (x) SELECT x FROM dbo.s
RESTORE DATABASE db FROM DISK = 'y.bak'
EXECUTE AS USER = 'x'
INSERT INTO dbo.v (x) SELECT x FROM dbo.r
KILL 55
DECLARE @q nvarchar(max) = N'INSERT dbo.w (x) SELECT x FROM dbo.s'
EXEC sp_executesql @q
REVERT
-- expect
-- dbo.t <- dbo.s
-- dbo.u <- dbo.s
-- dbo.v <- dbo.r
-- dbo.w <- dbo.s
-- script.sql reads columns of dbo.t(i)
-- script.sql reads dbo.r(x)
-- script.sql reads dbo.s(i, x)
-- script.sql writes dbo.t(x)
-- script.sql writes dbo.u(x)
-- script.sql writes dbo.v(x)
-- script.sql writes dbo.w(x)
-- dbo.t.x <- dbo.s.x  IDENTITY
-- dbo.u.x <- dbo.s.x  IDENTITY
-- dbo.v.x <- dbo.r.x  IDENTITY
-- dbo.w.x <- dbo.s.x  IDENTITY
-- dbo.t <~ dbo.s.i  JOIN
-- dbo.t <~ dbo.t.i  JOIN

-- case: statements that begin without a semicolon before them
-- dialect: tsql
INSERT dbo.A (a) SELECT a FROM dbo.B
COPY INTO dw.T FROM 'https://x.blob.core.windows.net/c/f.parquet' WITH (FILE_TYPE = 'PARQUET')
INSERT dbo.A (a) SELECT b.a FROM dbo.B b
ENABLE TRIGGER tr ON dbo.x
INSERT dbo.C (a) SELECT d.a FROM dbo.D d
CHECKPOINT
INSERT dbo.C (a) SELECT d.a FROM dbo.D d
RECONFIGURE WITH OVERRIDE
INSERT dbo.C (a) SELECT d.a FROM dbo.D d
-- expect
-- dbo.A <- dbo.B
-- dbo.C <- dbo.D
-- dw.T <- path:https://x.blob.core.windows.net/c/f.parquet
-- script.sql reads dbo.B(a)
-- script.sql reads dbo.D(a)
-- script.sql reads path:https://x.blob.core.windows.net/c/f.parquet
-- script.sql writes dbo.A(a)
-- script.sql writes dbo.C(a)
-- script.sql writes dw.T
-- dbo.A.a <- dbo.B.a  IDENTITY
-- dbo.C.a <- dbo.D.a  IDENTITY

-- case: the last word of a statement has a meaning before the first of the next
-- dialect: tsql
INSERT INTO dbo.A (a) SELECT b.a FROM dbo.B b JOIN dbo.E e ON b.k = e.type
IF @a > 1
  INSERT INTO dbo.C (a) SELECT a FROM stg.Source
IF EXISTS (SELECT 1 FROM dbo.D) INSERT INTO dbo.F (a) SELECT g.a FROM dbo.G g WHERE g.x = g.[key]
INSERT INTO dbo.H (a) SELECT i.a FROM dbo.I i WHERE i.x = i.after
DELETE FROM dbo.J WHERE k = key
UPDATE dbo.K SET a = 1
DROP TABLE IF EXISTS dbo.L
IF OBJECT_ID('dbo.M') IS NOT NULL DROP TABLE dbo.M
-- expect
-- dbo.A <- dbo.B
-- dbo.A <- dbo.E
-- dbo.C <- stg.Source
-- dbo.F <- dbo.G
-- dbo.H <- dbo.I
-- script.sql reads columns of dbo.J(k, key)
-- script.sql reads dbo.B(a, k)
-- script.sql reads dbo.D
-- script.sql reads dbo.E(type)
-- script.sql reads dbo.G(a, key, x)
-- script.sql reads dbo.I(a, after, x)
-- script.sql reads stg.Source(a)
-- script.sql writes dbo.A(a)
-- script.sql writes dbo.C(a)
-- script.sql writes dbo.F(a)
-- script.sql writes dbo.H(a)
-- script.sql writes dbo.J
-- script.sql writes dbo.K(a)
-- dbo.A.a <- dbo.B.a  IDENTITY
-- dbo.C.a <- stg.Source.a  IDENTITY
-- dbo.F.a <- dbo.G.a  IDENTITY
-- dbo.H.a <- dbo.I.a  IDENTITY
-- dbo.A <~ dbo.B.k  JOIN
-- dbo.A <~ dbo.E.type  JOIN
-- dbo.F <~ dbo.G.key  FILTER
-- dbo.F <~ dbo.G.x  FILTER
-- dbo.H <~ dbo.I.after  FILTER
-- dbo.H <~ dbo.I.x  FILTER

-- case: arguments of a static method are read
-- dialect: tsql
INSERT INTO o (x) SELECT geography::Point(lat, lng, 4326) FROM t;
-- expect
-- o <- t
-- script.sql reads t(lat, lng)
-- script.sql writes o(x)
-- o.x <- t.lat  TRANSFORMATION: Point(lat, lng, 4326)
-- o.x <- t.lng  TRANSFORMATION: Point(lat, lng, 4326)

-- case: a table is renamed by arguments with names
-- dialect: tsql
SELECT a INTO dbo.n FROM dbo.s;
EXEC sp_rename @objname = 'dbo.n', @newname = 'o';
-- expect
-- table dbo.n(a)
-- table dbo.o(a)
-- dbo.n <- dbo.s
-- dbo.o <- dbo.n
-- script.sql reads dbo.s(a)
-- script.sql writes dbo.n
-- dbo.n.a <- dbo.s.a  IDENTITY
-- dbo.o.a <- dbo.n.a  IDENTITY

-- case: what follows an ALTER without a semicolon is a statement of its own
-- dialect: tsql
ALTER TABLE dbo.x NOCHECK CONSTRAINT ALL
SET IDENTITY_INSERT dbo.C ON
INSERT INTO dbo.C (a) SELECT a FROM dbo.D
ALTER TABLE dbo.x DISABLE TRIGGER ALL
SELECT b.a INTO dbo.E FROM dbo.F b
-- expect
-- table dbo.E(a)
-- dbo.C <- dbo.D
-- dbo.E <- dbo.F
-- script.sql reads dbo.D(a)
-- script.sql reads dbo.F(a)
-- script.sql writes dbo.C(a)
-- script.sql writes dbo.E
-- dbo.C.a <- dbo.D.a  IDENTITY
-- dbo.E.a <- dbo.F.a  IDENTITY

-- case: a query among the parameters of a procedure of the system
-- dialect: tsql
DECLARE @q nvarchar(max) = N'SELECT id, amount FROM dbo.Loan'
INSERT INTO dbo.Predicted (id, p)
EXECUTE sp_execute_external_script @language = N'R', @script = N'OutputDataSet <- InputDataSet', @input_data_1 = @q WITH RESULT SETS ((id int, p float))
EXEC msdb.dbo.sp_send_dbmail @profile_name = 'x', @query = N'SELECT a FROM dbo.s', @subject = 'daily'
EXEC msdb.dbo.sp_add_jobstep @job_name = N'load', @subsystem = N'TSQL', @command = N'EXEC dbo.Load
INSERT dbo.Log (n) SELECT COUNT(*) FROM dbo.Done'
EXEC msdb.dbo.sp_add_jobstep @job_name = N'load', @subsystem = N'PowerShell', @command = N'select x from y'
-- expect
-- dbo.Log <- dbo.Done
-- dbo.Predicted <- dbo.Loan
-- script.sql calls dbo.Load
-- script.sql reads dbo.Done
-- script.sql reads dbo.Loan(amount, id)
-- script.sql reads dbo.s(a)
-- script.sql writes dbo.Log(n)
-- script.sql writes dbo.Predicted

-- case: a model that predicts is looked up
-- dialect: tsql
INSERT INTO dbo.t (id, score)
SELECT d.id, p.score FROM PREDICT(MODEL = (SELECT m FROM dbo.Models WHERE k = 1), DATA = dbo.Loan AS d) WITH (score float) AS p
-- expect
-- dbo.t <- dbo.Loan
-- dbo.t <- dbo.Models
-- script.sql reads dbo.Loan(id)
-- script.sql reads dbo.Models(k, m)
-- script.sql writes dbo.t(id, score)
-- dbo.t.id <- dbo.Loan.id  IDENTITY
-- dbo.t <~ dbo.Models.k  FILTER

-- case: the query of a cursor may begin with its CTEs
-- dialect: tsql
CREATE PROCEDURE p AS
DECLARE c CURSOR LOCAL FAST_FORWARD FOR
WITH x AS (SELECT id FROM t)
SELECT x.id, u.v FROM x JOIN u ON u.id = x.id
FOR READ ONLY
DECLARE @id int, @v int, @d CURSOR
OPEN c
FETCH NEXT FROM c INTO @id, @v
INSERT INTO w (a, b) SELECT @id, @v
SET @d = CURSOR FOR WITH y AS (SELECT k FROM s) SELECT k FROM y
OPEN @d
FETCH NEXT FROM @d INTO @id
UPDATE w SET c = @id
-- expect
-- procedure p
-- w <- s
-- w <- t
-- w <- u
-- p reads s(k)
-- p reads t(id)
-- p reads u(id, v)
-- p writes w(a, b, c)
-- w.a <- t.id  IDENTITY
-- w.b <- u.v  IDENTITY
-- w.c <- s.k  IDENTITY

-- case: totals of groups leave the names of a list as they are
-- dialect: tsql
INSERT INTO b (x, y)
SELECT x = a.q, y = SUM(a.z) FROM a GROUP BY a.q WITH ROLLUP HAVING GROUPING(a.q) = 0
-- expect
-- b <- a
-- script.sql reads a(q, z)
-- script.sql writes b(x, y)
-- b.x <- a.q  IDENTITY
-- b.y <- a.z  AGGREGATION: SUM(a.z)
-- b <~ a.q  GROUP_BY+FILTER

-- case: what ODBC puts in braces is said as elsewhere
-- dialect: tsql
INSERT INTO b (x, y)
SELECT {fn CONCAT(a.q, a.r)}, z = {d '2020-01-01'} FROM {oj a LEFT OUTER JOIN c ON a.i = c.i} WHERE c.at > {ts '2020-01-01 00:00:00'}
-- expect
-- b <- a
-- b <- c
-- script.sql reads a(i, q, r)
-- script.sql reads c(at, i)
-- script.sql writes b(x, y)
-- b.x <- a.q  TRANSFORMATION: CONCAT(a.q, a.r)
-- b.x <- a.r  TRANSFORMATION: CONCAT(a.q, a.r)
-- b <~ a.i  JOIN
-- b <~ c.at  FILTER
-- b <~ c.i  JOIN

-- case: table hints may stand in brackets of their own
-- dialect: tsql
CREATE PROCEDURE p AS
INSERT INTO b (x) SELECT x FROM a (UPDLOCK, HOLDLOCK)
INSERT INTO b (y) SELECT y FROM c (INDEX = ix_c)
INSERT INTO b (z) SELECT d.z FROM d (UPDLOCK HOLDLOCK) JOIN e WITH (NOLOCK) ON e.i = d.i
INSERT INTO b (u) SELECT u FROM f (INDEX ix_f)
INSERT INTO b (v) SELECT g.v FROM g h (NOLOCK, INDEX(ix_g)) JOIN g (NOLOCK) ON g.i = h.i
-- expect
-- procedure p
-- b <- a
-- b <- c
-- b <- d
-- b <- e
-- b <- f
-- b <- g
-- p reads a(x)
-- p reads c(y)
-- p reads d(i, z)
-- p reads e(i)
-- p reads f(u)
-- p reads g(i, v)
-- p writes b(u, v, x, y, z)
-- b.u <- f.u  IDENTITY
-- b.v <- g.v  IDENTITY
-- b.x <- a.x  IDENTITY
-- b.y <- c.y  IDENTITY
-- b.z <- d.z  IDENTITY
-- b <~ d.i  JOIN
-- b <~ e.i  JOIN
-- b <~ g.i  JOIN

-- case: hints behind the alias of a temporary are no names for its columns
-- dialect: tsql
SELECT x, y INTO #t FROM a
INSERT INTO b (x, y) SELECT t.x, t.y FROM #t t (NOLOCK)
-- expect
-- b <- a
-- script.sql reads a(x, y)
-- script.sql writes b(x, y)
-- b.x <- a.x  IDENTITY
-- b.y <- a.y  IDENTITY

-- case: the ends of an edge are columns of an INSERT
-- dialect: tsql
INSERT INTO likes ($from_id, $to_id, since) SELECT p.$node_id, q.$node_id, s.since FROM s JOIN person p ON p.k = s.a JOIN person q ON q.k = s.b
-- expect
-- likes <- person
-- likes <- s
-- script.sql reads person($node_id, k)
-- script.sql reads s(a, b, since)
-- script.sql writes likes($from_id, $to_id, since)
-- likes.$from_id <- person.$node_id  IDENTITY
-- likes.$to_id <- person.$node_id  IDENTITY
-- likes.since <- s.since  IDENTITY
-- likes <~ person.k  JOIN
-- likes <~ s.a  JOIN
-- likes <~ s.b  JOIN
