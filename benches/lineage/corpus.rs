//! A project's worth of SQL as people write it, made up: procedures, views, star queries, loads, definitions.

/// SQL and the dialect it is written in.
pub struct File {
    /// An id of `lineage::dialect::DIALECTS`.
    pub dialect: &'static str,
    pub text: String,
}

/// Bytes of one file: a folder of migrations or procedures, not one giant.
const FILE_BYTES: usize = 40_000;

/// Files of together at least `bytes`, always the same for the same `bytes`.
pub fn synthetic(bytes: usize) -> Vec<File> {
    let mut files = Vec::new();
    let (mut total, mut unit) = (0, 0);
    while total < bytes {
        let (dialect, templates) = FAMILIES[files.len() % FAMILIES.len()];
        let mut text = String::with_capacity(FILE_BYTES + 4096);
        while text.len() < FILE_BYTES.min(bytes) {
            fill(templates[unit % templates.len()], unit, &mut text);
            unit += 1;
        }
        total += text.len();
        files.push(File { dialect, text });
    }
    files
}

/// `template` with `{n}` the unit's number and `{e}`, `{m}`, `{x}` words that vary with it.
fn fill(template: &str, unit: usize, out: &mut String) {
    let entity = ENTITIES[unit * 7 % ENTITIES.len()];
    let measure = MEASURES[unit * 5 % MEASURES.len()];
    let attribute = ATTRIBUTES[unit * 3 % ATTRIBUTES.len()];
    let text = template.replace("{n}", &unit.to_string()).replace("{e}", entity).replace("{m}", measure).replace("{x}", attribute);
    out.push_str(&text);
    out.push('\n');
}

const ENTITIES: [&str; 12] =
    ["order", "shipment", "invoice", "payment", "subscription", "return", "visit", "ticket", "policy", "claim", "booking", "delivery"];
const MEASURES: [&str; 9] =
    ["net_amount", "quantity", "gross_margin", "discount_value", "duration_minutes", "unit_cost", "tax_amount", "weight_kg", "score"];
const ATTRIBUTES: [&str; 7] = ["region_code", "channel", "status", "warehouse_id", "currency", "segment_name", "campaign"];

const FAMILIES: [(&str, &[&str]); 5] = [
    ("tsql", &[TSQL_TABLE, TSQL_PROCEDURE, TSQL_VIEW, TSQL_MERGE]),
    ("postgres", &[POSTGRES_TABLE, POSTGRES_VIEW, POSTGRES_WINDOWS, POSTGRES_FUNCTION]),
    ("snowflake", &[STAR_QUERY, SNOWFLAKE_LOAD, STAR_UNION, SNOWFLAKE_MERGE]),
    ("spark", &[SPARK_LOAD, STAR_QUERY, SPARK_TABLE]),
    ("postgres", &[STAR_UNION, POSTGRES_LOAD, STAR_QUERY, POSTGRES_WINDOWS]),
];

const TSQL_TABLE: &str = "
CREATE TABLE [sales].[{e}_{n}] (
    [{e}_id]        INT IDENTITY(1,1) NOT NULL,
    [customer_id]   INT NOT NULL,
    [{m}]           DECIMAL(18, 4) NOT NULL DEFAULT (0),
    [{x}]           NVARCHAR(40) NULL,
    [placed_at]     DATETIME2(3) NOT NULL CONSTRAINT [df_{e}_{n}_placed] DEFAULT (SYSUTCDATETIME()),
    [row_version]   ROWVERSION NOT NULL,
    CONSTRAINT [pk_{e}_{n}] PRIMARY KEY CLUSTERED ([{e}_id] ASC),
    CONSTRAINT [fk_{e}_{n}_customer] FOREIGN KEY ([customer_id]) REFERENCES [sales].[customer] ([customer_id])
);
GO
CREATE NONCLUSTERED INDEX [ix_{e}_{n}_{x}] ON [sales].[{e}_{n}] ([{x}]) INCLUDE ([{m}]);
GO
";

