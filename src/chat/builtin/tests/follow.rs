//! What is said after an answer, and what answers say of several projects and of what was not understood.

use super::{Scratch, hold, ingest, knowledge, question, sample_files, upload};
use crate::chat::builtin::{Means, answer};
use crate::chat::{Answer, Question};
use crate::ingest::{Content, Knowledge, Target, Upload};

/// The answer to the last of `turns`, each asked after the answers to those before.
fn last(knowledge: &Knowledge, turns: &[&str]) -> Answer {
    let mut history: Vec<(bool, String)> = Vec::new();
    let mut said = Answer::empty();
    for turn in turns {
        said = answer(knowledge, Means::default(), &Question { history: history.clone(), ..question(turn) });
        history.extend([(true, (*turn).to_owned()), (false, said.response.clone())]);
    }
    said
}

#[test]
fn a_name_that_was_asked_for_goes_on_with_the_question() {
    let knowledge = knowledge(sample_files());
    let offer = answer(&knowledge, Means::default(), &question("what depends on raw.ordrs?")).response;
    let names: Vec<&str> = offer.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next()).collect();
    assert!(offer.starts_with("There is no `raw.ordrs` here. Did you mean:") && names.len() > 1, "{offer}");
    for (then, name) in [
        ("the first", names[0]),
        ("1", names[0]),
        ("The second one, please.", names[1]),
        ("2nd", names[1]),
        ("I mean the second", names[1]),
        ("the last one", names[names.len() - 1]),
        ("yes", names[0]),
        ("Yes, please!", names[0]),
        ("yes, thanks", names[0]),
        ("raw.orders", "raw.orders"),
        ("`raw.orders`", "raw.orders"),
        ("no, I meant RAW.ORDERS", "raw.orders"),
        ("raw.payments", "raw.payments"),
        ("yes, raw.order_items", "raw.order_items"),
    ] {
        let said = last(&knowledge, &["what depends on raw.ordrs?", then]);
        assert!(
            said.response.contains(&format!("`{name}` (")) && !said.response.contains("Did you mean"),
            "{then}: {name}\n{}",
            said.response
        );
        let taken = said.warnings.iter().any(|w| w.text.contains(&format!("“Yes” is taken for `{}`", names[0])));
        assert_eq!(taken, then.to_lowercase().starts_with("yes") && !then.contains("raw."), "{then}: {:?}", said.warnings);
    }
    // A new question is one, and what was chosen is "it" from then on.
    assert!(last(&knowledge, &["what depends on raw.ordrs?", "What feeds marts.fct_orders?"]).response.contains("`marts.fct_orders`"));
    assert!(
        last(&knowledge, &["what depends on raw.ordrs?", "raw.payments", "what columns does it have?"]).response.contains("`raw.payments`")
    );
    let both = last(&knowledge, &["path from raw.ordrs to marts.fct_order", "raw.orders", "yes"]).response;
    assert!(both.contains("data gets from `raw.orders`") && both.contains("to `marts.fct_orders`"), "{both}");
    // Thanks end a talk.
    let thanked = last(&knowledge, &["what depends on raw.ordrs?", "ok thanks"]);
    assert!(thanked.response.starts_with("Nothing in that can be looked up") && thanked.warnings.is_empty(), "{}", thanked.response);
}

#[test]
fn a_name_is_replaced_where_it_stands_by_itself() {
    let text = "CREATE TABLE s.pens (id INT); CREATE TABLE s.orders (id INT); CREATE VIEW s.v AS SELECT id FROM s.pens;\n";
    let knowledge = knowledge(vec![("shop.sql".to_owned(), text.to_owned())]);
    for (turns, there) in [
        (&["what depends on `pen`?", "yes"][..], "**1 asset** depends directly on `s.pens`"),
        (&["path from s.orderz to s.order?", "s.orders", "s.orders"], "is one and the same"),
        (&["what depends on s.order.", "s.orders", "what about pens?"], "**1 asset** depends directly on `s.pens`"),
    ] {
        let said = last(&knowledge, turns).response;
        assert!(said.contains(there), "{turns:?}\n{said}");
    }
}

