//! What routines and scripts do with relations, and who calls whom.

use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, flow};
use crate::chat::evidence::{place, text_of};
use crate::chat::intent::Intent;
use crate::graph::walk::Direction;
use crate::graph::{Edge, EdgeIx, Evidence, Graph, NodeIx};
use crate::lineage::{Kind, Relation};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Levels of a call tree: deeper indentation nobody follows.
const MAX_CALLS: usize = 6;
/// Most names of a sentence: more are counted.
const NAMED: usize = 10;

/// "What does procedure P read and write?"
pub(super) fn reads_writes(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let kind = asked.graph().node(node).kind;
    // "Who reads or writes X?"
    if kind.is_relation() && asked.reading.masked.starts_with("who ") {
        return used_by(asked, finding, node);
    }
    if kind.is_relation() || kind == Kind::Column {
        return flow::both(asked, finding, node);
    }
    let described = finding.described(node);
    finding.say(format!("{described}:"));
    touches(asked, finding, node);
}

/// What a routine or file reads, writes, calls, fires on and defines.
pub(super) fn touches(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    finding.cite(node);
    let mut any = false;
    if graph.kind(node) == Kind::File {
        return file_touches(asked, finding, node);
    }
    let mut reads = related(graph.outgoing(node), graph, Relation::Reads);
    reads.extend(reads_of_own_target(graph, node));
    for (what, edges) in [
        ("reads", reads),
        ("writes", related(graph.incoming(node), graph, Relation::WrittenBy)),
        ("calls", related(graph.outgoing(node), graph, Relation::Calls)),
        ("fires on", related(graph.outgoing(node), graph, Relation::FiresOn)),
        ("defines", related(graph.incoming(node), graph, Relation::DefinedIn)),
    ] {
        any |= edge_list(asked, finding, node, &format!("It **{what}**"), &edges);
    }
    if !any {
        finding.say("Nothing that it reads, writes or calls is known.");
    }
    if asked.intent == Intent::ReadsWrites {
        through_calls(asked, finding, node);
    }
    flow::caveats(asked, finding);
    finding.next(format!("Who calls {}?", finding.name(node)));
    finding.next_definition(node);
}

/// What those read and write that a routine calls, and those that they call.
fn through_calls(asked: &Asked, finding: &mut Finding, routine: NodeIx) {
    let graph = asked.graph();
    let called = |n: NodeIx| graph.outgoing(n).map(|e| graph.edge(e)).filter(|e| e.relation == Relation::Calls).map(|e| e.to);
    let mut known = BTreeSet::from([routine]);
    let mut open: Vec<NodeIx> = called(routine).collect();
    let mut callees = Vec::new();
    while let Some(callee) = open.pop().filter(|_| callees.len() < MAX_LISTED) {
        if known.insert(callee) {
            callees.push(callee);
            open.extend(called(callee));
        }
    }
    for (what, relation) in [("reads", Relation::Reads), ("writes", Relation::WrittenBy)] {
        let mut by: BTreeMap<NodeIx, EdgeIx> = BTreeMap::new();
        for &callee in &callees {
            let edges: Vec<EdgeIx> = if what == "reads" { graph.outgoing(callee).collect() } else { graph.incoming(callee).collect() };
            for edge in edges.into_iter().filter(|&e| graph.edge(e).relation == relation) {
                let of = if what == "reads" { graph.edge(edge).to } else { graph.edge(edge).from };
                if graph.kind(of).is_relation() || graph.kind(of) == Kind::External {
                    by.entry(of).or_insert(edge);
                }
            }
        }
        let own = if what == "reads" {
            related(graph.outgoing(routine), graph, relation)
        } else {
            related(graph.incoming(routine), graph, relation)
        };
        let own: BTreeSet<NodeIx> = own.into_iter().flat_map(|e| [graph.edge(e).from, graph.edge(e).to]).collect();
        by.retain(|of, _| !own.contains(of));
        if by.is_empty() {
            continue;
        }
        let names: Vec<String> = by.keys().take(NAMED).map(|&of| finding.name(of)).collect();
        let more = if by.len() > NAMED { format!(" and {} more", by.len() - NAMED) } else { String::new() };
        let also = if own.is_empty() { "" } else { "also " };
        finding.say(format!("Through what it calls, it {also}**{what}** {}{more}.", names.join(", ")));
        by.values().take(NAMED).for_each(|&edge| finding.cite_edge(edge));
    }
}

