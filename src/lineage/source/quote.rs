//! Where strings end: backslashes that keep a quote from ending one, and the quotes of Oracle that people choose.

use crate::lineage::dialect::Grammar;

/// What a backslash means within quotes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Backslash {
    /// No more than itself.
    Plain,
    /// It escapes, and the tokeniser knows.
    Escapes,
    /// It escapes, and the tokeniser does not know: what escapes a quote becomes another quote, which does so, too.
    Doubles,
    /// PostgreSQL's `E'…'`, of whose codes for characters (`\xE9`) the tokeniser knows some.
    Codes,
    /// BigQuery's `r'…'`: it stays, and keeps the quote after it from ending the string all the same.
    Raw,
}

impl Backslash {
    /// What it means within the quotes that open at `at`; `by_text`: the text shows that it escapes.
    pub(super) fn within(code: &[u8], at: usize, grammar: Grammar, by_text: bool) -> Backslash {
        let single = code[at] == b'\'';
        let prefix = prefix(code, at).to_ascii_lowercase();
        if single && prefix == b"e" && (grammar.generic || grammar.is(&["postgres", "redshift"])) {
            Backslash::Codes
        } else if matches!(prefix.as_slice(), b"r" | b"rb" | b"br") && grammar.is(&["bigquery"]) {
            Backslash::Raw
        } else if single && escapes(grammar) || code[at] == b'"' && escapes(grammar) && !grammar.is(&["snowflake", "redshift"]) {
            Backslash::Escapes
        } else if single && by_text {
            Backslash::Doubles
        } else {
            Backslash::Plain
        }
    }

    /// Writes the backslash at `at` and what follows it so that the tokeniser finds the end of the `quote`.
    pub(super) fn settle(self, text: &mut [u8], at: usize, quote: u8) {
        let Some(next) = text.get(at + 1).copied() else { return };
        match self {
            Backslash::Doubles if next == quote => text[at] = quote,
            Backslash::Codes if matches!(next, b'x' | b'u' | b'U' | b'0'..=b'7') => text[at] = b' ',
            Backslash::Raw if next == quote => text[at + 1] = if quote == b'"' { b'\'' } else { b'"' },
            _ => {}
        }
    }
}

/// Whether a backslash escapes in this dialect's strings.
fn escapes(grammar: Grammar) -> bool {
    grammar.is(&["mysql", "bigquery", "spark", "databricks", "hive", "clickhouse", "redshift", "snowflake"])
}

/// The letters that touch the quote at `at` from before.
fn prefix(code: &[u8], at: usize) -> &[u8] {
    let word = code[..at].iter().rev().take(3).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    &code[at - word..at]
}

/// What ends the `q'[…]'` whose quote stands at `at`, before its last quote.
pub(super) fn chosen(code: &[u8], at: usize, grammar: Grammar) -> Option<u8> {
    let prefix = prefix(code, at).to_ascii_lowercase();
    let known = (grammar.generic || grammar.is(&["oracle"])) && matches!(prefix.as_slice(), b"q" | b"nq");
    let open = code.get(at + 1).filter(|b| known && !b.is_ascii_whitespace())?;
    Some(match open {
        b'[' => b']',
        b'(' => b')',
        b'{' => b'}',
        b'<' => b'>',
        other => *other,
    })
}

/// Whether a backslash escapes in the strings of a text whose dialect does not settle that: a quote stands behind one where no string can end
/// (`it\'s`, `'\''`), and nowhere is one all that a string holds (`'\'`).
pub(crate) fn shows_escapes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let at = |i: usize| bytes.get(i).copied().unwrap_or(b'\n');
    let mut shows = false;
    for (i, _) in text.match_indices("\\'") {
        let before = at(i.wrapping_sub(1));
        let alone = before == b'\'' && at(i.wrapping_sub(2)) != b'\'';
        match at(i + 2) {
            _ if before == b'\\' => {}
            b'\'' => shows |= alone && at(i + 3) != b'\'',
            // No string ends before a letter.
            after if after.is_ascii_alphanumeric() || !after.is_ascii() => shows = true,
            _ if alone => return false,
            _ => {}
        }
    }
    shows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_escapes_where_no_string_could_end_behind_it() {
        for (text, shows) in [
            (r"SELECT 'it\'s'", true),
            (r"SELECT REPLACE(a, '\'', 'x')", true),
            (r"SELECT REPLACE(a, '\', '/')", false),
            (r"SELECT 'C:\', 'it''s'", false),
            (r"SELECT a LIKE '%\_' ESCAPE '\' OR b = 'it\'s'", false),
            (r"SELECT '\\', a", false),
            ("SELECT {{ split(a, \"'\\'\") }}, 'C:\\' AS c, d, 'x' AS e", false),
            (r"SELECT 'caf\'é'", true),
            (r"EXEC ('SELECT a LIKE ''%\'' FROM t')", false),
            ("SELECT '", false),
        ] {
            assert_eq!(shows_escapes(text), shows, "{text}");
        }
    }
}
