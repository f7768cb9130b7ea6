-- case: every kind of join relates its tables
CREATE VIEW v AS
SELECT a.x, b.y, c.z, d.w FROM a LEFT JOIN b ON a.i = b.i RIGHT JOIN c ON b.j = c.j FULL OUTER JOIN d ON c.k = d.k;
-- expect
-- view v(x, y, z, w)
-- v <- a
-- v <- b
-- v <- c
-- v <- d
-- v.x <- a.x  IDENTITY
-- v.y <- b.y  IDENTITY
-- v.z <- c.z  IDENTITY
-- v.w <- d.w  IDENTITY
-- v <~ a.i  JOIN
-- v <~ b.i  JOIN
-- v <~ b.j  JOIN
-- v <~ c.j  JOIN
-- v <~ c.k  JOIN
-- v <~ d.k  JOIN

-- case: a comma join is filtered by WHERE
CREATE VIEW v AS SELECT a.x, b.y FROM a, b WHERE a.i = b.i;
-- expect
-- view v(x, y)
-- v <- a
-- v <- b
-- v.x <- a.x  IDENTITY
-- v.y <- b.y  IDENTITY
-- v <~ a.i  FILTER
-- v <~ b.i  FILTER

-- case: USING joins by a column of both tables
CREATE VIEW v AS SELECT id, a.x, b.y FROM a JOIN b USING (id);
-- expect
-- view v(id, x, y)
-- v <- a
-- v <- b
-- v.id <- a.id  IDENTITY
-- v.x <- a.x  IDENTITY
-- v.y <- b.y  IDENTITY
-- v <~ a.id  JOIN
-- v <~ b.id  JOIN

-- case: Oracle's outer join mark joins
-- dialect: oracle
CREATE VIEW v AS SELECT a.x, b.y FROM a, b WHERE a.i = b.i (+);
-- expect
-- view v(x, y)
-- v <- a
-- v <- b
-- v.x <- a.x  IDENTITY
-- v.y <- b.y  IDENTITY
-- v <~ a.i  FILTER
-- v <~ b.i  FILTER

-- case: an ASOF join matches by its condition
-- dialect: snowflake
CREATE VIEW v AS SELECT t.price, q.bid FROM trades t ASOF JOIN quotes q MATCH_CONDITION (t.at >= q.at) ON t.sym = q.sym;
-- expect
-- view v(price, bid)
-- v <- quotes
-- v <- trades
-- v.price <- trades.price  IDENTITY
-- v.bid <- quotes.bid  IDENTITY
-- v <~ quotes.at  JOIN
-- v <~ quotes.sym  JOIN
-- v <~ trades.at  JOIN
-- v <~ trades.sym  JOIN

-- case: an ASOF join of DuckDB joins by its inequality
-- dialect: duckdb
CREATE VIEW v AS SELECT t.price, q.bid FROM trades t ASOF JOIN quotes q ON t.sym = q.sym AND t.at >= q.at;
-- expect
-- view v(price, bid)
-- v <- quotes
-- v <- trades
-- v.price <- trades.price  IDENTITY
-- v.bid <- quotes.bid  IDENTITY
-- v <~ quotes.at  JOIN
-- v <~ quotes.sym  JOIN
-- v <~ trades.at  JOIN
-- v <~ trades.sym  JOIN

-- case: a semi join only decides
-- dialect: spark, databricks, hive
CREATE VIEW v AS SELECT a.x FROM a LEFT SEMI JOIN b ON a.i = b.i;
-- expect
-- view v(x)
-- v <- a
-- v <- b
-- v.x <- a.x  IDENTITY
-- v <~ a.i  JOIN
-- v <~ b.i  JOIN

-- case: a self join reads one table twice
CREATE VIEW v AS SELECT e.name, m.name AS boss FROM staff e JOIN staff m ON e.boss_id = m.id;
-- expect
-- view v(name, boss)
-- v <- staff
-- v.name <- staff.name  IDENTITY
-- v.boss <- staff.name  IDENTITY
-- v <~ staff.boss_id  JOIN
-- v <~ staff.id  JOIN

