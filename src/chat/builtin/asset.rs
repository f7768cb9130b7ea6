//! One asset: columns, definition, expression, summary.

use super::filter::Filter;
use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, MAX_MEANINGS, flow, routine};
use crate::chat::evidence::{counted, place, place_of, text_of, words};
use crate::graph::{EdgeIx, NodeIx};
use crate::lineage::{Flow, Kind, Relation};
use foldhash::HashSet;
use std::collections::BTreeSet;

/// Most lines of a definition that are shown; its file and lines say where the rest is.
const MAX_DEFINITION_LINES: usize = 300;

/// Answers for each thing that the question names, and for each meaning of an ambiguous name.
pub(super) fn each(asked: &Asked, finding: &mut Finding, answer: impl Fn(&Asked, &mut Finding, NodeIx)) {
    let new_name = asked.new_name();
    for mention in asked.reading.mentions.iter().filter(|m| new_name.as_ref() != Some(&m.text)) {
        for &node in mention.nodes.iter().take(MAX_MEANINGS) {
            answer(asked, finding, node);
        }
        if mention.nodes.len() > MAX_MEANINGS {
            finding.say(format!("`{}` can mean {} more things: name one in full.", mention.text, mention.nodes.len() - MAX_MEANINGS));
        }
    }
}

pub(super) fn columns(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    let table = graph.relation_of(node).filter(|_| graph.kind(node) == Kind::Column);
    if let Some(table) = table {
        finding.cite(node);
        let declared = &graph.node(node).column.data_type;
        finding.say(if declared.is_empty() {
            format!("{} is a column of {}; its type is not declared.", finding.name(node), finding.described(table))
        } else {
            format!("{} is a column of {}, of type `{declared}`.", finding.name(node), finding.described(table))
        });
        if let Some(default) = &graph.node(node).column.default {
            finding.say(format!("Its default is `{}`.", default.replace('`', "'")));
        }
        column_table(asked, finding, table, &[node]);
        finding.next(format!("What columns does {} have?", finding.name(table)));
        return finding.next(format!("Where does {} come from?", finding.name(node)));
    }
    let described = finding.described(node);
    finding.cite(node);
    let signature = graph.node(node).signature.replace('`', "'");
    match graph.kind(node) {
        Kind::File => return routine::reads_writes(asked, finding, node),
        Kind::Procedure | Kind::Function if signature.is_empty() => return finding.say(format!("No parameters of {described} are known.")),
        Kind::Procedure | Kind::Function => return finding.say(format!("{described} is declared with `{signature}`.")),
        kind if !kind.is_relation() => return finding.say(format!("{described} has no columns: it is no table or view.")),
        _ => {}
    }
    let mut columns = graph.columns(node);
    let filter = Filter::of(asked);
    let all = columns.len();
    columns.retain(|&column| filter.keeps(graph, column));
    if all > 0 && columns.is_empty() {
        return finding.say(format!("{described} has no column{} that is known.", filter.said()));
    }
    if columns.is_empty() {
        return finding.say(format!("No columns of {described} are known: nothing here says them."));
    }
    let partly =
        if graph.node(node).defined.is_empty() { " that are used here (it is not defined here, so there may be more)" } else { "" };
    let said = if columns.len() == 1 { filter.said_of_one() } else { filter.said() };
    finding.say(format!("{described} has **{}**{said}{partly}:", counted(columns.len(), Kind::Column)));
    column_table(asked, finding, node, &columns);
    finding.more(columns.len(), MAX_LISTED);
    let (name, first) = (finding.name(node), finding.name(columns[0]));
    finding.next(format!("What feeds {name}?"));
    finding.next(format!("What depends on {name}?"));
    finding.next(format!("Where does {first} come from?"));
}

