//! A model's template, run as far as its own text says: constants and lists of them, loops, branches. What only running would give stays
//! a template, which the layers behind fill.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;

/// Longest tag, and longest text of a variable; as long as SQL's reader looks.
const MAX_TAG: usize = 4096;
/// Rounds of one loop that are written out; a longer one is read once. Lists that people write fit.
const MAX_ROUNDS: usize = 64;
/// Pieces after which loops are read once and values stay templates: loops in loops could write out any length.
const MAX_PIECES: usize = 20_000;
/// Work of one way through a template after which the same holds: bytes written and looked at, of values that are copied too, and
/// [`STEP`] for each tag and value. So much, and [`WORK_A_BYTE`] for each of the template's bytes.
const MAX_WORK: usize = 1 << 20;
const WORK_A_BYTE: usize = 4;
const STEP: usize = 8;
/// Lines of comments before a macro that are looked through for what stands before them.
const MAX_HEAD: usize = 256;
/// Blocks within blocks; deeper templates are left as they are.
const MAX_DEPTH: usize = 32;
/// Ways through a template that are read: one for each branch of the IF that has most.
const MAX_WAYS: usize = 4;
/// dbt_utils' macros that give the rows of the relations they are given.
const GIVES_ROWS: [&str; 2] = ["union_relations", "deduplicate"];

/// What one way through a template writes.
#[derive(Debug, Default)]
pub struct Written {
    pub text: String,
    /// Where pieces of it begin, where they stood, and whether they are as they were.
    pieces: Vec<(usize, usize, bool)>,
}

impl Written {
    /// Where in the template the byte at `at` stood.
    pub fn place(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|(start, ..)| *start <= at);
        match next.checked_sub(1).map(|i| self.pieces[i]) {
            Some((start, from, true)) => from + at - start,
            // Within what stands for a tag: the tag's end, which for the last may be the template's.
            Some((start, from, false)) if at > start => self.pieces.get(next).map_or(usize::MAX, |after| after.1.max(from)),
            Some((_, from, false)) => from,
            None => at,
        }
    }

    fn push(&mut self, text: &str, from: usize, verbatim: bool) {
        if !text.is_empty() {
            self.pieces.push((self.text.len(), from, verbatim));
            self.text.push_str(text);
        }
    }
}

/// A template in parts.
#[derive(Debug)]
pub struct Template<'a> {
    text: &'a str,
    parts: Vec<Part>,
    /// For each part that begins a block the part that ends it; else 0.
    close: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Text,
    /// `{{ … }}`
    Value,
    /// `{% … %}`
    Control,
    /// `{# … #}`
    Comment,
}

#[derive(Debug)]
struct Part {
    what: What,
    start: usize,
    end: usize,
}

/// What a name of a template stands for.
#[derive(Clone, Debug)]
enum Value {
    Text(String),
    /// A call of `ref` or `source` with constants.
    Relation(String),
    List(Vec<Value>),
}

impl Value {
    /// What copying it counts for.
    fn weight(&self) -> usize {
        match self {
            Value::Text(text) | Value::Relation(text) => STEP + text.len(),
            Value::List(items) => STEP + items.iter().map(Value::weight).sum::<usize>(),
        }
    }
}

