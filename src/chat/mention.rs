//! What a question names: assets, schemas, patterns, numbers. Names are looked up in the graph; what is not there is kept as unknown and
//! never guessed.

use super::intent::feature::is_function;
use super::intent::is_kind_word;
use crate::graph::{Graph, NodeIx};
use crate::ingest::Snapshot;
pub use part::in_other_number;
use part::{Part, best, joined, part, relations};
use settle::settle;
use token::{STOP, Token, tokens};
use wording::put_plainly;

mod part;
mod settle;
mod token;
mod wording;

/// A name of the question with what it can mean, best first; several when it is ambiguous.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// As written, quotes removed.
    pub text: String,
    /// Never empty.
    pub nodes: Vec<NodeIx>,
}

/// A question, read against one graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// For [`super::intent::classify`].
    pub masked: String,
    /// What was found, in order.
    pub mentions: Vec<Mention>,
    /// What looks like a name and is none here, in order.
    pub unknown: Vec<String>,
    /// "in schema S", as the question spells it.
    pub schema: Option<String>,
    /// Whether something here is in that schema.
    pub schema_is_here: bool,
    /// "Not in schema S".
    pub outside: bool,
    /// The next schema that the question names.
    pub second_schema: Option<String>,
    /// "In that schema but not in this": what has no namesake there.
    pub but_not_in: Option<String>,
    /// Words with `*` or `%`.
    pub patterns: Vec<String>,
    /// Words that are neither names nor words of questions, for search.
    pub rest: Vec<String>,
    /// "within 3 hops", "top 5".
    pub number: Option<u32>,
    /// The number when it is one of hops.
    pub hops: Option<u32>,
}

impl Reading {
    /// Names found and not found.
    pub fn names(&self) -> usize {
        self.mentions.len() + self.unknown.len()
    }
}

/// Numbers of hops that are written as words.
const NUMBERS: &[&str] = &["one", "two", "three", "four", "five", "six"];

/// Whether a number before `word` is one of hops.
fn is_distance(word: &str) -> bool {
    ["hop", "step", "level", "degree"].iter().any(|stem| word.starts_with(stem))
}

