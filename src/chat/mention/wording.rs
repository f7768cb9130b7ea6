//! Short forms and turns of speech, in the words of the rules: "w/o" is "without", "who kicks off X" asks who calls it. Said once here, they
//! count in every rule and need no phrase of their own.

use super::token::Token;
use crate::chat::intent::is_kind_word;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What is said, and the words for it: `a|b` is either word; `KINDS`, first or last, is a word for a kind, which stays as it is. Of those
/// that begin alike the longer stand first.
const SAID: &[(&str, &str)] = &[
    ("cols|attrs", "columns"),
    ("col|attr", "column"),
    ("tbls", "tables"),
    ("tbl", "table"),
    ("sp", "procedure"),
    ("sps", "procedures"),
    ("func", "function"),
    ("funcs", "functions"),
    ("stmt", "statement"),
    ("stmts", "statements"),
    ("db", "database"),
    ("pls|plz|kindly", "please"),
    ("u", "you"),
    ("r", "are"),
    ("hw", "how"),
    ("w", "with"),
    ("w/o", "without"),
    ("hey", "hello"),
    ("thx", "thanks"),
    ("e.g|i.e", "such"),
    ("desc", "describe"),
    ("dump", "list"),
    ("gimme", "give me"),
    ("calc", "calculate"),
    ("calcs", "calculations"),
    ("def|defn", "definition"),
    ("defs", "definitions"),
    ("deps", "dependencies"),
    ("src", "source"),
    ("srcs", "sources"),
    ("zero", "no"),
    ("e-mail", "email"),
    ("e-mails", "emails"),
    ("noone|no-one", "nobody"),
    ("no one", "nobody"),
    ("we've", "we have"),
    ("you've", "you have"),
    ("who all", "who"),
    ("what all", "what"),
    ("which all", "which"),
    ("could|can|would someone|somebody", "can you"),
    ("amount|quantity|nr|nbr|num|count of KINDS", "number of KINDS"),
    ("KINDS sitting|resting|standing on|atop", "KINDS on"),
    ("KINDS living|sitting|residing|lying|housed in|inside|within|under", "KINDS in"),
    ("KINDS|reports looking at", "KINDS reading"),
    ("feeder|feeders|upstreams of|for", "sources of"),
    ("derivation of|for", "calculation of"),
    ("erd|er-diagram", "diagram"),
    ("er diagram", "diagram"),
    ("how come", "why"),
    ("kick|kicks|kicking|fire|fires|firing off", "calls"),
    ("eats|eat|eating from|off", "reads from"),
    ("hang|hangs|hanging off", "depends on"),
    ("land|lands|landing in|into|inside", "get into"),
    ("go|goes|went|going bust|boom|bang", "breaks"),
    ("blow|blows up", "breaks"),
    ("screams|scream|explodes|explode", "breaks"),
    ("fallout|repercussions|ramifications", "impact"),
    ("go|goes|going|went unused|unread", "are unused"),
    ("in charge of", "responsible for"),
    ("throw|throwing away|out", "drop"),
    ("is|are going away", "goes away"),
    ("should|shall|must|will be called|named", "rename to"),
    ("superfluous|needless|pointless|useless|unneeded|unnecessary|obsolete|redundant", "unused"),
    ("what makes you think|believe|say", "why do you say"),
    ("hwo|ohw", "how"),
    ("wich|whcih|whihc", "which"),
    ("waht|wat", "what"),
];

/// The words of a turn, and what is said for them.
struct Turn {
    said: Vec<Vec<&'static str>>,
    meant: Vec<&'static str>,
}

/// By the words that they begin with; those that begin with a kind by `KINDS`.
static TURNS: LazyLock<HashMap<&str, Vec<Turn>>> = LazyLock::new(|| {
    let mut turns: HashMap<&str, Vec<Turn>> = HashMap::new();
    for (said, meant) in SAID {
        let said: Vec<Vec<&str>> = said.split(' ').map(|word| word.split('|').collect()).collect();
        for first in &said[0] {
            turns.entry(first).or_default().push(Turn { said: said.clone(), meant: meant.split(' ').collect() });
        }
    }
    turns
});

/// Puts the words of the rules in place of turns of speech. What is quoted stays, and a word that is a name by itself.
pub(super) fn put_plainly(tokens: &mut Vec<Token>, is_name: impl Fn(&Token) -> bool) {
    let mut at = 0;
    while at < tokens.len() {
        let turns = TURNS.get(tokens[at].lower.as_str());
        let of_kinds = || TURNS.get("KINDS").filter(|_| is_kind_word(&tokens[at].lower));
        let fits = |turn: &&Turn| {
            let words = tokens.get(at..at + turn.said.len())?;
            let is = |(of, token): (&Vec<&str>, &Token)| {
                !token.quoted && (of.contains(&token.lower.as_str()) || of.contains(&"KINDS") && is_kind_word(&token.lower))
            };
            let named = turn.said.len() == 1 && is_name(&words[0]);
            (turn.said.iter().zip(words).all(is) && !named).then_some(())
        };
        let found = turns.into_iter().chain(of_kinds()).flatten().find(|turn| fits(turn).is_some());
        let Some(turn) = found else {
            at += 1;
            continue;
        };
        let said: Vec<Token> = tokens.drain(at..at + turn.said.len()).collect();
        let (first, last) = (turn.meant.first() == Some(&"KINDS"), turn.meant.last() == Some(&"KINDS"));
        let word = |word: &str| Token { text: word.to_owned(), lower: word.to_owned(), quoted: false };
        let plain = turn.meant.iter().filter(|word| **word != "KINDS").map(|w| word(w));
        let length = turn.meant.len();
        let mut said = said.into_iter();
        let kind = if first { said.next() } else { said.next_back().filter(|_| last) };
        let (before, after) = if first { (kind, None) } else { (None, kind) };
        let put: Vec<Token> = before.into_iter().chain(plain).chain(after).collect();
        tokens.splice(at..at, put);
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::put_plainly;
    use crate::chat::mention::token::tokens;

    #[test]
    fn turns_of_speech_are_put_in_the_words_of_the_rules_and_names_are_not() {
        for (question, plainly) in [
            ("amount of views in marts", "number of views in marts"),
            ("sum of amount of a.b", "sum of amount of a.b"),
            ("tables living in staging w/o pk", "tables in staging without pk"),
            ("who kicks off load_a", "who calls load_a"),
            ("no one reads \"no one\"", "nobody reads no one"),
            ("reports looking at a.b", "reports reading a.b"),
            ("cols of src", "columns of src"),
        ] {
            let mut words = tokens(question);
            put_plainly(&mut words, |token| token.lower == "src");
            assert_eq!(words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" "), plainly, "{question}");
        }
    }
}
