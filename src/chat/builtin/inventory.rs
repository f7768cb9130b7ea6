//! What there is: lists, counts, topics, the project in short.

use super::column::fits;
use super::filter::{Filter, is_idle};
use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, SEARCH_CONFIDENCE, SUGGESTIONS};
use crate::chat::evidence::counted;
use crate::chat::intent::is_kind_word;
use crate::graph::{Graph, NodeIx};
use crate::lineage::{Kind, Relation};
use foldhash::HashSet;
use std::cell::Cell;
use std::collections::BTreeMap;

const RELATIONS: &[Kind] = &[Kind::Table, Kind::View, Kind::MaterializedView];
/// What is asked of data, when only definitions are read.
pub(super) const NO_DATA: &str = "How many rows or bytes a table holds is not known here: definitions are read, not data.";
const RELATIONS_AND_ROUTINES: &[Kind] = &[Kind::Table, Kind::View, Kind::MaterializedView, Kind::Procedure, Kind::Function];

/// "What tables are in the database?"
pub(super) fn list(asked: &Asked, finding: &mut Finding) {
    if asked.kinds == [Kind::Column] && !asked.reading.mentions.is_empty() {
        return super::asset::each(asked, finding, super::asset::columns);
    }
    if asked.reading.masked.split_whitespace().any(|w| w == "schemas") {
        if let Some(schema) = asked.reading.schema.as_ref().filter(|_| asked.reading.schema_is_here) {
            return between_schemas(asked, finding, Some(schema));
        }
        schemas(asked, finding, &all(asked));
        if asked.reading.masked.split(' ').any(|w| w == "between" || w.starts_with("depend") || w.starts_with("flow")) {
            between_schemas(asked, finding, None);
        }
        return;
    }
    if no_such_schema(asked, finding) {
        return;
    }
    let filter = Filter::of(asked);
    let kinds = filter.kinds.clone().unwrap_or_else(|| kinds_asked(asked));
    if let Some(most) = by_width(asked) {
        return widest(asked, finding, &kinds, most);
    }
    let nodes = matching(asked, &kinds, &filter);
    let place = filter_words(asked, &filter);
    let with = with_neighbours(asked);
    let known = |word: &str| with.is_some() && (word == "direct" || SOURCES.contains(&word) || CONSUMERS.contains(&word));
    let counts = |word: &str| first_asked(asked).is_some_and(|n| word == "first" || word == "top" || word.parse() == Ok(n));
    filter.tell_but(finding, |word| known(word) || counts(word));
    if nodes.is_empty() {
        let wanted = kinds.iter().map(|&k| crate::chat::evidence::words(k) + "s").collect::<Vec<_>>().join(" or ");
        finding.say(format!("There are no {wanted} in {place}."));
        if filter.said().is_empty() {
            let others = by_kind(asked, &matching(asked, &Kind::ALL, &filter));
            if !others.is_empty() {
                finding.say(format!("There are: {others}."));
            }
        }
        return;
    }
    for &kind in &kinds {
        let of_kind: Vec<NodeIx> = nodes.iter().copied().filter(|&n| asked.graph().kind(n) == kind).collect();
        if !of_kind.is_empty() {
            let (are, place) = match of_kind.len() {
                1 => ("is", place_of(asked, &filter) + &filter.said_of_one()),
                _ => ("are", place.clone()),
            };
            let first = first_asked(asked).filter(|n| *n < of_kind.len());
            let these = first.map_or_else(String::new, |n| format!("; the first {n}"));
            let title = format!("There {are} **{}** in {place}{these}:", counted(of_kind.len(), kind));
            match with {
                Some(up) => neighbours(asked, finding, title, &of_kind, up),
                None if with_columns(asked) && kind.is_relation() => {
                    finding.count(&of_kind);
                    finding.say(title);
                    for &node in of_kind.iter().take(MAX_LISTED) {
                        let labels: Vec<String> = graph_columns(asked, node);
                        finding.put(
                            Row::of(node).after(format!(": {}", if labels.is_empty() { "none known".into() } else { labels.join(", ") })),
                        );
                    }
                    finding.more(of_kind.len(), MAX_LISTED);
                }
                None => {
                    let (listed, others) = of_kind.split_at(first.unwrap_or(of_kind.len()));
                    finding.list(title, listed);
                    finding.count(others);
                }
            }
        }
    }
    edges_among(asked, finding);
    if kinds == [Kind::Table] {
        let views = matching(asked, &[Kind::View, Kind::MaterializedView], &filter).len();
        if views > 0 {
            let (are, s) = if views == 1 { ("is", "") } else { ("are", "s") };
            finding.say(format!("There {are} also {views} view{s}{}.", filter.said()));
            finding.next("What views are in the database?".into());
        }
    }
    let graph = asked.graph();
    // Those of a kind are by name.
    let firsts = nodes.chunk_by(|&a, &b| graph.kind(a) == graph.kind(b)).map(|of_kind| of_kind[0]);
    let first = firsts.min_by(|&a, &b| graph.node(a).by_name(graph.node(b))).unwrap_or(nodes[0]);
    let kind = graph.kind(first);
    let first = finding.name(first);
    match kind {
        kind if kind.is_relation() => finding.next(format!("What columns does {first} have?")),
        kind if kind.is_routine() => finding.next(format!("What does {first} read and write?")),
        Kind::File => finding.next(format!("Which lineage does {first} state?")),
        _ => {}
    }
    finding.next(format!("What depends on {first}?"));
    finding.next(format!("What feeds {first}?"));
}

