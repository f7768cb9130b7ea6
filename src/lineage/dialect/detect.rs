//! How `auto` chooses a dialect: marks that speak for one, found among the words of the code.

use super::{DIALECTS, Dialect};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What speaks for a dialect, words and signs apart by blanks, with a weight of 1 (others have it too) to 6 (nobody else has).
const MARKS: [(&str, &[(&str, u32)]); 17] = [
    (
        "tsql",
        &[
            ("NVARCHAR", 2),
            ("SELECT TOP", 2),
            ("ISNULL (", 1),
            ("GETDATE ( )", 2),
            ("SET NOCOUNT", 4),
            ("XACT_ABORT", 4),
            ("IDENTITY (", 2),
            ("UNIQUEIDENTIFIER", 3),
            ("( NOLOCK )", 3),
            ("SP_EXECUTESQL", 4),
            ("NONCLUSTERED", 4),
            ("CROSS APPLY", 2),
            ("OUTER APPLY", 2),
            ("BEGIN TRY", 4),
            ("BEGIN TRAN", 3),
            ("@ @", 3),
            ("DATETIME2", 3),
            ("SYSDATETIME", 3),
            ("RAISERROR", 4),
            ("FOR XML", 3),
            ("FOR JSON", 3),
            ("OPENJSON", 3),
            ("CREATE PROC", 3),
            ("BULK INSERT", 4),
            ("DBCC", 3),
            ("SCOPE_IDENTITY", 4),
            ("OBJECT_ID (", 4),
            ("SCHEMABINDING", 4),
            ("SYS .", 2),
            ("SMALLMONEY", 3),
            ("TRY_CONVERT (", 3),
            ("TABLOCK", 3),
            ("N '", 2),
            ("DECLARE @", 2),
            ("SYSTEM_VERSIONING", 4),
            ("OPTION ( MAXRECURSION", 4),
            ("NATIVE_COMPILATION", 4),
            ("WITH ( NOEXPAND", 4),
            ("COLUMNSTORE", 3),
            ("ROWGUIDCOL", 4),
            ("SP_RENAME", 4),
            ("@ @ ROWCOUNT", 3),
            ("DATETIMEOFFSET", 3),
        ],
    ),
    (
        "postgres",
        &[
            ("$ $", 2),
            ("PLPGSQL", 4),
            ("BIGSERIAL", 3),
            ("SERIAL", 2),
            ("WITHOUT TIME ZONE", 3),
            ("TIMESTAMPTZ", 2),
            ("REGCLASS", 4),
            ("CHARACTER VARYING", 2),
            ("OWNER TO", 3),
            ("CREATE EXTENSION", 4),
            ("TSVECTOR", 4),
            ("JSONB", 3),
            ("FROM STDIN", 4),
            ("ON CONFLICT", 2),
            ("BYTEA", 3),
            ("RETURNING", 1),
            ("ILIKE", 1),
            ("GENERATE_SERIES (", 1),
            ("USING GIN", 4),
            ("USING GIST", 4),
            ("DISTINCT ON (", 2),
            ("PG_CATALOG", 4),
            ("NEXTVAL (", 3),
            ("SEARCH_PATH", 4),
            ("PARTITION OF", 4),
            (": :", 2),
            ("RETURNS SETOF", 4),
            ("RETURNS TRIGGER", 4),
            ("CREATE DOMAIN", 3),
            ("CREATE RULE", 4),
            ("INHERITS (", 3),
            ("TEXT [", 2),
            ("ARRAY [", 1),
            ("RETURN QUERY", 3),
            ("PERFORM", 2),
            ("CREATE POLICY", 3),
            ("CREATE PUBLICATION", 4),
            ("EXECUTE FUNCTION", 3),
            ("EXECUTE PROCEDURE", 2),
            ("RAISE NOTICE", 3),
            ("STRING_AGG (", 1),
            ("GENERATED ALWAYS AS IDENTITY", 1),
            ("ATTACH PARTITION", 4),
            ("REFRESH MATERIALIZED VIEW", 2),
            ("TABLESPACE", 1),
            ("FOR EACH ROW", 1),
        ],
    ),
    (
        "mysql",
        &[
            ("ENGINE =", 3),
            ("INNODB", 4),
            ("MYISAM", 4),
            ("AUTO_INCREMENT", 4),
            ("UNSIGNED", 2),
            ("DEFAULT CHARSET", 4),
            ("CHARSET =", 3),
            ("CHARACTER SET", 2),
            ("ON DUPLICATE KEY", 4),
            ("DEFINER =", 4),
            ("IFNULL (", 1),
            ("`", 2),
            ("GROUP_CONCAT (", 3),
            ("LOCK TABLES", 3),
            ("REPLACE INTO", 2),
            ("INSERT IGNORE", 4),
            ("STRAIGHT_JOIN", 4),
            ("SQL SECURITY", 2),
            ("CURDATE (", 3),
            ("SIGNAL SQLSTATE", 3),
            ("HANDLER FOR", 4),
            ("ON UPDATE CURRENT_TIMESTAMP", 4),
            ("ZEROFILL", 4),
            ("FULLTEXT KEY", 4),
            ("LOAD DATA INFILE", 4),
            ("LOAD DATA LOCAL", 3),
            ("DATE_FORMAT (", 1),
            ("LAST_INSERT_ID", 4),
            ("FOREIGN_KEY_CHECKS", 4),
            ("SET NAMES", 2),
            ("USE INDEX", 3),
            ("FORCE INDEX", 3),
            ("TINYINT (", 2),
            ("MEDIUMTEXT", 4),
            ("LONGTEXT", 3),
            ("ENUM (", 2),
            ("UNIQUE KEY", 2),
            ("READS SQL DATA", 3),
            ("MODIFIES SQL DATA", 3),
            ("SQL_CALC_FOUND_ROWS", 4),
            ("ON SCHEDULE", 3),
            ("ELSEIF", 1),
            ("SELECT DATABASE (", 2),
        ],
    ),
    (
        "oracle",
        &[
            ("VARCHAR2", 4),
            ("NVARCHAR2", 4),
            ("NUMBER (", 2),
            ("NUMBER ,", 2),
            ("NUMBER NOT NULL", 2),
            (": NEW .", 4),
            (": OLD .", 4),
            ("SYSDATE", 2),
            ("NVL (", 1),
            ("NVL2 (", 2),
            ("FROM DUAL", 3),
            ("EXECUTE IMMEDIATE", 1),
            ("% ROWTYPE", 3),
            ("% TYPE", 3),
            ("DBMS_OUTPUT", 4),
            ("DBMS_SQL", 4),
            ("DBMS_LOB", 4),
            ("DBMS_STATS", 4),
            ("DBMS_SCHEDULER", 4),
            ("UTL_FILE", 4),
            ("CONNECT BY", 3),
            ("PACKAGE BODY", 5),
            ("REPLACE PACKAGE", 5),
            ("CREATE PACKAGE", 5),
            ("BULK COLLECT", 5),
            ("FORALL", 3),
            ("AUTONOMOUS_TRANSACTION", 5),
            ("EXCEPTION_INIT", 5),
            ("PLS_INTEGER", 4),
            ("BINARY_INTEGER", 3),
            ("EXCEPTION WHEN", 1),
            ("DECODE (", 1),
            ("ROWNUM", 3),
            ("START WITH", 1),
            ("ADD_MONTHS (", 1),
            ("( + )", 4),
            (". NEXTVAL", 2),
            ("CLOB", 2),
            ("TABLESPACE", 1),
            ("RAISE_APPLICATION_ERROR", 5),
            ("ELSIF", 1),
            (": =", 1),
            ("REF CURSOR", 4),
            ("SYS_REFCURSOR", 4),
            ("INSERT ALL", 2),
            ("NOCOPY", 4),
            ("IS TABLE OF", 5),
            ("NESTED TABLE", 3),
            ("DENSE_RANK FIRST", 3),
            ("DENSE_RANK LAST", 3),
            ("IS BEGIN", 2),
            ("AS BEGIN", 1),
            ("SYS_GUID (", 4),
            ("TO_DATE (", 1),
            ("TO_NUMBER (", 1),
            ("MINUS SELECT", 2),
            ("PIPELINED", 3),
            ("AUTHID", 5),
            ("RETURN VARCHAR2", 4),
            ("RETURN NUMBER", 3),
            ("INTERVAL YEAR", 1),
            ("SYSTIMESTAMP", 3),
            ("EDITIONABLE", 5),
            ("NOCYCLE", 4),
            ("ORDER SIBLINGS", 4),
            ("CREATE OR REPLACE TYPE", 4),
            ("PROMPT", 1),
        ],
    ),
    (
        "snowflake",
        &[
            ("COPY INTO", 3),
            ("FILE_FORMAT", 3),
            ("FILE FORMAT", 3),
            ("LATERAL FLATTEN", 4),
            ("FLATTEN (", 2),
            ("CREATE STAGE", 4),
            ("REPLACE STAGE", 4),
            ("CREATE TASK", 4),
            ("REPLACE TASK", 4),
            ("VARIANT", 2),
            ("TIMESTAMP_NTZ", 3),
            ("TIMESTAMP_LTZ", 3),
            ("WAREHOUSE =", 3),
            ("OR REPLACE TABLE", 1),
            ("CREATE PIPE", 4),
            ("REPLACE PIPE", 4),
            ("CREATE STREAM", 3),
            ("REPLACE STREAM", 4),
            ("TARGET_LAG", 4),
            ("DYNAMIC TABLE", 4),
            ("TRANSIENT", 3),
            ("OBJECT_CONSTRUCT", 4),
            ("PARSE_JSON (", 2),
            ("EXECUTE AS CALLER", 3),
            ("EXECUTE AS OWNER", 1),
            ("LANGUAGE JAVASCRIPT", 3),
            ("RESULTSET", 3),
            ("MASKING POLICY", 4),
            ("ROW ACCESS POLICY", 4),
            ("QUALIFY", 1),
            ("IFF (", 3),
            ("USE ROLE", 4),
            ("USE WAREHOUSE", 4),
            ("NUMBER (", 1),
            ("CLONE", 1),
            ("SYSTEM $", 4),
            ("METADATA $", 3),
            (": :", 1),
            ("AT ( TIMESTAMP", 3),
            ("AT ( OFFSET", 4),
            ("BEFORE ( STATEMENT", 4),
            ("SECURE VIEW", 3),
            ("STORAGE INTEGRATION", 4),
            ("UNDROP", 4),
            ("FROM @", 3),
            ("LISTAGG (", 1),
            ("TO_VARIANT (", 4),
            ("ARRAY_CONSTRUCT (", 4),
            ("MATCH_RECOGNIZE", 1),
            ("ALTER SESSION", 1),
            ("RETURNS VARIANT", 4),
            ("STARTSWITH (", 1),
            ("DATEADD (", 1),
            ("CHANGE_TRACKING", 4),
            ("DATA_RETENTION_TIME_IN_DAYS", 5),
        ],
    ),
    (
        "bigquery",
        &[
            ("SAFE_CAST (", 4),
            ("INT64", 4),
            ("FLOAT64", 3),
            ("STRUCT <", 2),
            ("_TABLE_SUFFIX", 4),
            ("OPTIONS (", 2),
            ("EXCEPT (", 1),
            ("SAFE_DIVIDE (", 4),
            ("UNNEST (", 1),
            ("ARRAY <", 2),
            ("TIMESTAMP_TRUNC (", 3),
            ("TIMESTAMP_SUB (", 3),
            ("DATE_SUB ( CURRENT_DATE", 3),
            ("FORMAT_DATE (", 3),
            ("FORMAT_TIMESTAMP (", 3),
            ("PARSE_DATE (", 3),
            ("PARSE_TIMESTAMP (", 2),
            ("TEMP FUNCTION", 3),
            ("LANGUAGE JS", 4),
            ("ML .", 3),
            ("CREATE MODEL", 3),
            ("REPLACE MODEL", 3),
            ("BIGNUMERIC", 4),
            ("EXPORT DATA", 4),
            ("| >", 3),
            ("GENERATE_DATE_ARRAY (", 4),
            ("WITH OFFSET", 3),
            ("`", 1),
            ("COUNTIF (", 2),
            ("_PARTITIONTIME", 4),
            ("FOR SYSTEM_TIME AS OF", 1),
            ("AS STRUCT", 3),
            ("SAFE_OFFSET", 4),
            ("OFFSET (", 1),
            ("ERROR (", 1),
            ("IFNULL (", 1),
            ("CURRENT_DATE ( )", 1),
            ("ASSERT", 1),
            ("QUALIFY", 1),
            ("FARM_FINGERPRINT", 4),
            ("EXECUTE IMMEDIATE", 1),
            ("STRING (", 1),
            ("GEOGRAPHY", 1),
        ],
    ),
    (
        "redshift",
        &[
            ("DISTKEY", 4),
            ("SORTKEY", 4),
            ("DISTSTYLE", 4),
            ("IAM_ROLE", 4),
            ("ENCODE", 2),
            ("BACKUP NO", 4),
            ("SUPER", 1),
            ("EXTERNAL SCHEMA", 3),
            ("INTERLEAVED", 3),
            ("MAXERROR", 3),
            ("APPROXIMATE COUNT", 3),
            ("SVL_QLOG", 4),
            ("STL_LOAD_ERRORS", 4),
            ("GETDATE ( )", 1),
            ("DATEADD (", 1),
            ("NVL (", 1),
            ("UNLOAD (", 1),
            ("LISTAGG (", 1),
            ("CREDENTIALS", 1),
            ("APPEND FROM", 4),
            ("ALLOWOVERWRITE", 4),
            ("PARALLEL OFF", 4),
            ("AUTO REFRESH", 4),
            (": :", 1),
        ],
    ),
    ("presto", &[("APPROX_DISTINCT (", 1), ("DATE_PARSE (", 1), ("JSON_EXTRACT_SCALAR (", 1), ("CROSS JOIN UNNEST", 1)]),
    (
        "trino",
        &[
            ("WITH ( FORMAT =", 4),
            ("PARTITIONED_BY", 3),
            ("PARTITIONING =", 4),
            ("CROSS JOIN UNNEST", 2),
            ("APPROX_DISTINCT (", 2),
            ("DATE_PARSE (", 3),
            ("JSON_EXTRACT_SCALAR (", 2),
            ("ELEMENT_AT (", 2),
            ("CARDINALITY (", 1),
            ("FORMAT_DATETIME (", 3),
            ("ARRAY_JOIN (", 2),
            ("ROW (", 1),
            ("WITH ORDINALITY", 1),
            ("MAX_BY (", 1),
            ("JSON_PARSE (", 2),
            ("TRY (", 2),
            ("FROM_ISO8601_TIMESTAMP (", 3),
            ("REDUCE (", 2),
            ("ARRAY [", 1),
            ("BUCKETED_BY", 3),
            ("MAP_AGG (", 3),
            ("FOR VERSION AS OF", 2),
            ("SPLIT_TO_MAP", 3),
        ],
    ),
    (
        "hive",
        &[
            ("STORED AS", 4),
            ("ROW FORMAT", 4),
            ("MSCK REPAIR", 4),
            ("SERDE", 3),
            ("SERDEPROPERTIES", 3),
            ("PARTITIONED BY (", 2),
            ("CLUSTERED BY", 3),
            ("LATERAL VIEW", 2),
            ("INSERT OVERWRITE", 2),
            ("DISTRIBUTE BY", 3),
            ("SORT BY", 2),
            ("TBLPROPERTIES", 2),
            ("SET HIVE", 4),
            ("ADD JAR", 4),
            ("LOAD DATA INPATH", 4),
            ("SKEWED BY", 3),
            ("COLLECT_SET (", 2),
            ("INVALIDATE METADATA", 4),
            ("COMPUTE STATS", 4),
            ("EXTERNAL TABLE", 1),
            ("INTO TABLE", 1),
            ("`", 1),
            ("FIELDS TERMINATED BY", 2),
            ("GET_JSON_OBJECT (", 2),
            ("OVERWRITE TABLE", 2),
            ("CREATE TEMPORARY FUNCTION", 2),
            ("FROM_UNIXTIME (", 1),
            ("UNIX_TIMESTAMP (", 1),
        ],
    ),
    (
        "spark",
        &[
            ("LATERAL VIEW", 3),
            ("USING PARQUET", 5),
            ("USING ORC", 5),
            ("USING CSV", 5),
            ("USING JSON", 5),
            ("USING AVRO", 5),
            ("CACHE TABLE", 5),
            ("TEMPORARY VIEW", 2),
            ("TEMP VIEW", 2),
            ("EXPLODE (", 3),
            ("POSEXPLODE (", 3),
            ("TBLPROPERTIES", 2),
            ("REFRESH TABLE", 3),
            ("INSERT OVERWRITE", 2),
            ("LEFT SEMI JOIN", 2),
            ("LEFT ANTI JOIN", 2),
            ("NAMED_STRUCT (", 2),
            ("DISTRIBUTE BY", 2),
            ("CLUSTER BY", 1),
            ("PARQUET . `", 4),
            ("DESCRIBE EXTENDED", 2),
            ("COLLECT_LIST (", 2),
            ("COLLECT_SET (", 1),
            ("FROM_JSON (", 3),
            ("TO_JSON (", 1),
            ("TRANSFORM (", 2),
            ("SORT BY", 2),
            ("`", 1),
            ("OVERWRITE TABLE", 1),
            ("PARTITIONED BY (", 2),
            ("SEQUENCE (", 2),
            ("DATE_FORMAT (", 1),
            ("WINDOW (", 1),
        ],
    ),
    (
        "athena",
        &[
            ("EXTERNAL_LOCATION", 5),
            ("UNLOAD (", 2),
            ("TABLE_TYPE", 4),
            ("USING EXTERNAL FUNCTION", 5),
            ("IS_EXTERNAL", 4),
            ("PARTITIONED_BY", 2),
            ("STORED AS", 2),
            ("EXTERNAL TABLE", 2),
            ("MSCK REPAIR", 2),
            ("ROW FORMAT", 2),
            ("TBLPROPERTIES", 1),
            ("DATE_PARSE (", 2),
            ("CROSS JOIN UNNEST", 1),
            ("PROJECTION . ENABLED", 5),
            ("FORMAT =", 1),
            ("LOCATION", 1),
            ("`", 1),
        ],
    ),
    (
        "databricks",
        &[
            ("USING DELTA", 5),
            ("ZORDER BY", 5),
            ("OPTIMIZE", 1),
            ("DELTA .", 3),
            ("LIVE TABLE", 4),
            ("LIVE .", 3),
            ("STREAMING TABLE", 5),
            ("STREAMING LIVE", 5),
            ("CREATE CATALOG", 4),
            ("USE CATALOG", 4),
            ("COPY INTO", 2),
            ("DEEP CLONE", 4),
            ("SHALLOW CLONE", 4),
            ("READ_FILES (", 5),
            ("APPLY CHANGES", 5),
            ("TIMESTAMP AS OF", 3),
            ("VERSION AS OF", 3),
            ("RESTORE TABLE", 3),
            ("CLUSTER BY (", 2),
            ("`", 1),
            ("TBLPROPERTIES", 1),
            ("AI_QUERY (", 4),
            ("FORMAT_OPTIONS", 4),
            ("COPY_OPTIONS", 4),
            ("VACUUM", 1),
            ("CLOUD_FILES (", 5),
            ("TEMP VIEW", 1),
            ("WHEN NOT MATCHED BY SOURCE", 1),
            ("UPDATE SET *", 4),
            ("INSERT *", 4),
            ("CREATE WIDGET", 5),
        ],
    ),
    (
        "clickhouse",
        &[
            ("MERGETREE", 6),
            ("REPLACINGMERGETREE", 6),
            ("SUMMINGMERGETREE", 6),
            ("AGGREGATINGMERGETREE", 6),
            ("REPLICATEDMERGETREE", 6),
            ("REPLICATEDREPLACINGMERGETREE", 6),
            ("ON CLUSTER", 4),
            ("PREWHERE", 5),
            ("TODATE (", 3),
            ("LOWCARDINALITY", 5),
            ("NULLABLE (", 4),
            ("UINT8", 4),
            ("UINT16", 4),
            ("UINT32", 4),
            ("UINT64", 4),
            ("DATETIME64", 5),
            ("ARRAY JOIN", 4),
            ("JSONEACHROW", 4),
            ("FORMAT TABSEPARATED", 4),
            ("FORMAT CSV", 2),
            ("SETTINGS", 1),
            ("ENGINE =", 2),
            ("TTL", 1),
            ("ARRAYJOIN (", 4),
            ("TOSTARTOFDAY (", 4),
            ("TOSTARTOFHOUR (", 4),
            ("TOSTARTOFMONTH (", 4),
            ("TOYYYYMM (", 4),
            ("COUNTIF (", 2),
            ("GROUPARRAY (", 4),
            ("CREATE DICTIONARY", 5),
            ("GLOBAL IN", 4),
            ("ANY LEFT JOIN", 4),
            ("TOSTRING (", 3),
            ("UNIQ (", 3),
            ("SYSTEM RELOAD", 4),
            ("EXCHANGE TABLES", 5),
            ("FINAL", 1),
            ("`", 1),
            ("FIXEDSTRING", 4),
            ("GLOBAL ANY", 4),
            ("DICTGET (", 5),
            ("TODATETIME (", 4),
            ("TOUINT32 (", 4),
            ("FORMAT VALUES", 3),
            ("SUMSTATE (", 4),
            ("SUMMERGE (", 4),
        ],
    ),
    (
        "duckdb",
        &[
            ("READ_PARQUET (", 5),
            ("READ_CSV_AUTO (", 5),
            ("READ_CSV (", 4),
            ("READ_JSON (", 4),
            ("READ_JSON_AUTO (", 5),
            ("HUGEINT", 4),
            ("LIST_VALUE (", 3),
            ("STRUCT_PACK (", 4),
            ("EXCLUDE (", 2),
            ("INSTALL", 2),
            ("ASOF JOIN", 3),
            ("SUMMARIZE", 4),
            ("COLUMNS (", 2),
            ("GROUP BY ALL", 3),
            ("ORDER BY ALL", 3),
            ("USING SAMPLE", 4),
            ("CREATE MACRO", 4),
            ("REPLACE MACRO", 2),
            ("LIST_TRANSFORM (", 4),
            ("POSITIONAL JOIN", 5),
            ("UNPIVOT", 1),
            ("ATTACH", 2),
            ("PARQUET_SCAN (", 5),
            ("FORMAT PARQUET", 2),
            ("STRUCT (", 1),
            ("SEMI JOIN", 1),
            ("BY NAME", 2),
            ("LIST (", 1),
            (": :", 1),
            ("PRAGMA", 1),
            ("ANTI JOIN", 1),
            ("RANGE (", 1),
            ("CREATE OR REPLACE TABLE", 1),
            ("QUALIFY", 1),
            ("EPOCH (", 2),
            ("STRPTIME (", 4),
            ("STRFTIME (", 1),
        ],
    ),
    (
        "sqlite",
        &[
            ("PRAGMA", 4),
            ("AUTOINCREMENT", 5),
            ("WITHOUT ROWID", 5),
            ("SQLITE_MASTER", 5),
            ("SQLITE_SEQUENCE", 5),
            ("INSERT OR REPLACE", 4),
            ("INSERT OR IGNORE", 4),
            ("STRFTIME (", 3),
            ("JULIANDAY (", 4),
            ("GLOB", 2),
            ("TYPEOF (", 1),
            ("VIRTUAL TABLE", 5),
            ("FTS5", 5),
            ("ON CONFLICT", 1),
            ("IFNULL (", 1),
            ("GROUP_CONCAT (", 1),
            ("DATETIME (", 2),
            ("BEGIN TRANSACTION", 1),
            ("LAST_INSERT_ROWID", 5),
            ("ATTACH DATABASE", 3),
            ("PRIMARY KEY AUTOINCREMENT", 2),
        ],
    ),
    (
        "teradata",
        &[
            ("MULTISET", 5),
            ("VOLATILE TABLE", 5),
            ("PRIMARY INDEX", 5),
            ("COLLECT STATISTICS", 5),
            ("COLLECT STATS", 5),
            ("COLLECT STAT", 5),
            ("SEL", 3),
            ("LOCKING", 4),
            ("QUALIFY", 1),
            ("( FORMAT", 3),
            ("CASESPECIFIC", 5),
            ("ON COMMIT PRESERVE ROWS", 2),
            ("BTEQ", 4),
            (". LOGON", 5),
            (". LOGOFF", 5),
            (". QUIT", 3),
            (". IF ERRORCODE", 5),
            (". EXPORT", 4),
            ("REPLACE VIEW", 2),
            ("CREATE MACRO", 3),
            ("REPLACE MACRO", 4),
            ("REPLACE PROCEDURE", 1),
            ("FALLBACK", 3),
            ("WITH DATA", 3),
            ("NORMALIZE", 1),
            ("BYTEINT", 4),
            ("ZEROIFNULL (", 4),
            ("NULLIFZERO (", 4),
            ("DEL FROM", 5),
            ("RANGE_N (", 5),
            ("ERRORCODE", 4),
            ("SAMPLE", 1),
            ("QUERY_BAND", 5),
            ("HASHROW (", 5),
            ("MINUS SELECT", 1),
            ("INS INTO", 2),
            ("BT ;", 4),
            ("ET ;", 4),
        ],
    ),
];