const TSQL_PROCEDURE: &str = "
-- Nightly load of the {e} facts of unit {n}.
CREATE OR ALTER PROCEDURE [etl].[load_{e}_{n}]
    @from DATE = NULL,
    @batch INT,
    @rows INT OUTPUT
AS
BEGIN
    SET NOCOUNT ON;
    DECLARE @started DATETIME2 = SYSUTCDATETIME(), @message NVARCHAR(2048)
    IF @from IS NULL
        SELECT @from = MAX(loaded_until) FROM etl.watermark WHERE subject = N'{e}_{n}'
    BEGIN TRY
        BEGIN TRANSACTION
        SELECT o.{e}_id, o.customer_id, c.{x}, SUM(l.{m} * l.rate) AS {m}, COUNT(*) AS line_count
        INTO #staged
        FROM staging.{e}_{n} o
        INNER JOIN staging.{e}_{n}_line l ON l.{e}_id = o.{e}_id
        LEFT JOIN [dim].[customer] c WITH (NOLOCK) ON c.customer_id = o.customer_id AND c.is_current = 1
        WHERE o.changed_at >= @from AND l.deleted = 0
        GROUP BY o.{e}_id, o.customer_id, c.{x}

        UPDATE f
        SET f.{m} = s.{m}, f.line_count = s.line_count, f.updated_at = GETDATE()
        FROM [fact].[{e}_{n}] AS f
        JOIN #staged AS s ON s.{e}_id = f.{e}_id
        WHERE f.{m} <> s.{m}

        INSERT INTO [fact].[{e}_{n}] ({e}_id, customer_id, {x}, {m}, line_count, batch_id)
        SELECT s.{e}_id, s.customer_id, ISNULL(s.{x}, 'unknown'), s.{m}, s.line_count, @batch
        FROM #staged s
        WHERE NOT EXISTS (SELECT 1 FROM [fact].[{e}_{n}] f WHERE f.{e}_id = s.{e}_id)

        SET @rows = @@ROWCOUNT
        DELETE FROM staging.{e}_{n} WHERE changed_at < DATEADD(DAY, -7, @from)
        EXEC etl.set_watermark @subject = N'{e}_{n}', @until = @started
        COMMIT TRANSACTION
    END TRY
    BEGIN CATCH
        IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION
        SET @message = ERROR_MESSAGE()
        INSERT INTO etl.failure (subject, message, failed_at) VALUES (N'{e}_{n}', @message, GETDATE())
        RAISERROR(@message, 16, 1)
    END CATCH
END
GO
";

const TSQL_VIEW: &str = "
CREATE VIEW [report].[{e}_by_{x}_{n}]
AS
WITH ranked AS (
    SELECT f.{e}_id, f.customer_id, f.{x}, f.{m},
           ROW_NUMBER() OVER (PARTITION BY f.customer_id ORDER BY f.placed_at DESC) AS rn
    FROM [fact].[{e}_{n}] f
)
SELECT r.{x} AS [{x}],
       COUNT(DISTINCT r.customer_id) AS [customers],
       SUM(r.{m}) AS [total {m}],
       CASE WHEN SUM(r.{m}) > 10000 THEN 'large' WHEN SUM(r.{m}) > 100 THEN 'medium' ELSE 'small' END AS [class],
       CONVERT(VARCHAR(10), MAX(d.calendar_date), 120) AS [last day]
FROM ranked r
CROSS APPLY (SELECT TOP (1) x.calendar_date FROM [dim].[calendar] x WHERE x.{e}_id = r.{e}_id ORDER BY x.calendar_date DESC) d
WHERE r.rn = 1
GROUP BY r.{x};
GO
";

