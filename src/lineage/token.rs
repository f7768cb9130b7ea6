//! Tokens with byte offsets and lines, tolerant of what the tokeniser refuses, with brackets matched.

use super::dialect::Grammar;
use super::source::Hole;
use super::{Name, Span};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span as ParserSpan, Token, TokenWithSpan, Tokenizer, Word};
use std::cell::Cell;

mod read;
mod window;

pub(crate) use window::{Window, Windows};

/// A token and where it stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct Tok {
    pub(crate) token: Token,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) line: u32,
    /// The line it ends on: strings reach over lines.
    pub(crate) line_end: u32,
}

/// The tokens of a text, blanks and comments left out.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) list: Vec<Tok>,
    /// For each opening bracket the index of its partner (or of the `;` or end that stands in for a missing one); else 0.
    close: Vec<u32>,
    /// For each token the index of the next `;` at or after it, or the number of tokens.
    semicolon: Vec<u32>,
    /// Where all of it stands, when its text is no part of the file.
    stands_at: Option<Span>,
    /// Tokens that searches have looked at.
    looked_at: Cell<usize>,
    /// About how many tokens were not read.
    pub(crate) dropped: usize,
    /// Lines where the tokeniser gave up on a quote or a character.
    pub(crate) errors: Vec<(u32, String)>,
}

/// Tokens that searches may look at for each token there is: files of all kinds were measured to need fewer than 40.
const LOOKS: usize = 200;
/// Tokens that a search looks at afterwards.
const NEAR: usize = 64;

impl Tokens {
    /// Makes of tokens what the dialect means by them.
    fn settle(&mut self, grammar: Grammar) {
        if grammar.is(&["teradata"]) {
            for at in 0..self.list.len() {
                if !self.is_name(at) {
                    spell_out(&mut self.list[at]);
                }
            }
        }
        if grammar.is(&["snowflake"]) {
            self.join(Token::AtSign, |token| !matches!(token, Token::LParen | Token::RParen | Token::Comma | Token::SemiColon));
        }
        if grammar.is(&["hive", "oracle"]) {
            self.join(Token::Char('_'), |token| matches!(token, Token::Char('_') | Token::Word(_) | Token::Number(..)));
        }
        if grammar.is(&["snowflake"]) || grammar.is_tsql() {
            self.name_default(if grammar.is_tsql() { grammar.dialect.default_schema } else { "public" });
        }
    }

    /// Whether the word at `at` stands where only a name does.
    fn is_name(&self, at: usize) -> bool {
        let token = |at: usize| self.list.get(at).map(|t| &t.token);
        let after = matches!(token(at + 1), None | Some(Token::Period | Token::Comma | Token::RParen | Token::SemiColon | Token::Eq));
        let before = at > 0
            && (matches!(token(at - 1), Some(Token::Period | Token::Comma))
                || self.any(at - 1, &["FROM", "JOIN", "INTO", "TABLE", "UPDATE", "SELECT", "DISTINCT", "AS"]));
        // AS SEL begins a query where something to select follows.
        let begins = at > 0 && self.is(at - 1, "AS") && self.is(at, "SEL");
        after || before && !begins
    }

    /// Writes out the schema that `database..table` leaves to be the default.
    fn name_default(&mut self, schema: &str) {
        let between = |a: &Tok, b: &Tok| a.token == Token::Period && b.token == Token::Period;
        if !self.list.windows(2).any(|pair| between(&pair[0], &pair[1])) {
            return;
        }
        let mut list: Vec<Tok> = Vec::with_capacity(self.list.len() + 1);
        for tok in std::mem::take(&mut self.list) {
            let default = match list.as_slice() {
                [.., name, last] => matches!(name.token, Token::Word(_)) && name.end == last.start && between(last, &tok),
                _ => false,
            };
            list.extend(default.then(|| make_word(schema, &tok)));
            list.push(tok);
        }
        self.list = list;
    }

