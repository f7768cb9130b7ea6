-- case: a string that a cursor runs is SQL
-- dialect: postgres
-- file: load.py
import psycopg2
with psycopg2.connect(DSN) as conn:
    with conn.cursor() as cur:
        cur.execute("""
            INSERT INTO mart.daily (day, total)
            SELECT o.day, SUM(o.amount)
            FROM raw.orders o
            GROUP BY o.day
        """)
        cur.executemany("INSERT INTO mart.log (a, b) VALUES (%s, %s)", rows)
-- expect
-- mart.daily <- raw.orders
-- load.py reads raw.orders(amount, day)
-- load.py writes mart.daily(day, total)
-- load.py writes mart.log
-- mart.daily.day <- raw.orders.day  IDENTITY
-- mart.daily.total <- raw.orders.amount  AGGREGATION: SUM(o.amount)
-- mart.daily <~ raw.orders.day  GROUP_BY

-- case: a query's rows written as they are have its columns
-- dialect: postgres
-- file: load.py
QUERY = """
SELECT a, b
FROM s.t
"""
df = pd.read_sql_query(QUERY, con=engine)
df.to_sql(name="out", con=engine, schema="m", if_exists="append")
-- expect
-- m.out <- s.t
-- load.py reads s.t(a, b)
-- load.py writes m.out
-- m.out.a <- s.t.a  IDENTITY
-- m.out.b <- s.t.b  IDENTITY

-- case: a query that grows line by line is one query
-- dialect: postgres
-- file: load.py
q = "SELECT a "
q += "FROM s.t "
q += "JOIN s.u ON t.id = u.id "
q += "WHERE d = %(day)s"
cur.execute(q, {"day": 1})
-- expect
-- load.py reads s.t(id)
-- load.py reads s.u(id)

-- case: neighbouring strings are one, and a hole in a literal is a value
-- dialect: postgres
-- file: load.py
sql = (
    "INSERT INTO s.out "
    "SELECT a FROM s.t "
    f"WHERE d = '{day}'"
)
conn.execute(text(sql))
-- expect
-- s.out <- s.t
-- load.py reads s.t(a, d)
-- load.py writes s.out
-- s.out.a <- s.t.a  IDENTITY
-- s.out <~ s.t.d  FILTER

-- case: a query in a query's hole is read as its subquery
-- dialect: spark
-- file: load.py
BASE = """
SELECT id, amount
FROM raw.payments  -- all of them
"""
df = spark.sql(f"SELECT id FROM ({BASE}) p JOIN dim.customers c ON c.id = p.id")
df.write.mode("overwrite").saveAsTable("mart.paid")
-- expect
-- mart.paid <- dim.customers
-- mart.paid <- raw.payments
-- load.py reads dim.customers(id)
-- load.py reads raw.payments(amount, id)
-- load.py writes mart.paid
-- mart.paid.id <- raw.payments.id  IDENTITY
-- mart.paid <~ dim.customers.id  JOIN
-- mart.paid <~ raw.payments.id  JOIN

-- case: fields are filled by format and by percent when the script says with what
-- dialect: postgres
-- file: load.py
sql = "INSERT INTO {schema}.t SELECT a FROM {src}".format(schema="m", src="s.u")
cur.execute("SELECT * FROM {}.{}".format(schema, "orders"))
cur.execute("SELECT x FROM %s WHERE y = 1" % table)
cur.execute("SELECT x FROM %s WHERE y = 1" % "s.known")
-- expect
-- m.t <- s.u
-- load.py reads orders
-- load.py reads s.known(x, y)
-- load.py reads s.u(a)
-- load.py writes m.t
-- m.t.a <- s.u.a  IDENTITY
-- line 3 Warning: Computed when the script runs, so what it names is not known here: {0}

-- case: text that is handed on is run where it ends
-- dialect: postgres
-- file: load.py
stmt = sa.text("UPDATE s.t SET a = u.a FROM s.u u WHERE u.id = t.id AND u.x = :x")
conn.execute(stmt, {"x": 1})
users = Table("users", metadata, schema="app", autoload_with=engine)
class Order(Base):
    __tablename__ = "orders"
    __table_args__ = {"schema": "shop"}
    id = Column(Integer, primary_key=True)
-- expect
-- s.t <- s.u
-- load.py reads columns of s.t(id)
-- load.py reads s.u(a, id, x)
-- load.py writes s.t(a)
-- s.t.a <- s.u.a  IDENTITY
-- s.t <~ s.t.id  FILTER
-- s.t <~ s.u.id  FILTER
-- s.t <~ s.u.x  FILTER

-- case: Spark reads and writes paths and tables
-- dialect: spark
-- file: load.py
df = spark.read.parquet("s3://lake/orders/")
x = spark.read.option("header", True).csv("/mnt/in/x.csv")
y = spark.read.format("delta").load("/mnt/delta/y")
z = spark.read.table("raw.z")
d = df.join(x, "id").join(y, "id").join(z, "id")
d.write.partitionBy("day").parquet("s3://lake/out/")
d.write.format("delta").mode("overwrite").save("/mnt/delta/out")
d.write.insertInto("mart.d")
d.writeTo("cat.mart.e").createOrReplace()
-- expect
-- cat.mart.e <- path:/mnt/delta/y
-- cat.mart.e <- path:/mnt/in/x.csv
-- cat.mart.e <- path:s3://lake/orders/
-- cat.mart.e <- raw.z
-- mart.d <- path:/mnt/delta/y
-- mart.d <- path:/mnt/in/x.csv
-- mart.d <- path:s3://lake/orders/
-- mart.d <- raw.z
-- path:/mnt/delta/out <- path:/mnt/delta/y
-- path:/mnt/delta/out <- path:/mnt/in/x.csv
-- path:/mnt/delta/out <- path:s3://lake/orders/
-- path:/mnt/delta/out <- raw.z
-- path:s3://lake/out/ <- path:/mnt/delta/y
-- path:s3://lake/out/ <- path:/mnt/in/x.csv
-- path:s3://lake/out/ <- path:s3://lake/orders/
-- path:s3://lake/out/ <- raw.z
-- load.py reads path:/mnt/delta/y(id)
-- load.py reads path:/mnt/in/x.csv(id)
-- load.py reads path:s3://lake/orders/(id)
-- load.py reads raw.z(id)
-- load.py writes cat.mart.e
-- load.py writes mart.d
-- load.py writes path:/mnt/delta/out
-- load.py writes path:s3://lake/out/
-- cat.mart.e <~ path:/mnt/delta/y.id  JOIN
-- cat.mart.e <~ path:/mnt/in/x.csv.id  JOIN
-- cat.mart.e <~ path:s3://lake/orders/.id  JOIN
-- cat.mart.e <~ raw.z.id  JOIN
-- mart.d <~ path:/mnt/delta/y.id  JOIN
-- mart.d <~ path:/mnt/in/x.csv.id  JOIN
-- mart.d <~ path:s3://lake/orders/.id  JOIN
-- mart.d <~ raw.z.id  JOIN
-- path:/mnt/delta/out <~ path:/mnt/delta/y.id  JOIN
-- path:/mnt/delta/out <~ path:/mnt/in/x.csv.id  JOIN
-- path:/mnt/delta/out <~ path:s3://lake/orders/.id  JOIN
-- path:/mnt/delta/out <~ raw.z.id  JOIN
-- path:s3://lake/out/ <~ path:/mnt/delta/y.id  JOIN
-- path:s3://lake/out/ <~ path:/mnt/in/x.csv.id  JOIN
-- path:s3://lake/out/ <~ path:s3://lake/orders/.id  JOIN
-- path:s3://lake/out/ <~ raw.z.id  JOIN

