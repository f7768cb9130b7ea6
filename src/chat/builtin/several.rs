//! Several questions in one: "who writes X, and what breaks if I drop it?"

use super::filter::is_idle;
use super::follow;
use super::pasted;
use super::understand::understand;
use super::{Asked, Means, Question};
use crate::chat::intent::{Intent, is_kind_word};
use crate::graph::NodeIx;
use crate::ingest::{Knowledge, Snapshot};
use crate::lineage::Kind;
use std::borrow::Cow;
use std::sync::Arc;

/// Most questions that one text is taken for: of more, the rest is told to be left out.
const MAX_QUESTIONS: usize = 3;
/// Words that a question begins with wherever it stands.
const BEGIN: &[&str] = &[
    "what", "what's", "whats", "which", "who", "who's", "whom", "whose", "where", "where's", "when", "why", "how", "list", "show", "give",
    "tell", "explain", "describe", "find", "count",
];
/// Those of them that ask; the others tell to do something.
const ASKING: &[&str] =
    &["what", "what's", "whats", "which", "who", "who's", "whom", "whose", "where", "where's", "when", "why", "how", "if"];
/// Words that begin one where what they are said of comes next: "is it used", but not "tables that have no key and are used".
const BEGIN_BEFORE_SUBJECT: &[&str] = &["is", "are", "does", "do", "did", "was", "were", "has", "have", "can", "could", "will", "would"];
const SUBJECTS: &[&str] =
    &["it", "its", "they", "them", "that", "this", "these", "there", "i", "we", "any", "anything", "anyone", "something"];
/// Words before a question that are no part of it.
const COURTESY: &[&str] = &[
    "and", "then", "also", "but", "so", "or", "please", "pls", "hi", "hello", "hey", "ok", "okay", "now", "just", "can", "could", "would",
    "you", "me", "i", "want", "need", "to", "know", "wonder", "finally", "secondly", "firstly", "first",
];
/// What is asked of an asset in a word: "columns and consumers of X" are two questions.
const ASPECTS: &[&str] = &[
    "columns",
    "fields",
    "upstream",
    "downstream",
    "source",
    "sources",
    "consumers",
    "readers",
    "writers",
    "users",
    "dependents",
    "lineage",
    "owner",
    "owners",
    "definition",
    "ddl",
    "callers",
];
/// What ends in a dot and no sentence.
const ABBREVIATIONS: &[&str] = &["e.g.", "i.e.", "vs.", "etc.", "cf.", "incl.", "resp.", "approx."];
/// Words that join two questions.
const JOINERS: &[&str] = &["and", "then", "also", "but", "so", "or", "finally"];
/// Words that say of which kind something is to be, and no more: behind them alone a question has not yet been asked ("which views and which
/// procedures use X").
const ASKED_ALONE: &[&str] = &["what", "which", "how", "many", "list", "show", "count", "all", "the", "both", "and", "or"];
/// Words of a piece that is told when it is not understood: of fewer, as "and how", it says nothing that could be asked by itself.
const LEAST_WORDS: usize = 3;

/// The questions that a text holds.
pub(super) struct Several {
    /// Each with those before it as turns of the conversation, so that "it" is what these are about. One alone is the text as it came.
    pub(super) questions: Vec<Question>,
    /// What is not answered, as it is written, and why.
    pub(super) left_out: Vec<(String, LeftOut)>,
}

/// Why a part of a text is not answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum LeftOut {
    /// It would be one question too many.
    TooMany,
    /// It asks nothing that can be looked up, or is not understood to.
    Unclear,
}

