-- case: a star over an unknown table stays a flow between tables
CREATE VIEW v AS SELECT * FROM s;
-- expect
-- view v
-- v <- s

-- case: a star over a known table gives its columns in their order
CREATE TABLE s (a int, b int);
CREATE VIEW v AS SELECT * FROM s;
-- expect
-- table s(a, b)
-- view v(a, b)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  IDENTITY

-- case: a view before its table is expanded all the same
CREATE VIEW v AS SELECT * FROM s;
CREATE TABLE s (a int, b int);
-- expect
-- table s(a, b)
-- view v(a, b)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  IDENTITY

-- case: a star is expanded with the columns that another file declares
-- file: views.sql
CREATE VIEW v AS SELECT * FROM s;
-- file: tables.sql
CREATE TABLE s (a int, b int);
-- expect
-- table s(a, b) in tables.sql
-- view v(a, b) in views.sql
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  IDENTITY

-- case: a chain of stars through three files is expanded to the end
-- file: a.sql
CREATE VIEW v3 AS SELECT * FROM v2;
-- file: b.sql
CREATE VIEW v2 AS SELECT * FROM v1;
-- file: c.sql
CREATE VIEW v1 AS SELECT a, b AS c FROM s;
-- expect
-- view v1(a, c) in c.sql
-- view v2(a, c) in b.sql
-- view v3(a, c) in a.sql
-- v1 <- s
-- v2 <- v1
-- v3 <- v2
-- v1.a <- s.a  IDENTITY
-- v1.c <- s.b  IDENTITY
-- v2.a <- v1.a  IDENTITY
-- v2.c <- v1.c  IDENTITY
-- v3.a <- v2.a  IDENTITY
-- v3.c <- v2.c  IDENTITY

-- case: views that select stars from each other end
CREATE VIEW v1 AS SELECT * FROM v2;
CREATE VIEW v2 AS SELECT * FROM v1;
-- expect
-- view v1
-- view v2
-- v1 <- v2
-- v2 <- v1

-- case: a qualified star gives the columns of its relation only
CREATE TABLE s (a int, b int);
CREATE TABLE u (a int, c int);
CREATE VIEW v AS SELECT s.*, u.c FROM s JOIN u ON s.a = u.a;
-- expect
-- table s(a, b)
-- table u(a, c)
-- view v(a, b, c)
-- v <- s
-- v <- u
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  IDENTITY
-- v.c <- u.c  IDENTITY
-- v <~ s.a  JOIN
-- v <~ u.a  JOIN

-- case: a star over a join gives the columns of both in order
CREATE TABLE s (a int, b int);
CREATE TABLE u (c int, d int);
CREATE VIEW v AS SELECT * FROM s CROSS JOIN u;
-- expect
-- table s(a, b)
-- table u(c, d)
-- view v(a, b, c, d)
-- v <- s
-- v <- u
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  IDENTITY
-- v.c <- u.c  IDENTITY
-- v.d <- u.d  IDENTITY

-- case: a star over USING shows the common column once
CREATE TABLE s (id int, a int);
CREATE TABLE u (id int, b int);
CREATE VIEW v AS SELECT * FROM s JOIN u USING (id);
-- expect
-- table s(id, a)
-- table u(id, b)
-- view v(id, a, b)
-- v <- s
-- v <- u
-- v.id <- s.id  IDENTITY
-- v.a <- s.a  IDENTITY
-- v.b <- u.b  IDENTITY
-- v <~ s.id  JOIN
-- v <~ u.id  JOIN

-- case: EXCEPT leaves columns out
-- dialect: bigquery, databricks, spark
CREATE TABLE s (a int, b int, c int);
CREATE VIEW v AS SELECT * EXCEPT (b) FROM s;
-- expect
-- table s(a, b, c)
-- view v(a, c)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.c <- s.c  IDENTITY

