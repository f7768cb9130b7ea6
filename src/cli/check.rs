//! `headwater check`: settings and store, looked at.

use super::command::{Command, DATA, FORMAT, Group, Run};
use super::terminal::{Style, bytes, counted, one_line};
use super::{Arguments, Failure, Outcome, print, print_json};
use crate::config::SETTINGS;
use crate::store::{self, schema};
use serde_json::json;

/// Looks at settings and store.
pub const COMMAND: Command = Command {
    name: "check",
    group: Group::Store,
    summary: "check the settings and the whole store",
    about: "Reads the settings as the server would, then every page of the store: its indexes, rows that refer to others; the bytes of \
            each file, what was read from it (statements, lineage, passages) and what each run changed, against their hashes. Other rows \
            (names of projects, conversations) have none. A server may be using it, and nothing is written to it. Exit code 1 when anything \
            is wrong.",
    operand: None,
    options: &[DATA, FORMAT],
    examples: &[
        ("Before a start, after a power cut", "headwater check"),
        ("A backup", "headwater restore --data ./look last.db && headwater check --data ./look"),
    ],
    run: Run::Here(run),
};

fn run(arguments: &Arguments) -> Outcome {
    let config = arguments.config()?;
    let environment = arguments.environment()?;
    let set: Vec<&str> = SETTINGS.iter().map(|s| s.name).filter(|name| arguments.setting(&environment, name).is_some()).collect();
    let checked = store::check::check(&config.storage_path);
    let problems = match &checked {
        Ok(checked) => checked.problems.clone(),
        Err(error) => vec![error.to_string()],
    };
    let good = problems.is_empty();
    if arguments.json() {
        let store = checked.ok().map(|c| json!({"schema_version": c.version, "bytes": c.bytes, "projects": c.projects, "files": c.files}));
        print_json(&json!({"ok": good, "settings": set, "data": config.storage_path, "store": store, "problems": problems}))?;
        return Ok(good);
    }
    let Style { bold, dim, good: green, bad, plain, .. } = Style::of(&std::io::stdout());
    let set = if set.is_empty() { "all as they come".to_owned() } else { format!("set: {}", set.join(", ")) };
    let mut page = format!("{bold}settings{plain}  {} {dim}({set}){plain}\n", green_word(green, plain, "good"));
    page.push_str(&format!("{bold}store{plain}     {}\n", config.storage_path.display()));
    if let Ok(checked) = &checked {
        let (pages, version) = (bytes(checked.bytes), checked.version);
        let files = counted(checked.files, "file");
        let newest = if version == schema::VERSION { "this program's" } else { "older: migrated at the next start, a copy is kept" };
        page.push_str(&format!("  pages and indexes read  {dim}{pages}{plain}\n"));
        page.push_str(&format!("  schema version          {dim}{version}, {newest}{plain}\n"));
        page.push_str(&format!("  references followed     {dim}of {}{plain}\n", counted(checked.projects as usize, "project")));
        page.push_str(&format!("  hashes compared         {dim}of {files}{plain}\n"));
    }
    for problem in &problems {
        page.push_str(&format!("  {bad}wrong{plain}: {}\n", one_line(problem)));
    }
    page.push_str(&if good { format!("{}\n", green_word(green, plain, "nothing is wrong")) } else { String::new() });
    print(&page)?;
    if good { Ok(true) } else { Err(Failure::Failed(counted(problems.len(), "problem"))) }
}

fn green_word(green: &str, plain: &str, word: &str) -> String {
    format!("{green}{word}{plain}")
}
