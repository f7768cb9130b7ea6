//! A project's graph as lines that a person reads.

use headwater::graph::{Edge, Graph, Linked, Node, NodeIx};
use headwater::lineage::{Column, Kind, Relation};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Everything in the graph, in a fixed order. `places` names the files that define things.
pub fn graph(linked: Linked, details: bool, places: bool) -> Vec<String> {
    let graph = Graph::build("p", linked);
    let mut lines = Vec::new();
    for ix in 0..graph.linked.nodes.len() as NodeIx {
        let node = graph.node(ix);
        let isolated = graph.outgoing(ix).len() + graph.incoming(ix).len() == 0;
        match node.kind {
            Kind::Column | Kind::File => {}
            Kind::External if !isolated => {}
            _ => definition(&graph, ix, details, places, &mut lines),
        }
    }
    edges(&graph, &mut lines);
    let ambiguous = graph.linked.notes.iter().filter(|n| !n.message.contains("defined nowhere"));
    lines.extend(ambiguous.map(|n| n.message.clone()));
    lines
}

fn definition(graph: &Graph, ix: NodeIx, details: bool, places: bool, lines: &mut Vec<String>) {
    let node = graph.node(ix);
    let columns = graph.columns(ix);
    let mut line = format!("{} {}", node.kind, node.name());
    if !columns.is_empty() && !details {
        let name = |c: &NodeIx| format!("{}{}", graph.node(*c).label(), if graph.node(*c).defined.is_empty() { "?" } else { "" });
        line.push_str(&format!("({})", columns.iter().map(name).collect::<Vec<_>>().join(", ")));
    }
    if details && !node.signature.is_empty() {
        line.push_str(&format!(" [{}]", node.signature));
    }
    if let Some(comment) = node.comment.as_ref().filter(|_| details) {
        line.push_str(&format!(" -- {comment}"));
    }
    if places {
        let files: BTreeSet<&str> = node.defined.iter().map(|e| &*e.file_id).collect();
        line.push_str(&format!(" in {}", files.into_iter().collect::<Vec<_>>().join(", ")));
    }
    lines.push(line);
    if details {
        lines.extend(columns.iter().map(|c| format!("  {}", column(graph.node(*c)))));
    }
}

fn column(node: &Node) -> String {
    let Column { name, data_type, nullable, primary_key, unique, default, comment, .. } = &*node.column;
    let mut words = vec![name.clone()];
    words.extend((!data_type.is_empty()).then(|| data_type.clone()));
    words.extend(nullable.map(|n| if n { "NULL" } else { "NOT NULL" }.to_owned()));
    words.extend(primary_key.then(|| "PRIMARY KEY".to_owned()));
    words.extend(unique.then(|| "UNIQUE".to_owned()));
    words.extend(default.as_ref().map(|d| format!("DEFAULT {d}")));
    words.extend(comment.as_ref().map(|c| format!("-- {c}")));
    words.extend(node.defined.is_empty().then(|| "?".to_owned()));
    words.join(" ")
}

fn edges(graph: &Graph, lines: &mut Vec<String>) {
    // Columns that a routine or file reads or writes are shown with their relation.
    let mut touched: BTreeMap<(NodeIx, NodeIx, Relation), Vec<NodeIx>> = BTreeMap::new();
    let mut groups: [Vec<(Vec<u32>, String)>; 4] = Default::default();
    let is_column = |ix: NodeIx| graph.node(ix).kind == Kind::Column;
    let place = |ix: NodeIx| (graph.relation_of(ix).unwrap_or(ix), graph.node(ix).ordinal);
    for edge in &graph.linked.edges {
        let (from, to) = (place(edge.from), place(edge.to));
        let order = vec![from.0, from.1, to.0, to.1];
        match edge.relation {
            Relation::DefinedIn | Relation::ColumnOf => {}
            Relation::Reads if is_column(edge.to) => touched.entry((edge.from, to.0, edge.relation)).or_default().push(edge.to),
            Relation::WrittenBy if is_column(edge.from) => touched.entry((from.0, edge.to, edge.relation)).or_default().push(edge.from),
            Relation::Derives if is_column(edge.from) => groups[2].push((order, flow(graph, edge, "<-"))),
            Relation::Derives if is_column(edge.to) => groups[3].push((order, flow(graph, edge, "<~"))),
            Relation::Derives => groups[0].push((order, format!("{} <- {}{}", name(graph, edge.from), name(graph, edge.to), sure(edge)))),
            _ => {}
        }
    }
    for edge in &graph.linked.edges {
        let columns = touched.remove(&(edge.from, edge.to, edge.relation)).map(|c| listed(graph, c)).unwrap_or_default();
        let (from, to) = (name(graph, edge.from), name(graph, edge.to));
        let properties = edge.properties.map();
        let keys = properties.get("foreign_keys");
        let line = match edge.relation {
            Relation::Reads if !is_column(edge.to) => format!("{from} reads {to}{columns}"),
            Relation::WrittenBy if !is_column(edge.from) => format!("{to} writes {from}{columns}"),
            Relation::Calls => format!("{from} calls {to}"),
            Relation::FiresOn => format!("{from} fires on {to}"),
            Relation::Mentions => format!("{from} mentions {to}"),
            Relation::References => format!("{from} references {to}{}", keys.map(|k| format!(" {k}")).unwrap_or_default()),
            _ => continue,
        };
        groups[1].push((Vec::new(), line + &sure(edge)));
    }
    // What an UPDATE or DELETE only changes is written; its columns may be read all the same.
    for ((from, to, relation), columns) in touched {
        let verb = if relation == Relation::Reads { "reads columns of" } else { relation.as_str() };
        groups[1].push((Vec::new(), format!("{} {verb} {}{}", name(graph, from), name(graph, to), listed(graph, columns))));
    }
    for mut group in groups {
        group.sort();
        lines.extend(group.into_iter().map(|(_, line)| line));
    }
}

fn name(graph: &Graph, ix: NodeIx) -> Cow<'_, str> {
    graph.node(ix).name()
}

fn listed(graph: &Graph, mut columns: Vec<NodeIx>) -> String {
    columns.sort_by_key(|c| graph.node(*c).ordinal);
    format!("({})", columns.iter().map(|c| graph.node(*c).label()).collect::<Vec<_>>().join(", "))
}

fn sure(edge: &Edge) -> String {
    if edge.confidence < 1.0 { format!(" ({:.1})", edge.confidence) } else { String::new() }
}

fn flow(graph: &Graph, edge: &Edge, arrow: &str) -> String {
    let kind = edge.subtypes.iter().map(|s| s.as_str()).collect::<Vec<_>>().join("+");
    let words = |text: &str| format!(": {}", text.split_whitespace().collect::<Vec<_>>().join(" "));
    let expression = edge.transformation.as_deref().map(words).unwrap_or_default();
    format!("{} {arrow} {}  {kind}{expression}{}", name(graph, edge.from), name(graph, edge.to), sure(edge))
}
