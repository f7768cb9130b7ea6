//! A condition on what a list holds, and whether an asset fits it.

use crate::graph::{Graph, NodeIx};
use crate::lineage::{Kind, Relation};
use foldhash::HashSet;

/// What an asset does to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verb {
    Uses,
    Writes,
    Calls,
}

impl Verb {
    pub(super) fn of(word: &str) -> Option<Verb> {
        Some(match word {
            "use" | "uses" | "using" | "read" | "reads" | "reading" | "query" | "queries" | "querying" | "select" | "selects"
            | "selecting" | "consume" | "consuming" | "consumes" | "reference" | "references" | "mention" | "mentions" | "touch"
            | "touches" | "access" | "accesses" | "depend" | "depends" | "built" | "based" => Verb::Uses,
            "write" | "writes" | "writing" | "update" | "updates" | "updating" | "fill" | "fills" | "filling" | "load" | "loads"
            | "loading" | "insert" | "inserts" | "inserting" | "modify" | "modifies" | "populate" | "populates" => Verb::Writes,
            "call" | "calls" | "calling" | "invoke" | "invokes" | "execute" | "executes" => Verb::Calls,
            _ => return None,
        })
    }

    /// As it is said of one, or of several.
    pub(super) fn said(self, one: bool) -> &'static str {
        match (self, one) {
            (Verb::Uses, true) => "uses",
            (Verb::Uses, false) => "use",
            (Verb::Writes, true) => "writes",
            (Verb::Writes, false) => "write",
            (Verb::Calls, true) => "calls",
            (Verb::Calls, false) => "call",
        }
    }

    /// What `node` does it to.
    fn objects(self, graph: &Graph, node: NodeIx) -> Vec<NodeIx> {
        let done = |relation| match self {
            Verb::Uses => matches!(relation, Relation::Derives | Relation::Reads | Relation::Calls | Relation::FiresOn),
            Verb::Writes => relation == Relation::WrittenBy,
            Verb::Calls => relation == Relation::Calls,
        };
        let edges: Vec<_> = if self == Verb::Writes { graph.incoming(node).collect() } else { graph.outgoing(node).collect() };
        let edges = edges.into_iter().map(|e| graph.edge(e)).filter(|e| done(e.relation));
        edges.map(|e| if self == Verb::Writes { e.from } else { e.to }).filter(|&n| n != node).collect()
    }
}

/// What it is done to.
pub(super) enum Object {
    Anything,
    /// Any node of each of these.
    Named(Vec<Vec<NodeIx>>),
    Kinds(Vec<Kind>),
    Schema(String),
}

/// What is looked at.
pub(super) enum Test {
    PrimaryKey,
    /// Of tables: a primary key of several columns.
    CompositeKey,
    ForeignKey,
    Unique,
    Comment,
    Default,
    /// Of columns: made from others of their table.
    Computed,
    /// Of tables: some foreign key refers to it; one of its own does.
    Referred,
    SelfReferring,
    /// Of columns: declared to take NULL, and not to.
    Nullable,
    Required,
    Columns {
        least: usize,
        most: usize,
    },
    /// Relations that it is made of directly.
    Sources {
        least: usize,
        most: usize,
    },
    /// Something in this schema uses it.
    UsedIn(String),
    Does(Verb, Object),
    /// One of these.
    Among(HashSet<NodeIx>),
}

impl Test {
    pub(super) fn holds(&self, graph: &Graph, node: NodeIx) -> bool {
        let whole = |n: NodeIx| graph.relation_of(n).unwrap_or(n);
        let some_column = || graph.columns(node).into_iter().any(|column| self.holds(graph, column));
        match self {
            Test::Default | Test::Unique | Test::Nullable | Test::Required | Test::Computed if graph.kind(node).is_relation() => {
                some_column()
            }
            Test::PrimaryKey if graph.kind(node) == Kind::Column => graph.node(node).column.primary_key,
            Test::PrimaryKey => graph.columns(node).iter().any(|&c| graph.node(c).column.primary_key),
            Test::ForeignKey if graph.kind(node) == Kind::Column => {
                let keys = &graph.node(whole(node)).foreign_keys;
                keys.iter().flat_map(|k| &k.columns).any(|c| c.eq_ignore_ascii_case(graph.node(node).label()))
            }
            Test::ForeignKey => !graph.node(node).foreign_keys.is_empty(),
            // What a declaration does not forbid, it allows; what has no declaration says neither.
            Test::Nullable => !graph.node(node).column.data_type.is_empty() && graph.node(node).column.nullable != Some(false),
            Test::Required => graph.node(node).column.nullable == Some(false),
            Test::Comment => graph.node(node).comment.is_some(),
            Test::Default => graph.node(node).column.default.is_some(),
            Test::Computed => {
                let of_own = |source: NodeIx| graph.relation_of(source).is_some_and(|r| Some(r) == graph.relation_of(node));
                let declared = |n: NodeIx| graph.kind(n) == Kind::Table;
                graph.relation_of(node).is_some_and(declared) && graph.sources(node).iter().any(|hop| of_own(hop.node))
            }
            Test::Referred => graph.incoming(node).any(|e| graph.edge(e).relation == Relation::References),
            Test::SelfReferring => graph.outgoing(node).any(|e| graph.edge(e).relation == Relation::References && graph.edge(e).to == node),
            Test::CompositeKey => graph.columns(node).iter().filter(|&&c| graph.node(c).column.primary_key).count() > 1,
            Test::Unique => graph.node(node).column.unique,
            Test::Sources { least, most } => {
                let sources: HashSet<NodeIx> = graph
                    .sources(node)
                    .iter()
                    .map(|hop| hop.node)
                    .filter(|&n| n != node && (graph.kind(n).is_relation() || graph.kind(n) == Kind::External))
                    .collect();
                (*least..=*most).contains(&sources.len())
            }
            Test::UsedIn(schema) => {
                let uses = |e| {
                    !matches!(graph.edge(e).relation, Relation::ColumnOf | Relation::DefinedIn | Relation::Mentions | Relation::References)
                };
                graph.incoming(node).any(|e| uses(e) && graph.node(whole(graph.edge(e).from)).is_in(schema))
            }
            Test::Columns { least, most } => graph.kind(node).is_relation() && (*least..=*most).contains(&graph.columns(node).len()),
            Test::Among(nodes) => nodes.contains(&node),
            Test::Does(verb, object) => {
                let done = verb.objects(graph, node);
                match object {
                    Object::Anything => !done.is_empty(),
                    Object::Kinds(kinds) => done.iter().any(|&n| kinds.contains(&graph.kind(n))),
                    Object::Schema(schema) => done.iter().any(|&n| graph.node(whole(n)).is_in(schema)),
                    // A relation mentions its own columns.
                    Object::Named(named) => named
                        .iter()
                        .all(|nodes| nodes.iter().any(|n| done.contains(n) || graph.kind(*n) == Kind::Column && whole(*n) == node)),
                }
            }
        }
    }
}
