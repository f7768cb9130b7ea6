-- case: PIVOT makes columns of an aggregate, and what is neither aggregated nor spread stays
-- dialect: tsql
CREATE TABLE sales (region int, quarter int, amount int);
CREATE VIEW v AS SELECT region, [q1], [q2] FROM sales PIVOT (SUM(amount) FOR quarter IN ([q1], [q2])) p;
-- expect
-- table sales(region, quarter, amount)
-- view v(region, q1, q2)
-- v <- sales
-- v.region <- sales.region  IDENTITY
-- v.q1 <- sales.quarter  CONDITIONAL: SUM(amount)
-- v.q1 <- sales.amount  AGGREGATION: SUM(amount)
-- v.q2 <- sales.quarter  CONDITIONAL: SUM(amount)
-- v.q2 <- sales.amount  AGGREGATION: SUM(amount)

-- case: T-SQL pivots all that is joined, with a condition or without one
-- dialect: tsql
CREATE TABLE sales (region int, amount int);
CREATE TABLE days (quarter int);
CREATE VIEW v AS SELECT * FROM sales CROSS JOIN days PIVOT (SUM(amount) FOR quarter IN ([q1], [q2])) p;
-- expect
-- table days(quarter)
-- table sales(region, amount)
-- view v(region, q1, q2)
-- v <- days
-- v <- sales
-- v.region <- sales.region  IDENTITY
-- v.q1 <- days.quarter  CONDITIONAL: SUM(amount)
-- v.q1 <- sales.amount  AGGREGATION: SUM(amount)
-- v.q2 <- days.quarter  CONDITIONAL: SUM(amount)
-- v.q2 <- sales.amount  AGGREGATION: SUM(amount)

-- case: a star over PIVOT gives what stays and what is made
-- dialect: snowflake
CREATE TABLE sales (region int, quarter int, amount int);
CREATE VIEW v AS SELECT * FROM sales PIVOT (SUM(amount) FOR quarter IN ('q1', 'q2')) AS p;
-- expect
-- table sales(region, quarter, amount)
-- view v(region, q1, q2)
-- v <- sales
-- v.region <- sales.region  IDENTITY
-- v.q1 <- sales.quarter  CONDITIONAL: SUM(amount)
-- v.q1 <- sales.amount  AGGREGATION: SUM(amount)
-- v.q2 <- sales.quarter  CONDITIONAL: SUM(amount)
-- v.q2 <- sales.amount  AGGREGATION: SUM(amount)

-- case: a PIVOT of a subquery is looked through
-- dialect: oracle
CREATE VIEW v AS SELECT * FROM (SELECT region, quarter, amount * rate AS amount FROM sales) PIVOT (SUM(amount) AS total FOR quarter IN ('q1' AS first, 'q2' AS second));
-- expect
-- view v(region, first_total, second_total)
-- v <- sales
-- v.region <- sales.region  IDENTITY
-- v.first_total <- sales.amount  AGGREGATION: SUM(amount)
-- v.first_total <- sales.quarter  CONDITIONAL: SUM(amount)
-- v.first_total <- sales.rate  AGGREGATION: SUM(amount)
-- v.second_total <- sales.amount  AGGREGATION: SUM(amount)
-- v.second_total <- sales.quarter  CONDITIONAL: SUM(amount)
-- v.second_total <- sales.rate  AGGREGATION: SUM(amount)

-- case: BigQuery puts the name of the aggregate in front
-- dialect: bigquery
CREATE VIEW v AS SELECT region, total_q1 FROM sales PIVOT (SUM(amount) AS total FOR quarter IN ('q1', 'q2'));
-- expect
-- view v(region, total_q1)
-- v <- sales
-- v.region <- sales.region  IDENTITY
-- v.total_q1 <- sales.amount  AGGREGATION: SUM(amount)
-- v.total_q1 <- sales.quarter  CONDITIONAL: SUM(amount)

-- case: UNPIVOT gathers columns into one, the other holds their names
-- dialect: tsql, oracle, snowflake
CREATE VIEW v AS SELECT id, month, amount FROM wide UNPIVOT (amount FOR month IN (jan, feb)) u;
-- expect
-- view v(id, month, amount)
-- v <- wide
-- v.id <- wide.id  IDENTITY
-- v.amount <- wide.feb  IDENTITY
-- v.amount <- wide.jan  IDENTITY

