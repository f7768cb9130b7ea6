//! What is used most and what least, and what is made of the most.

use super::filter::Filter;
use super::finding::{Finding, Row};
use super::hygiene::wanted;
use super::{Asked, MAX_LISTED};
use crate::graph::NodeIx;
use crate::lineage::{Kind, Relation};
use foldhash::{HashMap, HashSet};

/// Rows of a ranking when the question does not say.
const TOP: usize = 10;

pub(super) fn most_referenced(asked: &Asked, finding: &mut Finding) {
    if asked.reading.masked.split(' ').any(|w| matches!(w, "foreign" | "fk" | "fks")) {
        return most_keyed(asked, finding);
    }
    let says = |words: &[&str]| asked.reading.masked.split(' ').any(|w| words.contains(&w));
    if says(RARELY) {
        return least_referenced(asked, finding);
    }
    if says(COLUMNS) {
        let uses = |n: NodeIx| column_uses(asked, n);
        let columns = asked.snapshot.of_kind(Kind::Column).iter().copied().filter(|&n| asked.may_list(n));
        return top(asked, finding, "columns, relations, routines and files that use them directly", columns.map(|n| (uses(n), n)));
    }
    if says(&["source", "sources", "inputs", "upstream", "dependencies"]) {
        let is_data = |n: NodeIx| asked.graph().kind(n).is_relation() || asked.graph().kind(n) == Kind::External;
        let sources = |n: NodeIx| asked.graph().sources(n).iter().filter(|hop| hop.node != n && is_data(hop.node)).count();
        let none = Filter::default();
        let all = asked.snapshot.relations().filter(|&n| wanted(asked, &none, n));
        return top(asked, finding, "relations that they are made of directly", all.map(|n| (sources(n), n)));
    }
    let filter = Filter::of(asked);
    // "Top 5": as many as are listed.
    filter.tell_but(finding, |word| asked.reading.number.is_some_and(|n| word.parse() == Ok(n)));
    let at = asked.place() + &filter.said();
    ranking(asked, finding, &at, |n| wanted(asked, &filter, n));
}

const COLUMNS: &[&str] = &["column", "columns", "field", "fields"];

/// What uses a column directly.
fn column_uses(asked: &Asked, column: NodeIx) -> usize {
    asked.graph().consumers(column).len() + asked.graph().users(column).len()
}

/// Words that ask for the other end of the ranking.
const RARELY: &[&str] = &["least", "rarely", "seldom", "hardly", "fewest"];

/// "What is the least used table?": the first by how little uses them, those that nothing uses before all.
fn least_referenced(asked: &Asked, finding: &mut Finding) {
    let filter = Filter::of(asked);
    filter.tell_but(finding, |word| RARELY.contains(&word) || asked.reading.number.is_some_and(|n| word.parse() == Ok(n)));
    let graph = asked.graph();
    let of_columns = asked.reading.masked.split(' ').any(|w| COLUMNS.contains(&w));
    let of_routines = !asked.kinds.is_empty() && asked.kinds.iter().all(|kind| kind.is_routine());
    let mut ranked: Vec<(usize, NodeIx)> = if of_columns {
        let columns = asked.snapshot.of_kind(Kind::Column).iter().copied().filter(|&n| asked.may_list(n));
        columns.map(|column| (column_uses(asked, column), column)).collect()
    } else if of_routines {
        let callers = |n: NodeIx| graph.incoming(n).filter(|&e| graph.edge(e).relation == Relation::Calls).count();
        let routines = asked.kinds.iter().flat_map(|kind| asked.snapshot.of_kind(*kind)).copied().filter(|&n| asked.may_list(n));
        routines.map(|routine| (callers(routine), routine)).collect()
    } else {
        let uses: HashMap<NodeIx, usize> = asked.snapshot.most_used().iter().map(|&(n, node)| (node, n)).collect();
        let fits = |n: &NodeIx| wanted(asked, &filter, *n) && (asked.kinds.is_empty() || asked.kinds.contains(&graph.kind(*n)));
        asked.snapshot.relations().filter(fits).map(|node| (uses.get(&node).copied().unwrap_or(0), node)).collect()
    };
    let at = asked.place() + &filter.said();
    if ranked.is_empty() {
        return finding.say(format!("Nothing {at} is of that kind."));
    }
    ranked.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| graph.node(a.1).by_name(graph.node(b.1))));
    let without = ranked.iter().filter(|(n, _)| *n == 0).count();
    let shown = asked.reading.number.map_or(TOP, |n| n as usize).clamp(1, MAX_LISTED);
    let what = match () {
        () if of_columns => "columns, relations, routines and files that use them directly",
        () if of_routines => "routines and files that call them",
        () => "views, tables, routines and files that use them directly",
    };
    let at = if at == "here" { String::new() } else { format!(" {at}") };
    finding.say(format!("The least referenced{at}, by the number of {what} (**{without}** of {} have none):", ranked.len()));
    for &(count, node) in ranked.iter().take(shown) {
        finding.put(Row::of(node).after(format!(": {count}")));
    }
    finding.more(ranked.len(), shown);
    finding.warn("Consumers outside the files ingested (reports, applications, dynamic SQL) are not known here.".into());
    finding.next("Which tables have no consumers?".into());
    finding.next(format!("What feeds {}?", finding.name(ranked[0].1)));
}

