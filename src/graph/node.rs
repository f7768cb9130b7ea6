//! What the graph holds of one thing: what is common to many is shared, and what follows from the rest is made when asked for.

use super::{Evidence, Places};
use crate::id;
use crate::lineage::{Column, ForeignKey, Kind};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

/// One thing in the graph. Nodes are shared between a graph and the next: what no ingestion touched is the same allocation in both.
///
/// 64 bytes: a graph has hundreds of thousands. Its name and its URN are not stored: columns of one relation share the relation's
/// name, and columns that are declared alike share the declaration.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Kind.
    pub kind: Kind,
    /// The stem is a relation's name, and the column's own comes after it.
    pub(super) of_relation: bool,
    /// For columns: position in the relation, from 0.
    pub ordinal: u32,
    pub(super) stem: Arc<str>,
    /// Definitions, ordered; empty when nothing defines it ([`Kind::External`], columns seen only in use).
    pub defined: Places,
    /// For columns: the declaration, but for its line, which `defined` has. For others: default.
    pub column: Arc<Column>,
    /// What few nodes have; `node.comment` reads it as if it stood here.
    pub rest: Arc<Rest>,
}

/// What most nodes have nothing of, so that they share one that is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rest {
    /// The URN, where it is not what kind and name make.
    pub(super) own_urn: Option<Box<str>>,
    /// Foreign keys, for tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// Signature of a routine, events of a trigger.
    pub signature: String,
    /// Comment, when its definition has one.
    pub comment: Option<String>,
    /// Free properties of nodes made by hand through the API.
    pub properties: serde_json::Map<String, serde_json::Value>,
}

impl Deref for Node {
    type Target = Rest;

    fn deref(&self) -> &Rest {
        &self.rest
    }
}

/// What stands in a URN for a dot within a part of a name.
pub(crate) const DOT: &str = "%2e";

/// Allocated once, whatever the number of nodes.
static NOTHING: LazyLock<(Arc<Column>, Arc<Rest>)> = LazyLock::new(Default::default);

impl Node {
    /// A node of which nothing is known but what it is and what it is called.
    pub(crate) fn bare(kind: Kind, name: impl Into<Arc<str>>) -> Node {
        let (column, rest) = NOTHING.clone();
        Node { kind, of_relation: false, ordinal: 0, stem: name.into(), defined: Places::default(), column, rest }
    }

    /// A column of the relation of that name.
    pub(super) fn column(relation: Arc<str>, column: Arc<Column>, ordinal: u32, defined: Places) -> Node {
        Node { of_relation: true, column, ordinal, defined, ..Node::bare(Kind::Column, relation) }
    }

    /// Sets its definitions.
    pub(crate) fn defined(mut self, places: Vec<Evidence>) -> Node {
        self.defined = places.into();
        self
    }

    /// Sets what few nodes have; its URN stays.
    pub(super) fn with(mut self, rest: Rest) -> Node {
        let rest = Rest { own_urn: self.rest.own_urn.clone(), ..rest };
        if *self.rest != rest {
            self.rest = rest.into();
        }
        self
    }

    /// Sets the URN.
    pub(super) fn at(mut self, project: &str, urn: &str) -> Node {
        let own = (urn != id::urn(project, self.kind, &self.key())).then(|| urn.into());
        if own != self.rest.own_urn {
            Arc::make_mut(&mut self.rest).own_urn = own;
        }
        self
    }

    /// Sets the URN of a new node to that of a key.
    pub(super) fn keyed(self, project: &str, key: &str) -> Node {
        let urn = (self.key() != key).then(|| id::urn(project, self.kind, key));
        match urn {
            Some(urn) => self.at(project, &urn),
            None => self,
        }
    }

    /// Identity, and the API's `id`: see [`crate::id::urn`]. `project` is the graph's.
    pub fn urn(&self, project: &str) -> String {
        let mut urn = String::with_capacity(id::urn_length(project, self.length()));
        self.push_urn(project, &mut urn);
        urn
    }

    /// Adds [`Node::urn`] to a text.
    pub(super) fn push_urn(&self, project: &str, to: &mut String) {
        match &self.rest.own_urn {
            Some(urn) => to.push_str(urn),
            None => {
                id::push_urn(to, project, self.kind.as_str());
                self.push_key(to);
            }
        }
    }

    /// Whether its kind and its name, in lower case but for a file's, make its URN.
    pub fn names_itself(&self) -> bool {
        // Lower case of other letters may depend on where a part ends.
        let plain = || self.stem.is_ascii() && self.column.name.is_ascii();
        self.rest.own_urn.is_none() && (self.kind == Kind::File || plain())
    }

