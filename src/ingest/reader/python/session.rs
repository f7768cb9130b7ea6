//! The SQL that a script runs, in order, as one text: what one call creates the next may read.

use super::INFERRED;
use super::frame::ROWS;
use super::sql::temporaries;
use super::text::{HOLE, HOLE_END, Text, parameter};
use super::value::{Value, add};
use crate::ingest::reader::{Place, append, columns_mut, name_of, names_mut, relocate, retain_names};
use crate::lineage::{self, Diagnostic, Edge, Facts, Name, Output, Relation, Severity, Statement};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Begins the name that stands for what only running the script tells; its number and `_` follow. Facts about such a name are left out.
const UNKNOWN: &str = "headwater_computed_";
/// Begins the name that stands for a relation which a call reads or writes; its number follows.
const NAME: &str = "headwater_name_";

/// Begins the name of a function that stands for an expression of a data frame's columns; its number follows.
const MADE: &str = "headwater_made_";

/// One text of SQL.
struct Piece {
    sql: String,
    lines: Vec<u32>,
    bytes: (u32, u32),
    /// It is understood on its own, so it cannot spoil what is read together with it.
    whole: bool,
}

/// What a script's SQL says.
pub struct Session<'a> {
    dialect: &'a str,
    pieces: Vec<Piece>,
    /// What the results of texts that were run are made of, by the texts and their lines.
    ran: HashMap<(String, Vec<u32>), BTreeSet<Name>>,
    /// Data frames by the folded names under which SQL of the script reads them.
    views: BTreeMap<String, Value>,
    /// Expressions behind the numbers of [`UNKNOWN`].
    unknown: Vec<String>,
    /// Relations behind the numbers of [`NAME`].
    names: Vec<Name>,
    /// Expressions behind the numbers of [`MADE`], as the script has them.
    made: Vec<String>,
}

impl<'a> Session<'a> {
    pub fn new(dialect: &'a str) -> Self {
        Session {
            dialect,
            pieces: Vec::new(),
            ran: HashMap::new(),
            views: BTreeMap::new(),
            unknown: Vec::new(),
            names: Vec::new(),
            made: Vec::new(),
        }
    }

    /// What the result of a text is made of, when it was run before: saying it again says nothing more.
    pub fn ran(&self, text: &Text) -> Option<&BTreeSet<Name>> {
        self.ran.get(&(text.text.clone(), text.lines.clone()))
    }

    /// Takes SQL that the script runs: what its result is made of. `surely`: a call that takes SQL vouches for it. `None`: it is none.
    pub fn run(&mut self, text: &Text, surely: bool) -> Option<BTreeSet<Name>> {
        let mut sql = self.fill(text);
        // ODBC's `{CALL p(?)}`.
        if sql.trim_start().starts_with('{') && sql.trim_end().ends_with('}') {
            sql = sql.replace(['{', '}'], " ");
        }
        let facts = lineage::analyze(&sql, self.dialect);
        let whole = facts.statements.iter().all(|s| s.confidence == 1.0) && facts.diagnostics.iter().all(|d| d.severity == Severity::Info);
        let prose = |s: &Statement| s.reads.iter().chain(&s.writes).any(|n| n.0.len() == 1 && PROSE.contains(&&*n.key()));
        if !surely && (!whole || facts.statements.iter().any(prose)) {
            return None;
        }
        let mut tables = BTreeSet::new();
        for statement in facts.statements.iter().filter(|s| s.writes.is_empty()) {
            add(&mut tables, &self.made_of(statement));
        }
        // What is created and not written is a temporary one: a data frame by another name.
        let made = facts.statements.iter().filter(|s| s.writes.is_empty() && matches!(s.kind.as_str(), "CREATE VIEW" | "CREATE TABLE"));
        for (statement, name) in made.zip(temporaries(&sql)) {
            let line = text.lines.get(statement.span.line as usize - 1).copied().unwrap_or(text.line());
            let query = Some(Rc::new(Text::on(line, &format!("SELECT * FROM {name}"))));
            self.views.insert(name.to_lowercase(), Value { tables: self.made_of(statement), query, ..Value::default() });
        }
        self.ran.insert((text.text.clone(), text.lines.clone()), tables.clone());
        self.pieces.push(Piece { sql, lines: text.lines.clone(), bytes: text.bytes, whole });
        Some(tables)
    }

