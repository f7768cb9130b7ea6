-- case: a model of a manifest has its compiled query's columns
-- dialect: postgres
-- show: details
-- file: manifest.json
{
 "metadata": {
  "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
  "adapter_type": "postgres"
 },
 "nodes": {
  "model.shop.totals": {
   "resource_type": "model",
   "database": "db",
   "schema": "marts",
   "alias": "totals",
   "name": "totals",
   "config": {
    "materialized": "table"
   },
   "depends_on": {
    "nodes": [
     "source.shop.raw.orders"
    ]
   },
   "columns": {},
   "compiled_code": "select id, sum(amount) as total\nfrom \"db\".\"raw\".\"orders_v1\"\ngroup by id"
  }
 },
 "sources": {
  "source.shop.raw.orders": {
   "resource_type": "source",
   "database": "db",
   "schema": "raw",
   "identifier": "orders_v1",
   "name": "orders",
   "source_name": "raw",
   "columns": {
    "id": {
     "name": "id",
     "data_type": "integer"
    },
    "amount": {
     "name": "amount",
     "data_type": "numeric",
     "description": "In euros"
    }
   }
  }
 }
}
-- expect
-- table db.marts.totals
--   id
--   total
-- table db.raw.orders_v1
--   id INTEGER
--   amount NUMERIC -- In euros
-- db.marts.totals <- db.raw.orders_v1
-- db.marts.totals.id <- db.raw.orders_v1.id  IDENTITY
-- db.marts.totals.total <- db.raw.orders_v1.amount  AGGREGATION: sum(amount)
-- db.marts.totals <~ db.raw.orders_v1.id  GROUP_BY

-- case: a model that was not compiled is read as written
-- dialect: postgres
-- file: manifest.json
{
 "metadata": {
  "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v10.json",
  "adapter_type": "postgres"
 },
 "nodes": {
  "model.shop.totals": {
   "resource_type": "model",
   "database": "db",
   "schema": "marts",
   "alias": null,
   "name": "totals",
   "config": {
    "materialized": "incremental"
   },
   "depends_on": {
    "nodes": [
     "source.shop.raw.orders"
    ]
   },
   "columns": null,
   "raw_code": "{{ config(materialized='incremental') }}\nwith orders as (select * from {{ source('raw', 'orders') }})\nselect id, amount from orders\n{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}"
  }
 },
 "sources": {
  "source.shop.raw.orders": {
   "resource_type": "source",
   "database": "db",
   "schema": "raw",
   "identifier": "orders_v1",
   "name": "orders",
   "source_name": "raw",
   "columns": {
    "id": {
     "name": "id",
     "data_type": "integer"
    },
    "amount": {
     "name": "amount",
     "data_type": "numeric",
     "description": "In euros"
    }
   }
  }
 }
}
-- expect
-- table db.marts.totals(id, amount)
-- table db.raw.orders_v1(id, amount)
-- db.marts.totals <- db.raw.orders_v1
-- db.marts.totals.id <- db.raw.orders_v1.id  IDENTITY
-- db.marts.totals.amount <- db.raw.orders_v1.amount  IDENTITY
-- db.marts.totals <~ db.raw.orders_v1.id  FILTER

-- case: an ephemeral model is looked through
-- file: manifest.json
{
 "metadata": {
  "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v4.json",
  "adapter_type": "postgres"
 },
 "nodes": {
  "model.shop.totals": {
   "resource_type": "model",
   "schema": "marts",
   "name": "totals",
   "depends_on": {
    "nodes": [
     "model.shop.inner"
    ]
   }
  },
  "model.shop.inner": {
   "resource_type": "model",
   "schema": "marts",
   "name": "inner",
   "config": {
    "materialized": "ephemeral"
   },
   "depends_on": {
    "nodes": [
     "source.shop.raw.orders"
    ]
   }
  }
 },
 "sources": {
  "source.shop.raw.orders": {
   "resource_type": "source",
   "database": "db",
   "schema": "raw",
   "identifier": "orders_v1",
   "name": "orders",
   "source_name": "raw",
   "columns": {
    "id": {
     "name": "id",
     "data_type": "integer"
    },
    "amount": {
     "name": "amount",
     "data_type": "numeric",
     "description": "In euros"
    }
   }
  }
 }
}
-- expect
-- table db.raw.orders_v1(id, amount)
-- view marts.totals
-- marts.totals <- db.raw.orders_v1

