//! Columns: which a relation has.
//!
//! A table has the columns it declares; a view, or a table made from a query, has its query's outputs, stars expanded through
//! other views. A column that is only used gets a node when its relation's columns are not known.

use super::assemble::column_node;
use super::file::{File, Files, Slot, data_role, target_role};
use super::identity::{Ident, Identities};
use super::names::Names;
use super::vertex::{Owner, Vertex, Vertices};
use super::{Evidence, Node};
use crate::lineage::Column;
pub(super) use declare::Definitions;
pub(super) use expand::{Expanded, Item};
use foldhash::HashSet;
use std::sync::Arc;

mod declare;
mod expand;

/// Most columns that stars stand for in one project. Thirty bytes of `SELECT *` can stand for thousands of columns, so that one
/// small file could otherwise ask for all the memory there is (a column with its edges takes about a kilobyte); real warehouses stay
/// below. Counted once for the columns that definitions have, once for the edges of all statements. Past it a star stays a
/// relation-level edge, and a note says so.
pub(super) const MAX_STAR_COLUMNS: usize = 200_000;

/// What is left of [`MAX_STAR_COLUMNS`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget {
    pub left: usize,
    /// It was not enough.
    pub cut: bool,
    /// How often stars asked for some of it, or those who had asked were withdrawn.
    pub asked: u64,
}

impl Budget {
    /// Whether `count` more columns are in it; they are then spent.
    pub(super) fn spend(&mut self, count: usize) -> bool {
        self.asked += u64::from(count > 0);
        let enough = count <= self.left;
        self.left -= if enough { count } else { 0 };
        self.cut |= !enough;
        enough
    }
}

/// A column that a definition declares.
#[derive(Debug)]
pub(super) struct Declared {
    /// Its name folded, where that is another than its name.
    folded: Option<Box<str>>,
    pub column: Arc<Column>,
    pub vertex: Vertex,
}

impl Declared {
    fn new(folded: String, column: Arc<Column>, vertex: Vertex) -> Declared {
        Declared { folded: (folded != column.name).then(|| folded.into()), column, vertex }
    }

    /// Its folded name.
    pub(super) fn folded(&self) -> &str {
        self.folded.as_deref().unwrap_or(&self.column.name)
    }
}

/// A column that nothing declares.
#[derive(Debug)]
pub(super) struct Used {
    pub folded: Box<str>,
    pub vertex: Vertex,
    /// By file: the first line of use, and how the column is spelled there where it is not folded.
    pub by: Vec<(Slot, u32, Option<Box<str>>)>,
}

/// What is known of one relation's columns.
#[derive(Debug, Default)]
pub(super) struct Relation {
    /// In the order of the definition; columns only used are not here.
    pub declared: Vec<Declared>,
    /// How many of them the database gives their values.
    generated: usize,
    /// Positions in `declared`, by folded name.
    by_name: Vec<u32>,
    /// `declared` is all there is.
    pub complete: bool,
    /// How many columns the stars of its definition stand for, and whether they asked for any.
    spent: usize,
    asks: bool,
    /// Of a routine whose rows are read somewhere: the columns of its first result, and whether these are all.
    given: Option<(Vec<String>, bool)>,
    /// By folded name.
    pub used: Vec<Used>,
}

impl Relation {
    /// How many columns an INSERT without a list gives.
    pub(super) fn places(&self) -> usize {
        self.declared.len() - self.generated
    }

    /// The column that takes what such an INSERT gives at this place.
    pub(super) fn at_place(&self, at: usize) -> Option<&Declared> {
        if self.generated == 0 { self.declared.get(at) } else { self.declared.iter().filter(|d| !d.column.generated).nth(at) }
    }

