//! Python: the SQL in its strings, and the tables and paths that data frames are read from and written to.
//!
//! Logical lines of tokens are followed from top to bottom as far as values can be told without running them: strings (joined,
//! formatted, filled, kept in variables, lists and functions' results) and which tables a data frame is made of. What a call means is in
//! [`call`]; the SQL of a script is read as one text by [`session`], so that a temporary table of one call is seen through by the next.
//! A write of exactly one query's rows has that query's column lineage; any other write derives from whatever its data frame was made
//! of, by following names, with confidence [`INFERRED`].

mod branch;
mod call;
mod expression;
mod frame;
mod function;
mod session;
mod sql;
mod text;
mod tokens;
mod value;

use super::document;
use crate::lineage::{Asset, Diagnostic, Edge, Facts, Kind, Name, Relation, Severity, Span};
use branch::Fork;
use function::{Functions, RUN_AGAIN};
use session::Session;
use sql::{is_query, looks_like_sql};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use text::Text;
use tokens::{Line, Token};
use value::{MAX_ITEMS, Value};

/// Confidence of a `DERIVES` edge that following a script's variables suggests: as much as a token scan is trusted.
pub const INFERRED: f32 = 0.5;

/// Bytes and names copied while following one script's values, beside [`FOLLOWED_A_BYTE`]. Real scripts take thousands; strings that
/// double with every line would otherwise take everything.
const MAX_FOLLOWED: usize = 16 << 20;
/// As much again for each byte of the script: each is read, and most are handed on once or twice.
const FOLLOWED_A_BYTE: usize = 4;
/// What a byte of SQL that is run takes of it, since that is read twice: all of a script may be SQL, and 4 MiB beside.
const READ: usize = 4;
/// What an edge takes of it: about its size in memory.
const EDGE: usize = 128;
/// Longest dotted name looked up, part by part; most names that one line assigns to; deepest functions in functions.
const MAX_NAME: usize = 256;
const MAX_TARGETS: usize = 64;
const MAX_SCOPES: usize = 32;

/// Decorators of functions that make a table or a view of a Databricks pipeline, named by the decorator or as the function.
const PIPELINE: [&str; 2] = ["dlt.table", "dlt.view"];

/// Reads a script.
pub fn read(path: &str, text: &str, dialect: &str) -> Facts {
    let mut script = Script::new(path, dialect);
    if text.starts_with(DATABRICKS) {
        databricks(text, &mut script);
    } else {
        script.cell(text, &|line| line, None);
    }
    script.finish()
}

/// First line of a notebook that Databricks keeps as a script.
const DATABRICKS: &str = "# Databricks notebook source";

/// Cells of such a notebook; those in other languages stand in comments.
fn databricks(text: &str, script: &mut Script) {
    let mut line = 1;
    let mut offset = 0;
    for cell in text.split_inclusive("# COMMAND ----------") {
        let first = line;
        let magic = cell.lines().find_map(|l| l.trim_start().strip_prefix("# MAGIC %"));
        let below = || {
            let plain =
                |l: &str| l.trim_start().strip_prefix("# MAGIC").map_or(String::new(), |l| l.strip_prefix(' ').unwrap_or(l).to_owned());
            cell.lines().map(plain).collect::<Vec<_>>().join("\n")
        };
        let line_of = |line: u32| first + line - 1;
        let bytes = (offset, offset + cell.len() as u32);
        match magic.map(|m| m.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("")) {
            Some("sql") => script.sql(&below().replacen("%sql", "", 1), &line_of, bytes, None),
            Some("md") => script.extend(document::read(&below(), &line_of)),
            Some(_) => {}
            None => script.cell(cell, &line_of, Some(offset)),
        }
        line += cell.matches('\n').count() as u32;
        offset += cell.len() as u32;
    }
}

