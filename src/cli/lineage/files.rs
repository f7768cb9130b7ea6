//! Finding and reading what the command line names.

use crate::ingest::reader::{self, FileType};
use crate::lineage::script::{Script, follow, of};
use crate::lineage::{Diagnostic, Severity};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes of one file; the same as the default limit of an upload.
const MAX_FILE: u64 = 50 * 1024 * 1024;

/// Depth of folders walked: no tree that people keep is as deep.
const MAX_FOLDERS: usize = 64;

/// A file and what it says.
pub struct File {
    /// As given, or found below what was given.
    pub path: String,
    /// Why its dialect was chosen; empty when it is not SQL or the dialect was given.
    pub why: String,
    /// There were marks of a dialect to choose by.
    pub marked: bool,
    /// What it says.
    pub script: Script,
}

/// The files that `paths` name, folders walked, in order of name; and what could not be looked at.
pub fn collect(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut files, mut complaints) = (Vec::new(), Vec::new());
    for path in paths {
        if is_stdin(path) || !path.is_dir() {
            files.push(path.clone());
        } else {
            walk(path, 0, &mut files, &mut complaints);
        }
    }
    (files, complaints)
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>, complaints: &mut Vec<String>) {
    if depth > MAX_FOLDERS {
        return complaints.push(format!("{}: folders nest deeper than {MAX_FOLDERS}", folder.display()));
    }
    let mut entries = Vec::new();
    match std::fs::read_dir(folder) {
        Ok(found) => {
            for entry in found {
                match entry.and_then(|e| Ok((e.path(), e.file_type()?))) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => complaints.push(format!("{}: {error}", folder.display())),
                }
            }
        }
        Err(error) => complaints.push(format!("{}: {error}", folder.display())),
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (path, kind) in entries {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
        if kind.is_dir() && !name.starts_with('.') {
            walk(&path, depth + 1, files, complaints);
        } else if !kind.is_dir() && path.is_file() && wanted(name) {
            files.push(path);
        }
    }
}

/// Whether a file found in a folder is likely to say something; one that is named is read whatever it is.
fn wanted(name: &str) -> bool {
    match FileType::of(name) {
        FileType::Sql | FileType::Python | FileType::Notebook => true,
        FileType::Json => matches!(name, "manifest.json" | "catalog.json"),
        FileType::Csv | FileType::Markdown | FileType::Text => false,
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads a file; standard input, and what has no extension known here, is SQL.
pub fn read(path: &Path, dialect: &str, schema: &BTreeMap<String, Vec<String>>) -> Result<File, String> {
    let mut bytes = Vec::new();
    let fail = |e: std::io::Error| format!("{}: {e}", path.display());
    let limit = MAX_FILE + 1;
    if is_stdin(path) {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(fail)?;
    } else {
        std::fs::File::open(path).map_err(fail)?.take(limit).read_to_end(&mut bytes).map_err(fail)?;
    }
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!("{}: larger than {} MiB", path.display(), MAX_FILE >> 20));
    }
    let name = path.display().to_string();
    if !matches!(FileType::of(&name), FileType::Sql | FileType::Text) {
        let facts = reader::read(&name, &bytes, dialect).facts;
        return Ok(File { path: name, why: String::new(), marked: false, script: of(facts, schema) });
    }
    let (text, encoding) = reader::decode::decode(&bytes);
    let mut script = follow(&text, dialect, schema);
    if let Some(encoding) = encoding {
        script.facts.diagnostics.push(Diagnostic { line: 1, message: encoding.to_owned(), severity: Severity::Info });
    }
    let why = if dialect.eq_ignore_ascii_case("auto") { crate::lineage::dialect::detect(&text).1 } else { String::new() };
    let marked = why.starts_with("looks like");
    Ok(File { path: name, why, marked, script })
}