    /// Position of a declared column.
    pub(super) fn lookup(&self, name: &str) -> Option<usize> {
        let find = |folded: &str| self.by_name.binary_search_by(|at| self.declared[*at as usize].folded().cmp(folded)).ok();
        // The common case first: no allocation when the name is folded already.
        find(name).or_else(|| find(&name.to_lowercase())).map(|at| self.by_name[at] as usize)
    }
}

/// What names mean in one file.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    pub names: &'r Names,
    pub file: &'r File,
}

impl Reader<'_> {
    pub(super) fn relation(self, name: &crate::lineage::Name) -> Option<Ident> {
        self.file.said.meaning(self.names, name, data_role(name).0)
    }

    /// As [`Reader::relation`], of a name that is defined or written.
    pub(super) fn target(self, name: &crate::lineage::Name) -> Option<Ident> {
        self.file.said.meaning(self.names, name, target_role(name))
    }
}

/// Declarations of columns without their lines, each once: a warehouse has few beside its columns.
#[derive(Debug, Default)]
struct Declarations {
    known: HashSet<Arc<Column>>,
    /// How many were in use when they were looked through last.
    used: usize,
}

impl Declarations {
    /// Unused ones kept beyond those in use.
    const MAX_STALE: usize = 10_000;

    fn share(&mut self, column: Column) -> Arc<Column> {
        let column = Column { line: 0, ..column };
        if let Some(known) = self.known.get(&column) {
            return known.clone();
        }
        let shared = Arc::new(column);
        self.known.insert(shared.clone());
        shared
    }

    fn forget_unused(&mut self) {
        if self.known.len() > 2 * self.used + Declarations::MAX_STALE {
            self.known.retain(|column| Arc::strong_count(column) > 1);
            self.used = self.known.len();
        }
    }
}

/// The columns of a project's relations, by identity.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub of: Vec<Relation>,
    declarations: Declarations,
    /// Relations whose undeclared columns, or the number of declared ones before them, may have changed.
    pub touched: HashSet<Ident>,
    /// Undeclared columns of relations that are gone.
    gone: Vec<(Vertex, Ident)>,
}

impl Columns {
    /// Whether all columns are known of what a routine gives back.
    pub(super) fn is_given(&self, giver: Ident) -> bool {
        self.of[giver as usize].given.as_ref().is_some_and(|(_, all)| *all)
    }

    /// How many columns what a routine gives back is known to have.
    pub(super) fn given(&self, giver: Ident) -> usize {
        self.of[giver as usize].given.as_ref().map_or(0, |(names, _)| names.len())
    }

    /// Takes away all that a relation had which is gone.
    pub(super) fn forget(&mut self, ident: Ident, vertices: &mut Vertices, budget: &mut Budget) {
        let relation = std::mem::take(&mut self.of[ident as usize]);
        budget.left += relation.spent;
        budget.asked += u64::from(relation.asks);
        let vertex = relation.declared.iter().map(|d| d.vertex).chain(relation.used.iter().map(|u| u.vertex));
        vertex.for_each(|v| vertices.drop(v, Owner::Column(ident)));
        self.gone.extend(relation.used.iter().map(|u| (u.vertex, ident)));
        self.touched.remove(&ident);
    }

    /// The vertex of the declared column of that name.
    pub(super) fn declared(&self, ident: Ident, name: &str) -> Option<Vertex> {
        let relation = &self.of[ident as usize];
        relation.lookup(name).map(|at| relation.declared[at].vertex)
    }

    /// The vertex of the column of that folded name that is used somewhere and that nothing declares.
    pub(super) fn undeclared(&self, ident: Ident, folded: &str) -> Option<Vertex> {
        let used = &self.of[ident as usize].used;
        used.binary_search_by(|u| (*u.folded).cmp(folded)).ok().map(|at| used[at].vertex)
    }

