//! Which repository reads what another defines: links with evidence and confidence.

use super::Snapshot;
use crate::graph::{Edge, Node, NodeIx};
use crate::lineage::{Kind, Relation};
use crate::store::links::{Detected, Reference};
use std::collections::{BTreeMap, BTreeSet};

/// Most references kept with a link: enough to check it by eye; the number of all is in its description.
pub const MAX_EVIDENCE: usize = 100;

/// Links between the repositories of one project, sorted.
///
/// Repository A refers to B when a file of A derives from, reads, writes, calls, fires on or has a foreign key to an asset that a
/// file of B defines and no file of A does. Each such asset weighs its best edge's confidence, divided by the number of repositories
/// that define it (a name that three others define says little about each). With the sum `w` of the weights, the link's confidence
/// is `1 − 2^(−w)`: one certain asset gives 0.5, two 0.75, five 0.97, and only salvaged guesses less.
pub fn detect(snapshot: &Snapshot) -> Vec<Detected> {
    let mut links: BTreeMap<(&str, &str), Found> = BTreeMap::new();
    for edge in &snapshot.graph.linked.edges {
        let Some((ix, asset)) = asset(snapshot, edge) else { continue };
        let homes: BTreeMap<&str, &str> = asset
            .defined
            .iter()
            .filter_map(|e| snapshot.files.get(&*e.file_id))
            .map(|f| (f.repository_id.as_str(), f.path.as_str()))
            .collect();
        for file in edge.evidence.iter().filter_map(|e| snapshot.files.get(&*e.file_id)) {
            if homes.contains_key(file.repository_id.as_str()) {
                continue;
            }
            for (home, path) in &homes {
                let (references, weights) = links.entry((&file.repository_id, home)).or_default();
                references.insert(Reference {
                    source_file: file.path.clone(),
                    target_file: (*path).to_owned(),
                    reference_type: edge.relation.as_str().to_owned(),
                    reference: asset.name().into_owned(),
                });
                let weight = weights.entry(ix).or_default();
                *weight = weight.max(f64::from(edge.confidence) / homes.len() as f64);
            }
        }
    }
    links
        .into_iter()
        .map(|((source, target), (references, weights))| Detected {
            source_repository: source.to_owned(),
            target_repository: target.to_owned(),
            confidence: 1.0 - (-weights.values().sum::<f64>()).exp2(),
            references: references.len(),
            evidence: references.into_iter().take(MAX_EVIDENCE).collect(),
        })
        .collect()
}

/// References between two repositories, and the weight of each asset.
type Found = (BTreeSet<Reference>, BTreeMap<NodeIx, f64>);

/// The asset that an edge's file uses; columns only repeat what their tables say.
fn asset<'a>(snapshot: &'a Snapshot, edge: &Edge) -> Option<(NodeIx, &'a Node)> {
    let used = match edge.relation {
        Relation::WrittenBy => edge.from,
        Relation::Derives | Relation::Reads | Relation::Calls | Relation::FiresOn | Relation::References => edge.to,
        Relation::ColumnOf | Relation::DefinedIn | Relation::Mentions => return None,
    };
    Some((used, snapshot.graph.node(used))).filter(|(_, n)| !matches!(n.kind, Kind::Column | Kind::File | Kind::External))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Detail, Evidence, Graph, Linked};
    use crate::ingest::knowledge::FileInfo;

    fn snapshot(files: &[(&str, &str)], assets: &[(&str, &[&str])], edges: &[(usize, &str, f32)]) -> Snapshot {
        let at = |file: &str| Evidence { file_id: file.into(), line: 1, line_end: 1 };
        let mut snapshot = Snapshot::default();
        for (id, repository) in files {
            let info = FileInfo {
                id: (*id).into(),
                path: format!("{id}.sql"),
                repository_id: (*repository).into(),
                repository: (*repository).into(),
                hash: String::new(),
                processed_at: String::new(),
                run_id: String::new(),
                dialect: String::new(),
                coverage: 1.0,
                tokens: 0,
                statements: 0,
                statements_failed: 0,
                diagnostics: Vec::new(),
            };
            snapshot.files.insert((*id).into(), std::sync::Arc::new(info));
        }
        let node = |name: &str, defined: &[&str]| Node::bare(Kind::Table, name).defined(defined.iter().map(|f| at(f)).collect());
        let nodes = assets.iter().map(|(name, defined)| node(name, defined).into()).collect();
        let edge = |to: usize, file: &str, confidence| Edge {
            from: 0,
            to: to as u32,
            relation: Relation::Derives,
            subtypes: Default::default(),
            confidence,
            detail: Detail { evidence: vec![at(file)].into(), ..Detail::default() }.into(),
        };
        let edges = edges.iter().map(|(to, file, confidence)| edge(*to, file, *confidence)).collect();
        snapshot.graph = Graph::build("p", Linked { nodes, edges, notes: Vec::new() }).into();
        snapshot
    }

    #[test]
    fn a_repository_links_to_those_that_define_what_it_uses_and_it_does_not() {
        let files = [("mart", "A"), ("raw", "B"), ("other", "C")];
        let assets: [(&str, &[&str]); 5] =
            [("m", &["mart"]), ("own", &["mart", "raw"]), ("r1", &["raw"]), ("r2", &["raw"]), ("shared", &["raw", "other"])];
        let found = detect(&snapshot(&files, &assets, &[(1, "mart", 1.0), (2, "mart", 1.0), (3, "mart", 0.5), (4, "mart", 1.0)]));
        let links: Vec<_> = found.iter().map(|l| (l.source_repository.as_str(), l.target_repository.as_str(), l.references)).collect();
        assert_eq!(links, [("A", "B", 3), ("A", "C", 1)]);
        assert!((found[0].confidence - 0.75).abs() < 1e-9 && (found[1].confidence - (1.0 - 0.5f64.sqrt())).abs() < 1e-9);
        assert_eq!(found[0].evidence[0].target_file, "raw.sql");
    }

    #[test]
    fn one_repository_alone_has_no_links() {
        let found = detect(&snapshot(&[("a", "A"), ("b", "A")], &[("m", &["a"]), ("r", &["b"])], &[(1, "a", 1.0)]));
        assert!(found.is_empty());
    }
}