-- case: a star over UNPIVOT gives what stays, the name and the value
-- dialect: snowflake
CREATE TABLE wide (id int, jan int, feb int);
CREATE VIEW v AS SELECT * FROM wide UNPIVOT (amount FOR month IN (jan, feb));
-- expect
-- table wide(id, jan, feb)
-- view v(id, month, amount)
-- v <- wide
-- v.id <- wide.id  IDENTITY
-- v.amount <- wide.jan  IDENTITY
-- v.amount <- wide.feb  IDENTITY

-- case: UNNEST makes rows of an array
-- dialect: bigquery
CREATE VIEW v AS SELECT o.id, item FROM orders o, UNNEST(o.items) AS item;
-- expect
-- view v(id, item)
-- v <- orders
-- v.id <- orders.id  IDENTITY
-- v.item <- orders.items  TRANSFORMATION

-- case: fields of unnested structs come from the array
-- dialect: bigquery
CREATE VIEW v AS SELECT o.id, item.sku AS sku, pos FROM orders o CROSS JOIN UNNEST(o.items) AS item WITH OFFSET AS pos;
-- expect
-- view v(id, sku, pos)
-- v <- orders
-- v.id <- orders.id  IDENTITY
-- v.sku <- orders.items  TRANSFORMATION
-- v.pos <- orders.items  TRANSFORMATION

-- case: UNNEST with a column list names its element
-- dialect: postgres, trino, presto, athena, duckdb
CREATE VIEW v AS SELECT o.id, u.item FROM orders o CROSS JOIN UNNEST(o.items) AS u (item);
-- expect
-- view v(id, item)
-- v <- orders
-- v.id <- orders.id  IDENTITY
-- v.item <- orders.items  TRANSFORMATION

-- case: FLATTEN makes rows of a variant
-- dialect: snowflake
CREATE VIEW v AS SELECT o.id, f.value:sku::string AS sku, f.index AS pos FROM orders o, LATERAL FLATTEN(input => o.items) f;
-- expect
-- view v(id, sku, pos)
-- v <- orders
-- v.id <- orders.id  IDENTITY
-- v.sku <- orders.items  TRANSFORMATION: f.value:sku::string
-- v.pos <- orders.items  TRANSFORMATION

-- case: a table function of a column is looked through
-- dialect: snowflake
CREATE VIEW v AS SELECT o.id, s.value FROM orders o, TABLE(SPLIT_TO_TABLE(o.tags, ',')) s;
-- expect
-- view v(id, value)
-- v <- orders
-- v.id <- orders.id  IDENTITY
-- v.value <- orders.tags  TRANSFORMATION

-- case: OPENJSON makes columns of a document
-- dialect: tsql
CREATE VIEW v AS SELECT d.id, j.name, j.qty FROM docs d CROSS APPLY OPENJSON(d.body) WITH (name nvarchar(50) '$.name', qty int '$.qty') j;
-- expect
-- view v(id, name, qty)
-- v <- docs
-- v.id <- docs.id  IDENTITY
-- v.name <- docs.body  TRANSFORMATION
-- v.qty <- docs.body  TRANSFORMATION

-- case: STRING_SPLIT makes rows of a column
-- dialect: tsql
CREATE VIEW v AS SELECT p.id, x.value AS tag FROM posts p CROSS APPLY STRING_SPLIT(p.tags, ',') x;
-- expect
-- view v(id, tag)
-- v <- posts
-- v.id <- posts.id  IDENTITY
-- v.tag <- posts.tags  TRANSFORMATION

-- case: JSON_TABLE makes columns of a document
-- dialect: mysql, oracle
CREATE VIEW v AS SELECT d.id, j.name FROM docs d, JSON_TABLE(d.body, '$[*]' COLUMNS (name VARCHAR(50) PATH '$.name')) j;
-- expect
-- view v(id, name)
-- v <- docs
-- v.id <- docs.id  IDENTITY
-- v.name <- docs.body  TRANSFORMATION