/// "Tables and their columns."
fn with_columns(asked: &Asked) -> bool {
    let words: Vec<&str> = asked.reading.masked.split(' ').collect();
    words.windows(2).any(|pair| matches!(pair[0], "their" | "its") && matches!(pair[1], "columns" | "fields"))
}

fn graph_columns(asked: &Asked, node: NodeIx) -> Vec<String> {
    asked.graph().columns(node).into_iter().map(|c| format!("`{}`", asked.graph().node(c).label())).collect()
}

/// "Give me 5 tables": how many of the list.
fn first_asked(asked: &Asked) -> Option<usize> {
    let words: Vec<&str> = asked.reading.masked.split(' ').collect();
    let before_kind = |pair: &&[&str]| pair[0].parse::<usize>().is_ok() && is_kind_word(pair[1]) && pair[1] != "columns";
    words.windows(2).find(before_kind).and_then(|pair| pair[0].parse().ok()).filter(|n| *n > 0)
}

/// Words for what an asset is made from, and for what uses it.
const SOURCES: &[&str] = &["source", "sources", "input", "inputs", "upstream", "parents", "origins", "dependencies"];
const CONSUMERS: &[&str] = &["consumers", "readers", "users", "downstream", "dependents", "children"];

/// "Views and their sources": whether the question asks for what each listed is made from (`true`), or for what uses it.
fn with_neighbours(asked: &Asked) -> Option<bool> {
    // "… and what do they read", "… and who uses them".
    let pairs: Vec<&str> = asked.reading.masked.split(' ').collect();
    let said = pairs.windows(2).find_map(|pair| match pair {
        ["they" | "it", "read" | "use" | "query" | "select" | "come" | "depend"] => Some(true),
        ["reads" | "uses" | "queries" | "read" | "use", "them" | "it"] => Some(false),
        _ => None,
    });
    if said.is_some() {
        return said;
    }
    let mut words = asked.reading.masked.split(' ').skip_while(|w| !matches!(*w, "their" | "its"));
    words.find_map(|w| if SOURCES.contains(&w) { Some(true) } else { CONSUMERS.contains(&w).then_some(false) })
}

