//! Qualified names, and names for what stands in no store: rows and values that routines give back.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A qualified name as written, quotes removed, parts in order (`[db, schema, object]`, or fewer). Never empty.
///
/// Identity is case-insensitive ([`Name::key`]); spelling is kept for display. Shared, because one name stands with every column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(pub Arc<[String]>);

impl Name {
    /// A name of the given parts.
    pub fn new<S: Into<String>>(parts: impl IntoIterator<Item = S>) -> Name {
        Name(parts.into_iter().map(Into::into).collect())
    }

    /// The parts joined by dots, each folded to lower case.
    pub fn key(&self) -> String {
        self.0.join(".").to_lowercase()
    }

    /// The last part, as written.
    pub fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// What stands for the rows that the routine of this name gives back: `dbo.f()` for `dbo.f`. Nothing stores them; linking looks
    /// through them to what they are made of.
    #[must_use]
    pub fn rows(&self) -> Name {
        let mut parts = self.0.to_vec();
        if let Some(last) = parts.last_mut() {
            last.push_str(ROWS);
        }
        Name::new(parts)
    }

    /// As [`Name::rows`], for what comes in another way: the values of its parameters ([`PARAMETERS`]), what it puts into a temporary
    /// table of its caller's, by the lower-case name of that, the rows that its triggers give it ([`FIRED`]), or what it is called with
    /// ([`Name::passed`]).
    pub(crate) fn returned(&self, by: &str) -> Name {
        let mut parts = self.0.to_vec();
        if let Some(last) = parts.last_mut() {
            last.push(BY);
            last.push_str(by);
            last.push_str(ROWS);
        }
        Name::new(parts)
    }

    /// What stands for what the routine of this name is called with for one of its parameters: `which` is its place, from 1, or its name in
    /// lower case.
    pub(crate) fn passed(&self, which: &str) -> Name {
        self.returned(&format!("{PASSED}{which}"))
    }

    /// As [`Name::passed`], where only what this caller passes is meant, to whom what is made of it goes back.
    pub(crate) fn passed_here(&self, which: &str) -> Name {
        self.returned(&format!("{HERE}{PASSED}{which}"))
    }

    /// Whether it stands for what a routine is called with.
    pub(crate) fn is_passed(&self) -> bool {
        self.passed_by().is_some()
    }

    /// The parameter whose value it stands for ([`Name::passed`]).
    pub(crate) fn passed_by(&self) -> Option<&str> {
        self.returned_by().strip_prefix(PASSED)
    }

    /// The way in which what it stands for comes back ([`Name::returned`]); empty for rows, and for what stands for no such thing.
    pub(crate) fn returned_by(&self) -> &str {
        let way = self.last().strip_suffix(ROWS).and_then(|last| last.split_once(BY));
        way.map_or("", |(_, by)| by)
    }

    /// Whether it stands for what a routine gives back ([`Name::rows`], `Name::returned`).
    pub fn is_rows(&self) -> bool {
        self.last().ends_with(ROWS)
    }
}

/// What the last part of [`Name::rows`] ends with.
pub(crate) const ROWS: &str = "()";

/// What stands before the way in [`Name::returned`]: no text gives a name this character.
pub(crate) const BY: char = '\u{1e}';

/// The way of [`Name::returned`] for values of parameters: a column for each, in order.
pub(crate) const PARAMETERS: &str = "parameters";

/// The way of [`Name::returned`] for the number that a procedure returns.
pub(crate) const STATUS: &str = "status";

/// What the way of [`Name::passed`] begins with.
const PASSED: &str = "passed ";

/// What stands before the way of [`Name::passed`] in [`Name::passed_here`].
pub(crate) const HERE: &str = "here ";

/// Whether it is others than the routine itself who say what comes in this way: its triggers, or its callers.
pub(crate) fn comes_from_others(way: &str) -> bool {
    way == FIRED || way.starts_with(PASSED)
}

/// The way of [`Name::returned`] for the rows that a trigger function sees: the files of its triggers say which, not its own.
pub(crate) const FIRED: &str = "fired";

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}