/// What the statements of a file read, write and call, those in the routines that it defines included; and what it defines.
fn file_touches(asked: &Asked, finding: &mut Finding, file: NodeIx) {
    let graph = asked.graph();
    let mut ids: Vec<&str> = graph.node(file).defined.iter().map(|at| &*at.file_id).collect();
    ids.dedup();
    let stated: Vec<EdgeIx> = ids.into_iter().flat_map(|id| asked.snapshot.stated_in(id)).copied().collect();
    let relation = |n: NodeIx| graph.kind(n).is_relation();
    let ends = |wanted: &dyn Fn(&Edge) -> Option<NodeIx>| -> BTreeMap<NodeIx, EdgeIx> {
        stated.iter().filter_map(|&e| Some((wanted(graph.edge(e))?, e))).rev().collect()
    };
    let read = ends(&|e| (matches!(e.relation, Relation::Derives | Relation::Reads) && relation(e.to)).then_some(e.to));
    let written = ends(&|e| (e.relation == Relation::WrittenBy && relation(e.from)).then_some(e.from));
    let called = ends(&|e| (e.relation == Relation::Calls).then_some(e.to));
    // "What does the file define?"
    let defines_only = asked.reading.masked.split(' ').any(|w| ["defin", "creat", "declar"].iter().any(|stem| w.starts_with(stem)));
    let mut any = false;
    for (what, ends) in [("read", read), ("write", written), ("call", called)] {
        if ends.is_empty() || defines_only {
            continue;
        }
        any = true;
        finding.say(format!("Its statements, those of its routines included, **{what}**"));
        for (&node, &edge) in ends.iter().take(MAX_LISTED) {
            finding.put(Row::of(node).via(edge));
        }
        finding.more(ends.len(), MAX_LISTED);
    }
    any |= edge_list(asked, finding, file, "It **defines**", &related(graph.incoming(file), graph, Relation::DefinedIn));
    if !any {
        finding.say("Nothing that it reads, writes, calls or defines is known.");
    }
    flow::caveats(asked, finding);
    finding.next(format!("Which lineage does {} state?", finding.name(file)));
}

/// "Which procedures use table X?"
pub(super) fn used_by(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    let of_column = graph.kind(node) == Kind::Column;
    if !of_column && !graph.kind(node).is_relation() {
        return flow::downstream(asked, finding, node);
    }
    finding.cite(node);
    let name = finding.name(node);
    let mut readers = related(graph.incoming(node), graph, Relation::Reads);
    readers.extend(readers_of_own_target(graph, node));
    let writers = writers(graph, node);
    let triggers = related(graph.incoming(node), graph, Relation::FiresOn);
    // "What writes to X?" asks for no readers, "what deletes from X?" for no inserts.
    let word = |stems: &[&str]| asked.reading.masked.split(' ').any(|word| stems.iter().any(|stem| word.starts_with(stem)));
    let verbs: Vec<Change> = Change::ALL.into_iter().filter(|change| word(change.asked())).collect();
    let writes_only =
        (word(&["writ", "modif", "chang"]) || !verbs.is_empty()) && !word(&["read", "use", "using", "touch", "access", "reference"]);
    if of_column && !writes_only {
        return flow::downstream(asked, finding, node);
    }
    let views_only = !asked.kinds.is_empty() && asked.kinds.iter().all(|kind| matches!(kind, Kind::View | Kind::MaterializedView));
    if writes_only && views_only {
        finding.say(format!("No view writes {}: views only read.", finding.described(node)));
        return finding.next(format!("What writes {name}?"));
    }
    let any_verb = verbs.is_empty() || !writes_only || word(&["writ", "modif", "chang"]);
    let mut any = !writes_only && edge_list(asked, finding, node, &format!("{name} is **read** by"), &readers);
    let label = graph.node(graph.relation_of(node).unwrap_or(node)).label().to_lowercase();
    let mut by_change: BTreeMap<Option<Change>, Vec<(EdgeIx, Vec<&Evidence>)>> = BTreeMap::new();
    let mut merges = by_change.clone();
    for edge in writers {
        for (change, places) in changes(asked, edge, &label) {
            if any_verb || change.is_none_or(|c| verbs.contains(&c)) {
                by_change.entry(change).or_default().push((edge, places));
            } else if change == Some(Change::Merge) {
                merges.entry(change).or_default().push((edge, places));
            }
        }
    }
    // Where nothing else updates or inserts, what merges does.
    if by_change.is_empty() && verbs.iter().any(|c| matches!(c, Change::Insert | Change::Update)) {
        by_change.extend(merges);
    }
    for (change, edges) in &by_change {
        finding.say(change.map_or_else(|| format!("{name} is **written** by"), |c| format!("{name} is **{}** by", c.done())));
        for (edge, places) in edges.iter().take(MAX_LISTED) {
            // Of all statements of the edge, the one that does it.
            let at = places.first().and_then(|at| place(asked.snapshot, at)).map_or_else(String::new, |at| format!(", {at}"));
            let more = if places.len() > 1 { format!(" and {} more", places.len() - 1) } else { String::new() };
            finding.put(Row::of(graph.edge(*edge).to).after(format!(" — written by{at}{more}")).by(*edge));
        }
        finding.more(edges.len(), MAX_LISTED);
        any = true;
    }
    any |= writes_only && any_verb && made_by_itself(asked, finding, node);
    any |= !writes_only && edge_list(asked, finding, node, &format!("**Triggers** on {name}:"), &triggers);
    if !any {
        let uses = match verbs.as_slice() {
            [verb] if !any_verb => verb.does(),
            _ if writes_only => "writes",
            _ => "uses",
        };
        finding.say(format!("No procedure, function, trigger or script here {uses} {}.", finding.described(node)));
    }
    if of_column {
        writers_of_rows(asked, finding, node);
    }
    flow::caveats(asked, finding);
    finding.next(format!("What depends on {name}?"));
}

