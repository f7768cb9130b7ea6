-- case: a rule is a trigger by another name
-- dialect: postgres
CREATE OR REPLACE RULE r AS ON UPDATE TO t WHERE NEW.a <> OLD.a
  DO ALSO INSERT INTO log (a) VALUES (NEW.a);
-- expect
-- trigger r
-- log <- t
-- r fires on t
-- r reads columns of t(a)
-- r writes log(a)
-- log.a <- t.a  IDENTITY

-- case: a rule of several statements
-- dialect: postgres
CREATE RULE r AS ON DELETE TO v DO INSTEAD (
  DELETE FROM t WHERE t.i = OLD.i;
  INSERT INTO log (i) VALUES (OLD.i);
);
SELECT a FROM u;
-- expect
-- trigger r
-- log <- v
-- r fires on v
-- r reads columns of t(i)
-- r reads columns of v(i)
-- r writes log(i)
-- r writes t
-- script.sql reads u(a)
-- log.i <- v.i  IDENTITY

-- case: a rule that does nothing
-- dialect: postgres
CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING;
-- expect
-- trigger r
-- r fires on t

-- case: rows that a function returns
-- dialect: postgres
CREATE FUNCTION f(n int) RETURNS SETOF t LANGUAGE plpgsql AS $body$
DECLARE r t%ROWTYPE;
BEGIN
  PERFORM g(n);
  FOR r IN SELECT * FROM t WHERE a > n LOOP RETURN NEXT r; END LOOP;
  RETURN QUERY SELECT * FROM u;
END
$body$;
-- expect
-- function f
-- f reads t(a)
-- f reads u

-- case: commands of the client stand beside SQL
-- dialect: postgres
\set day 2020-01-01
INSERT INTO t (a) SELECT a FROM s WHERE b = :'day';
SELECT 'x' FROM u \gexec
DELETE FROM v;
-- expect
-- t <- s
-- script.sql reads s(a, b)
-- script.sql reads u
-- script.sql writes t(a)
-- script.sql writes v
-- t.a <- s.a  IDENTITY
-- t <~ s.b  FILTER

-- case: dollars inside dollars
-- dialect: postgres
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  EXECUTE $q$ INSERT INTO t SELECT a FROM s $q$;
END
$f$;
-- expect
-- function f
-- t <- s
-- f reads s(a)
-- f writes t
-- t.a <- s.a  IDENTITY

-- case: a block without a name sets variables as a function does
-- dialect: postgres
DO $$
DECLARE v int;
BEGIN
  SELECT x INTO v FROM y1;
  INSERT INTO t1 (a) VALUES (v);
END $$;
DO LANGUAGE plpgsql $$ BEGIN PERFORM refresh(); END $$;
SELECT x INTO made FROM y2;
-- expect
-- table made(x)
-- t1 <- y1
-- made <- y2
-- script.sql reads y1(x)
-- script.sql reads y2(x)
-- script.sql writes made
-- script.sql writes t1(a)
-- t1.a <- y1.x  IDENTITY
-- made.x <- y2.x  IDENTITY

-- case: a trigger function sees the rows of the tables whose triggers run it
-- dialect: postgres
CREATE FUNCTION log_salary() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_rows (was, salary) VALUES (OLD.salary, NEW.salary);
  NEW.changed := now();
  RETURN NEW;
END;
$$;
CREATE TRIGGER keep AFTER UPDATE OF salary ON hr.emp FOR EACH ROW EXECUTE FUNCTION log_salary();
-- expect
-- function log_salary
-- trigger keep
-- audit_rows <- hr.emp
-- keep calls log_salary
-- keep fires on hr.emp
-- log_salary reads columns of hr.emp(salary)
-- log_salary writes audit_rows(salary, was)
-- log_salary writes hr.emp(changed)
-- audit_rows.salary <- hr.emp.salary  IDENTITY
-- audit_rows.was <- hr.emp.salary  IDENTITY

