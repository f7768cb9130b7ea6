-- case: a block outside any routine
-- dialect: oracle
DECLARE
  n t.a%TYPE;
BEGIN
  SELECT MAX(a) INTO n FROM s;
  n := n + 1;
  INSERT INTO t (a) VALUES (n);
  DBMS_OUTPUT.PUT_LINE('done');
END;
/
-- expect
-- t <- s
-- script.sql reads s(a)
-- script.sql writes t(a)
-- t.a <- s.a  AGGREGATION

-- case: a call without CALL
-- dialect: oracle
BEGIN
  prepare_all;
  pkg.load(p_day => SYSDATE, p_n => (SELECT MAX(i) FROM days));
END;
/
-- expect
-- script.sql calls pkg.load
-- script.sql calls prepare_all
-- script.sql reads days(i)

-- case: routines of a package call each other
-- dialect: oracle
CREATE OR REPLACE PACKAGE BODY pkg AS
  PROCEDURE first_step IS BEGIN DELETE FROM t; END first_step;
  PROCEDURE all_steps IS
  BEGIN
    first_step;
    INSERT INTO t (a) SELECT a FROM s;
  END all_steps;
END pkg;
/
-- expect
-- procedure pkg.all_steps
-- procedure pkg.first_step
-- t <- s
-- pkg.all_steps calls pkg.first_step
-- pkg.all_steps reads s(a)
-- pkg.all_steps writes t(a)
-- pkg.first_step writes t
-- t.a <- s.a  IDENTITY

-- case: rows fetched in bulk and stored by FORALL
-- dialect: oracle
DECLARE
  TYPE ids IS TABLE OF s.i%TYPE;
  l ids;
BEGIN
  SELECT i BULK COLLECT INTO l FROM s;
  FORALL k IN 1 .. l.COUNT SAVE EXCEPTIONS
    INSERT INTO t (i) VALUES (l(k));
END;
/
-- expect
-- t <- s
-- script.sql reads s(i)
-- script.sql writes t(i)
-- t.i <- s.i  IDENTITY: l(k)

-- case: elements of collections are assigned
-- dialect: oracle
BEGIN
  l(1) := 5;
  r.address(2).city := 'x';
  SELECT a INTO v FROM s;
END;
/
-- expect
-- script.sql reads s(a)

-- case: rows of a cursor loop
-- dialect: oracle
BEGIN
  FOR r IN (SELECT a, b FROM s WHERE c = 1) LOOP
    UPDATE t SET b = r.b WHERE a = r.a;
  END LOOP;
END;
/
-- expect
-- t <- s
-- script.sql reads columns of t(a)
-- script.sql reads s(a, b, c)
-- script.sql writes t(b)
-- t.b <- s.b  IDENTITY
-- t <~ s.a  FILTER
-- t <~ t.a  FILTER

-- case: a trigger tells what fired it
-- dialect: oracle
CREATE OR REPLACE TRIGGER tr AFTER INSERT OR DELETE ON t FOR EACH ROW
BEGIN
  IF INSERTING THEN INSERT INTO log (i) VALUES (:NEW.i);
  ELSIF DELETING THEN INSERT INTO log (i) VALUES (:OLD.i);
  END IF;
END;
/
-- expect
-- trigger tr
-- log <- t
-- tr fires on t
-- tr reads columns of t(i)
-- tr writes log(i)
-- log.i <- t.i  IDENTITY

-- case: settings of the client and its variables
-- dialect: oracle
SET SERVEROUTPUT ON SIZE 1000000
SET DEFINE OFF
COLUMN a FORMAT A20
PROMPT now it begins
WHENEVER SQLERROR EXIT FAILURE
INSERT INTO t (a) SELECT a FROM &schema_name;
SHOW ERRORS
-- expect
-- script.sql writes t(a) (0.8)
-- line 6 Warning: A relation is left out, whose name only running would give: &{schema_name}

-- case: exceptions have statements of their own
-- dialect: oracle
CREATE OR REPLACE PROCEDURE p IS
BEGIN
  INSERT INTO t (a) SELECT a FROM s;