/// The questions of `question`, when each by itself is clear in some project and they ask for different things; else the one that it is.
pub(super) fn of(knowledge: &Knowledge, means: Means<'_>, question: &Question) -> Several {
    let whole = || Several { questions: vec![question.clone()], left_out: Vec::new() };
    if pasted::facts(&question.query).is_some() {
        return whole();
    }
    let snapshots = knowledge.select(question.project_id.as_deref());
    // "And Y?" after several of X; "only views" after them is said of each.
    let again = || snapshots.iter().map(|snapshot| follow::whole(snapshot, question).0).find(|again| parts(&again.query).len() > 1);
    let Some(asked_whole) = (if question.history.is_empty() { Some(Cow::Borrowed(question)) } else { again() }) else { return whole() };
    let narrower = question.query.trim_end_matches(['?', '.', '!', ' ']);
    let pieces: Vec<String> = match asked_whole.query.strip_suffix(narrower) {
        Some(several) if !several.is_empty() && follow::narrows(&narrower.to_lowercase()) => parts(several.trim_end())
            .into_iter()
            .map(|part| format!("{}, {narrower}", part.trim_end_matches(['?', '.', '!', ' '])))
            .collect(),
        _ => parts(&asked_whole.query),
    };
    if pieces.len() < 2 {
        return whole();
    }
    let mut before = asked_whole.history.clone();
    let mut questions: Vec<Question> = Vec::new();
    let (mut left_out, mut asked, mut summary) = (Vec::new(), Vec::new(), false);
    for piece in pieces {
        if !questions.is_empty() && of_each(&piece) {
            return whole();
        }
        let one = Question { query: piece.clone(), history: before.clone(), ..Question::clone(&asked_whole) };
        match snapshots.iter().find_map(|snapshot| clear(snapshot, means, &one)) {
            // "If I drop X? What breaks?" is asked once; what X is tells what feeds it, too.
            Some(what) if asked.contains(&what) => {}
            Some(what) if asked.iter().any(|before| summed_up(before, &what)) => summary = true,
            Some(what) if questions.len() < MAX_QUESTIONS => {
                asked.push(what);
                before.push((true, piece));
                questions.push(one);
            }
            // The first says what all are about; a schema it says for all of them.
            None if questions.is_empty() || goes_on(&piece) || piece.split_whitespace().count() < LEAST_WORDS => return whole(),
            Some(_) => left_out.push((piece, LeftOut::TooMany)),
            None => left_out.push((piece, LeftOut::Unclear)),
        }
    }
    if questions.len() < 2 && left_out.is_empty() && !summary || is_one(&snapshots, means, &asked_whole, &asked) {
        return whole();
    }
    Several { questions, left_out }
}

/// Whether a piece only says more of what the one before asks: "which are nullable", "what do they read".
fn goes_on(piece: &str) -> bool {
    let words: Vec<String> = words_of(piece).collect();
    let more = ["are", "is", "of", "ones", "do", "don't", "have", "has", "aren't", "can", "were"];
    let narrows = words.first().is_some_and(|first| first == "which") && words.get(1).is_some_and(|next| more.contains(&next.as_str()));
    narrows || words.iter().any(|word| matches!(word.as_str(), "they" | "them"))
}

/// "How many columns does each have?": of each that the piece before lists.
fn of_each(piece: &str) -> bool {
    let words: Vec<String> = words_of(piece).collect();
    let at = words.iter().position(|word| word == "each");
    at.is_some_and(|at| words.get(at + 1).is_none_or(|next| !is_kind_word(next) && next != "schema"))
}

/// A question as it stands over its answer; what tells to do something, or names it ("columns of X"), is none.
pub(super) fn title(query: &str) -> String {
    let plain = query.trim().trim_end_matches(['?', '.', '!', ',', ';', ':', ' ']);
    let asks = |word: &str| ASKING.contains(&word) || BEGIN_BEFORE_SUBJECT.contains(&word);
    let polite = |word: &String| COURTESY.contains(&word.as_str()) && !asks(word);
    let asked = words_of(plain).find(|word| !polite(word)).is_some_and(|word| asks(&word));
    let mut letters = plain.chars();
    let first = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    format!("{}{}", first.unwrap_or_default(), if asked { "?" } else { "" })
}

/// What is asked, of what, and how where that makes another answer: two of which all is the same are one question.
#[derive(PartialEq)]
struct Asking {
    intent: Intent,
    of: String,
    how: String,
    of_data: bool,
}

/// Whether the answer to the first tells what the second asks.
fn summed_up(first: &Asking, second: &Asking) -> bool {
    first.intent == Intent::Summary
        && matches!(second.intent, Intent::Upstream | Intent::Downstream | Intent::Lineage)
        && first.of == second.of
}

/// What of a question's words makes its answer another one.
fn how(asked: &Asked) -> String {
    match asked.intent {
        Intent::Impact => format!("{:?} {:?}", asked.change(), asked.new_name()),
        Intent::Upstream | Intent::Downstream | Intent::Lineage | Intent::ColumnUsers => format!("{:?}", asked.asked_hops()),
        Intent::Summary
        | Intent::Definition
        | Intent::DefinedIn
        | Intent::RootsOf
        | Intent::Calls
        | Intent::Expression
        | Intent::Producers
        | Intent::Path
        | Intent::Connected
        | Intent::Common
        | Intent::Owner
        | Intent::Freshness => String::new(),
        _ => asked.reading.masked.split(' ').filter(|word| !is_idle(word)).collect::<Vec<_>>().join(" "),
    }
}

/// Words for what was spoken of.
const PRONOUNS: &[&str] = &["it", "its", "they", "them", "their"];

