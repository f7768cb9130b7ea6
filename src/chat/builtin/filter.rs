//! What narrows a list beside kinds, schema, file and pattern: keys, comments, numbers of columns, and what an asset uses, writes or calls.
//! Words that say something and narrow nothing are kept, so that the answer can say that they were not applied.

use super::condition::{Object, Test, Verb};
use super::finding::Finding;
use super::routine::writers;
use super::{Asked, SEARCH_CONFIDENCE};
use crate::chat::intent::{Intent, asks, is_kind_word, kinds};
use crate::graph::{Graph, NodeIx};
use crate::lineage::Kind;
use foldhash::HashSet;

/// Words that turn the next condition round.
pub(super) const NEGATIONS: &[&str] = &[
    "not", "no", "without", "never", "don't", "doesn't", "aren't", "isn't", "haven't", "hasn't", "can't", "cannot", "neither", "nor",
    "lack", "lacks", "lacking", "missing",
];
/// Words of a list that narrow nothing.
const IDLE: &[&str] = &[
    "a",
    "all",
    "also",
    "altogether",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "available",
    "be",
    "been",
    "but",
    "by",
    "called",
    "can",
    "content",
    "contents",
    "contain",
    "contains",
    "could",
    "create",
    "created",
    "creates",
    "currently",
    "data",
    "database",
    "declare",
    "declared",
    "declares",
    "define",
    "defined",
    "defines",
    "did",
    "directly",
    "display",
    "do",
    "does",
    "each",
    "enumerate",
    "every",
    "everything",
    "exist",
    "existing",
    "exists",
    "find",
    "for",
    "from",
    "full",
    "get",
    "give",
    "got",
    "had",
    "has",
    "have",
    "having",
    "here",
    "hi",
    "hold",
    "holds",
    "how",
    "i",
    "i'd",
    "in",
    "include",
    "includes",
    "ingested",
    "inside",
    "into",
    "is",
    "it",
    "know",
    "known",
    "layer",
    "let",
    "list",
    "listing",
    "many",
    "materialized",
    "materialised",
    "me",
    "my",
    "name",
    "named",
    "names",
    "now",
    "number",
    "of",
    "on",
    "or",
    "our",
    "please",
    "print",
    "project",
    "repository",
    "same",
    "schema",
    "see",
    "show",
    "so",
    "some",
    "stored",
    "tell",
    "that",
    "the",
    "their",
    "there",
    "these",
    "they",
    "this",
    "those",
    "to",
    "total",
    "under",
    "uploaded",
    "us",
    "was",
    "warehouse",
    "we",
    "were",
    "what",
    "which",
    "who",
    "whole",
    "whose",
    "with",
    "within",
    "would",
    "like",
    "you",
    "your",
    "count",
    "again",
    "today",
    "yet",
    "big",
    "hello",
    "thanks",
    "thank",
    "want",
    "need",
    "look",
    "looks",
    "complete",
    "entire",
    "other",
    "another",
    "just",
    "only",
    "ones",
    "system",
    "server",
];
/// Words between a verb and what it is done to.
const BETWEEN: &[&str] = &[
    "from", "to", "on", "into", "upon", "in", "the", "a", "any", "other", "some", "another", "both", "data", "rows", "directly", "table",
    "view", "column",
];
const COLUMNS: &[&str] = &["columns", "column", "fields", "field"];

struct Condition {
    test: Test,
    wanted: bool,
    /// As the answer says it.
    said: String,
}

/// What a list is narrowed by.
#[derive(Default)]
pub(super) struct Filter {
    conditions: Vec<Condition>,
    /// Words that say something and were not applied.
    pub(super) left: Vec<String>,
    /// The kinds listed, when the question names others as well: "views that use tables".
    pub(super) kinds: Option<Vec<Kind>>,
    /// The question's schema is that of what is used, and not of what is listed.
    pub(super) takes_schema: bool,
    /// The last verb with names behind it, and how it is said.
    verb: Option<(Verb, String)>,
}

impl Filter {
    /// That of a question for a list; what it does not apply is told.
    pub(super) fn applied(asked: &Asked, finding: &mut Finding) -> Filter {
        let filter = Filter::of(asked);
        filter.tell(finding);
        filter
    }

