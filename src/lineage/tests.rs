use super::*;

mod detect;

use proptest::prelude::*;

/// `TARGET<-SOURCE,…` for every statement with reads or writes, `owner:` before it, `!` after it when only salvaged.
fn flows(sql: &str, dialect: &str) -> String {
    let list = |names: &[Name]| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let facts = analyze(sql, dialect);
    let statements = facts.statements.iter().filter(|s| !s.reads.is_empty() || !s.writes.is_empty() || !s.calls.is_empty());
    statements
        .map(|s| {
            let owner = s.owner.as_ref().map_or_else(String::new, |o| format!("{o}: "));
            let calls = if s.calls.is_empty() { String::new() } else { format!(" calls {}", list(&s.calls)) };
            format!("{owner}{}<-{}{calls}{}", list(&s.writes), list(&s.reads), if s.confidence < 1.0 { "!" } else { "" })
        })
        .collect::<Vec<_>>()
        .join("; ")
}

#[track_caller]
fn check(dialect: &str, sql: &str, expect: &str) {
    assert_eq!(flows(sql, dialect), expect, "{sql}");
}

fn edges(sql: &str, dialect: &str, relation: Relation) -> Vec<String> {
    let name = |n: &Option<Name>| n.as_ref().map_or_else(|| "file".to_owned(), ToString::to_string);
    analyze(sql, dialect).edges.iter().filter(|e| e.relation == relation).map(|e| format!("{}->{}", name(&e.from), name(&e.to))).collect()
}