/// A list with what each is made from, or what uses it, directly.
fn neighbours(asked: &Asked, finding: &mut Finding, title: String, nodes: &[NodeIx], up: bool) {
    let graph = asked.graph();
    finding.count(nodes);
    finding.say(title);
    for &node in nodes.iter().take(MAX_LISTED) {
        let hops = if up { graph.sources(node) } else { graph.consumers(node) };
        let names: Vec<String> = hops.iter().filter(|hop| hop.node != node).map(|hop| finding.name(hop.node)).collect();
        let told = match (names.is_empty(), up) {
            (true, true) => " from nothing known here".to_owned(),
            (true, false) => " used by nothing known here".to_owned(),
            (false, true) => format!(" from {}", names.join(", ")),
            (false, false) => format!(" used by {}", names.join(", ")),
        };
        finding.put(Row::of(node).after(told));
        hops.iter().for_each(|hop| finding.cite_edge(hop.edge));
    }
    finding.more(nodes.len(), MAX_LISTED);
}

/// A schema that is not here has no assets: which there are.
pub(super) fn no_such_schema(asked: &Asked, finding: &mut Finding) -> bool {
    let Some(schema) = asked.reading.schema.as_ref().filter(|_| !asked.reading.schema_is_here) else { return false };
    finding.say(format!("There is no schema `{schema}` here."));
    finding.trust_at_most(0.0);
    schemas(asked, finding, &all(asked));
    true
}

/// Whether the question asks for the widest (`true`) or the narrowest first.
fn by_width(asked: &Asked) -> Option<bool> {
    let words: Vec<&str> = asked.reading.masked.split_whitespace().collect();
    let columns = |word: &str| matches!(word, "columns" | "fields");
    // "By number of columns", "how many columns does each have".
    let counted = words.windows(3).any(|three| matches!(three[..2], ["number" | "count", "of"]) && columns(three[2]));
    let of_each = || of_each(asked) && words.iter().any(|word| columns(word));
    if counted && (words.contains(&"by") || words.contains(&"with")) || of_each() {
        return Some(!words.contains(&"fewest"));
    }
    words.windows(2).find_map(|pair| match pair {
        ["most", next] if columns(next) => Some(true),
        ["fewest", next] if columns(next) => Some(false),
        ["widest" | "biggest" | "largest", next] if is_kind_word(next) => Some(true),
        ["narrowest" | "smallest", next] if is_kind_word(next) => Some(false),
        _ => None,
    })
}

/// "How many columns does each table have?"
fn of_each(asked: &Asked) -> bool {
    let words: Vec<&str> = asked.reading.masked.split(' ').collect();
    let counts = words.windows(2).any(|pair| matches!(pair, ["how", "many"] | ["number", "of"]));
    // Of schemas, types and files nothing is counted so, nor are those columns that fit a condition.
    let of_relations = |at: usize| {
        matches!(
            words.get(at + 1).copied(),
            None | Some("table" | "view" | "relation" | "one" | "have" | "has" | "contain" | "contains" | "of")
        )
    };
    let each = |at: &usize| words[*at] == "per" || counts && matches!(words[*at], "each" | "every");
    let narrows = ["null", "optional", "mandatory", "required", "primary", "foreign", "unique", "default", "computed", "generated"];
    (0..words.len()).filter(each).any(of_relations) && !words.iter().any(|word| narrows.iter().any(|stem| word.starts_with(stem)))
}

/// "Which table has the most columns?"
fn widest(asked: &Asked, finding: &mut Finding, kinds: &[Kind], most: bool) {
    let graph = asked.graph();
    let kinds: Vec<Kind> = kinds.iter().copied().filter(|k| k.is_relation()).collect();
    let nodes = by_name(asked, matching(asked, if kinds.is_empty() { RELATIONS } else { &kinds }, &Filter::default()));
    let mut wide: Vec<(usize, NodeIx)> = nodes.into_iter().map(|n| (graph.width(n), n)).filter(|(c, _)| *c > 0).collect();
    // The order of names stays among those that are equally wide.
    wide.sort_by_key(|&(columns, _)| if most { usize::MAX - columns } else { columns });
    let default = if of_each(asked) { MAX_LISTED } else { SUGGESTIONS * 2 };
    let shown = asked.reading.number.map_or(default, |n| n as usize).clamp(1, MAX_LISTED);
    let more = if of_each(asked) { wide.len() } else { shown };
    wide.truncate(shown);
    if asked.reading.masked.split(' ').any(|w| matches!(w, "biggest" | "largest" | "smallest")) {
        finding.say(NO_DATA);
    }
    let Some(&(_, first)) = wide.first() else { return finding.say("No columns are known here.") };
    let at = if asked.place() == "here" { String::new() } else { format!(" {}", asked.place()) };
    finding.say(format!("By the number of columns{at}, {} first:", if most { "the most" } else { "the fewest" }));
    for (columns, node) in wide {
        finding.put(Row::of(node).after(format!(": {columns}")));
    }
    finding.more(more, shown);
    finding.next(format!("What columns does {} have?", finding.name(first)));
}

