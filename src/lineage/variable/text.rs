//! Dynamic SQL: the text that an expression of constants and variables is.

use super::{Variable, target};
use crate::lineage::engine::{Context, Engine};
use crate::lineage::scope::Shape;
use crate::lineage::split::MAX_DEPTH;
use crate::lineage::token::Tokens;
use crate::lineage::{Name, Severity, Span};
use sqlparser::tokenizer::Token;

/// What stands in dynamic SQL for a value or name that is only known at run time; names that hold it are left out of the facts.
pub(crate) const UNKNOWN: &str = "headwater_computed";

/// Longest dynamic SQL put together.
const MAX_BYTES: usize = 256 * 1024;

/// Bytes of dynamic SQL put together and read for each byte of the file, and in any case.
const TIMES_FILE: usize = 8;
const ANY_FILE: usize = 1024 * 1024;

/// Texts that one variable may hold at once: the branches of one decision.
const MAX_BRANCHES: usize = 8;

/// A text, known but for its holes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// [`UNKNOWN`] stands in it.
    pub(crate) holes: bool,
}

impl Text {
    fn hole() -> Text {
        Text { text: UNKNOWN.to_owned(), holes: true }
    }

    /// Whether it is `start` or begins with all its words.
    fn goes_on_from(&self, start: &Text) -> bool {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        match self.text.strip_prefix(&start.text) {
            Some(rest) => !(rest.starts_with('.') || rest.starts_with(word) && start.text.ends_with(word)),
            None => start.text.trim().is_empty(),
        }
    }

    fn push(&mut self, more: &Text) {
        if self.text.len() + more.text.len() <= MAX_BYTES {
            self.text.push_str(&more.text);
            self.holes |= more.holes;
        }
    }
}

impl Variable {
    /// Whether it holds text that can be executed.
    pub(crate) fn is_text(&self) -> bool {
        !self.texts.is_empty()
    }

    /// From now on it holds this text.
    pub(crate) fn set(&mut self, text: Text) {
        self.texts = vec![text];
    }

    /// One more text that it may hold. A text that another goes on from says no more than that one.
    pub(crate) fn also(&mut self, text: Text) {
        if self.texts.iter().any(|t| t.goes_on_from(&text)) {
            return;
        }
        self.texts.retain(|t| !text.goes_on_from(t));
        if self.texts.len() < MAX_BRANCHES {
            self.texts.push(text);
        }
    }

    /// Every text that it may hold goes on with `more`; `None` is something unknown.
    pub(crate) fn append(&mut self, more: Option<Text>) {
        let more = more.unwrap_or_else(Text::hole);
        if self.texts.is_empty() {
            self.texts.push(Text::hole());
        }
        self.texts.iter_mut().for_each(|t| t.push(&more));
    }
}

