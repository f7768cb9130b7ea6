//! A command line, checked against the row of its command.

use super::command::{Command, Takes};
use super::terminal::aside;
use super::{Failure, nearest};
use crate::config::{BadSetting, Config, Environment};
use lexopt::{Arg, ValueExt};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What was asked for.
pub struct Arguments {
    /// The command.
    pub command: &'static Command,
    values: HashMap<&'static str, String>,
    operands: Vec<PathBuf>,
}

/// What a command line asks for.
pub enum Asked {
    /// To run the command.
    Run(Arguments),
    /// Its help.
    Help,
    /// The version.
    Version,
}

impl Arguments {
    /// Reads the rest of a command line. [`Failure::Usage`] says what is wrong with it and what may be meant.
    pub fn parse(command: &'static Command, mut parser: lexopt::Parser) -> Result<Asked, Failure> {
        let wrong = |message: String| Failure::Usage(message);
        let (mut values, mut operands) = (HashMap::new(), Vec::new());
        while let Some(arg) = parser.next().map_err(|e| wrong(e.to_string()))? {
            match arg {
                Arg::Short('h') | Arg::Long("help") => return Ok(Asked::Help),
                Arg::Short('V') | Arg::Long("version") => return Ok(Asked::Version),
                Arg::Long(name) => {
                    let Some(option) = command.options.iter().find(|option| option.name == name) else {
                        let names: Vec<_> = command.options.iter().map(|o| o.name).chain(["help", "version"]).collect();
                        return Err(wrong(format!("there is no option --{name}{}", nearest::hint(name, &names, "--"))));
                    };
                    let value = if matches!(option.takes, Takes::Nothing) {
                        String::new()
                    } else {
                        let missing = format!("--{} needs a value: {}", option.name, option.shown());
                        let value = parser.value().map_err(|_| wrong(missing))?;
                        value.string().map_err(|e| wrong(format!("--{}: {e}", option.name)))?
                    };
                    let value = option.takes.checked(value).map_err(|why| wrong(format!("--{}: {why}", option.name)))?;
                    values.insert(option.name, value);
                }
                Arg::Short(letter) => return Err(wrong(format!("there is no option -{letter}"))),
                Arg::Value(value) => operands.push(PathBuf::from(value)),
            }
        }
        let arguments = Arguments { command, values, operands };
        arguments.count()?;
        Ok(Asked::Run(arguments))
    }

    /// Checks how many operands there are, and what they are.
    fn count(&self) -> Result<(), Failure> {
        let given = self.operands.len();
        let Some(operand) = &self.command.operand else {
            let extra = self.operands.first().map(|first| Failure::Usage(format!("it takes no '{}'", first.display())));
            return extra.map_or(Ok(()), Err);
        };
        if given < operand.least {
            let missing: Vec<&str> = operand.shown.split(' ').skip(given).collect();
            return Err(Failure::Usage(format!("{} {} missing", missing.join(" and "), if missing.len() == 1 { "is" } else { "are" })));
        }
        if given > operand.most {
            return Err(Failure::Usage(format!("'{}' is one too many", self.operands[operand.most].display())));
        }
        let wrong = self.operands.iter().find_map(|given| operand.takes.checked(given.to_string_lossy().into_owned()).err());
        wrong.map_or(Ok(()), |why| Err(Failure::Usage(format!("{}: {why}", operand.shown))))
    }

    /// Whether a flag was given.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// An option's value.
    ///
    /// # Panics
    /// In tests, when the command has no option of this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        debug_assert!(self.command.options.iter().any(|o| o.name == name), "{} has no --{name}", self.command.name);
        self.values.get(name).map(String::as_str)
    }

    /// Whether `--format json` was given.
    pub fn json(&self) -> bool {
        self.text("format") == Some("json")
    }

    /// What was given besides options, in order.
    pub fn operands(&self) -> &[PathBuf] {
        &self.operands
    }

    /// Where settings come from.
    pub fn environment(&self) -> Result<Environment, BadSetting> {
        Environment::read(Path::new("."))
    }

    /// What was set under this name: by an option that stands for it, else by the environment. An empty value is none.
    pub fn setting(&self, environment: &Environment, name: &str) -> Option<String> {
        let option = self.command.options.iter().find(|option| option.setting == Some(name));
        let given = option.and_then(|option| self.values.get(option.name).cloned());
        given.or_else(|| environment.get(name)).filter(|value| !value.trim().is_empty())
    }

    /// The settings, with the options that stand for some.
    pub fn config(&self) -> Result<Config, BadSetting> {
        let environment = self.environment()?;
        for doubt in environment.doubts() {
            aside(&format!("warning: {doubt}"));
        }
        self.config_of(&environment)
    }

    /// The settings of the environment alone, with the options that stand for some: where questions, files and tokens go is not for a
    /// `.env` to say that came with the folder.
    pub fn config_of_user(&self) -> Result<Config, BadSetting> {
        self.config_of(&Environment::default())
    }

    fn config_of(&self, environment: &Environment) -> Result<Config, BadSetting> {
        Config::load(|name| self.setting(environment, name)).map_err(|bad| self.blamed(bad))
    }

    /// What is wrong with a setting that an option gave is wrong with the option.
    fn blamed(&self, BadSetting(line): BadSetting) -> BadSetting {
        let given = self.command.options.iter().filter(|option| self.values.contains_key(option.name));
        let own =
            given.filter_map(|option| Some((option.name, line.strip_prefix(option.setting?)?))).find(|(_, rest)| rest.starts_with(' '));
        BadSetting(own.map_or_else(|| line.clone(), |(name, rest)| format!("--{name}{rest}")))
    }
}
