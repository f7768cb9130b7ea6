-- case: columns that Spark's select, filter and withColumn take are followed
-- dialect: spark
-- file: load.py
from pyspark.sql import functions as F
orders = spark.table("raw.orders").filter(F.col("state") == "done")
out = (
    orders
    .withColumn("total", F.col("price") * F.col("amount") + 100)
    .select("id", F.upper("city").alias("town"), orders.day, "total")
    .withColumnRenamed("day", "sold_on")
    .drop("nothing")
)
out.write.mode("overwrite").saveAsTable("mart.sales")
-- expect
-- mart.sales <- raw.orders
-- load.py reads raw.orders(amount, city, day, id, price, state)
-- load.py writes mart.sales
-- mart.sales.id <- raw.orders.id  IDENTITY
-- mart.sales.sold_on <- raw.orders.day  IDENTITY
-- mart.sales.total <- raw.orders.amount  TRANSFORMATION: F.col("price") * F.col("amount") + 100
-- mart.sales.total <- raw.orders.price  TRANSFORMATION: F.col("price") * F.col("amount") + 100
-- mart.sales.town <- raw.orders.city  TRANSFORMATION: F.upper("city")
-- mart.sales <~ raw.orders.state  FILTER

-- case: Spark's joins and groups are followed
-- dialect: spark
-- file: load.py
import pyspark.sql.functions as F
o = spark.sql("SELECT id, customer, amount FROM raw.orders")
c = spark.table("raw.customers").select("customer", "region")
r = o.join(c, on="customer", how="left").groupBy("region").agg(F.sum("amount").alias("total"), F.count("id").alias("orders"))
r.orderBy("region").write.insertInto("mart.regions")
-- expect
-- mart.regions <- raw.customers
-- mart.regions <- raw.orders
-- load.py reads raw.customers(customer, region)
-- load.py reads raw.orders(amount, customer, id)
-- load.py writes mart.regions
-- mart.regions.orders <- raw.orders.id  AGGREGATION: F.count("id")
-- mart.regions.region <- raw.customers.region  IDENTITY
-- mart.regions.total <- raw.orders.amount  AGGREGATION: F.sum("amount")
-- mart.regions <~ raw.customers.customer  JOIN
-- mart.regions <~ raw.customers.region  GROUP_BY
-- mart.regions <~ raw.orders.customer  JOIN

-- case: selectExpr and expr are SQL
-- dialect: spark
-- file: load.py
df = spark.table("raw.t").selectExpr("a + b AS c", "d").withColumn("e", F.expr("upper(d)"))
df.write.saveAsTable("mart.u")
-- expect
-- mart.u <- raw.t
-- load.py reads raw.t(a, b, d)
-- load.py writes mart.u
-- mart.u.c <- raw.t.a  TRANSFORMATION: a + b
-- mart.u.c <- raw.t.b  TRANSFORMATION: a + b
-- mart.u.d <- raw.t.d  IDENTITY
-- mart.u.e <- raw.t.d  TRANSFORMATION: upper(d)

-- case: a window and a condition
-- dialect: spark
-- file: load.py
w = Window.partitionBy("customer").orderBy(F.col("day").desc())
df = spark.table("raw.t").withColumn("n", F.row_number().over(w)).withColumn("big", F.when(F.col("amount") > 10, F.lit("y")).otherwise("n"))
df.select("customer", "n", "big").write.saveAsTable("mart.v")
-- expect
-- mart.v <- raw.t
-- load.py reads raw.t(amount, customer, day)
-- load.py writes mart.v
-- mart.v.big <- raw.t.amount  TRANSFORMATION: F.when(F.col("amount") > 10, F.lit("y")).otherwise("n")
-- mart.v.customer <- raw.t.customer  IDENTITY
-- mart.v.n <- raw.t.customer  TRANSFORMATION: F.row_number().over(w)
-- mart.v.n <- raw.t.day  TRANSFORMATION: F.row_number().over(w)

-- case: pandas' columns are followed
-- dialect: postgres
-- file: load.py
import pandas as pd
df = pd.read_sql("SELECT id, price, amount, city FROM raw.sales", con)
df["total"] = df["price"] * df["amount"]
df["source"] = "web"
df = df[df["price"] > 0]
df = df.rename(columns={"city": "town"})
out = df[["id", "total", "town", "source"]].drop_duplicates()
out.to_sql("sales", con, schema="mart")
-- expect
-- mart.sales <- raw.sales
-- load.py reads raw.sales(amount, city, id, price)
-- load.py writes mart.sales
-- mart.sales.id <- raw.sales.id  IDENTITY
-- mart.sales.total <- raw.sales.amount  TRANSFORMATION: df["price"] * df["amount"]
-- mart.sales.total <- raw.sales.price  TRANSFORMATION: df["price"] * df["amount"]
-- mart.sales.town <- raw.sales.city  IDENTITY
-- mart.sales <~ raw.sales.price  FILTER

