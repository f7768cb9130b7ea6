//! From a question to an intent, by rules in one table.
//!
//! The question comes masked: lower-case words, every name of an asset replaced by `#`, so that a table called `impact` asks for nothing.
//! A phrase of the table is words in order: `a|b` is either word, `stem~` any word that begins so, `*` any number of words (none, too).
//! `KINDS`, `DOES`, `FEATURES` and `NOT` stand for any word of a class. A phrase matches anywhere in the question. The first rule that
//! matches wins, so the narrow ones stand first. Where none does, one word about a name is enough (`resort.rs`).

use crate::lineage::Kind;
use crate::search::distance;
use feature::FEATURES;
use resort::LAST_RESORT;
use rules::{DEEDS, KIND_WORDS, NOT, RULES};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::LazyLock;

pub(super) mod feature;
mod resort;
mod rules;
#[cfg(test)]
mod tests;
pub(super) mod tongue;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Which assets there are, of a kind, a schema, a file.
    Inventory,
    /// How many.
    Count,
    /// The columns of a relation.
    Columns,
    /// The text that defines an asset.
    Definition,
    /// Where an asset is defined.
    DefinedIn,
    /// Columns by name or pattern, and the tables that have them.
    ColumnsMatching,
    /// Columns by type.
    ColumnsByType,
    /// Relations with the same columns.
    Alike,
    /// Assets that have to do with a topic: search.
    Topic,
    /// Where data comes from.
    Upstream,
    /// The first sources.
    RootsOf,
    /// Who uses it.
    Downstream,
    /// What uses several at once, or uses one and writes another.
    Together,
    /// Both ways.
    Lineage,
    /// What a change breaks.
    Impact,
    /// How data gets from one to another.
    Path,
    /// Whether two are connected.
    Connected,
    /// What two have in common.
    Common,
    /// Why an edge is there.
    Evidence,
    /// Foreign keys and joins.
    Joins,
    /// What a routine reads and writes.
    ReadsWrites,
    /// Which routines use a relation.
    UsedBy,
    /// Who calls, and what is called.
    Calls,
    /// How a column is computed.
    Expression,
    /// What writes a relation.
    Producers,
    /// Relations nobody reads.
    Unused,
    /// Columns nobody reads.
    UnusedColumns,
    /// Relations without a known source.
    Roots,
    /// Circular dependencies.
    Cycles,
    /// Names mentioned and never defined.
    Dangling,
    /// What could not be read.
    Coverage,
    /// The most referenced.
    MostReferenced,
    /// The longest chain.
    Deepest,
    /// One asset, or the project, in short.
    Summary,
    /// When it was last ingested.
    Freshness,
    /// What the last ingestion brought.
    Changes,
    /// What lineage a file states.
    FileLineage,
    /// By which columns rows are kept, and what keeps rows by a column.
    Filters,
    /// What uses a column itself, apart from what only reads its table.
    ColumnUsers,
    /// Lines of code that touch an asset.
    CodeFiles,
    /// Statements that use a feature of SQL.
    Feature,
    /// Relations that read another layer past the one between.
    LayerRule,
    /// Whose it is.
    Owner,
    /// Personal data that flows into it.
    Sensitive,
    /// None of these: the best passages and assets.
    Search,
}

impl Intent {
    /// Whether it is about assets named in the question (or before).
    pub fn needs_name(self) -> bool {
        !matches!(
            self,
            Intent::Inventory
                | Intent::Count
                | Intent::ColumnsMatching
                | Intent::ColumnsByType
                | Intent::Topic
                | Intent::Unused
                | Intent::UnusedColumns
                | Intent::Roots
                | Intent::Cycles
                | Intent::Dangling
                | Intent::Coverage
                | Intent::MostReferenced
                | Intent::Deepest
                | Intent::Summary
                | Intent::Freshness
                | Intent::Changes
                | Intent::Feature
                | Intent::LayerRule
                | Intent::Sensitive
                | Intent::Search
        )
    }

    /// Whether its answer is a list of what is here, to which a schema, file and conditions apply.
    pub fn narrows(self) -> bool {
        matches!(
            self,
            Intent::ColumnsMatching
                | Intent::ColumnsByType
                | Intent::Unused
                | Intent::UnusedColumns
                | Intent::Roots
                | Intent::Cycles
                | Intent::Dangling
                | Intent::MostReferenced
                | Intent::Deepest
                | Intent::Feature
        )
    }

    /// Whether a type among its words makes a question one for the columns of that type.
    pub fn may_be_of_types(self) -> bool {
        matches!(self, Intent::Inventory | Intent::Count | Intent::Columns | Intent::ColumnsMatching | Intent::Topic | Intent::Search)
    }

    /// Whether it is about two assets.
    pub fn needs_two(self) -> bool {
        matches!(self, Intent::Path | Intent::Connected | Intent::Common | Intent::Together)
    }
}

