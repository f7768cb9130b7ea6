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
    let slips = |name: &str| {
        let theirs: Vec<char> = name.chars().collect();
        let begun = wanted.len() > 1 && name.starts_with(&wanted);
        if begun { Some(0) } else { distance(&letters, &theirs, theirs.len().max(3) / 3) }
    };
    let (_, name) = names.iter().filter_map(|name| Some((slips(name)?, *name))).min_by_key(|(slips, _)| *slips)?;
    Some(name)
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
