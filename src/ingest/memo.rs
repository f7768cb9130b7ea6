//! What answers look up in a snapshot beside its indexes. Each is made when it is first asked for, in one pass over the project, and kept
//! as long as the snapshot: some bytes for each file, asset and column.

use super::Snapshot;
use super::changes::Changes;
use super::knowledge::FileInfo;
use crate::graph::{EdgeIx, Graph, NodeIx, Report, Ways};
use crate::lineage::{Cause, Kind, Relation};
use crate::search::Chunk;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// See [`Snapshot`], whose methods these are behind.
#[derive(Debug, Default)]
pub struct Memo {
    kinds: OnceLock<HashMap<Kind, Vec<NodeIx>>>,
    schemas: OnceLock<HashMap<String, bool>>,
    places: OnceLock<HashSet<String>>,
    innermost: OnceLock<HashMap<Arc<str>, Vec<Reach>>>,
    report: OnceLock<Report>,
    by_path: OnceLock<Vec<Arc<FileInfo>>>,
    namings: OnceLock<Vec<Naming>>,
    files: OnceLock<HashMap<Arc<str>, NodeIx>>,
    stated: OnceLock<HashMap<Arc<str>, Vec<EdgeIx>>>,
    passages: OnceLock<HashMap<String, Range<usize>>>,
    columns: OnceLock<HashMap<String, Vec<NodeIx>>>,
    uses: OnceLock<Vec<(usize, NodeIx)>>,
    flows: OnceLock<BTreeMap<(String, String), usize>>,
    unread: OnceLock<Vec<NodeIx>>,
    understood: OnceLock<Understood>,
    personal: OnceLock<Vec<NodeIx>>,
    shown: Mutex<HashMap<&'static str, Shown>>,
    meetings: Mutex<Meetings>,
    labels: OnceLock<Vec<(String, Vec<NodeIx>)>>,
    labelled: OnceLock<Vec<(NodeIx, u32)>>,
    longest: OnceLock<Ways>,
    changes: Mutex<Option<(String, Arc<Changes>)>>,
}

/// Passages that show something, each with the line in it, from 0.
type Shown = Arc<[(usize, u32)]>;

/// Meetings that are kept to be asked for again, twenty bytes each: those of hundreds of megabytes of SQL.
const MAX_MEETINGS: usize = 1_000_000;

/// Meetings by file, and how many there are.
type Meetings = (HashMap<Arc<str>, Arc<[Meeting]>>, usize);

/// Two columns that a condition of a query compares, each behind its relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// The one.
    pub left: (NodeIx, NodeIx),
    /// The other.
    pub right: (NodeIx, NodeIx),
    /// Where the query begins.
    pub line: u32,
}

/// Relations of one schema whose names begin alike.
#[derive(Debug)]
pub struct Naming {
    /// The schema in their names.
    pub schema: Option<String>,
    /// The first word of their own names, where more follow behind an underscore.
    pub first: Option<String>,
    /// They, in no order.
    pub relations: Vec<NodeIx>,
}

/// The lines in which an asset is defined.
#[derive(Debug)]
struct Reach {
    line: u32,
    line_end: u32,
    /// How far it and those that begin before it reach.
    furthest: u32,
    node: NodeIx,
}

/// How much of a project's files was understood.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Understood {
    /// Statements read.
    pub statements: u64,
    /// Those not understood at all.
    pub failed: u64,
    /// Whether some code builds SQL at run time that is not followed.
    pub dynamic: bool,
    /// Tokens of SQL, comments apart.
    pub tokens: u64,
    /// How many of these stand in statements understood without salvage, by the shares of the files.
    tokens_understood: f64,
}

impl Understood {
    /// Of these files together.
    pub fn of<'a>(files: impl Iterator<Item = &'a FileInfo>) -> Understood {
        files.fold(Understood::default(), |all, file| Understood {
            statements: all.statements + u64::from(file.statements),
            failed: all.failed + u64::from(file.statements_failed),
            dynamic: all.dynamic || file.diagnostics.iter().any(|d| d.cause == Cause::Dynamic),
            tokens: all.tokens + u64::from(file.tokens),
            tokens_understood: all.tokens_understood + f64::from(file.coverage) * f64::from(file.tokens),
        })
    }

    /// The share of the tokens that is understood, 0 to 1; 1 without any SQL.
    pub fn share(&self) -> f64 {
        if self.tokens == 0 { 1.0 } else { self.tokens_understood / self.tokens as f64 }
    }
}