    /// The relations that a statement reads, data frames looked through.
    fn made_of(&self, statement: &Statement) -> BTreeSet<Name> {
        let mut tables = BTreeSet::new();
        for read in &statement.reads {
            match self.views.get(&read.key()) {
                Some(frame) => add(&mut tables, &frame.tables),
                None if known(read) => add(&mut tables, &BTreeSet::from([read.clone()])),
                None => {}
            }
        }
        tables
    }

    /// The rows of a query go to `target`.
    pub fn insert(&mut self, target: &Name, query: &Text, by_name: bool, line: u32) {
        let target = self.stands_for(target);
        // What a data frame calls its columns counts, not what place they have.
        let by = if by_name && query.text.contains(ROWS) { " BY NAME" } else { "" };
        self.over(format!("INSERT INTO {target}{by}"), query, line);
    }

    /// A relation holds the rows of a query.
    pub fn create(&mut self, target: &Name, query: &Text, line: u32) {
        let target = self.stands_for(target);
        self.over(format!("CREATE TABLE {target} AS"), query, line);
    }

    /// Whether a query gives all rows of a file.
    pub fn is_file(&self, query: &Text) -> bool {
        let number = query.text.strip_prefix("SELECT * FROM ").and_then(|name| name.strip_prefix(NAME)?.parse::<usize>().ok());
        number.and_then(|n| self.names.get(n)).is_some_and(|name| name.0[0].starts_with("path:"))
    }

    /// The function that stands for an expression of a data frame's columns.
    pub fn made(&mut self, expression: &str) -> String {
        self.made.push(expression.to_owned());
        format!("{MADE}{}", self.made.len() - 1)
    }

    /// All rows of a relation.
    pub fn all_of(&mut self, name: &Name, line: u32) -> Text {
        Text::on(line, &format!("SELECT * FROM {}", self.stands_for(name)))
    }

    /// A name that every dialect reads without quotes.
    fn stands_for(&mut self, name: &Name) -> String {
        self.names.push(name.clone());
        format!("{NAME}{}", self.names.len() - 1)
    }

    /// A data frame gets a name which SQL reads. Seen through as a view when a query makes it.
    pub fn view(&mut self, name: &str, frame: &Value, line: u32) {
        if let Some(query) = frame.query.as_ref().filter(|_| name_of(name).is_some_and(|n| n.0.len() == 1)) {
            self.over(format!("CREATE TEMPORARY VIEW {name} AS"), query, line);
        }
        self.views.insert(name.to_lowercase(), Value { tables: frame.tables.clone(), query: frame.query.clone(), ..Value::default() });
    }

    /// The data frame that SQL reads under a name.
    pub fn frame(&self, name: &Name) -> Option<&Value> {
        self.views.get(&name.key())
    }

    fn over(&mut self, head: String, query: &Text, line: u32) {
        // All rows of a relation have no text of their own in the script.
        let lines = if query.text.contains(NAME) && query.lines.len() < 2 { vec![line; 2] } else { [&[line], &query.lines[..]].concat() };
        let sql = format!("{head}\n{}", self.fill(query));
        self.pieces.push(Piece { sql, lines, bytes: query.bytes, whole: true });
    }

    /// Fills what only running the script tells. A computed qualifier (`{schema}.orders`) is left out, since the name alone is worth more
    /// than none; where a name or a value may stand there is an [`UNKNOWN`] one; where none may, a clause is missing; a driver's
    /// parameter is `NULL`.
    fn fill(&mut self, text: &Text) -> String {
        let mut out = String::with_capacity(text.text.len());
        let mut rest = text.text.as_str();
        while let Some(at) = rest.find([HOLE, '%']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(inner) = rest.strip_prefix(HOLE) {
                let (expression, after) = inner.split_once(HOLE_END).unwrap_or((inner, ""));
                rest = self.hole(expression, after, &mut out);
            } else if let Some((_, length)) = parameter(&rest[1..]) {
                rest = &rest[1 + rest[1..].char_indices().nth(length).map_or(rest.len() - 1, |(at, _)| at)..];
                out.push_str("NULL");
            } else {
                out.push('%');
                rest = rest[1..].strip_prefix('%').unwrap_or(&rest[1..]);
            }
        }
        out.push_str(rest);
        out
    }

