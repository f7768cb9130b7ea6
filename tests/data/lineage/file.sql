-- case: COPY reads a path into a table
-- dialect: postgres, redshift
COPY t FROM 's3://bucket/x.csv';
-- expect
-- t <- path:s3://bucket/x.csv
-- script.sql reads path:s3://bucket/x.csv
-- script.sql writes t

-- case: COPY of a query writes a path
-- dialect: postgres, duckdb
COPY (SELECT a FROM s) TO 's3://bucket/out.csv';
-- expect
-- path:s3://bucket/out.csv <- s
-- script.sql reads s(a)
-- script.sql writes path:s3://bucket/out.csv
-- path:s3://bucket/out.csv.a <- s.a  IDENTITY

-- case: COPY TO writes a path from a table
-- dialect: postgres, duckdb
COPY s TO '/tmp/out.csv';
-- expect
-- path:/tmp/out.csv <- s
-- script.sql reads s
-- script.sql writes path:/tmp/out.csv

-- case: COPY INTO reads a stage
-- dialect: snowflake
COPY INTO t FROM @stage/path/ FILE_FORMAT = (TYPE = CSV);
-- expect
-- t <- path:@stage/path/
-- script.sql reads path:@stage/path/
-- script.sql writes t

-- case: COPY INTO selects columns of a stage
-- dialect: snowflake
COPY INTO t (a, b) FROM (SELECT $1, $2 FROM @stage/path/);
-- expect
-- t <- path:@stage/path/
-- script.sql reads path:@stage/path/($1, $2)
-- script.sql writes t(a, b)
-- t.a <- path:@stage/path/.$1  IDENTITY: $1
-- t.b <- path:@stage/path/.$2  IDENTITY: $2

-- case: COPY INTO a location unloads a table
-- dialect: snowflake
COPY INTO @stage/out/ FROM t;
-- expect
-- path:@stage/out/ <- t
-- script.sql reads t
-- script.sql writes path:@stage/out/

-- case: COPY INTO a location unloads a query
-- dialect: snowflake
COPY INTO 's3://bucket/out/' FROM (SELECT a FROM s);
-- expect
-- path:s3://bucket/out/ <- s
-- script.sql reads s(a)
-- script.sql writes path:s3://bucket/out/
-- path:s3://bucket/out/.a <- s.a  IDENTITY

-- case: COPY INTO of Databricks reads a path
-- dialect: databricks
COPY INTO t FROM 's3://bucket/in/' FILEFORMAT = PARQUET;
-- expect
-- t <- path:s3://bucket/in/
-- script.sql reads path:s3://bucket/in/
-- script.sql writes t

-- case: BULK INSERT reads a path
-- dialect: tsql
BULK INSERT dbo.t FROM 'c:\data\x.csv' WITH (FIRSTROW = 2);
-- expect
-- dbo.t <- path:c:\data\x.csv
-- script.sql reads path:c:\data\x.csv
-- script.sql writes dbo.t

-- case: LOAD DATA reads a path
-- dialect: hive, mysql
LOAD DATA INPATH '/in/x' INTO TABLE t;
-- expect
-- t <- path:/in/x
-- script.sql reads path:/in/x
-- script.sql writes t

-- case: LOAD DATA LOCAL INFILE reads a path
-- dialect: mysql
LOAD DATA LOCAL INFILE '/in/x.csv' INTO TABLE t FIELDS TERMINATED BY ',' (a, b);
-- expect
-- t <- path:/in/x.csv
-- script.sql reads path:/in/x.csv
-- script.sql writes t

-- case: UNLOAD writes a path from a query
-- dialect: redshift, athena
UNLOAD ('SELECT a FROM s') TO 's3://bucket/out/' IAM_ROLE 'x';
-- expect
-- path:s3://bucket/out/ <- s
-- script.sql reads s(a)
-- script.sql writes path:s3://bucket/out/
-- path:s3://bucket/out/.a <- s.a  IDENTITY

