//! Search over one project without a model: fielded BM25, character n-grams, and the graph's neighbourhood. Pure.
//!
//! Documents are the project's assets (name over columns over body) and the chunks of its files. See `../docs/architecture` for
//! the figures that chose the parts and the weights.

mod rank;
#[cfg(test)]
mod tests;
pub mod tokens;

use crate::graph::{Graph, Node, NodeIx};
use crate::lineage::{Kind, Relation};
use rank::{Builder, Collection, Document};
use std::cmp::Ordering;
use std::collections::HashMap;

/// A passage of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Stable id: `<file id>:<ordinal>`.
    pub id: String,
    /// The file's id in the store.
    pub file_id: String,
    /// The file's relative path.
    pub path: String,
    /// 1-based first line.
    pub line: u32,
    /// 1-based last line.
    pub line_end: u32,
    /// The text itself.
    pub text: String,
}

/// An asset found, with a score that is comparable within one answer only (best first, 1.0 is the best possible of this query's mix).
#[derive(Clone, Debug, PartialEq)]
pub struct NodeHit {
    /// The node in the graph the index was built over.
    pub node: NodeIx,
    /// Score.
    pub score: f32,
}

/// A passage found.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkHit {
    /// Index into the chunks given to [`Index::build`].
    pub chunk: usize,
    /// Score.
    pub score: f32,
}

/// The search index of one project: immutable, built over its graph and chunks.
#[derive(Debug, Default)]
pub struct Index {
    /// The passages indexed.
    pub chunks: Vec<Chunk>,
    assets: Part,
    columns: Part,
    files: Part,
    passages: Collection,
    neighbourhood: Neighbourhood,
    names: Names,
}

/// Nodes of like kind with their documents.
#[derive(Debug, Default)]
struct Part {
    nodes: Vec<NodeIx>,
    collection: Collection,
}

/// Which assets lift each other.
#[derive(Debug, Default)]
struct Neighbourhood {
    /// The schema of each asset, or the file that defines it when its name has none.
    group: Vec<u32>,
    groups: usize,
    /// Pairs of assets joined by a foreign key, both ways, sorted.
    joined: Vec<(u32, u32)>,
}

/// How much a schema's best assets lift the others of it: of the mean of its best three.
const GROUP_LIFT: f32 = 0.5;
/// How much the best asset joined by a foreign key lifts.
const JOIN_LIFT: f32 = 0.3;
/// A cosine below this is chance: it is not blown up to 1 because nothing better was found.
const LEAST_COSINE: f32 = 0.2;
/// What BM25 and cosine, both at their best and fully lifted, add up to.
const BEST: f32 = 2.0 * (1.0 + GROUP_LIFT + JOIN_LIFT);
/// Words of a routine's or view's text that are indexed: enough for long procedures, no more than that of generated ones.
const MAX_BODY_WORDS: usize = 2_000;

impl Index {
    /// Indexes the graph's assets and `chunks`.
    pub fn build(graph: &Graph, chunks: Vec<Chunk>) -> Index {
        let bodies = Bodies::new(&chunks);
        let (mut assets, mut columns, mut files) = <(Vec<NodeIx>, Vec<NodeIx>, Vec<NodeIx>)>::default();
        for (ix, node) in graph.linked.nodes.iter().enumerate() {
            match node.kind {
                Kind::Column => columns.push(ix as NodeIx),
                Kind::File => files.push(ix as NodeIx),
                _ => assets.push(ix as NodeIx),
            }
        }
        let part = |nodes: Vec<NodeIx>, document: &dyn Fn(NodeIx) -> Document| {
            let mut builder = Builder::default();
            nodes.iter().for_each(|ix| builder.add(&document(*ix)));
            Part { nodes, collection: builder.build() }
        };
        let mut passages = Builder::default();
        for chunk in &chunks {
            let fields = [tokens::terms(&chunk.path), tokens::terms(&chunk.text), Vec::new()];
            passages.add(&Document { fields, spelled: Vec::new() });
        }
        Index {
            neighbourhood: Neighbourhood::new(graph, &assets),
            assets: part(assets, &|ix| asset_document(graph, &chunks, &bodies, ix)),
            columns: part(columns, &|ix| column_document(graph, ix)),
            files: part(files, &|ix| file_document(graph, ix)),
            passages: passages.build(),
            names: Names::new(graph),
            chunks,
        }
    }