/// What a question asks of a project, when it is clear there.
fn clear(snapshot: &Arc<Snapshot>, means: Means<'_>, question: &Question) -> Option<Asking> {
    let asked = understand(snapshot, means, question);
    let nameless = asked.intent.needs_name() && asked.reading.names() == 0 && !asked.of_schema();
    let reading = &asked.reading;
    // "Schema S, and what is in it": there is no asset to be "it".
    let of_nothing = || reading.names() == 0 && words_of(&question.query).any(|word| PRONOUNS.contains(&word.as_str()));
    let of = format!("{:?} {:?} {:?} {:?}", reading.mentions, reading.unknown, reading.schema, asked.kinds);
    let is_data = |node: &NodeIx| asked.graph().kind(*node).is_relation() || asked.graph().kind(*node) == Kind::Column;
    let of_data = asked.meanings(0).first().is_some_and(is_data);
    let (intent, how) = (asked.intent, how(&asked));
    (intent != Intent::Search && !nameless && !of_nothing()).then_some(Asking { intent, of, how, of_data })
}

/// Whether the text is one question of two sides, whose answer tells both: "who calls P, and what does it call?"
fn is_one(snapshots: &[Arc<Snapshot>], means: Means<'_>, question: &Question, asked: &[Asking]) -> bool {
    let covers = |whole: Intent, part: Intent| match whole {
        Intent::Calls => matches!(part, Intent::Calls),
        Intent::ReadsWrites => matches!(part, Intent::ReadsWrites | Intent::Upstream | Intent::Downstream | Intent::UsedBy),
        Intent::Lineage => matches!(part, Intent::Lineage | Intent::Upstream | Intent::Downstream),
        _ => false,
    };
    let whole = snapshots.iter().find_map(|snapshot| clear(snapshot, means, question));
    // Who writes a table is not where its data comes from.
    let writes = |whole: &Asking| whole.intent == Intent::ReadsWrites && whole.of_data;
    whole.is_some_and(|whole| !writes(&whole) && asked.iter().all(|part| covers(whole.intent, part.intent)))
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
}

/// The questions that a text may hold: its pieces, or what a single one asks of several aspects or distances.
fn parts(text: &str) -> Vec<String> {
    let each = |piece: &str| aspects(piece).unwrap_or_else(|| vec![piece.to_owned()]);
    let of_each: Vec<String> = pieces(text).into_iter().flat_map(each).collect();
    if of_each.len() > 1 { of_each } else { distances(text).unwrap_or(of_each) }
}

/// "Columns and consumers of X", "X: columns + consumers": each by itself.
fn aspects(text: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = text.trim_end_matches(['?', '.', '!', ' ']).split_whitespace().collect();
    let bare: Vec<String> = words.iter().map(|word| word.trim_matches(|c: char| ",;:".contains(c)).to_lowercase()).collect();
    let is_aspect = |at: usize| bare.get(at).is_some_and(|word| ASPECTS.contains(&word.as_str()));
    let joins = |at: usize| bare.get(at).is_some_and(|word| matches!(word.as_str(), "and" | "+" | "&" | "plus" | "the" | "its"));
    let first = (0..words.len()).find(|&at| is_aspect(at))?;
    let mut asked = vec![first];
    let mut at = first + 1;
    while at < words.len() && (joins(at) || is_aspect(at) && (joins(at - 1) || words[at - 1].ends_with(','))) {
        asked.extend(is_aspect(at).then_some(at));
        at += 1;
    }
    if asked.len() < 2 {
        return None;
    }
    let leads = |word: &String| {
        BEGIN.contains(&word.as_str()) || COURTESY.contains(&word.as_str()) || matches!(word.as_str(), "the" | "are" | "is")
    };
    let of = match bare.get(at).map(String::as_str) {
        Some("of" | "for") if bare[..first].iter().all(leads) => words[at + 1..].join(" "),
        None if (1..=2).contains(&first) && words[..first].iter().any(|word| is_name(word)) => {
            words[..first].join(" ").trim_end_matches([':', ',']).to_owned()
        }
        _ => return None,
    };
    (!of.is_empty()).then(|| asked.into_iter().map(|at| format!("{} of {of}", bare[at])).collect())
}