-- case: a join in brackets is a join
CREATE VIEW v AS SELECT a.x, b.y, c.z FROM a LEFT JOIN (b JOIN c ON b.j = c.j) ON a.i = b.i;
-- expect
-- view v(x, y, z)
-- v <- a
-- v <- b
-- v <- c
-- v.x <- a.x  IDENTITY
-- v.y <- b.y  IDENTITY
-- v.z <- c.z  IDENTITY
-- v <~ a.i  JOIN
-- v <~ b.i  JOIN
-- v <~ b.j  JOIN
-- v <~ c.j  JOIN

-- case: an unqualified column of a join is the table's that declares it
-- file: v.sql
CREATE VIEW v AS SELECT x, y FROM a JOIN b ON a.id = b.id;
-- file: t.sql
CREATE TABLE a (id int, x int);
CREATE TABLE b (id int, y int);
-- expect
-- table a(id, x) in t.sql
-- table b(id, y) in t.sql
-- view v(x, y) in v.sql
-- v <- a
-- v <- b
-- v.x <- a.x  IDENTITY
-- v.y <- b.y  IDENTITY
-- v <~ a.id  JOIN
-- v <~ b.id  JOIN

-- case: an unqualified column of a join belongs to the one table whose columns are not known
-- file: v.sql
CREATE VIEW v AS SELECT x, y FROM a JOIN b ON a.id = b.id;
-- file: t.sql
CREATE TABLE a (id int, x int);
-- expect
-- table a(id, x) in t.sql
-- view v(x, y) in v.sql
-- v <- b
-- v <- a
-- v.x <- a.x  IDENTITY
-- v.y <- b.y  IDENTITY
-- v <~ b.id  JOIN
-- v <~ a.id  JOIN

-- case: an unqualified column of two unknown tables is nobody's
CREATE VIEW v AS SELECT x FROM a JOIN b ON a.id = b.id;
-- expect
-- view v(x)
-- v <- a
-- v <- b
-- v <~ a.id  JOIN
-- v <~ b.id  JOIN

-- case: CONNECT BY joins a table with itself
-- dialect: oracle, snowflake
CREATE VIEW v AS SELECT id, name FROM staff START WITH boss_id IS NULL CONNECT BY PRIOR id = boss_id;
-- expect
-- view v(id, name)
-- v <- staff
-- v.id <- staff.id  IDENTITY
-- v.name <- staff.name  IDENTITY
-- v <~ staff.boss_id  JOIN+FILTER
-- v <~ staff.id  JOIN

-- case: a sample is a table
-- dialect: postgres, tsql, snowflake, bigquery, spark, duckdb
CREATE VIEW v AS SELECT a FROM s TABLESAMPLE SYSTEM (10 PERCENT);
-- expect
-- view v(a)
-- v <- s
-- v.a <- s.a  IDENTITY

-- case: a table at another time is that table
-- dialect: bigquery, tsql
CREATE VIEW v AS SELECT a FROM s FOR SYSTEM_TIME AS OF '2024-01-01' WHERE b = 1;
-- expect
-- view v(a)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v <~ s.b  FILTER

-- case: a table before a statement is that table
-- dialect: snowflake
CREATE VIEW v AS SELECT t.a FROM s AT (TIMESTAMP => '2024-01-01'::timestamp) AS t WHERE t.b = 1;
-- expect
-- view v(a)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v <~ s.b  FILTER

-- case: a version of a Delta table is that table
-- dialect: databricks, spark
CREATE VIEW v AS SELECT a FROM s VERSION AS OF 12 WHERE b = 1;
-- expect
-- view v(a)
-- v <- s
-- v.a <- s.a  IDENTITY
-- v <~ s.b  FILTER