-- case: pandas' merge and agg are followed
-- dialect: postgres
-- file: load.py
import pandas as pd
a = pd.read_sql("SELECT id, amount, day FROM raw.a", con)
b = pd.read_sql("SELECT a_id, region FROM raw.b", con)
m = a.merge(b, left_on="id", right_on="a_id", how="left")
g = m.groupby(["region", "day"]).agg(total=("amount", "sum"), most=("amount", "max")).reset_index()
g.to_sql("c", con)
-- expect
-- c <- raw.a
-- c <- raw.b
-- load.py reads raw.a(amount, day, id)
-- load.py reads raw.b(a_id, region)
-- load.py writes c
-- c.day <- raw.a.day  IDENTITY
-- c.most <- raw.a.amount  AGGREGATION: ("amount", "max")
-- c.region <- raw.b.region  IDENTITY
-- c.total <- raw.a.amount  AGGREGATION: ("amount", "sum")
-- c <~ raw.a.day  GROUP_BY
-- c <~ raw.a.id  JOIN
-- c <~ raw.b.a_id  JOIN
-- c <~ raw.b.region  GROUP_BY

-- case: polars' columns are followed
-- dialect: postgres
-- file: load.py
import polars as pl
df = pl.read_database("SELECT id, a, b FROM raw.t", con)
df = df.with_columns((pl.col("a") + pl.col("b")).alias("c"), d=pl.col("a").cast(pl.Int64))
df.filter(pl.col("c") > 3).select("id", "c", "d").write_database("mart.t", con)
-- expect
-- mart.t <- raw.t
-- load.py reads raw.t(a, b, id)
-- load.py writes mart.t
-- mart.t.c <- raw.t.a  TRANSFORMATION: (pl.col("a") + pl.col("b"))
-- mart.t.c <- raw.t.b  TRANSFORMATION: (pl.col("a") + pl.col("b"))
-- mart.t.d <- raw.t.a  TRANSFORMATION: pl.col("a").cast(pl.Int64)
-- mart.t.id <- raw.t.id  IDENTITY
-- mart.t <~ raw.t.a  FILTER
-- mart.t <~ raw.t.b  FILTER

-- case: rows of several frames one after the other
-- dialect: spark
-- file: load.py
a = spark.table("raw.a").select("id", "x")
b = spark.table("raw.b").select("x", "id")
a.unionByName(b).write.saveAsTable("mart.ab")
-- expect
-- mart.ab <- raw.a
-- mart.ab <- raw.b
-- load.py reads raw.a(id, x)
-- load.py reads raw.b(id, x)
-- load.py writes mart.ab
-- mart.ab.id <- raw.a.id  IDENTITY
-- mart.ab.id <- raw.b.id  IDENTITY
-- mart.ab.x <- raw.a.x  IDENTITY
-- mart.ab.x <- raw.b.x  IDENTITY

-- case: what is not understood leaves the tables
-- dialect: spark
-- file: load.py
df = spark.table("raw.t").select([c for c in columns])
df.write.saveAsTable("mart.a")
other = spark.table("raw.u")
two = spark.table("raw.t")
two["x"] = other["y"]
two.write.saveAsTable("mart.b")
-- expect
-- mart.a <- raw.t (0.5)
-- mart.b <- raw.t (0.5)
-- mart.b <- raw.u (0.5)
-- load.py reads raw.t
-- load.py reads raw.u
-- load.py writes mart.a
-- load.py writes mart.b

-- case: columns of a file that a frame selects are the file's
-- dialect: spark
-- file: load.py
from pyspark.sql.functions import col, lit
df = spark.read.parquet("s3://raw/orders").select(col("id"), (col("a") / col("b")).alias("c"))
df.withColumn("kind", lit("web")).write.saveAsTable("mart.orders")
pd.read_csv("data/x.csv").to_sql("whole", con)
-- expect
-- mart.orders <- path:s3://raw/orders
-- whole <- path:data/x.csv (0.5)
-- load.py reads path:data/x.csv
-- load.py reads path:s3://raw/orders(a, b, id)
-- load.py writes mart.orders
-- load.py writes whole
-- mart.orders.c <- path:s3://raw/orders.a  TRANSFORMATION: (col("a") / col("b"))
-- mart.orders.c <- path:s3://raw/orders.b  TRANSFORMATION: (col("a") / col("b"))
-- mart.orders.id <- path:s3://raw/orders.id  IDENTITY

-- case: a model in Python has the columns of the frame that it returns
-- dialect: snowflake
-- file: models/totals.py
def model(dbt, session):
    dbt.config(materialized="table")
    orders = dbt.ref("orders")
    return orders.groupBy("customer").agg(F.sum("amount").alias("total"))
-- expect
-- table totals(customer, total)
-- totals <- orders
-- models/totals.py reads orders
-- totals.customer <- orders.customer  IDENTITY
-- totals.total <- orders.amount  AGGREGATION: F.sum("amount")
-- totals <~ orders.customer  GROUP_BY

-- case: insertInto goes by places
-- dialect: spark
-- file: a.sql
CREATE TABLE mart.t (x int, y int);
-- file: load.py
spark.table("raw.t").select("a", "b").write.insertInto("mart.t")
-- expect
-- table mart.t(x, y) in a.sql
-- mart.t <- raw.t
-- load.py reads raw.t(a, b)
-- load.py writes mart.t
-- mart.t.x <- raw.t.a  IDENTITY
-- mart.t.y <- raw.t.b  IDENTITY

