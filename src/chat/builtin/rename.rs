//! Where an asset or a column is named: what must be edited to call it something else.
//!
//! What the graph is made of is told by its edges, as far as their lines hold the name. Keys, comments, indexes, conditions and the
//! columns that a trigger asks after are in no edge: they are read from the text of the files.

use super::Asked;
use super::code::{extension, tokens};
use super::finding::Finding;
use crate::chat::evidence::{text_of, whole_text};
use crate::graph::{Evidence, NodeIx};
use crate::lineage::{Kind, Relation};
use crate::search::tokens::words;
use foldhash::HashSet;
use std::collections::BTreeSet;

/// Most files whose text is read for a name: some megabytes, and ten milliseconds.
const MAX_FILES: usize = 300;

/// A token with its line from 0.
type Token = (u32, String);

/// The places where `node` is defined or named, as `file:line–line`.
pub(super) fn places(asked: &Asked, finding: &mut Finding, node: NodeIx) -> Vec<String> {
    let (graph, snapshot) = (asked.graph(), asked.snapshot);
    let label = graph.node(node).label().to_uppercase();
    let path = |file_id: &str| snapshot.files.get(file_id).map(|file| file.path.clone());
    let mut found: BTreeSet<(String, u32, u32)> = BTreeSet::new();
    // A statement is stated by all the edges that it makes.
    let edges = graph.outgoing(node).chain(graph.incoming(node));
    let naming = edges.filter(|&e| !matches!(graph.edge(e).relation, Relation::ColumnOf | Relation::DefinedIn));
    let stated: HashSet<&Evidence> = graph.node(node).defined.iter().chain(naming.flat_map(|e| &graph.edge(e).evidence)).collect();
    let holds = |text: &str| text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word.to_uppercase() == label);
    let simple = label.chars().all(|c| c.is_alphanumeric() || c == '_');
    for at in stated.into_iter().filter(|at| !simple || text_of(snapshot, at).is_none_or(|text| holds(&text))) {
        found.extend(path(&at.file_id).map(|path| (path, at.line, at.line_end)));
    }
    let relation = graph.relation_of(node).filter(|_| graph.kind(node) == Kind::Column);
    let whole = relation.unwrap_or(node);
    if simple && graph.kind(whole).is_relation() {
        let name = Wanted {
            schema: graph.node(whole).schema().map(str::to_uppercase),
            label: graph.node(whole).label().to_uppercase(),
            column: relation.map(|_| label.clone()),
        };
        let lines = read(asked, finding, &name, whole);
        let apart: Vec<(String, u32)> = lines
            .into_iter()
            .filter_map(|(file, line)| Some((path(&file)?, line)))
            .filter(|(path, line)| !found.iter().any(|(p, from, to)| p == path && (from..=to).contains(&line)))
            .collect();
        found.extend(apart.into_iter().map(|(path, line)| (path, line, line)));
    }
    found.into_iter().map(|(path, from, to)| format!("{path}:{from}–{to}")).collect()
}

/// What is looked for in texts, upper-case.
struct Wanted {
    schema: Option<String>,
    label: String,
    /// Of a relation so called, this column; the relation itself when there is none.
    column: Option<String>,
}

/// By file and line where texts name what is wanted of `whole`.
fn read(asked: &Asked, finding: &mut Finding, wanted: &Wanted, whole: NodeIx) -> BTreeSet<(String, u32)> {
    let (graph, snapshot) = (asked.graph(), asked.snapshot);
    let mut found = BTreeSet::new();
    // The files whose passages hold the longest word of its name.
    let rarest = words(&wanted.label).into_iter().max_by_key(String::len).unwrap_or_default();
    let chunks = snapshot.index.holding(&rarest).into_iter().map(|at| &*snapshot.index.chunks[at]);
    let text_only = |path: &str| matches!(extension(path), Some("md" | "txt" | "csv" | "json" | "py" | "ipynb"));
    let files: BTreeSet<&str> = chunks.filter(|chunk| !text_only(&chunk.path)).map(|chunk| &*chunk.file_id).collect();
    if files.len() > MAX_FILES {
        finding
            .cut(format!("Only {MAX_FILES} of {} files that may name it were read for keys and comments: there may be more.", files.len()));
    }
    for file in files.into_iter().take(MAX_FILES) {
        let text = whole_text(snapshot, file);
        if !wanted.may_be_in(&text) {
            continue;
        }
        let lines = wanted.lines(&bare(&text));
        found.extend(lines.into_iter().map(|line| (file.to_owned(), line + 1)));
    }
    if let Some(column) = &wanted.column {
        let fires = graph.incoming(whole).map(|e| graph.edge(e)).filter(|e| e.relation == Relation::FiresOn);
        for at in fires.flat_map(|e| graph.node(e.from).defined.iter()) {
            let Some(text) = text_of(snapshot, at) else { continue };
            found.extend(asked_by_trigger(&bare(&text), column).into_iter().map(|line| (at.file_id.to_string(), at.line + line)));
        }
    }
    found
}

