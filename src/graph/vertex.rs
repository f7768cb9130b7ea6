//! Nodes in the making: one vertex for each URN, with a number that stays while the graph around it changes.

use super::file::{Files, Slot};
use super::identity::Ident;
use super::{Evidence, Node, NodeIx};
use crate::lineage::Few;
use foldhash::HashMap;
use std::sync::Arc;

/// Index into [`Vertices`]; the same as long as something has its URN.
pub(super) type Vertex = u32;

/// What asks for a node. The order is that in which nodes of one URN become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    File(Slot),
    Asset(Ident),
    Column(Ident),
    /// Made by hand: its position among what is.
    Manual(u32),
}

/// Gives back most of the room that a list has beyond what it holds: while it grows that is up to half of it, and then it is kept.
pub(super) fn trim<T>(list: &mut Vec<T>) {
    if list.capacity() > list.len() + list.len() / 8 {
        list.shrink_to(list.len() + list.len() / 16);
    }
}

/// Where a vertex stands that stands nowhere yet.
const NOWHERE: NodeIx = NodeIx::MAX;

#[derive(Debug)]
struct Entry {
    /// Asked for by nobody when empty; seldom more than one.
    owner: Option<Owner>,
    node: Arc<Node>,
    /// All that ask, when several do; else empty.
    several: Few<(Owner, Arc<Node>)>,
    /// Its node's index in the graph of the last [`Vertices::settle`].
    place: NodeIx,
    touched: bool,
}

#[derive(Debug, Default)]
pub(super) struct Vertices {
    /// The project's id, which every URN begins with.
    project: String,
    list: Vec<Entry>,
    free: Vec<Vertex>,
    /// By URN, as of the last [`Vertices::settle`].
    order: Vec<Vertex>,
    /// What came since.
    fresh: HashMap<Box<str>, Vertex>,
    /// Room for one.
    urn: String,
    touched: Vec<Vertex>,
}

/// How the nodes of a graph differ from those of the one before.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// By index before: the index now; [`Moves::GONE`] for what is gone. Empty when every node stands where it stood.
    pub now: Vec<NodeIx>,
    /// Indices now of nodes that are new or not what they were, ascending.
    pub changed: Vec<NodeIx>,
}

impl Moves {
    pub(super) const GONE: NodeIx = NodeIx::MAX;

    pub(super) fn of(&self, before: NodeIx) -> NodeIx {
        if self.now.is_empty() { before } else { self.now[before as usize] }
    }
}

impl Vertices {
    /// None, of a project.
    pub(super) fn new(project: &str) -> Vertices {
        Vertices { project: project.to_owned(), ..Vertices::default() }
    }

    pub(super) fn find(&self, urn: &str) -> Option<Vertex> {
        if let Some(fresh) = self.fresh.get(urn) {
            return Some(*fresh);
        }
        let at = self.order.binary_search_by(|v| self.urn(*v).as_str().cmp(urn)).ok()?;
        Some(self.order[at])
    }

    fn urn(&self, vertex: Vertex) -> String {
        self.list[vertex as usize].node.urn(&self.project)
    }

    /// [`Vertices::find`], if something asks for it.
    pub(super) fn alive(&self, urn: &str) -> Option<Vertex> {
        self.find(urn).filter(|v| self.list[*v as usize].owner.is_some())
    }

    /// The vertex of `node`'s URN, with `node` as what `owner` makes of it.
    pub(super) fn put(&mut self, owner: Owner, node: Node) -> Vertex {
        let mut urn = std::mem::take(&mut self.urn);
        urn.clear();
        node.push_urn(&self.project, &mut urn);
        let known = self.find(&urn);
        self.urn = urn;
        let Some(vertex) = known else {
            let vertex = self.free.pop().unwrap_or(self.list.len() as Vertex);
            self.fresh.insert(self.urn.as_str().into(), vertex);
            let entry = Entry { owner: Some(owner), node: Arc::new(node), several: Few::default(), place: NOWHERE, touched: true };
            match self.list.get_mut(vertex as usize) {
                Some(slot) => *slot = entry,
                None => self.list.push(entry),
            }
            self.touched.push(vertex);
            return vertex;
        };
        let entry = &mut self.list[vertex as usize];
        let known = match (entry.several.iter().position(|(o, _)| *o == owner), entry.owner) {
            (Some(at), _) => Some(&mut entry.several[at].1),
            (None, Some(other)) if entry.several.is_empty() && other != owner => {
                entry.several.push((other, entry.node.clone()));
                None
            }
            (None, _) => Some(&mut entry.node).filter(|_| entry.several.is_empty()),
        };
        let same = match known {
            Some(known) if **known == node => entry.owner.is_some(),
            Some(known) => {
                *known = Arc::new(node);
                false
            }
            None => {
                entry.several.push((owner, Arc::new(node)));
                false
            }
        };
        entry.owner = entry.owner.or(Some(owner));
        if !same {
            self.touch(vertex);
        }
        vertex
    }

