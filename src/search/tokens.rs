//! Words out of identifiers and prose: splitting, stop words, stems.

use std::ops::Range;

/// Words a question is full of and an answer is not about. Dropped from queries unless they name something in the project
/// (`ACADEMIC_TERMS_ALL`), see [`super::rank::Collection::names_something`].
const STOP_WORDS: [&str; 85] = [
    "a", "about", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "both", "but", "by", "can", "could", "did",
    "do", "does", "each", "every", "find", "for", "from", "get", "give", "had", "has", "have", "having", "how", "i", "if", "in", "into",
    "is", "it", "its", "least", "list", "many", "me", "more", "most", "much", "not", "of", "on", "one", "only", "or", "our", "out",
    "please", "return", "show", "so", "tell", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
    "to", "us", "was", "we", "were", "what", "when", "where", "which", "who", "whose", "will", "with", "you",
];

/// Whether a folded word carries no meaning by itself.
pub fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// The words of `text`, folded, unstemmed: identifiers are split at `_`, case changes and digits; acronyms keep their plural
/// (`customerIDs` is `customer`, `ids`); UUIDs and long hex literals stay whole.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(text, &mut |word| words.push(word.to_owned()));
    words
}

/// Calls `with` for each of the [`words`], without an allocation for each.
pub fn each_word(text: &str, with: &mut impl FnMut(&str)) {
    let mut word = String::new();
    let mut folded = |part: &str| {
        word.clear();
        if part.is_ascii() {
            word.push_str(part);
            word.make_ascii_lowercase();
        } else {
            word.extend(part.chars().flat_map(char::to_lowercase));
        }
        with(&word);
    };
    let mut rest = text;
    loop {
        rest = &rest[until(rest, true)..];
        if rest.is_empty() {
            return;
        }
        let uuid = uuid(rest);
        let (run, after) = rest.split_at(uuid.map_or_else(|| until(rest, false), str::len));
        if uuid.is_some() || is_literal(run) {
            folded(run);
        } else if run.is_ascii() {
            split_case(run.len(), |i| char::from(run.as_bytes()[i]), &mut |part| folded(&run[part]));
        } else {
            let chars: Vec<(usize, char)> = run.char_indices().collect();
            let offset = |i: usize| chars.get(i).map_or(run.len(), |(at, _)| *at);
            split_case(chars.len(), |i| chars[i].1, &mut |part| folded(&run[offset(part.start)..offset(part.end)]));
        }
        rest = after;
    }
}

/// Where the first character is that is alphanumeric, or is not, as asked; else the end.
fn until(text: &str, alphanumeric: bool) -> usize {
    // Most text is ASCII, of which a byte is a character.
    let ascii = text.bytes().position(|b| !b.is_ascii() || b.is_ascii_alphanumeric() == alphanumeric).unwrap_or(text.len());
    match text.as_bytes().get(ascii) {
        Some(byte) if !byte.is_ascii() => {
            ascii + text[ascii..].find(|c: char| c.is_alphanumeric() == alphanumeric).unwrap_or(text.len() - ascii)
        }
        _ => ascii,
    }
}

/// A run of hex digits long enough to be a hash or key, never a word.
fn is_literal(run: &str) -> bool {
    run.len() >= 16 && run.bytes().all(|b| b.is_ascii_hexdigit()) && run.bytes().any(|b| b.is_ascii_digit())
}

fn uuid(text: &str) -> Option<&str> {
    let head = text.get(..36)?;
    let dashes = [8, 13, 18, 23];
    let fits = head.bytes().enumerate().all(|(i, b)| if dashes.contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() });
    (fits && !text[36..].starts_with(char::is_alphanumeric)).then_some(head)
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Upper,
    Lower,
    Digit,
}

/// Calls `with` for the range of each word in a run of `count` characters.
fn split_case(count: usize, char_at: impl Fn(usize) -> char, with: &mut impl FnMut(Range<usize>)) {
    let shape = |c: char| match c {
        c if c.is_uppercase() => Shape::Upper,
        c if c.is_numeric() => Shape::Digit,
        _ => Shape::Lower,
    };
    let at = |i: usize| (i < count).then(|| shape(char_at(i)));
    let mut start = 0;
    for i in 1..=count {
        let boundary = match (at(i - 1), at(i)) {
            (_, None) => true,
            (Some(Shape::Upper), Some(Shape::Lower)) => false,
            // A capital before small letters begins a word, unless these are the plural `s` of an acronym: `IDs` is one word.
            (Some(Shape::Upper), Some(Shape::Upper)) => {
                let begins_word = at(i + 1) == Some(Shape::Lower);
                begins_word && !(char_at(i + 1) == 's' && at(i + 2) != Some(Shape::Lower))
            }
            (a, b) => a != b,
        };
        if boundary {
            with(start..i);
            start = i;
        }
    }
}

/// The stem of a folded English word by Porter's algorithm of 1980; anything but ASCII letters is given back as it is.
pub fn stem(word: &str) -> String {
    if word.len() < 3 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let mut w = word.to_owned();
    plurals(&mut w);
    past_and_progressive(&mut w);
    if let Some(stem) = w.strip_suffix('y').filter(|s| has_vowel(s)) {
        w = format!("{stem}i");
    }
    replace_longest(&mut w, &DOUBLE_SUFFIXES, 0);
    replace_longest(&mut w, &SUFFIXES, 0);
    drop_suffix(&mut w);
    tidy(&mut w);
    w
}

