//! Python scripts: the SQL in their string literals, and the tables they read and write through data frames.
//!
//! A literal that looks like SQL is analysed as SQL, its lines being the script's. Beside that, calls such as `read_sql_table`,
//! `spark.table`, `to_sql` and `saveAsTable` are `READS` and `WRITTEN_BY` edges of the file. Which read feeds which write is inferred
//! by following names: `a = read(…)`, `b = f(a)`, `b.to_sql("t")` makes `t` derive from what was read, with confidence
//! [`INFERRED`]; not every read of a script feeds every write of it.

mod tokens;

use super::{name_of, retain_names};
use crate::lineage::{self, Diagnostic, Edge, Facts, Name, Relation, Severity};
use std::collections::{BTreeMap, BTreeSet};
use tokens::{HOLE, HOLE_END, Literal, Token};

/// Confidence of a `DERIVES` edge that following a script's variables suggests: as much as a token scan is trusted.
pub const INFERRED: f32 = 0.5;

/// What stands for a name that only running the script would give; facts about it are left out.
const UNKNOWN: &str = "headwater_computed_name";

/// Calls whose string argument is SQL, whatever it looks like.
const SQL_CALLS: [&str; 10] = [
    "execute",
    "executemany",
    "executescript",
    "read_sql",
    "read_sql_query",
    "sql",
    "text",
    "read_gbq",
    "read_database",
    "exec_driver_sql",
];
/// Calls whose first argument is a table that is read.
const READ_CALLS: [&str; 2] = ["table", "read_sql_table"];
/// Calls whose first argument is a table that is written.
const WRITE_CALLS: [&str; 5] = ["to_sql", "saveAsTable", "insertInto", "to_gbq", "writeTo"];
/// Calls that give a data frame a name which SQL of the same script can read.
const VIEW_CALLS: [&str; 3] = ["createOrReplaceTempView", "createTempView", "registerTempTable"];

/// How far a call's arguments are searched for `schema=`: brackets nested without end must not cost their square.
const MAX_ARGUMENT_TOKENS: usize = 256;

/// Reads a script. `line_of` maps the text's lines to the file's (a notebook's cell stands somewhere in its file).
pub fn read(text: &str, dialect: &str, line_of: &dyn Fn(u32) -> u32) -> Facts {
    let mut script = Script { dialect, line_of, facts: Facts { coverage: 1.0, ..Facts::default() }, ..Script::new() };
    for line in tokens::logical_lines(text) {
        script.line(&line);
    }
    script.finish()
}

struct Script<'a> {
    dialect: &'a str,
    line_of: &'a dyn Fn(u32) -> u32,
    facts: Facts,
    /// Simple string constants, to fill holes with.
    constants: BTreeMap<String, String>,
    /// Which tables a variable, or the result of a function, is made of.
    flows: BTreeMap<String, BTreeSet<Name>>,
    /// Data frames named for SQL, folded.
    views: BTreeMap<String, BTreeSet<Name>>,
    function: String,
    /// Bytes of SQL, and of those the bytes understood.
    sql: (f32, f32),
}

