//! Names that clients give files, made harmless.

use crate::text::is_invisible;

/// Longest path that is kept, in bytes: what every file system and every table cell takes.
pub const MAX_PATH_BYTES: usize = 1_024;

/// A client's file name as a relative path: `/` between parts, no `..`, no drive, nothing invisible.
///
/// # Errors
/// A sentence, for a name that is empty or longer than [`MAX_PATH_BYTES`].
pub fn clean(name: &str) -> Result<String, String> {
    if name.len() > MAX_PATH_BYTES {
        return Err(format!("The file's name has {} bytes; the most is {MAX_PATH_BYTES}: give it a shorter one", name.len()));
    }
    let name: String = name.chars().map(|c| if is_invisible(c) { '_' } else { c }).collect();
    let parts: Vec<&str> = name
        .split(['/', '\\'])
        .map(str::trim)
        .filter(|part| !part.is_empty() && *part != "." && *part != ".." && !is_drive(part))
        .collect();
    if parts.is_empty() {
        return Err("The file has no name: give it one with an extension".into());
    }
    Ok(parts.join("/"))
}

/// The start of `name` for an error report, with nothing invisible in it.
pub fn shown(name: &str) -> String {
    let shown: String = name.chars().take(200).map(|c| if is_invisible(c) { '_' } else { c }).collect();
    if shown.len() < name.len() && name.chars().nth(200).is_some() { format!("{shown}…") } else { shown }
}

fn is_drive(part: &str) -> bool {
    matches!(part.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_neither_leave_its_folder_nor_hide_what_it_is() {
        for (name, expected) in [
            ("a.sql", "a.sql"),
            ("dir/./a.sql", "dir/a.sql"),
            ("../../etc/passwd.sql", "etc/passwd.sql"),
            ("/abs//a.sql", "abs/a.sql"),
            ("C:\\work\\..\\a.sql", "work/a.sql"),
            ("a\0b\n.sql", "a_b_.sql"),
            ("\u{202E}lqs.exe", "_lqs.exe"),
            (" a.sql ", "a.sql"),
            ("été/日本.sql", "été/日本.sql"),
        ] {
            assert_eq!(clean(name).as_deref(), Ok(expected), "{name:?}");
        }
    }

    #[test]
    fn a_name_that_is_none_or_too_long_is_refused_with_a_sentence() {
        for name in ["", "/", "..", "C:\\", &"a".repeat(10_000)] {
            assert!(clean(name).is_err());
        }
        assert!(shown(&"a\0".repeat(5_000)).len() < 300);
    }
}
