//! The words of a question: what is quoted is one, and dots hold the parts of a name together.

use crate::chat::intent::is_question_word;
use crate::graph::quoted as quoted_part;

/// Words of a question looked at: a longer one is a text, and its names are found by search.
const MAX_WORDS: usize = 400;

/// Words that a name never is unless it is quoted, beside those of the rules.
pub(super) const STOP: &[&str] = &[
    "a",
    "about",
    "also",
    "am",
    "an",
    "and",
    "any",
    "as",
    "ask",
    "at",
    "be",
    "been",
    "but",
    "could",
    "did",
    "either",
    "ever",
    "exact",
    "few",
    "had",
    "hello",
    "help",
    "her",
    "hers",
    "hi",
    "his",
    "i",
    "let",
    "like",
    "many",
    "may",
    "me",
    "might",
    "more",
    "much",
    "must",
    "no",
    "now",
    "of",
    "off",
    "ok",
    "once",
    "one",
    "only",
    "or",
    "other",
    "own",
    "please",
    "really",
    "shall",
    "so",
    "some",
    "still",
    "such",
    "than",
    "thank",
    "thanks",
    "the",
    "their",
    "then",
    "these",
    "they",
    "those",
    "too",
    "two",
    "up",
    "us",
    "very",
    "was",
    "we",
    "well",
    "were",
    "who",
    "whom",
    "whose",
    "why",
    "without",
    "yes",
    "you",
    "your",
    "not",
    "data",
    "database",
    "schema",
    "within",
    "directly",
    "indirectly",
    "shortest",
    "report",
    "reports",
    "project",
    "repository",
    "each",
    "every",
    "where",
    "aren't",
    "can't",
    "cannot",
    "couldn't",
    "currently",
    "didn't",
    "doesn't",
    "don't",
    "except",
    "excluding",
    "hasn't",
    "haven't",
    "here",
    "i'd",
    "i'm",
    "isn't",
    "outside",
    "same",
    "there",
    "today",
    "wasn't",
    "weren't",
    "won't",
    "wouldn't",
    "again",
    "already",
    "anywhere",
    "somewhere",
    "elsewhere",
    "ones",
    "yet",
    "curious",
    "going",
    "plan",
    "planning",
    "think",
    "thinking",
    "trying",
    "want",
    "wants",
    "wonder",
    "wondering",
];

/// A word as it stands.
pub(super) struct Token {
    /// Without its quotes.
    pub(super) text: String,
    /// The same, lower-case.
    pub(super) lower: String,
    /// Whether some of it was in quotes.
    pub(super) quoted: bool,
}

impl Token {
    /// Spelt as only identifiers are: dotted, with an underscore, a digit, or a capital inside.
    pub(super) fn is_name_like(&self) -> bool {
        let bare = !self.quoted;
        let inner_capital = self.text.as_bytes().windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
        let letters = self.text.chars().any(char::is_alphabetic);
        let digit = self.text.chars().any(|c| c.is_ascii_digit());
        !bare || letters && (self.text.contains(['.', '_', '$', '#']) || inner_capital || digit)
    }

    /// Not a name, unless something else says so.
    pub(super) fn is_plain_word(&self) -> bool {
        !self.quoted && (STOP.contains(&self.lower.as_str()) || is_question_word(&self.lower))
    }
}

