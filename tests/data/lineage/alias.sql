-- case: a lateral alias is what it was made of
-- dialect: snowflake, redshift, databricks, spark, teradata, duckdb
CREATE VIEW v AS SELECT price * qty AS net, net * 1.2 AS gross FROM lines;
-- expect
-- view v(net, gross)
-- v <- lines
-- v.net <- lines.price  TRANSFORMATION: price * qty
-- v.net <- lines.qty  TRANSFORMATION: price * qty
-- v.gross <- lines.price  TRANSFORMATION: net * 1.2
-- v.gross <- lines.qty  TRANSFORMATION: net * 1.2

-- case: where aliases are not lateral the name is a column
-- dialect: postgres, tsql, oracle, bigquery
CREATE VIEW v AS SELECT price * qty AS net, net * 1.2 AS gross FROM lines;
-- expect
-- view v(net, gross)
-- v <- lines
-- v.net <- lines.price  TRANSFORMATION: price * qty
-- v.net <- lines.qty  TRANSFORMATION: price * qty
-- v.gross <- lines.net  TRANSFORMATION: net * 1.2

-- case: GROUP BY may name an output
-- dialect: postgres, mysql, bigquery, snowflake
CREATE VIEW v AS SELECT lower(country) AS land, count(*) AS n FROM users GROUP BY land;
-- expect
-- view v(land, n)
-- v <- users
-- v.land <- users.country  TRANSFORMATION: lower(country)
-- v <~ users.country  GROUP_BY

-- case: GROUP BY and ORDER BY may count outputs
CREATE VIEW v AS SELECT lower(country) AS land, max(age) AS oldest FROM users GROUP BY 1 ORDER BY 2 DESC;
-- expect
-- view v(land, oldest)
-- v <- users
-- v.land <- users.country  TRANSFORMATION: lower(country)
-- v.oldest <- users.age  AGGREGATION: max(age)
-- v <~ users.age  SORT
-- v <~ users.country  GROUP_BY

-- case: an output without an alias is called by its text
CREATE VIEW v AS SELECT upper(a), b FROM s;
-- expect
-- view v(upper(a), b)
-- v <- s
-- v.upper(a) <- s.a  TRANSFORMATION: upper(a)
-- v.b <- s.b  IDENTITY

-- case: the older T-SQL alias stands before its expression
-- dialect: tsql
CREATE VIEW v AS SELECT total = price * qty, name FROM lines;
-- expect
-- view v(total, name)
-- v <- lines
-- v.total <- lines.price  TRANSFORMATION: price * qty
-- v.total <- lines.qty  TRANSFORMATION: price * qty
-- v.name <- lines.name  IDENTITY

-- case: a table alias hides the table's name
CREATE VIEW v AS SELECT o.id FROM orders o JOIN customers orders ON o.cid = orders.id;
-- expect
-- view v(id)
-- v <- customers
-- v <- orders
-- v.id <- orders.id  IDENTITY
-- v <~ customers.id  JOIN
-- v <~ orders.cid  JOIN

-- case: names are compared without regard to case
CREATE TABLE Orders (Id int, Total int);
CREATE VIEW v AS SELECT O.ID, o.TOTAL FROM ORDERS o;
-- expect
-- table Orders(Id, Total)
-- view v(ID, TOTAL)
-- v <- Orders
-- v.ID <- Orders.Id  IDENTITY
-- v.TOTAL <- Orders.Total  IDENTITY

-- case: HAVING and QUALIFY may name an output
-- dialect: snowflake, bigquery, databricks, duckdb
CREATE VIEW v AS SELECT id, row_number() OVER (PARTITION BY email ORDER BY day) AS n FROM users QUALIFY n = 1;
-- expect
-- view v(id, n)
-- v <- users
-- v.id <- users.id  IDENTITY
-- v.n <- users.day  WINDOW: row_number() OVER (PARTITION BY email ORDER BY day)
-- v.n <- users.email  WINDOW: row_number() OVER (PARTITION BY email ORDER BY day)
-- v <~ users.day  FILTER
-- v <~ users.email  FILTER

-- case: comments and line breaks are part of an expression's text
CREATE VIEW v AS SELECT a +
  -- twice
  b AS c FROM s;
-- expect
-- view v(c)
-- v <- s
-- v.c <- s.a  TRANSFORMATION: a + -- twice b
-- v.c <- s.b  TRANSFORMATION: a + -- twice b