/// "Upstream of X two hops and three hops": once for each distance.
fn distances(text: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let word = |at: usize| words.get(at).map_or_else(String::new, |word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase());
    let number = |at: usize| matches!(&*word(at), "one" | "two" | "three" | "four" | "five" | "six") || word(at).parse::<u32>().is_ok();
    let hops = |at: usize| ["hop", "level", "step"].iter().any(|stem| word(at).starts_with(stem));
    let joins = |at: usize| word(at) == "and";
    (0..words.len()).find_map(|at| {
        let unit = usize::from(hops(at + 1));
        let second = at + 2 + unit;
        let found = number(at) && joins(at + 1 + unit) && number(second) && hops(second + 1) && (at == 0 || word(at - 1) != "between");
        // The second number has the word for both where the first has none.
        found.then(|| {
            let unit = words[if unit > 0 { at + 1 } else { second + 1 }];
            let first = [&words[..at], &[words[at], unit], &words[second + 2..]].concat();
            vec![first.join(" "), [&words[..at], &words[second..]].concat().join(" ")]
        })
    })
}

/// The parts of a text that look like questions, each from its first word to its last, without what joins them. One, when something else
/// is said first: what follows is about that.
fn pieces(text: &str) -> Vec<&str> {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut starts: Vec<usize> = Vec::new();
    // Since the last mark or "and" only courtesies were said. Behind a mere comma the same is often said again: "how big is S, how many
    // tables".
    let mut open = true;
    for (at, word) in words.iter().enumerate() {
        let said = bare(word);
        let only_kinds =
            |from: usize| words[from..at].iter().map(|word| bare(word)).all(|word| ASKED_ALONE.contains(&&*word) || is_kind_word(&word));
        let asks = || begins(&said, words.get(at + 1).unwrap_or(&""));
        if open && (asks() || names_aspect(&words[at..])) {
            let goes_on = |from: usize| only_kinds(from) || !asks() && takes_aspects(&words, from, at);
            if starts.last().is_none_or(|from| !goes_on(*from)) {
                starts.push(at);
            }
            open = false;
        } else if !COURTESY.contains(&said.as_str()) {
            if starts.is_empty() {
                return vec![text];
            }
            open = false;
        }
        let ends = word.ends_with(['?', '!', ';', '.']) && !ABBREVIATIONS.contains(&word.to_lowercase().as_str());
        open |= ends || matches!(said.as_str(), "and" | "then" | "also");
    }
    let offset = |at: usize| words.get(at).map_or(text.len(), |word| word.as_ptr() as usize - text.as_ptr() as usize);
    let ends = starts.iter().skip(1).map(|&at| offset(at)).chain([text.len()]);
    let all = std::iter::once(0).chain(starts.iter().skip(1).map(|&at| offset(at))).zip(ends);
    all.map(|(from, to)| unjoined(&text[from..to])).collect()
}

/// Whether an aspect is one more of what the words before ask: "the sources and consumers of X", "the difference between the columns of X
/// and the columns of Y".
fn takes_aspects(words: &[&str], from: usize, at: usize) -> bool {
    const LEADING: &[&str] = &["give", "me", "are", "is", "its", "tell", "find", "describe", "plus"];
    let before: Vec<String> = words_of(&words[from..at].join(" ")).collect();
    let shared = |pair: &[&str]| pair[0] == "in" && pair[1].starts_with("common");
    let compares =
        |word: &String| matches!(word.as_str(), "between" | "both" | "common" | "difference" | "differences" | "same" | "compare");
    let alone = |word: &String| [ASPECTS, ASKED_ALONE, LEADING, COURTESY].iter().any(|known| known.contains(&word.as_str()));
    before.iter().any(compares) || words[at..].windows(2).any(shared) || before.iter().all(|word| word.is_empty() || alone(word))
}

/// Whether a word is written as names are.
fn is_name(word: &str) -> bool {
    word.ends_with(':') || word.trim_end_matches('.').contains(['.', '_', '`', '"', '['])
}

/// A piece without the "and" behind it.
fn unjoined(piece: &str) -> &str {
    let piece = piece.trim_end_matches(|c: char| c.is_whitespace() || ",;".contains(c));
    match piece.rsplit_once(char::is_whitespace) {
        Some((head, last)) if JOINERS.contains(&last.to_lowercase().as_str()) => unjoined(head),
        _ => piece,
    }
}

/// Whether a word begins a question before another.
fn begins(word: &str, next: &str) -> bool {
    let name = next.contains(['.', '_', '`', '"', '[']) && !next.ends_with('.');
    let next = next.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    // "Tables that have a key and have any nullable column."
    if matches!(word, "have" | "has") && matches!(next.as_str(), "any" | "anything") {
        return false;
    }
    BEGIN.contains(&word)
        || BEGIN_BEFORE_SUBJECT.contains(&word) && (name || SUBJECTS.contains(&next.as_str()))
        || word == "its" && !next.is_empty()
}

