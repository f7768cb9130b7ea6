//! A thousand questions whose answers are counted out from nodes and edges, one by one, with none of the code that answers.

use super::{FILE, knowledge, question, sample_files};
use crate::chat::builtin::finding::Finding;
use crate::chat::builtin::{Means, answer, find, understand};
use crate::graph::{EdgeIx, Evidence, Graph, NodeIx};
use crate::ingest::Snapshot;
use crate::lineage::{Kind, Relation};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Write;

const QUESTIONS: usize = 1_000;
/// Hops that an answer follows when the question names none.
const HOPS: u32 = 5;

/// Small, and the same on every machine.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

/// A warehouse of views on views, procedures that fill tables, foreign keys, and names that nothing defines.
pub(super) fn warehouse(dice: &mut Dice) -> String {
    let mut sql = String::new();
    for i in 0..14 {
        let key = if i > 2 { format!(" REFERENCES land.src_{} (id)", dice.below(i)) } else { String::new() };
        writeln!(sql, "CREATE TABLE land.src_{i} (id INT PRIMARY KEY, key_{i} INT{key}, amount_{i} NUMERIC(10, 2), noted_at TIMESTAMP);")
            .unwrap();
    }
    for i in 0..16 {
        let (a, b) = (dice.below(14), dice.below(14));
        let from = if i % 7 == 6 { format!("gone.ext_{i}") } else { format!("land.src_{a}") };
        let more = if a != b && i % 7 != 6 { format!(" JOIN land.src_{b} AS b ON b.id = a.key_{a}") } else { String::new() };
        writeln!(sql, "CREATE VIEW core.clean_{i} AS SELECT a.id AS item_id, a.amount_{a} * 2 AS doubled_{i} FROM {from} AS a{more};")
            .unwrap();
    }
    for i in 0..12 {
        writeln!(sql, "CREATE TABLE sales.total_{i} (item_id INT, total_amount NUMERIC(10, 2));").unwrap();
        let (a, next) = (dice.below(16), if i > 0 { format!(" CALL sales.fill_{}();", i - 1) } else { String::new() });
        writeln!(
            sql,
            "CREATE PROCEDURE sales.fill_{i}() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO sales.total_{i} (item_id, total_amount) \
             SELECT c.item_id, sum(c.doubled_{a}) FROM core.clean_{a} AS c GROUP BY c.item_id;{next} END; $$;"
        )
        .unwrap();
    }
    for i in 0..14 {
        let source = match (dice.below(3), i) {
            (0, 1..) => format!("bi.board_{}", dice.below(i)),
            (1, _) => format!("sales.total_{}", dice.below(12)),
            _ => format!("core.clean_{}", dice.below(16)),
        };
        writeln!(sql, "CREATE VIEW bi.board_{i} AS SELECT s.item_id, count(*) AS rows_{i} FROM {source} AS s GROUP BY s.item_id;").unwrap();
    }
    sql
}

/// What can be asked about: a phrasing with `{}` for each name.
struct Template {
    section: &'static str,
    intent: &'static str,
    text: String,
    arguments: &'static str,
    names: usize,
}