-- case: LATERAL VIEW explodes an array
-- dialect: hive, spark, databricks
CREATE VIEW v AS SELECT o.id, i.item FROM orders o LATERAL VIEW explode(o.items) i AS item;
-- expect
-- view v(id, item)
-- v <- orders
-- v.id <- orders.id  IDENTITY
-- v.item <- orders.items  TRANSFORMATION

-- case: LATERAL VIEW explodes a map into key and value
-- dialect: hive, spark
CREATE VIEW v AS SELECT id, k, val FROM orders LATERAL VIEW OUTER explode(props) p AS k, val;
-- expect
-- view v(id, k, val)
-- v <- orders
-- v.id <- orders.id  IDENTITY
-- v.k <- orders.props  TRANSFORMATION
-- v.val <- orders.props  TRANSFORMATION

-- case: a set-returning function in FROM is looked through
-- dialect: postgres
CREATE VIEW v AS SELECT d.id, e.value FROM docs d, jsonb_array_elements(d.body) AS e (value);
-- expect
-- view v(id, value)
-- v <- docs
-- v.id <- docs.id  IDENTITY
-- v.value <- docs.body  TRANSFORMATION

-- case: generate_series is made of nothing stored
-- dialect: postgres, duckdb
CREATE VIEW v AS SELECT g.n, s.a FROM generate_series(1, 10) AS g (n) JOIN s ON s.n = g.n;
-- expect
-- view v(n, a)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v <~ s.n  JOIN

-- case: ARRAY JOIN makes rows of an array
-- dialect: clickhouse
CREATE VIEW v AS SELECT id, item FROM orders ARRAY JOIN items AS item;
-- expect
-- view v(id, item)
-- v <- orders
-- v.id <- orders.id  IDENTITY
-- v.item <- orders.items  TRANSFORMATION

-- case: struct fields are parts of their column
-- dialect: bigquery, spark, databricks
CREATE VIEW v AS SELECT o.customer.address.city AS city, customer.name AS name FROM orders o;
-- expect
-- view v(city, name)
-- v <- orders
-- v.city <- orders.customer  TRANSFORMATION: o.customer.address.city
-- v.name <- orders.customer  TRANSFORMATION: customer.name

-- case: a struct is made of its members
-- dialect: bigquery
CREATE VIEW v AS SELECT STRUCT(a AS x, b AS y) AS s1, [c, d] AS list, ARRAY_AGG(STRUCT(e, f)) AS l2 FROM s;
-- expect
-- view v(s1, list, l2)
-- v <- s
-- v.s1 <- s.a  TRANSFORMATION: STRUCT(a AS x, b AS y)
-- v.s1 <- s.b  TRANSFORMATION: STRUCT(a AS x, b AS y)
-- v.list <- s.c  TRANSFORMATION: [c, d]
-- v.list <- s.d  TRANSFORMATION: [c, d]
-- v.l2 <- s.e  AGGREGATION: ARRAY_AGG(STRUCT(e, f))
-- v.l2 <- s.f  AGGREGATION: ARRAY_AGG(STRUCT(e, f))

-- case: SELECT AS STRUCT gives a value made of its columns
-- dialect: bigquery
CREATE VIEW v AS SELECT id, ARRAY(SELECT AS STRUCT x.a, x.b FROM x WHERE x.id = s.id) AS list FROM s;
-- expect
-- view v(id, list)
-- v <- s
-- v <- x
-- v.id <- s.id  IDENTITY
-- v.list <- x.a  TRANSFORMATION: ARRAY(SELECT AS STRUCT x.a, x.b FROM x WHERE x.id = s.id)
-- v.list <- x.b  TRANSFORMATION: ARRAY(SELECT AS STRUCT x.a, x.b FROM x WHERE x.id = s.id)
-- v <~ s.id  FILTER
-- v <~ x.id  FILTER

-- case: a path into JSON is a part of its column
-- dialect: postgres
CREATE VIEW v AS SELECT body -> 'a' ->> 'b' AS c, body #>> '{x,y}' AS d FROM docs;
-- expect
-- view v(c, d)
-- v <- docs
-- v.c <- docs.body  TRANSFORMATION: body -> 'a' ->> 'b'
-- v.d <- docs.body  TRANSFORMATION: body #>> '{x,y}'

