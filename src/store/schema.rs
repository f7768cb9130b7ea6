//! The schema: an append-only list of migrations; a store's version is how many of them it has seen (`user_version`).
