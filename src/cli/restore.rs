//! `headwater restore SRC`: a backup in the place of the store.

use super::command::{Command, DATA, FORMAT, Group, Operand, Run, Takes};
use super::progress::Progress;
use super::terminal::bytes;
use super::{Arguments, Failure, Outcome, print, print_json};
use crate::store::copy;
use serde_json::json;

/// Puts a backup in the store's place.
pub const COMMAND: Command = Command {
    name: "restore",
    group: Group::Store,
    summary: "put a backup in the place of the store",
    about: "SRC is checked first: that it is a store, whole, and of a version this program knows. The store that was there is kept \
            beside the new one under a name with the time. Refused while a server uses the folder: stop it first.",
    operand: Some(Operand { shown: "SRC", takes: Takes::Path, least: 1, most: 1 }),
    options: &[DATA, FORMAT],
    examples: &[
        ("The service's store, once the service is stopped", "headwater restore --data /var/lib/headwater last.db"),
        ("To look into an old backup, beside the store of today", "headwater restore --data ./then old.db"),
    ],
    run: Run::Here(run),
};

fn run(arguments: &Arguments) -> Outcome {
    let config = arguments.config()?;
    let (dir, source) = (&config.storage_path, &arguments.operands()[0]);
    let mut progress = Progress::new("copied");
    let restored = copy::restore(dir, source, &mut |done, all| progress.pages(done, all));
    progress.clear();
    let (summary, kept) = restored.map_err(|e| Failure::Failed(format!("{} was not restored: {e}", source.display())))?;
    if arguments.json() {
        print_json(&json!({"data": dir, "bytes": summary.bytes, "schema_version": summary.version, "kept": kept}))?;
        return Ok(true);
    }
    let was = kept.map_or_else(String::new, |kept| format!("the store that was there is now {}\n", kept.display()));
    let is = format!("{} holds {}  ({}, schema {}, checked)\n", dir.display(), source.display(), bytes(summary.bytes), summary.version);
    print(&(is + &was))
}