-- case: EXCLUDE leaves columns out
-- dialect: snowflake, duckdb, redshift
CREATE TABLE s (a int, b int, c int);
CREATE VIEW v AS SELECT * EXCLUDE (b) FROM s;
-- expect
-- table s(a, b, c)
-- view v(a, c)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.c <- s.c  IDENTITY

-- case: EXCLUDE of one column needs no brackets
-- dialect: snowflake, duckdb
CREATE TABLE s (a int, b int);
CREATE VIEW v AS SELECT * EXCLUDE b FROM s;
-- expect
-- table s(a, b)
-- view v(a)
-- v <- s
-- v.a <- s.a  IDENTITY

-- case: REPLACE computes a column in its place
-- dialect: bigquery, duckdb, snowflake
CREATE TABLE s (a int, b int, c int);
CREATE VIEW v AS SELECT * REPLACE (b + c AS b) FROM s;
-- expect
-- table s(a, b, c)
-- view v(a, b, c)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  TRANSFORMATION: b + c
-- v.b <- s.c  TRANSFORMATION: b + c
-- v.c <- s.c  IDENTITY

-- case: RENAME gives a column of a star another name
-- dialect: snowflake, duckdb
CREATE TABLE s (a int, b int);
CREATE VIEW v AS SELECT * RENAME (b AS total) FROM s;
-- expect
-- table s(a, b)
-- view v(a, total)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.total <- s.b  IDENTITY

-- case: EXCLUDE and RENAME of a star over columns that another file declares
-- dialect: snowflake
-- file: view.sql
CREATE VIEW v AS SELECT * EXCLUDE (a) RENAME (b AS total) FROM s;
-- file: table.sql
CREATE TABLE s (a int, b int, c int);
-- expect
-- table s(a, b, c) in table.sql
-- view v(total, c) in view.sql
-- v <- s
-- v.total <- s.b  IDENTITY
-- v.c <- s.c  IDENTITY

-- case: a star over a derived table gives its outputs
CREATE VIEW v AS SELECT * FROM (SELECT a, b + 1 AS c FROM s) q;
-- expect
-- view v(a, c)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.c <- s.b  TRANSFORMATION: b + 1

-- case: a star beside columns keeps the order
CREATE TABLE s (a int, b int);
CREATE VIEW v AS SELECT a + b AS total, s.* FROM s;
-- expect
-- table s(a, b)
-- view v(total, a, b)
-- v <- s
-- v.total <- s.a  TRANSFORMATION: a + b
-- v.total <- s.b  TRANSFORMATION: a + b
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  IDENTITY

-- case: an INSERT of a star fills the target's columns by position
CREATE TABLE t (x int, y int);
CREATE TABLE s (a int, b int);
INSERT INTO t SELECT * FROM s;
-- expect
-- table s(a, b)
-- table t(x, y)
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t
-- t.x <- s.a  IDENTITY
-- t.y <- s.b  IDENTITY

-- case: an INSERT of a star into an unknown table maps by name
CREATE TABLE s (a int, b int);
INSERT INTO t SELECT * FROM s;
-- expect
-- table s(a, b)
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t
-- t.a <- s.a  IDENTITY
-- t.b <- s.b  IDENTITY

-- case: the columns of a star over an external name are those that are used
CREATE VIEW v AS SELECT * FROM s;
CREATE VIEW w AS SELECT a FROM v;
-- expect
-- view v(a?)
-- view w(a)
-- v <- s
-- w <- v
-- w.a <- v.a  IDENTITY

-- case: COUNT of a star reads the table and no column of it
CREATE VIEW v AS SELECT count(*) AS n FROM s;
-- expect
-- view v(n)
-- v <- s

-- case: a star of a CTAS is expanded when its source is declared later by another file
-- file: 1.sql
CREATE TABLE t AS SELECT * FROM s WHERE a > 0;
-- file: 2.sql
CREATE TABLE s (a int, b int);
-- expect
-- table s(a, b) in 2.sql
-- table t(a, b) in 1.sql
-- t <- s
-- t.a <- s.a  IDENTITY
-- t.b <- s.b  IDENTITY
-- t <~ s.a  FILTER

