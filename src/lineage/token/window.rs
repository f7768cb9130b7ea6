//! A large text in windows: its tokens take fifty times its bytes, and are never all there.

use super::read::{MAX_JOINED, TOKEN_BYTES, count_lines, piece_starts};
use super::{Tok, Tokens};
use crate::lineage::dialect::Grammar;
use crate::lineage::source::Source;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

/// Bytes after which a window ends where a statement does that stands in no body. Most files are one window.
const WINDOW: usize = 1 << 20;
/// Bytes after which a window ends in any case, for the quarter of a gigabyte that its tokens may take: what goes on is read as a new
/// beginning.
const MAX_WINDOW: usize = 4 << 20;

/// The windows of a text, in order.
pub(crate) struct Windows<'s> {
    source: &'s Source,
    grammar: Grammar,
    /// Where the next begins, and its line.
    at: usize,
    line: u32,
    /// How many ranges of data are behind it.
    passed: usize,
    /// Least and most bytes of one.
    size: usize,
    most: usize,
}

/// Tokens of one window.
pub(crate) struct Window {
    pub(crate) tokens: Tokens,
    /// The line at which it had to end within something, if it had to.
    pub(crate) broken: Option<u32>,
}

impl<'s> Windows<'s> {
    pub(crate) fn new(source: &'s Source, grammar: Grammar) -> Windows<'s> {
        Windows { source, grammar, at: 0, line: 1, passed: 0, size: WINDOW, most: MAX_WINDOW }
    }

    /// Whether there is more than one.
    pub(crate) fn are_many(&self) -> bool {
        self.source.text.len() > self.size
    }

    /// About how many tokens are not read yet.
    pub(crate) fn left(&self) -> usize {
        (self.source.text.len() - self.at) / TOKEN_BYTES
    }

    /// Appends the tokens of the next part: a window's worth, more where a quote or comment is open at its end.
    fn take_part(&mut self, tokens: &mut Tokens, begun: usize) {
        let text = &self.source.text;
        let data = self.source.data.get(self.passed).cloned().unwrap_or(text.len()..text.len());
        let mut end = self.at;
        for tries in 0.. {
            let more = if (1..MAX_JOINED).contains(&tries) { 1 } else { self.size };
            end = next_start(text, end + more, self.size).min(data.start);
            let part = &text[self.at..end];
            if tokens.add(part, self.grammar, self.at as u32, self.line) {
                break;
            }
            if end == data.start || end - begun >= self.most {
                tokens.read_pieces(part, self.grammar, self.at as u32, self.line);
                break;
            }
        }
        if end == data.start {
            // Each blank would be a token.
            end = data.end;
            self.passed += 1;
        }
        self.line += count_lines(&text[self.at..end]);
        self.at = end;
    }

    /// Whether a statement ends where the tokens do, and with it all but what variables hold.
    fn rests(&self, tokens: &Tokens) -> bool {
        let Some(last) = tokens.list.last() else { return true };
        let before = self.source.cuts.partition_point(|cut| *cut <= self.at);
        let cut = before.checked_sub(1).map_or(0, |i| self.source.cuts[i]);
        if cut >= last.end as usize {
            return true;
        }
        let of_batch = &tokens.list[tokens.list.partition_point(|t| (t.start as usize) < cut)..];
        let mut depth = 0isize;
        for (at, tok) in of_batch.iter().enumerate() {
            match &tok.token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                Token::SemiColon => depth = 0,
                Token::Word(Word { keyword, quote_style: None, .. }) if self.opens(*keyword) && !begins_transaction(&of_batch[at..]) => {
                    return false;
                }
                _ => {}
            }
        }
        // Without a `;`: what begins the next window can only begin a statement.
        let begins = |word: &str| self.source.text[self.at..].get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word));
        depth == 0 && (last.token == Token::SemiColon || ["CREATE ", "DROP ", "TRUNCATE ", "GRANT "].iter().any(|w| begins(w)))
    }

    /// Whether statements behind such a word may belong to what it begins.
    fn opens(&self, keyword: Keyword) -> bool {
        match keyword {
            Keyword::BEGIN | Keyword::DECLARE => true,
            // A body that is no string goes on to the end of the batch.
            Keyword::PROCEDURE | Keyword::FUNCTION | Keyword::TRIGGER | Keyword::PACKAGE => {
                self.grammar.generic || self.grammar.is_tsql() || self.grammar.is(&["oracle", "mysql"])
            }
            _ => false,
        }
    }
}

impl Iterator for Windows<'_> {
    type Item = Window;

    fn next(&mut self) -> Option<Window> {
        let (text, begun) = (&self.source.text, self.at);
        if begun == text.len() {
            return None;
        }
        let mut broken = None;
        let mut tokens = Tokens::default();
        if self.are_many() {
            loop {
                self.take_part(&mut tokens, begun);
                // Data ends parts that are smaller.
                if self.at == text.len() || self.at - begun >= self.size && self.rests(&tokens) {
                    break;
                }
                if self.at - begun >= self.most {
                    broken = Some(self.line);
                    break;
                }
            }
            tokens.settle(self.grammar);
            tokens.match_brackets();
        } else {
            tokens = Tokens::read(text, self.grammar, 0, 1);
            self.at = text.len();
        }
        let holes = &self.source.holes;
        let holes = &holes[holes.partition_point(|h| h.start < begun)..holes.partition_point(|h| h.start < self.at)];
        tokens.fill(holes, text, self.grammar, 0);
        Some(Window { tokens, broken })
    }
}