impl<'a> Template<'a> {
    /// The parts of `text`; `None` when it is no template, or one whose tags or blocks do not fit each other.
    pub fn of(text: &'a str) -> Option<Template<'a>> {
        let mut template = Template { text, parts: Vec::new(), close: Vec::new() };
        let mut at = 0;
        let mut from = 0;
        while let Some(open) = text[at..].find('{').map(|p| at + p) {
            let (what, close) = match text.as_bytes().get(open + 1) {
                Some(b'{') => (What::Value, "}}"),
                Some(b'%') => (What::Control, "%}"),
                Some(b'#') => (What::Comment, "#}"),
                _ => {
                    at = open + 1;
                    continue;
                }
            };
            let end = end_of_tag(text, open + 2, close, what)?;
            template.part(What::Text, from, open);
            template.part(what, open, end);
            (at, from) = (end, end);
        }
        template.part(What::Text, from, text.len());
        let mut open: Vec<usize> = Vec::new();
        template.close = vec![0; template.parts.len()];
        for at in 0..template.parts.len() {
            let word = template.word(at);
            if word.starts_with("end") {
                // What begins no block here (a snapshot, a test) has an end, too.
                if open.last().is_some_and(|first| template.word(*first) == &word[3..]) {
                    template.close[open.pop()?] = at;
                }
            } else if template.begins_block(at) {
                open.push(at);
                if open.len() > MAX_DEPTH {
                    return None;
                }
            }
        }
        (open.is_empty() && template.parts.iter().any(|p| p.what != What::Text)).then_some(template)
    }

    fn part(&mut self, what: What, start: usize, end: usize) {
        if start < end {
            self.parts.push(Part { what, start, end });
        }
    }

    /// What stands in a tag.
    fn inner(&self, at: usize) -> &'a str {
        let part = &self.parts[at];
        match part.what {
            What::Text => "",
            _ => self.text[part.start + 2..part.end - 2].trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim(),
        }
    }

    /// The first word of a control tag; empty of other parts.
    fn word(&self, at: usize) -> &'a str {
        let inner = if self.parts[at].what == What::Control { self.inner(at) } else { "" };
        inner.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
    }

    fn begins_block(&self, at: usize) -> bool {
        match self.word(at) {
            "if" | "for" | "macro" | "call" | "raw" | "filter" => true,
            "set" => !self.inner(at).contains('='),
            _ => false,
        }
    }

    /// The relations that constants name anywhere in it, which is what a model depends on, and where. Those in the body of a macro are of
    /// who calls it.
    pub fn relations(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        let none = Run::of(self, 0);
        let mut at = 0;
        while at < self.parts.len() {
            if matches!(self.parts[at].what, What::Value | What::Control) {
                found.extend(none.calls(self.inner(at)).into_iter().map(|call| (call, self.parts[at].start)));
            }
            at = if self.word(at) == "macro" { self.close[at] } else { at + 1 };
        }
        found
    }

    /// What it writes, by each way through its branches.
    pub fn ways(&self) -> Vec<Written> {
        let mut ways = Vec::new();
        let mut number = 1;
        while ways.len() < number.min(MAX_WAYS) {
            let mut run = Run::of(self, ways.len());
            run.block(0, self.parts.len());
            number = number.max(run.branches);
            // What ends where it ends, ends where the template does.
            run.out.pieces.push((run.out.text.len(), self.text.len(), true));
            ways.push(run.out);
        }
        ways
    }
}

/// Where the `{{ … }}` ends in which `from` stands, strings in it apart.
pub fn tag_end(text: &str, from: usize) -> Option<usize> {
    end_of_tag(text, from, "}}", What::Value)
}

/// Where the tag ends whose inside begins at `from`, strings in it apart.
fn end_of_tag(text: &str, from: usize, close: &str, what: What) -> Option<usize> {
    let bytes = &text.as_bytes()[from..text.len().min(from + MAX_TAG)];
    let mut quote = None;
    let mut first = None;
    for (at, byte) in bytes.iter().enumerate() {
        let closes = bytes[at..].starts_with(close.as_bytes());
        match (quote, byte) {
            _ if closes && (quote.is_none() || what == What::Comment) => return Some(from + at + 2),
            (None, b'\'' | b'"') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ if closes => first = first.or(Some(from + at + 2)),
            _ => {}
        }
    }
    // Quotes that do not fit each other.
    first
}

/// One way through a template.
struct Run<'t, 'a> {
    template: &'t Template<'a>,
    /// Which branch of an IF is taken, of which only running would tell.
    way: usize,
    /// The most branches there were.
    branches: usize,
    variables: HashMap<String, Value>,
    /// Whether the loops around are in their first and last round.
    rounds: Vec<(bool, bool)>,
    out: Written,
    /// Work that is left ([`MAX_WORK`]).
    left: Cell<usize>,
}

