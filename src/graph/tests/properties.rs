//! What holds of any files and any history of them.

use super::*;
use crate::graph::walk::{Direction, Level, Limits, Walk, impact, impact_of_all, walk};
use proptest::prelude::*;
use std::collections::{HashSet, VecDeque};

fn statement() -> impl Strategy<Value = String> {
    let table = || proptest::sample::select(vec!["a", "b", "s.a", "dbo.a", "d.s.a", "public.b", "s.b", "c"]);
    prop_oneof![
        table().prop_map(|t| format!("table {t}(x, y)")),
        (table(), table()).prop_map(|(v, t)| format!("view {v} = *{t} z:{t}.x ?{t}.y")),
        (table(), table()).prop_map(|(a, b)| format!("{a} <- {b}")),
        (table(), table()).prop_map(|(a, b)| format!("insert {a} = p:{b}.x q:{a}|{b}.y")),
        table().prop_map(|t| format!("read {t}")),
        Just("exec a".to_owned()),
    ]
}

fn files() -> impl Strategy<Value = Vec<(String, String, String)>> {
    let dialect = proptest::sample::select(vec!["tsql", "postgres", "mysql", ""]);
    let file = (dialect, proptest::collection::vec(statement(), 0..5), 0..2u8);
    proptest::collection::vec(file, 0..6).prop_map(|files| {
        let named = files.into_iter().enumerate();
        named.map(|(n, (dialect, lines, repo))| (format!("r{repo}/{n}.sql"), dialect.to_owned(), lines.join("\n"))).collect()
    })
}

/// More kinds of statements than [`statement`], so that files depend on each other in every way there is.
fn entangled() -> impl Strategy<Value = String> {
    let table = || proptest::sample::select(vec!["a", "A", "s.a", "dbo.a", "d.s.a", "b", "s.B"]);
    let column = || proptest::sample::select(vec!["x", "X", "y", "w"]);
    prop_oneof![
        4 => statement(),
        1 => (table(), column(), table()).prop_map(|(t, c, u)| format!("table {t}({c}, k>{u}.x)")),
        1 => (table(), table(), table()).prop_map(|(v, t, u)| format!("view {v} = *{t} *{u}-y")),
        2 => (table(), table(), table()).prop_map(|(f, t, u)| format!("func {f} = *{t} p:{u}.x\n{f}() <- {t}\n{f}() <- {u}()")),
        1 => (table(), table(), table()).prop_map(|(f, g, t)| format!("func {f}(x, y) = *{g}() UNION q:{t}.y r:{g}().x")),
        1 => (table(), table(), table()).prop_map(|(v, f, t)| format!("view {v} = *{f}() z:{f}()|{t}.y ?{f}().p\n{v} <- {f}()")),
        1 => (table(), table()).prop_map(|(t, f)| format!("insert {t} = *{f}()\ninsert {t}(w) = :{f}().$2\nread {f}()")),
        1 => (table(), table()).prop_map(|(v, t)| format!("view {v}(one, two) = *{t} UNION p:{t}.x q:{t}.w")),
        1 => (table(), column(), table(), column()).prop_map(|(t, c, u, d)| format!("insert {t}({c}) = :{u}.{d}")),
        1 => (table(), table()).prop_map(|(t, u)| format!("insert {t} = *{u}")),
        1 => (table(), table(), column()).prop_map(|(v, t, c)| format!("view {v} = {c}:{t}.{c} z:{t}|b.{c}+{t}.y")),
        1 => table().prop_map(|t| format!("trigger touch on {t}")),
        1 => table().prop_map(|t| format!("proc {t}\n{t} reads b\n{t} calls s.a")),
        1 => (table(), table()).prop_map(|(p, t)| format!("proc {p}\n{p}: uses {t}.*\n{p}: uses {t}.W")),
        1 => table().prop_map(|t| format!("{t} by b")),
        2 => (table(), table()).prop_map(|(s, t)| format!("synonym {s} for {t}")),
        1 => table().prop_map(|t| format!("table {t}(x!, y)")),
        1 => (table(), table()).prop_map(|(t, u)| format!("insert {t} = :{u}.y\ninsert {t} = x:{u}.@ y:{u}.a")),
        1 => (table(), table(), table()).prop_map(|(t, f, g)| format!("insert {t}(x) = :{f}()|{g}().p\nfunc {f} = p:b.x+b.y")),
        1 => (table(), column(), table()).prop_map(|(t, c, f)| format!("pass {t}.{c} to {f}")),
        1 => (table(), column(), table()).prop_map(|(t, c, f)| format!("func {f}\nkeep {f} in {t}.{c}")),
        1 => (table(), table()).prop_map(|(f, t)| format!("{f}\u{1e}fired() <- {t}")),
        1 => (table(), table()).prop_map(|(f, t)| format!("fires {f} on {t}")),
        2 => (table(), column(), column()).prop_map(|(t, c, said)| format!("alter {t}.{c} {said}")),
        2 => (table(), table()).prop_map(|(f, t)| format!("func {f}\ninsert {t}(x) = :{f}\u{1e}fired().y\n{t} <- {f}\u{1e}fired()")),
    ]
}

