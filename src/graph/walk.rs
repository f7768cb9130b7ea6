//! Upstream, downstream and impact: bounded walks along data flow.
//!
//! A walk at table level follows `DERIVES`, `READS`, `WRITTEN_BY`, `CALLS` and `FIRES_ON`, with one rule: it enters a routine or
//! file but goes on from there only when it started there, since a procedure that reads ten tables and writes five does not make
//! each of the five from each of the ten; the `DERIVES` edges say which. A walk at column level follows `DERIVES` between columns.

use super::{EdgeIx, Graph, NodeIx};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Where data comes from.
    Upstream,
    /// Who uses it.
    Downstream,
    /// Both, each from the start.
    Both,
}

/// Tables or columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Relations, routines and files.
    Table,
    /// Columns only.
    Column,
}

/// Bounds of a walk.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Hops from the start.
    pub depth: u32,
    /// Nodes in the answer, the start included.
    pub nodes: usize,
}

/// Most nodes one graph answer holds: what a browser draws and a reader reads; past it `truncated` says so.
pub const MAX_NODES: usize = 5_000;

/// What a walk reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Walk {
    /// Nodes with their distance, breadth first, the start first at 0.
    pub nodes: Vec<(NodeIx, u32)>,
    /// Edges passed, each once.
    pub edges: Vec<EdgeIx>,
    /// A limit cut the answer.
    pub truncated: bool,
}

/// Walks from `start`. A column start at table level begins at its relation; a relation start at column level begins at its columns.
pub fn walk(graph: &Graph, start: NodeIx, direction: Direction, level: Level, limits: Limits) -> Walk {
    let _ = (graph, start, direction, level, limits);
    todo!()
}

/// What a change to `root` reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Impact {
    /// Everything downstream with its hop, without the root, breadth first. Callers of a broken routine count.
    pub nodes: Vec<(NodeIx, u32)>,
    /// Those that name the root (or, for a column, its relation's column) in their text: they break.
    pub breaking: Vec<NodeIx>,
    /// The others: they still run, on other data or none.
    pub affected: Vec<NodeIx>,
    /// A limit cut the answer.
    pub truncated: bool,
}

/// What breaks, and what is affected, when `root` is dropped or renamed.
pub fn impact(graph: &Graph, root: NodeIx, limits: Limits) -> Impact {
    let _ = (graph, root, limits);
    todo!()
}
