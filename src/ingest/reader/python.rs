//! Python: the SQL in its strings, and the tables and paths that data frames are read from and written to.
//!
//! Logical lines of tokens are followed from top to bottom as far as values can be told without running them: strings (joined,
//! formatted, filled, kept in variables, lists and functions' results) and which tables a data frame is made of. What a call means is in
//! [`call`]; the SQL of a script is read as one text by [`session`], so that a temporary table of one call is seen through by the next.
//! A write of exactly one query's rows has that query's column lineage; any other write derives from whatever its data frame was made
//! of, by following names, with confidence [`INFERRED`].

mod call;
mod session;
mod text;
mod tokens;
mod value;

use super::document;
use crate::lineage::{Asset, Diagnostic, Edge, Facts, Kind, Name, Relation, Severity, Span};
use call::Chain;
use session::Session;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use text::Text;
use tokens::{Line, Token};
use value::Value;

/// Confidence of a `DERIVES` edge that following a script's variables suggests: as much as a token scan is trusted.
pub const INFERRED: f32 = 0.5;

/// Deepest nesting of brackets that is followed; what is deeper is passed over. Code that people write nests ten deep.
const MAX_DEPTH: usize = 64;

/// Bytes and names copied while following one script's values, beside [`FOLLOWED_A_BYTE`]. Real scripts take thousands; strings that
/// double with every line would otherwise take everything.
const MAX_FOLLOWED: usize = 16 << 20;
/// As much again for each byte of the script: each is read, and most are handed on once or twice.
const FOLLOWED_A_BYTE: usize = 4;
/// What an edge takes of it: about its size in memory.
const EDGE: usize = 128;
/// Longest dotted name looked up, part by part; most names that one line assigns to; deepest functions in functions.
const MAX_NAME: usize = 256;
const MAX_TARGETS: usize = 64;
const MAX_SCOPES: usize = 32;

/// Words between operands.
const KEYWORDS: [&str; 12] = ["if", "else", "for", "in", "and", "or", "not", "is", "lambda", "await", "async", "from"];

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
    /// What functions of the script give back.
    functions: HashMap<String, Value>,
    /// Literals by number, those that no SQL was made of yet.
    literals: Vec<Option<Rc<Text>>>,
    /// Left of [`MAX_FOLLOWED`].
    left: usize,
    /// The relation that a dbt model in Python makes.
    model: Name,
    /// The script works with DuckDB, whose SQL reads data frames by their variables' names.
    duckdb: bool,
}

