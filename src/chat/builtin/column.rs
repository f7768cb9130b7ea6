//! Columns by name, and by declared type.

use super::filter::{Filter, NEGATIONS, is_idle};
use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED};
use crate::chat::evidence::counted;
use crate::chat::intent::is_kind_word;
use crate::chat::mention::{Mention, Reading};
use crate::graph::NodeIx;
use crate::ingest::Snapshot;
use crate::lineage::Kind;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// "Which tables contain column email?", "… both created_at and updated_at?", "… a but not b?"
pub(super) fn by_name(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let reading = &asked.reading;
    let mentioned = || reading.mentions.iter().filter(|m| graph.kind(m.nodes[0]) != Kind::File);
    let mut wanted: Vec<String> = reading.patterns.clone();
    wanted.extend(reading.unknown.iter().map(|u| u.to_lowercase()));
    wanted.extend(mentioned().filter(|m| graph.kind(m.nodes[0]) == Kind::Column).map(|m| m.text.to_lowercase()));
    // "Columns of X that end with y"; where no column is named, what is named is one.
    let mut within: Vec<NodeIx> = Vec::new();
    let others: Vec<&Mention> = mentioned().filter(|m| graph.kind(m.nodes[0]) != Kind::Column).collect();
    if wanted.is_empty() {
        wanted.extend(others.iter().map(|m| m.text.to_lowercase()));
    } else {
        within.extend(others.iter().flat_map(|m| &m.nodes));
    }
    if wanted.is_empty() {
        wanted = reading.rest.clone();
    }
    if wanted.is_empty() {
        return super::passage::search(asked, finding);
    }
    let filter = Filter::of(asked);
    let kinds: Vec<Kind> = asked.kinds.iter().copied().filter(|k| k.is_relation()).collect();
    // "Which tables" means views as well, "which views" no tables.
    let of_kind = |table: NodeIx| kinds.is_empty() || kinds.contains(&Kind::Table) || kinds.contains(&graph.kind(table));
    let holds = |pattern: &str| -> BTreeMap<NodeIx, Vec<NodeIx>> {
        let mut tables: BTreeMap<NodeIx, Vec<NodeIx>> = BTreeMap::new();
        // A name is looked up; a pattern is held against each that there is.
        let candidates: Vec<NodeIx> = if pattern.contains(['*', '%']) {
            asked.snapshot.labels().iter().filter(|(label, _)| fits(pattern, label)).flat_map(|(_, columns)| columns).copied().collect()
        } else {
            let labels = asked.snapshot.labels();
            let last = pattern.rsplit('.').next().unwrap_or(pattern);
            labels.binary_search_by(|(label, _)| (**label).cmp(last)).map_or_else(|_| Vec::new(), |at| labels[at].1.clone())
        };
        for column in candidates.into_iter().filter(|n| graph.kind(*n) == Kind::Column && asked.may_list(*n)) {
            if let Some(table) = graph.relation_of(column)
                && (within.is_empty() || within.contains(&table))
                && of_kind(table)
                && filter.keeps(graph, table)
            {
                tables.entry(table).or_default().push(column);
            }
        }
        tables
    };
    let mut tables: BTreeMap<NodeIx, Vec<NodeIx>> = BTreeMap::new();
    let mut not: Vec<String> = Vec::new();
    let (refused, mut wanted): (Vec<String>, Vec<String>) = wanted.into_iter().partition(|text| is_refused(asked, text));
    for (which, pattern) in wanted.iter_mut().enumerate() {
        let mut found = holds(pattern);
        // "Emails": what has one in its name.
        let single = pattern.trim_matches('*').strip_suffix('s').map(|single| format!("*{single}*"));
        let everyday = pattern.chars().all(|c| c.is_alphabetic() || c == '*');
        if let Some(looser) = single.filter(|_| found.is_empty() && everyday) {
            found = holds(&looser);
            if !found.is_empty() {
                *pattern = looser;
            }
        }
        match which {
            0 => tables = found,
            _ => tables.retain(|table, columns| found.get(table).map(|more| columns.extend(more)).is_some()),
        }
    }
    if wanted.is_empty() {
        // Of what no column is known, it is not known which it lacks.
        let known = |n: NodeIx| graph.width(n) > 0;
        let all = asked.snapshot.relations().filter(|&n| known(n) && asked.may_list(n) && of_kind(n) && filter.keeps(graph, n));
        tables = all.map(|table| (table, Vec::new())).collect();
    }
    for pattern in &refused {
        let having = holds(pattern);
        tables.retain(|table, _| !having.contains_key(table));
        not.push(format!("no column `{pattern}`"));
    }
    let shown: Vec<String> = wanted.iter().map(|w| format!("`{w}`")).collect();
    let mut what: Vec<String> = Vec::new();
    if !shown.is_empty() {
        what.push(format!("a column {}", shown.join(" and ")));
    }
    what.extend(not);
    let what = what.join(" and ");
    let of: Vec<String> = others.iter().filter(|_| !within.is_empty()).map(|m| format!("`{}`", m.text)).collect();
    let at = match (of.is_empty(), asked.place()) {
        (true, place) => place,
        (false, place) if place == "here" => format!("of {}", of.join(" and ")),
        (false, place) => format!("of {} {place}", of.join(" and ")),
    } + &filter.said();
    let known: Vec<&str> = wanted.iter().chain(&refused).flat_map(|w| w.split('*')).collect();
    filter.tell_but(finding, |word| known.contains(&word));
    if tables.is_empty() {
        finding.say(match (&of[..], refused.is_empty()) {
            ([_, ..], true) => format!("{} has no column {}.", of.join(" and "), shown.join(" and ")),
            _ => format!("No table {at} has {what}."),
        });
        within.iter().for_each(|&n| finding.next(format!("What columns does {} have?", finding.name(n))));
        return;
    }
    finding.count(&tables.keys().copied().collect::<Vec<_>>());
    let have = if tables.len() == 1 { "1 relation has".to_owned() } else { format!("{} relations have", tables.len()) };
    let at = if at == "here" { String::new() } else { format!(" {at}") };
    finding.say(format!("**{have}**{at} {what}:"));
    for (table, found) in tables.iter().take(MAX_LISTED) {
        let labels: Vec<String> = found.iter().map(|&c| format!("`{}`", graph.node(c).label())).collect();
        let labels = if labels.is_empty() { String::new() } else { format!(": {}", labels.join(", ")) };
        finding.put(Row::of(*table).after(labels));
        found.iter().for_each(|&c| finding.cite(c));
    }
    finding.more(tables.len(), MAX_LISTED);
    if let Some(first) = tables.values().flatten().next() {
        finding.next(format!("What depends on {}?", finding.name(*first)));
    }
}

