//! Runs (one ingestion each), their log, and what each added and removed.
