-- case: a CTE is looked through
WITH c AS (SELECT a, b FROM s) INSERT INTO t (x, y) SELECT a, b FROM c;
-- expect
-- t <- s
-- script.sql reads s(a, b)
-- script.sql writes t(x, y)
-- t.x <- s.a  IDENTITY
-- t.y <- s.b  IDENTITY

-- case: a CTE that shadows a real table hides it
WITH orders AS (SELECT id, total FROM raw_orders) INSERT INTO t (x) SELECT total FROM orders;
-- expect
-- t <- raw_orders
-- script.sql reads raw_orders(id, total)
-- script.sql writes t(x)
-- t.x <- raw_orders.total  IDENTITY

-- case: a CTE may read the table that it is named after
WITH orders AS (SELECT id, total FROM orders) INSERT INTO t (x) SELECT total FROM orders;
-- expect
-- t <- orders
-- script.sql reads orders(id, total)
-- script.sql writes t(x)
-- t.x <- orders.total  IDENTITY

-- case: a CTE that nothing uses is read all the same
WITH u AS (SELECT a FROM unused), c AS (SELECT b FROM s) INSERT INTO t (x) SELECT b FROM c;
-- expect
-- t <- s
-- t <- unused
-- script.sql reads s(b)
-- script.sql reads unused(a)
-- script.sql writes t(x)
-- t.x <- s.b  IDENTITY