/// "Upstream of X", "the consumers of X": a question without a verb.
fn names_aspect(words: &[&str]) -> bool {
    let word = |at: usize| words.get(at).map_or_else(String::new, |word| word.to_lowercase());
    let noun = usize::from(word(0) == "the");
    ASPECTS.contains(&word(noun).as_str()) && (noun + 1..noun + 4).any(|at| matches!(word(at).as_str(), "of" | "for"))
}

#[cfg(test)]
mod tests {
    use super::{parts, pieces, title};

    #[test]
    fn a_text_is_parted_where_a_question_begins() {
        for (text, parts) in [
            ("who writes a.b and what breaks if I drop it?", &["who writes a.b", "what breaks if I drop it?"][..]),
            ("What is a.b? Who owns it, and where is it used?", &["What is a.b?", "Who owns it", "where is it used?"]),
            ("please tell me what feeds a.b and also how is it computed", &["please tell me what feeds a.b", "how is it computed"]),
            ("what feeds a.b; is it used by anything", &["what feeds a.b", "is it used by anything"]),
            ("show the columns of a.b and its consumers", &["show the columns of a.b", "its consumers"]),
            ("which tables have no key and are used by views", &["which tables have no key and are used by views"]),
            ("I will drop a.b. What breaks?", &["I will drop a.b. What breaks?"]),
            ("which views read a.b and a.c", &["which views read a.b and a.c"]),
            ("how many tables and how many views are in marts?", &["how many tables and how many views are in marts?"]),
            ("which views and which procedures use a.b", &["which views and which procedures use a.b"]),
            ("what does a.b need and who uses it", &["what does a.b need", "who uses it"]),
            ("which tables have a key and have any nullable columns", &["which tables have a key and have any nullable columns"]),
            ("columns, comments and keys of a.b", &["columns, comments and keys of a.b"]),
            ("show e.g. how many columns a.b has", &["show e.g. how many columns a.b has"]),
            ("what feeds a.b, i.e. what is upstream of it", &["what feeds a.b, i.e. what is upstream of it"]),
            ("compare a.b vs. what c.d has", &["compare a.b vs. what c.d has"]),
            ("upstream of a.b 1 hop and downstream of c.d 2 hops", &["upstream of a.b 1 hop", "downstream of c.d 2 hops"]),
            ("show the columns of a.b and the consumers of c.d", &["show the columns of a.b", "the consumers of c.d"]),
            ("", &[""]),
        ] {
            assert_eq!(pieces(text), parts, "{text}");
        }
    }

    #[test]
    fn a_question_of_several_aspects_or_distances_is_asked_for_each() {
        for (text, each) in [
            ("columns and consumers of a.b", &["columns of a.b", "consumers of a.b"][..]),
            ("show the columns, sources and the owner of a.b?", &["columns of a.b", "sources of a.b", "owner of a.b"]),
            ("a.b: columns + sources", &["columns of a.b", "sources of a.b"]),
            ("columns, comments and keys of a.b", &["columns, comments and keys of a.b"]),
            ("upstream of a.b two hops and three hops", &["upstream of a.b two hops", "upstream of a.b three hops"]),
            ("what is 1 and 2 levels above a.b", &["what is 1 levels above a.b", "what is 2 levels above a.b"]),
            ("what is between 1 and 2 hops from a.b", &["what is between 1 and 2 hops from a.b"]),
            ("upstream of a.b 1 or 2 hops", &["upstream of a.b 1 or 2 hops"]),
            ("list columns and owner", &["list columns and owner"]),
            ("show its columns and consumers", &["show its columns and consumers"]),
            ("count columns and fields", &["count columns and fields"]),
            (
                "difference between the columns of a.b and the columns of c.d",
                &["difference between the columns of a.b and the columns of c.d"],
            ),
            (
                "what do the consumers of a.b and the consumers of c.d have in common",
                &["what do the consumers of a.b and the consumers of c.d have in common"],
            ),
            ("what are the sources and consumers of a.b, and who calls c.d?", &["sources of a.b", "consumers of a.b", "who calls c.d?"]),
        ] {
            assert_eq!(parts(text), each, "{text}");
        }
    }

    #[test]
    fn what_tells_to_do_something_has_no_question_mark() {
        for (query, over) in [
            ("show me a.b", "Show me a.b"),
            ("please list the views.", "Please list the views"),
            ("who reads a.b", "Who reads a.b?"),
            ("what is shown?", "What is shown?"),
            ("can you list the views?", "Can you list the views?"),
            ("columns of a.b", "Columns of a.b"),
            ("is it used, ", "Is it used?"),
        ] {
            assert_eq!(title(query), over);
        }
    }
}
