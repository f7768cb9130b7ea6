//! What a follow-up leaves out, taken from the turns before it: the question whole.

use super::Question;
use crate::chat::intent::{Intent, classify, is_kind_word};
use crate::chat::mention::read;
use crate::ingest::Snapshot;
use std::borrow::Cow;
use std::cell::LazyCell;

/// Places in a list, by which one of it is spoken of.
const ORDINALS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
/// Words by which one agrees.
const YES: &[&str] = &["yes", "yeah", "yep", "yup", "y", "sure", "ok", "okay", "right", "correct", "exactly"];
/// Words that stand before what is chosen, and after it.
const LEADS: &[&str] = &[
    "no", "nope", "sorry", "oh", "i", "mean", "meant", "want", "wanted", "the", "use", "take", "it", "it's", "that", "that's", "this",
    "is", "was", "please", "option", "number", "of", "course", "with", "do",
];
const TRAILS: &[&str] = &["one", "please", "then", "thanks", "it", "is"];
/// Words that end a talk when thanks follow.
const ENDS: &[&str] = &["ok", "okay", "right"];
/// What stands before the name of which the question before is asked again.
const OF_ANOTHER: &[&str] = &[
    "and ",
    "and for ",
    "and of ",
    "what about ",
    "how about ",
    "same for ",
    "the same for ",
    "i mean ",
    "i meant ",
    "no, i mean ",
    "no, i meant ",
    "sorry, i mean ",
    "sorry, i meant ",
];

/// What a word stands for that the answer before leaves open: the first of several.
pub(super) struct Taken {
    /// "It", "Yes".
    pub(super) word: &'static str,
    /// The name.
    pub(super) name: String,
}

/// The question as it would be asked by itself, and what "yes" was taken for when several were offered.
pub(super) fn whole<'a>(snapshot: &Snapshot, question: &'a Question) -> (Cow<'a, Question>, Option<Taken>) {
    // Once, however many ask for it: each turn before is made whole by those before it.
    let before = LazyCell::new(|| before_whole(snapshot, question));
    let before = || (*before).clone();
    if let Some((question, taken)) = chosen(snapshot, question, before) {
        return (Cow::Owned(question), taken);
    }
    let question = listed(question).map_or(Cow::Borrowed(question), Cow::Owned);
    let continued = continued(snapshot, &question, before);
    (continued.map_or(question, Cow::Owned), None)
}

/// The newest question before `question` with what came before it, whole.
fn before_whole(snapshot: &Snapshot, question: &Question) -> Option<Question> {
    // Thanks ask for nothing.
    let at = question.history.iter().rposition(|(user, text)| *user && !thanks(text))?;
    let before = Question { query: question.history[at].1.clone(), history: question.history[..at].to_vec(), ..question.clone() };
    Some(whole(snapshot, &before).0.into_owned())
}

/// Whether a text only thanks.
fn thanks(text: &str) -> bool {
    const SAID: &[&str] =
        &["thanks", "thank", "you", "thx", "cheers", "great", "cool", "nice", "perfect", "ok", "okay", "got", "it", "good"];
    text.split_whitespace().map(bare).all(|word| SAID.contains(&word.to_lowercase().as_str()))
}

/// Where `name` first stands in a text by itself, in any case, and not within another name.
fn find_name(text: &str, name: &str) -> Option<usize> {
    let (text, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '@');
    // A dot behind it may end the sentence.
    let goes_on = |rest: &str| rest.trim_start_matches(['.', '-', '/', ':', '#']).starts_with(of_name);
    let began = |head: &str| head.ends_with(|c| of_name(c) || matches!(c, '.' | '-' | '/' | ':' | '#'));
    text.match_indices(&name).map(|(at, _)| at).find(|&at| !began(&text[..at]) && !goes_on(&text[at + name.len()..]))
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| "?!,;:.\"'`()[]#".contains(c))
}

