-- What the shop writes: one row per thing that happened, never changed afterwards except by the shop itself.
CREATE SCHEMA IF NOT EXISTS raw;

CREATE TABLE raw.customers (
    customer_id   BIGINT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    full_name     TEXT NOT NULL,
    country_code  CHAR(2) NOT NULL,
    signed_up_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    marketing_ok  BOOLEAN NOT NULL DEFAULT false
);

CREATE TABLE raw.products (
    product_id   BIGINT PRIMARY KEY,
    sku          TEXT NOT NULL UNIQUE,
    title        TEXT NOT NULL,
    category     TEXT NOT NULL,
    list_price   NUMERIC(10, 2) NOT NULL,
    currency     CHAR(3) NOT NULL,
    discontinued BOOLEAN NOT NULL DEFAULT false
);

CREATE TABLE raw.orders (
    order_id     BIGINT PRIMARY KEY,
    customer_id  BIGINT NOT NULL REFERENCES raw.customers (customer_id),
    placed_at    TIMESTAMPTZ NOT NULL,
    status       TEXT NOT NULL,
    total_amount NUMERIC(12, 2) NOT NULL,
    currency     CHAR(3) NOT NULL,
    session_id   TEXT
);

CREATE TABLE raw.order_items (
    order_id   BIGINT NOT NULL REFERENCES raw.orders (order_id),
    line_no    INTEGER NOT NULL,
    product_id BIGINT NOT NULL REFERENCES raw.products (product_id),
    quantity   INTEGER NOT NULL,
    unit_price NUMERIC(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line_no)
);

CREATE TABLE raw.payments (
    payment_id BIGINT PRIMARY KEY,
    order_id   BIGINT NOT NULL REFERENCES raw.orders (order_id),
    method     TEXT NOT NULL,
    amount     NUMERIC(12, 2) NOT NULL,
    paid_at    TIMESTAMPTZ,
    failed     BOOLEAN NOT NULL DEFAULT false
);

CREATE TABLE raw.web_events (
    event_id    BIGINT PRIMARY KEY,
    session_id  TEXT NOT NULL,
    customer_id BIGINT,
    event_name  TEXT NOT NULL,
    page        TEXT,
    happened_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE raw.exchange_rates (
    currency CHAR(3) NOT NULL,
    valid_on DATE NOT NULL,
    eur_rate NUMERIC(14, 6) NOT NULL,
    PRIMARY KEY (currency, valid_on)
);

COMMENT ON TABLE raw.orders IS 'One row per order, as the shop took it';
COMMENT ON COLUMN raw.orders.total_amount IS 'What the customer was asked to pay, in the currency of the order';
