-- case: a text in double quotes
-- dialect: bigquery
EXECUTE IMMEDIATE "INSERT INTO t SELECT a FROM s"
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t.a <- s.a  IDENTITY

-- case: a name that is only known at run time is left out of a temporary
-- dialect: tsql
CREATE PROCEDURE p @name sysname AS
CREATE TABLE #v (v int)
DECLARE @sql nvarchar(max) = N'INSERT #v SELECT MAX(a) FROM ' + QUOTENAME(@name)
EXEC (@sql)
INSERT INTO t (a) SELECT v FROM #v
-- expect
-- procedure p
-- p writes t(a)
-- line 4 Warning: A relation is left out, whose name only running would give.

-- case: a bound variable holds the statement
-- dialect: snowflake
BEGIN
  LET q VARCHAR := 'INSERT INTO t SELECT a FROM s';
  EXECUTE IMMEDIATE :q;
END;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t.a <- s.a  IDENTITY

-- case: every branch that may have made a text
-- dialect: tsql
DECLARE @sql varchar(max)
IF @x = 1 SET @sql = 'INSERT INTO t (a) SELECT a FROM s'
ELSE SET @sql = 'INSERT INTO u (a) SELECT a FROM s'
EXEC (@sql)
-- expect
-- t <- s
-- u <- s
-- script.sql reads s(a)
-- script.sql writes t(a)
-- script.sql writes u(a)
-- t.a <- s.a  IDENTITY
-- u.a <- s.a  IDENTITY

-- case: a text that is added to
-- dialect: tsql
DECLARE @sql nvarchar(max) = N'SELECT a, b '
SET @sql += N'INTO t '
SET @sql = @sql + N'FROM s'
EXEC sp_executesql @sql
-- expect
-- table t(a, b)
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t
-- t.a <- s.a  IDENTITY
-- t.b <- s.b  IDENTITY

-- case: parameters by name
-- dialect: tsql
EXEC sys.sp_executesql @stmt = N'DELETE FROM t WHERE a = @a', @params = N'@a int', @a = 1
-- expect
-- script.sql reads columns of t(a)
-- script.sql writes t

-- case: a text with a query of its own inside
-- dialect: oracle
BEGIN
  EXECUTE IMMEDIATE 'BEGIN INSERT INTO t SELECT a FROM s; END;';
END;
/
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t.a <- s.a  IDENTITY

-- case: places of a format are filled
-- dialect: postgres
DO $$ BEGIN
  EXECUTE format('INSERT INTO %I SELECT a FROM %I WHERE b = %L', 't', 's', 1);
END $$;
-- expect
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER

-- case: a text in dollars
-- dialect: snowflake
EXECUTE IMMEDIATE $$
BEGIN
  INSERT INTO t SELECT a FROM s;
END;
$$;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t.a <- s.a  IDENTITY

-- case: another server runs it
-- dialect: tsql
EXEC ('INSERT INTO t (a) SELECT a FROM s') AT other;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY

-- case: a prepared statement is read where it is prepared
-- dialect: mysql
SET @s = CONCAT('INSERT INTO t ', 'SELECT a FROM s');
PREPARE st FROM @s;
EXECUTE st;
DEALLOCATE PREPARE st;
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t
-- t.a <- s.a  IDENTITY

-- case: what cannot be known is said
-- dialect: tsql
CREATE PROCEDURE p @sql nvarchar(max) AS EXEC (@sql)
-- expect
-- procedure p
-- line 1 Info: Dynamic SQL is put together at run time: what it reads and writes is unknown.

-- case: a string in double quotes is executed in T-SQL
-- dialect: tsql
EXEC("INSERT INTO t SELECT a FROM s WHERE k = 'x'");
DECLARE @n sysname = 'u', @s nvarchar(max);
EXEC ("INSERT INTO " + @n + " SELECT b FROM r");
SET @s = "DELETE FROM d";
EXEC(@s);
-- expect
-- t <- s
-- u <- r
-- script.sql reads r(b)
-- script.sql reads s(a, k)
-- script.sql writes d
-- script.sql writes t
-- script.sql writes u
-- t.a <- s.a  IDENTITY
-- u.b <- r.b  IDENTITY
-- t <~ s.k  FILTER