-- case: hints say nothing
-- dialect: tsql
CREATE VIEW v AS SELECT a.x FROM a WITH (NOLOCK) INNER HASH JOIN b WITH (INDEX(ix_b)) ON a.i = b.i OPTION (RECOMPILE);
-- expect
-- view v(x)
-- v <- a
-- v <- b
-- v.x <- a.x  IDENTITY
-- v <~ a.i  JOIN
-- v <~ b.i  JOIN

-- case: ONLY and an index hint say nothing
-- dialect: mysql
CREATE VIEW v AS SELECT x FROM a USE INDEX (i1) WHERE y = 1;
-- expect
-- view v(x)
-- v <- a
-- v.x <- a.x  IDENTITY
-- v <~ a.y  FILTER

-- case: ONLY names the table after it
-- dialect: postgres
CREATE VIEW v AS SELECT a FROM ONLY s;
-- expect
-- view v(a)
-- v <- s
-- v.a <- s.a  IDENTITY

-- case: a table read as a stream is that table
-- dialect: databricks
CREATE OR REFRESH STREAMING TABLE t AS SELECT a FROM STREAM(raw.s);
-- expect
-- table t(a)
-- t <- raw.s
-- t.a <- raw.s.a  IDENTITY

-- case: conditions may follow the joins that they belong to
-- dialect: ansi, tsql, postgres
CREATE VIEW v AS SELECT a.x, c.y FROM a JOIN b JOIN c ON b.i = c.i ON a.i = b.i;
-- expect
-- view v(x, y)
-- v <- a
-- v <- b
-- v <- c
-- v.x <- a.x  IDENTITY
-- v.y <- c.y  IDENTITY
-- v <~ a.i  JOIN
-- v <~ b.i  JOIN
-- v <~ c.i  JOIN

-- case: a CROSS JOIN may have a condition
-- dialect: ansi, mysql
CREATE VIEW v AS SELECT a.x FROM a CROSS JOIN b ON a.i = b.i;
-- expect
-- view v(x)
-- v <- a
-- v <- b
-- v.x <- a.x  IDENTITY
-- v <~ a.i  JOIN
-- v <~ b.i  JOIN

-- case: relations in brackets join
-- dialect: mysql, ansi
CREATE VIEW v AS SELECT a.x, c.y FROM a LEFT JOIN (b, c) ON (a.i = b.i AND c.k = b.k);
-- expect
-- view v(x, y)
-- v <- a
-- v <- b
-- v <- c
-- v.x <- a.x  IDENTITY
-- v.y <- c.y  IDENTITY
-- v <~ a.i  JOIN
-- v <~ b.i  JOIN
-- v <~ b.k  JOIN
-- v <~ c.k  JOIN

-- case: an outer join as Oracle wrote it
-- dialect: oracle, redshift
CREATE VIEW v AS SELECT a.x FROM a, b WHERE a.i = b.i (+);
-- expect
-- view v(x)
-- v <- a
-- v <- b
-- v.x <- a.x  IDENTITY
-- v <~ a.i  FILTER
-- v <~ b.i  FILTER

-- case: strictness and place of a ClickHouse join
-- dialect: clickhouse
CREATE VIEW v AS SELECT a.x, b.y FROM a GLOBAL ANY LEFT JOIN b USING (i);
-- expect
-- view v(x, y)
-- v <- a
-- v <- b
-- v.x <- a.x  IDENTITY
-- v.y <- b.y  IDENTITY
-- v <~ a.i  JOIN
-- v <~ b.i  JOIN

-- case: a full join takes its columns from whichever side has a row
-- dialect: postgres, duckdb
CREATE VIEW v AS SELECT k, t.a FROM t FULL JOIN u USING (k);
-- expect
-- view v(k, a)
-- v <- t
-- v <- u
-- v.k <- t.k  IDENTITY
-- v.k <- u.k  IDENTITY
-- v.a <- t.a  IDENTITY
-- v <~ t.k  JOIN
-- v <~ u.k  JOIN

-- case: the position of an element is no column of the table
-- dialect: redshift
INSERT INTO u SELECT c.id, o.price, idx FROM t AS c, c.orders AS o AT idx;
-- expect
-- u <- t
-- script.sql reads t(id, orders)
-- script.sql writes u
-- u.id <- t.id  IDENTITY
-- u.price <- t.orders  TRANSFORMATION