/// A script, or a notebook's cells one after the other, as far as it has been followed.
pub struct Script<'a> {
    session: Session<'a>,
    facts: Facts,
    /// The module's names, and those of the functions that the current line stands in.
    scopes: Vec<Scope>,
    /// The branches that the current line stands in.
    forks: Vec<Fork>,
    /// Where the columns of data frames were given up, if they were, and for what.
    given_up: Option<(u32, &'static str)>,
    /// Its functions and classes.
    functions: Functions,
    /// What functions within functions, and those on one line, give back.
    results: HashMap<String, Value>,
    /// Brackets that the token at hand stands in, those around the calls of the functions that it stands in included.
    brackets: usize,
    /// Literals by number, those that no SQL was made of yet.
    literals: Vec<Option<Rc<Text>>>,
    /// Left of [`MAX_FOLLOWED`].
    left: usize,
    /// The relation that a dbt model in Python makes.
    model: Name,
    /// The next function makes a relation, by a decorator which may say its name.
    decorated: Option<Option<Name>>,
    /// What the script calls data frames in names of columns (`o.id` after `.alias("o")`).
    aliases: HashSet<String>,
    /// Functions of columns that go without their module's name; `*` where it may be any.
    imported: HashSet<String>,
    /// The script works with DuckDB, whose SQL reads data frames by their variables' names.
    duckdb: bool,
}

/// Words of one import that are kept; people name a dozen functions.
const MAX_IMPORTED: usize = 1_000;

/// What the names of a scope are of.
#[derive(Default)]
enum Of {
    #[default]
    Module,
    /// By number.
    Class(u32),
    /// By name.
    Function(String),
}

#[derive(Default)]
struct Scope {
    indent: usize,
    of: Of,
    /// The relation that holds what the function gives back.
    makes: Option<Name>,
    /// What the function gives back, as far as it was followed.
    gives: Option<Value>,
    names: HashMap<String, Value>,
}

impl<'a> Script<'a> {
    /// A script that says nothing yet.
    pub fn new(path: &str, dialect: &'a str) -> Self {
        let stem = path.rsplit('/').next().unwrap_or(path);
        let stem = stem.split('.').next().unwrap_or(stem);
        Script {
            session: Session::new(dialect),
            facts: Facts::default(),
            scopes: vec![Scope::default()],
            forks: Vec::new(),
            given_up: None,
            functions: Functions::default(),
            results: HashMap::new(),
            brackets: 0,
            literals: Vec::new(),
            imported: HashSet::new(),
            left: MAX_FOLLOWED,
            model: Name::new([stem]),
            decorated: None,
            aliases: HashSet::new(),
            duckdb: false,
        }
    }

    /// Follows Python. `line_of` maps the text's lines to the file's; the text begins at `offset` in the file, or nowhere exactly.
    pub fn cell(&mut self, text: &str, line_of: &dyn Fn(u32) -> u32, offset: Option<u32>) {
        self.left += FOLLOWED_A_BYTE * text.len();
        // A line and those that are indented below it.
        let mut block: Vec<Line> = Vec::new();
        for mut line in tokens::logical_lines(text) {
            for token in &mut line.tokens {
                match token {
                    Token::Name(_, line) => *line = line_of(*line),
                    Token::Text(text) => {
                        text.lines.iter_mut().for_each(|line| *line = line_of(*line));
                        text.bytes = offset.map_or((0, 0), |o| (text.bytes.0 + o, text.bytes.1 + o));
                    }
                    Token::Number(_) | Token::Punct(_) => {}
                }
            }
            if let Some(at) = line.open {
                let message = "A string that begins here is never closed: all that follows is read as part of it".to_owned();
                self.facts.diagnostics.push(Diagnostic::new(line_of(at), Severity::Warning, message));
            }
            if block.first().is_some_and(|first| line.indent <= first.indent) {
                let length = block.len();
                self.block(&std::mem::take(&mut block).into(), 0, length);
            }
            block.push(line);
        }
        let length = block.len();
        self.block(&block.into(), 0, length);
        self.join_all();
        while self.scopes.len() > 1 {
            self.leave();
        }
    }

    /// Takes a cell of SQL, whose result may have a name.
    pub fn sql(&mut self, sql: &str, line_of: &dyn Fn(u32) -> u32, bytes: (u32, u32), name: Option<&str>) {
        let lines = (1..=sql.matches('\n').count() as u32 + 1).map(line_of).collect();
        let text = Text { text: sql.to_owned(), lines, bytes, literals: Vec::new() };
        let tables = self.session.run(&text, true).unwrap_or_default();
        if let Some(name) = name {
            let query = is_query(&text.text).then(|| Rc::new(text));
            self.assign(name, Value { tables, query, ..Value::default() });
        }
    }

