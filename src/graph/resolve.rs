//! What a name typed by a person can mean.

use super::adjacency::Part;
use super::identity::DEFAULT_SCHEMAS;
use super::vertex::Moves;
use super::{Graph, Node, NodeIx};
use crate::id;
use crate::lineage::Kind;
use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Parts of a text that are looked up as the end of a name: no dialect has more than four, and a path's are not told apart here.
const MAX_PARTS: usize = 8;

/// Nodes by the last part of their names: `.`-separated for assets, `/`-separated for files; columns of relations by their own names,
/// apart. Sorted pairs of a hash and a node: eight bytes, where a map from text would take sixty.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Spellings(Vec<(u32, NodeIx)>);

impl Spellings {
    pub(super) fn build(nodes: &[Arc<Node>], project: &str) -> Spellings {
        Spellings(spell(nodes, project, 0..nodes.len() as NodeIx))
    }

    /// Those of `nodes`, which are the nodes of these but for what `moves` says.
    pub(super) fn next(&self, nodes: &[Arc<Node>], project: &str, moves: &Moves) -> Spellings {
        let mut new = spell(nodes, project, moves.changed.iter().copied()).into_iter().peekable();
        let mut changed = vec![false; nodes.len()];
        moves.changed.iter().for_each(|ix| changed[*ix as usize] = true);
        let mut pairs = Vec::with_capacity(self.0.len() + new.len());
        for (hash, ix) in &self.0 {
            let pair = (*hash, moves.of(*ix));
            if pair.1 == Moves::GONE || changed[pair.1 as usize] {
                continue;
            }
            while let Some(before) = new.next_if(|n| *n < pair) {
                pairs.push(before);
            }
            pairs.push(pair);
        }
        pairs.extend(new);
        Spellings(pairs)
    }

    /// Nodes of this hash, and others that share it by chance.
    fn of(&self, hash: u32) -> impl Iterator<Item = NodeIx> {
        let from = self.0.partition_point(|(h, _)| *h < hash);
        self.0[from..].iter().take_while(move |(h, _)| *h == hash).map(|(_, ix)| *ix)
    }
}

impl Graph {
    /// Nodes that `text` can mean: a URN, a full name, or the last parts of one, in any case and quoting; best first (the full name
    /// before a part of it, defined before external, relations before routines before columns before files). A default schema
    /// (`dbo`, `public`, `main`) that the definition does not spell, or a database in front, is overlooked when nothing else fits.
    /// Empty when nothing fits.
    pub fn resolve(&self, text: &str) -> Vec<NodeIx> {
        self.meanings(text, true)
    }

    /// As [`Graph::resolve`], without the columns of relations, of which thousands may be called alike.
    pub fn resolve_whole(&self, text: &str) -> Vec<NodeIx> {
        self.meanings(text, false)
    }

    /// The columns whose own name this is, in any case.
    pub fn columns_called(&self, label: &str) -> impl Iterator<Item = NodeIx> {
        let folded = label.to_lowercase();
        let called = self.spellings.of(hash(&folded, true));
        called.filter(move |ix| self.node(*ix).of_relation && fit(&self.node(*ix).column.name, &folded, &['.']) == Some(Fit::Whole))
    }

    fn meanings(&self, text: &str, columns: bool) -> Vec<NodeIx> {
        if id::urn_project(text.trim()).is_some()
            && let Some(ix) = self.find(text.trim())
        {
            return Vec::from_iter(Some(ix).filter(|ix| columns || !self.node(*ix).of_relation));
        }
        // A name may hold what quotes others, and blanks: as it is listed it is found.
        let (listed, full) = (text.to_lowercase(), unquote(text).to_lowercase());
        if full.is_empty() {
            return Vec::new();
        }
        let mut found = self.fitting(&listed, columns);
        if found.is_empty() && full != listed {
            found = self.fitting(&full, columns);
        }
        let shorter = DEFAULT_SCHEMAS.iter().filter_map(|d| full.strip_prefix(d)?.strip_prefix('.')).chain(endings(&full));
        for text in shorter {
            if !found.is_empty() {
                break;
            }
            found = self.fitting(text, columns);
            // A part of the text must be the whole name: `a.orders` does not mean `b.orders`.
            found.retain(|(_, fit)| *fit == Fit::Whole);
        }
        found.sort_by_cached_key(|(ix, fit)| {
            let node = self.node(*ix);
            let external = node.kind == Kind::External && node.properties.is_empty();
            (*fit, external, rank(node.kind), node.length(), *ix)
        });
        found.into_iter().map(|(ix, _)| ix).collect()
    }

    /// What `text`, which is folded, is the name of or the end of one, each once.
    fn fitting(&self, text: &str, columns: bool) -> Vec<(NodeIx, Fit)> {
        let mut found = self.fitting_whole(text);
        if columns {
            found.extend(self.columns_called(text).map(|ix| (ix, Fit::End)));
            // A column's own name may hold dots.
            for (at, _) in text.rmatch_indices('.').take(MAX_PARTS) {
                let (relation, own) = (&text[..at], &text[at + 1..]);
                for (relation, fit_of) in self.fitting_whole(relation) {
                    let columns = self.incoming.part(relation, Part::Column).iter().map(|hop| hop.node);
                    let called = columns.filter(|ix| fit(&self.node(*ix).column.name, own, &['.']) == Some(Fit::Whole));
                    found.extend(called.map(|ix| (ix, fit_of)));
                }
            }
        }
        found.sort_unstable();
        found.dedup_by_key(|(ix, _)| *ix);
        found
    }