    /// Puts what stands in `holes` of `text`, whose first byte stands at `offset`, into the names and strings around them.
    pub(crate) fn fill(&mut self, holes: &[Hole], text: &str, grammar: Grammar, offset: u32) {
        let mut holes = holes.iter().peekable();
        if holes.peek().is_none() {
            return;
        }
        let mut list = Vec::with_capacity(self.list.len());
        for mut tok in std::mem::take(&mut self.list) {
            let (start, end) = ((tok.start - offset) as usize, (tok.end - offset) as usize);
            while holes.next_if(|h| h.end <= start).is_some() {}
            let plain = matches!(&tok.token, Token::Word(w) if w.quote_style.is_none());
            if let Some(hole) = holes.next_if(|h| plain && h.set && h.start == start && h.end == end) {
                // It may be anything: a number, a name of several parts.
                let words = Tokenizer::new(grammar.tokeniser(), &hole.text).tokenize().unwrap_or_default();
                let words = words.into_iter().filter(|w| !matches!(w, Token::Whitespace(_) | Token::EOF));
                list.extend(words.map(|token| Tok { token, ..tok.clone() }));
                continue;
            }
            if let Some(value) = contents(&mut tok.token) {
                let (mut filled, mut done) = (String::new(), 0);
                while let Some(hole) = holes.next_if(|h| h.end <= end) {
                    let name = &text[hole.start..hole.end];
                    // What is not found once is not looked for again.
                    let Some(at) = value[done..].find(name) else { break };
                    filled.push_str(&value[done..done + at]);
                    filled.push_str(&hole.text);
                    done += at + name.len();
                }
                if done > 0 {
                    filled.push_str(&value[done..]);
                    *value = filled;
                }
            }
            list.push(tok);
        }
        self.list = list;
        self.match_brackets();
    }

    /// Makes `sign` and all that `part` takes behind it without a blank one word: a stage with its path, a name that the tokeniser lets
    /// not begin so.
    fn join(&mut self, sign: Token, part: impl Fn(&Token) -> bool) {
        if !self.list.iter().any(|t| t.token == sign) {
            return;
        }
        let mut list: Vec<Tok> = Vec::with_capacity(self.list.len());
        let mut open = false;
        for tok in std::mem::take(&mut self.list) {
            match list.last_mut() {
                Some(last) if open && last.end == tok.start && part(&tok.token) => {
                    if let Token::Word(word) = &mut last.token {
                        word.value.push_str(&tok.token.to_string());
                    }
                    last.end = tok.end;
                }
                _ => {
                    open = tok.token == sign;
                    let token = if open { Token::make_word(&tok.token.to_string(), None) } else { tok.token };
                    list.push(Tok { token, ..tok });
                }
            }
        }
        self.list = list;
    }

    /// Tokens of one statement that stand in order.
    pub(crate) fn of(list: Vec<Tok>) -> Tokens {
        let mut tokens = Tokens { list, ..Tokens::default() };
        tokens.match_brackets();
        tokens
    }

    fn match_brackets(&mut self) {
        self.close = vec![0; self.list.len()];
        let mut open = Vec::new();
        for (at, tok) in self.list.iter().enumerate() {
            match tok.token {
                Token::LParen => open.push(at),
                Token::RParen => {
                    if let Some(start) = open.pop() {
                        self.close[start] = at as u32;
                    }
                }
                // No bracket reaches over a statement's end: a missing one must not swallow the file.
                Token::SemiColon => open.drain(..).for_each(|start| self.close[start] = at as u32),
                _ => {}
            }
        }
        let end = self.list.len() as u32;
        open.drain(..).for_each(|start| self.close[start] = end);
        self.semicolon = vec![end; self.list.len()];
        let mut next = end;
        for (at, tok) in self.list.iter().enumerate().rev() {
            if tok.token == Token::SemiColon {
                next = at as u32;
            }
            self.semicolon[at] = next;
        }
    }