#[test]
fn the_questions_before_are_each_read_once() {
    // Twice each were 2^40 readings.
    let knowledge = knowledge(sample_files());
    let offer = "There is no `nosuch` here. Did you mean:\n\n- `raw.orders` (table, f.sql:1)\n";
    let turn = |text: &str| [(true, text.to_owned()), (false, offer.to_owned())];
    let history = std::iter::once("what feeds raw.payments?").chain(std::iter::repeat_n("i mean raw.orders", 40)).flat_map(turn).collect();
    let said = answer(&knowledge, Means::default(), &Question { history, ..question("i mean marts.fct_orders") }).response;
    assert!(said.starts_with("`marts.fct_orders` (") && said.contains("comes from"), "{said}");
}

#[test]
fn a_place_in_a_list_is_a_name_at_the_end_of_a_question() {
    let knowledge = knowledge(sample_files());
    let list = answer(&knowledge, Means::default(), &question("which views are there in marts?")).response;
    let second = list.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next()).nth(1).unwrap().to_owned();
    for then in ["what feeds the second?", "what feeds the second one?", "What feeds the second one's sources"] {
        let said = last(&knowledge, &["which views are there in marts?", then]).response;
        assert!(said.contains(&format!("`{second}` (")), "{then}: {second}\n{said}");
    }
    let about = last(&knowledge, &["which views are there in marts?", "what feeds the first one?", "what about the second?"]).response;
    assert!(about.starts_with(&format!("`{second}` (")) && about.contains("comes from"), "{about}");
}

#[test]
fn several_projects_are_counted_together() {
    let store = Scratch::new();
    let ingest = ingest(&store);
    store.write_blocking(|conn| crate::store::projects::create(conn, Some("b"), "B", None).map(drop)).unwrap();
    for (project, text) in [
        ("default", "CREATE TABLE a.x (id INT, made DATE); CREATE TABLE a.y (id INT); CREATE VIEW a.v AS SELECT id FROM a.x;"),
        ("b", "CREATE TABLE a.z (id INT UNIQUE);"),
    ] {
        let target = ingest.target(&Target { project_id: Some(project.to_owned()), ..Target::default() }).unwrap();
        let files = vec![Upload { path: "s.sql".into(), content: Content::Bytes(text.as_bytes().to_vec()) }];
        ingest.run(target.request("upload", None, files)).unwrap();
    }
    let said = |text: &str| answer(&ingest.knowledge, Means::default(), &question(text)).response;
    for (text, sum) in [
        ("how many tables are there?", "**3 tables**"),
        ("what tables are there?", "**3 tables**"),
        ("list the tables and views", "**3 tables, 1 view**"),
        ("which tables have no consumers?", "**2 tables, 1 view**"),
        ("which columns are int", "**3 columns**"),
        ("which tables have an id column", "**3 tables, 1 view**"),
    ] {
        let said = said(text);
        assert!(said.starts_with(&format!("In these 2 projects together: {sum}.")) && said.contains("### Project `b`"), "{text}\n{said}");
    }
    for text in ["what tables are there in project b?", "what is in a.x?", "which table has the most columns?"] {
        assert!(!said(text).contains("together"), "{text}\n{}", said(text));
    }
}

const BROKEN: &str = "CREATE TABLE a.x (id INT);
CREATE VIEW a.v AS SELECT id FROM a.x;
CREATE VIEW FROM WHERE nothing AS;
CREATE TABLE a.y (id INT);
";

