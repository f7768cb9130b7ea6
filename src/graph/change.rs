//! What a change of the files breaks: the difference of two graphs of one project, with its consequences.
//!
//! A name that is gone breaks who still says it. A graph does not show that by itself: a view that selects a column which its table no
//! longer declares has no edge to it any more. So a consumer that is in both graphs, took from what is gone in the old one, and whose
//! text in the new files still has the name, is broken. A column that is in both and is made from less than before, and from nothing
//! else instead, has lost a source.

use super::adjacency::{Part, part};
use super::delta::Delta;
use super::{Edge, EdgeIx, Evidence, Graph, NodeIx};
use crate::id;
use crate::lineage::{Kind, Relation};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// One thing that breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// It is gone, and still named.
    Gone {
        /// What was: a relation, a routine or a column of the old graph.
        what: NodeIx,
        /// Relations, routines and files of the new graph that still name it, by name.
        readers: Vec<NodeIx>,
    },
    /// A column lost sources and got none instead.
    Less {
        /// The column, in the new graph.
        column: NodeIx,
        /// The columns of the old graph that it is no longer made from.
        sources: Vec<NodeIx>,
    },
}

/// What breaks between two graphs of one project, `delta` lying between them. `text` gives the lines of the new files that a piece of
/// evidence points to. Sorted by name.
pub fn breaks<'t>(old: &Graph, new: &Graph, delta: &Delta, text: &dyn Fn(&Evidence) -> &'t str) -> Vec<Break> {
    let mut broken = Vec::new();
    // What lost a name is not told again to have lost a source.
    let mut told = BTreeSet::new();
    let mut gone: Vec<NodeIx> = (0..old.linked.nodes.len() as NodeIx).filter(|ix| is_gone(old, new, delta, *ix)).collect();
    gone.sort_by_cached_key(|ix| old.node(*ix).name().into_owned());
    for what in gone {
        let name = old.node(what).label();
        let mut readers = BTreeMap::new();
        for consumer in consumers(old, what) {
            let owner = old.relation_of(consumer).unwrap_or(consumer);
            let Some(reader) = delta.now[owner as usize].filter(|now| !is_gone(old, new, delta, owner) && new.kind(*now) != Kind::External)
            else {
                continue;
            };
            if spans(new, reader).iter().any(|span| has_word(text(span), name)) {
                readers.insert(new.node(reader).name(), reader);
                told.insert((reader, what));
            }
        }
        if !readers.is_empty() {
            broken.push(Break::Gone { what, readers: readers.into_values().collect() });
        }
    }
    broken.extend(less(old, new, delta, &told));
    broken
}

/// Columns with fewer sources than before, and no new ones.
fn less(old: &Graph, new: &Graph, delta: &Delta, told: &BTreeSet<(NodeIx, NodeIx)>) -> Vec<Break> {
    let gained: BTreeSet<NodeIx> = delta.edges_added.iter().map(|e| new.edge(*e).from).collect();
    let mut lost: BTreeMap<(Cow<'_, str>, NodeIx), Vec<NodeIx>> = BTreeMap::new();
    for edge in delta.edges_removed.iter().map(|e| old.edge(*e)).filter(|e| is_flow(old, e) && old.kind(e.from) == Kind::Column) {
        let Some(column) = delta.now[edge.from as usize].filter(|now| !gained.contains(now)) else { continue };
        let home = new.relation_of(column).unwrap_or(column);
        let source_home = old.relation_of(edge.to).unwrap_or(edge.to);
        if !new.node(column).defined.is_empty() && !told.contains(&(home, edge.to)) && !told.contains(&(home, source_home)) {
            lost.entry((new.node(column).name(), column)).or_default().push(edge.to);
        }
    }
    lost.into_iter().map(|((_, column), sources)| Break::Less { column, sources }).collect()
}

/// Whether something that the old files define is defined by the new ones no more, as whatever it may be.
fn is_gone(old: &Graph, new: &Graph, delta: &Delta, ix: NodeIx) -> bool {
    let node = old.node(ix);
    if node.defined.is_empty() || matches!(node.kind, Kind::File | Kind::External) {
        return false;
    }
    if delta.now[ix as usize].is_some_and(|now| !new.node(now).defined.is_empty()) {
        return false;
    }
    match old.relation_of(ix) {
        // A relation whose columns the new files do not tell may still have it; and what is wholly gone is told once.
        Some(relation) => {
            let now = delta.now[relation as usize].filter(|now| !new.node(*now).defined.is_empty());
            now.is_some_and(|now| new.columns(now).iter().any(|column| !new.node(*column).defined.is_empty()))
        }
        None => {
            let urn = old.urn(ix);
            let key = urn.strip_prefix(&id::urn(&old.project, node.kind, "")).unwrap_or("");
            let others = Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::External | Kind::File | Kind::Column));
            others.filter_map(|kind| new.find(&id::urn(&new.project, kind, key))).all(|now| new.node(now).defined.is_empty())
        }
    }
}