    /// Sets the place of a column that nothing declares, if what `owner` makes of the vertex is the column of that name and no more.
    pub(super) fn renumber(&mut self, vertex: Vertex, owner: Owner, (relation, name): (&str, &str), ordinal: u32) -> bool {
        let entry = &mut self.list[vertex as usize];
        let node = match entry.several.iter().position(|(o, _)| *o == owner) {
            Some(at) => &mut entry.several[at].1,
            None if entry.several.is_empty() && entry.owner == Some(owner) => &mut entry.node,
            None => return false,
        };
        if !node.defined.is_empty() || node.column.name != name || **node.stem() != *relation {
            return false;
        }
        if node.ordinal != ordinal {
            Arc::make_mut(node).ordinal = ordinal;
            self.touch(vertex);
        }
        true
    }

    /// `owner` asks no more.
    pub(super) fn drop(&mut self, vertex: Vertex, owner: Owner) {
        let entry = &mut self.list[vertex as usize];
        entry.several.retain(|(o, _)| *o != owner);
        if let [(last, node)] = &entry.several[..] {
            (entry.owner, entry.node) = (Some(*last), node.clone());
            entry.several = Few::default();
        } else if entry.several.is_empty() && entry.owner == Some(owner) {
            entry.owner = None;
        }
        self.touch(vertex);
    }

    fn touch(&mut self, vertex: Vertex) {
        let entry = &mut self.list[vertex as usize];
        if !entry.touched {
            entry.touched = true;
            self.touched.push(vertex);
        }
    }

    /// What `owner` makes of the vertex.
    pub(super) fn node(&self, vertex: Vertex, owner: Owner) -> &Arc<Node> {
        let entry = &self.list[vertex as usize];
        entry.several.iter().find(|(o, _)| *o == owner).map_or(&entry.node, |(_, node)| node)
    }

    /// The text of an asset's name, which its columns share.
    pub(super) fn spelled(&self, asset: Vertex, ident: Ident) -> Arc<str> {
        self.node(asset, Owner::Asset(ident)).stem().clone()
    }

    /// Who asks for it.
    pub(super) fn owners(&self, vertex: Vertex) -> Vec<Owner> {
        let entry = &self.list[vertex as usize];
        if entry.several.is_empty() {
            return entry.owner.into_iter().collect();
        }
        entry.several.iter().map(|(owner, _)| *owner).collect()
    }

    /// Where the vertex stood at the last [`Vertices::settle`].
    pub(super) fn place(&self, vertex: Vertex) -> Option<NodeIx> {
        Some(self.list[vertex as usize].place).filter(|p| *p != NOWHERE)
    }

    /// What is asked for and stands nowhere yet, in order, and where in the order before each is to stand.
    pub(super) fn to_come(&self) -> Vec<(usize, Vertex)> {
        let new = self.touched.iter().copied().filter(|v| {
            let entry = &self.list[*v as usize];
            entry.owner.is_some() && entry.place == NOWHERE
        });
        let mut new: Vec<(String, Vertex)> = new.map(|vertex| (self.urn(vertex), vertex)).collect();
        new.sort_unstable();
        let place = |urn: String| self.order.partition_point(|old| self.urn(*old) < urn);
        new.into_iter().map(|(urn, vertex)| (place(urn), vertex)).collect()
    }

