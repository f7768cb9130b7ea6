//! As much of Python's lexis as finding SQL in it takes: names, string literals, punctuation, logical lines.

/// Opens a hole in a literal's text: what follows, up to [`HOLE_END`], is an expression of the script (`{schema}` in an f-string).
/// Both are private-use characters, which no source text needs.
pub const HOLE: char = '\u{E000}';
/// Closes a hole.
pub const HOLE_END: char = '\u{E001}';

/// A piece of a logical line.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A name with its attributes, `pd.read_sql`; begins with a dot when it continues a call or a subscript.
    Name(String, u32),
    /// A string literal.
    Text(Literal),
    /// Any other visible character.
    Punct(char),
}

/// A string literal's value, with the script's line of each of its lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Literal {
    /// The value: escapes read, expressions of f-strings between [`HOLE`] and [`HOLE_END`].
    pub text: String,
    /// For each line of `text`, the 1-based line of the script it stands on.
    pub lines: Vec<u32>,
    /// Byte offset of the literal in the script.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

impl Literal {
    fn push(&mut self, c: char, line: u32) {
        self.text.push(c);
        if c == '\n' {
            self.lines.push(line);
        }
    }

    /// Appends a neighbour (`"a" "b"`, `"a" + "b"`); on another line of the script it starts a line of its own.
    pub fn append(&mut self, other: &Literal) {
        if self.lines.last() != other.lines.first() {
            self.push('\n', other.lines.first().copied().unwrap_or_default());
        }
        self.text.push_str(&other.text);
        self.lines.extend(other.lines.iter().skip(1));
        self.end = other.end;
    }
}

/// Splits a script into logical lines (brackets and backslashes join lines, `;` parts them). Never fails: what is not closed ends
/// with the text.
pub fn logical_lines(text: &str) -> Vec<Vec<Token>> {
    let mut scan = Scan { text, at: 0, line: 1 };
    let mut lines = Vec::new();
    let mut current = Vec::new();
    let mut depth = 0usize;
    while let Some(c) = scan.peek() {
        match c {
            '#' => scan.skip_while(|c| c != '\n'),
            '\\' => {
                scan.next();
                scan.next();
            }
            '\n' | ';' => {
                scan.next();
                if depth == 0 && !current.is_empty() {
                    lines.push(std::mem::take(&mut current));
                }
            }
            '"' | '\'' => current.push(Token::Text(scan.literal("", scan.at))),
            c if c.is_alphabetic() || c == '_' => {
                let (start, line) = (scan.at, scan.line);
                let name = scan.name();
                match scan.peek() {
                    Some('"' | '\'') if is_prefix(name) => current.push(Token::Text(scan.literal(name, start))),
                    _ => current.push(Token::Name(scan.dotted(name.to_owned()), line)),
                }
            }
            '.' => {
                let line = scan.line;
                let name = scan.dotted(String::new());
                if name.is_empty() {
                    scan.next();
                } else {
                    current.push(Token::Name(name, line));
                }
            }
            c => {
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                scan.next();
                if c.is_numeric() {
                    scan.skip_while(|c| c.is_alphanumeric() || c == '.' || c == '_');
                }
                if !c.is_whitespace() {
                    current.push(Token::Punct(c));
                }
            }
        }
    }
    if !current.is_empty() {
        lines.push(current);
    }
    lines
}