-- case: in standard SQL an alias is no column of its own select list
-- dialect: ansi, postgres
CREATE VIEW v AS SELECT a + 1 AS b, b * 2 AS c FROM s;
-- expect
-- view v(b, c)
-- v <- s
-- v.b <- s.a  TRANSFORMATION: a + 1
-- v.c <- s.b  TRANSFORMATION: b * 2

-- case: Snowflake and others use it
-- dialect: snowflake, redshift, databricks
CREATE VIEW v AS SELECT a + 1 AS b, b * 2 AS c FROM s;
-- expect
-- view v(b, c)
-- v <- s
-- v.b <- s.a  TRANSFORMATION: a + 1
-- v.c <- s.a  TRANSFORMATION: b * 2

-- case: T-SQL takes a string before the sign for a name
-- dialect: tsql, fabric
CREATE VIEW v AS SELECT 'Name' = t.b, 'Sum' = SUM(c), N'Twice' = 2 * d FROM t;
-- expect
-- view v(Name, Sum, Twice)
-- v <- t
-- v.Name <- t.b  IDENTITY
-- v.Sum <- t.c  AGGREGATION: SUM(c)
-- v.Twice <- t.d  TRANSFORMATION: 2 * d

-- case: the system's own words are no columns
-- dialect: oracle
CREATE VIEW v AS SELECT LEVEL AS a, ROWID AS b, USER AS c, UID AS d, e FROM t;
-- expect
-- view v(a, b, c, d, e)
-- v <- t
-- v.e <- t.e  IDENTITY

-- case: dates and users are words in Teradata
-- dialect: teradata
CREATE VIEW v AS SELECT DATE AS a, USER AS b, c FROM t WHERE d < DATE;
-- expect
-- view v(a, b, c)
-- v <- t
-- v.c <- t.c  IDENTITY
-- v <~ t.d  FILTER

-- case: elsewhere user is a column
-- dialect: mysql, bigquery, snowflake, spark, duckdb
CREATE VIEW v AS SELECT user AS a FROM t;
-- expect
-- view v(a)
-- v <- t
-- v.a <- t.user  IDENTITY

-- case: an alias of a column is that column to the right, where aliases are lateral
-- dialect: snowflake, databricks, redshift, spark
CREATE VIEW v AS SELECT id AS cust_id, md5(cust_id) AS k FROM t;
CREATE VIEW w AS SELECT a AS x, x + 1 AS y FROM (SELECT a, b FROM t) q;
CREATE VIEW swapped AS SELECT a AS b, b AS a FROM t;
-- expect
-- view swapped(b, a)
-- view v(cust_id, k)
-- view w(x, y)
-- swapped <- t
-- v <- t
-- w <- t
-- swapped.b <- t.a  IDENTITY
-- swapped.a <- t.b  IDENTITY
-- v.cust_id <- t.id  IDENTITY
-- v.k <- t.id  TRANSFORMATION: md5(cust_id)
-- w.x <- t.a  IDENTITY
-- w.y <- t.a  TRANSFORMATION: x + 1

-- case: an alias hides the column of its name
-- dialect: clickhouse
CREATE TABLE t (a Int32, b Int32, d Int32) ENGINE = Memory;
CREATE VIEW v AS SELECT t.a + 1 AS b, b * 2 AS c, d FROM t WHERE b > 1 AND d > 2;
-- expect
-- table t(a, b, d)
-- view v(b, c, d)
-- v <- t
-- v.b <- t.a  TRANSFORMATION: t.a + 1
-- v.c <- t.a  TRANSFORMATION: b * 2
-- v.d <- t.d  IDENTITY
-- v <~ t.a  FILTER
-- v <~ t.d  FILTER

-- case: DuckDB's name may stand before what it names
-- dialect: duckdb
CREATE TABLE t AS SELECT a: x + 1, b: y, c: {'d': z, 'e': w} FROM s;
-- expect
-- table t(a, b, c)
-- t <- s
-- t.a <- s.x  TRANSFORMATION: x + 1
-- t.b <- s.y  IDENTITY
-- t.c <- s.w  TRANSFORMATION: {'d': z, 'e': w}
-- t.c <- s.z  TRANSFORMATION: {'d': z, 'e': w}
