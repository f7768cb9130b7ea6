//! A script's own functions and classes: read where they are called, with what they are called with.
//!
//! Each is a value ([`Own`]) under its name, as it is in Python, so that shadowing, inheritance and functions that are handed on need no rules
//! of their own. What an object holds is kept under the object's number, what a class holds under the class's. A function that nothing
//! calls is read in the end, as if with what its parameters are by default. Loops over lists that are known are read for each item.

use super::call::{Arguments, Chain};
use super::expression::UNKNOWN_KEY;
use super::text::{HOLE, Text};
use super::tokens::{Line, Token};
use super::value::{Own, Value, add};
use super::{MAX_SCOPES, MAX_TARGETS, Of, Scope, Script, names_in, split, top_level};
use crate::lineage::{Diagnostic, Severity};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Tokens of a script that are read anew, by calls after a function's first and rounds after a loop's first. A dozen tables through a
/// dozen functions are some thousands.
const MAX_AGAIN: usize = 20_000;

/// What SQL that is run anew takes of what may be followed, beside SQL that is run once: it is none of the script's own bytes.
pub(super) const RUN_AGAIN: usize = 8;

/// Functions called in functions that are read there; people nest a few.
const MAX_CALLS: usize = 8;

/// Items of a list beyond which a loop over it is read once; people list some dozen tables.
const MAX_ROUNDS: usize = 64;

/// Such loops in each other that are read so, each taking a stretch of the stack.
const MAX_LOOPS: usize = 8;

/// Objects of a script's own classes that are told apart; people make a handful.
const MAX_OBJECTS: usize = 1_000;

/// Classes that an attribute is looked for in: a class, what it is made from, and so on.
const MAX_BASES: usize = 16;

/// Annotations of a class and its bases that are taken for a data class's fields; people name a dozen.
const MAX_FIELDS: usize = 256;

/// Attributes of attributes that are told apart (`self.a.b.c`).
const MAX_ATTRIBUTES: usize = 8;

/// Arguments that are a function to be called, and those that hold what it is given by place and by name: Airflow's, `threading`'s.
const HANDED: [&str; 2] = ["python_callable", "target"];
const BY_PLACE: [&str; 2] = ["op_args", "args"];
const BY_NAME: [&str; 2] = ["op_kwargs", "kwargs"];

/// Methods of data frames that give them to a function.
const GIVE_THEMSELVES: [&str; 3] = ["foreachBatch", "pipe", "transform"];

/// Calls that give the items of their argument.
const SAME_ITEMS: [&str; 6] = ["enumerate", "list", "reversed", "set", "sorted", "tuple"];

/// A function of the script.
struct Function {
    name: String,
    /// The class that it is a method of.
    class: Option<u32>,
    /// What a method calls its object, or its class.
    own: Option<String>,
    /// By name, with their defaults. [`STAR`] is that behind which they are given by name alone.
    parameters: Vec<(String, Value)>,
    indent: usize,
    lines: Rc<[Line]>,
    body: (usize, usize),
    tokens: usize,
}

/// Stands among parameters for `*` and `*args`.
const STAR: &str = "*";

/// A class of the script.
#[derive(Default)]
struct Class {
    /// What it is made from, as far as that is the script's, nearest first.
    bases: Vec<u32>,
    /// What its body annotates, in order: what a data class takes.
    fields: Vec<String>,
}

/// A call that is being read.
struct Call {
    function: u32,
    object: Option<Own>,
}

/// The functions and classes of a script that are read where they are called.
pub(super) struct Functions {
    list: Vec<Rc<Function>>,
    /// Which were read.
    read: Vec<bool>,
    /// Methods by name; nothing where several classes have one so called.
    methods: HashMap<String, Option<u32>>,
    classes: Vec<Class>,
    /// The class of each object.
    objects: Vec<u32>,
    /// Those that are being read, each called by the one before.
    active: Vec<Call>,
    /// Left of [`MAX_AGAIN`].
    left: usize,
    /// Calls and rounds that are being read, and are not the first of theirs.
    anew: usize,
    /// Loops that are being read item by item, each within the one before.
    loops: usize,
    /// That not all is read anew was said.
    told: bool,
}

