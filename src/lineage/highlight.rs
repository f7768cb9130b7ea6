//! What each part of a SQL text is, for who shows it in colours: by the tokens that lineage is read from.

use super::dialect::Grammar;
use super::source::prepare;
use super::token::Tokens;
use serde::Serialize;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

/// What a part of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A word of the language.
    Keyword,
    /// A literal in quotes.
    String,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// A name in quotes.
    Name,
}

/// A part that is something: byte offsets, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its first byte.
    pub start: usize,
    /// One past its last.
    pub end: usize,
    /// What it is.
    pub class: Class,
}

/// Words of the language that are more often names.
const NAMES: [&str; 34] = [
    "ACTION",
    "ADMIN",
    "CATEGORY",
    "CODE",
    "CONTENT",
    "COST",
    "COUNT",
    "DATA",
    "DESCRIPTION",
    "EMAIL",
    "EVENT",
    "FORMAT",
    "ID",
    "KEY",
    "LABEL",
    "LEVEL",
    "LOCATION",
    "NAME",
    "NOTE",
    "OWNER",
    "PERIOD",
    "POSITION",
    "PRIORITY",
    "REGION",
    "ROLE",
    "SCHEMA",
    "SOURCE",
    "STATUS",
    "SYMBOL",
    "TAG",
    "TARGET",
    "TYPE",
    "VALUE",
    "VERSION",
];

/// The parts of `text` in order, none overlapping; blanks, plain names and signs are in none. `dialect` is an id or `auto`.
pub fn parts(text: &str, dialect: &str) -> Vec<Part> {
    let (grammar, _) = Grammar::choose(dialect, text);
    let mut out = Vec::new();
    read(&prepare(text, grammar).text, text, grammar, 0, true, &mut out);
    out
}

/// Reads `readable`, which is `text` for the tokeniser; both begin at `offset` of the whole.
fn read(readable: &str, text: &str, grammar: Grammar, offset: usize, outermost: bool, out: &mut Vec<Part>) {
    let tokens = Tokens::read(readable, grammar, 0, 1).list;
    let mut done = 0;
    for (at, tok) in tokens.iter().enumerate() {
        let (start, end) = (tok.start as usize, tok.end as usize);
        comments(text, done, start, offset, out);
        // Tokens put in for one that was written stand where it does.
        done = done.max(end);
        let dotted = |next: Option<&super::token::Tok>| next.is_some_and(|t| t.token == Token::Period);
        let class = match &tok.token {
            Token::Word(word) if word.quote_style.is_some() => Class::Name,
            Token::Word(word) if word.keyword != Keyword::NoKeyword => {
                let name = NAMES.contains(&&*word.value.to_ascii_uppercase()) && !after_create(&tokens, at);
                if name || dotted(tokens.get(at + 1)) || at > 0 && dotted(tokens.get(at - 1)) {
                    continue;
                }
                Class::Keyword
            }
            Token::Number(..) => Class::Number,
            // The body of a routine.
            Token::DollarQuotedString(body) if outermost => {
                if let Some(inner) = text.get(start..end).and_then(|whole| whole.find(&body.value)) {
                    let (from, to) = (start + inner, start + inner + body.value.len());
                    read(&text[from..to], &text[from..to], grammar, offset + from, false, out);
                }
                continue;
            }
            token if is_string(token) => Class::String,
            _ => continue,
        };
        if out.last().is_none_or(|last| last.end <= offset + start) && start < end {
            out.push(Part { start: offset + start, end: offset + end, class });
        }
    }
    comments(text, done, text.len(), offset, out);
}

/// `CREATE SCHEMA`, `DROP ROLE`, `PRIMARY KEY`: words before which a name of [`NAMES`] is none.
fn after_create(tokens: &[super::token::Tok], at: usize) -> bool {
    let before = at.checked_sub(1).map(|at| &tokens[at].token);
    matches!(before, Some(Token::Word(w)) if matches!(
        w.keyword,
        Keyword::CREATE | Keyword::ALTER | Keyword::DROP | Keyword::PRIMARY | Keyword::FOREIGN | Keyword::UNIQUE
    ))
}