    /// What the question says beside and nothing narrows by: the list is not what was asked for.
    pub(super) fn tell(&self, finding: &mut Finding) {
        self.tell_but(finding, |_| false);
    }

    /// As [`Filter::tell`], but for words that are known otherwise.
    pub(super) fn tell_but(&self, finding: &mut Finding, known: impl Fn(&str) -> bool) {
        let left: Vec<&str> = self.left.iter().map(String::as_str).filter(|word| !known(word)).collect();
        if !left.is_empty() {
            let text = format!("I could not apply “{}”: what follows is not narrowed by it.", left.join(" "));
            finding.say_and_warn(text);
            finding.trust_at_most(SEARCH_CONFIDENCE);
        }
    }

    /// Of a question that asks for a list.
    pub(super) fn of(asked: &Asked) -> Filter {
        let words: Vec<&str> = asked.reading.masked.split_whitespace().collect();
        let mut filter = Filter::default();
        let of_columns = matches!(asked.intent, Intent::Columns | Intent::UnusedColumns) || asked.kinds == [Kind::Column];
        let mut negation: Option<&str> = None;
        let mut at = 0;
        while at < words.len() {
            let word = words[at];
            if NEGATIONS.contains(&word) {
                filter.left.extend(negation.replace(word).map(str::to_owned));
                at += 1;
                continue;
            }
            let Some((test, said, used)) = filter.condition(asked, &words, at) else {
                if !filter.idle(asked, word) {
                    filter.left.extend(negation.take().map(str::to_owned));
                    filter.left.push(word.to_owned());
                }
                at += 1;
                continue;
            };
            let used = used.min(words.len() - at);
            let nothing = words[at..at + used].contains(&"nothing");
            let wanted = negation.take().is_none() != nothing;
            let (test, wanted) = match (test, wanted) {
                // Of views and the like neither is known.
                (Test::Nullable, false) if filter.kinds.is_none() => (Test::Required, true),
                (Test::Required, false) if filter.kinds.is_none() => (Test::Nullable, true),
                other => other,
            };
            let said = match (&test, wanted) {
                (Test::Unique, _) if of_columns => format!(" that are {}unique by themselves", if wanted { "" } else { "not " }),
                (Test::Nullable, _) if filter.kinds.is_none() => " that may be null".to_owned(),
                (Test::Required, _) if filter.kinds.is_none() => " that are not null".to_owned(),
                (Test::PrimaryKey | Test::ForeignKey, _) if of_columns || filter.kinds.as_deref() == Some(&[Kind::Column]) => {
                    format!(" {} {said}", if wanted { "of" } else { "outside" })
                }
                (Test::UsedIn(_), true) => format!(" that are {said}"),
                (Test::UsedIn(_), false) => format!(" that are not {said}"),
                (Test::Does(..) | Test::Among(_), true) => format!(" that {said}"),
                (Test::Does(..) | Test::Among(_), false) => format!(" that do not {said}"),
                (_, true) => format!(" with {said}"),
                (_, false) => format!(" without {said}"),
            };
            filter.conditions.push(Condition { test, wanted, said });
            at += used;
        }
        filter.left.extend(negation.map(str::to_owned));
        if !lists_all(asked) {
            // Most of its words are those of the question itself: what is left is what no phrase asks with.
            filter.left.retain(|word| asked.reading.rest.contains(word) && !asks(word) && Some(word) != asked.reading.schema.as_ref());
        }
        filter
    }

    /// Of how many words a condition on columns is; when these are columns of what is listed ("tables with nullable columns"), they are not
    /// listed themselves.
    fn of_columns(&mut self, words: &[&str], at: usize) -> usize {
        let relations: Vec<Kind> = kinds(&words[..at].join(" ")).into_iter().filter(|kind| kind.is_relation()).collect();
        if relations.is_empty() || !words.get(at + 1).is_some_and(|next| COLUMNS.contains(next)) {
            return 1;
        }
        self.kinds.get_or_insert(relations);
        2
    }