EXCEPTION
  WHEN NO_DATA_FOUND THEN NULL;
  WHEN OTHERS THEN
    INSERT INTO errors (m) VALUES (SQLERRM);
    RAISE;
END p;
/
-- expect
-- procedure p
-- t <- s
-- p reads s(a)
-- p writes errors
-- p writes t(a)
-- t.a <- s.a  IDENTITY

-- case: a cursor of a package is read where it is opened
-- dialect: oracle
CREATE OR REPLACE PACKAGE BODY pkg AS
  CURSOR c IS SELECT a FROM s;
  PROCEDURE load IS
  BEGIN
    FOR r IN c LOOP
      INSERT INTO t (x) VALUES (r.a);
    END LOOP;
  END load;
END pkg;
/
-- expect
-- procedure pkg.load
-- t <- s
-- pkg reads s(a)
-- pkg.load reads columns of s(a)
-- pkg.load writes t(x)
-- t.x <- s.a  IDENTITY

-- case: a compound trigger has sections, each a block
-- dialect: oracle
CREATE OR REPLACE TRIGGER trg FOR INSERT OR UPDATE ON emp COMPOUND TRIGGER
  n NUMBER := 0;
  AFTER EACH ROW IS
  BEGIN
    INSERT INTO audit_rows (salary) VALUES (:NEW.salary);
  END AFTER EACH ROW;
  AFTER STATEMENT IS
    m NUMBER;
  BEGIN
    SELECT MAX(x) INTO m FROM limits;
    UPDATE totals SET top = m;
  END AFTER STATEMENT;
END trg;
/
INSERT INTO after_all (a) SELECT a FROM b;
-- expect
-- trigger trg
-- after_all <- b
-- audit_rows <- emp
-- totals <- limits
-- script.sql reads b(a)
-- script.sql writes after_all(a)
-- trg fires on emp
-- trg reads columns of emp(salary)
-- trg reads limits(x)
-- trg writes audit_rows(salary)
-- trg writes totals(top)
-- after_all.a <- b.a  IDENTITY
-- audit_rows.salary <- emp.salary  IDENTITY
-- totals.top <- limits.x  AGGREGATION

-- case: the parameters of a cursor are no columns
-- dialect: oracle
DECLARE
  CURSOR c (p NUMBER) IS SELECT a FROM s WHERE x = p;
BEGIN
  FOR r IN c(1) LOOP
    INSERT INTO t (a) VALUES (r.a);
  END LOOP;
END;
/
-- expect
-- t <- s
-- script.sql reads s(a, x)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY

-- case: a routine between a cursor and the body
-- dialect: oracle
CREATE OR REPLACE PROCEDURE load_all IS
  CURSOR src IS SELECT id, val FROM s;
  PROCEDURE note (word VARCHAR2) IS BEGIN INSERT INTO notes (w) VALUES (word); END note;
  FUNCTION one RETURN NUMBER;
  n NUMBER := 1;
BEGIN
  FOR r IN src LOOP
    INSERT INTO t (a, b) VALUES (r.id, r.val);
  END LOOP;
  note('done');
END load_all;
/
-- expect
-- function load_all.one
-- procedure load_all
-- procedure load_all.note
-- t <- s
-- load_all calls load_all.note
-- load_all reads s(id, val)
-- load_all writes t(a, b)
-- load_all.note writes notes(w)
-- t.a <- s.id  IDENTITY
-- t.b <- s.val  IDENTITY

-- case: a routine after a cursor of a block
-- dialect: oracle
DECLARE
  CURSOR src IS SELECT id FROM s;
  PROCEDURE note (word VARCHAR2) IS BEGIN INSERT INTO notes (w) VALUES (word); END;
BEGIN
  FOR r IN src LOOP
    INSERT INTO t (a) VALUES (r.id);
  END LOOP;
END;
/
-- expect
-- procedure note
-- t <- s
-- note writes notes(w)
-- script.sql reads s(id)
-- script.sql writes t(a)
-- t.a <- s.id  IDENTITY

-- case: a trigger names its rows
-- dialect: oracle
CREATE OR REPLACE TRIGGER keep AFTER UPDATE OF a ON t REFERENCING NEW AS n OLD ROW AS o FOR EACH ROW WHEN (n.a > 0)
DECLARE
  x NUMBER;