/// Marks are looked for in this many bytes from the start of a file; a longer file does not become clearer.
const DETECT_BYTES: usize = 256 * 1024;

/// The least sum of weights that decides: one word that others have, too, does not.
const ENOUGH: u32 = 2;

/// One mark: the words after its first, and how much it says for which dialect.
struct Mark {
    text: &'static str,
    rest: Vec<&'static str>,
    dialect: usize,
    weight: u32,
}

/// The marks by their first word.
static BY_WORD: LazyLock<HashMap<&'static str, Vec<Mark>>> = LazyLock::new(|| {
    let mut map: HashMap<&'static str, Vec<Mark>> = HashMap::new();
    for (id, marks) in MARKS {
        let dialect = DIALECTS.iter().position(|d| d.id == id).unwrap_or_default();
        for (text, weight) in marks {
            let mut words = text.split(' ');
            let first = words.next().unwrap_or_default();
            map.entry(first).or_default().push(Mark { text, rest: words.collect(), dialect, weight: *weight });
        }
    }
    map
});

/// The dialect that SQL `text` most looks like, and the marks that decided, for people. Without any mark: the default.
pub fn detect(text: &str) -> (&'static Dialect, String) {
    match strongest(text) {
        Some((dialect, marks)) => (dialect, format!("looks like {}: {}", dialect.display_name, marks.join(", "))),
        None => (&DIALECTS[0], "no mark of a dialect found: read as standard SQL".into()),
    }
}

