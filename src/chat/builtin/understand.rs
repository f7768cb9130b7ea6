//! A question read against one project: what is asked, and of what.

use super::filter::{Filter, is_idle, says_reaching};
use super::follow::{Taken, whole};
use super::{Asked, Means, Question, column, kind};
use crate::chat::intent::tongue::is_foreign;
use crate::chat::intent::{Intent, asks, classify, introduces, is_kind_word, is_ruled, last_resort, respelt as nearest_asking};
use crate::chat::mention::{Mention, Reading, in_other_number, read};
use crate::graph::Graph;
use crate::ingest::Snapshot;
use crate::lineage::Kind;
use std::sync::Arc;

/// What `question` asks of the project of `snapshot`.
pub(super) fn understand<'a>(snapshot: &'a Arc<Snapshot>, means: Means<'a>, question: &'a Question) -> Asked<'a> {
    let (question, taken) = whole(snapshot, question);
    let first = || first_of_many(snapshot, &question.history).map(|name| Taken { word: "It", name });
    let taken = taken.or_else(first);
    let subject = subject(snapshot, &question.history);
    let mut reading = read(snapshot, &question.query, subject.as_ref(), false);
    let mut intent = classify(&reading.masked, reading.names());
    if reading.names() == 0 && (intent.needs_name() || matches!(intent, Intent::Search | Intent::Inventory)) {
        // A table may be called "jobs": such a word is a name when nothing else is, and the question is clear then.
        let lenient = read(snapshot, &question.query, subject.as_ref(), true);
        let again = classify(&lenient.masked, lenient.names());
        if lenient.names() > 0 && again.needs_name() && (intent != Intent::Inventory || introduces(&lenient.masked)) {
            (reading, intent) = (lenient, again);
        }
    }
    // "Columns of # and #" is what "columns of #" is.
    let mut listed = false;
    if intent == Intent::Search
        && reading.names() > 1
        && let Some(one) = as_one(&reading.masked)
    {
        intent = classify(&one, 1);
        listed = intent != Intent::Search;
    }
    // "How many columns do # and # have" is counted of each.
    let of_each = |words: &[&str]| matches!(words, ["columns" | "fields", "in" | "of" | "do", "#", "and" | "or", "#"]);
    let counts =
        intent == Intent::Count || intent == Intent::Common && reading.masked.contains("how many") && reading.masked.ends_with(" have");
    if counts && reading.masked.split(' ').collect::<Vec<_>>().windows(5).any(of_each) {
        (intent, listed) = (Intent::Columns, true);
    }
    if looks_for_columns(snapshot, &reading, intent) {
        reading.rest.clear();
        intent = Intent::ColumnsMatching;
    }
    let mut slips = Vec::new();
    if intent == Intent::Search {
        let (query, found) = respelt(snapshot, &question.query, &reading);
        let corrected = read(snapshot, &query, subject.as_ref(), false);
        let again = classify(&corrected.masked, corrected.names());
        if !found.is_empty() && again != Intent::Search {
            (reading, intent, slips) = (corrected, again, found);
        }
    }
    if intent.needs_name()
        && reading.names() == 0
        && let Some(subject) = subject
    {
        reading.mentions.push(subject);
    }
    // "Bronze", "an overview of bronze": what is in it.
    if let (Intent::Search | Intent::Summary, 0, [word]) = (intent, reading.names(), &reading.rest[..])
        && snapshot.schemas().contains_key(word)
        && reading
            .masked
            .split(' ')
            .all(|w| w == word || is_idle(w) || intent == Intent::Summary || matches!(w, "describe" | "overview" | "explain" | "summary"))
        && reading.schema.is_none()
    {
        (reading.schema, reading.schema_is_here, intent) = (Some(word.clone()), true, Intent::Summary);
        reading.rest.clear();
    }
    // "What happens to marts if X goes": what it breaks there.
    if intent == Intent::Impact
        && reading.schema.is_none()
        && let Some(schema) =
            words_after(&reading.masked, "happen", "to").find(|word| snapshot.schemas().contains_key(*word)).map(str::to_owned)
    {
        reading.rest.retain(|word| *word != schema);
        (reading.schema, reading.schema_is_here) = (Some(schema), true);
    }
    // "The longest way back to raw": of all, and not of what is there.
    if intent == Intent::Deepest && reading.masked.contains("to schema") {
        (reading.schema, reading.schema_is_here) = (None, false);
    }
    let is_file = |mention: &Mention| mention.nodes.iter().all(|&node| snapshot.graph.kind(node) == Kind::File);
    // "The effect of a file on lineage".
    let of_lineage = intent == Intent::Lineage || intent == Intent::Impact && reading.masked.ends_with(" lineage");
    if of_lineage && reading.mentions.first().is_some_and(is_file) {
        intent = Intent::FileLineage;
    }
    // "Raw tables" are those without a source, whatever their schema.
    let flows = matches!(intent, Intent::Upstream | Intent::Downstream | Intent::Lineage | Intent::Impact);
    if (intent.narrows() || flows || matches!(intent, Intent::Inventory | Intent::Count))
        && intent != Intent::Roots
        && reading.schema.is_none()
        && let Some(schema) = led_by_schema(snapshot, &reading)
    {
        reading.rest.retain(|word| *word != schema);
        (reading.schema, reading.schema_is_here) = (Some(schema), true);
    }
    // "Which land tables are not used in clean", "which silver tables feed gold": the one that stands before the kind is that of the list.
    if (intent == Intent::Unused || intent == Intent::Inventory && says_reaching(&reading.masked))
        && reading.second_schema.is_none()
        && let Some(used_in) = reading.schema.clone().filter(|_| reading.schema_is_here)
        && let Some(schema) = led_by_schema(snapshot, &reading).filter(|schema| !schema.eq_ignore_ascii_case(&used_in))
    {
        reading.rest.retain(|word| *word != schema);
        (reading.schema, reading.second_schema) = (Some(schema), Some(used_in));
    }
    // "Tables in land that are not used in clean": a list under that condition.
    if intent == Intent::Unused && reading.second_schema.is_some() {
        intent = Intent::Inventory;
    }
    if intent == Intent::Columns && of_all_columns(&reading) {
        intent = Intent::Inventory;
    }
    if intent.may_be_of_types() && column::asks_by_type(snapshot, &reading) {
        intent = Intent::ColumnsByType;
    }
    // A clear verb over names that nothing here has is still that question; plain words over no name at all are a search.
    if intent.needs_name() && reading.names() == 0 && reading.rest.is_empty() && !reading.schema_is_here {
        intent = Intent::Search;
    }
    if intent != Intent::ColumnsByType
        && let Some((guessed, again)) = misspelt(snapshot, &reading, intent)
    {
        (reading, intent) = (guessed, again);
    }
    let foreign = is_foreign(&question.query);
    if foreign {
        (intent, slips) = (Intent::Search, Vec::new());
    }
    let kinds = kind::wanted(&reading.masked, intent);
    let taken = taken.filter(|taken| reading.mentions.iter().any(|m| m.text == taken.name));
    // A column's name may mean thousands.
    let meant = reading.mentions.iter().flat_map(|m| &m.nodes).copied();
    let files = meant.filter(|&n| snapshot.graph.kind(n) == Kind::File).collect();
    // "Who does not read X": of those that could.
    let kinds = match denied(&reading.masked) {
        Some("write" | "call" | "load" | "update") if intent == Intent::Inventory => vec![Kind::Procedure, Kind::Function, Kind::Trigger],
        Some(_) if intent == Intent::Inventory && kinds.is_empty() => {
            vec![Kind::View, Kind::MaterializedView, Kind::Procedure, Kind::Function, Kind::Trigger]
        }
        _ => kinds,
    };
    let mut asked = Asked { snapshot, question, means, intent, kinds, reading, files, taken, listed, foreign, slips };
    let names = asked.reading.names();
    let of_routine = asked.meanings(0).iter().any(|&n| snapshot.graph.kind(n).is_routine());
    let of_file = !asked.files.is_empty();
    let says = |words: &[&str]| asked.reading.masked.split(' ').any(|word| words.contains(&word));
    let mut again = match intent {
        // A list that a name does not narrow is not what was asked for: any word that says what of that name is.
        Intent::Inventory if names > 0 && Filter::of(&asked).left.iter().any(|word| word == "#") => {
            if only_columns(snapshot, &asked.reading) { Intent::ColumnsMatching } else { last_resort(&asked.reading.masked, names) }
        }
        // Of a file it is what was not understood, of a routine whether it is used, where it is defined.
        Intent::UnusedColumns if of_file && says(&["read", "parsed", "understood"]) => Intent::Coverage,
        Intent::UnusedColumns if of_routine => last_resort(&asked.reading.masked, names),
        // "Which views come from outside marts": those without a source are not asked for.
        Intent::Roots if asked.reading.outside && asked.reading.masked.contains(" from outside") => Intent::Inventory,
        Intent::RootsOf if of_routine && says(&["start", "begin"]) => Intent::DefinedIn,
        _ => Intent::Search,
    };
    let one_word = again != Intent::Search || !is_ruled(&asked.reading.masked, names);
    // What runs a routine calls it; what is written in a routine is what that writes.
    if one_word && of_routine && matches!(if again == Intent::Search { intent } else { again }, Intent::Producers | Intent::UsedBy) {
        again = if says(&["run", "runs", "running"]) {
            Intent::Calls
        } else if says(&["is"]) && says(&["job", "procedure", "proc", "routine"]) {
            Intent::Summary
        } else {
            Intent::ReadsWrites
        };
    }
    // "Which lines of a.sql read X" is none of two assets.
    if one_word && of_file && intent == Intent::Evidence {
        asked.intent = Intent::Search;
    }
    if again != Intent::Search {
        asked.intent = again;
        asked.kinds = kind::wanted(&asked.reading.masked, again);
    }
    asked
}