/// Reads `question` against a snapshot; with a `subject` (from earlier turns), "it" and its like are that. When `lenient`, words of questions
/// that are relations here ("jobs") are names, too.
pub fn read(snapshot: &Snapshot, question: &str, subject: Option<&Mention>, lenient: bool) -> Reading {
    let (graph, schemas) = (&*snapshot.graph, snapshot.schemas());
    let mut tokens = tokens(question);
    put_plainly(&mut tokens, |token| !graph.resolve(&token.text).is_empty());
    let mut reading = Reading::default();
    let mut parts: Vec<Part> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let token = &tokens[i];
        let before = i.checked_sub(1).map_or("", |b| tokens[b].lower.as_str());
        let after = tokens.get(i + 1).map_or("", |t| t.lower.as_str());
        if let Some(subject) = subject
            && is_pronoun(&token.lower, after)
            && !token.quoted
            // "The same columns as X" have nothing of before.
            && (token.lower != "same" || tokens[i..].iter().all(|t| t.lower != "as"))
        {
            parts.push(Part::Name(subject.clone()));
            // "That view" is one name; "its columns" are something of it.
            i += if is_kind_word(after) && token.lower != "its" { 2 } else { 1 };
            continue;
        }
        if !token.quoted && token.text.contains(['*', '%']) && token.text.chars().any(char::is_alphanumeric) {
            reading.patterns.push(token.lower.clone());
            parts.push(Part::Word("named".into()));
            i += 1;
            continue;
        }
        if let Some(pattern) = part_of_name(&tokens, i) {
            reading.patterns.push(pattern);
            parts.push(Part::Word("named".into()));
            i += 1;
            continue;
        }
        let spelt = NUMBERS.iter().position(|word| *word == token.lower).filter(|_| is_distance(after)).map(|at| at as u32 + 1);
        if let Some(number) = token.lower.parse::<u32>().ok().or(spelt) {
            reading.number = reading.number.or(Some(number));
            if is_distance(after) || matches!(before, "within" | "depth") || before == "of" && i > 1 && tokens[i - 2].lower == "depth" {
                reading.hops = reading.hops.or(Some(number));
            }
            parts.push(Part::Word(number.to_string()));
            i += 1;
            continue;
        }
        if is_function(&token.lower) && !token.quoted && graph.resolve(&token.text).is_empty() {
            parts.push(Part::Word(token.lower.clone()));
            i += 1;
            continue;
        }
        let beside_schema = before == "schema" || after == "schema" || before == "database";
        // "In the bronze layer" is in that schema.
        let lead = if before == "the" && i > 1 { &*tokens[i - 2].lower } else { before };
        let of_layer = after == "layer" && matches!(lead, "in" | "within" | "inside" | "of" | "to" | "into" | "for");
        // "Back to raw", but not "back to raw sources".
        let ends = matches!(before, "to" | "into") && after.is_empty();
        // "Bronze to silver", "between raw and staging".
        let is_schema = |at: usize| tokens.get(at).is_some_and(|t| schemas.contains_key(&t.lower));
        let pairs = |word: &str| matches!(word, "to" | "into") || word == "and" && tokens.iter().any(|t| t.lower == "between");
        let paired = pairs(after) && is_schema(i + 2) || pairs(before) && i > 1 && is_schema(i - 2);
        let placed = of_layer
            || ends
            || paired
            || matches!(before, "in" | "within" | "inside" | "under" | "from" | "outside" | "except" | "excluding");
        let holds = matches!(after, "contain" | "contains" | "hold" | "holds" | "include" | "includes");
        let does = matches!(before, "does" | "do") && matches!(after, "have" | "depend" | "use" | "read" | "feed");
        let holding = token.quoted || holds || does;
        let here = schemas.contains_key(&token.lower) || (placed || beside_schema) && is_database(snapshot, token);
        // A schema may hold a table of its name: "tables in person".
        let listed =
            matches!(before, "in" | "within" | "inside" | "feed" | "feeds" | "reach" | "reaches") && lists_assets(&tokens[..i], &parts);
        if here && (beside_schema || listed || (placed || holding) && relations(graph, &token.text).is_empty())
            || !here && reading.schema.is_none() && is_no_schema(graph, &tokens, i)
        {
            let lead = tokens[..i].iter().rfind(|t| !matches!(t.lower.as_str(), "in" | "the" | "schema" | "of" | "within" | "from"));
            let outside = lead.is_some_and(|t| matches!(t.lower.as_str(), "not" | "outside" | "except" | "excluding"));
            // "From raw to marts": the first is kept.
            if reading.schema.is_none() {
                (reading.schema, reading.schema_is_here, reading.outside) = (Some(token.text.clone()), here, outside);
            } else if outside && here {
                reading.but_not_in = Some(token.text.clone());
            } else if here {
                reading.second_schema = Some(token.text.clone());
            }
            if outside && let Some(Part::Word(word)) = parts.iter_mut().rfind(|p| matches!(p, Part::Word(w) if w == "not")) {
                *word = "outside".into();
            }
            parts.push(Part::Word("schema".into()));
            i += if of_layer { 2 } else { 1 };
            continue;
        }
        if let Some((mention, used)) = joined(graph, &tokens[i..]) {
            parts.push(Part::Name(mention));
            i += used;
            continue;
        }
        let asks_how = tokens[0].lower == "how" && matches!(after, "of" | "in" | "from");
        let part = part(graph, token, before, after, asks_how);
        let nodes = match &part {
            Part::Word(word) if lenient && !STOP.contains(&word.as_str()) && !is_kind_word(word) => relations(graph, &token.text),
            _ => Vec::new(),
        };
        parts.push(if nodes.is_empty() { part } else { Part::Name(Mention { nodes: best(graph, nodes, ""), text: token.text.clone() }) });
        i += 1;
    }
    settle(graph, parts, &mut reading);
    reading
}