-- case: pandas reads and writes files
-- dialect: postgres
-- file: load.py
a = pd.read_csv("data/a.csv")
b = pd.read_parquet("s3://x/b.parquet")
a.merge(b).to_parquet("out/c.parquet")
a.to_csv("out/a.csv", index=False)
-- expect
-- path:out/a.csv <- path:data/a.csv (0.5)
-- path:out/c.parquet <- path:data/a.csv
-- path:out/c.parquet <- path:s3://x/b.parquet
-- load.py reads path:data/a.csv
-- load.py reads path:s3://x/b.parquet
-- load.py writes path:out/a.csv
-- load.py writes path:out/c.parquet

-- case: DuckDB's calls run SQL
-- dialect: duckdb
-- file: load.py
import duckdb
con = duckdb.connect("x.db")
rel = con.sql("SELECT a FROM read_parquet('in/*.parquet')")
duckdb.sql("CREATE TABLE out AS SELECT a FROM raw.t")
duckdb.query("SELECT b FROM raw.u").to_df()
-- expect
-- table out(a)
-- out <- raw.t
-- load.py reads path:in/*.parquet(a)
-- load.py reads raw.u(b)
-- out.a <- raw.t.a  IDENTITY

-- case: Airflow's operators take SQL by keyword, also in lists
-- dialect: postgres
-- file: load.py
from airflow.providers.postgres.operators.postgres import PostgresOperator
load = PostgresOperator(
    task_id="load",
    sql="""
      INSERT INTO mart.t (a)
      SELECT a FROM raw.s WHERE ds = '{{ ds }}'
    """,
    postgres_conn_id="dwh",
)
many = SQLExecuteQueryOperator(task_id="m", sql=["DELETE FROM mart.x WHERE ds = '{{ ds }}'", "INSERT INTO mart.x SELECT * FROM raw.x"])
f = PostgresOperator(task_id="f", sql="sql/load.sql")
bq = BigQueryInsertJobOperator(task_id="b", configuration={"query": {"query": "SELECT a FROM ds.t", "destinationTable": {"datasetId": "ds", "tableId": "o"}}})
copy = S3ToRedshiftOperator(task_id="c", schema="public", table="target", s3_key="k")
-- expect
-- ds.o <- ds.t
-- mart.t <- raw.s
-- mart.x <- raw.x
-- load.py reads columns of mart.x(ds)
-- load.py reads ds.t(a)
-- load.py reads raw.s(a, ds)
-- load.py reads raw.x
-- load.py writes ds.o
-- load.py writes mart.t(a)
-- load.py writes mart.x
-- ds.o.a <- ds.t.a  IDENTITY
-- mart.t.a <- raw.s.a  IDENTITY
-- mart.t <~ raw.s.ds  FILTER

-- case: functions of a Databricks pipeline make tables
-- dialect: spark
-- file: load.py
import dlt
@dlt.table(name="bronze_o")
def b():
    return spark.readStream.table("raw.o")
@dlt.table
@dlt.expect("known", "id is not null")
def silver_o():
    return dlt.read_stream("bronze_o")
-- expect
-- table bronze_o
-- table silver_o
-- bronze_o <- raw.o
-- silver_o <- bronze_o
-- load.py reads bronze_o
-- load.py reads raw.o

-- case: a dbt model in Python is the relation named after its file
-- dialect: postgres
-- file: models/customer_scores.py
def model(dbt, session):
    dbt.config(materialized="table", packages=["pandas"])
    orders = dbt.ref("stg_orders")
    raw = dbt.source("shop", "payments")
    df = orders.join(raw, "id")
    return df
-- expect
-- table customer_scores
-- customer_scores <- shop.payments
-- customer_scores <- stg_orders
-- models/customer_scores.py reads shop.payments
-- models/customer_scores.py reads stg_orders
-- customer_scores <~ shop.payments.id  JOIN
-- customer_scores <~ stg_orders.id  JOIN

-- case: cells of SQL and Markdown stand in comments of a Databricks notebook
-- dialect: databricks
-- file: nb.py
# Databricks notebook source
# MAGIC %md
# MAGIC # Load `raw.orders`

# COMMAND ----------

# MAGIC %sql
# MAGIC CREATE OR REPLACE TABLE mart.o AS
# MAGIC SELECT id, amount
# MAGIC FROM raw.orders

# COMMAND ----------

df = spark.table("mart.o")
df.write.saveAsTable("mart.p")
-- expect
-- table mart.o(id, amount)
-- mart.p <- mart.o
-- mart.o <- raw.orders
-- nb.py mentions raw.orders
-- nb.py reads mart.o(id, amount)
-- nb.py writes mart.p
-- mart.p.amount <- mart.o.amount  IDENTITY
-- mart.p.id <- mart.o.id  IDENTITY
-- mart.o.id <- raw.orders.id  IDENTITY
-- mart.o.amount <- raw.orders.amount  IDENTITY

-- case: magics are SQL of the notebook's script
-- dialect: bigquery
-- file: nb.ipynb
{"cells": [
 {"cell_type": "code", "source": ["%%bigquery df --project p\n", "SELECT a FROM d.t\n", "WHERE x = 1"]},
 {"cell_type": "code", "source": ["%%sql result <<\n", "SELECT b FROM d.u"]},
 {"cell_type": "code", "source": ["%sql SELECT c FROM d.v"]},
 {"cell_type": "code", "source": ["r = %sql SELECT c FROM d.w\n", "x = 1"]},
 {"cell_type": "code", "source": ["%load_ext sql\n", "%sql postgresql://u@h/d\n", "%sql SELECT e FROM d.z"]},
 {"cell_type": "code", "source": ["!pip install x's\n", "%matplotlib inline\n", "df = pd.read_sql('SELECT f FROM d.q', c)"]},
 {"cell_type": "code", "source": ["df.to_sql('out', c)"]},
 {"cell_type": "code", "source": ["Q = \"\"\"\n", "SELECT g FROM d.r\n", "\"\"\""]},
 {"cell_type": "code", "source": ["e = pd.read_sql(Q, c)\n","e.to_sql('out2', c)"]},
 {"cell_type": "raw", "source": ["SELECT z FROM no.no"]}
], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
-- expect
-- out <- d.q
-- out2 <- d.r
-- nb.ipynb reads d.q(f)
-- nb.ipynb reads d.r(g)
-- nb.ipynb reads d.t(a, x)
-- nb.ipynb reads d.u(b)
-- nb.ipynb reads d.v(c)
-- nb.ipynb reads d.w(c)
-- nb.ipynb reads d.z(e)
-- nb.ipynb writes out
-- nb.ipynb writes out2
-- out.f <- d.q.f  IDENTITY
-- out2.g <- d.r.g  IDENTITY

-- case: a computed table is left out and said so, a computed qualifier only left out
-- dialect: postgres
-- file: load.py
cur.execute(f"SELECT a FROM {schema}.{table} WHERE x = {x!r}")
cur.execute(f"INSERT INTO mart.t SELECT a FROM {src}")
cur.execute(f"SELECT {', '.join(cols)} FROM s.t WHERE id IN ({','.join(ids)})")
cur.execute(f"DELETE FROM s.log WHERE d < '{cutoff:%Y-%m-%d}'")
-- expect
-- load.py reads columns of s.log(d)
-- load.py reads s.t(id)
-- load.py writes mart.t
-- load.py writes s.log
-- line 1 Warning: Computed when the script runs, so what it names is not known here: {table}
-- line 2 Warning: Computed when the script runs, so what it names is not known here: {src}

-- case: composed SQL is put together
-- dialect: postgres
-- file: load.py
from psycopg import sql
cur.execute(sql.SQL("SELECT {f} FROM {t}").format(f=sql.Identifier("a"), t=sql.Identifier("s", "t")))
-- expect
-- load.py reads s.t(a)

-- case: comments, docstrings and prose are no SQL
-- dialect: postgres
-- file: load.py
# cur.execute("SELECT a FROM s.no")
"""
SELECT a FROM s.docstring
"""
log.info("Update the settings to set x")
raise ValueError("Select from the list failed")
HELP = "select a table from the list"
-- expect

-- case: COPY through a driver writes its table
-- dialect: postgres
-- file: load.py
cur.copy_expert("COPY s.t FROM STDIN WITH CSV", f)
cur.copy_from(f, "t2", columns=("a",))
-- expect
-- load.py writes s.t
-- load.py writes t2

-- case: procedures are called through every driver
-- dialect: tsql
-- file: load.py
cur.execute("EXEC dbo.load_orders @day = ?", day)
cur.callproc("dbo.load_items", [1])
cur.execute("{CALL dbo.load_x (?)}", 1)
-- expect
-- load.py calls dbo.load_items
-- load.py calls dbo.load_orders
-- load.py calls dbo.load_x

-- case: what a function does with its parameters is not followed
-- dialect: spark
-- file: load.py
def read(table):
    return spark.table(table)

def main():
    orders = read("raw.orders")
    orders.write.saveAsTable("mart.orders")
-- expect
-- mart.orders <- raw.orders
-- load.py reads raw.orders
-- load.py writes mart.orders

-- case: queries of a dictionary feed what their loop writes
-- dialect: postgres
-- file: load.py
QUERIES = {
    "a": "SELECT x FROM s.a",
    "b": """
        SELECT y
        FROM s.b
    """,
}
for name, q in QUERIES.items():
    df = pd.read_sql(q, c)
    df.to_sql("out", c)
-- expect
-- out <- s.a
-- out <- s.b
-- load.py reads s.a(x)
-- load.py reads s.b(y)
-- load.py writes out
-- out.x <- s.a.x  IDENTITY
-- out.y <- s.b.y  IDENTITY

-- case: temporary views of one call are seen through by the next
-- dialect: spark
-- file: load.py
df = spark.sql("SELECT a, b FROM raw.t WHERE c > 0")
df.createOrReplaceTempView("v")
spark.sql("CREATE OR REPLACE TEMP VIEW w AS SELECT a FROM v JOIN raw.u USING (a)")
spark.sql("INSERT INTO mart.t SELECT a FROM w")
spark.sql("INSERT OVERWRITE TABLE mart.z SELECT a, b FROM v")
-- expect
-- mart.t <- raw.t
-- mart.t <- raw.u
-- mart.z <- raw.t
-- load.py reads raw.t(a, b, c)
-- load.py reads raw.u
-- load.py writes mart.t
-- load.py writes mart.z
-- mart.t.a <- raw.t.a  IDENTITY
-- mart.z.a <- raw.t.a  IDENTITY
-- mart.z.b <- raw.t.b  IDENTITY
-- mart.t <~ raw.t.a  JOIN
-- mart.t <~ raw.t.c  FILTER
-- mart.t <~ raw.u.a  JOIN
-- mart.z <~ raw.t.c  FILTER

-- case: a table written as it was read keeps its columns
-- dialect: spark
-- file: load.py
df = spark.table("raw.orders")
df.write.mode("overwrite").saveAsTable("mart.orders")
spark.table("raw.x").createOrReplaceTempView("x")
spark.sql("INSERT INTO mart.x SELECT a, b + 1 AS c FROM x WHERE d > 0")
-- expect
-- mart.orders <- raw.orders
-- mart.x <- raw.x
-- load.py reads raw.orders
-- load.py reads raw.x(a, b, d)
-- load.py writes mart.orders
-- load.py writes mart.x
-- mart.x.a <- raw.x.a  IDENTITY
-- mart.x.c <- raw.x.b  TRANSFORMATION: b + 1
-- mart.x <~ raw.x.d  FILTER

-- case: a data frame changed in place is no query's result any more
-- dialect: postgres
-- file: load.py
df = pd.read_sql("SELECT a, b FROM s.t", c)
df["c"] = df.a + df.b
df.to_sql("m", c)
e = pd.read_sql("SELECT a, b FROM s.u", c)
e.drop(columns=["a"], inplace=True)
e.to_sql("n", c)
-- expect
-- m <- s.t
-- n <- s.u (0.5)
-- load.py reads s.t(a, b)
-- load.py reads s.u(a, b)
-- load.py writes m
-- load.py writes n
-- m.a <- s.t.a  IDENTITY
-- m.b <- s.t.b  IDENTITY
-- m.c <- s.t.a  TRANSFORMATION: df.a + df.b
-- m.c <- s.t.b  TRANSFORMATION: df.a + df.b

-- case: a Delta table is merged from a data frame
-- dialect: databricks
-- file: load.py
from delta.tables import DeltaTable
updates = spark.table("raw.updates").filter("x > 1")
target = DeltaTable.forName(spark, "mart.customers")
(target.alias("t")
    .merge(updates.alias("u"), "t.id = u.id")
    .whenMatchedUpdateAll()
    .whenNotMatchedInsertAll()
    .execute())
-- expect
-- mart.customers <- raw.updates (0.5)
-- load.py reads raw.updates
-- load.py writes mart.customers

-- case: SQL of a class is filled from the instance
-- dialect: postgres
-- file: load.py
class Loader:
    SQL = """
        INSERT INTO {schema}.fact (a)
        SELECT a FROM stg.t
    """
    def __init__(self, schema="mart"):
        self.schema = schema
    def run(self):
        with self.engine.begin() as conn:
            conn.execute(text(self.SQL.format(schema=self.schema)))
            for row in conn.execute(text("SELECT x FROM stg.u")):
                yield row
-- expect
-- mart.fact <- stg.t
-- load.py reads stg.t(a)
-- load.py reads stg.u(x)
-- load.py writes mart.fact(a)
-- mart.fact.a <- stg.t.a  IDENTITY

-- case: a function's result is what it gives back
-- dialect: postgres
-- file: load.py
def orders_query(day):
    return f"SELECT id FROM raw.orders WHERE day = '{day}'"

def load(day):
    frame = pd.read_sql(orders_query(day), engine)
    return frame

def main():
    load("2026-01-01").to_sql("orders", engine, schema="mart")
-- expect
-- mart.orders <- raw.orders
-- load.py reads raw.orders(day, id)
-- load.py writes mart.orders
-- mart.orders.id <- raw.orders.id  IDENTITY
-- mart.orders <~ raw.orders.day  FILTER

-- case: Snowpark reads and writes tables
-- dialect: snowflake
-- file: load.py
session = Session.builder.configs(p).create()
df = session.table("RAW.ORDERS")
session.sql("SELECT a FROM raw.t").write.save_as_table("MART.T")
df.write.mode("append").save_as_table("MART.ORDERS")
session.write_pandas(df.to_pandas(), "ORDERS_PD", schema="MART")
-- expect
-- MART.ORDERS <- RAW.ORDERS
-- MART.ORDERS_PD <- RAW.ORDERS
-- MART.T <- raw.t
-- load.py reads RAW.ORDERS
-- load.py reads raw.t(a)
-- load.py writes MART.ORDERS
-- load.py writes MART.ORDERS_PD
-- load.py writes MART.T
-- MART.T.a <- raw.t.a  IDENTITY

-- case: BigQuery's client runs queries and loads data frames
-- dialect: bigquery
-- file: load.py
client = bigquery.Client()
df = client.query("SELECT a FROM `p.d.t` WHERE b = 1").to_dataframe()
client.load_table_from_dataframe(df, "p.d.out").result()
df.to_gbq("d.out2", project_id="p")
-- expect
-- d.out2 <- p.d.t
-- p.d.out <- p.d.t
-- load.py reads p.d.t(a, b)
-- load.py writes d.out2
-- load.py writes p.d.out
-- d.out2.a <- p.d.t.a  IDENTITY
-- p.d.out.a <- p.d.t.a  IDENTITY
-- d.out2 <~ p.d.t.b  FILTER
-- p.d.out <~ p.d.t.b  FILTER

-- case: a reader's option is a table or a subquery
-- dialect: spark
-- file: load.py
o = (spark.read.format("jdbc")
     .option("url", url)
     .option("dbtable", "(SELECT id, x FROM src.o WHERE y = 1) q")
     .load())
p = spark.read.jdbc(url, "src.p", properties=props)
o.write.jdbc(url=url, table="dst.o", mode="append")
p.join(o, "id").write.format("jdbc").option("dbtable", "dst.p").save()
-- expect
-- dst.o <- src.o
-- dst.p <- src.o
-- dst.p <- src.p
-- load.py reads src.o(id, x, y)
-- load.py reads src.p(id)
-- load.py writes dst.o
-- load.py writes dst.p
-- dst.o.id <- src.o.id  IDENTITY
-- dst.o.x <- src.o.x  IDENTITY
-- dst.p.x <- src.o.x  IDENTITY
-- dst.o <~ src.o.y  FILTER
-- dst.p <~ src.o.id  JOIN
-- dst.p <~ src.o.y  FILTER
-- dst.p <~ src.p.id  JOIN

-- case: polars and awswrangler read and write
-- dialect: postgres
-- file: load.py
df = wr.athena.read_sql_query("SELECT a FROM ev WHERE d = 1", database="lake")
wr.s3.to_parquet(df=df, path="s3://lake/ev2/", dataset=True, database="lake", table="ev2")
pl.read_database("SELECT b FROM s.t", conn).write_database("s.o", conn)
pl.scan_parquet("in/a.parquet").sink_parquet("out/b.parquet")
-- expect
-- lake.ev2 <- ev
-- path:out/b.parquet <- path:in/a.parquet (0.5)
-- path:s3://lake/ev2/ <- ev
-- s.o <- s.t
-- load.py reads ev(a, d)
-- load.py reads path:in/a.parquet
-- load.py reads s.t(b)
-- load.py writes lake.ev2
-- load.py writes path:out/b.parquet
-- load.py writes path:s3://lake/ev2/
-- load.py writes s.o
-- lake.ev2.a <- ev.a  IDENTITY
-- path:s3://lake/ev2/.a <- ev.a  IDENTITY
-- s.o.b <- s.t.b  IDENTITY
-- lake.ev2 <~ ev.d  FILTER
-- path:s3://lake/ev2/ <~ ev.d  FILTER

-- case: DuckDB's SQL reads data frames by their variables
-- dialect: duckdb
-- file: load.py
import duckdb
orders = pd.read_csv("data/orders.csv")
customers = duckdb.sql("SELECT id, name FROM 'data/c.parquet'").df()
duckdb.sql("CREATE TABLE out AS SELECT c.name FROM orders o JOIN customers c ON o.cid = c.id")
-- expect
-- table out(name)
-- out <- path:data/c.parquet
-- out <- path:data/orders.csv
-- load.py reads path:data/c.parquet(id, name)
-- load.py reads path:data/orders.csv
-- out.name <- path:data/c.parquet.name  IDENTITY
-- out <~ path:data/c.parquet.id  JOIN
-- out <~ path:data/orders.csv.cid  JOIN

-- case: a temporary table of one call is seen through by the next
-- dialect: postgres
-- file: load.py
cur.execute("CREATE TEMP TABLE tmp AS SELECT id, amount FROM raw.pay WHERE ok")
cur.execute("INSERT INTO mart.pay (id, total) SELECT id, SUM(amount) FROM tmp GROUP BY id")
-- expect
-- mart.pay <- raw.pay
-- load.py reads raw.pay(amount, id)
-- load.py writes mart.pay(id, total)
-- mart.pay.id <- raw.pay.id  IDENTITY
-- mart.pay.total <- raw.pay.amount  AGGREGATION: SUM(amount)
-- mart.pay <~ raw.pay.id  GROUP_BY
-- mart.pay <~ raw.pay.ok  FILTER

-- case: a computed clause is left out, a computed list of columns opens the flow
-- dialect: postgres
-- file: load.py
cur.execute(f"SELECT a FROM s.t {where} {order}")
cur.execute(f"SELECT a FROM s.u WHERE x = 1 {extra}")
cur.execute(f"INSERT INTO s.v ({cols}) SELECT {cols} FROM s.w")
cur.execute(f"SELECT {a} + 1 AS n, b INTO s.z FROM s.y")
cur.execute(f'SELECT a FROM "{schema}"."q"')
cur.execute(f"SELECT a FROM s.part_{day}")
-- expect
-- table s.z(n, b)
-- s.v <- s.w
-- s.z <- s.y
-- load.py reads q(a)
-- load.py reads s.t(a)
-- load.py reads s.u(a, x)
-- load.py reads s.w
-- load.py reads s.y(b)
-- load.py writes s.v
-- load.py writes s.z
-- s.z.b <- s.y.b  IDENTITY
-- line 6 Warning: Computed when the script runs, so what it names is not known here: s.part_{day}

-- case: a script that ends inside a string is read to its end
-- dialect: postgres
-- file: load.py
df = pd.read_sql(f"""SELECT a FROM s.t WHERE {x
-- expect
-- load.py reads s.t(a)
-- line 1 Warning: A string that begins here is never closed: all that follows is read as part of it

-- case: awaited calls run SQL
-- dialect: postgres
-- file: load.py
async def f(pool):
    rows = await pool.fetch("SELECT a FROM s.t WHERE id = $1", 1)
    async with pool.acquire() as c:
        await c.execute("UPDATE s.u SET a = 1 WHERE b = $1", rows)
-- expect
-- load.py reads columns of s.u(b)
-- load.py reads s.t(a, id)
-- load.py writes s.u(a)
-- s.u <~ s.u.b  FILTER

-- case: a computed project is left out inside quotes
-- dialect: bigquery
-- file: load.py
cur.execute(f"SELECT a FROM `{project}.{dataset}.r`")
-- expect
-- load.py reads r(a)

-- case: one script says one dialect
-- dialect: auto
-- file: load.py
cur.execute("SELECT TOP 5 a FROM [dbo].[t]")
cur.execute("SELECT a FROM #x")
-- expect
-- load.py reads dbo.t(a)

-- case: placeholders of a template are replaced
-- dialect: postgres
-- file: load.py
SQL = Template("""
INSERT INTO __schema__.t SELECT a FROM raw.s WHERE b > '__day__' AND c = '{{ params.c }}'
""").render(params=p)
conn.execute(text(SQL.replace("__schema__", "mart").replace("__day__", day)))
-- expect
-- mart.t <- raw.s
-- load.py reads raw.s(a, b, c)
-- load.py writes mart.t
-- mart.t.a <- raw.s.a  IDENTITY
-- mart.t <~ raw.s.b  FILTER
-- mart.t <~ raw.s.c  FILTER

-- case: a setting of the environment is the script's default
-- dialect: postgres
-- file: load.py
SCHEMA = os.environ.get("SCHEMA", "mart")
cur.execute(f"DELETE FROM {SCHEMA}.t WHERE a = 1")
df.to_sql("u", conn, schema=os.getenv("OTHER", "stg"))
-- expect
-- load.py reads columns of mart.t(a)
-- load.py writes mart.t
-- load.py writes stg.u

-- case: a path keeps its computed parts as they are written
-- dialect: postgres
-- file: load.py
df = pd.read_csv(f"s3://in/{day:%Y}/x.csv")
df.to_parquet(path)
df.to_parquet(f"{root}")
df.to_parquet(f"{root}/out/{day}.parquet")
-- expect
-- path:{root}/out/{day}.parquet <- path:s3://in/{day:%Y}/x.csv (0.5)
-- load.py reads path:s3://in/{day:%Y}/x.csv
-- load.py writes path:{root}/out/{day}.parquet

-- case: arms of an if do not run one after the other
-- file: a.py
sql = "INSERT INTO t SELECT a "
if wanted:
    sql += "FROM s1"
elif other:
    sql += "FROM s2"
else:
    sql += "FROM s3"
cur.execute(sql)
-- expect
-- t <- s1
-- t <- s2
-- t <- s3
-- a.py reads s1(a)
-- a.py reads s2(a)
-- a.py reads s3(a)
-- a.py writes t
-- t.a <- s1.a  IDENTITY
-- t.a <- s2.a  IDENTITY
-- t.a <- s3.a  IDENTITY

-- case: what a name holds behind an if is what any of its arms leaves
-- file: a.py
if os.environ["ENV"] == "prod":
    SCHEMA, source = "prod", "x"
    table = "orders"
else:
    SCHEMA = "dev"
    table = "orders_sample"
cur.execute(f"INSERT INTO out.t (a) SELECT a FROM {table}")
df = spark.table(table)
try:
    d2 = spark.table("first")
except Exception:
    d2 = spark.table("second")
d2.write.saveAsTable("made")
-- expect
-- made <- first (0.5)
-- made <- second (0.5)
-- out.t <- orders
-- out.t <- orders_sample
-- a.py reads first
-- a.py reads orders(a)
-- a.py reads orders_sample(a)
-- a.py reads second
-- a.py writes made
-- a.py writes out.t(a)
-- out.t.a <- orders.a  IDENTITY
-- out.t.a <- orders_sample.a  IDENTITY

-- case: strings put together by join and append
-- file: a.py
cur.execute(" ".join(["INSERT INTO o1 (a)", "SELECT a", "FROM s1"]))
parts = ["INSERT INTO o2 (a)"]
parts.append("SELECT a")
parts.append("FROM s2")
cur.execute("\n".join(parts))
-- expect
-- o1 <- s1
-- o2 <- s2
-- a.py reads s1(a)
-- a.py reads s2(a)
-- a.py writes o1(a)
-- a.py writes o2(a)
-- o1.a <- s1.a  IDENTITY
-- o2.a <- s2.a  IDENTITY

-- case: a string that is not closed is said to be so
-- file: a.py
cur.execute("INSERT INTO o (a) SELECT a FROM s")
note = """open
cur.execute("INSERT INTO o (a) SELECT a FROM gone")
-- expect
-- o <- s
-- a.py reads s(a)
-- a.py writes o(a)
-- o.a <- s.a  IDENTITY
-- line 2 Warning: A string that begins here is never closed: all that follows is read as part of it

-- case: a function of the script is read with what it is called with
-- dialect: postgres
-- file: load.py
import pandas as pd

def load(table, target, schema="mart"):
    df = pd.read_sql(f"SELECT a, b FROM {table}", engine)
    df.to_sql(target, engine, schema=schema)

def run(sql):
    with engine.begin() as conn:
        conn.execute(sql)

def copy(src, *, dst="archive"):
    run(f"INSERT INTO {dst} (x) SELECT y FROM {src}")

def never_called(dst="kept"):
    run(f"INSERT INTO {dst} (x) SELECT z FROM other")

load("orders", "o")
load(target="i", table="items", schema="raw")
copy("s1")
copy("s2", dst="d2")
-- expect
-- archive <- s1
-- d2 <- s2
-- kept <- other
-- mart.o <- orders
-- raw.i <- items
-- load.py reads items(a, b)
-- load.py reads orders(a, b)
-- load.py reads other(z)
-- load.py reads s1(y)
-- load.py reads s2(y)
-- load.py writes archive(x)
-- load.py writes d2(x)
-- load.py writes kept(x)
-- load.py writes mart.o
-- load.py writes raw.i
-- archive.x <- s1.y  IDENTITY
-- d2.x <- s2.y  IDENTITY
-- kept.x <- other.z  IDENTITY
-- mart.o.a <- orders.a  IDENTITY
-- mart.o.b <- orders.b  IDENTITY
-- raw.i.a <- items.a  IDENTITY
-- raw.i.b <- items.b  IDENTITY

-- case: methods are read with what they are called with and what makes their object is given
-- dialect: spark
-- file: job.py
class Job:
    def __init__(self, spark, zone):
        self.spark = spark
        self.zone = zone

    def extract(self, name):
        return self.spark.table(f"raw.{name}")

    def save(self, df, name):
        df.write.mode("overwrite").saveAsTable(f"{self.zone}.{name}")

    def main(self):
        df = self.extract("events")
        self.save(df.select("id", "at"), "events")

silver = Job(spark, "silver")
gold = Job(spark, zone="gold")
silver.main()
gold.save(gold.extract("visits").select("n"), "visits")
-- expect
-- gold.visits <- raw.visits
-- silver.events <- raw.events
-- job.py reads raw.events(at, id)
-- job.py reads raw.visits(n)
-- job.py writes gold.visits
-- job.py writes silver.events
-- gold.visits.n <- raw.visits.n  IDENTITY
-- silver.events.at <- raw.events.at  IDENTITY
-- silver.events.id <- raw.events.id  IDENTITY

-- case: a loop over a list that is known is read for each item
-- dialect: spark
-- file: loop.py
KEYS = {"orders": "id", "items": "item_id"}

def merge(src, dst, key):
    spark.sql(f"MERGE INTO {dst} t USING {src} s ON t.{key} = s.{key} WHEN MATCHED THEN UPDATE SET t.v = s.v")

for name, key in KEYS.items():
    merge(f"bronze.{name}", f"silver.{name}", key)

for n, (source, target) in enumerate([("x1", "y1"), ("x2", "y2")]):
    spark.table(source).select("c").write.saveAsTable(target)

for name in unknown():
    spark.sql(f"INSERT INTO log SELECT '{name}', at FROM runs")
-- expect
-- log <- runs
-- silver.items <- bronze.items
-- silver.orders <- bronze.orders
-- y1 <- x1
-- y2 <- x2
-- loop.py reads bronze.items(item_id, v)
-- loop.py reads bronze.orders(id, v)
-- loop.py reads columns of silver.items(item_id)
-- loop.py reads columns of silver.orders(id)
-- loop.py reads runs(at)
-- loop.py reads x1(c)
-- loop.py reads x2(c)
-- loop.py writes log
-- loop.py writes silver.items(v)
-- loop.py writes silver.orders(v)
-- loop.py writes y1
-- loop.py writes y2
-- silver.items.v <- bronze.items.v  IDENTITY
-- silver.orders.v <- bronze.orders.v  IDENTITY
-- y1.c <- x1.c  IDENTITY
-- y2.c <- x2.c  IDENTITY
-- silver.items <~ bronze.items.item_id  JOIN
-- silver.items <~ silver.items.item_id  JOIN
-- silver.orders <~ bronze.orders.id  JOIN
-- silver.orders <~ silver.orders.id  JOIN

-- case: functions that call each other in a circle are read once
-- dialect: postgres
-- file: circle.py
def a(t):
    cur.execute(f"INSERT INTO log SELECT x FROM {t}")
    b(t)

def b(t):
    a(t + "_next")

a("first")
-- expect
-- log <- first
-- circle.py reads first(x)
-- circle.py writes log
-- log.x <- first.x  IDENTITY

-- case: classes may call what they set alike, and inherit it
-- dialect: spark
-- file: two.py
class A:
    table = "a"
    def run(self):
        self.put("into_a")
    def put(self, dst):
        spark.sql(f"INSERT INTO {dst} SELECT x FROM {self.table}")

class B(A):
    table = "b"
    def put(self, dst):
        super().put(dst + "_base")
        spark.sql(f"INSERT INTO {dst} SELECT y FROM {B.table}")

A().run()
A().put("into_a2")
B().put("into_b")
-- expect
-- into_a <- a
-- into_a2 <- a
-- into_b <- b
-- into_b_base <- b
-- two.py reads a(x)
-- two.py reads b(x, y)
-- two.py writes into_a
-- two.py writes into_a2
-- two.py writes into_b
-- two.py writes into_b_base
-- into_a.x <- a.x  IDENTITY
-- into_a2.x <- a.x  IDENTITY
-- into_b.y <- b.y  IDENTITY
-- into_b_base.x <- b.x  IDENTITY

-- case: a method of a library is not taken for one of the script's that is called alike
-- dialect: postgres
-- file: alike.py
class Audit:
    def execute(self, note):
        conn.execute(f"INSERT INTO audit SELECT '{note}', at FROM clock")
    def read_sql(self, t):
        return None

def table(name):
    return "wrong"

cur.execute("INSERT INTO t SELECT a FROM s")
df = pd.read_sql("SELECT b FROM u", conn)
df.to_sql("v", conn)
spark.table("w").write.saveAsTable("x")
-- expect
-- audit <- clock
-- t <- s
-- v <- u
-- x <- w
-- alike.py reads clock(at)
-- alike.py reads s(a)
-- alike.py reads u(b)
-- alike.py reads w
-- alike.py writes audit
-- alike.py writes t
-- alike.py writes v
-- alike.py writes x
-- t.a <- s.a  IDENTITY
-- v.b <- u.b  IDENTITY

-- case: what one round of a loop or one call leaves in a branch is not another's
-- dialect: postgres
-- file: branch.py
def source(day):
    if day:
        t = "daily"
    else:
        t = "hourly"
    return t

for target in ["one", "two"]:
    sql = f"INSERT INTO {target} (x) SELECT x FROM src"
    if big:
        sql = f"INSERT INTO {target}_big (x) SELECT x FROM src"
    cur.execute(sql)
SOURCE = source(1)
cur.execute(f"INSERT INTO three SELECT y FROM {SOURCE}")
-- expect
-- one <- src
-- one_big <- src
-- three <- daily
-- three <- hourly
-- two <- src
-- two_big <- src
-- branch.py reads daily(y)
-- branch.py reads hourly(y)
-- branch.py reads src(x)
-- branch.py writes one(x)
-- branch.py writes one_big(x)
-- branch.py writes three
-- branch.py writes two(x)
-- branch.py writes two_big(x)
-- one.x <- src.x  IDENTITY
-- one_big.x <- src.x  IDENTITY
-- three.y <- daily.y  IDENTITY
-- three.y <- hourly.y  IDENTITY
-- two.x <- src.x  IDENTITY
-- two_big.x <- src.x  IDENTITY

-- case: what a hole of a string computes by one call or key fills it
-- dialect: postgres
-- file: holes.py
CONFIG = {"schema": "mart", "tables": {"o": "orders"}}
COLUMNS = ["a", "b"]

def name_of(entity, layer="raw"):
    return f"{layer}.{entity}_v1"

def load(entity):
    cur.execute(f"INSERT INTO {CONFIG['schema']}.{entity.upper()} ({', '.join(COLUMNS)}) SELECT a, b FROM {name_of(entity)}")

load("items")
cur.execute(f"INSERT INTO {CONFIG['schema']}.{CONFIG['tables']['o']} SELECT c FROM {name_of('orders', layer='stage')} WHERE d > {limit * 2}")
cur.execute(f"INSERT INTO u SELECT c FROM {unknown('x')}")
-- expect
-- mart.ITEMS <- raw.items_v1
-- mart.orders <- stage.orders_v1
-- holes.py reads raw.items_v1(a, b)
-- holes.py reads stage.orders_v1(c, d)
-- holes.py writes mart.ITEMS(a, b)
-- holes.py writes mart.orders
-- holes.py writes u
-- mart.ITEMS.a <- raw.items_v1.a  IDENTITY
-- mart.ITEMS.b <- raw.items_v1.b  IDENTITY
-- mart.orders.c <- stage.orders_v1.c  IDENTITY
-- mart.orders <~ stage.orders_v1.d  FILTER
-- line 12 Warning: Computed when the script runs, so what it names is not known here: {unknown('x')}

-- case: functions that are handed on are read with what they are handed on with
-- dialect: spark
-- file: dag.py
def load(table, target="mart.t"):
    spark.sql(f"INSERT INTO {target} (a) SELECT b FROM {table}")

def clean(df, column="x"):
    return df.select(column)

def upsert(batch, number):
    batch.write.saveAsTable("silver.events")

PythonOperator(task_id="x", python_callable=load, op_kwargs={"table": "raw.k", "target": "mart.k"})
PythonOperator(task_id="y", python_callable=load, op_args=["raw.p"])
pool.submit(load, "raw.s", target="mart.s")
pool.map(load, ["raw.m1", "raw.m2"])
Thread(target=load, args=("raw.th", "mart.th")).start()
spark.table("raw.c").transform(clean, "y").write.saveAsTable("mart.c")
spark.readStream.table("raw.e").select("id").writeStream.foreachBatch(upsert).start()
-- expect
-- mart.c <- raw.c
-- mart.k <- raw.k
-- mart.s <- raw.s
-- mart.t <- raw.m1
-- mart.t <- raw.m2
-- mart.t <- raw.p
-- mart.th <- raw.th
-- silver.events <- raw.e
-- dag.py reads raw.c(y)
-- dag.py reads raw.e(id)
-- dag.py reads raw.k(b)
-- dag.py reads raw.m1(b)
-- dag.py reads raw.m2(b)
-- dag.py reads raw.p(b)
-- dag.py reads raw.s(b)
-- dag.py reads raw.th(b)
-- dag.py writes mart.c
-- dag.py writes mart.k(a)
-- dag.py writes mart.s(a)
-- dag.py writes mart.t(a)
-- dag.py writes mart.th(a)
-- dag.py writes silver.events
-- mart.c.y <- raw.c.y  IDENTITY
-- mart.k.a <- raw.k.b  IDENTITY
-- mart.s.a <- raw.s.b  IDENTITY
-- mart.t.a <- raw.m1.b  IDENTITY
-- mart.t.a <- raw.m2.b  IDENTITY
-- mart.t.a <- raw.p.b  IDENTITY
-- mart.th.a <- raw.th.b  IDENTITY
-- silver.events.id <- raw.e.id  IDENTITY

-- case: what is made for each of a known list is a list
-- dialect: spark
-- file: union.py
TABLES = ["t1", "t2"]
frames = [spark.table(f"raw.{name}").select("k") for name in TABLES]
frames[0].write.saveAsTable("first")
columns = ", ".join(f"s.{c}" for c in ["a", "b"])
spark.sql(f"INSERT INTO three SELECT {columns} FROM s")
[spark.sql(f"INSERT INTO {name} SELECT x FROM base") for name in ["four", "five"]]
reduce(DataFrame.union, [spark.table(t) for t in sorted(TABLES)]).write.saveAsTable("both")
-- expect
-- both <- raw.t1 (0.5)
-- both <- raw.t2 (0.5)
-- first <- raw.t1
-- five <- base
-- four <- base
-- three <- s
-- union.py reads base(x)
-- union.py reads raw.t1(k)
-- union.py reads raw.t2
-- union.py reads s(a, b)
-- union.py writes both
-- union.py writes first
-- union.py writes five
-- union.py writes four
-- union.py writes three
-- first.k <- raw.t1.k  IDENTITY
-- five.x <- base.x  IDENTITY
-- four.x <- base.x  IDENTITY
-- three.a <- s.a  IDENTITY
-- three.b <- s.b  IDENTITY

-- case: objects in lists are told apart, and methods that nothing calls are those of each
-- dialect: postgres
-- file: steps.py
class Step:
    def __init__(self, table):
        self.table = table
    def execute(self):
        cur.execute(f"INSERT INTO dw.{self.table} (a) SELECT b FROM stg.{self.table}")
    def audit(self):
        cur.execute(f"INSERT INTO log SELECT c FROM {self.table}_audit")

steps = [Step(name) for name in ("o", "c")] + [Step("last")]
steps.append(Step("more"))
for step in steps:
    step.execute()
-- expect
-- dw.c <- stg.c
-- dw.last <- stg.last
-- dw.more <- stg.more
-- dw.o <- stg.o
-- log <- c_audit
-- log <- last_audit
-- log <- more_audit
-- log <- o_audit
-- steps.py reads c_audit(c)
-- steps.py reads last_audit(c)
-- steps.py reads more_audit(c)
-- steps.py reads o_audit(c)
-- steps.py reads stg.c(b)
-- steps.py reads stg.last(b)
-- steps.py reads stg.more(b)
-- steps.py reads stg.o(b)
-- steps.py writes dw.c(a)
-- steps.py writes dw.last(a)
-- steps.py writes dw.more(a)
-- steps.py writes dw.o(a)
-- steps.py writes log
-- dw.c.a <- stg.c.b  IDENTITY
-- dw.last.a <- stg.last.b  IDENTITY
-- dw.more.a <- stg.more.b  IDENTITY
-- dw.o.a <- stg.o.b  IDENTITY
-- log.c <- c_audit.c  IDENTITY
-- log.c <- last_audit.c  IDENTITY
-- log.c <- more_audit.c  IDENTITY
-- log.c <- o_audit.c  IDENTITY

-- case: what a script's functions wrap is seen through
-- dialect: postgres
-- file: wrap.py
def read_query(sql, params=None):
    cursor = conn.cursor()
    cursor.execute(sql, params)
    rows = cursor.fetchall()
    return pd.DataFrame(rows)

def get(t, retry=True):
    try:
        return pd.read_sql_table(t, c)
    except Exception:
        return get(t, False)

def each(t):
    def inner():
        return pd.read_sql_table(t, c)
    inner().to_sql(f"mart_{t}", c)

def default(src, dst=None):
    dst = dst or f"mart.{src}"
    schema = "prod" if env == "prod" else "dev"
    get(src).to_sql(dst, c, schema=schema)

read_query("SELECT a, b FROM src.t").to_sql("dst", engine)
get("g1").to_sql("h1", c)
get("g2").to_sql("h2", c)
each("x")
each("y")
default("p")
default("q", "named")
-- expect
-- dev.named <- q (0.5)
-- dst <- src.t
-- h1 <- g1 (0.5)
-- h2 <- g2 (0.5)
-- mart.p <- p (0.5)
-- mart_x <- x
-- mart_y <- y
-- prod.named <- q (0.5)
-- wrap.py reads g1
-- wrap.py reads g2
-- wrap.py reads p
-- wrap.py reads q
-- wrap.py reads src.t(a, b)
-- wrap.py reads x
-- wrap.py reads y
-- wrap.py writes dev.named
-- wrap.py writes dst
-- wrap.py writes h1
-- wrap.py writes h2
-- wrap.py writes mart.p
-- wrap.py writes mart_x
-- wrap.py writes mart_y
-- wrap.py writes prod.named
-- dst.a <- src.t.a  IDENTITY
-- dst.b <- src.t.b  IDENTITY

-- case: names of a comprehension are its own, and a condition is no value
-- dialect: postgres
-- file: own.py
table = "orders"
cols = ", ".join(table for table in ["a", "b"])
cur.execute(f"INSERT INTO x SELECT {cols} FROM {table}")
for year in {2023: "u", 2024: "v"}:
    cur.execute(f"INSERT INTO log_{year} SELECT z FROM w")
loaded = [t for t in ["one", "two"] if t != "one"]
for t in loaded:
    cur.execute(f"INSERT INTO filtered SELECT k FROM {t}")
-- expect
-- x <- orders
-- own.py reads orders(a, b)
-- own.py reads w(z)
-- own.py writes filtered
-- own.py writes x
-- x.a <- orders.a  IDENTITY
-- x.b <- orders.b  IDENTITY
-- line 5 Warning: Computed when the script runs, so what it names is not known here: log_{year}
-- line 8 Warning: Computed when the script runs, so what it names is not known here: {t}

-- case: what hides a function, and methods that are handed on
-- dialect: postgres
-- file: hidden.py
def read_sql(q):
    return pd.read_sql("SELECT z FROM wrong", c)

def read(t):
    return pd.read_sql_table(t, c)

from lib import read_sql

def main():
    def read(t):
        return pd.read_sql_table(f"inner_{t}", c)
    read("x").to_sql("y", c)

class Job:
    table = "orders"
    def run(self, day):
        cur.execute(f"INSERT INTO d_{day} SELECT a FROM {self.table}")

read_sql("SELECT a FROM s").to_sql("d", c)
main()
pool.submit(Job().run, "mon")
job = Job()
pool.submit(job.run, "tue")
-- expect
-- d <- s
-- d_tue <- orders
-- hidden.py reads orders(a)
-- hidden.py reads s(a)
-- hidden.py reads wrong(z)
-- hidden.py writes d
-- hidden.py writes d_tue
-- hidden.py writes y
-- d.a <- s.a  IDENTITY
-- d_tue.a <- orders.a  IDENTITY

-- case: data classes take what they are given by place, and functions on one line are functions
-- dialect: postgres
-- file: place.py
@dataclass
class T:
    src: str
    dst: str = "d0"

def raw(n): return f"raw.{n}"

for t in [T("s1", "d1"), T("s2"), T(src="s3", dst="d3")]: cur.execute(f"INSERT INTO {t.dst} SELECT a FROM {raw(t.src)}")
-- expect
-- d0 <- raw.s2
-- d1 <- raw.s1
-- d3 <- raw.s3
-- place.py reads raw.s1(a)
-- place.py reads raw.s2(a)
-- place.py reads raw.s3(a)
-- place.py writes d0
-- place.py writes d1
-- place.py writes d3
-- d0.a <- raw.s2.a  IDENTITY
-- d1.a <- raw.s1.a  IDENTITY
-- d3.a <- raw.s3.a  IDENTITY

-- case: data classes, classes in classes, class methods and functions that are handed on
-- dialect: postgres
-- file: classes.py
@dataclass
class Config:
    source: str
    target: str = "mart.fallback"
    class Names:
        log = "ops.log"

class Loader:
    schema = "raw"
    @classmethod
    def of(cls, table):
        return cls(f"{cls.schema}.{table}")
    def __init__(self, source):
        self.source = source
    def load(self, target):
        cur.execute(f"INSERT INTO {target} (a) SELECT b FROM {self.source}")

config = Config(source="raw.x")
Loader(config.source).load(config.target)
Loader.of("y").load(Config.Names.log)
step = Loader
step("raw.z").load("mart.z")
-- expect
-- mart.fallback <- raw.x
-- mart.z <- raw.z
-- ops.log <- raw.y
-- classes.py reads raw.x(b)
-- classes.py reads raw.y(b)
-- classes.py reads raw.z(b)
-- classes.py writes mart.fallback(a)
-- classes.py writes mart.z(a)
-- classes.py writes ops.log(a)
-- mart.fallback.a <- raw.x.b  IDENTITY
-- mart.z.a <- raw.z.b  IDENTITY
-- ops.log.a <- raw.y.b  IDENTITY

-- case: lists that are zipped give their items side by side
-- dialect: spark
-- file: zip.py
SRC = ["raw.a", "raw.b"]
DST = ["mart.a", "mart.b"]
for s, d in zip(SRC, DST):
    spark.sql(f"INSERT INTO {d} SELECT id FROM {s}")
for n, (s, d) in enumerate(list(zip(SRC, ["stage.a", "stage.b"]))):
    spark.table(s).write.saveAsTable(d)
for s, d in dict(zip(["raw.k"], ["mart.k"])).items():
    spark.table(s).write.saveAsTable(d)
-- expect
-- mart.a <- raw.a
-- mart.b <- raw.b
-- mart.k <- raw.k
-- stage.a <- raw.a
-- stage.b <- raw.b
-- zip.py reads raw.a(id)
-- zip.py reads raw.b(id)
-- zip.py reads raw.k
-- zip.py writes mart.a
-- zip.py writes mart.b
-- zip.py writes mart.k
-- zip.py writes stage.a
-- zip.py writes stage.b
-- mart.a.id <- raw.a.id  IDENTITY
-- mart.b.id <- raw.b.id  IDENTITY

-- case: what is unpacked into a call or a list is there item by item
-- dialect: spark
-- file: unpack.py
def load(src, dst):
    spark.table(src).write.saveAsTable(dst)

CFG = {"src": "raw.cfg", "dst": "mart.cfg"}
load(**CFG)
PAIR = ("raw.pair", "mart.pair")
load(*PAIR)
MORE = {**CFG, "dst": "mart.more"}
load(**MORE)
for t in [*["raw.x", "raw.y"], "raw.z"]:
    spark.sql(f"INSERT INTO all_of SELECT id FROM {t}")
load(*unknown)
-- expect
-- all_of <- raw.x
-- all_of <- raw.y
-- all_of <- raw.z
-- mart.cfg <- raw.cfg
-- mart.more <- raw.cfg
-- mart.pair <- raw.pair
-- unpack.py reads raw.cfg
-- unpack.py reads raw.pair
-- unpack.py reads raw.x(id)
-- unpack.py reads raw.y(id)
-- unpack.py reads raw.z(id)
-- unpack.py writes all_of
-- unpack.py writes mart.cfg
-- unpack.py writes mart.more
-- unpack.py writes mart.pair
-- all_of.id <- raw.x.id  IDENTITY
-- all_of.id <- raw.y.id  IDENTITY
-- all_of.id <- raw.z.id  IDENTITY

-- case: of a list with items that are not known the others keep their places, and an order that only running makes is not made up
-- dialect: spark
-- file: gaps.py
def copy(client, src, dst):
    spark.table(src).write.saveAsTable(dst)

for s, d in zip(["raw.a", pick(), "raw.c"], ["out.a", "out.b", "out.c"]):
    spark.table(s).write.saveAsTable(d)
for s, d in zip(sorted(["raw.z", "raw.y"]), ["never.y", "never.z"]):
    spark.table(s).write.saveAsTable(d)
for k, d in zip({"raw.k": "never.k"}, ["never.l"]):
    spark.table(k).write.saveAsTable(d)
args = [connect(), "raw.p", "out.p"]
copy(*args)
copy(connect(), *["raw.q", "out.q"])
-- expect
-- out.a <- raw.a
-- out.c <- raw.c
-- out.q <- raw.q
-- gaps.py reads raw.a
-- gaps.py reads raw.c
-- gaps.py reads raw.q
-- gaps.py writes out.a
-- gaps.py writes out.b
-- gaps.py writes out.c
-- gaps.py writes out.q
