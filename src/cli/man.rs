//! `headwater man`: the manual page, from the rows of the commands and the table of settings.

use super::command::{Command, Group, Run};
use super::{Arguments, COMMANDS, Outcome, help, print};
use crate::config::SETTINGS;

/// Prints the manual page.
pub const COMMAND: Command = Command {
    name: "man",
    group: Group::Meta,
    summary: "print the manual page",
    about: "All of --help in one page of roff, for man.",
    operand: None,
    options: &[],
    examples: &[("Read it", "headwater man | man -l -"), ("Install it", "headwater man > /usr/local/share/man/man1/headwater.1")],
    run: Run::Here(|_: &Arguments| -> Outcome { print(&page()) }),
};

fn page() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut page = format!(".TH HEADWATER 1 \"\" \"headwater {version}\" \"User Commands\"\n");
    page.push_str(".SH NAME\nheadwater \\- a data\\-lineage server in one binary, and its command line\n.SH SYNOPSIS\n.nf\n");
    for command in COMMANDS {
        page.push_str(&format!("{}\n", text(&help::synopsis(command, usize::MAX))));
    }
    page.push_str(&format!(".fi\n.SH DESCRIPTION\n{}\n", text(help::WHAT)));
    page.push_str(".SH COMMANDS\n");
    for command in COMMANDS {
        page.push_str(&format!(".SS {}\n{}.\n", text(&help::synopsis(command, 72)), text(&help::capital(command.summary))));
        for paragraph in command.about.split("\n\n").filter(|p| !p.is_empty()) {
            page.push_str(&format!(".PP\n{}\n", text(paragraph)));
        }
        for option in command.options {
            page.push_str(&item(&option.shown(), option.help));
        }
        page.push_str(&examples(command.examples));
    }
    page.push_str(".SH SETTINGS\nFrom the environment, else from a .env file in the working directory.\n");
    for setting in SETTINGS {
        page.push_str(&item(&format!("{} [{}]", setting.name, setting.default), setting.meaning));
    }
    page.push_str(".SH EXIT STATUS\n");
    for (code, meaning) in help::EXIT_CODES {
        page.push_str(&item(code, meaning));
    }
    page.push_str(&format!(".SH EXAMPLES\n{}", examples(help::EXAMPLES)));
    page
}

fn item(name: &str, meaning: &str) -> String {
    format!(".TP\n\\fB{}\\fR\n{}\n", text(name), text(meaning))
}

fn examples(list: &[(&str, &str)]) -> String {
    list.iter().map(|(what, line)| format!(".PP\n{}:\n.PP\n.RS 4\n.nf\n{}\n.fi\n.RE\n", text(what), text(line))).collect()
}

/// Text that roff shows as it is: no escapes, no requests, dashes that can be copied.
fn text(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