BEGIN
  INSERT INTO log (now, before) VALUES (:n.a, :o.a);
END;
/
-- expect
-- trigger keep
-- log <- t
-- keep fires on t
-- keep reads columns of t(a)
-- keep writes log(before, now)
-- log.before <- t.a  IDENTITY
-- log.now <- t.a  IDENTITY

-- case: fields of a collection that a cursor fills
-- dialect: oracle
CREATE OR REPLACE PROCEDURE load_all IS
  CURSOR src IS SELECT id, val, z FROM s;
  TYPE rows_t IS TABLE OF src%ROWTYPE;
  l rows_t;
BEGIN
  OPEN src;
  FETCH src BULK COLLECT INTO l;
  FORALL i IN 1 .. l.COUNT INSERT INTO t (a, b) VALUES (l(i).val, l(i).z);
END;
/
-- expect
-- procedure load_all
-- t <- s
-- load_all reads s(id, val, z)
-- load_all writes t(a, b)
-- t.a <- s.val  IDENTITY: l(i).val
-- t.b <- s.z  IDENTITY: l(i).z

-- case: fields of a collection that all columns fill
-- dialect: oracle
CREATE OR REPLACE PROCEDURE load_all IS
  TYPE rows_t IS TABLE OF s%ROWTYPE;
  l rows_t;
BEGIN
  SELECT * BULK COLLECT INTO l FROM s;
  FORALL i IN 1 .. l.COUNT UPDATE t SET a = l(i).val WHERE k = l(i).id;
END;
/
-- expect
-- procedure load_all
-- t <- s
-- load_all reads columns of t(k)
-- load_all reads s
-- load_all writes t(a)
-- t.a <- s.val  IDENTITY: l(i).val
-- t <~ s.id  FILTER
-- t <~ t.k  FILTER

-- case: fields of a declared record are taken by place
-- dialect: oracle
CREATE OR REPLACE PROCEDURE load_all IS
  TYPE pair IS RECORD (one NUMBER, two VARCHAR2(9));
  TYPE pairs IS TABLE OF pair INDEX BY PLS_INTEGER;
  r pair;
  l pairs;
BEGIN
  SELECT x, y INTO r FROM s;
  INSERT INTO t (a, b) VALUES (r.one, r.two);
  SELECT v, w BULK COLLECT INTO l FROM q;
  FORALL i IN 1 .. l.COUNT INSERT INTO u (a, b) VALUES (l(i).one, l(i).two);
END;
/
-- expect
-- procedure load_all
-- t <- s
-- u <- q
-- load_all reads q(v, w)
-- load_all reads s(x, y)
-- load_all writes t(a, b)
-- load_all writes u(a, b)
-- t.a <- s.x  IDENTITY
-- t.b <- s.y  IDENTITY
-- u.a <- q.v  IDENTITY: l(i).one
-- u.b <- q.w  IDENTITY: l(i).two

-- case: a record of a block
-- dialect: oracle
DECLARE
  TYPE pair IS RECORD (one NUMBER, two VARCHAR2(9));
  r pair;
BEGIN
  SELECT x, y INTO r FROM s;
  INSERT INTO t (a, b) VALUES (r.one, r.two);
END;
/
-- expect
-- t <- s
-- script.sql reads s(x, y)
-- script.sql writes t(a, b)
-- t.a <- s.x  IDENTITY
-- t.b <- s.y  IDENTITY

-- case: functions of one query
-- dialect: oracle
CREATE TABLE o AS WITH
  FUNCTION twice (x NUMBER) RETURN NUMBER IS BEGIN RETURN 2 * x; END;
  FUNCTION once (x NUMBER) RETURN NUMBER IS BEGIN RETURN x; END once;
  q AS (SELECT a FROM t)
SELECT twice(a) AS b FROM q;
WITH FUNCTION one RETURN NUMBER IS BEGIN RETURN 1; END;
SELECT one() AS b FROM u;
-- expect
-- table o(b)
-- o <- t
-- script.sql reads u
-- o.b <- t.a  TRANSFORMATION: twice(a)