/// The phrasings of the file with their names taken out: those that spell them as the graph does.
fn templates() -> Vec<Template> {
    let mut section = "";
    let mut all = Vec::new();
    for line in FILE.lines().filter(|l| !l.is_empty() && !l.starts_with("##")) {
        if let Some(name) = line.strip_prefix("# ") {
            section = name;
            continue;
        }
        let fields: Vec<&str> = line.split('\t').collect();
        let (text, intent, arguments) = (fields[0], fields[1], fields.get(2).copied().unwrap_or(""));
        if text.contains(" // ") || arguments.contains('?') {
            continue;
        }
        let of_column = section == "columns matching";
        let names: Vec<&str> = match section {
            "list" | "no consumers" | "no producers" | "dangling" => Vec::new(),
            "columns matching" => vec![arguments.split(" (").next().unwrap_or("").rsplit('.').next().unwrap_or("")],
            _ => arguments.split(' ').filter(|a| a.parse::<u32>().is_err()).collect(),
        };
        let asked = matches!(
            section,
            "list"
                | "describe"
                | "defined in"
                | "columns matching"
                | "downstream"
                | "downstream n"
                | "upstream"
                | "column origin"
                | "roots"
                | "path"
                | "connected"
                | "fk in"
                | "reads writes"
                | "used by"
                | "calls"
                | "no consumers"
                | "no producers"
                | "dangling"
                | "column by kind"
                | "writes a column"
        );
        let plain_list = section != "list" || arguments.split(' ').all(|a| Kind::ALL.iter().any(|k| k.as_str() == a));
        let spelt = names.iter().all(|n| !n.is_empty() && text.contains(n)) && (!of_column || !text.contains('*'));
        // What produces a relation is told with what feeds it.
        let plain_writers = section != "writes a column" || intent == "UsedBy";
        if asked && spelt && plain_list && plain_writers {
            let text = names.iter().fold(text.to_owned(), |t, n| t.replacen(n, "{}", 1));
            all.push(Template { section, intent, text, arguments, names: names.len() });
        }
    }
    all
}

/// A graph as lists, to count in.
struct Facts<'a> {
    graph: &'a Graph,
    /// Of the files, by id.
    texts: HashMap<String, String>,
    edges: Vec<(NodeIx, Relation, NodeIx)>,
}

impl<'a> Facts<'a> {
    fn of(snapshot: &'a Snapshot, files: &[(String, String)]) -> Facts<'a> {
        let graph = &*snapshot.graph;
        let text = |path: &str| files.iter().find(|(p, _)| p == path).map_or_else(String::new, |(_, text)| text.clone());
        let texts = snapshot.files.values().map(|f| (f.id.to_string(), text(&f.path))).collect();
        Facts { graph, texts, edges: graph.linked.edges.iter().map(|e| (e.from, e.relation, e.to)).collect() }
    }

    fn nodes(&self) -> impl Iterator<Item = NodeIx> + use<> {
        0..self.graph.linked.nodes.len() as NodeIx
    }

    fn kind(&self, n: NodeIx) -> Kind {
        self.graph.linked.nodes[n as usize].kind
    }

    fn name(&self, n: NodeIx) -> Cow<'a, str> {
        self.graph.linked.nodes[n as usize].name()
    }

    /// Whether data, or a call, passes along the edge at the level of `n`.
    fn flows(&self, (from, relation, to): (NodeIx, Relation, NodeIx), columns: bool) -> bool {
        let level = |n| (self.kind(n) == Kind::Column) == columns;
        let passes = match relation {
            Relation::Derives => true,
            Relation::Reads | Relation::WrittenBy | Relation::Calls | Relation::FiresOn => !columns,
            _ => false,
        };
        passes && level(from) && level(to)
    }

    /// What is within `hops`, without the start. Code is passed to who calls it only. A column's way down ends at what uses it.
    fn reach(&self, start: NodeIx, up: bool, hops: u32) -> BTreeSet<NodeIx> {
        let columns = self.kind(start) == Kind::Column;
        let is_code = |n| matches!(self.kind(n), Kind::Procedure | Kind::Function | Kind::Trigger | Kind::File);
        let passes = |source, relation| source == start || !is_code(source) || relation == Relation::Calls;
        let (mut far, mut open) = (VecDeque::from([(start, 0)]), HashSet::from([start]));
        let mut seen = HashSet::from([start]);
        while let Some((at, depth)) = far.pop_front() {
            if depth == hops || (self.kind(at) == Kind::Column) != columns {
                continue;
            }
            for &(from, relation, to) in &self.edges {
                let (here, there) = if up { (from, to) } else { (to, from) };
                let uses = columns && !up && self.kind(from) != Kind::Column && matches!(relation, Relation::Derives | Relation::Reads);
                if here != at || !uses && !self.flows((from, relation, to), columns) || !up && !passes(at, relation) {
                    continue;
                }
                seen.insert(there);
                if (!up || passes(there, relation)) && open.insert(there) {
                    far.push_back((there, depth + 1));
                }
            }
        }
        seen.remove(&start);
        seen.into_iter().collect()
    }

