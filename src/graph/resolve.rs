//! What a name typed by a person can mean.

use super::identity::DEFAULT_SCHEMAS;
use super::vertex::Moves;
use super::{Node, NodeIx};
use crate::lineage::Kind;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Nodes by the last part of their names: `.`-separated for assets, `/`-separated for files. Sorted pairs of a hash and a node: eight
/// bytes, where a map from text would take sixty.
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

    pub(super) fn resolve(&self, nodes: &[Arc<Node>], project: &str, text: &str) -> Vec<NodeIx> {
        // A name may hold what quotes others, and blanks: as it is listed it is found.
        let mut found = self.fitting(nodes, project, &text.to_lowercase());
        let full = unquote(text).to_lowercase();
        if full.is_empty() {
            return Vec::new();
        }
        if found.is_empty() {
            found = self.fitting(nodes, project, &full);
        }
        let shorter = DEFAULT_SCHEMAS.iter().filter_map(|d| full.strip_prefix(d)?.strip_prefix('.')).chain(endings(&full));
        for text in shorter {
            if !found.is_empty() {
                break;
            }
            found = self.fitting(nodes, project, text);
            // A part of the text must be the whole name: `a.orders` does not mean `b.orders`.
            found.retain(|(fit, _)| *fit == Fit::Whole);
        }
        found.sort_by_cached_key(|(fit, ix)| {
            let node = &nodes[*ix as usize];
            let external = node.kind == Kind::External && node.properties.is_empty();
            (*fit, external, rank(node.kind), node.name().len(), *ix)
        });
        found.into_iter().map(|(_, ix)| ix).collect()
    }

    fn fitting(&self, nodes: &[Arc<Node>], project: &str, text: &str) -> Vec<(Fit, NodeIx)> {
        let mut hashes = [last(text, Kind::Table), last(text, Kind::File), text].map(hash);
        hashes.sort_unstable();
        let mut best: HashMap<NodeIx, Fit> = HashMap::new();
        for hash in hashes {
            let from = self.0.partition_point(|(h, _)| *h < hash);
            for (_, ix) in self.0[from..].iter().take_while(|(h, _)| *h == hash) {
                let node = &nodes[*ix as usize];
                let name = node.name().to_lowercase();
                let separator = if node.kind == Kind::File { '/' } else { '.' };
                let fit = match name.strip_suffix(text) {
                    Some("") => Some(Fit::Whole),
                    Some(front) if front.ends_with(separator) => Some(Fit::End),
                    _ => own_id(node, project).filter(|id| id == text).map(|_| Fit::Whole),
                };
                best.extend(fit.map(|fit| (*ix, fit)));
            }
        }
        best.into_iter().map(|(ix, fit)| (fit, ix)).collect()
    }
}

/// The pairs of some nodes.
fn spell(nodes: &[Arc<Node>], project: &str, which: impl Iterator<Item = NodeIx>) -> Vec<(u32, NodeIx)> {
    let mut pairs = Vec::with_capacity(which.size_hint().0);
    for ix in which {
        let node = &nodes[ix as usize];
        let folded = node.name().to_lowercase();
        pairs.push((hash(last(&folded, node.kind)), ix));
        // What was made by hand also answers to the id its client chose.
        if let Some(id) = own_id(node, project) {
            pairs.push((hash(&id), ix));
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

fn last(name: &str, kind: Kind) -> &str {
    name.rsplit(if kind == Kind::File { '/' } else { '.' }).next().unwrap_or(name)
}

/// The text less one, two, … of its first parts; not its last part alone, which would match anything of that name.
fn endings(text: &str) -> impl Iterator<Item = &str> {
    let ends: Vec<&str> = text.match_indices('.').map(|(at, _)| &text[at + 1..]).filter(|t| t.contains('.')).collect();
    ends.into_iter()
}

/// Not stored anywhere, so that the hasher may change with the toolchain.
fn hash(text: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
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