#[test]
fn what_was_understood_of_a_file_or_an_asset_is_told_of_it() {
    hold(
        BROKEN,
        &[
            (
                "How much of shop.sql is understood?",
                &["**3 of 4 statements** in shop.sql were understood (75.0 %).", "shop.sql:3 ", "Of the tokens of SQL, "],
                &[],
            ),
            ("What of shop.sql was not read?", &["**3 of 4 statements** in shop.sql", "shop.sql:3 "], &[]),
            ("Show diagnostics of shop.sql", &["shop.sql:3 ", "% of its tokens are in statements understood"], &[]),
            ("How much is understood?", &["**3 of 4 statements** in shop.sql"], &[]),
            (
                "How much of a.v is understood?",
                &["All that defines `a.v` (view, shop.sql:2) was understood.", "**3 of 4"],
                &["shop.sql:3 "],
            ),
            ("what of a.v could not be parsed", &["All that defines `a.v`"], &["comes from"]),
            ("was a.v fully parsed?", &["All that defines `a.v`"], &[]),
        ],
    );
    hold(
        "CREATE VIEW s.v AS SELECT id FROM ext.missing;\nCREATE PROCEDURE dbo.p @t sysname AS\nBEGIN\n  EXEC('SELECT * FROM ' + @t);\nEND\n",
        &[
            ("how much of ext.missing is understood?", &["No statement that was read defines `ext.missing`"], &["was understood"]),
            (
                "what in dbo.p was not understood for dynamic SQL?",
                &["Yes: **1 place** in what defines `dbo.p` (procedure, shop.sql:2) builds SQL at run time"],
                &["All that defines"],
            ),
            (
                "what in s.v was not understood for dynamic SQL?",
                &["No: no code in what defines `s.v` (view, shop.sql:1) builds SQL at run time"],
                &["All that defines"],
            ),
        ],
    );
}

#[test]
fn what_may_be_missing_stands_below_the_text_in_few_words() {
    hold(
        BROKEN,
        &[
            ("what depends on a.x?", &["`a.v` (view", "*There may be more: 1 of 4 statements was not understood.*"], &[]),
            ("what tables are there?", &["**2 tables**"], &["There may be more"]),
        ],
    );
    let long: String = (0..30).map(|n| format!("CREATE VIEW v{} AS SELECT id FROM v{n};\n", n + 1)).collect();
    let dynamic = "CREATE PROCEDURE dbo.p @t sysname AS\nBEGIN\n  EXEC('SELECT * FROM ' + @t);\nEND\nGO\n";
    let knowledge = {
        let store = Scratch::new();
        let ingest = ingest(&store);
        let files = [("chain.sql", format!("CREATE TABLE v0 (id INT);\n{long}")), ("p.sql", dynamic.to_owned())];
        upload(&ingest, files.map(|(path, text)| (path.to_owned(), text)).to_vec());
        ingest.knowledge.clone()
    };
    let said = answer(&knowledge, Means::default(), &question("what depends on v0?"));
    let below = said.response.lines().last().unwrap_or("");
    assert!(below.starts_with("*There may be more: Only 5 hops or "), "{}", said.response);
    assert!(below.contains("SQL that is built at run time (dynamic SQL) is not followed"), "{below}");
    // Each is a warning too, with what to do, and is known to be told.
    assert!(said.warnings.iter().all(|warning| warning.told), "{:?}", said.warnings);
    let other = answer(&knowledge, Means::default(), &question("which tables have no consumers?"));
    assert!(other.warnings.iter().any(|warning| !warning.told && warning.text.contains("reports")), "{:?}", other.warnings);
    assert_eq!(said.warnings.len(), 2, "{:?}", said.warnings);
}