const TSQL_MERGE: &str = "
MERGE INTO [dim].[{e}_{n}] AS target
USING (
    SELECT s.{e}_key, s.{x}, TRIM(s.name) AS name, s.{m}, HASHBYTES('SHA2_256', CONCAT(s.name, '|', s.{x})) AS row_hash
    FROM [staging].[{e}_{n}] s
    JOIN [ref].[{x}] r ON r.code = s.{x}
) AS source
ON target.{e}_key = source.{e}_key
WHEN MATCHED AND target.row_hash <> source.row_hash THEN
    UPDATE SET target.name = source.name, target.{x} = source.{x}, target.{m} = source.{m}, target.row_hash = source.row_hash
WHEN NOT MATCHED BY TARGET THEN
    INSERT ({e}_key, name, {x}, {m}, row_hash)
    VALUES (source.{e}_key, source.name, source.{x}, source.{m}, source.row_hash);
GO
";

const POSTGRES_TABLE: &str = "
CREATE TABLE IF NOT EXISTS raw.{e}_{n} (
    {e}_id bigserial PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES raw.customer (customer_id) ON DELETE CASCADE,
    {x} text,
    {m} numeric(14, 2) NOT NULL DEFAULT 0 CHECK ({m} >= 0),
    details jsonb NOT NULL DEFAULT '{}'::jsonb,
    placed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (customer_id, placed_at)
);
COMMENT ON TABLE raw.{e}_{n} IS 'Every {e} of unit {n} as the source sends it';
COMMENT ON COLUMN raw.{e}_{n}.{m} IS 'In the currency of the account';
CREATE INDEX ix_{e}_{n}_placed ON raw.{e}_{n} USING btree (placed_at DESC);
";

const POSTGRES_VIEW: &str = "
CREATE OR REPLACE VIEW mart.{e}_summary_{n} AS
WITH paid AS (
    SELECT o.{e}_id, o.customer_id, o.{x}, date_trunc('month', o.placed_at) AS month, o.{m}
    FROM raw.{e}_{n} o
    WHERE o.details ->> 'state' = 'paid' AND o.placed_at >= current_date - interval '2 years'
), per_customer AS (
    SELECT p.customer_id, p.month, sum(p.{m}) AS {m}, count(*) FILTER (WHERE p.{x} IS NOT NULL) AS tagged
    FROM paid p
    GROUP BY p.customer_id, p.month
)
SELECT c.customer_id, c.full_name, pc.month, pc.{m}, pc.tagged,
       pc.{m} - lag(pc.{m}, 1, 0) OVER w AS change,
       round(100.0 * pc.{m} / nullif(sum(pc.{m}) OVER (PARTITION BY pc.month), 0), 2) AS share
FROM per_customer pc
JOIN raw.customer c USING (customer_id)
LEFT JOIN raw.blocked_customer b ON b.customer_id = c.customer_id
WHERE b.customer_id IS NULL
WINDOW w AS (PARTITION BY pc.customer_id ORDER BY pc.month);
";