impl Snapshot {
    /// Nodes of a kind, in the order of their names in any case.
    pub fn of_kind(&self, kind: Kind) -> &[NodeIx] {
        let made = self.memo.kinds.get_or_init(|| {
            let mut kinds: HashMap<Kind, Vec<NodeIx>> = HashMap::new();
            (0..self.graph.linked.nodes.len() as NodeIx).for_each(|ix| kinds.entry(self.graph.kind(ix)).or_default().push(ix));
            // They come in the order of their URNs, which but for a few is that of the names: a look at each.
            kinds.values_mut().for_each(|nodes| nodes.sort_by(|a, b| self.graph.node(*a).by_name(self.graph.node(*b))));
            kinds
        });
        made.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// Nodes that rows can be read from.
    pub fn relations(&self) -> impl Iterator<Item = NodeIx> {
        Kind::ALL.into_iter().filter(|kind| kind.is_relation()).flat_map(|kind| self.of_kind(kind).iter().copied())
    }

    /// The schemas of assets, lower-case, and whether some relation is in each.
    pub fn schemas(&self) -> &HashMap<String, bool> {
        self.memo.schemas.get_or_init(|| {
            let mut schemas: HashMap<String, bool> = HashMap::new();
            let whole = Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Column | Kind::File));
            for node in whole.flat_map(|kind| self.of_kind(kind)).map(|ix| self.graph.node(*ix)) {
                if let Some(schema) = node.schema() {
                    // Looked up as it is first: most names are written in one case.
                    let relation = node.kind.is_relation();
                    match schemas.get_mut(schema) {
                        Some(any) => *any |= relation,
                        None => *schemas.entry(schema.to_lowercase()).or_default() |= relation,
                    }
                }
            }
            schemas
        })
    }

    /// Whether some relation [is in](crate::graph::Node::is_in) this place.
    pub fn has_place(&self, place: &str) -> bool {
        let made = self.memo.places.get_or_init(|| {
            let mut places: HashSet<String> = HashSet::new();
            for node in self.relations().map(|ix| self.graph.node(ix)) {
                let Some(schema) = node.schema() else { continue };
                let before = node.stem().rsplit_once('.').map_or("", |(before, _)| before);
                let ends = before.match_indices('.').map(|(at, _)| at).chain([before.len()]);
                for place in ends.map(|end| &before[..end]).chain([schema]) {
                    if !places.contains(place) {
                        places.insert(place.to_ascii_lowercase());
                    }
                }
            }
            places
        });
        made.contains(&place.to_ascii_lowercase())
    }

    /// Of the assets that a file defines the innermost around a line; of several in the same lines the first.
    pub fn innermost(&self, file_id: &str, line: u32) -> Option<NodeIx> {
        let made = self.memo.innermost.get_or_init(|| {
            let mut defined: HashMap<Arc<str>, Vec<Reach>> = HashMap::new();
            let kinds = Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Column | Kind::File));
            for node in kinds.flat_map(|kind| self.of_kind(kind)).copied() {
                for at in self.graph.node(node).defined.iter() {
                    let reach = Reach { line: at.line, line_end: at.line_end, furthest: at.line_end, node };
                    match defined.get_mut(&at.file_id) {
                        Some(list) => list.push(reach),
                        None => drop(defined.insert(at.file_id.clone(), vec![reach])),
                    }
                }
            }
            for list in defined.values_mut() {
                list.reverse();
                list.sort_by_key(|at| (at.line, std::cmp::Reverse(at.line_end)));
                list.iter_mut().fold(0, |furthest, at| {
                    at.furthest = furthest.max(at.line_end);
                    at.furthest
                });
            }
            defined
        });
        let list = made.get(file_id)?;
        let begun = list.partition_point(|at| at.line <= line);
        list[..begun].iter().rev().take_while(|at| at.furthest >= line).find(|at| at.line_end >= line).map(|at| at.node)
    }

    /// Where passages show a feature of SQL, which `read` tells when it is not known yet: the passage, and the line in it from 0.
    pub fn showing(&self, feature: &'static str, read: impl FnOnce() -> Vec<(usize, u32)>) -> Arc<[(usize, u32)]> {
        let known = || self.memo.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = known().get(feature) {
            return places.clone();
        }
        let places: Shown = read().into();
        known().insert(feature, places.clone());
        places
    }

    /// Whether what statements of a file join is known already.
    pub fn knows_meetings(&self, file_id: &Arc<str>) -> bool {
        self.memo.meetings.lock().unwrap_or_else(PoisonError::into_inner).0.contains_key(file_id)
    }

    /// What statements of a file join, which `read` tells when it is not known yet.
    pub fn meetings_of(&self, file_id: &Arc<str>, read: impl FnOnce() -> Vec<Meeting>) -> Arc<[Meeting]> {
        // What is in it is whole, whoever panicked.
        let known = || self.memo.meetings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(meetings) = known().0.get(file_id) {
            return meetings.clone();
        }
        let meetings: Arc<[Meeting]> = read().into();
        let (of, count) = &mut *known();
        // Two who read the same file at once count it once.
        if *count + meetings.len() <= MAX_MEETINGS && of.insert(file_id.clone(), meetings.clone()).is_none() {
            *count += meetings.len();
        }
        meetings
    }

    /// Columns by their own names, in lower case and in order.
    pub fn labels(&self) -> &[(String, Vec<NodeIx>)] {
        self.memo.labels.get_or_init(|| {
            let mut labels: HashMap<String, Vec<NodeIx>> = HashMap::new();
            for ix in self.of_kind(Kind::Column) {
                let node = self.graph.node(*ix);
                match labels.get_mut(node.label()) {
                    Some(list) => list.push(*ix),
                    None => labels.entry(node.label().to_lowercase()).or_default().push(*ix),
                }
            }
            let mut labels: Vec<_> = labels.into_iter().collect();
            labels.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            labels
        })
    }

    /// The columns of each relation by what they are called, relation after relation: each with the place of its name in
    /// [`Snapshot::labels`].
    pub fn labelled(&self) -> &[(NodeIx, u32)] {
        self.memo.labelled.get_or_init(|| {
            let of = |(at, (_, columns)): (u32, &(String, Vec<NodeIx>))| {
                columns.iter().filter_map(|ix| self.graph.relation_of(*ix)).map(|relation| (relation, at)).collect::<Vec<_>>()
            };
            let mut labelled: Vec<(NodeIx, u32)> = (0..).zip(self.labels()).flat_map(of).collect();
            labelled.sort_unstable();
            labelled
        })
    }

    /// See [`Graph::longest_ways`].
    pub fn longest_ways(&self) -> &Ways {
        self.memo.longest.get_or_init(|| self.graph.longest_ways())
    }

    /// What a run changed, which `read` tells when another was asked for before: people ask of the last one.
    pub fn changes_of(&self, run: &str, read: impl FnOnce() -> Option<Changes>) -> Option<Arc<Changes>> {
        let kept = || self.memo.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, changes)) = kept().as_ref().filter(|(of, _)| of == run) {
            return Some(changes.clone());
        }
        let changes = Arc::new(read()?);
        *kept() = Some((run.to_owned(), changes.clone()));
        Some(changes)
    }

    /// The graph's hygiene.
    pub fn report(&self) -> &Report {
        self.memo.report.get_or_init(|| self.graph.report())
    }

    /// The files by their paths.
    pub fn files_by_path(&self) -> &[Arc<FileInfo>] {
        self.memo.by_path.get_or_init(|| {
            let mut files: Vec<Arc<FileInfo>> = self.files.values().cloned().collect();
            files.sort_by(|a, b| (&a.path, &a.id).cmp(&(&b.path, &b.id)));
            files
        })
    }

    /// The relations by what their names say of a layer; of these there are few.
    pub fn namings(&self) -> &[Naming] {
        self.memo.namings.get_or_init(|| {
            let mut namings: HashMap<(Option<&str>, Option<&str>), Vec<NodeIx>> = HashMap::new();
            for ix in self.relations() {
                let node = self.graph.node(ix);
                let first = node.label().split_once('_').map(|(first, _)| first);
                namings.entry((node.schema(), first)).or_default().push(ix);
            }
            let owned = |text: Option<&str>| text.map(str::to_owned);
            namings.into_iter().map(|((schema, first), of)| Naming { schema: owned(schema), first: owned(first), relations: of }).collect()
        })
    }

    /// The node of a file: its path may be that of another repository's file, too.
    pub fn file_node(&self, file_id: &str) -> Option<NodeIx> {
        let made = self.memo.files.get_or_init(|| {
            let of = |ix: &NodeIx| self.graph.node(*ix).defined.iter().map(|at| (at.file_id.clone(), *ix)).collect::<Vec<_>>();
            // The first of several stays.
            self.of_kind(Kind::File).iter().rev().flat_map(of).collect()
        });
        made.get(file_id).copied()
    }

    /// What a file states of data flow and calls between whole assets.
    pub fn stated_in(&self, file_id: &str) -> &[EdgeIx] {
        let made = self.memo.stated.get_or_init(|| {
            let graph = &self.graph;
            let mut stated: HashMap<Arc<str>, Vec<EdgeIx>> = HashMap::new();
            for (ix, edge) in (0..).zip(&graph.linked.edges) {
                let whole = graph.kind(edge.from) != Kind::Column && graph.kind(edge.to) != Kind::Column;
                if !whole || matches!(edge.relation, Relation::ColumnOf | Relation::DefinedIn | Relation::Mentions) {
                    continue;
                }
                for at in edge.evidence.iter() {
                    match stated.get_mut(&at.file_id) {
                        Some(edges) if edges.last() == Some(&ix) => {}
                        Some(edges) => edges.push(ix),
                        None => drop(stated.insert(at.file_id.clone(), vec![ix])),
                    }
                }
            }
            stated
        });
        made.get(file_id).map_or(&[], Vec::as_slice)
    }

    /// The passages of a file, in order.
    pub fn passages_of(&self, file_id: &str) -> &[Arc<Chunk>] {
        let made = self.memo.passages.get_or_init(|| {
            let (mut passages, mut start) = (HashMap::new(), 0);
            for file in self.index.chunks.chunk_by(|a, b| a.file_id == b.file_id) {
                passages.insert(file[0].file_id.clone(), start..start + file.len());
                start += file.len();
            }
            passages
        });
        made.get(file_id).map_or(&[], |range| &self.index.chunks[range.clone()])
    }

    /// Columns by the type that they are declared with.
    pub fn columns_by_type(&self) -> &HashMap<String, Vec<NodeIx>> {
        self.memo.columns.get_or_init(|| {
            let mut columns: HashMap<String, Vec<NodeIx>> = HashMap::new();
            for ix in self.of_kind(Kind::Column) {
                let data_type = &*self.graph.node(*ix).column.data_type;
                match columns.get_mut(data_type) {
                    Some(list) => list.push(*ix),
                    None => drop(columns.insert(data_type.to_owned(), vec![*ix])),
                }
            }
            columns
        })
    }

    /// Relations that something uses directly, with how many assets do; the most used first, then by name.
    pub fn most_used(&self) -> &[(usize, NodeIx)] {
        self.memo.uses.get_or_init(|| {
            let mut uses: Vec<(usize, NodeIx)> = self.relations().map(|ix| (uses(&self.graph, ix), ix)).filter(|(n, _)| *n > 0).collect();
            uses.sort_by_cached_key(|(n, ix)| (std::cmp::Reverse(*n), self.graph.node(*ix).name().into_owned()));
            uses
        })
    }

    /// How many relations feed one of another schema directly, by the two schemas, lower-case, as data flows.
    pub fn schema_flows(&self) -> &BTreeMap<(String, String), usize> {
        self.memo.flows.get_or_init(|| {
            let graph = &self.graph;
            let schema = |ix: NodeIx| graph.node(ix).schema().filter(|_| graph.kind(ix).is_relation());
            let mut flows: BTreeMap<(String, String), usize> = BTreeMap::new();
            for edge in self.relations().flat_map(|ix| graph.outgoing(ix)).map(|e| graph.edge(e)) {
                if edge.relation == Relation::Derives
                    && let (Some(from), Some(to)) = (schema(edge.to), schema(edge.from))
                    && !from.eq_ignore_ascii_case(to)
                {
                    *flows.entry((from.to_lowercase(), to.to_lowercase())).or_default() += 1;
                }
            }
            flows
        })
    }

    /// Columns that are defined and that nothing reads, of relations that are read: of a relation that nobody reads, that says nothing.
    pub fn unread_columns(&self) -> &[NodeIx] {
        self.memo.unread.get_or_init(|| {
            let graph = &self.graph;
            let is_read = |ix: NodeIx| graph.incoming(ix).any(|e| matches!(graph.edge(e).relation, Relation::Derives | Relation::Reads));
            let read: HashSet<NodeIx> = self.relations().filter(|ix| is_read(*ix)).collect();
            let of_read = |ix: NodeIx| graph.relation_of(ix).is_some_and(|relation| read.contains(&relation));
            let unread = |ix: &NodeIx| !graph.node(*ix).defined.is_empty() && !is_read(*ix) && of_read(*ix);
            self.of_kind(Kind::Column).iter().copied().filter(unread).collect()
        })
    }

    /// How much of the files was understood.
    pub fn understood(&self) -> Understood {
        *self.memo.understood.get_or_init(|| Understood::of(self.files.values().map(|file| &**file)))
    }

    /// Columns of which `looks` says that they hold personal data, by name; always asked with the same.
    pub fn personal(&self, looks: impl Fn(NodeIx) -> bool) -> &[NodeIx] {
        self.memo.personal.get_or_init(|| {
            let mut personal: Vec<NodeIx> = self.of_kind(Kind::Column).iter().copied().filter(|ix| looks(*ix)).collect();
            personal.sort_by_cached_key(|ix| self.graph.node(*ix).name().to_lowercase());
            personal
        })
    }
}

/// How many views, tables, routines and files use a relation directly.
fn uses(graph: &Graph, relation: NodeIx) -> usize {
    let uses =
        |e: &EdgeIx| matches!(graph.edge(*e).relation, Relation::Derives | Relation::Reads | Relation::References | Relation::FiresOn);
    graph.incoming(relation).filter(uses).map(|e| graph.edge(e).from).collect::<HashSet<_>>().len()
}
