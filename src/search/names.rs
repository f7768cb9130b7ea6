//! Names as they are typed: their beginning, or a part of them.

use super::near::{mask, split};
use super::tokens;
use crate::graph::{Graph, NodeIx};
use crate::lineage::Kind;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// Folded names, one a line, for what a person types the beginning or the middle of.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: String,
    starts: Vec<u32>,
    /// By node: its label among these.
    label: Vec<u32>,
    /// Last parts of names, which columns of many tables share: each once.
    labels: Vec<Label>,
}

/// The last part of some names: where it stands in the text of all, and its letters.
#[derive(Clone, Debug)]
struct Label {
    at: Range<u32>,
    letters: u64,
}

impl Names {
    /// Those of `graph`; `known` gives the place here of a node that is called as it was.
    pub(super) fn update(&self, graph: &Graph, known: impl Fn(NodeIx) -> Option<NodeIx>) -> Names {
        let count = graph.linked.nodes.len();
        let mut names = Names {
            text: String::with_capacity(self.text.len()),
            starts: Vec::with_capacity(count + 1),
            label: Vec::with_capacity(count),
            labels: Vec::with_capacity(self.labels.len()),
        };
        let mut kept: Vec<Option<u32>> = vec![None; self.labels.len()];
        let mut by_text: HashMap<Cow<str>, u32> = HashMap::with_capacity(self.labels.len());
        for (ix, node) in (0..).zip(&graph.linked.nodes) {
            let start = names.text.len();
            names.starts.push(start as u32);
            let label = match known(ix).map(|old| old as usize) {
                Some(old) => {
                    names.text.push_str(self.line(old));
                    let was = self.label[old] as usize;
                    let Label { at, letters } = &self.labels[was];
                    // It stands at the end of each line that has it, and of this one.
                    let end = names.text.len() as u32 - 1;
                    let label = || Label { at: end - at.len() as u32..end, letters: *letters };
                    let text = &self.text[at.start as usize..at.end as usize];
                    *kept[was].get_or_insert_with(|| *by_text.entry(Cow::Borrowed(text)).or_insert_with(|| names.add(label())))
                }
                None => {
                    names.text.extend(node.name().chars().flat_map(char::to_lowercase).map(|c| if c == '\n' { ' ' } else { c }));
                    let last = split(&names.text[start..], node.kind == Kind::File).next().unwrap_or("").to_owned();
                    let end = names.text.len() as u32;
                    names.text.push('\n');
                    let label = Label { at: end - last.len() as u32..end, letters: mask(&last) };
                    *by_text.entry(Cow::Owned(last)).or_insert_with(|| names.add(label))
                }
            };
            names.label.push(label);
        }
        names.starts.push(names.text.len() as u32);
        names.text.shrink_to_fit();
        names.labels.shrink_to_fit();
        names
    }

    /// A node's line with its end.
    pub(super) fn line(&self, ix: usize) -> &str {
        &self.text[self.starts[ix] as usize..self.starts[ix + 1] as usize]
    }

    fn add(&mut self, label: Label) -> u32 {
        self.labels.push(label);
        self.labels.len() as u32 - 1
    }

    /// The labels that there are, each with its letters: see [`mask`].
    pub(super) fn labels(&self) -> impl Iterator<Item = (&str, u64)> {
        self.labels.iter().map(|label| (&self.text[label.at.start as usize..label.at.end as usize], label.letters))
    }

    /// Which of these a node has.
    pub(super) fn label(&self, ix: usize) -> usize {
        self.label[ix] as usize
    }

    /// Nodes that `query` names: 4 in full, 3 their last part, 2 its beginning, 1 any part; columns by a beginning or part half of it, as who
    /// types one looks for what it is in as often. Empty when it is a sentence.
    ///
    /// One pass over all names, about a millisecond for a hundred thousand: cheaper than an index of every part of every name.
    pub(super) fn hits(&self, graph: &Graph, query: &str) -> Vec<(NodeIx, f32)> {
        let mut tiers: HashMap<NodeIx, f32> = HashMap::new();
        let query = query.trim();
        if query.is_empty() {
            return Vec::new();
        }
        for ix in graph.resolve(query) {
            let node = graph.node(ix);
            tiers.insert(ix, if node.name().len() == query.len() { 4.0 } else { 3.0 });
        }
        if !query.contains(char::is_whitespace) {
            let folded = query.to_lowercase();
            for at in memchr::memmem::find_iter(self.text.as_bytes(), folded.as_bytes()) {
                let ix = self.starts.partition_point(|s| *s as usize <= at) - 1;
                let name = self.line(ix).trim_end_matches('\n');
                let offset = at - self.starts[ix] as usize;
                let kind = graph.node(ix as NodeIx).kind;
                let last = name.rfind(if kind == Kind::File { '/' } else { '.' }).map_or(0, |dot| dot + 1);
                // The relation's part of a column's name is the relation's.
                if kind == Kind::Column && offset + folded.len() <= last {
                    continue;
                }
                let begins = offset == last;
                let found = if begins { 2.0 } else { 1.0 };
                let tier = tiers.entry(ix as NodeIx).or_default();
                *tier = tier.max(if kind == Kind::Column { found / 2.0 } else { found });
            }
        }
        tiers.into_iter().collect()
    }
}

/// Of the stems of a question those that name something, not what kind of thing it is ("orders table"); all, when they are only kinds.
pub(super) fn called(mut stems: Vec<String>) -> Vec<String> {
    let is_kind = |stem: &String| Kind::ALL.iter().any(|kind| tokens::stem(kind.as_str()) == *stem);
    if !stems.iter().all(is_kind) {
        stems.retain(|stem| !is_kind(stem));
    }
    stems
}

/// What it is worth that a node is called by just these words ("fct orders", "order"), in their order and whatever their forms: less than
/// the name itself, more than its beginning.
pub(super) fn tier_of_words(graph: &Graph, node: NodeIx, called: &[String]) -> f32 {
    let node = graph.node(node);
    let mut called = called.iter();
    let mut same = true;
    tokens::each_word(node.label(), &mut |word| same &= called.next().is_some_and(|stem| *stem == tokens::stem(word)));
    match node.kind {
        _ if !same || called.next().is_some() => 0.0,
        Kind::Column => 1.0,
        _ => 2.0,
    }
}
