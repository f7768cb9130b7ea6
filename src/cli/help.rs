//! `--help`, of the whole and of each command, and `headwater help`.

use super::command::{Command, Group, HELP, Operand, Run, Takes, VERSION};
use super::{Arguments, COMMANDS, Outcome, find, print};
use crate::config::SETTINGS;

/// The row of `headwater help`.
pub const COMMAND: Command = Command {
    name: "help",
    group: Group::Meta,
    summary: "show this text, or a command's own",
    about: "The same as --help before or after a command's name.",
    operand: Some(Operand { shown: "[COMMAND]", takes: Takes::Command, least: 0, most: 1 }),
    options: &[],
    examples: &[("What can upload do?", "headwater help upload")],
    run: Run::Here(run),
};

/// Columns of a page: those of a terminal as it comes.
const WIDTH: usize = 80;
/// Longest name of an option or a command that has its help beside it; longer ones have it below.
const BESIDE: usize = 20;

/// What the program is, for the top of its help and of its manual.
pub const WHAT: &str =
    "Headwater reads the SQL that makes your data and answers: where does this come from, and what breaks when it changes?";
/// What each exit code means.
pub const EXIT_CODES: &[(&str, &str)] =
    &[("0", "done"), ("1", "it ran, and something failed"), ("2", "wrong usage"), ("64", "a bad setting")];
/// The first examples, for the top of help and manual.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("A server with a sample to explore, at http://127.0.0.1:8000", "headwater --sample"),
    ("Your own SQL into it", "headwater upload models/ etl/"),
    ("A question", "headwater ask \"Where does marts.daily_revenue come from?\""),
    ("A picture for a pull request, with no server", "headwater lineage --format mermaid models/"),
];

fn run(arguments: &Arguments) -> Outcome {
    let named = arguments.operands().first().and_then(|name| find(&name.to_string_lossy()));
    print(&named.map_or_else(whole, of))
}

/// Help of the program.
pub fn whole() -> String {
    let mut page = wrapped(WHAT, 0);
    page.push_str("\nUsage: headwater COMMAND [OPTIONS]\n       headwater [serve] [OPTIONS]\n");
    for group in Group::ALL {
        page.push_str(&format!("\n{}:\n", group.title()));
        for command in COMMANDS.iter().filter(|c| c.group == group) {
            page.push_str(&row(command.name, command.summary));
        }
    }
    page.push_str("\nExamples:\n");
    page.push_str(&examples(EXAMPLES));
    page.push('\n');
    page.push_str(&wrapped(
        "`headwater COMMAND --help` says more of each. Settings come from the environment or a .env file: `headwater serve --help` lists them.",
        0,
    ));
    page
}

/// Help of one command.
pub fn of(command: &Command) -> String {
    let mut page = format!("{}\n", wrapped(&format!("{}.", capital(command.summary)), 0));
    page.push_str(&usage(command));
    for paragraph in command.about.split("\n\n").filter(|p| !p.is_empty()) {
        page.push('\n');
        page.push_str(&wrapped(paragraph, 0));
    }
    page.push_str("\nOptions:\n");
    for option in command.options {
        page.push_str(&row(&option.shown(), option.help));
    }
    page.push_str(&row(&format!("-h, {}", HELP.shown()), HELP.help));
    page.push_str(&row(&format!("-V, {}", VERSION.shown()), VERSION.help));
    page.push_str("\nExamples:\n");
    page.push_str(&examples(command.examples));
    if matches!(command.run, Run::Serve) {
        page.push_str("\nSettings, from the environment or a .env file in the working directory:\n");
        for setting in SETTINGS {
            page.push_str(&format!("\n  {} [{}]\n", setting.name, setting.default));
            page.push_str(&wrapped(setting.meaning, 6));
        }
    }
    let codes: Vec<String> = EXIT_CODES.iter().map(|(code, meaning)| format!("{code} {meaning}")).collect();
    page.push('\n');
    page.push_str(&wrapped(&format!("Exit code: {}.", codes.join("; ")), 0));
    page
}

/// `Usage: headwater …`, every option when they fit in a line.
pub fn usage(command: &Command) -> String {
    format!("Usage: {}\n", synopsis(command, WIDTH - "Usage: ".len()))
}

/// How a command is written, in at most `width` columns if it can be.
pub fn synopsis(command: &Command, width: usize) -> String {
    let name =
        if matches!(command.run, Run::Serve) { format!("headwater [{}]", command.name) } else { format!("headwater {}", command.name) };
    let operand = command.operand.as_ref().map_or_else(String::new, |operand| format!(" {}", operand.shown));
    let options: String = command.options.iter().map(|option| format!(" [{}]", option.shown())).collect();
    let whole = format!("{name}{options}{operand}");
    if whole.chars().count() <= width { whole } else { format!("{name} [OPTIONS]{operand}") }
}

fn examples(list: &[(&str, &str)]) -> String {
    list.iter().map(|(what, line)| format!("{}      {line}\n", wrapped(what, 2))).collect()
}

/// A name and what it means, beside it or below.
fn row(name: &str, meaning: &str) -> String {
    let text = wrapped(meaning, BESIDE + 4);
    if name.chars().count() > BESIDE {
        return format!("  {name}\n{text}");
    }
    format!("  {name:BESIDE$}  {}", text.trim_start())
}

/// Text in lines of at most [`WIDTH`] columns, each begun by `indent` blanks and ended.
fn wrapped(text: &str, indent: usize) -> String {
    let (mut page, mut line) = (String::new(), String::new());
    for word in text.split_whitespace() {
        if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > WIDTH {
            page.push_str(&format!("{:indent$}{line}\n", ""));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    page + &format!("{:indent$}{line}\n", "")
}

/// With its first letter large.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_fits_a_terminal_and_its_examples_are_command_lines() {
        for (name, page) in COMMANDS.iter().map(|c| (c.name, of(c))).chain([("headwater", whole())]) {
            let settings = page.find("\nSettings").unwrap_or(page.len());
            for line in page[..settings].lines() {
                assert!(line.chars().count() <= WIDTH, "{name}: {line}");
            }
            assert!(page.ends_with('\n') && !page.contains("\n\n\n"), "{name}");
        }
        for command in COMMANDS {
            assert!(!command.examples.is_empty() && !command.about.is_empty(), "{}", command.name);
            for (_, line) in command.examples {
                assert!(line.contains("headwater"), "{line}");
            }
        }
    }
}
