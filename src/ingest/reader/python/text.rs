//! A string as far as a script's text tells it: known characters, holes, and the line that each of its lines stands on.

/// Opens a hole in a text: what follows, up to [`HOLE_END`], is an expression of the script (`{schema}` in an f-string).
/// Both are private-use characters, which no source text needs.
pub const HOLE: char = '\u{E000}';
/// Closes a hole.
pub const HOLE_END: char = '\u{E001}';

/// A string's value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// Escapes are read; expressions that only running the script tells stand between [`HOLE`] and [`HOLE_END`].
    pub text: String,
    /// For each line of `text`, the 1-based line of the file it stands on.
    pub lines: Vec<u32>,
    /// The bytes of the file that hold the (first) literal.
    pub bytes: (u32, u32),
    /// The literals that it is made of.
    pub literals: Vec<usize>,
}

impl Text {
    /// One line's worth of text.
    pub fn on(line: u32, text: &str) -> Text {
        let mut made = Text { lines: vec![line], ..Text::default() };
        text.chars().for_each(|c| made.push(c, line));
        made
    }

    /// The line it begins on.
    pub fn line(&self) -> u32 {
        self.lines.first().copied().unwrap_or(1)
    }

    /// How much of it copying copies, in bytes and numbers.
    pub fn size(&self) -> usize {
        self.text.len() + self.literals.len()
    }

    /// Appends a character; after a line end, `line` is where the next begins.
    pub fn push(&mut self, c: char, line: u32) {
        self.text.push(c);
        if c == '\n' {
            self.lines.push(line);
        }
    }

    /// Appends what stands on its own lines. Between words a line end is put, so that both parts keep their lines.
    pub fn join(&mut self, other: &Text) {
        if self.lines.is_empty() {
            self.lines.push(other.line());
        }
        if self.lines.last() != other.lines.first() {
            self.part(&other.text, other.line());
        }
        self.text.push_str(&other.text);
        self.lines.extend(other.lines.iter().skip(1));
        self.literals.extend(&other.literals);
        self.bytes.1 = self.bytes.1.max(other.bytes.1);
    }

    /// Ends the line where no word would be cut.
    fn part(&mut self, next: &str, line: u32) {
        let within = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace() && !"(),;=".contains(c));
        if !(within(self.text.chars().next_back()) && within(next.chars().next())) {
            self.push('\n', line);
        }
    }

    /// A part of the text that stands on the line of its surroundings: what holes and fields are filled with.
    pub fn fill(&mut self, other: &Text, here: u32) {
        if other.lines.len() < 2 {
            self.text.push_str(&other.text);
        } else {
            // Several lines keep theirs; a comment at their end must not swallow what comes after.
            self.push('\n', other.line());
            self.text.push_str(&other.text);
            self.lines.extend(other.lines.iter().skip(1));
            self.push('\n', here);
        }
        self.literals.extend(&other.literals);
    }

    /// The same with its holes filled by `value` where it knows one.
    pub fn filled(&self, value: &mut dyn FnMut(&str) -> Option<std::rc::Rc<Text>>) -> Text {
        let mut made = Text { bytes: self.bytes, literals: self.literals.clone(), lines: vec![self.line()], ..Text::default() };
        let mut scan = Scan::new(self);
        while let Some(c) = scan.next() {
            if c != HOLE {
                made.push(c, scan.line());
                continue;
            }
            let expression = scan.until(HOLE_END);
            match value(hole_name(&expression)) {
                Some(text) => made.fill(&text, scan.line()),
                None => made.hole(&expression),
            }
        }
        made
    }

    /// The same with the fields of `str.format` (`{}`, `{0}`, `{name}`) filled by `value`, which is given a field's name or place.
    pub fn formatted(&self, value: &dyn Fn(&str) -> Option<std::rc::Rc<Text>>) -> Text {
        let mut made = Text { bytes: self.bytes, literals: self.literals.clone(), lines: vec![self.line()], ..Text::default() };
        let mut scan = Scan::new(self);
        let mut place = 0;
        while let Some(c) = scan.next() {
            match c {
                '{' | '}' if scan.peek() == Some(c) => {
                    scan.next();
                    made.push(c, scan.line());
                }
                '{' => {
                    let field = scan.until('}');
                    let mut key = field.split(['!', ':']).next().unwrap_or("").trim().to_owned();
                    if key.is_empty() {
                        key = place.to_string();
                        place += 1;
                    }
                    match value(&key) {
                        Some(text) => made.fill(&text, scan.line()),
                        None => made.hole(&key),
                    }
                }
                c => made.push(c, scan.line()),
            }
        }
        made
    }

    /// The same with the fields of `%` (`%s`, `%(name)s`) filled by `value`, which is given a field's name or place.
    pub fn percent(&self, value: &dyn Fn(&str) -> Option<std::rc::Rc<Text>>) -> Text {
        let mut made = Text { bytes: self.bytes, literals: self.literals.clone(), lines: vec![self.line()], ..Text::default() };
        let mut scan = Scan::new(self);
        let mut place = 0;
        while let Some(c) = scan.next() {
            let Some((name, length)) = (c == '%').then(|| parameter(scan.rest())).flatten() else {
                if c == '%' && scan.peek() == Some('%') {
                    scan.next();
                }
                made.push(c, scan.line());
                continue;
            };
            let key = name.map(str::to_owned).unwrap_or_else(|| {
                place += 1;
                (place - 1).to_string()
            });
            for _ in 0..length {
                scan.next();
            }
            match value(&key) {
                Some(text) => made.fill(&text, scan.line()),
                None => made.hole(&key),
            }
        }
        made
    }

    /// Appends a hole.
    pub fn hole(&mut self, expression: &str) {
        self.text.push(HOLE);
        self.text.extend(expression.chars().filter(|c| !matches!(*c, '\n' | HOLE | HOLE_END)));
        self.text.push(HOLE_END);
    }
}