    /// The vertex of a column that nothing declares, and that is used in `slot` on `line`.
    pub(super) fn used(
        &mut self,
        ident: Ident,
        name: &str,
        (slot, line): (Slot, u32),
        vertices: &mut Vertices,
        node: impl FnOnce(&Vertices, Arc<Column>) -> Node,
    ) -> Vertex {
        let relation = &mut self.of[ident as usize];
        let folded = name.to_lowercase();
        let spelled = (folded != name).then(|| name.into());
        let at = relation.used.binary_search_by(|u| (*u.folded).cmp(&folded));
        let at = at.unwrap_or_else(|at| {
            let column = self.declarations.share(Column { name: name.to_owned(), ..Column::default() });
            let node = node(vertices, column);
            let vertex = vertices.put(Owner::Column(ident), node);
            // Most are used in one file.
            relation.used.insert(at, Used { folded: folded.into(), vertex, by: Vec::with_capacity(1) });
            at
        });
        let used = &mut relation.used[at];
        match used.by.last_mut().filter(|(by, ..)| *by == slot) {
            None => used.by.push((slot, line, spelled)),
            Some(first) if line < first.1 => *first = (slot, line, spelled),
            Some(_) => {}
        }
        self.touched.insert(ident);
        used.vertex
    }

    /// Forgets what `slot` used of a relation.
    pub(super) fn unuse(&mut self, ident: Ident, slot: Slot) {
        if let Some(relation) = self.of.get_mut(ident as usize) {
            relation.used.iter_mut().for_each(|u| u.by.retain(|(by, ..)| *by != slot));
            self.touched.insert(ident);
        }
    }

    /// Drops the touched relations' columns that nothing uses any more and numbers the others; gives all these with their relations.
    pub(super) fn number(
        &mut self,
        project: &str,
        names: &Names,
        files: &Files,
        identities: &Identities,
        vertices: &mut Vertices,
    ) -> Vec<(Vertex, Ident)> {
        let mut numbered = std::mem::take(&mut self.gone);
        for ident in self.touched.drain() {
            let (identity, owner) = (&identities.list[ident as usize], Owner::Column(ident));
            let Relation { declared, by_name, used, .. } = &mut self.of[ident as usize];
            let is_declared = |folded: &str| by_name.binary_search_by(|at| declared[*at as usize].folded().cmp(folded)).is_ok();
            used.retain(|u| {
                numbered.push((u.vertex, ident));
                if u.by.is_empty() && !is_declared(&u.folded) {
                    vertices.drop(u.vertex, owner);
                }
                !u.by.is_empty()
            });
            used.shrink_to_fit();
            for (at, u) in used.iter().enumerate() {
                let Some((_, _, spelled)) = u.first(files) else { continue };
                let (name, stem) = (spelled.as_deref().unwrap_or(&u.folded), vertices.spelled(identity.vertex, ident));
                let ordinal = (declared.len() + at) as u32;
                if vertices.renumber(u.vertex, owner, (&stem, name), ordinal) {
                    continue;
                }
                let column = self.declarations.share(Column { name: name.to_owned(), ..Column::default() });
                vertices.put(owner, column_node(project, (names.name(identity.name), stem), column, ordinal, Vec::new()));
            }
        }
        self.declarations.forget_unused();
        numbered
    }

    /// Where a column is used first, if nothing declares it.
    pub(super) fn first_use(&self, ident: Ident, vertex: Vertex, vertices: &Vertices, files: &Files) -> Option<Evidence> {
        let folded = vertices.node(vertex, Owner::Column(ident)).column.name.to_lowercase();
        let used = &self.of[ident as usize].used;
        let at = used.binary_search_by(|u| (*u.folded).cmp(&folded)).ok()?;
        let (slot, line, _) = used[at].first(files)?;
        Some(Evidence { file_id: files[*slot].id.clone(), line: *line, line_end: *line })
    }
}

impl Used {
    fn first(&self, files: &Files) -> Option<&(Slot, u32, Option<Box<str>>)> {
        self.by.iter().min_by_key(|(slot, line, _)| (files[*slot].rank, *line))
    }
}
