-- case: the arms of UNION map by position, names are the first's
CREATE VIEW v AS SELECT a AS x, b AS y FROM s1 UNION ALL SELECT c, d FROM s2;
-- expect
-- view v(x, y)
-- v <- s1
-- v <- s2
-- v.x <- s1.a  IDENTITY
-- v.x <- s2.c  IDENTITY
-- v.y <- s1.b  IDENTITY
-- v.y <- s2.d  IDENTITY

-- case: each arm of a UNION may begin with FROM
-- dialect: duckdb
CREATE VIEW v AS FROM a SELECT x UNION ALL FROM b SELECT y UNION ALL FROM c LIMIT 10%;
-- expect
-- view v(x)
-- v <- a
-- v <- b
-- v <- c
-- v.x <- a.x  IDENTITY
-- v.x <- b.y  IDENTITY

-- case: UNION of three arms in brackets
CREATE VIEW v AS (SELECT a FROM s1) UNION (SELECT b FROM s2 UNION ALL SELECT c FROM s3);
-- expect
-- view v(a)
-- v <- s1
-- v <- s2
-- v <- s3
-- v.a <- s1.a  IDENTITY
-- v.a <- s2.b  IDENTITY
-- v.a <- s3.c  IDENTITY

-- case: INTERSECT and EXCEPT read both sides
CREATE VIEW v AS SELECT a FROM s1 INTERSECT SELECT b FROM s2 EXCEPT SELECT c FROM s3;
-- expect
-- view v(a)
-- v <- s1
-- v <- s2
-- v <- s3
-- v.a <- s1.a  IDENTITY
-- v.a <- s2.b  IDENTITY
-- v.a <- s3.c  IDENTITY

-- case: Oracle's MINUS is a set operation
-- dialect: oracle, teradata
CREATE VIEW v AS SELECT a FROM s1 MINUS SELECT b FROM s2;
-- expect
-- view v(a)
-- v <- s1
-- v <- s2
-- v.a <- s1.a  IDENTITY
-- v.a <- s2.b  IDENTITY

-- case: UNION BY NAME maps by name
-- dialect: duckdb, snowflake
CREATE VIEW v AS SELECT a, b FROM s1 UNION ALL BY NAME SELECT b, a FROM s2;
-- expect
-- view v(a, b)
-- v <- s1
-- v <- s2
-- v.a <- s1.a  IDENTITY
-- v.a <- s2.a  IDENTITY
-- v.b <- s1.b  IDENTITY
-- v.b <- s2.b  IDENTITY

-- case: a union within FROM is mapped before it is used
CREATE VIEW v AS SELECT q.x + 1 AS z FROM (SELECT a AS x FROM s1 UNION ALL SELECT b FROM s2) q;
-- expect
-- view v(z)
-- v <- s1
-- v <- s2
-- v.z <- s1.a  TRANSFORMATION: q.x + 1
-- v.z <- s2.b  TRANSFORMATION: q.x + 1

-- case: stars of a union are expanded in both arms when both are known
CREATE TABLE s1 (a int, b int);
CREATE TABLE s2 (c int, d int);
CREATE VIEW v AS SELECT * FROM s1 UNION ALL SELECT * FROM s2;
-- expect
-- table s1(a, b)
-- table s2(c, d)
-- view v(a, b)
-- v <- s1
-- v <- s2
-- v.a <- s1.a  IDENTITY
-- v.a <- s2.c  IDENTITY
-- v.b <- s1.b  IDENTITY
-- v.b <- s2.d  IDENTITY

-- case: an INSERT of a union goes into the listed columns by position
INSERT INTO t (x, y) SELECT a, b FROM s1 UNION ALL SELECT c, d FROM s2;
-- expect
-- t <- s1
-- t <- s2
-- script.sql reads s1(a, b)
-- script.sql reads s2(c, d)
-- script.sql writes t(x, y)
-- t.x <- s1.a  IDENTITY
-- t.x <- s2.c  IDENTITY
-- t.y <- s1.b  IDENTITY
-- t.y <- s2.d  IDENTITY

-- case: ORDER BY of a union sorts by the first arm's names
CREATE VIEW v AS SELECT a AS x FROM s1 UNION ALL SELECT b FROM s2 ORDER BY x;
-- expect
-- view v(x)
-- v <- s1
-- v <- s2
-- v.x <- s1.a  IDENTITY
-- v.x <- s2.b  IDENTITY
-- v <~ s1.a  SORT
-- v <~ s2.b  SORT

-- case: a constant arm adds nothing
CREATE VIEW v AS SELECT a AS x FROM s1 UNION ALL SELECT 0;
-- expect
-- view v(x)
-- v <- s1
-- v.x <- s1.a  IDENTITY

-- case: VALUES feed nothing
CREATE VIEW v AS SELECT x, y FROM (VALUES (1, 'a'), (2, 'b')) AS t (x, y);
-- expect
-- view v(x, y)

-- case: a TABLE command is a star
-- dialect: postgres
CREATE TABLE s (a int, b int);
CREATE VIEW v AS TABLE s;
-- expect
-- table s(a, b)
-- view v(a, b)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  IDENTITY