-- case: alternatives of a text are told apart
-- dialect: tsql
DECLARE @s varchar(max), @t sysname, @u sysname
SET @s = 'INSERT INTO X SELECT * FROM '
IF @a = 1 SET @s += 'dbo.Y' ELSE SET @s += 'dbo.Z'
EXEC (@s)
IF @a = 1 SET @t = 'dbo.A' ELSE SET @t = 'dbo.AB'
EXEC ('INSERT INTO W SELECT * FROM ' + @t)
IF @a = 1 BEGIN SET @t = 'T1' SET @u = 'S1' END ELSE BEGIN SET @t = 'T2' SET @u = 'S2' END
EXEC (N'INSERT INTO ' + @t + ' SELECT * FROM ' + @u)
-- expect
-- T1 <- S1
-- T2 <- S2
-- W <- dbo.A
-- W <- dbo.AB
-- X <- dbo.Y
-- X <- dbo.Z
-- script.sql reads S1
-- script.sql reads S2
-- script.sql reads dbo.A
-- script.sql reads dbo.AB
-- script.sql reads dbo.Y
-- script.sql reads dbo.Z
-- script.sql writes T1
-- script.sql writes T2
-- script.sql writes W
-- script.sql writes X

-- case: clauses that are added or not make one text
-- dialect: tsql
DECLARE @s varchar(max) = 'SELECT x INTO r FROM s WHERE 1 = 1', @more varchar(max) = ''
IF @a = 1 SET @s = @s + ' AND a = 1'
IF @b = 1 SET @s += ' AND b = 1'
IF @c = 1 SET @more = ' AND c = 1'
EXEC (@s + @more)
-- expect
-- table r(x)
-- r <- s
-- script.sql reads s(a, b, c, x)
-- script.sql writes r
-- r.x <- s.x  IDENTITY
-- r <~ s.a  FILTER
-- r <~ s.b  FILTER
-- r <~ s.c  FILTER

-- case: more alternatives than are followed are said
-- dialect: tsql
DECLARE @s varchar(max) = 'INSERT INTO t SELECT x FROM s WHERE 1 = 1'
IF @a = 1 SET @s += ' AND a = 1' ELSE SET @s += ' AND a = 2'
IF @b = 1 SET @s += ' AND b = 1' ELSE SET @s += ' AND b = 2'
IF @c = 1 SET @s += ' AND c = 1' ELSE SET @s += ' AND c = 2'
IF @d = 1 SET @s += ' AND d = 1' ELSE SET @s += ' AND d = 2'
EXEC (@s)
-- expect
-- t <- s
-- script.sql reads s(a, b, c, d, x)
-- script.sql writes t
-- t.x <- s.x  IDENTITY
-- t <~ s.a  FILTER
-- t <~ s.b  FILTER
-- t <~ s.c  FILTER
-- t <~ s.d  FILTER
-- line 6 Warning: Dynamic SQL is left out: it may be more than 8 texts, or longer than 262144 bytes.

-- case: constant strings of JavaScript that are SQL are statements of the routine
-- dialect: snowflake
CREATE PROCEDURE p(x VARCHAR) RETURNS VARCHAR LANGUAGE JAVASCRIPT AS
$$
  // "DELETE FROM a" isn't run
  snowflake.execute({sqlText: "INSERT INTO t SELECT b FROM s"});
  var sql = 'DELETE FROM d ' +
    "WHERE k IN (SELECT k FROM e)";
  var st = snowflake.createStatement({sqlText: `MERGE INTO m USING n ON m.a = n.a
     WHEN MATCHED THEN UPDATE SET b = n.b`});
  var open = "SELECT c FROM " + x, other = x + "SELECT c FROM f";
  var hole = `SELECT c FROM ${x}`;
  return "Update of it's table done";
$$;
-- expect
-- procedure p
-- m <- n
-- t <- s
-- p reads columns of d(k)
-- p reads columns of m(a)
-- p reads e(k)
-- p reads n(a, b)
-- p reads s(b)
-- p writes d
-- p writes m(b)
-- p writes t
-- m.b <- n.b  IDENTITY
-- t.b <- s.b  IDENTITY
-- m <~ m.a  JOIN
-- m <~ n.a  JOIN

-- case: a table whose name is put together is left out, and that is said
-- dialect: tsql
CREATE PROCEDURE dbo.p @y int AS
BEGIN
  EXEC('INSERT INTO dbo.Fact_' + @y + ' SELECT a FROM dbo.src');
END
-- expect
-- procedure dbo.p
-- dbo.p reads dbo.src(a) (0.8)
-- line 3 Warning: A relation is left out, whose name only running would give: dbo.Fact_…

-- case: text that a procedure of the system runs
-- dialect: teradata
CREATE PROCEDURE shop.clear_all ()
BEGIN
  CALL DBC.SysExecSQL('DELETE FROM shop.stale ALL');
END;
-- expect
-- procedure shop.clear_all
-- shop.clear_all writes shop.stale

-- case: text that is parsed for a cursor of its own
-- dialect: oracle
CREATE OR REPLACE PROCEDURE clear_stale IS
  n INTEGER := DBMS_SQL.OPEN_CURSOR;