const DOUBLE_SUFFIXES: [(&str, &str); 20] = [
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("abli", "able"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
];

const SUFFIXES: [(&str, &str); 7] =
    [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

const DROPPED: [&str; 19] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
];

fn plurals(w: &mut String) {
    if w.ends_with("sses") || w.ends_with("ies") {
        w.truncate(w.len() - 2);
    } else if w.ends_with('s') && !w.ends_with("ss") {
        w.pop();
    }
}

fn past_and_progressive(w: &mut String) {
    if let Some(stem) = w.strip_suffix("eed") {
        if measure(stem) > 0 {
            w.pop();
        }
        return;
    }
    let Some(stem) = w.strip_suffix("ed").or_else(|| w.strip_suffix("ing")).filter(|s| has_vowel(s)) else { return };
    w.truncate(stem.len());
    let last = w.as_bytes().last().copied();
    if ["at", "bl", "iz"].iter().any(|e| w.ends_with(e)) || (!doubled(w) && measure(w) == 1 && short(w)) {
        w.push('e');
    } else if doubled(w) && !matches!(last, Some(b'l' | b's' | b'z')) {
        w.pop();
    }
}

/// Replaces the longest suffix that fits, when what stays is longer than `least` by [`measure`].
fn replace_longest(w: &mut String, suffixes: &[(&str, &str)], least: usize) {
    let longest = suffixes.iter().filter(|(suffix, _)| w.ends_with(suffix)).max_by_key(|(suffix, _)| suffix.len());
    if let Some((suffix, with)) = longest {
        let stem = w.len() - suffix.len();
        if measure(&w[..stem]) > least {
            w.replace_range(stem.., with);
        }
    }
}

fn drop_suffix(w: &mut String) {
    let Some(suffix) = DROPPED.iter().filter(|s| w.ends_with(*s)).max_by_key(|s| s.len()) else { return };
    let stem = &w[..w.len() - suffix.len()];
    let fits = *suffix != "ion" || stem.ends_with('s') || stem.ends_with('t');
    if fits && measure(stem) > 1 {
        w.truncate(stem.len());
    }
}

fn tidy(w: &mut String) {
    if let Some(stem) = w.strip_suffix('e') {
        let m = measure(stem);
        if m > 1 || (m == 1 && !short(stem)) {
            w.pop();
        }
    }
    if w.ends_with("ll") && measure(w) > 1 {
        w.pop();
    }
}

fn consonants(w: &str) -> impl Iterator<Item = bool> {
    // `y` is a vowel after a consonant.
    w.bytes().scan(false, |after_consonant, b| {
        let consonant = match b {
            b'a' | b'e' | b'i' | b'o' | b'u' => false,
            b'y' => !*after_consonant,
            _ => true,
        };
        *after_consonant = consonant;
        Some(consonant)
    })
}

/// How often a vowel is followed by a consonant.
fn measure(w: &str) -> usize {
    let mut before = true;
    consonants(w).filter(|c| std::mem::replace(&mut before, *c) != *c && *c).count()
}

fn has_vowel(w: &str) -> bool {
    consonants(w).any(|c| !c)
}

fn doubled(w: &str) -> bool {
    let b = w.as_bytes();
    b.len() > 1 && b[b.len() - 1] == b[b.len() - 2] && consonants(w).last() == Some(true)
}

/// Ends consonant, vowel, consonant, the last not `w`, `x` or `y`.
fn short(w: &str) -> bool {
    let shape: Vec<bool> = consonants(w).collect();
    shape.ends_with(&[true, false, true]) && !w.ends_with(['w', 'x', 'y'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_fall_into_words() {
        let cases = [
            ("customer_orders", "customer orders"),
            ("CustomerOrders2024", "customer orders 2024"),
            ("UUIDs", "uuids"),
            ("customerIDs", "customer ids"),
            ("IDsByName", "ids by name"),
            ("XMLHttpRequest", "xml http request"),
            ("HTTPServer", "http server"),
            ("ACADEMIC_TERMS_ALL", "academic terms all"),
            ("What's [dbo].[Orders]?", "what s dbo orders"),
            ("Percent (%) Eligible", "percent eligible"),
            ("9e107d9d372bb6826bd81d3542a419d6", "9e107d9d372bb6826bd81d3542a419d6"),
            ("550e8400-e29b-41d4-a716-446655440000;", "550e8400-e29b-41d4-a716-446655440000"),
            ("straßeName_日本", "straße name 日本"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn stems_are_porters() {
        let cases = [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("cats", "cat"),
            ("feed", "feed"),
            ("agreed", "agre"),
            ("plastered", "plaster"),
            ("motoring", "motor"),
            ("sing", "sing"),
            ("conflated", "conflat"),
            ("troubled", "troubl"),
            ("sized", "size"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("hissing", "hiss"),
            ("filing", "file"),
            ("happy", "happi"),
            ("sky", "sky"),
            ("relational", "relat"),
            ("conditional", "condit"),
            ("vietnamization", "vietnam"),
            ("operator", "oper"),
            ("hopefulness", "hope"),
            ("formaliti", "formal"),
            ("triplicate", "triplic"),
            ("electrical", "electr"),
            ("goodness", "good"),
            ("revival", "reviv"),
            ("adjustment", "adjust"),
            ("adoption", "adopt"),
            ("effective", "effect"),
            ("probate", "probat"),
            ("rate", "rate"),
            ("cease", "ceas"),
            ("controll", "control"),
            ("roll", "roll"),
            ("generalizations", "gener"),
            ("oscillators", "oscil"),
            ("yes", "ye"),
            ("id", "id"),
            ("x2", "x2"),
            ("straße", "straße"),
        ];
        for (word, expected) in cases {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn stop_words_are_sorted_for_their_search() {
        assert!(STOP_WORDS.is_sorted());
        assert!(is_stop_word("the") && is_stop_word("you") && !is_stop_word("orders"));
    }
}