-- case: elements of a column named after the table itself
-- dialect: bigquery
CREATE TABLE shop.lines AS SELECT id, line.price FROM shop.orders, orders.items AS line;
-- expect
-- table shop.lines(id, price)
-- shop.lines <- shop.orders
-- shop.lines.id <- shop.orders.id  IDENTITY
-- shop.lines.price <- shop.orders.items  TRANSFORMATION

-- case: rows of functions side by side
-- dialect: postgres
CREATE VIEW v AS SELECT x.*, t.b FROM ROWS FROM (json_to_recordset('[]') AS (a INT), generate_series(1, 3)) AS x (a, n), t;
-- expect
-- view v(a, n, b)
-- v <- t
-- v.b <- t.b  IDENTITY

-- case: what only decides whether a row stays is not seen behind the join
-- dialect: spark, databricks, duckdb
CREATE TABLE a (id INT, x INT);
CREATE TABLE c (id INT, z INT);
CREATE VIEW v AS SELECT * FROM a LEFT SEMI JOIN c ON a.id = c.id;
CREATE VIEW w AS SELECT id, x FROM a LEFT ANTI JOIN c ON a.id = c.id;
-- expect
-- table a(id, x)
-- table c(id, z)
-- view v(id, x)
-- view w(id, x)
-- v <- a
-- v <- c
-- w <- a
-- w <- c
-- v.id <- a.id  IDENTITY
-- v.x <- a.x  IDENTITY
-- w.id <- a.id  IDENTITY
-- w.x <- a.x  IDENTITY
-- v <~ a.id  JOIN
-- v <~ c.id  JOIN
-- w <~ a.id  JOIN
-- w <~ c.id  JOIN

-- case: joins may follow a lateral view
-- dialect: hive, spark, databricks
INSERT INTO t SELECT e.id, it, d.nm FROM s e LATERAL VIEW explode(e.arr) x AS it LEFT OUTER JOIN d ON d.sku = it WHERE e.id > 0;
-- expect
-- t <- d
-- t <- s
-- script.sql reads d(nm, sku)
-- script.sql reads s(arr, id)
-- script.sql writes t
-- t.id <- s.id  IDENTITY
-- t.it <- s.arr  TRANSFORMATION: explode(e.arr)
-- t.nm <- d.nm  IDENTITY
-- t <~ d.sku  JOIN
-- t <~ s.arr  JOIN
-- t <~ s.id  FILTER

-- case: an outer join may be partitioned
-- dialect: oracle
INSERT INTO t (a) SELECT s.a FROM s LEFT JOIN u PARTITION BY (u.p) ON s.k = u.k;
-- expect
-- t <- s
-- t <- u
-- script.sql reads s(a, k)
-- script.sql reads u(k)
-- script.sql writes t(a)
-- t.a <- s.a  IDENTITY
-- t <~ s.k  JOIN
-- t <~ u.k  JOIN

-- case: a join may follow a LATERAL VIEW
-- dialect: hive, spark, databricks
INSERT INTO TABLE sold SELECT o.id, tag, w.label, m.k
FROM orders o
LATERAL VIEW explode(o.tags) exploded AS tag
LATERAL VIEW OUTER explode(o.more) m AS k, v
LEFT OUTER JOIN words w ON w.word = tag
WHERE o.id > 1;
-- expect
-- sold <- orders
-- sold <- words
-- script.sql reads orders(id, more, tags)
-- script.sql reads words(label, word)
-- script.sql writes sold
-- sold.id <- orders.id  IDENTITY
-- sold.k <- orders.more  TRANSFORMATION: explode(o.more)
-- sold.label <- words.label  IDENTITY
-- sold.tag <- orders.tags  TRANSFORMATION: explode(o.tags)
-- sold <~ orders.id  FILTER
-- sold <~ orders.tags  JOIN
-- sold <~ words.word  JOIN