-- case: a path into a variant is a part of its column
-- dialect: snowflake
CREATE VIEW v AS SELECT src:customer.name::string AS name, src['total'] AS total, t.src:id AS id FROM raw_orders t;
-- expect
-- view v(name, total, id)
-- v <- raw_orders
-- v.name <- raw_orders.src  TRANSFORMATION: src:customer.name::string
-- v.total <- raw_orders.src  TRANSFORMATION: src['total']
-- v.id <- raw_orders.src  TRANSFORMATION: t.src:id

-- case: an array element is a part of its column
-- dialect: postgres, duckdb
CREATE VIEW v AS SELECT a[1] AS first, a[2:3] AS some, b[i] AS at_i FROM s;
-- expect
-- view v(first, some, at_i)
-- v <- s
-- v.first <- s.a  TRANSFORMATION: a[1]
-- v.some <- s.a  TRANSFORMATION: a[2:3]
-- v.at_i <- s.b  TRANSFORMATION: b[i]
-- v.at_i <- s.i  TRANSFORMATION: b[i]

-- case: MATCH_RECOGNIZE gives its measures and the columns it partitions by
-- dialect: snowflake, oracle, trino
CREATE VIEW v AS
SELECT sym, low FROM ticks MATCH_RECOGNIZE (
  PARTITION BY sym ORDER BY at
  MEASURES LAST(down.price) AS low
  ONE ROW PER MATCH
  PATTERN (strt down+)
  DEFINE down AS down.price < 10
) m;
-- expect
-- view v(sym, low)
-- v <- ticks
-- v.sym <- ticks.sym  IDENTITY
-- v.low <- ticks.price  TRANSFORMATION: LAST(down.price)
-- v <~ ticks.at  SORT
-- v <~ ticks.price  FILTER
-- v <~ ticks.sym  GROUP_BY

-- case: pipes carry columns from one operator to the next
-- dialect: bigquery
CREATE VIEW v AS
FROM orders
|> WHERE total > 0
|> EXTEND total * 2 AS twice
|> AGGREGATE sum(twice) AS s, count(*) AS n GROUP BY customer_id
|> ORDER BY s
|> SELECT customer_id, s;
-- expect
-- view v(customer_id, s)
-- v <- orders
-- v.customer_id <- orders.customer_id  IDENTITY
-- v.s <- orders.total  AGGREGATION: sum(twice)
-- v <~ orders.customer_id  GROUP_BY
-- v <~ orders.total  FILTER+SORT

-- case: pipes join, drop, set and rename
-- dialect: bigquery
CREATE TABLE a (id int, x int, y int);
CREATE TABLE b (id int, z int);
CREATE VIEW v AS FROM a |> JOIN b ON a.id = b.id |> SELECT a.x, a.y, b.z |> SET x = x + 1 |> DROP y |> RENAME z AS w;
-- expect
-- table a(id, x, y)
-- table b(id, z)
-- view v(x, w)
-- v <- a
-- v <- b
-- v.x <- a.x  TRANSFORMATION: x + 1
-- v.w <- b.z  IDENTITY
-- v <~ a.id  JOIN
-- v <~ b.id  JOIN

-- case: FROM first is a star
-- dialect: duckdb
CREATE TABLE s (a int, b int);
CREATE VIEW v AS FROM s;
CREATE VIEW w AS FROM s SELECT a + 1 AS c;
-- expect
-- table s(a, b)
-- view v(a, b)
-- view w(c)
-- v <- s
-- w <- s
-- v.a <- s.a  IDENTITY
-- v.b <- s.b  IDENTITY
-- w.c <- s.a  TRANSFORMATION: a + 1

-- case: a script's columns are made of all that goes in
-- dialect: hive, spark
INSERT INTO t SELECT TRANSFORM (a, b) USING 'python x.py' AS (c STRING, d INT) FROM s;
-- expect
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t
-- t.c <- s.a  TRANSFORMATION: TRANSFORM (a, b)
-- t.c <- s.b  TRANSFORMATION: TRANSFORM (a, b)
-- t.d <- s.a  TRANSFORMATION: TRANSFORM (a, b)
-- t.d <- s.b  TRANSFORMATION: TRANSFORM (a, b)

