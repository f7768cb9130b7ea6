//! Which strings are SQL, and which of them are queries.

/// Whether SQL is a query whose rows a data frame can hold.
pub fn is_query(sql: &str) -> bool {
    let first = words(sql).next().unwrap_or("").to_ascii_uppercase();
    let one = sql.trim().trim_end_matches(';').find(';').is_none();
    one && (first == "SELECT" || first == "WITH" && !words(sql).any(|w| ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(&w)))
}

/// The names of the temporary views and tables that SQL creates, in order.
pub fn temporaries(sql: &str) -> Vec<&str> {
    let words: Vec<&str> = words(sql).collect();
    let is = |at: usize, any: &[&str]| words.get(at).is_some_and(|word| any.iter().any(|one| word.eq_ignore_ascii_case(one)));
    let made = (0..words.len()).filter(|at| is(*at, &["TEMP", "TEMPORARY"]) && is(at + 1, &["VIEW", "TABLE"]));
    // IF NOT EXISTS
    made.filter_map(|at| words.get(at + if is(at + 2, &["IF"]) { 5 } else { 2 }).copied()).collect()
}

/// Words of SQL, comments to the end of a line left out.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.split("--").next().unwrap_or(""))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .filter(|word| !word.is_empty())
}

/// Whether a literal is SQL: it begins with a statement's verb and holds the word that verb needs. Prose ("Select one from the list")
/// is told apart by its capital: SQL is written in one case, unless a call that takes SQL (`surely`) vouches for it.
pub fn looks_like_sql(text: &str, surely: bool) -> bool {
    let mut words = words(text);
    let Some(verb) = words.next() else { return false };
    let needs: &[&str] = match verb.to_ascii_uppercase().as_str() {
        "SELECT" => &["FROM", "INTO"],
        "WITH" => &["SELECT"],
        "INSERT" => &["INTO", "OVERWRITE"],
        "REPLACE" | "MERGE" => &["INTO"],
        "UPDATE" => &["SET"],
        "DELETE" => &["FROM"],
        "CREATE" | "ALTER" | "DROP" | "TRUNCATE" => &["TABLE", "VIEW", "PROCEDURE", "FUNCTION", "SCHEMA", "INDEX", "TRIGGER"],
        "REFRESH" => &["MATERIALIZED"],
        "COPY" | "UNLOAD" => &["FROM", "TO", "INTO"],
        "EXEC" | "EXECUTE" | "CALL" | "BEGIN" | "DECLARE" if surely => return words.next().is_some(),
        _ => return false,
    };
    let cased = surely || verb == verb.to_ascii_uppercase() || verb == verb.to_ascii_lowercase();
    cased && words.any(|word| needs.iter().any(|need| word.eq_ignore_ascii_case(need)))
}
