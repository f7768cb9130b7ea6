//! One of the two states that are compared: its files, their graph and their text.

use super::revision;
use crate::cli::lineage::files::{bytes_of, said, wanted};
use crate::cli::walk;
use crate::graph::link::link;
use crate::graph::{Evidence, Graph};
use crate::ingest::reader;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// A state.
pub struct Side {
    /// Its lineage. Files are called by their path, which is also their id.
    pub graph: Graph,
    /// What could not be read, a line each.
    pub complaints: Vec<String>,
    texts: HashMap<String, String>,
}

/// Paths and bytes.
type Files = Vec<(String, Vec<u8>)>;

/// Reads both states. Two files that are named are the same file under the new name.
pub fn read(old: &Path, new: &Path, dialect: &str) -> Result<(Side, Side), String> {
    let name = (old.is_file() && new.is_file()).then(|| new.file_name().unwrap_or(new.as_os_str()).to_string_lossy().into_owned());
    let side = |path: &Path| -> Result<Side, String> {
        let (files, complaints) = files(path, name.as_deref())?;
        Ok(Side::new(files, complaints, dialect))
    };
    Ok((side(old)?, side(new)?))
}

/// The files of a path or, when there is nothing of that name, of a revision.
fn files(path: &Path, name: Option<&str>) -> Result<(Files, Vec<String>), String> {
    if !path.exists() {
        return revision::files(&path.to_string_lossy(), &wanted).map(|files| (files, Vec::new()));
    }
    let walk::Found { files: found, mut complaints } = walk::collect(&[path.to_owned()], true, &wanted);
    let mut files = Vec::new();
    for (_, file) in found {
        let inner = file.strip_prefix(path).ok().filter(|inner| !inner.as_os_str().is_empty());
        let shown = name.map_or_else(|| inner.unwrap_or(&file).to_string_lossy().into_owned(), str::to_owned);
        match bytes_of(&file) {
            Ok(bytes) => files.push((shown, bytes)),
            Err(why) => complaints.push(why),
        }
    }
    Ok((files, complaints))
}

impl Side {
    fn new(files: Files, complaints: Vec<String>, dialect: &str) -> Side {
        let facts = files.iter().map(|(path, bytes)| (path.clone(), Arc::new(reader::read(path, bytes, dialect).facts)));
        let graph = Graph::build("diff", link("diff", &said(&facts.collect::<Vec<_>>()), &[]));
        let texts = files.into_iter().map(|(path, bytes)| (path, reader::text(&bytes))).collect();
        Side { graph, complaints, texts }
    }

    /// The lines that a piece of evidence points to.
    pub fn text(&self, evidence: &Evidence) -> &str {
        let text = self.texts.get(&*evidence.file_id).map_or("", String::as_str);
        let start = |line: u32| match line {
            0 | 1 => 0,
            line => text.match_indices('\n').nth(line as usize - 2).map_or(text.len(), |(at, _)| at + 1),
        };
        &text[start(evidence.line)..start(evidence.line_end.max(evidence.line).saturating_add(1))]
    }
}
