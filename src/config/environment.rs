//! Where settings come from: the process's environment, then a `.env` file.

use super::{BadSetting, SETTINGS};
use std::collections::HashMap;
use std::path::Path;

/// Largest `.env` read: far above any real one, far below what could hurt.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Settings by name: the environment wins over the file.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    file: HashMap<String, String>,
    doubts: Vec<String>,
}

/// Names that are read and are no settings: what systemd passes.
const PASSED: [&str; 3] = ["STATE_DIRECTORY", "LOGS_DIRECTORY", "CREDENTIALS_DIRECTORY"];

impl Environment {
    /// Reads the `.env` in `dir`, if there is one. One that cannot be read or understood is a [`BadSetting`] naming the line.
    pub fn read(dir: &Path) -> Result<Environment, BadSetting> {
        let path = dir.join(".env");
        let text = match std::fs::metadata(&path) {
            Ok(meta) if !meta.is_file() => {
                let doubts = vec![format!("{} is not a file: nothing is read from it", path.display())];
                return Ok(Environment { doubts, ..Environment::default() });
            }
            Ok(meta) if meta.len() > MAX_FILE_BYTES => {
                return Err(BadSetting(format!("{} is {} bytes but must be at most {MAX_FILE_BYTES}", path.display(), meta.len())));
            }
            Ok(_) => std::fs::read_to_string(&path).map_err(|e| BadSetting(format!("{} cannot be read: {e}", path.display())))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Environment::default()),
            Err(e) => return Err(BadSetting(format!("{} cannot be read: {e}", path.display()))),
        };
        let file = parse(&text).map_err(|(line, why)| BadSetting(format!("{} line {line}: {why}", path.display())))?;
        let known = |name: &str| PASSED.contains(&name) || SETTINGS.iter().any(|setting| setting.name == name);
        let mut unknown: Vec<&str> = file.keys().map(String::as_str).filter(|name| !known(name)).collect();
        unknown.sort_unstable();
        let doubts = unknown.iter().map(|name| format!("{}: there is no setting {name}", path.display())).collect();
        Ok(Environment { file, doubts })
    }

    /// What was found that changes nothing, and may have been meant to: names of no setting (a token's name with a slip in it leaves the
    /// server open), a token that is empty, a `.env` that is no file.
    pub fn doubts(&self) -> impl Iterator<Item = String> {
        let empty = |name: &&str| self.get(name).is_some_and(|value| value.trim().is_empty());
        let secrets = SETTINGS.iter().filter(|setting| setting.secret).map(|setting| setting.name).filter(empty);
        self.doubts.iter().cloned().chain(secrets.map(|name| format!("{name} is empty, which is as if it were not set")))
    }

    /// The value of `name`. An empty environment variable hides the file's, so that a setting can be unset for one run.
    pub fn get(&self, name: &str) -> Option<String> {
        match std::env::var_os(name) {
            Some(value) => Some(value.to_string_lossy().into_owned()),
            None => self.file.get(name).cloned(),
        }
    }
}

/// `KEY=VALUE` lines, `#` comments, an optional `export`, single quotes (verbatim) and double quotes (`\n`, `\t`, `\"`, `\\`). No
/// substitution: a `$` is a `$`. The last of a repeated key counts. Errors carry the 1-based line.
pub(super) fn parse(text: &str) -> Result<HashMap<String, String>, (usize, &'static str)> {
    let mut values = HashMap::new();
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (key, value) = line.split_once('=').ok_or((i + 1, "expected KEY=VALUE or a # comment"))?;
        let key = key.trim();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err((i + 1, "a name has letters, digits and _ only"));
        }
        values.insert(key.to_string(), unquote(value.trim()).map_err(|why| (i + 1, why))?);
    }
    Ok(values)
}

fn unquote(value: &str) -> Result<String, &'static str> {
    let Some(quote) = value.chars().next().filter(|c| *c == '"' || *c == '\'') else {
        // Unquoted: a # after a blank starts a comment.
        let end = value.find(" #").or_else(|| value.find("\t#")).or(value.starts_with('#').then_some(0));
        return Ok(value[..end.unwrap_or(value.len())].trim_end().to_string());
    };
    let mut out = String::new();
    let mut rest = value[1..].chars();
    while let Some(c) = rest.next() {
        match c {
            c if c == quote => {
                let tail = rest.as_str().trim_start();
                return if tail.is_empty() || tail.starts_with('#') { Ok(out) } else { Err("text after the closing quote") };
            }
            '\\' if quote == '"' => match rest.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(c @ ('"' | '\\' | '$')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => return Err("the quote is not closed"),
            },
            c => out.push(c),
        }
    }
    Err("the quote is not closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_written_without_quotes_and_comments() {
        for (line, expect) in [
            ("A=b", "b"),
            ("export A = b ", "b"),
            ("A=", ""),
            ("A=# nothing", ""),
            ("A=b # why", "b"),
            ("A=b#c", "b#c"),
            ("A='b # c' # why", "b # c"),
            (r#"A="b\"c\n""#, "b\"c\n"),
            (r"A='b\n'", r"b\n"),
            ("A=a=b=c", "a=b=c"),
            ("A=$HOME", "$HOME"),
            ("\u{feff}A=b", "b"),
            ("# A=x\n\nA=1\nA=2\r\n", "2"),
        ] {
            assert_eq!(parse(line).unwrap()["A"], expect, "{line}");
        }
    }

    #[test]
    fn a_line_that_makes_no_sense_is_named_by_its_number() {
        for (text, line) in [("A=1\nnonsense", 2), ("A B=1", 1), ("=1", 1), ("A=\"x", 1), ("A='x' y", 1), ("A=\"x\\", 1)] {
            assert_eq!(parse(text).unwrap_err().0, line, "{text}");
        }
    }

    #[test]
    fn a_missing_file_is_no_error_and_a_broken_one_is() {
        let dir = std::env::temp_dir().join(format!("headwater-dotenv-{}", crate::id::random()));
        std::fs::create_dir(&dir).unwrap();
        assert!(Environment::read(&dir).unwrap().get("HEADWATER_TEST_ONLY").is_none());
        std::fs::write(dir.join(".env"), "HEADWATER_TEST_ONLY='x'\n").unwrap();
        assert_eq!(Environment::read(&dir).unwrap().get("HEADWATER_TEST_ONLY").as_deref(), Some("x"));
        std::fs::write(dir.join(".env"), "API_TOKEN=x\nAPI_TOKNE=y\nSTATE_DIRECTORY=z\n").unwrap();
        let doubts = || Environment::read(&dir).unwrap().doubts().collect::<Vec<_>>();
        assert!(doubts().len() == 1 && doubts()[0].ends_with("there is no setting API_TOKNE"), "{:?}", doubts());
        std::fs::write(dir.join(".env"), "API_TOKEN=\nLLM_MODEL=\n").unwrap();
        assert_eq!(doubts(), ["API_TOKEN is empty, which is as if it were not set"]);
        std::fs::write(dir.join(".env"), [0xff, 0xfe]).unwrap();
        assert!(Environment::read(&dir).unwrap_err().0.contains(".env"));
        std::fs::remove_file(dir.join(".env")).unwrap();
        std::fs::create_dir(dir.join(".env")).unwrap();
        assert!(doubts()[0].contains("is not a file"));
        std::fs::remove_dir_all(dir).unwrap();
    }
}
