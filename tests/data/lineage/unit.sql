-- case: a unit of time before the values is no column in T-SQL
-- dialect: tsql, fabric
CREATE VIEW v AS SELECT DATEADD(day, n, a) AS b, DATEDIFF(mi, a, z) AS c, DATEDIFF_BIG(ms, a, z) AS d, DATEPART(YEAR, a) AS e,
    DATENAME(dw, a) AS f, DATETRUNC(qq, a) AS g, DATE_BUCKET(wk, 2, a) AS h, DATEPART(iso_week, a) AS i, DATEDIFF(yy, day, year) AS j FROM t;
-- expect
-- view v(b, c, d, e, f, g, h, i, j)
-- v <- t
-- v.b <- t.a  TRANSFORMATION: DATEADD(day, n, a)
-- v.b <- t.n  TRANSFORMATION: DATEADD(day, n, a)
-- v.c <- t.a  TRANSFORMATION: DATEDIFF(mi, a, z)
-- v.c <- t.z  TRANSFORMATION: DATEDIFF(mi, a, z)
-- v.d <- t.a  TRANSFORMATION: DATEDIFF_BIG(ms, a, z)
-- v.d <- t.z  TRANSFORMATION: DATEDIFF_BIG(ms, a, z)
-- v.e <- t.a  TRANSFORMATION: DATEPART(YEAR, a)
-- v.f <- t.a  TRANSFORMATION: DATENAME(dw, a)
-- v.g <- t.a  TRANSFORMATION: DATETRUNC(qq, a)
-- v.h <- t.a  TRANSFORMATION: DATE_BUCKET(wk, 2, a)
-- v.i <- t.a  TRANSFORMATION: DATEPART(iso_week, a)
-- v.j <- t.day  TRANSFORMATION: DATEDIFF(yy, day, year)
-- v.j <- t.year  TRANSFORMATION: DATEDIFF(yy, day, year)

-- case: a unit of time before the values is no column in Snowflake
-- dialect: snowflake
CREATE VIEW v AS SELECT DATEADD(day, n, a) AS b, DATEDIFF(mins, a, z) AS c, TIMESTAMPADD(hour, 1, a) AS d, TIMEDIFF(sec, a, z) AS e,
    DATE_PART(epoch_second, a) AS f, DATE_TRUNC(month, a) AS g, LAST_DAY(a, week) AS h, TIMESTAMPDIFF(yy, a, z) AS i, DATE_TRUNC('day', day) AS j FROM t;
-- expect
-- view v(b, c, d, e, f, g, h, i, j)
-- v <- t
-- v.b <- t.a  TRANSFORMATION: DATEADD(day, n, a)
-- v.b <- t.n  TRANSFORMATION: DATEADD(day, n, a)
-- v.c <- t.a  TRANSFORMATION: DATEDIFF(mins, a, z)
-- v.c <- t.z  TRANSFORMATION: DATEDIFF(mins, a, z)
-- v.d <- t.a  TRANSFORMATION: TIMESTAMPADD(hour, 1, a)
-- v.e <- t.a  TRANSFORMATION: TIMEDIFF(sec, a, z)
-- v.e <- t.z  TRANSFORMATION: TIMEDIFF(sec, a, z)
-- v.f <- t.a  TRANSFORMATION: DATE_PART(epoch_second, a)
-- v.g <- t.a  TRANSFORMATION: DATE_TRUNC(month, a)
-- v.h <- t.a  TRANSFORMATION: LAST_DAY(a, week)
-- v.i <- t.a  TRANSFORMATION: TIMESTAMPDIFF(yy, a, z)
-- v.i <- t.z  TRANSFORMATION: TIMESTAMPDIFF(yy, a, z)
-- v.j <- t.day  TRANSFORMATION: DATE_TRUNC('day', day)