/// "Which columns of A does B use?"
pub(super) fn columns_used(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let whole = |n: NodeIx| graph.relation_of(n).unwrap_or(n);
    let first_uses = graph.columns(whole(asked.meanings(0)[0])).is_empty()
        || asked.reading.masked.split(' ').take_while(|w| *w != "#").any(|w| matches!(w, "does" | "do" | "did"));
    let (of, by) = if first_uses { (1, 0) } else { (0, 1) };
    let (of, by) = (whole(asked.meanings(of)[0]), asked.meanings(by)[0]);
    finding.cite(of);
    finding.cite(by);
    let user = |e: &EdgeIx| {
        let from = graph.edge(*e).from;
        (from == by || graph.relation_of(from) == Some(by)) && graph.edge(*e).relation != Relation::ColumnOf
    };
    let used: Vec<(NodeIx, EdgeIx)> =
        graph.columns(of).into_iter().filter_map(|column| Some((column, graph.incoming(column).find(user)?))).collect();
    let (of, by) = (finding.described(of), finding.described(by));
    finding.say(match used.len() {
        0 => format!("{by} uses no column of {of} that is known."),
        n => format!("{by} uses **{}** of {of}:", counted(n, Kind::Column)),
    });
    used.iter().take(MAX_LISTED).for_each(|&(column, edge)| finding.put(Row::of(column).via(edge)));
    finding.more(used.len(), MAX_LISTED);
    flow::caveats(asked, finding);
}

