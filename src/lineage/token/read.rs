//! From text to tokens: a few lines at a time, and around what the tokeniser refuses.

use super::super::source::filled;
use super::{Tok, Tokens};
use crate::lineage::dialect::Grammar;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// Tokeniser errors in one piece after which the rest of it is left: each may cost a look at the whole rest.
const MAX_ERRORS: usize = 16;
/// Errors kept for the diagnostics.
const MAX_REPORTED: usize = 100;
/// Pieces joined while looking for the end of a quote.
pub(super) const MAX_JOINED: usize = 8;
/// Bytes of an average token, to count what was not read.
pub(super) const TOKEN_BYTES: usize = 5;

/// Bytes of an average token or blank.
const PIECE_BYTES: usize = 3;
/// Bytes that are read at a time, at least: their tokens take a sixth of a megabyte.
const PART_BYTES: usize = 4 << 10;
/// Most places for tokens that are made before there are tokens: a large file may be one string.
const MAX_RESERVED: usize = 1 << 20;

/// Words that begin a piece when they begin a line after a `;` or an empty line.
const PIECE_STARTS: [&str; 17] = [
    "CREATE", "INSERT", "SELECT", "UPDATE", "DELETE", "ALTER", "DROP", "WITH", "MERGE", "GRANT", "COMMENT", "SET", "USE", "EXEC",
    "DECLARE", "TRUNCATE", "CALL",
];

/// Where pieces begin but for the first, rising.
pub(super) fn piece_starts(text: &str) -> impl Iterator<Item = usize> {
    let mut at = 0;
    let mut ended = false;
    text.split_inclusive('\n').filter_map(move |line| {
        let trimmed = line.trim();
        let word = trimmed.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
        let begins = ended && at > 0 && PIECE_STARTS.iter().any(|w| w.eq_ignore_ascii_case(word));
        let start = at;
        ended = trimmed.is_empty() || trimmed.ends_with(';');
        at += line.len();
        begins.then_some(start)
    })
}

impl Tokens {
    /// Tokenises `text`, whose first byte stands at `offset` and line `line` of the file.
    ///
    /// When a quote is never closed, the text is read again in pieces that end where a line begins a new statement, so that the
    /// missing quote costs its own statement and not the file.
    pub(crate) fn read(text: &str, grammar: Grammar, offset: u32, line: u32) -> Tokens {
        let (filled, holes) = filled(text);
        let text = &*filled;
        let mut tokens = Tokens::default();
        if !tokens.add(text, grammar, offset, line) {
            tokens.read_pieces(text, grammar, offset, line);
        }
        tokens.settle(grammar);
        tokens.fill(&holes, text, grammar, offset);
        tokens.match_brackets();
        tokens
    }

    /// Appends the tokens of `text`; `false` when the tokeniser refuses some of it, and nothing is appended.
    pub(super) fn add(&mut self, text: &str, grammar: Grammar, offset: u32, line: u32) -> bool {
        self.add_parts(text, PART_BYTES, grammar, offset, line)
    }

    /// [`Tokens::add`], some lines of `size` bytes or more at a time: what the tokeniser gives takes forty times its text, blanks too, and is taken
    /// over while it is in a near cache. A part that ends within a quote or a comment is refused, and is read again up to a later line.
    fn add_parts(&mut self, text: &str, size: usize, grammar: Grammar, offset: u32, mut line: u32) -> bool {
        let before = self.list.len();
        self.list.reserve((text.len() / TOKEN_BYTES).min(MAX_RESERVED));
        let mut found = Vec::with_capacity(text.len().min(2 * size) / PIECE_BYTES);
        let (mut at, mut most) = (0, size);
        while at < text.len() {
            let rest = &text.as_bytes()[at..];
            let line_end = rest.get(most..).and_then(|rest| rest.iter().position(|b| *b == b'\n'));
            let part = &text[at..line_end.map_or(text.len(), |end| at + most + end + 1)];
            found.clear();
            if Tokenizer::new(grammar.tokeniser(), part).tokenize_with_location_into_buf(&mut found).is_ok() {
                self.push(&mut found, part, offset + at as u32, line);
                line += count_lines(part);
                (at, most) = (at + part.len(), size);
            } else if line_end.is_some() {
                most = 2 * part.len();
            } else {
                self.list.truncate(before);
                return false;
            }
        }
        true
    }

    pub(super) fn read_pieces(&mut self, text: &str, grammar: Grammar, offset: u32, line: u32) {
        let mut starts = vec![0];
        starts.extend(piece_starts(text));
        starts.extend((!text.is_empty()).then_some(text.len()));
        let mut line = line;
        let mut piece = 0;
        while piece + 1 < starts.len() {
            let from = starts[piece];
            let mut taken = None;
            // A string may hold lines that look like statements.
            for to in starts.iter().skip(piece + 1).take(MAX_JOINED) {
                if self.add(&text[from..*to], grammar, offset + from as u32, line) {
                    taken = Some(*to);
                    break;
                }
            }
            let to = match taken {
                Some(to) => to,
                None => {
                    self.read_broken(&text[from..starts[piece + 1]], grammar, offset + from as u32, line);
                    starts[piece + 1]
                }
            };
            line += count_lines(&text[from..to]);
            piece = starts.partition_point(|s| *s < to);
        }
    }