    /// Fills one hole; what is left of the text after it.
    fn hole<'t>(&mut self, expression: &str, after: &'t str, out: &mut String) -> &'t str {
        if let Some(name) = after.strip_prefix('.') {
            return name;
        }
        // `"{schema}"."orders"`: the quotes go with it.
        if let (Some(quote), [close, b'.', ..]) = (out.chars().next_back(), after.as_bytes())
            && matches!((quote, close), ('"', b'"') | ('`', b'`') | ('[', b']'))
        {
            out.pop();
            return &after[2..];
        }
        if takes_operand(out) || after.starts_with(|c: char| c.is_alphanumeric() || "_(.\"`]'".contains(c)) {
            out.push_str(&format!("{UNKNOWN}{}_", self.unknown.len()));
            self.unknown.push(expression.to_owned());
        }
        after
    }

    /// Everything the SQL says, and whether what data frames are made of is told in full: in `edges` edges.
    pub fn finish(self, edges: usize) -> (Facts, bool) {
        let (whole, odd): (Vec<&Piece>, Vec<&Piece>) = self.pieces.iter().partition(|p| p.whole);
        let mut facts = Facts::default();
        let mut understood = 0.0;
        let mut take = |part: Facts, pieces: &[&Piece], facts: &mut Facts| {
            understood += f64::from(part.coverage) * pieces.iter().map(|p| p.sql.len() as f64).sum::<f64>();
            append(facts, part);
        };
        let together = read(&whole, self.dialect);
        if together.statements.iter().all(|s| s.confidence == 1.0) {
            take(together, &whole, &mut facts);
        } else {
            whole.iter().for_each(|piece| take(read(&[piece], self.dialect), &[piece], &mut facts));
        }
        odd.iter().for_each(|piece| take(read(&[piece], self.dialect), &[piece], &mut facts));
        facts.statements.sort_by_key(|s| s.span.line);
        let bytes: f64 = self.pieces.iter().map(|p| p.sql.len() as f64).sum();
        facts.coverage = if bytes > 0.0 { (understood / bytes) as f32 } else { 1.0 };
        let whole = self.restore(&mut facts, edges);
        (facts, whole)
    }

    /// Puts back what stood under names of ours; whether `edges` edges were enough for what data frames are made of.
    fn restore(&self, facts: &mut Facts, edges: usize) -> bool {
        let number = |part: &str, prefix: &str| -> Option<usize> { part.to_lowercase().strip_prefix(prefix)?.parse().ok() };
        names_mut(facts, &mut |name| {
            if let Some(meant) = name.0.first().and_then(|part| number(part, NAME)).and_then(|n| self.names.get(n)) {
                *name = meant.clone();
            }
        });
        let mut computed: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
        let (mut derived, mut whole) = (Vec::new(), true);
        for statement in &facts.statements {
            for name in statement.reads.iter().chain(&statement.writes).chain(&statement.calls).filter(|n| !known(n)) {
                computed.entry(statement.span.line).or_default().insert(self.shown(&name.to_string()));
            }
            for frame in statement.reads.iter().filter_map(|read| self.views.get(&read.key())) {
                for target in statement.writes.iter().filter(|t| known(t)) {
                    whole &= derived.len() + frame.tables.len() <= edges;
                    derived.extend(frame.tables.iter().filter(|s| whole && *s != target).map(|source| Edge {
                        relation: Relation::Derives,
                        from: Some(target.clone()),
                        to: Some(source.clone()),
                        line: statement.span.line,
                        confidence: INFERRED,
                    }));
                }
            }
        }
        for (line, names) in computed {
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            let message = format!("Computed when the script runs, so what it names is not known here: {names}");
            facts.diagnostics.push(Diagnostic::new(line, Severity::Warning, message));
        }
        retain_names(facts, &|name| known(name) && !self.views.contains_key(&name.key()));
        facts.edges.extend(derived);
        facts.assets.iter_mut().for_each(|a| a.columns.retain(|c| known_part(&c.name)));
        // A list of columns that is computed leaves open which of them goes where.
        let open = |o: &Output| matches!(o, Output::Column { name, .. } if !known_part(name));
        for statement in &mut facts.statements {
            statement
                .projections
                .retain(|p| !p.branches.iter().flatten().any(open) && p.columns.iter().flatten().all(|column| known_part(column)));
        }
        columns_mut(facts, &mut |sources| sources.retain(|s| known_part(&s.column)), &mut |expression| {
            if let Some((_, number)) = expression.split_once(MADE) {
                let digits = number.len() - number.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                *expression = number[..digits].parse().ok().and_then(|n: usize| self.made.get(n)).cloned().unwrap_or_default();
            } else if !known_part(expression) {
                *expression = self.shown(expression);
            } else if expression.contains(ROWS) {
                *expression = expression.replace(&format!("{ROWS}."), "");
            }
        });
        whole
    }

    /// An expression as the script has it.
    fn shown(&self, expression: &str) -> String {
        let mut out = String::new();
        let mut rest = expression;
        while let Some(at) = rest.find(UNKNOWN) {
            out.push_str(&rest[..at]);
            rest = &rest[at + UNKNOWN.len()..];
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let expression = rest[..digits].parse::<usize>().ok().and_then(|n| self.unknown.get(n));
            out.push_str(&format!("{{{}}}", expression.map_or("", String::as_str)));
            rest = rest[digits..].strip_prefix('_').unwrap_or(&rest[digits..]);
        }
        out + rest
    }
}