impl<'t, 'a> Run<'t, 'a> {
    fn of(template: &'t Template<'a>, way: usize) -> Run<'t, 'a> {
        let left = Cell::new(MAX_WORK + template.text.len() * WORK_A_BYTE);
        Run { template, way, branches: 1, variables: HashMap::new(), rounds: Vec::new(), out: Written::default(), left }
    }

    fn full(&self) -> bool {
        self.out.pieces.len() > MAX_PIECES || self.left.get() == 0
    }

    /// Takes from the work that is left; `false` when there is not as much.
    fn spend(&self, work: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(work));
        work < left
    }

    fn write(&mut self, text: &str, from: usize, verbatim: bool) {
        self.spend(text.len());
        self.out.push(text, from, verbatim);
    }

    fn keep(&mut self, at: usize) {
        let part = &self.template.parts[at];
        self.write(&self.template.text[part.start..part.end], part.start, true);
    }

    /// Leaves out all but the lines.
    fn leave(&mut self, range: Range<usize>) {
        for (at, line) in self.template.text[range.clone()].match_indices('\n') {
            self.write(line, range.start + at, true);
        }
    }

    fn leave_part(&mut self, at: usize) {
        let part = &self.template.parts[at];
        self.leave(part.start..part.end);
    }

    /// Writes the parts `at..to`.
    fn block(&mut self, mut at: usize, to: usize) {
        let template = self.template;
        while at < to {
            self.spend(STEP);
            let close = template.close[at];
            match (template.parts[at].what, template.word(at)) {
                (What::Text, _) => self.keep(at),
                (What::Comment, _) => self.leave_part(at),
                (What::Value, _) => self.value_tag(at),
                (_, "if") => self.branch(at, close),
                (_, "for") => self.repeat(at, close),
                (_, "raw") => (at + 1..close).for_each(|i| self.keep(i)),
                (_, "set") if close > 0 => {
                    let outer = std::mem::take(&mut self.out);
                    self.block(at + 1, close);
                    let text = std::mem::replace(&mut self.out, outer).text;
                    self.assign(template.inner(at)[3..].trim(), (text.len() <= MAX_TAG).then_some(Value::Text(text)));
                    self.leave(template.parts[at].start..template.parts[close].end);
                }
                (_, "set") => {
                    let (name, value) = template.inner(at)[3..].split_once('=').unwrap_or_default();
                    self.assign(name.trim(), self.value(value, 0));
                    self.leave_part(at);
                }
                (_, "do") => {
                    self.append(template.inner(at)[2..].trim());
                    self.leave_part(at);
                }
                (_, "macro" | "call" | "filter") => self.leave(template.parts[at].start..template.parts[close].end),
                _ => self.leave_part(at),
            }
            at = at.max(close) + 1;
        }
    }

    fn assign(&mut self, name: &str, value: Option<Value>) {
        match value {
            Some(value) => self.variables.insert(name.to_owned(), value),
            None => self.variables.remove(name),
        };
    }

    /// `list.append(value)`; what else is done to a variable is not known.
    fn append(&mut self, call: &str) {
        let Some((name, rest)) = call.split_once('.') else { return };
        let more = rest.strip_prefix("append(").and_then(|r| self.value(r.strip_suffix(')')?, 0));
        match (self.variables.get_mut(name.trim()), more) {
            (Some(Value::List(list)), Some(more)) if list.len() < MAX_ROUNDS => list.push(more),
            _ => drop(self.variables.remove(name.trim())),
        }
    }

    /// The parts that begin the branches of the block `at..close`, itself first.
    fn alternatives(&self, at: usize, close: usize) -> Vec<usize> {
        let mut list = vec![at];
        let mut next = at + 1;
        while next < close {
            if matches!(self.template.word(next), "elif" | "else") {
                list.push(next);
            }
            next = next.max(self.template.close[next]) + 1;
        }
        list.push(close);
        list
    }

    fn branch(&mut self, at: usize, close: usize) {
        let list = self.alternatives(at, close);
        let mut open = Vec::new();
        for pair in list.windows(2) {
            let condition = self.template.inner(pair[0]).trim_start_matches("elif").trim_start_matches("if");
            let holds = if self.template.word(pair[0]) == "else" { Some(true) } else { self.condition(condition, 0) };
            if holds != Some(false) {
                open.push(pair);
            }
            if holds == Some(true) {
                break;
            }
        }
        self.branches = self.branches.max(open.len());
        let taken = open.get(self.way.min(open.len().saturating_sub(1)));
        let (from, to) = taken.map_or((close, close), |pair| (pair[0] + 1, pair[1]));
        let parts = &self.template.parts;
        self.leave(parts[at].start..parts[from - 1].end.max(parts[at].start));
        self.block(from, to);
        self.leave(parts[to].start..parts[close].end);
    }

    fn repeat(&mut self, at: usize, close: usize) {
        let end = self.alternatives(at, close)[1];
        let (names, list) = self.template.inner(at)[3..].split_once(" in ").unwrap_or_default();
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        let rounds = match self.value(list, 0) {
            Some(Value::List(list)) if list.len() <= MAX_ROUNDS && !self.full() => list.into_iter().map(Some).collect(),
            _ => vec![None],
        };
        self.leave_part(at);
        let last = rounds.len().saturating_sub(1);
        for (number, item) in rounds.into_iter().enumerate() {
            match (&names[..], item) {
                ([name], item) => self.assign(name, item),
                (names, Some(Value::List(items))) if names.len() == items.len() => {
                    names.iter().zip(items).for_each(|(name, item)| self.assign(name, Some(item)));
                }
                (names, _) => names.iter().for_each(|name| self.assign(name, None)),
            }
            if number > 0 && self.full() {
                break;
            }
            self.rounds.push((number == 0, number == last));
            self.block(at + 1, end);
            self.rounds.pop();
        }
        names.iter().for_each(|name| self.assign(name, None));
        self.leave(self.template.parts[end].start..self.template.parts[close].end);
    }

    fn value_tag(&mut self, at: usize) {
        let (part, inner) = (&self.template.parts[at], self.template.inner(at));
        match self.value(inner, 0) {
            _ if self.full() => self.keep(at),
            Some(Value::Text(text)) => self.write(&text, part.start, false),
            Some(Value::Relation(call)) if !inner.starts_with(call.split('(').next().unwrap_or_default()) || inner.contains('~') => {
                self.write(&tag(&call), part.start, false);
            }
            Some(Value::Relation(call)) if self.calls(inner).is_empty() || !only_constants(inner) => {
                self.write(&tag(&call), part.start, false);
            }
            Some(_) => self.keep(at),
            None if inner.starts_with("config") => self.leave(part.start..part.end),
            None => match self.stands_for(inner, part.end) {
                Some(sql) => {
                    self.write(&sql, part.start, false);
                    self.leave(part.start..part.end);
                }
                None => self.keep(at),
            },
        }
    }

    /// SQL for a macro that is defined elsewhere and whose tag ends at `end`: a query or relation over the relations that it is given, whose
    /// columns only running would tell. `None`: it is left as it is.
    fn stands_for(&self, inner: &str, end: usize) -> Option<String> {
        let name = inner.split_once('(')?.0.trim().rsplit('.').next()?;
        let given = self.calls(inner);
        let mut before = self.out.text.trim_end();
        for _ in 0..MAX_HEAD {
            let line = before.rfind('\n').unwrap_or_default();
            if !before[line..].trim_start().starts_with("--") {
                break;
            }
            before = before[..line].trim_end();
        }
        let word = |text: &str| text.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default().to_uppercase();
        let after = self.template.text[end..].trim_start();
        let next: String = after.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_uppercase();
        let last = word(before);
        let relation = matches!(last.as_str(), "FROM" | "JOIN");
        let set = ["UNION", "ALL", "EXCEPT", "INTERSECT"];
        let opens = before.is_empty()
            || before.strip_suffix('(').is_some_and(|b| word(b.trim_end()) == "AS")
            || set.contains(&last.as_str()) && !before.ends_with('(');
        let query = opens && (after.is_empty() || after.starts_with([')', ';']) || set.contains(&next.as_str()));
        if before.is_empty() && matches!(next.as_str(), "SELECT" | "WITH") {
            // It does something, or sets something up, and writes nothing.
            return Some(String::new());
        }
        if name == "star" && given.len() == 1 && !["except", "prefix", "suffix"].iter().any(|key| inner.contains(key)) {
            let alias = inner.split_once("relation_alias").and_then(|(_, rest)| rest.split(['\'', '"']).nth(1));
            return Some(alias.map_or("*".to_owned(), |alias| format!("{alias}.*")));
        }
        if !(query || relation && !given.is_empty()) {
            return None;
        }
        let from = given.iter().map(|call| tag(call)).collect::<Vec<_>>();
        let sql = if GIVES_ROWS.contains(&name) && !given.is_empty() {
            format!("select * from {}", from.join(" union all select * from "))
        } else {
            let from = if from.is_empty() { String::new() } else { format!(" from {}", from.join(", ")) };
            format!("select {{{{ {inner} }}}}{from}")
        };
        Some(if relation { format!("({sql})") } else { sql })
    }

    /// The calls of `ref` and `source` in an expression, as far as their arguments are known.
    fn calls(&self, expression: &str) -> Vec<String> {
        let mut found = Vec::new();
        for name in ["ref(", "source("] {
            for (at, _) in expression.match_indices(name) {
                let begins = !expression[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
                // What has calls among its arguments is none of constants.
                let inside = at + name.len();
                let Some(end) = expression[inside..].find(['(', ')']).filter(|_| begins).map(|p| inside + p + 1) else { continue };
                if let Some(Value::Relation(call)) = self.value(&expression[at..end], 0) {
                    found.push((at, call));
                }
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, call)| call).collect()
    }

    /// The value of an expression, if the template itself says it.
    fn value(&self, expression: &str, depth: usize) -> Option<Value> {
        let expression = expression.trim();
        if expression.is_empty() || depth > MAX_DEPTH || !self.spend(STEP + expression.len()) {
            return None;
        }
        let value = |part: &str| self.value(part, depth + 1);
        let text = |part: &str| if let Some(Value::Text(text)) = value(part) { Some(text) } else { None };
        if let [then, rest] = split(expression, " if ")[..] {
            let (condition, otherwise) = match split(rest, " else ")[..] {
                [condition, otherwise] => (condition, Some(otherwise)),
                _ => (rest, None),
            };
            return match (self.condition(condition, depth + 1)?, otherwise) {
                (true, _) => value(then),
                (false, Some(otherwise)) => value(otherwise),
                (false, None) => Some(Value::Text(String::new())),
            };
        }
        let joined = split(expression, "~");
        if joined.len() > 1 {
            let joined = joined.into_iter().map(text).collect::<Option<String>>()?;
            return (joined.len() <= MAX_TAG).then_some(Value::Text(joined));
        }
        if let [first, filters @ ..] = &split(expression, "|")[..]
            && !filters.is_empty()
        {
            return filters.iter().try_fold(text(first)?, |text, filter| filtered(text, filter.trim())).map(Value::Text);
        }
        if let Some(constant) = constant(expression) {
            return Some(Value::Text(constant.to_owned()));
        }
        let list = |open: char, close: char| expression.strip_prefix(open)?.strip_suffix(close);
        if let Some(items) = list('[', ']').or_else(|| list('(', ')').filter(|items| items.contains(','))) {
            let items = split(items, ",").into_iter().filter(|item| !item.trim().is_empty());
            return items.map(value).collect::<Option<_>>().map(Value::List);
        }
        if let Some((function, rest)) = expression.split_once('(') {
            let function = function.trim();
            let args = split(rest.strip_suffix(')')?, ",");
            // A model's version is no part of its name.
            let version = |arg: &&str| arg.split_once('=').is_some_and(|(key, _)| matches!(key.trim(), "v" | "version"));
            let args = args.into_iter().filter(|arg| !version(arg)).map(text).collect::<Option<Vec<_>>>()?;
            let known = function == "ref" && matches!(args.len(), 1 | 2) || function == "source" && args.len() == 2;
            let plain = args.iter().all(|arg| !arg.is_empty() && !arg.contains(['\'', '"', ',', ')', '(', '{', '}']));
            return (known && plain).then(|| Value::Relation(format!("{function}('{}')", args.join("', '"))));
        }
        self.variables.get(expression).filter(|value| self.spend(value.weight())).cloned()
    }

    /// Whether a condition holds, if the template itself says it.
    fn condition(&self, condition: &str, depth: usize) -> Option<bool> {
        let condition = condition.trim();
        if let Some(rest) = condition.strip_prefix("not ").filter(|_| depth < MAX_DEPTH) {
            return self.condition(rest, depth + 1).map(|holds| !holds);
        }
        let round = self.rounds.last().copied();
        match condition {
            "loop.first" | "loop.index == 1" | "loop.index0 == 0" => return Some(round?.0),
            "loop.index > 1" | "loop.index != 1" | "loop.index0 > 0" => return Some(!round?.0),
            "loop.last" => return Some(round?.1),
            _ => {}
        }
        for (sign, same) in [("==", true), ("!=", false)] {
            if let [left, right] = split(condition, sign)[..]
                && let (Some(Value::Text(left)), Some(Value::Text(right))) = (self.value(left, depth + 1), self.value(right, depth + 1))
            {
                return Some((left == right) == same);
            }
        }
        None
    }
}