    /// The other ends of edges between whole assets.
    fn ends(&self, n: NodeIx, relations: &[Relation], outgoing: bool) -> BTreeSet<NodeIx> {
        let wanted = self.edges.iter().filter(|(from, r, to)| {
            relations.contains(r)
                && self.kind(*from) != Kind::Column
                && self.kind(*to) != Kind::Column
                && n == if outgoing { *from } else { *to }
        });
        wanted.map(|&(from, _, to)| if outgoing { to } else { from }).collect()
    }

    /// The relation of a column; of anything else itself.
    fn home(&self, n: NodeIx) -> NodeIx {
        self.edges.iter().find(|(from, r, _)| *r == Relation::ColumnOf && *from == n).map_or(n, |(.., to)| *to)
    }

    /// Whether the statement that defines a relation says what its rows are made of.
    fn made_by_itself(&self, n: NodeIx) -> bool {
        let inside = |at: &Evidence| {
            let defined = &self.graph.node(n).defined;
            defined.iter().any(|d| d.file_id == at.file_id && d.line <= at.line && at.line <= d.line_end)
        };
        let edges = self.graph.linked.edges.iter().filter(|e| e.from == n && e.relation == Relation::Derives);
        edges.filter(|e| self.kind(e.to) != Kind::Column).flat_map(|e| e.evidence.iter()).any(inside)
    }

    /// The code that reads columns of a relation, be it only to change its rows.
    fn reads_columns_of(&self, relation: NodeIx) -> BTreeSet<NodeIx> {
        let columns = self.edges.iter().filter(|(_, r, to)| *r == Relation::ColumnOf && *to == relation);
        let columns: HashSet<NodeIx> = columns.map(|(column, ..)| *column).collect();
        let readers = self.edges.iter().filter(|(_, r, to)| *r == Relation::Reads && columns.contains(to));
        readers.map(|&(from, ..)| from).collect()
    }

    fn fed(&self, n: NodeIx) -> bool {
        let columns = self.kind(n) == Kind::Column;
        self.edges.iter().any(|&(from, r, to)| {
            from == n && to != n && (r == Relation::Derives && (self.kind(to) == Kind::Column) == columns || r == Relation::WrittenBy)
        })
    }

    fn feeds(&self, n: NodeIx) -> bool {
        let whole = |x: NodeIx| self.kind(x) != Kind::Column;
        self.edges.iter().any(|&(from, r, to)| to == n && from != n && whole(from) && matches!(r, Relation::Derives | Relation::Reads))
    }

    /// Whether the lines by which `writer` writes `table`, or a column of one, have `verb` right before its name, or in an alternative of a MERGE or a conflict.
    fn changes(&self, writer: NodeIx, table: NodeIx, verb: &str) -> bool {
        const VERBS: [&str; 5] = ["insert", "update", "delete", "merge", "truncate"];
        let label = self.graph.node(self.home(table)).label().to_lowercase();
        let edges = self.graph.linked.edges.iter().filter(|e| e.relation == Relation::WrittenBy && (e.from, e.to) == (table, writer));
        edges.flat_map(|e| e.evidence.iter()).any(|at| {
            let text = self.texts[&*at.file_id].lines().skip(at.line as usize - 1).take((at.line_end - at.line + 1) as usize);
            let words: Vec<String> =
                text.flat_map(|l| l.split(|c: char| !c.is_alphanumeric() && c != '_')).map(str::to_lowercase).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).filter(|w| !w.is_empty()).collect();
            let of_table = |at: usize| words[at + 1..].iter().take(4).any(|w| *w == label);
            let other = |at: usize| at > 0 && matches!(words[at - 1], "then" | "do" | "key");
            let tied = |verb: &str| (0..words.len()).any(|at| words[at] == verb && (of_table(at) || other(at)));
            // Of `UPDATE o … FROM t AS o` the first keyword tells; what none tells could be any of them.
            if VERBS.into_iter().any(tied) { tied(verb) } else { words.iter().find(|w| VERBS.contains(w)).is_none_or(|w| *w == verb) }
        })
    }

    fn relation(&self, n: NodeIx) -> bool {
        self.kind(n).is_relation()
    }
}