impl Script<'_> {
    fn new() -> Self {
        Script {
            dialect: "auto",
            line_of: &|line| line,
            facts: Facts::default(),
            constants: BTreeMap::new(),
            flows: BTreeMap::new(),
            views: BTreeMap::new(),
            function: String::new(),
            sql: (0.0, 0.0),
        }
    }

    fn line(&mut self, tokens: &[Token]) {
        let (target, from) = match tokens {
            // A docstring, or a note in quotes.
            [Token::Text(_)] => return,
            [Token::Name(word, _), Token::Name(function, _), ..] if word == "def" => {
                self.function = function.clone();
                return;
            }
            [Token::Name(word, _), ..] if word == "return" => (Some(self.function.clone()), 1),
            [Token::Name(name, _), Token::Punct('='), next, ..] if *next != Token::Punct('=') => (Some(name.clone()), 2),
            [Token::Name(name, _), Token::Punct('+'), Token::Punct('='), ..] => (Some(name.clone()), 0),
            _ => (None, 0),
        };
        if let (Some(name), [Token::Text(literal)]) = (&target, &tokens[from..])
            && !literal.text.contains(['\n', HOLE])
        {
            self.constants.insert(name.clone(), literal.text.clone());
        }
        let statement = self.statement(&tokens[from..]);
        for (table, line) in &statement.writes {
            self.edge(Relation::WrittenBy, Some(table), None, *line, 1.0);
            for source in statement.flow.iter().filter(|s| *s != table) {
                self.edge(Relation::Derives, Some(table), Some(source), *line, INFERRED);
            }
        }
        for view in statement.views {
            self.views.insert(view.to_lowercase(), statement.flow.clone());
        }
        if let Some(target) = target {
            self.flows.entry(target).or_default().extend(statement.flow);
        }
    }

    fn statement(&mut self, tokens: &[Token]) -> Statement {
        let mut found = Statement::default();
        let writes = tokens.iter().any(|t| matches!(t, Token::Name(n, _) if n.split('.').any(|part| part == "write")));
        let mut calls: Vec<Call> = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                Token::Punct('(' | '[' | '{') => {
                    let name = match at.checked_sub(1).map(|before| &tokens[before]) {
                        Some(Token::Name(name, _)) if tokens[at] == Token::Punct('(') => name.as_str(),
                        _ => "",
                    };
                    calls.push(Call { name, argument: 0, schema: self.schema_argument(&tokens[at + 1..]) });
                }
                Token::Punct(')' | ']' | '}') => {
                    calls.pop();
                }
                Token::Punct(',') => {
                    if let Some(call) = calls.last_mut() {
                        call.argument += 1;
                    }
                }
                Token::Name(name, _) => {
                    let mut prefix = name.as_str();
                    loop {
                        found.flow.extend(self.flows.get(prefix).into_iter().flatten().cloned());
                        let Some((shorter, _)) = prefix.rsplit_once('.') else { break };
                        prefix = shorter;
                    }
                }
                Token::Text(_) => {
                    let keyword = match at.checked_sub(2).map(|before| &tokens[before..at]) {
                        Some([Token::Name(name, _), Token::Punct('=')]) => name.as_str(),
                        _ => "",
                    };
                    let (literal, next) = joined(tokens, at);
                    at = next;
                    let formatted = matches!(tokens.get(at), Some(Token::Name(n, _)) if n == ".format");
                    self.literal(&literal, formatted, calls.last(), keyword, writes, &mut found);
                    continue;
                }
                Token::Punct(_) => {}
            }
            at += 1;
        }
        found
    }

    fn literal(&mut self, literal: &Literal, formatted: bool, call: Option<&Call>, keyword: &str, writes: bool, found: &mut Statement) {
        let text = self.fill(&literal.text, formatted);
        let line = (self.line_of)(literal.lines.first().copied().unwrap_or(1));
        let function = call.map_or("", |c| c.name.rsplit('.').next().unwrap_or(""));
        let first = call.is_some_and(|c| c.argument == 0) || ["name", "con_table", "table_name", "destination_table"].contains(&keyword);
        let table = |text: &str| {
            let name = name_of(text)?;
            match call.and_then(|c| c.schema.clone()) {
                Some(schema) if name.0.len() == 1 => Some(Name::new([schema, name.0[0].clone()])),
                _ => Some(name),
            }
        };
        let is_option = call.is_some_and(|c| c.argument == 1) && function == "option" && name_of(&text).is_some();
        let reads_table = READ_CALLS.contains(&function) && call.is_some_and(|c| function != "table" || c.name.contains('.'));
        if WRITE_CALLS.contains(&function) && first || is_option && writes && found.option {
            found.writes.extend(table(&text).map(|t| (t, line)));
        } else if reads_table && first || is_option && found.option {
            if let Some(table) = table(&text) {
                match self.views.get(&table.key()) {
                    Some(flow) => found.flow.extend(flow.iter().cloned()),
                    None => {
                        self.edge(Relation::Reads, None, Some(&table), line, 1.0);
                        found.flow.insert(table);
                    }
                }
            }
        } else if VIEW_CALLS.contains(&function) {
            found.views.push(text);
        } else if function == "option" {
            found.option = text.eq_ignore_ascii_case("dbtable");
        } else if looks_like_sql(&text, SQL_CALLS.contains(&function)) {
            self.sql(&text, literal, SQL_CALLS.contains(&function), found);
        }
    }

    fn sql(&mut self, text: &str, literal: &Literal, surely: bool, found: &mut Statement) {
        let mut facts = lineage::analyze(text, self.dialect);
        if !surely && facts.statements.iter().all(|s| s.confidence < 1.0) {
            return;
        }
        let last = literal.lines.last().copied().unwrap_or(1);
        let line_of = |line: u32| (self.line_of)(literal.lines.get(line.saturating_sub(1) as usize).copied().unwrap_or(last));
        super::relocate(&mut facts, &line_of, (literal.start as u32, literal.end as u32));
        for statement in facts.statements.iter().filter(|s| s.writes.is_empty()) {
            for read in &statement.reads {
                match self.views.get(&read.key()) {
                    Some(flow) => found.flow.extend(flow.iter().cloned()),
                    None if known(read) => {
                        found.flow.insert(read.clone());
                    }
                    None => {}
                }
            }
        }
        if text.contains(UNKNOWN) {
            self.facts.diagnostics.push(Diagnostic {
                line: line_of(1),
                message: "A name in this SQL is computed when the script runs; what it names is not known here".into(),
                severity: Severity::Info,
            });
        }
        self.sql.0 += text.len() as f32;
        self.sql.1 += text.len() as f32 * facts.coverage;
        super::append(&mut self.facts, facts);
    }

    /// Fills a literal's holes: with the script's own constants; a computed qualifier (`{schema}.orders`) is left out, since the name
    /// alone is worth more than a wrong one; anything else becomes [`UNKNOWN`], and a driver's parameter (`%s`) `NULL`.
    fn fill(&self, text: &str, formatted: bool) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let (open, close) = if formatted { ('{', '}') } else { (HOLE, HOLE_END) };
        while let Some(at) = rest.find([open, '%']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(inner) = rest.strip_prefix(open) {
                let (expression, after) = inner.split_once(close).unwrap_or((inner, ""));
                rest = after;
                match self.constants.get(expression.split(['!', ':']).next().unwrap_or("").trim()) {
                    Some(value) => out.push_str(value),
                    None => match rest.strip_prefix('.') {
                        Some(after) => rest = after,
                        None => out.push_str(UNKNOWN),
                    },
                }
            } else if let Some(after) = parameter(rest) {
                let word = out.trim_end().rsplit(|c: char| !c.is_alphanumeric() && c != '.').next().unwrap_or("").to_ascii_lowercase();
                let table = ["from", "join", "into", "update", "table", "view"].contains(&word.as_str()) || word.ends_with('.');
                out.push_str(if table { UNKNOWN } else { "NULL" });
                rest = after;
            } else {
                out.push('%');
                rest = &rest[1..];
            }
        }
        out.push_str(rest);
        out
    }

    /// The literal, or the script's constant, given as `schema=` in the arguments that begin here.
    fn schema_argument(&self, tokens: &[Token]) -> Option<String> {
        let mut depth = 0usize;
        for (at, token) in tokens.iter().enumerate().take(MAX_ARGUMENT_TOKENS) {
            match token {
                Token::Punct('(' | '[' | '{') => depth += 1,
                Token::Punct(')' | ']' | '}') if depth == 0 => return None,
                Token::Punct(')' | ']' | '}') => depth -= 1,
                Token::Name(name, _) if name == "schema" && depth == 0 => {
                    let schema = match &tokens[at + 1..] {
                        [Token::Punct('='), Token::Text(literal), ..] => Some(&literal.text),
                        [Token::Punct('='), Token::Name(constant, _), ..] => self.constants.get(constant),
                        _ => None,
                    };
                    return schema.filter(|s| name_of(s).is_some()).cloned();
                }
                _ => {}
            }
        }
        None
    }

    fn edge(&mut self, relation: Relation, from: Option<&Name>, to: Option<&Name>, line: u32, confidence: f32) {
        self.facts.edges.push(Edge { relation, from: from.cloned(), to: to.cloned(), line, confidence });
    }

    fn finish(self) -> Facts {
        let mut facts = self.facts;
        let views = self.views;
        retain_names(&mut facts, &|name| known(name) && !views.contains_key(&name.key()));
        if self.sql.0 > 0.0 {
            facts.coverage = self.sql.1 / self.sql.0;
        }
        facts
    }
}