/// "But not rowguid", "without a rowguid": whether the question asks for what lacks it.
fn is_refused(asked: &Asked, text: &str) -> bool {
    let query = asked.question.query.to_lowercase();
    let words = query.split(|c: char| c.is_whitespace() || ",?!;:\"`()[]".contains(c)).map(|w| w.trim_matches('\''));
    let words: Vec<&str> = words.filter(|w| !w.is_empty()).collect();
    let Some(at) = words.iter().position(|w| *w == text) else { return false };
    let between = |w: &&&str| {
        matches!(**w, "a" | "an" | "the" | "any" | "have" | "has" | "having" | "column" | "columns" | "field" | "contain" | "include")
    };
    // "Where does email not occur".
    let behind = words[..at].contains(&"where") && words.get(at + 1).is_some_and(|w| matches!(*w, "not" | "never"));
    behind || words[..at].iter().rev().find(|w| !between(w)).is_some_and(|w| super::filter::NEGATIONS.contains(w))
}

/// The type that a question spells out with its length: "numeric(10, 2)".
fn spelt_type(query: &str) -> Option<String> {
    let query = query.to_lowercase();
    let (before, rest) = query.split_once('(')?;
    let inside = rest.split_once(')')?.0;
    let word = before.trim_end().rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().filter(|w| !w.is_empty())?;
    let lengths = inside.split(',').map(str::trim);
    lengths
        .clone()
        .all(|l| l == "max" || !l.is_empty() && l.chars().all(|c| c.is_ascii_digit()))
        .then(|| bare_type(&format!("{word}({inside})")))
}