/// Which nodes a template's `{}` may be.
fn candidates(facts: &Facts, section: &str, intent_kinds: &str) -> Vec<NodeIx> {
    let wanted = |n: NodeIx| match section {
        "column origin" | "column by kind" | "writes a column" => facts.kind(n) == Kind::Column && !facts.name(n).contains(' '),
        "columns matching" => facts.kind(n) == Kind::Column && facts.graph.node(n).label().contains('_'),
        "reads writes" | "calls" => facts.kind(n).is_routine(),
        "roots" if intent_kinds.matches('.').count() == 2 => facts.kind(n) == Kind::Column,
        _ => facts.relation(n) && facts.name(n).contains(['.', '_']),
    };
    facts.nodes().filter(|&n| wanted(n)).collect()
}

/// What the answer must list, as names.
fn truth(facts: &Facts, template: &Template, asked: &[NodeIx]) -> BTreeSet<String> {
    let words: Vec<&str> = template.text.split([' ', ',', '?']).collect();
    let (tables, views) = (words.contains(&"tables"), words.contains(&"views"));
    let of_kind = |n: &NodeIx| match facts.kind(*n) {
        Kind::Table | Kind::External => tables || !views,
        Kind::View | Kind::MaterializedView => views || !tables,
        _ => !tables && !views,
    };
    let is_table = |n: &NodeIx| !views || tables || matches!(facts.kind(*n), Kind::View | Kind::MaterializedView);
    let hops = template.arguments.split(' ').find_map(|a| a.parse().ok()).unwrap_or(HOPS);
    let relations = || facts.nodes().filter(|&n| facts.relation(n));
    let found: BTreeSet<NodeIx> = match template.section {
        "upstream" | "column origin" => {
            let all = facts.reach(asked[0], true, hops);
            if facts.kind(asked[0]) == Kind::Column { all } else { all.into_iter().filter(of_kind).collect() }
        }
        "downstream" | "downstream n" => {
            let all = facts.reach(asked[0], false, hops);
            (&all | &facts.reads_columns_of(asked[0])).into_iter().filter(of_kind).collect()
        }
        "column by kind" => {
            let all = facts.reach(asked[0], template.intent == "Upstream", hops).into_iter().map(|n| facts.home(n));
            all.filter(|n| *n != facts.home(asked[0]) && of_kind(n)).collect()
        }
        "writes a column" => {
            let home = facts.home(asked[0]);
            let of = |n: NodeIx| facts.edges.iter().filter(move |(from, r, _)| *from == n && *r == Relation::WrittenBy).map(|(.., to)| *to);
            let verb = ["insert", "update"].into_iter().find(|verb| template.text.contains(verb));
            let itself = facts.made_by_itself(home) && verb.is_none();
            let not_asked = |w: &NodeIx| verb.is_some_and(|verb| of(asked[0]).any(|x| x == *w) && !facts.changes(*w, asked[0], verb));
            of(home).filter(|w| !not_asked(w)).chain(itself.then_some(home)).collect()
        }
        "roots" => {
            let data = |n: &NodeIx| facts.relation(*n) || facts.kind(*n) == Kind::Column;
            let derived = |n: NodeIx| facts.edges.iter().any(|&(from, r, to)| from == n && to != n && r == Relation::Derives);
            facts.reach(asked[0], true, 20).into_iter().filter(|n| data(n) && !derived(*n)).collect()
        }
        "describe" => {
            let columns = facts.edges.iter().filter(|(_, r, to)| *r == Relation::ColumnOf && *to == asked[0]);
            return columns.map(|(c, ..)| facts.graph.node(*c).label().to_owned()).collect();
        }
        "defined in" => {
            let place = |e: &Evidence| format!("{}:{}", &*e.file_id, e.line);
            let defined: BTreeSet<String> = facts.graph.node(asked[0]).defined.iter().map(place).collect();
            let naming = facts.graph.linked.edges.iter().filter(|e| e.from == asked[0] || e.to == asked[0]);
            return if defined.is_empty() { naming.flat_map(|e| &e.evidence).map(place).collect() } else { defined };
        }
        "columns matching" => {
            let label = facts.graph.node(asked[0]).label();
            let same = |n: NodeIx| facts.kind(n) == Kind::Column && facts.graph.node(n).label().eq_ignore_ascii_case(label);
            facts.edges.iter().filter(|(c, r, _)| *r == Relation::ColumnOf && same(*c)).map(|&(_, _, t)| t).filter(is_table).collect()
        }
        "fk in" => facts.ends(asked[0], &[Relation::References], false),
        "used by" => {
            let writers = facts.ends(asked[0], &[Relation::WrittenBy], true);
            // Who asks what writes is not told what reads.
            let others = ["read", "us", "touch", "access", "reference"].iter().any(|word| template.text.contains(word));
            let verb = ["insert", "update", "delete"].into_iter().find(|verb| template.text.contains(verb));
            // No procedure of either house changes one relation in two ways that one verb would have to tell apart.
            if let Some(verb) = verb.filter(|_| !others) {
                writers.into_iter().filter(|&w| facts.changes(w, asked[0], verb)).collect()
            } else if others {
                &facts.ends(asked[0], &[Relation::Reads, Relation::FiresOn], false) | &writers
            } else {
                writers.into_iter().chain(facts.made_by_itself(asked[0]).then_some(asked[0])).collect()
            }
        }
        "reads writes" => {
            let given = facts.ends(asked[0], &[Relation::Reads, Relation::Calls, Relation::FiresOn], true);
            &given | &facts.ends(asked[0], &[Relation::WrittenBy], false)
        }
        "calls" => &facts.ends(asked[0], &[Relation::Calls], true) | &facts.ends(asked[0], &[Relation::Calls], false),
        "path" | "connected" => {
            let meets = facts.reach(asked[0], true, 1_000).contains(&asked[1]) || facts.reach(asked[0], false, 1_000).contains(&asked[1]);
            return BTreeSet::from([if meets { "Yes" } else { "No" }.to_owned()]);
        }
        "no consumers" => relations().filter(|&n| !facts.feeds(n) && is_table(&n)).collect(),
        "no producers" => relations().filter(|&n| facts.feeds(n) && !facts.fed(n)).collect(),
        "dangling" => facts.nodes().filter(|&n| facts.kind(n) == Kind::External).collect(),
        "list" => {
            let kinds: Vec<&str> = template.arguments.split(' ').collect();
            facts.nodes().filter(|&n| kinds.contains(&facts.kind(n).as_str())).collect()
        }
        other => panic!("{other}"),
    };
    found.into_iter().map(|n| facts.name(n).into_owned()).collect()
}

