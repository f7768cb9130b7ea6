//! Reading what the command line names.

use crate::cli::walk::is_stdin;
use crate::ingest::reader::{self, FileType};
use crate::lineage::script::{Script, follow, of};
use crate::lineage::{Diagnostic, Severity};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Bytes of one file; the same as the default limit of an upload.
pub const MAX_FILE: u64 = 50 * 1024 * 1024;

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

/// Whether a file found in a folder is likely to say something; one that is named is read whatever it is.
pub fn wanted(name: &str) -> bool {
    match FileType::of(name) {
        FileType::Sql | FileType::Python | FileType::Notebook => true,
        FileType::Json => matches!(name, "manifest.json" | "catalog.json"),
        FileType::Csv | FileType::Markdown | FileType::Text => false,
    }
}

/// A file's bytes, or standard input's; a line when they cannot be had.
pub fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
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
    Ok(bytes)
}

/// Reads a file; standard input, and what has no extension known here, is SQL.
pub fn read(path: &Path, dialect: &str, schema: &BTreeMap<String, Vec<String>>) -> Result<File, String> {
    let bytes = bytes_of(path)?;
    let name = path.display().to_string();
    if !matches!(FileType::of(&name), FileType::Sql | FileType::Text) {
        let facts = reader::read(&name, &bytes, dialect).facts;
        return Ok(File { path: name, why: String::new(), marked: false, script: of(facts, schema) });
    }
    let (text, encoding) = reader::decode::decode(&bytes);
    let mut script = follow(&text, dialect, schema);
    if let Some(encoding) = encoding {
        script.facts.diagnostics.push(Diagnostic::new(1, Severity::Info, encoding.to_owned()));
    }
    let why = if dialect.eq_ignore_ascii_case("auto") { crate::lineage::dialect::detect(&text).1 } else { String::new() };
    let marked = why.starts_with("looks like");
    Ok(File { path: name, why, marked, script })
}
