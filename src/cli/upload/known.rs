//! What the server has already.

use crate::cli::Failure;
use crate::cli::client::Client;
use serde_json::Value as Json;
use std::collections::HashMap;

/// Files of one page: the most that the server gives.
const PAGE: usize = 1000;

/// The files of one repository that were read.
#[derive(Default)]
pub struct Known {
    hashes: HashMap<String, String>,
}

impl Known {
    /// Asks the server what a repository of this project holds; an unknown one holds nothing.
    pub fn ask(client: &Client, project: &Json, repository: &str) -> Result<Known, Failure> {
        let named = |r: &&Json| r["name"].as_str() == Some(repository);
        let mut known = Known::default();
        let Some(id) = project["repositories"].as_array().into_iter().flatten().find(named).and_then(|r| r["id"].as_str()) else {
            return Ok(known);
        };
        loop {
            let offset = known.hashes.len();
            let query = [("repository_id", id), ("status", "processed"), ("limit", &PAGE.to_string()), ("offset", &offset.to_string())];
            let page = client.get("/api/v1/files", &query)?;
            let files = page.as_array().map_or(&[][..], Vec::as_slice);
            for file in files {
                if let (Some(path), Some(hash)) = (file["relative_path"].as_str(), file["file_hash"].as_str()) {
                    known.hashes.insert(path.to_owned(), hash.to_owned());
                }
            }
            // A page that brought nothing new ends it too, whatever changes meanwhile.
            if files.len() < PAGE || known.hashes.len() == offset {
                return Ok(known);
            }
        }
    }

    /// Whether the server has these bytes at this path.
    pub fn has(&self, path: &str, hash: &str) -> bool {
        self.hashes.get(path).is_some_and(|known| known == hash)
    }
}