    /// Reads a piece around what the tokeniser refuses: the offending character alone is dropped.
    fn read_broken(&mut self, text: &str, grammar: Grammar, offset: u32, line: u32) {
        let mut at = 0;
        let mut line = line;
        for _ in 0..MAX_ERRORS {
            let mut found = Vec::new();
            let result = Tokenizer::new(grammar.tokeniser(), &text[at..]).tokenize_with_location_into_buf(&mut found);
            let consumed = self.push(&mut found, &text[at..], offset + at as u32, line);
            line += count_lines(&text[at..at + consumed]);
            at += consumed;
            let Err(error) = result else { return };
            if self.errors.len() < MAX_REPORTED {
                self.errors.push((line, error.message));
            }
            let skip = text[at..].chars().next().map_or(0, char::len_utf8);
            line += count_lines(&text[at..at + skip]);
            at += skip;
        }
        self.errors.push((line, format!("too many of these: {} bytes are not read", text.len() - at)));
        self.dropped += (text.len() - at) / TOKEN_BYTES;
    }

    /// Appends `found` with offsets; gives how many bytes of `text` they cover.
    fn push(&mut self, found: &mut Vec<TokenWithSpan>, text: &str, offset: u32, line: u32) -> usize {
        let mut seek = Seek::new(text);
        let (mut end, mut ended) = (0, Location { line: 1, column: 1 });
        for TokenWithSpan { token, span } in found.drain(..) {
            // A token begins where the one before it ends.
            let start = if span.start == ended { end } else { seek.to(span.start) };
            (end, ended) = (seek.to(span.end), span.end);
            if matches!(token, Token::Whitespace(_) | Token::EOF) {
                continue;
            }
            let on = |place: Location| line + place.line.saturating_sub(1) as u32;
            let (start, end) = (offset + start as u32, offset + end as u32);
            self.list.push(Tok { token, start, end, line: on(span.start), line_end: on(span.end) });
        }
        end
    }
}

/// From the tokeniser's lines and columns, which count characters and come in order, to bytes.
struct Seek<'a> {
    text: &'a str,
    ascii: bool,
    row: u64,
    column: u64,
    byte: usize,
}

impl<'a> Seek<'a> {
    fn new(text: &'a str) -> Self {
        Seek { text, ascii: text.is_ascii(), row: 1, column: 1, byte: 0 }
    }

    fn to(&mut self, place: Location) -> usize {
        if self.ascii && self.row == place.line {
            self.byte = (self.byte + place.column.saturating_sub(self.column) as usize).min(self.text.len());
            self.column = self.column.max(place.column);
            return self.byte;
        }
        let mut rest = self.text[self.byte..].chars();
        while (self.row, self.column) < (place.line, place.column) {
            match rest.next() {
                Some('\n') => {
                    self.row += 1;
                    self.column = 1;
                }
                Some(_) => self.column += 1,
                None => break,
            }
        }
        self.byte = self.text.len() - rest.as_str().len();
        self.byte
    }
}

pub(super) fn count_lines(text: &str) -> u32 {
    text.bytes().filter(|b| *b == b'\n').count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_some_lines_at_a_time_are_those_of_the_whole_text() {
        for (dialect, text) in [
            ("postgres", "SELECT a, 'it''s;\nINSERT' FROM t -- it's\nWHERE b = $x$\n'\n$x$ /* '\n /* \n */ \" */\n;\n\n"),
            ("postgres", "SELECT E'\\'\n', U&'\n', \"a\nb\" FROM t;\r\nSELECT 1\r\n"),
            ("mysql", "SELECT `a\n`, \"\n\" # it's\n, '\\'\n' FROM t /*!50110 KEY_BLOCK_SIZE = 1024\n*/;\n"),
            ("tsql", "SELECT [a\n], N'\n', é FROM [b]]\n c]\nGO\n"),
            ("bigquery", "SELECT \"\"\"\n'\n\"\"\", r'''\n\\\n''', 1.\n.5 FROM `a\n.b`"),
            ("oracle", "SELECT q'[it's\n]', nq'{\n}' FROM t;\n/\n"),
            ("snowflake", "SELECT $$\n'$$, @s/a\n FROM t // it's\n"),
        ] {
            let grammar = Grammar::choose(dialect, text).0;
            let read = |size: usize| {
                let mut tokens = Tokens::default();
                assert!(tokens.add_parts(text, size, grammar, 7, 3), "{text}");
                tokens.list.into_iter().map(|t| (t.token, t.start, t.end, t.line, t.line_end)).collect::<Vec<_>>()
            };
            let whole = read(text.len());
            assert!(whole.len() > 4);
            for size in 0..text.len() {
                assert_eq!(read(size), whole, "{size} of {text}");
            }
        }
    }

    #[test]
    fn nothing_is_appended_of_a_text_that_ends_in_a_quote() {
        let grammar = Grammar::choose("postgres", "").0;
        let text = "SELECT 1;\n".repeat(9) + "SELECT 'a\n";
        let mut tokens = Tokens::default();
        assert!(!tokens.add_parts(&text, 0, grammar, 0, 1) && tokens.list.is_empty());
    }
}