    /// Adds what a part that is no code says.
    pub fn extend(&mut self, part: Facts) {
        super::append(&mut self.facts, part);
    }

    /// Everything the script says.
    pub fn finish(mut self) -> Facts {
        self.read_others();
        debug_assert!(self.functions.is_at_rest() && self.brackets == 0, "what was begun has ended");
        // Strings that became SQL and were not seen to be run; whole ones before their parts.
        let scopes = std::mem::take(&mut self.scopes);
        let mut kept: Vec<Rc<Text>> = scopes.iter().flat_map(|s| s.names.values()).filter_map(|v| v.text.clone()).collect();
        kept.retain(|t| t.literals.len() > 1);
        kept.sort_by(|a, b| (b.literals.len(), a.bytes, &a.lines, &a.text).cmp(&(a.literals.len(), b.bytes, &b.lines, &b.text)));
        let single: Vec<Rc<Text>> = self.literals.iter().flatten().cloned().collect();
        for text in kept.iter().chain(&single) {
            let fresh = |id: &usize| self.literals.get(*id).is_some_and(Option::is_some);
            if text.literals.iter().any(fresh) && looks_like_sql(&text.text, false) {
                self.run(text, false);
            }
        }
        let (mut facts, whole) = self.session.finish(self.left / EDGE);
        if self.left == 0 || !whole {
            let message = "The script's strings and data frames were followed only in part: there is too much of them".to_owned();
            self.facts.diagnostics.push(Diagnostic::new(1, Severity::Warning, message));
        }
        if let Some((line, what)) = self.given_up {
            let message = format!("From here on not all columns of data frames are followed: {what}");
            self.facts.diagnostics.push(Diagnostic::new(line, Severity::Warning, message));
        }
        super::append(&mut facts, self.facts);
        facts
    }

    /// Notes a limit that columns of data frames have met.
    fn give_up(&mut self, line: u32, what: &'static str) {
        self.given_up.get_or_insert((line, what));
    }

    /// A line begins, so far indented and with this word: ends what it is not part of.
    fn begin(&mut self, indent: usize, word: Option<&str>) {
        self.reach(indent, word);
        while self.scopes.len() > 1 && self.scopes.last().is_some_and(|s| indent <= s.indent) {
            self.leave();
        }
    }

    /// The innermost scope ends.
    fn leave(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        match scope.of {
            Of::Module => {}
            Of::Class(class) => {
                if self.spend(scope.names.keys().map(String::len).sum()) {
                    scope.names.into_iter().for_each(|(name, value)| self.set(0, format!("@{class}.{name}"), value));
                }
            }
            Of::Function(name) => {
                let Some(value) = scope.gives else { return };
                let value = match self.results.remove(&name) {
                    Some(known) => known.with(value),
                    None => value,
                };
                self.results.insert(name, value);
            }
        }
    }