-- case: a trigger without declarations sets the row that is stored from its first statement on
-- dialect: oracle
CREATE OR REPLACE TRIGGER tr BEFORE INSERT ON ord REFERENCING NEW AS n FOR EACH ROW
BEGIN
  :n.seen := SYSDATE;
  SELECT c.zone INTO :n.zone FROM cust c WHERE c.id = :n.cust;
  INSERT INTO seen (q) VALUES (:n.qty);
END;
/
-- expect
-- trigger tr
-- ord <- cust
-- seen <- ord
-- tr fires on ord
-- tr reads columns of ord(cust, qty)
-- tr reads cust(id, zone)
-- tr writes ord(seen, zone)
-- tr writes seen(q)
-- ord.zone <- cust.zone  IDENTITY
-- seen.q <- ord.qty  IDENTITY

-- case: a bound row right behind the sign of an assignment counts
-- dialect: oracle
CREATE OR REPLACE TRIGGER tr BEFORE UPDATE ON ord FOR EACH ROW
DECLARE v NUMBER;
BEGIN
  v := :old.c;
  :new.a := :new.b + :new.c;
  INSERT INTO kept (z) VALUES (v);
END;
/
-- expect
-- trigger tr
-- kept <- ord
-- tr fires on ord
-- tr reads columns of ord(c)
-- tr writes kept(z)
-- tr writes ord(a)
-- kept.z <- ord.c  IDENTITY
-- ord.a <- ord.b  TRANSFORMATION: :new.b + :new.c
-- ord.a <- ord.c  TRANSFORMATION: :new.b + :new.c

-- case: a record or an element of a collection goes in as a whole
-- dialect: oracle
BEGIN
  FOR r IN (SELECT id, nm FROM emp) LOOP
    INSERT INTO emp_hist VALUES r;
  END LOOP;
  SELECT k, w BULK COLLECT INTO l FROM src;
  FORALL i IN INDICES OF l INSERT INTO dst VALUES l(i);
END;
/
-- expect
-- dst <- src
-- emp_hist <- emp
-- script.sql reads emp(id, nm)
-- script.sql reads src(k, w)
-- script.sql writes dst
-- script.sql writes emp_hist
-- dst.k <- src.k  IDENTITY
-- dst.w <- src.w  IDENTITY
-- emp_hist.id <- emp.id  IDENTITY
-- emp_hist.nm <- emp.nm  IDENTITY

-- case: a record that is returned has all its columns
-- dialect: oracle
CREATE FUNCTION f RETURN person IS r person; BEGIN SELECT c.a, c.b INTO r FROM c; RETURN r; END;
/
-- expect
-- function f
-- f reads c(a, b)

-- case: what a statement returns into variables goes on from there
-- dialect: oracle, postgres
CREATE PROCEDURE p AS $$ DECLARE v INT; BEGIN INSERT INTO t (a) SELECT q FROM s RETURNING id INTO v; INSERT INTO u (tid) VALUES (v); END $$ LANGUAGE plpgsql;
-- expect
-- procedure p
-- t <- s
-- u <- t
-- p reads columns of t(id)
-- p reads s(q)
-- p writes t(a)
-- p writes u(tid)
-- t.a <- s.q  IDENTITY
-- u.tid <- t.id  IDENTITY

-- case: a model's measure has the name that its clause gives
-- dialect: oracle
CREATE TABLE fc AS SELECT land, yr, s FROM sales MODEL PARTITION BY (land) DIMENSION BY (yr) MEASURES (amt s) RULES (s[2025] = s[2024] * 2);
-- expect
-- table fc(land, yr, s)
-- fc <- sales
-- fc.land <- sales.land  IDENTITY
-- fc.yr <- sales.yr  IDENTITY
-- fc.s <- sales.amt  IDENTITY

-- case: a merge into a query writes its table, and rows that fail go elsewhere
-- dialect: oracle
MERGE INTO (SELECT * FROM t WHERE a = 1) x USING s ON (x.id = s.id) WHEN MATCHED THEN UPDATE SET x.v = s.v LOG ERRORS INTO err_t REJECT LIMIT UNLIMITED;
-- expect
-- t <- s
-- script.sql reads columns of t(id)
-- script.sql reads s(id, v)
-- script.sql writes err_t
-- script.sql writes t(v)
-- t.v <- s.v  IDENTITY
-- t <~ s.id  JOIN
-- t <~ t.id  JOIN

