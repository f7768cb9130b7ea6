//! The dialects Headwater knows, their aliases, and the parser behind each.

mod detect;
mod quotes;

pub(crate) use detect::of_file;
use detect::strongest;
pub use detect::{detect, detect_file};

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
const ALIASES: [(&str, &str); 36] = [
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
    ("flink", "spark"),
    ("flinksql", "spark"),
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

    /// `name` as the dialect folds it where it is not quoted; `None` where quotes change nothing, or nobody can tell.
    pub(crate) fn folded(&self, name: &str) -> Option<String> {
        if self.is(&["postgres"]) {
            return Some(name.to_lowercase());
        }
        self.is(&["oracle", "snowflake"]).then(|| name.to_uppercase())
    }

    /// An alias of the select list hides a column of its name, in every clause.
    pub(crate) fn alias_first(&self) -> bool {
        self.is(&["clickhouse"])
    }

    /// The grammar by which its text is split into tokens.
    pub(crate) fn tokeniser(&self) -> &'static dyn sqlparser::dialect::Dialect {
        match self.dialect.id {
            _ if self.generic => self.parser(),
            "hive" => &quotes::Hive,
            "spark" => &quotes::Spark,
            "duckdb" => &quotes::DuckDb,
            _ => self.parser(),
        }
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