/// "Who does not read", "what doesn't call": what those do not do that are asked for, whatever their kind.
fn denied(masked: &str) -> Option<&str> {
    let words: Vec<&str> = masked.split(' ').collect();
    words.windows(4).find_map(|four| match four {
        ["who" | "what", "does" | "do", "not", verb] | ["who" | "what", "doesn't" | "don't", verb, _] => Some(*verb),
        _ => None,
    })
}

/// Whether a question names columns by their bare names, and nothing else.
fn only_columns(snapshot: &Snapshot, reading: &Reading) -> bool {
    let bare = |m: &Mention| !m.text.contains('.') && snapshot.graph.kind(m.nodes[0]) == Kind::Column;
    reading.unknown.is_empty() && !reading.mentions.is_empty() && reading.mentions.iter().all(bare)
}

/// "Who has customer_id", "order_id & customer_id in one table", "where does customer_id occur": of nothing but columns the tables are
/// looked for.
fn looks_for_columns(snapshot: &Snapshot, reading: &Reading, intent: Intent) -> bool {
    if !only_columns(snapshot, reading) {
        return false;
    }
    let says = |words: &[&str]| reading.masked.split(' ').any(|word| words.contains(&word));
    // "Where does # not occur" is left to one word.
    let of_place = matches!(intent, Intent::Downstream | Intent::DefinedIn | Intent::Search);
    let occurs = of_place && says(&["appear", "appears", "occur", "occurs", "exist"]);
    let shows_up = says(&["show", "shows"]) && says(&["up"]);
    let together = match intent {
        Intent::Topic => reading.mentions.len() > 1,
        Intent::Common => says(&["table", "tables"]),
        _ => false,
    };
    let of_some = says(&["tables", "table", "views", "relations", "relation", "who", "what", "everywhere", "places"]);
    says(&["where"]) && (occurs || shows_up) || together || of_some && !is_ruled(&reading.masked, reading.names())
}