    /// The `;` at or after `at`, or `to` when none comes before it.
    pub(crate) fn statement_end(&self, at: usize, to: usize) -> usize {
        self.semicolon.get(at).map_or(to, |i| (*i as usize).min(to))
    }

    /// The token at `at`, if it is a word without quotes.
    pub(crate) fn word(&self, at: usize) -> Option<&str> {
        match &self.list.get(at)?.token {
            Token::Word(Word { value, quote_style: None, .. }) => Some(value),
            _ => None,
        }
    }

    /// Whether the token at `at` is this word, without quotes, in any case.
    pub(crate) fn is(&self, at: usize, word: &str) -> bool {
        self.word(at).is_some_and(|w| w.eq_ignore_ascii_case(word))
    }

    /// Whether it is one of these words.
    pub(crate) fn any(&self, at: usize, words: &[&str]) -> bool {
        self.word(at).is_some_and(|w| words.iter().any(|x| w.eq_ignore_ascii_case(x)))
    }

    /// Whether these words stand at `at` in this order.
    pub(crate) fn seq(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, w)| self.is(at + i, w))
    }

    /// Whether the token at `at` is `token`.
    pub(crate) fn at(&self, at: usize, token: &Token) -> bool {
        self.list.get(at).is_some_and(|t| t.token == *token)
    }

    /// Whether it is an opening round bracket.
    pub(crate) fn open(&self, at: usize) -> bool {
        self.at(at, &Token::LParen)
    }

    /// One past the partner of the bracket at `at`, within `end`; `at + 1` when it is none.
    pub(crate) fn skip(&self, at: usize, end: usize) -> usize {
        if self.open(at) { (self.close[at] as usize + 1).clamp(at + 1, end.max(at + 1)) } else { at + 1 }
    }

    /// The inside of the bracket at `at`, within `end`.
    pub(crate) fn inner(&self, at: usize, end: usize) -> (usize, usize) {
        (at + 1, (self.close[at] as usize).clamp(at + 1, end.max(at + 1)))
    }

    /// The contents of a string literal.
    pub(crate) fn string(&self, at: usize) -> Option<&str> {
        match &self.list.get(at)?.token {
            Token::SingleQuotedString(s)
            | Token::NationalStringLiteral(s)
            | Token::EscapedStringLiteral(s)
            | Token::UnicodeStringLiteral(s)
            // Where double quotes make strings; elsewhere they make words.
            | Token::DoubleQuotedString(s)
            | Token::TripleSingleQuotedString(s)
            | Token::TripleDoubleQuotedString(s) => Some(s),
            Token::QuoteDelimitedStringLiteral(q) | Token::NationalQuoteDelimitedStringLiteral(q) => Some(&q.value),
            _ => None,
        }
    }

    /// 1-based line of the token at `at` (of the last one beyond the end).
    pub(crate) fn line(&self, at: usize) -> u32 {
        self.list.get(at).or(self.list.last()).map_or(1, |t| t.line)
    }

    /// From now on all of it stands at `place`: its text was put together.
    pub(crate) fn stand_at(&mut self, place: Span) {
        self.stands_at = Some(place);
        for tok in &mut self.list {
            (tok.line, tok.line_end) = (place.line, place.line_end);
        }
    }

    /// Where `from..to` stands.
    pub(crate) fn span(&self, from: usize, to: usize) -> Span {
        if let Some(place) = self.stands_at {
            return place;
        }
        let Some(first) = self.list.get(from) else { return Span::default() };
        let last = self.list.get(to.saturating_sub(1).max(from)).unwrap_or(first);
        Span { line: first.line, line_end: last.line_end, start: first.start, end: last.end }
    }

    /// The first index in `from..to` outside brackets where `test` holds.
    ///
    /// A text in which every search runs to its end would take time by its square: when searches have looked at
    /// [`LOOKS`] times the tokens there are, they look only [`NEAR`] tokens far.
    pub(crate) fn find(&self, from: usize, to: usize, mut test: impl FnMut(usize) -> bool) -> Option<usize> {
        let before = self.looked_at.get();
        let to = if before > self.list.len() * LOOKS { to.min(from + NEAR) } else { to };
        let mut at = from;
        let mut looks = 0;
        let mut found = None;
        while at < to {
            looks += 1;
            if test(at) {
                found = Some(at);
                break;
            }
            at = self.skip(at, to);
        }
        self.looked_at.set(before + looks);
        found
    }

    /// Tokens that searches have looked at so far.
    pub(crate) fn looked_at(&self) -> usize {
        self.looked_at.get()
    }

    /// `from..to` cut at the commas outside brackets.
    pub(crate) fn commas(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let mut parts = Vec::new();
        let mut start = from;
        while let Some(comma) = self.find(start, to, |i| self.at(i, &Token::Comma)) {
            parts.push((start, comma));
            start = comma + 1;
        }
        if start < to || !parts.is_empty() {
            parts.push((start, to));
        }
        parts
    }
}

