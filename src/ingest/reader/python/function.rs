//! Functions of a script, read where they are called with what they are given there; and loops over lists that are known, read once for each
//! item.
//!
//! A function that nothing calls is read in the end, as if it were called with what its parameters are by default.

use super::call::Arguments;
use super::text::Text;
use super::tokens::{Line, Token};
use super::value::Value;
use super::{MAX_TARGETS, Scope, Script, names_in, split, top_level};
use crate::lineage::{Diagnostic, Severity};
use std::collections::HashMap;
use std::rc::Rc;

/// Functions called in functions that are read there; people nest a few.
const MAX_CALLS: usize = 8;

/// Items of a list beyond which a loop over it is read once; people list a dozen tables.
const MAX_ROUNDS: usize = 16;

/// Such loops in each other that are read so, each taking a stretch of the stack.
const MAX_LOOPS: usize = 8;

/// Calls and rounds of one script that are read anew; people write some dozens. Those after them are read once.
const MAX_AGAIN: usize = 4_096;

/// What a token that is read again takes of what may be followed ([`super::MAX_FOLLOWED`]).
const AGAIN: usize = 8;

/// Calls that give the items of their argument.
const SAME_ITEMS: [&str; 6] = ["enumerate", "list", "reversed", "set", "sorted", "tuple"];

/// A function of the script.
struct Function {
    name: String,
    /// What a method's class is called.
    class: Option<String>,
    /// Without what a method is called on; with their defaults.
    parameters: Vec<(String, Value)>,
    indent: usize,
    lines: Rc<[Line]>,
    body: (usize, usize),
}

/// The functions of a script that are read where they are called.
#[derive(Default)]
pub(super) struct Functions {
    list: Vec<Rc<Function>>,
    /// Whether it was read, by place.
    read: Vec<bool>,
    /// The last of a name: a function's, `.method`, `Class.method`, and `Class` for what makes one.
    by_name: HashMap<String, usize>,
    /// The class that the current line stands in, and how far that is indented.
    class: Option<(usize, String)>,
    /// What classes set in their bodies.
    attributes: HashMap<String, HashMap<String, Value>>,
    /// Those that are being read, each called by the one before.
    active: Vec<usize>,
    /// Calls and rounds read so far.
    again: usize,
    /// Loops that are being read item by item, each within the one before.
    loops: usize,
}

impl Functions {
    /// The function that a call of these words means, if it is the script's.
    fn find(&self, words: &[String]) -> Option<usize> {
        let found = |key: &str| self.by_name.get(key).copied();
        match words {
            [name] => found(name),
            [owner, method] => {
                let within = self.active.last().and_then(|at| self.list[*at].class.as_deref());
                // `A().method()` says which class.
                let class = if is_self(owner) { within } else { Some(owner.as_str()) };
                let own = class.and_then(|class| found(&format!("{class}.{method}")));
                own.or_else(|| found(&format!(".{method}")))
            }
            _ => None,
        }
    }
}