/// What is declared of columns of `node`.
fn column_table(asked: &Asked, finding: &mut Finding, node: NodeIx, columns: &[NodeIx]) {
    let graph = asked.graph();
    finding.table(&["column", "type", "null", "key", "defined"]);
    for &column in columns.iter().take(MAX_LISTED) {
        let c = graph.node(column);
        let null = match c.column.nullable {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        let foreign = graph.node(node).foreign_keys.iter().find(|k| k.columns.iter().any(|x| x.eq_ignore_ascii_case(c.label())));
        let mut keys: Vec<String> = Vec::new();
        keys.extend(c.column.primary_key.then(|| "primary".to_owned()));
        keys.extend(c.column.unique.then(|| "unique".to_owned()));
        keys.extend(foreign.map(|k| format!("→ {}", k.references)));
        let place = place_of(asked.snapshot, column).unwrap_or_default();
        let cells = vec![format!("`{}`", c.label()), c.column.data_type.clone(), null.to_owned(), keys.join(", "), place];
        finding.put(Row::cells(column, cells));
    }
}

pub(super) fn definition(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    if graph.node(node).kind == Kind::Column {
        return expression(asked, finding, node);
    }
    finding.cite(node);
    let defined = &graph.node(node).defined;
    if defined.is_empty() {
        named_only(asked, finding, node);
        if let Some(text) = asked.snapshot.places(node).first().and_then(|first| text_of(asked.snapshot, first)) {
            finding.say("The first of these says:");
            finding.code("sql", &text.lines().take(MAX_DEFINITION_LINES).collect::<Vec<_>>().join("\n"));
        }
        return;
    }
    if defined.len() > 1 {
        finding.say(format!("{} is defined **{} times**:", finding.name(node), defined.len()));
    }
    for evidence in defined.iter().take(MAX_MEANINGS) {
        let at = place(asked.snapshot, evidence).unwrap_or_default();
        finding.say(format!("{} ({}) is defined at {at}–{}:", finding.name(node), words(graph.node(node).kind), evidence.line_end));
        match text_of(asked.snapshot, evidence) {
            Some(text) => {
                let lines: Vec<&str> = text.lines().collect();
                finding.code("sql", &lines[..lines.len().min(MAX_DEFINITION_LINES)].join("\n"));
                if lines.len() > MAX_DEFINITION_LINES {
                    finding.say(format!("… and {} more lines.", lines.len() - MAX_DEFINITION_LINES));
                }
            }
            None => finding.say("Its text is not in the index; read it in the file."),
        }
    }
    next_flows(finding, node);
}

pub(super) fn defined_in(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    finding.cite(node);
    match &asked.graph().node(node).defined[..] {
        [] => return named_only(asked, finding, node),
        [one] => {
            let at = place(asked.snapshot, one).unwrap_or_default();
            let text = format!("{} ({}) is defined in **{at}**.", finding.name(node), words(asked.graph().node(node).kind));
            finding.state(Row::text(text).about(node).place(one));
        }
        several => {
            finding.say(format!("{} is defined **{} times**; check that they agree:", finding.name(node), several.len()));
            for evidence in several.iter().take(MAX_LISTED) {
                finding.put(Row::text(place(asked.snapshot, evidence).unwrap_or_default()).about(node).place(evidence));
            }
            finding.more(several.len(), MAX_LISTED);
        }
    }
    finding.next_definition(node);
    next_flows(finding, node);
}

/// What no file defines is told by the places that name it.
fn named_only(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let places = asked.snapshot.places(node);
    let described = finding.described(node);
    finding
        .say(format!("{described} is mentioned here, but no file defines it.") + if places.is_empty() { "" } else { " It is named at:" });
    for evidence in places.iter().take(MAX_LISTED) {
        finding.put(Row::text(place(asked.snapshot, evidence).unwrap_or_default()).about(node).place(evidence));
    }
    finding.more(places.len(), MAX_LISTED);
    next_flows(finding, node);
}

/// Relations listed that have some columns of one.
const MAX_ALIKE: usize = 10;

/// "Which tables have the same columns as X?"
pub(super) fn alike(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    let node = graph.relation_of(node).unwrap_or(node);
    finding.cite(node);
    let described = finding.described(node);
    let own = graph.columns(node);
    if own.is_empty() {
        return finding.say(format!("No columns of {described} are known: what it is like cannot be told."));
    }
    // How many of the columns each has: thousands may have some.
    let labels = asked.snapshot.labels();
    let mut called = vec![0; labels.len()];
    for &column in &own {
        let label = graph.node(column).label().to_lowercase();
        let at = labels.binary_search_by(|(known, _)| known.cmp(&label));
        at.into_iter().for_each(|at| called[at] += 1);
    }
    let of_one = asked.snapshot.labelled().chunk_by(|(a, _), (b, _)| a == b);
    let counted_in = of_one.map(|one| (one[0].0, one.iter().map(|(_, label)| called[*label as usize]).sum::<usize>()));
    let some_of = counted_in.filter(|(relation, count)| *count > 0 && *relation != node && asked.in_scope(*relation));
    let shared = some_of.map(|(relation, count)| (relation, count, graph.width(relation)));
    let (mut all, mut some): (Vec<_>, Vec<_>) = shared.partition(|(_, count, width)| *count == own.len() && *width == own.len());
    // They come by URN: then those of one kind are by name.
    all.sort_by(|(a, ..), (b, ..)| graph.node(*a).by_name(graph.node(*b)));
    let most_first = |(relation, count, width): &(NodeIx, usize, usize)| (std::cmp::Reverse(*count), *width, *relation);
    let with_some = some.len();
    if some.len() > MAX_ALIKE {
        some.select_nth_unstable_by_key(MAX_ALIKE, most_first);
        some.truncate(MAX_ALIKE);
    }
    some.sort_by_key(most_first);
    if all.is_empty() {
        finding.say(format!("No other relation here has just the **{}** of {described}.", counted(own.len(), Kind::Column)));
    } else {
        let same: Vec<NodeIx> = all.iter().map(|(relation, ..)| *relation).collect();
        let have = if same.len() == 1 { "1 relation has" } else { &format!("{} relations have", same.len()) };
        finding.list(format!("**{have}** the same columns as {described}, by their names:"), &same);
    }
    if !some.is_empty() {
        finding.say(format!("These have some of its {}, the most first:", counted(own.len(), Kind::Column)));
    }
    for (relation, count, _) in &some {
        let theirs: HashSet<String> = graph.columns(*relation).into_iter().map(|c| graph.node(c).label().to_lowercase()).collect();
        let labels = own.iter().map(|&c| graph.node(c).label()).filter(|label| theirs.contains(&label.to_lowercase()));
        let labels: Vec<String> = labels.map(|label| format!("`{label}`")).collect();
        finding.put(Row::of(*relation).after(format!(": {count} of them, {}", labels.join(", "))));
    }
    finding.more(with_some, MAX_ALIKE);
    if let Some((other, ..)) = all.iter().chain(&some).next() {
        finding.next(format!("What is the difference between {} and {}?", finding.name(node), finding.name(*other)));
    }
    finding.next(format!("What columns does {} have?", finding.name(node)));
}

/// Of two relations, the columns that both have by name, and those that one of them has.
pub(super) fn compare(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let (a, b) = (asked.meanings(0)[0], asked.meanings(1)[0]);
    let words = || asked.reading.masked.split(' ');
    if !compares_columns(asked)
        && !words()
            .any(|w| w.starts_with("differ") || w.starts_with("compar") || matches!(w, "vs" | "versus" | "same" | "identical" | "equal"))
    {
        return;
    }
    finding.cite(a);
    finding.cite(b);
    if graph.kind(a) == Kind::Column && graph.kind(b) == Kind::Column {
        [a, b].into_iter().for_each(|column| expression(asked, finding, column));
        return column_table_of_two(asked, finding, a, b);
    }
    let labels = |n: NodeIx| -> BTreeSet<String> { graph.columns(n).iter().map(|&c| graph.node(c).label().to_lowercase()).collect() };
    let (of_a, of_b) = (labels(a), labels(b));
    let (first, second) = (finding.name(a), finding.name(b));
    for (title, columns) in [
        ("Columns of both".to_owned(), of_a.intersection(&of_b).collect::<Vec<_>>()),
        (format!("Columns of {first} only"), of_a.difference(&of_b).collect()),
        (format!("Columns of {second} only"), of_b.difference(&of_a).collect()),
    ] {
        let shown: Vec<String> = columns.iter().take(MAX_LISTED).map(|c| format!("`{c}`")).collect();
        let more = if columns.len() > MAX_LISTED { format!(" and {} more", columns.len() - MAX_LISTED) } else { String::new() };
        finding.say(format!("{title}: {}{more}.", if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }));
    }
    let declared = |n: NodeIx, label: &str| {
        let column = graph.columns(n).into_iter().find(|&c| graph.node(c).label().eq_ignore_ascii_case(label));
        column.map(|c| graph.node(c).column.data_type.clone()).filter(|of| !of.is_empty())
    };
    let types = of_a.intersection(&of_b).filter_map(|label| Some((label, declared(a, label)?, declared(b, label)?)));
    let types: Vec<String> = types
        .filter(|(_, one, other)| !one.eq_ignore_ascii_case(other))
        .map(|(label, one, other)| format!("`{label}` ({one}, {other})"))
        .collect();
    if !types.is_empty() {
        finding.say(format!("Of different types in {first} and {second}: {}.", types.join(", ")));
    }
    finding.next(format!("How does data get from {first} to {second}?"));
}