/// The text of a name or string.
fn contents(token: &mut Token) -> Option<&mut String> {
    match token {
        Token::Word(w) => Some(&mut w.value),
        Token::DollarQuotedString(s) => Some(&mut s.value),
        Token::SingleQuotedString(s)
        | Token::NationalStringLiteral(s)
        | Token::EscapedStringLiteral(s)
        | Token::UnicodeStringLiteral(s)
        | Token::DoubleQuotedString(s)
        | Token::TripleSingleQuotedString(s)
        | Token::TripleDoubleQuotedString(s) => Some(s),
        _ => None,
    }
}

/// Teradata's reserved abbreviations and operators in letters.
fn spell_out(tok: &mut Tok) {
    let Token::Word(Word { value, quote_style: None, .. }) = &tok.token else { return };
    let word = match value.to_uppercase().as_str() {
        "SEL" => "SELECT",
        "INS" => "INSERT",
        "UPD" => "UPDATE",
        "DEL" => "DELETE",
        "EQ" => return tok.token = Token::Eq,
        "NE" => return tok.token = Token::Neq,
        "LT" => return tok.token = Token::Lt,
        "LE" => return tok.token = Token::LtEq,
        "GT" => return tok.token = Token::Gt,
        "GE" => return tok.token = Token::GtEq,
        _ => return,
    };
    tok.token = Token::make_word(word, None);
}

/// What the parser takes: `line` is the file's, `column` the place among the tokens parsed, from 1, so that a span leads back to them.
pub(crate) fn for_parser((at, tok): (usize, &Tok)) -> TokenWithSpan {
    let here = Location { line: u64::from(tok.line), column: at as u64 + 1 };
    TokenWithSpan { token: tok.token.clone(), span: ParserSpan { start: here, end: here } }
}

/// A token that stands nowhere in the text, placed where `like` is.
pub(crate) fn made(token: Token, like: &Tok) -> Tok {
    Tok { token, start: like.start, end: like.start, line: like.line, line_end: like.line }
}

/// A word as the tokeniser would give it.
pub(crate) fn make_word(word: &str, like: &Tok) -> Tok {
    made(Token::make_word(word, None), like)
}

/// An identifier, quoted so that no keyword is seen in it.
pub(crate) fn make_ident(name: &str, like: &Tok) -> Tok {
    made(Token::Word(Word { value: name.to_owned(), quote_style: Some('"'), keyword: Keyword::NoKeyword }), like)
}

/// Appends a relation's name.
pub(crate) fn push_name(name: &Name, like: &Tok, list: &mut Vec<Tok>) {
    for (n, part) in name.0.iter().enumerate() {
        list.extend((n > 0).then(|| made(Token::Period, like)));
        list.push(make_ident(part, like));
    }
}
