//! What a question names: assets, schemas, patterns, numbers. Names are looked up in the graph; what is not there is kept as unknown and
//! never guessed.

use super::intent::{asks, is_kind_word, is_question_word};
use crate::graph::{Graph, NodeIx, quoted as quoted_part};
use crate::ingest::Snapshot;
use crate::lineage::Kind;
use std::collections::HashSet;

/// Words of a question looked at: a longer one is a text, and its names are found by search.
const MAX_WORDS: usize = 400;
/// Names of one question.
const MAX_MENTIONS: usize = 8;
/// Most words that make one name ("order line items" for `order_line_items`).
const MAX_JOINED: usize = 3;

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
    /// Words with `*` or `%`.
    pub patterns: Vec<String>,
    /// Words that are neither names nor words of questions, for search.
    pub rest: Vec<String>,
    /// "within 3 hops", "top 5".
    pub number: Option<u32>,
}

impl Reading {
    /// Names found and not found.
    pub fn names(&self) -> usize {
        self.mentions.len() + self.unknown.len()
    }
}

/// Words that a name never is unless it is quoted, beside those of the rules.
const STOP: &[&str] = &[
    "a",
    "about",
    "also",
    "am",
    "an",
    "and",
    "any",
    "as",
    "ask",
    "at",
    "be",
    "been",
    "but",
    "could",
    "did",
    "either",
    "ever",
    "exact",
    "few",
    "had",
    "hello",
    "help",
    "her",
    "hers",
    "hi",
    "his",
    "i",
    "let",
    "like",
    "many",
    "may",
    "me",
    "might",
    "more",
    "much",
    "must",
    "no",
    "now",
    "of",
    "off",
    "ok",
    "once",
    "one",
    "only",
    "or",
    "other",
    "own",
    "please",
    "really",
    "shall",
    "so",
    "some",
    "still",
    "such",
    "than",
    "thank",
    "thanks",
    "the",
    "their",
    "then",
    "these",
    "they",
    "those",
    "too",
    "two",
    "up",
    "us",
    "very",
    "was",
    "we",
    "well",
    "were",
    "who",
    "whom",
    "whose",
    "why",
    "without",
    "yes",
    "you",
    "your",
    "not",
    "data",
    "database",
    "schema",
    "within",
    "directly",
    "indirectly",
    "shortest",
    "report",
    "reports",
    "project",
    "repository",
    "each",
    "every",
    "where",
    "aren't",
    "can't",
    "cannot",
    "couldn't",
    "currently",
    "didn't",
    "doesn't",
    "don't",
    "except",
    "excluding",
    "hasn't",
    "haven't",
    "here",
    "i'd",
    "i'm",
    "isn't",
    "outside",
    "same",
    "there",
    "today",
    "wasn't",
    "weren't",
    "won't",
    "wouldn't",
    "again",
    "already",
    "anywhere",
    "yet",
];

struct Token {
    text: String,
    lower: String,
    quoted: bool,
}

impl Token {
    /// Spelt as only identifiers are: dotted, with an underscore, a digit, or a capital inside.
    fn is_name_like(&self) -> bool {
        let bare = !self.quoted;
        let inner_capital = self.text.as_bytes().windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
        let letters = self.text.chars().any(char::is_alphabetic);
        let digit = self.text.chars().any(|c| c.is_ascii_digit());
        !bare || letters && (self.text.contains(['.', '_', '$', '#']) || inner_capital || digit)
    }

    fn is_plain_word(&self) -> bool {
        !self.quoted && (STOP.contains(&self.lower.as_str()) || is_question_word(&self.lower))
    }
}

enum Part {
    Word(String),
    Name(Mention),
    /// A bare word that is only a column's name; counts when the rest of the question makes it one.
    Weak(Mention),
    /// As weak, but also a word of questions ("total", "source"): counts only for a column of a relation that is named.
    Faint(Mention),
    Unknown(String),
}

