//! The name that somebody meant.

/// `; did you mean …?` when a name like `wanted` is among `names`, else nothing. `prefix` is shown before the name.
pub fn hint(wanted: &str, names: &[&str], prefix: &str) -> String {
    nearest(wanted, names).map_or_else(String::new, |name| format!("; did you mean {prefix}{name}?"))
}

/// The likeliest of `names`: it begins with what was typed, or is at most one slip in three letters away.
fn nearest<'a>(wanted: &str, names: &[&'a str]) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let slips = |name: &str| if wanted.len() > 1 && name.starts_with(&wanted) { 0 } else { distance(&wanted, name) };
    let (slips, name) = names.iter().map(|name| (slips(name), *name)).min_by_key(|(slips, _)| *slips)?;
    (slips <= name.chars().count().max(3) / 3).then_some(name)
}

/// Letters to add, drop, change or swap with their neighbour to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (rows[i][j + 1] + 1).min(row[j] + 1).min(rows[i][j] + usize::from(x != y));
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
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
