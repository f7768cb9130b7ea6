//! The name that somebody meant.

use crate::search::distance;

/// `; did you mean …?` when a name like `wanted` is among `names`, else nothing. `prefix` is shown before the name.
pub fn hint(wanted: &str, names: &[&str], prefix: &str) -> String {
    nearest(wanted, names).map_or_else(String::new, |name| format!("; did you mean {prefix}{name}?"))
}

/// The likeliest of `names`: it begins with what was typed, or is at most one slip in three letters away.
fn nearest<'a>(wanted: &str, names: &[&'a str]) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let letters: Vec<char> = wanted.chars().collect();
    let distance = |name: &str| distance(&letters, &name.chars().collect::<Vec<char>>());
    let slips = |name: &str| if wanted.len() > 1 && name.starts_with(&wanted) { 0 } else { distance(name) };
    let (slips, name) = names.iter().map(|name| (slips(name), *name)).min_by_key(|(slips, _)| *slips)?;
    (slips <= name.chars().count().max(3) / 3).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_understood_and_strangers_are_not() {
        let names = ["serve", "healthcheck", "lineage", "check", "ask", "man"];
        for (typed, meant) in [
            ("lineag", Some("lineage")),
            ("linaege", Some("lineage")),
            ("LINEAGE", Some("lineage")),
            ("health", Some("healthcheck")),
            ("sevre", Some("serve")),
            ("aks", Some("ask")),
            ("frobnicate", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, &names), meant, "{typed}");
        }
    }
}