-- case: set operations by name in BigQuery's words
-- dialect: bigquery
CREATE VIEW v AS SELECT a, b FROM s FULL OUTER UNION ALL BY NAME SELECT b, a FROM r;
-- expect
-- view v(a, b)
-- v <- r
-- v <- s
-- v.a <- r.a  IDENTITY
-- v.a <- s.a  IDENTITY
-- v.b <- r.b  IDENTITY
-- v.b <- s.b  IDENTITY

-- case: the arms of a star union within a CTE or subquery go together by place, once their columns are known
CREATE VIEW z AS WITH q AS (SELECT * FROM t UNION ALL SELECT * FROM u) SELECT * FROM q WHERE a > 0;
CREATE VIEW w AS SELECT 'x' AS kind, s.* FROM (SELECT * FROM t UNION ALL SELECT * FROM u) s;
CREATE VIEW k AS WITH q AS (SELECT a, b FROM t UNION ALL SELECT * FROM u), r AS (SELECT * FROM q) SELECT * FROM r;
-- file: tables.sql
CREATE TABLE t (a INT, b INT);
CREATE TABLE u (x INT, y INT);
-- expect
-- table t(a, b) in tables.sql
-- table u(x, y) in tables.sql
-- view k(a, b) in script.sql
-- view w(kind, a, b) in script.sql
-- view z(a, b) in script.sql
-- k <- t
-- k <- u
-- w <- t
-- w <- u
-- z <- t
-- z <- u
-- k.a <- t.a  IDENTITY
-- k.a <- u.x  IDENTITY
-- k.b <- t.b  IDENTITY
-- k.b <- u.y  IDENTITY
-- w.a <- t.a  IDENTITY
-- w.a <- u.x  IDENTITY
-- w.b <- t.b  IDENTITY
-- w.b <- u.y  IDENTITY
-- z.a <- t.a  IDENTITY
-- z.a <- u.x  IDENTITY
-- z.b <- t.b  IDENTITY
-- z.b <- u.y  IDENTITY
-- z <~ t.a  FILTER

-- case: stars of arms that go by name do so, also within a CTE
-- dialect: duckdb
CREATE VIEW v AS SELECT * FROM t UNION ALL BY NAME SELECT * FROM u;
CREATE VIEW w AS WITH q AS (SELECT * FROM t UNION ALL BY NAME SELECT * FROM u) SELECT * FROM q;
-- file: tables.sql
CREATE TABLE t (a INT, b INT);
CREATE TABLE u (b INT, a INT);
-- expect
-- table t(a, b) in tables.sql
-- table u(b, a) in tables.sql
-- view v(a, b) in script.sql
-- view w(a, b) in script.sql
-- v <- t
-- v <- u
-- w <- t
-- w <- u
-- v.a <- t.a  IDENTITY
-- v.a <- u.a  IDENTITY
-- v.b <- t.b  IDENTITY
-- v.b <- u.b  IDENTITY
-- w.a <- t.a  IDENTITY
-- w.a <- u.a  IDENTITY
-- w.b <- t.b  IDENTITY
-- w.b <- u.b  IDENTITY

-- case: a column of a union of stars is each arm's
-- dialect: postgres
CREATE VIEW v AS SELECT q.a FROM (SELECT * FROM t UNION ALL SELECT * FROM s) q;
CREATE VIEW w AS WITH x AS (SELECT * FROM t), y AS (SELECT * FROM s), z AS (SELECT * FROM x UNION ALL SELECT * FROM y) SELECT a, b + 1 AS c FROM z;
CREATE VIEW u AS SELECT q.a, r.b FROM (SELECT * FROM t UNION ALL SELECT a, k FROM s) q JOIN r ON r.k = q.k;
CREATE VIEW n AS SELECT a FROM (SELECT * FROM t UNION ALL SELECT * FROM s) q, r;
-- expect
-- view n(a)
-- view u(a, b)
-- view v(a)
-- view w(a, c)
-- n <- r
-- n <- s
-- n <- t
-- u <- r
-- u <- s
-- u <- t
-- v <- s
-- v <- t
-- w <- s
-- w <- t
-- u.a <- s.a  IDENTITY
-- u.a <- t.a  IDENTITY
-- u.b <- r.b  IDENTITY
-- v.a <- s.a  IDENTITY
-- v.a <- t.a  IDENTITY
-- w.a <- s.a  IDENTITY
-- w.a <- t.a  IDENTITY
-- w.c <- s.b  TRANSFORMATION: b + 1
-- w.c <- t.b  TRANSFORMATION: b + 1
-- u <~ r.k  JOIN
-- u <~ s.k  JOIN
-- u <~ t.k  JOIN

-- case: a column renamed in one arm is none of that arm's table beside what is not known
-- dialect: postgres
CREATE TABLE t (x int, c int);
CREATE TABLE u (c int);
CREATE VIEW v AS SELECT c FROM (SELECT * FROM u UNION ALL SELECT x AS c FROM t) d, r;
-- expect
-- table t(x, c)
-- table u(c)
-- view v(c)
-- v <- r
-- v <- t
-- v <- u
-- v.c <- u.c  IDENTITY
