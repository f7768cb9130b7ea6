-- Cleaned: one name, one type and one meaning per column; no business rules yet.
CREATE SCHEMA IF NOT EXISTS staging;

CREATE FUNCTION staging.to_eur(amount NUMERIC, from_currency CHAR(3), on_day DATE) RETURNS NUMERIC
LANGUAGE sql STABLE AS $$
    SELECT amount * r.eur_rate
    FROM raw.exchange_rates AS r
    WHERE r.currency = from_currency AND r.valid_on = on_day
$$;

CREATE VIEW staging.stg_customers AS
SELECT
    c.customer_id,
    lower(c.email) AS email,
    split_part(c.full_name, ' ', 1) AS first_name,
    c.country_code,
    c.signed_up_at::date AS signed_up_on
FROM raw.customers AS c;

CREATE VIEW staging.stg_products AS
SELECT p.product_id, p.sku, p.title, p.category, p.list_price, p.currency
FROM raw.products AS p
WHERE NOT p.discontinued;

CREATE VIEW staging.stg_orders AS
SELECT
    o.order_id,
    o.customer_id,
    o.placed_at,
    o.placed_at::date AS order_date,
    o.status,
    o.session_id,
    staging.to_eur(o.total_amount, o.currency, o.placed_at::date) AS total_eur
FROM raw.orders AS o
WHERE o.status <> 'test';

CREATE VIEW staging.stg_order_items AS
SELECT
    i.order_id,
    i.line_no,
    i.product_id,
    i.quantity,
    i.quantity * i.unit_price AS line_amount
FROM raw.order_items AS i
JOIN raw.orders AS o ON o.order_id = i.order_id;

CREATE VIEW staging.stg_payments AS
SELECT p.order_id, p.method, sum(p.amount) AS paid_amount, max(p.paid_at) AS last_paid_at
FROM raw.payments AS p
WHERE NOT p.failed
GROUP BY p.order_id, p.method;

CREATE VIEW staging.stg_sessions AS
WITH ordered AS (
    SELECT
        e.session_id,
        e.customer_id,
        e.event_name,
        e.happened_at,
        row_number() OVER (PARTITION BY e.session_id ORDER BY e.happened_at) AS position
    FROM raw.web_events AS e
)
SELECT
    session_id,
    max(customer_id) AS customer_id,
    min(happened_at) AS started_at,
    max(happened_at) AS ended_at,
    count(*) FILTER (WHERE event_name = 'add_to_cart') AS cart_events,
    max(position) AS page_count
FROM ordered
GROUP BY session_id;