/// The intent of a masked question that names `names` assets.
pub fn classify(masked: &str, names: usize) -> Intent {
    let words = plain(masked);
    if words == ["#"] {
        return Intent::Summary;
    }
    by_rules(&words, names).unwrap_or_else(|| by_one_word(&words, names))
}

/// Whether a rule asks with the words of a masked question, so that it is not left to one word of it.
pub fn is_ruled(masked: &str, names: usize) -> bool {
    by_rules(&plain(masked), names).is_some()
}

fn by_rules(words: &[&str], names: usize) -> Option<Intent> {
    RULES
        .iter()
        .zip(&*PHRASES)
        // A follow-up leaves the name out: whatever needs one name takes it from before.
        .find(|(r, phrases)| {
            (names >= r.names.0 || names == 0 && r.names.0 == 1) && names <= r.names.1 && phrases.iter().any(|p| p.is_in(words))
        })
        .map(|(r, _)| r.intent)
}

/// What a masked question asks of its names by any word of it, whatever else it says; [`Intent::Search`] when no word tells.
pub fn last_resort(masked: &str, names: usize) -> Intent {
    by_one_word(&plain(masked), names)
}

fn by_one_word(words: &[&str], names: usize) -> Intent {
    let found = LAST_RESORT.iter().zip(&*LAST_PHRASES).find(|((_, n, _), phrases)| *n == names && phrases.iter().any(|p| p.is_in(words)));
    found.map_or(Intent::Search, |((intent, ..), _)| *intent)
}

/// The kinds that the masked question asks for, in the order named, each once; empty when it names none or all.
pub fn kinds(masked: &str) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    let words: Vec<&str> = masked.split_whitespace().collect();
    for (i, word) in words.iter().enumerate() {
        // "materialized views" are one kind, "stored procedures" are procedures.
        let narrowed = word.starts_with("view") && i > 0 && words[i - 1].starts_with("materiali");
        // "What does the function # read?" and "what reads the # table?" say what # is, and ask for no function and no table.
        let narrowed = narrowed || !word.ends_with('s') && (words.get(i + 1) == Some(&"#") || i > 0 && words[i - 1] == "#");
        if let Some((_, named)) = KIND_WORDS.iter().find(|(w, _)| w == word)
            && !narrowed
        {
            kinds.extend(named.iter().filter(|k| !kinds.contains(k)).copied().collect::<Vec<_>>());
        }
    }
    kinds
}

/// Whether `word` means a kind of asset.
pub fn is_kind_word(word: &str) -> bool {
    KIND_WORDS.iter().any(|(w, _)| *w == word)
}

/// The words of phrases as they stand there: looked up for every word of every question.
static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let of_rules = RULES.iter().flat_map(|r| r.phrases).flat_map(|p| p.split([' ', '|']));
    of_rules.chain(FEATURES.iter().flat_map(|f| f.asked).copied()).collect()
});

/// Whether `word` stands in a phrase of the table as itself: such a word alone names no asset.
pub fn is_question_word(word: &str) -> bool {
    is_kind_word(word) || WORDS.contains(word)
}

/// The word of the table that a misspelt one was meant for: a slip away, of long words two.
pub fn respelt(word: &str) -> Option<&'static str> {
    const LEAST: usize = 4;
    let letters: Vec<char> = word.chars().collect();
    let most = if letters.len() < LEAST + 3 { 1 } else { 2 };
    let known = WORDS.iter().copied().chain(KIND_WORDS.iter().map(|(word, _)| *word)).map(|word| word.trim_end_matches('~'));
    let near = known.filter(|known| known.len() >= LEAST && known.chars().all(|c| c.is_ascii_lowercase())).filter_map(|known| {
        let slips = distance(&letters, &known.chars().collect::<Vec<_>>(), most)?;
        // A slip is rarely in the first letter, and of what is as near the longer one was meant.
        known.starts_with(*letters.first()?).then_some((slips, Reverse(known.len()), known))
    });
    near.min().map(|(.., known)| known)
}

/// What phrases of the table begin words with, each once.
static STEMS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let of_rules = RULES.iter().flat_map(|r| r.phrases).flat_map(|p| p.split([' ', '|']));
    let mut stems: Vec<&str> = of_rules.filter_map(|element| element.strip_suffix('~')).collect();
    stems.sort_unstable();
    stems.dedup();
    stems
});

/// Whether some phrase of the table asks with `word`, by itself or by its stem: it says what is asked, not about what.
pub fn asks(word: &str) -> bool {
    is_question_word(word)
        || STEMS.iter().any(|stem| word.starts_with(stem))
        || DEEDS.contains(&word) && WORDS.contains("DOES")
        || feature::is_asked(word) && WORDS.contains("FEATURES")
        || NOT.contains(&word) && WORDS.contains("NOT")
}