/// The tokens of a text without the marks around quoted names.
fn bare(text: &str) -> Vec<Token> {
    let mut tokens = tokens(text, true);
    tokens.retain(|(_, token)| !matches!(token.as_str(), "[" | "]" | "\"" | "`"));
    tokens
}

/// Lines on which a trigger names a column of its table: `UPDATE(c)`, `UPDATE OF c`, `NEW.c`.
fn asked_by_trigger(tokens: &[Token], column: &str) -> Vec<u32> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|(_, t)| t == word);
    let row = |at: usize| ["NEW", "OLD", "INSERTED", "DELETED"].iter().any(|name| is(at, name));
    let of_update = |at: usize| {
        // Back over a list of columns.
        let mut at = at;
        while at >= 2 && is(at - 1, ",") {
            at -= 2;
        }
        at >= 2 && is(at - 1, "OF") && is(at - 2, "UPDATE")
    };
    let names = |at: usize| match at {
        0 | 1 => false,
        _ => is(at - 1, "(") && is(at - 2, "UPDATE") || is(at - 1, ".") && row(at - 2) || of_update(at),
    };
    (0..tokens.len()).filter(|&at| is(at, column) && names(at)).map(|at| tokens[at].0).collect()
}

impl Wanted {
    /// Whether a text holds the letters of all that a line of it would have to name.
    fn may_be_in(&self, text: &str) -> bool {
        let text = text.to_uppercase();
        text.contains(&self.label) && self.column.as_ref().is_none_or(|column| text.contains(column))
    }

    /// Whether a name of these parts is the relation's.
    fn is_meant(&self, name: &[&str]) -> bool {
        let Some((last, before)) = name.split_last() else { return false };
        *last == self.label && self.schema.as_deref() == before.last().copied()
    }

    /// The lines, from 0, on which code names it: in full, as `CREATE`, `ALTER`, `COMMENT` and keys do; a column also alone, where the
    /// statement is one of its table, or a key refers to it.
    fn lines(&self, tokens: &[Token]) -> BTreeSet<u32> {
        let word = |at: usize| tokens.get(at).map_or("", |(_, t)| t.as_str());
        let mut lines = BTreeSet::new();
        let mut at = 0;
        // Whether the statement defines or alters its table, or an index of it; and whether it lists columns as CREATE TABLE does.
        let (mut own, mut creates, mut indexes) = (false, false, false);
        let mut depth = 0_usize;
        // Within the columns of a key's target: how deep they stand, and whether that is its table.
        let mut referred: Option<(usize, bool)> = None;
        while at < tokens.len() {
            let here = word(at);
            match here {
                "(" => depth += 1,
                ")" => {
                    referred = referred.filter(|(within, _)| within + 1 < depth);
                    depth = depth.saturating_sub(1);
                }
                ";" | "GO" | "SELECT" => (own, creates, indexes, depth, referred) = (false, false, false, 0, None),
                // Not: `ALTER TABLE … ALTER COLUMN`, `ON DELETE CASCADE`.
                "CREATE" | "ALTER" | "DROP" | "INSERT" | "MERGE" | "COMMENT" if depth == 0 && !is_action(word(at + 1)) => {
                    (own, indexes, referred) = (false, false, None);
                    creates = here == "CREATE";
                }
                "INDEX" if depth == 0 && creates => indexes = true,
                _ => {}
            }
            if !is_name(here) || at > 0 && word(at - 1) == "." {
                at += 1;
                continue;
            }
            let mut name = vec![here];
            while word(at + 1) == "." && is_name(word(at + 2)) {
                name.push(word(at + 2));
                at += 2;
            }
            let after = at + 1;
            let first = after - (2 * name.len() - 1);
            let before = if first == 0 { "" } else { word(first - 1) };
            let line = tokens[first].0;
            let introduced = matches!(before, "TABLE" | "VIEW" | "REFERENCES" | "EXISTS" | "ONLY") || before == "ON" && indexes;
            if introduced && (before != "EXISTS" || depth == 0 && !own) {
                match before {
                    "REFERENCES" if word(after) == "(" => referred = Some((depth, self.is_meant(&name))),
                    "REFERENCES" => {}
                    _ => {
                        own = self.is_meant(&name);
                        depth = 0;
                    }
                }
            }
            match &self.column {
                None => {
                    let in_full = self.schema.is_some() && (1..name.len()).any(|i| self.is_meant(&name[..=i]));
                    let of_column = before == "COLUMN" && self.is_meant(&name[..name.len() - 1]);
                    if in_full || of_column || introduced && self.is_meant(&name) {
                        lines.insert(line);
                    }
                }
                Some(column) => {
                    let qualified = (1..name.len()).any(|i| name[i] == column && self.is_meant(&name[..i]));
                    let in_list = matches!(before, "(" | ",");
                    let alone = name == [column.as_str()]
                        && match referred.filter(|(within, _)| depth > *within) {
                            Some((_, meant)) => meant,
                            None if !own => false,
                            None if depth == 0 => matches!(before, "ADD" | "COLUMN" | "EXISTS" | "FOR"),
                            // A type may be called like the column.
                            None if creates && !indexes && depth == 1 => in_list,
                            None => word(after) != "(",
                        };
                    if alone || qualified && (self.schema.is_some() || before == "COLUMN") {
                        lines.insert(line);
                    }
                }
            }
            at = after;
        }
        lines
    }
}