/// The words right behind a word of this stem and the one after it.
fn words_after<'a>(masked: &'a str, stem: &'a str, next: &'a str) -> impl Iterator<Item = &'a str> {
    let words = || masked.split(' ');
    words().zip(words().skip(1)).zip(words().skip(2)).filter(move |((a, b), _)| a.starts_with(stem) && *b == next).map(|(_, word)| word)
}

/// "The columns of every table in land": of no asset by its name.
fn of_all_columns(reading: &Reading) -> bool {
    let says = |word: &str| reading.masked.split(' ').any(|w| w == word);
    reading.names() == 0 && (says("every") || says("each") || says("all") || says("schema"))
}

/// A masked question with names that are listed ("# and #") as one; `None` when that leaves several.
fn as_one(masked: &str) -> Option<String> {
    let mut words: Vec<&str> = Vec::new();
    for word in masked.split(' ') {
        let joins = |w: Option<&&str>| w.is_some_and(|w| matches!(*w, "and" | "or" | "both"));
        if word == "#" {
            let kept = words.iter().rposition(|w| !joins(Some(w))).map_or(0, |at| at + 1);
            if kept > 0 && words[kept - 1] == "#" {
                words.truncate(kept);
                continue;
            }
        }
        words.push(word);
    }
    (words.iter().filter(|w| **w == "#").count() == 1).then(|| words.join(" "))
}