/// Whether a comparison is one of columns alone.
pub(super) fn compares_columns(asked: &Asked) -> bool {
    asked.reading.masked.split(' ').any(|w| matches!(w, "columns" | "fields" | "types"))
}

/// How two columns are declared.
fn column_table_of_two(asked: &Asked, finding: &mut Finding, a: NodeIx, b: NodeIx) {
    let declared = |column: NodeIx| match &*asked.graph().node(column).column.data_type {
        "" => format!("{} with no type", finding.name(column)),
        of => format!("{} as `{of}`", finding.name(column)),
    };
    finding.say(format!("Declared are {}, and {}.", declared(a), declared(b)));
}

/// "How is column Y calculated?"
pub(super) fn expression(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    if graph.node(node).kind != Kind::Column {
        return flow::upstream(asked, finding, node);
    }
    let name = finding.name(node);
    finding.cite(node);
    let edges: Vec<EdgeIx> = graph.outgoing(node).filter(|&e| graph.edge(e).relation == Relation::Derives).collect();
    if edges.is_empty() {
        if let Some(text) = flow::made_of_no_column(asked, finding, node) {
            return finding.say(text);
        }
        let declared = &graph.node(node).column.data_type;
        let of = if declared.is_empty() { String::new() } else { format!(" (`{declared}`)") };
        return finding
            .say(format!("{name}{of} is not computed from any column here: it is declared, or written by something not read here."));
    }
    let mut expressions: Vec<&str> = edges.iter().filter_map(|&e| graph.edge(e).transformation.as_deref()).collect();
    expressions.dedup();
    match expressions.first() {
        None => finding.say(format!("{name} is copied as it is from:")),
        Some(_) => {
            finding.say(format!("{name} is computed as:"));
            expressions.iter().take(MAX_MEANINGS).for_each(|e| finding.code("sql", e));
            finding.say("from:");
        }
    }
    for &edge in edges.iter().take(MAX_LISTED) {
        let at = graph.edge(edge).evidence.first().and_then(|e| place(asked.snapshot, e)).map_or_else(String::new, |p| format!(", {p}"));
        let subtypes = graph.edge(edge).subtypes;
        let decides = if subtypes.flow() == Flow::Indirect { ", which only decides about it" } else { "" };
        let class: Vec<String> = subtypes.iter().map(|s| s.as_str().to_lowercase().replace('_', " ")).collect();
        let class = if class.is_empty() { String::new() } else { format!(" ({})", class.join(", ")) };
        finding.put(Row::named(graph.edge(edge).to).after(format!("{class}{at}{decides}")).by(edge));
    }
    finding.more(edges.len(), MAX_LISTED);
    finding.next(format!("Trace {name} back to its root sources"));
    finding.next(format!("What breaks if I rename {name}?"));
}