-- case: tests of a manifest say what they claim of columns
-- show: details
-- file: manifest.json
{
 "metadata": {
  "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
  "adapter_type": "postgres"
 },
 "nodes": {
  "model.shop.orders": {
   "resource_type": "model",
   "schema": "marts",
   "name": "orders",
   "depends_on": {
    "nodes": [
     "source.shop.raw.orders"
    ]
   },
   "columns": {
    "order_id": {
     "name": "order_id"
    },
    "customer_id": {
     "name": "customer_id"
    }
   }
  },
  "model.shop.customers": {
   "resource_type": "model",
   "schema": "marts",
   "name": "customers",
   "depends_on": {
    "nodes": []
   },
   "columns": {
    "id": {
     "name": "id"
    }
   }
  },
  "test.shop.a": {
   "resource_type": "test",
   "name": "not_null",
   "column_name": "order_id",
   "attached_node": "model.shop.orders",
   "test_metadata": {
    "name": "not_null",
    "kwargs": {
     "column_name": "order_id"
    }
   },
   "depends_on": {
    "nodes": [
     "model.shop.orders"
    ]
   }
  },
  "test.shop.b": {
   "resource_type": "test",
   "name": "unique",
   "column_name": "order_id",
   "test_metadata": {
    "name": "unique",
    "kwargs": {
     "column_name": "order_id"
    }
   },
   "depends_on": {
    "nodes": [
     "model.shop.orders"
    ]
   }
  },
  "test.shop.c": {
   "resource_type": "test",
   "name": "relationships",
   "column_name": "customer_id",
   "attached_node": "model.shop.orders",
   "test_metadata": {
    "name": "relationships",
    "kwargs": {
     "to": "ref('customers')",
     "field": "id"
    }
   },
   "depends_on": {
    "nodes": [
     "model.shop.customers",
     "model.shop.orders"
    ]
   }
  }
 },
 "sources": {
  "source.shop.raw.orders": {
   "resource_type": "source",
   "database": "db",
   "schema": "raw",
   "identifier": "orders_v1",
   "name": "orders",
   "source_name": "raw",
   "columns": {
    "id": {
     "name": "id",
     "data_type": "integer"
    },
    "amount": {
     "name": "amount",
     "data_type": "numeric",
     "description": "In euros"
    }
   }
  }
 }
}
-- expect
-- table db.raw.orders_v1
--   id INTEGER
--   amount NUMERIC -- In euros
-- view marts.customers
--   id
-- view marts.orders
--   order_id NOT NULL UNIQUE
--   customer_id
-- marts.orders <- db.raw.orders_v1
-- marts.orders references marts.customers [{"columns":["customer_id"],"referenced_columns":["id"]}]

-- case: an exposure of a manifest consumes its models
-- show: details
-- file: manifest.json
{
 "metadata": {
  "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
  "adapter_type": "postgres"
 },
 "nodes": {
  "model.shop.orders": {
   "resource_type": "model",
   "schema": "marts",
   "name": "orders",
   "depends_on": {
    "nodes": []
   }
  }
 },
 "sources": {},
 "exposures": {
  "exposure.shop.weekly": {
   "name": "weekly",
   "type": "dashboard",
   "description": "KPIs",
   "depends_on": {
    "nodes": [
     "model.shop.orders"
    ]
   }
  }
 }
}
-- expect
-- view exposure.weekly [dashboard] -- KPIs
-- view marts.orders
-- exposure.weekly <- marts.orders