impl Engine<'_> {
    /// SQL held by the expression in `from..to`; gives the outputs of its last query.
    pub(crate) fn dynamic(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> Shape {
        // Snowflake and Oracle: `:name`.
        let from = from + usize::from(t.at(from, &Token::Colon));
        if from >= to {
            return Shape::new();
        }
        let stop = t.find(from, to, |i| t.any(i, &["USING", "INTO"])).unwrap_or(to);
        let line = t.line(from);
        let variable = t.word(from).filter(|_| stop == from + 1).and_then(|w| context.variables.get(&w.to_lowercase()));
        let texts = match variable {
            Some(variable) => variable.texts.clone(),
            None => self.fold(t, from, stop, context).into_iter().collect(),
        };
        let texts: Vec<Text> = texts.into_iter().filter(|t| !t.text.trim().trim_start_matches(UNKNOWN).is_empty()).collect();
        self.unfolded.set(self.unfolded.get() + texts.iter().map(|t| t.text.len()).sum::<usize>());
        if self.unfolded.get() > self.text.len() * TIMES_FILE + ANY_FILE {
            self.diagnose(line, Severity::Warning, "More dynamic SQL than is followed: it is many times as long as the file.");
            return Shape::new();
        }
        if texts.is_empty() {
            self.diagnose(line, Severity::Info, "Dynamic SQL is put together at run time: what it reads and writes is unknown.");
            return Shape::new();
        }
        let span = context.stands_at.unwrap_or_else(|| t.span(from, to));
        let offset = t.list[from].start;
        let mut rows = Shape::new();
        for mut text in texts {
            if text.holes {
                // A hole that is no name or value may be a clause, or nothing.
                let blank = text.text.replace(UNKNOWN, " ");
                let lost = self.lost_in(&text.text, context);
                if lost > 0 && self.lost_in(&blank, context) < lost {
                    text.text = blank;
                }
            }
            let computed = context.computed;
            context.computed |= text.holes;
            self.text(&text.text, offset, line, Some(span), context);
            rows.extend(self.rows_of(&text.text, context));
            context.computed = computed;
        }
        if t.is(stop, "INTO") {
            let end = t.find(stop, to, |i| t.is(i, "USING")).unwrap_or(to);
            let targets: Vec<String> = t.commas(stop + 1, end).into_iter().map(|(from, to)| target(&t.list[from..to])).collect();
            self.take_row(&targets, &rows, context);
        }
        rows
    }

    /// How many tokens of `text` stand in statements that are not understood.
    fn lost_in(&self, text: &str, context: &Context) -> usize {
        let mut probe = Engine::new(self.text, self.grammar, self.schema);
        probe.temps.clone_from(&self.temps);
        // One level only: trying out text inside text would double with every level.
        let mut inner = Context { depth: context.depth.max(MAX_DEPTH - 1), ..context.clone() };
        probe.text(text, 0, 1, Some(Span::default()), &mut inner);
        self.count(probe.steps());
        probe.lost
    }

    /// The outputs of `text` when it is a query.
    fn rows_of(&self, text: &str, context: &Context) -> Shape {
        let tokens = Tokens::read(text, self.grammar, 0, 1);
        let end = tokens.statement_end(0, tokens.list.len());
        let query = tokens.any(0, &["SELECT", "WITH"]);
        if query { self.resolve(&tokens.list[..end], context).map(|(rows, _)| rows).unwrap_or_default() } else { Shape::new() }
    }

    /// The text that an expression of constants and variables is, holes for what is not known; `None` when nothing is known.
    pub(crate) fn fold(&self, t: &Tokens, from: usize, to: usize, context: &Context) -> Option<Text> {
        if self.unfolded.get() > self.text.len() * TIMES_FILE + ANY_FILE {
            return None;
        }
        let mut text = Text::default();
        let mut known = false;
        let mut start = from;
        while start < to {
            let end = t.find(start, to, |i| matches!(t.list[i].token, Token::Plus | Token::StringConcat)).unwrap_or(to);
            match self.operand(t, start, end, context) {
                Some(part) => {
                    known = true;
                    text.push(&part);
                }
                None => text.push(&Text::hole()),
            }
            start = end + 1;
        }
        self.unfolded.set(self.unfolded.get() + text.text.len());
        known.then_some(text)
    }

    fn operand(&self, t: &Tokens, from: usize, to: usize, context: &Context) -> Option<Text> {
        let plain = |text: &str| Some(Text { text: text.to_owned(), holes: false });
        if let Some(text) = t.string(from) {
            // A COLLATE may follow; anything else makes another value of it.
            return if to == from + 1 || t.is(from + 1, "COLLATE") { plain(text) } else { None };
        }
        if t.open(from) && t.skip(from, to) == to {
            let (start, end) = t.inner(from, to);
            return self.fold(t, start, end, context);
        }
        if to == from + 1 {
            return match &t.list[from].token {
                Token::DollarQuotedString(s) => plain(&s.value),
                Token::Placeholder(p) => context.variables.get(&p.trim_start_matches(':').to_lowercase())?.texts.last().cloned(),
                // A string where T-SQL does not take quotes for names: nothing else in them can be part of a text.
                Token::Word(w) if w.quote_style == Some('"') && self.grammar.is_tsql() => plain(&w.value),
                Token::Word(w) => context.variables.get(&w.value.to_lowercase())?.texts.last().cloned(),
                _ => None,
            };
        }
        if !t.open(from + 1) || t.skip(from + 1, to) != to {
            return None;
        }
        let (start, end) = t.inner(from + 1, to);
        let args = t.commas(start, end);
        let arg = |n: usize| args.get(n).and_then(|(from, to)| self.fold(t, *from, *to, context));
        match t.word(from)?.to_uppercase().as_str() {
            "CHAR" | "NCHAR" | "CHR" => plain("\n"),
            "QUOTENAME" | "QUOTE_IDENT" => arg(0).filter(|name| !name.holes),
            "CONCAT" => {
                let mut text = Text::default();
                let mut known = false;
                for n in 0..args.len() {
                    let part = arg(n);
                    known |= part.is_some();
                    text.push(&part.unwrap_or_else(Text::hole));
                }
                known.then_some(text)
            }
            "CAST" | "TRY_CAST" => self.fold(t, start, t.find(start, end, |i| t.is(i, "AS")).unwrap_or(end), context),
            "CONVERT" => arg(1),
            "ISNULL" | "COALESCE" | "NVL" | "IFNULL" | "RTRIM" | "LTRIM" | "TRIM" => arg(0),
            "REPLACE" => {
                let (text, what) = (arg(0)?, arg(1).filter(|w| !w.holes && !w.text.is_empty())?);
                let with = arg(2).unwrap_or_else(Text::hole);
                let replaced = text.text.replace(&what.text, &with.text);
                (replaced.len() <= MAX_BYTES).then(|| Text { holes: replaced.contains(UNKNOWN), text: replaced })
            }
            "FORMAT" | "FORMATMESSAGE" => {
                let mut parts = arg(0)?.text;
                for n in 1..args.len() {
                    let Some(at) =
                        ["%I", "%s", "%L", "%d", "%1$I", "%1$s"].iter().filter_map(|p| parts.find(p).map(|i| (i, p.len()))).min()
                    else {
                        break;
                    };
                    let value =
                        if parts[at.0..].starts_with("%L") { "NULL".to_owned() } else { arg(n).map_or(UNKNOWN.to_owned(), |v| v.text) };
                    parts.replace_range(at.0..at.0 + at.1, &value);
                    if parts.len() > MAX_BYTES {
                        return None;
                    }
                }
                Some(Text { holes: parts.contains(UNKNOWN), text: parts })
            }
            _ => None,
        }
    }
}

/// `name` without leading parts that only running the code would give; `None` when its last part is one.
pub(crate) fn known(name: &Name) -> Option<Name> {
    let unknown = name.0.iter().rposition(|part| part.contains(UNKNOWN));
    match unknown {
        None => Some(name.clone()),
        Some(at) => (at + 1 < name.0.len()).then(|| Name(name.0[at + 1..].to_vec())),
    }
}
