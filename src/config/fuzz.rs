//! Whatever an environment or a file holds: a config, or one line that names what is wrong.

use super::{BadSetting, Config, Environment, SETTINGS, environment};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::BTreeMap;

/// Bits that values are made of.
const BITS: [&str; 34] = [
    "",
    " ",
    ",",
    "/",
    "://",
    ":",
    "http",
    "https",
    "ws",
    "[",
    "]",
    "::1",
    "127.0.0.1",
    "10.0.0.0/8",
    "/33",
    ".",
    "..",
    "*",
    "null",
    "off",
    "none",
    "loopback",
    "true",
    "-1",
    "0",
    "8000",
    "99999999999999999999",
    ".sql",
    "host",
    "@",
    "\0",
    "\n",
    "é\u{202e}",
    "%41",
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => vec(select(&BITS[..]), 0..8).prop_map(|bits| bits.concat()),
        1 => any::<String>(),
        1 => (select(&BITS[..]), 1..5_000usize).prop_map(|(bit, times)| bit.repeat(times)),
    ]
}

fn variables() -> impl Strategy<Value = BTreeMap<&'static str, String>> {
    let names: Vec<&str> = SETTINGS.iter().map(|s| s.name).chain(["STATE_DIRECTORY", "LOGS_DIRECTORY", "CREDENTIALS_DIRECTORY"]).collect();
    btree_map(select(names), value(), 0..4)
}

fn load(variables: &BTreeMap<&str, String>) -> Result<Config, BadSetting> {
    Config::load(|name| variables.get(name).cloned())
}

proptest! {
    #![proptest_config(crate::properties::config())]

    #[test]
    fn any_environment_is_a_config_or_a_line_that_names_one_of_its_settings(variables in variables(), later in variables()) {
        match load(&variables) {
            Err(BadSetting(line)) => {
                let named = SETTINGS.iter().find(|s| line.starts_with(s.name) && line[s.name.len()..].starts_with(' '));
                prop_assert!(named.is_some() || line.starts_with("CREDENTIALS_DIRECTORY "), "{line}");
                prop_assert!(!line.contains(char::is_control), "{line:?}");
                prop_assert!(line.len() < 4_000, "{} bytes", line.len());
                let secret = named.and_then(|named| variables.get(named.name).filter(|value| named.secret && value.trim().len() > 20));
                prop_assert!(secret.is_none_or(|secret| !line.contains(secret.trim())), "{line}");
            }
            Ok(config) => {
                let again = Config::load(|name| config.given.get(name).cloned()).unwrap();
                prop_assert_eq!(format!("{again:?}"), format!("{config:?}"), "what it says it was given makes another");
                prop_assert_eq!(config.reloaded(&config).unwrap().changed, Vec::<String>::new());
                if let Ok(asked) = load(&later) {
                    let reloaded = config.reloaded(&asked).unwrap();
                    prop_assert_eq!(reloaded.config.storage_path, config.storage_path);
                    prop_assert_eq!(reloaded.config.api_token, asked.api_token.or(config.api_token), "a token may be another, not none");
                }
            }
        }
    }

    #[test]
    fn any_file_is_settings_or_the_number_of_a_line(
        lines in vec((select(&["A", "export B", "", "# c", "a b", "="][..]), select(&["=", " = ", ""][..]), select(&["", "\"", "'"][..]), value(),
            select(&["", "\"", "'", " # why", "\\"][..])), 0..6),
        cut in any::<Index>(),
    ) {
        let text: String = lines.iter().map(|(key, equals, open, value, close)| format!("{key}{equals}{open}{value}{close}\n")).collect();
        let chars: Vec<char> = text.chars().collect();
        let text: String = chars[..cut.index(chars.len() + 1)].iter().collect();
        match environment::parse(&text) {
            Ok(values) => prop_assert!(values.keys().all(|key| key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))),
            Err((line, why)) => prop_assert!((1..=text.lines().count()).contains(&line) && !why.is_empty()),
        }
    }
}

#[test]
fn a_folder_or_nothing_in_the_place_of_the_file_is_no_settings() {
    let dir = std::env::temp_dir().join(format!("headwater-dotenv-{}", crate::id::random()));
    std::fs::create_dir_all(dir.join(".env")).unwrap();
    assert!(Environment::read(&dir).unwrap().get("HEADWATER_TEST_ONLY").is_none());
    assert!(Environment::read(&dir.join("nowhere")).unwrap().get("HEADWATER_TEST_ONLY").is_none());
    std::fs::remove_dir_all(dir).unwrap();
}
