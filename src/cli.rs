//! The command line: one file a command, and `COMMANDS`, the only list of them. Parsing, help, completions and the manual are made
//! from its rows. Exit codes: 0, 1 (it ran and something failed), 2 (usage), 64 (bad settings).

mod arguments;
mod ask;
mod backup;
mod check;
mod client;
mod command;
mod completions;
mod diff;
mod healthcheck;
mod help;
mod impact;
mod lineage;
mod man;
mod nearest;
mod progress;
mod restore;
mod serve;
mod terminal;
mod upload;
mod walk;

use crate::config::{BadSetting, Config};
use arguments::{Arguments, Asked};
use command::{Command, Run};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

/// Every command.
static COMMANDS: &[Command] = &[
    serve::COMMAND,
    healthcheck::COMMAND,
    backup::COMMAND,
    restore::COMMAND,
    check::COMMAND,
    upload::COMMAND,
    ask::COMMAND,
    impact::COMMAND,
    lineage::COMMAND,
    diff::COMMAND,
    completions::COMMAND,
    man::COMMAND,
    help::COMMAND,
];

/// Whether all went well, or why it ended.
type Outcome = Result<bool, Failure>;

/// Why a command ended before it was done.
enum Failure {
    /// It was asked for wrongly; what is wrong, and what may be meant.
    Usage(String),
    /// A setting is bad.
    Setting(BadSetting),
    /// It could not do it; why, and what to do.
    Failed(String),
    /// Its output could not be written.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

impl From<BadSetting> for Failure {
    fn from(bad: BadSetting) -> Failure {
        Failure::Setting(bad)
    }
}

/// Reads the settings again, as the command line and the environment give them now.
pub type Reread = Arc<dyn Fn() -> Result<Config, BadSetting> + Send + Sync>;

/// Runs the command that `parser` holds. `serve` runs the server with these settings, the sample first when the last says so.
pub fn run(mut parser: lexopt::Parser, serve: fn(Config, Reread, bool) -> ExitCode) -> ExitCode {
    let first = parser.try_raw_args().and_then(|raw| raw.peek().map(|first| first.to_string_lossy().into_owned()));
    let named = first.filter(|word| !word.starts_with('-'));
    let Some(command) = find(named.as_deref().unwrap_or(serve::COMMAND.name)) else {
        let (word, names) = (named.unwrap_or_default(), COMMANDS.iter().map(|c| c.name).collect::<Vec<_>>());
        let hint = nearest::hint(&word, &names, "");
        terminal::aside(&format!("headwater: there is no command '{word}'{hint}\n\n`headwater --help` lists them."));
        return ExitCode::from(2);
    };
    let who = if named.is_some() { format!("headwater {}", command.name) } else { "headwater".to_owned() };
    if named.is_some() {
        // The name itself.
        let _ = parser.next();
    }
    let outcome = Arguments::parse(command, parser).and_then(|asked| {
        match asked {
            Asked::Help if named.is_some() => print(&help::of(command)),
            Asked::Help => print(&help::whole()),
            Asked::Version => print(&format!("headwater {}\n", env!("CARGO_PKG_VERSION"))),
            Asked::Run(arguments) => match command.run {
                Run::Here(run) => run(&arguments),
                Run::Serve => {
                    let (config, sample) = (arguments.config()?, arguments.flag("sample"));
                    return Ok(serve(config, Arc::new(move || arguments.config()), sample));
                }
            },
        }
        .map(|good| if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    });
    let failure = match outcome {
        Ok(code) => return code,
        Err(failure) => failure,
    };
    match failure {
        Failure::Usage(message) => {
            terminal::aside(&format!("{who}: {message}\n\n{}\n`{who} --help` says more.", help::usage(command)));
            ExitCode::from(2)
        }
        Failure::Setting(bad) => {
            crate::logging::complain(&format!("{who}: {bad}"));
            ExitCode::from(64)
        }
        // The reader of our output has seen enough.
        Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Failure::Output(error) => {
            crate::logging::complain(&format!("{who}: {error}"));
            ExitCode::FAILURE
        }
        Failure::Failed(message) => {
            crate::logging::complain(&format!("{who}: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// The row of the command with this name.
fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// Writes a page to standard output.
fn print(page: &str) -> Outcome {
    io::stdout().lock().write_all(page.as_bytes())?;
    Ok(true)
}

/// Writes a value to standard output as JSON for programs.
fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}