pub(super) fn strongest(text: &str) -> Option<(&'static Dialect, Vec<&'static str>)> {
    let code = without_comments(text).to_ascii_uppercase();
    let words = words(&code);
    // Each mark counts once, however often it stands there.
    let mut found: Vec<(usize, u32, &'static str)> = Vec::new();
    let mut add = |id: &str, weight: u32, mark: &'static str| {
        let dialect = DIALECTS.iter().position(|d| d.id == id).unwrap_or_default();
        if !found.iter().any(|(at, _, text)| *at == dialect && *text == mark) {
            found.push((dialect, weight, mark));
        }
    };
    for (at, word) in words.iter().enumerate() {
        for mark in BY_WORD.get(word).into_iter().flatten() {
            if words[at + 1..].starts_with(&mark.rest) {
                add(DIALECTS[mark.dialect].id, mark.weight, mark.text);
            }
        }
    }
    let lines = || code.lines().map(str::trim);
    if lines().any(crate::lineage::source::is_go) {
        add("tsql", 6, "GO");
    }
    if lines().any(|l| l == "/") {
        add("oracle", 5, "/ on its own line");
    }
    if lines().any(|l| l.starts_with("DELIMITER ")) {
        add("mysql", 6, "DELIMITER");
    }
    let head = &text[..text.floor_char_boundary(DETECT_BYTES)];
    if head.contains("/*!") {
        add("mysql", 4, "/*! … */");
    }
    if head.contains("-- COMMAND ----------") || head.contains("-- MAGIC ") {
        add("databricks", 6, "notebook cells");
    }
    if head.contains("{{ ref(") || head.contains("{{ source(") {
        // A template says nothing of the database, but its quotes and brackets are no marks either.
        found.retain(|(_, weight, _)| *weight > 1);
    }
    let mut add = |id: &str, weight: u32, mark: &'static str| {
        found.push((DIALECTS.iter().position(|d| d.id == id).unwrap_or_default(), weight, mark));
    };
    let bytes = code.as_bytes();
    let pairs = |test: fn(u8, u8) -> bool| bytes.windows(2).any(|w| test(w[0], w[1]));
    if pairs(|a, b| a == b'[' && (b.is_ascii_alphabetic() || b == b'_')) && (code.contains("].[") || !code.contains("ARRAY[")) {
        add("tsql", if code.contains("].[") { 4 } else { 2 }, "[brackets]");
    }
    if pairs(|a, b| a == b'@' && (b.is_ascii_alphabetic() || b == b'@')) {
        add("tsql", 1, "@variables");
    }
    if pairs(|a, b| matches!(a, b' ' | b'\t' | b'.' | b'(') && b == b'#') {
        add("tsql", 1, "#temp");
    }
    // BigQuery quotes a whole path: `project.data.table`.
    if code.split('`').skip(1).step_by(2).any(|quoted| quoted.contains('.') && !quoted.contains(char::is_whitespace)) {
        add("bigquery", 3, "`a.b`");
    }
    let mut score = [0u32; DIALECTS.len()];
    for (dialect, weight, _) in &found {
        score[*dialect] += weight;
    }
    let (best, top) = score.iter().enumerate().max_by_key(|(at, s)| (**s, std::cmp::Reverse(*at)))?;
    if *top < ENOUGH {
        return None;
    }
    Some((&DIALECTS[best], found.into_iter().filter(|(at, ..)| *at == best).map(|(.., mark)| mark).collect()))
}

