//! The dialects Headwater knows, their aliases, and how `auto` chooses.

/// One dialect, as `GET /api/v1/config/sql-dialects` lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The id used everywhere.
    pub id: &'static str,
    /// For people.
    pub display_name: &'static str,
    /// The schema that an unqualified name means: `dbo`, `public`, `main`; empty when there is none.
    pub default_schema: &'static str,
}

/// The 18 dialects; the first is the default.
pub const DIALECTS: [Dialect; 18] = [
    Dialect { id: "tsql", display_name: "T-SQL (SQL Server)", default_schema: "dbo" },
    Dialect { id: "postgres", display_name: "PostgreSQL", default_schema: "public" },
    Dialect { id: "mysql", display_name: "MySQL", default_schema: "" },
    Dialect { id: "duckdb", display_name: "DuckDB", default_schema: "main" },
    Dialect { id: "spark", display_name: "Spark SQL", default_schema: "" },
    Dialect { id: "bigquery", display_name: "BigQuery", default_schema: "" },
    Dialect { id: "snowflake", display_name: "Snowflake", default_schema: "" },
    Dialect { id: "oracle", display_name: "Oracle", default_schema: "" },
    Dialect { id: "fabric", display_name: "Microsoft Fabric", default_schema: "dbo" },
    Dialect { id: "redshift", display_name: "Amazon Redshift", default_schema: "public" },
    Dialect { id: "presto", display_name: "Presto", default_schema: "" },
    Dialect { id: "trino", display_name: "Trino", default_schema: "" },
    Dialect { id: "hive", display_name: "Apache Hive", default_schema: "" },
    Dialect { id: "sqlite", display_name: "SQLite", default_schema: "main" },
    Dialect { id: "athena", display_name: "Amazon Athena", default_schema: "" },
    Dialect { id: "databricks", display_name: "Databricks", default_schema: "" },
    Dialect { id: "clickhouse", display_name: "ClickHouse", default_schema: "" },
    Dialect { id: "teradata", display_name: "Teradata", default_schema: "" },
];

/// Names people use for a dialect beside its id. Engines that speak another's grammar closely enough are listed under that one.
const ALIASES: [(&str, &str); 34] = [
    ("mssql", "tsql"),
    ("sqlserver", "tsql"),
    ("transact-sql", "tsql"),
    ("t-sql", "tsql"),
    ("synapse", "tsql"),
    ("azuresql", "tsql"),
    ("sybase", "tsql"),
    ("postgresql", "postgres"),
    ("pg", "postgres"),
    ("pgsql", "postgres"),
    ("plpgsql", "postgres"),
    ("vertica", "postgres"),
    ("greenplum", "postgres"),
    ("netezza", "postgres"),
    ("cockroachdb", "postgres"),
    ("materialize", "postgres"),
    ("risingwave", "postgres"),
    ("mariadb", "mysql"),
    ("tidb", "mysql"),
    ("singlestore", "mysql"),
    ("starrocks", "mysql"),
    ("doris", "mysql"),
    ("sparksql", "spark"),
    ("spark3", "spark"),
    ("spark2", "spark"),
    ("pyspark", "spark"),
    ("impala", "hive"),
    ("plsql", "oracle"),
    ("gbq", "bigquery"),
    ("prestodb", "presto"),
    ("prestosql", "presto"),
    ("sqlite3", "sqlite"),
    ("delta", "databricks"),
    ("microsoft fabric", "fabric"),
];

/// Names that ask for no particular dialect: the parser is the permissive one, and the id reported is the default's.
const GENERIC: [&str; 6] = ["ansi", "generic", "standard", "exasol", "db2", "sql"];

/// The dialect that `text` names (id, alias or display name, any case); `None` when unknown. `ansi` and its like give the default.
pub fn find(text: &str) -> Option<&'static Dialect> {
    let text = text.trim().to_lowercase();
    let id = ALIASES.iter().find(|(alias, _)| *alias == text).map_or(text.as_str(), |(_, id)| id);
    if GENERIC.contains(&id) {
        return Some(&DIALECTS[0]);
    }
    DIALECTS.iter().find(|d| d.id == id || d.display_name.to_lowercase() == id)
}