#[test]
fn conditions_on_columns_list_what_has_them() {
    hold(
        "CREATE TABLE s.a (id INT PRIMARY KEY, code INT UNIQUE, note TEXT NULL);
CREATE TABLE s.b (id INT NOT NULL, made DATE NOT NULL);
CREATE VIEW s.v AS SELECT id FROM s.a;
CREATE VIEW s.w AS SELECT count(*) AS n FROM s.gone;
CREATE TRIGGER t AFTER UPDATE ON s.a FOR EACH ROW EXECUTE FUNCTION s.f();\n",
        &[
            ("views with unique columns", &["There are no views"], &["s.a.code"]),
            (
                "Which tables have unique columns?",
                &["**1 table** in project `default` with a column unique by itself", "- `s.a` (table"],
                &["columns**", "s.a.code"],
            ),
            ("unique columns", &["**1 column**", "s.a.code"], &["table)"]),
            (
                "tables with nullable columns",
                &["**1 table** in project `default` with a column that may be null", "`s.a`"],
                &["- `s.b`", "columns**"],
            ),
            (
                "tables without nullable columns",
                &["**1 table** in project `default` without a column that may be null", "`s.b`"],
                &["- `s.a`"],
            ),
            ("nullable columns", &["that may be null", "s.a.note"], &["- `s.a` (table"]),
            ("How many tables have int columns?", &["**2 tables** have **3 columns** of type `int`:"], &["could not apply"]),
            ("How many tables have date columns?", &["**1 table** has **1 column** of type `date`:", "s.b.made"], &["could not apply"]),
            ("How many int columns are there?", &["**3 columns** of type `int`"], &["table"]),
            ("which tables lack a note", &["no column `note`", "- `s.b`"], &["could not apply", "- `s.a`", "s.gone"]),
            ("which tables don't have a note", &["no column `note`", "- `s.b`"], &["- `s.a`"]),
            ("what fires when s.a is updated?", &["**Triggers** on `s.a`", "`t`"], &["search"]),
        ],
    );
}

#[test]
fn what_is_said_in_passing_is_no_name() {
    hold(
        "CREATE TABLE s.customer (id INT PRIMARY KEY, parent INT REFERENCES s.customer (id));
CREATE TABLE t.orders (id INT, customer_id INT REFERENCES s.customer (id), other INT REFERENCES s.customer (id));
CREATE VIEW t.v AS SELECT id FROM s.customer;\n",
        &[
            ("I want to delete the t schema, what happens?", &["Dropping schema `t`"], &["There is no"]),
            ("I am thinking of dropping s.customer", &["Dropping or renaming `s.customer`"], &["There is no"]),
            ("s.custommer", &["There is no `s.custommer` here. Did you mean:", "`s.customer`"], &["Project"]),
            ("customers", &["`s.customer` (table"], &["search"]),
            ("how many foreign keys are there?", &["In project `default`: **3 foreign keys**, of 2 tables."], &[]),
            ("how many foreign keys are in schema t", &["in schema `t`: **2 foreign keys**, of 1 table."], &[]),
            ("how many views are in t", &["**1 view**"], &["materialized"]),
            ("which sources feed the t schema", &["`s` → `t`: 1 direct flow"], &["not what it is about"]),
        ],
    );
}

#[test]
fn how_two_are_related_is_told_by_what_joins_them() {
    hold(
        "CREATE TABLE s.customer (id INT PRIMARY KEY);
CREATE TABLE s.orders (id INT PRIMARY KEY, customer_id INT REFERENCES s.customer (id));
CREATE TABLE s.line (order_id INT REFERENCES s.orders (id), product_id INT REFERENCES s.product (id));
CREATE TABLE s.product (id INT PRIMARY KEY);\n",
        &[
            ("how are s.customer and s.orders related?", &["no data gets from one to the other", "has a foreign key to"], &[]),
            ("how are s.customer and s.product related?", &["no path of data", "`s.customer` → `s.orders` → `s.line` → `s.product`"], &[]),
            ("how are s.orders.id and s.orders.customer_id related?", &["Both are columns of `s.orders`."], &["relates `s.orders`"]),
            ("how can I join s.line with s.line?", &["No foreign key here relates `s.line` with itself."], &["directly"]),
        ],
    );
}