    /// Assets that `query` (a name, a part of one, or plain words) asks for, best first; `kinds` empty means all.
    ///
    /// A query that is a name puts what is called so first, then what begins with it, then what holds it.
    pub fn nodes(&self, graph: &Graph, query: &str, kinds: &[Kind], limit: usize) -> Vec<NodeHit> {
        let wanted = |ix: NodeIx| kinds.is_empty() || kinds.contains(&graph.node(ix).kind);
        let asks = |of: &dyn Fn(Kind) -> bool| kinds.is_empty() || kinds.iter().any(|k| of(*k));
        let words = tokens::words(query);
        let mut scores: HashMap<NodeIx, f32> = HashMap::new();
        let mut collect = |part: &Part, list: Vec<f32>, best: f32| {
            let found = part.nodes.iter().copied().zip(list).filter(|(ix, score)| *score > 0.0 && wanted(*ix));
            scores.extend(found.map(|(ix, score)| (ix, score / best)));
        };
        if asks(&|k| k != Kind::Column && k != Kind::File) {
            let scores = lexical(&self.assets.collection, &words);
            collect(&self.assets, self.neighbourhood.lift(&scores), BEST);
        }
        // Among answers of several kinds a column or file counts less than the asset it belongs to or defines.
        if asks(&|k| k == Kind::Column) {
            collect(&self.columns, lexical(&self.columns.collection, &words), BEST);
        }
        if asks(&|k| k == Kind::File) {
            collect(&self.files, lexical(&self.files.collection, &words), BEST);
        }
        for (ix, tier) in self.names.hits(graph, query).into_iter().filter(|(ix, _)| wanted(*ix)) {
            *scores.entry(ix).or_default() += tier;
        }
        let top = scores.values().copied().fold(1.0, f32::max);
        let mut hits: Vec<NodeHit> = scores.into_iter().map(|(node, score)| NodeHit { node, score: score / top }).collect();
        best_first(&mut hits, limit, |a, b| b.score.total_cmp(&a.score).then(a.node.cmp(&b.node)));
        hits
    }

    /// Passages that `query` asks for, best first.
    pub fn passages(&self, query: &str, limit: usize) -> Vec<ChunkHit> {
        let scores = self.passages.bm25(&query_terms(&self.passages, &tokens::words(query)));
        let found = scores.into_iter().enumerate().filter(|(_, score)| *score > 0.0);
        let mut hits: Vec<ChunkHit> = found.map(|(chunk, score)| ChunkHit { chunk, score }).collect();
        best_first(&mut hits, limit, |a, b| b.score.total_cmp(&a.score).then(a.chunk.cmp(&b.chunk)));
        hits
    }
}

/// Keeps the best `limit`, sorted, without sorting the others.
fn best_first<T>(hits: &mut Vec<T>, limit: usize, order: impl Fn(&T, &T) -> Ordering) {
    if limit < hits.len() {
        hits.select_nth_unstable_by(limit, &order);
        hits.truncate(limit);
    }
    hits.sort_unstable_by(order);
}

/// The stems that count in a query: without stop words, unless these name something or nothing else is left.
fn query_terms(collection: &Collection, words: &[String]) -> Vec<String> {
    words.iter().filter(|w| counts(collection, w)).map(|w| tokens::stem(w)).collect()
}

fn counts(collection: &Collection, word: &str) -> bool {
    !tokens::is_stop_word(word) || collection.names_something(&tokens::stem(word))
}