/// "Ending with _id", "columns containing amount": the pattern that the `i`th word is a part of.
fn part_of_name(tokens: &[Token], i: usize) -> Option<String> {
    let token = &tokens[i];
    let back = |n: usize| i.checked_sub(n).map_or("", |at| tokens[at].lower.as_str());
    let next = |n: usize| tokens.get(i + n).map_or("", |t| t.lower.as_str());
    // "Have dwh in their name": any word, since it is said what it is a part of.
    let held = matches!(back(1), "have" | "has" | "having" | "with" | "contain" | "contains" | "containing");
    let their = if matches!(next(2), "their" | "its" | "the") { 3 } else { 2 };
    if held && next(1) == "in" && matches!(next(their), "name" | "names") {
        return Some(format!("*{}*", token.lower));
    }
    let text = &token.lower;
    // "Columns containing name": of the last word nothing is said any more.
    let is_said = i + 1 == tokens.len() && text == "name" && matches!(back(1), "contain" | "contains" | "containing");
    if !token.quoted && (token.is_plain_word() && !is_said || token.text.contains('.')) {
        return None;
    }
    match (back(2), back(1)) {
        ("end" | "ends" | "ending", "with" | "in" | "on" | "by") => Some(format!("*{text}")),
        ("start" | "starts" | "starting" | "begin" | "begins" | "beginning" | "prefixed", "with" | "by") => Some(format!("{text}*")),
        ("columns" | "column" | "fields" | "field" | "name" | "names", "contain" | "contains" | "containing") => Some(format!("*{text}*")),
        ("that" | "which" | "whose", "contain" | "contains") if matches!(back(3), "columns" | "fields") => Some(format!("*{text}*")),
        _ => None,
    }
}

/// Whether a name that is nothing else is a database, or a schema with its database before it ("shop.sales").
fn is_database(snapshot: &Snapshot, token: &Token) -> bool {
    !token.is_plain_word() && snapshot.has_place(&token.text) && snapshot.graph.resolve(&token.text).is_empty()
}

/// Whether words before "in" ask for what a schema holds, and name nothing yet.
fn lists_assets(before: &[Token], parts: &[Part]) -> bool {
    const LISTED: &[&str] = &[
        "tables",
        "views",
        "relations",
        "procedures",
        "procs",
        "functions",
        "routines",
        "triggers",
        "objects",
        "pii",
        "personal",
        "sensitive",
    ];
    before.iter().any(|token| LISTED.contains(&&*token.lower)) && !parts.iter().any(|part| matches!(part, Part::Name(_)))
}

/// Whether the `i`th word is given as a schema that is not here: "in schema S", "in the S schema".
fn is_no_schema(graph: &Graph, tokens: &[Token], i: usize) -> bool {
    let token = &tokens[i];
    let word = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map_or("", |t| t.lower.as_str());
    let before = word(i.checked_sub(1));
    let within = |at: Option<usize>| matches!(word(at), "in" | "within" | "inside" | "of" | "from");
    let led = within(i.checked_sub(1)) || before == "the" && within(i.checked_sub(2));
    let given = before == "schema" || word(Some(i + 1)) == "schema" && led;
    given && !token.text.contains('.') && !token.is_plain_word() && graph.resolve(&token.text).is_empty()
}