BEGIN
  DBMS_SQL.PARSE(n, 'DELETE FROM stale WHERE day < SYSDATE - 9', DBMS_SQL.NATIVE);
END;
/
-- expect
-- procedure clear_stale
-- clear_stale reads columns of stale(day)
-- clear_stale writes stale

-- case: what is run in each database is read, its `?` apart
-- dialect: tsql
EXEC sp_MSforeachdb N'USE [?]; INSERT INTO admin.dbo.files SELECT db_name(), name FROM dbo.list'
EXEC master.sys.sp_MSforeachdb @command1 = 'IF ''?'' <> ''tempdb'' INSERT INTO admin.dbo.sizes (db, n) SELECT ''?'', s.n FROM [?].dbo.parts s'
-- expect
-- admin.dbo.files <- dbo.list (0.8)
-- admin.dbo.sizes <- dbo.parts (0.8)
-- script.sql reads dbo.list(name) (0.8)
-- script.sql reads dbo.parts(n) (0.8)
-- script.sql writes admin.dbo.files (0.8)
-- script.sql writes admin.dbo.sizes(db, n) (0.8)
-- admin.dbo.files.name <- dbo.list.name  IDENTITY (0.8)
-- admin.dbo.sizes.n <- dbo.parts.n  IDENTITY (0.8)
-- line 2 Info: What is left out here only running would give.

-- case: a variable may hold the name of what runs a text
-- dialect: tsql
CREATE PROCEDURE dbo.p AS
DECLARE @run nvarchar(200) = N'other.sys.sp_executesql'
EXEC @run N'INSERT INTO dbo.t (a) SELECT b FROM dbo.s'
-- expect
-- procedure dbo.p
-- dbo.t <- dbo.s
-- dbo.p reads dbo.s(b)
-- dbo.p writes dbo.t(a)
-- dbo.t.a <- dbo.s.b  IDENTITY

-- case: numbers in the place of marks
-- dialect: bigquery
DECLARE i INT64;
EXECUTE IMMEDIATE FORMAT("INSERT INTO shop.log SELECT %d, name FROM shop.names_%d WHERE day = %T", i, i, i);
EXECUTE IMMEDIATE FORMAT("INSERT INTO shop.log SELECT %d, name FROM shop.names", i);
-- expect
-- shop.log <- shop.names
-- script.sql reads shop.names(name)
-- script.sql writes shop.log
-- shop.log.name <- shop.names.name  IDENTITY
-- line 2 Warning: A relation is left out, whose name only running would give: shop.names_…

-- case: a table with a computed name is not defined
-- dialect: tsql
CREATE PROC p @d varchar(9) AS EXEC('SELECT a INTO dbo.snap_' + @d + ' FROM dbo.s')
-- expect
-- procedure p
-- p reads dbo.s(a) (0.8)
-- line 1 Warning: A relation is left out, whose name only running would give: dbo.snap_…

-- case: a text may be one of those that a CASE gives
-- dialect: tsql
DECLARE @q varchar(max) = 'INSERT INTO dbo.t (a) SELECT a FROM dbo.s' + CASE WHEN @x = 1 THEN ' WHERE b = 1' ELSE '' END;
EXEC (@q);
-- expect
-- dbo.t <- dbo.s
-- script.sql reads dbo.s(a, b)
-- script.sql writes dbo.t(a)
-- dbo.t.a <- dbo.s.a  IDENTITY
-- dbo.t <~ dbo.s.b  FILTER

-- case: parameters of a text that is run
-- dialect: tsql
DECLARE @v int, @x int, @w int
SELECT @x = a FROM dbo.t
EXEC sp_executesql N'SELECT @o = MAX(b) FROM dbo.s WHERE k = @p', N'@o int OUTPUT, @p int', @v OUTPUT, @p = @x
EXEC sp_executesql N'INSERT dbo.i (c) VALUES (@p)', N'@p int', @x
EXEC sp_executesql @stmt = N'SELECT @w = COUNT(c) FROM dbo.u', @params = N'@w int OUTPUT', @w = @w OUTPUT
INSERT dbo.o (x, y) VALUES (@v, @w)
-- expect
-- dbo.i <- dbo.t
-- dbo.o <- dbo.s
-- dbo.o <- dbo.u
-- script.sql reads dbo.s(b, k)
-- script.sql reads dbo.t(a)
-- script.sql reads dbo.u(c)
-- script.sql writes dbo.i(c)
-- script.sql writes dbo.o(x, y)
-- dbo.i.c <- dbo.t.a  IDENTITY
-- dbo.o.x <- dbo.s.b  AGGREGATION
-- dbo.o.y <- dbo.u.c  AGGREGATION