-- case: fields of a record that a query fills one by one
-- dialect: oracle
CREATE PROCEDURE p IS
  r t%ROWTYPE;
BEGIN
  SELECT a, b INTO r.x, r.y FROM s;
  INSERT INTO t (p, q) VALUES (r.x, r.y);
END;
/
-- expect
-- procedure p
-- t <- s
-- p reads s(a, b)
-- p writes t(p, q)
-- t.p <- s.a  IDENTITY
-- t.q <- s.b  IDENTITY

-- case: a variable that is given a number of a sequence
-- dialect: oracle
CREATE SEQUENCE sq;
CREATE PROCEDURE p IS
  v NUMBER;
BEGIN
  v := sq.NEXTVAL;
  INSERT INTO t (id) VALUES (v);
END;
/
-- expect
-- procedure p
-- sequence sq
-- p reads sq
-- p writes t

-- case: a function without parameters is called without brackets
-- dialect: oracle
CREATE OR REPLACE FUNCTION top_bill RETURN NUMBER IS
  v NUMBER;
BEGIN
  SELECT max(total) INTO v FROM bills;
  RETURN v;
END;
/
INSERT INTO sums (top) VALUES (top_bill);
INSERT INTO others (top) SELECT top_bill FROM dual;
-- expect
-- function top_bill
-- others <- bills
-- sums <- bills
-- script.sql calls top_bill
-- script.sql writes others(top)
-- script.sql writes sums(top)
-- top_bill reads bills(total)
-- others.top <- bills.total  AGGREGATION: v
-- sums.top <- bills.total  AGGREGATION: v

-- case: a column of a query's relations goes before a function of that name
-- dialect: oracle
CREATE FUNCTION id RETURN NUMBER IS BEGIN RETURN 1; END;
/
CREATE VIEW v AS SELECT id, name FROM customers WHERE id = 5;
UPDATE t SET a = id WHERE id = 5;
-- expect
-- function id
-- view v(id, name)
-- v <- customers
-- script.sql reads columns of t(id)
-- script.sql writes t(a)
-- t.a <- t.id  IDENTITY
-- v.id <- customers.id  IDENTITY
-- v.name <- customers.name  IDENTITY
-- t <~ t.id  FILTER
-- v <~ customers.id  FILTER

-- case: a package's variables carry values from routine to routine
-- dialect: oracle
CREATE OR REPLACE PACKAGE BODY pk IS
  g_rate NUMBER;
  PROCEDURE load(p_day DATE) IS
    v_day DATE := p_day;
  BEGIN
    SELECT MAX(rate) INTO g_rate FROM rates;
    INSERT INTO loads (day) VALUES (v_day);
  END;
  PROCEDURE store IS BEGIN UPDATE t SET r = g_rate; END;
END pk;
/
BEGIN
  FOR d IN (SELECT day FROM days) LOOP pk.load(d.day); END LOOP;
END;
/
-- expect
-- procedure pk.load
-- procedure pk.store
-- loads <- days
-- t <- rates
-- pk.load reads rates(rate)
-- pk.load writes loads(day)
-- pk.store reads columns of rates(rate)
-- pk.store writes t(r)
-- script.sql calls pk.load
-- script.sql reads days(day)
-- loads.day <- days.day  IDENTITY: d.day
-- t.r <- rates.rate  AGGREGATION

-- case: a variable of a routine's own leaves nothing in the package's of its name
-- dialect: oracle
CREATE OR REPLACE PACKAGE BODY pk IS
  g NUMBER;
  PROCEDURE b IS BEGIN SELECT MAX(q) INTO g FROM s; END;
  PROCEDURE c IS
    g NUMBER;
  BEGIN
    SELECT MAX(r) INTO g FROM s2;
  END;
  PROCEDURE d IS BEGIN INSERT INTO o (x) VALUES (g); END;