impl Default for Functions {
    fn default() -> Functions {
        Functions {
            list: Vec::new(),
            read: Vec::new(),
            methods: HashMap::new(),
            classes: Vec::new(),
            objects: Vec::new(),
            active: Vec::new(),
            left: MAX_AGAIN,
            anew: 0,
            loops: 0,
            told: false,
        }
    }
}

impl Functions {
    /// Whether all that was begun has ended.
    pub(super) fn is_at_rest(&self) -> bool {
        (self.anew, self.loops, self.active.len()) == (0, 0, 0)
    }

    /// Whether what is read was read before.
    pub(super) fn is_anew(&self) -> bool {
        self.anew > 0
    }

    /// A class and what it is made from, in the order in which Python looks for attributes as long as there are no diamonds.
    fn family(&self, class: u32, itself: bool) -> Vec<u32> {
        let bases = |class: u32| self.classes.get(class as usize).into_iter().flat_map(|class| &class.bases).copied();
        let mut open: Vec<u32> = if itself { vec![class] } else { bases(class).collect() };
        let mut family = Vec::new();
        while let Some(class) = (!open.is_empty() && family.len() < MAX_BASES).then(|| open.remove(0)) {
            open.splice(0..0, bases(class));
            family.push(class);
        }
        family
    }
}

/// Under what the module keeps an attribute of an object or a class.
fn key_of(own: Own, attribute: &str) -> Option<String> {
    match own {
        Own::Object(object) | Own::Base { object, .. } => Some(format!("#{object}.{attribute}")),
        Own::Class(class) => Some(format!("@{class}.{attribute}")),
        Own::Function { .. } => None,
    }
}