/// Reads `question` against a snapshot; with a `subject` (from earlier turns), "it" and its like are that. When `lenient`, words of questions
/// that are relations here ("jobs") are names, too.
pub fn read(snapshot: &Snapshot, question: &str, subject: Option<&Mention>, lenient: bool) -> Reading {
    let (graph, schemas) = (&*snapshot.graph, snapshot.schemas());
    let tokens = tokens(question);
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
            // "That view" is one name, and "the first one"; "its columns" are something of it.
            i += if is_kind_word(after) && token.lower != "its" || is_ordinal(&token.lower) { 2 } else { 1 };
            continue;
        }
        if !token.quoted && token.text.contains(['*', '%']) && token.text.chars().any(char::is_alphanumeric) {
            reading.patterns.push(token.lower.clone());
            parts.push(Part::Word("named".into()));
            i += 1;
            continue;
        }
        if let Ok(number) = token.lower.parse::<u32>() {
            reading.number = reading.number.or(Some(number));
            parts.push(Part::Word(token.lower.clone()));
            i += 1;
            continue;
        }
        let beside_schema = before == "schema" || after == "schema";
        let placed = matches!(before, "in" | "within" | "inside" | "from" | "outside" | "except" | "excluding");
        let holding = token.quoted || matches!(after, "contain" | "contains" | "hold" | "holds" | "include" | "includes");
        let here = schemas.contains_key(&token.lower);
        if here && (beside_schema || (placed || holding) && relations(graph, &token.text).is_empty())
            || !here && reading.schema.is_none() && is_no_schema(graph, &tokens, i)
        {
            // "From raw to marts": the first is kept.
            if reading.schema.is_none() {
                (reading.schema, reading.schema_is_here) = (Some(token.text.clone()), here);
            }
            let lead = tokens[..i].iter().rfind(|t| !matches!(t.lower.as_str(), "in" | "the" | "schema" | "of" | "within" | "from"));
            if lead.is_some_and(|t| matches!(t.lower.as_str(), "not" | "outside" | "except" | "excluding")) {
                reading.outside = true;
                if let Some(Part::Word(word)) = parts.iter_mut().rfind(|p| matches!(p, Part::Word(w) if w == "not")) {
                    *word = "outside".into();
                }
            }
            parts.push(Part::Word("schema".into()));
            i += 1;
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
        ordinal if is_ordinal(ordinal) => after == "one",
        _ => false,
    }
}

/// Places in a list that a question may speak of as "the first one".
pub const ORDINALS: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "last"];

fn is_ordinal(word: &str) -> bool {
    ORDINALS.contains(&word)
}

fn part(graph: &Graph, token: &Token, before: &str, after: &str, asks_how: bool) -> Part {
    let introduced = matches!(
        before,
        "table" | "view" | "column" | "field" | "procedure" | "proc" | "function" | "trigger" | "file" | "called" | "named"
    );
    if token.is_plain_word() {
        let by_kind = introduced && !is_kind_word(&token.lower) && !STOP.contains(&token.lower.as_str());
        if (matches!(before, "column" | "field") || after == "column" || asks_how) && !is_kind_word(&token.lower) {
            let columns: Vec<NodeIx> = graph.resolve(&token.text).into_iter().filter(|&n| graph.node(n).kind == Kind::Column).collect();
            if !columns.is_empty() {
                return Part::Faint(Mention { text: token.text.clone(), nodes: columns });
            }
        }
        if !by_kind || relations(graph, &token.text).is_empty() {
            return Part::Word(token.lower.clone());
        }
    }
    let nodes = graph.resolve(&token.text);
    let columns_only = !nodes.is_empty() && nodes.iter().all(|&n| graph.node(n).kind == Kind::Column);
    if matches!(before, "column" | "field") || after == "column" {
        let columns: Vec<NodeIx> = nodes.iter().copied().filter(|&n| graph.node(n).kind == Kind::Column).collect();
        if !columns.is_empty() {
            return Part::Name(Mention { text: token.text.clone(), nodes: columns });
        }
    }
    if !nodes.is_empty() {
        let mention = Mention { text: token.text.clone(), nodes: best(graph, nodes, before) };
        return if columns_only && !token.is_name_like() { Part::Weak(mention) } else { Part::Name(mention) };
    }
    if token.is_name_like() || introduced && token.lower.len() > 1 && !asks(&token.lower) {
        Part::Unknown(token.text.clone())
    } else {
        Part::Word(token.lower.clone())
    }
}

/// Of what a name can mean, what the question means: the kind that the word before says, else all that rank with the first.
fn best(graph: &Graph, nodes: Vec<NodeIx>, before: &str) -> Vec<NodeIx> {
    let said: &[Kind] = match before {
        "table" => &[Kind::Table],
        "view" => &[Kind::View, Kind::MaterializedView],
        "procedure" | "proc" => &[Kind::Procedure],
        "function" => &[Kind::Function],
        "trigger" => &[Kind::Trigger],
        "file" | "script" => &[Kind::File],
        _ => &[],
    };
    let narrowed: Vec<NodeIx> = nodes.iter().copied().filter(|&n| said.contains(&graph.node(n).kind)).collect();
    if !narrowed.is_empty() {
        return narrowed;
    }
    let class = |n: NodeIx| {
        let node = graph.node(n);
        (node.kind.is_relation(), node.kind.is_routine(), node.kind == Kind::Column, node.kind == Kind::File, node.defined.is_empty())
    };
    let first = class(nodes[0]);
    nodes.into_iter().filter(|&n| class(n) == first).collect()
}