END pk;
/
-- expect
-- procedure pk.b
-- procedure pk.c
-- procedure pk.d
-- o <- s
-- pk.b reads s(q)
-- pk.c reads s2(r)
-- pk.d reads columns of s(q)
-- pk.d writes o(x)
-- o.x <- s.q  AGGREGATION

-- case: a package's own functions are called without brackets, and hidden by what has their name
-- dialect: oracle
CREATE PACKAGE BODY pk AS
  FUNCTION latest RETURN NUMBER IS n NUMBER;
  BEGIN
    SELECT max(x) INTO n FROM a;
    RETURN n;
  END;
  PROCEDURE p IS v NUMBER;
  BEGIN
    v := 1 + latest;
    INSERT INTO t (x) VALUES (v);
    INSERT INTO u (x) VALUES (latest);
  END;
  PROCEDURE q (latest NUMBER) IS
  BEGIN
    INSERT INTO w (x) VALUES (latest);
  END;
END;
-- expect
-- function pk.latest
-- procedure pk.p
-- procedure pk.q
-- t <- a
-- u <- a
-- pk.latest reads a(x)
-- pk.p calls pk.latest
-- pk.p reads columns of a(x)
-- pk.p writes t(x)
-- pk.p writes u(x)
-- pk.q writes w(x)
-- t.x <- a.x  AGGREGATION: n
-- u.x <- a.x  AGGREGATION: n

-- case: a function within the block that calls it
-- dialect: oracle
DECLARE
  v NUMBER;
  FUNCTION latest RETURN NUMBER IS n NUMBER;
  BEGIN
    SELECT x INTO n FROM a;
    RETURN n;
  END;
BEGIN
  v := latest;
  INSERT INTO t (x) VALUES (v);
END;
-- expect
-- function latest
-- t <- a
-- latest reads a(x)
-- script.sql calls latest
-- script.sql reads columns of a(x)
-- script.sql writes t(x)
-- t.x <- a.x  TRANSFORMATION: n

-- case: a pipelined function gives the objects that it pipes
-- dialect: oracle
CREATE FUNCTION f (k NUMBER) RETURN t_tab PIPELINED IS
BEGIN
  FOR r IN (SELECT a, b FROM s WHERE id = k) LOOP
    PIPE ROW (t_obj(r.a, r.b * 2));
  END LOOP;
  RETURN;
END;
/
CREATE TABLE w AS SELECT * FROM TABLE(f(1));
INSERT INTO x (p, q) SELECT * FROM TABLE(f(2));
-- expect
-- function f
-- table w($1, $2)
-- x <- s
-- w <- s
-- f reads s(a, b, id)
-- script.sql calls f
-- script.sql reads s(a, b)
-- script.sql writes x(p, q)
-- w calls f
-- x.p <- s.a  IDENTITY
-- x.q <- s.b  TRANSFORMATION
-- w.$1 <- s.a  IDENTITY
-- w.$2 <- s.b  TRANSFORMATION

-- case: a pipelined function gives the records that it pipes
-- dialect: oracle
CREATE PACKAGE BODY pk AS
  TYPE t_rec IS RECORD (x NUMBER, y NUMBER);
  FUNCTION f RETURN t_tab PIPELINED IS
    l t_rec;
  BEGIN
    FOR r IN (SELECT a, b FROM s) LOOP
      l.y := r.b;
      l.x := r.a;
      PIPE ROW (l);
    END LOOP;
  END;
  FUNCTION g RETURN t_tab PIPELINED IS
    o t_obj := t_obj(NULL, NULL);
  BEGIN
    SELECT c INTO o.z FROM u;
    PIPE ROW (o);
    FOR r IN (SELECT d FROM v) LOOP PIPE ROW (r); END LOOP;
  END;
END;
/
INSERT INTO w (x, y) SELECT * FROM TABLE(pk.f());
INSERT INTO q (z) SELECT z FROM TABLE(pk.g());
-- expect
-- function pk.f
-- function pk.g
-- q <- u
-- q <- v
-- w <- s
-- pk.f reads s(a, b)
-- pk.g reads u(c)
-- pk.g reads v(d)
-- script.sql calls pk.f
-- script.sql calls pk.g
-- script.sql reads s(a, b)
-- script.sql reads u(c)
-- script.sql reads v
-- script.sql writes q(z)
-- script.sql writes w(x, y)
-- q.z <- u.c  IDENTITY
-- w.x <- s.a  IDENTITY
-- w.y <- s.b  IDENTITY