/// BM25 and n-gram cosine, the best of each being 1, added.
fn lexical(collection: &Collection, words: &[String]) -> Vec<f32> {
    let mut scores = collection.bm25(&query_terms(collection, words));
    let spelled: Vec<String> = words.iter().filter(|w| counts(collection, w)).cloned().collect();
    let mut cosine = collection.cosine(&spelled);
    rank::normalise_by_best(&mut scores, f32::MIN_POSITIVE);
    rank::normalise_by_best(&mut cosine, LEAST_COSINE);
    scores.iter_mut().zip(cosine).for_each(|(s, c)| *s += c);
    scores
}

impl Neighbourhood {
    fn new(graph: &Graph, assets: &[NodeIx]) -> Neighbourhood {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let group = assets.iter().map(|ix| {
            let node = graph.node(*ix);
            let file = || node.defined.first().map_or("", |e| &e.file_id);
            let schema = node.name.rsplit_once('.').map_or_else(file, |(schema, _)| schema);
            let next = numbers.len() as u32;
            *numbers.entry(schema).or_insert(next)
        });
        let group: Vec<u32> = group.collect();
        let place: HashMap<NodeIx, u32> = assets.iter().zip(0..).map(|(ix, at)| (*ix, at)).collect();
        let references = graph.linked.edges.iter().filter(|e| e.relation == Relation::References && e.from != e.to);
        let mut joined: Vec<(u32, u32)> =
            references.filter_map(|e| Some((*place.get(&e.from)?, *place.get(&e.to)?))).flat_map(|(a, b)| [(a, b), (b, a)]).collect();
        joined.sort_unstable();
        Neighbourhood { group, groups: numbers.len(), joined }
    }

    /// Each score with what its schema and its foreign keys add.
    fn lift(&self, scores: &[f32]) -> Vec<f32> {
        let mut top = vec![[0f32; 3]; self.groups];
        for (score, group) in scores.iter().zip(&self.group) {
            let best = &mut top[*group as usize];
            if *score > best[2] {
                best[2] = *score;
                best.sort_unstable_by(|a, b| b.total_cmp(a));
            }
        }
        let mut lifted: Vec<f32> =
            scores.iter().zip(&self.group).map(|(s, g)| s + GROUP_LIFT * top[*g as usize].iter().sum::<f32>() / 3.0).collect();
        for pairs in self.joined.chunk_by(|a, b| a.0 == b.0) {
            let best = pairs.iter().map(|(_, other)| scores[*other as usize]).fold(0.0, f32::max);
            lifted[pairs[0].0 as usize] += JOIN_LIFT * best;
        }
        lifted
    }
}

fn asset_document(graph: &Graph, chunks: &[Chunk], bodies: &Bodies, ix: NodeIx) -> Document {
    let node = graph.node(ix);
    let schema = node.name.strip_suffix(node.label()).unwrap_or("");
    let mut name = tokens::words(node.label());
    let mut rest = tokens::words(schema);
    for column in graph.columns(ix) {
        rest.extend(tokens::words(graph.node(column).label()));
    }
    let mut body = tokens::words(node.comment.as_deref().unwrap_or(""));
    body.extend(graph.columns(ix).into_iter().filter_map(|c| graph.node(c).column.comment.as_deref()).flat_map(tokens::words));
    body.extend(tokens::words(&node.signature));
    body.extend(node.properties.values().filter_map(|v| v.as_str()).flat_map(tokens::words));
    if node.kind != Kind::Table {
        body.extend(bodies.words(chunks, node));
    }
    let stems = |words: &[String]| words.iter().map(|w| tokens::stem(w)).collect::<Vec<_>>();
    let fields = [stems(&name), stems(&rest), stems(&body)];
    name.append(&mut rest);
    Document { fields, spelled: name }
}

fn column_document(graph: &Graph, ix: NodeIx) -> Document {
    let node = graph.node(ix);
    let spelled = tokens::words(node.label());
    let relation = graph.relation_of(ix).map_or(String::new(), |r| graph.node(r).name.clone());
    let name = spelled.iter().map(|w| tokens::stem(w)).collect();
    Document { fields: [name, tokens::terms(&relation), tokens::terms(node.column.comment.as_deref().unwrap_or(""))], spelled }
}

