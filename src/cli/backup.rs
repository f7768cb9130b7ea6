//! `headwater backup DEST`: a copy of the store while a server writes to it.

use super::command::{Command, DATA, FORMAT, Group, Operand, Opt, Run, Takes};
use super::progress::Progress;
use super::terminal::bytes;
use super::{Arguments, Failure, Outcome, print, print_json};
use crate::logging::complain;
use crate::store::{self, copy};
use serde_json::json;

/// Copies the store.
pub const COMMAND: Command = Command {
    name: "backup",
    group: Group::Store,
    summary: "copy the store, also while a server writes to it",
    about: "The copy is of one moment, is looked at as by `headwater check`, and is synced before it gets its name: what is there under that \
            name is whole. Of a store with damaged rows a copy is left as headwater-damaged.db beside it, and the exit code is 1. It holds \
            everything; graph and search index are made from it at start. A folder as DEST gets a file named after the time.",
    operand: Some(Operand { shown: "DEST", takes: Takes::Path, least: 1, most: 1 }),
    options: &[Opt::flag("force", "write over DEST if it is there"), DATA, FORMAT],
    examples: &[
        ("Into a folder, one file each time", "headwater backup /var/backups/headwater/"),
        ("One file, replaced each night", "headwater backup --force /var/backups/headwater.db"),
        ("Of the service's store", "headwater backup --data /var/lib/headwater /var/backups/"),
    ],
    run: Run::Here(run),
};

fn run(arguments: &Arguments) -> Outcome {
    let config = arguments.config()?;
    let mut dest = arguments.operands()[0].clone();
    if dest.is_dir() {
        dest.push(format!("headwater-{}.db", copy::stamp()));
    } else if dest.as_os_str().to_string_lossy().ends_with('/') {
        return Err(Failure::Failed(format!("there is no folder {}: make it first", dest.display())));
    }
    if dest.exists() && !arguments.flag("force") {
        return Err(Failure::Failed(format!("{} is there already: --force writes over it", dest.display())));
    }
    let mut progress = Progress::new("copied");
    let summary = copy::backup(&config.storage_path, &dest, &mut |done, all| progress.pages(done, all));
    progress.clear();
    let summary = summary.map_err(|e| Failure::Failed(e.to_string()))?;
    if let Err(e) = store::note_copied(&config.storage_path) {
        complain(&format!("headwater backup: the copy is whole, but /metrics does not tell of it: {e}"));
    }
    if arguments.json() {
        print_json(&json!({"path": dest, "bytes": summary.bytes, "schema_version": summary.version}))?;
        return Ok(true);
    }
    print(&format!("{}  ({}, schema {}, checked)\n", dest.display(), bytes(summary.bytes), summary.version))
}