    fn line(&mut self, line: &Line) {
        let mut tokens = &line.tokens[..];
        // A docstring, or a note in quotes.
        if tokens.iter().all(|t| matches!(t, Token::Text(_))) {
            return;
        }
        if let [Token::Punct('@'), decorator @ ..] = tokens {
            let value = self.value(decorator);
            if matches!(decorator, [Token::Name(word, _), ..] if PIPELINE.contains(&word.as_str())) {
                self.decorated = Some(value.handle);
            }
            return;
        }
        while let [Token::Name(word, at), rest @ ..] = tokens {
            let body = || {
                let colon = top_level(rest, ':').unwrap_or(rest.len());
                (&rest[..colon], rest.get(colon + 1..).unwrap_or(&[]))
            };
            match word.as_str() {
                "async" => tokens = rest,
                "import" | "from" | "global" | "nonlocal" | "pass" | "break" | "continue" => {
                    if let ("from", [Token::Name(module, _), Token::Name(_, _), names @ ..]) = (word.as_str(), rest)
                        && frame::MODULES.contains(&module.as_str())
                    {
                        let named = |t: &Token| match t {
                            Token::Name(name, _) => Some(name.clone()),
                            other => (*other == Token::Punct('*')).then(|| "*".to_owned()),
                        };
                        self.imported.extend(names.iter().take(MAX_IMPORTED).filter_map(named));
                    }
                    if matches!(word.as_str(), "import" | "from") {
                        names_in(rest).take(MAX_IMPORTED).for_each(|name| self.hide(name));
                    }
                    self.duckdb |= rest.iter().any(|t| matches!(t, Token::Name(n, _) if n == "duckdb"));
                    return;
                }
                "def" => {
                    let (head, rest) = body();
                    self.function(head, line.indent);
                    tokens = rest;
                }
                "class" | "if" | "elif" | "while" | "with" | "for" | "try" | "else" | "except" | "finally" | "match" | "case"
                    if top_level(rest, ':').is_some() && rest.first() != Some(&Token::Punct('=')) =>
                {
                    let (head, rest) = body();
                    self.fork(line.indent, word);
                    match word.as_str() {
                        "for" => self.each(head),
                        "with" => self.with(head),
                        _ => drop(self.value(head)),
                    }
                    tokens = rest;
                }
                "return" | "yield" => {
                    let value = self.value(rest);
                    self.gives(value, *at);
                    return;
                }
                _ => break,
            }
        }
        if !tokens.is_empty() {
            self.statement(tokens);
        }
    }

    /// `def name(parameter="default", …)`.
    fn function(&mut self, head: &[Token], indent: usize) {
        let [Token::Name(name, _), rest @ ..] = head else { return };
        let makes = self.decorated.take().map(|named| named.unwrap_or_else(|| Name::new([name])));
        self.hide(name);
        let names = self.parameters(rest).into_iter().collect();
        let mut scope = Scope { indent, of: Of::Function(name.clone()), makes, gives: None, names };
        if name == "model" && scope.names.contains_key("dbt") {
            scope.makes = Some(self.model.clone());
        }
        if self.scopes.len() < MAX_SCOPES {
            self.scopes.push(scope);
        }
    }

    /// A name stands for something else from here on, not for what the script defines.
    fn hide(&mut self, name: &str) {
        if self.lookup(name).is_some_and(|value| value.own.is_some()) {
            self.assign(name, Value::default());
        }
    }

    /// `for name in values`.
    fn each(&mut self, head: &[Token]) {
        let Some(at) = head.iter().position(|t| matches!(t, Token::Name(n, _) if n == "in")) else { return };
        let value = self.value(&head[at + 1..]);
        // Which of its items cannot be told: what it is is what they all are.
        let value = Value { text: None, query: None, ..value };
        names_in(&head[..at]).take(MAX_TARGETS).for_each(|name| self.assign(name, value.clone()));
    }

    /// `with value as name, …`.
    fn with(&mut self, head: &[Token]) {
        for part in split(head, ',') {
            match part.iter().position(|t| matches!(t, Token::Name(n, _) if n == "as")) {
                Some(at) => {
                    let value = self.value(&part[..at]);
                    names_in(&part[at + 1..]).take(MAX_TARGETS).for_each(|name| self.assign(name, value.clone()));
                }
                None => drop(self.value(part)),
            }
        }
    }

    fn gives(&mut self, value: Value, line: u32) {
        let Some(scope) = self.scopes.last_mut().filter(|s| matches!(s.of, Of::Function(_))) else { return };
        if let Some(name) = scope.makes.clone() {
            let rows = value.query.clone().filter(|query| value.columns.is_none() && !self.session.is_file(query));
            if let Some(query) = rows.filter(|query| self.spend(query.text.len())) {
                return self.session.create(&name, &query, line);
            }
            let span = Span { line, line_end: line, start: 0, end: 0 };
            self.facts.assets.push(Asset {
                kind: Kind::Table,
                name: name.clone(),
                span,
                columns: Vec::new(),
                foreign_keys: Vec::new(),
                signature: String::new(),
                exact: false,
                comment: None,
            });
            self.derive(&name, &value.tables, line);
            return;
        }
        scope.gives = Some(match scope.gives.take() {
            Some(known) => known.with(value),
            None => value,
        });
    }