-- case: a unit of time before the values is no column in Redshift
-- dialect: redshift
CREATE VIEW v AS SELECT DATEADD(qtr, n, a) AS b, DATEDIFF(dec, a, z) AS c, DATE_PART(dow, a) AS d, DATE_TRUNC('day', day) AS e FROM t;
-- expect
-- view v(b, c, d, e)
-- v <- t
-- v.b <- t.a  TRANSFORMATION: DATEADD(qtr, n, a)
-- v.b <- t.n  TRANSFORMATION: DATEADD(qtr, n, a)
-- v.c <- t.a  TRANSFORMATION: DATEDIFF(dec, a, z)
-- v.c <- t.z  TRANSFORMATION: DATEDIFF(dec, a, z)
-- v.d <- t.a  TRANSFORMATION: DATE_PART(dow, a)
-- v.e <- t.day  TRANSFORMATION: DATE_TRUNC('day', day)

-- case: a unit of time behind the values is no column in BigQuery
-- dialect: bigquery
CREATE VIEW v AS SELECT DATE_TRUNC(a, MONTH) AS b, DATE_DIFF(a, z, DAY) AS c, TIMESTAMP_TRUNC(a, HOUR) AS d, LAST_DAY(a, WEEK(MONDAY)) AS e,
    DATETIME_DIFF(a, z, SECOND) AS f, TIME_TRUNC(a, MINUTE) AS g, TIMESTAMP_DIFF(a, z, DAY) AS h, DATE_TRUNC(week, ISOYEAR) AS i,
    DATE_ADD(a, INTERVAL n DAY) AS j, EXTRACT(DAY FROM day) AS k FROM t;
-- expect
-- view v(b, c, d, e, f, g, h, i, j, k)
-- v <- t
-- v.b <- t.a  TRANSFORMATION: DATE_TRUNC(a, MONTH)
-- v.c <- t.a  TRANSFORMATION: DATE_DIFF(a, z, DAY)
-- v.c <- t.z  TRANSFORMATION: DATE_DIFF(a, z, DAY)
-- v.d <- t.a  TRANSFORMATION: TIMESTAMP_TRUNC(a, HOUR)
-- v.e <- t.a  TRANSFORMATION: LAST_DAY(a, WEEK(MONDAY))
-- v.f <- t.a  TRANSFORMATION: DATETIME_DIFF(a, z, SECOND)
-- v.f <- t.z  TRANSFORMATION: DATETIME_DIFF(a, z, SECOND)
-- v.g <- t.a  TRANSFORMATION: TIME_TRUNC(a, MINUTE)
-- v.h <- t.a  TRANSFORMATION: TIMESTAMP_DIFF(a, z, DAY)
-- v.h <- t.z  TRANSFORMATION: TIMESTAMP_DIFF(a, z, DAY)
-- v.i <- t.week  TRANSFORMATION: DATE_TRUNC(week, ISOYEAR)
-- v.j <- t.a  TRANSFORMATION: DATE_ADD(a, INTERVAL n DAY)
-- v.j <- t.n  TRANSFORMATION: DATE_ADD(a, INTERVAL n DAY)
-- v.k <- t.day  TRANSFORMATION: EXTRACT(DAY FROM day)

-- case: a unit of time before the values is no column in MySQL, Spark and ClickHouse
-- dialect: mysql, spark, databricks, hive, clickhouse
CREATE VIEW v AS SELECT TIMESTAMPDIFF(MONTH, a, z) AS c, TIMESTAMPADD(MINUTE, n, a) AS d FROM t;
-- expect
-- view v(c, d)
-- v <- t
-- v.c <- t.a  TRANSFORMATION: TIMESTAMPDIFF(MONTH, a, z)
-- v.c <- t.z  TRANSFORMATION: TIMESTAMPDIFF(MONTH, a, z)
-- v.d <- t.a  TRANSFORMATION: TIMESTAMPADD(MINUTE, n, a)
-- v.d <- t.n  TRANSFORMATION: TIMESTAMPADD(MINUTE, n, a)

