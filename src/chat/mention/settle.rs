//! What each word is, given all of the question.

use super::part::Part;
use super::token::STOP;
use super::{Mention, Reading};
use crate::chat::intent::is_question_word;
use crate::graph::{Graph, NodeIx};
use crate::lineage::Kind;
use std::collections::HashSet;

/// Names of one question.
const MAX_MENTIONS: usize = 8;
/// Columns find their table, weak names their place, and the question its mask.
pub(super) fn settle(graph: &Graph, mut parts: Vec<Part>, reading: &mut Reading) {
    let is_column = |part: Option<&Part>| match part {
        Some(Part::Name(m) | Part::Weak(m)) => !m.text.contains('.') && graph.kind(m.nodes[0]) == Kind::Column,
        _ => false,
    };
    for at in 0..parts.len() {
        let Part::Paired(mention) = &parts[at] else { continue };
        let joins = |part: &&Part| matches!(part, Part::Word(w) if matches!(w.as_str(), "and" | "or" | "but" | "no" | "not" | "without"));
        let beside = is_column(parts[..at].iter().rev().find(|part| !joins(part))) || is_column(parts.get(at + 2));
        parts[at] = if beside { Part::Weak(mention.clone()) } else { Part::Word(mention.text.to_lowercase()) };
    }
    let named: Vec<NodeIx> = parts
        .iter()
        .filter_map(|p| match p {
            Part::Name(m) => Some(m.nodes.clone()),
            _ => None,
        })
        .flatten()
        .filter(|&n| graph.node(n).kind.is_relation())
        .collect();
    let within = |mention: &Mention| -> Vec<NodeIx> {
        mention.nodes.iter().copied().filter(|&n| graph.relation_of(n).is_some_and(|r| named.contains(&r))).collect()
    };
    // Beside columns a column's name is one more of them; beside anything else it is a word.
    let strong = parts.iter().any(|p| match p {
        Part::Name(m) => graph.kind(m.nodes[0]) != Kind::Column,
        Part::Unknown(_) => true,
        _ => false,
    });
    let mut owners: HashSet<NodeIx> = HashSet::new();
    let mut masked: Vec<String> = Vec::new();
    let mut mentions: Vec<Mention> = Vec::new();
    // Where each mention stands in the mask.
    let mut places: Vec<usize> = Vec::new();
    for part in parts {
        match part {
            Part::Paired(_) => {}
            Part::Called(mention) if strong && within(&mention).is_empty() => masked.push(mention.text.to_lowercase()),
            Part::Word(word) => {
                if !STOP.contains(&word.as_str()) && !is_question_word(&word) {
                    reading.rest.push(word.clone());
                }
                masked.push(word);
            }
            Part::Unknown(text) => {
                reading.unknown.push(text);
                masked.push("#".into());
            }
            Part::Faint(mention) if within(&mention).is_empty() => masked.push(mention.text.to_lowercase()),
            Part::Weak(mention) if strong && within(&mention).is_empty() => {
                reading.rest.push(mention.text.to_lowercase());
                masked.push(mention.text.to_lowercase());
            }
            Part::Name(mut mention) | Part::Weak(mut mention) | Part::Called(mut mention) | Part::Faint(mut mention) => {
                let inside = within(&mention);
                if !inside.is_empty() {
                    owners.extend(inside.iter().filter_map(|&n| graph.relation_of(n)));
                    mention.nodes = inside;
                }
                places.push(masked.len());
                mentions.push(mention);
                masked.push("#".into());
            }
        }
    }
    // "column total of orders" is one name: the table only says which column.
    let has_column = mentions.iter().any(|m| graph.node(m.nodes[0]).kind == Kind::Column);
    if has_column && !owners.is_empty() {
        let mut kept = Vec::new();
        let mut dropped = HashSet::new();
        for (mention, at) in mentions.into_iter().zip(places) {
            if mention.nodes.iter().all(|n| owners.contains(n)) {
                dropped.insert(at);
            } else {
                kept.push(mention);
            }
        }
        mentions = kept;
        // What tied the two ("of", "in") would read as a question about a table.
        let is_tie = |i: usize| matches!(masked[i].as_str(), "of" | "in" | "from" | "on" | "the" | "table" | "view");
        for at in dropped.clone() {
            let first = (0..at).rev().take_while(|&i| is_tie(i)).last();
            if let Some(first) = first.filter(|&first| first > 0 && masked[first - 1] == "#") {
                dropped.extend(first..at);
            }
        }
        masked = masked.into_iter().enumerate().filter(|(i, _)| !dropped.contains(i)).map(|(_, w)| w).collect();
    }
    mentions.truncate(MAX_MENTIONS);
    reading.unknown.truncate(MAX_MENTIONS);
    reading.mentions = mentions;
    reading.masked = masked.join(" ");
}
