//! Several questions in one, and one of several assets at once.

use super::{FILE, hold, knowledge, question, sample_files};
use crate::chat::Question;
use crate::chat::builtin::{Means, answer, several};
use std::collections::HashSet;

/// Orders and what is made of them, by views, by procedures and by queries.
const SHOP: &str = "CREATE TABLE dbo.orders (id INT PRIMARY KEY, total INT);
CREATE TABLE dbo.lines (id INT, order_id INT REFERENCES dbo.orders (id), price INT);
CREATE TABLE dbo.log (id INT);
CREATE TABLE dbo.spare (id INT);
CREATE VIEW dbo.totals AS SELECT o.id, sum(l.price) AS total FROM dbo.orders o JOIN dbo.lines l ON l.order_id = o.id GROUP BY o.id;
CREATE VIEW dbo.ids AS SELECT id FROM dbo.orders;
CREATE PROCEDURE dbo.fix AS
BEGIN
  UPDATE dbo.orders SET total = t.total FROM dbo.totals t WHERE t.id = orders.id;
  EXEC dbo.note;
END;
CREATE PROCEDURE dbo.note AS
BEGIN
  INSERT INTO dbo.log (id) SELECT id FROM dbo.lines;
END;
";

#[test]
fn each_of_several_questions_has_a_section_of_its_own() {
    hold(
        SHOP,
        &[
            (
                "who writes dbo.orders and what breaks if I drop it?",
                &[
                    "## Who writes dbo.orders?\n\n`dbo.orders` is **updated** by",
                    "## What breaks if I drop it?\n\nDropping or renaming `dbo.orders`",
                ],
                &["not answered"],
            ),
            (
                "What is dbo.totals? What feeds it, and who reads it?",
                &["`dbo.totals` (view, shop.sql:5). It has", "comes from **2 direct sources**", "depend directly"],
                &["##"],
            ),
            (
                "show the columns of dbo.orders and its consumers",
                &["has **2 columns**", "## Its consumers\n\n**2 assets**"],
                &["Nothing of that kind"],
            ),
            ("which tables have no consumers and are there cycles", &["## Are there cycles?"], &["not answered"]),
            (
                "what feeds dbo.totals and what depends on dbo.nosuch",
                &["## What depends on dbo.nosuch?\n\nThere is no `dbo.nosuch` here"],
                &[],
            ),
            (
                "who writes dbo.orders and what colour is the moon",
                &[
                    "`dbo.orders` is **updated** by",
                    "“what colour is the moon” is left out: it asks nothing that can be looked up here, or I did not understand it.",
                ],
                &["##"],
            ),
            ("what does dbo.fix need and who calls it?", &["## Who calls it?"], &["not answered"]),
            // One question of two sides, or said twice.
            ("who calls dbo.note and what does it call?", &["is **called** by"], &["##"]),
            ("what does dbo.fix read and what does it write?", &["It **reads**", "It **writes**"], &["##"]),
            ("what breaks if I drop dbo.totals? what would break?", &["Dropping or renaming `dbo.totals`"], &["##"]),
            ("what reads and what writes dbo.orders", &["`dbo.orders`"], &["##", "not answered"]),
            ("what feeds dbo.totals and how", &["comes from"], &["##", "not answered"]),
            ("what is dbo.totals and what feeds it", &["`dbo.totals` (view, shop.sql:5). It has", "comes from **2 direct"], &["##"]),
            (
                "who writes dbo.orders and what feeds it? // and dbo.log?",
                &["## Who writes dbo.log?", "## What feeds it?\n\n`dbo.log`"],
                &["dbo.orders` is"],
            ),
        ],
    );
}

#[test]
fn what_several_answers_rest_on_stands_once_beside_them() {
    let knowledge = knowledge(vec![("shop.sql".to_owned(), format!("{SHOP}SELECT FROM WHERE broken (((;\n"))]);
    let said = answer(&knowledge, Means::default(), &question("what feeds dbo.totals and what depends on dbo.totals?"));
    let ids: HashSet<&str> = said.sources.iter().map(|source| source.id.as_str()).collect();
    assert!(ids.len() == said.sources.len() && ids.len() > 4, "{:?}", said.sources);
    let [part] = &said.graph[..] else { panic!("{} parts of one project", said.graph.len()) };
    assert_eq!(part.nodes.iter().collect::<HashSet<_>>().len(), part.nodes.len());
    assert_eq!(said.response.matches("There may be more").count(), 1, "{}", said.response);
    assert_eq!(said.warnings.iter().filter(|warning| warning.told).count(), 1, "{:?}", said.warnings);
}