/// What a bare word in the other number names: "customer" is `customers`. No columns: their names are everyday words.
pub fn in_other_number(graph: &Graph, word: &str) -> Vec<NodeIx> {
    let singular = word.strip_suffix('s').filter(|w| w.len() > 1).map(str::to_owned);
    let irregular = match (word.strip_suffix("ies"), word.strip_suffix('y')) {
        (Some(stem), _) => Some(format!("{stem}y")),
        (None, Some(stem)) => Some(format!("{stem}ies")),
        (None, None) => word.strip_suffix("es").map(str::to_owned),
    };
    let others = singular.into_iter().chain(irregular).chain([format!("{word}s"), format!("{word}es")]);
    others.map(|other| relations(graph, &other)).find(|nodes| !nodes.is_empty()).map_or_else(Vec::new, |nodes| best(graph, nodes, ""))
}

fn joined(graph: &Graph, tokens: &[Token]) -> Option<(Mention, usize)> {
    for n in (2..=MAX_JOINED.min(tokens.len())).rev() {
        let words = &tokens[..n];
        // The first and last words of a name are its own; between them anything may stand.
        if words.iter().any(|t| t.quoted || t.text.contains('.')) || words[0].is_plain_word() || words[n - 1].is_plain_word() {
            continue;
        }
        for separator in ["_", " ", ""] {
            let text = words.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(separator);
            let mut nodes = graph.resolve(&text);
            if nodes.is_empty() {
                nodes = in_other_number(graph, &text);
            }
            if !nodes.is_empty() {
                return Some((Mention { nodes: best(graph, nodes, ""), text }, n));
            }
        }
    }
    None
}

/// Columns find their table, weak names their place, and the question its mask.
fn settle(graph: &Graph, parts: Vec<Part>, reading: &mut Reading) {
    let named: Vec<NodeIx> = parts
        .iter()
        .filter_map(|p| match p {
            Part::Name(m) => Some(m.nodes.clone()),
            _ => None,
        })
        .flatten()
        .filter(|&n| graph.node(n).kind.is_relation())
        .collect();
    let within = |mention: &Mention| -> Vec<NodeIx> {
        mention.nodes.iter().copied().filter(|&n| graph.relation_of(n).is_some_and(|r| named.contains(&r))).collect()
    };
    // Beside columns a column's name is one more of them; beside anything else it is a word.
    let strong = parts.iter().any(|p| match p {
        Part::Name(m) => graph.kind(m.nodes[0]) != Kind::Column,
        Part::Unknown(_) => true,
        _ => false,
    });
    let mut owners: HashSet<NodeIx> = HashSet::new();
    let mut masked: Vec<String> = Vec::new();
    let mut mentions: Vec<Mention> = Vec::new();
    // Where each mention stands in the mask.
    let mut places: Vec<usize> = Vec::new();
    for part in parts {
        match part {
            Part::Word(word) => {
                if !STOP.contains(&word.as_str()) && !is_question_word(&word) {
                    reading.rest.push(word.clone());
                }
                masked.push(word);
            }
            Part::Unknown(text) => {
                reading.unknown.push(text);
                masked.push("#".into());
            }
            Part::Name(mut mention) => {
                let inside = within(&mention);
                if !inside.is_empty() {
                    owners.extend(inside.iter().filter_map(|&n| graph.relation_of(n)));
                    mention.nodes = inside;
                }
                places.push(masked.len());
                mentions.push(mention);
                masked.push("#".into());
            }
            Part::Faint(mention) if within(&mention).is_empty() => masked.push(mention.text.to_lowercase()),
            Part::Weak(mut mention) | Part::Faint(mut mention) => {
                let inside = within(&mention);
                if !inside.is_empty() {
                    owners.extend(inside.iter().filter_map(|&n| graph.relation_of(n)));
                    mention.nodes = inside;
                    places.push(masked.len());
                    mentions.push(mention);
                    masked.push("#".into());
                } else if !strong {
                    places.push(masked.len());
                    mentions.push(mention);
                    masked.push("#".into());
                } else {
                    reading.rest.push(mention.text.to_lowercase());
                    masked.push(mention.text.to_lowercase());
                }
            }
        }
    }
    // "column total of orders" is one name: the table only says which column.
    let has_column = mentions.iter().any(|m| graph.node(m.nodes[0]).kind == Kind::Column);
    if has_column && !owners.is_empty() {
        let mut kept = Vec::new();
        let mut dropped = HashSet::new();
        for (mention, at) in mentions.into_iter().zip(places) {
            if mention.nodes.iter().all(|n| owners.contains(n)) {
                dropped.insert(at);
            } else {
                kept.push(mention);
            }
        }
        mentions = kept;
        // What tied the two ("of", "in") would read as a question about a table.
        let is_tie = |i: usize| matches!(masked[i].as_str(), "of" | "in" | "from" | "on" | "the" | "table" | "view");
        for at in dropped.clone() {
            let first = (0..at).rev().take_while(|&i| is_tie(i)).last();
            if let Some(first) = first.filter(|&first| first > 0 && masked[first - 1] == "#") {
                dropped.extend(first..at);
            }
        }
        masked = masked.into_iter().enumerate().filter(|(i, _)| !dropped.contains(i)).map(|(_, w)| w).collect();
    }
    mentions.truncate(MAX_MENTIONS);
    reading.unknown.truncate(MAX_MENTIONS);
    reading.mentions = mentions;
    reading.masked = masked.join(" ");
}