/// "How many tables are there?"
pub(super) fn count(asked: &Asked, finding: &mut Finding) {
    if no_such_schema(asked, finding) {
        return;
    }
    // "How many tables does the schema have" counts no schemas.
    let says = |words: &[&str]| asked.reading.masked.split_whitespace().any(|w| words.contains(&w));
    let of_schemas = says(&["schemas"]) || says(&["schema"]) && says(&["most", "fewest", "per", "by", "each", "every"]);
    if of_schemas && asked.reading.schema.is_none() {
        return schemas(asked, finding, &all(asked));
    }
    if asked.kinds.is_empty() && asked.reading.masked.contains("foreign key") {
        return foreign_keys(asked, finding);
    }
    let filter = Filter::of(asked);
    if let Some(&of) = asked.meanings(0).first()
        && asked.graph().node(of).kind.is_relation()
        && filter.said().is_empty()
    {
        let columns = asked.graph().columns(of).len();
        if asked.reading.masked.split(' ').any(|w| matches!(w, "rows" | "row" | "records" | "entries")) {
            finding.say(NO_DATA);
        }
        finding.say(format!("{} has {}.", finding.name(of), counted(columns, Kind::Column)));
        finding.cite(of);
        return finding.next(format!("What columns does {} have?", finding.name(of)));
    }
    let asked_kinds = filter.kinds.as_ref().unwrap_or(&asked.kinds);
    let kinds = if asked_kinds.is_empty() { Kind::ALL.to_vec() } else { asked_kinds.clone() };
    let nodes = matching(asked, &kinds, &filter);
    filter.tell(finding);
    let counts: Vec<String> = kinds
        .iter()
        .map(|&k| (k, nodes.iter().filter(|&&n| asked.graph().kind(n) == k).count()))
        // "Views" may be materialized: that there are none is nothing to tell of.
        .filter(|(k, n)| *n > 0 || kinds.len() < Kind::ALL.len() && (*k != Kind::MaterializedView || !kinds.contains(&Kind::View)))
        .map(|(k, n)| counted(n, k))
        .collect();
    let (place, said) = (place_of(asked, &filter), if nodes.len() == 1 { filter.said_of_one() } else { filter.said() });
    finding.say(format!("In {place}: **{}**{said}.", counts.join(", ")));
    finding.count(&nodes);
    for node in nodes.into_iter().take(SUGGESTIONS * 10) {
        finding.show(node);
    }
    finding.next("What tables are in the database?".into());
}

/// "How many foreign keys are there?"
fn foreign_keys(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let with: Vec<NodeIx> = asked.snapshot.relations().filter(|&n| asked.may_list(n) && !graph.node(n).foreign_keys.is_empty()).collect();
    let keys: usize = with.iter().map(|&n| graph.node(n).foreign_keys.len()).sum();
    let s = if keys == 1 { "" } else { "s" };
    let of = if keys == 0 { String::new() } else { format!(", of {}", by_kind(asked, &with)) };
    finding
        .say(format!("In project `{}` {}: **{keys} foreign key{s}**{of}.", asked.snapshot.project, asked.place()).replace(" here:", ":"));
    for node in with.into_iter().take(SUGGESTIONS * 10) {
        finding.show(node);
    }
    finding.next("Which tables have foreign keys?".into());
    finding.next("Which tables have no foreign keys?".into());
}