/// What one logical line reads, feeds on, writes and names.
#[derive(Default)]
struct Statement {
    flow: BTreeSet<Name>,
    writes: Vec<(Name, u32)>,
    views: Vec<String>,
    /// The last string was Spark's option key `dbtable`.
    option: bool,
}

struct Call<'a> {
    name: &'a str,
    argument: usize,
    schema: Option<String>,
}

fn known(name: &Name) -> bool {
    name.0.iter().all(|part| part != UNKNOWN)
}

/// The literal at `at` with those joined to it, and the first token after them.
fn joined(tokens: &[Token], at: usize) -> (Literal, usize) {
    let Token::Text(first) = &tokens[at] else { return (Literal::default(), at + 1) };
    let mut literal = first.clone();
    let mut next = at + 1;
    loop {
        next = match &tokens[next..] {
            [Token::Text(other), ..] => {
                literal.append(other);
                next + 1
            }
            [Token::Punct('+'), Token::Text(other), ..] => {
                literal.append(other);
                next + 2
            }
            [Token::Punct('+'), Token::Name(name, _), rest @ ..] if rest.first() != Some(&Token::Punct('(')) => {
                literal.text.extend([HOLE]);
                literal.text.push_str(name);
                literal.text.extend([HOLE_END]);
                next + 2
            }
            _ => return (literal, next),
        };
    }
}