    /// The condition that begins at a word, how it is said, and how many words it takes.
    fn condition(&mut self, asked: &Asked, words: &[&str], at: usize) -> Option<(Test, String, usize)> {
        let next = |n: usize| words.get(at + n).copied().unwrap_or("");
        match words[at] {
            "primary" if next(1).starts_with("key") => {
                // "List the primary keys": the columns of them.
                if asked.kinds.is_empty() && matches!(asked.intent, Intent::Inventory | Intent::Count) {
                    self.kinds.get_or_insert(vec![Kind::Column]);
                }
                return Some((Test::PrimaryKey, "a primary key".into(), 2));
            }
            "composite" | "compound" if next(1) == "primary" || next(1).starts_with("key") => {
                return Some((Test::CompositeKey, "a primary key of several columns".into(), if next(1) == "primary" { 3 } else { 2 }));
            }
            // Keys of several columns are not kept.
            "unique" => {
                let named = ["key", "constraint", "index"].iter().any(|word| next(1).starts_with(word));
                let used = if named { 2 } else { self.of_columns(words, at) };
                return Some((Test::Unique, "a column unique by itself".into(), used));
            }
            "pk" | "pks" => return Some((Test::PrimaryKey, "a primary key".into(), 1)),
            "incoming" | "inbound" if next(1) == "foreign" || next(1).starts_with("fk") => {
                return Some((Test::Referred, "foreign keys to them".into(), if next(1) == "foreign" { 3 } else { 2 }));
            }
            "foreign" if next(1).starts_with("key") => return Some((Test::ForeignKey, "a foreign key".into(), 2)),
            "fk" | "fks" => return Some((Test::ForeignKey, "a foreign key".into(), 1)),
            "nullable" | "optional" | "null" | "nulls" => {
                return Some((Test::Nullable, "a column that may be null".into(), self.of_columns(words, at)));
            }
            "mandatory" | "required" => {
                return Some((Test::Required, "a column that is not null".into(), self.of_columns(words, at)));
            }
            "comment" | "comments" | "description" | "descriptions" if asked.intent != Intent::Columns => {
                return Some((Test::Comment, "a comment".into(), 1));
            }
            "default" | "defaults" => {
                let mut used = if next(1).starts_with("value") { 2 } else { 1 };
                // Which default is not looked at.
                let of = match (next(used), next(used + 1)) {
                    ("equal", "to") => 2,
                    ("of" | "equal" | "equals" | "=", _) => 1,
                    _ => 0,
                };
                let value = next(used + of);
                if of > 0 && !matches!(value, "" | "#" | "schema") && !is_kind_word(value) && !matches!(value, "the" | "a" | "all") {
                    self.left.push(value.to_owned());
                    used += of + 1;
                }
                if asked.kinds.is_empty() && lists_all(asked) {
                    self.kinds.get_or_insert(vec![Kind::Column]);
                }
                return Some((Test::Default, "a default".into(), used));
            }
            "computed" | "generated" => {
                return Some((Test::Computed, "an expression over columns of their table".into(), self.of_columns(words, at)));
            }
            "referenced" if next(1) == "by" => {
                let between = |w: &&&str| matches!(**w, "a" | "an" | "any" | "no" | "the" | "other" | "another");
                let key = 2 + words[at + 2..].iter().take_while(between).count();
                words.get(at + key).filter(|w| matches!(**w, "foreign" | "fk" | "fks"))?;
                let used = key + if words[at + key] == "foreign" { 2 } else { 1 };
                return Some((Test::Referred, "foreign keys to them".into(), used.min(words.len() - at)));
            }
            "self-referencing" | "self-referential" => return Some((Test::SelfReferring, "a foreign key to themselves".into(), 1)),
            "self" if next(1).starts_with("referenc") => return Some((Test::SelfReferring, "a foreign key to themselves".into(), 2)),
            "reference" | "references" | "referencing" if matches!(next(1), "themselves" | "itself") => {
                return Some((Test::SelfReferring, "a foreign key to themselves".into(), 2));
            }
            "more" | "over" | "fewer" | "less" | "under" | "least" | "most" | "exactly" => {
                let than = usize::from(next(1) == "than");
                let n: usize = number(next(1 + than))?;
                let of = next(2 + than);
                let of_sources = matches!(of, "tables" | "table" | "relations" | "sources" | "views");
                (COLUMNS.contains(&of) || of_sources).then_some(())?;
                let (least, most, said) = match words[at] {
                    "more" | "over" => (n.saturating_add(1), usize::MAX, "more than"),
                    "least" => (n, usize::MAX, "at least"),
                    "most" => (0, n, "at most"),
                    "exactly" => (n, n, "exactly"),
                    _ => (0, n.checked_sub(1)?, "fewer than"),
                };
                if of_sources {
                    if self.kinds.is_none() {
                        self.kinds = Some(kinds(&words[..at].join(" "))).filter(|k| !k.is_empty());
                    }
                    return Some((Test::Sources { least, most }, format!("{said} {n} direct sources"), 3 + than));
                }
                return Some((Test::Columns { least, most }, format!("{said} {n} columns"), 3 + than));
            }
            _ => {}
        }
        // "Uses X but not Y": the verb before goes on.
        if words[at] == "#" && at > 0 && NEGATIONS.contains(&words[at - 1]) && lists_all(asked) {
            let (verb, said) = self.verb.clone()?;
            let mention = asked.reading.mentions.get(words[..at].iter().filter(|w| **w == "#").count())?;
            return Some((Test::Does(verb, Object::Named(vec![mention.nodes.clone()])), format!("directly {said} `{}`", mention.text), 1));
        }
        // "Feed marts", "make it to gold".
        if lists_all(asked)
            && !asked.kinds.contains(&Kind::File)
            && let Some(place) = reached(words, at)
        {
            let schema = match words[place] {
                "schema" => asked.reading.second_schema.clone().or_else(|| asked.reading.schema.clone())?,
                word => asked.snapshot.schemas().contains_key(word).then(|| word.to_owned())?,
            };
            self.takes_schema |= asked.reading.second_schema.is_none() && asked.reading.schema.as_ref() == Some(&schema);
            let said = format!("feed schema `{schema}` (through others, too)");
            return Some((Test::Among(feeding(asked, &schema)), said, place + 1 - at));
        }
        // "Read by bi", "used in schema bi".
        let passive =
            matches!(words[at], "read" | "used" | "queried" | "referenced" | "consumed" | "needed") && matches!(next(1), "by" | "in");
        if passive && lists_all(asked) {
            let schema = match next(2) {
                "schema" => asked.reading.second_schema.clone().or_else(|| asked.reading.schema.clone())?,
                word => asked.snapshot.schemas().contains_key(word).then(|| word.to_owned())?,
            };
            self.takes_schema |= asked.reading.second_schema.is_none() && asked.reading.schema.as_ref() == Some(&schema);
            let used = format!("used in schema `{schema}`");
            return Some((Test::UsedIn(schema), used, 3));
        }
        // Elsewhere a verb is what is asked: "the most used".
        let verb = Verb::of(words[at]).filter(|_| lists_all(asked) && !matches!(next(1), "more" | "at" | "fewer" | "less" | "over"))?;
        let skipped = words[at + 1..].iter().take_while(|w| BETWEEN.contains(w)).count();
        let place = at + 1 + skipped;
        let object = words.get(place).copied().unwrap_or("anything");
        let mut used = (place + 1).min(words.len()) - at;
        let (object, said) = match object {
            "#" => {
                // Those up to "but not", which begins another condition.
                let first = words[..place].iter().filter(|w| **w == "#").count();
                let turn = words[place..].iter().position(|w| NEGATIONS.contains(w)).map_or(words.len(), |turn| place + turn);
                let last = words[..turn].iter().rposition(|w| *w == "#")?;
                let all = words[place..=last].iter().filter(|w| **w == "#").count();
                let meant = asked.reading.mentions.get(first..(first + all).min(asked.reading.mentions.len()))?;
                if meant.is_empty() {
                    return None;
                }
                let names: Vec<String> = meant.iter().map(|m| format!("`{}`", m.text)).collect();
                used = last + 1 - at;
                self.verb = Some((verb, way(words[at])));
                (Object::Named(meant.iter().map(|m| m.nodes.clone()).collect()), names.join(" and "))
            }
            "schema" => {
                self.takes_schema = true;
                let schema = asked.reading.schema.clone()?;
                used += usize::from(words.get(place + 1) == Some(&"schema"));
                let said = format!("schema `{schema}`");
                (Object::Schema(schema.to_lowercase()), said)
            }
            "anything" | "something" | "nothing" | "data" | "database" | "it" => (Object::Anything, "anything".into()),
            // "Read from tables in land".
            kind if is_kind_word(kind)
                && !kinds(kind).is_empty()
                && matches!(words.get(place + 1), Some(&("in" | "of" | "from")))
                && words.get(place + 2) == Some(&"schema") =>
            {
                self.takes_schema = true;
                used += 2;
                let schema = asked.reading.schema.clone()?;
                let said = format!("{kind} in schema `{schema}`");
                (Object::Schema(schema.to_lowercase()), said)
            }
            kind if is_kind_word(kind) && !kinds(kind).is_empty() => (Object::Kinds(kinds(kind)), kind.to_owned()),
            word => {
                asked.snapshot.schemas().contains_key(word).then_some(())?;
                self.takes_schema |= asked.reading.schema.as_deref() == Some(word);
                (Object::Schema(word.to_owned()), format!("schema `{word}`"))
            }
        };
        if self.kinds.is_none() {
            self.kinds = Some(kinds(&words[..at].join(" "))).filter(|k| !k.is_empty());
        }
        Some((Test::Does(verb, object), format!("directly {} {said}", way(words[at])), used))
    }