-- case: EXPORT DATA writes a path from a query
-- dialect: bigquery
EXPORT DATA OPTIONS (uri = 'gs://bucket/*.csv', format = 'CSV') AS SELECT a FROM s;
-- expect
-- path:gs://bucket/*.csv <- s
-- script.sql reads s(a)
-- script.sql writes path:gs://bucket/*.csv
-- path:gs://bucket/*.csv.a <- s.a  IDENTITY

-- case: LOAD DATA of BigQuery reads its files
-- dialect: bigquery
LOAD DATA INTO d.t FROM FILES (format = 'CSV', uris = ['gs://bucket/x.csv']);
-- expect
-- d.t <- path:gs://bucket/x.csv
-- script.sql reads path:gs://bucket/x.csv
-- script.sql writes d.t

-- case: a file queried in place is a source
-- dialect: spark, databricks
CREATE TABLE t AS SELECT a FROM parquet.`s3://bucket/x/`;
-- expect
-- table t(a)
-- t <- path:s3://bucket/x/
-- t.a <- path:s3://bucket/x/.a  IDENTITY

-- case: a file function is a source
-- dialect: duckdb
CREATE TABLE t AS SELECT a FROM read_csv('data/x.csv');
-- expect
-- table t(a)
-- t <- path:data/x.csv
-- t.a <- path:data/x.csv.a  IDENTITY

-- case: a quoted file name is a source
-- dialect: duckdb
CREATE TABLE t AS SELECT a FROM 'data/x.parquet';
-- expect
-- table t(a)
-- t <- path:data/x.parquet
-- t.a <- path:data/x.parquet.a  IDENTITY

-- case: OPENROWSET reads a path
-- dialect: tsql, fabric
CREATE VIEW v AS SELECT r.a FROM OPENROWSET(BULK 'https://x/y.parquet', FORMAT = 'PARQUET') AS r;
-- expect
-- view v(a)
-- v <- path:https://x/y.parquet
-- v.a <- path:https://x/y.parquet.a  IDENTITY

-- case: a query into a file
-- dialect: mysql
SELECT a INTO OUTFILE '/tmp/x.csv' FIELDS TERMINATED BY ',' FROM s WHERE b = 1;
SELECT c FROM s INTO OUTFILE '/tmp/y.csv';
-- expect
-- path:/tmp/x.csv <- s
-- path:/tmp/y.csv <- s
-- script.sql reads s(a, b, c)
-- script.sql writes path:/tmp/x.csv
-- script.sql writes path:/tmp/y.csv
-- path:/tmp/x.csv.a <- s.a  IDENTITY
-- path:/tmp/y.csv.c <- s.c  IDENTITY
-- path:/tmp/x.csv <~ s.b  FILTER

-- case: a stage with options is a file
-- dialect: snowflake
CREATE VIEW v AS SELECT t.$1 AS a FROM @db.sch.stage/x (file_format => 'f', pattern => '.*csv') t;
-- expect
-- view v(a)
-- v <- path:@db.sch.stage/x
-- v.a <- path:@db.sch.stage/x.$1  IDENTITY

-- case: a temporary view of files is looked through
-- dialect: spark
CREATE TEMPORARY VIEW f USING parquet OPTIONS (path '/a/b');
INSERT INTO t (x) SELECT a FROM f;
-- expect
-- t <- path:/a/b
-- script.sql reads path:/a/b(a)
-- script.sql writes t(x)
-- t.x <- path:/a/b.a  IDENTITY

-- case: a path in the quotes of a name is a file
-- dialect: databricks
COPY INTO t FROM `s3://bucket/x` FILEFORMAT = CSV;
INSERT INTO u SELECT a FROM delta.`/mnt/y`;
-- expect
-- t <- path:s3://bucket/x
-- u <- path:/mnt/y
-- script.sql reads path:/mnt/y(a)
-- script.sql reads path:s3://bucket/x
-- script.sql writes t
-- script.sql writes u
-- u.a <- path:/mnt/y.a  IDENTITY

