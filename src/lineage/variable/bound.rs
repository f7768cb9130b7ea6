//! What `USING` hands to the marks of a text that is run: `:1`, `:name`, `$1`, `?`, `@name`.

use super::{ColumnSource, Variable};
use crate::lineage::draft::Context;
use crate::lineage::engine::Engine;
use crate::lineage::scope::merge;
use crate::lineage::token::Tokens;
use foldhash::{HashMap, HashSet};
use sqlparser::tokenizer::Token;

/// A value behind `USING`, under its name where it has one (`USING x AS name`).
pub(super) struct Value {
    name: Option<String>,
    sources: Vec<ColumnSource>,
}

/// A mark of a text: the variable that stands for it, and its bytes.
struct Mark {
    name: String,
    bytes: std::ops::Range<usize>,
    /// The place that it names itself (`$2`), from 0.
    place: Option<usize>,
}

impl Engine<'_> {
    /// The values of the list in `from..to`; none when nothing is known of any.
    pub(super) fn handed_over(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> Vec<Value> {
        let mut values = Vec::new();
        for (mut start, end) in t.commas(from, to) {
            let out = t.is(start, "OUT");
            while start + 1 < end && t.any(start, &["IN", "OUT"]) {
                start += 1;
            }
            let name = (end >= start + 3 && t.is(end - 2, "AS")).then(|| t.word(end - 1).map(str::to_lowercase)).flatten();
            let sources = if out { Vec::new() } else { self.value(t, start, end - 2 * usize::from(name.is_some()), context) };
            values.push(Value { name, sources });
        }
        if values.iter().all(|v| v.sources.is_empty()) { Vec::new() } else { values }
    }

    /// Gives the marks of `text` their values; what is returned is what their names meant before. A mark without a name takes one.
    pub(super) fn fill_marks(&self, text: &mut String, values: &[Value], context: &mut Context) -> Vec<(String, Variable)> {
        if values.is_empty() {
            return Vec::new();
        }
        let marks = self.marks(text);
        let distinct: HashSet<&str> = marks.iter().map(|m| m.name.as_str()).collect();
        // A block has a value for each name, a statement one for each mark.
        let by_name = distinct.len() == values.len();
        let named: HashMap<&str, &Value> = values.iter().filter_map(|v| Some((v.name.as_deref()?, v))).collect();
        let mut order: HashMap<&str, usize> = HashMap::default();
        let mut before: Vec<(String, Variable)> = Vec::new();
        let mut filled = String::with_capacity(text.len());
        let mut from = 0;
        for (at, mark) in marks.iter().enumerate() {
            if text.get(mark.bytes.clone()) == Some("?") {
                filled.push_str(&text[from..mark.bytes.start]);
                filled.push(':');
                filled.push_str(&mark.name);
                from = mark.bytes.end;
            }
            let next = order.len();
            let nth = *order.entry(&mark.name).or_insert(next);
            let place = mark.place.unwrap_or(if by_name { nth } else { at });
            let own = mark.name.strip_prefix('@').and_then(|name| named.get(name).copied());
            let Some(value) = own.or(values.get(place)) else { continue };
            if nth == next {
                before.push((mark.name.clone(), context.variables.get(&mark.name).cloned().unwrap_or_default()));
                *context.change(&mark.name) = Variable::default();
            }
            merge(&mut context.change(&mark.name).sources, value.sources.clone());
        }
        filled.push_str(&text[from..]);
        *text = filled;
        before
    }

    /// The marks of `text` in their order.
    fn marks(&self, text: &str) -> Vec<Mark> {
        let t = Tokens::read(text, self.grammar, 0, 1);
        let mut marks = Vec::new();
        let mut questions = 0;
        for (at, tok) in t.list.iter().enumerate() {
            let bytes = tok.start as usize..tok.end as usize;
            match &tok.token {
                // An operator of JSON.
                Token::Question if self.grammar.is(&["postgres", "redshift"]) => continue,
                Token::Question => {}
                Token::Placeholder(mark) if mark == "?" => {}
                Token::Placeholder(mark) => {
                    let place = mark.strip_prefix('$').and_then(|n| n.parse::<usize>().ok()).map(|n| n.saturating_sub(1));
                    marks.push(Mark { name: mark.to_lowercase(), bytes, place });
                    continue;
                }
                Token::Word(word) if word.value.starts_with('@') && !word.value.starts_with("@@") => {
                    marks.push(Mark { name: word.value.to_lowercase(), bytes, place: None });
                    continue;
                }
                Token::Word(word) if at > 0 && t.at(at - 1, &Token::Colon) && t.list[at - 1].end == tok.start => {
                    marks.push(Mark { name: word.value.to_lowercase(), bytes, place: None });
                    continue;
                }
                Token::Number(number, _) if at > 0 && t.at(at - 1, &Token::Colon) && t.list[at - 1].end == tok.start => {
                    marks.push(Mark { name: number.clone(), bytes, place: None });
                    continue;
                }
                _ => continue,
            }
            questions += 1;
            marks.push(Mark { name: questions.to_string(), bytes, place: None });
        }
        marks
    }
}