-- case: a trigger function sees the rows of tables whose triggers stand in other files
-- dialect: postgres
-- file: a.sql
CREATE FUNCTION audit.keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  note text;
BEGIN
  note := NEW.name;
  INSERT INTO audit.log (was, salary, note) VALUES (OLD.salary, NEW.salary, note);
  RETURN NEW;
END;
$$;
-- file: b.sql
CREATE TRIGGER on_emp AFTER UPDATE ON hr.emp FOR EACH ROW EXECUTE FUNCTION audit.keep();
-- file: c.sql
CREATE TABLE hr.boss (id int, salary int);
CREATE TRIGGER on_boss AFTER UPDATE ON hr.boss FOR EACH ROW EXECUTE FUNCTION audit.keep();
-- expect
-- function audit.keep in a.sql
-- table hr.boss(id, salary) in c.sql
-- trigger on_boss in c.sql
-- trigger on_emp in b.sql
-- audit.log <- hr.emp
-- audit.log <- hr.boss
-- audit.keep reads columns of hr.boss(salary)
-- audit.keep reads columns of hr.emp(name, salary)
-- audit.keep writes audit.log(note, salary, was)
-- on_boss calls audit.keep
-- on_boss fires on hr.boss
-- on_emp calls audit.keep
-- on_emp fires on hr.emp
-- audit.log.note <- hr.emp.name  IDENTITY
-- audit.log.salary <- hr.emp.salary  IDENTITY
-- audit.log.salary <- hr.boss.salary  IDENTITY
-- audit.log.was <- hr.emp.salary  IDENTITY
-- audit.log.was <- hr.boss.salary  IDENTITY

-- case: an option of PL/pgSQL stands before the block
-- dialect: postgres
CREATE PROCEDURE p() LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE c CURSOR (k int) FOR SELECT id FROM src WHERE kk = k;
BEGIN
  FOR r IN c(5) LOOP INSERT INTO dst (id) VALUES (r.id); END LOOP;
END $$;
-- expect
-- procedure p
-- dst <- src
-- p reads src(id, kk)
-- p writes dst(id)
-- dst.id <- src.id  IDENTITY

-- case: a field of a function's row is that column of what it gives back
-- dialect: postgres
CREATE FUNCTION g(int) RETURNS TABLE (a int, b text) AS 'SELECT id, nm FROM base WHERE id = $1' LANGUAGE sql;
CREATE VIEW v AS SELECT (g(t.id)).b AS q FROM t;
-- expect
-- function g
-- view v(q)
-- v <- base
-- v <- t
-- g reads base(id, nm)
-- v calls g
-- v.q <- base.nm  IDENTITY: (g(t.id)).b
-- v <~ base.id  FILTER

-- case: an audit trigger keeps whole rows
-- dialect: postgres
CREATE TABLE t (id int, a int, b int);
CREATE TABLE kept (id int, a int, b int);
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log (old_row, new_row) VALUES (to_jsonb(OLD), row_to_json(NEW)::jsonb);
  INSERT INTO log (changed) SELECT hstore(NEW.*) - hstore(OLD.*);
  INSERT INTO kept VALUES (OLD.*);
  INSERT INTO kept2 SELECT 'U', (NEW).*;
  RETURN NEW;
END
$$;
CREATE TRIGGER tr AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION audit();
-- expect
-- function audit
-- table kept(id, a, b)
-- table t(id, a, b)
-- trigger tr
-- kept2 <- t
-- log <- t
-- kept <- t
-- audit reads columns of t(id, a, b)
-- audit writes kept
-- audit writes kept2
-- audit writes log(changed, new_row, old_row)
-- tr calls audit
-- tr fires on t
-- kept2.a <- t.a  IDENTITY
-- kept2.b <- t.b  IDENTITY
-- kept2.id <- t.id  IDENTITY
-- log.changed <- t.id  TRANSFORMATION: hstore(NEW.*) - hstore(OLD.*)
-- log.changed <- t.a  TRANSFORMATION: hstore(NEW.*) - hstore(OLD.*)
-- log.changed <- t.b  TRANSFORMATION: hstore(NEW.*) - hstore(OLD.*)
-- log.new_row <- t.id  TRANSFORMATION: row_to_json(NEW)::jsonb
-- log.new_row <- t.a  TRANSFORMATION: row_to_json(NEW)::jsonb
-- log.new_row <- t.b  TRANSFORMATION: row_to_json(NEW)::jsonb
-- log.old_row <- t.id  TRANSFORMATION: to_jsonb(OLD)
-- log.old_row <- t.a  TRANSFORMATION: to_jsonb(OLD)
-- log.old_row <- t.b  TRANSFORMATION: to_jsonb(OLD)
-- kept.id <- t.id  IDENTITY
-- kept.a <- t.a  IDENTITY
-- kept.b <- t.b  IDENTITY

