//! The dialect that `auto` chooses, for texts of every dialect.

use crate::lineage::dialect::{DIALECTS, detect, detect_file, of_file};

/// Dialects that read a text as well as the one it was written for: one engine's grammar contains the other's.
const COMPATIBLE: [(&str, &[&str]); 7] = [
    ("fabric", &["tsql"]),
    ("presto", &["trino", "athena"]),
    ("trino", &["presto", "athena"]),
    ("athena", &["trino", "hive"]),
    ("spark", &["databricks", "hive"]),
    ("databricks", &["spark"]),
    ("hive", &["spark"]),
];

/// The least share that must be right or compatible, in percent.
const RIGHT: usize = 95;

#[test]
fn the_dialect_of_a_text_is_seen_from_its_marks() {
    let texts = [
        ("tsql", "SELECT TOP 5 [a] FROM [dbo].[t]\nGO\n"),
        ("tsql", "CREATE PROCEDURE dbo.p @n int AS SET NOCOUNT ON; UPDATE t SET a = GETDATE() WHERE n = @n"),
        ("tsql", "DECLARE @x nvarchar(50) = N'a'; SELECT @x = name FROM sys.tables;"),
        (
            "tsql",
            "MERGE dbo.t AS t USING s ON t.a = s.a WHEN NOT MATCHED THEN INSERT (a) VALUES (s.a) OUTPUT $action, inserted.a INTO @done;\nGO",
        ),
        ("tsql", "BEGIN TRY EXEC dbo.p END TRY BEGIN CATCH RAISERROR('x', 16, 1) END CATCH"),
        (
            "fabric",
            "CREATE TABLE dbo.t (a uniqueidentifier NOT NULL, b datetime2(6))\nGO\nINSERT INTO dbo.t SELECT NEWID(), SYSDATETIME()\nGO",
        ),
        (
            "fabric",
            "SELECT TOP 10 * FROM OPENROWSET(BULK 'x.parquet', FORMAT = 'PARQUET') AS r CROSS APPLY dbo.f(r.a) WHERE ISNULL(r.a, 0) > 1",
        ),
        ("postgres", "CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1::int; END $$ LANGUAGE plpgsql;"),
        ("postgres", "CREATE TABLE t (id bigserial PRIMARY KEY, doc jsonb, at timestamptz DEFAULT now());"),
        ("postgres", "COPY public.t (a) FROM stdin;\n1\n\\.\nALTER TABLE public.t OWNER TO postgres;"),
        ("postgres", "INSERT INTO t (a) SELECT DISTINCT ON (b) a::text FROM u ON CONFLICT (a) DO NOTHING RETURNING a"),
        ("postgres", "DO $do$ BEGIN PERFORM f(); RAISE NOTICE 'x'; END $do$;"),
        ("mysql", "CREATE TABLE `t` (a int AUTO_INCREMENT) ENGINE=InnoDB;"),
        ("mysql", "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;"),
        ("mysql", "INSERT INTO t (a, n) VALUES (1, 1) ON DUPLICATE KEY UPDATE n = n + VALUES(n);"),
        ("mysql", "SELECT `a`, GROUP_CONCAT(b) FROM `t` WHERE d > DATE_SUB(CURDATE(), INTERVAL 1 DAY) GROUP BY `a`"),
        ("oracle", "CREATE TABLE t (a VARCHAR2(10), b NUMBER(5))\n/\n"),
        ("oracle", "CREATE OR REPLACE PACKAGE BODY pkg AS PROCEDURE p IS BEGIN NULL; END; END pkg;"),
        ("oracle", "DECLARE v t.a%TYPE; BEGIN SELECT a INTO v FROM t WHERE ROWNUM = 1; dbms_output.put_line(v); END;"),
        ("oracle", "SELECT LEVEL, a FROM t START WITH b IS NULL CONNECT BY PRIOR a = b"),
        ("oracle", "SELECT a.x, b.y FROM a, b WHERE a.i = b.i (+) AND a.d > SYSDATE - 1"),
        ("snowflake", "COPY INTO t FROM @stage/p FILE_FORMAT = (TYPE = CSV);"),
        ("snowflake", "SELECT f.value:name::string FROM t, LATERAL FLATTEN(input => t.doc:items) f"),
        ("snowflake", "CREATE OR REPLACE TASK k WAREHOUSE = w SCHEDULE = '5 MINUTE' AS INSERT INTO t SELECT * FROM s"),
        (
            "snowflake",
            "CREATE OR REPLACE DYNAMIC TABLE d TARGET_LAG = '1 hour' WAREHOUSE = w AS SELECT a FROM t QUALIFY row_number() OVER (ORDER BY a) = 1",
        ),
        ("bigquery", "SELECT SAFE_CAST(a AS INT64) FROM `p.d.t` WHERE _TABLE_SUFFIX > '2020'"),
        ("bigquery", "CREATE TEMP FUNCTION f(x FLOAT64) AS (x * 2); SELECT f(a) FROM UNNEST([1, 2]) a WITH OFFSET"),
        ("bigquery", "FROM d.t |> WHERE a > 1 |> AGGREGATE COUNT(*) AS n GROUP BY b"),
        (
            "bigquery",
            "CREATE OR REPLACE TABLE d.t PARTITION BY DATE(ts) OPTIONS (description = 'x') AS SELECT ARRAY<STRUCT<a INT64>>[] AS b",
        ),
        ("redshift", "CREATE TABLE t (a int ENCODE az64) DISTSTYLE KEY DISTKEY (a) SORTKEY (a);"),
        ("redshift", "COPY t FROM 's3://b/k' IAM_ROLE 'arn' MAXERROR 10;"),
        ("redshift", "UNLOAD ('SELECT * FROM t') TO 's3://b/k' IAM_ROLE 'arn' PARALLEL OFF"),
        ("presto", "SELECT approx_distinct(a), json_extract_scalar(j, '$.x') FROM t CROSS JOIN UNNEST(l) AS u (e)"),
        ("presto", "SELECT date_parse(d, '%Y') FROM t WHERE element_at(m, 'k') = 1"),
        ("trino", "CREATE TABLE c.s.t WITH (format = 'ORC', partitioned_by = ARRAY['d']) AS SELECT a, d FROM u"),
        (
            "trino",
            "SELECT reduce(l, 0, (s, x) -> s + x, s -> s), array_join(l, ',') FROM t CROSS JOIN UNNEST(l) WITH ORDINALITY AS u (e, n)",
        ),
        ("hive", "CREATE TABLE t (a string) PARTITIONED BY (d string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' STORED AS ORC;"),
        ("hive", "SET hive.exec.dynamic.partition=true; INSERT OVERWRITE TABLE t PARTITION (d) SELECT a, d FROM s DISTRIBUTE BY d;"),
        ("hive", "MSCK REPAIR TABLE t; LOAD DATA INPATH '/x' INTO TABLE t;"),
        ("sqlite", "PRAGMA foreign_keys = ON; CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);"),
        ("sqlite", "INSERT OR REPLACE INTO t SELECT strftime('%Y', d) FROM u; SELECT name FROM sqlite_master"),
        ("athena", "CREATE TABLE t WITH (external_location = 's3://b/k', format = 'PARQUET') AS SELECT a FROM u"),
        ("athena", "USING EXTERNAL FUNCTION f(x VARCHAR) RETURNS VARCHAR LAMBDA 'l' SELECT f(a) FROM t"),
        ("databricks", "CREATE TABLE c.s.t (a INT) USING DELTA; OPTIMIZE c.s.t ZORDER BY (a);"),
        (
            "databricks",
            "-- COMMAND ----------\nMERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
        ),
        ("databricks", "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM read_files('/v/x', format => 'json')"),
        ("spark", "CREATE TABLE t USING PARQUET AS SELECT explode(l) AS e FROM s LEFT SEMI JOIN u ON s.a = u.a"),
        ("bigquery", "SELECT a FROM EXTERNAL_QUERY('c', 'SELECT a FROM t')"),
        ("spark", "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT a, x FROM t LATERAL VIEW explode(l) e AS x; CACHE TABLE v;"),
        ("clickhouse", "CREATE TABLE t (a UInt32, b LowCardinality(String)) ENGINE = MergeTree ORDER BY a"),
        ("clickhouse", "SELECT toDate(ts), uniq(a) FROM t FINAL PREWHERE b = 1 ARRAY JOIN l GROUP BY 1 FORMAT JSONEachRow"),
        ("clickhouse", "CREATE MATERIALIZED VIEW v ON CLUSTER c TO t AS SELECT groupArray(a) AS l FROM s"),
        ("duckdb", "SELECT * FROM read_parquet('x/*.parquet') USING SAMPLE 10%"),
        ("duckdb", "CREATE MACRO f(a) AS a + 1; SELECT * EXCLUDE (b) FROM t GROUP BY ALL"),
        ("teradata", "CREATE MULTISET VOLATILE TABLE t AS (SEL a FROM s) WITH DATA PRIMARY INDEX (a) ON COMMIT PRESERVE ROWS;"),
        ("teradata", ".LOGON h/u,p\nLOCKING TABLE t FOR ACCESS SELECT a FROM t;\n.IF ERRORCODE <> 0 THEN .QUIT 8\n"),
        (
            "teradata",
            "COLLECT STATISTICS COLUMN (a) ON t; REPLACE VIEW v AS SELECT ZEROIFNULL(a) AS a FROM t QUALIFY RANK() OVER (ORDER BY a) = 1;",
        ),
    ];
    let mut wrong = Vec::new();
    for (dialect, text) in texts {
        let (chosen, why) = detect(text);
        let others = COMPATIBLE.iter().find(|(id, _)| *id == dialect).map_or(&[][..], |(_, others)| others);
        if chosen.id != dialect && !others.contains(&chosen.id) {
            wrong.push(format!("{dialect} taken for {} ({why}): {text}", chosen.id));
        }
    }
    assert!(DIALECTS.iter().all(|d| texts.iter().any(|(id, _)| *id == d.id)), "every dialect has a text");
    assert!(wrong.len() * 100 <= texts.len() * (100 - RIGHT), "{}", wrong.join("\n"));
}

