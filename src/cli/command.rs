//! What a command is: the row from which parsing, `--help`, completions and the man page are made.

use super::{Arguments, Outcome};
use crate::lineage::dialect;

/// One command.
pub struct Command {
    /// As it is typed.
    pub name: &'static str,
    /// Under which heading help lists it.
    pub group: Group,
    /// What it does, in a line without a full stop.
    pub summary: &'static str,
    /// The rest of what to know, in paragraphs parted by blank lines. Breaks within one mean nothing.
    pub about: &'static str,
    /// What it takes besides options.
    pub operand: Option<Operand>,
    /// Its own options; `--help` and `--version` are every command's.
    pub options: &'static [Opt],
    /// How it is used: what for, and the command line.
    pub examples: &'static [(&'static str, &'static str)],
    /// What runs it.
    pub run: Run,
}

/// The headings of help, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The server itself.
    Server,
    /// Its store, with no request to it.
    Store,
    /// Requests to a running server.
    Client,
    /// Neither a server nor a store is needed.
    Local,
    /// The command line itself.
    Meta,
}

impl Group {
    /// All, in the order of help.
    pub const ALL: [Group; 5] = [Group::Server, Group::Store, Group::Client, Group::Local, Group::Meta];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Server => "The server",
            Group::Store => "Its store",
            Group::Client => "Asking a running server",
            Group::Local => "Without a server",
            Group::Meta => "This command line",
        }
    }
}

/// What runs a command.
pub enum Run {
    /// The server, which the program starts itself.
    Serve,
    /// This function.
    Here(fn(&Arguments) -> Outcome),
}

/// What a command takes besides options.
pub struct Operand {
    /// As usage shows it.
    pub shown: &'static str,
    /// What each may be.
    pub takes: Takes,
    /// At least so many.
    pub least: usize,
    /// At most so many.
    pub most: usize,
}

/// An option.
pub struct Opt {
    /// Without the dashes.
    pub name: &'static str,
    /// Its value as usage shows it; empty for a flag.
    pub value: &'static str,
    /// What the value may be.
    pub takes: Takes,
    /// The setting whose value it is for this run, if it is one.
    pub setting: Option<&'static str>,
    /// What it does, in a phrase.
    pub help: &'static str,
}

impl Opt {
    /// An option that is there or not.
    pub const fn flag(name: &'static str, help: &'static str) -> Opt {
        Opt { name, value: "", takes: Takes::Nothing, setting: None, help }
    }

    /// An option with a value.
    pub const fn value(name: &'static str, value: &'static str, takes: Takes, help: &'static str) -> Opt {
        Opt { name, value, takes, setting: None, help }
    }

    /// An option that is a setting for one run.
    pub const fn setting(name: &'static str, value: &'static str, takes: Takes, setting: &'static str, help: &'static str) -> Opt {
        Opt { name, value, takes, setting: Some(setting), help }
    }

    /// `--name VALUE`.
    pub fn shown(&self) -> String {
        if self.value.is_empty() { format!("--{}", self.name) } else { format!("--{} {}", self.name, self.value) }
    }
}

/// `--format`, of commands whose answer is text or JSON.
pub const FORMAT: Opt =
    Opt::value("format", "F", Takes::OneOf(&["text", "json"]), "text for people (default), json for programs: one object");
/// `--server`, of commands that ask one.
pub const SERVER: Opt = Opt::value(
    "server",
    "URL",
    Takes::Text,
    "the server's base URL (default: the one that API_HOST, API_PORT and BASE_PATH of the environment name); its token, if it wants one, comes from HEADWATER_TOKEN",
);
/// `--project`, of commands that ask a server.
pub const PROJECT: Opt = Opt::value("project", "ID", Takes::Text, "in this project");
/// `--data`, of commands that open the store.
pub const DATA: Opt = Opt::setting("data", "DIR", Takes::Folder, "STORAGE_PATH", "folder of the store (STORAGE_PATH)");
/// `--dialect`, of commands that read SQL.
pub const DIALECT: Opt = Opt::value("dialect", "D", Takes::Dialect, "dialect of the SQL (default: auto, told file by file)");
/// `--help`, of all.
pub const HELP: Opt = Opt::flag("help", "this text");
/// `--version`, of all.
pub const VERSION: Opt = Opt::flag("version", "the version");

/// What a value may be: checked when it is given, offered when it is completed.
#[derive(Clone, Copy)]
pub enum Takes {
    /// There is none.
    Nothing,
    /// Anything.
    Text,
    /// A file or a folder.
    Path,
    /// A folder.
    Folder,
    /// A whole number from the first to the second.
    Number(u64, u64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A dialect, by its id or another of its names.
    Dialect,
    /// A command of this program.
    Command,
}

impl Takes {
    /// The words that it may be, when they can be listed.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Takes::OneOf(words) => words.to_vec(),
            Takes::Dialect => ["auto"].into_iter().chain(dialect::DIALECTS.iter().map(|d| d.id)).collect(),
            Takes::Command => super::COMMANDS.iter().map(|c| c.name).collect(),
            _ => Vec::new(),
        }
    }

    /// `value` as the command reads it, a word as it is listed here; or what is wrong with it.
    pub fn checked(self, value: String) -> Result<String, String> {
        let words = self.words();
        if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(&value)) {
            return Ok((*word).to_owned());
        }
        let good = match self {
            Takes::Nothing => true,
            Takes::Text | Takes::Path | Takes::Folder => !value.trim().is_empty(),
            Takes::Number(least, most) => value.parse().is_ok_and(|n| (least..=most).contains(&n)),
            Takes::Dialect => dialect::find(&value).is_some(),
            Takes::OneOf(_) | Takes::Command => false,
        };
        match self {
            _ if good => Ok(value),
            Takes::Number(least, most) => Err(format!("'{value}' is not a number from {least} to {most}")),
            _ if words.is_empty() => Err("it needs a value, and this is empty".into()),
            _ => Err(format!("'{value}' is none of {}{}", words.join(", "), super::nearest::hint(&value, &words, ""))),
        }
    }
}