/// Whether these tokens are the BEGIN of no body.
fn begins_transaction(tokens: &[Tok]) -> bool {
    match tokens {
        [Tok { token: Token::Word(Word { keyword: Keyword::BEGIN, .. }), .. }, next, ..] => match &next.token {
            Token::SemiColon => true,
            Token::Word(Word { keyword, .. }) => {
                matches!(
                    keyword,
                    Keyword::TRAN | Keyword::TRANSACTION | Keyword::WORK | Keyword::IMMEDIATE | Keyword::EXCLUSIVE | Keyword::DEFERRED
                )
            }
            _ => false,
        },
        _ => false,
    }
}

/// Where a part ends that is to reach to `least`: where a line begins a statement, or the nearest line or character where none does for `far`
/// bytes.
fn next_start(text: &str, least: usize, far: usize) -> usize {
    let most = text.ceil_char_boundary(least + far);
    let least = text.ceil_char_boundary(least);
    // From the begin of a line on.
    let line = text[..least].rfind('\n').map_or(0, |at| at + 1);
    let start = piece_starts(&text[line..most]).map(|start| line + start).find(|start| *start >= least);
    start.or_else(|| text[least..most].find('\n').map(|at| least + at + 1)).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lineage::source::prepare;

    const SIZE: usize = 4 << 10;
    const MOST: usize = 16 << 10;

    fn windows(text: &str, dialect: &str) -> (Vec<Window>, Source, Grammar) {
        let grammar = Grammar::choose(dialect, text).0;
        let source = prepare(text, grammar);
        (Windows { size: SIZE, most: MOST, ..Windows::new(&source, grammar) }.collect(), source, grammar)
    }

    #[test]
    fn the_tokens_of_all_windows_are_those_of_the_whole_text() {
        for (dialect, piece) in [
            ("postgres", "CREATE VIEW v AS SELECT a, 'it''s;\nINSERT' FROM t WHERE b IN (1, 2) -- no; end\n;\n"),
            ("postgres", "/* INSERT;\n\nSELECT */ SELECT $x$ a;\nSELECT b; $x$;\nSELECT 1;\n"),
            ("tsql", "SELECT a\nFROM t\n\nCREATE VIEW v AS SELECT é FROM u\nGO\n"),
            ("mysql", "SELECT 1;\n\n\n"),
            ("snowflake", "COPY INTO t FROM @stage/a/b.csv;\n"),
            ("postgres", &("INSERT INTO t VALUES (1);\n".repeat(1_200) + "SELECT 'a;\nSELECT' FROM t;\n")),
        ] {
            let text = piece.repeat((4 * SIZE / piece.len()).max(1));
            let (windows, source, grammar) = windows(&text, dialect);
            let whole = Tokens::read(&source.text, grammar, 0, 1);
            assert!(windows.len() > 1 && windows.iter().all(|w| w.broken.is_none()), "{piece}: {}", windows.len());
            let all: Vec<_> = windows.iter().flat_map(|w| &w.tokens.list).collect();
            assert_eq!(all.len(), whole.list.len(), "{piece}");
            let place = |t: &crate::lineage::token::Tok| (t.start, t.end, t.line, t.line_end);
            assert!(all.iter().zip(&whole.list).all(|(a, b)| a.token == b.token && place(a) == place(b)), "{piece}");
        }
    }

    #[test]
    fn a_window_ends_where_nothing_is_open_or_says_that_it_had_to_end() {
        for (dialect, piece, broken) in [
            // What stands in a procedure goes on until its batch ends.
            ("tsql", "CREATE PROCEDURE p AS SELECT 1;\nINSERT INTO t SELECT a FROM u;\nGO\n", false),
            ("tsql", "CREATE PROCEDURE p AS SELECT 1;\nINSERT INTO t SELECT a FROM u;\n", true),
            ("bigquery", "BEGIN\nINSERT INTO t SELECT a FROM u;\nEND;\n", true),
            ("sqlite", "BEGIN TRANSACTION;\nINSERT INTO t SELECT a FROM u;\nCOMMIT;\nBEGIN;\n", false),
            ("postgres", "CREATE FUNCTION f() RETURNS int AS $$ BEGIN; END $$ LANGUAGE plpgsql;\n", false),
            ("postgres", "SELECT (\n\n", true),
            ("postgres", "'", true),
        ] {
            let text = piece.repeat((MOST + 2 * SIZE) / piece.len());
            let (windows, ..) = windows(&text, dialect);
            assert_eq!(windows.iter().any(|w| w.broken.is_some()), broken, "{piece}");
            assert!(windows.len() > 1, "{piece}");
        }
    }
}
