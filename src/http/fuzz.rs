//! Whatever a client writes into a path or a JSON body is answered by the book.

use super::body::object;
use super::router::{Found, decode, find};
use super::{Error, Fields, ROUTES};
use hyper::Method;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value};

/// Bits that paths are made of: what templates have, and what is meant to be read in two ways.
const BITS: [&str; 40] = [
    "/",
    "/",
    "/",
    "/",
    "//",
    "api",
    "v1",
    "chat",
    "files",
    "lineage",
    "node",
    "graph",
    "entity",
    "database",
    "tables",
    "health",
    "docs",
    "dependencies",
    "content",
    ".",
    "..",
    "%2e%2e",
    "%2F",
    "%2f",
    "%00",
    "%ff",
    "%C3%A9",
    "%",
    "%4",
    "%zz",
    "%25",
    "%252e",
    "\\",
    ";",
    "a",
    "urn:headwater:p:file:a",
    "?",
    "é",
    "\u{202e}",
    "~",
];

fn path() -> impl Strategy<Value = String> {
    let made = vec(select(&BITS[..]), 0..14).prop_map(|bits| bits.concat());
    let near = (select(ROUTES), select(&BITS[..]), any::<Index>()).prop_map(|(route, bit, at)| {
        let mut path = route.path.replace(['{', '}'], "");
        path.insert_str(at.index(path.len() + 1), bit);
        path
    });
    let long = (select(&BITS[..]), 1..20_000usize).prop_map(|(bit, times)| format!("/api/v1/lineage/node/{}", bit.repeat(times)));
    prop_oneof![4 => made, 4 => near, 1 => long, 1 => any::<String>()]
}

/// JSON, mostly.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<f64>().prop_map(|n| n.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        select(&["null", "true", "NaN", "-Infinity", "1e999", "0123", "\"\\ud800\"", "\"\\u00\"", "'a'", "\"\t\"", "", "nul"][..])
            .prop_map(str::to_owned),
    ];
    let tree = leaf.prop_recursive(5, 40, 5, |inner| {
        let member = (select(&["query", "a", "limit", ""][..]), inner.clone()).prop_map(|(key, value)| format!("\"{key}\": {value}"));
        prop_oneof![
            vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(" ,"))),
        ]
    });
    let deep = (1..2_000usize, any::<bool>()).prop_map(|(depth, object)| {
        let (open, close) = if object { ("{\"a\":", "}") } else { ("[", "]") };
        format!("{{\"a\":{}1{}}}", open.repeat(depth), close.repeat(depth))
    });
    prop_oneof![8 => tree, 1 => deep]
}

proptest! {
    #![proptest_config(crate::properties::config())]

    #[test]
    fn any_path_leads_to_one_route_or_to_none(path in path(), method in select(&["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"][..])) {
        let method: Method = method.parse().unwrap();
        match find(&method, &path) {
            Found::Route(route, params) => {
                prop_assert!(route.method == method || (method == Method::HEAD && route.method == Method::GET), "{method} {path}");
                prop_assert_eq!(params.len(), route.path.matches('{').count(), "{} for {}", route.path, path);
                // Nothing is resolved or dropped on the way: the values are the path's own text.
                let mut filled = route.path.to_owned();
                for value in &params {
                    let (start, end) = (filled.find('{').unwrap(), filled.find('}').unwrap());
                    filled.replace_range(start..=end, &value.replace(['{', '}'], "\u{1}"));
                }
                prop_assert_eq!(filled, decode(&path).replace(['{', '}'], "\u{1}"), "{} for {:?}", route.path, path);
            }
            Found::Redirect(to) => {
                prop_assert!(to.starts_with('/') && !to.ends_with('/') && path.starts_with(&to), "{path} to {to}");
                prop_assert!(matches!(find(&method, &to), Found::Route(..) | Found::Methods(_)), "{path} to {to}");
            }
            Found::Methods(allow) => {
                prop_assert!(!allow.split(", ").any(|name| name == method.as_str()) || method == Method::OPTIONS, "{method} {path}: {allow}");
            }
            Found::Nothing => {}
        }
    }

    #[test]
    fn any_body_is_an_object_or_a_refusal_that_says_where(text in json(), cut in any::<Index>(), whole in any::<bool>(), flip in any::<(Index, u8)>()) {
        let mut bytes = text.into_bytes();
        if !whole {
            bytes.truncate(cut.index(bytes.len() + 1));
            if !bytes.is_empty() {
                let at = flip.0.index(bytes.len());
                bytes[at] ^= flip.1;
            }
        }
        let known: Option<Map<String, Value>> = serde_json::from_slice(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes)).ok();
        match object(&bytes, true) {
            Ok(map) => {
                // Only for half a surrogate pair is more taken than serde_json does.
                let halves = || String::from_utf8_lossy(&bytes).to_lowercase().contains("\\ud");
                prop_assert!(known.as_ref().map_or_else(halves, |known| *known == map));
                decoded(map)?;
            }
            Err(Error::BadRequest(_)) => prop_assert!(std::str::from_utf8(&bytes).is_err()),
            Err(Error::Unprocessable(mistakes)) => {
                prop_assert!(known.is_none() && mistakes.len() == 1);
                let mistake = &mistakes[0];
                let text = std::str::from_utf8(&bytes).unwrap();
                if let Some(at) = mistake.loc.get(1) {
                    prop_assert!(at.as_u64().unwrap() as usize <= text.chars().count(), "{mistake:?}");
                }
                prop_assert!(serde_json::to_vec(mistake).unwrap().len() < 64 << 10);
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }
}

/// Takes every field as each type there is: a value, or a mistake in its own place.
fn decoded(map: Map<String, Value>) -> Result<(), TestCaseError> {
    for name in ["query", "a", "limit", "", "gone"] {
        let mut fields = Fields::body(map.clone());
        let text = fields.optional_string(name, 1, 10);
        prop_assert!(text.is_none_or(|text| (1..=10).contains(&text.chars().count())));
        prop_assert!((1..=50).contains(&fields.integer(name, 7, 1, 50)));
        fields.boolean(name, true);
        fields.strings(name, 9, 3);
        fields.object(name);
        fields.nested(name, |inner| inner.string("a", 0, 5));
        fields.objects(name, 9, |inner| inner.choice("a", &["x", "y"], None));
        if let Err(error) = fields.finish() {
            let Error::Unprocessable(mistakes) = error else { return Err(TestCaseError::fail(format!("{error:?}"))) };
            prop_assert!(mistakes.iter().all(|m| m.loc.first() == Some(&Value::from("body")) && m.loc.get(1) == Some(&Value::from(name))));
        }
    }
    Ok(())
}
