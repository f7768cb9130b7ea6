//! Arguments, settings, logging, runtime, exit code.

fn main() {}