/// "Which tables hold customer data?": ranked, and said to be search.
pub(super) fn topic(asked: &Asked, finding: &mut Finding) {
    // "Which table should I use" is answered by a view as well.
    let advice = asked.reading.masked.split(' ').any(|w| matches!(w, "should" | "can" | "could" | "must"));
    let any = asked.kinds.is_empty() || advice && asked.kinds == [Kind::Table];
    let kinds = if any { RELATIONS.to_vec() } else { asked.kinds.clone() };
    const VERBS: &[&str] = &[
        "hold", "holds", "store", "stores", "stored", "track", "tracks", "capture", "captures", "contain", "contains", "describe",
        "concern", "concerns", "deal", "deals", "dealing", "relate", "relates", "tell", "tells", "looking",
    ];
    let mut words: Vec<String> = asked.reading.rest.iter().filter(|w| !VERBS.contains(&w.as_str())).cloned().collect();
    words.extend(asked.reading.mentions.iter().map(|m| m.text.clone()));
    if words.is_empty() {
        // "Money" is a word of questions, and may be the topic.
        const AROUND: &[&str] = &[
            "about",
            "related",
            "relevant",
            "concerning",
            "deal",
            "deals",
            "regarding",
            "information",
            "info",
            "details",
            "records",
            "kept",
            "keep",
            "find",
            "should",
            "look",
        ];
        let topic = |w: &&str| !VERBS.contains(w) && !AROUND.contains(w) && !is_kind_word(w) && !is_idle(w) && *w != "schema";
        words.extend(asked.reading.masked.split(' ').filter(topic).map(str::to_owned));
    }
    if words.is_empty() {
        // "What tables do you know about?"
        return list(asked, finding);
    }
    let query = words.join(" ");
    let vector = asked.vector(&query);
    let words = asked.snapshot.query(&query, vector.as_deref());
    let hits = asked.snapshot.index.nodes(asked.graph(), words, &kinds, asked.question.top_k.unwrap_or(SUGGESTIONS * 2));
    let nodes: Vec<NodeIx> = hits.into_iter().map(|h| h.node).filter(|&n| asked.in_scope(n)).collect();
    finding.trust_at_most(SEARCH_CONFIDENCE);
    if nodes.is_empty() {
        return finding.say(format!("Nothing here fits `{query}`."));
    }
    finding.list(format!("These fit `{query}` best by name, columns and comments. This is search, not fact:"), &nodes);
    finding.next(format!("What columns does {} have?", finding.name(nodes[0])));
    finding.next(format!("What feeds {}?", finding.name(nodes[0])));
}

/// "What is this database about?", "Describe schema S": counts, schemas and the flows between them, the busiest.
pub(super) fn overview(asked: &Asked, finding: &mut Finding) {
    if no_such_schema(asked, finding) {
        return;
    }
    // "From raw to marts" asks for what is between schemas, and limits nothing to the first of them.
    let says = |words: &str| asked.reading.masked.contains(words);
    let between = says("from schema") || says("between schema") || says("schema to schema") || says("schema into schema");
    if let (true, Some(from), Some(to)) = (between, &asked.reading.schema, &asked.reading.second_schema) {
        return flows(asked, finding, from, to);
    }
    if let Some(schema) = asked.reading.schema.as_ref().filter(|_| !between && !asked.reading.outside) {
        let nodes = by_name(asked, matching(asked, RELATIONS_AND_ROUTINES, &Filter::default()));
        finding.list(format!("Schema `{schema}` of project `{}` holds {}:", asked.snapshot.project, by_kind(asked, &nodes)), &nodes);
        between_schemas(asked, finding, Some(schema));
        finding.next(format!("What tables are in schema {schema}?"));
        return finding.next("Which tables have no consumers?".into());
    }
    finding.say(format!(
        "Project `{}` holds {}, joined by {} relations.",
        asked.snapshot.project,
        by_kind(
            asked,
            &Kind::ALL
                .into_iter()
                .flat_map(|kind| asked.snapshot.of_kind(kind))
                .copied()
                .filter(|n| asked.in_scope(*n))
                .collect::<Vec<_>>()
        ),
        asked.graph().linked.edges.len()
    ));
    schemas(asked, finding, &all(asked));
    between_schemas(asked, finding, None);
    super::rank::ranking(asked, finding, "here", |n| asked.in_scope(n));
    finding.next("What tables are in the database?".into());
    finding.next("Which tables have no consumers?".into());
    finding.next("What could not be parsed?".into());
}

