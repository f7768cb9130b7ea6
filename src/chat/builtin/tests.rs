//! Questions as people ask them, over the bundled sample, and what is understood.

use super::{Asked, Means, understand};
use crate::chat::intent::Intent;
use crate::chat::mention::Mention;
use crate::chat::{Mode, Question};
use crate::ingest::{Content, Ingest, Knowledge, Limits, Snapshot, Target, Upload, sample};
use crate::lineage::{Kind, Relation};
use crate::realtime::Hub;
use crate::store::Store;
use crate::store::scratch::Scratch;
use std::collections::HashSet;
use std::sync::Arc;

mod beyond;
mod colleague;
mod follow;
mod oncall;
mod several;
mod stranger;
mod told;
mod truth;
mod typed;

/// Phrasings with what they mean.
const FILE: &str = include_str!("../../../tests/data/questions.tsv");

/// The bundled sample: path and text.
fn sample_files() -> Vec<(String, String)> {
    sample::FILES.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec()
}

/// What is known once these files are ingested.
fn knowledge(files: Vec<(String, String)>) -> Knowledge {
    let store = Scratch::new();
    let ingest = ingest(&store);
    upload(&ingest, files);
    ingest.knowledge.clone()
}

fn ingest(store: &Store) -> Ingest {
    let extensions = [".sql", ".md", ".py"].map(String::from).to_vec();
    Ingest::new(store.clone(), Knowledge::default(), Hub::new(1, 1), Limits { max_bytes: 1 << 20, extensions })
}

fn upload(ingest: &Ingest, files: Vec<(String, String)>) {
    let upload = |(path, text): (String, String)| Upload { path, content: Content::Bytes(text.into_bytes()) };
    let target = ingest.target(&Target::default()).unwrap();
    ingest.run(target.request("upload", None, files.into_iter().map(upload).collect())).unwrap();
}

fn question(text: &str) -> Question {
    // "first // then" is a conversation.
    let turns: Vec<&str> = text.split(" // ").collect();
    let (last, before) = turns.split_last().unwrap();
    Question {
        mode: Mode::Graph,
        query: (*last).to_owned(),
        project_id: None,
        repository_id: None,
        history: before.iter().map(|t| (true, (*t).to_owned())).collect(),
        top_k: None,
        model: None,
        client: String::new(),
        stream: false,
    }
}

/// What a question was understood to be about: names, `?` before those that are not there, then schema, patterns and number.
fn arguments(snapshot: &Snapshot, asked: &Asked) -> String {
    let name = |m: &Mention| match m.nodes.as_slice() {
        [one] => snapshot.graph.node(*one).name().into_owned(),
        several => format!("{} ({} meanings)", m.text.to_lowercase(), several.len()),
    };
    let reading = &asked.reading;
    let mut all: Vec<String> = reading.mentions.iter().map(name).collect();
    all.extend(reading.unknown.iter().map(|u| format!("?{u}")));
    all.extend(reading.schema.iter().map(|s| format!("in {}", s.to_lowercase())));
    all.extend(reading.patterns.iter().cloned());
    all.extend(reading.number.map(|n| n.to_string()));
    match asked.intent {
        Intent::Inventory | Intent::Count => all.extend(asked.kinds.iter().map(|k| k.as_str().to_owned())),
        Intent::ColumnsByType => all = super::column::types(asked),
        Intent::Topic => all.extend(reading.rest.iter().cloned()),
        _ => {}
    }
    all.join(" ")
}

#[test]
fn what_goes_through_a_function_or_a_filter_is_part_of_the_answer() {
    let knowledge = knowledge(sample_files());
    for (text, parts) in [
        ("Is raw.exchange_rates connected to marts.daily_revenue?", &["Yes", "staging.to_eur"][..]),
        ("What are the root sources of marts.daily_revenue?", &["raw.exchange_rates"]),
        ("What depends on raw.exchange_rates.eur_rate?", &["staging.to_eur", "staging.stg_orders.total_eur"]),
        ("What depends on raw.payments.failed?", &["staging.stg_payments"]),
        ("What feeds marts.daily_revenue.order_count?", &["No column goes into", "the query of `marts.daily_revenue`"]),
        ("How is marts.daily_revenue.order_count computed?", &["No column goes into"]),
        ("Where does marts.daily_revenue.order_count originally come from?", &["No column goes into"]),
        ("Who reads raw.orders.order_id?", &["staging.stg_order_items"]),
        ("What breaks if I drop raw.payments.failed?", &["staging.stg_payments", "are affected"]),
    ] {
        let answer = super::answer(&knowledge, Means::default(), &question(text)).response;
        assert!(parts.iter().all(|part| answer.contains(part)), "{text}\n{answer}");
    }
}

#[test]
fn files_of_one_path_state_each_their_own() {
    let store = Scratch::new();
    let limits = Limits { max_bytes: 1 << 20, extensions: vec![".sql".to_owned()] };
    let ingest = Ingest::new(store.clone(), Knowledge::default(), Hub::new(1, 1), limits);
    for (repository, text) in [("a", "CREATE VIEW of_a AS SELECT x FROM t;"), ("b", "CREATE VIEW of_b AS SELECT x FROM t;")] {
        let target = Target { repository_name: Some(repository.to_owned()), ..Target::default() };
        let upload = Upload { path: "schema.sql".into(), content: Content::Bytes(text.as_bytes().to_vec()) };
        ingest.run(ingest.target(&target).unwrap().request("upload", None, vec![upload])).unwrap();
    }
    let answer = super::answer(&ingest.knowledge, Means::default(), &question("Which lineage does schema.sql state?"));
    for view in ["of_a", "of_b"] {
        assert_eq!(answer.response.matches(&format!("→ `{view}`")).count(), 1, "{}", answer.response);
    }
}

/// Phrasings of one kind of question in `tests/data/questions.tsv`.
const PHRASINGS: usize = 10;