    /// The schema in the name of an asset; `None` of columns and files, wherever those are.
    pub fn schema(&self) -> Option<&str> {
        if matches!(self.kind, Kind::Column | Kind::File) || self.is_place() {
            return None;
        }
        match self.rest.own_urn {
            None => last_part(last_part(&self.stem).0?).1.into(),
            Some(_) => self.parts().nth(1),
        }
    }

    /// The parts of an asset's name, the last one first. A quoted part may hold dots: the URN tells those from the ones between parts.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let key = self.rest.own_urn.as_deref().and_then(id::urn_name).unwrap_or("");
        let mut dots = key.rsplit('.').map(|part| part.matches(DOT).count());
        let mut rest = Some(&*self.stem);
        std::iter::from_fn(move || {
            let text = rest?;
            let cut = text.rmatch_indices('.').nth(dots.next().unwrap_or(0));
            rest = cut.map(|(at, _)| &text[..at]);
            Some(cut.map_or(text, |(at, dot)| &text[at + dot.len()..]))
        })
    }

    /// Whether the name of an asset says that it is in `place`, in any case: a schema, a database, or a schema of a database.
    pub fn is_in(&self, place: &str) -> bool {
        let Some(schema) = self.schema() else { return false };
        if schema.eq_ignore_ascii_case(place) {
            return true;
        }
        let before = self.stem().rsplit_once('.').map_or("", |(before, _)| before);
        let begins = || before.get(..place.len()).is_some_and(|head| head.eq_ignore_ascii_case(place));
        begins() && matches!(before.as_bytes().get(place.len()), None | Some(b'.'))
    }

    /// What the URN ends with when the name says it all.
    fn key(&self) -> String {
        let mut key = String::with_capacity(self.length());
        self.push_key(&mut key);
        key
    }

    /// Adds [`Node::key`] to a text.
    fn push_key(&self, to: &mut String) {
        // A file's path is its key as it is.
        if self.kind == Kind::File {
            return to.push_str(&self.stem);
        }
        let own = if self.of_relation { [".", &*self.column.name] } else { [""; 2] };
        for part in [&*self.stem, own[0], own[1]] {
            // Lower case of other letters depends on their neighbours, and may be longer.
            if part.is_ascii() {
                let from = to.len();
                to.push_str(part);
                to[from..].make_ascii_lowercase();
            } else {
                to.push_str(&part.to_lowercase());
            }
        }
    }

    /// The qualified name for display, as its definition spells it (`Sales.Orders`, `Sales.Orders.Total`, a file's path).
    pub fn name(&self) -> Cow<'_, str> {
        if self.of_relation { format!("{}.{}", self.stem, self.column.name).into() } else { Cow::Borrowed(&self.stem) }
    }

    /// The order of names, whatever the case of their ASCII letters; none is made for it.
    pub fn by_name(&self, other: &Node) -> Ordering {
        self.folded().cmp(other.folded())
    }

    fn folded(&self) -> impl Iterator<Item = u8> {
        let own = if self.of_relation { [".", &*self.column.name] } else { [""; 2] };
        self.stem.bytes().chain(own[0].bytes()).chain(own[1].bytes()).map(|b| b.to_ascii_lowercase())
    }

    /// Bytes of [`Node::name`], which is not made for it.
    pub(super) fn length(&self) -> usize {
        self.stem.len() + if self.of_relation { 1 + self.column.name.len() } else { 0 }
    }

    /// What its name begins with: all of it, but for a column of a relation, where it is the relation's name.
    pub fn stem(&self) -> &Arc<str> {
        &self.stem
    }

    /// Whether it is a file or folder that SQL reads or writes where it lies, named by that place.
    pub fn is_place(&self) -> bool {
        self.stem.starts_with("path:")
    }

    /// The last part of the name.
    pub fn label(&self) -> &str {
        match self.kind {
            // A column's own name may hold dots.
            Kind::Column if self.of_relation => &self.column.name,
            Kind::File => self.stem.rsplit('/').next().unwrap_or(&self.stem),
            // Dots are of a file's own name, and a folder is told from a file by the slash after it.
            _ if self.is_place() => {
                let name = self.stem.trim_end_matches(['/', '\\']).rfind(['/', '\\', ':']).map_or(0, |at| at + 1);
                &self.stem[name..]
            }
            _ if self.rest.own_urn.is_none() => last_part(&self.stem).1,
            _ => self.parts().next().unwrap_or(&self.stem),
        }
    }
}

/// What stands before the last dot of a name, if it has one, and what behind it. Lists ask it of every asset.
fn last_part(name: &str) -> (Option<&str>, &str) {
    match name.bytes().rposition(|byte| byte == b'.') {
        Some(dot) => (Some(&name[..dot]), &name[dot + 1..]),
        None => (None, name),
    }
}