/// "What goes from raw to staging?": what in one schema is made directly of what in the other; both ways when it is what is between them.
fn flows(asked: &Asked, finding: &mut Finding, from: &str, to: &str) {
    let graph = asked.graph();
    let both = asked.reading.masked.contains("between schema");
    let across = |e: &crate::graph::EdgeIx| {
        let edge = graph.edge(*e);
        let goes = |a: &str, b: &str| graph.node(edge.to).is_in(a) && graph.node(edge.from).is_in(b);
        let data = graph.kind(edge.from).is_relation() && graph.kind(edge.to) != Kind::Column;
        edge.relation == Relation::Derives && data && (goes(from, to) || both && goes(to, from))
    };
    let mut edges: Vec<_> = asked.snapshot.relations().flat_map(|node| graph.outgoing(node)).filter(across).collect();
    edges.sort_by(|&a, &b| {
        let (a, b) = (graph.edge(a), graph.edge(b));
        graph.node(a.to).by_name(graph.node(b.to)).then_with(|| graph.node(a.from).by_name(graph.node(b.from)))
    });
    let way = if both { format!("between the schemas `{from}` and `{to}`") } else { format!("from schema `{from}` to schema `{to}`") };
    if edges.is_empty() {
        finding.say(format!("Nothing flows directly {way}."));
        return between_schemas(asked, finding, None);
    }
    let s = if edges.len() == 1 { "" } else { "s" };
    finding.say(format!("**{} direct flow{s}** {way}:", edges.len()));
    for &edge in edges.iter().take(MAX_LISTED) {
        let (source, consumer) = (finding.name(graph.edge(edge).to), finding.name(graph.edge(edge).from));
        finding.put(Row::text(format!("{source} → {consumer} — {}", finding.stated(edge))).by(edge));
    }
    finding.more(edges.len(), MAX_LISTED);
    // "How does data get from raw to marts": what is on the way, too.
    if asked.reading.masked.starts_with("how ") {
        between_schemas(asked, finding, None);
    }
    super::flow::caveats(asked, finding);
    finding.next(format!("What tables are in schema {to}?"));
}

/// How many relations feed those of another schema directly; with a `schema`, into it and out of it only.
fn between_schemas(asked: &Asked, finding: &mut Finding, schema: Option<&str>) {
    let of = |at: &str| schema.is_some_and(|s| s.eq_ignore_ascii_case(at));
    let all = asked.snapshot.schema_flows().iter();
    let flows: Vec<_> = all.filter(|((from, to), _)| schema.is_none() || of(from) || of(to)).collect();
    if flows.is_empty() {
        if let Some(schema) = schema {
            finding.say(format!("No data flows between schema `{schema}` and another."));
        }
        return;
    }
    finding.say("Data flows between schemas:");
    for &((from, to), n) in flows.iter().take(MAX_LISTED) {
        finding.put(Row::text(format!("`{from}` → `{to}`: {n} direct flow{} between relations", if *n == 1 { "" } else { "s" })));
    }
    finding.more(flows.len(), MAX_LISTED);
}

/// Assets here, whatever schema the question names.
pub(super) fn all(asked: &Asked) -> Vec<NodeIx> {
    let kinds = RELATIONS_AND_ROUTINES.iter().flat_map(|kind| asked.snapshot.of_kind(*kind));
    by_name(asked, kinds.copied().filter(|n| asked.in_scope(*n)).collect())
}