/// What takes from a node, calls it or writes it.
fn consumers(graph: &Graph, ix: NodeIx) -> Vec<NodeIx> {
    use Relation::{Calls, Derives, FiresOn, Reads, References, WrittenBy};
    let takes = |e: &&Edge| matches!(e.relation, Derives | Reads | Calls | FiresOn | References);
    let mut found: Vec<NodeIx> = graph.incoming(ix).map(|e| graph.edge(e)).filter(takes).map(|e| e.from).collect();
    found.extend(graph.outgoing(ix).map(|e| graph.edge(e)).filter(|e| e.relation == WrittenBy).map(|e| e.to));
    found
}

/// Where a relation, routine or file says what it is made from.
fn spans(graph: &Graph, ix: NodeIx) -> Vec<&Evidence> {
    let stated = graph.outgoing(ix).map(|e| graph.edge(e)).filter(|e| e.relation != Relation::DefinedIn).flat_map(|e| &e.evidence);
    graph.node(ix).defined.iter().chain(stated).collect()
}

/// Whether `word` stands in `text` by itself, in any case, other than as the new name that an `AS` gives.
fn has_word(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    let letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '#');
    let ends_word = |text: &str| !text.ends_with(letter);
    let given = |before: &str| {
        let before = before.trim_end_matches(['"', '`', '[']);
        before.ends_with(char::is_whitespace) && before.trim_end().strip_suffix("as").is_some_and(ends_word)
    };
    let by_itself = |(at, found): (usize, &str)| {
        let (before, after) = (&text[..at], &text[at + found.len()..]);
        ends_word(before) && !after.starts_with(letter) && !given(before)
    };
    !word.is_empty() && text.match_indices(&word).any(by_itself)
}

/// Whether data flows along an edge.
pub fn is_flow(graph: &Graph, edge: &Edge) -> bool {
    part(edge.relation, graph.kind(edge.from), graph.kind(edge.to)) == Part::Flow
}