    /// Whether a word narrows nothing by itself, or is applied elsewhere.
    fn idle(&self, asked: &Asked, word: &str) -> bool {
        let reading = &asked.reading;
        let file = |n: &NodeIx| asked.graph().kind(*n) == Kind::File;
        match word {
            "#" => reading.mentions.iter().all(|m| m.nodes.iter().all(file)),
            "outside" | "except" | "excluding" => reading.outside || reading.but_not_in.is_some(),
            _ if reading.schema.as_deref() == Some(word) => true,
            "matching" | "starting" | "starts" | "ending" | "ends" | "begin" | "begins" | "beginning" | "start" | "end" | "containing"
            | "prefixed" => !reading.patterns.is_empty(),
            "allow" | "allows" | "accept" | "accepts" | "take" | "takes" => reading.masked.contains("null"),
            // Of what is joined, the number of tables is what narrows.
            "join" | "joins" | "use" | "uses" | "read" | "reads" | "than" => {
                [" more ", " at least ", " fewer ", " less "].iter().any(|than| reading.masked.contains(than))
            }
            "python" => true,
            // "Which procedures create tables."
            "create" | "creates" | "define" | "defines" | "declare" | "declares" => {
                let words: Vec<&str> = reading.masked.split(' ').collect();
                let done = words.windows(2).any(|pair| pair[0] == word && is_kind_word(pair[1]));
                !(done && asked.kinds.iter().any(|kind| kind.is_routine()))
            }
            _ => IDLE.contains(&word) || is_kind_word(word) || word.starts_with("store"),
        }
    }