/// A question with its slips of the pen mended, and those: words that ask nothing, and that no text here holds, but one letter away from what
/// asks.
fn respelt(snapshot: &Snapshot, query: &str, reading: &Reading) -> (String, Vec<(String, &'static str)>) {
    let strange = |w: &&String| !asks(w) && w.chars().all(char::is_alphabetic) && snapshot.index.holding(w).is_empty();
    let found: Vec<(String, &'static str)> =
        reading.rest.iter().filter(strange).filter_map(|word| Some((word.clone(), nearest_asking(word)?))).collect();
    let mended = |piece: &str| {
        let bare = piece.trim_matches(|c: char| !c.is_alphanumeric());
        let slip = found.iter().find(|(word, _)| bare.to_lowercase() == *word);
        slip.map_or_else(|| piece.to_owned(), |(_, meant)| piece.replace(bare, meant))
    };
    (query.split_inclusive(char::is_whitespace).map(mended).collect(), found)
}

/// "Unused marts views": the schema that stands before a kind.
fn led_by_schema(snapshot: &Snapshot, reading: &Reading) -> Option<String> {
    let words: Vec<&str> = reading.masked.split(' ').collect();
    words.windows(2).find(|pair| is_kind_word(pair[1]) && snapshot.schemas().contains_key(pair[0])).map(|pair| pair[0].to_owned())
}

/// "What feeds custmers?": when one word means nothing here, and the question would be clear if it were a name, it is a name: that
/// of an asset in the other number ("customer"), or of none.
fn misspelt(snapshot: &Snapshot, reading: &Reading, intent: Intent) -> Option<(Reading, Intent)> {
    let graph: &Graph = &snapshot.graph;
    // "Objects that read land": the schema is a condition of the list.
    let is_schema = |word: &&String| snapshot.schemas().contains_key(*word);
    if matches!(intent, Intent::Inventory | Intent::Count) && reading.rest.iter().any(|word| is_schema(&word)) {
        return None;
    }
    let mut strange = reading.rest.iter().filter(|w| !asks(w) && !is_idle(w) && w.parse::<u32>().is_err());
    let (Some(word), None) = (strange.next(), strange.next()) else { return None };
    let mut guessed = reading.clone();
    guessed.masked = reading.masked.split(' ').map(|w| if w == word { "#" } else { w }).collect::<Vec<_>>().join(" ");
    let mut nodes = in_other_number(graph, word);
    if nodes.is_empty() {
        // "Where do emails end up?"
        nodes.extend(word.strip_suffix('s').into_iter().flat_map(|one| graph.columns_called(one)));
        // What others are made of first.
        nodes.sort_by_key(|&node| !graph.sources(node).is_empty());
    }
    if nodes.is_empty() {
        guessed.unknown.push(word.clone());
    } else {
        let before = reading.masked.split(' ').take_while(|w| w != word).filter(|w| *w == "#").count();
        guessed.mentions.insert(before.min(reading.mentions.len()), Mention { text: word.clone(), nodes });
    }
    guessed.rest.retain(|w| w != word);
    let again = classify(&guessed.masked, guessed.names());
    if again == Intent::ColumnsMatching && in_other_number(graph, word).is_empty() {
        // Columns are looked for by the word itself.
        guessed.mentions.retain(|mention| mention.text != *word);
        guessed.unknown = [&reading.unknown[..], std::slice::from_ref(word)].concat();
    }
    let unclear = intent.needs_name() || matches!(intent, Intent::Search | Intent::Inventory | Intent::Sensitive);
    let second = || {
        let words: Vec<&str> = reading.masked.split(' ').collect();
        let at = words.iter().position(|w| w == word);
        let before = at.and_then(|at| at.checked_sub(1)).map_or("", |before| words[before]);
        again.needs_two()
            && !intent.needs_two()
            && !is_schema(&word)
            && matches!(before, "to" | "into" | "from" | "and" | "between" | "with" | "does" | "is")
    };
    let letters = word.chars().all(char::is_alphabetic);
    // "Customers" alone is the table `customer`, and a word that is nothing here is searched for.
    let alone = again == Intent::Summary && guessed.masked == "#" && guessed.unknown.is_empty();
    let named = again.needs_name() || alone || again == Intent::Sensitive || again == Intent::ColumnsMatching && letters;
    let clearer = if reading.names() == 0 { unclear && named } else { second() };
    clearer.then_some((guessed, again))
}

/// What the conversation was last about: the last name of the newest question that has one, else the first of the newest answer.
fn subject(snapshot: &Snapshot, history: &[(bool, String)]) -> Option<Mention> {
    let turn =
        |user: bool| history.iter().rev().filter(move |(u, _)| *u == user).map(|(_, text)| read(snapshot, text, None, false).mentions);
    turn(true).find_map(|m| m.into_iter().next_back()).or_else(|| turn(false).find_map(|m| m.into_iter().next()))
}

/// Where no question of a conversation named anything and the newest answer lists several, the first of them.
fn first_of_many(snapshot: &Snapshot, history: &[(bool, String)]) -> Option<String> {
    let named = |text: &String| !read(snapshot, text, None, false).mentions.is_empty();
    if history.iter().any(|(user, text)| *user && named(text)) {
        return None;
    }
    let (_, answer) = history.iter().rev().find(|(user, _)| !user)?;
    let several = answer.lines().filter(|line| line.trim_start().starts_with("- `")).nth(1).is_some();
    read(snapshot, answer, None, false).mentions.into_iter().next().filter(|_| several).map(|m| m.text)
}