/// That the statement which defines a relation fills it, too: `CREATE TABLE … AS`, a view. `false` when it does not.
fn made_by_itself(asked: &Asked, finding: &mut Finding, node: NodeIx) -> bool {
    let graph = asked.graph();
    let whole = graph.relation_of(node).unwrap_or(node);
    let defined = &graph.node(whole).defined;
    let within = |at: &Evidence| defined.iter().find(|d| d.file_id == at.file_id && d.line <= at.line && at.line <= d.line_end);
    let flows =
        graph.outgoing(whole).map(|e| graph.edge(e)).filter(|e| e.relation == Relation::Derives && graph.kind(e.to) != Kind::Column);
    let Some(made) = flows.flat_map(|e| e.evidence.iter()).find_map(within) else { return false };
    let at = place(asked.snapshot, made).unwrap_or_default();
    let text = match graph.kind(whole) {
        Kind::View => format!("{} is a view: its own query makes its rows, {at}.", finding.name(whole)),
        Kind::MaterializedView => format!("{} is made by its own query (CREATE MATERIALIZED VIEW … AS), {at}.", finding.name(whole)),
        _ => format!("{} is made by the statement that defines it (CREATE … AS), {at}.", finding.name(whole)),
    };
    finding.state(Row::text(text).about(whole).place(made));
    true
}

/// What writes rows of a column's relation without naming the column in what it writes.
fn writers_of_rows(asked: &Asked, finding: &mut Finding, column: NodeIx) {
    let graph = asked.graph();
    let Some(relation) = graph.relation_of(column) else { return };
    let known: HashSet<NodeIx> = writers(graph, column).iter().map(|&e| graph.edge(e).to).collect();
    let mut others = writers(graph, relation);
    others.retain(|&e| !known.contains(&graph.edge(e).to));
    let title = format!("These write rows of {}, and do not name that column in what they write:", finding.name(relation));
    edge_list(asked, finding, relation, &title, &others);
}

/// Of routines and files that write `relation` and read it only for that (`DELETE … WHERE`, `SET a = a + 1`), an edge to a column each.
pub(super) fn readers_of_own_target(graph: &Graph, relation: NodeIx) -> Vec<EdgeIx> {
    let mut seen: HashSet<NodeIx> = graph.incoming(relation).map(|e| graph.edge(e).from).collect();
    let to_columns = graph.columns(relation).into_iter().flat_map(|column| graph.incoming(column));
    to_columns.filter(|&e| graph.edge(e).relation == Relation::Reads && seen.insert(graph.edge(e).from)).collect()
}

/// As [`readers_of_own_target`], of one routine.
fn reads_of_own_target(graph: &Graph, routine: NodeIx) -> Vec<EdgeIx> {
    let mut seen: HashSet<NodeIx> = graph.outgoing(routine).map(|e| graph.edge(e).to).collect();
    let reads = graph.outgoing(routine).filter(|&e| graph.edge(e).relation == Relation::Reads);
    reads.filter(|&e| graph.relation_of(graph.edge(e).to).is_some_and(|relation| seen.insert(relation))).collect()
}

/// How a statement changes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Insert,
    Update,
    Delete,
    Merge,
    Truncate,
}

impl Change {
    const ALL: [Change; 5] = [Change::Insert, Change::Update, Change::Delete, Change::Merge, Change::Truncate];