/// What an answer lists.
fn listed(section: &str, finding: &Finding) -> BTreeSet<String> {
    let Snapshot { graph, files, .. } = &*finding.snapshot;
    // What is below the first level of a tree is there for another reason.
    let rows = finding.rows().filter(|row| row.depth == 0);
    match section {
        "describe" => rows.filter_map(|row| row.node).map(|n| graph.node(n).label().to_owned()).collect(),
        "path" | "connected" => BTreeSet::from([if finding.paths.is_empty() { "No" } else { "Yes" }.to_owned()]),
        "defined in" => rows.filter_map(|row| row.place.as_ref()).map(|e| format!("{}:{}", files[&e.file_id].path, e.line)).collect(),
        _ => {
            // Its own keys and joins stand beside those that refer to it.
            let asked = |edge: EdgeIx| section != "fk in" || graph.edge(edge).relation == Relation::References;
            let rows = rows.filter(|row| row.edge.map_or(section != "fk in", asked));
            rows.filter_map(|row| row.node).map(|n| graph.node(n).name().into_owned()).collect()
        }
    }
}

#[test]
fn a_thousand_answers_are_what_the_graph_says() {
    let mut dice = Dice(7);
    let built = vec![("house.sql".to_owned(), warehouse(&mut dice))];
    let files = [sample_files(), built];
    let houses = files.clone().map(knowledge);
    let templates = templates();
    let sections: Vec<&str> = templates.iter().map(|t| t.section).fold(Vec::new(), |mut all, s| {
        if all.last() != Some(&s) {
            all.push(s);
        }
        all
    });
    assert!(sections.len() >= 20, "{sections:?}");
    let (mut understood, mut exact, mut empty) = (0, 0, 0);
    let (mut wrong, mut invented): (Vec<String>, Vec<String>) = Default::default();
    for turn in 0..QUESTIONS {
        let knowledge = &houses[turn % 2];
        let snapshot = knowledge.all().remove(0);
        let facts = Facts::of(&snapshot, &files[turn % 2]);
        let of_section: Vec<&Template> = templates.iter().filter(|t| t.section == sections[turn / 2 % sections.len()]).collect();
        let template = of_section[dice.below(of_section.len())];
        let candidates = candidates(&facts, template.section, template.arguments);
        let mut asked: Vec<NodeIx> = Vec::new();
        while asked.len() < template.names {
            let one = candidates[dice.below(candidates.len())];
            if !asked.contains(&one) {
                asked.push(one);
            }
        }
        let spelt = |n: NodeIx| if template.section == "columns matching" { facts.graph.node(n).label().into() } else { facts.name(n) };
        let text = asked.iter().fold(template.text.clone(), |t, &n| t.replacen("{}", &spelt(n), 1));
        let question = question(&text);
        let intent = format!("{:?}", understand(&snapshot, Means::default(), &question).intent);
        if intent != template.intent {
            wrong.push(format!("{text}: {intent}"));
            continue;
        }
        understood += 1;
        let (findings, _) = find(knowledge, Means::default(), &question);
        let answer = answer(knowledge, Means::default(), &question);
        let mut expected = truth(&facts, template, &asked);
        if template.section == "defined in" {
            let path = |place: &String| {
                let (id, line) = place.rsplit_once(':').unwrap();
                format!("{}:{line}", snapshot.files[id].path)
            };
            expected = expected.iter().map(path).collect();
        }
        empty += usize::from(expected.is_empty());
        let [finding] = findings.as_slice() else { panic!("{text}: {} findings", findings.len()) };
        assert_eq!(finding.total(), finding.rows().count(), "{text}");
        for node in finding.rows().filter(|row| row.depth == 0 && row.cells.is_empty()).filter_map(|row| row.node) {
            assert!(answer.response.contains(&*facts.graph.node(node).name()) || template.section == "fk in", "{text}: a row is not told");
        }
        let found = listed(template.section, finding);
        if found == expected {
            exact += 1;
        } else {
            let (more, less): (Vec<_>, Vec<_>) = (found.difference(&expected).collect(), expected.difference(&found).collect());
            wrong.push(format!("{text}: too much {more:?}, missing {less:?}"));
        }
        invented.extend(strange_names(&facts, &answer.response).map(|n| format!("{text}: {n}")));
        invented.extend(answer.next_actions.iter().flat_map(|next| strange_names(&facts, next)).map(|n| format!("{text}: {n}, next")));
    }
    let report = || format!("{understood} understood, {exact} exact, {empty} of them with nothing to list\n{}", wrong.join("\n"));
    assert_eq!((understood, exact), (QUESTIONS, QUESTIONS), "{}", report());
    assert!(empty * 3 < QUESTIONS, "{}", report());
    assert!(invented.is_empty(), "{}", invented.join("\n"));
}

/// Code spans that are neither a name of the graph nor an expression or a type that it states.
fn strange_names<'a>(facts: &'a Facts, text: &'a str) -> impl Iterator<Item = &'a str> {
    let nodes = &facts.graph.linked.nodes;
    let known = move |span: &str| {
        nodes.iter().any(|n| n.name() == span || n.label() == span || n.column.data_type == span || n.signature == span)
            || facts
                .graph
                .linked
                .edges
                .iter()
                .any(|e| e.transformation.as_ref().is_some_and(|t| t.replace('`', "'").replace('\n', " ") == span))
    };
    let fixed = |span: &str| span == "default" || span.starts_with("GET ");
    text.lines().flat_map(|l| l.split('`').skip(1).step_by(2)).filter(move |span| !known(span) && !fixed(span))
}