    /// Whether `node` fits.
    pub(super) fn keeps(&self, graph: &Graph, node: NodeIx) -> bool {
        self.conditions.iter().all(|c| c.test.holds(graph, node) == c.wanted)
    }

    /// Whether columns of `relation` may fit; those of most have no part in a key.
    pub(super) fn may_keep_columns_of(&self, graph: &Graph, relation: NodeIx) -> bool {
        let of_key = |condition: &Condition| condition.wanted && matches!(condition.test, Test::ForeignKey);
        !self.conditions.iter().any(of_key) || !graph.node(relation).foreign_keys.is_empty()
    }

    /// As it stands behind "in project `p`".
    pub(super) fn said(&self) -> String {
        joined(self.conditions.iter().map(|c| c.said.clone()))
    }

    /// The same of one, which does what several do.
    pub(super) fn said_of_one(&self) -> String {
        let one = |said: &str| match said.split_once(" directly ") {
            Some((" that", does)) => match does.split_once(' ') {
                Some((verb, object)) => format!(" that directly {verb}s {object}"),
                None => said.to_owned(),
            },
            _ => said
                .replace(" that do ", " that does ")
                .replace(" that feed ", " that feeds ")
                .replace(" that are ", " that is ")
                .replace("themselves", "itself"),
        };
        joined(self.conditions.iter().map(|c| one(&c.said)))
    }
}

