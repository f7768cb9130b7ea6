//! What relates relations beside flow: foreign keys, and the columns by which statements join.

use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, MAX_MEANINGS};
use crate::chat::evidence::whole_text;
use crate::graph::{EdgeIx, Graph, NodeIx};
use crate::ingest::knowledge::FileInfo;
use crate::ingest::memo::Meeting;
use crate::lineage::{ColumnSource, ForeignKey, Kind, Name, Relation, dialect};
use crate::parallel::join;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bytes of files that are read again for what their statements join: a tenth of a second.
const MAX_READ: usize = 1 << 20;
/// Relations between two that are to be joined by others: who joins five tables knows the model.
const MAX_BETWEEN: usize = 3;
/// Relations that are looked at for a way to join two: each may have files of its own to be read.
const MAX_LOOKED_AT: usize = 50;

pub(super) fn joins(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    let name = finding.name(node);
    finding.cite(node);
    if graph.kind(node) != Kind::Column && asks_who_refers(asked) {
        keys_to(asked, finding, node);
        return finding.next(format!("Which tables does {name} join with?"));
    }
    // A column has the keys of its relation that name it.
    let (of, whole) = (graph.relation_of(node).unwrap_or(node), graph.relation_of(node).is_none());
    let named = |columns: &[String]| whole || columns.iter().any(|c| c.eq_ignore_ascii_case(graph.node(node).label()));
    let keys: Vec<String> = graph
        .node(of)
        .foreign_keys
        .iter()
        .filter(|k| named(&k.columns))
        .map(|k| {
            let to = if k.referenced_columns.is_empty() { "its primary key".to_owned() } else { k.referenced_columns.join(", ") };
            format!("({}) → `{}` ({to})", k.columns.join(", "), k.references)
        })
        .collect();
    if keys.is_empty() {
        finding.say(format!("{name} {} no foreign key.", if whole { "declares" } else { "is in" }));
    } else {
        let has = if whole { "declares" } else { "is in" };
        finding.say(format!("{name} {has} **{} foreign key{}**:", keys.len(), if keys.len() == 1 { "" } else { "s" }));
        keys.iter().take(MAX_LISTED).for_each(|k| finding.put(Row::text(k)));
        finding.more(keys.len(), MAX_LISTED);
    }
    for edge in graph.outgoing(of).filter(|&e| !keys.is_empty() && graph.edge(e).relation == Relation::References) {
        finding.cite_edge(edge);
    }
    joined(asked, finding, node);
    finding.next(format!("What columns does {} have?", finding.name(of)));
    keys_to(asked, finding, node);
}

/// "Which tables point at X", "foreign keys to X": whether only those are asked for.
fn asks_who_refers(asked: &Asked) -> bool {
    let words: Vec<&str> = asked.reading.masked.split(' ').collect();
    let Some(at) = words.iter().position(|w| *w == "#") else { return false };
    let before = &words[..at];
    let to_it = before.last().is_some_and(|w| *w == "to") && before.iter().any(|w| matches!(*w, "key" | "keys" | "fk" | "fks"));
    let refers = before.iter().any(|w| ["point", "refer"].iter().any(|stem| w.starts_with(stem)));
    to_it || refers && !before.iter().any(|w| w.starts_with("join"))
}

/// The tables with a foreign key to `node`, a relation or a column.
fn keys_to(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    let name = finding.name(node);
    let (of, whole) = (graph.relation_of(node).unwrap_or(node), graph.relation_of(node).is_none());
    let named = |columns: &[String]| whole || columns.iter().any(|c| c.eq_ignore_ascii_case(graph.node(node).label()));
    let keys_of = |from: NodeIx| -> Vec<String> {
        let to = |k: &&ForeignKey| {
            let own_key = k.referenced_columns.is_empty() && graph.node(node).column.primary_key;
            (own_key || named(&k.referenced_columns)) && graph.resolve(&k.references.to_string()).contains(&of)
        };
        graph.node(from).foreign_keys.iter().filter(to).map(|k| format!("({})", k.columns.join(", "))).collect()
    };
    let incoming: Vec<EdgeIx> = graph
        .incoming(of)
        .filter(|&e| graph.edge(e).relation == Relation::References && (whole || !keys_of(graph.edge(e).from).is_empty()))
        .collect();
    if incoming.is_empty() {
        return finding.say(format!("No table here has a foreign key to {name}."));
    }
    let tables = if incoming.len() == 1 { "1 table has".to_owned() } else { format!("{} tables have", incoming.len()) };
    finding.say(format!("**{tables}** a foreign key to {name}:"));
    for &edge in incoming.iter().take(MAX_LISTED) {
        let from = graph.edge(edge).from;
        let columns = keys_of(from);
        let by = if columns.is_empty() { String::new() } else { format!(" by {}", columns.join(" and ")) };
        finding.put(Row::named(from).after(by).via(edge));
    }
    finding.more(incoming.len(), MAX_LISTED);
}