/// Marks and the dialects they speak for, with a weight. A mark is searched in upper-cased code.
const MARKS: [(&str, &str, u32); 71] = [
    ("NVARCHAR", "tsql", 2),
    ("SELECT TOP", "tsql", 3),
    ("ISNULL(", "tsql", 1),
    ("GETDATE()", "tsql", 3),
    ("SET NOCOUNT", "tsql", 4),
    ("IDENTITY(", "tsql", 2),
    ("UNIQUEIDENTIFIER", "tsql", 3),
    ("(NOLOCK)", "tsql", 3),
    ("SP_EXECUTESQL", "tsql", 4),
    ("NONCLUSTERED", "tsql", 4),
    ("CROSS APPLY", "tsql", 2),
    ("BEGIN TRY", "tsql", 4),
    ("$$", "postgres", 2),
    ("PLPGSQL", "postgres", 4),
    ("BIGSERIAL", "postgres", 3),
    (" SERIAL", "postgres", 2),
    ("WITHOUT TIME ZONE", "postgres", 3),
    ("TIMESTAMPTZ", "postgres", 2),
    ("::TEXT", "postgres", 3),
    ("::REGCLASS", "postgres", 4),
    ("CHARACTER VARYING", "postgres", 2),
    ("OWNER TO", "postgres", 3),
    ("CREATE EXTENSION", "postgres", 4),
    ("TSVECTOR", "postgres", 3),
    (" FROM STDIN", "postgres", 4),
    ("ON CONFLICT", "postgres", 2),
    (" BYTEA", "postgres", 3),
    ("ENGINE=", "mysql", 4),
    ("ENGINE =", "mysql", 4),
    ("AUTO_INCREMENT", "mysql", 4),
    ("UNSIGNED", "mysql", 2),
    ("DEFAULT CHARSET", "mysql", 4),
    ("CHARSET=", "mysql", 3),
    ("ON DUPLICATE KEY", "mysql", 4),
    ("DEFINER=", "mysql", 4),
    ("IFNULL(", "mysql", 1),
    ("VARCHAR2", "oracle", 4),
    (" NUMBER(", "oracle", 2),
    (" NUMBER,", "oracle", 2),
    (":NEW.", "oracle", 4),
    ("SYSDATE", "oracle", 2),
    ("NVL(", "oracle", 1),
    (" FROM DUAL", "oracle", 3),
    ("EXECUTE IMMEDIATE", "oracle", 2),
    ("%ROWTYPE", "oracle", 2),
    ("DBMS_OUTPUT", "oracle", 4),
    ("CONNECT BY", "oracle", 2),
    ("COPY INTO", "snowflake", 3),
    ("FILE_FORMAT", "snowflake", 3),
    ("LATERAL FLATTEN", "snowflake", 4),
    ("CREATE STAGE", "snowflake", 4),
    ("CREATE OR REPLACE TASK", "snowflake", 4),
    ("VARIANT", "snowflake", 2),
    ("TIMESTAMP_NTZ", "snowflake", 3),
    ("SAFE_CAST(", "bigquery", 4),
    ("INT64", "bigquery", 3),
    ("STRUCT<", "bigquery", 2),
    ("_TABLE_SUFFIX", "bigquery", 4),
    ("DISTKEY", "redshift", 4),
    ("SORTKEY", "redshift", 4),
    ("DISTSTYLE", "redshift", 4),
    ("USING DELTA", "databricks", 4),
    ("ZORDER BY", "databricks", 4),
    ("LATERAL VIEW", "spark", 3),
    ("STORED AS", "hive", 4),
    ("ROW FORMAT", "hive", 4),
    ("MSCK REPAIR", "hive", 4),
    ("MERGETREE", "clickhouse", 5),
    ("READ_PARQUET(", "duckdb", 4),
    ("READ_CSV_AUTO(", "duckdb", 4),
    ("PRAGMA ", "sqlite", 4),
];

/// Marks are looked for in this many bytes from the start of a file; a longer file does not become clearer.
const DETECT_BYTES: usize = 256 * 1024;

/// The dialect that SQL `text` most looks like, and the marks that decided, for people. Without any mark: the default.
pub fn detect(text: &str) -> (&'static Dialect, String) {
    match strongest(text) {
        Some((dialect, marks)) => (dialect, format!("looks like {}: {}", dialect.display_name, marks.join(", "))),
        None => (&DIALECTS[0], "no mark of a dialect found: read as standard SQL".into()),
    }
}