fn tag(call: &str) -> String {
    format!("{{{{ {call} }}}}")
}

/// Whether all arguments of a call are strings or versions, as the layers behind read them.
fn only_constants(call: &str) -> bool {
    let args = call.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or_default();
    split(args, ",").into_iter().all(|arg| constant(arg.trim()).is_some() || arg.contains('='))
}

/// What a filter makes of a text, of those that are followed.
fn filtered(text: String, filter: &str) -> Option<String> {
    match filter {
        "upper" => Some(text.to_uppercase()),
        "lower" => Some(text.to_lowercase()),
        "trim" => Some(text.trim().to_owned()),
        "string" | "safe" => Some(text),
        _ => None,
    }
}

/// A string or a number.
fn constant(expression: &str) -> Option<&str> {
    let quote = expression.chars().next().filter(|c| matches!(c, '\'' | '"'));
    match quote {
        Some(quote) => expression[1..].strip_suffix(quote).filter(|text| !text.contains([quote, '\\'])),
        None => expression.bytes().all(|b| b.is_ascii_digit()).then_some(expression).filter(|digits| !digits.is_empty()),
    }
}

/// The parts of an expression between `sign`s that stand in no string or bracket.
fn split<'e>(expression: &'e str, sign: &str) -> Vec<&'e str> {
    let bytes = expression.as_bytes();
    let (mut parts, mut from, mut at) = (Vec::new(), 0, 0);
    let (mut quote, mut depth) = (None, 0usize);
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (None, b'\'' | b'"') => quote = Some(bytes[at]),
            (Some(open), byte) => quote = quote.filter(|_| open != byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 && bytes[at..].starts_with(sign.as_bytes()) => {
                parts.push(&expression[from..at]);
                at += sign.len();
                from = at;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(&expression[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(template: &str) -> Vec<String> {
        let ways = Template::of(template).map(|t| t.ways()).unwrap_or_default();
        ways.into_iter().map(|w| w.text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// Without a budget the first would take a year, the second four gigabytes and the third a million of them.
    #[test]
    fn loops_in_loops_and_lists_of_lists_end_when_their_work_is_done() {
        let list = format!("[{}]", vec!["'a'"; MAX_ROUNDS].join(", "));
        let nested = |inside: &str, depth: usize| {
            let open: String = (0..depth).map(|i| format!("{{% for x{i} in {list} %}}")).collect();
            format!("{open}{inside}{}", "{% endfor %}".repeat(depth))
        };
        let doubled = format!("{{% set a = {list} %}}{}", "{% set a = [a, a, a, a, a, a, a, a] %}".repeat(20));
        for (text, longest) in [
            (nested("{% set x = 1 %}", 5), 1 << 20),
            (nested(&"SELECT a FROM t; ".repeat(60_000), 2), 20 << 20),
            (doubled + "{{ a }}", 1 << 20),
            (format!("{}SELECT 1", "-- {{ m() }}\n".repeat(50_000)), 2 << 20),
        ] {
            for way in Template::of(&text).unwrap().ways() {
                assert!(way.text.len() <= longest, "{}", way.text.len());
            }
        }
    }

    #[test]
    fn a_template_is_run_as_far_as_it_says_itself() {
        for (template, expected) in [
            ("{% for c in ['a', 'b'] %}{{ c }}_x{% if not loop.last %},{% endif %}{% endfor %}", &["a_x,b_x"][..]),
            ("{% for c in cols() %}{{ c }}{{ ',' if not loop.last }}{% endfor %}", &["{{ c }}"]),
            ("{% for a, b in [('x', 1), ('y', 2)] %}{{ a ~ '_' ~ b }} {% endfor %}", &["x_1 y_2"]),
            ("{% set t = ref('x') %}from {{ t }}", &["from {{ ref('x') }}"]),
            ("{% set q %}a, b{% endset %}select {{ q | upper }}", &["select A, B"]),
            ("{% set l = [] %}{% do l.append('a') %}{% for c in l %}{{ c }}{% endfor %}", &["a"]),
            ("{% if f() %}a{% elif g() %}b{% else %}c{% endif %} d", &["a d", "b d", "c d"]),
            ("{% if f() %}a{% endif %} d", &["a d"]),
            ("{% set k = 'x' %}{% if k == 'y' %}a{% else %}b{% endif %}", &["b"]),
            ("{% raw %}{{ x }}{% endraw %}{# no #}", &["{{ x }}"]),
            ("{% macro m() %}a{% endmacro %}{% call s() %}b{% endcall %}c", &["c"]),
            ("{{ u.union_relations([ref('a'), ref('b')]) }}", &["select * from {{ ref('a') }} union all select * from {{ ref('b') }}"]),
            ("from {{ m(ref('a')) }} t", &["from (select {{ m(ref('a')) }} from {{ ref('a') }}) t"]),
            ("where {{ m(ref('a')) }}", &["where {{ m(ref('a')) }}"]),
        ] {
            assert_eq!(written(template), expected, "{template}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_no_template() {
        for text in ["select 1", "{{ a", "{% if a %} b", "{% for a in b %}{% endif %}"] {
            assert!(Template::of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn places_are_those_of_the_template() {
        let text = "{% set c = 'long' %}select {{ c }}, b from t";
        let way = &Template::of(text).expect("a template").ways()[0];
        let from = way.text.find(", b").expect("there");
        assert_eq!(way.place(from), text.find(", b").expect("there"));
    }

    #[test]
    fn loops_in_loops_are_written_out_so_far_and_no_further() {
        let list = format!("[{}]", vec!["'a'"; MAX_ROUNDS].join(","));
        let (open, close) = (format!("{{% for a in {list} %}}"), "{% endfor %}");
        let deep = format!("{}x{}", open.repeat(6), close.repeat(6));
        let way = &Template::of(&deep).expect("a template").ways()[0];
        assert!(way.pieces.len() <= 2 * MAX_PIECES, "{}", way.pieces.len());
    }
}