#[test]
fn no_phrasing_of_one_question_is_taken_for_several() {
    let knowledge = knowledge(sample_files());
    let lines = FILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for text in lines.filter_map(|line| line.split('\t').next()) {
        // The one that is two.
        if text.ends_with("and who owns it?") {
            continue;
        }
        let question: Question = question(text);
        let several = several::of(&knowledge, Means::default(), &question);
        assert!(several.questions.len() == 1 && several.left_out.is_empty(), "{text}");
    }
}

#[test]
fn what_has_to_do_with_several_assets_has_to_do_with_each() {
    hold(
        SHOP,
        &[
            (
                "Which view reads both dbo.orders and dbo.lines?",
                &[
                    "**1 view** uses `dbo.orders` and `dbo.lines`:\n\n- `dbo.totals` (view, shop.sql:5) — `dbo.orders`: derives, shop.sql:5; `dbo.lines`: derives",
                    "By itself, 2 use `dbo.orders`, 1 uses `dbo.lines`.",
                ],
                &["ids"],
            ),
            ("which views use dbo.orders and dbo.lines", &["**1 view** uses"], &["ids"]),
            (
                "which procedure reads dbo.totals and writes dbo.orders?",
                &["**1 procedure** uses `dbo.totals` and writes `dbo.orders`:\n\n- `dbo.fix`"],
                &[],
            ),
            (
                "which procedure writes dbo.orders from dbo.totals and dbo.orders",
                &["writes `dbo.orders` and uses `dbo.totals`", "- `dbo.fix`"],
                &[],
            ),
            ("which procedures use dbo.orders and dbo.totals", &["**1 procedure** uses", "- `dbo.fix`"], &["note"]),
            ("what reads both dbo.orders and dbo.log", &["Nothing uses `dbo.orders` and `dbo.log`", "0 use `dbo.log`"], &["- `"]),
            ("which views read dbo.orders, dbo.lines and dbo.log", &["No view uses"], &["- `"]),
            ("which procedures read dbo.lines and dbo.nosuch", &["There is no `dbo.nosuch` here"], &["**1"]),
            ("who uses dbo.orders and dbo.lines", &["depend directly on `dbo.orders`", "directly on `dbo.lines`"], &["By itself"]),
        ],
    );
}

#[test]
fn what_is_used_least_is_told_from_the_end_of_the_ranking() {
    hold(
        SHOP,
        &[
            (
                "what is the least used table?",
                &[
                    "The least referenced",
                    "(**2** of 4 have none):\n\n- `dbo.log` (table, shop.sql:3): 0\n- `dbo.spare` (table, shop.sql:4): 0\n- ",
                ],
                &["apply", "view, "],
            ),
            ("which views are rarely used", &["The least referenced", "- `dbo.ids` (view, shop.sql:6): 0"], &["(table", "apply"]),
            ("top 2 least referenced tables", &["- `dbo.log`", "- … and 2 more"], &["apply"]),
            ("what is the least used column?", &["The least referenced", "`dbo.spare.id`", ": 0"], &["apply"]),
            (
                "which procedures are rarely used?",
                &["number of routines and files that call them (**1** of 2 have none)", "- `dbo.fix`"],
                &["apply"],
            ),
        ],
    );
}

#[test]
fn a_question_in_another_language_is_searched_for_and_told_to_be() {
    let plain = "Questions are understood in English, and this one seems to be in another language, so this is search, not fact.";
    hold(
        SHOP,
        &[
            ("Welche Sichten nutzen dbo.orders?", &[plain, "- `dbo.orders`"], &["read as"]),
            ("quelles sont les vues qui lisent dbo.orders ?", &[plain, "- `dbo.orders`"], &["depend"]),
            ("哪些表使用 dbo.orders？", &[plain, "- `dbo.orders`"], &[]),
        ],
    );
    let knowledge = knowledge(vec![("shop.sql".to_owned(), SHOP.to_owned())]);
    let said = answer(&knowledge, Means::default(), &question("¿qué tablas hay?"));
    assert!(said.confidence <= 0.5 && said.warnings.is_empty(), "{:?}", said.warnings);
}