/// How statements join a relation with another.
#[derive(Default)]
struct Met<'a> {
    /// Columns that are compared: its own, and the other's.
    pairs: BTreeSet<(NodeIx, NodeIx)>,
    edges: BTreeSet<EdgeIx>,
    /// Files and lines where such a query begins.
    places: BTreeSet<(&'a str, u32)>,
}

/// The relations that statements join `node`, a relation or a column, with, as their conditions say; of `other` alone, when it is given. With how many files were
/// left out at the limit.
fn met<'a>(asked: &'a Asked, node: NodeIx, other: Option<NodeIx>) -> (BTreeMap<NodeIx, Met<'a>>, usize) {
    let graph = asked.graph();
    let mut files = stated(graph, graph.relation_of(node).unwrap_or(node));
    if let Some(other) = other {
        let of_other = stated(graph, other);
        files.retain(|file, _| of_other.contains_key(file));
    }
    let mut met: BTreeMap<NodeIx, Met> = BTreeMap::new();
    let left_out = each_meeting(asked, node, files.keys().copied(), |file, line, column, (relation, theirs)| {
        if other.is_none_or(|other| other == relation) {
            let one = met.entry(relation).or_default();
            one.pairs.insert((column, theirs));
            one.places.insert((&file.path, line));
            let edges = files.get(&*file.id).into_iter().flatten().copied();
            one.edges.extend(edges.filter(|&e| [graph.edge(e).from, graph.edge(e).to].contains(&column)));
        }
    });
    (met, left_out)
}

/// The relations that a key or a join of a statement relates with one.
fn near(asked: &Asked, node: NodeIx) -> BTreeSet<NodeIx> {
    let graph = asked.graph();
    let keys = graph.outgoing(node).chain(graph.incoming(node)).map(|e| graph.edge(e)).filter(|e| e.relation == Relation::References);
    let whole = |n: NodeIx| graph.relation_of(n).unwrap_or(n);
    let mut near: BTreeSet<NodeIx> = keys.flat_map(|e| [e.from, e.to]).map(whole).collect();
    each_meeting(asked, node, stated(graph, node).keys().copied(), |_, _, _, (relation, _)| {
        near.insert(relation);
    });
    near.remove(&node);
    near
}

/// Tells of each condition in these files that compares a column of `node`, a relation, or `node` itself, a column, with one of another
/// relation: its file and line, the one column, and the other with its relation. How many files were left out at the limit.
fn each_meeting<'a>(
    asked: &'a Asked,
    node: NodeIx,
    files: impl Iterator<Item = &'a str>,
    mut tell: impl FnMut(&'a FileInfo, u32, NodeIx, (NodeIx, NodeIx)),
) -> usize {
    let (graph, snapshot) = (asked.graph(), asked.snapshot);
    let of = graph.relation_of(node).unwrap_or(node);
    let (mut left_out, mut read) = (0, 0);
    let mut chosen: Vec<(&Arc<str>, &FileInfo)> = Vec::new();
    for id in files {
        let Some((id, file)) = snapshot.files.get_key_value(id).filter(|(_, file)| dialect::find(&file.dialect).is_some()) else {
            continue;
        };
        let length = snapshot.passages_of(id).iter().map(|passage| passage.text.len()).sum::<usize>();
        if read > 0 && read + length > MAX_READ {
            left_out += 1;
            continue;
        }
        read += length;
        chosen.push((id, file));
    }
    // A megabyte of SQL takes a while to read: by halves, at once.
    let meetings_in = |files: &[(&Arc<str>, &FileInfo)]| -> Vec<Arc<[Meeting]>> {
        files.iter().map(|(id, file)| snapshot.meetings_of(id, || read_meetings(asked, id, file))).collect()
    };
    let (first, second) = chosen.split_at(chosen.len() / 2);
    let unread = chosen.iter().filter(|(id, _)| !snapshot.knows_meetings(id)).count();
    let (rest, mut all) =
        if unread > 1 { join(|| meetings_in(second), || meetings_in(first)) } else { (meetings_in(second), meetings_in(first)) };
    all.extend(rest);
    for ((_, file), meetings) in chosen.into_iter().zip(all) {
        for meeting in meetings.iter() {
            for (mine, theirs) in [(meeting.left, meeting.right), (meeting.right, meeting.left)] {
                if mine.0 == of && (of == node || mine.1 == node) && theirs.0 != of {
                    tell(file, meeting.line, mine.1, theirs);
                }
            }
        }
    }
    left_out
}

