//! Columns that a file uses and that nothing declares.
//!
//! Stating a file's edges changes nothing of the project, so that several files can be at it at once. A column that no file used before has
//! no vertex then: another number stands in for it until what the file uses is told to the project.

use super::Edge;
use super::assemble::column_node;
use super::column::Columns;
use super::file::Slot;
use super::identity::{Ident, Identities};
use super::names::Names;
use super::vertex::{Vertex, Vertices};
use foldhash::HashMap;

/// The first number that stands in for a vertex: so many there are not.
const STAND_IN: Vertex = 1 << 31;

/// A column that is used, as it is spelled on the first line of use.
#[derive(Debug)]
struct Use {
    relation: Ident,
    name: Box<str>,
    line: u32,
    vertex: Vertex,
}

/// What one file uses, in order of its edges.
#[derive(Debug, Default)]
pub(super) struct Usage {
    list: Vec<Use>,
    /// Places in the list by folded name.
    places: HashMap<Ident, HashMap<Box<str>, u32>>,
}

impl Usage {
    /// The vertex of a column that nothing declares, or what stands in for it.
    pub(super) fn of(&mut self, relation: Ident, name: &str, line: u32, columns: &Columns) -> Vertex {
        let folded = name.to_lowercase();
        let places = self.places.entry(relation).or_default();
        if let Some(at) = places.get(&*folded) {
            let known = &mut self.list[*at as usize];
            if line < known.line {
                (known.name, known.line) = (name.into(), line);
            }
            return known.vertex;
        }
        let at = self.list.len() as u32;
        let vertex = columns.undeclared(relation, &folded).unwrap_or(STAND_IN + at);
        places.insert(folded.into(), at);
        self.list.push(Use { relation, name: name.into(), line, vertex });
        vertex
    }

    /// The relations of which it uses columns, each once.
    pub(super) fn relations(&self) -> Vec<Ident> {
        let mut relations: Vec<Ident> = self.places.keys().copied().collect();
        relations.sort_unstable();
        relations
    }

    /// Tells the project what the file in `slot` uses, and puts vertices in the place of what stands in for them in `edges`, which stay in
    /// order. False when two of these are now one: they are to be stated anew.
    pub(super) fn settle(
        &self,
        (project, slot): (&str, Slot),
        (names, identities): (&Names, &Identities),
        columns: &mut Columns,
        vertices: &mut Vertices,
        edges: &mut [Edge],
    ) -> bool {
        let mut new = false;
        let told = |used: &Use| {
            let identity = &identities.list[used.relation as usize];
            let node = |vertices: &Vertices, column| {
                let name = (names.name(identity.name), vertices.spelled(identity.vertex, used.relation));
                column_node(project, name, column, 0, Vec::new())
            };
            new |= used.vertex >= STAND_IN;
            columns.used(used.relation, &used.name, (slot, used.line), vertices, node)
        };
        let now: Vec<Vertex> = self.list.iter().map(told).collect();
        if !new {
            return true;
        }
        let of = |vertex: Vertex| if vertex < STAND_IN { vertex } else { now[(vertex - STAND_IN) as usize] };
        edges.iter_mut().for_each(|edge| (edge.from, edge.to) = (of(edge.from), of(edge.to)));
        edges.sort_unstable_by_key(|edge| (edge.from, edge.to, edge.relation));
        edges.windows(2).all(|pair| (pair[0].from, pair[0].to, pair[0].relation) != (pair[1].from, pair[1].to, pair[1].relation))
    }
}