/// A type without blanks and quotes, in lower case.
fn bare_type(data_type: &str) -> String {
    data_type.to_lowercase().chars().filter(|c| !c.is_whitespace() && !"[]\"`".contains(*c)).collect()
}

/// Whether a declared type is, or ends with the words of, one that is spelt out: `character varying(10)` is `varying(10)`.
fn is_spelt(data_type: &str, spelt: &str) -> bool {
    let short = data_type.to_lowercase().replace(VARYING, "varchar");
    if bare_type(&short) == spelt {
        return true;
    }
    let words: Vec<&str> = data_type.split_whitespace().collect();
    (0..words.len()).any(|at| bare_type(&words[at..].concat()) == spelt)
}

/// "Which columns are nvarchar(50)?": whether the words by its columns are a type here.
pub(super) fn asks_by_type(snapshot: &Snapshot, reading: &Reading) -> bool {
    // "nvarchar(50) columns": a length stands between.
    let says_type = |w: &&str| !matches!(*w, "a" | "an" | "the" | "type") && w.parse::<u32>().is_err();
    let all = reading.masked.replace(" typed columns", " columns").replace(" typed fields", " fields");
    let words: Vec<&str> = all.split(' ').filter(says_type).collect();
    let columns = |w: Option<&&str>| w.is_some_and(|w| matches!(*w, "columns" | "column" | "fields" | "field"));
    let says = |w: &str| matches!(w, "are" | "is" | "of" | "as" | "with" | "typed" | "declared" | "have" | "has");
    let placed = |at: usize| {
        columns(words.get(at + 1)) || at > 1 && says(words[at - 1]) && words[..at - 1].iter().rev().take(4).any(|w| columns(Some(w)))
    };
    let is_one =
        |of: &str, word: &str| type_words(of).any(|name| name == word || word.strip_suffix('s') == Some(&name)) && !word.is_empty();
    let is_type = |word: &str| snapshot.columns_by_type().keys().any(|of| is_one(of, word));
    (0..words.len()).any(|at| placed(at) && !is_idle(words[at]) && !is_kind_word(words[at]) && is_type(words[at]))
}

/// The types that a question asks for: spelt out, else its words that are types here or that types here begin with, else its last word.
pub(super) fn types(asked: &Asked) -> Vec<String> {
    if let Some(spelt) = spelt_type(&asked.question.query) {
        return vec![spelt];
    }
    let known: HashSet<String> = asked.snapshot.columns_by_type().keys().flat_map(|of| type_words(of)).collect();
    let reading = &asked.reading;
    // A type may be called as words of lists are: "of type name".
    let all: Vec<&str> = reading.masked.split(' ').collect();
    let after_type = all.windows(2).find(|pair| matches!(pair[0], "type" | "typed" | "datatype") && known.contains(pair[1]));
    if let Some(pair) = after_type {
        return vec![pair[1].to_owned()];
    }
    let named = reading.mentions.iter().map(|m| m.text.to_lowercase()).filter(|text| known.contains(text));
    let named = named.chain(reading.unknown.iter().map(|u| u.to_lowercase()));
    let words = reading
        .masked
        .split_whitespace()
        .filter(|w| *w != "#" && !is_idle(w) && !is_kind_word(w) && !NEGATIONS.contains(w))
        .map(str::to_owned);
    let words: Vec<String> = words.chain(named).collect();
    let types: Vec<String> = words.iter().filter(|w| known.contains(*w) && w.parse::<u32>().is_err()).cloned().collect();
    if !types.is_empty() {
        return types;
    }
    let begins = |w: &str| w.len() > 2 && known.iter().any(|of| of.starts_with(w.strip_suffix('s').unwrap_or(w)));
    match words.iter().find(|w| begins(w)) {
        Some(word) => vec![word.clone()],
        None => words
            .into_iter()
            .rfind(|w| !matches!(w.as_str(), "type" | "types" | "typed" | "datatype" | "column" | "used" | "found"))
            .into_iter()
            .collect(),
    }
}