#[test]
fn every_phrasing_is_understood() {
    let knowledge = knowledge(sample_files());
    let snapshot: Arc<Snapshot> = knowledge.all().remove(0);
    let mut wrong: Vec<String> = Vec::new();
    let mut sections: Vec<(&str, usize)> = Vec::new();
    let mut seen = HashSet::new();
    for line in FILE.lines().filter(|l| !l.is_empty() && !l.starts_with("##")) {
        if let Some(section) = line.strip_prefix("# ") {
            sections.push((section, 0));
            continue;
        }
        sections.last_mut().expect("a section").1 += 1;
        let (text, expected) = line.split_once('\t').unwrap_or((line, ""));
        let question = question(text);
        let asked = understand(&snapshot, Means::default(), &question);
        let found = format!("{:?}\t{}", asked.intent, arguments(&snapshot, &asked));
        if found.trim_end() != expected.trim_end() {
            wrong.push(format!("{text}\t{found}\n  but expected\t{expected}\t[{}]", asked.reading.masked));
        }
        if !seen.insert(text) {
            wrong.push(format!("{text}: twice"));
        }
    }
    wrong.extend(sections.iter().filter(|(_, n)| *n < PHRASINGS).map(|(s, n)| format!("{s}: {n} phrasings only")));
    assert!(sections.len() >= 46, "{}", sections.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn answers_say_what_they_went_by() {
    let knowledge = knowledge(sample_files());
    let mut wrong: Vec<String> = Vec::new();
    for (text, said) in [
        (
            "Find queries using window functions",
            &["**2 lines**", "postgres/02_staging.sql:60 — in `staging.stg_sessions`", "product_performance"][..],
        ),
        ("which procedures use MERGE", &["**1 line**", "inventory.usp_ApplyMovements"]),
        ("do any marts bypass staging", &["No relation of the marts layer reads one of the raw layer directly."]),
        ("which staging views read raw tables directly", &["**8 direct reads**", "`staging.stg_orders` reads `raw.orders`"]),
        ("Who owns raw.orders?", &["unknown", "folder `postgres`"]),
        ("Which PII columns flow into marts.dim_customer?", &["`raw.customers.full_name`", "→ `marts.dim_customer.first_name`"]),
        ("rename raw.orders.total_amount to gross", &["To call it `gross`, edit **3 places**", "postgres/02_staging.sql:33"]),
        ("who uses column raw.orders.status, not only the table", &["**1 asset**", "but not that column:\n\n- `staging.stg_order_items`"]),
        ("what does raw.orders join", &["by `raw.orders.order_id` and `raw.order_items.order_id`"]),
        ("which python files touch marts.fct_orders", &["etl/nightly.py:14 `FROM {MARTS}.fct_orders`"]),
        ("which lineage does 04_loads.sql change", &["**19 relations**", "`marts.fct_orders` → `trg_fct_orders_loaded`"]),
        ("what does load_fct_orders call", &["\n- `marts.load_dim_customer`", "\n  - `marts.customer_segment`"]),
        ("what changed in the last run", &["read 8 files", "- postgres/01_raw.sql: 7 statements", "diff of run `"]),
        ("what depends on raw.orders within 2 hops", &["\n1 hop:\n", "\n2 hops:\n"]),
        ("what feeds revenu", &["There is no `revenu` here. Did you mean:\n\n- `marts.daily_revenue`"]),
        ("what about discounts on returned goods", &["this is search, not fact"]),
        ("what feeds raw.ordrs", &["There is no `raw.ordrs` here. Did you mean:\n\n- `raw.orders`"]),
        ("which jobs load the marts?", &["`marts` is a schema", "- `marts.dim_customer`"]),
        ("what tables do you know about", &["There are **16 tables**"]),
        ("show me raw.orders", &["It has 7 columns", "directly on `raw.orders`"]),
        (
            "what feeds marts.daily_revenue and marts.fct_orders",
            &["`marts.daily_revenue` (view, postgres/03_marts.sql:36) comes", "`marts.fct_orders` (table, postgres/03_marts.sql:18) comes"],
        ),
        (
            "what tables depend on raw.orders",
            &["Nothing of that kind depends directly on `raw.orders`", "**4** further on", "- 2 hops: `marts.fct_orders`"],
        ),
        ("list columns with type timestamp", &["`raw.orders.placed_at` (column, postgres/01_raw.sql:26) TIMESTAMPTZ"]),
        ("which columns are dates", &["of type `dates`", "DATE"]),
        ("how many rows are in raw.orders", &["How many rows or bytes a table holds is not known here", "has 7 columns"]),
        ("what is the biggest table", &["is not known here", "the most first"]),
        ("what indexes are on raw.orders", &["Indexes, permissions, sizes and rows are not known here"]),
        ("which foreign keys exist", &["with foreign keys", "postgres/01_raw.sql:25 — in `raw.orders`"]),
        ("show dependencies between schemas", &["**5 schemas**", "`raw` → `staging`: "]),
        ("what can I ask you?", &["Nothing in that can be looked up. Ask what there is"]),
        (
            "does raw.payments.amount reach marts.customer_lifetime_value",
            &[
                "No column of `marts.customer_lifetime_value` is known to be made of",
                "relations:\n\nYes: data gets from `raw.payments` (table",
            ],
        ),
        (
            "does raw.orders.total_amount reach marts.customer_lifetime_value",
            &["Yes: data gets from `raw.orders.total_amount` (column", "→ `marts.customer_lifetime_value.lifetime_value_eur`"],
        ),
        ("does raw.orders.customer_id reach marts.dim_product", &["No: there is no path of data between"]),
        (
            "path from marts.daily_revenue to raw.customers",
            &["None gets from `marts.daily_revenue` to `raw.customers`. Data flows the other way, from `raw.customers`"],
        ),
        ("is raw.orders connected to raw.orders", &["is one and the same"]),
        ("what depends on the raw.orders table", &["**2 assets** depend directly on `raw.orders`"]),
        ("what feeds the daily_revenue view", &["comes from **2 direct sources**"]),
        ("what reads the fct_orders table?", &["**7 assets** depend directly"]),
        (
            "what happens when raw.orders.order_id changes type",
            &["Changing `raw.orders.order_id`", "**5 may break**", "depend on those, or on its rows"],
        ),
        (
            "what breaks if I delete the file 02_staging.sql",
            &["would not be defined any more:\n\n- `staging.to_eur`", "name that and break; edit them:\n\n- `marts.product_performance`"],
        ),
    ] {
        let answer = super::answer(&knowledge, Means::default(), &question(text)).response;
        wrong.extend(said.iter().filter(|part| !answer.contains(**part)).map(|part| format!("{text}: no {part:?} in\n{answer}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_narrows_a_list_is_applied_or_said_not_to_be() {
    let shop = "CREATE TABLE raw.keyed (id INT PRIMARY KEY, a INT, b INT);\nCREATE TABLE raw.loose (id INT, email TEXT);\n\
        CREATE VIEW mart.one AS SELECT id FROM raw.keyed;\nCREATE VIEW mart.two AS SELECT id FROM mart.one WHERE id > 1;\n\
        CREATE VIEW mart.three AS SELECT id FROM raw.loose;\n";
    let knowledge = knowledge(vec![("shop.sql".to_owned(), shop.to_owned())]);
    let mut wrong: Vec<String> = Vec::new();
    for (text, there, absent) in [
        ("tables without a primary key", &["**1 table**", "raw.loose"][..], &["raw.keyed"][..]),
        ("tables with a primary key", &["**1 table**", "raw.keyed"], &["raw.loose"]),
        ("which tables do not have a primary key?", &["raw.loose"], &["raw.keyed"]),
        ("which views depend on other views", &["**1 view**", "mart.two"], &["mart.one` (", "mart.three"]),
        ("which tables have more than 2 columns", &["raw.keyed"], &["raw.loose"]),
        ("how many tables have fewer than 3 columns", &["**1 table**"], &[]),
        ("which table has the most columns", &["the most first", "raw.keyed` (table, shop.sql:1): 3"], &[]),
        ("views that do not read raw", &["**1 view**", "mart.two"], &["mart.one` (", "mart.three"]),
        ("which views don't use raw.keyed", &["mart.two", "mart.three"], &["mart.one` ("]),
        ("which tables mention email", &["raw.loose"], &["raw.keyed"]),
        ("list the tables in schema nosuch", &["There is no schema `nosuch` here", "`raw`: 2 tables"], &["raw.keyed"]),
        ("list tables but only purple ones", &["could not apply “", "purple"], &[]),
        ("what tables are in the database?", &["**2 tables**"], &["could not apply"]),
        (
            "same columns as mart.one",
            &["**2 relations have** the same columns as `mart.one`", "- `raw.loose` (table, shop.sql:2): 1 of them, `id`"],
            &["has **1 column**:"],
        ),
        ("same columns as raw.keyed", &["No other relation here has just the **3 columns** of `raw.keyed`"], &["have** the same"]),
        ("what does \"mart\" contain", &["mart.one", "mart.two"], &["raw.keyed` (", "There is no"]),
        ("downstream of raw.keyed but not in mart", &["Nothing of what is asked for outside schema `mart`"], &["- `mart.two`"]),
        ("what files mention raw.keyed", &["shop.sql:"], &["No Python file"]),
        ("which columns are unused", &["never used downstream", "raw.keyed.a"], &["Everything"]),
        ("what is not read by anyone", &["have no consumer"], &["statements"]),
        ("what type is raw.keyed.a", &["of type `INT`"], &["raw.keyed.b"]),
        ("what filters on mart.one.id", &["**1 asset** filters", "mart.two"], &[]),
        ("what columns feed raw.loose.mail", &["Did you mean", "raw.loose.email"], &["raw.keyed"]),
        ("thanks!", &["Nothing in that can be looked up"], &["raw."]),
        ("what is the difference between mart.one and raw.keyed", &["Columns of both: `id`", "only: `a`, `b`"], &["Yes:"]),
        ("is there personal data in raw", &["**1 column** in schema `raw`", "raw.loose.email"], &[]),
        ("explain the pipeline from raw to mart", &["**2 direct flows** from schema `raw` to schema `mart`"], &[]),
    ] {
        let answer = super::answer(&knowledge, Means::default(), &question(text)).response;
        wrong.extend(there.iter().filter(|p| !answer.contains(**p)).map(|p| format!("{text}: no {p:?} in\n{answer}")));
        wrong.extend(absent.iter().filter(|p| answer.contains(**p)).map(|p| format!("{text}: {p:?} in\n{answer}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_no_project_knows_is_told_once_with_the_nearest_names_of_all() {
    let store = Scratch::new();
    let ingest = ingest(&store);
    for (project, text) in
        [("default", "CREATE TABLE raw.orders (id INT);"), ("b", "CREATE TABLE raw.ordr (id INT);"), ("c", "CREATE TABLE x.y (id INT);")]
    {
        ingest.knowledge.begin(project);
        let linked = crate::graph::link::link;
        let facts = std::sync::Arc::new(crate::lineage::analyze(text, "postgres"));
        let file = crate::graph::link::FileFacts { file_id: "1", repository_id: "r", repository: "r", path: "s.sql", facts: &facts };
        let graph = Arc::new(crate::graph::Graph::build(project, linked(project, &[file], &[])));
        let index = Arc::new(crate::search::Index::build(&graph, Vec::new()));
        ingest.knowledge.swap(Arc::new(Snapshot { project: project.to_owned(), graph, index, ..Snapshot::default() }));
    }
    let answer = super::answer(&ingest.knowledge, Means::default(), &question("what feeds raw.ordrs?"));
    assert_eq!(answer.response.matches("There is no `raw.ordrs` in any project. Did you mean:").count(), 1, "{}", answer.response);
    let (first, second) = (
        answer.response.find("- `raw.orders` (table), in project `default`"),
        answer.response.find("- `raw.ordr` (table), in project `b`"),
    );
    assert!(first.is_some() && second.is_some() && !answer.response.contains("###"), "{}", answer.response);
    assert_eq!(answer.sources.len(), 2, "{:?}", answer.sources);
}

#[test]
fn no_answer_is_empty_when_only_the_new_name_is_here() {
    let knowledge = knowledge(vec![("t.sql".to_owned(), "CREATE TABLE shop.places (country TEXT);".to_owned())]);
    let asked = question("can we rename column country_code of raw.customers to country?");
    let answer = super::answer(&knowledge, Means::default(), &asked).response;
    assert!(answer.contains("There is no `raw.customers` here"), "{answer}");
}

#[test]
fn one_of_a_list_is_spoken_of_by_its_place() {
    let knowledge = knowledge(sample_files());
    let mut asked = question("what depends on raw.orders?");
    let list = super::answer(&knowledge, Means::default(), &asked).response;
    let second = list.lines().filter(|line| line.starts_with("- ")).nth(1).and_then(|line| line.split('`').nth(1)).unwrap().to_owned();
    asked.history = vec![(true, asked.query.clone()), (false, list)];
    "what breaks if I drop the second one?".clone_into(&mut asked.query);
    let answer = super::answer(&knowledge, Means::default(), &asked).response;
    assert!(answer.starts_with(&format!("Dropping or renaming `{second}`")), "{second}\n{answer}");
}

#[test]
fn what_another_project_knows_is_not_called_unknown() {
    let store = Scratch::new();
    let ingest = ingest(&store);
    store.write_blocking(|conn| crate::store::projects::create(conn, Some("b"), "B", None).map(drop)).unwrap();
    for (project, text) in [("default", "CREATE TABLE raw.orders (id INT);"), ("b", "CREATE TABLE person.person (id INT);")] {
        let target = ingest.target(&Target { project_id: Some(project.to_owned()), ..Target::default() }).unwrap();
        let files = vec![Upload { path: "s.sql".into(), content: Content::Bytes(text.as_bytes().to_vec()) }];
        ingest.run(target.request("upload", None, files)).unwrap();
    }
    let answer = super::answer(&ingest.knowledge, Means::default(), &question("path from raw.orders to person.person")).response;
    assert!(answer.contains("`person.person` is in project `b`, `raw.orders` is in project `default`. No lineage"), "{answer}");
}

#[test]
fn a_table_called_like_a_word_of_questions_is_found() {
    let names = ["department", "person", "location", "users", "jobs", "sources", "links", "errors", "keys", "records", "steps", "flows"];
    let tables: Vec<String> =
        names.iter().map(|name| format!("CREATE TABLE {name} (id INT); CREATE VIEW v_{name} AS SELECT id FROM {name};")).collect();
    let knowledge = knowledge(vec![("t.sql".to_owned(), tables.join("\n"))]);
    let mut wrong: Vec<String> = Vec::new();
    for name in names {
        for text in [format!("what depends on {name}"), format!("what depends on the {name} table?"), format!("who uses table {name}?")] {
            let answer = super::answer(&knowledge, Means::default(), &question(&text)).response;
            if !answer.contains(&format!("- `v_{name}`")) {
                wrong.push(format!("{text}\n{}", answer.lines().next().unwrap_or_default()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_kept_beside_a_snapshot_is_what_a_look_at_everything_finds() {
    let knowledge = knowledge(sample_files());
    let snapshot: Arc<Snapshot> = knowledge.all().remove(0);
    let graph = &snapshot.graph;
    let nodes = || 0..graph.linked.nodes.len() as crate::graph::NodeIx;
    for kind in Kind::ALL {
        let mut of_kind: Vec<_> = nodes().filter(|ix| graph.kind(*ix) == kind).collect();
        of_kind.sort_by_key(|ix| graph.node(*ix).name().to_lowercase());
        assert_eq!(snapshot.of_kind(kind), of_kind);
    }
    for id in snapshot.files.keys() {
        let chunks: Vec<_> = snapshot.index.chunks.iter().filter(|c| *c.file_id == **id).cloned().collect();
        assert_eq!(snapshot.passages_of(id), chunks);
        let is_it = |ix: &u32| graph.kind(*ix) == Kind::File && graph.node(*ix).defined.iter().any(|at| at.file_id == *id);
        assert_eq!(snapshot.file_node(id), nodes().find(is_it));
        let stated = (0..graph.linked.edges.len() as u32).filter(|ix| {
            let edge = graph.edge(*ix);
            let whole = graph.kind(edge.from) != Kind::Column && graph.kind(edge.to) != Kind::Column;
            let aside = matches!(edge.relation, Relation::ColumnOf | Relation::DefinedIn | Relation::Mentions);
            whole && !aside && edge.evidence.iter().any(|at| at.file_id == *id)
        });
        assert_eq!(snapshot.stated_in(id), stated.collect::<Vec<_>>());
    }
    assert!(snapshot.passages_of("gone").is_empty() && snapshot.file_node("gone").is_none() && snapshot.stated_in("gone").is_empty());
    let schemas: HashSet<String> = nodes().filter_map(|ix| Some(graph.node(ix).schema()?.to_lowercase())).collect();
    assert_eq!(snapshot.schemas().keys().cloned().collect::<HashSet<_>>(), schemas);
    assert_eq!(snapshot.columns_by_type().values().map(Vec::len).sum::<usize>(), snapshot.of_kind(Kind::Column).len());
    for place in ["RAW", "staging", "raw.orders", "ra", "nowhere", ""] {
        let is_in = |ix: u32| graph.kind(ix).is_relation() && graph.node(ix).is_in(place);
        assert_eq!(snapshot.has_place(place), nodes().any(is_in), "{place}");
    }
    let whole = |ix: &u32| !matches!(graph.kind(*ix), Kind::Column | Kind::File);
    for id in snapshot.files.keys() {
        let mut places: Vec<_> = nodes().filter(whole).flat_map(|ix| graph.node(ix).defined.iter().map(move |at| (at, ix))).collect();
        places.retain(|(at, _)| at.file_id == *id);
        let last = places.iter().map(|(at, _)| at.line_end).max().unwrap_or(0);
        for line in 0..last + 2 {
            let around = places.iter().filter(|(at, _)| (at.line..=at.line_end).contains(&line));
            let smallest = around.clone().map(|(at, _)| at.line_end - at.line).min();
            let found = snapshot.innermost(id, line);
            let size = |ix| places.iter().find(|(_, of)| *of == ix).map(|(at, _)| at.line_end - at.line);
            assert_eq!(found.and_then(size), smallest, "line {line}");
        }
    }
    assert_eq!(snapshot.innermost("gone", 1), None);
    nodes().for_each(|ix| assert_eq!(snapshot.first_place(ix), snapshot.places(ix).first().copied()));
    let labels = |relation| -> Vec<String> {
        let mut labels: Vec<String> = graph.columns(relation).iter().map(|c| graph.node(*c).label().to_lowercase()).collect();
        labels.sort_unstable();
        labels
    };
    let labelled = snapshot.labelled().chunk_by(|(a, _), (b, _)| a == b);
    let labelled = labelled.map(|one| (one[0].0, one.iter().map(|(_, at)| snapshot.labels()[*at as usize].0.clone()).collect()));
    let wide = nodes().filter(|ix| graph.width(*ix) > 0);
    assert_eq!(labelled.collect::<Vec<(u32, Vec<String>)>>(), wide.map(|ix| (ix, labels(ix))).collect::<Vec<_>>());
    for naming in snapshot.namings() {
        let first = |ix: &u32| graph.node(*ix).label().split_once('_').map(|(first, _)| first);
        let of = |ix: &u32| graph.node(*ix).schema() == naming.schema.as_deref() && first(ix) == naming.first.as_deref();
        assert!(!naming.relations.is_empty() && naming.relations.iter().all(of));
    }
    assert_eq!(snapshot.namings().iter().map(|naming| naming.relations.len()).sum::<usize>(), snapshot.relations().count());
    assert!(snapshot.files_by_path().is_sorted_by_key(|file| &file.path));
    assert_eq!(snapshot.files_by_path().len(), snapshot.files.len());
    assert_eq!(*snapshot.report(), graph.report());
    let mut flows = std::collections::BTreeMap::new();
    for edge in graph.linked.edges.iter().filter(|e| e.relation == Relation::Derives) {
        let [from, to] = [edge.to, edge.from].map(|ix| graph.node(ix)).map(|n| n.schema().filter(|_| n.kind.is_relation()));
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            *flows.entry((from.to_owned(), to.to_owned())).or_default() += 1;
        }
    }
    assert!(!flows.is_empty());
    assert_eq!(*snapshot.schema_flows(), flows);
    assert!(snapshot.most_used().is_sorted_by_key(|(uses, _)| std::cmp::Reverse(*uses)));
    // Of the same snapshot, the same is given again.
    assert!(std::ptr::eq(snapshot.report(), snapshot.report()));
}

#[test]
fn of_many_names_that_are_not_here_a_few_are_looked_for_and_the_answer_says_so() {
    let knowledge = knowledge(sample_files());
    for (names, looked_for) in [(1, 1), (3, 3), (4, 3), (300, 3)] {
        let names: Vec<String> = (0..names).map(|n| format!("raw.ordrs_{n}")).collect();
        let answer = super::answer(&knowledge, Means::default(), &question(&format!("What feeds {}?", names.join(" and "))));
        assert_eq!(answer.response.matches("There is no `raw.ordrs_").count(), looked_for, "{}", answer.response);
        assert_eq!(answer.warnings.iter().any(|w| w.text.contains("Only the first 3")), names.len() > looked_for, "{:?}", answer.warnings);
    }
}

#[test]
fn relations_are_joined_by_what_conditions_compare_and_by_nothing_else() {
    let shop = "CREATE TABLE x.a (id INT, b_id INT); CREATE TABLE x.b (id INT, c_id INT); CREATE TABLE x.c (id INT, flag INT);
CREATE TABLE x.d (k INT);
CREATE VIEW x.v AS SELECT a.id, c.flag FROM x.a a JOIN x.b b ON a.b_id = b.id JOIN x.c c ON b.c_id = c.id;
CREATE VIEW x.u AS SELECT a.id FROM x.a a JOIN x.b b ON a.b_id = b.id UNION ALL SELECT c.id FROM x.c c JOIN x.d d ON c.id = d.k;
SELECT a.id FROM x.a a, x.d d WHERE a.id = d.k AND a.b_id > 3;
CREATE TABLE y.e (id INT, n INT); CREATE TABLE y.f (id INT, n INT); CREATE TABLE y.g (low INT, high INT);
CREATE VIEW y.v AS SELECT e.n FROM y.e JOIN y.f USING (id) JOIN (SELECT low AS l, high FROM y.g) s ON e.n BETWEEN s.l AND s.high;\n";
    let knowledge = knowledge(vec![("shop.sql".to_owned(), shop.to_owned())]);
    let (ab, ad) = ("`x.a.b_id` and `x.b.id`", "`x.a.id` and `x.d.k`");
    for (text, there, absent) in [
        ("how do x.a and x.b join", &["meet directly", ab, "shop.sql:3, shop.sql:4"][..], &["flag", "x.a.id", "`x.b.c_id`"][..]),
        (
            "how do x.a and x.c join",
            &["directly; both meet these", "`x.b.id` and `x.a.b_id`", "`x.b.c_id` and `x.c.id`"],
            &["`x.a.id` and `x.c.id`"],
        ),
        ("how do x.a and x.d join", &["meet directly", ad, "shop.sql:5"], &["`x.a.b_id`"]),
        ("what does x.d join with", &["`x.d.k` and `x.c.id`", "`x.d.k` and `x.a.id`"], &["x.b", "`x.a.b_id`"]),
        ("what does y.e join with", &["`y.e.id` and `y.f.id`", "`y.e.n` and `y.g.high`, `y.e.n` and `y.g.low`"], &["y.f.n"]),
        ("how do x.a and y.e join", &["No foreign key and no statement here relates"], &["meet"]),
    ] {
        let answer = super::answer(&knowledge, Means::default(), &question(text)).response;
        there.iter().for_each(|part| assert!(answer.contains(part), "{text}: no {part:?} in\n{answer}"));
        absent.iter().for_each(|part| assert!(!answer.contains(part), "{text}: {part:?} in\n{answer}"));
    }
}

/// Answers over one file, with what must and must not be in them.
fn hold(text: &str, cases: &[(&str, &[&str], &[&str])]) {
    let knowledge = knowledge(vec![("shop.sql".to_owned(), text.to_owned())]);
    let mut wrong: Vec<String> = Vec::new();
    for (text, there, absent) in cases {
        let answer = super::answer(&knowledge, Means::default(), &question(text)).response;
        wrong.extend(there.iter().filter(|p| !answer.contains(**p)).map(|p| format!("{text}: no {p:?} in\n{answer}")));
        wrong.extend(absent.iter().filter(|p| answer.contains(**p)).map(|p| format!("{text}: {p:?} in\n{answer}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_list_is_of_the_schema_and_under_the_conditions_that_are_said() {
    hold(
        "CREATE TABLE raw.items (id INT PRIMARY KEY, rowguid UUID, price NUMERIC(10,2) NULL, email_address TEXT, made_on DATE, sent_on TIMESTAMP NOT NULL);
CREATE TABLE raw.lost (id INT, rate NUMERIC(14, 6), code CHAR(2));
CREATE TABLE land.items (id INT, price NUMERIC(10, 2), email TEXT);
CREATE TABLE land.lost (id INT REFERENCES land.items (id), lost_id INT);
CREATE VIEW mart.one AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM raw.items;
CREATE VIEW core.one AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM land.items;
CREATE VIEW core.two AS SELECT id FROM raw.gone;\n",
        &[
            ("unused tables in schema raw", &["**1 relation has no consumer** in schema `raw`", "raw.lost"], &["land.lost", "mart.one"]),
            ("which tables in raw have no consumers and a primary key", &["in schema `raw` with a primary key"], &["- `raw.lost`", "- `land.lost`"]),
            ("which tables are never used and purple", &["could not apply “purple”"], &[]),
            ("unused tables outside schema raw", &["outside schema `raw`", "land.lost"], &["`raw.lost`"]),
            ("unused columns in schema land", &["land.items.price"], &["raw.items"]),
            ("root tables in land", &["**1 relation feeds others and has no source** in schema `land`", "land.items"], &["raw."]),
            ("most referenced table in land", &["in schema `land`", "land.items` (table, shop.sql:3): 2"], &["raw.items"]),
            ("deepest view in core", &["in schema `core`", "core.one"], &["mart.one"]),
            ("which views in core use window functions", &["**1 line** in schema `core`", "core.one"], &["mart.one"]),
            ("what is undefined in raw", &["**1 undefined name** in schema `raw`", "raw.gone"], &[]),
            ("what is undefined in land", &["Every name in schema `land`"], &["raw.gone"]),
            ("unused tables in schema nosuch", &["There is no schema `nosuch` here"], &["have no consumer"]),
            ("which tables in schema land have an id column", &["**2 relations have** in schema `land`"], &["raw.items"]),
            ("which raw tables have an id column", &["**3 relations have** in schema `raw`"], &["land."]),
            ("which tables have id but not rowguid", &["a column `id` and no column `rowguid`", "raw.lost"], &["- `raw.items`"]),
            ("which columns of raw.items are numeric", &["**1 column** of `raw.items`", "raw.items.price"], &["raw.lost"]),
            ("which columns are numeric(10,2)?", &["**2 columns** of type `numeric(10,2)`", "raw.items.price", "land.items.price"], &["raw.lost"]),
            ("which columns are numeric(9)", &["No column here is declared with type `numeric(9)`"], &["could not apply"]),
            ("which columns are uuid", &["**1 column** of type `uuid`"], &[]),
            ("what timestamp columns are there", &["of type `timestamp`", "raw.items.sent_on"], &["`there`"]),
            ("timestamp columns in schema land", &["No column in schema `land`", "`timestamp`"], &[]),
            ("which tables have dates", &["of type `dates`", "raw.items.made_on"], &[]),
            ("columns containing \"mail\"", &["raw.items", "email_address", "land.items"], &[]),
            ("columns ending with _on", &["made_on", "sent_on"], &["There is no"]),
            ("which columns end with _id", &["land.lost` (table, shop.sql:4): `lost_id`"], &["There is no"]),
            ("which columns contain emails", &["email_address", "`email`", "a column `*email*`"], &[]),
            ("columns with emails", &["land.items"], &["There is no"]),
            ("tables sharing columns with raw.lost", &["of `raw.lost`"], &["comes from"]),
            ("primary key of raw.items", &["**1 column** of a primary key", "`id`"], &["rowguid", "joins"]),
            ("which columns of raw.items are nullable", &["**4 columns** that may be null"], &["sent_on"]),
            ("nullable columns in schema land", &["**5 columns**", "that may be null"], &["raw."]),
            ("not null columns of raw.items", &["**2 columns** that are not null", "sent_on"], &["rowguid"]),
        ],
    );
}

#[test]
fn what_changes_rows_is_told_by_what_it_reads_of_them() {
    hold(
        "CREATE TABLE dbo.orders (id INT PRIMARY KEY, status VARCHAR(10), total DECIMAL(10,2), customer_id INT, region VARCHAR(9));
GO
CREATE TABLE dbo.landed (id INT, total DECIMAL(10,2), valid INT);
GO
CREATE PROCEDURE dbo.purge AS DELETE FROM dbo.orders WHERE status = 'x';
GO
CREATE PROCEDURE dbo.fix AS UPDATE dbo.orders SET total = 0 WHERE customer_id = 5;
GO
CREATE PROCEDURE dbo.put AS MERGE dbo.orders AS t USING dbo.landed AS s ON t.id = s.id AND s.valid = 1
  WHEN MATCHED AND t.region = 'EU' THEN UPDATE SET t.total = s.total;
GO
CREATE PROCEDURE dbo.empty AS DELETE FROM dbo.orders;
GO
CREATE PROCEDURE dbo.log AS INSERT INTO dbo.audit SELECT id FROM other.nowhere WHERE flag = 1;
GO\n",
        &[
            ("which procedures use column status of orders", &["dbo.purge", "shop.sql:5"], &["dbo.fix", "dbo.empty"]),
            ("what filters on dbo.orders.status", &["**1 asset** filters rows", "dbo.purge"], &["No statement"]),
            ("what filters on dbo.orders.customer_id", &["**1 asset** filters rows", "dbo.fix"], &["`dbo.orders` (table"]),
            ("what filters on dbo.orders.region", &["**1 asset** filters rows", "dbo.put"], &[]),
            ("which columns does dbo.purge filter by", &["filters rows by **1 column**", "dbo.orders.status"], &[]),
            ("what breaks if I drop column status of dbo.orders", &["**1 breaks**", "dbo.purge"], &[]),
            (
                "which procedures use dbo.orders",
                &["**read** by\n\n- `dbo.put`", "dbo.fix` (procedure, shop.sql:7) — reads", "dbo.purge` (procedure, shop.sql:5) — reads"],
                &["dbo.empty` (procedure, shop.sql:12) — reads"],
            ),
            (
                "who reads from dbo.orders",
                &["only to change its rows", "dbo.purge", "dbo.fix", "dbo.put"],
                &["Nothing here depends", "dbo.empty"],
            ),
            ("what does dbo.put read and write", &["**reads**\n\n- `dbo.landed`", "`dbo.orders` (table, shop.sql:1) — reads"], &[]),
            ("show the DDL of other.nowhere", &["no file defines it", "It is named at:", "- shop.sql:14", "FROM other.nowhere"], &[]),
            ("where is other.nowhere defined", &["no file defines it", "It is named at:", "- shop.sql:14"], &[]),
        ],
    );
}

#[test]
fn what_people_ask_in_passing_is_answered_from_the_text() {
    hold(
        "CREATE TABLE raw.film (id INT PRIMARY KEY, title TEXT NOT NULL, made_at DATE DEFAULT CURRENT_DATE, price INT, tax INT, gross INT GENERATED ALWAYS AS (price + tax) STORED);
CREATE TABLE raw.actor (id INT PRIMARY KEY, name TEXT, chief INT REFERENCES raw.actor (id));
CREATE TABLE raw.cast_of (film_id INT REFERENCES raw.film (id), actor_id INT REFERENCES raw.actor (id));
CREATE TABLE raw.lost (n INT);
CREATE VIEW mart.films AS SELECT title, price * 2 AS twice FROM raw.film;
CREATE VIEW mart.top AS SELECT title, row_number() OVER (ORDER BY twice) AS place FROM mart.films;
CREATE VIEW mart.sums AS SELECT sum(price) AS all_of_it, CASE WHEN sum(price) > 0 THEN 1 END AS some FROM raw.film;
CREATE VIEW mart.stars AS SELECT name FROM raw.actor;
CREATE TRIGGER noted AFTER INSERT ON raw.film FOR EACH ROW EXECUTE FUNCTION raw.note();
CREATE PROCEDURE raw.wipe() LANGUAGE sql AS $$ TRUNCATE raw.lost; $$;\n",
        &[
            ("which tables don't have an id column", &["no column `id`", "raw.cast_of", "raw.lost"], &["- `raw.film`", "- `raw.actor`"]),
            ("which tables don't have title", &["no column `title`", "raw.actor"], &["- `raw.film`", "- `mart.films`"]),
            ("which columns of raw.film does mart.films use", &["**2 columns** of `raw.film`", "raw.film.title", "raw.film.price"], &["tax"]),
            ("what columns of raw.film are used by mart.sums", &["**1 column** of `raw.film`", "raw.film.price"], &["tax", "raw.film.title"]),
            ("is raw.film.title nullable", &["| `title` | TEXT | no |"], &["price"]),
            ("what's the default of raw.film.made_at", &["Its default is `CURRENT_DATE`"], &[]),
            ("which columns have default values", &["**1 column**", "with a default", "raw.film.made_at"], &["raw.film.title"]),
            ("list computed columns", &["**1 column**", "raw.film.gross"], &["mart."]),
            ("is raw.film upstream of mart.top", &["Yes"], &[]),
            ("is mart.top upstream of raw.film", &["None gets from `mart.top` to `raw.film`"], &["Yes"]),
            ("which columns come from raw.film.title", &["mart.films.title", "mart.top.title"], &["twice"]),
            ("does raw.film have a trigger", &["**Triggers** on `raw.film`", "noted"], &[]),
            ("does raw.actor have a trigger", &["No trigger here fires on `raw.actor`"], &["noted"]),
            ("which table is used by the most views", &["The most referenced", "- `raw.film`"], &["could not apply"]),
            ("which schema has the most tables", &["- `raw`: 4 tables, 1 procedure\n- `mart`"], &["could not apply"]),
            ("which procedures truncate tables", &["with TRUNCATE", "raw.wipe"], &["could not apply", "mart."]),
            ("which statements use ROW_NUMBER", &["with ROW_NUMBER", "mart.top"], &["mart.films"]),
            ("which views use aggregate functions", &["with aggregates", "mart.sums"], &["mart.top", "mart.films"]),
            ("is there a case expression in mart.sums", &["with CASE", "mart.sums"], &[]),
            ("is there a case expression in mart.top", &["No statement that defines `mart.top` uses CASE"], &[]),
            ("which columns have it in their name", &["all_of_it"], &["title` ("]),
            ("how does data flow from raw to mart", &["**3 direct flows** from schema `raw` to schema `mart`"], &["search"]),
            ("columns of mart.films that are not in mart.top", &["Columns of `mart.films` only: `twice`"], &["search"]),
            (
                "which tables are referenced by views but have no foreign keys",
                &["- `raw.film`"],
                &["foreign keys to them", "- `raw.cast_of`"],
            ),
            ("which tables are not referenced by any foreign key", &["raw.cast_of", "raw.lost"], &["could not apply", "- `raw.film`", "- `raw.actor`"]),
            ("which tables are self referencing", &["**1 table**", "raw.actor"], &["could not apply", "raw.film"]),
            ("which columns reference raw.film", &["- `raw.cast_of` by (film_id)"], &["Nothing"]),
            ("which columns reference raw.film.id", &["- `raw.cast_of` by (film_id)"], &["No table here", "raw.actor"]),
            ("which columns reference raw.actor.id", &["by (chief)", "by (actor_id)"], &["No table here"]),
            ("which columns reference raw.film.title", &["in no foreign key", "No table here has a foreign key to `raw.film.title`"], &["cast_of"]),
            ("which columns of raw.film.title does mart.films use", &["**2 columns** of `raw.film`", "- `raw.film.title`"], &["no column"]),
            ("which schema has the fewest views", &["- `raw`: 4 tables, 1 procedure\n- `mart`"], &["could not apply"]),
            ("which schema has the most views", &["- `mart`: 4 views\n- `raw`"], &["could not apply"]),
            ("which columns have a default of now()", &["could not apply “", "now"], &[]),
            ("is there a case expression in mart.sums.some", &["with CASE", "mart.sums"], &["No statement"]),
            ("which views are built on other views", &["**1 view**", "mart.top"], &["could not apply", "mart.sums"]),
            ("what connects raw.film and raw.actor", &["Foreign keys join both with", "raw.cast_of"], &[]),
        ],
    );
}

#[test]
fn what_is_asked_of_layers_is_answered_for_those_layers() {
    hold(
        "CREATE TABLE bronze.orders (id INT PRIMARY KEY, c INT); CREATE TABLE bronze.logs (id INT); CREATE TABLE silver.orders (id INT, c INT);
CREATE TABLE silver.rates (id INT);
INSERT INTO silver.orders SELECT id, c FROM bronze.orders;
CREATE VIEW gold.sales AS SELECT o.id, r.id AS r FROM silver.orders o JOIN silver.rates r ON o.c = r.id;
CREATE VIEW gold.plain AS SELECT id FROM silver.orders;
CREATE VIEW silver.near AS SELECT id FROM bronze.orders;
CREATE TABLE geo.country (id INT PRIMARY KEY); CREATE TABLE geo.city (id INT PRIMARY KEY, country_id INT REFERENCES geo.country (id));
CREATE TABLE geo.address (id INT PRIMARY KEY, city_id INT REFERENCES geo.city (id));
CREATE TABLE geo.customer (id INT PRIMARY KEY, address_id INT REFERENCES geo.address (id));
CREATE TABLE geo.store (id INT PRIMARY KEY, customer_id INT REFERENCES geo.customer (id));
CREATE TABLE geo.till (id INT PRIMARY KEY, store_id INT REFERENCES geo.store (id));\n",
        &[
            (
                "tables in bronze but not in silver",
                &["**1 table** in schema `bronze`, of which schema `silver` has no namesake", "- `bronze.logs`"],
                &["- `bronze.orders`", "- `silver.", "- `geo.", "could not apply"],
            ),
            ("which tables are in bronze and not in schema silver", &["- `bronze.logs`"], &["- `bronze.orders`", "- `silver."]),
            ("tables not in silver", &["outside schema `silver`", "- `bronze.orders`"], &["- `silver.", "namesake"]),
            (
                "what breaks in gold if I drop bronze.orders",
                &["reaches **2 assets** in schema `gold`", "gold.sales", "gold.plain"],
                &["- `silver.near`", "silver.near` (view"],
            ),
            ("what breaks in bronze if I drop silver.orders", &["Nothing in schema `bronze` uses"], &["gold."]),
            ("what breaks if I drop bronze.orders", &["silver.near", "gold.sales"], &["in schema"]),
            (
                "which views join silver.orders",
                &["**1** of the views", "- `gold.sales`"],
                &["- `gold.plain`", "- `silver.rates`"],
            ),
            ("which views join bronze.orders", &["None of the views", "joins `bronze.orders`"], &["- `gold.sales`"]),
            ("which tables does silver.orders join with", &["- `silver.rates`"], &["of the"]),
            ("top 2 most used tables", &["The most referenced"], &["could not apply"]),
            ("top 2 purple tables", &["could not apply “purple”"], &[]),
            (
                "list gold views and their sources",
                &["**2 views** in schema `gold`", "from `silver.orders`, `silver.rates`", "- `gold.plain` (view, shop.sql:5) from `silver.orders`\n"],
                &["is a schema", "silver.near", "could not apply"],
            ),
            ("list silver tables with their consumers", &["used by `gold.sales`", "- `silver.orders`"], &["- `bronze.", "could not apply"]),
            ("list gold views", &["**2 views** in schema `gold`"], &["silver.near", "could not apply"]),
            ("list views that use bronze tables", &["**1 view**", "silver.near"], &["gold.plain", "could not apply"]),
            (
                "how do I join geo.customer to geo.country",
                &["meet by 2 relations between: `geo.customer` → `geo.address` → `geo.city` → `geo.country`", "`geo.city` has a foreign key to `geo.country`"],
                &["No foreign key"],
            ),
            ("how do I join geo.store and geo.country", &["meet by 3 relations between"], &["No foreign key"]),
            ("how do I join geo.till and geo.country", &["directly or by up to 3 relations between"], &["meet by"]),
        ],
    );
}

#[test]
fn what_a_graph_knows_can_be_asked() {
    hold(
        "CREATE TABLE raw.base (id INT); COMMENT ON TABLE raw.base IS 'the first';
CREATE TABLE k.a (id INT PRIMARY KEY, b INT); CREATE TABLE k.b (id INT PRIMARY KEY, a INT REFERENCES k.a (id));
ALTER TABLE k.a ADD CONSTRAINT fk FOREIGN KEY (b) REFERENCES k.b (id);
CREATE TABLE mart.t (id INT, email TEXT);
CREATE PROCEDURE mart.fill(day DATE) LANGUAGE plpgsql AS $$ BEGIN
DELETE FROM mart.t;
INSERT INTO mart.t (id) SELECT id FROM raw.base;
END; $$;
CREATE PROCEDURE mart.mend() LANGUAGE plpgsql AS $$ BEGIN
MERGE INTO mart.t USING raw.base b ON mart.t.id = b.id WHEN MATCHED THEN UPDATE SET id = b.id;
CALL mart.fill('2020-01-01');
END; $$;
CREATE VIEW deep.b AS SELECT id FROM raw.base;
CREATE VIEW deep.c AS SELECT id FROM deep.b;
CREATE VIEW deep.d AS SELECT c.id FROM deep.c JOIN raw.base ON base.id = c.id;
CREATE VIEW deep.e AS SELECT id FROM deep.d;\n",
        &[
            (
                "what is the longest lineage",
                &["`deep.e`", "**4 hops** back to `raw.base`", "`raw.base` → `deep.b` → `deep.c` → `deep.d` → `deep.e`"],
                &[],
            ),
            ("longest lineage in schema mart", &["**1 hop** back"], &["1 hops"]),
            ("what deletes from mart.t", &["`mart.t` is **deleted from** by", "mart.fill"], &["mart.mend", "inserted"]),
            ("what merges into mart.t", &["**merged into** by", "mart.mend"], &["mart.fill"]),
            ("which procedures use merge in mart.t", &["**merged into** by", "mart.mend"], &["No statement"]),
            ("is there a merge in mart.mend", &["**1 line** with MERGE"], &["No statement"]),
            ("how many tables does the schema have", &["**4 tables**"], &["schemas**"]),
            ("how many columns are in the schema", &["columns**"], &["schemas**"]),
            (
                "who writes to mart.t",
                &["**inserted into** by", "**deleted from** by", "**updated** by", "**merged into** by"],
                &["**read**"],
            ),
            (
                "what breaks if I drop the raw schema",
                &["Dropping schema `raw` takes away the **1 asset**", "deep.b", "mart.fill"],
                &["There is no"],
            ),
            ("is there dynamic sql", &["No: no code in"], &["There is no"]),
            ("circular foreign keys", &["Yes, **1 cycle**", "`k.a` → `k.b` → `k.a`"], &[]),
            ("any cycles", &["No: there are no circular dependencies"], &[]),
            ("which tables hold PII data?", &["**1 column** here looks personal", "mart.t.email"], &["could not apply"]),
            ("parameters of mart.fill", &["declared with `", "day DATE"], &[]),
            ("what is the comment on raw.base", &["Its comment says: “the first”"], &[]),
            ("what is the comment on mart.t", &["It has no comment here"], &[]),
            ("how many schemas are there", &["**4 schemas**"], &[]),
            ("which procedures are never called", &["**1 routine is called by nothing**", "mart.mend"], &["- `mart.fill`"]),
            ("which projects are there", &["Project `default` holds"], &[]),
            ("what tables are in project default", &["mart.t"], &["could not apply"]),
            ("is raw.base used by deep.b", &["Yes: data gets from `raw.base`"], &[]),
            ("what tables does shop.sql touch", &["**read**", "- `raw.base`", "**write**", "- `mart.t`", "**defines**"], &[]),
            ("what's in file shop.sql", &["**defines**", "deep.e"], &["has no columns"]),
        ],
    );
}

#[test]
fn only_what_was_salvaged_is_called_salvaged() {
    let knowledge = knowledge(sample_files());
    for text in ["What depends on marts.fct_orders?", "What depends on raw.orders?", "Is shipping.Shipments related to shipping.Carriers?"]
    {
        let answer = super::answer(&knowledge, Means::default(), &question(text));
        assert!(!answer.warnings.iter().any(|w| w.text.contains("salvaged")), "{text}: {:?}", answer.warnings);
    }
}

#[test]
fn a_foreign_key_is_a_relationship() {
    let knowledge = knowledge(sample_files());
    for text in ["relationship between shipping.Shipments and shipping.Carriers", "can I join shipping.Shipments and shipping.Carriers"] {
        let answer = super::answer(&knowledge, Means::default(), &question(text)).response;
        assert!(answer.contains("has a foreign key to `shipping.Carriers`") && !answer.contains("No:"), "{text}\n{answer}");
    }
}

#[test]
fn an_owner_that_is_written_somewhere_is_told() {
    let orders = "-- owner: team-orders\nCREATE TABLE raw.orders (id INT);\n";
    let items = "CREATE TABLE raw.items (id INT);\nCOMMENT ON TABLE raw.items IS 'Owner: goods';\n";
    let files = [
        ("shop/orders.sql", orders),
        ("shop/items.sql", items),
        ("bi/x.sql", "CREATE TABLE bi.x (id INT);"),
        ("CODEOWNERS.md", "/bi/ @bi\n"),
        (
            "shop/notes.sql",
            "CREATE TABLE raw.notes (id INT);\nCREATE TABLE raw.tags (id INT);\nCOMMENT ON TABLE raw.tags IS 'Owner: tagging';\n",
        ),
    ];
    let knowledge = knowledge(files.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec());
    for (name, said) in [("raw.orders", "`team-orders`, by "), ("raw.items", "`goods`, by its comment"), ("bi.x", "`@bi`, by CODEOWNERS")] {
        let answer = super::answer(&knowledge, Means::default(), &question(&format!("who owns {name}?"))).response;
        assert!(answer.contains(said), "{answer}");
    }
    // What a file says of one table is not of the next.
    let answer = super::answer(&knowledge, Means::default(), &question("who owns raw.notes?")).response;
    assert!(answer.contains("is unknown"), "{answer}");
}

#[test]
fn what_a_run_took_away_is_told_as_well_as_what_it_brought() {
    let store = Scratch::new();
    let ingest = ingest(&store);
    let shop = |text: &str| vec![("shop.sql".to_owned(), format!("CREATE TABLE shop.orders (id INT, paid INT);\n{text}"))];
    upload(&ingest, shop("CREATE VIEW shop.paid AS SELECT id FROM shop.orders;\n"));
    upload(&ingest, shop("CREATE VIEW shop.unpaid AS SELECT id FROM shop.orders;\n"));
    let (removed, added) =
        ("**1 asset** and **1 flow** between assets were removed:", "**1 asset** and **1 flow** between assets were added:");
    let (old, new) = ("\n- `shop.paid` (view)\n- `shop.orders` → `shop.paid` (derives)", "\n- `shop.unpaid` (view, shop.sql:2)");
    let means = Means { store: Some(&store), embeddings: None };
    for (text, said) in [
        ("what changed in the last run", &[removed, added, old, new][..]),
        ("which lineage does shop.sql change", &[removed, added, old, new]),
        ("which tables were added in the last run", &["Nothing was added."]),
    ] {
        let answer = super::answer(&ingest.knowledge, means, &question(text)).response;
        said.iter().for_each(|part| assert!(answer.contains(part), "{text}: no {part:?} in\n{answer}"));
    }
    let answered = || super::answer(&ingest.knowledge, means, &question("what changed in the last run")).response;
    upload(&ingest, vec![("shop.sql".to_owned(), "CREATE TABLE shop.orders (id INT, payed INT);".to_owned())]);
    let answer = answered();
    for part in ["- `shop.orders.paid` (column)", "- `shop.orders.payed` (column, shop.sql:1)", "- `shop.unpaid` (view)"] {
        assert!(answer.contains(part), "no {part:?} in\n{answer}");
    }
    upload(&ingest, vec![("more.sql".to_owned(), "CREATE TABLE shop.more (id INT);".to_owned())]);
    let file = ingest.knowledge.project("default").files.values().find(|f| f.path == "more.sql").unwrap().id.clone();
    ingest.delete_file(&file).unwrap();
    let answer = answered();
    for part in ["read 1 file:\n\n- more.sql: not here any more", "- `shop.more` (table, gone since)"] {
        assert!(answer.contains(part), "no {part:?} in\n{answer}");
    }
}