#[test]
fn only_sql_that_is_put_together_at_run_time_and_not_followed_is_diagnosed_as_dynamic() {
    for (sql, dialect, dynamic) in [
        ("CREATE PROCEDURE p @t sysname AS BEGIN EXEC('SELECT * FROM ' + @t); EXEC(@t); END", "tsql", true),
        ("EXEC('INSERT INTO a SELECT x FROM b')", "tsql", false),
        ("CREATE PROCEDURE p @t sysname AS EXEC('INSERT INTO a SELECT x FROM b.' + @t)", "tsql", true),
        ("SELECT a FROM {{ var('t') }}", "snowflake", false),
        ("SELECT dynamic FROM FROM dynamic_dynamic", "postgres", false),
        ("ALTER DYNAMIC TABLE t REFRESH; nonsense dynamic sql here;", "snowflake", false),
    ] {
        let diagnostics = analyze(sql, dialect).diagnostics;
        assert_eq!(diagnostics.iter().any(|d| d.cause == Cause::Dynamic), dynamic, "{sql}: {diagnostics:?}");
    }
    let old: Diagnostic = serde_json::from_str(r#"{"line":3,"message":"Dynamic SQL","severity":"info"}"#).unwrap();
    assert_eq!(old, Diagnostic::new(3, Severity::Info, "Dynamic SQL"), "what older stores hold is read");
    assert!(!serde_json::to_string(&old).unwrap().contains("cause"));
}

/// The first, made before it is measured, would be 40 GB of memory; the second, searched from its start for every place, most of an hour.
#[test]
fn text_that_grows_by_itself_or_has_many_places_is_put_together_within_its_limit() {
    let (many, more) = ("a".repeat(200 << 10), "b".repeat(200 << 10));
    for sql in [
        format!("DECLARE @s NVARCHAR(MAX) = REPLACE('{many}', 'a', '{more}'); EXEC(@s)"),
        format!("DECLARE @s NVARCHAR(MAX) = FORMATMESSAGE('{}'{}); EXEC(@s)", "%s".repeat(100_000), ",''".repeat(100_000)),
        format!("DECLARE @a INT, @s NVARCHAR(MAX); IF @a = 1 SET @s = '' ELSE SET @s = ' '; EXEC('{many}'{})", " + @s".repeat(50_000)),
    ] {
        analyze(&format!("INSERT INTO t SELECT a FROM u; {sql}"), "tsql");
    }
}

#[test]
fn a_format_is_filled_place_by_place() {
    for (format, expect) in [
        ("'INSERT INTO %s SELECT a FROM %I', 't', 'u'", "t<-u"),
        ("'INSERT INTO %1$I SELECT ''100%% of %d'' FROM %s', 't', x, 's.u'", "t<-s.u"),
        ("'INSERT INTO %I SELECT %L FROM u_%s', 't', x, '2'", "t<-u_2"),
        ("'INSERT INTO t SELECT a FROM u WHERE b = %s'", "t<-u"),
    ] {
        check("postgres", &format!("DO $$ BEGIN EXECUTE FORMAT({format}); END $$"), expect);
    }
}

#[test]
fn statements_of_every_kind_say_what_they_read_and_write() {
    for (dialect, sql, expect) in [
        ("ansi", "SELECT a FROM t JOIN u ON t.i = u.i", "<-t,u"),
        ("ansi", "INSERT INTO t (a) SELECT b FROM s.u", "t<-s.u"),
        ("ansi", "WITH c AS (SELECT * FROM u) INSERT INTO t SELECT * FROM c", "t<-u"),
        ("ansi", "WITH u AS (SELECT * FROM u) SELECT * FROM u", "<-u"),
        ("postgres", "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + x.s FROM r, x) SELECT n FROM r", "<-x"),
        ("postgres", "WITH d AS (DELETE FROM a WHERE x < 1 RETURNING *) INSERT INTO b SELECT * FROM d", "b<-a; a<-"),
        ("postgres", "UPDATE t SET a = u.b FROM u WHERE t.i = u.i", "t<-u"),
        ("tsql", "UPDATE x SET a = u.b FROM dbo.t x JOIN u ON x.i = u.i", "dbo.t<-u"),
        ("mysql", "UPDATE t a JOIN u b ON a.i = b.i SET a.x = b.y", "t<-u"),
        ("tsql", "WITH c AS (SELECT a, b FROM t) UPDATE c SET a = b", "t<-"),
        ("tsql", "DELETE x FROM t x JOIN u ON u.i = x.i", "t<-u"),
        ("postgres", "DELETE FROM t USING u WHERE u.i = t.i", "t<-u"),
        (
            "ansi",
            "MERGE INTO t USING (SELECT i, v FROM s) s ON t.i = s.i WHEN MATCHED AND s.v > 1 THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (i, v) VALUES (s.i, s.v)",
            "t<-s",
        ),
        ("oracle", "INSERT ALL INTO a (x) VALUES (p) INTO b (y) VALUES (q) SELECT p, q FROM s", "a<-s; b<-s"),
        ("hive", "FROM s INSERT OVERWRITE TABLE a SELECT x INSERT INTO TABLE b SELECT y WHERE y > 1", "a<-s; b<-s"),
        ("ansi", "CREATE TABLE t AS SELECT * FROM u", "t<-u"),
        ("snowflake", "CREATE TABLE t CLONE u", "t<-u"),
        ("tsql", "SELECT a INTO dbo.t FROM u", "dbo.t<-u"),
        ("postgres", "CREATE MATERIALIZED VIEW v AS SELECT a FROM t WITH NO DATA", "v<-t"),
        ("postgres", "COPY t FROM 's3://bucket/file'", "t<-path:s3://bucket/file"),
        ("spark", "SELECT * FROM parquet.`data/x/`", "<-path:data/x/"),
        ("ansi", "TRUNCATE TABLE t", "t<-"),
        ("tsql", "EXEC dbo.p @a = 1", "<- calls dbo.p"),
        ("oracle", "INSERT INTO t (a) SELECT sysdate FROM DUAL", "t<-"),
        ("postgres", "CREATE FUNCTION p() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE made; DELETE FROM t; END $$", "p: t<-"),
        ("postgres", "SELECT pg_catalog.set_config('a', '', false), s.f(1) FROM t", "<-t calls s.f"),
        ("tsql", "INSERT INTO t EXEC dbo.p", "t<-; <- calls dbo.p"),
        ("bigquery", "SELECT a FROM `p-1.d.t`", "<-p-1.d.t"),
        ("tsql", "SELECT * FROM db..t (NOLOCK)", "<-db.dbo.t"),
    ] {
        check(dialect, sql, expect);
    }
}

#[test]
fn statements_without_semicolons_are_told_apart() {
    check("tsql", "INSERT INTO a SELECT * FROM b\nINSERT INTO c SELECT * FROM d\nSELECT 1 AS [select] FROM e", "a<-b; c<-d; <-e");
    check("tsql", "DROP TABLE IF EXISTS x\nIF EXISTS (SELECT 1 FROM a) UPDATE b SET c = 1 ELSE DELETE FROM d", "<-a; b<-; d<-");
    check("tsql", "WITH x AS (SELECT a FROM t) INSERT INTO u SELECT a FROM x\nWITH y AS (SELECT 1 q) SELECT q FROM y, z", "u<-t; <-z");
    check("tsql", "SELECT a FROM t ORDER BY a OFFSET 5 ROWS FETCH NEXT 5 ROWS ONLY\nSELECT b FROM u", "<-t; <-u");
}

#[test]
fn temporaries_are_looked_through() {
    check("tsql", "SELECT a, b INTO #x FROM s\nINSERT INTO t (p, q) SELECT a, b FROM #x", "<-s; t<-s");
    check("tsql", "DECLARE @x TABLE (a int, b int)\nINSERT @x SELECT c, d FROM s\nINSERT INTO t SELECT b FROM @x", "<-s; t<-s");
    check(
        "postgres",
        "CREATE TEMP TABLE x AS SELECT a FROM s; INSERT INTO t SELECT a FROM x; DROP TABLE x; SELECT * FROM x",
        "<-s; t<-s; <-x",
    );
    let facts = analyze("SELECT a + 1 AS b INTO #x FROM s\nINSERT INTO t (p) SELECT b FROM #x", "tsql");
    let projection = &facts.statements[1].projections[0];
    let Output::Column { sources, .. } = &projection.branches[0][0] else { panic!("a column") };
    assert_eq!((sources[0].tables[0].to_string(), sources[0].column.as_str()), ("s".to_owned(), "a"));
}

#[test]
fn bodies_of_routines_belong_to_their_routine() {
    for (dialect, sql, expect) in [
        (
            "tsql",
            "CREATE PROC dbo.p @a int = 0 OUTPUT, @b nvarchar(10) WITH EXECUTE AS OWNER AS\nBEGIN TRY\n SET @a += 1\n INSERT INTO t SELECT * FROM s\nEND TRY\nBEGIN CATCH\n EXEC dbo.log\nEND CATCH\nGO\nSELECT 1 FROM u",
            "dbo.p: t<-s; dbo.p: <- calls dbo.log; <-u",
        ),
        (
            "tsql",
            "CREATE PROCEDURE p AS DECLARE @s nvarchar(max) = N'INSERT INTO t SELECT * FROM '\nSET @s = @s + N's'\nEXEC sp_executesql @s",
            "p: t<-s",
        ),
        ("tsql", "CREATE PROCEDURE p AS DECLARE c CURSOR FOR SELECT a, b FROM s\nOPEN c\nFETCH NEXT FROM c INTO @x", "p: <-s"),
        (
            "postgres",
            "CREATE FUNCTION f(x int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE n int; BEGIN SELECT count(*) INTO n FROM t WHERE i = x; IF n > 0 THEN INSERT INTO l VALUES (n); END IF; RETURN (SELECT max(a) FROM u); END $$; SELECT 1 FROM z;",
            "f: <-t; f: l<-; f: <-u; <-z",
        ),
        ("postgres", "CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'", "f: <-t"),
        ("postgres", "DO $$ BEGIN PERFORM g(1); DELETE FROM t; END $$", "t<-"),
        (
            "mysql",
            "DELIMITER //\nCREATE PROCEDURE p(IN a INT)\nBEGIN\n DECLARE n INT DEFAULT 0;\n SELECT COUNT(*) INTO n FROM t;\n WHILE n > 0 DO\n INSERT INTO u SELECT * FROM s;\n END WHILE;\nEND //\nDELIMITER ;\nSELECT 1 FROM z;",
            "p: <-t; p: u<-s; <-z",
        ),
        (
            "oracle",
            "CREATE OR REPLACE PROCEDURE p IS CURSOR c IS SELECT a FROM s; n NUMBER; BEGIN FOR r IN c LOOP INSERT INTO t VALUES (r.a); END LOOP; SELECT x BULK COLLECT INTO n FROM u; END p;\n/\nSELECT 1 FROM z;",
            "p: <-s; p: t<-; p: <-u; <-z",
        ),
        (
            "bigquery",
            "CREATE PROCEDURE d.p() BEGIN IF TRUE THEN INSERT INTO t SELECT 1 FROM s; END IF; END; SELECT 1 FROM z",
            "d.p: t<-s; <-z",
        ),
        (
            "oracle",
            "CREATE PACKAGE BODY k AS PROCEDURE p IS BEGIN INSERT INTO t SELECT * FROM s; END; FUNCTION f RETURN NUMBER IS BEGIN DELETE FROM u; END; END k;\n/",
            "k.p: t<-s; k.f: u<-",
        ),
    ] {
        check(dialect, sql, expect);
    }
}

#[test]
fn triggers_fire_on_their_table_and_see_its_rows() {
    let tsql = "CREATE TRIGGER s.tr ON s.t AFTER INSERT, UPDATE AS BEGIN INSERT INTO log SELECT a FROM inserted END";
    assert_eq!(edges(tsql, "tsql", Relation::FiresOn), ["s.tr->s.t"]);
    check("tsql", tsql, "s.tr: log<-s.t");
    let postgres = "CREATE TRIGGER tr BEFORE UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()";
    assert_eq!(edges(postgres, "postgres", Relation::FiresOn), ["tr->t"]);
    assert_eq!(edges(postgres, "postgres", Relation::Calls), ["tr->f"]);
    let mysql = "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (new.a)";
    assert_eq!(edges(mysql, "mysql", Relation::FiresOn), ["tr->t"]);
    check("mysql", mysql, "tr: log<-");
}

#[test]
fn views_derive_and_scripts_read() {
    let sql = "CREATE VIEW v AS SELECT a, s.f(b) AS c FROM t; INSERT INTO x SELECT * FROM v";
    assert_eq!(edges(sql, "postgres", Relation::Derives), ["v->t", "v->s.f()", "x->v"]);
    assert_eq!(edges(sql, "postgres", Relation::Reads), ["file->v"]);
    assert_eq!(edges(sql, "postgres", Relation::WrittenBy), ["x->file"]);
    assert_eq!(edges(sql, "postgres", Relation::Calls), ["v->s.f"]);
}

#[test]
fn an_unqualified_function_may_be_another_files() {
    let sql = "CREATE FUNCTION rate(x int) RETURNS int AS 'SELECT 1' LANGUAGE sql; CREATE VIEW v AS SELECT rate(a), upper(b) FROM t";
    // Which of them the project has, linking knows.
    assert_eq!(edges(sql, "postgres", Relation::Calls), ["v->rate", "v->upper"]);
    check("postgres", sql, "v<-t calls rate");
    // SQL Server has such functions in a schema only.
    assert_eq!(edges("CREATE VIEW v AS SELECT rate(a), dbo.rate(b) FROM t", "tsql", Relation::Calls), ["v->dbo.rate"]);
}

#[test]
fn tables_have_columns_types_and_keys() {
    let sql = "CREATE TABLE [dbo].[Orders](\n [Id] [int] IDENTITY(1,1) NOT NULL,\n [Total] decimal(10, 2) NULL DEFAULT ((0)),\n Customer int REFERENCES dbo.Customers(Id),\n Twice AS ([Total] * 2),\n CONSTRAINT pk PRIMARY KEY CLUSTERED ([Id] ASC),\n FOREIGN KEY (Total) REFERENCES dbo.Prices\n) ON [PRIMARY]\nGO\nALTER TABLE dbo.Orders ADD CONSTRAINT df DEFAULT (0) FOR Total\nGO\nALTER TABLE dbo.Orders WITH CHECK ADD Note nvarchar(max) NOT NULL, CONSTRAINT u UNIQUE (Note)\n";
    let facts = analyze(sql, "auto");
    assert_eq!(facts.dialect, "tsql");
    assert!(facts.diagnostics.is_empty(), "{:?}", facts.diagnostics);
    let orders = &facts.assets[0];
    let columns: Vec<_> =
        orders.columns.iter().map(|c| (c.name.as_str(), c.data_type.as_str(), c.nullable, c.primary_key, c.line)).collect();
    assert_eq!(
        columns,
        [
            ("Id", "INT", Some(false), true, 2),
            ("Total", "DECIMAL(10, 2)", Some(true), false, 3),
            ("Customer", "INT", None, false, 4),
            ("Twice", "", None, false, 5),
            ("Note", "NVARCHAR(MAX)", Some(false), false, 12),
        ]
    );
    assert_eq!(orders.columns[1].default.as_deref(), Some("(0)"), "the last that is said");
    assert!(orders.columns[4].unique);
    let keys: Vec<_> = orders.foreign_keys.iter().map(|k| (k.columns.join(","), k.references.to_string())).collect();
    assert_eq!(keys, [("Customer".to_owned(), "dbo.Customers".to_owned()), ("Total".to_owned(), "dbo.Prices".to_owned())]);
    assert_eq!(edges(sql, "tsql", Relation::References), ["dbo.Orders->dbo.Customers", "dbo.Orders->dbo.Prices"]);
}

#[test]
fn comments_and_mysql_options_are_kept() {
    let sql = "CREATE TABLE `t` (`a` int unsigned NOT NULL AUTO_INCREMENT COMMENT 'key', PRIMARY KEY (`a`), KEY `k` (`a`)) ENGINE=InnoDB COMMENT='things'";
    let facts = analyze(sql, "auto");
    assert_eq!((facts.dialect.as_str(), facts.assets[0].comment.as_deref()), ("mysql", Some("things")));
    assert_eq!(facts.assets[0].columns.len(), 1);
    assert_eq!(facts.assets[0].columns[0].comment.as_deref(), Some("key"));
    assert_eq!(facts.assets[0].columns[0].data_type, "INT UNSIGNED");
    let facts = analyze("CREATE TABLE p.t (a int); COMMENT ON COLUMN p.t.a IS 'x'; COMMENT ON TABLE p.t IS 'y'", "postgres");
    assert_eq!((facts.assets[0].columns[0].comment.as_deref(), facts.assets[0].comment.as_deref()), (Some("x"), Some("y")));
}

#[test]
fn a_call_without_a_keyword_stands_where_its_name_does() {
    for (dialect, sql, line) in [
        ("oracle", "BEGIN\n  DELETE FROM a;\n\n  q(1);\nEND;", 4),
        ("tsql", "DELETE FROM a;\n\ndbo.q 'x'", 3),
        ("tsql", "DELETE FROM a;\n\ndbo.q", 3),
        ("tsql", "dbo.q", 1),
        ("tsql", "DELETE FROM a;\n\nEXEC dbo.q", 3),
    ] {
        let facts = analyze(sql, dialect);
        let call = facts.statements.iter().find(|s| s.kind == "CALL").map(|s| (s.span.line, &sql[s.span.start as usize..][..1]));
        assert_eq!(call.map(|c| c.0), Some(line), "{sql}");
        assert!(call.is_some_and(|c| "qdE".contains(c.1)), "{sql}");
    }
}

#[test]
fn a_statement_that_does_not_parse_costs_itself_alone() {
    let facts = analyze("SELECT a FROM t;\nINSERT INTO x SELECT b,, c FROM y JOIN z;\nfoo bar;\nSELECT d FROM u;", "postgres");
    check("postgres", "SELECT a FROM t;\nINSERT INTO x SELECT b,, c FROM y JOIN z;\nfoo bar;\nSELECT d FROM u;", "<-t; x<-y,z!; <-u");
    let lines: Vec<_> = facts.diagnostics.iter().map(|d| (d.line, d.severity)).collect();
    assert_eq!(lines, [(2, Severity::Warning), (3, Severity::Error)]);
    assert_eq!(facts.statements_failed(), 1);
    assert!(facts.coverage > 0.3 && facts.coverage < 0.9);
}

#[test]
fn a_missing_quote_costs_its_statement() {
    check("postgres", "SELECT a FROM t;\nSELECT 'oops FROM u;\nSELECT b FROM v;\nSELECT 'x' FROM w;", "<-t; <-u; <-v; <-w");
}

#[test]
fn client_commands_templates_and_copy_data_are_no_sql() {
    check("auto", "\u{feff}:setvar DB x\nUSE $(DB)\ngo\nSELECT a FROM [dbo].[t]\nGO 5\n", "<-dbo.t");
    check("postgres", "\\set ON_ERROR_STOP on\nCOPY t (a) FROM stdin;\n1\tit's\n\\.\nSELECT a FROM u;", "t<-; <-u");
    check(
        "auto",
        "{{ config(materialized='table') }}\nselect * from {{ ref('orders') }} o join {{ source('raw', 'items') }} i using (id)",
        "<-orders,raw.items",
    );
}

#[test]
fn dialects_have_names_of_others() {
    assert_eq!(dialect::find("MariaDB").map(|d| d.id), Some("mysql"));
    assert_eq!(dialect::find("klingon"), None);
    assert_eq!(analyze("SELECT 1", "klingon").diagnostics.len(), 1);
}

#[test]
fn deep_and_long_statements_never_overflow() {
    let nest = |open: &str, middle: &str, close: &str, n: usize| format!("SELECT {}{middle}{} FROM t", open.repeat(n), close.repeat(n));
    assert_eq!(flows(&nest("(", "a", ")", 300), "ansi"), "<-t");
    assert_eq!(flows(&nest("CASE WHEN a THEN ", "1", " END", 60), "ansi"), "<-t");
    assert_eq!(flows(&format!("SELECT * FROM {}t{}", "(SELECT * FROM ".repeat(40), ") x".repeat(40)), "ansi"), "<-t");
    assert_eq!(flows(&nest("(", "a", ")", 100_000), "ansi"), "<-t!");
    assert_eq!(flows(&nest("NOT ", "a", "", 5_000), "ansi"), "<-t!");
    assert_eq!(flows(&format!("SELECT 1 FROM t WHERE a = 1{}", " AND a = 1".repeat(5_000)), "ansi"), "<-t");
    assert_eq!(analyze(&"CREATE PROCEDURE p() BEGIN ".repeat(2_000), "mysql").assets.len(), 1);
    assert!(analyze(&"OPEN c FOR IF x ".repeat(2_000), "postgres").coverage >= 0.0);
    assert!(analyze(&"COPY (".repeat(20_000), "postgres").coverage >= 0.0);
}

#[test]
fn outputs_that_double_without_end_are_cut_and_said() {
    let mut sql = "WITH a0 AS (SELECT 1 AS x, b FROM t)".to_owned();
    for i in 1..30 {
        sql.push_str(&format!(", a{i} AS (SELECT p.*, q.* FROM a{} p, a{} q)", i - 1, i - 1));
    }
    let facts = analyze(&format!("CREATE VIEW v AS {sql} SELECT * FROM a29"), "postgres");
    assert_eq!(facts.diagnostics.len(), 1);
    assert!(facts.assets[0].columns.len() <= scope::MAX_OUTPUTS);
}

#[test]
fn changing_ctes_beyond_the_limit_are_said() {
    for (count, said) in [(32, false), (64, true)] {
        let list: Vec<String> = (0..count).map(|i| format!("c{i} AS (INSERT INTO t SELECT a FROM s RETURNING a)")).collect();
        let facts = analyze(&format!("WITH {} SELECT 1", list.join(", ")), "postgres");
        assert_eq!(facts.diagnostics.iter().any(|d| d.message.contains("the rest is left out")), said, "{count}");
    }
}

#[test]
fn sources_beyond_the_limit_are_cut_and_said() {
    let sql = |n: usize| {
        let assigned: String = (0..n).map(|i| format!("IF @k = {i} SELECT @a = c{i} FROM s\n")).collect();
        format!("{assigned}INSERT INTO t (a) VALUES (@a)")
    };
    assert!(analyze(&sql(scope::MAX_SOURCES - 1), "tsql").diagnostics.is_empty());
    let said = analyze(&sql(scope::MAX_SOURCES + 1), "tsql").diagnostics;
    assert!(matches!(said.as_slice(), [only] if only.message.contains("512")), "{said:?}");
}

/// Pieces that, shuffled and cut, come near every branch of the readers.
const PIECES: [&str; 64] = [
    "SELECT",
    "FROM",
    "t",
    "a.b",
    "(",
    ")",
    ",",
    ";",
    "INSERT INTO",
    "UPDATE",
    "SET",
    "=",
    "DELETE",
    "MERGE INTO",
    "USING",
    "ON",
    "WHEN",
    "MATCHED",
    "THEN",
    "CREATE",
    "OR REPLACE",
    "TABLE",
    "VIEW",
    "PROCEDURE",
    "FUNCTION",
    "TRIGGER",
    "AS",
    "BEGIN",
    "END",
    "IF",
    "ELSE",
    "WHILE",
    "LOOP",
    "FOR",
    "IN",
    "DECLARE",
    "@x",
    "#t",
    "$$",
    "'",
    "\"",
    "`",
    "[",
    "]",
    "--",
    "/*",
    "*/",
    "\n",
    "GO\n",
    "DELIMITER //\n",
    "//",
    "WITH",
    "UNION ALL",
    "VALUES",
    "CASE",
    "PARTITION OF",
    "REFERENCES",
    "EXEC",
    "sp_executesql N'SELECT 1'",
    "RETURN",
    "*",
    "{{",
    "}}",
    "é",
];

/// Statements of which each is one, with a clause that another could be taken to go on with.
const STATEMENTS: [&str; 16] = [
    "SELECT a, b FROM t WHERE a = 1",
    "SELECT a INTO u FROM t",
    "SELECT x.a FROM (SELECT a FROM t UNION ALL SELECT a FROM u) AS x ORDER BY 1",
    "INSERT INTO u (a, b) SELECT a, b FROM t",
    "INSERT u VALUES (1, 'x; y'), (2, 'INSERT INTO z')",
    "UPDATE u SET a = t.a FROM u JOIN t ON t.id = u.id",
    "DELETE FROM u WHERE a IN (SELECT a FROM t)",
    "MERGE INTO u USING t ON u.id = t.id WHEN MATCHED THEN UPDATE SET a = t.a WHEN NOT MATCHED THEN INSERT (id) VALUES (t.id)",
    "TRUNCATE TABLE u",
    "CREATE TABLE v (id int NOT NULL PRIMARY KEY, [a b] varchar(10) DEFAULT 'GO')",
    "WITH c AS (SELECT a FROM t), d AS (SELECT a FROM c) SELECT a FROM d",
    "WITH c AS (SELECT a FROM t) INSERT INTO u (a) SELECT a FROM c",
    "EXEC dbo.load_u",
    "EXEC dbo.load_u @a = 1, @b = 'x'",
    "DELETE u",
    "INSERT INTO u (a) EXEC dbo.give_a",
];

/// What may stand between two of them in T-SQL.
const BETWEEN: [&str; 6] = [";\n", "\n", "\nGO\n", " ; -- DELETE FROM w;\n", "\n/* ; SELECT */\n\n", ";;\n"];

proptest! {
    #![proptest_config(crate::properties::config())]

    #[test]
    fn statements_joined_and_split_again_are_the_same(picks in prop::collection::vec((0..STATEMENTS.len(), 0..BETWEEN.len()), 0..12)) {
        let text: String = picks.iter().flat_map(|(statement, between)| [STATEMENTS[*statement], BETWEEN[*between]]).collect();
        let facts = analyze(&text, "tsql");
        let mut spans: Vec<_> = facts.statements.iter().map(|s| s.span).collect();
        // A call within an INSERT is a statement of its own.
        spans.dedup_by(|inner, outer| inner.end <= outer.end);
        let found: Vec<&str> = spans.iter().map(|span| &text[span.start as usize..span.end as usize]).collect();
        prop_assert_eq!(found, picks.iter().map(|(statement, _)| STATEMENTS[*statement]).collect::<Vec<_>>());
    }

    #[test]
    fn any_text_gives_a_result(text in any::<String>(), dialect in 0..dialect::DIALECTS.len()) {
        let facts = analyze(&text, dialect::DIALECTS[dialect].id);
        prop_assert!((0.0..=1.0).contains(&facts.coverage));
    }

    #[test]
    fn shuffled_sql_gives_a_result_inside_the_text(picks in prop::collection::vec(0..PIECES.len(), 0..60), dialect in 0..dialect::DIALECTS.len()) {
        let text = picks.iter().map(|i| PIECES[*i]).collect::<Vec<_>>().join(" ");
        let facts = analyze(&text, dialect::DIALECTS[dialect].id);
        let lines = text.lines().count() as u32 + 1;
        for statement in &facts.statements {
            prop_assert!(statement.span.end as usize <= text.len() && statement.span.start <= statement.span.end, "{:?}", statement.span);
            prop_assert!(statement.span.line_end <= lines && statement.span.line >= 1);
        }
        prop_assert_eq!(analyze(&text, dialect::DIALECTS[dialect].id), facts);
    }
}

#[test]
fn an_aggregate_is_a_function() {
    let facts = super::analyze("CREATE AGGREGATE s.joined(text) (SFUNC = s.append, STYPE = text);", "postgres");
    assert_eq!(facts.assets.iter().map(|a| (a.kind, a.name.key())).collect::<Vec<_>>(), [(super::Kind::Function, "s.joined".to_owned())]);
}