fn relations(graph: &Graph, text: &str) -> Vec<NodeIx> {
    graph.resolve_whole(text).into_iter().filter(|&n| graph.kind(n) != Kind::Column).collect()
}

fn tokens(question: &str) -> Vec<Token> {
    let chars: Vec<char> = question.chars().collect();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() && tokens.len() < MAX_WORDS {
        let (start, mut text, mut quoted) = (i, String::new(), 0);
        loop {
            let c = chars.get(i).copied().unwrap_or(' ');
            let fresh = text.is_empty() || text.ends_with('.');
            let closing = match c {
                '"' | '`' => Some(c),
                '[' => Some(']'),
                '\'' if fresh && (i == 0 || !chars[i - 1].is_alphanumeric()) => Some('\''),
                '“' => Some('”'),
                _ => None,
            };
            if let Some(close) = closing
                && fresh
                && let Some((part, length)) = quoted_part(&chars[i + 1..], close)
                && !part.is_empty()
            {
                text.push_str(&part);
                quoted = text.len();
                i += 1 + length;
            } else if is_name_char(c)
                || (c == '\'' || c == '’') && !text.is_empty() && chars.get(i + 1).is_some_and(|n| n.is_alphanumeric())
            {
                text.push(if c == '’' { '\'' } else { c });
                i += 1;
            } else {
                break;
            }
        }
        if i == start {
            i += 1;
            continue;
        }
        let (length, end, quoted) = (text.len(), quoted, quoted > 0);
        let text = if quoted { text.trim_end_matches('.') } else { text.trim_matches(['.', '-', '/', '\'', '#', ':']) };
        let whole = text;
        // Within quotes it is part of the name.
        let text = text.strip_suffix("'s").filter(|_| length > end).unwrap_or(text);
        if !text.is_empty() {
            tokens.push(Token { text: text.to_owned(), lower: text.to_lowercase(), quoted });
        }
        // "Where's", and not "orders's".
        if whole != text && matches!(text.to_lowercase().as_str(), "what" | "where" | "who" | "when" | "how") {
            tokens.push(Token { text: "is".into(), lower: "is".into(), quoted });
        }
    }
    tokens
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '#' | '@' | '-' | '/' | '*' | '%' | ':')
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

    #[test]
    fn a_quote_within_quotes_is_part_of_the_name() {
        let texts = |question: &str| super::tokens(question).into_iter().map(|t| t.text).collect::<Vec<_>>();
        for (question, name) in [
            (r#"what columns does "a""b" have?"#, r#"a"b"#),
            ("what columns does [tä.b''le].[x\"y].[c.d] have?", "tä.b''le.x\"y.c.d"),
            ("what columns does [a]]b].c have?", "a]b.c"),
            ("what columns does 'orders' have?", "orders"),
            (r#"what columns does "it's" have?"#, "it's"),
            (r#"what are the "orders"'s columns"#, "orders"),
        ] {
            assert_eq!(texts(question)[3], name, "{question}");
        }
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