-- case: a catalogue gives a manifest's relations their columns and types
-- dialect: postgres
-- show: details
-- file: manifest.json
{
 "metadata": {
  "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
  "adapter_type": "postgres"
 },
 "nodes": {
  "model.shop.totals": {
   "resource_type": "model",
   "database": "db",
   "schema": "marts",
   "name": "totals",
   "config": {
    "materialized": "view"
   },
   "depends_on": {
    "nodes": [
     "source.shop.raw.orders"
    ]
   },
   "compiled_code": "select * from db.raw.orders_v1"
  }
 },
 "sources": {
  "source.shop.raw.orders": {
   "resource_type": "source",
   "database": "db",
   "schema": "raw",
   "identifier": "orders_v1",
   "name": "orders",
   "source_name": "raw",
   "columns": {
    "id": {
     "name": "id",
     "data_type": "integer"
    },
    "amount": {
     "name": "amount",
     "data_type": "numeric",
     "description": "In euros"
    }
   }
  }
 }
}
-- file: catalog.json
{
 "metadata": {
  "dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"
 },
 "nodes": {
  "model.shop.totals": {
   "metadata": {
    "type": "VIEW",
    "schema": "marts",
    "name": "totals",
    "database": "db"
   },
   "columns": {
    "ID": {
     "name": "id",
     "type": "integer",
     "index": 1
    },
    "AMOUNT": {
     "name": "amount",
     "type": "numeric",
     "index": 2
    }
   }
  }
 },
 "sources": {
  "source.shop.raw.orders": {
   "metadata": {
    "type": "BASE TABLE",
    "schema": "raw",
    "name": "orders_v1",
    "database": "db",
    "comment": "As they come"
   },
   "columns": {
    "ID": {
     "name": "id",
     "type": "integer",
     "index": 1
    },
    "AMOUNT": {
     "name": "amount",
     "type": "numeric",
     "index": 2
    }
   }
  }
 }
}
-- expect
-- table db.raw.orders_v1 -- As they come in catalog.json, manifest.json
--   id INTEGER
--   amount NUMERIC -- In euros
-- view db.marts.totals in catalog.json, manifest.json
--   id INTEGER
--   amount NUMERIC
-- db.marts.totals <- db.raw.orders_v1
-- db.marts.totals.id <- db.raw.orders_v1.id  IDENTITY
-- db.marts.totals.amount <- db.raw.orders_v1.amount  IDENTITY

-- case: models of a dbt project are relations named after their files
-- dialect: postgres
-- file: models/staging/stg_orders.sql
{{ config(materialized='view') }}
select id, amount from {{ source('raw', 'orders') }}
-- file: models/marts/totals.sql
{{ config(materialized='table', alias='order_totals') }}
with stg_orders as (select * from {{ ref('stg_orders') }})
select id, sum(amount) as total from stg_orders group by id
-- file: snapshots/orders.sql
{% snapshot orders_snapshot %}
{{ config(unique_key='id') }}
select * from {{ ref('stg_orders') }}
{% endsnapshot %}
-- expect
-- synonym totals(id, total) in models/marts/totals.sql
-- table order_totals(id, total) in models/marts/totals.sql
-- table orders_snapshot(id, amount) in snapshots/orders.sql
-- view stg_orders(id, amount) in models/staging/stg_orders.sql
-- totals <- order_totals
-- order_totals <- stg_orders
-- orders_snapshot <- stg_orders
-- stg_orders <- raw.orders
-- totals.id <- order_totals.id  IDENTITY
-- totals.total <- order_totals.total  IDENTITY
-- order_totals.id <- stg_orders.id  IDENTITY
-- order_totals.total <- stg_orders.amount  AGGREGATION: sum(amount)
-- orders_snapshot.id <- stg_orders.id  IDENTITY
-- orders_snapshot.amount <- stg_orders.amount  IDENTITY
-- stg_orders.id <- raw.orders.id  IDENTITY
-- stg_orders.amount <- raw.orders.amount  IDENTITY
-- order_totals <~ stg_orders.id  GROUP_BY

-- case: JSON that is not dbt's says nothing
-- file: x.json
{"a": "SELECT a FROM t", "nodes": {"b": 1}}
-- expect

-- case: what a model made before is not what it is made of
-- dialect: snowflake
INSERT INTO z SELECT id FROM {{ ref('a') }} {% if is_incremental() %} WHERE ts > (SELECT max(ts) FROM {{ this }}) {% endif %};
-- expect
-- z <- a
-- script.sql reads a(id, ts)
-- script.sql writes z
-- z.id <- a.id  IDENTITY
-- z <~ a.ts  FILTER

