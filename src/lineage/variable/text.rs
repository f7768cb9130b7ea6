//! Dynamic SQL: the text that an expression of constants and variables is.

use super::{Variable, target};
use crate::lineage::draft::Context;
use crate::lineage::engine::Engine;
use crate::lineage::scope::Shape;
use crate::lineage::source::is_template;
use crate::lineage::split::MAX_DEPTH;
use crate::lineage::token::{Tok, Tokens};
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

/// Branches that a text is known to be made in, the latest: enough for what is set side by side.
const MAX_WAYS: usize = 8;

/// A text, known but for its holes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// [`UNKNOWN`] stands in it.
    pub(crate) holes: bool,
    /// The branches that it was made in, by number, and the alternative of each: texts of different alternatives never meet.
    ways: Vec<(usize, usize)>,
    /// Something is left out of it, or another text beside it.
    cut: bool,
}

impl Text {
    fn hole() -> Text {
        Text { text: UNKNOWN.to_owned(), holes: true, ..Text::default() }
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
        self.cut |= more.cut;
        if self.text.len() + more.text.len() <= MAX_BYTES {
            self.text.push_str(&more.text);
            self.holes |= more.holes;
        } else {
            self.cut = true;
        }
    }

    /// It is made in this alternative of a branch.
    pub(super) fn made_in(&mut self, branch: usize, alternative: usize) {
        if self.ways.len() == MAX_WAYS {
            self.ways.remove(0);
        }
        self.ways.push((branch, alternative));
    }

    /// It is made where `other` is made, too.
    fn made_as(&mut self, other: &Text) {
        for (branch, way) in &other.ways {
            if !self.ways.iter().any(|(b, _)| b == branch) {
                self.made_in(*branch, *way);
            }
        }
    }

    /// Another text made of this one: with `what` replaced; `None` when that is too long, which is known before it is made.
    fn replaced(&self, what: &str, with: &str) -> Option<Text> {
        let longer = self.text.matches(what).count().saturating_mul(with.len());
        if self.text.len().saturating_add(longer) > MAX_BYTES {
            return None;
        }
        let text = self.text.replace(what, with);
        Some(Text { holes: text.contains(UNKNOWN), text, ways: self.ways.clone(), cut: self.cut })
    }

    fn meets(&self, other: &Text) -> bool {
        !self.ways.iter().any(|(branch, way)| other.ways.iter().any(|(b, w)| b == branch && w != way))
    }
}

/// Every text of `texts` with every one of `more` that it can meet, as far as `MAX_BRANCHES` go.
fn across(texts: &[Text], more: &[Text], join: impl Fn(&Text, &Text) -> Option<Text>) -> Vec<Text> {
    let mut made: Vec<Text> = Vec::new();
    for (text, other) in texts.iter().flat_map(|t| more.iter().map(move |m| (t, m))).filter(|(t, m)| t.meets(m)) {
        if made.len() == MAX_BRANCHES {
            made[0].cut = true;
            break;
        }
        if let Some(mut both) = join(text, other) {
            both.made_as(other);
            made.push(both);
        }
    }
    made
}

/// Every text goes on with every one of `more` that it can meet, as far as `MAX_BRANCHES` go.
fn go_on(texts: &mut Vec<Text>, more: &[Text]) {
    let fits = |text: &Text| more.iter().filter(|m| text.meets(m)).collect::<Vec<_>>();
    // Texts are copied only to become more: a concatenation of many parts would copy what it has for each of them.
    if texts.len() < MAX_BRANCHES && texts.iter().any(|text| fits(text).len() > 1) {
        *texts = across(texts, more, |text, more| {
            let mut text = text.clone();
            text.push(more);
            Some(text)
        });
        return;
    }
    let mut place = 0;
    texts.retain_mut(|text| {
        let fits = fits(text);
        // Where there is no room for all, each takes another one.
        let Some(more) = fits.get(place % fits.len().max(1)) else { return false };
        place += 1;
        text.cut |= fits.len() > 1;
        text.push(more);
        text.made_as(more);
        true
    });
}