fn type_words(data_type: &str) -> impl Iterator<Item = String> {
    // Values of an ENUM are no types.
    let (before, rest) = data_type.split_once('(').unwrap_or((data_type, ""));
    let data_type = [before, rest.rsplit_once(')').map_or("", |(_, after)| after)].concat().to_lowercase();
    let short = data_type.contains(VARYING).then(|| "varchar".to_owned());
    let words: Vec<String> = data_type.split(|c: char| !(c.is_alphanumeric() || c == '_')).map(str::to_owned).chain(short).collect();
    words.into_iter()
}

/// What the standard calls the type that everyone calls `varchar`.
const VARYING: &str = "character varying";

/// "Which columns have type timestamp?"
pub(super) fn by_type(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let wanted = types(asked);
    let says = |stems: &[&str]| asked.reading.masked.split(' ').any(|w| stems.iter().any(|stem| w.starts_with(stem)));
    let of_columns = asked.reading.mentions.iter().all(|m| graph.kind(m.nodes[0]) == Kind::Column);
    if of_columns && asked.reading.unknown.is_empty() && says(&["differ", "inconsisten", "conflict", "mismatch", "across"]) {
        return of_several_types(asked, finding);
    }
    let named = asked.reading.mentions.iter().any(|m| graph.kind(m.nodes[0]).is_relation());
    let is_known = |w: &String| asked.snapshot.columns_by_type().keys().any(|of| type_words(of).any(|t| t.starts_with(w.as_str())));
    if !asked.reading.mentions.is_empty()
        && (wanted.is_empty() || named && asked.reading.unknown.is_empty() && says(&["type"]) && !wanted.iter().any(is_known))
    {
        // "The columns of T and their types."
        return super::asset::each(asked, finding, super::asset::columns);
    }
    if wanted.is_empty() {
        let untyped = |n: &NodeIx| graph.node(*n).column.data_type.is_empty() && asked.may_list(*n);
        let found: Vec<NodeIx> = asked.snapshot.of_kind(Kind::Column).iter().copied().filter(untyped).collect();
        let at = asked.place();
        return match found.len() {
            0 => finding.say(format!("Every column {at} is declared with a type.")),
            n => finding.list(format!("**{}** {at} without a declared type:", counted(n, Kind::Column)), &found),
        };
    }
    let declared = asked.snapshot.columns_by_type();
    let filter = Filter::of(asked);
    let mentioned = asked.reading.mentions.iter().flat_map(|m| &m.nodes).copied();
    let within: Vec<NodeIx> = mentioned.filter(|&n| graph.kind(n).is_relation()).collect();
    // "Tables with dates": columns of tables, and not of views.
    let of_relations: Vec<Kind> = asked.kinds.iter().copied().filter(|k| k.is_relation()).collect();
    let kept = |n: &NodeIx| {
        let of = within.is_empty() || graph.relation_of(*n).is_some_and(|relation| within.contains(&relation));
        let of_kind = || graph.relation_of(*n).is_some_and(|relation| of_relations.contains(&graph.kind(relation)));
        of && asked.may_list(*n) && filter.keeps(graph, *n) && (of_relations.is_empty() || of_kind())
    };
    let of_types = |fits: &dyn Fn(&str) -> bool| -> Vec<NodeIx> {
        declared.iter().filter(|(of, _)| fits(of)).flat_map(|(_, columns)| columns).copied().filter(kept).collect()
    };
    let fitting = |is: &dyn Fn(&str, &str) -> bool| of_types(&|of| wanted.iter().any(|w| type_words(of).any(|t| is(&t, w))));
    let spelt = spelt_type(&asked.question.query);
    let mut found = match &spelt {
        Some(spelt) => of_types(&|of| is_spelt(of, spelt)),
        None => fitting(&|t, w| t == w),
    };
    if found.is_empty() && spelt.is_none() {
        found = fitting(&|t, w| w.strip_suffix('s') == Some(t));
    }
    if found.is_empty() && spelt.is_none() {
        // TIMESTAMPTZ is a timestamp.
        found = fitting(&|t, w| t.starts_with(w.strip_suffix('s').unwrap_or(w)));
    }
    found.sort_unstable();
    let what = wanted.join(" ");
    let of: Vec<String> = within.iter().map(|&n| finding.name(n)).collect();
    let at = match (of.is_empty(), asked.place()) {
        (true, place) => place,
        (false, _) => format!("of {}", of.join(" and ")),
    } + &filter.said();
    // "nvarchar(50)" is one type, of which 50 is a part.
    filter.tell_but(finding, |word| wanted.iter().any(|w| w.split(|c: char| !c.is_alphanumeric()).any(|part| part == word)));
    if found.is_empty() {
        return finding.say(format!("No column {at} is declared with type `{what}`."));
    }
    let at = if at == "here" { String::new() } else { format!(" {at}") };
    if of_relations.is_empty() {
        finding.count(&found);
        finding.say(format!("**{}**{at} of type `{what}`:", counted(found.len(), Kind::Column)));
    } else {
        // "How many tables have int columns" counts tables.
        let relations: BTreeSet<NodeIx> = found.iter().filter_map(|&n| graph.relation_of(n)).collect();
        let relations: Vec<NodeIx> = relations.into_iter().collect();
        finding.count(&relations);
        let have = if relations.len() == 1 { "has" } else { "have" };
        let (relations, columns) = (super::inventory::by_kind(asked, &relations), counted(found.len(), Kind::Column));
        finding.say(format!("**{relations}**{at} {have} **{columns}** of type `{what}`:"));
    }
    for &column in found.iter().take(MAX_LISTED) {
        finding.put(Row::of(column).after(format!(" {}", asked.graph().node(column).column.data_type)));
    }
    finding.more(found.len(), MAX_LISTED);
}