/// What the conditions of a file's statements compare.
fn read_meetings(asked: &Asked, id: &str, file: &FileInfo) -> Vec<Meeting> {
    let graph = asked.graph();
    let mut meetings = Vec::new();
    for join in crate::lineage::joins(&whole_text(asked.snapshot, id), &file.dialect) {
        let rights = meant(graph, &join.right, id);
        for left in meant(graph, &join.left, id) {
            meetings.extend(rights.iter().map(|&right| Meeting { left, right, line: join.line }));
        }
    }
    meetings
}

/// The files whose statements read or write a relation or its columns, by their ids, with what they state of it.
fn stated(graph: &Graph, node: NodeIx) -> BTreeMap<&str, Vec<EdgeIx>> {
    let mut files: BTreeMap<&str, Vec<EdgeIx>> = BTreeMap::new();
    for whole in std::iter::once(node).chain(graph.columns(node)) {
        for edge in graph.incoming(whole).chain(graph.outgoing(whole)) {
            if matches!(graph.edge(edge).relation, Relation::Derives | Relation::Reads | Relation::WrittenBy) {
                for at in &graph.edge(edge).evidence {
                    let edges = files.entry(&at.file_id).or_default();
                    if edges.last() != Some(&edge) {
                        edges.push(edge);
                    }
                }
            }
        }
    }
    files
}

/// The columns here that a statement of a file means, each with its relation.
fn meant(graph: &Graph, source: &ColumnSource, file: &str) -> Vec<(NodeIx, NodeIx)> {
    let of_file = |e: EdgeIx| graph.edge(e).evidence.iter().any(|at| *at.file_id == *file);
    let candidates = |name: &Name| -> Vec<NodeIx> {
        let mut relations: Vec<NodeIx> = graph.resolve(&name.to_string()).into_iter().filter(|&n| graph.kind(n).is_relation()).collect();
        // Of several of one name, those that the file has to do with.
        if relations.len() > 1 {
            relations.retain(|&n| graph.incoming(n).chain(graph.outgoing(n)).any(of_file));
        }
        relations
    };
    let mut found = Vec::new();
    for names in [&*source.tables, &*source.outer] {
        for relation in names.iter().flat_map(candidates) {
            let own = graph.columns(relation).into_iter().find(|c| graph.node(*c).label().eq_ignore_ascii_case(&source.column));
            found.extend(own.map(|column| (relation, column)));
        }
        if !found.is_empty() {
            break;
        }
    }
    found
}

/// Foreign keys between two relations, either way.
fn keys_between(asked: &Asked, a: NodeIx, b: NodeIx) -> Vec<EdgeIx> {
    let graph = asked.graph();
    let ends = |e: EdgeIx| (graph.edge(e).from, graph.edge(e).to);
    let is_key = |e: &EdgeIx| graph.edge(*e).relation == Relation::References;
    let to = graph.outgoing(a).filter(|&e| ends(e) == (a, b));
    // What it has with itself goes out of it and comes in.
    let back = graph.incoming(a).filter(|&e| a != b && ends(e) == (b, a));
    to.chain(back).filter(is_key).collect()
}

/// Whether a foreign key or a join of a statement relates the two.
pub(super) fn meet(asked: &Asked, a: NodeIx, b: NodeIx) -> bool {
    !keys_between(asked, a, b).is_empty() || !met(asked, a, Some(b)).0.is_empty()
}

