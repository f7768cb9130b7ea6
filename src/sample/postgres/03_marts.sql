-- What reports read.
CREATE SCHEMA IF NOT EXISTS marts;

CREATE TABLE marts.dim_customer (
    customer_id    BIGINT PRIMARY KEY,
    email          TEXT NOT NULL,
    first_name     TEXT,
    country_code   CHAR(2) NOT NULL,
    signed_up_on   DATE NOT NULL,
    first_order_on DATE,
    segment        TEXT NOT NULL
);

CREATE TABLE marts.dim_product AS
SELECT product_id, sku, title, category, list_price AS current_price
FROM staging.stg_products;

CREATE TABLE marts.fct_orders (
    order_id     BIGINT PRIMARY KEY,
    customer_id  BIGINT NOT NULL REFERENCES marts.dim_customer (customer_id),
    order_date   DATE NOT NULL,
    item_count   INTEGER NOT NULL,
    revenue_eur  NUMERIC(12, 2) NOT NULL,
    paid_amount  NUMERIC(12, 2),
    session_id   TEXT,
    loaded_at    TIMESTAMPTZ NOT NULL
);

CREATE TABLE marts.load_log (
    load_id    BIGSERIAL PRIMARY KEY,
    table_name TEXT NOT NULL,
    row_count  BIGINT NOT NULL,
    loaded_at  TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE VIEW marts.daily_revenue AS
SELECT
    f.order_date,
    c.country_code,
    count(*) AS order_count,
    sum(f.revenue_eur) AS revenue_eur
FROM marts.fct_orders AS f
JOIN marts.dim_customer AS c ON c.customer_id = f.customer_id
GROUP BY f.order_date, c.country_code;

CREATE VIEW marts.customer_lifetime_value AS
SELECT
    c.customer_id,
    c.segment,
    coalesce(sum(f.revenue_eur), 0) AS lifetime_value_eur,
    max(f.order_date) AS last_order_on
FROM marts.dim_customer AS c
LEFT JOIN marts.fct_orders AS f ON f.customer_id = c.customer_id
GROUP BY c.customer_id, c.segment;

CREATE MATERIALIZED VIEW marts.product_performance AS
SELECT
    p.category,
    p.title,
    sum(i.quantity) AS units_sold,
    sum(i.line_amount) AS sales_amount,
    rank() OVER (PARTITION BY p.category ORDER BY sum(i.line_amount) DESC) AS category_rank
FROM staging.stg_order_items AS i
JOIN marts.dim_product AS p ON p.product_id = i.product_id
GROUP BY p.category, p.title;

CREATE VIEW marts.conversion_funnel AS
SELECT
    s.started_at::date AS day,
    count(*) AS sessions,
    count(o.order_id) AS orders,
    count(o.order_id)::numeric / nullif(count(*), 0) AS conversion_rate
FROM staging.stg_sessions AS s
LEFT JOIN staging.stg_orders AS o ON o.session_id = s.session_id
GROUP BY s.started_at::date;