/// What merely says of which kind a name is: "the view #", "the # view".
const INTRODUCING: &[&str] =
    &["table", "view", "column", "field", "procedure", "proc", "function", "trigger", "file", "script", "called", "named"];

/// Whether a word for a kind stands right beside a name of the masked question, and is of it.
pub fn introduces(masked: &str) -> bool {
    let words: Vec<&str> = masked.split_whitespace().collect();
    words.windows(2).any(|pair| pair[0] == "#" && is_kind_of_name(pair[1]) || pair[1] == "#" && is_kind_of_name(pair[0]))
}

fn is_kind_of_name(word: &str) -> bool {
    INTRODUCING.contains(&word) && is_kind_word(word)
}

/// The words without articles, and without the kind that merely says what a name is ("the view #", "the # view").
fn plain(masked: &str) -> Vec<&str> {
    const ARTICLES: &[&str] = &["the", "a", "an", "my", "our", "please", "exactly", "actually"];
    let all: Vec<&str> = masked.split_whitespace().collect();
    // "Exactly 3 columns" says how many.
    let counts = |at: usize| all[at] == "exactly" && all.get(at + 1).is_some_and(|next| next.parse::<u32>().is_ok());
    let mut words: Vec<&str> = (0..all.len()).filter(|&at| !ARTICLES.contains(&all[at]) || counts(at)).map(|at| all[at]).collect();
    // "Columns called #" asks which columns have that name, and calls nothing; "the view called #" has it.
    let is_column = |word: &str| matches!(word, "columns" | "column" | "fields" | "field");
    let of_columns =
        |words: &[&str], i: usize| i > 0 && (is_column(words[i - 1]) || i > 1 && words[i - 1] == "are" && is_column(words[i - 2]));
    for i in 0..words.len() {
        if words[i] == "called" && of_columns(&words, i) {
            words[i] = "named";
        }
    }
    let says_what = |i: usize| {
        INTRODUCING.contains(&words[i]) && words.get(i + 1) == Some(&"#")
            || i > 0 && words[i - 1] == "#" && is_kind_of_name(words[i]) && !matches!(words[i], "column" | "field")
    };
    let kept = |i: usize| !says_what(i) || words[i] == "named" && of_columns(&words, i);
    (0..words.len()).filter(|&i| kept(i)).map(|i| words[i]).collect()
}

/// A phrase of the table, read once: the parts between its `*`.
struct Phrase(Vec<Vec<Element>>);

/// The words of which one is to stand at a place.
type Element = Vec<Word>;

enum Word {
    Is(&'static str),
    Begins(&'static str),
    Kind,
    Deed,
    Feature,
    Negation,
}

/// Those of each rule.
static PHRASES: LazyLock<Vec<Vec<Phrase>>> =
    LazyLock::new(|| RULES.iter().map(|rule| rule.phrases.iter().map(|text| Phrase::of(text)).collect()).collect());

static LAST_PHRASES: LazyLock<Vec<Vec<Phrase>>> =
    LazyLock::new(|| LAST_RESORT.iter().map(|(.., phrases)| phrases.iter().map(|text| Phrase::of(text)).collect()).collect());

impl Phrase {
    fn of(text: &'static str) -> Phrase {
        let word = |word: &'static str| match (word, word.strip_suffix('~')) {
            (_, Some(stem)) => Word::Begins(stem),
            ("KINDS", _) => Word::Kind,
            ("DOES", _) => Word::Deed,
            ("FEATURES", _) => Word::Feature,
            ("NOT", _) => Word::Negation,
            _ => Word::Is(word),
        };
        let element = |element: &'static str| element.split('|').map(word).collect();
        Phrase(text.split('*').map(|part| part.split_whitespace().map(element).collect()).collect())
    }

    /// The parts stand in order, each as early as it can: what a later place would allow, an earlier one does, too.
    fn is_in(&self, words: &[&str]) -> bool {
        let mut rest = words;
        self.0.iter().all(|part| {
            let fits = |at: &usize| part.iter().zip(&rest[*at..]).all(|(element, word)| element.iter().any(|one| one.is(word)));
            let found = (0..(rest.len() + 1).saturating_sub(part.len())).find(fits);
            rest = found.map_or(rest, |at| &rest[at + part.len()..]);
            found.is_some()
        })
    }
}

impl Word {
    fn is(&self, word: &str) -> bool {
        match self {
            Word::Is(text) => *text == word,
            Word::Begins(stem) => word.starts_with(stem),
            Word::Kind => is_kind_word(word),
            Word::Deed => DEEDS.contains(&word),
            Word::Feature => feature::is_asked(word),
            Word::Negation => NOT.contains(&word),
        }
    }
}