-- case: with two arguments there is no unit
-- dialect: spark, databricks
CREATE VIEW v AS SELECT DATEDIFF(day, month) AS a, DATE_ADD(day, n) AS b, DATE_ADD(DAY, n, d) AS c FROM t;
-- expect
-- view v(a, b, c)
-- v <- t
-- v.a <- t.day  TRANSFORMATION: DATEDIFF(day, month)
-- v.a <- t.month  TRANSFORMATION: DATEDIFF(day, month)
-- v.b <- t.day  TRANSFORMATION: DATE_ADD(day, n)
-- v.b <- t.n  TRANSFORMATION: DATE_ADD(day, n)
-- v.c <- t.d  TRANSFORMATION: DATE_ADD(DAY, n, d)
-- v.c <- t.n  TRANSFORMATION: DATE_ADD(DAY, n, d)

-- case: a unit in quotes or behind a qualifier is a column
-- dialect: snowflake, redshift
CREATE VIEW v AS SELECT DATEADD("day", n, a) AS b, DATE_TRUNC(t.month, a) AS c FROM t;
-- expect
-- view v(b, c)
-- v <- t
-- v.b <- t.a  TRANSFORMATION: DATEADD("day", n, a)
-- v.b <- t.day  TRANSFORMATION: DATEADD("day", n, a)
-- v.b <- t.n  TRANSFORMATION: DATEADD("day", n, a)
-- v.c <- t.a  TRANSFORMATION: DATE_TRUNC(t.month, a)
-- v.c <- t.month  TRANSFORMATION: DATE_TRUNC(t.month, a)

-- case: where units are strings a word is a column
-- dialect: postgres, duckdb, trino
CREATE VIEW v AS SELECT date_trunc(grain, a) AS b, date_trunc(day, a) AS c, date_part('year', day) AS d FROM t;
-- expect
-- view v(b, c, d)
-- v <- t
-- v.b <- t.a  TRANSFORMATION: date_trunc(grain, a)
-- v.b <- t.grain  TRANSFORMATION: date_trunc(grain, a)
-- v.c <- t.a  TRANSFORMATION: date_trunc(day, a)
-- v.c <- t.day  TRANSFORMATION: date_trunc(day, a)
-- v.d <- t.day  TRANSFORMATION: date_part('year', day)

-- case: of two units the longer word is one where the dialect is not known
CREATE VIEW v AS SELECT DATE_TRUNC(d, MONTH) AS a, DATE_TRUNC(month, d) AS b FROM t;
-- expect
-- view v(a, b)
-- v <- t
-- v.a <- t.d  TRANSFORMATION: DATE_TRUNC(d, MONTH)
-- v.b <- t.d  TRANSFORMATION: DATE_TRUNC(month, d)

-- case: where a string is the unit a word is a column, whatever it is called
CREATE VIEW v AS SELECT date_trunc('month', d) AS a, date_diff('day', day, d) AS b, last_day(month, 'year') AS c FROM t;
-- expect
-- view v(a, b, c)
-- v <- t
-- v.a <- t.d  TRANSFORMATION: date_trunc('month', d)
-- v.b <- t.d  TRANSFORMATION: date_diff('day', day, d)
-- v.b <- t.day  TRANSFORMATION: date_diff('day', day, d)
-- v.c <- t.month  TRANSFORMATION: last_day(month, 'year')

-- case: a unit is no column of a join either
-- dialect: tsql, snowflake
CREATE VIEW v AS SELECT DATEADD(day, a.n, b.d) AS e FROM a JOIN b ON DATEDIFF(day, a.x, b.x) < 3;
-- expect
-- view v(e)
-- v <- a
-- v <- b
-- v.e <- a.n  TRANSFORMATION: DATEADD(day, a.n, b.d)
-- v.e <- b.d  TRANSFORMATION: DATEADD(day, a.n, b.d)
-- v <~ a.x  JOIN
-- v <~ b.x  JOIN