-- case: a version of a model is the model
-- dialect: snowflake
-- file: models/both.sql
select a.id, b.word
from {{ ref('orders', v=2) }} a
join {{ ref('pkg', 'words', version = 1) }} b on a.id = b.id
-- expect
-- view both(id, word)
-- both <- orders
-- both <- words
-- both.id <- orders.id  IDENTITY
-- both.word <- words.word  IDENTITY
-- both <~ orders.id  JOIN
-- both <~ words.id  JOIN

-- case: ref goes by the file's name where the model is called otherwise in the database
-- file: models/a.sql
SELECT id FROM {{ ref('base_orders') }}
-- file: models/base_orders.sql
{{ config(alias='orders_v2') }}
SELECT id, total FROM {{ source('shop', 'orders') }}
-- expect
-- synonym base_orders(id, total) in models/base_orders.sql
-- view a(id) in models/a.sql
-- view orders_v2(id, total) in models/base_orders.sql
-- base_orders <- orders_v2
-- a <- base_orders
-- orders_v2 <- shop.orders
-- base_orders.id <- orders_v2.id  IDENTITY
-- base_orders.total <- orders_v2.total  IDENTITY
-- a.id <- base_orders.id  IDENTITY
-- orders_v2.id <- shop.orders.id  IDENTITY
-- orders_v2.total <- shop.orders.total  IDENTITY

-- case: a template ends after its strings
-- file: models/f.sql
{{ config(materialized='table', post_hook="grant select on {{ this }} to role reader") }}
SELECT id FROM {{ ref('t') }}
-- expect
-- table f(id)
-- f <- t
-- f.id <- t.id  IDENTITY

-- case: what stands between the rounds of a loop is not read, and a variable names no relation
-- file: models/l.sql
{% for m in var('regions') %}
SELECT id FROM {{ ref(m) }} JOIN u USING (id)
{% if not loop.last %} UNION ALL {% endif %}
{% endfor %}
-- expect
-- view l(id)
-- l <- u (0.8)
-- l <~ u.id  JOIN (0.8)
-- line 1 Warning: A relation is left out, whose name only running would give: {{ ref(m) }}

-- case: a query that a variable is set to is none of the model, which depends on what it reads
-- file: models/k.sql
{% set q %}
SELECT max(day) FROM {{ ref('z') }}
{% endset %}
SELECT id FROM {{ ref('t') }}
-- expect
-- view k(id)
-- k <- t
-- k <- z
-- k.id <- t.id  IDENTITY

-- case: a column whose name is computed in part is left out
-- file: models/m.sql
SELECT id, {% for c in var('kinds') %} max(value) AS {{ c }}_max{{ "," if not loop.last }} {% endfor %}
FROM {{ ref('t') }}
-- expect
-- view m(id)
-- m <- t
-- m.id <- t.id  IDENTITY

-- case: the arguments of a macro that is a model are its relations
-- file: models/m.sql
{{ dbt_utils.union_relations(
    relations=[ref('north'), ref('south')]) }}
-- expect
-- view m
-- m <- north
-- m <- south

-- case: a macro after FROM stands for the relation in its arguments
-- file: models/m.sql
select a from {{ dbt_utils.deduplicate(relation=ref('s'), partition_by='a') }}
-- expect
-- view m(a)
-- m <- s
-- m.a <- s.a  IDENTITY

-- case: a variable may hold a relation
-- file: models/m.sql
{% set src = source('shop', 'customers') %}
select id from {{ src }}
-- expect
-- view m(id)
-- m <- shop.customers
-- m.id <- shop.customers.id  IDENTITY

-- case: of two ways that are queries both are read
-- file: models/m.sql
{% if target.name == 'prod' %}
select a from {{ ref('s') }}
{% else %}
select a from {{ ref('small') }} limit 10
{% endif %}
-- expect
-- view m(a)
-- m <- s
-- m <- small
-- m.a <- s.a  IDENTITY
-- m.a <- small.a  IDENTITY