-- case: FLATTEN has columns of its own
-- dialect: snowflake
CREATE VIEW v AS SELECT value:x::int AS x, key AS k, id FROM s, LATERAL FLATTEN(input => s.doc);
-- expect
-- view v(x, k, id)
-- v <- s
-- v.x <- s.doc  TRANSFORMATION: value:x::int
-- v.k <- s.doc  TRANSFORMATION
-- v.id <- s.id  IDENTITY

-- case: rows of a split string
-- dialect: tsql
CREATE VIEW v AS SELECT s.id, value FROM s CROSS APPLY STRING_SPLIT(s.tags, ',');
-- expect
-- view v(id, value)
-- v <- s
-- v.id <- s.id  IDENTITY
-- v.value <- s.tags  TRANSFORMATION

-- case: nodes of an XML column
-- dialect: tsql
CREATE VIEW v AS SELECT n.c.value('@id', 'int') AS id FROM s CROSS APPLY s.doc.nodes('/a/b') AS n(c);
-- expect
-- view v(id)
-- v <- s
-- v.id <- s.doc  TRANSFORMATION: n.c.value('@id', 'int')

-- case: a collection of the row beside it
-- dialect: redshift, bigquery
CREATE VIEW v AS SELECT a.id, o.price, o FROM s a, a.orders o;
-- expect
-- view v(id, price, o)
-- v <- s
-- v.id <- s.id  IDENTITY
-- v.price <- s.orders  TRANSFORMATION
-- v.o <- s.orders  TRANSFORMATION

-- case: LATERAL VIEW without names
-- dialect: spark, hive
CREATE VIEW v AS SELECT id, key, value FROM s LATERAL VIEW explode(m);
-- expect
-- view v(id, key, value)
-- v <- s
-- v.id <- s.id  IDENTITY
-- v.key <- s.m  TRANSFORMATION
-- v.value <- s.m  TRANSFORMATION

-- case: PIVOT as a statement
-- dialect: duckdb
CREATE TABLE t AS PIVOT s ON a USING sum(b) AS n GROUP BY c;
CREATE TABLE u AS UNPIVOT s ON a, b INTO NAME k VALUE v;
-- expect
-- table t(c, n)
-- table u(k, v)
-- t <- s
-- u <- s
-- t.c <- s.c  IDENTITY
-- t.n <- s.b  AGGREGATION: sum(b)
-- u.v <- s.a  IDENTITY
-- u.v <- s.b  IDENTITY
-- t <~ s.c  GROUP_BY

-- case: a clause of models says nothing
-- dialect: oracle
CREATE VIEW w AS SELECT a, b FROM s MODEL DIMENSION BY (a) MEASURES (b) RULES (b[1] = 2);
-- expect
-- view w(a, b)
-- w <- s
-- w.a <- s.a  IDENTITY
-- w.b <- s.b  IDENTITY

-- case: PIVOT after a join takes all that is joined
-- dialect: tsql
INSERT INTO u (x, one, two)
SELECT p.x, p.[1], p.[2] FROM (SELECT x, k FROM a) AS c JOIN (SELECT k AS j, q, v FROM b) AS s ON s.j = c.k PIVOT (SUM(v) FOR q IN ([1], [2])) AS p;
-- expect
-- u <- a
-- u <- b
-- script.sql reads a(k, x)
-- script.sql reads b(k, q, v)
-- script.sql writes u(one, two, x)
-- u.one <- b.q  CONDITIONAL: SUM(v)
-- u.one <- b.v  AGGREGATION: SUM(v)
-- u.two <- b.q  CONDITIONAL: SUM(v)
-- u.two <- b.v  AGGREGATION: SUM(v)
-- u.x <- a.x  IDENTITY
-- u <~ a.k  JOIN
-- u <~ b.k  JOIN