/// "Which columns differ in type?": names under which columns are declared with several types, by the words of these.
fn of_several_types(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    // Of each type as it is declared its first word: there are few, and many columns.
    let of_type = |of: &'_ String| type_words(of).next().filter(|word| !word.is_empty());
    let words: HashMap<&str, String> = asked.snapshot.columns_by_type().keys().filter_map(|of| Some((of.as_str(), of_type(of)?))).collect();
    let mut labels: Vec<(&String, BTreeMap<&str, Vec<NodeIx>>)> = Vec::new();
    let named =
        |label: &str| asked.reading.mentions.is_empty() || asked.reading.mentions.iter().any(|m| fits(&m.text.to_lowercase(), label));
    for (label, columns) in asked.snapshot.labels().iter().filter(|(label, columns)| columns.len() > 1 && named(label)) {
        let mut types: BTreeMap<&str, Vec<NodeIx>> = BTreeMap::new();
        for &column in columns.iter().filter(|&&n| asked.may_list(n)) {
            if let Some(word) = words.get(graph.node(column).column.data_type.as_str()) {
                types.entry(word).or_default().push(column);
            }
        }
        if types.len() > 1 {
            labels.push((label, types));
        }
    }
    let at = if asked.place() == "here" { String::new() } else { format!(" {}", asked.place()) };
    finding.say(match labels.len() {
        0 => format!("Columns of the same name{at} are declared with the same type, lengths apart."),
        1 => format!("**1 name**{at} is that of columns of different types, lengths apart:"),
        n => format!("**{n} names**{at} are those of columns of different types, lengths apart:"),
    });
    for (label, types) in labels.iter().take(MAX_LISTED) {
        let first = |columns: &[NodeIx]| {
            let more = if columns.len() > 1 { format!(" and {} more", columns.len() - 1) } else { String::new() };
            format!("{}{more}", finding.name(columns[0]))
        };
        let told: Vec<String> = types.iter().map(|(of, columns)| format!("{} ({})", of.to_uppercase(), first(columns))).collect();
        finding.put(Row::text(format!("`{label}`: {}", told.join(", "))).about(types.values().flatten().next().copied()));
    }
    finding.more(labels.len(), MAX_LISTED);
}

/// `*` and `%` stand for anything; a pattern without them is the whole name.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let parts: Vec<&str> = pattern.split(['*', '%']).collect();
    let [first, middle @ .., last] = parts.as_slice() else { return pattern == name || pattern.rsplit('.').next() == Some(name) };
    let Some(mut rest) = name.strip_prefix(first).and_then(|r| r.strip_suffix(last)) else { return false };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, expected) in [
            ("*email*", "work_email_2", true),
            ("email", "email", true),
            ("email", "emails", false),
            ("t.email", "email", true),
            ("cr%at", "created_at", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