-- case: a frame's rows in SQL have its columns
-- dialect: spark
-- file: load.py
df = spark.table("raw.t").select("a", (F.col("b") + 1).alias("c"))
df.createOrReplaceTempView("v")
spark.sql("INSERT INTO mart.u SELECT a, c AS d FROM v WHERE c > 0")
-- expect
-- mart.u <- raw.t
-- load.py reads raw.t(a, b)
-- load.py writes mart.u
-- mart.u.a <- raw.t.a  IDENTITY
-- mart.u.d <- raw.t.b  TRANSFORMATION: (F.col("b") + 1)
-- mart.u <~ raw.t.b  FILTER

-- case: a frame that is merged with itself again and again keeps its tables
-- dialect: spark
-- file: load.py
df = spark.table("raw.t").select("a")
for n in range(9):
    df = df.join(df, "a")
    df = df.join(df, "a")
    df = df.join(df, "a")
    df = df.join(df, "a")
    df = df.join(df, "a")
    df = df.join(df, "a")
    df = df.join(df, "a")
    df = df.join(df, "a")
df.write.saveAsTable("mart.u")
-- expect
-- mart.u <- raw.t (0.5)
-- load.py reads raw.t
-- load.py writes mart.u
-- line 9 Warning: From here on not all columns of data frames are followed: a frame is made of more others than are followed

-- case: a column that is counted with is no copy
-- dialect: spark
-- file: load.py
df = spark.table("raw.t")
df = df.withColumn("b", df.a * 2).withColumn("c", -df["a"]).withColumn("d", df.a)
df.select("b", "c", "d").write.saveAsTable("mart.t")
-- expect
-- mart.t <- raw.t
-- load.py reads raw.t(a)
-- load.py writes mart.t
-- mart.t.b <- raw.t.a  TRANSFORMATION: df.a * 2
-- mart.t.c <- raw.t.a  TRANSFORMATION: -df["a"]
-- mart.t.d <- raw.t.a  IDENTITY

-- case: columns may begin with what a frame is called
-- dialect: spark
-- file: load.py
from pyspark.sql import functions as F
o = spark.table("raw.orders").select("id", "customer_id", "qty", "price")
c = spark.table("raw.customers").select(F.col("id").alias("customer"), "name", "address.city")
j = o.alias("o").join(c.alias("c"), F.col("o.customer_id") == F.col("c.customer"), "left").where("o.qty > 0")
j.select("o.id", "c.name", "c.city", (F.col("o.qty") * F.col("o.price")).alias("revenue"), F.lit(1).alias("one")).write.saveAsTable("gold.r")
-- expect
-- gold.r <- raw.customers
-- gold.r <- raw.orders
-- load.py reads raw.customers(address, id, name)
-- load.py reads raw.orders(customer_id, id, price, qty)
-- load.py writes gold.r
-- gold.r.city <- raw.customers.address  TRANSFORMATION: address.city
-- gold.r.id <- raw.orders.id  IDENTITY
-- gold.r.name <- raw.customers.name  IDENTITY
-- gold.r.revenue <- raw.orders.price  TRANSFORMATION: (F.col("o.qty") * F.col("o.price"))
-- gold.r.revenue <- raw.orders.qty  TRANSFORMATION: (F.col("o.qty") * F.col("o.price"))
-- gold.r <~ raw.customers.id  JOIN
-- gold.r <~ raw.orders.customer_id  JOIN
-- gold.r <~ raw.orders.qty  FILTER

-- case: pandas' filter picks the columns of a list
-- file: load.py
import pandas as pd
df = pd.read_sql("SELECT a, b, c FROM s.t", con)
df.filter(["a", "b"]).to_sql("m", con)
df.filter(items=["c"]).to_sql("n", con)
-- expect
-- m <- s.t
-- n <- s.t
-- load.py reads s.t(a, b, c)
-- load.py writes m
-- load.py writes n
-- m.a <- s.t.a  IDENTITY
-- m.b <- s.t.b  IDENTITY
-- n.c <- s.t.c  IDENTITY

-- case: functions of columns that go without their module's name
-- dialect: spark
-- file: job.py
from pyspark.sql.functions import upper, sum as total, col
df = spark.table("s").select(upper("a").alias("b"), "k")
df.groupBy("k").agg(max("b").alias("m")).write.saveAsTable("other")
df.write.saveAsTable("o")
-- file: star.py
from pyspark.sql.functions import *
spark.table("s").groupBy("k").agg(max("v").alias("m")).write.saveAsTable("p")
-- expect
-- o <- s
-- other <- s (0.5)
-- p <- s
-- job.py reads s(a, k)
-- job.py writes o
-- job.py writes other
-- star.py reads s(k, v)
-- star.py writes p
-- o.b <- s.a  TRANSFORMATION: upper("a")
-- o.k <- s.k  IDENTITY
-- p.k <- s.k  IDENTITY
-- p.m <- s.v  AGGREGATION: max("v")
-- p <~ s.k  GROUP_BY