-- case: ways of a template that are statements are read, each of them
-- file: steps.sql
{% if x %}
INSERT INTO a SELECT b FROM c;
{% else %}
INSERT INTO d SELECT e FROM f;
{% endif %}
{% if x %}
SELECT b FROM g;
{% else %}
SELECT b FROM h;
{% endif %}
INSERT INTO i SELECT j FROM k;
-- expect
-- a <- c
-- d <- f
-- i <- k
-- steps.sql reads c(b)
-- steps.sql reads f(e)
-- steps.sql reads g(b)
-- steps.sql reads h(b)
-- steps.sql reads k(j)
-- steps.sql writes a
-- steps.sql writes d
-- steps.sql writes i
-- a.b <- c.b  IDENTITY
-- d.e <- f.e  IDENTITY
-- i.j <- k.j  IDENTITY

-- case: a way of a template that begins with WITH is no less read than one that begins with SELECT
-- file: steps.sql
CREATE VIEW v AS {% if x %} WITH q AS (SELECT a FROM t) SELECT a FROM q {% else %} SELECT b AS a FROM u {% endif %};
CREATE VIEW w AS {% if x %} SELECT b AS a FROM u {% else %} WITH q AS (SELECT a FROM t) SELECT a FROM q {% endif %};
-- expect
-- view v(a)
-- view w(a)
-- v <- t
-- w <- u
-- steps.sql reads t(a)
-- steps.sql reads u(b)
-- v.a <- t.a  IDENTITY
-- w.a <- u.b  IDENTITY

-- case: heads of a statement in ways of a template are one
-- file: steps.sql
{% if x %} CREATE TABLE a AS {% else %} INSERT INTO a {% endif %} SELECT b FROM c;
-- expect
-- table a(b)
-- a <- c
-- a.b <- c.b  IDENTITY

-- case: a tag of a template over several lines keeps its lines
-- file: steps.sql
CREATE VIEW v AS {% if x %} SELECT a FROM t {%
else
%} SELECT a FROM u {% endif %};
INSERT INTO w SELECT q FROM ;
-- expect
-- view v(a)
-- v <- t
-- steps.sql reads u(a)
-- steps.sql writes w (0.4)
-- v.a <- t.a  IDENTITY
-- line 4 Warning: INSERT understood only in part: Expected: identifier, found: EOF

-- case: what a template runs or defines is a statement of its own
-- file: steps.sql
{% call statement('x') %} INSERT INTO a SELECT b FROM c {% endcall %}
{% macro m() %} INSERT INTO d SELECT e FROM f {% endmacro %}
{% macro half(x) %} {{ x }} / 2 {% endmacro %}
CREATE VIEW v AS {% call logged() %} SELECT g FROM h {% endcall %};
-- expect
-- view v(g)
-- a <- c
-- d <- f
-- v <- h
-- steps.sql reads c(b)
-- steps.sql reads f(e)
-- steps.sql writes a
-- steps.sql writes d
-- a.b <- c.b  IDENTITY
-- d.e <- f.e  IDENTITY
-- v.g <- h.g  IDENTITY

-- case: what stands in any way of a template counts
-- file: models/m.sql
select {% if var('k') %} a {% elif x %} b {% else %} c {% endif %} as z, d from {{ ref('s') }}
{% if is_incremental() %} where e > 1 {% else %} where e > (select max(f) from {{ ref('other') }}) {% endif %}
-- expect
-- view m(z, d)
-- m <- other
-- m <- s
-- m.z <- s.a  IDENTITY
-- m.z <- s.b  IDENTITY
-- m.z <- s.c  IDENTITY
-- m.d <- s.d  IDENTITY
-- m <~ other.f  FILTER
-- m <~ s.e  FILTER

-- case: a way that holds nothing leaves the other
-- file: models/m.sql
{% if x %}{% else %}select a{% endif %} from {{ ref('s') }}
-- expect
-- view m(a)
-- m <- s
-- m.a <- s.a  IDENTITY

-- case: a loop over relations takes all of them
-- file: models/m.sql
{% for r in [ref('north'), ref('south')] %}
select id from {{ r }}
{% if not loop.last %} union all {% endif %}
{% endfor %}
-- expect
-- view m(id)
-- m <- north
-- m <- south
-- m.id <- north.id  IDENTITY
-- m.id <- south.id  IDENTITY