const POSTGRES_WINDOWS: &str = "
CREATE MATERIALIZED VIEW mart.{e}_trend_{n} AS
SELECT d.day, s.{x},
       coalesce(sum(f.{m}), 0) AS {m},
       avg(sum(f.{m})) OVER (PARTITION BY s.{x} ORDER BY d.day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week_average,
       rank() OVER (PARTITION BY d.day ORDER BY sum(f.{m}) DESC NULLS LAST) AS place,
       (SELECT max(h.name) FROM ref.holiday h WHERE h.day = d.day AND h.country = s.country) AS holiday
FROM ref.day d
CROSS JOIN ref.site s
LEFT JOIN mart.{e}_fact_{n} f ON f.day = d.day AND f.site_id = s.site_id
WHERE d.day BETWEEN '2024-01-01' AND current_date AND s.closed_at IS NULL
GROUP BY d.day, s.{x}, s.country
HAVING coalesce(sum(f.{m}), 0) >= 0
ORDER BY d.day, place;
";

const POSTGRES_FUNCTION: &str = "
CREATE OR REPLACE FUNCTION etl.refresh_{e}_{n}(since timestamptz, OUT touched integer)
LANGUAGE plpgsql AS $body$
DECLARE
    item record;
    total numeric := 0;
BEGIN
    DELETE FROM mart.{e}_fact_{n} WHERE loaded_at < since - interval '90 days';
    INSERT INTO mart.{e}_fact_{n} (day, site_id, {m}, loaded_at)
    SELECT o.placed_at::date, s.site_id, sum(o.{m}), now()
    FROM raw.{e}_{n} o
    JOIN ref.site s ON s.{x} = o.{x}
    WHERE o.placed_at >= since
    GROUP BY 1, 2
    ON CONFLICT (day, site_id) DO UPDATE SET {m} = excluded.{m}, loaded_at = excluded.loaded_at;
    GET DIAGNOSTICS touched = ROW_COUNT;
    FOR item IN SELECT site_id, sum({m}) AS amount FROM mart.{e}_fact_{n} GROUP BY site_id LOOP
        IF item.amount > 1000000 THEN
            UPDATE ref.site SET is_large = true WHERE site_id = item.site_id;
        END IF;
        total := total + item.amount;
    END LOOP;
    PERFORM etl.note('{e}_{n}', total);
END;
$body$;
";

const POSTGRES_LOAD: &str = "
INSERT INTO mart.{e}_fact_{n} (day, site_id, {m}, {x}, loaded_at)
SELECT v.visited_at::date, v.site_id, v.{m}, upper(trim(both ' ' from v.{x})), now()
FROM raw.{e}_event_{n} v
WHERE v.kind IN ('open', 'close', 'change', 'cancel') AND v.visited_at > (SELECT coalesce(max(loaded_at), '2000-01-01') FROM mart.{e}_fact_{n})
ON CONFLICT DO NOTHING;
UPDATE raw.{e}_event_{n} e SET handled = true, handled_at = f.loaded_at
FROM mart.{e}_fact_{n} f
WHERE f.day = e.visited_at::date AND f.site_id = e.site_id AND NOT e.handled;
";

const STAR_QUERY: &str = "
WITH sold AS (
    SELECT st.store_name, it.category, it.brand_id, dt.year_number, dt.month_number,
           sum(f.{m}) AS amount,
           sum(CASE WHEN dt.day_name IN ('Saturday', 'Sunday') THEN f.{m} ELSE 0 END) AS weekend_amount,
           avg(sum(f.{m})) OVER (PARTITION BY it.category, st.store_name, dt.year_number) AS year_average
    FROM {e}_sales_{n} f, date_dim dt, store_dim st, item_dim it, household_dim hd
    WHERE f.date_key = dt.date_key
      AND f.store_key = st.store_key
      AND f.item_key = it.item_key
      AND f.household_key = hd.household_key
      AND (hd.dependents = 4 OR hd.vehicles > 2)
      AND dt.year_number BETWEEN 2020 AND 2024
      AND it.category IN ('Books', 'Children', 'Electronics', 'Garden', 'Music')
    GROUP BY st.store_name, it.category, it.brand_id, dt.year_number, dt.month_number
), shifted AS (
    SELECT a.category, a.store_name, a.year_number, a.month_number, a.amount, a.year_average, b.amount AS before_amount, c.amount AS after_amount
    FROM sold a
    JOIN sold b ON a.category = b.category AND a.store_name = b.store_name AND a.month_number = b.month_number + 1
    JOIN sold c ON a.category = c.category AND a.store_name = c.store_name AND a.month_number = c.month_number - 1
)
SELECT category, store_name, year_number, month_number, amount, before_amount, after_amount,
       amount - year_average AS difference
FROM shifted
WHERE year_average > 0 AND abs(amount - year_average) / year_average > 0.1
ORDER BY amount - year_average, store_name
LIMIT 100;
";

const STAR_UNION: &str = "
CREATE TABLE {e}_channels_{n} AS
SELECT channel, item_id, return_ratio, return_rank
FROM (
    SELECT 'web' AS channel, w.item_id, w.return_ratio, rank() OVER (ORDER BY w.return_ratio) AS return_rank
    FROM (
        SELECT ws.item_key AS item_id, cast(sum(coalesce(wr.returned, 0)) AS decimal(15, 4)) / cast(sum(coalesce(ws.{m}, 0)) AS decimal(15, 4)) AS return_ratio
        FROM web_sales_{n} ws LEFT OUTER JOIN web_returns_{n} wr ON ws.order_number = wr.order_number AND ws.item_key = wr.item_key, date_dim d
        WHERE wr.amount > 10000 AND ws.profit > 1 AND ws.date_key = d.date_key AND d.year_number = 2023 AND d.month_number = 12
        GROUP BY ws.item_key
    ) w
    UNION ALL
    SELECT 'store' AS channel, s.item_id, s.return_ratio, rank() OVER (ORDER BY s.return_ratio) AS return_rank
    FROM (
        SELECT ss.item_key AS item_id, cast(sum(coalesce(sr.returned, 0)) AS decimal(15, 4)) / cast(sum(coalesce(ss.{m}, 0)) AS decimal(15, 4)) AS return_ratio
        FROM store_sales_{n} ss LEFT OUTER JOIN store_returns_{n} sr ON ss.ticket_number = sr.ticket_number AND ss.item_key = sr.item_key, date_dim d
        WHERE sr.amount > 10000 AND ss.profit > 1 AND ss.date_key = d.date_key AND d.year_number = 2023 AND d.month_number = 12
        GROUP BY ss.item_key
    ) s
) every_channel
WHERE return_rank <= 10;
";

const SNOWFLAKE_LOAD: &str = "
CREATE OR REPLACE TABLE analytics.core.{e}_latest_{n} AS
SELECT e.{e}_id, e.account_id, e.payload:customer.email::string AS email, e.{x}, e.{m},
       iff(e.{m} > 100, 'big', 'small') AS size_class,
       datediff('day', e.created_at, current_timestamp()) AS age_days
FROM raw.app.{e}_events_{n} e
WHERE e.created_at >= dateadd('month', -6, current_date())
QUALIFY row_number() OVER (PARTITION BY e.{e}_id ORDER BY e.created_at DESC) = 1;

INSERT INTO analytics.core.{e}_history_{n} (account_id, {x}, {m}, loaded_at)
SELECT account_id, max({x}), sum({m}), current_timestamp()
FROM analytics.core.{e}_latest_{n}
GROUP BY account_id;
";

const SNOWFLAKE_MERGE: &str = "
MERGE INTO analytics.dim.account_{n} t
USING (SELECT a.account_id, a.email, max(a.{x}) AS {x}, sum(a.{m}) AS {m} FROM analytics.core.{e}_latest_{n} a GROUP BY a.account_id, a.email) s
ON t.account_id = s.account_id
WHEN MATCHED AND t.email <> s.email THEN UPDATE SET t.email = s.email, t.{x} = s.{x}, t.{m} = t.{m} + s.{m}
WHEN NOT MATCHED THEN INSERT (account_id, email, {x}, {m}) VALUES (s.account_id, s.email, s.{x}, s.{m});
";

const SPARK_LOAD: &str = "
INSERT OVERWRITE TABLE lake.{e}_items_{n}
SELECT h.{e}_id, h.{x}, split(i.code, '-')[0] AS prefix, cast(i.price AS decimal(12, 2)) * h.rate AS {m}, to_date(h.created_at) AS day
FROM lake.{e}_headers_{n} h
LATERAL VIEW explode(h.items) exploded AS i
LEFT ANTI JOIN lake.{e}_cancelled_{n} c ON c.{e}_id = h.{e}_id
WHERE h.day = '2024-05-01' AND h.{x} RLIKE '^[A-Z]+';
";

const SPARK_TABLE: &str = "
CREATE TABLE IF NOT EXISTS lake.{e}_items_{n} (
    {e}_id BIGINT COMMENT 'from the source',
    {x} STRING,
    prefix STRING,
    {m} DECIMAL(12, 2),
    day DATE
)
USING PARQUET
PARTITIONED BY (day)
COMMENT 'Items of every {e}';
";
