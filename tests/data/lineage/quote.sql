-- case: a string of E may hold escaped quotes and codes of characters
-- dialect: postgres, redshift
INSERT INTO o (x, y) SELECT E'a = \'foo\' b', t.y FROM tab t; INSERT INTO p (z, w) SELECT a || E'\xE9', b FROM q;
-- expect
-- o <- tab
-- p <- q
-- script.sql reads q(a, b)
-- script.sql reads tab(y)
-- script.sql writes o(x, y)
-- script.sql writes p(w, z)
-- o.y <- tab.y  IDENTITY
-- p.w <- q.b  IDENTITY
-- p.z <- q.a  TRANSFORMATION: a || E'\xE9'

-- case: a backslash keeps a quote from ending a string where no string could end
-- dialect: athena
INSERT INTO o (a, b) SELECT REPLACE(t.a, '\'', 'x'), t.b FROM t WHERE t.c = 'it\'s, from x';
INSERT INTO p (a) SELECT q.a FROM q WHERE q.b = 'a \'b\' c';
-- expect
-- o <- t
-- p <- q
-- script.sql reads q(a, b)
-- script.sql reads t(a, b, c)
-- script.sql writes o(a, b)
-- script.sql writes p(a)
-- o.a <- t.a  TRANSFORMATION: REPLACE(t.a, '\'', 'x')
-- o.b <- t.b  IDENTITY
-- p.a <- q.a  IDENTITY
-- o <~ t.c  FILTER
-- p <~ q.b  FILTER

-- case: a quote in a text of no known dialect is escaped as its own strings show
-- dialect: auto
INSERT INTO o (a) SELECT REPLACE(t.a, '\'', 'it\'s') FROM t WHERE t.c = 'a \'b\' c';
-- expect
-- script.sql is tsql
-- o <- t
-- script.sql reads t(a, c)
-- script.sql writes o(a)
-- o.a <- t.a  TRANSFORMATION: REPLACE(t.a, '\'', 'it\'s')
-- o <~ t.c  FILTER

-- case: a backslash alone in a string is all that it holds
-- dialect: postgres, tsql, ansi
INSERT INTO o (a, b) SELECT REPLACE(t.a, '\', '/'), t.b FROM t WHERE t.c LIKE '\%' ESCAPE '\';
-- expect
-- o <- t
-- script.sql reads t(a, b, c)
-- script.sql writes o(a, b)
-- o.a <- t.a  TRANSFORMATION: REPLACE(t.a, '\', '/')
-- o.b <- t.b  IDENTITY
-- o <~ t.c  FILTER

-- case: a raw string goes on behind a quote that a backslash stands before
-- dialect: bigquery
INSERT INTO o (a) SELECT REGEXP_EXTRACT(t.a, r'\'x(.*)\'') FROM t WHERE REGEXP_CONTAINS(b, r"\"(\d+)\"");
-- expect
-- o <- t
-- script.sql reads t(a, b)
-- script.sql writes o(a)
-- o.a <- t.a  TRANSFORMATION: REGEXP_EXTRACT(t.a, r'\'x(.*)\'')
-- o <~ t.b  FILTER

-- case: a slash ends a block behind a string in quotes of its own
-- dialect: oracle
BEGIN
  dbms_output.put_line(q'[it's]');
END;
/
INSERT INTO o (a) SELECT nvl(a, 'x') FROM t WHERE b = q'!don't!' AND ROWNUM < 5;
-- expect
-- o <- t
-- script.sql reads t(a, b)
-- script.sql writes o(a)
-- o.a <- t.a  TRANSFORMATION: nvl(a, 'x')
-- o <~ t.b  FILTER

-- case: brackets that hold a list are an array
-- dialect: auto
INSERT INTO o (x, y, z) SELECT ARRAY_TO_STRING([t.a, t.b], ','), t.c[1], [t.d] FROM t;
-- expect
-- script.sql is tsql
-- o <- t
-- script.sql reads t(a, b, c, d)
-- script.sql writes o(x, y, z)
-- o.x <- t.a  TRANSFORMATION: ARRAY_TO_STRING([t.a, t.b], ',')
-- o.x <- t.b  TRANSFORMATION: ARRAY_TO_STRING([t.a, t.b], ',')
-- o.y <- t.c  TRANSFORMATION: t.c[1]
-- o.z <- t.d  TRANSFORMATION: [t.d]

-- case: brackets around one name quote it
-- dialect: auto
INSERT INTO [o] ([x y], z) SELECT [a b], [c] FROM [t];
-- expect
-- script.sql is tsql
-- o <- t
-- script.sql reads t(a b, c)
-- script.sql writes o(x y, z)
-- o.x y <- t.a b  IDENTITY
-- o.z <- t.c  IDENTITY

-- case: a project of BigQuery may have dashes in its name
-- dialect: auto
CREATE OR REPLACE TABLE my-project.ds.o AS SELECT a, b - c.d AS e FROM my-project.ds.t JOIN other-proj-1.ds.u AS c USING (id);
-- expect
-- script.sql is bigquery
-- table my-project.ds.o(a, e)
-- my-project.ds.o <- my-project.ds.t
-- my-project.ds.o <- other-proj-1.ds.u
-- my-project.ds.o.e <- other-proj-1.ds.u.d  TRANSFORMATION: b - c.d
-- my-project.ds.o <~ my-project.ds.t.id  JOIN
-- my-project.ds.o <~ other-proj-1.ds.u.id  JOIN

-- case: what is short for a verb may be a name
-- dialect: teradata
CREATE TABLE upd AS (SEL a, sel FROM t) WITH DATA;
INS INTO del SEL sel FROM upd;
INSERT INTO l (i) SELECT upd.i FROM stg.upd upd;
UPD sel SET a = 1 WHERE b EQ 2;
DEL FROM ins;
-- expect
-- table upd(a, sel)
-- del <- upd
-- l <- upd
-- upd <- t
-- script.sql reads columns of sel(b)
-- script.sql reads upd(sel)
-- script.sql writes del
-- script.sql writes ins
-- script.sql writes l(i)
-- script.sql writes sel(a)
-- del.sel <- upd.sel  IDENTITY
-- upd.a <- t.a  IDENTITY
-- upd.sel <- t.sel  IDENTITY
-- sel <~ sel.b  FILTER

-- case: a column called sel and a CTE called data are no marks of Teradata
-- dialect: auto
CREATE TABLE x AS WITH data AS (SELECT a, sel FROM t) SELECT a, sel FROM data;
-- expect
-- script.sql is tsql
-- table x(a, sel)
-- x <- t
-- x.a <- t.a  IDENTITY
-- x.sel <- t.sel  IDENTITY

-- case: words that stand before a join tell a dialect
-- dialect: auto
-- file: a.sql
INSERT INTO o (c) SELECT t.a FROM t INNER HASH JOIN u ON t.i = u.i;
-- file: b.sql
SELECT a FROM t WHERE a GLOBAL NOT IN (SELECT a FROM u);
-- expect
-- a.sql is tsql
-- b.sql is clickhouse
-- o <- t
-- o <- u
-- a.sql reads t(a, i)
-- a.sql reads u(i)
-- a.sql writes o(c)
-- b.sql reads t(a)
-- b.sql reads u(a)
-- o.c <- t.a  IDENTITY
-- o <~ t.i  JOIN
-- o <~ u.i  JOIN