/// "The second", "yes", "the view", or a name alone, when the answer before asks which name was meant: the question before, of that name.
fn chosen(snapshot: &Snapshot, question: &Question, before: impl Fn() -> Option<Question>) -> Option<(Question, Option<Taken>)> {
    let (user, answer) = question.history.last()?;
    let (strange, rows) = offered(answer).filter(|_| !user)?;
    let words: Vec<&str> = question.query.split_whitespace().map(bare).filter(|w| !w.is_empty()).collect();
    let is = |list: &[&str], word: &str| list.contains(&word.to_lowercase().as_str());
    let mut rest = &words[..];
    while let Some((_, tail)) = rest.split_first().filter(|(first, _)| is(LEADS, first) || is(YES, first)) {
        rest = tail;
    }
    while let Some((_, head)) = rest.split_last().filter(|(last, _)| is(TRAILS, last)) {
        rest = head;
    }
    let mut taken = None;
    let name = match rest {
        [] => {
            let (first, last) = (words.first()?, words.last()?);
            let ends = is(ENDS, first) && last.eq_ignore_ascii_case("thanks");
            let name = rows.first().filter(|_| is(YES, first) && !ends)?.0.to_owned();
            taken = (rows.len() > 1).then(|| Taken { word: "Yes", name: name.clone() });
            name
        }
        [one] if place(one, rows.len()).is_some() => rows.get(place(one, rows.len())?)?.0.to_owned(),
        [kind] if is_kind_word(&kind.to_lowercase()) => {
            let mut of_kind = rows.iter().filter(|(_, line)| line.contains(&format!("` ({}, ", kind.to_lowercase())));
            of_kind.next().filter(|_| of_kind.next().is_none())?.0.to_owned()
        }
        _ => alone(snapshot, &rest.join(" "), &rows)?,
    };
    let before = before()?;
    let at = find_name(&before.query, strange)?;
    let (head, tail) = (&before.query[..at], &before.query[at + strange.len()..]);
    let quote = if head.ends_with(['`', '"', '\'', '[']) { "" } else { "`" };
    Some((Question { query: format!("{head}{quote}{name}{quote}{tail}"), ..before }, taken))
}

/// The first name of an answer that is not here, and the rows of what was offered for it: a name, and its line.
fn offered(answer: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let mut lines = answer.lines().skip_while(|line| !line.ends_with("Did you mean:") && !line.ends_with("These are in it:"));
    let strange = lines.next()?.split('`').nth(1)?;
    let rows = lines.skip_while(|line| line.is_empty()).map_while(|line| Some((line.strip_prefix("- `")?.split('`').next()?, line)));
    let rows: Vec<(&str, &str)> = rows.collect();
    (!rows.is_empty()).then_some((strange, rows))
}

/// What a name alone is: one of the rows, by all of it or its end, or else what is called so here.
fn alone(snapshot: &Snapshot, text: &str, rows: &[(&str, &str)]) -> Option<String> {
    let end = format!(".{}", text.to_lowercase());
    let mut ending = rows.iter().filter(|(name, _)| name.eq_ignore_ascii_case(text) || name.to_lowercase().ends_with(&end));
    if let (Some((name, _)), None) = (ending.next(), ending.next()) {
        return Some((*name).to_owned());
    }
    let reading = read(snapshot, text, None, false);
    (reading.masked == "#" && reading.unknown.is_empty()).then(|| reading.mentions[0].text.clone())
}

/// Where in a list of `length` a word stands for: "second", "2nd", "2", "last".
fn place(word: &str, length: usize) -> Option<usize> {
    let word = word.to_lowercase();
    if word == "last" {
        return length.checked_sub(1);
    }
    let number = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(&word).parse::<usize>();
    ORDINALS.iter().position(|o| *o == word).or_else(|| number.ok()?.checked_sub(1))
}

/// Which of the words of a question is a place in a list.
fn ordinal(words: &[&str]) -> Option<usize> {
    let word = |at: usize| words.get(at).map_or_else(String::new, |w| bare(w).to_lowercase());
    let is_one = |at: &usize| {
        let led = *at > 0 && word(at - 1) == "the" || words.len() == 1;
        let ends = led && at + 1 == words.len() && !word(*at).starts_with(|c: char| c.is_ascii_digit());
        ends || matches!(&*word(at + 1), "one" | "one's")
    };
    (0..words.len()).find(|at| is_one(at) && place(&word(*at), 1).is_some())
}

/// "Who uses the second one?", of the list that the answer before gave: with the name that is there.
fn listed(question: &Question) -> Option<Question> {
    let words: Vec<&str> = question.query.split_whitespace().collect();
    let word = |at: usize| words.get(at).map_or_else(String::new, |w| bare(w).to_lowercase());
    let at = ordinal(&words)?;
    let mut history = &question.history[..];
    // "What about the second?" after a question of the first: both are of the list that stood before that.
    let mut lower = question.query.to_lowercase();
    while OF_ANOTHER.iter().any(|start| lower.starts_with(start))
        && let Some(turn) = history.iter().rposition(|(user, _)| *user)
        && ordinal(&history[turn].1.split_whitespace().collect::<Vec<_>>()).is_some()
    {
        lower = history[turn].1.to_lowercase();
        history = &history[..turn];
    }
    let (_, answer) = history.iter().rev().find(|(user, _)| !user)?;
    let of = |start: &'static str| answer.lines().filter_map(move |line| line.trim_start().strip_prefix(start)?.split('`').nth(1));
    let mut rows: Vec<String> = of("- ").map(str::to_owned).collect();
    // The rows of a table are columns of what the answer is of.
    if rows.is_empty()
        && let Some(relation) = answer.split('`').nth(1)
    {
        rows.extend(of("| ").map(|column| format!("{relation}.{column}")));
    }
    let name = rows.get(place(&word(at), rows.len())?)?;
    let first = at - usize::from(at > 0 && word(at - 1) == "the");
    let last = if word(at + 1).starts_with("one") { at + 1 } else { at };
    let end =
        if word(last).ends_with("'s") { "'s" } else { &words[last][words[last].trim_end_matches(['?', '!', '.', ',', ';', ':']).len()..] };
    let mut query = words[..first].to_vec();
    let name = format!("`{name}`{end}");
    query.push(&name);
    query.extend(&words[last + 1..]);
    Some(Question { query: query.join(" "), ..question.clone() })
}