/// A format with its places (`%s`, `%I`) filled in their order by `values`, each of which is what may stand there. Places beyond the last
/// value stay.
fn formatted(format: &Text, values: &[Vec<Text>]) -> Vec<Text> {
    const PLACES: [&str; 8] = ["%I", "%s", "%L", "%d", "%1$I", "%1$s", "%t", "%T"];
    let mut made = vec![Text { text: String::new(), ..format.clone() }];
    let (mut rest, mut from) = (format.text.as_str(), 0);
    let mut values = values.iter();
    while let Some(at) = rest[from..].find('%').map(|at| from + at) {
        let Some(place) = PLACES.iter().find(|place| rest[at..].starts_with(**place)) else {
            from = at + 1;
            continue;
        };
        let Some(value) = values.next() else { break };
        go_on(&mut made, &plain(&rest[..at]));
        (rest, from) = (&rest[at + place.len()..], 0);
        let in_name = made.iter().any(|t| t.text.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        // A number that is part of no name.
        let number = *place == "%d" && !in_name && value.iter().any(|v| v.holes);
        if number || ["%L", "%T"].contains(place) {
            go_on(&mut made, &plain("NULL"));
        } else {
            go_on(&mut made, value);
        }
    }
    go_on(&mut made, &plain(rest));
    made
}

fn plain(text: &str) -> Vec<Text> {
    vec![Text { text: text.to_owned(), ..Text::default() }]
}

/// What is known, or something unknown.
fn or_hole(texts: Vec<Text>) -> Vec<Text> {
    if texts.is_empty() { vec![Text::hole()] } else { texts }
}

impl Variable {
    /// Whether it holds text that can be executed.
    pub(crate) fn is_text(&self) -> bool {
        !self.texts.is_empty()
    }

    /// What it holds is made in this alternative of a branch.
    pub(super) fn made_in(&mut self, branch: usize, alternative: usize) {
        self.texts.iter_mut().for_each(|t| t.made_in(branch, alternative));
    }

    /// One more text that it may hold. A text that another goes on from says no more than that one.
    pub(super) fn also(&mut self, mut text: Text) {
        if let Some(known) = self.texts.iter_mut().find(|t| t.goes_on_from(&text)) {
            known.ways.retain(|way| text.ways.contains(way));
            return;
        }
        self.texts.retain(|t| {
            let part = text.goes_on_from(t);
            if part {
                text.ways.retain(|way| t.ways.contains(way));
            }
            !part
        });
        if self.texts.len() < MAX_BRANCHES {
            self.texts.push(text);
        } else {
            self.texts[0].cut = true;
        }
    }

    /// Every text that it may hold goes on with each of `more`; none is something unknown.
    pub(super) fn append(&mut self, more: Vec<Text>) {
        if self.texts.is_empty() {
            self.texts.push(Text::hole());
        }
        go_on(&mut self.texts, &or_hole(more));
    }
}

impl Engine<'_> {
    /// [`Engine::dynamic`] of a query whose rows are not what a routine gives back.
    pub(crate) fn captured(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> Shape {
        let gives = context.gives.take();
        let rows = self.dynamic(t, from, to, context);
        context.gives = gives;
        rows
    }

    /// SQL held by the expression in `from..to`; gives the outputs of its last query.
    pub(crate) fn dynamic(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) -> Shape {
        // Snowflake and Oracle: `:name`.
        let from = from + usize::from(t.at(from, &Token::Colon));
        if from >= to {
            return Shape::new();
        }
        let clause = |word: &str, from: usize| t.find(from, to, |i| t.is(i, word));
        let stop = t.find(from, to, |i| t.any(i, &["USING", "INTO"])).unwrap_or(to);
        let using = clause("USING", stop);
        let into = clause("INTO", stop).filter(|i| *i == 0 || !t.any(i - 1, &["RETURNING", "RETURN"]));
        let line = t.line(from);
        let variable = t.word(from).filter(|_| stop == from + 1).and_then(|w| context.variables.get(&w.to_lowercase()));
        let texts = match variable {
            Some(variable) => variable.texts.clone(),
            None => self.fold(t, from, stop, context),
        };
        let texts: Vec<Text> = texts.into_iter().filter(|t| !t.text.trim().trim_start_matches(UNKNOWN).is_empty()).collect();
        self.unfolded.set(self.unfolded.get() + texts.iter().map(|t| t.text.len()).sum::<usize>());
        if self.unfolded.get() > self.text.len() * TIMES_FILE + ANY_FILE {
            self.diagnose_dynamic(line, Severity::Warning, "More dynamic SQL than is followed: it is many times as long as the file.");
            return Shape::new();
        }
        if texts.is_empty() {
            self.diagnose_dynamic(line, Severity::Info, "Dynamic SQL is put together at run time: what it reads and writes is unknown.");
            return Shape::new();
        }
        if texts.iter().any(|t| t.cut) {
            let message = format!("Dynamic SQL is left out: it may be more than {MAX_BRANCHES} texts, or longer than {MAX_BYTES} bytes.");
            self.diagnose_dynamic(line, Severity::Warning, message);
        }
        let span = context.stands_at.unwrap_or_else(|| t.span(from, to));
        let offset = t.list[from].start;
        let values = match using {
            Some(using) => {
                let end = t.find(using, to, |i| t.any(i, &["INTO", "RETURNING", "RETURN"])).unwrap_or(to);
                // Snowflake has them in brackets.
                let (first, last) =
                    if t.open(using + 1) && t.skip(using + 1, end) == end { t.inner(using + 1, end) } else { (using + 1, end) };
                self.handed_over(t, first, last, context)
            }
            None => Vec::new(),
        };
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
            let templates = self.templates;
            self.templates |= text.holes;
            let before = self.fill_marks(&mut text.text, &values, context);
            self.text(&text.text, offset, line, Some(span), context);
            rows.extend(self.rows_of(&text.text, span, context));
            for (name, held) in before {
                *context.change(&name) = held;
            }
            context.computed = computed;
            self.templates = templates;
        }
        if let Some(into) = into {
            let end = clause("USING", into).unwrap_or(to);
            let targets: Vec<String> = t.commas(into + 1, end).into_iter().map(|(from, to)| target(&t.list[from..to])).collect();
            self.take_row(&targets, &rows, context);
        }
        rows
    }

    /// How many tokens of `text` stand in statements that are not understood.
    pub(crate) fn lost_in(&self, text: &str, context: &mut Context) -> usize {
        let mut probe = Engine::new(self.text, self.grammar, self.schema);
        // One level only: trying out text inside text would double with every level.
        probe.copied_by(self);
        probe.templates = self.templates;
        let depth = context.depth;
        context.depth = depth.max(MAX_DEPTH - 1);
        probe.text(text, 0, 1, Some(Span::default()), context);
        context.depth = depth;
        self.count(probe.steps());
        self.copied_by(&probe);
        probe.lost
    }

    /// The outputs of `text` when it is a query, which stands at `place`.
    fn rows_of(&self, text: &str, place: Span, context: &mut Context) -> Shape {
        let mut tokens = Tokens::read(text, self.grammar, 0, 1);
        tokens.stand_at(place);
        let end = tokens.statement_end(0, tokens.list.len());
        if !tokens.any(0, &["SELECT", "WITH"]) {
            return Shape::new();
        }
        let before = context.stands_at.replace(place);
        let rows = self.resolve(&tokens.list[..end], context).map(|(rows, _)| rows).unwrap_or_default();
        context.stands_at = before;
        rows
    }

    /// The texts that an expression of constants and variables may be, holes for what is not known; none when nothing is known.
    pub(crate) fn fold(&self, t: &Tokens, from: usize, to: usize, context: &Context) -> Vec<Text> {
        if self.unfolded.get() > self.text.len() * TIMES_FILE + ANY_FILE {
            return Vec::new();
        }
        let mut texts = vec![Text::default()];
        let mut known = false;
        let mut start = from;
        while start < to {
            // The operators within a CASE join no operands.
            let first = if t.is(start, "CASE") { case_end(t, start, to) } else { start };
            let end = t.find(first, to, |i| matches!(t.list[i].token, Token::Plus | Token::StringConcat)).unwrap_or(to);
            let part = self.operand(t, start, end, context);
            known |= !part.is_empty();
            go_on(&mut texts, &or_hole(part));
            start = end + 1;
        }
        self.unfolded.set(self.unfolded.get() + texts.iter().map(|t| t.text.len()).sum::<usize>());
        if known { texts } else { Vec::new() }
    }

    /// The text that an expression is, if that is known.
    pub(crate) fn constant(&self, tokens: &[Tok], context: &Context) -> Option<String> {
        let tokens = Tokens::of(tokens.to_vec());
        match self.fold(&tokens, 0, tokens.list.len(), context).as_slice() {
            [only] if !only.holes => Some(only.text.clone()),
            _ => None,
        }
    }

    /// The texts that the ways of the CASE at `from` give; none when one of them is not known.
    fn alternatives(&self, t: &Tokens, from: usize, to: usize, context: &Context) -> Vec<Text> {
        let mut texts = Vec::new();
        let mut at = from + 1;
        while let Some(way) = t.find(at, to, |i| t.any(i, &["THEN", "ELSE"])) {
            let end = t.find(way + 1, to, |i| t.any(i, &["WHEN", "ELSE", "END", "CASE"])).unwrap_or(to);
            let made = if t.is(end, "CASE") { Vec::new() } else { self.fold(t, way + 1, end, context) };
            if made.is_empty() || texts.len() + made.len() > MAX_BRANCHES {
                return Vec::new();
            }
            texts.extend(made);
            at = end;
        }
        texts
    }

    fn operand(&self, t: &Tokens, from: usize, to: usize, context: &Context) -> Vec<Text> {
        let held = |name: &str| context.variables.get(&name.to_lowercase()).map(|v| v.texts.clone()).unwrap_or_default();
        if let Some(text) = t.string(from) {
            // A COLLATE may follow; anything else makes another value of it.
            return if to == from + 1 || t.is(from + 1, "COLLATE") { plain(text) } else { Vec::new() };
        }
        if t.is(from, "CASE") && case_end(t, from, to) == to {
            return self.alternatives(t, from, to, context);
        }
        if t.open(from) && t.skip(from, to) == to {
            let (start, end) = t.inner(from, to);
            return self.fold(t, start, end, context);
        }
        if to == from + 1 {
            return match &t.list[from].token {
                Token::DollarQuotedString(s) => plain(&s.value),
                Token::Placeholder(p) => held(p.trim_start_matches(':')),
                // A string where T-SQL does not take quotes for names: nothing else in them can be part of a text.
                Token::Word(w) if w.quote_style == Some('"') && self.grammar.is_tsql() => plain(&w.value),
                Token::Word(w) => held(&w.value),
                _ => Vec::new(),
            };
        }
        if !t.open(from + 1) || t.skip(from + 1, to) != to {
            return Vec::new();
        }
        let (start, end) = t.inner(from + 1, to);
        let args = t.commas(start, end);
        let arg = |n: usize| args.get(n).map(|(from, to)| self.fold(t, *from, *to, context)).unwrap_or_default();
        let whole = |texts: Vec<Text>| texts.into_iter().filter(|t| !t.holes).collect::<Vec<_>>();
        match t.word(from).unwrap_or_default().to_uppercase().as_str() {
            "CHAR" | "NCHAR" | "CHR" => plain("\n"),
            "QUOTENAME" | "QUOTE_IDENT" => whole(arg(0)),
            "CONCAT" => {
                let mut texts = vec![Text::default()];
                let mut known = false;
                for n in 0..args.len() {
                    let part = arg(n);
                    known |= !part.is_empty();
                    go_on(&mut texts, &or_hole(part));
                }
                if known { texts } else { Vec::new() }
            }
            "CAST" | "TRY_CAST" => self.fold(t, start, t.find(start, end, |i| t.is(i, "AS")).unwrap_or(end), context),
            "CONVERT" => arg(1),
            "ISNULL" | "COALESCE" | "NVL" | "IFNULL" | "RTRIM" | "LTRIM" | "TRIM" => arg(0),
            "REPLACE" => {
                let what = whole(arg(1));
                let Some(what) = what.first().map(|w| &w.text).filter(|w| !w.is_empty()) else { return Vec::new() };
                across(&arg(0), &or_hole(arg(2)), |text, with| text.replaced(what, &with.text))
            }
            "FORMAT" | "FORMATMESSAGE" => {
                let values: Vec<Vec<Text>> = (1..args.len()).map(|n| or_hole(arg(n))).collect();
                let mut texts: Vec<Text> = arg(0).iter().flat_map(|format| formatted(format, &values)).collect();
                if texts.len() > MAX_BRANCHES {
                    texts.truncate(MAX_BRANCHES);
                    texts[0].cut = true;
                }
                texts
            }
            _ => Vec::new(),
        }
    }
}

/// One past the END of the CASE at `at`, or `to`.
fn case_end(t: &Tokens, at: usize, to: usize) -> usize {
    let mut depth = 0usize;
    let end = t.find(at, to, |i| {
        if t.is(i, "CASE") {
            depth += 1;
        } else if t.is(i, "END") {
            depth = depth.saturating_sub(1);
        }
        depth == 0
    });
    end.map_or(to, |end| end + 1)
}

/// Whether a part of a name is only known at run time.
pub(crate) fn is_computed(part: &str) -> bool {
    part.contains(UNKNOWN) || is_template(part) && !part.starts_with("path:")
}

/// `name` without leading parts that only running the code would give; `None` when its last part is one.
pub(crate) fn known(name: &Name) -> Option<Name> {
    let unknown = name.0.iter().rposition(|part| is_computed(part));
    match unknown {
        None => Some(name.clone()),
        Some(at) => (at + 1 < name.0.len()).then(|| Name::new(&name.0[at + 1..])),
    }
}