/// What follows a driver's parameter (`%s`, `%(name)s`) that begins `text`.
fn parameter(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('%')?;
    let rest = match rest.strip_prefix('(') {
        Some(named) => named.split_once(')')?.1,
        None => rest,
    };
    let rest = rest.strip_prefix(['s', 'd'])?;
    (!rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')).then_some(rest)
}

/// Whether a literal is SQL: it begins with a statement's verb and holds the word that verb needs. Prose ("Select one from the list")
/// is told apart by its capital: SQL is written in one case, unless a call that takes SQL (`surely`) vouches for it.
fn looks_like_sql(text: &str, surely: bool) -> bool {
    let mut words = text
        .lines()
        .map(|line| line.split("--").next().unwrap_or(""))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .filter(|word| !word.is_empty());
    let Some(verb) = words.next() else { return false };
    let needs: &[&str] = match verb.to_ascii_uppercase().as_str() {
        "SELECT" => &["FROM"],
        "WITH" => &["SELECT"],
        "INSERT" => &["INTO", "OVERWRITE"],
        "REPLACE" | "MERGE" => &["INTO"],
        "UPDATE" => &["SET"],
        "DELETE" => &["FROM"],
        "CREATE" | "ALTER" | "DROP" | "TRUNCATE" => &["TABLE", "VIEW", "PROCEDURE", "FUNCTION", "SCHEMA", "INDEX", "TRIGGER"],
        "EXEC" | "EXECUTE" | "CALL" if surely => return words.next().is_some(),
        _ => return false,
    };
    let cased = surely || verb == verb.to_ascii_uppercase() || verb == verb.to_ascii_lowercase();
    cased && words.any(|word| needs.iter().any(|need| word.eq_ignore_ascii_case(need)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(text: &str) -> Vec<String> {
        let facts = read(text, "postgres", &|line| line);
        let mut all: Vec<String> = facts
            .edges
            .iter()
            .map(|e| {
                let end = |n: &Option<Name>| n.as_ref().map_or("file".to_owned(), Name::to_string);
                format!("{} {} {} {}", end(&e.from), e.relation.as_str(), end(&e.to), e.line)
            })
            .collect();
        all.sort();
        all.dedup();
        all
    }

    #[test]
    fn tables_are_found_in_literals_and_in_calls() {
        let cases: [(&str, &[&str]); 15] = [
            ("cur.execute('SELECT a FROM s.t')", &["file READS s.t 1"]),
            ("q = \"\"\"\n  SELECT a\n  FROM s.t\n\"\"\"", &["file READS s.t 3"]),
            ("cur.execute('SELECT a '\n  'FROM s.t')", &["file READS s.t 2"]),
            ("S = 'stg'\ncur.execute(f'SELECT a FROM {S}.t')", &["file READS stg.t 2"]),
            ("cur.execute(f'SELECT a FROM {schema}.t')", &["file READS t 1"]),
            ("cur.execute(f'SELECT a FROM {table}')", &[]),
            ("T = 't'\ncur.execute('SELECT a FROM ' + T)", &["file READS t 2"]),
            ("cur.execute('SELECT a FROM t WHERE b = %s', (1,))", &["file READS t 1"]),
            ("'''Select a file from the list.'''\nprint('Select one from these')  # SELECT a FROM b", &[]),
            ("df = spark.table('s.t')", &["file READS s.t 1"]),
            ("df.to_sql('t', engine, schema='m')", &["m.t WRITTEN_BY file 1"]),
            ("M = 'm'\ndf.to_sql('t', engine, schema=M)", &["m.t WRITTEN_BY file 2"]),
            (
                "a = pd.read_sql('SELECT x FROM s.t', c)\nb = a.merge(pd.read_sql_table('u', c, schema='s'))\nb.to_sql('m', c)",
                &["file READS s.t 1", "file READS s.u 2", "m DERIVES s.t 3", "m DERIVES s.u 3", "m WRITTEN_BY file 3"],
            ),
            (
                "spark.table('t').createOrReplaceTempView('v')\nspark.sql('SELECT a FROM v').write.mode('x').saveAsTable('o')",
                &["file READS t 1", "o DERIVES t 2", "o WRITTEN_BY file 2"],
            ),
            (
                "def load():\n    return spark.read.option('dbtable', 'a').load()\ndf = load()\nother = 1\n\
                 df.write.option('dbtable', 'b').save()",
                &["b DERIVES a 5", "b WRITTEN_BY file 5", "file READS a 2"],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(stated(text), expected, "{text}");
        }
    }

    #[test]
    fn an_inferred_derivation_is_marked_by_its_confidence() {
        let facts = read("a = spark.table('t')\na.to_sql('u')", "auto", &|line| line);
        let derives: Vec<_> = facts.edges.iter().filter(|e| e.relation == Relation::Derives).collect();
        assert_eq!((derives.len(), derives[0].confidence), (1, INFERRED));
    }

    #[test]
    fn a_literal_that_is_not_sql_after_all_costs_nothing() {
        let facts = read("x = 'select ((( from'", "postgres", &|line| line);
        assert!(facts.statements.is_empty() && facts.diagnostics.is_empty());
    }
}