fn is_string(token: &Token) -> bool {
    use Token::{
        DoubleQuotedString, EscapedStringLiteral, HexStringLiteral, NationalStringLiteral, SingleQuotedByteStringLiteral,
        SingleQuotedString, TripleDoubleQuotedString, TripleSingleQuotedString, UnicodeStringLiteral,
    };
    matches!(
        token,
        SingleQuotedString(_)
            | DoubleQuotedString(_)
            | NationalStringLiteral(_)
            | EscapedStringLiteral(_)
            | UnicodeStringLiteral(_)
            | HexStringLiteral(_)
            | SingleQuotedByteStringLiteral(_)
            | TripleSingleQuotedString(_)
            | TripleDoubleQuotedString(_)
    )
}

/// Finds comments between two tokens.
fn comments(text: &str, from: usize, to: usize, offset: usize, out: &mut Vec<Part>) {
    let Some(gap) = text.get(from..to.max(from)) else { return };
    let mut at = 0;
    // For any of their first characters: looking for each mark by itself goes to the end for every one that is not there.
    while let Some(found) = gap[at..].find(['-', '/', '#']) {
        let start = at + found;
        let rest = &gap[start..];
        let length = match &rest.as_bytes()[..rest.len().min(2)] {
            b"/*" => rest.find("*/").map(|end| end + 2),
            b"--" | [b'#', ..] => rest.find('\n'),
            _ => {
                at = start + 1;
                continue;
            }
        };
        at = start + length.unwrap_or(rest.len());
        out.push(Part { start: offset + from + start, end: offset + from + at, class: Class::Comment });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Each part as the first letter of its class and its text.
    fn shown(dialect: &str, text: &str) -> String {
        let parts = parts(text, dialect);
        parts.iter().map(|p| format!("{}:{}", &format!("{:?}", p.class)[..1], &text[p.start..p.end])).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_part_of_a_statement_is_named() {
        for (dialect, text, want) in [
            ("postgres", "SELECT a.name, 'x', 1.5 FROM \"T\" -- end", "K:SELECT S:'x' N:1.5 K:FROM N:\"T\" C:-- end"),
            ("tsql", "select [Order Key] /* é\n */ from dbo.[T]\nGO", "K:select N:[Order Key] C:/* é\n */ K:from N:[T]"),
            // A name after a dot is no keyword, and `name` hardly ever is.
            ("postgres", "SELECT x.select, name FROM t", "K:SELECT K:FROM"),
            ("postgres", "CREATE SCHEMA s; PRIMARY KEY", "K:CREATE K:SCHEMA K:PRIMARY K:KEY"),
            ("postgres", "AS $$ BEGIN -- x\n END $$ LANGUAGE plpgsql", "K:AS K:BEGIN C:-- x K:END K:LANGUAGE"),
            // An open quote costs what comes after it, not what stood before.
            ("tsql", "SELECT 1;\n\nSELECT 'unclosed\n\nSELECT 2", "K:SELECT N:1 K:SELECT K:SELECT N:2"),
            ("mysql", "# only a comment", "C:# only a comment"),
            ("postgres", "", ""),
        ] {
            assert_eq!(shown(dialect, text), want, "{text}");
        }
    }

    /// Were each comment to look through all that comes after it, this would take hours.
    #[test]
    fn comments_without_end_are_passed_once() {
        for comment in ["--\n", "# x\n", "/**/", "- /\n"] {
            let text = comment.repeat((1 << 20) / comment.len());
            let comments = text.len() / comment.len() * usize::from(comment != "- /\n");
            let found = parts(&text, "mysql").iter().filter(|part| part.class == Class::Comment).count();
            assert_eq!(found, comments, "{comment:?}");
        }
    }

    proptest! {
        #![proptest_config(crate::properties::config())]

        #[test]
        fn parts_are_in_order_and_stand_between_characters(text in "[-a-z'\"$#/*é\n;(). ]{0,60}", at in 0usize..4) {
            let mut end = 0;
            for part in parts(&text, ["auto", "tsql", "postgres", "mysql"][at]) {
                prop_assert!(end <= part.start && part.start < part.end, "{part:?} in {text:?}");
                prop_assert!(text.get(part.start..part.end).is_some(), "{part:?} in {text:?}");
                end = part.end;
            }
        }
    }
}