/// The words, as many as are looked at.
pub(super) fn tokens(question: &str) -> Vec<Token> {
    // "Column(s)" is columns, and "a & b" is a and b.
    let question = question.replace("(s)", "s").replace(" & ", " and ").replace(" + ", " and ");
    let chars: Vec<char> = question.chars().collect();
    let mut tokens = Vec::new();
    // What closes no quote from here to the end: a question may be all brackets.
    let mut unclosed: Vec<char> = Vec::new();
    let mut i = 0;
    while i < chars.len() && tokens.len() < MAX_WORDS {
        let (start, mut text, mut quoted) = (i, String::new(), 0);
        let arrow = arrow(&chars[i..]);
        if arrow > 0 {
            tokens.push(Token { text: "to".into(), lower: "to".into(), quoted: false });
            i += arrow;
            continue;
        }
        loop {
            let c = chars.get(i).copied().unwrap_or(' ');
            let fresh = text.is_empty() || text.ends_with('.');
            let closing = match c {
                '"' | '`' => Some(c),
                '[' => Some(']'),
                '\'' if fresh && (i == 0 || !chars[i - 1].is_alphanumeric()) => Some('\''),
                '“' => Some('”'),
                _ => None,
            };
            let part = closing.filter(|close| fresh && !unclosed.contains(close)).and_then(|close| {
                let part = quoted_part(&chars[i + 1..], close);
                unclosed.extend(Some(close).filter(|_| part.is_none()));
                part
            });
            if i < chars.len() && self::arrow(&chars[i..]) > 0 {
                break;
            }
            if let Some((part, length)) = part
                && !part.is_empty()
            {
                text.push_str(&part);
                quoted = text.len();
                i += 1 + length;
            } else if is_name_char(c)
                || (c == '\'' || c == '’') && !text.is_empty() && chars.get(i + 1).is_some_and(|n| n.is_alphanumeric())
            {
                text.push(if c == '’' { '\'' } else { c });
                i += 1;
            } else {
                break;
            }
        }
        if i == start {
            i += 1;
            continue;
        }
        let (length, end, quoted) = (text.len(), quoted, quoted > 0);
        let text = if quoted {
            &text[..text.trim_end_matches(['.', ':']).len().max(end)]
        } else {
            text.trim_matches(['.', '-', '/', '\'', '#', ':'])
        };
        let whole = text;
        // "**orders**" is Markdown for emphasis, and no pattern.
        let text = text.strip_prefix("**").and_then(|rest| rest.strip_suffix("**")).filter(|_| !quoted).unwrap_or(text);
        // Within quotes it is part of the name.
        let text = text.strip_suffix("'s").filter(|_| length > end).unwrap_or(text);
        let asks = |word: &str| ["what", "where", "who", "when", "how"].iter().any(|w| w.eq_ignore_ascii_case(word));
        // "Whats", and not "orders".
        let text = text.strip_suffix(['s', 'S']).filter(|word| !quoted && asks(word)).unwrap_or(text);
        if !text.is_empty() {
            tokens.push(Token { text: text.to_owned(), lower: text.to_lowercase(), quoted });
        }
        // "Where's", and not "orders's".
        if whole != text && asks(text) {
            tokens.push(Token { text: "is".into(), lower: "is".into(), quoted });
        }
    }
    tokens
}

/// Of how many letters the arrow is that a text begins with: "raw.orders -> marts.sales".
fn arrow(chars: &[char]) -> usize {
    match chars {
        ['-' | '=', '>', ..] => 2,
        ['→', ..] => 1,
        _ => 0,
    }
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '#' | '@' | '-' | '/' | '*' | '%' | ':')
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_quote_within_quotes_is_part_of_the_name() {
        let texts = |question: &str| super::tokens(question).into_iter().map(|t| t.text).collect::<Vec<_>>();
        for (question, name) in [
            (r#"what columns does "a""b" have?"#, r#"a"b"#),
            ("what columns does [tä.b''le].[x\"y].[c.d] have?", "tä.b''le.x\"y.c.d"),
            ("what columns does [a]]b].c have?", "a]b.c"),
            ("what columns does 'orders' have?", "orders"),
            (r#"what columns does "it's" have?"#, "it's"),
            (r#"what are the "orders"'s columns"#, "orders"),
            ("what columns has [raw].[orders]: tell", "raw.orders"),
            ("what columns has \"a:\" got", "a:"),
        ] {
            assert_eq!(texts(question)[3], name, "{question}");
        }
    }
}