    /// Takes out what nobody asks for and puts in what is new, which [`Vertices::to_come`] told: the nodes in order, given those in order
    /// before.
    pub(super) fn settle(&mut self, new: Vec<(usize, Vertex)>, before: &[Arc<Node>], files: &Files) -> (Vec<Arc<Node>>, Moves) {
        let touched = std::mem::take(&mut self.touched);
        self.fresh = HashMap::default();
        trim(&mut self.list);
        let (mut gone, mut changed) = (Vec::new(), Vec::new());
        for vertex in touched {
            let entry = &mut self.list[vertex as usize];
            entry.touched = false;
            if !entry.several.is_empty() {
                entry.node = Arc::new(one(&mut entry.several, files));
            }
            match (entry.owner.is_some(), entry.place) {
                (true, NOWHERE) => {}
                (true, place) => {
                    if !Arc::ptr_eq(&entry.node, &before[place as usize]) {
                        changed.push(place);
                    }
                }
                (false, place) => {
                    if place != NOWHERE {
                        gone.push(place);
                    }
                    self.free.push(vertex);
                }
            }
        }
        changed.sort_unstable();
        gone.sort_unstable();
        if new.is_empty() && gone.is_empty() {
            let mut nodes = before.to_vec();
            for place in &changed {
                nodes[*place as usize] = self.list[self.order[*place as usize] as usize].node.clone();
            }
            return (nodes, Moves { now: Vec::new(), changed });
        }
        self.merge(before, new, &gone, &changed)
    }

    /// The nodes of before with the `new` ones at their places in the order before.
    fn merge(&mut self, before: &[Arc<Node>], new: Vec<(usize, Vertex)>, gone: &[NodeIx], changed: &[NodeIx]) -> (Vec<Arc<Node>>, Moves) {
        let count = before.len() + new.len() - gone.len();
        let (mut nodes, mut order) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut moves = Moves { now: vec![Moves::GONE; before.len()], changed: Vec::new() };
        let mut new = new.into_iter().peekable();
        let (mut gone, mut changed) = (gone.iter().copied().peekable(), changed.iter().copied().peekable());
        for old in 0..=before.len() {
            while let Some((_, vertex)) = new.next_if(|(at, _)| *at == old) {
                moves.changed.push(nodes.len() as NodeIx);
                nodes.push(self.list[vertex as usize].node.clone());
                order.push(vertex);
            }
            if old == before.len() || gone.next_if_eq(&(old as NodeIx)).is_some() {
                continue;
            }
            let vertex = self.order[old];
            let now = nodes.len() as NodeIx;
            moves.now[old] = now;
            order.push(vertex);
            if changed.next_if_eq(&(old as NodeIx)).is_some() {
                moves.changed.push(now);
                nodes.push(self.list[vertex as usize].node.clone());
            } else {
                nodes.push(before[old].clone());
            }
        }
        for (place, vertex) in (0..).zip(&order) {
            self.list[*vertex as usize].place = place;
        }
        self.order = order;
        (nodes, moves)
    }
}

/// What several make of one URN: what the first says, with the properties and the definitions of all.
fn one(several: &mut [(Owner, Arc<Node>)], files: &Files) -> Node {
    // Numbers of one kind of owner depend on what was there before, so that what they say decides.
    let layer = |owner: Owner| match owner {
        Owner::File(_) => (0, 0),
        Owner::Asset(_) => (1, 0),
        Owner::Column(_) => (2, 0),
        Owner::Manual(n) => (3, n),
    };
    let places = |node: &Node| node.defined.iter().map(|e| files.place(e)).collect::<Vec<_>>();
    several.sort_by_cached_key(|(owner, node)| (layer(*owner), places(node), node.name().into_owned(), node.ordinal));
    let mut node = (*several[0].1).clone();
    for (_, other) in &several[1..] {
        if !other.properties.is_empty() {
            Arc::make_mut(&mut node.rest).properties.extend(other.properties.clone());
        }
    }
    let mut defined: Vec<Evidence> = Vec::new();
    for place in several.iter().flat_map(|(_, node)| &node.defined) {
        if !defined.contains(place) {
            defined.push(place.clone());
        }
    }
    node.defined = defined.into();
    node
}
