//! Shapes of text that some reading of them takes by the square of their length, or worse, and ours does not: `{i}` is a part's number,
//! `{j}` that of the one before.

/// A text of as many parts as are asked for.
pub struct Shape {
    pub name: &'static str,
    /// Which reader takes it, by its name.
    pub path: &'static str,
    pub dialect: &'static str,
    begin: &'static str,
    part: &'static str,
    between: &'static str,
    end: &'static str,
}

impl Shape {
    /// The text of `parts` parts.
    pub fn text(&self, parts: usize) -> String {
        let mut text = self.begin.to_owned();
        for i in 0..parts {
            text.push_str(if i > 0 { self.between } else { "" });
            text.push_str(&self.part.replace("{i}", &i.to_string()).replace("{j}", &i.saturating_sub(1).to_string()));
        }
        text.push_str(self.end);
        text
    }
}

const fn sql(name: &'static str, dialect: &'static str, text: [&'static str; 4]) -> Shape {
    let [begin, part, between, end] = text;
    Shape { name, path: "x.sql", dialect, begin, part, between, end }
}

const fn file(name: &'static str, path: &'static str, text: [&'static str; 4]) -> Shape {
    let [begin, part, between, end] = text;
    Shape { name, path, dialect: "auto", begin, part, between, end }
}

const MANIFEST: &str = "{\"metadata\": {\"dbt_schema_version\": \"https://x/dbt/manifest/v12.json\"}, \"nodes\": {";

/// What is measured.
pub const SHAPES: [Shape; 44] = [
    // Statements and their ends.
    sql("statements without an end", "tsql", ["", "SELECT a FROM t{i}\n", "", ""]),
    sql("blocks left open", "tsql", ["", "BEGIN SELECT a FROM t{i}\n", "", ""]),
    sql("quotes left open", "ansi", ["", "SELECT 'a FROM t{i};\n", "", ""]),
    sql("dollar quotes that never meet", "postgres", ["", "$a{i}$ ", "", ""]),
    sql("templates left open", "ansi", ["", "{{ ref('m{i}') \n SELECT a FROM t;\n", "", ""]),
    sql("delimiters that come and go", "mysql", ["", "DELIMITER $${i}\nSELECT 1$${i}\n", "", ""]),
    sql("data of COPY", "postgres", ["COPY t (a) FROM stdin;\n", "it's {i}\n", "", "\\.\n"]),
    sql("settings of sqlcmd", "tsql", ["", ":setvar v{i} t{i}\nINSERT INTO z SELECT a FROM $(v{i})\nGO\n", "", ""]),
    sql("words that are no statement", "ansi", ["", "foo bar ", "", ""]),
    // Routines and what they put together.
    sql("variables made of each other", "tsql", ["", "SELECT @v{i} = c{i} + @v{j} FROM s{i}\n", "", "UPDATE z SET d = @v1"]),
    sql("dynamic SQL that grows", "tsql", ["DECLARE @s varchar(max) = ''\n", "SET @s = @s + 'SELECT a FROM t{i} ' EXEC (@s)\n", "", ""]),
    sql("strings within strings", "tsql", ["", "EXEC ('EXEC (''SELECT a FROM t{i}'')')\n", "", ""]),
    sql(
        "branches of a string",
        "tsql",
        ["DECLARE @s varchar(max) = ''\n", "IF @x = {i} SET @s = @s + 'a' ELSE SET @s = @s + 'b'\n", "", "EXEC (@s)"],
    ),
    sql("blocks in blocks", "oracle", ["", "DECLARE x{i} NUMBER; BEGIN SELECT a INTO x{i} FROM t{i}; ", "", ""]),
    sql(
        "procedures of a package",
        "oracle",
        ["CREATE PACKAGE BODY k AS ", "PROCEDURE p{i} IS BEGIN INSERT INTO t{i} SELECT a FROM s; p{j}; END;\n", "", "END;"],
    ),
    sql("routines in dollar quotes", "postgres", ["", "DO $a$ BEGIN EXECUTE 'INSERT INTO t{i} SELECT a FROM s'; END $a$;\n", "", ""]),
    // Columns and relations.
    sql("temporaries made of each other", "tsql", ["", "SELECT x.a + s{i}.b AS a INTO #t{i} FROM #t{j} x, s{i}\n", "", ""]),
    sql("views over views", "ansi", ["CREATE TABLE v0 (a int);", "CREATE VIEW v{i} AS SELECT * FROM v{j};\n", "", ""]),
    sql(
        "CTEs of each other",
        "ansi",
        ["WITH c0 AS (SELECT a FROM t), d0 AS (SELECT a FROM c0), ", "c{i} AS (SELECT * FROM c{j})", ", ", " SELECT * FROM c1"],
    ),
    sql("arms of a UNION", "ansi", ["CREATE VIEW v AS ", "SELECT a{i}, b FROM t{i}", " UNION ALL ", ""]),
    sql("joins", "ansi", ["SELECT a, b FROM t ", "JOIN t{i} USING (k{i})", " ", ""]),
    sql("columns", "ansi", ["CREATE VIEW v AS SELECT ", "a{i} + b{i} AS c{i}", ", ", " FROM t, u"]),
    sql("comments on columns", "oracle", ["CREATE TABLE t (a int);", "COMMENT ON COLUMN t.c{i} IS 'x';\n", "", ""]),
    sql("tables that change places", "snowflake", ["", "INSERT INTO n SELECT a FROM s{i}; ALTER TABLE t SWAP WITH n;\n", "", ""]),
    sql("tables that are renamed", "postgres", ["CREATE TABLE t0 (a int);", "ALTER TABLE t{j} RENAME TO t{i};\n", "", ""]),
    // What one vendor writes, made what the parser knows.
    sql("names written out", "clickhouse", ["WITH ", "a{i} + 1 AS x{i}", ", ", " SELECT x1 FROM t SETTINGS y = 1"]),
    sql("names of names", "clickhouse", ["WITH 1 AS x0, 1 AS y0, ", "x{j} + x{j} AS x{i}", ", ", " SELECT x9 FROM t SETTINGS y = 1"]),
    sql("arms with their own order", "clickhouse", ["", "SELECT a FROM t{i} ORDER BY a SETTINGS x = 1", " UNION ALL ", ""]),
    sql("joined arrays", "clickhouse", ["SELECT 1 FROM t ", "ARRAY JOIN f(a{i}) AS b{i}", " ", ""]),
    sql("relations first", "duckdb", ["", "FROM t{i}", " UNION ALL ", " UNION ALL FROM t SELECT a LIMIT 10%"]),
    sql("names first", "duckdb", ["SELECT ", "a{i}: b{i}", ", ", " FROM t"]),
    sql("functions called transform", "spark", ["SELECT ", "transform(a{i}, x -> x?::int)", ", ", " FROM t"]),
    sql("joins of T-SQL that are pivoted", "tsql", ["SELECT a ", "FROM t{i} JOIN u ", "", "PIVOT (sum(a) FOR b IN ([c])) p"]),
    sql("locks", "teradata", ["SEL a FROM t ", "LOCKING ", "", ""]),
    sql("pipes", "bigquery", ["FROM t ", "|> EXTEND a + {i} AS b{i} ", "", ""]),
    // Other files.
    file("strings of Python that grow", "x.py", ["s = 'SELECT a FROM t'\n", "s += ' JOIN t{i} ON TRUE'\ncur.execute(s)\n", "", ""]),
    file("data frames of each other", "x.py", ["", "d{i} = spark.table('t{i}').join(d{j}, 'k')\n", "", "d1.write.saveAsTable('z')\n"]),
    file("brackets of Python left open", "x.py", ["x = ", "f([{'a': (", "", ""]),
    file(
        "cells of a notebook",
        "x.ipynb",
        [
            "{\"cells\": [",
            "{\"cell_type\": \"code\", \"source\": [\"%%sql\\n\", \"CREATE TEMP VIEW v{i} AS SELECT * FROM v{j}\"]}",
            ", ",
            "]}",
        ],
    ),
    file(
        "models of dbt",
        "manifest.json",
        [
            MANIFEST,
            "\"m.m{i}\": {\"resource_type\": \"model\", \"name\": \"m{i}\", \"depends_on\": {\"nodes\": [\"m.m{j}\"]}, \"compiled_code\": \"SELECT * FROM m{j}\"}",
            ", ",
            "}}",
        ],
    ),
    file(
        "ephemeral models of dbt",
        "manifest.json",
        [
            MANIFEST,
            "\"m.m{i}\": {\"resource_type\": \"model\", \"name\": \"m{i}\", \"config\": {\"materialized\": \"ephemeral\"}, \"depends_on\": {\"nodes\": [\"m.m{j}\"]}}, \"m.z{i}\": {\"resource_type\": \"model\", \"name\": \"z{i}\", \"depends_on\": {\"nodes\": [\"m.m{i}\"]}}",
            ", ",
            "}}",
        ],
    ),
    file("columns of CSV", "x.csv", ["", "a{i}", ",", "\n1\n"]),
    file("names in a document", "x.md", ["", "see `t{i}`, s.t{i} and x_{i}.\n", "", ""]),
    file("fences in a document", "x.md", ["", "```sql\nSELECT a FROM s.t{i}\n```\ntext\n", "", ""]),
];