/// What happens to the file of a number: it says something (in a dialect, in a repository, as one of two paths), or it goes.
type Step = (u8, Option<(&'static str, u8, bool, Vec<String>)>, u8);

fn history() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let dialect = proptest::sample::select(vec!["tsql", "postgres", ""]);
    let said = (dialect, 0..2u8, proptest::bool::weighted(0.2), proptest::collection::vec(entangled(), 0..5));
    let step = (0..5u8, proptest::option::weighted(0.8, said), 0..8u8);
    proptest::collection::vec(proptest::collection::vec(step, 1..4), 1..8)
}

fn by_hand(which: u8) -> Vec<Manual> {
    let properties = || serde_json::from_value(serde_json::json!({"note": "seen"})).unwrap();
    let entity = |id: &str, entity_type: &str| Manual::Entity {
        id: id.into(),
        entity_type: entity_type.into(),
        name: String::new(),
        properties: properties(),
    };
    let relate = |source: &str, target: &str, relation: &str| Manual::Relationship {
        source: format!("urn:headwater:p:{source}"),
        target: format!("urn:headwater:p:{target}"),
        relation: relation.into(),
        properties: properties(),
    };
    let all = [
        vec![entity("a", "table"), entity("urn:headwater:p:external:b", "x"), entity("dash", "dashboard")],
        vec![relate("table:a", "table:s.a", "derives"), relate("view:b", "table:a", "shows")],
        vec![relate("column:s.a.x", "external:s.a", "column_of"), relate("external:b", "table:a", "reads")],
    ];
    all.into_iter().enumerate().filter(|(n, _)| which & 1 << n != 0).flat_map(|(_, manual)| manual).collect()
}

fn arrows() -> impl Strategy<Value = (Vec<(u8, u8)>, u8, u8)> {
    (proptest::collection::vec((0..9u8, 0..9u8), 0..24), 0..9u8, 0..9u8)
}

fn graph_of(arrows: &[(u8, u8)]) -> (Graph, Vec<NodeIx>) {
    let mut script: String = (0..9).map(|n| format!("table t{n}(x)\n")).collect();
    script.extend(arrows.iter().map(|(a, b)| format!("t{a} <- t{b}\n")));
    let g = graph(&script);
    let nodes = (0..9).map(|n| g.resolve(&format!("t{n}"))[0]).collect();
    (g, nodes)
}

proptest! {
    #![proptest_config(crate::properties::config())]

    #[test]
    fn a_name_is_found_as_it_is_listed(names in proptest::collection::vec("[a-bA-B\"'`;\\[\\] .%ä-]{1,6}", 1..5)) {
        let tables = names.iter().filter(|n| !n.trim().is_empty()).map(|n| crate::lineage::Asset {
            kind: Kind::Table,
            name: crate::lineage::Name::new(["s", n.as_str()]),
            ..facts("", "table t(a)").assets.remove(0)
        });
        let said = Arc::new(Facts { assets: tables.collect(), ..facts("", "") });
        let g = Graph::build("p", link("p", &[FileFacts { file_id: "f", repository_id: "r", repository: "r", path: "f", facts: &said }], &[]));
        for ix in 0..g.linked.nodes.len() as NodeIx {
            prop_assert!(g.resolve(&g.node(ix).name()).contains(&ix), "{:?}", g.node(ix).name());
            let whole: Vec<NodeIx> = g.resolve(&g.node(ix).name()).into_iter().filter(|ix| g.relation_of(*ix).is_none()).collect();
            prop_assert_eq!(g.resolve_whole(&g.node(ix).name()), whole);
            if g.kind(ix) == Kind::Column {
                let label = g.node(ix).label().to_uppercase();
                let called = |n: &NodeIx| g.kind(*n) == Kind::Column && g.node(*n).label().to_uppercase() == label;
                let all: Vec<NodeIx> = (0..g.linked.nodes.len() as NodeIx).filter(called).collect();
                prop_assert_eq!(g.columns_called(&label).collect::<Vec<_>>(), all.clone());
                prop_assert!(all.iter().all(|n| g.resolve(&label).contains(n)));
            }
        }
    }

    #[test]
    fn ids_change_nothing(files in files(), salt in any::<u64>(), by_hand_too in 0..8u8) {
        // Files of one path in two repositories, too.
        let said: Vec<(String, String, Arc<Facts>)> = files.iter().enumerate().map(|(n, (_, dialect, script))| {
            (format!("{}.sql", n / 2), format!("repository {}", n % 2), facts(dialect, script).into())
        }).collect();
        let known = |salt: u64| {
            let mix = |n: usize| (n as u64 + 1).wrapping_mul(salt | 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            let ids: Vec<(String, String)> = (0..said.len()).map(|n| (format!("<f{:x}-{n}>", mix(n)), format!("<r{:x}-{}>", mix(n % 2), n % 2))).collect();
            let inputs: Vec<FileFacts<'_>> = said.iter().zip(&ids).map(|((path, repository, facts), (id, of))| {
                FileFacts { file_id: id, repository_id: of, repository, path, facts }
            }).collect();
            let linked = link("p", &inputs, &by_hand(by_hand_too));
            let name = |text: String| {
                let in_place = |text: String, (n, (id, of)): (usize, &(String, String))| text.replace(id, &format!("file {n}")).replace(of, &format!("repository {}", n % 2));
                ids.iter().enumerate().fold(text, in_place)
            };
            let node = |n: &Arc<crate::graph::Node>| name(format!("{n:?}"));
            let end = |ix: NodeIx| linked.nodes[ix as usize].urn("p");
            let edge = |e: &crate::graph::Edge| {
                name(format!("{} {:?} {} {:?} {} {:?}", end(e.from), e.relation, end(e.to), e.subtypes, e.confidence, e.detail))
            };
            linked.nodes.iter().map(node).chain(linked.edges.iter().map(edge)).collect::<std::collections::BTreeSet<String>>()
        };
        prop_assert_eq!(known(0), known(salt));
    }

    #[test]
    fn the_order_of_files_changes_nothing(files in files(), seed in any::<u64>()) {
        let facts: Vec<Arc<Facts>> = files.iter().map(|(_, d, s)| facts(d, s).into()).collect();
        let mut inputs: Vec<FileFacts<'_>> = files.iter().zip(&facts).map(|((path, ..), facts)| {
            let (repository_id, path) = path.split_once('/').unwrap();
            FileFacts { file_id: path, repository_id, repository: repository_id, path, facts }
        }).collect();
        let before = link("p", &inputs, &[]);
        let mut state = seed;
        for i in (1..inputs.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            inputs.swap(i, (state >> 33) as usize % (i + 1));
        }
        prop_assert_eq!(&before, &link("p", &inputs, &[]));
        prop_assert!(before.nodes.windows(2).all(|w| w[0].urn("p") < w[1].urn("p")));
        prop_assert!(before.edges.windows(2).all(|w| (w[0].from, w[0].to, w[0].relation) < (w[1].from, w[1].to, w[1].relation)));
        prop_assert!(before.edges.iter().all(|e| !e.evidence.is_empty()));
    }

    #[test]
    fn after_any_history_a_graph_is_that_of_the_files_that_are_there(history in history()) {
        type Said = (String, String, Arc<Facts>);
        let mut there: std::collections::BTreeMap<String, Said> = Default::default();
        let mut linker = Linker::new("p");
        for update in history {
            let (mut changed, mut removed): (std::collections::BTreeMap<String, Said>, HashSet<String>) = Default::default();
            let manual = by_hand(update[0].2);
            for (n, said, _) in update {
                let id = format!("id {n}");
                changed.remove(&id);
                match said {
                    None => {
                        removed.insert(id);
                    }
                    Some((dialect, repository, elsewhere, lines)) => {
                        let path = if elsewhere { "0.sql".to_owned() } else { format!("{n}.sql") };
                        changed.insert(id, (format!("r{repository}"), path, facts(dialect, &lines.join("\n")).into()));
                    }
                }
            }
            there.retain(|id, _| !removed.contains(id));
            there.extend(changed.clone());
            fn files(said: &std::collections::BTreeMap<String, Said>) -> Vec<FileFacts<'_>> {
                let file = |(id, (repository, path, facts))| FileFacts { file_id: id, repository_id: repository, repository, path, facts };
                said.iter().map(|(id, said)| file((id.as_str(), (said.0.as_str(), said.1.as_str(), &said.2)))).collect()
            }
            let removed: Vec<&str> = removed.iter().map(String::as_str).collect();
            // Some one by one ahead of the update, in any order.
            let all = files(&changed);
            let early = |(n, file): &(usize, FileFacts<'_>)| n % 2 == 0 && !removed.contains(&file.file_id);
            let (early, rest): (Vec<_>, Vec<_>) = all.into_iter().rev().enumerate().partition(early);
            early.iter().for_each(|(_, file)| linker.read(&[*file], &[]));
            let rest: Vec<FileFacts<'_>> = rest.into_iter().map(|(_, file)| file).collect();
            let graph = linker.update(&rest, &removed, &manual);
            let fresh = Graph::build("p", link("p", &files(&there), &manual));
            prop_assert_eq!(&graph.linked, &fresh.linked);
            prop_assert_eq!(&graph.outgoing, &fresh.outgoing);
            prop_assert_eq!(&graph.incoming, &fresh.incoming);
            prop_assert_eq!(&graph.spellings, &fresh.spellings);
            let read = saved::read("p", &saved::write(&graph, &[0; 32])).expect("it is what was written");
            prop_assert_eq!(&read.linked, &fresh.linked);
        }
    }

    #[test]
    fn a_walk_reaches_what_a_naive_one_reaches((arrows, start, _) in arrows(), depth in 0..5u32) {
        let (g, nodes) = graph_of(&arrows);
        let found = walk(&g, nodes[start as usize], Direction::Upstream, Level::Table, Limits { depth, nodes: 99 });
        let mut naive = vec![(start, 0)];
        let mut queue = VecDeque::from([(start, 0)]);
        while let Some((at, hops)) = queue.pop_front() {
            for (_, to) in arrows.iter().filter(|(a, _)| *a == at && hops < depth) {
                if !naive.iter().any(|(n, _)| n == to) {
                    naive.push((*to, hops + 1));
                    queue.push_back((*to, hops + 1));
                }
            }
        }
        let naive: HashSet<(NodeIx, u32)> = naive.into_iter().map(|(n, h)| (nodes[n as usize], h)).collect();
        prop_assert_eq!(found.nodes.iter().copied().collect::<HashSet<_>>(), naive);
    }

    #[test]
    fn a_column_walk_downstream_is_what_a_naive_one_is(
        views in proptest::collection::vec((0..4u8, 0..4u8, 0..4u8, 0..4u8), 0..8),
        depth in 0..4u32,
        most in 1..6usize,
    ) {
        let view = |(n, (a, b, c, d)): (usize, &(u8, u8, u8, u8))| format!("insert t{d} = x:t{a}.x ?t{b}.y y:t{b}.x ?t{c}.x\np{n}: uses t{d}.y t{a}.x");
        let lines: Vec<String> = (0..4).map(|n| format!("table t{n}(x, y)")).chain((0..8).map(|n| format!("proc p{n}"))).chain(views.iter().enumerate().map(view)).collect();
        let g = graph(&lines.join("\n"));
        let limits = Limits { depth, nodes: most };
        let column = |ix: NodeIx| g.kind(ix) == Kind::Column;
        for start in (0..g.linked.nodes.len() as NodeIx).filter(|ix| column(*ix)) {
            let mut naive = Walk { nodes: vec![(start, 0)], ..Walk::default() };
            let mut at = 0;
            while let Some((node, hops)) = naive.nodes.get(at).copied() {
                at += 1;
                let into = |ix: &EdgeIx| column(node) && g.edge(*ix).to == node && (g.edge(*ix).relation == Relation::Derives || g.edge(*ix).relation == Relation::Reads && !column(g.edge(*ix).from));
                let (onward, ends): (Vec<EdgeIx>, Vec<EdgeIx>) =
                    (0..g.linked.edges.len() as EdgeIx).filter(into).partition(|ix| column(g.edge(*ix).from));
                for ix in onward.into_iter().chain(ends) {
                    let edge = g.edge(ix);
                    if naive.nodes.iter().all(|(n, _)| *n != edge.from) {
                        let room = naive.nodes.iter().filter(|(n, _)| column(*n) == column(edge.from)).count() < most;
                        if hops == depth || !room {
                            naive.truncated = true;
                            naive.full |= hops < depth;
                            continue;
                        }
                        naive.nodes.push((edge.from, hops + 1));
                    }
                    naive.edges.push(ix);
                }
            }
            prop_assert_eq!(walk(&g, start, Direction::Downstream, Level::Column, limits), naive);
        }
    }

    #[test]
    fn impact_walks_and_paths_agree(files in files(), calls in proptest::collection::vec((0..3u8, 0..3u8, 0..3u8), 0..6)) {
        // Procedures that read, write and call beside, one of which a view calls.
        let names = ["a", "s.b", "c"];
        let line = |(what, p, t): (u8, u8, u8)| match what {
            0 => format!("p{p} reads {}", names[t as usize]),
            1 => format!("p{p} calls p{t}"),
            _ => format!("{} calls p{t}", names[p as usize]),
        };
        let more: Vec<String> = (0..3).map(|n| format!("func p{n}")).chain(calls.into_iter().map(line)).collect();
        let more = more.join("\n");
        let mut files: Vec<_> = files.iter().map(|(p, d, s)| (p.as_str(), d.as_str(), s.as_str())).collect();
        files.push(("r0/calls.sql", "", &more));
        let g = Graph::build("p", linked(&files));
        let limits = Limits { depth: 99, nodes: 999 };
        let relations: Vec<NodeIx> = (0..g.linked.nodes.len() as NodeIx).filter(|ix| g.kind(*ix).is_relation()).collect();
        // What goes together reaches what each reaches alone, and breaks what each breaks.
        for pair in relations.windows(2) {
            let together = impact_of_all(&g, pair, limits);
            let alone = pair.iter().map(|root| impact(&g, *root, limits));
            let (mut reached, mut broken): (HashSet<NodeIx>, HashSet<NodeIx>) = Default::default();
            for one in alone {
                reached.extend(one.nodes.into_iter().map(|(ix, _)| ix).filter(|ix| !pair.contains(ix)));
                broken.extend(one.breaking.into_iter().filter(|ix| !pair.contains(ix)));
            }
            prop_assert_eq!(together.nodes.into_iter().map(|(ix, _)| ix).collect::<HashSet<_>>(), reached);
            prop_assert_eq!(together.breaking.into_iter().collect::<HashSet<_>>(), broken);
        }
        for root in relations {
            let down = walk(&g, root, Direction::Downstream, Level::Table, limits);
            let reached: HashSet<NodeIx> = down.nodes.iter().map(|(ix, _)| *ix).collect();
            let data = |ix: &NodeIx| g.kind(*ix).is_relation() && *ix != root;
            // The writers, keys and files of the root itself apart, impact is what is downstream.
            for (node, _) in impact(&g, root, limits).nodes.iter().filter(|(ix, _)| data(ix)) {
                prop_assert!(reached.contains(node), "{} reaches {}", g.node(root).name(), g.node(*node).name());
            }
            for node in (0..g.linked.nodes.len() as NodeIx).filter(data) {
                let forth = reached.contains(&node);
                let up = walk(&g, node, Direction::Upstream, Level::Table, limits);
                prop_assert_eq!(forth, up.nodes.iter().any(|(ix, _)| *ix == root));
                let (paths, _) = shortest_paths(&g, root, node, 1);
                if forth {
                    prop_assert!(paths.first().is_some_and(|p| p.nodes[0] == root), "a way from {} to {}", g.node(root).name(), g.node(node).name());
                }
            }
        }
    }

    #[test]
    fn paths_are_the_shortest_of_all_there_are((arrows, from, to) in arrows(), k in 1..8usize) {
        fn all(arrows: &HashSet<(u8, u8)>, path: &mut Vec<u8>, to: u8, found: &mut Vec<usize>) {
            let at = path[path.len() - 1];
            if at == to {
                found.push(path.len());
                return;
            }
            for (next, _) in arrows.iter().filter(|(_, source)| *source == at) {
                if !path.contains(next) {
                    path.push(*next);
                    all(arrows, path, to, found);
                    path.pop();
                }
            }
        }
        let (g, nodes) = graph_of(&arrows);
        let arrows: HashSet<(u8, u8)> = arrows.into_iter().collect();
        let mut naive = Vec::new();
        all(&arrows, &mut vec![from], to, &mut naive);
        if naive.is_empty() {
            all(&arrows, &mut vec![to], from, &mut naive);
        }
        naive.sort_unstable();
        naive.truncate(k);
        let (paths, cut) = shortest_paths(&g, nodes[from as usize], nodes[to as usize], k);
        prop_assert!(!cut);
        prop_assert_eq!(paths.iter().map(|p| p.nodes.len()).collect::<Vec<_>>(), naive);
        let (one, _) = shortest_paths(&g, nodes[from as usize], nodes[to as usize], 1);
        prop_assert_eq!(one.first(), paths.first());
        let distinct: HashSet<&Vec<NodeIx>> = paths.iter().map(|p| &p.nodes).collect();
        prop_assert_eq!(distinct.len(), paths.len());
        for path in &paths {
            for (at, edge) in path.edges.iter().enumerate() {
                let edge = g.edge(*edge);
                prop_assert_eq!((edge.to, edge.from), (path.nodes[at], path.nodes[at + 1]));
            }
        }
    }

    #[test]
    fn components_are_what_mutual_reachability_says((arrows, ..) in arrows()) {
        let (g, nodes) = graph_of(&arrows);
        let reaches = |a: u8, b: u8| {
            let (mut seen, mut queue) = (HashSet::new(), vec![a]);
            while let Some(at) = queue.pop() {
                for (_, to) in arrows.iter().filter(|(x, _)| *x == at) {
                    if seen.insert(*to) { queue.push(*to); }
                }
            }
            seen.contains(&b)
        };
        let mut naive: Vec<Vec<NodeIx>> = Vec::new();
        for n in (0..9u8).filter(|n| reaches(*n, *n)) {
            let mut group: Vec<NodeIx> = (0..9u8).filter(|m| reaches(n, *m) && reaches(*m, n)).map(|m| nodes[m as usize]).collect();
            group.sort_unstable();
            if !naive.contains(&group) { naive.push(group); }
        }
        let mut found = g.report().cycles;
        found.iter_mut().for_each(|c| c.sort_unstable());
        found.sort();
        naive.sort();
        prop_assert_eq!(found, naive);
    }
}