/// The foreign keys and joins between two. `false` when there are none.
pub(super) fn meetings(asked: &Asked, finding: &mut Finding, a: NodeIx, b: NodeIx) -> bool {
    let keys = keys_between(asked, a, b);
    for &edge in keys.iter().take(MAX_LISTED) {
        let (from, to) = (asked.graph().edge(edge).from, asked.graph().edge(edge).to);
        finding.put(Row::named(from).after(format!(" has a foreign key to {}", finding.name(to))).via(edge));
    }
    let (mut met, left_out) = met(asked, a, Some(b));
    let one = met.remove(&b);
    if let Some(one) = &one {
        meeting(finding, b, one);
    }
    cut(finding, left_out);
    !keys.is_empty() || one.is_some()
}

/// The relations that foreign keys join with both: `film_actor` of `film` and `actor`.
pub(super) fn keyed_to_both(asked: &Asked, finding: &mut Finding, a: NodeIx, b: NodeIx) {
    let graph = asked.graph();
    let near = |n: NodeIx| -> BTreeSet<NodeIx> {
        let keys = graph.outgoing(n).chain(graph.incoming(n)).map(|e| graph.edge(e)).filter(|e| e.relation == Relation::References);
        keys.flat_map(|e| [e.from, e.to]).filter(|&m| m != n).collect()
    };
    let between: Vec<NodeIx> = near(a).intersection(&near(b)).copied().collect();
    if !between.is_empty() {
        finding.say("Foreign keys join both with:");
    }
    for &third in between.iter().take(MAX_LISTED) {
        finding.put(Row::of(third));
        for edge in keys_between(asked, third, a).into_iter().chain(keys_between(asked, third, b)) {
            finding.cite_edge(edge);
        }
    }
}

fn cut(finding: &mut Finding, left_out: usize) {
    if left_out > 0 {
        finding.cut(format!("{left_out} more files were not read for what they join: only {MAX_READ} bytes are."));
    }
}

/// "How can I join A and B?": directly, or by what both meet.
pub(super) fn join_of_two(asked: &Asked, finding: &mut Finding) {
    let (a, b) = (asked.meanings(0)[0], asked.meanings(1)[0]);
    let graph = asked.graph();
    let whole = |n: NodeIx| graph.relation_of(n).unwrap_or(n);
    let (a, b) = (whole(a), whole(b));
    finding.cite(a);
    finding.cite(b);
    let (first, second) = (finding.name(a), finding.name(b));
    if meet(asked, a, b) {
        finding.say(format!("Yes: {first} and {second} meet directly:"));
        meetings(asked, finding, a, b);
    } else if a == b {
        finding.say(format!("No foreign key here relates {first} with itself."));
    } else {
        by_others(asked, finding, a, b);
    }
    finding.next(format!("Which tables does {first} join with?"));
    finding.next(format!("Which tables does {second} join with?"));
}

/// The relations by which two can be joined that do not meet themselves.
pub(super) fn by_others(asked: &Asked, finding: &mut Finding, a: NodeIx, b: NodeIx) {
    let (first, second) = (finding.name(a), finding.name(b));
    let (from_a, from_b) = (near(asked, a), near(asked, b));
    let between: Vec<NodeIx> = from_a.intersection(&from_b).copied().collect();
    if between.is_empty() {
        chain(asked, finding, [a, b], [from_a, from_b]);
    } else {
        finding.say(format!("No foreign key and no statement here relates {first} and {second} directly; both meet these:"));
    }
    for &third in between.iter().take(MAX_LISTED) {
        finding.put(Row::of(third));
        meetings(asked, finding, third, a);
        meetings(asked, finding, third, b);
    }
}

/// The way from `a` to `b` by the fewest relations between, two or more, of those that they meet; told, with what each two meet by.
fn chain(asked: &Asked, finding: &mut Finding, [a, b]: [NodeIx; 2], [from_a, from_b]: [BTreeSet<NodeIx>; 2]) {
    let (first, second) = (finding.name(a), finding.name(b));
    // From each relation that is met on the way from `a`, the one before.
    let mut before: BTreeMap<NodeIx, NodeIx> = from_a.iter().map(|&n| (n, a)).collect();
    before.insert(a, a);
    let mut level: Vec<NodeIx> = from_a.into_iter().collect();
    let (mut looked_at, mut cut, mut last) = (0, false, None);
    for _ in 1..MAX_BETWEEN {
        let mut further: Vec<NodeIx> = Vec::new();
        for &n in &level {
            cut |= looked_at == MAX_LOOKED_AT;
            if cut {
                break;
            }
            looked_at += 1;
            for m in near(asked, n) {
                before.entry(m).or_insert_with(|| {
                    further.push(m);
                    n
                });
            }
        }
        last = further.iter().copied().find(|m| from_b.contains(m));
        if last.is_some() || cut {
            break;
        }
        level = further;
    }
    if cut {
        finding.cut(format!("Only {MAX_LOOKED_AT} relations were looked at for what they meet."));
    }
    let Some(last) = last else {
        return finding.say(format!(
            "No foreign key and no statement here relates {first} and {second}, directly or by up to {MAX_BETWEEN} relations between."
        ));
    };
    let mut way: Vec<NodeIx> = std::iter::successors(Some(last), |n| before.get(n).copied().filter(|p| p != n)).collect();
    way.reverse();
    way.push(b);
    let names: Vec<String> = way.iter().map(|&n| finding.name(n)).collect();
    finding.say(format!("{first} and {second} meet by {} relations between: {}:", way.len() - 2, names.join(" → ")));
    for pair in way.windows(2) {
        meetings(asked, finding, pair[0], pair[1]);
    }
}