#[test]
fn what_no_dialect_marks_is_read_as_standard_sql_and_the_reason_is_told() {
    let (_, why) = detect("SELECT a.warehouse, b.volume FROM a JOIN b ON a.i = b.i -- SELECT TOP 5 [x]\nWHERE a.n = 'AUTO_INCREMENT'");
    assert_eq!(why, "no mark of a dialect found: read as standard SQL, listed under the default dialect");
    let (_, why) = detect("CREATE TABLE t (a int AUTO_INCREMENT) ENGINE=InnoDB");
    assert_eq!(why, "looks like MySQL: AUTO_INCREMENT, ENGINE=, INNODB");
    let (_, why) = detect("CREATE FUNCTION f() RETURNS int AS $$ SELECT nextval('s')::int $$ LANGUAGE sql");
    assert!(why.starts_with("looks like PostgreSQL: ") && ["$$", "::", "NEXTVAL("].iter().all(|mark| why.contains(mark)), "{why}");
}

#[test]
fn what_a_file_is_called_tells_its_dialect_where_no_mark_does() {
    let (plain, marked) = ("INSERT INTO o SELECT a FROM s", "CREATE TABLE t (a int AUTO_INCREMENT) ENGINE=InnoDB");
    for (path, text, given, read_in, found) in [
        ("etl/f.HQL", plain, "auto", "hive", "hive"),
        ("f.pkb", plain, "", "oracle", "oracle"),
        ("f.hql", plain, "trino", "trino", "hive"),
        ("f.hql", marked, "auto", "auto", "mysql"),
        ("f.sql", plain, "auto", "auto", "tsql"),
        ("é", plain, "auto", "auto", "tsql"),
    ] {
        assert_eq!(of_file(path, text, given), read_in, "{path} {text}");
        assert_eq!(detect_file(path, text).0.id, found, "{path} {text}");
    }
    assert_eq!(detect_file("f.hql", plain).1, "no mark of a dialect found: files called so are Apache Hive");
}