-- case: columns beside a computed part of a select list are followed
-- dialect: tsql
CREATE PROC p @cols nvarchar(max) AS
DECLARE @q nvarchar(max) = N'SELECT Id, ' + @cols + N', Val AS v INTO dbo.Piv FROM dbo.Src';
EXEC (@q);
SET @q = N'INSERT INTO dbo.T (a, b, c) SELECT x, ' + @cols + N', y FROM dbo.Src';
EXEC (@q);
-- expect
-- procedure p
-- table dbo.Piv(Id, v)
-- dbo.T <- dbo.Src (0.8)
-- dbo.Piv <- dbo.Src (0.8)
-- p reads dbo.Src(Id, Val, x, y) (0.8)
-- p writes dbo.Piv (0.8)
-- p writes dbo.T(a, b, c) (0.8)
-- dbo.T.a <- dbo.Src.x  IDENTITY (0.8)
-- dbo.Piv.Id <- dbo.Src.Id  IDENTITY (0.8)
-- dbo.Piv.v <- dbo.Src.Val  IDENTITY (0.8)
-- line 3 Info: What is left out here only running would give.
-- line 5 Info: What is left out here only running would give.

-- case: what USING hands to the marks of a text
-- dialect: oracle
DECLARE
  l_x NUMBER;
  c SYS_REFCURSOR;
BEGIN
  SELECT MAX(x) INTO l_x FROM a;
  EXECUTE IMMEDIATE 'INSERT INTO t (x, y) VALUES (:1, :2)' USING l_x, 5;
  EXECUTE IMMEDIATE 'UPDATE u SET x = :v, z = :w WHERE k = :k' USING IN l_x, 3, l_x;
  OPEN c FOR 'SELECT :1 FROM b WHERE k = :2' USING l_x, 3;
  FETCH c INTO l_x;
  INSERT INTO v (x) VALUES (l_x);
END;
-- expect
-- t <- a
-- u <- a
-- v <- a
-- script.sql reads a(x)
-- script.sql reads b
-- script.sql writes t(x, y)
-- script.sql writes u(x, z)
-- script.sql writes v(x)
-- t.x <- a.x  AGGREGATION
-- u.x <- a.x  AGGREGATION
-- v.x <- a.x  AGGREGATION
-- u <~ a.x  FILTER

-- case: what USING hands to numbered marks, before INTO or behind it
-- dialect: postgres
DO $$
DECLARE v int; w int;
BEGIN
  EXECUTE 'SELECT max(x) FROM a WHERE k = $1' INTO v USING 5;
  EXECUTE format('UPDATE t SET x = $2, y = $1 WHERE z = %L', 3) USING 5, v;
  EXECUTE 'SELECT max(q) + $1 FROM a WHERE j ? ''k''' USING v INTO w;
  INSERT INTO u (w) VALUES (w);
END $$;
-- expect
-- t <- a
-- u <- a
-- script.sql reads a(j, k, q, x)
-- script.sql reads columns of t(z)
-- script.sql writes t(x, y)
-- script.sql writes u(w)
-- t.x <- a.x  AGGREGATION
-- u.w <- a.q  AGGREGATION
-- u.w <- a.x  AGGREGATION
-- t <~ t.z  FILTER

-- case: what USING hands to question marks
-- dialect: snowflake
BEGIN
  LET v INT := (SELECT MAX(x) FROM a);
  EXECUTE IMMEDIATE 'INSERT INTO t (y, x, z) VALUES (?, ?, ''?'')' USING (3, v);
END;
-- expect
-- t <- a
-- script.sql reads a(x)
-- script.sql writes t(x, y, z)
-- t.x <- a.x  AGGREGATION

-- case: what USING hands to marks with names
-- dialect: bigquery
DECLARE v INT64;
SET v = (SELECT MAX(x) FROM a);
EXECUTE IMMEDIATE 'INSERT INTO t (y, x) VALUES (?, ?)' USING 3, v;
EXECUTE IMMEDIATE 'INSERT INTO u (x, y) SELECT @q, @r' USING 1 AS r, v AS q;
-- expect
-- t <- a
-- u <- a
-- script.sql reads a(x)
-- script.sql writes t(x, y)
-- script.sql writes u(x, y)
-- t.x <- a.x  AGGREGATION
-- u.x <- a.x  AGGREGATION

-- case: the parameters of a text are declared in a variable
-- dialect: tsql
DECLARE @x int, @sql nvarchar(max), @params nvarchar(100) = N'@o int OUTPUT, @k int'
SET @sql = N'SELECT @o = MAX(x) FROM a WHERE k = @k'
EXEC sp_executesql @sql, @params, @x OUTPUT, 3
INSERT t (x) VALUES (@x)
-- expect
-- t <- a
-- script.sql reads a(k, x)
-- script.sql writes t(x)
-- t.x <- a.x  AGGREGATION