impl Script<'_> {
    /// Follows the lines in `from..to`, which are a block's.
    pub(super) fn block(&mut self, lines: &Rc<[Line]>, from: usize, to: usize) {
        let (within, mut at) = (lines, from);
        while at < to {
            let line = &lines[at];
            let first = if let Some(Token::Name(word, _)) = line.tokens.first() { Some(word.as_str()) } else { None };
            self.begin(line.indent, first);
            let tokens = &line.tokens[usize::from(first == Some("async"))..];
            let colon = top_level(tokens, ':').unwrap_or(tokens.len());
            let inline = tokens.get(colon + 1..).filter(|rest| !rest.is_empty());
            // What stands behind the colon, or is indented below it.
            let body = || -> (usize, Rc<[Line]>, usize, usize) {
                match inline {
                    Some(rest) => {
                        let line = Line { indent: line.indent + 1, tokens: rest.to_vec(), open: None };
                        (at + 1, Rc::new([line]), 0, 1)
                    }
                    None => {
                        let end = at + 1 + lines[at + 1..to].iter().take_while(|l| l.indent > line.indent).count();
                        (end, lines.clone(), at + 1, end)
                    }
                }
            };
            // Python has none of these behind the colon of another: a line of nothing else is read from left to right.
            let within_one =
                matches!(inline, Some([Token::Name(word, _), ..]) if matches!(word.as_str(), "for" | "class" | "def" | "async"));
            let head = if colon < tokens.len() && !within_one { &tokens[..colon] } else { &[] };
            match head {
                [Token::Name(word, _), Token::Name(name, _), head @ ..]
                    if word == "def" && self.is_outside() && self.decorated.is_none() && name != "model" =>
                {
                    let (next, lines, from, to) = body();
                    self.define(name, head, (line.indent, lines, (from, to)));
                    at = next;
                }
                [Token::Name(word, _), Token::Name(name, _), bases @ ..]
                    if word == "class" && self.is_outside() && self.scopes.len() < MAX_SCOPES =>
                {
                    let (_, lines, from, to) = body();
                    self.class(name, bases, line.indent);
                    if !Rc::ptr_eq(&lines, within) {
                        self.block(&lines, from, to);
                    }
                    at += 1;
                }
                [Token::Name(word, place), head @ ..] if word == "for" && head.first() != Some(&Token::Punct('=')) => {
                    let (next, lines, from, to) = body();
                    let read = self.rounds(head, *place, line.indent, (&lines, from, to));
                    if !read && !Rc::ptr_eq(&lines, within) {
                        self.block(&lines, from, to);
                    }
                    at = if read { next } else { at + 1 };
                }
                _ => {
                    if let ([Token::Name(name, _)], Some(_), Some(Of::Class(class))) =
                        (head, inline, self.scopes.last().map(|scope| &scope.of))
                        && let Some(class) = self.functions.classes.get_mut(*class as usize)
                    {
                        class.fields.push(name.clone());
                    }
                    self.line(line);
                    at += 1;
                }
            }
        }
    }

    /// Whether the current line stands in no function.
    fn is_outside(&self) -> bool {
        !self.scopes.iter().any(|scope| matches!(scope.of, Of::Function(_)))
    }

    /// `class Name(bases):`, whose body follows.
    fn class(&mut self, name: &str, bases: &[Token], indent: usize) {
        let class = self.functions.classes.len() as u32;
        let bases = split(bases.get(1..bases.len().saturating_sub(1)).unwrap_or(&[]), ',').into_iter().take(MAX_BASES);
        let base = |base: &[Token]| match base {
            [Token::Name(name, _)] => self.lookup(name).and_then(|value| value.own),
            _ => None,
        };
        let bases = bases.filter_map(base).filter_map(|own| if let Own::Class(class) = own { Some(class) } else { None }).collect();
        self.functions.classes.push(Class { bases, fields: Vec::new() });
        self.assign(name, Value::own(Own::Class(class)));
        self.scopes.push(Scope { indent, of: Of::Class(class), ..Scope::default() });
    }

    /// Keeps a function for those who call it.
    fn define(&mut self, name: &str, head: &[Token], (indent, lines, body): (usize, Rc<[Line]>, (usize, usize))) {
        let class = match self.scopes.last().map(|scope| &scope.of) {
            Some(Of::Class(class)) => Some(*class),
            _ => None,
        };
        let mut parameters = self.parameters(head);
        let own = parameters.first().is_some_and(|(name, _)| class.is_some() && matches!(name.as_str(), "self" | "cls"));
        let own = own.then(|| parameters.remove(0).0);
        let place = self.functions.list.len() as u32;
        let tokens = tokens_of(&lines[body.0..body.1]);
        if class.is_some() {
            let method = self.functions.methods.entry(name.to_owned());
            method.and_modify(|known| *known = None).or_insert(Some(place));
        }
        self.functions.list.push(Rc::new(Function { name: name.to_owned(), class, own, parameters, indent, lines, body, tokens }));
        self.functions.read.push(false);
        self.assign(name, Value::own(Own::Function { at: place, object: None }));
    }

    /// The parameters of `(name="default", …)`: a parameter hides what the module has under its name.
    pub(super) fn parameters(&mut self, head: &[Token]) -> Vec<(String, Value)> {
        let mut parameters = Vec::new();
        for parameter in split(head.get(1..head.len().saturating_sub(1)).unwrap_or(&[]), ',') {
            match parameter.first() {
                Some(Token::Punct('*')) => parameters.push((STAR.to_owned(), Value::default())),
                Some(Token::Name(name, _)) => {
                    let default = top_level(parameter, '=').map(|at| self.value(&parameter[at + 1..])).unwrap_or_default();
                    parameters.push((name.clone(), default));
                }
                _ => {}
            }
        }
        parameters
    }

    /// What a dotted name is an attribute of, if that is the script's own.
    pub(super) fn owner<'n>(&self, name: &'n str) -> Option<(Own, &'n str)> {
        let (owner, attribute) = name.rsplit_once('.')?;
        if owner.is_empty() || self.functions.classes.is_empty() || owner.matches('.').count() >= MAX_ATTRIBUTES {
            return None;
        }
        Some((self.lookup(owner)?.own.filter(|own| !matches!(own, Own::Function { .. }))?, attribute))
    }

    /// Under what name a scope keeps what the script calls `name`.
    pub(super) fn key(&self, name: &str) -> Option<String> {
        self.owner(name).and_then(|(own, attribute)| key_of(own, attribute))
    }

    /// What an object or a class has under a name.
    pub(super) fn attribute_of(&self, own: Own, attribute: &str) -> Option<&Value> {
        let names = &self.scopes.first()?.names;
        let of_object = |object: u32| self.functions.objects.get(object as usize).copied();
        let (itself, class) = match own {
            Own::Object(object) => (names.get(&key_of(own, attribute)?), of_object(object)?),
            Own::Class(class) | Own::Base { class, .. } => (None, class),
            Own::Function { .. } => return None,
        };
        itself.or_else(|| {
            let family = self.functions.family(class, !matches!(own, Own::Base { .. }));
            family.into_iter().find_map(|class| names.get(&key_of(Own::Class(class), attribute)?))
        })
    }

    /// What a call of a function or class of the script gives; `None` where it is another's, or is not read.
    pub(super) fn called(&mut self, chain: &Chain, on: &Value, arguments: &Arguments) -> Option<Value> {
        if self.functions.list.is_empty() && self.functions.classes.is_empty() {
            return None;
        }
        let name = chain.last()?;
        let owner = on.own.filter(|own| !matches!(own, Own::Function { .. }));
        let meant = match owner {
            Some(own) => self.attribute_of(own, name)?,
            None if name == "super" && chain.is_one_name() => return self.base(),
            None => self.lookup(chain.is_one_name().then_some(name)?)?,
        };
        let value = match meant.own? {
            Own::Function { at, object } => self.read_function(at, object.map(Own::Object).or(owner), Some(arguments))?,
            Own::Class(class) => self.construct(class, arguments)?,
            Own::Object(_) | Own::Base { .. } => return None,
        };
        if value.is_known() {
            return Some(value);
        }
        // What it is given may be in what it gives back.
        let mut value = self.queries("", arguments);
        arguments.0.iter().for_each(|(_, argument)| add(&mut value.tables, &argument.tables));
        Some(value)
    }

    /// As [`Script::called`], of something of which nothing is known but the name of its method: one class of the script has such.
    pub(super) fn called_alike(&mut self, chain: &Chain, on: &Value, arguments: &Arguments) -> Option<Value> {
        let at = (*self.functions.methods.get(chain.last()?)?)?;
        if chain.is_one_name() || on.is_known() || on.handle.is_some() {
            return None;
        }
        let class = self.functions.list[at as usize].class?;
        let last = self.functions.objects.iter().rposition(|of| *of == class);
        let owner = last.map_or(Own::Class(class), |object| Own::Object(object as u32));
        let value = self.read_function(at, Some(owner), Some(arguments))?;
        // No query's rows: it may be another's method after all.
        Some(Value { query: None, ..value })
    }

    /// What a function of the script gives that another's call is handed: `submit(load, "orders")`, `frame.transform(clean)`,
    /// `PythonOperator(python_callable=load, op_args=["orders"])`. `None`: it is handed none.
    pub(super) fn handed(&mut self, name: &str, on: &Value, arguments: &Arguments) -> Option<Value> {
        if self.functions.list.is_empty() {
            return None;
        }
        let function = |value: &Value| match value.own {
            Some(Own::Function { at, object }) => Some((at, object.map(Own::Object))),
            _ => None,
        };
        let weight = arguments.0.iter().map(|(_, value)| value.weight()).sum();
        let ((at, owner), given) = if let Some(at) = arguments.get(usize::MAX, &HANDED).and_then(function) {
            let items = [BY_PLACE, BY_NAME].into_iter().filter_map(|names| arguments.get(usize::MAX, &names));
            (at, items.flat_map(|value| value.items.iter()).cloned().collect())
        } else {
            let at = arguments.get(0, &[]).and_then(function)?;
            let frame = GIVE_THEMSELVES.contains(&name);
            if !frame && (on.query.is_some() || !on.tables.is_empty()) {
                return None;
            }
            let rest = arguments.0.iter().filter(|(key, _)| key != "0").cloned();
            let moved = |key: String| match key.parse::<usize>() {
                Ok(place) if place > 0 && place.to_string() == key => (place - usize::from(!frame)).to_string(),
                _ => key,
            };
            let rest = rest.map(|(key, value)| (moved(key), value));
            (at, frame.then(|| ("0".to_owned(), on.clone())).into_iter().chain(rest).collect())
        };
        if !self.spend(weight) {
            return None;
        }
        let mut given = Arguments(given);
        let items = given.0.first().filter(|(_, list)| matches!(name, "map" | "imap") && !list.either).map(|(_, list)| list.items.clone());
        let Some(items) = items.filter(|items| !items.is_empty()) else { return self.read_function(at, owner, Some(&given)) };
        let mut made = Vec::new();
        for (place, (_, item)) in items.iter().enumerate() {
            given.0 = vec![("0".to_owned(), item.clone())];
            made.push((place.to_string(), self.read_function(at, owner, Some(&given)).unwrap_or_default()));
        }
        Some(Value::group(made))
    }

    /// `super()`.
    fn base(&self) -> Option<Value> {
        let call = self.functions.active.last()?;
        let class = self.functions.list.get(call.function as usize)?.class?;
        match call.object {
            Some(Own::Object(object) | Own::Base { object, .. }) => Some(Value::own(Own::Base { object, class })),
            _ => None,
        }
    }

    /// An object of a class. What makes it is read; without such, as of a data class, it holds what it is given by name.
    fn construct(&mut self, class: u32, arguments: &Arguments) -> Option<Value> {
        if self.functions.objects.len() >= MAX_OBJECTS {
            return None;
        }
        let object = Own::Object(self.functions.objects.len() as u32);
        self.functions.objects.push(class);
        if let Some(Own::Function { at, .. }) = self.attribute_of(object, "__init__").and_then(|made| made.own) {
            self.read_function(at, Some(object), Some(arguments));
            return Some(Value::own(object));
        }
        let family = self.functions.family(class, true);
        let fields: Vec<String> =
            family.iter().rev().flat_map(|class| &self.functions.classes[*class as usize].fields).take(MAX_FIELDS).cloned().collect();
        for (name, value) in &arguments.0 {
            let name = name.parse::<usize>().map_or(Some(name), |place| fields.get(place));
            let key = name.and_then(|name| key_of(object, name)).filter(|key| self.spend(key.len() + value.weight()));
            key.into_iter().for_each(|key| self.set(0, key, value.clone()));
        }
        // What it is made from may be a library's, which takes SQL or frames.
        let mut value = self.queries("", arguments);
        arguments.0.iter().for_each(|(_, argument)| add(&mut value.tables, &argument.tables));
        Some(Value { own: Some(object), ..value })
    }

    /// Reads a function as `owner`'s, with what it is given: what it gives back. `None` when it is being read, or not to be read anew any
    /// more.
    fn read_function(&mut self, at: u32, owner: Option<Own>, arguments: Option<&Arguments>) -> Option<Value> {
        let function = self.functions.list.get(at as usize)?.clone();
        let anew = self.functions.read[at as usize];
        let circle = self.functions.active.iter().any(|call| call.function == at) || self.functions.active.len() >= MAX_CALLS;
        let given = arguments.map_or(&[][..], |arguments| &arguments.0);
        let bound = given.iter().chain(&function.parameters).map(|(_, value)| value.weight()).sum();
        if circle || anew && !self.again(function.tokens) || !self.spend(bound) {
            return None;
        }
        // `Base.method(self, …)`: the object comes first.
        let first = if let (Some(Own::Class(_)), Some("self")) = (owner, function.own.as_deref()) { 1 } else { 0 };
        let owner = if first == 1 { arguments.and_then(|arguments| arguments.get(0, &[])?.own).or(owner) } else { owner };
        let mut names = HashMap::new();
        let star = function.parameters.iter().position(|(name, _)| name == STAR).unwrap_or(usize::MAX);
        for (place, (name, default)) in function.parameters.iter().enumerate().filter(|(place, _)| *place != star) {
            let place = if place < star { place + first } else { usize::MAX };
            let given = arguments.and_then(|arguments| arguments.get(place, &[name]));
            names.insert(name.clone(), given.unwrap_or(default).clone());
        }
        if let Some(own) = &function.own {
            names.insert(own.clone(), owner.map(|owner| self.seen_as(owner, own)).unwrap_or_default());
        }
        let (scopes, forks, results) = (self.scopes.split_off(1), std::mem::take(&mut self.forks), std::mem::take(&mut self.results));
        let of = Of::Function(function.name.clone());
        self.scopes.push(Scope { indent: function.indent, of, makes: None, gives: None, names });
        self.functions.active.push(Call { function: at, object: owner });
        self.functions.read[at as usize] = true;
        self.functions.anew += usize::from(anew);
        self.block(&function.lines, function.body.0, function.body.1);
        self.functions.anew -= usize::from(anew);
        self.join_all();
        while self.scopes.len() > 2 {
            self.leave();
        }
        let value = self.scopes.pop().and_then(|scope| scope.gives).unwrap_or_default();
        self.functions.active.pop();
        self.scopes.extend(scopes);
        (self.forks, self.results) = (forks, results);
        Some(value)
    }

    /// What a method knows its owner as.
    fn seen_as(&self, owner: Own, name: &str) -> Value {
        let class = |object: u32| self.functions.objects.get(object as usize).map(|class| Own::Class(*class));
        Value::own(match owner {
            Own::Object(object) | Own::Base { object, .. } if name == "cls" => class(object).unwrap_or(owner),
            Own::Base { object, .. } => Own::Object(object),
            own => own,
        })
    }

    /// Whether so many tokens may be read anew.
    fn again(&mut self, tokens: usize) -> bool {
        if let Some(left) = self.functions.left.checked_sub(tokens + 1) {
            self.functions.left = left;
            return true;
        }
        if !std::mem::replace(&mut self.functions.told, true) {
            let message =
                "Not all calls of the script's functions and rounds of its loops are read on their own: there are too many".to_owned();
            self.facts.diagnostics.push(Diagnostic::new(1, Severity::Warning, message));
        }
        false
    }

    /// Reads the functions that nothing has called, those first that no function names: they may call the others. Methods are those of
    /// each object that was made of their class, or of a new one.
    pub(super) fn read_others(&mut self) {
        let list = self.functions.list.clone();
        let bodies = list.iter().flat_map(|function| &function.lines[function.body.0..function.body.1]);
        let named: HashSet<&str> =
            bodies.flat_map(|line| names_in(&line.tokens)).map(|name| name.rsplit('.').next().unwrap_or(name)).collect();
        let (later, first): (Vec<usize>, Vec<usize>) = (0..list.len()).partition(|at| named.contains(&*list[*at].name));
        for at in first.into_iter().chain(later) {
            if self.functions.read[at] {
                continue;
            }
            let class = self.functions.list[at].class.filter(|_| self.functions.list[at].own.is_some());
            let made =
                (0..).zip(&self.functions.objects).filter(|(_, of)| Some(**of) == class).map(|(object, _)| Some(Own::Object(object)));
            let mut owners: Vec<Option<Own>> = made.take(MAX_ROUNDS).collect();
            if owners.is_empty() {
                let new =
                    class.map(|class| self.construct(class, &Arguments(Vec::new())).and_then(|new| new.own).unwrap_or(Own::Class(class)));
                owners.push(new);
            }
            for owner in owners {
                self.read_function(at as u32, owner, None);
            }
        }
    }

    /// `for names in values:`: whether its body was read, once for each item. Else the names hold what any of them may be.
    fn rounds(&mut self, head: &[Token], line: u32, indent: usize, (lines, from, to): (&Rc<[Line]>, usize, usize)) -> bool {
        let Some(at) = position(head, &["in"]) else { return false };
        let list = match self.listed(&head[..at], &head[at + 1..], line, tokens_of(&lines[from..to])) {
            Ok(list) => list,
            Err(value) => {
                // Which of its items cannot be told: what it is is what they all are.
                let value = Value { text: None, query: None, own: None, ..value };
                names_in(&head[..at]).take(MAX_TARGETS).for_each(|name| self.assign(name, value.clone()));
                return false;
            }
        };
        for round in 0..list.items.len() {
            let read = self.round(&list, round, |script| script.block(lines, from, to));
            if read.is_none() {
                break;
            }
            self.begin(indent, None);
        }
        true
    }

    /// `value for names in values`, with its `for` at this place, when the values are a list that is known: the value for each.
    pub(super) fn comprehension(&mut self, tokens: &[Token], made: usize) -> Option<Value> {
        let names = &tokens[made + 1..];
        let at = position(names, &["in"])?;
        let values = &names[at + 1..];
        // Read once more when it turns out not to be known: it must do nothing.
        let plain = |(at, token): (usize, &Token)| match token {
            Token::Name(word, _) => word != "for" && word != "if",
            Token::Punct('(') => match at.checked_sub(1).map(|before| &values[before]) {
                Some(Token::Name(name, _)) => {
                    name == "zip"
                        || SAME_ITEMS.contains(&name.as_str())
                        || [".items", ".values", ".keys"].iter().any(|method| name.ends_with(method))
                }
                before => !matches!(before, Some(Token::Punct(')' | ']' | '}') | Token::Text(_))),
            },
            // A hole may call something.
            Token::Text(text) => !text.text.contains(HOLE),
            _ => true,
        };
        if !values.iter().enumerate().all(plain) {
            return None;
        }
        let line = tokens.iter().find_map(|token| if let Token::Name(_, line) = token { Some(*line) } else { None })?;
        // Its names are its own.
        self.scopes.push(Scope { indent: usize::MAX, ..Scope::default() });
        let list = self.listed(&names[..at], values, line, made);
        let made = list.ok().and_then(|list| {
            let value = |round| Some((usize::to_string(&round), self.round(&list, round, |script| script.value(&tokens[..made]))?));
            (0..list.items.len()).map(value).collect::<Option<Vec<_>>>()
        });
        self.scopes.pop();
        made.map(Value::group)
    }

    /// What a loop goes over, when that is a list that is known and may be read so often; else what its values are together.
    fn listed(&mut self, names: &[Token], mut values: &[Token], line: u32, tokens: usize) -> Result<Listed, Value> {
        let mut targets: Vec<String> = names_in(names).take(MAX_TARGETS).map(str::to_owned).collect();
        if let [Token::Name(word, _), Token::Punct('('), inner @ .., Token::Punct(')')] = values
            && SAME_ITEMS.contains(&word.as_str())
            && top_level(inner, ')').is_none()
        {
            if word == "enumerate" && targets.len() > 1 {
                let count = targets.remove(0);
                self.assign(&count, Value::default());
            }
            values = inner;
        }
        let value = self.value(values);
        let known = value.is_list() && value.items.len() <= MAX_ROUNDS && self.functions.loops < MAX_LOOPS && !targets.is_empty();
        if !known || !self.again(tokens * (value.items.len() - 1)) {
            return Err(value);
        }
        let asked = |word: &str| matches!(values, [.., Token::Name(name, _), Token::Punct('('), Token::Punct(')')] if name.ends_with(word));
        let over = match value.items.iter().any(|(key, _)| is_key(key)) {
            _ if asked(".items") && targets.len() > 1 => Over::Pairs,
            true if !asked(".values") => Over::Keys,
            _ => Over::Items,
        };
        Ok(Listed { targets, items: value.items, over, line })
    }

    /// Gives the names of a loop what they hold in one round, and reads that.
    fn round<T>(&mut self, list: &Listed, round: usize, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let (key, item) = list.items.get(round).filter(|(key, item)| self.spend(item.weight() + key.len()))?;
        let key = || if is_key(key) && key != UNKNOWN_KEY { Value::of(Text::on(list.line, key)) } else { Value::default() };
        let mut targets = &list.targets[..];
        if let (Over::Pairs, [first, rest @ ..]) = (&list.over, targets) {
            self.assign(first, key());
            targets = rest;
        }
        match (&list.over, targets) {
            (Over::Keys, [name]) => self.assign(name, key()),
            (_, [name]) => self.assign(name, item.clone()),
            (_, names) => names.iter().enumerate().for_each(|(place, name)| {
                self.assign(name, item.item(&place.to_string()).cloned().unwrap_or_default());
            }),
        }
        self.functions.anew += usize::from(round > 0);
        self.functions.loops += 1;
        let read = read(self);
        self.functions.loops -= 1;
        self.functions.anew -= usize::from(round > 0);
        Some(read)
    }
}

/// What a loop goes over.
struct Listed {
    targets: Vec<String>,
    items: Rc<Vec<(String, Value)>>,
    over: Over,
    line: u32,
}

enum Over {
    Items,
    Keys,
    Pairs,
}

/// Whether an item has a key of its own, not its place for one.
fn is_key(key: &str) -> bool {
    !key.is_empty() && (key.len() > 3 || !key.bytes().all(|b| b.is_ascii_digit()))
}

/// Where the first of these words and marks stands outside brackets, before one closes that was not opened.
pub(super) fn position(tokens: &[Token], wanted: &[&str]) -> Option<usize> {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Punct('(' | '[' | '{') => depth += 1,
            Token::Punct(')' | ']' | '}') => depth = depth.checked_sub(1)?,
            Token::Punct(c) if depth == 0 && wanted.iter().any(|word| word.chars().eq([*c])) => return Some(at),
            Token::Name(word, _) if depth == 0 && wanted.contains(&word.as_str()) => return Some(at),
            _ => {}
        }
    }
    None
}

fn tokens_of(lines: &[Line]) -> usize {
    lines.iter().map(|line| line.tokens.len()).sum()
}