/// What a hole names: `{a!r:>9}` is filled by `a`.
pub fn hole_name(expression: &str) -> &str {
    expression.split(['!', ':']).next().unwrap_or("").trim()
}

/// What follows the `%` of a driver's or format's parameter: its name (`%(name)s`), and how many characters it takes.
pub fn parameter(after: &str) -> Option<(Option<&str>, usize)> {
    let (name, rest) = match after.strip_prefix('(') {
        Some(named) => {
            let end = named.bytes().take(MAX_PARAMETER).position(|b| b == b')')?;
            (named.get(..end), named.get(end + 1..)?)
        }
        None => (None, after),
    };
    let rest = rest.strip_prefix(['s', 'd', 'i', 'r', 'f'])?;
    let whole = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    whole.then(|| (name, after[..after.len() - rest.len()].chars().count()))
}

/// Longest name of a parameter: text that opens brackets without end must not be searched to its end for each.
const MAX_PARAMETER: usize = 256;

/// Characters of a text, and the file's line of the one read last.
struct Scan<'a> {
    of: &'a Text,
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    at: usize,
    line: usize,
}

impl<'a> Scan<'a> {
    fn new(of: &'a Text) -> Self {
        Scan { of, chars: of.text.chars().peekable(), at: 0, line: 0 }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        self.at += c.len_utf8();
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().copied()
    }

    fn rest(&self) -> &'a str {
        &self.of.text[self.at..]
    }

    /// The line on which the next character stands.
    fn line(&self) -> u32 {
        self.of.lines.get(self.line).or(self.of.lines.last()).copied().unwrap_or(1)
    }

    /// What stands before the next `close`, which is taken too.
    fn until(&mut self, close: char) -> String {
        let mut taken = String::new();
        while let Some(c) = self.next().filter(|c| *c != close) {
            taken.push(c);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn what_fills_a_text_keeps_its_lines() {
        let mut text = Text::on(7, "SELECT a FROM (");
        text.hole("q");
        text.text.push_str(") x");
        let query = Text { text: "SELECT b\nFROM t -- c".into(), lines: vec![2, 3], ..Text::default() };
        let filled = text.filled(&mut |name| (name == "q").then(|| Rc::new(query.clone())));
        assert_eq!((filled.text.as_str(), &filled.lines[..]), ("SELECT a FROM (\nSELECT b\nFROM t -- c\n) x", &[7, 2, 3, 7][..]));
    }

    #[test]
    fn joined_texts_are_parted_between_words_only() {
        let mut text = Text::on(1, "SELECT a FROM s");
        text.join(&Text::on(2, "ch.t "));
        text.join(&Text::on(3, "WHERE b"));
        assert_eq!((text.text.as_str(), &text.lines[..]), ("SELECT a FROM sch.t \nWHERE b", &[1, 3][..]));
    }

    #[test]
    fn fields_are_filled_by_name_and_by_place_and_what_is_not_known_stays_a_hole() {
        let known = |key: &str| (key == "0" || key == "n").then(|| Rc::new(Text::on(1, "x")));
        for (text, expected) in [("{} {} {n!r} {{n}} {m:>3}", "x <1> x {n} <m>"), ("{0}{", "xx")] {
            let shown = Text::on(1, text).formatted(&known).text.replace(HOLE, "<").replace(HOLE_END, ">");
            assert_eq!(shown, expected, "{text}");
        }
        for (text, expected) in [("%s %s %(n)s %% %(m)s 5%", "x <1> x % <m> 5%"), ("%(n", "%(n"), ("%sx", "%sx")] {
            let shown = Text::on(1, text).percent(&known).text.replace(HOLE, "<").replace(HOLE_END, ">");
            assert_eq!(shown, expected, "{text}");
        }
    }
}