#[derive(Default)]
struct Scope {
    indent: usize,
    function: String,
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
            functions: HashMap::new(),
            literals: Vec::new(),
            left: MAX_FOLLOWED,
            model: Name::new([stem]),
            duckdb: false,
        }
    }

    /// Follows Python. `line_of` maps the text's lines to the file's; the text begins at `offset` in the file, or nowhere exactly.
    pub fn cell(&mut self, text: &str, line_of: &dyn Fn(u32) -> u32, offset: Option<u32>) {
        self.left += FOLLOWED_A_BYTE * text.len();
        for mut line in tokens::logical_lines(text) {
            for token in &mut line.tokens {
                match token {
                    Token::Name(_, line) => *line = line_of(*line),
                    Token::Text(text) => {
                        text.lines.iter_mut().for_each(|line| *line = line_of(*line));
                        text.bytes = offset.map_or((0, 0), |o| (text.bytes.0 + o, text.bytes.1 + o));
                    }
                    Token::Punct(_) => {}
                }
            }
            self.line(&line);
        }
        self.scopes.truncate(1);
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
        if self.left == 0 {
            let message = "The script's strings and data frames were followed only in part: there is too much of them".to_owned();
            self.facts.diagnostics.push(Diagnostic { line: 1, message, severity: Severity::Warning });
        }
        let mut facts = self.session.finish();
        super::append(&mut facts, self.facts);
        facts
    }

    fn line(&mut self, line: &Line) {
        while self.scopes.len() > 1 && self.scopes.last().is_some_and(|s| line.indent <= s.indent) {
            self.scopes.pop();
        }
        let mut tokens = &line.tokens[..];
        // A docstring, or a note in quotes.
        if tokens.iter().all(|t| matches!(t, Token::Text(_))) {
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
        let mut scope = Scope { indent, function: name.clone(), names: HashMap::new() };
        for parameter in split(rest.get(1..rest.len().saturating_sub(1)).unwrap_or(&[]), ',') {
            // A parameter hides what the module has under its name.
            if let Some(Token::Name(name, _)) = parameter.first() {
                let default = top_level(parameter, '=').map(|at| self.value(&parameter[at + 1..])).unwrap_or_default();
                scope.names.insert(name.clone(), default);
            }
        }
        if self.scopes.len() < MAX_SCOPES {
            self.scopes.push(scope);
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
        let Some(scope) = self.scopes.last().filter(|s| !s.function.is_empty()) else { return };
        if scope.function == "model" && scope.names.contains_key("dbt") {
            let name = self.model.clone();
            let span = Span { line, line_end: line, start: 0, end: 0 };
            self.facts.assets.push(Asset {
                kind: Kind::Table,
                name: name.clone(),
                span,
                columns: Vec::new(),
                foreign_keys: Vec::new(),
                signature: String::new(),
                comment: None,
            });
            self.derive(&name, &value.tables, line);
            return;
        }
        let value = match self.functions.get(&scope.function).cloned() {
            Some(known) => known.with(value),
            None => value,
        };
        self.functions.insert(scope.function.clone(), value);
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
        let value = self.value(&tokens[from..]);
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
        let scope = if name.contains('.') { self.scopes.first_mut() } else { self.scopes.last_mut() };
        if let Some(scope) = scope {
            scope.names.insert(name.to_owned(), value);
        }
    }

    /// `name += value`: strings grow in place.
    fn extend_name(&mut self, name: &str, value: Value) {
        let cost = value.text.as_ref().map_or(0, |t| t.text.len()) + value.weight();
        if !self.spend(cost) {
            return;
        }
        for scope in self.scopes.iter_mut().rev() {
            let Some(known) = scope.names.get_mut(name) else { continue };
            match (&mut known.text, &value.text) {
                (Some(text), Some(more)) => Rc::make_mut(text).join(more),
                _ => *known = std::mem::take(known).with(value),
            }
            return;
        }
        self.assign(name, value);
    }

    /// What `name` (or what it is an attribute of) holds is changed in place, by data of `tables`: it is no query's result any more.
    fn changed(&mut self, name: &str, tables: &BTreeSet<Name>) {
        let mut prefix = if name.len() <= MAX_NAME { name } else { "" };
        while !prefix.is_empty() {
            if let Some(value) = self.scopes.iter_mut().rev().find_map(|s| s.names.get_mut(prefix)) {
                value.query = None;
                value::add(&mut value.tables, tables);
                return;
            }
            prefix = prefix.rsplit_once('.').map_or("", |(prefix, _)| prefix);
        }
    }

    fn lookup(&self, name: &str) -> Option<&Value> {
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
        if !self.spend(text.text.len()) {
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

    fn value(&mut self, tokens: &[Token]) -> Value {
        let mut cursor = Cursor { tokens, at: 0 };
        let mut value = self.expression(&mut cursor, 0);
        // `a, b` without brackets, or what is no expression.
        while cursor.next().is_some() {
            let more = self.expression(&mut cursor, 0);
            value = value.with(more);
        }
        value
    }

    /// Up to a comma, a colon or a bracket that closes.
    fn expression(&mut self, cursor: &mut Cursor, depth: usize) -> Value {
        let mut value: Option<Value> = None;
        let mut operator = ' ';
        loop {
            match cursor.peek() {
                None | Some(Token::Punct(')' | ']' | '}' | ',' | ':')) => return value.unwrap_or_default(),
                Some(Token::Punct(c)) if !"([{".contains(*c) => {
                    operator = *c;
                    cursor.next();
                }
                Some(Token::Name(word, _)) if KEYWORDS.contains(&word.as_str()) => {
                    operator = ' ';
                    cursor.next();
                }
                Some(_) => {
                    let operand = self.operand(cursor, depth);
                    value = Some(match value.take() {
                        None => operand,
                        Some(left) => self.combine(left, operator, operand),
                    });
                    operator = ' ';
                }
            }
        }
    }

    fn combine(&mut self, left: Value, operator: char, right: Value) -> Value {
        let size = |v: &Value| v.text.as_ref().map_or(0, |t| t.text.len()) + v.weight();
        if !self.spend(size(&left) + size(&right)) {
            return Value::default();
        }
        match (operator, &left.text, &right.text) {
            ('+', Some(a), Some(b)) => {
                let mut text = Rc::unwrap_or_clone(a.clone());
                // One line kept from before stands where it is used.
                if b.lines.len() == 1 && Some(&b.line()) < text.lines.last() {
                    text.fill(b, 0)
                } else {
                    text.join(b)
                }
                Value::of(text)
            }
            ('+', Some(a), None) => {
                let mut text = Rc::unwrap_or_clone(a.clone());
                text.hole("…");
                Value::of(text)
            }
            ('%', Some(a), _) => {
                let text = a.percent(&|key| match &right.text {
                    Some(text) if key == "0" => Some(text.clone()),
                    _ => right.item(key).and_then(|v| v.text.clone()),
                });
                Value::of(text)
            }
            _ => left.with(right),
        }
    }

    fn operand(&mut self, cursor: &mut Cursor, depth: usize) -> Value {
        let mut chain = Chain::default();
        let mut value = match cursor.next() {
            Some(Token::Text(text)) => {
                let mut whole = self.literal(text);
                while let Some(Token::Text(text)) = cursor.peek() {
                    let more = self.literal(text);
                    whole.join(&more);
                    cursor.next();
                }
                self.known(whole)
            }
            Some(Token::Name(name, line)) => {
                chain.extend(name, *line);
                self.named(name, cursor.peek() == Some(&Token::Punct('(')))
            }
            Some(Token::Punct('(')) => {
                let (mut items, comma) = self.list(cursor, depth + 1);
                if items.len() == 1 && !comma { items.remove(0).1 } else { Value::group(items) }
            }
            Some(Token::Punct('[' | '{')) => Value::group(self.list(cursor, depth + 1).0),
            _ => Value::default(),
        };
        loop {
            match cursor.peek() {
                Some(Token::Punct('(')) => {
                    cursor.next();
                    let (arguments, _) = self.list(cursor, depth + 1);
                    value = self.call(&mut chain, value, arguments);
                }
                Some(Token::Punct('[')) => {
                    cursor.next();
                    let (mut keys, _) = self.list(cursor, depth + 1);
                    let key = if keys.len() == 1 { keys.remove(0).1.text } else { None };
                    value = match key.and_then(|key| value.item(&key.text).cloned()) {
                        Some(item) => item,
                        None => Value { query: None, text: None, ..value },
                    };
                }
                Some(Token::Name(name, line)) if name.starts_with('.') => {
                    chain.extend(name, *line);
                    cursor.next();
                }
                _ => return value,
            }
        }
    }

    /// What stands in brackets, up to the one that closes: values with their keys (`key=`, `"key":`) or places. Whether there was a comma.
    fn list(&mut self, cursor: &mut Cursor, depth: usize) -> (Vec<(String, Value)>, bool) {
        let mut items: Vec<(String, Value)> = Vec::new();
        let mut comma = false;
        if depth > MAX_DEPTH {
            cursor.skip();
            return (items, comma);
        }
        let mut place = 0;
        let mut key: Option<String> = None;
        loop {
            if let (None, [Token::Name(name, _), Token::Punct('='), next, ..]) = (&key, cursor.rest())
                && *next != Token::Punct('=')
            {
                key = Some(name.clone());
                cursor.at += 2;
            }
            let empty = matches!(cursor.peek(), None | Some(Token::Punct(')' | ']' | '}' | ',' | ':')));
            let value = self.expression(cursor, depth);
            match cursor.next() {
                Some(Token::Punct(':')) => {
                    key = Some(value.text.map_or(String::new(), |t| t.text.clone()));
                    continue;
                }
                Some(Token::Punct(',')) => {
                    comma = true;
                    items.push((key.take().unwrap_or_else(|| place.to_string()), value));
                    place += 1;
                }
                _ => {
                    if !empty || key.is_some() {
                        items.push((key.take().unwrap_or_else(|| place.to_string()), value));
                    }
                    return (items, comma);
                }
            }
        }
    }

    /// A literal with its holes filled by what the script has under their names.
    fn literal(&mut self, text: &Text) -> Text {
        let mut cost = 0;
        let left = self.left;
        let filled = text.filled(&mut |name| {
            let value = self.lookup(name)?.text.clone()?;
            cost += value.text.len();
            (cost < left).then_some(value)
        });
        self.spend(cost);
        filled
    }

    /// A string of the script, which may turn out to be SQL that nothing is seen to run.
    fn known(&mut self, mut text: Text) -> Value {
        let id = self.literals.len();
        text.literals.push(id);
        let value = Value::of(text);
        self.literals.push(value.text.clone());
        value
    }

    /// The value of the longest part of a dotted name that has one.
    fn named(&mut self, name: &str, called: bool) -> Value {
        let mut prefix = if name.len() <= MAX_NAME { name } else { "" };
        if called {
            prefix = prefix.rsplit_once('.').map_or("", |(prefix, _)| prefix);
        }
        while !prefix.is_empty() {
            if let Some(value) = self.lookup(prefix) {
                let weight = value.weight();
                let value = value.clone();
                return if self.spend(weight) { value } else { Value::default() };
            }
            prefix = prefix.rsplit_once('.').map_or("", |(prefix, _)| prefix);
        }
        Value::default()
    }
}

struct Cursor<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl<'t> Cursor<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn rest(&self) -> &'t [Token] {
        &self.tokens[self.at.min(self.tokens.len())..]
    }

    fn next(&mut self) -> Option<&'t Token> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    /// Past the bracket that closes the one just taken.
    fn skip(&mut self) {
        let mut depth = 1;
        while depth > 0 {
            match self.next() {
                Some(Token::Punct('(' | '[' | '{')) => depth += 1,
                Some(Token::Punct(')' | ']' | '}')) => depth -= 1,
                Some(_) => {}
                None => return,
            }
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

/// Whether SQL is a query whose rows a data frame can hold.
fn is_query(sql: &str) -> bool {
    let first = words(sql).next().unwrap_or("").to_ascii_uppercase();
    let one = sql.trim().trim_end_matches(';').find(';').is_none();
    one && (first == "SELECT" || first == "WITH" && !words(sql).any(|w| ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(&w)))
}

/// Words of SQL, comments to the end of a line left out.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.split("--").next().unwrap_or(""))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .filter(|word| !word.is_empty())
}

/// Whether a literal is SQL: it begins with a statement's verb and holds the word that verb needs. Prose ("Select one from the list")
/// is told apart by its capital: SQL is written in one case, unless a call that takes SQL (`surely`) vouches for it.
fn looks_like_sql(text: &str, surely: bool) -> bool {
    let mut words = words(text);
    let Some(verb) = words.next() else { return false };
    let needs: &[&str] = match verb.to_ascii_uppercase().as_str() {
        "SELECT" => &["FROM", "INTO"],
        "WITH" => &["SELECT"],
        "INSERT" => &["INTO", "OVERWRITE"],
        "REPLACE" | "MERGE" => &["INTO"],
        "UPDATE" => &["SET"],
        "DELETE" => &["FROM"],
        "CREATE" | "ALTER" | "DROP" | "TRUNCATE" => &["TABLE", "VIEW", "PROCEDURE", "FUNCTION", "SCHEMA", "INDEX", "TRIGGER"],
        "COPY" | "UNLOAD" => &["FROM", "TO", "INTO"],
        "EXEC" | "EXECUTE" | "CALL" | "BEGIN" | "DECLARE" if surely => return words.next().is_some(),
        _ => return false,
    };
    let cased = surely || verb == verb.to_ascii_uppercase() || verb == verb.to_ascii_lowercase();
    cased && words.any(|word| needs.iter().any(|need| word.eq_ignore_ascii_case(need)))
}

#[cfg(test)]
mod tests;
