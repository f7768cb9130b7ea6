//! Markdown and plain text: which assets a document mentions by name.
//!
//! A document cannot know what exists; it states `MENTIONS` of everything that is marked as a name (in backticks), clearly qualified
//! (`schema.table`), written as no prose is (`stg_orders`) or used by the SQL of a fence, and linking keeps those that something defines.

use super::name_of;
use crate::lineage::{self, Diagnostic, Edge, Facts, Name, Relation, Severity};
use std::collections::BTreeSet;

/// Most names taken from one document, each counted once: a generated data dictionary fits, a dump does not grow the graph.
const MAX_MENTIONS: usize = 2_000;

/// Languages of Markdown's fences that are SQL.
const SQL_FENCES: [&str; 12] =
    ["sql", "tsql", "plsql", "plpgsql", "psql", "postgresql", "postgres", "mysql", "bigquery", "snowflake", "sparksql", "hql"];

/// Reads a document.
pub fn read(text: &str, line_of: &dyn Fn(u32) -> u32) -> Facts {
    let mut facts = Facts { coverage: 1.0, ..Facts::default() };
    let mut seen = BTreeSet::new();
    let mut mention = |name: Name, line: u32| {
        let key = name.key();
        if seen.contains(&key) || !facts.diagnostics.is_empty() {
            return;
        }
        let (line, to) = (line_of(line), Some(name));
        if seen.len() < MAX_MENTIONS {
            seen.insert(key);
            facts.edges.push(Edge { relation: Relation::Mentions, from: None, to, line, confidence: 1.0 });
        } else {
            let message = format!("More than {MAX_MENTIONS} names are mentioned: those from line {line} on are left out");
            facts.diagnostics.push(Diagnostic::new(line, Severity::Info, message));
        }
    };
    // An open fence of SQL: its first line, and its text.
    let mut fence: Option<(u32, String)> = None;
    let mut quiet = false;
    for (number, line) in (1..).zip(text.lines()) {
        let Some(language) = line.trim_start().strip_prefix("```").or_else(|| line.trim_start().strip_prefix("~~~")) else {
            match &mut fence {
                Some((_, sql)) => {
                    sql.push_str(line);
                    sql.push('\n');
                }
                None => mentions(line, quiet).into_iter().for_each(|name| mention(name, number)),
            }
            continue;
        };
        match fence.take() {
            Some((first, sql)) => used(&sql).into_iter().for_each(|(name, line)| mention(name, first + line)),
            // Another language's code is no SQL and no prose: only what is clearly qualified is taken from it.
            None if quiet => quiet = false,
            None if SQL_FENCES.contains(&language.trim().to_lowercase().as_str()) => fence = Some((number, String::new())),
            None => quiet = true,
        }
    }
    if let Some((first, sql)) = fence {
        used(&sql).into_iter().for_each(|(name, line)| mention(name, first + line));
    }
    facts
}

/// What SQL reads, writes and calls, with the statement's line.
fn used(sql: &str) -> Vec<(Name, u32)> {
    let statements = lineage::analyze(sql, "auto").statements;
    let names = |s: lineage::Statement| s.reads.into_iter().chain(s.writes).chain(s.calls).map(move |name| (name, s.span.line));
    statements.into_iter().flat_map(names).collect()
}

/// Names in a line: whatever stands in backticks, words with dots inside, and, outside code, words with underscores.
fn mentions(line: &str, code: bool) -> Vec<Name> {
    let mut found = Vec::new();
    for (at, part) in line.split('`').enumerate() {
        if at % 2 == 1 && !code {
            found.extend(name_of(part.trim_end_matches("()")));
            continue;
        }
        for word in part.split(|c: char| c.is_whitespace() || "(),;<>|*".contains(c)) {
            let word = word.trim_end_matches(['.', ':', '!', '?']);
            let qualified = word.contains('.') && !word.contains("://");
            if qualified || !code && word.trim_matches('_').contains('_') {
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
    fn names_are_taken_from_backticks_qualified_words_and_fences_of_sql() {
        let text = "Uses `orders` and dbo.Customers.\nSee https://example.org/a.b, `not a name`, and `load_orders()`.\nAgain `orders`.";
        let text =
            format!("{text}\nfct_sales is built so:\n```sql\n-- note\nINSERT INTO m SELECT a FROM s.t\n```\n```python\nx_y = s.u\n```");
        let found: Vec<_> = read(&text, &|l| l).edges.iter().map(|e| (e.to.as_ref().unwrap().to_string(), e.line)).collect();
        let expected = [("orders", 1), ("dbo.Customers", 1), ("load_orders", 2), ("fct_sales", 4), ("s.t", 7), ("m", 7), ("s.u", 10)];
        assert_eq!(found, expected.map(|(name, line)| (name.to_owned(), line)));
    }

    #[test]
    fn a_document_of_more_names_than_are_taken_says_from_where_on_they_are_left_out() {
        let facts = read(&(0..=MAX_MENTIONS).map(|i| format!("s.t{i}\n")).collect::<String>(), &|l| l);
        assert_eq!(facts.edges.len(), MAX_MENTIONS);
        let said: Vec<_> = facts.diagnostics.iter().map(|d| (d.line as usize, d.message.contains("left out"))).collect();
        assert_eq!(said, [(MAX_MENTIONS + 1, true)]);
    }
}