/// Words that prose has where SQL has a table's name.
const PROSE: [&str; 14] = ["the", "a", "an", "this", "that", "these", "those", "your", "our", "their", "its", "any", "each", "all"];

fn known(name: &Name) -> bool {
    name.0.iter().all(|part| known_part(part))
}

fn known_part(part: &str) -> bool {
    let part = part.to_lowercase();
    !part.contains(UNKNOWN) && !part.contains(MADE)
}

/// Whether a name or a value may follow `text`: not after another one.
fn takes_operand(text: &str) -> bool {
    let before = text.trim_end();
    let Some(last) = before.chars().next_back() else { return false };
    if before.len() == text.len() && (last.is_alphanumeric() || "_\"'`[".contains(last)) {
        return true;
    }
    if last.is_alphanumeric() || last == '_' {
        let word = &before
            [before.len() - before.chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum::<usize>()..];
        return OPERAND_FOLLOWS.contains(&word.to_ascii_uppercase().as_str());
    }
    !")]\"'`;*".contains(last)
}

/// Words of SQL that a name, a value or a list of them follows.
const OPERAND_FOLLOWS: [&str; 44] = [
    "SELECT",
    "DISTINCT",
    "ALL",
    "FROM",
    "JOIN",
    "INTO",
    "OVERWRITE",
    "UPDATE",
    "TABLE",
    "VIEW",
    "EXISTS",
    "WHERE",
    "AND",
    "OR",
    "NOT",
    "ON",
    "IN",
    "SET",
    "VALUES",
    "BY",
    "HAVING",
    "WHEN",
    "THEN",
    "ELSE",
    "CASE",
    "BETWEEN",
    "LIKE",
    "ILIKE",
    "IS",
    "AS",
    "LIMIT",
    "TOP",
    "OFFSET",
    "USING",
    "WITH",
    "EXEC",
    "EXECUTE",
    "CALL",
    "TRUNCATE",
    "MERGE",
    "INTERVAL",
    "DATE",
    "TIMESTAMP",
    "SCHEMA",
];

/// Reads pieces as one text, with the lines and bytes of the file.
fn read(pieces: &[&Piece], dialect: &str) -> Facts {
    let mut text = String::new();
    // For each line of the text: the file's, where the piece begins in the text, and the bytes of the file that hold it.
    let mut lines: Vec<(u32, u32, (u32, u32))> = Vec::new();
    for piece in pieces {
        let start = text.len() as u32;
        text.push_str(&piece.sql);
        // The last statement's end; a comment must not swallow it.
        text.push_str("\n;\n");
        let last = piece.lines.last().copied().unwrap_or(1);
        lines.extend(piece.lines.iter().chain([&last]).map(|line| (*line, start, piece.bytes)));
    }
    let mut facts = lineage::analyze(&text, dialect);
    facts.dialect = String::new();
    relocate(&mut facts, &|line, offset| {
        let (line, start, bytes) = lines.get(line.saturating_sub(1) as usize).or(lines.last()).copied().unwrap_or((1, 0, (0, 0)));
        // Escapes and filled holes move it by a little; it stays inside the literal and in order.
        Place { line, byte: (bytes.0 + offset.saturating_sub(start)).min(bytes.1) }
    });
    facts
}