/// Where the schema stands that is said to be reached, behind a word for it at `at`: "feed S", "end up in S".
fn reached(words: &[&str], at: usize) -> Option<usize> {
    const BEHIND: &[&str] = &["it", "up", "through", "on", "into", "to", "in", "data"];
    let behind = words[at + 1..].iter().take_while(|word| BEHIND.contains(word)).count();
    let reaches = match words[at] {
        "feed" | "feeds" | "reach" | "reaches" | "supply" | "supplies" => true,
        "make" | "makes" | "flow" | "flows" | "go" | "goes" | "get" | "gets" | "end" | "ends" => behind > 0,
        _ => false,
    };
    (reaches && at + 1 + behind < words.len()).then_some(at + 1 + behind)
}

/// Whether a masked question says that a schema is reached.
pub(super) fn says_reaching(masked: &str) -> bool {
    let words: Vec<&str> = masked.split(' ').collect();
    (0..words.len()).any(|at| reached(&words, at).is_some_and(|place| words[place] == "schema"))
}

/// What the relations of a schema and their columns are made of, however far back, and the routines that write them.
fn feeding(asked: &Asked, schema: &str) -> HashSet<NodeIx> {
    let graph = asked.graph();
    let inside = asked.snapshot.relations().filter(|&node| graph.node(node).is_in(schema));
    let mut open: Vec<NodeIx> = inside.flat_map(|node| std::iter::once(node).chain(graph.columns(node))).collect();
    let mut found = HashSet::default();
    while let Some(node) = open.pop() {
        let is_data = |n: &NodeIx| graph.kind(*n).is_relation() || matches!(graph.kind(*n), Kind::External | Kind::Column);
        found.extend(writers(graph, node).into_iter().map(|edge| graph.edge(edge).to));
        open.extend(graph.sources(node).iter().map(|hop| hop.node).filter(is_data).filter(|&source| found.insert(source)));
    }
    found
}

/// Whether all words of the question are about what to list.
fn lists_all(asked: &Asked) -> bool {
    matches!(asked.intent, Intent::Inventory | Intent::Count)
}

/// Whether a word of a list narrows nothing.
pub(super) fn is_idle(word: &str) -> bool {
    IDLE.contains(&word)
}

/// Conditions as they are said one after the other.
fn joined(conditions: impl Iterator<Item = String>) -> String {
    conditions.enumerate().map(|(at, said)| if at > 0 { format!(" and{said}") } else { said }).collect()
}

/// A number in digits or as a word.
fn number(word: &str) -> Option<usize> {
    const WORDS: [&str; 6] = ["one", "two", "three", "four", "five", "six"];
    word.parse().ok().or_else(|| WORDS.iter().position(|w| *w == word).map(|at| at + 1))
}

/// A verb with what stands between it and its object.
fn way(verb: &str) -> String {
    let on = if verb.starts_with("depend") { " on" } else { "" };
    format!("{}{on}", bare(verb))
}

/// The verb without the "s" of "it reads".
fn bare(verb: &str) -> &str {
    match verb {
        "using" => "use",
        "reading" => "read",
        "writing" => "write",
        "calling" => "call",
        "querying" => "query",
        "updating" => "update",
        "consuming" => "consume",
        "filling" | "loading" | "inserting" | "selecting" => &verb[..verb.len() - 3],
        "queries" => "query",
        "modifies" => "modify",
        "accesses" | "touches" => &verb[..verb.len() - 2],
        "access" => verb,
        "built" | "based" => "use",
        _ => verb.strip_suffix('s').unwrap_or(verb),
    }
}