    fn statement(&mut self, tokens: &[Token]) {
        let mut from = 0;
        let mut targets = Vec::new();
        while let Some(at) = assignment(&tokens[from..]) {
            let target = &tokens[from..from + at];
            from += at + 1;
            if let [left @ .., Token::Punct('+')] = target {
                let value = self.value(&tokens[from..]);
                names_in(left).take(1).for_each(|name| self.extend_name(name, value.clone()));
                return;
            }
            targets.push(target);
        }
        let mut value = self.value(&tokens[from..]);
        self.told(&mut value, &tokens[from..]);
        for target in targets.into_iter().take(MAX_TARGETS) {
            // `name: type = value`
            let target = &target[..top_level(target, ':').unwrap_or(target.len())];
            match target {
                [Token::Name(name, _)] => {
                    if let Some((owner, _)) = name.rsplit_once('.') {
                        self.changed(owner, &value.tables);
                    }
                    self.assign(name, value.clone());
                }
                [Token::Name(name, line), set @ ..] if self.set_column(name, set, &value, *line) => {}
                [Token::Name(name, _), Token::Punct('['), ..] => self.changed(name, &value.tables),
                _ => names_in(target).take(MAX_TARGETS).for_each(|name| {
                    self.assign(name, Value { tables: value.tables.clone(), ..Value::default() });
                }),
            }
        }
    }

    fn assign(&mut self, name: &str, value: Value) {
        let size = value.query.as_ref().map_or(1, |q| q.text.len());
        if self.duckdb && !value.tables.is_empty() && value.text.is_none() && self.spend(size) {
            self.session.view(name, &value, value.query.as_ref().map_or(1, |q| q.line()));
        }
        // Attributes outlive the function that sets them.
        let scope = if name.contains('.') { 0 } else { self.scopes.len() - 1 };
        let key = self.key(name);
        if key.as_ref().is_none_or(|key| self.spend(key.len())) {
            self.set(scope, key.unwrap_or_else(|| name.to_owned()), value);
        }
    }

    fn set(&mut self, scope: usize, key: String, value: Value) {
        self.note(scope, &key);
        if let Some(scope) = self.scopes.get_mut(scope) {
            scope.names.insert(key, value);
        }
    }

    /// Where the value of a name is kept, if it has one: in which scope, and under what.
    fn place(&self, name: &str) -> Option<(usize, String)> {
        let key = self.key(name).unwrap_or_else(|| name.to_owned());
        Some((self.scopes.iter().rposition(|scope| scope.names.contains_key(&key))?, key))
    }

    /// `name += value`: strings grow in place.
    fn extend_name(&mut self, name: &str, value: Value) {
        let cost = value.text.as_ref().map_or(0, |t| t.size()) + value.weight();
        if !self.spend(cost) {
            return;
        }
        let Some((scope, name)) = self.place(name) else { return self.assign(name, value) };
        self.note(scope, &name);
        let Some(known) = self.scopes[scope].names.get_mut(&name) else { return };
        if let (Some(text), Some(more)) = (&mut known.text, &value.text) {
            return Rc::make_mut(text).join(more);
        }
        let known = std::mem::take(known);
        let grown = if known.ways().is_empty() || value.ways().is_empty() { known.with(value) } else { self.combine(known, '+', value) };
        self.scopes[scope].names.insert(name, grown);
    }

    /// `name.append(item)`: a list grows in place.
    fn append(&mut self, name: &str, item: Value) {
        let Some((scope, name)) = self.place(name) else { return };
        self.note(scope, &name);
        let Some(known) = self.scopes[scope].names.get_mut(&name).filter(|known| known.text.is_none() && !known.either) else { return };
        let cost = item.weight() + known.items.len();
        let items = Rc::make_mut(&mut known.items);
        if items.len() < MAX_ITEMS {
            items.push((String::new(), item));
            known.depth = known.depth.max(1);
        } else {
            self.give_up(1, "a list holds more strings than are kept");
        }
        self.spend(cost);
    }

