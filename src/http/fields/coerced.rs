//! What [`Fields`](super::Fields) takes for something else, as schemas say it: beside `7` also `"7"`, beside `true` also `"yes"`.

use schemars::Schema;
use serde_json::{Value, json};

/// Words for `true` and `false`, in any case.
const WORDS: &str = "^([01TtYyFfNn]|[Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Oo][Nn]|[Ff][Aa][Ll][Ss][Ee]|[Nn][Oo]|[Oo][Ff][Ff])$";

/// A schema of a boolean, for one that may also be 0, 1 or a word.
pub fn boolean(schema: &mut Schema) {
    also(schema, &["integer", "string"]);
    for (keyword, value) in [("minimum", json!(0)), ("maximum", json!(1)), ("pattern", json!(WORDS))] {
        schema.insert(keyword.into(), value);
    }
}

/// A schema of an integer from 1 to its `maximum`, for one that may also be its digits, or `true`, which is 1.
pub fn integer(schema: &mut Schema) {
    let most = schema.get("maximum").and_then(Value::as_u64).unwrap_or(u64::MAX);
    also(schema, &["boolean", "string"]);
    schema.insert("pattern".into(), json!(format!("^({})$", digits(most))));
    schema.insert("not".into(), json!({"const": false}));
}

fn also(schema: &mut Schema, types: &[&str]) {
    let all = match schema.get("type") {
        Some(Value::Array(those)) => those.iter().cloned().chain(types.iter().map(|t| json!(t))).collect(),
        Some(one) => [one.clone()].into_iter().chain(types.iter().map(|t| json!(t))).collect(),
        None => return,
    };
    schema.insert("type".into(), Value::Array(all));
}

/// A pattern of the digits of 1 to `most`: fewer digits, or as many of which one is the first to be less, or those of `most`.
fn digits(most: u64) -> String {
    let text = most.to_string();
    let some = |n: usize| "[0-9]".repeat(n);
    let shorter = (1..text.len()).map(|length| format!("[1-9]{}", some(length - 1)));
    let less = text.char_indices().filter_map(|(at, digit)| {
        let (least, below) = (if at == 0 { '1' } else { '0' }, char::from_digit(digit.to_digit(10)?.checked_sub(1)?, 10)?);
        (least <= below).then(|| format!("{}[{least}-{below}]{}", &text[..at], some(text.len() - at - 1)))
    });
    shorter.chain(less).chain([text.clone()]).collect::<Vec<_>>().join("|")
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn the_digits_up_to_a_number_are_of_those_below_it_and_its_own() {
        for (most, pattern) in [
            (1, "1"),
            (9, "[1-8]|9"),
            (50, "[1-9]|[1-4][0-9]|50"),
            (900, "[1-9]|[1-9][0-9]|[1-8][0-9][0-9]|900"),
            (205, "[1-9]|[1-9][0-9]|[1-1][0-9][0-9]|20[0-4]|205"),
        ] {
            assert_eq!(digits(most), pattern);
        }
    }
}