/// Whether a word behind `ALTER` or `DROP` goes on with the statement under way.
fn is_action(word: &str) -> bool {
    matches!(word, "COLUMN" | "CONSTRAINT" | "CASCADE" | "DEFAULT")
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::{Wanted, asked_by_trigger, bare};

    #[test]
    fn keys_comments_indexes_and_conditions_name_a_column() {
        let text = "\
CREATE TABLE s.t (
  a INT, b DATE, date INT,
  PRIMARY KEY (b, a),
  CHECK ((0 < a)),
  CONSTRAINT k FOREIGN KEY (b)
    REFERENCES s.other (a)
);
CREATE TABLE s.u (a INT,
  t_a INT REFERENCES s.t (a),
  FOREIGN KEY (a) REFERENCES [s].[t]
    ([a]) ON DELETE CASCADE);
COMMENT ON COLUMN s.t.a IS 'a';
CREATE UNIQUE INDEX i ON s.t (b,
  a);
CREATE INDEX j ON s.u (a);
ALTER TABLE s.t WITH CHECK ADD CONSTRAINT p PRIMARY KEY CLUSTERED
  (a ASC);
ALTER TABLE s.t ADD CONSTRAINT d DEFAULT (1) FOR a;
ALTER TABLE ONLY s.t ALTER COLUMN a SET NOT NULL;
ALTER TABLE s.u ADD CHECK (a > 1);
SELECT a FROM s.u; -- s.t.a
CREATE VIEW s.v AS SELECT a FROM s.t;
COMMENT ON TABLE s.t IS 'of s.t';
CREATE TABLE x.t (a INT);
";
        let named = |column: Option<&str>| {
            let column = column.map(str::to_owned);
            let wanted = Wanted { schema: Some("S".into()), label: "T".into(), column };
            wanted.lines(&bare(text)).into_iter().map(|line| line + 1).collect::<Vec<_>>()
        };
        assert_eq!(named(Some("A")), [2, 3, 4, 9, 11, 12, 14, 17, 18, 19]);
        for (text, of_table, of_column) in [(text, true, true), ("drop table [t]", true, false), ("drop a", false, false)] {
            let may = |column: Option<&str>| {
                let column = column.map(str::to_owned);
                Wanted { schema: None, label: "T".into(), column }.may_be_in(text)
            };
            assert_eq!((may(None), may(Some("DATE"))), (of_table, of_column), "{text}");
        }
        assert_eq!(named(Some("DATE")), [2]);
        assert_eq!(named(None), [1, 9, 10, 12, 13, 16, 18, 19, 22, 23]);
    }

    #[test]
    fn a_table_without_a_schema_is_named_where_a_statement_says_that_it_is_one() {
        let text = "CREATE TABLE t (a INT);\nCOMMENT ON TABLE t IS 't';\nSELECT t.a AS t FROM s.t;\nALTER TABLE s.t ADD b INT;\n\
                    CREATE TABLE u (a INT REFERENCES t (a));\nCOMMENT ON COLUMN t.a IS 'a'";
        let named = |column: Option<&str>| {
            let wanted = Wanted { schema: None, label: "T".into(), column: column.map(str::to_owned) };
            wanted.lines(&bare(text)).into_iter().map(|line| line + 1).collect::<Vec<_>>()
        };
        assert_eq!(named(None), [1, 2, 5, 6]);
        assert_eq!(named(Some("A")), [1, 5, 6]);
    }

    #[test]
    fn a_trigger_asks_after_columns_of_its_table() {
        let text = "CREATE TRIGGER x ON t AFTER UPDATE AS\nIF UPDATE(a) OR UPDATE([b])\nSELECT a, i.a FROM inserted\nWHERE inserted.a = 1";
        assert_eq!(asked_by_trigger(&bare(text), "A"), [1, 3]);
        assert_eq!(asked_by_trigger(&bare("AFTER UPDATE OF b,\n a ON t WHEN (\nNEW.a <> OLD.a)"), "A"), [1, 2, 2]);
    }
}