    /// The keyword.
    fn keyword(self) -> &'static str {
        match self {
            Change::Insert => "INSERT",
            Change::Update => "UPDATE",
            Change::Delete => "DELETE",
            Change::Merge => "MERGE",
            Change::Truncate => "TRUNCATE",
        }
    }

    /// Stems of the words that ask for it.
    fn asked(self) -> &'static [&'static str] {
        match self {
            Change::Insert => &["insert"],
            Change::Update => &["updat"],
            Change::Delete => &["delet"],
            Change::Merge => &["merg"],
            Change::Truncate => &["truncat"],
        }
    }

    fn done(self) -> &'static str {
        match self {
            Change::Insert => "inserted into",
            Change::Update => "updated",
            Change::Delete => "deleted from",
            Change::Merge => "merged into",
            Change::Truncate => "truncated",
        }
    }

    fn does(self) -> &'static str {
        match self {
            Change::Insert => "inserts into",
            Change::Update => "updates",
            Change::Delete => "deletes from",
            Change::Merge => "merges into",
            Change::Truncate => "truncates",
        }
    }
}

/// How the statements behind a `WRITTEN_BY` edge change the relation of that last name, by their keywords, and which do; under `None` when
/// none tells.
fn changes<'a>(asked: &Asked<'a>, edge: EdgeIx, label: &str) -> BTreeMap<Option<Change>, Vec<&'a Evidence>> {
    let places = &asked.snapshot.graph.edge(edge).evidence;
    let mut found: BTreeMap<Option<Change>, Vec<&Evidence>> = BTreeMap::new();
    for at in places.iter() {
        let told = text_of(asked.snapshot, at).map(|text| changes_in(&text, label)).unwrap_or_default();
        told.into_iter().for_each(|change| found.entry(Some(change)).or_default().push(at));
    }
    if found.is_empty() {
        found.insert(None, places.iter().collect());
    }
    found
}

/// See [`changes`], of one text.
fn changes_in(text: &str, label: &str) -> BTreeSet<Change> {
    /// Words between the keyword and the name.
    const BETWEEN: &[&str] = &["into", "from", "table", "only", "overwrite", "ignore", "or", "replace"];
    let words = code_words(text);
    let change = |word: &str| Change::ALL.into_iter().find(|c| c.keyword().eq_ignore_ascii_case(word));
    let mut found = BTreeSet::new();
    let mut first = None;
    let mut merged = false;
    for (at, word) in words.iter().enumerate() {
        let Some(one) = change(word) else { continue };
        let before = at.checked_sub(1).map_or("", |b| words[b]);
        // Not: `FOR UPDATE`, `ON DELETE CASCADE`, `AFTER INSERT`.
        if ["for", "on", "after", "before", "of", "."].iter().any(|w| before.eq_ignore_ascii_case(w)) && one != Change::Merge {
            continue;
        }
        // `THEN DELETE` of a MERGE, `DO UPDATE` of an INSERT: of the same relation.
        let of_same =
            merged && before.eq_ignore_ascii_case("then") || before.eq_ignore_ascii_case("do") || before.eq_ignore_ascii_case("key");
        let mut name = words[at + 1..].iter().skip_while(|w| BETWEEN.iter().any(|b| w.eq_ignore_ascii_case(b)));
        let mut last = name.next();
        while let (Some(&"."), part) = (name.next(), name.next()) {
            last = part;
        }
        let named = last.is_some_and(|last| last.eq_ignore_ascii_case(label));
        if named || of_same {
            found.insert(one);
        }
        merged = one == Change::Merge && named || merged && of_same;
        first = first.or(Some(one));
    }
    if found.is_empty() {
        // T-SQL's `UPDATE t … FROM x AS t`.
        found.extend(first);
    }
    found
}

/// The words of SQL and the dots between them, outside comments and strings.
fn code_words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let to = |end: Option<usize>| end.unwrap_or(rest.len());
        let length = if rest.starts_with("--") {
            to(rest.find('\n'))
        } else if rest.starts_with("/*") {
            to(rest.find("*/").map(|at| at + 2))
        } else if c == '\'' {
            to(rest[1..].find('\'').map(|at| at + 2))
        } else if c.is_alphanumeric() || matches!(c, '_' | '#' | '@' | '$') {
            let end = to(rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '#' | '@' | '$'))));
            words.push(&rest[..end]);
            end
        } else {
            if c == '.' {
                words.push(&rest[..1]);
            }
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    words
}