-- case: a column that ALTER TABLE adds is part of the star
CREATE TABLE s (a int);
ALTER TABLE s ADD COLUMN b int;
CREATE VIEW v AS SELECT * FROM s;
-- expect
-- table s(a, b)
-- view v(a, b)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  IDENTITY

-- case: a star over an outer join with USING takes the common column from the side that has every row
-- dialect: postgres
CREATE TABLE s (id int, a int);
CREATE TABLE u (id int, b int);
CREATE VIEW r AS SELECT * FROM s RIGHT JOIN u USING (id);
CREATE VIEW f AS SELECT * FROM s FULL JOIN u USING (id);
CREATE VIEW one AS SELECT id FROM s RIGHT JOIN u USING (id);
CREATE VIEW open AS SELECT id, c FROM (SELECT * FROM x FULL JOIN y USING (id)) AS q;
-- expect
-- table s(id, a)
-- table u(id, b)
-- view f(id, a, b)
-- view one(id)
-- view open(id, c)
-- view r(id, a, b)
-- f <- s
-- f <- u
-- one <- s
-- one <- u
-- open <- x
-- open <- y
-- r <- s
-- r <- u
-- f.id <- s.id  IDENTITY
-- f.id <- u.id  IDENTITY
-- f.a <- s.a  IDENTITY
-- f.b <- u.b  IDENTITY
-- one.id <- u.id  IDENTITY
-- open.id <- x.id  IDENTITY
-- open.id <- y.id  IDENTITY
-- r.id <- u.id  IDENTITY
-- r.a <- s.a  IDENTITY
-- r.b <- u.b  IDENTITY
-- f <~ s.id  JOIN
-- f <~ u.id  JOIN
-- one <~ s.id  JOIN
-- one <~ u.id  JOIN
-- open <~ x.id  JOIN
-- open <~ y.id  JOIN
-- r <~ s.id  JOIN
-- r <~ u.id  JOIN

-- case: a field of a value in brackets
-- dialect: postgres
CREATE TABLE o AS SELECT (q.r).a, (q.r).b FROM (SELECT f(t.x) AS r FROM t) q;
-- expect
-- table o(a, b)
-- o <- t
-- o.a <- t.x  TRANSFORMATION: (q.r).a
-- o.b <- t.x  TRANSFORMATION: (q.r).b

-- case: a table between two times
-- dialect: oracle
CREATE VIEW v AS SELECT t.a FROM t VERSIONS BETWEEN TIMESTAMP MINVALUE AND MAXVALUE WHERE t.b = 1;
-- expect
-- view v(a)
-- v <- t
-- v.a <- t.a  IDENTITY
-- v <~ t.b  FILTER

-- case: columns by the pattern of their names
-- dialect: snowflake
CREATE VIEW v AS WITH q AS (SELECT a AS order_id, b AS idle, c AS word, d AS aid FROM t) SELECT * ILIKE '%_id' FROM q;
-- expect
-- view v(order_id, aid)
-- v <- t
-- v.order_id <- t.a  IDENTITY
-- v.aid <- t.d  IDENTITY

-- case: all columns but some, written as a function
-- dialect: duckdb
CREATE TABLE t AS SELECT COLUMNS(* EXCLUDE (b)), b + 1 AS d FROM (SELECT a, b, c FROM s);
CREATE TABLE u AS SELECT max(COLUMNS(*)) FROM s;
-- expect
-- table t(a, c, d)
-- table u(max(COLUMNS(*)))
-- t <- s
-- u <- s
-- t.a <- s.a  IDENTITY
-- t.c <- s.c  IDENTITY
-- t.d <- s.b  TRANSFORMATION: b + 1