/// Words and single signs of upper-case code.
fn words(code: &str) -> Vec<&str> {
    let mut list = Vec::new();
    let bytes = code.as_bytes();
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || !b.is_ascii();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        if letter(bytes[start]) {
            while at < bytes.len() && letter(bytes[at]) {
                at += 1;
            }
        } else if bytes[start].is_ascii_whitespace() {
            continue;
        }
        list.push(&code[start..at]);
    }
    list
}

/// The start of `text` with comments and string contents blanked, so that prose does not decide.
fn without_comments(text: &str) -> String {
    let mut end = text.len().min(DETECT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let bytes = &text.as_bytes()[..end];
    let mut out = Vec::with_capacity(end);
    let mut at = 0;
    while at < end {
        match (bytes[at], bytes.get(at + 1)) {
            (b'-', Some(b'-')) => {
                while at < end && bytes[at] != b'\n' {
                    at += 1;
                }
            }
            (b'/', Some(b'*')) => {
                at += 2;
                while at < end && !(bytes[at] == b'*' && bytes.get(at + 1) == Some(&b'/')) {
                    at += 1;
                }
                at += 2;
                out.push(b' ');
            }
            (b'\'', _) => {
                let close = bytes[at + 1..].iter().position(|b| *b == b'\'').map_or(end, |p| at + 1 + p);
                out.extend_from_slice(b"''");
                at = close + 1;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
