//! The files of a revision of the git checkout that this is.

use crate::cli::lineage::files::MAX_FILE;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

/// Paths and bytes of a revision's files whose name is `wanted`, below this folder. `REV:PATH` is another folder of it.
pub fn files(revision: &str, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<(String, Vec<u8>)>, String> {
    let unknown = |why: &str| format!("'{revision}' is neither a file, nor a folder, nor a revision of a git checkout here{why}");
    // What begins with a dash would be an option of git.
    if revision.starts_with('-') {
        return Err(unknown(""));
    }
    let tree = if revision.contains(':') { revision.to_owned() } else { format!("{revision}:./") };
    let list = git(&["ls-tree", "-r", "-z", "--full-tree", &tree]).output().map_err(|e| unknown(&format!(" (git: {e})")))?;
    if !list.status.success() {
        return Err(unknown(""));
    }
    let list = String::from_utf8_lossy(&list.stdout);
    // Mode, type and id, then the path.
    let blobs = list.split('\0').filter_map(|entry| {
        let (about, path) = entry.split_once('\t')?;
        let mut about = about.split(' ');
        let (mode, kind, id) = (about.next()?, about.next()?, about.next()?);
        // Links and submodules are passed over as in folders.
        (kind == "blob" && mode != "120000").then_some((id, path))
    });
    let hidden = |path: &str| path.split('/').any(|part| part.starts_with('.'));
    let blobs = blobs.filter(|(_, path)| !hidden(path) && wanted(path.rsplit('/').next().unwrap_or(path)));
    contents(&blobs.collect::<Vec<_>>()).map_err(|e| format!("git could not read '{revision}': {e}"))
}

/// Asks one git for all of them, one after the other.
fn contents(blobs: &[(&str, &str)]) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut git = git(&["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let gone = || std::io::Error::other("it gives no answer");
    let mut ask = git.stdin.take().ok_or_else(gone)?;
    let mut answer = BufReader::new(git.stdout.take().ok_or_else(gone)?);
    let mut files = Vec::new();
    for (id, path) in blobs {
        writeln!(ask, "{id}")?;
        ask.flush()?;
        let mut head = String::new();
        answer.read_line(&mut head)?;
        let size: u64 = head.trim_end().rsplit(' ').next().and_then(|size| size.parse().ok()).ok_or_else(gone)?;
        if size > MAX_FILE {
            return Err(std::io::Error::other(format!("{path} is larger than {} MiB", MAX_FILE >> 20)));
        }
        let mut bytes = Vec::new();
        answer.by_ref().take(size + 1).read_to_end(&mut bytes)?;
        bytes.pop();
        files.push(((*path).to_owned(), bytes));
    }
    drop(ask);
    git.wait()?;
    Ok(files)
}

fn git(arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    git
}
