//! Files below a folder of the server's own disk.

use super::{Content, Upload, path};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Most files taken from one folder.
pub const MAX_FILES: usize = 50_000;
/// Deepest folder that is looked into: deeper ones are made by accident.
const MAX_DEPTH: usize = 64;

/// Why nothing is taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// It lies outside the root, by `..` or through a symlink.
    Outside,
    /// There is nothing of that name below the root, or it cannot be read; why.
    Missing(String),
    /// More than [`MAX_FILES`].
    TooMany,
}

/// The file at `asked` (below `root`, which is canonical), or every file of an allowed extension in the folder of that name, in order
/// of path. Symlinks are followed to files below the root only; hidden folders are left out. Blocking.
pub fn collect(root: &Path, asked: &str, extensions: &[String]) -> Result<Vec<Upload>, Refused> {
    let inside = lexically_inside(root, Path::new(asked)).ok_or(Refused::Outside)?;
    let found = fs::canonicalize(root.join(&inside)).map_err(|e| Refused::Missing(reason(&e)))?;
    if !found.starts_with(root) {
        return Err(Refused::Outside);
    }
    let mut files = Vec::new();
    if found.is_dir() {
        walk(root, &found, extensions, 0, &mut files)?;
    } else {
        files.extend(upload(root, &found));
    }
    Ok(files)
}

/// `asked` relative to `root`, without leaving it even for a moment; `None` when it would.
fn lexically_inside(root: &Path, asked: &Path) -> Option<PathBuf> {
    let relative = if asked.is_absolute() { asked.strip_prefix(root).ok()? } else { asked };
    let mut inside = PathBuf::new();
    for part in relative.components() {
        match part {
            Component::Normal(name) => inside.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !inside.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(inside)
}

fn walk(root: &Path, dir: &Path, extensions: &[String], depth: usize, files: &mut Vec<Upload>) -> Result<(), Refused> {
    let missing = |e: io::Error| Refused::Missing(reason(&e));
    let mut entries = fs::read_dir(dir).map_err(missing)?.collect::<io::Result<Vec<_>>>().map_err(missing)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(missing)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() {
            if depth < MAX_DEPTH && !hidden {
                walk(root, &entry.path(), extensions, depth + 1, files)?;
            }
            continue;
        }
        // A link's name decides whether it is wanted, its target whether it may be read.
        let real = fs::canonicalize(entry.path()).ok().filter(|real| real.is_file() && real.starts_with(root));
        if real.is_some() && extensions.contains(&super::reader::extension(&entry.file_name().to_string_lossy())) {
            if files.len() == MAX_FILES {
                return Err(Refused::TooMany);
            }
            files.extend(upload(root, &entry.path()));
        }
    }
    Ok(())
}

fn upload(root: &Path, file: &Path) -> Option<Upload> {
    let name = file.strip_prefix(root).ok()?.to_string_lossy().into_owned();
    Some(match path::clean(&name) {
        Ok(path) => Upload { path, content: Content::File(file.to_owned()) },
        Err(why) => Upload { path: path::shown(&name), content: Content::Refused(why) },
    })
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(root: &Path, asked: &str) -> Result<Vec<String>, Refused> {
        let files = collect(root, asked, &[".sql".into()])?;
        Ok(files.into_iter().map(|f| f.path).collect())
    }

    #[test]
    fn a_folder_is_read_recursively_and_never_left() {
        let base = std::env::temp_dir().join(format!("headwater-folder-{}", crate::id::random()));
        let root = base.join("root");
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        for file in ["root/a/b/2.sql", "root/a/1.SQL", "root/a/notes.bin", "root/.git/x.sql", "secret.sql"] {
            fs::write(base.join(file), "SELECT 1").unwrap();
        }
        std::os::unix::fs::symlink(base.join("secret.sql"), root.join("a/link.sql")).unwrap();
        std::os::unix::fs::symlink(&base, root.join("out")).unwrap();
        let root = fs::canonicalize(root).unwrap();

        assert_eq!(taken(&root, "").unwrap(), ["a/1.SQL", "a/b/2.sql"]);
        assert_eq!(taken(&root, "a/b").unwrap(), ["a/b/2.sql"]);
        assert_eq!(taken(&root, "a/../a/1.SQL").unwrap(), ["a/1.SQL"]);
        assert_eq!(taken(&root, root.join("a/b/2.sql").to_str().unwrap()).unwrap(), ["a/b/2.sql"]);
        for outside in ["..", "../secret.sql", "a/../../secret.sql", "/etc/passwd", "a/link.sql", "out/secret.sql", "../nowhere"] {
            assert_eq!(taken(&root, outside), Err(Refused::Outside), "{outside}");
        }
        assert!(matches!(taken(&root, "nowhere"), Err(Refused::Missing(_))));
        fs::remove_dir_all(base).unwrap();
    }
}