-- case: UNPIVOT after a join takes all that is joined
-- dialect: tsql
INSERT INTO u (x)
SELECT n.x FROM z, a JOIN (SELECT k, l, m FROM b) AS s ON a.k = s.k UNPIVOT (x FOR d IN (l, m)) AS n;
-- expect
-- u <- a
-- u <- b
-- u <- z
-- script.sql reads a(k)
-- script.sql reads b(k, l, m)
-- script.sql reads z
-- script.sql writes u(x)
-- u.x <- b.l  IDENTITY
-- u.x <- b.m  IDENTITY
-- u <~ a.k  JOIN
-- u <~ b.k  JOIN

-- case: PIVOT that counts rows groups by all other columns
-- dialect: oracle, snowflake
INSERT INTO o SELECT * FROM (SELECT c, k FROM t) PIVOT (COUNT(*) FOR k IN ('a' AS a, 'b' AS b));
-- expect
-- o <- t
-- script.sql reads t(c, k)
-- script.sql writes o
-- o.a <- t.c  AGGREGATION: COUNT(*)
-- o.a <- t.k  AGGREGATION+CONDITIONAL: COUNT(*)
-- o.b <- t.c  AGGREGATION: COUNT(*)
-- o.b <- t.k  AGGREGATION+CONDITIONAL: COUNT(*)
-- o.c <- t.c  IDENTITY

-- case: what stack makes is told column by column
-- dialect: spark, databricks
INSERT INTO t SELECT id, stack(2, 'a', a, 'b', b) AS (n, v) FROM s;
INSERT INTO u SELECT k, x, y FROM s LATERAL VIEW stack(2, 'c', c, d, 'e', e, f) AS k, x, y;
-- expect
-- t <- s
-- u <- s
-- script.sql reads s(a, b, c, d, e, f, id)
-- script.sql writes t
-- script.sql writes u
-- t.id <- s.id  IDENTITY
-- t.v <- s.a  IDENTITY: stack(2, 'a', a, 'b', b)
-- t.v <- s.b  IDENTITY: stack(2, 'a', a, 'b', b)
-- u.x <- s.c  IDENTITY
-- u.x <- s.e  IDENTITY
-- u.y <- s.d  IDENTITY
-- u.y <- s.f  IDENTITY

-- case: symbols of a pattern may go by one name
-- dialect: oracle
CREATE VIEW w AS SELECT m.s, m.b FROM tick MATCH_RECOGNIZE (PARTITION BY sym ORDER BY ts MEASURES strt.ts AS s, LAST(down.p) AS b ONE ROW PER MATCH PATTERN (strt down+ up+) SUBSET either = (down, up), other = (strt, up) DEFINE down AS down.p < PREV(down.p), up AS up.p > PREV(up.p)) m;
-- expect
-- view w(s, b)
-- w <- tick
-- w.s <- tick.ts  IDENTITY: strt.ts
-- w.b <- tick.p  TRANSFORMATION: LAST(down.p)
-- w <~ tick.p  FILTER
-- w <~ tick.sym  GROUP_BY
-- w <~ tick.ts  SORT

-- case: a row for each unit of a period
-- dialect: teradata
CREATE VIEW w AS SELECT a, b FROM s EXPAND ON p AS x BY INTERVAL '1' MONTH WHERE s.c = 1;
-- expect
-- view w(a, b)
-- w <- s
-- w.a <- s.a  IDENTITY
-- w.b <- s.b  IDENTITY
-- w <~ s.c  FILTER

-- case: crosstab turns the rows of the query in its text
-- dialect: postgres
CREATE VIEW w AS SELECT ct.who, ct.jan, ct.feb FROM crosstab('SELECT s.who, s.month, s.amount FROM sales s WHERE s.y = 1 ORDER BY 1', 'SELECT m FROM months') AS ct(who text, jan numeric(9, 2), feb numeric);
-- expect
-- view w(who, jan, feb)
-- w <- sales
-- w.who <- sales.who  IDENTITY
-- w.jan <- sales.amount  IDENTITY
-- w.feb <- sales.amount  IDENTITY
-- w <~ sales.who  SORT
-- w <~ sales.y  FILTER

-- case: a text that is queried is a query
-- dialect: duckdb
CREATE VIEW w AS SELECT q.a FROM query('SELECT t.a FROM t WHERE t.b = 1') q;
-- expect
-- view w(a)
-- w <- t
-- w.a <- t.a  IDENTITY
-- w <~ t.b  FILTER
