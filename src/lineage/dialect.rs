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

/// The dialect that `text` names (id or alias, any case); `None` when unknown.
pub fn find(text: &str) -> Option<&'static Dialect> {
    let _ = text;
    todo!()
}

/// The dialect that SQL `text` most looks like, and the marks that decided, for people.
pub fn detect(text: &str) -> (&'static Dialect, String) {
    let _ = text;
    todo!()
}