-- case: what runs while a model is compiled is no part of it
-- file: models/m.sql
{%- call statement('q', fetch_result=True) -%} select max(id) from {{ ref('o') }} {%- endcall -%}
{% macro half(x) %} {{ x }} / 2 {% endmacro %}
select a from {{ ref('s') }}
-- expect
-- view m(a)
-- m <- o
-- m <- s
-- m.a <- s.a  IDENTITY

-- case: a comment may name what a model depends on
-- file: models/m.sql
-- depends_on: {{ ref('seed') }}
select a from {{ ref('s') }}
-- expect
-- view m(a)
-- m <- s
-- m <- seed
-- m.a <- s.a  IDENTITY

-- case: constants, lists of them and loops over them are written out
-- file: models/pivoted.sql
{% set kinds = ['card', 'cash'] %}
SELECT shop
{%- for kind in kinds %},
  sum(CASE WHEN paid_by = '{{ kind }}' THEN total END) AS {{ kind }}_total
{%- endfor %}
FROM {{ ref('payments') }} GROUP BY shop
-- expect
-- view pivoted(shop, card_total, cash_total)
-- pivoted <- payments
-- pivoted.shop <- payments.shop  IDENTITY
-- pivoted.card_total <- payments.paid_by  CONDITIONAL: sum(CASE WHEN paid_by = 'card' THEN total END)
-- pivoted.card_total <- payments.total  AGGREGATION: sum(CASE WHEN paid_by = 'card' THEN total END)
-- pivoted.cash_total <- payments.paid_by  CONDITIONAL: sum(CASE WHEN paid_by = 'cash' THEN total END)
-- pivoted.cash_total <- payments.total  AGGREGATION: sum(CASE WHEN paid_by = 'cash' THEN total END)
-- pivoted <~ payments.shop  GROUP_BY

-- case: a loop over relations reads each of them
-- file: models/regions.sql
{% for part in [ref('north'), ref('south')] %}
SELECT shop FROM {{ part }}
{% if not loop.last %} UNION ALL {% endif %}
{% endfor %}
-- expect
-- view regions(shop)
-- regions <- north
-- regions <- south
-- regions.shop <- north.shop  IDENTITY
-- regions.shop <- south.shop  IDENTITY

-- case: a variable of a template may be a relation
-- file: models/kept.sql
{% set origin = source('till', 'slips') %}
SELECT slip FROM {{ origin }}
-- expect
-- view kept(slip)
-- kept <- till.slips
-- kept.slip <- till.slips.slip  IDENTITY

-- case: a model is what each branch of its template makes of it
-- file: models/either.sql
{{ config(materialized='incremental') }}
{% if target.name == 'prod' %}
SELECT slip, total FROM {{ ref('slips') }}
{% else %}
SELECT slip, {% if var('net') %} net {% else %} gross {% endif %} AS total FROM {{ ref('slips_sample') }} LIMIT 100
{% endif %}
-- expect
-- table either(slip, total)
-- either <- slips
-- either <- slips_sample
-- either.slip <- slips.slip  IDENTITY
-- either.slip <- slips_sample.slip  IDENTITY
-- either.total <- slips.total  IDENTITY
-- either.total <- slips_sample.gross  IDENTITY

-- case: a condition may stand in each branch
-- file: models/newer.sql
WITH s AS (
  SELECT * FROM {{ ref('slips') }}
  {% if is_incremental() %}
  WHERE day > (SELECT max(day) FROM {{ this }})
  {% else %}
  WHERE day > '2024-01-01'
  {% endif %}
)
SELECT slip, day FROM s
-- expect
-- view newer(slip, day)
-- newer <- slips
-- newer.slip <- slips.slip  IDENTITY
-- newer.day <- slips.day  IDENTITY
-- newer <~ slips.day  FILTER

