use super::*;
use proptest::prelude::*;

fn stated(text: &str) -> Vec<String> {
    let facts = read("script.py", text, "postgres");
    let mut all: Vec<String> = facts
        .edges
        .iter()
        .map(|e| {
            let end = |n: &Option<Name>| n.as_ref().map_or("file".to_owned(), Name::to_string);
            format!("{} {} {} {}", end(&e.from), e.relation.as_str(), end(&e.to), e.line)
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn what_is_found_stands_on_its_line_of_the_script() {
    let cases: [(&str, &[&str]); 27] = [
        ("cur.execute('SELECT a FROM s.t')", &["file READS s.t 1"]),
        ("q = \"\"\"\n  SELECT a\n  FROM s.t\n\"\"\"", &["file READS s.t 3"]),
        ("cur.execute('SELECT a '\n  'FROM s.t')", &["file READS s.t 2"]),
        ("q = 'SELECT a '\nq += 'FROM s.t '\nq += 'JOIN s.u USING (a)'\n\nrun(q)", &["file READS s.t 2", "file READS s.u 3"]),
        (
            "B = '''\nSELECT a\nFROM s.t'''\n\ncur.execute(f'''SELECT a\nFROM ({B}) x\nJOIN s.u''')",
            &["file READS s.t 3", "file READS s.u 7"],
        ),
        ("S = 'stg'\ncur.execute(f'SELECT a FROM {S}.t')", &["file READS stg.t 2"]),
        ("cur.execute(f'SELECT a FROM {schema}.t')", &["file READS t 1"]),
        ("cur.execute(f'SELECT a FROM {table}')", &[]),
        ("T = 't'\ncur.execute('SELECT a FROM ' + T)", &["file READS t 2"]),
        ("cur.execute('SELECT a FROM t WHERE b = %s', (1,))", &["file READS t 1"]),
        ("'''Select a file from the list.'''\nprint('Select one from these')  # SELECT a FROM b", &[]),
        ("df = spark.table('s.t')", &["file READS s.t 1"]),
        ("df.to_sql('t', engine, schema='m')", &["m.t WRITTEN_BY file 1"]),
        ("M = 'm'\ndf.to_sql('t', engine, schema=M)", &["m.t WRITTEN_BY file 2"]),
        (
            "a = pd.read_sql('SELECT x FROM s.t', c)\nb = a.merge(pd.read_sql_table('u', c, schema='s'))\nb.to_sql('m', c)",
            &["file READS s.t 1", "file READS s.u 2", "m DERIVES s.t 1", "m DERIVES s.u 2", "m WRITTEN_BY file 3"],
        ),
        (
            "def load():\n    return spark.read.option('dbtable', 'a').load()\ndf = load()\nother = 1\n\
             df.write.option('dbtable', 'b').save()",
            &["b DERIVES a 5", "b WRITTEN_BY file 5", "file READS a 2", "file READS a 5"],
        ),
        ("def f():\n    q = 'SELECT a FROM s.t'\ndef g():\n    cur.execute(q)\n", &["file READS s.t 2"]),
        (
            "spark.sql('create or replace temp view q as select a from s.t')\nspark.table('q').write.saveAsTable('m.q')",
            &["file READS s.t 1", "m.q DERIVES s.t 1", "m.q WRITTEN_BY file 2"],
        ),
        (
            "# Databricks notebook source\n# MAGIC %sql\n# MAGIC create temporary view if not exists q as select a from s.t\n\
             # COMMAND ----------\nspark.table('q').filter('a > 1').write.saveAsTable('m.q')",
            &["file READS s.t 3", "m.q DERIVES s.t 3", "m.q WRITTEN_BY file 5"],
        ),
        ("logging.getLogger().info('insert into a select * from b')\nprint(f'insert into {a} select * from b')", &[]),
        ("q = 'SELECT a FROM s.t'\nlog.debug('running ' + q)\ncur.execute(q)", &["file READS s.t 1"]),
        ("wr.s3.to_parquet(df=x, dataset=True, database='d', table='t')", &["d.t WRITTEN_BY file 1"]),
        (
            "@dlt.table(name='bronze')\ndef b():\n    return spark.readStream.table('raw.o')\n@dlt.table\n@dlt.expect('a', 'b > 1')\n\
             def silver():\n    return dlt.read_stream('bronze')",
            &["bronze DERIVES raw.o 3", "file READS bronze 7", "file READS raw.o 3", "silver DERIVES bronze 7"],
        ),
        (
            "c = bigquery.QueryJobConfig(destination='p.d.t')\nclient.query('SELECT a FROM s.t', job_config=c)",
            &["file READS s.t 2", "p.d.t DERIVES s.t 2", "p.d.t WRITTEN_BY file 2"],
        ),
        (
            "BigQueryInsertJobOperator(configuration={'query': {'query': 'SELECT a FROM s.t', 'destinationTable': \
             {'projectId': P, 'datasetId': 'd', 'tableId': 't'}}})",
            &["d.t DERIVES s.t 1", "d.t WRITTEN_BY file 1", "file READS s.t 1"],
        ),
        ("client.copy_table('d.s', 'd.t')", &["d.t DERIVES d.s 1", "d.t WRITTEN_BY file 1", "file READS d.s 1"]),
        ("foo((((\n\ndef f():\n    cur.execute('SELECT a FROM s.t')", &["file READS s.t 4"]),
    ];
    for (text, expected) in cases {
        assert_eq!(stated(text), expected, "{text}");
    }
}

#[test]
fn a_literal_that_is_not_sql_after_all_costs_nothing() {
    let facts = read("x.py", "x = 'select ((( from'", "postgres");
    assert!(facts.statements.is_empty() && facts.diagnostics.is_empty());
}

#[test]
fn strings_that_double_with_every_line_are_followed_up_to_a_limit() {
    let text = "a = 'SELECT x FROM t '\n".to_owned() + &"a = a + a\n".repeat(64) + "cur.execute('SELECT y FROM u')\n";
    let facts = read("x.py", &text, "auto");
    assert!(facts.diagnostics.iter().any(|d| d.message.contains("only in part")));
}

#[test]
fn functions_and_loops_that_double_are_read_anew_up_to_a_limit() {
    let calls: String = (0..40).map(|i| format!("def f{i}(x):\n    f{n}(x + 'a')\n    f{n}(x + 'b')\n", n = i % 8 + 1)).collect();
    let items = (0..16).map(|n| format!("'x{n}'")).collect::<Vec<_>>().join(", ");
    let loops: String = (0..6).map(|i| format!("{}for a{i} in [{items}]:\n", " ".repeat(i))).collect();
    let statement = "      cur.execute(f'INSERT INTO t SELECT b FROM {a0}{a1}{a2}{a3}{a4}{a5}')\n";
    let each =
        format!("{}cur.execute(f'INSERT INTO t SELECT b FROM u{{a}}'){}\n", "[".repeat(6), format!(" for a in [{items}]]").repeat(6));
    let body = "    cur.execute(f'INSERT INTO t SELECT b FROM u{x}')\n".repeat(100);
    let long = format!("def f(x):\n{body}{}", (0..1_000).map(|n| format!("f('{n}')\n")).collect::<String>());
    for (name, text) in [("calls", calls + "f0('t')\n"), ("loops", loops + statement), ("lists", each), ("a long function", long)] {
        let facts = read("x.py", &text, "postgres");
        assert!(facts.statements.len() < 6_000, "{name}: {}", facts.statements.len());
        assert!(facts.diagnostics.iter().any(|d| d.message.contains("there are too many")), "{name}");
    }
    let twice = format!("def g(t):\n{}    pd.read_sql_table(t, c).to_sql('mart_' + t, c)\n", "    x = 1 + 2 + 3\n".repeat(200));
    let facts = read("x.py", &(twice + &(0..40).map(|n| format!("g('t{n}')\n")).collect::<String>()), "postgres");
    for statement in &facts.statements {
        assert_eq!(statement.writes[0].to_string(), format!("mart_{}", statement.reads[0]), "what another call gave");
    }
    let brackets = "(".repeat(60);
    let closed = ")".repeat(60);
    let nested: String = (0..12).map(|i| format!("def f{i}(x):\n    g{brackets}f{}(x + 'a'){closed}\n", i + 1)).collect();
    assert!(read("x.py", &(nested + "f0('t')\n"), "postgres").statements.is_empty());
}

#[test]
fn names_and_classes_that_are_long_or_deep_take_no_more_than_their_length() {
    let name = "c".repeat(20_000);
    let attributes: String = (0..500).map(|n| format!("  a{n} = 'x'\n")).collect();
    let uses: String = (0..500).map(|n| format!("{name}.a{n}.b.c.d.e.f = {name}.a{n}\n")).collect();
    let classes: String = (0..40).map(|n| format!("{}class C{n}(C{}):\n", " ".repeat(n), n.max(1) - 1)).collect();
    let heirs: String =
        (0..2_000).map(|n| format!("class D{}(D{n}, D{n}): pass\nclass D{}(D{n}, D{n}):\n  x = 1\n", n + 1, n + 1)).collect();
    let held = format!("class C:\n def __init__(self):\n  self.{name} = 1\n{}", "C()\n".repeat(2_000));
    let long = format!("def f():\n y = '''{}'''\n{}", "a\n".repeat(20_000), "f()\n".repeat(3_000));
    for text in [&held, &long] {
        let facts = read("x.py", text, "postgres");
        assert!(facts.diagnostics.iter().any(|d| d.message.contains("only in part")), "{}", &text[..40]);
    }
    for word in ["for a in b: ", "class A: ", "def f(): ", "async def f(): ", "if a: for b in c: "] {
        read("x.py", &(word.repeat(50_000) + "x = 1\n"), "postgres");
    }
    for text in
        [format!("class {name}:\n{attributes}{uses}"), classes + &" ".repeat(41) + "x = 'SELECT a FROM t'\nC0()\n", heirs + "D2000().x()\n"]
    {
        read("x.py", &text, "postgres");
    }
}

fn pieces() -> impl Strategy<Value = Vec<&'static str>> {
    let pieces = [
        "cur.execute(",
        "'SELECT a FROM t'",
        "f\"\"\"INSERT INTO {x} SELECT",
        "\"\"\"",
        "'",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "=",
        "+=",
        "%",
        ".format(",
        "q",
        " ",
        "\n",
        "\n    ",
        "def f(a='b'):",
        "\n    f('c')\n",
        "for y in ['d', 'e']:\n    ",
        "self.x = C('f')\n",
        "[f(z) for z in ['g']]",
        "{f('h')}",
        "def g(self, *a, b):",
        "submit(f, lambda x='00': x)",
        "import f",
        "x if y else z",
        " or ",
        "self.g",
        "def h(): return f('i')\n",
        "return ",
        "for x in ",
        "with q as r:",
        ".write.saveAsTable('t')",
        "\\",
        "é",
        "#",
        "%s",
        "%(",
        "{a}",
        ";",
        "class C:",
        "dbt.ref('m')",
        "\u{E000}",
        "\u{E001}",
        "lambda x: ",
        "q += ",
        "df = spark.sql(",
        "df = spark.table('t')\n",
        "df['a']",
        "F.col('a')",
        ".select('a', df.b)",
        ".withColumn('c', F.sum(df['a'] + 1))",
        ".join(df, 'a')",
        ".groupBy('a').agg(",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..60)
}

proptest! {
    #![proptest_config(crate::properties::cases(256))]

    #[test]
    fn any_script_gives_a_result_whose_places_lie_in_it(pieces in pieces()) {
        let text = pieces.concat();
        let facts = read("x.py", &text, "auto");
        let lines = text.matches('\n').count() as u32 + 1;
        for statement in &facts.statements {
            prop_assert!(statement.span.line >= 1 && statement.span.line_end <= lines, "{:?} in {:?}", statement.span, text);
            prop_assert!(statement.span.start <= statement.span.end && statement.span.end as usize <= text.len());
        }
        prop_assert!(facts.edges.iter().all(|e| e.line >= 1 && e.line <= lines));
        prop_assert!((0.0..=1.0).contains(&facts.coverage));
    }
}

#[test]
fn what_would_be_copied_for_every_line_is_followed_so_far_and_no_further() {
    let long = format!("s = '{}'\n", "a b ".repeat(25_000));
    let lines = |line: &str| long.clone() + &(0..1_000).map(|i| line.replace("{i}", &i.to_string()) + "\n").collect::<String>();
    for (name, text) in [
        ("a format of a long text", lines("t{i} = s.format(1)")),
        ("a replacement in a long text", lines("t{i} = s.replace('x', 'y')")),
        ("a long name", lines("t{i} = sql.Identifier(s)")),
        ("a long query of an option", lines("t{i} = spark.read.option('dbtable', s).load()")),
        ("a long text in many fields", long.clone() + &format!("t = '{}'.format(s)", "{0}".repeat(1_000))),
        ("a long text in many fields of %", long.clone() + &format!("t = '{}' % {{'a': s}}", "%(a)s ".repeat(1_000))),
        ("many texts that are empty", format!("s = ''\n{}", "s += ''\ncur.execute(s)\n".repeat(10_000))),
    ] {
        let facts = read("script.py", &text, "postgres");
        let said = facts.diagnostics.iter().any(|d| d.message.contains("followed only in part"));
        assert!(said, "{name}: {:?}", facts.diagnostics.first());
    }
}
