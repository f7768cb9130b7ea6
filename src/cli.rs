//! What the command line does besides serving: one file a subcommand. Exit codes: 0, 1 (it ran and something failed), 2 (usage), 64
//! (bad settings).

pub mod healthcheck;
pub mod lineage;

/// Bad usage.
pub const USAGE: u8 = 2;
/// Bad settings.
pub const BAD_SETTINGS: u8 = 64;