/// "Which job produces X?"
pub(super) fn producers(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    finding.cite(node);
    let writers = writers(graph, node);
    let name = finding.name(node);
    let mut any = edge_list(asked, finding, node, &format!("{name} is **written** by"), &writers);
    any |= made_by_itself(asked, finding, node);
    if !any {
        finding.say(format!("No procedure or script here writes {name}."));
    }
    writers_of_rows(asked, finding, node);
    // Who asks which procedure it is has the answer.
    if !any || asked.kinds.is_empty() || !asked.kinds.iter().all(|kind| kind.is_routine()) {
        flow::one_way(asked, finding, node, Direction::Upstream);
    }
    flow::caveats(asked, finding);
    finding.next(format!("What depends on {name}?"));
}

/// "Who calls P, and what does it call?"
pub(super) fn calls(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    finding.cite(node);
    let name = finding.name(node);
    let callers = related(graph.incoming(node), graph, Relation::Calls);
    if !edge_list(asked, finding, node, &format!("{name} is **called** by"), &callers) {
        finding.say(format!("Nothing here calls {}.", finding.described(node)));
    }
    if related(graph.outgoing(node), graph, Relation::Calls).is_empty() {
        finding.say(format!("{name} calls nothing that is known."));
    } else {
        finding.say(format!("{name} **calls**"));
        call_tree(asked, finding, node, 0, &mut HashSet::from([node]));
    }
    flow::caveats(asked, finding);
    finding.next(format!("What does {name} read and write?"));
}

/// What `node` calls, and what that calls: each routine's calls once, to [`MAX_CALLS`] levels.
fn call_tree(asked: &Asked, finding: &mut Finding, node: NodeIx, depth: usize, shown: &mut HashSet<NodeIx>) {
    let graph = asked.graph();
    for edge in related(graph.outgoing(node), graph, Relation::Calls).into_iter().take(MAX_LISTED) {
        let callee = graph.edge(edge).to;
        finding.put(Row::of(callee).at(depth).via(edge));
        if depth + 1 < MAX_CALLS && shown.len() < MAX_LISTED && shown.insert(callee) {
            call_tree(asked, finding, callee, depth + 1, shown);
        }
    }
}

/// The routines and files that write a relation, or name a column in what they write.
pub(super) fn writers(graph: &Graph, node: NodeIx) -> Vec<EdgeIx> {
    let writes = |e: &Edge| e.relation == Relation::WrittenBy && graph.kind(e.to) != Kind::Column;
    graph.outgoing(node).filter(|&e| writes(graph.edge(e))).collect()
}

/// Edges of a relation between whole assets: that a routine reads ten columns of a table is one line, the table's.
pub(super) fn related(edges: impl Iterator<Item = EdgeIx>, graph: &Graph, relation: Relation) -> Vec<EdgeIx> {
    let whole = |n: NodeIx| graph.node(n).kind != Kind::Column;
    let wanted = |e: &crate::graph::Edge| e.relation == relation && whole(e.from) && whole(e.to);
    edges.filter(|&e| wanted(graph.edge(e))).collect()
}

/// The other ends of `edges` (of a column its relation), under a title. `false` when there are none.
pub(super) fn edge_list(asked: &Asked, finding: &mut Finding, node: NodeIx, title: &str, edges: &[EdgeIx]) -> bool {
    if edges.is_empty() {
        return false;
    }
    finding.say(title);
    for &edge in edges.iter().take(MAX_LISTED) {
        let e = asked.graph().edge(edge);
        let other = if e.from == node { e.to } else { e.from };
        finding.put(Row::of(asked.graph().relation_of(other).unwrap_or(other)).via(edge));
    }
    finding.more(edges.len(), MAX_LISTED);
    true
}

#[cfg(test)]
mod tests {
    use super::{Change, changes_in};

    #[test]
    fn a_statement_changes_what_its_keyword_says() {
        use Change::{Delete, Insert, Merge, Truncate, Update};
        for (text, expected) in [
            ("INSERT INTO s.base (a) SELECT a FROM x", &[Insert][..]),
            ("insert into base select 1 on conflict (a) do update set a = 1", &[Insert, Update]),
            ("MERGE INTO base USING x ON base.a = x.a WHEN MATCHED THEN UPDATE SET a = 1", &[Update, Merge]),
            ("MERGE base t USING x ON 1 = 1 WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)", &[Insert, Delete, Merge]),
            ("WITH w AS (SELECT 1) DELETE FROM [s].[base] -- UPDATE base", &[Delete]),
            ("BEGIN DELETE FROM base; INSERT INTO other SELECT 'TRUNCATE base' FROM base; END", &[Delete]),
            ("UPDATE t SET a = 1 FROM base AS t", &[Update]),
            ("TRUNCATE TABLE base", &[Truncate]),
            ("SELECT a INTO base FROM x FOR UPDATE", &[]),
        ] {
            assert_eq!(changes_in(text, "base").into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