fn file_document(graph: &Graph, ix: NodeIx) -> Document {
    let spelled = tokens::words(&graph.node(ix).name);
    let defines = graph.incoming(ix).iter().map(|e| graph.edge(*e)).filter(|e| e.relation == Relation::DefinedIn);
    let defined = defines.flat_map(|e| tokens::terms(&graph.node(e.from).name)).take(MAX_BODY_WORDS).collect();
    Document { fields: [spelled.iter().map(|w| tokens::stem(w)).collect(), defined, Vec::new()], spelled }
}

/// Where the text of definitions is: chunks by file.
struct Bodies(HashMap<String, Vec<usize>>);

impl Bodies {
    fn new(chunks: &[Chunk]) -> Bodies {
        let mut of: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, chunk) in chunks.iter().enumerate() {
            of.entry(chunk.file_id.clone()).or_default().push(at);
        }
        Bodies(of)
    }

    /// The words of the lines that define `node`.
    fn words(&self, chunks: &[Chunk], node: &Node) -> Vec<String> {
        let Some(definition) = node.defined.first() else { return Vec::new() };
        let of_file = self.0.get(&*definition.file_id).into_iter().flatten().map(|at| &chunks[*at]);
        let near = of_file.filter(|c| c.line <= definition.line_end && definition.line <= c.line_end);
        let lines = near.flat_map(|c| c.text.lines().zip(c.line..));
        let within = lines.filter(|(_, at)| (definition.line..=definition.line_end).contains(at));
        within.flat_map(|(line, _)| tokens::words(line)).take(MAX_BODY_WORDS).collect()
    }
}

/// Folded names, one a line, for what a person types the beginning or the middle of.
#[derive(Debug, Default)]
struct Names {
    text: String,
    starts: Vec<u32>,
}

impl Names {
    fn new(graph: &Graph) -> Names {
        let mut names = Names::default();
        for node in &graph.linked.nodes {
            names.starts.push(names.text.len() as u32);
            names.text.extend(node.name.chars().flat_map(char::to_lowercase).map(|c| if c == '\n' { ' ' } else { c }));
            names.text.push('\n');
        }
        names
    }

    /// Nodes that `query` names: 4 in full, 3 their last part, 2 its beginning, 1 any part. Empty when it is a sentence.
    ///
    /// One pass over all names, about a millisecond for a hundred thousand: cheaper than an index of every part of every name.
    fn hits(&self, graph: &Graph, query: &str) -> Vec<(NodeIx, f32)> {
        let mut tiers: HashMap<NodeIx, f32> = HashMap::new();
        let query = query.trim();
        if query.is_empty() {
            return Vec::new();
        }
        for ix in graph.resolve(query) {
            let node = graph.node(ix);
            tiers.insert(ix, if node.name.len() == query.len() { 4.0 } else { 3.0 });
        }
        if !query.contains(char::is_whitespace) {
            let folded = query.to_lowercase();
            for (at, _) in self.text.match_indices(folded.as_str()) {
                let ix = self.starts.partition_point(|s| *s as usize <= at) - 1;
                let name = self.text[self.starts[ix] as usize..].lines().next().unwrap_or("");
                let offset = at - self.starts[ix] as usize;
                let kind = graph.node(ix as NodeIx).kind;
                let last = name.rfind(if kind == Kind::File { '/' } else { '.' }).map_or(0, |dot| dot + 1);
                // The relation's part of a column's name is the relation's.
                if kind == Kind::Column && offset + folded.len() <= last {
                    continue;
                }
                let begins = offset == last;
                let tier = tiers.entry(ix as NodeIx).or_default();
                *tier = tier.max(if begins { 2.0 } else { 1.0 });
            }
        }
        tiers.into_iter().collect()
    }
}