fn is_prefix(name: &str) -> bool {
    name.len() <= 2 && name.chars().all(|c| "rRbBuUfFtT".contains(c))
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        self.line += u32::from(c == '\n');
        Some(c)
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&keep) {
            self.next();
        }
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.text[self.at..].starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn name(&mut self) -> &'a str {
        let start = self.at;
        self.skip_while(|c| c.is_alphanumeric() || c == '_');
        &self.text[start..self.at]
    }

    /// Takes `.name` as often as it stands here.
    fn dotted(&mut self, mut name: String) -> String {
        while self.text[self.at..].starts_with('.')
            && self.text[self.at + 1..].chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
        {
            self.at += 1;
            name.push('.');
            name.push_str(self.name());
        }
        name
    }

    fn literal(&mut self, prefix: &str, start: usize) -> Literal {
        let raw = prefix.contains(['r', 'R']);
        let holes = prefix.contains(['f', 'F', 't', 'T']);
        let quote = if self.peek() == Some('"') { "\"" } else { "'" };
        let long = quote.repeat(3);
        let triple = self.eat(&long);
        let close = if triple {
            long.as_str()
        } else {
            self.at += 1;
            quote
        };
        let mut literal = Literal { lines: vec![self.line], start, ..Literal::default() };
        while let Some(c) = self.peek() {
            if self.eat(close) {
                break;
            }
            if c == '\n' && !triple {
                break;
            }
            self.next();
            match c {
                '\\' if !raw => {
                    let Some(escaped) = self.next() else { break };
                    match escaped {
                        '\n' => literal.push('\n', self.line),
                        'n' => literal.push('\n', self.line),
                        't' | 'r' => literal.push(' ', self.line),
                        other => literal.push(other, self.line),
                    }
                }
                '{' | '}' if holes && self.peek() == Some(c) => {
                    self.next();
                    literal.push(c, self.line);
                }
                '{' if holes => {
                    let expression = self.hole(close);
                    literal.text.push(HOLE);
                    literal.text.extend(expression.chars().filter(|c| *c != '\n'));
                    literal.text.push(HOLE_END);
                }
                c => literal.push(c, self.line),
            }
        }
        literal.end = self.at;
        literal
    }

    /// The expression of a hole, past its closing brace. Strings inside are skipped; they may hold braces, and, since 3.12, quotes.
    fn hole(&mut self, close: &str) -> &'a str {
        let start = self.at;
        let mut depth = 1;
        while let Some(c) = self.peek() {
            if close.len() == 1 && c == '\n' {
                break;
            }
            self.next();
            match c {
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        return &self.text[start..self.at - 1];
                    }
                }
                '"' | '\'' => {
                    self.skip_while(|other| other != c && other != '\n');
                    if self.peek() == Some(c) {
                        self.next();
                    }
                }
                _ => {}
            }
        }
        &self.text[start..self.at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A script; the text and lines of its literals.
    type Case = (&'static str, &'static [(&'static str, &'static [u32])]);

    fn literals(text: &str) -> Vec<(String, Vec<u32>)> {
        logical_lines(text)
            .into_iter()
            .flatten()
            .filter_map(|t| match t {
                Token::Text(l) => Some((l.text, l.lines)),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn literals_keep_the_line_each_of_their_lines_stands_on() {
        let cases: [Case; 9] = [
            ("x = 'a'", &[("a", &[1])]),
            ("\nx = \"\"\"a\nb\"\"\" # 'no'\ny = 'c'", &[("a\nb", &[2, 3]), ("c", &[4])]),
            ("x = 'a\\nb'", &[("a\nb", &[1, 1])]),
            ("x = r'a\\nb'", &[("a\\nb", &[1])]),
            ("x = f'{s}.t {{}}'", &[("\u{E000}s\u{E001}.t {}", &[1])]),
            ("x = f'{d[\"k\"]}'", &[("\u{E000}d[\"k\"]\u{E001}", &[1])]),
            ("x = 'it\\'s'", &[("it's", &[1])]),
            ("x = 'open\ny = 'b'", &[("open", &[1]), ("b", &[2])]),
            ("x = '''open", &[("open", &[1])]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|(t, l)| (t.to_string(), l.to_vec())).collect();
            assert_eq!(literals(text), expected, "{text}");
        }
    }

    #[test]
    fn brackets_and_backslashes_join_lines() {
        assert_eq!(logical_lines("a(1,\n 2)\nb = \\\n c; d").len(), 3);
    }
}
