//! Expressions of a script, as far as their values can be told without running them.

use super::call::Chain;
use super::frame::attribute;
use super::function::position;
use super::text::{HOLE, HOLE_END, Text, hole_name};
use super::tokens::{self, Token};
use super::value::{self, MAX_ITEMS, Own, Value};
use super::{MAX_NAME, Script};
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Deepest nesting of brackets that is followed; what is deeper is passed over. Code that people write nests ten deep.
const MAX_DEPTH: usize = 64;

/// As [`MAX_DEPTH`], of the brackets around calls of the script's own functions and those in these.
const MAX_BRACKETS: usize = 2 * MAX_DEPTH;

/// The operator that `or` is.
const OR: char = 'o';

/// Longest expression in a hole that is followed; what people compute there is a call or a key.
const MAX_HOLE: usize = 256;

/// Stands for the key of a dictionary that is no string, or not known.
pub(super) const UNKNOWN_KEY: &str = "…";

/// Words between operands.
const KEYWORDS: [&str; 12] = ["if", "else", "for", "in", "and", "or", "not", "is", "lambda", "await", "async", "from"];

impl Script<'_> {
    /// What an expression gives.
    pub(super) fn value(&mut self, tokens: &[Token]) -> Value {
        let mut cursor = Cursor { tokens, at: 0 };
        let mut value = self.expression(&mut cursor, 0);
        // `a, b` without brackets, or what is no expression.
        while cursor.next().is_some() {
            let more = self.expression(&mut cursor, 0);
            value = value.with(more);
            value.either = false;
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
                Some(Token::Number(_)) => {
                    value.iter_mut().for_each(Value::computed);
                    operator = '0';
                    cursor.next();
                }
                Some(Token::Punct(c)) if !"([{".contains(*c) => {
                    operator = *c;
                    cursor.next();
                }
                Some(Token::Name(word, _))
                    if word == "if"
                        && value.is_some()
                        && position(cursor.rest(), &["else", ",", ":"]).is_some_and(|at| matches!(cursor.rest()[at], Token::Name(..))) =>
                {
                    // What is asked is no value of it.
                    let condition = cursor.rest();
                    let otherwise = position(condition, &["else"]).unwrap_or(0);
                    if self.brackets < MAX_BRACKETS {
                        self.brackets += 1;
                        self.value(&condition[1..otherwise]);
                        self.brackets -= 1;
                    }
                    operator = ' ';
                    cursor.at += otherwise + 1;
                }
                Some(Token::Name(word, _)) if KEYWORDS.contains(&word.as_str()) => {
                    operator = match word.as_str() {
                        "or" => OR,
                        "in" | "is" | "not" if value.is_some() => '=',
                        _ => ' ',
                    };
                    cursor.next();
                }
                Some(_) => {
                    let mut operand = self.operand(cursor, depth);
                    if matches!(operator, '-' | '~') {
                        operand.computed();
                    }
                    value = Some(match value.take() {
                        None => operand,
                        Some(left) => self.combine(left, operator, operand),
                    });
                    operator = ' ';
                }
            }
        }
    }

    pub(super) fn combine(&mut self, left: Value, operator: char, right: Value) -> Value {
        let size = |v: &Value| v.text.as_ref().map_or(0, |t| t.size()) + v.weight();
        if !self.spend(size(&left) + size(&right)) {
            return Value::default();
        }
        let (before, after) = (left.ways(), right.ways());
        let of_columns = left.columns.is_some() || right.columns.is_some();
        match (operator, &left.text, &right.text) {
            // A default for what is not given.
            (OR, Some(text), _) if !text.text.is_empty() && !text.text.contains(HOLE) => left,
            // Whether it is so is neither.
            ('=' | '<' | '>' | '!', ..) if !of_columns => {
                let mut answer = Value { tables: left.tables, ..Value::default() };
                value::add(&mut answer.tables, &right.tables);
                answer
            }
            ('+', ..) if !before.is_empty() && !after.is_empty() => {
                // Arms of one branch go together.
                let ways = before.len().max(after.len());
                let cost = before.iter().chain(&after).map(|text| text.size()).sum::<usize>();
                if ways > 1 && !self.spend(cost.saturating_mul(ways)) {
                    return Value::default();
                }
                Value::one_of((0..ways).map(|way| joined(&before[way % before.len()], &after[way % after.len()])).collect())
            }
            ('+', None, None) if left.is_list() && right.is_list() => {
                // How many there are before those on the right is not known.
                let behind = right.items.iter().map(|(_, item)| (String::new(), item.clone()));
                let mut list = Value::group(left.items.iter().cloned().chain(behind).collect());
                value::add(&mut list.tables, &left.tables);
                value::add(&mut list.tables, &right.tables);
                list
            }
            ('+', Some(a), None) => {
                let mut text = Rc::unwrap_or_clone(a.clone());
                text.hole("…");
                Value::of(text)
            }
            ('%', Some(a), _) => self.filled(|bounded| {
                a.percent(&|key| match &right.text {
                    Some(text) if key == "0" => bounded(text),
                    _ => right.item(key).and_then(|v| bounded(v.text.as_ref()?)),
                })
            }),
            _ => left.with(right),
        }
    }

    fn operand(&mut self, cursor: &mut Cursor, depth: usize) -> Value {
        let mut chain = Chain::default();
        let mut value = match cursor.next() {
            Some(Token::Text(text)) => {
                let mut parts = vec![text];
                while let Some(Token::Text(text)) = cursor.peek() {
                    parts.push(text);
                    cursor.next();
                }
                let mut computed = HashMap::new();
                parts.iter().for_each(|part| self.compute(part, &mut computed));
                let ways = parts.iter().map(|part| self.ways_of(part, &computed)).max().unwrap_or(1);
                let texts = (0..ways).map(|way| {
                    let mut whole = self.literal(text, way, &computed);
                    parts[1..].iter().for_each(|part| whole.join(&self.literal(part, way, &computed)));
                    self.known(whole)
                });
                Value::one_of(texts.collect())
            }
            Some(Token::Name(name, line)) => {
                chain.extend(name, *line);
                self.named(name, cursor.peek() == Some(&Token::Punct('(')))
            }
            Some(Token::Punct('(')) => {
                let (mut items, comma) = self.in_brackets(cursor, depth + 1);
                if items.len() == 1 && !comma { items.remove(0).1 } else { Value::group(items) }
            }
            Some(Token::Punct('[' | '{')) => match self.made_for_each(cursor) {
                Some(list) => list,
                None => {
                    let items = self.list(cursor, depth + 1).0;
                    if items.iter().filter(|(_, item)| item.query.is_some()).count() > MAX_ITEMS {
                        self.give_up(cursor.line(), "a list holds more frames than are kept");
                    }
                    Value::group(items)
                }
            },
            _ => Value::default(),
        };
        loop {
            match cursor.peek() {
                Some(Token::Punct('(')) => {
                    cursor.next();
                    let first = self.literals.len();
                    let (arguments, _) = self.in_brackets(cursor, depth + 1);
                    if chain.only_tells() {
                        self.literals[first..].fill(None);
                        value = Value::default();
                    } else {
                        value = self.call(&mut chain, value, arguments);
                    }
                }
                Some(Token::Punct('[')) => {
                    cursor.next();
                    if let [Token::Number(place), Token::Punct(']'), ..] = cursor.rest()
                        && let Some(item) = value.item(place).filter(|_| !value.either).cloned()
                    {
                        (cursor.at, value) = (cursor.at + 2, item);
                        continue;
                    }
                    let (mut keys, _) = self.list(cursor, depth + 1);
                    if let Some(columns) = self.subscript(&value, &keys, chain.line()) {
                        value = columns;
                        continue;
                    }
                    let key = if keys.len() == 1 { keys.remove(0).1.text } else { None };
                    value = match key.and_then(|key| value.item(&key.text).cloned()) {
                        Some(item) => item,
                        None => Value { query: None, text: None, columns: None, own: None, ..value },
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

    /// As [`Script::list`]; what makes one value for each of a known list is one list.
    fn in_brackets(&mut self, cursor: &mut Cursor, depth: usize) -> (Vec<(String, Value)>, bool) {
        match self.made_for_each(cursor) {
            Some(list) => (vec![("0".to_owned(), list)], false),
            None => self.list(cursor, depth),
        }
    }

    /// `value for name in list`, up to the bracket that closes, when the list is known.
    fn made_for_each(&mut self, cursor: &mut Cursor) -> Option<Value> {
        let rest = cursor.rest();
        let made = position(rest, &["for", ",", ":"]).filter(|at| matches!(rest[*at], Token::Name(..)))?;
        if self.brackets >= MAX_BRACKETS {
            return None;
        }
        let inside = &rest[..made + closing(&rest[made..])];
        self.brackets += 1;
        let list = self.comprehension(inside, made);
        self.brackets -= 1;
        if list.is_some() {
            cursor.skip();
        }
        list
    }

    /// What stands in brackets, up to the one that closes: values with their keys (`key=`, `"key":`) or places. Whether there was a comma.
    fn list(&mut self, cursor: &mut Cursor, depth: usize) -> (Vec<(String, Value)>, bool) {
        let mut items: Vec<(String, Value)> = Vec::new();
        let mut comma = false;
        if depth > MAX_DEPTH || self.brackets >= MAX_BRACKETS {
            self.give_up(cursor.line(), "brackets nest deeper than is read");
            cursor.skip();
            return (items, comma);
        }
        self.brackets += 1;
        let mut place = 0;
        let mut key: Option<String> = None;
        let mut unpacked = false;
        loop {
            if let (None, [Token::Name(name, _), Token::Punct('='), next, ..]) = (&key, cursor.rest())
                && *next != Token::Punct('=')
            {
                key = Some(name.clone());
                cursor.at += 2;
            }
            let stars = cursor.rest().iter().take_while(|token| **token == Token::Punct('*')).count();
            cursor.at += stars;
            let empty = matches!(cursor.peek(), None | Some(Token::Punct(')' | ']' | '}' | ',' | ':')));
            let from = cursor.at;
            let mut value = self.expression(cursor, depth);
            self.told(&mut value, &cursor.tokens[from..cursor.at]);
            let is_unpacked = match stars {
                1 => value.goes_by_place() && value.whole,
                2 => value.is_list() && !value.goes_by_place(),
                _ => false,
            };
            if is_unpacked && key.is_none() && self.spend(value.weight()) {
                // What is unpacked there stands there item by item.
                for (own, item) in value.items.iter() {
                    items.push((if stars > 1 { own.clone() } else { place.to_string() }, item.clone()));
                    place += 1;
                }
                unpacked |= stars > 1;
                comma = true;
                if matches!(cursor.next(), Some(Token::Punct(','))) {
                    continue;
                }
                self.brackets -= 1;
                return (last_of_each(items, unpacked), comma);
            }
            match cursor.next() {
                Some(Token::Punct(':')) => {
                    key = Some(value.text.map_or(UNKNOWN_KEY.to_owned(), |t| t.text.clone()));
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
                    self.brackets -= 1;
                    return (last_of_each(items, unpacked), comma);
                }
            }
        }
    }

    /// What stands in a literal's holes and is one call or key, not a name: `{table_of("orders")}`, `{SETTINGS["schema"]}`.
    fn compute(&mut self, text: &Text, computed: &mut HashMap<String, Value>) {
        for hole in text.text.split(HOLE).skip(1) {
            let expression = hole_name(hole.split(HOLE_END).next().unwrap_or(""));
            let called = expression.ends_with([')', ']']) && expression.len() <= MAX_HOLE && self.brackets < MAX_BRACKETS;
            if !called || computed.contains_key(expression) || !self.spend(expression.len()) {
                continue;
            }
            let mut lines = tokens::logical_lines(expression);
            let (Some(mut line), None) = (lines.next(), lines.next()) else { continue };
            let mut depth = 0usize;
            let one = line.tokens.iter_mut().all(|token| {
                match token {
                    Token::Punct('(' | '[' | '{') => depth += 1,
                    Token::Punct(')' | ']' | '}') => depth = depth.saturating_sub(1),
                    Token::Punct(_) | Token::Number(_) => return depth > 0,
                    Token::Name(name, at) => {
                        *at = text.line();
                        return depth > 0 || !KEYWORDS.contains(&name.as_str());
                    }
                    Token::Text(part) => {
                        part.lines.fill(text.line());
                        part.bytes = text.bytes;
                    }
                }
                true
            });
            if one {
                self.brackets += 1;
                let value = self.value(&line.tokens);
                self.brackets -= 1;
                computed.insert(expression.to_owned(), value);
            }
        }
    }

    /// In how many ways what a literal's holes name may fill them.
    fn ways_of(&self, text: &Text, computed: &HashMap<String, Value>) -> usize {
        let name = |hole: &'_ str| hole_name(hole.split(HOLE_END).next().unwrap_or("")).to_owned();
        let holes = text.text.split(HOLE).skip(1).map(name);
        let known = holes.filter_map(|name| Some(computed.get(&name).or_else(|| self.lookup(&name))?.ways().len()));
        known.max().unwrap_or(1).max(1)
    }

    /// A literal with its holes filled by what the script has under their names, in one of the ways that this may be.
    fn literal(&mut self, text: &Text, way: usize, computed: &HashMap<String, Value>) -> Text {
        // What is read anew is none of the script's bytes once more.
        let cost = Cell::new(if self.functions.is_anew() { text.size() + size_of::<u32>() * text.lines.len() } else { 0 });
        if cost.get() >= self.left {
            self.spend(cost.get());
            return Text::on(text.line(), "");
        }
        let filled = text.filled(&mut |name| {
            let ways = computed.get(name).or_else(|| self.lookup(name))?.ways();
            self.bounded(ways.get(way % ways.len().max(1))?, &cost)
        });
        self.spend(cost.get());
        filled
    }

    /// A text with its fields filled by `fill`, which takes what fills them through the function that it is given.
    pub(super) fn filled(&mut self, fill: impl FnOnce(&dyn Fn(&Rc<Text>) -> Option<Rc<Text>>) -> Text) -> Value {
        let cost = Cell::new(0);
        let text = fill(&|value| self.bounded(value, &cost));
        self.spend(cost.get());
        Value::of(text)
    }

    /// What fills a field, as long as `cost` and this are not more than may be copied.
    fn bounded(&self, value: &Rc<Text>, cost: &Cell<usize>) -> Option<Rc<Text>> {
        cost.set(cost.get() + value.size());
        (cost.get() < self.left).then(|| value.clone())
    }

    /// A string of the script, which may turn out to be SQL that nothing is seen to run.
    fn known(&mut self, mut text: Text) -> Text {
        if self.functions.is_anew() {
            return text;
        }
        text.literals.push(self.literals.len());
        self.literals.push(Some(Rc::new(text.clone())));
        text
    }

    /// The value of the longest part of a dotted name that has one.
    fn named(&mut self, name: &str, called: bool) -> Value {
        let mut prefix = if name.len() <= MAX_NAME { name } else { "" };
        if called {
            prefix = prefix.rsplit_once('.').map_or("", |(prefix, _)| prefix);
        }
        let whole = prefix;
        while !prefix.is_empty() {
            if let Some(value) = self.lookup(prefix) {
                let weight = value.weight();
                let mut value = attribute(value, &whole[prefix.len()..]).unwrap_or_else(|| value.clone());
                value.own = value.own.filter(|_| prefix.len() == whole.len());
                if let (Some(Own::Function { object: object @ None, .. }), Some((Own::Object(own), _))) =
                    (&mut value.own, self.owner(prefix))
                {
                    *object = Some(own);
                }
                return if self.spend(weight) { value } else { Value::default() };
            }
            prefix = prefix.rsplit_once('.').map_or("", |(prefix, _)| prefix);
        }
        Value::default()
    }
}

/// The items, of which of each key the last is left when they were `unpacked` from a dictionary.
fn last_of_each(mut items: Vec<(String, Value)>, unpacked: bool) -> Vec<(String, Value)> {
    if unpacked {
        let mut keys = HashSet::new();
        items.reverse();
        items.retain(|(key, _)| keys.insert(key.clone()));
        items.reverse();
    }
    items
}

fn joined(before: &Text, after: &Text) -> Text {
    let mut text = before.clone();
    // One line kept from before stands where it is used.
    if after.lines.len() == 1 && Some(&after.line()) < text.lines.last() {
        text.fill(after, 0);
    } else {
        text.join(after);
    }
    text
}

struct Cursor<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl<'t> Cursor<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    /// The line of the name read last.
    fn line(&self) -> u32 {
        let name = self.tokens[..self.at].iter().rev().find_map(|token| if let Token::Name(_, line) = token { Some(*line) } else { None });
        name.unwrap_or(1)
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
        self.at = (self.at + closing(self.rest()) + 1).min(self.tokens.len());
    }
}

/// Where the bracket that holds these tokens closes; their end, if it does not.
fn closing(tokens: &[Token]) -> usize {
    let mut depth = 1;
    let closes = tokens.iter().position(|token| {
        match token {
            Token::Punct('(' | '[' | '{') => depth += 1,
            Token::Punct(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    closes.unwrap_or(tokens.len())
}