pub(super) fn summary(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    finding.cite(node);
    let described = finding.described(node);
    let asks_comment = asked.reading.masked.split(' ').any(|w| matches!(w, "comment" | "comments"));
    let comment = match &graph.node(node).comment {
        Some(comment) => format!(" Its comment says: “{comment}”."),
        None if asks_comment => " It has no comment here.".to_owned(),
        None => String::new(),
    };
    let signature = &graph.node(node).signature;
    let signature = if signature.is_empty() { String::new() } else { format!(" Signature: `{}`.", signature.replace('`', "'")) };
    let columns = graph.columns(node).len();
    let columns = if columns > 0 { format!(" It has {}.", counted(columns, Kind::Column)) } else { String::new() };
    finding.say(format!("{described}.{columns}{signature}{comment}"));
    if graph.node(node).kind == Kind::Column {
        expression(asked, finding, node);
    } else if graph.node(node).kind.is_relation() {
        flow::both(asked, finding, node);
        finding.next(format!("What columns does {} have?", finding.name(node)));
    } else {
        routine::touches(asked, finding, node);
    }
    finding.next_definition(node);
}

pub(super) fn freshness(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    finding.cite(node);
    let (described, defined) = (finding.described(node), &asked.graph().node(node).defined);
    let files: Vec<_> = defined.iter().filter_map(|e| asked.snapshot.files.get(&*e.file_id)).collect();
    if files.is_empty() {
        return finding.say(format!("{described} is defined in no file here, so it has no time of ingestion."));
    }
    for file in files.iter().take(MAX_MEANINGS) {
        finding.say(format!(
            "{} comes from `{}`, last ingested at **{}** (run `{}`, SHA-256 `{}`). That is when its definition was read, not when its rows changed.",
            finding.name(node), file.path, file.processed_at, file.run_id, file.hash
        ));
    }
}

fn next_flows(finding: &mut Finding, node: NodeIx) {
    let name = finding.name(node);
    finding.next(format!("What feeds {name}?"));
    finding.next(format!("What depends on {name}?"));
    finding.next(format!("What breaks if I drop {name}?"));
}