/// "How many?", "how many of those are views?", "which of them are tables?", of what the answer before lists: the kind, when one is said.
fn counted_of_those<'a>(words: &[&'a str]) -> Option<Option<&'a str>> {
    let words = words.strip_prefix(&["and"]).unwrap_or(words);
    let rest = words.strip_prefix(&["how", "many"]).or_else(|| words.strip_prefix(&["which"]))?;
    let those = |w: &&str| matches!(*w, "those" | "them" | "these");
    let said: Vec<&str> =
        rest.iter().copied().filter(|w| !those(w) && !matches!(*w, "of" | "are" | "is" | "in" | "total" | "there")).collect();
    match said[..] {
        [] if words[0] == "how" => Some(None),
        [kind] if is_kind_word(kind) && rest.iter().any(those) => Some(Some(kind)),
        _ => None,
    }
}

/// "How?" after a question of two names: the way between them. "Why X?" after one of a single other: what says so.
fn of_both(snapshot: &Snapshot, words: &[&str], query: &str, before: impl Fn() -> Option<Question>) -> Option<Question> {
    let named = |text: &str| -> Vec<String> { read(snapshot, text, None, false).mentions.into_iter().map(|m| m.text).collect() };
    let query = match words {
        ["through" | "via" | "by" | "over", "what" | "which"]
        | ["how"]
        | ["and", "how"]
        | ["how", "exactly" | "so" | "come"]
        | ["by", "which", "way"]
        | ["which", "way"] => {
            let [from, to] = &named(&before()?.query)[..] else { return None };
            format!("how does data get from `{from}` to `{to}`")
        }
        ["why", ..] | ["and", "why", ..] => {
            let ([one], before) = (&named(query)[..], before()?) else { return None };
            let [other] = &named(&before.query)[..] else { return None };
            format!("why do you say that `{one}` has to do with `{other}`")
        }
        _ => return None,
    };
    Some(Question { query, ..before()? })
}

/// "Only views", "views only", "within 1 hop": whether a text, in lower case, only narrows the question before.
pub(super) fn narrows(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().map(bare).collect();
    let only_last = words.len() < 4 && words.last() == Some(&"only");
    only_last || ["only ", "just ", "within ", "directly", "but only ", "and only "].iter().any(|start| text.starts_with(start))
}

/// "And raw.payments?", "only views", "within 1 hop": the question before, of another name, or narrowed.
fn continued(snapshot: &Snapshot, question: &Question, before: impl Fn() -> Option<Question>) -> Option<Question> {
    let query = question.query.trim_end_matches(['?', '.', '!', ' ']);
    let lower = query.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().map(bare).collect();
    if let Some(narrowed) = counted_of_those(&words) {
        let before = before()?;
        let kind = narrowed.map_or_else(String::new, |kind| format!(" only {kind}"));
        return Some(Question { query: format!("{}{kind}", before.query.trim_end_matches(['?', '.', '!', ' '])), ..before });
    }
    if let Some(again) = of_both(snapshot, &words, query, &before).or_else(|| of_those(snapshot, &words, query, &before)) {
        return Some(again);
    }
    // "What is broken?", after what a change breaks.
    if let ["what" | "which" | "anything", "is" | "are" | "gets" | "else" | "would", rest @ ..] = &words[..]
        && matches!(rest, ["broken" | "affected"] | ["be" | "is" | "gets", "broken" | "affected"])
    {
        return before().filter(|before| intent(snapshot, &before.query) == Intent::Impact);
    }
    if let Some(again) = of_kind(snapshot, &lower, &before) {
        return Some(again);
    }
    if narrows(&lower) && read(snapshot, query, None, false).names() == 0 {
        let before = before()?;
        let query = format!("{} {query}", before.query.trim_end_matches(['?', '.', '!', ' ']));
        return Some(Question { query, ..before });
    }
    let start = OF_ANOTHER.iter().filter(|start| lower.starts_with(**start)).max_by_key(|start| start.len())?;
    let name = query.get(start.len()..)?;
    let reading = read(snapshot, name, None, false);
    if reading.names() != 1 || classify(&reading.masked, 1) != Intent::Summary {
        return None;
    }
    let before = before()?;
    let mentions = read(snapshot, &before.query, None, false).mentions;
    let replaced = match &mentions[..] {
        // "Who owns it?"
        [] => before.query.split_whitespace().map(bare).find(|word| matches!(&*word.to_lowercase(), "it" | "them"))?.to_owned(),
        [one] => one.text.clone(),
        // "Does X feed Y? And Z?" asks whether Z does; "from X to Y? And Z?" where else it goes.
        [first, .., last] => match intent(snapshot, &before.query) {
            Intent::Connected => first.text.clone(),
            Intent::Path | Intent::Common => last.text.clone(),
            _ => return None,
        },
    };
    let at = find_name(&before.query, &replaced)?;
    let query = format!("{}{name}{}", &before.query[..at], &before.query[at + replaced.len()..]);
    Some(Question { query, ..before })
}

