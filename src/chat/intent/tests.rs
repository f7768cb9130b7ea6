//! Phrasings, masked, and what they ask for.

use super::rules::RULES;
use super::{Intent, classify, kinds};
use crate::lineage::Kind;
use std::collections::BTreeSet;

#[test]
fn every_phrasing_finds_its_intent() {
    let cases: &[(Intent, &[&str])] = &[
        (
            Intent::Inventory,
            &[
                "what tables are in the database",
                "list all views",
                "show me the stored procedures",
                "which functions exist",
                "tables",
                "give me a list of tables in schema sales",
                "are there any triggers",
                "what materialized views do we have",
                "all tables please",
                "what files were uploaded",
                "show tables",
                "what objects are there",
                "what tables does the database have",
            ],
        ),
        (
            Intent::Definition,
            &[
                "what is the definition of #",
                "show the ddl of #",
                "show me the code of procedure #",
                "how is view # defined",
                "give me the source code for #",
                "# ddl",
                "show the create statement for #",
                "what does the sql behind # look like",
            ],
        ),
        (
            Intent::Columns,
            &[
                "what columns does table # have",
                "which columns are in #",
                "list the columns of #",
                "# columns",
                "fields of #",
                "show me the structure of #",
                "what is the schema of #",
                "what columns does it have",
            ],
        ),
        (
            Intent::Upstream,
            &[
                "what feeds #",
                "where does # come from",
                "where does the data in # come from",
                "what are the sources of #",
                "upstream of #",
                "what is upstream of #",
                "what does # depend on",
                "which tables does view # read from",
                "what is # built from",
                "and upstream",
                "show the upstream lineage of #",
                "what flows into #",
                "where does it come from",
                "which tables feed #",
            ],
        ),
        (
            Intent::Downstream,
            &[
                "what depends on #",
                "who uses #",
                "which views read #",
                "what is downstream of #",
                "downstream of #",
                "which reports use #",
                "consumers of #",
                "where is # used",
                "what is derived from #",
                "what does # feed",
                "and what depends on it",
                "which tables are built from #",
                "where does # go",
                "what views depend on table #",
            ],
        ),
        (
            Intent::Impact,
            &[
                "what breaks if i drop #",
                "what is the impact of changing #",
                "impact of renaming column #",
                "can i safely delete #",
                "what happens if # is removed",
                "what would be affected if i change #",
                "if i rename # what breaks",
                "what would break",
                "impact analysis for #",
                "what is affected by #",
            ],
        ),
        (
            Intent::Path,
            &[
                "how does data get from # to #",
                "path from # to #",
                "show the path between # and #",
                "what is the shortest route from # to #",
                "how does # flow into #",
                "how is # reached from # through to #",
                "lineage from # to #",
                "how do rows of # end up in #",
            ],
        ),
        (Intent::Connected, &["is # connected to #", "are # and # related", "does # feed #", "is there a link between # and #"]),
        (Intent::Common, &["what do # and # have in common", "which sources do # and # share"]),
        (
            Intent::DefinedIn,
            &[
                "where is # defined",
                "which file defines #",
                "is there a table called #",
                "does # exist",
                "in which file is # created",
                "where is #",
            ],
        ),
        (
            Intent::ColumnsMatching,
            &[
                "which tables contain column email",
                "which tables have a column named #",
                "find columns like email",
                "which tables have both # and #",
                "columns named created",
            ],
        ),
        (Intent::ColumnsByType, &["which columns have type json", "list columns of type timestamp", "which columns are money"]),
        (
            Intent::Joins,
            &[
                "which tables does # join with",
                "what foreign keys does # have",
                "which tables have a foreign key to #",
                "on which keys is # joined",
            ],
        ),
        (
            Intent::ReadsWrites,
            &["what does procedure # read and write", "what does # write", "which tables does # update", "what does # modify"],
        ),
        (Intent::UsedBy, &["which procedures use table #", "which procedures write to #", "what procedures update #", "who writes to #"]),
        (Intent::Calls, &["who calls #", "what does # call", "callers of #", "show the call tree of #"]),
        (Intent::Producers, &["which job produces #", "which procedure loads #", "what populates #", "how is # loaded"]),
        (
            Intent::Expression,
            &[
                "how is column # calculated",
                "how is # computed",
                "what is the formula for #",
                "which transformation makes #",
                "show the expression of #",
            ],
        ),
        (Intent::RootsOf, &["trace # back to raw sources", "what are the root sources of #", "what are the original sources of #"]),
        (Intent::Unused, &["which tables have no consumers", "unused tables", "which tables are never used", "orphans"]),
        (Intent::UnusedColumns, &["which columns are never used downstream", "unused columns"]),
        (Intent::Roots, &["which tables have no known source", "which are the root tables", "raw tables"]),
        (Intent::Cycles, &["are there circular dependencies", "any cycles"]),
        (Intent::Dangling, &["what is referenced but never defined", "dangling references", "missing tables"]),
        (
            Intent::Coverage,
            &["what could not be parsed", "which statements failed", "parse errors in files", "which lineage may be missing", "coverage"],
        ),
        (
            Intent::MostReferenced,
            &["what is the most referenced table", "which tables are most used", "most critical table", "top 5 tables"],
        ),
        (Intent::Deepest, &["which table has the deepest lineage", "what is the longest chain"]),
        (
            Intent::Summary,
            &["summarise the pipeline for #", "describe #", "what is #", "tell me about #", "what is this database about", "explain #"],
        ),
        (Intent::Freshness, &["when was # last ingested", "when was # last changed", "how fresh is #", "when was the last run"]),
        (Intent::Count, &["how many tables are there", "how many columns does # have", "number of views"]),
        (Intent::Evidence, &["why do you say # feeds #", "why does # depend on #", "show me the evidence for # and #"]),
        (Intent::Lineage, &["show the lineage of #", "lineage for #"]),
        (Intent::Topic, &["which tables hold customer data", "tables about payments", "where is customer data stored"]),
        (Intent::Search, &["hello", "what about discounts on returned goods", "thanks", ""]),
    ];
    let mut wrong = Vec::new();
    for (intent, questions) in cases {
        for question in *questions {
            let found = classify(question, question.matches('#').count());
            if found != *intent {
                wrong.push(format!("{question}: {found:?}, not {intent:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn triggers_are_asked_of_the_table_that_fires_them() {
    for question in ["what triggers fire on #", "what triggers are there on #", "list the triggers of #"] {
        assert_eq!(classify(question, 1), Intent::Downstream, "{question}");
    }
}

#[test]
fn kinds_are_named_in_many_ways() {
    assert_eq!(kinds("list tables and views"), [Kind::Table, Kind::View, Kind::MaterializedView]);
    assert_eq!(kinds("materialized views"), [Kind::MaterializedView]);
    assert_eq!(kinds("stored procedures"), [Kind::Procedure]);
    assert_eq!(kinds("all objects"), []);
    assert_eq!(kinds("what does the function # read"), []);
}

/// Every intent that the table can find, and the one that is left.
fn intents() -> BTreeSet<String> {
    RULES.iter().map(|r| r.intent).chain([Intent::Search]).map(|i| format!("{i:?}")).collect()
}

#[test]
fn the_page_on_answers_names_every_intent_and_no_other() {
    let page = include_str!("../../../docs/architecture/ANSWERS.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | ").map(|(intent, _)| intent.to_owned()));
    assert_eq!(rows.collect::<BTreeSet<_>>(), intents());
}

#[test]
fn every_intent_has_phrasings_in_the_file() {
    let file = include_str!("../../../tests/data/questions.tsv");
    let asked: BTreeSet<String> = file.lines().filter_map(|line| line.split('\t').nth(1)).map(str::to_owned).collect();
    assert_eq!(asked, intents());
}
