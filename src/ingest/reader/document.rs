//! Markdown and plain text: which assets a document mentions by name.
//!
//! A document cannot know what exists; it states `MENTIONS` of everything that is marked as a name (in backticks) or clearly qualified
//! (`schema.table`), and linking keeps those that something defines.

use super::name_of;
use crate::lineage::{Edge, Facts, Name, Relation};
use std::collections::BTreeSet;

/// Most names taken from one document, each counted once: a generated data dictionary fits, a dump does not grow the graph.
const MAX_MENTIONS: usize = 2_000;

/// Reads a document.
pub fn read(text: &str, line_of: &dyn Fn(u32) -> u32) -> Facts {
    let mut facts = Facts { coverage: 1.0, ..Facts::default() };
    let mut seen = BTreeSet::new();
    for (number, line) in text.lines().enumerate() {
        for name in mentions(line) {
            if seen.len() < MAX_MENTIONS && seen.insert(name.key()) {
                let line = line_of(number as u32 + 1);
                facts.edges.push(Edge { relation: Relation::Mentions, from: None, to: Some(name), line, confidence: 1.0 });
            }
        }
    }
    facts
}

/// Names in a line: whatever stands in backticks, and words with dots inside.
fn mentions(line: &str) -> Vec<Name> {
    let mut found = Vec::new();
    for (at, part) in line.split('`').enumerate() {
        if at % 2 == 1 {
            found.extend(name_of(part.trim_end_matches("()")));
            continue;
        }
        for word in part.split(|c: char| c.is_whitespace() || "(),;<>|*".contains(c)) {
            let word = word.trim_end_matches(['.', ':', '!', '?']);
            if word.contains('.') && !word.contains("://") {
                found.extend(name_of(word));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_from_backticks_and_from_qualified_words() {
        let text = "Uses `orders` and dbo.Customers.\nSee https://example.org/a.b, `not a name`, and `load_orders()`.\nAgain `orders`.";
        let found: Vec<_> = read(text, &|l| l).edges.iter().map(|e| (e.to.as_ref().unwrap().to_string(), e.line)).collect();
        assert_eq!(found, [("orders".into(), 1), ("dbo.Customers".into(), 1), ("load_orders".into(), 2)]);
    }
}