/// What a question asks by itself.
fn intent(snapshot: &Snapshot, query: &str) -> Intent {
    let reading = read(snapshot, query, None, false);
    classify(&reading.masked, reading.names())
}

/// "Which of those are unused?", "how many of them have an email": the list before, under that condition.
fn of_those(snapshot: &Snapshot, words: &[&str], query: &str, before: impl Fn() -> Option<Question>) -> Option<Question> {
    let plain = words.strip_prefix(&["and"]).unwrap_or(words);
    let rest = plain.strip_prefix(&["how", "many"]).or_else(|| plain.strip_prefix(&["which"])).or_else(|| plain.strip_prefix(&["what"]))?;
    let ["of", "those" | "them" | "these", verb, _, ..] = rest else { return None };
    if !matches!(*verb, "are" | "is" | "have" | "has" | "do" | "don't" | "aren't" | "were" | "use" | "read" | "hold" | "contain" | "lack") {
        return None;
    }
    let before = before().filter(|before| {
        let asked = intent(snapshot, &before.query);
        asked.narrows() || matches!(asked, Intent::Inventory | Intent::Columns)
    })?;
    let condition: Vec<&str> = query.split_whitespace().skip(words.len() - rest.len() + 2).collect();
    let query = format!("{} that {}", before.query.trim_end_matches(['?', '.', '!', ' ']), condition.join(" "));
    (intent(snapshot, &query) != Intent::Search).then_some(Question { query, ..before })
}

/// "And procedures?", "what about the views?": the question before, of those.
fn of_kind(snapshot: &Snapshot, lower: &str, before: impl Fn() -> Option<Question>) -> Option<Question> {
    let start = OF_ANOTHER.iter().filter(|start| lower.starts_with(**start)).max_by_key(|start| start.len())?;
    let said: Vec<&str> = lower[start.len()..].split_whitespace().map(bare).filter(|w| !matches!(*w, "the" | "which" | "what")).collect();
    let [kind] = said[..] else { return None };
    let is_column = |word: &str| matches!(word, "columns" | "column" | "fields" | "field");
    if !is_kind_word(kind) || is_column(kind) {
        return None;
    }
    let before = before()?;
    let asked: Vec<&str> = before.query.split_whitespace().collect();
    let word = |at: usize| bare(asked[at]).to_lowercase();
    if (0..asked.len()).any(|at| is_column(&word(at))) {
        return None;
    }
    let leads = |at: usize| matches!(&*word(at), "which" | "what" | "any" | "every" | "each" | "no");
    // Not one that says what a name is: "the view X".
    let of_list = |at: &usize| is_kind_word(&word(*at)) && (word(*at).ends_with('s') || *at > 0 && leads(*at - 1));
    let query = match (0..asked.len()).find(of_list) {
        Some(at) => {
            let end = &asked[at][asked[at].trim_end_matches(['?', '.', '!', ',']).len()..];
            let other = format!("{kind}{end}");
            [&asked[..at], &[&other], &asked[at + 1..]].concat().join(" ")
        }
        None => format!("{}, only {kind}", before.query.trim_end_matches(['?', '.', '!', ' '])),
    };
    let (was, is) = (intent(snapshot, &before.query), intent(snapshot, &query));
    (was != Intent::Search && is != Intent::Search).then_some(Question { query, ..before })
}
