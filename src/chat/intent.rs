//! From a question to an intent with arguments, by rules in one table.