/// The schemas of `nodes`, with what is in each.
fn schemas(asked: &Asked, finding: &mut Finding, nodes: &[NodeIx]) {
    let mut schemas: BTreeMap<String, Vec<NodeIx>> = BTreeMap::new();
    for &node in nodes {
        if let Some(schema) = asked.graph().node(node).schema() {
            schemas.entry(schema.to_lowercase()).or_default().push(node);
        }
    }
    if schemas.is_empty() {
        return finding.say("No name here says a schema.");
    }
    let are = if schemas.len() == 1 { "is **1 schema**".to_owned() } else { format!("are **{} schemas**", schemas.len()) };
    finding.say(format!("There {are}:"));
    let mut listed: Vec<(&String, &Vec<NodeIx>)> = schemas.iter().collect();
    let says = |words: &[&str]| asked.reading.masked.split(' ').any(|w| words.contains(&w));
    let (most, fewest) = (says(&["most", "biggest", "largest"]), says(&["fewest", "least", "smallest"]));
    let columns = |nodes: &[NodeIx]| nodes.iter().map(|&n| asked.graph().width(n)).sum::<usize>();
    let of_columns = asked.kinds.contains(&Kind::Column);
    if most || fewest {
        // By what is asked for, where it is counted here.
        let counted: Vec<Kind> = asked.kinds.iter().copied().filter(|k| RELATIONS_AND_ROUTINES.contains(k)).collect();
        let whole = |nodes: &[NodeIx]| nodes.iter().filter(|&&n| counted.is_empty() || counted.contains(&asked.graph().kind(n))).count();
        let number = |nodes: &[NodeIx]| if of_columns { columns(nodes) } else { whole(nodes) };
        listed.sort_by_key(|(_, nodes)| if most { usize::MAX - number(nodes) } else { number(nodes) });
    }
    for (schema, nodes) in listed.into_iter().take(MAX_LISTED) {
        let columns = if of_columns { format!(", {}", counted(columns(nodes), Kind::Column)) } else { String::new() };
        finding.put(Row::text(format!("`{schema}`: {}{columns}", by_kind(asked, nodes))));
        nodes.iter().take(SUGGESTIONS).for_each(|&n| finding.cite(n));
    }
    finding.more(schemas.len(), MAX_LISTED);
    if let Some(schema) = schemas.keys().next() {
        finding.next(format!("What tables are in schema {schema}?"));
    }
}

fn kinds_asked(asked: &Asked) -> Vec<Kind> {
    if asked.kinds.is_empty() {
        return Kind::ALL.into_iter().filter(|k| !matches!(k, Kind::Column | Kind::External)).collect();
    }
    let mut kinds = asked.kinds.clone();
    // "Tables in file x" lists tables, whatever introduced the file.
    if kinds.len() > 1 && !asked.reading.mentions.is_empty() {
        kinds.retain(|k| *k != Kind::File);
    }
    kinds
}

/// Assets of these kinds within the question's schema, file, pattern, repository and conditions: kind after kind, each by name.
fn matching(asked: &Asked, kinds: &[Kind], filter: &Filter) -> Vec<NodeIx> {
    let (graph, files, patterns) = (asked.graph(), &asked.files, &asked.reading.patterns);
    let code_only = asked.reading.masked.split(' ').any(|w| w == "python");
    let is_code = |ix: NodeIx| graph.node(ix).name().ends_with(".py") || graph.node(ix).name().ends_with(".ipynb");
    let fit = |label: &str| patterns.iter().all(|pattern| fits(pattern, label));
    // Thousands of columns share a name, and come relation after relation: what is asked of these is asked once.
    let mut called = Vec::new();
    if !patterns.is_empty() && kinds.contains(&Kind::Column) {
        called.resize(graph.linked.nodes.len(), false);
        let fitting = asked.snapshot.labels().iter().filter(|(label, _)| fit(label));
        fitting.flat_map(|(_, columns)| columns).for_each(|column| called[*column as usize] = true);
    }
    let defined = Defined::of(asked, files);
    let last = Cell::new(None);
    let may_have = |relation: NodeIx| match last.get() {
        Some((known, may)) if known == relation => may,
        _ => {
            let may = (filter.takes_schema || asked.is_placed(relation)) && filter.may_keep_columns_of(graph, relation);
            last.set(Some((relation, may)));
            may
        }
    };
    let keep = |kind: Kind, ix: NodeIx| {
        let may = match kind {
            Kind::Column => (patterns.is_empty() || called[ix as usize]) && graph.relation_of(ix).is_none_or(may_have),
            _ => patterns.is_empty() || fit(&graph.node(ix).label().to_lowercase()),
        };
        may && (!code_only || kind != Kind::File || is_code(ix))
            && (filter.takes_schema || asked.in_schema(ix))
            && (files.is_empty() || files.contains(&ix) || defined.holds(graph, ix))
            && (asked.question.repository_id.is_none() || asked.in_scope(ix))
            && filter.keeps(graph, ix)
    };
    let all = Kind::ALL.into_iter().filter(|kind| kinds.contains(kind));
    all.flat_map(|kind| asked.snapshot.of_kind(kind).iter().copied().filter(|&ix| keep(kind, ix)).collect::<Vec<_>>()).collect()
}