    /// As [`Graph::fitting`], but for the columns of relations.
    fn fitting_whole(&self, text: &str) -> Vec<(NodeIx, Fit)> {
        let mut hashes = [last(text, &['.']), last(text, &['/']), last(text, PLACE), text].map(|text| hash(text, false));
        hashes.sort_unstable();
        let mut found = Vec::new();
        for of in hashes.chunk_by(|a, b| a == b) {
            for ix in self.spellings.of(of[0]) {
                let node = self.node(ix);
                let named = if node.of_relation { None } else { fit(&node.stem, text, separators(node)) };
                let fits = named.or_else(|| own_id(node, &self.project).filter(|id| id == text).map(|_| Fit::Whole));
                found.extend(fits.map(|fit| (ix, fit)));
            }
        }
        found
    }
}

/// The pairs of some nodes.
fn spell(nodes: &[Arc<Node>], project: &str, which: impl Iterator<Item = NodeIx>) -> Vec<(u32, NodeIx)> {
    let mut pairs = Vec::with_capacity(which.size_hint().0);
    for ix in which {
        let node = &nodes[ix as usize];
        let own = if node.of_relation {
            hash(&folded(&node.column.name), true)
        } else {
            hash(last(&folded(&node.stem), separators(node)), false)
        };
        pairs.push((own, ix));
        // What was made by hand also answers to the id its client chose.
        if let Some(id) = own_id(node, project) {
            pairs.push((hash(&id, false), ix));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Whole,
    End,
}

/// Whether `text`, which is folded, is `name` in any case, or what comes after one of the separators at the end of it.
fn fit(name: &str, text: &str, separators: &[char]) -> Option<Fit> {
    let name = folded(name);
    let front = name.strip_suffix(text)?;
    match front {
        "" => Some(Fit::Whole),
        front => front.ends_with(separators).then_some(Fit::End),
    }
}

/// Lower-case; most names are so, and cost nothing.
fn folded(name: &str) -> Cow<'_, str> {
    let is_folded = name.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
    if is_folded { name.into() } else { name.to_lowercase().into() }
}

/// The folded key of a hand-made node's URN, where it is not its name.
fn own_id(node: &Node, project: &str) -> Option<String> {
    let by_hand = node.defined.is_empty() && node.kind != Kind::Column && node.kind != Kind::External || !node.properties.is_empty();
    let key = |urn: String| urn.splitn(5, ':').nth(4).unwrap_or(&urn).to_lowercase();
    by_hand.then(|| key(node.urn(project)))
}

fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Table | Kind::View | Kind::MaterializedView | Kind::Synonym | Kind::External => 0,
        Kind::Procedure | Kind::Function | Kind::Trigger | Kind::Sequence => 1,
        Kind::Column => 2,
        Kind::File => 3,
    }
}

/// What stands between the parts of a place where a file or folder lies.
const PLACE: &[char] = &['/', '\\', ':'];

/// What stands between the parts of a node's name.
fn separators(node: &Node) -> &'static [char] {
    match node.kind {
        Kind::File => &['/'],
        _ if node.is_place() => PLACE,
        _ => &['.'],
    }
}

fn last<'a>(name: &'a str, separators: &[char]) -> &'a str {
    name.rsplit(separators).next().unwrap_or(name)
}

/// The text less one, two, … of its first parts; not its last part alone, which would match anything of that name.
fn endings(text: &str) -> impl Iterator<Item = &str> {
    let ends: Vec<&str> = text.match_indices('.').take(MAX_PARTS).map(|(at, _)| &text[at + 1..]).filter(|t| t.contains('.')).collect();
    ends.into_iter()
}

/// Not stored anywhere, so that the hasher may change with the toolchain.
fn hash(text: &str, column: bool) -> u32 {
    let mut hasher = DefaultHasher::new();
    (text, column).hash(&mut hasher);
    // Two names in four thousand million meet by chance, and what is found is looked at.
    hasher.finish() as u32
}

/// A name without its quotes: `[x].[y]`, `"x"."y"`, `` `x`.`y` ``, and the closing `;` of pasted text.
fn unquote(text: &str) -> String {
    let chars: Vec<char> = text.trim().trim_end_matches(';').trim_end().chars().collect();
    let mut out = String::with_capacity(text.len());
    // Within a part a quote is the name's own.
    let (mut at, mut begins) = (0, true);
    while let Some(&c) = chars.get(at) {
        let closing = match c {
            '[' => Some(']'),
            '"' | '`' => Some(c),
            _ => None,
        };
        if let Some((part, length)) = closing.filter(|_| begins).and_then(|closing| quoted(&chars[at + 1..], closing)) {
            out.push_str(&part);
            (at, begins) = (at + 1 + length, false);
            continue;
        }
        at += 1;
        if c.is_whitespace() {
            // Blanks around the dots of a name mean nothing.
            if !begins && chars[at..].iter().find(|c| !c.is_whitespace()) != Some(&'.') {
                out.push(' ');
            }
            continue;
        }
        begins = c == '.';
        out.push(c);
    }
    out
}

/// What stands up to the quote `closing`, which doubled stands for itself, and how many characters that takes with it; `None` when it
/// is not closed.
pub(crate) fn quoted(chars: &[char], closing: char) -> Option<(String, usize)> {
    let (mut text, mut at) = (String::new(), 0);
    loop {
        let c = *chars.get(at)?;
        at += 1;
        if c == closing {
            if chars.get(at) != Some(&closing) {
                return Some((text, at));
            }
            at += 1;
        }
        text.push(c);
    }
}