/// Edges of `list` that data flows along, as pairs of names, the consumer's first: of columns, or of all else. Sorted, each once.
pub fn flow_names(graph: &Graph, list: &[EdgeIx], columns: bool) -> BTreeSet<(String, String)> {
    let edges = list.iter().map(|e| graph.edge(*e)).filter(|e| is_flow(graph, e) && (graph.kind(e.from) == Kind::Column) == columns);
    edges.map(|e| (graph.node(e.from).name().into_owned(), graph.node(e.to).name().into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::link::{FileFacts, link};
    use super::*;
    use std::sync::Arc;

    fn graph(sql: &str) -> Graph {
        let facts = Arc::new(crate::lineage::analyze(sql, "postgres"));
        let file = FileFacts { file_id: "f", repository_id: "r", repository: "r", path: "f.sql", facts: &facts };
        Graph::build("p", link("p", &[file], &[]))
    }

    fn broken(old: &str, new: &str) -> Vec<String> {
        let (before, after) = (graph(old), graph(new));
        let lines: Vec<&str> = new.split_inclusive('\n').collect();
        let starts: Vec<usize> = lines.iter().scan(0, |at, line| Some(std::mem::replace(at, *at + line.len()))).collect();
        let text = |e: &Evidence| {
            let from = starts[e.line as usize - 1];
            &new[from..starts.get(e.line_end as usize).copied().unwrap_or(new.len())]
        };
        let names =
            |graph: &Graph, list: &[NodeIx]| list.iter().map(|ix| graph.node(*ix).name().into_owned()).collect::<Vec<_>>().join(",");
        let said = breaks(&before, &after, &Delta::between(&before, &after), &text);
        said.iter()
            .map(|one| match one {
                Break::Gone { what, readers } => format!("{} < {}", before.node(*what).name(), names(&after, readers)),
                Break::Less { column, sources } => format!("{} - {}", after.node(*column).name(), names(&before, sources)),
            })
            .collect()
    }

    #[test]
    fn what_is_gone_breaks_who_still_names_it_and_what_is_made_from_less_is_told() {
        let t = "CREATE TABLE t (a int, b int);\n";
        let v = "CREATE VIEW v AS SELECT a, b FROM t;\n";
        for (old, new, expect) in [
            // The table is gone; the view is not.
            (format!("{t}{v}"), v.to_owned(), &["t < v"][..]),
            // A column is gone; the view names it, or was changed with it.
            (format!("{t}{v}"), format!("CREATE TABLE t (a int);\n{v}"), &["t.b < v"]),
            (format!("{t}{v}"), "CREATE TABLE t (a int);\nCREATE VIEW v AS SELECT a FROM t;\n".into(), &[]),
            // Gone with all that named it.
            (format!("{t}{v}"), String::new(), &[]),
            // A table became a view of the same columns.
            (format!("{t}{v}"), format!("CREATE VIEW t AS SELECT a, b FROM s;\n{v}"), &[]),
            // A column renamed, and its reader with it.
            (format!("{t}{v}"), "CREATE TABLE t (a int, c int);\nCREATE VIEW v AS SELECT a, c AS b FROM t;\n".into(), &[]),
            // Filters name columns too.
            (
                format!("{t}CREATE VIEW w AS SELECT a FROM t WHERE b > 1;\n"),
                "CREATE TABLE t (a int);\nCREATE VIEW w AS SELECT a FROM t WHERE b > 1;\n".into(),
                &["t.b < w"],
            ),
            // A star loses what its table lost, and who names that is broken; the star itself names nothing.
            (
                format!("{t}CREATE VIEW s AS SELECT * FROM t;\nCREATE VIEW u AS SELECT b FROM s;\n"),
                "CREATE TABLE t (a int);\nCREATE VIEW s AS SELECT * FROM t;\nCREATE VIEW u AS SELECT b FROM s;\n".into(),
                &["s.b < u"],
            ),
            // A sum of one less.
            (
                format!("{t}CREATE VIEW v AS SELECT a + b AS c FROM t;\n"),
                format!("{t}CREATE VIEW v AS SELECT a AS c FROM t;\n"),
                &["v.c - t.b"],
            ),
            // Another source instead is no loss, and more is none.
            (format!("{t}CREATE VIEW v AS SELECT a AS c FROM t;\n"), format!("{t}CREATE VIEW v AS SELECT b AS c FROM t;\n"), &[]),
            (format!("{t}{v}"), format!("{t}{v}CREATE VIEW x AS SELECT a FROM v;\n"), &[]),
            // Who writes a table that is gone.
            (format!("{t}INSERT INTO t SELECT x, y FROM s;\n"), "INSERT INTO t SELECT x, y FROM s;\n".into(), &["t < f.sql"]),
        ] {
            assert_eq!(broken(&old, &new), expect, "{old}→\n{new}");
        }
    }

    #[test]
    fn a_word_is_whole_and_in_any_case() {
        for (text, word, found) in [
            ("select B from t", "b", true),
            ("select ab, b_c from t", "b", false),
            ("select [b]", "B", true),
            ("bb b", "b", true),
            ("select c as b", "b", false),
            ("select c AS [b]", "b", false),
            ("select c as b, b", "b", true),
            ("select alias b", "b", true),
            ("é", "É", true),
            ("", "b", false),
            ("x", "", false),
        ] {
            assert_eq!(has_word(text, word), found, "{text} {word}");
        }
    }
}
