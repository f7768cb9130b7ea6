//! Reading what the command line names.

use crate::cli::walk::is_stdin;
use crate::graph::link::{FileFacts, Linker};
use crate::ingest::reader::{self, FileType};
use crate::lineage::script::{Script, follow, of};
use crate::lineage::{Diagnostic, Facts, Severity};
use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

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

/// Columns of relations by name.
type Schema = BTreeMap<String, Vec<String>>;

/// Reads files, by path and bytes. In each the columns of what the others define are known, but where `schema` says otherwise.
pub fn read(files: &[(String, Vec<u8>)], dialect: &str, schema: &Schema) -> Vec<File> {
    if let [(path, bytes)] = files {
        return vec![read_one(path, bytes, dialect, schema)];
    }
    let facts: Vec<_> = files.iter().map(|(path, bytes)| (path.clone(), Arc::new(reader::read(path, bytes, dialect).facts))).collect();
    let mut linker = Linker::new("");
    linker.update(&said(&facts), &[], &[]);
    let schemas: Vec<Schema> = facts.iter().map(|(path, facts)| known(&linker, path, facts, schema)).collect();
    drop((facts, linker));
    files.iter().zip(&schemas).map(|((path, bytes), schema)| read_one(path, bytes, dialect, schema)).collect()
}

/// Files as linking takes them, called by their paths.
pub fn said(files: &[(String, Arc<Facts>)]) -> Vec<FileFacts<'_>> {
    files.iter().map(|(path, facts)| FileFacts { file_id: path, repository_id: "", repository: "", path, facts }).collect()
}

/// `schema`, and the columns of what a file names and does not define.
fn known(linker: &Linker, path: &str, facts: &Facts, schema: &Schema) -> Schema {
    let mut known = schema.clone();
    let own: HashSet<String> = facts.assets.iter().map(|a| a.name.key()).collect();
    let names = facts.statements.iter().flat_map(|s| s.reads.iter().chain(&s.writes)).filter(|name| !own.contains(&name.key()));
    for name in names {
        if !known.contains_key(&name.to_string())
            && let Some(columns) = linker.columns(path, name)
        {
            known.insert(name.to_string(), columns);
        }
    }
    known
}

/// Reads a file; standard input, and what has no extension known here, is SQL.
fn read_one(path: &str, bytes: &[u8], dialect: &str, schema: &Schema) -> File {
    if !matches!(FileType::of(path), FileType::Sql | FileType::Text) {
        let facts = reader::read(path, bytes, dialect).facts;
        return File { path: path.to_owned(), why: String::new(), marked: false, script: of(facts, schema) };
    }
    let (text, encoding) = reader::decode::decode(bytes);
    let given = crate::lineage::dialect::of_file(path, &text, dialect);
    let mut script = match reader::model(path, &text, dialect) {
        Some(model) => of(model, schema),
        None => follow(&text, given, schema),
    };
    if let Some(encoding) = encoding {
        script.facts.diagnostics.push(Diagnostic::new(1, Severity::Info, encoding.to_owned()));
    }
    let why = if dialect.eq_ignore_ascii_case("auto") { crate::lineage::dialect::detect_file(path, &text).1 } else { String::new() };
    let marked = why.starts_with("looks like");
    File { path: path.to_owned(), why, marked, script }
}