/// The same nodes by name.
fn by_name(asked: &Asked, mut nodes: Vec<NodeIx>) -> Vec<NodeIx> {
    let graph = asked.graph();
    nodes.sort_by(|&a, &b| graph.node(a).by_name(graph.node(b)));
    nodes
}

/// What files define.
struct Defined<'a> {
    /// Ids of the files.
    files: Vec<&'a str>,
    /// What edges say to be defined in them.
    nodes: HashSet<NodeIx>,
}

impl<'a> Defined<'a> {
    fn of(asked: &'a Asked, files: &[NodeIx]) -> Defined<'a> {
        let graph = asked.graph();
        let paths: Vec<_> = files.iter().map(|&file| graph.node(file).name()).collect();
        let named = asked.snapshot.files.values().filter(|file| paths.iter().any(|path| *path == file.path));
        let stated = files.iter().flat_map(|&file| graph.incoming(file)).map(|e| graph.edge(e));
        Defined {
            files: if files.is_empty() { Vec::new() } else { named.map(|file| &*file.id).collect() },
            nodes: stated.filter(|e| e.relation == Relation::DefinedIn).map(|e| e.from).collect(),
        }
    }

    fn holds(&self, graph: &Graph, node: NodeIx) -> bool {
        self.nodes.contains(&node) || graph.node(node).defined.iter().any(|at| self.files.contains(&&*at.file_id))
    }
}

fn filter_words(asked: &Asked, filter: &Filter) -> String {
    place_of(asked, filter) + &filter.said()
}

/// Where a list looks, without the conditions of what is in it.
fn place_of(asked: &Asked, filter: &Filter) -> String {
    let mut place = match asked.schema_words() {
        words if !words.is_empty() && !filter.takes_schema => {
            words.strip_prefix("in ").map_or_else(|| format!("project `{}` {words}", asked.snapshot.project), str::to_owned)
        }
        _ => format!("project `{}`", asked.snapshot.project),
    };
    if let Some(file) = asked.reading.mentions.iter().flat_map(|m| &m.nodes).map(|&n| asked.graph().node(n)).find(|n| n.kind == Kind::File)
    {
        place = format!("file `{}`", file.name());
    }
    for pattern in &asked.reading.patterns {
        place.push_str(&format!(" named `{pattern}`"));
    }
    place
}

/// How many there are of each kind.
pub(super) fn by_kind(asked: &Asked, nodes: &[NodeIx]) -> String {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    nodes.iter().for_each(|&n| *counts.entry(asked.graph().kind(n)).or_default() += 1);
    counts.into_iter().map(|(kind, n)| counted(n, kind)).collect::<Vec<_>>().join(", ")
}

/// Data-flow edges between the assets shown.
pub(super) fn edges_among(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let shown: Vec<NodeIx> = finding.nodes.iter().copied().collect();
    for edge in shown.into_iter().flat_map(|node| graph.outgoing(node)) {
        if !matches!(graph.edge(edge).relation, Relation::ColumnOf | Relation::DefinedIn | Relation::Mentions) {
            finding.show_edge(edge);
        }
    }
}