-- case: what a package's specification declares its body sees
-- dialect: oracle
CREATE OR REPLACE PACKAGE pk AS
  g NUMBER;
  CURSOR c (k NUMBER) IS SELECT id, v FROM s WHERE kind = k;
  PROCEDURE init;
  PROCEDURE put;
END pk;
/
CREATE OR REPLACE PACKAGE BODY pk AS
  PROCEDURE init IS BEGIN SELECT MAX(a) INTO g FROM u; END;
  PROCEDURE put IS
  BEGIN
    FOR r IN c(1) LOOP
      INSERT INTO t (id, v, a) VALUES (r.id, r.v, g);
    END LOOP;
  END;
END pk;
/
-- expect
-- procedure pk.init
-- procedure pk.put
-- t <- s
-- t <- u
-- pk reads s(id, kind, v)
-- pk.init reads u(a)
-- pk.put reads columns of s(id, v)
-- pk.put reads columns of u(a)
-- pk.put writes t(a, id, v)
-- t.a <- u.a  AGGREGATION
-- t.id <- s.id  IDENTITY
-- t.v <- s.v  IDENTITY

-- case: what a pipelined function pipes has the names of its type, not of what is put into it
-- dialect: oracle
CREATE PACKAGE BODY pk AS
  TYPE t_rec IS RECORD (zip NUMBER, city NUMBER);
  FUNCTION f RETURN t_tab PIPELINED IS
  BEGIN
    FOR c IN (SELECT a AS city, b AS zip FROM s) LOOP
      PIPE ROW (t_rec(c.city, c.zip));
      PIPE ROW (t_rec(city => c.zip, zip => c.city));
    END LOOP;
  END;
  FUNCTION g RETURN o_tab PIPELINED IS
  BEGIN
    FOR c IN (SELECT a AS city, b AS zip FROM u) LOOP
      PIPE ROW (o_row(c.city, c.zip));
    END LOOP;
  END;
END;
/
INSERT INTO w (zip, city) SELECT zip, city FROM TABLE(pk.f());
INSERT INTO x (p, q) SELECT * FROM TABLE(pk.g());
INSERT INTO y (p, q) SELECT city, zip FROM TABLE(pk.g());
-- expect
-- function pk.f
-- function pk.g
-- w <- s
-- x <- u
-- y <- u
-- pk.f reads s(a, b)
-- pk.g reads u(a, b)
-- script.sql calls pk.f
-- script.sql calls pk.g
-- script.sql reads s(a, b)
-- script.sql reads u(a, b)
-- script.sql writes w(city, zip)
-- script.sql writes x(p, q)
-- script.sql writes y(p, q)
-- w.city <- s.b  IDENTITY
-- w.zip <- s.a  IDENTITY
-- x.p <- u.a  IDENTITY
-- x.q <- u.b  IDENTITY

-- case: rows with named fields in an order that nobody tells are taken by name alone, and a call is no row
-- dialect: oracle
CREATE FUNCTION f RETURN t_tab PIPELINED IS
  r t_row;
BEGIN
  FOR c IN (SELECT a, b FROM s) LOOP
    r.zip := c.a;
    r.city := c.b;
    PIPE ROW (r);
    PIPE ROW (t_row(zip => c.a, city => c.b));
    PIPE ROW (pkg.get_row(c.a));
  END LOOP;
END;
/
INSERT INTO w (zip) SELECT zip FROM TABLE(f());
INSERT INTO x (p, q) SELECT * FROM TABLE(f());
-- expect
-- function f
-- w <- s
-- x <- s
-- f calls pkg.get_row
-- f reads s(a, b)
-- script.sql calls f
-- script.sql reads s(a)
-- script.sql writes w(zip)
-- script.sql writes x(p, q)
-- w.zip <- s.a  IDENTITY