/// Whether the question is what holds the joins of a relation, and not what it is joined with: "which views join T".
pub(super) fn asks_who_joins(asked: &Asked) -> bool {
    let words: Vec<&str> = asked.reading.masked.split(' ').collect();
    let joins = words.iter().position(|w| matches!(*w, "join" | "joins" | "joining"));
    let after = |at: usize| words[at + 1..].contains(&"#") && words.get(at + 1) != Some(&"with");
    !asked.kinds.is_empty() && !asked.kinds.iter().any(|k| matches!(k, Kind::Table | Kind::Column | Kind::File)) && joins.is_some_and(after)
}

/// "Which views join T?": those of the asked kinds that a statement which joins it stands in.
pub(super) fn joiners(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let (graph, snapshot) = (asked.graph(), asked.snapshot);
    let (met, left_out) = met(asked, node, None);
    let places: BTreeSet<&(&str, u32)> = met.values().flat_map(|one| &one.places).collect();
    let joins_in = |at: &crate::graph::Evidence| {
        let path = snapshot.files.get(&*at.file_id).map(|file| &*file.path);
        places.iter().any(|(file, line)| Some(*file) == path && (at.line..=at.line_end).contains(line))
    };
    let candidates = asked.kinds.iter().flat_map(|&kind| snapshot.of_kind(kind)).copied();
    let found: Vec<NodeIx> = candidates.filter(|&n| n != node && asked.may_list(n) && graph.node(n).defined.iter().any(joins_in)).collect();
    let name = finding.name(node);
    finding.cite(node);
    let kinds = asked.kinds.iter().map(|&k| crate::chat::evidence::words(k) + "s").collect::<Vec<_>>().join(" or ");
    match found.len() {
        0 => finding.say(format!("None of the {kinds} {} joins {name} with another relation.", asked.place())),
        1 => finding.list(format!("**1** of the {kinds} {} joins {name} with another relation:", asked.place()), &found),
        n => finding.list(format!("**{n}** of the {kinds} {} join {name} with another relation:", asked.place()), &found),
    }
    cut(finding, left_out);
    finding.next(format!("Which tables does {name} join with?"));
}

/// The relations that statements join `node` with, and the columns they meet by.
fn joined(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let (met, left_out) = met(asked, node, None);
    if met.is_empty() {
        finding.say(format!("No statement here joins {} with another relation.", finding.name(node)));
    } else {
        finding.say(format!("Statements join {} with:", finding.name(node)));
    }
    for (&table, one) in met.iter().take(MAX_LISTED) {
        meeting(finding, table, one);
    }
    if !met.is_empty() {
        finding.more(met.len(), MAX_LISTED);
    }
    cut(finding, left_out);
}

/// One relation that is joined, by which columns and where.
fn meeting(finding: &mut Finding, table: NodeIx, met: &Met) {
    let keys: Vec<String> = met.pairs.iter().map(|&(own, other)| format!("{} and {}", finding.name(own), finding.name(other))).collect();
    let places: Vec<String> = met.places.iter().map(|(path, line)| format!("{path}:{line}")).take(MAX_MEANINGS).collect();
    let more = if met.places.len() > places.len() { format!(" and {} more", met.places.len() - places.len()) } else { String::new() };
    finding.put(Row::of(table).after(format!(" by {} — {}{more}", keys.join(", "), places.join(", "))));
    met.edges.iter().for_each(|&e| finding.cite_edge(e));
}