-- case: what psql copies itself is one line
-- dialect: postgres
\copy t (a, b) FROM data/in.csv CSV HEADER
\copy (SELECT c FROM s) TO 'out.csv' CSV
\echo done
DELETE FROM t;
-- expect
-- path:out.csv <- s
-- t <- path:data/in.csv
-- script.sql reads path:data/in.csv
-- script.sql reads s(c)
-- script.sql writes path:out.csv
-- script.sql writes t
-- path:out.csv.c <- s.c  IDENTITY

-- case: the lines after a copy from psql's input are data
-- dialect: postgres
\copy t (a, b) FROM stdin
1	it's; DELETE FROM data
\.
COPY u FROM stdin WITH (FORMAT csv);
2,"INSERT INTO data
\.
\copy v FROM pstdin
DELETE FROM w;
-- expect
-- script.sql writes t
-- script.sql writes u
-- script.sql writes v
-- script.sql writes w

-- case: a stage may have a name of its own
-- dialect: snowflake
COPY INTO t (a, b) FROM (SELECT s.$1, s.$2:id::int FROM @db.s.stage/path/ s);
INSERT INTO u SELECT x.$1 AS c FROM @s.stage (FILE_FORMAT => 'f', PATTERN => '.*[.]csv') x;
-- expect
-- t <- path:@db.s.stage/path/
-- u <- path:@s.stage
-- script.sql reads path:@db.s.stage/path/($1, $2)
-- script.sql reads path:@s.stage($1)
-- script.sql writes t(a, b)
-- script.sql writes u
-- t.a <- path:@db.s.stage/path/.$1  IDENTITY
-- t.b <- path:@db.s.stage/path/.$2  TRANSFORMATION: s.$2:id::int
-- u.c <- path:@s.stage.$1  IDENTITY

-- case: a number of a stage's column without the stage's name
-- dialect: snowflake
INSERT INTO t SELECT $1 AS a, $2:b::int AS b FROM @~/in/x.csv WHERE $3 > 0;
-- expect
-- t <- path:@~/in/x.csv
-- script.sql reads path:@~/in/x.csv($1, $2, $3)
-- script.sql writes t
-- t.a <- path:@~/in/x.csv.$1  IDENTITY: $1
-- t.b <- path:@~/in/x.csv.$2  TRANSFORMATION: $2:b::int
-- t <~ path:@~/in/x.csv.$3  FILTER

-- case: Hive exports a table to files and imports one
-- dialect: hive
EXPORT TABLE db.t TO '/out/t';
IMPORT EXTERNAL TABLE db.u FROM '/in/u';
-- expect
-- db.u <- path:/in/u
-- path:/out/t <- db.t
-- script.sql reads db.t
-- script.sql reads path:/in/u
-- script.sql writes db.u
-- script.sql writes path:/out/t

-- case: a list of files
-- dialect: duckdb
CREATE TABLE days AS SELECT a FROM read_parquet(['jan.parquet', 'feb.parquet']) AS f;
-- expect
-- table days(a)
-- days <- path:feb.parquet
-- days <- path:jan.parquet
-- days.a <- path:feb.parquet.a  IDENTITY
-- days.a <- path:jan.parquet.a  IDENTITY

-- case: files and changes of a stream
-- dialect: databricks
CREATE TABLE raw AS SELECT a FROM cloud_files('/mnt/landing', 'json');
CREATE TABLE changed AS SELECT b FROM table_changes('main.shop.orders', 2, 5);
-- expect
-- table changed(b)
-- table raw(a)
-- changed <- main.shop.orders
-- raw <- path:/mnt/landing
-- changed.b <- main.shop.orders.b  IDENTITY
-- raw.a <- path:/mnt/landing.a  IDENTITY

-- case: a query between dollars goes into files
-- dialect: redshift
UNLOAD ($$ SELECT id FROM shop.orders WHERE word = 'x' $$) TO 's3://bucket/orders' IAM_ROLE default;
-- expect
-- path:s3://bucket/orders <- shop.orders
-- script.sql reads shop.orders(id, word)
-- script.sql writes path:s3://bucket/orders
-- path:s3://bucket/orders.id <- shop.orders.id  IDENTITY
-- path:s3://bucket/orders <~ shop.orders.word  FILTER