-- case: a model depends on the relations that macros are given
-- file: models/stacked.sql
{{ dbt_utils.union_relations(relations=[ref('north'), ref('south')]) }}
-- file: models/first_of_each.sql
SELECT slip FROM {{ dbt_utils.deduplicate(relation=ref('slips'), partition_by='slip', order_by='day desc') }}
-- file: models/made.sql
WITH made AS ( {{ expanded(ref('slips'), 'day') }} ) SELECT slip FROM made
-- file: models/compared.sql
{{ audit.compare(a_relation=ref('north'), b_relation=ref('south')) }}
-- file: models/days.sql
-- Every day there is.
{{ dbt_utils.date_spine(datepart='day', start_date="cast('2024-01-01' as date)", end_date='current_date') }}
-- expect
-- view compared in models/compared.sql
-- view days in models/days.sql
-- view first_of_each(slip) in models/first_of_each.sql
-- view made(slip) in models/made.sql
-- view stacked in models/stacked.sql
-- compared <- north (0.8)
-- compared <- south (0.8)
-- first_of_each <- slips
-- made <- slips (0.8)
-- stacked <- north
-- stacked <- south
-- first_of_each.slip <- slips.slip  IDENTITY
-- models/made.sql line 1 Info: What is left out here only running would give: {{ expanded(ref('slips'), 'day') }}
-- models/compared.sql line 1 Info: What is left out here only running would give: {{ audit.compare(a_relation=ref('north'), b_relation=ref('south')) }}

-- case: what a template only calls or defines is no query of the model
-- file: models/told.sql
{% macro filled(x) %} coalesce({{ x }}, 0) {% endmacro %}
{%- call statement('last', fetch_result=True) -%} SELECT max(slip) FROM {{ ref('slips') }} {%- endcall -%}
-- depends_on: {{ ref('days') }}
SELECT total FROM {{ ref('payments') }}
-- expect
-- view told(total)
-- told <- days
-- told <- payments
-- told <- slips
-- told.total <- payments.total  IDENTITY

-- case: only config names a model otherwise
-- file: models/starred.sql
SELECT a.slip, {{ dbt_utils.star(from=ref('shops'), relation_alias='shops', prefix='shop_') }}
FROM {{ ref('slips') }} a JOIN {{ ref('shops') }} shops USING (shop)
-- expect
-- view starred(slip)
-- starred <- shops (0.8)
-- starred <- slips (0.8)
-- starred.slip <- slips.slip  IDENTITY (0.8)
-- starred <~ shops.shop  JOIN (0.8)
-- starred <~ slips.shop  JOIN (0.8)
-- line 1 Info: What is left out here only running would give: {{ dbt_utils.star(from=ref('shops'), relation_alias='shops', prefix='shop_') }}

-- case: a template says nothing of the dialect
-- file: models/safe.sql
SELECT slip, {{ dbt_utils.safe_divide('total', 'pieces') }} AS each, {{ listed(['a', 'b']) }} AS l FROM {{ ref('slips') }}
-- expect
-- view safe(slip, each, l)
-- safe <- slips (0.8)
-- safe.slip <- slips.slip  IDENTITY (0.8)
-- line 1 Info: What is left out here only running would give: {{ dbt_utils.safe_divide('total', 'pieces') }}

-- case: a source is not the model that is called like it
-- file: models/bills.sql
SELECT id, amount AS total FROM {{ ref('stg_bills') }}
-- file: models/copied.sql
SELECT * FROM {{ source('till', 'bills') }}
-- file: models/beside.sql
SELECT * FROM {{ ref('bills') }}
-- expect
-- view beside(id, total) in models/beside.sql
-- view bills(id, total) in models/bills.sql
-- view copied in models/copied.sql
-- beside <- bills
-- bills <- stg_bills
-- copied <- till.bills
-- beside.id <- bills.id  IDENTITY
-- beside.total <- bills.total  IDENTITY
-- bills.id <- stg_bills.id  IDENTITY
-- bills.total <- stg_bills.amount  IDENTITY

-- case: a column that only running would name keeps its place in a union
-- file: models/both.sql
SELECT {{ label('x') }}, b FROM {{ ref('t') }} UNION ALL SELECT a, c FROM {{ ref('u') }}
-- expect
-- view both(b)
-- both <- t (0.8)
-- both <- u (0.8)
-- both.b <- t.b  IDENTITY (0.8)
-- both.b <- u.c  IDENTITY (0.8)
-- line 1 Info: What is left out here only running would give: {{ label('x') }}