fn strongest(text: &str) -> Option<(&'static Dialect, Vec<String>)> {
    let code = without_comments(text);
    let upper = code.to_uppercase();
    let mut score = [0u32; DIALECTS.len()];
    let mut marks: Vec<(usize, String)> = Vec::new();
    let mut add = |id: &str, weight: u32, mark: &str| {
        if let Some(at) = DIALECTS.iter().position(|d| d.id == id) {
            score[at] += weight;
            marks.push((at, mark.trim().to_owned()));
        }
    };
    for (mark, id, weight) in MARKS {
        if upper.contains(mark) {
            add(id, weight, mark);
        }
    }
    let lines = || code.lines().map(str::trim);
    if lines().any(super::source::is_go) {
        add("tsql", 6, "GO");
    }
    if lines().any(|l| l == "/") {
        add("oracle", 5, "/ on its own line");
    }
    if lines().any(|l| l.get(..10).is_some_and(|w| w.eq_ignore_ascii_case("DELIMITER "))) {
        add("mysql", 6, "DELIMITER");
    }
    let bytes = code.as_bytes();
    let pairs = |test: fn(u8, u8) -> bool| bytes.windows(2).any(|w| test(w[0], w[1]));
    if pairs(|a, b| a == b'[' && (b.is_ascii_alphabetic() || b == b'_')) && (code.contains("].[") || !code.contains("ARRAY[")) {
        add("tsql", if code.contains("].[") { 4 } else { 2 }, "[brackets]");
    }
    if pairs(|a, b| a == b'@' && (b.is_ascii_alphabetic() || b == b'@')) {
        add("tsql", 2, "@variables");
    }
    if pairs(|a, b| matches!(a, b' ' | b'\t' | b'.' | b'(') && b == b'#') {
        add("tsql", 1, "#temp");
    }
    if pairs(|a, b| a == b':' && b == b':') {
        add("postgres", 2, "::");
    }
    if code.contains('`') {
        add("mysql", 2, "`backticks`");
    }
    let (best, top) = score.iter().enumerate().max_by_key(|(at, s)| (**s, std::cmp::Reverse(*at)))?;
    if *top == 0 {
        return None;
    }
    Some((&DIALECTS[best], marks.into_iter().filter(|(at, _)| *at == best).map(|(_, m)| m).collect()))
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

/// A dialect as the engine uses it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grammar {
    /// What is reported.
    pub(crate) dialect: &'static Dialect,
    /// Nothing said which dialect it is: the permissive parser reads it.
    pub(crate) generic: bool,
}

impl Grammar {
    /// The grammar for a field `dialect` and the text; the diagnostic when the name is unknown.
    pub(crate) fn choose(name: &str, text: &str) -> (Grammar, Option<String>) {
        let lower = name.trim().to_lowercase();
        if lower.is_empty() || lower == "auto" {
            return match strongest(text) {
                Some((dialect, _)) => (Grammar { dialect, generic: false }, None),
                None => (Grammar { dialect: &DIALECTS[0], generic: true }, None),
            };
        }
        if GENERIC.contains(&lower.as_str()) {
            return (Grammar { dialect: &DIALECTS[0], generic: true }, None);
        }
        match find(&lower) {
            Some(dialect) => (Grammar { dialect, generic: false }, None),
            None => {
                let known: Vec<&str> = DIALECTS.iter().map(|d| d.id).collect();
                let message = format!("Unknown dialect '{name}': read as standard SQL. Known dialects: {}.", known.join(", "));
                (Grammar { dialect: &DIALECTS[0], generic: true }, Some(message))
            }
        }
    }

    /// Whether it is one of these ids (never for the generic grammar).
    pub(crate) fn is(&self, ids: &[&str]) -> bool {
        !self.generic && ids.contains(&self.dialect.id)
    }

    /// Statements may follow each other without `;`, and procedures run to the end of their batch.
    pub(crate) fn is_tsql(&self) -> bool {
        self.is(&["tsql", "fabric"])
    }

    /// A select item may use the alias of an earlier one. In standard SQL it may not.
    pub(crate) fn lateral_alias(&self) -> bool {
        self.is(&["snowflake", "redshift", "databricks", "spark", "duckdb", "clickhouse", "teradata"])
    }

    /// The grammar of the parser behind it.
    pub(crate) fn parser(&self) -> &'static dyn sqlparser::dialect::Dialect {
        use sqlparser::dialect::{
            BigQueryDialect, ClickHouseDialect, DatabricksDialect, DuckDbDialect, GenericDialect, HiveDialect, MsSqlDialect, MySqlDialect,
            OracleDialect, PostgreSqlDialect, RedshiftSqlDialect, SQLiteDialect, SnowflakeDialect, SparkSqlDialect, TeradataDialect,
        };
        if self.generic {
            return &GenericDialect {};
        }
        match self.dialect.id {
            "tsql" | "fabric" => &MsSqlDialect {},
            "postgres" => &PostgreSqlDialect {},
            "mysql" => &MySqlDialect {},
            "duckdb" => &DuckDbDialect {},
            "spark" => &SparkSqlDialect {},
            "databricks" => &DatabricksDialect {},
            "bigquery" => &BigQueryDialect {},
            "snowflake" => &SnowflakeDialect {},
            "oracle" => &OracleDialect {},
            "redshift" => &RedshiftSqlDialect {},
            "hive" => &HiveDialect {},
            "sqlite" => &SQLiteDialect {},
            "clickhouse" => &ClickHouseDialect {},
            "teradata" => &TeradataDialect {},
            _ => &GenericDialect {},
        }
    }
}