/// The first of a ranking by a number of `what`; those with none are in no ranking.
fn top(asked: &Asked, finding: &mut Finding, what: &str, counted: impl Iterator<Item = (usize, NodeIx)>) {
    let graph = asked.graph();
    let wanted = asked.reading.number.map_or(TOP, |n| n as usize).clamp(1, MAX_LISTED);
    let mut ranked: Vec<(usize, NodeIx)> = counted.filter(|(count, _)| *count > 0).collect();
    let order = |a: &(usize, NodeIx), b: &(usize, NodeIx)| b.0.cmp(&a.0).then_with(|| graph.node(a.1).by_name(graph.node(b.1)));
    if ranked.len() > wanted {
        ranked.select_nth_unstable_by(wanted, order);
        ranked.truncate(wanted);
    }
    ranked.sort_by(order);
    let at = if asked.place() == "here" { String::new() } else { format!(" {}", asked.place()) };
    let Some(&(_, first)) = ranked.first() else { return finding.say(format!("None{at} is used by, or made of, anything else.")) };
    finding.say(format!("The first{at} by the number of {what}:"));
    for &(count, node) in &ranked {
        finding.put(Row::of(node).after(format!(": {count}")));
    }
    finding.next(format!("What feeds {}?", finding.name(first)));
    finding.next(format!("What depends on {}?", finding.name(first)));
}

/// "Which table do the most foreign keys refer to?"
fn most_keyed(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let keyed = |n: NodeIx| {
        let keys = graph.incoming(n).map(|e| graph.edge(e)).filter(|e| e.relation == Relation::References);
        keys.map(|e| e.from).collect::<HashSet<_>>().len()
    };
    let mut ranked: Vec<(usize, NodeIx)> =
        asked.snapshot.relations().filter(|n| asked.may_list(*n)).map(|n| (keyed(n), n)).filter(|(count, _)| *count > 0).collect();
    // The order of names stays among equals.
    ranked.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    if ranked.is_empty() {
        return finding.say(format!("No foreign key {} refers to a table.", asked.place()));
    }
    finding.say("The most referenced by foreign keys, with the number of tables that have one to them:");
    let top = asked.reading.number.map_or(TOP, |n| n as usize).clamp(1, MAX_LISTED);
    for &(count, node) in ranked.iter().take(top) {
        finding.put(Row::of(node).after(format!(": {count}")));
    }
    finding.next(format!("Which tables does {} join with?", finding.name(ranked[0].1)));
}

/// The most referenced of those that `keep` says.
pub(super) fn ranking(asked: &Asked, finding: &mut Finding, at: &str, keep: impl Fn(NodeIx) -> bool) {
    let top = asked.reading.number.map_or(TOP, |n| n as usize).clamp(1, MAX_LISTED);
    let ranked: Vec<(usize, NodeIx)> = asked.snapshot.most_used().iter().filter(|(_, n)| keep(*n)).take(top).copied().collect();
    if ranked.is_empty() {
        return finding.say(format!("Nothing {at} is referenced by anything else."));
    }
    let at = if at == "here" { String::new() } else { format!(" {at}") };
    finding.say(format!("The most referenced{at}, by the number of views, tables, routines and files that use them directly:"));
    for &(count, node) in &ranked {
        finding.put(Row::of(node).after(format!(": {count}")));
    }
    finding.next(format!("What breaks if I drop {}?", finding.name(ranked[0].1)));
}
