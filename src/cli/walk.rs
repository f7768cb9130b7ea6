//! The files that a command line names, folders walked.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Depth of folders walked: no tree that people keep is as deep.
const MAX_FOLDERS: usize = 64;

/// Folders of what others wrote or a tool made: nothing in them is one's own.
const IGNORED: &[&str] = &["node_modules", "__pycache__", "venv", "site-packages"];

/// What was found.
#[derive(Default)]
pub struct Found {
    /// Files with the path that named them, in order of name below each.
    pub files: Vec<(PathBuf, PathBuf)>,
    /// What could not be looked at, a line each.
    pub complaints: Vec<String>,
}

/// What `paths` name. Of folders, the files whose name is `wanted`: with `git`, those of a checkout that are not ignored; hidden ones
/// and [`IGNORED`] never. What is named itself is taken whatever it is.
pub fn collect(paths: &[PathBuf], git: bool, wanted: &dyn Fn(&str) -> bool) -> Found {
    let mut found = Found::default();
    for path in paths {
        let begin = found.files.len();
        if is_stdin(path) || !path.is_dir() {
            found.files.push((path.clone(), path.clone()));
        } else if !(git && tracked(path, wanted, &mut found)) {
            walk(path, path, 0, wanted, &mut found);
        }
        found.files[begin..].sort();
    }
    found
}

/// Standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Takes the files that git would, if the folder is in a checkout and git is there.
fn tracked(folder: &Path, wanted: &dyn Fn(&str) -> bool, found: &mut Found) -> bool {
    let list = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Some(list) = list.ok().filter(|list| list.status.success()) else { return false };
    let paths = list.stdout.split(|b| *b == 0).filter(|path| !path.is_empty()).map(|path| PathBuf::from(as_path(path)));
    let plain = |path: &PathBuf| !path.iter().any(|part| passed_over(&part.to_string_lossy()));
    let kept = paths.filter(plain).filter(|path| path.file_name().is_some_and(|name| wanted(&name.to_string_lossy())));
    // What is deleted and not committed is listed too, and so are submodules.
    found.files.extend(kept.map(|path| (folder.to_owned(), folder.join(path))).filter(|(_, path)| path.is_file()));
    true
}

fn as_path(bytes: &[u8]) -> &std::ffi::OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

fn passed_over(name: &str) -> bool {
    name.starts_with('.') || IGNORED.contains(&name)
}

fn walk(named: &Path, folder: &Path, depth: usize, wanted: &dyn Fn(&str) -> bool, found: &mut Found) {
    if depth > MAX_FOLDERS {
        return found.complaints.push(format!("{}: folders nest deeper than {MAX_FOLDERS}", folder.display()));
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return found.complaints.push(format!("{}: {error}", folder.display())),
    };
    for entry in entries {
        let (path, kind) = match entry.and_then(|e| Ok((e.path(), e.file_type()?))) {
            Ok(entry) => entry,
            Err(error) => {
                found.complaints.push(format!("{}: {error}", folder.display()));
                continue;
            }
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if kind.is_dir() && !passed_over(&name) {
            walk(named, &path, depth + 1, wanted, found);
        } else if !kind.is_dir() && path.is_file() && wanted(&name) {
            found.files.push((named.to_owned(), path));
        }
    }
}
