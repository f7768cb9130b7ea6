//! Which spellings of one last part are one: by their parts, and by the schemas that go without saying.

use super::DEFAULT_SCHEMAS;
use crate::graph::names::{SEPARATOR, is_suffix, suffixes};
use foldhash::HashMap;

/// Groups the spellings of one last part (sorted, each once) into identities, numbered from 0.
pub(super) fn group(forms: &[(&str, &'static str)]) -> Vec<u32> {
    let mut parent: Vec<usize> = (0..forms.len()).collect();
    let mut at: HashMap<&str, usize> = HashMap::default();
    for (i, (form, _)) in forms.iter().enumerate() {
        at.entry(form).or_insert(i);
    }
    let claims = claims(forms.iter().map(|(f, _)| *f));
    let mut free: HashMap<&str, usize> = HashMap::default();
    for (i, (form, default)) in forms.iter().enumerate() {
        let in_schema = |schema: &str| at.get(format!("{schema}{SEPARATOR}{form}").as_str()).copied();
        let twin = if form.contains(SEPARATOR) {
            // `db.schema.t` is `schema.t`, unless `db2.schema.t` is there too.
            let short = suffixes(form).filter(|s| s.contains(SEPARATOR)).find_map(|s| at.get(s).filter(|_| claims[s].single));
            join(&mut parent, at[form], i);
            short.copied()
        } else {
            let mut implied = DEFAULT_SCHEMAS.iter().filter_map(|d| in_schema(d));
            // Unqualified in several dialects: one, as long as no schema above claims it.
            in_schema(default)
                .or_else(|| implied.next().filter(|_| implied.next().is_none()))
                .or_else(|| Some(*free.entry(form).or_insert(i)))
        };
        join(&mut parent, twin.unwrap_or(i), i);
    }
    let roots: Vec<usize> = (0..forms.len()).map(|i| root(&parent, i)).collect();
    number(&roots)
}

/// Numbers equal values alike, from 0 in order of appearance.
pub(super) fn number<T: Copy + Eq + std::hash::Hash>(values: &[T]) -> Vec<u32> {
    let mut numbers = HashMap::default();
    values
        .iter()
        .map(|v| {
            let next = numbers.len() as u32;
            *numbers.entry(*v).or_insert(next)
        })
        .collect()
}

/// Who could be meant by a short name: the longest of the longer ones, and whether all the others are its endings.
pub(super) struct Claim<'a> {
    pub(super) longest: &'a str,
    pub(super) single: bool,
}

/// For each ending of `forms`, the longer forms that end so.
pub(super) fn claims<'a>(forms: impl Iterator<Item = &'a str>) -> HashMap<&'a str, Claim<'a>> {
    let mut sorted: Vec<&str> = forms.collect();
    sorted.sort_unstable_by_key(|f| (f.len(), *f));
    sorted.dedup();
    let mut claims: HashMap<&str, Claim<'_>> = HashMap::default();
    for form in sorted {
        for suffix in suffixes(form) {
            let claim = claims.entry(suffix).or_insert(Claim { longest: form, single: true });
            claim.single &= claim.longest == form || is_suffix(claim.longest, form);
            claim.longest = form;
        }
    }
    claims
}

fn root(parent: &[usize], mut i: usize) -> usize {
    while parent[i] != i {
        i = parent[i];
    }
    i
}

fn join(parent: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parent, a), root(parent, b));
    parent[a.max(b)] = a.min(b);
}
