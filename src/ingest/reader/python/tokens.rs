//! As much of Python's lexis as finding SQL in it takes: names, string literals, punctuation, logical lines.

use super::text::{HOLE, HOLE_END, Text};

/// A piece of a logical line.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A name with its attributes, `pd.read_sql`; begins with a dot when it continues a call or a subscript.
    Name(String, u32),
    /// A string literal.
    Text(Text),
    /// A number.
    Number(String),
    /// Any other visible character.
    Punct(char),
}

/// What brackets, backslashes and long strings hold together.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Characters of white space before it.
    pub indent: usize,
    /// What stands on it; never nothing.
    pub tokens: Vec<Token>,
    /// Where a long string begins that the text does not close.
    pub open: Option<u32>,
}

/// Tokens kept of one logical line; a longer one is data, of which the rest is passed over.
const MAX_TOKENS: usize = 200_000;

/// The logical lines of a script (brackets and backslashes join lines, `;` parts them). Never fails: what is not closed ends with the text.
pub fn logical_lines(text: &str) -> impl Iterator<Item = Line> + '_ {
    let mut scan = Scan { text, at: 0, line: 1, open: None };
    let mut indent = 0;
    std::iter::from_fn(move || {
        while scan.at < text.len() {
            let mut line = Line { indent, ..Line::default() };
            indent = scan.logical_line(&mut line);
            line.open = scan.open.take();
            if !line.tokens.is_empty() {
                return Some(line);
            }
        }
        None
    })
}

/// Tokens as code: what stood there, up to white space and the kind of quotes.
pub fn written(tokens: &[Token]) -> String {
    let operator = |token: Option<&Token>| matches!(token, Some(Token::Punct(c)) if "+-*/%<>=!&|^~@".contains(*c));
    let mut out = String::new();
    for (n, token) in tokens.iter().enumerate() {
        let before = n.checked_sub(1).map(|n| &tokens[n]);
        let opens = matches!(before, None | Some(Token::Punct('(' | '[' | '{' | '~')));
        // A sign, or the `=` before an argument, stands close to what it belongs to.
        let sign = operator(before) && (n < 2 || operator(tokens.get(n - 2)) || matches!(tokens[n - 2], Token::Punct('(' | '[' | ',')));
        let named = |at: usize| {
            let alone = tokens.get(at) == Some(&Token::Punct('=')) && !operator(tokens.get(at + 1));
            alone && at > 0 && !operator(tokens.get(at - 1))
        };
        let close = match token {
            Token::Punct(')' | ']' | '}' | ',' | ':') => true,
            Token::Punct('(' | '[') => matches!(before, Some(Token::Name(..) | Token::Punct(')' | ']'))),
            Token::Name(name, _) if name.starts_with('.') => true,
            _ => operator(Some(token)) && operator(before),
        };
        if !(opens || close || sign || named(n) || n > 0 && named(n - 1)) {
            out.push(' ');
        }
        match token {
            Token::Name(name, _) => out.push_str(name),
            Token::Number(number) => out.push_str(number),
            Token::Punct(c) => out.push(*c),
            Token::Text(text) => {
                out.push('"');
                out.push_str(&text.text.replace(HOLE, "{").replace(HOLE_END, "}"));
                out.push('"');
            }
        }
    }
    out
}

fn is_prefix(name: &str) -> bool {
    name.len() <= 2 && name.chars().all(|c| "rRbBuUfFtT".contains(c))
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    /// Where a long string begins that is not closed.
    open: Option<u32>,
}

impl<'a> Scan<'a> {
    /// Takes a logical line; how far the next is indented.
    fn logical_line(&mut self, line: &mut Line) -> usize {
        let mut depth = 0usize;
        while let Some(c) = self.peek() {
            let number = self.line;
            let token = match c {
                '#' => {
                    self.skip_while(|c| c != '\n');
                    continue;
                }
                '\\' => {
                    self.next();
                    self.next();
                    continue;
                }
                '\n' | ';' => {
                    self.next();
                    // A bracket left open ends where only a statement can begin.
                    let begins = ["def ", "class ", "import "].iter().any(|word| self.text[self.at..].starts_with(word));
                    if depth == 0 || c == '\n' && begins {
                        return if c == '\n' { self.indent() } else { line.indent };
                    }
                    continue;
                }
                '"' | '\'' => Token::Text(self.literal("", self.at)),
                c if c.is_alphabetic() || c == '_' => {
                    let start = self.at;
                    let name = self.name();
                    match self.peek() {
                        Some('"' | '\'') if is_prefix(name) => Token::Text(self.literal(name, start)),
                        _ => Token::Name(self.dotted(name.to_owned()), number),
                    }
                }
                '.' => {
                    let name = self.dotted(String::new());
                    if name.is_empty() {
                        self.next();
                        continue;
                    }
                    Token::Name(name, number)
                }
                c if c.is_numeric() => {
                    let start = self.at;
                    self.skip_while(|c| c.is_alphanumeric() || c == '.' || c == '_');
                    Token::Number(self.text[start..self.at].to_owned())
                }
                c => {
                    match c {
                        '(' | '[' | '{' => depth += 1,
                        ')' | ']' | '}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    self.next();
                    if c.is_whitespace() {
                        continue;
                    }
                    Token::Punct(c)
                }
            };
            if line.tokens.len() < MAX_TOKENS {
                line.tokens.push(token);
            }
        }
        0
    }

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

    /// Takes white space at the start of a line: how far the line is indented.
    fn indent(&mut self) -> usize {
        let start = self.at;
        self.skip_while(|c| c == ' ' || c == '\t');
        self.at - start
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

    fn literal(&mut self, prefix: &str, start: usize) -> Text {
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
        let mut literal = Text { lines: vec![self.line], ..Text::default() };
        let begins = self.line;
        let mut closed = !triple;
        while let Some(c) = self.peek() {
            if self.eat(close) {
                closed = true;
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
                        // A backslash before a line end joins the lines; what stands on the next is still on that line of the file.
                        '\n' | 'n' => literal.push('\n', self.line),
                        't' | 'r' => literal.push(' ', self.line),
                        other => literal.push(other, self.line),
                    }
                }
                '{' | '}' if holes && self.peek() == Some(c) => {
                    self.next();
                    literal.push(c, self.line);
                }
                '{' if holes => literal.hole(self.hole(close)),
                c => literal.push(c, self.line),
            }
        }
        if !closed {
            self.open.get_or_insert(begins);
        }
        literal.bytes = (start as u32, self.at as u32);
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
            .flat_map(|line| line.tokens)
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
        assert_eq!(logical_lines("a(1,\n 2)\nb = \\\n c; d").count(), 3);
    }
}