-- case: a trigger's function reads tables of the rows that changed
-- dialect: postgres
CREATE TRIGGER tr AFTER UPDATE ON t REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION keep();
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log (o, n) SELECT before.a, after.a FROM before JOIN after USING (id);
  RETURN NULL;
END
$$;
-- expect
-- function keep
-- trigger tr
-- log <- t
-- keep reads t(a, id)
-- keep writes log(n, o)
-- tr calls keep
-- tr fires on t
-- log.n <- t.a  IDENTITY
-- log.o <- t.a  IDENTITY
-- log <~ t.id  JOIN

-- case: the fields of a record as one value
-- dialect: postgres
DO $$
DECLARE r record;
BEGIN
  FOR r IN SELECT a, b + 1 AS c FROM s LOOP
    INSERT INTO log (j) VALUES (to_jsonb(r));
  END LOOP;
END
$$;
-- expect
-- log <- s
-- script.sql reads s(a, b)
-- script.sql writes log(j)
-- log.j <- s.a  TRANSFORMATION: to_jsonb(r)
-- log.j <- s.b  TRANSFORMATION: to_jsonb(r)

-- case: an assignment is a query without its SELECT
-- dialect: postgres
DO $$
DECLARE v int; w boolean;
BEGIN
  v := x FROM a WHERE k = 1;
  w := v IS DISTINCT FROM 3;
  INSERT INTO t (x, w) VALUES (v + 1, w);
END $$;
-- expect
-- t <- a
-- script.sql reads a(k, x)
-- script.sql writes t(w, x)
-- t.w <- a.x  TRANSFORMATION
-- t.x <- a.x  TRANSFORMATION: v + 1

-- case: a loop has a variable for each column
-- dialect: postgres
CREATE FUNCTION f(OUT x int, OUT y int) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  FOR x, y IN SELECT a.k, b.v FROM a, b LOOP
    RETURN NEXT;
  END LOOP;
END $$;
INSERT INTO t (x, y) SELECT x, y FROM f();
-- expect
-- function f
-- t <- a
-- t <- b
-- f reads a(k)
-- f reads b(v)
-- script.sql calls f
-- script.sql reads a(k)
-- script.sql reads b(v)
-- script.sql writes t(x, y)
-- t.x <- a.k  IDENTITY
-- t.y <- b.v  IDENTITY

-- case: every column of the rows that triggers of other files give
-- dialect: postgres
-- file: a.sql
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO kept SELECT NEW.*;
  INSERT INTO kept_old SELECT OLD.*, now();
  RETURN NEW;
END $$;
-- file: b.sql
CREATE TABLE t (a int, b int);
CREATE TABLE kept (a int, b int);
CREATE TABLE kept_old (x int, y int, at timestamp);
CREATE TRIGGER keep_t AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION keep();
-- expect
-- function keep in a.sql
-- table kept(a, b) in b.sql
-- table kept_old(x, y, at) in b.sql
-- table t(a, b) in b.sql
-- trigger keep_t in b.sql
-- kept <- t
-- kept_old <- t
-- keep writes kept
-- keep writes kept_old
-- keep_t calls keep
-- keep_t fires on t
-- kept.a <- t.a  IDENTITY
-- kept.b <- t.b  IDENTITY
-- kept_old.x <- t.a  IDENTITY
-- kept_old.y <- t.b  IDENTITY
