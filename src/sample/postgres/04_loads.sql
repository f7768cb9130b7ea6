-- How the marts are filled: once a night, in this order.
CREATE FUNCTION marts.customer_segment(order_count BIGINT) RETURNS TEXT
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN order_count = 0 THEN 'new' WHEN order_count < 5 THEN 'returning' ELSE 'loyal' END
$$;

CREATE PROCEDURE marts.load_dim_customer()
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO marts.dim_customer (customer_id, email, first_name, country_code, signed_up_on, first_order_on, segment)
    SELECT
        c.customer_id,
        c.email,
        c.first_name,
        c.country_code,
        c.signed_up_on,
        min(o.order_date),
        marts.customer_segment(count(o.order_id))
    FROM staging.stg_customers AS c
    LEFT JOIN staging.stg_orders AS o ON o.customer_id = c.customer_id
    GROUP BY c.customer_id, c.email, c.first_name, c.country_code, c.signed_up_on
    ON CONFLICT (customer_id) DO UPDATE
        SET email = excluded.email, first_order_on = excluded.first_order_on, segment = excluded.segment;
END;
$$;

CREATE PROCEDURE marts.load_fct_orders(since DATE)
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM marts.fct_orders WHERE order_date >= since;

    INSERT INTO marts.fct_orders (order_id, customer_id, order_date, item_count, revenue_eur, paid_amount, session_id, loaded_at)
    SELECT
        o.order_id,
        o.customer_id,
        o.order_date,
        items.item_count,
        o.total_eur,
        p.paid_amount,
        o.session_id,
        now()
    FROM staging.stg_orders AS o
    JOIN (
        SELECT order_id, sum(quantity) AS item_count
        FROM staging.stg_order_items
        GROUP BY order_id
    ) AS items ON items.order_id = o.order_id
    LEFT JOIN staging.stg_payments AS p ON p.order_id = o.order_id
    WHERE o.order_date >= since;

    CALL marts.load_dim_customer();
END;
$$;

CREATE FUNCTION marts.log_load() RETURNS TRIGGER
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO marts.load_log (table_name, row_count)
    SELECT 'fct_orders', count(*) FROM marts.fct_orders;
    RETURN NULL;
END;
$$;

CREATE TRIGGER trg_fct_orders_loaded
AFTER INSERT ON marts.fct_orders
FOR EACH STATEMENT EXECUTE FUNCTION marts.log_load();