fn is_pronoun(word: &str, after: &str) -> bool {
    match word {
        "it" | "its" | "them" => true,
        "this" | "that" | "these" | "those" | "same" => after.is_empty() || is_kind_word(after) || after == "one",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Mention, read};
    use crate::graph::fixture;
    use crate::ingest::Snapshot;

    const SHOP: &str = "table sales.orders(id, total, customer_id, created_at)
        table sales.customers(id, email, created_at)
        table archive.orders(id)
        table order_lines(id, order_id, date)
        view mart.daily = total:sales.orders.total
        proc load_daily
        load_daily reads sales.orders";

    fn graph(script: &str) -> Snapshot {
        Snapshot { graph: fixture::graph(script).into(), ..Snapshot::default() }
    }

    fn names(snapshot: &Snapshot, question: &str) -> String {
        let reading = read(snapshot, question, None, false);
        let meant = |m: &Mention| m.nodes.iter().map(|&n| snapshot.graph.node(n).name()).collect::<Vec<_>>().join("/");
        let found: Vec<String> = reading.mentions.iter().map(meant).collect();
        let unknown: Vec<String> = reading.unknown.iter().map(|u| format!("?{u}")).collect();
        found.into_iter().chain(unknown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_found_however_they_are_written() {
        let graph = graph(SHOP);
        let cases = [
            ("What feeds mart.daily?", "mart.daily"),
            ("what feeds [mart].[daily]", "mart.daily"),
            ("what feeds \"mart\".\"daily\"", "mart.daily"),
            ("what feeds `MART.DAILY`.", "mart.daily"),
            ("what feeds 'daily'?", "mart.daily"),
            ("what are daily's columns", "mart.daily"),
            ("show the order lines", "order_lines"),
            ("who uses customers", "sales.customers"),
            ("where does sales.orders.total come from", "sales.orders.total"),
            ("where does column email come from", "sales.customers.email"),
            ("how is total of sales.orders calculated", "sales.orders.total"),
            ("the total column of mart.daily", "mart.daily.total"),
            ("path from sales.orders to mart.daily", "sales.orders mart.daily"),
            ("what does load_daily read", "load_daily"),
            ("what feeds sales.order?", "?sales.order"),
            ("what feeds table xyz", "?xyz"),
            ("What tables are in the database?", ""),
            ("list the columns", ""),
            ("what is in f.sql", "f.sql"),
            ("it's the customers' table, isn't it", "sales.customers"),
        ];
        for (question, expected) in cases {
            assert_eq!(names(&graph, question), expected, "{question}");
        }
    }

    #[test]
    fn a_table_named_like_a_word_of_questions_is_found_when_asked_leniently() {
        let graph = graph("table jobs(id)");
        assert_eq!(read(&graph, "what depends on jobs?", None, false).names(), 0);
        assert_eq!(read(&graph, "what depends on jobs?", None, true).mentions.len(), 1);
    }

    #[test]
    fn an_ambiguous_name_keeps_its_meanings() {
        let graph = graph(SHOP);
        assert_eq!(read(&graph, "what depends on orders", None, false).mentions[0].nodes.len(), 2);
    }

    #[test]
    fn schemas_patterns_and_numbers_are_no_names() {
        let graph = graph(SHOP);
        let reading = read(&graph, "top 5 tables like *ord* in schema Sales", None, false);
        assert_eq!(
            (reading.schema.as_deref(), reading.number, reading.patterns.as_slice()),
            (Some("Sales"), Some(5), &["*ord*".to_owned()][..])
        );
        assert_eq!(reading.names(), 0);
        assert_eq!(read(&graph, "which tables are in sales?", None, false).schema.as_deref(), Some("sales"));
    }

    #[test]
    fn it_is_what_was_spoken_of() {
        let graph = graph(SHOP);
        let subject = read(&graph, "mart.daily", None, false).mentions[0].clone();
        for question in ["what depends on it?", "and that view?", "show its columns", "what breaks if I drop this table"] {
            let reading = read(&graph, question, Some(&subject), false);
            assert_eq!(reading.mentions, std::slice::from_ref(&subject), "{question}");
            assert!(reading.masked.contains('#'));
        }
        assert_eq!(read(&graph, "is it so that nothing uses customers", None, false).mentions.len(), 1);
    }
}