    /// What `name` (or what it is an attribute of) holds is changed in place, by data of `tables`: it is no query's result any more.
    fn changed(&mut self, name: &str, tables: &BTreeSet<Name>) {
        let mut prefix = if name.len() <= MAX_NAME { name } else { "" };
        while !prefix.is_empty() {
            if let Some((scope, key)) = self.place(prefix) {
                self.note(scope, &key);
                // What an object of the script's own holds is told apart.
                let Some(value) = self.scopes[scope].names.get_mut(&key).filter(|value| value.own.is_none()) else { return };
                value.query = None;
                value::add(&mut value.tables, tables);
                return;
            }
            prefix = prefix.rsplit_once('.').map_or("", |(prefix, _)| prefix);
        }
    }

    fn lookup(&self, name: &str) -> Option<&Value> {
        if let Some((own, attribute)) = self.owner(name) {
            return self.attribute_of(own, attribute);
        }
        let found = |name: &str| self.scopes.iter().rev().find_map(|s| s.names.get(name));
        found(name).or_else(|| {
            let own = name.strip_prefix("self.").or_else(|| name.strip_prefix("cls."))?;
            found(own)
        })
    }

    /// Takes `cost` from what may be followed; whether there was so much left.
    fn spend(&mut self, cost: usize) -> bool {
        self.left = self.left.saturating_sub(cost);
        self.left > 0
    }

    /// Runs SQL: the tables that its result is made of.
    fn run(&mut self, text: &Text, surely: bool) -> Option<BTreeSet<Name>> {
        let times = if self.functions.is_anew() { RUN_AGAIN } else { 1 };
        if !self.spend(times * READ * text.size()) {
            return None;
        }
        let before = self.session.ran(text).cloned();
        let tables = before.or_else(|| self.session.run(text, surely))?;
        for id in &text.literals {
            if let Some(literal) = self.literals.get_mut(*id) {
                *literal = None;
            }
        }
        Some(tables)
    }

    fn edge(&mut self, relation: Relation, from: Option<&Name>, to: Option<&Name>, line: u32, confidence: f32) {
        if self.spend(EDGE) {
            self.facts.edges.push(Edge { relation, from: from.cloned(), to: to.cloned(), line, confidence });
        }
    }

    /// What a relation is inferred to be made of.
    fn derive(&mut self, target: &Name, tables: &BTreeSet<Name>, line: u32) {
        for source in tables.iter().filter(|s| *s != target) {
            self.edge(Relation::Derives, Some(target), Some(source), line, INFERRED);
        }
    }
}

/// Where `wanted` first stands outside brackets.
fn top_level(tokens: &[Token], wanted: char) -> Option<usize> {
    let mut depth = 0usize;
    tokens.iter().position(|token| {
        match token {
            Token::Punct('(' | '[' | '{') => depth += 1,
            Token::Punct(')' | ']' | '}') => depth = depth.saturating_sub(1),
            Token::Punct(c) => return *c == wanted && depth == 0,
            _ => {}
        }
        false
    })
}

/// The parts between `separator`s outside brackets.
fn split(mut tokens: &[Token], separator: char) -> Vec<&[Token]> {
    let mut parts = Vec::new();
    while let Some(at) = top_level(tokens, separator) {
        parts.push(&tokens[..at]);
        tokens = &tokens[at + 1..];
    }
    parts.push(tokens);
    parts
}

/// Where the `=` of an assignment stands; the operator before it, as in `+=`, is part of what it assigns to.
fn assignment(tokens: &[Token]) -> Option<usize> {
    let at = top_level(tokens, '=')?;
    let near = |at: Option<usize>| at.and_then(|at| tokens.get(at));
    let compared = matches!(near(at.checked_sub(1)), None | Some(Token::Punct('<' | '>' | '!' | '=' | ':')));
    (!compared && near(Some(at + 1)) != Some(&Token::Punct('='))).then_some(at)
}

fn names_in(tokens: &[Token]) -> impl Iterator<Item = &str> {
    tokens.iter().filter_map(|t| match t {
        Token::Name(name, _) => Some(name.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