impl Script<'_> {
    /// Follows the lines in `from..to`, which are a block's.
    pub(super) fn block(&mut self, lines: &Rc<[Line]>, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            let line = &lines[at];
            self.begin(line);
            let asynchronous = matches!(line.tokens.first(), Some(Token::Name(word, _)) if word == "async");
            let tokens = &line.tokens[usize::from(asynchronous)..];
            let end = || at + 1 + lines[at + 1..to].iter().take_while(|l| l.indent > line.indent).count();
            if self.functions.class.as_ref().is_some_and(|(indent, _)| line.indent <= *indent) {
                self.functions.class = None;
            }
            match tokens {
                [Token::Name(word, _), Token::Name(name, _), ..] if word == "class" => {
                    self.functions.class = Some((line.indent, name.clone()));
                }
                [Token::Name(word, _), Token::Name(name, _), head @ .., Token::Punct(':')]
                    if word == "def" && self.scopes.len() == 1 && self.decorated.is_none() && name != "model" =>
                {
                    let end = end();
                    self.define(name, head, (line.indent, lines, (at + 1, end)));
                    at = end;
                    continue;
                }
                [Token::Name(word, place), head @ .., Token::Punct(':')] if word == "for" => {
                    let end = end();
                    if self.rounds(head, *place, (lines, at + 1, end)) {
                        at = end;
                        continue;
                    }
                    at += 1;
                    continue;
                }
                _ => {}
            }
            self.line(line);
            at += 1;
        }
    }

    /// Keeps a function for those who call it.
    fn define(&mut self, name: &str, head: &[Token], (indent, lines, body): (usize, &Rc<[Line]>, (usize, usize))) {
        let class = self.functions.class.as_ref().map(|(_, class)| class.clone());
        let mut parameters = self.parameters(head);
        if class.is_some() && parameters.first().is_some_and(|(name, _)| is_self(name)) {
            parameters.remove(0);
        }
        let place = self.functions.list.len();
        let keys = match &class {
            None => vec![name.to_owned()],
            Some(class) if name == "__init__" => vec![class.clone()],
            Some(class) => vec![format!(".{name}"), format!("{class}.{name}")],
        };
        self.functions.by_name.extend(keys.into_iter().map(|key| (key, place)));
        let name = name.to_owned();
        self.functions.list.push(Rc::new(Function { name, class, parameters, indent, lines: lines.clone(), body }));
        self.functions.read.push(false);
    }

    /// The parameters of `(name="default", …)`: a parameter hides what the module has under its name.
    pub(super) fn parameters(&mut self, head: &[Token]) -> Vec<(String, Value)> {
        let mut parameters = Vec::new();
        for parameter in split(head.get(1..head.len().saturating_sub(1)).unwrap_or(&[]), ',') {
            if let Some(Token::Name(name, _)) = parameter.first() {
                let default = top_level(parameter, '=').map(|at| self.value(&parameter[at + 1..])).unwrap_or_default();
                parameters.push((name.clone(), default));
            }
        }
        parameters
    }

    /// What a call of a function of the script gives, read with what it is given; `None` where it is another's, or its arguments say
    /// nothing and it was read before.
    pub(super) fn called(&mut self, words: &[String], on: &Value, arguments: &Arguments) -> Option<Value> {
        let at = self.functions.find(words).filter(|_| !says(on))?;
        if self.functions.read[at] && !arguments.0.iter().any(|(_, value)| says(value)) {
            return None;
        }
        self.read_function(at, Some(arguments))
    }

    fn read_function(&mut self, at: usize, arguments: Option<&Arguments>) -> Option<Value> {
        if self.functions.active.contains(&at) || self.functions.active.len() >= MAX_CALLS || self.functions.read[at] && !self.again() {
            return None;
        }
        let function = self.functions.list[at].clone();
        let (from, to) = function.body;
        let bound: usize = arguments.map_or(0, |arguments| arguments.0.iter().map(|(_, value)| value.weight()).sum());
        let bound = bound + self.attributes_of(&function).map_or(0, |own| own.values().map(Value::weight).sum());
        if !self.spend(bound + self.reading(&function.lines[from..to], at)) {
            return None;
        }
        self.functions.read[at] = true;
        let mut names = self.attributes_of(&function).cloned().unwrap_or_default();
        for (place, (name, default)) in function.parameters.iter().enumerate() {
            let given = arguments.and_then(|arguments| arguments.get(place, &[name]));
            names.insert(name.clone(), given.unwrap_or(default).clone());
        }
        let (scopes, forks) = (self.scopes.split_off(1), std::mem::take(&mut self.forks));
        self.scopes.push(Scope { indent: function.indent, function: function.name.clone(), makes: None, names });
        let before = self.results.remove(&function.name);
        let class = self.functions.class.take();
        self.functions.active.push(at);
        self.block(&function.lines, from, to);
        self.join_all();
        self.functions.active.pop();
        self.functions.class = class;
        self.scopes.truncate(1);
        self.scopes.extend(scopes);
        self.forks = forks;
        let value = self.results.get(&function.name).cloned();
        if let (None, Some(before)) = (&value, before) {
            self.results.insert(function.name.clone(), before);
        }
        Some(value.unwrap_or_default())
    }

    fn attributes_of(&self, function: &Function) -> Option<&HashMap<String, Value>> {
        self.functions.attributes.get(function.class.as_ref()?)
    }

    /// Notes what the body of a class sets: classes may share a name of it.
    pub(super) fn set_in_class(&mut self, name: &str, value: &Value) {
        if let (Some((_, class)), true) = (&self.functions.class, self.scopes.len() == 1) {
            let class = class.clone();
            if self.spend(value.weight()) {
                self.functions.attributes.entry(class).or_default().insert(name.to_owned(), value.clone());
            }
        }
    }

    /// Whether one more call or round is read anew.
    fn again(&mut self) -> bool {
        self.functions.again += 1;
        if self.functions.again == MAX_AGAIN {
            let message = format!("More than {MAX_AGAIN} calls of its functions and rounds of its loops: from there on each is read once.");
            self.facts.diagnostics.push(Diagnostic::new(1, Severity::Warning, message));
        }
        self.functions.again < MAX_AGAIN
    }

    /// What reading a function takes of what may be followed: nothing the first time.
    fn reading(&self, lines: &[Line], at: usize) -> usize {
        if self.functions.read[at] { tokens_of(lines) * AGAIN } else { 0 }
    }

    /// Reads the functions that nothing has called.
    pub(super) fn read_others(&mut self) {
        for at in 0..self.functions.list.len() {
            if !self.functions.read[at] {
                self.read_function(at, None);
            }
        }
    }

    /// `for names in values:`: whether its body was read, once for each item. Else the names hold what any of them may be.
    fn rounds(&mut self, head: &[Token], line: u32, (lines, from, to): (&Rc<[Line]>, usize, usize)) -> bool {
        let Some(at) = head.iter().position(|t| matches!(t, Token::Name(n, _) if n == "in")) else { return false };
        let targets: Vec<String> = names_in(&head[..at]).take(MAX_TARGETS).map(str::to_owned).collect();
        let mut targets = &targets[..];
        let mut values = &head[at + 1..];
        if let [Token::Name(word, _), Token::Punct('('), inner @ .., Token::Punct(')')] = values
            && SAME_ITEMS.contains(&word.as_str())
            && top_level(inner, ')').is_none()
        {
            if word == "enumerate" && targets.len() > 1 {
                self.assign(&targets[0], Value::default());
                targets = &targets[1..];
            }
            values = inner;
        }
        let value = self.value(values);
        let listed = !value.either && value.text.is_none() && value.query.is_none() && value.columns.is_none();
        if !listed || self.functions.loops >= MAX_LOOPS || value.items.is_empty() || value.items.len() > MAX_ROUNDS || targets.is_empty() {
            // Which of its items cannot be told: what it is is what they all are.
            let value = Value { text: None, query: None, ..value };
            targets.iter().for_each(|name| self.assign(name, value.clone()));
            return false;
        }
        let asked = |word: &str| matches!(values, [.., Token::Name(name, _), Token::Punct('('), Token::Punct(')')] if name.ends_with(word));
        let dictionary = value.items.iter().enumerate().any(|(at, (key, _))| !key.is_empty() && *key != at.to_string());
        let pairs = asked(".items") && targets.len() > 1;
        let cost = tokens_of(&lines[from..to]) * AGAIN;
        for (key, item) in value.items.iter() {
            // Of what a comprehension makes there are no keys.
            let named = !key.is_empty() && !key.bytes().all(|b| b.is_ascii_digit());
            let key = || if named { Value::of(Text::on(line, key)) } else { Value::default() };
            let mut own = targets;
            if pairs {
                self.assign(&targets[0], key());
                own = &targets[1..];
            }
            match own {
                [name] if dictionary && !pairs && !asked(".values") => self.assign(name, key()),
                [name] => self.assign(name, item.clone()),
                names => names.iter().enumerate().for_each(|(place, name)| {
                    self.assign(name, item.item(&place.to_string()).cloned().unwrap_or_default());
                }),
            }
            self.functions.loops += 1;
            self.block(lines, from, to);
            self.functions.loops -= 1;
            if !self.again() || !self.spend(cost + item.weight()) {
                break;
            }
        }
        true
    }
}

fn tokens_of(lines: &[Line]) -> usize {
    lines.iter().map(|line| line.tokens.len()).sum()
}

fn is_self(name: &str) -> bool {
    matches!(name, "self" | "cls")
}

/// Whether anything is known of it.
fn says(value: &Value) -> bool {
    value.text.is_some()
        || value.query.is_some()
        || value.columns.is_some()
        || value.handle.is_some()
        || !value.tables.is_empty()
        || !value.items.is_empty()
}
