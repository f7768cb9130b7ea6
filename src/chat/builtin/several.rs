//! Several questions in one: "who writes X, and what breaks if I drop it?"

use super::follow;
use super::understand::understand;
use super::{Means, Question};
use crate::chat::intent::{Intent, is_kind_word};
use crate::ingest::{Knowledge, Snapshot};
use std::borrow::Cow;
use std::sync::Arc;

/// Most questions that one text is taken for: of more, the rest is told to be left out.
const MAX_QUESTIONS: usize = 3;
/// Words that a question begins with wherever it stands.
const BEGIN: &[&str] = &[
    "what", "what's", "whats", "which", "who", "who's", "whom", "whose", "where", "where's", "when", "why", "how", "list", "show", "give",
    "tell", "explain", "describe", "find", "count",
];
/// Words that begin one where what they are said of comes next: "is it used", but not "tables that have no key and are used".
const BEGIN_BEFORE_SUBJECT: &[&str] = &["is", "are", "does", "do", "did", "was", "were", "has", "have", "can", "could", "will", "would"];
const SUBJECTS: &[&str] =
    &["it", "its", "they", "them", "that", "this", "these", "there", "i", "we", "any", "anything", "anyone", "something"];
/// Words before a question that are no part of it.
const COURTESY: &[&str] = &[
    "and", "then", "also", "but", "so", "or", "please", "pls", "hi", "hello", "hey", "ok", "okay", "now", "just", "can", "could", "would",
    "you", "me", "i", "want", "need", "to", "know", "wonder", "finally", "secondly", "firstly", "first",
];
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
    /// What is not answered, as it is written.
    pub(super) left_out: Vec<String>,
}

/// The questions of `question`, when each by itself is clear in some project and they ask for different things; else the one that it is.
pub(super) fn of(knowledge: &Knowledge, means: Means<'_>, question: &Question) -> Several {
    let whole = || Several { questions: vec![question.clone()], left_out: Vec::new() };
    let snapshots = knowledge.select(question.project_id.as_deref());
    // "And Y?" after several of X.
    let again = || snapshots.iter().map(|snapshot| follow::whole(snapshot, question).0).find(|again| pieces(&again.query).len() > 1);
    let Some(question) = (if question.history.is_empty() { Some(Cow::Borrowed(question)) } else { again() }) else { return whole() };
    let pieces = pieces(&question.query);
    if pieces.len() < 2 {
        return whole();
    }
    let mut before = question.history.clone();
    let mut questions: Vec<Question> = Vec::new();
    let (mut left_out, mut asked, mut summary) = (Vec::new(), Vec::new(), false);
    for piece in pieces {
        let one = Question { query: piece.to_owned(), history: before.clone(), ..Question::clone(&question) };
        match snapshots.iter().find_map(|snapshot| clear(snapshot, means, &one)) {
            // "If I drop X? What breaks?" is asked once; what X is tells what feeds it, too.
            Some(what) if asked.contains(&what) => {}
            Some(what) if asked.iter().any(|before| summed_up(before, &what)) => summary = true,
            Some(what) if questions.len() < MAX_QUESTIONS => {
                asked.push(what);
                before.push((true, one.query.clone()));
                questions.push(one);
            }
            // The first says what all are about; a schema it says for all of them.
            None if questions.is_empty() || goes_on(piece) || piece.split_whitespace().count() < LEAST_WORDS => return whole(),
            _ => left_out.push(piece.to_owned()),
        }
    }
    if questions.len() < 2 && left_out.is_empty() && !summary || is_one(&snapshots, means, &question, &asked) {
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

/// A question as it stands over its answer.
pub(super) fn title(query: &str) -> String {
    let plain = query.trim().trim_end_matches(['?', '.', '!', ' ']);
    let mut letters = plain.chars();
    let first = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    format!("{}?", first.unwrap_or_default())
}

/// What is asked, and of what.
type Asking = (Intent, String);

/// Whether the answer to the first tells what the second asks.
fn summed_up((first, of): &Asking, (second, of_same): &Asking) -> bool {
    *first == Intent::Summary && matches!(second, Intent::Upstream | Intent::Downstream | Intent::Lineage) && of == of_same
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
    (asked.intent != Intent::Search && !nameless && !of_nothing()).then_some((asked.intent, of))
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
    whole.is_some_and(|(whole, _)| asked.iter().all(|(part, _)| covers(whole, *part)))
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
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
        if open && begins(&said, words.get(at + 1).unwrap_or(&"")) {
            if starts.last().is_none_or(|from| !only_kinds(*from)) {
                starts.push(at);
            }
            open = false;
        } else if !COURTESY.contains(&said.as_str()) {
            if starts.is_empty() {
                return vec![text];
            }
            open = false;
        }
        open |= word.ends_with(['?', '!', ';', '.']) || matches!(said.as_str(), "and" | "then" | "also");
    }
    let offset = |at: usize| words.get(at).map_or(text.len(), |word| word.as_ptr() as usize - text.as_ptr() as usize);
    let ends = starts.iter().skip(1).map(|&at| offset(at)).chain([text.len()]);
    let all = std::iter::once(0).chain(starts.iter().skip(1).map(|&at| offset(at))).zip(ends);
    all.map(|(from, to)| unjoined(&text[from..to])).collect()
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

#[cfg(test)]
mod tests {
    use super::pieces;

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
            ("", &[""]),
        ] {
            assert_eq!(pieces(text), parts, "{text}");
        }
    }
}
